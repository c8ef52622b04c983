"""What a token looks like, and which way it may travel."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from taiga_notes.errors import ConfigError

if TYPE_CHECKING:
    from taiga_notes.config.settings import UserConfig

TOKEN = re.compile(r"[!-~]+")
"""What a token consists of; anything else would break the header that it stands in."""

# Names below `localhost` never leave the machine either (RFC 6761).
_LOOPBACK = re.compile(
    r"http://(localhost|[\w.-]+\.localhost|127(\.[0-9]+){3}|\[::1\])(:[0-9]+)?(/.*)?"
)


def demand_encryption(user: UserConfig) -> None:
    """Check that nobody on the way to the API can read what we send.

    Raises:
        ConfigError: it is plain http, to another machine, and the user has not allowed it.
    """
    if user.api.startswith("https://") or user.allow_http or _LOOPBACK.fullmatch(user.api):
        return
    raise ConfigError(
        f"password and tokens would go to {user.api} unencrypted",
        hint=f"use https; if you trust the network, `login --allow-http`, or set "
        f"`allow_http = true` in {user.file}",
    )
