"""The units in `examples/service/`: of their system's form, and calling what there is."""

from __future__ import annotations

import plistlib
from configparser import RawConfigParser
from pathlib import Path
from xml.etree import ElementTree as ET

from taiga_notes.cli import COMMANDS

SERVICE = Path(__file__).parent.parent / "examples" / "service"
TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


def test_the_systemd_unit_watches() -> None:
    unit = RawConfigParser()
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(SERVICE / "taiga-notes.service")
    program, command, *_ = unit["Service"]["ExecStart"].split()
    assert (Path(program).name, command) == ("taiga-notes", "watch")
    assert "HUP" in unit["Service"]["ExecReload"]


def test_the_launchd_agent_watches() -> None:
    agent = plistlib.loads((SERVICE / "org.taiga-notes.watch.plist").read_bytes())
    program, command, _ = agent["ProgramArguments"]
    assert (Path(program).name, command) == ("taiga-notes", "watch")


def test_the_windows_task_watches() -> None:
    task = ET.parse(SERVICE / "taiga-notes-watch.xml").getroot()  # noqa: S314 - our own file
    [action] = task.iter(f"{TASK}Exec")
    assert action.findtext(f"{TASK}Command") == "taiga-notes"
    assert (action.findtext(f"{TASK}Arguments") or "").split()[0] in COMMANDS
