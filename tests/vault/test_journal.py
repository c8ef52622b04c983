"""What runs replaced: undone, bounded, and of use after a kill."""

from __future__ import annotations

import os
import time
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taiga_notes.errors import ConfigError, PageChangedError
from taiga_notes.system.swap import mend
from taiga_notes.vault import journal
from taiga_notes.vault.journal import Journal, JournalEntry, Ledger, before, digest
from taiga_notes.vault.vault import Vault

if TYPE_CHECKING:
    from pathlib import Path

    from taiga_notes.vault.undo import Undone


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    return folder


def vault(root: Path) -> Vault:
    return Vault(root, state=root.parent / "state")


def run(root: Path, **pages: str) -> None:
    """One run that makes each page hold that text."""
    place = vault(root)
    with place.writing() as writer:
        for name, text in pages.items():
            writer.replace(place.read(f"{name}.md"), text)


def write(root: Path, **pages: str) -> None:
    for name, text in pages.items():
        (root / f"{name}.md").write_bytes(text.encode())


def held(root: Path) -> dict[str, str]:
    return {path.stem: path.read_bytes().decode() for path in root.glob("*.md")}


def told(outcomes: list[Undone]) -> dict[str, str]:
    """What became of each page: empty where it is restored."""
    return {
        outcome.page: outcome.problem.message if outcome.problem else "" for outcome in outcomes
    }


def ledgers(root: Path) -> list[Path]:
    return sorted((root.parent / "state").glob("vaults/*/journal/*"))


# Undo


def test_undo_restores_what_the_last_run_replaced(root: Path) -> None:
    write(root, a="old é\r\n", b="same", c="\ufeff")
    run(root, a="new", b="same", c="new")
    assert told(vault(root).undo()) == {"a.md": "", "c.md": ""}
    assert held(root) == {"a": "old é\r\n", "b": "same", "c": "\ufeff"}


def test_undo_goes_back_run_by_run(root: Path) -> None:
    write(root, a="one", b="one")
    run(root, a="two", b="two")
    run(root, a="three")
    assert told(vault(root).undo()) == {"a.md": ""}
    assert held(root) == {"a": "two", "b": "two"}
    assert told(vault(root).undo()) == {"a.md": "", "b.md": ""}
    assert held(root) == {"a": "one", "b": "one"}
    assert vault(root).undo() == []
    assert ledgers(root) == []


def test_a_run_that_replaced_nothing_is_none(root: Path) -> None:
    write(root, a="old")
    run(root, a="new")
    run(root, a="new")
    assert told(vault(root).undo()) == {"a.md": ""}


def test_undo_leaves_newer_edits(root: Path) -> None:
    write(root, a="old", b="old", c="old", d="old")
    run(root, a="new", b="new", c="new", d="new")
    write(root, a="new, and mine", d="old")
    (root / "c.md").unlink()
    assert told(vault(root).undo()) == {
        "a.md": "is left as it is: it was edited since",
        "b.md": "",
        "c.md": "is passed by: it was deleted since, or moved and edited",
    }
    assert held(root) == {"a": "new, and mine", "b": "old", "d": "old"}


def test_pages_that_could_not_be_undone_can_be_once_the_edit_is_gone(root: Path) -> None:
    write(root, a="old", b="old")
    run(root, a="new", b="new")
    write(root, a="mine")
    vault(root).undo()
    assert told(vault(root).undo()) == {}
    write(root, a="new")
    assert told(vault(root).undo()) == {"a.md": ""}
    assert held(root) == {"a": "old", "b": "old"}
    assert ledgers(root) == []


def test_undo_restores_what_a_page_was_before_the_whole_run(root: Path) -> None:
    write(root, a="one")
    place = vault(root)
    with place.writing() as writer:
        writer.replace(place.read("a.md"), "two")
        stale = place.read("a.md")
        write(root, a="mine")
        with pytest.raises(PageChangedError):
            writer.replace(stale, "three")
        writer.replace(place.read("a.md"), "four")
        writer.replace(place.read("a.md"), "five")
    assert told(place.undo()) == {"a.md": ""}
    assert held(root) == {"a": "mine"}


def test_undo_of_a_page_in_place(root: Path) -> None:
    write(root, a="old")
    (root.parent / "other").hardlink_to(root / "a.md")
    run(root, a="new and longer")
    assert told(vault(root).undo()) == {"a.md": ""}
    assert (root.parent / "other").read_text() == "old"


def test_an_undone_run_can_be_run_again(root: Path) -> None:
    write(root, a="old")
    run(root, a="new")
    vault(root).undo()
    run(root, a="new")
    assert held(root) == {"a": "new"}
    vault(root).undo()
    assert held(root) == {"a": "old"}


def test_a_journal_that_can_not_be_read_is_told(root: Path) -> None:
    write(root, a="old")
    run(root, a="new")
    (last,) = ledgers(root)
    last.unlink()
    last.mkdir()
    with pytest.raises(ConfigError, match="can't be used: Is a directory"):
        vault(root).undo()


texts = st.lists(st.sampled_from([b"a", b"b", b"c", b"d"]), min_size=2, max_size=8)


@given(steps=texts)
def test_what_a_page_held_is_followed_back_through_its_records(steps: list[bytes]) -> None:
    records = [JournalEntry("p", old, digest(new)) for old, new in pairwise(steps)]
    assert before(records, steps[-1]) is not None
    if len(set(steps)) == len(steps):
        assert before(records, steps[-1]) == steps[0]
    assert before(records, b"e") is None


# Bounds


def test_only_so_many_runs_are_kept(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "RUNS", 3)
    write(root, a="0")
    for number in range(1, 6):
        run(root, a=str(number))
    assert [path.name for path in ledgers(root)] == ["00000003", "00000004", "00000005"]
    assert [vault(root).undo() != [] for _ in range(4)] == [True, True, True, False]
    assert held(root) == {"a": "2"}


def test_only_so_much_is_kept_but_the_last_run_always(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [os.urandom(3000).hex() for _ in range(5)]
    monkeypatch.setattr(journal, "BYTES", 10_000)
    write(root, a=texts[0])
    for text in texts[1:]:
        run(root, a=text)
    assert len(ledgers(root)) == 3
    monkeypatch.setattr(journal, "BYTES", 0)
    run(root, a="x")
    assert len(ledgers(root)) == 1


def test_nothing_is_kept_for_long(root: Path) -> None:
    write(root, a="0")
    run(root, a="1")
    long_ago = time.time() - journal.AGE - 60
    os.utime(ledgers(root)[0], (long_ago, long_ago))
    run(root, a="2")
    assert [path.name for path in ledgers(root)] == ["00000002"]


def test_text_is_kept_small(root: Path) -> None:
    write(root, a="the same words again\n" * 10_000)
    run(root, a="new")
    assert ledgers(root)[0].stat().st_size < 5_000


def test_numbers_grow_beyond_their_digits(tmp_path: Path) -> None:
    (tmp_path / "99999999").touch()
    kept = Journal(str(tmp_path))
    kept.pending.add(JournalEntry("a", b"", "", "x"))
    kept.close()
    kept.pending.add(JournalEntry("b", b"", "", "x"))
    kept.close()
    assert [record.page for record in kept.finished()[0].entries()] == ["b"]


# Ledgers


records = st.builds(
    JournalEntry,
    page=st.text(),
    old=st.binary(),
    new=st.text(),
    temporary=st.text(),
    after=st.binary(),
)


@given(written=st.lists(records, max_size=4))
def test_a_ledger_gives_back_what_it_got(
    tmp_path_factory: pytest.TempPathFactory, written: list[JournalEntry]
) -> None:
    ledger = Ledger(tmp_path_factory.mktemp("ledger") / "pending")
    for record in written:
        ledger.add(record)
    assert ledger.entries() == written


def test_names_of_any_bytes_are_kept(tmp_path: Path) -> None:
    record = JournalEntry(os.fsdecode(b"caf\xe9\n.md"), b"\xff", "x", "y")
    ledger = Ledger(tmp_path / "pending")
    ledger.add(record)
    assert ledger.entries() == [record]


def test_a_torn_or_damaged_line_is_no_record(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "pending")
    first, second = JournalEntry("a", b"1", "x", "t"), JournalEntry("b", b"2", "y", "t")
    ledger.add(first)
    whole = ledger.path.read_bytes()
    for end in range(len(whole)):
        ledger.path.write_bytes(whole[:end])
        ledger.add(second)
        assert ledger.entries()[-1] == second
        assert ledger.entries()[:-1] in ([], [first])
    junk = [b"\xff", b"[]", b"{}", b'{"page": 1}', whole.replace(b'"old": "', b'"old": "!')]
    ledger.path.write_bytes(
        whole + b"\n".join([*junk, whole.replace(b'"old": "eA', b'"old": "aa')])
    )
    assert ledger.entries() == [first]


# Pages cut short


def tear(path: Path, data: bytes, old: bytes, new: bytes) -> bool:
    path.write_bytes(data)
    return mend(str(path), old, new)


@given(old=st.binary(max_size=12), new=st.binary(max_size=12), cut=st.integers(0, 12))
def test_a_page_cut_short_is_made_whole(
    tmp_path_factory: pytest.TempPathFactory, old: bytes, new: bytes, cut: int
) -> None:
    path = tmp_path_factory.mktemp("torn") / "a.md"
    torn = new[:cut] + old[min(cut, len(new)) :]
    assert tear(path, torn, old, new)
    assert path.read_bytes() in {old, new}
    # … and so it is if the mending was cut short in turn.
    twice = old[: cut // 2] + torn[min(cut // 2, len(old)) :]
    if len(twice) >= min(len(old), len(new)):
        assert tear(path, twice, old, new)
        assert path.read_bytes() in {old, new}


@pytest.mark.parametrize("now", [b"", b"old text", b"new texts, longer, and more", b"new textX"])
def test_a_page_edited_since_is_not_mended(tmp_path: Path, now: bytes) -> None:
    assert not tear(tmp_path / "a.md", now, b"old texts", b"new texts, longer")
    assert (tmp_path / "a.md").read_bytes() == now


def cut_short(root: Path, old: str, new: str) -> None:
    """Leaves what a run leaves that is killed before it overwrites a page."""
    place = vault(root)
    with place.writing() as writer:
        pending = writer.journal().pending
        pending.add(JournalEntry("a.md", old.encode(), digest(new.encode()), after=new.encode()))
        held, writer._cut_short = writer._cut_short, True
        assert not held


def test_the_next_run_tells_of_a_page_that_it_can_not_make_whole(root: Path) -> None:
    write(root, a="edited since")
    cut_short(root, "old", "new")
    with vault(root).writing() as writer:
        (problem,) = writer.problems
    assert problem.page == "a.md"
    assert problem.message == (
        "was being written when taiga-notes was killed, and has been edited since: "
        "see whether it is whole"
    )
    with vault(root).writing() as writer:
        assert writer.problems == []
    assert held(root) == {"a": "edited since"}


def test_the_next_run_tries_again_what_could_not_be_mended(root: Path) -> None:
    write(root, a="nld", b="1")
    (root / "a.md").chmod(0o444)
    cut_short(root, "old", "new")
    for text in ("2", "3"):
        with vault(root).writing() as writer:
            assert [problem.message for problem in writer.problems] == [
                "was being written when taiga-notes was killed, and can't be mended: is read-only"
            ]
            writer.replace(vault(root).read("b.md"), text)
    (root / "a.md").chmod(0o644)
    with vault(root).writing() as writer:
        assert writer.problems == []
    assert held(root) == {"a": "old", "b": "3"}
    assert told(vault(root).undo()) == {"b.md": ""}
    assert held(root) == {"a": "old", "b": "1"}


def test_pages_and_folders_gone_since_a_kill_are_no_trouble(root: Path) -> None:
    write(root, b="1")
    cut_short(root, "old", "new")
    place = vault(root)
    with place.writing() as writer:
        writer.journal().pending.add(
            JournalEntry("x/c.md", b"", "", "x/.syncthing.taiga-notes-1.tmp")
        )
        writer.journal().pending.add(JournalEntry("b.md/d.md", b"", "", "b.md/.taiga-notes-1.tmp"))
        writer._cut_short = True
    with place.writing() as writer:
        assert writer.problems == []
    assert held(root) == {"b": "1"}


def test_a_torn_page_that_leads_out_of_the_vault_by_now_is_left_alone(root: Path) -> None:
    write(root, a="old")
    cut_short(root, "old", "new")
    (root.parent / "secret").write_text("nld")
    (root / "a.md").unlink()
    (root / "a.md").symlink_to("../secret")
    with vault(root).writing() as writer:
        assert [problem.page for problem in writer.problems] == ["a.md"]
    assert (root.parent / "secret").read_text() == "nld"
