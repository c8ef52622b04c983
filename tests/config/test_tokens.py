"""Tokens as people paste them: the token comes out, or a word about what is wrong."""

from __future__ import annotations

import pytest

from taiga_notes.config.tokens import GivenToken, given_token
from taiga_notes.config.toml_reader import ExpectedError
from tests.tables import each

JWT = "eyJ0eXAi.eyJleHAi.s-_ig"


@each(
    ("text", "given"),
    [
        (JWT, GivenToken(JWT)),
        (f" {JWT}\r\n", GivenToken(JWT)),
        (f'"{JWT}"', GivenToken(JWT)),
        (f"' {JWT} '", GivenToken(JWT)),
        (f"Bearer {JWT}", GivenToken(JWT, "Bearer")),
        (f'"Bearer {JWT}"\n', GivenToken(JWT, "Bearer")),
        (f'bearer\t"{JWT}"', GivenToken(JWT, "Bearer")),
        (f"Authorization: Bearer {JWT}", GivenToken(JWT, "Bearer")),
        ("APPLICATION eyJh:1wT:sig", GivenToken("eyJh:1wT:sig", "Application")),
    ],
)
def test_what_clings_to_a_token_is_taken_off(text: str, given: GivenToken) -> None:
    assert given_token(text) == given


@each(
    "value",
    [
        *("", "  ", '""', "Bearer", "Bearer  ", "Application", f"Basic {JWT}", f"Token {JWT}"),
        *(f"Bearer {JWT} more", f"{JWT}\n{JWT}", 3, None),
    ],
)
def test_what_is_no_token_is_refused_and_not_repeated(value: object) -> None:
    with pytest.raises(ExpectedError) as caught:
        given_token(value)
    assert JWT not in str(caught.value)
