import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from markdown import Markdown, markdown
from markdown_it import MarkdownIt
from mdit_py_plugins.field_list import fieldlist_plugin
from mdit_py_plugins.myst_blocks import myst_block_plugin

from taiga_notes.markdown.text import EDGE, JOINER, inert, mark, mark_label, normal, settle
from tests.oracle import HARMLESS, OPENERS, PARSERS, expected, openers, shape
from tests.strategies import nasty_texts
from tests.tables import each

HOSTILE: list[str] = [
    subject
    for subject in json.loads((Path(__file__).parents[1] / "hostile_subjects.json").read_text())
    if normal(subject)
]


def seen(text: str) -> str:
    """What was written, with its joiners visible."""
    return text.replace(JOINER, "·")


@each(
    "text",
    [
        "",
        "Sign-up form",
        "C++",
        "a_b_c",
        "50 %",
        "100% & more",
        "v1.2-rc1",
        "Q&A, R&D and AT&T",
        "a ~ b",
        "a < b > c",
        "x -> y => z",
        "Wow! Really?! e.g. this: (yes) 'no' \"maybe\"; either/or",
        "12:30:45 on 2026-11-22",
        "/usr/bin/x",
        "C# and F#",
        "x = y + z - 1",
        "TODOs are many",
        "😀 ok",
        "élan, e\u0301lan, שלום, مرحبا, 日本語",
        "👩‍👩‍👧‍👦",
    ],
)
def test_readable_text_comes_out_as_it_went_in(text: str) -> None:
    assert inert(f"x {text}".strip()) == f"x {text}".strip()


@each(
    ("text", "written"),
    [
        ("**b** _i_", r"·\*\*b\*\* \_i\_"),
        ("a | b", r"a \| b"),
        ("`code`", r"·\`code\`"),
        ("~~s~~", r"·\~·\~s\~·\~"),
        ("\\", "·\\\\·"),
        ("a C:\\temp", r"a C:\\·temp"),
        ("a \\input /etc/hostname", r"a \\·input /etc/hostname"),
        ("2 * 3 * 4", r"2 \* 3 \* 4"),
        ("a US$ 5, $5 and $6", r"a US\$ 5, \$5 and \$6"),
        ("a README.md, setup.py", "a README.·md, setup.·py"),
        ("0123456789abcdef0123456789abcdef01234567", "0123456·789abcdef0123456789abcdef01234567"),
        ("a x{onclick=alert(1)}", r"a x·\{·onclick=alert(1)}"),
        ("a <é onclick=y> <_x> <3", r"a \<·é onclick=y> \<·\_x> \<3"),
        ("a\\*b", r"a\\\*b"),
        ("[New] task", "·[·New] task"),
        ("a] b [c", r"a\] b \[·c"),
        ("a ${x}", r"a \$·\{·x}"),
        ("a {{ x }}", r"a ·\{·\{· x }}"),
        ("a [[Page]]", "a [·[·Page]]"),
        ("a ![x](y)", "a !·[·x]·(y)"),
        ("a <b>", r"a \<·b>"),
        ("a <!-- b -->", r"a \<·!-- b --·>"),
        ("a &lt; b", "a &·lt; b"),
        ("a #tag #12", r"a \#·tag \#12"),
        ("a k:: v", "a k:·: v"),
        ("a $x$", r"a \$·x\$"),
        ("a https://t.example/x", "a https:·//t.example/x"),
        ("a www.t.example", "a www·.·t.example"),
        ("a me@t.com", "a me·@·t.·com"),
        ("a ^id", r"a \^·id"),
        ("x^2^", r"x\^2\^"),
        ("a 📅 2026-01-01", "a 📅· 2026-01-01"),
        ("a 🗓️ 2026-01-01", "a 🗓️· 2026-01-01"),
        ("<a@b>", r"·\<·a·@·b\>"),
        ("--8<-- x", r"·--·8\<-- x"),
        ("a :smile: b", "a :·smile: b"),
    ],
)
def test_what_acts_is_disarmed(text: str, written: str) -> None:
    assert seen(inert(text)) == written


@each(
    "start",
    ["# h", "- li", "+ x", "1. x", "1) x", "a) x", "iv. x", "(B) x", "> q", "---", "TODO x"],
)
def test_what_begins_a_block_is_disarmed_only_where_a_block_can_begin(start: str) -> None:
    assert inert(start).replace(f"={JOINER}", "=") == JOINER + start
    marked = mark(start)
    for before in ("", "text\n", "- ", "> ", "1. ", "- [ ] ", "  * "):
        assert settle(f"{before}{marked}").removeprefix(before).startswith(JOINER)
    for before in ("a ", "- a ", "[New] ", "[a](b) "):
        assert not settle(f"{before}{marked}").removeprefix(before).startswith(JOINER)


def test_a_label_has_a_backslash_before_every_bracket() -> None:
    assert seen(settle(mark_label("x [New] task"))) == r"x \[·New\]· task"
    assert seen(settle(mark_label("x: [New] task"))) == r"x: \[·New\] task"


@each(
    ("left", "right", "written"),
    [
        ("$", "{x}", r"\$·\{·x}"),
        ("a[", "[b]]", r"a\[·[·b]\]"),
        ("<", "!-- b", r"\<·!-- b"),
        ("a!", "[b](c)", "a!·[·b]·(c)"),
        ("a]", "(b)", r"a\]·(b)"),
        ("%", "%x", "·%·%x"),
        ("a=", "=b", "a=·=b"),
        ("k:", ": v", "k:·: v"),
        ("http:", "//t.example", "http:·/·/t.example"),
        ("a\\", "*b", r"a\\·\*b"),
        ("&lt", ";", "&lt·;"),
        ("C#", "x", r"C\#x"),
        ("a$", "x$", r"a\$·x\$"),
        ("x--", ">", "x--·>"),
        ("ww", "w.t.example", "ww·w.t.example"),
        ("^", "[note]", r"\^·[·note]"),
        ("-", " x", "·- x"),
    ],
)
def test_two_values_side_by_side_do_not_combine(left: str, right: str, written: str) -> None:
    assert seen(settle(mark(left) + " " * right.startswith(" ") + mark(right))) == written


def test_a_heading_keeps_its_last_number_sign() -> None:
    assert settle(f"## {mark('x #')}") == "## x \\#"
    assert settle(f"## {mark('C#')}") == "## C#"


def test_far_away_text_does_not_count() -> None:
    line = "x" * 10_000
    assert settle(line + mark("# h")) == line + "# h"
    assert settle(f"{line}\n{mark('# h')}") == f"{line}\n{JOINER}# h"


AROUND = [("", ""), ("- ", ""), ("> ", " x"), ("a ", ""), ("x\n", "\ny")]


@pytest.mark.parametrize("turn", range(len(PARSERS)))
def test_hostile_subjects_are_just_text(turn: int) -> None:
    # Each subject with each parser and in each place, not each of all three.
    parsers = [*PARSERS]
    for number, subject in enumerate(HOSTILE[turn :: len(parsers)]):
        for place, (before, behind) in enumerate(AROUND):
            parser = parsers[(number + place) % len(parsers)]
            harmless = shape(before + HARMLESS + behind, parser)
            found = shape(before + inert(subject) + behind, parser)
            wanted = expected(harmless, {HARMLESS: normal(subject)})
            assert expected(found, {}) == wanted, (subject, parser)


def test_hostile_subjects_hold_no_opener() -> None:
    assert [subject for subject in HOSTILE if [*openers(inert(subject))]] == []


@given(nasty_texts())
def test_any_text_is_just_text(text: str) -> None:
    assume(normal(text))
    for parser in PARSERS:
        harmless = shape(f"- {HARMLESS}", parser)
        found = shape(f"- {inert(text)}", parser)
        assert expected(found, {}) == expected(harmless, {HARMLESS: normal(text)})
    assert not [*openers(inert(text))]


@given(st.lists(nasty_texts(), min_size=2, max_size=3))
def test_texts_side_by_side_are_just_text(texts: list[str]) -> None:
    together = "".join(map(normal, texts))
    # A name that is split over two values is beyond what their edges can tell.
    assume(together and not re.search(r"\w\.|\.\w|:", together))
    written = settle("".join(map(mark, texts)))
    for parser in PARSERS:
        harmless = shape(HARMLESS, parser)
        assert expected(shape(written, parser), {}) == expected(harmless, {HARMLESS: together})
    assert not [*openers(written, OPENERS)]


@given(nasty_texts())
def test_only_joiners_and_backslashes_are_added(text: str) -> None:
    plain = normal(text).replace(JOINER, "")
    added = re.sub(r"\\(?=[!-/:-@\[-`{-~])", "", settle(mark(text)).replace(JOINER, ""))
    assert added == re.sub(r"\\(?=[!-/:-@\[-`{-~])", "", plain)


@given(nasty_texts())
def test_a_text_is_one_line_without_controls(text: str) -> None:
    seen_text = normal(text)
    assert not re.search(
        r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]", seen_text
    )
    assert seen_text == seen_text.strip()
    assert "  " not in seen_text
    assert normal(seen_text) == seen_text
    assert EDGE not in inert(text)
    inert(text).encode()


@pytest.mark.slow
@each(
    "piece", [*"*_`~[]()<>#+-=|!\\{}$%:&^@./ a", "a_", "[]", "$x", "<@>", "a.com", ":a", "](", "  "]
)
def test_time_grows_with_the_text_and_no_faster(piece: str) -> None:
    def seconds(length: int) -> float:
        text = f"a{piece * (length // len(piece))}b"
        start = time.process_time()
        settle(mark(text))
        return time.process_time() - start

    assert seconds(40_000) < 10  # some 0.03 s; by the square it would take minutes


def test_what_begins_a_module_is_disarmed_only_at_a_line_s_start() -> None:
    assert settle(mark("import x from y")) == f"{JOINER}import x from y"
    assert settle(f"a\n{mark('export x')}") == f"a\n{JOINER}export x"
    assert settle(f"- {mark('import x')}") == "- import x"
    assert settle(mark("imports x")) == "imports x"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("f(x)[y]", "f(x)·[·y]"),
        ("(click)[https://evil.example]", "·(click)·[·https:·//evil.example]"),
        ("(a)[b](c)", "·(a)·[·b]·(c)"),
        ("a (b) [c]", "a (b) [·c]"),
    ],
)
def test_no_link_comes_of_exchanged_brackets_put_right(text: str, written: str) -> None:
    assert seen(inert(text)) == written
    assert ")[" not in settle(f"(x){mark('[y]')}")
    assert f"){JOINER}\\[" in settle(f"[{mark_label('f(x)[y]')}](z)")


@each("text", [">! a !<", "x >!a!<", "=>! a !<"])
def test_no_spoiler_comes_of_text(text: str) -> None:
    assert ">!" not in inert(text)
    assert ">!" not in settle(">" + mark(text.partition(">")[2]))


@each(
    ("line", "left", "right"),
    [
        ("{} {}", "[x", "y]"),
        ("{}{}", "[", "]"),
        ("> {}: {}", "[^1", "x ]]"),
        ("- {} {}", "[[a", "b]]]"),
    ],
)
def test_no_formula_comes_of_two_brackets_without_partner(line: str, left: str, right: str) -> None:
    page = settle(line.format(mark(left), mark(right)))
    html = markdown(page, extensions=["pymdownx.arithmatex"])
    assert "math" not in html, page
    assert "math" in markdown(r"\[ x \]", extensions=["pymdownx.arithmatex"])


@each(
    ("line", "left", "right"),
    [
        ("({}) {}", "a", "b)="),
        ("({}){}", "x", "="),
        ("({}) {}", "[^", "(y)="),
        ("{}{}", "(a", ")="),
    ],
)
def test_no_target_of_mysts_comes_of_what_a_template_began(
    line: str, left: str, right: str
) -> None:
    parser = MarkdownIt("commonmark").use(myst_block_plugin)
    for before in ("", "- ", "> "):
        page = before + settle(line.format(mark(left), mark(right)))
        assert "myst_target" not in {token.type for token in parser.parse(page)}, page


@each("line", ["{}", "- {}", "1. {}", "> {}", "> - {}", "a\n\n{}"])
@each("text", ["% gone", "%x", "(label)=", "+++", "+++ cell", ":name: x", ":param int a: x", "%%"])
def test_no_block_of_mysts_comes_of_text(line: str, text: str) -> None:
    reader = MarkdownIt("commonmark").use(myst_block_plugin).use(fieldlist_plugin)

    def blocks(written: str) -> list[str]:
        return [token.type for token in reader.parse(line.format(written))]

    assert blocks(settle(mark(text))) == blocks("x")


def test_its_reader_finds_them() -> None:
    reader = MarkdownIt("commonmark").use(myst_block_plugin).use(fieldlist_plugin)
    for text in ("% gone", "(label)=", "+++ cell", ":name: x"):
        assert reader.parse(text)[0].type != "paragraph_open"


@each("provider", ["github", "gitlab", "bitbucket"])
@each(
    "text",
    ["#12", "!12", "see !3 x", "repo!4", "user/repo!5", "user/repo#6", "repo#7", "@ann",
     "x @ann/repo", "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678",
     "ann@a1b2c3d4e5f60718293a4b5c6d7e8f9012345678"],
)  # fmt: skip
def test_no_shorthand_of_a_forge_is_linked(provider: str, text: str) -> None:
    names = ("repo_url_shorthand", "social_url_shorthand", "repo_url_shortener")
    settings = dict.fromkeys(names, True) | {"provider": provider, "user": "u", "repo": "r"}
    reader = Markdown(
        extensions=["pymdownx.magiclink"], extension_configs={"pymdownx.magiclink": settings}
    )
    assert "<a " in reader.convert("see #12")
    assert "<a " not in reader.convert(f"x {inert(text)}")
    assert "<a " not in reader.convert(inert(text))


def test_a_label_begins_no_attribute_where_its_backslash_is_taken_away() -> None:
    assert settle(f"[{mark_label('$:x')}](z)") == f"[{JOINER}\\$:{JOINER}x](z)"
    assert settle(f"[{mark_label('5 $')}](z)") == "[5 \\$](z)"
