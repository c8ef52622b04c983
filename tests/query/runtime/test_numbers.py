"""Arithmetic, and numbers as text."""

from __future__ import annotations

import math
from typing import Any

import pytest

from taiga_notes.errors import QueryError
from tests.query.scopes import value
from tests.tables import each

JSON = {"whole": 3.0, "half": 1.5, "int": 3, "huge": 10**400, "text": "10", "big": 2**53}


def computed(text: str) -> Any:
    return value(f"from p = userstories select {text}", [JSON], kind="")[0]


@each(
    ("text", "printed"),
    [
        ("1", "1"),
        ("1.0", "1.0"),
        ("1e3", "1000.0"),
        ("1e15", "1e+15"),
        ("0x10", "16"),
        ("3.14159265358979", "3.1415926535898"),
        ("-0.0", "-0.0"),
        ("1e400", "inf"),
        ("-1e400", "-inf"),
        ("0/0", "-nan"),
        ("p.whole", "3"),
        ("p.half", "1.5"),
        ("p.int", "3"),
        ("p.huge", "inf"),
        ("-p.huge", "-inf"),
        ("p.huge + p.half", "inf"),
        ("p.half - p.huge", "-inf"),
        ("p.huge * p.half", "inf"),
        ("p.big", "9007199254740992"),
        ("p.big + p.big", "18014398509481984"),
        ("p.big * p.big * p.big", "7.307508186654515e+47"),
        ("1000000 * 1000000", "1000000000000"),
        ("10 / 2", "5.0"),
        ("p.int / 2", "1.5"),
        ("1 / 0", "inf"),
        ("-1 / 0", "-inf"),
        ("1 / -0.0", "-inf"),
        ("p.whole + 1", "4"),
        ("p.half + p.half", "3.0"),
        ("p.half - p.half", "0.0"),
        ("p.whole * 2", "6"),
        ("1.0 + 1", "2.0"),
        ("2 ^ 10", "1024.0"),
        ("2 ^ 0.5", "1.4142135623731"),
        ("10 ^ 400", "inf"),
        ("(-10) ^ 401", "-inf"),
        ("(-10) ^ 400", "inf"),
        ("(-8) ^ 0.5", "-nan"),
        ("0 ^ -1", "inf"),
        ("7 // 2", "3"),
        ("-7 // 2", "-4"),
        ("7.0 // 2", "3.0"),
        ("p.half // 1", "1.0"),
        ("5 // 0.0", "inf"),
        ("0.0 // 0", "-nan"),
        ("1e400 // 1", "inf"),
        ("7 % 3", "1"),
        ("-7 % 3", "2"),
        ("7 % -3", "-2"),
        ("5.5 % 2", "1.5"),
        ("4.0 % 2", "0.0"),
        ("5 % 0.0", "-nan"),
        ("'10' + 5", "15"),
        ("'0x10' * 1", "16"),
        ("' 1.5 ' + 0", "1.5"),
        ("'-2' - 1", "-3"),
        ("'.5' + 0", "0.5"),
        ("'5.' + 0", "5.0"),
        ("'1e2' + 0", "100.0"),
        ("-'2'", "-2"),
        ("- -p.whole", "3"),
        ("-p.half", "-1.5"),
        ("-(1.0)", "-1.0"),
        ("-p.int", "-3"),
    ],
)
def test_numbers_print_as_silverbullet_prints_them(text: str, printed: str) -> None:
    assert computed(f"tostring({text})") == printed
    assert computed(f"'' .. {text}") == printed


@each(
    ("text", "expected"),
    [("5.0", 5.0), ("p.whole", 3), ("p.half", 1.5), ("p.int", 3), ("10 / 2", 5.0), ("7 // 2", 3)],
)
def test_a_float_stays_one_in_the_answer_and_a_whole_number_is_whole(
    text: str, expected: Any
) -> None:
    found = computed(text)
    assert (found, type(found)) == (expected, type(expected))


def test_not_a_number_is_not_equal_to_itself() -> None:
    assert math.isnan(value("0/0"))
    assert value("0/0 == 0/0") is False


@each(
    ("text", "message"),
    [
        ("5 // 0", "nothing can be divided by 0"),
        ("5 % 0", "nothing can be divided by 0"),
        ("nil + 1", "nil is no number to calculate with"),
        ("1 - true", "a boolean is no number to calculate with"),
        ("{} * 1", "a table is no number to calculate with"),
        ("'abc' + 1", "a string is no number to calculate with"),
        ("'' + 1", "a string is no number to calculate with"),
        ("'1_0' + 1", "a string is no number to calculate with"),
        ("'inf' + 1", "a string is no number to calculate with"),
        ("-nil", "nil is no number to calculate with"),
        ("-{}", "a table is no number to calculate with"),
        ("2 ^ nil", "nil is no number to calculate with"),
        ("1 .. nil", "nil can't be joined with .."),
        ("1 .. true", "a boolean can't be joined with .."),
        ("1 .. {}", "a table can't be joined with .."),
    ],
)
def test_what_is_no_number_is_refused(text: str, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        value(text)
    assert caught.value.message == message


@each(
    ("text", "expected"),
    [
        ("tonumber('10')", 10),
        ("tonumber(' 0x1F ')", 31),
        ("tonumber('1.5')", 1.5),
        ("tonumber('x')", None),
        ("tonumber('')", None),
        ("tonumber(5)", 5),
        ("tonumber(nil)", None),
        ("tonumber(true)", None),
        ("tonumber('ff', 16)", 255),
        ("tonumber('-101', 2)", -5),
        ("tonumber('9', 8)", None),
        ("tonumber('1_0', 10)", None),
        ("tonumber(' z ', 36)", 35),
        ("tonumber(5, 10)", None),
        ("math.floor(2.7)", 2),
        ("math.floor(-2.5)", -3),
        ("math.ceil(2.1)", 3),
        ("math.floor(1e400)", math.inf),
        ("math.abs(-2.5)", 2.5),
        ("math.abs(2)", 2),
        ("math.min(3, 1, 2)", 1),
        ("math.max(3, 1.5)", 3),
        ("math.max(1)", 1),
    ],
)
def test_functions_of_numbers(text: str, expected: Any) -> None:
    assert value(text) == expected


@each(
    ("text", "message"),
    [
        ("tonumber('1', 1)", "a base is a whole number from 2 to 36"),
        ("tonumber('1', 'x')", "a base is a whole number from 2 to 36"),
        ("math.floor('x')", "math.floor wants numbers, not a string"),
        ("math.ceil(nil)", "math.ceil wants numbers, not nil"),
        ("math.abs(true)", "math.abs wants numbers, not a boolean"),
        ("math.max(1, 'a')", "math.max wants numbers, not a string"),
        ("math.min({})", "math.min wants numbers, not a table"),
        ("math.floor()", "wrong number of arguments: math.floor(x)"),
        ("math.floor(1, 2)", "wrong number of arguments: math.floor(x)"),
        ("math.flor(1)", "unknown function 'math.flor'"),
        ("math.floor", "math.floor is a function"),
        ("math", "math is no value"),
        ("math.pie", "math.pie is no value"),
    ],
)
def test_mistakes_with_them(text: str, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        value(text)
    assert caught.value.message == message


@each(
    ("condition", "expected"),
    [
        ("n * 2 > 6", [3, 4, 5, 6]),
        ("6 < n * 2", [3, 4, 5, 6]),
        ("n * 1.5 > 6", [4, 5, 6]),
        ("n * 2 == 6", [0, 1]),
        ("n + 1 - 1 >= 9007199254740993", [4, 5]),
        ("(n or 0) * n > 9", [3, 4, 5, 6]),
        ("n // 1 + n % 2 <= 4", [0, 1, 2, 3]),
    ],
)
def test_numbers_that_are_only_compared_come_out_as_any_others(
    condition: str, expected: list[int]
) -> None:
    numbers = [3, 3.0, 0.5, "4", 2**53 + 1, 10**400, 7]
    rows = [{"id": place, "n": number} for place, number in enumerate(numbers)]
    assert value(f"from userstories where {condition} select id", rows, kind="") == expected


def test_an_order_by_computed_numbers_takes_whole_ones_and_floats_alike() -> None:
    rows = [{"id": place, "n": number} for place, number in enumerate([2, 1.5, "1", 10**400, -1])]
    text = "from userstories order by n * 2 - 1 desc select id"
    assert value(text, rows, kind="") == [3, 0, 1, 2, 4]
    with pytest.raises(
        QueryError, match=r"nil is no number to calculate with \(line 1, column 29\)"
    ):
        value(text, [{"id": 1, "n": None}], kind="userstories")
