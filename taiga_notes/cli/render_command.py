"""Refresh the blocks of pages, in place: all of the vault's, or those named."""

from __future__ import annotations

import os
from contextlib import closing

from taiga_notes.cli import opening, status_of
from taiga_notes.cli.recall import Recall
from taiga_notes.cli.report import Report
from taiga_notes.refresh.refresh import refresh
from taiga_notes.system.paths import user_state
from taiga_notes.vault.vault import Vault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Sequence

    from taiga_notes.config.settings import OnEdit


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    opening.add_paths_arguments(parser)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; tell what would change"
    )
    parser.add_argument("--diff", action="store_true", help="write nothing; show what would change")
    parser.add_argument("--force", action="store_true", help="overwrite text edited by hand")
    parser.add_argument(
        "--adopt",
        action="store_true",
        help="replace text of which it can't be told whether SilverBullet or a person wrote it",
    )
    parser.add_argument("--json", action="store_true", help="report as one JSON object")
    opening.add_rows_arguments(parser)


def run(args: Namespace) -> int:
    """Renders, and reports page by page, one vault after another."""
    told: list[dict[str, object]] = []
    status = opening.each_vault(args.paths, lambda paths: _run(args, paths, told.append))
    opening.tell_vaults(told)
    return status


def _run(args: Namespace, paths: Sequence[str], put: Callable[[dict[str, object]], None]) -> int:
    """Renders pages of one vault; `put` gets what is told to machines.

    Raises:
        ConfigError: there is no vault, or a path is outside of it.
        SourceError: the snapshot is none.
        WriteError: another process is writing the vault.
    """
    start = paths[0] if paths else "."
    opened = opening.Opened(args, lambda: opening.settings(opening.path(start)))
    recall = Recall(args, start, opened)
    vault = Vault(
        recall.root,
        state=user_state(os.environ),
        exclude=None if args.no_exclude else recall.exclude,
        quiet=lambda: opened.settings.vault.watch.quiet,
    )
    chosen = vault.chosen(paths)

    def tell(document: dict[str, object]) -> None:
        put({"vault": vault.root, **document})

    on_edit: OnEdit | None = "overwrite" if args.force else None
    with (
        Report.of(args, chosen.passed_by, tell) as report,
        closing(opened),
        opening.writing(args, vault) as writer,
    ):
        for outcome in refresh(
            vault,
            chosen.names,
            lambda: opened.means(on_edit, adopt=args.adopt),
            writer,
            recall.memory,
        ):
            report.add(outcome)
        report.end(opened)
    recall.save()
    status = max(status_of(report.errors), opened.status)
    return status or int(bool(args.check and report.changed))
