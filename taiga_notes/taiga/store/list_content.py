"""A list's rows on their way into the store: bodies in, items and columns out. Pure.

A body is cut into its items, of which only the fields in use become objects. An item's text is kept
as Taiga sent it, so nothing is encoded a second time, and its object is dropped as soon as the
wanted fields are taken: 100,000 stories never exist at once. Apart from `columns`, since a start
from the store, which only reads, should import little.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from json.scanner import make_scanner
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NoReturn, cast
from zlib import crc32

from taiga_notes.model.rows import Path
from taiga_notes.system.garbage import collection_paused
from taiga_notes.taiga.http.responses import NOT_JSON, names_halves, without_halves
from taiga_notes.taiga.store.columns import Item, ItemOffsets, below, numbers, pack, unpack

if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable, Iterable

    from taiga_notes.taiga.store.columns import Enrich

CHUNK_BYTES = 250_000
"""Of text that is read at once for one item."""

ID: Path = ("id",)
"""Where an item's number stands."""

_BLANK = re.compile(r"[ \t\n\r]*")
_GAP = re.compile(r"[ \t\n\r]*,[ \t\n\r]*")


def _refuse_constant(name: str) -> NoReturn:
    # NaN and Infinity are no JSON.
    raise ValueError(name)


# Its own type hints take no decoder, though that is what it wants.
_scan = make_scanner(cast("Any", json.JSONDecoder(parse_constant=_refuse_constant)))


@dataclass(slots=True)
class ListPage:
    """The items of one body.

    Attributes:
        offsets: of each item; see `ItemOffsets`.
        columns: the wanted values, by path; empty once they are packed.
    """

    offsets: ItemOffsets
    columns: dict[Path, list[object]]
    _packed: dict[Path, bytes] = field(default_factory=dict)

    def pack(self) -> None:
        """Hold the values as bytes from now on, which are a fifth as many."""
        self._packed |= {path: pack(values) for path, values in self.columns.items()}
        self.columns.clear()

    def column(self, path: Path) -> list[object]:
        """The values at a path."""
        return unpack(self._packed[path]) if path in self._packed else self.columns[path]


@dataclass(slots=True)
class JsonStream:
    """Reads bodies, as `Client.listing` wants it: bytes in, rows out.

    Attributes:
        paths: the values to take of each item: `id` and one or more of other fields.
        keep: see `put_away`.
        enrich: adds fields to an item first, where `paths` has such; else None.
        pages: what was read, body by body, also what turned out to be of no use.
    """

    paths: tuple[Path, ...]
    keep: Callable[[memoryview], int]
    enrich: Enrich | None = None
    pages: list[ListPage] = field(default_factory=list)

    def last(self, count: int) -> list[ListPage]:
        """The pages of the last `count` rows, or of all that there are.

        A list that changes meanwhile is begun anew; one that was begun before is but read on.
        """
        pages: list[ListPage] = []
        while count > 0 and self.pages:
            pages.append(self.pages.pop())
            count -= len(pages[-1].offsets.chunks)
        return pages[::-1]

    def __call__(self, body: bytes) -> object:
        """A row for each item of a body, with its id alone; or what else it holds; or `NOT_JSON`.

        A body with escapes that name half a character, or that is no plain ASCII, is written anew,
        so that a text's bytes and characters are the same and every string can be encoded.
        """
        try:
            if not body.isascii() or names_halves(body):
                body = plain(json.loads(body.decode("utf-8-sig"), parse_constant=_refuse_constant))
            text = body.decode()
            rows = self._rows(text, body) if text.lstrip(" \t\n\r")[:1] == "[" else None
            return json.loads(text, parse_constant=_refuse_constant) if rows is None else rows
        except (ValueError, RecursionError):
            return NOT_JSON

    def _rows(self, text: str, body: bytes) -> list[dict[str, object]] | None:
        """The rows of a body that is a list of objects, else None."""
        bounds = numbers()
        names = tuple(dict.fromkeys(path[0] for path in self.paths))
        with collection_paused():
            taken = _taken(text, bounds, taker(names), self.enrich)
            if taken is None:
                return None
            columns = zip(*taken, strict=True) if taken else ((),) * len(names)
            fields = dict(zip(names, columns, strict=True))
            # Now, and not when all pages are there: of a value within an object, such as a status'
            # name, the objects of one page at a time are enough of a burden.
            values = {path: below(fields[path[0]], path[1:]) for path in self.paths}
        # Before it is known whether the list is whole: an error undoes the transaction, and of a
        # reading that was begun anew `put_content` drops the chunks.
        if self.pages:
            # Of a list that comes in one piece there is but one page, and no reason to.
            self.pages[-1].pack()
        self.pages.append(ListPage(put_away(memoryview(body), bounds, self.keep), values))
        return [{} if number is None else {"id": number} for number in values[ID]]


def _taken(
    text: str,
    bounds: array[int],
    take: Callable[[Item], tuple[object, ...]],
    enrich: Enrich | None,
) -> list[tuple[object, ...]] | None:
    """What is taken of each item of a list's text, their places noted in `bounds`.

    One loop for all of it: this is what a first fetch spends its time on.

    Returns:
        None if some item is no object.

    Raises:
        ValueError: it is no list, or not all of one.
    """
    taken: list[tuple[object, ...]] = []
    gap = _GAP.match
    at = end = _after(text, 0, "[")
    more = text[at : at + 1] != "]"
    while more:
        try:
            item, end = _scan(text, at)
        except StopIteration:
            raise ValueError(at) from None
        if type(item) is not dict:
            return None
        bounds.append(at)
        bounds.append(end)
        taken.append(take(item if enrich is None else enrich(item)))
        between = gap(text, end)
        more = between is not None
        at = end if between is None else between.end()
    if _after(text, end, "]") != len(text):
        raise ValueError(end)
    return taken


def put_away(
    body: memoryview, bounds: Sequence[int], keep: Callable[[memoryview], int]
) -> ItemOffsets:
    """Put a body's items away, in chunks of whole items that can be read without their neighbours.

    Args:
        body: the text.
        bounds: start and end of each item in it, one after the other.
        keep: puts a chunk away and says under which number.
    """
    offsets = ItemOffsets()
    starts, ends = bounds[::2], bounds[1::2]
    first = 0
    while first < len(starts):
        base = starts[first]
        # One item at least, however long it is.
        beyond = bisect_right(ends, base + CHUNK_BYTES, lo=first + 1)
        number = keep(body[base : ends[beyond - 1]])
        pairs = list(zip(starts[first:beyond], ends[first:beyond], strict=True))
        offsets.chunks.extend([number] * len(pairs))
        offsets.starts.extend([start - base for start, _ in pairs])
        offsets.ends.extend([end - base for _, end in pairs])
        offsets.checks.extend([crc32(body[start:end]) for start, end in pairs])
        first = beyond
    return offsets


def taker(names: tuple[str, ...]) -> Callable[[Item], tuple[object, ...]]:
    """What takes the values of two or more fields, None for one that an item lacks."""
    quick = itemgetter(*names)

    def take(item: Item) -> tuple[object, ...]:
        try:
            values: tuple[object, ...] = quick(item)
        except KeyError:
            return tuple(item.get(name) for name in names)
        return values

    return take


def plain(data: object) -> bytes:
    """`data` as JSON in plain ASCII, without halves of characters."""
    return json.dumps(without_halves(data)).encode()


def _after(text: str, at: int, sign: str) -> int:
    """The place behind a sign and the blanks around it."""
    begin = _BLANK.match(text, at)
    if begin is None or text[begin.end() : begin.end() + 1] != sign:
        raise ValueError(sign)
    end = _BLANK.match(text, begin.end() + 1)
    return begin.end() + 1 if end is None else end.end()


@dataclass(frozen=True, slots=True)
class Content:
    """A list's rows, as they are written into the store.

    Attributes:
        offsets: of the items' texts.
        columns: a value a row, by path.
    """

    offsets: ItemOffsets
    columns: Mapping[Path, Sequence[object]]

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.offsets.chunks)


def joined(first: Content, second: Content) -> Content:
    """The rows of one and then those of the other, which has the columns that count."""
    offsets = ItemOffsets()
    offsets.extend(first.offsets)
    offsets.extend(second.offsets)
    columns = {path: [*first.columns[path], *below] for path, below in second.columns.items()}
    return Content(offsets, columns)


@dataclass(frozen=True, slots=True)
class _GatheredColumns(Mapping[Path, Sequence[object]]):
    """The columns of pages, each put together when it is asked for: one at a time is large."""

    pages: Sequence[ListPage]
    paths: tuple[Path, ...]

    def __getitem__(self, path: Path, /) -> list[object]:
        if path not in self.paths:
            raise KeyError(path)
        return [value for page in self.pages for value in page.column(path)]

    def __iter__(self) -> Iterator[Path]:
        return iter(self.paths)

    def __len__(self) -> int:
        return len(self.paths)


def gather(pages: Sequence[ListPage], paths: Iterable[Path]) -> Content:
    """The rows of a list's pages together.

    Args:
        pages: read with these paths.
        paths: of the columns to make.
    """
    offsets = ItemOffsets()
    for page in pages:
        offsets.extend(page.offsets)
    return Content(offsets, _GatheredColumns(pages, tuple(paths)))
