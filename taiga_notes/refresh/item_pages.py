"""Which pages of a vault are of which items of Taiga: told by a key of their front matter.

So a page is found wherever it was moved, and whatever it was called.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from zlib import crc32

from taiga_notes.markdown.places import link_to_page
from taiga_notes.model.item_key import item_key
from taiga_notes.model.item_mention import FRONT_MATTER_LENGTH, ITEM_KEY
from taiga_notes.page.front_matter_span import Syntax, front_matter_span
from taiga_notes.page.layout import LINE_END

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from taiga_notes.page.front_matter import FrontMatter
    from taiga_notes.page.front_matter_span import FrontMatterSpan

_LINE = r"(?:^|(?<=\r))"
_KEY, _VALUE = rf"[\"']?{ITEM_KEY}[\"']?[ \t]*", r"[ \t]*[\"']?([\w:/-]+)[\"']?[ \t]*"
_END = r"(?:#[^\r\n]*)?(?=[\r\n]|\Z)"
_ITEMS = {
    # Indented, it would be another key's.
    Syntax.YAML: re.compile(rf"{_LINE}{_KEY}:{_VALUE}{_END}", re.MULTILINE),
    Syntax.TOML: re.compile(rf"{_LINE}[ \t]*{_KEY}={_VALUE}{_END}", re.MULTILINE),
    Syntax.JSON: re.compile(rf"[{{,]\s*{_KEY}:{_VALUE}(?=[\s,}}])"),
}
# But for the first of all keys: whether the others are indented as it is or the page is to be
# mended, the item is the page's.
_FIRST = re.compile(rf"[ \t]+{_KEY}:{_VALUE}{_END}", re.MULTILINE)
_NAMED = r"[\"']?(?P<item>[\w:/-]+)"
_ODD = r"(?:\[|-[ \t]|[>|][-+0-9]*(?=\s)|[&!]\S*(?=\s))"
_ODD_ITEMS = {
    # The first one of a list, within or without brackets; on a line below its key, where formatters
    # put what is long; behind an anchor, a tag or `>-`; and within the braces of a table.
    Syntax.YAML: re.compile(
        rf"(?:{_LINE}(?:\?[ \t]+)?{_KEY}(?:[\r\n]+[ \t]*)?:(?:\s*{_ODD})*"
        rf"|^[^#\r\n]*?[{{,]\s*{_KEY}:)\s*{_NAMED}",
        re.MULTILINE,
    ),
    Syntax.TOML: re.compile(
        rf"(?:{_LINE}[ \t]*{_KEY}=[ \t]*\[|^[^#\r\n]*?[{{,]\s*{_KEY}=)\s*{_NAMED}", re.MULTILINE
    ),
    Syntax.JSON: re.compile(rf"[{{,]\s*{_KEY}:\s*\[\s*{_NAMED}"),
}


def item_of(text: str) -> str:
    """The item that a page's front matter names, as it stands there; empty where it names none.

    Also in a form that is read by nobody else: so no second page is made for it.
    """
    if ITEM_KEY not in text[:FRONT_MATTER_LENGTH]:
        return ""
    span = front_matter_span(text)
    if span is None:
        return ""
    found = _items(text, span)
    if not found and span.syntax is Syntax.YAML and (first := _FIRST.match(text, *_inner(span))):
        return first[1]
    if found:
        # As readers of YAML and JSON have it; which is meant `warnings_of_form` asks.
        return found[-1][1]
    odd = _odd(text, span)
    return odd["item"] if odd else ""


def _inner(span: FrontMatterSpan) -> tuple[int, int]:
    return span.start, span.stop


def _items(text: str, span: FrontMatterSpan) -> list[re.Match[str]]:
    """Where front matter names items, each on a line of its own."""
    pattern = _ITEMS.get(span.syntax)
    return [*pattern.finditer(text, *_inner(span))] if pattern else []


def _odd(text: str, span: FrontMatterSpan) -> re.Match[str] | None:
    pattern = _ODD_ITEMS.get(span.syntax)
    found = pattern.search(text, *_inner(span)) if pattern else None
    return found if found and item_key(found["item"]) else None


def warnings_of_form(text: str, held: FrontMatter) -> tuple[tuple[int, str], ...]:
    """What is told, with its line, of an item that is named in a form in which it is not read.

    Args:
        text: the page.
        held: its front matter.
    """
    span = front_matter_span(text)
    if not held.managed or span is None:
        return ()
    if item_key(held.values.get(ITEM_KEY)):
        told = f"{ITEM_KEY} stands here twice, and the page is the last one's: take one out"
        return tuple((_line_of(text, each.start(1)), told) for each in _items(text, span)[1:])
    odd = _odd(text, span)
    if odd is None:
        return ()
    told = f"on a line of its own: {ITEM_KEY}: {odd['item']}"
    told = f"nothing here is kept true, since {ITEM_KEY} is no single text: write {told}"
    return ((_line_of(text, odd.start("item")), told),)


def _line_of(text: str, offset: int) -> int:
    return 1 + len(LINE_END.findall(text[:offset]))


class ItemPages:
    """The pages that name items, as far as pages were looked at.

    Args:
        look: looks at all pages that were not, and gives what each names.
    """

    def __init__(self, look: Callable[[], Mapping[str, str]] = dict) -> None:
        self._items: dict[str, str] = {}
        self._look: Callable[[], Mapping[str, str]] | None = look
        self._whole = False
        # What was made of them, until another is known: it is asked for row by row.
        self._links: dict[frozenset[str], Mapping[str, Sequence[str]]] = {}
        self._stamp = ""

    def look_by(self, look: Callable[[], Mapping[str, str]]) -> None:
        """Looks in another way from now on; what is known is known."""
        self._look = look

    def add(self, page: str, item: str) -> None:
        """Takes note of the item that a page names; empty where it names none."""
        if item == self.of(page):
            return
        if item:
            self._items[page] = item
        else:
            self._items.pop(page, None)
        self._changed()

    def forget(self, page: str) -> None:
        """The page is gone."""
        self.add(page, "")

    def of(self, page: str) -> str:
        """The item that a page names; empty where it names none, or was not looked at."""
        return self._items.get(page, "")

    def items(self) -> Mapping[str, str]:
        """By page, the items that all pages of the vault name."""
        return self._items if self._whole else self.fresh()

    def fresh(self) -> Mapping[str, str]:
        """The same, once all pages that may have changed were looked at in this run."""
        if self._look is not None:
            look, self._look = self._look, None
            self._items = {page: item for page, item in look().items() if item}
            self._whole = True
            self._changed()
        return self._items

    def _changed(self) -> None:
        self._links.clear()
        self._stamp = ""

    def links(self, servers: AbstractSet[str]) -> Mapping[str, Sequence[str]]:
        """Links to the pages that name items of these servers, by kind and number of the item."""
        items, of = self.items(), frozenset(servers)
        if of not in self._links:
            self._links[of] = self._links_to(items, of)
        return self._links[of]

    def _links_to(
        self, items: Mapping[str, str], servers: frozenset[str]
    ) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = {}
        for page, item in sorted(items.items()):
            key = item_key(item)
            if key and key.server in servers:
                found.setdefault(f"{key.kind}/{key.id}", []).append(link_to_page(page))
        return found

    @property
    def stamp(self) -> str:
        """Another text whenever another page names an item, or one does no more."""
        items = self.items()
        self._stamp = self._stamp or f"{crc32(repr(sorted(items.items())).encode()):08x}"
        return self._stamp
