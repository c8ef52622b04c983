"""Making a snapshot of Taiga, for `snapshot.Snapshot` to read.

The same state gives the same text, to the byte, so that a snapshot can be kept under version
control. It is made to be passed on: no tokens, no e-mail addresses, nothing that they follow from.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol

from taiga_notes.errors import SourceError
from taiga_notes.model.kinds import ADDED, KINDS
from taiga_notes.model.rows import Listing, Row, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# By name: what a later Taiga tells of a user stays out.
_ME = ("id", "username", "full_name", "full_name_display", "lang", "roles")
"""What a snapshot tells of the one who made it."""

_PRIVATE = {
    *("email", "user_email", "gravatar_id", "uuid", "token", "key", "password"),
    *("auth_token", "refresh", "transfer_token"),
}
"""Fields that are secret, or lead to an address: a gravatar is the hash of one."""

_SETS = {
    *("assigned_users", "watchers", "my_permissions", "anon_permissions", "public_permissions"),
}
"""Lists that Taiga gives in an order that changes from call to call."""


class ProjectSource(Source, Protocol):
    """A source that knows its projects."""

    def project(self, key: str | int, /) -> Row | None:
        """The project's detail, by slug or id; None where there is no such project."""


def write_snapshot(source: ProjectSource, projects: Iterable[str | int], web: str) -> str:
    """Everything that queries can ask of these projects, as JSON.

    Args:
        source: where to read.
        projects: slugs or ids.
        web: the address of Taiga's web front.

    Raises:
        SourceError: a list or a project can't be had.
    """
    details = {key: _detail(source, key) for key in projects}
    lists: dict[str, list[object]] = {}
    for key, detail in details.items():
        for kind in _visible(detail):
            rows = source.rows(Listing(kind, key))
            for order in KINDS[kind].drags:
                # What nobody asks for may be as it was before a drag.
                rows.column((order,))
            lists.setdefault(kind, []).extend(_plain(rows[number]) for number in range(len(rows)))
    me = source.me()
    document = {
        **lists,
        "projects": [_plain(detail) for detail in details.values()],
        "me": {name: me[name] for name in _ME if name in me},
        "web": web,
    }
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _detail(source: ProjectSource, key: str | int) -> Row:
    detail = source.project(key)
    if detail is None:
        raise SourceError(f"there is no project {str(key)[:40]!a}", hint="name it by its slug")
    return detail


def _visible(project: Row) -> Iterator[str]:
    permissions = project.get("my_permissions")
    for name, kind in KINDS.items():
        needed = kind.permission
        if needed and (not isinstance(permissions, list) or needed in permissions):
            yield name


def _plain(row: Row) -> Mapping[str, object]:
    """Taiga's own fields of a row."""
    return {name: _public(name, value) for name, value in row.items() if name not in ADDED}


def _public(name: str, value: object) -> object:
    match value:
        # Whoever has a report's uuid reads the whole project without a login.
        case _ if name in _PRIVATE or name.endswith("_csv_uuid"):
            return None
        case dict():
            return {key: _public(key, part) for key, part in value.items()}
        case list() if name in _SETS:
            return sorted(value, key=str)
        case list():
            return [_public("", part) for part in value]
        case _:
            return value
