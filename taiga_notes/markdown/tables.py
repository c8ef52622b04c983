"""Values and rows as a reader wants to see them: text, a line of a list, a row of a table.

Pure. Takes what queries give: None, booleans, numbers, strings, lists, records, Taiga's items and
the `{key, group}` rows of `group by`.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

from taiga_notes.markdown.places import linked, one_cell
from taiga_notes.markdown.text import JOINER, Markdown, mark, mark_label, normal, settle
from taiga_notes.model.kinds import KINDS
from taiga_notes.query.runtime.values import Rendered

FINISHED: Final = (Markdown, Rendered)
"""The strings that are Markdown already, a template's or a filter's."""

_LARGEST_TABLE: Final = 20_000_000  # characters: 10,000 rows of Taiga's longest subjects
_NAMES: Final = ("subject", "name", "slug", "key")  # the fields by which a row is called
_LARGEST_WHOLE: Final = 1e15  # above, a float's digits are not all its own


def text_of(value: object) -> str:
    """A value as text: nothing for None, `true`, `3` for 3.0, a list's values with commas between.

    Records, and lists that hold any, are JSON.
    """
    match value:
        case None:
            return ""
        case str():
            return str(value)
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer() and abs(value) < _LARGEST_WHOLE:
            return str(int(value))
        case int() | float():
            return str(value)
        case list() | tuple():
            if any(isinstance(one, (list, tuple, Mapping)) for one in value):
                return _json(value)
            return ", ".join(normal(text_of(one)) for one in value)
        case Mapping():
            return _json(value)
    str(value)  # what a template has in the place of a missing field says so itself
    raise TypeError(f"a {type(value).__name__} is no text")


def markdown_of(value: object) -> str:
    """A value as Markdown with its EDGEs; finished Markdown and links of rows in a list as well."""
    if isinstance(value, list) and any(isinstance(one, FINISHED) or is_item(one) for one in value):
        return ", ".join(map(markdown_of, value))
    if is_item(value):
        return item(value)
    return value if isinstance(value, FINISHED) else mark(text_of(value))


def is_item(value: object) -> bool:
    """Whether a value is one of Taiga's items as a whole: within others it shows as its link."""
    return isinstance(value, Mapping) and {"id", "url", "kind"} <= value.keys()


def name_of(row: object) -> str:
    """What a reader calls a row: `#12 Sign-up form`, a sprint's name, a wiki page's slug."""
    if not isinstance(row, Mapping):
        return text_of(row)
    if row.get("subject") is not None:
        ref = row.get("ref")
        number = "" if ref is None else f"#{normal(text_of(ref))} "
        return number + normal(text_of(row["subject"]))
    for field in _NAMES[1:]:
        if row.get(field) is not None:
            return text_of(row[field])
    return text_of(dict(row))


def item(row: object) -> Markdown:
    """A row as one line: a link to what has an address, a record as `name: value, …`."""
    if not isinstance(row, dict | Mapping):
        return Markdown(markdown_of(row))
    url = row.get("url")
    if isinstance(url, str):
        return linked(_label(row), url)
    if any(row.get(field) is not None for field in _NAMES):
        return Markdown(mark(name_of(row)))
    return Markdown(", ".join(f"{mark(str(name))}: {markdown_of(row[name])}" for name in row))


def _label(row: Mapping[str, object]) -> str:
    """`name_of` as a link's text; a reference's `#` is our own.

    It needs a backslash where no blank follows: SilverBullet takes `[#12](…)` for a tag.
    """
    subject, ref = row.get("subject"), row.get("ref")
    if subject is None or not isinstance(ref, int):
        return mark_label(name_of(row))
    name = mark_label(subject if isinstance(subject, str) else text_of(subject))
    return f"#{ref} {name}" if name else f"\\#{ref}"


def table(rows: Sequence[object], fields: Sequence[str] = ()) -> Markdown:
    """Rows as a table, its columns aligned as Prettier and mdformat do; empty without rows.

    Args:
        rows: items of a kind get the columns that suit it, records a column for each of their
            fields, anything else a column of values.
        fields: the columns to show instead, each a field or a path such as `owner.username`.

    Raises:
        ValueError: it would be too large, since each row is as wide as the widest cells.
    """
    if not rows:
        return Markdown()
    lines = _linked(rows) if not fields and _kind(rows) else _plain(rows, fields)
    cells = [[settle(one_cell(cell)) for cell in line] for line in lines]
    widths = [max(3, *map(width_of, column)) for column in zip(*cells, strict=True)]
    if sum(widths) * len(cells) > _LARGEST_TABLE:
        raise ValueError(f"the table grows beyond {_LARGEST_TABLE:,} characters")
    rule = ["-" * width for width in widths]
    return Markdown("\n".join(_row(line, widths) for line in (cells[0], rule, *cells[1:])))


def _linked(rows: Sequence[object]) -> list[list[str]]:
    """Heading and cells for items of one kind."""
    columns = KINDS[_kind(rows)].columns
    (_, first), *others = columns
    lines = [[heading for heading, _ in columns]]
    for row in rows:
        assert isinstance(row, Mapping)  # noqa: S101 - `_kind` says so
        value = row.get(first)
        # A reference without `#`: SilverBullet takes `[#12](…)` for a tag.
        label = str(value) if value.__class__ is int else mark_label(text_of(value))
        cells = [markdown_of(_at(row, field)) for _, field in others]
        lines.append([linked(label or "–", text_of(row.get("url"))), *cells])
    return lines


def _plain(rows: Sequence[object], fields: Sequence[str]) -> list[list[str]]:
    """Heading and cells for records and values."""
    names = fields or list(
        dict.fromkeys(str(key) for row in rows if isinstance(row, Mapping) for key in row)
    )
    if not names:
        return [["Value"], *([markdown_of(row)] for row in rows)]
    cells = [[markdown_of(_at(row, name)) for name in names] for row in rows]
    return [[mark(name) for name in names], *cells]


def _kind(rows: Sequence[object]) -> str:
    """The kind of Taiga's items that all rows are of; empty for anything else."""
    kinds = {
        str(row.get("kind")) if isinstance(row, Mapping) and {"id", "url"} <= row.keys() else ""
        for row in rows
    }
    kind = kinds.pop()
    return kind if not kinds and kind in KINDS else ""


def _at(row: object, path: str) -> object:
    """The value at a field's name or dotted path; a group's rows as their number."""
    if isinstance(row, Mapping) and path in row:
        value = row[path]
    else:
        value = row
        for name in path.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
    many = isinstance(value, list) and any(isinstance(one, Mapping) for one in value)
    return len(value) if many and isinstance(value, list) else value


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (
        cell + " " * (width - width_of(cell)) for cell, width in zip(cells, widths, strict=True)
    )
    return f"| {' | '.join(padded)} |"


def cut(text: str, width: int) -> str:
    """As much of a text as is so wide, with `…` for what is left out."""
    if width_of(text) <= width:
        return text
    while width_of(text) >= width:
        text = text[: len(text) - max(1, (width_of(text) - width) // 2)]
    return f"{text}…"


def width_of(text: str) -> int:
    """Columns on a terminal: two for East Asian wide characters, none for marks and joiners."""
    text = text.replace(JOINER, "")
    if text.isascii():
        return len(text)
    return sum(
        0
        if unicodedata.category(char) in {"Mn", "Me", "Cf"}
        else 2
        if unicodedata.east_asian_width(char) in "WF"
        else 1
        for char in text
    )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
