"""Forget all tokens, on this machine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from taiga_notes.cli import output
from taiga_notes.system.paths import user_folders
from taiga_notes.taiga.auth.token_store import log_out

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(_parser: ArgumentParser) -> None:
    """It takes none."""


def run(_args: Namespace) -> int:
    """Removes the tokens of every account, from files and the keyring."""
    forgotten = log_out(user_folders(os.environ).state)
    for account in forgotten:
        output.say(f"logged out: {account}")
    if not forgotten:
        output.say("nobody is logged in")
    return 0
