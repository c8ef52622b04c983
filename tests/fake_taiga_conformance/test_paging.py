"""Pages of lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.fake_taiga import Taiga
    from tests.fake_taiga.model import Project
    from tests.fake_taiga_conformance.asking import Visitor

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _stories(taiga: Taiga, project: Project) -> None:
    taiga.bulk_create(project, 75)


def test_a_page_has_thirty_rows_and_says_what_there_is(anybody: Visitor) -> None:
    answer = anybody.get("/userstories?project=1")
    assert len(answer.body) == 30
    headers = answer.headers
    assert headers["x-paginated"] == "true"
    assert headers["x-paginated-by"] == "30"
    assert headers["x-pagination-count"] == "75"
    assert headers["x-pagination-current"] == "1"
    assert "x-pagination-prev" not in headers


def test_the_last_page_has_no_next(anybody: Visitor) -> None:
    answer = anybody.get("/userstories?project=1&page=last")
    assert len(answer.body) == 15
    assert answer.headers["x-pagination-current"] == "3"
    assert "x-pagination-next" not in answer.headers


def test_the_pages_are_the_list(anybody: Visitor) -> None:
    pages = [anybody.get(f"/userstories?page_size=10&page={n}").body for n in range(1, 9)]
    ids = [row["id"] for page in pages for row in page]
    assert ids == anybody.ids("/userstories")


@pytest.mark.parametrize(
    ("size", "given"), [("5000", "1000"), ("0", "30"), ("-1", "30"), ("abc", "30"), ("", "30")]
)
def test_a_page_size_is_capped_or_ignored(anybody: Visitor, size: str, given: str) -> None:
    assert anybody.get(f"/userstories?page_size={size}").headers["x-paginated-by"] == given


@pytest.mark.parametrize("page", ["4", "0", "-1", "abc", "1.0"])
def test_there_is_no_such_page(anybody: Visitor, page: str) -> None:
    answer = anybody.get(f"/userstories?page={page}")
    assert answer.status == 404
    message = "Page is not 'last', nor can it be converted to an int."
    assert answer.body == {"_error_message": message}


@pytest.mark.parametrize("value", ["1", "false", ""])
def test_paging_is_off_whatever_the_header_says(anybody: Visitor, value: str) -> None:
    answer = anybody.get("/userstories?page_size=2&page=9", X_Disable_Pagination=value)
    assert len(answer.body) == 75
    assert not [name for name in answer.headers if name.startswith("x-pagina")]


def test_lazy_pages_are_not_counted(anybody: Visitor) -> None:
    answer = anybody.get("/userstories", X_Lazy_Pagination="1")
    assert "x-pagination-count" not in answer.headers
    assert "x-pagination-next" in answer.headers
    beyond = anybody.get("/userstories?page=9", X_Lazy_Pagination="1")
    message = "Invalid page (9): That page contains no results"
    assert beyond.body == {"_error_message": message}


def test_addresses_are_made_of_what_the_request_says_of_the_host(anybody: Visitor) -> None:
    answer = anybody.get("/userstories?project=1&page=2", Host="internal:8000")
    start = "http://internal:8000/api/v1/userstories?project=1&page="
    assert answer.headers["x-pagination-next"] == f"{start}3"
    assert answer.headers["x-pagination-prev"] == f"{start}1"
    proxied = anybody.get("/userstories", X_Forwarded_Host="front.example")
    assert proxied.headers["x-pagination-next"].startswith("http://front.example/")


def test_or_of_what_the_administrator_believes(anybody: Visitor, taiga: Taiga) -> None:
    taiga.settings.public_url = "https://wrong.example"
    found = anybody.get("/userstories").headers["x-pagination-next"]
    assert found.startswith("https://wrong.example/api/v1/userstories?")


@pytest.mark.parametrize(
    "path", ["/projects", "/users", "/memberships", "/tasks", "/wiki", "/timeline/project/1"]
)
def test_every_list_is_paged(anybody: Visitor, path: str) -> None:
    assert anybody.get(path).headers["x-paginated"] == "true"
