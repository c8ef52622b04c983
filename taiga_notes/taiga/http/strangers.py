"""Who it is that answers where Taiga should, or wrote the file that should be a snapshot. Pure.

Told by marks that a product puts on what it gives, never by wording: names of keys, of headers, a
page's title. What has none of them has no name here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Stranger(NamedTuple):
    """Somebody else than Taiga's API.

    Attributes:
        name: as it stands in a sentence.
        hint: what to do.
    """

    name: str
    hint: str


TENZU = Stranger(
    "Tenzu, Taiga's successor by the same house, which has another API",
    "taiga-notes reads Taiga: as long as yours runs, set `api` to it; before it goes, "
    "`taiga-notes snapshot FILE` keeps a project to render from",
)
FRONT = Stranger(
    "Taiga's web front, not its API",
    "`taiga-notes login --api ADDRESS` finds the API, which usually ends in /api/v1",
)
EXPORT = Stranger(
    "Taiga's own export of a project, which has another form than its API",
    "import it into a Taiga; of a project there, `taiga-notes snapshot FILE` makes a snapshot",
)


def _other(name: str) -> Stranger:
    return Stranger(name, "taiga-notes reads Taiga: is `api`, or the file, the right one?")


GITHUB, GITLAB, JIRA, OPENPROJECT, REDMINE, TRELLO, FORGEJO = map(
    _other, ("GitHub", "GitLab", "Jira", "OpenProject", "Redmine", "Trello", "Forgejo or Gitea")
)

_HEADERS = {
    "x-github-request-id": GITHUB,
    "x-gitlab-meta": GITLAB,
    "x-arequestid": JIRA,
    "x-seraph-loginreason": JIRA,
}
_TITLES: tuple[tuple[re.Pattern[str], Stranger], ...] = tuple(
    (re.compile(pattern), stranger)
    for pattern, stranger in (
        (r"Tenzu\b", TENZU),
        (r"Taiga\b", FRONT),
        (r".*\bGitHub\Z", GITHUB),
        (r".*\bGitLab\Z", GITLAB),
        (r".*\bJira\Z", JIRA),
        (r".*\bOpenProject\Z", OPENPROJECT),
        (r"Redmine\Z", REDMINE),
    )
)


def answering(data: object, headers: Mapping[str, str], title: str) -> Stranger | None:
    """Whose answer that is; None where it can't be told.

    Args:
        data: the body, if it is JSON.
        headers: with lower-case names.
        title: the page's, if it is one.
    """
    by_header = next((who for name, who in _HEADERS.items() if name in headers), None)
    return by_header or _by_error(data) or titled(title)


def titled(title: str) -> Stranger | None:
    """Whose page has that title."""
    return next((who for pattern, who in _TITLES if pattern.match(title)), None)


def is_tenzu(languages: object) -> bool:
    """Whether that is what Tenzu answers to `/system/languages`, which it shows to everybody.

    Each of its answers stands below `data` (tenzu-back, src/system/api.py); Taiga has no such path.
    """
    match languages:
        case {"data": [{"code": str(), "name": str()}, *_]}:
            return True
        case _:
            return False


def _by_error(data: object) -> Stranger | None:
    match data:
        # tenzu-back, src/configurations/api.py
        case {"error": {"code": str(), "detail": _, "msg": _}}:
            return TENZU
        case {"documentation_url": str(url)} if url.startswith("https://docs.github.com/"):
            return GITHUB
        case {"errorMessages": list(), "errors": dict()}:
            return JIRA
        case {"errorIdentifier": str(name)} if name.startswith("urn:openproject-org:"):
            return OPENPROJECT
        case {"message": _, "url": str(url)} if url.endswith("/api/swagger"):
            return FORGEJO
        case _:
            return None


def writing(data: object) -> Stranger | None:
    """Who wrote a JSON file that is no snapshot; None where it can't be told, or it may be one."""
    match data:
        case {"user_stories": list(), "slug": str(), "memberships": list()}:
            return EXPORT
        case {"data": list() | dict(), **rest} if not rest:
            return TENZU
        case {"issues": [{"key": str(), "fields": dict()}, *_]}:
            return JIRA
        case {"issues": [{"subject": str(), "tracker": dict()}, *_]}:
            return REDMINE
        case {"cards": list(), "lists": list()}:
            return TRELLO
        case [{"html_url": str(url), "number": int()}, *_] if "://github.com/" in url:
            return GITHUB
        case [{"iid": int(), "web_url": str()}, *_]:
            return GITLAB
        case _:
            return _by_error(data)


_BYTES = {
    b"\x1f\x8b": "packed (gzip)",
    b"PK\x03\x04": "packed (zip)",
    b"SQLite format 3\0": "an SQLite database",
    b"\xff\xfe": "UTF-16, not UTF-8",
    b"\xfe\xff": "UTF-16, not UTF-8",
}


def kind_of_bytes(data: bytes) -> str:
    """What bytes are that are no JSON, as it follows "is"; empty where it can't be told."""
    if data.lstrip()[:1] == b"<":
        return "a web page or XML"
    return next((what for begin, what in _BYTES.items() if data.startswith(begin)), "")
