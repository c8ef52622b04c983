"""What is kept of all the rows of a list: a field, and where their texts stand. Pure.

A field is bytes that load many times faster than JSON objects. Four encodings, the first that fits:
an index into few distinct values (equal ones are one object again when loaded, which is most of the
memory saved), numbers, texts, JSON. Whatever is kept is sealed with a checksum: SQLite does not
notice a changed byte within a value.
"""

from __future__ import annotations

import json
import sys
from array import array
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from taiga_notes.model.rows import Path

_BYTE = 256
_SHORT = 65_536
_SAMPLE = 512
_GAP = "\0"
_NONE = type(None)


class DamagedError(Exception):
    """What was read from the store is not what was written into it."""


def seal(body: bytes, salt: str = "") -> bytes:
    """`body` behind a checksum over it and its place.

    Args:
        body: anything.
        salt: names the place: a value that strays to another one does not pass there.
    """
    # Against accidents, not against people: who can write the file can seal as well.
    return crc32(body, crc32(salt.encode())).to_bytes(4, "little") + body


def unseal(sealed: object, salt: str = "") -> bytes:
    """What was sealed.

    Raises:
        DamagedError: it is not what was sealed under this salt.
    """
    if isinstance(sealed, bytes) and seal(sealed[4:], salt)[:4] == sealed[:4]:
        return sealed[4:]
    raise DamagedError(salt)


def pack(values: Sequence[object]) -> bytes:
    """Encode a column of JSON values."""
    types = set(map(type, values))
    if len(types - {_NONE}) == 1 and types & {str, int, bool} and _repeats(values):
        packed = _pack_index(values)
        if packed:
            return packed
    if types == {int}:
        with suppress(OverflowError):
            return b"q" + _to_little_endian(array("q", values)).tobytes()  # type: ignore[arg-type]  # they are int
    if types == {str}:
        text = _GAP.join(values)  # type: ignore[arg-type]  # they are str
        if text.count(_GAP) == len(values) - 1:
            return b"T" + text.encode()
    return b"J" + json.dumps(values, separators=(",", ":")).encode()


def _repeats(values: Sequence[object]) -> bool:
    """Whether a sample promises few distinct values: most long columns of texts have none twice."""
    sample = values[: 2 * _SAMPLE]
    return len(values) < _SAMPLE or len(set(sample)) <= len(sample) // 2


def _pack_index(values: Sequence[object]) -> bytes:
    # bool, int and float never share a column here: 1, True and 1.0 are one key.
    places = {value: place for place, value in enumerate(dict.fromkeys(values))}
    if len(places) > min(_SHORT, len(values) // 2):
        return b""
    index = map(places.__getitem__, values)
    table = json.dumps(list(places), separators=(",", ":")).encode()
    size = len(table).to_bytes(4, "little")
    if len(places) <= _BYTE:
        return b"B" + size + table + bytes(index)
    return b"H" + size + table + _to_little_endian(array("H", index)).tobytes()


def unpack(packed: bytes) -> list[object]:
    """The column that was packed."""
    match packed[:1]:
        case b"J":
            values: list[object] = json.loads(packed[1:])
            return values
        case b"T":
            return list(packed[1:].decode().split(_GAP))
        case b"q":
            return list(_array("q", packed[1:]))
        # No other than B and H is left: what comes here was sealed, so it is what `pack` made.
        case code:
            end = 5 + int.from_bytes(packed[1:5], "little")
            index = _array(code.decode(), packed[end:])
            table: list[object] = json.loads(packed[5:end])
            return list(map(table.__getitem__, index))


def pack_numbers(numbers: Iterable[int]) -> bytes:
    """Encode whole numbers from 0 up to 2**32 - 1."""
    return _to_little_endian(array("I", numbers)).tobytes()


def unpack_numbers(packed: bytes) -> array[int]:
    """The numbers that were packed."""
    return _array("I", packed)


def _array(code: str, packed: bytes) -> array[int]:
    numbers = array(code)
    numbers.frombytes(packed)
    return _to_little_endian(numbers)


def _to_little_endian(numbers: array[int]) -> array[int]:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def below(values: Iterable[object], path: Path) -> list[object]:
    """What stands at `path` below each value; None where there is nothing."""
    found = list(values)
    for name in path:
        found = [value.get(name) if isinstance(value, dict) else None for value in found]
    return found


Item = Mapping[str, object]

Enrich = Callable[[Item], Item]
"""Adds the fields of `kinds.ADDED` to an item."""


def numbers() -> array[int]:
    """No numbers yet, each from 0 up to 2**32 - 1."""
    return array("I")


@dataclass(slots=True)
class ItemOffsets:
    """Where the text of each item of a list stands.

    Attributes:
        chunks: the number of the chunk that it is in.
        starts: where it begins in that chunk, in bytes.
        ends: where it ends.
        checks: its checksum.
    """

    chunks: array[int] = field(default_factory=numbers)
    starts: array[int] = field(default_factory=numbers)
    ends: array[int] = field(default_factory=numbers)
    checks: array[int] = field(default_factory=numbers)

    def __iter__(self) -> Iterator[int]:
        """All numbers, an attribute after the other."""
        return chain(self.chunks, self.starts, self.ends, self.checks)

    def extend(self, others: ItemOffsets) -> None:
        """Add the places of further items."""
        self.chunks.extend(others.chunks)
        self.starts.extend(others.starts)
        self.ends.extend(others.ends)
        self.checks.extend(others.checks)

    def picked(self, indices: Sequence[int]) -> ItemOffsets:
        """The places of these items, in this order."""
        columns = (self.chunks, self.starts, self.ends, self.checks)
        return ItemOffsets(*(array("I", map(column.__getitem__, indices)) for column in columns))

    def checked(self, text: bytes, index: int) -> bytes:
        """`text`, if it is the item's.

        Raises:
            DamagedError: it is not.
        """
        if crc32(text) == self.checks[index]:
            return text
        raise DamagedError(str(index))
