"""The merge driver in real repositories: what `git merge` and `git rebase` make of two renders."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.program import PROGRAM, Program

if TYPE_CHECKING:
    from tests.cli.program import Result

pytestmark = pytest.mark.slow

PAGE = """\
# Today

<!-- #taiga: from userstories template tasks push done -->
<!-- /taiga -->

There are <!-- #taiga: from userstories select count() --><!-- /taiga --> stories.

written by a person
"""
ATTRIBUTES = "*.md merge=taiga-notes\n"


class Repository:
    """A vault in a repository that knows the driver."""

    def __init__(self, program: Program) -> None:
        self.program = program
        program.env |= {
            **dict.fromkeys(("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"), "Ann"),
            **dict.fromkeys(("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"), "ann@acme.example"),
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        self.git("init", "-q", "-b", "main")
        self.git("config", "merge.taiga-notes.driver", f"{PROGRAM} merge-driver %O %A %B %P")
        program.page("taiga-notes.toml", 'project = "acme"\n[push]\ndone = "Done"\n')
        program.page(".gitattributes", ATTRIBUTES)
        self.page = program.page("A.md", PAGE)
        self.render("one")
        self.git("branch", "other")

    def git(self, *arguments: str) -> Result:
        return self.program.command(["git", *arguments])

    def render(self, *subjects: str) -> None:
        """Renders from stories with these subjects, and commits."""
        rows = [
            {
                "id": number,
                "ref": number,
                "subject": subject,
                "is_closed": False,
                "project_extra_info": {"slug": "acme"},
            }
            for number, subject in enumerate(subjects, start=1)
        ]
        Path(self.rows).write_text(json.dumps({"userstories": rows}))
        self.program("render", "--snapshot", self.rows)
        self.commit()

    @property
    def rows(self) -> str:
        return str(self.program.home / "acme.json")

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "notes")

    def edit(self, before: str, after: str) -> None:
        text = self.page.read_text(encoding="utf-8")
        assert before in text
        self.page.write_text(text.replace(before, after), encoding="utf-8")


@pytest.fixture
def repository(program: Program) -> Repository:
    return Repository(program)


@pytest.mark.parametrize("command", ["merge", "rebase"])
def test_two_renders_and_two_sentences_are_one_page(repository: Repository, command: str) -> None:
    repository.edit("# Today", "# Today, by ann")
    repository.render("one", "two")
    repository.git("checkout", "-q", "other")
    repository.edit("a person", "bob")
    repository.render("one", "three", "four")
    done = repository.git(command, *(["--no-edit"] if command == "merge" else []), "main")
    assert done.status == 0, done.out + done.err
    text = repository.page.read_text(encoding="utf-8")
    assert "# Today, by ann" in text
    assert "written by bob" in text
    assert ("two" in text) != ("three" in text)
    # It needs no `--force`: both blocks are output still.
    done = repository.program("render", "--snapshot", repository.rows)
    assert done.status == 0, done.err
    assert "four" in repository.page.read_text(encoding="utf-8")


def test_what_a_mirror_keeps_is_no_conflict(repository: Repository) -> None:
    mirror = "[[mirror]]\nquery = 'from userstories'\nfolder = 's'\nname = '{{ row.ref }}'\n"
    keys = "keys = {what = 'subject', taiga_subject = 'subject'}\n"
    settings = repository.program.folder / "taiga-notes.toml"
    settings.write_text(f"{settings.read_text()}{mirror}{keys}")
    repository.render("one")
    repository.git("branch", "-f", "other")
    # One page changes on both, another one is made on both.
    repository.render("two", "new")
    repository.git("checkout", "-q", "other")
    repository.render("three", "Neu")
    done = repository.git("merge", "--no-edit", "main")
    assert done.status == 0, done.out + done.err
    assert repository.program("render", "--snapshot", repository.rows).status == 0
    for name, subject in (("1", "three"), ("2", "Neu")):
        text = (repository.program.folder / "s" / f"{name}.md").read_text(encoding="utf-8")
        assert f'what: "{subject}"\ntaiga_subject: "{subject}"' in text
    # Settings that can't be read keep nobody from merging.
    settings.write_text("broken")
    repository.render("x")
    assert repository.git("merge", "--no-edit", "main").status == 0


def test_edits_that_wait_for_a_push_stay_a_conflict(repository: Repository) -> None:
    repository.edit("- [ ] ", "- [x] ")
    repository.commit()
    repository.git("checkout", "-q", "other")
    repository.render("one", "two")
    done = repository.git("merge", "main")
    assert done.status == 1
    assert "CONFLICT (content)" in done.out
    text = repository.page.read_text(encoding="utf-8")
    assert text.count("<<<<<<< ") == text.count(">>>>>>> ") == 1
    ours, theirs = text.partition("=======\n")[::2]
    assert "two" in ours
    assert "- [x] " in theirs
    assert "- [x] " not in ours
    told = repository.program("render", "--check", "--snapshot", repository.rows)
    assert "a merge conflict is not resolved" in told.err


def test_what_is_no_text_is_merged_as_git_does(repository: Repository) -> None:
    repository.page.write_bytes(b"caf\xe9\n1\n2\n3\n")
    repository.commit()
    repository.git("branch", "-f", "other")
    repository.page.write_bytes(b"caf\xe9!\n1\n2\n3\n")
    repository.commit()
    repository.git("checkout", "-q", "other")
    repository.page.write_bytes(b"caf\xe9\n1\n2\n3!\n")
    repository.commit()
    assert repository.git("merge", "--no-edit", "main").status == 0
    assert repository.page.read_bytes() == b"caf\xe9!\n1\n2\n3!\n"


def test_a_version_that_can_not_be_read_is_told(program: Program) -> None:
    done = program("merge-driver", "a", "b", "c", "d")
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("taiga-notes: b can't be read: ")
    assert subprocess.run([PROGRAM, "merge-driver", "--help"], check=True, capture_output=True)
