"""A vault's blocks, looked at and neither rendered nor written."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from taiga_notes.errors import QueryError, SourceError, UnreachedError
from taiga_notes.refresh import compose
from taiga_notes.refresh.compose import RenderContext, inspected
from taiga_notes.refresh.page_inspection import (
    CountedRows,
    inspected_pages,
    rows_of_block,
    shown_by,
)
from taiga_notes.render import Templates, builtin_folder
from taiga_notes.taiga.snapshot import Snapshot
from taiga_notes.vault.vault import Vault

if TYPE_CHECKING:
    from pathlib import Path

CONTEXT = RenderContext(
    source=Snapshot({"userstories": [{"ref": 1, "subject": "A"}, {"ref": 2, "subject": "B"}]}),
    templates=Templates([builtin_folder()]),
    now=datetime(2026, 11, 22, tzinfo=UTC),
    template="tasks",
    presets={"all": "from userstories"},
)


def rows(text: str) -> CountedRows:
    [block] = inspected(f"<!-- taiga: {text} -->\n<!-- /taiga -->\n", "A.md", CONTEXT)
    return rows_of_block(block, "A.md", CONTEXT)


def shown(page: str) -> list[tuple[str, int]]:
    found = [
        (each, rows_of_block(each, "A.md", CONTEXT)) for each in inspected(page, "A.md", CONTEXT)
    ]
    return [(shown_by(each, counted), counted.rows) for each, counted in found]


def test_rows_are_counted_and_the_template_is_named_or_fits() -> None:
    assert rows("from userstories") == CountedRows(2, "", "tasks")
    assert rows("from userstories template links") == CountedRows(2, "links", "links")
    assert rows("from userstories each 'x'") == CountedRows(2, "each", "tasks")
    assert rows("from userstories select ref") == CountedRows(2, "", "list")
    assert rows("from userstories select {ref = ref}") == CountedRows(2, "", "table")
    assert rows("'x'") == CountedRows(1, "", "")
    assert rows("nil") == CountedRows(0, "", "")


def test_what_goes_to_templates_is_counted_and_not_rendered() -> None:
    assert rows("template.each(presets.all, templates.nowhere)") == CountedRows(2, "nowhere")
    assert rows("from userstories select templates.links(_)") == CountedRows(2, "links")
    empty = "some(template.each(query[[from presets.all limit 0]], templates.links)) or 'None'"
    assert rows(empty).rows == 1
    none = "template.each(query[[from presets.all limit 0]], templates.links)"
    assert rows(none) == CountedRows(0, "links")


def test_within_a_line_a_template_is_shown_only_where_it_is_named() -> None:
    line = "There are <!-- taiga: from userstories select {} -->2<!-- /taiga --> stories.\n"
    assert shown(line.format("count()")) == [("", 1)]
    assert shown(line.format("ref template list")) == [("list", 2)]


def test_a_block_tells_its_lines() -> None:
    page = "\n> <!-- taiga\n> from userstories\n> -->\n>\n> x\n>\n> <!-- /taiga -->\n"
    [block] = inspected(page, "A.md", CONTEXT)
    assert (block.block.line, block.last_line) == (2, 8)


def test_a_mistake_names_page_and_line() -> None:
    [block] = inspected(
        "\n<!-- taiga\nfrom userstories\nwhere x\n-->\n<!-- /taiga -->\n", "A.md", CONTEXT
    )
    with pytest.raises(QueryError) as caught:
        rows_of_block(block, "A.md", CONTEXT)
    assert (caught.value.page, caught.value.line) == ("A.md", 4)
    [block] = inspected("<!-- taiga: from tasks -->\n<!-- /taiga -->\n", "A.md", CONTEXT)
    with pytest.raises(SourceError):
        rows_of_block(block, "A.md", CONTEXT)


def test_a_vaults_blocks_together_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compose, "TOTAL", -1.0)
    context = replace(CONTEXT)
    [block] = inspected("\n<!-- taiga: from userstories -->\n<!-- /taiga -->\n", "A.md", context)
    with pytest.raises(UnreachedError) as caught:
        rows_of_block(block, "A.md", context)
    assert (caught.value.page, caught.value.line) == ("A.md", 2)


def test_pages_without_blocks_and_those_that_are_not_ours_are_left_out(tmp_path: Path) -> None:
    block = "<!-- taiga: from userstories -->\n<!-- /taiga -->\n"
    pages = {
        "A.md": block,
        "Bad.md": "\n<!-- taiga: from userstories -->\n",
        "Broken.md": block.encode() + b"\xff",
        "Mine.md": f"---\ntaiga: false\n---\n{block}",
        "Plain.md": "<!-- a comment -->\n",
        "Template.md": f"---\ntags: meta/template\n---\n{block}",
        "Textual.md": "`<!-- taiga: from userstories -->`\n",
        ".obsidian/templates.json": '{"folder": "Templates"}',
        "Templates/Page.md": block,
    }
    for name, text in pages.items():
        (tmp_path / "vault" / name).parent.mkdir(parents=True, exist_ok=True)
        data = text if isinstance(text, bytes) else str(text).encode()
        (tmp_path / "vault" / name).write_bytes(data)
    vault = Vault(tmp_path / "vault", state=tmp_path / "state")

    def found(context: RenderContext) -> list[tuple[str, int, int]]:
        return [
            (page.name, len(page.blocks), page.problem.line if page.problem else 0)
            for page in inspected_pages(vault, [""], context)
        ]

    assert found(CONTEXT) == [("A.md", 1, 0), ("Bad.md", 0, 2), ("Broken.md", 0, 1)]
    more = found(replace(CONTEXT, with_templates=True))
    assert [name for name, _, _ in more] == [
        *("A.md", "Bad.md", "Broken.md", "Template.md", "Templates/Page.md"),
    ]
