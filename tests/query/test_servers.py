"""Lists of several projects and servers, as a query names them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from taiga_notes.errors import QueryError
from taiga_notes.model.rows import Listing, Table, several, whose
from taiga_notes.query import QueryClock, Scope, evaluate, reads_taiga
from taiga_notes.query.syntax.english import EnglishWriter
from taiga_notes.query.syntax.parser import parse
from taiga_notes.query.syntax.tree import Query
from tests.query.scopes import NOW
from tests.tables import each
from tests.without_details import WithoutDetails

if TYPE_CHECKING:
    from taiga_notes.model.rows import Row, Rows

USUAL = (("status__is_archived", "false"),)


class Servers(WithoutDetails):
    """A source whose rows say what was asked for; at each server somebody else is `me`."""

    def __init__(self) -> None:
        self.asked: list[Listing] = []

    def rows(self, listing: Listing, /) -> Rows:
        if listing.kind == "values":
            return Table([])
        self.asked.append(listing)
        return Table(
            [
                {"ref": ref, "assignee": f"{who} at {listing.server or 'home'}"}
                for ref, who in enumerate(("ann", "bob"), 1)
            ],
            listing.kind,
        )

    def me(self, server: str = "", /) -> Row:
        return {"id": 7, "username": f"ann at {server or 'home'}"}


def asked(text: str, **more: Any) -> tuple[Any, list[Listing]]:
    source = Servers()
    scope = Scope(source, QueryClock(NOW), **{"project": "acme", **more})
    return evaluate(text, scope).value, source.asked


@each(
    ("text", "listing"),
    [
        ("userstories{project='*'}", Listing("userstories", "*", USUAL)),
        ("userstories{project={'a', 'b'}}", Listing("userstories", ("a", "b"), USUAL)),
        ("userstories{project={'a', 14, 'a'}}", Listing("userstories", ("a", 14), USUAL)),
        ("userstories{project={'a', '*'}}", Listing("userstories", "*", USUAL)),
        ("userstories{project={'a'}}", Listing("userstories", "a", USUAL)),
        ("userstories{project__slug={'a', 'b'}}", Listing("userstories", ("a", "b"), USUAL)),
        ("userstories{project=page.mine}", Listing("userstories", ("a", "b"), USUAL)),
        ("work.userstories", Listing("userstories", None, USUAL, server="work")),
        ("work.tasks{project='x'}", Listing("tasks", "x", server="work")),
        ("work.sprints{project='*'}", Listing("milestones", "*", server="work")),
        ("work.getTaigaTasks()", Listing("userstories", None, USUAL, server="work")),
        (
            "work.getTaigaTasks('/userstories?project=1')",
            Listing("", None, (), "/userstories?project=1", "work"),
        ),
    ],
)
def test_what_is_asked_for(text: str, listing: Listing) -> None:
    assert asked(f"from {text}", page={"mine": ["a", "b"]})[1] == [listing]


def test_a_page_of_another_server_needs_no_name_before_its_lists() -> None:
    assert asked("from tasks", server="work")[1] == [Listing("tasks", "acme", server="work")]
    assert asked("from work.tasks", server="work")[1] == [Listing("tasks", "acme", server="work")]
    assert asked("from other.tasks", server="work")[1] == [Listing("tasks", None, server="other")]
    [listing] = asked("from getTaigaTasks('/tasks?project=1')", server="work")[1]
    assert listing.server == "work"


MINE = "where assignee == me.username select ref"


@each(
    ("text", "value"),
    [
        (f"from tasks {MINE}", [1]),
        (f"from work.tasks {MINE}", [1]),
        (
            "from p = work.tasks{project='x'} where p.assignee == me.username select p.ref",
            [1],
        ),
        (f"from query[[from work.tasks where ref > 0]] {MINE}", [1]),
        (f"from presets.open {MINE}", [1]),
        (f"from work.tasks where #query[[from tasks {MINE}]] == 1 and ref == 2 select ref", [2]),
        ("from tasks where assignee == work.me.username select ref", []),
        ("me.username", "ann at home"),
        ("work.me.username", "ann at work"),
        ("work.me", {"id": 7, "username": "ann at work"}),
        ("#query[[from work.tasks]]", 2),
        ("#work.tasks", 2),
    ],
)
def test_me_is_whom_the_server_knows_that_the_rows_are_from(text: str, value: object) -> None:
    presets = {"open": "from work.tasks where ref > 0"}
    assert asked(text, presets=presets)[0] == value
    if value != "ann at home" and "from tasks" not in text:
        assert asked(text.replace("work.", ""), server="work", presets=presets)[0] == value


@each(
    ("text", "message"),
    [
        ("from work.tasks.subject", "work.tasks is a list"),
        ("from tasks where #p.tasks > 0", "unknown"),
        ("from work.taskz", "unknown"),
        ("work.tasks(1)", "tasks is a list, no function"),
        ("from tasks{project={}}", "wants one value or a list"),
        ("from work.getTaigaTasks", "unknown"),
        ("from work.me.nmae", "unknown field"),
    ],
)
def test_mistakes_are_told(text: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        asked(text)


def test_the_project_is_its_slug_and_the_number_stands_elsewhere() -> None:
    with pytest.raises(QueryError) as error:
        asked("from userstories where project == 14")
    assert error.value.hint == "write project_extra_info.id == 14"


def test_explained_lists_say_whose_they_are() -> None:
    def said(text: str, **more: Any) -> str:
        tree = parse(f"from {text}").tree
        assert isinstance(tree, Query)
        return EnglishWriter(**more).source(tree.source)

    assert said("tasks", project=("a", "b")) == "tasks of a, b"
    assert said("tasks{project='*'}") == "tasks of every project of mine"
    assert said("work.tasks{project='x'}", project="acme") == "tasks of x, at work"
    assert said("work.getTaigaTasks()") == "user stories, without archived ones, at work"
    assert said("page.tasks") == "page.tasks"


def test_a_baked_section_of_another_server_is_ours() -> None:
    assert reads_taiga("query[[from work.userstories where ref > 1]]")
    assert not reads_taiga("query[[from p.tasks where done]]")
    assert not reads_taiga("query[[where work.userstories]]")


def test_whose_lists_are() -> None:
    assert [several(keys) for keys in ((), ("a",), ("a", "b", "a"), ("a", "*"))] == [
        None,
        "a",
        ("a", "b"),
        "*",
    ]
    assert [whose(keys) for keys in (None, 14, ("a", 14), "*")] == [
        "",
        " of 14",
        " of a, 14",
        " of every project of mine",
    ]
