"""The command line: arguments → exit status.

One command a module; each is imported only when it is called, and has `add_arguments(parser)`
and `run(args) -> int`. This is the one boundary where errors become messages and statuses.
"""

from __future__ import annotations

import gc
import os
import sys
from contextlib import contextmanager, nullcontext, redirect_stdout
from importlib import import_module
from io import TextIOWrapper

import taiga_notes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

COMMANDS = {
    "render": "refresh the blocks of pages",
    "watch": "keep pages true: refresh when notes, templates or Taiga change",
    "mirror": "keep a page for each item that a query gives, with its data in front matter",
    "new": "make the page of one item",
    "push": "send what was changed in blocks to Taiga: ticks, cells, new lines",
    "query": "evaluate an expression without a page",
    "explain": "tell why a block or a query shows what it shows",
    "list": "list the blocks of pages: source, template, rows, age",
    "lint": "check pages, presets, templates and settings without asking Taiga",
    "fields": "list the fields of a source, with types and examples",
    "templates": "list the templates, or show one",
    "demo": "write a small vault and render it, without server or account",
    "init": "write a commented taiga-notes.toml",
    "login": "log in to Taiga",
    "logout": "forget all tokens",
    "doctor": "check configuration, server, login, project, templates, presets and pages",
    "status": "show server, account, projects and the age of what is stored",
    "snapshot": "write the project's lists into a file",
    "bake": "turn SilverBullet's live queries and taiga fences into managed blocks",
    "unbake": "turn managed blocks back into what they were",
    "freeze": "let blocks stay as they are, for ever or until they are thawed",
    "thaw": "keep frozen blocks true again",
    "eject": "take blocks' markers away, so that their text is the page's own",
    "undo": "restore what the last run replaced",
    "merge-driver": "merge two versions of a page for git",
    "completion": "print what completes commands, flags, templates and pages in a shell",
    "cache": "clear what is stored of Taiga",
    "lsp": "serve an editor: the language server",
    "webhook": "add, list or remove Taiga's webhook for `watch --webhook`",
}

STATUSES = """\
exit status:
  0  done
  1  with --check or --dry-run: something would change, or waits to be sent
  2  a flag, a setting or a configuration file is wrong
  3  a page, block, query or template has a mistake
  4  Taiga can't be reached or refused; pages keep the last known state
  5  a login is needed, or was refused
  6  a page could not be read or written
  70  a mistake in taiga-notes itself
  130  interrupted
Of 3 to 6, the highest that applies."""

OWN_FLAGS = {"--help": "list the commands", "--version": "show the version"}
"""What may stand in a command's place."""

GARBAGE = 200_000
"""Objects more than before after which Python looks for garbage in circles. By default it does
after 700, which modules and rows make by the ten thousand: a twelfth of a render went into that."""

LASTING = frozenset({"watch", "lsp"})
"""Commands that run for days, where garbage is to be found as always."""

_USUAL = gc.get_threshold()


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
        argv: the arguments after the program's name; by default the process's own.

    Returns:
        The exit status, as `STATUSES` has it.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    gc.set_threshold(GARBAGE)
    _open_streams()
    try:
        status = _run(arguments)
    except KeyboardInterrupt:
        status = _interrupted()
    except Exception as error:  # noqa: BLE001  (no traceback reaches a user)
        status = _report(error)
    status = _flushed(status)
    if argv is None:
        # A process of our own ends here, and its memory with it: nobody need look for what is
        # garbage among all that was imported.
        gc.freeze()
    return status


def _open_streams() -> None:
    """Make sure that anything can be printed, whatever the streams' encoding, or if closed."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
        if stream is None:
            from pathlib import Path  # noqa: PLC0415  (hardly ever)

            stream = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  (it stays open)
            setattr(sys, name, stream)


def _run(arguments: list[str]) -> int:
    match arguments:
        case [] | ["-h" | "--help" | "help"]:
            return _say(usage())
        case ["-V" | "--version"]:
            return _say(f"taiga-notes {taiga_notes.__version__}")
        case ["-h" | "--help" | "help", name]:
            rest = ["--help"]
        case [name, *rest]:
            pass
    if name not in COMMANDS:
        return _unknown(name)
    from taiga_notes.cli.arguments import parser_of  # noqa: PLC0415

    module = import_module(module_of(name))
    parser = parser_of(name, module)
    try:
        args = parser.parse(rest)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 2
    if name in LASTING:
        gc.set_threshold(*_USUAL)
    with _hushed() if getattr(args, "hushed", False) else nullcontext():
        status: int = module.run(args)
    return status


def _say(text: str) -> int:
    try:
        print(text)
    except OSError as error:
        # Where nothing is buffered it fails here, and else in `_flushed`.
        from taiga_notes.cli import output  # noqa: PLC0415

        output.lose(sys.stdout, error)
    return 0


@contextmanager
def _hushed() -> Iterator[None]:
    """Nothing is told but what is wrong, which goes to standard error."""
    from pathlib import Path  # noqa: PLC0415  (few are asked to be quiet)

    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        yield


def module_of(command: str) -> str:
    """The name of the module that implements a command."""
    return f"taiga_notes.cli.{command.replace('-', '_')}_command"


def usage() -> str:
    """The text of `--help`."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {text}" for name, text in COMMANDS.items()]
    head = "usage: taiga-notes COMMAND [ARGUMENTS]\n\nTaiga queries in markdown notes."
    tail = "`taiga-notes COMMAND --help` tells more of one."
    return "\n".join([head, "", "commands:", *lines, "", STATUSES, "", tail])


def _unknown(name: str) -> int:
    from taiga_notes.cli import output  # noqa: PLC0415
    from taiga_notes.errors import similar  # noqa: PLC0415

    if name.startswith("-"):
        near = similar(name, OWN_FLAGS, 1, 0.6)
        hint = f"did you mean {near[0]!r}?" if near else "`taiga-notes --help` lists them"
        output.complain(f"{name!r} stands where a command belongs: {hint}")
        return 2
    near = similar(name, COMMANDS, 1, 0.6)
    hint = f"did you mean {near[0]!r}?" if near else "`taiga-notes --help` lists them"
    output.complain(f"unknown command {name!r}: {hint}")
    return 2


def _interrupted() -> int:
    from taiga_notes.cli import output  # noqa: PLC0415

    output.complain("interrupted")
    return 130


def _flushed(status: int) -> int:
    """The status, once all output is where it belongs, or nowhere where nobody reads it."""
    try:
        sys.stdout.flush()
    except OSError as error:
        from taiga_notes.cli import output  # noqa: PLC0415

        output.silence(sys.stdout)
        if not isinstance(error, BrokenPipeError):
            output.complain(f"the output can't be written: {error.strerror}")
            return status or 2
    return status


def _report(error: Exception) -> int:
    from taiga_notes.cli import output  # noqa: PLC0415
    from taiga_notes.errors import TaigaNotesError, own_mistake  # noqa: PLC0415

    if isinstance(error, TaigaNotesError):
        output.problem(error)
        return status_of([error])
    if os.environ.get("TAIGA_NOTES_DEBUG"):
        raise error
    if isinstance(error, FileNotFoundError) and _is_nowhere():
        output.complain("the folder that this was started in is gone (change to one that is there)")
        return 2
    output.complain(
        f"{own_mistake(error)}; "
        "nothing was lost; TAIGA_NOTES_DEBUG=1 shows the details for a report"
    )
    return 70


def _is_nowhere() -> bool:
    """Whether the working folder was removed, so that no relative path leads anywhere."""
    try:
        os.getcwd()  # noqa: PTH109  (as everything else of paths here)
    except FileNotFoundError:
        return True
    return False


def status_of(errors: Iterable[Exception]) -> int:
    """The exit status for what went wrong: 0 for nothing, else the highest that applies."""
    from taiga_notes import errors as tree  # noqa: PLC0415

    # The first match counts: LoginError is a SourceError as well.
    table: tuple[tuple[type[Exception], int], ...] = (
        (tree.LoginError, 5),
        (tree.SourceError, 4),
        (tree.WriteError, 6),
        (tree.BlockError, 3),
        (tree.RenderError, 3),
        (tree.ConfigError, 2),
    )
    return max(
        (next(status for kind, status in table if isinstance(error, kind)) for error in errors),
        default=0,
    )
