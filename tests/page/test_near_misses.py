"""Comments that are nearly markers are told, and nothing else is."""

from __future__ import annotations

from time import process_time

import pytest

from taiga_notes.errors import BlockError
from taiga_notes.page.block_finder import find_blocks
from taiga_notes.page.markers import may_have_near_miss, near_misses
from tests.tables import each

OPENER = "write <!-- #taiga: from … -->"
CLOSER = "write <!-- /taiga -->"


@each(
    ("comment", "hint"),
    [
        ("<!-- Taiga: from x -->", OPENER),
        ("<!-- tagia: from x -->", OPENER),
        ("<!-- taiga from x -->", OPENER),
        ("<!-- #taiga from x -->", OPENER),
        ("<!-- # taiga: from x -->", OPENER),
        ("<!-- TAIGA\nfrom x -->", OPENER),
        ("> <!-- Taiga\n> from x\n> -->", OPENER),
        ("<!-- taiga; from x -->", OPENER),
        ("<!-- taiga-notes: from x -->", OPENER),
        ("<!--taga:from x-->", OPENER),
        ("a <!-- taiiga: from x --> b", OPENER),
        ("<!-- / taiga -->", CLOSER),
        ("<!-- /Taiga 3f9a2c81 -->", CLOSER),
        ("<!-- end taiga -->", CLOSER),
        ("<!-- /taig -->", CLOSER),
    ],
)
def test_a_near_miss_is_found_with_its_line(comment: str, hint: str) -> None:
    page = f"# Page\r\n\r\n{comment}\n"
    (miss,) = near_misses(page)
    assert (miss.line, miss.hint, miss.closes) == (3, hint, hint == CLOSER)
    assert may_have_near_miss(page.encode())


@each(
    "text",
    [
        "<!-- #taiga: from x -->",
        "<!-- taiga: from x -->",
        "<!-- taiga\nfrom x -->",
        "<!-- /taiga 3f9a2c81 -->",
        "<!-- Taiga is where we plan -->",
        "<!-- taiga -->".replace("taiga", "taig"),
        "<!-- taiga://x -->",
        "<!-- see taiga: x -->",
        "<!-- todo: x -->",
        "`<!-- Taiga: from x -->`",
        "```\n<!-- Taiga: from x -->\n```",
        "Taiga: from x",
        "",
    ],
)
def test_anything_else_is_none(text: str) -> None:
    assert [*near_misses(text)] == []


@each(
    ("page", "line", "message", "hint"),
    [
        ("<!-- Taiga: from x -->\n<!-- /taiga -->\n", 1, "'<!-- Taiga:' is no marker", OPENER),
        ("a\n\n<!-- taiga from x -->\n\n<!-- /taiga -->\n", 3, "that of line 5 stands", OPENER),
        ("<!-- #taiga: from x -->\n\n<!-- / taiga -->\n", 3, "that of line 1 stands", CLOSER),
        ("<!-- #taiga\nfrom x\n-->\n\n<!-- /tagia -->\n", 5, "'<!-- /tagia' is no", CLOSER),
        (
            "<!-- #taiga: from x -->\n<!-- /tagia 3f9a2c81 frozen 2026-12-05 -->\n",
            2,
            "'<!-- /tagia' is no",
            CLOSER,
        ),
        ("<!-- /taiga -->\n\n<!-- Taiga: from x -->\n", 1, "an end marker without", "remove it"),
        ("<!-- / taiga -->\n\n<!-- #taiga: from x -->\n", 3, "is not closed", "put <!-- /taiga"),
        (
            '| a |\n| - |\n| <!-- #taiga: from x each "{{ y | z }}" --><!-- /taiga --> |\n',
            3,
            "does not end",
            "in a table a | ends the cell",
        ),
        ("| a |\n| - |\n| <!-- #taiga: from x\n", 3, "does not end", "end it with -->"),
    ],
)
def test_the_marker_that_is_wrong_is_blamed(page: str, line: int, message: str, hint: str) -> None:
    with pytest.raises(BlockError) as caught:
        find_blocks(page)
    assert caught.value.line == line
    assert message in caught.value.message
    assert caught.value.hint.startswith(hint)


def test_a_bar_in_a_cell_is_written_with_a_backslash() -> None:
    page = '| a |\n| - |\n| <!-- #taiga: from x each "{{ y \\| z }}" -->1<!-- /taiga --> |\n'
    (block,) = find_blocks(page)
    assert block.text == 'from x each "{{ y | z }}"'


@each("part", ["<!-- end{}x", "<!-- #{}/{}", "<!-- taiga{}", "<!-- taiga\n{}", "<!-- end{}taiga{}"])
def test_many_blanks_take_time_in_proportion(part: str) -> None:
    def spent(count: int) -> float:
        blanks = " " * count
        page = part.format(blanks, blanks)
        began = process_time()
        assert [*near_misses(page)] == []
        may_have_near_miss(page.encode())
        return process_time() - began

    assert spent(8_000) < 40 * max(spent(1_000), 0.001)
