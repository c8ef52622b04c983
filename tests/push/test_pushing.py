"""From a tick to Taiga and back: what is sent, once each, and nothing else; what is told."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from taiga_notes import Taiga, Vault, apply, plan_push
from taiga_notes.config.loading import load
from taiga_notes.system.paths import user_folders
from taiga_notes.taiga.http.client import Client
from tests.push.desk import TABLE, TASKS, steps

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.push.desk import Desk

DONE = {"status": ("New", "Done")}


def test_a_tick_closes_the_story_and_the_page_shows_it(desk: Desk) -> None:
    desk.write(TASKS)
    desk.tick(2)
    assert desk("render").out.startswith("Board.md:3: 1 edit to push (taiga-notes push)\n")
    assert desk("render", "--check").status == 1
    plan = desk("push", "--dry-run")
    assert (plan.status, plan.out) == (
        1,
        "~ Board.md:6: story #2 Story 2: status New → Done\n1 change to send\n",
    )
    assert desk.changes() == {}
    done = desk.push()
    assert (done.status, done.err) == (0, "")
    assert "Board.md:6: sent: story #2 Story 2\nchanged: Board.md\n" in done.out
    assert desk.changes() == {"userstories/2": DONE}
    assert (desk.item(2).version, desk.item(2).is_closed) == (2, True)
    assert "/2)" not in desk.text()
    assert desk("render", "--check").status == 0
    assert desk.push().out == "there is nothing to push\n"


def test_many_items_are_looked_at_at_once_and_again_before_each_is_changed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taiga_notes.push.remote.MANY", 6)
    at_once: list[bool] = []
    together = Client.together

    def noted(client: Client, calls: Sequence[tuple[str, Mapping[str, str]]]) -> Any:
        replies = together(client, calls)
        at_once.extend(reply is not None for reply in replies)
        return replies

    monkeypatch.setattr(Client, "together", noted)
    desk.write(TASKS)
    desk.tick(1, 2, 3)
    desk.taiga.faults.add("error", times=1, path=r"/userstories/2\?")
    desk.taiga.log.clear()
    assert desk("push", "--dry-run").out.endswith("3 changes to send\n")
    assert (len(at_once), all(at_once)) == (6, False)
    assert not any("/userstories/4" in line for line in desk.taiga.log.lines())
    # What did not come is asked for in its turn, and what has come is not.
    looks = [line for line in desk.taiga.log.lines() if "GET /userstories/" in line]
    assert sorted(looks) == [f"GET /userstories/{number}" for number in (1, 2, 2, 3)]
    desk.taiga.log.clear()
    assert desk.push("--max", "3").status == 0
    looks = [line for line in desk.taiga.log.lines() if line == "GET /userstories/1"]
    assert len(looks) >= 2
    assert desk.changes() == {f"userstories/{number}": DONE for number in (1, 2, 3)}


def test_a_tick_is_known_by_every_editors_habit(desk: Desk) -> None:
    desk.write(TASKS)
    desk.tick(1, box="X")
    desk.tick(2)
    desk.edit(desk.line(2), f"{desk.line(2)} ✅ 2026-11-28")
    # A formatter in between: bullets, blank lines, wrapping, escapes, CRLF.
    lines = desk.text().replace("- [", "* [").replace("\n* [", "\n\n* [")
    desk.page().write_bytes(lines.replace("Story 3]", "Story\n  3]").replace("\n", "\r\n").encode())
    done = desk.push()
    assert done.status == 0, done
    assert desk.changes() == {"userstories/1": DONE, "userstories/2": DONE}


def test_all_four_kinds_have_their_own_statuses_and_rights(desk: Desk) -> None:
    taiga, project = desk.taiga, desk.project
    taiga.add_task(desk.item(5), "Task")
    taiga.add_issue(project, "Issue")
    taiga.add_epic(project, "Epic")
    kinds = ("userstories", "tasks", "issues", "epics")
    desk.write(*(f"from {kind} where not is_closed template tasks push done" for kind in kinds))
    refs = {kind: next(iter(taiga.of_project(kind, project))).ref for kind in kinds}
    desk.tick(*refs.values())
    assert desk.push("--max", "4").status == 0
    closed = {"userstories": "Done", "tasks": "Closed", "issues": "Closed", "epics": "Done"}
    assert desk.changes() == {
        f"{kind}/{refs[kind]}": {"status": ("New", name)} for kind, name in closed.items()
    }


def test_without_a_word_the_only_closed_status_counts_and_several_are_refused(desk: Desk) -> None:
    desk.set('project = "acme"\n')
    issue = desk.taiga.add_issue(desk.project, "Issue")
    desk.write(TASKS, "from issues where not is_closed template tasks push done")
    desk.tick(1, issue.ref)
    done = desk.push()
    assert done.status == 3
    assert (
        "issues have several closed statuses (Closed, Rejected): name one as [push] done"
        in done.out
    )
    assert desk.changes() == {"userstories/1": DONE}
    # What was not sent stays as typed.
    assert f"[x] [#{issue.ref} " in desk.text()


def test_a_status_that_is_none_is_told(desk: Desk) -> None:
    desk.write(TASKS)
    desk.tick(1)
    for settings, reason in (
        ('done = "Dnoe"', "there is no status 'Dnoe' in acme; did you mean 'Done'?"),
        ('done = "Ready"', "[push] done: 'Ready' is no closed status of user stories"),
    ):
        desk.set(f'project = "acme"\n[push]\n{settings}\n')
        done = desk.push()
        assert (done.status, desk.changes()) == (3, {})
        assert reason in done.out


def test_an_emptied_box_reopens_only_where_it_is_said_to_what(desk: Desk) -> None:
    desk.taiga.edit(desk.item(1), status="Done")
    desk.write("from userstories template tasks push done")
    desk.edit("[x] [#1 ", "[ ] [#1 ")
    desk.set('project = "acme"\n')
    done = desk.push()
    assert "to what user stories are reopened is not said: set [push] reopen" in done.out
    assert (done.status, desk.changes()) == (3, {})
    desk.set('project = "acme"\n[push]\nreopen = "Ready"\n')
    assert desk.push().status == 0
    assert desk.changes() == {"userstories/1": {"status": ("Done", "Ready")}}


def test_a_story_with_open_tasks_would_come_back_for_ever(desk: Desk) -> None:
    for name in ("one", "two"):
        desk.taiga.add_task(desk.item(3), name)
    desk.write(TASKS)
    desk.tick(3)
    done = desk.push()
    assert "story #3 Story 3: 2 tasks are open; Taiga would keep it open" in done.out
    assert (done.status, desk.changes(), desk.sent()) == (3, {}, 0)


def test_cells_of_bare_fields_are_sent_one_by_one(desk: Desk) -> None:
    templates = desk.root / "templates"
    templates.mkdir()
    (templates / "cells.md.j2").write_text(
        "| Item | Status | assignee | Sprint | Due | is_blocked |\n| - | - | - | - | - | - |\n"
        "{% for row in rows %}| {{ row | item | cell }} | {{ row.status_name | cell }} | "
        "{{ row.assignee | cell }} | {{ row.sprint | cell }} | {{ row.due_date | cell }} | "
        "{{ row.is_blocked | cell }} |\n{% endfor %}"
    )
    desk.write("from userstories template cells push status, assignee, sprint, due, blocked")
    row = desk.line(2)
    assert row.endswith("| New |  |  |  | false |"), row
    new = row.replace("| New |  |  |  | false |", "| Ready | bob | Sprint 1 | 2026-12-24 | true |")
    desk.edit(row, new)
    done = desk.push("--max", "5")
    assert done.status == 0, done
    assert desk.changes() == {
        "userstories/2": {
            "status": ("New", "Ready"),
            "assigned_to": (None, "bob"),
            "users": ([], ["bob"]),
            "sprint": (None, "Sprint 1"),
            "due": (None, "2026-12-24"),
            "blocked": (False, True),
        }
    }
    # One request for each.
    assert desk.item(2).version == 6
    row = desk.line(2)
    desk.edit(row, row.replace("| bob | Sprint 1 | 2026-12-24 |", "|  |  |  |"))
    desk.look()
    assert desk.push().status == 0
    assert desk.changes() == {
        "userstories/2": {
            "assigned_to": ("bob", None),
            "users": (["bob"], []),
            "sprint": ("Sprint 1", None),
            "due": ("2026-12-24", None),
        }
    }


def test_a_value_is_one_of_the_projects_exactly(desk: Desk) -> None:
    desk.write(TABLE)
    desk.cell(1, "New", "ready")
    desk.cell(2, "New", "")
    done = desk.push()
    assert "there is no status 'ready' in acme; did you mean 'Ready'?" in done.out
    # Taiga would take null for the default status.
    assert "a status can't be empty" in done.out
    assert (done.status, desk.changes(), desk.sent()) == (3, {}, 0)


def test_a_status_is_named_as_a_page_shows_it(desk: Desk) -> None:
    names = ["\u26a0\ufe0f Blocked", " two  blanks\t", "R&amp;D", "\u200frtl\u200bx"]
    for ref, name in enumerate(names, start=1):
        desk.taiga.add_status(desk.project, name)
        desk.taiga.edit(desk.item(ref), status=name)
    desk.write(TABLE)
    shown = [desk.line(ref).split("|")[3].strip() for ref in range(1, 5)]
    for ref in range(1, 5):
        desk.cell(ref, shown[ref - 1], shown[ref % 4])
    assert desk.push("--max", "4").status == 0
    assert desk.changes() == {
        f"userstories/{ref}": {"status": (names[ref - 1], names[ref % 4])} for ref in range(1, 5)
    }


def test_names_that_a_page_shows_alike_are_told(desk: Desk) -> None:
    for name in ("in  review", "in review\u200b"):
        desk.taiga.add_status(desk.project, name)
    desk.write(TABLE)
    desk.cell(1, "New", "in review")
    assert "there is more than one status 'in review' in acme" in desk.push().out
    # To the letter, it is meant.
    desk.taiga.add_status(desk.project, "in review")
    assert desk.push().status == 0
    assert desk.changes() == {"userstories/1": {"status": ("New", "in review")}}


def test_a_new_item_keeps_the_emoji_and_the_letters_of_its_line(desk: Desk) -> None:
    subjects = [
        "\u26a0\ufe0f Mind the \U0001f469\u200d\U0001f4bb",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "R&D &amp; <b> e\u0301",
    ]
    desk.write(TASKS)
    desk.edit(desk.line(5), "\n".join([desk.line(5), *(f"- [ ] {each}" for each in subjects)]))
    assert desk.push("--max", "3").status == 0
    made = [facts["subject"][1] for facts in desk.changes().values()]
    assert made == [*subjects[:2], "R&D & <b> e\u0301"]
    assert desk.push().out == "there is nothing to push\n"


def test_two_cells_that_change_places_are_two_edits(desk: Desk) -> None:
    desk.taiga.edit(desk.item(1), assigned_to=desk.ada)
    desk.write(TABLE)
    row = desk.line(1)
    cells = [cell.strip() for cell in row.split("|")]
    assert cells[4:6] == ["ada", ""]
    cells[4:6] = ["", "ada"]
    desk.edit(row, "| " + " | ".join(cells[1:-1]) + " |")
    done = desk.push()
    assert "there is no sprint 'ada' in acme" in done.out
    assert desk.changes() == {"userstories/1": {"assigned_to": ("ada", None)}}


def test_computed_and_renamed_columns_are_read_only(desk: Desk) -> None:
    templates = desk.root / "templates"
    templates.mkdir()
    (templates / "odd.md.j2").write_text(
        "| Item | Status | State |\n| - | - | - |\n"
        "{% for row in rows %}| {{ row | item | cell }} | {{ row.status_name | upper | cell }} | "
        "{{ row.status_name | cell }} |\n{% endfor %}"
    )
    desk.write("from userstories template odd push status")
    desk.edit("| NEW | New |", "| Ready | Ready |")
    done = desk.push()
    assert "'Status' shows something computed, which can't be pushed" in done.out
    assert "the column 'State' can't be pushed" in done.out
    assert desk.changes() == {}


def test_of_a_storys_people_nobody_else_is_dropped(desk: Desk) -> None:
    cleo = desk.taiga.add_user("cleo")
    desk.taiga.add_member(desk.project, cleo, role="UX")
    desk.taiga.edit(desk.item(1), assigned_to=desk.ada, assigned_users=[desk.ada, cleo])
    desk.write(TABLE)
    desk.cell(1, "ada", "bob")
    assert desk.push().status == 0
    wanted = {"assigned_to": ("ada", "bob"), "users": (["ada", "cleo"], ["bob", "cleo"])}
    assert desk.changes() == {"userstories/1": wanted}
    desk.push("--undo")
    assert desk.changes() == {}


def test_a_new_line_becomes_an_item_as_its_block_asks(desk: Desk) -> None:
    desk.taiga.edit(desk.item(1), tags=["x"])
    desk.write(
        "from userstories where sprint == 'Sprint 1' and assignee == 'bob' and not is_closed"
        " and table.includes(tag_names, 'x') empty \"None.\" template tasks push new"
    )
    desk.edit("\nNone.", "\nNone.\n\n- [ ] Buy *milk*\n- Sell bread")
    plan = desk("push", "--dry-run")
    assert (
        "+ Board.md:7: a story in acme: Buy *milk*, sprint Sprint 1, assignee bob, tag x"
        in plan.out
    )
    assert desk.push().status == 0
    wanted = {
        "project": (None, "acme"),
        "description": (None, ""),
        "status": (None, "New"),
        "assigned_to": (None, "bob"),
        "tags": (None, ["x"]),
        "blocked": (None, False),
        "note": (None, ""),
        "comments": (None, 0),
        "values": (None, {}),
        "watchers": (None, []),
        "sprint": (None, "Sprint 1"),
        "users": (None, ["bob"]),
    }
    made = desk.changes()
    assert [facts["subject"] for facts in made.values()] == [
        (None, "Buy *milk*"),
        (None, "Sell bread"),
    ]
    for facts in made.values():
        assert wanted.items() <= facts.items()
    assert desk.text().count("[ ] [#") == 2
    assert "- Sell bread" not in desk.text()


def test_what_a_new_item_can_not_be_given_is_told(desk: Desk) -> None:
    desk.write('from userstories where total_points == 3 empty "None." template tasks push new')
    desk.edit("\nNone.", "\n- [ ] Milk")
    done = desk.push()
    assert "it will not show in this block, which also asks for total_points" in done.out
    assert len(desk.changes()) == 1
    assert "Milk" not in desk.text()
    # The same words are another item, once they are written anew.
    desk.edit("\nNone.", "\n- [ ] Milk")
    desk.look()
    assert "+" in desk("push", "--dry-run").out
    assert desk.changes() == {}


def test_what_a_new_item_is_anyway_is_not_told(desk: Desk) -> None:
    queries = (
        "from userstories{status__is_closed=false, milestone=1}",
        "from userstories{status__is_archived='false'} where project == 'acme' and is_blocked",
        "from issues where project_extra_info.name == 'Acme' and not is_closed",
    )
    desk.write(*(f'{query} empty "None." template tasks push new' for query in queries))
    for number in range(3):
        desk.edit("\nNone.", f"\n- [ ] New {number}")
    desk.edit("- [ ] New 2", "- [ ] Newest")
    assert "it will not show" not in desk("push", "--dry-run").out
    assert desk.push().status == 0
    assert all(desk.text().count(f"{name}](") == 1 for name in ("New 0", "New 1", "Newest"))
    foreign = "from userstories where project_extra_info.id == 2"
    desk.write(f'{foreign} empty "None." template tasks push new')
    desk.edit("\nNone.", "\n- [ ] Foreign")
    assert "which also asks for project_extra_info.id" in desk("push", "--dry-run").out


def test_other_lines_are_refused_each_with_its_reason(desk: Desk) -> None:
    before = desk.write(TASKS)
    for line, reason in {
        "- [ ] see [it](https://example.org)": "a link that this block did not write",
        "- [ ] see https://example.org": "a link that this block did not write",
        "- [ ] see [[Page]]": "a link that this block did not write",
        "- [x] done from the start": "a new item is open",
        "    - [ ] below another": "not indented as the block's items are",
        "\na remark": "a remark is not sent",
        "1. numbered": "a new item begins with a hyphen",
        "- [ ] twice\n- [ ] twice": "stands here twice",
    }.items():
        desk.page().write_text(before.replace("\n\n<!-- /taiga", f"\n{line}\n\n<!-- /taiga"))
        done = desk.push()
        assert (done.status, desk.changes(), desk.sent("POST")) == (3, {}, 0), line
        assert reason in done.out, (line, done.out)
        assert line in desk.text()


def test_what_is_more_than_a_tick_is_refused(desk: Desk) -> None:
    before = desk.write(TASKS)
    for old, new, reason in (
        ("[ ] [#1 Story 1]", "[x] [#1 Story one]", "more than its box was changed"),
        ("[ ] [#1 ", "[/] [#1 ", "[/] is neither open nor done"),
        ("[ ] [#1 ", "[-] [#1 ", "[-] is neither open nor done"),
        ("- [ ] [#1 ", "- [x] not this: [#1 ", "more than its box was changed"),
    ):
        assert old in before
        desk.page().write_text(before.replace(old, new))
        done = desk.push()
        assert (done.status, desk.changes(), desk.sent()) == (3, {}, 0), new
        assert reason in done.out, (new, done.out)


def test_a_missing_line_is_never_a_deletion(desk: Desk) -> None:
    before = desk.write(TASKS)
    desk.edit(f"{desk.line(1)}\n", "")
    desk.tick(2)
    done = desk.push()
    assert "Story 1]: the line is missing, and nothing is deleted for that" in done.out
    assert (done.status, desk.changes()) == (0, {"userstories/2": DONE})
    # It is back, and the ticked one is gone as Taiga says.
    assert desk.line(1) in before


def test_what_is_written_behind_a_push_is_never_older_than_it(desk: Desk) -> None:
    desk.configure(f'trust = ["{desk.root}"]\nmax_age = "1h"\n')
    desk.write("from userstories template tasks push done")
    desk.tick(1)
    assert desk.push().status == 0
    assert "[x] [#1 " in desk.text()
    # As with celery: the timeline and the totals are behind.
    desk.configure(f'trust = ["{desk.root}"]\n')
    desk("render")
    desk.tick(2)
    timeline, activity = len(desk.project.timeline), desk.project.total_activity

    def lag() -> None:
        del desk.project.timeline[timeline:]
        desk.project.total_activity = activity

    desk.meanwhile("history", lag)
    assert desk.push().status == 0
    assert "[x] [#2 " in desk.text()


def test_a_mirrors_keys_are_written_with_the_blocks_behind_a_push(desk: Desk) -> None:
    desk.set(
        'project = "acme"\n[push]\ndone = "Done"\n[[mirror]]\n'
        'query = "from userstories where ref <= 2"\nfolder = "s"\n'
    )
    for ref in (1, 2):
        text = f"---\ntaiga_item: acme/userstories/{ref}\nmine: 1 # my own\n---\n"
        block = f"<!-- #taiga: from userstories where ref == {ref} template tasks push done -->"
        desk.page(f"{ref}.md").write_text(f"{text}{block}\n<!-- /taiga -->\n")
    desk("render")
    desk.tick(2, name="2.md")
    desk.look()
    assert desk.push().out.endswith("changed: 2.md\n")
    assert 'taiga_status: "Done"\ntaiga_closed: true\n' in desk.text("2.md")
    assert "mine: 1 # my own" in desk.text("2.md")
    assert desk("render").out == "0 pages changed, 2 unchanged\n"
    # What is undone too.
    desk.push("--undo")
    assert 'taiga_status: "New"\n' in desk.text("2.md")


def test_who_only_deletes_lines_keeps_the_block_as_it_is(desk: Desk) -> None:
    desk.write(TASKS)
    desk.edit(f"{desk.line(1)}\n", "")
    text = desk.text()
    done = desk.push()
    assert (done.status, desk.changes(), desk.text()) == (0, {}, text)
    assert "the line is missing" in done.out


def test_the_same_line_twice_is_refused_if_it_is_ticked(desk: Desk) -> None:
    desk.write(TASKS)
    desk.edit(desk.line(1), f"{desk.line(1)}\n{desk.line(1).replace('[ ]', '[x]')}")
    assert desk.push().status == 3
    assert desk.changes() == {}


def test_two_blocks_that_want_different_things_are_refused_and_the_same_is_sent_once(
    desk: Desk,
) -> None:
    desk.write(TASKS, TABLE)
    desk.tick(1, 2)
    desk.cell(1, "New", "Ready")
    desk.cell(2, "New", "Done")
    done = desk.push()
    assert "the status is to be 'Done' and 'Ready': which one is meant?" in done.out
    assert (done.status, desk.changes()) == (3, {"userstories/2": DONE})
    assert desk.item(2).version == 2


def test_a_page_without_the_clause_or_of_another_form_is_read_only(desk: Desk) -> None:
    desk.write("from userstories template tasks", TABLE)
    desk.tick(1)
    assert desk.push().out == "there is nothing to push\n"
    assert "the clause `push done` lets `taiga-notes push` send them" in desk("render").err
    for page in (
        "<!--#lua from userstories push done --><!--/lua-->\n",
        "x <!-- #taiga: from userstories select count() push done --><!-- /taiga --> y\n",
    ):
        desk.page("Baked.md").write_text(page)
        assert "`push` is a clause of native blocks: this one is read-only" in desk("render").err
        desk.page("Baked.md").unlink()
    assert desk.changes() == {}


def test_only_projects_that_page_or_settings_name_are_changed(desk: Desk) -> None:
    desk.write(TASKS)
    text = desk.text()
    desk.page().write_text(
        text.replace("/acme/us/1)", "/other/us/1)").replace("[ ] [#1", "[x] [#1")
    )
    assert (desk.push().status, desk.changes()) == (3, {})
    desk.page().write_text(text.replace("[ ] [#1", "[x] [#1"))
    desk.set('project = "other"\n')
    done = desk.push()
    assert "neither the vault's settings nor the page name the project acme" in done.out
    assert desk.changes() == {}


def test_edits_are_never_overwritten_whatever_the_settings_say(desk: Desk) -> None:
    desk.write(TASKS)
    desk.tick(1)
    desk.taiga.add_story(desk.project, "Another")
    for on_edit in ("refuse", "rescue", "overwrite"):
        desk.set(f'project = "acme"\non_edit = "{on_edit}"\n')
        before = desk.text()
        assert desk("render").status == 0
        assert desk.text() == before
    assert desk("render", "--force").status == 0
    assert "[x]" not in desk.text()


def test_closed_in_taiga_meanwhile_it_is_done_and_nothing_is_sent(desk: Desk) -> None:
    desk.write(TASKS)
    desk.tick(1)
    desk.taiga.drag_on_board(desk.item(1), "Done")
    desk.look()
    done = desk.push()
    assert "= Board.md:5: story #1 Story 1: the status is Done in Taiga already" in done.out
    assert (done.status, desk.changes(), desk.sent()) == (0, {}, 0)
    assert "/1)" not in desk.text()


def test_a_conflict_shows_three_values_and_who_made_it(desk: Desk) -> None:
    desk.write(TASKS)
    desk.tick(1)
    # A drag on the board raises no version: only the value tells.
    desk.taiga.drag_on_board(desk.item(1), "Ready", by=desk.bob)
    desk.look()
    done = desk.push()
    assert done.status == 3
    assert (
        "! Board.md:5: story #1 Story 1: the status was changed in Taiga since the page was written"
        "\n    in the note     Done\n"
        "    when rendered   New\n"
        "    in Taiga now    Ready, by Bob\n"
    ) in done.out
    assert (desk.changes(), desk.sent()) == ({}, 0)
    assert "[x] [#1 " in desk.text()


def test_many_changes_are_asked_about_twice(desk: Desk) -> None:
    for number in range(20):
        desk.taiga.add_story(desk.project, f"More {number}")
    desk.write(TASKS)
    refs = [story.ref for story in desk.taiga.of_project("userstories", desk.project)]
    desk.tick(*refs[:11])
    done = desk.push()
    assert done.status == 2
    assert "the plan has 11 changes, more than 10 (if you mean it, say so: --max 11)" in done.err
    assert "more than --max 5" in desk.push("--max", "5").err
    assert desk.changes() == {}
    assert desk.push("--max", "11").status == 0
    assert len(desk.changes()) == 11


def test_more_than_half_of_a_blocks_lines_are_asked_about(desk: Desk) -> None:
    desk.write(TASKS)
    desk.tick(1, 2, 3)
    done = desk.push()
    assert "Board.md:3: more than half of the block's lines were changed" in done.err
    assert (done.status, desk.changes()) == (2, {})
    assert desk.push("--max", "3").status == 0


def test_a_tick_on_several_pages_is_one_line_of_each(desk: Desk) -> None:
    desk.write(TASKS, TASKS)
    desk.tick(1)
    text = desk.text()
    desk.page().write_text("[x] [#1 ".join(text.rsplit("[ ] [#1 ", 1)))
    for name in ("Copy.md", "Other.md", "Third.md"):
        desk.page(name).write_text(text)
    assert desk.push().status == 0
    assert desk.changes() == {"userstories/1": DONE}


def test_without_a_terminal_it_wants_a_yes(desk: Desk) -> None:
    desk.write(TASKS)
    desk.tick(1)
    done = desk("push")
    assert (done.status, desk.changes()) == (2, {})
    assert "nothing is sent: without a terminal to ask at, say --yes" in done.err


def test_a_vault_that_a_stranger_made_sends_nothing(desk: Desk) -> None:
    desk.write(TASKS)
    desk.tick(1)
    desk.configure('trust = ["~/other"]\nmax_wait = "0s"\n')
    done = desk.push()
    assert (done.status, desk.changes(), desk.sent()) == (2, {}, 0)
    assert "is no vault that you trust" in done.err
    assert desk("push", "--dry-run").status == 1


def test_machines_are_told_in_one_object(desk: Desk) -> None:
    desk.write(TASKS)
    desk.tick(1)
    desk.edit(desk.line(2), f"{desk.line(2)}\n- [ ] Milk\n\nremark")
    plan = json.loads(desk("push", "--dry-run", "--json").out)
    assert (steps(plan), plan["changes"], plan["refused"], plan["sent"]) == (
        ["~", "+", "!"],
        2,
        1,
        0,
    )
    first = plan["steps"][0]
    assert (first["ref"], first["from"], first["to"]) == (1, "New", "Done")
    assert first["places"] == [{"page": "Board.md", "line": 5}]
    done = json.loads(desk.push("--json").out)
    assert [step["outcome"] for step in done["steps"]] == ["sent", "sent", "refused"]
    assert done["steps"][1]["ref"] == 6


def test_a_line_of_which_an_item_was_made_makes_no_second_one(desk: Desk) -> None:
    desk.write(TASKS)
    # The remark keeps the block from being written anew.
    desk.edit(desk.line(2), f"{desk.line(2)}\n- [ ] Milk\n\nremark")
    desk.push()
    assert desk.sent("POST") == 1
    assert "- [ ] Milk" in desk.text()
    done = desk.push()
    assert "= Board.md:7: + Milk: #6 was made of it" in done.out
    assert desk.sent("POST") == 1
    desk.edit("\nremark\n", "")
    assert desk.push().status == 0
    assert "- [ ] Milk" not in desk.text()
    assert "[ ] [#6 Milk]" in desk.text()


def test_the_last_push_is_taken_back_through_the_same_plan(desk: Desk) -> None:
    desk.write(TASKS)
    desk.tick(1, 2)
    desk.push()
    desk.taiga.drag_on_board(desk.item(2), "Ready", by=desk.bob)
    done = desk.push("--undo")
    assert "~ Board.md:5: story #1 Story 1: status Done → New" in done.out
    assert "in Taiga now    Ready, by Bob" in done.out
    assert done.status == 3
    assert desk.changes() == {"userstories/2": {"status": ("New", "Ready")}}
    assert "[ ] [#1 " in desk.text()


def test_a_new_vault_has_nothing_to_take_back(desk: Desk) -> None:
    desk.write(TASKS)
    assert desk.push("--undo").out == "there is nothing to push\n"


def test_a_tick_is_proved_where_what_the_block_held_is_lost(desk: Desk) -> None:
    desk.write(TASKS)
    for file in (desk.home / "state" / "taiga-notes" / "vaults").glob("*/bases/*"):
        file.unlink()
    desk.tick(1, 3)
    assert "2 edits to push" in desk("render").out
    plan = desk("push", "--dry-run")
    assert "~ Board.md:5: story #1 Story 1: status open → Done" in plan.out
    assert "what its status was when the page was written is not known" in plan.out
    assert desk.push().status == 0
    assert desk.changes() == {"userstories/1": DONE, "userstories/3": DONE}


@pytest.mark.parametrize("is_lost", [False, True])
def test_what_was_sent_waits_no_more_while_the_rest_of_its_block_does(
    desk: Desk, *, is_lost: bool
) -> None:
    task = desk.taiga.add_task(desk.item(5), "Task")
    desk.write(TASKS)
    if is_lost:
        for file in (desk.home / "state" / "taiga-notes" / "vaults").glob("*/bases/*"):
            file.unlink()
    desk.tick(2, 5)
    assert "2 edits to push" in desk("render").out
    done = desk.push()
    assert done.status == 3, done
    assert "Board.md:3: 1 edit to push" in done.err + desk("status").out
    assert "0 pages changed, 1 unchanged, 1 edit to push" in desk("render").out
    # Somebody opens it again: their word is the newer one.
    desk.taiga.edit(desk.item(2), status="Ready")
    again = desk("push", "--dry-run")
    assert again.status == 3, again
    name = "story #2" if is_lost else "story #2 Story 2"
    told = "it is sent, and stands here until the rest of its block is"
    assert f"= Board.md:6: {name}: {told}\n" in again.out
    assert again.out.endswith("0 changes to send, 1 refused\n")
    desk.edit("[x] [#5 ", "[ ] [#5 ")
    rendered = desk("render")
    assert rendered.out.startswith("changed: Board.md\n")
    assert "Board.md:3: #2 was changed in Taiga since it was pushed from here" in rendered.err
    assert "[ ] [#2 " in desk.text()
    # Ticked anew it is meant anew.
    desk.tick(2)
    desk.taiga.edit(task, status="Closed")
    assert desk.push().status == 0
    assert desk.item(2).status.name == "Done"


def test_what_an_undo_took_back_waits_again(desk: Desk) -> None:
    desk.taiga.add_task(desk.item(5), "Task")
    desk.write(TASKS)
    desk.tick(2, 5)
    assert desk.push().status == 3
    assert desk.push("--undo").status == 0
    assert desk.item(2).status.name != "Done"
    assert "Board.md:3: 2 edits to push" in desk("status").out
    assert desk.push().status == 3
    assert desk.item(2).status.name == "Done"


def test_what_was_sent_of_two_pages_is_taken_back_on_both(desk: Desk) -> None:
    desk.taiga.add_task(desk.item(5), "Task")
    desk.write(TASKS)
    desk.write(TASKS, name="Other.md")
    for name in ("Board.md", "Other.md"):
        desk.tick(2, 5, name=name)
    assert desk.push().status == 3
    assert desk.sent("PATCH") == 1
    assert "Other.md:3: 1 edit to push" in desk("status").out
    assert desk.push("--undo").status == 0
    assert "Board.md:3: 2 edits to push" in desk("status").out
    assert "Other.md:3: 2 edits to push" in desk("status").out


def test_what_was_sent_and_put_back_by_hand_is_told(desk: Desk) -> None:
    desk.write(TABLE)
    desk.cell(1, "New", "Ready")
    desk.cell(2, "New", "Dnoe")
    assert desk.push().status == 3
    desk.cell(1, "Ready", "New")
    told = "it was sent, and to take it back here changes nothing in Taiga"
    assert told in desk("push", "--dry-run").out
    # Nor is it overwritten unsaid, once the rest is sent.
    desk.cell(2, "Dnoe", "Ready")
    assert told in desk.push().out
    assert "edited by hand" in desk("render").err
    assert desk.changes() == {f"userstories/{ref}": {"status": ("New", "Ready")} for ref in (1, 2)}
    desk.cell(1, "New", "Ready")
    assert desk.push().status == 0
    assert desk("render", "--check").status == 0


def test_nor_does_a_new_line_of_which_an_item_was_made(desk: Desk) -> None:
    desk.write(TASKS)
    desk.edit(desk.line(2), f"{desk.line(2)}\n- [ ] Milk\n- [ ] [Other](https://example.org/1)")
    assert desk.push().status == 3
    assert "to push" not in desk("status").out
    # Only what can't be sent is left, and that is somebody's own text.
    assert "edited by hand" in desk("render").err
    assert desk.push().status == 3
    assert desk.sent("POST") == 1


def test_nor_is_one_made_again_which_a_formatter_wrote_otherwise(desk: Desk) -> None:
    desk.write(TASKS)
    desk.edit(desk.line(5), f"{desk.line(5)}\n- [ ] Buy  *milk*\n- [/] Odd")
    assert desk.push().status == 3
    desk.edit("- [ ] Buy  *milk*", "-   [ ] Buy\n    _milk_")
    assert "= Board.md:10: + Buy _milk_: #6 was made of it\n" in desk.push().out
    # Where it was moved, what is kept with its block says so.
    desk.page().rename(desk.page("Moved.md"))
    assert desk.push().status == 3
    assert desk.sent("POST") == 1


def test_nothing_but_ticks_is_proved_without_it(desk: Desk) -> None:
    desk.write(TASKS)
    for file in (desk.home / "state" / "taiga-notes" / "vaults").glob("*/bases/*"):
        file.unlink()
    desk.tick(1)
    desk.edit(desk.line(2), f"{desk.line(2)}\n- [ ] Milk")
    done = desk.push()
    assert "what this block held is not known here" in done.out
    assert "render first" in done.out
    assert (done.status, desk.changes()) == (3, {})


def test_what_was_edited_is_found_on_a_page_that_was_moved(desk: Desk) -> None:
    desk.write(TABLE)
    desk.cell(1, "New", "Ready")
    desk.page().rename(desk.page("Moved.md"))
    assert desk.push().status == 0
    assert desk.changes() == {"userstories/1": {"status": ("New", "Ready")}}


def test_lifting_a_block_takes_its_note_and_an_undo_puts_it_back(
    desk: Desk,
) -> None:
    desk.taiga.edit(desk.item(1), is_blocked=True, blocked_note="waits for legal")
    templates = desk.root / "templates"
    templates.mkdir()
    (templates / "b.md.j2").write_text(
        "| Item | is_blocked |\n| - | - |\n"
        "{% for row in rows %}| {{ row | item | cell }} | {{ row.is_blocked }} |\n{% endfor %}"
    )
    desk.write("from userstories template b push blocked")
    desk.edit("| true |", "| yes |")
    assert "'yes' is neither true nor false" in desk.push().out
    desk.edit("| yes |", "| false |")
    plan = desk("push", "--dry-run")
    assert "blocked true → false\n    Taiga empties the note on why: waits for legal" in plan.out
    assert desk.push().status == 0
    wanted = {"blocked": (True, False), "note": ("waits for legal", "")}
    assert desk.changes() == {"userstories/1": wanted}
    assert desk.push("--undo").status == 0
    assert desk.changes() == {}


def test_due_dates_are_days(desk: Desk) -> None:
    desk.taiga.edit(desk.item(1), due_date=date(2026, 12, 1))
    templates = desk.root / "templates"
    templates.mkdir()
    (templates / "due.md.j2").write_text(
        "| Item | due_date |\n| - | - |\n"
        "{% for row in rows %}| {{ row | item | cell }} | {{ row.due_date | cell }} |\n{% endfor %}"
    )
    before = desk.write("from userstories template due push due")
    for text in ("tomorrow", "2026-13-01", "20261224", "2026-12-24T10:00"):
        desk.page().write_text(before.replace("| 2026-12-01 |", f"| {text} |"))
        done = desk.push()
        assert f"'{text}' is no day such as 2026-11-29" in done.out
        assert desk.changes() == {}


def test_doctor_and_status_list_what_waits(desk: Desk) -> None:
    desk.write(TASKS)
    desk.tick(1)
    assert "Board.md:3: 1 edit to push (taiga-notes push)" in desk("status").out
    assert "Board.md:3: 1 edit to push (taiga-notes push)" in desk("doctor").out
    data = json.loads(desk("status", "--json").out)
    assert data["waiting"] == [{"page": "Board.md", "line": 3, "edits": 1}]
    # From where one stands, as a render tells it.
    desk.patch.chdir(desk.root.parent)
    place = Path("notes") / "Board.md"
    for command in ("status", "doctor"):
        assert f"{place}:3: 1 edit to push" in desk(command, "--vault", "notes").out


def test_programs_plan_and_apply_and_of_two_plans_the_second_finds_it_done(desk: Desk) -> None:
    desk.write(TASKS)
    desk.tick(1)
    desk.edit(desk.line(2), f"{desk.line(2)}\n- [ ] Milk")
    settings = load(desk.root, os.environ)
    vault = Vault(desk.root, state=desk.home / "state" / "taiga-notes")
    with Taiga.open(settings, user_folders(os.environ)) as source:
        plans = [plan_push(vault, source), plan_push(vault, source)]
        assert desk.changes() == {}
        fates = [[outcome.fate.name for outcome in apply(plan).outcomes] for plan in plans]
    assert fates == [["SENT", "SENT"], ["ALREADY", "ALREADY"]]
    assert (desk.sent("PATCH"), desk.sent("POST")) == (1, 1)
