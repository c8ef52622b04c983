"""Login, refresh, application tokens, and what an Authorization header does."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.fake_taiga_conformance.asking import Visitor

if TYPE_CHECKING:
    from tests.fake_taiga import Taiga
    from tests.fake_taiga.model import Project

pytestmark = pytest.mark.slow

LOGIN = {"type": "normal", "username": "ada", "password": "ada-password"}


def claims(token: str) -> Any:
    middle = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))


@pytest.mark.parametrize("name", ["ada", "ADA", "ada@example.test"])
def test_one_logs_in_by_name_or_e_mail_in_any_case(anybody: Visitor, name: str) -> None:
    answer = anybody.send("POST", "/auth", LOGIN | {"username": name, "type": "NORMAL"})
    assert answer.status == 200
    assert answer.body["username"] == "ada"


def test_the_tokens_say_when_they_expire(anybody: Visitor, taiga: Taiga) -> None:
    found = anybody.send("POST", "/auth", LOGIN).body
    now = int(taiga.clock.now().timestamp())
    assert claims(found["auth_token"])["exp"] == pytest.approx(now + 24 * 3600, abs=1)
    assert claims(found["refresh"])["exp"] == pytest.approx(now + 8 * 24 * 3600, abs=1)
    assert claims(found["auth_token"])["token_type"] == "access"


def test_a_form_logs_in_as_well(anybody: Visitor) -> None:
    form = "type=normal&username=ada&password=ada-password"
    kind = "application/x-www-form-urlencoded"
    assert anybody.ask("POST", "/auth", form, Content_Type=kind).status == 200


@pytest.mark.parametrize(
    ("body", "kind", "status", "said"),
    [
        ("", "application/json", 400, "invalid login type"),
        ('{"type": "github"}', "application/json", 400, "invalid login type"),
        ("[]", "application/json", 500, "Server application error"),
        ('{"type": null}', "application/json", 500, "Server application error"),
        ("hello", "text/plain", 415, "Unsupported media type 'text/plain' in request."),
    ],
)
def test_a_senseless_login_is_refused(
    anybody: Visitor, body: str, kind: str, status: int, said: str
) -> None:
    answer = anybody.ask("POST", "/auth", body, Content_Type=kind)
    assert answer.status == status
    assert said in answer.body.values()


def test_both_missing_fields_are_named(anybody: Visitor) -> None:
    answer = anybody.send("POST", "/auth", {"type": "normal"})
    assert answer.body.keys() == {"username", "password"}


def test_one_does_not_get_the_login(anybody: Visitor) -> None:
    answer = anybody.get("/auth")
    assert answer.status == 405
    assert answer.body["_error_type"] == "taiga.base.exceptions.MethodNotAllowed"


def test_verify_is_forbidden(ada: Visitor, anybody: Visitor) -> None:
    for visitor in (ada, anybody):
        assert visitor.send("POST", "/auth/verify", {"token": "x"}).status == 403


@pytest.mark.parametrize("path", ["/auth", "/auth/refresh"])
def test_a_bad_token_spoils_even_the_login(anybody: Visitor, path: str) -> None:
    anybody.headers["Authorization"] = "Bearer expired"
    answer = anybody.send("POST", path, LOGIN)
    assert answer.status == 401
    assert answer.body["code"] == "token_not_valid"


def test_a_refresh_token_works_once_and_its_heir_too(anybody: Visitor, taiga: Taiga) -> None:
    first = taiga.refresh_token(taiga.users[1])
    second = anybody.send("POST", "/auth/refresh", {"refresh": first}).body["refresh"]
    assert anybody.send("POST", "/auth/refresh", {"refresh": first}).status == 401
    assert anybody.send("POST", "/auth/refresh", {"refresh": second}).status == 200


def test_an_access_token_does_not_refresh(anybody: Visitor, taiga: Taiga) -> None:
    token = taiga.token(taiga.users[1])
    assert anybody.send("POST", "/auth/refresh", {"refresh": token}).status == 401


def test_an_access_token_outlives_its_refresh_and_then_expires(ada: Visitor, taiga: Taiga) -> None:
    refresh = taiga.refresh_token(taiga.users[1])
    Visitor(taiga).send("POST", "/auth/refresh", {"refresh": refresh})
    assert ada.get("/users/me").status == 200
    taiga.clock.advance(24 * 3600)
    assert ada.get("/users/me").body["code"] == "token_not_valid"


def test_an_expired_token_does_not_fall_back_to_anonymous(ada: Visitor, taiga: Taiga) -> None:
    taiga.clock.advance(24 * 3600)
    assert ada.get("/userstories").status == 401
    assert Visitor(taiga).get("/userstories").status == 200


@pytest.mark.parametrize("header", ["Bearer", "Bearer a b"])
def test_the_header_has_two_words(anybody: Visitor, header: str) -> None:
    answer = anybody.get("/userstories", Authorization=header)
    assert (answer.status, answer.body["code"]) == (401, "bad_authorization_header")


@pytest.mark.parametrize("scheme", ["bearer", "Token", "Basic", "application"])
def test_another_scheme_is_ignored(taiga: Taiga, project: Project, scheme: str) -> None:
    taiga.add_story(project, "in a private project")
    taiga.make_private(project)
    header = f"{scheme} {taiga.token(taiga.users[1])}"
    visitor = Visitor(taiga)
    assert visitor.get("/users/me", Authorization=header).status == 401
    assert visitor.get("/userstories", Authorization=header).body == []


def test_a_closed_account_is_shut_out(ada: Visitor, taiga: Taiga) -> None:
    taiga.deactivate_user(taiga.users[1])
    assert ada.get("/users/me").body["code"] == "user_inactive"
    assert Visitor(taiga).send("POST", "/auth", LOGIN).status == 401


def test_an_application_gets_a_token_that_acts_as_the_user(ada: Visitor, taiga: Taiga) -> None:
    app = taiga.add_application()
    asked = {"application": app, "state": "s"}
    code = ada.send("POST", "/application-tokens/authorize", asked).body["auth_code"]
    anybody = Visitor(taiga)
    paper = asked | {"auth_code": code}
    token = anybody.send("POST", "/application-tokens/validate", paper).body["token"]
    assert anybody.send("POST", "/application-tokens/validate", paper).status == 404
    anybody.headers["Authorization"] = f"Application {token}"
    assert anybody.get("/users/me").body["username"] == "ada"
    taiga.clock.advance(3650 * 24 * 3600)
    assert anybody.get("/users/me").status == 200


def test_a_revoked_application_token_is_dead(taiga: Taiga, ada: Visitor) -> None:
    program = Visitor(taiga)
    token = taiga.application_token(taiga.users[1])
    program.headers["Authorization"] = f"Application {token}"
    listed = ada.get("/application-tokens").body
    assert token not in json.dumps(listed)
    assert ada.ask("DELETE", f"/application-tokens/{listed[0]['id']}").status == 204
    assert program.get("/users/me").body["_error_message"] == "Invalid token"


def test_a_second_validation_gives_the_same_token(ada: Visitor, taiga: Taiga) -> None:
    asked = {"application": taiga.add_application(), "state": "s"}

    def validate() -> str:
        code = ada.send("POST", "/application-tokens/authorize", asked).body["auth_code"]
        path = "/application-tokens/validate"
        return str(ada.send("POST", path, asked | {"auth_code": code}).body["token"])

    assert validate() == validate()


def test_applications_are_not_for_anybody(anybody: Visitor, taiga: Taiga) -> None:
    app = taiga.add_application()
    assert anybody.get(f"/applications/{app}").status == 401
    assert anybody.send("POST", "/application-tokens/authorize", {"application": app}).status == 401


def test_an_unknown_application_is_not_found(ada: Visitor) -> None:
    assert ada.send("POST", "/application-tokens/authorize", {"application": "x"}).status == 404
