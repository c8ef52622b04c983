"""The `taiga-notes.toml` that `taiga-notes init` writes: every key, explained, all but one off."""

from __future__ import annotations

import json

_HEAD = """\
# taiga-notes: what this vault shows of Taiga.
# The file travels with the notes, so it holds nothing secret: server and account are set with
# `taiga-notes login` and in your own configuration, never here.

# The project of pages that name none: its slug, as in https://tree.taiga.io/project/SLUG/.
"""

_REST = """\

# The template of blocks that name none. `taiga-notes templates` lists them.
# template = "links"

# A folder of this vault with templates of your own (NAME.md.j2).
# templates = "templates"

# Pages that are none of taiga-notes' business, as in a .gitignore of this folder, also if they are
# named. A folder with a taiga-notes.toml of its own is another vault.
# exclude = ["archive/**", "*.draft.md"]

# Where links lead, if Taiga's web front is not where your account says.
# web = "https://tree.taiga.io"

# Refuse to render with an account at any other server than this.
# api = "https://api.taiga.io/api/v1"

# What happens to a block that was edited by hand: "refuse" reports it and leaves it alone,
# "rescue" moves the edited text below the block, "overwrite" discards it.
# on_edit = "refuse"

# Queries by name, for `from presets.open`. `userstories` leaves out stories whose status is
# archived, as Taiga's board does; userstories{status__is_archived=true} lists just those.
# [presets]
# open = "from userstories where not is_closed"

# [watch]
# Milliseconds without a change after which a page counts as saved; `render` waits for it, too.
# quiet_ms = 300
# How often to look whether something changed in Taiga.
# every = "60s"
"""


def example(project: str | None = None) -> str:
    """The text of a new `taiga-notes.toml`.

    Args:
        project: slug of the vault's project; None leaves that key off as well.
    """
    line = '# project = "acme"\n' if project is None else f"project = {json.dumps(project)}\n"
    return _HEAD + line + _REST
