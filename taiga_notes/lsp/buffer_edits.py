"""A page's new text as edits of its buffer: bodies only, so that undo takes back just those."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from itertools import accumulate
from typing import TYPE_CHECKING

from lsprotocol import types

from taiga_notes.lsp.documents import common_prefix

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from taiga_notes.lsp.documents import Document

_LINE = re.compile(r"[^\n]*(?:\n|\Z)")


def workspace_edit(document: Document, text: str) -> types.WorkspaceEdit | None:
    """What turns that version of a buffer into a text; None where it is that already.

    Whoever typed in between has another version by then, and the client refuses the edit.
    """
    edits = [
        types.TextEdit(document.range(start, end), new)
        for start, end, new in text_edits(document.text, text)
    ]
    if not edits:
        return None
    identifier = types.OptionalVersionedTextDocumentIdentifier(document.uri, document.version)
    return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(identifier, edits)])


MOST = 4_000_000
"""Pairs of lines that are compared; above that, what differs is replaced as a whole."""


def text_edits(old: str, new: str) -> Iterator[tuple[int, int, str]]:
    """What differs in two texts: offsets in the old one, and what stands there in the new one."""
    start, end = _shared(old, new)
    before, after = _lines(old[start : len(old) - end]), _lines(new[start : len(new) - end])
    if len(before) * len(after) > MOST:
        yield _trimmed(old, start, len(old) - end, "".join(after))
        return
    starts = _starts(before, start)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for sign, low, high, first, last in matcher.get_opcodes():
        if sign != "equal":
            yield _trimmed(old, starts[low], starts[high], "".join(after[first:last]))


def _shared(old: str, new: str) -> tuple[int, int]:
    """How many characters two texts share at their beginning, and how many more at their end."""
    start = common_prefix(old, new)
    room = min(len(old), len(new)) - start
    # Whole lines, so that what is in between is compared line by line.
    start = old.rfind("\n", 0, start) + 1
    room = min(len(old), len(new)) - start
    end = common_prefix(old[len(old) - room :][::-1], new[len(new) - room :][::-1])
    cut = old.find("\n", len(old) - end)
    return start, len(old) - cut - 1 if cut >= 0 else 0


def _trimmed(old: str, start: int, end: int, new: str) -> tuple[int, int, str]:
    """An edit within one line without what its two sides share; no CR LF is cut."""
    if "\n" in old[start : end - 1] or "\n" in new[:-1]:
        return start, end, new
    room = min(end - start, len(new))
    head = common_prefix(old[start : start + room], new[:room])
    room -= head
    tail = common_prefix(old[end - room : end][::-1], new[len(new) - room :][::-1])
    if old[start + head - 1 : start + head] == "\r" and head:
        head -= 1
    if old[end - tail : end - tail + 1] == "\n" and old[end - tail - 1 : end - tail] == "\r":
        tail -= 1
    return start + head, end - tail, new[head : len(new) - tail]


def _lines(text: str) -> list[str]:
    """Lines with their line ends."""
    return [line for line in _LINE.findall(text) if line]


def _starts(lines: Sequence[str], start: int) -> list[int]:
    """Where each of those lines begins, and where the last one ends."""
    return [*accumulate(map(len, lines), initial=start)]
