"""The names that mean something everywhere in a query, whatever the rows hold."""

from __future__ import annotations

from taiga_notes.model.kinds import SOURCES
from taiga_notes.query.runtime.aggregates import AGGREGATES
from taiga_notes.query.runtime.functions import FUNCTIONS, NAMESPACES

VALUES = (*SOURCES, "me", "page", "presets", "templates", *NAMESPACES)
"""The names that stand for something."""

CALLABLE = (
    *("getTaigaTasks", *FUNCTIONS, *AGGREGATES),
    *(f"{space}.{name}" for space, names in NAMESPACES.items() for name in names),
)
"""What can be called, as it is written."""

GLOBALS = frozenset({*VALUES, *CALLABLE, "key", "group"})
"""All of them, and what groups have."""
