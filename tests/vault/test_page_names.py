"""Names that pages get from strangers' text."""

from __future__ import annotations

import json
import ntpath
import sys
import unicodedata
from pathlib import Path, PurePosixPath, PureWindowsPath

from hypothesis import given

from taiga_notes.markdown.places import page_name as page_in_link
from taiga_notes.markdown.text import inert
from taiga_notes.vault.page_names import LONGEST, folded, free_name, page_name
from tests.strategies import nasty_texts
from tests.tables import each

HOSTILE = json.loads((Path(__file__).parent.parent / "hostile_subjects.json").read_text("utf-8"))


@each(
    ("text", "name"),
    [
        ("12 Sign-up form", "12 Sign-up form"),
        ("../../etc/passwd", "etc passwd"),
        ("..\\..\\x", "x"),
        (".obsidian", "obsidian"),
        ("  . .hidden", "hidden"),
        ("a\x00b\nc\u2028d", "ab c d"),
        ("\u202egnp.exe", "gnp.exe"),
        ('[[a]] #b ^c |d <e> :f "g" ?h *i', "a b c d e f g h i"),
        ("ends. . ", "ends"),
        ("CON", "CON_"),
        ("aux.md", "aux_.md"),
        ("Com¹", "Com¹_"),
        ("console", "console"),
        ("", ""),
        ("???", ""),
        ("e\u0301", "é"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("a \u200d\u200c", "a"),
        ("\u200d.\u200c\u3164\u2800", ""),
        ("\\[\u2060x\\]", "x"),
        ("é" * 100, "é" * 60),
    ],
)
def test_a_name_is_made_of_a_text(text: str, name: str) -> None:
    assert page_name(text) == name


@each("text", [*HOSTILE, "Q&A", "50% off", "a == b", "$5 and $6", "@ann: {{ x }}", "100%% `x` ~y~"])
def test_a_link_can_name_the_page_as_it_is_called(text: str) -> None:
    name = page_name(inert(text))
    assert page_in_link(f"stories/{name}") == f"stories/{name}".strip()


def is_reserved(name: str) -> bool:
    """Whether Windows means a device by it, as Python's own library tells."""
    if sys.version_info >= (3, 13):
        return ntpath.isreserved(name)
    return PureWindowsPath(name).is_reserved()


def is_legal(name: str) -> bool:
    """Whether a name, of a page that has one, is legal everywhere and stays in its folder."""
    if not name:
        return True
    return (
        PurePosixPath(f"x/{name}.md").parts == ("x", f"{name}.md")
        and PureWindowsPath(f"x/{name}.md").parts == ("x", f"{name}.md")
        and not is_reserved(f"{name}.md")
        and len(name.encode()) <= LONGEST
        and name == unicodedata.normalize("NFC", name)
        and name[0] not in ". "
        and name[-1] not in ". "
        and not set('[]#^|<>:"?*/\\') & set(name)
        and all(unicodedata.category(char) not in {"Cc", "Cs", "Cn"} for char in name)
        and not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069") & set(name)
    )


@each("text", HOSTILE)
def test_hostile_subjects_make_legal_names(text: str) -> None:
    assert is_legal(page_name(text)), page_name(text)


@given(nasty_texts())
def test_any_text_makes_a_legal_name_that_stays_the_same(text: str) -> None:
    name = page_name(text)
    assert is_legal(name), name
    assert page_name(name) == name


@given(nasty_texts())
def test_a_collision_gets_what_tells_the_item_from_others(text: str) -> None:
    taken: set[str] = set()
    marks = ("12", "acme 12", "acme userstories 2145")
    while name := free_name(text, marks, lambda name: folded(name) not in taken):
        assert is_legal(name), name
        taken.add(folded(name))
    assert len(taken) >= len(marks)


def test_names_that_some_file_system_takes_for_one_are_one() -> None:
    assert folded("Über") == folded("U\u0308BER") == folded("über")
    assert folded("Strasse") == folded("Straße")
