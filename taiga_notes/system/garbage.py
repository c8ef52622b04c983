"""Python's garbage collector, where it would only cost time."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def collection_paused() -> Iterator[None]:
    """No garbage collection for a while: it would walk over every object just made, in vain."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        # Pauses stand within one another, and others may have turned it off for good.
        if enabled:
            gc.enable()
