"""One Taiga in memory, which behaves as the real one does, also where that is awkward.

    taiga = Taiga()                                  # Taiga(Clock(a_moment)): a still clock
    ada = taiga.add_user("ada")                      # password "ada-password"
    project = taiga.add_project("Acme", owner=ada, slug="acme")
    sprint = taiga.add_sprint(project, "Sprint 1")
    story = taiga.add_story(project, "Sign-up form", status="Ready", sprint=sprint)
    taiga.add_task(story, "Draw it")

    with serve(taiga) as server:                     # http://127.0.0.1:PORT/api/v1
        httpx.get(f"{server.url}/userstories", params={"project": project.id})

    taiga.drag_on_board(story, "Done")               # status changes, modified_date does not
    taiga.edit(story, subject="Sign-up", tags=["ux"])
    taiga.faults.add("reset", times=2, path="/userstories")
    taiga.log.lines()                                # ["GET /userstories?project=1", …]

    taiga.settings.rates["anon-read"] = "5/min"      # throttle
    taiga.clock.advance(24 * 3600)                   # tokens expire

`populate(taiga, stories=1000)` makes a whole project, `acme`. `python -m tests.fake_taiga --stories
10000` serves one as a process and prints its address. `taiga.app` is the WSGI application, for
tests without a socket (faults that break connections need `serve`).

Where: rows in `model.py`; acts in `people.py`, `making.py`, `acting.py`, `naming.py`; faults in
`faults.py`; a server's settings in `world.Settings`; webhook bytes in `delivery.signed`. Use the
acts: they leave the traces that Taiga leaves, and forget the rows' kept JSON. Who sets a row's
attribute by hand calls `taiga.forget(row)`.
"""

from tests.fake_taiga.clock import Clock
from tests.fake_taiga.delivery import signed
from tests.fake_taiga.populate import populate
from tests.fake_taiga.serve import Server, serve
from tests.fake_taiga.taiga import Taiga

__all__ = ["Clock", "Server", "Taiga", "populate", "serve", "signed"]
