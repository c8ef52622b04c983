"""What is remembered of a vault: where, how long, and what damage does to it."""

from __future__ import annotations

import os
import stat
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taiga_notes.system.files import stamp
from taiga_notes.system.locks import Lock, LockedError
from taiga_notes.system.paths import make_state_folder, vault_home
from taiga_notes.vault import remembered_bodies
from taiga_notes.vault.remembered_bodies import RememberedBodies

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    return folder


# Where

STATE = f"{tempfile.gettempdir()}/state"


def test_each_vault_has_a_folder_that_tells_whose_it_is(tmp_path: Path) -> None:
    state = tmp_path / "state"
    assert vault_home(state, "/home/ann/my notes") == f"{state}/vaults/%2Fhome%2Fann%2Fmy notes"
    assert vault_home(state, "C:\\notes") == f"{state}/vaults/C%3A%5Cnotes"


@given(one=st.text(min_size=1), other=st.text(min_size=1))
def test_no_two_vaults_share_a_folder(one: str, other: str) -> None:
    assert (vault_home(STATE, f"/{one}") == vault_home(STATE, f"/{other}")) == (one == other)


@given(name=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_a_long_path_makes_a_name_that_file_systems_take(name: str) -> None:
    own = vault_home(STATE, "/" + name * 200).removeprefix(f"{STATE}/vaults/")
    assert "/" not in own
    assert len(os.fsencode(own)) <= 255


def test_folders_of_ours_are_private(tmp_path: Path) -> None:
    make_state_folder(str(tmp_path / "state/vaults/x"))
    make_state_folder(str(tmp_path / "state/vaults/x"))
    for folder in ("state", "state/vaults", "state/vaults/x"):
        assert stat.S_IMODE((tmp_path / folder).stat().st_mode) == 0o700


def test_two_processes_may_make_the_same_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.mkdir

    def slower(path: str, mode: int) -> None:
        real(path, mode)
        real(path, mode)  # the other was quicker

    monkeypatch.setattr(os, "mkdir", slower)
    make_state_folder(str(tmp_path / "state"))
    assert (tmp_path / "state").is_dir()


# Locks


def test_a_lock_is_held_by_one(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    with Lock(path), pytest.raises(LockedError) as caught:
        Lock(path).__enter__()
    assert caught.value.holder == str(os.getpid())
    with Lock(path):
        pass


def test_a_lock_is_waited_for(tmp_path: Path) -> None:
    lock = Lock(str(tmp_path / "lock"))
    lock.__enter__()
    begun = time.monotonic()
    threading.Timer(0.2, lock.__exit__).start()
    with Lock(str(tmp_path / "lock"), wait=300):
        assert 0.2 <= time.monotonic() - begun < 300


# Bodies


def kept(root: Path) -> RememberedBodies:
    return RememberedBodies(str(root.parent / "bodies"))


def sums(numbers: Iterable[int]) -> list[str]:
    return [f"{number:08x}" for number in numbers]


def test_bodies_are_remembered_by_their_opener(root: Path) -> None:
    kept(root).add([("one", "11111111"), ("two", "22222222")])
    kept(root).add([("one", "33333333")])
    assert set(kept(root).of("one")) == {"11111111", "33333333"}
    assert set(kept(root).of("two")) == {"22222222"}
    assert not kept(root).of("three")


def test_an_opener_is_known_however_it_is_spread_over_lines(root: Path) -> None:
    kept(root).add([("from x\n  where y", "11111111")])
    assert set(kept(root).of(" from x where\r\ny ")) == {"11111111"}


def test_the_last_bodies_below_an_opener_are_kept(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered_bodies, "KEPT", 8)
    held = kept(root)
    for number in range(20):
        held.add([("one", f"{number:08x}")])
    assert list(kept(root).of("one")) == sums(range(12, 20))
    held.add([("one", f"{5:08x}")])
    assert list(kept(root).of("one")) == sums([*range(13, 20), 5])


def test_what_is_known_is_not_written_again(root: Path) -> None:
    kept(root).add([("one", "11111111")])
    before = stamp((root.parent / "bodies").stat())
    kept(root).add([("one", "11111111")])
    kept(root).add([])
    assert stamp((root.parent / "bodies").stat()) == before


@given(written=st.lists(st.tuples(st.text(), st.text("0123456789abcdef", min_size=8, max_size=8))))
def test_openers_may_be_anything(
    tmp_path_factory: pytest.TempPathFactory, written: list[tuple[str, str]]
) -> None:
    root = tmp_path_factory.mktemp("state") / "notes"
    kept(root).add(written)
    held = kept(root)
    assert all(checksum in held.of(opener) for opener, checksum in written)


def test_two_processes_do_not_lose_each_others_bodies(root: Path) -> None:
    one, other = kept(root), kept(root)
    one.add([("one", "11111111")])
    other.add([("one", "22222222")])
    one.add([("two", "33333333")])
    assert set(kept(root).of("one")) == {"11111111", "22222222"}
    assert set(kept(root).of("two")) == {"33333333"}


@pytest.mark.slow
def test_many_at_once_do_not_lose_bodies(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered_bodies, "SLACK", 5)
    monkeypatch.setattr(remembered_bodies, "KEPT", 2)

    def add(number: int) -> None:
        for turn in range(10):
            kept(root).add([(f"{number}", f"{turn:08x}")])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(40)))
    held = kept(root)
    assert all(list(held.of(f"{number}")) == sums([8, 9]) for number in range(40))


def test_the_file_does_not_grow_for_good(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered_bodies, "SLACK", 50)
    monkeypatch.setattr(remembered_bodies, "KEPT", 8)
    kept(root).add([("seldom", "11111111")])
    for number in range(200):
        kept(root).add([("one", f"{number:08x}")])
    assert (root.parent / "bodies").read_bytes().count(b"\n") < 150
    assert list(kept(root).of("one")) == sums(range(192, 200))
    # That we wrote below an opener is never forgotten: what stands there is not SilverBullet's.
    assert list(kept(root).of("seldom")) == ["11111111"]


def test_a_torn_line_costs_itself_only(root: Path) -> None:
    path = root.parent / "bodies"
    kept(root).add([("one", "11111111")])
    head = len(path.read_bytes().splitlines(keepends=True)[0])
    whole = path.read_bytes()
    for end in range(head, len(whole)):
        path.write_bytes(whole[:end])
        kept(root).add([("two", "22222222")])
        assert list(kept(root).of("two")) == ["22222222"]
    path.write_bytes(whole + b"\xff\n0123 1\n\n0123456789abcdef 1234567\n")
    assert list(kept(root).of("one")) == ["11111111"]


@pytest.mark.parametrize("data", [b"", b"taiga-notes bodies 1\n", b"\x00\xff junk", b"taiga"])
def test_what_is_no_such_file_is_set_aside(root: Path, data: bytes) -> None:
    (root.parent / "bodies").write_bytes(data)
    assert not kept(root).of("one")
    assert (root.parent / "bodies.broken").read_bytes() == data
    kept(root).add([("one", "11111111")])
    assert list(kept(root).of("one")) == ["11111111"]
