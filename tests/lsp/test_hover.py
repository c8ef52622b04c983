"""Hover, explanation, the address in Taiga, folding and colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lsprotocol import types

from tests.tables import each

if TYPE_CHECKING:
    from pathlib import Path

    from taiga_notes.lsp.language_service import LanguageService


@pytest.fixture(scope="module")
def uri(service: LanguageService, vault: Path) -> str:
    uri = (vault / "Welcome.md").as_uri()
    service.open(uri, 1, (vault / "Welcome.md").read_text(encoding="utf-8"))
    return uri


def position(service: LanguageService, uri: str, needle: str) -> types.Position:
    document = service.documents[uri]
    return document.position(document.text.index(needle) + 2)


def told(service: LanguageService, uri: str, needle: str) -> str:
    found = service.hover(uri, position(service, uri, needle))
    assert found is None or isinstance(found.contents, types.MarkupContent)
    return "" if found is None else found.contents.value  # type: ignore[union-attr]


@each(
    "needle, words",
    [
        ("status_name ==", ["status\\_name", "string or nil", "here: New, Ready"]),
        ("due_date", ["date or nil", "2026"]),
        ("<!-- #taiga\n", ["3 rows", "shown by the template links", "14 dropped"]),
        ("#13 Pay", ["\\#13 Pay by invoice", "In progress", "Ann Okafor", "Sprint 12"]),
        ("## In progress", []),
        ("Everything between", []),
    ],
)
def test_a_place_tells_what_it_is(
    service: LanguageService, uri: str, needle: str, words: list[str]
) -> None:
    text = told(service, uri, needle)
    assert bool(text) == bool(words)
    missing = [word for word in words if word not in text and word.replace("\\_", "_") not in text]
    assert not missing, text


def test_a_hostile_subject_is_inert_in_its_card(service: LanguageService, uri: str) -> None:
    text = told(service, uri, "#24 ")
    assert "os.time()" in text
    assert "${" not in text
    assert "<b>" not in text
    assert "[[" not in text


def test_a_block_is_explained_in_plain_words(service: LanguageService, uri: str) -> None:
    line = position(service, uri, "<!-- #taiga\n").line
    text = service.explanation(uri, line)
    assert text.startswith("3 rows, shown by the template links\nUser stories of acme")
    assert service.explanation(uri, 0) == ""


def test_the_address_is_the_stored_one_and_never_the_page_s_own(
    service: LanguageService, uri: str
) -> None:
    place = position(service, uri, "- [#13 Pay")
    assert service.address(uri, place) == "https://tree.taiga.io/project/acme/us/13"
    text = service.documents[uri].text
    lying = text.replace("https://tree.taiga.io/project/acme/us/13", "https://evil.example/us/13")
    service.open(uri, 2, lying)
    assert service.address(uri, place) == ""
    service.open(uri, 3, text)


def test_bodies_fold_below_their_openers(service: LanguageService, uri: str) -> None:
    lines = service.documents[uri].text.split("\n")
    folds = service.folding(uri)
    assert [lines[each.start_line][-3:] for each in folds] == ["-->"] * 3
    assert all(lines[each.end_line + 1].startswith("<!-- /taiga") for each in folds)


def test_queries_are_coloured_and_nothing_else(service: LanguageService, uri: str) -> None:
    data = service.tokens(uri).data
    assert len(data) % 5 == 0
    lines = service.documents[uri].text.split("\n")
    line, start, words = 0, 0, []
    for at in range(0, len(data), 5):
        down, over, length, kind, _ = data[at : at + 5]
        line, start = line + down, over if down else start + over
        words.append((lines[line][start : start + length], kind))
    assert words[:5] == [
        ("from", 0),
        ("userstories", 1),
        ("where", 0),
        ("not", 0),
        ("is_closed", 4),
    ]
    assert ("'In progress'", 5) in words
