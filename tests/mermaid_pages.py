"""Charts as the real Mermaid draws them, in headless Chromium."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.chromium import dom
from tests.programs import npm_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

PACKAGE = "mermaid@11"

_PAGE = """<!doctype html><meta charset="utf-8"><body>
<script src="{script}"></script>
<script type="module">
window.acted = [];
for (const name of ["alert", "open", "fetch"]) window[name] = () => window.acted.push(name);
mermaid.initialize({{ startOnLoad: false }});
const found = [];
const paper = document.createElement("div");
document.body.append(paper);
for (const [index, source] of {sources}.entries()) {{
  try {{
    const {{ svg }} = await mermaid.render(`chart${{index}}`, source);
    paper.innerHTML = svg;
    const all = [...paper.querySelectorAll("*")];
    const acts = all.flatMap((one) => [...one.attributes].map((each) => each.name))
      .filter((name) => name.startsWith("on") || name.endsWith("href"));
    paper.querySelectorAll("style").forEach((one) => one.remove());
    found.push({{ text: paper.textContent, error: "", acts,
      elements: [...new Set(all.map((one) => one.localName))] }});
  }} catch (error) {{
    found.push({{ text: "", error: String(error), acts: [], elements: [] }});
  }}
}}
await new Promise((done) => setTimeout(done, 100));
document.body.textContent = "";
const answer = document.createElement("pre");
answer.id = "answer";
answer.textContent = JSON.stringify({{ found, acted: window.acted }});
document.body.append(answer);
</script>"""


@dataclass(frozen=True)
class Drawn:
    """A chart in a page.

    Attributes:
        text: all that it shows, without its blanks.
        error: Mermaid's, if it did not draw.
        acts: attributes that lead somewhere or run something.
        elements: the names of all its elements.
    """

    text: str
    error: str
    acts: tuple[str, ...]
    elements: frozenset[str]


def script() -> str:
    """The address of Mermaid's script on this machine."""
    return (npm_folder(PACKAGE) / "node_modules/mermaid/dist/mermaid.min.js").as_uri()


def charts_in(page: str) -> list[str]:
    """The sources of a page's charts."""
    return re.findall(r"^```mermaid\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def drawn(sources: Sequence[str]) -> list[Drawn]:
    """The charts, one after the other in one page; none may call what a script would call."""
    listed = json.dumps(list(sources)).replace("<", "\\u003c")
    page = dom(_PAGE.format(script=script(), sources=listed))
    found = re.search(r'<pre id="answer">(.*?)</pre>', page, re.DOTALL)
    assert found is not None, page[-2000:]
    answer = json.loads(html.unescape(found[1]))
    assert answer["acted"] == []
    return [
        Drawn(bare(one["text"]), one["error"], tuple(one["acts"]), frozenset(one["elements"]))
        for one in answer["found"]
    ]


def bare(text: str) -> str:
    """A text without blanks: charts break lines where they like."""
    return "".join(text.split())
