"""What one environment compiled serves all others of the process, and nothing else does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from jinja2 import Environment

from taiga_notes.render import compiled_templates, templates
from taiga_notes.render.sandbox import CostlyError
from taiga_notes.render.template_budget import is_cheap
from taiga_notes.render.template_loader import FolderLoader
from taiga_notes.render.templates import Renderer, Templates

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that Jinja compiled."""
    texts: list[str] = []
    compiled = Environment.compile

    def compile_(environment: Environment, source: str, *args: object, **named: object) -> object:
        texts.append(source)
        return compiled(environment, source, *args, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(Environment, "compile", compile_)
    return texts


def test_a_template_is_compiled_once_in_a_process(tmp_path: Path, compilations: list[str]) -> None:
    (tmp_path / "count.md.j2").write_text("{{ rows | length }}")
    for rows in ([], [1], [1, 2]):
        assert Templates([tmp_path]).render("count", rows) == str(len(rows))
    assert compilations == ["{{ rows | length }}"]


def test_another_text_in_its_file_is_another_template(
    tmp_path: Path, compilations: list[str]
) -> None:
    for text in ("one", "two", "one"):
        (tmp_path / "word.md.j2").write_text(text)
        assert Templates([tmp_path]).render("word", []) == text
    assert compilations == ["one", "two"]


def test_the_same_text_in_another_file_is_told_by_that_file(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.md.j2").write_text("\n{{ rows.x.y }}")
        with pytest.raises(Exception, match=rf"^{name}\.md\.j2, line 2"):
            Templates([tmp_path]).render(name, [])


def test_what_is_not_cheap_is_refused_each_time(tmp_path: Path) -> None:
    (tmp_path / "costly.md.j2").write_text("{{ 2 ** 3 }}")
    kept = compiled_templates.CompiledTemplates()
    for _ in range(2):
        renderer = Renderer(FolderLoader([tmp_path]), is_cheap, compiled=kept)
        with pytest.raises(CostlyError):
            renderer.render("costly", [], {})


def test_a_watch_of_weeks_keeps_a_bounded_number(
    tmp_path: Path, compilations: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled_templates, "_KEPT", 2)
    monkeypatch.setattr(templates, "_CHEAP", compiled_templates.CompiledTemplates())
    for text in ("one", "two", "three", "one"):
        (tmp_path / "word.md.j2").write_text(text)
        assert Templates([tmp_path]).render("word", []) == text
    assert compilations == ["one", "two", "three", "one"]
