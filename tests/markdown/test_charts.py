"""The built-in charts as the real Mermaid draws them, strangers' labels in each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from taiga_notes.markdown.text import normal
from tests.items import open_story, sprint, story
from tests.markdown.test_strangers import HOSTILE, TEMPLATES
from tests.mermaid_pages import Drawn, bare, charts_in, drawn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

pytestmark = pytest.mark.programs

Row = dict[str, object]

OWN = [
    *("click x href y", "title x", "section x", "end", "subgraph x", "---", "%%{init: {}}%%"),
    *('a "b" c', "`x`", "**b** _i_", "$$x^2$$", "#35; &amp;", "fa:fa-ban x", "x\\ny", "<br/>a"),
    *("x : y, z", "[x](https://t.example)", "javascript:alert(1)", "<img src=x onerror=alert(1)>"),
]
TEXTS = [*OWN, *(text for text in HOSTILE if "\ufffd" not in normal(text))]
TOGETHER = 40  # rows of a chart
ELEMENTS = {
    *("circle", "defs", "div", "feDropShadow", "filter", "foreignObject", "g", "line", "marker"),
    *("p", "path", "polygon", "rect", "span", "style", "svg", "text", "tspan"),
}
"""All that Mermaid draws with; none of them leads anywhere or runs anything."""

CHARTS: Mapping[str, tuple[str, Callable[[str], Row]]] = {
    "pie": ("pie", lambda text: {"key": text, "value": 3}),
    "velocity": ("velocity", sprint),
    "gantt": ("gantt", sprint),
    "gantt of what is due": ("gantt", open_story),
    "epic_graph": ("epic_graph", story),
}
"""By what they show: the template, and a row in which a text is all that strangers wrote."""


def rows(make: Callable[[str], Row], texts: list[str]) -> list[Row]:
    """A row for each, with epics of its own."""
    return [
        {**make(text), "epics": [{"id": number, "ref": number, "subject": text}]}
        for number, text in enumerate(texts)
    ]


def assert_inert(chart: Drawn, texts: list[str]) -> None:
    assert not chart.error
    assert chart.acts == ()
    assert chart.elements <= ELEMENTS
    for text in texts:
        assert bare(normal(text)) in chart.text, text


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_shows_hostile_labels_and_nothing_acts(name: str) -> None:
    template, make = CHARTS[name]
    parts = [TEXTS[start : start + TOGETHER] for start in range(0, len(TEXTS), TOGETHER)]
    pages = [TEMPLATES.render(template, rows(make, part)) for part in parts]
    charts = drawn([chart for page in pages for chart in charts_in(page)])
    for part, chart in zip(parts, charts, strict=True):
        assert_inert(chart, part)


def test_a_burndown_shows_hostile_names() -> None:
    # A chart for each sprint: the worst, and each sixteenth of the others.
    texts = [*OWN, *TEXTS[len(OWN) :: 16]]
    charts = drawn(charts_in(TEMPLATES.render("burndown", [sprint(text) for text in texts])))
    for text, chart in zip(texts, charts, strict=True):
        assert_inert(chart, [text])


def test_charts_without_much_to_show_are_drawn() -> None:
    one: Row = {**sprint("x"), "stories": [], "total_points": None, "closed_points": 0}
    pages = [
        TEMPLATES.render("velocity", [one]),
        TEMPLATES.render("burndown", [one]),
        TEMPLATES.render("burndown", [{**one, "estimated_finish": one["estimated_start"]}]),
        TEMPLATES.render("gantt", [one]),
        TEMPLATES.render("flow", [open_story("x")]),
        TEMPLATES.render("velocity", [{**one, "project": name} for name in ("acme", 'b" `x`')]),
        TEMPLATES.render("pie", [{"key": "x", "value": 1}]),
    ]
    found = drawn([chart for page in pages for chart in charts_in(page)])
    assert [chart.error for chart in found] == [""] * len(pages)


def test_the_browser_sees_what_acts() -> None:
    pie = 'pie\n  "x" : 1\n'
    link = 'flowchart LR\n  a["x"]\n  click a href "https://t.example"\n'
    broken = 'pie\n  "a "b" : 1\n'
    plain, clicked, failed = drawn([pie, link, broken])
    assert_inert(plain, ["x"])
    assert clicked.acts
    assert failed.error
