"""Make the page of one item, or tell where it is.

REF is an item's number (12, us/12, task/40, issue/51, epic/1), with its project where that is not
the vault's own (acme#12), or the address of its page in Taiga. Folder, name, template and keys of
the page are those of the vault's first mirror, where it has one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from taiga_notes.cli import opening, output, status_of
from taiga_notes.config.mirror_settings import Mirror
from taiga_notes.errors import ConfigError, SourceError
from taiga_notes.model.item_key import is_slug
from taiga_notes.model.kinds import KINDS
from taiga_notes.refresh.mirroring import planned
from taiga_notes.refresh.refresh import new_page

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

    from taiga_notes.config.settings import Settings
    from taiga_notes.errors import TaigaNotesError
    from taiga_notes.refresh.compose import RenderContext
    from taiga_notes.refresh.mirroring import ItemPage

FOLDERS: Final = {kind.web[0]: kind.name for kind in KINDS.values() if "ref" in kind.fields}
"""What the web front calls items in addresses, and the lists that they are in."""

_REF = re.compile(
    rf"(?:(?P<project>[\w-]+)#|#)?(?:(?P<kind>{'|'.join(FOLDERS)})/)?#?(?P<ref>\d{{1,9}})"
)
_ADDRESS = re.compile(
    rf"(?P<web>https?://.+?)/project/(?P<project>[\w-]+)/(?P<kind>{'|'.join(FOLDERS)})/(?P<ref>\d{{1,9}})"
    r"/?(?:[?#].*)?"
)


@dataclass(frozen=True, slots=True)
class ItemReference:
    """An item as a person names it.

    Attributes:
        ref: the number that people see.
        project: its project's slug; empty for the vault's own.
        kinds: the lists in which it may be.
    """

    ref: int
    project: str
    kinds: tuple[str, ...]


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    parser.add_argument("ref", metavar="REF", help="12, us/12, acme#12 or its address in Taiga")
    parser.add_argument("--folder", metavar="NAME", help="the folder in the vault")
    parser.add_argument("--template", metavar="TEMPLATE", help="the template of the block in it")
    parser.add_argument("--check", action="store_true", help="write nothing; tell what would be")
    opening.add_source_arguments(parser)


def run(args: Namespace) -> int:
    """Makes the page.

    Raises:
        ConfigError: REF is none, or the vault has no such item.
        SourceError: Taiga can't be asked.
        WriteError: another process is writing the vault.
    """
    found = opening.settings(opening.path(args.vault), args.server)
    opening.demand_vault(found)
    wanted = reference(args.ref, found)
    vault = opening.vault(found)
    with opening.opened(args, found) as opened, opening.writing_at_need(args, vault) as writer:
        context = opened.render_context()
        page = _page(wanted, _mirror(args, found), context, found)
        outcome = new_page(vault, page, lambda: context, writer)
        opened.report_age()
    for problem in outcome.problems:
        output.problem(problem.error)
    if not outcome.problems:
        output.say(outcome.page if outcome.changed else f"{outcome.page} (it was there already)")
    return status_of(problem.error for problem in outcome.problems)


def reference(text: str, found: Settings) -> ItemReference:
    """The item that a text names.

    Raises:
        ConfigError: it names none, or is an address elsewhere.
    """
    named = _ADDRESS.fullmatch(text)
    if named and named["web"].rstrip("/") != found.web.rstrip("/"):
        raise ConfigError(
            f"{text!a} is not at {found.web}", hint="`--server NAME` names another one of yours"
        )
    named = named or _REF.fullmatch(text)
    if named is None:
        raise ConfigError(f"{text!a} names no item", hint="write 12, us/12, acme#12 or its address")
    kinds = (FOLDERS[named["kind"]],) if named["kind"] else tuple(FOLDERS.values())
    return ItemReference(int(named["ref"]), named["project"] or "", kinds)


def _mirror(args: Namespace, found: Settings) -> Mirror:
    """How the page is to be, of which the query is not said yet."""
    usual = next(iter(found.vault.mirror), Mirror(1, "", "."))
    return replace(
        usual, folder=args.folder or usual.folder, template=args.template or usual.template
    )


def _page(
    wanted: ItemReference, mirror: Mirror, context: RenderContext, found: Settings
) -> ItemPage:
    """What the page is to be.

    Raises:
        ConfigError: there is no such item.
        TaigaNotesError: it can't be looked for.
    """
    refused: SourceError | None = None
    for query in _queries(wanted):
        plan = planned([replace(mirror, query=query)], context)
        for page in plan.pages.values():
            return page if _is_mirrored(page, context, found) else page.alone
        for _, error in plan.problems:
            if not isinstance(error, SourceError):
                return _of_another_kind(query, mirror, context, found, error)
            if len(wanted.kinds) == 1:
                raise error
            refused = error
    if refused:
        raise refused
    raise ConfigError(
        f"there is no item {wanted.ref} that you see"
        + (f" in {wanted.project}" if wanted.project else "")
    )


def _of_another_kind(
    query: str, mirror: Mirror, context: RenderContext, found: Settings, error: TaigaNotesError
) -> ItemPage:
    """What the page is to be of an item that a mirror's keys do not fit, since it is none of its.

    Raises:
        TaigaNotesError: it is one of the mirror's, or something else is wrong.
    """
    for page in planned([replace(mirror, query=query, keys=None)], context).pages.values():
        if not _is_mirrored(page, context, found):
            return page.alone
    raise error


def _is_mirrored(page: ItemPage, context: RenderContext, found: Settings) -> bool:
    # Whatever may be wrong with its keys: that is not what tells.
    mirrors = [replace(each, keys=None) for each in found.vault.mirror]
    return page.key.known_by in planned(mirrors, context).pages


def _queries(wanted: ItemReference) -> Iterator[str]:
    """Queries for the item, the likeliest first; archived stories are in a list of their own."""
    own = f"project='{wanted.project}'" if is_slug(wanted.project) else ""
    for kind in wanted.kinds:
        yield f"from {kind}{{{own}}} where ref == {wanted.ref}"
    if "userstories" in wanted.kinds:
        more = ", ".join(filter(None, (own, "status__is_archived=true")))
        yield f"from userstories{{{more}}} where ref == {wanted.ref}"
