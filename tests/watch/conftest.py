from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from taiga_notes.config.loading import load
from taiga_notes.system.paths import Folders
from taiga_notes.watch.inbox import Inbox
from taiga_notes.watch.worker import Options, Worker
from tests.fake_taiga import Taiga, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from taiga_notes.config.settings import Settings
    from taiga_notes.watch.events import Event, Topic

SETTINGS = 'project = "acme"\n[watch]\nquiet_ms = 50\nevery = "1h"\n'
BLOCK = "<!-- taiga: from userstories select subject template list -->\n\n<!-- /taiga -->\n"


class Bench:
    """A worker at work in a thread, on real files and with a Taiga on a socket."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.vault = folder / "vault"
        self.vault.mkdir()
        self.config = folder / "config.toml"
        (self.vault / "taiga-notes.toml").write_text(SETTINGS)
        self.folders = Folders(folder, folder / "cache", folder / "state")
        self.taiga = Taiga()
        project = self.taiga.add_project("Acme", owner=self.taiga.add_user("ada"), slug="acme")
        self.taiga.make_public(project)
        self.project = project
        self.story = self.taiga.add_story(project, "Sign-up form")
        self.inbox = Inbox()
        self.events: list[Event] = []
        self.error: Exception | None = None
        self._thread: threading.Thread | None = None

    def connect(self, api: str) -> None:
        self.config.write_text(f'api = "{api}"\nanonymous = true\n')

    def load(self) -> Settings:
        return load(self.vault, {"TAIGA_NOTES_CONFIG": str(self.config)})

    def write(self, name: str, text: str = BLOCK) -> Path:
        page = self.vault / name
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text)
        return page

    def worker(self, options: Options | None = None) -> Worker:
        return Worker(self.load, self.folders, self.inbox, options or Options())

    def start(self, options: Options | None = None) -> Worker:
        worker = self.worker(options)
        self._thread = threading.Thread(target=self._work, args=[worker])
        self._thread.start()
        return worker

    def _work(self, worker: Worker) -> None:
        try:
            for event in worker.events():
                self.events.append(event)
        except Exception as error:  # noqa: BLE001  (it is the test's that waits)
            self.error = error

    def stop(self) -> None:
        self.inbox.stop()
        if self._thread:
            self._thread.join(20)
            assert not self._thread.is_alive()

    def until(self, topic: Topic, text: str = "", since: int = 0) -> Event:
        end = time.monotonic() + 120
        while True:
            for event in self.events[since:]:
                if event.topic is topic and text in event.text:
                    return event
            assert self.error is None
            assert time.monotonic() < end, (topic, text, self.events[since:])
            time.sleep(0.005)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    with serve(bench.taiga) as server:
        bench.connect(server.url)
        yield bench
        bench.stop()
