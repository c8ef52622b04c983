"""A stranger's Markdown keeps its paragraphs, lists, emphasis, links and code, and nothing else."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

from hypothesis import given

from taiga_notes.markdown.places import code_text, in_row, labelled, one_cell
from taiga_notes.markdown.prose import prose
from taiga_notes.markdown.text import JOINER, settle
from tests.oracle import PARSERS, acting, openers
from tests.strategies import nasty_texts
from tests.tables import each

HOSTILE: list[str] = json.loads((Path(__file__).parents[1] / "hostile_subjects.json").read_text())

WRITTEN = (
    ("Two\nlines.\n\nAnother  paragraph.", "Two lines.\n\nAnother paragraph."),
    ("a *b* and __c d__, **e**.", "a *b* and **c d**, **e**."),
    ("2 * 3 * 4, snake_case_name, **x", r"2 \* 3 \* 4, snake_case_name, \*\*x"),
    ("# Goal\nPay later", "**Goal**\n\nPay later"),
    ("## Notes ##\n# C#\n##", "**Notes**\n\nC#"),
    ("Goal\n====\nx\n\n---\n\ny", "Goal\n\nx\n\ny"),
    ("* a\n  - b\n    more\n* c", "- a\n  - b more\n- c"),
    ("1. a\n2) b\n   * c", "1. a\n2. b\n   - c"),
    ("- a\n  - b\n    - c\n      - d\n- e", "- a\n  - b\n    - c\n    - d\n- e"),
    ("> said\n> so", "said so"),
    ("if x > 3, a >b", "if x > 3, a >b"),
    ("See [the plan](https://t.example/a).", "See [the plan](https://t.example/a)."),
    ("[x](javascript:alert) ok", "[x](javascript:alert) ok"),
    ("![A form](https://t.example/f.png)", "[A form](https://t.example/f.png)"),
    ("Run `make all` now", "Run `make all` now"),
    ("```python\nif x:\n    y = '`'\n```\nz", "```\nif x:\n    y = '''\n```\n\nz"),
    # As Taiga's editor writes what is no Markdown.
    (r"snake\_case, 1\. x, \*no\* \#1 a\-b", r"snake_case, 1. x, \*no\* \#1 a-b"),
    (r"1\. x", "1. x"),
    (r"- \[x\] \_a_ **b\.c**", r"- [x] \_a\_ **b.c**"),
    ("a &lt;b&gt; &amp;&nbsp;c &quot;d&apos; &#35;1", "a \\<b> & c \"d' \\#1"),
    (r"`a\_b` &unknown; \a", r"`a\_b` &unknown; \\a"),
    ("one\\\ntwo\\\\\nthree", r"one two\\ three"),
    ("&#55296; &#0;x", "\ufffd x"),
    ("at https://t.example/a, then", None),
    ("", ""),
)


@each(("text", "written"), WRITTEN)
def test_what_is_kept(text: str, written: str | None) -> None:
    made = settle(prose(text))
    if written is None:
        assert "](https://t.example/a), then" in made
    else:
        assert made.replace(JOINER, "") == written.replace(JOINER, "")


def test_a_long_text_is_cut_and_says_so() -> None:
    made = settle(prose("word " * 100, most=52))
    assert made.split("\n\n") == ["word word word word word word word word word word",
                                  "… (cut: 49 of 499 characters)"]  # fmt: skip


CODE = "```\n- [ ] pay\n```"
BLOCKS = f"one\n\n- two\n\n{CODE}"

PLACED = (
    ("> {}\nx", BLOCKS, "> one\n>\n> - two\n>\n> ```\n> - [ ] pay\n> ```\nx"),
    ("> - {}\nx", BLOCKS, "> - one\n>\n>   - two\n>\n>   ```\n>   - [ ] pay\n>   ```\nx"),
    ("12. {}", BLOCKS, f"12. one\n\n    - two\n\n    {CODE}".replace("\n-", "\n    -")
     .replace("pay\n", "pay\n    ")),
    # Behind a word a fence opens nothing: what is code would be a task, and its end would open.
    ("- x: {}\ny", CODE, "- x:\n\n  ```\n  - [ ] pay\n  ```\ny"),
    ("{} y", CODE, f"{CODE}\n\n y"),
    ("{}, {}", CODE, f"{CODE}\n\n,\n\n{CODE}"),
)  # fmt: skip


@each(("line", "text", "page"), PLACED)
def test_blocks_stay_in_the_line_s_own_quote_or_item(line: str, text: str, page: str) -> None:
    made = settle(line.format(*[prose(text)] * line.count("{}")))
    assert re.sub(f"[{JOINER} ]+\n", "\n", made) == page


def test_a_place_of_one_line_has_them_on_one() -> None:
    for spell in (one_cell, in_row, labelled):
        assert settle(spell(prose(BLOCKS))).replace(JOINER, "") == "one  - two  ``` - [ ] pay ```"


@each("code", ("= this.file", "$= app"))
def test_code_is_no_expression_of_dataview_s(code: str) -> None:
    assert settle(prose(f"`{code}`")) == f"`{JOINER}{code}`"
    assert f"`{code_text(code)}`" == f"`{JOINER}{code}`"


OURS = re.compile(
    r"^```\n.*?^```$|(?<!\\)`[^`\n]*`|</?code>|\]\((?:https?://|mailto:)[^\s()]*\)",
    re.MULTILINE | re.DOTALL,
)
"""Code, and the addresses of links: each is inert by the rules of its own place."""


def demand_harmless(text: str) -> None:
    made = settle(prose(text))
    for parser in PARSERS:
        assert not {*acting(made, parser)}, (text, made, parser)
    assert not [*openers(OURS.sub("", made))], (text, made)


SIGN = re.compile(r"[!-/:-@\[-`{-~]")
SPELLED = [
    *(SIGN.sub(r"\\\g<0>", one) for one in HOSTILE),
    *(SIGN.sub(lambda sign: f"&#{ord(sign[0])};", one) for one in HOSTILE),
]


@each(
    "text",
    [*HOSTILE, *SPELLED, *(f"Intro\n\n{one}\n\n- {one}\n- *{one}* `{one}`" for one in HOSTILE)],
)
def test_hostile_texts_are_text(text: str) -> None:
    demand_harmless(text)


@given(nasty_texts())
def test_random_texts_are_text(text: str) -> None:
    demand_harmless(text)


def test_it_takes_no_longer_than_the_text_is_long() -> None:
    for piece in ("*", "[", "`", "- ", "> ", "https://", "**a", "_a_", "[a](", "1. x\n", "```\n"):
        begun = time.thread_time()
        prose(piece * 20_000, most=100_000)
        assert time.thread_time() - begun < 30, piece
    blanks = " " * 50_000
    for line in (f"# a{blanks}b", f"---{blanks}b", f"{'~' * 50_000}`", f"{blanks}---{blanks}b"):
        begun = time.thread_time()
        prose(f"x\n{line}", most=200_000)
        assert time.thread_time() - begun < 5, line[:5]
