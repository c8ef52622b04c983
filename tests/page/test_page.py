"""Blocks are found where a reader sees them, written in place, and nothing else is touched."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from taiga_notes.errors import BlockError
from taiga_notes.page.splice import (
    Form,
    Origin,
    check_body,
    checksum,
    emptied,
    find_blocks,
    has_marker,
    origin,
    same_words,
    settled,
    splice,
    with_notice,
    without_notice,
    words_checksum,
)
from tests.tables import each

if TYPE_CHECKING:
    from taiga_notes.page.splice import Block

PAGES = Path(__file__).parents[1] / "pages"
LINKS = """\
* [#12](https://tree.taiga.io/project/acme/us/12) Sign-up form
* [#13](https://tree.taiga.io/project/acme/us/13) Log-in form
"""
OUTPUTS = {
    "links": LINKS,
    "table": "| ref | subject      |\n| --- | ------------ |\n| 12  | Sign-up form |",
    "code": "```mermaid\ngraph TD\n\n  A --> B\n```",
    "count()": "12",
}
"""What the blocks of the fixtures give, by the last name in their queries."""


def ours(expression: str) -> bool:
    return "userstories" in expression or "getTaigaTasks" in expression


def read(name: str) -> str:
    return (PAGES / name).read_bytes().decode()


def blocks(text: str) -> list[Block]:
    return find_blocks(text, page="Note.md", ours=ours)


def block(text: str) -> Block:
    [found] = blocks(text)
    return found


def output(block: Block) -> str:
    return OUTPUTS[re.findall(r"[a-z]+(?:\(\))?(?=\W*$)", block.text)[-1]]


def rendered(text: str) -> str:
    return splice(text, [(found, output(found)) for found in blocks(text)], ours=ours)


class TestFixtures:
    @pytest.mark.parametrize("name", ["lists", "callouts", "silverbullet", "inline"])
    def test_a_page_is_rendered_in_place(self, name: str) -> None:
        assert rendered(read(f"{name}.md")) == read(f"{name}.after.md")

    @pytest.mark.parametrize("name", ["lists", "callouts", "silverbullet", "inline"])
    def test_rendering_twice_changes_nothing(self, name: str) -> None:
        after = read(f"{name}.after.md")
        assert rendered(after) == after
        assert all(settled(found, output(found)) for found in blocks(after))

    @each("name", ["lists", "callouts", "silverbullet", "inline"])
    @each("newline", ["\r\n", "\r"])
    def test_so_it_is_with_other_line_ends(self, name: str, newline: str) -> None:
        before, after = (read(f"{name}{end}.md").replace("\n", newline) for end in ("", ".after"))
        assert rendered(before) == after

    @pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
    def test_markers_in_code_are_text(self, newline: str) -> None:
        assert blocks(read("text.md").replace("\n", newline)) == []


class TestForms:
    def test_a_native_block_on_one_line(self) -> None:
        found = block("<!-- taiga: from userstories template links -->\n<!-- /taiga -->\n")
        assert (found.form, found.text) == (Form.NATIVE, "from userstories template links")
        assert (found.body, found.checksum) == ("", None)

    def test_a_native_block_over_several_lines(self) -> None:
        found = block(
            "<!-- taiga\nfrom userstories\n  where a -- why\n-->\n\nx\n\n<!-- /taiga 1f -->"
        )
        assert found.text == "from userstories\n  where a -- why"
        assert (found.body, found.checksum) == ("x", "1f")

    def test_the_end_marker_carries_the_checksum(self) -> None:
        page = "<!-- taiga: x -->\n<!-- /taiga -->"
        after = f"<!-- taiga: x -->\n\none\n\n<!-- /taiga {checksum('one')} -->"
        assert splice(page, [(block(page), "one")]) == after

    def test_an_empty_body(self) -> None:
        page = "<!-- taiga: x -->\n\none\n\n<!-- /taiga 1 -->"
        after = f"<!-- taiga: x -->\n\n<!-- /taiga {checksum('')} -->"
        assert splice(page, [(block(page), "\n \n")]) == after

    def test_a_baked_section_carries_it_below_its_body(self) -> None:
        page = "<!--#lua query[[from userstories]] -->\nold\n<!--/lua-->"
        found = block(page)
        assert (found.form, found.text) == (Form.BAKED, "query[[from userstories]]")
        assert (found.body, found.checksum) == ("old", None)
        after = splice(page, [(found, "new")], ours=ours)
        assert after == (
            "<!--#lua query[[from userstories]] -->\n\nnew\n\n"
            f"<!-- /taiga {checksum('new')} -->\n\n<!--/lua-->"
        )
        assert (block(after).body, block(after).checksum) == ("new", checksum("new"))

    def test_a_baked_section_on_one_line_becomes_several(self) -> None:
        page = "<!--#lua query[[from userstories]] --><!--/lua-->"
        assert block(page).form is Form.BAKED
        assert splice(page, [(block(page), "* a")], ours=ours) == (
            "<!--#lua query[[from userstories]] -->\n\n* a\n\n"
            f"<!-- /taiga {checksum('* a')} -->\n\n<!--/lua-->"
        )

    @each(
        ("page", "after"),
        [
            ("a <!-- taiga: x -->1<!-- /taiga --> b", "a <!-- taiga: x -->2{} b"),
            ("<!-- #taiga: x -->1<!-- /taiga -->", "<!-- #taiga: x -->2{}"),
            ("a <!--#taiga: x --><!-- /taiga 1 -->", "a <!--#taiga: x -->2{}"),
            ("a <!-- taiga: x -->1<!--/taiga 1--> <!--/taiga-->", "a <!-- taiga: x -->2{}"),
            (
                "a <!--#lua userstories -->\n1\n<!--/lua--> b",
                "a <!--#lua userstories -->2{}<!--/lua--> b",
            ),
            (
                "a <!--#lua userstories -->1 <!-- /taiga 1 --> <!--/lua--> b",
                "a <!--#lua userstories -->2{}<!--/lua--> b",
            ),
        ],
    )
    def test_an_inline_block_stays_within_its_line(self, page: str, after: str) -> None:
        assert block(page).form is Form.INLINE
        after = after.format(f"<!-- /taiga {checksum('2')} -->")
        assert splice(page, [(block(page), " 2\n")], ours=ours) == after
        assert block(after).checksum == checksum("2")

    def test_an_inline_value_that_an_editor_wrapped_is_one_line(self) -> None:
        assert block("> a <!-- taiga: x -->12\n> of 40<!-- /taiga --> b").body == "12 of 40"

    def test_only_expressions_that_read_taiga_are_ours(self) -> None:
        page = "<!--#lua os.time() -->\n1\n<!--/lua-->\n<!--#lua userstories -->\n2\n<!--/lua-->\n"
        assert [found.text for found in blocks(page)] == ["userstories"]

    def test_markers_within_a_foreign_section_are_left_alone(self) -> None:
        page = "<!--#lua os.time() -->\n<!-- taiga: x -->\n<!--#lua userstories -->\n<!--/lua-->\n"
        assert blocks(page) == []

    def test_a_foreign_opener_without_an_end_is_left_alone(self) -> None:
        page = "<!--#lua os.time() -->\n\n<!-- taiga: x -->\n<!-- /taiga -->\n"
        assert block(page).text == "x"

    @each("space", ["\n", "\t", "\u00a0", "\ufeff", "\u2028"])
    def test_silverbullets_space_is_javascripts(self, space: str) -> None:
        assert block(f"<!--#lua{space}userstories -->\n<!--/lua-->").form is Form.BAKED

    @pytest.mark.parametrize("comment", ["<!--#luauserstories -->", "<!-- #lua userstories -->"])
    def test_what_silverbullet_does_not_take_for_a_marker_is_none(self, comment: str) -> None:
        assert blocks(f"{comment}\n") == []

    def test_silverbullet_writes_no_indentation_in_lists(self) -> None:
        page = "- <!--#lua query[[\nfrom userstories\n]] -->\n* a\n<!--/lua-->\n"
        found = block(page)
        assert (found.text, found.body, found.prefix) == (
            "query[[\nfrom userstories\n]]",
            "* a",
            "  ",
        )

    @each(
        "comment",
        [
            *("<!-- taiga is fun -->", "<!-- taigas: x -->", "<!-- Taiga: x -->"),
            *("<!-- # taiga: x -->", "<!-- #taiga is fun -->", "<!-- ##taiga: x -->"),
            *("<!-- /taigas -->", "<!-- /#taiga -->"),
        ],
    )
    def test_other_comments_are_no_markers(self, comment: str) -> None:
        assert blocks(f"{comment}\n") == []

    @each(
        "opener",
        [
            *("<!--taiga: x-->", "<!--\t taiga:x -->", "<!-- taiga:\nx\n-->"),
            *("<!--#taiga: x-->", "<!--\t #taiga:x -->", "<!-- #taiga:\nx\n-->"),
        ],
    )
    def test_blanks_in_markers_do_not_matter(self, opener: str) -> None:
        assert block(f"{opener}  \n<!--/taiga-->\t\n").text == "x"


class TestPrefixes:
    @each(
        ("opener", "prefix"),
        [
            ("", ""),
            ("   ", "   "),
            ("- ", "  "),
            ("10. ", "    "),
            ("> ", "> "),
            (">", ">"),
            ("> > ", "> > "),
            ("> - ", ">   "),
            ("- > 1) ", "  >    "),
            ("-\t", " \t"),
        ],
    )
    def test_every_line_written_has_it(self, opener: str, prefix: str) -> None:
        bare = prefix.rstrip()
        page = f"{opener}<!-- taiga: x -->\n{prefix}<!-- /taiga -->\n"
        assert block(page).prefix == prefix
        assert splice(page, [(block(page), "a\n\nb")]) == (
            f"{opener}<!-- taiga: x -->\n{bare}\n{prefix}a\n{bare}\n{prefix}b\n{bare}\n"
            f"{prefix}<!-- /taiga {checksum('a b')} -->\n"
        )

    def test_it_is_no_part_of_the_query(self) -> None:
        page = "> - <!-- taiga\n>   from x\n>     where y\n>   -->\n>   <!-- /taiga -->\n"
        assert block(page).text == "from x\n  where y"

    def test_a_shortened_one_is_taken_as_it_is(self) -> None:
        page = ">  <!-- taiga\n> from x\n>where y\n>\n>-->\n> a\n>b\n> <!-- /taiga -->\n"
        found = block(page)
        assert (found.text, found.body) == ("from x\nwhere y", "a\nb")

    def test_a_tab_stands_for_blanks(self) -> None:
        assert block("1.  <!-- taiga: x -->\n\ta\n    <!-- /taiga -->\n").body == "a"

    def test_a_line_outside_of_the_quote_loses_nothing(self) -> None:
        page = "> <!--#lua userstories -->\n  a\n<!--/lua-->\n"
        assert block(page).body == "  a"


class TestPlaces:
    @each(
        ("page", "place"),
        [
            ("<!-- taiga: from x -->\n<!-- /taiga -->", (1, 13)),
            ("text\n- <!-- taiga:  from x -->\n  <!-- /taiga -->", (2, 16)),
            ("\n> <!-- taiga\n>\n>   from x\n> -->\n> <!-- /taiga -->", (4, 5)),
            ("a <!-- taiga: from x -->1<!-- /taiga -->", (1, 15)),
            ("\r\n\ra <!--#lua from x -->1<!--/lua-->", (3, 12)),
        ],
    )
    def test_a_querys_first_character_is_found_in_the_page(
        self, page: str, place: tuple[int, int]
    ) -> None:
        [found] = find_blocks(page, ours=lambda _: True)
        line, column = found.place(1, 1)
        assert (line, column) == place
        assert re.split("\r\n|\r|\n", page)[line - 1][column - 1 :].startswith("from x")

    def test_so_is_one_further_down(self) -> None:
        found = block("- <!-- taiga: from x\n    where y\n  -->\n  <!-- /taiga -->\n")
        assert found.text == "from x\n  where y"
        assert found.place(2, 3) == (2, 5)

    def test_a_place_behind_the_end_is_the_last_lines(self) -> None:
        found = block("<!-- taiga: from x\n-->\n<!-- /taiga -->\n")
        assert found.place(2, 1) == (1, 13)
        assert block("<!-- taiga -->\n<!-- /taiga -->").place(1, 1) == (1, 12)

    def test_a_block_knows_its_line(self) -> None:
        inline = "<!-- taiga: x -->1<!-- /taiga --> "
        assert [found.line for found in blocks(f"a\r\n\rb\u2028\x0c\n{inline * 2}")] == [4, 4]


MISTAKES = {
    "an opener without an end": (
        "\n<!-- taiga: from x\n\ntext\n",
        2,
        "the opener of the block does not end",
    ),
    "an opener without an arrow": (
        "<!-- taiga: from x\n<!-- /taiga -->\n",
        1,
        "the opener of the block does not end",
    ),
    "an opener that leaves its quote": (
        "> <!-- taiga\nfrom x\n-->\n<!-- /taiga -->\n",
        1,
        "the opener of the block does not end",
    ),
    "an inline opener without an end": (
        "a <!-- taiga: from x\n\n-->",
        1,
        "the opener of the block does not end",
    ),
    "an inline end marker without an end": (
        "a <!-- taiga: x -->1<!-- /taiga 11111111 --\\ b\n\nc\n",
        1,
        "an end marker does not end",
    ),
    "a block without an end": ("\n\n<!-- taiga: x -->\n", 3, "the block is not closed"),
    "a section without an end": ("<!--#lua userstories -->\n", 1, "the block is not closed"),
    "an end marker in code": (
        "<!-- taiga: x -->\n\n```\n<!-- /taiga -->\n```\n",
        1,
        "the block is not closed",
    ),
    "an end marker in an open fence": (
        "<!-- taiga: x -->\n\n```\n\n<!-- /taiga 1 -->\n",
        1,
        "the block is not closed",
    ),
    "a block within a block": (
        "<!-- taiga: x -->\n<!-- taiga: y -->\n<!-- /taiga -->\n<!-- /taiga -->\n",
        2,
        "a block begins within the one of line 1",
    ),
    "a section within a block": (
        "<!-- taiga: x -->\n<!--#lua os.time() -->\n<!-- /taiga -->\n",
        2,
        "a block begins within the one of line 1",
    ),
    "a block within a section": (
        "<!--#lua userstories -->\n<!-- taiga: x -->\n<!-- /taiga -->\n<!--/lua-->\n",
        2,
        "a block begins within the one of line 1",
    ),
    "an end marker alone": ("a\n<!-- /taiga 12 -->\n", 2, "an end marker without a block"),
    "an end marker too many": (
        "<!-- taiga: x -->\n<!-- /taiga -->\nmine\n<!-- /taiga -->\n",
        4,
        "an end marker without a block",
    ),
    "an end marker too many in the next paragraph": (
        "a <!-- taiga: x -->1<!-- /taiga -->\n\n<!-- /taiga -->\n",
        3,
        "an end marker without a block",
    ),
    "an end marker too many with text behind it": (
        "<!-- taiga: x -->\n<!-- /taiga -->\n<!-- /taiga --> mine\n",
        3,
        "the end marker of the block of line 1 does not stand alone",
    ),
    "a section that lost its end marker, and another one": (
        "<!--#lua userstories -->\n<!-- /taiga 1 -->\n<!--#lua os.time() -->\n<!--/lua-->\n",
        3,
        "a block begins within the one of line 1",
    ),
    "a section that lost its opener": (
        "one\n<!-- /taiga 12345678 -->\n<!--/lua-->\n",
        2,
        "an end marker without a block",
    ),
    "an end marker with text behind it": (
        "<!-- taiga: x -->\n<!-- /taiga --> text\n",
        2,
        "the end marker of the block of line 1 does not stand alone",
    ),
    "an end marker with text before it": (
        "<!-- taiga: x -->\ntext <!-- /taiga -->\n",
        2,
        "the end marker of the block of line 1 does not stand alone",
    ),
    "an end marker outside of the list item": (
        "- <!-- taiga: x -->\n- other\n<!-- /taiga -->\n",
        3,
        "the end marker does not stand in the list item or quote of the block of line 1",
    ),
    "an end marker in another list item": (
        "<!-- taiga: x -->\n- <!-- /taiga -->\n",
        2,
        "the end marker does not stand in the list item or quote of the block of line 1",
    ),
    "an inline block over paragraphs": (
        "a <!-- taiga: x -->\n\n1 <!-- /taiga -->\n",
        1,
        "the block begins within a line and does not end in its paragraph",
    ),
}


class TestMistakes:
    @each(("page", "line", "message"), MISTAKES.values(), ids=MISTAKES)
    def test_it_names_page_and_line_and_what_to_do(
        self, page: str, line: int, message: str
    ) -> None:
        with pytest.raises(BlockError) as caught:
            blocks(page)
        error = caught.value
        assert (error.page, error.line, error.message) == ("Note.md", line, message)
        assert error.hint

    def test_the_remedy_names_the_prefix(self) -> None:
        with pytest.raises(BlockError, match=r"write it behind '  > '"):
            blocks("- > <!-- taiga: x -->\n<!-- /taiga -->\n")
        with pytest.raises(BlockError, match=r"write it at its line's beginning"):
            blocks("<!-- taiga: x -->\n> <!-- /taiga -->\n")

    def test_a_section_says_how_silverbullet_ends_it(self) -> None:
        with pytest.raises(BlockError, match=r"put <!--/lua--> below it"):
            blocks("<!--#lua userstories -->\n")

    def test_silverbullets_litter_is_no_mistake(self) -> None:
        assert blocks("<!--/lua-->\n<!--#lua os.time() -->\n") == []

    @each(
        "page",
        [
            "<!--/lua-->\n\n{}\n",
            "{}\n\n<!--/lua-->\n",
            "a <!--/lua--> b\n\n{}\n\n- <!--/lua-->\n\n<!--#lua os.time() -->\n",
        ],
    )
    @each(
        "whole",
        [
            "<!-- taiga: x -->\n\n1\n\n<!-- /taiga 83dcefb7 -->",
            "<!--#lua userstories -->\n\n1\n\n<!-- /taiga 83dcefb7 -->\n\n<!--/lua-->",
            "a <!--#lua userstories -->1<!-- /taiga 83dcefb7 --><!--/lua-->",
            "a <!-- #taiga: x -->1<!-- /taiga 83dcefb7 --> <!--/lua-->",
        ],
    )
    def test_so_it_is_beside_a_block(self, page: str, whole: str) -> None:
        before = page.format(whole)
        found = block(before)
        assert (found.body, origin(found)) == ("1", Origin.OURS)
        assert splice(before, [(found, "1")], ours=ours) == before

    def test_within_a_block_it_is_somebodys_text(self) -> None:
        found = block("<!-- taiga: x -->\n\n1\n<!--/lua-->\n\n<!-- /taiga 83dcefb7 -->\n")
        assert (found.body, origin(found)) == ("1\n<!--/lua-->", Origin.HAND)

    def test_an_opener_of_silverbullets_without_an_end_is_none(self) -> None:
        assert blocks("- <!--#lua userstories\n- <!--#lua userstories\n") == []


class TestWhereMarkersAct:
    @each(
        "page",
        [
            "# {}",
            "a `b` {} `c`",
            "a ` {}",
            "a `` {} `",
            "\\` {} `",
            "\\\\{}",
            "a %% {}",
            "%%a%% {}",
            "a %%b\nc%% {}",
            "<!-- a --> {}",
            "<!-->{}",
            "<div>\n{}\n</div>",
            "<div>\n<!-- a -->\n{}",
            "<div>\n    {}\n</div>",
            "<b>\n{}",
            "a\n<b>\n{}",
            "<!DOCTYPE html>\n{}",
            "<? a ?>\n{}",
            "<![CDATA[ a ]]>\n{}",
            "<pre>a</pre>\n{}",
            "<div><pre>a</pre>\n{}",
            "a\n    {}",
            "a\n===\n{}",
            "a\n---\n{}",
            "***\n{}",
            "- a\n\n  b\n{}",
            "-\n  {}",
            "-\n\n  {}",
            "a\n2. {}",
            "a\n1. {}",
            "a\n-\n{}",
            "> a\nb {}",
            "> ```\n{}",
            "- ```\n{}",
            "``` a`b\n{}",
            "```\n```\n{}",
            "````\n```\n````\n{}",
            "~~~ `\n~~~  \n{}",
            "```\n    ```\n```\n{}",
            "---\na: b\n---\n{}",
            "\ufeff---\na: b\n...\n{}",
            "---\na: b\n{}",
            "    code\n{}",
            "%%\nhidden\n%% shown?\n{}",
            "%% hidden %%\n{}",
            "%%\n{}",
            "% a\n{}",
            "a | b\n--|--\n{} | `c",
            "a | `b\n--|--\n{} | c`",
            "x `y\na | b\n--|--\n{} | `c",
            "| a |\n|-|-|\n{}",
            "a | b\n--|--\nc\n10. {}",
            "> a | b\n> --|--\n{}",
            "<!-- a\n-->{}",
        ],
    )
    def test_here_they_do(self, page: str) -> None:
        marker = "<!-- taiga: x -->1<!-- /taiga -->"
        assert [found.body for found in blocks(page.format(marker))] == ["1"]

    @each(
        "page",
        [
            "`{}`",
            "`` a ` {} ``",
            "`a\nb {}`",
            "\\{}",
            "%%{}%%",
            "a %%b\nc {} d%%",
            "%%\n{}\n%%",
            "%%\n\n{}\n\n%%",
            "> %%\n> {}\n> %%",
            "    {}",
            "\t{}",
            "a\n\n    {}",
            "- a\n\n      {}",
            "-     {}",
            "- \n\n      {}",
            ">     {}",
            "a | b\n--|--\n    {}",
            "```\n{}",
            "```\n{}\n```",
            "a\n```\n{}",
            "~~~ a\n{}\n~~~",
            "```\n~~~\n{}\n```",
            "````\n```\n{}\n````",
            "> ```\n> {}\n> ```",
            "- ```\n\n  {}\n  ```",
            "> - ~~~\n>   {}",
            "---\na: {}\n---\n",
            "\ufeff---\r\na: {}\r\n...\r\n",
            "<pre>\n{}\n</pre>",
            "<pre>\n\n{}",
            "<SCRIPT>\n{}\n</script>",
            "<textarea>{}</textarea>",
            "<div><pre>\n{}\n</pre></div>",
            "<div><!--\n{}",
            "<? a\n{} ?>",
            "<!A\n{}>",
            "<![CDATA[\n{}]]>",
            "<!--\n\n{}",
            "a <!-- b {}",
        ],
    )
    def test_here_they_are_text(self, page: str) -> None:
        assert blocks(page.format("<!-- taiga: x -->")) == []

    def test_a_comment_inside_of_a_comment_ends_the_outer_one(self) -> None:
        with pytest.raises(BlockError, match="an end marker without a block"):
            blocks("<!--\n<!-- taiga: x -->\n1\n<!-- /taiga -->\n-->\n")

    def test_more_containers_than_anybody_writes_are_text(self) -> None:
        deep = "> " * 101
        assert block(f"{'> ' * 100}<!-- taiga: x -->1<!-- /taiga -->\n").body == "1"
        assert block(f"{deep}a <!-- taiga: x -->1<!-- /taiga -->\n").body == "1"


class TestHasMarker:
    @each("name", ["lists", "callouts", "silverbullet", "inline", "text"])
    def test_it_is_true_of_every_page_with_blocks(self, name: str) -> None:
        assert has_marker((PAGES / f"{name}.md").read_bytes())

    @each("data", [b"", b"taiga", b"<!-- a -->", b"<!-- tai ga -->", b"\xff\xfe<"])
    def test_it_is_false_of_others(self, data: bytes) -> None:
        assert not has_marker(data)


class TestKeptToTheByte:
    @each(
        "page",
        [
            "\ufeffa  \n\n{}\n\nb",
            "a\r\n{}\r\nb\nc\r",
            "\x0c\u2028a\x0b\n\n{} \t\n\n\n\nb\t \n",
            "{}",
            "\n\n{}",
        ],
    )
    def test_outside_of_the_block(self, page: str) -> None:
        before = page.format("<!-- taiga: x -->\n<!-- /taiga -->")
        after = splice(before, [(block(before), "one")])
        outside = r"(?s)<!-- taiga.*-->"
        assert re.sub(outside, "{}", after) == page

    def test_the_openers_line_end_is_written(self) -> None:
        page = "a\r\n<!-- taiga: x -->\n<!-- /taiga -->\r\n<!-- taiga: x --> \r\n<!-- /taiga -->\n"
        after = splice(page, [(found, "1") for found in blocks(page)])
        assert after == (
            "a\r\n<!-- taiga: x -->\n\n1\n\n<!-- /taiga 83dcefb7 -->\r\n"
            "<!-- taiga: x -->\r\n\r\n1\r\n\r\n<!-- /taiga 83dcefb7 -->\n"
        )

    def test_without_one_the_pages(self) -> None:
        page = "a\r\n\r\n<!--#lua userstories --><!--/lua-->"
        assert splice(page, [(block(page), "1")], ours=ours).count("\r\n") == 8

    def test_other_blocks_are_left_alone(self) -> None:
        page = "<!-- taiga: x -->\n old \n<!-- /taiga f -->\n\n<!-- taiga: y -->\n<!-- /taiga -->\n"
        first, second = blocks(page)
        after = splice(page, [(second, "new")])
        assert after.startswith(page[: first.closes])

    def test_nothing_to_write_is_the_same_page(self) -> None:
        assert splice("a\r\n", []) == "a\r\n"


UNFIT = [
    "<!-- /taiga -->",
    "a\n<!-- taiga: x -->",
    "<!--#lua os.time() -->",
    "a `<!--/lua-->` b",
    "```\n<!--#lua os.time() -->\n```",
    "```\nopen",
    "<!-- open",
    "<pre>",
    "<div>\n<script>",
    "%%\nopen",
]


class TestUnfitBodies:
    @each("body", UNFIT)
    def test_a_body_can_not_break_out_of_its_block(self, body: str) -> None:
        page = "<!-- taiga: x -->\n<!-- /taiga -->\n\n%% a\n"
        with pytest.raises(BlockError, match="the output would break out of its block"):
            check_body(block(page), body)
        with pytest.raises(BlockError, match="the output would break out of its block"):
            splice(page, [(block(page), body)])

    @each("prefix", ["", " ", "- ", "1. ", "> ", ">", "> > ", "+ + + ", "> 10. ", "-\t"])
    @each("indent", ["", "   ", "\t", "  \t", "    "])
    def test_how_far_a_line_is_indented_depends_on_the_prefix(
        self, prefix: str, indent: str
    ) -> None:
        below = "".join(mark if mark in " >\t" else " " for mark in prefix)
        page = f"{prefix}<!-- taiga: x -->\n{below}<!-- /taiga -->\n"
        body = f"{indent}<!-- taiga: y -->"
        try:
            check_body(block(page), body)
        except BlockError:
            with pytest.raises(BlockError):
                blocks(page.replace("<!-- /taiga", f"{body}\n{below}<!-- /taiga"))
        else:
            assert block(splice(page, [(block(page), body)])).body == body

    @pytest.mark.parametrize("body", ["a\nb", "* a\n* b\n"])
    def test_an_inline_block_takes_one_line(self, body: str) -> None:
        with pytest.raises(BlockError, match="takes one value"):
            check_body(block("a <!-- taiga: x --><!-- /taiga -->"), body)

    @pytest.mark.parametrize("body", ["`", "<!--", "%%", "\\"])
    def test_nor_does_a_value_break_out_of_its_line(self, body: str) -> None:
        found = block("a <!-- taiga: x --><!-- /taiga --> ` %%")
        with pytest.raises(BlockError):
            splice("a <!-- taiga: x --><!-- /taiga --> ` %%", [(found, body)])

    @pytest.mark.parametrize("body", ["```\n<!-- taiga: y -->\n```", "* a\n\n  ```"])
    def test_code_that_ends_is_fit(self, body: str) -> None:
        page = "<!-- taiga: x -->\n<!-- /taiga -->\n"
        assert block(splice(page, [(block(page), body)])).body == body

    def test_blocks_of_another_page_are_refused(self) -> None:
        page = "<!-- taiga: x -->\n<!-- /taiga -->\n"
        with pytest.raises(BlockError, match="would not hold the same blocks"):
            splice(f"a\n{page}", [(block(page), "1")])
        with pytest.raises(BlockError, match="would not hold the same blocks"):
            splice("abc\n" * 9, [(block(page), "1")])


class TestEdited:
    def test_what_we_wrote_is_not(self) -> None:
        page = rendered("<!-- taiga: x template links -->\n<!-- /taiga -->\n")
        assert origin(block(page)) is Origin.OURS

    def test_a_changed_word_is(self) -> None:
        page = rendered("<!-- taiga: x template links -->\n<!-- /taiga -->\n")
        assert origin(block(page.replace("Sign-up", "Sign-in"))) is Origin.HAND

    def test_text_in_a_block_never_rendered_is(self) -> None:
        assert origin(block("<!-- taiga: x -->\nmine\n<!-- /taiga -->\n")) is Origin.HAND

    def test_an_emptied_block_is_not(self) -> None:
        assert origin(block("<!-- taiga: x -->\n\n<!-- /taiga 12345678 -->\n")) is Origin.OURS

    @pytest.mark.parametrize(
        "page",
        [
            "<!--#lua userstories -->\none\n<!--/lua-->",
            "a <!--#lua userstories -->one<!--/lua--> b",
            "a <!-- taiga: x -->one<!-- /taiga --> b",
        ],
    )
    def test_without_a_checksum_it_depends_on_what_is_remembered(self, page: str) -> None:
        found = block(page)
        assert origin(found) is Origin.GENERATED
        assert origin(found, [words_checksum("two"), words_checksum("one")]) is Origin.OURS
        assert origin(found, [words_checksum("two")]) is Origin.UNKNOWN

    def test_what_silverbullet_wrote_unescaped_is_remembered_as_ours(self) -> None:
        found = block("<!--#lua userstories -->\n* [x] $a$ <b>\n<!--/lua-->")
        assert (
            origin(found, [words_checksum("* \\[x\\] \\$\u2060a\\$ \\<\u2060b\\>")]) is Origin.OURS
        )

    @each("page", ["{}", "a <!-- taiga: x -->{}<!-- /taiga --> b", "> - {}"])
    @each("newline", ["\n", "\r\n"])
    def test_any_letter_of_any_form_tells(self, page: str, newline: str) -> None:
        whole = "<!--#lua userstories -->\n<!--/lua-->" if page.count("x") == 0 else ""
        before = page.format(whole).replace("\n", newline)
        after = splice(before, [(block(before), "Open 12")], ours=ours)
        assert origin(block(after)) is Origin.OURS
        assert origin(block(after.replace("Open", "open"))) is Origin.HAND
        assert origin(block(after.replace("12", "12 x"))) is Origin.HAND
        assert origin(block(after.replace("/taiga ", "/taiga 0"))) is Origin.HAND


class TestSettled:
    def test_the_same_body_is(self) -> None:
        page = splice(
            "<!-- taiga: x -->\n<!-- /taiga -->",
            [(block("<!-- taiga: x -->\n<!-- /taiga -->"), "* a")],
        )
        assert settled(block(page), "* a\n")
        assert settled(block(page.replace("* a", "-   a")), "* a")
        assert not settled(block(page), "* b")

    def test_a_block_without_a_checksum_is_not(self) -> None:
        assert not settled(block("<!-- taiga: x -->\n<!-- /taiga -->"), "")

    def test_a_section_that_silverbullet_wrote_lacks_its_checksum(self) -> None:
        found = block("<!--#lua userstories -->\n* a\n<!--/lua-->")
        assert same_words(found, "*  a")
        assert not settled(found, "* a")


class TestEndMarkers:
    """What becomes of our end markers under a sync, a merge and other people's hands."""

    @each(
        "page",
        [
            "<!-- taiga: x -->\n\n1\n\n<!-- /taiga 00000001 -->\n<!-- /taiga 83dcefb7 -->\n",
            "<!-- taiga: x -->\n\n1\n\n<!-- /taiga 83dcefb7 -->\n\n<!-- /taiga 00000001 -->\n",
            "<!-- taiga: x -->\n1\n<!-- /taiga 83DCEFB7 -->\n",
            "> <!-- taiga: x -->\n>\n> 1\n>\n> <!-- /taiga 83dcefb7 -->\n>\n> <!-- /taiga 1 -->\n",
            "a <!-- taiga: x -->1<!-- /taiga 00000001 --> <!-- /taiga 83dcefb7 -->\n",
            "<!--#lua userstories -->\n1\n<!-- /taiga 83dcefb7 --><!--/lua-->\n",
            "<!--#lua userstories -->\n1\n<!--/taiga 1-->\n<!--/taiga 83dcefb7-->\n<!--/lua-->\n",
            "- <!--#lua userstories -->\n1\n<!-- /taiga 83dcefb7 -->\n<!--/lua-->\n",
        ],
    )
    def test_the_one_that_fits_counts(self, page: str) -> None:
        found = block(page)
        assert (found.body, origin(found)) == ("1", Origin.OURS)
        after = splice(page, [(found, "2")], ours=ours)
        assert after.count("<!-- /taiga") == 1
        assert after.endswith("\n")

    @each(
        "page",
        [
            "<!--#lua userstories -->\n1\n<!-- /taiga 83dcefb7 -->\nmine\n<!--/lua-->\n",
            "<!--#lua userstories -->\n1\n\n<!-- /taiga 83dcefb -->\n<!--/lua-->\n",
            "<!--#lua userstories -->\n1\n\n<!-- /taiga 83dcefb8 -->\n<!--/lua-->\n",
            "<!--#lua userstories -->\n1 <!--/taiga 1--> mine\n<!--/taiga 83dcefb7--><!--/lua-->\n",
            "a <!-- taiga: x -->1 mine<!-- /taiga 83dcefb7 -->\n",
            "a <!--#lua userstories -->1<!-- /taiga 83dcefb7 --> mine<!--/lua-->\n",
        ],
    )
    def test_what_stands_beside_it_is_somebodys(self, page: str) -> None:
        assert origin(block(page), [words_checksum("1")]) in {Origin.HAND, Origin.UNKNOWN}

    def test_one_that_silverbullet_wrote_in_a_subject_is_text(self) -> None:
        page = "<!--#lua userstories -->\n* evil <!-- /taiga 83dcefb7 --> text\n* b\n<!--/lua-->\n"
        found = block(page)
        assert found.body == "* evil <!-- /taiga 83dcefb7 --> text\n* b"
        assert found.checksum is None

    def test_a_torn_one_is_told(self) -> None:
        with pytest.raises(BlockError, match="the block is not closed"):
            blocks("<!--#lua userstories -->\n1\n\n<!-- /taiga 83dc\n<!--/lua-->\n")


class TestWrapped:
    """What Prettier with `--prose-wrap always` makes of blocks within a line."""

    VALUE = "New and old stories"
    SUM = checksum(VALUE)

    @each(
        "page",
        [
            "There are\n<!-- #taiga: x -->New and\nold stories<!-- /taiga {} --> open.\n",
            "There are\n<!-- #taiga: x -->New and\n\nold stories<!-- /taiga {} --> open.\n",
            "- a\n  <!-- #taiga: x -->New\n  and old\n  stories<!-- /taiga {} --> b\n- c\n",
            "> a\n> <!-- #taiga: x -->New and\n>\n> old stories<!-- /taiga {} -->\n> b\n",
            "a <!-- #taiga: x -->New\nand old\nstories<!-- /taiga {} --> b\n",
            "a\n<!--#lua x -->New\nand old stories<!-- /taiga {} --><!--/lua-->\nb\n",
            "a\n<!--#lua x -->New and old stories<!-- /taiga {} --><!--/lua-->\nb\n",
        ],
    )
    def test_it_is_the_same_block_with_the_same_value(self, page: str) -> None:
        text = page.format(self.SUM)
        [found] = find_blocks(text, ours=lambda _: True)
        assert (found.form, found.body) == (Form.INLINE, self.VALUE)
        assert origin(found) is Origin.OURS
        assert settled(found, self.VALUE)
        after = splice(text, [(found, "12")], ours=lambda _: True)
        assert f"-->12<!-- /taiga {checksum('12')} -->" in after
        assert (after[: found.start], text[found.end :]) == (
            text[: found.start],
            after[len(after) - len(text) + found.end :],
        )

    @pytest.mark.parametrize(
        "page",
        [
            "a\n<!-- #taiga: x -->New and\nold tales<!-- /taiga {} --> open.\n",
            "<!-- #taiga: x --> New and\nold stories\n<!-- /taiga -->\n",
            "- <!-- #taiga: x -->New and\n\nold stories<!-- /taiga {} -->\n",
        ],
    )
    def test_words_of_ones_own_or_another_place_are_none_of_it(self, page: str) -> None:
        with pytest.raises(BlockError, match="does not end in its paragraph"):
            find_blocks(page.format(self.SUM))

    def test_a_section_that_someone_edited_stays_theirs(self) -> None:
        page = f"a\n<!--#lua x -->New\nand my own<!-- /taiga {self.SUM} --><!--/lua-->\nb\n"
        [found] = find_blocks(page, ours=lambda _: True)
        assert (found.form, origin(found, ["x"])) == (Form.INLINE, Origin.HAND)


class TestRescue:
    def test_the_edited_text_moves_below_its_block(self) -> None:
        page = "> <!-- taiga: x -->\n> mine\n>\n> * too\n> <!-- /taiga 1 -->  \n> next\n"
        found = block(page)
        after = splice(page, [(found, "new")], rescued=[found])
        assert after == (
            f"> <!-- taiga: x -->\n>\n> new\n>\n> <!-- /taiga {checksum('new')} -->  \n>\n"
            "> > [!NOTE]\n"
            "> > taiga-notes: edited by hand, so moved out of the block above\n>\n"
            "> mine\n>\n> * too\n>\n> next\n"
        )

    @pytest.mark.parametrize("end", ["", "\n", "\n\nnext\n"])
    def test_what_follows_stays_as_it_is(self, end: str) -> None:
        page = f"<!--#lua userstories -->\n\nmine\n\n<!--/lua-->{end}"
        after = splice(page, [(block(page), "new")], rescued=[block(page)], ours=ours)
        assert after.endswith(f"\n\nmine{end}")

    def test_our_own_notice_is_not_rescued(self) -> None:
        page = f"<!-- taiga: x -->\n\n{with_notice('mine', 'oh')}\n\n<!-- /taiga 1 -->"
        assert "oh" not in splice(page, [(block(page), "new")], rescued=[block(page)])

    def test_an_inline_value_has_nowhere_to_go(self) -> None:
        page = "a <!-- taiga: x -->mine<!-- /taiga -->"
        with pytest.raises(BlockError, match="can't be moved below it"):
            splice(page, [(block(page), "1")], rescued=[block(page)])


class TestEmptied:
    @pytest.mark.parametrize("name", ["lists", "callouts"])
    def test_a_page_is_as_if_never_rendered(self, name: str) -> None:
        assert emptied(read(f"{name}.after.md")) == read(f"{name}.md")

    def test_so_are_sections_and_values(self) -> None:
        page = "- <!--#lua query[[from tasks]] -->\n\n  a\n  <!-- /taiga 1 -->\n  <!--/lua-->\n\n{}"
        inline = (
            "a <!-- taiga: x -->{}<!-- /taiga{} --> b <!--#lua query[[from tasks]] -->{}<!--/lua-->"
        )
        assert emptied(page.format(inline.format("12", " 1", "7<!-- /taiga 1 -->"))) == (
            "- <!--#lua query[[from tasks]] -->\n  <!--/lua-->\n\n" + inline.format("", "", "")
        )


class TestNotice:
    def test_it_stands_above_the_last_good_output(self) -> None:
        assert with_notice("* a", "no such field") == (
            "> [!WARNING]\n> taiga-notes: no such field\n\n* a"
        )

    def test_it_may_have_lines(self) -> None:
        assert with_notice("", "a\n\nb") == "> [!WARNING]\n> taiga-notes: a\n>\n> b"

    def test_there_is_one_at_most(self) -> None:
        once = with_notice("> quote\n\ntext", "one")
        assert with_notice(once, "two") == with_notice("> quote\n\ntext", "two")

    @pytest.mark.parametrize("body", ["", "* a", "> [!warning] other\n\nx", "> a\n> b\n\nc"])
    def test_it_goes_without_a_trace(self, body: str) -> None:
        assert without_notice(with_notice(body, "a\nb")) == body
        assert without_notice(body) == body

    @each(
        "notice",
        [
            "> \\[!warning] taiga-notes: a\n> b",
            "> [!warning] taiga-notes: a",
            "> \\[!WARNING\\]\n> taiga-notes: a",
            ">[!WARNING]\n>taiga-notes: a",
            "> [!WARNING] taiga-notes: a",
        ],
    )
    def test_it_goes_after_a_formatter_too(self, notice: str) -> None:
        assert without_notice(f"{notice}\n\n- c") == "- c"
