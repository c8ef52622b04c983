"""What entries of the timeline and of histories come to; the recorded ones among them."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taiga_notes.taiga.sync.activity import (
    Attribute,
    ItemEvent,
    ItemOrigin,
    UncertainError,
    attributes_of,
    comments,
    custom_values,
    events_of_history,
    history,
    merged,
    named_values,
    news_of,
)
from taiga_notes.taiga.sync.detail_values import files_of
from tests.fake_taiga_conformance.recordings import answer
from tests.tables import each

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


def entry(number: int, at: str = "2026-11-29T12:00:00Z", **data: Any) -> dict[str, Any]:
    """An entry about story 7."""
    about = {"userstory": {"id": 7, "ref": 3}, "user": {"name": "Ann", "username": "ann"}}
    said = {"comment": "", "values_diff": {}, **data}
    event = "userstories.userstory.change"
    return {"id": number, "created": at, "event_type": event, "data": {**about, **said}}


def told(*entries: dict[str, Any]) -> list[str]:
    """The comments after these entries."""
    return [one["text"] for one in comments(merged([], [e.event for e in news_of(entries)]), {})]


def test_the_last_entry_about_a_comment_is_right_in_whatever_order_they_come() -> None:
    first = entry(1, comment="First")
    edited = entry(5, comment="Edited", comment_edited=True)
    deleted = entry(9, comment="Edited", comment_edited=True, comment_deleted=True)
    back = entry(11, comment="Edited", comment_edited=True)
    other = entry(3, "2026-11-29T12:00:01Z", comment="Other")
    for entries, texts in [
        ((first, other), ["Other", "First"]),
        ((edited, other, first), ["Other", "Edited"]),
        ((deleted, edited, other, first), ["Other"]),
        ((first, deleted, other), ["Other"]),
        ((back, deleted, other), ["Other", "Edited"]),
    ]:
        assert told(*entries) == told(*reversed(entries)) == texts


def test_a_recorded_comment_is_edited_deleted_and_brought_back() -> None:
    edited, deleted, back = (
        answer(f"join/timeline_{name}_comment")[0] for name in ("edit", "delete", "undelete")
    )
    assert told(edited) == ["second"]
    assert told(deleted, edited) == []
    assert told(back, deleted, edited) == ["second"]
    [one] = comments(merged([], [e.event for e in news_of([edited])]), {"ann": "Ann Lee"})
    assert one == {
        "who": "Ann Lee",
        "username": "ann",
        "when": "2026-11-28T23:26:37.050Z",
        "text": "second",
    }


def test_a_recorded_history_tells_the_same_without_its_deleted_comments() -> None:
    assert comments(events_of_history(answer("history/deleted_comment")), {}) == []
    events = merged([], events_of_history(answer("history/description_cav_attachment_comment")))
    assert [one["text"] for one in comments(events, {})] == ["edited2"]
    origin = ItemOrigin("2026-11-28T23:21:43Z", "In progress", "Ann")
    assert [(one["status_from"], one["to"]) for one in history(events, {}, origin)] == [
        (None, "New"),
        ("New", "In progress"),
    ]


def test_a_recorded_custom_value_is_that_of_the_attribute_which_had_the_old_one() -> None:
    [news] = news_of(answer("join/timeline_custom_attribute_changed"))
    assert news.touched == {"custom"}
    new = {"new": [{"id": 4, "name": "Before", "type": "text", "value": "one"}]}
    begun = ItemEvent("2026-11-28T23:00:00Z", 1, "Ann", "ann", custom=new)
    assert custom_values([begun, news.event], []) == {4: "two"}


def changed(name: str, before: object, since: object, at: str) -> ItemEvent:
    """An event in which an attribute's value changes."""
    row = {"name": name, "type": "text", "changes": {"value": [before, since]}}
    return ItemEvent(at, 1, "", "", custom={"new": [], "changed": [row], "deleted": []})


def filled(at: str, *pairs: tuple[int, object]) -> ItemEvent:
    """An event in which attributes get values."""
    rows = [{"id": number, "name": f"A{number}", "value": value} for number, value in pairs]
    return ItemEvent(at, 0, "", "", custom={"new": rows})


BEFORE, LATER = "2026-11-29T11:00:00Z", "2026-11-29T13:00:00Z"
TOUCHED = [Attribute(1, "A1", NOON), Attribute(2, "A2", NOON)]


@each(
    "events, values",
    [
        ([filled(BEFORE, (1, "x"), (2, "y")), changed("Gone", "x", "z", BEFORE)], {1: "z", 2: "y"}),
        ([filled(BEFORE, (1, "x"), (2, "x")), changed("A2", "x", "z", LATER)], {1: "x", 2: "z"}),
        ([filled(BEFORE, (1, "x"), (2, "x")), changed("A2", "x", "z", BEFORE)], None),
        ([filled(BEFORE, (1, "x"), (2, "x")), changed("A3", "x", "z", LATER)], None),
        ([changed("A1", "x", "z", LATER)], None),
        ([filled(BEFORE, (1, "x")), ItemEvent(LATER, 2, "", "", custom={"changed": [{}]})], None),
        ([ItemEvent(LATER, 2, "", "", custom={"new": [{"name": "A1", "value": 1}]})], None),
        ([filled(BEFORE, (1, "x")), ItemEvent(LATER, 2, "", "", custom={"new": None})], {1: "x"}),
    ],
)
def test_a_changed_value_is_told_or_said_to_be_uncertain(
    events: list[ItemEvent], values: dict[int, object] | None
) -> None:
    """A renamed attribute's old name says nothing of who has it."""
    if values is None:
        with pytest.raises(UncertainError):
            custom_values(events, TOUCHED)
    else:
        assert custom_values(events, TOUCHED) == values


def test_values_go_by_the_names_that_attributes_have_now() -> None:
    rows = [
        {"id": 2, "name": "Size", "modified_date": "2026-11-22T03:44:41.123456+00:00"},
        {"id": 1, "name": "Paid", "modified_date": None},
        {"id": "3", "name": "None of Taiga's"},
    ]
    known = attributes_of({"userstory_custom_attributes": rows}, "userstories")
    assert known[0].since == datetime(2026, 11, 22, 3, 44, 41, 123456, tzinfo=UTC)
    assert attributes_of({"userstory_custom_attributes": None}, "userstories") == []
    values = {1: False, 2: 0, 3: "of a deleted attribute"}
    assert named_values(values, known) == {"Size": 0, "Paid": False}
    assert named_values({1: "", 2: None}, known) == {}


def test_what_is_kept_comes_back_as_it_was() -> None:
    events = [event.event for event in news_of([entry(1), entry(2, comment="Hm")])]
    events += [filled(BEFORE, (1, "x")), changed("A1", "x", "z", LATER)]
    events += [ItemEvent(LATER, 4, "A", "a", status=("New", "Done"), creates=True)]
    assert [ItemEvent.loaded(event.stored) for event in events] == events


def test_entries_that_are_none_of_items_tell_nothing() -> None:
    odd = [
        {},
        entry(1) | {"event_type": "projects.project.change"},
        entry(1) | {"event_type": "epics.relateduserstory.create"},
        entry(1) | {"data": None},
        entry(1) | {"created": None},
        entry(1) | {"id": "1"},
        entry(1, userstory=None),
        entry(1, userstory={"id": "7"}),
    ]
    assert [*news_of(odd)] == []
    [news] = news_of([entry(1, values_diff=None, comment=None, user=None)])
    assert not news.is_kept


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", "one", "New", "7", "null"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "name", "value", "changes", "new", "changed", "deleted", "ref"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
ENTRY = st.fixed_dictionaries(
    {
        "id": st.integers(0, 9) | ANYTHING,
        "created": st.sampled_from(["2026-11-29T12:00:00Z", "2026-11-29", "", "x"]) | ANYTHING,
        "created_at": st.sampled_from(["2026-11-29T12:00:00.1Z", "2026-11-29T12:00:00"]) | ANYTHING,
        "event_type": st.sampled_from(["userstories.userstory.change", "tasks.task.create"]),
        "values_diff": st.fixed_dictionaries({"status": ANYTHING, "custom_attributes": ANYTHING}),
        "comment": ANYTHING,
        "user": ANYTHING,
        "data": st.fixed_dictionaries(
            {
                "userstory": st.just({"id": 7, "ref": 3}) | ANYTHING,
                "task": st.just({"id": 7}) | ANYTHING,
                "user": ANYTHING,
                "comment": ANYTHING,
                "values_diff": st.fixed_dictionaries(
                    {"status": ANYTHING, "custom_attributes": ANYTHING}
                ),
            }
        )
        | ANYTHING,
    }
)


@given(st.lists(ENTRY, max_size=4))
def test_whatever_an_entry_holds_it_is_understood_or_left_alone(
    entries: list[dict[str, Any]],
) -> None:
    events = [news.event for news in news_of(entries)] + events_of_history(entries)
    known = merged([], events)
    assert [ItemEvent.loaded(json.loads(json.dumps(one.stored))) for one in known] == known
    assert all(one["text"] for one in comments(known, {}))
    assert all(one["to"] for one in history(known, {}, ItemOrigin("", "New", "Ann")))
    with suppress(UncertainError):
        assert custom_values(known, TOUCHED) is not None
    assert all(files_of([{"object_id": 1, **one}]) for one in entries)


def test_moves_out_of_a_deleted_status_begin_where_the_one_before_ended() -> None:
    moves = [("New", "Odd"), ("", "Done")]
    events = [
        ItemEvent(f"{NOON + timedelta(hours=hour):%Y-%m-%dT%H:%M:%SZ}", 1, "Ann", "ann", status=one)
        for hour, one in enumerate(moves)
    ]
    found = history(events, {}, ItemOrigin("", "Done", "Eve"))
    assert [(one["status_from"], one["to"], one["by"]) for one in found] == [
        (None, "New", "Eve"),
        ("New", "Odd", "Ann"),
        ("Odd", "Done", "Ann"),
    ]


def test_no_attachments_address_opens_it_to_whoever_has_it() -> None:
    [recorded] = answer("join/attachments_project")
    bare = recorded["url"].partition("#")[0]
    signed = f"{bare}?token=c2VjcmV0:1vP#_taiga-refresh=userstory:2"
    late = recorded | {"url": signed, "created_date": "2026-11-29T00:00:00Z", "name": "b.txt"}
    assert files_of([late, recorded]) == {
        3088: [
            {
                "name": name,
                "size": 5,
                "description": "",
                "url": bare,
                "created_date": created,
            }
            for name, created in [
                ("a.txt", "2026-11-28T23:18:02.855Z"),
                ("b.txt", "2026-11-29T00:00:00Z"),
            ]
        ]
    }
    assert files_of([{"object_id": None}, {"object_id": 1, "url": None}])[1][0]["url"] == ""
