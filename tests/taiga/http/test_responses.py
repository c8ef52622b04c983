"""What Taiga's answers say: error texts, waiting times, JSON."""

from __future__ import annotations

import json
import math
from email.utils import formatdate
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taiga_notes.errors import RefusedError, UnreachableError
from taiga_notes.taiga.http import responses
from tests.tables import each

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = 1_795_319_327.0
ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


# --- error bodies come in six shapes ---


@each(
    ("body", "said", "reason"),
    [
        (
            {"_error_message": "Blocked element", "_error_type": "taiga.base.exceptions.Blocked"},
            "Blocked element",
            "Blocked",
        ),
        (
            {"_error_message": "No UserStory matches the given query."},
            "No UserStory matches the given query",
            "",
        ),
        ({"_error_message": ""}, "", ""),
        (
            {"detail": "Token is invalid", "code": "token_not_valid", "messages": [{}]},
            "Token is invalid",
            "token_not_valid",
        ),
        ({"password": ["This field is required."]}, "password: This field is required", ""),
        ({"a": ["one", "two"], "b": ["three"]}, "a: one; a: two; b: three", ""),
        (
            {"version": "The version parameter is not valid"},
            "version: The version parameter is not valid",
            "",
        ),
        ("ref param is needed", "ref param is needed", ""),
        ({"error": "Server application error"}, "Server application error", ""),
        (responses.NOT_JSON, "", ""),
        (None, "", ""),
        ([], "", ""),
        ({"_error_message": None, "x": 3}, "", ""),
    ],
)
def test_each_shape_of_error_has_its_text_and_its_stable_name(
    body: object, said: str, reason: str
) -> None:
    assert (responses.complaint(body), responses.reason(body)) == (said, reason)


@given(body=ANY_JSON)
def test_whatever_an_error_says_it_becomes_one_short_printable_line(body: object) -> None:
    said = responses.complaint(body)
    assert said == "" or said.isprintable()
    assert len(said) <= responses.LONGEST
    assert str(responses.refusal(400, "/x", body)).isprintable()


def test_no_terminal_escape_and_no_direction_override_survives() -> None:
    said = responses.complaint({"detail": "a\x1b]0;title\x07b\u202ec\r\n\td\u2028e"})
    assert said == "a]0;titlebc d e"


@given(secret=st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=8, max_size=30))
def test_a_secret_that_the_server_echoes_is_not_repeated(secret: str) -> None:
    body = {"_error_message": f"Invalid token: {secret}!", "_error_type": "x.Y"}
    error = responses.refusal(403, "/x", body, (secret, ""))
    assert secret not in f"{error}{error!r}"


def test_a_refusal_tells_status_path_text_and_remedy() -> None:
    error = responses.refusal(
        403, "/projects/9", {"_error_message": "No.", "_error_type": "a.Denied"}
    )
    assert isinstance(error, RefusedError)
    assert (error.status, error.code) == (403, "Denied")
    assert str(error) == (
        "Taiga answered 403 to /projects/9: No (this account has no right to read that)"
    )


def test_a_web_page_instead_of_an_error_makes_the_address_suspect() -> None:
    error = responses.refusal(404, "/userstories", responses.NOT_JSON)
    assert error.hint.startswith("is `api` right?")


# --- whose word it is ---


@each(
    ("status", "data"),
    [
        (401, {"_error_message": "Invalid token", "_error_type": "taiga.base.x.NotAuthenticated"}),
        (401, {"detail": "Given token not valid", "code": "token_not_valid", "messages": []}),
        (403, {"_error_message": "No.", "_error_type": "taiga.base.exceptions.PermissionDenied"}),
        (404, {"_error_message": ""}),
        (400, {"password": ["This field is required."]}),
        (400, {"status": ["Invalid pk '9' - object does not exist."]}),
        (400, {"version": "The version parameter is not valid"}),
        (400, "ref param is needed"),
    ],
)
def test_taigas_refusals_are_known_by_their_shape(status: int, data: object) -> None:
    assert isinstance(responses.refusal(status, "/x", data), RefusedError)


@each("status", [400, 401, 403, 404, 410, 418, 451])
@each(
    "data",
    [
        *(responses.NOT_JSON, None, [], {}, 3, True, ["no"]),
        *({"message": "Unauthorized"}, {"error": "invalid_token"}, {"errors": ["denied"]}),
        *({"detail": "Not authenticated"}, {"code": 401, "detail": "no"}, {"error": {"code": "x"}}),
        *({"code": "rate_limited", "detail": "x"}, {"message": ["a", "b"]}, {"a": "b"}),
        {"title": "Forbidden", "status": 403, "type": "about:blank"},
    ],
)
def test_what_others_answer_is_no_refusal(status: int, data: object) -> None:
    error = responses.refusal(status, "/x", data)
    assert isinstance(error, UnreachableError)
    assert str(error).startswith("not Taiga")


@each(
    ("body", "said"),
    [
        ("<!doctype html><html><head><TITLE>\n Just a moment… </TITLE>", "Just a moment…"),
        ("<html><title lang=en>A &amp; B</title><h1>C</h1>", "A & B"),
        ("<html><h1 class='x'>403 Forbidden</h1>", "403 Forbidden"),
        ("<html><body>nothing</body>", ""),
        ("no healthy upstream\nsecond line", "no healthy upstream"),
        ("error code: 1020", "error code: 1020"),
        ("", ""),
        ("<title>\x1b[2J" + "x" * 500, "[2J" + "x" * 196 + "…"),
        ("<title>S3CRET</title>", "…"),
    ],
)
def test_a_page_is_told_by_its_title(body: str, said: str) -> None:
    data = body.encode()
    assert responses.title(data, ("S3CRET",)) == said
    message = str(responses.refusal(403, "/x", responses.NOT_JSON, ("S3CRET",), body=data))
    assert message.startswith(f"not Taiga: '{said}' answered 403" if said else "not Taiga answered")
    assert message.isprintable()


@given(body=st.binary(max_size=300))
def test_any_page_has_a_title_that_can_be_shown(body: bytes) -> None:
    said = responses.title(b"<title>" + body)
    assert said == "" or said.isprintable()
    assert len(said) <= responses.LONGEST


@pytest.mark.parametrize("status", [418, 499, 450])
def test_a_status_without_a_name_is_told_all_the_same(status: int) -> None:
    said = {"_error_message": ""}
    for data in (None, said):
        assert f"answered {status} to /x" in str(responses.refusal(status, "/x", data))


# --- how long to wait ---


@each(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"x-throttle-wait-seconds": "55"}, 55),
        ({"retry-after": "7"}, 7),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"x-throttle-wait-seconds": "55", "retry-after": "7"}, 55),
        ({"x-throttle-wait-seconds": "5", "retry-after": "70"}, 70),
        ({"retry-after": formatdate(NOW + 90, usegmt=True)}, 90),
        ({"retry-after": formatdate(NOW - 90, usegmt=True)}, 0),
        (
            # The server's own clock counts: it is an hour behind ours.
            {
                "retry-after": formatdate(NOW - 3600 + 20, usegmt=True),
                "date": formatdate(NOW - 3600, usegmt=True),
            },
            20,
        ),
        *(
            ({"x-throttle-wait-seconds": garbage}, None)
            for garbage in (
                "",
                "-5",
                "nan",
                "inf",
                "1e9",
                "soon",
                "5, 5",
                "0x10",
                "1_000",
                "٣",
                "9" * 10,
            )
        ),
        ({"retry-after": "Fri, 99 Foo 2026 99:99:99 GMT"}, None),
        ({"retry-after": "Mon, 01 Jan 0001 00:00:00 -2359"}, 0),
    ],
)
def test_the_longest_wait_that_is_asked_for_counts(
    headers: Mapping[str, str], seconds: float | None
) -> None:
    assert responses.waiting_time(headers, NOW) == seconds


@given(
    throttle=st.text(max_size=40),
    retry=st.text(max_size=40)
    | st.datetimes().map(lambda moment: f"{moment:%a, %d %b %Y %H:%M:%S GMT}"),
    date=st.text(max_size=40),
)
def test_a_wait_is_a_finite_time_or_unknown(throttle: str, retry: str, date: str) -> None:
    headers = {"x-throttle-wait-seconds": throttle, "retry-after": retry, "date": date}
    seconds = responses.waiting_time(headers, NOW)
    assert seconds is None or (math.isfinite(seconds) and seconds >= 0)


# --- JSON ---


@given(data=ANY_JSON)
def test_json_comes_out_as_it_went_in(data: object) -> None:
    assert responses.decode(json.dumps(data).encode()) == data
    assert responses.decode(b"\xef\xbb\xbf" + json.dumps(data, ensure_ascii=False).encode()) == data


@each(
    "body",
    [
        *(b"", b"<html>", b'[{"id": 1}, {"id"', b'"\xff"', b"[NaN]", b"[-Infinity]", b"[1]]"),
        *(b"[" * 100_000, b"[" + b"9" * 5_000 + b"]", b"\xff\xfe[\x00]\x00", b'["\xed\xa0\x80"]'),
    ],
)
def test_what_is_no_json_is_told_apart(body: bytes) -> None:
    assert responses.decode(body) is responses.NOT_JSON


@each(
    ("body", "data"),
    [
        (rb'"\ud83d\ude00"', "😀"),
        (rb'"\ud83d"', "\ufffd"),
        (rb'"\ude00x"', "\ufffdx"),
        (rb'"\ud83d\ud83d\ude00"', "\ufffd😀"),
        (rb'"\ude00\ud83d"', "\ufffd\ufffd"),
        (rb'"\\ud83d"', "\\ud83d"),
        (rb'[{"\uD83d": ["\uDE00", 1, null]}]', [{"\ufffd": ["\ufffd", 1, None]}]),
    ],
)
def test_half_a_character_becomes_a_whole_one(body: bytes, data: object) -> None:
    assert responses.decode(body) == data


@given(units=st.lists(st.integers(0xD7F0, 0xE010) | st.integers(0x20, 0x7E), max_size=12))
def test_every_string_can_be_written_to_a_file(units: list[int]) -> None:
    body = '"' + "".join(f"\\u{unit:04x}" for unit in units) + '"'
    text = responses.decode(body.encode())
    assert isinstance(text, str)
    expected = b"".join(unit.to_bytes(2, "little") for unit in units)
    assert text.encode() == expected.decode("utf-16-le", "replace").encode()
