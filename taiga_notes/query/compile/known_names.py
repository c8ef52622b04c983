"""Which names exist: everywhere in a query, in the rows at hand, in Taiga's lists of their kind.

A misspelt name would silently keep or drop every row, so it is an error; and since the known
fields count as well, an empty list is no excuse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from taiga_notes.model.kinds import ADDED, KINDS, SOURCES, is_map, kind_of, names_below
from taiga_notes.query.runtime.functions import AGGREGATES, FUNCTIONS, NAMESPACES
from taiga_notes.query.suggestions import close_matches, did_you_mean, meant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taiga_notes.model.rows import Path, Rows

VALUES = (*SOURCES, "me", "page", "presets", "templates", *NAMESPACES)
"""The names that stand for something."""

CALLABLE = (
    *("getTaigaTasks", *FUNCTIONS, *AGGREGATES),
    *(f"{space}.{name}" for space, names in NAMESPACES.items() for name in names),
)
"""What can be called, as it is written."""

GLOBALS = frozenset({*VALUES, *CALLABLE, "key", "group"})
"""All that means something whatever the rows hold, with what groups have."""


def is_field(rows: Rows, name: str) -> bool:
    """Whether a variable of that name is a field of the rows.

    A name that means something everywhere is looked for in rows of no known kind only: Taiga's
    own lists have no such fields, and looking for what is in no row takes all of them.
    """
    below = _below(rows.kind).get((), ())
    if name in below:
        return True
    return not (below and name in GLOBALS) and rows.carries((name,))


def is_settled(kind: str, name: str) -> bool:
    """Whether the kind alone says if a variable of that name is a field."""
    below = _below(kind).get((), ())
    return name in below or (bool(below) and name in GLOBALS)


def is_known(kind: str, path: Path) -> bool:
    """Whether Taiga's lists of that kind have the field, whatever the rows at hand hold."""
    below = _below(kind)
    return all(
        path[depth] in below.get(path[:depth], ()) or _within_map(kind, path[:depth])
        for depth in range(len(path))
    )


def anything_goes(rows: Rows, name: str) -> bool:
    """Whether nothing at all is known of the rows: there are none, and none is known."""
    # An empty list of a kind that nobody knows is no reason to blame any name.
    return not len(rows) and rows.kind not in KINDS and name not in GLOBALS


def unknown_part(rows: Rows, path: Path) -> int | None:
    """Where a path that is not known leaves what is: the index of its first unknown part, or None.

    Below what is nil in all rows, and of which nothing is known, any name may stand.
    """
    below = _below(rows.kind)
    for depth, name in enumerate(path):
        parent = path[:depth]
        if name in below.get(parent, ()):
            continue
        if not rows.carries(path[: depth + 1]):
            known = parent in below or _is_listed(rows.kind, parent)
            return depth if known or not _is_nil(rows, parent) else None
    return None


def suggestion(rows: Rows, path: Path, part: int) -> str:
    """What may have been meant by a path whose `part`th name does not exist."""
    parent, name = path[:part], path[part]
    names = {*_below(rows.kind).get(parent, ()), *map(str, rows.names(parent))}
    prefix = "".join(f"{each}." for each in parent)
    near = close_matches(name, names)
    if near:
        return meant(prefix + each for each in near)
    if name == "length" and parent:
        return f"write #{prefix[:-1]}"
    if not part and path[1:] and is_known(rows.kind, path[1:]):
        # `this.ref`, `p.ref`: the row's own fields have no name in front.
        return meant([".".join(path[1:])])
    # `status.name` means `status_extra_info.name`, `username` that of the assignee.
    tail = path[-1]
    elsewhere = [each for each in kind_of(rows.kind).fields if each.endswith(f".{tail}")]
    if elsewhere:
        alike = [each for each in elsewhere if each.startswith(path[0])]
        return meant((alike or elsewhere)[:3])
    hint = did_you_mean(name, names, prefix)
    return hint or (f"taiga-notes fields {rows.kind} lists them" if rows.kind in KINDS else "")


def _below(kind: str) -> Mapping[Path, frozenset[str]]:
    return names_below(kind) if kind in KINDS else {}


def _is_listed(kind: str, path: Path) -> bool:
    name = ".".join(path)
    return name in kind_of(kind).fields or name in ADDED


def _within_map(kind: str, path: Path) -> bool:
    return any(is_map(kind, path[:depth]) for depth in range(1, len(path) + 1))


def _is_nil(rows: Rows, path: Path) -> bool:
    values = rows.column(path) if path else range(len(rows))
    return all(value is None for value in values)
