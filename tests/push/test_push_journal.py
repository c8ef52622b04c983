"""What was sent is on disk before it is sent; a torn line costs no more than itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from taiga_notes.errors import ConfigError
from taiga_notes.push.base import BlockBase, base_of
from taiga_notes.push.base_shelf import BLOCKS, KEPT, BaseShelf
from taiga_notes.push.push_journal import DONE, PushJournal, Request

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def journal(tmp_path: Path) -> PushJournal:
    found = PushJournal(str(tmp_path / "home"))
    found.make_home()
    return found


def request(run: str = "a", number: int = 1, **more: Any) -> Request:
    known = {"page": "P.md", "line": 3, "kind": "userstories", "project": "acme", "id": 7, "ref": 1}
    fields = {"subject": "S", "field": "status", "was": 1, "to": 5, "version": 2, "at": 1.0}
    return Request(run=run, number=number, **{**known, **fields, **more})


def test_a_request_is_open_until_its_outcome_is_known(journal: PushJournal) -> None:
    one = request(users=((1, 2), (2, 3)))
    assert journal.entries() == []
    journal.add(one)
    assert [entry.request for entry in journal.open()] == [one]
    journal.close(one, DONE)
    assert journal.open() == []
    assert [entry.request for entry in journal.last_run()] == [one]


def test_the_last_run_is_the_last_that_changed_anything(journal: PushJournal) -> None:
    for run, outcomes in (("a", [DONE]), ("b", [DONE, "refused with 403", DONE]), ("c", ["lost"])):
        for number, outcome in enumerate(outcomes):
            journal.add(request(run, number))
            journal.close(request(run, number), outcome)
    assert [(entry.request.run, entry.request.number) for entry in journal.last_run()] == [
        ("b", 0),
        ("b", 2),
    ]


def test_torn_and_foreign_lines_are_none(journal: PushJournal, tmp_path: Path) -> None:
    journal.add(request())
    file = tmp_path / "home" / "pushes"
    whole = file.read_bytes()
    lines = [
        b'{"request": {"run": 1}}',
        b"[]",
        b"\xff",
        b'{"run": "z", "number": 1, "outcome": ""}',
    ]
    file.write_bytes(b"\n".join([*lines, whole[: len(whole) // 2], whole]))
    assert [entry.request for entry in journal.entries()] == [request()]


def test_a_made_item_is_known_by_its_line_until_that_is_gone(journal: PushJournal) -> None:
    one = request(field="", block="key")
    assert one.makes
    journal.add(one)
    assert journal.made("key") is None
    journal.close(one, DONE, 12)
    made = journal.made("key")
    assert made is not None
    assert made.ref == 12
    journal.consume(one)
    assert journal.made("key") is None


def test_old_runs_go_and_what_keeps_from_sending_twice_stays(
    journal: PushJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taiga_notes.push.push_journal.RUNS", 3)
    made = request("1", field="", block="key")
    requests = [request("0"), made, *(request(f"{run}") for run in range(2, 8))]
    for one in requests:
        journal.add(one)
        if one.run != "0":
            journal.close(one, DONE)
    for _ in range(2):
        journal.prune()
        runs = [entry.request.run for entry in journal.entries()]
        assert runs == ["0", "1", "5", "6", "7"]
    assert journal.made("key") is not None
    journal.consume(made)
    monkeypatch.setattr("taiga_notes.push.push_journal.RUNS", 2)
    journal.prune()
    assert [entry.request.run for entry in journal.entries()] == ["0", "6", "7"]


def test_a_journal_that_can_not_be_written_forbids_to_send(tmp_path: Path) -> None:
    journal = PushJournal(str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "pushes").mkdir()
    for act in (lambda: journal.add(request()), journal.entries):
        with pytest.raises(ConfigError, match="the state folder"):
            act()


def _base(number: int) -> BlockBase:
    return base_of(f"- [ ] item {number}", [])


def test_the_last_bases_of_a_block_are_kept(tmp_path: Path) -> None:
    shelf = BaseShelf(str(tmp_path))
    bases = [_base(number) for number in range(KEPT + 1)]
    for base in bases:
        shelf.add("P.md", [("from  tasks", base)])
    found = [shelf.find("P.md", "from tasks", base.checksum) for base in bases]
    assert found == [None, *bases[1:]]
    # On a page that moved it is known by its opener, if no other page has such a block.
    assert shelf.find("Moved.md", "from tasks", bases[-1].checksum) == bases[-1]
    shelf.add("Other.md", [("from tasks", bases[-1])])
    assert shelf.find("Moved.md", "from tasks", bases[-1].checksum) is None
    assert shelf.find("P.md", "from issues", bases[-1].checksum) is None


def test_what_was_sent_of_a_block_is_kept_until_it_is_written_again(tmp_path: Path) -> None:
    shelf, base = BaseShelf(str(tmp_path)), _base(1)
    for kept in (base, replace(base, sent=("+ Milk",)), base):
        shelf.add("P.md", [("x", kept)])
        assert shelf.find("P.md", "x", base.checksum) == kept


def test_a_damaged_base_is_none(tmp_path: Path) -> None:
    shelf = BaseShelf(str(tmp_path))
    shelf.add("P.md", [("x", _base(1))])
    [file] = (tmp_path / "bases").iterdir()
    for text in ("", "{", "[]", "[1]", "{}"):
        file.write_text(text)
        assert shelf.find("P.md", "x", _base(1).checksum) is None


@pytest.mark.slow
def test_blocks_that_were_written_longest_ago_go_first(tmp_path: Path) -> None:
    shelf = BaseShelf(str(tmp_path))
    for number in range(BLOCKS + 2):
        shelf.add(f"{number}.md", [("x", _base(1))])
    assert len([*(tmp_path / "bases").iterdir()]) == BLOCKS
