"""The examples are a vault that is kept true: rendering them again changes nothing."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cli.program import Program

from taiga_notes.render import Templates, builtin_folder
from tests.cli.conftest import program as program  # noqa: PLC0414 - a fixture
from tests.pictures import EXAMPLES, drawn_from, pictures

VAULT = EXAMPLES / "vault"
LOOKS = EXAMPLES / "looks"
MIRROR = EXAMPLES / "mirror"
LARGEST = 200_000
"""Bytes of a picture."""


def test_the_examples_are_rendered(program: Program) -> None:
    shutil.copytree(VAULT, program.folder, dirs_exist_ok=True)
    result = program("render", "--check", "--snapshot", "taiga.json")
    assert (result.status, result.out) == (0, "0 pages would change, 6 unchanged\n"), result.out


def test_the_demo_ends_with_what_the_examples_show(program: Program) -> None:
    assert program("demo", "vault").status == 0
    for page in VAULT.rglob("*.md"):
        shown = program.folder / "vault" / page.relative_to(VAULT)
        assert shown.read_bytes() == page.read_bytes(), page


def test_the_looks_and_charts_are_rendered(program: Program) -> None:
    shutil.copytree(LOOKS, program.folder, dirs_exist_ok=True)
    pages = len([*LOOKS.glob("*.md")])
    result = program("render", "--check", "--snapshot", str(VAULT / "taiga.json"))
    assert (result.status, result.out) == (0, f"0 pages would change, {pages} unchanged\n"), (
        result.out
    )


def test_a_mirror_finds_its_pages_as_they_should_be(program: Program) -> None:
    shutil.copytree(MIRROR, program.folder, dirs_exist_ok=True)
    shutil.copy(VAULT / "taiga.json", program.folder)
    pages = len([*MIRROR.rglob("*.md")])
    result = program("render", "--check", "--snapshot", "taiga.json")
    assert (result.status, result.out) == (0, f"0 pages would change, {pages} unchanged\n"), (
        result.out
    )


def test_each_template_has_an_example() -> None:
    used = "".join(page.read_text(encoding="utf-8") for page in EXAMPLES.rglob("*.md"))
    for template in Templates([builtin_folder()]).names():
        assert re.search(rf"template {template.name}\b|templates\.{template.name}\b", used), (
            template
        )


def test_the_pictures_are_of_what_they_are_said_to_be_of() -> None:
    for picture in pictures():
        assert drawn_from(picture.file) == picture.fingerprint, (
            f"{picture.file.name} is not current: python -m tests.pictures"
        )
        assert picture.file.stat().st_size < LARGEST, picture.file
    files = {*EXAMPLES.glob("*.png"), *(LOOKS / "charts").iterdir()}
    assert files == {picture.file for picture in pictures()}
