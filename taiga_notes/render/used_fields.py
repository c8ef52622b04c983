"""Which joined fields a template uses, by its text alone: they are asked for before it is rendered.

What a name stands for is followed through loops and `set`: `for story in row.stories` are the
stories of the rows that are given. Where it can't be followed, as in macros, a field may be of any
rows. A name that a template puts together (`row['descrip' ~ 'tion']`) is not seen.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from jinja2 import nodes

from taiga_notes.model.field_use import JOINED, NESTING, FieldUse, UsedField

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from taiga_notes.model.field_use import Level

_OF_FILTERS: Final = {"flow": "history"}
"""Fields that filters use without being told."""

_WORTH_READING: Final = re.compile(
    rf"\b(?:{'|'.join(sorted({*JOINED, *_OF_FILTERS}))}|include|import)\b"
)
_CUSTOM: Final = "custom"
_PARTS: Final = re.compile(r"[.,\s]+")


def is_worth_reading(text: str) -> bool:
    """Whether a template may use such a field at all; most do not, and need not be parsed."""
    return _WORTH_READING.search(text) is not None


def used_fields(template: nodes.Template) -> FieldUse:
    """What a template itself uses; not what those do that it includes."""
    levels = _Levels(_named(template))
    found: set[UsedField] = set()
    for node in template.find_all((nodes.Getattr, nodes.Getitem, nodes.Filter)):
        found.update(_used(node, levels))
    # What stands in front of an `or` says that it may be missing.
    may_miss = {id(node.left) for node in template.find_all(nodes.Or)}
    for node in template.find_all((nodes.Getattr, nodes.Getitem, nodes.Call, nodes.Filter)):
        if id(node) not in may_miss:
            found.update(_used_below(node, levels))
    return frozenset(found)


def included(template: nodes.Template) -> Iterator[str]:
    """The names of the templates that it includes or imports, as far as they are spelled out."""
    for node in template.find_all((nodes.Include, nodes.Import, nodes.FromImport)):
        named: nodes.Expr = node.template  # type: ignore[attr-defined]
        many = named.items if isinstance(named, nodes.List | nodes.Tuple) else [named]
        yield from (one.value for one in many if isinstance(one, nodes.Const))


class _Levels:
    """Which rows the values of expressions are.

    Args:
        names: what each name stands for.
    """

    def __init__(self, names: Mapping[str, Level | None]) -> None:
        self._names = names
        self._known: dict[int, Level | None] = {}

    def of(self, node: nodes.Node | None) -> Level | None:
        """The rows; None where they are not told, or are none."""
        # Kept: a chain of n names would else be walked n times, once from each of them.
        if id(node) not in self._known:
            self._known[id(node)] = self._of(node)
        return self._known[id(node)]

    def _of(self, node: nodes.Node | None) -> Level | None:
        match node:
            case nodes.Name():
                return self._names.get(node.name)
            case nodes.Getattr() | nodes.Getitem():
                level, name = self.of(node.node), _name(node)
                return (*level, name) if level is not None and name in NESTING else level
            case nodes.Filter():
                return self.of(node.node)
            case nodes.Or() | nodes.And():
                return self._same(node.left, node.right)
            case nodes.CondExpr():
                return self._same(node.expr1, node.expr2)
        return None

    def _same(self, *choices: nodes.Node | None) -> Level | None:
        """What all of them are; `none` and the like are nothing."""
        told = (one for one in choices if one is not None and not isinstance(one, nodes.Const))
        found = {self.of(one) for one in told}
        return found.pop() if len(found) == 1 else None


def _named(template: nodes.Template) -> dict[str, Level | None]:
    """What each name stands for; one that stands for several things is of any rows."""
    names: dict[str, Level | None] = {"rows": ()}
    for macro in template.find_all(nodes.Macro):
        names.update(dict.fromkeys((name.name for name in macro.args), None))
    for target, value in _bindings(template):
        level = _Levels(names).of(value)
        for name in [target, *target.find_all(nodes.Name)]:
            if isinstance(name, nodes.Name):
                names[name.name] = level if names.get(name.name, level) == level else None
    return names


def _bindings(template: nodes.Template) -> Iterator[tuple[nodes.Node, nodes.Node]]:
    """Each target with its value, in the text's order."""
    for node in template.find_all((nodes.For, nodes.Assign)):
        match node:
            case nodes.For():
                yield node.target, node.iter
            case nodes.Assign():
                yield node.target, node.node


def _name(node: nodes.Getattr | nodes.Getitem) -> str:
    if isinstance(node, nodes.Getattr):
        return node.attr
    value = node.arg.value if isinstance(node.arg, nodes.Const) else None
    return value if isinstance(value, str) else ""


def _used(node: nodes.Node, levels: _Levels) -> Iterator[UsedField]:
    match node:
        case nodes.Getattr() | nodes.Getitem():
            if (name := _name(node)) in JOINED:
                yield UsedField(levels.of(node.node), name)
        case nodes.Filter():
            level = levels.of(node.node)
            if node.name in _OF_FILTERS:
                yield UsedField(level, _OF_FILTERS[node.name])
            for given in (*node.args, *(named.value for named in node.kwargs)):
                if isinstance(given, nodes.Const) and isinstance(given.value, str):
                    yield from _used_in(given.value, level)


def _used_below(node: nodes.Node, levels: _Levels) -> Iterator[UsedField]:
    """What a template names that only a project knows."""
    match node:
        case nodes.Call(
            node=nodes.Getattr(attr="days_in") as called, args=[nodes.Const(value=str(status))]
        ):
            yield UsedField(levels.of(called.node), called.attr, status)
        case nodes.Getattr() | nodes.Getitem():
            around = node.node
            if isinstance(around, nodes.Getattr) and around.attr == _CUSTOM:
                yield UsedField(levels.of(around.node), around.attr, _name(node))
        case nodes.Filter():
            given = {str(named.key): named.value for named in node.kwargs}
            # With a default it may be missing.
            match given.get("attribute") or next(iter(node.args), None):
                case nodes.Const(value=str(path)) if "default" not in given:
                    yield from _used_below_in(path, levels.of(node.node))


def _used_below_in(path: str, level: Level | None) -> Iterator[UsedField]:
    """The same of what a filter is given by name."""
    for each in path.split(","):
        above = level
        for name, below in pairwise(each.strip().split(".")):
            if name == _CUSTOM:
                yield UsedField(above, name, below)
            if name not in NESTING:
                break
            above = None if above is None else (*above, name)


def _used_in(path: str, level: Level | None) -> Iterator[UsedField]:
    """What a filter is given by name: `map(attribute='custom.Customer')`."""
    for name in _PARTS.split(path):
        if name in JOINED:
            yield UsedField(level, name)
        if name in NESTING and level is not None:
            level = (*level, name)
