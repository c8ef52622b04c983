"""Three versions of a page → one: our output is no text that anybody merges.

Pure. Git merges lines, and would mix two outputs into one that nobody wrote. So before it merges,
each block's output is one word: the same in all versions where nothing but output stands there, so
that nothing conflicts, and else a word for each text, so that an edit meets another output as a
conflict and never line by line. What conflicts then is for `conflict_resolution.resolved`.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from taiga_notes.errors import BlockError
from taiga_notes.page.block_finder import Block, Ours, find_blocks
from taiga_notes.page.checksum import checksums
from taiga_notes.page.commonmark import Dialect
from taiga_notes.page.conflict_resolution import resolved
from taiga_notes.page.key_merging import with_one_value
from taiga_notes.page.markers import conflicts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    LineMerge = Callable[[str, str, str], tuple[str, bool]]
    """From ours, base and theirs to the merged text, with marks at conflicts, and whether there are
    none."""


def merged(
    ours: str,
    base: str,
    theirs: str,
    merge: LineMerge,
    *,
    reads_taiga: Ours | None = None,
    dialect: Dialect = Dialect.COMMONMARK,
    is_owned: Callable[[str], bool] = lambda _: False,
) -> tuple[str, bool]:
    """Merges a page; which side's output is taken does not matter, since it is rendered next.

    Args:
        ours: one version.
        base: what both came from.
        theirs: the other version.
        merge: merges lines.
        reads_taiga: see `block_finder.find_blocks`.
        dialect: likewise.
        is_owned: whether a key of front matter is a mirror's, and so output as well.

    Returns:
        The page, and whether no conflict is left in it.
    """
    texts = with_one_value((ours, base, theirs), is_owned)
    try:
        blocks = [find_blocks(text, ours=reads_taiga, dialect=dialect) for text in texts]
    except BlockError:
        return merge(*texts)
    words = _Words.of(texts, blocks)
    text, is_clean = merge(*(version.text for version in words.versions))
    restored = words.restored(text)
    if restored is None:
        return merge(*texts)
    if is_clean:
        return restored, True
    try:
        result = resolved(restored, ours=reads_taiga, dialect=dialect)
    except BlockError:
        return restored, False
    return result, not conflicts(result)


@dataclass(frozen=True, slots=True)
class _Version:
    """A version of the page with words in the place of its output.

    Attributes:
        text: the page.
        outputs: of the blocks with nothing but output, by the lines up to the word, what stood in
            the word's place, in the page's order.
    """

    text: str
    outputs: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class _Words:
    """The words for what is in the blocks of all versions: a stem, a number, a full stop.

    Attributes:
        stem: what all of them begin with. The one for output has no number.
        kept: by their numbers, what the other ones stand for.
        versions: the versions with words.
    """

    stem: str
    kept: list[str]
    versions: list[_Version]

    @classmethod
    def of(cls, texts: Sequence[str], blocks: Sequence[Sequence[Block]]) -> _Words:
        """Puts words in the place of what is in the blocks."""
        stem = "taiga-notes-merges"
        while any(stem in text for text in texts):
            stem += "-"
        # Where one version was edited or stays as it is, no other one's output may be taken for it.
        kept = {block.text for found in blocks for block in found if not _is_output(block)}
        numbers: dict[str, int] = {}
        versions = [
            _version(text, found, kept, stem, numbers)
            for text, found in zip(texts, blocks, strict=True)
        ]
        return cls(stem, [*numbers], versions)

    def restored(self, text: str) -> str | None:
        """A text with what the words stand for; None where an output has no place any more."""
        parts: list[str] = []
        seen: Counter[str] = Counter()
        depths = sorted({head.count("\n") for each in self.versions for head in each.outputs})
        position = 0
        for word in re.finditer(rf"{self.stem}([0-9]*)\.", text):
            if word[1]:
                raw = self.kept[int(word[1])]
            else:
                heads = _heads(text, word.start(), depths)
                head = next((each for each in heads if self._holds(each)), None)
                if head is None:
                    return None
                raw = self._output(head, seen[head])
                seen[head] += 1
            parts += text[position : word.start()], raw
            position = word.end()
        return "".join([*parts, text[position:]])

    def _holds(self, head: str) -> bool:
        return any(head in version.outputs for version in self.versions)

    def _output(self, head: str, number: int) -> str:
        """What stood below these lines in the first version that has that many of them."""
        found = [version.outputs[head] for version in self.versions if head in version.outputs]
        return next((each[number] for each in found if number < len(each)), found[0][-1])


def _is_output(block: Block) -> bool:
    """Whether nothing but our output stands in a block, and that may be another one tomorrow."""
    return not block.state and (not block.body or block.checksum in checksums(block.body))


def _version(
    text: str, blocks: Sequence[Block], kept: set[str], stem: str, numbers: dict[str, int]
) -> _Version:
    parts: list[str] = []
    outputs: dict[str, list[str]] = {}
    position, line = 0, ""
    for block in sorted(blocks, key=lambda block: block.start):
        begin = text.rfind("\n", 0, block.opens) + 1
        before = line if begin < position else ""
        head = before + text[max(begin, position) : block.start]
        raw = text[block.start : block.end]
        if block.text in kept:
            word = f"{stem}{numbers.setdefault(raw, len(numbers))}."
        else:
            word = f"{stem}."
            outputs.setdefault(head, []).append(raw)
        parts += text[position : block.start], word
        position, line = block.end, head + word
    return _Version("".join([*parts, text[position:]]), outputs)


def _heads(text: str, place: int, depths: Sequence[int]) -> Iterator[str]:
    """What stands before a place, from the beginning of its line or of lines above it."""
    begin = text.rfind("\n", 0, place)
    depth = 0
    for wanted in depths:
        while depth < wanted and begin >= 0:
            begin = text.rfind("\n", 0, begin)
            depth += 1
        yield text[begin + 1 : place]
