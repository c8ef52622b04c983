"""A real client of the language server, over its standard input and output: pygls's own.

It holds buffers as an editor does: it applies the edits that it is asked to, if they are for the
version that it has, and counts positions in UTF-16's units in its own way.
"""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self, TypeVar

from lsprotocol import types
from pygls.lsp.client import LanguageClient

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence
    from pathlib import Path

    T = TypeVar("T")

PATIENCE = 60.0
"""Seconds for an answer; only a server that hangs needs so many."""


def encoded(text: str) -> bytes:
    """A text in UTF-16."""
    return text.encode("utf-16-le", "surrogatepass")


def offset_of(text: str, position: types.Position) -> int:
    """The offset of a position, in UTF-16's units."""
    lines = text.replace("\r\n", "\n\n").replace("\r", "\n").split("\n")
    # CR LF counts as one line end; the line between its two signs is skipped.
    place, number = 0, 0
    while number < position.line and place <= len(text):
        if text[place : place + 2] == "\r\n":
            place, number = place + 2, number + 1
        elif text[place : place + 1] in {"\r", "\n"}:
            place, number = place + 1, number + 1
        else:
            place += 1
    assert number < len(lines)
    return len(encoded(text[:place])) // 2 + position.character


def replaced(text: str, edit: types.TextEdit) -> str:
    """A text with one edit applied."""
    data = encoded(text)
    start, end = offset_of(text, edit.range.start), offset_of(text, edit.range.end)
    return (data[: 2 * start] + encoded(edit.new_text) + data[2 * end :]).decode("utf-16-le")


@dataclass
class Buffer:
    """An open buffer: its version, and what it holds."""

    version: int
    text: str
    undo: list[str] = field(default_factory=list)


class Editor:
    """An editor with one server; use it as a context.

    Args:
        command: starts the server.
        env: its environment.
        folder: its working directory.
    """

    def __init__(self, command: Sequence[str], env: Mapping[str, str], folder: Path) -> None:
        self._command = command
        self._options: dict[str, Any] = {"env": dict(env), "cwd": str(folder)}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.client = LanguageClient("tests", "1")
        self.buffers: dict[str, Buffer] = {}
        self.diagnostics: dict[str, types.PublishDiagnosticsParams] = {}
        self.messages: list[str] = []
        self.answer: str | None = None
        self.asked: list[str] = []
        self._answering = asyncio.Event()
        self._answering.set()
        self.shown: list[str] = []
        self.edits: list[types.WorkspaceEdit] = []
        self._news: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._listen()

    def __enter__(self) -> Self:
        self._thread.start()
        self.run(self.client.start_io(self._command[0], *self._command[1:], **self._options))
        self.initialized = self.run(self.client.initialize_async(self._introduction()))
        self.client.initialized(types.InitializedParams())
        return self

    def __exit__(self, *_error: object) -> None:
        self.run(self.client.shutdown_async(None))
        self.client.exit(None)
        self.status = self.run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> int | None:
        process = self.client._server
        assert process is not None
        status = await process.wait()
        assert process.stderr is not None
        self.complaints = (await process.stderr.read()).decode()
        await self.client.stop()  # type: ignore[no-untyped-call]
        return status

    def _introduction(self) -> types.InitializeParams:
        capabilities = types.ClientCapabilities(
            workspace=types.WorkspaceClientCapabilities(
                apply_edit=True,
                workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=True),
            ),
            window=types.WindowClientCapabilities(
                show_document=types.ShowDocumentClientCapabilities(support=True)
            ),
            # It knows others as well: the server has to keep to the one that all know.
            general=types.GeneralClientCapabilities(position_encodings=["utf-8", "utf-16"]),
        )
        return types.InitializeParams(capabilities, root_uri=None)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What a coroutine gives."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    def _listen(self) -> None:
        feature: Callable[[str], Callable[[T], T]] = self.client.feature

        @feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def diagnose(params: types.PublishDiagnosticsParams) -> None:
            self.diagnostics[params.uri] = params
            self._tell(params.uri)

        @feature(types.WINDOW_SHOW_MESSAGE)
        def message(params: types.ShowMessageParams) -> None:
            self.messages.append(params.message)
            self._tell("message")

        @feature(types.WINDOW_SHOW_MESSAGE_REQUEST)
        async def ask(params: types.ShowMessageRequestParams) -> types.MessageActionItem | None:
            answer = types.MessageActionItem(self.answer) if self.answer else None
            self.asked.append(params.message)
            self._tell("asked")
            await self._answering.wait()
            return answer

        @feature(types.WINDOW_SHOW_DOCUMENT)
        def show(params: types.ShowDocumentParams) -> types.ShowDocumentResult:
            self.shown.append(params.uri)
            self._tell("shown")
            return types.ShowDocumentResult(success=True)

        @feature(types.WORKSPACE_APPLY_EDIT)
        def apply(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
            is_applied = self.applied(params.edit)
            self._tell("edit")
            return types.ApplyWorkspaceEditResult(applied=is_applied)

    def _tell(self, name: str) -> None:
        self._news[name].set()

    def awaited(self, name: str, holds: Callable[[], bool]) -> None:
        """Waits until something holds; it is looked at whenever there is news of that name."""

        async def wait() -> None:
            while not holds():
                await asyncio.wait_for(self._news[name].wait(), PATIENCE)
                self._news[name].clear()

        self.run(wait())

    def hesitate(self) -> None:
        """Answers no question until `decide`."""
        self._answering.clear()

    def decide(self) -> None:
        """Answers what was asked."""
        self._loop.call_soon_threadsafe(self._answering.set)

    # Buffers

    def applied(self, edit: types.WorkspaceEdit) -> bool:
        """Applies an edit to the buffers that it is for; gives whether it fits them."""
        changes = edit.document_changes
        assert changes is not None
        assert edit.changes is None
        self.edits.append(edit)
        for change in changes:
            assert isinstance(change, types.TextDocumentEdit)
            buffer = self.buffers[change.text_document.uri]
            if change.text_document.version != buffer.version:
                return False
            text = buffer.text
            edits = [each for each in change.edits if isinstance(each, types.TextEdit)]
            for each in sorted(
                edits, key=lambda one: (-one.range.start.line, -one.range.start.character)
            ):
                text = replaced(text, each)
            buffer.undo.append(buffer.text)
            self.put(change.text_document.uri, text)
        return True

    def open(self, uri: str, text: str) -> list[types.Diagnostic]:
        """Opens a buffer; gives what is said of it."""
        self.buffers[uri] = Buffer(1, text)
        item = types.TextDocumentItem(uri, "markdown", 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return self.said(uri)

    def put(self, uri: str, text: str) -> None:
        """Replaces all that a buffer holds."""
        self.change(uri, text, [types.TextDocumentContentChangeWholeDocument(text)])

    def change(
        self, uri: str, text: str, changes: Sequence[types.TextDocumentContentChangeEvent]
    ) -> None:
        """Tells of changes, after which a buffer holds that text."""
        buffer = self.buffers[uri]
        buffer.version, buffer.text = buffer.version + 1, text
        identifier = types.VersionedTextDocumentIdentifier(buffer.version, uri)
        params = types.DidChangeTextDocumentParams(identifier, list(changes))
        self.client.text_document_did_change(params)

    def typed(self, uri: str, text: str) -> list[types.Diagnostic]:
        """The same as `put`; gives what is said of the page then."""
        self.put(uri, text)
        return self.said(uri)

    def said(self, uri: str) -> list[types.Diagnostic]:
        """What is said of a buffer as it is now."""
        version = self.buffers[uri].version
        self.awaited(
            uri, lambda: uri in self.diagnostics and self.diagnostics[uri].version == version
        )
        return [*self.diagnostics[uri].diagnostics]

    def close(self, uri: str) -> None:
        """Closes a buffer."""
        del self.buffers[uri]
        identifier = types.TextDocumentIdentifier(uri)
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(identifier))

    # Requests

    def position(self, uri: str, needle: str, after: int = 0) -> types.Position:
        """Where a text stands in a buffer, that many characters further on."""
        text = self.buffers[uri].text
        place = text.index(needle) + after
        before = text[:place].split("\n")
        return types.Position(len(before) - 1, len(encoded(before[-1])) // 2)

    def completion(self, uri: str, position: types.Position) -> list[types.CompletionItem]:
        """What may be written there."""
        params = types.CompletionParams(types.TextDocumentIdentifier(uri), position)
        found = self.run(self.client.text_document_completion_async(params))
        assert isinstance(found, types.CompletionList)
        return [*found.items]

    def hover(self, uri: str, position: types.Position) -> str:
        """What is told of a place; empty where there is nothing."""
        params = types.HoverParams(types.TextDocumentIdentifier(uri), position)
        found = self.run(self.client.text_document_hover_async(params))
        assert found is None or isinstance(found.contents, types.MarkupContent)
        return "" if found is None else found.contents.value  # type: ignore[union-attr]

    def actions(self, uri: str, position: types.Position) -> list[types.CodeAction | types.Command]:
        """What may be done there; lsprotocol reads an action that has a command as a command."""
        params = types.CodeActionParams(
            types.TextDocumentIdentifier(uri),
            types.Range(position, position),
            types.CodeActionContext([]),
        )
        return [*(self.run(self.client.text_document_code_action_async(params)) or ())]

    def lenses(self, uri: str) -> list[types.CodeLens]:
        """The lenses of a page."""
        params = types.CodeLensParams(types.TextDocumentIdentifier(uri))
        return [*(self.run(self.client.text_document_code_lens_async(params)) or ())]

    def execute(self, command: str, *arguments: object) -> object:
        """Has a command executed."""
        params = types.ExecuteCommandParams(command, arguments=list(arguments))
        return self.run(self.client.workspace_execute_command_async(params))
