"""Merge conflicts: found, resolved where both sides are our output only, and else told."""

from __future__ import annotations

import pytest

from taiga_notes.errors import BlockError
from taiga_notes.page.block_finder import CONFLICT, find_blocks
from taiga_notes.page.checksum import checksum
from taiga_notes.page.conflict_resolution import resolved
from taiga_notes.page.markers import Conflict, conflicts
from taiga_notes.page.splice import Origin, origin
from tests.tables import each

MINE, YOURS = "mine\n", "yours\n"
OPENER = "<!-- #taiga: from userstories -->"


def ours(expression: str) -> bool:
    return "userstories" in expression


def end(*lines: str) -> str:
    return f"<!-- /taiga {checksum(chr(10).join(lines))} -->"


def conflict(one: str, other: str, base: str | None = None) -> str:
    base = "" if base is None else f"||||||| 1a2b\n{base}"
    return f"<<<<<<< HEAD\n{one}{base}=======\n{other}>>>>>>> branch/b\n"


def native(body: str) -> str:
    return f"{OPENER}\n\n{body}\n\n{end(body)}\n"


def inline(value: str) -> str:
    return f"There are <!-- #taiga: from userstories -->{value}{end(value)} open.\n"


RESOLVED = {
    "body and checksum": (
        f"{OPENER}\n\n- a\n"
        + conflict(f"- b\n\n{end('- a', '- b')}\n", f"- c\n\n{end('- a', '- c')}\n"),
        native("- a\n- b"),
    ),
    "two conflicts in one block": (
        f"{OPENER}\n\n"
        + conflict("- b\n", "- c\n")
        + "- 1\n- 2\n- 3\n- 4\n\n"
        + conflict(
            f"{end('- b', '- 1', '- 2', '- 3', '- 4')}\n",
            f"{end('- c', '- 1', '- 2', '- 3', '- 4')}\n",
        ),
        native("- b\n- 1\n- 2\n- 3\n- 4"),
    ),
    "git merged the body by itself, and it is the other side's": (
        f"{OPENER}\n\n- b\n- c\n\n" + conflict(f"{end('- b', '- a')}\n", f"{end('- b', '- c')}\n"),
        native("- b\n- c"),
    ),
    "git merged into the older side what the newer has": (
        f"{OPENER}\n\n- b\n- c\n"
        + conflict(
            f"- d\n\n{end('- a', '- c', '- d')}\n",
            f"- d\n- e\n\n{end('- b', '- c', '- d', '- e')}\n",
        ),
        native("- b\n- c\n- d\n- e"),
    ),
    "one side is empty": (
        f"{OPENER}\n\n" + conflict(f"{end('')}\n", f"- b\n\n{end('- b')}\n"),
        f"{OPENER}\n\n{end('')}\n",
    ),
    "a section": (
        "<!--#lua userstories -->\n\n"
        + conflict(f"* b\n\n{end('* b')}\n", f"* c\n\n{end('* c')}\n")
        + "\n<!--/lua-->\n",
        f"<!--#lua userstories -->\n\n* b\n\n{end('* b')}\n\n<!--/lua-->\n",
    ),
    "with what both came from": (
        f"{OPENER}\n\n"
        + conflict(f"- b\n\n{end('- b')}\n", f"- c\n\n{end('- c')}\n", f"- a\n\n{end('- a')}\n"),
        native("- b"),
    ),
    "a line around a value": (conflict(inline("12"), inline("13")), inline("12")),
    "a paragraph with two values": (
        conflict(f"A\n{inline('12')}{inline('1')}", f"A\n{inline('13')}{inline('2')}"),
        f"A\n{inline('12')}{inline('1')}",
    ),
    "whole blocks": (
        conflict(
            f"{native('- b')}\ntext\n\n{native('- d')}", f"{native('- c')}\ntext\n\n{native('- e')}"
        ),
        f"{native('- b')}\ntext\n\n{native('- d')}",
    ),
    "in a callout, from whose prefix the marks stand apart": (
        f"> {OPENER}\n>\n" + conflict(f"> - b\n>\n> {end('- b')}\n", f"> - c\n>\n> {end('- c')}\n"),
        f"> {OPENER}\n>\n> - b\n>\n> {end('- b')}\n",
    ),
}


@each("newline", ["\n", "\r\n", "\r"])
@each(("page", "after"), RESOLVED.values(), ids=RESOLVED)
def test_a_conflict_between_two_outputs_is_resolved(page: str, after: str, newline: str) -> None:
    page, after = (f"# A\n\n{text}\nend".replace("\n", newline) for text in (page, after))
    result = resolved(page, ours=ours)
    assert result == after
    assert all(origin(block) is Origin.OURS for block in find_blocks(result, ours=ours))


LEFT = {
    "a person's line on one side": (
        f"{OPENER}\n\n" + conflict(f"- b\n- mine\n\n{end('- b')}\n", f"- c\n\n{end('- c')}\n")
    ),
    "a person's line outside of the block": (
        f"{OPENER}\n\n" + conflict(f"- b\n\n{end('- b')}\nmine\n", f"- c\n\n{end('- c')}\n")
    ),
    "another sentence around a value": conflict(
        inline("12"), inline("13").replace("There are", "We have")
    ),
    "a person's line in the older side, into which git merged what the newer has": (
        f"{OPENER}\n\n- b\n- c\n"
        + conflict(
            f"- mine\n\n{end('- a', '- c')}\n", f"- d\n- e\n\n{end('- b', '- c', '- d', '- e')}\n"
        )
    ),
    "another query": (
        conflict(f"{OPENER}\n", f"{OPENER.replace('stories', 'stories limit 1')}\n")
        + f"\n- b\n\n{end('- b')}\n"
    ),
    "a block that one side has no more": conflict("", native("- b")),
    "git merged the body by itself, and it is neither's": (
        f"{OPENER}\n\n- b\n- c\n\n" + conflict(f"{end('- b')}\n", f"{end('- c')}\n")
    ),
    "a person's line in a section": (
        "<!--#lua userstories -->\n\n"
        + conflict(f"* b\n* mine\n\n{end('* b')}\n", f"* c\n\n{end('* c')}\n")
        + "\n<!--/lua-->\n"
    ),
    "a section without checksums": (
        "<!--#lua userstories -->\n" + conflict("* b\n", "* c\n") + "<!--/lua-->\n"
    ),
}


@each("page", LEFT.values(), ids=LEFT)
def test_any_other_in_or_around_a_block_is_told(page: str) -> None:
    with pytest.raises(BlockError) as caught:
        resolved(f"# A\n\n{page}", page="A.md", ours=ours)
    error = caught.value
    line = 3 + page[: page.index("<<<<<<<")].count("\n")
    assert (error.message, error.page, error.line) == (CONFLICT, "A.md", line)
    assert error.hint


def test_checksums_that_changed_places_are_told() -> None:
    bodies, ends = conflict("- b\n", "- c\n"), conflict(f"{end('- c')}\n", f"{end('- b')}\n")
    with pytest.raises(BlockError, match=CONFLICT):
        resolved(f"{OPENER}\n\n{bodies}\n{ends}", ours=ours)


@each(
    "text",
    [
        conflict("mine\n", "yours\n"),
        f"```\n{conflict(native('- a'), native('- b'))}```\n",
        "<<<<<<< HEAD\nmine\n",
        "<<<<<<< HEAD\nmine\n>>>>>>> b\n",
        ">>>>>>> b\n=======\n<<<<<<<\n",
        "=======\n",
    ],
)
def test_one_elsewhere_is_none_of_our_business(text: str) -> None:
    page = f"{text}\n{native('- b')}\n{text}"
    assert resolved(page, ours=ours) == page


def test_a_page_out_of_order_is_told_for_what_it_is() -> None:
    page = f"{conflict(MINE, YOURS)}\n<!-- /taiga 1 -->\n\n{native('- b')}"
    with pytest.raises(BlockError, match="an end marker without a block"):
        resolved(page, ours=ours)


def test_both_kinds_may_stand_on_a_page() -> None:
    prose = conflict("mine\n", "yours\n")
    page = f"{prose}\n{RESOLVED['body and checksum'][0]}\n{prose}"
    assert resolved(page, ours=ours) == f"{prose}\n{RESOLVED['body and checksum'][1]}\n{prose}"


def test_sides_keep_their_line_ends() -> None:
    text = "a\r\n<<<<<<<\r\none\r\n=======\r\ntwo\r\n>>>>>>> x"
    assert conflicts(text) == [Conflict(2, 3, len(text), ("one\r\n", "two\r\n"))]
    again = f"<<<<<<< a\nx\n{text[3:]}\n<<<<<<<<\n"
    assert [found.line for found in conflicts(again)] == [3]


@pytest.mark.parametrize("size", [7, 8, 10, 32])
def test_marks_may_be_longer(size: int) -> None:
    page, after = RESOLVED["body and checksum"]
    assert page != after
    for sign in "<=>":
        page = page.replace(sign * 7, sign * size)
    assert resolved(page, ours=ours) == after


def test_a_conflict_within_a_side_is_its_text() -> None:
    inner = conflict("- b\n", "- c\n")
    for sign in "<=>":
        inner = inner.replace(sign * 7, sign * 9)
    page = conflict(f"- a\n{inner}", "- d\n")
    assert [found.sides for found in conflicts(page)] == [(f"- a\n{inner}", "- d\n")]
    with pytest.raises(BlockError, match=CONFLICT):
        resolved(f"{OPENER}\n\n{page}\n{end('- d')}\n", ours=ours)


JUJUTSU = {
    "changes": "%%%%%%% base to side #1\n- a\n+- b\n+++++++ side #2\n- c\n",
    "snapshots": "+++++++ one (no eol)\n- b\n------- base\n- a\n+++++++ two\n- c\n",
    "three sides": "+++++++ one\n- b\n------- base\n+++++++ two\n------- base\n+++++++ three\n",
}


@pytest.mark.parametrize("between", JUJUTSU.values(), ids=JUJUTSU)
def test_a_conflict_of_jujutsu_s_is_told(between: str) -> None:
    text = f"<<<<<<< Conflict 1 of 1\n{between}>>>>>>> Conflict 1 of 1 ends\n"
    assert conflicts(text) == [Conflict(1, 0, len(text), (text, text))]
    with pytest.raises(BlockError) as caught:
        resolved(f"{OPENER}\n\n{text}\n{end('- c')}\n", page="A.md", ours=ours)
    assert (caught.value.message, caught.value.line) == (CONFLICT, 3)


@pytest.mark.parametrize("rule", ["-------\n", "a\n------- b\n", "%%%%%%%\n", "- a\n+++++++ b\n"])
def test_a_rule_or_a_comment_in_a_side_is_its_text(rule: str) -> None:
    assert [found.sides for found in conflicts(conflict(rule, "x\n"))] == [(rule, "x\n")]


def test_so_many_conflicts_as_nobody_resolves_are_bounded() -> None:
    assert len(conflicts(conflict("a\n", "b\n") * 1_100)) == 1_000
