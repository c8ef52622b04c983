"""Looking at Taiga, in a thread of its own: a server may take minutes, and saves don't wait.

A look brings the store up to date and tells what each list is like now. Pages are rendered from
the store alone.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TYPE_CHECKING

from taiga_notes.errors import LoginError, SourceError, UnreachableError
from taiga_notes.refresh.dependencies import stamp_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from contextlib import AbstractContextManager

    from taiga_notes.model.rows import Listing
    from taiga_notes.refresh.dependencies import ListState
    from taiga_notes.taiga.source import Taiga


@dataclass(frozen=True, slots=True)
class PollResult:
    """What came of a look.

    Attributes:
        answers: what the lists are like now, as far as Taiga told.
        refusals: what Taiga said where it refused a list.
        trouble: why not all could be asked; None where it could.
        notes: about the store itself.
    """

    answers: Mapping[Listing, ListState] = field(default_factory=dict)
    refusals: Mapping[Listing, SourceError] = field(default_factory=dict)
    trouble: Exception | None = None
    notes: tuple[str, ...] = ()


class Poller:
    """Looks at Taiga when asked to.

    Args:
        connect: opens a `Taiga`; called in the looker's own thread.
        tell: called in that thread with what came of each look.
    """

    def __init__(
        self,
        connect: Callable[[], AbstractContextManager[Taiga]],
        tell: Callable[[PollResult], None],
    ) -> None:
        self._connect = connect
        self._tell = tell
        self._closed = False
        self._asked: SimpleQueue[frozenset[Listing] | None] = SimpleQueue()
        thread = threading.Thread(target=self._run, name="look at Taiga", daemon=True)
        thread.start()

    def ask(self, lists: Iterable[Listing]) -> None:
        """Has these lists looked at; what comes of it goes to `tell`."""
        self._asked.put(frozenset(lists))

    def close(self) -> None:
        """Ends the thread after the look that it is at, of which nothing is told any more."""
        self._closed = True
        self._asked.put(None)

    def _run(self) -> None:
        lists = self._asked.get()
        while lists is not None:
            try:
                with self._connect() as taiga:
                    # A store that can't be used may be usable by the next look.
                    while lists is not None and taiga.remembers:
                        self._told(look(taiga, lists))
                        lists = self._asked.get()
            except Exception as error:  # noqa: BLE001  (no mistake may end the watch)
                # Begun anew at the next look, store and connection included.
                self._told(PollResult(trouble=error))
                lists = self._asked.get()

    def _told(self, what: PollResult) -> None:
        if not self._closed:
            self._tell(what)


def look(taiga: Taiga, lists: Iterable[Listing]) -> PollResult:
    """Brings lists in the store up to date, and tells what they are like now."""
    taiga.begin()
    answers: dict[Listing, ListState] = {}
    refusals: dict[Listing, SourceError] = {}
    trouble: SourceError | None = None
    for listing in sorted(lists, key=str):
        try:
            answers[listing] = stamp_of(taiga, listing)
        except UnreachableError as error:
            trouble = error
            break
        except SourceError as error:
            answers[listing], refusals[listing] = str(error), error
    state = taiga.state
    trouble = trouble or state.error
    taiga.rest()
    if not taiga.remembers:
        return PollResult(trouble=_no_store(), notes=state.notes)
    if trouble is None and (shut := _shut_out(answers, refusals)):
        return PollResult(trouble=shut, notes=state.notes)
    return PollResult(answers, refusals, trouble, state.notes)


def _no_store() -> SourceError:
    return SourceError(
        "without a store no page can be kept true",
        hint="set XDG_CACHE_HOME to a folder that you may write to",
    )


def _shut_out(
    answers: Mapping[Listing, ListState], refusals: Mapping[Listing, SourceError]
) -> SourceError | None:
    """Why nothing at all is shown to this account, if so: that is no matter of single lists."""
    logins = [error for error in refusals.values() if isinstance(error, LoginError)]
    return logins[0] if logins and len(refusals) == len(answers) else None
