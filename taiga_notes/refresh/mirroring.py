"""Mirrors: a page for each item that a query gives, in whose front matter some keys are kept true.

`planned` evaluates the queries of a vault's mirrors, and says for each item which keys its page is
to have, and how a new page begins. No file: which items have pages, and under which names new ones
are made, is for `refresh.refresh`.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from taiga_notes.config.mirror_settings import Mirror
from taiga_notes.errors import BlockError, QueryError, RenderError, TaigaNotesError
from taiga_notes.markdown.places import settled_link
from taiga_notes.markdown.property_text import inert_property, is_address
from taiga_notes.markdown.text import inert
from taiga_notes.model.item_key import (
    CURRENT,
    GONE,
    STATE_KEY,
    USUAL_KEYS,
    ItemKey,
    is_slug,
    item_key,
)
from taiga_notes.model.item_mention import ITEM_KEY
from taiga_notes.model.kinds import KINDS
from taiga_notes.model.rows import Listing
from taiga_notes.page.block_finder import find_blocks
from taiga_notes.page.property_edit import front_matter_of
from taiga_notes.query import QueryClock, Scope, evaluate
from taiga_notes.query.engine import parsed
from taiga_notes.query.syntax.lexer import is_name, string_literal
from taiga_notes.refresh.dependencies import Dependencies, DependencyTracker

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence

    from taiga_notes.model.kinds import Kind
    from taiga_notes.page.commonmark import Dialect
    from taiga_notes.page.front_matter import FrontMatter
    from taiga_notes.page.property_edit import Property
    from taiga_notes.query import Answer
    from taiga_notes.refresh.compose import RenderContext
    from taiga_notes.render import Templates

PAGE: Final = "taiga-notes.toml"
"""Where mirrors stand, and their mistakes."""

_ADDED_TO_CARDS: Final = frozenset({"status_name", "assignees", "sprint", "tag_names"})
_LONGEST: Final = 2_000
_ARCHIVED: Final = ("status__is_archived", "true")
_OF_ARCHIVED: Final = ["=".join(_ARCHIVED)]


@dataclass(frozen=True, slots=True)
class ItemPage:
    """What the page of an item is to be.

    Attributes:
        key: the item.
        mirror: that gives it.
        row: the item as rows have it.
        properties: of front matter, all that the mirror owns.
        block: the opener of the block in a new page.
    """

    key: ItemKey
    mirror: Mirror
    row: Mapping[str, object]
    properties: Mapping[str, Property]
    block: str

    @property
    def text(self) -> str:
        """A new page, whose block is not filled yet."""
        return f"{front_matter_of(self.properties)}\n{self.block}\n<!-- /taiga -->\n"

    @property
    def alone(self) -> ItemPage:
        """The same of no mirror: it has no state that would say whether one lists it."""
        kept = {key: value for key, value in self.properties.items() if key != STATE_KEY}
        return replace(self, properties=kept)

    @property
    def marks(self) -> tuple[str, ...]:
        """What tells the item from others in a page's name, the shortest first."""
        ref = self.row.get("ref")
        own = () if ref is None else (str(ref), f"{self.key.project} {ref}")
        return (*own, f"{self.key.project} {self.key.kind} {self.key.id}")


@dataclass(frozen=True, slots=True)
class MirrorPlan:
    """What the mirrors of a vault give.

    Attributes:
        pages: by `ItemKey.known_by`, in the queries' order.
        problems: of mirrors that give nothing therefore: line of the settings, and why.
        dependencies: what the queries looked at.
    """

    pages: Mapping[tuple[str, str, int], ItemPage]
    problems: tuple[tuple[int, TaigaNotesError], ...] = ()
    dependencies: Dependencies = field(default_factory=Dependencies)

    @property
    def is_whole(self) -> bool:
        """Whether every mirror could be asked: else it is not known what is gone."""
        return not self.problems


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the front matter of a page that names an item is to have.

    Attributes:
        properties: those keys; none where nobody has a say.
        dependencies: what was looked at for them.
        lasts: whether that is so as long as these are the same.
    """

    properties: Mapping[str, Property] = field(default_factory=dict)
    dependencies: Dependencies = field(default_factory=Dependencies)
    lasts: bool = True


def wanted_in(held: FrontMatter, plan: MirrorPlan | None, context: RenderContext) -> Wanted:
    """What front matter that names an item is to have.

    Of an item that no mirror has listed, the `USUAL_KEYS` that are there are kept true: so are the
    pages of `taiga-notes new`, and a key that somebody took out stays out.

    Args:
        held: what it has.
        plan: what the vault's mirrors give; None where it has none.
        context: what the page is rendered with.
    """
    key = item_key(held.values.get(ITEM_KEY))
    if key is None or not held.managed:
        return Wanted()
    if plan is not None:
        page = plan.pages.get(key.known_by)
        lasts = plan.is_whole and not plan.dependencies.moment
        if page is not None:
            return Wanted(page.properties, plan.dependencies, lasts)
        if STATE_KEY in held.values:
            gone = plan.is_whole and held.values[STATE_KEY] == CURRENT
            return Wanted({STATE_KEY: GONE} if gone else {}, plan.dependencies, lasts)
    if STATE_KEY in held.values or not is_slug(key.project):
        return Wanted()
    own = planned([Mirror(1, _listed(key), "")], context)
    found = own.pages.get(key.known_by)
    kept = (
        {name: value for name, value in found.properties.items() if name in held.values}
        if found
        else {}
    )
    noted = Dependencies()
    for each in filter(None, (plan, own)):
        noted.add(each.dependencies)
    return Wanted(kept, noted, own.is_whole and (plan is None or plan.is_whole))


def moved_along(
    text: str, held: FrontMatter, wanted: Mapping[str, Property], page: str, dialect: Dialect
) -> str:
    """A page whose blocks list its item by the project in which it is now.

    Only openers that list this one item as `ItemPage.block` writes them are another: without that
    they would list nothing once the item is in another project, or its project has another name.

    Args:
        text: the page.
        held: what its front matter has.
        wanted: see `Wanted.properties`.
        page: its name.
        dialect: see `find_blocks`.

    Raises:
        BlockError: its blocks are not in order.
    """
    old, new = item_key(held.values.get(ITEM_KEY)), item_key(wanted.get(ITEM_KEY))
    if old is None or new is None or old.project == new.project:
        return text
    listed = {f"{_listed(old, more)} ": f"{_listed(new, more)} " for more in ([], _OF_ARCHIVED)}
    # From the end, so that no edit moves the place of the next.
    for block in reversed(find_blocks(text, page=page, dialect=dialect)):
        opener = text[block.opens : block.start]
        for before, behind in listed.items() if not block.state else ():
            if block.text.startswith(before):
                opener = opener.replace(before, behind, 1)
        text = text[: block.opens] + opener + text[block.start :]
    return text


def planned(mirrors: Sequence[Mirror], context: RenderContext) -> MirrorPlan:
    """What mirrors give; of an item that several give, the first one has the say."""
    pages: dict[tuple[str, str, int], ItemPage] = {}
    problems: list[tuple[int, TaigaNotesError]] = []
    noted = Dependencies()
    for mirror in mirrors:
        clock = QueryClock(context.now, context.dates)
        tracker = DependencyTracker(context.source, {}, clock, context.refusals)
        try:
            with context.allowance.spending(float):
                found = [*_item_pages(mirror, tracker, context)]
        except TaigaNotesError as error:
            problems.append((mirror.line, _placed(error, mirror)))
        else:
            for page in found:
                pages.setdefault(page.key.known_by, page)
        finally:
            noted.add(tracker.noted())
    return MirrorPlan(pages, tuple(problems), noted)


def called(mirror: Mirror, rows: Sequence[Mapping[str, object]], templates: Templates) -> str:
    """How a mirror calls the pages of items, one a line.

    Raises:
        RenderError: its `name` fails; with the place in it.
    """
    try:
        return templates.render_each(mirror.name, rows)
    except RenderError as error:
        if error.template == "each":
            error.template = "name"
        raise


def too_many(count: int, most: int) -> BlockError:
    """What is told of more new pages than a run makes."""
    return BlockError(
        f"the mirrors would make {count:,} new pages, and a run makes {most:,} at most",
        page=PAGE,
        hint=f"narrow the queries, or say `taiga-notes mirror --max {count}`",
    )


def _placed(error: TaigaNotesError, mirror: Mirror) -> TaigaNotesError:
    if isinstance(error, QueryError):
        error.page, error.line = PAGE, mirror.line
    return error


def _item_pages(
    mirror: Mirror, tracker: DependencyTracker, context: RenderContext
) -> Iterator[ItemPage]:
    """The pages of a mirror's items.

    Raises:
        BlockError: its query is wrong, gives no items, or a key has no plain value.
        SourceError: there are no rows.
    """
    answer = evaluate(mirror.query, _scope(tracker, context))
    if answer.value in (None, []):
        return
    if not answer.kind or not isinstance(answer.value, list) or _shows(answer, mirror.query):
        raise BlockError(
            "a mirror's query gives Taiga's items, and nothing else",
            page=PAGE,
            line=mirror.line,
            hint="leave `select`, `group by`, `template` and the like away",
        )
    keys = _usual(KINDS[answer.kind]) if mirror.keys is None else mirror.keys
    values = _values(answer, keys, context.presets)
    for row in answer.value:
        own = {key: values[row["id"]][key] for key in keys}
        yield _item_page(mirror, answer.kind, row, own, tracker)


def _shows(answer: Answer, query: str) -> bool:
    """Whether a query says what only a block does: how it is shown, pushed, or stays."""
    said = parsed(query)
    shown = answer.template or answer.each or answer.empty is not None
    return bool(shown or answer.push or said.once or said.until)


def _usual(kind: Kind) -> Mapping[str, str]:
    is_card = "ref" in kind.fields
    return {
        key: name
        for key, name in USUAL_KEYS.items()
        if name in kind.fields or name == "url" or (is_card and name in _ADDED_TO_CARDS)
    }


def _values(
    answer: Answer, keys: Mapping[str, str], presets: Container[str]
) -> Mapping[object, Mapping[str, object]]:
    """The values of each item's keys by its number, by a query around what the mirror's gave."""
    preset = "mirrored"
    while preset in presets:
        preset += "_"
    # With the number: of records that are the same, the language gives the first one only.
    fields = ", ".join(["['#'] = id", *(f"['{key}'] = {text}" for key, text in keys.items())])
    found: Any = answer.around(f"from presets.{preset} select {{{fields}}}", preset)
    return {record["#"]: record for record in found}


def _scope(tracker: DependencyTracker, context: RenderContext) -> Scope:
    return Scope(
        source=tracker,
        clock=tracker.clock,
        project=context.project,
        presets=context.presets,
        cpu_time=time.thread_time,
        inert=inert,
        link=settled_link,
    )


def _item_page(
    mirror: Mirror,
    kind: str,
    row: Mapping[str, object],
    values: Mapping[str, object],
    tracker: DependencyTracker,
) -> ItemPage:
    number, project = row.get("id"), row.get("project")
    if not isinstance(number, int) or not is_slug(project):
        raise BlockError(
            "a mirror's items have a number and a project, and one of these has not",
            page=PAGE,
            line=mirror.line,
        )
    key = ItemKey(_server(tracker, kind), kind, number, str(project))
    url = row.get("url")
    properties: dict[str, Property] = {ITEM_KEY: str(key), STATE_KEY: CURRENT}
    for name, value in values.items():
        properties[name] = _property(name, value, url, mirror)
    return ItemPage(key, mirror, row, properties, _block(key, mirror, _filters(tracker, kind)))


def _server(tracker: DependencyTracker, kind: str) -> str:
    """At which server a mirror's items are: that of the lists of their kind that it asked for."""
    return next((each.server for each in _listings(tracker, kind)), "")


def _listings(tracker: DependencyTracker, kind: str) -> list[Listing]:
    asked = tracker.noted().lists
    return [each for each in asked if isinstance(each, Listing) and each.kind == kind]


def _filters(tracker: DependencyTracker, kind: str) -> Sequence[str]:
    """What a mirror's items can only be listed by: archived stories are in no other list."""
    listed = _listings(tracker, kind)
    is_archived = bool(listed) and all(_ARCHIVED in each.filters for each in listed)
    return _OF_ARCHIVED if is_archived else []


def _block(key: ItemKey, mirror: Mirror, filters: Sequence[str]) -> str:
    name = mirror.template
    template = name if is_name(name) else string_literal(name)
    return f"<!-- #taiga: {_listed(key, filters)} template {template} -->"


def _listed(key: ItemKey, more: Sequence[str] = ()) -> str:
    """A query that gives one item."""
    server = f"{key.server}." if key.server else ""
    kind = KINDS.get(key.kind)
    own = [f"project='{key.project}'"] if kind is None or kind.is_of_a_project else []
    filters = ", ".join([*own, *more])
    listed = f"{{{filters}}}" if filters else ""
    return f"from {server}{key.kind}{listed} where id == {key.id}"


def _property(key: str, value: object, url: object, mirror: Mirror) -> Property:
    """A value as front matter holds it."""
    match value:
        case None | bool() | int():
            return value
        case float() if math.isfinite(value):
            return int(value) if value.is_integer() else value
        case str() if value == url and is_address(value):
            return value
        case str():
            return inert_property(value[:_LONGEST])
        case list() if all(isinstance(each, (str, int, float)) for each in value):
            return [inert_property(str(each)[:_LONGEST]) for each in value]
        case _:
            raise BlockError(
                f"the key `{key}` holds a text, a number, a date, a flag or a list of texts",
                page=PAGE,
                line=mirror.line,
                hint="name a field of what it holds, such as status_extra_info.name",
            )
