"""The installed `taiga-notes`, run as a process of its own, with a home of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    """

    home: Path
    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str, typed: str | None = None) -> Result:
        done = subprocess.run(
            [PROGRAM, *arguments],
            cwd=self.folder,
            env=self.environment(),
            input=typed,
            stdin=subprocess.DEVNULL if typed is None else None,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

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
