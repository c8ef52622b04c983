"""Reports of what became of pages: lines for people, one object for machines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Self

from taiga_notes.cli import output
from taiga_notes.errors import SourceError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable

    from taiga_notes.cli.context import Opened
    from taiga_notes.compose import Problem
    from taiga_notes.errors import TaigaNotesError
    from taiga_notes.refresh import Outcome


class Report:
    """Takes outcomes one by one, and tells of each that is worth a line.

    Args:
        verb: what happens to a page whose text is another one.

    Attributes:
        errors: all that went wrong.
        changed: pages whose text is another one.
        unchanged: pages whose text is not.
    """

    def __init__(self, verb: str) -> None:
        self.verb = verb
        self.errors: list[TaigaNotesError] = []
        self.changed = 0
        self.unchanged = 0
        self._progress = output.Progress("pages")
        self._told: set[str] = set()

    @classmethod
    def of(cls, args: Namespace) -> Self:
        """The report that the arguments ask for."""
        verb = "would change" if args.check or args.diff else "changed"
        kind: type[Report] = JsonReport if args.json else DiffReport if args.diff else cls
        return kind(verb)  # type: ignore[return-value]  # a subclass is as good

    def add(self, outcome: Outcome) -> None:
        """Takes an outcome."""
        self.errors += [problem.error for problem in outcome.problems]
        self.changed += outcome.changed
        self.unchanged += not outcome.changed
        self._progress.clear()
        self.tell(outcome)
        self._progress.at(self.changed + self.unchanged)

    def tell(self, outcome: Outcome) -> None:
        """Says what is worth a line."""
        if outcome.changed:
            output.say(f"{self.verb}: {outcome.page}")
        self.complain(outcome)

    def complain(self, outcome: Outcome) -> None:
        """Says what went wrong; what a source says to every block is said once."""
        for problem in outcome.problems:
            text = str(problem.error)
            if not isinstance(problem.error, SourceError) or text not in self._told:
                output.problem(problem.error, f"{outcome.page}:{problem.line}")
            self._told.add(text)

    def end(self, opened: Opened) -> None:
        """Sums up."""
        self._progress.clear()
        opened.report_age()
        parts = [_count(self.changed, "page") + f" {self.verb}", f"{self.unchanged} unchanged"]
        if self.errors:
            parts.append(_count(len(self.errors), "problem"))
        if opened.age:
            parts.append(opened.age)
        output.say(", ".join(parts))


class DiffReport(Report):
    """Shows what would change as a unified diff."""

    def tell(self, outcome: Outcome) -> None:
        """See `Report.tell`."""
        from difflib import unified_diff  # noqa: PLC0415

        names = (f"a/{outcome.page}", f"b/{outcome.page}")
        before, after = _lines(outcome.before), _lines(outcome.after)
        output.diff_lines(unified_diff(before, after, *names, lineterm=""))
        self.complain(outcome)


class JsonReport(Report):
    """One JSON object, at the end."""

    def __init__(self, verb: str) -> None:
        super().__init__(verb)
        self._pages: list[dict[str, object]] = []

    def tell(self, outcome: Outcome) -> None:
        """See `Report.tell`."""
        self._pages.append(
            {
                "page": outcome.page,
                "changed": outcome.changed,
                "blocks": outcome.blocks,
                "problems": list(_problems(outcome.problems)),
            }
        )

    def end(self, opened: Opened) -> None:
        """See `Report.end`."""
        state = opened.taiga.state if opened.taiga else None
        document = {
            "pages": self._pages,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "problems": len(self.errors),
            "as_of": state.as_of.isoformat() if state and state.as_of else None,
            "trouble": (state.trouble or None) if state else None,
        }
        output.say(json.dumps(document, ensure_ascii=False, indent=1))


def _lines(text: str) -> list[str]:
    # Not splitlines: for diff and git a line ends at LF only.
    lines = text.split("\n")
    return (
        lines[:-1] if lines[-1] == "" else [*lines[:-1], f"{lines[-1]}\n\\ no newline at the end"]
    )


def _problems(problems: Iterable[Problem]) -> Iterable[dict[str, object]]:
    for problem in problems:
        error = problem.error
        yield {
            "line": problem.line,
            "kind": type(error).__name__,
            "message": error.message,
            "hint": error.hint,
        }


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
