"""How far something is that may take long: told by who does it, shown by who has a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Listener = Callable[[str, int, int | None], None]

_listeners: list[Listener] = []


def tell(what: str, done: int, total: int | None) -> None:
    """Tells how far it is.

    Args:
        what: the plural of what is counted: `pages`, `userstories`.
        done: how many of them are done.
        total: how many they are; None where that is not known. Once all are done, it is over.
    """
    for listener in _listeners:
        listener(what, done, total)


def listen(listener: Listener) -> None:
    """Has a listener told from now on, in whatever thread something is done."""
    _listeners.append(listener)


def leave(listener: Listener) -> None:
    """Has it told nothing any more."""
    if listener in _listeners:
        _listeners.remove(listener)
