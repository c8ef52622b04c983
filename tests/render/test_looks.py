"""The built-in looks and charts: what stands where, and what is left out."""

from __future__ import annotations

from typing import Any

import pytest

from taiga_notes.errors import RenderError
from taiga_notes.model.enrich import invented
from taiga_notes.model.kinds import KINDS, joins_of
from taiga_notes.render import Templates, builtin_folder
from tests.tables import each

TEMPLATES = Templates([builtin_folder()])
BUILTIN = [info.name for info in TEMPLATES.names()]
WEB = "https://t.example"

Row = dict[str, object]


def story(ref: int, subject: str = "Story", **fields: object) -> Row:
    nothing = dict.fromkeys(
        ("assignee", "blocked_note", "due_date", "epics", "finish_date", "sprint", "swimlane_name")
    )
    return {
        **nothing,
        "kind": "userstories",
        "ref": ref,
        "subject": subject,
        "status_name": "New",
        "status_order": 1,
        "tag_names": [],
        "is_blocked": False,
        "is_closed": fields.get("finish_date") is not None,
        "total_points": None,
        "created_date": "2026-11-01T09:00:00.100Z",
        **fields,
    }


def shown(template: str, *rows: Row, page: Row | None = None) -> list[str]:
    """The lines of a look, without blank ones."""
    text = TEMPLATES.render(template, rows, page=page or {})
    return [line for line in text.replace("\\", "").splitlines() if line]


STORIES = {"userstories", "tasks", "issues", "epics"}
TAKEN: dict[str, set[str]] = {
    "backlog": {"userstories", "tasks", "issues"},
    "board": {*KINDS},
    "burndown": {"milestones"},
    "cards": {*KINDS},
    "changelog": {"userstories", "tasks", "issues"},
    "epic_graph": {"userstories"},
    "epics": {"userstories", "epics"},
    "discussion": STORIES,
    "flow": STORIES,
    "gantt": {"milestones", "userstories", "tasks", "issues"},
    "kanban": STORIES,
    "overdue": {"userstories", "tasks", "issues"},
    "person": {"userstories", "tasks", "issues"},
    "pie": set(),
    "sprint": {"milestones"},
    "velocity": {"milestones"},
}
"""By template the kinds of rows that it shows."""


def filled(kind: str) -> Row:
    """An item of which everything is known."""
    return invented(kind, WEB) | {
        name: join.field.example for name, join in joins_of(kind).items() if join.piece
    }


def test_they_show_rows_of_their_kinds_and_say_so_of_others() -> None:
    for name, kinds in TAKEN.items():
        assert TEMPLATES.render(name, []) == ""
        for kind in kinds:
            text = TEMPLATES.render(name, [filled(kind)] * 2)
            assert text, (name, kind)
            assert text.count("```") % 2 == 0, (name, kind)
        for kind in KINDS.keys() - kinds:
            with pytest.raises(RenderError, match="unknown field"):
                TEMPLATES.render(name, [filled(kind)])


def test_none_of_them_looks_at_anything_that_changes_by_itself() -> None:
    for name in BUILTIN:
        source = TEMPLATES.source(name)
        assert "due_date_status" not in source, name
        assert "modified_date" not in source, name


def test_a_board_has_columns_in_order_with_what_is_in_them() -> None:
    rows = (
        story(1, status_name="Done", status_order=5, total_points=1.0),
        story(2, status_name="Doing", status_order=2, total_points=2.5, assignee="ann"),
        story(3, status_name="Doing", status_order=2, due_date="2026-11-30"),
        story(4, status_name=None, status_order=None, is_blocked=True, blocked_note="ill"),
        story(5, status_name=None, status_order=None, is_blocked=True),
    )
    assert shown("board", *rows) == [
        "**Doing** (2) · 2.5 pt",
        "- #2 Story · ann · 2.5 pt",
        "- #3 Story · due 2026-11-30",
        "**Done** (1) · 1 pt",
        "- #1 Story · 1 pt",
        "**No status** (2)",
        "- #4 Story · blocked: ill",
        "- #5 Story · blocked",
    ]


def test_a_board_has_swimlanes_where_there_are_any() -> None:
    rows = (
        story(1),
        story(2, swimlane_name="Expedite"),
        story(4, swimlane_name="Expedite", status_name="Doing", status_order=2),
    )
    assert shown("board", *rows) == [
        "_Expedite_",
        "**New** (1)",
        "- #2 Story",
        "**Doing** (1)",
        "- #4 Story",
        "_No swimlane_",
        "**New** (1)",
        "- #1 Story",
    ]


def test_statuses_that_share_a_place_have_columns_of_their_own() -> None:
    # Of several projects, or where Taiga was told so: nothing says that places differ.
    rows = (
        story(1, status_name="New", project="acme"),
        story(2, status_name="Neu", project="beta", total_points=0.1),
        story(3, status_name="Neu", project="beta", total_points=0.2),
        story(4, status_name="Fertig", status_order=2),
        story(5, status_name="Done", status_order=2),
    )
    assert shown("board", *rows) == [
        "**Neu** (2) · 0.3 pt",
        "- #2 Story · 0.1 pt",
        "- #3 Story · 0.2 pt",
        "**New** (1)",
        "- #1 Story",
        "**Done** (1)",
        "- #5 Story",
        "**Fertig** (1)",
        "- #4 Story",
    ]
    headings = [line for line in shown("kanban", *rows) if line.startswith("#")]
    assert headings == ["## Neu", "## New", "## Done", "## Fertig"]
    for look in ("board", "kanban"):
        text = TEMPLATES.render(look, rows)
        assert "\n\n\n" not in text, look
        assert not text.startswith("\n"), look


def test_a_kanban_board_is_headings_and_tasks() -> None:
    rows = (
        story(1, finish_date="2026-11-05T16:00:00.500Z", status_name="Done", status_order=5),
        story(2, assignee="ann", due_date="2026-11-30"),
    )
    assert shown("kanban", *rows) == [
        "## New",
        "- [ ] #2 Story · ann @{2026-11-30}",
        "## Done",
        "- [x] #1 Story",
    ]


def test_a_sprint_shows_its_goal_progress_stories_and_tasks() -> None:
    task = {"ref": 9, "subject": "Task", "is_closed": True, "assignee": "bob"}
    sprint: Row = {
        "name": "Sprint 3",
        "estimated_start": "2026-11-09",
        "estimated_finish": "2026-11-22",
        "total_points": 8.0,
        "closed_points": 4.0,
        "stories": [{**story(1, assignee="ann", total_points=3.0), "tasks": [task]}, story(2)],
    }
    assert shown("sprint", sprint, page={"goal": "Sell *it*"}) == [
        "**Sprint 3** · 2026-11-09 – 2026-11-22",
        "Sell *it*",
        "■■■■■□□□□□ 4 of 8 pt",
        "- [ ] #1 Story · ann · 3 pt",
        "  - [x] #9 Task · bob",
        "- [ ] #2 Story",
    ]
    # As Taiga gives it: the sprint holds its stories, and these neither links nor tasks.
    plain = {**sprint, "stories": None, "closed_points": None, "user_stories": [story(3)]}
    assert shown("sprint", plain)[1:] == ["□□□□□□□□□□ 0 of 8 pt", "- [ ] #3 Story"]


def test_epics_are_a_tree_of_stories_or_stand_alone() -> None:
    login, shop = {"id": 2, "ref": 8, "subject": "Login"}, {"id": 1, "ref": 9, "subject": "Shop"}
    rows = (
        story(1, epics=[login, shop], finish_date="2026-11-05"),
        story(2, epics=[{**login, "color": "#fff"}]),
        story(3),
    )
    assert shown("epics", *rows) == [
        "**Login** · ■■■■■□□□□□ 1 of 2",
        "- [x] #1 Story · New",
        "- [ ] #2 Story · New",
        "**Shop** · ■■■■■■■■■■ 1 of 1",
        "- [x] #1 Story · New",
    ]
    epic = {
        "ref": 8,
        "subject": "Login",
        "url": f"{WEB}/epic/8",
        "user_stories_counts": {"total": 4, "progress": 1.5},
    }
    assert shown("epics", epic) == [
        f"**[#8 Login]({WEB}/epic/8)** · ■■■■□□□□□□ 1.5 of 4",
    ]
    assert shown("epics", {**epic, "stories": [story(1)]})[1:] == ["- [ ] #1 Story · New"]


def test_a_person_has_what_is_due_done_in_hand_and_blocked_each_once() -> None:
    rows = (
        story(1, due_date="2026-12-02"),
        story(2, due_date="2026-11-30", status_name="Doing"),
        story(3, status_order=2, status_name="Doing"),
        story(4, status_order=3, status_name="Test"),
        story(5, is_blocked=True, blocked_note="ill", due_date="2026-11-30"),
        story(6, finish_date="2026-11-05", due_date="2026-11-04", is_blocked=True),
    )
    assert shown("person", *rows) == [
        "**Due**",
        "- 2026-11-30 · #2 Story · Doing",
        "- 2026-12-02 · #1 Story · New",
        "**Doing**",
        "- #4 Story · Test",
        "- #3 Story · Doing",
        "**Blocked**",
        "- 2026-11-30 · #5 Story · New · ill",
        "**Done**",
        "- #6 Story",
    ]


def test_a_changelog_is_by_month_and_first_tag() -> None:
    rows = (
        story(1, finish_date="2026-11-05T16:00:00.500Z", tag_names=["ui", "api"]),
        story(2, finish_date="2026-10-05T16:00:00.500Z"),
        story(3, finish_date="2026-11-09T16:00:00.500Z", tag_names=["ui"]),
        story(4, finish_date="2026-11-30T23:59:59.500Z"),
        story(5, finish_date="2025-11-30T23:59:59.500Z"),
        story(6),
    )
    assert shown("changelog", *rows) == [
        "**November 2026**",
        "- ui",
        "  - #3 Story · 2026-11-09",
        "  - #1 Story · 2026-11-05",
        "- Other",
        "  - #4 Story · 2026-11-30",
        "**October 2026**",
        "- Other",
        "  - #2 Story · 2026-10-05",
        "**November 2025**",
        "- Other",
        "  - #5 Story · 2025-11-30",
    ]
    issue = {"ref": 7, "subject": "Bug", "finished_date": "2026-11-05T16:00:00Z", "tag_names": []}
    assert shown("changelog", issue) == ["**November 2026**", "- Other", "  - #7 Bug · 2026-11-05"]


def finished(ref: int, sprint: str, day: str, points: float) -> Row:
    return story(ref, sprint=sprint, finish_date=f"{day}T16:00:00.500Z", total_points=points)


def test_a_backlog_is_cut_where_the_next_sprint_is_full() -> None:
    rows = (
        story(1, total_points=3.0),
        story(2, total_points=None),
        story(3, total_points=2.5, is_blocked=True),
        story(4, total_points=8.0),
        story(5, total_points=1.0),
        story(6, sprint="Sprint 10", total_points=100.0),
        # Neither the oldest of four nor one in which something is open counts.
        finished(11, "Sprint 6", "2026-08-05", 100.0),
        finished(12, "Sprint 7", "2026-09-05", 8.0),
        finished(13, "Sprint 8", "2026-09-15", 4.0),
        finished(14, "Sprint 9", "2026-11-04", 3.0),
        finished(15, "Sprint 9", "2026-11-05", 3.0),
        finished(16, "Sprint 10", "2026-11-20", 100.0),
    )
    assert shown("backlog", *rows) == [
        "5 stories, 14.5 pt; pace 6 pt a sprint",
        "**Next sprint**",
        "- #1 Story · 3 pt",
        "- #2 Story · ?",
        "- #3 Story · 2.5 pt · blocked",
        "**Later**",
        "- #4 Story · 8 pt",
        "- #5 Story · 1 pt",
    ]


def test_a_backlog_is_one_list_where_no_pace_is_known() -> None:
    assert shown("backlog", story(1, total_points=3.0)) == [
        "1 story, 3 pt; pace unknown: no sprint is finished",
        "**Backlog**",
        "- #1 Story · 3 pt",
    ]
    unestimated = story(1), story(2, total_points=3.0), story(3, total_points=0.3)
    assert shown("backlog", *unestimated) == [
        "3 stories, 3.3 pt; pace unknown: no sprint is finished",
        "**Backlog**",
        "- #1 Story · ?",
        "- #2 Story · 3 pt",
        "- #3 Story · 0.3 pt",
    ]
    big = story(1, total_points=30.0), finished(2, "Sprint 1", "2026-11-05", 4.0)
    assert shown("backlog", *big)[1] == "**Later**"


def test_overdue_is_by_date_and_only_what_is_open() -> None:
    rows = (
        story(1, due_date="2026-12-02", assignee="ann"),
        story(2, due_date="2026-11-30", is_blocked=True, blocked_note="ill"),
        story(3),
        story(4, due_date="2026-11-01", finish_date="2026-11-05"),
    )
    assert shown("overdue", *rows) == [
        "- 2026-11-30 · #2 Story · New · blocked: ill",
        "- 2026-12-02 · #1 Story · ann · New",
    ]


def test_cards_are_quotes() -> None:
    card = story(1, assignee="ann", total_points=5.0, due_date="2026-11-30", sprint="Sprint 3")
    blocked = story(2, is_blocked=True, blocked_note="ill", tag_names=["ui", "api"])
    assert shown("cards", card, blocked) == [
        "> **#1 Story**",
        ">",
        "> New · ann · 5 pt · due 2026-11-30 · Sprint 3",
        "> **#2 Story**",
        ">",
        "> New",
        ">",
        "> Blocked: ill",
        ">",
        "> _ui, api_",
    ]


def test_a_pie_is_of_groups_or_of_values() -> None:
    groups: list[Row] = [{"key": "New", "group": [1, 2]}, {"key": None, "group": [1]}]
    assert shown("pie", *groups)[-4:] == ["pie showData", '  "New" : 2', '  "#8211;" : 1', "```"]
    values: list[Row] = [{"key": "New", "value": 2.5}, {"key": "x", "value": 0}]
    assert shown("pie", *values)[-3:] == ["pie showData", '  "New" : 2.5', "```"]
    # What a group has no value of, an average of nothing, is no slice of it.
    averages: list[Row] = [{"key": "New", "value": None}, {"key": "x", "value": 0.1 + 0.2}]
    assert shown("pie", *averages)[-3:] == ["pie showData", '  "x" : 0.3', "```"]


def test_a_pie_has_one_slice_for_each_name() -> None:
    # Mermaid leaves out the second of two that are called alike, here those of two projects.
    alike: list[Row] = [{"key": name, "value": 1} for name in ("New", "Done", "New", None, "")]
    assert shown("pie", *alike)[-4:-1] == ['  "New" : 2', '  "Done" : 1', '  "#8211;" : 2']
    groups: list[Row] = [{"key": "New", "group": [1, 2]}, {"key": "New", "group": [3]}]
    assert shown("pie", *groups)[-2] == '  "New" : 3'


@each(
    ("row", "message"),
    [
        (
            {"key": "x", "value": -1},
            "a pie shows numbers from 0 to 1,000,000,000,000, and -1 is none",
        ),
        ({"key": "x", "value": float("inf")}, "and inf is none"),
        ({"key": "x", "value": float("nan")}, "and nan is none"),
        ({"key": "x", "value": 1e21}, "and 1e\\+21 is none"),
        ({"key": "x", "value": True}, "and true is none"),
        ({"key": "x", "value": "many"}, "only numbers have a sum"),
        ({"name": "x", "value": 1}, "unknown field 'key'"),
        ({"key": "x", "count": 1}, "unknown field 'group'"),
    ],
)
def test_what_a_pie_can_not_show_is_an_error(row: Row, message: str) -> None:
    with pytest.raises(RenderError, match=message):
        shown("pie", row)


def test_a_chart_of_nothing_is_no_chart() -> None:
    assert shown("pie", {"key": "x", "value": 0}, {"key": "y", "group": []}) == []
    assert shown("epic_graph", story(1), story(2)) == []
    assert shown("gantt", story(1)) == []
    assert shown("gantt", {"name": "S", "estimated_start": None, "estimated_finish": None}) == []


def test_a_burndown_ends_where_the_last_was_finished() -> None:
    sprint: Row = {
        "name": "Sprint 3",
        "estimated_start": "2026-11-09",
        "estimated_finish": "2026-11-12",
        "total_points": 8.0,
        "user_stories": [finished(1, "", "2026-11-10", 3.0), story(2, total_points=5.0)],
    }
    assert shown("burndown", sprint)[-6:] == [
        '  title "Sprint 3: points left (bars), even progress (line)"',
        '  x-axis ["09 Nov", "10 Nov", "11 Nov", "12 Nov"]',
        '  y-axis "Points" 0 --> 8',
        "  bar [8, 5]",
        "  line [8, 5.33, 2.67, 0]",
        "```",
    ]
    assert shown("burndown", {**sprint, "estimated_start": None}) == []
    with pytest.raises(RenderError, match="'soon' is no date"):
        shown("burndown", {**sprint, "estimated_start": "soon"})


def test_velocity_is_what_sprints_finished() -> None:
    sprint: Row = {"name": "Sprint 3", "total_points": 8.0, "closed_points": 5.0}
    assert shown("velocity", sprint, {"name": "Next", "total_points": None})[-5:] == [
        '  x-axis ["Sprint 3", "Next"]',
        '  y-axis "Points" 0 --> 8',
        "  bar [5, 0]",
        "  line [8, 0]",
        "```",
    ]


def test_velocity_of_two_projects_tells_sprints_apart_that_are_called_alike() -> None:
    # Mermaid puts what is called alike in one place.
    first: Row = {"name": "Sprint 1", "project": "acme", "total_points": 8.0, "closed_points": 5.0}
    axis = '  x-axis ["acme Sprint 1", "beta Sprint 1"]'
    assert axis in shown("velocity", first, {**first, "project": "beta"})
    assert '  x-axis ["Sprint 1", "Sprint 2"]' in shown(
        "velocity", first, {**first, "name": "Sprint 2", "project": "beta"}
    )


def test_flow_over_years_tells_the_years() -> None:
    history = [change("01", "New"), {**change("01", "Done"), "when": "2027-11-01T09:00:00Z"}]
    axis = next(line for line in shown("flow", story(1, history=history)) if "x-axis" in line)
    assert axis.startswith('  x-axis ["01 Nov 2026", "')
    assert axis.endswith('"01 Nov 2027"]')


def change(day: str, to: str) -> Row:
    return {"when": f"2026-11-{day}T09:00:00Z", "status_from": None, "to": to, "by": "Ann"}


def test_flow_counts_how_many_were_in_each_status_or_a_later_one() -> None:
    done: dict[str, Any] = {
        "status_name": "Done",
        "status_order": 3,
        "status_extra_info": {"color": "#00ff00"},
    }
    rows = (
        story(1, history=[change("01", "New")]),
        story(2, history=[change("01", "New"), change("02", "Gone"), change("03", "Done")], **done),
    )
    lines = shown("flow", *rows)
    assert '      plotColorPalette: "#afb8c1, #afb8c1, #00ff00"' in lines
    assert lines[-7:] == [
        '  title "From above: Gone, New, Done"',
        '  x-axis ["01 Nov", "02 Nov", "03 Nov"]',
        '  y-axis "Stories" 0 --> 2',
        "  bar [2, 2, 2]",
        "  bar [2, 1, 2]",
        "  bar [0, 0, 1]",
        "```",
    ]
    assert shown("flow", story(1, history=[change("01", "New")]))[-2:] == ["  bar [1]", "```"]
    assert shown("flow", story(1, history=[])) == []


def test_a_gantt_chart_is_of_sprints_or_of_what_is_due() -> None:
    sprint: Row = {
        "name": "Sprint 3",
        "closed": True,
        "estimated_start": "2026-11-09",
        "estimated_finish": "2026-11-22",
        "user_stories": [story(1, due_date="2026-11-20"), story(2)],
    }
    assert shown("gantt", sprint)[5:] == [
        "  section Sprint 3",
        "    Sprint 3 :done, 2026-11-09, 2026-11-22",
        "    #35;1 Story :milestone, 2026-11-20, 0d",
        "```",
    ]
    due = story(3, due_date="2026-11-20", finish_date="2026-11-19")
    assert shown("gantt", due, story(2))[5:] == [
        "  section No sprint",
        "    #35;3 Story :done, milestone, 2026-11-20, 0d",
        "```",
    ]


def test_a_graph_leads_from_each_epic_to_its_stories() -> None:
    epics = [{"id": 2, "ref": 8, "subject": "Login"}, {"id": 1, "ref": 9, "subject": "Shop"}]
    rows = (story(1, epics=epics, finish_date="2026-11-05"), story(2, epics=epics[:1]), story(3))
    assert shown("epic_graph", *rows)[4:] == [
        '  e1(["#35;8 Login"]):::epic',
        '  e1 --> e1s1["#35;1 Story"]:::done',
        '  e1 --> e1s2["#35;2 Story"]',
        '  e2(["#35;9 Shop"]):::epic',
        '  e2 --> e2s1["#35;1 Story"]:::done',
        "```",
    ]
