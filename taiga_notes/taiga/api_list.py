"""Which list of the API a query asks for. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from taiga_notes.errors import SourceError
from taiga_notes.model.kinds import KINDS, PROJECT_FILTERS, is_readable, kind_of, what_is_readable
from taiga_notes.model.rows import several

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taiga_notes.model.rows import Listing, ProjectKey

# A list is always whole: how it comes is the client's affair.
_PAGING = {"page", "page_size"}
_BROKEN_ZONE = r"(T[0-9:.]+) ([0-9]{2}:?[0-9]{2})"


@dataclass(frozen=True, slots=True)
class ApiList:
    """A list of the API: equal ones are fetched once.

    Attributes:
        kind: a name of `kinds.KINDS`; empty for a path that is none of those lists.
        path: below the API's root, such as `/userstories`.
        project: slug or id, or `EVERY_PROJECT` as long as these are not known; None where the list
            is of no single project.
        params: the other filters, sorted by name.
    """

    kind: str
    path: str
    project: ProjectKey | None
    params: tuple[tuple[str, str], ...]

    @classmethod
    def all_of(cls, listing: Listing) -> tuple[ApiList, ...]:
        """The lists that a query asks for: one for each project that it names.

        Raises:
            SourceError: its path is none that a query can read.
        """
        if listing.path:
            return (_by_path(listing.path),)
        named = several(listing.project) if isinstance(listing.project, tuple) else listing.project
        return tuple(
            _made(listing.kind, f"/{listing.kind}", project, listing.filters)
            for project in (named if isinstance(named, tuple) else (named,))
        )

    def query(self, number: int | None) -> dict[str, str]:
        """The parameters on the wire.

        Args:
            number: the project's id, if there is a project.
        """
        return dict(self.params) | ({} if number is None else {"project": str(number)})

    def name(self, number: int | None) -> str:
        """What the store calls this list."""
        pairs = sorted(self.query(number).items())
        return f"{self.path}?{'&'.join(f'{name}={_quoted(text)}' for name, text in pairs)}"


def _by_path(asked: str) -> ApiList:
    if not asked.isprintable() or "#" in asked or "\\" in asked:
        raise SourceError(
            f"{asked[:60]!a} is no path below Taiga's API",
            hint="it looks like /userstories?project=12, with characters such as # percent-encoded",
        )
    path, _, query = asked.partition("?")
    if not is_readable(path):
        # Whoever asks: that the query language says the same is for its message.
        raise SourceError(
            f"{path[:60]!a} is none of the lists that a query can read", hint=what_is_readable()
        )
    pairs = [(name, _mended(text)) for name, text in parse_qsl(query, keep_blank_values=True)]
    kind = path[1:] if path[1:] in KINDS else ""
    return _made(kind, path, None, pairs)


def _made(
    kind: str, path: str, project: ProjectKey | None, pairs: Iterable[tuple[str, str]]
) -> ApiList:
    # Of a parameter that comes twice Taiga takes the last.
    params = {name: text for name, text in pairs if name not in _PAGING}
    if kind_of(kind).is_of_a_project:
        for name in PROJECT_FILTERS & params.keys():
            text = params.pop(name)
            project = int(text) if name == "project" and _is_number(text) else text
    return ApiList(kind, path, project, tuple(sorted(params.items())))


def _quoted(text: str) -> str:
    """Enough for two lists never to have one name."""
    return text.replace("%", "%25").replace("&", "%26").replace("=", "%3D")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def _mended(text: str) -> str:
    """A plus sign that was not encoded means a blank, and Taiga reads such a time as midnight."""
    return re.sub(_BROKEN_ZONE, r"\1+\2", text) if " " in text else text
