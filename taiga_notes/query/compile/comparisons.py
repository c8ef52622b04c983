"""Comparisons that can't be meant: what is known of both sides says that they are never equal.

A list that is empty, or whole, for such a reason looks right and is not; so that is an error, told
before there are rows. What a literal is compared with is noted as well: whether the project has
such a value is looked up once there are rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from taiga_notes.errors import did_you_mean
from taiga_notes.model.kinds import KINDS, ME, SOURCES, Field, fields_of, joins_of
from taiga_notes.model.parts import valued
from taiga_notes.query.compile.list_items import item_field
from taiga_notes.query.compile.scopes import ComparedLiteral
from taiga_notes.query.runtime.joined_values import CALLED
from taiga_notes.query.syntax import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taiga_notes.query.compile.compiler import Compiler
    from taiga_notes.query.compile.scopes import FieldPlace

_GROUPS = {
    **dict.fromkeys(("string", "date", "time"), "string"),
    **dict.fromkeys(("list", "object", "map"), "table"),
}
_ARTICLES = {
    "string": "a text",
    "number": "a number",
    "boolean": "true or false",
    "date": "a date",
    "time": "a time",
    "list": "a list",
    "object": "a record",
    "map": "a record",
    "nil": "nil",
}
_ANY = "any"
MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
"""The same of the two sides the other way round."""
_GIVEN = {"today": "date", "now": "time", **dict.fromkeys(("count", "sum", "avg"), "number")}
"""What functions give, of which that is known."""

_BEGINS_DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T[0-9:.]*Z?)?)?)?\Z")
_DATE = re.compile(r"\d{4}-\d\d-\d\d\Z")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")

_FIXED = {
    "due_date_status": ("not_set", "set", "due_soon", "past_due", "no_longer_applicable"),
    "kind": tuple(KINDS),
}
"""Fields of which Taiga, and no project, says what values there are."""

_NAMED = {
    "status": "status_name",
    "status_extra_info": "status_name",
    "assigned_to": "assignee",
    "assigned_to_extra_info": "assignee",
    "assigned_users": "assignees",
    "watchers": "assignees",
    "owner": "owner_extra_info.username",
    "owner_extra_info": "owner_extra_info.username",
    "milestone": "sprint",
    "severity": "severity_name",
    "priority": "priority_name",
    "type": "type_name",
    "swimlane": "swimlane_name",
    "tags": "tag_names",
    "epics": "epic_subjects",
    "project_extra_info": "project",
    "user_story": "user_story_extra_info.subject",
    "user_story_extra_info": "user_story_extra_info.subject",
}
"""What people mean who compare the other field with a name."""


@dataclass(frozen=True, slots=True)
class Operand:
    """What is known of one side before there are rows.

    Attributes:
        type: a type of `kinds.Field`, `nil`, or `any`.
        shown: how it is written.
        at: where it stands.
        place: where the field is; None of what is none.
        constant: whether it is written out.
        value: what is written out.
        items: the type of a list's items.
    """

    type: str
    shown: str
    at: int
    place: FieldPlace | None = None
    constant: bool = False
    value: object = None
    items: str = _ANY

    @property
    def group(self) -> str:
        """Its type, as far as equality goes."""
        return _GROUPS.get(self.type, self.type)

    @property
    def dotted(self) -> str:
        """The field's name below its row."""
        return "" if self.place is None else ".".join(self.place.path)

    @property
    def said(self) -> str:
        """What it is, in words."""
        return f"{self.shown} is {_ARTICLES[self.type]}"

    def called(self, name: str) -> str:
        """Another field of the same row, as one would write it here."""
        dotted = self.dotted
        # The key of a group is called as one likes.
        return f"{self.shown.removesuffix(dotted)}{name}" if self.shown.endswith(dotted) else name


def check_comparison(compiler: Compiler, node: tree.Binary) -> None:
    """Refuses a comparison by `== ~= < <= > >=` that no row can decide.

    Raises:
        QueryError: the two are never equal, or have no order.
    """
    _check(compiler, node.operator, node.at, node.left, node.right)
    if isinstance(node.left, tree.Unary) and node.left.operator == "not":
        _doubt_negation(compiler, node, node.left.operand)


def _doubt_negation(compiler: Compiler, node: tree.Binary, negated: tree.Node) -> None:
    """`not status_name == 'Done'`, which Lua reads as `(not status_name) == 'Done'`."""
    right = _operand(compiler, node.right)
    if node.operator in {"==", "~="} and right.type not in {_ANY, "boolean"}:
        left, sign = _shown(negated), node.operator
        compiler.unit.warnings.append(
            f"not {left} {sign} {right.shown} means (not {left}) {sign} {right.shown}: "
            f"write not ({left} {sign} {right.shown})"
        )


def check_member(compiler: Compiler, at: int, item: tree.Node, items: tree.Node) -> None:
    """Refuses to look in a list for what is never in it.

    Raises:
        QueryError: there never is such an item, or it is no list.
    """
    if isinstance(items, tree.TableConstructor):
        for field in items.fields:
            _check(compiler, "in", at, item, field.value)
        return
    lists = [*_options(compiler, items)]
    wrong = next((one for one in lists if one.group in {"string", "number", "boolean"}), None)
    if wrong is not None and len(lists) == 1:
        hint = "look for text with :contains('…')" if wrong.group == "string" else ""
        said = f"a list is wanted here, and {wrong.said}"
        raise compiler.unit.error(items.at, said, hint or f"write == {wrong.shown}")
    within = [replace(one, type=one.items) for one in lists]
    _check_all(compiler, "in", at, [*_options(compiler, item)], within)


def _check(compiler: Compiler, operator: str, at: int, left: tree.Node, right: tree.Node) -> None:
    sides = [*_options(compiler, left)], [*_options(compiler, right)]
    _check_all(compiler, operator, at, *sides)


def _check_all(
    compiler: Compiler, operator: str, at: int, left: list[Operand], right: list[Operand]
) -> None:
    """Any of the values that a side may have will do."""
    if all(each.constant for each in (*left, *right)):
        return  # `1 == '1'` is false, as its author can see
    pairs = [(one, other) for one in left for other in right]
    objections = [_objection(operator, one, other) for one, other in pairs]
    if all(objections):
        message, hint = next(each for each in objections if each and each[0])
        raise compiler.unit.error(at, message, hint)
    if operator in {"==", "~=", "in"}:
        # `(assignee or 'nobody') == 'nobody'`: what stands there in its place is no value of its.
        own = [{each.value for each in side if each.constant} for side in (left, right)]
        for one, other in pairs:
            if other.value not in own[0]:
                _note(compiler, one, other, wanted=operator != "~=")
            if one.value not in own[1]:
                _note(compiler, other, one, wanted=operator != "~=")


def _note(compiler: Compiler, field: Operand, literal: Operand, *, wanted: bool) -> None:
    place = field.place
    if place is None or not place.is_own or not literal.constant:
        return
    if literal.type not in {"string", "number"}:
        return
    if valued(place.kind, place.path) is not None:
        compiler.unit.literals.append(
            ComparedLiteral(place.path, literal.value, literal.at, wanted)
        )


def _options(compiler: Compiler, node: tree.Node) -> Iterator[Operand]:
    """What an expression's value may come from: of `a or b` either."""
    if isinstance(node, tree.Chain) and node.operator == "or":
        for part in node.parts:
            yield from _options(compiler, part)
    else:
        yield _operand(compiler, node)


def _operand(compiler: Compiler, node: tree.Node) -> Operand:
    reference = tree.reference(node)
    if reference is not None:
        return _named(compiler, reference)
    match node:
        case tree.Constant():
            return _constant(node)
        case tree.TableConstructor():
            return Operand("list", "{…}", node.at, constant=True)
        case tree.Call():
            return _called(compiler, node)
        case tree.Indexing() if (field := item_field(compiler, node)) is not None:
            if field.place is None:
                return Operand(field.type or _ANY, field.shown, node.at)
            return Operand(_type_at(field.place)[0], field.shown, node.at, field.place)
        case tree.Unary(operator="#") if _named_place(compiler, node.operand):
            return Operand("number", f"#{_shown(node.operand)}", node.at)
    return Operand(_ANY, "", node.at)


def _named_place(compiler: Compiler, node: tree.Node) -> bool:
    reference = tree.reference(node)
    return reference is not None and compiler.scope.place(reference) is not None


def _shown(node: tree.Node) -> str:
    reference = tree.reference(node)
    return "…" if reference is None else reference.written


def _constant(node: tree.Constant) -> Operand:
    match node.value:
        case None:
            of = "nil"
        case bool():
            of = "boolean"
        case str():
            of = "string"
        case _:
            of = "number"
    shown = repr(str(node.value)) if of == "string" else _lua(node.value)
    return Operand(of, shown, node.at, constant=True, value=node.value)


def _lua(value: object) -> str:
    return {"None": "nil", "True": "true", "False": "false"}.get(f"{value}", f"{value}")


def _named(compiler: Compiler, reference: tree.Reference) -> Operand:
    shown = reference.written
    place = compiler.scope.place(reference)
    if place is not None:
        of, items = _type_at(place)
        return Operand(of, shown, reference.at, place, items=items)
    if compiler.scope.find(reference) is not None:
        return Operand(_ANY, shown, reference.at)
    of = _ANY
    if reference.root in {"me", "page"} and not reference.path:
        of = "object"
    elif reference.root == "me" and len(reference.path) == 1:
        of = _plain_type(ME.get(reference.path[0]))
    elif reference.root in SOURCES and not reference.path:
        of = "list"
    return Operand(of, shown, reference.at)


def _type_at(place: FieldPlace) -> tuple[str, str]:
    """A field's type, and that of its items."""
    if not place.path:
        return "object" if fields_of(place.kind) else _ANY, _ANY
    field = fields_of(place.kind).get(".".join(place.path))
    if field is None and valued(place.kind, place.path):
        return "number", _ANY
    join = joins_of(place.kind).get(".".join(place.path))
    return _plain_type(field), "object" if join and join.kind else _items_type(field)


def _plain_type(field: Field | None) -> str:
    return _ANY if field is None else field.type.partition(" ")[0]


_TYPES = {str: "string", int: "number", list: "list", dict: "object"}


def _items_type(field: Field | None) -> str:
    """The type of a list's items, as the example of the field has it."""
    if field is None or not isinstance(field.example, list):
        return _ANY
    types = [_TYPES.get(type(item), _ANY) for item in field.example]
    return next(iter(types), _ANY)


def _called(compiler: Compiler, node: tree.Call) -> Operand:
    reference = tree.reference(node.function)
    name = "" if reference is None else ".".join((reference.root, *reference.path))
    if name in {"min", "max", "first", "last"} and compiler.members and node.arguments:
        return _operand(compiler.members, node.arguments[0])
    place = None if reference is None else compiler.scope.place(reference)
    if place is not None and place.path[-1:] == (CALLED,):
        status = [each.value for each in node.arguments if isinstance(each, tree.Constant)]
        return Operand("number", f"{name}({status[0]!r})" if status else f"{name}(…)", node.at)
    shown = f"{name}(…)" if node.arguments else f"{name}()"
    return Operand(_GIVEN.get(name, _ANY), shown, node.at)


Objection = tuple[str, str]
"""What is wrong, and what to write instead."""


def _objection(operator: str, left: Operand, right: Operand) -> Objection | None:
    """Why the two can't be compared so; None where they can, or it is not known."""
    if _ANY in {left.type, right.type}:
        return None
    if left.constant and right.constant:
        return None if left.group == right.group or operator == "in" else ("", "")
    if left.shown == right.shown:
        return None
    if "nil" in {left.type, right.type}:
        return _of_nil(operator, left, right)
    if operator not in {"==", "~=", "in"}:
        return _of_order(operator, left, right)
    if left.group != right.group or left.group == "table":
        return _of_types(operator, left, right)
    return _of_values(left, right) or _of_values(right, left)


def _of_nil(operator: str, left: Operand, right: Operand) -> Objection | None:
    if operator in {"==", "~=", "in"}:
        return None
    other = left if right.type == "nil" else right
    return f"{other.said}, and nothing is less or greater than nil", (
        f"write {other.shown} == nil, or ~= nil"
    )


def _of_order(operator: str, left: Operand, right: Operand) -> Objection | None:
    for one, other in ((left, right), (right, left)):
        if one.group not in {"string", "number"}:
            return f"{one.said}, which has no order", _hint(one, other, "==")
    if left.group != right.group:
        return f"{left.said} and {right.said}: they can't be compared", _hint_of(
            left, right, operator
        )
    for one, other in ((left, right), (right, left)):
        is_text = other.constant and isinstance(other.value, str)
        if one.type in {"date", "time"} and is_text and not _BEGINS_DATE.match(str(other.value)):
            return _no_date(one, other)
    return None


def _of_types(operator: str, left: Operand, right: Operand) -> Objection:
    if operator == "in":
        said = f"{left.said}, and an item of {right.shown} is {_ARTICLES[right.type]}"
        if right.place is None or right.constant:
            said = f"{left.said} and {right.said}"
        return f"{said}: it is never in there", _hint_of(left, right, operator)
    said = f"{left.said} and {right.said}"
    if left.group == right.group == "table":
        return f"{said}, and such are never equal", _hint_of(left, right, operator)
    return f"{said}: they are never equal", _hint_of(left, right, operator)


def _of_values(field: Operand, other: Operand) -> Objection | None:
    """What a text can't be, since the field's texts have a form, or are few."""
    if field.type == "date" and other.type == "time":
        return f"{field.said}, and {other.said}: they are never equal", "write today()"
    if field.type == "time" and other.type == "date":
        return f"{field.said}, and {other.said}: they are never equal", (
            f"write {field.shown}:startsWith({other.shown})"
        )
    if not other.constant or not isinstance(other.value, str):
        return None
    if field.type == "date" and not _is_date(other.value):
        return _no_date(field, other)
    if field.type == "time" and not _TIME.match(other.value):
        if _BEGINS_DATE.match(other.value):
            said = f"{field.said}, and {other.shown} only its beginning: they are never equal"
            return said, f"write {field.shown}:startsWith({other.shown})"
        return _no_date(field, other)
    values = _FIXED.get(field.dotted, ())
    if values and other.value not in values:
        return f"{field.shown} is never {other.shown}", did_you_mean(other.value, values)
    return None


def _is_date(text: str) -> bool:
    try:
        return bool(_DATE.match(text)) and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _no_date(field: Operand, other: Operand) -> Objection:
    if not other.value:
        return f"{field.said}, and never empty text", f"write {field.shown} == nil"
    return f"{field.said}, and {other.shown} is none", "a date is written '2026-11-28'"


def _hint_of(left: Operand, right: Operand, operator: str) -> str:
    """What to write instead, by whichever side is a field."""
    for one, other in ((left, right), (right, left)):
        if one.place is not None:
            turned = MIRRORED.get(operator, operator) if one is right else operator
            return _hint(one, other, turned, reverse=one is right)
    return _hint(left, right, operator)


def _hint(field: Operand, other: Operand, operator: str, *, reverse: bool = False) -> str:
    if field.place is not None and not field.place.path:
        return "name a field of the row"
    if other.shown == "me" or other.shown.startswith("me."):
        return _hint_of_me(field, other, operator, reverse=reverse)
    if other.shown == "page":
        return "name a field of the page, such as page.name"
    named = _name_of(field)
    if other.type == "string" and named and not _is_number(other):
        return _written(field.called(named), other.shown, operator, _is_list(named), reverse)
    if _is_number(other) and (field.group == "number" or field.items == "number"):
        return _written(field.shown, str(other.value), operator, field.group != "number", reverse)
    if field.type == "list" and operator != "in":
        return f"write {other.shown} in {field.shown}"
    if other.type == "list" and other.constant:
        return f"write {field.shown} in {other.shown}"
    return _hint_of_type(field, other)


def _name_of(field: Operand) -> str | None:
    """The field of the same row that has the name in place of the id."""
    named = _NAMED.get(field.dotted)
    if field.place is None or named is None:
        return None
    # Sprints and wiki pages have but their owner's number, and the name from the project.
    return named if named in fields_of(field.place.kind) else f"{field.dotted}_name"


def _hint_of_type(field: Operand, other: Operand) -> str:
    match field.type:
        case "boolean":
            return f"write {field.shown}, or not {field.shown}"
        case "object" if field.items == "object":
            rows, wanted = f"x = {field.shown}", f"x.… == {other.shown}"
            return f"write some(query[[from {rows} where {wanted}]])"
        case "object":
            return f"name one of its fields: {field.shown}.…"
        case "date" | "time":
            return "a date is written '2026-11-28'"
        case "string" if other.type == "number" and field.dotted in _IDS:
            return f"write {field.called(_IDS[field.dotted])} == {other.shown}"
        case "string" if other.type == "number" and other.constant:
            return f"write '{other.shown}'"
        case "number" if other.type == "string" and other.place is None:
            return "a number is written without quotes"
    return ""


_IDS = {
    "status_name": "status",
    "sprint": "milestone",
    "swimlane_name": "swimlane",
    "project": "project_extra_info.id",
}


def _hint_of_me(field: Operand, other: Operand, operator: str, *, reverse: bool) -> str:
    name = _name_of(field) or field.dotted
    me = "me.full_name_display" if name.endswith("_name") else "me.username"
    if other.shown == "me" and field.type == "number" and field.dotted in {"assigned_to", "owner"}:
        name, me = field.dotted, "me.id"
    return _written(field.called(name), me, operator, _is_list(name), reverse)


def _is_list(name: str) -> bool:
    return name in {"assignees", "tag_names", "epic_subjects", "watchers"}


def _is_number(operand: Operand) -> bool:
    value = operand.value
    return isinstance(value, str) and value.isascii() and value.isdecimal()


def _written(field: str, value: str, operator: str, is_list: bool, reverse: bool) -> str:  # noqa: FBT001
    if is_list:
        return f"write {value} in {field}"
    if operator == "in":
        return f"write {field} in {{{value}}}" if not reverse else f"write {value} in {field}"
    return f"write {field} {operator} {value}"
