"""A page that was saved a moment ago is left in peace."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from taiga_notes.errors import PageBusyError
from taiga_notes.vault.vault import Vault
from taiga_notes.vault.writer import LONGEST, PutOff
from tests.pages import NEW, OLD, held, one_page

if TYPE_CHECKING:
    from pathlib import Path

QUIET = 5.0
"""Seconds; so many that a slow machine does not use them up."""

TICK = 0.02
"""Seconds by which the time of a file may be behind the clock."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return one_page(tmp_path)


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """For how long a run slept; it did not."""
    seconds: list[float] = []
    monkeypatch.setattr(time, "sleep", seconds.append)
    return seconds


def vault(root: Path, quiet: float = QUIET) -> Vault:
    return Vault(root, state=root.parent / "state", quiet=lambda: quiet)


def replace(place: Vault, name: str = "a.md", text: str = NEW) -> None:
    with place.writing() as writer:
        writer.replace(place.read(name), text)


def saved(page: Path, ago: float) -> Path:
    page.write_text(OLD, newline="")
    moment = time.time() - ago
    os.utime(page, (moment, moment))
    return page


def test_a_run_waits_out_the_rest_once_and_writes_all(root: Path, slept: list[float]) -> None:
    place = vault(root)
    for number in range(20):
        saved(root / f"{number}.md", ago=number / 10)
    with place.writing() as writer:
        for number in range(20):
            writer.replace(place.read(f"{number}.md"), NEW)
    assert QUIET - 3 < slept[0] <= sum(slept) <= QUIET
    assert all((root / f"{n}.md").read_bytes().decode() == NEW for n in range(20))


def test_what_was_saved_a_little_later_is_waited_for_a_little_longer(root: Path) -> None:
    place = vault(root, quiet=1.0)
    first, second = saved(root / "a.md", ago=0.5), saved(root / "b.md", ago=0.2)
    due = [path.stat().st_mtime + 1.0 - TICK for path in (first, second)]
    with place.writing() as writer:
        for path in (first, second):
            writer.replace(place.read(path.name), NEW)
    assert [path.stat().st_mtime for path in (first, second)] >= due


@pytest.mark.parametrize("ago", [QUIET, 3600.0, -3600.0])
def test_a_page_that_has_been_quiet_or_is_from_the_future_is_written_at_once(
    root: Path, slept: list[float], ago: float
) -> None:
    saved(root / "a.md", ago)
    replace(vault(root))
    assert (held(root), slept) == (NEW, [])


def test_a_page_whose_text_stays_is_not_waited_for(root: Path, slept: list[float]) -> None:
    saved(root / "a.md", ago=0)
    replace(vault(root), text=OLD)
    assert slept == []


def test_our_own_last_write_is_not_waited_for(root: Path, slept: list[float]) -> None:
    place = vault(root)
    saved(root / "a.md", ago=60)
    saved(root / "b.md", ago=60)
    replace(place)
    replace(place, "b.md")
    replace(place, text=NEW * 2)
    assert slept == []
    # In the same run as well, as a page that changed while it was written.
    with place.writing() as writer:
        writer.replace(place.read("a.md"), NEW)
        writer.replace(place.read("b.md"), OLD)
    assert slept == []


def test_what_an_undo_wrote_is_not_waited_for(root: Path, slept: list[float]) -> None:
    place = vault(root)
    saved(root / "a.md", ago=60)
    replace(place)
    assert place.undo()[0].problem is None
    assert held(root) == OLD
    assert slept == []


def test_what_somebody_wrote_over_our_last_write_is_waited_for(
    root: Path, slept: list[float]
) -> None:
    place = vault(root)
    saved(root / "a.md", ago=60)
    replace(place)
    (root / "a.md").write_text("theirs", newline="")
    replace(place)
    assert len(slept) == 1


def test_no_quiet_time_is_none(root: Path, slept: list[float]) -> None:
    saved(root / "a.md", ago=0)
    replace(vault(root, quiet=0))
    assert (held(root), slept) == (NEW, [])


def test_a_vault_can_not_hold_up_a_run_for_ever(root: Path, slept: list[float]) -> None:
    saved(root / "a.md", ago=0)
    replace(vault(root, quiet=1e12))
    assert (held(root), slept) == (NEW, [LONGEST])


def test_a_page_is_put_off_where_a_run_is_followed_by_others(
    root: Path, slept: list[float]
) -> None:
    place = vault(root)
    saved(root / "a.md", ago=2)
    with place.writing(policy=PutOff()) as writer:
        with pytest.raises(PageBusyError) as caught:
            writer.replace(place.read("a.md"), NEW)
        with pytest.raises(PageBusyError):
            writer.demand_rest("a.md")
    assert 0 < caught.value.rest <= QUIET - 2
    assert caught.value.page == "a.md"
    assert (held(root), slept) == (OLD, [])
    assert not list((root.parent / "state").rglob("0*"))


def test_whether_a_page_is_at_rest_does_not_depend_on_what_it_holds(root: Path) -> None:
    (root / "a.md").write_bytes(b"\xff\xfe half a page")
    with vault(root).writing(policy=PutOff()) as writer:
        with pytest.raises(PageBusyError):
            writer.demand_rest("a.md")
        os.utime(root / "a.md", (1, 1))
        writer.demand_rest("a.md")
        with (root / "a.md").open("a"), pytest.raises(PageBusyError):
            writer.demand_rest("a.md")
