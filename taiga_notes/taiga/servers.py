"""Taiga at several servers as one source of rows: one login, store and probe each.

Each is a `Taiga` of its own, opened by whoever asks first, so that one which fails spares the lists
of the others.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from taiga_notes.errors import LoginError
from taiga_notes.taiga.store_report import OFFLINE, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from taiga_notes.config.settings import Settings
    from taiga_notes.model.details import DetailRequest, Details
    from taiga_notes.model.parts import PartRows
    from taiga_notes.model.rows import JoinedRows, Listing, Row
    from taiga_notes.taiga.source import Taiga
    from taiga_notes.taiga.store.stored_rows import StoredRows
    from taiga_notes.taiga.store_report import ListStatus


class Servers:
    """A `Source` that asks the server that a listing names.

    Args:
        settings: the usual server's; they know the others.
        connect: gives the Taiga that settings name, of which nothing is asked yet.
    """

    def __init__(self, settings: Settings, connect: Callable[[Settings], Taiga]) -> None:
        self._settings = settings
        self._connect = connect
        self._open: dict[str, Taiga] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def at(self, server: str) -> Taiga:
        """The Taiga at a server; nothing is asked yet.

        Args:
            server: its name; empty for the usual one.

        Raises:
            UnknownServerError: there is none of that name.
            UntrustedError: the vault may not ask for it.
        """
        name = "" if server == self._settings.user.server else server
        if name not in self._open:
            self._open[name] = self._connect(self._settings.at(name))
        return self._open[name]

    @property
    def opened(self) -> Mapping[str, Taiga]:
        """Those that were asked for anything."""
        return self._open

    def rows(self, listing: Listing, /) -> StoredRows | PartRows | JoinedRows:
        """See `Taiga.rows`, and `at`."""
        with self._logged_in(listing.server):
            return self.at(listing.server).rows(listing)

    def me(self, server: str = "", /) -> Row:
        """See `Taiga.me`, and `at`."""
        with self._logged_in(server):
            return self.at(server).me()

    def details(self, request: DetailRequest, /) -> Details:
        """See `Source.details`, and `at`."""
        with self._logged_in(request.server):
            return self.at(request.server).details(request)

    @contextmanager
    def _logged_in(self, server: str) -> Iterator[None]:
        try:
            yield
        except LoginError as error:
            if server:
                error.hint = f"run `taiga-notes login --server {server}`"
            raise

    def held(self, listing: Listing) -> ListStatus | None:
        """See `Taiga.held`, and `at`."""
        return self.at(listing.server).held(listing)

    def begin(self) -> None:
        """Begin another refresh at all of them."""
        for taiga in self._open.values():
            taiga.begin()

    def rest(self) -> None:
        """See `Taiga.rest`."""
        for taiga in self._open.values():
            taiga.rest()

    def close(self) -> None:
        """Let go of all of them; they are opened again when needed."""
        for taiga in self._open.values():
            taiga.close()

    @property
    def remembers(self) -> bool:
        """Whether each has a store for others and for later."""
        return all(taiga.remembers for taiga in self._open.values())

    @property
    def state(self) -> State:
        """How old the oldest rows are that this refresh has given, and what is wrong anywhere."""
        states = [taiga.state for taiga in self._open.values()]
        if len(states) == 1:
            return states[0]
        given = [state for state in states if state.as_of is not None]
        oldest = min(given, key=lambda state: state.as_of or 0, default=State())
        troubles = [state for state in states if state.trouble]
        worst = next((state for state in troubles if state.trouble != OFFLINE), None)
        told = worst or next(iter(troubles), State())
        return replace(
            oldest,
            trouble=told.trouble,
            error=told.error,
            notes=tuple(dict.fromkeys(note for state in states for note in state.notes)),
            current=bool(given) and all(state.current for state in given),
        )
