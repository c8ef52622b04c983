"""What rows cost: which requests each list took, or why it took none, and how old it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from taiga_notes.cli import output
from taiga_notes.model.details import DetailRequest
from taiga_notes.model.kinds import VALUES, kind_of
from taiga_notes.model.rows import whose
from taiga_notes.system import clock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from taiga_notes.cli.opening import Opened
    from taiga_notes.model.details import Details
    from taiga_notes.model.rows import Listing, Row, Rows
    from taiga_notes.refresh.dependencies import Asked
    from taiga_notes.taiga.store_report import ListStatus


@dataclass(frozen=True, slots=True)
class ListUse:
    """A list that was asked for.

    Attributes:
        name: what people call it.
        rows: how many it has.
        requests: those that it took: `GET /userstories`; of very many the last ones.
        count: how many they are.
        how: how it came, in words.
        checked: when it was last known to be as Taiga has it; None where nobody knows.
    """

    name: str
    rows: int
    requests: tuple[str, ...]
    count: int
    how: str
    checked: datetime | None

    @property
    def age(self) -> str:
        """How long ago it was checked."""
        return "-" if self.checked is None else output.ago(self.checked)

    def document(self) -> dict[str, object]:
        """The same for machines."""
        return {
            "list": self.name,
            "rows": self.rows,
            "checked": self.checked and self.checked.isoformat(),
            "how": self.how,
            "requests": [*self.requests],
        }


class SourceObserver:
    """A `Source` that stands before another one, and notes what it is asked for.

    Args:
        opened: gives the other one.
    """

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self._begun = clock.now()
        self._source = opened.source
        self._uses: dict[Asked, ListUse] = {}

    def rows(self, listing: Listing, /) -> Rows:
        """See `Source.rows`."""
        # What the project calls its things is no list that a query asks for.
        if listing in self._uses or listing.kind == VALUES.name:
            return self._source.rows(listing)
        before = self._sent(listing)[0]
        rows: Rows = self._source.rows(listing)
        total, latest = self._sent(listing)
        count = total - before
        self._uses[listing] = self._use(listing, len(rows), count, latest)
        return rows

    def _use(self, asked: Asked, rows: int, count: int, latest: tuple[str, ...]) -> ListUse:
        requests = latest[len(latest) - min(count, len(latest)) :]
        if isinstance(asked, DetailRequest):
            how = "from the file" if self._opened.snapshot else "asked for" if count else "known"
            return ListUse(name_of_details(asked), rows, requests, count, how, None)
        held = None if self._opened.snapshot else self._opened.servers.held(asked)
        how = self._how(asked, held, count)
        checked = None if held is None else held.checked
        return ListUse(name_of_list(asked), rows, requests, count, how, checked)

    def me(self, server: str = "", /) -> Row:
        """See `Source.me`."""
        return self._source.me(server)

    def details(self, request: DetailRequest, /) -> Details:
        """See `Source.details`."""
        before = self._sent(request)[0]
        details = self._source.details(request)
        if request not in self._uses:
            total, latest = self._sent(request)
            self._uses[request] = self._use(request, len(request.items), total - before, latest)
        return details

    @property
    def uses(self) -> tuple[ListUse, ...]:
        """The lists, in the order in which they were asked for."""
        return tuple(self._uses.values())

    @property
    def requests(self) -> int:
        """How many were sent in all: to ask who `me` is counts as well."""
        if self._opened.snapshot is not None:
            return 0
        return sum(taiga.requests[0] for taiga in self._opened.servers.opened.values())

    def lines(self) -> Iterator[str]:
        """The lists as lines of a table, and below each the requests that it took."""
        uses = self.uses
        cells = [(each.name, output.count(each.rows, "row"), each.age, each.how) for each in uses]
        for use, line in zip(uses, output.columns(cells) if cells else (), strict=True):
            yield line if use.count else f"{line} (no request)"
            yield from (f"  {request}" for request in use.requests)

    def _sent(self, listing: Asked) -> tuple[int, tuple[str, ...]]:
        if self._opened.snapshot is not None:
            return 0, ()
        count, latest = self._opened.servers.at(listing.server).requests
        return count, tuple(latest)

    def _how(self, listing: Listing, held: ListStatus | None, count: int) -> str:
        if held is None:
            return "from the file" if self._opened.snapshot else "read whole"
        state = self._opened.servers.at(listing.server).state
        if state.trouble:
            return f"from the store: {state.trouble}"
        if held.read >= self._begun:
            return "read whole"
        if held.checked < self._begun:
            return "from the store: younger than `max_age`"
        asked = "only changes were asked for" if count else "all was known from other lists"
        return f"{asked}, read whole {output.ago(held.read)}"


def name_of_details(request: DetailRequest) -> str:
    """What people call what lists leave out: `comments of userstories of acme`."""
    server = f"{request.server}." if request.server else ""
    return f"{request.piece} of {server}{request.kind}{whose(request.project or None)}"


def name_of_list(listing: Listing) -> str:
    """What people call a list: `userstories of acme, status=3`."""
    server = f"{listing.server}." if listing.server else ""
    if listing.path:
        return server + listing.path
    usual = kind_of(listing.kind).usual_filters
    project = whose(listing.project)
    others = [f"{name}={text}" for name, text in listing.filters if (name, text) not in usual]
    archived = ["archived ones too"] if not {*usual} <= {*listing.filters} else []
    return ", ".join([f"{server}{listing.kind}{project}", *others, *archived])
