"""What holds of every page: bytes outside of blocks, writing twice, errors and nothing worse."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from taiga_notes.errors import BlockError
from taiga_notes.page.splice import (
    Form,
    Origin,
    check_body,
    find_blocks,
    has_marker,
    origin,
    settled,
    splice,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taiga_notes.page.splice import Block


def ours(expression: str) -> bool:
    return "userstories" in expression


def blocks(text: str) -> list[Block]:
    return find_blocks(text, ours=ours)


MARKERS = [
    "<!-- taiga: from userstories -->",
    "<!-- taiga\nfrom userstories\n-->",
    "<!-- taiga",
    "<!-- /taiga -->",
    "<!-- /taiga 12345678 -->",
    "<!--#lua userstories -->",
    "<!--#lua os.time() -->",
    "<!--/lua-->",
    "<!--",
    "-->",
]
MARKDOWN = [
    *("\n", "\n\n", "\r\n", "\r", " ", "    ", "\t", "\u2028", "\x0c", "\ufeff", "\x00"),
    *("- ", "* ", "1. ", "10) ", "> ", ">", "# ", "---", "===", "```", "~~~~", "`", "``"),
    *("%%", "\\", "<pre>", "</pre>", "<div>", "| a | b |\n|---|---|\n", "|", "text", "é😀"),
]
fragments = st.lists(st.sampled_from(MARKERS + MARKDOWN), max_size=25).map("".join)

prefixes = st.sampled_from(["", "  ", "- ", "3. ", "> ", "> > ", "> - ", "- > ", "-\t"])
newlines = st.sampled_from(["\n", "\r\n", "\r"])
prose = st.lists(
    st.sampled_from(
        ["", "text", "# head", "- item", "> quote", "    code", "```\ncode\n```", "a\\ "]
    )
    | st.text(st.characters(exclude_characters="<`~%\r\n\t\x00", codec="utf-8"), max_size=20),
    max_size=4,
).map(lambda lines: "".join(f"{line}\n" for line in ["", *lines, ""]))


@st.composite
def pages(draw: st.DrawFn) -> str:
    """Pages that are in order, with blocks of every form in every container."""
    parts = [draw(st.sampled_from(["", "\ufeff", "---\ntags: a\n---\n"]))]
    for opening in draw(st.lists(prefixes, min_size=1, max_size=4)):
        below = "".join(mark if mark in " >\t" else " " for mark in opening)
        blank = draw(st.sampled_from(["", f"{below.rstrip()}\n"]))
        parts.append(draw(prose))
        parts.append(opening)
        parts.append(
            draw(
                st.sampled_from(
                    [
                        f"<!-- taiga: x -->\n{blank}{below}<!-- /taiga -->",
                        f"<!-- taiga\n{below}x\n{below}-->\n{below}old\n{below}<!-- /taiga 1f -->",
                        f"<!--#lua userstories -->\n{below}old\n{blank}{below}<!--/lua-->",
                        "<!--#lua userstories --><!--/lua-->",
                        "a <!-- taiga: x -->1<!-- /taiga --> b <!-- taiga: y --><!-- /taiga -->",
                        "a <!--#lua userstories -->\n1\n<!--/lua--> b",
                    ]
                )
            )
        )
        parts.append(draw(st.sampled_from(["", " ", "  "])) + "\n")
    parts.append(draw(prose) if draw(st.booleans()) else "")
    page = "".join(parts)
    return (page if draw(st.booleans()) else page.removesuffix("\n")).replace("\n", draw(newlines))


FIT = ["", "12", "* a\n* b", "| a |\n|---|\n| b |", "# h\n\ntext  \n", "```\nx\n\ny\n```"]
bodies = st.sampled_from(FIT) | st.text(st.characters(codec="utf-8"), max_size=30) | fragments


def fitting(found: Block, body: str) -> bool:
    try:
        check_body(found, body)
    except BlockError:
        return False
    return True


def outside(text: str, found: Sequence[Block]) -> str:
    """The page without what `splice` may replace."""
    starts = [0, *(block.end for block in found)]
    ends = [*(block.start for block in found), len(text)]
    return "\0".join(text[start:end] for start, end in zip(starts, ends, strict=True))


@pytest.mark.slow
@given(pages(), st.lists(bodies, min_size=8, max_size=8))
def test_writing_changes_bodies_and_nothing_else(page: str, values: list[str]) -> None:
    before = blocks(page)
    assert before
    pairs = [(block, body) for block, body in zip(before, values * 2, strict=False)]
    pairs = [(block, body if fitting(block, body) else "12") for block, body in pairs]
    after = splice(page, pairs, ours=ours)
    found = blocks(after)
    assert outside(after, found) == outside(page, before)
    assert [(block.form, block.text) for block in found] == [
        (block.form, block.text) for block in before
    ]
    again = [(block, body) for block, (_, body) in zip(found, pairs, strict=True)]
    assert splice(after, again, ours=ours) == after
    assert all(settled(block, body) for block, body in again)
    assert all(origin(block) is Origin.OURS for block in found)


@given(pages(), bodies)
def test_what_is_written_is_read_back(page: str, body: str) -> None:
    block = blocks(page)[0]
    assume(fitting(block, body))
    written = blocks(splice(page, [(block, body)], ours=ours))[0].body
    lines = [line if line.strip(" \t") else "" for line in re.split("\r\n|\r|\n", body)]
    if block.form is Form.INLINE:
        assert written == "".join(lines).strip(" \t")
    else:
        assert written == "\n".join(lines).strip("\n")


def attempt(text: str) -> tuple[list[Block], BlockError | None]:
    try:
        return blocks(text), None
    except BlockError as error:
        return [], error


@given(fragments)
@example("<!-- taiga: x -->\n- <!-- /taiga -->")
@example("<!--#lua userstories -->\n<!--#lua userstories -->\n<!--/lua-->")
def test_of_any_text_blocks_are_found_or_it_is_said_why_not(text: str) -> None:
    found, mistake = attempt(text)
    if mistake:
        assert mistake.line <= 1 + text.count("\n") + text.count("\r")
        assert mistake.hint
    assert has_marker(text.encode()) or not found
    assert sorted(found, key=lambda block: block.opens) == found
    for block in found:
        assert block.opens < block.start <= block.end <= block.closes
        assert text[block.opens : block.start].startswith("<!--")
        assert text[block.opens : block.start].endswith("-->")
        line, column = block.place(1, 1)
        assert line >= block.line
        assert column >= 1


@given(fragments, bodies)
def test_of_any_text_a_body_is_written_or_refused(text: str, body: str) -> None:
    try:
        found = blocks(text)
        after = splice(text, [(block, body) for block in found], ours=ours)
    except BlockError:
        return
    assert outside(after, blocks(after)) == outside(text, found)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@given(body=st.text(st.characters(codec="utf-8"), max_size=40))
def test_what_we_wrote_was_not_edited(newline: str, body: str) -> None:
    page = f"> - <!-- taiga: x -->{newline}>   <!-- /taiga -->{newline}"
    [block] = blocks(page)
    assume(fitting(block, body))
    [after] = blocks(splice(page, [(block, body)]))
    assert origin(after) is Origin.OURS
    assert settled(after, body)
