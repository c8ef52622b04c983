"""What a person changed in a block: ticks, cells, new lines; all else is told, and never sent.

Pure. A line counts if it differs from what we wrote in this and in nothing else. It is found by its
exact text, else by being the only such line, else it is refused. A missing line is no deletion.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING

from taiga_notes.markdown.text import inert
from taiga_notes.page.checksum import visible
from taiga_notes.page.layout import LINE_END
from taiga_notes.push.base import links
from taiga_notes.push.pushable import DONE, NEW, PUSHABLES, has_field
from taiga_notes.push.units import same_text, units, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from taiga_notes.push.base import RenderedItem
    from taiga_notes.push.pushable import Pushable
    from taiga_notes.push.units import Unit

_OPEN, _CLOSED = " ", "x"
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])|&#?\w+;")
_NOT_TYPED = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
"""Invisible characters, those by which we part strangers' text among them. Not of these are joiners
and variation selectors: emoji, and words of some scripts, are others without them."""

_NO_TEXT = re.compile(r"\[[ \txX]?\]|[-*+](?:[ \t]|$)")
"""A box that lacks its blank, or a second one; the marker of a list below."""

_ANY_LINK = re.compile(r"\]\(|\]\[|\[\[|<?\bhttps?://|\bwww\.|<[^<>\s]+@[^<>\s]+>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Tick:
    """A box that was ticked, or emptied.

    Attributes:
        line: of the body, counted from 0; so for all edits.
        item: whose it is.
        closes: whether it was ticked.
    """

    line: int
    item: RenderedItem
    closes: bool


@dataclass(frozen=True, slots=True)
class CellEdit:
    """A cell of a column that shows a field as it is.

    Attributes:
        line: see `Tick`.
        item: whose row it is.
        field: what the column shows.
        was: what the cell said, as plain text.
        text: what it says now.
    """

    line: int
    item: RenderedItem
    field: Pushable
    was: str
    text: str


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line for an item that is to be made.

    Attributes:
        line: see `Tick`.
        text: what it says, as plain text.
    """

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Unsendable:
    """What was changed, and can't be sent.

    Attributes:
        line: see `Tick`; of a missing line, of the body's first.
        reason: why not.
        shown: the line, or what is missing.
        is_missing: whether it is a line that is not there any more: nothing is lost with it.
    """

    line: int
    reason: str
    shown: str
    is_missing: bool = False


Edit = Tick | CellEdit | NewLine | Unsendable


def edits_of(
    before: str, body: str, items: Iterable[RenderedItem], pushed: Sequence[str]
) -> list[Edit]:
    """What was changed in a body, in the order of its lines.

    Args:
        before: the body as we wrote it.
        body: as it is now.
        items: those to which it had links.
        pushed: the words of the block's clause `push`.
    """
    found = _Comparison(units(before), units(body), {item.url: item for item in items}, pushed)
    return sorted(found.edits(), key=lambda edit: edit.line)


def key_of(edit: Edit) -> str:
    """What an edit is known by among its block's; empty of what can't be sent."""
    # No line number: others may come and go above it; nor more than words, as formatters change it.
    match edit:
        case Tick(item=item, closes=closes):
            return f"{item.url} {DONE} {'closed' if closes else 'open'}"
        case CellEdit(item=item, field=field, text=text):
            return f"{item.url} {field.word} {text}"
        case NewLine(text=text):
            return f"+ {words(visible(text))}"
        case Unsendable():
            return ""


def taken_back(body: str, edits: Sequence[Edit], sent: Iterable[str]) -> list[Unsendable]:
    """What was sent of a body, and stands in it no more, though the line of its item does.

    Args:
        body: as it is now.
        edits: what is changed in it.
        sent: by `key_of`, what is in Taiga.
    """
    # A line that was changed in more ways is told already.
    told = {edit.line for edit in edits if isinstance(edit, Unsendable) and not edit.is_missing}
    known = {_field_of(key_of(edit)) for edit in edits}
    gone = {field[0] for key in sent if (field := _field_of(key)) not in known}
    return [
        Unsendable(place, _TAKEN_BACK, _shown(line))
        for place, line in enumerate(LINE_END.split(body))
        if place not in told and not gone.isdisjoint(links(line))
    ]


def _field_of(key: str) -> tuple[str, str]:
    """The address of the item that an edit is of, and the clause's word for its field."""
    url, _, rest = key.partition(" ")
    return url, rest.partition(" ")[0]


def plain(text: str) -> str:
    """Markdown of one line as the text that it shows, as far as people write such."""
    # In one go: what is escaped begins no entity, nor does what an entity stands for.
    return _NOT_TYPED.sub(
        "", _ESCAPE.sub(lambda found: found[1] or unescape(found[0]), text)
    ).strip()


class _Comparison:
    """Two bodies, unit by unit."""

    def __init__(
        self,
        before: list[Unit],
        now: list[Unit],
        items: dict[str, RenderedItem],
        pushed: Sequence[str],
    ) -> None:
        self.before = before
        self.now = now
        self.items = items
        self.pushed = pushed
        self.indents: set[tuple[int, int]] = set()
        self.left, self.changed = self._without_equals()
        self.stems = Counter(unit.stem for unit in before)
        self.lines = Counter(unit.stem for unit in now)

    def _without_equals(self) -> tuple[list[Unit], list[Unit]]:
        """What is not in both: of before, and of now."""
        waiting = Counter(unit.key for unit in self.before)
        changed = []
        for unit in self.now:
            if waiting[unit.key] > 0:
                waiting[unit.key] -= 1
                self._note_place(unit)
            else:
                changed.append(unit)
        left = []
        # The first of equal ones are those that are still there.
        for unit in reversed(self.before):
            if waiting[unit.key] > 0:
                waiting[unit.key] -= 1
                left.append(unit)
        return left[::-1], changed

    def _note_place(self, unit: Unit) -> None:
        if unit.marker and self._own(unit):
            self.indents.add((unit.quotes, unit.indent))

    def _own(self, unit: Unit) -> list[RenderedItem]:
        """The items of ours to which a unit has links."""
        return [self.items[url] for url in links(unit.text) if url in self.items]

    def edits(self) -> list[Edit]:
        found: list[Edit] = []
        rest: list[Unit] = []
        for unit in self.changed:
            # All that is proved comes first: a line that is found by its text must not be taken
            # away by one that is merely like it.
            edits = self._cells(unit) if unit.cells is not None else self._tick(unit)
            found += edits
            if not edits:
                rest.append(unit)
        # An editor begins another item below one; while that is empty, nothing is lost with it.
        rest = [unit for unit in rest if not unit.marker or plain(unit.text)]
        lines = Counter(words(unit.text) for unit in rest)
        for unit in rest:
            found.append(self._other(unit, lines))
        return [*found, *map(self._missing, self.left)]

    def _tick(self, unit: Unit) -> list[Edit]:
        """The edit, if a unit is a line of ours with another box."""
        if unit.box is None:
            return []
        old = self._before_tick(unit)
        if old is None:
            return []
        self.left.remove(old)
        self._note_place(unit)
        # Refused rather than guessed: the wrong item would be closed, and the page would look
        # right.
        if self.stems[old.stem] > 1 or self.lines[unit.stem] > 1:
            return [_refused(unit, "the same line stands here twice: which one is meant?")]
        own = self._own(old)
        if len(own) != 1:
            many = "several links to items" if own else "no link to an item"
            return [_refused(unit, f"the line has {many} that this block wrote")]
        if unit.box not in {" ", "x", "X"}:
            return [_refused(unit, f"[{unit.box}] is neither open nor done")]
        if DONE not in self.pushed:
            return [_refused(unit, _not_said(DONE, "ticks"))]
        return [Tick(unit.line, own[0], closes=unit.box != _OPEN)]

    def _before_tick(self, unit: Unit) -> Unit | None:
        """The line of ours that it was: with its exact text, else without the day of a tick."""
        for stem in (unit.stem, unit.bare_stem):
            for old in self.left:
                if old.cells is None and old.stem == stem:
                    return old
        return None

    def _cells(self, unit: Unit) -> list[Edit]:
        """The edits in a table's row, one for each cell that says something else."""
        own = self._own(unit)
        if len(own) != 1:
            return []
        item = own[0]
        rows = [old for old in self.before if old.cells is not None and item in self._own(old)]
        lines = [row for row in self.now if row.cells is not None and item in self._own(row)]
        if len(rows) != 1 or rows[0] not in self.left:
            return [_refused(unit, f"#{item.ref} stands here twice: which row is meant?")]
        self.left.remove(rows[0])
        if len(lines) > 1:
            return [_refused(unit, f"#{item.ref} stands here twice: which row is meant?")]
        head, old_head = _head(self.now, unit), _head(self.before, rows[0])
        if head is None or old_head is None or head.stem != old_head.stem:
            return [_refused(unit, "the table's columns are not those that we wrote")]
        return [*self._cell_edits(unit, rows[0], old_head, item)]

    def _cell_edits(self, unit: Unit, old: Unit, head: Unit, item: RenderedItem) -> Iterable[Edit]:
        cells, before, names = unit.cells or (), old.cells or (), head.cells or ()
        # A pipe more or less moves all cells behind it, and each would pass for an edit of its
        # neighbour.
        if len(cells) != len(before) or len(before) != len(names):
            yield _refused(unit, "the row has not as many cells as the table has columns")
            return
        for place, (was, text) in enumerate(zip(before, cells, strict=True)):
            if words(was) != words(text):
                yield self._cell_edit(unit, item, (head, place), plain(was), plain(text))

    def _cell_edit(
        self, unit: Unit, item: RenderedItem, column: tuple[Unit, int], was: str, text: str
    ) -> Edit:
        head, place = column
        heading = plain((head.cells or ())[place])
        field = next((each for each in PUSHABLES if heading.lower() in each.headings), None)
        if field is None:
            return _refused(unit, f"the column {heading!r} can't be pushed", text)
        if not self._is_bare(head, place, field):
            return _refused(
                unit, f"{heading!r} shows something computed, which can't be pushed", text
            )
        if not has_field(item.kind, field.raw):
            return _refused(unit, f"{item.kind} have no {field.noun}", text)
        if field.word not in self.pushed:
            return _refused(unit, _not_said(field.word, f"the {field.noun}"), text)
        return CellEdit(unit.line, item, field, was, text)

    def _is_bare(self, head: Unit, place: int, field: Pushable) -> bool:
        """Whether each row's cell is the item's own field, as it was when the block was written."""
        # All rows, not this one alone: what a template computes may equal the field in one by
        # chance.
        for row in self.before:
            if row.table != head.table or row is head or row.cells is None:
                continue
            own = self._own(row)
            cell = row.cells[place] if place < len(row.cells) else ""
            if len(own) == 1 and not same_text(cell, inert(own[0].shown.get(field.name, ""))):
                return False
        return True

    def _other(self, unit: Unit, lines: Counter[str]) -> Edit:
        """A line that is new, or that was changed in more than one way."""
        own = self._own(unit)
        for item in own:
            old = next((each for each in self.left if item in self._own(each)), None)
            if old is not None:
                self.left.remove(old)
                return _refused(unit, _CHANGED)
        if own:
            return _refused(unit, f"#{own[0].ref} stands in this block already")
        if unit.cells is not None:
            return _refused(unit, "a table's rows are Taiga's: write a list's line for a new item")
        if not unit.marker or unit.is_code:
            return _refused(unit, "a remark is not sent: write it outside of the block")
        # It may be a line that was copied from another block: its item exists, and would be made a
        # second time.
        if _ANY_LINK.search(visible(unit.text)):
            return _refused(unit, "it has a link that this block did not write")
        return self._new(unit, lines)

    def _new(self, unit: Unit, lines: Counter[str]) -> Edit:
        old = next((each for each in self.left if _is_like(each, unit)), None)
        text = plain(unit.text)
        reason = ""
        if old is not None:
            # A line of ours whose link or number is gone.
            self.left.remove(old)
            reason = _CHANGED
        elif NEW not in self.pushed:
            reason = _not_said(NEW, "new lines")
        elif unit.marker != "-":
            reason = "a new item begins with a hyphen"
        elif _NO_TEXT.match(unit.text):
            reason = "what it begins with is neither a box, [ ] and a blank, nor text"
        elif unit.box not in {None, _OPEN}:
            reason = "a new item is open: write [ ], and tick it once it is there"
        elif (unit.quotes, unit.indent) not in (self.indents or {(unit.quotes, 0)}):
            reason = "it is not indented as the block's items are"
        elif lines[words(unit.text)] > 1:
            reason = "the same line stands here twice"
        return _refused(unit, reason) if reason else NewLine(unit.line, text)

    def _missing(self, unit: Unit) -> Edit:
        reason = "the line is missing, and nothing is deleted for that"
        # Never a deletion: lines also go by a bad merge, a filter of an editor, half a paste.
        return Unsendable(0, reason, _shown(unit.text), is_missing=True)


_TAKEN_BACK = (
    "it was sent, and to take it back here changes nothing in Taiga: change it there, or "
    "`taiga-notes push --undo`; here put it as it was sent"
)
_CHANGED = "more than its box was changed: only ticks, cells and new lines are sent"


def _is_like(old: Unit, unit: Unit) -> bool:
    """Whether a line may be one of ours without its link."""
    label = re.sub(r"\[|\]\([^()]*\)", "", old.text)
    return bool(links(old.text)) and old.box is not None and same_text(label, unit.text)


def _head(all_units: Sequence[Unit], row: Unit) -> Unit | None:
    head = next((each for each in all_units if row.table and each.table == row.table), None)
    return None if head is row else head


def _refused(unit: Unit, reason: str, shown: str = "") -> Unsendable:
    return Unsendable(unit.line, reason, shown or _shown(unit.text))


def _not_said(word: str, what: str) -> str:
    return f"the block does not push {what}: add {word} to its clause push"


def _shown(text: str) -> str:
    """A line as a message shows it: its links by their text."""
    most = 80
    text = " ".join(plain(re.sub(r"\]\([^()]*\)", "]", text)).split())
    return text if len(text) <= most else f"{text[: most - 1]}…"
