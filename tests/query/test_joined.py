"""Fields that no list of Taiga holds: what they are, and of which rows they are asked for."""

from __future__ import annotations

from typing import Any

import pytest

from taiga_notes.errors import QueryError, SourceError
from taiga_notes.model.field_use import FieldUse, UsedField
from taiga_notes.query import QueryClock, Scope
from taiga_notes.query.explanation import explained, lines_of
from tests.query.joined import NOW, PROJECT, Asked, answer, asked
from tests.tables import each

VALUES: tuple[tuple[str, object], ...] = (
    ("from userstories where description ~= '' select ref", [11, 12]),
    ("from userstories where description:contains('customer') select ref", [11]),
    ("from userstories order by custom['Customer'] select custom.Customer", ["Acme", "Zed", None]),
    ("from u = userstories where #u.comments > 0 select u.comments[1].who", ["Ann Lee"]),
    ("from userstories where ref == 11 select history[2].to", ["Done"]),
    ("from userstories where days_in('New') > 3 select ref", [11]),
    ("from u = userstories where u.ref == 11 select u.days_in('Done')", [17]),
    ("from userstories where ref == 13 select days_in('New')", [0]),
    ("from userstories select attachments[1].name", [None, "form.png"]),
    ("from userstories where #comments > 5 limit 2", []),
    ("from userstories where ref == 11 select days_in(history[1].to)", [4]),
    ("from epics select closed_on", ["2026-11-05"]),
    ("from userstories select #tasks", [2, 1, 0]),
    ("from userstories select query[[from t = tasks select t.ref]]", [[50, 51, 52]]),
    ("from milestones select query[[from s = stories where not s.is_closed select s.ref]]", [[11]]),
    ("from milestones select query[[from s = stories select #s.tasks]]", [[2, 1]]),
    ("from epics select #stories", [1]),
    ("from epics select query[[from s = related select s.ref]]", [[11, 14]]),
    ("from u = userstories select query[[from t = u.tasks select t.ref]]", [[50, 52], [51], []]),
    ("from userstories group by custom.Customer select {key, #group}", [["Acme", 1], ["Zed", 1]]),
    ("#query[[from userstories where custom.Customer == 'Zed']]", 1),
    ("from userstories select count() filter(where #comments > 0)", [1]),
)


@each(("text", "value"), VALUES)
def test_they_are_values_like_any_other(text: str, value: object) -> None:
    given = answer(text).value
    if "group by" in text:
        assert isinstance(given, list)
        given = [row for row in given if row[0] is not None]
    assert given == value


ASKED: tuple[tuple[str, list[tuple[str, tuple[int, ...]]]], ...] = (
    ("from userstories", []),
    ("from userstories where is_closed and description ~= ''", [("description", (2,))]),
    ("from userstories where description ~= '' and is_closed", [("description", (2,))]),
    (
        "from userstories where ref > 0 and (description ~= '' or is_closed) limit 1",
        [("description", (1, 2, 3))],
    ),
    ("from userstories order by ref desc limit 1 select description", [("description", (3,))]),
    ("from userstories limit 2 select description", [("description", (1, 2))]),
    (
        "from userstories where not is_closed order by #comments",
        [("comments", (1, 3))],
    ),
    (
        "from userstories where #comments > 0 and days_in('New') > 3",
        [("comments", (1, 2, 3)), ("history", (1,))],
    ),
    # What is known of a row already is not asked for again.
    (
        "from userstories where #comments > 0 select {comments[1].text, days_in('New'), #history}",
        [("comments", (1, 2, 3)), ("history", (1,))],
    ),
)


@each(("text", "wanted"), ASKED)
def test_they_are_asked_for_of_the_rows_that_are_left(
    text: str, wanted: list[tuple[str, tuple[int, ...]]]
) -> None:
    assert asked(text) == wanted


def test_conditions_of_lists_come_first_and_keep_what_they_kept() -> None:
    # 0 and the empty string are true in front of an `and`, and false as the whole.
    text = "from userstories where (ref - ref) and description ~= ''"
    assert len(_rows(text)) == 2
    assert _rows("from userstories where description ~= '' and (ref - ref)") == []


def _rows(text: str) -> list[object]:
    value = answer(text).value
    assert isinstance(value, list)
    return value


def test_a_list_is_asked_for_once_however_many_rows_it_is_joined_to() -> None:
    source = Asked()
    answer("from milestones select query[[from s = stories select #s.tasks]]", source)
    assert sorted(name for name in source.listed if name != "values") == [
        "milestones",
        "tasks",
        "userstories",
    ]


MISTAKES = (
    ("from userstories where descripton ~= ''", "unknown field 'descripton' .*'description'"),
    ("from milestones select description", "unknown field 'description'"),
    ("from userstories where comments == 'x'", "comments"),
    ("from userstories select days_in()", "wrong number of arguments"),
    ("from userstories select tasks[1].description", r"picked does not have its description"),
    ("from epics select related[1].tasks", r"picked does not have its tasks"),
    ("from milestones select days_in('New')", "unknown function 'days_in'"),
)


@each(("text", "message"), MISTAKES)
def test_mistakes_are_told(text: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        answer(text)


WARNINGS = (
    ("from userstories select days_in('Nwe')", "no status 'Nwe' in acme: there are Done, New"),
    (
        "from userstories where custom.Custmer == 'x'",
        "no custom attribute 'Custmer' in acme: did you mean 'Customer'?",
    ),
)


@each(("text", "warning"), WARNINGS)
def test_what_the_project_does_not_list_is_a_warning(text: str, warning: str) -> None:
    assert answer(text).warnings == (warning,)


def test_the_closed_statuses_of_a_project_are_looked_up_once() -> None:
    epics = [*PROJECT["epics"], {"id": 8, "ref": 2, "subject": "Pay", "project": 1}]
    source = Asked({**PROJECT, "epics": epics})
    assert answer("from epics select {ref, closed_on}", source).value == [
        [1, "2026-11-05"],
        [2, None],
    ]
    assert source.listed.count("statuses") == 1


def test_an_explanation_counts_the_rows_that_they_leave() -> None:
    text = "from query[[from userstories where not is_closed and #comments > 0]] where ref > 1"
    [found] = explained(text, Scope(Asked(), QueryClock(NOW), project="acme"))
    inner = [line for line in lines_of(found) if line.startswith("    ")]
    assert inner == [
        "    3  user stories of acme, without archived ones",
        "    2  where not is_closed (1 dropped)",
        "    1  and #comments is above 0 (1 dropped)",
    ]


def test_what_can_not_be_had_is_an_error_of_the_source() -> None:
    with pytest.raises(SourceError, match="holds no history of tasks"):
        answer("from tasks where days_in('New') > 1")


def test_a_file_may_hold_anything() -> None:
    pieces: dict[str, Any] = {
        piece: {"1": value}
        for piece, value in (
            ("description", 3),
            ("comments", {}),
            ("history", [{"when": "x", "to": 1}, 4]),
        )
    }
    source = Asked({**PROJECT, "details": {"userstories": pieces}})
    text = "from userstories limit 1 select {description, #comments, days_in('New'), #history}"
    assert answer(text, source).value == [["", 0, 0, 2]]


# Templates


def use(*fields: tuple[tuple[str, ...] | None, str]) -> FieldUse:
    return frozenset(UsedField(rows, name) for rows, name in fields)


def test_rows_get_what_their_template_uses_and_no_more() -> None:
    source = Asked()
    found = answer("from userstories where is_closed", source)
    row: Any = found.joined(use(((), "description"), ((), "tasks")))[0]  # type: ignore[index]
    assert (row["description"], [task["ref"] for task in row["tasks"]]) == ("Later.", [51])
    assert "comments" not in row
    assert source.asked == [("userstories", "description", (2,))]


BELOW = (
    ("userstories", UsedField((), "custom", "Custmer"),
     "no custom attribute 'Custmer' in acme: did you mean 'Customer'?"),
    ("userstories", UsedField((), "days_in", "Nwe"),
     "no status 'Nwe' in acme: there are Done, New"),
    ("milestones", UsedField(("stories",), "custom", "Size"),
     "no custom attribute 'Size' in acme: there are Customer"),
    ("userstories", UsedField((), "custom", "Customer"), ""),
    ("userstories where ref == 12", UsedField((), "custom", "Customer"), ""),
    ("userstories", UsedField((), "custom", ""), ""),
    ("userstories", UsedField(None, "custom", "Custmer"),
     "no custom attribute 'Custmer' in acme: did you mean 'Customer'?"),
    ("userstories", UsedField(None, "custom", "Customer"), ""),
    ("milestones", UsedField(None, "days_in", "Nwe"),
     "no status 'Nwe' in acme: there are Done, New"),
    ("epics", UsedField((), "days_in", "Later"), "no status 'Later' in acme: there are Done, New"),
)  # fmt: skip


@each(("kind", "used", "warning"), BELOW)
def test_a_name_in_a_template_that_the_project_lacks_is_told_of(
    kind: str, used: UsedField, warning: str
) -> None:
    found = answer(f"from {kind}")
    above = {UsedField((), "stories")} if kind == "milestones" else set()
    found.joined(frozenset({used, *above}))
    assert "; ".join(found.warnings).startswith(warning)
    assert bool(found.warnings) == bool(warning)


def test_a_name_of_any_rows_is_right_if_some_kind_of_them_has_it() -> None:
    source = Asked(
        {
            **PROJECT,
            "projects": [
                {**PROJECT["projects"][0], "task_custom_attributes": [{"id": 1, "name": "Hours"}]}
            ],
            "details": {"userstories": {"custom": {}}, "tasks": {"custom": {}}},
        }
    )
    for name, warning in (
        ("Customer", ()),
        ("Hours", ()),
        ("Custmer", ("no custom attribute 'Custmer' in acme: did you mean 'Customer'?",)),
    ):
        found = answer("{query[[from tasks]], query[[from userstories]]}", source)
        found.joined(frozenset({UsedField(None, "custom", name)}))
        assert found.warnings == warning


def test_of_rows_of_no_project_no_name_is_known_to_be_wrong() -> None:
    details = {"userstories": {"custom": {"1": {"Customer": "Acme"}}}}
    source = Asked({"userstories": [{"id": 1, "ref": 11, "subject": "A"}], "details": details})
    found = answer("from userstories", source)
    found.joined(frozenset({UsedField(rows, "custom", "Custmer") for rows in ((), None)}))
    assert found.warnings == ()


def test_rows_below_rows_get_theirs_all_at_once() -> None:
    source = Asked()
    found = answer("from milestones", source)
    fields = use(((), "stories"), (("stories",), "comments"), (("stories",), "tasks"))
    sprint: Any = found.joined(fields)[0]  # type: ignore[index]
    assert [(s["ref"], len(s["comments"]), len(s["tasks"])) for s in sprint["stories"]] == [
        (11, 1, 2),
        (12, 0, 1),
    ]
    assert source.asked == [("userstories", "comments", (1, 2))]


def test_rows_of_groups_and_in_records_get_theirs() -> None:
    for text in (
        "from userstories group by is_closed",
        "from userstories select {title = subject, group = _}",
    ):
        source = Asked()
        value = answer(text, source).joined(use((None, "description")))
        assert str(value).count("'description'") == 3, text
        assert source.asked == [("userstories", "description", (1, 2, 3))]


def test_rows_in_a_table_of_items_and_fields_get_theirs() -> None:
    source = Asked()
    value: Any = answer("{query[[from userstories]], title = 'All'}", source).joined(
        use((None, "description"))
    )
    assert str(value).count("'description'") == 3
    assert source.asked == [("userstories", "description", (1, 2, 3))]


def test_templates_that_are_given_row_by_row_are_asked_for_once() -> None:
    given: list[object] = []

    def render(_name: str, rows: object) -> str:
        given.append(rows)
        return str(len(given))

    more = {"render": render, "uses": lambda _name: use(((), "description"))}
    for text, items in (
        ("from p = userstories select templates.card(p)", (1, 2, 3)),
        ("from p = userstories limit 2 select templates.card(p)", (1, 2)),
        ("template.each(query[[from userstories where is_closed]], templates.card)", (2,)),
    ):
        assert asked(text, **more) == [("description", items)], text
    assert "Later." in str(given[-1])


NO_FIELDS: tuple[tuple[str, str], ...] = (
    ("from userstories where comments[1].user == 'ann'", "did you mean 'username'?"),
    ("from tasks select comments[#comments].wo", "did you mean 'who'?"),
    ("from x = issues order by x.history[1].form", "there are by, status_from, to, when"),
    ("from x = epics select (x.attachments[2]).nme", "did you mean 'name'?"),
    ("from userstories where comments[ref].texts:lower() == ''", "did you mean 'text'?"),
)


@each("rows", [PROJECT, {name: [] for name in PROJECT}])
@each(("text", "hint"), NO_FIELDS)
def test_what_their_items_never_have_is_an_error_though_there_is_none(
    rows: dict[str, Any], text: str, hint: str
) -> None:
    with pytest.raises(QueryError, match=r"an item of .* has no field") as caught:
        answer(text, Asked({"issues": [], **rows, "details": {}}))
    assert caught.value.hint == hint


@each(
    ("text", "message"),
    [
        ("from userstories select tasks[1].nope", "tasks have no field 'nope'"),
        ("from milestones select stories[1].subjekt", "userstories have no field 'subjekt'"),
        ("from userstories group by milestone select group[1].nope", "userstories have no field"),
        ("from epics select #stories[1].comments", "a row that was picked does not have its comm"),
    ],
)
def test_what_a_row_that_was_picked_can_not_have_is_an_error(text: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        answer(text)


def test_what_a_row_that_was_picked_has_or_may_have_is_none() -> None:
    assert answer("from milestones select stories[1].subject").value == ["Story 1"]
    assert answer("from userstories select tasks[1].due_date").value == [None]
    assert answer("from userstories select tasks[9].nope").value == [None]
    assert answer("from userstories where ref == 11 select epics[1].id").value == [5]
    assert answer("({{x = {y = 1}}})[1].x.y").value == 1
