"""What people run over their notes: Prettier, remark, mdformat, markdownlint, PyMarkdown.

The real ones, as published: mdformat from PyPI in this process, Prettier and remark from npm
(`tests.node`), and the linters, which fix, as programs of their own, from npm and from PyPI. A test
with any of them carries the marker `programs`.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import mdformat as mdformat_package

from tests.node import Node
from tests.programs import environment, npm_folder, program

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


def markdownlint_all(texts: Sequence[str]) -> list[str]:
    """Each text as `markdownlint-cli2 --fix` leaves it, with all its rules."""
    script = npm_folder("markdownlint-cli2@0.22") / "node_modules/.bin/markdownlint-cli2"
    return _fixed([program("node"), str(script), "--fix", "*.md"], texts)


def pymarkdown_all(texts: Sequence[str]) -> list[str]:
    """Each text as `pymarkdown fix` leaves it, with the rules that are on by default."""
    return _fixed([sys.executable, "-m", "pymarkdown", "--continue-on-error", "fix", "."], texts)


def _fixed(command: Sequence[str], texts: Sequence[str]) -> list[str]:
    """The texts after a program that mends all pages of the folder that it runs in.

    It may find what it can't mend, and says so by its status; that it has found nothing to read, or
    fell over, shows in what it writes to its standard error.
    """
    with tempfile.TemporaryDirectory() as folder:
        pages = [Path(folder, f"{number}.md") for number in range(len(texts))]
        for page, text in zip(pages, texts, strict=True):
            page.write_bytes(text.encode())
        done = subprocess.run(
            command, cwd=folder, env=environment(), capture_output=True, encoding="utf-8",
            check=False,
        )  # fmt: skip
        assert done.returncode in {0, 1, 3}, done.stderr[-2_000:]
        return [page.read_bytes().decode() for page in pages]


FORMATTERS: Mapping[str, Callable[[Sequence[str]], list[str]]] = {
    "prettier": prettier_all,
    "remark": remark_all,
    "mdformat": mdformat_all,
    "mdformat_commonmark": mdformat_commonmark_all,
    "markdownlint": markdownlint_all,
    "pymarkdown": pymarkdown_all,
}
"""Name → batch function: what a test parametrises over."""
