"""What programs import: a page's text → its text, an expression → its value, and pushing."""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from taiga_notes.config.loading import load
from taiga_notes.errors import QueryError, RenderError
from taiga_notes.markdown.places import settled_link
from taiga_notes.markdown.text import inert
from taiga_notes.push.apply import Applied, settle
from taiga_notes.push.apply import apply as apply_plan
from taiga_notes.push.plan import Plan, PushScope, plan_pages
from taiga_notes.push.push_journal import PushJournal
from taiga_notes.push.remote import Remote
from taiga_notes.query import QueryClock, Scope
from taiga_notes.query import evaluate as answer
from taiga_notes.refresh.compose import RenderContext, compose
from taiga_notes.render import Templates, builtin_folder
from taiga_notes.system import clock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from taiga_notes.config.settings import OnEdit
    from taiga_notes.model.rows import Projects, Source
    from taiga_notes.taiga.source import Taiga
    from taiga_notes.vault.vault import Vault


def render_page(
    text: str,
    *,
    source: Source,
    path: str = "page.md",
    templates: Path | None = None,
    template: str | None = None,
    project: Projects = None,
    presets: Mapping[str, str] | None = None,
    on_edit: OnEdit = "refuse",
    now: datetime | None = None,
) -> str:
    """A page with every block rendered; not a character outside of the blocks changes.

    A mistake in a query or a template is shown in the page, above the block's last good output.

    Args:
        text: the page, its newlines untouched.
        source: where rows come from: a `Taiga`, a `Snapshot`, anything that is a `rows.Source`.
        path: the page's path, for messages and as `page.path`.
        templates: a folder of one's own, before the built-in ones.
        template: for Taiga's items, where a block names none.
        project: whose rows bare sources list: a slug, an id, a tuple of such, "*" for all of mine.
        presets: named queries.
        on_edit: what becomes of a body that was edited by hand.
        now: the time for `today()` and `now()`, aware; by default this moment.

    Raises:
        BlockError: a marker is wrong, or a body was edited by hand and `on_edit` is "refuse".
        SourceError: rows can't be had; the text would be older than it looks.
    """
    context = RenderContext(
        source=source,
        templates=_templates(templates),
        now=now or _this_moment(),
        project=project,
        template=template,
        presets=presets or {},
        on_edit=on_edit,
    )
    composition = compose(text, path, context)
    for problem in composition.problems:
        if not isinstance(problem.error, (QueryError, RenderError)):
            raise problem.error
    return composition.text


def evaluate(
    expression: str,
    *,
    source: Source,
    templates: Path | None = None,
    project: Projects = None,
    page: Mapping[str, object] | None = None,
    presets: Mapping[str, str] | None = None,
    now: datetime | None = None,
) -> object:
    """The value of an expression, or of a block's bare clauses, as plain data.

    Args:
        expression: such as `query[[from userstories where not is_closed select ref]]`.
        source: see `render_page`.
        templates: see `render_page`.
        project: see `render_page`.
        page: what the query sees as `page`.
        presets: see `render_page`.
        now: see `render_page`.

    Raises:
        QueryError: the expression can't be read or evaluated.
        RenderError: a template that it names can't.
        SourceError: rows can't be had.
    """
    about, found = page or {}, _templates(templates)
    scope = Scope(
        source=source,
        clock=QueryClock(now or _this_moment()),
        project=project,
        page=about,
        presets=presets or {},
        render=partial(found.render, page=about),
        cpu_time=time.thread_time,
        inert=inert,
        link=settled_link,
        uses=found.uses,
    )
    return answer(expression, scope).value


def plan_push(vault: Vault, source: Taiga, *, paths: Sequence[str | os.PathLike[str]] = ()) -> Plan:
    """What a push of a vault's pages would send: looked at, and not sent.

    Whether the vault is trusted is for the caller to ask: `config.settings.is_trusted`.

    Args:
        vault: where the pages are; its `taiga-notes.toml` says what ticks mean.
        source: Taiga, as the user's own settings have it.
        paths: pages and folders; none for the whole vault.

    Raises:
        ConfigError: a setting is wrong, or the state folder can't be used.
        SourceError: Taiga can't be reached, or refuses.
        WriteError: another push of the vault is under way.
    """
    settings = load(Path(vault.root), os.environ)
    remote = Remote(source.client)
    settle(PushJournal(vault.home), remote)
    return plan_pages(PushScope.of(vault, settings), vault.chosen(paths).names, remote)


def apply(plan: Plan) -> Applied:
    """Sends what a plan says, row by row; see `push.apply.apply`.

    Raises:
        ConfigError: the journal can't be written; what was sent before that is in it.
        WriteError: another push of the vault is under way.
    """
    return apply_plan(plan)


def _templates(folder: Path | None) -> Templates:
    return Templates([builtin_folder()] if folder is None else [folder, builtin_folder()])


def _this_moment() -> datetime:
    return clock.now()
