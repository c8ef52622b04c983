"""Where a story is that a query's source does not list: archived, of another kind, elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taiga_notes.errors import SourceError
from taiga_notes.model.kinds import KINDS, kind_of
from taiga_notes.model.rows import Listing, whose

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from taiga_notes.model.kinds import Kind
    from taiga_notes.model.rows import Projects, Row, Source

WITH_REFS = tuple(kind for kind in KINDS.values() if "ref" in kind.fields)
"""The lists whose items have a number that people see, unique in their project."""


class StorySearch:
    """Looks for one story; asks for further lists only until it is found.

    Args:
        source: where to look.
        ref: the number that people see.
        project: whose rows bare sources list.
    """

    def __init__(self, source: Source, ref: int, project: Projects) -> None:
        self._source = source
        self._ref = ref
        self._project = project
        self._failed: dict[str, None] = {}

    def found(self, listings: Iterable[Listing]) -> Row | None:
        """The story, in the first list that holds it."""
        return next(filter(None, map(self._row, listings)), None)

    def absence(self, listings: Iterable[Listing]) -> str:
        """Why none of the lists that a query reads holds the story, in words.

        Args:
            listings: those lists, which do not hold it.
        """
        reasons = (reason for each in listings for reason in self._reasons(each))
        return next(reasons, "") or self._nowhere()

    def _reasons(self, listing: Listing) -> Iterator[str]:
        kind = kind_of(listing.kind)
        if listing.path or not kind.is_of_a_project:
            return
        if kind not in WITH_REFS:
            yield f"{kind.noun} have no such numbers"
            return
        usual = Listing(kind.name, listing.project, kind.usual_filters)
        if listing != usual and self._row(usual):
            others = (pair for pair in listing.filters if pair not in kind.usual_filters)
            yield f"Taiga is asked for those with {_filters(others)} only, and it is none of them"
        whole = Listing(kind.name, listing.project)
        if whole != usual and (row := self._row(whole)):
            name = _text(row.get("status_name"))
            yield f"it is archived (its status is '{name}'), and archived ones are left out"
        yield from self._elsewhere(kind, listing.project)

    def _elsewhere(self, kind: Kind, project: Projects) -> Iterator[str]:
        for other in WITH_REFS:
            if other is not kind and self._row(Listing(other.name, project)):
                yield f"it is among the {other.noun}{whose(project)}, and these are {kind.noun}"
        if project != self._project:
            for other in (kind, *WITH_REFS):
                if self._row(Listing(other.name, self._project)):
                    theirs = f"{other.noun}{whose(self._project)}"
                    yield f"it is among the {theirs}, and these are{whose(project)}"

    def _nowhere(self) -> str:
        nouns = ", ".join(kind.noun for kind in WITH_REFS)
        said = f"it is not among the {nouns} that can be seen"
        return said + (f" (not looked at: {'; '.join(self._failed)})" if self._failed else "")

    def _row(self, listing: Listing) -> Row | None:
        try:
            rows = self._source.rows(listing)
        except SourceError as error:
            self._failed[f"{kind_of(listing.kind).noun}: {error.message}"] = None
            return None
        refs = rows.column(("ref",))
        return rows[refs.index(self._ref)] if self._ref in refs else None


def _filters(pairs: Iterable[tuple[str, str]]) -> str:
    return " and ".join(f"{name} = {_text(value)}" for name, value in pairs)


def _text(value: object) -> str:
    return " ".join(str(value).split())
