"""Processes that log in, for tests of what several do at once and of what a killed one leaves.

python -m tests.taiga.sessions together API STATE NUMBER   they all want the session at once
python -m tests.taiga.sessions killed API STATE NUMBER     each renews it and is killed meanwhile
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from taiga_notes.config.settings import UserConfig
from taiga_notes.taiga.auth.session import session
from taiga_notes.taiga.http.client import Client

if TYPE_CHECKING:
    from collections.abc import Callable

LIFE = (0.0, 0.1)
"""Seconds after which a process is killed that is at work: it renews the session every 20 ms."""


AT_WORK = b"."
"""What a process says when it has renewed the session once."""


def main(mode: str, api: str, state: str, number: str) -> None:
    user = UserConfig(
        Path(state) / "config.toml", api=api, username="ada", password="ada-password", keyring=False
    )
    modes: dict[str, Callable[[UserConfig, Path, int], None]] = {
        "together": _together,
        "killed": _killed,
    }
    modes[mode](user, Path(state), int(number))


def _together(user: UserConfig, state: Path, number: int) -> None:
    start = time.monotonic() + 0.1
    children = [_fork(lambda: _ask(user, state, start)) for _ in range(number)]
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * number


def _killed(user: UserConfig, state: Path, number: int) -> None:
    chance = random.Random(number)  # noqa: S311 - repeatable
    for _ in range(number):
        heard, told = os.pipe()
        child = _fork(lambda: _renew_for_ever(user, state, told))  # noqa: B023 - called at once
        os.close(told)
        assert os.read(heard, 1) == AT_WORK
        time.sleep(chance.uniform(*LIFE))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(heard)
        survivor = _fork(lambda: _ask(user, state, 0.0))
        assert os.waitpid(survivor, 0)[1] == 0


def _fork(act: Callable[[], None]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        act()
    except BaseException:  # noqa: BLE001 - a forked child must not go on as its parent
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _ask(user: UserConfig, state: Path, start: float) -> None:
    client = Client(user.api, session(user, state))
    time.sleep(max(0.0, start - time.monotonic()))
    me = client.get("/users/me").data
    assert isinstance(me, dict)
    assert me["username"] == "ada"


def _renew_for_ever(user: UserConfig, state: Path, told: int) -> None:
    auth = session(user, state)
    client = Client(user.api, auth)
    auth.renewed(auth.authorization(client.post), client.post)
    os.write(told, AT_WORK)
    while True:
        auth.renewed(auth.authorization(client.post), client.post)


if __name__ == "__main__":
    main(*sys.argv[1:])
