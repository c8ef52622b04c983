"""Turn SilverBullet's live Taiga queries and taiga fences into blocks that are kept in place.

How pages are found, turned, written and listed is the same for `unbake`, `freeze`, `thaw` and
`eject`: `migrate`.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from taiga_notes.bake.baking import Baked, bake, objection
from taiga_notes.cli import opening, output, status_of
from taiga_notes.errors import BlockError, PageGoneError, TaigaNotesError, WriteError
from taiga_notes.markdown.text import inert
from taiga_notes.model.invented_lists import Invented
from taiga_notes.page.front_matter import is_template, page_data, read_front_matter
from taiga_notes.page.splice import check_lines
from taiga_notes.query import QueryClock, Scope
from taiga_notes.system import clock
from taiga_notes.vault.writer import PageFile, transform

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Mapping, Sequence

    from taiga_notes.bake.live import Check
    from taiga_notes.config.settings import Settings
    from taiga_notes.page.block_finder import Form
    from taiga_notes.page.commonmark import Dialect
    from taiga_notes.render import Templates
    from taiga_notes.vault.vault import Vault

    Turn = Callable[[PageFile], Baked]

    Turner = Callable[[Vault, Settings], Turn]


def run(args: Namespace) -> int:
    """Bakes; `taiga-notes render` then fills the blocks."""

    def turner(vault: Vault, settings: Settings) -> Turn:
        return partial(_turned, settings, vault.dialect)

    return migrate(args, _holds, turner)


def _holds(data: bytes) -> bool:
    return b"${" in data or b"taiga" in data


def _turned(settings: Settings, dialect: Dialect, page: PageFile) -> Baked:
    check = partial(_objection, settings, page)
    return bake(page.text, page=page.name, check=check, dialect=dialect)


def _objection(settings: Settings, page: PageFile, query: str, form: Form) -> str:
    """What is wrong with a query as `render` would evaluate it on that page; empty if nothing.

    Raises:
        BlockError: the page's front matter is wrong.
    """
    templates = opening.templates(settings)
    data = page_data(page.name, read_front_matter(page.text, page.name).values)
    times = QueryClock(clock.now(settings.vault.zone), settings.vault.dates)
    return objection_by(templates, times, data, settings.vault.presets)(query, form)


def objection_by(
    templates: Templates,
    times: QueryClock,
    page: Mapping[str, object],
    presets: Mapping[str, str],
) -> Check:
    """What tells what is wrong with a query as `render` would evaluate it.

    Args:
        templates: those that it may name.
        times: today, and the zone of moments.
        page: what a query sees of the page.
        presets: those of the vault.
    """
    from taiga_notes.render.answers import shown  # noqa: PLC0415  (Jinja: few pages are live)

    scope = Scope(
        source=Invented(),
        clock=times,
        project="acme",
        page=page,
        presets=presets,
        render=partial(templates.render, page=page),
        inert=inert,
        uses=templates.uses,
    )

    def check(query: str, form: Form) -> str:
        return objection(
            query, scope, lambda found: check_lines(form, shown(found, form, templates, page))
        )

    return check


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    opening.add_quiet_argument(parser)
    opening.add_paths_arguments(parser)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; tell what would change"
    )


def migrate(
    args: Namespace, holds: Callable[[bytes], bool], turner: Turner, done: str = "turned"
) -> int:
    """Turns pages, and lists what was turned and what was not, with the reason.

    Args:
        args: see `add_arguments`.
        holds: whether a page's bytes may hold something to turn.
        turner: gives what turns the pages of a vault, by its settings.
        done: what is said of a page and how many of its places were changed.

    Returns:
        The exit status: 3 if something was left as it is.
    """
    run = partial(_migrated, args, holds, turner, done)
    return opening.each_vault(args.paths, lambda paths, _: run(paths))


def _migrated(
    args: Namespace,
    holds: Callable[[bytes], bool],
    turner: Turner,
    done: str,
    paths: Sequence[str],
) -> int:
    settings = opening.settings(Path(paths[0] if paths else "."))
    opening.demand_vault(settings)
    vault = opening.vault(settings, excludes=not args.no_exclude)
    chosen = vault.chosen(paths)
    for reason in chosen.passed_by:
        output.complain(f"passed by: {reason}")
    found = vault.search(holds, chosen.names)
    templates = {name for name in found.pages if vault.is_template(name)}
    turn = _sparing(turner(vault, settings), None if args.no_exclude else templates)
    errors: list[TaigaNotesError] = list(found.problems)
    for problem in found.problems:
        output.problem(problem, vault.shown(problem.page))
    changed = left = 0
    with opening.writing(args, vault) as writer:
        for name in found.pages:
            if name in templates:
                continue
            try:
                _, baked = transform(
                    name, vault.read, turn, lambda page, made: writer.replace(page, made.text, ())
                )
            except PageGoneError:
                continue
            except (BlockError, WriteError) as error:
                line = f":{error.line}" if isinstance(error, BlockError) else ""
                output.problem(error, f"{vault.shown(name)}{line}")
                errors.append(error)
                continue
            changed += _told(vault.shown(name), baked, done)
            left += len(baked.left)
    output.passed_by([*map(vault.shown, sorted(templates))])
    verb = "would change" if args.check else "changed"
    output.say(f"{output.count(changed, 'page')} {verb}, {output.count(left, 'place')} left alone")
    return status_of(errors) or (3 if left else int(bool(args.check and changed)))


def _sparing(turn: Turn, templates: set[str] | None) -> Turn:
    """The same turn, for pages that are ours alone; others stay as they are.

    Args:
        turn: gives a page's new text.
        templates: gets the names of pages that are templates; None where those are ours as well.
    """

    def sparing(page: PageFile) -> Baked:
        if templates is not None and is_template(page.text):
            templates.add(page.name)
            return Baked(page.text, 0, ())
        matter = read_front_matter(page.text, page.name)
        if templates is not None and matter.is_template:
            templates.add(page.name)
        elif matter.managed:
            return turn(page)
        return Baked(page.text, 0, ())

    return sparing


def _told(name: str, baked: Baked, done: str) -> bool:
    if baked.count:
        output.say(f"{name}: {baked.count} {done}")
    for place in baked.left:
        output.complain(f"{name}:{place.line}: left alone: {place.reason}")
    return baked.count > 0
