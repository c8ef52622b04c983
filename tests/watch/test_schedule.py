from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taiga_notes.watch.schedule import (
    CALM,
    ECHOES,
    HINT_PATIENCE,
    HINT_QUIET,
    MOST_PATIENT,
    SLOWEST,
    Cadence,
    Change,
    Schedule,
)

if TYPE_CHECKING:
    from collections.abc import Callable

EVERY = 60.0
QUIET = 0.3


def an_agenda(chance: Callable[[], float] = lambda: 0.5) -> Schedule:
    """One that has just looked at Taiga, at time 0."""
    agenda = Schedule(QUIET, Cadence(EVERY, chance), 0)
    assert agenda.due(0).taiga
    agenda.looked(Change.CHANGE, 0)
    return agenda


def test_the_first_look_at_taiga_is_due_at_once() -> None:
    assert Schedule(QUIET, Cadence(EVERY), 5).next() == 5


def test_a_page_is_due_once_after_its_quiet_time() -> None:
    agenda = an_agenda()
    agenda.touch("a.md", 1)

    assert agenda.next() == 1 + QUIET
    assert not agenda.due(1.29)
    assert agenda.due(1.3).files == {"a.md"}
    assert not agenda.due(1.3)


def test_a_page_being_typed_in_is_left_in_peace_and_spares_no_other() -> None:
    agenda = an_agenda()
    for tenth in range(20):
        agenda.touch("typed.md", tenth / 10)
    agenda.touch("b.md", 1)

    due = agenda.due(2)

    assert due.files == {"b.md"}
    assert due.resting == {"typed.md"}
    assert agenda.due(1.9 + QUIET).files == {"typed.md"}


def test_no_quiet_time_still_outlasts_a_save_in_two_steps() -> None:
    agenda = Schedule(0, Cadence(EVERY), 0)

    assert 0.02 < agenda.quiet < 0.1


def test_a_page_that_went_is_not_due() -> None:
    agenda = an_agenda()
    agenda.touch("a.md", 1)
    agenda.drop("a.md")
    agenda.drop("never there.md")

    assert not agenda.due(50)


def test_what_could_not_be_done_is_due_again() -> None:
    agenda = an_agenda()
    agenda.put_off("a.md", 9)

    assert not agenda.due(8)
    assert agenda.due(9).files == {"a.md"}


def test_a_burst_of_hints_is_one_look() -> None:
    agenda = an_agenda()
    looks = 0
    for thousandth in range(1000):
        agenda.hint(thousandth / 1000)
        looks += agenda.due(thousandth / 1000).taiga

    assert looks == 0
    assert agenda.next() == pytest.approx(0.999 + HINT_QUIET)
    assert agenda.due(2).taiga
    assert not agenda.due(2)


def test_a_hint_after_a_calm_time_still_waits_for_the_end_of_the_burst() -> None:
    agenda, now = an_agenda(), 0.0
    for _ in range(CALM + 20):
        agenda.looked(Change.NOTHING, now)
        last, now = now, agenda.next()

    agenda.hint(last + 2 * EVERY)
    assert not agenda.due(last + 2 * EVERY)
    assert agenda.due(last + 2 * EVERY + HINT_QUIET).taiga


def test_what_happens_during_a_look_does_not_ask_for_another() -> None:
    agenda = an_agenda()
    assert agenda.due(EVERY).taiga
    agenda.touch("a.md", EVERY + 1)
    agenda.hint(EVERY + 1)

    assert not agenda.due(EVERY + 1).taiga


def test_hints_without_end_do_not_put_the_look_off_for_ever() -> None:
    agenda = an_agenda()
    for tenth in range(1000):
        now = tenth / 10
        agenda.hint(now)
        if agenda.due(now).taiga:
            break

    assert now == pytest.approx(HINT_PATIENCE)


def test_a_hint_that_taiga_does_not_know_of_yet_is_followed_up() -> None:
    agenda = an_agenda()
    agenda.hint(10)
    now, pauses = 10 + HINT_QUIET, []
    for _ in range(4):
        assert agenda.due(now).taiga
        agenda.looked(Change.NOTHING, now)
        pauses.append(round(agenda.next() - now, 3))
        now = agenda.next()

    assert pauses == [*ECHOES, EVERY]


def test_a_hint_that_was_right_is_not_followed_up() -> None:
    agenda = an_agenda()
    agenda.hint(10)
    assert agenda.due(11).taiga
    agenda.looked(Change.CHANGE, 11)

    assert agenda.next() == 11 + EVERY


def test_looks_become_rarer_while_nothing_happens_and_usual_when_something_does() -> None:
    agenda, pauses, now = an_agenda(), [], 0.0
    for _ in range(CALM + 20):
        agenda.looked(Change.NOTHING, now)
        pauses.append(agenda.next() - now)
        now = agenda.next()

    assert pauses[:CALM] == [EVERY] * CALM
    assert pauses == sorted(pauses)
    assert pauses[-1] == EVERY * SLOWEST
    agenda.looked(Change.CHANGE, now)
    assert agenda.next() == now + EVERY


def test_a_saved_page_brings_the_usual_pace_back() -> None:
    agenda, now = an_agenda(), 0.0
    for _ in range(CALM + 20):
        agenda.looked(Change.NOTHING, now)
        last, now = now, agenda.next()

    agenda.touch("a.md", last + 1)
    assert agenda.due(last + 2).files
    assert agenda.next() == last + EVERY


def test_a_failing_server_is_asked_ever_more_rarely_but_never_given_up() -> None:
    agenda, pauses, now = an_agenda(), [], 0.0
    for _ in range(2000):
        agenda.looked(Change.FAILURE, now)
        pauses.append(agenda.next() - now)
        now = agenda.next()

    assert pauses[:3] == [120, 240, 480]
    assert pauses[-1] == MOST_PATIENT
    agenda.looked(Change.NOTHING, now)
    assert agenda.next() == now + EVERY


def test_a_failing_server_is_not_beset_by_its_own_hints_or_by_saves() -> None:
    agenda = an_agenda()
    agenda.looked(Change.FAILURE, 100)
    for second in range(100, 160):
        agenda.hint(second)
        agenda.touch("a.md", second)
        assert not agenda.due(second).taiga

    assert agenda.due(100 + EVERY + HINT_QUIET).taiga


def test_a_pause_above_the_usual_bound_is_the_users_wish() -> None:
    cadence = Cadence(3600, lambda: 0.5)

    assert cadence.after(Change.FAILURE) == 3600


def test_a_look_that_breaks_off_is_not_repeated_at_once() -> None:
    agenda = an_agenda()
    agenda.look_now(7)
    assert agenda.due(7).taiga

    assert agenda.next() == 7 + EVERY


@given(st.floats(0, 1, exclude_max=True), st.lists(st.sampled_from(Change), max_size=30))
def test_the_pause_is_about_what_it_should_be_whatever_chance_says(
    chance: float, history: list[Change]
) -> None:
    cadence = Cadence(EVERY, lambda: chance)
    for found in history:
        assert 0.9 * EVERY <= cadence.after(found) <= 1.1 * MOST_PATIENT


@given(
    st.lists(
        st.tuples(st.sampled_from("ths"), st.sampled_from("abc"), st.floats(0, 2)), max_size=40
    )
)
def test_whatever_happens_is_done_within_bounds_and_never_twice(
    acts: list[tuple[str, str, float]],
) -> None:
    agenda, now, open_pages = an_agenda(), 0.0, set[str]()
    for act, page, wait in acts:
        now += wait
        if act == "t":
            agenda.touch(page, now)
            open_pages.add(page)
        elif act == "h":
            agenda.hint(now)
        due = agenda.due(now)
        assert due.files <= open_pages
        open_pages -= due.files
        assert due.resting == open_pages

    assert agenda.due(now + QUIET).files == open_pages
    assert not agenda.due(now + QUIET).files
