"""A desk: a Taiga on a real socket, a vault that its user trusts, and the program in this process.

What Taiga holds is compared as a whole, before and after: only what was wanted may be another.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from taiga_notes.cli import main
from taiga_notes.push.remote import Remote
from tests.fake_taiga.model import Epic, Issue, Story, Task

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import pytest

    from tests.fake_taiga import Server, Taiga
    from tests.fake_taiga.model import Item, Project, User

BLOCK = "<!-- #taiga: {} -->\n<!-- /taiga -->\n"
TASKS = "from userstories where not is_closed template tasks push done, new"
TABLE = "from userstories template table push status, assignee, sprint, due, blocked"
KINDS = ("userstories", "tasks", "issues", "epics")

Changes = dict[str, dict[str, tuple[Any, Any]]]


class Killed(BaseException):
    """The process ends here: nothing of ours catches it."""


@dataclass
class Outcome:
    """What a run gave."""

    status: int
    out: str
    err: str


@dataclass
class Desk:
    """See the module's docstring.

    Attributes:
        taiga: what the server has.
        server: where it is.
        project: `acme`, of which ada is the owner and bob a member.
        ada: who pushes.
        bob: somebody else.
        root: the vault.
        home: the user's.
    """

    taiga: Taiga
    server: Server
    project: Project
    ada: User
    bob: User
    root: Path
    home: Path
    capsys: pytest.CaptureFixture[str]
    patch: pytest.MonkeyPatch
    before: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __call__(self, *arguments: str) -> Outcome:
        """Runs the program in the vault."""
        self.capsys.readouterr()
        status = main([*arguments])
        out, err = self.capsys.readouterr()
        assert "Traceback" not in err
        return Outcome(status, out, err)

    def push(self, *arguments: str) -> Outcome:
        """Pushes without being asked."""
        return self("push", "--yes", *arguments)

    def write(self, *queries: str, name: str = "Board.md") -> str:
        """Writes and renders a page with a block for each query; notes what Taiga has."""
        text = "\n".join(["# Board\n", *(BLOCK.format(query) for query in queries)])
        self.page(name).write_text(text)
        done = self("render")
        assert done.status == 0, done
        self.look()
        return self.text(name)

    def page(self, name: str = "Board.md") -> Path:
        """A page's file."""
        return self.root / name

    def text(self, name: str = "Board.md") -> str:
        """What a page holds."""
        return self.page(name).read_text()

    def edit(self, old: str, new: str, name: str = "Board.md") -> None:
        """Replaces a piece of a page, which stands in it."""
        text = self.text(name)
        assert old in text, (old, text)
        self.page(name).write_text(text.replace(old, new, 1))

    def tick(self, *refs: int, box: str = "x", name: str = "Board.md") -> None:
        """Ticks items."""
        for ref in refs:
            self.edit(f"[ ] [#{ref} ", f"[{box}] [#{ref} ", name)

    def line(self, ref: int, name: str = "Board.md") -> str:
        """The line of an item."""
        return next(line for line in self.text(name).split("\n") if f"/{ref})" in line)

    def cell(self, ref: int, old: str, new: str) -> None:
        """Replaces a cell of an item's row in a table."""
        row = next(line for line in self.text().split("\n") if line.startswith(f"| [{ref}]"))
        cells = row.split("|")
        place = next(at for at, cell in enumerate(cells) if cell.strip() == old and at > 1)
        cells[place] = f" {new} "
        self.edit(row, "|".join(cells))

    def look(self) -> None:
        """Takes note of what Taiga has now."""
        self.before = self.all()

    def all(self) -> dict[str, dict[str, Any]]:
        """All that people set, of each item of each project."""
        return {
            _name(kind, item): _facts(item)
            for kind in KINDS
            for item in self.taiga.rows[kind].values()
        }

    def changes(self) -> Changes:
        """What is another than when it was looked at; a new item has all its fields."""
        now = self.all()
        assert self.before.keys() <= now.keys()
        found: Changes = {}
        for name, facts in now.items():
            old = self.before.get(name, {})
            changed = {
                key: (old.get(key), value) for key, value in facts.items() if old.get(key) != value
            }
            if changed:
                found[name] = changed
        return found

    def item(self, ref: int, kind: str = "userstories") -> Any:
        """An item by its number."""
        return next(one for one in self.taiga.rows[kind].values() if one.ref == ref)

    def sent(self, method: str = "PATCH") -> int:
        """How many such requests arrived."""
        return sum(asked.method == method for asked in self.taiga.log.entries())

    def meanwhile(self, name: str, act: Callable[[], Any]) -> None:
        """Has something happen once, right before a push asks Taiga that (`Remote`'s method)."""
        real = getattr(Remote, name)
        due = [act]

        def late(remote: Remote, *given: Any) -> Any:
            if due:
                due.pop()()
            return real(remote, *given)

        self.patch.setattr(Remote, name, late)

    def set(self, text: str) -> None:
        """The vault's settings."""
        (self.root / "taiga-notes.toml").write_text(text)

    def configure(self, text: str) -> None:
        """The user's own."""
        file = self.home / "config" / "taiga-notes" / "config.toml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def _name(kind: str, item: Item) -> str:
    return (
        f"{kind}/{item.ref}" if item.project.slug == "acme" else f"{item.project.slug}/{item.ref}"
    )


def _facts(item: Item) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "project": item.project.slug,
        "subject": item.subject,
        "description": item.description,
        "status": item.status.name,
        "assigned_to": item.assigned_to and item.assigned_to.username,
        "tags": sorted(item.tags),
        "blocked": item.is_blocked,
        "note": item.blocked_note,
        "comments": item.total_comments,
        "values": dict(item.custom_values),
        "watchers": list(item.watchers),
    }
    if isinstance(item, Story | Task | Issue):
        facts["sprint"] = item.milestone and item.milestone.name
        facts["due"] = item.due_date and item.due_date.isoformat()
    if isinstance(item, Story):
        facts["users"] = sorted(user.username for user in item.assigned_users)
        facts["points"] = {role: points.name for role, points in item.points.items()}
    if isinstance(item, Epic):
        facts["stories"] = [one.story.ref for one in item.relations]
    return facts


def steps(data: Mapping[str, Any]) -> list[str]:
    """The signs of a plan's steps."""
    return [step["sign"] for step in data["steps"]]
