"""Front matter with other values of a mirror's keys: nothing else of the page changes."""

from __future__ import annotations

import frontmatter
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from taiga_notes.errors import BlockError
from taiga_notes.markdown.property_text import inert_property
from taiga_notes.page.front_matter import is_template, read_front_matter
from taiga_notes.page.front_matter_values import key_places
from taiga_notes.page.property_edit import front_matter_of, scalar, with_properties
from tests.strategies import nasty_texts
from tests.tables import each

OWN = {"taiga_item": "acme/userstories/1", "taiga_state": "current"}


def page(*lines: str) -> str:
    return "\n".join(["---", *lines, "---", "Mine.", ""])


CURRENT = 'taiga_state: "current"'
ITEM = "taiga_item: acme/userstories/1 # id"


@each(
    ("before", "after"),
    [
        (["taiga_state: gone"], [CURRENT]),
        (["taiga_state: 'gone' # mine"], [f"{CURRENT} # mine"]),
        (["taiga_state:", "x: 1"], [CURRENT, "x: 1"]),
        (["taiga_state: # mine", "x: 1"], [f"{CURRENT} # mine", "x: 1"]),
        (['"taiga_state" : gone'], ['"taiga_state" : "current"']),
        (["taiga_state: |", "  a", "", "  b", "", "# x", "x: 1"], [CURRENT, "", "# x", "x: 1"]),
        (["taiga_state: a", "  b", "x: 1"], [CURRENT, "x: 1"]),
        (["taiga_state:", "- a # 1", "# 2", "- b", "x: 1"], [CURRENT, "  # 1", "# 2", "x: 1"]),
        (
            ["taiga_state:", "    # 1", " # 2", "  gone", "x: 1"],
            [CURRENT, "    # 1", " # 2", "x: 1"],
        ),
        (["taiga_state: [", "# 1", "  a, # 2", "]"], [CURRENT, "# 1", "  # 2"]),
        (["taiga_state: [a,", "  b] # c", "x: 1"], [f"{CURRENT} # c", "x: 1"]),
        (["taiga_state: {a: b}", "x: 1"], [CURRENT, "x: 1"]),
        (["", "x: &a 1", "y: *a", "taiga_state: gone"], ["", "x: &a 1", "y: *a", CURRENT]),
        (["x: 1", "  # end"], ["x: 1", "  # end", CURRENT]),
        ([ITEM, "x: 1"], [ITEM, CURRENT, "x: 1"]),
    ],
)
def test_a_value_is_edited_in_place_and_a_new_key_comes_behind_the_last(
    before: list[str], after: list[str]
) -> None:
    values = OWN if ITEM in before else {"taiga_state": "current"}
    assert with_properties(page(*before), values, "A.md") == page(*after)


def test_the_same_values_are_left_in_whatever_style_they_stand() -> None:
    text = page("taiga_state: current", "taiga_tags:", "  - a", "  - b b", "taiga_due:", "n: 3")
    values = {"taiga_state": "current", "taiga_tags": ["a", "b b"], "taiga_due": None, "n": 3}
    assert with_properties(text, values, "A.md") == text


def test_a_flag_is_no_number_and_a_text_is_neither() -> None:
    text = page("a: 1", "b: '1'", "c: true")
    edited = with_properties(text, {"a": True, "b": 1, "c": "true"}, "A.md")
    assert edited == page("a: true", "b: 1", 'c: "true"')


@each("newline", ["\n", "\r\n", "\r"])
def test_line_ends_and_the_byte_order_mark_stay(newline: str) -> None:
    text = "\ufeff" + page("a: 1", "taiga_state: gone", "b: 2").replace("\n", newline)
    edited = with_properties(text, {"taiga_state": "current", "new": "x"}, "A.md")
    expected = page("a: 1", 'taiga_state: "current"', 'new: "x"', "b: 2").replace("\n", newline)
    assert edited == "\ufeff" + expected


def test_front_matter_without_keys_has_no_places() -> None:
    assert key_places(" \n") == key_places("# Nothing yet\n") == {}


@each(
    "text",
    [
        page("taiga_state: &a gone", "x: *a"),
        page("x: &a 1", "taiga_state: *a"),
        page("taiga_state: &a gone", "b: *a"),
        page("  a: 1", "  b: 2"),
        page("a:\t1"),
        page("{taiga_state: gone}"),
        page("? taiga_state", ": gone"),
        page("taiga_state: gone", "taiga_state: gone"),
        page("taiga_state: 1", "a: 2", "'taiga_state': gone"),
        page("x: 1", "x: 2"),
        page("<<: {taiga_state: gone}", "x: [", "]", "- b"),
        "+++\ntaiga_state = 'gone'\n+++\n",
        '{"taiga_state": "gone"}\n\nText\n',
        page("taiga_state: 'gone"),
    ],
)
def test_what_can_not_be_edited_without_touching_more_is_left(text: str) -> None:
    with pytest.raises(BlockError):
        with_properties(text, {"taiga_state": "current", "x": None}, "A.md")


@given(nasty_texts())
@example(":://x.y")
@example("://")
def test_any_text_is_a_value_that_every_reader_reads_back_and_none_runs(text: str) -> None:
    value = inert_property(text)
    made = front_matter_of({"taiga_subject": value, "list": [value, "x"]})
    expected = {"taiga_subject": value, "list": [value, "x"]}
    assert yaml.safe_load(made[4:-4]) == expected
    assert frontmatter.loads(made).metadata == expected
    assert read_front_matter(made, "A.md").values == expected
    assert not is_template(made)
    assert with_properties(made, expected, "A.md") == made
    for opener in ("${", "{{", "{%", "<%", "[[", "](", "![", "<!--", "://", "%%", "`="):
        assert opener not in value, value


@given(st.text(st.characters(codec="utf-8")), st.integers() | st.booleans() | st.none())
def test_scalars_stand_on_one_line(text: str, other: float | None) -> None:
    assert len(scalar(inert_property(text)).splitlines()) <= 1
    assert yaml.safe_load(f"x: {scalar(other)}") == {"x": other}


COMMENTS = ["", " # a comment", "   # c: d", "  "]
LINES = [
    *("title: Mine", "tags: [a, b]", "# alone", "", "aliases:", "n: 0o14"),
    *('q: "a: # b"', "day: 2026-01-01", "deep: {a: [1, {b: c}]}", "'odd key': ~", "e: 'it''s'"),
    *("text: |\n  taiga_state: no\n  # no comment", "fold: >-\n  a\n\n  b", "list:\n- a\n# b\n- c"),
    *("plain: a\n  b", "k: .nan", "url: https://x.io/#y", "emoji: 😀", "no: NO"),
]


@st.composite
def front_matters(draw: st.DrawFn) -> tuple[str, str, str]:
    """Front matter of a person's in three parts, the mirror's keys being between them."""
    lines = draw(st.lists(st.sampled_from(LINES), max_size=8, unique=True))
    lines = [line + ("" if "\n" in line else draw(st.sampled_from(COMMENTS))) for line in lines]
    cuts = sorted(draw(st.tuples(*[st.integers(0, len(lines))] * 2)))
    parts = [lines[: cuts[0]], lines[cuts[0] : cuts[1]], lines[cuts[1] :]]
    first, second, third = ("".join(f"{line}\n" for line in part) for part in parts)
    return first, second, third


STYLES = ["{}", "{}  # mine", "'{}'", "|-\n  {}"]


@given(
    front_matters(),
    st.tuples(st.sampled_from(STYLES), st.sampled_from(STYLES)),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "\ufeff"]),
    st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=20),
)
def test_a_persons_keys_and_text_stay_to_the_byte(
    parts: tuple[str, str, str], styles: tuple[str, str], newline: str, bom: str, body: str
) -> None:
    held = [style.format(value) for style, value in zip(styles, ("one", "two"), strict=True)]
    owned = [f"taiga_a: {held[0]}\n", f"taiga_b: {held[1]}\n"]
    text = f"---\n{parts[0]}{owned[0]}{parts[1]}{owned[1]}{parts[2]}---\n"
    text = bom + text.replace("\n", newline) + body
    try:
        before = read_front_matter(text, "A.md").values
    except BlockError:
        return
    if (before["taiga_a"], before["taiga_b"]) != ("one", "two"):
        return  # a comment below a block of text, and as far to the right, is part of that text
    wanted = {"taiga_a": "new", "taiga_b": ["x"], "taiga_c": None}
    edited = with_properties(text, wanted, "A.md")
    comments = ["  # mine" if "# mine" in style else "" for style in styles]
    owned = [f'taiga_a: "new"{comments[0]}\n', f'taiga_b: ["x"]{comments[1]}\ntaiga_c:\n']
    expected = f"---\n{parts[0]}{owned[0]}{parts[1]}{owned[1]}{parts[2]}---\n"
    assert edited == bom + expected.replace("\n", newline) + body
    after = read_front_matter(edited, "A.md").values
    assert {key: repr(value) for key, value in {**before, **wanted}.items()} == {
        key: repr(value) for key, value in after.items()
    }
    assert with_properties(edited, wanted, "A.md") == edited
