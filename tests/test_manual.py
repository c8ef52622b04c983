"""The manual page: made of the help, and current."""

from __future__ import annotations

import subprocess

import pytest

from taiga_notes.cli import COMMANDS
from tests import manual
from tests.programs import program


def test_the_manual_page_is_current() -> None:
    assert manual.FILE.read_text(encoding="utf-8") == manual.page(), (
        "run `python -m tests.manual`, which writes it anew"
    )


def test_it_tells_of_every_command_and_its_flags() -> None:
    text = manual.page().replace("\\-", "-")
    for command in COMMANDS:
        assert f'.SS "taiga-notes {command} ' in text
    for told in ("\\fB--output-format\\fR \\fItext|json|github\\fR", "EXIT STATUS", "config.toml"):
        assert told in text


@pytest.mark.programs
def test_groff_has_nothing_against_it() -> None:
    done = subprocess.run(
        [program("groff"), "-man", "-ww", "-Tutf8", str(manual.FILE)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert "refresh" in done.stdout.lower()
