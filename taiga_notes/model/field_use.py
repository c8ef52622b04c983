"""Which joined fields a template uses, and of which rows: of those that it is given, or below.

Pure. It says what is to be asked for before the template is rendered.
"""

from __future__ import annotations

from typing import NamedTuple


class UsedField(NamedTuple):
    """A field that a template names.

    Attributes:
        rows: of which rows: `()` of those that are given, `("stories",)` of their stories; None
            where the text alone does not tell, so that it may be of any.
        name: of a `kinds.Join`.
    """

    rows: tuple[str, ...] | None
    name: str


FieldUse = frozenset[UsedField]
"""All that a template uses."""

NO_FIELDS: FieldUse = frozenset()
