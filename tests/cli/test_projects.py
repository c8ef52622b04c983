"""Pages of several projects, from disk to disk: settings, front matter, queries, snapshots."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.program import Program, untouched
from tests.fake_taiga import Taiga, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

BLOCK = (
    '<!-- taiga\n{}each "* {{{{ row.project }}}}: {{{{ row.subject }}}}"\n-->\n\n<!-- /taiga -->\n'
)
MINE = BLOCK.format("from userstories{project='*'}\nwhere assignee == me.username\n")
BARE = BLOCK.format("from userstories\n")


def shown(program: Program, name: str) -> list[str]:
    lines = (program.folder / name).read_text().splitlines()
    return [line[2:] for line in lines if line.startswith("* ")]


@pytest.fixture
def street(program: Program) -> Iterator[Taiga]:
    """Projects `acme`, `beta` and `zeta` of Ada's, in each a story of hers and one of Bob's; the
    program's folder is a vault of the first."""
    taiga = Taiga()
    ada, bob = taiga.add_user("ada"), taiga.add_user("bob")
    for name in ("Zeta", "Acme", "Beta"):
        project = taiga.add_project(name, owner=ada, slug=name.lower())
        taiga.add_member(project, bob)
        taiga.add_story(project, f"Hers in {name}", assigned_to=ada)
        taiga.add_story(project, f"His in {name}", assigned_to=bob)
    with serve(taiga) as server:
        program.env |= {"TAIGA_NOTES_API": server.url, "TAIGA_NOTES_TOKEN": taiga.token(ada)}
        program.configure('max_wait = "0s"\n')
        program.page("taiga-notes.toml", 'project = "acme"\n')
        yield taiga


def trust(program: Program) -> None:
    program.configure(f'max_wait = "0s"\ntrust = ["{program.folder}"]\n')


def test_all_my_projects_in_a_trusted_vault(street: Taiga, program: Program) -> None:
    program.page("mine.md", MINE)
    program.page("front.md", f"---\ntaiga: {{project: '*'}}\n---\n{BARE}")
    with untouched(program.folder):
        done = program.render()
    assert (done.status, done.out) == (4, "0 pages changed, 2 unchanged, 2 problems\n")
    assert "may not ask for what is in all of your projects" in done.err
    assert f'set trust = ["{program.folder}"]' in done.err
    trust(program)
    assert program.render().status == 0
    assert shown(program, "mine.md") == [
        "acme: Hers in Acme",
        "beta: Hers in Beta",
        "zeta: Hers in Zeta",
    ]
    assert len(shown(program, "front.md")) == 6
    street.log.clear()
    with untouched(program.folder):
        assert program.render().status == 0
    assert len(street.log.lines()) <= 2 * 3 + 1, street.log.lines()
    with untouched(program.folder):
        assert program.render("--offline").status == 0


def test_several_named_ones_in_any_vault(street: Taiga, program: Program) -> None:
    program.page("taiga-notes.toml", 'projects = ["zeta", "acme"]\n')
    program.page("vault.md", BARE)
    program.page("front.md", f"---\ntaiga: {{projects: [beta, acme]}}\n---\n{BARE}")
    program.page("query.md", BLOCK.format("from userstories{project={'beta', 'zeta'}}\n"))
    assert program.render().status == 0
    found = {
        name: list(dict.fromkeys(line.partition(":")[0] for line in shown(program, f"{name}.md")))
        for name in ("vault", "front", "query")
    }
    assert found == {
        "vault": ["zeta", "acme"],
        "front": ["beta", "acme"],
        "query": ["beta", "zeta"],
    }
    done = program("doctor")
    assert done.status == 0
    assert all(f"project: {name}: you see" in done.out for name in ("Zeta", "Acme"))
    beta = next(each for each in street.projects.values() if each.slug == "beta")
    street.delete_project(beta)
    street.add_story(next(iter(street.projects.values())), "New one")
    done = program.render()
    assert (done.status, "2 problems" in done.out) == (4, True)
    assert "project 'beta' is not visible to this account any more" in done.err
    assert "zeta: New one" in shown(program, "vault.md")
    assert "zeta: New one" not in shown(program, "query.md")
    assert "beta: Hers in Beta" in shown(program, "query.md")


def test_a_snapshot_of_all_of_them_needs_no_trust_to_be_read(
    street: Taiga, program: Program
) -> None:
    assert street
    program.page("mine.md", MINE)
    done = program("snapshot", "all.json", "--project", "*")
    assert (done.status, "trust" in done.err) == (4, True)
    trust(program)
    assert program("snapshot", "all.json", "--project", "*").status == 0
    held = json.loads((program.folder / "all.json").read_text())
    assert [each["slug"] for each in held["projects"]] == ["acme", "beta", "zeta"]
    assert all(isinstance(each["project"], int) for each in held["userstories"])
    program.configure("")
    assert program.render("--snapshot", "all.json").status == 0
    assert len(shown(program, "mine.md")) == 3


def test_a_query_of_the_users_own_needs_no_vault(street: Taiga, program: Program) -> None:
    assert street
    query = ("query", "--format", "json", "from userstories{project='*'} select project, ref")
    done = program(*query)
    assert (done.status, "trust" in done.err) == (4, True)
    (program.folder / "taiga-notes.toml").unlink()
    done = program(*query)
    assert (done.status, done.err) == (0, "")
    assert len([json.loads(line) for line in done.out.splitlines()]) == 6


def test_mistakes_in_what_names_projects_are_told(street: Taiga, program: Program) -> None:
    assert street
    settings = {
        'project = "acme"\nprojects = ["beta"]\n': "line 2: both `project` and `projects`",
        "projects = []\n": '`projects` must be a list of slugs such as ["acme", "beta"]',
        'projects = "acme"\n': "`projects` must be a list of slugs",
        'projects = ["acme", ""]\n': "`projects` must be a list of slugs",
    }
    for text, said in settings.items():
        program.page("taiga-notes.toml", text)
        done = program.render()
        assert (done.status, said in done.err) == (2, True), done.err
    program.page("taiga-notes.toml", "")
    matters = {
        "projects: acme": "`taiga: projects` is no list of slugs",
        "projects: []": "`taiga: projects` is no list of slugs",
        "projects: [acme, true]": "`taiga: projects` is no list of slugs",
        "project: a, projects: [b]": "both `taiga: project` and `taiga: projects`",
    }
    for text, said in matters.items():
        program.page("page.md", f"---\ntaiga: {{{text}}}\n---\n{BARE}")
        done = program.render()
        assert (done.status, said in done.err) == (3, True), done.err
    program.page("page.md", BLOCK.format("from userstories{project={}}\n"))
    assert "wants one value or a list" in program.render().err
    done = program("webhook", "list", "--project", "*")
    assert (done.status, "a webhook is of one project" in done.err) == (2, True)
