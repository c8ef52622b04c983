"""Two installations write the same page: what a message in it says is true on each machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.program import PROGRAM, Program, untouched

if TYPE_CHECKING:
    from pathlib import Path

SNAPSHOT = '{"userstories": [{"id": 1, "ref": 7, "subject": "A"}]}'
TEMPLATES = {
    "syntax": "{% for x in %}",
    "including": "{% include 'syntax' %}",
    "gone": "{% include 'nowhere' %}",
    "imports": "{% from 'nowhere' import x %}",
    "extends": "{% extends 'nowhere' %}",
    "named": "{{ rows | nofilter }}",
    "typed": "{{ rows + range }}",
    "itself": "{% include 'itself' %}",
}
QUERIES = [
    "from userstories template nowhere",
    "from userstories template link",
    "from userstories template ../../etc/passwd",
    "from userstories template leaving",
    "from userstories template latin",
    "from userstories template large",
    *(f"from userstories template {name}" for name in TEMPLATES),
    'from userstories each "{{ row.a.b.c + 1 }}"',
    "from userstories each \"{% include 'nowhere' %}\"",
    "from userstories where subjekt == 1",
    "from nowhere",
    "from getTaigaTasks('/nowhere')",
    "from userstories where",
    "template.each(userstories, templates.nowhere)",
    "presets.nowhere",
]


def installation(folder: Path) -> Program:
    """A machine with the same vault."""
    home, notes = folder / "home", folder / "notes"
    home.mkdir(parents=True)
    notes.mkdir()
    program = Program(home, notes, rows=("--snapshot", str(home / "s.json")))
    (home / "s.json").write_text(SNAPSHOT)
    program.page("taiga-notes.toml", "")
    for name, text in TEMPLATES.items():
        program.page(f"templates/{name}.md.j2", text)
    (notes / "templates" / "latin.md.j2").write_bytes(b"\xfc")
    (notes / "templates" / "large.md.j2").write_text("x" * 100_000)
    (home / "secret.md.j2").write_text("secret")
    (notes / "templates" / "leaving.md.j2").symlink_to(home / "secret.md.j2")
    return program


@pytest.mark.slow
def test_a_message_in_a_page_is_the_same_on_each_machine(tmp_path: Path) -> None:
    first = installation(tmp_path / "one")
    second = installation(tmp_path / "two" / "further" / "down")
    for number, query in enumerate(QUERIES):
        first.page(f"{number:02}.md", f"<!-- taiga: {query} -->\n\n<!-- /taiga -->\n")
    assert first.render().status in {3, 4}
    for page in first.folder.glob("*.md"):
        text = page.read_text()
        assert str(tmp_path) not in text
        assert "site-packages" not in text
        second.page(page.name, text)
    assert sum("\n> " in page.read_text() for page in first.folder.glob("*.md")) >= 15
    for program in (second, first):
        with untouched(program.folder):
            program.render()


@pytest.mark.slow
def test_what_a_page_says_of_itself_comes_out_the_same_each_time(tmp_path: Path) -> None:
    program = installation(tmp_path)
    matter = "---\nx: !!set {a, b, c, d, e, f, g, h}\ny: {h: 1, g: 2, f: 3, e: 4, d: 5}\n---\n"
    page = program.page("A.md", f"{matter}\n<!-- taiga: tostring(page) -->\n<!-- /taiga -->\n")
    texts = set()
    for seed in "123":
        program.env["PYTHONHASHSEED"] = seed
        program.command([str(PROGRAM), "render", "--full", *program.rows])
        texts.add(page.read_text())
    assert len(texts) == 1
    assert "a, b, c, d, e, f, g, h" in texts.pop()


@pytest.mark.parametrize("name", ["nowhere", "syntax", "leaving"])
def test_the_terminal_tells_how_to_mend_it(tmp_path: Path, name: str) -> None:
    program = installation(tmp_path)
    program.page("A.md", f"<!-- taiga: from userstories template {name} -->\n<!-- /taiga -->\n")
    done = program.render()
    assert done.status == 3
    assert f"{name}.md.j2" in done.err
