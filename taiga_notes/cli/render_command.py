"""Refresh the blocks of pages, in place: all of the vault's, or those named."""

from __future__ import annotations

import math
import os
from contextlib import closing
from functools import partial

from taiga_notes.cli import opening, status_of
from taiga_notes.cli.report import Report
from taiga_notes.refresh.fingerprint import asker, deciding_files, run_words, stamps
from taiga_notes.refresh.page_cache import NOTHING_SAID, KnownAnswers, KnownStore, PageCache
from taiga_notes.refresh.refresh import refresh
from taiga_notes.system import clock
from taiga_notes.system.paths import user_state, vault_home, vault_root
from taiga_notes.vault.vault import Vault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Sequence

    from taiga_notes.config.settings import OnEdit
    from taiga_notes.refresh.compose import RenderContext
    from taiga_notes.refresh.fingerprint import Deciding


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    opening.add_paths_arguments(parser)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; tell what would change"
    )
    parser.add_argument("--diff", action="store_true", help="write nothing; show what would change")
    parser.add_argument(
        "--force",
        action="store_true",
        help="overwrite text edited by hand, also what is not pushed yet",
    )
    parser.add_argument(
        "--adopt",
        action="store_true",
        help="replace text of which it can't be told whether SilverBullet or a person wrote it",
    )
    add_report_arguments(parser)
    opening.add_rows_arguments(parser)


def add_report_arguments(parser: ArgumentParser) -> None:
    """How much is told, and in which form."""
    opening.add_quiet_argument(parser)
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="also tell what is unchanged, and was asked"
    )
    opening.add_format_argument(parser)
    parser.add_argument(
        "--json",
        action="store_const",
        const="json",
        dest="output_format",
        help="short for --output-format json",
    )


def run(args: Namespace) -> int:
    """Renders, and reports page by page, one vault after another."""
    return opening.each_vault(args.paths, partial(refreshed, args))


def refreshed(
    args: Namespace,
    paths: Sequence[str],
    put: Callable[[dict[str, object]], None],
    takes: Callable[[str], bool] = lambda _item: True,
    most_new: int | None = None,
) -> int:
    """Refreshes pages of one vault.

    Args:
        args: see `add_arguments`.
        paths: the pages and folders; none for the whole vault.
        put: gets what is told to machines.
        takes: see `refresh`.
        most_new: how many new pages the vault's mirrors may make; None for the usual number.

    Raises:
        ConfigError: there is no vault, or a path is outside of it.
        SourceError: the snapshot is none.
        WriteError: another process is writing the vault.
    """
    root, _ = vault_root(paths[0] if paths else ".")
    opened, cache = _opened(args, paths[0] if paths else ".")
    vault = _vault(args, root, cache, opened)
    chosen = vault.chosen(paths)

    with (
        Report.of(args, chosen.passed_by, vault.shown, partial(_tell, put, vault.root)) as report,
        closing(opened),
        opening.writing_at_need(args, vault) as writer,
    ):
        for outcome in refresh(
            vault,
            chosen.names,
            partial(_context, args, opened, most_new),
            writer,
            cache,
            mirrors=lambda: opened.settings.vault.mirror,
            takes=takes,
        ):
            report.add(outcome)
        report.end(opened)
    cache.save(partial(_deciding, args, root, opened), *_known(args, opened))
    status = max(status_of(report.errors), opened.status)
    return status or int(bool(args.check and (report.changed or report.waiting)))


def _tell(
    put: Callable[[dict[str, object]], None], vault: str, document: dict[str, object]
) -> None:
    put({"vault": vault, **document})


def _context(args: Namespace, opened: opening.Opened, most_new: int | None) -> RenderContext:
    on_edit: OnEdit | None = "overwrite" if args.force else None
    return opened.render_context(on_edit, adopt=args.adopt, force=args.force, most_new=most_new)


def _opened(args: Namespace, start: str) -> tuple[opening.Opened, PageCache]:
    """Where rows come from, and what is remembered of the vault that `start` is in.

    Raises:
        ConfigError: there is no home folder to look in.
    """
    opened = opening.Opened(args, lambda: opening.settings(opening.path(start), args.server))
    cache = _page_cache(args, start, opened)
    told = [cache.age, "offline" if cache.trusts and args.offline else ""]
    opened.known_age = ", ".join(filter(None, told))
    return opened, cache


def _vault(args: Namespace, root: str, cache: PageCache, opened: opening.Opened) -> Vault:
    exclude = cache.exclude if cache.holds else _exclude(args, opened)
    return Vault(
        root,
        state=user_state(os.environ),
        exclude=None if args.no_exclude else exclude,
        quiet=lambda: opened.settings.vault.watch.quiet,
    )


def _page_cache(args: Namespace, start: str, opened: opening.Opened) -> PageCache:
    """What is remembered of the vault that `start` is in.

    Raises:
        ConfigError: there is no home folder to look in.
    """
    root, file = vault_root(start)
    options = (
        os.path.realpath(file) if file else "",
        os.path.realpath(args.snapshot) if args.snapshot else "",
        args.project or "",
        args.server,
    )
    begun = clock.seconds()
    now: float | None = begun
    if args.output_format == "json":
        now = math.inf  # machines are told the age of the rows in more ways than one
    elif args.offline:
        now = None
    elif args.full:
        now = math.inf
    home = vault_home(user_state(os.environ), os.path.realpath(root))
    is_usual = not (args.snapshot or args.project or args.server)
    return PageCache(
        os.path.join(home, "pages"),
        lambda zone: run_words(zone, begun, os.environ, *options),
        lambda: opened.source,
        now=now,
        watch=os.path.join(home, "watch.json") if is_usual else "",
        asker=lambda: asker(os.environ, opening.logins()),
        asks=opened.is_answered_so if now == begun and not args.snapshot else None,
    )


def _deciding(args: Namespace, root: str, opened: opening.Opened) -> Deciding:
    """What decides what the pages hold."""
    files = deciding_files(opened.settings, os.path.realpath(root), args.snapshot)
    own = opened.settings.vault
    return [*files], own.exclude, own.timezone


def _exclude(args: Namespace, opened: opening.Opened) -> Sequence[str]:
    """The vault's exclusions; whatever is wrong with settings or snapshot is told.

    Raises:
        ConfigError: there is no vault, or its settings are wrong.
        SourceError: the snapshot is none.
    """
    if not args.snapshot:
        opening.demand_vault(opened.settings)
    _ = opened.snapshot
    return opened.settings.vault.exclude


def _known(
    args: Namespace, opened: opening.Opened
) -> tuple[KnownStore | None, KnownAnswers | None]:
    return _known_store(args, opened), _known_answers(opened)


def _known_store(args: Namespace, opened: opening.Opened) -> KnownStore | None:
    """Taiga's store, if the run took rows from it, and another one may without asking.

    Trouble is to be told each time, so then there is nothing to rely on.
    """
    state = opened.state
    if state is None or state.as_of is None or state.notes or state.detail:
        return None
    # Settings are read by now: Taiga was opened.
    if [*opened.servers.opened] != [""]:
        # Of several stores none alone tells whether something is new.
        return None
    file, max_age = opened.taiga.file, opened.max_age
    if file is None or not (args.offline or max_age):
        return None
    since = state.as_of.timestamp()
    files = stamps((str(file), f"{file}-wal", *opening.logins()))
    return KnownStore(files, state.written, since, since + max_age)


def _known_answers(opened: opening.Opened) -> KnownAnswers | None:
    """What Taiga answered, if it may be asked just so once more; None where nobody was asked."""
    state = opened.state
    if state is None:
        return None
    answers, span = opened.known_answers
    if not answers or state.as_of is None or state.notes or state.detail:
        return NOTHING_SAID
    since = state.as_of.timestamp()
    return KnownAnswers(stamps(opening.logins()), answers, since, since + span)
