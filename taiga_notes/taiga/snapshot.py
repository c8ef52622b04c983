"""A Taiga in a file: rows without server or account, for demos, tests and offline machines.

One JSON object with a key per kind of list (`userstories` alone is enough), each Taiga's own list;
besides, if known, `projects` (list items or details), `me` and `web`, the address links lead to.
What lists leave out stands under `details`: by kind and piece (`model.details`), a value for each
item's number.

The same state is written as the same text, to the byte, so that a snapshot can be kept under
version control. It is made to be passed on: no tokens, no e-mail addresses, nothing that they
follow from.
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from taiga_notes.errors import SourceError, similar
from taiga_notes.model.details import DetailRequest, Details, without_signatures
from taiga_notes.model.enrich import Day, Enricher
from taiga_notes.model.kinds import ADDED, KINDS, PARTS, USERSTORIES, joins_of
from taiga_notes.model.parts import part_rows
from taiga_notes.model.rows import EVERY_PROJECT, Listing, Row, Source, Table
from taiga_notes.system import clock
from taiga_notes.system.files import stamp_of
from taiga_notes.taiga.api_list import ApiList
from taiga_notes.taiga.http.responses import NOT_JSON, decode
from taiga_notes.taiga.http.strangers import kind_of_bytes, writing
from taiga_notes.taiga.local_filters import is_archived, select
from taiga_notes.taiga.snapshot_rows import SnapshotRows

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from taiga_notes.model.details import Piece
    from taiga_notes.model.rows import ProjectKey, Projects, Rows
    from taiga_notes.system.files import Stamp

WEB = "https://tree.taiga.io"
"""Where the links of a snapshot without an address lead."""

LARGEST = 256 * 2**20
"""Bytes: as many as an answer of Taiga's may have. A vault, and the file in it, may be anyone's."""

KEYS = (*KINDS, "details", "me", "web")
"""What a snapshot may hold."""

_WRITE_ONE = "`taiga-notes snapshot FILE` writes one"


class Snapshot:
    """A `Source` that reads from a snapshot.

    Args:
        data: the JSON document.
        name: what to call it in messages.
        now: this machine's time in Unix seconds: what is due depends on the day.

    Attributes:
        others: keys that no snapshot has, and that are passed by.

    Raises:
        SourceError: it is none; the message says where.
    """

    def __init__(
        self,
        data: object,
        name: str = "the snapshot",
        *,
        now: Callable[[], float] = clock.seconds,
    ) -> None:
        self._name = name
        self._day = Day(now())
        self._lists: Mapping[str, list[Row]] = {}
        document = self._checked(data)
        self.others = document.keys() - set(KEYS)
        self._lists = {kind: self._list(document, kind) for kind in KINDS if kind in document}
        self._web = self._address(document.get("web", WEB))
        self._me = self._user(document.get("me"))
        self._details_of = self._pieces(document.get("details", {}))
        self._tables: dict[tuple[ApiList, ...], Table] = {}

    @classmethod
    def read(cls, file: Path, *, now: Callable[[], float] = clock.seconds) -> Snapshot:
        """The snapshot in `file`.

        Args:
            file: the file.
            now: see `Snapshot`.

        Raises:
            SourceError: it can't be read, or is none.
        """
        try:
            with file.open("rb") as stream:
                data = stream.read(LARGEST + 1)
        except OSError as error:
            raise SourceError(f"{file} can't be read: {error.strerror or error}") from error
        if len(data) > LARGEST:
            raise SourceError(f"{file} is larger than {LARGEST >> 20} MB, and no snapshot")
        document = decode(data)
        if document is NOT_JSON:
            kind = kind_of_bytes(data)
            what = f", but {kind}" if kind else _place(data)
            raise SourceError(f"{file} is no JSON{what}", hint=_WRITE_ONE)
        return cls(document, str(file), now=now)

    def rows(self, listing: Listing, /) -> Table:
        """See `Source.rows`."""
        self._demand_own(listing.server)
        lists = ApiList.all_of(listing)
        if lists not in self._tables:
            self._tables[lists] = self._table(lists)
        return self._tables[lists]

    def me(self, server: str = "", /) -> Row:
        """See `Source.me`."""
        self._demand_own(server)
        return self._me

    def details(self, request: DetailRequest, /) -> Details:
        """See `Source.details`."""
        self._demand_own(request.server)
        piece = self._details_of.get((request.kind, request.piece))
        if piece is None:
            raise SourceError(
                f"{self._name} holds no {request.piece} of {request.kind}",
                hint=f"`taiga-notes snapshot --with {request.piece} FILE` writes one that does",
            )
        return Details(
            {number: piece[str(number)] for number in request.items if str(number) in piece}
        )

    def project(self, key: str | int) -> Row | None:
        """The project with that slug or id; None where the snapshot has no such."""
        return self._by_key.get(key)

    def _demand_own(self, server: str) -> None:
        if server:
            # Whatever it holds by such names is of one server, and would look right.
            raise SourceError(
                f"{self._name} holds what is on one server, and nothing of the server '{server}'",
                hint="render without a snapshot",
            )

    def projects(self, project: Projects) -> tuple[ProjectKey, ...]:
        """The projects that a listing means, one by one; see `Taiga.projects`."""
        if isinstance(project, tuple):
            return project
        if project == EVERY_PROJECT:
            return tuple(sorted(key for key in self._known if isinstance(key, str)))
        return () if project is None else (project,)

    def _checked(self, data: object) -> Mapping[str, object]:
        if stranger := writing(data):
            raise SourceError(
                f"{self._name} is no snapshot: it comes from {stranger.name}", hint=stranger.hint
            )
        if not isinstance(data, dict):
            raise SourceError(
                f"{self._name} is no JSON object, but {_kind_of(data)}",
                hint='it looks like {"userstories": […]}',
            )
        if not any(kind in data for kind in KINDS):
            raise SourceError(
                f"{self._name} holds none of Taiga's lists",
                hint=f"its keys are among {', '.join(KEYS)}",
            )
        for key in data:
            if key not in KEYS and (near := _near(key)):
                raise SourceError(
                    f"{self._name}: unknown key {key[:40]!a}", hint=f"did you mean `{near}`?"
                )
        return data

    def _list(self, document: Mapping[str, object], kind: str) -> list[Row]:
        rows = document[kind]
        if not isinstance(rows, list):
            raise SourceError(f"{self._name}: `{kind}` is no list, but {_kind_of(rows)}")
        for number, row in enumerate(rows, start=1):
            if not isinstance(row, dict):
                raise SourceError(
                    f"{self._name}: item {number} of `{kind}` is no object, but {_kind_of(row)}"
                )
        return rows

    def _user(self, me: object) -> Row:
        return {} if me is None else self._object(me, "me")

    def _pieces(self, details: object) -> dict[tuple[str, str], Mapping[str, object]]:
        """The pieces by kind and name."""
        found: dict[tuple[str, str], Mapping[str, object]] = {}
        for kind, pieces in self._object(details, "details").items():
            for piece, values in self._object(pieces, f"details.{kind}").items():
                found[kind, piece] = self._object(values, f"details.{kind}.{piece}")
        return found

    def _object(self, value: object, where: str) -> Mapping[str, object]:
        if not isinstance(value, dict):
            raise SourceError(f"{self._name}: `{where}` is no object, but {_kind_of(value)}")
        return value

    def _address(self, web: object) -> str:
        # Every link begins with it: no other scheme, and no line break.
        if isinstance(web, str) and web.startswith(("https://", "http://")) and web.isprintable():
            return web.rstrip("/")
        raise SourceError(f"{self._name}: `web` is no http address")

    def _table(self, lists: Sequence[ApiList]) -> Table:
        kind = lists[0].path[1:]
        if kind in PARTS and kind == lists[0].kind:
            details = (each for asked in lists for each in self._details(asked.project))
            return part_rows(kind, details)
        if kind not in self._lists:
            raise SourceError(
                f"{self._name} holds no list of {kind[:40]!a}",
                hint=f"it holds {', '.join(self._lists)}",
            )
        keys = [asked.project for asked in lists] if KINDS[kind].is_of_a_project else [None]
        # One that does not say of which project it is belongs to each, and is there once.
        rows = {id(row): row for key in keys for row in self._of_project(kind, key)}
        chosen = select(rows.values(), lists[0].params, self._is_archived)
        return SnapshotRows([*chosen], self._shown_by(kind), kind)

    def _slug(self, row: Row) -> str:
        """The slug of a row's project, as far as the snapshot tells."""
        return next((key for key in self._keys(row) if isinstance(key, str)), "")

    def _details(self, project: ProjectKey | None) -> list[Row]:
        """Its detail, or all that there are; none where the snapshot has not got it."""
        if project in {None, EVERY_PROJECT}:
            return self._lists.get("projects", [])
        detail = self._by_key.get(project)
        return [] if detail is None else [detail]

    def _of_project(self, kind: str, project: ProjectKey | None) -> Iterator[Row]:
        if project is None:
            yield from self._lists[kind]
            return
        if project == EVERY_PROJECT:
            yield from sorted(self._lists[kind], key=self._slug)
            return
        known = {key for key in self._known if type(key) is type(project)}
        if known and project not in known:
            raise SourceError(
                f"{self._name} holds no project {str(project)[:40]!a}",
                hint=f"it holds {', '.join(sorted(str(key) for key in known))}",
            )
        for row in self._lists[kind]:
            keys = {key for key in self._keys(row) if type(key) is type(project)}
            # A row that does not say which project it is of belongs to every one.
            if not keys or project in keys:
                yield row

    def _keys(self, row: Row) -> set[str | int]:
        """Id and slug of a row's project, as far as the snapshot tells."""
        extra = row.get("project_extra_info")
        named = extra if isinstance(extra, dict) else {}
        values = (row.get("project"), named.get("id"), named.get("slug"))
        keys = {value for value in values if isinstance(value, str | int)}
        return keys | {self._twins[key] for key in keys if key in self._twins}

    @cached_property
    def _twins(self) -> dict[str | int, str | int]:
        """Each project's slug by its id, and the other way round."""
        twins: dict[str | int, str | int] = {}
        for row in self._lists.get("projects", []):
            match row:
                case {"id": int() as number, "slug": str() as slug}:
                    twins |= {number: slug, slug: number}
        return twins

    @cached_property
    def _known(self) -> set[str | int]:
        lists = (rows for kind, rows in self._lists.items() if kind != "projects")
        return {key for rows in lists for row in rows for key in self._keys(row)} | set(self._twins)

    def _detail(self, row: Row) -> Row | None:
        if not self._by_key:
            return None
        keys = (key for key in self._keys(row) if key in self._twins)
        return next((self._by_key[key] for key in keys), None)

    @cached_property
    def _by_key(self) -> dict[str | int, Row]:
        projects = self._lists.get("projects", [])
        keyed = ((row.get(name), row) for row in projects for name in ("id", "slug"))
        return {key: row for key, row in keyed if isinstance(key, str | int)}

    def _shown_by(self, kind: str) -> Callable[[Row], Row]:
        """What gives an item of a list with all of its fields."""
        enrichers: dict[int, Enricher] = {}

        def shown(row: Row) -> Row:
            detail = self._detail(row) if KINDS[kind].is_of_a_project else None
            enricher = enrichers.get(id(detail))
            if enricher is None:
                enricher = Enricher(kind=kind, web=self._web, project=detail)
                enrichers[id(detail)] = enricher
            return self._day.shown(enricher(row))

        return shown

    def _is_archived(self, row: Row) -> bool | None:
        return is_archived((self._detail(row) or {}).get(USERSTORIES.statuses), row)


class SnapshotFile:
    """A `Source` that reads a snapshot, and reads it again once the file or the day is another.

    Args:
        file: the snapshot; it need not be there at all times.
        now: see `Snapshot`.
    """

    remembers = True
    """Whether others see what is read here: they read the same file."""

    def __init__(self, file: Path, *, now: Callable[[], float] = clock.seconds) -> None:
        self._file = file
        self._now = now
        self._known: tuple[Stamp | None, str] | None = None
        self._read: Snapshot | SourceError

    def begin(self) -> None:
        """Begin another refresh."""
        known = (stamp_of(str(self._file)), Day(self._now()).name)
        if known == self._known:
            return
        self._known = known
        try:
            self._read = Snapshot.read(self._file, now=self._now)
        except SourceError as error:
            self._read = error

    def rest(self) -> None:
        """Nothing is held until the next refresh but the rows."""

    def close(self) -> None:
        """Nothing is open."""

    def rows(self, listing: Listing, /) -> Table:
        """See `Source.rows`."""
        return self._snapshot().rows(listing)

    def me(self, server: str = "", /) -> Row:
        """See `Source.me`."""
        return self._snapshot().me(server)

    def details(self, request: DetailRequest, /) -> Details:
        """See `Source.details`."""
        return self._snapshot().details(request)

    def _snapshot(self) -> Snapshot:
        if isinstance(self._read, SourceError):
            raise self._read.with_traceback(None)
        return self._read


def _near(key: str) -> str:
    return next(iter(similar(key.lower(), KEYS, 1, 0.75)), "")


def _kind_of(value: object) -> str:
    match value:
        case list():
            return "a list"
        case dict():
            return "an object"
        case str():
            return "a text"
        case None:
            return "null"
        case _:
            return "a number, true or false"


def _place(data: bytes) -> str:
    """Where the JSON breaks off, if the parser can tell."""
    try:
        json.loads(data)
    except json.JSONDecodeError as error:
        return f" (line {error.lineno}, column {error.colno})"
    except (ValueError, RecursionError):
        return ""
    return ""


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


def write_snapshot(
    source: ProjectSource,
    projects: Iterable[ProjectKey],
    web: str,
    pieces: Collection[Piece] = (),
) -> str:
    """Everything that lists hold of these projects, as JSON.

    Args:
        source: where to read.
        projects: slugs or ids.
        web: the address of Taiga's web front.
        pieces: what is to be in it besides of what lists leave out.

    Raises:
        SourceError: a list, a project or a piece can't be had.
    """
    details = {key: _detail(source, key) for key in projects}
    lists: dict[str, list[object]] = {}
    known: dict[str, dict[str, dict[str, object]]] = {}
    for key, detail in details.items():
        for kind in _visible(detail):
            rows = source.rows(Listing(kind, key))
            for order in KINDS[kind].drags:
                # What nobody asks for may be as it was before a drag.
                rows.column((order,))
            lists.setdefault(kind, []).extend(_plain(rows[number]) for number in range(len(rows)))
            there = {join.piece for join in joins_of(kind).values()}
            for piece in (each for each in pieces if each in there):
                found = known.setdefault(kind, {}).setdefault(piece, {})
                found.update(_known(source, kind, str(detail.get("slug") or key), piece, rows))
    me = source.me()
    document = {
        **lists,
        "projects": [_plain(detail) for detail in details.values()],
        "me": {name: me[name] for name in _ME if name in me},
        "web": web,
        **({"details": known} if known else {}),
    }
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _known(
    source: ProjectSource, kind: str, project: str, piece: Piece, rows: Rows
) -> dict[str, object]:
    """A piece of all items of a list, by their numbers; of which there is nothing are left out."""
    ids = sorted({number for number in rows.column(("id",)) if isinstance(number, int)})
    values = source.details(DetailRequest(kind, project, piece, tuple(ids))).values if ids else {}
    return {
        str(number): _public("", without_signatures(piece, value))
        for number, value in values.items()
        if value
    }


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
    own = {name: _public(name, value) for name, value in row.items() if name not in ADDED}
    match row.get("project_extra_info"):
        case {"id": int(number)}:
            # In its place stands the slug, see `enrich`.
            own["project"] = number
    return own


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
