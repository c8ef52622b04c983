"""Lines for people, which strangers' text never breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taiga_notes.cli import output
from taiga_notes.errors import WriteError

if TYPE_CHECKING:
    import pytest


def test_a_name_with_a_newline_makes_no_line_that_github_obeys(
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = "A\n::stop-commands::x.md"
    output.complain(f"{name}:1: passed by")
    output.problem(WriteError("it can't be read", page=name))
    assert capsys.readouterr().err == (
        "taiga-notes: A ::stop-commands::x.md:1: passed by\n"
        "A ::stop-commands::x.md: it can't be read\n"
    )
