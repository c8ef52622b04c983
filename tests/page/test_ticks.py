"""Ticks in a list are told from other edits, by the checksum of what stood there before."""

from __future__ import annotations

from itertools import combinations
from time import process_time

import pytest

from taiga_notes.page.checksum import MOST_TICKS, before_ticks, checksum, only_ticked
from tests.tables import each

TASKS = """\
- [ ] [#1 Sign-up](https://t.example/1)
- [x] [#2 Log-in](https://t.example/2)

> 1. [ ] [#3 **bold**](https://t.example/3)

  * [ ] in a list
  * [X] done
"""
BOXES = [at for at in range(len(TASKS)) if TASKS[at] == "[" and TASKS[at + 2 : at + 4] == "] "]


def ticked(body: str, boxes: tuple[int, ...]) -> str:
    for at in boxes:
        body = f"{body[: at + 1]}{'x' if body[at + 1] == ' ' else ' '}{body[at + 2 :]}"
    return body


@each("count", range(1, 6))
def test_any_boxes_may_be_ticked_and_unticked(count: int) -> None:
    assert len(BOXES) == 5
    for boxes in combinations(BOXES, count):
        assert only_ticked(ticked(TASKS, boxes), checksum(TASKS))


@pytest.mark.parametrize("day", [" ✅ 2026-11-28", "  \u2705 2026-11-28  ", " ✅2026-11-28"])
def test_the_day_that_obsidian_adds_is_part_of_a_tick(day: str) -> None:
    first = TASKS.partition("\n")[0]
    edited = TASKS.replace(first, first.replace("[ ]", "[x]") + day)
    assert only_ticked(edited, checksum(TASKS))


@each(
    ("old", "new"),
    [
        ("- [ ] [#1 Sign-up]", "- [x] [#1 Sign-off]"),
        ("- [ ] [#1 Sign-up]", "- [x] [#1 Sign-up!]"),
        ("  * [ ] in a list\n", ""),
        ("  * [ ] in a list\n", "  * [x] in a list\n  * [ ] mine\n"),
        ("bold", "bald"),
        ("https://t.example/1)", "https://t.example/1) ✅ today"),
        ("- [ ]", "-"),
    ],
)
def test_other_edits_are_no_ticks(old: str, new: str) -> None:
    assert TASKS.count(old) == 1 or old == "- [ ]"
    assert not only_ticked(TASKS.replace(old, new), checksum(TASKS))


@pytest.mark.parametrize("before", ["", "1f", "zzzzzzzz", "123456789"])
def test_without_a_checksum_nothing_is_known(before: str) -> None:
    assert not only_ticked(TASKS, before)


def test_nor_is_it_without_a_box() -> None:
    assert not only_ticked("* a", checksum("* a"))


@each("count", range(6))
def test_what_stood_there_is_proved_by_the_checksum(count: int) -> None:
    for boxes in combinations(BOXES, count):
        before = before_ticks(ticked(TASKS, boxes), checksum(TASKS))
        assert before is not None
        assert before.replace("[X]", "[x]") == TASKS.replace("[X]", "[x]")


def test_nothing_is_proved_of_other_edits_or_by_no_checksum() -> None:
    assert before_ticks(TASKS.replace("bold", "bald"), checksum(TASKS)) is None
    assert before_ticks(TASKS, "zzzzzzzz") is None


def test_the_day_is_taken_off_before() -> None:
    body = TASKS.replace("[ ] [#1", "[x] [#1").replace("e/1)", "e/1) \u2705 2026-11-28")
    before = before_ticks(body, checksum(TASKS))
    assert before is not None
    assert before.startswith("- [ ] [#1 Sign-up](https://t.example/1)\n")


def test_of_more_ticks_than_are_tried_nothing_is_proved() -> None:
    many = "".join(f"- [ ] item {number}\n" for number in range(MOST_TICKS + 1))
    for count in (MOST_TICKS, MOST_TICKS + 1):
        body = many.replace("[ ]", "[x]", count)
        assert (before_ticks(body, checksum(many)) == many) == (count == MOST_TICKS)
    # What was ticked before counts as well; it may be emptied only where all boxes are few.
    closed = many.replace("[ ]", "[x]")
    assert before_ticks(closed.replace("[x]", "[ ]", 1), checksum(closed)) is None
    few = "- [x] a\n- [ ] b\n"
    assert before_ticks("- [ ] a\n- [ ] b\n", checksum(few)) == few


def test_two_ways_that_fit_prove_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    body = "- [ ] a\n- [ ] b\n"
    ticked_one = body.replace("[ ] a", "[x] a")
    amount = int(checksum(body), 16) ^ int(checksum(ticked_one), 16)
    assert before_ticks(body.replace("[ ]", "[x]").replace("[x] b", "[ ] b"), checksum(body))
    # As one body in a million has them: two boxes that change the checksum alike.
    monkeypatch.setattr("taiga_notes.page.checksum._amounts", lambda _: iter([amount, amount]))
    wanted = f"{int(checksum(body.replace('[ ]', '[x]')), 16) ^ amount:08x}"
    assert before_ticks(body.replace("[ ]", "[x]"), wanted) is None


@pytest.mark.slow
def test_so_many_boxes_are_tried_as_can_be() -> None:
    many = "".join(f"- [ ] item {number}\n" for number in range(300))
    assert only_ticked(many.replace("[ ] item 7\n", "[x] item 7\n"), checksum(many))
    assert only_ticked(
        many.replace("[ ] item 7\n", "[x] item 7\n").replace("[ ] item 8\n", "[x] item 8\n"),
        checksum(many),
    )
    assert not only_ticked(many.replace("[ ]", "[x]"), checksum(many))


def test_a_tick_among_many_boxes_is_told() -> None:
    body = "\n".join(f"{count}. [ ] [#{count} ä €](https://t.example)" for count in range(1_000))
    assert only_ticked(body.replace("[ ]", "[x]", 1), checksum(body))
    assert only_ticked(body[::-1].replace("] [", "]x[", 1)[::-1], checksum(body))
    assert not only_ticked(body.replace("€", "€€", 1), checksum(body))


@pytest.mark.slow
@pytest.mark.parametrize("part", [" ", " \u2705", "- [ ] a\n", "\x00", "> - [x] \u2705 2026-11-28"])
def test_the_time_that_it_takes_grows_with_the_body(part: str) -> None:
    def spent(count: int) -> float:
        body = f"- [ ] a{part * count}b"
        began = process_time()
        only_ticked(body, "0badcafe")
        return process_time() - began

    # What grows with the square would take sixty-four times as long. The constant is for the
    # sets that are tried in vain.
    assert spent(8_000) < 24 * spent(1_000) + 0.5
