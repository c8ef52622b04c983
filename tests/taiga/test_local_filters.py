"""Taiga's filters applied to rows: the same rows as Taiga's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taiga_notes.errors import SourceError
from taiga_notes.model.kinds import KINDS, USERSTORIES
from taiga_notes.taiga.auth.credentials import FixedToken
from taiga_notes.taiga.http.client import Client
from taiga_notes.taiga.local_filters import select
from tests.fake_taiga import Taiga, populate, serve
from tests.tables import each

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taiga_notes.model.rows import Row

STORIES: list[Row] = [
    {
        "id": 1,
        "is_closed": False,
        "status": 10,
        "status_extra_info": {"is_closed": False},
        "milestone": 3,
        "owner": 5,
        "assigned_to": 7,
        "assigned_users": [7, 8],
        "watchers": [5],
        "tags": [["bug", "#f00"], ["a,b", None]],
        "epics": [{"id": 4}],
        "swimlane": None,
        "created_date": "2026-11-22T10:00:00.123Z",
        "finish_date": None,
        "subject": "b",
        "backlog_order": 2,
    },
    {
        "id": 2,
        "is_closed": True,
        "status": 11,
        "status_extra_info": {"is_closed": True},
        "milestone": None,
        "owner": 6,
        "assigned_to": None,
        "assigned_users": [],
        "watchers": [],
        "tags": [],
        "epics": None,
        "swimlane": 2,
        "created_date": "2026-11-23T10:00:00Z",
        "finish_date": "2026-11-24T00:00:00Z",
        "subject": "a",
        "backlog_order": 1,
    },
    {"id": 3},
]


def _ids(*filters: tuple[str, str]) -> list[object]:
    def archived(row: Row) -> bool | None:
        return row["status"] == 11 if "status" in row else None

    return [row["id"] for row in select(STORIES, filters, archived)]


@each(
    ("name", "text", "ids"),
    [
        ("is_closed", "false", [1, 3]),
        ("is_closed", "true", [2, 3]),
        ("status__is_closed", "true", [2, 3]),
        ("status__is_archived", "false", [1, 3]),
        ("status__is_archived", "true", [2, 3]),
        ("status", "10", [1, 3]),
        ("status", "10,11", [1, 2, 3]),
        ("exclude_status", "10", [2, 3]),
        ("milestone", "3", [1, 3]),
        ("milestone", "null", [2, 3]),
        ("milestone__isnull", "true", [2, 3]),
        ("milestone__isnull", "false", [1, 3]),
        ("owner", "6", [2, 3]),
        ("exclude_owner", "5,6", [3]),
        ("assigned_to", "7", [1, 3]),
        ("assigned_to", "null", [2, 3]),
        ("assigned_users", "8", [1, 3]),
        ("assigned_users", "null,8", [1, 2, 3]),
        ("exclude_assigned_users", "7", [2, 3]),
        ("watchers", "5", [1, 3]),
        ("tags", "bug", [1, 3]),
        ("tags", "Bug", [3]),
        ("exclude_tags", "bug", [2, 3]),
        ("epic", "4", [1, 3]),
        ("swimnlane", "2", [2, 3]),
        ("created_date__gt", "2026-11-22T10:00:00.123Z", [2, 3]),
        ("created_date__gte", "2026-11-22T10:00:00.123Z", [1, 2, 3]),
        ("created_date__lt", "2026-11-23", [1, 3]),
        ("created_date__lte", "2026-11-22T11:00:00.123+01:00", [1, 3]),
        ("created_date", "2026-11-23T10:00:00", [2, 3]),
        ("finish_date__gte", "2026-11-01", [2, 3]),
        ("order_by", "subject", [2, 1, 3]),
        ("order_by", "-subject", [3, 1, 2]),
        ("order_by", "backlog_order", [2, 1, 3]),
        ("order_by", "owner", [1, 2, 3]),
        ("order_by", "nothing", [1, 2, 3]),
        ("include_attachments", "1", [1, 2, 3]),
        ("dashboard", "1", [1, 2, 3]),
    ],
)
def test_a_filter_keeps_what_fits_and_what_does_not_tell(
    name: str, text: str, ids: list[int]
) -> None:
    """Row 3 carries nothing but its id; a list that is null holds nobody."""
    assert _ids((name, text)) == ids


def test_filters_add_up() -> None:
    assert _ids(("is_closed", "false"), ("exclude_status", "10")) == [3]


@each("name", ["q", "role", "milestone__estimated_start", "colour", "exclude_q"])
def test_what_only_taiga_can_tell_is_refused(name: str) -> None:
    with pytest.raises(SourceError, match="can't apply Taiga's filter") as caught:
        _ids((name, "x"))
    assert caught.value.hint == "use `where` instead"


@pytest.mark.parametrize("text", ["yesterday", "", "2026-13-01", "\x1b[31m"])
def test_a_date_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(SourceError, match=r"is no date for created_date__gte") as caught:
        _ids(("created_date__gte", text))
    assert str(caught.value).isprintable()


def test_a_date_in_a_row_that_is_none_tells_nothing() -> None:
    row = {"created_date": "soon"}
    assert select([row], [("created_date__gte", "2026-11-22")], lambda _row: None) == [row]


@given(
    row=st.dictionaries(
        st.sampled_from(sorted({name for kind in KINDS.values() for name in kind.filters})),
        st.none()
        | st.integers()
        | st.text(max_size=5)
        | st.lists(st.integers() | st.lists(st.integers(), max_size=1), max_size=2)
        | st.dictionaries(st.just("is_closed"), st.booleans()),
    ),
    name=st.sampled_from(sorted(USERSTORIES.filters)),
    text=st.sampled_from(["1", "true", "null", "2026-11-22", "x,y"]),
)
def test_whatever_a_row_holds_it_is_kept_or_not(
    row: dict[str, object], name: str, text: str
) -> None:
    try:
        kept = select([row], [(name, text)], lambda _row: None)
    except SourceError:
        return
    assert kept in ([], [row])


@pytest.fixture(scope="module")
def acme() -> Iterator[tuple[Client, str]]:
    taiga = Taiga()
    project = populate(taiga, stories=120)
    ada = next(user for user in taiga.users.values() if user.username == "ada")
    auth = FixedToken("Bearer", taiga.token(ada), "X")
    with serve(taiga) as server, Client(server.url, auth) as client:
        yield client, str(project.id)


FILTERED = [
    *(
        ("userstories", name, text)
        for name, text in [("is_closed", "true"), ("is_closed", "false")]
    ),
    *(("userstories", "milestone__isnull", text) for text in ("true", "false")),
    *(("userstories", "status__is_closed", text) for text in ("true", "false")),
    *(("userstories", "tags", text) for text in ("bug", "bug,später", "no such")),
    ("userstories", "exclude_tags", "bug"),
    *(
        ("userstories", "order_by", text)
        for text in ("subject", "-backlog_order", "-modified_date")
    ),
    ("userstories", "created_date__lte", "2999-01-01"),
    ("userstories", "finish_date__gte", "2000-01-01"),
    *(("tasks", "status__is_closed", text) for text in ("true", "false")),
    *(("issues", "order_by", text) for text in ("severity", "-subject", "ref")),
    ("issues", "exclude_tags", "bug"),
    ("milestones", "closed", "false"),
    ("milestones", "estimated_start__gte", "2026-11-16"),
    ("epics", "status__is_closed", "false"),
    ("wiki", "slug", "home"),
]


@each(("kind", "name", "text"), FILTERED)
def test_the_rows_are_those_that_taiga_lists(
    acme: tuple[Client, str], kind: str, name: str, text: str
) -> None:
    client, project = acme
    everything = client.listing(f"/{kind}", {"project": project})
    theirs = client.listing(f"/{kind}", {"project": project, name: text})
    ours = select(everything, [(name, text)], lambda _row: None)
    assert [row["id"] for row in ours] == [row["id"] for row in theirs]


@each("name", ["status", "owner", "assigned_to", "assigned_users", "milestone", "watchers", "epic"])
def test_the_rows_of_an_id_are_those_that_taiga_lists(acme: tuple[Client, str], name: str) -> None:
    client, project = acme
    everything = client.listing("/userstories", {"project": project})
    row = next(
        row for row in everything if row["assigned_to"] and row["milestone"] and row["epics"]
    )
    field = {"assigned_users": "assigned_to", "watchers": "owner", "epic": "epics"}.get(name, name)
    epics = row["epics"]
    assert isinstance(epics, list)
    value = str(epics[0]["id"]) if name == "epic" else str(row[field])
    for filter_name in (name, f"exclude_{name}"):
        if filter_name not in USERSTORIES.filters:
            continue
        theirs = client.listing("/userstories", {"project": project, filter_name: value})
        ours = select(everything, [(filter_name, value)], lambda _row: None)
        assert [row["id"] for row in ours] == [row["id"] for row in theirs]
        assert 0 < len(ours) < len(everything) or name == "watchers"
