"""Tokens of a text that need not be right, and texts as a query writes them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from taiga_notes.query.syntax.lexer import TokenKind, spans, string_literal, tokens
from tests.tables import each

PIECES = st.sampled_from(
    [
        "from",
        " ",
        "'",
        '"',
        "\n",
        "[[",
        "]]",
        "--",
        "[=[",
        "a1",
        "2026-01-01",
        "&&",
        "é",
        "1.2e",
        "\\",
    ]
)


@each(
    "text, told",
    [
        ("from x", ["NAME from", "NAME x"]),
        ("a == 'b c'", ["NAME a", "SIGN ==", "STRING 'b c'"]),
        ("a == 'b\nc", ["NAME a", "SIGN ==", "STRING 'b", "NAME c"]),
        (
            "query[[from x]] -- y",
            ["QUERY query[[", "NAME from", "NAME x", *["SIGN ]"] * 2, "COMMENT -- y"],
        ),
        ("a && 2026-01-01", ["NAME a", "SIGN &&", "NUMBER 2026-01-01"]),
        ("[[a\nb", ["STRING [[a\nb"]),
        ("é", []),
    ],
)
def test_what_can_be_told_is_told(text: str, told: list[str]) -> None:
    assert [f"{kind.name} {text[start:end]}" for kind, start, end in spans(text)] == told


@given(st.lists(PIECES, max_size=12).map("".join))
def test_spans_follow_each_other_whatever_the_text(text: str) -> None:
    place = 0
    for _, start, end in spans(text):
        assert place <= start < end <= len(text)
        place = end


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), st.sampled_from("'\""))
def test_any_text_is_one_string_that_ends_no_comment(value: str, quote: str) -> None:
    literal = string_literal(value, quote)
    first, end = tokens(literal)
    assert (first.kind, first.text, end.kind) == (TokenKind.STRING, value, TokenKind.END)
    assert "-->" not in literal
    assert literal.isprintable()
