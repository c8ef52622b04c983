"""What a query costs: one column per path, one compilation per text, only the hits' rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from taiga_notes.errors import QueryError
from taiga_notes.model.rows import Table
from taiga_notes.query import QueryClock, Scope, evaluate
from taiga_notes.query.compile.codegen import function
from taiga_notes.query.engine import _compiled
from tests.query.scopes import NOW, Lists, scope
from tests.tables import each

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from taiga_notes.model.rows import Path, Row


class Watched(Table):
    """Notes what is asked of it."""

    def __init__(self, items: Sequence[Any], kind: str = "userstories") -> None:
        super().__init__(items, kind)
        self.columns_read: list[Path] = []
        self.rows_read: list[int] = []

    def column(self, path: Path, /) -> Sequence[object]:
        self.columns_read.append(path)
        return Table(self.items).column(path)

    def __getitem__(self, index: int, /) -> Row:
        self.rows_read.append(index)
        row: Row = super().__getitem__(index)
        return row

    def carries(self, path: Path, /) -> bool:
        raise AssertionError(f"the rows were searched for {path}")

    def names(self, path: Path, /) -> Iterable[str]:
        raise AssertionError(f"the rows were searched for names below {path}")


class Stored:
    """Rows that are no `Table`, as the store's."""

    kind = "userstories"

    def __init__(self, items: Sequence[Any]) -> None:
        self.watched = Watched(items)

    def __len__(self) -> int:
        return len(self.watched)

    def __getitem__(self, index: int, /) -> Row:
        return self.watched[index]

    def column(self, path: Path, /) -> Sequence[object]:
        return tuple(self.watched.column(path))

    def carries(self, path: Path, /) -> bool:
        return self.watched.carries(path)

    def names(self, path: Path, /) -> Iterable[str]:
        return self.watched.names(path)


ITEMS = [
    {"id": number, "ref": number, "subject": f"s{number}", "status_extra_info": {"name": name}}
    for number, name in enumerate(("New", "Done", "New", "Ready", "Done"))
]


@each(
    ("text", "columns", "rows"),
    [
        ("from userstories", [], []),
        ("#userstories", [], None),
        ("from userstories where ref > 2", [("ref",)], [3, 4]),
        ("from userstories where ref > 2 and ref < 4", [("ref",)], [3]),
        ("from p = userstories where p.ref > 2 order by p.ref", [("ref",)], [3, 4]),
        ("from userstories select ref", [("ref",)], None),
        ("from userstories select _.ref", [("ref",)], None),
        ("from userstories select _['ref']", [("ref",)], None),
        (
            "from userstories where status_extra_info.name == 'New' select subject",
            [("status_extra_info", "name"), ("subject",)],
            None,
        ),
        ("from userstories where ref < 2 limit 1", [("ref",)], [0]),
        ("from userstories order by ref desc limit 2", [("ref",)], [4, 3]),
        ("#query[[from userstories where ref > 2]]", [("ref",)], None),
        ("from userstories group by status_extra_info.name select #group", None, None),
        ("from userstories select count()", [], None),
        (
            "from userstories where today() and me.username and page.x and ref == 1",
            [("ref",)],
            None,
        ),
    ],
)
def test_only_the_columns_in_use_and_the_rows_found_are_read(
    text: str, columns: list[Path] | None, rows: list[int] | None
) -> None:
    stored = Stored(ITEMS)
    evaluate(text, Scope(Lists(stored, {"username": "ann"}), QueryClock(NOW)))
    if columns is None:
        columns = [("status_extra_info", "name")]
    # What is compared with a literal is looked at once more, for the literal.
    assert [*dict.fromkeys(stored.watched.columns_read)] == columns
    assert stored.watched.rows_read == ([*range(5)] if rows == [] else rows or [])


def test_whole_lists_are_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = []

    def counting(*arguments: Any) -> Any:
        compiled.append(arguments)
        return function(*arguments)

    monkeypatch.setattr("taiga_notes.query.compile.codegen.function", counting)
    text = "from userstories where ref > 1 and subject ~= 'compiled once'"
    for rows in (ITEMS, ITEMS[:2], []):
        evaluate(text, scope(rows))
    assert len(compiled) == 3  # the text, what `from` names, the loop

    evaluate(text, scope(ITEMS, kind="tasks"))
    assert len(compiled) == 4


def test_a_query_within_is_compiled_once_for_all_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "from a = userstories select {a.ref, #query[[from b = userstories where b.ref < a.ref]]}"
    evaluate(text, scope(ITEMS))
    monkeypatch.setattr("taiga_notes.query.compile.codegen.function", None)
    found = evaluate(text, scope(ITEMS)).value
    assert found == [[number, number] for number in range(5)]


def test_what_does_not_vary_is_computed_once() -> None:
    lists = Lists(Table(ITEMS, "userstories"))
    text = "from userstories where ref in query[[from tasks where ref > 2 select ref]] select ref"
    assert evaluate(text, Scope(lists, QueryClock(NOW))).value == [3, 4]
    assert [listing.kind for listing in lists.asked] == ["userstories", "tasks"]


def test_nothing_of_the_rows_is_kept_with_the_compiled_text() -> None:
    import gc  # noqa: PLC0415 - only this test looks at what is alive
    import weakref  # noqa: PLC0415

    table = Table([dict(ITEMS[0])], "userstories")
    alive = weakref.ref(table)
    text = "from userstories where ref >= 0 and subject:lower() ~= 'kept'"
    evaluate(text, Scope(Lists(table), QueryClock(NOW)))
    del table
    gc.collect()
    assert alive() is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from userstories where true < 'a' or s", None),
        ("from userstories where s == 'a' or s < 6 select id", [1, 2]),
        ("from userstories where s:lower() == 'a'", None),
    ],
)
def test_what_the_fast_form_does_not_understand_is_left_to_the_careful_one(
    text: str, expected: Any
) -> None:
    rows = scope([{"id": 1, "s": "a"}, {"id": 2, "s": 5}], kind="")
    for _ in range(2):
        if expected is None:
            with pytest.raises(QueryError):
                evaluate(text, rows)
        else:
            assert evaluate(text, rows).value == expected


def test_the_texts_of_many_pages_do_not_pile_up() -> None:
    for number in range(400):
        evaluate(str(number), scope())
    assert _compiled.cache_info().currsize <= 256
