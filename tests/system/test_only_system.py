"""Only `taiga_notes.system` writes, makes, moves and removes files, and takes the time.

Read from the syntax trees: a way that tests never take counts as well. SQLite writes its own file.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tests.structure.source import Module, modules
from tests.tables import each

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

OS = frozenset(
    (
        *("open", "write", "truncate", "ftruncate", "mkfifo", "mknod"),
        *("mkdir", "makedirs", "rmdir", "removedirs"),
        *("rename", "renames", "replace", "remove", "unlink", "link", "symlink"),
        *("chmod", "fchmod", "lchmod", "chown", "fchown", "lchown", "utime", "setxattr"),
    )
)
SHUTIL = frozenset(
    (
        *("chown", "copy", "copy2", "copyfile", "copyfileobj", "copymode", "copystat", "copytree"),
        *("make_archive", "move", "rmtree", "unpack_archive"),
    )
)
CLOCK = frozenset(("time", "time_ns", "localtime", "gmtime", "strftime", "ctime", "asctime"))
FUNCTIONS = {"os": OS, "shutil": SHUTIL, "time": CLOCK}
"""By module, what may not be had from it."""

METHODS = frozenset(
    (
        *("write_text", "write_bytes", "mkdir", "rmdir", "unlink", "chmod", "lchmod"),
        *("symlink_to", "hardlink_to"),
    )
)
"""Of a path, and of nothing else in the package."""

NOW = frozenset(("now", "today", "utcnow"))


def found(nodes: Collection[ast.AST]) -> list[str]:
    """What a module does that is for `system` to do, as `line: code`."""
    return [f"{node.lineno}: {ast.unparse(node)}" for node in _found(nodes)]


def _found(nodes: Collection[ast.AST]) -> Iterator[ast.expr | ast.stmt]:
    for node in nodes:
        match node:
            case ast.Call() if _opens(node) or _moves(node):
                yield node
            case ast.Attribute() if _is_taken(node) and not _is_null(nodes, node):
                yield node
            case ast.ImportFrom(module=str(module), names=names) if any(
                name.name in FUNCTIONS.get(module, ()) or module == "tempfile" for name in names
            ):
                yield node
            case ast.Import(names=names) if any(name.name == "tempfile" for name in names):
                yield node


NAMES = NOW.union(METHODS, *FUNCTIONS.values())


def _is_taken(node: ast.Attribute) -> bool:
    if node.attr not in NAMES:
        return False
    owner = ast.unparse(node.value)
    if node.attr in NOW:
        return owner.rpartition(".")[2] in {"datetime", "date"}
    return node.attr in FUNCTIONS.get(owner, ()) or (
        node.attr in METHODS and owner not in FUNCTIONS
    )


def _is_null(nodes: Collection[ast.AST], node: ast.Attribute) -> bool:
    """Whether that is the call that opens the null device, which keeps nothing."""
    return any(
        isinstance(call, ast.Call)
        and call.func is node
        and call.args
        and ast.unparse(call.args[0]) == "os.devnull"
        for call in nodes
    )


def _opens(call: ast.Call) -> bool:
    """Whether that opens a file otherwise than for reading."""
    if isinstance(call.func, ast.Name) and call.func.id == "open":
        modes = call.args[1:2]
    elif isinstance(call.func, ast.Attribute) and call.func.attr == "open":
        # Others have methods of that name too; a path's takes the mode first.
        modes = [each for each in call.args[:1] if isinstance(each, ast.Constant)]
    else:
        return False
    modes += [each.value for each in call.keywords if each.arg in {"mode", "opener"}]
    is_for_reading = all(
        isinstance(mode, ast.Constant) and mode.value in {"r", "rb", "rt"} for mode in modes
    )
    return not is_for_reading and "os.devnull" not in ast.unparse(call)


def _moves(call: ast.Call) -> bool:
    """Whether that is a path's `replace`, `rename` or `touch`: texts take two arguments."""
    return isinstance(call.func, ast.Attribute) and (
        (call.func.attr in {"replace", "rename"} and len(call.args) == 1 and not call.keywords)
        or (call.func.attr == "touch" and not call.args)
    )


MODULES = [module for module in modules() if "system" not in module.name.split(".")]


@each("module", MODULES, ids=lambda module: module.name)
def test_a_module_leaves_files_and_the_time_to_the_system_room(module: Module) -> None:
    assert found(module.nodes) == []


@each(
    "source",
    [
        "open(p, 'w')",
        "open(p, 'rb+')",
        "open(p, mode='ab')",
        "open(p, mode)",
        "open(p, opener=private)",
        "p.open('x')",
        "p.open(mode='wb')",
        "p.with_name('new').write_text('')",
        "Path(p).mkdir(parents=True)",
        "p.replace(q)",
        "p.rename(q)",
        "p.touch()",
        "p.unlink(missing_ok=True)",
        "os.open(p, flags)",
        "os.mkdir(p)",
        "os.replace(p, q)",
        "remove = os.unlink",
        "shutil.copytree(p, q)",
        "import tempfile",
        "from tempfile import mkstemp",
        "from os import makedirs",
        "from shutil import rmtree",
        "time.time()",
        "clock = time.time",
        "time.strftime('%H:%M')",
        "from time import time_ns",
        "datetime.now().astimezone()",
        "dt.datetime.now(dt.UTC)",
        "date.today()",
    ],
)
def test_what_is_for_the_system_room_is_seen(source: str) -> None:
    assert found([*ast.walk(ast.parse(source))])


@each(
    "source",
    [
        "open(p)",
        "open(p, 'rb')",
        "open(p, encoding='utf-8')",
        "p.open('rb')",
        "Taiga.open(settings, folders)",
        "os.dup2(os.open(os.devnull, os.O_WRONLY), 1)",
        "Path(os.devnull).open('w')",
        "text.replace('a', 'b')",
        "dataclasses.replace(status, pages=3)",
        "agenda.touch(name, at)",
        "shutil.get_terminal_size()",
        "time.monotonic()",
        "time.sleep(1)",
        "clock.now()",
        "datetime.fromtimestamp(seconds)",
        "create_file(p, b'')",
    ],
)
def test_what_reads_or_waits_is_anybodys(source: str) -> None:
    assert found([*ast.walk(ast.parse(source))]) == []
