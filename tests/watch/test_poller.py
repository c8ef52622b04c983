from __future__ import annotations

from contextlib import contextmanager
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, cast

from taiga_notes.errors import LoginError, SourceError, UnreachableError
from taiga_notes.model.rows import Listing
from taiga_notes.refresh.dependencies import ME, stamp_of_me
from taiga_notes.taiga.store_report import State
from taiga_notes.watch.events import Topic
from taiga_notes.watch.inbox import Inbox
from taiga_notes.watch.page_states import PageStates
from taiga_notes.watch.poller import Poller, PollResult, look
from taiga_notes.watch.schedule import Cadence, Schedule
from taiga_notes.watch.taiga_watch import TaigaWatch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taiga_notes.taiga.source import Taiga

STORIES, ISSUES, TASKS = (Listing(kind, "acme") for kind in ("userstories", "issues", "tasks"))


class Stamped:
    def __init__(self, stamp: str) -> None:
        self.stamp = stamp


class Scripted:
    """A Taiga that says what it is told to, by list."""

    def __init__(self, **says: str | Exception) -> None:
        self.says = says
        self.calls: list[str] = []
        self.state = State()
        self.remembers = True

    def begin(self) -> None:
        self.calls.append("begin")

    def rest(self) -> None:
        self.calls.append("rest")

    def rows(self, listing: Listing) -> Stamped:
        match self.says.get(listing.kind):
            case Exception() as error:
                raise error
            case said:
                return Stamped(str(said))

    def me(self) -> dict[str, object]:
        return {"id": 7}


def taiga(**says: str | Exception) -> Taiga:
    return cast("Taiga", Scripted(**says))


def test_a_look_tells_the_stamp_of_every_list() -> None:
    seen = look(taiga(userstories="a", issues="b"), {STORIES, ISSUES, ME})

    assert seen == PollResult({STORIES: "a", ISSUES: "b", ME: stamp_of_me({"id": 7})})


def test_a_refused_list_spares_the_others() -> None:
    error = SourceError("no right")

    seen = look(taiga(userstories="a", issues=error), {STORIES, ISSUES})

    assert seen == PollResult({STORIES: "a", ISSUES: "no right"}, {ISSUES: error})


def test_a_server_that_can_not_be_reached_is_asked_no_further() -> None:
    error = UnreachableError("no network")

    seen = look(taiga(issues=error, userstories="a"), {STORIES, ISSUES})

    assert seen == PollResult(trouble=error)


def test_a_server_that_left_the_store_to_answer_is_in_trouble_as_well() -> None:
    source = Scripted(userstories="a")
    error = UnreachableError("no answer")
    source.state = State(trouble="server unreachable", error=error)

    seen = look(cast("Taiga", source), {STORIES})

    assert (seen.answers, seen.trouble) == ({STORIES: "a"}, error)


def test_a_login_that_opens_no_list_is_no_matter_of_the_lists() -> None:
    error = LoginError("log in")

    assert look(taiga(userstories=error, issues=error), {STORIES, ISSUES}) == PollResult(
        trouble=error
    )
    assert look(taiga(userstories=error, issues="b"), {STORIES, ISSUES}).trouble is None


def test_no_view_of_the_store_is_left_open() -> None:
    source = Scripted(userstories="a")
    look(cast("Taiga", source), {STORIES})

    assert source.calls == ["begin", "rest"]


def test_without_a_store_there_is_no_answer_for_others() -> None:
    source = Scripted(userstories="a")
    source.remembers = False

    assert str(look(cast("Taiga", source), {STORIES}).trouble).startswith("without a store")


class Connections:
    """Opens Taigas, one after the other as they are given."""

    def __init__(self, *sources: Any) -> None:
        self.sources = list(sources)
        self.closed = 0

    @contextmanager
    def __call__(self) -> Iterator[Taiga]:
        source = self.sources.pop(0)
        if isinstance(source, Exception):
            raise source
        yield cast("Taiga", source)
        self.closed += 1


def test_a_looker_answers_each_question_and_begins_anew_after_a_crash() -> None:
    told: SimpleQueue[PollResult] = SimpleQueue()
    crash = ZeroDivisionError("by zero")
    connections = Connections(Scripted(userstories=crash), OSError("no"), Scripted(userstories="a"))
    looker = Poller(connections, told.put)
    for _ in range(4):
        looker.ask({STORIES})

    troubles = [str(told.get(timeout=120).trouble) for _ in range(4)]
    looker.close()

    assert troubles == ["by zero", "no", "None", "None"]


def test_a_looker_tries_a_store_again_that_could_not_be_used() -> None:
    told: SimpleQueue[PollResult] = SimpleQueue()
    full = Scripted(userstories="a")

    def fill(_look: PollResult) -> None:
        full.remembers = False
        told.put(_look)

    looker = Poller(Connections(full, Scripted(userstories="b")), fill)
    for _ in range(2):
        looker.ask({STORIES})
        told_last = told.get(timeout=120)
    looker.close()

    assert told_last.answers == {STORIES: "b"}


def test_a_closed_looker_tells_no_more() -> None:
    told: SimpleQueue[PollResult] = SimpleQueue()
    looker = Poller(Connections(Scripted(userstories="a")), told.put)
    looker.close()
    looker.ask({STORIES})

    assert told.empty()


class Desk:
    """An `TaigaWatch` without a looker: its questions are answered by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pages = PageStates()
        self.agenda = Schedule(0.1, Cadence(60, lambda: 0.5), 0)
        self.asking = TaigaWatch(Inbox(), self.pages, self.agenda, clock=lambda: self.now)
        self.questions: list[set[Listing]] = []
        self.asking._looker = cast("Poller", self)

    def ask(self, lists: set[Listing]) -> None:
        self.questions.append(set(lists))


def test_a_page_that_was_given_something_else_is_not_true_any_more() -> None:
    desk = Desk()
    desk.pages.asked = {"A.md": {STORIES: "a", ISSUES: "b"}, "B.md": {ISSUES: "b"}, "C.md": {}}
    desk.asking.ask()
    assert desk.questions == [{STORIES, ISSUES}]

    stale, news = desk.asking.take(PollResult({STORIES: "new", ISSUES: "b"}))

    assert (stale, news) == ({"A.md"}, [])
    assert desk.agenda.next_look == 60


def test_a_vault_without_blocks_asks_nobody() -> None:
    desk = Desk()
    desk.asking.ask()

    assert desk.questions == []
    assert desk.agenda.next_look == 60


def test_a_list_that_was_never_looked_at_is_asked_for_at_once() -> None:
    desk = Desk()
    desk.pages.asked = {"A.md": {STORIES: None}}
    desk.asking.ask_for_new()
    desk.asking.take(PollResult({STORIES: "a"}))
    desk.asking.ask_for_new()
    assert desk.questions == [{STORIES}]

    desk.pages.asked["B.md"] = {ISSUES: None}
    desk.asking.ask_for_new()
    assert desk.questions == [{STORIES}, {STORIES, ISSUES}]


def test_what_is_asked_during_a_look_is_one_more_look_after_it() -> None:
    desk = Desk()
    desk.pages.asked = {"A.md": {STORIES: "a"}}
    for _ in range(5):
        desk.asking.ask()
    assert len(desk.questions) == 1
    desk.asking.take(PollResult({STORIES: "a"}))
    assert len(desk.questions) == 2
    desk.asking.take(PollResult({STORIES: "a"}))
    assert len(desk.questions) == 2


def test_trouble_is_told_when_it_begins_changes_and_ends() -> None:
    desk = Desk()
    desk.pages.asked = {"A.md": {STORIES: "a"}}
    away, throttled = UnreachableError("no network"), UnreachableError("throttled")
    told = []
    for trouble in (away, away, throttled, ValueError("odd"), None, None):
        desk.asking.ask()
        told += desk.asking.take(PollResult(trouble=trouble))[1]

    assert [(item.topic, item.bad) for item in told] == [
        (Topic.TAIGA, True),
        (Topic.TAIGA, True),
        (Topic.MISTAKE, True),
        (Topic.TAIGA, False),
    ]
    assert desk.asking.trouble == ""


def test_notes_about_the_store_are_told_once() -> None:
    desk = Desk()
    told = [
        item.text
        for notes in (("set aside",), ("set aside",), (), ("set aside",))
        for item in desk.asking.take(PollResult(notes=notes))[1]
    ]

    assert told == ["set aside", "set aside"]
