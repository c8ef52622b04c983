"""The examples are a vault that is kept true: rendering them again changes nothing."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cli.program import Program

from tests.cli.conftest import program as program  # noqa: PLC0414 - a fixture

VAULT = Path(__file__).parent.parent / "examples" / "vault"


def test_the_examples_are_rendered(program: Program) -> None:
    shutil.copytree(VAULT, program.folder, dirs_exist_ok=True)
    result = program("render", "--check", "--snapshot", "taiga.json")
    assert (result.status, result.out) == (0, "0 pages would change, 6 unchanged\n"), result.out


def test_the_demo_ends_with_what_the_examples_show(program: Program) -> None:
    assert program("demo", "vault").status == 0
    for page in VAULT.rglob("*.md"):
        shown = program.folder / "vault" / page.relative_to(VAULT)
        assert shown.read_bytes() == page.read_bytes(), page
