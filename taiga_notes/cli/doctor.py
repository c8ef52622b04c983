"""Check configuration, server, login, project, templates, pages; say what to do about faults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taiga_notes.cli import context, output, status_of
from taiga_notes.errors import ConfigError, RenderError, SourceError, TaigaNotesError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from taiga_notes.cli.context import Opened
    from taiga_notes.config import Settings
    from taiga_notes.render import Templates
    from taiga_notes.taiga.source import Taiga

PERMISSIONS = {
    "view_us": "user stories",
    "view_tasks": "tasks",
    "view_issues": "issues",
    "view_epics": "epics",
    "view_milestones": "sprints",
    "view_wiki_pages": "wiki pages",
}
"""Taiga's names for the rights to see its lists."""


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    context.add_source_arguments(parser)


def run(args: Namespace) -> int:
    """Examines one thing after another; what needs something faulty is not looked at.

    Returns:
        The exit status of the worst fault.
    """
    examination = _Examination()
    settings = examination.settings(args)
    if settings is not None:
        examination.templates(settings)
        with context.opened(args, settings) as opened:
            if opened.taiga is None or examination.taiga(opened, opened.taiga):
                examination.pages(opened)
    if not examination.faults:
        output.say("all is well")
    return status_of(examination.faults)


class _Examination:
    """What was found so far, told as it is found."""

    def __init__(self) -> None:
        self.faults: list[TaigaNotesError] = []

    def settings(self, args: Namespace) -> Settings | None:
        try:
            settings = context.settings(args.vault)
            self._well("configuration", str(settings.vault.file or "none"))
            context.demand_vault(settings)
        except ConfigError as error:
            self._fault("configuration", error)
            return None
        return settings

    def taiga(self, opened: Opened, taiga: Taiga) -> bool:
        """Server, login and project; whether pages can be tried."""
        user = opened.settings.user
        try:
            me = taiga.me()
            if taiga.state.trouble:
                raise SourceError(taiga.state.detail or taiga.state.trouble)
        except TaigaNotesError as error:
            self._fault(f"login at {user.api}", error)
            return False
        self._well("server", user.api)
        self._well("login", str(me.get("username", "none: public projects only")))
        return self._project(opened, taiga)

    def _project(self, opened: Opened, taiga: Taiga) -> bool:
        if opened.project is None:
            self._well("project", "none set: each page or query names its own")
            return True
        try:
            detail = taiga.project(opened.project)
        except SourceError as error:
            self._fault(f"project {opened.project}", error)
            return False
        granted = detail.get("my_permissions")
        seen = [
            noun
            for permission, noun in PERMISSIONS.items()
            if isinstance(granted, list) and permission in granted
        ]
        self._well("project", f"{detail.get('name')}: you see {', '.join(seen) or 'nothing'}")
        return True

    def templates(self, settings: Settings) -> None:
        try:
            templates = context.templates(settings)
            names = [info.name for info in templates.names()]
        except TaigaNotesError as error:
            self._fault("templates", error)
            return
        broken = [mistake for name in names if (mistake := _mistake(templates, name))]
        for mistake in broken:
            self._fault("template", mistake)
        if not broken:
            self._well("templates", f"{len(names)}: {', '.join(names)}")

    def pages(self, opened: Opened) -> None:
        """Renders every page, and writes none."""
        from taiga_notes.refresh import discard, refresh  # noqa: PLC0415

        pages = blocks = 0
        for outcome in refresh(context.vault(opened.settings), [""], opened.means(), discard):
            pages += 1
            blocks += outcome.blocks
            for problem in outcome.problems:
                self._fault(f"{outcome.page}:{problem.line}", problem.error)
        self._well("pages", f"{pages} with {blocks} blocks")

    def _well(self, what: str, finding: str) -> None:
        output.say(f"ok     {what}: {finding}")

    def _fault(self, what: str, error: TaigaNotesError) -> None:
        self.faults.append(error)
        output.say(f"fault  {what}: {error.message}")
        if error.hint:
            output.say(f"       what to do: {error.hint}")


def _mistake(templates: Templates, name: str) -> RenderError | None:
    """What is wrong with a template: without rows, its loops are compiled and not run."""
    try:
        templates.render(name, [])
    except RenderError as error:
        return error
    return None
