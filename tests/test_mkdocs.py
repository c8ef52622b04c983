"""Strangers' text as MkDocs reads it: Python-Markdown with all that people switch on.

Unlike the CommonMark parsers of `oracle`, it searches the page's source before it parses (includes
of files), knows few backslashes, and lets attributes be written into the text.
"""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import markdown
import pytest
from jinja2 import Environment

from taiga_notes.markdown.text import normal
from taiga_notes.render import Templates, builtin_folder
from tests.items import story
from tests.oracle import HARMLESS

pytestmark = pytest.mark.slow

HOSTILE: list[str] = json.loads(Path(__file__).with_name("hostile_subjects.json").read_text())

EXTENSIONS = [
    *["abbr", "admonition", "attr_list", "def_list", "footnotes", "md_in_html", "tables", "toc"],
    *["pymdownx.arithmatex", "pymdownx.blocks.admonition", "pymdownx.blocks.html"],
    *["pymdownx.caret", "pymdownx.critic", "pymdownx.details", "pymdownx.emoji", "pymdownx.keys"],
    *["pymdownx.inlinehilite", "pymdownx.magiclink", "pymdownx.mark", "pymdownx.progressbar"],
    *["pymdownx.snippets", "pymdownx.superfences", "pymdownx.tabbed", "pymdownx.tasklist"],
    *["pymdownx.tilde"],
]

TEMPLATES = Templates([builtin_folder()])
FORMS = [
    "links",
    "list",
    "tasks",
    "taigaRecurringTasks",
    "{{ row.subject }}\n",
    "# {{ row.subject }}\n",
    "> {{ row.subject }}\n",
    "1. y [{{ row.status_name }}] {{ row.subject }}\n",
    "!!! note\n    {{ row.subject }}\n",
    "term\n:   {{ row.subject }}\n",
    "> ```text\n> {{ row.subject }}\n> ```\n",
    "x `{{ row.subject }}`\n",
    "- {{ row.subject }} {{ row.status_name }}\n",
]


class Tags(HTMLParser):
    """The elements of a page, less the names that its headings make."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[object] = []
        self.feed(markdown.markdown(page, extensions=EXTENSIONS))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, [(name, value) for name, value in attrs if name != "id"]))

    def handle_endtag(self, tag: str) -> None:
        self.found.append(f"/{tag}")

    def handle_comment(self, data: str) -> None:
        self.found.append(("comment", data))


def page_of(form: str, texts: list[str]) -> str:
    rows = [story(text) for text in texts]
    if form in {info.name for info in TEMPLATES.names()}:
        return TEMPLATES.render(form, rows)
    return "\n".join(TEMPLATES.render_each(form, [row]) for row in rows)


@pytest.mark.parametrize("form", FORMS)
def test_mkdocs_finds_no_element_in_hostile_text(form: str) -> None:
    texts = [text for text in HOSTILE if normal(text)]
    found = Tags(page_of(form, texts)).found
    wanted = Tags(page_of(form, [HARMLESS] * len(texts))).found
    assert found == wanted


def test_the_examples_are_no_templates_to_mkdocs_macros() -> None:
    # It renders whole pages with Jinja, comments included.
    for page in (Path(__file__).parent.parent / "examples" / "vault").rglob("*.md"):
        text = page.read_text(encoding="utf-8")
        assert Environment(keep_trailing_newline=True).from_string(text).render() == text  # noqa: S701 - as there
