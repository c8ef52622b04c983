"""The one path from disk to disk: pages found, read, composed, written.

One-shot render, watcher and webhook all come through here; none has a way of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from taiga_notes.errors import BlockError, PageChangedError, WriteError
from taiga_notes.page.markers import has_marker
from taiga_notes.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from taiga_notes.compose import Composition, Means
    from taiga_notes.vault.bodies import Bodies
    from taiga_notes.vault.index import Index
    from taiga_notes.vault.vault import PageFile, Vault

    Put = Callable[[PageFile, str, Mapping[str, str]], None]

ATTEMPTS = 5
"""How often a page is read again because somebody saved it while it was being rendered."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a page.

    Attributes:
        page: its path in the vault, with `/`.
        before: what it held.
        after: what it holds now, or would hold; the same where nothing changed.
        blocks: how many blocks it has.
        problems: what went wrong, in the page's order.
    """

    page: str
    before: str = ""
    after: str = ""
    blocks: int = 0
    problems: tuple[Problem, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether the page's text is another one now."""
        return self.before != self.after


def refresh(
    vault: Vault,
    names: Iterable[str],
    means: Callable[[], Means],
    put: Put,
    index: Index | None = None,
) -> Iterator[Outcome]:
    """Refreshes pages, one after another; a page's mistake stays in that page.

    Args:
        vault: where the pages are.
        names: pages and folders, as `Vault.chosen` gives them.
        means: gives what they are rendered with; asked once, if there is a page to render.
        put: takes a page's new text: `Writer.replace`, or `discard` to write nothing.
        index: what need not be looked at; None looks at everything.

    Yields:
        An outcome for each page that has blocks or that could not be read.
    """
    found = vault.search(has_marker, names, index)
    for problem in found.problems:
        yield Outcome(problem.page, problems=(Problem(1, problem),))
    if found.pages:
        run = _Run(vault, means(), put, index, vault.bodies())
        yield from map(run.refreshed, found.pages)


def discard(_page: PageFile, _text: str, _sums: Mapping[str, str]) -> None:
    """A `Put` that writes nothing, for `--check` and `--diff`."""


@dataclass(frozen=True, slots=True)
class _Run:
    """What the pages of one call of `refresh` have in common."""

    vault: Vault
    means: Means
    put: Put
    index: Index | None
    bodies: Bodies

    def refreshed(self, name: str) -> Outcome:
        try:
            page, composition = self._written(name)
        except (BlockError, WriteError) as error:
            line = error.line if isinstance(error, BlockError) else 1
            return Outcome(name, problems=(Problem(line, error),))
        if self.index is not None and page.text == composition.text and not composition.problems:
            self.index.add_settled(page.stamp)
        return Outcome(name, page.text, composition.text, composition.blocks, composition.problems)

    def _written(self, name: str) -> tuple[PageFile, Composition]:
        """Composes a page and puts it, as it then stands.

        Raises:
            BlockError: the page as a whole is left alone.
            WriteError: it can't be read or written, or never keeps still.
        """
        from taiga_notes.compose import compose  # noqa: PLC0415  (for a page with markers only)

        for _ in range(ATTEMPTS):
            page = self.vault.read(name)
            composition = compose(page.text, name, self.means, self.bodies.of(name))
            try:
                self.put(page, composition.text, composition.sums)
            except PageChangedError:
                # Somebody's text came first: it is read and rendered in its turn.
                continue
            return page, composition
        raise WriteError(
            "keeps changing while it is rendered, and is left alone", page=name, hint="try again"
        )
