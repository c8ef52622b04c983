"""Strangers' text through every built-in template and every filter, as parsers see it.

A page is rendered with harmless words and with what a stranger wrote in their stead. Real parsers
must find the same elements in both, and texts that differ by just that; the page's source must hold
no opener more. The same again after each formatter.
"""

from __future__ import annotations

import json
import random
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from taiga_notes.markdown.text import JOINER, normal
from taiga_notes.render import Templates, builtin_folder
from tests.formatters import FORMATTERS
from tests.items import epic, open_story, rows_of, story
from tests.oracle import HARMLESS, OPENERS, PARSERS, Shape, expected, openers, shape
from tests.strategies import PIECES, nasty_texts
from tests.tables import each
from tests.thin import FULL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HOSTILE: list[str] = [
    subject
    for subject in json.loads((Path(__file__).parents[1] / "hostile_subjects.json").read_text())
    if normal(subject)
]
TEMPLATES = Templates([builtin_folder()])
BUILTIN = [info.name for info in TEMPLATES.names()]
RANDOM_TEXTS = 400  # for each formatter, beside the hostile ones; the same at each run
SEED = 20261122

SHARES = 8 if FULL else 24
"""Into how many shares the hostile texts are dealt out to the forms."""

LINES = [
    "{{ row.subject }}",
    "- {{ row.subject }}",
    "1. {{ row.subject }} x",
    "> {{ row.subject }}",
    "> [!note] {{ row.subject }}\n> {{ row.subject }}",
    "### {{ row.subject }}",
    "x\n{{ row.subject }}\n{{ row.subject }}",
    "- [ ] {{ row.subject }}",
    "- [{{ row.subject }}](https://t.example)",
    "* [Link]({{ row.url }}) [{{ row.status_name }}] {{ row.subject }}",
    "[{{ row.status_name }}] x",
    "- {{ row.subject }}{{ row.status_name }}",
    "- {{ row.subject }} {{ row.status_name }}, {{ row.status_name }}. ({{ row.subject }})",
    "- x{{ row.subject }}y[x](https://t.example)",
    "- **{{ row.subject }}** x",
    "- x <b>{{ row.subject }}</b>",
    "| a | b |\n| --- | --- |\n| {{ row.subject }} | {{ row.subject | cell }} |",
    "- {{ row.subject | link('https://t.example') }}",
    "- {{ row | link }} {{ row.subject | item }} {{ row | name }}",
    "- {{ row.subject | trim }} {{ row.subject | escape }} {{ row.subject | string }}",
    "- {{ row.tag_names | join(', ') }}",
    "- {{ row.comments[0].text }} {{ row.comments[0].who }} {{ row.custom['Customer'] }}",
    "- {{ row.attachments[0].name | link(row.attachments[0].url) }} {{ row.description }}",
    "- {{ row.tag_names | join(' - ') }}",
    "- {{ row.tag_names }} {{ row.tag_names | first }} {{ row.tag_names | map('string') | last }}",
    "- {{ 'x' ~ row.subject ~ ' ' ~ row.subject ~ 'y' }}",
    "- {{ '%s - %s' % (row.subject, row.subject) }} {{ '%s' | format(row.subject) }}",
    "- {{ row.nothing | default(row.subject) }} {{ row.subject | truncate(9999) }}",
    "- {% set x %}{{ row.subject }}{% endset %}{{ x }} {{ x | indent }}",
    "- {% macro m(x) %}_{{ x }}_ {{ x }}{% endmacro %}{{ m(row.subject) }}",
    "{{ [{'a': row.subject, 'b': row.tag_names}, {'a': 'x'}] | table }}",
    "{{ [row.subject, 'x'] | table }}",
    "{{ [row] | table('subject', 'status_name') }}",
]
OTHER_ROWS: dict[str, Callable[[str], dict[str, object]]] = {
    "epics of epics": lambda text: epic(text),  # noqa: PLW0108 - defined below
    "gantt of stories": lambda text: open_story(text),  # noqa: PLW0108 - the same
}
"""Built-in templates for rows of another kind."""

FORMS = [*BUILTIN, *OTHER_ROWS, *LINES]


def page_of(form: str, text: str) -> str:
    """A page in a form: a built-in template's name, or a line for a story."""
    if form in BUILTIN:
        return TEMPLATES.render(form, rows_of(form, text), page={"goal": text})
    if form in OTHER_ROWS:
        return TEMPLATES.render(
            form.partition(" ")[0], [OTHER_ROWS[form](text), OTHER_ROWS[form]("x")]
        )
    return TEMPLATES.render_each(form, [story(text)])


@cache
def harmless_page(form: str) -> str:
    """The page in that form of a text that has nothing to hide."""
    return page_of(form, HARMLESS)


def loose(found: Shape, *, tables: bool) -> Shape:
    """A shape with single blanks; a table that the parser takes for text may have any width."""
    ignored = "" if tables else "-"
    return [
        (kind, more, " ".join(text.replace(ignored, " ").split() if ignored else text.split()))
        for kind, more, text in found
    ]


def seen(page: str, parser: str) -> Shape:
    """A page's shape, in which charts hold what Mermaid's codes stand for."""
    return [
        (kind, more, spelled_out(text) if kind.endswith(" mermaid") else text)
        for kind, more, text in shape(page, parser)
    ]


def spelled_out(chart: str) -> str:
    """A chart's source as Mermaid reads it, less word joiners."""
    return re.sub(r"#(\d+);", lambda code: chr(int(code[1])), chart).replace(JOINER, "")


def assert_just_text(page: str, harmless: str, text: str, parsers: Sequence[str]) -> None:
    for parser in parsers:
        tables = parser != "commonmark"
        found = expected(seen(page, parser), {})
        wanted = expected(seen(harmless, parser), {HARMLESS: normal(text)})
        assert loose(found, tables=tables) == loose(wanted, tables=tables)
    assert sorted(openers(page, OPENERS)) == sorted(openers(harmless, OPENERS))


@pytest.mark.slow
@each("form", FORMS)
def test_hostile_text_is_just_text_in_every_template_and_filter(form: str) -> None:
    # Others in each form: in so many neighbours, all of them.
    parsers = ["commonmark", "gfm"] if form in BUILTIN else ["gfm"]
    for subject in HOSTILE[FORMS.index(form) % SHARES :: SHARES]:
        assert_just_text(page_of(form, subject), harmless_page(form), subject, parsers)


@pytest.mark.slow
@settings(max_examples=5 * len(FORMS) if FULL else len(FORMS))
@given(form=st.sampled_from(FORMS), text=nasty_texts())
def test_any_text_is_just_text_in_every_template_and_filter(form: str, text: str) -> None:
    assume(normal(text))
    assert_just_text(page_of(form, text), harmless_page(form), text, [*PARSERS])


def random_texts() -> list[str]:
    chance = random.Random(SEED)  # noqa: S311 - the same at each run
    texts = ["".join(chance.choices(PIECES, k=chance.randint(1, 8))) for _ in range(RANDOM_TEXTS)]
    return [text for text in texts if normal(text)]


PUNCTUATED_HEADING = re.compile(r"^[> ]*#{1,6} .*[.,;:!。，；：！#]$", re.MULTILINE)
"""What markdownlint takes the end off, as the README says: rules MD020 and MD026."""


@pytest.mark.programs
@pytest.mark.parametrize("formatter", FORMATTERS)
def test_after_a_formatter_it_is_still_just_text(formatter: str) -> None:
    run = FORMATTERS[formatter]
    # Without its GFM plugin, mdformat takes tables for text and has never heard of `~~`.
    parsers = ["commonmark"] if formatter == "mdformat_commonmark" else ["commonmark", "gfm"]
    chance = random.Random(SEED)  # noqa: S311 - the same at each run
    texts = [*HOSTILE, *random_texts()]
    forms = 1 if formatter == "pymarkdown" else 6  # it takes its time
    cases = [(form, text) for text in texts for form in chance.sample(FORMS, k=forms)]
    harmless = dict(zip(FORMS, run([harmless_page(form) for form in FORMS]), strict=True))
    if formatter == "markdownlint":
        cases = [case for case in cases if not PUNCTUATED_HEADING.search(page_of(*case))]
    pages = run([page_of(form, text) for form, text in cases])
    for (form, text), page in zip(cases, pages, strict=True):
        # markdownlint knows directives: it takes `:y[x](https://…)` for one before an address.
        page = page.replace("](<https://t.example>)", "](https://t.example)")  # noqa: PLW2901
        assert_just_text(page, harmless[form], text, parsers)


@pytest.mark.programs
@pytest.mark.parametrize("formatter", ["prettier", "mdformat"])
def test_a_formatter_leaves_ordinary_pages_alone(formatter: str) -> None:
    texts = ("Sign-up form", "Fix C++ (v1.2-rc1): 50 % & more", "a_b_c", "日本語")
    # The original integration's list has its bullets, which are no formatter's.
    names = [name for name in BUILTIN if name not in {"taigaRecurringTasks", "links", "tasks"}]
    stories: list[object] = [story(text) for text in texts]
    pages = [
        *(TEMPLATES.render(name, stories) for name in ("links", "tasks")),
        *(TEMPLATES.render(name, rows_of(name, text)) for name in names for text in texts),
    ]
    assert FORMATTERS[formatter](pages) == pages


@each("text", ["*x*", "[x](y)", "<b>", "~~x~~", "${x}", "![x](y)", "# x", "x y"])
def test_the_oracle_sees_what_acts(text: str) -> None:
    with pytest.raises(AssertionError):
        assert_just_text(f"- {text}", f"- {HARMLESS}", text if text != "x y" else "x", ["gfm"])
    assert_just_text(f"- [{JOINER}x]", f"- {HARMLESS}", "[x]", ["gfm"])
