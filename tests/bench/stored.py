"""The store, filled from canned answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taiga_notes.model.rows import Listing
from taiga_notes.taiga.auth.credentials import Anonymous
from taiga_notes.taiga.http.client import Client
from taiga_notes.taiga.source import Taiga
from taiga_notes.taiga.sync.sync_session import SyncPolicy
from tests.bench.canned import API
from tests.bench.data import WEB

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bench.canned import Canned

STORIES = Listing("userstories", "acme", (("status__is_archived", "false"),))
"""What a bare `userstories` lists."""


def opened(canned: Canned, file: Path | None, *, offline: bool = False) -> Taiga:
    """A source over the store in `file`; None keeps it in memory."""
    return Taiga(
        lambda: Client(API, Anonymous(), transport=canned.transport()),
        file=file,
        policy=SyncPolicy(WEB, is_anonymous=True, is_offline=offline),
    )
