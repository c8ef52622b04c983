"""What is told when trouble with Taiga is over: that it was reached again only if it was not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from taiga_notes.errors import LoginError, SourceError, UnreachableError
from taiga_notes.taiga.http.responses import ThrottledError
from taiga_notes.watch.poller import PollResult
from taiga_notes.watch.taiga_watch import TaigaWatch

if TYPE_CHECKING:
    from taiga_notes.watch.inbox import Inbox
    from taiga_notes.watch.page_states import PageStates
    from taiga_notes.watch.schedule import Schedule


class Nothing:
    """Pages that ask for nothing, and an agenda that does not care."""

    def stale(self, _answers: object) -> set[str]:
        return set()

    def looked(self, *_: Any) -> None:
        pass


@pytest.fixture
def asking() -> TaigaWatch:
    nothing = Nothing()
    return TaigaWatch(
        cast("Inbox", nothing), cast("PageStates", nothing), cast("Schedule", nothing)
    )


def told(asking: TaigaWatch, trouble: Exception | None) -> list[str]:
    return [news.text for news in asking.take(PollResult(trouble=trouble))[1]]


@pytest.mark.parametrize(
    ("trouble", "over"),
    [
        (UnreachableError("no route"), "Taiga can be reached again"),
        (ThrottledError(30), "Taiga answers again, and throttles no more"),
        (LoginError("log in"), "Taiga shows again what pages ask for"),
        (SourceError("no store"), "Taiga is looked at again"),
        (OSError("disk"), "Taiga is looked at again"),
    ],
)
def test_what_is_over_is_what_was_wrong(asking: TaigaWatch, trouble: Exception, over: str) -> None:
    assert told(asking, None) == []
    assert len(told(asking, trouble)) == 1
    assert told(asking, trouble) == []
    assert told(asking, None) == [over]
    assert told(asking, None) == []


def test_one_trouble_after_the_other_is_over_as_the_last_one(asking: TaigaWatch) -> None:
    told(asking, UnreachableError("no route"))
    assert told(asking, LoginError("log in")) == ["log in"], "it was reached, and nothing is well"
    assert told(asking, None) == ["Taiga shows again what pages ask for"]
