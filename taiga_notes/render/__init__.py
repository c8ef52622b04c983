"""Rows into Markdown by Jinja templates; the only user of jinja2.

templates.py   templates by name: the vault's and the built-in ones
cost.py        which of them are known to be cheap
renderer.py    renders; errors are told in our words
render_process.py   a process of its own for what may be costly; render_child.py runs in it
template_loader.py   which file a name means, and what may be read
sandbox.py     the environment: what a template can see and call
generator.py   template → Python code: places, lookups, charges
filters.py operators.py   what expressions are made of
template_budget.py   steps, characters, depth, time
"""

from __future__ import annotations

from taiga_notes.render.template_loader import TemplateInfo, builtin_folder
from taiga_notes.render.templates import Templates

__all__ = ["TemplateInfo", "Templates", "builtin_folder"]
