"""What a run does about a page that somebody else is writing: waits, or passes it by for now."""

from __future__ import annotations

import time

from taiga_notes.errors import PageBusyError

LONGEST = 10.0
"""Seconds that a quiet time is waited for at most: a vault's settings are not to hold up a run."""

PATIENCE = 2.0
"""Seconds that a run waits in all for programs that have pages open."""

NAMED = 5
"""For how many pages a run looks up who has them open: that takes as long as a page."""

STEP = 0.02
"""Seconds between two looks at such a page: most saves take less."""


class WaitOnce:
    """For a run that a person started: a while is waited, once in all, and then it is told."""

    def __init__(self) -> None:
        self._rested = 0.0
        self._waited = 0.0
        self._named = 0

    def saved(self, _page: str, rest: float, quiet: float) -> None:
        """Called for a page that was saved a moment ago; returns when it may be written.

        In all it is waited for one quiet time, by which all is quiet that was saved before.

        Args:
            rest: seconds until the page has been quiet for long enough.
            quiet: how many seconds are.
        """
        pause = min(rest, min(quiet, LONGEST) - self._rested)
        if pause > 0:
            self._rested += pause
            time.sleep(pause)

    def held(self, page: str, path: str) -> None:
        """Called for a page that somebody has open for writing; returns when to look again.

        Args:
            page: its name.
            path: the file.

        Raises:
            PageBusyError: it is not to be waited for any longer.
        """
        from taiga_notes.system.leases import holders  # noqa: PLC0415  (hardly ever)

        if self._waited >= PATIENCE:
            self._named += 1
            raise written_by(page, holders(path) if self._named <= NAMED else "")
        self._waited += STEP
        time.sleep(STEP)


class PutOff:
    """For a run that is followed by others: nothing is waited for, and `PageBusyError` raised."""

    def saved(self, page: str, rest: float, _quiet: float) -> None:
        """See `WaitOnce.saved`."""
        raise written_by(page, rest=rest)

    def held(self, page: str, _path: str) -> None:
        """See `WaitOnce.held`."""
        raise written_by(page)


WaitPolicy = WaitOnce | PutOff


def written_by(page: str, who: str = "", rest: float = STEP) -> PageBusyError:
    """What is told of a page that somebody is writing.

    Args:
        page: its name.
        who: see `holders`.
        rest: see `PageBusyError`.
    """
    message = f"is left alone while {who or 'another program'} is writing it"
    return PageBusyError(message, page=page, hint="close it there, or try again later", rest=rest)
