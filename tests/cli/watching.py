"""`taiga-notes watch` as a process, and what it says, to be waited for."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

from tests.cli.program import PROGRAM
from tests.forks import Run, started

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from tests.cli.program import Program
    from tests.forks import Started

Told = dict[str, Any]

PATIENCE = 180.0
"""Seconds; nothing here takes a tenth of that on a busy machine."""


class Watching:
    """A running watch.

    Args:
        program: its home, folder and environment.
        arguments: besides `watch --json`.
    """

    def __init__(self, program: Program, *arguments: str) -> None:
        self.events: list[Told] = []
        self._program = program
        self._command = [str(PROGRAM), "watch", "--json", *arguments]
        self._said = threading.Condition()
        self._barriers = 0

    def __enter__(self) -> Self:
        self.errors = self._program.home / "errors"
        with self.errors.open("wb") as errors:
            self._start(errors)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self.started = self.until("started")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        self.stop()

    def _start(self, errors: IO[bytes]) -> None:
        self.process: subprocess.Popen[str] | Started = subprocess.Popen(
            self._command,
            cwd=self._program.folder,
            env=dict(self._program.environment()),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
        )
        assert self.process.stdout is not None
        self._lines: IO[str] = self.process.stdout

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """Ends it; its status, and how many seconds that took."""
        begun = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(PATIENCE)
        took = time.monotonic() - begun
        self._reader.join(PATIENCE)
        return status, took

    def _read(self) -> None:
        with self._lines as lines:
            for line in lines:
                with self._said:
                    self.events.append(json.loads(line))
                    self._said.notify_all()

    def until(self, event: str, since: int = 0, **facts: object) -> Told:
        """Waits for such an event.

        Args:
            event: its topic.
            since: how many of the first ones don't count, see `mark`.
            facts: what else it must say; of texts, a part.
        """
        found: list[Told] = []

        def seen() -> bool:
            found[:] = [one for one in self.events[since:] if _fits(one, event, facts)]
            return bool(found)

        with self._said:
            if not self._said.wait_for(seen, PATIENCE):
                raise AssertionError(
                    f"no {event} {facts} in {self.events[since:]}{self.complaints}"
                )
        return found[0]

    @property
    def complaints(self) -> str:
        """What it wrote on standard error."""
        return self.errors.read_text()

    @property
    def mark(self) -> int:
        """How much it has said until now."""
        return len(self.events)

    def changed(self, since: int = 0) -> list[str]:
        """The pages that it rewrote, in order and as often as it did."""
        pages = [one["page"] for one in self.events[since:] if one["event"] == "changed"]
        return [page for page in pages if not page.startswith("barrier")]

    def settle(self) -> None:
        """Waits until everything that happened before has been seen to.

        Two pages are saved, one after the other is done: the second one's quiet time begins after
        the worker has been through all that was due with the first, or counts it as waiting.
        """
        for name in ("barrier 1.md", "barrier 2.md"):
            self._barriers += 1
            since = self.mark
            (self._program.folder / name).write_text(block(f"'number {self._barriers % 7}'"))
            self.until("changed", since, page=name)
            self.wait_for(lambda: self.said_of_itself()["waiting"] == 0)

    def said_of_itself(self) -> dict[str, Any]:
        """What it has left for `status`."""
        (file,) = self._program.home.glob("state/*/vaults/*/watch.json")
        said: dict[str, Any] = json.loads(file.read_text())
        return said

    @property
    def pid(self) -> int:
        """The process."""
        return self.process.pid

    def wait_for(
        self, is_so: Callable[[], bool], instead: Callable[[], str] = lambda: "it never came to be"
    ) -> None:
        """Waits for something that is not said.

        Args:
            is_so: whether it came to be.
            instead: what is to be told if it does not.
        """
        end = time.monotonic() + PATIENCE
        while not is_so():
            assert time.monotonic() < end, instead()
            time.sleep(0.01)


class ForkedWatch(Watching):
    """A running watch that was spared the interpreter's start and the imports.

    Args:
        program: its home, folder and environment.
        arguments: besides `watch --json`.
        impairment: what goes wrong, see `tests.cli.impaired`; empty for nothing.
    """

    def __init__(self, program: Program, *arguments: str, impairment: str = "") -> None:
        super().__init__(program, *arguments)
        self._impairment = impairment

    def _start(self, errors: IO[bytes]) -> None:
        program = self._program
        where, environment = str(program.folder), program.environment()
        run = Run(self._command, where, environment, impairment=self._impairment)
        lines, output = os.pipe()
        self._lines = os.fdopen(lines, encoding="utf-8")
        with Path(os.devnull).open("rb") as nothing, os.fdopen(output, "wb") as out:
            self.process = started(run, [nothing.fileno(), out.fileno(), errors.fileno()])


def block(value: str = "from userstories order by ref select subject template list") -> str:
    """A page with one block that was never rendered."""
    return f"# A page\n\n<!-- taiga: {value} -->\n\n<!-- /taiga -->\n\nand more\n"


def _fits(told: Told, event: str, facts: dict[str, object]) -> bool:
    return told["event"] == event and all(
        value in told.get(name, "") if isinstance(value, str) else told.get(name) == value
        for name, value in facts.items()
    )


def memory_of(pid: int) -> int:
    """The memory of a process that is resident, in kB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


def descriptors(pid: int) -> Counter[str]:
    """How many descriptors of each kind a process has open; a file's kind is its name."""
    kinds: Counter[str] = Counter()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed by now
            name = entry.readlink().name.partition(":[")[0]
            kinds["store" + name.partition(".sqlite")[2] if ".sqlite" in name else name] += 1
    return kinds
