"""Has anything happened in a project? One request tells, and the answer lasts one refresh.

The project's detail shows what leaves no trace in the timeline (renamed statuses and tags, people,
sprints, roles, swimlanes), and its totals are counted anew right after each entry of the timeline,
by whoever writes that: as long as they are the same, there is no further entry. What the entries
say is in the timeline. Its length counts because entries come late: with celery a later one may be
there before an earlier one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from taiga_notes.errors import RefusedError, SourceError
from taiga_notes.model.kinds import USERSTORIES, kind_of
from taiga_notes.taiga.http.pagination import PAGE_ROWS, is_id
from taiga_notes.taiga.sync.activity import TYPES
from taiga_notes.taiga.sync.timeline import only_grew

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from taiga_notes.model.rows import Row
    from taiga_notes.taiga.http.client import Client
    from taiga_notes.taiga.http.requests import ApiResponse
    from taiga_notes.taiga.sync.timeline import Entry

OVERLAP = 10
"""Entries of the timeline that are looked at again: so many may come after later ones."""

LONGEST = 10_000 - OVERLAP
"""New entries up to which the timeline is read: ten of Taiga's pages, some 7 MB."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")

Pulse = tuple[str, int]
"""Another one whenever the timeline has a further entry: see `Probe.pulse`."""


@dataclass(frozen=True, slots=True)
class Window:
    """The newest entries of a timeline.

    Attributes:
        total: how many there are in all.
        entries: the newest of them, those first.
    """

    total: int
    entries: tuple[Entry, ...]

    @property
    def ids(self) -> tuple[int, ...]:
        """The entries' ids."""
        return entry_ids(self.entries)

    @property
    def newest(self) -> str:
        """When the newest entry was made, as Taiga says it; empty where it does not."""
        return str(self.entries[0].get("created") or "") if self.entries else ""

    def is_of_another(self, recent: Sequence[int], newest: str) -> bool:
        """Whether the newest entry then is gone, or another one by now, of the same number.

        So it is with a server that was restored from a backup: it gives numbers a second time.

        Args:
            recent: see `since`.
            newest: as that gave it then.
        """
        if not (recent and newest):
            return False
        number = recent[0]
        found = next((one for one in self.entries if one.get("id") == number), None)
        if found is None:
            return max(self.ids, default=0) < number
        return str(found.get("created")) != newest

    def since(self, total: int, recent: Sequence[int]) -> list[Entry] | None:
        """The entries that came since then; None where some of them may not be here.

        Args:
            total: how many there were.
            recent: ids of the newest ones then.
        """
        known = set(recent)
        oldest = min(known) if len(known) >= OVERLAP else 0
        new = [
            one
            for one, number in zip(self.entries, self.ids, strict=False)
            if number not in known and number > oldest
        ]
        # As many as the timeline grew by: else one came too late, or lies too far back, to be here.
        whole = len(self.ids) == len(self.entries) and len(new) == self.total - total
        return new if whole else None


@dataclass(slots=True)
class Probe:
    """A project as it was when this refresh asked.

    Attributes:
        number: its id.
        detail: as `/projects/by_slug` gives it.
        epoch: is another one since something changed that any item may show.
    """

    number: int
    detail: Row
    epoch: int
    _windows: dict[int, Window | None] = field(default_factory=dict)

    @property
    def pulse(self) -> Pulse | None:
        """When the project's totals were counted, and its timeline's entries; None: untold."""
        match self.detail:
            case {"totals_updated_datetime": str(moment), "total_activity": int(entries)}:
                return moment, entries
            case _:
                return None

    def window(self, client: Client, length: int) -> Window | None:
        """At least the `length` newest entries, read once however often they are asked for.

        Returns:
            None where the timeline can't be had.
        """
        for size, known in self._windows.items():
            if size >= length or known is None:
                return known
        found = self._windows[length] = timeline(client, self.number, length)
        return found

    @property
    def looks(self) -> int:
        """How often the timeline was asked for."""
        return len(self._windows)

    @property
    def shows_stories(self) -> bool:
        """Whether this account sees the project's stories."""
        rights = self.detail.get("my_permissions")
        return not isinstance(rights, list) or USERSTORIES.permission in rights

    def demand_right(self, kind: str) -> None:
        """Make sure that a list which comes back empty is empty.

        Raises:
            SourceError: this account may not see such items.
        """
        rights = self.detail.get("my_permissions")
        # Whoever may not see them gets an empty list and a 200 (base/filters.py).
        of = kind_of(kind)
        if isinstance(rights, list) and of.permission and of.permission not in rights:
            raise SourceError(
                f"this account may not see the {of.noun} of project {self.detail.get('slug')}",
                hint="ask an administrator of the project for that right, or use another account",
            )


def probed(detail: Row, before: Callable[[int], Mapping[str, object]]) -> Probe:
    """A project as it is, held against what it was.

    Args:
        detail: as `project_detail` gave it.
        before: gives the record that the last refresh left of an id; empty without one.
    """
    number = cast("int", detail["id"])
    match before(number):
        case {"detail": dict(old), "epoch": int(epoch)}:
            epoch += 0 if only_grew(old, detail) else 1
        case _:
            epoch = 0
    return Probe(number, detail, epoch)


def project_detail(client: Client, key: str | int, *, known: bool) -> Row:
    """A project's detail.

    Args:
        client: whom to ask.
        key: its slug or id.
        known: whether it was visible before.

    Raises:
        SourceError: it can't be had.
    """
    try:
        reply = client.get(*_detail_request(key))
    except RefusedError as error:
        raise _invisible(client, key, known=known) from error
    if (detail := _as_detail(reply, key)) is not None:
        return detail
    raise SourceError(f"Taiga's answer about project {key!a} is none", hint="is `api` right?")


def project_details(client: Client, keys: Sequence[str | int]) -> dict[str | int, Row]:
    """The details of several projects, asked for at once; without those that did not come."""
    replies = client.together([_detail_request(key) for key in keys])
    details = {
        key: _as_detail(reply, key) for key, reply in zip(keys, replies, strict=True) if reply
    }
    return {key: detail for key, detail in details.items() if detail is not None}


def _detail_request(key: str | int) -> tuple[str, dict[str, str]]:
    if isinstance(key, int):
        return f"/projects/{key}", {}
    return "/projects/by_slug", {"slug": key}


def _as_detail(reply: ApiResponse, key: str | int) -> Row | None:
    """The detail of that project; None for anything else, such as what a cache has of another."""
    match reply.data:
        case {"id": number} if is_id(number):
            detail = cast("Row", reply.data)
            return detail if key in {number, detail.get("slug", key)} else None
        case _:
            return None


def _invisible(client: Client, key: str | int, *, known: bool) -> SourceError:
    if known:
        return SourceError(
            f"project {key!a} is not visible to this account any more; what was known is kept",
            hint="it was deleted, renamed or made private, or this account lost its place in it",
        )
    return SourceError(
        f"there is no project {key!a} at {client.host} that this account can see",
        hint="its slug stands in its address behind /project/; is this the right account?",
    )


def timeline(client: Client, number: int, length: int) -> Window | None:
    """The newest entries of a project's timeline; None where it can't be had.

    Raises:
        SourceError: Taiga can't be had.
    """
    window = _timeline_page(client, number, {"page_size": str(min(length, PAGE_ROWS))})
    if window is None or length <= PAGE_ROWS:
        return window
    # By number: an entry that comes meanwhile moves all others, some of them to the next page.
    entries = {one.get("id"): one for one in window.entries}
    for page in range(2, -(-min(length, window.total) // PAGE_ROWS) + 1):
        query = {"page_size": str(PAGE_ROWS), "page": str(page)}
        more = _timeline_page(client, number, query)
        if more is None:
            # What is there has to do: whoever asked counts whether it is all.
            break
        entries |= {one.get("id"): one for one in more.entries}
    return Window(window.total, tuple(entries.values()))


def _timeline_page(client: Client, number: int, query: Mapping[str, str]) -> Window | None:
    try:
        # Without `only_relevant`, which leaves out what was deleted.
        reply = client.get(f"/timeline/project/{number}", query)
    except RefusedError:
        return None
    total = reply.headers.get("x-pagination-count", "")
    page, size = int(query.get("page", "1")), int(query["page_size"])
    match reply.data:
        case list(entries) if are_entries(entries) and total.isascii() and total.isdecimal():
            # A page that is not as full as it has to be hides something: it is none.
            by = reply.headers.get("x-paginated-by", "")
            size = min(size, int(by)) if by.isascii() and by.isdecimal() else size
            due = min(size, max(int(total) - size * (page - 1), 0))
            return Window(int(total), tuple(entries)) if len(entries) >= due else None
        case _:
            return None


def entry_ids(entries: Iterable[Entry]) -> tuple[int, ...]:
    """The ids of entries of a timeline."""
    return tuple(number for one in entries if isinstance(number := one.get("id"), int))


def are_entries(data: list[object]) -> bool:
    """Whether these may be a timeline's entries: each is one, with a number of its own."""
    numbers = [number_of(one) for one in data]
    return None not in numbers and len({*numbers}) == len(numbers)


def number_of(entry: object) -> int | None:
    """An entry's number; None for what is no entry, or tells of an item and not of which."""
    match entry:
        case {"id": int(number), "event_type": str(event), "created": str(at), "data": dict(data)}:
            kind, _, rest = event.partition(".")
            # Of other types others know whether they understand them.
            about = data.get(TYPES[kind]) if TYPES.get(kind) == rest.partition(".")[0] else data
            is_told = about is data or (
                isinstance(about, dict) and about.get("id").__class__ is int
            )
            return number if is_told and is_id(number) and rest and _MOMENT.match(at) else None
        case _:
            return None
