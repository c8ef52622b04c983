"""Front matter: a page's own data, read and never written.

python-frontmatter reads it (and is imported only for a page that has some); writing with it would
sort the keys and lose the comments.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from taiga_notes.errors import BlockError

MAX_VALUES = 10_000
"""How many values front matter may hold: YAML's aliases can stand for billions."""

MAX_LENGTH = 64 * 1024
"""Of front matter in characters: its parser takes 3 s for each MB."""

MAX_DEPTH = 100
"""How deep its values may be nested: the parser, in C, ends the whole process far below."""

MAX_MERGED = 10
"""How many aliases it may hold where it merges (`<<`): each merge of merges multiplies."""

_HARMLESS = 2_000
"""Characters that can't be nested deep enough to do harm."""

_BOUNDARY = re.compile(r"^-{3,}\s*$", re.MULTILINE)
"""What python-frontmatter takes for the front matter's ends."""

OPENERS = ("---\n", "---\r\n", "\ufeff---\n", "\ufeff---\r\n")
PAGE_KEYS = ("project", "template")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What a page says of itself.

    Attributes:
        values: the front matter as plain data; dates are ISO text.
        project: `taiga: {project: …}`, the project of the page's bare sources.
        template: `taiga: {template: …}`, for items of blocks that name none.
        managed: False for `taiga: false`: the page is not ours.
    """

    values: Mapping[str, object] = field(default_factory=dict)
    project: str | int | None = None
    template: str | None = None
    managed: bool = True


def read_front_matter(text: str, page: str) -> FrontMatter:
    """Reads the front matter at the top of a page's text.

    Args:
        text: the page, a BOM and any line ends included.
        page: its name, for messages.

    Raises:
        BlockError: it is not YAML, or `taiga:` is not of its form.
    """
    if not text.startswith(OPENERS):
        return FrontMatter()
    values = _plain_mapping(_parse(text, page), page)
    return _interpret(values, page)


def _parse(text: str, page: str) -> object:
    import frontmatter  # noqa: PLC0415  (36 ms, for pages with front matter only)
    import yaml  # noqa: PLC0415

    try:
        _check_size(text, page)
        return frontmatter.parse(text.removeprefix("\ufeff"))[0]
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "it can't be read"
        raise BlockError(
            f"the front matter is not valid YAML: {problem}",
            page=page,
            # The mark counts from 0, and python-frontmatter keeps the opening `---`'s line end.
            line=mark.line + 1 if mark else 1,
            hint="mend it, the page is left alone until then",
        ) from error


def _check_size(text: str, page: str) -> None:
    """Checks that the front matter can be parsed without harm.

    Raises:
        BlockError: it is too long, too deep, or stands for too much.
        yaml.YAMLError: it is no YAML.
    """
    start = text.index("\n")
    end = _BOUNDARY.search(text, start)
    length = end.start() - start if end else 0
    if length > MAX_LENGTH:
        raise _too_much(f"is longer than {MAX_LENGTH // 1024} kB", page)
    matter = text[start : start + length]
    if length > _HARMLESS or "<<" in matter:
        _check_events(matter, page)


def _check_events(matter: str, page: str) -> None:
    import yaml  # noqa: PLC0415

    try:
        _count_events(matter, page, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError:
        # The parser in C looks ahead, and gives up at a depth of its own: ask the other for ours.
        _count_events(matter, page, yaml.SafeLoader)
        raise


def _count_events(matter: str, page: str, loader: type) -> None:
    import yaml  # noqa: PLC0415

    depth = aliases = 0
    merges = "<<" in matter
    for event in yaml.parse(matter, Loader=loader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        aliases += isinstance(event, yaml.AliasEvent)
        if depth > MAX_DEPTH:
            raise _too_much("is nested too deeply", page)
        if merges and aliases > MAX_MERGED:
            raise _too_much("merges too much", page)


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
        if isinstance(value, (list, tuple, set, frozenset)):
            return [plain(item) for item in value]
        return str(value)

    try:
        mapping = plain(values)
    except RecursionError as error:
        raise BlockError("the front matter holds itself", page=page) from error
    return mapping if isinstance(mapping, dict) else {}


def _interpret(values: dict[str, object], page: str) -> FrontMatter:
    match values.get("taiga"):
        case None | True:
            return FrontMatter(values)
        case False:
            return FrontMatter(values, managed=False)
        case dict() as own:
            return _with_defaults(values, own, page)
        case _:
            raise _wrong("`taiga:` is neither false nor a table of settings", page)


def _with_defaults(values: dict[str, object], own: dict[str, object], page: str) -> FrontMatter:
    if unknown := [key for key in own if key not in PAGE_KEYS]:
        raise _wrong(f"`taiga: {unknown[0]}` is not a setting of a page", page)
    project, template = own.get("project"), own.get("template")
    if isinstance(project, bool) or not isinstance(project, (str, int, type(None))):
        raise _wrong("`taiga: project` is neither a slug nor a number", page)
    if not isinstance(template, (str, type(None))):
        raise _wrong("`taiga: template` is not the name of a template", page)
    return FrontMatter(values, project, template)


def _wrong(message: str, page: str) -> BlockError:
    hint = "known are: " + ", ".join(f"taiga: {{{key}: …}}" for key in PAGE_KEYS)
    return BlockError(f"front matter: {message}", page=page, hint=f"{hint}, taiga: false")
