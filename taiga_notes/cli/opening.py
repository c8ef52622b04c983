"""What a command works with: settings, vault, templates and a source of rows, from its arguments.

Everything heavy is imported where it is first needed, so that a command costs what it uses.
"""

from __future__ import annotations

import os
import time
from contextlib import ExitStack, contextmanager, suppress
from functools import cache, cached_property

from taiga_notes.cli import output, status_of
from taiga_notes.errors import ConfigError, TaigaNotesError
from taiga_notes.system import clock
from taiga_notes.system.paths import user_folders, user_state, vault_root

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from taiga_notes.config.settings import OnEdit, Settings
    from taiga_notes.model.field_use import FieldUse
    from taiga_notes.model.rows import Projects, Row, Rows, Source
    from taiga_notes.query import Answer, Scope
    from taiga_notes.refresh.compose import RenderContext
    from taiga_notes.refresh.refresh import PageWriter
    from taiga_notes.render import Templates
    from taiga_notes.taiga.http.requests import FreshAnswers, KnownAnswer
    from taiga_notes.taiga.servers import Servers
    from taiga_notes.taiga.snapshot import Snapshot
    from taiga_notes.taiga.source import Taiga
    from taiga_notes.taiga.store_report import State
    from taiga_notes.vault.vault import Vault


def path(text: str) -> Path:
    """A path that was given as an argument."""
    from pathlib import Path  # noqa: PLC0415

    return Path(text)


def is_file(text: str) -> bool:
    """Whether there is such a file; what is too long for a path is none."""
    return os.path.isfile(text)  # noqa: PTH113  (pathlib raises)


def is_folder(text: str) -> bool:
    """Whether there is such a folder."""
    return os.path.isdir(text)  # noqa: PTH112  (as above)


def page_and_line(text: str) -> tuple[str, int | None] | None:
    """A file that was given, and its line if it was `FILE:LINE`; None for anything else."""
    name, colon, line = text.rpartition(":")
    if is_file(text):
        return text, None
    if colon and line.isdecimal() and is_file(name):
        return name, int(line)
    return None


def folder(text: str) -> Path:
    """A folder that was given as an argument, and is there."""
    from argparse import ArgumentTypeError  # noqa: PLC0415

    if not is_folder(text):
        raise ArgumentTypeError(f"there is no folder {text!r}")
    return path(text)


def add_vault_argument(parser: ArgumentParser) -> None:
    """`--vault`, for commands that take no paths."""
    parser.add_argument(
        "--vault", metavar="DIR", type=folder, default=".", help="default: this folder's vault"
    )


def add_server_argument(parser: ArgumentParser) -> None:
    """`--server`, for commands that speak of one."""
    parser.add_argument(
        "--server", metavar="NAME", default="", help="one of [servers.NAME] in your configuration"
    )


def add_project_arguments(parser: ArgumentParser) -> None:
    """Whose rows, and of which project."""
    parser.add_argument("--snapshot", metavar="FILE", help="read rows from this file")
    parser.add_argument(
        "--project", metavar="SLUG", help="whose rows bare sources list; * for all yours"
    )
    add_server_argument(parser)


def add_rows_arguments(parser: ArgumentParser) -> None:
    """Where rows come from."""
    add_project_arguments(parser)
    parser.add_argument("--offline", action="store_true", help="ask nobody: use what is stored")
    parser.add_argument("--full", action="store_true", help="read every list whole")


def add_source_arguments(parser: ArgumentParser) -> None:
    """The vault, and where rows come from."""
    add_vault_argument(parser)
    add_rows_arguments(parser)


def logins() -> list[str]:
    """The files of sessions: who logs in anew may be told other things by Taiga."""
    from taiga_notes.refresh.fingerprint import listed  # noqa: PLC0415

    return [*listed(f"{user_state(os.environ)}/login", ".json")]


def settings(start: Path, server: str = "") -> Settings:
    """The settings for what lies at `start`.

    Args:
        start: a page or a folder.
        server: which of the user's servers is the usual one.

    Raises:
        ConfigError: a configuration file or variable is wrong, or there is no such server.
    """
    from taiga_notes.config.loading import load  # noqa: PLC0415

    return load(start, os.environ, server)


def at_each_server(found: Settings, server: str) -> Iterator[Settings]:
    """The settings at each of the user's servers, the usual one first.

    Args:
        found: the settings of that one.
        server: the one that was asked for, which is the only one then.
    """
    yield found
    if not server:
        yield from map(found.switched, found.user.servers)


def templates(found: Settings) -> Templates:
    """The vault's templates, before the built-in ones; on this day, and of no project."""
    from taiga_notes.model.calendar import Calendar  # noqa: PLC0415
    from taiga_notes.render import Templates, builtin_folder  # noqa: PLC0415

    own = found.vault
    today = clock.now(own.zone).date()
    return Templates([own.templates, builtin_folder()], own.dates).dated(Calendar(today))


def add_paths_arguments(parser: ArgumentParser) -> None:
    """Which pages, for commands that rewrite them."""
    parser.add_argument("paths", nargs="*", metavar="PATH", help="pages and folders")
    parser.add_argument(
        "--no-exclude",
        action="store_true",
        help="also what is excluded, a template or, if named, hidden or a copy",
    )


def add_quiet_argument(parser: ArgumentParser) -> None:
    """`--quiet`, for commands that print what they did, and on standard error what is wrong."""
    parser.add_argument(
        "-q", "--quiet", action="store_true", dest="hushed", help="tell only what is wrong"
    )


def add_format_argument(parser: ArgumentParser) -> None:
    """`--output-format`, for commands that tell what is wrong, line by line."""
    parser.add_argument(
        "--output-format",
        choices=("text", "json", "github"),
        default="text",
        help="lines for people (text), one JSON object, or annotations of GitHub's",
    )


def by_vault(paths: Sequence[str]) -> list[list[str]]:
    """Paths together with those of the same vault; it is told where that is one in this vault."""
    here, file = vault_root(".")
    inside = os.path.realpath(here) + os.sep
    vaults: dict[str, list[str]] = {}
    for each in paths:
        found, own = vault_root(each)
        root = os.path.realpath(found)
        if root not in vaults and file and own and root.startswith(inside):
            output.complain(f"{found} is a vault of its own: its settings count for what is in it")
        vaults.setdefault(root, []).append(each)
    return [*vaults.values()] or [[]]


def each_vault(
    paths: Sequence[str],
    run: Callable[[Sequence[str], Callable[[dict[str, object]], None]], int],
) -> int:
    """Does something to the paths of each vault, one vault after another.

    Args:
        paths: see `by_vault`.
        run: does it, and returns the exit status; what ends it is told, and spares other vaults.
            It is also given what takes what there is to tell machines: all of that is said as one
            JSON object at the end.

    Returns:
        The highest exit status.
    """
    told: list[dict[str, object]] = []
    status = 0
    for own in by_vault(paths):
        try:
            status = max(status, run(own, told.append))
        except TaigaNotesError as error:
            output.problem(error)
            status = max(status, status_of([error]))
    if told:
        output.say_json(told[0] if len(told) == 1 else {"vaults": [*told]})
    return status


def vault(found: Settings, *, excludes: bool = True) -> Vault:
    """The vault's pages.

    Args:
        found: the settings.
        excludes: whether exclusions count.

    Raises:
        ConfigError: the exclusions are wrong.
    """
    from taiga_notes.vault.vault import Vault  # noqa: PLC0415

    own, state = found.vault, user_folders(os.environ).state
    exclude = own.exclude if excludes else None
    return Vault(own.root, state=state, exclude=exclude, quiet=lambda: own.watch.quiet)


class Waiting:
    """What waits to be pushed in a vault, and of what it is not known whether it arrived.

    Attributes:
        vault: whose pages these are.
        edits: page, line of the block, and how many.
        unsettled: page, line and subject of requests that a push left open.
    """

    def __init__(
        self,
        vault: Vault,
        edits: Sequence[tuple[str, int, int]],
        unsettled: Sequence[tuple[str, int, str]],
    ) -> None:
        self.vault = vault
        self.edits = edits
        self.unsettled = unsettled

    def lines(self) -> Iterator[str]:
        """A line for each."""
        from taiga_notes.refresh.refresh import waits  # noqa: PLC0415

        for page, line, count in self.edits:
            yield f"{self.vault.shown(page)}:{line}: {waits(count)}"
        for page, line, subject in self.unsettled:
            yield (
                f"{self.vault.shown(page)}:{line}: whether a push changed {subject!r} is not known:"
                " the next one looks"
            )

    def data(self) -> dict[str, object]:
        """The same for machines."""
        names = ("page", "line", "edits"), ("page", "line", "subject")
        return {
            "waiting": [dict(zip(names[0], each, strict=True)) for each in self.edits],
            "unsettled": [dict(zip(names[1], each, strict=True)) for each in self.unsettled],
        }


def waiting(found: Settings) -> Waiting:
    """What waits to be pushed in the vault; asks nobody. Pages that can't be read are left out.

    Raises:
        ConfigError: the state folder can't be used.
    """
    from taiga_notes.errors import BlockError, WriteError  # noqa: PLC0415
    from taiga_notes.push.base_shelf import BaseShelf  # noqa: PLC0415
    from taiga_notes.push.plan import waiting as waiting_in  # noqa: PLC0415
    from taiga_notes.push.plan import waiting_pages  # noqa: PLC0415
    from taiga_notes.push.push_journal import PushJournal  # noqa: PLC0415

    own = vault(found)
    edits: list[tuple[str, int, int]] = []
    for name in waiting_pages(own) if found.vault.file else ():
        with suppress(BlockError, WriteError):
            blocks = waiting_in(own, name, BaseShelf(own.home), found.web).blocks
            edits += ((name, each.block.line, each.sendable) for each in blocks if each.sendable)
    left = [entry.request for entry in PushJournal(own.home).open()]
    return Waiting(own, edits, [(each.page, each.line, each.subject) for each in left])


def demand_vault(found: Settings) -> None:
    """Check that there is a vault to work on.

    Raises:
        ConfigError: there is no `taiga-notes.toml`.
    """
    if found.vault.file is None:
        raise ConfigError(
            f"there is no taiga-notes.toml in {found.vault.root} or above it",
            hint="`taiga-notes init` makes a folder a vault; `taiga-notes demo` needs none",
        )


@contextmanager
def writing(args: Namespace, found: Vault) -> Iterator[PageWriter]:
    """What takes pages' new texts: the vault's writer, or nobody where none are to be written.

    Args:
        args: with `check`, and perhaps `diff`.
        found: the vault.

    Raises:
        ConfigError: the state folder can't be used.
        WriteError: another process is writing the vault.
    """
    if args.check or getattr(args, "diff", False):
        from taiga_notes.refresh.refresh import Discard  # noqa: PLC0415

        yield Discard()
        return
    with found.writing() as writer:
        for problem in writer.problems:
            output.problem(problem)
        yield writer


@contextmanager
def writing_at_need(args: Namespace, found: Vault) -> Iterator[Callable[[], PageWriter]]:
    """Gives what `writing` does, to whoever has a page to render: who has none need not wait.

    What a killed run left is made whole before anything is read.

    Args:
        args: see `writing`.
        found: the vault.

    Raises:
        ConfigError: see `writing`; so for the next.
        WriteError: also when it is asked for.
    """
    with ExitStack() as stack:
        writer = stack.enter_context(writing(args, found)) if found.is_unfinished() else None
        yield lambda: writer or stack.enter_context(writing(args, found))


class Opened:
    """A source, and what goes with it; each is looked for by who asks first.

    Args:
        args: with those of `add_rows_arguments`.
        load: gives the settings.

    Attributes:
        known_age: how old Taiga's rows are, in words, where that is known without it.
    """

    def __init__(self, args: Namespace, load: Callable[[], Settings]) -> None:
        self._args = args
        self._load = load
        self.known_age = ""
        self._asked_again: Sequence[KnownAnswer] = ()
        self._fresh: FreshAnswers | None = None

    @cached_property
    def settings(self) -> Settings:
        """The settings."""
        return self._load()

    @property
    def project(self) -> Projects:
        """Whose rows bare sources list."""
        given = self._args.project
        named = int(given) if given and given.isdecimal() else given
        # The vault's is one of the usual server.
        return named or (None if self._args.server else self.settings.vault.project)

    @property
    def snapshot_file(self) -> Path | None:
        """The file that rows come from in place of a server: a flag's, else the vault's."""
        given = self._args.snapshot
        return path(given) if given else self.settings.vault.snapshot

    @cached_property
    def snapshot(self) -> Snapshot | None:
        """Where rows come from, where it is not Taiga."""
        file = self.snapshot_file
        if file is None:
            return None
        from taiga_notes.taiga.snapshot import Snapshot  # noqa: PLC0415

        return Snapshot.read(file)

    @cached_property
    def servers(self) -> Servers:
        """Taiga at each server, behind its store; opened by whoever asks first."""
        from taiga_notes.taiga.servers import Servers  # noqa: PLC0415

        return Servers(self.settings, self.connect)

    def connect(self, settings: Settings) -> Taiga:
        """Taiga as these settings have it, apart from all others; nothing is asked yet."""
        from taiga_notes.taiga.source import Taiga  # noqa: PLC0415

        own, args = user_folders(os.environ), self._args
        max_age = 0.0 if args.full else settings.user.max_age
        # They are nobody else's, at no other server.
        fresh = self._fresh if settings.user == self.settings.user else None
        return Taiga.open(
            settings, own, offline=args.offline, full=args.full, max_age=max_age, fresh=fresh
        )

    @property
    def taiga(self) -> Taiga:
        """Taiga at the usual server."""
        return self.servers.at("")

    @property
    def max_age(self) -> float:
        """Seconds for which rows are taken from the store without asking Taiga."""
        return 0.0 if self._args.full else self.settings.user.max_age

    @property
    def source(self) -> Source:
        """Where rows come from."""
        return self.servers if self.snapshot is None else self.snapshot

    @cached_property
    def templates(self) -> Templates:
        """See `templates`; they know the project's sprints."""
        from taiga_notes.model.calendar import Calendar  # noqa: PLC0415

        today = clock.now(self.settings.vault.zone).date()
        return templates(self.settings).dated(Calendar(today, self._sprints), self._notes)

    def _sprints(self) -> list[Row]:
        found: list[Row] = self.evaluate("milestones").value  # type: ignore[assignment]
        return found

    def render_context(
        self,
        on_edit: OnEdit | None = None,
        *,
        adopt: bool = False,
        force: bool = False,
        released: Collection[tuple[str, str, str]] = (),
        most_new: int | None = None,
    ) -> RenderContext:
        """What pages are rendered with; see there."""
        from taiga_notes.refresh.compose import MOST_NEW, RenderContext  # noqa: PLC0415

        own = self.settings.vault
        return RenderContext(
            source=self.source,
            templates=self.templates,
            now=clock.now(own.zone),
            dates=own.dates,
            project=self.project,
            template=own.template,
            presets=own.presets,
            on_edit=on_edit or own.on_edit,
            with_templates=getattr(self._args, "no_exclude", False),
            adopt=adopt,
            force=force,
            released=released,
            most_new=MOST_NEW if most_new is None else most_new,
        )

    def evaluate(self, expression: str) -> Answer:
        """The value of an expression that stands in no page."""
        from taiga_notes.query import evaluate  # noqa: PLC0415

        return evaluate(expression, self.scope())

    def scope(self) -> Scope:
        """What an expression can see that stands in no page."""
        from taiga_notes.markdown.places import settled_link  # noqa: PLC0415
        from taiga_notes.markdown.text import inert  # noqa: PLC0415
        from taiga_notes.query import QueryClock, Scope  # noqa: PLC0415

        own = self.settings.vault
        return Scope(
            source=self.source,
            clock=QueryClock(clock.now(own.zone), own.dates),
            project=self.project,
            presets=own.presets,
            render=self._rendered,
            cpu_time=time.thread_time,
            inert=inert,
            link=settled_link,
            notes=cache(self._notes),
            uses=self._used,
        )

    def markdown(self, answer: Answer, template: str | None) -> str:
        """The value as a page would hold it; `template` overrides the query's own."""
        from dataclasses import replace  # noqa: PLC0415

        from taiga_notes.render.answers import markdown  # noqa: PLC0415

        chosen = replace(answer, template=template, each=None) if template else answer
        return markdown(chosen, self.templates, {}, self.settings.vault.template)

    def rows(self, kind: str) -> Rows:
        """The project's list of that kind."""
        from taiga_notes.model.kinds import kind_of  # noqa: PLC0415
        from taiga_notes.model.rows import Listing  # noqa: PLC0415

        of_one = kind_of(kind).is_of_a_project
        return self.source.rows(Listing(kind, self.project if of_one else None))

    def _notes(self) -> Mapping[str, Sequence[str]]:
        """Links to the vault's pages that name items of the usual server."""
        from taiga_notes.refresh.refresh import item_pages  # noqa: PLC0415

        if self.settings.vault.file is None:
            return {}
        return item_pages(vault(self.settings)).links({self._args.server})

    def _used(self, name: str) -> FieldUse:
        return self.templates.uses(name)

    def _rendered(self, name: str, rows: Sequence[object]) -> str:
        return self.templates.render(name, rows)

    @property
    def state(self) -> State | None:
        """How fresh Taiga's rows are; None where it was not asked for any."""
        if "servers" not in vars(self) or not self.servers.opened:
            return None
        return self.servers.state

    @property
    def latest_requests(self) -> Iterator[str]:
        """The last requests to each server that was asked: `GET /userstories?project=1`."""
        if self.state is None and self._asked_again:
            from taiga_notes.taiga.http.known_answers import line_of  # noqa: PLC0415

            yield from (line_of(each, self.settings.user.api) for each in self._asked_again)
        for taiga in self.servers.opened.values() if "servers" in vars(self) else ():
            yield from taiga.requests[1]

    @property
    def known_answers(self) -> tuple[Sequence[KnownAnswer], float]:
        """What the usual server answered, if no other was asked; see `Taiga.known_answers`."""
        # Of several servers each would have to be asked, as who each of them knows.
        return self.taiga.known_answers if [*self.servers.opened] == [""] else ((), 0.0)

    def is_answered_so(self, known: Sequence[KnownAnswer]) -> bool:
        """Whether the usual server gives just these answers, now."""
        self._asked_again = known
        with suppress(TaigaNotesError):
            from taiga_notes.taiga.auth.credentials import credentials  # noqa: PLC0415
            from taiga_notes.taiga.http.known_answers import AskedAgain  # noqa: PLC0415

            user = self.settings.user
            again = AskedAgain(user, credentials(user, user_folders(os.environ).state))
            self._fresh = again.fresh
            return again.is_same(known)
        # Whatever it is, whoever asks in earnest tells of it.
        return False

    @property
    def age(self) -> str:
        """How old the rows are, where Taiga was not asked; else empty."""
        return str(self.state) if self.state else self.known_age

    @property
    def status(self) -> int:
        """The exit status that the source alone asks for."""
        if self.state is None:
            return 0
        from taiga_notes.taiga.store_report import OFFLINE  # noqa: PLC0415

        return 4 if self.state.trouble not in {"", OFFLINE} else 0

    def report_notes(self) -> None:
        """Tells of trouble with the store."""
        for note in self.state.notes if self.state else ():
            output.complain(note)

    def report_age(self) -> None:
        """Tells of rows that are not fresh, and why, where there is no summary that does."""
        self.report_notes()
        if self.state and self.state.as_of and self.age:
            detail = self.state.detail
            output.complain(f"{self.age} ({detail})" if detail else self.age)

    def close(self) -> None:
        """Lets go of network and store."""
        if "servers" in vars(self):
            self.servers.close()


@contextmanager
def opened(args: Namespace, found: Settings | None = None) -> Iterator[Opened]:
    """What the arguments name.

    Args:
        args: with those of `add_rows_arguments`.
        found: the settings, where they are loaded already; else those of `--vault`.

    Raises:
        ConfigError: a setting is wrong.
        SourceError: the snapshot is none.
    """
    found = found or settings(args.vault, args.server)
    one = Opened(args, lambda: found)
    try:
        # A file that is none is told of even if nothing is read from it.
        _ = one.snapshot
        yield one
    finally:
        one.close()
