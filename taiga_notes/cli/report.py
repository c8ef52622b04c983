"""How far a run is and what became of pages: lines for people, one object for machines."""

from __future__ import annotations

import os
import sys
import time
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial

from taiga_notes.cli import output
from taiga_notes.errors import LoginError, SourceError, TaigaNotesError
from taiga_notes.refresh.refresh import MIRRORS, REPLACED, RESCUED, PageOutcome, waits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Self, TextIO

    from taiga_notes.bake.live import Overlooked
    from taiga_notes.cli.findings import Finding
    from taiga_notes.cli.opening import Opened
    from taiga_notes.refresh.compose import Problem


WIDTH = 20
"""Characters of a bar."""

PATIENCE, REFRESH = 1.0, 0.2
"""Seconds before the line of progress shows, and between two of its states."""


class Line:
    """Tells from a thread of its own: while Taiga is asked for a long list, nobody else would.

    Args:
        what: the plural of what is counted; empty where nothing but rows is waited for.
        stream: the terminal.
    """

    def __init__(self, what: str, stream: TextIO) -> None:
        from threading import Event, Lock, Thread  # noqa: PLC0415  (for terminals only)

        from taiga_notes.system import progress  # noqa: PLC0415  (the same)

        self._what = what
        self._states: dict[str, tuple[int, int | None]] = {what: (0, None)} if what else {}
        self._stream = stream
        self._started = time.monotonic()
        self._guard = Lock()
        self._ended = Event()
        self._shown = False
        self._leave = partial(progress.leave, self._told)
        progress.listen(self._told)
        Thread(target=self._run, name="progress", daemon=True).start()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """While in this context, something else may be printed: the line is away meanwhile."""
        with self._guard:
            self._erase()
            yield

    def end(self) -> None:
        """There is nothing more to come; to be told so once more changes nothing."""
        self._ended.set()
        self._leave()
        with self._guard:
            self._erase()

    def _told(self, what: str, done: int, total: int | None) -> None:
        if what != self._what and done == total:
            self._states.pop(what, None)
        else:
            self._states[what] = done, total

    def _run(self) -> None:
        pause = PATIENCE
        while not self._ended.wait(pause):
            pause = REFRESH
            with self._guard:
                self._draw()

    def _draw(self) -> None:
        # Looked at once more: the end may have come while the guard was waited for.
        if not self._ended.is_set():
            seconds = time.monotonic() - self._started
            states = [*self._states.items()]
            told = [_far(what, *state) for what, state in states]
            bar = _bar(*states[-1][1]) if states else ""
            self._show(f"\r{bar}{', '.join([*told, f'{seconds:.0f} s …'])}\x1b[K")
            self._shown = True

    def _erase(self) -> None:
        if self._shown:
            self._show("\r\x1b[K")
            self._shown = False

    def _show(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:
            # The terminal was closed; the pages are to be finished all the same.
            self._ended.set()


def _far(what: str, done: int, total: int | None) -> str:
    return f"{done:,} {what}" if total is None else f"{done:,} of {total:,} {what}"


def _bar(done: int, total: int | None) -> str:
    """A bar as long as what is done, where the whole is known."""
    if not total:
        return ""
    full = min(WIDTH * done // total, WIDTH)
    return f"[{'#' * full}{' ' * (WIDTH - full)}] "


class Unseen:
    """A `Line` where there is no terminal: tells nobody."""

    def aside(self) -> AbstractContextManager[None]:
        """While in this context, something else may be printed."""
        return nullcontext()

    def end(self) -> None:
        """There is nothing more to come."""


def progress_line(what: str) -> Line | Unseen:
    """Progress on standard error.

    Args:
        what: the plural of what is counted.
    """
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        return Unseen()
    return Line(what, sys.stderr)


@contextmanager
def shown_progress() -> Iterator[None]:
    """While in this context, which prints nothing, it is told how far the fetching of rows is."""
    line = progress_line("")
    try:
        yield
    finally:
        line.end()


class Report:
    """Takes outcomes one by one, and tells of each that is worth a line.

    Args:
        verb: what happens to a page whose text is another one.
        passed_by: what was named and is passed by, and why.
        shown: the path of a page by its name, as people are told it.

    Attributes:
        errors: all that went wrong.
        changed: pages whose text is another one.
        unchanged: pages whose text is not.
        templates: pages that were passed by as templates of pages to be.
        passed_by: what was named and is passed by, and why.
        waiting: how many edits wait to be pushed.
    """

    def __init__(
        self, verb: str, passed_by: Sequence[str] = (), shown: Callable[[str], str] = str
    ) -> None:
        self.verb = verb
        self.passed_by = passed_by
        self.shown = shown
        self.errors: list[TaigaNotesError] = []
        self.changed = 0
        self.unchanged = 0
        self.waiting = 0
        self.templates: list[str] = []
        self.overlooked: list[tuple[str, Overlooked]] = []
        self._progress = progress_line("pages")
        self._told: set[str] = set()

    def __enter__(self) -> Self:
        for reason in self.passed_by:
            output.complain(f"passed by: {reason}")
        return self

    def __exit__(self, *_error: object) -> None:
        # What ended the run is told on a line of its own.
        self._progress.end()

    @classmethod
    def of(
        cls,
        args: Namespace,
        passed_by: Sequence[str],
        shown: Callable[[str], str],
        put: Callable[[dict[str, object]], None],
    ) -> Report:
        """The report that the arguments ask for.

        Args:
            args: with `check`, `diff`, `verbose` and `output_format`.
            passed_by: see `Report`.
            shown: see `Report`.
            put: gets what is told to machines.
        """
        verb = "would change" if args.check or args.diff else "changed"
        if args.output_format == "json":
            return JsonReport(verb, passed_by, put)
        if args.output_format == "github":
            return GithubReport(verb, passed_by, shown)
        if args.verbose:
            return VerboseReport(verb, passed_by, shown)
        return (DiffReport if args.diff else cls)(verb, passed_by, shown)

    def add(self, outcome: PageOutcome) -> None:
        """Takes an outcome."""
        if outcome.is_template:
            self.templates.append(outcome.page)
            return
        self.overlooked += ((outcome.page, each) for each in outcome.overlooked)
        if outcome.overlooked and not outcome.blocks and not outcome.problems:
            return  # no page of ours but for what it does not have yet
        self.errors += [problem.error for problem in outcome.problems]
        if outcome.page == MIRRORS:
            if outcome.problems:
                with self._progress.aside():
                    self.tell(outcome)
            return  # no page: it only says what the mirrors came to
        self.waiting += sum(count for _, count in outcome.waiting)
        self.changed += outcome.changed
        self.unchanged += not outcome.changed
        with self._progress.aside():
            self.tell(outcome)

    def tell(self, outcome: PageOutcome) -> None:
        """Says what is worth a line."""
        if outcome.changed:
            new = " (new)" if outcome.is_new else ""
            output.say(f"{self.verb}: {self.shown(outcome.page)}{new}")
        for line in outcome.replaced:
            output.say(f"  line {line}: {REPLACED}")
        for line in outcome.rescued:
            output.say(f"  line {line}: {RESCUED}")
        self.complain(outcome)

    def complain(self, outcome: PageOutcome) -> None:
        """Says what waits, and what went wrong; what a source says to every block is said once."""
        if not (outcome.waiting or outcome.problems or outcome.warnings):
            return
        page = self.shown(outcome.page)
        for line, count in outcome.waiting:
            output.say(f"{page}:{line}: {waits(count)}")
        for problem in self.untold(outcome):
            where = f"{page}:{problem.line}"
            if problem.column:
                where = f"{where}:{problem.column}"
            output.problem(problem.error, where, problem.error.sentence if problem.column else "")
        for line, warning in outcome.warnings:
            output.complain(f"{page}:{line}: {warning}")

    def untold(self, outcome: PageOutcome) -> Iterator[Problem]:
        """The problems that were not told of another block already."""
        for problem in outcome.problems:
            topic = _topic(problem.error)
            if topic not in self._told:
                yield problem
            if topic:
                self._told.add(topic)

    def end(self, opened: Opened) -> None:
        """Sums up."""
        self._progress.end()
        opened.report_notes()
        state = opened.state
        if state and state.detail and state.detail not in {error.message for error in self.errors}:
            output.complain(state.detail)  # no block's problem has said it
        output.passed_by([*map(self.shown, self.templates)])
        output.overlooked([(self.shown(page), each) for page, each in self.overlooked])
        if not self.changed + self.unchanged + len(self.errors):
            if not (self.templates or self.passed_by or self.overlooked):
                output.say(_nothing_there(opened))
            return
        parts = [f"{output.count(self.changed, 'page')} {self.verb}", f"{self.unchanged} unchanged"]
        if self.waiting:
            parts.append(f"{output.count(self.waiting, 'edit')} to push")
        if self.errors:
            parts.append(output.count(len(self.errors), "problem"))
        if opened.age:
            parts.append(opened.age)
        output.say(", ".join(parts))


def _nothing_there(opened: Opened) -> str:
    """What is said of a vault without pages of ours."""
    if opened.settings.vault.mirror:
        return "no mirror lists an item, and no page has a block"
    return "no page has a block yet; `taiga-notes demo` shows pages that have"


class DiffReport(Report):
    """Shows what would change as a unified diff."""

    def tell(self, outcome: PageOutcome) -> None:
        """See `Report.tell`."""
        from difflib import unified_diff  # noqa: PLC0415

        names = (f"a/{outcome.page}", f"b/{outcome.page}")
        before, after = _lines(outcome.before), _lines(outcome.after)
        output.diff_lines(unified_diff(before, after, *names, lineterm=""))
        self.complain(outcome)


class VerboseReport(Report):
    """Tells of pages that are as they were, too, and what Taiga was asked."""

    def tell(self, outcome: PageOutcome) -> None:
        """See `Report.tell`."""
        if not outcome.changed:
            output.say(f"unchanged: {self.shown(outcome.page)}")
        super().tell(outcome)

    def end(self, opened: Opened) -> None:
        """See `Report.end`."""
        self._progress.end()
        for request in opened.latest_requests:
            output.say(f"asked: {request}")
        super().end(opened)


class GithubReport(Report):
    """Annotations for GitHub: what is wrong, what is doubtful, and what would change."""

    def tell(self, outcome: PageOutcome) -> None:
        """See `Report.tell`."""
        for each in self._findings(outcome):
            output.say(each.annotation())

    def _findings(self, outcome: PageOutcome) -> Iterator[Finding]:
        from taiga_notes.cli.findings import Finding  # noqa: PLC0415  (for GitHub only)

        page = self.shown(outcome.page)
        if outcome.changed:
            yield Finding(page, 0, 0, "notice", "", self.verb)
        for problem in self.untold(outcome):
            yield Finding.of(problem.error, page, problem.line, problem.column)
        told = [(line, waits(count)) for line, count in outcome.waiting]
        for line, message in [*told, *outcome.warnings]:
            yield Finding(page, line, 0, "warning", "", message)


class JsonReport(Report):
    """One object for JSON, at the end.

    Args:
        verb: see `Report`.
        passed_by: see `Report`.
        put: gets the object.
    """

    def __init__(
        self, verb: str, passed_by: Sequence[str], put: Callable[[dict[str, object]], None]
    ) -> None:
        super().__init__(verb, passed_by)
        self._put = put
        self._pages: list[dict[str, object]] = []

    def tell(self, outcome: PageOutcome) -> None:
        """See `Report.tell`."""
        self._pages.append(
            {
                "page": outcome.page,
                "changed": outcome.changed,
                "new": outcome.is_new,
                "blocks": outcome.blocks,
                "replaced": list(outcome.replaced),
                "rescued": list(outcome.rescued),
                "waiting": [{"line": line, "edits": count} for line, count in outcome.waiting],
                "problems": list(_problems(outcome.problems)),
                "warnings": [
                    {"line": line, "message": warning} for line, warning in outcome.warnings
                ],
            }
        )

    def end(self, opened: Opened) -> None:
        """See `Report.end`."""
        self._progress.end()
        state = opened.state
        document = {
            "pages": self._pages,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "waiting": self.waiting,
            "templates": self.templates,
            "passed_by": [*self.passed_by],
            "overlooked": [
                {"page": page, "line": each.line, "what": each.what.value, "hint": each.hint}
                for page, each in self.overlooked
            ],
            "problems": len(self.errors),
            "as_of": state.as_of.isoformat() if state and state.as_of else None,
            "trouble": (state.trouble or None) if state else None,
        }
        self._put(document)


def _topic(error: TaigaNotesError) -> str:
    """What is said once, however many blocks it befalls; empty for what concerns one block."""
    if isinstance(error, LoginError):
        return "login"
    return str(error) if isinstance(error, SourceError) else ""


def _lines(text: str) -> list[str]:
    # Not splitlines: for diff and git a line ends at LF only.
    *lines, last = text.split("\n")
    return [*lines, f"{last}\n\\ No newline at end of file"] if last else lines


def _problems(problems: Iterable[Problem]) -> Iterable[dict[str, object]]:
    for problem in problems:
        error = problem.error
        yield {
            "line": problem.line,
            "column": problem.column or None,
            "kind": type(error).__name__,
            "message": error.message,
            "hint": error.hint,
        }
