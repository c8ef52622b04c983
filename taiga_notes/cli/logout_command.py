"""Forget all tokens, on this machine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from taiga_notes.cli import opening, output
from taiga_notes.config.user_file import load_user
from taiga_notes.system.paths import user_folders
from taiga_notes.taiga.auth.token_store import log_out

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    opening.add_server_argument(parser)


def run(args: Namespace) -> int:
    """Removes the tokens of every account, or of those at one server, from files and the keyring.

    Raises:
        ConfigError: there is no such server.
    """
    # Without a server whatever the configuration says, be it wrong.
    user = load_user(os.environ, args.server) if args.server else None
    whose = (user.api, user.username) if user else ()
    forgotten = log_out(user_folders(os.environ).state, *whose)
    for account in forgotten:
        output.say(f"logged out: {account}")
    if not forgotten:
        output.say("nobody is logged in")
    return 0
