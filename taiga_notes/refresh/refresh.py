"""The one path from disk to disk: pages found, read, composed, written.

One-shot render, watcher and webhook all come through here; none has a way of its own.
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import cached_property

from taiga_notes.errors import (
    BlockError,
    PageChangedError,
    PageGoneError,
    TaigaNotesError,
    WriteError,
)
from taiga_notes.model.item_mention import FRONT_MATTER_LENGTH, ITEM_KEY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Protocol

    from taiga_notes.bake.live import Overlooked
    from taiga_notes.config.mirror_settings import Mirror
    from taiga_notes.push.base_shelf import BaseShelf
    from taiga_notes.refresh.compose import Composition, Problem, RenderContext
    from taiga_notes.refresh.dependencies import Asked, ListState
    from taiga_notes.refresh.item_pages import ItemPages
    from taiga_notes.refresh.mirroring import ItemPage, MirrorPlan
    from taiga_notes.refresh.page_cache import PageCache
    from taiga_notes.vault.new_names import NewNames
    from taiga_notes.vault.remembered_bodies import RememberedBodies
    from taiga_notes.vault.search import KnownPages
    from taiga_notes.vault.vault import Vault
    from taiga_notes.vault.writer import PageFile

    class PageWriter(Protocol):
        """Takes pages' new texts: a `Writer`, or `Discard` to write nothing."""

        def replace(self, page: PageFile, text: str, written: Sequence[tuple[str, str]], /) -> None:
            """See `Writer.replace`."""

        def make(self, name: str, text: str, /) -> None:
            """See `Writer.make`."""

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

    @property
    def is_new(self) -> bool:
        """Whether it was made, for an item of Taiga: no page that has a block is empty."""
        return self.changed and not self.before


def refresh(
    vault: Vault,
    names: Iterable[str],
    context: Callable[[], RenderContext],
    writer: Callable[[], PageWriter],
    cache: PageCache | None = None,
    *,
    leaves: Callable[[PageFile, Composition], bool] = lambda _page, _made: False,
    mirrors: Callable[[], Sequence[Mirror]] = tuple,
    items: ItemPages | None = None,
    takes: Callable[[str], bool] = lambda _item: True,
    plain: KnownPages | None = None,
) -> Iterator[PageOutcome]:
    """Refreshes pages, one after another; a page's mistake stays in that page.

    Args:
        vault: where the pages are.
        names: pages and folders, as `Vault.chosen` gives them.
        context: gives what they are rendered with; asked once, if there is a page to render.
        writer: gives what takes pages' new texts; asked as `context` is.
        cache: what need not be looked at; None looks at everything.
        leaves: whether a page is left as it is, whatever its blocks give.
        mirrors: gives the vault's; asked where it is not known what came of them.
        items: which pages name which items, where that is known from before.
        takes: whether a page is meant, by the item that it names; empty for none.
        plain: the pages without blocks, which need not be opened, where there is no `cache`.

    Yields:
        An outcome for each page that has blocks or names an item, that was made, that could not be
        read, or that may have blocks and is a template; and one for the settings, `MIRRORS`, if
        there is something to tell of mirrors.
    """
    wanted = [*names]
    named = [name for name in wanted if name != MIRRORS]
    finder = _PageFinder()
    found = vault.search(finder, named, plain if cache is None else cache)
    for problem in found.problems:
        yield _failed(problem.page, 1, problem)
    walked = found.pages if "" in named else None
    search = _ItemSearch(vault, finder, cache, walked)
    run = _Refresh(context, writer, search, mirrors, leaves)
    run.know(items, {*named}.difference(found.pages))
    if walked is not None or MIRRORS in wanted:
        yield from run.mirrored()
    yield from run.outcomes(found.pages, takes)


def item_pages(vault: Vault) -> ItemPages:
    """The vault's pages that name items, looked for once somebody asks."""
    from taiga_notes.refresh.item_pages import ItemPages  # noqa: PLC0415  (few ask)

    return ItemPages(_ItemSearch(vault, _PageFinder(), None, None))


def new_page(
    vault: Vault,
    page: ItemPage,
    context: Callable[[], RenderContext],
    writer: Callable[[], PageWriter],
) -> PageOutcome:
    """Makes the page of one item, unless there is one already.

    Args:
        vault: where.
        page: the item's.
        context: see `refresh`.
        writer: see `refresh`.

    Returns:
        What became of it; the page that there is has neither text.
    """
    search = _ItemSearch(vault, _PageFinder(), None, None)
    run = _Refresh(context, writer, search)
    return run.page_of(page)


MIRRORS = "taiga-notes.toml"
"""The file that says which items get a page each: a name among pages, for `refresh`, that has new
ones made."""


class _PageFinder:
    """Whether bytes are those of a page that is to be looked at.

    Attributes:
        mentions: whether any of them may name an item.
    """

    def __init__(self) -> None:
        self.mentions = False

    def __call__(self, data: bytes) -> bool:
        if _FRONT_MATTER.match(data) and _may_name_item(data):
            self.mentions = True
            return True
        return may_hold(data)


_FRONT_MATTER = re.compile(rb"[\xef\xbb\xbf \t\r\n]*+[-+;{%]")
"""How it may begin: behind a byte order mark and blank lines a fence, JSON, Pandoc's title."""

_ITEM_KEY = ITEM_KEY.encode()


def _may_name_item(data: bytes) -> bool:
    # In front matter, or just a word in a note: whoever reads the page tells.
    fence = data.find(b"\n---", 3, FRONT_MATTER_LENGTH) if data.startswith(b"---") else -1
    return data.find(_ITEM_KEY, 0, fence if fence > 0 else FRONT_MATTER_LENGTH) >= 0


class _ItemSearch:
    """Looks for the items that pages name.

    Args:
        vault: where they are.
        finder: tells which pages are to be looked at.
        cache: what need not be.
        walked: all of these in the whole vault, where that has been walked; else None.
    """

    def __init__(
        self,
        vault: Vault,
        finder: _PageFinder,
        cache: PageCache | None,
        walked: Sequence[str] | None,
    ) -> None:
        self.vault = vault
        self.cache = cache
        self._finder = finder
        self.walked = walked
        self._found: dict[str, str] = {}

    def begin_anew(self) -> None:
        """What was found so far may be something else by now."""
        self.walked, self._found = None, {}

    def __call__(self) -> dict[str, str]:
        """By page, the items of the whole vault."""
        if self.walked is None:
            self.walked = self.vault.search(self._finder, ("",), self.cache).pages
        self._found = {name: self.of(name) for name in self.walked}
        return self._found

    def of(self, name: str) -> str:
        """The item that a page names, one that was searched; empty where it names none."""
        known = None if self.cache is None else self.cache.item(name)
        if known is not None or not self._finder.mentions:
            return known or ""
        if name in self._found:
            return self._found[name]
        from taiga_notes.refresh.item_pages import item_of  # noqa: PLC0415  (few vaults have any)

        try:
            return item_of(self.vault.read(name).text)
        except WriteError:
            return ""


class Discard:
    """A `PageWriter` that writes nothing, for `--check` and `--diff`."""

    def replace(self, page: PageFile, text: str, written: Sequence[tuple[str, str]]) -> None:
        """Does nothing."""

    def make(self, name: str, text: str) -> None:
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


def _of_mirrors(problems: Iterable[tuple[int, TaigaNotesError]], plan: MirrorPlan) -> PageOutcome:
    """What there is to tell of mirrors as a whole."""
    from taiga_notes.refresh.compose import Problem  # noqa: PLC0415  (few vaults have any)

    told = tuple(Problem(line, error) for line, error in problems)
    return PageOutcome(MIRRORS, problems=told, lists=plan.dependencies.lists)


class _Refresh:
    """What the pages of one call of `refresh` have in common; made ready by the first of them.

    A run in which nothing changed asks for no context and no writer.
    """

    def __init__(
        self,
        context: Callable[[], RenderContext],
        writer: Callable[[], PageWriter],
        search: _ItemSearch,
        mirrors: Callable[[], Sequence[Mirror]] = tuple,
        leaves: Callable[[PageFile, Composition], bool] = lambda _page, _made: False,
    ) -> None:
        self._vault = search.vault
        self._given = context, writer
        self._cache = cache = search.cache
        self._mirrors = mirrors
        self._leaves = leaves
        self._search = search
        self._lists: Mapping[Asked, ListState] = {}
        if cache is not None:
            cache.notes = lambda: self._items.stamp

    def know(self, items: ItemPages | None, gone: Iterable[str]) -> None:
        """Takes what is known of earlier runs, and brings that up to date.

        Args:
            items: what is known; None where nothing is.
            gone: pages that were searched and not found.
        """
        if items is None:
            return
        self._items = items
        for name in gone:
            items.forget(name)
        items.look_by(self._search)
        if self._search.walked is not None:
            items.fresh()

    @cached_property
    def _items(self) -> ItemPages:
        from taiga_notes.refresh.item_pages import ItemPages  # noqa: PLC0415  (as above)

        return ItemPages(self._search)

    @cached_property
    def _context(self) -> RenderContext:
        from dataclasses import replace  # noqa: PLC0415  (a run with nothing to do needs none)

        return replace(self._given[0](), dialect=self._vault.dialect, items=self._items)

    @cached_property
    def _writer(self) -> PageWriter:
        return self._given[1]()

    @cached_property
    def _bodies(self) -> RememberedBodies:
        return self._vault.bodies()

    @cached_property
    def _shelf(self) -> BaseShelf:
        from taiga_notes.push.base_shelf import BaseShelf  # noqa: PLC0415  (as above)

        return BaseShelf(self._vault.home)

    @cached_property
    def _plan(self) -> MirrorPlan | None:
        """What mirrors give; None where the vault has none."""
        if not (mirrors := self._mirrors()):
            return None
        from taiga_notes.refresh.mirroring import planned  # noqa: PLC0415  (few vaults have any)

        return planned(mirrors, self._context)

    def item_of(self, name: str) -> str:
        """The item that a page names that was searched; empty where it names none."""
        item = self._search.of(name)
        if "_items" in vars(self):
            self._items.add(name, item)
        return item

    def outcomes(self, pages: Iterable[str], takes: Callable[[str], bool]) -> Iterator[PageOutcome]:
        """What becomes of pages that were found; see `refresh`."""
        found = [*pages]
        for number, name in enumerate(found):
            item = self.item_of(name)
            if not takes(item):
                continue
            blocks = None if self._cache is None else self._cache.blocks(name)
            if blocks is not None:
                yield PageOutcome(name, blocks=blocks)
            elif self._vault.is_template(name):
                yield PageOutcome(name, is_template=True)
            else:
                self._tell("pages", number, len(found))
                # One that was moved or deleted since it was found is no page.
                with suppress(PageGoneError):
                    yield self.refreshed(name, item)

    @cached_property
    def _tell(self) -> Callable[[str, int, int], None]:
        from taiga_notes.system import progress  # noqa: PLC0415  (as above)

        return progress.tell

    def mirrored(self) -> Iterator[PageOutcome]:
        """Asks what mirrors give, and makes the pages that are missing."""
        cache = self._cache
        if cache is not None and (
            cache.has_no_mirrors or cache.mirrors_hold(self._items.items().values())
        ):
            return
        if (plan := self._plan) is None:
            if cache is not None:
                cache.add_mirrors((), {})
            return
        problems = [*plan.problems]
        for page in self._missing(plan, problems):
            outcome = self._new_page(page)
            problems += ((page.mirror.line, each.error) for each in outcome.problems)
            if problems:
                break
            yield outcome
        if cache is not None:
            lasts = not (problems or plan.dependencies.moment)
            keys = [str(page.key) for page in plan.pages.values()]
            cache.add_mirrors(keys, plan.dependencies.lists if lasts else None)
        yield _of_mirrors(problems, plan)

    def _missing(
        self, plan: MirrorPlan, problems: list[tuple[int, TaigaNotesError]]
    ) -> Sequence[ItemPage]:
        """The items that have no page yet; none where these are too many, which is a problem."""
        from taiga_notes.model.item_key import item_key  # noqa: PLC0415  (few vaults have any)
        from taiga_notes.refresh.mirroring import too_many  # noqa: PLC0415  (the same)

        def missing(items: Iterable[str]) -> list[ItemPage]:
            known = {key.known_by for key in map(item_key, items) if key}
            return [page for number, page in plan.pages.items() if number not in known]

        if not missing(self._items.items().values()):
            return ()
        found = missing(self._items_now().values())
        most = self._context.most_new
        if len(found) <= most:
            return found
        problems.append((found[0].mirror.line, too_many(len(found), most)))
        return ()

    def _items_now(self) -> Mapping[str, str]:
        """By page, the items that pages name at this moment, and as long as the writer is ours."""
        # Only now: before we had the vault's lock, another process may have made the same pages,
        # and a page that was just moved is not to be made anew.
        _ = self._writer
        self._search.begin_anew()
        self._items.look_by(self._search)
        return self._items.fresh()

    def page_of(self, page: ItemPage) -> PageOutcome:
        """The page of an item that is made now, or the one that there is."""
        from taiga_notes.model.item_key import item_key  # noqa: PLC0415  (few vaults have any)

        for name, item in self._items_now().items():
            key = item_key(item)
            if key and key.known_by == page.key.known_by:
                return PageOutcome(name)
        return self._new_page(page)

    def _new_page(self, page: ItemPage) -> PageOutcome:
        """Makes the page of an item."""
        from taiga_notes.refresh.mirroring import called  # noqa: PLC0415  (the same)

        try:
            wanted = called(page.mirror, [page.row], self._context.templates)
            name = self._names.give(page.mirror.folder, wanted, page.marks)
            from taiga_notes.vault.writer import PageFile  # noqa: PLC0415  (the same)

            made = self._composed(PageFile(name, page.text, (0, 0, 0, 0)))
            if not made.problems:
                self._keep(name, made)
                self._writer.make(name, made.text)
                self._items.add(name, str(page.key))
        except TaigaNotesError as error:
            return _failed(MIRRORS, page.mirror.line, error)
        return PageOutcome(name, "", made.text, made.blocks, made.problems, lists=self._lists)

    @cached_property
    def _names(self) -> NewNames:
        from taiga_notes.vault.new_names import NewNames  # noqa: PLC0415  (few runs make pages)

        return NewNames(self._vault)

    def refreshed(self, name: str, item: str) -> PageOutcome:
        """Refreshes one page, which names an item or none.

        Raises:
            PageGoneError: there is no such page any more.
        """
        from taiga_notes.bake.live import overlooked as overlooked_in  # noqa: PLC0415  (as above)
        from taiga_notes.vault.writer import transform  # noqa: PLC0415  (as above)

        # Before the page is read: whoever had the vault until now may have written it.
        _ = self._context, self._writer
        self._lists = {}
        make = self._mirrored_page if item else self._composed
        try:
            page, composition = transform(name, self._vault.read, make, self._put)
        except PageGoneError:
            raise
        except (BlockError, WriteError) as error:
            line = error.line if isinstance(error, BlockError) else 1
            return _failed(name, line, error, self._lists)
        overlooked = (
            ()
            if composition.is_template
            else overlooked_in(composition.text, composition.blocks, self._context.dialect)
        )
        # Only a page that comes out as it stands: one that is written gets another stamp, and a
        # problem is to be told in the next run too.
        settled = page.text == composition.text and composition.cacheable and not overlooked
        if self._cache is not None and settled:
            self._cache.add(name, page.stamp, composition.blocks, self._lists, item)
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

    def _mirrored_page(self, page: PageFile) -> Composition:
        """Composes a page that names an item: also with the keys that mirrors own.

        Raises:
            BlockError: see `_composed`; or the keys can't be written.
            PageChangedError: see `_composed`.
            WriteError: see `_composed`.
        """
        from dataclasses import replace  # noqa: PLC0415  (as above)

        from taiga_notes.page.front_matter import is_template, read_front_matter  # noqa: PLC0415
        from taiga_notes.page.property_edit import with_properties  # noqa: PLC0415  (few pages)
        from taiga_notes.refresh.item_pages import warnings_of_form  # noqa: PLC0415  (the same)
        from taiga_notes.refresh.mirroring import Wanted, moved_along, wanted_in  # noqa: PLC0415  (the same)

        wanted = Wanted()
        told: tuple[tuple[int, str], ...] = ()

        def edited(text: str) -> str:
            nonlocal wanted, told
            if is_template(text) and not self._context.with_templates:
                return text
            held = read_front_matter(text, page.name)
            wanted, told = wanted_in(held, self._plan, self._context), warnings_of_form(text, held)
            own = wanted.properties
            text = moved_along(text, held, own, page.name, self._vault.dialect)
            return with_properties(text, own, page.name)

        made = self._composed(page, edited)
        self._lists = {**self._lists, **wanted.dependencies.lists}
        # No block says it in the page, so that every run has to.
        lasts = made.cacheable and wanted.lasts and not told
        return replace(made, cacheable=lasts, warnings=(*told, *made.warnings))

    def _composed(
        self, page: PageFile, edited: Callable[[str], str] = lambda text: text
    ) -> Composition:
        """Composes a page.

        Args:
            page: as it was read.
            edited: gives its text with other front matter.

        Raises:
            BlockError: the page as a whole is left alone.
            PageChangedError: it is another one by now.
            WriteError: somebody is writing it still, or it can't be read any more.
        """
        from taiga_notes.refresh.compose import compose  # noqa: PLC0415  (as above)

        try:
            made = compose(
                edited(page.text),
                page.name,
                self._context,
                self._bodies.of,
                lambda opener, checksum: self._shelf.find(page.name, opener, checksum),
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
            self._keep(page.name, made)
            self._writer.replace(page, made.text, made.checksums)

    def _keep(self, name: str, made: Composition) -> None:
        """Keeps what blocks hold that may be pushed."""
        # Before the page is written: a kill in between leaves a base too many, none too few.
        if made.bases and not isinstance(self._writer, Discard):
            self._shelf.add(name, made.bases)
