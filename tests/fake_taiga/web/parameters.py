"""What the values of parameters mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fake_taiga.web.problems import Crash, bad_request

if TYPE_CHECKING:
    from tests.fake_taiga.web.messages import Query

SPECIAL: dict[str, bool | None] = {"true": True, "false": False, "null": None}
"""Words, in small letters only, that are no text."""
_TRUE, _FALSE = {"t", "True", "1"}, {"f", "False", "0"}


def whole_number(text: str) -> int:
    """A whole number.

    Raises:
        Problem: 400.
    """
    try:
        return int(text)
    except ValueError:
        raise bad_request("Error in filter params types.") from None


def truth(text: str) -> bool:
    """A truth value in one of the spellings that Django takes.

    Raises:
        Crash: it is none.
    """
    if text in _TRUE | _FALSE:
        return text in _TRUE
    raise Crash(text)


def project_of(query: Query) -> int | None:
    """The `project` parameter.

    Raises:
        Problem: 400: it is no whole number.
    """
    text = query.find("project")
    if text is None:
        return None
    try:
        return int(text)
    except ValueError:
        raise bad_request("'project' must be an integer value.") from None


def ids_of(text: str) -> set[int | None]:
    """A comma-separated list of ids, with `null` among them.

    Raises:
        Problem: 400.
    """
    found: set[int | None] = set()
    for part in text.split(",") if text else []:
        one = part.strip()
        if one in SPECIAL:
            found.add(SPECIAL[one])
            continue
        try:
            found.add(int(one))
        except ValueError:
            raise bad_request() from None
    return found
