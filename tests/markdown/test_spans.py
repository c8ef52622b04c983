import re
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from time import process_time
from urllib.parse import unquote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from taiga_notes.markdown.places import (
    NOWHERE,
    address,
    alias,
    attribute,
    block_text,
    code,
    code_in_row,
    code_text,
    comment,
    component,
    in_row,
    labelled,
    link,
    link_to_page,
    linked,
    mermaid,
    one_cell,
    page_name,
    pie_label,
    title,
)
from taiga_notes.markdown.text import JOINER, Markdown, normal, settle, unclosed
from taiga_notes.vault.page_names import page_name as file_name
from tests.oracle import HARMLESS, OPENERS, expected, openers, shape
from tests.strategies import nasty_texts
from tests.tables import each

RUN = {
    who: pattern
    for who, pattern in OPENERS.items()
    if who not in {"an address", "an e-mail", "a user", "an emoji's name"}
}
"""What would act even in an address."""

SCHEMES = ("http://t.example/", "HTTPS://t.example/", "mailto:", "javascript:", "data:", "", "//")


class Tags(HTMLParser):
    """What a browser sees of a piece of HTML."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[object] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, attrs))

    def handle_endtag(self, tag: str) -> None:
        self.found.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        self.found.append(data)

    def handle_comment(self, data: str) -> None:  # noqa: ARG002 - nobody sees it
        self.found.append("comment")


@each(
    ("url", "written"),
    [
        ("https://tree.taiga.io/project/lab_owner-x/us/3", "https://tree.taiga.io/project/lab_owner-x/us/3"),
        ("http://127.0.0.1:9000/project/x/wiki/%C3%BCberblick", "http://127.0.0.1:9000/project/x/wiki/%C3%BCberblick"),
        ("https://t.example/?a=1&b=c,d;e#f!", "https://t.example/?a=1&b=c,d;e#f!"),
        ("mailto:a@t.example", "mailto:a@t.example"),
        (" https://t.example/a b\n", "https://t.example/a%20b"),
        ("https://t.example/ü(x)[y]<z>'\"", "https://t.example/%C3%BC%28x%29%5By%5D%3Cz%3E%27%22"),
        ("https://t.example/${x}{{y}}%%z", "https://t.example/%24%7Bx%7D%7B%7By%7D%7D%25%25z"),
        ("https://t.example/a::b==c", "https://t.example/a:%3Ab=%3Dc"),
        ("https://t.example/?a&lt;b", "https://t.example/?a%26lt;b"),
        ("javascript:alert(1)", NOWHERE),
        ("JaVaScRiPt:alert(1)", NOWHERE),
        ("java\nscript:alert(1)", NOWHERE),
        ("\u200bhttps://t.example", NOWHERE),
        ("data:text/html,x", NOWHERE),
        ("vbscript:x", NOWHERE),
        ("file:///etc/passwd", NOWHERE),
        ("command:workbench.action", NOWHERE),
        ("//t.example", NOWHERE),
        ("/relative", NOWHERE),
        ("https://", NOWHERE),
        ("http:t.example", NOWHERE),
        ("", NOWHERE),
    ],
)  # fmt: skip
def test_an_address_is_one_of_the_web_or_of_mail(url: str, written: str) -> None:
    assert address(url) == written


@given(st.sampled_from(SCHEMES), nasty_texts())
def test_an_address_stays_in_its_link(scheme: str, text: str) -> None:
    written = address(scheme + text)
    for page in (f"[x]({written})", f"[x](<{written}>)", f"[x]({written} 'y')"):
        kinds = [kind for kind, _, _ in shape(page, "gfm")]
        assert kinds == [
            "paragraph_open p ",
            "link_open a ",
            "text",
            "link_close a ",
            "paragraph_close p ",
        ]
    assert Tags(f'<a href="{written}">x</a>').found[1:] == ["x", "/a"]
    assert written == NOWHERE or written.lower().startswith(("http://", "https://", "mailto:"))
    assert not [*openers(written, RUN)]


@given(nasty_texts())
def test_a_part_of_an_address_stays_one(text: str) -> None:
    written = component(text)
    page = f"[x](https://t.example/{written}/y)"
    assert [kind for kind, _, _ in shape(page, "gfm")][1:4] == [
        "link_open a ",
        "text",
        "link_close a ",
    ]
    assert not [*openers(written, RUN)]


def test_a_link_is_a_link_only_where_it_may_lead_somewhere() -> None:
    assert link("a", "https://t.example") == "[a](https://t.example)"
    assert link("a", "javascript:x") == "a"
    assert linked("*a*", "https://t.example") == "[*a*](https://t.example)"
    assert isinstance(link("a", ""), Markdown)


@given(nasty_texts())
def test_a_link_shows_its_text(text: str) -> None:
    assume(normal(text))
    harmless = shape(f"- [{HARMLESS}](https://t.example) x", "everything")
    found = shape(f"- {settle(link(text, 'https://t.example'))} x", "everything")
    assert expected(found, {}) == expected(harmless, {HARMLESS: normal(text)})


@given(nasty_texts(), st.sampled_from("\"'"))
def test_a_title_stays_in_its_quotes(text: str, quote: str) -> None:
    page = f"[x](https://t.example {quote}{settle(title(text))}{quote})"
    (_, attributes, _) = shape(page, "gfm")[1]
    assert attributes.partition(" title=")[2].replace(JOINER, "") == normal(text).replace(
        JOINER, ""
    )


@given(nasty_texts(), st.sampled_from(["- {}", "| h |\n| --- |\n| {} |", "x {} y"]))
def test_code_shows_its_text(text: str, form: str) -> None:
    plain = normal(text).replace(JOINER, "")
    assume(plain and "|" not in plain and not unclosed(plain))
    harmless = shape(form.format(f"`{HARMLESS}`"), "gfm")
    found = shape(form.format(settle(code(text))), "gfm")
    assert expected(found, {}) == expected(harmless, {HARMLESS: plain})


def test_code_with_a_pipe_is_html_that_tables_leave_alone() -> None:
    assert settle(code("a|b")) == r"<code>a\|b</code>"
    assert settle(code("f(x[1")) == rf"<code>f(x\[{JOINER}1</code>"
    assert settle(code("x[1]")) == "`x[1]`"
    assert code(" ") == ""
    assert code("``") == "``` `` ```"
    assert code("a`b") == "``a`b``"


@given(nasty_texts(), st.sampled_from(["x `{}` y", "| h |\n| --- |\n| `{}` | y |"]))
def test_text_stays_between_the_backticks_of_a_template(text: str, form: str) -> None:
    assume(normal(text))
    kinds = [kind for kind, _, _ in shape(form.format(code_text(text)), "gfm")]
    assert kinds == [kind for kind, _, _ in shape(form.format(HARMLESS), "gfm")]


@given(nasty_texts())
def test_text_stays_in_the_code_block_of_a_template(text: str) -> None:
    for fence in ("```", "~~~"):
        page = f"{fence}\n{block_text(text)}\n{fence}\nx"
        assert [kind for kind, _, _ in shape(page, "commonmark")] == [
            "fence code ", "paragraph_open p ", "text", "paragraph_close p ",
        ]  # fmt: skip


@given(nasty_texts(), st.sampled_from("\"'"))
def test_an_attribute_stays_in_its_quotes(text: str, quote: str) -> None:
    assume("\ufffd" not in normal(text))
    found = Tags(f"<p title={quote}{attribute(text)}{quote}>x</p>").found
    assert found == [("p", [("title", normal(text))]), "x", "/p"]


@given(nasty_texts())
def test_a_comment_stays_one(text: str) -> None:
    page = f"x <!-- {comment(text)} --> y"
    assert [kind for kind, _, _ in shape(page, "commonmark")][1:4] == [
        "text",
        "html_inline  ",
        "text",
    ]
    assert Tags(page).found == ["x ", "comment", " y"]


@given(nasty_texts())
def test_a_page_name_names_one_page(text: str) -> None:
    name = page_name(text)
    assert not set("[]|#^{}<>`*~:\n") & set(name)
    assert page_name(name) == name
    acting = {"an address", "Obsidian's Tasks", "an emoji's name"}
    assert not [who for who in openers(name) if who not in acting]


@each("name", ["Q&A", "50% off", "a = b", "US$ 5", "Wow! Really?", "R&D, AT&T", "a @ b", "C++ (x)"])
def test_a_link_names_a_page_as_it_is_called(name: str) -> None:
    assert page_name(f"stories/12 {name}") == f"stories/12 {name}"


@each("text", ["http://x.com", "see www.x.com", "x.com/y", "a@b.co", "${x}", "{{ x }}", "%%x%%"])
def test_an_alias_is_no_address_where_there_are_no_page_links(text: str) -> None:
    kinds = {kind.partition(" ")[0] for kind, _, _ in shape(f"- [[Page|{alias(text)}]]", "gfm")}
    assert "link_open" not in kinds
    assert not list(openers(alias(text)))


@given(nasty_texts())
def test_an_alias_stays_between_its_brackets(text: str) -> None:
    assert not set("[]|#^{}<>`*:\n\\") & set(alias(text))
    assert alias(text).replace(JOINER, "") == page_name(text).replace(JOINER, "")


@each(
    "text",
    [
        "{--a--}", "{++a++}", "{==a==}", "{>>a<<}", "{~~a~>b~~}", "{!secret.md!}",
        "r system('x')", "r#x", "{r} x", "{python} x", "#!python x", ":::js x",
        "INPUT[text:x]", "VIEW[{x}]", "BUTTON[x]", "dice: 1d6",
    ],
)  # fmt: skip
def test_what_acts_in_code_as_well_is_disarmed_there(text: str) -> None:
    for written in (settle(code(text)), f"`{code_text(text)}`"):
        assert f"`{text}" not in written
        assert f"`{text}" in written.replace(JOINER, "")


@each("text", ["{--a--}", "x {++a++}", "{==a==}", "y{>>a<<}", "{~~a~>b~~}", "{!secret.md!}"])
def test_what_is_read_before_the_page_is_parsed_is_disarmed_in_code_blocks(text: str) -> None:
    assert text not in block_text(text)
    assert text not in code_text(text)
    assert text in block_text(text).replace(JOINER, "")


@each("text", ["a\\|b", "\\|", "x\\\\|y", "\\|\\|"])
def test_a_bar_behind_a_backslash_ends_no_cell_of_code(text: str) -> None:
    # For some any backslash before a bar escapes it, for others one that is none itself.
    assert not re.search(r"(?<!\\)(?:\\\\)+\|", code_text(text))


@each(
    ("page", "link"),
    [
        ("stories/12 Sign-up.md", "[[stories/12 Sign-up]]"),
        ("R&D/50% & more!.markdown", "[[R&D/50% & more!]]"),
        ("12 a = b.md", "[[12 a = b]]"),
        ("12 a ~ b.md", "[12 a ~ b](12%20a%20%7E%20b.md)"),
        ("12 Pay $5 (now).md", "[12 Pay \\$5 (now)](12%20Pay%20%245%20%28now%29.md)"),
        ("s/me@x.md", "[s/me\u2060@\u2060x](s/me%40x.md)"),
        ("s/!x.md", "[[s/!x]]"),
    ],
)
def test_a_link_to_a_page_names_that_page(page: str, link: str) -> None:
    assert link_to_page(page) == link


def is_link_to(page: str, link: str) -> bool:
    """Whether a text is one link, to that page and to no other."""
    if link.startswith("[["):
        acting = re.search(r"[\[\]|#^{}`*]|\$\S|@\w", page.removesuffix(".md"))
        return link == f"[[{page.removesuffix('.md')}]]" and not acting
    tokens = MarkdownIt("commonmark").parseInline(link)[0].children or []
    assert [tokens[0].type, tokens[-1].type] == ["link_open", "link_close"]
    return unquote(str(tokens[0].attrs["href"])) == page


@given(nasty_texts())
def test_a_page_of_whatever_name_is_linked(text: str) -> None:
    page = f"s/{file_name(f'1 {text}')}.md"
    assert is_link_to(page, link_to_page(page)), link_to_page(page)


@given(nasty_texts())
def test_a_diagram_shows_its_label(text: str) -> None:
    label = mermaid(text)
    assert unescape(label.replace("#", "&#")) == normal(text)
    assert not set('"[](){}<>|`%\\;&*_~') - {";", "_"} & set(label)
    assert "__" not in label
    assert "--" not in label


@each(
    "label",
    ["click me", "Title page", "section 3", "TODAYMARKER off", "dateFormat X", "2026-01-01 x"],
)
def test_a_label_begins_no_statement_of_a_diagram(label: str) -> None:
    assert mermaid(label).startswith(f"#{ord(label[0])};{label[1]}")
    assert mermaid(f"my {label}").startswith("my ")


def test_a_pie_s_label_is_in_quotes() -> None:
    assert pie_label(mermaid('a "b": c')) == '"a #34;b#34;#58; c"'


def test_a_diagram_has_no_word_that_ends_it() -> None:
    assert mermaid("the end") == "the #101;nd"
    assert mermaid("1. x - y, z-z v1.2") == "1#46; x #45; y, z-z v1.2"


def test_a_bracket_without_partner_is_an_entity_in_a_row() -> None:
    assert in_row(r"a \[ b \] c [x](y)") == r"a \[ b \] c [x](y)"
    assert in_row(r"\] a \[ b [x](y) \[") == r"\] a &#91; b [x](y) &#91;"
    assert in_row("a [ b") == "a [ b"  # the template's own
    assert in_row(r"\[ a \[") == "&#91; a &#91;"
    assert code_in_row("a[1], b[2") == "a[1], b(2"


@pytest.mark.slow
@each("spell", [in_row, code_in_row])
@each("part", ["[", r"\[", "[]", "]", "[]["])
def test_many_brackets_take_time_in_proportion(spell: Callable[[str], str], part: str) -> None:
    def spent(count: int) -> float:
        began = process_time()
        spell(part * count)
        return process_time() - began

    # What grows with the square would take sixty-four times as long.
    assert spent(40_000) < 24 * spent(5_000) + 0.1


def test_finished_markdown_becomes_a_link_s_text() -> None:
    assert labelled(r"#1 \[x\] y \[z\] y") == rf"#1 \[x\]{JOINER} y \[z\] y"
    assert labelled(r"a: \[x\] y") == r"a: \[x\] y"
    assert labelled(r"\[x\]") == r"\[x\]"
    assert labelled("x") == "x"


def test_finished_markdown_becomes_one_cell() -> None:
    assert one_cell("a | b\nc \\| d ") == r"a \| b c \| d"
