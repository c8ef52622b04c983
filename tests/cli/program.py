"""The installed `taiga-notes`, run as a process of its own, with a home of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.forks import PATIENCE, Run, forked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PROGRAM = Path(sys.executable).with_name("taiga-notes")
KEPT = ("PATH", "SYSTEMROOT", "LANG", "COVERAGE_PROCESS_START", "TMPDIR")


@dataclass(frozen=True)
class Result:
    """What a run gave."""

    status: int
    out: str
    err: str


@dataclass
class Program:
    """Runs the program.

    Attributes:
        home: the user's home: configuration, cache and state lie in it.
        folder: where it is started.
        env: further environment variables.
        rows: the flags of `render` that say where rows come from; none asks the server.
    """

    home: Path
    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    rows: tuple[str, ...] = ()

    def __call__(self, *arguments: str, typed: str | None = None, memory: int = 0) -> Result:
        run = Run([str(PROGRAM), *arguments], str(self.folder), self.environment(), memory)
        return _result(*forked(run, typed))

    def printed(self, *arguments: str) -> str:
        """What a run prints, output and errors as they come."""
        run = Run([str(PROGRAM), *arguments], str(self.folder), self.environment())
        return _result(*forked(run, together=True)).out

    def render(self, *arguments: str) -> Result:
        """Renders."""
        return self("render", *self.rows, *arguments)

    def command(self, command: list[str]) -> Result:
        """Runs any command as the user would, from the interpreter's start on."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=PATIENCE,
            check=False,
        )
        return _result(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Runs it on the side; `communicate` ends it."""
        return subprocess.Popen(
            [PROGRAM, *arguments],
            cwd=self.folder,
            env=dict(self.environment()),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def environment(self) -> Mapping[str, str]:
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        folders = {
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "XDG_CACHE_HOME": str(self.home / "cache"),
            "XDG_STATE_HOME": str(self.home / "state"),
            "PYTHONUTF8": "1",
            # No keyring of the machine that runs the tests is ever touched.
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        }
        return {**kept, **folders, **self.env}

    def page(self, name: str, text: str) -> Path:
        """A page in the folder, with that text to the byte."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        return path

    def configure(self, text: str) -> Path:
        """The user's own configuration."""
        path = self.home / "config" / "taiga-notes" / "config.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path


def _result(status: int, out: str, err: str) -> Result:
    """Whatever goes wrong, nobody is shown a traceback."""
    assert "Traceback" not in err, err
    return Result(status, out, err)


@contextmanager
def untouched(folder: Path) -> Iterator[None]:
    """Whatever is run in this context leaves every file as it was: its bytes and its time."""
    before = _files(folder)
    assert before
    yield
    assert _files(folder) == before


def _files(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
