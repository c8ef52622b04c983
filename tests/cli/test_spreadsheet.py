"""Rows as CSV: what readers of RFC 4180 read back, and spreadsheets run nothing of."""

from __future__ import annotations

import csv
from io import StringIO

from taiga_notes.cli.spreadsheet import csv_text


def read(*row: object) -> list[str]:
    """A row, written and read back."""
    [found] = csv.reader(StringIO(csv_text([row]), newline=""), strict=True)
    return found


def test_it_reads_back_as_it_was() -> None:
    assert csv_text([["a", "b"], [1, "x"]]) == "a,b\r\n1,x\r\n"
    assert csv_text([['say "x", please', "two\nlines"]]) == '"say ""x"", please","two\nlines"\r\n'
    assert read("ä, 日本", 'x"y', "", None) == ["ä, 日本", 'x"y', "", ""]
    assert read(3.0, 2.5, -4, True, False) == ["3", "2.5", "-4", "true", "false"]
    assert read(["a", "b"], [["a", None]], {"x": 1}) == ["a, b", '[["a", null]]', '{"x": 1}']
    assert csv_text([]) == ""


def test_what_a_spreadsheet_would_compute_is_text() -> None:
    for text in ("=1+1", "+1", "-1", "@SUM(A1)", "＝1", "＋1", "－1", "＠x", "=cmd|' /C calc'!A0"):
        assert read(text) == [f"'{text}"]
        assert read(f" {text}") == [f"' {text}"]
        assert read(f"\u00a0{text}") == [f"'\u00a0{text}"]
        # Some take these for the end of a cell, be it quoted or not.
        assert read(f"a;{text}") == [f"a;'{text}"]
        assert read(f"a\t{text}") == [f"a\t'{text}"]
        assert read(f"a\n{text}") == [f"a\n'{text}"]
        assert read([text, "b"], text) == [f"'{text}, b", f"'{text}"]


def test_what_it_would_not_stays() -> None:
    for text in ("a=1", "a - b", "1-2", "ann@acme.example", "a; b", "C++", "'x"):
        assert read(text) == [text]
