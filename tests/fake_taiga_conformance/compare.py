"""How two pieces of JSON differ."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SETS = {"my_permissions", "anon_permissions", "public_permissions", "assigned_users"}
"""Lists in no order: Taiga writes sets so."""
_MAPS = {"points", "tags_colors", "attributes_values"}
"""Objects whose keys are data, in no order."""


def differences(
    recorded: Any, ours: Any, loose: Sequence[str] = (), path: str = ""
) -> Iterator[str]:
    """What is not the same, a line each.

    Keys, their order and all types must be the same; values as well, save below the paths in
    `loose` (patterns; `[]` stands for any row of a list).

    Args:
        recorded: the real Taiga's JSON.
        ours: the fake's.
        loose: where only keys and types count.
        path: where we are.
    """
    free = any(fnmatchcase(path, pattern) for pattern in loose)
    if type(recorded) is not type(ours):
        yield f"{path}: {recorded!r} is recorded, the fake says {ours!r}"
    elif isinstance(recorded, dict):
        yield from _objects(recorded, ours, loose, path)
    elif isinstance(recorded, list):
        yield from _lists(recorded, ours, loose, path, free=free)
    elif recorded != ours and not free:
        yield f"{path}: {recorded!r} is recorded, the fake says {ours!r}"


def _objects(
    recorded: dict[str, Any], ours: dict[str, Any], loose: Sequence[str], path: str
) -> Iterator[str]:
    is_map = path.rpartition(".")[2] in _MAPS
    if (sorted if is_map else list)(recorded) != (sorted if is_map else list)(ours):
        yield f"{path}: the keys {list(recorded)} are recorded, the fake has {list(ours)}"
        return
    for key, value in recorded.items():
        yield from differences(value, ours[key], loose, f"{path}.{key}")


def _lists(
    recorded: list[Any], ours: list[Any], loose: Sequence[str], path: str, *, free: bool
) -> Iterator[str]:
    if path.rpartition(".")[2] in _SETS and not any(isinstance(one, dict) for one in ours):
        recorded, ours = sorted(recorded), sorted(ours)
    if len(recorded) != len(ours) and not free:
        yield f"{path}: {len(recorded)} rows are recorded, the fake has {len(ours)}"
    for one, other in zip(recorded, ours, strict=False):
        yield from differences(one, other, loose, f"{path}[]")
