"""A table of cases can not pass while a case of it fails."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import pytest

from tests.tables import each, others_slow

if TYPE_CHECKING:
    from collections.abc import Iterator


def failures(test: Any, **fixtures: Any) -> list[str]:
    """The notes of the cases of a test that failed, each with its kind of error."""
    with pytest.raises(BaseExceptionGroup) as caught:
        test(**fixtures)
    return [f"{type(error).__name__} {error.__notes__[-1]}" for error in caught.value.exceptions]


def test_each_case_is_run_with_its_values() -> None:
    seen = []

    @each(("number", "text"), [(1, "a"), (2, "b")])
    def test(number: int, text: str) -> None:
        seen.append((number, text))

    test()
    assert seen == [(1, "a"), (2, "b")]


def test_a_case_of_one_name_is_its_value() -> None:
    seen = []

    @each("pair", iter([(1, 2), ()]))
    def test(pair: tuple[int, ...]) -> None:
        seen.append(pair)

    test()
    assert seen == [(1, 2), ()]


def test_all_cases_that_fail_are_named_and_those_between_are_run() -> None:
    seen = []

    @each("number, text", [(1, "a"), (2, "b"), (3, "c"), (4, "d")])
    def test(number: int, text: str) -> None:
        seen.append(text)
        assert number % 2, text
        if number == 3:
            raise LookupError

    assert failures(test) == [
        "AssertionError in the case number=2, text='b'",
        "LookupError in the case number=3, text='c'",
        "AssertionError in the case number=4, text='d'",
    ]
    assert seen == ["a", "b", "c", "d"]


def test_one_case_that_fails_is_enough() -> None:
    @each("number", range(100))
    def test(number: int) -> None:
        assert number != 99

    with pytest.raises(BaseExceptionGroup, match="1 of 100 cases failed"):
        test()


@pytest.mark.parametrize("end", [pytest.fail, pytest.skip, pytest.xfail])
def test_a_case_that_ends_by_pytests_own_means_has_failed(end: Any) -> None:
    @each("number", [1, 2])
    def test(number: int) -> None:
        end(f"at {number}")

    assert [note.partition(" ")[2] for note in failures(test)] == [
        "in the case number=1",
        "in the case number=2",
    ]


def test_what_is_not_raised_is_a_failure() -> None:
    @each("number", [1, 2])
    def test(number: int) -> None:
        with pytest.raises(ZeroDivisionError):
            assert 1 / (number - 1)

    assert failures(test) == ["Failed in the case number=2"]


def test_who_stops_the_tests_stops_the_table() -> None:
    @each("number", [1, 2])
    def test(number: int) -> None:
        assert number == 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        test()


def test_a_test_that_is_not_run_by_its_call_has_failed() -> None:
    @each("number", [1])
    def generator(number: int) -> Any:
        yield number

    @each("number", [1])
    def giver(number: int) -> Any:
        return f"not awaited {number}"

    assert failures(generator) == ["TypeError in the case number=1"]
    assert failures(giver) == ["TypeError in the case number=1"]


def test_tables_are_multiplied_and_failures_name_both_their_cases() -> None:
    seen = []

    @each("left", [1, 2])
    @each("right", [3, 4])
    def test(left: int, right: int) -> None:
        seen.append((left, right))
        assert (left, right) != (2, 3)

    with pytest.raises(BaseExceptionGroup) as caught:
        test()
    assert seen == [(1, 3), (1, 4), (2, 3), (2, 4)]
    (outer,) = caught.value.exceptions
    assert isinstance(outer, BaseExceptionGroup)
    assert outer.__notes__ == ["in the case left=2"]
    assert outer.exceptions[0].__notes__[-1] == "in the case right=3"


def test_names_of_cases_can_be_given() -> None:
    @each("number", [1, 2], ids=["one", "two"])
    def listed(number: int) -> None:
        assert number == 1

    @each(("number", "other"), [(1, 2)], ids=str)
    def called(number: int, other: int) -> None:
        assert number == other

    assert failures(listed) == ["AssertionError in the case two"]
    assert failures(called) == ["AssertionError in the case 1-2"]


def test_a_table_without_a_case_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="no case of number"):
        each("number", [])


@pytest.mark.parametrize("case", [(1,), (1, 2, 3)])
def test_a_case_with_other_than_a_value_for_each_name_is_a_mistake(case: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="argument 2"):
        each("number, other", [case])


@pytest.mark.parametrize("ids", [["one"], ["one", "two", "three"]])
def test_other_than_a_name_for_each_case_is_a_mistake(ids: list[str]) -> None:
    with pytest.raises(ValueError, match="argument 2"):
        each("number", [1, 2], ids=ids)


def test_a_name_that_the_test_does_not_take_is_a_mistake() -> None:
    def test(number: int) -> None:
        assert number

    with pytest.raises(TypeError, match="test takes no nubmer"):
        each("nubmer", [1])(test)


def test_a_case_with_marks_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="marks"):
        each("number", [pytest.param(1, marks=pytest.mark.slow)])


def test_all_but_the_first_cases_can_be_slow() -> None:
    first, *others = others_slow(iter("abc"))
    assert first == "a"
    assert [(one.values, [mark.name for mark in one.marks]) for one in others] == [
        (("b",), ["slow"]),
        (("c",), ["slow"]),
    ]
    assert others_slow("abc", 2)[:2] == ["a", "b"]


@pytest.mark.parametrize("quick", [0, 3])
def test_some_have_to_be_quick_and_some_slow(quick: int) -> None:
    with pytest.raises(ValueError, match="of 3 cases"):
        others_slow("abc", quick)


class TestHowPytestRunsThem:
    """What is no name of the table is a fixture or a parameter; `self` and marks stay."""

    @pytest.fixture
    def seen(self) -> Iterator[list[tuple[str, int]]]:
        seen: list[tuple[str, int]] = []
        yield seen
        assert seen in ([("a", 1), ("a", 2)], [("b", 1), ("b", 2)])

    @pytest.mark.parametrize("kind", ["a", "b"])
    @each("number", [1, 2])
    @pytest.mark.filterwarnings("ignore:as marked")
    def test_its_cases_share_what_pytest_gives(
        self, seen: list[tuple[str, int]], number: int, kind: str
    ) -> None:
        warnings.warn("as marked", stacklevel=1)
        seen.append((kind, number))
        assert isinstance(self, TestHowPytestRunsThem)
