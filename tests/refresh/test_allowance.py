"""How long the blocks of one run may take, and what is left aside: told, and nothing lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from taiga_notes.errors import EndedError, RenderError, UnreachedError
from taiga_notes.query.runtime import budget
from taiga_notes.refresh.compose import TOTAL, RenderContext, compose
from taiga_notes.render import Templates, builtin_folder
from taiga_notes.taiga.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SOURCE = Snapshot(
    {"userstories": [{"id": 1, "ref": 1, "subject": "a"}], "web": "https://t.example"}
)


class Ending(Templates):
    """Templates of which one is always ended from outside."""

    def __init__(self) -> None:
        super().__init__([builtin_folder()])
        self.tried: list[str] = []

    def render_each(
        self, text: str, rows: Sequence[object], *, page: Mapping[str, object] | None = None
    ) -> str:
        self.tried.append(text)
        if text == "endless":
            raise EndedError("it took too long and was ended", template="each")
        return super().render_each(text, rows, page=page or {})


def context(templates: Templates | None = None) -> RenderContext:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    templates = templates or Templates([builtin_folder()])
    return RenderContext(source=SOURCE, templates=templates, now=now, on_edit="overwrite")


def nothing(_block: str) -> tuple[str, ...]:
    """What is remembered of a block."""
    return ()


def block(clauses: str, body: str = "") -> str:
    return f"<!-- taiga: from userstories {clauses} -->\n\n{body}<!-- /taiga -->\n"


def test_what_is_not_reached_stays_as_it_is_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("taiga_notes.refresh.compose.TOTAL", 1e-9)
    monkeypatch.setattr("taiga_notes.refresh.compose.FREE", 0.0)
    first, second = block("each 'a'"), block("each 'b'", "last\n\n")
    run = context()
    page = compose(first + "\n" + second, "A.md", run, nothing)
    assert "\na\n" in page.text
    assert page.text.endswith("\n" + second)
    (problem,) = page.problems
    assert isinstance(problem.error, UnreachedError)
    assert (problem.line, problem.error.page, problem.error.line) == (5, "A.md", 5)
    assert not page.cacheable

    inline = "Here <!-- taiga: 1 + 1 -->7<!-- /taiga -->.\n"
    other = compose(inline, "B.md", run, nothing)
    assert (other.text, len(other.problems)) == (inline, 1)


def test_ordinary_blocks_have_no_bound_together() -> None:
    run = context()
    for number in range(50):
        assert not compose(block(f"each '{number}'"), "A.md", run, nothing).problems
    assert run.allowance._left == TOTAL


def test_what_was_ended_is_not_tried_again() -> None:
    templates = Ending()
    run = context(templates)
    text = block("each 'endless'", "last\n\n")
    for _ in range(3):
        page = compose(text, "A.md", run, nothing)
        assert "\nlast\n" in page.text
        assert "each: it took too long and was ended" in page.text
        assert [type(problem.error) for problem in page.problems] == [EndedError]
    assert templates.tried == ["endless"]

    # Another page has other data, so that it may end there; another block anyway.
    compose(text, "B.md", run, nothing)
    assert not compose(block("each 'x'"), "A.md", run, nothing).problems
    assert templates.tried == ["endless", "endless", "x"]

    # A watch's next round knows it still, and a new run tries again.
    later = replace(run)
    assert compose(text, "A.md", later, nothing).problems
    assert templates.tried.count("endless") == 2
    compose(text, "A.md", context(templates), nothing)
    assert templates.tried.count("endless") == 3


def test_a_query_s_time_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "MAX_SECONDS", -1.0)
    page = compose(block("select 1 each 'x'"), "A.md", context(), nothing)
    assert not page.problems
    text = block("select ('x'):rep(9999):gsub('.-.-y', '') each 'x'")
    (problem,) = compose(text, "A.md", context(), nothing).problems
    assert "the query takes too long" in str(problem.error)


@pytest.mark.slow
def test_the_issue_s_examples_are_mistakes_like_others() -> None:
    doubling = "{% set n=namespace(x=[1]) %}{% for i in range(40) %}{% set n.x=[n.x,n.x] %}"
    for text in ("{{ 2 | round(-10**9) }}", doubling + "{% endfor %}{{ n.x }}"):
        page = compose(block(f'each "{text}"', "last\n\n"), "A.md", context(), nothing)
        (problem,) = page.problems
        assert isinstance(problem.error, RenderError)
        assert "\nlast\n" in page.text
        assert "each, line 1" in page.text
