from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from taiga_notes.errors import BlockError, PageBusyError, PageChangedError, WriteError
from taiga_notes.refresh.compose import RenderContext
from taiga_notes.refresh.refresh import Discard, PageOutcome, refresh
from taiga_notes.render import Templates, builtin_folder
from taiga_notes.system.files import stamp
from taiga_notes.taiga.snapshot import Snapshot
from taiga_notes.vault.vault import Vault
from taiga_notes.vault.writer import ATTEMPTS, PutOff

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from taiga_notes.refresh.refresh import PageWriter
    from taiga_notes.vault.writer import PageFile, Writer

BLOCK = "<!-- taiga: from userstories select subject -->\n<!-- /taiga -->\n"
CONTEXT = RenderContext(
    source=Snapshot({"userstories": [{"id": 1, "ref": 11, "subject": "Sign-up"}]}),
    templates=Templates([builtin_folder()]),
    now=datetime(2026, 11, 22, tzinfo=UTC),
)


@dataclass
class Folder:
    root: Path
    vault: Vault
    pages: dict[str, Path] = field(default_factory=dict)

    def page(self, name: str, text: str = BLOCK) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, newline="")
        return path

    def refreshed(self) -> dict[str, PageOutcome]:
        with self.vault.writing() as writer:
            return self.put(writer)

    def put(self, writer: PageWriter) -> dict[str, PageOutcome]:
        outcomes = refresh(self.vault, [""], lambda: CONTEXT, lambda: writer)
        return {outcome.page: outcome for outcome in outcomes}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    root = tmp_path / "vault"
    root.mkdir()
    return Folder(root, Vault(root, state=tmp_path / "state"))


def test_pages_with_blocks_are_rewritten_and_others_are_not_even_reported(folder: Folder) -> None:
    page, other = folder.page("Folder/A.md"), folder.page("B.md", "No block.")
    [outcome] = folder.refreshed().values()
    assert (outcome.page, outcome.changed, outcome.blocks) == ("Folder/A.md", True, 1)
    assert page.read_text() == outcome.after
    assert "- Sign-up" in outcome.after
    assert other.read_text() == "No block."


def test_a_page_whose_text_would_not_change_is_not_written(folder: Folder) -> None:
    page = folder.page("A.md")
    folder.refreshed()
    before = stamp(page.stat())
    outcome = folder.refreshed()["A.md"]
    assert not outcome.changed
    assert stamp(page.stat()) == before


def test_nothing_is_written_for_a_look(folder: Folder) -> None:
    page = folder.page("A.md")
    assert folder.put(Discard())["A.md"].changed
    assert page.read_text() == BLOCK


def test_a_page_s_mistake_stays_in_that_page(folder: Folder) -> None:
    folder.page("A.md", "<!-- taiga: from userstories -->\n")
    folder.page("B.md")
    outcomes = folder.refreshed()
    assert isinstance(outcomes["A.md"].problems[0].error, BlockError)
    assert outcomes["B.md"].changed


def test_a_page_that_is_not_utf8_is_reported_and_left_alone(folder: Folder) -> None:
    page = folder.page("A.md")
    data = page.read_bytes() + b"\xff"
    page.write_bytes(data)
    assert isinstance(folder.refreshed()["A.md"].problems[0].error, WriteError)
    assert page.read_bytes() == data


def test_a_page_saved_by_an_editor_meanwhile_is_read_and_rendered_again(folder: Folder) -> None:
    page = folder.page("A.md")
    with folder.vault.writing() as writer:
        [outcome] = folder.put(_Editor(page, writer)).values()
    assert page.read_text() == outcome.after
    assert "Mine." in outcome.after
    assert "- Sign-up" in outcome.after


@dataclass
class _Editor(Discard):
    """Saves the page right before we do, the first time."""

    page: Path
    writer: Writer
    saved: bool = False

    def replace(self, page: PageFile, text: str, written: Sequence[tuple[str, str]]) -> None:
        if not self.saved:
            self.saved = True
            self.page.write_text(BLOCK + "\nMine.\n")
        self.writer.replace(page, text, written)


def test_a_page_that_never_keeps_still_is_left_alone(folder: Folder) -> None:
    folder.page("A.md")
    restless = _Restless()
    outcome = folder.put(restless)["A.md"]
    assert "keeps changing" in outcome.problems[0].error.message
    assert restless.tries == ["A.md"] * ATTEMPTS


@dataclass
class _Restless(Discard):
    """Always finds another page than was read."""

    tries: list[str] = field(default_factory=list)

    def replace(self, page: PageFile, text: str, written: Sequence[tuple[str, str]]) -> None:
        del text, written
        self.tries.append(page.name)
        raise PageChangedError("was changed", page=page.name)


def test_half_a_page_is_read_again_when_it_is_whole(folder: Folder) -> None:
    page = folder.page("A.md", BLOCK[:60])
    [outcome] = folder.put(_Saver(page)).values()
    assert (outcome.problems, outcome.blocks) == ((), 1)


@dataclass
class _Saver(Discard):
    """Ends the writing of a page while it is waited for."""

    page: Path

    def demand_rest(self, name: str) -> None:
        assert name == "A.md"
        self.page.write_text(BLOCK)


def test_half_a_page_that_goes_on_being_written_is_not_blamed(folder: Folder) -> None:
    page = folder.page("A.md", BLOCK[:60])
    os.utime(page, (1, 1))
    with page.open("a"), folder.vault.writing(policy=PutOff()) as writer:
        error = folder.put(writer)["A.md"].problems[0].error
    assert isinstance(error, PageBusyError)
    assert isinstance(folder.refreshed()["A.md"].problems[0].error, BlockError)


def test_hand_edits_of_baked_sections_are_known_from_run_to_run(folder: Folder) -> None:
    expression = "template.each(query[[from getTaigaTasks()]], templates.list)"
    page = folder.page("A.md", f"<!--#lua {expression} -->\n<!--/lua-->\n")
    folder.refreshed()
    text = page.read_text().replace("Sign-up", "Mine")
    page.write_text(text)
    assert "edited by hand" in folder.refreshed()["A.md"].problems[0].error.message
    assert page.read_text() == text
