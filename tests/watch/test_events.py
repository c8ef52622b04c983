from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from taiga_notes.errors import ConfigError
from taiga_notes.watch.events import WatchStatus, WatchStatusFile, watching

if TYPE_CHECKING:
    from pathlib import Path


def test_it_is_told_while_it_runs_and_not_after(tmp_path: Path) -> None:
    home = str(tmp_path / "vaults" / "notes")
    status = WatchStatus(os.getpid(), 1_700_000_000)
    assert watching(home) is None
    with WatchStatusFile(home, status) as file:
        assert watching(home) == status
        file.say(replace(status, pages=3, trouble="no network", webhook="127.0.0.1:8765"))
        seen = watching(home)
    assert watching(home) is None

    assert seen is not None
    text = "\n".join(seen.lines())
    for part in (f"process {os.getpid()}", "no network", "127.0.0.1:8765", "not yet"):
        assert part in text


def test_the_same_is_not_written_again(tmp_path: Path) -> None:
    with WatchStatusFile(str(tmp_path), WatchStatus(1, 2)) as file:
        before = (tmp_path / "watch.json").stat().st_ino
        file.say(WatchStatus(1, 2))
        assert (tmp_path / "watch.json").stat().st_ino == before


def test_a_second_watch_is_told_of_the_first(tmp_path: Path) -> None:
    status = WatchStatus(os.getpid(), 0)
    with (
        WatchStatusFile(str(tmp_path), status),
        pytest.raises(ConfigError, match=f"process {os.getpid()}.*status"),
        WatchStatusFile(str(tmp_path), status),
    ):
        pass


def test_a_watch_that_was_killed_is_not_running(tmp_path: Path) -> None:
    script = (
        "import os, sys; from taiga_notes.watch.events import *; "
        "WatchStatusFile(sys.argv[1], WatchStatus(os.getpid(), 0)).__enter__(); "
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False, timeout=300)

    assert (tmp_path / "watch.json").exists()
    assert watching(str(tmp_path)) is None
    with WatchStatusFile(str(tmp_path), WatchStatus(os.getpid(), 0)):
        assert watching(str(tmp_path)) is not None


def test_what_can_not_be_written_does_not_stop_it(tmp_path: Path) -> None:
    (tmp_path / "watch.json").mkdir()
    with WatchStatusFile(str(tmp_path), WatchStatus(1, 2)) as file:
        file.say(WatchStatus(1, 3))
        assert watching(str(tmp_path)) is None
    assert {path.name for path in tmp_path.iterdir()} == {"watch.json", "watch.lock"}


@pytest.mark.parametrize("text", ["", "{}", '{"odd": 1}', "[]"])
def test_a_broken_file_tells_nothing(tmp_path: Path, text: str) -> None:
    with WatchStatusFile(str(tmp_path), WatchStatus(1, 2)):
        (tmp_path / "watch.json").write_text(text)
        assert watching(str(tmp_path)) is None


def test_a_state_folder_that_can_not_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(ConfigError), WatchStatusFile(str(tmp_path / "file"), WatchStatus(1, 2)):
        pass
