"""One refresh: what Taiga has been asked so far, and whether asking is of any use."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from taiga_notes.errors import SourceError, ThrottledError, UnreachableError
from taiga_notes.model.kinds import kind_of
from taiga_notes.taiga.store.database import StoreBusyError
from taiga_notes.taiga.store.list_tables import (
    ERROR,
    ME,
    PROJECT,
    SLUG,
    meta_in,
    project_number,
    project_record,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    from taiga_notes.model.details import DetailRequest
    from taiga_notes.model.rows import ProjectKey, Row
    from taiga_notes.taiga.api_list import ApiList
    from taiga_notes.taiga.http.client import Client
    from taiga_notes.taiga.store.list_tables import StoreWriting
    from taiga_notes.taiga.store.store import Store
    from taiga_notes.taiga.sync.activity_sync import ActivitySync
    from taiga_notes.taiga.sync.detail_sync import DetailSync
    from taiga_notes.taiga.sync.detail_values import DetailView
    from taiga_notes.taiga.sync.list_sync import Sync
    from taiga_notes.taiga.sync.probe import Probe

T = TypeVar("T")

_NAMES = ("username", "full_name", "full_name_display")
"""What projects say of their members as `/users/me` does."""

_WHY = ", since no entry of the timeline that is read tells how they began"


@dataclass(frozen=True, slots=True)
class SyncPolicy:
    """How Taiga is asked.

    Attributes:
        web: the address that links lead to.
        is_anonymous: whether there is no account, so that nobody is `me`.
        full_every: seconds after which a list is read whole, whatever the timeline says.
        max_age: seconds for which a list that was checked counts as up to date.
        is_offline: ask nobody: answer from the store.
        max_details: of how many items at most Taiga is asked one by one, see `update_details`.
    """

    web: str
    is_anonymous: bool = False
    full_every: float = 86_400.0
    max_age: float = 0.0
    is_offline: bool = False
    max_details: int = 500


class SyncSession:
    """One refresh.

    Args:
        store: what is known.
        connect: gives the client.
        policy: how to ask.
        now: when it begins, in Unix seconds.
        full: read every list whole.
        named: says who it is that answers in Taiga's place, where that can be told.
    """

    def __init__(
        self,
        store: Store,
        connect: Callable[[], Client],
        policy: SyncPolicy,
        *,
        now: float,
        full: bool,
        named: Callable[[UnreachableError], UnreachableError],
    ) -> None:
        self.now = now
        self.trouble: UnreachableError | None = None
        """Why Taiga can't be reached, once that has turned out."""
        self._store = store
        self._connect = connect
        self._policy = policy
        self.is_full = full
        self._named = named
        self._probes: dict[str | int, Probe] = {}
        self._losses = store.losses
        self._syncing: Sync | None = None
        self._following: ActivitySync | None = None
        self._ahead: dict[ProjectKey, Row] = {}
        self._refusals: dict[Hashable, SourceError] = {}

    def update(self, asked: ApiList, order: str = "") -> None:
        """Bring a list in the store up to date, if Taiga is to be asked and can be.

        Args:
            asked: the list.
            order: what is asked of it that is not known, see `list_tables.UnknownOrderError`.

        Raises:
            SourceError: Taiga refuses it, and the store is as it was.
        """
        if self.is_alone or (not order and self._is_fresh(asked)):
            return
        with self._asked_once((asked, order)), self.errors_noted():
            probe = None if asked.project is None else self.probe(asked.project, asked)
            with self._failures_told_apart(probe):
                # Taiga is asked within the transaction: another process that wants the same waits
                # for what comes, rather than have Taiga make it twice.
                failure = self._store.written(
                    lambda store: self._sync.bring(store, asked, probe, order),
                    lambda: self._is_stored(asked),
                )
                if failure is not None:
                    # Not before: within the transaction it would undo the rows that came.
                    raise failure

    @contextmanager
    def _asked_once(self, what: Hashable) -> Iterator[None]:
        """Asks no second time for what is refused: every page with a block would, else."""
        if known := self._refusals.get(what):
            raise known.with_traceback(None)
        try:
            yield
        except UnreachableError:
            raise
        except SourceError as error:
            self._refusals[what] = error
            raise

    @contextmanager
    def _failures_told_apart(self, probe: Probe | None) -> Iterator[None]:
        try:
            yield
        except UnreachableError as error:
            # Where Taiga asks to wait, another request would but make it worse.
            if not isinstance(error, ThrottledError) and self._is_reachable(probe):
                # The server is well: it fails on this list alone, on a filter's date, say.
                raise SourceError(error.message, hint=error.hint) from error
            raise

    def update_details(self, request: DetailRequest) -> DetailView:
        """Bring what no list has of some items up to date, if Taiga is to be asked and can be.

        Returns:
            What the store has of it then.

        Raises:
            SourceError: Taiga refuses it, there is no such piece of such items, or more than
                `max_details` of them would have to be asked for one by one.
        """
        view = None
        if not self.is_alone and request.items and not self._are_fresh(request):
            with self._asked_once(request), self.errors_noted():
                probe = self.probe(request.project)
                probe.demand_right(request.kind)
                with self._failures_told_apart(probe):
                    view = self._bring_details(request, probe)
        # To look costs more than anything else, if there is no news.
        return view or self._known(request)

    def _bring_details(self, request: DetailRequest, probe: Probe) -> DetailView:
        looks, follow, bring = probe.looks, self._activity, self._details
        self._write(request, lambda store: follow.follow(store, probe, request.piece))
        items = self._syncing.whole_items(request.kind) if self._syncing else {}
        if items and request.piece == "description" and looks == probe.looks == 1:
            # The lists have read these after they had looked at the timeline, as it is followed.
            self._write(request, lambda store: bring.take(store, probe, request.kind, items))
        if request.piece == "attachments":
            self._write(request, lambda store: bring.read_attachments(store, probe, request))
            return self._known(request)
        view = self._known(request)
        self._demand_few(request, view)
        # Between two batches another process may write, which may bring some of these items.
        while view.wanted:
            failure = self._write(request, lambda store: bring.read_some(store, probe, request))
            if failure is not None:
                raise failure
            view, left = self._known(request), len(view.wanted)
            if len(view.wanted) >= left:
                # Or it would go on for ever.
                raise SourceError(
                    f"Taiga's answers about the {request.piece} of {left:,} "
                    f"{kind_of(request.kind).noun} come to nothing",
                    hint="run it again",
                )
        return view

    def _write(self, request: DetailRequest, act: Callable[[StoreWriting], T]) -> T:
        return self._store.written(act, lambda: not self._known(request).missing)

    def _known(self, request: DetailRequest) -> DetailView:
        # Few ask for any.
        from taiga_notes.taiga.sync.detail_values import view_of  # noqa: PLC0415

        return self._store.seen(lambda store: view_of(store, request))

    def _demand_few(self, request: DetailRequest, view: DetailView) -> None:
        count, most = len(view.alone), self._policy.max_details
        if count > most:
            why = "" if request.piece == "description" else _WHY
            # Also of those that the store has: what works is not to depend on what it holds.
            raise SourceError(
                f"Taiga would have to be asked for the {request.piece} of {count:,} "
                f"{kind_of(request.kind).noun} one by one{why}, and `max_details` is {most:,}",
                hint="let `where` or `limit` leave fewer of them, or raise `max_details`",
            )

    def _are_fresh(self, request: DetailRequest) -> bool:
        if not self._policy.max_age:
            return False
        view = self._known(request)
        checked = view.mark.checked_at if view.mark else 0.0
        return not view.wanted and self.now - self._policy.max_age < checked <= self.now

    @property
    def _details(self) -> DetailSync:
        from taiga_notes.taiga.sync.detail_sync import DetailSync as Detailing  # noqa: PLC0415 - not needed offline

        return Detailing(self._connect(), self.now, self._policy.full_every)

    @property
    def _activity(self) -> ActivitySync:
        if self._following is None:
            from taiga_notes.taiga.sync.activity_sync import ActivitySync as Following  # noqa: PLC0415 - the same

            self._following = Following(self._connect(), self.now, self.is_full)
        return self._following

    @property
    def _sync(self) -> Sync:
        if self._syncing is None:
            from taiga_notes.taiga.sync.list_sync import Sync as Syncing  # noqa: PLC0415 - not needed offline

            self._syncing = Syncing(
                self._connect(),
                self._policy.web,
                now=self.now,
                full_every=self._policy.full_every,
                full=self.is_full,
            )
        return self._syncing

    @contextmanager
    def errors_noted(self) -> Iterator[None]:
        """Let the store answer where Taiga, or the store's lock, can't be had; put errors down."""
        try:
            yield
        except UnreachableError as error:
            # Once a refresh: from here on nobody is asked any more.
            self.trouble = self._named(error)
            self._put_down(self.trouble)
        except SourceError as error:
            self._put_down(error)
            raise
        except StoreBusyError:
            self._store.note("another taiga-notes is at work: shown is what it left the last time")

    def _put_down(self, error: SourceError) -> None:
        self._store.put_down(ERROR, {"text": str(error), "at": self.now})

    @property
    def is_alone(self) -> bool:
        """Whether Taiga is not to be asked, or not any more in this refresh."""
        return self._policy.is_offline or self.trouble is not None

    def _is_fresh(self, asked: ApiList) -> bool:
        if not self._policy.max_age:
            return False
        meta = self._store.seen(lambda store: meta_in(store, asked))
        return meta is not None and meta.is_fresh(self.now - self._policy.max_age, self.now)

    def _is_stored(self, asked: ApiList) -> bool:
        return self._store.seen(lambda store: meta_in(store, asked)) is not None

    def _is_reachable(self, probe: Probe | None) -> bool:
        try:
            self._connect().get("/users/me" if probe is None else f"/projects/{probe.number}")
        except UnreachableError:
            return False
        except SourceError:
            return True
        return True

    def probe(self, key: str | int, asked: ApiList | None = None) -> Probe:
        """A project as it is now, asked for once.

        Args:
            key: its slug or id.
            asked: the list for which that matters.

        Raises:
            SourceError: it can't be had.
            StoreBusyError: another process is at work, and the store has an answer.
        """
        if self._losses != self._store.losses:
            # What was put down of the projects went with the store.
            self._probes.clear()
            self._losses = self._store.losses
        if key not in self._probes:
            with self._asked_once(key):
                probe = self._store.written(
                    lambda store: self._probe_now(store, key),
                    lambda: asked is None or self._is_stored(asked),
                )
            self._know(key, probe)
        return self._probes[key]

    def _know(self, key: str | int, probe: Probe) -> None:
        # By whatever name another page calls it.
        self._probes |= dict.fromkeys((key, probe.number, str(probe.detail.get("slug"))), probe)

    def look_ahead(self, lists: Sequence[ApiList]) -> None:
        """Ask for the projects of several lists at once, and for the counts that tell of them.

        That takes as long as asking for a few, and is one transaction. It is a luxury: what does
        not come is asked for in its turn, by which it is waited for as
        Taiga says, and told what is wrong. The first is asked for alone, so that a login is
        renewed, and trouble met, but once.

        Raises:
            SourceError: the first one can't be had.
        """
        if self.is_alone:
            return
        keys = dict.fromkeys(
            each.project
            for each in lists
            if each.project is not None
            and each.project not in self._probes
            and not self._is_fresh(each)
        )
        if len(keys) > 1:
            first, *others = keys
            with self.errors_noted():
                self.probe(first, next(each for each in lists if each.project == first))
                # Only here: not needed offline.
                from taiga_notes.taiga.sync.probe import project_details  # noqa: PLC0415

                self._ahead = project_details(self._connect(), others)
                probes = self._store.written(
                    lambda store: {key: self._probe_now(store, key) for key in [*self._ahead]},
                    lambda: all(map(self._is_stored, lists)),
                )
                for key, probe in probes.items():
                    self._know(key, probe)
                self._sync.count_ahead(
                    (each.kind, self._probes[each.project])
                    for each in lists
                    if each.project in self._probes and not self._is_fresh(each)
                )

    def _probe_now(self, store: StoreWriting, key: str | int) -> Probe:
        from taiga_notes.taiga.sync.probe import probed, project_detail  # noqa: PLC0415 - see above

        known = project_number(store, key)
        detail = self._ahead.pop(key, None) or project_detail(
            self._connect(), key, known=bool(project_record(store, known))
        )
        probe = probed(detail, lambda number: project_record(store, number))
        number = probe.number
        # Each list keeps the epoch of its own rows: one that is asked for later is read whole then.
        fields = {"detail": detail, "epoch": probe.epoch, "checked_at": self.now}
        store.put_record(f"{PROJECT}{number}", fields)
        for slug in (key, detail.get("slug")):
            if isinstance(slug, str):
                store.put_record(f"{SLUG}{slug}", number)
        match store.record(ME):
            case {"me": dict(me), **others} if "project" not in others and _member(detail, me):
                store.put_record(ME, {"me": me, **others, "project": number})
        return probe

    def is_named_so(self, me: Row, project: int) -> bool:
        """Whether a project that we are a member of has us by the names that we had.

        Args:
            me: who we were.
            project: its id; it is asked for as its lists are, of which somebody asks anyway.
        """
        found, is_told = None, False
        try:
            with self.errors_noted():
                found, is_told = _member(self._detail(project), me), True
        except SourceError:
            return False
        if found is None:
            return not is_told
        return all(found[name] == me.get(name) for name in _NAMES if name in found)

    def _detail(self, project: int) -> Row:
        known = self._store.seen(lambda store: project_record(store, project))
        match known:
            case {"detail": dict(detail), "checked_at": float(at)} if (
                self.now - self._policy.max_age < at <= self.now
            ):
                return detail
            case _:
                return self.probe(project).detail


def _member(detail: Row, me: Row) -> Row | None:
    """What a project's detail says of one of its members; None of anybody else."""
    members = detail.get("members")
    found = members if isinstance(members, list) else ()
    return next(
        (one for one in found if isinstance(one, dict) and one.get("id") == me.get("id")), None
    )
