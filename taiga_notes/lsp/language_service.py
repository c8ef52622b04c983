"""Answers about open pages: from their buffers and from what is stored, and never from the network.

Nothing is written here. `server` takes the requests, `buffer_rendering` and `buffer_push` do what
takes longer than an answer may.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from lsprotocol import types

from taiga_notes.errors import TaigaNotesError, own_mistake
from taiga_notes.lsp.completion import completions
from taiga_notes.lsp.diagnostics import (
    PageDiagnostic,
    page_diagnostics,
    settings_diagnostics,
    waiting,
)
from taiga_notes.lsp.documents import Document
from taiga_notes.lsp.hover import hover, story_on, told_of
from taiga_notes.lsp.page_view import BlockView, PageView
from taiga_notes.lsp.retyping import retyped
from taiga_notes.lsp.semantic_tokens import semantic_tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from taiga_notes.lsp.opened_vaults import OpenedVault, Vaults

RENDER_BLOCK = "taiga-notes.renderBlock"
RENDER_PAGE = "taiga-notes.renderPage"
PUSH = "taiga-notes.push"
EXPLAIN = "taiga-notes.explain"
OPEN = "taiga-notes.openInTaiga"

SOURCE = "taiga-notes"
UNTITLED = "Untitled.md"
MOST_DIAGNOSTICS = 500


@dataclass(frozen=True, slots=True)
class OpenPage:
    """A page that is open and ours.

    Attributes:
        view: what it holds.
        opened: its vault.
    """

    view: PageView
    opened: OpenedVault


class LanguageService:
    """The open buffers, and what is told of them.

    Args:
        vaults: the vaults of their pages.
        folder: where buffers without a file count as being.
    """

    def __init__(self, vaults: Vaults, folder: str) -> None:
        self.vaults = vaults
        self.folder = folder
        self.documents: dict[str, Document] = {}
        self._views: dict[str, OpenPage] = {}
        self._foreign: dict[str, bool] = {}

    # Buffers

    def open(self, uri: str, version: int, text: str) -> None:
        """Takes a buffer that was opened."""
        self.documents[uri] = Document(uri, version, text)
        self._foreign.pop(uri, None)

    def change(
        self, uri: str, version: int, changes: Iterable[types.TextDocumentContentChangeEvent]
    ) -> None:
        """Takes what somebody typed; into what is not open, nobody types."""
        if (document := self.documents.get(uri)) is not None:
            self.documents[uri] = document.changed(version, changes)

    def close(self, uri: str) -> None:
        """Forgets a buffer."""
        for known in (self.documents, self._views, self._foreign):
            known.pop(uri, None)

    def page(self, uri: str) -> OpenPage | None:
        """An open page; None of what is none of ours.

        Raises:
            TaigaNotesError: the vault's settings are wrong.
        """
        document = self.documents.get(uri)
        if document is None or "<!--" not in document.text:
            return None
        path = path_of(uri)
        opened = self.vaults.of(path or f"{self.folder}/{UNTITLED}")
        if opened.freshen():
            self._views.clear()
        known = self._views.get(uri)
        if known and known.view.document is document and known.opened is opened:
            return known
        name = opened.name_of(path) if path else UNTITLED
        if path and self._is_foreign(uri, name, opened):
            return None
        view = retyped(known.view, document) if known and known.opened is opened else None
        found = OpenPage(view or PageView(document, name, opened.context()), opened)
        self._views[uri] = found
        return found

    def _is_foreign(self, uri: str, name: str, opened: OpenedVault) -> bool:
        """Whether a page is excluded, hidden or a template: a run passes it by as well."""
        if uri not in self._foreign:
            vault = opened.vault
            self._foreign[uri] = vault.is_template(name) or not vault.lists(name)
        return self._foreign[uri]

    # Answers

    def _found(self, uri: str) -> tuple[Document, list[PageDiagnostic]]:
        document = self.documents.get(uri) or Document(uri, 0, "")
        try:
            page = self.page(uri)
            return document, page_diagnostics(page.view, page.opened) if page else []
        except TaigaNotesError as error:
            return document, settings_diagnostics(document, error)
        except Exception as error:  # noqa: BLE001  (as in `cli.main`)
            # One page's mistake keeps no other from being looked at.
            return document, settings_diagnostics(document, TaigaNotesError(own_mistake(error)))

    def diagnostics(self, uri: str) -> types.PublishDiagnosticsParams:
        """What is wrong in a page, or to be known of it."""
        document, found = self._found(uri)
        told = [_diagnostic(document, each) for each in found[:MOST_DIAGNOSTICS]]
        return types.PublishDiagnosticsParams(uri, told, document.version)

    def _open_page(self, uri: str) -> OpenPage | None:
        """The same as `page`; that the settings are wrong is told by `diagnostics`."""
        try:
            return self.page(uri)
        except TaigaNotesError:
            return None

    def completion(self, uri: str, position: types.Position) -> types.CompletionList:
        """See `completions`."""
        page = self._open_page(uri)
        if page is None:
            return types.CompletionList(is_incomplete=False, items=[])
        return completions(page.view, page.opened, position)

    def hover(self, uri: str, position: types.Position) -> types.Hover | None:
        """See `hover`."""
        page = self._open_page(uri)
        return hover(page.view, page.opened, position) if page else None

    def tokens(self, uri: str) -> types.SemanticTokens:
        """See `semantic_tokens`."""
        page = self._open_page(uri)
        return semantic_tokens(page.view) if page else types.SemanticTokens([])

    def folding(self, uri: str) -> list[types.FoldingRange]:
        """The bodies of a page: each below the last line of its opener."""
        page = self._open_page(uri)
        if page is None:
            return []
        found = ((each, page.view.body_lines(each)) for each in page.view.blocks)
        kind = types.FoldingRangeKind.Region
        return [types.FoldingRange(lines[0], lines[1], kind=kind) for _, lines in found if lines]

    def lenses(self, uri: str) -> list[types.CodeLens]:
        """The commands of a page, over the openers of its blocks."""
        page = self._open_page(uri)
        if page is None:
            return []
        lenses: list[types.CodeLens] = []
        for number, each in enumerate(page.view.blocks):
            line = each.inspected.block.line - 1
            place = types.Range(types.Position(line, 0), types.Position(line, 0))
            commands = [*_page_commands(uri)] if number == 0 else []
            commands += _block_commands(uri, each, page)
            lenses += (types.CodeLens(place, command) for command in commands)
        return lenses

    def actions(
        self, uri: str, place: types.Range, kinds: Sequence[str] | None
    ) -> list[types.CodeAction]:
        """What may be done at a place: fixes of what is wrong there, and the page's commands."""
        actions = [*self._fixes(uri, place), *self._commands(uri, place)]
        if kinds is None:
            return actions
        return [
            each
            for each in actions
            if any(f"{each.kind}.".startswith(f"{kind}.") for kind in kinds)
        ]

    def _fixes(self, uri: str, place: types.Range) -> Iterator[types.CodeAction]:
        document, found = self._found(uri)
        start, end = document.offset(place.start), document.offset(place.end)
        identifier = types.OptionalVersionedTextDocumentIdentifier(uri, document.version)
        for each in found:
            if each.end < start or end < each.start:
                continue
            for number, fix in enumerate(each.fixes):
                edit = types.TextEdit(document.range(fix.start, fix.end), fix.text)
                change = types.TextDocumentEdit(identifier, [edit])
                yield types.CodeAction(
                    fix.title,
                    kind=types.CodeActionKind.QuickFix,
                    diagnostics=[_diagnostic(document, each)],
                    is_preferred=number == 0,
                    edit=types.WorkspaceEdit(document_changes=[change]),
                )

    def _commands(self, uri: str, place: types.Range) -> Iterator[types.CodeAction]:
        page = self._open_page(uri)
        if page is None or not page.view.blocks:
            return
        commands = [*_page_commands(uri)]
        block = page.view.block_on(place.start.line)
        if block is not None:
            commands = [*_block_commands(uri, block, page), *commands]
            if self.address(uri, place.start):
                arguments = [uri, place.start.line, place.start.character]
                commands.append(types.Command("Open in Taiga", OPEN, arguments=arguments))
        for command in commands:
            yield types.CodeAction(command.title, kind="source.taiga-notes", command=command)

    # What commands ask for

    def block_on(self, uri: str, line: int) -> tuple[OpenPage, int] | None:
        """The block on a line, as its place among the page's blocks.

        Raises:
            TaigaNotesError: the vault's settings are wrong.
        """
        page = self.page(uri)
        found = page.view.block_on(line) if page else None
        return (page, page.view.blocks.index(found)) if page and found else None

    def explanation(self, uri: str, line: int) -> str:
        """Why the block on a line shows what it shows; empty where there is none.

        Raises:
            TaigaNotesError: see `page`.
        """
        found = self.block_on(uri, line)
        if found is None:
            return ""
        page, number = found
        return "\n".join(told_of(page.view.blocks[number], page.view, page.opened))

    def address(self, uri: str, position: types.Position) -> str:
        """Where Taiga shows the story at a place; empty where there is none, or it is not stored.

        It is never the page's own link: that may lead anywhere.
        """
        page = self._open_page(uri)
        block = page.view.block_on(position.line) if page else None
        row = story_on(page.view, page.opened, block, position) if page and block else None
        url = row.get("url") if row else None
        return url if isinstance(url, str) and url.startswith(("http://", "https://")) else ""


def path_of(uri: str) -> str:
    """The file that a URI names; empty for a buffer that has none."""
    try:
        parts = urlsplit(uri)
        if parts.scheme != "file" or "%00" in parts.path or "\0" in parts.path:
            return ""
        if os.name == "nt":
            return url2pathname(parts.path)
        # Names of files are bytes: those that are no UTF-8 are percent-encoded all the same.
        return os.fsdecode(os.fsencode(unquote(parts.path, errors="surrogateescape")))
    except ValueError:
        return ""


def _diagnostic(document: Document, found: PageDiagnostic) -> types.Diagnostic:
    place = document.range(found.start, found.end)
    return types.Diagnostic(place, found.message, severity=found.severity, source=SOURCE)


def _page_commands(uri: str) -> Iterator[types.Command]:
    yield types.Command("Render page", RENDER_PAGE, arguments=[uri])


def _block_commands(uri: str, each: BlockView, page: OpenPage) -> Iterator[types.Command]:
    line = each.inspected.block.line - 1
    yield types.Command("Render this block", RENDER_BLOCK, arguments=[uri, line])
    found = waiting(page.view, each, page.opened)
    if found is not None and found.sendable:
        yield types.Command("Push", PUSH, arguments=[uri])
    yield types.Command("Explain", EXPLAIN, arguments=[uri, line])
