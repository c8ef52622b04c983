from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, cast

from taiga_notes.errors import LoginError, SourceError, UnknownServerError, UnreachableError
from taiga_notes.model.details import DetailRequest
from taiga_notes.model.rows import Listing
from taiga_notes.refresh.dependencies import ME, stamp_of_me
from taiga_notes.taiga.http.responses import throttled
from taiga_notes.taiga.store_report import State
from taiga_notes.watch.events import Topic
from taiga_notes.watch.poller import Poller, PollResult, PollThread, poll, poll_each
from tests.tables import each

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taiga_notes.taiga.servers import Servers
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
        self.calls.append(listing.kind)
        match self.says.get(listing.kind):
            case Exception() as error:
                raise error
            case said:
                return Stamped(str(said))

    def details(self, request: DetailRequest) -> Stamped:
        self.calls.append(request.piece)
        return Stamped(f"{request.piece} {self.says[request.kind]}")

    def me(self, _server: str = "", /) -> dict[str, object]:
        return {"id": 7}


def taiga(**says: str | Exception) -> Taiga:
    return cast("Taiga", Scripted(**says))


def test_a_poll_tells_the_stamp_of_every_list() -> None:
    seen = poll(taiga(userstories="a", issues="b"), {STORIES, ISSUES, ME})

    assert seen == PollResult({STORIES: "a", ISSUES: "b", ME: stamp_of_me({"id": 7})})


def test_what_lists_leave_out_is_polled_after_them() -> None:
    comments = DetailRequest("userstories", "acme", "comments", (1, 2))
    source = Scripted(userstories="a")

    seen = poll(cast("Taiga", source), {comments, STORIES})

    assert seen == PollResult({STORIES: "a", comments: "comments a"})
    assert source.calls == ["begin", "userstories", "comments", "rest"]


def test_a_refused_list_spares_the_others() -> None:
    error = SourceError("no right")

    seen = poll(taiga(userstories="a", issues=error), {STORIES, ISSUES})

    assert seen == PollResult({STORIES: "a", ISSUES: "no right"}, {ISSUES: error})


def test_a_server_that_can_not_be_reached_is_asked_no_further() -> None:
    error = UnreachableError("no network")

    seen = poll(taiga(issues=error, userstories="a"), {STORIES, ISSUES})

    assert seen == PollResult(trouble=error)


def test_a_server_that_left_the_store_to_answer_is_in_trouble_as_well() -> None:
    source = Scripted(userstories="a")
    error = UnreachableError("no answer")
    source.state = State(trouble="server unreachable", error=error)

    seen = poll(cast("Taiga", source), {STORIES})

    assert (seen.answers, seen.trouble) == ({STORIES: "a"}, error)


def test_a_login_that_opens_no_list_is_no_matter_of_the_lists() -> None:
    error = LoginError("log in")

    assert poll(taiga(userstories=error, issues=error), {STORIES, ISSUES}) == PollResult(
        trouble=error
    )
    assert poll(taiga(userstories=error, issues="b"), {STORIES, ISSUES}).trouble is None


def test_no_view_of_the_store_is_left_open() -> None:
    source = Scripted(userstories="a")
    poll(cast("Taiga", source), {STORIES})

    assert source.calls == ["begin", "userstories", "rest"]


def test_without_a_store_there_is_no_answer_for_others() -> None:
    source = Scripted(userstories="a")
    source.remembers = False

    assert str(poll(cast("Taiga", source), {STORIES}).trouble).startswith("without a store")


class Alone:
    """Servers, of which there is but one."""

    def __init__(self, source: Any) -> None:
        self.source = source

    def at(self, _server: str) -> Any:
        return self.source

    @property
    def remembers(self) -> bool:
        return bool(self.source.remembers)


class Connections:
    """Opens servers, one after the other as they are given."""

    def __init__(self, *sources: Any) -> None:
        self.sources = list(sources)
        self.closed = 0

    @contextmanager
    def __call__(self) -> Iterator[Servers]:
        source = self.sources.pop(0)
        if isinstance(source, Exception):
            raise source
        yield cast("Servers", Alone(source))
        self.closed += 1


def test_a_thread_answers_each_question_and_begins_anew_after_a_crash() -> None:
    told: SimpleQueue[PollResult] = SimpleQueue()
    crash = ZeroDivisionError("by zero")
    connections = Connections(Scripted(userstories=crash), OSError("no"), Scripted(userstories="a"))
    thread = PollThread(connections, told.put)
    for _ in range(4):
        thread.poll({STORIES})

    troubles = [str(told.get(timeout=120).trouble) for _ in range(4)]
    thread.close()

    assert troubles == ["by zero", "no", "None", "None"]


def test_a_thread_tries_a_store_again_that_could_not_be_used() -> None:
    told: SimpleQueue[PollResult] = SimpleQueue()
    full = Scripted(userstories="a")

    def fill(result: PollResult) -> None:
        full.remembers = False
        told.put(result)

    thread = PollThread(Connections(full, Scripted(userstories="b")), fill)
    for _ in range(2):
        thread.poll({STORIES})
        told_last = told.get(timeout=120)
    thread.close()

    assert told_last.answers == {STORIES: "b"}


def test_a_closed_thread_tells_no_more() -> None:
    told: SimpleQueue[PollResult] = SimpleQueue()
    thread = PollThread(Connections(Scripted(userstories="a")), told.put)
    thread.close()
    thread.poll({STORIES})

    assert told.empty()


class Desk:
    """A `Poller` without a thread: its polls are answered by hand."""

    def __init__(self) -> None:
        self.poller = Poller(lambda _result: None)
        self.polls: list[set[Listing]] = []
        self.poller._thread = cast("PollThread", self)

    def poll(self, lists: frozenset[Listing]) -> None:
        self.polls.append(set(lists))

    def told(self, trouble: Exception | None = None, notes: tuple[str, ...] = ()) -> list[str]:
        """What is told of a poll that ends so."""
        events = self.poller.take(PollResult(trouble=trouble, notes=notes))
        return [event.text for event in events]


def test_lists_are_held_as_of_the_begin_of_a_poll_that_went_well() -> None:
    desk = Desk()
    poller = desk.poller
    assert poller.held_at(()) is None
    poller.poll({STORIES, ISSUES})
    assert poller.held_at({STORIES}) is None
    desk.told()
    first = poller.held_at({STORIES})
    assert first is not None
    assert first <= (poller.at or 0)
    # While the next one is under way, the last one counts.
    poller.poll({STORIES, TASKS})
    assert poller.held_at({ISSUES}) == first
    assert poller.held_at({TASKS}) is None
    desk.told(UnreachableError("no network"))
    assert poller.held_at({STORIES}) is None


def test_without_a_list_nobody_is_asked() -> None:
    desk = Desk()

    assert not desk.poller.poll([])
    assert desk.polls == []


def test_a_list_is_known_once_it_is_being_polled() -> None:
    desk = Desk()
    assert desk.poller.knows([])
    assert not desk.poller.knows([STORIES])

    assert desk.poller.poll([STORIES])
    assert desk.poller.knows([STORIES])
    assert not desk.poller.knows([STORIES, ISSUES])


def test_what_is_wanted_during_a_poll_is_one_more_poll_after_it() -> None:
    desk = Desk()
    for _ in range(5):
        assert desk.poller.poll([STORIES])
    assert desk.polls == [{STORIES}]
    assert desk.told() == []
    assert desk.poller.again

    assert desk.poller.poll([STORIES, ISSUES])
    assert desk.told() == []
    assert desk.polls == [{STORIES}, {STORIES, ISSUES}]
    assert not desk.poller.again


def test_trouble_is_told_when_it_begins_changes_and_ends() -> None:
    desk = Desk()
    away, throttled = UnreachableError("no network"), UnreachableError("throttled")
    told = []
    for trouble in (away, away, throttled, ValueError("odd"), None, None):
        told += desk.poller.take(PollResult(trouble=trouble))

    assert [(event.topic, event.bad) for event in told] == [
        (Topic.TAIGA, True),
        (Topic.TAIGA, True),
        (Topic.MISTAKE, True),
        (Topic.TAIGA, False),
    ]
    assert desk.poller.trouble == ""


@each(
    ("trouble", "over"),
    [
        (UnreachableError("no route"), "Taiga can be reached again"),
        (throttled(30), "Taiga answers again, and throttles no more"),
        (LoginError("log in"), "Taiga shows again what pages ask for"),
        (SourceError("no store"), "Taiga is looked at again"),
        (OSError("disk"), "Taiga is looked at again"),
    ],
)
def test_what_is_over_is_what_was_wrong(trouble: Exception, over: str) -> None:
    desk = Desk()
    assert desk.told(None) == []
    assert len(desk.told(trouble)) == 1
    assert desk.told(trouble) == []
    assert desk.told(None) == [over]
    assert desk.told(None) == []


def test_one_trouble_after_the_other_is_over_as_the_last_one() -> None:
    desk = Desk()
    desk.told(UnreachableError("no route"))
    assert desk.told(LoginError("log in")) == ["log in"], "it was reached, and nothing is well"
    assert desk.told(None) == ["Taiga shows again what pages ask for"]


def test_notes_about_the_store_are_told_once() -> None:
    desk = Desk()
    all_notes: list[tuple[str, ...]] = [("set aside",), ("set aside",), (), ("set aside",)]

    told = [text for notes in all_notes for text in desk.told(notes=notes)]

    assert told == ["set aside", "set aside"]


class Several:
    """Servers by name."""

    def __init__(self, **sources: Any) -> None:
        self.sources = sources

    def at(self, server: str) -> Any:
        if server not in self.sources:
            raise UnknownServerError(f"there is no server '{server}'")
        return self.sources[server]


def test_one_server_that_fails_spares_the_lists_of_the_others() -> None:
    work, none = replace(STORIES, server="work"), replace(STORIES, server="none")
    down = UnreachableError("no answer")
    servers = Several(home=Scripted(userstories=down), work=Scripted(userstories="w"))
    home = replace(STORIES, server="home")

    seen = poll_each(cast("Servers", servers), {home, work, none})

    assert seen.answers == {work: "w", none: "there is no server 'none'"}
    assert list(seen.refusals) == [none]
    assert (seen.trouble, seen.is_partial) == (down, True)
    alone = poll_each(cast("Servers", servers), {home})
    assert (alone.trouble, alone.is_partial) == (down, False)
