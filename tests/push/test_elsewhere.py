"""What other servers and several projects have: nothing of it is sent to the wrong place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.push.desk import BLOCK, TASKS

if TYPE_CHECKING:
    from tests.push.desk import Desk


def configure(desk: Desk) -> None:
    """`work` is the same Taiga by another name: a project there has the slug of one here."""
    [file] = desk.home.rglob("config.toml")
    file.write_text(
        file.read_text() + f'\n[servers.work]\napi = "{desk.server.url}"\nusername = "ada"\n'
        'password_command = "echo ada-password"\n'
    )


def test_what_another_server_has_is_not_sent_to_this_one(desk: Desk) -> None:
    configure(desk)
    desk.write(TASKS.replace("from userstories", "from work.userstories{project='acme'}"))
    desk.page("Front.md").write_text(
        "---\ntaiga: {server: work, project: acme}\n---\n" + BLOCK.format(TASKS)
    )
    assert desk("render").status == 0
    desk.look()
    for name in ("Board.md", "Front.md"):
        desk.tick(1, name=name)
        desk.edit("- [x] [#1 ", "- [ ] A new one\n- [x] [#1 ", name)
    done = desk.push()
    assert done.status == 3, done
    assert done.out.count("it is another server's, and pushed is what the usual one has") >= 2
    assert desk.changes() == {}


def test_a_query_names_the_project_that_it_changes(desk: Desk) -> None:
    """In whatever form it does; what no string of it names is not changed."""
    ways = (
        "from userstories{project='other'}",
        'from userstories{project=[[other]]} where subject ~= "acme"',
        "from userstories{project={'acme', 'other'}} where project == 'other'",
        "from getTaigaTasks('/userstories?status__is_closed=false&project=2')",
        "from userstories{project=2}",
        "from presets.theirs",
    )
    theirs = "from userstories{project='other'} where not is_closed"
    desk.configure(f'trust = ["{desk.root}"]\nmax_wait = "0s"\n')
    desk.set(f'project = "acme"\n[push]\ndone = "Done"\n[presets]\ntheirs = "{theirs}"\n')
    desk.write(*(f"{way} template tasks push done" for way in ways))
    for number, block in enumerate(desk.text().split("<!-- #taiga: ")[1:]):
        desk.page().write_text(desk.text().replace(block, block.replace("[ ]", "[x]", 1), 1))
        plan = desk("push", "--dry-run")
        assert plan.out.endswith("1 change to send\n"), (ways[number], plan)
    assert desk.push().status == 0
    assert desk.changes() == {"other/1": {"status": ("New", "Done")}}


def test_another_number_of_a_query_names_no_project(desk: Desk) -> None:
    desk.write("from userstories{project='*'} where ref < 2 limit 2 template tasks push done")
    desk.page().write_text(desk.text().replace("[ ] [#1 Foreign", "[x] [#1 Foreign"))
    assert "neither the vault's settings nor the page name the project other" in desk.push().out
    assert desk.changes() == {}


def test_a_new_line_goes_to_the_project_that_the_query_names(desk: Desk) -> None:
    desk.write("from userstories{project='other'} template tasks push new")
    desk.edit("\n\n<!-- /taiga", "\n- [ ] Milk\n\n<!-- /taiga")
    assert desk.push().status == 0
    assert [facts["project"][1] for facts in desk.changes().values()] == ["other"]


def test_of_several_projects_those_may_be_changed_that_are_named(desk: Desk) -> None:
    named = "from userstories{project={'acme', 'beta'}}"
    beta = desk.taiga.add_project("Beta", owner=desk.ada, slug="beta")
    desk.taiga.add_story(beta, "Story of beta")
    desk.write(TASKS.replace("from userstories", named))
    desk.tick(1)
    assert desk.push().status == 0
    assert list(desk.changes()) == ["userstories/1"]
