"""One evaluation: what it may see, and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from typing import TYPE_CHECKING, Any

from taiga_notes.errors import QueryError, close_matches, did_you_mean, meant
from taiga_notes.model.field_use import NO_FIELDS
from taiga_notes.model.kinds import ME, VALUES
from taiga_notes.model.rows import Listing
from taiga_notes.query.runtime.budget import MAX_NESTED_DATA, MAX_PRESETS, Budget, Mistake
from taiga_notes.query.runtime.filled_rows import RowFiller
from taiga_notes.query.runtime.joined_values import JoinedValues
from taiga_notes.query.runtime.values import Authored, Hits, Rendered, Template, index, plain

if TYPE_CHECKING:
    from taiga_notes.model.field_use import FieldUse, UsedField
    from taiga_notes.model.rows import Path, Projects, Rows, Source
    from taiga_notes.query.runtime.filled_rows import LookedThrough


_DATUM = 500
"""What a value of the page's front matter is charged: some are references to references, and
would be many more than were written."""


class QueryClock:
    """The time that queries see: one moment, however often it is asked for.

    Args:
        now: that moment, aware of the user's time zone.
        dates: in which zone moments of Taiga's are written: not by itself the user's, so that
            pages are the same on every machine.

    Attributes:
        dates: see above.
        told_moment: whether anybody was told more than the day: what came of that is another
            thing each time, and of what is told of the day, only tomorrow.
    """

    __slots__ = ("_now", "dates", "told_moment")

    def __init__(self, now: datetime, dates: tzinfo = UTC) -> None:
        self._now = now
        self.dates = dates
        self.told_moment = False

    def today(self) -> date:
        """The date at the user's place."""
        return self._now.date()

    def now(self) -> datetime:
        """This moment at the user's place."""
        self.told_moment = True
        return self._now

    @property
    def zone(self) -> tzinfo | None:
        """The user's time zone, as it is this day."""
        return self._now.tzinfo


@dataclass(frozen=True, slots=True)
class Scope:
    """What a query can see besides its own text.

    Attributes:
        source: what lists rows.
        clock: tells the time.
        project: the page's project or projects: what a bare `userstories` lists; None leaves
            the choice to the source.
        server: the page's server, whose lists need no name before them; see `Listing`.
        page: `name`, `path` and the page's front matter.
        presets: the queries that `presets.NAME` stands for, by name.
        cpu_time: tells how many seconds were computed so far; by default time has no bound.
        render: gives rows to the template of that name; None where there are no templates.
        inert: makes text stand as it is in what templates gave.
        link: makes a Markdown link of a text and an address; None where there are no links.
        notes: gives, by an item's kind and number (`userstories/2145`), links to the vault's pages
            that name it.
        uses: which joined fields the template of that name uses.
    """

    source: Source
    clock: QueryClock
    project: Projects = None
    server: str = ""
    page: Mapping[str, object] = field(default_factory=dict)
    presets: Mapping[str, str] = field(default_factory=dict)
    render: Callable[[str, Sequence[object]], str] | None = None
    cpu_time: Callable[[], float] = float
    inert: Callable[[str], str] = str
    link: Callable[[str, str], str] | None = None
    notes: Callable[[], Mapping[str, Sequence[str]]] = dict
    uses: Callable[[str], FieldUse] = lambda _template: NO_FIELDS


@dataclass(frozen=True, slots=True)
class Answer:
    """What an expression or a block gives.

    Attributes:
        value: plain data; rows as dicts, as they came.
        template: the block's `template NAME`, or None.
        each: the block's `each "…"`, a template for one row, or None.
        kind: of which kind the rows are, if the value is rows of a known kind; else empty.
        empty: the block's `empty "…"`, what stands there if there is nothing; or None.
        push: what the block sends to Taiga of what somebody changes in it, see `hints.PUSHED`.
        told: gives `warnings`, which may grow when the rows are joined.
        join: gives the value with joined fields in its rows; see `joined`.
        around: gives what a second text makes of the value, which is the preset of that name to it.
    """

    value: object
    template: str | None = None
    each: str | None = None
    kind: str = ""
    empty: str | None = None
    push: tuple[str, ...] = ()
    told: Callable[[], tuple[str, ...]] = field(default=tuple, repr=False, compare=False)
    join: Callable[[FieldUse], object] | None = field(default=None, repr=False, compare=False)
    around: Callable[[str, str], object] = field(kw_only=True, repr=False, compare=False)

    def joined(self, use: FieldUse) -> object:
        """The value, its rows with the joined fields that a template uses.

        Raises:
            QueryError: it grows too large.
            SourceError: a field can't be had.
        """
        return self.value if self.join is None or not use else self.join(use)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is to be told with the value, one sentence each, in the text's order."""
        return self.told()

    @property
    def stands_empty(self) -> bool:
        """Whether there is nothing to show, and it is said what stands there then."""
        return self.empty is not None and (self.value is None or self.value in ([], {}, ""))


class Evaluation:
    """One evaluation under way.

    Args:
        scope: what it can see.
        evaluate: evaluates a preset's text within this evaluation.

    Attributes:
        budget: what it may cost.
        patterns: the patterns that were read.
        listed: by the identity of rows that were listed, which list they are.
        looked_up: the queries whose literals were looked up already, each with the rows.
        joined: what is known of items besides their lists.
        given: presets that are values already, by name.
        lacking: names in templates for which no row had anything: of which kinds the rows are, and
            what lists the names that there are; and the name's field; see `check_used`.
    """

    def __init__(self, scope: Scope, evaluate: Callable[[str, Evaluation], Any]) -> None:
        self.scope = scope
        self.budget = Budget(scope.cpu_time)
        self.patterns: dict[str, Any] = {}
        self._server = scope.server
        self._evaluate = evaluate
        self._presets: list[str] = []
        self.given: dict[str, Any] = {}
        self._page: dict[str, Any] | None = None
        self.listed: dict[int, Listing] = {}
        self.lacking: list[tuple[Sequence[tuple[str, Listing]], UsedField]] = []
        self.looked_up: set[tuple[int, int]] = set()
        self._kept: list[Rows] = []
        self._warnings: dict[str, None] = {}
        self.joined = JoinedValues(scope.source, self.listing, self.budget, scope.clock.today)

    def listing(self, listing: Listing) -> Hits:
        """The rows of a list."""
        rows = self.scope.source.rows(listing)
        if id(rows) not in self.listed:
            # Kept, so that no other rows get their identity.
            self._kept.append(rows)
            self.listed[id(rows)] = listing
        return Hits(rows)

    def warn(self, message: str) -> None:
        """Has something told with the value: once, however often it is met."""
        self._warnings[message] = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is to be told with the value."""
        return (*self._warnings,)

    def server_of(self, rows: Rows) -> str:
        """The server that rows are from, as far as it is known; else that of those around them."""
        while isinstance(rows, Hits):
            rows = rows.rows
        return self.listed[id(rows)].server if id(rows) in self.listed else self._server

    @contextmanager
    def within(self, rows: Rows) -> Iterator[None]:
        """Looks through rows: `me` is whom the server knows that they are from."""
        before = self._server
        self._server = self.server_of(rows)
        try:
            yield
        finally:
            self._server = before

    def me(self, name: str | None = None, server: str | None = None) -> object:
        """The logged-in user, or a field of theirs.

        Args:
            name: the field's; None for the user.
            server: whose, where the query says it.

        Raises:
            Mistake: nobody is logged in, or users have no such field.
        """
        person = self.scope.source.me(self._server if server is None else server)
        if not person:
            # Nobody's name is nil, and so is the assignee of what is assigned to nobody.
            raise Mistake("nobody is logged in, so there is no 'me'", "run taiga-notes login")
        if name is None:
            return dict(person)
        if name not in ME and name not in person:
            raise Mistake(f"unknown field 'me.{name}'", did_you_mean(name, {*ME, *person}, "me."))
        return person.get(name)

    def page_value(self, path: Path, may_miss: Collection[int]) -> Any:
        """What stands at that path of the page's front matter, its name and path.

        Args:
            path: such as `("owner",)`.
            may_miss: how many parts of it lead to what may be missing, and is nil then.

        Raises:
            Mistake: it is missing. Where there is no page at all, nothing is known of it.
        """
        value: Any = self.page()
        if not value:
            return None
        for depth, name in enumerate(path):
            if isinstance(value, dict) and name not in value:
                if depth + 1 in may_miss:
                    return None
                shown = ".".join(("page", *path[: depth + 1]))
                prefix = "".join(f"{each}." for each in ("page", *path[:depth]))
                near = close_matches(name, value)
                hint = meant(f"{prefix}{each}" for each in near) if near else ""
                or_nil = f"write ({shown} or …) where it may be missing"
                raise Mistake(f"unknown field '{shown}'", hint or or_nil)
            value = index(value, name)
        return value

    def page(self) -> dict[str, Any]:
        """The page's name, path and front matter, dates as text."""
        if self._page is None:
            self._page = {
                str(name): _data(self.budget, value) for name, value in self.scope.page.items()
            }
        return self._page

    @property
    def clock(self) -> QueryClock:
        """Tells the time: there is no other clock, so that nobody is told unnoticed."""
        return self.scope.clock

    def now(self) -> str:
        """This moment as Taiga writes it, so that both compare as text."""
        now = self.clock.now().astimezone(UTC).replace(tzinfo=None)
        return now.isoformat(timespec="milliseconds") + "Z"

    def preset(self, name: str) -> Any:
        """What the preset's query gives.

        Raises:
            Mistake: there is no such preset, it leads back to itself, or it is wrong.
        """
        if name in self.given:
            return self.given[name]
        presets = self.scope.presets
        if name not in presets:
            raise Mistake(f"unknown preset '{name}'", did_you_mean(name, presets))
        if name in self._presets:
            way = " → ".join([*self._presets, name])
            raise Mistake(f"the preset '{name}' leads back to itself: {way}")
        if len(self._presets) >= MAX_PRESETS:
            raise Mistake(f"presets name presets too deeply: at most {MAX_PRESETS}")
        self._presets.append(name)
        try:
            return self._evaluate(presets[name], self)
        except QueryError as error:
            message = error.message
            if not message.startswith("in the preset "):
                place = f"line {error.query_line}, column {error.column}"
                message = f"in the preset '{name}', {place}: {message}"
            raise Mistake(message, error.hint) from error
        finally:
            self._presets.pop()

    def template(self, name: str) -> Template:
        """What `templates.NAME` is."""
        return Template(name)

    def render(self, template: str, rows: object) -> Rendered:
        """The rows as that template renders them.

        Raises:
            Mistake: there are no templates here.
        """
        if self.scope.render is None:
            raise Mistake("there are no templates here")
        return Rendered(self.scope.render(template, self.filled(rows, self.scope.uses(template))))

    def filled(self, value: object, use: FieldUse) -> Any:
        """A value as plain data, its rows with the joined fields that a template uses.

        Raises:
            Mistake: it grows too large.
            SourceError: a field can't be had.
        """
        if use:
            value = RowFiller(self.joined, use, self.server_of, self._check).filled(value)
        return plain(self.budget, value)

    def _check(self, through: Sequence[LookedThrough], used: UsedField) -> None:
        values = [
            (kind, Listing(VALUES.name, projects, server=server))
            for kind, server, projects in through
        ]
        self.lacking.append((values, used))

    def markdown(self, text: str) -> str:
        """A text beside what a template gave: the author's own and blanks as they are."""
        if isinstance(text, (Rendered, Authored)) or not text.strip():
            return text
        return self.scope.inert(text)


def _data(budget: Budget, value: object, depth: int = 0) -> Any:
    """Front matter as JSON data: YAML has dates, odd keys, and values that hold themselves."""
    budget.make(_DATUM)
    if depth > MAX_NESTED_DATA:
        raise Mistake("the page's front matter is nested too deeply")
    match value:
        case None | bool() | int() | float() | str():
            return value
        case date():
            return value.isoformat()
        case Mapping():
            return {str(key): _data(budget, part, depth + 1) for key, part in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_data(budget, part, depth + 1) for part in value]
    return str(value)
