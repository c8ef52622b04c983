"""A second evaluator of queries: slow, plain and close to the text of the language.

It walks the tree for each row with a chain of dicts for the names, and shares with the compiled
engine only what single values do (arithmetic, strings), not what a query does with rows.
"""

from __future__ import annotations

from functools import cmp_to_key
from typing import Any, TypeVar

from taiga_notes.query.runtime import numbers, strings
from taiga_notes.query.runtime.budget import Mistake
from taiga_notes.query.runtime.functions import AGGREGATES, FUNCTIONS, NAMESPACES, STRINGS
from taiga_notes.query.runtime.values import GroupKey, Mixed, index, length
from taiga_notes.query.syntax import tree

Kind = TypeVar("Kind", bound=tree.Clause)

ARITHMETIC = {
    "+": numbers.add,
    "-": numbers.subtract,
    "*": numbers.multiply,
    "/": numbers.divide,
    "//": numbers.floor_divide,
    "%": numbers.modulo,
    "^": numbers.power,
}


class Names:
    """Variables, and those around them."""

    def __init__(self, own: dict[str, Any], around: Names | None, group: Any = None) -> None:
        self.own = own
        self.around = around
        self.group = group

    def get(self, name: str, missing: Any) -> Any:
        names: Names | None = self
        while names is not None:
            if name in names.own:
                return names.own[name]
            names = names.around
        return missing


class Reference:
    """Evaluates trees for one run.

    Args:
        run: what the functions are given.
        lists: the rows of `userstories`.
    """

    def __init__(self, run: Any, stories: list[Any]) -> None:
        self.run = run
        self.stories = stories

    def value(self, node: tree.Node, names: Names) -> Any:  # noqa: C901 - a case a node
        match node:
            case tree.Constant():
                return node.value
            case tree.Name():
                around = self.stories if node.name == "userstories" else None
                return names.get(node.name, around)
            case tree.Indexing():
                return index(self.value(node.whole, names), self.value(node.key, names))
            case tree.Unary():
                return self.unary(node.operator, self.value(node.operand, names))
            case tree.Binary():
                left, right = self.value(node.left, names), self.value(node.right, names)
                return self.binary(node.operator, left, right)
            case tree.Chain():
                return self.chain(node, names)
            case tree.Member():
                items = self.value(node.list, names)
                found = any(equal(self.value(node.item, names), each) for each in items or ())
                return found is not node.negated
            case tree.TableConstructor():
                return self.table(node, names)
            case tree.Method():
                arguments = [self.value(each, names) for each in (node.whole, *node.arguments)]
                return STRINGS[node.name].call(self.run, *arguments)
            case tree.Call():
                return self.call(node, names)
            case tree.Query():
                return self.query(node, names)
        raise AssertionError(node)

    def unary(self, sign: str, value: Any) -> Any:
        if sign == "not":
            return not true(value)
        return numbers.negate(value) if sign == "-" else length(value)

    def binary(self, sign: str, left: Any, right: Any) -> Any:
        if sign in ARITHMETIC:
            return ARITHMETIC[sign](left, right)
        if sign in {"==", "~="}:
            return equal(left, right) is (sign == "==")
        if left is None or right is None:
            return False
        if kind(left) != kind(right) or kind(left) not in {"number", "string"}:
            raise Mistake("they can't be compared")
        order = compare(left, right)
        return {"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[sign]

    def chain(self, node: tree.Chain, names: Names) -> Any:
        if node.operator == "..":
            return strings.concat(self.run, *(self.value(part, names) for part in node.parts))
        value = None
        for part in node.parts:
            value = self.value(part, names)
            if true(value) is (node.operator == "or"):
                break
        return value

    def table(self, node: tree.TableConstructor, names: Names) -> Any:
        items = [self.value(each.value, names) for each in node.fields if each.key is None]
        named = {
            self.value(each.key, names): self.value(each.value, names)
            for each in node.fields
            if each.key is not None
        }
        return Mixed(items, named) if items and named else named or items

    def call(self, node: tree.Call, names: Names) -> Any:
        function = node.function
        if isinstance(function, tree.Name) and function.name in AGGREGATES:
            return self.aggregate(function.name, node, names)
        if isinstance(function, tree.Name):
            found = FUNCTIONS[function.name]
        else:
            assert isinstance(function, tree.Indexing)
            assert isinstance(function.whole, tree.Name)
            assert isinstance(function.key, tree.Constant)
            found = NAMESPACES[function.whole.name][str(function.key.value)]
        return found.call(self.run, *(self.value(each, names) for each in node.arguments))

    def aggregate(  # noqa: C901 - a case an aggregate
        self, name: str, node: tree.Call, names: Names
    ) -> Any:
        rows = [
            each for each in names.group if node.only is None or kept(self.value(node.only, each))
        ]
        if node.order:
            rows = self.ordered(rows, node.order, [None] * len(rows))
        if not node.arguments:
            return len(rows)
        values = [self.value(node.arguments[0], each) for each in rows]
        values = [each for each in values if each is not None]
        match name:
            case "count":
                return len(values)
            case "array_agg":
                return values
            case "first":
                return values[0] if values else None
            case "last":
                return values[-1] if values else None
            case "string_agg":
                return ",".join(strings.tostring(self.run, each) for each in values)
            case "min" | "max":
                best = None
                for each in values:
                    order = 0 if best is None else compare(each, best)
                    if best is None or (order < 0 if name == "min" else order > 0):
                        best = each
                return best
        numeric = [each for each in values if kind(each) == "number"]
        total = sum(numeric)
        if not numeric:
            return None
        return total if name == "sum" else total / len(numeric)

    def query(self, node: tree.Query, names: Names) -> Any:
        source = self.value(node.source, names)
        source = source if isinstance(source, list) else [source]
        rows = [self.row(node, each, names) for each in source]
        where, having = clause(node, tree.Where), clause(node, tree.Having)
        select, order = node.selected, clause(node, tree.OrderBy)
        if where is not None:
            rows = [each for each in rows if kept(self.value(where.condition, each))]
        aggregates = self.aggregates(select) or self.aggregates(
            having.condition if having else None
        )
        if clause(node, tree.GroupBy) is not None or aggregates:
            rows = self.groups(node, rows, names)
        if having is not None:
            rows = [each for each in rows if kept(self.value(having.condition, each))]
        selected = [each.own["_row"] for each in rows]
        if select is not None:
            selected = [self.value(select, each) for each in rows]
        if order is not None:
            places = self.ordered([*range(len(rows))], order.keys, rows, selected)
            selected = [selected[place] for place in places]
        offset, limit = clause(node, tree.Offset), clause(node, tree.Limit)
        start = 0 if offset is None else self.value(offset.count, names)
        stop = None if limit is None else start + self.value(limit.count, names)
        distinct: list[Any] = []
        for each in selected:
            if not any(alike(each, other) for other in distinct):
                distinct.append(each)
        return distinct[start:stop]

    def row(self, node: tree.Query, row: Any, names: Names) -> Names:
        if node.variable is not None:
            return Names({node.variable: row, "_row": row}, names)
        fields = row if isinstance(row, dict) else {}
        return Names({**fields, "_": row, "_row": row}, names)

    def groups(self, node: tree.Query, rows: list[Names], names: Names) -> list[Names]:
        group_by = clause(node, tree.GroupBy)
        groups: list[tuple[list[Any], list[Names]]] = []
        for row in rows:
            key = [self.value(each, row) for _, each in group_by.keys] if group_by else []
            group = next((members for other, members in groups if alike(key, other)), None)
            if group is None:
                groups.append((key, [row]))
            else:
                group.append(row)
        if group_by is None and not groups:
            groups = [([], [])]
        return [self.group(node, key, members, names) for key, members in groups]

    def group(
        self, node: tree.Query, parts: list[Any], members: list[Names], names: Names
    ) -> Names:
        group_by = clause(node, tree.GroupBy)
        keys = group_by.keys if group_by else ()
        given = {name: part for (name, _), part in zip(keys, parts, strict=True) if name}
        key = GroupKey(parts, given) if len(parts) > 1 else parts[0] if parts else None
        rows = [each.own["_row"] for each in members]
        first = rows[0] if rows else None
        row = {"group": rows} if key is None else {"key": key, "group": rows}
        own = {**(first if isinstance(first, dict) else {}), node.variable or "_": first}
        own |= {"_": row, "_row": row, "key": key, "group": rows, **given}
        return Names(own, names, members)

    def ordered(
        self, items: list[Any], order: tuple[tree.OrderKey, ...], rows: Any, selected: Any = None
    ) -> list[Any]:
        def names_of(item: Any) -> Names:
            if isinstance(item, Names):
                return item
            chosen = selected[item]
            grouped = rows[item].group is not None and isinstance(chosen, dict)
            return Names(chosen if grouped else {}, rows[item], rows[item].group)

        for key in reversed(order):
            values = [self.value(key.key, names_of(item)) for item in items]

            def before(one: int, other: int, values: Any = values, key: tree.OrderKey = key) -> int:
                left, right = values[one], values[other]
                if left is None or right is None:
                    nils_first = (left is None) - (right is None)
                    return -nils_first if key.nulls_first else nils_first
                return -compare(left, right) if key.descending else compare(left, right)

            items = [items[each] for each in sorted(range(len(items)), key=cmp_to_key(before))]
        return items

    def aggregates(self, node: tree.Node | None) -> bool:
        if node is None:
            return False
        function = node.function if isinstance(node, tree.Call) else None
        named = isinstance(function, tree.Name) and function.name in AGGREGATES
        return named or any(map(self.aggregates, tree.parts(node)))


def clause(query: tree.Query, kind_: type[Kind]) -> Kind | None:
    return next((each for each in query.clauses if isinstance(each, kind_)), None)


def kind(value: Any) -> str:
    for type_, name in ((bool, "boolean"), ((int, float), "number"), (str, "string")):
        if isinstance(value, type_):
            return name
    return "nil" if value is None else "table"


def true(value: Any) -> bool:
    return value is not None and value is not False


def kept(value: Any) -> bool:
    return isinstance(value, list | dict) or bool(value)


def equal(left: Any, right: Any) -> bool:
    if kind(left) != kind(right):
        return False
    return left is right if kind(left) == "table" else bool(left == right)


def alike(left: Any, right: Any) -> bool:
    """What counts as the same value when repeats are removed, and as the same group."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(alike, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return [*left] == [*right] and all(map(alike, left.values(), right.values()))
    return kind(left) == kind(right) and bool(left == right)


def compare(left: Any, right: Any) -> int:
    """Values of different types, and tables, come out as equal."""
    if kind(left) != kind(right) or kind(left) in {"table", "nil"}:
        return 0
    if isinstance(left, str):
        left, right = left.encode("utf-16-be"), right.encode("utf-16-be")
    return int(left > right) - int(left < right)
