"""The units in `examples/service/`: of their system's form, and calling what there is."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import os
import plistlib
import re
import shutil
import socket
import subprocess
import time
from configparser import RawConfigParser
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
import yaml

from taiga_notes.cli import COMMANDS
from taiga_notes.config.toml_reader import Endpoint
from taiga_notes.webhook.receiver import Receiver
from tests.programs import DEBIAN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taiga_notes.webhook.signatures import Delivery

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


def test_the_full_run_installs_every_program_that_tests_need() -> None:
    full = (SERVICE.parents[1] / ".ci" / "full").read_text()
    installed = full.partition("apt-get install")[2].partition("\n.venv")[0].split()
    assert set(" ".join(DEBIAN.values()).split()) - {"nodejs", "npm"} <= set(installed)


# --- reverse proxies before the watch ---

RECEIVER = "127.0.0.1:8765"
"""Where the README and all snippets have it."""
KEY = "lab-hook-key"


def test_every_proxy_passes_the_readmes_hook_on() -> None:
    readme = (SERVICE.parents[1] / "README.md").read_text(encoding="utf-8")
    assert f"--webhook {RECEIVER}" in readme
    for name in ("nginx.conf", "Caddyfile", "cloudflared.yml"):
        text = (SERVICE / name).read_text(encoding="utf-8")
        assert "webhook add https://notes.example.org/hook" in text
        assert text.count(RECEIVER) == 2
        assert f"examples/service/{name}" in readme or "examples/service/" in readme


def test_the_tunnels_rules_take_the_hook_alone() -> None:
    rules = yaml.safe_load((SERVICE / "cloudflared.yml").read_text(encoding="utf-8"))["ingress"]
    assert rules[0]["service"] == f"http://{RECEIVER}"
    assert re.search(rules[0]["path"], "/hook")
    assert not re.search(rules[0]["path"], "/hooks")
    assert rules[-1] == {"service": "http_status:404"}


@contextmanager
def nginx(folder: Path, receiver: str, more: str = "") -> Iterator[int]:
    """nginx with our snippet in its server block, at a free port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    snippet = (SERVICE / "nginx.conf").read_text(encoding="utf-8").replace(RECEIVER, receiver)
    temporary = "\n".join(
        f"{kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    file = folder / "nginx.conf"
    file.write_text(
        f"""
        daemon off; pid {folder}/pid; error_log {folder}/log;
        events {{}}
        http {{
            access_log off;
            {temporary}
            server {{ listen 127.0.0.1:{port}; {more}
            {snippet}
            }}
        }}
        """
    )
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "nginx is not installed"
    process = subprocess.Popen([program, "-p", folder, "-c", file, "-e", folder / "log"])
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(60)


def _wait_for(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("nginx did not start")


def _posted(port: int, path: str, number: int, *, key: str = KEY, chunked: bool = False) -> int:
    document = {"type": "userstory", "date": f"2026-11-22T04:06:{number:02}Z", "data": {"id": 1}}
    body = json.dumps(document).encode()
    signature = hmac.digest(key.encode(), body, hashlib.sha1).hex()
    headers = {"X-TAIGA-WEBHOOK-SIGNATURE": signature, "Content-Type": "application/json"}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        sent = iter([body[:9], body[9:]]) if chunked else body
        connection.request("POST", path, sent, headers, encode_chunked=chunked)
        return connection.getresponse().status


@pytest.mark.programs
@pytest.mark.parametrize("path", ["", "/hook"])
@pytest.mark.parametrize("more", ["", "proxy_request_buffering off;"])
def test_deliveries_come_through_the_real_nginx(tmp_path: Path, path: str, more: str) -> None:
    taken: list[Delivery] = []
    receiver = Receiver(Endpoint("127.0.0.1", 0, path), {"acme": KEY}, taken.append)
    with receiver, nginx(tmp_path, receiver.address, more) as port:
        assert _posted(port, "/hook", 1) == 202
        assert _posted(port, "/hook", 2, chunked=True) == 202
        assert _posted(port, "/hook", 3, key="another key") == 403
        assert _posted(port, "/elsewhere", 4) in {403, 404, 405}
    assert len(taken) == 2


@pytest.mark.programs
def test_without_a_watch_the_real_nginx_says_so(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        nobody = f"127.0.0.1:{free.getsockname()[1]}"
    with nginx(tmp_path, nobody) as port:
        assert _posted(port, "/hook", 1) == 502
