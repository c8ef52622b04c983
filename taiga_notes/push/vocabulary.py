"""A project's own values: which status, person or sprint a text names; it names one exactly.

Pure. Takes a project's detail as Taiga gives it (TAIGA.md, k4).
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from taiga_notes.errors import did_you_mean
from taiga_notes.model.kinds import KINDS
from taiga_notes.page.checksum import visible
from taiga_notes.push.pushable import ASSIGNEE, BLOCKED, DUE, RIGHTS, SPRINT, STATUS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from taiga_notes.push.pushable import Pushable

_BLOCKED = {"true": True, "false": False}
_DAY = len("2026-11-29")


class UnfitError(Exception):
    """Something can't be sent.

    Args:
        reason: why not, one sentence, no full stop.
        by_taiga: whether Taiga refuses it, or would: a right, a block, something gone.
    """

    def __init__(self, reason: str, *, by_taiga: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.by_taiga = by_taiga


class Vocabulary:
    """The values of one project for items of one kind.

    Args:
        project: the project's detail.
        kind: a name of `kinds.KINDS`.
    """

    def __init__(self, project: Mapping[str, object], kind: str) -> None:
        self._project = project
        self._kind = kind
        self._noun = KINDS[kind].noun
        self.statuses = _entries(project, KINDS[kind].statuses)

    def demand_right(self, right: str) -> None:
        """Check that this account may do that, as far as the project says.

        Args:
            right: `modify` or `add`.

        Raises:
            UnfitError: it may not.
        """
        slug = self._project.get("slug")
        if self._project.get("blocked_code"):
            reason = f"the project {slug} is blocked: nothing in it can be changed"
            raise UnfitError(reason, by_taiga=True)
        if self._project.get("archived_code"):
            reason = f"the project {slug} is archived: nothing in it can be changed"
            raise UnfitError(reason, by_taiga=True)
        # Asked beforehand: Taiga's 403 to a write may mean something else (k2), and half a plan
        # would be sent before it came.
        permissions = self._project.get("my_permissions")
        wanted = f"{right}_{RIGHTS[self._kind]}"
        if isinstance(permissions, list) and wanted not in permissions:
            reason = f"this account has no right to {right} {self._noun} in {slug}"
            raise UnfitError(reason, by_taiga=True)

    def raw(self, field: Pushable, text: str) -> object:
        """The value that a text names.

        Raises:
            UnfitError: it names none, or more than one.
        """
        match field.raw:
            case STATUS.raw:
                if not text:
                    # Taiga would take null for the project's default status (k2).
                    raise UnfitError("a status can't be empty")
                return self._named(self.statuses, "name", text, "status")
            case ASSIGNEE.raw:
                people = [
                    one for one in _entries(self._project, "members") if one.get("is_active", True)
                ]
                return self._named(people, "username", text, "member") if text else None
            case SPRINT.raw:
                sprints = _entries(self._project, "milestones")
                return self._named(sprints, "name", text, "sprint") if text else None
            case DUE.raw:
                return _day(text) if text else None
            case BLOCKED.raw:
                if text not in _BLOCKED:
                    raise UnfitError(f"{text!r} is neither true nor false")
                return _BLOCKED[text]
        raise AssertionError(field)

    def text(self, raw: str, value: object) -> str:
        """A value as people name it.

        Args:
            raw: the field, as Taiga names it.
            value: what Taiga says of it.
        """
        if value is None:
            return "nothing"
        if isinstance(value, bool):
            return "true" if value else "false"
        table, name = _TABLES.get(raw, ("", ""))
        entries = self.statuses if raw == STATUS.raw else _entries(self._project, table)
        found = next((one.get(name) for one in entries if one["id"] == value), value)
        return " ".join(str(found).split())

    def closing(self, names: Sequence[str]) -> int:
        """The status that a tick sets.

        Args:
            names: what the vault's settings say.

        Raises:
            UnfitError: there is none, or it can't be told which.
        """
        named = self._first(names)
        # What leaves the item open would come back unticked with the next render, time and again.
        if named is not None:
            if not named.get("is_closed"):
                raise UnfitError(
                    f"[push] done: {named.get('name')!r} is no closed status of {self._noun}"
                )
            return _id(named)
        # An archived status takes a story off every board: by a tick nobody means that.
        closed = [
            one for one in self.statuses if one.get("is_closed") and not one.get("is_archived")
        ]
        if len(closed) == 1:
            return _id(closed[0])
        if not closed:
            raise UnfitError(f"{self._noun} have no closed status in {self._project.get('slug')}")
        told = ", ".join(str(one.get("name")) for one in closed)
        raise UnfitError(
            f"{self._noun} have several closed statuses ({told}): name one as [push] done"
        )

    def reopening(self, names: Sequence[str]) -> int:
        """The status that an emptied box sets.

        Args:
            names: what the vault's settings say.

        Raises:
            UnfitError: they name none of this kind.
        """
        named = self._first(names)
        if named is None:
            raise UnfitError(f"to what {self._noun} are reopened is not said: set [push] reopen")
        if named.get("is_closed"):
            raise UnfitError(
                f"[push] reopen: {named.get('name')!r} is a closed status of {self._noun}"
            )
        return _id(named)

    def is_closed(self, status: object) -> bool:
        """Whether that status is a closed one."""
        return any(one["id"] == status and bool(one.get("is_closed")) for one in self.statuses)

    def _first(self, names: Sequence[str]) -> Mapping[str, object] | None:
        """The first of these statuses that this kind has.

        Raises:
            UnfitError: no kind of the project has any.
        """
        for name in names:
            for one in self.statuses:
                if one.get("name") == name:
                    return one
        kinds = (KINDS[kind].statuses for kind in RIGHTS)
        known = {one.get("name") for table in kinds for one in _entries(self._project, table)}
        if names and not known & {*names}:
            own = [str(one.get("name")) for one in self.statuses]
            hint = did_you_mean(names[0], own)
            raise UnfitError(
                f"there is no status {names[0]!r} in {self._project.get('slug')}; {hint}".rstrip(
                    "; "
                )
            )
        return None

    def _named(
        self, entries: Sequence[Mapping[str, object]], key: str, text: str, noun: str
    ) -> int:
        # To the letter, or else as a page shows it: what is near is offered, and never sent.
        found = [one for one in entries if one.get(key) == text] or [
            one for one in entries if _shown(one.get(key)) == _shown(text)
        ]
        if len(found) == 1:
            return _id(found[0])
        slug = self._project.get("slug")
        if found:
            raise UnfitError(f"there is more than one {noun} {text!r} in {slug}")
        hint = did_you_mean(text, [str(one.get(key)) for one in entries])
        raise UnfitError(f"there is no {noun} {text!r} in {slug}; {hint}".rstrip("; "))


_TABLES = {
    ASSIGNEE.raw: ("members", "username"),
    SPRINT.raw: ("milestones", "name"),
    STATUS.raw: ("", "name"),
}


def _entries(project: Mapping[str, object], table: str) -> list[Mapping[str, object]]:
    found = project.get(table)
    rows: Iterable[object] = found if isinstance(found, list) else ()
    return [row for row in rows if isinstance(row, dict) and isinstance(row.get("id"), int)]


def _shown(name: object) -> str:
    """A name as a cell shows it: of blanks one, and no invisible characters."""
    return " ".join(visible(str(name)).split())


def _id(entry: Mapping[str, object]) -> int:
    number = entry["id"]
    assert isinstance(number, int)  # noqa: S101 - `_entries` says so
    return number


def _day(text: str) -> str:
    """A date as Taiga takes it.

    Raises:
        UnfitError: it is none.
    """
    try:
        day = date.fromisoformat(text) if len(text) == _DAY else None
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise UnfitError(f"{text!r} is no day such as 2026-11-29")
    return text
