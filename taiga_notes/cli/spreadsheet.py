"""Rows as CSV (RFC 4180) that spreadsheets open as what it says, and run nothing of."""

from __future__ import annotations

import csv
import re
from io import StringIO
from typing import TYPE_CHECKING, Final

from taiga_notes.markdown.tables import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# What a cell begins with that a spreadsheet computes (OWASP, "CSV Injection"), as do the full-width
# forms; and the same behind what some take for the end of a cell, quoted or not.
_FORMULA: Final = re.compile(r"(?:\A|(?<=[;\t\r\n]))(?=\s*[=+@＝＋－＠-])")


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """The rows as CSV: each on a line that ends with CR and LF, quoted where needed.

    Args:
        rows: the heading first, then values as queries give them.
    """
    written = StringIO()
    csv.writer(written, lineterminator="\r\n").writerows(map(_cell, row) for row in rows)
    return written.getvalue()


def _cell(value: object) -> str:
    """Numbers as they are; text, also within lists and records, with `'` before a formula."""
    if isinstance(value, (int, float)):
        return text_of(value)
    return _FORMULA.sub("'", text_of(value))
