"""Rows of which a sample tells the fields: a half-typed name does not read them all."""

from __future__ import annotations

from taiga_notes.lsp.sampled_rows import SAMPLE, SampledRows
from taiga_notes.model.rows import Row, Table


class Counted(Table):
    """Rows that count how often one is read as a whole."""

    read = 0

    def __getitem__(self, index: int, /) -> Row:
        self.read += 1
        row: Row = super().__getitem__(index)
        return row


def rows(count: int) -> Counted:
    return Counted([{"id": n, "ref": n, "odd": {"one": n}} for n in range(count)], "userstories")


def test_an_unknown_name_is_looked_for_in_some_rows() -> None:
    all_of_them = rows(10 * SAMPLE)
    sampled = SampledRows(all_of_them)
    assert not sampled.carries(("re",))
    assert {*sampled.column(("re",))} == {None}
    assert {*sampled.names(())} == {"id", "ref", "odd"}
    assert all_of_them.read <= SAMPLE + 1


def test_values_are_those_of_all_rows() -> None:
    sampled = SampledRows(rows(10 * SAMPLE))
    assert len(sampled) == len(sampled.column(("ref",))) == 10 * SAMPLE
    assert sampled.carries(("odd", "one"))
    assert sampled.column(("odd", "one"))[-1] == sampled[10 * SAMPLE - 1]["ref"]


def test_no_rows_have_no_names() -> None:
    assert [*SampledRows(rows(0)).names(())] == []
