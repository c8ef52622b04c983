"""Write a small vault and render it from a bundled snapshot: no server, no account."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from shlex import quote

from taiga_notes.cli import opening, output, status_of
from taiga_notes.cli.report import DiffReport
from taiga_notes.errors import ConfigError
from taiga_notes.page.splice import emptied
from taiga_notes.refresh.refresh import refresh
from taiga_notes.system.atomic_write import create_file
from taiga_notes.system.folders import make_folder

SNAPSHOT = "taiga.json"
"""The bundled project's rows, in the vault itself, whose settings name it."""


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    parser.add_argument("folder", nargs="?", type=Path, default=Path("taiga-notes-demo"))


def run(args: Namespace) -> int:
    """Writes, renders and shows what changed.

    Raises:
        ConfigError: the folder is in use.
    """
    _copy(args.folder)
    settings = opening.settings(args.folder)
    vault = opening.vault(settings)
    rows = Namespace(snapshot=None, project=None, server="", offline=True, full=False)
    with (
        DiffReport("rendered") as report,
        opening.opened(rows, settings) as opened,
        vault.writing() as writer,
    ):
        for outcome in refresh(vault, [""], opened.render_context, lambda: writer):
            report.add(outcome)
        report.end(opened)
    output.say(f"the vault is in {args.folder}: change a page, or a subject in {SNAPSHOT}, then")
    output.say(f"  taiga-notes render {quote(str(args.folder))}")
    return status_of(report.errors)


def examples_folder() -> Path:
    """Where the bundled vault lies: in the wheel, or in a checkout beside the package."""
    package = Path(__file__).parent.parent
    bundled = package / "_examples"
    return bundled if bundled.is_dir() else package.parent / "examples"


def _copy(folder: Path) -> None:
    """The bundled vault, its blocks emptied so that there is something to render."""
    try:
        if folder.exists() and any(folder.iterdir()):
            raise ConfigError(f"{folder} is not empty", hint="name another: `taiga-notes demo DIR`")
        bundled = examples_folder() / "vault"
        for file in filter(Path.is_file, bundled.rglob("*")):
            data, copy = file.read_bytes(), folder / file.relative_to(bundled)
            make_folder(str(copy.parent))
            is_page = copy.suffix == ".md"
            create_file(str(copy), emptied(data.decode()).encode() if is_page else data)
    except OSError as error:
        raise ConfigError(f"{folder} can't be written: {error.strerror}") from error
