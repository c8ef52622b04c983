"""A vault that a stranger made, and the installed program in it, short of memory."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.cli.program import Program, Result

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

MEMORY = 1 << 30
"""Bytes of address space that the program gets; it starts with a quarter of that."""

SECRET = "zQ7-secret-9f"
"""What stands wherever a credential can stand; no output and no page may ever hold it."""

GOOD = "# Good\n\n<!-- taiga: from userstories -->\n<!-- /taiga -->\n"
"""A page that must be rendered whatever stands in the others."""

STORY = {
    "id": 1,
    "ref": 12,
    "subject": "Sign-up form",
    "project": 1,
    "project_extra_info": {"id": 1, "slug": "acme", "name": "Acme"},
    "status_extra_info": {"name": "New", "is_closed": False},
    "is_closed": False,
}
SHOWN = "- [#12 Sign-up form](https://tree.taiga.io/project/acme/us/12)"


@dataclass
class Arena:
    """A vault under attack.

    Attributes:
        program: the installed program.
        root: the vault.
        outside: a folder beside the vault.
    """

    program: Program
    root: Path
    outside: Path
    arguments: Sequence[str] = field(default=("--snapshot", "../snapshot.json"))

    def page(self, name: str, text: str | bytes) -> Path:
        """A page in the vault."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def template(self, name: str, text: str | bytes) -> Path:
        """A template of the vault."""
        return self.page(f"templates/{name}.md.j2", text)

    def config(self, text: str) -> None:
        """The vault's configuration."""
        (self.root / "taiga-notes.toml").write_text(text, encoding="utf-8")

    def snapshot(self, data: object) -> None:
        """The rows that pages are rendered from."""
        path = self.root.parent / "snapshot.json"
        path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")

    def render(self, *more: str) -> Result:
        """The whole vault, rendered."""
        return self.run("render", *self.arguments, *more)

    def run(self, *arguments: str) -> Result:
        """Any command, short of memory; no secret is ever told, no mistake of ours met."""
        done = self.program(*arguments, memory=MEMORY)
        assert "mistake in taiga-notes" not in done.err, done.err
        assert done.status in range(7), (done.status, done.err[-2000:])
        for text in (done.out, done.err, *self.texts()):
            assert SECRET not in text
        return done

    def texts(self) -> Iterator[str]:
        """What the vault's pages hold, the small ones."""
        for path in self.root.rglob("*.md"):
            if path.is_file() and path.stat().st_size < 1 << 20:
                yield path.read_text(encoding="utf-8", errors="replace")

    def good(self) -> bool:
        """Whether the good page is rendered."""
        return SHOWN in (self.root / "Good.md").read_text(encoding="utf-8")


def block(query: str) -> str:
    """A page with one block."""
    return f"<!-- taiga\n{query}\n-->\n<!-- /taiga -->\n"


def arena(folder: Path) -> Arena:
    """A new one: a user with credentials everywhere, and a vault with a good page."""
    home, root, outside = folder / "home", folder / "vault", folder / "outside"
    for each in (home, root, outside):
        each.mkdir()
    environment = {
        "TAIGA_NOTES_PASSWORD": SECRET,
        "TAIGA_NOTES_USERNAME": "ada",
        "TAIGA_NOTES_TOKEN": SECRET,
        "TAIGA_NOTES_WEBHOOK_KEY": SECRET,
        "TAIGA_NOTES_API": "http://127.0.0.1:9/api/v1",
    }
    made = Arena(Program(home, root, environment), root, outside)
    made.program.configure(f'max_wait = "1s"\nwebhook_keys = {{ acme = "{SECRET}" }}\n')
    made.config('project = "acme"\n')
    made.page("Good.md", GOOD)
    made.snapshot({"userstories": [STORY]})
    return made
