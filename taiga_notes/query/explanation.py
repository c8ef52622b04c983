"""Why a query gives what it gives: its rows after each clause, and what became of one story.

Nothing is computed in another way than the query itself: each number is that of a shorter query,
which is made of the tree and goes through the same compiler. So it costs one evaluation a clause,
each within the bounds of an evaluation; rows come from the source once, as ever.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from taiga_notes.errors import QueryError
from taiga_notes.model.kinds import joins_of
from taiga_notes.query.compile.compiler import holds_aggregate
from taiga_notes.query.compile.scopes import references
from taiga_notes.query.engine import part_value
from taiga_notes.query.runtime.budget import Budget
from taiga_notes.query.runtime.values import Hits, frozen
from taiga_notes.query.syntax import tree
from taiga_notes.query.syntax.english import (
    EnglishWriter,
    in_order,
    outermost,
    source_name,
    template_name,
)
from taiga_notes.query.syntax.parser import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from taiga_notes.model.details import DetailRequest, Details
    from taiga_notes.model.kinds import Join
    from taiga_notes.model.rows import Listing, Row, Rows, Source
    from taiga_notes.query.runtime.evaluation import Scope


MOST_CONDITIONS = 40
"""Of one clause, that are told one by one; all further ones together: each is compiled anew with
all those before it."""

MOST_QUERIES = 100
"""Of one text, presets and what these come from among them, that are explained."""

_TRUE = tree.Constant(0, value=True)
_WINDOW = (tree.Offset, tree.Limit)
_NAMES: dict[type[tree.Clause], str] = {
    tree.Where: "where",
    tree.GroupBy: "group by",
    tree.Having: "having",
    tree.OrderBy: "order by",
    tree.Select: "select",
    tree.Offset: "offset",
    tree.Limit: "limit",
}


@dataclass(frozen=True, slots=True)
class ClauseStep:
    """What one clause, or one condition of it, does.

    Attributes:
        clause: its name: `from`, `where`, `group by`; `and` for a further condition.
        words: the clause in English.
        rows: how many rows, or groups, there are after it; None where that can't be computed: a
            `limit` may spare rows that its conditions would fail on.
        dropped: how many it took away; of a `select`, how many are repeats.
        alone: how many it would take away were it the only condition of its clause; None where it
            is, or where that makes no sense: `due_date < today()` may need another one before it.
        keeps: whether the story that was asked for is still there; None where none was.
    """

    clause: str
    words: str
    rows: int | None
    dropped: int = 0
    alone: int | None = None
    keeps: bool | None = None


@dataclass(frozen=True, slots=True)
class QueryExplanation:
    """What one query does.

    Attributes:
        preset: the name of the preset that it is; empty where it is none.
        sentence: the query in English.
        steps: its clauses as they take effect; the first one is its source.
        sources: the queries and presets that its rows come from.
        listings: those of Taiga's lists that it reads itself.
        row: at which row of the result the story that was asked for is, from 1 on; None where it
            is not, or none was asked for.
    """

    preset: str
    sentence: str
    steps: tuple[ClauseStep, ...]
    sources: tuple[QueryExplanation, ...]
    listings: tuple[Listing, ...]
    row: int | None = None


def explained(text: str, scope: Scope, ref: int | None = None) -> tuple[QueryExplanation, ...]:
    """What the queries of a text do, those within them left out: they belong to their conditions.

    Args:
        text: as `evaluate` takes it, and evaluated: of a clause that has a mistake nothing is told
            here but that its rows can't be counted.
        scope: what it can see.
        ref: the number of a story, task, issue or epic whose way is followed.

    Raises:
        QueryError: the text can't be read or evaluated.
        SourceError: rows can't be had.
    """
    room = iter(range(MOST_QUERIES))
    return tuple(_explained(_Asked(scope, ref, room), text, parse(text).tree))


def as_written(text: str) -> tuple[str, str]:
    """What a text's first query lists, and the template that it names, as they are written.

    So they are known before there are rows: `userstories`, `presets.mine`; `links`, and `each` for
    a template of the text's own. Either is empty where the text names none.

    Raises:
        QueryError: it can't be read.
    """
    parsed = parse(text)
    own = "each" if parsed.each is not None else template_name(parsed.tree)
    return source_name(parsed.tree), parsed.template or own


def lines_of(query: QueryExplanation, indent: str = "") -> Iterator[str]:
    """An explanation as lines for people: the sentence, then each step with its number of rows.

    Args:
        query: the explanation.
        indent: what each line begins with; what its rows come from stands two blanks further in.
    """
    for source in query.sources:
        yield from lines_of(source, f"{indent}  ")
    preset = f"preset {query.preset}: " if query.preset else ""
    yield f"{indent}{preset}{query.sentence}."
    counts = ["?" if step.rows is None else str(step.rows) for step in query.steps]
    width = max(map(len, counts))
    for step, count in zip(query.steps, counts, strict=True):
        yield f"{indent}  {count:>{width}}  {step.words}{_dropped(step)}"


def _dropped(step: ClauseStep) -> str:
    if step.clause == "select":
        repeats = "repeat" if step.dropped == 1 else "repeats"
        return f" ({step.dropped} {repeats} left out)" if step.dropped else ""
    alone = "" if step.alone in {None, step.dropped} else f", by itself {step.alone}"
    return f" ({step.dropped} dropped{alone})" if step.dropped or alone else ""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of all queries of a text.

    Attributes:
        scope: what they can see.
        ref: see `explained`.
        room: has one item for each query that may still be explained.
    """

    scope: Scope
    ref: int | None
    room: Iterator[int]


def _explained(
    asked: _Asked, text: str, node: tree.Node, preset: str = ""
) -> Iterator[QueryExplanation]:
    for found in outermost(node):
        if next(asked.room, None) is None:
            return
        if name := _preset_name(found):
            # Where nothing has come to it yet (`a or presets.b`): there is one, and no circle.
            part_value(text, found, asked.scope)
            inner = asked.scope.presets[name]
            yield from _explained(asked, inner, parse(inner).tree, name)
        else:
            query = (
                found if isinstance(found, tree.Query) else tree.Query(found.at, found, None, ())
            )
            yield _Explainer(asked, text, query).explanation(preset)


def _preset_name(node: tree.Node) -> str:
    reference = tree.reference(node)
    return reference.path[0] if reference and reference.root == "presets" else ""


class _ListingNoter:
    """A `Source` that notes which lists it is asked for."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.listings: dict[Listing, None] = {}

    def rows(self, listing: Listing, /) -> Rows:
        """See `Source.rows`."""
        self.listings[listing] = None
        return self._source.rows(listing)

    def me(self, server: str = "", /) -> Row:
        """See `Source.me`."""
        return self._source.me(server)

    def details(self, request: DetailRequest, /) -> Details:
        """See `Source.details`."""
        return self._source.details(request)


class _Explainer:
    """Takes one query apart.

    Args:
        asked: what is asked of it.
        text: the whole text.
        query: a query of it that is handed nothing from around it.
    """

    def __init__(self, asked: _Asked, text: str, query: tree.Query) -> None:
        self._asked = asked
        self._text = text
        self._query = query
        self._scope = asked.scope
        self._ref = asked.ref
        self._joins: Mapping[str, Join] = {}
        self._english = EnglishWriter(asked.scope.project, query.variable or "_")
        select = query.selected
        having = [each.condition for each in query.clauses if isinstance(each, tree.Having)]
        self._is_grouped = any(isinstance(each, tree.GroupBy) for each in query.clauses) or any(
            map(holds_aggregate, (select, *having))
        )

    def explanation(self, preset: str) -> QueryExplanation:
        """What the query does."""
        noter = _ListingNoter(self._scope.source)
        source = part_value(self._text, self._with(), replace(self._scope, source=noter))
        self._joins = joins_of(source.kind) if isinstance(source, Hits) else {}
        sources = [] if _is_list(self._query.source) else [*self._sources()]
        keeps = None if self._ref is None else _holds(source, self._ref)
        first = ClauseStep(
            "from", self._english.source(self._query.source), len(source), keeps=keeps
        )
        steps = [first]
        before: list[tree.Clause] = []
        for clause in in_order(self._query):
            steps += self._of_clause(before, clause, steps[-1])
            if not isinstance(clause, tree.OrderBy):
                before.append(clause)
        steps, row = self._placed(steps)
        return QueryExplanation(
            preset,
            _capital(EnglishWriter(self._scope.project).query(self._query)),
            tuple(steps),
            tuple(sources),
            () if sources else tuple(noter.listings),
            row,
        )

    def _sources(self) -> Iterator[QueryExplanation]:
        return _explained(self._asked, self._text, self._query.source)

    def _of_clause(
        self, before: list[tree.Clause], clause: tree.Clause, last: ClauseStep
    ) -> Iterator[ClauseStep]:
        match clause:
            case tree.Where() | tree.Having():
                yield from self._of_conditions(before, clause, last)
            case tree.OrderBy():
                words = self._english.clause(clause)
                yield ClauseStep(_NAMES[tree.OrderBy], words, last.rows, keeps=last.keeps)
            case tree.GroupBy():
                # Groups are counted from here on: nothing is dropped.
                yield self._step(clause, [*before, clause], replace(last, rows=0))
            case _:
                yield self._step(clause, [*before, clause], last)

    def _step(
        self, clause: tree.Clause, clauses: list[tree.Clause], last: ClauseStep
    ) -> ClauseStep:
        count = self._count(*clauses)
        is_made = self._is_grouped and isinstance(clause, tree.Select)
        dropped = 0 if is_made else _less(last.rows, count) or 0
        # What these do to one row depends on the others, see `_placed`.
        words = self._english.clause(clause)
        return ClauseStep(_NAMES[type(clause)], words, count, max(dropped, 0), keeps=last.keeps)

    def _of_conditions(
        self, before: list[tree.Clause], clause: tree.Where | tree.Having, last: ClauseStep
    ) -> Iterator[ClauseStep]:
        conditions, dear = self._told_apart(clause.condition)
        made = type(clause)
        holds = self._holding if made is tree.Having and self._is_grouped else _TRUE
        if holds is not _TRUE and not any(isinstance(each, tree.GroupBy) for each in before):
            last = replace(last, rows=1)
        start = last.rows
        for number, condition in enumerate(conditions, start=1):
            is_last = number == len(conditions)
            # The last condition of a chain has another rule than those before, see
            # `conditions.keep`: so something that holds stands behind these, and before that.
            kept = _all(holds, clause.condition) if is_last else _all(*conditions[:number], holds)
            only = _all(holds, condition) if is_last else _all(condition, holds)
            count = self._count(*before, made(kept))
            # What is asked for is asked for of the rows that are left, and not of all.
            is_told = len(conditions) > 1 and number <= len(conditions) - dear
            alone = self._count(*before, made(only)) if is_told else None
            last = ClauseStep(
                _NAMES[made] if number == 1 else "and",
                self._english.clause(made(condition))
                if number == 1
                else f"and {self._english.expression(condition, 'and')}",
                count,
                _less(last.rows, count) or 0,
                _less(start, alone),
                last.keeps and self._survives([*before, made(kept)]),
            )
            yield last

    def _told_apart(self, condition: tree.Node) -> tuple[list[tree.Node], int]:
        """The conditions of a clause, as far as they are told one by one, as they take effect.

        With how many of them, at the end, have to be asked for row by row.
        """
        dear = [each for each in tree.conjuncts(condition) if self._is_dear(each)]
        conditions = [each for each in tree.conjuncts(condition) if each not in dear] + dear
        if len(conditions) <= MOST_CONDITIONS:
            return conditions, len(dear)
        first = MOST_CONDITIONS - 1
        return [*conditions[:first], _all(*conditions[first:])], min(len(dear), 1)

    def _is_dear(self, condition: tree.Node) -> bool:
        """Whether a condition is of fields that no list holds; see `QueryCompiler`."""
        variable = self._query.variable
        for each in references(condition):
            path = (each.root, *each.path) if variable is None else ()
            path = each.path if each.root == (variable or "_") else path
            if path and path[0] in self._joins:
                return True
        return False

    def _count(self, *clauses: tree.Clause) -> int | None:
        try:
            return len(self._rows(*clauses))
        except QueryError:
            return None

    @property
    def _holding(self) -> tree.Node:
        """A condition that holds for each group, and makes one of all rows where there is none."""
        at = self._query.at
        count = tree.Call(at, tree.Name(at, "count"), ())
        return tree.Binary(at, ">=", count, tree.Constant(at, 0))

    # One story

    def _survives(self, clauses: Sequence[tree.Clause]) -> bool:
        """Whether the story is among what the clauses keep."""
        return len(self._rows(*self._of_story(clauses))) > 0

    def _of_story(self, clauses: Sequence[tree.Clause]) -> list[tree.Clause]:
        """The clauses, made to leave nothing but the story, or the group that it is in."""
        kinds = {type(each) for each in clauses}
        of_group = self._is_grouped and (kinds - {tree.Where})
        wanted = tree.Having if of_group else tree.Where
        own = self._is_in_group() if of_group else self._is_the_story()
        if wanted not in kinds:
            return [*clauses, wanted(own)]
        return [
            type(each)(_all(own, each.condition))
            if isinstance(each, tree.Where | tree.Having) and isinstance(each, wanted)
            else each
            for each in clauses
        ]

    def _own_ref(self, name: str) -> tree.Node:
        at = self._query.at
        return tree.Indexing(at, tree.Name(at, name), tree.Constant(at, "ref"))

    def _is_the_story(self) -> tree.Node:
        at, own = self._query.at, self._own_ref(self._query.variable or "_")
        return tree.Binary(at, "==", own, tree.Constant(at, self._ref))

    def _is_in_group(self) -> tree.Node:
        at = self._query.at
        refs = tree.Query(at, tree.Name(at, "group"), "row", (tree.Select(self._own_ref("row")),))
        return tree.Member(at, tree.Constant(at, self._ref), refs, negated=False)

    def _placed(self, steps: list[ClauseStep]) -> tuple[list[ClauseStep], int | None]:
        """The steps, with what offset and limit do to the story; and its row, if it has one."""
        if not steps[-1].keeps:
            return steps, None
        place = self._place()
        if place is None:
            return steps, None
        window = [each for each in in_order(self._query) if isinstance(each, _WINDOW)]
        placed = steps[: len(steps) - len(window)]
        for step, clause in zip(steps[len(placed) :], window, strict=True):
            if isinstance(clause, tree.Offset):
                place -= _less(placed[-1].rows, step.rows) or 0
            keeps = placed[-1].keeps and 0 <= place < (step.rows or 0)
            placed.append(replace(step, keeps=keeps))
        return placed, place + 1 if placed[-1].keeps else None

    def _place(self) -> int | None:
        """The story's place among all rows of the result, before offset and limit.

        None where it can't be told: not all rows can be computed, or what is selected is not even
        equal to itself.
        """
        value = tree.Select(self._telling())
        others = (*_WINDOW, tree.Select)
        clauses = [each for each in self._query.clauses if not isinstance(each, others)]
        try:
            [own] = self._rows(*self._of_story([*clauses, value]))
            values = self._rows(*clauses, value)
        except QueryError:
            return None
        budget = Budget(self._scope.cpu_time)
        key = frozen(budget, own)
        same = (place for place, each in enumerate(values) if frozen(budget, each) == key)
        return next(same, None)

    def _telling(self) -> tree.Node:
        """What `select` gives for a row; where it gives the row itself, what tells that row."""
        at, own = self._query.at, self._query.variable or "_"
        select = self._query.selected
        is_row = select is None or (isinstance(select, tree.Name) and select.name == own)
        if select is not None and not is_row:
            return select
        return tree.Name(at, "key") if self._is_grouped else self._own_ref(own)

    def _with(self, *clauses: tree.Clause) -> tree.Query:
        query = self._query
        return tree.Query(query.at, query.source, query.variable, clauses)

    def _rows(self, *clauses: tree.Clause) -> Any:
        """What the query's source gives with other clauses."""
        return part_value(self._text, self._with(*clauses), self._scope)


def _less(before: int | None, after: int | None) -> int | None:
    return None if before is None or after is None else before - after


def _all(*conditions: tree.Node) -> tree.Node:
    return tree.Chain(conditions[0].at, "and", conditions)


def _is_list(node: tree.Node) -> bool:
    """Whether rows come from one of Taiga's lists, or a value: nothing there is to be explained."""
    return all(
        not isinstance(found, tree.Query) and not _preset_name(found) for found in outermost(node)
    )


def _holds(source: Any, ref: int) -> bool:
    """Whether rows hold a story of that number."""
    if isinstance(source, Hits) and source.carries(("ref",)):
        return ref in source.column(("ref",))
    return any(isinstance(row, dict) and row.get("ref") == ref for row in source)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
