"""Strangers' labels in Mermaid's charts, as its own parser reads them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from taiga_notes.markdown.text import normal
from taiga_notes.render import Templates, builtin_folder
from tests.markdown.test_strangers import HOSTILE
from tests.node import Node

pytestmark = pytest.mark.programs

TEMPLATES = Templates([builtin_folder()])
GANTT = "gantt\n section A\n %{row | mermaid} : a1, 2026-01-01, 3d\n"
PIE = "pie title X\n %{row | mermaid} : 3\n"
KEYWORDS = (  # noqa: SIM905 - a list of words
    "accDescr accTitle axisFormat box call click dateFormat end excludes gantt href includes "
    "inclusiveEndDates pie section showData subgraph tickInterval title todayMarker topAxis vert "
    "weekday weekend"
).split()
OWN = [
    *(f"{word} x" for word in KEYWORDS),
    *(f"{word.upper()}: x" for word in KEYWORDS),
    *("title", "section", "click a href b", "2026-01-01 x", "x : y, z", 'a "b" c', "#35; &amp;"),
]

_NODE = Node(
    ("jsdom@26", "mermaid@11"),
    """
import { JSDOM } from "jsdom";

globalThis.window = new JSDOM("<body></body>").window;
globalThis.document = window.document;
const { default: mermaid } = await import("mermaid");
mermaid.initialize({ startOnLoad: false });
const tools = {
  async labels(text) {
    try {
      const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);
      return db.getTasks ? db.getTasks().map((task) => `${task.section}/${task.task}`)
        : [...db.getSections().keys()];
    } catch (error) { return [String(error)]; }
  },
};
""",
)


def charts(form: str, texts: list[str]) -> list[Any]:
    pages = [TEMPLATES.render_each(f"```mermaid\n{form}```\n", [text]) for text in texts]
    return _NODE.ask("labels", [page.split("\n", 1)[1].rpartition("```")[0] for page in pages])


def shown(label: str) -> str:
    """What a chart shows: Mermaid's spelling of a code, decoded."""
    return re.sub("ﬂ°°(\\d+)¶ß", lambda found: chr(int(found[1])), label).strip()


@pytest.mark.parametrize(("form", "section"), [(GANTT, "A/"), (PIE, "")])
def test_a_chart_shows_hostile_labels(form: str, section: str) -> None:
    texts = [*OWN, *(text for text in HOSTILE if "\ufffd" not in normal(text))]
    for text, found in zip(texts, charts(form, texts), strict=True):
        assert [shown(label) for label in found] == [section + normal(text)], text


@pytest.mark.parametrize("text", ["click x", "title x", "section x", "2026-01-01 x"])
def test_the_parser_sees_what_acts(text: str) -> None:
    (found,) = charts(GANTT.replace("| mermaid", "| raw"), [text])
    assert found != [f"A/{text}"]
