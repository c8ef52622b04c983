"""Add, list or remove Taiga's webhook for `watch --webhook`.

`add URL` makes a webhook and its key. The key is kept in the state folder, for this user alone,
and `watch --webhook` finds it there; a watcher on another machine gets it from `--show-key`.
URL is where Taiga reaches the receiver, directly or through a reverse proxy, at any path.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from taiga_notes.cli import opening, output
from taiga_notes.cli.arguments import from_one
from taiga_notes.config.loading import load
from taiga_notes.errors import ConfigError
from taiga_notes.model.rows import EVERY_PROJECT
from taiga_notes.system.paths import user_folders
from taiga_notes.taiga.auth.credentials import credentials
from taiga_notes.taiga.http.client import Client
from taiga_notes.webhook.registry import Hook, Registry
from taiga_notes.webhook.signatures import KeyFile, usable_keys

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator, Mapping


NAME = "taiga-notes"


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="add|list|remove")
    add = acts.add_parser("add", help="make a webhook, with a key of its own", allow_abbrev=False)
    add.add_argument("url", metavar="URL")
    add.add_argument("--name", default=NAME, help=f"as Taiga shows it (default: {NAME})")
    add.add_argument("--show-key", action="store_true", help="print the key, for another machine")
    add.set_defaults(do=_add)
    listing = acts.add_parser("list", help="list the project's webhooks", allow_abbrev=False)
    listing.set_defaults(do=_list)
    remove = acts.add_parser("remove", help="remove a webhook", allow_abbrev=False)
    remove.add_argument("number", metavar="NUMBER", type=from_one, help="as `list` shows it")
    remove.set_defaults(do=_remove)
    for act in (add, listing, remove):
        act.add_argument("--project", metavar="SLUG", help="default: the vault's project")
        opening.add_server_argument(act)


def run(args: Namespace) -> int:
    """Does one of the three.

    Raises:
        ConfigError: no project is set, or the address is none.
        SourceError: Taiga can't be reached, or refuses.
    """
    with _opened(args.project, args.server) as desk:
        args.do(args, desk)
    return 0


@dataclass(frozen=True, slots=True)
class _Desk:
    """A project's webhooks, and the keys of those that we made."""

    registry: Registry
    keys: KeyFile
    known: Mapping[str, str]

    @property
    def slug(self) -> str:
        return self.registry.slug

    @property
    def key(self) -> str | None:
        """The project's key, as `watch` finds it."""
        return self.known.get(self.slug)


@contextmanager
def _opened(project: str | None, server: str) -> Iterator[_Desk]:

    settings = load(Path.cwd(), os.environ, server)
    user, state = settings.user, user_folders(os.environ).state
    chosen = project or (None if server else settings.vault.project)
    if chosen is None:
        raise ConfigError(
            "no project is set", hint="use --project SLUG, or set `project` in taiga-notes.toml"
        )
    if isinstance(chosen, tuple) or chosen == EVERY_PROJECT:
        raise ConfigError("a webhook is of one project", hint="use --project SLUG")
    known = usable_keys(user, state)
    auth = credentials(user, state)
    with Client.of(user, auth) as client:
        yield _Desk(Registry(client, chosen), KeyFile(state, user.api), known)


def _add(args: Namespace, desk: _Desk) -> None:
    key = desk.key or desk.keys.provide(desk.slug)
    hook = desk.registry.add(args.name, args.url, key)
    output.say(f"made webhook {hook.id} of project {desk.slug}: it sends to {hook.url}")
    if args.show_key:
        output.say("for a watcher on another machine, in the configuration of its user:")
        table = f"servers.{args.server}.webhook_keys" if args.server else "webhook_keys"
        output.write(f'  [{table}]\n  {desk.slug} = "{key}"')
    output.say("start the receiver with `taiga-notes watch --webhook HOST:PORT`;")
    output.say("one that runs already gets to know the key at SIGHUP, or when it is started anew")


def _list(_args: Namespace, desk: _Desk) -> None:
    hooks = desk.registry.hooks()
    if not hooks:
        output.say(f"project {desk.slug} has no webhooks")
        return
    rows = [
        [
            str(hook.id),
            hook.name,
            hook.url,
            _owner(hook, desk.key),
            desk.registry.outcome(hook).said,
        ]
        for hook in hooks
    ]
    for line in output.columns([["NUMBER", "NAME", "URL", "KEY", "LAST DELIVERY"], *rows]):
        output.say(line)


def _owner(hook: Hook, ours: str | None) -> str:
    return "kept here" if hook.key == ours else "not kept here"


def _remove(args: Namespace, desk: _Desk) -> None:
    desk.registry.remove(args.number)
    output.say(f"removed webhook {args.number} of project {desk.slug}")
    ours = desk.keys.load().get(desk.slug)
    if ours and all(hook.key != ours for hook in desk.registry.hooks()):
        desk.keys.forget(desk.slug)
        output.say("its key is forgotten")
