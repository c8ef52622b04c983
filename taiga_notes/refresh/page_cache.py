"""What the last runs found out about a vault's pages, so that they need not be looked at again.

    plain     pages without blocks, by their stamps alone
    settled   pages whose blocks were rendered and did not change

A settled page stays so as long as these are the same: its own stamp, the `fingerprint` of all else
that decides what it holds, and the lists that its blocks asked for. Lists are held against Taiga by
their stamps; in a run that asks nobody, the unchanged files of the store answer for them, and for
some minutes Taiga itself, by the very answers that it gave when they were held against it.

All of this is a cache, in one file a vault. What is not remembered is looked at; a file that is
missing, of another version or damaged in any way costs one slow run, and no more. Two processes
that write it at once cost as much: the later one wins, and all that it wrote is true.
"""

from __future__ import annotations

import math
import os
from contextlib import suppress
from zlib import crc32

from taiga_notes.errors import SourceError
from taiga_notes.refresh.fingerprint import as_text, older, stamps
from taiga_notes.system import clock
from taiga_notes.system.files import Stamp, stamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from taiga_notes.model.rows import Source
    from taiga_notes.refresh.dependencies import Asked, ListState
    from taiga_notes.refresh.fingerprint import Deciding, Stamps

    StampedList = str

    """A list's parts, or those of a request for what lists leave out, and its stamp, as JSON."""

    SettledPage = list[Any]

    """The file's stamp as text, how many blocks it has, the item that it names, and each
    `StampedList` that they asked for: so simple that it is in the file just as it is here."""

    SettledMirrors = dict[str, list[str]]

    """The items to which mirrors gave pages, and each `StampedList` that they asked for."""

    KnownAnswer = Any
    """A request and its answer, see `taiga.http.known_answers`: so simple as `SettledPage`."""


TICK = 2_000_000_000
"""Nanoseconds: the coarsest clock of a file system (FAT's). A page that changed so shortly before
we looked may change again without its stamp showing it, and is not remembered (git calls such
entries racily clean)."""

FINE_TICK = 100_000_000
"""The same where a page's own stamp shows that the clock is finer: both its times have fractions of
a second. No kernel's clock ticks less than 64 times a second (Windows'; Linux has 100 to 1,000)."""

_SECOND = 1_000_000_000

_TELLS_INODES = os.name != "nt"

LARGEST = 64 * 1024 * 1024
"""Bytes of the largest file that is loaded: pages by the million."""

SLACK = 100
"""How many plain pages that are gone are kept in mind at least, for the file need not be written
each time that one goes."""

_NOTES = '["notes", '
"""What a `StampedList` begins with that is of the vault's own pages, `dependencies.NOTES`."""

_LISTS = 3
"""The place of the first list in a `SettledPage`."""

_MAGIC = b"taiga-notes pages 6\n".ljust(24) + hash((1, 2**40, 3)).to_bytes(8, "little", signed=True)
"""With a number by which we see that Python makes the same ones of the same stamps."""

_SUM, _LENGTH = 4, 8
"""Bytes of the checksum behind it, of all that follows; and of the length of what is settled."""


class KnownStore:
    """The state of Taiga's store in which its lists are known.

    Attributes:
        files: the store, and what says whose it is.
        age: how old its rows are, in words.
        since: when the oldest of them was held against Taiga, in Unix seconds.
        until: up to when they count as current.
        lists: those that are in it just so.
    """

    def __init__(
        self,
        files: Stamps,
        age: str = "",
        since: float = 0.0,
        until: float = 0.0,
        lists: Sequence[StampedList] = (),
    ) -> None:
        self.files = files
        self.age = age
        self.since = since
        self.until = until
        self.lists = lists


class KnownAnswers:
    """What Taiga answered to all that was asked of it when its lists were as they are known.

    Attributes:
        files: what says who asks.
        answers: request by request; none where there is nothing to be relied on.
        since: when that was, in Unix seconds.
        until: up to when nobody need look more closely.
        lists: those that were just so.
    """

    def __init__(
        self,
        files: Stamps,
        answers: Sequence[KnownAnswer] = (),
        since: float = 0.0,
        until: float = 0.0,
        lists: Sequence[StampedList] = (),
    ) -> None:
        self.files = files
        self.answers = answers
        self.since = since
        self.until = until
        self.lists = lists


NOTHING_SAID = KnownAnswers({})
"""No answers that can be relied on."""


class Settled:
    """What is known of settled pages: in the file, its attributes are a JSON object.

    Attributes:
        words: with which they were settled, see `fingerprint.run_words`.
        files: the same, see `fingerprint.deciding_files`.
        exclude: the vault's exclusions.
        zone: its time zone; empty for the machine's.
        pages: by name.
        store: Taiga's store; without files where there is none to be relied on.
        said: what Taiga answered.
        mirrors: what the vault's mirrors came to; empty where it has none, None where that is not
            known.
    """

    def __init__(
        self,
        words: list[str],
        files: Stamps,
        exclude: Sequence[str],
        pages: dict[str, SettledPage],
        store: KnownStore,
        *,
        said: KnownAnswers,
        zone: str,
        mirrors: SettledMirrors | None = None,
    ) -> None:
        self.words = words
        self.files = files
        self.exclude = exclude
        self.zone = zone
        self.pages = pages
        self.store = store
        self.said = said
        self.mirrors = mirrors

    @classmethod
    def none(cls) -> Settled:
        """Nothing."""
        return cls([], {}, (), {}, KnownStore({}), said=NOTHING_SAID, zone="")

    @classmethod
    def read(cls, text: bytes) -> Settled:
        """What `text` wrote; nothing where that can't be read, or is that of another version."""
        if not text:
            return cls.none()
        from json import loads  # noqa: PLC0415  (where no page is settled, there is nothing to read)

        try:
            found = loads(text)
            store, said = KnownStore(**found["store"]), KnownAnswers(**found["said"])
            return cls(**{**found, "store": store, "said": said})
        except (ValueError, TypeError, LookupError, RecursionError):
            return cls.none()

    def text(self) -> bytes:
        """As it is written."""
        from json import dumps  # noqa: PLC0415  (seldom needed)

        return dumps(self, default=vars).encode()


class PageCache:
    """What is remembered of one vault, loaded when made.

    Args:
        path: the file; it need not exist and may hold anything.
        words: gives what `fingerprint.run_words` does for a time zone.
        source: gives whom to ask for lists; called once one has to be asked for.
        now: when the run begins, in Unix seconds: the store answers for what is current still.
            None where it answers for everything, as nobody else is to be asked; infinite where it
            answers for nothing.
        watch: the status of the vault's watch, see `watch.events`; it need not exist. To whom young
            rows are current, pages are that a watch held against Taiga not longer ago, if it asks
            as we do: as the same, and by settings that were there when it read its own.
        asker: tells who we are, see `asker`; called where a watch may have looked.
        asks: tells whether Taiga gives these answers, now; called once at most, if a list is to be
            held against it. None where that is of no use.

    Attributes:
        whole: set once the whole vault has been walked: pages that were not met are then forgotten.
        holds: whether the fingerprint is that with which pages were remembered.
        trusts: whether the store is the one that was looked at then, so that nobody need be asked.
        exclude: the vault's exclusions, if the fingerprint holds.
        age: how old the store's rows are, in words, if it is trusted.
        notes: gives the stamp of the pages that name items, `ItemPages.stamp`.
    """

    def __init__(
        self,
        path: str,
        words: Callable[[str], list[str]],
        source: Callable[[], Source],
        now: float | None = math.inf,
        *,
        watch: str = "",
        asker: Callable[[], str] = str,
        asks: Callable[[Sequence[KnownAnswer]], bool] | None = None,
    ) -> None:
        self._path = path
        begun = clock.nanoseconds()
        self._before, self._shortly_before = begun - TICK, begun - FINE_TICK
        self._words = words
        self._source = source
        self._text, self._plain = _read(path)
        self._kept: list[int] = []
        self._fresh: list[int] = []
        self.whole = False
        known = Settled.read(self._text)
        self.holds = self._has_words(known) and known.files == stamps(known.files)
        self._known = known if self.holds else Settled.none()
        store = self._known.store
        current = now is None or store.since <= now < store.until
        self.trusts = current and bool(store.files) and store.files == stamps(store.files)
        self.exclude = self._known.exclude
        self.age = store.age if self.trusts else ""
        self._is_watched = False
        if watch and now is not None and not self.trusts and store.since < store.until:
            looked = _true_at(watch, asker, self._known.files)
            self._is_watched = looked <= now < looked + store.until - store.since
            self.age = clock.age(looked) if self._is_watched else ""
        self._met: dict[str, SettledPage] = {}
        self._same = dict.fromkeys(store.lists, True) if self.trusts else {}
        self._asks = asks
        self._said = self._said_at(now) if asks else NOTHING_SAID
        self._says_same: bool | None = None
        self._mirrors = self._known.mirrors
        self.notes: Callable[[], str] = str

    def _has_words(self, known: Settled) -> bool:
        try:
            return known.words == self._words(known.zone)
        except (LookupError, ValueError, OSError):
            # The tables of time zones are gone, or another's: whoever reads the settings says so.
            return False

    def _said_at(self, now: float | None) -> KnownAnswers:
        """What Taiga answered, if that can be relied on at a time."""
        said = self._known.said
        holds = now is not None and said.since <= now < said.until
        return said if holds and said.files == stamps(said.files) else NOTHING_SAID

    def unknown(self, entries: list[os.DirEntry[str]]) -> list[os.DirEntry[str]]:
        """Those that are not known to be plain pages."""
        known, keep = self._plain, self._kept.append
        if not known:
            return entries
        rest = []
        for entry in entries:
            try:
                # Of whole numbers alone, whose hash every process agrees on; a text's is another
                # each time.
                number = hash(stamp(entry.stat()))
            except OSError:
                rest.append(entry)
                continue
            if number in known:
                keep(number)
            else:
                rest.append(entry)
        return rest

    def add_plain(self, stamp: Stamp) -> None:
        """Remembers a page without blocks.

        One number a page: no names, so that 10,000 load in less than a millisecond, and a page
        that moves is still known.
        """
        # Where folders do not tell inodes, too much would look alike.
        if self._is_old(stamp) and stamp[3] and _TELLS_INODES:
            self._fresh.append(hash(stamp))

    def _is_old(self, stamp: Stamp) -> bool:
        """Whether a page that changes after we looked gets another stamp."""
        modified, changed = stamp[0], stamp[1]
        if modified < self._before and changed < self._before:
            return True
        # Of a coarse clock one of the two may have a fraction: FAT has seconds for changes, and
        # hundredths for when a file was made, which Windows gives as ctime.
        is_fine = modified % _SECOND and changed % _SECOND
        before = self._shortly_before
        return bool(is_fine) and modified < before and changed < before

    def is_settled(self, name: str, status: Callable[[], os.stat_result]) -> bool:
        """Whether a page was settled the last time and is still the same.

        Args:
            name: the page's.
            status: gives the file's status; called where the page was settled.

        Raises:
            OSError: as `status` does.
        """
        page = self._known.pages.get(name)
        if page is None or page[0] != as_text(stamp(status())):
            # It may have to be rendered, for which Taiga is asked more than that.
            self._said = NOTHING_SAID
            return False
        self._met[name] = page
        return True

    def blocks(self, name: str) -> int | None:
        """How many blocks a page has that need not be rendered; None if it has to be.

        Args:
            name: of a page that a search came upon.
        """
        page = self._met.get(name)
        if page is None:
            return None
        blocks: int = page[1]
        if all(map(self._is_same, page[_LISTS:])):
            return blocks
        del self._met[name]
        return None

    def item(self, name: str) -> str | None:
        """The item that a page names, empty for none; None where that is to be looked for."""
        page = self._met.get(name)
        return None if page is None else page[2]

    @property
    def has_no_mirrors(self) -> bool:
        """Whether it is known that the vault has none."""
        return self.holds and self._mirrors == {}

    def mirrors_hold(self, items: Iterable[str]) -> bool:
        """Whether mirrors would give what they gave, and each item has its page.

        Args:
            items: those that pages name.
        """
        known = self._mirrors if self.holds else None
        if known is None:
            return False
        missing = {*known.get("items", ())}.difference(items)
        return not missing and all(map(self._is_same, known.get("lists", ())))

    def add_mirrors(self, items: Iterable[str], lists: Mapping[Asked, ListState] | None) -> None:
        """Remembers what mirrors came to.

        Args:
            items: those to which they gave pages.
            lists: what they asked for, and what that was like; None where they are to be asked
                the next time again.
        """
        self._mirrors = None
        if lists is not None:
            stamped = [_stamped(each, state) for each, state in lists.items() if state]
            self._same.update(dict.fromkeys(stamped, True))
            self._mirrors = {"items": [*items], "lists": stamped} if items or lists else {}

    def add(
        self,
        name: str,
        stamp: Stamp,
        blocks: int,
        lists: Mapping[Asked, ListState],
        item: str = "",
    ) -> None:
        """Remembers a page that was rendered and did not change.

        Args:
            name: the page's.
            stamp: the file's when it was read.
            blocks: how many it has.
            lists: what they asked for, and what that was like.
            item: the one that it names.
        """
        if not self._is_old(stamp):
            return
        # Rows without a stamp are a file's, which is part of the fingerprint.
        stamped = [_stamped(each, state) for each, state in lists.items() if state]
        self._same.update(dict.fromkeys(stamped, True))
        self._met[name] = [as_text(stamp), blocks, item, *stamped]

    def save(
        self,
        deciding: Callable[[], Deciding],
        store: KnownStore | None = None,
        said: KnownAnswers | None = None,
    ) -> None:
        """Writes what is new, if it can be relied on: nothing changed while the run was at it.

        Args:
            deciding: called where it is not known yet.
            store: Taiga's, if lists were looked at there that may be relied on later.
            said: what Taiga answered to whoever looked there; None where nobody did.
        """
        plain, settled = self._new_plain(), self._new_settled(deciding, store, said)
        if plain is None and settled is None:
            return
        text = self._text if settled is None else settled.text()
        _write(self._path, text, [*self._plain] if plain is None else plain)

    def _new_plain(self) -> list[int] | None:
        """The numbers of plain pages, if it is worth writing them."""
        if not self.whole:
            return [*self._plain, *self._fresh] if self._fresh else None
        # Of a vault that was walked twice, each page once.
        numbers = [*{*self._kept, *self._fresh}]
        stale = len(self._plain) > 2 * len(numbers) + SLACK
        return numbers if self._fresh or stale else None

    def _new_settled(
        self,
        deciding: Callable[[], Deciding],
        store: KnownStore | None,
        said: KnownAnswers | None,
    ) -> Settled | None:
        """What is settled, if it is worth writing and can be relied on."""
        old = self._known
        pages = self._met if self.whole else old.pages | self._met
        same = pages == old.pages and (self._mirrors or {}) == (old.mirrors or {})
        answered = self._new_said(said)
        is_news = [*answered.answers] != [*old.said.answers] or answered.since > old.said.since
        if same and not is_news and (self.trusts or store is None or not pages):
            return None
        files, exclude, zone = (old.files, old.exclude, old.zone) if self.holds else deciding()
        now = stamps(files)
        # A setting or template that changed while the run was at it: which pages saw the new one
        # can't be told, and none is remembered.
        if not older(now.values(), self._before) or (self.holds and now != old.files):
            return None
        kept = self._new_store(store)
        words = self._words(zone)
        return Settled(
            words, now, exclude, pages, kept, said=answered, zone=zone, mirrors=self._mirrors
        )

    def _new_said(self, found: KnownAnswers | None) -> KnownAnswers:
        """What is to be remembered of Taiga's answers."""
        if found is None:
            return self._known.said
        # Not where both ways were gone: what was asked in earnest does not tell of all lists.
        if self._says_same or not found.answers or not older(found.files.values(), self._before):
            return NOTHING_SAID
        return KnownAnswers(
            found.files, found.answers, found.since, found.until, self._lists_held()
        )

    def _lists_held(self) -> list[StampedList]:
        """The lists that are as they were, the vault's own left out."""
        known = self._same.items()
        return [each for each, is_same in known if is_same and not each.startswith(_NOTES)]

    def _new_store(self, found: KnownStore | None) -> KnownStore:
        """What is to be remembered of the store: as old as the oldest that was relied on."""
        relied = self._known.store if self.trusts else None
        stores = [store for store in (found, relied) if store is not None]
        if not stores or not older(stores[0].files.values(), self._before):
            return KnownStore({})
        # The oldest: a run that asked for one list must not make the others look as fresh.
        oldest = min(stores, key=lambda store: store.since)
        return KnownStore(
            stores[0].files, oldest.age, oldest.since, oldest.until, self._lists_held()
        )

    def _is_same(self, known: StampedList) -> bool:
        """Whether a list is the one that it was."""
        if known.startswith(_NOTES):
            return _asked_of(known)[1] == self.notes()
        if self._is_watched:
            return True
        if known not in self._same and known in self._said.lists:
            self._ask_again()
        if known not in self._same:
            from taiga_notes.refresh.dependencies import stamp_of  # noqa: PLC0415  (only to ask)

            asked, stamp = _asked_of(known)
            try:
                self._same[known] = stamp_of(self._source(), asked) == stamp
            except SourceError:
                # Whatever it is, the page is to tell of it.
                self._same[known] = False
        return self._same[known]

    def _ask_again(self) -> None:
        """Whether Taiga says what it said, for all of its lists at once.

        Not for a part of the vault: a page asks for its own lists alone.
        """
        said, self._said = self._said, NOTHING_SAID
        needed = {each for page in self._met.values() for each in page[_LISTS:]}
        needed.update((self._mirrors or {}).get("lists", ()))
        if not self._asks or not needed.issuperset(said.lists):
            return
        self._says_same = self._asks(said.answers)
        if self._says_same:
            self._same.update(dict.fromkeys(said.lists, True))


def _stamped(asked: Asked, stamp: str) -> StampedList:
    from json import dumps  # noqa: PLC0415  (as above)

    from taiga_notes.model.rows import Listing  # noqa: PLC0415  (as in `_is_same`)

    if isinstance(asked, Listing):
        return dumps([asked.kind, asked.project, asked.filters, asked.path, asked.server, stamp])
    return dumps([asked.kind, asked.project, asked.piece, asked.items, asked.server, stamp])


def _asked_of(known: StampedList) -> tuple[Asked, str]:
    """What was asked for, and the stamp that it had."""
    from json import loads  # noqa: PLC0415  (as above)

    from taiga_notes.model.details import DetailRequest  # noqa: PLC0415  (as in `_is_same`)
    from taiga_notes.model.rows import Listing  # noqa: PLC0415  (the same)

    kind, project, *others, server, stamp = loads(known)
    if isinstance(others[0], str):
        piece, items = others
        return DetailRequest(kind, project, piece, tuple(items), server), stamp
    filters, path = others
    if isinstance(project, list):
        project = tuple(project)
    return Listing(kind, project, tuple(map(tuple, filters)), path, server), stamp


def _true_at(path: str, asker: Callable[[], str], files: Stamps) -> float:
    """When a watch last held all pages against Taiga as we would, in Unix seconds.

    Args:
        path: its status.
        asker: see `PageCache`.
        files: those that decide what pages hold.

    Returns:
        Infinite for never.
    """
    from json import loads  # noqa: PLC0415  (as above)

    try:
        with open(path, "rb") as file:
            found = loads(file.read(LARGEST))
        moment, made_at = found["true_at"], int(found["made_at"] * _SECOND)
        is_ours = found["asker"] == asker() and older(files.values(), made_at)
    except (OSError, ValueError, TypeError, LookupError, RecursionError, OverflowError):
        return math.inf
    return moment if is_ours and isinstance(moment, float) else math.inf


def _read(path: str) -> tuple[bytes, set[int]]:
    """What a file says of settled pages, and the numbers of plain ones."""
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST)
    except OSError:
        return b"", set()
    begin = len(_MAGIC) + _SUM
    body = data[begin:]
    # Torn, or another version's: nothing is remembered then, and each page is looked at.
    if data[:begin] != _MAGIC + _sum(body):
        return b"", set()
    end = _LENGTH + int.from_bytes(body[:_LENGTH], "little")
    return body[_LENGTH:end], set(memoryview(body)[end:].cast("q"))


def _write(path: str, text: bytes, numbers: list[int]) -> None:
    from array import array  # noqa: PLC0415  (seldom needed)

    from taiga_notes.system.atomic_write import write_cache  # noqa: PLC0415  (as above)
    from taiga_notes.system.folders import PRIVATE, make_folder  # noqa: PLC0415  (as above)

    with suppress(OSError):  # where there can be no folder, there is no file
        make_folder(os.path.dirname(path), PRIVATE)
    body = len(text).to_bytes(_LENGTH, "little") + text + array("q", numbers).tobytes()
    write_cache(path, _MAGIC + _sum(body) + body)


def _sum(data: bytes) -> bytes:
    return crc32(data).to_bytes(_SUM, "little")
