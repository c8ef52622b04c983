"""A kill at any instant leaves each page old or new, and no litter after the next run.

A page that can only be written in place (its folder takes no new file, or it has hard links) may
be torn by the kill itself, and is whole again after the next run.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unprivileged import public_folder

KILLS = int(os.environ.get("TAIGA_NOTES_KILLS", "12"))
SEED = int(os.environ.get("TAIGA_NOTES_SEED", str(random.SystemRandom().randrange(10**6))))


@pytest.mark.slow
def test_pages_survive_kills() -> None:
    with public_folder() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "tests.crashes", str(folder), str(SEED), str(KILLS)],
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, f"TAIGA_NOTES_SEED={SEED}\n{done.stderr}"
    counts = json.loads(done.stdout)
    print(f"TAIGA_NOTES_SEED={SEED}: {counts}")  # noqa: T201
    # Had it not killed in the midst of writing, it would have shown nothing.
    assert counts["steps"] > 70
    assert counts["halves"] >= 18
    assert counts["torn"] >= 3
    assert counts["mending"] > 4
    assert counts["undoing"] > 15
