"""One evaluation serves all pages with the same block, unless the block looks at its page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from taiga_notes.model.rows import Table
from taiga_notes.refresh.compose import RenderContext, compose
from taiga_notes.render import Templates, builtin_folder
from tests.query.scopes import Lists

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path as File

    from taiga_notes.model.rows import Path
    from taiga_notes.refresh.compose import Composition

ROWS = [{"id": 1, "ref": 11, "subject": "Sign-up"}, {"id": 2, "ref": 12, "subject": "Search"}]


class Desk:
    """Pages of one run, and what was asked for."""

    def __init__(self, folder: File) -> None:
        self.folder = folder
        self.lists = Lists(Table(ROWS, "userstories"), {"username": "ann"})
        self.context = RenderContext(
            source=self.lists,
            templates=Templates([folder, builtin_folder()]),
            now=datetime(2026, 11, 22, tzinfo=UTC),
        )

    def page(self, query: str, name: str = "A.md", front: str = "") -> str:
        return self.composed(query, name, front).text.removeprefix(front)

    def composed(self, query: str, name: str = "A.md", front: str = "") -> Composition:
        text = f"{front}<!-- taiga: {query} -->\n<!-- /taiga -->\n"
        return compose(text, name, self.context)

    def template(self, text: str) -> str:
        """A query that renders two rows with that template, newly written."""
        (self.folder / "own.md.j2").write_text(text)
        return "from userstories template own"


@pytest.fixture
def desk(tmp_path: File) -> Desk:
    return Desk(tmp_path)


class Counted(Table):
    """Rows that count how often a column of theirs is read."""

    def __init__(self) -> None:
        super().__init__(ROWS, "userstories")
        self.reads = 0

    def column(self, path: Path, /) -> Sequence[object]:
        self.reads += 1
        return super().column(path)


def test_the_same_block_is_evaluated_once(desk: Desk) -> None:
    rows = Counted()
    desk.lists._rows = rows
    query = "from userstories where ref > 11 select subject"
    first = desk.page(query, "A.md")
    reads = rows.reads
    assert reads
    assert desk.page(query, "B.md") == first
    assert rows.reads == reads


@pytest.mark.parametrize(
    "query",
    [
        "from userstories where subject ~= me.username select subject",
        "from userstories where now() > '2020' select subject",
    ],
)
def test_a_page_depends_on_what_a_block_looked_at_for_another(desk: Desk, query: str) -> None:
    first = desk.composed(query, "A.md").dependencies
    desk.lists.asked.clear()
    assert desk.composed(query, "B.md").dependencies == first
    assert desk.lists.asked == []
    assert first.lists


@pytest.mark.parametrize(
    "query",
    [
        "page.name",
        "from userstories select page.path",
        "from userstories where page.owner == nil select page.name",
        "from userstories each '{{ page.name }}'",
    ],
)
def test_a_query_that_looks_at_its_page_is_evaluated_for_each(desk: Desk, query: str) -> None:
    assert desk.page(query, "A.md") != desk.page(query, "B.md")


@pytest.mark.parametrize(
    "text",
    [
        "{{ page.name }}",
        "{{ page['name'] }}",
        "{{ page }}",
        "{{ page | tojson }}",
        "{{ page | items | list }}",
        "{{ page | dictsort | first }}",
        "{{ [page] | map(attribute='name') | join }}",
        "{% for key, value in page | items %}{{ value }}{% endfor %}",
        "{% set it = page %}{{ it.name }}",
        "{% macro it(one) %}{{ one.name }}{% endmacro %}{{ it(page) }}",
        "{{ 'A' if page == {'name': 'A', 'path': 'A.md'} else 'B' }}",
        "{{ page | string }}",
    ],
)
def test_a_template_that_looks_at_its_page_is_rendered_for_each(desk: Desk, text: str) -> None:
    query = desk.template(text)
    assert desk.page(query, "A.md") != desk.page(query, "B.md")


@pytest.mark.parametrize(
    "text",
    [
        "{% for key in page %}{{ key }} {% endfor %}",
        "{{ page | length }}",
        "{{ page | list }}",
        "{{ page | reverse | list }}",
        "{{ 'owner' in page }}",
        "{{ page.owner is none }}",
    ],
)
def test_front_matter_counts_as_much_as_the_name(desk: Desk, text: str) -> None:
    query = desk.template(text)
    plain = desk.page(query, "A.md")
    assert desk.page(query, "A.md", "---\nowner: ann\n---\n") != plain


def test_an_included_template_that_looks_at_the_page_counts(desk: Desk) -> None:
    (desk.folder / "inner.md.j2").write_text("{{ page.name }}")
    query = desk.template("{% include 'inner' %}")
    assert desk.page(query, "A.md") != desk.page(query, "B.md")


def test_what_front_matter_says_of_project_and_template_counts(desk: Desk) -> None:
    desk.lists._rows = Table([{**row, "kind": "userstories"} for row in ROWS], "userstories")
    links = desk.page("from userstories", "A.md", "---\ntaiga: {template: links}\n---\n")
    table = desk.page("from userstories", "B.md", "---\ntaiga: {template: table}\n---\n")
    assert links != table
    desk.lists.asked.clear()
    desk.page("from userstories select ref", "A.md", "---\ntaiga: {project: one}\n---\n")
    desk.page("from userstories select ref", "B.md", "---\ntaiga: {project: other}\n---\n")
    assert [listing.project for listing in desk.lists.asked] == ["one", "other"]


def test_a_value_within_a_line_is_no_list(desk: Desk) -> None:
    inline = "There are <!-- taiga: from userstories select count() --><!-- /taiga -->.\n"
    assert "-->2<!--" in compose(inline, "A.md", desk.context).text
    assert "- 2" in desk.page("from userstories select count()", "B.md")


def test_a_mistake_is_told_by_each_page_in_its_place(desk: Desk) -> None:
    for name in ("A.md", "B.md"):
        text = "\n\n<!-- taiga: from userstories select nothing -->\n<!-- /taiga -->\n"
        [problem] = compose(text, name, desk.context).problems
        assert getattr(problem.error, "page", "") == name
        assert problem.line == 3


def test_outputs_beyond_the_room_are_made_anew(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("taiga_notes.refresh.dependencies.ROOM", 3)
    desk = Desk(desk.folder)
    rows = Counted()
    desk.lists._rows = rows
    first = desk.page("from userstories select subject", "A.md")
    reads = rows.reads
    assert desk.page("from userstories select subject", "B.md") == first
    assert rows.reads > reads
