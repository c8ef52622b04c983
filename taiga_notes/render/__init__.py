"""Rows into Markdown by Jinja templates; the only user of jinja2.

answers.py     what a query gives, by the template that it names or that fits
templates.py   templates by name, rendering with them, errors in our words
template_loader.py   which file a name means, and what may be read
template_text.py   a template's text: `each` clauses, line ends
sandbox.py     the environment: what a template can see and call
generator.py   template → Python code: places, lookups, charges
filters.py operators.py   what expressions are made of
template_budget.py   steps, characters, depth, time; which templates are known to be cheap
render_process.py   a process of its own for what may be costly; render_child.py runs in it
"""

from __future__ import annotations

from taiga_notes.render.template_loader import TemplateInfo, builtin_folder
from taiga_notes.render.templates import Templates

__all__ = ["TemplateInfo", "Templates", "builtin_folder"]
