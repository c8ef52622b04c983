"""The pictures: the README's, a page before and after, and one of each chart of the examples.

`python -m tests.pictures` draws them anew, as headless Chromium and the real Mermaid show what the
program really wrote. Each holds the fingerprint of what it was drawn from; a test compares that,
since the bytes depend on fonts and versions.
"""

from __future__ import annotations

import hashlib
import re
import struct
import subprocess
import zlib
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final

from taiga_notes import Snapshot, render_page
from tests.chromium import picture
from tests.mermaid_pages import charts_in
from tests.programs import environment, program
from tests.reading_view import DARK, LIGHT, document, reading_view

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

EXAMPLES: Final = Path(__file__).parent.parent / "examples"

PAGE: Final = """\
# Sprint 12

<!-- #taiga
from userstories
where sprint == 'Sprint 12'
order by kanban_order
template board
-->
<!-- /taiga -->

## Epics

<!-- #taiga: from epics where ref == 2 template epics -->
<!-- /taiga -->

## Pace

<!-- #taiga: from sprints where closed template velocity -->
<!-- /taiga -->
"""

WIDTH: Final = 1100
_BEFORE, _AFTER = 420, 810  # heights of the rows, in CSS pixels
_GREEN: Final = {"light": ("#e6ffec", "#1a7f37"), "dark": ("#12261e", "#3fb950")}
_PURPLE: Final = {"light": "#8250df", "dark": "#d2a8ff"}

_STYLE: Final = """
.all { width: %(width)dpx; box-sizing: border-box; padding: 20px 24px; display: grid;
  grid-template-columns: 1fr 1fr; grid-template-rows: %(before)dpx %(after)dpx; gap: 20px }
.window { border: 1px solid var(--line); border-radius: 10px; overflow: hidden;
  display: flex; flex-direction: column; background: var(--back);
  box-shadow: 0 1px 3px #1f232814, 0 8px 24px #1f23280f }
.bar { font: 600 13px "Noto Sans", "Liberation Sans", "DejaVu Sans", sans-serif;
  color: var(--faint); background: var(--shade); border-bottom: 1px solid var(--line);
  padding: 9px 14px; display: flex; justify-content: space-between }
.bar span + span { font-weight: 400 }
.source { position: relative; margin: 0; padding: 14px 0; overflow: hidden; flex: 1;
  font: 12.5px/19px ui-monospace, "Liberation Mono", "DejaVu Sans Mono", monospace;
  color: var(--text) }
.source div { white-space: pre; padding: 0 14px; min-height: 19px; border-left: 3px solid #0000 }
.source .marker { color: %(purple)s } .source .title { font-weight: 700 }
.source .new { background: %(fresh)s; border-left-color: %(edge)s }
.source::after, .source::before { content: ""; position: absolute; inset: 0 0 0 auto; width: 56px;
  background: linear-gradient(90deg, #0000, var(--back)) }
.source.long::before { inset: auto 0 0 0; width: auto; height: 72px;
  background: linear-gradient(#0000, var(--back)) }
.page { padding: 18px 24px; overflow: hidden; flex: 1 }
.page .reading { font-size: 14px } .page .reading h1 { font-size: 24px }
.page .reading h2 { font-size: 19px }
.page .reading p, .page .reading ul { margin-bottom: 10px }
.page .reading h1, .page .reading h2 { margin: 14px 0 10px }
"""


@dataclass(frozen=True)
class Picture:
    """A picture of the repository.

    Attributes:
        file: where it lies.
        source: all that it shows, by which one tells whether it is current.
        body: the HTML that is drawn.
        colours: in which.
        style: of its own.
        width: of that page, in CSS pixels.
        height: the same.
    """

    file: Path
    source: str
    body: str
    colours: Mapping[str, str]
    style: str
    width: int
    height: int

    @property
    def fingerprint(self) -> str:
        """Of its source and size."""
        shown = f"{self.width} {self.height} {self.source}"
        return hashlib.sha256(shown.encode()).hexdigest()


def pictures() -> Iterator[Picture]:
    """All of them."""
    source = Snapshot.read(EXAMPLES / "vault" / "taiga.json")
    after = render_page(PAGE, source=source, project="acme")
    for name in ("light", "dark"):
        yield _before_and_after(name, after)
    for page in sorted((EXAMPLES / "looks").glob("*.md")):
        charts = charts_in(page.read_text(encoding="utf-8"))
        if charts:
            yield _chart(page.stem.lower().replace(" ", "_"), charts[0])


def drawn_from(file: Path) -> str:
    """The fingerprint that a picture holds; empty where there is none."""
    found = re.search(rb"tEXtSource\0([0-9a-f]{64})", file.read_bytes()) if file.exists() else None
    return found[1].decode() if found else ""


def draw(one: Picture) -> None:
    """Draws it, small."""
    html = document(one.body, one.colours, one.style)
    shown = picture(html, one.width, one.height, scale=2)
    small = subprocess.run(
        [program("pngquant"), "--speed=1", "--strip", "128", "-"],
        env=environment(),
        input=shown,
        capture_output=True,
        check=True,
    ).stdout
    one.file.parent.mkdir(exist_ok=True)
    one.file.write_bytes(_with_text(small, b"Source\0" + one.fingerprint.encode()))


def _with_text(png: bytes, text: bytes) -> bytes:
    """A PNG with one text more, before its end."""
    body = b"tEXt" + text
    chunk = struct.pack(">I", len(text)) + body + struct.pack(">I", zlib.crc32(body))
    end = png.rindex(b"IEND") - 4
    return png[:end] + chunk + png[end:]


def _chart(name: str, chart: str) -> Picture:
    body = f'<div class="reading" style="padding: 16px"><div class="mermaid">{escape(chart)}</div>'
    height = {"epic_graph": 1010, "gantt": 380}.get(name, 440)
    file = EXAMPLES / "looks" / "charts" / f"{name}.png"
    return Picture(file, chart, body, LIGHT, "", 860, height)


def _before_and_after(name: str, after: str) -> Picture:
    colours = LIGHT if name == "light" else DARK
    fresh, edge = _GREEN[name]
    style = _STYLE % {
        "width": WIDTH,
        "before": _BEFORE,
        "after": _AFTER,
        "purple": _PURPLE[name],
        "fresh": fresh,
        "edge": edge,
    }
    sources = (
        f'<div class="source">{_source(PAGE, is_new=False)}</div>',
        f'<div class="source long">{_source(after, is_new=True)}</div>',
    )
    views = [f'<div class="page">{reading_view(text)}</div>' for text in (PAGE, after)]
    windows = (
        _window("Sprint.md", "before", sources[0]),
        _window("Sprint.md", "what you see", views[0]),
        _window("$ taiga-notes render", "after", sources[1]),
        _window("Sprint.md", "what you see", views[1]),
    )
    body = f'<div class="all">{"".join(windows)}</div>'
    height = _BEFORE + _AFTER + 60
    file = EXAMPLES / f"picture-{name}.png"
    return Picture(file, f"{PAGE}{after}", body, colours, style, WIDTH, height)


def _window(title: str, what: str, body: str) -> str:
    bar = f"<span>{escape(title)}</span><span>{escape(what)}</span>"
    return f'<div class="window"><div class="bar">{bar}</div>{body}</div>'


def _source(text: str, *, is_new: bool) -> str:
    """Its lines; those of markers, and those of bodies if these are new."""
    lines, in_opener, in_body = [], False, False
    for line in text.splitlines():
        in_opener = in_opener or "<!-- #taiga" in line
        kinds = [
            *(["marker"] if in_opener or "<!--" in line else []),
            *(["new"] if is_new and in_body else []),
            *(["title"] if line.startswith("#") else []),
        ]
        lines.append(f'<div class="{" ".join(kinds)}">{escape(line)}</div>')
        in_body = "<!-- /taiga" not in line and (in_body or (in_opener and "-->" in line))
        in_opener = in_opener and "-->" not in line
    return "".join(lines)


if __name__ == "__main__":
    for each in pictures():
        if drawn_from(each.file) != each.fingerprint:
            draw(each)
