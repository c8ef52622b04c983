"""Buffers: an editor's incremental changes, and positions in UTF-16's units."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st
from lsprotocol import types

from taiga_notes.lsp.documents import Document
from tests.lsp.editor import encoded, offset_of
from tests.tables import each

PIECES = st.sampled_from(
    ["a", "é", "😀", "\n", "\r\n", "\r", "\u2028", "\f", "\ufeff", " ", "<!--"]
)
TEXTS = st.lists(PIECES, max_size=12).map("".join)


@each(
    "text, offset, line, character",
    [
        ("", 0, 0, 0),
        ("ab\ncd", 4, 1, 1),
        ("😀x\n", 1, 0, 2),
        ("é😀é", 3, 0, 4),
        ("a\r\nb", 3, 1, 0),
        ("a\rb", 2, 1, 0),
        ("a\u2028b\fc", 4, 0, 4),
        ("\ufeffa", 1, 0, 1),
        ("a\n", 2, 1, 0),
    ],
)
def test_a_position_counts_lines_as_lsp_does_and_utf_16(
    text: str, offset: int, line: int, character: int
) -> None:
    document = Document("file:///a.md", 1, text)
    position = types.Position(line, character)
    assert document.position(offset) == position
    assert document.offset(position) == offset


@each(
    "text, line, character, offset",
    [
        ("ab\ncd", 0, 99, 2),
        ("ab\r\ncd", 0, 99, 2),
        ("ab\ncd", 9, 0, 5),
        ("😀x", 0, 1, 0),
        ("", 3, 3, 0),
    ],
)
def test_a_position_that_is_nowhere_is_the_nearest_before(
    text: str, line: int, character: int, offset: int
) -> None:
    document = Document("file:///a.md", 1, text)
    assert document.offset(types.Position(line, character)) == offset


@given(TEXTS, TEXTS, st.data())
def test_a_change_leaves_what_the_editor_has(text: str, typed: str, data: st.DataObject) -> None:
    document = Document("file:///a.md", 1, text)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    assume("\r\n" not in {text[start - 1 : start + 1], text[end - 1 : end + 1]})
    place = document.range(start, end)
    units = encoded(text)
    first, last = offset_of(text, place.start), offset_of(text, place.end)
    expected = units[: 2 * first] + encoded(typed) + units[2 * last :]
    change = types.TextDocumentContentChangePartial(place, typed)
    changed = document.changed(2, [change])
    assert changed.text == expected.decode("utf-16-le")
    assert changed.starts == Document("file:///a.md", 2, changed.text).starts


def test_half_a_character_is_as_long_as_the_editor_says() -> None:
    document = Document("file:///a.md", 1, "a\ud83dz")
    assert document.text == "a\ufffdz"
    assert document.position(3) == types.Position(0, 3)
