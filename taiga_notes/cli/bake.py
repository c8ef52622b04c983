"""Turn SilverBullet's live Taiga queries and taiga fences into blocks that are kept in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taiga_notes.cli import migration

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from taiga_notes.bake import Baked
    from taiga_notes.vault.vault import PageFile


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    migration.add_arguments(parser)


def run(args: Namespace) -> int:
    """Bakes; `taiga-notes render` then fills the blocks.

    Raises:
        ConfigError: there is no vault.
    """
    return migration.migrate(args, _holds, lambda _vault: _turned)


def _holds(data: bytes) -> bool:
    return b"${" in data or b"taiga" in data


def _turned(page: PageFile) -> Baked:
    from taiga_notes.bake import bake  # noqa: PLC0415

    return bake(page.text, page=page.name)
