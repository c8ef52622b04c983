"""Rows for a template: what a query gave, and in each row the joined fields that the template uses.

Rows may stand anywhere in a value: in groups, in records that a query made, in another's stories.
All of one kind are asked for at once, those within them after that.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from taiga_notes.model.field_use import NESTING
from taiga_notes.model.kinds import KINDS, joins_of
from taiga_notes.query.runtime.joined_values import Item, item_of
from taiga_notes.query.runtime.values import Hits, Literals, Mixed, Plain, are_literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from taiga_notes.model.field_use import FieldUse, Level, UsedField
    from taiga_notes.model.rows import Projects, Rows
    from taiga_notes.query.runtime.joined_values import JoinedValues

    LookedThrough = tuple[str, str, Projects]


class _FilledRow:
    """A row, and what was asked for."""

    __slots__ = ("fields", "item", "row")

    def __init__(self, row: Mapping[str, Any], item: Item) -> None:
        self.row = row
        self.item = item
        self.fields: dict[str, Any] = {}


class RowFiller:
    """Fills rows for one template.

    Args:
        joined: gives the fields.
        use: what the template uses.
        server_of: tells from which server rows are.
        check: is told of names that none of some rows has: of which kind and server these are, and
            of which projects, which are several where it may be of any of them; and the name's
            field.
    """

    def __init__(
        self,
        joined: JoinedValues,
        use: FieldUse,
        server_of: Callable[[Rows], str],
        check: Callable[[Sequence[LookedThrough], UsedField], None],
    ) -> None:
        self._joined = joined
        self._use = use
        self._server_of = server_of
        self._check = check
        self._waiting: dict[tuple[str, Level], list[_FilledRow]] = defaultdict(list)
        self._anywhere: dict[UsedField, list[LookedThrough]] = defaultdict(list)
        self._found: set[UsedField] = set()

    def filled(self, value: Any) -> Any:
        """The value with its rows filled.

        Raises:
            SourceError: a field can't be had.
        """
        read = self._read(value, ())
        while self._waiting:
            (kind, level), rows = self._waiting.popitem()
            for name in self._names(kind, level):
                self._fill(rows, name, level)
        for used in sorted(self._anywhere.keys() - self._found, key=lambda each: each[1:]):
            self._check(self._anywhere[used], used)
        return _made(read)

    def _names(self, kind: str, level: Level) -> Iterator[str]:
        joins = joins_of(kind)
        used = {each.name for each in self._use if each.rows in (None, level)}
        return (name for name in joins if name in used)

    def _fill(self, rows: Sequence[_FilledRow], name: str, level: Level) -> None:
        by_server: dict[str, list[_FilledRow]] = defaultdict(list)
        for row in rows:
            by_server[row.item.server].append(row)
        for some in by_server.values():
            values = self._joined.of([row.item for row in some], name)
            for row, value in zip(some, values, strict=True):
                row.fields[name] = self._read(value, (*level, name))
            # Always in the same order: warnings stand in pages.
            named = (each for each in self._use if each.name == name and each.below)
            used = [each for each in named if each.rows in (None, level)]
            for each in sorted(used, key=lambda each: each[1:]):
                self._look_below(each, some, values)

    def _look_below(
        self, used: UsedField, rows: Sequence[_FilledRow], values: Sequence[Any]
    ) -> None:
        """Has a name checked that no row has anything for."""
        if any(isinstance(value, dict) and used.below in value for value in values):
            self._found.add(used)
            return
        keys = {row.item.project for row in rows if row.item.project is not None}
        if not keys:
            # Of rows of no project no name is known to be wrong.
            self._found.add(used)
            return
        projects = tuple(sorted(keys, key=str))
        kind, server = rows[0].item.kind, rows[0].item.server
        through = (kind, server, projects if projects[1:] else projects[0])
        if used.rows is None:
            self._anywhere[used].append(through)
        else:
            self._check([through], used)

    def _read(self, value: Any, level: Level) -> Any:
        match value:
            case Hits() if not are_literal(value):
                server = self._server_of(value)
                return Plain([self._noted(row, server, level) for row in value])
            case Mixed():
                items = [self._read(each, level) for each in value]
                return type(value)(items, self._read(value.fields, level))
            case list() | Hits():
                return [self._read(each, level) for each in value]
            # A record that a query made of some fields names no project.
            case {"kind": str() as kind, "id": int(), "project": _} if kind in KINDS:
                return self._noted(value, self._server_of(Literals([])), level)
            case dict():
                return {
                    name: self._read(each, (*level, name) if name in NESTING else level)
                    for name, each in value.items()
                }
        return value

    def _noted(self, row: Any, server: str, level: Level) -> _FilledRow:
        kind = str(row["kind"])
        found = _FilledRow(row, item_of(kind, server, row.get("project"), row.get("id")))
        self._waiting[kind, level].append(found)
        return found


def _made(value: Any) -> Any:
    match value:
        case _FilledRow():
            return {**value.row, **{name: _made(each) for name, each in value.fields.items()}}
        case Mixed():
            return type(value)(map(_made, value), _made(value.fields))
        case list():
            return type(value)(map(_made, value))
        case dict():
            return {name: _made(each) for name, each in value.items()}
    return value
