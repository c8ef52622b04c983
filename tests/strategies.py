"""Texts that strangers might write, for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

PIECES = [
    *"*_`~[]()<>#+-=|!\\{}$%:;&^@./'\", 1ax?",
    *["[[", "]]", "](", "![", "**", "__", "~~", "```", "~~~", "---", "===", "# ", "- ", "1. "],
    *["> ", "    ", "\t", "\n", "\r\n", "<b>", "</b>", "<!--", "-->", "${", "{{", "}}", "{%"],
    *["%}", "<%", "%%", "==", "::", "http://", "https://x.io", "www.", "a@b.co", "&lt;", "&#35;"],
    *["javascript:", "[x]", "[ ]", "[^1]", "^[", "[x]: y", "foo", "é", "😀", "\u00a0", "\u2003"],
    *["\u200b", "\u2060", "\u202e", "\x00", "\ud800", "\u2028", "TODO ", "!!! note", ":::", "com"],
    *[".com", "📅 2026-01-01", "🔼", "<2026-01-01>", "++a++", "--8<--", ":smile:", "$x$", "א"],
    *["[a](b)", "[a][b]", "e\u0301", "\u3000", "<?php", "<![CDATA[", "mailto:a@b.c", "ftp://x"],
    *["//x.y", "#tag", "C#", "@me", "key:: v", "\\(x\\)", "x^2^", "{: onclick=x }", "((a))"],
]


def nasty_texts() -> st.SearchStrategy[str]:
    """Any characters of Unicode, half ones too, and pieces of what editors act upon."""
    characters = st.text(st.characters(codec=None), max_size=12)
    pieces = st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map("".join)
    return st.one_of(pieces, characters, st.tuples(pieces, characters, pieces).map("".join))
