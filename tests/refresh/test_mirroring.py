"""A page for each item that a mirror lists: made, found wherever it is, kept true, never taken."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import HealthCheck, given, settings

from taiga_notes.config.mirror_settings import Mirror
from taiga_notes.errors import UnreachableError
from taiga_notes.markdown.property_text import inert_property
from taiga_notes.model.item_key import ItemKey, item_key
from taiga_notes.page.block_finder import find_blocks
from taiga_notes.page.front_matter import is_template, read_front_matter
from taiga_notes.refresh.compose import RenderContext
from taiga_notes.refresh.mirroring import planned
from taiga_notes.refresh.refresh import MIRRORS, Discard, PageOutcome, refresh
from taiga_notes.render import Templates, builtin_folder
from taiga_notes.system.files import stamp
from taiga_notes.taiga.snapshot import Snapshot
from taiga_notes.vault.vault import Vault
from tests.strategies import nasty_texts
from tests.tables import each

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from taiga_notes.model.details import DetailRequest, Details
    from taiga_notes.model.rows import Listing, Row, Rows
    from taiga_notes.refresh.refresh import PageWriter

HOSTILE = json.loads((Path(__file__).parent.parent / "hostile_subjects.json").read_text("utf-8"))
TEMPLATES = Templates([builtin_folder()])
MIRROR = Mirror(3, "from userstories where not is_closed", "stories")


def story(number: int, subject: str, **more: object) -> dict[str, object]:
    fields = {"tags": [], "is_closed": False, "is_blocked": False, "total_points": 3.0}
    return {"id": number, "ref": number, "project": 7, "subject": subject, **fields, **more}


def taiga(*stories: Mapping[str, object]) -> Snapshot:
    projects = [{"id": 7, "slug": "acme"}]
    return Snapshot({"userstories": [*stories], "projects": projects, "web": "https://t.example"})


class Gone:
    """A server that can't be reached."""

    def rows(self, _listing: Listing, /) -> Rows:
        raise UnreachableError("no answer from taiga.example")

    def details(self, _request: DetailRequest, /) -> Details:
        raise UnreachableError("no answer from taiga.example")

    def me(self, _server: str = "", /) -> Row:
        raise UnreachableError("no answer from taiga.example")


@dataclass
class Desk:
    """A vault with a mirror."""

    root: Path
    vault: Vault
    context: RenderContext = field(
        default_factory=lambda: RenderContext(
            source=taiga(),
            templates=TEMPLATES,
            now=datetime(2026, 11, 22, tzinfo=UTC),
            project="acme",
        )
    )
    mirrors: tuple[Mirror, ...] = (MIRROR,)

    def given(self, *stories: Mapping[str, object]) -> None:
        self.context = replace(self.context, source=taiga(*stories))

    def mirror(self, **changes: object) -> None:
        self.mirrors = (replace(MIRROR, **changes),)  # type: ignore[arg-type]

    def page(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, newline="")
        return path

    def refreshed(self, names: Sequence[str] = ("",)) -> dict[str, PageOutcome]:
        with self.vault.writing() as writer:
            outcomes = [*self.outcomes(lambda: writer, names)]
        return {outcome.page: outcome for outcome in outcomes}

    def outcomes(
        self, writer: Callable[[], PageWriter], names: Sequence[str] = ("",)
    ) -> Iterator[PageOutcome]:
        context, mirrors = (lambda: self.context), (lambda: self.mirrors)
        return refresh(self.vault, names, context, writer, mirrors=mirrors)

    def problem(self) -> str:
        [problem] = self.refreshed()[MIRRORS].problems
        return str(problem.error)

    @property
    def names(self) -> list[str]:
        return sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*.md"))

    def values(self, name: str) -> Mapping[str, object]:
        return read_front_matter((self.root / name).read_text(), name).values


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    root = tmp_path / "vault"
    root.mkdir()
    return Desk(root, Vault(root, state=tmp_path / "state"))


def test_each_item_gets_a_page_and_the_second_run_changes_nothing(desk: Desk) -> None:
    desk.given(story(12, "Sign-up", due_date="2026-12-05"), story(13, "Old", is_closed=True))
    outcomes = desk.refreshed()
    page = desk.root / "stories/12 Sign-up.md"
    assert outcomes["stories/12 Sign-up.md"].is_new
    assert desk.names == ["stories/12 Sign-up.md"]
    assert page.read_text() == (
        '---\ntaiga_item: "acme/userstories/12"\ntaiga_state: "current"\ntaiga_ref: 12\n'
        'taiga_subject: "Sign-up"\ntaiga_status:\ntaiga_closed: false\ntaiga_assignees: []\n'
        'taiga_sprint:\ntaiga_due: "2026-12-05"\ntaiga_points: 3\ntaiga_tags: []\n'
        'taiga_url: "https://t.example/project/acme/us/12"\n---\n\n'
        "<!-- #taiga: from userstories{project='acme'} where id == 12 template story -->\n\n"
        "**[#12 Sign-up](https://t.example/project/acme/us/12)**\n\n"
        "- No status · 3 pt\n- due 2026-12-05\n\n<!-- /taiga "
        f"{page.read_text().split()[-2]} -->\n"
    )
    before = stamp(page.stat())
    again = desk.refreshed()["stories/12 Sign-up.md"]
    assert not again.changed
    assert not again.problems
    assert stamp(page.stat()) == before


def test_nothing_is_made_for_a_look(desk: Desk) -> None:
    desk.given(story(12, "Sign-up"))
    assert [outcome.page for outcome in desk.outcomes(Discard) if outcome.is_new] == [
        "stories/12 Sign-up.md"
    ]
    assert desk.names == []


def test_a_persons_keys_and_text_stay_and_a_moved_page_is_found(desk: Desk) -> None:
    desk.given(story(12, "Sign-up"))
    desk.refreshed()
    (desk.root / "deep/er").mkdir(parents=True)
    page = desk.root / "deep/er/Mine.md"
    (desk.root / "stories/12 Sign-up.md").rename(page)
    text = page.read_text()
    mine = text.replace("taiga_ref", "mine: [a,  b] # c\ntaiga_ref") + "\r\nMy words.  \n"
    page.write_text(mine, newline="")
    desk.given(story(12, "Renamed"))
    outcomes = desk.refreshed()
    assert desk.names == ["deep/er/Mine.md"]
    assert outcomes["deep/er/Mine.md"].changed
    changed = page.read_bytes().decode()
    assert 'taiga_subject: "Renamed"\n' in changed
    assert "mine: [a,  b] # c\n" in changed
    assert changed.endswith("-->\n\r\nMy words.  \n")
    assert (
        changed.replace("Renamed", "Sign-up").partition("<!-- /taiga")[0]
        == (mine.partition("<!-- /taiga")[0])
    )


def test_a_page_without_its_block_keeps_its_keys_true(desk: Desk) -> None:
    desk.given(story(12, "Sign-up"))
    desk.page("A.md", "---\ntaiga_item: acme/userstories/12\n---\nNo block.\n")
    assert desk.refreshed()["A.md"].changed
    assert desk.values("A.md")["taiga_subject"] == "Sign-up"
    assert desk.names == ["A.md"]


def test_an_item_that_is_gone_is_marked_and_its_page_kept_until_it_returns(desk: Desk) -> None:
    desk.given(story(12, "Sign-up"), story(13, "Pay"))
    desk.refreshed()
    pages = {name: (desk.root / name).read_text() for name in desk.names}
    desk.given(story(12, "Sign-up", is_closed=True))
    desk.refreshed()
    for name, text in pages.items():
        assert (desk.root / name).read_text() == text.replace('"current"', '"gone"')
    assert not any(outcome.changed for outcome in desk.refreshed().values())
    desk.given(story(12, "Sign-up"), story(13, "Pay"))
    desk.refreshed()
    assert {name: (desk.root / name).read_text() for name in desk.names} == pages


def test_trouble_is_no_absence(desk: Desk) -> None:
    desk.given(story(12, "Sign-up"))
    desk.refreshed()
    text = (desk.root / "stories/12 Sign-up.md").read_text()
    desk.context = replace(desk.context, source=Gone())
    assert "no answer" in desk.problem()
    assert (desk.root / "stories/12 Sign-up.md").read_text() == text


def test_a_page_that_is_there_is_never_taken(desk: Desk) -> None:
    texts = {"stories/12 sign-UP.md": "Mine.", "stories/12 Sign-up 12.md": ""}
    for name, text in texts.items():
        desk.page(name, text)
    desk.given(story(12, "Sign-up"))
    desk.refreshed()
    assert {name: (desk.root / name).read_text() for name in texts} == texts
    assert [*{*desk.names} - {*texts}] == ["stories/12 Sign-up acme 12.md"]


def test_names_that_some_system_takes_for_one_are_a_collision(desk: Desk) -> None:
    desk.mirror(name="{{ row.subject }}")
    subjects = [
        "Über",
        "U\u0308ber",
        "ÜBER",
        "a/b",
        "a\\b",
        "",
        "...",
        "12.sync-conflict-20260101-101010-ABCDEFG",
    ]
    desk.given(*(story(number, subject) for number, subject in enumerate(subjects, start=1)))
    desk.refreshed()
    assert desk.names == [
        *("stories/6.md", "stories/7.md", "stories/8.md"),
        *("stories/a b 5.md", "stories/a b.md"),
        *("stories/ÜBER 3.md", "stories/Über 2.md", "stories/Über.md"),
    ]
    assert not any(outcome.changed for outcome in desk.refreshed().values())


@each(
    ("folder", "is_made"),
    [("a/b", True), ("linked", False), ("outside", False), ("sub", False), ("node_modules", False),
     ("drafts", False), ("Templates", False)],
)  # fmt: skip
def test_pages_are_made_in_folders_of_the_vault_only(
    folder: str, is_made: bool, desk: Desk
) -> None:
    shutil.rmtree(desk.root)
    (desk.root / "real").mkdir(parents=True)
    (desk.root / "sub").mkdir()
    (desk.root / "sub/taiga-notes.toml").touch()
    (desk.root / ".obsidian").mkdir()
    (desk.root / ".obsidian/templates.json").write_text('{"folder": "Templates"}')
    (desk.root.parent / "elsewhere").mkdir(exist_ok=True)
    (desk.root / "linked").symlink_to("real")
    (desk.root / "outside").symlink_to("../elsewhere")
    (desk.root / ".gitignore").write_text("drafts/\n")
    desk.vault = Vault(desk.root, state=desk.root.parent / "state")
    desk.mirror(folder=folder)
    desk.given(story(12, "Sign-up"))
    if is_made:
        desk.refreshed()
        assert desk.names == [f"{folder}/12 Sign-up.md"]
    else:
        assert "no page is made in there" in desk.problem()
        assert [*desk.root.parent.rglob("*.md")] == []


def test_five_hundred_new_pages_are_enough_unless_more_are_asked_for(desk: Desk) -> None:
    desk.context = replace(desk.context, most_new=5)
    assert RenderContext.__dataclass_fields__["most_new"].default == 500
    desk.given(story(1, "Mine"))
    desk.refreshed()
    desk.given(story(1, "Other"), *(story(number, "Sign-up") for number in range(2, 8)))
    assert "would make 6 new pages, and a run makes 5 at most" in desk.problem()
    assert desk.names == ["stories/1 Mine.md"]
    assert desk.values("stories/1 Mine.md")["taiga_subject"] == "Other"
    desk.context = replace(desk.context, most_new=6)
    desk.refreshed()
    assert len(desk.names) == 7


@each(
    ("change", "message"),
    [
        ({"query": "from userstories select ref"}, "gives Taiga's items"),
        ({"query": "from userstories where nope"}, "unknown field 'nope'"),
        ({"query": "1"}, "gives Taiga's items"),
        ({"query": "from userstories template links"}, "gives Taiga's items"),
        ({"query": "from userstories once"}, "gives Taiga's items"),
        ({"query": "until '2020-01-01' from userstories"}, "gives Taiga's items"),
        ({"query": "from userstories push done"}, "gives Taiga's items"),
        ({"keys": {"x": "nope"}}, "unknown field 'nope'"),
        ({"keys": {"x": "status_extra_info"}}, "the key `x` holds a text"),
        ({"keys": {"x": "1 / 0"}}, "the key `x` holds a text"),
        ({"name": "{{ row.nope }}"}, "name, line 1, column 1: unknown field 'nope'"),
        ({"name": "{{ row.ref"}, "name, line 1, column 1: "),
        ({"name": "{{ row.ref }} {{ nope }}"}, "name, line 1, column 15: nothing is called 'nope'"),
        ({"template": "nope"}, "nope"),
    ],
)
def test_a_mirror_s_mistake_is_told_and_makes_nothing(
    change: dict[str, object], message: str, desk: Desk
) -> None:
    info = {"name": "New", "is_closed": False}
    desk.given(
        story(12, "Sign-up", status_extra_info=info), story(13, "Pay", status_extra_info=info)
    )
    desk.mirror(**change)
    assert message in desk.problem()
    assert desk.names == []


def test_projects_are_items_too(desk: Desk) -> None:
    desk.mirror(query="from projects", name="{{ row.slug }}", keys={"taiga_slug": "slug"})
    desk.given()
    desk.refreshed()
    assert desk.values("stories/acme.md")["taiga_item"] == "acme/projects/7"
    assert not any(outcome.changed for outcome in desk.refreshed().values())


def test_keys_may_be_any_expression(desk: Desk) -> None:
    desk.mirror(keys={"points": "total_points * 2", "due": "due_date or 'never'", "n-1": "ref"})
    desk.given(story(12, "Sign-up", due_date=None))
    desk.refreshed()
    values = {**desk.values("stories/12 Sign-up.md")}
    assert values == {
        "taiga_item": "acme/userstories/12",
        "taiga_state": "current",
        "points": 6,
        "due": "never",
        "n-1": 12,
    }


def test_a_mirror_s_query_is_evaluated_once_whatever_its_keys_name(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.given(story(12, "Sign-up"), story(13, "Log-in"))
    asked: list[Listing] = []
    rows = desk.context.source.rows

    def noted(listing: Listing) -> Rows:
        asked.append(listing)
        return rows(listing)

    monkeypatch.setattr(desk.context.source, "rows", noted)
    mirror = replace(MIRROR, keys={"twice": "ref * presets.mirrored"})
    context = replace(desk.context, presets={"mirrored": "2"})
    pages = planned([mirror], context).pages.values()
    assert [page.properties["twice"] for page in pages] == [24, 26]
    assert [listing.kind for listing in asked] == ["userstories"]


@each(
    ("text", "message"),
    [
        ('---\n"taiga_item" : acme/userstories/12\n---\n', ""),
        ("\n---\ntaiga_item: 'acme/userstories/12' # x\n---\n", ""),
        # On the next line, as Prettier writes what is longer than a line; anchors, tags, blocks.
        ("---\ntaiga_item:\n  'acme/userstories/12'\n---\n", ""),
        ("---\r\ntaiga_item: >-\r\n  acme/userstories/12\r\na: 1\r\n---\r\n", ""),
        ('---\ntaiga_item: &item "acme/userstories/12"\n---\n', ""),
        ("---\ntaiga_item: !!str acme/userstories/12\n---\n", ""),
        ("---\n? taiga_item\n: acme/userstories/12\n---\n", ""),
        ("---\n  taiga_item: acme/userstories/12\n  a: 1\n---\n", "can't be edited"),
        ("---\n  taiga_item: acme/userstories/12\na: 1\n---\n", "is not valid YAML"),
        ("+++\ntaiga_item = 'acme/userstories/12' # x\n+++\n", "is not YAML"),
        ('{"a": 1,\n  "taiga_item": "acme/userstories/12"\n}\n\nText\n', "is not YAML"),
    ],
)
def test_a_page_is_its_item_s_in_whatever_form_it_says_so(
    text: str, message: str, desk: Desk
) -> None:
    desk.given(story(12, "Sign-up"))
    desk.page("A.md", text)
    outcome = desk.refreshed()["A.md"]
    assert desk.names == ["A.md"]
    assert [message in str(each.error) for each in outcome.problems] == [True] * bool(message)
    assert outcome.changed is not bool(message)


@each(
    ("text", "line"),
    [
        ("---\ntaiga_item: [acme/userstories/12]\n---\n", 2),
        ("---\na: 1\n'taiga_item':\n  - 'acme/userstories/12' # x\n---\n", 4),
        ("---\ntaiga_item:\r\n- acme/userstories/12\n---\n", 3),
        ("---\nmeta: {a: 1, taiga_item: acme/userstories/12}\n---\n", 2),
        ('+++\ntaiga_item = ["acme/userstories/12"]\n+++\n', 2),
        ('+++\nmeta = {taiga_item = "acme/userstories/12"}\n+++\n', 2),
        ('{"taiga_item": [\n"acme/userstories/12"]}\n\nText\n', 2),
    ],
)
def test_an_item_that_is_named_in_another_form_is_told_and_has_no_second_page(
    text: str, line: int, desk: Desk
) -> None:
    desk.given(story(12, "Sign-up"))
    page = desk.page("A.md", text)
    for _ in range(2):
        outcome = desk.refreshed()["A.md"]
        assert (desk.names, page.read_bytes()) == (["A.md"], text.encode())
        [(place, told)] = outcome.warnings
        assert place == line
        assert told.endswith("write on a line of its own: taiga_item: acme/userstories/12")


@each(
    ("text", "line"),
    [
        ("---\ntaiga_item: acme/userstories/12\ntaiga_item: acme/userstories/13\n---\n", 3),
        ("---\ntaiga_item: x\na: 1\n'taiga_item': \"acme/userstories/13\"\n---\nText\n", 4),
        ("---\r\ntaiga_item: a\r\n# x\r\ntaiga_item: acme/userstories/13 # y\r\n---", 4),
    ],
)
def test_an_item_that_is_named_twice_is_told_and_the_last_is_the_page_s(
    text: str, line: int, desk: Desk
) -> None:
    desk.given(story(12, "Sign-up"), story(13, "Pay"))
    desk.page("A.md", text)
    for _ in range(2):
        [(place, told)] = desk.refreshed()["A.md"].warnings
        assert place == line
        assert told.startswith("taiga_item stands here twice")
        assert desk.names == ["A.md", "stories/12 Sign-up.md"]


@each(
    "text",
    [
        "---\nmeta:\n  taiga_item: acme/userstories/12\n---\n",
        "---\na: 1 # {taiga_item: acme/userstories/12}\n---\n",
        "---\nmeta: {taiga_item: of old}\n---\n",
        "---\ntaiga_item: []\n---\n",
        "---\ntaiga_item:\nother: acme/userstories/12\n---\n",
        "---\ntaiga_item: >-\n\nother:\n  acme/userstories/12\n---\n",
    ],
)
def test_another_key_s_item_is_none_of_the_page_s(text: str, desk: Desk) -> None:
    desk.given(story(12, "Sign-up"))
    desk.page("A.md", text)
    assert not any(outcome.warnings for outcome in desk.refreshed().values())
    assert desk.names == ["A.md", "stories/12 Sign-up.md"]


def test_braces_around_all_front_matter_are_read_and_not_edited(desk: Desk) -> None:
    desk.given(story(12, "Sign-up"))
    desk.page("A.md", "---\n{taiga_item: acme/userstories/12, a: 1}\n---\n")
    [problem] = desk.refreshed()["A.md"].problems
    assert "is not a table with a key on each line" in str(problem.error)
    assert desk.names == ["A.md"]


def test_a_page_that_opts_out_is_left_and_has_no_second(desk: Desk) -> None:
    desk.given(story(12, "Sign-up"))
    text = "---\ntaiga: false\ntaiga_item: acme/userstories/12\n---\n"
    page = desk.page("A.md", text)
    desk.refreshed()
    assert (desk.names, page.read_text()) == (["A.md"], text)


def test_an_item_keeps_its_page_when_its_project_gets_another_name(desk: Desk) -> None:
    desk.given(story(12, "Sign-up"))
    page = desk.page("A.md", "---\ntaiga_item: former/userstories/12\n---\n")
    desk.refreshed()
    assert desk.names == ["A.md"]
    assert 'taiga_item: "acme/userstories/12"' in page.read_text()


def test_the_block_of_an_item_that_is_in_another_project_now_lists_it_there(desk: Desk) -> None:
    desk.given(story(12, "Sign-up"))
    desk.refreshed()
    page = desk.root / "stories/12 Sign-up.md"
    opener = "<!-- #taiga: from userstories{project='acme'} where id == 12 template story -->"
    mine = f"\n```\n{opener}\n```\n<!-- #taiga: from tasks{{project='acme'}} -->"
    page.write_text(f"{page.read_text()}{mine}\n<!-- /taiga -->\n")
    projects = [{"id": 7, "slug": "acme"}, {"id": 8, "slug": "other"}]
    lists = {"userstories": [story(12, "Sign-up", project=8)], "projects": projects, "tasks": []}
    source = Snapshot({**lists, "web": "https://t.example"})
    desk.context = replace(desk.context, source=source)
    desk.mirror(query="from userstories{project='*'}")
    desk.refreshed()
    text = page.read_text()
    assert 'taiga_item: "other/userstories/12"' in text
    assert opener.replace("acme", "other") + "\n\n**[#12 Sign-up]" in text
    assert mine in text


def test_an_item_that_two_mirrors_list_is_the_first_one_s(desk: Desk) -> None:
    other = replace(MIRROR, query="from userstories", folder="all")
    desk.mirrors = (MIRROR, other)
    desk.given(story(12, "Sign-up"), story(13, "Old", is_closed=True))
    desk.refreshed()
    assert desk.names == ["all/13 Old.md", "stories/12 Sign-up.md"]


def test_of_an_item_in_no_mirror_the_usual_keys_that_are_there_are_kept_true(desk: Desk) -> None:
    desk.given(story(12, "Sign-up", is_closed=True))
    desk.page("A.md", "---\ntaiga_item: acme/userstories/12\ntaiga_closed:\n---\n")
    desk.refreshed()
    assert desk.values("A.md") == {"taiga_item": "acme/userstories/12", "taiga_closed": True}
    desk.mirrors = ()
    desk.given(story(12, "Sign-up"))
    desk.refreshed()
    assert desk.values("A.md")["taiga_closed"] is False


def test_another_process_s_pages_are_not_made_again(desk: Desk) -> None:
    desk.given(story(12, "Sign-up"))
    made: list[str] = []

    with desk.vault.writing() as writer:

        def late() -> PageWriter:
            # The other one had the vault until now.
            if not made:
                made.append("")
                desk.page("stories/12 Sign-up.md", "---\ntaiga_item: acme/userstories/12\n---\n")
            return writer

        outcomes = [*desk.outcomes(late)]
    assert desk.names == ["stories/12 Sign-up.md"]
    assert not any(outcome.problems for outcome in outcomes)


def test_hostile_subjects_make_harmless_pages(desk: Desk) -> None:
    subjects = [*HOSTILE[::8], HOSTILE[0]]
    desk.mirror(name="{{ row.subject }}")
    desk.given(*(story(number, each) for number, each in enumerate(subjects)))
    assert not desk.refreshed()[MIRRORS].problems
    pages = [*(desk.root / "stories").iterdir()]
    assert [*desk.root.iterdir()] == [desk.root / "stories"]
    assert len(pages) == len(subjects)
    for page in pages:
        is_harmless(page, subjects[yaml.safe_load(page.read_text().split("---\n")[1])["taiga_ref"]])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(nasty_texts())
def test_any_subject_makes_a_harmless_page(desk: Desk, subject: str) -> None:
    """Also as a tag, and also in the second run."""
    shutil.rmtree(desk.root / "stories", ignore_errors=True)
    desk.given(story(12, subject, tags=[[subject, None]]))
    desk.mirror(name="{{ row.subject }}")
    assert not desk.refreshed()[MIRRORS].problems
    [page] = [*(desk.root / "stories").iterdir()]
    assert [*desk.root.iterdir()] == [desk.root / "stories"]
    is_harmless(page, subject)
    assert desk.values(f"stories/{page.name}")["taiga_tags"] == [inert_property(subject)]
    assert not any(outcome.changed for outcome in desk.refreshed().values())


def is_harmless(page: Path, subject: str) -> None:
    """A page has a legal name, and front matter that says what the subject says, inert."""
    assert page.suffix == ".md"
    assert len(os.fsencode(page.name)) <= 120
    text = page.read_text()
    values = yaml.safe_load(text.split("---\n")[1])
    assert values["taiga_subject"] == inert_property(subject)
    assert {**read_front_matter(text, "A.md").values} == values
    assert not is_template(text)
    assert len(find_blocks(text)) == 1


def test_an_item_is_known_by_its_key() -> None:
    key = ItemKey("work", "userstories", 12, "acme")
    assert item_key(str(key)) == key
    assert item_key("acme/userstories/12") == ItemKey("", "userstories", 12, "acme")
    for text in ("", "acme/12", "acme/userstories/x", 12, None, "a b/userstories/1", "../x/1\n"):
        assert item_key(text) is None


def test_the_block_of_another_server_s_item_names_it_and_archived_ones_are_listed() -> None:
    class Work:
        def rows(self, listing: Listing, /) -> Rows:
            return taiga(story(12, "Sign-up")).rows(replace(listing, server=""))

        def details(self, request: DetailRequest, /) -> Details:
            return taiga().details(request)

        def me(self, _server: str = "", /) -> Row:
            return {}

    context = RenderContext(Work(), TEMPLATES, datetime(2026, 11, 22, tzinfo=UTC))
    query = "from work.userstories{project='acme', status__is_archived=true}"
    [page] = planned([replace(MIRROR, query=query)], context).pages.values()
    assert str(page.key) == "work:acme/userstories/12"
    assert "from work.userstories{project='acme', status__is_archived=true} where id" in page.block


def test_the_block_names_its_template_whatever_that_is_called(tmp_path: Path) -> None:
    context = RenderContext(
        taiga(story(12, "Sign-up")),
        Templates([tmp_path]),
        datetime(2026, 11, 22, tzinfo=UTC),
        project="acme",
    )
    for name, written in (("look", "look"), ("my look", "'my look'"), ("größe-2", "'größe-2'")):
        (tmp_path / f"{name}.md.j2").write_text("{{ rows }}")
        [page] = planned([replace(MIRROR, template=name)], context).pages.values()
        assert page.block.endswith(f" template {written} -->")
