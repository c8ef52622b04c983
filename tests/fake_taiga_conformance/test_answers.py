"""What holds for every answer: shapes of errors, headers, languages, methods, limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.fake_taiga import Taiga
    from tests.fake_taiga.model import Project
    from tests.fake_taiga_conformance.asking import Visitor

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("path", ["/auth/", "/userstories/", "/nope", "/projects/1/"])
def test_an_unknown_route_is_html_and_so_is_a_trailing_slash(anybody: Visitor, path: str) -> None:
    answer = anybody.get(path)
    assert (answer.status, answer.headers["content-type"]) == (404, "text/html")


def test_what_takes_no_json_gets_406_in_json(anybody: Visitor) -> None:
    answer = anybody.get("/userstories", Accept="text/html")
    assert answer.status == 406
    assert answer.body["_error_type"] == "taiga.base.exceptions.NotAcceptable"
    assert anybody.get("/userstories", Accept="text/html, */*;q=0.1").status == 200


def test_head_runs_the_query_and_counts(anybody: Visitor, taiga: Taiga, project: Project) -> None:
    taiga.bulk_create(project, 40)
    answer = anybody.ask("HEAD", "/userstories")
    assert (answer.status, answer.body) == (200, "")
    assert answer.headers["x-pagination-count"] == "40"


def test_options_tell_what_is_allowed(anybody: Visitor) -> None:
    answer = anybody.ask("OPTIONS", "/userstories")
    assert answer.status == 200
    assert answer.headers["allow"] == "GET, POST, HEAD, OPTIONS"


def test_nothing_is_cached_and_conditions_are_ignored(anybody: Visitor) -> None:
    answer = anybody.get("/userstories", If_None_Match="*", If_Modified_Since="tomorrow")
    assert answer.status == 200
    assert not answer.headers.keys() & {"etag", "last-modified", "cache-control", "expires"}


def test_html_comes_with_500_save_for_requests_in_json(anybody: Visitor) -> None:
    path = "/userstories?created_date=yesterday"
    assert anybody.get(path).body.startswith("\n<!doctype html>")
    answer = anybody.get(path, Content_Type="application/json")
    assert answer.body == {"error": "Server application error"}
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("wanted", "given"),
    [("es", "es"), ("de;q=0.5, es-MX", "es"), ("tlh", "en"), ("", "en"), ("es;q=0.1, en", "en")],
)
def test_messages_are_in_the_language_asked_for(anybody: Visitor, wanted: str, given: str) -> None:
    answer = anybody.get("/users/me", Accept_Language=wanted)
    assert answer.headers["content-language"] == given
    assert answer.body["_error_type"] == "taiga.base.exceptions.NotAuthenticated"
    english = "Authentication credentials were not provided."
    assert (answer.body["_error_message"] == english) is (given == "en")


def test_djangos_own_messages_are_never_translated(ada: Visitor) -> None:
    answer = ada.get("/userstories/999", Accept_Language="es")
    assert answer.body["_error_message"] == "No UserStory matches the given query."


def test_the_session_shows_in_vary(anybody: Visitor, ada: Visitor) -> None:
    assert anybody.get("/userstories").headers["vary"] == "Cookie, Accept-Language"
    assert ada.get("/userstories").headers["vary"] == "Accept-Language"
    assert ada.get("/").headers["vary"] == "Cookie, Accept-Language"


def test_what_the_fake_lacks_it_says_aloud(ada: Visitor) -> None:
    assert ada.send("POST", "/importer", {}).status == 501
    assert ada.send("PUT", "/projects/1", {}).status == 501
    data = {"project": 1, "subject": "x", "points": {}}
    assert ada.send("POST", "/userstories", data).status == 501


def test_a_limit_is_counted_per_user_and_ends(ada: Visitor, eve: Visitor, taiga: Taiga) -> None:
    taiga.settings.rates["user-read"] = "2/min"
    statuses = [ada.get("/projects").status for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert eve.get("/projects").status == 200
    taiga.clock.advance(59)
    refused = ada.get("/projects")
    assert refused.headers["x-throttle-wait-seconds"] == "1"
    assert "retry-after" not in refused.headers
    taiga.clock.advance(1)
    assert ada.get("/projects").status == 200


def test_of_several_limits_the_longest_wait_counts(anybody: Visitor, taiga: Taiga) -> None:
    taiga.settings.rates["anon-read"] = ["1/second", "1/hour"]
    anybody.get("/projects")
    assert anybody.get("/projects").headers["x-throttle-wait-seconds"] == "3600"


def test_failed_logins_lock_the_right_one_out(anybody: Visitor, taiga: Taiga) -> None:
    taiga.settings.rates["login-fail"] = "2/min"
    wrong = {"type": "normal", "username": "ada", "password": "guess"}
    right = wrong | {"password": "ada-password"}
    assert anybody.send("POST", "/auth", right).status == 200
    assert [anybody.send("POST", "/auth", wrong).status for _ in range(2)] == [401, 401]
    assert anybody.send("POST", "/auth", right).status == 429
    taiga.clock.advance(60)
    assert anybody.send("POST", "/auth", right).status == 200
