"""A formatter is no editor: what it does to a block leaves the checksum as it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from taiga_notes.errors import BlockError
from taiga_notes.page.splice import Origin, checksum, find_blocks, origin, settled, splice
from taiga_notes.render import Templates, builtin_folder
from tests.formatters import FORMATTERS
from tests.items import rows_of
from tests.tables import each

PAGES = Path(__file__).parents[1] / "pages"

SAME = {
    "blank lines": ("* a\n* b", "\n* a\n\n\n* b\n\n"),
    "blanks": ("* a  b\n  c", "*   a b   \n      c"),
    "wrapping": ("one two three", "one\ntwo three"),
    "wrapping in a quote": ("> one two\n> three", "> one\n> two three"),
    "a rule behind a quote": ("> one\n\n***\n\n> two", "> one\n***\n> two"),
    "a lazy line": ("> one\ntwo", "> one\n> two"),
    "bullets": ("* a\n+ b\n- c", "- a\n- b\n- c"),
    "numbers": ("1. a\n2. b", "1. a\n1) b"),
    "check marks": ("* [X] a", "- [x] a"),
    "padding": ("| a | bb |\n|-|:-:|\n| c | d |", "|a   |bb|\n|---|:---:|\n|c|d   |"),
    "outer pipes": ("a | b\n--|--\nc | d", "| a   | b   |\n| --- | --- |\n| c   | d   |"),
    "backslashes": (r"\*a\* \[b\] c\_d", "*a* [b] c_d"),
    "a backslash": (r"C:\\temp", r"C:\temp"),
    "entities": ("a &amp; b &lt;c&gt; &#x20;d &copy;", "a & b <c> d ©"),
    "an escaped entity": (r"\&amp;", "&amp;amp;"),
    "emphasis": ("*a* **b** ***c***", "_a_ __b__ **_c_**"),
    "strikes": ("~a~", "~~a~~"),
    "code spans": ("a `b` c", "a `` b `` c"),
    "rules": ("a\n\n***", "a\n\n- - -"),
    "headings": ("# a\n\n## b", "a\n=\n\nb\n---"),
    "long headings": ("# a b", "a\nb\n==="),
    "closed headings": ("## a #\n\n# C#\n\n#", "## a\n\n# C# ##\n\n# #"),
    "fences": ("```mermaid\na\n```", "~~~~ mermaid\na\n~~~~"),
    "code": ("    a\n    b", "```\na\nb\n```"),
    "links": ("[a](<b> 'c')", '[a](b "c")'),
    "plain links": ("https://a.b/c x@y.z", "<https://a.b/c> [x@y.z](mailto:x@y.z)"),
    "breaks": ("a  \nb", "a\\\nb"),
    "line ends": ("a\nb", "a\r\nb"),
}

OTHER = {
    "a word more": ("* a", "* a b"),
    "a word less": ("* a b", "* a"),
    "another word": ("* [#1](u) Sign-up", "* [#1](u) Log-in"),
    "another order": ("* a\n* b", "* b\n* a"),
    "an item more": ("* a", "* a\n*"),
    "two items for one": ("* a\n* b", "* a b"),
    "a tick": ("* [ ] a", "* [x] a"),
    "a target": ("[a](u/1)", "[a](u/2)"),
    "a heading": ("# a", "## a"),
    "a heading for text": ("# a", "a"),
    "a quote": ("a\n\nb", "a\n\n> b"),
    "an alignment": ("| a |\n|---|", "| a |\n|--:|"),
    "a cell": ("| a | b |\n|---|---|\n| c |  |", "| a | b |\n|---|---|\n|  | c |"),
    "a cell's end": ("| a | b |\n|---|---|\n| c d | e |", "| a | b |\n|---|---|\n| c | d e |"),
    "a rule": ("a", "a\n\n---"),
    "a language": ("```mermaid\n```", "```dot\n```"),
    "a sign": ("a!", "a?"),
    "a case": ("a", "A"),
    "a joiner": ("$\u2060{", "${"),
    "a struck word": ("a", "~~a~~"),
    "an unknown entity": ("&nosuch;", "nosuch"),
    "nothing for something": ("", "a"),
}


class TestChecksum:
    @each(("one", "two"), SAME.values(), ids=SAME)
    def test_what_formatters_change_leaves_it(self, one: str, two: str) -> None:
        assert checksum(one) == checksum(two)

    @each(("one", "two"), OTHER.values(), ids=OTHER)
    def test_what_people_change_does_not(self, one: str, two: str) -> None:
        assert checksum(one) != checksum(two)

    def test_more_list_markers_than_anybody_writes_are_words(self) -> None:
        assert checksum("+ " * 101 + "a") != checksum("- " * 101 + "a")
        assert checksum("+ " * 100 + "a") == checksum("* " * 99 + "+ a")

    def test_it_is_eight_hexadecimal_digits(self) -> None:
        assert checksum("") == "00000000"
        assert checksum("\ud800") != checksum("\udc00")
        assert len(checksum("* a")) == 8

    @given(
        st.lists(st.text("abcXYZ019é漢", min_size=1, max_size=6), min_size=1, max_size=12),
        st.integers(min_value=0),
        st.text("abcXYZ019é漢", min_size=1, max_size=6),
        st.sampled_from(["{}", "* {}", "> {}", "| a | {} |", "# {}", "**{}**", "[{}](u)", "1. {}"]),
    )
    def test_any_changed_word_changes_it(
        self, words: list[str], at: int, word: str, shape: str
    ) -> None:
        changed = list(words)
        changed[at % len(words)] = word
        assume(changed != words)
        before, after = (shape.format(" ".join(some)) for some in (words, changed))
        assert checksum(before) != checksum(after)

    @given(st.text(st.sampled_from("\\`*_~|[](){}<>#+-.!&;:@=\"' \t\n>1axé")))
    def test_it_is_had_of_any_text(self, text: str) -> None:
        assert checksum(text) == checksum(f"\n\n{text}\n")


SUBJECTS = [
    "Sign-up form",
    "a | b _c_ *d* `e` ~~f~~ <g> &amp; & [h](i) ![j](k) C:\\temp\\",
    "# 1. - + > --- [[Page]] #tag ${os.time()} <!--/lua--> <!-- /taiga --> %%x%%",
    "{{ x }} key:: v ==l== ^abc-1 $x$ https://a.b/c_d?e=f&g=h x@y.z",
    "\u202eevil\u2028é\u0301lan שלום 漢字 😀",
]


def from_templates() -> dict[str, str]:
    """What the built-in templates make of strangers' text."""
    templates = Templates([builtin_folder()])
    return {
        info.name: templates.render(
            info.name,
            [row for subject in SUBJECTS for row in rows_of(info.name, subject)],
            page={"goal": SUBJECTS[1]},
        )
        for info in templates.names()
    }


BODIES = {
    "nothing": "",
    "a value": "12",
    "tasks": "* [ ] a\n  * [x] b\n\n    more of b\n* [X] c",
    "groups": "### New\n\n* a\n+ b\n\nDone\n----\n\n3. c\n3. d",
    "a diagram": '```mermaid\ngraph TD\n\n  A["a_b"] --> B\n  # c\n```',
    "a table": "| a | b |\n|--|:-:|\n| c \\| d |  |\n| long *text* here | x |",
    "prose": "One *line*\ntwo & __more__ &copy;  \nhttps://a.b/c_d and [e](<f> 'g')\\\n`` h`i ``",
    "a callout": "> [!note] Title\n> text\n> * item\nlazy\n\n***\n\n> other",
    "html": "<details>\n<summary>x</summary>\n\n* a\n\n</details>",
    "a notice": "> [!warning] taiga-notes: unknown field 'a\\_b' (line 2, column 7)\n\n* a",
}
CONTEXTS = {
    "text": "a\n\n<!-- taiga: x -->\n<!-- /taiga -->\n\nb\n",
    "an item": "+ a\n+ <!-- taiga\n  from x\n  where y\n  -->\n  <!-- /taiga -->\n+ b\n",
    "a nested item": "* a\n    * b\n        * <!-- taiga: x -->\n          <!-- /taiga -->\n",
    "a numbered item": "1. a\n\n2. <!-- taiga: x -->\n   <!-- /taiga -->\n\n3. b\n",
    "a callout": "> [!todo] a\n> <!-- taiga: x -->\n> <!-- /taiga -->\n",
    "an item in a callout": "> - a\n> - <!-- taiga: x -->\n>   <!-- /taiga -->\n> - b\n",
    "a baked section": "a\n\n<!--#lua query[[\n  from userstories\n]] -->\n<!--/lua-->\nb\n",
    "a baked item": "- <!--#lua userstories -->\n  <!--/lua-->\n- b\n",
}


def written(context: str, body: str) -> str:
    [block] = find_blocks(context)
    return splice(context, [(block, body)])


def torn(formatter: str, page: str) -> bool:
    """Whether it takes a nested item's indent away and leaves what stands in the item behind."""
    return formatter == "markdownlint" and "\n    * " in page


class TestBeforeCellsCounted:
    """Pages were rendered when the sum of a table did not know its cells."""

    TABLE = "| a | b |\n|---|---|\n| ann |  |"
    PAGE = f"<!-- #taiga: x -->\n\n{TABLE}\n\n<!-- /taiga 16a78230 -->\n"

    def test_nobody_is_accused_and_nothing_is_written(self) -> None:
        [block] = find_blocks(self.PAGE)
        assert origin(block) is Origin.OURS
        assert settled(block, self.TABLE)

    def test_what_was_edited_since_is_told_as_ever(self) -> None:
        [block] = find_blocks(self.PAGE.replace("ann", "bob"))
        assert origin(block) is Origin.HAND

    def test_what_silverbullet_wrote_is_known_by_the_old_sum(self) -> None:
        page = f"<!--#lua query[[from tasks]] -->\n{self.TABLE}\n<!--/lua-->\n"
        [block] = find_blocks(page)
        assert origin(block, ["16a78230"]) is Origin.OURS
        assert origin(block, ["00000000"]) is Origin.UNKNOWN

    def test_of_two_end_markers_the_one_counts_that_fits_either_sum(self) -> None:
        [block] = find_blocks(self.PAGE + "<!-- /taiga 00000000 -->\n")
        assert origin(block) is Origin.OURS


@pytest.mark.programs
class TestFormatters:
    @pytest.mark.parametrize(
        ("formatter", "context"),
        [
            pytest.param(formatter, context, id=f"{formatter}-{name}")
            for formatter in FORMATTERS
            for name, context in CONTEXTS.items()
            if not torn(formatter, context)
        ],
    )
    def test_one_alternating_with_us_settles_after_a_round(
        self, formatter: str, context: str
    ) -> None:
        bodies = {**BODIES, **from_templates()}
        if formatter.startswith("mdformat") and context == CONTEXTS["a nested item"]:
            # It joins quotes that follow one another there, as the README says.
            del bodies["cards"]
        pages = [written(context, body) for body in bodies.values()]
        once = FORMATTERS[formatter](pages)
        for name, before, after in zip(bodies, pages, once, strict=True):
            [block], [found] = find_blocks(before), find_blocks(after)
            assert found.text.split() == block.text.split(), name
            # There is nothing to write: we leave the page as the formatter left it …
            assert settled(found, bodies[name]), (name, found.body)
            assert origin(found) is Origin.OURS
        # … and there is nothing to format: it is the formatter's own.
        assert FORMATTERS[formatter](once) == once

    @pytest.mark.parametrize("formatter", FORMATTERS)
    @pytest.mark.parametrize("name", ["lists", "callouts", "silverbullet", "inline"])
    def test_whole_pages_keep_their_blocks(self, formatter: str, name: str) -> None:
        page = (PAGES / f"{name}.after.md").read_bytes().decode()
        if torn(formatter, page):
            page = page.partition("\n* one\n")[0]
        [after] = FORMATTERS[formatter]([page])
        for block, found in zip(find_blocks(page), find_blocks(after), strict=True):
            assert (found.form, found.text.split()) == (block.form, block.text.split())
            assert settled(found, block.body)
            assert origin(found) is Origin.OURS

    def test_a_block_that_was_torn_out_of_its_item_is_told(self) -> None:
        [after] = FORMATTERS["markdownlint"]([written(CONTEXTS["a nested item"], "* a\n* b")])
        with pytest.raises(BlockError) as caught:
            find_blocks(after)
        assert "does not stand in the list item" in caught.value.message

    @pytest.mark.parametrize("formatter", FORMATTERS)
    def test_an_edit_shows_through_the_formatting(self, formatter: str) -> None:
        page = written(CONTEXTS["an item in a callout"], "* Sign-up\n* Log-in")
        for old, new in [("Sign-up", "Sign-in"), ("* Log-in", ""), ("Log-in", "Log-in now")]:
            [after] = FORMATTERS[formatter]([page.replace(old, new)])
            [found] = find_blocks(after)
            assert origin(found) is Origin.HAND
