"""What no list of Taiga has, as it is: read off the fake's own rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taiga_notes.model.details import DetailRequest
from tests.fake_taiga.clock import shown
from tests.fake_taiga.model import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taiga_notes.model.details import Piece
    from taiga_notes.taiga.source import Taiga
    from tests.fake_taiga.model import HistoryEntry, Item

PIECES: tuple[Piece, ...] = ("description", "custom", "comments", "history", "attachments")


def request(piece: Piece, items: Iterable[Item], kind: str = "userstories") -> DetailRequest:
    """A piece of these items of the project."""
    return DetailRequest(kind, "acme", piece, tuple(sorted(item.id for item in items)))


def given(taiga: Taiga, piece: Piece, items: Iterable[Item], kind: str = "userstories") -> Any:
    """What Taiga gives of a piece, by items."""
    return dict(taiga.details(request(piece, items, kind)).values)


def right(piece: Piece, items: Iterable[Item]) -> dict[int, Any]:
    """What it should give."""
    return {item.id: _ONE[piece](item) for item in items}


def _custom(item: Item) -> dict[str, Any]:
    known = item.project.custom_attributes.get(kind_of(item), [])
    found = {one.name: item.custom_values.get(str(one.id)) for one in known}
    return {name: value for name, value in found.items() if value not in (None, "")}


def _comments(item: Item) -> list[dict[str, Any]]:
    return [
        {
            "who": entry.user.full_name,
            "username": entry.user.username,
            "when": shown(entry.created_at),
            "text": entry.comment,
        }
        for entry in reversed(item.history)
        if entry.comment and not entry.delete_comment_date
    ]


def _history(item: Item) -> list[dict[str, Any]]:
    moves = [entry for entry in item.history if "status" in entry.values_diff]
    made = next((entry.user for entry in item.history if entry.type == 2), item.owner)
    first = moves[0].values_diff["status"][0] if moves else item.status.name
    told = [_move(None, first or item.status.name, shown(item.created_date), made.full_name)]
    for entry in moves:
        before, since = entry.values_diff["status"]
        when = shown(entry.created_at)
        told.append(_move(before or told[-1]["to"], since, when, entry.user.full_name))
    return told


def _move(before: str | None, since: str, when: str | None, by: str) -> dict[str, Any]:
    return {"when": when, "status_from": before, "to": since, "by": by}


def _attachments(item: Item) -> list[dict[str, Any]]:
    return [
        {
            "name": one.filename,
            "size": one.size,
            "description": one.description,
            "url": f"http://taiga.example/media/{one.path}",
            "created_date": shown(one.created_date),
        }
        for one in item.attachments
    ]


_ONE: dict[Piece, Any] = {
    "description": lambda item: item.description,
    "custom": _custom,
    "comments": _comments,
    "history": _history,
    "attachments": _attachments,
}


def last_comment(item: Item) -> HistoryEntry:
    """The item's last comment."""
    return [entry for entry in item.history if entry.comment][-1]
