"""Whatever stands in a buffer is answered: no text, however half typed, ends the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lsprotocol import types

from taiga_notes.lsp.page_view import PageView
from taiga_notes.lsp.retyping import retyped
from tests.lsp.conftest import EXAMPLE

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from taiga_notes.lsp.language_service import LanguageService

PIECES = (
    *("a", " ", "'", '"', "\n", "\r\n", "\r", "😀", "\ufeff", "-->", "<!--", "<!-- #taiga: ", "|"),
    *("<!-- /taiga -->", "```\n", "> ", "from ", "where ", "status_name == '", "query[[", "]]"),
    *("{", "}", ".", ":", "(", "page.", "presets.", "template ", "push done", "\\", "\ud83d", "[["),
    *("--[[", "--", "\u2028", "---\n", "taiga: ", "#", "=", "1", "&&", "<!--#lua ", "<!--/lua-->"),
)
PAGES = {path.name: path.read_text(encoding="utf-8") for path in sorted(EXAMPLE.glob("*.md"))}


def edited(service: LanguageService, uri: str, version: int, generator: random.Random) -> None:
    """One edit at a place where something happens: near a marker, more often than not."""
    text = service.documents[uri].text
    marks = [place for place in range(len(text)) if text.startswith("taiga", place)]
    near = generator.choice(marks) + generator.randrange(60) if marks else 0
    start = near if generator.random() < 0.7 else generator.randrange(len(text) + 1)
    start = min(start, len(text))
    end = min(start + generator.choice((0, 0, 0, 1, 2, 9)), len(text))
    typed = generator.choice(PIECES) if generator.random() < 0.9 else ""
    change = types.TextDocumentContentChangePartial(service.documents[uri].range(start, end), typed)
    service.change(uri, version, [change])


def answered(service: LanguageService, uri: str, place: types.Position) -> None:
    """Asks for everything there is."""
    service.diagnostics(uri)
    service.completion(uri, place)
    service.hover(uri, place)
    service.actions(uri, types.Range(place, place), None)
    service.lenses(uri)
    service.folding(uri)
    service.tokens(uri)
    service.explanation(uri, place.line)
    service.address(uri, place)


@pytest.mark.slow
@settings(max_examples=25)
@given(st.sampled_from(sorted(PAGES)), st.sampled_from(["\n", "\r\n"]), st.randoms())
def test_any_edits_of_any_page_are_answered(
    service: LanguageService, vault: Path, name: str, newline: str, generator: random.Random
) -> None:
    uri = (vault / name).as_uri()
    service.open(uri, 1, PAGES[name].replace("\n", newline))
    for version in range(2, 8):
        edited(service, uri, version, generator)
        lines = len(service.documents[uri].starts)
        place = types.Position(generator.randrange(lines + 2), generator.randrange(80))
        answered(service, uri, place)


SIGNS = "abz09 .,:'\"=~()[]{}+*/#%_|->\n`\\!<"


def typed_into(view: PageView, generator: random.Random) -> str:
    """The page with a few signs typed, or deleted, mostly in one of its queries."""
    text, query = view.document.text, generator.choice(view.blocks).typed
    place = generator.randrange(query.start - 3, query.end + 4)
    if generator.random() < 0.3:
        place = generator.randrange(len(text))
    typed = generator.choices(SIGNS, k=generator.choice((0, 1, 1, 1, 2)))
    return text[:place] + "".join(typed) + text[place + generator.choice((0, 0, 0, 1, 3)) :]


@pytest.mark.slow
@given(st.sampled_from(sorted(PAGES)), st.sampled_from(["\n", "\r\n", "\n> "]), st.randoms())
def test_blocks_that_are_taken_over_are_those_that_there_are(
    service: LanguageService, vault: Path, name: str, newline: str, generator: random.Random
) -> None:
    uri = (vault / name).as_uri()
    service.open(uri, 1, PAGES[name].replace("\n", newline))
    page = service.page(uri)
    assert page is not None
    view = page.view
    for version in range(2, 12):
        if not view.blocks:
            return
        service.open(uri, version, typed_into(view, generator))
        document = service.documents[uri]
        fresh = PageView(document, name, view.context)
        known = retyped(view, document)
        if known is not None:
            blocks = [each.inspected.block for each in fresh.blocks]
            assert [each.inspected.block for each in known.blocks] == blocks
            assert [each.typed for each in known.blocks] == [each.typed for each in fresh.blocks]
            assert fresh.problem is None
        view = fresh


def test_typing_into_a_query_takes_them_over(service: LanguageService, vault: Path) -> None:
    uri = (vault / "Welcome.md").as_uri()
    service.open(uri, 1, PAGES["Welcome.md"])
    page = service.page(uri)
    assert page is not None
    text = PAGES["Welcome.md"].replace("'In progress'", "'In progress' and is_blocked")
    service.open(uri, 2, text)
    assert retyped(page.view, service.documents[uri]) is not None
    service.open(uri, 3, PAGES["Welcome.md"].replace("yours.", "yours now."))
    assert retyped(page.view, service.documents[uri]) is not None
    service.open(uri, 4, PAGES["Welcome.md"].replace("yours.", "yours -->."))
    assert retyped(page.view, service.documents[uri]) is None
