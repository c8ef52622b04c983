"""MkDocs' admonitions, details and tabs are containers where MkDocs reads the pages."""

from __future__ import annotations

from taiga_notes.bake.baking import bake, unbake
from taiga_notes.page.commonmark import Dialect
from taiga_notes.page.splice import Form, find_blocks, splice
from tests.tables import each

BLOCK = "    <!-- #taiga: from userstories -->\n    <!-- /taiga -->\n"


@each(
    "head",
    [
        "!!! note",
        '!!! note "Stories"',
        '!!! danger highlight blink "Don\'t"',
        "??? tip",
        '???+ question "Open"',
        '=== "Tab"',
        '===+ "Selected tab"',
        '??? "Only a title"',
        "Text\n!!! note",
    ],
)
@each("between", ["", "\n", "    Text.\n\n"])
def test_a_block_works_in_one(head: str, between: str) -> None:
    page = f"{head}\n{between}{BLOCK}\nafter\n"
    (block,) = find_blocks(page, dialect=Dialect.MKDOCS)
    assert (block.form, block.prefix) == (Form.NATIVE, "    ")
    written = splice(page, [(block, "- a\n  - b\n\nc")], dialect=Dialect.MKDOCS)
    assert "\n    - a\n      - b\n\n    c\n\n    <!-- /taiga " in written
    if between:
        assert find_blocks(page) == []  # elsewhere it is code


def test_they_nest_in_each_other_and_in_lists() -> None:
    inner = "".join(f"    {line}\n" for line in BLOCK.splitlines())
    page = f"- item\n\n    !!! note\n{inner}\n!!! note\n    ??? tip\n{inner}"
    found = find_blocks(page, dialect=Dialect.MKDOCS)
    assert [block.prefix for block in found] == ["        ", "        "]


@each("head", ["!!!! note", "!! note", "== x", "!!! note: x", "a !!! note", "=== Tab (", "!!!"])
def test_what_is_none_leaves_the_block_in_code(head: str) -> None:
    assert find_blocks(f"{head}\n\n{BLOCK}", dialect=Dialect.MKDOCS) == []


def test_code_within_one_is_code() -> None:
    page = f"!!! note\n\n    Text\n\n        <!-- #taiga: x -->\n\n{BLOCK}"
    assert [block.line for block in find_blocks(page, dialect=Dialect.MKDOCS)] == [7]


def test_live_queries_within_one_are_turned_and_come_back() -> None:
    page = "!!! note\n\n    ```taiga\n    from userstories\n    ```\n"
    assert bake(page).count == 0
    baked = bake(page, dialect=Dialect.MKDOCS)
    assert baked.text.splitlines()[2] == "    <!-- #taiga"
    assert unbake(baked.text, dialect=Dialect.MKDOCS).text == page


def test_more_containers_than_are_read_are_text() -> None:
    page = "".join(f"{'    ' * depth}!!! note\n" for depth in range(120))
    assert find_blocks(page + "<!-- #taiga: x --><!-- /taiga -->", dialect=Dialect.MKDOCS)
