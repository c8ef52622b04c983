"""What each command imports: on a command that runs at every save, modules are most of the cost.

Nothing is timed here. Measured against a bare interpreter, httpx costs fourteen times its start,
jinja2 six, watchdog and frontmatter four each.
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

import pytest

from taiga_notes.refresh.page_cache import TICK
from tests.cli.program import Program
from tests.cli.watching import Watching
from tests.fake_taiga import Taiga, serve
from tests.structure.source import modules

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WRAPPED = """
import sys
before = set(sys.modules)
from taiga_notes.cli import main
status = main(sys.argv[1:])
print(*sorted(set(sys.modules) - before), file=sys.stderr)
sys.exit(status)
"""

NETWORK = {"httpx", "ssl"}
PAGES = {"jinja2", "frontmatter", "yaml"}
HEAVY = NETWORK | PAGES | {"watchdog", "sqlite3", "asyncio", "logging", "subprocess", "keyring"}
PARTS = {
    f"taiga_notes.{part}"
    for part in (
        "refresh.compose",
        "page.splice",
        "query",
        "render",
        "taiga",
        "watch",
        "webhook",
        "vault.journal",
    )
}

NOTHING_TO_DO = {
    *("cli", "cli.arguments", "cli.opening", "cli.output", "cli.render_command", "cli.report"),
    *("errors", "model", "model.item_mention", "refresh"),
    *("refresh.fingerprint", "refresh.page_cache", "refresh.refresh"),
    *("system", "system.clock", "system.files", "system.paths"),
    *("vault", "vault.discovery", "vault.exclusion", "vault.gitignore", "vault.search"),
    "vault.vault",
}
"""Our modules that a run imports in which every page is known and unchanged."""

LATE: dict[str, dict[str, set[str]]] = {
    "finds no block": {
        "config.settings": {"json"},  # a vault that is not trusted
        "config.time_zones": {"zoneinfo"},
        "config.toml_reader": {"idna"},  # a foreign host
        "config.user_file": {"shlex", "taiga_notes.model.kinds"},  # a command; `[servers.…]`
        # `[[mirror]]`, `projects`
        "config.vault_file": {"taiga_notes.config.mirror_settings", "taiga_notes.model.rows"},
        "page.front_matter_span": {"json"},  # a page that begins with a brace
    },
    "renders a snapshot": {
        "page.checksum": {"html", "html.entities"},  # a body with an entity
        "page.front_matter": {"taiga_notes.page.front_matter_values"},  # YAML
        # a live query; a block with `push`
        "bake.live": {"taiga_notes.bake.written_templates"},
        "refresh.compose": {"taiga_notes.push.base", "taiga_notes.push.edited_blocks"},
        "render.templates": {"taiga_notes.render.render_process"},  # a costly template
        "taiga.http.responses": {"html", "email.utils"},  # an answer that is a page; `Retry-After`
    },
    "changes nothing": {"system.swap": {"ctypes"}},
    "looks for live queries": {"cli.bake_command": {"taiga_notes.render.answers"}},  # Jinja
    "asks Taiga": {
        "taiga.http.client": {"concurrent.futures"},  # several requests at once
    },
    "asks as it asked": {
        "taiga.auth.credentials": {  # a session
            *("taiga_notes.config.passwords", "taiga_notes.taiga.auth.session"),
            "taiga_notes.taiga.auth.token_store",
        },
        "taiga.http.network": {
            "taiga_notes.config.passwords",  # headers that a command gives
            "taiga_notes.taiga.http.certificates",  # TLS
        },
        "taiga.http.proxies": {"urllib.request"},  # systems with settings of their own
    },
    "asks in a session": {"taiga.auth.token_store": {"keyring"}},  # a session kept there
    "is offline": {
        "taiga.source": {
            "taiga_notes.taiga.auth.credentials",
            "taiga_notes.taiga.auth.token_store",
            "taiga_notes.taiga.http.client",  # httpx
            "taiga_notes.taiga.http.known_answers",  # httpcore
            "taiga_notes.taiga.sync.list_sync",
            "taiga_notes.taiga.http.web_front",
        },
        "taiga.sync.sync_session": {
            "taiga_notes.taiga.sync.activity_sync",
            "taiga_notes.taiga.sync.detail_sync",
            "taiga_notes.taiga.sync.detail_values",  # what no list has
            "taiga_notes.taiga.sync.list_sync",
            "taiga_notes.taiga.sync.probe",
        },
    },
    "tells of the language server": {"cli.lsp_command": {"taiga_notes.lsp.server"}},  # pygls
    "watches without webhooks": {"webhook.listener": {"taiga_notes.webhook.receiver"}},  # asyncio
}
"""What modules off that way import within a function, by a run that imports the module without it.

All others import at their top. What makes it needed stands behind it.
"""

PLAIN = "# Nothing for us\n\n<!-- a comment -->\n"
BLOCK = "<!-- taiga: from userstories template links -->\n<!-- /taiga -->\n"
STORIES = {"userstories": [{"id": 1, "ref": 7, "subject": "Sign-up form"}]}


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """The program in a vault with a page that is none of ours, and a snapshot."""
    home, folder = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    folder.mkdir()
    program = Program(home, folder)
    program.page("taiga-notes.toml", 'project = "acme"\n')
    program.page("Plain.md", PLAIN)
    program.page("s.json", json.dumps(STORIES))
    return program


@pytest.fixture
def online(program: Program) -> Iterator[Program]:
    """The same, with a Taiga and an account."""
    taiga = Taiga()
    ada = taiga.add_user("ada")
    taiga.add_story(taiga.add_project("Acme", owner=ada, slug="acme"), "Sign-up form")
    with serve(taiga) as server:
        program.env |= {"TAIGA_NOTES_API": server.url, "TAIGA_NOTES_TOKEN": taiga.token(ada)}
        yield program


def imported(program: Program, *arguments: str) -> set[str]:
    """The modules that a run imports, and the packages that they are in."""
    done = program.command([sys.executable, "-c", WRAPPED, *arguments])
    assert done.status == 0, done.err
    return _told(done.err)


def watched(program: Program, *arguments: str) -> set[str]:
    """Likewise those of a watch until it has rendered a page."""
    program.page("A.md", BLOCK)
    watch = Watching(program)
    watch._command = [sys.executable, "-c", WRAPPED, "watch", "--json", *arguments]
    with watch:
        watch.until("changed", page="A.md")
    return _told(watch.complaints)


def _told(err: str) -> set[str]:
    modules = err.splitlines()[-1].split()
    return {module[:end] for module in modules for end in _ends(module)}


def spared(run: str, modules: set[str]) -> bool:
    """Whether a run's late imports did not take place."""
    return all(
        f"taiga_notes.{module}" in modules and not modules & imported
        for module, imported in LATE[run].items()
    )


def _ends(module: str) -> Iterator[int]:
    yield from (place for place, char in enumerate(module) if char == ".")
    yield len(module)


@pytest.mark.parametrize("argument", ["--version", "--help"])
def test_what_needs_no_arguments_needs_no_parser(program: Program, argument: str) -> None:
    modules = imported(program, argument)
    assert not modules & (HEAVY | PARTS | {"argparse", "json", "pathlib", "dataclasses"})
    ours = {module for module in modules if module.startswith("taiga_notes")}
    assert ours - {"taiga_notes.version"} == {"taiga_notes", "taiga_notes.cli"}


def test_a_run_that_finds_no_block_needs_nothing_to_render_with(program: Program) -> None:
    slow = {"json", "shutil", "tempfile", "threading", "difflib"}
    for arguments in (["render"], ["render", "Plain.md"], ["render", "--check"]):
        modules = imported(program, *arguments)
        assert not modules & (HEAVY | PARTS | slow), arguments
        assert spared("finds no block", modules)


def test_what_the_language_server_needs_only_serving_imports(program: Program) -> None:
    modules = imported(program, "lsp", "--help")
    assert spared("tells of the language server", modules)
    assert not modules & {"pygls", "lsprotocol", "asyncio", "attr"}


def test_what_is_imported_late_is_on_the_named_way_or_spares_a_named_run() -> None:
    off = [module for module in modules() if module.name not in {*NOTHING_TO_DO, ""}]
    found = {module.name: set(module.late_imports()) for module in off}
    assert {name: late for name, late in found.items() if late} == {
        name: late for each in LATE.values() for name, late in each.items()
    }


def test_only_what_such_a_run_imports_goes_without_typing() -> None:
    diet = {module.name for module in modules() if "TYPE_CHECKING = False" in module.text}
    assert diet <= {*NOTHING_TO_DO, ""}


def test_a_run_in_which_nothing_changed_needs_next_to_nothing(program: Program) -> None:
    program.page("A.md", BLOCK)
    program("render", "--snapshot", "s.json")
    time.sleep(TICK / 1e9)  # what was written a moment ago may change again unseen
    program("render", "--snapshot", "s.json")
    modules = imported(program, "render", "--snapshot", "s.json")
    slow = {"dataclasses", "datetime", "pathlib", "tomllib", "typing", "zoneinfo"}
    if sys.version_info >= (3, 14):
        # There argparse itself takes them, for the colours of its help.
        slow -= {"dataclasses"}
    assert not modules & (HEAVY | PARTS | slow | {"taiga_notes.config"})
    ours = {name.removeprefix("taiga_notes.") for name in modules if "taiga_notes." in name}
    assert ours == NOTHING_TO_DO


@pytest.mark.slow
def test_rendering_from_a_snapshot_needs_no_network_and_no_store(program: Program) -> None:
    program.page("A.md", BLOCK)
    for run in ("renders a snapshot", "changes nothing"):
        modules = imported(program, "render", "--snapshot", "s.json")
        assert modules & HEAVY == {"jinja2"}
        assert spared(run, modules)


def test_front_matter_is_what_its_reader_is_imported_for(program: Program) -> None:
    program.page("A.md", f"---\nowner: ada\n---\n{BLOCK}")
    modules = imported(program, "render", "--snapshot", "s.json")
    assert modules & HEAVY >= {"jinja2", "frontmatter", "yaml"}
    assert not modules & (NETWORK | {"watchdog", "sqlite3"})


@pytest.mark.slow
def test_the_network_is_what_its_client_is_imported_for(online: Program) -> None:
    online.page("A.md", BLOCK)
    asking = imported(online, "render")
    assert asking >= {"httpx", "jinja2", "sqlite3"}
    assert spared("asks Taiga", asking)
    offline = imported(online, "render", "--offline")
    assert "sqlite3" in offline
    assert spared("is offline", offline)
    assert not offline & (
        NETWORK | {"frontmatter", "yaml", "watchdog", "taiga_notes.taiga.http.client"}
    )
    assert "watchdog" not in imported(online, "render", "--full")


@pytest.mark.slow
def test_taiga_is_asked_as_it_was_without_store_and_httpx(online: Program) -> None:
    online.page("A.md", BLOCK)
    online("render")
    time.sleep(TICK / 1e9)
    online("render")
    modules = imported(online, "render")
    heavy = HEAVY - {"ssl", "logging"} | {"http.client", "taiga_notes.taiga.source"}
    assert not modules & heavy
    assert "taiga_notes.taiga.http.known_answers" in modules
    assert spared("asks as it asked", modules)


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        pytest.param(
            ["query", "--snapshot", "s.json", "--format", "json", "#userstories"],
            set[str](),
            marks=pytest.mark.slow,
        ),
        (["query", "--snapshot", "s.json", "--format", "table", "userstories"], set[str]()),
        pytest.param(
            ["query", "--snapshot", "s.json", "userstories"], {"jinja2"}, marks=pytest.mark.slow
        ),
        (["fields"], set[str]()),
        pytest.param(["fields", "tasks", "--offline"], {"sqlite3"}, marks=pytest.mark.slow),
        pytest.param(["templates"], {"jinja2"}, marks=pytest.mark.slow),
        pytest.param(["init", "home"], {"jinja2"}, marks=pytest.mark.slow),
        pytest.param(["logout"], {"subprocess"}, marks=pytest.mark.slow),
        pytest.param(["status"], {"sqlite3"}, marks=pytest.mark.slow),
        (["cache", "clear"], {"sqlite3"}),
        pytest.param(["undo"], set[str](), marks=pytest.mark.slow),
        pytest.param(["unbake", "--check"], set[str](), marks=pytest.mark.slow),
    ],
)
def test_a_command_imports_what_it_works_with(
    program: Program, arguments: list[str], allowed: set[str]
) -> None:
    (program.folder / "home").mkdir()
    assert imported(program, *arguments) & HEAVY <= allowed


@pytest.mark.slow
def test_a_watch_needs_what_receives_webhooks_where_it_receives_any(online: Program) -> None:
    server = {"asyncio", "taiga_notes.webhook.receiver", "taiga_notes.webhook.http_exchange"}
    without = watched(online)
    assert without >= {"watchdog", "taiga_notes.webhook.listener"}
    assert not without & server
    assert spared("watches without webhooks", without)
    online.env["TAIGA_NOTES_WEBHOOK_KEY"] = "a key for the webhooks of a test"
    assert watched(online, "--webhook", "127.0.0.1:0") >= server


def test_what_shows_answers_is_what_live_queries_are_for(program: Program) -> None:
    assert spared("looks for live queries", imported(program, "bake", "--check"))


@pytest.mark.slow
def test_logging_in_needs_nothing_that_renders(online: Program) -> None:
    del online.env["TAIGA_NOTES_TOKEN"]
    online.env["TAIGA_NOTES_PASSWORD"] = "ada-password"
    modules = imported(online, "login", "--username", "ada")
    assert "httpx" in modules
    assert not modules & (PAGES | {"watchdog", "sqlite3"})
    online.page("A.md", BLOCK)
    assert spared("asks in a session", imported(online, "render"))


def test_the_package_itself_imports_nothing_until_it_is_used(program: Program) -> None:
    code = "import sys; before = set(sys.modules); import taiga_notes; "
    code += "print(*set(sys.modules) - before)"
    done = program.command([sys.executable, "-c", code])
    assert {name for name in done.out.split() if "taiga" in name} == {"taiga_notes"}
