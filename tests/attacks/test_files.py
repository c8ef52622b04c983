"""Nothing in a vault reads or writes a file outside of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.attacks.arena import SECRET, block
from tests.cli.program import untouched

if TYPE_CHECKING:
    from tests.attacks.arena import Arena

pytestmark = pytest.mark.slow

PAGE = "<!-- taiga: from userstories -->\n<!-- /taiga -->\n"


@pytest.fixture
def beside(attacked: Arena) -> Arena:
    """A vault beside a folder with a page, a template and a secret."""
    (attacked.outside / "page.md").write_text(PAGE)
    (attacked.outside / "links.md.j2").write_text(SECRET)
    (attacked.outside / "evil.md.j2").write_text(SECRET)
    (attacked.outside / "secret.txt").write_text(SECRET)
    (attacked.outside / "taiga-notes.toml").write_text(f'project = "{SECRET}"')
    return attacked


@pytest.mark.parametrize("target", ["../outside/page.md", "{outside}/page.md", "chain"])
def test_a_page_that_leads_out_is_left_alone(beside: Arena, target: str) -> None:
    (beside.root / "chain").symlink_to("../outside/page.md")
    (beside.root / "a.md").symlink_to(target.format(outside=beside.outside))
    with untouched(beside.outside):
        beside.render()
        named = beside.render("a.md")
        beside.render("--force", "a.md")
        beside.run("bake", "a.md")
        beside.run("unbake", "a.md")
    assert named.status in {2, 6}
    assert beside.good()


@pytest.mark.parametrize("name", ["folder", "templates", ".obsidian", "a.md"])
def test_a_folder_that_leads_out_is_not_walked(beside: Arena, name: str) -> None:
    # With that file it were a vault of its own.
    (beside.outside / "taiga-notes.toml").unlink()
    (beside.root / name).symlink_to("../outside", target_is_directory=True)
    with untouched(beside.outside):
        first = beside.render()
        if name != "templates":
            beside.render(f"{name}/page.md")
            beside.run("bake", f"{name}/page.md")
    # Templates that would come from there make the whole vault's configuration wrong.
    assert beside.good() or (name == "templates" and first.status == 2)


@pytest.mark.parametrize(
    "path", ["../outside/page.md", "{outside}/page.md", "x/../../outside", ".."]
)
def test_what_is_named_outside_is_left_alone(beside: Arena, path: str) -> None:
    # Outside is another vault, whose settings count for what is named there, and for nothing else.
    (beside.root / "x").mkdir()
    named = path.format(outside=beside.outside)
    with untouched(beside.outside):
        done = beside.program("render", *beside.arguments, "Good.md", named)
    assert done.status in {2, 4}
    assert "mistake in taiga-notes" not in done.err
    assert SECRET not in "".join(beside.texts())


@pytest.mark.parametrize(
    "folder", ["..", "../outside", "/etc", "{outside}", "x/../../outside", "link", "~", "."]
)
def test_templates_are_read_from_inside_the_vault_only(beside: Arena, folder: str) -> None:
    (beside.root / "link").symlink_to("../outside")
    beside.config(f'project = "acme"\ntemplates = "{folder.format(outside=beside.outside)}"\n')
    beside.page("a.md", block("from userstories template evil"))
    done = beside.render()
    beside.run("templates", "evil")
    assert done.status in {2, 3}


@pytest.mark.parametrize(
    "target", ["../../outside/evil.md.j2", "{outside}/evil.md.j2", "/dev/zero"]
)
def test_a_template_that_leads_out_is_not_read(beside: Arena, target: str) -> None:
    (beside.root / "templates").mkdir()
    link = beside.root / "templates" / "evil.md.j2"
    link.symlink_to(target.format(outside=beside.outside))
    beside.page("a.md", block("from userstories template evil"))
    beside.page("b.md", block("from userstories each \"{% include 'evil' %}\""))
    done = beside.render()
    beside.run("templates")
    beside.run("templates", "evil")
    assert done.status == 3
    assert beside.good()


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/passwd", "..", "a/b", "evil.md.j2", "%2e%2e/evil"]
)
def test_a_templates_name_is_no_path(beside: Arena, name: str) -> None:
    beside.page("a.md", f"---\ntaiga: {{template: '{name}'}}\n---\n{PAGE}")
    beside.page("b.md", block(f"from userstories each \"{{% include '{name}' %}}\""))
    done = beside.render()
    assert done.status == 3
    assert beside.good()


@pytest.mark.parametrize("name", ["taiga-notes.toml", ".gitignore"])
def test_a_configuration_that_leads_out_tells_nothing_of_what_is_there(
    beside: Arena, name: str
) -> None:
    for target in ("secret.txt", "taiga-notes.toml"):
        (beside.root / name).unlink(missing_ok=True)
        (beside.root / name).symlink_to(f"../outside/{target}")
        beside.render()


def test_what_a_block_or_an_exclusion_names_makes_no_file(beside: Arena) -> None:
    beside.config('project = "../../outside"\nexclude = ["../outside", "/etc", "../*"]\n')
    beside.page("a.md", f"---\ntaiga: {{project: '../../outside'}}\n---\n{PAGE}")
    before = names(beside.root.parent)
    with untouched(beside.outside):
        beside.render()
    new = names(beside.root.parent) - before
    assert {name.parts[0] for name in new} <= {"home"}


def test_a_page_that_becomes_a_link_after_its_rendering_is_not_undone_outside(
    beside: Arena,
) -> None:
    beside.render()
    assert beside.good()
    (beside.root / "Good.md").unlink()
    (beside.root / "Good.md").symlink_to("../outside/page.md")
    with untouched(beside.outside):
        beside.run("undo")
        beside.render()


def test_what_is_ours_is_the_users_alone_and_outside_of_the_vault(beside: Arena) -> None:
    beside.render()
    home = beside.program.home
    ours = [path for path in home.rglob("*") if "config" not in path.parts]
    assert ours
    assert all(path.stat().st_mode & 0o077 == 0 for path in ours if path.is_file())
    assert names(beside.root) == {Path("Good.md"), Path("taiga-notes.toml")}


def names(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*")}
