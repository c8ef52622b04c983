"""`lint`: what is wrong whatever Taiga holds, told where it is; nobody is asked."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.cli.program import Program, untouched
from tests.tables import each

if TYPE_CHECKING:
    from tests.cli.program import Result

HOOKS = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"

SETTINGS = """\
project = "acme"
api = "https://taiga.of-others.example"
snapshot = "nowhere.json"
exclude = ["drafts/"]
[presets]
mine = "from userstories where assigne == me.username"
open = "from userstories where not is_closed"
[[mirror]]
query = "from userstories where spirnt == 'Sprint 1'"
folder = "stories"
"""
PAGE = """\
---
owner: ann
---
<!-- Taiga: from userstories -->

<!-- #taiga
from userstories
where status_nmae == 'New'
-->
<!-- /taiga -->

> There are <!-- #taiga: from issues where status == 'New' select count() --><!-- /taiga --> new.

<!-- #taiga: from presets.open where sprint == 'Sprint 1' template own -->
<!-- /taiga -->
<!-- #taiga: from tasks where ref in query[[from userstories where false select subjcet]] -->
<!-- /taiga -->
<!-- #taiga: from userstories template nosuch -->
<!-- /taiga -->
"""
WELL = """\
Edited: <!-- #taiga: from tasks select max(ref) + 1 -->by hand<!-- /taiga 12345678 -->

<!-- #taiga: from userstories{milestone='Sprint 1'} where milestone == current_sprint().id -->
<!-- /taiga -->
<!-- #taiga: from userstories{project='*'} where points_by_role.Back > 3 template cards -->
<!-- /taiga -->
<!-- #taiga: from work.issues where due_date < today() each "- %{row.subject}" push done -->
<!-- /taiga -->
<!-- #taiga: from getTaigaTasks('/userstory-statuses') where anything -->
<!-- /taiga -->
<!-- #taiga: from sprints order by estimated_start template gantt -->
<!-- /taiga -->
"""


@pytest.fixture
def vault(program: Program) -> Program:
    """A vault for a server that the user has no account at, in which much is wrong."""
    program.page("notes/taiga-notes.toml", SETTINGS)
    program.page("notes/templates/own.md.j2", "{% for row in rows %}{{ row.subjcet }}{% endfor %}")
    program.page("notes/templates/open.md.j2", "{# one #}\n{% for row in rows %}")
    program.page("notes/A.md", PAGE)
    program.page("notes/Well.md", WELL)
    program.page("notes/drafts/D.md", PAGE)
    return program


def lint(program: Program, *arguments: str) -> Result:
    with untouched(program.folder):
        return program("lint", *arguments)


def places(text: str) -> dict[str, str]:
    return dict(re.findall(r"^(\S+): (.*)$", text, re.MULTILINE))


def test_it_tells_each_mistake_with_line_and_column_from_where_one_stands(vault: Program) -> None:
    done = lint(vault, "notes")
    assert (done.status, done.err) == (3, "")
    told = places(done.out)
    expected = {
        "notes/A.md:4": "warning: nearly a marker",
        "notes/A.md:8:7": "unknown field 'status_nmae': did you mean 'status_name'",
        "notes/A.md:12:51": "status is a number and 'New' is a text",
        "notes/A.md:14": "own.md.j2, line 1: unknown field 'subjcet'",
        "notes/A.md:16:81": "unknown field 'subjcet'",
        "notes/A.md:18": "there is no template 'nosuch'",
    }
    assert {place: said for place, said in told.items() if place in expected} == {
        place: told[place] for place in expected
    }
    for place, said in expected.items():
        assert told[place].startswith(said), place
    assert done.out.endswith("\n2 pages, 8 errors, 1 warning\n")
    assert "drafts" not in done.out


def test_without_paths_presets_and_templates_are_checked_too(vault: Program) -> None:
    vault.folder /= "notes"
    told = places(lint(vault).out)
    assert told["taiga-notes.toml:6"].startswith("unknown field 'assigne'")
    assert told["taiga-notes.toml:8"].startswith("unknown field 'spirnt'")
    assert "'endfor'" in told["templates/open.md.j2:2"]
    assert "A.md:8:7" in told


WRONG_SETTINGS = (
    ("\nprojct = 'acme'\n", 2, 0, "unknown key 'projct' (did you mean `project`?"),
    ("exclude = 'x'\n", 1, 0, "`exclude` must be "),
    ("a = 1\nb c\n", 2, 3, "not valid TOML: "),
    ("a = 1\nb = [", 2, 0, "not valid TOML: "),
    ("[watch]\nquiet = 3\n", 2, 0, "unknown key 'watch.quiet'"),
    ("\nsnapshot = '../x.json'\n", 2, 0, "the snapshot '../x.json' is not inside the vault"),
    ("[[mirror]]\nquery = 'from tasks'\n", 1, 0, "the mirror has no `folder`"),
    (
        "[[mirror]]\nquery = 'from tasks'\nfolder = 'a'\n[[mirror]]\nfolder = 'b'\nquery = 3\n",
        *(6, 0, "`mirror.query` must be "),
    ),
    ("[x]\n[x]\n", 2, 3, "not valid TOML: "),
)


@each(("text", "line", "column", "message"), WRONG_SETTINGS)
def test_a_mistake_in_settings_has_its_line_in_every_form(
    program: Program, text: str, line: int, column: int, message: str
) -> None:
    program.page("notes/taiga-notes.toml", text)
    done = lint(program, "--output-format", "json", "notes")
    [found] = json.loads(done.out)["findings"]
    assert done.status == 2
    assert found["path"] == "notes/taiga-notes.toml"
    assert (found["line"], found["column"] or 0) == (line, column)
    assert found["message"].startswith(message)
    assert "notes/" not in found["message"]


def test_people_and_github_are_told_of_settings_as_of_pages(program: Program) -> None:
    program.page("notes/taiga-notes.toml", "a = 1\nb c\n")
    assert lint(program, "notes").out.startswith("notes/taiga-notes.toml:2:3: not valid TOML")
    [line, *_] = lint(program, "--output-format", "github", "notes").out.splitlines()
    assert line.startswith("::error file=notes/taiga-notes.toml,line=2,col=3,title=taiga-notes::")


def test_what_may_be_right_is_right(vault: Program) -> None:
    done = lint(vault, "notes/Well.md")
    assert (done.status, done.out, done.err) == (0, "1 page, 0 errors\n", "")


def test_what_is_doubtful_by_the_text_alone_is_a_warning(vault: Program) -> None:
    query = "from userstories where not status_name == 'Done'"
    vault.page("notes/N.md", f"<!-- #taiga: {query} -->\n<!-- /taiga -->\n")
    done = lint(vault, "notes/N.md")
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("notes/N.md:1: warning: not status_name == 'Done' means (not")


def test_a_page_that_is_wrong_as_a_whole_is_told(vault: Program) -> None:
    vault.page("notes/Open.md", "a\n\n<!-- #taiga: from userstories -->\n")
    vault.page("notes/Matter.md", f"---\ntaiga: {{projct: acme}}\n---\n{WELL}")
    told = places(lint(vault, "notes/Open.md", "notes/Matter.md").out)
    assert told.keys() >= {"notes/Open.md:3", "notes/Matter.md:2"}


def test_githubs_annotations_name_file_line_and_column(vault: Program) -> None:
    vault.folder.joinpath("notes/A.md").rename(vault.folder / "notes/A, b.md")
    lines = lint(vault, "--output-format", "github", "notes/A, b.md").out.splitlines()
    assert (
        "::error file=notes/A%2C b.md,line=8,col=7,title=taiga-notes::unknown field "
        "'status_nmae': did you mean 'status_name' or 'status'?"
    ) in lines
    assert lines[-2].startswith("::warning file=notes/A%2C b.md,line=4,title=taiga-notes::nearly")


def test_json_is_one_object(vault: Program) -> None:
    document = json.loads(lint(vault, "--output-format", "json", "notes/A.md").out)
    assert (document["pages"], document["errors"], document["warnings"]) == (1, 5, 1)
    assert document["findings"][0] == {
        "path": "notes/A.md",
        "line": 8,
        "column": 7,
        "severity": "error",
        "kind": "QueryError",
        "message": "unknown field 'status_nmae': did you mean 'status_name' or 'status'?",
    }


def test_a_named_page_that_is_excluded_stays_so(vault: Program) -> None:
    done = lint(vault, "notes/drafts/D.md")
    assert (done.status, done.out) == (0, "0 pages, 0 errors\n")
    assert done.err == "taiga-notes: passed by: notes/drafts/D.md is excluded\n"
    assert lint(vault, "--no-exclude", "notes/drafts/D.md").status == 3


def test_the_hooks_of_pre_commit_run_on_files_that_it_names(vault: Program) -> None:
    vault.page("notes/nowhere.json", '{"userstories": []}')
    hooks = {hook["id"]: hook for hook in yaml.safe_load(HOOKS.read_text(encoding="utf-8"))}
    assert [*hooks] == ["taiga-notes-lint", "taiga-notes-check", "taiga-notes-render"]
    for name, hook in hooks.items():
        assert hook.keys() >= {"id", "name", "entry", "language", "files"}
        assert hook.get("require_serial", False) == (name != "taiga-notes-lint")
        assert re.search(hook["files"], "notes/A.md")
        assert not re.search(hook["files"], "notes/A.mdx")
        for file in ("taiga-notes.toml", "notes/taiga-notes.toml", "notes/templates/own.md.j2"):
            assert bool(re.search(hook["files"], file)) == (name == "taiga-notes-lint")
        assert not re.search(hook["files"], "notes/not-taiga-notes.toml")
        program, *arguments = shlex.split(hook["entry"])
        assert program == "taiga-notes"
        # Of excluded pages alone nothing is asked.
        assert vault(*arguments, "notes/drafts/D.md").err.startswith("taiga-notes: passed by:")


def test_templates_and_settings_are_checked_where_they_are_named(vault: Program) -> None:
    """A commit of nothing else has nothing else checked."""
    vault.page("notes/of others/mail.md.j2", "{% oops")
    preset = "notes/taiga-notes.toml:6: unknown field 'assigne'"
    mirror = "notes/taiga-notes.toml:8: unknown field 'spirnt'"
    template = "notes/templates/open.md.j2:2: "
    for named, told, passed in (
        (["notes/templates/open.md.j2"], [template], ""),
        (["notes/templates/own.md.j2"], [], ""),
        (["notes/taiga-notes.toml"], [preset, mirror], ""),
        (["notes/templates/open.md.j2", "notes/taiga-notes.toml"], [preset, mirror, template], ""),
        (["notes/Well.md", "notes/templates/open.md.j2"], [template], ""),
        (["notes/of others/mail.md.j2"], [], "notes/of others/mail.md.j2 is no template of this"),
    ):
        done = vault("lint", *named)
        *lines, summary = done.out.splitlines()
        assert [line[: len(start)] for line, start in zip(lines, told, strict=True)] == told
        assert summary.endswith(f"{len(told)} error{'s' * (len(told) != 1)}")
        assert done.status == (3 if told else 0)
        assert passed in done.err
    assert vault("lint", "notes/templates/none.md.j2").status == 2
    # The vault's own folder is all of it.
    assert vault("lint", "notes").out == vault("lint", "notes/.").out
    assert template in vault("lint", "notes").out


@each(
    ("more", "message"),
    [
        ("keys = {x = 'nope'}", "unknown field 'nope'"),
        ("keys = {x = 'ref +'}", "expected an expression"),
        ("keys = {x = 'status_extra_info'}", "the key `x` holds a text"),
        ("keys = {x = 'custom.x', y = '#comments'}", ""),
        ("template = 'nope'", "there is no template 'nope'"),
        ("name = '{{ row.nope }}'", "unknown field 'nope'"),
        ("name = '{{ row.ref'", "expected token"),
        ("name = '{{ row.ref }} of {{ current_sprint().name }}'", ""),
    ],
)
def test_what_a_mirror_says_of_its_items_is_checked_be_there_some_or_not(
    more: str, message: str, program: Program
) -> None:
    query = "query = \"from userstories where sprint == 'Sprint 12'\""
    program.page("taiga-notes.toml", f'[[mirror]]\n{query}\nfolder = "a"\n{more}\n')
    done = lint(program)
    assert done.status == (3 if message else 0)
    assert message in done.out
    assert done.out.startswith("taiga-notes.toml:1") is bool(message)
