"""Which joined fields a template uses, and of which rows: of those that it is given, or below.

Pure. It says what is to be asked for before the template is rendered.
"""

from __future__ import annotations

from typing import NamedTuple

from taiga_notes.model.kinds import KINDS, joins_of

JOINED = frozenset(name for kind in KINDS for name in joins_of(kind))
"""The names of all fields that no list holds."""

NESTING = frozenset(name for kind in KINDS for name, join in joins_of(kind).items() if join.kind)
"""Those of them that are rows again."""

Level = tuple[str, ...]
"""Below which of `NESTING` rows stand, from the outermost on."""


class UsedField(NamedTuple):
    """A field that a template names.

    Attributes:
        rows: of which rows: `()` of those that are given, `("stories",)` of their stories; None
            where the text alone does not tell, so that it may be of any.
        name: of a `kinds.Join`.
        below: what only a project knows: the custom attribute, or the status of `days_in`; empty
            where it is not spelled out, or may be missing.
    """

    rows: Level | None
    name: str
    below: str = ""


FieldUse = frozenset[UsedField]
"""All that a template uses."""

NO_FIELDS: FieldUse = frozenset()
