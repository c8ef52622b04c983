"""The one path from disk to disk: pages found, read, composed, written.

One-shot render, watcher and webhook all come through here; none has a way of its own.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from taiga_notes.errors import BlockError, PageChangedError, TaigaNotesError, WriteError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Protocol

    from taiga_notes.bake.live import Overlooked
    from taiga_notes.refresh.compose import Composition, Problem, RenderContext
    from taiga_notes.refresh.dependencies import Asked, ListState
    from taiga_notes.refresh.page_cache import PageCache
    from taiga_notes.vault.vault import Vault
    from taiga_notes.vault.writer import PageFile

    class PageWriter(Protocol):
        """Takes pages' new texts: a `Writer`, or `Discard` to write nothing."""

        def replace(self, page: PageFile, text: str, written: Sequence[tuple[str, str]], /) -> None:
            """See `Writer.replace`."""

        def demand_rest(self, name: str, /) -> None:
            """See `Writer.demand_rest`."""


REPLACED = "rendered for the first time over other text (`taiga-notes undo` brings that back)"
"""What is said of a block in `PageOutcome.replaced`."""


def waits(count: int) -> str:
    """What is said of a block in `PageOutcome.waiting`."""
    return f"{count} {'edit' if count == 1 else 'edits'} to push (taiga-notes push)"


RESCUED = "text that was written between the markers was moved below the block"
"""What is said of a block in `PageOutcome.rescued`."""


class PageOutcome:
    """What became of a page.

    Attributes:
        page: its path in the vault, with `/`.
        before: what it held.
        after: what it holds now, or would hold; the same where nothing changed. Both are empty
            where the page needed no look.
        blocks: how many blocks it has.
        problems: what went wrong, in the page's order.
        lists: those that its blocks asked for, and what they were like; see `Dependencies`.
        is_template: whether it was passed by as the template of pages to be.
        replaced: lines of blocks in which SilverBullet's text was replaced for the first time.
        rescued: lines of blocks below which text was moved that somebody wrote into them.
        waiting: of blocks with edits that wait to be pushed the line, and how many.
        overlooked: what looks as if it were meant for us, and is not.
        warnings: what there is to tell of blocks that are well: line and sentence.
    """

    __slots__ = (
        *("after", "before", "blocks", "is_template", "lists"),
        *("overlooked", "page", "problems", "replaced", "rescued", "waiting", "warnings"),
    )

    def __init__(
        self,
        page: str,
        before: str = "",
        after: str = "",
        blocks: int = 0,
        problems: tuple[Problem, ...] = (),
        *,
        lists: Mapping[Asked, ListState] | None = None,
        is_template: bool = False,
        replaced: tuple[int, ...] = (),
        rescued: tuple[int, ...] = (),
        waiting: tuple[tuple[int, int], ...] = (),
        overlooked: tuple[Overlooked, ...] = (),
        warnings: tuple[tuple[int, str], ...] = (),
    ) -> None:
        self.page = page
        self.before = before
        self.after = after
        self.blocks = blocks
        self.problems = problems
        self.lists = lists or {}
        self.is_template = is_template
        self.replaced = replaced
        self.rescued = rescued
        self.waiting = waiting
        self.overlooked = overlooked
        self.warnings = warnings

    @property
    def changed(self) -> bool:
        """Whether the page's text is another one now."""
        return self.before != self.after


def refresh(
    vault: Vault,
    names: Iterable[str],
    context: Callable[[], RenderContext],
    writer: Callable[[], PageWriter],
    cache: PageCache | None = None,
    *,
    leaves: Callable[[PageFile, Composition], bool] = lambda _page, _made: False,
) -> Iterator[PageOutcome]:
    """Refreshes pages, one after another; a page's mistake stays in that page.

    Args:
        vault: where the pages are.
        names: pages and folders, as `Vault.chosen` gives them.
        context: gives what they are rendered with; asked once, if there is a page to render.
        writer: gives what takes pages' new texts; asked as `context` is.
        cache: what need not be looked at; None looks at everything.
        leaves: whether a page is left as it is, whatever its blocks give.

    Yields:
        An outcome for each page that has blocks, that could not be read, or that may have some and
        is a template.
    """
    found = vault.search(may_hold, names, cache)
    for problem in found.problems:
        yield _failed(problem.page, 1, problem)
    run = None
    for number, name in enumerate(found.pages):
        blocks = None if cache is None else cache.blocks(name)
        if blocks is not None:
            yield PageOutcome(name, blocks=blocks)
            continue
        if vault.is_template(name):
            yield PageOutcome(name, is_template=True)
            continue
        # Not before a page needs it: a run that finds none opens no store, and waits for no lock.
        if run is None:
            run = _Refresh(vault, context(), writer(), cache, leaves)
        run.tell(number, len(found.pages))
        yield run.refreshed(name)


class Discard:
    """A `PageWriter` that writes nothing, for `--check` and `--diff`."""

    def replace(self, page: PageFile, text: str, written: Sequence[tuple[str, str]]) -> None:
        """Does nothing."""

    def demand_rest(self, name: str) -> None:
        """Does nothing: who writes nothing disturbs nobody."""


def overlooked_in(vault: Vault) -> Iterator[tuple[str, Overlooked]]:
    """What in the vault's pages looks as if it were meant for us, and is not; with its page.

    Pages that can't be read are left out: `refresh` tells of them.
    """
    from taiga_notes.bake.live import overlooked  # noqa: PLC0415  (as in `_Refresh`)

    for name in vault.search(may_hold).pages:
        if vault.is_template(name):
            continue
        with suppress(WriteError):
            yield from (
                (name, each) for each in overlooked(vault.read(name).text, 0, vault.dialect)
            )


def may_hold(data: bytes) -> bool:
    """Whether a page's bytes may hold a block, or what looks as if it were meant for one."""
    # One byte is found five times as fast as four, and most pages have none of these three.
    first = data.find(b"<")
    if first >= 0 and data.find(b"<!--", first) >= 0:
        # Few pages have a comment.
        from taiga_notes.page.markers import has_marker, may_have_near_miss  # noqa: PLC0415

        if has_marker(data) or may_have_near_miss(data):
            return True
    if b"$" in data and b"${" in data:
        return _may_be_live(data)
    return b"`" in data and b"```" in data and _may_be_live(data)


def _may_be_live(data: bytes) -> bool:
    from taiga_notes.bake.live import may_be_live  # noqa: PLC0415  (few have such signs)

    return may_be_live(data)


def _failed(
    page: str, line: int, error: TaigaNotesError, lists: Mapping[Asked, ListState] | None = None
) -> PageOutcome:
    from taiga_notes.refresh.compose import Problem  # noqa: PLC0415  (few have problems)

    return PageOutcome(page, problems=(Problem(line, error),), lists=lists)


class _Refresh:
    """What the pages of one call of `refresh` have in common."""

    def __init__(
        self,
        vault: Vault,
        context: RenderContext,
        writer: PageWriter,
        cache: PageCache | None,
        leaves: Callable[[PageFile, Composition], bool],
    ) -> None:
        # Here and not above: a run in which nothing changed needs none of it.
        from dataclasses import replace  # noqa: PLC0415

        from taiga_notes.bake.live import overlooked  # noqa: PLC0415
        from taiga_notes.push.base_shelf import BaseShelf  # noqa: PLC0415
        from taiga_notes.refresh.compose import compose  # noqa: PLC0415
        from taiga_notes.system import progress  # noqa: PLC0415
        from taiga_notes.vault.writer import transform  # noqa: PLC0415

        self._vault = vault
        self._context = replace(context, dialect=vault.dialect)
        self._writer = writer
        self._cache = cache
        self._leaves = leaves
        self._lists: Mapping[Asked, ListState] = {}
        self._bodies = vault.bodies()
        self._shelf = BaseShelf(vault.home)
        self._compose = compose
        self._transform = transform
        self._overlooked = overlooked
        self._tell = progress.tell

    def tell(self, number: int, total: int) -> None:
        """Tells how many pages are done."""
        self._tell("pages", number, total)

    def refreshed(self, name: str) -> PageOutcome:
        """Refreshes one page."""
        self._lists = {}
        try:
            page, composition = self._transform(name, self._vault.read, self._made, self._put)
        except (BlockError, WriteError) as error:
            line = error.line if isinstance(error, BlockError) else 1
            return _failed(name, line, error, self._lists)
        overlooked = (
            ()
            if composition.is_template
            else self._overlooked(composition.text, composition.blocks, self._context.dialect)
        )
        # Only a page that comes out as it stands: one that is written gets another stamp, and a
        # problem is to be told in the next run too.
        settled = page.text == composition.text and composition.cacheable and not overlooked
        if self._cache is not None and settled:
            self._cache.add(name, page.stamp, composition.blocks, composition.dependencies.lists)
        if composition.is_template:
            return PageOutcome(name, is_template=True)
        return PageOutcome(
            name,
            page.text,
            composition.text,
            composition.blocks,
            composition.problems,
            lists=self._lists,
            replaced=composition.replaced,
            rescued=composition.rescued,
            waiting=composition.waiting,
            overlooked=overlooked,
            warnings=composition.warnings,
        )

    def _made(self, page: PageFile) -> Composition:
        """Composes a page.

        Raises:
            BlockError: the page as a whole is left alone.
            PageChangedError: it is another one by now.
            WriteError: somebody is writing it still, or it can't be read any more.
        """
        try:
            made = self._compose(
                page.text,
                page.name,
                self._context,
                self._bodies.of,
                partial(self._shelf.find, page.name),
            )
        except BlockError:
            # A page with a mistake may have been read while somebody was writing it.
            self._writer.demand_rest(page.name)
            if self._vault.read(page.name).text != page.text:
                message = "was being written when it was read"
                raise PageChangedError(message, page=page.name) from None
            raise
        self._lists = made.dependencies.lists
        return made

    def _put(self, page: PageFile, made: Composition) -> None:
        if not self._leaves(page, made):
            if not isinstance(self._writer, Discard):
                # Before the page: a kill in between leaves a base too many, none too few.
                self._shelf.add(page.name, made.bases)
            self._writer.replace(page, made.text, made.checksums)
