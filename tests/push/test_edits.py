"""What a person changed in a body, as it is told: pure, line by line, after any formatter."""

from __future__ import annotations

from random import Random

import pytest

from taiga_notes.model.rows import Table
from taiga_notes.page.splice import find_blocks, splice
from taiga_notes.push.base import base_from, base_of, data_of, linked_items
from taiga_notes.push.edits import CellEdit, Edit, NewLine, Tick, Unsendable, edits_of, plain
from taiga_notes.render import Templates, builtin_folder
from tests.formatters import FORMATTERS
from tests.page.test_checksum import CONTEXTS, SUBJECTS, torn
from tests.tables import each

WEB = "https://tree.taiga.io"
ROWS: list[dict[str, object]] = [
    {
        "url": f"{WEB}/project/acme/us/{ref}",
        "kind": "userstories",
        "ref": ref,
        "id": 100 + ref,
        "project": "acme",
        "project_extra_info": {"id": 7, "slug": "acme"},
        "subject": subject,
        "status": 1,
        "status_name": "New",
        "is_closed": False,
        "assigned_to": None,
        "assignee": None,
        "assigned_users": [],
        "milestone": None,
        "sprint": None,
        "due_date": None,
        "is_blocked": False,
    }
    for ref, subject in enumerate(SUBJECTS, 11)
]
ALL = ("done", "status", "assignee", "sprint", "due", "blocked", "new")
TEMPLATES = Templates([builtin_folder()])


def body(template: str) -> str:
    """What a block holds, as it is read back."""
    return TEMPLATES.render(template, ROWS, page={}).strip("\n")


def told(before: str, now: str, pushed: tuple[str, ...] = ALL) -> list[str]:
    base = base_of(before, [Table(ROWS, "userstories")])
    return [*map(_said, edits_of(base.body, now, base.items, pushed))]


def _said(edit: Edit) -> str:
    match edit:
        case Tick(item=item, closes=closes):
            return f"{'close' if closes else 'open'} {item.ref}"
        case CellEdit(item=item, field=field, text=text):
            return f"{field.raw} of {item.ref}: {text}"
        case NewLine(text=text):
            return f"new: {text}"
        case Unsendable(reason=reason):
            return reason


def line(text: str, ref: int) -> str:
    return next(one for one in text.split("\n") if f"us/{ref})" in one)


def edited(template: str) -> dict[str, str]:
    """A body, and what people make of it."""
    text = body(template)
    row = line(text, 13)
    if template == "table":
        cells = row.split("|")
        cells[-4] = " ann "
        return {
            "": text,
            "status of 13: Done": text.replace(row, row.replace("| New ", "| Done ")),
            "assignee of 13: ann": text.replace(row, "|".join(cells)),
        }
    return {
        "": text,
        "close 13": text.replace(row, row.replace("[ ]", "[x]") + " ✅ 2026-11-28"),
        "close 11, close 12": text.replace("[ ]", "[X]", 2),
        "new: Buy milk": text.replace(row, f"{row}\n- [ ] Buy milk"),
    }


@pytest.mark.programs
@each("formatter", FORMATTERS)
def test_a_formatter_is_no_editor(formatter: str) -> None:
    for template in ("tasks", "table"):
        bodies = edited(template)
        for name, context in CONTEXTS.items():
            if "baked" in name or torn(formatter, context):
                continue
            [block] = find_blocks(context)
            pages = FORMATTERS[formatter](
                [splice(context, [(block, each)]) for each in bodies.values()]
            )
            for wanted, page in zip(bodies, pages, strict=True):
                [found] = find_blocks(page)
                said = [
                    one.replace("assigned_to", "assignee") for one in told(bodies[""], found.body)
                ]
                assert ", ".join(said) == wanted, (name, page)


def test_without_a_formatter_neither() -> None:
    for template in ("tasks", "table"):
        bodies = edited(template)
        for wanted, now in bodies.items():
            said = [one.replace("assigned_to", "assignee") for one in told(bodies[""], now)]
            assert ", ".join(said) == wanted


@each(
    ("pushed", "reason"),
    [
        (("status",), "the block does not push ticks: add done to its clause push"),
        (("done",), "the block does not push new lines: add new to its clause push"),
    ],
)
def test_what_the_clause_does_not_say_is_told(pushed: tuple[str, ...], reason: str) -> None:
    text = body("tasks")
    now = text.replace("[ ]", "[x]", 1) + "\n- [ ] Milk"
    assert reason in told(text, now, pushed)


@each(
    ("change", "reason"),
    [
        (lambda text: text + "\n" + line(text, 11), "#11 stands in this block already"),
        (lambda text: text.replace(line(text, 11) + "\n", ""), "the line is missing"),
        (lambda text: text.replace("#11 Sign-up", "#11 Sign-off"), "more than its box was changed"),
        (lambda text: text.replace("[ ] [#11", "[>] [#11"), "[>] is neither open nor done"),
        (lambda text: text + "\n\n```\n- [ ] in code\n```", "a remark is not sent"),
        (lambda text: text + "\n- [ ] <mailto:a@b.c>", "a link that this block did not write"),
        (lambda text: text + "\n- [ ] #11 Sign-up form", "new: #11 Sign-up form"),
        (lambda text: text + "\n- [ ]tight", "neither a box, [ ] and a blank, nor text"),
        (lambda text: text + "\n- [] no blank in it", "neither a box, [ ] and a blank, nor text"),
        (lambda text: text + "\n- [x]done", "neither a box, [ ] and a blank, nor text"),
        (lambda text: text + "\n- [ ] [ ] twice", "neither a box, [ ] and a blank, nor text"),
        (lambda text: text + "\n- - [ ] below", "neither a box, [ ] and a blank, nor text"),
        (lambda text: text + "\n- [ ] * below", "neither a box, [ ] and a blank, nor text"),
        (lambda text: text + "\n- [ ] \\[x\\] or -1, +1", "new: [x] or -1, +1"),
        (lambda text: text + "\n- +1 for [dark] mode", "new: +1 for [dark] mode"),
        (lambda text: text.replace(line(text, 11), "- [ ] #11 Sign-up form"), "more than its box"),
        (lambda text: text + "\n\n> - [ ] quoted", "not indented as the block's items are"),
        (lambda text: "\n".join(reversed(text.split("\n"))), ""),
    ],
)
def test_other_changes_are_told_one_by_one(change: object, reason: str) -> None:
    text = body("tasks")
    assert callable(change)
    said = told(text, change(text))
    assert len(said) == bool(reason), said
    assert reason in "".join(said)


@each(
    ("change", "reason"),
    [
        (lambda text: text.replace("| Status ", "| State  "), ""),
        (lambda text: text.replace("| Status ", "| State  ").replace("| New ", "| Done ", 1),
         "the table's columns are not those that we wrote"),
        (lambda text: text.replace(line(text, 11), line(text, 11) + " x |"),
         "the row has not as many cells as the table has columns"),
        (lambda text: text.replace("Sign-up form", "Other", 1), "'Subject' can't be pushed"),
        (lambda text: text + "\n| [99](https://x.example/99) | a | New | | | |", "a table's rows"),
        (lambda text: text + "\n" + line(text, 11).replace("New", "Done"), "stands here twice"),
        (lambda text: text.replace(line(text, 11) + "\n", ""), "the line is missing"),
    ],
)  # fmt: skip
def test_so_are_those_in_a_table(change: object, reason: str) -> None:
    text = body("table")
    assert callable(change)
    said = told(text, change(text))
    assert reason in "; ".join(said), said


def test_a_column_that_is_not_the_field_itself_is_read_only() -> None:
    text = body("table").replace("| New ", "| NEW ")
    said = told(text, text.replace("| NEW ", "| Done ", 1))
    assert said == ["'Status' shows something computed, which can't be pushed"]


@each(
    ("markdown", "text"),
    [
        ("a\\_b", "a_b"),
        ("&amp; &#91;", "& ["),
        (" x\u2060y ", "xy"),
        ("*a*", "*a*"),
        # What parts an entity goes behind it; what is escaped is none.
        ("R&\u2060amp;D", "R&amp;D"),
        ("R\\&amp;D &amp;lt;", "R&amp;D &lt;"),
        # Invisible, but emoji and words of some scripts are others without.
        ("\u26a0\ufe0f x", "\u26a0\ufe0f x"),
        ("\U0001f469\u200d\U0001f4bb", "\U0001f469\u200d\U0001f4bb"),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        ),
    ],
)
def test_a_cell_is_read_as_text(markdown: str, text: str) -> None:
    assert plain(markdown) == text


def test_a_base_is_kept_as_data_and_proved_by_its_checksum() -> None:
    base = base_of(body("tasks"), [Table(ROWS, "userstories"), Table(ROWS, "wiki")])
    assert [item.ref for item in base.items] == [11, 12, 13, 14, 15]
    data = data_of(base)
    assert base_from(data) == base
    for broken in (
        {**data, "body": "- another"},
        {**data, "items": [1]},
        {**data, "items": [{"url": "x"}]},
        {},
        None,
    ):
        assert base_from(broken) is None


def test_without_a_base_links_tell_which_items_they_are() -> None:
    text = f"- [ ] [#1 a]({WEB}/project/acme/issue/1) [b](https://other.example/project/acme/us/2)"
    assert [(item.kind, item.slug, item.ref) for item in linked_items(text, WEB)] == [
        ("issues", "acme", 1)
    ]
    assert len(linked_items(text, None)) == 2
    assert not any(item.is_known for item in linked_items(text, None))


def test_an_item_that_an_editor_has_begun_is_none_yet() -> None:
    text = body("tasks")
    for empty in ("- [ ]", "- [ ] ", "-", "* [ ] \u200b"):
        assert told(text, f"{text}\n{empty}") == []


def test_many_edits_at_once_are_told_one_by_one() -> None:
    text = body("tasks")
    dice = Random(5)  # noqa: S311 - chance that can be repeated
    for _ in range(60):
        lines, wanted = [], []
        for number in dice.sample(range(len(ROWS)), len(ROWS)):
            old = text.split("\n")[number]
            new = old
            match dice.randrange(4):
                case 0 if "[ ] [" in old:
                    new = old.replace("[ ]", dice.choice(["[x]", "[X]"]), 1)
                    new += dice.choice(["", " \u2705 2026-11-28"])
                    wanted.append(f"close {ROWS[number]['ref']}")
                case 1:
                    wanted.append("the line is missing, and nothing is deleted for that")
                    continue
            lines.append(new)
            if dice.random() < 0.2:
                lines.append(f"- [ ] New {len(lines)}")
                wanted.append(f"new: New {len(lines) - 1}")
        assert sorted(told(text, "\n".join(lines))) == sorted(wanted)
