"""Which strings of a query's text are Markdown: the author's own, beside what templates give.

`some(query[[…]]) or "_Nothing yet_"` shows its text in italics, as SilverBullet does. Who writes a
query writes the page, so that is no stranger's text.
"""

from __future__ import annotations

from dataclasses import replace

from taiga_notes.query.runtime.values import Authored, Rendered
from taiga_notes.query.syntax import tree

_PASSED_ON = frozenset({"some", "table.concat"})
"""Functions that give what templates gave to them."""


def answer(node: tree.Node) -> tree.Node:
    """A whole text's expression, in which strings that may be its value are Markdown."""
    return _chosen(node) if isinstance(node, tree.Chain) and node.operator != ".." else node


def choice(node: tree.Chain) -> tree.Chain:
    """`and` and `or`: strings in the place of what a template gives are Markdown as that is."""
    return _chosen(node) if renders(node) else node


def lists(node: tree.Node) -> bool:
    """Whether it is `template.each(…)` and nothing else: no rows are then an empty list."""
    reference = tree.reference(node.function) if isinstance(node, tree.Call) else None
    return reference is not None and (reference.root, reference.path) == ("template", ("each",))


def text(node: tree.Node) -> tree.Node:
    """A string that is joined with others: Markdown if a template gave one of those."""
    if not isinstance(node, tree.Constant) or node.value.__class__ is not str:
        return node
    return tree.Constant(node.at, Authored(node.value))


def renders(node: tree.Node) -> bool:
    """Whether the expression's value is what a template gives."""
    match node:
        case tree.Chain():
            return any(map(renders, node.parts))
        case tree.Query():
            return node.selected is not None and renders(node.selected)
        case tree.Call():
            return _call_renders(node)
    return False


def _chosen(node: tree.Chain) -> tree.Chain:
    return replace(node, parts=tuple(_finished(answer(part)) for part in node.parts))


def _call_renders(node: tree.Call) -> bool:
    reference = tree.reference(node.function)
    if reference is None:
        return False
    name = ".".join((reference.root, *reference.path))
    if name in _PASSED_ON:
        return any(map(renders, node.arguments))
    return reference.root == "templates" or name == "template.each"


def _finished(node: tree.Node) -> tree.Node:
    if not isinstance(node, tree.Constant) or node.value.__class__ is not str:
        return node
    return tree.Constant(node.at, Rendered(node.value))
