"""All rows or an error, whatever a gateway in between does to headers: on real sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from taiga_notes.errors import UnreachableError
from taiga_notes.model.rows import Listing
from taiga_notes.taiga.api_list import ApiList
from taiga_notes.taiga.auth.credentials import FixedToken
from taiga_notes.taiga.http.client import Client
from taiga_notes.taiga.http.responses import decode
from taiga_notes.taiga.source import Taiga
from taiga_notes.taiga.sync.fetch import Fetch
from taiga_notes.taiga.sync.sync_session import SyncPolicy
from tests.fake_taiga import Taiga as Fake
from tests.fake_taiga import serve
from tests.taiga.gateway import gateway
from tests.taiga.scripted import Script, Time, client, reply
from tests.taiga.shelf import WEB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import httpx

    from tests.fake_taiga.model import Project

STORIES = 1_098


def everything(name: str) -> bool:
    return name.startswith("x-")


def nothing(_name: str) -> bool:
    return False


def counts(name: str) -> bool:
    return name == "x-pagination-count"


def all_but_counts(name: str) -> bool:
    return everything(name) and not counts(name)


@pytest.fixture(scope="module")
def behind() -> Iterator[tuple[Fake, Project, str]]:
    """A Taiga whose lists are longer than a page."""
    fake = Fake()
    acme = fake.add_project("Acme", owner=fake.add_user("ada"), slug="acme")
    fake.bulk_create(acme, STORIES)
    for number in range(30):
        fake.add_epic(acme, f"Epic {number}")
        fake.add_wiki(acme, f"page-{number:04}", "Text")
    with serve(fake) as server:
        yield fake, acme, server.url


def source(fake: Fake, url: str, file: Path) -> Taiga:
    auth = FixedToken("Bearer", fake.token(next(iter(fake.users.values()))), "the test's token")
    behind = Client(url, auth, backoff=Time().backoff())
    return Taiga(lambda: behind, file=file, policy=SyncPolicy(WEB))


LONG = [
    (Listing("userstories", "acme"), STORIES),
    (Listing("userstories", "acme", (("is_closed", "false"),)), STORIES),
]
SHORT = [(Listing("epics", "acme"), 30), (Listing("wiki", "acme"), 30)]
CLIENT = [everything, nothing]
SERVER = [everything, counts, all_but_counts, nothing]


@pytest.mark.parametrize(
    ("asked", "from_client", "from_server"),
    [
        # Pairwise: what is dropped of answers meets both kinds of lists and of requests.
        pytest.param(
            lists[place % 2],
            CLIENT[(place // 2 + turn) % 2],
            dropped,
            marks=() if dropped is nothing else pytest.mark.slow,
        )
        for place, dropped in enumerate(SERVER)
        for turn, lists in enumerate([LONG, SHORT])
    ],
)
def test_all_rows_come_through_any_gateway(
    behind: tuple[Fake, Project, str],
    tmp_path: Path,
    from_client: Callable[[str], bool],
    from_server: Callable[[str], bool],
    asked: tuple[Listing, int],
) -> None:
    fake, _, url = behind
    listing, count = asked
    with (
        gateway(url, from_client=from_client, from_server=from_server) as address,
        source(fake, address, tmp_path / "store.sqlite") as taiga,
    ):
        rows = taiga.rows(listing)
        assert len(set(rows.column(("id",)))) == len(rows) == count


@pytest.mark.parametrize(
    "ids", [[1, 2, 2], [1, 2, 3, 3], [1, 1, 1]], ids=["in another's place", "beyond", "only one"]
)
def test_an_item_that_comes_twice_stands_for_no_other(ids: list[int]) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if "only_ref" in request.url.params:
            return reply(data=[1], headers={"x-pagination-count": "3"})
        return reply(data=[{"id": number} for number in ids])

    asked = ApiList("userstories", "/userstories", 1, ())
    with pytest.raises(UnreachableError, match="without all of its rows"):
        Fetch(client(Script(answer))).listed(asked, 1, decode, [])


@pytest.mark.slow
def test_what_changes_comes_through_a_gateway_that_drops_all(
    behind: tuple[Fake, Project, str], tmp_path: Path
) -> None:
    fake, acme, url = behind
    with gateway(url) as address, source(fake, address, tmp_path / "store.sqlite") as taiga:
        taiga.rows(Listing("userstories", "acme"))
        story = fake.add_story(acme, "Through the gateway")
        taiga.begin()
        assert "Through the gateway" in taiga.rows(Listing("userstories", "acme")).column(
            ("subject",)
        )
        fake.delete(story)
        taiga.begin()
        assert len(taiga.rows(Listing("userstories", "acme"))) == STORIES
