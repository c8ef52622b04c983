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


def test_of_several_projects_those_may_be_changed_that_are_named(desk: Desk) -> None:
    named = "from userstories{project={'acme', 'beta'}}"
    beta = desk.taiga.add_project("Beta", owner=desk.ada, slug="beta")
    desk.taiga.add_story(beta, "Story of beta")
    desk.write(TASKS.replace("from userstories", named))
    desk.tick(1)
    assert desk.push().status == 0
    assert list(desk.changes()) == ["userstories/1"]
