"""A page's new text as edits: they give just that text, and touch nothing that stays."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from taiga_notes.lsp.buffer_edits import text_edits, workspace_edit
from taiga_notes.lsp.documents import Document
from tests.lsp.editor import replaced

TEXTS = st.lists(st.sampled_from(["a", "b", "😀", "\n", "\r\n"]), max_size=14).map("".join)


@given(TEXTS, TEXTS)
def test_edits_give_the_new_text_and_cut_no_line_end(old: str, new: str) -> None:
    text = old
    for start, end, written in reversed([*text_edits(old, new)]):
        assert "\r\n" not in {old[start - 1 : start + 1], old[end - 1 : end + 1]}
        text = text[:start] + written + text[end:]
    assert text == new


def test_an_edit_is_for_a_version_and_holds_changed_lines_only() -> None:
    document = Document("file:///a.md", 7, "😀 one\ntwo 12 😀\nthree\n")
    edit = workspace_edit(document, "😀 one\ntwo 13 😀\nthree\n")
    assert edit is not None
    [change] = edit.document_changes or ()
    assert change.text_document.version == 7  # type: ignore[union-attr]
    [only] = change.edits  # type: ignore[union-attr]
    assert isinstance(only, types.TextEdit)
    assert (only.range.start.line, only.range.end.line, only.new_text) == (1, 1, "3")
    assert replaced(document.text, only) == "😀 one\ntwo 13 😀\nthree\n"


def test_nothing_is_no_edit() -> None:
    assert workspace_edit(Document("file:///a.md", 1, "a\n"), "a\n") is None
