"""What a block held when we wrote it: its body, and of each item in it the values as they were.

Pure. A `[ ]` does not say which status an item had; this does, so that what changed in Taiga since
is seen, and told, before anything is overwritten.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

from taiga_notes.markdown.places import address
from taiga_notes.markdown.tables import text_of
from taiga_notes.page.checksum import checksum
from taiga_notes.push.pushable import KEPT, PUSHABLES, RIGHTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from taiga_notes.model.rows import Row, Rows

# An escaped bracket ends no label: a stranger's subject may spell out a link to another item.
_LINK = re.compile(r"""(?<!\\)\]\(<?([^\s()<>]+)>?(?:[ \t]+(?:"[^"]*"|'[^']*'))?\)""")
_REF = re.compile(r"/(\d+)\Z")


@dataclass(frozen=True, slots=True)
class RenderedItem:
    """An item of Taiga's to which a block has a link.

    Attributes:
        url: the link's address.
        kind: a name of `kinds.KINDS`.
        ref: the number that people see.
        slug: its project's.
        id: Taiga's own number; 0 where it is not known.
        project: its project's number; 0 where it is not known.
        subject: what it is called; empty where that is not known.
        values: its `KEPT` fields as Taiga gave them; empty where they are not known.
        shown: by the names of `PUSHABLES`, what a table shows of them.
    """

    url: str
    kind: str
    ref: int
    slug: str
    id: int = 0
    project: int = 0
    subject: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    shown: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_known(self) -> bool:
        """Whether it is known what it was like when the block was written."""
        return bool(self.values)


@dataclass(frozen=True, slots=True)
class BlockBase:
    """What a block held when we wrote it.

    Attributes:
        checksum: of the body, as the end marker has it.
        body: as `Block.body` gives it.
        items: those to which it has a link.
        sent: of what was changed in it since, what is in Taiga already, as `edits.key_of` has it.
    """

    checksum: str
    body: str
    items: tuple[RenderedItem, ...]
    sent: tuple[str, ...] = ()


def links(text: str) -> list[str]:
    """The addresses of the links in a text, in their order."""
    return _LINK.findall(text) if "](" in text else []


def base_of(body: str, lists: Iterable[Rows]) -> BlockBase:
    """What is kept of a block.

    Args:
        body: what was written, as it is read back.
        lists: what its query listed.
    """
    wanted = dict.fromkeys(links(body))
    items = {item.url: item for rows in lists for item in _items(rows, wanted)} if wanted else {}
    return BlockBase(checksum(body), body, tuple(items[url] for url in wanted if url in items))


def _items(rows: Rows, wanted: Mapping[str, None]) -> Iterator[RenderedItem]:
    """The items of a list to which one of those links leads."""
    if rows.kind not in RIGHTS:
        return
    refs = {int(found[1]) for url in wanted if (found := _REF.search(url))}
    for place, ref in enumerate(rows.column(("ref",))):
        if isinstance(ref, int) and ref in refs:
            item = _item(rows[place], rows.kind)
            if item is not None and item.url in wanted:
                yield item


def _item(row: Row, kind: str) -> RenderedItem | None:
    match row:
        case {
            "url": str(url),
            "ref": int(ref),
            "id": int(number),
            # Of a row, `project` is the slug.
            "project_extra_info": {"id": int(project), "slug": str(slug)},
        }:
            values = {name: row[name] for name in KEPT if name in row}
            shown = {each.name: text_of(row.get(each.name)) for each in PUSHABLES}
            subject = text_of(row.get("subject"))
            return RenderedItem(
                address(url), kind, ref, slug, number, project, subject, values, shown
            )
    return None


def without_sent(base: BlockBase, item: RenderedItem) -> BlockBase:
    """The base without what was sent of an item, which is found by its project, kind and number."""
    wanted = item.slug, item.kind, item.ref
    known = base.items or linked_items(base.body, None)
    urls = {each.url for each in known if (each.slug, each.kind, each.ref) == wanted}
    kept = (key for key in base.sent if key.partition(" ")[0] not in urls)
    return replace(base, sent=tuple(kept))


def data_of(base: BlockBase) -> dict[str, object]:
    """The base as JSON data."""
    return asdict(base)


def base_from(data: object) -> BlockBase | None:
    """The base that JSON data holds; None where it is none."""
    match data:
        case {"checksum": str(said), "body": str(body), "items": [*items], **rest}:
            found = [_item_from(each) for each in items]
            sent = rest.get("sent")
            keys = tuple(map(str, sent)) if isinstance(sent, list) else ()
            # A file that was torn or changed proves nothing: a wrong base would let Taiga's newer
            # values be overwritten unseen.
            if checksum(body) == said and None not in found:
                return BlockBase(said, body, tuple(each for each in found if each), keys)
    return None


def _item_from(data: object) -> RenderedItem | None:
    match data:
        case {
            "url": str(url),
            "kind": str(kind),
            "ref": int(ref),
            "slug": str(slug),
            "id": int(number),
            "project": int(project),
            "subject": str(subject),
            "values": dict(values),
            "shown": dict(shown),
        } if kind in RIGHTS:
            return RenderedItem(url, kind, ref, slug, number, project, subject, values, shown)
    return None


def linked_items(body: str, web: str | None) -> tuple[RenderedItem, ...]:
    """The items to which a body has links, as far as the links tell.

    Args:
        body: as `Block.body`.
        web: the root of Taiga's web front; None for any.
    """
    # Below our own front only: the same path on another host is another server's item.
    root = r"https?://.+" if web is None else re.escape(address(web).rstrip("/"))
    shape = re.compile(rf"{root}/project/([^/]+)/(us|task|issue|epic)/(\d{{1,9}})")
    kinds = dict(zip(("us", "task", "issue", "epic"), RIGHTS, strict=True))
    found = ((url, shape.fullmatch(url)) for url in dict.fromkeys(links(body)))
    return tuple(
        RenderedItem(url, kinds[match[2]], int(match[3]), match[1]) for url, match in found if match
    )
