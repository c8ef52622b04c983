"""What a project calls its things: statuses, people, sprints, tags and so on, by name and by id.

A literal that is none of them may be a slip of the pen, or a status that is renamed tomorrow: that
is a warning, and never silent. A filter by such a name can't be asked of Taiga: that is an error.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from taiga_notes.errors import SourceError, did_you_mean
from taiga_notes.model.kinds import EPICS, PARTS, USERSTORIES, VALUES, kind_of
from taiga_notes.model.parts import EPIC_FILTERS, FILTERS, named_below, valued
from taiga_notes.model.rows import Listing
from taiga_notes.query.runtime.budget import Mistake
from taiga_notes.query.runtime.values import Hits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from taiga_notes.model.rows import Path, Row, Rows
    from taiga_notes.query.runtime.evaluation import Evaluation

_IDS = re.compile(r"[0-9,]+\Z|null\Z")
_IN_PATH = re.compile(r"[?&]project(?:__slug)?=([^&]+)")
_ARCHIVED = "status__is_archived"


class ProjectValues:
    """The values that one or more projects list.

    Args:
        rows: those of the kind `kinds.VALUES`; empty where nothing is known.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = [*rows]
        self._projects = sorted({str(row["project"]) for row in self._rows})

    @property
    def are_known(self) -> bool:
        """Whether anything is known of a project: of one that is invented, say, nothing is."""
        return bool(self._rows)

    @property
    def where(self) -> str:
        """The projects, in words."""
        return f"in {', '.join(self._projects)}"

    def values(self, noun: str, kind: str, key: str) -> list[object] | None:
        """What such things are called there; None where no project says what there are."""
        rows = [*self._of(noun, kind, (key,))]
        return [row["value"] for row in rows if row["value"] is not None] if rows else None

    def ids(self, noun: str, kind: str, name: str) -> list[object]:
        """The ids of what has that name."""
        named = self._of(noun, kind, ("name", "slug", "username", "full_name"))
        return [*dict.fromkeys(row["id"] for row in named if row["value"] == name)]

    def is_archived(self, value: object) -> bool:
        """Whether a story's status of that name or id is an archived one."""
        statuses = self._of("status", USERSTORIES.name, ("id", "name"))
        return any(row["value"] == value and row["is_archived"] for row in statuses)

    def _of(self, noun: str, kind: str, keys: Sequence[str]) -> Iterator[Row]:
        for row in self._rows:
            named = row["noun"] == noun and row["key"] in keys
            if named and (kind in PARTS or row["of"] in {"", kind}):
                yield row


def project_values_of(run: Evaluation, values: Listing) -> ProjectValues:
    """What is known of these values of projects; nothing where they can't be had."""
    try:
        rows = run.scope.source.rows(values)
    except SourceError:
        # Without rows there is nothing to show either, and that is told by who asks for them.
        return ProjectValues(())
    known = rows.kind == VALUES.name
    return ProjectValues(rows[position] for position in range(len(rows)) if known)


def check_literal(run: Evaluation, rows: Rows, path: Path, value: object, *, wanted: bool) -> None:
    """Warns of a literal that no row has, and that the project does not list.

    Args:
        run: the evaluation.
        rows: what the field is one of.
        path: the field, one whose values a project lists.
        value: the literal.
        wanted: whether rows with that value are looked for, and not left out.
    """
    rows = whole(rows)
    column = rows.column(path)
    found = None if _holds(column, value) else valued(rows.kind, path)
    if found is None:
        return
    noun, key = found
    if noun == "epic":
        subjects = {each for part in column if isinstance(part, list) for each in part}
        _warn(run, noun, value, subjects, f"of these {kind_of(rows.kind).noun}")
        return
    listing = run.listed[id(rows)]  # rows of a known kind are listed, and made by no query
    listed = project_values_of(run, _values_of(listing))
    values = listed.values(noun, rows.kind, key)
    if values is not None and value not in values:
        _warn(run, noun, value, values, listed.where)
    elif wanted and noun == "status" and (_ARCHIVED, "false") in listing.filters:
        _warn_of_archived(run, listed, value)


def check_named(run: Evaluation, rows: Rows, path: Path) -> None:
    """Warns of points of a role, or a value of a custom attribute, that the project has not got."""
    rows, named = whole(rows), named_below(path)
    if named is None or any(value is not None for value in rows.column(path)):
        return
    noun, name = named
    listed = project_values_of(run, _values_of(run.listed[id(rows)]))
    names = listed.values(noun, rows.kind, "name")
    if names is not None and name not in names:
        _warn(run, noun, name, names, listed.where)


def check_used(run: Evaluation) -> None:
    """The same of what templates named, and no row that they were given had."""
    while run.lacking:
        through, used = run.lacking.pop(0)
        noun, _ = valued(through[0][0], (used.name,)) or ("", "")
        listed = [project_values_of(run, values) for _, values in through]
        names = [
            each.values(noun, kind, "name") for each, (kind, _) in zip(listed, through, strict=True)
        ]
        # Of what may be any of several rows it is enough that one kind of them has the name.
        if all(some is not None and used.below not in some for some in names):
            known = chain.from_iterable(some or () for some in names)
            _warn(run, noun, used.below, known, listed[0].where)


def ids_of(
    run: Evaluation, kind: str, values: Listing, filters: Mapping[str, object]
) -> dict[str, object]:
    """Taiga's filters with ids in place of names.

    Raises:
        Mistake: there is no such name in the project.
    """
    return {
        name: _with_ids(run, kind, values, name, value)
        if name in FILTERS or name in EPIC_FILTERS
        else value
        for name, value in filters.items()
    }


def _with_ids(run: Evaluation, kind: str, listing: Listing, name: str, value: object) -> object:
    if isinstance(value, list):
        found = (_with_ids(run, kind, listing, name, each) for each in value)
        # One name may mean several things, and the wire knows no lists in lists.
        return [one for each in found for one in (each if isinstance(each, list) else [each])]
    if not isinstance(value, str) or _IDS.match(value):
        return value
    if name in EPIC_FILTERS:
        return _epics_called(run, value, replace(listing, kind=EPICS.name))
    noun, listed = FILTERS[name], project_values_of(run, listing)
    key = "username" if noun == "person" else "name"
    values = listed.values(noun, kind, key)
    if values is None:
        return value
    ids = listed.ids(noun, kind, value)
    if not ids:
        hint = did_you_mean(value, map(str, values))
        raise Mistake(f"no {noun} {value!r} {listed.where}", hint)
    if len(ids) > 1 and name == "milestone":
        # Of this one Taiga takes a single id; those of several projects may share a name.
        said = f"{len(ids)} sprints are called {value!r} {listed.where}"
        raise Mistake(said, f"write where sprint == {value!r}")
    return ids if len(ids) > 1 else ids[0]


def _epics_called(run: Evaluation, subject: str, listing: Listing) -> list[object]:
    """The ids of the epics with that subject: no project's detail has them, a list of its own does.

    Raises:
        Mistake: there is none.
        SourceError: the list can't be had.
    """
    rows = run.scope.source.rows(listing)
    subjects = rows.column(("subject",))
    ids = [one for one, each in zip(rows.column(("id",)), subjects, strict=True) if each == subject]
    if not ids:
        known = {each for each in subjects if isinstance(each, str)}
        raise Mistake(f"no epic {subject!r} is there", did_you_mean(subject, known))
    return ids


def check_archived(run: Evaluation, values: Listing, filters: Mapping[str, object]) -> None:
    """Warns of a filter by an archived status, where archived stories are left out."""
    if "status" in filters and _ARCHIVED not in filters:
        given = filters["status"]
        listed = project_values_of(run, values)
        for value in given if isinstance(given, list) else [given]:
            _warn_of_archived(run, listed, value)


def whole(rows: Rows) -> Rows:
    """The source's rows of which these are some."""
    while isinstance(rows, Hits):
        rows = rows.rows
    return rows


def _values_of(listing: Listing) -> Listing:
    """The values of the projects whose list it is; a path may be of any."""
    project = listing.project
    if named := _IN_PATH.search(listing.path):
        project = int(named[1]) if named[1].isdecimal() else named[1]
    return Listing(VALUES.name, project, server=listing.server)


def _holds(column: Sequence[object], value: object) -> bool:
    # What is named is nearly always there, and found at once where it is looked for first.
    if column and isinstance(column[0], list):
        return _within(column, value) or value in column
    return value in column or _within(column, value)


def _within(column: Sequence[object], value: object) -> bool:
    return any(isinstance(part, list) and value in part for part in column)


def _warn(run: Evaluation, noun: str, value: object, values: Iterable[object], where: str) -> None:
    shown = repr(value) if isinstance(value, str) else value
    names = {each for each in values if isinstance(each, str)}
    hint = did_you_mean(value, names) if isinstance(value, str) else ""
    run.warn(f"no {noun} {shown} {where}" + (f": {hint}" if hint else ""))


def _warn_of_archived(run: Evaluation, listed: ProjectValues, value: object) -> None:
    if listed.is_archived(value):
        shown = repr(value) if isinstance(value, str) else value
        run.warn(
            f"{shown} is an archived status, and userstories leaves archived stories out: "
            f"userstories{{{_ARCHIVED}=true}} lists just those"
        )
