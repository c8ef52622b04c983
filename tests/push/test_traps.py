"""What goes wrong on the way: each edit is in Taiga exactly once or still in the page."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from taiga_notes.push.apply import WAIT
from taiga_notes.push.push_journal import PushJournal
from taiga_notes.push.remote import Remote
from taiga_notes.system.locks import Lock
from tests.cli.program import Program
from tests.push.desk import TABLE, TASKS, Killed
from tests.thin import thinned

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.push.desk import Desk

pytestmark = pytest.mark.slow

DONE = {"status": ("New", "Done")}
ONE = {"userstories/1": DONE}


def journal(desk: Desk) -> PushJournal:
    [home] = (desk.home / "state" / "taiga-notes" / "vaults").iterdir()
    return PushJournal(str(home))


# --- somebody else is at it ---


def test_a_drag_between_look_and_request_is_told_with_who_made_it(desk: Desk) -> None:
    desk.write(TASKS)
    desk.tick(1)
    desk.meanwhile("change", lambda: desk.taiga.drag_on_board(desk.item(1), "Ready", by=desk.bob))
    done = desk.push()
    assert done.status == 0
    told = "Bob changed it to 'Ready' within the same moment, and that is overwritten"
    assert f"Board.md:5: sent: story #1 Story 1 ({told})" in done.out
    assert desk.changes() == ONE


def test_an_edit_between_look_and_request_is_not_overwritten(desk: Desk) -> None:
    desk.write(TASKS)
    desk.tick(1)
    desk.meanwhile("change", lambda: desk.taiga.edit(desk.item(1), by=desk.bob, status="Ready"))
    done = desk.push()
    assert (done.status, desk.changes()) == (3, {"userstories/1": {"status": ("New", "Ready")}})
    assert "it was changed in Taiga meanwhile by Bob: New → Ready" in done.out
    assert "[x] [#1 " in desk.text()


def test_another_field_changed_meanwhile_is_merged(desk: Desk) -> None:
    desk.write(TASKS)
    desk.tick(1)
    desk.meanwhile("change", lambda: desk.taiga.edit(desk.item(1), subject="Theirs"))
    assert desk.push().status == 0
    assert desk.changes() == {"userstories/1": {**DONE, "subject": ("Story 1", "Theirs")}}


def test_a_false_conflict_is_looked_at_and_sent_once_more(desk: Desk) -> None:
    desk.taiga.edit(desk.item(1), status="Ready")
    desk.taiga.edit(desk.item(1), status="New")
    desk.write(TASKS)
    desk.tick(1)
    # A version without an entry widens the window in which Taiga looks for the same field (k5).
    desk.meanwhile("change", lambda: desk.taiga.edit(desk.item(1)))
    done = desk.push()
    assert (done.status, desk.changes()) == (0, ONE)
    assert [entry.outcome for entry in journal(desk).entries()] == ["refused with 400", "done"]


def test_an_assignee_that_only_assigned_users_guards_is_not_overwritten(desk: Desk) -> None:
    desk.write(TABLE)
    desk.cell(1, "", "ada")
    desk.meanwhile(
        "change", lambda: desk.taiga.edit(desk.item(1), by=desk.bob, assigned_to=desk.bob)
    )
    done = desk.push()
    assert done.status == 3
    assert desk.changes() == {"userstories/1": {"assigned_to": (None, "bob")}}, done.out


def test_an_item_that_is_gone_is_told(desk: Desk) -> None:
    desk.write(TASKS)
    desk.tick(1, 2)
    desk.taiga.delete(desk.item(1))
    desk.look()
    done = desk.push()
    assert "story #1 Story 1: it is gone, or this account may not see it any more" in done.out
    assert (done.status, desk.changes()) == (4, {"userstories/2": DONE})


def test_the_second_of_two_pushes_finds_it_done(desk: Desk) -> None:
    desk.write(TASKS)
    desk.tick(1)
    desk.edit(desk.line(2), f"{desk.line(2)}\n- [ ] Milk")
    text = desk.text()
    # Both have made their plan before either sends anything.
    desk.meanwhile("make", lambda: None)
    first = desk.push()
    desk.page().write_text(text)
    second = desk.push()
    assert (first.status, second.status) == (0, 0)
    assert (desk.sent("PATCH"), desk.sent("POST")) == (1, 1)
    assert sorted(desk.changes()) == ["userstories/1", "userstories/6"]


def test_a_page_that_is_edited_after_the_plan_is_not_sent(desk: Desk) -> None:
    desk.write(TASKS)
    desk.tick(1)
    desk.edit(desk.line(2), f"{desk.line(2)}\n- [ ] Milk")

    def change_ones_mind(*_given: Any) -> bool:
        desk.edit("[x] [#1 ", "[ ] [#1 ")
        return True

    desk.patch.setattr("taiga_notes.cli.push_command._is_wanted", change_ones_mind)
    done = desk.push()
    assert (done.status, desk.changes()) == (6, {})
    assert "Board.md: was changed since the plan was made" in done.err
    assert "[ ] [#1 " in desk.text()


def test_a_formatter_after_the_plan_is_no_editor(desk: Desk) -> None:
    desk.write(TASKS)
    desk.tick(1)

    def save(*_given: Any) -> bool:
        desk.page().write_text(desk.text().replace("- [", "* ["))
        return True

    desk.patch.setattr("taiga_notes.cli.push_command._is_wanted", save)
    assert (desk.push().status, desk.changes()) == (0, ONE)
    assert "/1)" not in desk.text()


def test_nothing_of_an_unresolved_conflict_is_sent(desk: Desk) -> None:
    text = desk.write(TASKS)
    for ours, theirs in (
        ("- [ ] Milk\n", "- [ ] Bread\n"),
        ("\n- [ ] Milk\n\n", "\n- [ ] Bread\n\n"),
        ("- [ ] Milk\n", ""),
    ):
        conflict = f"<<<<<<< HEAD\n{ours}=======\n{theirs}>>>>>>> other"
        desk.edit(desk.line(4), f"{desk.line(4)}\n{conflict}")
        done = desk.push()
        assert done.status == 3
        assert "Board.md:9: a merge conflict is not resolved" in done.err
        assert (desk.changes(), desk.sent(), desk.sent("POST")) == ({}, 0, 0)
        desk.page().write_text(text)


def test_a_conflict_of_two_renders_is_for_the_next_one(desk: Desk) -> None:
    before = desk.write(TASKS)
    desk.taiga.edit(desk.item(2), subject="Another")
    assert desk("render").status == 0
    behind = desk.text()
    head, body = before.split(" -->\n", 1)
    theirs = behind.split(" -->\n", 1)[1]
    conflict = f"<<<<<<< HEAD\n{body}=======\n{theirs}>>>>>>> other\n"
    desk.page().write_text(f"{head} -->\n{conflict}")
    assert "`taiga-notes render` resolves it" in desk.push().err
    assert desk("render").status == 0
    assert desk.push().out == "there is nothing to push\n"


def test_a_push_waits_for_another_and_says_so(desk: Desk) -> None:
    desk.write(TASKS)
    desk.tick(1)
    desk.patch.setattr("taiga_notes.push.apply.WAIT", 0.0)
    assert WAIT
    journal(desk).make_home()
    with Lock(journal(desk).lock):
        done = desk.push()
    assert done.status == 6
    assert f"another push of this vault is under way (process {os.getpid()})" in done.err
    assert desk.changes() == {}


def test_a_stale_page_of_a_second_machine_overwrites_nothing(desk: Desk) -> None:
    desk.write(TABLE)
    other = desk.home / "other"
    stale = desk.text()
    (desk.home / "state").rename(other)
    (desk.home / "state").mkdir()
    # This machine renders anew; Taiga moves on; then the stale page comes back by a sync.
    desk.taiga.edit(desk.item(1), status="Ready", by=desk.bob)
    desk("render")
    desk.look()
    desk.page().write_text(stale)
    desk.cell(1, "New", "In progress")
    done = desk.push()
    assert (done.status, desk.changes()) == (3, {})
    assert "what this block held is not known here" in done.out
    # The first machine knows what it was.
    (desk.home / "state").rename(desk.home / "second")
    other.rename(desk.home / "state")
    done = desk.push()
    assert (done.status, desk.changes()) == (3, {})
    assert "when rendered   New\n    in Taiga now    Ready, by Bob" in done.out


# --- Taiga refuses ---


def test_a_viewer_without_the_right_sends_nothing(desk: Desk) -> None:
    eve = desk.taiga.add_user("eve")
    desk.taiga.add_member(desk.project, eve, role="Stakeholder")
    role = next(role for role in desk.project.roles if role.name == "Stakeholder")
    role.permissions = [name for name in role.permissions if name.startswith("view_")]
    desk.write(TASKS)
    desk.tick(1)
    desk.edit(desk.line(2), f"{desk.line(2)}\n- [ ] Milk")
    desk.patch.setenv("TAIGA_NOTES_TOKEN", desk.taiga.token(eve))
    done = desk.push()
    assert "this account has no right to modify user stories in acme" in done.out
    assert "this account has no right to add user stories in acme" in done.out
    assert (done.status, desk.changes(), desk.sent(), desk.sent("POST")) == (4, {}, 0, 0)


def test_a_right_that_goes_meanwhile_is_told_as_such(desk: Desk) -> None:
    desk.write(TASKS)
    desk.tick(1)
    desk.patch.setenv("TAIGA_NOTES_TOKEN", desk.taiga.token(desk.bob))
    role = next(role for role in desk.project.roles if role.name == "Back")

    def revoke() -> None:
        role.permissions = [name for name in role.permissions if name != "modify_us"]
        desk.project.epoch += 1

    desk.meanwhile("change", revoke)
    done = desk.push()
    assert "refused: story #1 Story 1 (this account has no right to modify user stories" in done.out
    assert (done.status, desk.changes()) == (4, {})


@pytest.mark.parametrize("code", ["blocked_code", "archived_code"])
def test_a_blocked_or_archived_project_takes_nothing(desk: Desk, code: str) -> None:
    desk.write(TASKS)
    desk.tick(1)

    def close() -> None:
        setattr(desk.project, code, "by-staff")
        desk.project.epoch += 1

    desk.meanwhile("change", close)
    done = desk.push()
    assert (done.status, desk.changes()) == (4, {})
    assert f"{code.removesuffix('_code')}: nothing in it can be changed" in done.out
    assert "[x] [#1 " in desk.text()


def test_a_login_that_ends_stops_and_loses_nothing(desk: Desk) -> None:
    desk.write(TASKS)
    desk.tick(1, 2)
    user = desk.ada

    def expire() -> None:
        user.is_active = False

    desk.meanwhile("change", expire)
    done = desk.push()
    assert (done.status, desk.changes()) == (5, {}), done
    assert "[x] [#1 " in desk.text()
    user.is_active = True
    assert desk.push().status == 0
    assert desk.changes() == {**ONE, "userstories/2": DONE}


# --- the way there ---


@pytest.mark.parametrize("fault", ["lost answer", "cut", "half json", "empty"])
def test_an_answer_that_is_lost_is_looked_for(desk: Desk, fault: str) -> None:
    desk.write(TASKS)
    desk.tick(1)
    desk.edit(desk.line(2), f"{desk.line(2)}\n- [ ] Milk")
    for method in ("PATCH", "POST"):
        desk.taiga.faults.add(fault, method=method)
    done = desk.push()
    assert done.status == 0, done
    assert sorted(desk.changes()) == ["userstories/1", "userstories/6"]
    assert (desk.item(1).version, desk.sent("POST")) == (2, 1)
    assert "- [ ] Milk" not in desk.text()


@pytest.mark.parametrize("fault", ["reset", "bad gateway", "hang up", "unavailable", "html"])
def test_a_request_that_did_not_arrive_is_sent_once_more_after_a_look(
    desk: Desk, fault: str
) -> None:
    desk.write(TASKS)
    desk.tick(1)
    desk.taiga.faults.add(fault, method="PATCH")
    assert desk.push().status == 0
    assert (desk.changes(), desk.item(1).version) == (ONE, 2)


def test_a_post_that_may_have_arrived_is_never_sent_again_in_one_push(desk: Desk) -> None:
    desk.write(TASKS)
    desk.edit(desk.line(2), f"{desk.line(2)}\n- [ ] Milk")
    desk.taiga.faults.add("hang up", method="POST")
    done = desk.push()
    assert (done.status, desk.changes(), desk.sent("POST")) == (4, {}, 1)
    assert "not known: a story Milk" in done.out
    assert "whether a push changed 'Milk' is not known" in desk("status").out
    assert "- [ ] Milk" in desk.text()
    assert desk.push().status == 0
    assert len(desk.changes()) == 1
    assert journal(desk).open() == []


def test_what_arrived_late_is_found_whatever_the_clocks_say(desk: Desk) -> None:
    epic = desk.taiga.add_epic(desk.project, "Milk")
    desk.write(TASKS, "from epics where not is_closed template tasks push new")
    assert f"[#{epic.ref} Milk]" in desk.text()
    desk.edit(desk.line(2), f"{desk.line(2)}\n- [ ] Milk")
    row = desk.line(epic.ref)
    desk.edit(row, f"{row}\n- [ ] Milk")
    # Taiga's clock is days behind ours.
    desk.taiga.clock.advance(-5 * 86_400)
    for kind in ("/userstories", "/epics"):
        desk.taiga.faults.add("lost answer", method="POST", path=kind)
    real, late = Remote.mine, [0]

    def blind(remote: Remote, kind: str, project: int) -> Any:
        # What was sent shows only at the next push.
        late[0] += 1
        return [] if late[0] in {2, 5} else real(remote, kind, project)

    desk.patch.setattr(Remote, "mine", blind)
    assert [desk.push().status for _ in range(3)] == [4, 4, 0]
    assert desk.sent("POST") == 2
    assert sorted(kind.partition("/")[0] for kind in desk.changes()) == ["epics", "userstories"]


def test_no_network_stops_and_the_rest_stays(desk: Desk) -> None:
    desk.write(TASKS)
    desk.tick(1, 2)
    desk.meanwhile("change", lambda: None)
    desk.taiga.faults.add("reset", times=None, after=1, method="PATCH")
    done = desk.push()
    assert (done.status, desk.changes()) == (4, ONE)
    assert "Board.md:6: not sent: story #2 Story 2" in done.out
    assert "[x] [#2 " in desk.text()
    desk.taiga.faults.clear()
    assert desk.push().status == 0
    assert desk.changes() == {**ONE, "userstories/2": DONE}
    assert desk.item(1).version == 2


def test_a_long_throttling_stops_a_short_one_is_waited_for(desk: Desk) -> None:
    desk.write(TASKS)
    desk.tick(1)
    options: dict[str, Any] = {"method": "PATCH", "header": "X-Throttle-Wait-Seconds"}
    desk.taiga.faults.add("throttled", times=None, seconds=3600, **options)
    done = desk.push()
    assert (done.status, desk.changes()) == (4, {})
    assert "throttling" in done.err
    desk.taiga.faults.clear()
    desk.configure(f'trust = ["{desk.root}"]\nmax_wait = "10s"\n')
    desk.taiga.faults.add("throttled", seconds=0, **options)
    assert desk.push().status == 0
    assert (desk.changes(), desk.item(1).version) == (ONE, 2)


# --- kills ---

POINTS: dict[str, Callable[[Desk], None]] = {}


def _raise_before(desk: Desk, owner: Any, name: str) -> None:
    def dead(*_given: Any, **_named: Any) -> Any:
        raise Killed

    desk.patch.setattr(owner, name, dead)


def _raise_behind(desk: Desk, owner: Any, name: str) -> None:
    real = getattr(owner, name)

    def dead(*given: Any, **named: Any) -> Any:
        real(*given, **named)
        raise Killed

    desk.patch.setattr(owner, name, dead)


@pytest.mark.parametrize("where", ["before", "behind"])
@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (PushJournal, "add"),
        (Remote, "change"),
        (Remote, "make"),
        (PushJournal, "close"),
        (Remote, "history"),
        (PushJournal, "prune"),
        ("taiga_notes.cli.push_command", "_rendered"),
    ],
)
def test_a_kill_at_any_point_leaves_each_edit_in_taiga_once_or_in_the_page(
    desk: Desk, where: str, owner: Any, name: str
) -> None:
    from importlib import import_module  # noqa: PLC0415

    desk.write(TASKS)
    desk.tick(1)
    desk.edit(desk.line(2), f"{desk.line(2)}\n- [ ] Milk")
    at = import_module(owner) if isinstance(owner, str) else owner
    with pytest.MonkeyPatch.context() as patch:
        desk.patch = patch
        (_raise_before if where == "before" else _raise_behind)(desk, at, name)
        with contextlib.suppress(Killed):
            desk.push()
    partly = desk.changes()
    assert set(partly) <= {"userstories/1", "userstories/6"}
    assert desk("render").status == 0
    for ref, held in ((1, "[x] [#1 "), (6, "- [ ] Milk")):
        assert held in desk.text() or f"userstories/{ref}" in partly
    done = desk.push()
    assert done.status == 0, done
    assert desk.changes()["userstories/1"] == DONE
    assert sorted(desk.changes()) == ["userstories/1", "userstories/6"]
    assert (desk.item(1).version, desk.sent("POST")) == (2, 1)
    assert journal(desk).open() == []
    assert "Milk\n" not in desk.text()
    assert desk.push().out == "there is nothing to push\n"


def rename(desk: Desk) -> None:
    desk.page().rename(desk.page("Moved.md"))


def file_away(desk: Desk) -> None:
    desk.page("sub").mkdir()
    desk.page().rename(desk.page("sub/Board.md"))


def rename_and_push_another(desk: Desk) -> None:
    rename(desk)
    desk.page("Other.md").write_text("<!-- #taiga: from tasks push done -->\n<!-- /taiga -->\n")
    assert desk.push("Other.md").status == 0


def rename_and_spoil(desk: Desk) -> None:
    """What can't be read yet is not gone."""
    rename(desk)
    text = desk.text("Moved.md")
    desk.page("Moved.md").write_text(f"{text}<!-- #taiga: from tasks -->\n")
    assert desk.push().status == 3
    desk.page("Moved.md").write_text(text)


SENT = [
    (Remote, "make"),
    (PushJournal, "close"),
    (PushJournal, "prune"),
    ("taiga_notes.cli.push_command", "_rendered"),
]
"""By then a new item is made, and its page is not written again."""

MOVES = [rename, file_away, rename_and_push_another, rename_and_spoil]


@pytest.mark.parametrize(
    ("owner", "name", "move"), thinned([(*at, move) for at in SENT for move in MOVES], 5)
)
def test_a_page_that_is_moved_before_it_is_written_again_sends_nothing_twice(
    desk: Desk, owner: Any, name: str, move: Callable[[Desk], None]
) -> None:
    from importlib import import_module  # noqa: PLC0415

    desk.write(TASKS)
    desk.edit(desk.line(2), f"{desk.line(2)}\n- [ ] Milk")
    at = import_module(owner) if isinstance(owner, str) else owner
    with pytest.MonkeyPatch.context() as patch:
        desk.patch = patch
        (_raise_before if isinstance(owner, str) else _raise_behind)(desk, at, name)
        with contextlib.suppress(Killed):
            desk.push()
    move(desk)
    assert "#6 was made of it" in desk.push().out
    assert (desk.sent("POST"), sorted(desk.changes())) == (1, ["userstories/6"])
    # Once it is written again, the same line is meant anew.
    [page] = (path for path in desk.root.rglob("*.md") if "Milk" in path.read_text())
    held = page.read_text()
    assert "[#6 Milk]" in held
    assert desk.push().out == "there is nothing to push\n"
    page.write_text(held.replace("\n\n<!-- /taiga", "\n- [ ] Milk\n\n<!-- /taiga"))
    assert desk.push().status == 0
    assert desk.sent("POST") == 2


@pytest.mark.parametrize("fault", ["slow start", "slow body"])
@pytest.mark.parametrize("method", ["PATCH", "POST"])
def test_a_process_that_is_killed_while_it_waits_for_taiga(
    desk: Desk, fault: str, method: str
) -> None:
    desk.write(TASKS)
    desk.tick(1)
    desk.edit(desk.line(2), f"{desk.line(2)}\n- [ ] Milk")
    waits = desk.taiga.faults.add(fault, method=method, seconds=60)
    program = Program(desk.home, desk.root)
    names = ("TAIGA_NOTES_API", "TAIGA_NOTES_TOKEN")
    program.env = {name: os.environ[name] for name in names}
    run = program.start("push", "--yes")
    end = time.monotonic() + 60
    while desk.taiga.faults.met < 1 and time.monotonic() < end:
        time.sleep(0.02)
    run.send_signal(signal.SIGKILL)
    run.communicate(timeout=60)
    waits.over.set()
    # What was on its way arrives behind the kill.
    settled = threading.Event()
    settled.wait(0.5)
    assert desk.push().status == 0
    assert sorted(desk.changes()) == ["userstories/1", "userstories/6"]
    assert desk.changes()["userstories/1"] == DONE
    assert desk.item(1).version == 2
    assert journal(desk).open() == []
