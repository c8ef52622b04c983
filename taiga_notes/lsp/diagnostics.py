"""What is to be said of a page while it is being typed, and what would mend it; nothing is asked.

Pure but for what `OpenedVault` keeps. What a render would refuse or warn of is said here with the
same words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from lsprotocol.types import DiagnosticSeverity

from taiga_notes.errors import QueryError, SourceError, close_matches, names_meant
from taiga_notes.page.markers import markers, near_misses
from taiga_notes.page.splice import EDITED, Origin
from taiga_notes.push.edited_blocks import SENT_BEFORE, edited
from taiga_notes.push.edits import Unsendable
from taiga_notes.query.engine import parsed
from taiga_notes.query.syntax.hints import BLOCK_CLAUSES, CLAUSES
from taiga_notes.query.syntax.lexer import TokenKind, TokenSpan, string_literal
from taiga_notes.query.syntax.parser import parse
from taiga_notes.refresh.compose import EDIT_HINT, WRITTEN
from taiga_notes.refresh.refresh import waits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taiga_notes.errors import TaigaNotesError
    from taiga_notes.lsp.documents import Document
    from taiga_notes.lsp.opened_vaults import OpenedVault
    from taiga_notes.lsp.page_view import BlockView, PageView, TypedQuery
    from taiga_notes.push.edited_blocks import EditedBlock

ERROR = DiagnosticSeverity.Error
WARNING = DiagnosticSeverity.Warning
INFORMATION = DiagnosticSeverity.Information


@dataclass(frozen=True, slots=True)
class Fix:
    """What mends something.

    Attributes:
        title: what people choose it by.
        start: offset in the page of what is replaced.
        end: offset behind it.
        text: what stands there then.
    """

    title: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class PageDiagnostic:
    """What is to be said of a place in a page.

    Attributes:
        start: its offset.
        end: offset behind it.
        severity: as LSP has it.
        message: what is said.
        fixes: what would mend it, the likeliest first.
    """

    start: int
    end: int
    severity: DiagnosticSeverity
    message: str
    fixes: tuple[Fix, ...] = ()


def page_diagnostics(view: PageView, opened: OpenedVault) -> list[PageDiagnostic]:
    """What is to be said of a page, in its order."""
    found = [*_of_markers(view)]
    blocks = view.blocks
    for each in blocks:
        found += _of_block(each, view, opened)
    if view.problem is not None:
        found.append(_on_line(view, view.problem.line, ERROR, _said(view.problem)))
        # While its markers do not belong together, what is typed is read all the same.
        for typed in view.queries:
            found += _of_text(typed)
    return sorted(found, key=lambda each: (each.start, each.end))


def settings_diagnostics(document: Document, error: TaigaNotesError) -> list[PageDiagnostic]:
    """What is said where the vault's settings are wrong: in each page with a block, once."""
    first = next(markers(document.text), None)
    end = 0 if first is None else max(first.inner, first.start)
    return [] if first is None else [PageDiagnostic(first.start, end, ERROR, _said(error))]


def waiting(view: PageView, each: BlockView, opened: OpenedVault) -> EditedBlock | None:
    """What was changed in a block and may be pushed; None where nothing was."""
    bases = partial(opened.bases.find, view.name)
    return edited(view.document.text, each.inspected.block, bases, opened.settings.web)


# Markers


def _of_markers(view: PageView) -> Iterator[PageDiagnostic]:
    text = view.document.text
    for miss in near_misses(text, view.context.dialect):
        end = miss.start + len(miss.shown)
        behind = text[end : end + 1]
        mended = "<!-- /taiga" if miss.closes else "<!-- #taiga"
        if not miss.closes and behind not in {"\r", "\n"}:
            mended += ":"
        message = f"'{miss.shown}' is no marker: {miss.hint}"
        fix = Fix(f"Write {mended}", miss.start, end, mended)
        yield PageDiagnostic(miss.start, end, WARNING, message, (fix,))


# Blocks


def _of_block(each: BlockView, view: PageView, opened: OpenedVault) -> Iterator[PageDiagnostic]:
    yield from _of_body(each, view, opened)
    if each.inspected.block.state:
        return
    facts = opened.facts(each.inspected, view.context)
    if facts.error is not None and not facts.is_late:
        yield _of_error(each.typed, facts.error)
    for warning in facts.counted.warnings if facts.counted else ():
        yield _named_in(each.typed, WARNING, warning)
    for name, error in facts.templates:
        yield _of_template(each.typed, name, error)


def _of_text(typed: TypedQuery) -> Iterator[PageDiagnostic]:
    try:
        parsed(typed.text)
    except QueryError as error:
        yield _of_error(typed, error)


def _of_body(each: BlockView, view: PageView, opened: OpenedVault) -> Iterator[PageDiagnostic]:
    """What a person changed in a body."""
    block = each.inspected.block
    if block.state or not block.body:
        return
    if (found := waiting(view, each, opened)) is not None:
        if found.sendable:
            yield _on_query(each.typed, INFORMATION, waits(found.sendable))
        for edit in found.edits:
            if isinstance(edit, Unsendable):
                yield _on_line(view, found.line(edit), WARNING, f"can't be pushed: {edit.reason}")
            else:
                fate = SENT_BEFORE if found.is_sent(edit) else "waits to be pushed"
                yield _on_line(view, found.line(edit), INFORMATION, fate)
        return
    if opened.origin(block) is Origin.HAND:
        message = f"{EDITED if block.checksum else WRITTEN} ({EDIT_HINT})"
        yield _on_line(view, view.body_line(each), INFORMATION, message)


def _of_error(typed: TypedQuery, error: TaigaNotesError) -> PageDiagnostic:
    if isinstance(error, QueryError):
        offset = typed.offset_of(error.query_line, error.column)
        start, end = _place(typed, offset, error.message)
        message = f"{error.message}: {error.hint}" if error.hint else error.message
        fixes = tuple(_fixes(typed, error, TokenSpan(TokenKind.NAME, start, end)))
        return PageDiagnostic(typed.place(start), typed.place(end), ERROR, message, fixes)
    severity = INFORMATION if isinstance(error, SourceError) else ERROR
    return _on_query(typed, severity, _said(error))


_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'")


def _place(typed: TypedQuery, offset: int, message: str) -> tuple[int, int]:
    """The offsets in a query of what an error is about: what it quotes, else one token."""
    if (quoted := _QUOTED.search(message)) and quoted[1]:
        start = typed.text.find(quoted[1], offset)
        if start >= 0:
            return start, start + len(quoted[1])
    span = typed.span_from(offset) if typed.spans else TokenSpan(TokenKind.END, 0, 0)
    return (span.start, span.end) if span.start < len(typed.text) else _last(typed)


def _last(typed: TypedQuery) -> tuple[int, int]:
    """The offsets of a query's last token: what is missing, is missing behind it."""
    last = typed.spans[-1] if typed.spans else TokenSpan(TokenKind.END, 0, len(typed.text))
    return last.start, last.end


def _named_in(typed: TypedQuery, severity: DiagnosticSeverity, message: str) -> PageDiagnostic:
    """What is said of a literal, at that literal; its names are offered in its place."""
    for quoted in _QUOTED.finditer(message):
        for span in typed.spans:
            word = typed.word(span)
            inner = word[1:-1] if span.kind is TokenKind.STRING else word
            if inner == quoted[1] and span.kind in {TokenKind.STRING, TokenKind.NAME}:
                start, end = typed.place(span.start), typed.place(span.end)
                quote = word[0] if span.kind is TokenKind.STRING else ""
                fixes = tuple(
                    Fix(f"Write {name}", start, end, string_literal(name, quote) if quote else name)
                    for name in names_meant(message)
                )
                return PageDiagnostic(start, end, severity, message, fixes)
    return _on_query(typed, severity, message)


def _of_template(typed: TypedQuery, name: str, error: TaigaNotesError) -> PageDiagnostic:
    found = re.search(rf"(?:template\s+['\"]?|templates\.)({re.escape(name)})\b", typed.text)
    if found is None:
        return _on_query(typed, ERROR, _said(error))
    start, end = typed.place(found.start(1)), typed.place(found.end(1))
    meant = names_meant(error.hint.partition(";")[0])
    fixes = tuple(Fix(f"Write {each}", start, end, each) for each in meant)
    return PageDiagnostic(start, end, ERROR, _said(error), fixes)


# What would mend a query

_WRITE = re.compile(r"(?:^|: )write ([^;]+)")
_SIGN = re.compile(r"(?:is|compare:) ([=~<>]=|[<>])(?: |;|$)")
_WRITABLE = frozenset(
    (
        *(CLAUSES | BLOCK_CLAUSES),
        *("order by", "group by", "and", "or", "not", "in", "nil", "true", "false", "desc", "asc"),
        *("me.username", "today()", "today(1)", "today(-1)", "now()", "count()"),
    )
)
"""What a hint tells to write that can be written as it stands."""


def _fixes(typed: TypedQuery, error: QueryError, span: TokenSpan) -> Iterator[Fix]:
    """What would mend a mistake: only what the parser takes, up to behind that place."""
    before = [each for each in typed.spans if each.end <= span.start][-1:]
    is_string = any(
        each.kind is TokenKind.STRING and each.start < span.start and span.end <= each.end
        for each in typed.spans
    )
    for text in dict.fromkeys(_candidates(error, typed.word(span))):
        written = string_literal(text)[1:-1] if is_string else text
        for place in (span, *before):
            whole = typed.text[: place.start] + written + typed.text[place.end :]
            if _reads_on(whole, place.start + len(written)):
                start, end = typed.place(place.start), typed.place(place.end)
                yield Fix(f"Write {text}", start, end, written)
                break


def _candidates(error: QueryError, word: str) -> Iterator[str]:
    yield from names_meant(error.hint)
    if found := _WRITE.search(error.hint):
        yield from (each for each in found[1].split(" or ") if each in _WRITABLE)
    if found := _SIGN.search(error.hint):
        yield found[1]
    if error.message.startswith("unexpected"):
        yield from close_matches(word, _WRITABLE, 2)


def _reads_on(text: str, offset: int) -> bool:
    """Whether a query is right up to behind an offset."""
    try:
        parse(text)
    except QueryError as error:
        lines = text.split("\n")[: error.query_line - 1]
        return sum(len(each) + 1 for each in lines) + error.column - 1 > offset
    return True


# Places


def _said(error: TaigaNotesError) -> str:
    return f"{error.message} ({error.hint})" if error.hint else error.message


def _on_line(
    view: PageView, line: int, severity: DiagnosticSeverity, message: str
) -> PageDiagnostic:
    """What is said of a line, counted from 1: of all that stands on it."""
    start, end = view.document.line(line - 1)
    text = view.document.text[start:end]
    return PageDiagnostic(start + len(text) - len(text.lstrip()), end, severity, message)


def _on_query(typed: TypedQuery, severity: DiagnosticSeverity, message: str) -> PageDiagnostic:
    """What is said of a query as a whole: at its first token, or at its opener."""
    if not typed.spans:
        return PageDiagnostic(typed.opens, typed.start, severity, message)
    first = typed.spans[0]
    return PageDiagnostic(typed.place(first.start), typed.place(first.end), severity, message)
