"""Turn SilverBullet's live Taiga queries and taiga fences into blocks that are kept in place."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from taiga_notes.bake.baking import bake
from taiga_notes.bake.check import Invented, objection
from taiga_notes.cli import migration, opening
from taiga_notes.markdown.text import inert
from taiga_notes.page.front_matter import read_front_matter
from taiga_notes.page.splice import check_lines
from taiga_notes.query import QueryClock, Scope
from taiga_notes.refresh.compose import page_data, shown
from taiga_notes.system import clock

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from taiga_notes.bake.baking import Baked
    from taiga_notes.config.settings import Settings
    from taiga_notes.page.block_finder import Form
    from taiga_notes.page.commonmark import Dialect
    from taiga_notes.vault.vault import Vault
    from taiga_notes.vault.writer import PageFile


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    migration.add_arguments(parser)


def run(args: Namespace) -> int:
    """Bakes; `taiga-notes render` then fills the blocks."""

    def turner(vault: Vault, settings: Settings) -> migration.Turn:
        return partial(_turned, settings, vault.dialect)

    return migration.migrate(args, _holds, turner)


def _holds(data: bytes) -> bool:
    return b"${" in data or b"taiga" in data


def _turned(settings: Settings, dialect: Dialect, page: PageFile) -> Baked:

    check = partial(_objection, settings, page)
    return bake(page.text, page=page.name, check=check, dialect=dialect)


def _objection(settings: Settings, page: PageFile, query: str, form: Form) -> str:
    """What is wrong with a query as `render` would evaluate it on that page; empty if nothing.

    Raises:
        BlockError: the page's front matter is wrong.
    """
    # Only a page with something live needs templates and the query language.

    templates = opening.templates(settings)
    data = page_data(page.name, read_front_matter(page.text, page.name).values)
    scope = Scope(
        source=Invented(),
        clock=QueryClock(clock.now()),
        project="acme",
        page=data,
        presets=settings.vault.presets,
        render=partial(templates.render, page=data),
        inert=inert,
    )
    return objection(
        query, scope, lambda found: check_lines(form, shown(found, form, templates, data))
    )
