"""Taiga as a source of rows: the store before it, the network behind.

    with Taiga.open(settings, folders) as taiga:
        rows = taiga.rows(Listing("userstories", "acme"))

Of each list the first question of a refresh brings the store up to date, and all further ones are
answered from it. A Taiga that can't be reached leaves the store's rows, and a `state` that says
so; one that refuses (the login, a right, a project gone private) is an error, and what is in the
store is kept. One thread at a time may use a `Taiga`; any number of processes share a store.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Self, assert_never

from taiga_notes.config.settings import Credential
from taiga_notes.errors import NotStoredError, SourceError, UnreachableError
from taiga_notes.model.details import Details
from taiga_notes.model.enrich import Day, Enricher
from taiga_notes.model.kinds import PARTS, PROJECT_FILTERS, PROJECTS, kind_of
from taiga_notes.model.parts import PartRows, part_rows
from taiga_notes.model.rows import EVERY_PROJECT, JoinedRows, Listing
from taiga_notes.system import clock
from taiga_notes.system.paths import digest
from taiga_notes.taiga.api_list import ApiList
from taiga_notes.taiga.store.database import UnusableError
from taiga_notes.taiga.store.list_tables import ME, UnknownOrderError, detail_in, meta_in
from taiga_notes.taiga.store.store import Store
from taiga_notes.taiga.store.stored_rows import StoredRows, View
from taiga_notes.taiga.store_report import OFFLINE, State, list_status, moment, report, trouble_with
from taiga_notes.taiga.sync.sync_session import SyncPolicy, SyncSession

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from taiga_notes.config.settings import Settings, UserConfig
    from taiga_notes.model.details import DetailRequest
    from taiga_notes.model.rows import ProjectKey, Projects, Row
    from taiga_notes.system.paths import Folders
    from taiga_notes.taiga.http.client import Client
    from taiga_notes.taiga.http.requests import FreshAnswers, KnownAnswer
    from taiga_notes.taiga.store.columns import DamagedError
    from taiga_notes.taiga.store.list_tables import StoreReading
    from taiga_notes.taiga.store_report import ListStatus, StoreStatus

_EVERYTHING = "what is in all of your projects"


class Taiga:
    """A `Source` that asks Taiga, and remembers.

    Args:
        connect: gives the client, once one is needed.
        file: the store; None to remember nothing beyond this process.
        policy: how Taiga is asked.
        demand_trust: see `Settings.demand_trust`; by default everything may be asked for.
        full: read every list whole in the first refresh.
        now: this machine's time in Unix seconds.
        named: see `SyncSession`; by default nobody is looked for.
    """

    def __init__(
        self,
        connect: Callable[[], Client],
        *,
        file: Path | None,
        policy: SyncPolicy,
        demand_trust: Callable[[str], None] = lambda _what: None,
        full: bool = False,
        now: Callable[[], float] = clock.seconds,
        named: Callable[[UnreachableError], UnreachableError] = lambda error: error,
    ) -> None:
        self._connect = connect
        self._named = named
        self._policy = policy
        self._now = now
        self._store = Store(file)
        self._client: Client | None = None
        self._demand_trust = demand_trust
        self._rows: dict[ApiList, StoredRows] = {}
        self._viewing: set[StoredRows] = set()
        self._joined: dict[Listing, JoinedRows] = {}
        self.begin(full=full)

    @classmethod
    def open(
        cls,
        settings: Settings,
        folders: Folders,
        *,
        offline: bool = False,
        full: bool = False,
        max_age: float = 0.0,
        fresh: FreshAnswers | None = None,
    ) -> Self:
        """The Taiga that the settings name, with its store in the user's cache folder.

        Nothing is asked, read or made yet. For `fresh`, see `Client`.
        """
        user = settings.user

        def connect() -> Client:
            # Only here, since httpx costs more than everything else together.
            from taiga_notes.taiga.auth.credentials import credentials  # noqa: PLC0415
            from taiga_notes.taiga.http.client import Client as Connected  # noqa: PLC0415

            auth = credentials(user, folders.state)
            return Connected.of(user, auth, fresh=fresh)

        account = account_of(user, folders.state)
        return cls(
            connect,
            named=partial(_named, user),
            file=store_file(folders.cache, user.api, account),
            policy=SyncPolicy(
                web=settings.web,
                is_anonymous=not account,
                full_every=user.full_every,
                max_age=max_age,
                is_offline=offline,
                max_details=settings.max_details,
            ),
            demand_trust=settings.demand_trust,
            full=full,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def begin(self, *, full: bool = False) -> None:
        """Begin another refresh: what it asks for is brought up to date anew.

        Args:
            full: read every list whole.
        """
        self._session = SyncSession(
            self._store,
            lambda: self.client,
            self._policy,
            now=float(self._now()),
            full=full,
            named=self._named,
        )
        self._given: set[ApiList] = set()
        self._parts: dict[Listing, PartRows] = {}
        self._details: dict[DetailRequest, Details] = {}
        self._me: Row | None = None
        self._oldest: float | None = None
        self._read_whole = self._session.now
        self.rest()

    def rest(self) -> None:
        """Let go of the views of the store, which keep it from tidying up; the refresh goes on."""
        # Also of rows that nobody is given any more, and that somebody asked nevertheless.
        for rows in tuple(self._viewing):
            self._release(rows)

    def rows(self, listing: Listing, /) -> StoredRows | PartRows | JoinedRows:
        """See `Source.rows`. The same object, as long as the rows are the same.

        Of several projects there are all rows or none: a list that lacks a project looks right.

        Raises:
            UnreachableError: Taiga can't be reached, and this list is not in the store.
            UntrustedError: it is of all projects, and the vault is not trusted with them.
            SourceError: Taiga refuses it, or there is no such list.
        """
        if listing.kind in PARTS:
            return self._part(listing)
        lists = self._lists(listing)
        if len(lists) == 1:
            return self._of_one(lists[0])
        self._store.mending(lambda: self._session.look_ahead(lists))
        for each in lists:
            self._bring(each)
        with self._store.one_view():
            # One that is named twice, by slug and by id, is the same list.
            parts = {rows.stamp: rows for rows in map(self._adopted, lists)}
        return self._joined_from(listing, [*parts.values()])

    def projects(self, project: Projects) -> tuple[ProjectKey, ...]:
        """The projects that a listing means, one by one.

        For `EVERY_PROJECT` those that the account is a member of, by their slugs.

        Raises:
            SourceError: they can't be told; so as `rows`.
        """
        if isinstance(project, tuple):
            return project
        if project != EVERY_PROJECT:
            return () if project is None else (project,)
        # Whoever wrote a page has to know the projects that it names; these one need not know.
        self._demand_trust(_EVERYTHING)
        slugs = self.rows(Listing(PROJECTS.name)).column(("slug",))
        if not slugs:
            # Nor would an empty list be told from one that somebody on the way has emptied.
            raise SourceError(
                "this account is a member of no project", hint="is it the right account?"
            )
        return tuple(sorted(map(str, slugs)))

    def _of_one(self, asked: ApiList) -> StoredRows:
        self._bring(asked)
        return self._adopted(asked)

    def _bring(self, asked: ApiList) -> None:
        if asked not in self._given:
            self._store.mending(lambda: self._session.update(asked))

    def _adopted(self, asked: ApiList) -> StoredRows:
        if asked not in self._given or self._rows[asked].is_let_go:
            self._rows[asked] = self._store.mending(lambda: self._adopt(asked, self._look(asked)))
            self._given.add(asked)
        return self._rows[asked]

    def me(self, _server: str = "", /) -> Row:
        """See `Source.me`: from the store if it was asked for within `full_every`."""
        if self._me is None:
            self._me = self._me_by(self._is_named_so)
        return self._me

    def details(self, request: DetailRequest, /) -> Details:
        """See `Source.details`.

        Raises:
            UnreachableError: Taiga can't be reached, and some of it is not in the store.
            SourceError: Taiga refuses it, there is no such piece, or more items than `max_details`
                would have to be asked for one by one.
        """
        if request not in self._details:
            self._details[request] = self._store.mending(lambda: self._details_of(request))
        return self._details[request]

    def project(self, key: str | int) -> Row:
        """A project's detail, as `/projects/by_slug` gives it.

        Args:
            key: its slug or id.

        Raises:
            SourceError: as for `rows`.
        """
        return self._store.mending(lambda: self._read_detail(key))

    @property
    def state(self) -> State:
        """How old the rows are that this refresh has given, and why."""
        error = self._session.trouble
        return State(
            moment(self._oldest),
            OFFLINE if self._policy.is_offline else trouble_with(error),
            error,
            tuple(self._store.notes),
            current=self._oldest == self._session.now,
        )

    @property
    def file(self) -> Path | None:
        """Where the store is; None where nothing is remembered beyond this process."""
        return self._store.file

    @property
    def remembers(self) -> bool:
        """Whether there is a store for others and for later, or but memory in its place."""
        return self.file is not None

    @property
    def client(self) -> Client:
        """The client, connected if need be."""
        if self._client is None:
            self._client = self._connect()
        return self._client

    def status(self) -> StoreStatus:
        """What the store holds; asks nobody."""
        return self._store.mending(
            lambda: self._store.seen(lambda store: report(store, self._store.file))
        )

    def held(self, listing: Listing) -> ListStatus | None:
        """What the store holds of a list that was asked for; None where that is nothing."""
        lists = self._lists(listing)
        found = self._store.mending(
            lambda: self._store.seen(lambda store: [list_status(store, each) for each in lists])
        )
        known = [each for each in found if each is not None]
        if not known or len(known) < len(lists):
            return None
        # A list of several projects is as old as its oldest part.
        return replace(
            known[0],
            count=sum(each.count for each in known),
            checked=min(each.checked for each in known),
            read=min(each.read for each in known),
        )

    @property
    def requests(self) -> tuple[int, Sequence[str]]:
        """How many requests were sent, and the latest of them, see `Statistics.latest`."""
        if self._client is None:
            return 0, ()
        return self._client.statistics.requests, self._client.statistics.latest

    @property
    def known_answers(self) -> tuple[Sequence[KnownAnswer], float]:
        """What Taiga answered to all that it was asked, if it is worth asking once more; else none.

        Returns:
            The answers, and for how many seconds: as long as Taiga answers just so, the lists that
            this refresh has given are as they were.
        """
        if self._client is None or not self.state.current:
            return (), 0.0
        # Only here: without a client, nothing of it is imported.
        from taiga_notes.taiga.http.known_answers import worth_asking  # noqa: PLC0415
        from taiga_notes.taiga.sync.list_sync import RECOUNTED  # noqa: PLC0415

        asked = self._client.statistics
        if not worth_asking(asked.answers, asked.requests):
            return (), 0.0
        # Each refresh counts one list of those that are counted in turns.
        turns = (
            max(len(self._given), 1) if any(method == "HEAD" for method, *_ in asked.answers) else 1
        )
        # What leaves no trace shows in no answer: by then it is read again.
        left = self._read_whole + self._policy.full_every - self._session.now
        return tuple(asked.answers), min(RECOUNTED / turns, left)

    def clear(self) -> None:
        """Delete the store.

        Raises:
            SourceError: that can't be done.
        """
        self.rest()
        self._rows.clear()
        self._joined.clear()
        try:
            self._store.remove()
        except UnusableError as error:
            raise SourceError(f"{self._store.file} can't be removed: {error}") from error
        self.begin()

    def close(self) -> None:
        """Let go of network and store; both are opened again when needed."""
        self.rest()
        self._store.close()
        if self._client is not None:
            self._client.close()

    def _part(self, listing: Listing) -> PartRows:
        """A list that projects' details hold, which each refresh reads anyway."""
        if listing.project is None:
            raise _no_project(listing.kind)
        if listing not in self._parts:
            keys = self.projects(listing.project)
            lists = [ApiList(listing.kind, "", key, ()) for key in keys]
            self._store.mending(lambda: self._session.look_ahead(lists))
            self._parts[listing] = part_rows(listing.kind, map(self.project, keys))
        return self._parts[listing]

    def _lists(self, listing: Listing) -> list[ApiList]:
        """The lists on the wire that it is made of."""
        lists = [self._completed(asked, listing) for asked in ApiList.all_of(listing)]
        if lists[0].project == EVERY_PROJECT:
            return [replace(lists[0], project=key) for key in self.projects(EVERY_PROJECT)]
        return lists

    def _completed(self, asked: ApiList, listing: Listing) -> ApiList:
        """The list on the wire, with what goes without saying."""
        if asked.kind == PROJECTS.name and not asked.params:
            # Without `member` Taiga lists every public project that it has.
            return replace(asked, project=None, params=(("member", self._my_number()),))
        if not kind_of(asked.kind).is_of_a_project:
            if asked.kind != PROJECTS.name and _names_nothing(asked):
                self._demand_trust(_EVERYTHING)
            return asked
        if asked.project is None and not (listing.path and asked.params):
            raise _no_project(asked.kind)
        if asked.project is None and _names_nothing(asked):
            # Of no project is what all have that the account can see.
            self._demand_trust(_EVERYTHING)
        return asked

    def _my_number(self) -> str:
        # Who is called otherwise still has that number.
        number = self._me_by(lambda _me, _project: True).get("id")
        if number is None:
            raise SourceError(
                "without an account there are no projects of one's own",
                hint="run `taiga-notes login`, or ask for projects{is_featured=true}",
            )
        return str(number)

    def _look(self, asked: ApiList) -> View:
        """What the store has of a list, as of now."""
        reading = self._store.reading()
        view = None
        try:
            view = self._view(reading, asked)
        finally:
            if view is None:
                self._store.release(reading)
        if view is None:
            raise self._nothing_stored()
        return view

    def _view(self, reading: StoreReading, asked: ApiList) -> View | None:
        meta = meta_in(reading, asked)
        if meta is None:
            return None
        # By the same snapshot as the list: what is added to its rows fits them.
        detail = None if asked.project is None else detail_in(reading, asked.project)
        web = self._policy.web
        enrich = Enricher(kind=asked.kind, web=web, project=detail) if asked.kind else None
        self._oldest = min(self._oldest or meta.checked_at, meta.checked_at)
        self._read_whole = min(self._read_whole, meta.read_at)
        return View(reading, meta, enrich, web, Day(self._session.now))

    def _details_of(self, request: DetailRequest) -> Details:
        view = self._session.update_details(request)
        if view.missing:
            raise self._nothing_stored(f"the {request.piece} of {len(view.missing):,} of these")
        if view.unlisted:
            # The store was begun anew since the items were listed.
            raise SourceError(
                f"no list in the store has {len(view.unlisted):,} of these any more",
                hint="run it again",
            )
        if request.items:
            self._oldest = min(self._oldest or view.as_of, view.as_of)
        return Details(view.values, view.stamp)

    def _nothing_stored(self, what: str = "this list") -> UnreachableError:
        if self._session.trouble is not None:
            return UnreachableError(self._session.trouble.message, hint=self._session.trouble.hint)
        if self._policy.is_offline:
            return NotStoredError(
                f"{what} is not in the store yet", hint="run once without --offline"
            )
        return UnreachableError(
            f"another taiga-notes is at work, and {what} is not in the store yet",
            hint="wait until it is done",
        )

    def _look_again(
        self,
        asked: ApiList,
        rows: StoredRows,
        error: DamagedError | UnusableError | UnknownOrderError | None,
    ) -> View:
        """Another view of rows whose view was let go of, or turned out to be damaged or too old."""
        self._release(rows)
        if isinstance(error, UnknownOrderError):
            order = error.name
            self._store.mending(lambda: self._session.update(asked, order))
        elif error is not None:
            self._store.repair(error)
            self._store.mending(lambda: self._session.update(asked))
        self._viewing.add(rows)
        return self._store.mending(lambda: self._look(asked))

    def _joined_from(self, listing: Listing, parts: list[StoredRows]) -> JoinedRows:
        """Their rows as one; the same object as long as they are the same."""
        stamp = " ".join(rows.stamp for rows in parts)
        if listing not in self._joined or self._joined[listing].stamp != stamp:
            self._joined[listing] = JoinedRows(parts, stamp)
        return self._joined[listing]

    def _adopt(self, asked: ApiList, view: View) -> StoredRows:
        rows = self._rows.get(asked)
        if rows is not None:
            self._release(rows)
            if rows.stamp == view.stamp:
                rows.use(view)
                self._viewing.add(rows)
                return rows
        look = partial(self._look_again, asked)
        rows = StoredRows(view, look=look, remember=self._store.remember)
        self._viewing.add(rows)
        return rows

    def _release(self, rows: StoredRows) -> None:
        self._viewing.discard(rows)
        reading = rows.let_go()
        if reading is not None:
            self._store.release(reading)

    def _me_by(self, is_so: Callable[[Row, object], bool]) -> Row:
        """The logged-in user; as stored, with a project that has it as member, only if it is so."""
        if self._policy.is_anonymous:
            return {}
        return self._me or self._store.mending(lambda: self._read_me(is_so))

    def _read_me(self, is_so: Callable[[Row, object], bool]) -> Row:
        known = self._store.seen(lambda store: store.record(ME))
        match known:
            case {"me": dict(me), "at": float(at), **more} if self._session.is_alone or (
                self._is_young(at) and is_so(me, more.get("project"))
            ):
                self._read_whole = min(self._read_whole, at)
                return me
        if not self._session.is_alone:
            with self._session.errors_noted():
                data = self.client.get("/users/me").data
                if isinstance(data, dict):
                    # A luxury for later runs: nobody waits for the store's lock for it.
                    self._store.put_down(ME, {"me": data, "at": float(self._now())})
                    return data
                raise SourceError("Taiga's answer about you is none", hint="is `api` right?")
        match known:
            case {"me": dict(me)}:
                return me
            case _:
                raise self._nothing_stored()

    def _is_young(self, at: float) -> bool:
        return not self._session.is_full and 0 <= self._now() - at < self._policy.full_every

    def _is_named_so(self, me: Row, project: object) -> bool:
        # Of who is a member of no project that was asked for, only the next day tells.
        return not isinstance(project, int) or self._session.is_named_so(me, project)

    def _read_detail(self, key: str | int) -> Row:
        if not self._session.is_alone:
            with self._session.errors_noted():
                return self._session.probe(key).detail
        detail = self._store.seen(lambda store: detail_in(store, key))
        if detail is None:
            raise self._nothing_stored()
        return detail


# Of several accounts none is guessed: what one sees is not for the other.
_UNKNOWN = "?"
_DIGITS = 32
_LONGEST = 150
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789.-")


def account_of(user: UserConfig, state: Path) -> str:
    """A name for the account that these settings lead to; empty for an anonymous one.

    Args:
        user: see `taiga_notes.config.settings`.
        state: the user's state folder, where sessions are kept.
    """
    match user.credential:
        case Credential.TOKEN | Credential.APPLICATION:
            # It becomes a file's name, of which nobody may learn the token.
            return f"token {_digest(user.token or user.application_token or '')}"
        case Credential.NONE:
            return ""
        case Credential.SESSION:
            return _account_of_session(user, state)
        case never:
            assert_never(never)


def _account_of_session(user: UserConfig, state: Path) -> str:
    if user.username:
        # Taiga does not mind the case of a user name.
        return user.username.lower()
    from taiga_notes.taiga.auth.token_store import accounts  # noqa: PLC0415 - for those without a user name

    names = accounts(state, user.api)
    return names[0].lower() if len(names) == 1 else _UNKNOWN


def _named(user: UserConfig, error: UnreachableError) -> UnreachableError:
    """The same error, or one that says who answers in Taiga's place."""
    # Seldom needed, and never offline.
    from taiga_notes.taiga.auth.credentials import Anonymous  # noqa: PLC0415
    from taiga_notes.taiga.http.client import Client as Connected  # noqa: PLC0415
    from taiga_notes.taiga.http.web_front import named  # noqa: PLC0415

    return named(error, user.api, lambda at: Connected.of(user, Anonymous(), at))


def store_file(cache: Path, api: str, account: str) -> Path:
    """Where the store of that account lies.

    Args:
        cache: the user's cache folder.
        api: the API's root.
        account: see `account_of`.
    """
    name = _spelt(f"{api.partition('://')[2]} {account}")
    if len(name) > _LONGEST:
        name = _digest(name)
    return cache / "store" / f"{name}.sqlite"


def _spelt(text: str) -> str:
    """A file's name on every system, also one that takes A for a: other texts have other names."""
    data = text.encode("utf-8", "surrogateescape")
    return "".join(chr(byte) if byte in _PLAIN else f"%{byte:02x}" for byte in data)


def _digest(text: str) -> str:
    return digest(text.encode())[:_DIGITS]


_OF_ONE_PROJECT = frozenset({"milestone", "epic", "user_story", "status", "type"})
"""Filters by an id that one project has."""


def _names_nothing(asked: ApiList) -> bool:
    """Whether a list is of no project and of no item: `/users` are all people's."""
    numbers = [*asked.path.split("/"), *(v for name, v in asked.params if name in _OF_ONE_PROJECT)]
    is_of_an_item = any(number.isdecimal() for number in numbers)
    return not is_of_an_item and PROJECT_FILTERS.isdisjoint(name for name, _ in asked.params)


def _no_project(kind: str) -> SourceError:
    return SourceError(
        f"no project is named whose {kind} these would be",
        hint="set `project` in taiga-notes.toml, in the page's front matter or the query",
    )
