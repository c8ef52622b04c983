"""`taiga-notes webhook`, run as a process against a Taiga on a socket."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.fake_taiga import Taiga, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cli.program import Program

pytestmark = pytest.mark.slow

URL = "http://203.0.113.7:8765/"


@pytest.fixture
def taiga(program: Program) -> Iterator[Taiga]:
    taiga = Taiga()
    ada = taiga.add_user("ada")
    taiga.add_project("Acme", owner=ada, slug="acme")
    taiga.add_project("Other", owner=ada, slug="other")
    with serve(taiga) as server:
        program.env |= {
            "TAIGA_NOTES_API": server.url,
            "TAIGA_NOTES_USERNAME": "ada",
            "TAIGA_NOTES_PASSWORD": "ada-password",
        }
        yield taiga


def kept(program: Program) -> dict[str, str]:
    file = program.home / "state" / "taiga-notes" / "webhook-keys.json"
    keys: dict[str, str] = json.loads(file.read_text())[program.env["TAIGA_NOTES_API"]]
    assert file.stat().st_mode & 0o777 == 0o600
    return keys


def test_add_makes_it_with_a_key_of_its_own_that_is_kept_and_not_shown(
    taiga: Taiga, program: Program
) -> None:
    done = program("webhook", "add", URL, "--project", "acme")

    (hook,) = taiga.webhooks.values()
    assert (done.status, done.err) == (0, "")
    assert f"made webhook {hook.id} of project acme: it sends to {URL}" in done.out
    assert (hook.url, hook.project.slug) == (URL, "acme")
    assert len(hook.key) >= 40
    assert kept(program) == {"acme": hook.key}
    assert hook.key not in done.out


def test_the_key_is_shown_for_another_machine_when_asked_for(
    taiga: Taiga, program: Program
) -> None:
    done = program("webhook", "add", URL, "--project", "acme", "--show-key")

    (hook,) = taiga.webhooks.values()
    assert f'[webhook_keys]\n  acme = "{hook.key}"' in done.out


def test_a_project_has_one_key_however_many_webhooks(taiga: Taiga, program: Program) -> None:
    program("webhook", "add", URL, "--project", "acme")
    program("webhook", "add", "https://notes.example.org/", "--project", "acme")
    program("webhook", "add", URL, "--project", "other")

    keys = [hook.key for hook in taiga.webhooks.values()]
    assert keys[0] == keys[1] != keys[2]
    assert kept(program) == {"acme": keys[0], "other": keys[2]}


def test_a_key_that_the_user_has_set_is_used(taiga: Taiga, program: Program) -> None:
    config = program.home / "config" / "taiga-notes" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('[webhook_keys]\nacme = "my own key"\n')

    program("webhook", "add", URL, "--project", "acme")

    assert [hook.key for hook in taiga.webhooks.values()] == ["my own key"]


def test_list_shows_all_but_the_keys(taiga: Taiga, program: Program) -> None:
    assert "has no webhooks" in program("webhook", "list", "--project", "acme").out
    program("webhook", "add", URL, "--project", "acme")
    (hook,) = taiga.webhooks.values()

    done = program("webhook", "list", "--project", "acme")

    assert done.status == 0
    line = done.out.splitlines()[1].split("  ")
    assert [cell.strip() for cell in line if cell] == [
        str(hook.id),
        "taiga-notes",
        URL,
        "kept here",
        "none yet",
    ]
    assert hook.key not in done.out


def test_remove_takes_the_key_along_with_the_last_one(taiga: Taiga, program: Program) -> None:
    for _ in range(2):
        program("webhook", "add", URL, "--project", "acme")
    first, second = list(taiga.webhooks)

    assert program("webhook", "remove", str(first), "--project", "acme").status == 0
    assert list(kept(program)) == ["acme"]
    done = program("webhook", "remove", str(second), "--project", "acme")

    assert "its key is forgotten" in done.out
    assert not taiga.webhooks
    assert not kept(program)


def test_another_projects_webhook_is_not_removed(taiga: Taiga, program: Program) -> None:
    program("webhook", "add", URL, "--project", "other")
    (number,) = taiga.webhooks

    done = program("webhook", "remove", str(number), "--project", "acme")

    assert done.status == 4
    assert f"project acme has no webhook {number} (`taiga-notes webhook list`" in done.err
    assert taiga.webhooks


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["add", "ftp://x/", "--project", "acme"], 2, "is no address that Taiga could send to"),
        (["add", URL, "--project", "nowhere"], 4, "no project 'nowhere'"),
        (["add", URL], 2, "no project is set"),
        (["add"], 2, "URL"),
        (["remove", "x", "--project", "acme"], 2, "NUMBER"),
        ([], 2, "add|list|remove"),
    ],
)
def test_mistakes_are_told_with_a_remedy(
    taiga: Taiga, program: Program, arguments: list[str], status: int, said: str
) -> None:
    done = program("webhook", *arguments)

    assert done.status == status
    assert said in done.err
    assert not taiga.webhooks


def test_only_an_administrator_may(taiga: Taiga, program: Program) -> None:
    bob = taiga.add_user("bob")
    taiga.add_member(next(iter(taiga.projects.values())), bob)
    program.env |= {"TAIGA_NOTES_USERNAME": "bob", "TAIGA_NOTES_PASSWORD": "bob-password"}

    for arguments in (["add", URL], ["list"], ["remove", "1"]):
        done = program("webhook", *arguments, "--project", "acme")

        assert done.status == 4
        assert "may not" in done.err
        assert "only administrators of the project may" in done.err


def test_a_broken_key_file_is_told(taiga: Taiga, program: Program) -> None:
    folder = program.home / "state" / "taiga-notes"
    folder.mkdir(parents=True)
    (folder / "webhook-keys.json").write_text("[]")

    done = program("webhook", "add", URL, "--project", "acme")

    assert done.status == 2
    assert "make the webhooks anew" in done.err
    assert not taiga.webhooks
