"""The worker in this process: what a test can't bring about from outside."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from taiga_notes.config.toml_reader import Endpoint
from taiga_notes.errors import ConfigError
from taiga_notes.model.rows import Listing
from taiga_notes.refresh.refresh import refresh
from taiga_notes.render import render_process
from taiga_notes.system import clock
from taiga_notes.watch import refresher as refresher_module
from taiga_notes.watch import schedule as schedule_module
from taiga_notes.watch import worker as worker_module
from taiga_notes.watch.events import Topic
from taiga_notes.watch.file_watcher import FileChange
from taiga_notes.watch.worker import Options
from tests.left_open import in_use

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.watch.conftest import Bench

STORIES = Listing("userstories", "acme")


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The names of each refresh that the worker begins."""
    calls: list[list[str]] = []

    def noted(vault: Any, names: Any, *rest: Any, **more: Any) -> Any:
        calls.append(list(names))
        return refresh(vault, names, *rest, **more)

    monkeypatch.setattr(refresher_module, "refresh", noted)
    return calls


def test_our_own_writes_cause_nothing(bench: Bench, opened: list[list[str]]) -> None:
    # Not saved just now: else it would be looked at once more when it has been quiet.
    os.utime(bench.write("Page.md"), (1, 1))
    bench.start()
    bench.until(Topic.CHANGED, "Page.md")
    bench.write("Other.md")
    bench.until(Topic.CHANGED, "Other.md")
    bench.write("Last.md")
    bench.until(Topic.CHANGED, "Last.md")
    bench.stop()

    # At first all; Page.md when its list had come; then each page when it was saved.
    assert opened == [[""], ["Page.md"], ["Other.md"], ["Last.md"]]


def test_a_crash_of_one_page_spares_the_others_and_does_not_end_the_watch(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crashing(*given: Any, **more: Any) -> Iterator[Any]:
        for outcome in refresh(*given, **more):
            if outcome.page == "Crash.md":
                raise ZeroDivisionError("by zero")
            yield outcome

    monkeypatch.setattr(refresher_module, "refresh", crashing)
    for name in ("Before.md", "Crash.md", "Later.md"):
        bench.write(name)
    bench.start()

    told = bench.until(Topic.MISTAKE, "Crash.md")
    assert "ZeroDivisionError: by zero" in told.text
    bench.until(Topic.CHANGED, "Before.md")
    bench.until(Topic.CHANGED, "Later.md")
    bench.write("New.md")
    bench.until(Topic.CHANGED, "New.md")


def test_a_crash_of_the_worker_itself_is_told_and_it_goes_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "LATER", 0.01)
    worker = bench.start()
    bench.until(Topic.STARTED)
    file_watcher = worker._file_watcher
    real, crashes = file_watcher.take, iter([True])

    def take(messages: Any) -> Iterator[FileChange]:
        if messages.touched and next(crashes, None):
            raise RuntimeError("out of order")
        return real(messages)

    monkeypatch.setattr(file_watcher, "take", take)
    bench.write("First.md")
    bench.until(Topic.MISTAKE, "RuntimeError: out of order")
    bench.write("Second.md")
    bench.until(Topic.CHANGED, "Second.md")


def test_a_crash_of_a_poll_is_told_and_it_goes_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.write("Page.md")
    worker = bench.worker()
    monkeypatch.setattr(type(worker._setup), "connect", lambda _setup: 1 / 0)
    bench.start()

    bench.until(Topic.MISTAKE, "ZeroDivisionError")
    monkeypatch.undo()
    bench.inbox.reload()
    bench.until(Topic.SETTINGS, "read again")
    bench.write("New.md", "<!-- taiga: 'one' -->\n\n<!-- /taiga -->\n")
    bench.until(Topic.CHANGED, "New.md")


def test_a_new_day_is_a_reason_to_refresh_and_an_unchanged_page_is_not_written(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, opened: list[list[str]]
) -> None:
    bench.write("Page.md")
    bench.write("Plain.md", "no block\n")
    bench.start()
    bench.until(Topic.CHANGED, "Page.md")
    opened.clear()
    monkeypatch.setattr(clock, "days", lambda _zone: ("2999-01-01", "2999-01-01"))
    bench.inbox.doubt()
    end = time.monotonic() + 120
    while opened != [["Page.md"]]:
        assert time.monotonic() < end, opened
        time.sleep(0.01)
    bench.stop()

    assert Counter(event.topic for event in bench.events)[Topic.CHANGED] == 1


def test_after_the_machine_has_slept_taiga_is_asked_at_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.write("Page.md")
    bench.start()
    bench.until(Topic.CHANGED, "Page.md")
    since = len(bench.events)
    bench.taiga.edit(bench.story, subject="Changed at night")
    gained = worker_module._gained()
    monkeypatch.setattr(worker_module, "_gained", lambda: gained + 3600)
    bench.inbox.doubt()

    bench.until(Topic.CHANGED, "Page.md", since)


def test_many_pages_that_taiga_changed_do_not_hold_up_one_that_was_saved(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, opened: list[list[str]]
) -> None:
    monkeypatch.setattr(schedule_module, "SLICE", 2)
    names = [f"{number}.md" for number in range(5)]
    for name in names:
        bench.write(name)
    worker = bench.start()
    for name in names:
        bench.until(Topic.CHANGED, name)
    opened.clear()
    since = len(bench.events)
    bench.taiga.edit(bench.story, subject="Changed")
    worker._schedule.poll_now(0)
    bench.inbox.doubt()
    for name in names:
        bench.until(Topic.CHANGED, name, since)
    bench.stop()
    assert opened == [names[:2], names[2:4], names[4:]]


def test_a_page_that_is_not_to_be_kept_true_is_no_reason_to_do_anything(bench: Bench) -> None:
    settings = bench.vault / "taiga-notes.toml"
    settings.write_text(f'exclude = ["Excluded"]\n{settings.read_text()}')
    bench.write("Excluded/Page.md")
    worker = bench.worker()
    worker._schedule.due(0)
    before = worker._schedule.next()
    worker._note([FileChange("Excluded/Page.md", 0)])

    assert worker._schedule.next() == before


def test_a_page_that_is_gone_is_not_due_and_asks_for_nothing(bench: Bench) -> None:
    worker = bench.worker()
    worker._refresher.pages.asked["Page.md"] = {STORIES: "stamp"}
    worker._note([FileChange("Page.md", 0), FileChange("Page.md", 0, gone=True)])

    assert worker._schedule.due(1).files == frozenset()
    assert worker._refresher.pages.lists() == set()


@pytest.mark.parametrize("name", ["taiga-notes.toml", "templates/own.md.j2"])
def test_without_settings_or_a_template_pages_may_be_others(bench: Bench, name: str) -> None:
    worker = bench.worker()
    worker._note([FileChange(name, 0, gone=True)])

    assert worker._schedule.due(1).files == {name}


def test_without_a_page_with_blocks_taiga_is_polled_as_seldom_as_ever(bench: Bench) -> None:
    worker = bench.worker()
    worker._schedule.due(time.monotonic())
    worker._poll()

    assert worker._schedule.next_poll > time.monotonic() + 1000


BLOCK_OF_NOWHERE = (
    "---\ntaiga: {project: nowhere}\n---\n<!-- taiga: from userstories -->\n\n<!-- /taiga -->\n"
)


def test_what_taiga_says_to_every_page_is_told_once(bench: Bench) -> None:
    bench.write("Well.md")
    for number in range(5):
        bench.write(f"{number}.md", BLOCK_OF_NOWHERE)
    bench.start()
    bench.until(Topic.PROBLEM, "to an account only")
    bench.write("Last.md", "<!-- taiga: 'one' -->\n\n<!-- /taiga -->\n")
    bench.until(Topic.CHANGED, "Last.md")

    assert sum(event.topic is Topic.PROBLEM for event in bench.events) == 1
    bench.until(Topic.CHANGED, "Well.md")


def test_a_list_that_is_refused_is_shown_when_taiga_gives_in(bench: Bench) -> None:
    bench.write("Well.md")
    bench.write("Page.md", BLOCK_OF_NOWHERE)
    worker = bench.start()
    bench.until(Topic.PROBLEM, "Page.md:4")
    owner = next(iter(bench.taiga.users.values()))
    project = bench.taiga.add_project("Nowhere", owner=owner, slug="nowhere")
    bench.taiga.make_public(project)
    bench.taiga.add_story(project, "Found after all")
    worker._schedule.poll_now(0)

    bench.until(Topic.CHANGED, "Page.md")
    bench.until(Topic.SOLVED, "Page.md")


def test_a_login_that_is_refused_is_told_once_and_leaves_pages_alone(bench: Bench) -> None:
    page = bench.write("Page.md")
    bench.start()
    bench.until(Topic.CHANGED, "Page.md")
    before = page.read_text()
    (project,) = bench.taiga.projects.values()
    bench.taiga.make_private(project)
    bench.inbox.reload()
    bench.until(Topic.TAIGA, "to an account only")
    bench.write("New.md")
    bench.until(Topic.CHANGED, "New.md")

    assert page.read_text() == before
    assert not any(event.topic is Topic.PROBLEM for event in bench.events)


def test_a_webhook_without_a_key_or_with_a_taken_address_does_not_begin(bench: Bench) -> None:
    before = in_use()
    with pytest.raises(ConfigError, match="no key"):
        list(bench.worker(Options(webhook=Endpoint("127.0.0.1", 0))).events())
    assert not in_use() - before


def test_a_vault_is_watched_once(bench: Bench) -> None:
    bench.start()
    bench.until(Topic.STARTED)

    with pytest.raises(ConfigError, match="watched already"):
        list(bench.worker().events())


def test_all_threads_and_descriptors_end_with_it(bench: Bench) -> None:
    before = in_use()
    bench.write("Page.md")
    bench.start(Options(poll=True))
    bench.until(Topic.CHANGED, "Page.md")
    bench.stop()
    end = time.monotonic() + 120
    while left := in_use() - before:
        assert time.monotonic() < end, left
        time.sleep(0.01)


WITHOUT_METER = """
import sys; sys.path[:] = {path!r}
from taiga_notes.render import render_child, render_process, template_budget
render_process.SECONDS = 0.3
Budget = template_budget.TemplateBudget
Budget.hold = Budget.look = Budget.charge = lambda *_: None
render_child.main()
"""


@pytest.mark.slow
def test_a_template_without_end_is_set_aside_and_the_watch_goes_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render_process, "SECONDS", 0.3)
    monkeypatch.setattr(render_process, "_PROGRAM", WITHOUT_METER)
    template = bench.write("templates/bomb.md.j2", BOMB)
    page = bench.write(
        "Bomb.md", "<!-- taiga: from userstories template bomb -->\n<!-- /taiga -->\n"
    )
    worker = bench.start()
    told = bench.until(Topic.PROBLEM, "Bomb.md")
    assert "ended from outside" in told.text
    bench.write("Good.md")
    bench.until(Topic.CHANGED, "Good.md")
    spent = worker._setup.templates.seconds
    assert spent >= 0.3

    # What is set aside costs nothing, however often its page is saved.
    page.write_text(page.read_text() + "\nMore.\n")
    bench.write("Later.md")
    bench.until(Topic.CHANGED, "Later.md")
    assert worker._setup.templates.seconds == spent

    template.write_text("{{ [1, 2] }}\n")
    bench.until(Topic.SOLVED, "Bomb.md")
    assert "\n1, 2\n" in page.read_text()
    assert "More." in page.read_text()


BOMB = (
    "{% set n = namespace(x=[1]) %}{% for i in range(40) %}{% set n.x = [n.x, n.x] %}{% endfor %}"
    "{{ n.x }}"
)


def said(bench: Bench, name: str) -> Any:
    """What the watch has left for `status` and `render`."""
    (file,) = bench.folder.glob("state/vaults/*/watch.json")
    return json.loads(file.read_text())[name]


def wait_for(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_watch_says_of_when_all_of_its_pages_are(bench: Bench) -> None:
    begun = time.time()
    bench.write("Page.md")
    bench.start()
    bench.until(Topic.CHANGED, "Page.md")
    wait_for(lambda: said(bench, "true_at") is not None)
    assert begun <= said(bench, "true_at") <= said(bench, "looked") <= time.time()
    bench.write("Wrong.md", "<!-- taiga: from nothing -->\n\n<!-- /taiga -->\n")
    bench.until(Topic.PROBLEM, "Wrong.md")
    wait_for(lambda: said(bench, "true_at") is None)
    (bench.vault / "Wrong.md").unlink()
    wait_for(lambda: said(bench, "true_at") is not None)


def test_it_says_who_asks_and_since_when_it_goes_by_its_settings(bench: Bench) -> None:
    begun, people = time.time(), iter(["ada", "bob"])
    bench.write("Page.md")
    bench.start(Options(asker=lambda: next(people)))
    bench.until(Topic.CHANGED, "Page.md")
    wait_for(lambda: said(bench, "true_at") is not None)
    first = said(bench, "made_at")
    assert begun <= first <= said(bench, "true_at")
    assert said(bench, "asker") == "ada"
    bench.inbox.reload()
    bench.until(Topic.SETTINGS, "read again")
    wait_for(lambda: said(bench, "asker") == "bob")
    assert first < said(bench, "made_at") <= time.time()


def test_a_watch_of_a_part_speaks_for_no_vault(bench: Bench) -> None:
    bench.write("Page.md")
    bench.start(Options(paths=[str(bench.vault / "Page.md")]))
    bench.until(Topic.CHANGED, "Page.md")
    wait_for(lambda: said(bench, "looked") is not None and not said(bench, "waiting"))
    assert said(bench, "true_at") is None
