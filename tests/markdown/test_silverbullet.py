"""Strangers' text in every template and filter, as SilverBullet's parser sees it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from taiga_notes.markdown.text import JOINER, normal
from tests.markdown.test_strangers import FORMS, SHARES, harmless_page, page_of, random_texts
from tests.oracle import HARMLESS
from tests.silverbullet import acts, cells, nodes_of
from tests.strategies import nasty_texts
from tests.tables import each
from tests.thin import FULL

HOSTILE: list[str] = [
    subject
    for subject in json.loads((Path(__file__).parents[1] / "hostile_subjects.json").read_text())
    if normal(subject)
]
OWN = [
    "[Backend] Login",
    "[BE] [FE] both",
    "[x] ticked",
    "[Backend]",
    "x [a] b [c",
    "a [ b",
    "a ] b [ c",
    "[[ a ] b",
    "`[` and `]`",
    "fix #123abc",
    "#7",
    "[#13](x)",
    "\\[ a",
    "a | [b",
]
"""Of the kinds that SilverBullet reads in its own way."""


def difference(page: str, harmless: str) -> tuple[list[str], list[str]]:
    return sorted(acts(page)), sorted(acts(harmless))


@pytest.mark.slow
@each("subject", OWN, ids=ascii)
def test_silverbullet_finds_nothing_more_in_text_of_its_kinds(subject: str) -> None:
    for form in FORMS:
        found, wanted = difference(page_of(form, subject), harmless_page(form))
        assert found == wanted, form


@pytest.mark.slow
@each("form", FORMS)
def test_silverbullet_finds_nothing_more_in_hostile_text(form: str) -> None:
    # Others in each form: in so many neighbours, all of them.
    for subject in HOSTILE[FORMS.index(form) % SHARES :: SHARES]:
        found, wanted = difference(page_of(form, subject), harmless_page(form))
        assert found == wanted, subject


@pytest.mark.slow
@settings(max_examples=5 * len(FORMS) if FULL else len(FORMS))
@given(form=st.sampled_from(FORMS), text=nasty_texts())
def test_silverbullet_finds_nothing_more_in_any_text(form: str, text: str) -> None:
    assume(normal(text))
    found, wanted = difference(page_of(form, text), harmless_page(form))
    assert found == wanted


@each(
    ("page", "found"),
    [
        (r"- [#12 \[Backend\] Login](https://t.example)", ["a task"]),
        (rf"- [#12 \[Backend\]{JOINER} Login](https://t.example)", []),
        (r"> 1. [a\] b", ["a task"]),
        ("- [a: b] c", []),
        ("| [#13](https://t.example) |", ["a row of 1", "a tag"]),
        (r"| [\#13](https://t.example) |", ["a row of 1"]),
        ("[#13 x](https://t.example/#x) `#x`", []),
        ("<!-- taiga: x -->", ["a card"]),
        ("<!-- #taiga: x --><!-- /taiga 1 -->", []),
        ("```mermaid\n- [a] #b | c |\n```\n#b", ["a tag"]),
    ],
)
def test_the_rules_see_what_acts(page: str, found: list[str]) -> None:
    assert sorted(acts(page)) == found


def test_a_bracket_without_partner_swallows_the_rest_of_the_row() -> None:
    assert cells(r"| a | b \| c |") == 2
    assert cells(r"| \[ a | b |") == 0
    assert cells("| &#91; a | b |") == 2
    assert cells(r"| \] a | b [x] |") == 2


@pytest.mark.programs
def test_its_parser_finds_no_node_in_hostile_text() -> None:
    cases = [(form, text) for text in [*OWN, *HOSTILE, *random_texts()] for form in FORMS]
    harmless = dict(zip(FORMS, nodes_of([harmless_page(form) for form in FORMS]), strict=True))
    pages = [page_of(form, text) for form, text in cases]
    for (form, text), page, nodes in zip(cases, pages, nodes_of(pages), strict=True):
        names = [name for name, _ in nodes]
        assert names == [name for name, _ in harmless[form]], (form, text, page)


@pytest.mark.programs
@pytest.mark.parametrize("form", [form for form in FORMS if "table" not in form])
def test_its_parser_shows_the_text_as_it_is(form: str) -> None:
    texts = ["Sign-up form", "[Backend] Login #7", "x [a", "50 % <b> & _y_", "C:\\temp"]
    (harmless,) = nodes_of([harmless_page(form)])
    for text, nodes in zip(texts, nodes_of([page_of(form, text) for text in texts]), strict=True):
        for (_, found), (kind, wanted) in zip(nodes, harmless, strict=True):
            if kind == "Paragraph" and "`" not in wanted:
                assert found == wanted.replace(HARMLESS, text), kind


@pytest.mark.programs
@pytest.mark.parametrize(
    "page",
    [
        r"- [#12 \[Backend\] Login](https://t.example)",
        "| a |\n| - |\n| [#13](https://t.example) |",
        "| a | b |\n| - | - |\n| \\[ | x |",
        "${os.time()}",
        "x [[Page]]",
    ],
)
def test_its_parser_sees_what_acts(page: str) -> None:
    harmless = "| a | b |\n| - | - |\n| y | x |" if "b |" in page else "- [x](https://t.example)"
    names = [[name for name, _ in nodes] for nodes in nodes_of([page, harmless])]
    assert names[0] != names[1]
