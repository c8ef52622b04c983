"""What editors are told of the language server: of their form, and starting it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.programs import environment, npm_folder, program
from tests.tables import each

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).parent
EDITORS = HERE.parents[1] / "examples" / "editors"
START = ["taiga-notes", "lsp"]


def settings(name: str) -> Any:
    """A file of settings, which may have remarks on lines of their own."""
    return json.loads(re.sub(r"(?m)^\s*//.*$", "", (EDITORS / name).read_text(encoding="utf-8")))


@each("name", ["neovim.lua", "helix.toml", "emacs.el", "zed.json", "LSP.sublime-settings"])
def test_each_says_first_where_it_goes(name: str) -> None:
    lines = (EDITORS / name).read_text(encoding="utf-8").splitlines()
    assert all(re.match(r"(--|#|;;|//) \S", line) for line in lines[:3])
    assert len(lines) < 35
    assert "pipx install '.[lsp]'" in lines[0]


def test_helix_starts_the_server_beside_its_own() -> None:
    told = tomllib.loads((EDITORS / "helix.toml").read_text(encoding="utf-8"))
    server = told["language-server"]["taiga-notes"]
    assert [server["command"], *server["args"]] == START
    [language] = told["language"]
    assert language["name"] == "markdown"
    assert {"marksman", "taiga-notes"} <= set(language["language-servers"])


def test_zed_starts_it_in_the_place_of_a_registered_one() -> None:
    told = settings("zed.json")
    [(name, server)] = told["lsp"].items()
    assert [server["binary"]["path"], *server["binary"]["arguments"]] == START
    assert name in told["languages"]["Markdown"]["language_servers"]


def test_sublime_starts_it() -> None:
    [(_, client)] = settings("LSP.sublime-settings")["clients"].items()
    assert (client["command"], client["selector"]) == (START, "text.html.markdown")


def test_the_extension_of_vs_code_is_of_its_form() -> None:
    about = settings("vscode/package.json")
    assert (EDITORS / "vscode" / about["main"]).is_file()
    assert about["dependencies"].keys() == {"vscode-languageclient"}
    # Which program is run is no vault's business: it may be a stranger's.
    [option] = about["contributes"]["configuration"]["properties"].values()
    assert option["scope"] == "machine"
    assert not about["capabilities"]["untrustedWorkspaces"]["supported"]


def test_emacs_lisp_has_its_brackets() -> None:
    text = re.sub(r'"(?:[^"\\]|\\.)*"|;[^\n]*', "", (EDITORS / "emacs.el").read_text())
    depth = 0
    for bracket in re.findall(r"[()]", text):
        depth += 1 if bracket == "(" else -1
        assert depth >= 0
    assert depth == 0


# --- with the programs themselves ---


def run(command: list[str], folder: Path, env: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**environment(), **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.programs
def test_neovim_starts_one_server_for_the_pages_of_a_vault(tmp_path: Path) -> None:
    vault, log = tmp_path / "my notes", tmp_path / "log"
    (vault / "sub").mkdir(parents=True)
    (vault / "taiga-notes.toml").touch()
    for page in (vault / "A.md", vault / "sub" / "B.md", tmp_path / "C.md"):
        page.write_text("# Page\n")
    server = tmp_path / "bin" / "taiga-notes"
    server.parent.mkdir()
    server.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{HERE / "language_server.py"}" "$@"\n')
    server.chmod(0o755)
    path = f"{server.parent}{os.pathsep}{environment()['PATH']}"
    wait = (
        "lua vim.wait(20000, function() return #vim.fn.readfile(vim.env.SERVER_LOG) >= {} end, 50)"
    )
    first = ["--cmd", f"luafile {EDITORS / 'neovim.lua'}", "--cmd", "filetype on"]
    pages = [
        "-c",
        f"edit {tmp_path / 'C.md'}",
        "-c",
        f"exe 'edit' fnameescape('{vault / 'A.md'}')",
        "-c",
        wait.format(4),
    ]
    sub = f"exe 'edit' fnameescape('{vault / 'sub' / 'B.md'}')"
    more = ["-c", sub, "-c", wait.format(6), "-c", "qa!"]
    run(
        [program("nvim"), "--headless", "-n", "-u", "NONE", "-i", "NONE", *first, *pages, *more],
        tmp_path,
        {"PATH": path, "SERVER_LOG": str(_touched(log)), "HOME": str(tmp_path)},
    )
    noted = [json.loads(line) for line in log.read_text().splitlines()]
    assert all(one["arguments"] == ["lsp"] for one in noted)
    messages = [one["message"] for one in noted]
    assert [one["params"]["rootUri"] for one in messages if one["method"] == "initialize"] == [
        vault.as_uri()
    ]
    opened = [
        one["params"]["textDocument"] for one in messages if one["method"].endswith("didOpen")
    ]
    assert [one["uri"] for one in opened] == [
        (vault / "A.md").as_uri(),
        (vault / "sub" / "B.md").as_uri(),
    ]
    assert {one["languageId"] for one in opened} == {"markdown"}


def _touched(file: Path) -> Path:
    file.touch()
    return file


@pytest.mark.programs
def test_emacs_reads_and_compiles_it(tmp_path: Path) -> None:
    shutil.copy(EDITORS / "emacs.el", tmp_path)
    emacs = [program("emacs"), "--batch", "-Q", "--load", "emacs.el"]
    run([*emacs, "-f", "batch-byte-compile", "emacs.el"], tmp_path)
    assert (tmp_path / "emacs.elc").exists()


TYPES = ("typescript@5", "@types/node@20", "@types/vscode@1.82")
STARTED = """
const Module = require("node:module");
const real = Module._load;
const noted = [];
class LanguageClient {
  constructor(...given) { noted.push(given); }
  start() { noted.push("start"); return Promise.resolve(); }
  stop() { noted.push("stop"); }
}
const stand = {
  "vscode": { workspace: { getConfiguration: () => ({ get: (_, usual) => usual }) } },
  "vscode-languageclient/node": { LanguageClient },
};
Module._load = (name, ...rest) => stand[name] ?? real(name, ...rest);
const { activate, deactivate } = require(process.argv[1]);
deactivate();
activate().then(() => { deactivate(); console.log(JSON.stringify(noted)); });
"""


@pytest.mark.programs
def test_the_extension_of_vs_code_starts_and_stops_the_server(tmp_path: Path) -> None:
    extension = str(EDITORS / "vscode" / "extension.js")
    [client, *then] = json.loads(run([program("node"), "-e", STARTED, extension], tmp_path))
    assert client[2] == {"command": "taiga-notes", "args": ["lsp"]}
    assert client[3]["documentSelector"] == [{"scheme": "file", "language": "markdown"}]
    assert then == ["start", "stop"]


@pytest.mark.programs
def test_the_extension_of_vs_code_has_its_types_and_can_be_packaged(tmp_path: Path) -> None:
    extension = tmp_path / "vscode"
    shutil.copytree(EDITORS / "vscode", extension)
    quiet = ["--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]
    run([program("npm"), "install", *quiet], extension)
    vsce = npm_folder("@vscode/vsce@3") / "node_modules" / "@vscode" / "vsce" / "vsce"
    flags = ["--allow-missing-repository", "--skip-license", "--out", "made.vsix"]
    run([program("node"), str(vsce), "package", *flags], extension)
    with zipfile.ZipFile(extension / "made.vsix") as made:
        names = set(made.namelist())
    assert "extension/extension.js" in names
    assert "extension/node_modules/vscode-languageclient/package.json" in names
    run([program("npm"), "install", "--no-save", *quiet, *TYPES], extension)
    tsc = extension / "node_modules" / "typescript" / "bin" / "tsc"
    strict = ["--noEmit", "--allowJs", "--checkJs", "--strict", "--skipLibCheck"]
    target = ["--target", "es2022", "--module", "commonjs", "--types", "node"]
    run([program("node"), str(tsc), *strict, *target, "extension.js"], extension)
