from __future__ import annotations

import gc
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taiga_notes.system.garbage import collection_paused
from taiga_notes.taiga.http.responses import NOT_JSON, decode
from taiga_notes.taiga.store.columns import DamagedError
from taiga_notes.taiga.store.list_content import CHUNK_BYTES, JsonStream, put_away
from tests.tables import each


class Chunks:
    """Where a reader puts what it keeps."""

    def __init__(self) -> None:
        self.texts: list[bytes] = []

    def keep(self, text: memoryview) -> int:
        self.texts.append(bytes(text))
        return len(self.texts) - 1

    def items(self, reader: JsonStream, count: int) -> list[Any]:
        """What was put away, by the places of the last pages."""
        return [
            json.loads(page.offsets.checked(self.texts[chunk][start:end], index))
            for page in reader.last(count)
            for index, (chunk, start, end) in enumerate(
                zip(page.offsets.chunks, page.offsets.starts, page.offsets.ends, strict=True)
            )
        ]


def read(body: bytes) -> tuple[Any, list[Any]]:
    """The rows, and the items put away for them."""
    chunks = Chunks()
    reader = JsonStream((("id",), ("ref",)), chunks.keep)
    rows = reader(body)
    return rows, chunks.items(reader, len(rows) if isinstance(rows, list) else 0)


texts = st.text(max_size=12)
scalars = st.none() | st.booleans() | st.integers() | texts
items = st.dictionaries(
    st.sampled_from(["id", "ref", "subject", "tags"]) | texts,
    scalars | st.lists(scalars, max_size=2) | st.dictionaries(texts, scalars, max_size=2),
    max_size=5,
)


@given(st.lists(items, max_size=5), st.booleans(), st.sampled_from([None, 1, "\t"]), st.booleans())
def test_items_are_kept_as_any_json_parser_reads_them(
    content: list[dict[str, Any]], ascii_only: bool, indent: Any, mark: bool
) -> None:
    text = json.dumps(content, ensure_ascii=ascii_only, indent=indent)
    body = ("\ufeff" * mark + text + " \n").encode(errors="surrogatepass")
    expected = decode(body)
    rows, kept = read(body)
    assert (rows is NOT_JSON) == (expected is NOT_JSON)
    if expected is not NOT_JSON:
        assert kept == expected
        assert [row.get("id") for row in rows] == [item.get("id") for item in kept]


@each(
    "body",
    [
        b"",
        b"   ",
        b"[",
        b"[{}",
        b'[{"id": 1},]',
        b'[{"id": 1} {"id": 2}]',
        b'[{"id": 1}, {"id": ',
        b'[{"id": 1}]]',
        b'[{"id": 1}] x',
        b'[{"id": NaN}]',
        b'{"id": Infinity}',
        b"<html></html>",
        b"[,]",
        b'[{"id": 1}, ,{"id": 2}]',
        b"\xff\xfe",
        b"[" * 100_000,
        b'[{"a":' * 100_000,
    ],
)
def test_what_is_no_whole_json_document_is_said_to_be_none(body: bytes) -> None:
    assert read(body)[0] is NOT_JSON


@each("body", [b'{"count": 3}', b"7", b'"text"', b"null", b"[1, 2]", b'[{}, "x"]'])
def test_what_is_no_list_of_objects_comes_as_it_is(body: bytes) -> None:
    chunks = Chunks()
    reader = JsonStream((("id",), ("ref",)), chunks.keep)
    assert reader(body) == json.loads(body)
    assert reader.pages == []


def test_an_empty_list_has_no_rows() -> None:
    assert read(b" [ ] ") == ([], [])


def test_wanted_values_are_columns_and_none_where_an_item_lacks_them() -> None:
    reader = JsonStream((("id",), ("subject",), ("status", "name")), Chunks().keep)
    reader(b'[{"id": 1, "subject": "a", "status": {"name": "New", "x": 0}}, {"id": 2}]')
    assert reader.pages[0].columns == {
        ("id",): [1, 2],
        ("subject",): ["a", None],
        ("status", "name"): ["New", None],
    }


def test_rows_without_ids_are_rows() -> None:
    rows, kept = read(b'[{"epic": 1}, {"epic": 2}]')
    assert (rows, kept) == ([{}, {}], [{"epic": 1}, {"epic": 2}])


def test_added_fields_can_be_columns() -> None:
    reader = JsonStream(
        (("id",), ("url",)), Chunks().keep, lambda item: {**item, "url": f"/{item['id']}"}
    )
    reader(b'[{"id": 1}]')
    assert reader.pages[0].columns["url",] == ["/1"]


def test_half_a_character_becomes_the_replacement_character() -> None:
    _, kept = read(rb'[{"id": 1, "subject": "a\ud83d b\ude00 c\ud83d\ude00"}]')
    assert kept[0]["subject"] == "a\ufffd b\ufffd c\U0001f600"


def test_only_the_last_reading_counts_of_a_list_that_is_begun_anew() -> None:
    chunks = Chunks()
    reader = JsonStream((("id",), ("ref",)), chunks.keep)
    for body in (b'[{"id": 1}, {"id": 2}]', b"[]", b'[{"id": 1}]', b'[{"id": 3}]', b"[]"):
        reader(body)
    assert chunks.items(reader, 2) == [{"id": 1}, {"id": 3}]


def test_chunks_hold_whole_items_and_are_of_bounded_size() -> None:
    chunks = Chunks()
    text = b"x" * (4 * CHUNK_BYTES)
    sizes = [CHUNK_BYTES // 3] * 8 + [CHUNK_BYTES + 10, 5]
    bounds = [place for n in range(len(sizes)) for place in (sum(sizes[:n]), sum(sizes[: n + 1]))]
    offsets = put_away(memoryview(text), bounds, chunks.keep)
    assert [end - start for start, end in zip(offsets.starts, offsets.ends, strict=True)] == sizes
    assert max(len(chunk) for chunk in chunks.texts) == CHUNK_BYTES + 10
    assert len(chunks.texts) == 5


def test_an_item_that_is_not_what_was_put_away_is_noticed() -> None:
    chunks = Chunks()
    offsets = put_away(memoryview(b'{"id": 1}'), [0, 9], chunks.keep)
    assert offsets.checked(b'{"id": 1}', 0) == b'{"id": 1}'
    with pytest.raises(DamagedError):
        offsets.checked(b'{"id": 2}', 0)


def test_garbage_collection_goes_on_after_a_pause() -> None:
    with collection_paused():
        assert not gc.isenabled()
    assert gc.isenabled()
    gc.disable()
    try:
        with collection_paused():
            pass
        assert not gc.isenabled(), "it was off before"
    finally:
        gc.enable()
