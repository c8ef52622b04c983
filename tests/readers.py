"""Programs that show Markdown, as published, from npm, PyPI and Debian: what each finds in a page.

Each function takes pages and gives, for each, the elements that are more than text. Where two
pages differ in nothing but words, they must be equal.
"""

from __future__ import annotations

import json
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.node import Node
from tests.programs import program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

Elements = list[str]

PARTING = "\n\n<!-- parting -->\n\n"
"""Between two pages in one run of a program; an HTML block in each of them."""

# Quotation marks are text, for typographers too.
_TEXT = {"Str", "Space", "SoftBreak", "Quoted", "SingleQuote", "DoubleQuote"}

_NODE = Node(
    (
        *("@mdx-js/mdx@3", "markdown-it@14", "mldoc@1", "remark@15", "remark-directive@4"),
        *("remark-gfm@4", "remark-math@6"),
    ),
    Path(__file__).with_suffix(".mjs").read_text(),
)


class _Tags(HTMLParser):
    """The elements of HTML, less the names that headings make."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: Elements = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kept = [f"{name}={value}" for name, value in attrs if name != "id"]
        self.found.append(" ".join([tag, *kept]))


def _of_node(tool: str) -> Callable[[Sequence[str]], list[Elements]]:
    return lambda pages: _NODE.ask(tool, pages)


def _output(*command: str, given: str) -> str:
    done = subprocess.run(
        [program(command[0]), *command[1:]],
        input=given,
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=300,
    )
    return done.stdout


def _pandoc(reader: str) -> Callable[[Sequence[str]], list[Elements]]:
    def found(pages: Sequence[str]) -> list[Elements]:
        tree = json.loads(_output("pandoc", "-f", reader, "-t", "json", given=PARTING.join(pages)))
        parts: list[Elements] = [[]]
        for block in tree["blocks"]:
            if block["t"] == "RawBlock" and "parting" in block["c"][1]:
                parts.append([])
            else:
                parts[-1] += _pandoc_elements(block)
        return parts

    return found


def _pandoc_elements(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for one in node:
            yield from _pandoc_elements(one)
    elif isinstance(node, dict):
        if node["t"] in {"Para", "Plain"}:
            yield "paragraph"
        elif node["t"] not in _TEXT:
            raw = node["t"] in {"Link", "Image", "Span", "RawInline", "Math"}
            yield f"{node['t']} {node['c'][0] if raw else ''}"
        if node["t"] not in {"Code", "CodeBlock"}:
            yield from _pandoc_elements(node.get("c"))


def _html(*command: str) -> Callable[[Sequence[str]], list[Elements]]:
    def found(pages: Sequence[str]) -> list[Elements]:
        parts = re.split(r"<!-- parting -->", _output(*command, given=PARTING.join(pages)))
        return [_Tags(part).found for part in parts]

    return found


_KRAMDOWN = """
require "kramdown"
plain = { auto_ids: false, smart_quotes: "apos,apos,quot,quot" }
puts Kramdown::Document.new($stdin.read, plain).to_html
"""

READERS: Mapping[str, Callable[[Sequence[str]], list[Elements]]] = {
    "pandoc": _pandoc("markdown"),
    "pandoc_commonmark_x": _pandoc("commonmark_x"),
    "pandoc_gfm": _pandoc("gfm"),
    "github": _html("cmark-gfm", "--unsafe", "-e", "table", "-e", "strikethrough",
                    "-e", "autolink", "-e", "tasklist"),
    "kramdown": _html("ruby", "-e", _KRAMDOWN),
    "directive": _of_node("directive"),
    "linkify": _of_node("linkify"),
    "logseq": _of_node("logseq"),
    "mdx": _of_node("mdx"),
}  # fmt: skip
"""Name → pages' elements: what a test parametrises over."""
