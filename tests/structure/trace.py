"""Runs `taiga-notes` and notes what it crosses: `python -m tests.structure.trace FILE ARGUMENT …`.

The figures are in FILE at the end. Where `FILE.begin` appears meanwhile, they are counted from
there on; where `FILE.end` does, they are written at once.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from contextlib import suppress
from inspect import CO_OPTIMIZED
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import CodeType, FrameType

LOOK = 0.005
"""Seconds between looks for the two files."""


class Trace:
    """Notes each call of a function of the package, in all threads.

    Args:
        package: the package's folder.
    """

    def __init__(self, package: Path) -> None:
        self._package = f"{package}/"
        self._called: set[CodeType] = set()
        self._deepest = 0
        self._depth = threading.local()

    def note(self, frame: FrameType, event: str, _: Any) -> None:
        """For `sys.setprofile`."""
        code = frame.f_code
        if event not in {"call", "return"} or not self._is_function(code):
            return
        step = 1 if event == "call" else -1
        depth = self._depth.calls = max(getattr(self._depth, "calls", 0) + step, 0)
        if step > 0:
            self._called.add(code)
            self._deepest = max(self._deepest, depth)

    def _is_function(self, code: CodeType) -> bool:
        """Whether it is one of ours, and not the body of a module, a class or a comprehension."""
        return (
            bool(code.co_flags & CO_OPTIMIZED)
            and code.co_filename.startswith(self._package)
            and not code.co_name.endswith(("comp>", "<genexpr>"))
        )

    def forget(self) -> None:
        """Begins anew."""
        self._called, self._deepest = set(), 0

    def write(self, path: Path) -> None:
        """Writes what was crossed."""
        called = set(self._called)
        files = {code.co_filename[len(self._package) : -len(".py")] for code in called}
        names = sorted(name.replace("/", ".") for name in files if not name.endswith("__init__"))
        found = {"modules": names, "functions": len(called), "depth": self._deepest}
        path.write_text(json.dumps(found))


def watch(trace: Trace, path: Path) -> None:
    """Heeds the two files."""
    begin, end = path.with_name(f"{path.name}.begin"), path.with_name(f"{path.name}.end")
    while True:
        if begin.exists():
            begin.unlink()
            trace.forget()
        if end.exists():
            trace.write(path)
            end.unlink()
        time.sleep(LOOK)


def main() -> int:
    """Runs it; its status."""
    path = Path(sys.argv[1])
    from taiga_notes import cli  # noqa: PLC0415 - as the installed script

    trace = Trace(Path(cli.__file__).parents[1])
    threading.Thread(target=watch, args=(trace, path), daemon=True).start()
    threading.setprofile(trace.note)
    sys.setprofile(trace.note)
    status = 1
    with suppress(SystemExit):
        status = cli.main(sys.argv[2:])
    sys.setprofile(None)
    if not path.exists():
        trace.write(path)
    return status


if __name__ == "__main__":
    sys.exit(main())
