from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taiga_notes.watch.schedule import (
    CALM,
    ECHOES,
    HINT_PATIENCE,
    HINT_QUIET,
    MOST_PATIENT,
    SLICE,
    SLOWEST,
    Cadence,
    Due,
    PollOutcome,
    Schedule,
)

EVERY = 60.0
QUIET = 0.3


def a_schedule(quiet: float = QUIET) -> Schedule:
    """One by which Taiga has just been polled, at time 0."""
    schedule = Schedule(quiet, Cadence(EVERY, lambda: 0.5), 0)
    assert schedule.due(0).poll
    schedule.polled(PollOutcome.CHANGED, 0)
    return schedule


def test_the_first_poll_is_due_at_once() -> None:
    assert Schedule(QUIET, Cadence(EVERY), 5).next() == 5


def test_a_page_is_due_once_after_its_quiet_time() -> None:
    schedule = a_schedule()
    schedule.touch("a.md", 1)

    assert schedule.next() == 1 + QUIET
    assert not schedule.due(1.29)
    assert schedule.due(1.3).files == {"a.md"}
    assert not schedule.due(1.3)


def test_a_page_being_typed_in_is_left_in_peace_and_spares_no_other() -> None:
    schedule = a_schedule()
    for tenth in range(20):
        schedule.touch("typed.md", tenth / 10)
    schedule.touch("b.md", 1)

    due = schedule.due(2)

    assert due.files == {"b.md"}
    assert schedule.take_pages() == ["b.md"]
    assert schedule.due(1.9 + QUIET).files == {"typed.md"}


def test_no_quiet_time_still_outlasts_a_save_in_two_steps() -> None:
    schedule = a_schedule(quiet=0)
    schedule.touch("a.md", 0)
    assert 0.02 < schedule.next() < 0.1

    schedule.adopt(0, EVERY, 5)
    assert schedule.due(5) == Due(frozenset({"a.md"}), poll=True)
    assert schedule.take_pages() == ["a.md"]
    schedule.touch("a.md", 5)
    assert 5.02 < schedule.next() < 5.1


def test_a_page_that_went_is_not_due() -> None:
    schedule = a_schedule()
    schedule.touch("a.md", 1)
    schedule.drop("a.md")
    schedule.drop("never there.md")

    assert not schedule.due(50)


def test_what_could_not_be_done_is_due_again() -> None:
    schedule = a_schedule()
    schedule.put_off("a.md", 9)

    assert not schedule.due(8)
    assert schedule.due(9).files == {"a.md"}


def test_pages_that_taiga_changed_come_in_slices_behind_the_one_that_was_saved() -> None:
    schedule = a_schedule()
    stale = [f"{number:03}.md" for number in range(2 * SLICE)]
    schedule.expire(reversed(stale))
    assert schedule.next() == -math.inf
    assert schedule.take_pages() == stale[:SLICE]
    schedule.touch("saved.md", 1)
    schedule.due(2)

    assert schedule.waiting == SLICE + 1
    assert schedule.take_pages() == ["saved.md", *stale[SLICE:-1]]
    assert schedule.take_pages() == stale[-1:]
    assert schedule.take_pages() == []
    assert schedule.next() == EVERY


def test_a_stale_page_that_is_being_written_is_refreshed_once_it_is_at_rest() -> None:
    schedule = a_schedule()
    schedule.expire(["a.md", "b.md"])
    schedule.touch("a.md", 1)

    assert schedule.take_pages() == ["b.md"]
    assert schedule.due(2).files == {"a.md"}
    assert schedule.take_pages() == ["a.md"]


def test_a_burst_of_hints_is_one_poll() -> None:
    schedule = a_schedule()
    polls = 0
    for thousandth in range(1000):
        schedule.hint(thousandth / 1000)
        polls += schedule.due(thousandth / 1000).poll

    assert polls == 0
    assert schedule.next() == pytest.approx(0.999 + HINT_QUIET)
    assert schedule.due(2).poll
    assert not schedule.due(2)


def test_a_hint_after_a_calm_time_still_waits_for_the_end_of_the_burst() -> None:
    schedule, now = a_schedule(), 0.0
    for _ in range(CALM + 20):
        schedule.polled(PollOutcome.UNCHANGED, now)
        last, now = now, schedule.next()

    schedule.hint(last + 2 * EVERY)
    assert not schedule.due(last + 2 * EVERY)
    assert schedule.due(last + 2 * EVERY + HINT_QUIET).poll


def test_what_happens_during_a_poll_does_not_ask_for_another() -> None:
    schedule = a_schedule()
    assert schedule.due(EVERY).poll
    schedule.touch("a.md", EVERY + 1)
    schedule.hint(EVERY + 1)

    assert not schedule.due(EVERY + 1).poll


def test_hints_without_end_do_not_put_the_poll_off_for_ever() -> None:
    schedule = a_schedule()
    for tenth in range(1000):
        now = tenth / 10
        schedule.hint(now)
        if schedule.due(now).poll:
            break

    assert now == pytest.approx(HINT_PATIENCE)


def test_a_hint_that_taiga_does_not_know_of_yet_is_followed_up() -> None:
    schedule = a_schedule()
    schedule.hint(10)
    now, pauses = 10 + HINT_QUIET, []
    for _ in range(4):
        assert schedule.due(now).poll
        schedule.polled(PollOutcome.UNCHANGED, now)
        pauses.append(round(schedule.next() - now, 3))
        now = schedule.next()

    assert pauses == [*ECHOES, EVERY]


def test_a_hint_that_was_right_is_not_followed_up() -> None:
    schedule = a_schedule()
    schedule.hint(10)
    assert schedule.due(11).poll
    schedule.polled(PollOutcome.CHANGED, 11)

    assert schedule.next() == 11 + EVERY


def test_polls_become_rarer_while_nothing_happens_and_usual_when_something_does() -> None:
    schedule, pauses, now = a_schedule(), [], 0.0
    for _ in range(CALM + 20):
        schedule.polled(PollOutcome.UNCHANGED, now)
        pauses.append(schedule.next() - now)
        now = schedule.next()

    assert pauses[:CALM] == [EVERY] * CALM
    assert pauses == sorted(pauses)
    assert pauses[-1] == EVERY * SLOWEST
    schedule.polled(PollOutcome.CHANGED, now)
    assert schedule.next() == now + EVERY


def test_a_saved_page_brings_the_usual_pace_back() -> None:
    schedule, now = a_schedule(), 0.0
    for _ in range(CALM + 20):
        schedule.polled(PollOutcome.UNCHANGED, now)
        last, now = now, schedule.next()

    schedule.touch("a.md", last + 1)
    schedule.due(last + 2)
    assert schedule.take_pages() == ["a.md"]
    assert schedule.next() == last + EVERY


def test_a_failing_server_is_polled_ever_more_rarely_but_never_given_up() -> None:
    schedule, pauses, now = a_schedule(), [], 0.0
    for _ in range(2000):
        schedule.polled(PollOutcome.FAILED, now)
        pauses.append(schedule.next() - now)
        now = schedule.next()

    assert pauses[:3] == [120, 240, 480]
    assert pauses[-1] == MOST_PATIENT
    schedule.polled(PollOutcome.UNCHANGED, now)
    assert schedule.next() == now + EVERY


def test_a_failing_server_is_not_beset_by_its_own_hints_or_by_saves() -> None:
    schedule = a_schedule()
    schedule.polled(PollOutcome.FAILED, 100)
    for second in range(100, 160):
        schedule.hint(second)
        schedule.touch("a.md", second)
        assert not schedule.due(second).poll

    assert schedule.due(100 + EVERY + HINT_QUIET).poll


def test_a_pause_above_the_usual_bound_is_the_users_wish() -> None:
    cadence = Cadence(3600, lambda: 0.5)

    assert cadence.after(PollOutcome.FAILED) == 3600


def test_a_poll_that_breaks_off_is_not_repeated_at_once() -> None:
    schedule = a_schedule()
    schedule.poll_now(7)
    assert schedule.due(7).poll

    assert schedule.next() == 7 + EVERY


@given(st.floats(0, 1, exclude_max=True), st.lists(st.sampled_from(PollOutcome), max_size=30))
def test_the_pause_is_about_what_it_should_be_whatever_chance_says(
    chance: float, history: list[PollOutcome]
) -> None:
    cadence = Cadence(EVERY, lambda: chance)
    for outcome in history:
        assert 0.9 * EVERY <= cadence.after(outcome) <= 1.1 * MOST_PATIENT


@given(
    st.lists(
        st.tuples(st.sampled_from("ths"), st.sampled_from("abc"), st.floats(0, 2)), max_size=40
    )
)
def test_whatever_happens_is_done_within_bounds_and_never_twice(
    acts: list[tuple[str, str, float]],
) -> None:
    schedule, now, open_pages = a_schedule(), 0.0, set[str]()
    for act, page, wait in acts:
        now += wait
        if act == "t":
            schedule.touch(page, now)
            open_pages.add(page)
        elif act == "h":
            schedule.hint(now)
        due = schedule.due(now)
        assert due.files <= open_pages
        assert set(schedule.take_pages()) == due.files
        open_pages -= due.files

    assert schedule.due(now + QUIET).files == open_pages
    assert not schedule.due(now + QUIET).files
