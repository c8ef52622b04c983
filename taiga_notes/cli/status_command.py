"""Show server, account, and what is stored of each project: counts, ages, the last error."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Self, assert_never

from taiga_notes.cli import opening, output
from taiga_notes.config.settings import Credential, UserConfig
from taiga_notes.model.kinds import kind_of
from taiga_notes.refresh.refresh import overlooked_in
from taiga_notes.system.paths import user_folders, vault_home
from taiga_notes.taiga.auth.token_store import accounts
from taiga_notes.taiga.source import Taiga, account_of
from taiga_notes.watch.events import watching

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator
    from pathlib import Path

    from taiga_notes.config.settings import Settings
    from taiga_notes.system.paths import Folders
    from taiga_notes.taiga.store_report import ListStatus, StoreStatus


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    opening.add_vault_argument(parser)
    opening.add_server_argument(parser)


def run(args: Namespace) -> int:
    """Prints the status; asks nobody.

    Raises:
        ConfigError: a setting is wrong.
    """
    settings, own = opening.settings(args.vault, args.server), user_folders(os.environ)
    found = {
        each.user.server: _ServerStatus.of(each, own)
        for each in opening.at_each_server(settings, args.server)
    }
    usual, *others = found.values()
    watch = watching(vault_home(own.state, os.path.realpath(settings.vault.root)))
    waits = opening.waiting(settings)
    file = settings.vault.snapshot
    if args.json:
        output.say_json(
            usual.document()
            | {"servers": {one.name: one.document() for one in others}}
            | {"snapshot": file and str(file), "watch": watch and asdict(watch)}
            | waits.data()
        )
        return 0
    if file:
        output.say(f"rows     from {file}: no server is asked")
    for one in () if file else found.values():
        for line in one.lines():
            output.say(line)
    for number, line in enumerate(watch.lines() if watch else ()):
        output.say(f"  {line}" if number else f"watch    {line}")
    for line in waits.lines():
        output.say(line)
    if settings.vault.file:
        vault = opening.vault(settings)
        output.overlooked([(vault.shown(page), each) for page, each in overlooked_in(vault)])
    return 0


@dataclass(frozen=True, slots=True)
class _ServerStatus:
    """What there is to say of one server and account."""

    name: str
    api: str
    account: str
    store: StoreStatus

    @classmethod
    def of(cls, settings: Settings, own: Folders) -> Self:
        user = settings.user
        with Taiga.open(settings, own, offline=True) as taiga:
            return cls(user.server, user.api, _account(user, own.state), taiga.status())

    def lines(self) -> Iterator[str]:
        named = f", '{self.name}' in queries" if self.name else ""
        yield f"server   {self.api}{named}"
        yield f"account  {self.account}"
        yield f"store    {_place(self.store)}"
        yield from _lines(self.store)

    def document(self) -> dict[str, object]:
        return _document(self.api, self.account, self.store)


def _account(user: UserConfig, state: Path) -> str:
    """Who we are to Taiga, as far as that is known without asking."""
    match user.credential:
        case Credential.TOKEN | Credential.APPLICATION:
            return "whose token is configured"
        case Credential.NONE:
            return "none, by `anonymous = true`"
        case Credential.SESSION:
            return _logged_in(user, state)
        case never:
            assert_never(never)


def _logged_in(user: UserConfig, state: Path) -> str:
    logins = accounts(state, user.api)
    if user.username or len(logins) == 1:
        return account_of(user, state)
    several = f"one of {', '.join(logins)}: set `username` in {user.file}"
    named = f" --server {user.server}" if user.server else ""
    return several if logins else f"none: run `taiga-notes login{named}`"


def _place(status: StoreStatus) -> str:
    if status.file is None:
        return "none: the cache folder can't be used, and every run reads everything"
    return f"{status.file} ({status.bytes / 1e6:.1f} MB)"


def _lines(status: StoreStatus) -> Iterator[str]:
    for project in status.projects:
        yield f"project  {project.key}, looked at {output.ago(project.checked)}"
        yield from _lists(project.lists)
    if status.others:
        yield "lists of no single project"
        yield from _lists(status.others)
    if not status.projects and not status.others:
        yield "nothing is stored yet"
    if status.error:
        when = f" {output.ago(status.error_at)}" if status.error_at else ""
        yield f"last error{when}: {status.error}"


def _lists(lists: tuple[ListStatus, ...]) -> Iterator[str]:
    rows = [
        (
            _name(one),
            str(one.count),
            f"checked {output.ago(one.checked)}",
            f"read whole {output.ago(one.read)}",
        )
        for one in lists
    ]
    if rows:
        yield from (f"  {line}" for line in output.columns(rows))


def _name(one: ListStatus) -> str:
    """A list as a query would call it: `userstories`, `tasks?milestone=3`."""
    path, _, query = one.name.partition("?")
    params = [param for param in query.split("&") if param and not param.startswith("project=")]
    for usual in (f"{name}={text}" for name, text in kind_of(one.kind).usual_filters):
        if usual in params:
            params.remove(usual)
        else:
            path += ", archived ones too"
    return path.lstrip("/") + (f"?{'&'.join(params)}" if params else "")


def _document(api: str, account: str, status: StoreStatus) -> dict[str, object]:
    return {
        "api": api,
        "account": account,
        "store": str(status.file),
        "bytes": status.bytes,
        "projects": [
            {
                "project": project.key,
                "checked": project.checked.isoformat(),
                "lists": [_list(one) for one in project.lists],
            }
            for project in status.projects
        ],
        "lists": [_list(one) for one in status.others],
        "error": status.error or None,
        "error_at": status.error_at.isoformat() if status.error_at else None,
    }


def _list(one: ListStatus) -> dict[str, object]:
    return {
        "name": one.name,
        "kind": one.kind,
        "count": one.count,
        "checked": one.checked.isoformat(),
        "read": one.read.isoformat(),
    }
