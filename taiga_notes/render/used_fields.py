"""Which joined fields a template uses, by its text alone: they are asked for before it is rendered.

What a name stands for is followed through loops and `set`: `for story in row.stories` are the
stories of the rows that are given. Where it can't be followed, as in macros, a field may be of any
rows. A name that a template puts together (`row['descrip' ~ 'tion']`) is not seen.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from jinja2 import nodes

from taiga_notes.model.field_use import FieldUse, UsedField
from taiga_notes.model.kinds import KINDS, joins_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Level = tuple[str, ...] | None
"""Which rows a value is, see `UsedField`."""

NAMES: Final = frozenset(name for kind in KINDS for name in joins_of(kind))
NESTING: Final = frozenset(
    name for kind in KINDS for name, join in joins_of(kind).items() if join.kind
)
"""Those of them that are rows again."""

_OF_FILTERS: Final = {"flow": "history"}
"""Fields that filters use without being told."""

_WORTH_READING: Final = re.compile(
    rf"\b(?:{'|'.join(sorted({*NAMES, *_OF_FILTERS}))}|include|import)\b"
)
_PARTS: Final = re.compile(r"[.,\s]+")


def is_worth_reading(text: str) -> bool:
    """Whether a template may use such a field at all; most do not, and need not be parsed."""
    return _WORTH_READING.search(text) is not None


def used_fields(template: nodes.Template) -> FieldUse:
    """What a template itself uses; not what those do that it includes."""
    levels = _levels(template)
    found: set[UsedField] = set()
    for node in template.find_all((nodes.Getattr, nodes.Getitem, nodes.Filter)):
        found.update(_used(node, levels))
    return frozenset(found)


def included(template: nodes.Template) -> Iterator[str]:
    """The names of the templates that it includes or imports, as far as they are spelled out."""
    for node in template.find_all((nodes.Include, nodes.Import, nodes.FromImport)):
        named: nodes.Expr = node.template  # type: ignore[attr-defined]
        many = named.items if isinstance(named, nodes.List | nodes.Tuple) else [named]
        yield from (one.value for one in many if isinstance(one, nodes.Const))


def _levels(template: nodes.Template) -> dict[str, Level]:
    """What each name stands for; one that stands for several things is of any rows."""
    levels: dict[str, Level] = {"rows": ()}
    for macro in template.find_all(nodes.Macro):
        levels.update(dict.fromkeys((name.name for name in macro.args), None))
    for target, value in _bindings(template):
        level = _level(value, levels)
        for name in [target, *target.find_all(nodes.Name)]:
            if isinstance(name, nodes.Name):
                levels[name.name] = level if levels.get(name.name, level) == level else None
    return levels


def _bindings(template: nodes.Template) -> Iterator[tuple[nodes.Node, nodes.Node]]:
    """Each target with its value, in the text's order."""
    for node in template.find_all((nodes.For, nodes.Assign)):
        match node:
            case nodes.For():
                yield node.target, node.iter
            case nodes.Assign():
                yield node.target, node.node


def _level(node: nodes.Node | None, levels: dict[str, Level]) -> Level:
    match node:
        case nodes.Name():
            return levels.get(node.name)
        case nodes.Getattr() | nodes.Getitem():
            level, name = _level(node.node, levels), _name(node)
            return (*level, name) if level is not None and name in NESTING else level
        case nodes.Filter():
            return _level(node.node, levels)
        case nodes.Or() | nodes.And() | nodes.CondExpr():
            return _same(_choices(node), levels)
    return None


def _choices(node: nodes.Or | nodes.And | nodes.CondExpr) -> Iterable[nodes.Node | None]:
    if isinstance(node, nodes.CondExpr):
        return node.expr1, node.expr2
    return node.left, node.right


def _same(choices: Iterable[nodes.Node | None], levels: dict[str, Level]) -> Level:
    """The one that all of them are of which anything is known; `none` and the like are nothing."""
    found = {_level(one, levels) for one in choices if not isinstance(one, nodes.Const | None)}
    return found.pop() if len(found) == 1 else None


def _name(node: nodes.Getattr | nodes.Getitem) -> str:
    if isinstance(node, nodes.Getattr):
        return node.attr
    value = node.arg.value if isinstance(node.arg, nodes.Const) else None
    return value if isinstance(value, str) else ""


def _used(node: nodes.Node, levels: dict[str, Level]) -> Iterator[UsedField]:
    match node:
        case nodes.Getattr() | nodes.Getitem():
            if (name := _name(node)) in NAMES:
                yield UsedField(_level(node.node, levels), name)
        case nodes.Filter():
            level = _level(node.node, levels)
            if node.name in _OF_FILTERS:
                yield UsedField(level, _OF_FILTERS[node.name])
            for given in (*node.args, *(named.value for named in node.kwargs)):
                if isinstance(given, nodes.Const) and isinstance(given.value, str):
                    yield from _used_in(given.value, level)


def _used_in(path: str, level: Level) -> Iterator[UsedField]:
    """What a filter is given by name: `map(attribute='custom.Customer')`."""
    for name in _PARTS.split(path):
        if name in NAMES:
            yield UsedField(level, name)
        if name in NESTING and level is not None:
            level = (*level, name)
