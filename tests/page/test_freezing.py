"""Blocks that stay: the state in the end marker, what makes it and takes it away, and ejecting."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from taiga_notes.errors import BlockError
from taiga_notes.page.block_finder import Block, find_blocks
from taiga_notes.page.checksum import checksum
from taiga_notes.page.conflict_resolution import resolved
from taiga_notes.page.freezing import (
    demand_native,
    ejected,
    frozen,
    frozen_since,
    is_edited,
    is_filled,
    state_since,
    thawed,
)
from taiga_notes.page.splice import splice
from tests.formatters import FORMATTERS
from tests.tables import each

PAGES = Path(__file__).parents[1] / "pages"
DAY = date(2026, 12, 5)
OPENER = "<!-- #taiga: from userstories -->"
INLINE = "There are <!-- taiga: from userstories select count() -->{} open."
BAKED = "<!--#lua query[[from userstories]] -->\n\na\n\n<!-- /taiga 1 frozen 2026-12-05 -->\n\n"
BAKED += "<!--/lua-->\n"


def read(name: str) -> str:
    return (PAGES / name).read_text(encoding="utf-8")


def native(body: str, said: str) -> str:
    """A page with a block whose end marker says that."""
    return f"{OPENER}\n\n{body}\n\n<!-- /taiga{said} -->\n"


def ours(body: str, state: str = "") -> str:
    """One that holds what we wrote."""
    return native(body, f" {checksum(body)}{state and ' '}{state}")


def block(page: str) -> Block:
    (found,) = find_blocks(page)
    return found


def test_a_page_is_frozen_and_thawed_to_the_byte() -> None:
    before, after = read("freezing.md"), read("freezing.after.md")
    still = [made for each in find_blocks(before) if (made := frozen(each, DAY))]
    assert splice(before, [], restated=still) == after
    moving = [made for each in find_blocks(after) if (made := thawed(each, force=True))]
    assert splice(after, [], restated=moving) == before


def test_ejecting_leaves_the_text_where_it_was() -> None:
    page = read("freezing.md")
    assert ejected(page, find_blocks(page)) == read("freezing.ejected.md")


@each(
    ("page", "left"),
    [
        ("a\n{}b\n", "a\n\nx\n\nb\n"),
        ("a\n\n{}\nb\n", "a\n\nx\n\nb\n"),
        ("a\r\n{}", "a\r\n\r\nx\r\n"),
        ("{}", "x\n"),
        ("\n{}", "\nx\n"),
    ],
)
def test_a_paragraph_above_or_below_does_not_go_on_in_the_text(page: str, left: str) -> None:
    newline = "\r\n" if "\r" in page else "\n"
    whole = page.format(ours("x").replace("\n", newline))
    assert ejected(whole, find_blocks(whole)) == left


@each(
    ("page", "left"),
    [
        ("a\n\n{}\nb\n", "a\n\nb\n"),
        ("a\n{}b\n", "a\nb\n"),
        ("{}\nb\n", "b\n"),
        ("a\n\n{}", "a\n\n"),
        ("a\n\n{}b\n", "a\n\nb\n"),
        ("- {}", "- \n"),
    ],
)
def test_of_an_empty_block_nothing_is_left(page: str, left: str) -> None:
    indent = "  " if page.startswith("-") else ""
    whole = page.format(f"{OPENER}\n{indent}<!-- /taiga -->\n")
    assert ejected(whole, find_blocks(whole)) == left


def test_a_block_at_the_pages_end_needs_no_line_end() -> None:
    page = ours("x").removesuffix("\n")
    assert ejected(page, find_blocks(page)) == "x"


def test_what_would_act_on_other_blocks_is_not_ejected() -> None:
    # Without the first block the list item is empty, and what was in it becomes code.
    inner = ours("y").replace("\n", "\n    ")
    page = f"1.  {OPENER}\n    <!-- /taiga -->\n\n    {inner}\n"
    first, _ = find_blocks(page)
    with pytest.raises(BlockError, match="would not hold the same other blocks") as raised:
        ejected(page, [first])
    assert raised.value.line == 1


@each(
    ("said", "state"),
    [
        (" 3f9a2c81 frozen 2026-12-05", "frozen 2026-12-05"),
        (" frozen 2026-12-05", "frozen 2026-12-05"),
        (" 3F9A2C81  Frozen\n2026-12-05 ", "frozen 2026-12-05"),
        (" 3f9a2c81", ""),
        ("", ""),
        (" 3f9a2c81 pinned", "pinned"),
    ],
)
def test_the_state_stands_behind_the_checksum(said: str, state: str) -> None:
    found = block(native("x", said))
    assert found.state == state
    assert found.checksum == ("3f9a2c81" if "9a2c81" in said.lower() else None)


def test_of_several_end_markers_one_that_says_so_is_enough() -> None:
    page = f"{ours('x', state_since(DAY))}<!-- /taiga {checksum('x')} -->\n"
    assert frozen_since(block(page)) == DAY
    moving = thawed(block(page), force=False)
    assert moving
    assert splice(page, [], restated=[moving]) == ours("x")


def test_it_is_told_since_when_a_block_stays() -> None:
    assert frozen_since(block(ours("x", "frozen 2026-12-05"))) == DAY
    assert frozen_since(block(ours("x"))) is None


@each(
    ("state", "message"),
    [
        ("frozen", "says 'frozen', without a date"),
        ("frozen 2026-13-05", "without a date such as 2026-12-05"),
        ("frozen 20261205", "without a date"),
        ("frozen yesterday", "without a date"),
        ("frozen 2026-12-05 and more", "without a date"),
        ("pinned", "says 'pinned', which this version does not know"),
    ],
)
def test_a_state_that_cannot_be_read_is_told_with_its_line(state: str, message: str) -> None:
    with pytest.raises(BlockError, match=message) as raised:
        frozen_since(block("\n" + ours("x", state)))
    assert raised.value.line == 2
    assert "`taiga-notes thaw`" in raised.value.hint
    moving = thawed(raised_by := block(ours("x", state)), force=False)
    assert moving == replace(raised_by, state="")


@each("page", [INLINE.format("1<!-- /taiga 1 frozen 2026-12-05 -->"), BAKED])
def test_only_native_blocks_can_stay(page: str) -> None:
    for refused in (frozen_since, demand_native, lambda each: thawed(each, force=True)):
        with pytest.raises(BlockError, match="only blocks with taiga-notes' own markers"):
            refused(block(page))
    with pytest.raises(BlockError, match="only blocks with taiga-notes' own markers"):
        frozen(block(INLINE.format("1<!-- /taiga 1 -->")), DAY)


@each(
    ("page", "filled"),
    [
        (ours("x"), True),
        (native("x", " 00000001"), True),
        (f"{OPENER}\n\n<!-- /taiga {checksum('')} -->\n", True),
        (f"{OPENER}\n<!-- /taiga -->\n", False),
        (native("x", ""), False),
        (native("", f" {checksum('x')}"), False),
        (ours("> [!WARNING]\n> taiga-notes: no such field"), False),
        (ours("> [!WARNING]\n> taiga-notes: no such field\n\nx"), True),
    ],
)
def test_a_block_is_filled_once_it_holds_more_than_an_error(page: str, filled: bool) -> None:
    assert is_filled(block(page)) is filled
    if not filled:
        with pytest.raises(BlockError, match="nothing in it yet"):
            frozen(block(page), DAY)


def test_what_stays_already_is_left_as_it_is() -> None:
    assert frozen(block(ours("x", "frozen 2026-01-01")), DAY) is None
    assert thawed(block(ours("x")), force=False) is None


def test_a_block_that_somebody_wrote_in_is_thawed_only_by_force() -> None:
    page = native("mine", f" {checksum('x')} frozen 2026-12-05")
    assert is_edited(block(page))
    with pytest.raises(BlockError, match="edited by hand"):
        thawed(block(page), force=False)
    moving = thawed(block(page), force=True)
    assert moving
    # Its checksum stays: the next render is not to take it for ours.
    assert splice(page, [], restated=[moving]) == native("mine", f" {checksum('x')}")


def test_a_formatter_is_no_editor_of_what_stays() -> None:
    page = ours("- a\n- b", "frozen 2026-12-05").replace("- a\n- b", "* a\n* b")
    assert not is_edited(block(page))


@pytest.mark.programs
def test_formatters_leave_the_state_alone() -> None:
    page = read("freezing.after.md")
    before = [(each.state, is_edited(each)) for each in find_blocks(page)]
    for name, formatted in FORMATTERS.items():
        [after] = formatted([page])
        assert [(each.state, is_edited(each)) for each in find_blocks(after)] == before, name


def conflict(one: str, other: str) -> str:
    return f"<<<<<<< HEAD\n{one}=======\n{other}>>>>>>> b\n"


EARLY, LATE = "frozen 2026-12-05", "frozen 2026-12-06"


@each(
    ("one", "other", "stays"),
    [
        (ours("a", EARLY), ours("b"), ours("a", EARLY)),
        (ours("a"), ours("b", EARLY), ours("b", EARLY)),
        (ours("a", LATE), ours("b", EARLY), ours("b", EARLY)),
        (ours("a", EARLY), ours("b", LATE), ours("a", EARLY)),
        (ours("a", EARLY), ours("b", EARLY), ours("a", EARLY)),
        (ours("a"), ours("b"), ours("a")),
    ],
)
def test_where_two_machines_differ_what_stays_first_is_kept(
    one: str, other: str, stays: str
) -> None:
    def rest(page: str) -> str:
        return page.removeprefix(f"{OPENER}\n\n")

    merged = resolved(f"{OPENER}\n\n{conflict(rest(one), rest(other))}")
    assert merged == stays


def test_what_somebody_wrote_in_a_frozen_block_is_never_lost_in_a_merge() -> None:
    edited = f"mine\n\n<!-- /taiga {checksum('a')} {EARLY} -->\n"
    theirs = f"b\n\n<!-- /taiga {checksum('b')} -->\n"
    with pytest.raises(BlockError, match="a merge conflict is not resolved"):
        resolved(f"{OPENER}\n\n{conflict(edited, theirs)}")


def test_two_blocks_of_which_each_side_froze_another_are_left_to_people() -> None:
    second = "<!-- #taiga: from tasks -->"

    def side(first: str, other: str) -> str:
        return (
            f"a\n\n<!-- /taiga {checksum('a')}{first} -->\n\n{second}\n\n"
            f"b\n\n<!-- /taiga {checksum('b')}{other} -->\n"
        )

    page = f"{OPENER}\n\n{conflict(side(f' {EARLY}', ''), side('', f' {EARLY}'))}"
    with pytest.raises(BlockError, match="a merge conflict is not resolved"):
        resolved(page)
