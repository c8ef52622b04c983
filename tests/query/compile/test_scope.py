"""What a query can see: the user, the page, the date, presets, templates."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from taiga_notes.errors import QueryError
from taiga_notes.query import Rendered, evaluate
from tests.query.scopes import scope, value
from tests.tables import each

ME = {"id": 5, "username": "ann", "new_in_taiga": 1}


@each(
    ("text", "expected"),
    [
        ("me", ME),
        ("me.username", "ann"),
        ("me.email", None),
        ("me.new_in_taiga", 1),
        ("me.roles.first", None),
        ("from {'ann', 'bob'} where _ == me.username", ["ann"]),
        ("from {{me = 1}} where me == 1 select me", [1]),
    ],
)
def test_me_is_the_logged_in_user(text: str, expected: Any) -> None:
    assert value(text, me=ME) == expected


def test_me_has_no_other_fields() -> None:
    with pytest.raises(QueryError) as caught:
        value("from userstories\nwhere assignee == me.usernam", me=ME)
    assert (
        str(caught.value)
        == "unknown field 'me.usernam' (line 2, column 19): did you mean 'me.username'?"
    )


@pytest.mark.parametrize(
    "text", ["me", "me.username", "from userstories where assigned_to == me.id"]
)
def test_nobody_is_no_user(text: str) -> None:
    with pytest.raises(QueryError, match="nobody is logged in"):
        value(text)


PAGE = {
    "name": "Plan",
    "owner": "ann",
    "due": date(2026, 11, 22),
    "at": datetime(2026, 11, 22, 9, 0, tzinfo=UTC),
    "list": (1, {"a": date(2026, 1, 1)}),
    "set": {1},
    7: "odd key",
    "odd": object,
}


@each(
    ("text", "expected"),
    [
        ("page.name", "Plan"),
        ("page.missing or nil", None),
        ("page.missing.deeper or nil", None),
        ("page.due", "2026-11-22"),
        ("page.due == today()", True),
        ("page.at", "2026-11-22T09:00:00+00:00"),
        ("page.list", [1, {"a": "2026-01-01"}]),
        ("page.list[2].a", "2026-01-01"),
        ("page.set", [1]),
        ("page['7']", "odd key"),
        ("page.odd", "<class 'object'>"),
        ("#page.list", 2),
        ("from userstories where assignee == page.owner select ref", [1]),
        ("from page.list where _ == 1", [1]),
    ],
)
def test_the_page_is_its_name_its_path_and_its_front_matter(text: str, expected: Any) -> None:
    rows = [{"ref": 1, "assignee": "ann"}, {"ref": 2, "assignee": None}]
    assert value(text, rows, page=PAGE) == expected


def test_front_matter_that_holds_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(QueryError, match="the page's front matter is nested too deeply"):
        value("page.name", page={"name": "x", "loop": loop})


@pytest.mark.slow
def test_front_matter_that_multiplies_is_refused() -> None:
    laughs: list[Any] = ["ha"]
    for _ in range(40):
        laughs = [laughs, laughs]
    with pytest.raises(QueryError, match="the query makes too much text"):
        value("page.name", page={"name": "x", "laughs": laughs})


@each(
    ("text", "expected"),
    [
        ("today()", "2026-11-22"),
        ("today(0)", "2026-11-22"),
        ("today(nil)", "2026-11-22"),
        ("today(-14)", "2026-11-08"),
        ("today(40.0)", "2027-01-01"),
        ("now()", "2026-11-21T23:30:00.000Z"),
        ("from userstories where due_date < today(7) select due_date", ["2026-11-28"]),
        ("from userstories where modified_date > now() select modified_date", []),
    ],
)
def test_dates_are_text_at_the_users_place_and_moments_as_taiga_writes_them(
    text: str, expected: Any
) -> None:
    rows = [
        {"due_date": "2026-11-28", "modified_date": "2026-11-21T23:29:59.999Z"},
        {"due_date": "2026-11-29", "modified_date": None},
        {"due_date": None, "modified_date": None},
    ]
    assert value(text, rows) == expected


@each(
    ("text", "message"),
    [
        ("today(1.5)", "today wants a whole number of days, not a number"),
        ("today('x')", "today wants a whole number of days, not a string"),
        ("today(10000000)", "there is no date 10000000 days from today"),
        ("today(1e300)", None),
        ("now(1)", "wrong number of arguments: now()"),
    ],
)
def test_there_is_no_such_date(text: str, message: str | None) -> None:
    with pytest.raises(QueryError) as caught:
        value(text)
    assert message is None or caught.value.message == message


PRESETS = {
    "open": "from userstories where not is_closed",
    "refs": "query[[from presets.open select ref]]",
    "number": "1 + 1",
    "loop": "from presets.loop",
    "ping": "from presets.pong",
    "pong": "from presets.ping",
    "wrong": "from userstories\nwhere nmae",
    "outer": "presets.wrong",
    "unread": "from",
    "shown": "from userstories template links",
    "each": "from userstories each 'x'",
}
STORIES = [{"ref": 1, "is_closed": False}, {"ref": 2, "is_closed": True}]


@each(
    ("text", "expected"),
    [
        ("from presets.open select ref", [1]),
        ("from p = presets.open where p.ref select p.ref", [1]),
        ("#presets.open", 1),
        ("presets.refs", [1]),
        ("presets.refs[1]", 1),
        ("presets.number + presets.number", 4),
        ("presets['open']", STORIES[:1]),
        ("from userstories where ref in presets.refs select ref", [1]),
    ],
)
def test_presets_are_queries_with_a_name(text: str, expected: Any) -> None:
    assert value(text, STORIES, presets=PRESETS) == expected


def test_the_rows_of_a_preset_keep_their_kind() -> None:
    assert evaluate("from presets.open", scope(STORIES, presets=PRESETS)).kind == "userstories"


@each(
    ("text", "message"),
    [
        ("presets.opn", "unknown preset 'opn'"),
        ("presets", "presets is no value"),
        ("presets.loop", "in the preset 'loop', line 1, column 6: the preset 'loop' leads back"),
        ("presets.ping", "in the preset 'pong', line 1, column 6: the preset 'ping' leads back"),
        ("presets.wrong", "in the preset 'wrong', line 2, column 7: unknown field 'nmae'"),
        ("presets.outer", "in the preset 'wrong', line 2, column 7: unknown field 'nmae'"),
        ("presets.unread", "in the preset 'unread', line 1, column 5: the query ends"),
        ("presets.shown", "a preset has no template"),
        ("presets.each", "a preset has no template"),
    ],
)
def test_mistakes_in_presets_name_the_preset(text: str, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        value(f"from\n {text}", STORIES, presets=PRESETS)
    error = caught.value
    assert error.message.startswith(message)
    assert (error.query_line, error.column) == (2, 2)


def test_presets_of_presets_are_bounded() -> None:
    presets = {f"p{number}": f"presets.p{number + 1}" for number in range(9)} | {"p9": "1"}
    assert value("presets.p5", presets=presets) == 1
    with pytest.raises(QueryError, match="presets name presets too deeply: at most 5"):
        value("presets.p0", presets=presets)


@each(
    ("text", "expected"),
    [
        ("template.each({1, 'a'}, templates.t)", "t: 1\nt: a\n"),
        ("template.each({}, templates.t)", ""),
        ("template.each({}, templates.t) or 'none'", "none"),
        ("template.each({a = 1}, templates.t)", "t: {'a': 1}\n"),
        ("template.each(userstories, templates.t)", "t: {'ref': 1}\n"),
        ("template.each(query[[from userstories select ref]], templates['t'])", "t: 1\n"),
        ("templates.t(5)", "t: 5\n"),
        ("templates.t({1.0})", "t: [1.0]\n"),
    ],
)
def test_templates_render_rows(text: str, expected: str) -> None:
    found = value(text, [{"ref": 1}])
    assert (found, type(found)) == (expected, Rendered)


def test_a_template_may_render_each_row() -> None:
    found = value("from userstories select templates.t(ref)", [{"ref": 1}, {"ref": 2}])
    assert found == ["t: 1\n", "t: 2\n"]
    assert {type(each) for each in found} == {Rendered}


@each(
    ("text", "message"),
    [
        ("template.each({1}, 'x')", "template.each wants a template, not a string"),
        ("template.each({1})", "wrong number of arguments: template.each(rows, templates.NAME)"),
        ("template.each(nil, templates.t)", "template.each wants a list, not nil"),
        ("template.each('x', templates.t)", "template.each wants a list, not a string"),
        ("template.new('x')", "'template.new' is not supported in a query"),
        ("templates.t()", "wrong number of arguments: templates.t(row)"),
        ("templates.t.x", "a template has no field 'x'"),
        ("templates", "templates is no value"),
        ("templates.t", "a template is no value"),
        ("{templates.t}", "a template is no value"),
        ("template.each({templates.t}, templates.t)", "a template is no value"),
        ("templates.t.x()", "unknown function 'templates.t.x'"),
    ],
)
def test_mistakes_with_templates(text: str, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        value(text)
    assert caught.value.message == message


def test_where_there_are_no_templates_none_can_be_used() -> None:
    with pytest.raises(QueryError, match="there are no templates here"):
        value("templates.t(1)", render=None)


@each("name", ["nothing", "_", "_G", "__builtins__", "exec", "hits", "rows", "run"])
def test_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(QueryError, match=f"^unknown name '{name}'"):
        value(name)
    with pytest.raises(QueryError, match=f"^unknown name '{name}'"):
        value(f"from p = {{1}} where {name}")


def test_near_names_are_suggested() -> None:
    with pytest.raises(QueryError, match="did you mean 'userstories'"):
        value("from userstorys")
    with pytest.raises(QueryError, match="did you mean 'page'"):
        value("from userstories where ref == pge.x", [{"ref": 1}], kind="")


def test_a_name_that_the_page_has_not_got_is_an_error_unless_it_is_said_to_be_missing() -> None:
    for text, hint in (
        ("page.ownr", "did you mean 'page.owner'?"),
        ("page.zzz", "write (page.zzz or …) where it may be missing"),
        ("from userstories where assignee == page.ownr", "did you mean 'page.owner'?"),
        ("page.zzz.x", "write (page.zzz or …) where it may be missing"),
    ):
        with pytest.raises(QueryError, match="unknown field 'page") as caught:
            value(text, page=PAGE)
        assert caught.value.hint == hint
    assert value("page.zzz or 1", page=PAGE) == 1
    assert value("page.name == nil or page.zzz == nil", page=PAGE) is True
    assert value("#query[[from {1} where (page.zzz or 1) == 1 and not page.zzz]]", page=PAGE) == 1
    assert value("_CTX.currentPage.zzz or nil or 2", page=PAGE) == 2
    assert value("{page.zzz or 1, page.zzz}", page=PAGE) == [1, None]
    assert value("1 == 2 or page.zzz", page=PAGE | {"zzz": 3}) == 3
    # Where there is no page, nothing is known of it.
    assert value("page.zzz") is None


def test_what_is_silverbullets_is_said_to_be_so() -> None:
    with pytest.raises(QueryError) as caught:
        value("from index")
    assert "not SilverBullet's own" in caught.value.hint
