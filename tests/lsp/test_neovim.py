"""The language server in a real Neovim, headless: Debian's, whose LSP client is an old one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.program import PROGRAM
from tests.programs import program

SCRIPT = Path(__file__).with_name("init.lua")


@pytest.mark.programs
def test_neovim_underlines_completes_renders_and_undoes(vault: Path, home: dict[str, str]) -> None:
    page = vault / "Welcome.md"
    before = page.read_bytes()
    env = home | {"TAIGA_NOTES": str(PROGRAM), "PAGE": str(page)}
    command = [program("nvim"), "--headless", "-u", "NONE", "-n", "-c", f"luafile {SCRIPT}"]
    done = subprocess.run(
        command, env=env, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Error" not in done.stderr, done.stderr
    assert page.read_bytes() == before
