"""The installed program as a process, on a vault, with a home of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.harness import environment, ran

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.bench.harness import Cost

RACY = 2.1
"""Seconds after which a page's stamp can be trusted, see `taiga_notes.refresh.page_cache.TICK`."""

PASS = (sys.executable, "-c", "pass")
"""The cheapest thing that Python can do."""


def program() -> tuple[str, ...]:
    """The command that starts the program."""
    script = Path(sys.executable).with_name("taiga-notes")
    if script.exists():
        return (str(script),)
    return (sys.executable, "-c", "import sys; from taiga_notes.cli import main; sys.exit(main())")


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process took.

    Attributes:
        cpu: seconds, of what it started as well.
        memory: bytes at most.
        wall: seconds.
    """

    cpu: Cost
    memory: float
    wall: float


_LAUNCHER = """
import json, resource, subprocess, sys, time
begun = time.perf_counter()
status = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
took = [used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, time.perf_counter() - begun]
print(json.dumps([status, *took]))
"""


def usage_of(
    command: Sequence[str],
    *,
    folder: Path,
    env: Mapping[str, str],
    terminal: int | None = None,
) -> Usage:
    """What a process takes.

    It has a small process for its parent: until another program is begun in it, a process counts
    as holding what its parent holds.

    Args:
        command: program and arguments.
        folder: where it runs.
        env: environment variables besides this process's own.
        terminal: where its errors and its progress go; nowhere by default.

    Raises:
        subprocess.CalledProcessError: it fails.
    """
    done = subprocess.run(
        [sys.executable, "-c", _LAUNCHER, *command],
        cwd=folder,
        env=environment(env),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL if terminal is None else terminal,
        check=True,
    )
    status, cpu, memory, wall = json.loads(done.stdout)
    if status:
        raise subprocess.CalledProcessError(status, command)
    return Usage(cpu, memory, wall)


@dataclass(frozen=True, slots=True)
class Bench:
    """A vault, and how the program is run on it.

    Attributes:
        vault: the vault's folder.
        home: the user's folder.
        options: arguments of every run, such as where rows come from.
        api: the API's address, where there is one.
        token: what is shown there.
    """

    vault: Path
    home: Path
    options: tuple[str, ...] = ()
    api: str = "http://127.0.0.1:9/api/v1"
    token: str = "header.payload.signature"

    @property
    def env(self) -> dict[str, str]:
        """The environment of a run."""
        return {
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "XDG_CACHE_HOME": str(self.home / "cache"),
            "XDG_STATE_HOME": str(self.home / "state"),
            "TAIGA_NOTES_API": self.api,
            "TAIGA_NOTES_WEB": "https://tree.taiga.io",
            "TAIGA_NOTES_TOKEN": self.token,
        }

    def render(self, *paths: str) -> Cost:
        """The CPU time of `taiga-notes render`."""
        return ran([*program(), "render", *paths, *self.options], folder=self.vault, env=self.env)

    def used(self, *arguments: str, terminal: int | None = None) -> Usage:
        """What a run of the program takes; see `usage_of`."""
        env = {**self.env, "TERM": "xterm"}
        command = [*program(), *arguments]
        return usage_of(command, folder=self.vault, env=env, terminal=terminal)

    def said(self, arguments: Sequence[str]) -> str:
        """What a run prints."""
        done = subprocess.run(
            [*program(), *arguments],
            cwd=self.vault,
            env=environment(self.env),
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def configure(self, text: str) -> None:
        """Write the user's configuration."""
        file = self.home / "config" / "taiga-notes" / "config.toml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def settle(self) -> None:
        """Render until nothing changes any more, and all is remembered that can be."""
        self.render()
        time.sleep(RACY)
        self.render()

    def forget(self) -> None:
        """Remove what is remembered of the vault, as if it came to this machine just now."""
        shutil.rmtree(self.home / "state", ignore_errors=True)
