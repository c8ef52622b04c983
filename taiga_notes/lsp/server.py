"""The language server on stdio: requests in, answers, notifications and edits out.

The only module that knows pygls. One thread answers, from memory and the store. What asks Taiga
goes to another one, which has nothing of the first; what comes of it is an edit for the version of
the buffer that it was made from, which the editor refuses once somebody typed on.
"""

from __future__ import annotations

import asyncio
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stdout
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from lsprotocol import types
from lsprotocol.types import MessageType
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol

from taiga_notes.errors import TaigaNotesError, own_mistake
from taiga_notes.lsp import language_service as commands
from taiga_notes.lsp.buffer_edits import workspace_edit
from taiga_notes.lsp.buffer_push import UNSAVED, BufferPush, lines_of_outcomes, lines_of_plan
from taiga_notes.lsp.buffer_rendering import BufferRendering, WantedBlock
from taiga_notes.lsp.completion import TRIGGERS
from taiga_notes.lsp.language_service import LanguageService
from taiga_notes.lsp.opened_vaults import Vaults
from taiga_notes.lsp.semantic_tokens import LEGEND
from taiga_notes.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping

    from taiga_notes.lsp.documents import Document
    from taiga_notes.lsp.language_service import OpenPage
    from taiga_notes.refresh.compose import Composition

    T = TypeVar("T")

PAUSE = 0.01
"""Seconds in which further changes are awaited before a page is looked at."""

IDLE = 2.0
"""Seconds without a request after which the store is let go of."""

LOOK = 5.0
"""Seconds between two looks whether somebody else has brought the store up to date."""

TRIES = 5
"""How often a buffer is rendered that somebody types into meanwhile: rows are asked for once."""

SHOWN = 12
"""Lines of one message."""

SEND, CANCEL = "Send", "Cancel"


class _Utf16Protocol(LanguageServerProtocol):
    """Agrees on no other position encoding: each client knows UTF-16 (LSP 3.17)."""

    def structure_message(self, data: dict[str, Any]) -> Any:
        """See pygls."""
        message = super().structure_message(data)
        if isinstance(message, types.InitializeRequest):
            general = message.params.capabilities.general
            if general is not None:
                general.position_encodings = None
        return message


def serve(env: Mapping[str, str], folder: str) -> int:
    """Serves one client on standard input and output, until it says goodbye or goes away.

    Args:
        env: the environment.
        folder: where buffers without a file count as being, if the client names no folder.

    Returns:
        The exit status: 1 where the client had it exit without a shutdown (LSP 3.17, `exit`).
    """
    server = LanguageServer("taiga-notes", __version__, protocol_cls=_Utf16Protocol)
    connection = _Connection(server, LanguageService(Vaults(env), folder))
    connection.register()
    # What anybody prints would be taken for a part of the protocol; and pygls closes its stream.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    try:
        with redirect_stdout(sys.stderr):
            server.start_io(stdout=answers)
    finally:
        connection.close()
    return connection.status


class _Connection:
    """One client, and what is under way for it.

    Attributes:
        status: see `serve`.
    """

    def __init__(self, server: LanguageServer, service: LanguageService) -> None:
        self._server = server
        self._service = service
        self._changed: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._worker = ThreadPoolExecutor(1, "taiga-notes")
        self._busy = asyncio.Lock()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._is_told = False
        self.status = 0

    def register(self) -> None:
        """Tells pygls which requests are answered by what."""
        features: list[tuple[str, Callable[..., Any], Any]] = [
            (types.INITIALIZED, self._initialized, None),
            (types.SHUTDOWN, self._shutdown, None),
            (types.EXIT, self._exit, None),
            (types.TEXT_DOCUMENT_DID_OPEN, self._opened, None),
            (types.TEXT_DOCUMENT_DID_CHANGE, self._typed, None),
            (types.TEXT_DOCUMENT_DID_SAVE, self._saved, None),
            (types.TEXT_DOCUMENT_DID_CLOSE, self._closed, None),
            (
                types.TEXT_DOCUMENT_COMPLETION,
                self._completion,
                types.CompletionOptions(trigger_characters=list(TRIGGERS)),
            ),
            (types.TEXT_DOCUMENT_HOVER, self._hover, None),
            (types.TEXT_DOCUMENT_CODE_LENS, self._lenses, None),
            (
                types.TEXT_DOCUMENT_CODE_ACTION,
                self._actions,
                types.CodeActionOptions([types.CodeActionKind.QuickFix, "source.taiga-notes"]),
            ),
            (types.TEXT_DOCUMENT_FOLDING_RANGE, self._folding, None),
            (types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, self._tokens, LEGEND),
        ]
        for method, handler, options in features:
            # What pygls registers it marks, and a bound method can't be marked.
            self._server.feature(method, options)(partial(handler))
        for name, command in (
            (commands.RENDER_BLOCK, self._render_block),
            (commands.RENDER_PAGE, self._render_page),
            (commands.PUSH, self._push),
            (commands.EXPLAIN, self._explain),
            (commands.OPEN, self._open_in_taiga),
        ):
            self._server.command(name)(partial(command))

    def close(self) -> None:
        """Lets go of everything."""
        self._worker.shutdown(cancel_futures=True)
        self._service.vaults.close()

    # Buffers

    def _initialized(self, _params: types.InitializedParams) -> None:
        self._service.folder = self._server.workspace.root_path or self._service.folder
        self._later("look", LOOK, self._look)

    def _exit(self, *_params: object) -> None:
        # pygls leaves with that status as well, and then takes it back.
        self.status = 0 if self._is_told else 1

    def _shutdown(self, *_params: object) -> None:
        self._is_told = True
        for timer in self._timers.values():
            timer.cancel()
        for task in self._tasks:
            task.cancel()

    def _opened(self, params: types.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        self._service.open(document.uri, document.version, document.text)
        self._look_at(document.uri)

    def _typed(self, params: types.DidChangeTextDocumentParams) -> None:
        document = params.text_document
        self._service.change(document.uri, document.version, params.content_changes)
        self._look_at(document.uri)

    def _saved(self, params: types.DidSaveTextDocumentParams) -> None:
        self._look_at(params.text_document.uri)

    def _closed(self, params: types.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        self._service.close(uri)
        self._server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))

    def _look_at(self, uri: str) -> None:
        """Has a page looked at once nobody types for a moment; one that waits, waits no longer."""
        self._changed.add(uri)
        if "diagnostics" not in self._timers:
            self._later("diagnostics", PAUSE, self._publish)

    def _publish(self) -> None:
        changed, self._changed = self._changed, set()
        for uri in sorted(changed & self._service.documents.keys()):
            self._server.text_document_publish_diagnostics(self._service.diagnostics(uri))
        self._rest_later()

    def _look(self) -> None:
        """Tells anew of all pages once their rows, or their settings, are others."""
        self._later("look", LOOK, self._look)
        if self._service.vaults.freshen():
            self._look_at_all()

    def _look_at_all(self) -> None:
        for uri in self._service.documents:
            self._look_at(uri)
        workspace = self._server.client_capabilities.workspace
        if workspace and workspace.code_lens and workspace.code_lens.refresh_support:
            self._server.workspace_code_lens_refresh(None)

    def _later(self, name: str, seconds: float, call: Callable[[], None]) -> None:
        """Does something later; what waits under that name is done no more."""
        if (waiting := self._timers.pop(name, None)) is not None:
            waiting.cancel()

        def run() -> None:
            del self._timers[name]
            call()

        self._timers[name] = asyncio.get_running_loop().call_later(seconds, run)

    def _rest_later(self) -> None:
        self._later("rest", IDLE, self._service.vaults.rest)

    # Answers

    def _completion(self, params: types.CompletionParams) -> types.CompletionList:
        self._rest_later()
        return self._service.completion(params.text_document.uri, params.position)

    def _hover(self, params: types.HoverParams) -> types.Hover | None:
        self._rest_later()
        return self._service.hover(params.text_document.uri, params.position)

    def _lenses(self, params: types.CodeLensParams) -> list[types.CodeLens]:
        return self._service.lenses(params.text_document.uri)

    def _actions(self, params: types.CodeActionParams) -> list[types.CodeAction]:
        self._rest_later()
        only = params.context.only
        return self._service.actions(params.text_document.uri, params.range, only)

    def _folding(self, params: types.FoldingRangeParams) -> list[types.FoldingRange]:
        return self._service.folding(params.text_document.uri)

    def _tokens(self, params: types.SemanticTokensParams) -> types.SemanticTokens:
        return self._service.tokens(params.text_document.uri)

    # Commands: each answers at once, and goes on in the background

    def _render_block(self, uri: str, line: int) -> None:
        with self._telling():
            found = self._service.block_on(uri, line)
            if found is None:
                self._say("there is no block at that line")
                return
            page, number = found
            text = page.view.blocks[number].inspected.block.text
            self._begin(self._render(uri, WantedBlock(number, text)))

    def _render_page(self, uri: str) -> None:
        self._begin(self._render(uri, None))

    def _push(self, uri: str) -> None:
        self._begin(self._pushed(uri))

    def _explain(self, uri: str, line: int) -> str:
        text = ""
        with self._telling():
            text = self._service.explanation(uri, line) or "there is no block at that line"
            self._say(text, MessageType.Info)
        return text

    def _open_in_taiga(self, uri: str, line: int, character: int) -> None:
        address = self._service.address(uri, types.Position(line, character))
        if not address:
            self._say("there is no link to an item that is stored")
            return
        window = self._server.client_capabilities.window
        if window and window.show_document and window.show_document.support:
            self._server.window_show_document(types.ShowDocumentParams(address, external=True))
        else:
            self._say(address, MessageType.Info)

    def _say(self, text: str, kind: MessageType = MessageType.Warning) -> None:
        self._server.window_show_message(types.ShowMessageParams(kind, _shortened(text)))

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Shows what goes wrong within: a mistake of ours as well, and the server goes on."""
        try:
            yield
        except TaigaNotesError as error:
            self._say(str(error), MessageType.Error)
        except Exception as error:  # noqa: BLE001  (as in `cli.main`)
            self._say(own_mistake(error), MessageType.Error)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Goes on with something that takes longer than an answer may; one at a time."""

        async def run() -> None:
            async with self._busy:
                with self._telling():
                    await work

        task = asyncio.get_running_loop().create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _aside(self, work: Callable[..., T], *arguments: object) -> T:
        """What a function gives, in the thread that may wait for a network."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._worker, partial(work, *arguments))

    async def _render(self, uri: str, wanted: WantedBlock | None) -> None:
        if (page := self._service.page(uri)) is None:
            self._say("this page has no block, or is passed by")
            return
        rendering = await self._aside(BufferRendering, page.opened.setup)
        await self._put_anew(page, rendering, wanted)

    async def _put_anew(
        self, page: OpenPage, rendering: BufferRendering, wanted: WantedBlock | None
    ) -> None:
        """Has the editor take what a buffer is to hold, made from fresh rows."""
        uri, name = page.view.document.uri, page.view.name
        try:
            for _ in range(TRIES):
                if (document := self._service.documents.get(uri)) is None:
                    return
                made = await self._aside(rendering.rendered, name, document.text, wanted)
                if document is self._service.documents.get(uri):
                    await self._apply(document, made)
                    break
            else:
                self._say("the page is being typed into: render it once it rests")
            age = await self._aside(lambda: rendering.age)
            if age:
                self._say(age)
        finally:
            await self._aside(rendering.close)
        self._service.vaults.freshen()
        self._look_at_all()

    async def _apply(self, document: Document, made: Composition) -> None:
        edit = workspace_edit(document, made.text)
        if edit is not None:
            asked = types.ApplyWorkspaceEditParams(edit, label="taiga-notes: render")
            answer = await self._server.workspace_apply_edit_async(asked)
            if not answer.applied:
                reason = f" ({answer.failure_reason})" if answer.failure_reason else ""
                self._say(f"the editor did not take what was rendered{reason}: render again")
                return
        told = [f"line {each.line}: {each.error}" for each in made.problems]
        if told:
            self._say("\n".join(told))

    async def _pushed(self, uri: str) -> None:
        if (page := self._service.page(uri)) is None:
            self._say("this page has no block, or is passed by")
            return
        setup, document = page.opened.setup, page.view.document
        push = BufferPush(setup, page.view.name, document.text)
        try:
            plan = await self._aside(push.plan)
            lines = lines_of_plan(plan)
            if not plan.changes:
                self._say("\n".join(lines) or "there is nothing to push", MessageType.Info)
                return
            if not await self._agrees(lines):
                return
            if self._service.documents.get(uri) is not document:
                self._say(UNSAVED)
                return
            applied = await self._aside(push.applied, plan)
        finally:
            await self._aside(push.close)
        self._say("\n".join(lines_of_outcomes(applied)), MessageType.Info)
        rendering = await self._aside(BufferRendering, setup, push.source, applied.released)
        await self._put_anew(page, rendering, None)

    async def _agrees(self, lines: Iterable[str]) -> bool:
        """Whether whoever sits there wants that sent."""
        asked = types.ShowMessageRequestParams(
            MessageType.Info,
            _shortened("\n".join(["Send this to Taiga?", *lines])),
            [types.MessageActionItem(SEND), types.MessageActionItem(CANCEL)],
        )
        # A question that nobody answers keeps no other page from being rendered.
        self._busy.release()
        try:
            answer = await self._server.window_show_message_request_async(asked)
        finally:
            await self._busy.acquire()
        return answer is not None and answer.title == SEND


def _shortened(text: str) -> str:
    """A message as an editor may show it: strangers' text without control characters."""
    lines = ["".join(each for each in line if each.isprintable()) for line in text.split("\n")]
    # VS Code makes links of [text](command:…) in messages, and executes what they say.
    lines = [line.replace("](", "]\u2060(") for line in lines]
    more = [f"and {len(lines) - SHOWN} more lines"] if len(lines) > SHOWN else []
    return "\n".join([*lines[:SHOWN], *more])
