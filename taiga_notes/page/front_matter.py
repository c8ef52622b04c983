"""Front matter: a page's own data, read here, and never written but by `page.property_edit`.

python-frontmatter reads it (and is imported only for a page that has some), where
`page.front_matter_span` says that it is; writing with it would sort the keys and lose the comments.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from posixpath import splitext
from typing import TYPE_CHECKING

from taiga_notes.errors import BlockError
from taiga_notes.model.item_mention import FRONT_MATTER_LENGTH
from taiga_notes.model.rows import several
from taiga_notes.page.front_matter_span import (
    OWN_KEY,
    FrontMatterSpan,
    Syntax,
    front_matter_span,
    is_own,
)
from taiga_notes.page.layout import LINE_END

if TYPE_CHECKING:
    from typing import TypeGuard

    from taiga_notes.model.rows import ProjectKey, Projects

MAX_VALUES = 10_000
"""How many values front matter may hold: YAML's aliases can stand for billions."""

_LEAVE_ALONE = "mend it, the page is left alone until then"

_OPT_OUTS, _OPT_INS = frozenset({"false", "no", "off"}), frozenset({"true", "yes", "on"})
"""Texts that a person means as false or true, whatever their version of YAML makes of them."""

PAGE_KEYS = ("project", "projects", "server", "template")

_FOREIGN_TABLES = ("extra", "params")
"""Where Zola and Hugo want what is not theirs."""


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What a page says of itself.

    Attributes:
        values: the front matter as plain data; dates are ISO text.
        project: `taiga: {project: …}` or `{projects: […]}`, whose rows bare sources list.
        server: `taiga: {server: …}`, whose lists need no name before them in the page's queries.
        template: `taiga: {template: …}`, for items of blocks that name none.
        managed: False for `taiga: false`: the page is not ours.
    """

    values: Mapping[str, object] = field(default_factory=dict)
    project: Projects = None
    template: str | None = None
    server: str = ""
    managed: bool = True

    @property
    def is_template(self) -> bool:
        """Whether SilverBullet takes the page for a template: it has a tag that says so."""
        tags = self.values.get("tags")
        named = tags.split() if isinstance(tags, str) else tags if isinstance(tags, list) else []
        return any(isinstance(tag, str) and _TEMPLATE_TAG.match(tag) for tag in named)


def read_front_matter(text: str, page: str) -> FrontMatter:
    """Reads the front matter at the top of a page's text.

    Args:
        text: the page, a BOM and any line ends included.
        page: its name, for messages.

    Raises:
        BlockError: it can't be read, is perhaps an opt-out, or `taiga:` is not of its form.
    """
    span = front_matter_span(text)
    if span is None:
        return FrontMatter()
    line = 1 + len(LINE_END.findall(text, 0, span.start))
    if span.doubt:
        raise BlockError(span.doubt, page=page, line=line, hint=_LEAVE_ALONE)
    if span.syntax is Syntax.OPT_OUT:
        return FrontMatter(managed=False)
    root = _parse(text, span, page, line)
    if not isinstance(root, dict) and _speaks(root, text, span):
        message = "the front matter is no table, so that its `taiga:` says nothing"
        hint = "write `taiga: false` with a blank, the page is left alone until then"
        raise BlockError(message, page=page, line=line, hint=hint)
    key = OWN_KEY.search(text, span.start, span.stop)
    line += len(LINE_END.findall(text, span.start, key.end())) if key else 0
    return _interpret(_plain_mapping(root, page), page, line)


def _speaks(root: object, text: str, span: FrontMatterSpan) -> bool:
    """Whether what is no table has our key nevertheless: at a line's beginning, or in a list."""
    if OWN_KEY.search(text, span.start, span.stop):
        return True
    tables = [each for each in root if isinstance(each, dict)] if isinstance(root, list) else []
    return any(is_own(key) for table in tables for key in table)


def page_data(path: str, values: Mapping[str, object]) -> dict[str, object]:
    """What queries and templates see as `page`: front matter, `name` and `path`."""
    return {**values, "name": splitext(path)[0], "path": path}


def is_template(text: str) -> bool:
    """Whether a page is the template of pages to be: Obsidian's, Templater's, a static site's.

    Told by its front matter, of which a value is to be filled in, or by the script that it begins
    with. Whether Obsidian or SilverBullet keep it as one is not looked at.
    """
    if _SCRIPT.match(text):
        return True
    span = front_matter_span(text)
    if span is None:
        return False
    stop = min(span.stop, span.start + FRONT_MATTER_LENGTH)  # longer front matter is refused
    command = text.find("<%", span.start, stop)
    if command >= 0 and text.find("%>", command + 2, stop) >= 0:
        return True
    return _TO_FILL_IN.search(text, span.start, stop) is not None


_TEMPLATE_TAG = re.compile(r"#?meta/(?:template|library)(?:/|,|\Z)")
_SCRIPT = re.compile(r"\ufeff?\s*+<%")
_TO_FILL_IN = re.compile(
    # what Obsidian's own templates, QuickAdd and Journals replace anywhere
    r"\{\{[ \t]*(?:date|time|title|name|value|yesterday|tomorrow)\b[^{}\r\n]*\}\}"
    # a whole value: Mustache, Jinja, Hugo's archetypes, SilverBullet's expressions; of bounded
    # length, since many may begin on one line
    r"|(?:[:=]|(?:^|(?<=\r))[ \t]*-)[ \t]+[\"']?"
    r"(?:\{\{[^\r\n]{0,500}\}\}|\$\{[^\r\n]{0,500}\})[\"']?[ \t]*(?:[\r\n]|\Z)"
    # a whole line, or a statement
    r"|(?:^|(?<=\r))[ \t]*(?:\{\{[^\r\n]*\}\}[ \t]*(?:[\r\n]|\Z)|\{%)",
    re.IGNORECASE | re.MULTILINE,
)


def _parse(text: str, span: FrontMatterSpan, page: str, line: int) -> object:
    """What the front matter holds; its text begins on that line."""
    from taiga_notes.page.front_matter_values import TooMuchError, UnreadableError, load  # noqa: PLC0415  (slow)

    matter = text[span.start : span.stop]
    if len(matter) > FRONT_MATTER_LENGTH:
        raise _too_much(f"is longer than {FRONT_MATTER_LENGTH // 1024} kB", page)
    try:
        return load(matter, span.syntax)
    except UnreadableError as error:
        message = f"the front matter is not valid {span.syntax.name}: {error}"
        raise BlockError(message, page=page, line=line + error.line, hint=_LEAVE_ALONE) from error
    except TooMuchError as error:
        raise _too_much(f"{error}", page) from error


def _too_much(message: str, page: str) -> BlockError:
    hint = "make it smaller, the page is left alone until then"
    return BlockError(f"the front matter {message}", page=page, hint=hint)


def _plain_mapping(values: object, page: str) -> dict[str, object]:
    budget = [MAX_VALUES]

    def plain(value: object) -> object:
        budget[0] -= 1
        if budget[0] < 0:
            raise BlockError(f"the front matter holds over {MAX_VALUES:,} values", page=page)
        if value is None or isinstance(value, (bool, int, float, str)):
            return value
        if isinstance(value, (dt.datetime, dt.date, dt.time)):
            return value.isoformat()
        if isinstance(value, Mapping):
            return {str(key): plain(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [plain(item) for item in value]
        return str(value)

    try:
        mapping = plain(values)
    except RecursionError as error:
        raise BlockError("the front matter holds itself", page=page) from error
    return mapping if isinstance(mapping, dict) else {}


def _interpret(values: dict[str, object], page: str, line: int) -> FrontMatter:
    """What front matter says, given the line of its `taiga`."""
    tables = (values, *(values.get(key) for key in _FOREIGN_TABLES))
    own = [
        value
        for table in tables
        if isinstance(table, dict)
        for key, value in table.items()
        if is_own(key)
    ]
    if len(own) > 1:
        raise _wrong("it has `taiga` twice", page, line)
    match own[0].casefold() if own and isinstance(own[0], str) else own[0] if own else None:
        case None | True:
            return FrontMatter(values)
        case False:
            return FrontMatter(values, managed=False)
        case str() as word if word in _OPT_OUTS | _OPT_INS:
            return FrontMatter(values, managed=word in _OPT_INS)
        case dict() as settings:
            return _with_defaults(values, settings, page, line)
        case _:
            raise _wrong("`taiga:` is neither false nor a table of settings", page, line)


def _with_defaults(
    values: dict[str, object], own: dict[str, object], page: str, line: int
) -> FrontMatter:
    if unknown := [key for key in own if key not in PAGE_KEYS]:
        raise _wrong(f"`taiga: {unknown[0]}` is not a setting of a page", page, line)
    project, template = own.get("project"), own.get("template")
    if project is not None and not _is_key(project):
        raise _wrong("`taiga: project` is neither a slug nor a number", page, line)
    if "projects" in own:
        if project is not None:
            raise _wrong("it has both `taiga: project` and `taiga: projects`", page, line)
        project = _several(own["projects"], page, line)
    if not isinstance(template, (str, type(None))):
        raise _wrong("`taiga: template` is not the name of a template", page, line)
    server = own.get("server", "")
    if not isinstance(server, str) or (not server and "server" in own):
        raise _wrong("`taiga: server` is not the name of a server", page, line)
    return FrontMatter(values, project, template, server)


def _is_key(value: object) -> TypeGuard[ProjectKey]:
    return isinstance(value, (str, int)) and value != "" and not isinstance(value, bool)


def _several(value: object, page: str, line: int) -> Projects:
    keys = value if isinstance(value, list) else []
    if not keys or not all(map(_is_key, keys)):
        raise _wrong("`taiga: projects` is no list of slugs, such as [acme, beta]", page, line)
    return several(keys)


def _wrong(message: str, page: str, line: int) -> BlockError:
    known = [*(f"taiga: {{{key}: …}}" for key in PAGE_KEYS), "taiga: false"]
    hint = f"known are: {', '.join(known)}"
    return BlockError(f"front matter: {message}", page=page, line=line, hint=hint)
