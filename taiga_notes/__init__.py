"""Queries into Taiga, answered in place in Markdown notes.

Data goes one way, and a module knows only those to its left:

    page text → blocks → query → rows (from a source) → rendered text → spliced page text → file
       page                query    rows, taiga/           render            compose        refresh

The public API:

    render_page(text, source=…)      a page's text → its text with every block rendered
    evaluate(expression, source=…)   a query's value, as plain data
    plan_push(vault, source)         what a push would send: looked at, and not sent
    apply(plan)                      sends it, row by row
    Vault(root, state=…)             which files are pages; reads, writes, undoes
    Taiga.open(settings, folders)    a source: Taiga's API, behind a local store
    Snapshot.read(file)              a source: a JSON file, as `taiga-notes snapshot` writes it
    Table(rows)                      rows held as dicts

All errors are `taiga_notes.errors.TaigaNotesError`. Names are imported when they are first used.
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing's own takes as long to import as all of a run with nothing to do
if TYPE_CHECKING:
    from taiga_notes.api import apply, evaluate, plan_push, render_page
    from taiga_notes.model.rows import Table
    from taiga_notes.taiga.snapshot import Snapshot
    from taiga_notes.taiga.source import Taiga
    from taiga_notes.vault.vault import Vault
    from taiga_notes.version import __version__ as __version__

__all__ = [
    "Snapshot",
    "Table",
    "Taiga",
    "Vault",
    "apply",
    "evaluate",
    "plan_push",
    "render_page",
]

_HOMES = {
    "Snapshot": "taiga_notes.taiga.snapshot",
    "Table": "taiga_notes.model.rows",
    "Taiga": "taiga_notes.taiga.source",
    "Vault": "taiga_notes.vault.vault",
    "__version__": "taiga_notes.version",
    "apply": "taiga_notes.api",
    "evaluate": "taiga_notes.api",
    "plan_push": "taiga_notes.api",
    "render_page": "taiga_notes.api",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'taiga_notes' has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    return getattr(import_module(_HOMES[name]), name)
