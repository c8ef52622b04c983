"""The order of rows that have few values."""

from __future__ import annotations

from taiga_notes.query.runtime.ordering import Key, with_values


def test_more_rows_may_be_asked_for_than_there_are() -> None:
    key = Key(["b", "a"] * 10, descending=False, nulls_first=False)
    assert with_values(key, ["a", "b"], 25) == [*range(1, 20, 2), *range(0, 20, 2)]
