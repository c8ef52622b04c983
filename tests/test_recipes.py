"""The pages of the README's recipes are what `render` makes of them, on a day of the example's."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from taiga_notes.page.splice import emptied
from taiga_notes.refresh.compose import RenderContext, compose
from taiga_notes.render import Templates, builtin_folder
from taiga_notes.taiga.snapshot import Snapshot

EXAMPLES = Path(__file__).parent.parent / "examples"
PAGES = sorted((EXAMPLES / "recipes").glob("*.md"))
README = (EXAMPLES.parent / "README.md").read_text(encoding="utf-8")
DAY = datetime(2026, 11, 19, 9, tzinfo=UTC)


def rendered(page: Path) -> str:
    """A page as it is filled on that day."""
    context = RenderContext(
        source=Snapshot.read(EXAMPLES / "vault" / "taiga.json"),
        templates=Templates([builtin_folder()]),
        now=DAY,
        project="acme",
    )
    made = compose(emptied(page.read_text(encoding="utf-8")), page.name, context)
    assert (made.problems, made.warnings) == ((), ()), page.name
    assert made.blocks
    return made.text


def test_each_recipe_shows_what_render_makes_of_it() -> None:
    for page in PAGES:
        assert rendered(page) == page.read_text(encoding="utf-8"), page.name


def test_each_recipe_is_in_the_readme() -> None:
    assert [page.stem for page in PAGES if f"examples/recipes/{page.name}" not in README] == []
