"""Which pages a watch keeps true: vaults that come and go in a vault, templates, what is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.test_watch import Lab
from tests.cli.watching import block
from tests.fake_taiga import serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    lab = Lab(tmp_path)
    with serve(lab.taiga) as server:
        lab.log_in(server)
        yield lab


@pytest.mark.slow
def test_a_folder_that_becomes_a_vault_is_let_go_and_taken_back(lab: Lab) -> None:
    lab.write("sub/A.md")
    with lab.watching() as watching:
        watching.until("changed", page="sub/A.md")
        since = watching.mark
        lab.write("sub/taiga-notes.toml", "")
        watching.until("settings", since)
        watching.settle()
        since = watching.mark
        page = lab.write("sub/A.md", block() + "mine\n")
        lab.write("B.md")
        watching.until("changed", since, page="B.md")
        watching.settle()
        assert page.read_text() == block() + "mine\n"
        assert lab.watch_status()["pages"] == len([*lab.vault.glob("*.md")])

        since = watching.mark
        (lab.vault / "sub/taiga-notes.toml").unlink()
        watching.until("changed", since, page="sub/A.md")


@pytest.mark.slow
def test_a_template_is_passed_by_and_told_once(lab: Lab) -> None:
    text = f"---\ntitle: {{{{title}}}}\n---\n{block()}"
    lab.write("T.md", text)
    with lab.watching() as watching:
        watching.until("passed_by", page="T.md")
        since = watching.mark
        lab.write("T.md", f"{text}more\n")
        lab.write("B.md")
        watching.until("changed", since, page="B.md")
        watching.settle()
        assert [one for one in watching.events[since:] if one["event"] == "passed_by"] == []
    assert lab.shows("T.md", f"{text}more\n")


@pytest.mark.slow
def test_what_is_named_and_excluded_is_told_and_left(lab: Lab) -> None:
    lab.write(".gitignore", "drafts/\n")
    for name in ("drafts/A.md", "B.md"):
        lab.write(name)
    with lab.watching("B.md", "drafts/A.md") as watching:
        watching.until("changed", page="B.md")
        told = [one["message"] for one in watching.events if one["event"] == "passed_by"]
        assert told == ["passed by: drafts/A.md is excluded"]
    assert lab.shows("drafts/A.md", block())
    done = lab.program("watch", "drafts/A.md")
    assert (done.status, "nothing to watch" in done.err) == (2, True)


@pytest.mark.slow
def test_pages_for_items_are_made_kept_true_and_found_where_they_are(lab: Lab) -> None:
    settings = lab.vault / "taiga-notes.toml"
    settings.write_text(
        settings.read_text() + '\n[[mirror]]\nquery = "from userstories"\nfolder = "stories"\n'
    )
    lab.write("Look.md", block("from links() select note"))
    with lab.watching("--webhook", "127.0.0.1:0") as watching:
        watching.until("changed", message="made: stories/1 Sign-up form.md")
        watching.until("changed", page="Look.md")
        watching.settle()
        since = watching.mark
        moved = lab.vault / "Mine.md"
        (lab.vault / "stories/1 Sign-up form.md").rename(moved)
        watching.until("changed", since, page="Look.md")
        watching.settle()
        assert lab.shows("Look.md", "[[Mine]]")

        since = watching.mark
        lab.taiga.edit(lab.story, subject="Sign up")
        lab.taiga.add_story(lab.project, "Pay")
        lab.write("taiga-notes.toml", settings.read_text() + "\n# read again\n")
        watching.until("changed", since, message="made: stories/2 Pay.md")
        watching.until("changed", since, page="Mine.md")
        watching.settle()
        assert lab.shows("Mine.md", 'taiga_subject: "Sign up"')
        assert lab.shows("Look.md", "[[stories/2 Pay]]")
        assert [path.name for path in (lab.vault / "stories").iterdir()] == ["2 Pay.md"]
