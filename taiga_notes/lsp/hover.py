"""What is told of a place: a field's type and example, a block's rows and age, a story's card.

Subjects and all else that strangers wrote is made inert, as in a page.
"""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from lsprotocol import types

from taiga_notes.errors import BlockError, SourceError, TaigaNotesError
from taiga_notes.lsp.cursor import source_of
from taiga_notes.lsp.opened_vaults import HASTE
from taiga_notes.markdown.places import settled_link
from taiga_notes.markdown.tables import text_of
from taiga_notes.markdown.text import inert
from taiga_notes.model.kinds import fields_of, joins_of, kind_of
from taiga_notes.model.rows import Listing
from taiga_notes.page.freezing import frozen_since
from taiga_notes.query.explanation import explained, lines_of
from taiga_notes.query.syntax.lexer import TokenKind
from taiga_notes.refresh.field_values import field_example, written_example
from taiga_notes.refresh.page_inspection import shown_by
from taiga_notes.refresh.story_search import WITH_REFS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from taiga_notes.lsp.opened_vaults import OpenedVault
    from taiga_notes.lsp.page_view import BlockView, PageView, TypedQuery
    from taiga_notes.model.rows import Row

MOST = 20
"""Values of a field that are shown."""

_LINK = re.compile(r"\[(?:[^\[\]\\\n]|\\.)*\]\((https?://[^()\s]+)\)")
_NUMBER = re.compile(r"(?<![\w/#&])\\?#([0-9]{1,9})\b")
_FACTS = (
    ("status_name", "status"),
    ("assignee_name", "assignee"),
    ("sprint", "sprint"),
    ("due_date", "due"),
    ("tag_names", "tags"),
    ("epic_subjects", "epics"),
)


def hover(view: PageView, opened: OpenedVault, position: types.Position) -> types.Hover | None:
    """What is told of a place in a page; nothing outside of blocks."""
    offset = view.document.offset(position)
    typed = view.query_at(offset)
    block = view.block_at(offset)
    text = _of_field(typed, typed.offset(offset), view, opened) if typed else ""
    if block is not None and block.inspected.block.start <= offset < block.inspected.block.ends:
        found = story_at(view, opened, block, position)
        return _hover("\n\n".join(_card(found))) if found else None
    if not text and block is not None:
        text = "\n\n".join(_of_block(block, view, opened))
    return _hover(text) if text else None


def _hover(text: str) -> types.Hover:
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, text))


# A field


def _of_field(typed: TypedQuery, offset: int, view: PageView, opened: OpenedVault) -> str:
    span = typed.span_at(offset)
    if span is None or span.kind is not TokenKind.NAME:
        return ""
    place = typed.spans.index(span)
    words = [typed.word(each) for each in typed.spans]
    source = source_of(words, place, view.context.presets)
    path = [words[place]]
    while place > 1 and words[place - 1] == ".":
        place -= 2
        path.insert(0, words[place])
    name = ".".join(path[1:] if source.variable and path[0] == source.variable else path)
    field = fields_of(source.kind).get(name) if source.kind else None
    if field is None:
        return ""
    told = [f"**{inert(name)}**: {inert(field.type)}"]
    if field.meaning:
        told.append(inert(field.meaning))
    is_joined = name.partition(".")[0] in joins_of(source.kind)
    try:
        # What no list holds is asked for item by item, and never for a hover.
        example = (
            field.example
            if is_joined
            else field_example(opened.rows(source.kind, view.scope), name)
        )
    except SourceError:
        example = field.example
    told.append(f"such as {inert(written_example(example))}")
    values = [f"{inert(str(each))}" for each in opened.values(source.kind, name, view.scope)]
    if values:
        more = f" and {len(values) - MOST} more" if len(values) > MOST else ""
        told.append(f"here: {', '.join(values[:MOST])}{more}")
    return "\n\n".join(told)


# A block


def _of_block(each: BlockView, view: PageView, opened: OpenedVault) -> Iterator[str]:
    for line in told_of(each, view, opened):
        yield f"- {inert(line.strip())}" if line.startswith(" ") else inert(line)


def told_of(each: BlockView, view: PageView, opened: OpenedVault) -> Iterator[str]:
    """A block's rows, their age and why they are those, in lines of plain text."""
    block = each.inspected.block
    try:
        if since := frozen_since(block):
            yield f"frozen since {since}: it shows what it showed then"
            return
    except BlockError as error:
        yield str(error)
        return
    facts = opened.facts(each.inspected, view.context)
    if facts.counted is None:
        yield str(facts.error)
        return
    checked = opened.checked(facts)
    rows = "1 row" if facts.counted.rows == 1 else f"{facts.counted.rows} rows"
    age = f", as of {checked.astimezone():%Y-%m-%d %H:%M}" if checked else ""
    template = shown_by(each.inspected, facts.counted)
    yield f"{rows}{age}" + (f", shown by the template {template}" if template else "")
    scope = replace(each.inspected.scope, cpu_time=lambda: time.thread_time() * HASTE)
    try:
        for query in explained(block.text, replace(scope, render=lambda _name, _rows: "")):
            yield from lines_of(query)
    except TaigaNotesError as error:
        yield str(error)


# A story


def story_at(
    view: PageView, opened: OpenedVault, block: BlockView, position: types.Position
) -> Row | None:
    """The story whose link, or `#ref`, stands at a place of a body; None where none does."""
    offset = view.document.offset(position)
    start, end = view.document.line(position.line)
    line = view.document.text[start:end]
    for pattern in (_LINK, _NUMBER):
        for found in pattern.finditer(line):
            if found.start() <= offset - start <= found.end():
                return _story(found[1], view, opened, block)
    return None


def story_on(
    view: PageView, opened: OpenedVault, block: BlockView, position: types.Position
) -> Row | None:
    """The same; without one at that place, the first of its line that there is."""
    if found := story_at(view, opened, block, position):
        return found
    start, end = view.document.line(position.line)
    links = _LINK.finditer(view.document.text, max(start, block.inspected.block.start), end)
    return next(filter(None, (_story(each[1], view, opened, block) for each in links)), None)


def _story(named: str, view: PageView, opened: OpenedVault, block: BlockView) -> Row | None:
    """The stored story that a link leads to, or that has that number."""
    ref = int(named) if named.isdecimal() else _ref(named)
    facts = opened.facts(block.inspected, view.context)
    for row in _rows_with(ref, _listings(facts.listings, block), opened) if ref else ():
        if named.isdecimal() or row.get("url") == named:
            return row
    return None


def _ref(url: str) -> int:
    last = url.rpartition("/")[2]
    return int(last) if last.isdecimal() and len(last) < len("1000000000") else 0


def _listings(lists: Iterable[Listing], block: BlockView) -> Iterator[Listing]:
    """Where to look: in what the block reads, and then in the project's lists."""
    yield from lists
    scope = block.inspected.scope
    for kind in WITH_REFS:
        yield Listing(kind.name, scope.project, kind.usual_filters, server=scope.server)


def _rows_with(ref: int, listings: Iterable[Listing], opened: OpenedVault) -> Iterator[Row]:
    for listing in dict.fromkeys(listings):
        try:
            rows = opened.source.rows(listing)
        except SourceError:
            continue
        refs = rows.column(("ref",))
        if ref in refs:
            yield rows[refs.index(ref)]


def _card(row: Row) -> Iterator[str]:
    title = f"#{row.get('ref')} {text_of(row.get('subject'))}"
    url = row.get("url")
    yield f"**{settled_link(title, url) if isinstance(url, str) else inert(title)}**"
    kind = kind_of(str(row.get("kind") or "")).noun
    facts = [f"{noun} {inert(text_of(row.get(name)))}" for name, noun in _FACTS if row.get(name)]
    yield " · ".join(filter(None, (inert(kind), *facts)))
    if row.get("is_blocked"):
        yield inert(f"blocked: {text_of(row.get('blocked_note'))}")
