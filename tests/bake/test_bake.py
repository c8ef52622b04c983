"""Live directives and fences become blocks, and blocks become live again, to the byte."""

from __future__ import annotations

from pathlib import Path
from time import process_time
from unittest.mock import Mock

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from taiga_notes.bake.baking import Left, bake, unbake
from taiga_notes.errors import BlockError
from taiga_notes.page.splice import Form, find_blocks, splice
from tests.tables import each, others_slow

PAGES = Path(__file__).parents[1] / "pages" / "bake"
QUERY = "query[[from userstories]]"


def read(name: str) -> str:
    return (PAGES / name).read_bytes().decode()


class TestFixtures:
    @pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
    def test_a_page_migrates(self, newline: str) -> None:
        baked = bake(read("vault.md").replace("\n", newline))
        assert baked.text == read("vault.after.md").replace("\n", newline)
        assert (baked.count, baked.left) == (8, ())

    @pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
    def test_and_back(self, newline: str) -> None:
        live = unbake(read("vault.after.md").replace("\n", newline))
        assert live.text == read("vault.md").replace("\n", newline)
        assert (live.count, live.left) == (8, ())

    def test_and_back_with_output(self) -> None:
        page = read("vault.after.md")
        bodies = [(block, "12") for block in find_blocks(page)]
        assert unbake(splice(page, bodies)).text == read("vault.md")

    def test_a_migrated_page_has_nothing_left_to_migrate(self) -> None:
        page = read("vault.after.md")
        assert bake(page).text == page
        assert bake(page).count == 0


LIVE = {
    "a directive": (f"${{{QUERY}}}", f"<!--#lua {QUERY} -->\n<!--/lua-->"),
    "blanks around it": (f" ${{ {QUERY}\n}} \t", f" <!--#lua  {QUERY}\n -->\n <!--/lua--> \t"),
    "in a line": (f"a ${{{QUERY}}}, b", f"a <!--#lua {QUERY} --><!--/lua-->, b"),
    "at a line's end": (f"a ${{{QUERY}}}", f"a <!--#lua {QUERY} --><!--/lua-->"),
    "at a line's beginning": (f"${{{QUERY}}} a", f"<!--#lua {QUERY} --><!--/lua--> a"),
    "in a heading": (f"# ${{{QUERY}}}", f"# <!--#lua {QUERY} --><!--/lua-->"),
    "in a task": (f"- [ ] ${{{QUERY}}}", f"- [ ] <!--#lua {QUERY} --><!--/lua-->"),
    "between lines": (f"a\n${{{QUERY}}}\nb", f"a\n<!--#lua {QUERY} -->\n<!--/lua-->\nb"),
    "twice": (
        f"${{{QUERY}}}${{{QUERY}}}",
        f"<!--#lua {QUERY} --><!--/lua--><!--#lua {QUERY} --><!--/lua-->",
    ),
    "in a list": (f"1. ${{{QUERY}}}\n2. b", f"1. <!--#lua {QUERY} -->\n   <!--/lua-->\n2. b"),
    "further down in a list": (
        f"- a\n  ${{{QUERY}}}",
        f"- a\n  <!--#lua {QUERY} -->\n  <!--/lua-->",
    ),
    "in a table": (
        "| ${X} |\n|---|\n| ${X} |",
        "| <!--#lua X --><!--/lua--> |\n|---|\n| <!--#lua X --><!--/lua--> |",
    ),
    "braces in strings": ('${X{\'}\', "}\\"}"}}', '<!--#lua X{\'}\', "}\\"}"} -->\n<!--/lua-->'),
    "braces in brackets": ("${X[==[ }]] ]==]}", "<!--#lua X[==[ }]] ]==] -->\n<!--/lua-->"),
    "braces in comments": ("${X -- }\n--[[ }\n]]}", "<!--#lua X -- }\n--[[ }\n]] -->\n<!--/lua-->"),
    "strings in a query": (
        "${query[[X '}]]' {}]]}",
        "<!--#lua query[[X '}]]' {}]] -->\n<!--/lua-->",
    ),
    "a fence": ("```taiga\nX\n```", "<!-- #taiga\nX\n-->\n<!-- /taiga -->"),
    "a fence with blanks": (
        " ```taiga \n  X\n\n ``` \nb",
        " <!-- #taiga \n  X\n\n -->\n <!-- /taiga --> \nb",
    ),
    "a fence in a callout": (
        "> - ```taiga\n>   X\n>   ```",
        "> - <!-- #taiga\n>   X\n>   -->\n>   <!-- /taiga -->",
    ),
    "a longer fence": (
        "`````taiga\nX [[\n````\n]]\n`````",
        "<!-- #taiga\nX [[\n````\n]]\n-->\n<!-- /taiga -->",
    ),
    "a stray end below": ("${X}\n\n<!--/lua-->", "<!--#lua X -->\n<!--/lua-->\n\n<!--/lua-->"),
    "a stray end above": ("<!--/lua-->\n\n${X}", "<!--/lua-->\n\n<!--#lua X -->\n<!--/lua-->"),
    "no last newline": ("a\r\n\r\n${X}", "a\r\n\r\n<!--#lua X -->\r\n<!--/lua-->"),
    "mixed newlines": ("a\r\n\r\n${X}\nb", "a\r\n\r\n<!--#lua X -->\n<!--/lua-->\nb"),
}

NOT_LIVE = [
    "${os.time()}",
    "`${X}`",
    "\\${X}",
    "```\n${X}\n```",
    "    ${X}",
    "%%${X}%%",
    "<!-- ${X} -->",
    "<div>${X}</div>",
    "---\na: ${X}\n---\n",
    "<!--#lua os.time() -->\n${X}\n<!--/lua-->",
    "<!--#lua os.time() -->\n\n```taiga\nX\n```\n\n<!--/lua-->",
    "${ a",
    "$X",
    "```taigas\nX\n```",
    "```lua taiga\nX\n```",
]

SIGNS = r"it has the signs of an HTML comment: write them as '\x3c!--' and '--\x3e'"
PLAIN = "its fence is no plain one: write it as ```taiga and ```"
APART = "it would not stand as a block there: set it apart by blank lines"
OPEN = "its braces do not close within its paragraph"
UNFIT = {
    "an arrow": ("${X '-->'}", SIGNS),
    "an arrow in a fence": ("```taiga\nX '-->'\n```", SIGNS),
    "a comment": ("${X '<!--'}", SIGNS),
    "open braces": ("${X {", OPEN),
    "braces that close too late": ("${X\n\n}", OPEN),
    "an open string": ("${X '}", OPEN),
    "an open bracket": ("${X [[}", OPEN),
    "an open comment": ("${X --[[}", OPEN),
    "a brace in a comment": ("${X -- }", OPEN),
    "a cell's end": ("| a |\n|---|\n| ${X '|'} |", OPEN),
    "a directive longer than any": (f"${{X{' ' * 20_000}}}", OPEN),
    "a list in a line": (
        "a ${template.each(X, templates.t)}",
        "a list does not fit within a line: put the directive on one of its own",
    ),
    "a row that begins with it": ("a |\n-|\n${X}", APART),
    "as deep as code": (
        "a\n      ${X}",
        "it is indented like code: indent it like the line above",
    ),
    "a mistake": ("${X from}", "`render` could not evaluate it: no"),
    "a mistake in a fence": ("```taiga\nX from\n```", "`render` could not evaluate it: no"),
    "an empty fence": ("```taiga\n```", "it holds no query"),
    "an open fence": ("```taiga\nX", "its fence is not closed"),
    "tildes": ("~~~taiga\nX\n~~~", PLAIN),
    "a fence's blank": ("``` taiga\nX\n```", PLAIN),
    "a fence's words": ("```taiga a\nX\n```", PLAIN),
    "a fence longer than need be": ("````taiga\nX\n````", PLAIN),
    "a fence that ends longer": ("```taiga\nX\n````", PLAIN),
    "an open section above": (
        "${X}\n\n<!--#lua os.time() -->",
        "the marker of a baked section on line 3 has no partner",
    ),
    "a template page": (
        "${X}\n\n#meta/template/page",
        "SilverBullet does not run the directives of a template page",
    ),
    "front matter of a template page": (
        "---\ntags:\n- meta/template\n---\n${X}",
        "SilverBullet does not run the directives of a template page",
    ),
}


def reads(expression: str) -> bool:
    return "X" in expression or QUERY in expression


def mistake(query: str, _form: Form) -> str:
    return "no" if query == "X from" else ""


class TestBake:
    @each(("page", "after"), LIVE.values(), ids=LIVE)
    def test_what_is_live_becomes_a_block(self, page: str, after: str) -> None:
        baked = bake(page, ours=reads, check=mistake)
        assert (baked.text, baked.left) == (after, ())
        assert len(find_blocks(after, ours=reads)) == baked.count > 0

    @each(("page", "after"), LIVE.values(), ids=LIVE)
    def test_and_live_again(self, page: str, after: str) -> None:
        live = unbake(after, ours=reads)
        assert (live.text, live.left) == (page, ())

    @each("page", NOT_LIVE)
    def test_nothing_else_is_touched_or_listed(self, page: str) -> None:
        baked = bake(page, ours=reads, check=mistake)
        assert (baked.text, baked.count, baked.left) == (page, 0, ())

    @each(("page", "reason"), UNFIT.values(), ids=UNFIT)
    def test_what_can_not_become_one_is_listed(self, page: str, reason: str) -> None:
        baked = bake(page, ours=reads, check=mistake)
        assert (baked.text, baked.count) == (page, 0)
        assert [left.reason for left in baked.left] == [reason]

    def test_the_list_names_lines(self) -> None:
        page = "a\r\n\r\n${X '-->'}\r\n\r\n```taiga\r\n```\r\n\r\n${X}"
        baked = bake(page, ours=reads, check=mistake)
        assert baked.left == (Left(3, SIGNS), Left(5, "it holds no query"))
        assert baked.count == 1

    def test_a_block_that_makes_the_next_line_code_stands_and_the_next_does_not(self) -> None:
        baked = bake("${X}\n    a ${X}\n", ours=reads, check=mistake)
        assert baked.text == "<!--#lua X -->\n<!--/lua-->\n    a ${X}\n"
        assert baked.left == (Left(2, APART),)

    def test_one_that_would_break_the_page_does_not(self) -> None:
        baked = bake("${X}\n    a ${X\n} b", ours=reads, check=mistake)
        assert baked.text == "<!--#lua X -->\n<!--/lua-->\n    a ${X\n} b"
        assert baked.left == (Left(2, APART),)

    def test_nor_one_that_would_hide_a_block_of_before(self) -> None:
        page = "${X}\n    a <!-- taiga: x -->1<!-- /taiga -->"
        baked = bake(page, ours=reads, check=mistake)
        assert (baked.text, baked.left) == (page, (Left(1, APART),))

    def test_output_of_a_block_is_not_live(self) -> None:
        inline = "a <!-- taiga: x -->${X}<!-- /taiga -->"
        page = f"{inline}\n\n<!-- taiga: x -->\n\n${{X}}\n\n<!-- /taiga -->\n"
        assert bake(page, ours=reads, check=mistake).text == page

    def test_blocks_out_of_order_are_an_error(self) -> None:
        with pytest.raises(BlockError) as caught:
            bake("${X}\n<!-- taiga: x -->", page="Note.md", ours=reads)
        assert (caught.value.page, caught.value.line) == ("Note.md", 2)

    def test_the_query_language_says_what_is_ours_and_what_is_wrong(self) -> None:
        baked = bake("${query[[from userstories]]} ${query[[from tasks where]]} ${os.time()}")
        assert baked.count == 1
        [left] = baked.left
        assert left.reason.startswith("`render` could not evaluate it: ")


class TestUnbake:
    @each(
        ("page", "live"),
        [
            ("<!-- taiga: x -->\n<!-- /taiga -->", "```taiga\nx\n```"),
            ("- <!-- taiga: x\n  y -->\n  <!-- /taiga -->", "- ```taiga\n  x\n  y\n  ```"),
            ("<!--taiga\nx\n-->\n<!-- /taiga -->", "```taiga\nx\n```"),
            ("<!-- taiga\nx -->\n<!-- /taiga -->", "```taiga\nx\n```"),
            ("<!-- taiga: x\n```\n-->\r\n<!-- /taiga -->", "````taiga\r\nx\r\n```\r\n````"),
            ("<!--#lua\nX-->\n<!--/lua-->", "${\nX}"),
            ("a <!--#lua X -->\n1\n<!--/lua--> b", "a ${X} b"),
        ],
    )
    def test_blocks_that_others_wrote_become_live_too(self, page: str, live: str) -> None:
        assert unbake(page, ours=reads).text == live

    @pytest.mark.parametrize(
        ("page", "reason"),
        [
            (
                "a <!-- taiga: x -->1<!-- /taiga -->",
                "a block of ours within a line has no live form",
            ),
            (
                "<!--#lua X } -->\n<!--/lua-->",
                "its braces do not close, so that no directive could hold it",
            ),
            (
                "<!--#lua X { -->\n<!--/lua-->",
                "its braces do not close, so that no directive could hold it",
            ),
            (
                "> <!--#lua X\n>\n> -->\n> <!--/lua-->",
                "it has a blank line, which would end a directive",
            ),
        ],
    )
    def test_what_has_no_live_form_is_listed(self, page: str, reason: str) -> None:
        live = unbake(f"\n{page}", ours=reads)
        assert (live.text, live.count, live.left) == (f"\n{page}", 0, (Left(2, reason),))

    def test_other_sections_are_left_alone(self) -> None:
        page = "<!--#lua os.time() -->\n1\n<!--/lua-->"
        assert unbake(page, ours=reads).text == page

    def test_blocks_out_of_order_are_an_error(self) -> None:
        with pytest.raises(BlockError):
            unbake("<!-- taiga: x -->")


expressions = st.lists(
    st.sampled_from(
        [
            "X",
            "{",
            "}",
            "'",
            '"',
            "[[",
            "]]",
            "[=[",
            "]=]",
            "--",
            "\\",
            "\n",
            " ",
            "`",
            "%%",
            "|",
            "query",
        ]
    ),
    max_size=8,
).map("".join)
fragments = st.one_of(
    expressions.map(lambda text: f"${{X{text}}}"),
    expressions.map(lambda text: f"```taiga\nX{text}\n```"),
    st.sampled_from(
        [
            *(
                "\n",
                "\n\n",
                "\r\n",
                "\r",
                " ",
                "    ",
                "\t",
                "- ",
                "1. ",
                "> ",
                ">",
                "# ",
                "`",
                "```",
            ),
            *(
                "```taiga\nX\n```",
                "~~~taiga\n",
                "text",
                "%%",
                "\\",
                "${X}",
                "a ${X} b",
                "${os.time()}",
            ),
            *("| a | b |\n|---|---|\n", "|", "<div>\n", "<pre>\n", "---\n", "<!--", "-->", "===\n"),
            *("<!--#lua os.time() -->", "<!--#lua X -->", "<!--/lua-->", "\ufeff", "${", "}", "'"),
            *("<!-- taiga: x -->", "<!-- taiga\nx\n-->\n", "<!-- /taiga -->"),
        ]
    ),
)


@given(st.lists(fragments, max_size=12).map("".join), st.sampled_from(["\n", "\r\n", "\r"]))
@example("${X}\n    ${X}", "\n")
@example("- ```taiga\n  X\n  ```", "\r\n")
@example("${X ` }\n` ${X}", "\n")
def test_baking_and_unbaking_gives_the_page_back(text: str, newline: str) -> None:
    page = text.replace("\n", newline)
    baked = live = None
    try:
        live = unbake(page, ours=reads)
        baked = bake(page, ours=reads, check=mistake)
    except BlockError:
        assume(baked)
    assert baked
    assert live
    # Without blocks of its own, the page is what it is without blocks.
    assert unbake(baked.text, ours=reads).text == live.text
    assert live.text == page or find_blocks(page, ours=reads)
    before, after = find_blocks(page, ours=reads), find_blocks(baked.text, ours=reads)
    assert len(after) == len(before) + baked.count
    assert sum(block.body == "" for block in after) >= baked.count
    if "`" not in page and "%%" not in page:
        # A block may end a paragraph, and so the span of code or comment that hid a directive.
        assert bake(baked.text, ours=reads, check=mistake).text == baked.text


@pytest.mark.slow
@pytest.mark.parametrize("part", ["${X ", "${X '", "${X} ", "${X}\n    a ${X}\n\n", "```taiga\n"])
def test_the_time_that_it_takes_grows_with_the_page(part: str) -> None:
    def seconds(count: int) -> float:
        begin = process_time()
        bake(part * count, ours=reads, check=mistake)
        return process_time() - begin

    # What grows with the square would take sixty-four times as long. The constant is for the
    # characters that are searched in vain.
    assert seconds(4_000) < 24 * seconds(500) + 0.5


@pytest.mark.parametrize("part", others_slow(["${", "${a", "${'", "${ {"]))
def test_what_many_directives_without_an_end_say_is_read_of_the_first_ones(part: str) -> None:
    ours = Mock(return_value=False)
    bake(part * 5_000, ours=ours)
    assert 0 < ours.call_count < 200


def test_what_never_ends_is_looked_at_up_to_a_bound() -> None:
    looked_at: list[int] = []

    def nothing(text: str) -> bool:
        looked_at.append(len(text))
        return False

    bake("${" * 20_000, ours=nothing, check=mistake)
    assert 0 < sum(looked_at) <= 200_000


def test_a_baked_block_takes_its_output() -> None:
    baked = bake(f"> - ${{{QUERY}}}\n\n{QUERY} gives ${{{QUERY}}}.\n")
    listed, inline = find_blocks(baked.text)
    assert (listed.form, inline.form) == (Form.BAKED, Form.INLINE)
    assert splice(baked.text, [(listed, "* a"), (inline, "12")]) == (
        f"> - <!--#lua {QUERY} -->\n>\n>   * a\n>\n>   <!-- /taiga 60e579cd -->\n>\n"
        ">   <!--/lua-->\n\n"
        f"{QUERY} gives <!--#lua {QUERY} -->12<!-- /taiga 4f5344cd --><!--/lua-->.\n"
    )


def test_what_is_frozen_is_not_unbaked_for_its_text_would_be_lost() -> None:
    page = "<!-- #taiga: from userstories -->\n\nx\n\n<!-- /taiga 1 frozen 2026-12-05 -->\n"
    made = unbake(page)
    assert (made.text, made.count) == (page, 0)
    (left,) = made.left
    assert left.line == 1
    assert "its text would be lost: `taiga-notes thaw`" in left.reason
