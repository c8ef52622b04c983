"""What was sent to Taiga, written down before it is sent, and closed by what came of it.

    pushes    a line of JSON for each request, and one for what came of it

The line of a request is on disk before the request leaves. What a kill, a lost network or a lost
answer leaves open is settled by the next push: it looks.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from taiga_notes.system.atomic_write import append_durably, replace_private
from taiga_notes.system.paths import make_state_folder, unusable_state

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

RUNS = 50
"""How many pushes are kept."""

DONE = "done"
"""The outcome of what arrived; any other means that nothing was changed."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request that is about to be sent.

    Attributes:
        run: by which push; so for each of its requests.
        number: its own, among those of the push.
        at: when, in Unix seconds.
        page: where the edit stands, and the line there.
        line: see `page`.
        kind: a name of `kinds.KINDS`.
        project: the project's slug.
        id: of the item; 0 of one that is to be made.
        ref: the same.
        subject: what it is called.
        field: what is changed, as Taiga names it; empty for an item that is to be made.
        was: its value before.
        to: its value behind.
        version: of the item when it was looked at.
        users: to whom a story was assigned before and is behind, where its assignee is changed.
        key: by which an item that is to be made is found again.
        newest: the number of the newest item that this account had made before: what this makes
            has a greater one, whatever the clocks say.
        block: by which its line is known again.
        word: the clause's word for it.
        note: why an item was blocked, where its block is lifted; what an undo puts back.
    """

    run: str
    number: int
    at: float
    page: str
    line: int
    kind: str
    project: str
    id: int
    ref: int
    subject: str
    field: str
    was: object
    to: object
    version: int
    users: tuple[tuple[int, ...], tuple[int, ...]] | None = None
    key: str = ""
    newest: int = 0
    block: str = ""
    word: str = ""
    note: str = ""

    @property
    def makes(self) -> bool:
        """Whether an item is to be made."""
        return not self.field


@dataclass(frozen=True, slots=True)
class Entry:
    """A request, and what came of it.

    Attributes:
        request: the request.
        outcome: `DONE`, or why nothing was changed; empty where it is open.
        ref: of an item that was made.
        is_consumed: whether the line is gone of which an item was made.
    """

    request: Request
    outcome: str = ""
    ref: int = 0
    is_consumed: bool = False

    @property
    def stands(self) -> bool:
        """Whether the line may stand there still of which an item was made."""
        return self.request.makes and self.outcome == DONE and not self.is_consumed

    @property
    def is_needed(self) -> bool:
        """Whether something would be sent twice without it."""
        return self.stands or not self.outcome


@dataclass
class _Read:
    entries: dict[tuple[str, int], Entry] = field(default_factory=dict)


class PushJournal:
    """The requests of a vault's pushes.

    Args:
        home: the vault's folder in the state folder.
    """

    def __init__(self, home: str) -> None:
        self._home = home
        self._path = os.path.join(home, "pushes")

    @property
    def lock(self) -> str:
        """The file by which one push at a time sends."""
        return os.path.join(self._home, "pushes.lock")

    def make_home(self) -> None:
        """Makes its folder.

        Raises:
            ConfigError: that fails.
        """
        make_state_folder(self._home)

    def add(self, request: Request) -> None:
        """Writes a request down; it is on disk on return, or must not be sent.

        Raises:
            ConfigError: it can't be written.
        """
        self._append({"request": asdict(request)})

    def close(self, request: Request, outcome: str, ref: int = 0) -> None:
        """Writes down what came of a request.

        Raises:
            ConfigError: it can't be written.
        """
        self._append({"run": request.run, "number": request.number, "outcome": outcome, "ref": ref})

    def consume(self, request: Request) -> None:
        """Writes down that the line is gone of which an item was made.

        Raises:
            ConfigError: it can't be written.
        """
        self._append({"run": request.run, "number": request.number, "consumed": True})

    def entries(self) -> list[Entry]:
        """All requests, the oldest first. A line that can't be read, such as a torn one, is none.

        Raises:
            ConfigError: the file can't be read.
        """
        found: dict[tuple[str, int], Entry] = {}
        for data in self._lines():
            _take(found, data)
        return [*found.values()]

    def open(self) -> list[Entry]:
        """Those of which it is not known what came of them."""
        return [entry for entry in self.entries() if not entry.outcome]

    def made(self, block: str) -> Entry | None:
        """The item that was made of a line which stands there still; None where none was."""
        found = (
            entry
            for entry in self.entries()
            if entry.request.block == block and entry.outcome == DONE and not entry.is_consumed
        )
        return next(found, None)

    def last_run(self) -> list[Entry]:
        """What the last push changed, in its order."""
        done = [entry for entry in self.entries() if entry.outcome == DONE]
        return (
            [entry for entry in done if entry.request.run == done[-1].request.run] if done else []
        )

    def prune(self) -> None:
        """Drops all but the last runs; one push at a time.

        Raises:
            ConfigError: it can't be written.
        """
        entries = self.entries()
        runs = [*dict.fromkeys(entry.request.run for entry in entries)]
        if len(runs) <= 2 * RUNS:
            return
        # Whatever its age: an open request would be sent blindly, and of a line that stands yet a
        # second item would be made.
        kept = {*runs[-RUNS:], *(entry.request.run for entry in entries if entry.is_needed)}
        lines = [_line(data) for data in self._lines() if (_run_of(data) in kept)]
        try:
            replace_private(self._path, b"".join(lines))
        except OSError as error:
            raise unusable_state(self._home, error) from error

    def _lines(self) -> Iterable[dict[str, object]]:
        try:
            with open(self._path, "rb") as file:
                lines = file.read().splitlines()
        except FileNotFoundError:
            return
        except OSError as error:
            raise unusable_state(self._home, error) from error
        for line in lines:
            try:
                # A kill tears the last line alone, and a request whose line is torn was never sent.
                data = json.loads(line)
            except ValueError:
                continue
            if isinstance(data, dict):
                yield data

    def _append(self, data: Mapping[str, object]) -> None:
        try:
            # Synced each time, outcomes too: one that a power failure takes opens its request
            # again, and costs no more than a look.
            append_durably(self._path, _line(data))
        except OSError as error:
            raise unusable_state(self._home, error) from error


def _line(data: Mapping[str, object]) -> bytes:
    # The break before it ends what a kill may have left of another.
    return b"\n" + json.dumps(data).encode() + b"\n"


def _run_of(data: Mapping[str, object]) -> object:
    request = data.get("request")
    return request.get("run") if isinstance(request, dict) else data.get("run")


def _take(found: dict[tuple[str, int], Entry], data: Mapping[str, object]) -> None:
    match data:
        case {"request": dict(fields)}:
            request = _request(fields)
            if request is not None:
                found[request.run, request.number] = Entry(request)
        # An outcome alone is of a run that was pruned, or of a request whose line was torn.
        case {"run": str(run), "number": int(number)} if (run, number) in found:
            old = found[run, number]
            match data:
                case {"outcome": str(outcome), "ref": int(ref)}:
                    found[run, number] = Entry(old.request, outcome, ref, old.is_consumed)
                case {"consumed": True}:
                    found[run, number] = Entry(old.request, old.outcome, old.ref, is_consumed=True)


def _request(fields: dict[str, object]) -> Request | None:
    try:
        request = Request(**fields)  # type: ignore[arg-type]  # looked at below
    except TypeError:
        return None
    match request.users:
        case [[*before], [*behind]]:
            users = (tuple(before), tuple(behind))
            return Request(**{**fields, "users": users})  # type: ignore[arg-type]  # as above
    return request if isinstance(request.run, str) and isinstance(request.number, int) else None
