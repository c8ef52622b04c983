"""The lists that a query can name: which one of Taiga's it asks for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from taiga_notes.errors import did_you_mean
from taiga_notes.model.kinds import (
    PROJECT_FILTERS,
    READABLE,
    USERSTORIES,
    VALUES,
    is_readable,
    kind_of,
    what_is_readable,
)
from taiga_notes.model.rows import Listing, several
from taiga_notes.query.runtime.budget import Mistake
from taiga_notes.query.runtime.numbers import number_text
from taiga_notes.query.runtime.project_values import check_archived, ids_of
from taiga_notes.query.runtime.values import Hits, type_name, whole_number

if TYPE_CHECKING:
    from taiga_notes.model.rows import Projects
    from taiga_notes.query.runtime.evaluation import Evaluation

_UNSAFE = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029\\#]")
_SHAPE = "write it as '/userstories?project=12'"


def listing(run: Evaluation, kind: str, filters: dict[str, Any], server: str | None = None) -> Hits:
    """The rows of one of Taiga's lists.

    Args:
        run: the evaluation.
        kind: a name of `kinds.KINDS`.
        filters: Taiga's own filters and their values.
        server: whose, where the query says it; else it is the page's.

    Raises:
        Mistake: a filter's value is none that Taiga could be asked for.
    """
    whose = run.scope.server if server is None else server
    project = _projects_of(run, kind, filters, whose)
    wire = dict(kind_of(kind).usual_filters)
    if filters:
        wire |= _wired(run, kind, filters, Listing(VALUES.name, project, server=whose))
    return run.listing(Listing(kind, project, tuple(sorted(wire.items())), server=whose))


def _wired(run: Evaluation, kind: str, filters: dict[str, Any], values: Listing) -> dict[str, str]:
    """Filters in Taiga's words, but for what says whose list it is."""
    named = ids_of(run, kind, values, filters)
    if kind == USERSTORIES.name:
        check_archived(run, values, named)
    is_of_a_project = kind_of(kind).is_of_a_project
    return {
        name: _wire(name, value)
        for name, value in named.items()
        if not (is_of_a_project and name in PROJECT_FILTERS)
    }


def _projects_of(run: Evaluation, kind: str, filters: dict[str, Any], server: str) -> Projects:
    """Whose list it is: what the filters say of that, or else the page's projects."""
    if not kind_of(kind).is_of_a_project:
        return None
    for name in ("project", "project__slug"):
        if name in filters:
            return _projects(name, filters[name])
    # A project of one server is none of another's, whatever its slug.
    return run.scope.project if server == run.scope.server else None


def _projects(name: str, given: object) -> Projects:
    """`'acme'`, `14`, `'*'` for every one, or a list of such."""
    if isinstance(given, list) and given:
        return several(_key(name, each) for each in given)
    return None if given is None else _key(name, given)


def _key(name: str, given: object) -> str | int:
    wire, number = _wire(name, given), whole_number(given)
    return wire if number is None else number


def _wire(name: str, value: Any) -> str:
    """A value in Taiga's words; several are joined with commas, which mean "or"."""
    if isinstance(value, list):
        words = [_wire(name, each) for each in value]
        if not words or any("," in word for word in words):
            raise Mistake(f"the filter '{name}' wants one value or a list without commas")
        return ",".join(words)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (int, float)):
        number = whole_number(value)
        return number_text(value if number is None else number)
    if isinstance(value, str):
        return str(value)
    raise Mistake(f"the filter '{name}' can't be {type_name(value)}")


def path_listing(run: Evaluation, path: Any, server: str | None = None) -> Hits:
    """The rows of a list of the API by its path.

    Args:
        run: the evaluation.
        path: below the API's root, with its query.
        server: see `listing`.

    Raises:
        Mistake: it is no such path.
    """
    if not isinstance(path, str):
        raise Mistake(f"getTaigaTasks wants a path, not {type_name(path)}", _SHAPE)
    said = f"getTaigaTasks can't ask for {str(path)[:80]!r}"
    if not path.startswith("/") or _UNSAFE.search(path):
        raise Mistake(
            f"{said}: a path begins with / and holds no space, control character, backslash or #",
            _SHAPE,
        )
    place = path.partition("?")[0]
    if not is_readable(place):
        hint = did_you_mean(place, READABLE) or what_is_readable()
        raise Mistake(f"{said}: it is none of the lists that a query can read", hint)
    whose = run.scope.server if server is None else server
    return run.listing(Listing("", None, (), str(path), whose))
