"""What a push asks of Taiga, and tells it: items, their history, their project's values.

Nothing of it comes from the store: what is about to be overwritten is looked at now.
"""

from __future__ import annotations

from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING

from taiga_notes.errors import RefusedError, SourceError
from taiga_notes.push.pushable import HISTORIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Protocol

    from taiga_notes.taiga.http.requests import ApiResponse

    class Connection(Protocol):
        """A `taiga.http.client.Client`, as far as a push needs one."""

        def get(self, path: str, params: Mapping[str, str] = ..., /) -> ApiResponse:
            """See `Client.get`."""

        def patch(self, path: str, payload: Mapping[str, object], /) -> ApiResponse:
            """See `Client.patch`."""

        def post(self, path: str, payload: Mapping[str, object], /) -> ApiResponse:
            """See `Client.post`."""

        def together(
            self, calls: Sequence[tuple[str, Mapping[str, str]]], /
        ) -> list[ApiResponse | None]:
            """See `Client.together`."""


Item = dict[str, object]
"""An item, or a project, as Taiga gives it alone."""

RECENT = 30
"""Entries of a history, and items of somebody's, among which ours is looked for."""

MANY = 20
"""Requests that are sent at once rather than in their turn."""

Pair = tuple[int, int]
"""The numbers of a project, and of an item in it."""

_GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN)


class Remote:
    """Taiga, for one push.

    Args:
        connection: sends requests to the server of the user's own configuration, and nowhere else.

    Raises:
        SourceError: of each method: Taiga can't be reached, or refuses.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._projects: dict[str, Item | None] = {}
        self._me: Item | None = None
        self._ahead: dict[tuple[str, frozenset[tuple[str, str]]], ApiResponse] = {}

    @contextmanager
    def ahead(self, items: Iterable[tuple[str, int]], stories: Iterable[Pair]) -> Iterator[None]:
        """Ask at once for what is about to be asked for in this context, one by one.

        Each answer is given but once: who looks again looks at Taiga. What does not come so is
        asked for in its turn, which tells why.

        Args:
            items: by kind and number.
            stories: whose tasks, by project and number.
        """
        calls = [(f"/{kind}/{number}", dict[str, str]()) for kind, number in items]
        calls += [("/tasks", _of_story(*each)) for each in stories]
        if len(calls) >= MANY:
            for call, reply in zip(calls, self._connection.together(calls), strict=True):
                if reply is not None and reply.status == HTTPStatus.OK:
                    self._ahead[_key(*call)] = reply
        try:
            yield
        finally:
            self._ahead.clear()

    def _get(self, path: str, params: Mapping[str, str]) -> ApiResponse:
        reply = self._ahead.pop(_key(path, params), None)
        return self._connection.get(path, params) if reply is None else reply

    @property
    def me(self) -> Item:
        """Who pushes."""
        if self._me is None:
            self._me = _object(self._connection.get("/users/me").data, "/users/me")
        return self._me

    def project(self, slug: str) -> Item | None:
        """A project's detail, asked for once; None where this account sees none of that name."""
        # Once a push: the plan and what is sent must mean the same by a status' name.
        if slug not in self._projects:
            self._projects[slug] = self._found("/projects/by_slug", {"slug": slug})
        return self._projects[slug]

    def forget(self, slug: str) -> None:
        """Has a project asked for anew."""
        self._projects.pop(slug, None)

    def project_of(self, number: int) -> Item | None:
        """The same by its number."""
        return self._found(f"/projects/{number}", {})

    def item(self, kind: str, number: int) -> Item | None:
        """An item as it is now; None where it is gone, or not to be seen."""
        return self._found(f"/{kind}/{number}", {})

    def by_ref(self, kind: str, slug: str, ref: int) -> Item | None:
        """The same by the number that people see."""
        return self._found(f"/{kind}/by_ref", {"ref": str(ref), "project__slug": slug})

    def tasks_of(self, project: int, story: int) -> list[Item]:
        """A story's tasks: they say whether it is closed (k2)."""
        return [*_rows(self._get("/tasks", _of_story(project, story)).data)]

    def history(self, kind: str, number: int) -> list[Item]:
        """An item's last changes, the newest first (k6)."""
        path = f"/history/{HISTORIES[kind]}/{number}"
        return [*_rows(self._connection.get(path, {"page_size": str(RECENT)}).data)]

    def change(self, kind: str, number: int, fields: Mapping[str, object]) -> Item:
        """Sends a PATCH, once; gives the item as it is then."""
        path = f"/{kind}/{number}"
        # The client sends it again only if it never left (so `make`): what came of a lost one is
        # found out by looking.
        return _object(self._connection.patch(path, fields).data, path)

    def make(self, kind: str, fields: Mapping[str, object]) -> Item:
        """Sends a POST, once; gives the item."""
        path = f"/{kind}"
        return _object(self._connection.post(path, fields).data, path)

    def mine(self, kind: str, project: int) -> list[Item]:
        """The newest items of a kind that this account made."""
        params = {"project": str(project), "owner": str(self.me.get("id")), "page_size": "1000"}
        # Epics know no order, and are few.
        params |= {} if kind == "epics" else {"order_by": "-created_date", "page_size": f"{RECENT}"}
        return [*_rows(self._connection.get(f"/{kind}", params).data)]

    def _found(self, path: str, params: Mapping[str, str]) -> Item | None:
        try:
            return _object(self._get(path, params).data, path)
        except RefusedError as error:
            # Of what a stranger may not see Taiga says either; to whoever pushes it is the same.
            if error.status in _GONE:
                return None
            raise


def _of_story(project: int, story: int) -> dict[str, str]:
    return {"project": str(project), "user_story": str(story), "page_size": "1000"}


def _key(path: str, params: Mapping[str, str]) -> tuple[str, frozenset[tuple[str, str]]]:
    return path, frozenset(params.items())


def _object(data: object, path: str) -> Item:
    if isinstance(data, dict):
        return data
    raise SourceError(f"the answer to {path} is no object", hint="is `api` right?")


def _rows(data: object) -> Iterator[Item]:
    yield from (row for row in data if isinstance(row, dict)) if isinstance(data, list) else ()
