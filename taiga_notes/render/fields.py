"""What a template finds below a name: a record's field, a list's item, or that there is none.

A field that is misspelt would print nothing, and the page would look right. So a field is missing,
and using it is an error, if it is neither in the row, nor in Taiga's rows of its kind, nor in any
of the rows that were given; what is nil is None and prints nothing. Only who asks for what a record
has not got pays for that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from jinja2 import StrictUndefined

from taiga_notes.errors import close_matches, did_you_mean, meant
from taiga_notes.model.kinds import KINDS, is_kind, joins_of, names_below

if TYPE_CHECKING:
    from collections.abc import Iterable

_WITHIN = frozenset(
    chain(
        chain.from_iterable(
            names for kind in KINDS for path, names in names_below(kind).items() if path
        ),
        *(
            each
            for kind in KINDS
            for join in joins_of(kind).values()
            if isinstance(join.field.example, list)
            for each in join.field.example
        ),
    )
)
"""The fields of what Taiga nests in its items: people, statuses, projects, comments."""


_SPELLED = "it is asked for where a template spells it out: row.{name}"


class MissingField(StrictUndefined):
    """A field that nothing has. To print it, test it or count with it is an error."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        return str(self._undefined_hint)


def or_nil(value: Any) -> Any:
    """What stands in front of an `or` says that it may be missing."""
    return None if isinstance(value, MissingField) else value


class FieldReader:
    """Reads fields of what one rendering was given."""

    def __init__(self) -> None:
        self._rows: Sequence[object] = ()
        self._page: Mapping[str, object] = {}
        self._given: frozenset[str] | None = None

    def start(self, rows: Sequence[object], page: Mapping[str, object]) -> None:
        """Reads what another rendering is given."""
        self._rows, self._page, self._given = rows, page, None

    def missing(self, whole: object, name: object) -> MissingField | None:
        """What a record gives for a name that it has not got; None where that is nil."""
        if not isinstance(name, str) or not isinstance(whole, Mapping):
            return None
        if whole is self._page:
            return self._missing_in_page(whole, name)
        kind = whole.get("kind")
        if isinstance(kind, str) and is_kind(kind):
            known = names_below(kind)[()]
            if name in joins_of(kind):
                return _missing(name, (), _SPELLED.format(name=name))
            return None if name in known else _missing(name, {*known, *whole})
        return self._missing_in_record(whole, name)

    def _missing_in_page(self, page: Mapping[str, object], name: str) -> MissingField | None:
        if not page:
            return None  # there is no page, so nothing is known of it
        near = close_matches(name, map(str, page))
        hint = meant(f"page.{each}" for each in near) if near else ""
        return _missing(
            f"page.{name}", (), hint or f"write page.{name} or '…' if it may be missing"
        )

    def _missing_in_record(self, record: Mapping[str, object], name: str) -> MissingField | None:
        if self._given is None:
            rows = (row for row in self._rows if isinstance(row, Mapping))
            self._given = frozenset(chain.from_iterable(rows))
        if not record or name in self._given:
            return None
        if record.keys() <= self._given:
            return _missing(name, self._given)
        if record.keys() <= _WITHIN:
            return None if name in _WITHIN else _missing(name, {*map(str, record), *_WITHIN})
        return None  # its names are data, such as roles and tags


def missing_part(whole: object, name: object) -> MissingField | None:
    """What a text, a number or a list gives, none of which has fields; None of anything else."""
    if not isinstance(name, str) or not isinstance(whole, (str, int, float, list)):
        return None
    what = (
        "a list" if isinstance(whole, list) else "a text" if isinstance(whole, str) else "a number"
    )
    return _missing(name, (), f"{what} has no fields")


def _missing(name: str, known: Iterable[str], hint: str = "") -> MissingField:
    told = hint or did_you_mean(name, known)
    return MissingField(hint=f"unknown field '{name}'\n{told}")
