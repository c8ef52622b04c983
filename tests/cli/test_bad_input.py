"""What bad input gets: a message with place and remedy, a status, and nothing lost."""

from __future__ import annotations

import ctypes
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.cli.program import PROGRAM, Result, untouched

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Acme
    from tests.cli.program import Program

pytestmark = pytest.mark.slow

COUNT = "There are <!-- taiga: from userstories select count() --><!-- /taiga --> stories.\n"
OLD = (
    "<!-- taiga: from userstories limit 1 template links -->\n\n"
    "- [#9 The last good output](https://tree.taiga.io/project/acme/us/9)\n\n"
    "<!-- /taiga 5e7bca58 -->\n"
)


def refused(program: Program, status: int, *told: str) -> None:
    """Renders: nothing is written, and that is what is said."""
    with untouched(program.folder):
        done = program.render()
    assert done.status == status, done
    for text in told:
        assert text in done.err


# The vault and its configuration.


def test_no_configuration(program: Program) -> None:
    program.page("A.md", COUNT)
    refused(
        program,
        2,
        f"taiga-notes: there is no taiga-notes.toml in {program.folder} or above it",
        "(`taiga-notes init` makes a folder a vault; `taiga-notes demo` needs none)",
    )


def test_a_folder_that_is_gone(program: Program) -> None:
    gone = program.folder / "gone"
    done = program.command(["sh", "-c", f"mkdir {gone}; cd {gone}; rmdir {gone}; {PROGRAM} render"])
    assert (done.status, done.out) == (2, "")
    assert done.err == (
        "taiga-notes: the folder that this was started in is gone (change to one that is there)\n"
    )


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        (
            'projcet = "acme"',
            "taiga-notes.toml, line 1: unknown key 'projcet' (did you mean `project`?",
        ),
        ("[watch]\nquiet = 3", "unknown key 'watch.quiet'"),
        ('project = "acme"\nexclude = "x"', "taiga-notes.toml, line 2: `exclude` must be"),
        ('on_edit = "ask"', '`on_edit` must be "refuse", "rescue" or "overwrite"'),
        ("project = acme\n", "taiga-notes.toml, line 1, column 11: not valid TOML"),
        ('password = "secret"', "run `taiga-notes login`"),
        ('username = "ada"', "a vault is shared: set it in your own configuration"),
        ('templates = "../../etc"', "the folder '../../etc' is not inside the vault"),
        ('api = "https://evil.example/api/v1"', "is meant for https://evil.example/api/v1"),
    ],
)
def test_a_vaults_configuration_with_a_mistake(program: Program, toml: str, told: str) -> None:
    program.page("A.md", COUNT)
    program.page("taiga-notes.toml", toml)
    refused(program, 2, "taiga-notes: ", "taiga-notes.toml", told)


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        ("usrename = 'a'", "config.toml, line 1: unknown key 'usrename' (did you mean `username`?"),
        ("project = 'a'", "it is a vault's setting: move it to a taiga-notes.toml"),
        ("token = 'x'", "`token` is never kept in a file"),
        ("api = 'http://taiga.example/api/v1'", "unencrypted"),
    ],
)
def test_a_users_configuration_with_a_mistake(program: Program, toml: str, told: str) -> None:
    program.page("taiga-notes.toml", "project = 'acme'")
    program.page("A.md", COUNT)
    program.configure(f"{toml}\n")
    program.env["TAIGA_NOTES_USERNAME"] = "ada"
    refused(program, 2, told)


# Taiga.


def test_nobody_is_logged_in(vault: Path, program: Program) -> None:
    assert vault
    program.page("A.md", OLD + COUNT)
    del program.env["TAIGA_NOTES_TOKEN"]
    with untouched(program.folder):
        done = program("render")
    assert done.status == 5
    assert done.err == (
        f"A.md:1: there is no login for {program.env['TAIGA_NOTES_API']}"
        " (run `taiga-notes login`, or set `anonymous = true` for public projects)\n"
    )
    assert done.out == "0 pages changed, 1 unchanged, 2 problems\n"


def test_a_wrong_password_is_told_once_and_tried_once(
    vault: Path, acme: Acme, program: Program
) -> None:
    assert vault
    program.page("A.md", OLD + COUNT)
    program.page("B.md", COUNT)
    del program.env["TAIGA_NOTES_TOKEN"]
    program.env |= {"TAIGA_NOTES_USERNAME": "ada", "TAIGA_NOTES_PASSWORD": "wrong"}
    with untouched(program.folder):
        done = program("render")
        again = program("render")
    assert (done.status, again.status) == (5, 5)
    assert done.err == (
        f"A.md:1: {acme.server.url} knows no account 'ada' with this password"
        " (check both; Taiga locks out addresses that fail again and again)\n"
    )
    assert "it is not tried a second time" in again.err
    assert acme.taiga.log.lines("/auth") == ["POST /auth"]


def test_an_expired_token(vault: Path, acme: Acme, program: Program) -> None:
    assert vault
    program.page("A.md", OLD + COUNT)
    program.env["TAIGA_NOTES_TOKEN"] = acme.taiga.token(acme.ada, seconds=-60)
    refused(
        program,
        5,
        "A.md:1: Taiga refuses the token of TAIGA_NOTES_TOKEN: it is wrong, or expired",
        "(set a new one, or unset it and run `taiga-notes login`)",
    )


def test_a_wrong_project(vault: Path, program: Program) -> None:
    assert vault
    program.page("A.md", OLD + COUNT)
    program.page("taiga-notes.toml", 'project = "acne"')
    refused(
        program,
        4,
        "A.md:1: there is no project 'acne' at 127.0.0.1",
        "its slug stands in its address behind /project/; is this the right account?",
    )


def test_no_network(vault: Path, program: Program) -> None:
    assert vault
    program.page("A.md", OLD + COUNT)
    program.env["TAIGA_NOTES_API"] = "http://127.0.0.1:9/api/v1"
    refused(
        program, 4, "A.md:1: 127.0.0.1:9 can't be reached", "(is the network up, is `api` right?)"
    )


@pytest.mark.parametrize("fault", ["html", "half json", "wrong type", "empty", "redirect", "error"])
def test_a_server_that_answers_nonsense(
    vault: Path, acme: Acme, program: Program, fault: str
) -> None:
    assert vault
    program.page("A.md", OLD + COUNT)
    acme.taiga.faults.add(fault, times=None)
    refused(program, 4, "A.md:1: ", " (")


def test_a_private_project_is_told_from_an_empty_one(
    vault: Path, acme: Acme, program: Program
) -> None:
    page = program.page("A.md", COUNT)
    owner = acme.taiga.add_user("secretive")
    secret = acme.taiga.add_project("Secret", is_private=True, owner=owner)
    (vault / "taiga-notes.toml").write_text(f'project = "{secret.slug}"')
    program.env["TAIGA_NOTES_TOKEN"] = acme.taiga.token(owner)
    assert program("render").status == 0
    assert "-->0<!--" in page.read_text()
    stranger = acme.taiga.add_user("stranger")
    program.env["TAIGA_NOTES_TOKEN"] = acme.taiga.token(stranger)
    refused(program, 4, f"there is no project '{secret.slug}'", "is this the right account?")


# Pages.


def test_a_page_that_is_not_utf_8(notes: Path, program: Program) -> None:
    assert notes
    program.page("A.md", "").write_bytes(b"one\nGr\xfc\xdfe\n" + OLD.encode())
    refused(
        program,
        6,
        "A.md:1: is left alone: it is not UTF-8 (byte 6 is 0xfc, in line 2) (save it as UTF-8)",
    )
    program.page("A.md", "").write_bytes(OLD.encode("utf-16"))
    refused(program, 6, "A.md:1: is left alone: it is not UTF-8 (it is UTF-16)")


def test_a_page_that_is_too_large(notes: Path, program: Program) -> None:
    assert notes
    program.page("A.md", COUNT + "x" * (16 * 2**20))
    refused(program, 6, "A.md:1: is left alone: it is larger than 16 MB (split it up)")


def test_a_read_only_page(notes: Path, program: Program) -> None:
    assert notes
    page = program.page("A.md", COUNT)
    other = program.page("B.md", COUNT)
    page.chmod(0o444)
    before = page.read_bytes()
    done = program.render()
    assert done.status == 6
    assert done.err == "A.md:1: can't be written: is read-only (make it writable, or exclude it)\n"
    assert page.read_bytes() == before
    # The others do not suffer for it.
    assert "-->3<!--" in other.read_text()


def test_a_read_only_folder(notes: Path, program: Program) -> None:
    assert notes
    page = program.page("Sub/A.md", COUNT)
    page.parent.chmod(0o555)
    # A new file can't take the page's place there, so that it is overwritten.
    assert unprivileged(program).status == 0
    assert "-->3<!--" in page.read_text()
    page.write_text(COUNT)
    page.chmod(0o444)
    done = unprivileged(program)
    page.parent.chmod(0o755)
    assert done.status == 6
    assert done.err.startswith("Sub/A.md:1: can't be written: ")
    assert page.read_text() == COUNT


def unprivileged(program: Program) -> Result:
    """Renders without the right to pass over modes, which root has."""

    def drop() -> None:
        if os.geteuid() == 0:
            # PR_CAPBSET_DROP of CAP_DAC_OVERRIDE: execve gives root no more than this set.
            ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)

    done = subprocess.run(
        [PROGRAM, "render", *program.rows],
        cwd=program.folder,
        env=program.environment(),
        preexec_fn=drop,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return Result(done.returncode, done.stdout, done.stderr)


OUT_OF_ORDER = {
    f"{COUNT}\n<!-- taiga: from userstories -->\n": "3: the block is not closed (put",
    f"{COUNT}\n<!-- taiga\nfrom userstories\n": "3: ",
    f"{COUNT}\n<!--#lua query[[from userstories]] -->\n": "3: ",
    f"<!-- /taiga -->\n{COUNT}": "1: ",
    f"<!-- taiga: x -->\n<!-- taiga: y -->\n<!-- /taiga -->\n{COUNT}": "2: ",
    f"---\ntaiga: [\n---\n{COUNT}": "3: the front matter is not valid YAML: ",
    f"---\ntaiga: {{projcet: x}}\n---\n{COUNT}": "2: ",
}


def test_pages_out_of_order_are_left_alone(notes: Path, program: Program) -> None:
    assert notes
    for number, text in enumerate(OUT_OF_ORDER):
        program.page(f"{number}.md", text)
    with untouched(program.folder):
        done = program.render()
    assert done.status == 3
    lines = done.err.splitlines()
    assert len(lines) == len(OUT_OF_ORDER)
    for number, (line, told) in enumerate(zip(lines, OUT_OF_ORDER.values(), strict=True)):
        assert line.startswith(f"{number}.md:{told}")
        assert line.endswith(")"), f"{line} has no remedy"


def test_a_marker_in_a_code_fence_is_text(notes: Path, program: Program) -> None:
    assert notes
    program.page(
        "A.md",
        f"```html\n<!-- taiga: from userstories -->\n```\n\n    {COUNT}\n%%\n{COUNT}%%\n\n"
        f"<pre>\n{COUNT}</pre>\n\n`{COUNT.strip()}`\n",
    )
    with untouched(program.folder):
        done = program.render()
    assert (done.status, done.out) == (0, "")
    assert "5 markers in code passed by: A.md:2, A.md:5, " in done.err


# Queries and templates.


MISTAKES = {
    "from userstories wehre ref == 1": "",
    "from userstories where ref == ": "",
    "from userstories where nmae == 'x'": "unknown field 'nmae'",
    "from getTaigaTasks('//evil.example/x')": "getTaigaTasks can't ask for",
    "from userstories template lnks": "there is no template 'lnks' (did you mean",
    "from userstories template broken": "broken.md.j2, line 2: ",
    "from userstories template nothing": "nothing.md.j2, line 1: ",
    "from userstories template outside": "outside.md.j2, line 1: ",
}
GOOD = "from userstories limit 1 template links"


def test_mistakes_are_told_and_shown_above_the_last_good_output(
    notes: Path, program: Program
) -> None:
    program.page("templates/broken.md.j2", "one\n{% for row in rows %}")
    program.page("templates/nothing.md.j2", "{% for row in nothing %}{{ row }}{% endfor %}")
    program.page("templates/outside.md.j2", "{% include '../../../etc/passwd' %}")
    text = f"# One\n\n<!-- taiga: {GOOD} -->\n<!-- /taiga -->\n\nend"
    pages = {query: program.page(f"{n}.md", text) for n, query in enumerate(MISTAKES)}
    program.render()
    [before] = {page.read_text() for page in pages.values()}
    assert "- [#1 Sign-up form](" in before
    for query, page in pages.items():
        page.write_text(before.replace(GOOD, query))

    done = program.render()

    assert done.status == 3
    messages = [line for line in done.err.splitlines() if ".md:" in line]
    for query, message in zip(MISTAKES, messages, strict=True):
        place, told = message.split(": ", 1)
        assert place.split(":")[:2] == [pages[query].name, "3"]
        assert told.startswith(MISTAKES[query])
        lines = pages[query].read_text().split("\n")
        assert lines[4] == "> [!WARNING]"
        assert lines[5].startswith("> taiga-notes: ")
        assert lines[7:8] == before.split("\n")[4:5]
        assert lines[-1] == "end"
    with untouched(notes):
        assert program.render().status == 3
    for query, page in pages.items():
        page.write_text(page.read_text().replace(query, GOOD))
    assert program.render().status == 0
    assert {page.read_text() for page in pages.values()} == {before}


@pytest.mark.parametrize("arguments", [("status", "--vault", "x"), ("query", "--vault", "x", "1")])
def test_a_folder_that_does_not_exist_is_told(program: Program, arguments: tuple[str, ...]) -> None:
    done = program(*arguments)
    assert done.status == 2
    assert done.err.endswith("there is no folder 'x'\n")
