"""The fake Taiga served on a socket."""

from __future__ import annotations

import json
import urllib.request

from tests.fake_taiga import Taiga, populate, serve


def test_a_list_arrives_over_a_real_socket() -> None:
    taiga = Taiga()
    project = populate(taiga, stories=40)
    with serve(taiga) as server:
        address = f"{server.url}/userstories?project={project.id}"
        with urllib.request.urlopen(address) as response:  # noqa: S310 - the server above
            rows = json.load(response)
    assert len(rows) == 30
    assert response.headers["x-pagination-count"] == "40"
    assert taiga.log.lines() == [f"GET /userstories?project={project.id}"]
