"""Lua's patterns."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taiga_notes.query.runtime.budget import MAX_PATTERN, MAX_STEPS, Budget, Mistake
from taiga_notes.query.runtime.patterns import Match, compiled, search
from tests.tables import each


def found(text: str, pattern: str, start: int = 0) -> Match | None:
    return search(Budget(), compiled(pattern), text, start)


@each(
    ("text", "pattern", "span"),
    [
        ("hello world", "o w", (4, 7)),
        ("hello", "l", (2, 3)),
        ("hello", "l+", (2, 4)),
        ("hello", "x", None),
        ("", "", (0, 0)),
        ("", "x*", (0, 0)),
        ("abc", "b*", (0, 0)),
        ("abc", "b+", (1, 2)),
        ("abc", "a.c", (0, 3)),
        ("a\nc", "a.c", (0, 3)),
        ("abc", "^b", None),
        ("abc", "^a", (0, 1)),
        ("a^b", "a^b", (0, 3)),
        ("abc", "c$", (2, 3)),
        ("a$c", "a$c", (0, 3)),
        ("abc", "^abc$", (0, 3)),
        ("abcb", "b$", (3, 4)),
        ("abbb", "ab-", (0, 1)),
        ("abbbc", "ab-c", (0, 5)),
        ("ab", "a?b", (0, 2)),
        ("b", "a?b", (0, 1)),
        ("aab", "a?ab", (0, 3)),
        ("aaa", "a*a", (0, 3)),
        ("key = value", "%w+%s*=%s*%w+", (0, 11)),
        ("2026-11-22", "%d%d%d%d%-%d%d", (0, 7)),
        ("[New] x", "^%[New%]", (0, 5)),
        ("50%", "%d+%%", (0, 3)),
        ("a-b", "[a%-]+", (0, 2)),
        ("a-b", "[a-]+", (0, 2)),
        ("a]b", "[]]", (1, 2)),
        ("a]b", "[^]]+", (0, 1)),
        ("xyz", "[a-y]+", (0, 2)),
        ("xyz", "[y-a]", None),
        ("x^", "[x^]+", (0, 2)),
        ("aB3_", "[%a%d]+", (0, 3)),
        ("aB3_", "[^%a%d]", (3, 4)),
        ("é", "%a", None),
        ("é", "%A", (0, 1)),
        ("é", "[%A]", (0, 1)),
        ("é😀", "^..$", (0, 2)),
        ("\x07a", "%c", (0, 1)),
        ("a b", "%g+", (0, 1)),
        ("aB", "%u", (1, 2)),
        ("aB", "%l", (0, 1)),
        ("a,b", "%p", (1, 2)),
        ("a b", "%s", (1, 2)),
        ("xFg", "%x+", (1, 2)),
        ("f(a(b)c)d", "%b()", (1, 8)),
        ("f(a(b", "%b()", None),
        ("|a|b", "%b||", (0, 3)),
        ("THE (quick) fox", "%f[%a]%a+%f[%A]", (0, 3)),
        ("x THE", "%f[T]THE", (2, 5)),
        ("aTHE", "%f[%u]THE$", (1, 4)),
        ("abcabc", "(abc)%1", (0, 6)),
        ("abcabd", "(abc)%1", None),
        ("*+?", "*", (0, 1)),
        ("a)", "a%)", (0, 2)),
        ("a.b", "%.", (1, 2)),
        ("-", "-", (0, 1)),
    ],
)
def test_where_they_match(text: str, pattern: str, span: tuple[int, int] | None) -> None:
    match = found(text, pattern)
    assert (match and (match.start, match.end)) == span


@each(
    ("text", "pattern", "captures"),
    [
        ("Alpha", "^(A)(l)", ("A", "l")),
        ("  x  ", "^%s*(.-)%s*$", ("x",)),
        ("key=value", "(%w+)=(%w+)", ("key", "value")),
        ("abc", "()b()", (2, 3)),
        ("abc", "((a)(b))", ("ab", "a", "b")),
        ("abc", "(a*(.)%w(%s*))", ("abc", "b", "")),
        ("hello", "(l)(l)", ("l", "l")),
        ("aab", "(a-)b", ("aa",)),
        ("x", "x", ()),
    ],
)
def test_what_they_capture(text: str, pattern: str, captures: tuple[Any, ...]) -> None:
    match = found(text, pattern)
    assert match is not None
    assert match.captures == captures


def test_the_search_begins_where_it_is_told() -> None:
    assert found("abab", "a", 1) == Match(2, 3, ())
    assert found("abab", "^a", 1) is None
    assert found("ab", "b", 3) is None


@each(
    ("pattern", "message"),
    [
        ("%", "malformed pattern: it ends with %"),
        ("[a", "malformed pattern: there is a [ without its ]"),
        ("[]", "malformed pattern: there is a [ without its ]"),
        ("[a-", "malformed pattern: there is a [ without its ]"),
        ("[%", "malformed pattern: it ends with %"),
        ("%b", "malformed pattern: %b wants two characters"),
        ("%b(", "malformed pattern: %b wants two characters"),
        ("%f", "malformed pattern: %f wants a [set]"),
        ("%fa", "malformed pattern: %f wants a [set]"),
        ("(a", "malformed pattern: a capture is not closed"),
        ("a)", "malformed pattern: there is a ) without its ("),
        ("%1", "malformed pattern: there is no capture %1 yet"),
        ("(a%1)", "malformed pattern: there is no capture %1 yet"),
        ("()%1", "malformed pattern: there is no capture %1 yet"),
        ("()" * 33, "the pattern has too many captures: at most 32"),
        ("a" * (MAX_PATTERN + 1), "the pattern is too long: at most 1000 characters"),
    ],
)
def test_malformed_ones_are_refused(pattern: str, message: str) -> None:
    with pytest.raises(Mistake) as caught:
        found("a", pattern)
    assert caught.value.message == message


@pytest.mark.parametrize(
    "pattern", [".-.-.-.-.-.-.-.-b", "a*a*a*a*a*a*a*b", "(.-)(.-)(.-)(.-)(.-)b"]
)
def test_those_that_explode_are_ended(pattern: str) -> None:
    budget = Budget()
    budget.work(MAX_STEPS - 2_000_000)
    with pytest.raises(Mistake, match="the query takes too many steps"):
        search(budget, compiled(pattern), ("a" * 60 + "(") * 100, 0)


letters = st.text("ab(", max_size=8)
classes = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", "%(", "%w", "%W"])
items = st.builds("{}{}".format, classes, st.sampled_from(["", "*", "+", "-", "?"]))
SAME = {"%(": r"\(", "%w": "[a-zA-Z0-9]", "%W": "[^a-zA-Z0-9]"}


def as_regular_expression(item: str) -> str:
    one = next((each for each in SAME if item.startswith(each)), "")
    base, sign = (SAME[one], item[len(one) :]) if one else (item.rstrip("*+-?"), "")
    sign = sign or item[len(base) :]
    return base + {"-": "*?"}.get(sign, sign)


@given(letters, st.lists(items, max_size=5), st.booleans(), st.booleans())
def test_what_regular_expressions_can_say_as_well_matches_the_same(
    text: str, parts: list[str], begins: bool, ends: bool
) -> None:
    pattern = "^" * begins + "".join(parts) + "$" * ends
    expression = "^" * begins + "".join(map(as_regular_expression, parts)) + r"\Z" * ends
    expected = re.compile(expression, re.DOTALL).search(text)
    match = found(text, pattern)
    assert (match and (match.start, match.end)) == (expected and expected.span())
