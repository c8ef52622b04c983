"""The fake Taiga on a socket, and as a process."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.fake_taiga import Taiga, populate, serve
from tests.fake_taiga.populate import ODD_SUBJECTS
from tests.left_open import in_use

if TYPE_CHECKING:
    from tests.fake_taiga import Server
    from tests.fake_taiga.model import Project

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent.parent


def get(address: str) -> Any:
    with urllib.request.urlopen(address) as response:  # noqa: S310 - on loopback
        return json.load(response)


def test_a_list_arrives_over_a_real_socket(taiga: Taiga, project: Project) -> None:
    taiga.bulk_create(project, 40)
    with serve(taiga) as server:
        assert len(get(f"{server.url}/userstories?project={project.id}")) == 30
    assert taiga.log.lines() == [f"GET /userstories?project={project.id}"]


def test_the_log_counts_what_went_out(taiga: Taiga, project: Project) -> None:
    taiga.add_story(project)
    with serve(taiga) as server:
        with urllib.request.urlopen(f"{server.url}/userstories") as response:  # noqa: S310 - on loopback
            size = len(response.read())
        get(f"{server.url}/tasks")
    assert taiga.log.requests == 2
    assert taiga.log.bytes_out == size + len("[]")
    assert taiga.log.entries("/tasks")[0].headers["host"].startswith("127.0.0.1")
    taiga.log.clear()
    assert (taiga.log.requests, taiga.log.bytes_out, taiga.log.lines()) == (0, 0, [])


def test_unicode_arrives_in_paths_and_bodies(taiga: Taiga, project: Project) -> None:
    taiga.add_wiki(project, "überblick", "größer 🎉")
    with serve(taiga) as server:
        address = f"{server.url}/wiki/by_slug?slug=%C3%BCberblick&project=1"
        assert get(address)["content"] == "größer 🎉"


def _two_requests(server: Server) -> list[bool]:
    """Whether each of two requests left the connection open."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    found = []
    for _ in range(2):
        connection.request("GET", "/api/v1/projects")
        connection.getresponse().read()
        found.append(connection.sock is not None)
    connection.close()
    return found


@pytest.mark.parametrize("keep_alive", [True, False])
def test_connections_stay_open_or_not(taiga: Taiga, keep_alive: bool) -> None:
    with serve(taiga, keep_alive=keep_alive) as server:
        assert _two_requests(server) == [keep_alive, keep_alive]


def test_a_restart_drops_idle_connections(taiga: Taiga) -> None:
    with serve(taiga) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
        connection.request("GET", "/api/v1/projects")
        connection.getresponse().read()
        assert connection.sock is not None
        server.drop_connections()
        assert connection.sock.recv(1) == b""
        connection.close()


def test_no_thread_and_no_socket_is_left(taiga: Taiga) -> None:
    before = in_use()
    with serve(taiga) as server:
        idle = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
        idle.request("GET", "/api/v1/projects")
        idle.getresponse().read()
    idle.close()
    assert not in_use() - before
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection("127.0.0.1", server.port, timeout=120).connect()


def test_a_port_can_be_taken_again(taiga: Taiga) -> None:
    with serve(taiga) as server:
        port = server.port
        _two_requests(server)
    with serve(taiga, port) as server:
        assert get(f"{server.url}/projects")


def test_many_write_and_read_at_once(taiga: Taiga, project: Project) -> None:
    with serve(taiga) as server, ThreadPoolExecutor(8) as pool:

        def both(n: int) -> int:
            taiga.add_story(project, f"story {n}", tags=[f"t{n % 5}"])
            return len(get(f"{server.url}/userstories?page_size=1000"))

        lengths = list(pool.map(both, range(60)))
    assert max(lengths) == 60
    refs = [story.ref for story in taiga.rows["userstories"].values()]
    assert sorted(refs) == list(range(1, 61))


def test_the_same_seed_makes_the_same_project() -> None:
    def subjects(seed: int) -> list[str]:
        taiga = Taiga()
        populate(taiga, stories=120, seed=seed)
        return [story.subject for story in taiga.rows["userstories"].values()]

    assert subjects(1) == subjects(1) != subjects(2)


def test_a_populated_project_is_like_a_teams() -> None:
    taiga = Taiga()
    project = populate(taiga, stories=200)
    stories = list(taiga.rows["userstories"].values())
    assert (project.slug, len(stories)) == ("acme", 200)
    assert {story.status.name for story in stories} >= {"New", "Done", "Archived"}
    assert any(story.tags for story in stories)
    assert any(story.milestone for story in stories)
    assert any(story.assigned_to is None for story in stories)
    assert any(story.due_date for story in stories)
    assert sum(story.subject in ODD_SUBJECTS for story in stories) == 4
    for kind in ("tasks", "issues", "epics", "milestones", "wiki"):
        assert taiga.rows[kind]


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_runs_as_a_process(end: signal.Signals) -> None:
    command = [sys.executable, "-m", "tests.fake_taiga", "--stories", "50", "--seed", "2"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert len(get(f"{address}/userstories?page_size=1000")) == 50
        process.send_signal(end)
        assert process.wait(timeout=120) in {130, -signal.SIGTERM}
