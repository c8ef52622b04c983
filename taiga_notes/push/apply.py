"""A plan, carried out row by row: look, write down, send once, look again.

Each request is on disk in the journal before it leaves. Nothing is sent again that may have
arrived, before it was looked at. What is not sent stays in the page as it was typed.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from http import HTTPStatus
from typing import TYPE_CHECKING

from taiga_notes.errors import (
    BlockError,
    LoginError,
    PageChangedError,
    RefusedError,
    SourceError,
    UnreachableError,
    WriteError,
)
from taiga_notes.page.block_finder import find_blocks
from taiga_notes.page.checksum import checksum
from taiga_notes.push.base_shelf import BaseShelf
from taiga_notes.push.comparison import (
    as_wanted,
    author_of,
    conflict_of,
    diff_key,
    keeps,
    lost_note,
)
from taiga_notes.push.new_items import REFERENCE
from taiga_notes.push.plan import GONE
from taiga_notes.push.push_journal import DONE, Request
from taiga_notes.push.pushable import ASSIGNEE, NOTE, USERS
from taiga_notes.push.steps import AlreadySo, Creation, ItemChange, Refusal
from taiga_notes.push.vocabulary import UnfitError, Vocabulary
from taiga_notes.system import clock
from taiga_notes.system.locks import Lock, LockedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from taiga_notes.push.base import RenderedItem
    from taiga_notes.push.plan import Plan
    from taiga_notes.push.push_journal import Entry, PushJournal
    from taiga_notes.push.remote import Item, Remote
    from taiga_notes.push.steps import Spot, Step
    from taiga_notes.vault.vault import Vault

WAIT = 10.0
"""Seconds to wait for another push of the same vault."""

MADE_WITHIN = 3_600.0
"""Seconds within which an item with our reference counts as made of the same line elsewhere."""

_ATTEMPTS = 2
"""How often a change is sent: a stale version may be a false alarm (k5), an answer may be lost."""


class Fate(Enum):
    """What became of a step."""

    SENT = "sent"
    """It is in Taiga, by this push."""
    ALREADY = "already so"
    """It was in Taiga before."""
    REFUSED = "refused"
    """It can't be sent as it stands."""
    UNSENT = "not sent"
    """It was not tried, or did not get through: the next push tries it again."""
    UNSURE = "not known"
    """It was sent, and whether it arrived can't be told now: the next push looks."""


_IN_TAIGA = frozenset({Fate.SENT, Fate.ALREADY})


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """What became of a step.

    Attributes:
        step: the step.
        fate: see `Fate`.
        message: what else is to be told; empty for nothing.
        ref: of an item that was made.
        error: what kept it from being sent; None where it was sent, or can't be.
        by_taiga: see `UnfitError`.
    """

    step: Step
    fate: Fate
    message: str = ""
    ref: int = 0
    error: SourceError | PageChangedError | None = None
    by_taiga: bool = False

    @property
    def told(self) -> str:
        """The message, or else that of the error; empty where there is nothing to tell."""
        return self.message or str(self.error or "")


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a plan.

    Attributes:
        plan: the plan.
        outcomes: one for each step, in its order.
    """

    plan: Plan
    outcomes: tuple[StepOutcome, ...]

    @property
    def released(self) -> frozenset[tuple[str, str, str]]:
        """The blocks of which all is in Taiga, so that they may be written anew."""
        return frozenset(
            block.key for place, block in enumerate(self.plan.blocks) if self._is_released(place)
        )

    def _is_released(self, block: int) -> bool:
        outcomes = self._of(block)
        fates = {outcome.fate for outcome in outcomes}
        # Who only deletes lines is told of it, and keeps the block as it is.
        return bool(fates & _IN_TAIGA) and all(map(_is_over, outcomes))

    def keep_sent(self) -> None:
        """Writes down what is in Taiga of blocks that stay as they are, since not all of it is.

        Raises:
            ConfigError: the state folder can't be written to.
        """
        shelf = BaseShelf(self.plan.vault.home)
        for place, block in enumerate(self.plan.blocks):
            if block.base is None or self._is_released(place):
                continue
            sent = {
                spot.edit
                for outcome in self._of(place)
                if outcome.fate in _IN_TAIGA
                for spot in outcome.step.spots
                if spot.block == place
            }
            if new := sent.difference(block.base.sent):
                base = replace(block.base, sent=(*block.base.sent, *sorted(new)))
                shelf.add(block.page, [(block.opener, base)])

    def _of(self, block: int) -> list[StepOutcome]:
        return [
            outcome
            for outcome in self.outcomes
            if any(spot.block == block for spot in outcome.step.spots)
        ]


def _is_over(outcome: StepOutcome) -> bool:
    """Whether nothing would be lost with its line."""
    is_missing = isinstance(outcome.step, Refusal) and outcome.step.is_missing
    return is_missing or outcome.fate in _IN_TAIGA


def apply(plan: Plan) -> Applied:
    """Sends what a plan says.

    Returns:
        What became of it; also where Taiga could not be reached half-way.

    Raises:
        ConfigError: the journal can't be written; what was sent before that is in it.
        WriteError: another push of the vault is under way.
    """
    # The plan was made outside of the lock. What another push did since, each step finds as it
    # looks once more at its item and in the journal: so no edit gets to Taiga twice.
    with _alone(plan.journal):
        # Before anything leaves: a kill leaves edits that are looked at once more, and none that is
        # told as sent when it was taken back.
        if undone := _undone(plan):
            BaseShelf(plan.vault.home).forget_sent(undone)
        application = _Application(plan)
        applied = Applied(plan, tuple(application.outcome(step) for step in plan.steps))
        applied.keep_sent()
        # Within the lock: it replaces the file, and a line that another push adds meanwhile would
        # go with the old one.
        plan.journal.prune()
    return applied


def _undone(plan: Plan) -> list[RenderedItem]:
    """The items of which an undo takes back what was sent."""
    changes = (step for step in plan.steps if isinstance(step, ItemChange))
    return [step.item for step in changes if step.spots[0].block < 0]


def settle(journal: PushJournal, remote: Remote) -> None:
    """Finds out what came of requests that a kill or a lost answer left open: it looks.

    Raises:
        SourceError: Taiga can't be reached.
        ConfigError: the journal can't be read or written.
        WriteError: another push of the vault is under way.
    """
    # Without the lock: nearly every push finds nothing, and a vault that never pushed gets no
    # folder.
    if not journal.open():
        return
    with _alone(journal):
        # Read anew: whoever had the lock before may have settled them.
        for entry in journal.open():
            _settle(entry.request, journal, remote)


def _settle(request: Request, journal: PushJournal, remote: Remote) -> None:
    if request.makes:
        made = _made(remote, request)
        journal.close(request, DONE if made else "not made", made)
        return
    now = remote.item(request.kind, request.id)
    # Nothing is sent again here: what did not arrive stands in its page, and goes through a new
    # plan.
    is_so = now is not None and now.get(request.field) == request.to
    journal.close(request, DONE if is_so else "not sent")


def _made(remote: Remote, request: Request) -> int:
    """The reference number of the item that a request made; 0 where there is none."""
    for item in remote.mine(request.kind, request.id):
        number = item.get("id")
        if isinstance(number, int) and number > request.newest and _is_it(item, request):
            return _ref(item)
    return 0


def _made_elsewhere(items: Iterable[Item], request: Request) -> int:
    """The number of an item that was made of the same line a while ago, on another machine."""
    # Its key is made of page, block and text. Only lately: a line that is written again next month
    # is meant to be another item.
    since = clock.seconds() - MADE_WITHIN
    for item in items:
        if _is_it(item, request) and _seconds(item.get("created_date")) >= since:
            return _ref(item)
    return 0


def _is_it(item: Item, request: Request) -> bool:
    """Whether an item may be what a request makes; epics carry no reference (k3)."""
    if request.kind == "epics":
        return item.get("subject") == request.subject
    return item.get("external_reference") == [REFERENCE, request.key]


def _ref(item: Item) -> int:
    ref = item.get("ref")
    return ref if isinstance(ref, int) else 0


def _seconds(moment: object) -> float:
    try:
        return datetime.fromisoformat(str(moment)).timestamp()
    except ValueError:
        return 0.0


@contextmanager
def _alone(journal: PushJournal) -> Iterator[None]:
    """While in this context, no other process pushes the vault.

    Raises:
        WriteError: one does, for longer than `WAIT` seconds.
    """
    journal.make_home()
    lock = Lock(journal.lock, WAIT)
    try:
        # Not around the body too: another lock's error there would be told as a push that is under
        # way.
        lock.__enter__()
    except LockedError as error:
        message = f"another push of this vault is under way (process {error.holder})"
        raise WriteError(message, hint="wait until it is done") from error
    try:
        yield
    finally:
        lock.__exit__()


class _StoppedError(Exception):
    """Nothing more can be sent.

    Args:
        error: why.
    """

    def __init__(self, error: SourceError) -> None:
        super().__init__(str(error))
        self.error = error


class _Application:
    """One push."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._remote = plan.remote
        self._journal = plan.journal
        self._blocks: dict[str, frozenset[tuple[str, str]]] = {}
        self._run = os.urandom(8).hex()
        self._number = 0
        self._stopped: SourceError | None = None

    def outcome(self, step: Step) -> StepOutcome:
        """Carries one step out."""
        match step:
            case Refusal(reason=reason, by_taiga=by_taiga):
                return StepOutcome(step, Fate.REFUSED, reason, by_taiga=by_taiga)
            case AlreadySo(reason=reason):
                return StepOutcome(step, Fate.ALREADY, reason)
        # After the first trouble on the way nothing more leaves: where Taiga asks to wait another
        # request makes it worse, and each would have to be settled.
        if self._stopped is not None:
            return StepOutcome(step, Fate.UNSENT, error=self._stopped)
        # Somebody may have thought better of it while the question stood on the terminal: sent is
        # what was shown, and what the page still says.
        if changed := next((spot.page for spot in step.spots if not self._stands(spot)), ""):
            error = PageChangedError("was changed since the plan was made", page=changed)
            return StepOutcome(step, Fate.UNSENT, error=error)
        try:
            return self._changed(step) if isinstance(step, ItemChange) else self._created(step)
        except UnfitError as error:
            return StepOutcome(step, Fate.REFUSED, error.reason, by_taiga=error.by_taiga)
        except _StoppedError as stop:
            self._stopped = stop.error
            return StepOutcome(step, Fate.UNSURE, error=stop.error)
        except SourceError as error:
            self._stopped = error
            return StepOutcome(step, Fate.UNSENT, error=error)

    def _stands(self, spot: Spot) -> bool:
        """Whether a block holds what it held when the plan was made; also for what is in none."""
        if spot.block < 0:
            return True
        block = self._plan.blocks[spot.block]
        # Read once a push: before its block is written anew, the page is compared by checksum
        # again.
        if block.page not in self._blocks:
            self._blocks[block.page] = _held(self._plan.vault, block.page)
        return (block.opener, block.checksum) in self._blocks[block.page]

    def _changed(self, change: ItemChange) -> StepOutcome:
        """Looks at an item, changes it and looks again.

        Raises:
            UnfitError: it can't be changed so.
            SourceError: Taiga can't be asked; nothing was changed.
            _StoppedError: nor can it be told whether anything was.
        """
        seen: Item | None = None
        # One look more than it is sent: what became of the last request is looked at as well.
        for attempt in range(_ATTEMPTS + 1):
            now = self._remote.item(change.item.kind, change.item.id)
            if now is None:
                raise UnfitError(GONE, by_taiga=True)
            values = self._values(change)
            if as_wanted(change, now):
                if seen is not None:
                    # Ours, whose answer was lost or overtaken.
                    return self._proven(change, seen, now, values)
                return StepOutcome(change, Fate.ALREADY, "Taiga has it already")
            # Before each request, the second too: what somebody set between the two is not
            # overwritten.
            conflict = conflict_of(change, now, values, self._remote)
            if conflict is not None:
                by = f" by {conflict.by}" if conflict.by else ""
                raise UnfitError(
                    f"it was changed in Taiga meanwhile{by}: {conflict.rendered} → {conflict.now}"
                )
            if attempt == _ATTEMPTS:
                break
            # Here again, though the plan asked: a task that was opened since would keep the story
            # open, and the tick would come back with each render.
            if change.closes is not None:
                keeps(self._remote, change.item, closes=change.closes)
            seen = now
            answer = self._sent(change, now, is_last=attempt == _ATTEMPTS - 1)
            if answer is not None:
                return self._proven(change, now, answer, values)
        raise UnfitError("Taiga says each time that somebody else is changing it: push again")

    def _values(self, change: ItemChange) -> Vocabulary:
        project = self._remote.project(change.item.slug)
        return Vocabulary(project or {}, change.item.kind)

    def _sent(self, change: ItemChange, now: Item, *, is_last: bool) -> Item | None:
        """Sends a change once; None where it is to be looked at, and sent once more.

        Raises:
            UnfitError: Taiga refuses it.
            SourceError: nothing was sent.
            _StoppedError: it can't be told.
        """
        payload, users = _payload(change, now)
        request = self._request(change, now, users)
        # On disk before it leaves: a kill from here on leaves an open entry, at which the next push
        # looks.
        self._journal.add(request)
        try:
            answer = self._remote.change(change.item.kind, change.item.id, payload)
        except RefusedError as error:
            self._journal.close(request, f"refused with {error.status}")
            if "version" in error.fields:
                # Perhaps a false alarm, perhaps our own request that came late: it is looked at.
                return None
            raise self._unfit(error, change) from error
        except LoginError:
            self._journal.close(request, "refused with 401")
            raise
        except UnreachableError as error:
            # No answer is no refusal: it may have arrived.
            return self._looked(change, request, error, is_last=is_last)
        self._journal.close(request, DONE)
        return answer

    def _looked(
        self, change: ItemChange, request: Request, error: UnreachableError, *, is_last: bool
    ) -> Item | None:
        """What became of a request whose answer did not come: as of `_sent`."""
        try:
            now = self._remote.item(change.item.kind, change.item.id)
        except SourceError:
            # The next push settles it.
            raise _StoppedError(error) from error
        if now is not None and now.get(change.field) == change.to:
            self._journal.close(request, DONE)
            return now
        # Should it come late: its version is stale by then, or Taiga tells so of the next one,
        # which is looked at (k5).
        self._journal.close(request, "did not arrive")
        if is_last:
            raise error
        return None

    def _request(
        self, change: ItemChange, now: Item, users: tuple[tuple[int, ...], tuple[int, ...]] | None
    ) -> Request:
        item, version = change.item, now.get("version")
        return replace(
            self._numbered(change),
            id=item.id,
            ref=item.ref,
            field=change.field,
            was=now.get(change.field),
            to=change.to,
            version=version if isinstance(version, int) else 0,
            users=users,
            word=change.word,
            note=lost_note(change.field, change.to, now),
        )

    def _numbered(self, step: ItemChange | Creation) -> Request:
        """The next request of this push, and what it is of: all else is yet to be said."""
        self._number += 1
        spot, item = step.spots[0], step.item
        return Request(
            run=self._run,
            number=self._number,
            at=clock.seconds(),
            page=spot.page,
            line=spot.line,
            kind=item.kind,
            project=item.slug,
            id=0,
            ref=0,
            subject=item.subject,
            field="",
            was=None,
            to=None,
            version=0,
        )

    def _unfit(self, error: RefusedError, step: ItemChange | Creation) -> UnfitError:
        """Why Taiga refuses a write."""
        return UnfitError(self._reason(error, step), by_taiga=True)

    def _reason(self, error: RefusedError, step: ItemChange | Creation) -> str:
        slug = step.item.slug
        if error.status == HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS:
            return f"the project {slug} is blocked: nothing in it can be changed"
        if error.status != HTTPStatus.FORBIDDEN:
            return error.message
        # As it is now: the right may have been taken away since, or Taiga means another project's
        # value with its 403 (k2).
        self._remote.forget(slug)
        project = self._remote.project(slug)
        if project is None:
            return f"this account does not see the project {slug} any more"
        try:
            right = "modify" if isinstance(step, ItemChange) else "add"
            Vocabulary(project, step.item.kind).demand_right(right)
        except UnfitError as unfit:
            return unfit.reason
        return (
            "Taiga forbids it although this account has the right: "
            "the item, or what is set on it, may be another project's by now"
        )

    def _proven(
        self, change: ItemChange, before: Item, now: Item, values: Vocabulary
    ) -> StepOutcome:
        """The outcome of a change that arrived, told by its entry in the history."""
        told = []
        if change.closes is not None and now.get("is_closed") is not change.closes:
            told.append(f"Taiga keeps it {'closed' if now.get('is_closed') else 'open'}")
        elif now.get(change.field) != change.to:
            told.append(f"Taiga made {values.text(change.field, now.get(change.field))!r} of it")
        try:
            told += self._overwritten(change, before, values)
        except SourceError:
            told.append("whether somebody changed it at the same moment could not be looked up")
        return StepOutcome(change, Fate.SENT, "; ".join(told))

    def _overwritten(self, change: ItemChange, before: Item, values: Vocabulary) -> Iterator[str]:
        """Who changed the same field between our look and our request, which no version tells."""
        key = diff_key(change.item.kind, change.field)
        history = self._remote.history(change.item.kind, change.item.id)
        diffs = [(entry, _diff(entry, key)) for entry in history]
        told = [(entry, diff) for entry, diff in diffs if diff is not None]
        me = self._remote.me.get("id")
        mine = next(
            (
                place
                for place, (entry, diff) in enumerate(told)
                if _user(entry) == me and (key == USERS or diff[1] == change.to)
            ),
            None,
        )
        if mine is None:
            return
        # Our own entry says what was there when the request came. A drag raises no version, so that
        # our look and the version in the request can't tell (k5).
        found, expected = told[mine][1][0], before.get(key if key == USERS else change.field)
        if _plain(found) == _plain(expected):
            return
        other = told[mine + 1][0] if mine + 1 < len(told) else {}
        by = author_of(other) or "somebody"
        shown = "" if key == USERS else f" to {values.text(change.field, found)!r}"
        yield f"{by} changed it{shown} within the same moment, and that is overwritten"

    def _created(self, creation: Creation) -> StepOutcome:
        """Makes an item, unless it is made already: no POST is ever sent twice.

        Raises:
            UnfitError: Taiga refuses it.
            SourceError: nothing was sent.
            _StoppedError: it can't be told whether it was made.
        """
        # Under the lock: another push of the same page may have made it since the plan.
        made = self._journal.made(creation.block)
        if made is not None:
            return StepOutcome(creation, Fate.ALREADY, f"#{made.ref} was made of it", made.ref)
        mine = self._remote.mine(creation.item.kind, creation.item.project)
        request = self._creation(creation, mine)
        # Epics carry no key (k3): by its subject alone an older epic would be taken for this
        # line's.
        ref = 0 if creation.item.kind == "epics" else _made_elsewhere(mine, request)
        if ref:
            # Written down as if it were ours: while the line stands, no push makes it again.
            self._journal.add(request)
            self._journal.close(request, DONE, ref)
            return StepOutcome(creation, Fate.ALREADY, f"#{ref} was made of it", ref)
        self._journal.add(request)
        try:
            answer = self._remote.make(creation.item.kind, creation.item.payload)
        except RefusedError as error:
            self._journal.close(request, f"refused with {error.status}")
            raise self._unfit(error, creation) from error
        except LoginError:
            self._journal.close(request, "refused with 401")
            raise
        except UnreachableError as error:
            return self._found(creation, request, error)
        self._journal.close(request, DONE, _ref(answer))
        return StepOutcome(creation, Fate.SENT, creation.item.note, _ref(answer))

    def _found(self, creation: Creation, request: Request, error: UnreachableError) -> StepOutcome:
        """What became of a POST whose answer did not come.

        Raises:
            _StoppedError: that can't be told: it may arrive yet.
        """
        try:
            ref = _made(self._remote, request)
        except SourceError:
            ref = 0
        # Not closed: the request may be on its way yet, and Taiga makes a second item of a second
        # POST (k3).
        if not ref:
            raise _StoppedError(error) from error
        self._journal.close(request, DONE, ref)
        return StepOutcome(creation, Fate.SENT, creation.item.note, ref)

    def _creation(self, creation: Creation, mine: Iterable[Item]) -> Request:
        numbers = [number for item in mine if isinstance(number := item.get("id"), int)]
        return replace(
            self._numbered(creation),
            # Of what is to be made the project's: where it is looked for.
            id=creation.item.project,
            key=creation.item.key,
            newest=max(numbers, default=0),
            block=creation.block,
            word="new",
        )


def _held(vault: Vault, page: str) -> frozenset[tuple[str, str]]:
    """What the blocks of a page hold, by their openers; none of a page that can't be read."""
    try:
        blocks = find_blocks(vault.read(page).text, page=page, dialect=vault.dialect)
    except (BlockError, WriteError):
        return frozenset()
    return frozenset((block.text, checksum(block.body)) for block in blocks)


def _payload(
    change: ItemChange, now: Item
) -> tuple[dict[str, object], tuple[tuple[int, ...], tuple[int, ...]] | None]:
    """What is sent of a change, and to whom a story is assigned before and behind.

    The version is that of this very look: one read at render time protects nothing (k5).
    """
    payload = {change.field: change.to, "version": now.get("version")}
    if change.blocked_note:
        payload[NOTE] = change.blocked_note
    held = now.get(USERS)
    if change.field != ASSIGNEE.raw or not isinstance(held, list):
        return payload, None
    # A story's `assigned_to` is guarded by no version, the set beside it is (k5). All others in it
    # stay: Taiga replaces the set as a whole.
    before = tuple(sorted(one for one in held if isinstance(one, int)))
    # Where the set is what the push left, the undo puts back who was there, in number too.
    if change.users is not None and change.users[0] == before:
        behind = change.users[1]
    else:
        old, new = now.get(ASSIGNEE.raw), change.to
        kept = [one for one in before if one != old]
        behind = tuple(sorted({*kept, *([new] if isinstance(new, int) else [])}))
    return payload | {USERS: [*behind]}, (before, behind)


def _diff(entry: Item, key: str) -> list[object] | None:
    match entry.get("diff"):
        case dict(diff):
            match diff.get(key):
                case [was, to]:
                    return [was, to]
    return None


def _user(entry: Item) -> object:
    user = entry.get("user")
    return user.get("pk") if isinstance(user, dict) else None


def _plain(value: object) -> object:
    """A value to compare: of several people in no order."""
    return {*value} if isinstance(value, list) else value


def left_open(entries: Sequence[Entry]) -> list[str]:
    """Requests of which it is not known what came of them, as people name them."""
    return [
        f"{entry.request.page}:{entry.request.line}: {entry.request.subject}" for entry in entries
    ]
