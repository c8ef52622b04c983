"""What Taiga leaves out of its lists, by piece: the seam to whoever can ask for it item by item.

Pure. A query or a template that uses such a piece asks a `Source` once for all the items that it
needs. What each piece looks like is said here, and how Taiga gives it in TAIGA.md, k7.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Piece = Literal["description", "custom", "comments", "history", "attachments"]
"""What there is to ask for. Of each item as plain data:

- `description`: a string, as it was written; empty where there is none.
- `custom`: a record, the custom attributes' names and values; those without a value are left out.
- `comments`: a list of `{who, username, when, text}`, the newest first, deleted ones left out;
  `who` is the full name, `when` a moment as Taiga writes it.
- `history`: a list of `{when, status_from, to, by}`, the changes of its status, the oldest first;
  the first entry is its creation, whose `status_from` is None and whose `to` is its first status.
  Statuses are names, `by` is a full name.
- `attachments`: a list of `{name, url, size, description, created_date}`, the oldest first.
"""


@dataclass(frozen=True, slots=True)
class DetailRequest:
    """One piece of some items of a project: the key under which it is asked for once.

    Attributes:
        kind: a name of `kinds.KINDS`.
        project: the project's slug or id, as its rows say it.
        piece: what is asked for.
        items: their numbers (`id`), each once, ascending.
        server: see `rows.Listing`.
    """

    kind: str
    project: str | int
    piece: Piece
    items: tuple[int, ...]
    server: str = ""


@dataclass(frozen=True, slots=True)
class Details:
    """What was asked for.

    Attributes:
        values: the piece by the items' numbers; an item that is gone is missing.
        stamp: another one, also in a later run, whenever the values are others; empty where that
            can't be told: what a file holds is as old as the file.
    """

    values: Mapping[int, object] = field(default_factory=dict)
    stamp: str = ""


PIECES: tuple[Piece, ...] = ("description", "custom", "comments", "history", "attachments")
"""All of them."""


def without_signature(url: str) -> str:
    """An attachment's address, up to what stands behind its path."""
    return url.partition("?")[0].partition("#")[0]


def without_signatures(piece: Piece, value: object) -> object:
    """A piece as it may stand in a page or a file: attachments' addresses end before their query.

    Where Taiga signs them, whoever has the signature reads the file, and it is another one each
    time.
    """
    if piece != "attachments" or not isinstance(value, list):
        return value
    return [
        {**each, "url": without_signature(each["url"])}
        if isinstance(each, dict) and isinstance(each.get("url"), str)
        else each
        for each in value
    ]
