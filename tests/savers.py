"""The ways in which programs save a page, each with a pause in the midst of it.

Each adds a sentence at a page's end, as its author: what a page holds besides is what it held. A
saver that wrote the page anew wrote what it had read, our blocks as they were then included.
"""

from __future__ import annotations

import mmap
import os
import subprocess
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Save = Callable[[Path, str, float], None]


def appended(page: Path, sentence: str, pause: float) -> None:
    with page.open("a") as file:
        time.sleep(pause)
        file.write(sentence)


def appended_in_two_steps(page: Path, sentence: str, pause: float) -> None:
    with page.open("a") as file:
        _write_in_two(file.fileno(), sentence, pause)


def rewritten_in_two_steps(page: Path, sentence: str, pause: float) -> None:
    text = page.read_text()
    with page.open("w") as file:
        _write_in_two(file.fileno(), text + sentence, pause)


def opened_to_read_and_write(page: Path, sentence: str, pause: float) -> None:
    with page.open("r+") as file:
        text = file.read()
        time.sleep(pause)
        file.seek(0)
        file.write(text + sentence)


def extended_after_reading(page: Path, sentence: str, pause: float) -> None:
    with page.open("r+") as file:
        file.read()
        time.sleep(pause)
        file.write(sentence)


def piped_through_tee(page: Path, sentence: str, pause: float) -> None:
    command = ["tee", "-a", str(page)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as tee:
        assert tee.stdin is not None
        _write_in_two(tee.stdin.fileno(), sentence, pause)


def redirected_by_a_shell(page: Path, sentence: str, pause: float) -> None:
    script = '(sleep "$2"; printf %s "$1") >> "$3"'
    subprocess.run(["sh", "-c", script, "sh", sentence, str(pause), str(page)], check=True)


def mapped(page: Path, sentence: str, pause: float) -> None:
    data = sentence.encode()
    with page.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.truncate(size + len(data))
        memory = mmap.mmap(file.fileno(), 0)
    # The file is closed, and still to be written to.
    with memory:
        time.sleep(pause)
        memory[size:] = data


def replaced_by_another_file(page: Path, sentence: str, pause: float) -> None:
    other = page.with_name(f".{page.name}.new")
    with other.open("w") as file:
        _write_in_two(file.fileno(), page.read_text() + sentence, pause)
    other.replace(page)


def written_anew_beside_a_backup(page: Path, sentence: str, pause: float) -> None:
    text = page.read_text()
    backup = page.rename(page.with_name(f"{page.name}~"))
    with page.open("x") as file:
        _write_in_two(file.fileno(), text + sentence, pause)
    backup.unlink()


def appended_by_two_saves(page: Path, sentence: str, pause: float) -> None:
    """Nobody has the page open during the pause."""
    middle = len(sentence) // 2
    for part, rest in ((sentence[:middle], pause), (sentence[middle:], 0)):
        with page.open("a") as file:
            file.write(part)
        time.sleep(rest)


def emptied_first(page: Path, sentence: str, pause: float) -> None:
    """Nobody has the page open during the pause."""
    text = page.read_text()
    os.truncate(page, 0)
    time.sleep(pause)
    with page.open("a") as file:
        file.write(text + sentence)


HELD: tuple[Save, ...] = (
    appended,
    appended_in_two_steps,
    rewritten_in_two_steps,
    opened_to_read_and_write,
    extended_after_reading,
    piped_through_tee,
    redirected_by_a_shell,
    mapped,
)
"""Those who have the page open for writing during the pause."""

UNHELD: tuple[Save, ...] = (
    written_anew_beside_a_backup,
    replaced_by_another_file,
    appended_by_two_saves,
    emptied_first,
)
"""Those during whose pause nobody has the page open, or there is none for a moment."""

ALL: tuple[Save, ...] = (*HELD, *UNHELD)


def _write_in_two(descriptor: int, text: str, pause: float) -> None:
    data = text.encode()
    middle = len(data) // 2
    os.write(descriptor, data[:middle])
    time.sleep(pause)
    os.write(descriptor, data[middle:])
