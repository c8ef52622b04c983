"""The wheel and the sdist: what is in them, and that the program runs from them."""

from __future__ import annotations

import email
import os
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

import taiga_notes

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
VERSION = taiga_notes.__version__
NAME = f"taiga_notes-{VERSION}"


@dataclass(frozen=True)
class Built:
    """What was built, by the tools that are installed already: nothing is fetched."""

    folder: Path

    @property
    def wheel(self) -> Path:
        return self.folder / f"{NAME}-py3-none-any.whl"

    @property
    def sdist(self) -> Path:
        return self.folder / f"{NAME}.tar.gz"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The sdist, and the wheel that is built from it as an installer would."""
    folder = tmp_path_factory.mktemp("dist")
    run([sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder)], ROOT)
    return Built(folder)


@pytest.fixture(scope="module")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the wheel is installed, before which no other copy counts."""
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*pip, "--no-deps", "--no-index", "--target", str(folder), str(built.wheel)], folder)
    return folder


def run(command: list[str], folder: Path, **env: str) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONWARNINGS": "", **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def files(folder: str, beneath: str = "") -> set[str]:
    """The files of a folder of the checkout, by their places beneath another; no tool's caches."""
    found = (path for path in (ROOT / folder).rglob("*") if path.is_file())
    return {
        f"{beneath or folder}/{path.as_posix()}"
        for path in (path.relative_to(ROOT / folder) for path in found)
        if path.suffix != ".pyc" and not any(part.startswith(".") for part in path.parts)
    }


def test_the_wheel_holds_the_package_its_templates_and_examples_and_nothing_else(
    built: Built,
) -> None:
    with zipfile.ZipFile(built.wheel) as wheel:
        names = set(wheel.namelist())
    about = {name for name in names if name.startswith(f"{NAME}.dist-info/")}
    shared = f"{NAME}.data/data/share/man/man1/taiga-notes.1"
    assert names - about == (
        files("taiga_notes")
        | {shared}
        | files("templates", "taiga_notes/_templates")
        | files("examples/vault", "taiga_notes/_examples/vault")
    )
    assert {
        "taiga_notes/py.typed",
        "taiga_notes/_templates/taigaRecurringTasks.md.j2",
        "taiga_notes/_examples/vault/taiga-notes.toml",
        "taiga_notes/_examples/vault/taiga.json",
    } <= names
    assert {name.partition("/")[2] for name in about} == {
        "METADATA",
        "RECORD",
        "WHEEL",
        "entry_points.txt",
        "licenses/LICENSE",
    }


def test_the_sdist_holds_what_builds_and_tests_it(built: Built) -> None:
    with tarfile.open(built.sdist) as sdist:
        names = {name.removeprefix(f"{NAME}/") for name in sdist.getnames()}
    assert {name for name in names if "/" not in name} == {
        ".gitignore",
        ".pre-commit-hooks.yaml",
        "CHANGELOG.md",
        "LICENSE",
        "PKG-INFO",
        "README.md",
        "pyproject.toml",
    }
    assert names > files("taiga_notes") | files("templates") | files("examples") | files("man")
    assert "tests/test_wheel.py" in names


def test_it_says_what_it_needs(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as wheel:
        about = email.message_from_bytes(wheel.read(f"{NAME}.dist-info/METADATA"))
        script = wheel.read(f"{NAME}.dist-info/entry_points.txt").decode()
    assert script.split() == ["[console_scripts]", "taiga-notes", "=", "taiga_notes.cli:main"]
    assert about["Requires-Python"] == ">=3.11"
    needed = [line for line in about.get_all("Requires-Dist", []) if "extra ==" not in line]
    names = {line.partition(">=")[0] for line in needed}
    assert names == {
        *("certifi", "httpcore", "httpx", "idna", "jinja2", "python-frontmatter"),
        *("truststore", "tzdata", "watchdog"),
    }


def test_what_a_release_would_upload_is_well(built: Built) -> None:
    twine = [sys.executable, "-m", "twine", "check", "--strict"]
    assert run([*twine, str(built.wheel), str(built.sdist)], built.folder).count("PASSED") == 2
    with zipfile.ZipFile(built.wheel) as wheel:
        about = email.message_from_bytes(wheel.read(f"{NAME}.dist-info/METADATA"))
    said = [line.rpartition(" ")[2] for line in about.get_all("Classifier", [])]
    assert [each for each in said if each.startswith("3.")] == ["3.11", "3.12", "3.13", "3.14"]
    urls = [line.partition(",")[0] for line in about.get_all("Project-URL", [])]
    assert urls == ["Homepage", "Documentation", "Changelog", "Repository", "Issues"]


def test_the_manual_page_is_installed_where_man_looks(installed: Path) -> None:
    assert (installed / "share" / "man" / "man1" / "taiga-notes.1").is_file()


def test_the_program_runs_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    program = str(installed / "bin" / "taiga-notes")
    env = {"PYTHONPATH": str(installed), "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    ours = "import taiga_notes; print(taiga_notes.__file__)"
    file = run([sys.executable, "-c", ours], tmp_path, **env).strip()
    assert file == str(installed / "taiga_notes" / "__init__.py")
    assert run([program, "--version"], tmp_path, **env) == f"taiga-notes {VERSION}\n"

    shown = run([program, "demo", "demo"], tmp_path, **env)

    assert "\n6 pages rendered, 0 unchanged\n" in shown
    assert "/us/16) [New] Monthly restore test of the backups\n" in shown
    builtin = run([program, "templates"], tmp_path, **env)
    assert builtin.count("built-in") == len(files("templates"))
    assert run([program, "templates", "links"], tmp_path, **env) == (
        (ROOT / "templates" / "links.md.j2").read_text(encoding="utf-8")
    )
