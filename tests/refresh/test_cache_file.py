"""The file of the page cache: what it tells of plain pages, and what damage does to it."""

from __future__ import annotations

import json
import os
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taiga_notes.model.details import DetailRequest, Details
from taiga_notes.model.rows import Listing
from taiga_notes.refresh import page_cache
from taiga_notes.refresh.fingerprint import run_words
from taiga_notes.refresh.page_cache import FINE_TICK, TICK, KnownStore, PageCache
from taiga_notes.system import clock, files
from taiga_notes.system.files import stamp
from taiga_notes.vault.vault import Vault
from tests.tables import each
from tests.without_details import WithoutDetails

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from taiga_notes.model.rows import Row, Rows
    from taiga_notes.system.files import Stamp

LONG_AGO = time.time_ns() - 3600 * 10**9
STORIES = Listing("userstories", "acme", (("status", "7"),))
COMMENTS = DetailRequest("userstories", "acme", "comments", (1, 2))


class Nobody(WithoutDetails):
    """Is asked for nothing."""

    def rows(self, listing: Listing, /) -> Rows:
        raise AssertionError(listing)

    def me(self, _server: str = "", /) -> Row:
        raise AssertionError


def loaded(path: Path, begun: int | None = None) -> PageCache:
    """The cache, in a run that began then; by default, well after all changes."""
    later = time.time_ns() + 2 * TICK
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "nanoseconds", lambda: later if begun is None else begun)
        return PageCache(str(path), lambda _zone: ["today"], Nobody, now=None)


def nothing() -> tuple[Sequence[str], Sequence[str], str]:
    """No file decides what pages hold, nothing is excluded, and the day is the machine's."""
    return [], [], ""


# Pages without blocks


class Lookout:
    """A vault, and which of its pages a search looks at."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.vault = Vault(root, state=root.parent / "state")

    def put(self, name: str, text: str, changed: int = LONG_AGO) -> Path:
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        os.utime(path, ns=(changed, changed))
        return path

    def looks_at(self, start: str = "", now: int | None = None) -> list[str]:
        """Which texts a search reads, given when it begins (by default, well after all changes)."""
        seen = []

        def holds(data: bytes) -> bool:
            seen.append(data.decode())
            return b"block" in data

        later = time.time_ns() + 2 * TICK if now is None else now
        cache = loaded(self.path(), later)
        self.vault.search(holds, [start], cache)
        cache.save(nothing)
        return sorted(seen)

    def path(self) -> Path:
        return self.root.parent / "pages"


@pytest.fixture
def lookout(tmp_path: Path) -> Lookout:
    root = tmp_path / "notes"
    root.mkdir()
    return Lookout(root)


def test_a_page_without_blocks_is_looked_at_once(lookout: Lookout) -> None:
    lookout.put("a.md", "plain")
    lookout.put("b/c.md", "block")
    assert lookout.looks_at() == ["block", "plain"]
    assert lookout.looks_at() == ["block"]


def rewrite(path: Path) -> None:
    path.write_text("Plain")
    os.utime(path, ns=(LONG_AGO, LONG_AGO))


def swap(path: Path) -> None:
    other = path.with_name("other")
    other.write_text("Plain")
    os.utime(other, ns=(LONG_AGO, LONG_AGO))
    other.replace(path)


def grow(path: Path) -> None:
    path.write_text("Plain")


@pytest.mark.parametrize("edit", [rewrite, swap, grow])
def test_a_page_that_changed_is_looked_at(lookout: Lookout, edit: Callable[[Path], None]) -> None:
    path = lookout.put("a.md", "plain")
    lookout.looks_at()
    edit(path)
    assert lookout.looks_at() == ["Plain"]


def test_a_page_that_moved_need_not_be_looked_at(lookout: Lookout) -> None:
    path = lookout.put("a.md", "plain")
    stamp = files.stamp(path.stat())
    lookout.looks_at()
    path.rename(path.with_name("b.md"))
    # Some file systems count a move as a change, and then it is looked at.
    moved = files.stamp(path.with_name("b.md").stat())
    assert lookout.looks_at() == ([] if stamp == moved else ["plain"])


@pytest.mark.parametrize("age", [-10 * TICK, 0, FINE_TICK // 2])
def test_a_page_that_may_change_unseen_is_looked_at_again(lookout: Lookout, age: int) -> None:
    path = lookout.put("a.md", "plain")
    now = path.stat().st_ctime_ns + age
    assert lookout.looks_at(now=now) == ["plain"]
    assert lookout.looks_at(now=now) == ["plain"]


SECOND = 1_000_000_000


@each(
    ("modified", "changed", "wait"),
    [
        (LONG_AGO // SECOND * SECOND + 5_000_000, LONG_AGO // SECOND * SECOND + 6_000_000, 0.1),
        # FAT's, HFS+'s, ext3's; FAT's on Windows; a page that `touch` gave another time.
        (LONG_AGO // SECOND * SECOND, LONG_AGO // SECOND * SECOND, 2.0),
        (LONG_AGO // SECOND * SECOND, LONG_AGO // SECOND * SECOND - 5_000_000, 2.0),
        (LONG_AGO // SECOND * SECOND - 3600 * SECOND, LONG_AGO // SECOND * SECOND + 7, 2.0),
    ],
)
def test_a_page_is_remembered_once_the_clock_that_stamped_it_has_ticked(
    tmp_path: Path, modified: int, changed: int, wait: float
) -> None:
    stamped = (modified, changed, 5, 7)
    due = max(modified, changed) + int(wait * SECOND)
    for begun, is_known in ((due, False), (due + 1, True)):
        cache = loaded(tmp_path / f"{begun}", begun)
        cache.add("A.md", stamped, 1, {})
        assert (cache.blocks("A.md") == 1) is is_known
        cache.add_plain(stamped)
        cache.save(nothing)
        assert (tmp_path / f"{begun}").exists() is is_known


def test_a_part_of_the_vault_forgets_nothing_of_the_rest(lookout: Lookout) -> None:
    lookout.put("a.md", "plain a")
    lookout.put("b/c.md", "plain c")
    lookout.looks_at()
    lookout.put("b/d.md", "plain d")
    assert lookout.looks_at(start="b") == ["plain d"]
    assert lookout.looks_at() == []


def test_what_is_gone_is_forgotten_in_time(lookout: Lookout) -> None:
    for number in range(300):
        lookout.put(f"{number}.md", f"plain {number}")
    lookout.looks_at()
    size = lookout.path().stat().st_size
    for number in range(299):
        (lookout.root / f"{number}.md").unlink()
    assert lookout.looks_at() == []
    assert lookout.path().stat().st_size < size / 10


def test_it_is_written_only_if_there_is_something_new(lookout: Lookout) -> None:
    lookout.put("a.md", "plain")
    lookout.looks_at()
    before = stamp(lookout.path().stat())
    lookout.looks_at()
    assert stamp(lookout.path().stat()) == before


def test_links_are_known_as_well(lookout: Lookout) -> None:
    lookout.put("a.md", "plain")
    (lookout.root / "b.md").symlink_to("a.md")
    (lookout.root / "c.md").symlink_to("nowhere.md")
    assert lookout.looks_at() == ["plain", "plain"]
    assert lookout.looks_at() == []


def test_without_inodes_nothing_is_remembered(tmp_path: Path) -> None:
    cache = loaded(tmp_path / "pages")
    cache.add_plain((1, 1, 1, 0))
    cache.save(nothing)
    assert not (tmp_path / "pages").exists()


# The file


STORE = "/no/store"
PLAIN, SETTLED = (1, 1, 1, 1), (2, 2, 2, 2)


def status(of: Stamp) -> os.stat_result:
    names = ("st_mtime_ns", "st_ctime_ns", "st_size", "st_ino")
    return cast("os.stat_result", SimpleNamespace(**dict(zip(names, of, strict=True))))


class Entry:
    """A page in a folder."""

    def stat(self) -> os.stat_result:
        return status(PLAIN)


def filled(path: Path) -> bytes:
    """What a cache writes that holds one page of each kind."""
    cache = loaded(path)
    cache.add_plain(PLAIN)
    cache.add("A.md", SETTLED, 3, {STORIES: "a", COMMENTS: "b"})
    cache.save(nothing, KnownStore({STORE: None}))
    return path.read_bytes()


def known(path: Path) -> tuple[bool, int | None]:
    """Whether the plain page is known, and how many blocks are of the other."""
    cache = loaded(path)
    entry = cast("os.DirEntry[str]", Entry())
    plain = not cache.unknown([entry])
    return plain, cache.blocks("A.md") if cache.is_settled(
        "A.md", lambda: status(SETTLED)
    ) else None


ALL, NONE = (True, 3), (False, None)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    filled(tmp_path / "pages")
    assert known(tmp_path / "pages") == ALL


def test_what_lists_leave_out_is_asked_for_again_as_it_was(tmp_path: Path) -> None:
    """The page is known as long as each list, and what they leave out, is what it was."""
    path = tmp_path / "pages"
    cache = loaded(path)
    cache.add("A.md", SETTLED, 3, {COMMENTS: "b"})
    cache.save(nothing)

    class Commented(Nobody):
        now = ""

        def details(self, request: DetailRequest, /) -> Details:
            assert request == COMMENTS
            return Details({}, self.now)

    source = Commented()
    for now, blocks in (("b", 3), ("c", None)):
        source.now = now
        later = PageCache(str(path), lambda _zone: ["today"], lambda: source)
        assert later.is_settled("A.md", lambda: status(SETTLED))
        assert later.blocks("A.md") == blocks


@given(data=st.data())
def test_any_damage_costs_what_was_remembered_and_no_more(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("state") / "pages"
    whole = filled(path)
    place = data.draw(st.integers(0, len(whole) - 1))
    damaged = data.draw(
        st.sampled_from(
            [
                whole[:place],
                whole[:place] + whole[place + 1 :],
                whole[:place]
                + bytes([whole[place] ^ 1 << data.draw(st.integers(0, 7))])
                + whole[place + 1 :],
                whole[:place] + bytes(len(whole) - place),
                whole + data.draw(st.binary(min_size=1, max_size=20)),
                data.draw(st.binary(max_size=100)),
            ]
        )
    )
    path.write_bytes(damaged)
    assert known(path) == (ALL if damaged == whole else NONE)
    # And the next run writes it anew.
    assert filled(path) == whole


@pytest.mark.parametrize(
    "text",
    [b"{", b"[]", b"7", b"null", b"{}", b'{"words": 7}', b"\xff", b"[" * 100_000],
    ids=["half", "list", "number", "null", "nothing", "no words", "bytes", "deep"],
)
def test_what_is_in_the_right_form_and_can_not_be_ours_counts_for_nothing(
    tmp_path: Path, text: bytes
) -> None:
    page_cache._write(str(tmp_path / "pages"), text, [hash(PLAIN)])
    assert known(tmp_path / "pages") == (True, None)


@pytest.mark.parametrize("part", ["words", "files", "exclude", "pages", "store", "said"])
def test_what_has_more_parts_or_fewer_is_of_another_version(tmp_path: Path, part: str) -> None:
    path = tmp_path / "pages"
    filled(path)
    document = json.loads(page_cache._read(str(path))[0])
    for other in ({**document, "more": 1}, {n: v for n, v in document.items() if n != part}):
        page_cache._write(str(path), json.dumps(other).encode(), [hash(PLAIN)])
        assert known(path) == (True, None)


def test_numbers_made_by_another_python_do_not_count(tmp_path: Path) -> None:
    path = tmp_path / "pages"
    data = bytearray(filled(path))
    data[len(page_cache._MAGIC) - 1] ^= 1
    path.write_bytes(data)
    assert known(path) == NONE


def test_a_file_of_an_older_version_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "pages"
    whole = filled(path)
    path.write_bytes(whole.replace(b"pages 6", b"pages 5"))
    assert known(path) == NONE
    assert filled(path) == whole


def test_a_file_that_is_too_large_is_not_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_cache, "LARGEST", len(filled(tmp_path / "pages")) - 1)
    assert known(tmp_path / "pages") == NONE


def test_what_can_not_be_read_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    assert known(tmp_path / "pages") == NONE


def test_what_can_not_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cache = loaded(tmp_path / "file" / "pages")
    cache.add_plain(PLAIN)
    cache.save(nothing)
    assert known(tmp_path / "file" / "pages") == NONE


# Two processes


def test_of_two_processes_the_later_one_wins_and_neither_hides_a_page(tmp_path: Path) -> None:
    path = tmp_path / "pages"
    one, other = loaded(path), loaded(path)
    one.add_plain(PLAIN)
    other.add("A.md", SETTLED, 3, {})
    one.save(nothing)
    assert known(path) == (True, None)
    other.save(nothing)
    assert known(path) == (False, 3)


def test_who_has_nothing_to_tell_of_settled_pages_keeps_what_others_know(tmp_path: Path) -> None:
    path = tmp_path / "pages"
    filled(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "nanoseconds", lambda: time.time_ns() + 2 * TICK)
        other = PageCache(str(path), lambda _zone: ["tomorrow"], Nobody, now=None)
    assert not other.holds
    other.add_plain((3, 3, 3, 3))
    other.save(nothing)
    assert known(path) == ALL


# The vault's time zone


def in_zones(path: Path, days: dict[str, str]) -> PageCache:
    later = time.time_ns() + 2 * TICK
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "nanoseconds", lambda: later)
        return PageCache(str(path), lambda zone: [days[zone]], Nobody, now=None)


def test_the_day_is_that_of_the_vaults_own_zone(tmp_path: Path) -> None:
    path = tmp_path / "pages"
    cache = in_zones(path, {"": "Sunday", "Asia/Tokyo": "Monday"})
    cache.add("A.md", SETTLED, 3, {})
    cache.save(lambda: ([], [], "Asia/Tokyo"))
    assert in_zones(path, {"": "Monday", "Asia/Tokyo": "Monday"}).holds
    assert not in_zones(path, {"": "Sunday", "Asia/Tokyo": "Tuesday"}).holds
    # Whoever can't tell it any more looks at everything.
    assert not in_zones(path, {"": "Sunday"}).holds


def test_the_words_of_a_run_are_those_of_one_moment_and_place() -> None:
    moment = 1_796_168_400.0  # 2026-12-01 23:40 in UTC
    assert run_words("Asia/Tokyo", moment, {}, "x")[:2] == ["2026-12-02 2026-12-01 +0900", "x"]
    assert run_words("America/New_York", moment, {})[0] == "2026-12-01 2026-12-01 -0500"
    with pytest.raises(LookupError):
        run_words("Nowhere/At_All", moment, {})
