from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

import taiga_notes
from taiga_notes import Snapshot, Table, evaluate, render_page
from taiga_notes.errors import BlockError, QueryError, SourceError

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = Snapshot(
    {
        "userstories": [
            {"id": 1, "ref": 11, "subject": "Sign-up", "is_closed": False},
            {"id": 2, "ref": 12, "subject": "Log-in", "is_closed": True},
        ]
    }
)


def test_a_page_s_text_gives_its_text() -> None:
    opener = "# A\n\n<!-- taiga: from userstories where not is_closed select subject -->\n"
    assert render_page(f"{opener}<!-- /taiga -->\n", source=SOURCE) == (
        f"{opener}\n- Sign-up\n\n<!-- /taiga 9334bce5 -->\n"
    )


def test_rendering_twice_changes_nothing() -> None:
    text = "<!-- taiga: from userstories select {ref, subject} -->\n<!-- /taiga -->"
    once = render_page(text, source=SOURCE)
    assert render_page(once, source=SOURCE) == once != text


def test_a_mistake_in_a_query_is_shown_in_the_page() -> None:
    text = "<!-- taiga: from userstories where reff == 1 -->\n<!-- /taiga -->\n"
    assert "> [!WARNING]\n> taiga-notes: unknown field 'reff'" in render_page(text, source=SOURCE)


def test_rows_that_can_t_be_had_are_no_page() -> None:
    text = "<!-- taiga: from tasks -->\n<!-- /taiga -->\n"
    with pytest.raises(SourceError):
        render_page(text, source=SOURCE)


def test_a_hand_edit_is_refused() -> None:
    text = "<!-- taiga: from userstories -->\n\nMine.\n\n<!-- /taiga -->\n"
    with pytest.raises(BlockError, match="text between the markers that taiga-notes did not write"):
        render_page(text, source=SOURCE)
    assert "Mine" not in render_page(text, source=SOURCE, on_edit="overwrite")


def test_templates_of_one_s_own_come_first(tmp_path: Path) -> None:
    (tmp_path / "links.md.j2").write_text("{% for row in rows %}+{{ row.ref }}+{% endfor %}")
    text = "<!-- taiga: from userstories template links -->\n<!-- /taiga -->\n"
    assert "+11++12+" in render_page(text, source=SOURCE, templates=tmp_path)


def test_an_expression_gives_its_value() -> None:
    assert evaluate("query[[from userstories select ref]]", source=SOURCE) == [11, 12]
    assert evaluate(
        "from userstories where ref == page.ref select subject", source=SOURCE, page={"ref": 12}
    ) == ["Log-in"]
    assert (
        evaluate("today()", source=SOURCE, now=datetime(2026, 11, 22, tzinfo=UTC)) == "2026-11-22"
    )


def test_an_expression_with_a_mistake_says_where() -> None:
    with pytest.raises(QueryError) as caught:
        evaluate("from userstories where", source=SOURCE)
    assert caught.value.column > 1


def test_a_template_renders_in_an_expression() -> None:
    value = evaluate("template.each(query[[from userstories]], templates.list)", source=SOURCE)
    assert isinstance(value, str)
    assert value.count("- ") == 2


def test_the_package_exports_what_it_says() -> None:
    assert all(hasattr(taiga_notes, name) for name in taiga_notes.__all__)
    assert len(Table([{"a": 1}])) == 1
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        taiga_notes.Nonsense  # noqa: B018
