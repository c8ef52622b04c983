"""What a new line of a block is to become: an item of the block's kind, as its query asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from taiga_notes.model.kinds import KINDS, USERSTORIES
from taiga_notes.push.pushable import ASSIGNEE, NOUNS, RIGHTS, SPRINT, STATUS, USERS, has_field
from taiga_notes.push.vocabulary import UnfitError, Vocabulary
from taiga_notes.push.wishes import ME, Wish, wishes_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from taiga_notes.push.base import RenderedItem
    from taiga_notes.push.remote import Item, Remote
    from taiga_notes.query.syntax import tree

REFERENCE = "taiga-notes"
"""The first part of the `external_reference` by which an item that we made is found again."""

_NAMED = {
    "status_name": STATUS,
    "status_extra_info.name": STATUS,
    "assignee": ASSIGNEE,
    "assigned_to_extra_info.username": ASSIGNEE,
    "sprint": SPRINT,
    "milestone_name": SPRINT,
}
"""Fields whose value is a name."""

_CLOSED = frozenset({"is_closed", "status_extra_info.is_closed", "status__is_closed"})
"""Fields, and Taiga's filter, that say whether an item is closed."""

_OF_PROJECT = {
    "project": "slug",
    "project_extra_info.slug": "slug",
    "project_extra_info.id": "id",
    "project_extra_info.name": "name",
}
"""Fields of an item that are its project's."""

_RAW = ("status", "assigned_to", "milestone", "due_date", "is_blocked", "user_story")
"""Fields that are sent as the query says them."""


@dataclass(frozen=True, slots=True)
class NewItem:
    """An item that is to be made.

    Attributes:
        kind: a name of `kinds.KINDS`.
        slug: of its project.
        project: its number.
        subject: what it is called.
        fields: what else is sent.
        told: the fields that are sent and their values, as people name them.
        note: why it will not show in its block; empty if it will.
        key: by which it is found again.
    """

    kind: str
    slug: str
    project: int
    subject: str
    fields: Mapping[str, object]
    told: tuple[tuple[str, str], ...]
    note: str
    key: str = ""

    @property
    def payload(self) -> dict[str, object]:
        """What is sent."""
        # Epics have none (k3).
        has_reference = self.kind != "epics"
        reference = {"external_reference": [REFERENCE, self.key]} if has_reference else {}
        return {"project": self.project, "subject": self.subject, **self.fields, **reference}


def new_item(
    said: tree.Parsed,
    subject: str,
    items: Sequence[RenderedItem],
    project: str | None,
    remote: Remote,
) -> NewItem:
    """What a line is to become.

    Args:
        said: the block's text.
        subject: what the line says.
        items: those that the block had.
        project: what the page's bare sources list.
        remote: Taiga.

    Raises:
        UnfitError: it can't be made.
        SourceError: Taiga can't be asked.
    """
    wishes = wishes_of(said)
    kind = wishes.kind or _only({item.kind for item in items})
    if kind not in RIGHTS:
        raise UnfitError("it can't be told of which kind a new item here would be")
    named = str(wishes.project) if wishes.project is not None else None
    # What the block shows counts for more than what is written: where its items are of several
    # projects, none is picked.
    slug = _only({item.slug for item in items}) if items else named or project
    if not slug:
        raise UnfitError("it can't be told in which project a new item here would be")
    detail = remote.project(slug) or (remote.project_of(int(slug)) if slug.isdecimal() else None)
    match detail:
        case {"id": int(number), "slug": str(found)} if detail is not None:
            values = Vocabulary(detail, kind)
            values.demand_right("add")
            maker = _Maker(kind, values, remote.me, detail)
            for wish in wishes.wishes:
                maker.grant(wish)
            return NewItem(
                kind, found, number, subject, maker.sent(), tuple(maker.told), maker.note()
            )
    raise UnfitError(f"this account sees no project {slug}", by_taiga=True)


def _only(names: set[str]) -> str:
    return names.pop() if len(names) == 1 else ""


class _Maker:
    """Gathers what a new item is to be."""

    def __init__(self, kind: str, values: Vocabulary, me: Item, project: Item) -> None:
        self._project = project
        self._kind = kind
        self._values = values
        self._me = me
        self._fields: dict[str, object] = {}
        self._tags: list[str] = []
        self._unmet: list[str] = []
        self.told: list[tuple[str, str]] = []

    def grant(self, wish: Wish) -> None:
        """Takes a condition: it is so from the start, it is sent, or it is told."""
        if not self._is_granted(wish):
            self._unmet += wish.fields

    def _is_granted(self, wish: Wish) -> bool:
        name, value = wish.field, wish.value
        if name in {"tag_names", "tags"} and isinstance(value, str) and value:
            # Taiga writes tags in small letters (k2): another one would not be found again.
            self._tags.append(value)
            self.told.append(("tag", value))
            return value == value.lower()
        if name in _CLOSED:
            status = self._fields.get(STATUS.raw)
            is_open = status is None or not self._values.is_closed(status)
            return value in {False, "false"} and is_open
        if name == "status__is_archived":
            return value in {False, "false"}
        if name in _OF_PROJECT:
            return value == self._project.get(_OF_PROJECT[name])
        if value is ME:
            value = self._me.get("id" if name in _RAW else "username")
        if name in _NAMED:
            return self._named(name, value)
        return name in _RAW and self._raw(name, value)

    def _named(self, name: str, value: object) -> bool:
        field = _NAMED[name]
        if value is None:
            return field is not STATUS
        if not isinstance(value, str) or not has_field(self._kind, field.raw):
            return False
        return self._set(field.raw, self._values.raw(field, value))

    def _raw(self, name: str, value: object) -> bool:
        if value is None:
            return name != STATUS.raw
        if name == "user_story" and self._kind != "tasks":
            return False
        if isinstance(value, str) and value.isdecimal():
            value = int(value)
        return has_field(self._kind, name) and self._set(name, value)

    def _set(self, name: str, value: object) -> bool:
        if name in self._fields:
            # Of two values for one field the first is sent, and the other told: the item will not
            # show.
            return self._fields[name] == value
        self._fields[name] = value
        self.told.append((name, self._values.text(name, value)))
        return True

    def sent(self) -> dict[str, object]:
        """What is sent besides project and subject."""
        found = dict(self._fields)
        assigned = found.get(ASSIGNEE.raw)
        if self._kind == USERSTORIES.name and assigned is not None:
            found[USERS] = [assigned]
        return found | ({"tags": self._tags} if self._tags else {})

    def note(self) -> str:
        """Why the item will not show in its block; empty if it will."""
        if not self._unmet:
            return ""
        names = ", ".join(dict.fromkeys(self._unmet))
        return f"it will not show in this block, which also asks for {names}"


def titled(kind: str) -> str:
    """An item of that kind, with its article."""
    noun = NOUNS[kind]
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def nouns(kind: str) -> str:
    """Items of that kind."""
    return KINDS[kind].noun
