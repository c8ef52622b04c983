"""The package's structure, as `ARCHITECTURE.md` tells it and as a stranger needs it."""

from __future__ import annotations

import ast
import re
from functools import reduce
from importlib import import_module
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.structure.source import (
    PACKAGE,
    ROOT,
    Module,
    circles,
    class_names_twice,
    module_names_twice,
    modules,
)
from tests.tables import each

if TYPE_CHECKING:
    from collections.abc import Iterator

FOUND = modules()
BY_NAME = {module.name: module for module in FOUND}
PAPER = (ROOT / PACKAGE / "ARCHITECTURE.md").read_text(encoding="utf-8")

LONGEST = 45
"""Lines of a function."""

SECRET = re.compile(r"(^|_)(password|token|secret|header|auth|payload|webhook_key)s?$")
"""Names of fields."""

FLOORS = re.findall(r"^    ([a-z/_]+)/ ", PAPER, re.MULTILINE)
WAYS = re.findall(r"^## The way of (.+)\n\n((?:.+\n)+)", PAPER, re.MULTILINE)


def test_no_name_stands_for_two_modules_or_two_classes() -> None:
    assert module_names_twice(FOUND) == {}
    assert class_names_twice(FOUND) == {}


def test_no_modules_import_one_another_be_it_for_the_type_checker() -> None:
    assert circles(FOUND) == []


def test_functions_are_short() -> None:
    lengths = ((lines, module.name, name) for module in FOUND for name, lines in module.functions())
    assert [each for each in lengths if each[0] > LONGEST] == []


def test_no_dataclass_shows_what_may_be_a_secret() -> None:
    """A `repr` ends in tracebacks and logs."""
    shown = [
        f"{module.name}.{node.name}.{ast.unparse(field)}"
        for module in FOUND
        for node in module.statements
        if isinstance(node, ast.ClassDef) and "dataclass" in map(_decorator, node.decorator_list)
        if "__repr__" not in {each.name for each in node.body if isinstance(each, ast.FunctionDef)}
        for field in node.body
        if isinstance(field, ast.AnnAssign)
        and SECRET.search(ast.unparse(field.target))
        and "repr=False" not in ast.unparse(field)
    ]
    assert shown == []


def _decorator(node: ast.expr) -> str:
    return ast.unparse(node).partition("(")[0]


def test_the_floor_plan_has_each_folder_and_no_other() -> None:
    folders = {module.name for module in FOUND if module.is_folder and module.name}
    assert {floor.replace("/", ".") for floor in FLOORS} == folders


@each("folder", FLOORS)
def test_the_floor_plan_names_what_is_there(folder: str) -> None:
    (line,) = re.findall(rf"^    {folder}/ +(.+(?:\n {{20,}}\S.+)*)", PAPER, re.MULTILINE)
    there = {name.rpartition(".")[2] for name in BY_NAME if _folder(name) == folder}
    named = set(re.findall(r"`([a-z_]+)`", line))
    assert named <= there
    assert named or not there


def _folder(name: str) -> str:
    return name.rpartition(".")[0].replace(".", "/")


def _pairs() -> Iterator[tuple[str, str, str]]:
    for name, text in WAYS:
        for line in text.splitlines():
            steps = re.findall(r"`([\w.]+)`", line)
            yield from ((name, *pair) for pair in pairwise(steps))


@each(("way", "caller", "called"), [*_pairs()])
def test_a_way_is_a_line_of_calls_that_exist(way: str, caller: str, called: str) -> None:
    assert way
    for name in (caller, called):
        assert callable(_found(name)), name
    assert re.search(rf"\b{called.rpartition('.')[2]}\b", _module(caller).text)


def test_there_is_a_way_of_each_thing_that_crosses_the_house() -> None:
    ways = [
        *("a page", "a query", "a joined field", "a tick", "a mirror", "a keystroke"),
        *("a webhook", "an answer that is known", "a token"),
    ]
    assert [way for way, _ in WAYS] == ways


def _module_name(name: str) -> str:
    return max((each for each in BY_NAME if f"{name}.".startswith(f"{each}.")), key=len)


def _module(name: str) -> Module:
    return BY_NAME[_module_name(name)]


def _found(name: str) -> object:
    module = _module_name(name)
    parts = name[len(module) + 1 :].split(".")
    return reduce(getattr, parts, import_module(f"{PACKAGE}.{module}"))
