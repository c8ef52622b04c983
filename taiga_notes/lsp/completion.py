"""What may be written at the cursor: within the opener of a block, and nowhere else."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from lsprotocol import types
from lsprotocol.types import CompletionItemKind

from taiga_notes.lsp.cursor import CALL, ITEM, CursorContext, Expected, cursor_context
from taiga_notes.markdown.text import inert
from taiga_notes.model.calendar import SPRINTS, week_of
from taiga_notes.model.kinds import ME, MILESTONES, SOURCES, fields_of, joins_of, kind_of
from taiga_notes.model.parts import FILTERS
from taiga_notes.query.compile.list_items import fields_of_items
from taiga_notes.query.runtime.functions import AGGREGATES, FUNCTIONS, NAMESPACES
from taiga_notes.query.syntax.hints import BLOCK_CLAUSES, PUSHED
from taiga_notes.query.syntax.lexer import is_name, string_literal, written_below
from taiga_notes.refresh.field_values import written_example

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from taiga_notes.lsp.opened_vaults import OpenedVault
    from taiga_notes.lsp.page_view import PageView

MOST = 200
"""Items of one answer; there are more once more is typed."""

TRIGGERS = (".", "'", '"', "{", ":")
"""Characters behind which an editor asks without being told to."""

_CLAUSES = (
    *("where", "order by", "group by", "having", "select", "limit", "offset"),
    *sorted(BLOCK_CLAUSES),
)
_WORDS = {
    Expected.START: ("from",),
    Expected.PUSHED: PUSHED,
    Expected.NEXT: ("and", "or", "in", "not in", "asc", "desc", *_CLAUSES),
}
_FIELD_OF_FILTER = {
    **dict.fromkeys(("status", "exclude_status"), "status_name"),
    **{name: "assignee" for name, noun in FILTERS.items() if noun == "person"},
    "milestone": "sprint",
    **{
        f"{no}{noun}": f"{noun}_name"
        for no in ("", "exclude_")
        for noun in ("type", "severity", "priority")
    },
    **dict.fromkeys(("swimnlane", "exclude_swimlane"), "swimlane_name"),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that may be written.

    Attributes:
        text: what is written.
        kind: as LSP has it.
        detail: its type, or what it is, in a few words.
        about: more of it, as Markdown.
    """

    text: str
    kind: CompletionItemKind
    detail: str = ""
    about: str = ""


def completions(
    view: PageView, opened: OpenedVault, position: types.Position
) -> types.CompletionList:
    """What may be written at a place of a page; nothing outside of queries."""
    offset = view.document.offset(position)
    typed = view.query_at(offset)
    if typed is None:
        return types.CompletionList(is_incomplete=False, items=[])
    behind = view.document.text[offset - 1 : offset]
    at = cursor_context(typed, typed.offset(offset), behind, view.context.presets)
    wanted = at.word.lower()
    offers = [each for each in _offers(at, view, opened) if wanted in each.text.lower()]
    offers.sort(key=lambda each: not each.text.lower().startswith(wanted))
    replaced = view.document.range(offset - len(at.word), offset + at.ahead)
    items = [_item(each, number, at, replaced) for number, each in enumerate(offers[:MOST])]
    return types.CompletionList(is_incomplete=len(offers) > MOST, items=items)


def _item(
    offer: Offer, number: int, at: CursorContext, replaced: types.Range
) -> types.CompletionItem:
    text = string_literal(offer.text, at.quote)[1:-1] if at.quote else offer.text
    about = types.MarkupContent(types.MarkupKind.Markdown, offer.about) if offer.about else None
    return types.CompletionItem(
        label=_one_line(offer.text),
        kind=offer.kind,
        detail=offer.detail or None,
        documentation=about,
        sort_text=f"{number:04}",
        filter_text=_one_line(text),
        text_edit=types.TextEdit(replaced, text),
    )


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


def _one_line(text: str) -> str:
    """A stranger's text as an editor's list may show it: on one line, and from left to right."""
    return _CONTROL.sub(" ", text)


def _offers(at: CursorContext, view: PageView, opened: OpenedVault) -> Iterable[Offer]:
    match at.spot:
        case Expected.START | Expected.PUSHED | Expected.NEXT:
            return [Offer(word, CompletionItemKind.Keyword) for word in _WORDS[at.spot]]
        case Expected.SOURCE:
            return _sources(view)
        case Expected.TEMPLATE:
            return [
                each if at.quote or is_name(each.text) else _quoted(each)
                for each in _templates(view)
            ]
        case Expected.MEMBER:
            found = _members(at, view, opened)
            return [each for each in found if at.quote or is_name(each.text)]
        case Expected.DAY:
            return _days(view, opened)
        case Expected.METHOD:
            return _functions("string", CompletionItemKind.Method)
        case Expected.FILTER | Expected.FILTER_VALUE | Expected.VALUE | Expected.EXPRESSION:
            return _of_rows(at, view, opened)
        case Expected.NOTHING:
            return ()


def _of_rows(at: CursorContext, view: PageView, opened: OpenedVault) -> Iterator[Offer]:
    """What depends on what the query lists."""
    if at.spot is Expected.FILTER:
        for name in sorted(kind_of(at.source.kind).filters):
            yield Offer(name, CompletionItemKind.Property, "filter")
    if at.spot is Expected.FILTER_VALUE:
        yield from _values(at, _FIELD_OF_FILTER.get(at.path[0], ""), view, opened)
    if at.spot is Expected.VALUE:
        yield from _values(at, _field(at), view, opened)
    if at.spot in {Expected.VALUE, Expected.EXPRESSION} and not at.quote:
        yield from _constants(at)
        yield from _expressions(at)


def _functions(namespace: str, kind: CompletionItemKind) -> Iterator[Offer]:
    for name, function in sorted(NAMESPACES[namespace].items()):
        yield Offer(name, kind, function.form)


def _sources(view: PageView) -> Iterator[Offer]:
    for name, kind in SOURCES.items():
        yield Offer(name, CompletionItemKind.Class, kind_of(kind).noun)
    for name, text in view.context.presets.items():
        yield Offer(written_below("presets", name), CompletionItemKind.Class, _one_line(text))
    yield Offer("getTaigaTasks", CompletionItemKind.Function, "a list of the API by its path")


def _templates(view: PageView) -> Iterator[Offer]:
    for each in view.context.templates.names():
        whose = "built-in" if each.builtin else "the vault's"
        yield Offer(each.name, CompletionItemKind.File, whose, inert(each.description))


def _quoted(offer: Offer) -> Offer:
    return replace(offer, text=string_literal(offer.text))


def _days(view: PageView, opened: OpenedVault) -> Iterator[Offer]:
    """Until when a block may be kept true."""
    yield Offer("today()", CompletionItemKind.Function, "a date")
    yield Offer("page", CompletionItemKind.Keyword)
    for name in opened.values(MILESTONES.name, "name", view.scope):
        sprint = f"sprint({string_literal(str(name))}).estimated_finish"
        yield Offer(sprint, CompletionItemKind.Function, "a date")


_NAMED_BELOW = {"custom": "custom", "points_by_role": "roles.name"}
"""Fields below which a project says what there is, and of which values these are."""


def _below(at: CursorContext, view: PageView, opened: OpenedVault) -> Iterable[Offer] | None:
    """What stands below an item, what a function gives, or a field of the project's own names."""
    path = at.path[1:] if at.path[:1] == (at.source.variable,) else at.path
    if path[-1:] == (CALL,):
        return _given(path[-2:-1])
    if path[-1:] == (ITEM,):
        return _of_items(at.source.kind, path[:-1])
    if len(path) != 1 or path[0] not in _NAMED_BELOW or not at.source.kind:
        return None
    kind, _, name = _NAMED_BELOW[path[0]].rpartition(".")
    values = opened.values(kind or at.source.kind, name, view.scope)
    return [Offer(str(each), CompletionItemKind.Field, path[0]) for each in values]


def _given(function: tuple[str, ...]) -> Iterable[Offer]:
    """What a function's value has."""
    if function == ("this_week",):
        week = week_of(date.min, 0).items()
        return [Offer(name, CompletionItemKind.Field, type(of).__name__) for name, of in week]
    is_sprint = function in {("sprint",), *((each,) for each in SPRINTS)}
    return _fields(MILESTONES.name, ()) if is_sprint else ()


def _of_items(kind: str, path: tuple[str, ...]) -> Iterable[Offer]:
    """The fields of an item of a list."""
    if path == ("group",):
        return _fields(kind, ())
    join = joins_of(kind).get(".".join(path)) if kind else None
    if join is None:
        return ()
    known = fields_of_items(join)
    return (
        _fields(join.kind, ())
        if join.kind
        else [Offer(name, CompletionItemKind.Field, of) for name, of in known.items()]
    )


def _members(at: CursorContext, view: PageView, opened: OpenedVault) -> Iterable[Offer]:
    if (found := _below(at, view, opened)) is not None:
        return found
    root, *inner = at.path or ("",)
    if root == at.source.variable:
        return _fields(at.source.kind, tuple(inner))
    match root:
        case "presets":
            kind = CompletionItemKind.Class
            return [
                Offer(name, kind, _one_line(text)) for name, text in view.context.presets.items()
            ]
        case "templates":
            return _templates(view)
        case "me":
            kind = CompletionItemKind.Field
            return [Offer(name, kind, each.type) for name, each in ME.items() if "." not in name]
        case "page":
            return _page_keys(view.scope.page, inner)
    if root in NAMESPACES:
        return _functions(root, CompletionItemKind.Function)
    return _fields(at.source.kind, at.path)


def _page_keys(values: Mapping[str, object], path: Iterable[str]) -> Iterator[Offer]:
    found: object = dict(values)
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    for name, value in found.items() if isinstance(found, dict) else ():
        if str(name).isidentifier():
            yield Offer(str(name), CompletionItemKind.Property, _one_line(written_example(value)))


def _fields(kind: str, path: tuple[str, ...], variable: str = "") -> Iterator[Offer]:
    """The fields of a kind's rows, or of an object of theirs."""
    before = "".join(f"{each}." for each in path)
    for name, field in fields_of(kind).items() if kind else ():
        inner = name.removeprefix(before)
        if name.startswith(before) and "." not in inner:
            about = f"{field.meaning}\n\n" if field.meaning else ""
            example = written_example(field.example)
            yield Offer(
                f"{variable}.{inner}" if variable else inner,
                CompletionItemKind.Field,
                field.type,
                f"{inert(about.strip())}\n\nsuch as {inert(example)}".strip(),
            )


def _field(at: CursorContext) -> str:
    """The field that is compared, without the name of the row."""
    path = at.path[1:] if at.path[:1] == (at.source.variable,) else at.path
    return ".".join(path)


_VALUES_OF = {"watcher_names": "assignee_name"}
"""Fields of which no table of Taiga's says what they may be, and others that may be the same."""


def _values(at: CursorContext, field: str, view: PageView, opened: OpenedVault) -> Iterator[Offer]:
    if not field or not at.source.kind:
        return
    field = _VALUES_OF.get(field, field)
    for value in opened.values(at.source.kind, field, view.scope):
        text = str(value)
        yield Offer(
            text if at.quote else string_literal(text), CompletionItemKind.EnumMember, field
        )


def _constants(at: CursorContext) -> Iterator[Offer]:
    """What else a field may be compared with."""
    field = fields_of(at.source.kind).get(_field(at)) if at.source.kind else None
    type_ = field.type if field else ""
    if type_.startswith("boolean"):
        yield from (Offer(each, CompletionItemKind.Constant) for each in ("true", "false"))
    if "nil" in type_:
        yield Offer("nil", CompletionItemKind.Constant)
    if _field(at) in {"assignee", "assignees"}:
        yield Offer("me.username", CompletionItemKind.Variable)


def _expressions(at: CursorContext) -> Iterator[Offer]:
    yield from _fields(at.source.kind, (), at.source.variable)
    for name in ("not", "me", "page", "presets", "templates"):
        yield Offer(name, CompletionItemKind.Keyword)
    for name, function in FUNCTIONS.items():
        yield Offer(name, CompletionItemKind.Function, function.form)
    for name, aggregate in AGGREGATES.items():
        yield Offer(name, CompletionItemKind.Function, aggregate.form)
