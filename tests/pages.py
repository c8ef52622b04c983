"""A vault with one page, and what may happen to its disk."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Any

from taiga_notes.vault.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

OLD, NEW = "the old text\r\n", "\ufeffthe new text, which is longer\n"


def one_page(folder: Path) -> Path:
    """The root of a vault with the page `a.md`, which holds `OLD`."""
    root = folder / "notes"
    root.mkdir()
    (root / "a.md").write_text(OLD, newline="")
    return root


def vault(root: Path) -> Vault:
    return Vault(root, state=root.parent / "state")


def replace(root: Path, name: str = "a.md", text: str = NEW) -> None:
    """One run that makes a page hold a text."""
    place = vault(root)
    page = place.read(name)
    with place.writing() as writer:
        writer.replace(page, text)


def held(root: Path) -> str:
    """What the page holds."""
    return (root / "a.md").read_bytes().decode()


def names(root: Path) -> set[str]:
    """All that there is in the vault."""
    return {str(path.relative_to(root)) for path in root.rglob("*")}


def failing(code: int) -> Callable[..., Any]:
    """A call to the system that always fails."""

    def fail(*_args: object, **_options: object) -> Any:
        raise OSError(code, os.strerror(code))

    return fail


def never(_one: str, _other: str) -> bool:
    """`exchange` on a file system that can't."""
    return False


def fsync_of_folders(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    real = os.fsync

    def fsync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(code, os.strerror(code))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
