"""Lines for people, which strangers' text never breaks."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from taiga_notes.cli import output
from taiga_notes.errors import WriteError
from taiga_notes.system import clock
from tests.tables import each

if TYPE_CHECKING:
    import pytest

    from tests.cli.program import Program


def test_a_name_with_a_newline_makes_no_line_that_github_obeys(
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = "A\n::stop-commands::x.md"
    output.complain(f"{name}:1: passed by")
    output.problem(WriteError("it can't be read", page=name))
    output.say(f"changed: {name}")
    told = capsys.readouterr()
    assert told.out == "changed: A ::stop-commands::x.md\n"
    assert told.err == (
        "taiga-notes: A ::stop-commands::x.md:1: passed by\n"
        "A ::stop-commands::x.md: it can't be read\n"
    )


def test_what_a_page_is_called_or_holds_is_no_command_of_github(program: Program) -> None:
    program.page("::notice::called.md", "<!-- #taiga\n::notice::held\n-->\n\n<!-- /taiga -->\n")
    (program.folder / "taiga-notes.toml").touch()
    for command in "lint", "render":
        done = program(command)
        told = (done.out + done.err).splitlines()
        assert told[0].removeprefix("changed: ").startswith("./::notice::called.md")
        assert not [line for line in told if line.lstrip().startswith("::")]
    assert "  | ::notice::held" in told


@each(
    ("seconds", "told"),
    [
        (0, "just now"),
        (-59, "just now"),
        (59, "just now"),
        (60, "1 min ago"),
        (-61, "2026-11-22 14:03, by a clock that was ahead of this one"),
        (-3600, "2026-11-22 15:02, by a clock that was ahead of this one"),
        (-3 * 86_400, "2026-11-25 14:02, by a clock that was ahead of this one"),
        (3 * 86_400, "3 d ago"),
    ],
)
def test_an_age_is_never_told_younger_than_it_is(
    monkeypatch: pytest.MonkeyPatch, seconds: int, told: str
) -> None:
    moment = datetime(2026, 11, 22, 14, 2, 30, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: moment)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    assert output.ago(moment - timedelta(seconds=seconds)) == told
    monkeypatch.undo()
    time.tzset()
