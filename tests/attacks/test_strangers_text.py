"""Hostile text in every field, place and template: the page that comes out holds nothing of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from taiga_notes.markdown.text import inert
from tests.attacks.arena import STORY
from tests.oracle import HARMLESS, PARSERS, acting, openers, shape
from tests.thin import FULL

if TYPE_CHECKING:
    from tests.attacks.arena import Arena

pytestmark = pytest.mark.slow

CORPUS = Path(__file__).parent.parent / "hostile_subjects.json"
# Of control characters alone nothing is left, and an item without text has no paragraph; of
# values that are equal, as half characters become, `select` keeps one.
HOSTILE = list(
    {inert(text): text for text in json.loads(CORPUS.read_text(encoding="utf-8")) if inert(text)}
    .values()
)  # fmt: skip

QUERIES = {
    "links": "from userstories template links",
    "list": "from userstories template list",
    "names": "from userstories select subject template list",
    "table": "from userstories template table",
    "chosen": "from userstories select {subject = subject, tags = tag_names, who = assignee}"
    " template table",
    "tasks": "from userstories template tasks",
    "grouped": "from userstories group by status_extra_info.name template grouped",
    "original": "from userstories template taigaRecurringTasks",
    "each": 'from userstories each "* {{ row.subject }} **{{ row.assignee }}** {{ row.tag_names }}'
    ' `{{ row.subject }}` [{{ row.subject }}]({{ row.url }}) {{ row.milestone_name }}"',
    "epics": "from epics template links",
}
PLACES = {
    "text": ("", ""),
    "item": ("- ", "  "),
    "number": ("1. ", "   "),
    "callout": ("> [!note] Title\n> ", "> "),
    "nested": ("> - a\n>   - ", ">     "),
}


OUTSIDE = {"heading_open", "heading_close", "blockquote_open", "blockquote_close"}
"""What a page has around its blocks."""

THIRD = 3
"""Pairwise: a page has a third of the texts, and is read by a third of the parsers."""

TURNS = 1 if FULL else 5
"""Pages of descriptions and comments, in each of the places, of which each has its own texts."""


def page(query: str, place: str) -> str:
    first, rest = PLACES[place]
    return f"# Page\n\n{first}<!-- taiga: {query} -->\n{rest}<!-- /taiga -->\n\nend\n"


def story(number: int, text: str) -> dict[str, object]:
    return STORY | {
        "id": number,
        "ref": number,
        "subject": text,
        "tags": [[text, "#fff"], [text, None]],
        "status_extra_info": {"name": text, "is_closed": False},
        "assigned_to_extra_info": {"username": text, "full_name_display": text},
        "milestone_name": text,
        "epics": [{"id": 1, "ref": 1, "subject": text}],
    }


def rendered(attacked: Arena, texts: list[str]) -> dict[str, str]:
    """The pages, rendered from rows with these texts."""
    rows = [story(number, text) for number, text in enumerate(texts, start=100)]
    attacked.snapshot({"userstories": rows, "epics": rows})
    wanted = [(query, place) for query in QUERIES for place in PLACES
              if place == "text" or query in {"links", "table"}]  # fmt: skip
    names = {
        f"{query} {place}.md": page(
            re.sub(
                r"^from \w+",
                rf"\g<0> where ref % {THIRD} == {turn // THIRD % THIRD}",
                QUERIES[query],
            ),
            place,
        )
        for turn, (query, place) in enumerate(wanted)
    }
    for name, text in names.items():
        attacked.page(name, text)
    done = attacked.render()
    assert (done.status, done.err) == (0, "")
    return {name: (attacked.root / name).read_bytes().decode() for name in names}


def test_the_corpus_in_every_field_place_and_template_is_just_text(attacked: Arena) -> None:
    words = [f"{HARMLESS}n{number}n" for number in range(len(HOSTILE))]
    plain = rendered(attacked, words)
    hostile = rendered(attacked, HOSTILE)
    for turn, (name, text) in enumerate(hostile.items()):
        for parser in [*PARSERS][turn % THIRD :: THIRD]:
            before, after = shape(plain[name], parser), shape(text, parser)
            kinds = [kind for kind, _, _ in before if kind != "text"]
            assert [kind for kind, _, _ in after if kind != "text"] == kinds, (name, parser)
        ours = set(openers(plain[name]))
        if "chosen" not in name and "each" not in name:
            assert set(openers(text)) <= ours, name


def test_hostile_values_within_a_line_stay_there(attacked: Arena) -> None:
    values = [
        f"a <!-- taiga: from userstories where ref == {number} select subject -->"
        f"{HARMLESS}<!-- /taiga --> b\n\n"
        for number in range(1, len(HOSTILE) + 1)
    ]
    pages = [values[start : start + 20] for start in range(0, len(values), 20)]
    for number, page_values in enumerate(pages):
        attacked.page(f"{number}.md", "".join(page_values))
    attacked.snapshot({"userstories": [story(n, text) for n, text in enumerate(HOSTILE, 1)]})
    attacked.render()
    for number, page_values in enumerate(pages):
        *lines, end = (attacked.root / f"{number}.md").read_text().split("\n\n")
        assert (len(lines), end) == (len(page_values), "")
        for line in lines:
            assert "\n" not in line
            assert re.fullmatch(r"a <!-- taiga: .*? -->.*<!-- /taiga\b.*? --> b", line), line
            assert line.count("<!--") == 2, line


def test_no_query_that_quotes_a_stranger_in_an_error_writes_what_acts(attacked: Arena) -> None:
    texts = [text for text in HOSTILE if not re.search(r"[\r\n\ud800-\udfff]|-->|<!--|'|\\", text)]
    for number, text in enumerate(texts):
        query = f"from userstories where x == '{text}' nonsense '{text}'"
        attacked.page(f"{number}.md", f"<!-- taiga\n{query}\n-->\n<!-- /taiga -->\n")
    attacked.render()
    for number in range(len(texts)):
        body = (attacked.root / f"{number}.md").read_text().partition("\n-->\n")[2]
        notice = body.partition("<!-- /taiga")[0]
        assert not list(openers(notice.replace("[!", ""))), notice


def test_the_terminal_gets_no_control_characters(attacked: Arena) -> None:
    evil = "\x1b]0;title\x07\x1b[2J\x9b31m\u202e\x08\x7f"
    attacked.snapshot({"userstories": [story(1, evil)]})
    for arguments in (
        ("render", *attacked.arguments),
        ("render", "--diff", *attacked.arguments),
        ("query", "from userstories select subject", *attacked.arguments),
        ("query", "from userstories select {a = subject}", *attacked.arguments),
        ("query", "--format", "json", "from userstories", *attacked.arguments),
    ):
        done = attacked.run(*arguments)
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", done.out + done.err)


def test_descriptions_and_comments_hold_nothing_but_harmless_markdown(attacked: Arena) -> None:
    rows = [story(number, "x") for number in range(100, 100 + len(HOSTILE))]
    comments = {
        str(row["id"]): [
            {"who": text, "when": "2026-11-20T10:00:00Z", "text": f"- {text}\n\n{text}"}
        ]
        for row, text in zip(rows, HOSTILE, strict=True)
    }
    pieces = {
        "description": {str(row["id"]): text for row, text in zip(rows, HOSTILE, strict=True)},
        "comments": comments,
        "attachments": {
            key: [{"name": one["who"], "url": one["who"], "description": one["who"]}]
            for key, [one] in comments.items()
        },
        "custom": {key: {one["who"]: one["who"]} for key, [one] in comments.items()},
    }
    attacked.snapshot({"userstories": rows, "details": {"userstories": pieces}})
    queries = {
        "discussion": "from userstories template discussion",
        "fields": "from userstories select {description, comments[1].who, attachments[1].name}"
        " template table",
        "custom": 'from userstories each "- {{ row.custom | tojson }} {{ row.comments[0].text }}"',
    }
    for name, query in queries.items():
        for turn, place in enumerate(PLACES):
            some = query.replace("stories", f"stories where ref % {TURNS} == {turn % TURNS}", 1)
            attacked.page(f"{name} {place}.md", page(some, place))
    done = attacked.render()
    assert (done.status, done.err) == (0, "")
    for place in PLACES:
        text = (attacked.root / f"discussion {place}.md").read_text(encoding="utf-8")
        for parser in PARSERS:
            others = {
                (kind, what)
                for kind, what in acting(text, parser)
                if not (what.startswith(("<!-- taiga: from", "<!-- /taiga")) or kind in OUTSIDE)
            }
            assert not others, (place, parser)
    # What broke out of its block, or into another, would be written anew.
    assert attacked.render().out.startswith("0 pages changed, ")
