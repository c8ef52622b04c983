"""The recordings: what was asked of a real Taiga, and what it answered."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "recordings"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer."""

    name: str
    method: str
    path: str
    headers: dict[str, str]
    body: str | None
    status: int
    answer_headers: dict[str, str]
    answer: Any


@dataclass(frozen=True, slots=True)
class Hook:
    """One delivery of a webhook: its exact bytes and its headers."""

    name: str
    body: bytes
    headers: dict[str, str]
    key: str


def names() -> list[str]:
    """All files, without the deliveries' headers: those belong to the file of their bytes."""
    files = (path for path in FOLDER.rglob("*") if path.is_file())
    found = sorted(path.relative_to(FOLDER).as_posix() for path in files)
    return [name for name in found if not name.endswith(".headers.json")]


def exchange(name: str) -> Exchange:
    """A recorded exchange by the name of its file."""
    found = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    asked, answered = found["request"], found["response"]
    return Exchange(
        name,
        asked["method"],
        asked["path"],
        asked["headers"],
        asked["body"],
        answered["status"],
        answered["headers"],
        answered["body"],
    )


def answer(name: str) -> Any:
    """The JSON of a recorded answer."""
    return exchange(f"{name}.json").answer


def hook(name: str) -> Hook:
    """A recorded delivery by the name of its file."""
    said = json.loads((FOLDER / name.replace(".body", ".headers.json")).read_text("utf-8"))
    return Hook(name, (FOLDER / name).read_bytes(), said["headers"], said["key"])
