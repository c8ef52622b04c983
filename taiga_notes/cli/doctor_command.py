"""Check configuration, server, login, project, templates, presets, pages; say how to mend them."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from taiga_notes.cli import opening, output, status_of
from taiga_notes.config.loading import preset_line
from taiga_notes.config.settings import Credential, Settings
from taiga_notes.errors import (
    BlockError,
    ConfigError,
    LoginError,
    RenderError,
    SourceError,
    TaigaNotesError,
    WriteError,
)
from taiga_notes.model.kinds import KINDS
from taiga_notes.query import demand_preset
from taiga_notes.refresh.compose import Allowance
from taiga_notes.refresh.refresh import MIRRORS, Discard, refresh
from taiga_notes.refresh.static_checks import template_mistake
from taiga_notes.system import clock, locks
from taiga_notes.system.files import writable
from taiga_notes.system.paths import makeable_state, user_folders
from taiga_notes.taiga.auth.credentials import Anonymous
from taiga_notes.taiga.http.client import Client
from taiga_notes.taiga.http.web_front import named, read_front
from taiga_notes.webhook.registry import HookOutcome, Registry
from taiga_notes.webhook.signatures import ANY, usable_keys

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from taiga_notes.bake.live import Overlooked
    from taiga_notes.cli.opening import Opened
    from taiga_notes.model.rows import ProjectKey
    from taiga_notes.refresh.refresh import PageOutcome
    from taiga_notes.taiga.source import Taiga
    from taiga_notes.vault.vault import Vault

_SET_WEB = "set `web` in your own configuration to where you open Taiga in the browser"


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    opening.add_vault_argument(parser)
    opening.add_project_arguments(parser)


def run(args: Namespace) -> int:
    """Examines one thing after another; what needs something faulty is not looked at.

    Returns:
        The exit status of the worst fault.
    """
    args.offline = args.full = False
    examination = _Examination()
    settings = examination.settings(args)
    if settings is not None:
        examination.templates(settings)
        examination.rows(args, settings)
    if not examination.faults:
        output.say("all is well, but for what is noted" if examination.notes else "all is well")
    return status_of(examination.faults)


class _Examination:
    """What was found so far, told as it is found."""

    def __init__(self) -> None:
        self.faults: list[TaigaNotesError] = []
        self.notes = 0

    def settings(self, args: Namespace) -> Settings | None:
        try:
            settings = opening.settings(args.vault, args.server)
            if not args.snapshot:
                opening.demand_vault(settings)
        except ConfigError as error:
            self._fault("configuration", error)
            return None
        self._well("configuration", str(settings.vault.file or "none: usual settings"))
        self._well("time zone", _time_zone(settings))
        self._where_state_is()
        return settings

    def templates(self, settings: Settings) -> None:
        try:
            templates = opening.templates(settings)
            names = [info.name for info in templates.names()]
        except TaigaNotesError as error:
            self._fault("templates", error)
            return
        broken = [mistake for name in names if (mistake := template_mistake(templates, name))]
        for mistake in broken:
            self._fault("template", mistake)
        if not broken:
            self._well("templates", f"{len(names)}: {', '.join(names)}")

    def rows(self, args: Namespace, settings: Settings) -> None:
        """What rows come from, and the pages that are made of them."""
        try:
            with opening.opened(args, settings) as opened:
                if opened.snapshot is not None:
                    self._well("snapshot", f"{opened.snapshot_file}: no server is asked")
                elif not self._servers(args, opened) or not self._project(opened):
                    return
                else:
                    self._webhooks(opened)
                self._presets(opened)
                self._pages(opened)
        except (SourceError, ConfigError) as error:
            is_file = args.snapshot or settings.vault.snapshot
            self._fault("snapshot" if is_file else "pages", error)

    def _servers(self, args: Namespace, opened: Opened) -> bool:
        """Each server; whether the usual one is well, without which pages are not looked at."""
        usual = self._taiga(opened.taiga, opened.settings)
        for settings in [*opening.at_each_server(opened.settings, args.server)][1:]:
            with opened.connect(settings) as taiga:
                self._taiga(taiga, settings)
        return usual

    def _taiga(self, taiga: Taiga, settings: Settings) -> bool:
        """Server and login, asked and not remembered; whether both are well."""
        api = settings.user.api
        of = f" {settings.user.server}" if settings.user.server else ""
        try:
            account = _account(taiga, settings)
        except (ConfigError, LoginError) as error:
            self._fault(f"login{of}", error)
            return False
        except SourceError as error:
            user = settings.user
            told = named(error, api, lambda at: Client.of(user, Anonymous(), at))
            self._fault(f"server{of}: {api}", told)
            return False
        self._well(f"server{of}", api)
        if proxy := taiga.client.proxy:
            self._well(f"way there{of}", f"through {proxy}")
        self._well(f"login{of}", account)
        self._links(settings)
        return True

    def _links(self, settings: Settings) -> None:
        """Where links lead, by the word of the web front there."""
        user, web = settings.user, settings.web
        what = f"links {user.server}" if user.server else "links"
        if web != user.web:
            # A vault's word sends us nowhere.
            self._well(what, f"they lead to {web}, as {settings.vault.file} says")
            return

        try:
            with Client.of(user, Anonymous(), web) as client:
                front = read_front(client)
        except SourceError as error:
            self._note(what, f"they lead to {web}: {error.message}", _SET_WEB)
            return
        if front is None:
            self._note(what, f"they lead to {web}, where no web front of Taiga is", _SET_WEB)
        elif front.api != user.api:
            told = f"they lead to {web}, the web front of {front.api}"
            self._note(what, told, f"if that is not the same Taiga, {_SET_WEB}")
        elif front.web != web:
            wrong = ConfigError(
                f"they lead to {web}", hint=f'set web = "{front.web}" in {user.file}'
            )
            self._fault(what, wrong)
        else:
            self._well(what, f"they lead to {web}")

    def _project(self, opened: Opened) -> bool:
        if opened.project is None:
            self._well("project", "none set: each page or query names its own")
            return True
        try:
            keys = opened.taiga.projects(opened.project)
        except SourceError as error:
            self._fault("projects", error)
            return False
        # Of several all are looked at, whatever is wrong with one.
        return False not in [self._one_project(opened, key) for key in keys]

    def _one_project(self, opened: Opened, key: ProjectKey) -> bool:
        try:
            detail = opened.taiga.project(key)
        except SourceError as error:
            self._fault(f"project: {key}", error)
            return False
        granted = detail.get("my_permissions")
        seen = [
            kind.noun
            for kind in KINDS.values()
            if isinstance(granted, list) and kind.permission in granted
        ]
        self._well("project", f"{detail.get('name')}: you see {', '.join(seen) or 'nothing'}")
        return True

    def _webhooks(self, opened: Opened) -> None:
        """What became of the last delivery of each webhook whose key we have."""
        try:
            keys = usable_keys(opened.settings.user, user_folders(os.environ).state)
        except ConfigError as error:
            self._fault("webhook", error)
            return
        for project in opened.taiga.projects(opened.project) if keys else ():
            with suppress(SourceError):  # only administrators may look
                registry = Registry(opened.taiga.client, project)
                key = keys.get(registry.slug, keys.get(ANY))
                for hook in registry.hooks():
                    if hook.key == key:
                        self._webhook(hook.url, registry.outcome(hook))

    def _webhook(self, url: str, outcome: HookOutcome) -> None:
        told = f"{url}: last delivery: {outcome.said}"
        if outcome.well:
            self._well("webhook", told)
        else:
            self._fault("webhook", SourceError(told, hint=outcome.remedy))

    def _presets(self, opened: Opened) -> None:
        """Evaluates every preset, be it in use or not."""
        presets, allowance = opened.settings.vault.presets, Allowance()
        before = len(self.faults)
        for name, text in presets.items():
            what = f"preset {name}{_written_at(name, opened.settings)}"
            try:
                with allowance.spending(lambda: opened.templates.seconds):
                    demand_preset(text, opened.scope())
            except (BlockError, RenderError, SourceError) as error:
                if opened.project is None and isinstance(error, SourceError):
                    # Whose rows these are, each page says by itself.
                    self._note(what, error.message, error.hint)
                else:
                    self._fault(what, error)
        if presets and len(self.faults) == before:
            self._well("presets", f"{len(presets)}: {', '.join(presets)}")

    def _pages(self, opened: Opened) -> None:
        """Renders every page, and writes none."""
        vault = opening.vault(opened.settings)
        pages = blocks = new = 0
        unknown: Counter[str] = Counter()
        before = len(self.faults)
        templates: list[str] = []
        overlooked: list[tuple[str, Overlooked]] = []
        mirrors = opened.settings.vault.mirror
        for outcome in refresh(
            vault, [""], opened.render_context, Discard, mirrors=lambda: mirrors
        ):
            if outcome.is_template:
                templates.append(vault.shown(outcome.page))
                continue
            if outcome.is_new:
                new += 1
                continue
            page = vault.shown(outcome.page)
            overlooked += ((page, each) for each in outcome.overlooked)
            pages += bool(outcome.blocks or outcome.problems) and outcome.page != MIRRORS
            blocks += outcome.blocks
            self._blocks(outcome, page)
            if outcome.blocks:
                unknown[self._writable(page, os.path.realpath(vault.path(outcome.page)))] += 1
        if len(self.faults) == before:
            self._well("pages", f"{pages} with {output.count(blocks, 'block')}")
            if mirrors:
                folders = ", ".join(each.folder for each in mirrors)
                more = f"; {output.count(new, 'new page')} to make" if new else ""
                self._well("mirrors", f"{len(mirrors)}: {folders}{more}")
        output.passed_by(templates)
        output.overlooked(overlooked)
        self._remarks(opened, vault, unknown)

    def _remarks(self, opened: Opened, vault: Vault, unknown: Counter[str]) -> None:
        """What is no fault, and worth knowing."""
        for line in opening.waiting(opened.settings).lines():
            output.say(f"note   push: {line}")
        for folder in vault.nested():
            output.say(f"note   {folder}: a vault of its own, which this one leaves alone")
        if opened.state and opened.state.trouble:
            self._fault("server", SourceError(opened.state.detail))
        for note in opened.state.notes if opened.state else ():
            output.say(f"note   store: {note}")
        for reason in filter(None, unknown):
            output.say(f"note   saves: {_of_saves(reason, unknown[reason], opened.settings)}")

    def _blocks(self, outcome: PageOutcome, page: str) -> None:
        for problem in outcome.problems:
            self._fault(f"{page}:{problem.line}", problem.error)
        for line, warning in outcome.warnings:
            self.notes += 1
            output.say(f"note   {page}:{line}: {warning}")

    def _writable(self, name: str, path: str) -> str:
        """Whether a page may be written; why it can't be told if somebody has it open."""
        try:
            writable(path)
            return locks.unknown(path)
        except OSError as error:
            self._fault(name, WriteError(f"{error.strerror or error}", hint="make it writable"))
            return ""

    def _where_state_is(self) -> None:
        usual = str(user_folders(os.environ).state)
        if (kept := makeable_state(usual)) != usual:
            finding = f"what undo needs is kept until the machine restarts, in {kept}"
            self._note("state", finding, f"{usual} can't be written to: set XDG_STATE_HOME")

    def _note(self, what: str, finding: str, advice: str) -> None:
        self.notes += 1
        output.say(f"note   {what}: {finding}")
        output.say(f"       what to do: {advice}")

    def _well(self, what: str, finding: str) -> None:
        output.mark("ok", output.GREEN, f"     {what}: {finding}")

    def _fault(self, what: str, error: TaigaNotesError) -> None:
        self.faults.append(error)
        hint = error.hint
        text = str(error).removesuffix(f" ({hint})").removesuffix(f": {hint}")
        output.mark("fault", output.RED, f"  {what}: {text}")
        if hint:
            output.say(f"       what to do: {hint}")


def _written_at(preset: str, settings: Settings) -> str:
    """Where a preset is written, if that can be seen: ` (taiga-notes.toml:7)`."""
    file, line = settings.vault.file, preset_line(settings.vault, preset)
    return f" ({file.name}:{line})" if file and line else ""


def _of_saves(reason: str, count: int, settings: Settings) -> str:
    return (
        f"whether a program has a page open for writing is not known ({reason}; "
        f"{output.count(count, 'page')}): what it writes while the page is rewritten can be lost; "
        f"pages are left alone for {settings.vault.watch.quiet_ms} ms after a save (`quiet_ms`)"
    )


def _time_zone(settings: Settings) -> str:
    """By what the day begins and ends."""
    name, now = settings.vault.timezone, clock.now(settings.vault.zone)
    said = f"{name}, as the vault says" if name else "this machine's, as `timezone` is not set"
    return f"{said}: {now.isoformat(' ', 'minutes')}"


def _account(taiga: Taiga, settings: Settings) -> str:
    """Who we are to Taiga, in its own words of this moment: what is stored would tell nothing.

    Raises:
        ConfigError: credentials would travel unencrypted.
        LoginError: there are none, or Taiga refuses them.
        SourceError: it can't be reached, or is no Taiga.
    """
    user = settings.user
    if user.credential is Credential.NONE:
        taiga.client.get("/projects", {"page_size": "1"})
        return "none: public projects only"
    match taiga.client.get("/users/me").data:
        case {"username": str(name)}:
            return name
        case _:
            raise SourceError("what answers there is no Taiga", hint="is `api` right?")
