"""Pages in headless Chromium: what their scripts make of them, and how they look.

See `tests.programs` for where it comes from; such tests carry the marker `programs`.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from tests.programs import PATIENCE, ProgramMissingError, environment, program

_FLAGS = (  # noqa: SIM905 - a list of words
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync "
    "--disable-background-networking --disable-component-update --hide-scrollbars "
    "--allow-file-access-from-files"
).split()
_TIME = 30_000
"""Milliseconds of the page's own time, in which its timers and promises come to their end."""


def dom(html: str) -> str:
    """The page as it is when its scripts are done, as HTML."""
    return _run(html, "--dump-dom")


def picture(html: str, width: int, height: int, *, scale: int = 1) -> bytes:
    """The page as a PNG.

    Args:
        html: whole, with its styles.
        width: of the window, in CSS pixels.
        height: the same.
        scale: pixels of the picture for each of them.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.png"
        size = f"--window-size={width},{height}"
        _run(html, f"--screenshot={file}", size, f"--force-device-scale-factor={scale}")
        return file.read_bytes()


def _run(html: str, *flags: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(html, encoding="utf-8")
        own = (f"--user-data-dir={folder}/profile", f"--virtual-time-budget={_TIME}")
        done = subprocess.run(
            [program("chromium"), *_FLAGS, *own, *flags, page.as_uri()],
            env=environment(),
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE,
            check=False,
        )
    if done.returncode:
        raise ProgramMissingError(f"chromium ended with {done.returncode}: {done.stderr[-500:]}")
    return done.stdout
