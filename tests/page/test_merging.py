"""Three versions of a page become one, its lines merged by git itself."""

from __future__ import annotations

from taiga_notes.page.block_finder import find_blocks
from taiga_notes.page.checksum import checksum
from taiga_notes.page.merging import merged
from taiga_notes.page.splice import Origin, origin
from taiga_notes.system.git import merge_lines
from tests.tables import each

OPENER = "<!-- #taiga: from userstories -->"
FROZEN = "frozen 2026-11-20"


def merge(ours: str, base: str, theirs: str) -> tuple[str, bool]:
    data, is_clean = merge_lines(ours.encode(), base.encode(), theirs.encode())
    return data.decode(), is_clean


def block(body: str, *, written: str | None = None, state: str = "", opener: str = OPENER) -> str:
    """A block with that body, and the checksum of what was written into it."""
    words = filter(None, ("/taiga", checksum(body if written is None else written), state))
    return f"{opener}\n\n{body}\n\n<!-- {' '.join(words)} -->\n"


def section(body: str) -> str:
    return (
        f"<!--#lua query[[from userstories]] -->\n\n{body}\n\n<!-- /taiga {checksum(body)} -->\n\n"
        "<!--/lua-->\n"
    )


def inline(value: str, sentence: str = "There are") -> str:
    opener = "<!-- #taiga: from userstories select count() -->"
    written = f"{opener}{value}<!-- /taiga {checksum(value)} -->"
    return f"{sentence} {written} open, {opener}1<!-- /taiga {checksum('1')} -->.\n"


def page(*parts: str) -> str:
    return "\n".join(["# A\n", *parts, "end\n"])


MULTI = "<!-- #taiga\nfrom userstories\nwhere is_closed\n-->"
ITEMS = "- a\n- b\n- c\n- d"

CLEAN = {
    "two outputs": (block("- a"), block("- b"), block("- c"), block("- b")),
    "lines that git would mix": (
        block(ITEMS),
        block(ITEMS.replace("a", "x")),
        block(ITEMS.replace("d", "y")),
        block(ITEMS.replace("a", "x")),
    ),
    "one side was never rendered": (block("- a"), block(""), block("- c"), block("")),
    "ours asks for something else": (
        block("- a"),
        block("- b", opener=OPENER.replace("stories", "stories limit 3")),
        block("- c"),
        block("- b", opener=OPENER.replace("stories", "stories limit 3")),
    ),
    "theirs asks for something else": (
        block("- a", opener=MULTI),
        block("- b", opener=MULTI),
        block("- c", opener=MULTI.replace("where", "where not")),
        block("- c", opener=MULTI.replace("where", "where not")),
    ),
    "each side adds a block, and both render": (
        page(block("- a"), "one", "two", "three", "four"),
        page(block("- b"), "one", block("- x"), "two", "three", "four"),
        page(block("- c"), "one", "two", "three", block("- y"), "four"),
        # Which output is whose, is not known of blocks that ask for the same.
        page(block("- b"), "one", block("- x"), "two", "three", block("- x"), "four"),
    ),
    "an edit, where the other side did not render": (
        block("- a"),
        block("- a\n- mine", written="- a"),
        block("- a"),
        block("- a\n- mine", written="- a"),
    ),
    "a tick beside another block's output": (
        page(block("- [ ] a", opener=MULTI), "x", block("- a")),
        page(block("- [x] a", written="- [ ] a", opener=MULTI), "x", block("- b")),
        page(block("- [ ] a", opener=MULTI), "x", block("- c")),
        page(block("- [x] a", written="- [ ] a", opener=MULTI), "x", block("- b")),
    ),
    "what is frozen wins": (
        block("- a"),
        block("- b"),
        block("- c", state=FROZEN),
        block("- c", state=FROZEN),
    ),
    "of two the earlier": (
        block("- a"),
        block("- b", state="frozen 2026-11-21"),
        block("- c", state=FROZEN),
        block("- c", state=FROZEN),
    ),
    "sections": (section("* a"), section("* b"), section("* c"), section("* b")),
    "a value in a sentence that is another": (
        inline("1"),
        inline("2"),
        inline("3", "We have"),
        inline("3", "We have"),
    ),
    "in a callout": tuple(
        "".join(f"> {line}\n".replace("> \n", ">\n") for line in block(body).splitlines())
        for body in ("- a", "- b", "- c", "- b")
    ),
}


@each("newline", ["\n", "\r\n"])
@each(("base", "ours", "theirs", "result"), CLEAN.values(), ids=CLEAN)
def test_output_is_taken_of_one_side(
    base: str, ours: str, theirs: str, result: str, newline: str
) -> None:
    around = (
        (f"# A\n\n{first}\n\n# B\n\n{text}\n# C\n\n{last}\n").replace("\n", newline)
        for text, first, last in (
            (ours, "ours", "last"),
            (base, "first", "last"),
            (theirs, "first", "theirs"),
            (result, "ours", "theirs"),
        )
    )
    ours, base, theirs, result = around
    assert merged(ours, base, theirs, merge) == (result, True)


CONFLICTS = {
    "an edit and another output": (
        block("- a"),
        block("- a\n- mine", written="- a"),
        block("- b"),
    ),
    "ticks that wait, and another output that git would mix with them": (
        block("- [ ] a\n- b\n- c\n- d"),
        block("- [x] a\n- b\n- c\n- d", written="- [ ] a\n- b\n- c\n- d"),
        block("- [ ] a\n- b\n- c\n- e"),
    ),
    "two edits": (
        block("- a"),
        block("- a\n- mine", written="- a"),
        block("- a\n- yours", written="- a"),
    ),
}


@each(("base", "ours", "theirs"), CONFLICTS.values(), ids=CONFLICTS)
def test_what_somebody_wrote_on_both_sides_is_a_conflict(base: str, ours: str, theirs: str) -> None:
    text, is_clean = merged(ours, base, theirs, merge)
    assert not is_clean
    first, second = text.partition("=======\n")[::2]
    for side, version in ((first, ours), (second, theirs)):
        # Both sides stand there whole, with the checksum that tells whose text it is.
        assert version.splitlines()[-1] in side
        for line in version.splitlines():
            assert line in text
    assert "taiga-notes-merges" not in text


def test_pages_whose_markers_are_wrong_are_merged_as_git_does() -> None:
    ours, base, theirs = (f"{OPENER}\n\n{line}\n" for line in ("b", "a", "c"))
    assert merged(ours, base, theirs, merge) == merge(ours, base, theirs)


def test_output_that_has_no_place_any_more_leaves_it_to_git() -> None:
    other = OPENER.replace("stories", "stories limit 3")

    def joined(ours: str, _base: str, _theirs: str) -> tuple[str, bool]:
        return ours.replace(OPENER, other), True

    base, ours, theirs = (block(body) for body in ("- a", "- b", "- c"))
    assert merged(ours, base, theirs, joined) == (ours.replace(OPENER, other), True)


def test_a_page_that_has_our_word_in_it_keeps_it() -> None:
    ours, base, theirs = (f"taiga-notes-merges.\n{block(f'- {name}')}" for name in "bac")
    assert merged(ours, base, theirs, merge) == (ours, True)


def test_what_comes_of_it_is_ours() -> None:
    text, _ = merged(block("- b"), block("- a"), block("- c"), merge)
    assert [origin(each) for each in find_blocks(text)] == [Origin.OURS]
