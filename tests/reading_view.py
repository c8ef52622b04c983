"""Pages as people see them: a reading view like GitHub's, with charts, in light and in dark."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from mdit_py_plugins.front_matter import front_matter_plugin
from mdit_py_plugins.tasklists import tasklists_plugin

from tests import mermaid_pages

if TYPE_CHECKING:
    from collections.abc import Mapping

LIGHT = {
    "back": "#ffffff",
    "text": "#1f2328",
    "faint": "#59636e",
    "line": "#d1d9e0",
    "link": "#0969da",
    "shade": "#f6f8fa",
}
DARK = {
    "back": "#0d1117",
    "text": "#f0f6fc",
    "faint": "#9198a1",
    "line": "#3d444d",
    "link": "#4493f8",
    "shade": "#151b23",
}

STYLE = """
.reading { font: 16px/1.5 -apple-system, "Noto Sans", "Liberation Sans", "DejaVu Sans", sans-serif;
  color: var(--text); overflow-wrap: break-word }
.reading h1, .reading h2 { border-bottom: 1px solid var(--line); padding-bottom: .3em;
  margin: 24px 0 16px; font-weight: 600; line-height: 1.25 }
.reading h1 { font-size: 1.75em } .reading h2 { font-size: 1.35em }
.reading > :first-child { margin-top: 0 }
.reading p, .reading ul, .reading ol, .reading table, .reading blockquote { margin: 0 0 16px }
.reading a { color: var(--link); text-decoration: none }
.reading ul, .reading ol { padding-left: 2em } .reading li + li { margin-top: .25em }
.reading ul ul { margin: 0 } .reading ul.contains-task-list { padding-left: 1.5em }
.reading li.task-list-item { list-style: none }
.reading li.task-list-item input { margin: 0 .4em 0 -1.4em; vertical-align: middle }
.reading blockquote { padding: 0 1em; color: var(--faint); border-left: .25em solid var(--line) }
.reading blockquote > :last-child { margin-bottom: 0 }
.reading table { border-collapse: collapse }
.reading th, .reading td { border: 1px solid var(--line); padding: 6px 13px }
.reading code { background: var(--shade); border-radius: 6px; padding: .2em .4em;
  font: 85% ui-monospace, "DejaVu Sans Mono", monospace }
.reading .mermaid { text-align: center; margin: 0 0 16px }
"""

_CHART = re.compile(r'<pre><code class="language-mermaid">(.*?)</code></pre>', re.DOTALL)


def reading_view(page: str) -> str:
    """A page's HTML, as in GitHub: comments are not shown, charts are for `charts_script`."""
    parser = MarkdownIt("gfm-like", {"html": True}).use(tasklists_plugin).use(front_matter_plugin)
    shown = re.sub(r"<!--.*?-->", "", parser.render(page), flags=re.DOTALL)
    return f'<div class="reading">{_CHART.sub(_chart, shown)}</div>'


def _chart(found: re.Match[str]) -> str:
    return f'<div class="mermaid">{found[1]}</div>'


def document(body: str, colours: Mapping[str, str], style: str = "") -> str:
    """A whole page of HTML in these colours, its charts drawn by the real Mermaid."""
    named = "".join(f"--{name}: {colour};" for name, colour in colours.items())
    options = json.dumps({"startOnLoad": False, "theme": "default" if colours is LIGHT else "dark"})
    charts = (
        f'<script src="{mermaid_pages.script()}"></script>'
        f"<script>mermaid.initialize({options}); mermaid.run()</script>"
        if 'class="mermaid"' in body
        else ""
    )
    return (
        f'<!doctype html><meta charset="utf-8"><style>:root {{{named}}}'
        f"body {{ margin: 0; background: var(--back) }}{STYLE}{style}</style>"
        f"<body>{body}{charts}"
    )
