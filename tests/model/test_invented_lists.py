"""Lists that nobody fetched: what is wrong with a query shows in them, and nothing else does."""

from __future__ import annotations

from taiga_notes.model.details import DetailRequest
from taiga_notes.model.invented_lists import Empty, Invented
from taiga_notes.model.kinds import KINDS, ME, PARTS, VALUES
from taiga_notes.model.rows import Listing
from tests.tables import each


@each("kind", [*KINDS])
def test_a_list_is_of_its_kind_by_its_name_and_by_its_path(kind: str) -> None:
    for listing in (Listing(kind), Listing("", path=f"/{kind}?project=12")):
        empty, filled = Empty().rows(listing), Invented().rows(listing)
        assert (empty.kind, len(empty)) == (kind, 0)
        assert (filled.kind, len(filled)) == (kind, 4)


@each("source", [Empty(), Invented()])
def test_parts_of_a_project_are_empty_and_of_its_values_nothing_is_known(
    source: Empty | Invented,
) -> None:
    assert all(source.rows(Listing(name)).kind == name for name in PARTS if name != VALUES.name)
    assert source.rows(Listing(VALUES.name)).kind == ""
    assert source.rows(Listing("", path="/userstory-statuses")).kind == ""


@each("source", [Empty(), Invented()])
def test_the_account_has_every_field(source: Empty | Invented) -> None:
    assert source.me().keys() == ME.keys()


def test_what_no_list_holds_is_invented_or_missing() -> None:
    request = DetailRequest("userstories", "acme", "description", (1, 2))
    assert Empty().details(request).values == {}
    assert Invented().details(request).values.keys() == {1, 2}
