"""The Markdown formatters that people run over their notes: Prettier, remark and mdformat.

The real ones, as published: mdformat from PyPI in this process, Prettier and remark from npm
(`tests.node`), for which a test carries the marker `programs`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import mdformat as mdformat_package

from tests.node import Node

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_NODE = Node(
    ("prettier@3", "remark@15", "remark-gfm@4"),
    """
import { format } from "prettier";
import { remark } from "remark";
import remarkGfm from "remark-gfm";

const tools = {
  prettier: (text) => format(text, { parser: "markdown" }),
  wrapping: (text) => format(text, { parser: "markdown", proseWrap: "always" }),
  remark: async (text) => String(await remark().use(remarkGfm).process(text)),
};
""",
)


def mdformat(text: str) -> str:
    """`text` as mdformat leaves it, with mdformat-gfm and default options."""
    return mdformat_package.text(text, extensions={"gfm"})


def prettier_all(texts: Sequence[str]) -> list[str]:
    """Each text as Prettier leaves it, with its default options; one round trip for all."""
    return _NODE.ask("prettier", texts)


def prettier_wrapping_all(texts: Sequence[str]) -> list[str]:
    """Each text as Prettier leaves it with `--prose-wrap always`."""
    return _NODE.ask("wrapping", texts)


def remark_all(texts: Sequence[str]) -> list[str]:
    """Each text as remark leaves it, with remark-gfm and default options; one round trip."""
    return _NODE.ask("remark", texts)


def mdformat_all(texts: Sequence[str]) -> list[str]:
    """Each text as mdformat leaves it."""
    return [mdformat(text) for text in texts]


def mdformat_commonmark_all(texts: Sequence[str]) -> list[str]:
    """Each text as mdformat without the GFM plugin leaves it (its default where none is there)."""
    return [mdformat_package.text(text) for text in texts]


FORMATTERS: Mapping[str, Callable[[Sequence[str]], list[str]]] = {
    "prettier": prettier_all,
    "remark": remark_all,
    "mdformat": mdformat_all,
    "mdformat_commonmark": mdformat_commonmark_all,
}
"""Name → batch function: what a test parametrises over."""
