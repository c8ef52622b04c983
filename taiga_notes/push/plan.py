"""From edits to a plan: what would be sent, what is so already, what can't be, and why.

A plan reads, and sends nothing. `apply` goes through it row by row, and looks at each item again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING

from taiga_notes.errors import BlockError, ConfigError, PageGoneError, WriteError
from taiga_notes.model.kinds import NAMES, OF_A_SERVER, PROJECT_FILTERS, USERSTORIES
from taiga_notes.model.rows import EVERY_PROJECT
from taiga_notes.page.block_finder import CONFLICT, find_blocks
from taiga_notes.page.checksum import checksum, visible, words_of
from taiga_notes.page.conflict_resolution import resolved
from taiga_notes.page.front_matter import is_template, read_front_matter
from taiga_notes.page.markers import conflicts, has_marker
from taiga_notes.push.base import RenderedItem
from taiga_notes.push.base_shelf import BaseShelf
from taiga_notes.push.comparison import as_wanted, conflict_of, keeps, lost_note
from taiga_notes.push.edited_blocks import SENT_BEFORE, edited, pushed
from taiga_notes.push.edits import CellEdit, NewLine, Tick, Unsendable, key_of
from taiga_notes.push.new_items import new_item, titled
from taiga_notes.push.push_journal import PushJournal
from taiga_notes.push.pushable import BY_RAW, DONE, STATUS
from taiga_notes.push.steps import AlreadySo, Creation, ItemChange, Refusal, Spot, name_of
from taiga_notes.push.vocabulary import UnfitError, Vocabulary
from taiga_notes.query.engine import parsed
from taiga_notes.query.syntax.lexer import TokenKind, script_tokens, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from taiga_notes.config.settings import PushStatuses, Settings
    from taiga_notes.errors import TaigaNotesError
    from taiga_notes.model.rows import Projects
    from taiga_notes.push.base import BlockBase
    from taiga_notes.push.edited_blocks import EditedBlock
    from taiga_notes.push.edits import Edit
    from taiga_notes.push.push_journal import Entry
    from taiga_notes.push.remote import Item, Pair, Remote
    from taiga_notes.push.steps import Step
    from taiga_notes.vault.vault import Vault

GONE = "it is gone, or this account may not see it any more"
"""What is said of an item that can't be looked at."""

RENDER_FIRST = "`taiga-notes render` resolves it"
"""What is to be done about a conflict between two outputs of ours."""

MOST = 10
"""Changes that a push makes without being told how many."""


@dataclass(frozen=True, slots=True)
class PlannedBlock:
    """A block with edits: what it is known by, so that just this one is written anew.

    Attributes:
        page: its page.
        line: 1-based line of its opener.
        opener: its text.
        checksum: of what it holds now: a formatter may come in between.
        items: see `EditedBlock`.
        base: likewise.
    """

    page: str
    line: int
    opener: str
    checksum: str
    items: int
    base: BlockBase | None = field(repr=False)

    @property
    def key(self) -> tuple[str, str, str]:
        """What `RenderContext.released` knows it by."""
        return self.page, self.opener, self.checksum


@dataclass(frozen=True, slots=True)
class Plan:
    """What a push would do.

    Attributes:
        vault: where the pages are.
        steps: by page and line.
        blocks: those in which edits stand.
        problems: pages that can't be read, with the line.
        remote: Taiga.
        journal: what was sent before.
        unsettled: requests of earlier pushes of which it can't be told what came of them.
        pushable: how many blocks with the clause `push` were looked at.
    """

    vault: Vault = field(repr=False)
    steps: tuple[Step, ...]
    blocks: tuple[PlannedBlock, ...]
    problems: tuple[tuple[str, int, TaigaNotesError], ...]
    remote: Remote = field(repr=False)
    journal: PushJournal = field(repr=False)
    unsettled: tuple[Entry, ...] = ()
    pushable: int = 0

    @property
    def changes(self) -> list[ItemChange | Creation]:
        """What is to be sent."""
        return [step for step in self.steps if isinstance(step, (ItemChange, Creation))]

    @property
    def refusals(self) -> list[Refusal]:
        """What is not."""
        return [step for step in self.steps if isinstance(step, Refusal)]

    def demand_few(self, most: int | None) -> None:
        """Check that a bad search-and-replace is not taken for a day's work.

        Args:
            most: how many changes the user expects; None where it was not said.

        Raises:
            ConfigError: they are more than that, or without a word more than `MOST` or more than
                half of a block's lines.
        """
        count = len(self.changes)
        if most is not None:
            if count > most:
                raise ConfigError(
                    f"the plan has {count} changes, more than --max {most}",
                    hint="take back what you did not mean",
                )
            return
        hint = f"if you mean it, say so: --max {count}"
        if count > MOST:
            raise ConfigError(f"the plan has {count} changes, more than {MOST}", hint=hint)
        for place, block in enumerate(self.blocks):
            lines = {
                spot.line
                for step in self.changes
                if isinstance(step, ItemChange)
                for spot in step.spots
                if spot.block == place
            }
            # One line of a block of one is a person's tick, and no search-and-replace.
            if len(lines) > 1 and 2 * len(lines) > block.items:
                where = f"{block.page}:{block.line}"
                message = f"{where}: more than half of the block's lines were changed"
                raise ConfigError(message, hint=hint)


def told(step: Step) -> str:
    """A step in a line for people."""
    match step:
        case ItemChange():
            field = BY_RAW[step.field].noun
            return f"{name_of(step.item)}: {field} {step.was_text} → {step.to_text}"
        case Creation(item=item):
            told = "".join(
                f", {BY_RAW[name].noun if name in BY_RAW else name} {text}"
                for name, text in item.told
            )
            return f"{titled(item.kind)} in {item.slug}: {item.subject}{told}"
        case Refusal() | AlreadySo():
            return f"{step.what}: {step.reason}" if step.what else step.reason


@dataclass(frozen=True, slots=True)
class PushScope:
    """What a push may do.

    Attributes:
        vault: where the pages are.
        web: the root of Taiga's web front.
        project: the vault's, or its several ones.
        statuses: what ticks mean.
        presets: the vault's named queries, which may name projects as well.
    """

    vault: Vault
    web: str
    project: Projects
    statuses: PushStatuses
    presets: tuple[str, ...] = ()

    @classmethod
    def of(cls, vault: Vault, settings: Settings) -> PushScope:
        """What a push of a vault with these settings may do."""
        own = settings.vault
        return cls(vault, settings.web, own.project, own.push, tuple(own.presets.values()))


def plan_pages(scope: PushScope, names: Iterable[str], remote: Remote) -> Plan:
    """What a push of pages would do; it reads, and sends nothing.

    Args:
        scope: see `PushScope`.
        names: pages and folders, as `Vault.chosen` gives them.
        remote: Taiga.

    Raises:
        SourceError: Taiga can't be reached, or wants a login.
        ConfigError: the state folder can't be used.
    """
    chosen = [*names]
    planner = _Planner(scope, remote, is_whole="" in chosen)
    for name in waiting_pages(scope.vault, chosen):
        planner.page(name)
    planner.forget_consumed()
    return planner.plan()


def plan_undo(scope: PushScope, remote: Remote) -> Plan:
    """What would take the last push back; see `plan_pages`."""
    planner = _Planner(scope, remote)
    planner.undo()
    return planner.plan()


def waiting_pages(vault: Vault, names: Iterable[str] = ("",)) -> list[str]:
    """The pages that may have a block with the clause `push`."""
    found = vault.search(lambda data: b"push" in data and has_marker(data), names)
    return [name for name in found.pages if not vault.is_template(name)]


@dataclass(frozen=True, slots=True)
class WaitingPage:
    """A page with edits.

    Attributes:
        text: what it holds.
        project: what its front matter names.
        blocks: those with edits.
        pushable: how many blocks have the clause `push`.
        server: what its front matter names; empty for the usual one.
    """

    text: str
    project: Projects
    blocks: tuple[EditedBlock, ...] = ()
    pushable: int = 0
    server: str = ""


def waiting(vault: Vault, name: str, shelf: BaseShelf, web: str | None = None) -> WaitingPage:
    """What waits in a page.

    Raises:
        BlockError: its blocks are not in order.
        WriteError: it can't be read.
    """
    text = vault.read(name).text
    if is_template(text):
        return WaitingPage(text, None)
    matter = read_front_matter(text, name)
    if not matter.managed or matter.is_template:
        return WaitingPage(text, None)
    # What stands between a conflict's marks is two people's, and marks read like lines of text:
    # nothing of either is sent. Between two outputs of ours the next render chooses.
    if resolved(text, page=name, dialect=vault.dialect) != text:
        raise BlockError(CONFLICT, page=name, line=conflicts(text)[0].line, hint=RENDER_FIRST)
    blocks = find_blocks(text, page=name, dialect=vault.dialect)
    found = (
        edited(text, block, lambda opener, said: shelf.find(name, opener, said), web)
        for block in blocks
    )
    count = sum(bool(pushed(block)) for block in blocks)
    return WaitingPage(text, matter.project, tuple(filter(None, found)), count, matter.server)


class _Planner:
    """Makes one plan.

    Args:
        scope: what may be changed.
        remote: Taiga.
        is_whole: whether all pages of the vault are looked at.
    """

    def __init__(self, scope: PushScope, remote: Remote, *, is_whole: bool = False) -> None:
        self._scope = scope
        self._is_whole = is_whole
        self._remote = remote
        self._shelf = BaseShelf(scope.vault.home)
        self._journal = PushJournal(scope.vault.home)
        self._steps: list[Step] = []
        self._blocks: list[PlannedBlock] = []
        self._problems: list[tuple[str, int, TaigaNotesError]] = []
        self._pushable = 0
        self._pages: set[str] = set()
        self._lines: set[str] = set()

    def plan(self) -> Plan:
        steps = sorted(_agreed(self._steps), key=lambda step: _place(step.spots[0]))
        return Plan(
            self._scope.vault,
            tuple(steps),
            tuple(self._blocks),
            tuple(self._problems),
            self._remote,
            self._journal,
            tuple(self._journal.open()),
            self._pushable,
        )

    def page(self, name: str) -> None:
        """Plans what waits in a page."""
        try:
            page = waiting(self._scope.vault, name, self._shelf, self._scope.web)
        except PageGoneError:
            return
        except (BlockError, WriteError) as error:
            line = error.line if isinstance(error, BlockError) else 1
            self._problems.append((name, line, error))
            return
        # Only now: of a page that can't be read no line is known to be gone, and none is consumed.
        self._pages.add(name)
        self._pushable += page.pushable
        for block in page.blocks:
            self._block(name, page, block)

    def _block(self, name: str, page: WaitingPage, block: EditedBlock) -> None:
        place = len(self._blocks)
        own = block.block
        # By opener and checksum, not by its place: lines above it may come and go before it is
        # written.
        self._blocks.append(
            PlannedBlock(name, own.line, own.text, checksum(own.body), block.items, block.base)
        )
        queries = own.text, *self._scope.presets
        known = _named(queries, page.project, self._scope.project)
        # A project there may have the slug of one here.
        elsewhere = UnfitError(_ELSEWHERE) if page.server or _is_elsewhere(own.text) else None
        with self._remote.ahead(*_looked_at(block, frozenset() if elsewhere else known)):
            for edit in block.edits:
                spot = Spot(name, block.line(edit), place, key_of(edit))
                try:
                    if elsewhere:
                        raise elsewhere
                    self._steps.append(self._step(edit, spot, block, known))
                except UnfitError as error:
                    self._steps.append(_refused(spot, _what(edit), error))

    def _step(self, edit: Edit, spot: Spot, block: EditedBlock, known: frozenset[str]) -> Step:
        """What becomes of an edit.

        Raises:
            UnfitError: nothing.
        """
        match edit:
            case Tick() | CellEdit() if block.is_sent(edit):
                # Whatever became of the item since: what was sent is not meant anew.
                return AlreadySo((spot,), _what(edit), SENT_BEFORE)
            case Tick(item=item, closes=closes):
                return self._ticked(item, spot, known, closes=closes)
            case CellEdit():
                return self._cell(edit, spot, known)
            case NewLine():
                return self._new(edit, spot, block, known)
            case Unsendable():
                spots = (spot,)
                return Refusal(spots, edit.shown, edit.reason, is_missing=edit.is_missing)

    def _values(self, item: RenderedItem, known: frozenset[str]) -> Vocabulary:
        """The values of an item's project.

        Raises:
            UnfitError: nothing of that project is to be changed.
        """
        project = self._remote.project(item.slug)
        if project is None:
            raise UnfitError(f"this account sees no project {item.slug}", by_taiga=True)
        # A link can be anybody's: a page out of a stranger's commit reaches no project that neither
        # the settings nor the page's own text name.
        if not {item.slug, str(project.get("id"))} & known:
            raise UnfitError(
                f"neither the vault's settings nor the page name the project {item.slug}"
            )
        values = Vocabulary(project, item.kind)
        values.demand_right("modify")
        return values

    def _now(self, item: RenderedItem) -> tuple[RenderedItem, Item]:
        """An item as it is now.

        Raises:
            UnfitError: it is not there.
        """
        found = (
            self._remote.item(item.kind, item.id)
            if item.id
            else self._remote.by_ref(item.kind, item.slug, item.ref)
        )
        # All its numbers have to agree: after a restored backup, or behind an address that moved to
        # another server, one of them may be somebody else's.
        if found is not None and found.get("ref") == item.ref:
            number, project = found.get("id"), found.get("project")
            is_it = not item.id or (number, project) == (item.id, item.project or project)
            if is_it and isinstance(number, int) and isinstance(project, int):
                subject = str(found.get("subject") or "")
                return replace(item, id=number, project=project, subject=subject), found
        raise UnfitError(GONE, by_taiga=True)

    def _ticked(
        self, item: RenderedItem, spot: Spot, known: frozenset[str], *, closes: bool
    ) -> Step:
        values = self._values(item, known)
        item, now = self._now(item)
        names = self._scope.statuses
        to = values.closing(names.done) if closes else values.reopening(names.reopen)
        # Before anybody says yes to what Taiga would take back at once.
        keeps(self._remote, item, closes=closes)
        note = "" if item.is_known else "what its status was when the page was written is not known"
        was = item.values.get(STATUS.raw)
        return self._checked(
            ItemChange(
                (spot,),
                item,
                DONE,
                STATUS.raw,
                to,
                closes,
                values.text(STATUS.raw, was) if item.is_known else "open" if closes else "closed",
                values.text(STATUS.raw, to),
                note,
            ),
            now,
            values,
        )

    def _cell(self, edit: CellEdit, spot: Spot, known: frozenset[str]) -> Step:
        values = self._values(edit.item, known)
        to = values.raw(edit.field, edit.text)
        item, now = self._now(edit.item)
        raw = edit.field.raw
        change = ItemChange(
            (spot,),
            item,
            edit.field.word,
            raw,
            to,
            None,
            values.text(raw, item.values.get(raw)),
            values.text(raw, to),
            _lost_note(raw, to, now),
        )
        return self._checked(change, now, values)

    def _checked(self, change: ItemChange, now: Item, values: Vocabulary) -> Step:
        """The change; what it is instead where Taiga's value is not what it was."""
        what = name_of(change.item)
        if as_wanted(change, now):
            return AlreadySo(change.spots, what, f"{_field(change)} is {_so(change, now, values)}")
        conflict = conflict_of(change, now, values, self._remote)
        if conflict is not None:
            reason = f"{_field(change)} was changed in Taiga since the page was written"
            return Refusal(change.spots, what, reason, conflict)
        return change

    def _new(self, edit: NewLine, spot: Spot, block: EditedBlock, known: frozenset[str]) -> Step:
        line = self._line(edit, spot, block)
        # Noted though it may be refused below: what stands in its page is not consumed, or it would
        # be made a second time.
        self._lines.add(line)
        made = self._journal.made(line)
        if made is not None:
            return AlreadySo((spot,), _what(edit), f"#{made.ref} was made of it")
        if block.is_sent(edit):
            return AlreadySo((spot,), _what(edit), SENT_BEFORE)
        items = block.base.items if block.base else ()
        found = new_item(
            parsed(block.block.text), edit.text, items, self._default(known), self._remote
        )
        if not {found.slug, str(found.project)} & known:
            raise UnfitError(
                f"neither the vault's settings nor the page name the project {found.slug}"
            )
        return Creation((spot,), replace(found, key=line), line)

    def _line(self, edit: NewLine, spot: Spot, block: EditedBlock) -> str:
        """By which a new line is known again, also where its page was moved since it was sent."""

        def key(page: str) -> str:
            return line_key(page, block.block.text, block.block.checksum or "", edit.text)

        own = key(spot.page)
        if self._journal.made(own) is not None:
            return own
        moved = map(key, self._left_pages)
        return next((each for each in moved if self._journal.made(each)), own)

    @cached_property
    def _left_pages(self) -> frozenset[str]:
        """The pages that are gone, be it to another name, with lines of which items were made."""
        pages = {entry.request.page for entry in self._journal.entries() if entry.stands}
        return frozenset(page for page in pages if not self._exists(page))

    def _default(self, known: frozenset[str]) -> str | None:
        """What the block's bare source lists."""
        return next((each.removeprefix(_FIRST) for each in known if each.startswith(_FIRST)), None)

    def forget_consumed(self) -> None:
        """Lets lines go of which items were made, and that stand in their pages no more."""
        for entry in self._journal.entries():
            request = entry.request
            # A page outside of this push was not looked at, and its lines may stand there still; so
            # may those of one that is gone, in whichever it became.
            is_all_read = self._is_whole and not self._problems
            is_gone = is_all_read and not self._exists(request.page)
            is_here = request.page in self._pages or is_gone
            if (
                request.block
                and is_here
                and not entry.is_consumed
                and request.block not in self._lines
            ):
                self._journal.consume(request)

    def _exists(self, page: str) -> bool:
        try:
            self._scope.vault.read(page)
        except WriteError:
            return False
        return True

    def undo(self) -> None:
        """Plans to take the last push back."""
        for entry in reversed(self._journal.last_run()):
            spot = Spot(entry.request.page, entry.request.line)
            try:
                self._steps.append(self._undone(entry, spot))
            except UnfitError as error:
                what = f"#{entry.request.ref or entry.ref} {entry.request.subject}"
                self._steps.append(_refused(spot, what, error))

    def _undone(self, entry: Entry, spot: Spot) -> Step:
        sent = entry.request
        if sent.makes:
            raise UnfitError("it was made by the push, and nothing is deleted: delete it in Taiga")
        # Its base is what the push left: who changed the field since keeps theirs.
        item = RenderedItem(
            "", sent.kind, sent.ref, sent.project, sent.id, 0, sent.subject, {sent.field: sent.to}
        )
        values = self._values(item, frozenset({sent.project}))
        item, now = self._now(item)
        change = ItemChange(
            (spot,),
            item,
            sent.word,
            sent.field,
            sent.was,
            None,
            values.text(sent.field, sent.to),
            values.text(sent.field, sent.was),
            users=None if sent.users is None else (sent.users[1], sent.users[0]),
            blocked_note=sent.note,
        )
        return self._checked(change, now, values)


_ELSEWHERE = "it is another server's, and pushed is what the usual one has"

_FIRST = "\0"
"""Before the project that a page's bare sources list."""


def _is_elsewhere(opener: str) -> bool:
    """Whether a block's query lists what another server has: `from work.userstories`."""
    texts = [token.text for token in words(opener)]
    return any(
        before in {"from", "="} and dot == "." and listed in OF_A_SERVER and server not in NAMES
        for before, server, dot, listed in zip(texts, texts[1:], texts[2:], texts[3:], strict=False)
    )


def _looked_at(
    block: EditedBlock, known: frozenset[str]
) -> tuple[list[tuple[str, int]], list[Pair]]:
    """The items that a plan looks at, and the stories of whose tasks it does."""
    # Of projects that are not known by name nothing is asked, by whatever link.
    meant = [
        each
        for each in block.edits
        if isinstance(each, Tick | CellEdit)
        and each.item.id
        and each.item.slug in known
        and not block.is_sent(each)
    ]
    ticked = [each.item for each in meant if isinstance(each, Tick) and each.item.project]
    stories = [(item.project, item.id) for item in ticked if item.kind == USERSTORIES.name]
    return [(each.item.kind, each.item.id) for each in meant], stories


def _named(queries: Iterable[str], *named: Projects) -> frozenset[str]:
    """The projects that a block may change: those that its query, page or settings name."""
    texts = [text for query in queries for text in _said(query)]
    paths = (part for text in texts for part in text.replace("&", "?").split("?"))
    by_path = [part.partition("=")[2] for part in paths if part.startswith("project")]
    said = [project for project in named if project is not None]
    keys = (project if isinstance(project, tuple) else (project,) for project in said)
    own = [str(key) for several in keys for key in several]
    # Among several none is the one of a new item.
    is_one = said and not isinstance(said[0], tuple) and said[0] != EVERY_PROJECT
    own += [f"{_FIRST}{said[0]}"] if is_one else []
    return frozenset((*texts, *by_path, *own))


def _said(query: str) -> Iterator[str]:
    """The texts in a query, and those numbers that are projects'."""
    name = ""
    for token in script_tokens(query):
        if token.kind is TokenKind.NAME:
            name = token.text
        elif token.kind is TokenKind.STRING or (
            # Any other, as of `limit 2`, names no project.
            token.kind is TokenKind.NUMBER and name in PROJECT_FILTERS
        ):
            yield token.text


def line_key(page: str, opener: str, said: str, text: str) -> str:
    """By which a new line is known again, here and on another machine."""
    # No line number, and words alone count: what a formatter or a line above it does to the page
    # must not make it another line. With what the block said: one that is written again below a
    # newer body is meant anew.
    parts = (page, " ".join(opener.split()), said, words_of(visible(text)))
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _lost_note(raw: str, to: object, now: Item) -> str:
    """What is told of a note that is lost."""
    words = " ".join(lost_note(raw, to, now).split())
    return f"Taiga empties the note on why: {words}" if words else ""


def _refused(spot: Spot, what: str, error: UnfitError) -> Refusal:
    return Refusal((spot,), what, error.reason, by_taiga=error.by_taiga)


def _field(change: ItemChange) -> str:
    return (
        f"the {BY_RAW[change.field].noun}"
        if change.field != "is_blocked"
        else "whether it is blocked"
    )


def _so(change: ItemChange, now: Item, values: Vocabulary) -> str:
    return f"{values.text(change.field, now.get(change.field))} in Taiga already"


def _what(edit: Edit) -> str:
    match edit:
        case Tick(item=item) | CellEdit(item=item):
            return name_of(item)
        case NewLine(text=text):
            return f"+ {text}"
        case Unsendable(shown=shown):
            return shown


def _place(spot: Spot) -> tuple[str, int]:
    return spot.page, spot.line


def _agreed(steps: Sequence[Step]) -> Iterator[Step]:
    """The steps, one for each field of an item; two that want different things are refused."""
    wanted: dict[tuple[str, int, str], list[ItemChange]] = {}
    made: dict[str, list[Creation]] = {}
    for step in steps:
        match step:
            case ItemChange(item=item, field=name):
                wanted.setdefault((item.kind, item.id, name), []).append(step)
            case Creation(block=block):
                made.setdefault(block, []).append(step)
            case _:
                yield step
    for changes in wanted.values():
        first = changes[0]
        spots = tuple(spot for change in changes for spot in change.spots)
        if all(change.to == first.to for change in changes):
            yield replace(first, spots=spots)
            continue
        told = " and ".join(dict.fromkeys(repr(change.to_text) for change in changes))
        for change in changes:
            # Refused, all of them: whichever came first in the page would win by chance.
            reason = f"{_field(change)} is to be {told}: which one is meant?"
            yield Refusal(change.spots, name_of(change.item), reason)
    for creations in made.values():
        if len(creations) == 1:
            yield creations[0]
            continue
        for creation in creations:
            # Their keys are the same: after a lost answer one could not be told from the other.
            reason = "the same line stands in the same block twice"
            yield Refusal(creation.spots, f"+ {creation.item.subject}", reason)
