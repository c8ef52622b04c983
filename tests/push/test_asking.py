"""A terminal is asked at, a watch tells what waits and overwrites none of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.cli.program import Program
from tests.cli.terminal import Terminal
from tests.cli.watching import ForkedWatch
from tests.push.desk import TASKS

if TYPE_CHECKING:
    from tests.push.desk import Desk

DONE = {"userstories/1": {"status": ("New", "Done")}}


def _program(desk: Desk) -> Program:
    names = ("TAIGA_NOTES_API", "TAIGA_NOTES_TOKEN")
    return Program(desk.home, desk.root, {name: os.environ[name] for name in names})


@pytest.mark.slow
def test_at_a_terminal_the_plan_is_followed_by_a_question(desk: Desk) -> None:
    desk.write(TASKS)
    desk.tick(1)
    for answer, status in (("n\n", 0), ("\n", 0), ("y\n", 0)):
        assert desk.changes() == {}
        with Terminal(_program(desk), "push") as terminal:
            terminal.until("Send 1 change? [y/N]")
            assert "status New → Done" in terminal.shown
            terminal.type(answer)
            assert terminal.end() == status
    assert desk.changes() == DONE


@pytest.mark.slow
def test_in_a_vault_that_is_not_trusted_it_asks_even_with_yes(desk: Desk) -> None:
    desk.write(TASKS)
    desk.tick(1)
    desk.configure("")
    for answer in ("n\n", "y\n"):
        assert desk.changes() == {}
        with Terminal(_program(desk), "push", "--yes") as terminal:
            terminal.until("is no vault that you trust. Send its changes all the same? [y/N]")
            terminal.type(answer)
            assert terminal.end() == 0
    assert desk.changes() == DONE


@pytest.mark.slow
def test_a_watch_tells_what_waits_once_and_leaves_it(desk: Desk) -> None:
    desk.write(TASKS)
    with ForkedWatch(_program(desk)) as watching:
        mark = watching.mark
        desk.tick(1)
        text = desk.text()
        told = watching.until("waiting", mark, page="Board.md")
        assert (told["line"], told["edits"]) == (3, 1)
        assert told["message"] == "Board.md:3: 1 edit to push (taiga-notes push)"
        assert desk.text() == text
        assert desk.push().status == 0
    assert desk.changes() == DONE
    assert "[x]" not in desk.text()
