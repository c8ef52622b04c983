"""Each recorded request is asked of the fake, which must give the recorded answer.

Status, header names (to the letter) and their values, the JSON's keys in their order, types and
values; what may differ is said in `scenes.py`.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.fake_taiga_conformance.asking import ask
from tests.fake_taiga_conformance.compare import differences
from tests.fake_taiga_conformance.lab import Lab
from tests.fake_taiga_conformance.recordings import Exchange, exchange, names
from tests.fake_taiga_conformance.scenes import NOT_ASKED, SCENES, Scene
from tests.tables import each

pytestmark = pytest.mark.slow

ALLOWED_HEADERS = {
    *("X-Frame-Options", "X-Content-Type-Options", "Referrer-Policy"),
    *("Access-Control-Allow-Origin", "Access-Control-Expose-Headers", "Content-Length"),
}
"""What a real Taiga sends as well and the recordings leave out."""

ASKED_ELSEWHERE = {"push", "occ2", "occ3", "history", "join"}
"""Recorded of another project: see `test_push_recordings.py`."""


def asked_again(recorded: Exchange, scene: Scene) -> tuple[int, list[tuple[str, str]], Any]:
    """The fake's answer to a recorded request."""
    lab = Lab()
    with lab.cleanup:
        return _ask_again(lab, recorded, scene)


def _ask_again(
    lab: Lab, recorded: Exchange, scene: Scene
) -> tuple[int, list[tuple[str, str]], Any]:
    changed = scene.prepare(lab)
    headers = dict(recorded.headers)
    if headers.get("Authorization") == "Bearer TOKEN":
        token = changed.get("token") or lab.taiga.token(lab.user(scene.user))
        headers["Authorization"] = f"Bearer {token}"
    body = changed.get("body", recorded.body)
    return ask(lab.taiga, recorded.method, recorded.path, headers, body)


@each("name", SCENES)
def test_the_fake_answers_as_recorded(name: str) -> None:
    recorded, scene = exchange(name), SCENES[name]
    status, headers, body = asked_again(recorded, scene)
    assert status == recorded.status, body
    assert list(_header_differences(recorded, headers)) == []
    assert list(differences(recorded.answer, body, scene.loose)) == []


def _header_differences(recorded: Exchange, headers: list[tuple[str, str]]) -> list[str]:
    ours = dict(headers)
    wrong = [
        f"{name}: {value!r} is recorded, the fake says {ours.get(name)!r}"
        for name, value in recorded.answer_headers.items()
        if ours.get(name) != value
    ]
    unknown = set(ours) - set(recorded.answer_headers) - ALLOWED_HEADERS
    return wrong + [f"{name}: the fake says it, no recording does" for name in unknown]


def test_every_recording_is_asked_or_excused() -> None:
    exchanges = {
        name
        for name in names()
        if not name.endswith(".body") and name.partition("/")[0] not in ASKED_ELSEWHERE
    }
    assert exchanges == SCENES.keys() | NOT_ASKED.keys()
