"""Where comments act is what a CommonMark parser says, on any text; and finding them is linear."""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import chain
from time import process_time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from taiga_notes.errors import BlockError
from taiga_notes.page.front_matter_span import front_matter_end
from taiga_notes.page.markers import comments
from taiga_notes.page.splice import find_blocks
from tests.tables import each

PARSER = MarkdownIt("commonmark").enable("table")

TABLE = f"\n\n{'| a ' * 30}|\n{'|---' * 30}|\n"
"""With more columns than a row of fragments has: a parser drops the cells that are too many."""

FRAGMENTS = [
    *("\n", "\n\n", "\r\n", " ", "    ", "\t", "- ", "* ", "+ ", "1. ", "2) ", "10. ", "> ", ">"),
    *("# ", "#", "---", "===", "***", "- - -", "`", "``", "```", "````", "~~~", "``` a`b", "```x"),
    *("\\", "|", TABLE, "<b>", '<a href="x">', "</div>", "<!-->", "text"),
    *(["<!--m-->"] * 6),
]


def numbered(parts: list[str]) -> str:
    """The text, each of its comments with a number of its own."""
    return "".join(part.replace("<!--m", f"<!--m{at}") for at, part in enumerate(parts))


def expected(text: str) -> tuple[set[str], set[str]]:
    """The comments that a CommonMark parser finds, and those of which it is not asked.

    On a line of raw HTML a code span and a backslash mean nothing to the parser, but something to
    whoever writes or reads the line; there we leave such comments alone.
    """
    found, unasked = set(), set()
    for token in chain.from_iterable([one, *(one.children or ())] for one in PARSER.parse(text)):
        names = set(re.findall(r"<!--m(\d+)-->", token.content))
        if token.type in {"html_block", "html_inline"}:
            found |= names
        if token.type == "html_block" and re.search(r"[`\\]", token.content):
            unasked |= names
    return found, unasked


def actual(text: str) -> set[str]:
    spans = (text[comment.start : comment.end] for comment in comments(text))
    return {match[1] for span in spans if (match := re.fullmatch(r"<!--m(\d+)-->", span))}


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=25).map(numbered))
@example("| a | `b |\n|---|---|\n| <!--m0--> | c` |")
@example("> a\n    <!--m0-->\n- b\n\n      <!--m1-->")
@example("-\n\n  <!--m0-->")
@example("text\n* text\n* text\r* text\r\n* text <!--m0-->\n* <!--m1-->\n  ***\n<!--m2\n\n\n-->")
@example("a | b\n--|--\n10. ~~~<!--m0-->")
def test_a_comment_is_where_a_parser_finds_one(text: str) -> None:
    found, unasked = expected(text)
    assert actual(text) - unasked == found - unasked


@each(
    ("text", "end"),
    [
        ("", 0),
        ("text", 0),
        ("\ufefftext", 1),
        ("---\na: b\n---\ntext", 13),
        ("---  \n---\t", 10),
        ("\ufeff---\r\na: b\r\n...\r\ntext", 17),
        ("---\ra\r---\r", 10),
        ("---\na: b\n ---\n", 0),
        ("\n---\n---\n", 0),
        ("----\n---\n", 0),
    ],
)
def test_front_matter_stands_at_the_top_and_ends(text: str, end: int) -> None:
    assert front_matter_end(text) == end


HUGE = {
    "openers": "<!-- taiga\n",
    "comments without an end": "<!-- a\n\n> ",
    "comments without an end, in a line": "a <!-- b ",
    "comments": "<!-- a --> b ",
    "blocks in a line": "a <!-- taiga: x -->1<!-- /taiga --> ",
    "sections without an end": "- <!--#lua userstories\n",
    "sections of others": "<!--#lua os.time() -->\n",
    "code spans": "` `` ``` ",
    "hidden lines": "%%\na\n",
    "lists within lists": "+ ",
    "quotes": ">",
    "tags": "<a b ",
    "pre": "<div><pre></pre><!--\n",
    "rows": "| a | <!-- |\n|---|---|\n",
    "blanks": " " * 20,
    "empty lines": "\n",
}


@pytest.mark.slow
@each("part", HUGE.values(), ids=HUGE)
@each("end", ["", "\n\n<!-- taiga: x -->\n<!-- /taiga -->\n-->"])
def test_the_time_to_search_a_page_grows_with_its_size(part: str, end: str) -> None:
    small, large = (seconds(part * count + end) for count in (1_000, 8_000))
    # Eight times the page: eight times the time, and not sixty-four times.
    assert large < 24 * small + 0.05


def seconds(page: str) -> float:
    begin = process_time()
    with suppress(BlockError):
        find_blocks(page, ours=lambda _: True)
    return process_time() - begin


def test_a_comment_acts_between_tags() -> None:
    page = "<div>\n<!-- #taiga: from x -->\n<!-- /taiga -->\n</div>\n"
    assert [block.line for block in find_blocks(page)] == [2]
