"""Send what was changed in blocks to Taiga: a plan first, and then, if you say so, row by row.

A block says in its clause `push done` (also status, assignee, sprint, due, blocked, new) what may
be changed in it. What can't be sent stays in the page, and is told with the reason.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from taiga_notes.cli import opening, output, status_of
from taiga_notes.cli.arguments import from_one
from taiga_notes.cli.push_report import data_of, tell_outcomes, tell_plan
from taiga_notes.errors import BlockError, ConfigError, SourceError
from taiga_notes.push.apply import Applied, Fate, apply, settle
from taiga_notes.push.plan import PushScope, plan_pages, plan_undo
from taiga_notes.push.push_journal import PushJournal
from taiga_notes.push.remote import Remote
from taiga_notes.refresh.refresh import refresh

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Iterable, Sequence

    from taiga_notes.cli.opening import Opened
    from taiga_notes.errors import TaigaNotesError
    from taiga_notes.push.plan import Plan
    from taiga_notes.vault.vault import Vault

    Put = Callable[[dict[str, object]], None]


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    opening.add_paths_arguments(parser)
    parser.add_argument("--dry-run", action="store_true", help="show the plan; send nothing")
    parser.add_argument("--yes", action="store_true", help="send without being asked")
    parser.add_argument(
        "--max",
        type=from_one,
        metavar="N",
        help="send up to N changes, where they are unusually many",
    )
    parser.add_argument("--undo", action="store_true", help="send the last push backwards")
    parser.add_argument("--json", action="store_true", help="report as one JSON object")


def run(args: Namespace) -> int:
    """Pushes, one vault after another."""
    # What is written anew behind a push is read anew as well, whatever `max_age` says: where Taiga
    # works with celery, the timeline does not tell of our own changes yet.
    args.snapshot, args.project, args.server = None, None, ""
    args.offline, args.full = False, True
    return opening.each_vault(args.paths, partial(_run, args))


def _run(args: Namespace, paths: Sequence[str], put: Put) -> int:
    """Pushes one vault.

    Raises:
        ConfigError: there is no vault, it is not trusted, or the plan is too large.
        SourceError: Taiga can't be reached.
        WriteError: another push of the vault is under way.
    """
    settings = opening.settings(opening.path(paths[0] if paths else "."))
    opening.demand_vault(settings)
    if settings.vault.snapshot:
        raise ConfigError(
            f"{settings.vault.file} says that rows come from {settings.vault.snapshot}, to which "
            "nothing can be pushed",
            hint="take `snapshot` out of it to work with the server",
        )
    vault = opening.vault(settings, excludes=not args.no_exclude)
    chosen = vault.chosen(paths)
    for reason in chosen.passed_by:
        output.complain(f"passed by: {reason}")
    with opening.opened(args, settings) as opened:
        plan = _planned(args, vault, chosen.names, opened)
        if args.dry_run:
            if args.json:
                put({"vault": vault.root, **data_of(plan)})
            return 1 if plan.changes else _status(plan, ())
        if plan.changes:
            plan.demand_few(args.max)
            if not _is_wanted(args, opened, plan):
                if args.json:
                    put({"vault": vault.root, **data_of(plan)})
                return 0 if sys.stdin.isatty() else 2
        applied = apply(plan)
        if not args.json:
            tell_outcomes(applied, vault.shown)
        problems = _rendered(vault, opened, applied, is_quiet=args.json)
        if args.json:
            put({"vault": vault.root, **data_of(plan, applied.outcomes)})
        return _status(plan, problems, applied)


def _planned(args: Namespace, vault: Vault, names: Sequence[str], opened: Opened) -> Plan:
    """The plan, once earlier pushes are settled; it is told to people."""
    remote = Remote(opened.taiga.client)
    scope = PushScope.of(vault, opened.settings)
    settle(PushJournal(vault.home), remote)
    plan = plan_undo(scope, remote) if args.undo else plan_pages(scope, names, remote)
    if not args.json:
        tell_plan(plan, vault.shown)
        if not args.undo and not plan.pushable:
            output.complain("no block says what may be pushed, as with `push done` at its end")
    return plan


def _is_wanted(args: Namespace, opened: Opened, plan: Plan) -> bool:
    """Whether the user, in a vault that they trust, says that the plan is to be carried out.

    Raises:
        ConfigError: nobody can be asked, and it was not said.
    """
    settings = opened.settings
    is_asked = sys.stdin.isatty() and not args.json
    if not settings.is_trusted:
        root = settings.vault.root
        if not is_asked:
            raise ConfigError(
                f"{root} is no vault that you trust, so that nothing in it is sent",
                hint=f'if it is yours: trust = ["{root}"] in {settings.user.file}',
            )
        if not _says_yes(f"{root} is no vault that you trust. Send its changes all the same?"):
            return False
        if args.yes:
            return True
    if args.yes:
        return True
    if not is_asked:
        output.complain("nothing is sent: without a terminal to ask at, say --yes")
        return False
    return _says_yes(f"Send {output.count(len(plan.changes), 'change')}?")


def _says_yes(question: str) -> bool:
    try:
        return input(output.safe(f"{question} [y/N] ")).strip().lower() in {"y", "yes"}
    except EOFError:
        return False


def _rendered(
    vault: Vault, opened: Opened, applied: Applied, *, is_quiet: bool
) -> list[TaigaNotesError]:
    """Writes the blocks anew of which all is in Taiga; gives what went wrong."""
    released = applied.released
    pages = {page for page, _, _ in released}
    pages |= {
        spot.page
        for outcome in applied.outcomes
        if outcome.fate is Fate.SENT
        for spot in outcome.step.spots
    }
    found = [page for page in sorted(pages) if Path(vault.path(page)).is_file()]
    if not found:
        return []
    context = opened.render_context(released=released)
    problems: list[TaigaNotesError] = []
    with vault.writing() as writer:
        mirrors = opened.settings.vault.mirror
        for outcome in refresh(
            vault, found, lambda: context, lambda: writer, mirrors=lambda: mirrors
        ):
            if outcome.changed and not is_quiet:
                output.say(f"changed: {vault.shown(outcome.page)}")
            for problem in outcome.problems:
                output.problem(problem.error, f"{vault.shown(outcome.page)}:{problem.line}")
                problems.append(problem.error)
    return problems


def _status(plan: Plan, problems: Iterable[TaigaNotesError], applied: Applied | None = None) -> int:
    """The exit status: what Taiga said, what was refused, what went wrong in pages."""
    errors = [*problems, *(error for _, _, error in plan.problems)]
    refusals = [refusal for refusal in plan.refusals if not refusal.is_missing]
    errors += (_refused(by_taiga=refusal.by_taiga) for refusal in refusals)
    for outcome in applied.outcomes if applied else ():
        if outcome.error is not None:
            errors.append(outcome.error)
        elif outcome.fate is Fate.REFUSED and outcome.step not in plan.refusals:
            errors.append(_refused(by_taiga=outcome.by_taiga))
    return status_of(errors)


def _refused(*, by_taiga: bool) -> TaigaNotesError:
    """What stands for a refusal in the status: Taiga's, or a mistake in a page."""
    return SourceError("refused") if by_taiga else BlockError("refused")
