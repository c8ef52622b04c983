"""What a project's timeline says has happened, and to which items of a list. Pure.

An entry names the item that was changed by a user. What changes along with it is known of Taiga:
a story shows its epics and closes with its tasks, a task shows its story, and so on. What has no
entry at all (promotions, cascades, orders, renamed statuses) is found by other means; see `sync`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from taiga_notes.model.kinds import EPICS, KINDS, TASKS, USERSTORIES

if TYPE_CHECKING:
    from taiga_notes.model.kinds import Kind
    from taiga_notes.model.rows import Path, Row

Entry = Mapping[str, object]

_KNOWN = {*KINDS, "users"}
"""What entries are about. Projects and sprints show in the project's detail as well."""

_REPEATED = {"ref", "subject", "color"}
"""Fields that other items repeat."""

_CLOSING = {"status", "is_closed"}
"""Fields of a task with which its story closes or opens."""

_MOVED = {"user_story", "milestone"}
"""Fields of a task that say whose it is."""

_GROWTH = {"create": 1, "delete": -1}

_SLACK = timedelta(seconds=10)
"""An entry may be written later than its change: so much is allowed for, more costs requests."""


@dataclass(slots=True)
class Changes:
    """What to read again of a list.

    Attributes:
        touched: ids of its items that changed or came.
        gone: ids of items that were deleted.
        linked: path → ids: items that refer to one of these there changed as well.
        tasks: ids of tasks whose stories changed; which those are, the tasks must tell.
        stories: ids of stories that changed, for a list whose items hold, count or name stories.
        growth: how many items more there are in the project, of the list's kind and of stories.
        dragged: orders of stories that changed, each with the name of the column into which it was
            dragged, if it says so, and the story's id.
        cascades: whether items may have gone with another one, without an entry.
        is_unclear: anything may have changed.
    """

    touched: set[int] = field(default_factory=set)
    gone: set[int] = field(default_factory=set)
    linked: dict[Path, set[int]] = field(default_factory=dict)
    tasks: set[int] = field(default_factory=set)
    stories: set[int] = field(default_factory=set)
    growth: Counter[str] = field(default_factory=Counter)
    dragged: set[tuple[str, str | None, int]] = field(default_factory=set)
    cascades: bool = False
    is_unclear: bool = False

    def __bool__(self) -> bool:
        items = self.touched or self.gone or self.linked or self.tasks or self.stories
        return bool(self.is_unclear or items)

    def link(self, path: Path, number: int) -> None:
        """Note that items which refer to `number` at `path` changed."""
        self.linked.setdefault(path, set()).add(number)


def changes_of(kind: str, entries: Iterable[Entry]) -> Changes:
    """What entries of the timeline mean for a project's list of a kind.

    For lists of kinds without an order any entry that may concern them makes the
    changes unclear, save what happened to stories that are still there.
    """
    changes, of = Changes(), KINDS[kind]
    for entry in entries:
        app, _, rest = str(entry.get("event_type")).partition(".")
        if app in {kind, USERSTORIES.name}:
            changes.growth[app] += _GROWTH.get(rest.rpartition(".")[2], 0)
        if app in of.changed_by:
            event = _read(app, rest, entry)
            # An entry that is not understood may mean anything.
            if event is None:
                changes.is_unclear = True
            elif of.order:
                _note(changes, of, event)
            else:
                _note_story(changes, of, event)
        # So may one about what Taiga did not have when this was written.
        elif app not in _KNOWN:
            changes.is_unclear = True
    return changes


@dataclass(frozen=True, slots=True)
class _Event:
    app: str
    type: str
    action: str
    number: int
    about: Mapping[str, object]
    data: Mapping[str, object]
    fields: frozenset[str]

    def shows(self, *fields: str) -> bool:
        """Whether one of these fields changed, or all of them went with their item."""
        return self.action == "delete" or not self.fields.isdisjoint(fields)


def _read(app: str, rest: str, entry: Entry) -> _Event | None:
    match rest.split("."), entry.get("data"):
        case [type_, action], dict(data):
            about = data.get(type_)
        case _:
            return None
    number = _id(about)
    diff = data.get("values_diff")
    if number is None or not isinstance(about, dict) or not isinstance(diff, dict):
        return None
    return _Event(app, type_, action, number, about, data, frozenset(diff))


def _note(changes: Changes, kind: Kind, event: _Event) -> None:
    if event.app == kind.name:
        changes.dragged.update(_dragged(kind, event))
        (changes.gone if event.action == "delete" else changes.touched).add(event.number)
    elif event.type == "relateduserstory":
        _note_relation(changes, kind, event)
    elif event.app == TASKS.name:
        _note_task(changes, event)
    elif event.app == USERSTORIES.name:
        _note_task_of(changes, event)
    elif event.shows(*_REPEATED):
        path = kind.epics if event.app == EPICS.name else ("generated_from_issue",)
        changes.link(path, event.number)


def _note_task_of(changes: Changes, event: _Event) -> None:
    """A task shows its story, moves to another sprint with it, and goes with it."""
    if event.shows("milestone"):
        changes.cascades |= event.action == "delete"
        changes.link(("user_story",), event.number)
    elif event.shows(*_REPEATED):
        changes.stories.add(event.number)


def _note_story(changes: Changes, kind: Kind, event: _Event) -> None:
    """Sprints hold their stories. Epics count theirs, and how far those are."""
    if event.app == TASKS.name and event.action == "change" and not event.shows(*_CLOSING, *_MOVED):
        return
    if event.app != USERSTORIES.name or event.action == "delete":
        changes.is_unclear = True
    elif kind.stories == "holds" or (event.action == "change" and event.shows(*_CLOSING)):
        changes.stories.add(event.number)


def _dragged(kind: Kind, event: _Event) -> Iterable[tuple[str, str | None, int]]:
    """The orders that changed with a story, and in which column.

    A drag within a column has no entry, but what was dragged shows it in its next one.
    """
    diff = event.data.get("values_diff")
    for order, (column, _) in kind.drags.items():
        if isinstance(diff, dict) and order in event.fields:
            match diff.get(column):
                case [_, str(name)]:
                    yield order, name, event.number
                case _:
                    yield order, None, event.number


def _note_relation(changes: Changes, kind: Kind, event: _Event) -> None:
    story = _id(event.data.get("userstory"))
    if story is None:
        changes.is_unclear = True
    elif kind.stories == "is":
        changes.touched.add(story)
    else:
        changes.link(("user_story",), story)


def _note_task(changes: Changes, event: _Event) -> None:
    """A story closes with its last open task, and has no entry for that."""
    if event.action == "change" and event.fields.isdisjoint({*_CLOSING, "user_story"}):
        return
    story = _id(event.about.get("userstory"))
    if "user_story" in event.fields or (story is None and event.action == "delete"):
        changes.is_unclear = True
    elif story is None:
        changes.tasks.add(event.number)
    else:
        changes.touched.add(story)


def _id(about: object) -> int | None:
    number = about.get("id") if isinstance(about, dict) else None
    return number if isinstance(number, int) else None


def refers(value: object, numbers: set[int]) -> bool:
    """Whether a field's value is one of these ids, or a list with an object that has one."""
    if isinstance(value, list):
        return any(_id(one) in numbers for one in value)
    return value in numbers if isinstance(value, int) else False


def begin_of(entries: Iterable[Entry]) -> str | None:
    """A time before the changes that these entries tell of, as a filter takes it; None: unknown."""
    try:
        times = [datetime.fromisoformat(str(entry.get("created"))) for entry in entries]
        # With a Z: where the plus sign of `+00:00` arrives as a blank, Taiga reads another time.
        return f"{(min(times) - _SLACK).astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"
    except (ValueError, TypeError):
        return None


SHOWN = (
    *("id", "name", "slug", "logo_small_url", "my_permissions", "members", "milestones"),
    *(kind.statuses for kind in KINDS.values() if kind.statuses),
    *("points", "us_duedates", "task_duedates", "issue_duedates", "swimlanes", "tags_colors"),
    *("roles", "issue_types", "priorities", "severities"),
)
"""What of a project's detail its items repeat, or are ordered, named or coloured by."""

_CHOSEN = ("issue_types", "priorities", "severities")
"""What issues only refer to: an item that refers to one that is gone was given another one."""

_MOVING = {"closed", "closed_points", "total_points"}
"""What changes of a sprint whenever one of its stories does."""


def only_grew(old: Row, new: Row) -> bool:
    """Whether a project's detail has at most gained what no item that was there can refer to."""
    if not _holds(new.get("members"), old.get("members")):
        # A new member may have been assigned to items before, and has a name now.
        return False
    if _computed(old) != _computed(new):
        # Each story's points are by role: a role's go with it, and a new one's come with it.
        return False
    if not (old.get("swimlanes") or not new.get("swimlanes")):
        # The first swimlane takes in every story that there is.
        return False
    if not all(_numbers(old, name) <= _numbers(new, name) for name in _CHOSEN):
        return False
    return all(_holds(old.get(name), new.get(name)) for name in SHOWN)


def _computed(detail: Row) -> set[str]:
    """The roles that estimate."""
    return _numbers(detail, "roles", lambda role: role.get("computable") is not False)


def _numbers(detail: Row, name: str, counts: Callable[[Row], bool] = lambda _row: True) -> set[str]:
    rows = detail.get(name)
    return {
        repr(row.get("id"))
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, dict) and counts(row)
    }


def _holds(old: object, new: object) -> bool:
    if old == new:
        # Nearly always, and quick: to compare by ids costs as much as the request did.
        return True
    match old, new:
        case dict(), dict():
            return all(name in new and _holds(old[name], new[name]) for name in old)
        case list(), list() if all(isinstance(one, dict) for one in (*old, *new)):
            return _holds(_by_id(old), _by_id(new))
        case list(), list():
            # Sets: the server gives them in any order.
            return sorted(map(repr, old)) == sorted(map(repr, new))
        case _:
            return False


def _by_id(rows: Iterable[Row]) -> dict[str, object]:
    return {
        repr(row.get("id")): {name: row[name] for name in row if name not in _MOVING}
        for row in rows
    }
