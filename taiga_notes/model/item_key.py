"""By what an item of Taiga is known in a page's front matter. Pure.

taiga_item: "acme/userstories/2145"
taiga_item: "work:acme/userstories/2145"    at another one of the user's servers
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

STATE_KEY: Final = "taiga_state"
"""The key that says whether a mirror's query gives the item: one of the two below."""

CURRENT: Final = "current"
GONE: Final = "gone"

USUAL_KEYS: Final[Mapping[str, str]] = {
    "taiga_ref": "ref",
    "taiga_subject": "subject",
    "taiga_name": "name",
    "taiga_status": "status_name",
    "taiga_closed": "is_closed",
    "taiga_assignees": "assignees",
    "taiga_sprint": "sprint",
    "taiga_start": "estimated_start",
    "taiga_finish": "estimated_finish",
    "taiga_due": "due_date",
    "taiga_points": "total_points",
    "taiga_tags": "tag_names",
    "taiga_url": "url",
}
"""The keys of a mirror that names none, as far as its items have such fields."""

_WRITTEN = re.compile(
    r"(?:(?P<server>[A-Za-z_][A-Za-z0-9_]{0,39}):)?(?P<project>[\w-]{1,250})/(?P<kind>[a-z]+)/(?P<id>\d{1,18})"
)
_SLUG = re.compile(r"[A-Za-z0-9_]+(?:-[A-Za-z0-9_]+)*")


@dataclass(frozen=True, slots=True)
class ItemKey:
    """An item of Taiga.

    Attributes:
        server: see `Listing`.
        kind: a name of `kinds.KINDS`.
        id: Taiga's own number, unique among that server's items of the kind.
        project: its project's slug. It tells people; a project that is renamed keeps its items.
    """

    server: str
    kind: str
    id: int
    project: str = ""

    @property
    def known_by(self) -> tuple[str, str, int]:
        """What two keys of the same item have in common."""
        return self.server, self.kind, self.id

    def __str__(self) -> str:
        server = f"{self.server}:" if self.server else ""
        return f"{server}{self.project}/{self.kind}/{self.id}"


def item_key(text: object) -> ItemKey | None:
    """The item that a value of front matter names; None where it names none."""
    found = _WRITTEN.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    return ItemKey(found["server"] or "", found["kind"], int(found["id"]), found["project"])


def is_slug(project: object) -> bool:
    """Whether that is a project's slug as Taiga makes them: it may stand in a query as it is."""
    return isinstance(project, str) and _SLUG.fullmatch(project) is not None
