"""Undo, run by run: past what was edited, moved or deleted since."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from taiga_notes.errors import ConfigError, PageChangedError
from taiga_notes.system import files
from taiga_notes.vault import undo, writer
from taiga_notes.vault.undo import UndoState
from taiga_notes.vault.vault import Vault

if TYPE_CHECKING:
    from pathlib import Path

    from taiga_notes.vault.undo import Step, Undone

EDITED = "is left as it is: it was edited since"
GONE = "is passed by: it was deleted since, or moved and edited"


class Place:
    """A vault whose pages are changed by runs, by a person, and by undo."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "notes"
        self.root.mkdir()
        self.state = folder / "state"

    @property
    def vault(self) -> Vault:
        return Vault(self.root, state=self.state)

    def write(self, **pages: str) -> None:
        for name, text in pages.items():
            (self.root / f"{name}.md").write_text(text)

    def run(self, **pages: str) -> None:
        """One run that makes each page hold that text; a page that is missing is made before."""
        for name in pages:
            if not (self.root / f"{name}.md").exists():
                self.write(**{name: "old"})
        with self.vault.writing() as writing:
            for name, text in pages.items():
                writing.replace(self.vault.read(f"{name}.md"), text)

    def move(self, one: str, other: str) -> None:
        (self.root / other).parent.mkdir(exist_ok=True)
        (self.root / one).rename(self.root / other)

    def undo(self, *names: str) -> dict[str, str]:
        """What became of each page, under the name that it has: empty where it is restored."""
        return told(self.vault.undo([self.root / name for name in names]))

    def plan(self, *names: str) -> list[dict[str, str]]:
        """What would become of each page, run by run."""
        runs = self.vault.planned_undo([self.root / name for name in names])
        return [{step.place: fate(step) for step in run.steps} for run in runs]

    def held(self) -> dict[str, str]:
        return {
            str(path.relative_to(self.root).with_suffix("")): path.read_text()
            for path in self.root.rglob("*.md")
        }


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def told(outcomes: list[Undone]) -> dict[str, str]:
    return {each.place: each.problem.message if each.problem else "" for each in outcomes}


def fate(step: Step) -> str:
    if step.problem:
        return step.problem.message
    return "restores" if step.restores else "is as it was"


# Past what can't be taken back


def test_what_was_edited_is_told_once_and_older_runs_are_gone_on_to(place: Place) -> None:
    place.run(a="new")
    place.run(b="new")
    place.write(b="new, and mine")
    assert place.undo() == {"b.md": EDITED, "a.md": ""}
    assert place.held() == {"a": "old", "b": "new, and mine"}
    assert place.undo() == {}
    # Named, it is told again.
    assert place.undo("b.md") == {"b.md": EDITED}


def test_what_was_deleted_is_told_once_and_not_made_again(place: Place) -> None:
    place.run(a="new")
    place.run(b="new")
    (place.root / "b.md").unlink()
    assert place.undo() == {"b.md": GONE, "a.md": ""}
    assert place.undo() == {}
    assert place.held() == {"a": "old"}


def test_each_run_with_something_to_restore_is_one_undo(place: Place) -> None:
    for number in range(4):
        place.run(a=f"a{number}", b=f"b{number}")
    place.write(b="mine")
    assert place.undo() == {"a.md": "", "b.md": EDITED}
    assert [place.undo() for _ in range(4)] == [{"a.md": ""}] * 3 + [{}]
    assert place.held() == {"a": "old", "b": "mine"}


def test_an_edit_of_what_a_later_run_wrote_is_told_again(place: Place) -> None:
    place.run(a="one")
    place.write(a="mine")
    assert place.undo() == {"a.md": EDITED}
    place.run(a="two")
    place.write(a="mine again")
    assert place.undo() == {"a.md": EDITED}
    assert place.undo() == {}


def test_a_page_that_can_not_be_written_is_told_each_time_and_holds_up_no_other(
    place: Place,
) -> None:
    place.run(a="new")
    place.run(b="new b")
    (place.root / "b.md").chmod(0o444)
    assert place.undo() == {"b.md": "can't be written: is read-only", "a.md": ""}
    assert place.undo() == {"b.md": "can't be written: is read-only"}
    (place.root / "b.md").chmod(0o644)
    assert place.undo() == {"b.md": ""}
    assert place.held() == {"a": "old", "b": "old"}


def test_a_save_while_it_is_being_undone_wins(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.run(a="new", b="new")
    real = writer.Writer.put

    def put(self: writer.Writer, name: str, *rest: object) -> None:
        if name == "a.md" and place.held()["a"] == "new":
            place.write(a="mine")
            raise PageChangedError("was changed", page=name)
        real(self, name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(writer.Writer, "put", put)
    assert place.undo() == {"a.md": EDITED, "b.md": ""}
    assert place.held() == {"a": "mine", "b": "old"}


# Pages that were moved


@pytest.mark.parametrize("other", ["c.md", "sub/a.md", "sub/deep.markdown"])
def test_a_page_that_was_moved_is_found_again_by_what_it_holds(place: Place, other: str) -> None:
    place.run(a="new", b="new b")
    place.move("a.md", other)
    assert place.plan() == [{other: "restores", "b.md": "restores"}]
    assert place.undo() == {other: "", "b.md": ""}
    assert (place.root / other).read_text() == "old"
    assert not (place.root / "a.md").exists()


def test_runs_of_a_moved_page_are_undone_one_by_one(place: Place) -> None:
    for text in ("one", "two", "three"):
        place.run(a=text)
    place.move("a.md", "c.md")
    assert place.plan() == [{"c.md": "restores"}] * 3
    for text in ("two", "one", "old"):
        assert place.undo() == {"c.md": ""}
        assert place.held() == {"c": text}


def test_pages_that_changed_their_names_with_each_other_are_left_alone(place: Place) -> None:
    place.run(a="new a", b="new b")
    place.move("a.md", "x.md")
    place.move("b.md", "a.md")
    place.move("x.md", "b.md")
    assert place.undo() == {"a.md": EDITED, "b.md": EDITED}


def test_a_copy_is_not_taken_for_the_page(place: Place) -> None:
    place.run(a="new")
    place.write(c="new")
    assert place.undo() == {"a.md": ""}
    assert place.held() == {"a": "old", "c": "new"}
    place.run(a="new")
    place.write(a="mine")
    assert place.undo() == {"a.md": EDITED}
    assert place.held()["c"] == "new"


def test_of_several_that_could_be_the_page_none_is_touched(place: Place) -> None:
    place.run(a="new")
    place.write(c="new", d="new")
    (place.root / "a.md").unlink()
    assert place.undo() == {"a.md": "is passed by: it was moved since, to one of c.md, d.md"}
    assert place.held() == {"c": "new", "d": "new"}


def test_another_page_of_the_run_is_not_the_moved_one(place: Place) -> None:
    place.run(a="new", b="new")
    (place.root / "a.md").unlink()
    assert place.undo() == {"a.md": GONE, "b.md": ""}
    assert place.held() == {"b": "old"}


def test_a_page_of_another_run_is_not_the_moved_one(place: Place) -> None:
    place.write(a="old a")
    place.run(a="new")
    place.run(b="new")
    (place.root / "b.md").unlink()
    assert place.plan() == [{"b.md": GONE}, {"a.md": "restores"}]
    assert place.undo() == {"b.md": GONE, "a.md": ""}
    assert place.held() == {"a": "old a"}


def test_a_page_that_was_rendered_after_its_move_goes_all_the_way_back(place: Place) -> None:
    place.run(a="one")
    place.move("a.md", "c.md")
    place.run(c="two")
    assert place.plan() == [{"c.md": "restores"}] * 2
    assert [place.undo() for _ in range(3)] == [{"c.md": ""}, {"c.md": ""}, {}]
    assert place.held() == {"c": "old"}


def test_a_page_behind_a_symlink_is_found_where_its_file_went(place: Place) -> None:
    (place.root / "real").mkdir()
    (place.root / "real" / "x.md").write_text("old")
    (place.root / "link.md").symlink_to("real/x.md")
    place.run(link="new")
    assert place.undo() == {"link.md": ""}
    place.run(link="new")
    place.move("real/x.md", "real/y.md")
    assert place.undo() == {"real/y.md": ""}
    assert (place.root / "real" / "y.md").read_text() == "old"
    assert (place.root / "link.md").is_symlink()


def test_a_page_whose_folder_is_a_file_by_now_is_gone(place: Place) -> None:
    (place.root / "sub").mkdir()
    (place.root / "sub" / "a.md").write_text("old")
    with place.vault.writing() as writing:
        writing.replace(place.vault.read("sub/a.md"), "new")
    (place.root / "sub" / "a.md").unlink()
    (place.root / "sub").rmdir()
    (place.root / "sub").write_text("")
    assert place.undo() == {"sub/a.md": GONE}


def test_a_link_is_not_the_moved_page(place: Place) -> None:
    place.write(b="other")
    (place.root / "link.md").symlink_to("b.md")
    (place.root / "dangling.md").symlink_to("nowhere.md")
    place.run(a="")
    place.move("a.md", "c.md")
    assert place.undo() == {"c.md": ""}
    assert (place.root / "c.md").read_text() == "old"


def test_a_page_that_is_none_by_now_is_told_and_holds_up_no_other(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.run(a="new a", b="new b", c="new c", d="new d")
    (place.root / "a.md").unlink()
    (place.root / "a.md").mkdir()
    (place.root / "b.md").unlink()
    (place.root / "b.md").symlink_to("../outside.md")
    (place.root.parent / "outside.md").write_text("new b")
    real, looks = files.contents, list[str]()

    def contents(path: str) -> tuple[bytes, files.Stamp]:
        looks.append(path)
        if path.endswith("c.md") and looks.count(path) > 1:
            raise PermissionError(errno.EACCES, "is shut")
        return real(path)

    monkeypatch.setattr(files, "contents", contents)
    assert place.undo() == {
        "a.md": "can't be read: is no regular file",
        "b.md": "is left alone: it leads out of the vault",
        "c.md": "can't be read: is shut",
        "d.md": "",
    }
    assert (place.root.parent / "outside.md").read_text() == "new b"


# Pages by name


def test_a_page_by_name_goes_back_on_its_own(place: Place) -> None:
    place.run(a="a1", b="b1")
    place.run(a="a2", b="b2")
    place.run(c="c1")
    assert place.undo("a.md") == {"a.md": ""}
    assert place.held() == {"a": "a1", "b": "b2", "c": "c1"}
    assert place.undo("a.md", "c.md") == {"a.md": "", "c.md": ""}
    assert place.undo("a.md") == {}
    assert place.held() == {"a": "old", "b": "b2", "c": "old"}
    assert place.undo() == {"b.md": ""}
    assert place.held()["b"] == "b1"


def test_a_moved_page_goes_by_either_name(place: Place) -> None:
    place.run(a="one", b="one")
    place.run(a="two", b="two")
    place.move("a.md", "c.md")
    assert place.plan("a.md") == place.plan("c.md") == [{"c.md": "restores"}] * 2
    assert place.undo("a.md") == {"c.md": ""}
    assert place.undo("c.md") == {"c.md": ""}
    assert place.held() == {"c": "old", "b": "two"}


def test_a_folder_by_name_goes_back_with_its_last_run(place: Place) -> None:
    (place.root / "sub").mkdir()
    for name in ("sub/a", "b"):
        (place.root / f"{name}.md").write_text("old")
    for text in ("one", "two"):
        with place.vault.writing() as writing:
            for name in ("sub/a.md", "b.md"):
                writing.replace(place.vault.read(name), text)
    assert place.undo("sub") == {"sub/a.md": ""}
    assert place.held() == {"sub/a": "one", "b": "two"}
    assert place.undo(".") == {"b.md": ""}
    assert place.held() == {"sub/a": "one", "b": "one"}


@pytest.mark.parametrize("other", ["c.md", "Sub/ä b.md", "x/y/z/c.markdown"])
def test_a_moved_page_with_a_successor_goes_by_the_name_that_it_has(
    place: Place, other: str
) -> None:
    place.run(a="new")
    place.run(a="newer")
    (place.root / other).parent.mkdir(parents=True, exist_ok=True)
    (place.root / "a.md").rename(place.root / other)
    place.write(a="the next day's")
    assert place.undo() == {"a.md": EDITED}
    (problem,) = [each.problem for each in place.vault.undo([place.root / "a.md"])]
    assert problem is not None
    assert f"is in {other}: `undo` restores that" in problem.hint
    assert place.plan(other) == [{other: "restores"}, {other: "restores"}]
    for text in ("new", "old"):
        assert place.undo(other) == {other: ""}
        assert (place.root / other).read_text() == text
    assert (place.root / "a.md").read_text() == "the next day's"
    assert place.undo(other) == {}


def test_a_page_goes_by_the_name_of_a_symlink_that_leads_to_it(place: Place) -> None:
    place.write(b="another")
    place.run(a="new")
    (place.root / "Sub").mkdir()
    (place.root / "Sub" / "Link.md").symlink_to("../a.md")
    (place.root / "Other.md").symlink_to("b.md")
    assert place.plan("Sub/Link.md") == [{"a.md": "restores"}]
    assert place.undo("Other.md") == {}
    assert place.undo("Sub/Link.md") == {"a.md": ""}
    assert (place.root / "a.md").read_text() == "old"


@pytest.mark.parametrize(
    ("name", "message"),
    [("nowhere.md", "does not exist, and no run"), ("../x.md", "is outside the vault")],
)
def test_a_page_that_nobody_knows_is_told(place: Place, name: str, message: str) -> None:
    place.run(a="new")
    with pytest.raises(ConfigError, match=message):
        place.undo(name)
    with pytest.raises(ConfigError, match=message):
        place.plan(name)
    assert place.held() == {"a": "new"}


# What would happen


def test_the_plan_is_what_undo_then_does(place: Place) -> None:
    place.run(a="one", b="one", c="one")
    place.run(a="two", b="two")
    place.run(a="three", d="one")
    place.write(b="mine")
    place.move("d.md", "e.md")
    plan = place.plan()
    assert plan == [
        {"a.md": "restores", "e.md": "restores"},
        {"a.md": "restores", "b.md": EDITED},
        {"a.md": "restores", "b.md": EDITED, "c.md": "restores"},
    ]
    for run in plan:
        restored = {name for name, message in place.undo().items() if not message}
        assert restored == {name for name, message in run.items() if message == "restores"}
    assert place.held() == {"a": "old", "b": "mine", "c": "old", "e": "old"}


def test_a_page_that_is_as_it_was_is_no_part_of_an_undo(place: Place) -> None:
    place.run(a="new", b="new")
    place.write(a="old")
    assert place.plan() == [{"a.md": "is as it was", "b.md": "restores"}]
    assert place.undo() == {"b.md": ""}
    assert place.plan() == []


def test_a_plan_writes_nothing(place: Place) -> None:
    assert place.plan() == []
    assert not place.state.exists()
    place.run(a="new")
    before = {path: path.stat().st_mtime_ns for path in place.state.rglob("*")}
    assert place.plan() == [{"a.md": "restores"}]
    assert {path: path.stat().st_mtime_ns for path in place.state.rglob("*")} == before


def test_a_run_keeps_its_time_when_part_of_it_is_undone(place: Place) -> None:
    place.run(a="new", b="new")
    (ledger,) = place.state.glob("vaults/*/journal/*")
    os.utime(ledger, (1_000_000, 1_000_000))
    place.undo("a.md")
    (run,) = place.vault.planned_undo()
    assert run.at == 1_000_000
    assert [step.page for step in run.steps] == ["b.md"]


def test_a_killed_run_is_planned_as_the_newest(place: Place) -> None:
    place.run(a="one")
    with place.vault.writing() as writing:
        writing.replace(place.vault.read("a.md"), "two")
        writing._cut_short = True
    assert place.plan() == [{"a.md": "restores"}, {"a.md": "restores"}]
    assert place.undo() == {"a.md": ""}
    assert place.held() == {"a": "one"}


# What is remembered


def home(place: Place) -> str:
    (folder,) = place.state.glob("vaults/*")
    return str(folder)


def test_what_was_taken_back_is_remembered_run_after_run(place: Place) -> None:
    place.run(a="one")
    place.run(a="two")
    place.undo()
    assert len(UndoState(home(place)).taken_back("a.md", "one", bool)) == 1
    place.undo()
    state = UndoState(home(place))
    assert len(state.taken_back("a.md", "old", bool)) == 2
    assert not state.taken_back("a.md", "old, and mine", bool)
    assert not state.taken_back("b.md", "old", bool)
    # Once a.md is gone, it is the one that holds what that held.
    assert len(state.taken_back("b.md", "old", {"c.md"}.__contains__)) == 2
    assert not state.taken_back("b.md", "mine", {"c.md"}.__contains__)
    place.run(a="three")
    place.undo()
    assert len(UndoState(home(place)).taken_back("a.md", "old", bool)) == 1


@pytest.mark.parametrize("data", [b"", b"\xff", b"[]", b'{"restored": {"a.md": 1}}', b"[" * 9999])
def test_a_damaged_memory_is_none(place: Place, data: bytes) -> None:
    place.run(a="one", b="one")
    place.write(b="mine")
    place.undo()
    (place.state / "vaults" / home(place) / "undone").write_bytes(data)
    place.run(a="one")
    assert place.undo() == {"a.md": ""}
    assert place.undo() == {"b.md": EDITED}


def test_it_is_remembered_before_the_first_page_is_restored(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.run(a="new")

    def killed(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(undo, "transform", killed)
    with pytest.raises(KeyboardInterrupt):
        place.undo()
    assert UndoState(home(place)).taken_back("a.md", "old", bool)


def test_what_is_remembered_is_bounded(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("taiga_notes.vault.undo.PAGES", 3)
    place.run(**{f"p{number}": "new" for number in range(9)})
    place.undo()
    state = UndoState(home(place))
    kept = [number for number in range(9) if state.taken_back(f"p{number}.md", "old", bool)]
    assert kept == [6, 7, 8]
