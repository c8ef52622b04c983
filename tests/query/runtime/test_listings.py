"""Which list a query asks for."""

from __future__ import annotations

from typing import Any

import pytest

from taiga_notes.errors import QueryError, SourceError
from taiga_notes.model.kinds import KINDS, VALUES
from taiga_notes.model.rows import Listing, Table
from taiga_notes.query import QueryClock, Scope, evaluate, reads_taiga
from tests.query.scopes import NOW, Lists, scope, value
from tests.tables import each

ARCHIVED = ("status__is_archived", "false")


def asked(text: str, **more: Any) -> list[Listing]:
    lists = Lists(Table([{"id": 1}], ""))
    evaluate(text, Scope(lists, QueryClock(NOW), project=more.pop("project", "acme"), **more))
    # What the project calls its statuses is looked up as well.
    return [listing for listing in lists.asked if listing.kind != VALUES.name]


@each("kind", [kind for kind in KINDS if kind not in {"userstories", "projects"}])
def test_a_bare_name_is_the_list_of_the_pages_project(kind: str) -> None:
    assert asked(f"from {kind}") == [Listing(kind, "acme")]


def test_stories_come_without_those_whose_status_is_archived() -> None:
    expected = [Listing("userstories", "acme", (ARCHIVED,))]
    assert asked("from userstories") == expected
    assert asked("from getTaigaTasks()") == expected
    assert asked("userstories") == expected


def test_sprints_are_milestones_and_projects_are_of_no_project() -> None:
    assert asked("from sprints") == [Listing("milestones", "acme")]
    assert asked("from projects") == [Listing("projects")]


def test_without_a_project_the_source_chooses() -> None:
    assert asked("from tasks", project=None) == [Listing("tasks")]


@each(
    ("filters", "project", "wire"),
    [
        ("milestone=3", "acme", [("milestone", "3")]),
        ("milestone=3.0", "acme", [("milestone", "3")]),
        ("milestone=nil", "acme", [("milestone", "null")]),
        ("is_closed=true", "acme", [("is_closed", "true")]),
        ("is_closed=false", "acme", [("is_closed", "false")]),
        ("tags='bug'", "acme", [("tags", "bug")]),
        ("tags={'bug', 'ui'}", "acme", [("tags", "bug,ui")]),
        ("status={1, 2}", "acme", [("status", "1,2")]),
        ("assigned_users=me.id", "acme", [("assigned_users", "5")]),
        ("['tags']='bug'", "acme", [("tags", "bug")]),
        ("project='other'", "other", []),
        ("project=12", 12, []),
        ("project=12.0", 12, []),
        ("project=nil", None, []),
        ("project__slug='other'", "other", []),
        ("project=page.project", "mine", []),
        ("q='a b', epic=1", "acme", [("epic", "1"), ("q", "a b")]),
        ("modified_date__gte=today(-7)", "acme", [("modified_date__gte", "2026-11-15")]),
        ("", "acme", []),
    ],
)
def test_filters_go_on_the_wire_in_taigas_words(
    filters: str, project: Any, wire: list[tuple[str, str]]
) -> None:
    lists = Lists(Table([{"id": 1}], ""), {"id": 5})
    evaluate(
        f"from userstories{{{filters}}}",
        Scope(lists, QueryClock(NOW), project="acme", page={"project": "mine"}),
    )
    assert lists.asked[-1] == Listing("userstories", project, tuple(sorted([*wire, ARCHIVED])))


def test_archived_stories_are_listed_when_asked_for() -> None:
    wire = (("status__is_archived", "true"),)
    assert asked("from userstories{status__is_archived=true}") == [
        Listing("userstories", "acme", wire)
    ]


def test_other_lists_have_their_own_filters() -> None:
    assert asked("from sprints{closed=false}") == [
        Listing("milestones", "acme", (("closed", "false"),))
    ]
    assert asked("from projects{member=5}") == [Listing("projects", None, (("member", "5"),))]
    assert asked("from wiki{slug='home'}") == [Listing("wiki", "acme", (("slug", "home"),))]


@each(
    ("text", "message", "hint"),
    [
        ("userstories{milestne=3}", "unknown filter 'milestne'", "did you mean 'milestone'?"),
        ("userstories{swimlane=3}", "unknown filter 'swimlane'", "Taiga does not filter by it"),
        ("userstories{order_by='ref'}", "unknown filter 'order_by'", "write order by"),
        ("userstories{is_blocked=true}", "unknown filter 'is_blocked'", "Taiga does not filter"),
        ("userstories{assignee='x'}", "unknown filter 'assignee'", "Taiga does not filter"),
        ("wiki{zzzz=1}", "unknown filter 'zzzz'", "Taiga filters wiki by project, slug"),
        ("projects{project=1}", "unknown filter 'project'", ""),
        ("tasks{statuss=1}", "unknown filter 'statuss'", "did you mean 'status'"),
        ("userstories{3}", "a filter is written name = value", ""),
        ("userstories{['a' .. 'b']=3}", "a filter is written name = value", ""),
        ("userstories{[1]=3}", "a filter is written name = value", ""),
        ("userstories()", "userstories is a list, no function", "write userstories or"),
        ("sprints('x')", "milestones is a list, no function", "write milestones or"),
        ("userstories.ref", "userstories is a list", "ask for fields of its rows"),
        ("userstories{tags={'a,b'}}", "the filter 'tags' wants one value or a list", ""),
        ("userstories{tags={}}", "the filter 'tags' wants one value or a list", ""),
        ("userstories{tags={a=1}}", "the filter 'tags' can't be a table", ""),
        ("userstories{tags=templates.x}", "the filter 'tags' can't be a template", ""),
        ("getTaigaTasks('/a', '/b')", "wrong number of arguments: getTaigaTasks('/path", ""),
        ("getTaigaTasks(5)", "getTaigaTasks wants a path, not a number", "write it as"),
        ("getTaigaTask()", "unknown function 'getTaigaTask'", "did you mean 'getTaigaTasks'?"),
        ("days_on('New')", "unknown function 'days_on'", "did you mean 'days_in'"),
    ],
)
def test_mistakes_name_what_there_is(text: str, message: str, hint: str) -> None:
    with pytest.raises(QueryError) as caught:
        asked(f"from {text}")
    assert caught.value.message.startswith(message)
    assert caught.value.hint.startswith(hint)


def test_a_wrong_filter_is_found_at_its_place() -> None:
    with pytest.raises(QueryError) as caught:
        asked("from userstories{milestone=3,\n  milestne=4}")
    assert (caught.value.query_line, caught.value.column) == (2, 3)


@each(
    "path",
    [
        "/userstories",
        "/userstories?project=12&status__is_archived=false",
        "/userstories?tags=ui%2Fux&q=a..b//c",
        "/epics/39/related_userstories",
        "/issue-types?project=12",
        "/userstories?q=ü",
    ],
)
def test_a_path_asks_for_a_list_of_the_api(path: str) -> None:
    assert asked(f"from getTaigaTasks('{path}')") == [Listing("", None, (), path)]


@each(
    "path",
    [
        "http://evil.example/x",
        "userstories",
        "",
        "/\\\\evil.example",
        "/userstories b",
        "/userstories?b=\\x00",
        "/userstories?b=\\n",
        "/userstories?b=\\u{2028}",
        "/userstories#b",
    ],
)
def test_what_is_no_path_is_refused(path: str) -> None:
    error = refused(path)
    assert error.message.endswith(
        ": a path begins with / and holds no space, control character, backslash or #"
    )
    assert error.hint == "write it as '/userstories?project=12'"


@each(
    "path",
    [
        "/",
        "/.",
        "//evil.example/x",
        "/@evil.example/x",
        "/a:80/x",
        "/../admin",
        "/userstories/..",
        "/%2e%2e/admin",
        "/userstories%2f..%2fauth",
        "/userstor%69es",
        "/userstories/",
        "//userstories",
        "/userstories/12",
        "/USERSTORIES",
        "/userstories/attachments?project=1",
        "/epics/x/related_userstories",
        "/epics/{id}/related_userstories",
        "/epics/٣/related_userstories",
        "/history/userstory/12",
        "/webhooks?project=1",
        "/memberships?project=1",
        "/application-tokens",
        "/auth",
        "/exporter/12",
        "/projects/12",
        "/projects/12/modules",
        "/what-taiga-may-add-one-day",
    ],
)
def test_a_path_that_is_not_known_to_be_a_harmless_list_is_refused(path: str) -> None:
    error = refused(path)
    assert error.message.endswith(": it is none of the lists that a query can read")
    assert error.hint.startswith(("a query can read /userstories, /tasks, ", "did you mean '/"))


def refused(path: str) -> QueryError:
    with pytest.raises(QueryError) as caught:
        asked(f"from\n  getTaigaTasks('{path}')")
    error = caught.value
    assert error.message.startswith("getTaigaTasks can't ask for ")
    assert (error.query_line, error.column) == (2, 17)
    return error


def test_the_path_that_was_meant_is_named() -> None:
    assert refused("/issue-type?project=1").hint.startswith("did you mean '/issue-types'")


def test_a_path_may_be_computed_and_is_checked_then() -> None:
    with pytest.raises(QueryError, match="getTaigaTasks can't ask for '//evil'"):
        asked("from getTaigaTasks(page.path)", page={"path": "//evil"})
    with pytest.raises(QueryError, match="getTaigaTasks wants a path, not nil"):
        asked("from getTaigaTasks(page.missing)")


def test_an_error_of_the_source_passes_unchanged() -> None:
    class Broken(Lists):
        def rows(self, listing: Listing, /) -> Any:
            raise SourceError(f"no {listing.kind}")

    with pytest.raises(SourceError, match=r"^no userstories$"):
        evaluate("from userstories", Scope(Broken({}), QueryClock(NOW)))


@pytest.mark.parametrize(
    ("kind", "expected"), [("userstories", "userstories"), ("", ""), ("x", "")]
)
def test_the_answer_says_of_which_kind_its_rows_are(kind: str, expected: str) -> None:
    where = scope([{"id": 1, "ref": 2}], kind)
    assert evaluate("from userstories where ref limit 1", where).kind == expected
    assert evaluate("userstories", where).kind == expected
    assert evaluate("from (query[[from userstories]]) where ref", where).kind == expected
    assert evaluate("from userstories select ref", where).kind == ""
    assert evaluate("#userstories", where).kind == ""


@each(
    ("text", "template", "each"),
    [
        ("from userstories template links", "links", None),
        ("from userstories template 'my-list'", "my-list", None),
        ("template links from userstories", "links", None),
        ("template a from userstories template b", "b", None),
        ("from userstories each '* {{ row.ref }}'", None, "* {{ row.ref }}"),
        ("each [[* {{ row.ref }}]] from userstories", None, "* {{ row.ref }}"),
        ("from userstories", None, None),
        ("query[[from userstories]]", None, None),
    ],
)
def test_a_block_says_how_it_is_rendered(text: str, template: str | None, each: str | None) -> None:
    answer = evaluate(text, scope([{"id": 1}]))
    assert (answer.value, answer.template, answer.each) == ([{"id": 1}], template, each)


@each(
    "text",
    [
        "query[[from getTaigaTasks() where x]]",
        "template.each(query[[\n  from getTaigaTasks('/tasks')\n]], templates.x)",
        "query[[from userstories]]",
        "query[[from p = userstories]]",
        "query[[from tasks where x]]",
        "query[[from t = tasks where x]]",
        "query[[from t = (tasks)]]",
        "query[[from (issues{status=1})]]",
        "template.each(epics, templates.x)",
        "#sprints",
        "wiki",
        "query[[from presets.open where x]]",
        "#query[[from milestones]]",
        "query[[from userstories where",
        "query[[from tasks where é ' ]]",
        "#query [[ from projects ]]",
    ],
)
def test_expressions_that_name_a_list_are_ours(text: str) -> None:
    assert reads_taiga(text)


@each(
    "text",
    [
        "",
        "os.time()",
        "query[[from p = index.pages() where p.tasks]]",
        "query[[from index.tasks()]]",
        "query[[from tasks() where x]]",
        "query[[from p = tags.page select p.userstories]]",
        "query[[from p = index.pages() where count(tasks) > 1 order by issues]]",
        "query[[from tags.task where wiki == 1]]",
        "f{tasks = 1}",
        "'from userstories'",
        "[[from userstories]]",
        "-- from userstories",
        "x:tasks()",
        "presets",
        "query[[from presets]]",
        "--[[ from userstories",
        "[==[ from userstories",
        "query[[from p = index.pages() where p.name == 'x' and tasks]]",
        "tasks:x()",
    ],
)
def test_expressions_that_do_not_are_left_alone(text: str) -> None:
    assert not reads_taiga(text)


def test_one_list_is_asked_for_once_per_mention() -> None:
    assert len(asked("from a = userstories select #query[[from b = userstories where b.id]]")) == 2


def test_value_of_a_list_is_its_rows() -> None:
    assert value("tasks", [{"id": 1}], "tasks") == [{"id": 1}]
