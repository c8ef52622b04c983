"""Restore what the last run replaced; again, and it goes one run further back.

What was edited, moved or deleted since is passed by, and told once. `--list` shows all runs that
can be taken back, and what would happen to each page; nothing is written then.
"""

from __future__ import annotations

import os
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from taiga_notes.cli import opening, output, status_of
from taiga_notes.system.paths import user_folders, vault_home
from taiga_notes.watch.events import watching

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Sequence

    from taiga_notes.vault.undo import JournaledRun, Step, Undone


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    opening.add_quiet_argument(parser)
    text = "pages and folders, as they are or were called: for each, what was last done to it"
    parser.add_argument("paths", nargs="*", metavar="PATH", help=text)
    parser.add_argument("--list", action="store_true", help="write nothing; tell what would happen")
    parser.add_argument("--json", action="store_true", help="report as one JSON object")


def run(args: Namespace) -> int:
    """Restores pages, or lists what can be restored, one vault after another."""
    return opening.each_vault(args.paths, partial(_run, args))


def _run(args: Namespace, paths: Sequence[str], put: Callable[[dict[str, object]], None]) -> int:
    """Sees to pages of one vault; `put` gets what is told to machines.

    Raises:
        ConfigError: there is no such page, or the state folder can't be used.
        WriteError: another process is writing the vault.
    """
    vault = opening.vault(opening.settings(Path(paths[0] if paths else ".")))
    if args.list:
        runs = vault.planned_undo(paths)
        if args.json:
            put({"vault": vault.root, "runs": [*map(_run_data, runs)]})
        else:
            _list(runs, vault.shown)
        return 0
    outcomes = vault.undo(paths)
    home = vault_home(user_folders(os.environ).state, vault.root)
    status = watching(home) if any(each.problem is None for each in outcomes) else None
    watch = status.pid if status else None
    if args.json:
        put({"vault": vault.root, "pages": [*map(_page_data, outcomes)], "watch": watch})
    else:
        _tell(outcomes, watch, vault.shown)
    return status_of(outcome.problem for outcome in outcomes if outcome.problem)


def _tell(outcomes: Sequence[Undone], watch: int | None, shown: Callable[[str], str]) -> None:
    for outcome in outcomes:
        place, page = shown(outcome.place), shown(outcome.page)
        if outcome.problem:
            output.problem(outcome.problem, place)
        else:
            done = "removed" if outcome.removed else "restored"
            output.say(f"{done}: {place}" + ("" if place == page else f", which was {page}"))
    if not any(outcome.problem is None for outcome in outcomes):
        output.say("there is nothing to undo")
    if watch is not None:
        output.say(
            f"the vault is being watched (process {watch}): what is restored is left alone there"
            " until the page or Taiga changes"
        )


def _page_data(outcome: Undone) -> dict[str, object]:
    return {
        "page": outcome.place,
        "was": outcome.page,
        "restored": outcome.problem is None,
        "removed": outcome.problem is None and outcome.removed,
        "message": outcome.problem.message if outcome.problem else "",
    }


def _list(runs: Sequence[JournaledRun], shown: Callable[[str], str]) -> None:
    for run in runs:
        output.say(f"{datetime.fromisoformat(_at(run)):%Y-%m-%d %H:%M:%S}")
        for step in run.steps:
            output.say(f"  {_would(step, shown)}")
    if not runs:
        output.say("there is nothing to undo")


def _at(run: JournaledRun) -> str:
    return datetime.fromtimestamp(run.at).astimezone().isoformat(timespec="seconds")


def _would(step: Step, shown: Callable[[str], str]) -> str:
    place, page = shown(step.place), shown(step.page)
    if step.problem:
        return f"{place} {step.problem}"
    was = "" if place == page else f", which was {page},"
    would = "removed" if step.removes else "restored"
    done = f"would be {would}" if step.restores else "is as it was already"
    return f"{place}{was} {done}"


def _run_data(run: JournaledRun) -> dict[str, object]:
    pages = [
        {
            "page": step.place,
            "was": step.page,
            "restores": step.restores,
            "removes": step.removes,
            "message": step.problem.message if step.problem else "",
        }
        for step in run.steps
    ]
    return {"at": _at(run), "pages": pages}
