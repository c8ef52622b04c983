from __future__ import annotations

import json
import math
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taiga_notes.taiga.store.columns import (
    DamagedError,
    below,
    pack,
    pack_numbers,
    seal,
    unpack,
    unpack_numbers,
    unseal,
)
from tests.tables import each

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
)
columns = st.one_of(
    st.lists(values, max_size=30),
    st.lists(st.sampled_from(["New", "Done", None, "in progress"]), max_size=40),
    st.lists(st.sampled_from([0, 1, True, False, 1.0, -0.0]), max_size=40),
    st.lists(st.integers(), max_size=30),
    st.lists(texts, max_size=30),
)


def exactly(column: list[object]) -> str:
    """Told apart as JSON does: 1, true and 1.0 are three values."""
    return json.dumps(column)


@given(columns)
def test_a_column_comes_back_as_it_was(column: list[object]) -> None:
    assert exactly(unpack(pack(column))) == exactly(column)


@pytest.mark.slow
@pytest.mark.parametrize("different", [1, 2, 200, 256, 257, 300, 60_000, 70_000])
def test_a_column_comes_back_whatever_the_number_of_its_values(different: int) -> None:
    column: list[object] = [f"value {n % different}" for n in range(150_000)]
    assert unpack(pack(column)) == column


def test_equal_values_are_one_object_again() -> None:
    column = [f"status {n % 6}" for n in range(10_000)]
    packed = pack(column)
    tracemalloc.start()
    loaded = unpack(packed)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(loaded) == 10_000
    assert held < 100_000, "a pointer a row, and six texts"


def test_a_text_with_the_separator_in_it_survives() -> None:
    assert unpack(pack(["a\0b", "c"])) == ["a\0b", "c"]


def test_numbers_beyond_64_bits_survive() -> None:
    assert unpack(pack([2**64, -(2**64), 7])) == [2**64, -(2**64), 7]


def test_a_negative_nothing_keeps_its_sign() -> None:
    [zero, *_] = unpack(pack([-0.0, 1.5]))
    assert math.copysign(1, zero) == -1  # type: ignore[arg-type]  # it is a float


@given(st.lists(st.integers(0, 2**32 - 1)))
def test_numbers_come_back(numbers: list[int]) -> None:
    assert list(unpack_numbers(pack_numbers(numbers))) == numbers


@given(st.binary(max_size=50), st.integers(0, 53), st.integers(1, 255))
def test_a_changed_byte_is_noticed(body: bytes, place: int, flip: int) -> None:
    sealed = bytearray(seal(body, "here"))
    sealed[place % len(sealed)] ^= flip
    with pytest.raises(DamagedError):
        unseal(bytes(sealed), "here")


@each("stray", [b"", b"abc", None, "text", 7])
def test_what_was_never_sealed_is_noticed(stray: object) -> None:
    with pytest.raises(DamagedError):
        unseal(stray, "here")


def test_a_value_at_another_place_is_noticed() -> None:
    assert unseal(seal(b"body", "here"), "here") == b"body"
    with pytest.raises(DamagedError):
        unseal(seal(b"body", "here"), "there")


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ((), [{"a": {"b": 1}}, {"a": None}, {}, None, 7]),
        (("a",), [{"b": 1}, None, None, None, None]),
        (("a", "b"), [1, None, None, None, None]),
        (("a", "b", "c"), [None] * 5),
    ],
)
def test_below_a_path_is_what_objects_have_there(
    path: tuple[str, ...], found: list[object]
) -> None:
    assert below([{"a": {"b": 1}}, {"a": None}, {}, None, 7], path) == found
