"""The process in which costly templates are rendered: order after order, until there are no more.

The budget ends what it can. The kernel ends the rest: at so many seconds of computing it kills the
process with SIGPROF, be it in the midst of a step in C. Who gave the order sees that.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO, Final

from taiga_notes.errors import RenderError, own_mistake
from taiga_notes.model.calendar import Calendar
from taiga_notes.render.render_process import RenderOrder, RenderReply, limit
from taiga_notes.render.sandbox import NotesWantedError, SprintsWantedError
from taiga_notes.render.template_loader import FolderLoader
from taiga_notes.render.template_scope import TemplateScope
from taiga_notes.render.templates import Renderer

if sys.platform != "win32":
    import resource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MEMORY: Final = 4 << 30
"""Bytes of address space, unless the system grants less."""


def main() -> None:
    """Renders what is ordered on the standard input."""
    with suppress(ValueError):  # Ctrl-C is for the process that reads the replies
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # Nothing else may get between them.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    _bound_memory()
    with suppress(BrokenPipeError, EOFError):
        serve(sys.stdin.buffer, replies)


def serve(orders: BinaryIO, replies: BinaryIO) -> None:
    """Takes the folders of templates and the zone of dates, then orders, and replies to each.

    Raises:
        EOFError: there are no more.
    """
    folders, dates = pickle.load(orders)  # noqa: S301  (from the process that started this one)
    renderer = Renderer(FolderLoader(folders), lambda _template: True, dates)
    while True:
        order: RenderOrder = pickle.load(orders)  # noqa: S301  (the same)
        # By the kernel's own hand: during a long step in C no handler of Python's would run.
        _end_after(limit(order))
        reply = _reply(renderer, order)
        _end_after(0)
        pickle.dump(reply, replies)
        replies.flush()


def _reply(renderer: Renderer, order: RenderOrder) -> RenderReply:
    begun = time.process_time()
    text, error, wants_sprints, wants_notes = "", None, False, False
    try:
        text = getattr(renderer, order.how)(order.text, order.rows, order.page, _scope(order))
    except SprintsWantedError:
        wants_sprints = True
    except NotesWantedError:
        wants_notes = True
    except RenderError as found:
        error = found
    except Exception as found:  # noqa: BLE001  (a mistake of ours ends no more than this order)
        error = RenderError(own_mistake(found))
    seen = bool(getattr(order.page, "seen", False))
    seconds = time.process_time() - begun
    return RenderReply(text, error, seen, seconds, wants_sprints, wants_notes)


def _scope(order: RenderOrder) -> TemplateScope:
    def sprints() -> Sequence[Mapping[str, object]]:
        if order.sprints is None:
            raise SprintsWantedError
        return order.sprints

    def notes() -> Mapping[str, Sequence[str]]:
        if order.notes is None:
            raise NotesWantedError
        return order.notes

    calendar = None if order.today is None else Calendar(order.today, sprints)
    return TemplateScope(calendar, notes)


def _end_after(seconds: float) -> None:
    """Has the kernel end this process when it has computed so long; 0 for never."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)


def _bound_memory() -> None:
    if sys.platform != "win32":
        with suppress(OSError, ValueError):
            _, hard = resource.getrlimit(resource.RLIMIT_AS)
            most = MEMORY if hard == resource.RLIM_INFINITY else min(MEMORY, hard)
            resource.setrlimit(resource.RLIMIT_AS, (most, hard))
