"""The README's picture: a page before and after, drawn from what the program really does.

`python -m tests.picture` draws it anew; a test holds the committed one against it.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from taiga_notes import Snapshot, render_page

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = Path(__file__).parent.parent / "examples"
PICTURE = EXAMPLES / "picture.svg"

PAGE = """\
# Monday

We have <!-- #taiga: from userstories
where not is_closed select count() --><!-- /taiga --> open stories.

<!-- #taiga
from userstories
where status_name == 'In progress'
order by due_date nulls last
template links
-->
<!-- /taiga -->

> [!todo] Recurring
> <!-- #taiga
> from userstories{tags='recurring'}
> where due_date < '2026-12-01'
> each "- {{ row.due_date }} {{ row.subject }}"
> -->
> <!-- /taiga -->
"""

WIDTH, LINE, TOP, LEFT = 1120, 19, 64, 24
MIDDLE = 550
STYLE = """\
text { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: #24292f }
.marker { fill: #8250df } .new { fill: #116329 } .title { font-weight: bold; fill: #57606a }
rect { fill: #fff; stroke: #d0d7de }
"""


def picture() -> str:
    """The picture, as SVG."""
    source = Snapshot.read(EXAMPLES / "vault" / "taiga.json")
    after = render_page(PAGE, source=source, project="acme")
    height = TOP + LINE * (after.count("\n") + 2)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}">',
            f"<style>{STYLE}</style>",
            *_panel((10, MIDDLE - 20, height), "Monday.md", PAGE, set()),
            *_panel((MIDDLE, WIDTH - 10, height), "$ taiga-notes render", after, _lines(PAGE)),
            "</svg>\n",
        ]
    )


def _panel(sides: tuple[int, int, int], title: str, text: str, known: set[str]) -> Iterator[str]:
    left, right, height = sides
    yield f'<rect x="{left}" y="10" width="{right - left}" height="{height - 20}" rx="8"/>'
    yield f'<text class="title" x="{left + LEFT - 8}" y="34">{escape(title)}</text>'
    inside = False
    for number, line in enumerate(text.splitlines()):
        inside = inside or "<!-- #taiga" in line
        new = known and line.strip("> ") and line not in known
        kind = "new" if new else "marker" if inside or "<!--" in line else "text"
        inside = inside and "-->" not in line
        yield (
            f'<text class="{kind}" x="{left + LEFT - 8}" y="{TOP + LINE * number}"'
            f' xml:space="preserve">{escape(line)}</text>'
        )


def _lines(text: str) -> set[str]:
    return set(text.splitlines())


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
