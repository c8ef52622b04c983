"""Literals are looked up in what the project lists: warnings, and ids for Taiga's filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from taiga_notes.errors import QueryError, SourceError
from taiga_notes.model.kinds import PARTS
from taiga_notes.model.parts import part_rows
from taiga_notes.model.rows import Listing, Table
from taiga_notes.query import Answer, QueryClock, Scope, evaluate
from tests.query.scopes import NOW, Lists
from tests.without_details import WithoutDetails

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taiga_notes.model.rows import Row, Rows

ACME: dict[str, Any] = {
    "slug": "acme",
    "us_statuses": [
        {"id": 80, "name": "New"},
        {"id": 81, "name": "Done"},
        {"id": 82, "name": "Archived", "is_archived": True},
    ],
    "task_statuses": [{"id": 90, "name": "Open"}],
    "members": [{"id": 17, "username": "ann", "full_name_display": "Ann Lee", "role_name": "Back"}],
    "milestones": [{"id": 5, "name": "Sprint 5", "slug": "sprint-5"}],
    "severities": [{"id": 70, "name": "Critical"}],
    "roles": [{"id": 31, "name": "Back"}],
    "points": [{"id": 1, "value": None}, {"id": 2, "value": 5}],
    "tags_colors": {"ui": None},
}
BETA: dict[str, Any] = {"slug": "beta", "us_statuses": [{"id": 7, "name": "Doing"}]}

STORIES = [
    {
        "id": 1,
        "status_name": "Old",
        "tag_names": ["legacy"],
        "epic_subjects": ["Login"],
        "points_by_role": {"Back": 3, "Gone": 1},
    }
]


class Projects(WithoutDetails):
    """A source with projects' details; those of no project have all."""

    def __init__(self, *details: Mapping[str, Any], kind: str = "userstories") -> None:
        self.projects = details
        self.kind = kind
        self.asked: list[Listing] = []

    def rows(self, listing: Listing, /) -> Rows:
        self.asked.append(listing)
        if listing.kind not in PARTS:
            return Table(STORIES if self.kind == "userstories" else [], self.kind)
        if not self.projects:
            raise SourceError("no such project")
        of = [one for one in self.projects if listing.project in {None, one["slug"], 14}]
        return part_rows(listing.kind, of)

    def me(self, _server: str = "", /) -> Row:
        return {}


def answer(text: str, *details: Mapping[str, Any], kind: str = "", **more: Any) -> Answer:
    source = Projects(*details or (ACME,), kind=kind or "userstories")
    return evaluate(text, Scope(source, QueryClock(NOW), **{"project": "acme", **more}))


def warnings(condition: str, *details: Mapping[str, Any], of: str = "userstories") -> str:
    told = answer(f"from {of} where {condition}", *details, kind=of.partition("{")[0]).warnings
    return " | ".join(told)


def test_what_the_project_does_not_list_is_a_warning() -> None:
    assert answer("from userstories where status_name == 'Doen'").value == []
    for condition, told in (
        ("status_name == 'Doen'", "no status 'Doen' in acme: did you mean 'Done'?"),
        ("'Doen' ~= status_extra_info.name", "no status 'Doen' in acme: did you mean 'Done'?"),
        ("status_name in {'New', 'Doen'}", "no status 'Doen' in acme: did you mean 'Done'?"),
        ("status == 99", "no status 99 in acme"),
        ("assignee == 'anm'", "no person 'anm' in acme: there are ann"),
        ("'bob' in assignees", "no person 'bob' in acme: there are ann"),
        ("assignee_name == 'Ann Le'", "no person 'Ann Le' in acme: did you mean 'Ann Lee'?"),
        ("sprint == 'Sprint 6'", "no sprint 'Sprint 6' in acme: did you mean 'Sprint 5'?"),
        ("milestone_slug == 'sprint5'", "no sprint 'sprint5' in acme: did you mean 'sprint-5'?"),
        ("'ux' in tag_names", "no tag 'ux' in acme: there are ui"),
        ("table.includes(tag_names, 'ux')", "no tag 'ux' in acme: there are ui"),
        ("points_by_role.Bakc == 5", "no role 'Bakc' in acme: did you mean 'Back'?"),
        ("points_by_role.Back == 4", "no points 4 in acme"),
        (
            "'Lgoin' in epic_subjects",
            "no epic 'Lgoin' of these user stories: did you mean 'Login'?",
        ),
    ):
        assert warnings(condition) == told, condition
    assert warnings("severity_name == 'Critcal'", of="issues") == (
        "no severity 'Critcal' in acme: did you mean 'Critical'?"
    )
    assert warnings("name == 'Sprint 55'", of="milestones").startswith("no sprint 'Sprint 55'")


def test_what_it_lists_or_a_row_has_is_none() -> None:
    for condition in (
        *("status_name == 'Done'", "status_name == 'Old'", "status == 80", "status_name == nil"),
        *("'legacy' in tag_names", "'ui' in tag_names", "'Login' in epic_subjects"),
        *("points_by_role.Back == 5", "points_by_role.Gone == 1", "subject == 'Doen'"),
        "(assignee or 'nobody') == 'nobody'",
    ):
        assert warnings(condition) == "", condition


def test_of_what_is_not_known_nothing_is_said() -> None:
    for details in ([{"slug": "acme"}], [{"slug": "acme", "us_statuses": None}]):
        assert warnings("status_name == 'Doen'", *details) == ""
    source = Projects()
    text = "from userstories where status_name == 'Doen'"
    assert evaluate(text, Scope(source, QueryClock(NOW), project="acme")).warnings == ()


def test_of_several_projects_one_that_lists_it_is_enough() -> None:
    text = "from userstories where status_name == '{}'"
    assert answer(text.format("Doing"), ACME, BETA, project=None).warnings == ()
    assert answer(text.format("Doen"), ACME, BETA, project=None).warnings == (
        "no status 'Doen' in acme, beta: did you mean 'Done'?",
    )
    assert answer(text.format("Done"), ACME, BETA, project="beta").warnings != ()


def test_the_project_is_the_listings_own() -> None:
    for source, project in (
        ("userstories{project='beta'}", "beta"),
        ("getTaigaTasks('/userstories?project=14')", 14),
        ("getTaigaTasks('/userstories?x=1&project__slug=beta')", "beta"),
    ):
        lists = Projects(ACME, BETA)
        text = f"from {source} where status_name == 'Doen'"
        evaluate(text, Scope(lists, QueryClock(NOW), project="acme"))
        assert Listing("values", project) in lists.asked


def test_it_is_told_once_and_in_the_texts_order() -> None:
    text = (
        "from u = userstories where u.status_name == 'B' or u.status_name == 'A' "
        "or #query[[from t = userstories where t.status_name == 'B']] > 5"
    )
    told = answer(text, {"slug": "acme", "us_statuses": []}).warnings
    assert told == ("no status 'B' in acme", "no status 'A' in acme")


def test_presets_and_the_projects_own_lists_are_looked_up_too() -> None:
    presets = {"mine": "from userstories where status_name == 'Doen'"}
    assert len(answer("presets.mine", presets=presets).warnings) == 1
    assert warnings("name == 'Archivd'", of="statuses") == (
        "no status 'Archivd' in acme: did you mean 'Archived'?"
    )
    assert answer("from statuses where name == 'Open' select of").value == ["tasks"]


def test_archived_stories_are_missed_aloud() -> None:
    for text in ("userstories where status_name == 'Archived'", "userstories{status='Archived'}"):
        (told,) = answer(f"from {text}").warnings
        assert "leaves archived stories out: userstories{status__is_archived=true}" in told
    for text in (
        "userstories where status_name ~= 'Archived'",
        "userstories{status__is_archived=true} where status_name == 'Archived'",
        "userstories{status__is_archived=true, status=82}",
        "userstories{status={80, 'New'}}",
    ):
        assert answer(f"from {text}").warnings == ()
    assert "82 is an archived status" in answer("from userstories{status=82}").warnings[0]


def filters(text: str, kind: str = "userstories") -> dict[str, str]:
    lists = Projects(ACME, kind=kind)
    evaluate(text, Scope(lists, QueryClock(NOW), project="acme"))
    listing = next(each for each in lists.asked if each.kind == kind)
    return dict(listing.filters)


def test_filters_take_names_and_ids_stay() -> None:
    for text, name, wire in (
        ("userstories{status='New'}", "status", "80"),
        ("userstories{status={'New', 'Done', 9}}", "status", "80,81,9"),
        ("userstories{exclude_status='New'}", "exclude_status", "80"),
        ("userstories{assigned_to='ann'}", "assigned_to", "17"),
        ("userstories{owner='Ann Lee'}", "owner", "17"),
        ("userstories{assigned_to=nil}", "assigned_to", "null"),
        ("userstories{milestone='Sprint 5'}", "milestone", "5"),
        ("userstories{milestone='sprint-5'}", "milestone", "5"),
        ("userstories{milestone='5'}", "milestone", "5"),
        ("userstories{status='80,81'}", "status", "80,81"),
        ("userstories{role='Back'}", "role", "31"),
        ("userstories{tags='ui'}", "tags", "ui"),
    ):
        assert filters(text)[name] == wire, text
    assert filters("issues{severity='Critical'}", "issues")["severity"] == "70"
    assert filters("userstories{swimnlane='x'}")["swimnlane"] == "x"  # nothing is known of them


EPICS = [{"id": 4, "subject": "Login"}, {"id": 5, "subject": "Pay"}, {"id": 6, "subject": "Pay"}]


def test_epics_are_filtered_by_their_subjects_too() -> None:
    for text, wire in (
        ("userstories{epic='Login'}", "4"),
        ("userstories{epic='Pay'}", "5,6"),
        ("userstories{epic={'Pay', 'Login', 7}}", "5,6,4,7"),
        ("userstories{exclude_epic='Login'}", "4"),
        ("userstories{epic='7'}", "7"),
    ):
        tables = {"userstories": Table(STORIES, "userstories"), "epics": Table(EPICS, "epics")}
        lists = Lists({**tables, "values": part_rows("values", [ACME])})
        evaluate(text, Scope(lists, QueryClock(NOW), project="acme"))
        asked = next(each for each in lists.asked if each.kind == "userstories")
        assert dict(asked.filters)[text.partition("{")[2].partition("=")[0]] == wire
        assert (Listing("epics", "acme") in lists.asked) == (wire != "7")
    with pytest.raises(QueryError, match=r"no epic 'Logn' is there.*did you mean 'Login'"):
        evaluate("userstories{epic='Logn'}", Scope(lists, QueryClock(NOW), project="acme"))


def test_a_name_that_the_project_has_not_got_can_t_be_asked_for() -> None:
    with pytest.raises(QueryError, match=r"no status 'Doen' in acme.*did you mean 'Done'"):
        answer("from userstories{status='Doen'}")


def test_one_name_of_several_things_means_them_all() -> None:
    twice = {"slug": "acme", "us_statuses": [{"id": 1, "name": "A"}, {"id": 2, "name": "A"}]}
    lists = Projects(twice)
    evaluate("userstories{status='A'}", Scope(lists, QueryClock(NOW), project="acme"))
    assert dict(lists.asked[-1].filters)["status"] == "1,2"


def test_of_several_projects_each_has_values_of_its_own() -> None:
    several = {**BETA, "milestones": [{"id": 6, "name": "Sprint 5", "slug": "sprint-5"}]}
    doing = "from userstories{project=nil} where status_name == 'Doing' select ref"
    assert answer(doing, ACME, several).warnings == ()
    [warning] = answer(doing.replace("Doing", "Doen"), ACME, several).warnings
    assert warning == "no status 'Doen' in acme, beta: did you mean 'Done'?"
    with pytest.raises(QueryError, match="2 sprints are called 'Sprint 5' in acme, beta") as error:
        answer("from userstories{project=nil, milestone='Sprint 5'}", ACME, several)
    assert error.value.hint == "write where sprint == 'Sprint 5'"
