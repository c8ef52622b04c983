"""The server itself, over its standard input and output: one process for all cases.

It has a Taiga behind one vault, and the example's own rows behind another.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from lsprotocol import types

from tests.cli.program import PROGRAM
from tests.fake_taiga import Taiga, serve
from tests.lsp.conftest import EXAMPLE
from tests.lsp.editor import Editor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.fake_taiga.model import Project

BLOCK = "<!-- #taiga: {} -->\n\n<!-- /taiga -->\n"


@dataclass(frozen=True)
class Desk:
    """An editor, a Taiga, and the folders of two vaults."""

    editor: Editor
    taiga: Taiga
    project: Project
    notes: Path
    example: Path

    def page(self, name: str, text: str, folder: Path | None = None) -> str:
        """Saves a page and opens it; gives its URI."""
        file = (folder or self.notes) / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="")
        self.editor.open(file.as_uri(), text)
        return file.as_uri()

    def rendered(self, uri: str, command: str = "taiga-notes.renderPage", *more: int) -> str:
        """What a buffer holds once a command has rendered it."""
        count = len(self.editor.edits)
        self.editor.execute(command, uri, *more)
        self.editor.awaited("edit", lambda: len(self.editor.edits) > count)
        return self.editor.buffers[uri].text

    def told(self, command: str, *arguments: object) -> str:
        """The message that a command leads to."""
        count = len(self.editor.messages)
        self.editor.execute(command, *arguments)
        self.editor.awaited("message", lambda: len(self.editor.messages) > count)
        return self.editor.messages[-1]


@pytest.fixture(scope="module")
def desk(home: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("server")
    notes, example = folder / "my nötes", folder / "example"
    shutil.copytree(EXAMPLE, example)
    notes.mkdir()
    settings = 'project = "acme"\n[push]\ndone = ["Done", "Closed"]\n'
    (notes / "taiga-notes.toml").write_text(settings, encoding="utf-8")
    taiga = Taiga()
    ada = taiga.add_user("ada")
    project = taiga.add_project("Acme", owner=ada, slug="acme")
    for number in range(1, 4):
        taiga.add_story(project, f"Story {number} 😀")
    with serve(taiga) as server:
        env = home | {"TAIGA_NOTES_API": server.url, "TAIGA_NOTES_TOKEN": taiga.token(ada)}
        config = folder / "config.toml"
        config.write_text(f'trust = ["{notes}"]\nmax_wait = "0s"\n', encoding="utf-8")
        env["TAIGA_NOTES_CONFIG"] = str(config)
        with Editor([str(PROGRAM), "lsp", "--stdio"], env, folder) as editor:
            yield Desk(editor, taiga, project, notes, example)
        assert editor.status == 0
        assert not editor.complaints


def test_a_client_that_has_it_exit_without_a_shutdown_is_told_so_by_its_status(
    home: dict[str, str], tmp_path: Path
) -> None:
    text = b'{"jsonrpc": "2.0", "method": "exit"}'
    sent = b"Content-Length: %d\r\n\r\n%s" % (len(text), text)
    done = subprocess.run([PROGRAM, "lsp"], input=sent, env=home, cwd=tmp_path, check=False)
    assert done.returncode == 1


def test_it_counts_in_utf_16_whatever_the_client_offers(desk: Desk) -> None:
    found = desk.editor.initialized.capabilities
    assert found.position_encoding == types.PositionEncodingKind.Utf16
    assert found.execute_command_provider is not None
    assert {*found.execute_command_provider.commands} == {
        *("taiga-notes.renderBlock", "taiga-notes.renderPage", "taiga-notes.push"),
        *("taiga-notes.explain", "taiga-notes.openInTaiga"),
    }


def test_a_wrong_field_is_told_and_its_fix_mends_it(desk: Desk) -> None:
    editor = desk.editor
    uri = desk.page("Fix.md", BLOCK.format("from userstories where is_closd"), desk.example)
    [found] = editor.said(uri)
    [action, *_] = editor.actions(uri, found.range.start)
    assert isinstance(action, types.CodeAction)
    assert action.edit is not None
    assert editor.applied(action.edit)
    assert editor.said(uri) == []
    assert "is_closed -->" in editor.buffers[uri].text


def test_rendering_asks_taiga_and_changes_the_buffer_only(desk: Desk) -> None:
    page = "é 😀\r\n\r\n" + BLOCK.format("from userstories template links").replace("\n", "\r\n")
    page += "\r\n" + BLOCK.format("from userstories select count() template list")
    uri = desk.page("Über 😀.md", page)
    [found, *_] = desk.editor.said(uri)
    assert found.severity == types.DiagnosticSeverity.Information  # nothing is stored yet
    text = desk.rendered(uri, "taiga-notes.renderBlock", 2)
    assert "Story 1 😀" in text
    assert text.startswith("é 😀\r\n\r\n<!-- #taiga: from userstories")
    assert text.endswith(page[page.rindex("<!-- #taiga") :])
    assert (desk.notes / "Über 😀.md").read_bytes().decode() == page
    assert desk.editor.buffers[uri].undo == [page]
    assert desk.editor.said(uri)[:1] != [found]


def test_what_is_typed_meanwhile_is_kept(desk: Desk) -> None:
    page = BLOCK.format("from userstories order by ref template links")
    uri = desk.page("Typing.md", page)
    count = len(desk.editor.edits)
    desk.editor.execute("taiga-notes.renderPage", uri)
    desk.editor.put(uri, f"Typed meanwhile.\n\n{page}")
    desk.editor.awaited(
        "edit", lambda: len(desk.editor.edits) > count and "Story" in desk.editor.buffers[uri].text
    )
    assert desk.editor.buffers[uri].text.startswith("Typed meanwhile.\n\n<!-- #taiga")


def test_a_push_is_of_what_is_saved_and_agreed_to(desk: Desk) -> None:
    editor, story = desk.editor, desk.taiga.of_project("userstories", desk.project)[0]
    uri = desk.page("Push.md", BLOCK.format("from userstories template tasks push done"))
    text = desk.rendered(uri)
    ticked = text.replace("- [ ]", "- [x]", 1)
    editor.typed(uri, ticked)
    assert "not saved" in desk.told("taiga-notes.push", uri)
    (desk.notes / "Push.md").write_text(ticked, encoding="utf-8")
    editor.answer = "Cancel"
    editor.hesitate()
    editor.execute("taiga-notes.push", uri)
    editor.awaited("asked", lambda: len(editor.asked) == 1)
    assert "Story 1" in desk.rendered(desk.page("Other.md", BLOCK.format("from userstories")))
    editor.decide()
    editor.answer = "Send"
    edits = len(editor.edits)
    said = desk.told("taiga-notes.push", uri)
    assert "Send this to Taiga?" in editor.asked[-1]
    assert said.startswith("sent: ")
    assert story.status.is_closed
    editor.awaited("edit", lambda: len(editor.edits) > edits)
    assert editor.said(uri) == []


def test_of_what_is_refused_the_reason_is_told_once(desk: Desk) -> None:
    editor, story = desk.editor, desk.taiga.of_project("userstories", desk.project)[2]
    desk.taiga.add_task(story, "Task")
    query = "from userstories where ref == 2 or ref == 3 order by ref template tasks push done"
    uri = desk.page("Refused.md", BLOCK.format(query))
    ticked = desk.rendered(uri).replace("- [ ]", "- [x]")
    editor.put(uri, ticked)
    (desk.notes / "Refused.md").write_text(ticked, encoding="utf-8")
    editor.answer = "Send"
    said = desk.told("taiga-notes.push", uri).split("\n")
    assert said[0].startswith("sent: story #2 ")
    assert said[1:] == ["refused: story #3 Story 3 😀: 1 task is open; Taiga would keep it open"]
    # What was sent waits no more; taken back by hand it is told.
    [_, first, _] = editor.typed(uri, f"{ticked}\n")
    assert first.message.startswith("it is sent")
    [_, first, _] = editor.typed(uri, ticked.replace("[x]", "[ ]", 1))
    assert "it was sent, and to take it back here changes nothing in Taiga" in first.message


def test_a_link_opens_the_stored_address(desk: Desk) -> None:
    editor = desk.editor
    page = (desk.example / "Welcome.md").read_text(encoding="utf-8")
    uri = desk.page("Welcome.md", page, desk.example)
    place = editor.position(uri, "[#13 Pay", 2)
    titles = {each.title for each in editor.actions(uri, place)}
    assert titles >= {"Render this block", "Render page", "Explain", "Open in Taiga"}
    editor.execute("taiga-notes.openInTaiga", uri, place.line, place.character)
    editor.awaited("shown", lambda: bool(editor.shown))
    assert editor.shown[-1] == "https://tree.taiga.io/project/acme/us/13"
    assert "3 rows" in desk.told("taiga-notes.explain", uri, place.line)
    assert "nothing can be pushed" in desk.told("taiga-notes.push", uri)
    assert "no block" in desk.told("taiga-notes.explain", uri, 0)
    # VS Code would execute the command.
    uri = desk.page("Link.md", BLOCK.format("from userstories where subject == '[x](command:y)'"))
    assert "](" not in desk.told("taiga-notes.explain", uri, 0)
    assert "no link" in desk.told("taiga-notes.openInTaiga", uri, 0, 0)


def test_buffers_of_any_kind_are_answered(desk: Desk) -> None:
    editor = desk.editor
    text = "\ufeff" + BLOCK.format("from userstories wher is_closed")
    folder = quote(str(desk.example))
    uris = ["untitled:Untitled-1", "file:///nowhere%20at/all/ä.md", "file:///%00.md", "git:/x?y#z"]
    uris += [f"file://{folder}/%C3%A4%20b.md", f"file://{folder}/%FF.md", "no uri at all"]
    for uri in uris:
        assert all("wher" in found.message for found in editor.open(uri, text)[:1]), uri
        editor.completion(uri, editor.position(uri, "wher", 2))
        editor.hover(uri, editor.position(uri, "user", 2))
        editor.close(uri)
    assert not [each for each in editor.messages if "mistake in taiga-notes" in each]
    uri = f"file://{folder}/%C3%A4%20b.md"
    [found] = editor.open(uri, text)
    assert found.range.start == types.Position(0, text.split("\n")[0].index("wher"))


def test_other_settings_are_taken_note_of_while_nobody_types(desk: Desk) -> None:
    settings = desk.example / "taiga-notes.toml"
    before = settings.read_text(encoding="utf-8")
    uri = desk.page("Preset.md", BLOCK.format("from presets.later"), desk.example)
    [found] = desk.editor.said(uri)
    assert "unknown preset" in found.message
    settings.write_text(f"{before}later = 'from userstories'\n", encoding="utf-8")
    desk.editor.awaited(uri, lambda: not desk.editor.diagnostics[uri].diagnostics)


@pytest.mark.slow
def test_a_server_that_can_t_be_reached_leaves_the_last_known_rows(desk: Desk) -> None:
    known = desk.page("Known.md", BLOCK.format("from userstories order by ref template links"))
    desk.rendered(known)
    uri = desk.page("Away.md", BLOCK.format("from userstories order by ref desc template links"))
    desk.taiga.faults.add("unavailable", times=None)
    try:
        assert "server unreachable" in desk.told("taiga-notes.renderPage", uri)
    finally:
        desk.taiga.faults.clear()
    assert "Story 3" in desk.editor.buffers[uri].text
