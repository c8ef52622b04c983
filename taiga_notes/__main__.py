"""`python -m taiga_notes` is `taiga-notes`."""

from __future__ import annotations

import sys

from taiga_notes.cli import main

if __name__ == "__main__":
    sys.exit(main())
