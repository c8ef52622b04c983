"""The one way in which a page on disk becomes another one: read, made anew, put, and read again.

Whoever saves the page meanwhile wins: their text is read and made anew in its turn.
"""

from __future__ import annotations

from taiga_notes.errors import PageChangedError, WriteError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    Held = TypeVar("Held")
    Made = TypeVar("Made")

ATTEMPTS = 5
"""How often a page is read again because somebody saved it meanwhile."""


def transform(
    name: str,
    read: Callable[[str], Held],
    make: Callable[[Held], Made],
    put: Callable[[Held, Made], object],
) -> tuple[Held, Made]:
    """Makes a page another one, as it stands at that moment.

    Args:
        name: the page's.
        read: reads it.
        make: gives what it is to be, unless the page is no longer what was read.
        put: writes that, unless the page is no longer what was read.

    Returns:
        What was read last, and what was made of it.

    Raises:
        WriteError: it never keeps still.
        TaigaNotesError: as the three raise.
    """
    for _ in range(ATTEMPTS):
        held = read(name)
        try:
            made = make(held)
            put(held, made)
        except PageChangedError:
            continue
        return held, made
    raise WriteError(
        "keeps changing while it is worked on, and is left alone", page=name, hint="try again"
    )
