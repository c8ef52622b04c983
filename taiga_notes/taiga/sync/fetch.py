"""The requests of one refresh below the probe's: each count and each item is asked for once."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from taiga_notes.errors import LoginError, RefusedError, UnreachableError
from taiga_notes.model.kinds import KINDS, USERSTORIES, kind_of
from taiga_notes.taiga.http.pagination import PAGE_ROWS, are_distinct, are_items, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterable, Mapping

    from taiga_notes.model.rows import Row
    from taiga_notes.taiga.api_list import ApiList
    from taiga_notes.taiga.http.client import Client
    from taiga_notes.taiga.http.pagination import Item

READINGS = 2
"""How often a list is read that comes with fewer rows than Taiga counts."""


class DoubtError(Exception):
    """The list has to be read whole."""


class Fetch:
    """Counts, items and lists.

    Args:
        client: Taiga.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._items: dict[str, dict[int, Row | None]] = {}
        self._edited: set[tuple[str, int]] = set()
        self._columns: dict[Hashable, Collection[int]] = {}
        self._counts: dict[tuple[str, int], int | None] = {}

    def counted(self, kind: str, project: int) -> int | None:
        """How many items a project has of that kind, whatever lists' filters.

        Returns:
            None if Taiga does not say.

        Raises:
            SourceError: Taiga can't be had; of all methods.
        """
        if (kind, project) not in self._counts:
            count = self._count(kind, f"/{kind}", {"project": str(project)})
            self._counts[kind, project] = count
        return self._counts[kind, project]

    def count_ahead(self, wanted: Iterable[tuple[str, int]]) -> None:
        """Ask for several counts at once. What does not come so is asked for in its turn."""
        asked = [each for each in dict.fromkeys(wanted) if each not in self._counts]
        calls = [(f"/{kind}", _counting(kind, {"project": str(one)})) for kind, one in asked]
        for each, reply in zip(asked, self._client.together(calls), strict=True):
            count = "" if reply is None else reply.headers.get("x-pagination-count", "")
            if count.isdecimal():
                self._counts[each] = int(count)

    def is_counted(self, kind: str, project: int) -> bool:
        """Whether that was asked already."""
        return (kind, project) in self._counts

    def recounted(self, kind: str, project: int) -> int | None:
        """The same, for not a byte; None where the way there does not know of such requests."""
        if (kind, project) not in self._counts:
            query = {"project": str(project), "page_size": "1"}
            try:
                count = self._client.head(f"/{kind}", query).get("x-pagination-count", "")
            except (RefusedError, UnreachableError):
                return None
            if not count.isdecimal():
                return None
            self._counts[kind, project] = int(count)
        return self._counts[kind, project]

    def _count(self, kind: str, path: str, query: Mapping[str, str]) -> int | None:
        refs = kind_of(kind).brief_params
        reply = self._client.get(path, _counting(kind, query))
        count = reply.headers.get("x-pagination-count", "")
        if count.isdecimal():
            return int(count)
        # A gateway dropped the header. References are short, so that all may be had in its place.
        return len(self._client.listing(path, {**query, **dict(refs)})) if refs else None

    def listed(
        self,
        asked: ApiList,
        project: int | None,
        decode: Callable[[bytes], object],
        begun: list[Item],
    ) -> list[Item]:
        """The rows of a list, of which none is missing.

        Args:
            asked: the list.
            project: the id of its project, if it has one.
            decode: see `Client.listing`.
            begun: the same.
        """
        path, query = asked.path, asked.query(project)
        for _ in range(READINGS):
            is_plain = project is None or not kind_of(asked.kind).order
            expected = None if is_plain else self.counted(asked.kind, cast("int", project))
            rows = self._client.listing(
                path, query, expected=expected or 0, begun=begun, decode=decode
            )
            # Of what is no list of a kind's nobody knows what its rows have.
            is_sound = are_distinct(rows) if project is None else are_items(rows)
            if is_plain and is_sound:
                return rows
            if is_sound:
                count = self._count(asked.kind, path, query) if asked.params else expected
                if len(rows) >= (count or 0):
                    return rows
            # It was cut short on its way; or it grew or shrank just now, and is read again.
            begun.clear()
            self._counts.clear()
        raise UnreachableError(
            f"the list {path} came without all of its rows",
            hint="run it again; if it stays so, something on the way cuts answers short",
        )

    def items(
        self, kind: str, project: int, ids: Collection[int], begin: str | None, most: int
    ) -> Mapping[int, Row | None]:
        """Items by id, None for one that is no more; and others that were read along with them.

        Args:
            kind: theirs.
            project: the id of theirs.
            ids: which.
            begin: a time before they were changed, if known.
            most: how many may be read one by one.

        Raises:
            DoubtError: those would be more, or one can't be had.
        """
        items = self._items.setdefault(kind, {})
        is_filtered = "modified_date__gte" in KINDS[kind].filters
        if begin and is_filtered and len(ids) > 1 and (kind, project) not in self._edited:
            # One request for what was edited; a drag on a board leaves modified_date alone.
            filters = {"project": str(project), "modified_date__gte": begin}
            for row in self._client.listing(f"/{kind}", filters):
                match row:
                    case {"id": int(number)}:
                        items[number] = row
            self._edited.add((kind, project))
        missing = sorted(set(ids) - items.keys())
        if len(missing) > most:
            raise DoubtError
        for number in missing:
            items[number] = self._item(kind, number)
        return items

    def whole(self, kind: str) -> dict[int, Row]:
        """The items that were read one by one, which have what no list has."""
        found = self._items.get(kind, {})
        return {number: row for number, row in found.items() if row and "description" in row}

    def column(self, project: int, filters: Mapping[str, str]) -> Collection[int]:
        """The ids of the stories of a column, which are among `items` from then on.

        Returns:
            None of them where they are more than a page: that is as dear as the whole list.
        """
        key = (project, *filters.items())
        if key not in self._columns:
            path = f"/{USERSTORIES.name}"
            query = {"project": str(project), **filters, "page_size": str(PAGE_ROWS)}
            reply = self._client.get(path, query)
            rows = rows_of(reply.data, path)
            found = {number: row for row in rows if isinstance(number := row.get("id"), int)}
            # Believed only if it is the whole column: else some story would keep an old order.
            if reply.headers.get("x-pagination-count", "") == str(len(found)):
                self._items.setdefault(USERSTORIES.name, {}).update(found)
                self._columns[key] = found.keys()
            else:
                self._columns[key] = ()
        return self._columns[key]

    def _item(self, kind: str, number: int) -> Row | None:
        try:
            data = self._client.get(f"/{kind}/{number}").data
        except RefusedError as error:
            # Nothing else says that it is gone: a 403 may be for a right that this account lost.
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise DoubtError from error
        except LoginError as error:
            # An anonymous reader gets a 401 for what only accounts see: a story of a private
            # project, say, in an epic of a public one. Of a login that is over the list tells.
            raise DoubtError from error
        if isinstance(data, dict):
            return data
        raise DoubtError


def _counting(kind: str, query: Mapping[str, str]) -> dict[str, str]:
    return {**query, "page_size": "1", **dict(kind_of(kind).brief_params)}
