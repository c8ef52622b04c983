from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING

from taiga_notes.watch import inbox as flags_module
from taiga_notes.watch.inbox import Inbox, Raised
from taiga_notes.webhook.signatures import Delivery

if TYPE_CHECKING:
    import pytest


def ticking() -> Inbox:
    times = iter(range(1, 10**6))
    return Inbox(lambda: float(next(times)))


def test_flags_are_taken_once() -> None:
    flags = ticking()
    flags.touch("a.md")
    flags.enter("folder")
    flags.reload()

    assert flags.wait(0) == Raised({"a.md": 1.0}, folders={"folder"}, reload=True)
    assert flags.wait(0) == Raised()


def test_the_last_touch_counts() -> None:
    flags = ticking()
    flags.touch("a.md")
    flags.touch("a.md")

    assert flags.wait(0).touched == {"a.md": 2.0}


def test_a_page_that_went_and_came_back_is_there() -> None:
    # vim: the page is renamed away, then made anew.
    flags = ticking()
    flags.lose("a.md")
    flags.touch("a.md")
    flags.touch("b.md")
    flags.lose("b.md")

    raised = flags.wait(0)

    assert (set(raised.touched), raised.gone) == ({"a.md"}, {"b.md"})


def test_a_thousand_deliveries_are_one_hint() -> None:
    flags = ticking()
    for number in range(1000):
        flags.deliver(Delivery(("acme",), "userstories", number))
    flags.refuse("too slow")

    raised = flags.wait(0)

    assert raised.hint == 1000
    assert raised.deliveries == Counter(acme=1000)
    assert raised.refusals == Counter({"too slow": 1})


def test_beyond_a_bound_the_whole_vault_is_to_be_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(flags_module, "MOST_NAMES", 10)
    flags = ticking()
    for number in range(11):
        flags.touch(f"{number}.md")
        flags.lose(f"gone {number}.md")

    raised = flags.wait(0)

    assert raised.lost
    assert len(raised.touched) + len(raised.gone) <= 20


def test_a_flag_wakes_the_one_who_waits() -> None:
    flags = Inbox()
    timer = threading.Timer(0.01, flags.doubt)
    timer.start()

    assert flags.wait(60).lost
    timer.join()


def test_stopping_stays_known_after_the_flag_was_taken() -> None:
    flags = Inbox()
    assert not flags.stopping
    flags.stop()

    assert flags.wait(0).stop
    assert flags.stopping
