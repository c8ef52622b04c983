"""`taiga-notes doctor`: each fault with what to do about it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from taiga_notes.render import Templates, builtin_folder
from tests.cli.conftest import IMPATIENT
from tests.cli.program import untouched
from tests.fake_taiga.model import Webhook
from tests.wire import answering, connect_proxy, wire

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Acme
    from tests.cli.program import Program

pytestmark = pytest.mark.slow

COUNT = "There are <!-- taiga: from userstories select count() --><!-- /taiga --> stories.\n"
_NAMES = [info.name for info in Templates([builtin_folder()]).names()]
TEMPLATES = f"{len(_NAMES)}: {', '.join(_NAMES)}"


def without_clock(out: str) -> list[str]:
    """The lines, but for that of the time zone: what it is there, `test_time_zone` looks at."""
    clock = "ok     time zone: this machine's, as `timezone` is not set: "
    lines = [line for line in out.splitlines() if not line.startswith(clock)]
    assert len(lines) == len(out.splitlines()) - 1
    return lines


def test_all_may_be_well(vault: Path, acme: Acme, program: Program) -> None:
    program.page("A.md", COUNT + COUNT)
    with untouched(vault):
        done = program("doctor")
    assert (done.status, done.err) == (0, "")
    assert without_clock(done.out) == [
        f"ok     configuration: {vault}/taiga-notes.toml",
        f"ok     templates: {TEMPLATES}",
        f"ok     server: {acme.server.url}",
        "ok     login: ada",
        f"ok     links: they lead to {acme.web}",
        "ok     project: Acme: you see user stories, tasks, issues, epics, sprints, wiki pages",
        "ok     pages: 1 with 2 blocks",
        "all is well",
    ]


def test_without_a_vault_it_says_how_to_make_one(program: Program) -> None:
    done = program("doctor")
    remedy = "`taiga-notes init` makes a folder a vault; `taiga-notes demo` needs none"
    assert done.status == 2
    assert done.out.splitlines() == [
        f"fault  configuration: there is no taiga-notes.toml in {program.folder} or above it",
        f"       what to do: {remedy}",
    ]


def test_a_mistake_in_the_configuration_is_found(program: Program) -> None:
    program.page("taiga-notes.toml", 'projcet = "acme"')
    done = program("doctor")
    assert done.status == 2
    assert "line 1: unknown key 'projcet'\n       what to do: did you mean `project`?" in done.out


@pytest.mark.parametrize(
    ("variable", "status", "told"),
    [
        (
            "API=http://127.0.0.1:9/api/v1",
            4,
            [
                "server: http://127.0.0.1:9/api/v1: 127.0.0.1:9 can't be reached: ",
                "is the network up, is `api` right?",
            ],
        ),
        (
            "TOKEN=eyJ.x.y",
            5,
            [
                "login: Taiga refuses the token of TAIGA_NOTES_TOKEN: it is wrong, or expired",
                "set a new one, or unset it and run `taiga-notes login`",
            ],
        ),
        (
            "TOKEN=",
            5,
            [
                "login: there is no login for http://127.0.0.1:",
                "run `taiga-notes login`, or set `anonymous = true` for public projects",
            ],
        ),
        (
            "API=http://taiga.example/api/v1",
            2,
            [
                "login: password and tokens would go to http://taiga.example/api/v1 unencrypted",
                "use https; if you trust the network, `login --allow-http`, or set ",
            ],
        ),
    ],
)
def test_server_and_login_are_asked_and_not_remembered(
    vault: Path, program: Program, variable: str, status: int, told: list[str]
) -> None:
    assert vault
    program.page("A.md", COUNT)
    assert program("render").status == 0
    name, _, value = variable.partition("=")
    program.env[f"TAIGA_NOTES_{name}"] = value
    done = program("doctor")
    fault, remedy = told
    assert done.status == status
    assert f"\nfault  {fault}" in done.out
    assert f"\n       what to do: {remedy}" in done.out
    assert "all is well" not in done.out


def test_a_server_that_goes_away_is_noticed_although_all_is_stored(
    vault: Path, acme: Acme, program: Program
) -> None:
    assert vault
    program.page("A.md", COUNT)
    assert program("render").status == 0
    acme.taiga.faults.add("unavailable", times=None, path="/(projects|userstories|timeline)")
    done = program("doctor")
    assert done.status == 4
    assert "ok     login: ada" in done.out
    assert "fault  server: " in done.out
    assert "503" in done.out


def test_what_answers_may_be_no_taiga(vault: Path, acme: Acme, program: Program) -> None:
    assert vault
    acme.taiga.faults.add("wrong type", times=None)
    done = program("doctor")
    assert done.status == 4
    assert ": what answers there is no Taiga\n       what to do: is `api` right?\n" in done.out


def test_a_wrong_project_is_found(vault: Path, program: Program) -> None:
    assert vault
    done = program("doctor", "--project", "acne")
    assert done.status == 4
    assert "fault  project: acne: there is no project 'acne' at 127.0.0.1" in done.out
    assert "what to do: its slug stands in its address behind /project/" in done.out


def test_without_an_account_public_projects_can_be_seen(
    vault: Path, acme: Acme, program: Program
) -> None:
    assert vault
    program.env["TAIGA_NOTES_TOKEN"] = ""
    program.configure(f"{IMPATIENT}anonymous = true")
    done = program("doctor")
    assert done.status == 0
    assert "ok     login: none: public projects only\n" in done.out
    acme.taiga.faults.add("html", times=None)
    assert program("doctor").status == 4


def test_faults_of_templates_and_pages_are_found_and_none_hides_another(
    vault: Path, program: Program
) -> None:
    program.page("templates/mine.md.j2", "{% for %}")
    program.page("A.md", COUNT.replace("count()", "cuont()"))
    program.page("B.md", "<!-- taiga: from userstories -->\n")
    program.page("C.md", COUNT).chmod(0o444)
    with untouched(vault):
        done = program("doctor")
    assert done.status == 6
    faults = [line for line in done.out.splitlines() if line.startswith("fault")]
    assert [fault.split(":")[0] for fault in faults] == [
        "fault  template",
        "fault  A.md",
        "fault  B.md",
        "fault  C.md",
    ]
    assert faults[0].startswith("fault  template: mine.md.j2, line 1: ")
    assert faults[-1] == "fault  C.md: is read-only"
    assert "all is well" not in done.out


def test_with_a_snapshot_nobody_is_asked(program: Program) -> None:
    program.page("s.json", '{"userstories": []}')
    program.page("A.md", COUNT)
    done = program("doctor", "--snapshot", "s.json")
    assert (done.status, done.err) == (0, "")
    assert without_clock(done.out) == [
        "ok     configuration: none: usual settings",
        f"ok     templates: {TEMPLATES}",
        "ok     snapshot: s.json: no server is asked",
        "ok     pages: 1 with 1 block",
        "all is well",
    ]
    done = program("doctor", "--snapshot", "none.json")
    assert done.status == 4
    assert "fault  snapshot: none.json can't be read: No such file or directory\n" in done.out


LISTED = {
    "userstories": [{"id": 1, "status_extra_info": {"name": "Old"}}],
    "projects": [{"id": 7, "slug": "acme", "us_statuses": [{"id": 1, "name": "Done"}]}],
}
DOUBTFUL = "There are <!-- taiga: from userstories where status_name == 'Doen' select count() -->"
NO_SUCH = "no status 'Doen' in acme: did you mean 'Done'?"


def test_values_that_the_project_does_not_list_are_noted(program: Program) -> None:
    program.page("s.json", json.dumps(LISTED))
    program.page("A.md", f"{DOUBTFUL}<!-- /taiga --> left.\n")
    done = program("doctor", "--snapshot", "s.json")
    assert done.status == 0
    assert f"note   A.md:1: {NO_SUCH}\n" in done.out
    assert "all is well, but for what is noted" in done.out
    for _ in ("written", "unchanged"):
        done = program("render", "--snapshot", "s.json")
        assert (done.status, done.err) == (0, f"taiga-notes: A.md:1: {NO_SUCH}\n")
    (page,) = json.loads(program("render", "--snapshot", "s.json", "--json").out)["pages"]
    assert page["warnings"] == [{"line": 1, "message": NO_SUCH}]
    done = program("query", "--snapshot", "s.json", "from userstories where status_name == 'Doen'")
    assert (done.status, done.out, done.err) == (0, "", f"taiga-notes: {NO_SUCH}\n")


# --- where links lead ---


@pytest.mark.parametrize(
    ("conf", "told", "status"),
    [
        (
            {"api": "https://other.example/api/v1/"},
            "note   links: they lead to {web}, the web front",
            0,
        ),
        (
            b"<title>Blog</title>",
            "note   links: they lead to {web}, where no web front of Taiga is",
            0,
        ),
        ({"api": "{api}", "baseHref": "/taiga/"}, "fault  links: they lead to {web}\n", 2),
    ],
)
def test_links_that_may_lead_nowhere_are_told(
    vault: Path, program: Program, conf: object, told: str, status: int
) -> None:
    assert vault
    if isinstance(conf, dict):
        conf = {key: text.format(api=program.env["TAIGA_NOTES_API"]) for key, text in conf.items()}
    with wire(answering(200, conf)) as front:
        web = front.url(path="")
        program.env["TAIGA_NOTES_WEB"] = web
        done = program("doctor")
    assert done.status == status
    assert told.format(web=web) in done.out
    assert "all is well\n" not in done.out
    assert "what to do: " in done.out
    if status:
        assert f'set web = "{web}/taiga"' in done.out


def test_a_vaults_word_on_where_links_lead_is_not_followed(vault: Path, program: Program) -> None:
    with wire(answering(200, {})) as front:
        (vault / "taiga-notes.toml").write_text(f'project = "acme"\nweb = "{front.url(path="")}"\n')
        done = program("doctor")
        assert front.connections == 0
    assert f"ok     links: they lead to {front.url(path='')}, as {vault}" in done.out


def test_a_proxy_on_the_way_is_told(vault: Path, program: Program) -> None:
    assert vault
    with wire(connect_proxy) as between:
        program.env["HTTP_PROXY"] = f"http://user:pa55@{between.host}"
        done = program("doctor")
    assert done.status == 0
    assert f"ok     way there: through the proxy http://{between.host} of HTTP_PROXY" in done.out
    assert "pa55" not in done.out


# --- webhooks ---

OUTCOMES = {
    None: ("ok     webhook: {url}: last delivery: none yet\n", ""),
    202: ("ok     webhook: {url}: last delivery: answered with 202\n", ""),
    403: ("fault  webhook: {url}: last delivery: answered with 403\n", "another key"),
    404: ("fault  webhook: {url}: last delivery: answered with 404\n", "path leads elsewhere"),
    301: ("fault  webhook: {url}: last delivery: answered with 301\n", "follows no redirects"),
    413: ("fault  webhook: {url}: last delivery: answered with 413\n", "larger"),
    502: ("fault  webhook: {url}: last delivery: answered with 502\n", "reaches nobody"),
    0: ("fault  webhook: {url}: last delivery: nobody was reached\n", "running"),
}


@pytest.mark.parametrize("answer", OUTCOMES)
def test_the_last_deliverys_outcome_is_looked_at(
    vault: Path, acme: Acme, program: Program, answer: int | None
) -> None:
    assert vault
    url = "https://notes.example.org/hook"
    program.env["TAIGA_NOTES_WEBHOOK_KEY"] = "lab-hook-key"
    hook = Webhook(1, acme.project, "taiga-notes", url, "lab-hook-key")
    row = {"id": 1, "webhook": 1, "url": url, "status": answer}
    data: dict[str, dict[str, str]] = {
        key: {} for key in ("request_data", "request_headers", "response_headers")
    }
    acme.taiga.webhooks[1] = hook
    acme.taiga.webhook_logs[:] = [] if answer is None else [row | data]
    try:
        done = program("doctor")
    finally:
        acme.taiga.webhooks.clear()
        acme.taiga.webhook_logs.clear()
    said, remedy = OUTCOMES[answer]
    assert said.format(url=url) in done.out
    assert remedy in done.out
    assert done.status == (4 if remedy else 0)


def test_anothers_webhook_is_no_matter_of_ours(vault: Path, acme: Acme, program: Program) -> None:
    assert vault
    program.env["TAIGA_NOTES_WEBHOOK_KEY"] = "lab-hook-key"
    acme.taiga.webhooks[1] = Webhook(1, acme.project, "chat", "https://chat.example", "other key")
    try:
        done = program("doctor")
    finally:
        acme.taiga.webhooks.clear()
    assert " webhook:" not in done.out
    assert done.status == 0


def test_presets_are_evaluated_be_they_in_use_or_not(notes: Path, program: Program) -> None:
    settings = 'project = "acme"\n[presets]\n'
    right = """open = "from userstories where not is_closed"\nown = "from presets.open limit 1"\n"""
    program.page("taiga-notes.toml", settings + right)
    with untouched(notes):
        done = program("doctor", *program.rows)
    assert done.status == 0
    assert "ok     presets: 2: open, own" in done.out.splitlines()
    wrong = """
    one = "from userstories where subjcet"
    two = "from userstories template links"
    three = "from presets.three"
    four = "from userstories wher x"
    """
    program.page("taiga-notes.toml", settings + right + wrong)
    with untouched(notes):
        done = program("doctor", *program.rows)
    assert done.status == 3
    faults = [line for line in done.out.splitlines() if line.startswith("fault")]
    assert [fault.split(": ")[0] for fault in faults] == [
        "fault  preset one (taiga-notes.toml:6)",
        "fault  preset two (taiga-notes.toml:7)",
        "fault  preset three (taiga-notes.toml:8)",
        "fault  preset four (taiga-notes.toml:9)",
    ]
    assert "unknown field 'subjcet' (line 1, column 24)" in faults[0]
    assert "ok     presets" not in done.out


def test_a_preset_of_no_project_can_not_be_evaluated(
    vault: Path, acme: Acme, program: Program
) -> None:
    assert vault
    assert acme
    program.page("taiga-notes.toml", '[presets]\nopen = "from userstories"\n')
    done = program("doctor")
    assert done.status == 0
    assert "note   preset open (taiga-notes.toml:2): no project is named" in done.out
