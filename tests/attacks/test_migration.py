"""A vault of SilverBullet pages: baked, rendered, unbaked, and as it was to the byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.attacks.arena import SHOWN

if TYPE_CHECKING:
    from tests.attacks.arena import Arena

pytestmark = pytest.mark.slow

LIVE = "${template.each(query[[from getTaigaTasks() where not is_closed]], templates.links)}"
TASKS = "${query[[from p = index.tag 'page' where p.name:startsWith('Journal/')]]}"

NOTES = {
    "index.md": f"# Home\n\nWelcome to [[Projects/Acme]].\n\n{LIVE}\n\n{TASKS}\n",
    "Projects/Acme.md": (
        "---\ntags: [project, work]\nowner: ada\n---\n# Acme ${page.owner}\n\n"
        "${template.each(query[[\n  from getTaigaTasks()\n"
        "  where status_extra_info.name != 'Done'\n"
        "  order by status_extra_info.name\n]], templates.taigaRecurringTasks)}\n\n"
        "```taiga\nfrom userstories\ntemplate table\n```\n\n"
        f"* item\n  * {LIVE}\n* other\n\n> **note** Callout\n> {LIVE}\n\nend"
    ),
    "Journal/2026-11-22.md": f"* [ ] call #tag\r\n\r\n{LIVE}\r\n\r\n",
    "Inline.md": "There are ${query[[from userstories select count()]]} stories, ${1+1} numbers.\n",
    "Library/Config.md": (
        "```space-lua\n-- priority: 1\nfunction getTaigaTasks() return {} end\n```\n\n"
        f"Write `{LIVE}` to see them:\n\n```\n{LIVE}\n```\n\n    {LIVE}\n"
    ),
    "Bom.md": f"\ufeff{LIVE}",
    "Plain.md": "No query at all.  \n\ttrailing\t\n\n\n",
}

LEFT = {
    "Left/Middle.md": (
        f"a\n\ntext {LIVE} text\n",
        3,
    ),
    "Left/Local.md": (
        "a\n${template.each(query[[from getTaigaTasks()]], function(t) return t.subject end)}\n",
        2,
    ),
}


@pytest.mark.parametrize("twice", [False, True])
def test_a_vault_migrates_and_comes_back(attacked: Arena, twice: bool) -> None:
    for name, text in NOTES.items():
        attacked.page(name, text)
    before = pages(attacked)
    assert attacked.run("bake", "--check").status == 1
    baked = attacked.run("bake")
    assert (baked.status, baked.err) == (0, "")
    if twice:
        migrated = pages(attacked)
        assert attacked.run("bake").status == 0
        assert pages(attacked) == migrated
    rendered = attacked.render()
    assert (rendered.status, rendered.err) == (0, "")
    shown = {name for name, data in pages(attacked).items() if b"Sign-up form" in data}
    live = {"index.md", "Projects/Acme.md", "Journal/2026-11-22.md", "Bom.md", "Good.md"}
    assert shown == live
    assert SHOWN in (attacked.root / "index.md").read_text()
    assert pages(attacked)["Library/Config.md"] == before["Library/Config.md"]
    assert pages(attacked)["Plain.md"] == before["Plain.md"]
    back = attacked.run("unbake", *sorted(NOTES))
    assert (back.status, back.err) == (0, "")
    after = pages(attacked)
    assert {name: after[name] for name in NOTES} == {name: before[name] for name in NOTES}


def test_what_can_not_migrate_is_listed_with_its_line_and_why(attacked: Arena) -> None:
    for name, (text, _) in LEFT.items():
        attacked.page(name, text)
    done = attacked.run("bake")
    for name, (text, line) in LEFT.items():
        told = [part for part in (done.out + done.err).splitlines() if name in part]
        assert any(f"{name}:{line}: " in part for part in told), done
        assert (attacked.root / name).read_text() == text


def pages(attacked: Arena) -> dict[str, bytes]:
    return {
        path.relative_to(attacked.root).as_posix(): path.read_bytes()
        for path in attacked.root.rglob("*.md")
    }
