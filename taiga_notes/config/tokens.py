"""Tokens as people have them: from a browser, a file, a header; with what clings to them there."""

from __future__ import annotations

import re
from typing import NamedTuple

from taiga_notes.config import toml_reader
from taiga_notes.config.toml_reader import ExpectedError

_SCHEMES = {"bearer": "Bearer", "application": "Application"}
_HEADER = re.compile(
    r"(?:authorization\s*:\s*)?(?:(?P<scheme>[A-Za-z]+)\s+)?(?P<token>\S+)", re.IGNORECASE
)
_QUOTES = "\"'`"


class GivenToken(NamedTuple):
    """A token.

    Attributes:
        text: the token alone.
        scheme: `Bearer` or `Application`, as Taiga spells it; empty where it was not said.
    """

    text: str
    scheme: str = ""


def given_token(value: object) -> GivenToken:
    """A token, with or without its scheme, quotes, blanks and line ends around it.

    A browser's storage has quotes around it, its network panel the whole header. Taiga takes
    `Bearer` and `Application` in this spelling only (TAIGA.md, a): any other is put right.

    Args:
        value: the text.

    Raises:
        ExpectedError: it holds blanks, or another scheme.
    """
    plain = toml_reader.secret(value.strip() if isinstance(value, str) else value).strip(_QUOTES)
    found = _HEADER.fullmatch(plain.strip())
    scheme, token = (found["scheme"] or "", found["token"].strip(_QUOTES)) if found else ("", "")
    if not token or token.lower() in _SCHEMES or (scheme and scheme.lower() not in _SCHEMES):
        raise ExpectedError(
            "a token on one line, alone or behind Bearer or Application, in quotes in a file"
        )
    return GivenToken(token, _SCHEMES.get(scheme.lower(), ""))
