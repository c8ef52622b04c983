"""Pages that go while a command is at work, between being found, read and written: no trouble."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from taiga_notes.cli import main
from taiga_notes.vault.vault import Vault
from taiga_notes.vault.writer import Writer
from tests.tables import each

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

STORIES = [{"id": 1, "ref": 1, "subject": "Sign-up form"}]
PAGE = "<!-- #taiga: from userstories template links -->\n<!-- /taiga -->\n"
LIVE = "${query[[from getTaigaTasks()]]}\n"


def deleted(page: Path) -> None:
    page.unlink(missing_ok=True)


def moved(page: Path) -> None:
    page.rename(page.with_suffix(".txt"))


def a_folder(page: Path) -> None:
    page.unlink()
    page.mkdir()


def a_dangling_link(page: Path) -> None:
    page.unlink()
    page.symlink_to("nothing.md")


def gone_with_its_folder(page: Path) -> None:
    shutil.rmtree(page.parent)


def a_folder_that_is_a_file(page: Path) -> None:
    shutil.rmtree(page.parent)
    page.parent.write_text("")


GOINGS = [deleted, moved, a_folder, a_dangling_link, gone_with_its_folder, a_folder_that_is_a_file]


class Place:
    """A vault with two pages, of which one goes."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.vault = folder / "vault"
        self.going = self.vault / "sub" / "Going.md"
        self.going.parent.mkdir(parents=True)
        self.going.write_text(PAGE + LIVE)
        (self.vault / "Staying.md").write_text(PAGE + LIVE)
        for page in self.vault.rglob("*.md"):
            os.utime(page, (1, 1))  # else it is waited for until they have been quiet
        (self.vault / "taiga-notes.toml").write_text('project = "acme"\nsnapshot = "taiga.json"\n')
        (self.vault / "taiga.json").write_text(json.dumps({"userstories": STORIES}))
        patch.chdir(self.vault)
        for name in [*os.environ]:
            if name.startswith(("TAIGA_NOTES_", "XDG_")):
                patch.delenv(name)
        patch.setenv("HOME", str(folder / "home"))
        self._patch = patch

    def then(self, owner: type, method: str, go: Callable[[Path], None], name: str) -> None:
        """Have the page go, once, right after something was done to that page."""
        real = getattr(owner, method)
        left = [True]

        def done(*arguments: Any, **more: Any) -> Any:
            result = real(*arguments, **more)
            if left and (not name or name in arguments):
                left.clear()
                go(self.going)
            return result

        self._patch.setattr(owner, method, done)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return Place(tmp_path, monkeypatch)


COMMANDS = [
    (["render"], 0, "changed: Staying.md"),
    (["render", "--check"], 1, "would change: Staying.md"),
    (["doctor"], 0, "pages: 1 with 1 block"),
    (["list"], 0, "Staying.md  1"),
    (["lint"], 0, "1 page"),
    (["bake", "--check"], 1, "Staying.md: 1 "),
    (["freeze", "."], 3, "Staying.md:1: left alone"),
]


@pytest.mark.slow
@each("command", COMMANDS)
@each("go", GOINGS)
def test_a_page_that_goes_once_it_is_found_is_passed_by(
    tmp_path_factory: pytest.TempPathFactory,
    capsys: pytest.CaptureFixture[str],
    command: tuple[list[str], int, str],
    go: Callable[[Path], None],
) -> None:
    arguments, status, said = command
    with pytest.MonkeyPatch.context() as patch:
        place = Place(tmp_path_factory.mktemp("gone"), patch)
        place.then(Vault, "search", go, "")
        assert main(arguments) == status
        told = "".join(capsys.readouterr())
        assert said in told
        assert "Going.md" not in told


@pytest.mark.slow
@each("go", GOINGS)
@each("moment", [(Vault, "read"), (Writer, "_leave_in_peace")])
def test_so_is_one_that_goes_before_it_is_written(
    tmp_path_factory: pytest.TempPathFactory,
    capsys: pytest.CaptureFixture[str],
    go: Callable[[Path], None],
    moment: tuple[type, str],
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        place = Place(tmp_path_factory.mktemp("gone"), patch)
        place.then(*moment, go, "sub/Going.md")
        capsys.readouterr()
        assert main(["render"]) == 0
        assert capsys.readouterr().out.startswith("changed: Staying.md\n1 page changed")
        assert "Sign-up form" in (place.vault / "Staying.md").read_text()
        # What was written of the others can be taken back.
        main(["undo"])
        assert "Sign-up form" not in (place.vault / "Staying.md").read_text()


def test_a_page_that_another_takes_the_place_of_is_rendered(
    place: Place, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Vim saves: the old page is moved away, then a new one is made."""
    place.then(Vault, "search", moved, "")
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        place.going.write_text(f"Mine\n\n{PAGE}")

    monkeypatch.setattr("taiga_notes.vault.writer.time.sleep", pause)
    assert main(["render"]) == 0
    assert len(pauses) >= 1
    assert "changed: sub/Going.md" in capsys.readouterr().out
    assert place.going.read_text().startswith("Mine\n")


def test_a_page_that_is_named_and_not_there_is_told(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    place.going.unlink()
    assert main(["render", "sub/Going.md"]) == 2
    assert "sub/Going.md" in capsys.readouterr().err
