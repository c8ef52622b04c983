"""A stranger's Markdown keeps its paragraphs, lists, emphasis, links and code, and nothing else."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

from hypothesis import given

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
    ("Goal\n====\nx\n\n---\n\ny", "Goal\n\nx\n\ny"),
    ("* a\n  - b\n    more\n* c", "- a\n  - b more\n- c"),
    ("1. a\n2) b\n   * c", "1. a\n2. b\n   - c"),
    ("- a\n  - b\n    - c\n      - d\n- e", "- a\n  - b\n    - c\n    - d\n- e"),
    ("> said\n> so", "said so"),
    ("See [the plan](https://t.example/a).", "See [the plan](https://t.example/a)."),
    ("[x](javascript:alert) ok", "[x](javascript:alert) ok"),
    ("![A form](https://t.example/f.png)", "[A form](https://t.example/f.png)"),
    ("Run `make all` now", "Run `make all` now"),
    ("```python\nif x:\n    y = '`'\n```\nz", "```\nif x:\n    y = '''\n```\n\nz"),
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
    made = prose("word " * 100, most=52)
    assert made.split("\n\n") == ["word word word word word word word word word word",
                                  "… (cut: 49 of 499 characters)"]  # fmt: skip


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


@each("text", [*HOSTILE, *(f"Intro\n\n{one}\n\n- {one}\n- *{one}* `{one}`" for one in HOSTILE)])
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
