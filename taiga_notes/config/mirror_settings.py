"""`[[mirror]]` of a vault's settings: which items get a page each, where, and with which keys."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from taiga_notes.config import toml_reader
from taiga_notes.config.toml_reader import ExpectedError, TomlTable
from taiga_notes.model.item_key import STATE_KEY
from taiga_notes.model.item_mention import ITEM_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NAME = "{{ row.ref }} {{ row.subject }}"
"""How pages are called where the mirror does not say."""

TEMPLATE = "story"
"""The template of their blocks."""

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,59}")
_ACTING = frozenset(
    (
        *("taiga", ITEM_KEY, STATE_KEY, "extra", "params"),
        *("alias", "aliases", "cssclass", "cssclasses", "tag", "tags", "publish", "permalink"),
        *("command", "hooks", "displayname", "pagedecoration", "frontmatter", "template"),
        *("kanban-plugin", "excalidraw-plugin", "dg-publish", "layout", "draft", "slug", "url"),
    )
)
"""Keys by which programs do something: no value of a stranger's stands there."""


@dataclass(frozen=True, slots=True)
class Mirror:
    """One `[[mirror]]`.

    Attributes:
        line: of the settings, on which it begins.
        query: gives the items.
        folder: the name of the folder in which new pages are made.
        name: a template of a page's name, which knows the item as `row`.
        template: of the block in each page.
        keys: of front matter, and by which expression of the query language each gets its value;
            None for those that fit the items' kind.
    """

    line: int
    query: str
    folder: str
    name: str = NAME
    template: str = TEMPLATE
    keys: Mapping[str, str] | None = None


def mirrors(found: TomlTable) -> tuple[Mirror, ...]:
    """The mirrors of a vault's settings.

    Args:
        found: the settings.

    Raises:
        ConfigError: one is wrong.
    """
    lines = [
        number
        for number, line in enumerate(found.text.splitlines(), start=1)
        if re.match(r"\s*\[\[\s*mirror\s*\]\]", line)
    ]
    tables = found.take("mirror", _tables, ())
    placed = [*lines, *[1] * len(tables)]
    return tuple(
        _mirror(TomlTable(table, found.file, found.text, "mirror.", begin=line), line)
        for table, line in zip(tables, placed, strict=False)
    )


def _tables(value: object) -> Sequence[Mapping[str, object]]:
    match value:
        case list() if all(isinstance(each, dict) for each in value):
            return value
        case _:
            raise ExpectedError("a table of its own, below [[mirror]]")


def _mirror(found: TomlTable, line: int) -> Mirror:
    for key in ("query", "folder"):
        if key not in found.values:
            such = 'such as query = "from userstories", folder = "stories"'
            raise found.wrong("", f"the mirror has no `{key}`", such)
    mirror = Mirror(
        line,
        query=found.take("query", _query, ""),
        folder=found.take("folder", _folder, ""),
        name=found.take("name", toml_reader.text, NAME),
        template=found.take("template", _template, TEMPLATE),
        keys=found.take("keys", _keys, None),
    )
    found.finish({})
    return mirror


def _query(value: object) -> str:
    match value:
        case str() if value.strip():
            return value
        case _:
            raise ExpectedError("a query in quotes")


def _template(value: object) -> str:
    name = toml_reader.text(value)
    if re.fullmatch(r"\w[\w .-]*", name):
        return name
    raise ExpectedError('the name of a template such as "story"')


def _folder(value: object) -> str:
    """A folder in the vault by its name; whether it may have pages is for the vault to say."""
    name = toml_reader.text(value).rstrip("/")
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or "\\" in name or ":" in name:
        raise ExpectedError('a folder inside the vault such as "stories"')
    if any(part.startswith(".") or part != part.strip() for part in parts):
        raise ExpectedError("a folder inside the vault, and not a hidden one")
    return "/".join(parts)


def _keys(value: object) -> Mapping[str, str]:
    keys = toml_reader.text_table(value)
    for key in keys:
        shown = repr(key[:40])
        if not _KEY.fullmatch(key):
            form = "a letter and then letters, digits, _ or -"
            raise ExpectedError(f"a table of keys that are {form}, unlike {shown}")
        if key.lower() in _ACTING:
            raise ExpectedError(f"a table of keys that no program acts upon, unlike {shown}")
    return keys
