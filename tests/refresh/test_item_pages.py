"""Which pages name items, and what is made of that."""

from __future__ import annotations

from taiga_notes.refresh.item_pages import ItemPages
from tests.tables import each

ITEM = "acme/userstories/{}"


def test_links_and_their_stamp_follow_the_pages() -> None:
    pages = ItemPages(lambda: {"a/One.md": ITEM.format(1), "Q&A.md": ITEM.format(1)})
    assert pages.links({""}) == {"userstories/1": ["[[Q&A]]", "[[a/One]]"]}
    stamps = [pages.stamp]
    pages.add("Two.md", ITEM.format(2))
    stamps.append(pages.stamp)
    assert pages.links({""})["userstories/2"] == ["[[Two]]"]
    pages.forget("a/One.md")
    stamps.append(pages.stamp)
    assert pages.links({""})["userstories/1"] == ["[[Q&A]]"]
    pages.add("Two.md", "")
    stamps.append(pages.stamp)
    assert "userstories/2" not in pages.links({""})
    pages.look_by(lambda: {"Three.md": ITEM.format(3)})
    assert [*pages.fresh()] == ["Three.md"]
    stamps.append(pages.stamp)
    assert [*pages.links({""})] == ["userstories/3"]
    assert len(set(stamps)) == len(stamps)


@each("servers", [{""}, {"", "work"}, {"work"}])
def test_links_are_made_once_however_many_rows_ask(servers: set[str]) -> None:
    pages = ItemPages(lambda: {f"{number}.md": ITEM.format(number) for number in range(100)})
    assert pages.links(servers) is pages.links(servers)
    # A page that still names the same item changes nothing.
    pages.add("5.md", ITEM.format(5))
    assert pages.links(servers) is pages.links({*servers})
