"""Programs from npm in a node process: formatters and readers of Markdown, as published.

See `tests.programs` for where they come from; such tests carry the marker `programs`.
"""

from __future__ import annotations

import atexit
import json
import subprocess
from typing import TYPE_CHECKING, Any

from tests.programs import ProgramMissingError, environment, npm_folder, program

if TYPE_CHECKING:
    from collections.abc import Sequence

_LOOP = """
import { createInterface } from "node:readline";
for await (const line of createInterface({ input: process.stdin })) {
  const { tool, texts } = JSON.parse(line);
  const done = [];
  for (const text of texts) done.push(await tools[tool](text));
  process.stdout.write(JSON.stringify(done) + "\\n");
}
"""


class Node:
    """A node process that lives as long as the tests, started on first use.

    Args:
        packages: what npm installs for it.
        script: a module that sets `tools`: name → function of a text, awaited.
    """

    def __init__(self, packages: Sequence[str], script: str) -> None:
        self._packages = packages
        self._script = script
        self._process: subprocess.Popen[str] | None = None

    def ask(self, tool: str, texts: Sequence[str]) -> list[Any]:
        """What the tool makes of each text; one round trip for all."""
        server = self._process or self._started()
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(json.dumps({"tool": tool, "texts": list(texts)}) + "\n")
        server.stdin.flush()
        answer = server.stdout.readline()
        if not answer:
            raise ProgramMissingError(f"{tool} died on one of {len(texts)} texts; see stderr")
        done: list[Any] = json.loads(answer)
        return done

    def _started(self) -> subprocess.Popen[str]:
        self._process = subprocess.Popen(
            [program("node"), "--input-type=module", "--eval", self._script + _LOOP],
            cwd=npm_folder(*self._packages),
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        atexit.register(_stop, self._process)
        return self._process


def _stop(server: subprocess.Popen[str]) -> None:
    with server:
        server.kill()
