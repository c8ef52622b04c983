"""Completion: within the openers of blocks, by what stands around the cursor; `|` is the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.tables import each

if TYPE_CHECKING:
    from pathlib import Path

    from lsprotocol import types

    from taiga_notes.lsp.language_service import LanguageService


def offered(service: LanguageService, vault: Path, page: str) -> list[types.CompletionItem]:
    uri = (vault / "Typed.md").as_uri()
    place = page.index("|")
    service.open(uri, 1, page[:place] + page[place + 1 :])
    position = service.documents[uri].position(place)
    return [*service.completion(uri, position).items]


def block(query: str) -> str:
    return f"---\nowner: ann\n---\n# Page\n\n<!-- #taiga: {query} -->\n\n<!-- /taiga -->\n"


@each(
    "query, wanted",
    [
        ("|", ["from"]),
        ("from |", ["userstories", "tasks"]),
        ("from us|", ["userstories"]),
        ("from presets.|", ["open"]),
        ("from userstories wh|", ["where"]),
        ("from userstories where status_n|", ["status_name"]),
        ("from userstories where status_extra_info.|", ["name", "color"]),
        ("from t = userstories where t.is_c|", ["is_closed"]),
        ("from userstories where status_name == '|'", ["New", "Ready", "In progress"]),
        ("from userstories where status_name == |", ["'New'", "'Ready'"]),
        ("from userstories where status_name in {'New', '|'}", ["New", "Ready"]),
        ("from presets.open where assignee == '|'", ["ann", "bob"]),
        ("from userstories where 'che|' in tag_names", ["checkout"]),
        ("from userstories where sprint == 'Spr|'", ["Sprint 12"]),
        ("from userstories where 'One|' in epic_subjects", ["One-page checkout"]),
        ("from userstories where is_closed == |", ["true", "false"]),
        ("from userstories{st|", ["status"]),
        ("from userstories{status='|'}", ["New"]),
        ("from userstories where owner_name == page.|", ["owner"]),
        ("from userstories where assignee == me.user|", ["username"]),
        ("from userstories template lin|", ["links"]),
        ("from userstories template tasks push |", ["done", "status"]),
        ("from userstories template tasks push done, |", ["done", "status"]),
        ("from userstories where subject:sta|", ["startsWith"]),
        ("from userstories where status_name == 'New' |", ["and", "or"]),
    ],
)
def test_what_fits_is_offered(
    service: LanguageService, vault: Path, query: str, wanted: list[str]
) -> None:
    labels = [item.label for item in offered(service, vault, block(query))]
    assert {*wanted} <= {*labels[:40]}, labels


@each(
    "page",
    [
        "from use|\n",
        "# He|\n\n<!-- #taiga: from userstories -->\n<!-- /taiga -->\n",
        "<!-- #taiga: from userstories -->\n\nfrom us|\n\n<!-- /taiga -->\n",
        "```\n<!-- #taiga: from us| -->\n```\n",
        "<!-- a comment: from us| -->\n",
        "`<!-- #taiga: from us| -->`\n",
    ],
)
def test_outside_of_queries_there_is_nothing(
    service: LanguageService, vault: Path, page: str
) -> None:
    assert offered(service, vault, page) == []


@each(
    "page",
    [
        "<!-- #taiga: from userstories where is_cl|",
        "<!-- #taiga\nfrom userstories\nwhere is_cl|\n\n# Heading\n",
        "> <!-- #taiga\n> from userstories\n> where is_cl|\n> -->\n",
        "<!-- #taiga: from userstories where is_cl| -->\n",
        "There are <!-- taiga: from userstories where is_cl| -->12<!-- /taiga --> of them.\n",
        "<!--#lua template.each(query[[from userstories where is_cl|]], templates.links) -->\n",
    ],
)
def test_a_block_need_not_be_whole(service: LanguageService, vault: Path, page: str) -> None:
    assert [item.label for item in offered(service, vault, page)][:1] == ["is_closed"]


def test_a_field_has_its_type_and_an_example(service: LanguageService, vault: Path) -> None:
    [first, *_] = offered(service, vault, block("from userstories where due_d|"))
    assert (first.label, first.detail) == ("due_date", "date or nil")
    assert "2026" in str(first.documentation)


def test_a_page_that_is_none_of_ours_has_nothing(service: LanguageService, vault: Path) -> None:
    assert offered(service, vault, block("from us|").replace("owner: ann", "taiga: false")) == []
    uri = (vault / ".hidden" / "Typed.md").as_uri()
    service.open(uri, 1, block("from userstories wher"))
    assert service.lenses(uri) == []
    assert not service.diagnostics(uri).diagnostics
