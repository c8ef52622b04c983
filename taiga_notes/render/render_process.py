"""A process of its own for templates that may be costly: one that can be ended.

A step in C, such as the comparison of two large lists, starves timers, signals and threads alike;
only from outside can it be ended for sure. The process starts with the first such template, which
takes a tenth of a second, and then waits for more.
"""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
import weakref
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC
from threading import Lock, Timer
from typing import TYPE_CHECKING, Final

from taiga_notes.errors import EndedError, RenderError
from taiga_notes.render.sandbox import NotesWantedError, SprintsWantedError
from taiga_notes.render.template_loader import SUFFIX

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, tzinfo
    from pathlib import Path

SECONDS: Final = 5.0
"""Seconds of computing for one order: the budget should have ended it after one."""

SECONDS_PER_ROW: Final = 0.002

_PATIENCE: Final = 12  # seconds that may pass for each of computing: the machine may be busy
_PROGRAM: Final = (
    "import sys; sys.path[:] = {path!r}; from taiga_notes.render.render_child import main; main()"
)
_HINT: Final = "let it do less; until its block or a template changes, a watch leaves it aside"


@dataclass(frozen=True, slots=True)
class RenderOrder:
    """What is to be rendered.

    Attributes:
        how: the method of `Renderer`.
        template: the template's name, for messages.
        text: its name, or the text of an `each` clause.
        rows: plain data.
        page: the page's name, path and front matter.
        today: the day that the template may ask for; None where it is not known.
        sprints: the project's, around that day; None where nobody asked for them yet.
        notes: what `NoteLinks` give; None likewise.
    """

    how: str
    template: str
    text: str
    rows: Sequence[object]
    page: Mapping[str, object]
    today: date | None = None
    sprints: Sequence[Mapping[str, object]] | None = None
    notes: Mapping[str, Sequence[str]] | None = None


@dataclass(frozen=True, slots=True)
class RenderReply:
    """What came of an order.

    Attributes:
        text: finished Markdown.
        error: what went wrong, or None.
        seen: whether the template looked at the page's data, where these know that.
        seconds: how long it computed.
        wants_sprints: whether it came to an end where it asked for them.
        wants_notes: likewise.
    """

    text: str
    error: RenderError | None
    seen: bool
    seconds: float
    wants_sprints: bool = False
    wants_notes: bool = False


class RenderProcess:
    """Has orders rendered by a process of its own. One at a time; any thread may ask.

    Args:
        folders: of templates, see `Templates`.
        dates: see `Templates`.

    Attributes:
        seconds: how long it has computed so far.
    """

    def __init__(self, folders: Sequence[Path], dates: tzinfo = UTC) -> None:
        self.seconds = 0.0
        self._setup = (tuple(folders), dates)
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def render(self, order: RenderOrder) -> str:
        """The rows as the template renders them.

        Raises:
            RenderError: the template has a mistake, or no process can be started.
            EndedError: it had to be ended, or came to an end.
            SprintsWantedError: the order is to be given again, with the project's sprints.
            NotesWantedError: the same, with the pages that name items.
        """
        with self._lock:
            reply = self._replied(order)
        self.seconds += reply.seconds
        if reply.seen:
            len(order.page)  # which is to look at them
        if reply.wants_sprints:
            raise SprintsWantedError
        if reply.wants_notes:
            raise NotesWantedError
        if reply.error is not None:
            raise reply.error
        return reply.text

    def close(self) -> None:
        """Ends the process."""
        if self._process is not None:
            self._finish()
        self._process = None

    def _replied(self, order: RenderOrder) -> RenderReply:
        # Packed first: rows that can't be handed over are no reason to start a process.
        message = _packed(order)
        process = self._running(order)
        # The kernel's limit is of computing; this one ends a process that waits, or knows no limit.
        patience = Timer(_PATIENCE * limit(order), process.kill)
        patience.daemon = True
        patience.start()
        try:
            _send(process, message)
            reply: RenderReply = pickle.load(process.stdout)  # type: ignore[arg-type]  # noqa: S301
        except (OSError, EOFError, pickle.UnpicklingError):
            raise self._ended(process, order) from None
        finally:
            patience.cancel()
        return reply

    def _running(self, order: RenderOrder) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            try:
                self._process = _started()
                # Also where nobody closes it: a run that ends in an error leaves no process behind.
                self._finish = weakref.finalize(self, _end, self._process)
                _send(self._process, pickle.dumps(self._setup))
            except OSError as error:
                raise RenderError(
                    f"no process can be started to render it: {error.strerror}",
                    template=_file(order),
                ) from error
        return self._process

    def _ended(self, process: subprocess.Popen[bytes], order: RenderOrder) -> EndedError:
        # Never asked again: what it still writes would be read as the reply to the next order.
        self.close()
        self.seconds += limit(order)
        by_kernel = process.returncode == -getattr(signal, "SIGPROF", 0)
        reason = f"more than {limit(order):g} seconds of computing" if by_kernel else "too much"
        return EndedError(
            f"the template took {reason}, and was ended from outside",
            template=_file(order),
            hint=_HINT,
        )


def limit(order: RenderOrder) -> float:
    """After how many seconds of computing an order is ended."""
    return SECONDS + SECONDS_PER_ROW * len(order.rows)


def _file(order: RenderOrder) -> str:
    return order.template if order.how == "render_each" else order.template + SUFFIX


def _started() -> subprocess.Popen[bytes]:
    # Isolated: the folder at hand may be a stranger's vault, and hold modules.
    program = [sys.executable, "-I", "-c", _PROGRAM.format(path=sys.path)]
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    return subprocess.Popen(program, stdin=pipe, stdout=pipe, stderr=nothing)  # noqa: S603


def _packed(order: RenderOrder) -> bytes:
    try:
        return pickle.dumps(order)
    except (AttributeError, RecursionError, TypeError, pickle.PicklingError) as error:
        raise RenderError(
            f"its rows can't be handed to the process that renders it: {error}",
            template=_file(order),
            hint="a source of one's own gives rows of plain data",
        ) from error


def _send(process: subprocess.Popen[bytes], message: bytes) -> None:
    assert process.stdin is not None  # noqa: S101  (it was asked for)
    process.stdin.write(message)
    process.stdin.flush()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    for stream in (process.stdin, process.stdout):
        with suppress(OSError):
            stream.close()  # type: ignore[union-attr]
    process.wait()
