from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING

from taiga_notes.watch import inbox as inbox_module
from taiga_notes.watch.inbox import Inbox, Messages
from taiga_notes.webhook.signatures import Delivery

if TYPE_CHECKING:
    import pytest


def ticking() -> Inbox:
    times = iter(range(1, 10**6))
    return Inbox(lambda: float(next(times)))


def test_what_came_in_is_taken_once() -> None:
    inbox = ticking()
    inbox.touch("a.md")
    inbox.enter("folder")
    inbox.reload()

    assert inbox.wait(0) == Messages({"a.md": 1.0}, folders={"folder"}, reload=True)
    assert inbox.wait(0) == Messages()


def test_the_last_touch_counts() -> None:
    inbox = ticking()
    inbox.touch("a.md")
    inbox.touch("a.md")

    assert inbox.wait(0).touched == {"a.md": 2.0}


def test_a_page_that_went_and_came_back_is_there() -> None:
    # vim: the page is renamed away, then made anew.
    inbox = ticking()
    inbox.lose("a.md")
    inbox.touch("a.md")
    inbox.touch("b.md")
    inbox.lose("b.md")

    messages = inbox.wait(0)

    assert (set(messages.touched), messages.gone) == ({"a.md"}, {"b.md"})


def test_a_thousand_deliveries_are_one_hint() -> None:
    inbox = ticking()
    for number in range(1000):
        inbox.deliver(Delivery(("acme",), "userstories", number))
    inbox.refuse("too slow")

    messages = inbox.wait(0)

    assert messages.hint == 1000
    assert messages.deliveries == Counter(acme=1000)
    assert messages.refusals == Counter({"too slow": 1})


def test_beyond_a_bound_the_whole_vault_is_to_be_scanned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inbox_module, "MOST_NAMES", 10)
    inbox = ticking()
    for number in range(11):
        inbox.touch(f"{number}.md")
        inbox.lose(f"gone {number}.md")

    messages = inbox.wait(0)

    assert messages.lost
    assert len(messages.touched) + len(messages.gone) <= 20


def test_what_comes_in_wakes_the_one_who_waits() -> None:
    inbox = Inbox()
    timer = threading.Timer(0.01, inbox.doubt)
    timer.start()

    assert inbox.wait(60).lost
    timer.join()


def test_stopping_wakes_the_one_who_waits_and_stays_known() -> None:
    inbox = Inbox()
    before = inbox.stopping
    inbox.stop()

    assert inbox.wait(60) == Messages()
    assert (before, inbox.stopping) == (False, True)
    assert inbox.stopped(60)
