"""What of a page's front matter tells its item, and how far that is looked for. Pure.

It imports nothing: also a run that finds nothing to do asks for it.
"""

from __future__ import annotations

ITEM_KEY = "taiga_item"
"""The key of front matter that says of which item a page is."""

FRONT_MATTER_LENGTH = 64 * 1024
"""Characters of front matter that are read: its parser takes 3 s for each MB."""
