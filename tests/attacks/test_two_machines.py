"""Two machines on one synced vault, SilverBullet, git and a person: no word is lost, none accused.

Each machine has a home of its own, so that neither remembers what the other wrote; both run the
real program against one Taiga that changes.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.cli.program import Program
from tests.fake_taiga import Taiga, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.fake_taiga import Server
    from tests.fake_taiga.model import Project, Story

pytestmark = pytest.mark.slow

LIVE = "template.each(query[[from getTaigaTasks() order by ref]], templates.taigaRecurringTasks)"
COUNT = "query[[from userstories select count()]]"
NATIVE = "<!-- #taiga: from userstories order by ref template tasks -->\n<!-- /taiga -->"
INLINE = "<!-- #taiga: from userstories select count() --><!-- /taiga -->"
PAGE = f"""\
# {{}}

{NATIVE}

There are {INLINE} stories.

<!--#lua {LIVE} -->
<!--/lua-->

- a
- > <!-- #taiga
  > from userstories order by ref desc template links
  > -->
  > <!-- /taiga -->

Again <!--#lua {COUNT} --><!--/lua--> of them.
"""
SUBJECTS = ["Sign-up [form]", "a $b$ c", "<b> & *x*", "[[Page]] #tag", "`code` | cell", "ünï ${1}"]


@dataclass
class Lab:
    """The vault, who works on it, and what the person wrote.

    Attributes:
        words: what must be found in the vault for ever.
        theirs: pages in which a person or SilverBullet may have the last word in a block.
    """

    taiga: Taiga
    project: Project
    server: Server
    folder: Path
    machines: list[Program]
    random: Random
    stories: list[Story] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    theirs: set[str] = field(default_factory=set)

    @property
    def pages(self) -> list[Path]:
        return sorted(self.folder.glob("*.md"))

    def add(self, subject: str) -> None:
        self.stories.append(self.taiga.add_story(self.project, subject))

    def change(self) -> None:
        """Taiga changes."""
        subject = f"{self.random.choice(SUBJECTS)} {self.random.randrange(1000)}"
        if len(self.stories) < 3 or self.random.random() < 0.5:
            self.add(subject)
        else:
            self.taiga.edit(self.random.choice(self.stories), subject=subject)

    def render(self) -> None:
        """A machine renders: it complains of what it can't know, and of nothing else."""
        done = self.random.choice(self.machines)("render")
        accused = set(re.findall(r"^(\S+\.md):\d+: ", done.err, re.MULTILINE))
        assert accused <= self.theirs, done.err
        assert done.status == (3 if accused else 0), (done.out, done.err)

    def update(self) -> None:
        """SilverBullet's "Baked Sections: Update", whose output is its own, unescaped."""
        page = self.random.choice(self.pages)
        rows = sorted(self.stories, key=lambda story: story.ref)
        web = self.server.url.removesuffix("/api/v1")
        listed = "\n".join(
            f"* [Link]({web}/project/acme/us/{row.ref}) [{row.status.name}] {row.subject}"
            for row in rows
        )
        text = re.sub(
            r"(<!--#lua (\w+).*? -->).*?<!--/lua-->",
            lambda found: (
                found[1]
                + (f"\n{listed}\n" if found[2] == "template" else str(len(rows)))
                + "<!--/lua-->"
            ),
            page.read_text(),
            flags=re.DOTALL,
        )
        # What somebody wrote into such a section is SilverBullet's to overwrite, and not ours.
        self.words = [word for word in self.words if word not in page.read_text() or word in text]
        page.write_text(text)
        self.theirs.add(page.name)

    def edit(self) -> None:
        """A person writes a word, anywhere but in a marker, and most often within a block."""
        page = self.random.choice(self.pages)
        text = page.read_text()
        markers = list(re.finditer(r"<!--.*?-->", text, re.DOTALL))
        blanks = [
            match.end()
            for match in re.finditer(r"[ \n](?=\w)|(?<=\d)(?=<!-- /taiga)", text)
            if not any(marker.start() < match.end() < marker.end() for marker in markers)
        ]
        within = [at for at in blanks if re.match(r"<!-- ?/", _next_marker(text, at))]
        if within and self.random.random() < 0.8:
            blanks = within
        word = f"mine{len(self.words)}x{self.random.randrange(10**6)}"
        at = self.random.choice(blanks)
        page.write_text(f"{text[:at]}{word} {text[at:]}")
        self.words.append(word)
        self.theirs.add(page.name)

    def move(self) -> None:
        """A page gets another name; what stands in it stays the same."""
        page = self.random.choice(self.pages)
        new = page.with_name(f"P{self.random.randrange(10**6)}.md")
        page.rename(new)
        if page.name in self.theirs:
            self.theirs.add(new.name)

    def check(self) -> None:
        whole = "\n".join(page.read_text() for page in self.pages)
        assert [word for word in self.words if word not in whole] == []


def _next_marker(text: str, position: int) -> str:
    return text[position:][text[position:].find("<!--") :]


@pytest.fixture
def lab(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Lab]:
    taiga = Taiga()
    ada = taiga.add_user("ada")
    project = taiga.add_project("Acme", owner=ada, slug="acme")
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "taiga-notes.toml").write_text('project = "acme"\n')
    for name in ("A", "B"):
        (folder / f"{name}.md").write_text(PAGE.format(name))
    with serve(taiga) as server:
        machines = []
        for name in ("one", "other"):
            home = tmp_path / name
            home.mkdir()
            env = {"TAIGA_NOTES_API": server.url, "TAIGA_NOTES_TOKEN": taiga.token(ada)}
            machines.append(Program(home, folder, env))
        lab = Lab(taiga, project, server, folder, machines, Random(request.param))  # noqa: S311
        lab.add("Sign-up")
        yield lab


@pytest.mark.parametrize("lab", range(2), indirect=True)
def test_no_word_is_lost_and_nobody_is_accused_for_what_a_machine_wrote(lab: Lab) -> None:
    for machine in lab.machines:
        assert machine("render").status == 0
    ours = [lab.change, lab.change, lab.render, lab.render, lab.render, lab.move]
    for turn in range(20):
        # The first acts are without person and SilverBullet: none may be accused there.
        lab.random.choice(ours if turn < 6 else [*ours, lab.update, lab.edit, lab.edit])()
        lab.check()
    assert lab.words


@pytest.mark.parametrize("lab", [7], indirect=True)
def test_a_newer_render_of_the_other_machine_is_ours(lab: Lab) -> None:
    for turn in range(6):
        lab.add(f"Story {turn}")
        done = lab.machines[turn % 2]("render")
        assert (done.status, done.err) == (0, "")
        assert done.out.endswith("2 pages changed, 0 unchanged\n")
    assert all(page.read_text().count("Story 5") == 3 for page in lab.pages)


@pytest.mark.parametrize("lab", [7], indirect=True)
def test_silverbullets_update_of_the_same_rows_is_ours_and_of_others_in_doubt(lab: Lab) -> None:
    one = lab.machines[0]
    for subject in SUBJECTS:
        lab.add(subject)
    one("render")
    ours = {page: page.read_text() for page in lab.pages}
    for _ in range(8):
        lab.update()
    assert {page: page.read_text() for page in lab.pages} != ours
    # It wrote what we had written: also once Taiga has moved on.
    lab.add("One more")
    assert one("render").status == 0
    assert all(page.read_text().count("One more") == 3 for page in lab.pages)

    # It wrote what we had not, and Taiga has moved on: that may be anybody's.
    lab.add("Two more")
    for _ in range(8):
        lab.update()
    for story in lab.stories:
        lab.taiga.edit(story, subject=f"{story.subject}!")
    before = {page: page.read_text() for page in lab.pages}
    done = one("render")
    assert done.status == 3
    assert "can't be told whether SilverBullet or a person wrote" in done.err
    assert "--adopt" in done.err
    for page, text in before.items():
        [section] = re.findall(r"templates\.taiga.*?/lua", text, re.DOTALL)
        assert section in page.read_text()
    assert one("render", "--adopt").status == 0
    assert all(page.read_text().count("Two more!") == 3 for page in lab.pages)
    assert one("render").out == "0 pages changed, 2 unchanged\n"


def git(folder: Path, *arguments: str) -> int:
    command = ["git", "-c", "user.name=Ann", "-c", "user.email=ann@example.org", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode


@pytest.mark.programs
@pytest.mark.parametrize("style", ["merge", "diff3", "zdiff3"])
@pytest.mark.parametrize("lab", [11], indirect=True)
def test_a_git_merge_of_two_renders_is_resolved_by_the_next(lab: Lab, style: str) -> None:
    one, other = lab.machines
    for subject in SUBJECTS:
        lab.add(subject)
    git(lab.folder, "init", "-q", "-b", "main")
    git(lab.folder, "config", "merge.conflictStyle", style)
    one("render")
    git(lab.folder, "add", ".")
    git(lab.folder, "commit", "-qm", "base")

    git(lab.folder, "checkout", "-qb", "other")
    lab.taiga.edit(lab.stories[1], subject="Changed [once]")
    lab.add("Seen by the other")
    assert other("render").status == 0
    git(lab.folder, "commit", "-qam", "other")
    git(lab.folder, "checkout", "-q", "main")
    lab.taiga.edit(lab.stories[5], subject="Changed $later$")
    lab.add("Seen by one")
    assert one("render").status == 0
    git(lab.folder, "commit", "-qam", "one")

    assert git(lab.folder, "merge", "-q", "other") == 1
    assert all(page.read_text().count("<<<<<<<") >= 4 for page in lab.pages)
    merged = {page: page.read_text() for page in lab.pages}
    for machine in (one, other):
        for page, text in merged.items():
            page.write_text(text)
        done = machine("render")
        assert (done.status, done.err) == (0, "")
        for page in lab.pages:
            text = page.read_text()
            assert "<<<<" not in text
            assert text.count("Seen by one") == text.count("Seen by the other") == 3
        assert machine("render").out == "0 pages changed, 2 unchanged\n"


@pytest.mark.programs
@pytest.mark.parametrize("lab", [12], indirect=True)
def test_a_git_merge_with_a_persons_words_is_told_and_left(lab: Lab) -> None:
    one, other = lab.machines
    git(lab.folder, "init", "-q", "-b", "main")
    one("render")
    git(lab.folder, "add", ".")
    git(lab.folder, "commit", "-qm", "base")
    git(lab.folder, "checkout", "-qb", "other")
    lab.add("Two")
    other("render")
    page = lab.pages[0]
    page.write_text(
        page.read_text().replace("\n\n<!-- /taiga", "\n- my own line\n\n<!-- /taiga", 1)
    )
    git(lab.folder, "commit", "-qam", "other")
    git(lab.folder, "checkout", "-q", "main")
    lab.add("Three")
    one("render")
    git(lab.folder, "commit", "-qam", "one")
    assert git(lab.folder, "merge", "-q", "other") == 1
    before = page.read_text()
    assert "my own line" in before
    done = one("render")
    assert done.status == 3
    assert re.findall(r"^A\.md:(\d+): a merge conflict is not resolved", done.err, re.MULTILINE)
    assert page.read_text() == before
    # The other page has no words of a person's.
    assert "<<<<" not in lab.pages[1].read_text()
    assert "changed: B.md" in done.out
