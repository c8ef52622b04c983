"""Strangers' text in the programs in which notes are read, as published."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from taiga_notes.markdown.text import normal
from tests.markdown.test_strangers import HOSTILE, harmless_page, page_of
from tests.programs import program
from tests.readers import READERS

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.programs

FORMS = ["links", "tasks", "{{ row.subject }}", "1. {{ row.subject }} x", "> {{ row.subject }}"]
OWN = [
    "x{onclick=alert(1)}",
    "x {.a #b onclick=alert(1)}",
    "[a]{.b}",
    "\\input /etc/hostname",
    "\\write18{id} \\(x\\)",
    "C:\\temp\\new",
    "<é onclick=y>",
    "<ß>",
    "</x> <3 <=",
    "{1+1} } {",
    "{::options /} {:toc}",
    "import x from 'y'",
    "export const y = 1",
    "see setup.py and evil.sh",
    "a.rs",
    "costs $1 and $2",
    "2 * 3 * 4",
    "x ^2^ H~2~O ~~s~~",
    "a) x",
    "iv. x",
    "(@) x",
    "trailing \\",
]
# It takes any colon before a letter for its own, and Logseq code in a link's text: the README
# says so.
KNOWN = {"directive", "logseq"}


@pytest.mark.parametrize("reader", sorted(READERS.keys() - KNOWN))
def test_a_reader_finds_no_element_in_hostile_text(reader: str) -> None:
    read = READERS[reader]
    for form in FORMS:
        (wanted,) = read([harmless_page(form)])
        texts = [text for text in [*OWN, *HOSTILE] if normal(text)]
        for text, found in zip(texts, read([page_of(form, text) for text in texts]), strict=True):
            assert found == wanted, (form, text, page_of(form, text))


@pytest.mark.parametrize("reader", sorted(KNOWN))
def test_nothing_is_live_where_colons_and_code_are_known_exceptions(reader: str) -> None:
    texts = [text for text in OWN if ":" not in text]
    (wanted,) = READERS[reader]([harmless_page("links")])
    for text, found in zip(
        texts, READERS[reader]([page_of("links", text) for text in texts]), strict=True
    ):
        assert found == wanted, text


@pytest.mark.parametrize(
    ("reader", "text"),
    [
        ("pandoc", "\\input /etc/hostname"),
        ("pandoc_commonmark_x", "x{onclick=alert(1)}"),
        ("kramdown", "<b>z</b>"),
        ("github", "~~s~~"),
        ("linkify", "evil.sh"),
        ("mdx", "{1+1}"),
        ("logseq", "#tag"),
        ("directive", ":a[b]"),
    ],
)
def test_the_readers_see_what_acts(reader: str, text: str) -> None:
    assert READERS[reader]([f"- {text}\n"]) != READERS[reader](["- x\n"])


def test_no_command_of_tex_s_gets_into_a_pdf(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    texts = ["\\input /etc/hostname", "\\undefined{x}", "x{onclick=alert(1)} $x$ _y_"]
    page.write_text("\n".join(page_of("links", text) for text in texts), encoding="utf-8")
    # Its TeX knows no word joiner until it is told.
    made = subprocess.run(
        [program("pandoc"), str(page), "-o", str(tmp_path / "page.tex"), "-s",
         "-V", r"header-includes=\DeclareUnicodeCharacter{2060}{}"],
        check=True, timeout=120,
    )  # fmt: skip
    source = (tmp_path / "page.tex").read_text(encoding="utf-8")
    assert made.returncode == 0
    body = source.partition(r"\begin{document}")[2]
    assert r"\input" not in body
    assert r"\undefined" not in body
    subprocess.run(
        [program("pdflatex"), "-interaction=nonstopmode", "-halt-on-error", "page.tex"],
        cwd=tmp_path, check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")
