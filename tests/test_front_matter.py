from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taiga_notes.errors import BlockError
from taiga_notes.front_matter import FrontMatter, read_front_matter


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# Title\n---\nowner: ann\n---\n",
        "----\nowner: ann\n---\n",
        "---\nno end: here\n",
    ],
)
def test_a_page_without_front_matter_says_nothing_of_itself(text: str) -> None:
    assert read_front_matter(text, "A.md") == FrontMatter()


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_front_matter_is_read_whatever_the_line_ends(bom: str, newline: str) -> None:
    text = bom + newline.join(["---", "owner: ann", "tags: [a, b]", "---", "text", ""])
    assert read_front_matter(text, "A.md").values == {"owner": "ann", "tags": ["a", "b"]}


def test_values_are_plain_data_and_dates_are_text() -> None:
    text = "---\nday: 2026-11-22\nat: 2026-11-22 10:00:00\n1: {x: !!set {a, b}}\n---\n"
    values = read_front_matter(text, "A.md").values
    assert values["day"] == "2026-11-22"
    assert values["at"] == "2026-11-22T10:00:00"
    assert isinstance(values["1"], dict)
    assert sorted(values["1"]["x"]) == ["a", "b"]


def test_binary_becomes_text() -> None:
    assert read_front_matter("---\nx: !!binary aGk=\n---\n", "A.md").values == {"x": "b'hi'"}


def test_a_page_opts_out() -> None:
    assert not read_front_matter("---\ntaiga: false\n---\n", "A.md").managed
    assert read_front_matter("---\ntaiga: true\n---\n", "A.md").managed


def test_a_page_sets_its_defaults() -> None:
    matter = read_front_matter("---\ntaiga: {project: acme, template: tasks}\n---\n", "A.md")
    assert (matter.project, matter.template) == ("acme", "tasks")
    assert read_front_matter("---\ntaiga: {project: 12}\n---\n", "A.md").project == 12


@pytest.mark.parametrize(
    ("matter", "message"),
    [
        ("taiga: 3", "neither false nor a table"),
        ("taiga: {proj: acme}", "`taiga: proj` is not a setting"),
        ("taiga: {project: true}", "neither a slug nor a number"),
        ("taiga: {project: [1]}", "neither a slug nor a number"),
        ("taiga: {template: 4}", "not the name of a template"),
        ("a: [", "not valid YAML"),
        ("a: b: c", "not valid YAML"),
        ("x: &x [*x]", "holds itself"),
    ],
)
def test_a_mistake_names_the_page(matter: str, message: str) -> None:
    with pytest.raises(BlockError, match=message) as caught:
        read_front_matter(f"---\n{matter}\n---\n", "A.md")
    assert caught.value.page == "A.md"


def test_a_yaml_mistake_names_its_line() -> None:
    with pytest.raises(BlockError) as caught:
        read_front_matter("---\na: 1\nb: c: d\n---\n", "A.md")
    assert caught.value.line == 3


def test_aliases_that_stand_for_billions_are_refused() -> None:
    levels = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))
    with pytest.raises(BlockError, match="values"):
        read_front_matter(f"---\na0: &a0 x\n{levels}\n---\n", "A.md")


@given(st.text())
def test_nothing_but_a_block_error_escapes(matter: str) -> None:
    with contextlib.suppress(BlockError):
        read_front_matter(f"---\n{matter}\n---\n", "A.md")
