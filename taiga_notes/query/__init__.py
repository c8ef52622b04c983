"""SilverBullet's query language over Taiga's lists; pure.

`evaluate` is all there is: from a text and a scope to an answer. See `engine` for how.
"""

from __future__ import annotations

from taiga_notes.query.engine import demand_preset, evaluate, reads_taiga
from taiga_notes.query.runtime.evaluation import Answer, QueryClock, Scope
from taiga_notes.query.runtime.values import Linked, Rendered

__all__ = [
    "Answer",
    "Linked",
    "QueryClock",
    "Rendered",
    "Scope",
    "demand_preset",
    "evaluate",
    "reads_taiga",
]
