"""One refresh: what Taiga has been asked so far, and whether asking is of any use."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from taiga_notes.errors import SourceError, ThrottledError, UnreachableError
from taiga_notes.taiga.store.database import StoreBusyError
from taiga_notes.taiga.store.list_tables import (
    ERROR,
    PROJECT,
    SLUG,
    meta_in,
    project_number,
    project_record,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from taiga_notes.model.rows import ProjectKey, Row
    from taiga_notes.taiga.api_list import ApiList
    from taiga_notes.taiga.http.client import Client
    from taiga_notes.taiga.store.list_tables import StoreWriting
    from taiga_notes.taiga.store.store import Store
    from taiga_notes.taiga.sync.list_sync import Sync
    from taiga_notes.taiga.sync.probe import Probe


@dataclass(frozen=True, slots=True)
class SyncPolicy:
    """How Taiga is asked.

    Attributes:
        web: the address that links lead to.
        is_anonymous: whether there is no account, so that nobody is `me`.
        full_every: seconds after which a list is read whole, whatever the timeline says.
        max_age: seconds for which a list that was checked counts as up to date.
        is_offline: ask nobody: answer from the store.
    """

    web: str
    is_anonymous: bool = False
    full_every: float = 86_400.0
    max_age: float = 0.0
    is_offline: bool = False


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
        self._full = full
        self._named = named
        self._probes: dict[str | int, Probe] = {}
        self._losses = store.losses
        self._syncing: Sync | None = None
        self._ahead: dict[ProjectKey, Row] = {}

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
        with self.errors_noted():
            probe = None if asked.project is None else self.probe(asked.project, asked)
            try:
                # Taiga is asked within the transaction: another process that wants the same waits
                # for what comes, rather than have Taiga make it twice.
                failure = self._store.written(
                    lambda store: self._sync.bring(store, asked, probe, order),
                    lambda: self._is_stored(asked),
                )
                if failure is not None:
                    # Not before: within the transaction it would undo the rows that came.
                    raise failure
            except UnreachableError as error:
                # Where Taiga asks to wait, another request would but make it worse.
                if not isinstance(error, ThrottledError) and self._is_reachable(probe):
                    # The server is well: it fails on this list alone, on a filter's date, say.
                    raise SourceError(error.message, hint=error.hint) from error
                raise

    @property
    def _sync(self) -> Sync:
        if self._syncing is None:
            from taiga_notes.taiga.sync.list_sync import Sync as Syncing  # noqa: PLC0415 - not needed offline

            self._syncing = Syncing(
                self._connect(),
                self._policy.web,
                now=self.now,
                full_every=self._policy.full_every,
                full=self._full,
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
            probe = self._store.written(
                lambda store: self._probe_now(store, key),
                lambda: asked is None or self._is_stored(asked),
            )
            # By whatever name another page calls it.
            self._probes |= dict.fromkeys((key, probe.number, str(probe.detail.get("slug"))), probe)
        return self._probes[key]

    def look_ahead(self, lists: Sequence[ApiList]) -> None:
        """Ask for the projects of several lists at once, which takes as long as asking for one.

        It is a luxury: what does not come is asked for in its turn, by which it is waited for as
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
        return probe
