"""What no list of Taiga holds, from Taiga into pages: asked for of what is left, and kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Acme
    from tests.cli.program import Program

PAGE = """\
<!-- #taiga: from userstories where status_name == 'In progress' template discussion -->
<!-- /taiga -->

<!-- taiga: from userstories where days_in('New') >= 0 and not is_closed select count() --> \
<!-- /taiga -->
"""


def test_a_page_shows_comments_and_is_rendered_anew_for_another_one(
    vault: Path, acme: Acme, program: Program
) -> None:
    assert vault
    _, invoice, _ = acme.stories
    acme.taiga.comment(invoice, "Legal is *fine*.")
    acme.taiga.attach(invoice, "draft.pdf")
    page = program.page("A.md", PAGE)
    assert program("render").status == 0
    text = page.read_text()
    assert "Legal is *fine*." in text
    assert "[draft.pdf](" in text
    acme.taiga.log.clear()
    assert program("render").out == "0 pages changed, 1 unchanged\n"
    # The project and how many stories it has: what else there is, is known.
    assert len(acme.taiga.log.lines()) <= 2
    acme.taiga.comment(invoice, "And <b>paid</b>.")
    assert program("render").status == 0
    text = page.read_text()
    assert text.index("And") < text.index("Legal is *fine*.")
    assert "<b>" not in text


def test_what_is_asked_for_is_told(vault: Path, acme: Acme, program: Program) -> None:
    assert vault
    acme.taiga.log.clear()
    told = program("explain", "from userstories where #history > 0 and is_closed").out
    assert "history of userstories of acme  1 row" in told
    assert [line for line in acme.taiga.log.lines() if "timeline" in line or "history" in line]


def test_a_snapshot_holds_it_where_that_is_said(vault: Path, acme: Acme, program: Program) -> None:
    acme.taiga.comment(acme.stories[0], "First.")
    assert program("snapshot", "s.json", "--with", "comments", "--with", "history").status == 0
    pieces = json.loads((vault / "s.json").read_text())["details"]["userstories"]
    assert [one["text"] for one in pieces["comments"][str(acme.stories[0].id)]] == ["First."]
    query = "from userstories where ref == 1 select comments[1].text"
    assert program("query", "--snapshot", "s.json", query).out == "- First.\n"
    done = program("query", "--snapshot", "s.json", "from userstories where #attachments > 0")
    assert (done.status, "--with attachments" in done.err) == (4, True)
