"""Webhooks: made through the API, delivered over a socket, signed, logged."""

from __future__ import annotations

import json
import threading
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.fake_taiga import serve
from tests.fake_taiga.delivery import signature
from tests.fake_taiga_conformance.asking import Visitor
from tests.fake_taiga_conformance.receiver import Receiver, receiver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fake_taiga import Taiga
    from tests.fake_taiga.model import Project

pytestmark = pytest.mark.slow


@pytest.fixture
def house() -> Iterator[Receiver]:
    with receiver() as server:
        yield server


@pytest.fixture
def hook(taiga: Taiga, ada: Visitor, house: Receiver) -> int:
    taiga.settings.hooks_automatic = True
    data = {"project": 1, "name": "notes", "url": f"{house.url}/hook", "key": "s3cret"}
    made = ada.send("POST", "/webhooks", data)
    assert made.status == 201
    return int(made.body["id"])


@pytest.mark.usefixtures("hook")
def test_an_act_is_delivered_before_it_is_over(
    taiga: Taiga, project: Project, house: Receiver
) -> None:
    taiga.add_story(project, "Läuft 🎉")
    headers, body = house.received[0]
    assert "Läuft 🎉".encode() in body
    digest = signature(body, "s3cret")
    assert headers["X-TAIGA-WEBHOOK-SIGNATURE"] == digest
    assert headers["X-Hub-Signature"] == f"sha1={digest}"
    assert headers["Content-Type"] == "application/json"
    assert headers["Accept-Encoding"] == "identity"
    assert json.loads(body)["type"] == "userstory"


def test_a_test_is_delivered_at_once_and_logged(ada: Visitor, hook: int, house: Receiver) -> None:
    log = ada.ask("POST", f"/webhooks/{hook}/test").body
    assert (log["status"], log["response_data"]) == (200, '{"content": "ok"}')
    assert len(house.received) == 1
    listed = ada.get(f"/webhooklogs?webhook={hook}").body
    assert [row["id"] for row in listed] == [log["id"]]


def test_the_log_has_ten_rows(ada: Visitor, taiga: Taiga, hook: int, project: Project) -> None:
    taiga.bulk_create(project, 12)
    rows = ada.get(f"/webhooklogs?webhook={hook}").body
    assert [row["request_data"]["data"]["ref"] for row in rows] == list(range(12, 2, -1))
    assert ada.get("/webhooks").body[0]["logs_counter"] == 10


@pytest.mark.usefixtures("hook")
def test_a_resent_delivery_has_other_bytes_and_another_signature(
    ada: Visitor, taiga: Taiga, project: Project, house: Receiver
) -> None:
    taiga.add_story(project)
    row = ada.get("/webhooklogs").body[0]
    ada.ask("POST", f"/webhooklogs/{row['id']}/resend")
    (_, first), (headers, second) = house.received
    assert json.loads(first) == json.loads(second)
    assert first != second
    assert headers["X-TAIGA-WEBHOOK-SIGNATURE"] == signature(second, "s3cret")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (500, '{"content": "ok"}'),
        (302, "error-in-request: Redirects are not allowed"),
    ],
)
def test_a_failure_is_logged_and_forgotten(
    ada: Visitor, taiga: Taiga, house: Receiver, status: int, said: str
) -> None:
    data = {"project": 1, "name": "notes", "url": f"{house.url}/{status}", "key": "k"}
    ada.send("POST", "/webhooks", data)
    taiga.add_story(taiga.projects[1])
    taiga.deliver_hooks()
    row = ada.get("/webhooklogs").body[0]
    assert (row["status"], row["response_data"]) == (status, said)
    assert len(house.received) == 1


def test_nobody_at_home_is_status_0(ada: Visitor, taiga: Taiga, hook: int) -> None:
    taiga.webhooks[hook].url = "http://127.0.0.1:1/"
    assert ada.ask("POST", f"/webhooks/{hook}/test").body["status"] == 0


def test_private_addresses_are_refused_unless_allowed(
    ada: Visitor, taiga: Taiga, hook: int, house: Receiver
) -> None:
    taiga.settings.hooks_to_private_addresses = False
    data = {"project": 1, "name": "notes", "url": house.url, "key": "k"}
    answer = ada.send("POST", "/webhooks", data)
    assert (answer.status, answer.body) == (400, {"url": ["Not allowed IP Address"]})
    assert ada.ask("POST", f"/webhooks/{hook}/test").body["status"] == 0
    assert house.received == []


@pytest.mark.parametrize("url", ["nonsense", "ftp://a.example/", "http://127.0.0.1:9/"])
def test_a_senseless_address_is_refused(ada: Visitor, url: str) -> None:
    data = {"project": 1, "name": "notes", "url": url, "key": "k"}
    assert ada.send("POST", "/webhooks", data).body == {"url": ["Enter a valid URL."]}


def test_all_fields_are_wanted(ada: Visitor) -> None:
    answer = ada.send("POST", "/webhooks", {"project": 1, "name": "notes"})
    assert (answer.status, sorted(answer.body)) == (400, ["key", "url"])


def test_webhooks_are_for_admins(anybody: Visitor, eve: Visitor, hook: int, taiga: Taiga) -> None:
    bob = taiga.add_user("bob")
    taiga.add_member(taiga.projects[1], bob)
    for visitor, status in ((anybody, 401), (eve, 403), (Visitor(taiga, bob), 403)):
        assert visitor.get("/webhooks").body == []
        assert visitor.get("/webhooklogs").body == []
        assert visitor.get(f"/webhooks/{hook}").status == status
        assert visitor.ask("DELETE", f"/webhooks/{hook}").status == status
        data = {"project": 1, "name": "n", "url": "http://a.example/", "key": "k"}
        assert visitor.send("POST", "/webhooks", data).status == status


def test_a_webhook_is_changed_and_removed(ada: Visitor, hook: int) -> None:
    assert ada.send("PATCH", f"/webhooks/{hook}", {"key": "new"}).body["key"] == "new"
    assert ada.ask("DELETE", f"/webhooks/{hook}").status == 204
    assert ada.get("/webhooks").body == []


@pytest.mark.usefixtures("hook")
def test_a_task_without_a_story_crashes_after_it_is_saved(
    ada: Visitor, taiga: Taiga, project: Project, house: Receiver
) -> None:
    answer = ada.send("POST", "/tasks", {"project": 1, "subject": "alone"})
    assert answer.status == 500
    assert ada.get("/tasks").body[0]["subject"] == "alone"
    taiga.add_task(project, "another")
    assert house.received == []


@pytest.mark.usefixtures("hook")
def test_a_disabled_server_delivers_nothing(
    taiga: Taiga, project: Project, house: Receiver
) -> None:
    taiga.settings.hooks_enabled = False
    taiga.add_story(project)
    assert house.received == []


def test_a_receiver_may_ask_back_while_it_is_told(
    ada: Visitor, taiga: Taiga, project: Project
) -> None:
    """The lock is free while a delivery is on its way, whoever caused it."""
    answers: list[int] = []
    with serve(taiga) as server, receiver() as house:
        done = house.finish_request

        def ask_back(*request: object) -> None:
            with urllib.request.urlopen(f"{server.url}/userstories") as response:  # noqa: S310 - the server above
                answers.append(response.status)
            done(*request)  # type: ignore[arg-type]

        house.finish_request = ask_back  # type: ignore[assignment,method-assign]
        data = {"project": 1, "name": "notes", "url": house.url, "key": "k"}
        ada.send("POST", "/webhooks", data)
        taiga.settings.hooks_automatic = True
        writer = threading.Thread(target=taiga.add_story, args=(project,))
        writer.start()
        writer.join(timeout=120)
        ada.ask("POST", "/webhooks/1/test")
    assert answers == [200, 200]
