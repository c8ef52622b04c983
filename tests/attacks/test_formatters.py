"""Formatters between runs of the program: nothing counts as edited, all settles, edits are seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.attacks.arena import STORY
from tests.formatters import FORMATTERS, prettier_wrapping_all

if TYPE_CHECKING:
    from tests.attacks.arena import Arena

pytestmark = pytest.mark.programs

SUBJECTS = [
    "Sign-up form",
    "* [ ] #tag ${x} | a_b",
    "1. C++ <b> & `x`",
    "${1+1} [[Page]]",
    "~~s~~ 50 %",
]
TEMPLATES = ["links", "list", "table", "tasks", "taigaRecurringTasks"]

INLINE = "There are <!-- taiga: from userstories select count() -->?<!-- /taiga --> stories.\n"


def notes() -> dict[str, str]:
    """A vault in which each form, place and template is met."""
    made = {f"{name}.md": places(f"from userstories template {name}") for name in TEMPLATES}
    grouped = "from userstories group by is_closed template grouped"
    made["grouped.md"] = places(grouped)
    made["each.md"] = places('from userstories each "{{ row.ref }}. *{{ row.subject }}*"')
    made["inline.md"] = f"# Inline\n\n{INLINE}\n- item {INLINE}\n> quote {INLINE}"
    return made


def places(query: str) -> str:
    baked = "query[[from getTaigaTasks() where ref > 0]]"
    return (
        f"# Page\n\ntext\n\n<!-- taiga: {query} -->\n<!-- /taiga -->\n\n"
        f"- a\n\n  <!-- taiga: {query} -->\n  <!-- /taiga -->\n\n- b\n\n"
        f"1. a\n\n   <!-- taiga\n   {query}\n   -->\n   <!-- /taiga -->\n\n2. b\n\n"
        f"> [!note] Callout\n>\n> <!-- taiga: {query} -->\n> <!-- /taiga -->\n\n"
        f"<!--#lua template.each({baked}, templates.links) -->\n<!--/lua-->\n\nend\n"
    )


def rows(*subjects: str) -> dict[str, object]:
    return {
        "userstories": [
            STORY | {"id": number, "ref": number, "subject": subject}
            for number, subject in enumerate(subjects, start=1)
        ]
    }


def held(attacked: Arena) -> dict[str, str]:
    return {path.name: path.read_bytes().decode() for path in attacked.root.glob("*.md")}


def formatted(attacked: Arena, name: str) -> None:
    pages = held(attacked)
    for page, text in zip(pages, FORMATTERS[name](list(pages.values())), strict=True):
        attacked.page(page, text)


@pytest.mark.parametrize("name", FORMATTERS)
def test_a_formatter_and_the_program_settle_and_edits_are_seen(attacked: Arena, name: str) -> None:
    attacked.snapshot(rows(*SUBJECTS))
    for page, text in notes().items():
        attacked.page(page, text)
    assert attacked.render().err == ""
    formatted(attacked, name)
    done = attacked.render()
    assert (done.status, done.err) == (0, "")
    # One round, and neither has anything to do.
    settled = held(attacked)
    formatted(attacked, name)
    assert held(attacked) == settled
    assert attacked.render("--check").status == 0
    # New rows are written although the formatter has been over the page.
    attacked.snapshot(rows(*SUBJECTS, "Another one"))
    done = attacked.render()
    assert (done.status, done.err) == (0, "")
    assert all("Another one" in text or "6<!--" in text
               for page, text in held(attacked).items() if page != "Good.md")  # fmt: skip
    formatted(attacked, name)
    # A word of one's own is recognised in native and baked blocks, and stays.
    edited = {
        page: text.replace("Another one", "Another word")
        for page, text in held(attacked).items()
        if page in {"links.md", "table.md"}
    }
    for page, text in edited.items():
        assert text.count("Another word") == 5
        attacked.page(page, text)
    attacked.snapshot(rows(*SUBJECTS, "Another one", "More"))
    done = attacked.render()
    assert done.status == 3
    assert done.err.count("edited by hand") == 10
    now = held(attacked)
    assert {page: now[page] for page in edited} == edited


def test_wrapping_prose_tears_no_value(attacked: Arena) -> None:
    attacked.snapshot(rows(*SUBJECTS))
    names = "from userstories order by ref select string_agg(subject, ', ')"
    value = (
        f"one two three four five six <!-- #taiga: {names} -->?<!-- /taiga --> and so on, to end"
    )
    baked = f"one two <!--#lua query[[{names.replace('userstories', 'getTaigaTasks()')}]] -->"
    page = f"{value}\n\n- item {value}\n  - {value}\n\n> quote {value}\n\n{baked}?<!--/lua--> x\n"
    attacked.page("Values.md", page)
    attacked.render()
    for newest in ("", "", "A new one that has some words", "And another one"):
        if newest:
            attacked.snapshot(rows(*SUBJECTS, newest))
        for path, text in held(attacked).items():
            attacked.page(path, prettier_wrapping_all([text])[0])
        wrapped = held(attacked)["Values.md"]
        assert "\n<!-- #taiga" in wrapped
        done = attacked.render()
        assert (done.status, done.err) == (0, "")
        text = " ".join(held(attacked)["Values.md"].replace(">", " ").split())
        assert text.count(newest) >= 5
        assert newest or held(attacked)["Values.md"] == wrapped
    # What somebody wrote into a wrapped value stays, and is told.
    edited = held(attacked)["Values.md"].replace("And another one", "And my own words")
    attacked.page("Values.md", edited)
    attacked.snapshot(rows("Only one"))
    assert attacked.render().status == 3
    assert held(attacked)["Values.md"].count("And my own words") == edited.count("my own words") > 0
