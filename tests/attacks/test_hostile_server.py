"""A Taiga that answers with whatever it likes: told, bounded, and the pages as they were."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING

import pytest

from tests.attacks.arena import GOOD, STORY
from tests.attacks.test_credentials import trap

if TYPE_CHECKING:
    from tests.attacks.arena import Arena

pytestmark = pytest.mark.slow

MILLION = 1_000_000
DEEP = b"[" * MILLION + b"]" * MILLION
SHAPES: dict[str, bytes] = {
    "deep": DEEP,
    "deep objects": b'{"a":' * MILLION,
    "a huge number": b"[" + b"9" * MILLION + b"]",
    "huge ids": b'[{"id": ' + b"9" * 4_000 + b', "ref": 1, "subject": "x"}]',
    "no number": b'[{"id": NaN, "ref": Infinity, "subject": -Infinity}]',
    "half a document": b'[{"id": 1, "subject": "',
    "no document": b"\xff\xfe\x00",
    "nothing": b"",
    "a word": b'"x"',
    "numbers": b"[1, 2, 3]",
    "nulls": b"[null, null]",
    "no id": b'[{"id": null, "subject": "x"}]',
    "equal keys": b'[{"id": 1, "id": 2, "id": [], "subject": "x"}]',
    "escape sequences": json.dumps([STORY | {"subject": "\x1b[2J\x07\x9b"}]).encode(),
    "half characters": b'[{"id": 1, "subject": "\\ud800", "ref": 1}]',
    "a long subject": json.dumps([STORY | {"subject": "x" * 10 * MILLION}]).encode(),
    "long hostile text": json.dumps([STORY | {"subject": "[" * MILLION}]).encode(),
}
WRONG: list[object] = [None, True, 0, -1, 1e308, 10**300, "", "x", [], [[]], {}, {"a": {}}, [None]]


@pytest.mark.parametrize("name", SHAPES)
def test_an_answer_of_any_shape_is_told_or_shown(attacked: Arena, name: str) -> None:
    before = "<!-- taiga: from userstories -->\n\nold\n\n<!-- /taiga -->\n"
    everything = attacked.page("Everything.md", before)
    # Asked for first: a server that failed once is not asked for more.
    lists = attacked.page(
        "A list.md", before.replace("userstories", "getTaigaTasks('/userstories?milestone=1')")
    )
    with trap() as taiga:
        taiga.answer = (200, {"Content-Type": "application/json"}, SHAPES[name])
        attacked.program.env["TAIGA_NOTES_API"] = f"{taiga.url}/api/v1"
        done = attacked.run("render", "--force")
        assert any("/userstories?milestone=1" in heard for heard in taiga.heard)
    assert done.status in {0, 3, 4}
    assert len(done.err) < 6_000
    assert "\x1b" not in everything.read_text() + lists.read_text()
    if done.status == 4:
        # Where there are no rows the last good output stays exactly as it is.
        assert (attacked.root / "Good.md").read_text() == GOOD
        assert everything.read_text() == before


def packed_blanks(millions: int) -> bytes:
    """So many bytes without an end, by gzip: each million of them is packed as the one before."""
    packer = zlib.compressobj(1, wbits=31)
    head, million = (
        packer.compress(text) + packer.flush(zlib.Z_FULL_FLUSH) for text in (b"[", b" " * MILLION)
    )
    return head + million * millions


@pytest.mark.parametrize("packed", [True, False], ids=["gzip", "plain"])
def test_an_answer_without_end_is_given_up(attacked: Arena, packed: bool) -> None:
    body = b"[" + b" " * 300 * MILLION
    headers = {"Content-Type": "application/json"}
    if packed:
        body, headers = packed_blanks(300), headers | {"Content-Encoding": "gzip"}
    with trap() as taiga:
        taiga.answer = (200, headers, body)
        attacked.program.env["TAIGA_NOTES_API"] = f"{taiga.url}/api/v1"
        done = attacked.run("render")
    assert done.status == 4
    assert (attacked.root / "Good.md").read_text() == GOOD


@pytest.mark.parametrize(
    "field",
    [
        "id",
        "ref",
        "subject",
        "tags",
        "status_extra_info",
        "project",
        "project_extra_info",
        "is_closed",
        "assigned_to_extra_info",
        "assigned_users",
        "milestone_name",
        "epics",
        "due_date",
    ],
)
def test_a_field_of_any_shape_is_shown_or_told(attacked: Arena, field: str) -> None:
    rows = [STORY | {"id": number} | {field: value} for number, value in enumerate(WRONG, 1)]
    names = ("links", "list", "table", "tasks", "taigaRecurringTasks")
    for name in names:
        attacked.page(
            f"{name}.md", f"<!-- taiga: from userstories template {name} -->\n<!-- /taiga -->\n"
        )
    query = "from userstories where is_closed or not assignee order by due_date group by tag_names"
    attacked.page("query.md", f"<!-- taiga: {query} -->\n<!-- /taiga -->\n")
    attacked.snapshot({"userstories": rows})
    done = attacked.render()
    assert done.status in {0, 3, 4}
    with trap() as taiga:
        attacked.page(
            "path.md", "<!-- taiga: from getTaigaTasks('/userstories?x=1') -->\n<!-- /taiga -->\n"
        )
        taiga.answer = (200, {"Content-Type": "application/json"}, json.dumps(rows).encode())
        attacked.program.env["TAIGA_NOTES_API"] = f"{taiga.url}/api/v1"
        assert attacked.run("render", "path.md").status in {0, 3, 4}
