"""Which templates are known to be cheap, by their text alone: those that put no values together.

What such a template works on is what it is given, and strings that are metered: one step in C, be
it a comparison or a sort, takes no longer than the rows are large. All that a template usually is
passes: loops, conditions, fields, macros, and filters with constants.
"""

from __future__ import annotations

from typing import Final

from jinja2 import nodes

_BUILDING: Final = (nodes.Dict, nodes.List, nodes.Mod, nodes.Mul, nodes.Pow, nodes.Slice)
_BUILDING_FILTERS: Final = frozenset({"batch", "format", "int", "slice"})
_FREE_FILTERS: Final = frozenset({"cell", "d", "default", "link", "table"})
"""Those whose arguments may be anything: they are printed, or given back."""

_BUILDING_NAMES: Final = frozenset({"dict", "kwargs", "range", "varargs"})
_LONG: Final = 100  # characters, or the number itself


def is_cheap(template: nodes.Template) -> bool:
    """Whether a template needs no bound but the meter's."""
    return all(map(_is_cheap, template.find_all(nodes.Node)))


def _is_cheap(node: nodes.Node) -> bool:
    match node:
        case nodes.Name():
            return node.name not in _BUILDING_NAMES
        case nodes.Tuple():
            return node.ctx != "load"
        case nodes.Filter() | nodes.Test():
            return _is_cheap_filter(node)
        case nodes.Call():
            return not (node.dyn_args or node.dyn_kwargs)
    return not isinstance(node, _BUILDING)


def _is_cheap_filter(node: nodes.Filter | nodes.Test) -> bool:
    if isinstance(node, nodes.Test) or node.name in _FREE_FILTERS:
        return True
    given = (*node.args, *(named.value for named in node.kwargs))
    dynamic = node.dyn_args or node.dyn_kwargs
    return node.name not in _BUILDING_FILTERS and not dynamic and all(map(_is_short, given))


def _is_short(node: nodes.Expr) -> bool:
    if isinstance(node, nodes.Neg):
        return _is_short(node.node)
    if not isinstance(node, nodes.Const):
        return False
    value = node.value
    return len(value) <= _LONG if isinstance(value, str) else value is None or abs(value) <= _LONG
