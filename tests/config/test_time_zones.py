"""Names of time zones: those that mean the same everywhere, and a question about all others."""

from __future__ import annotations

import zoneinfo

import pytest

from taiga_notes.config.time_zones import time_zone
from taiga_notes.config.toml_reader import ExpectedError
from tests.tables import each


@each("name", ["Europe/Berlin", "UTC", "Etc/GMT+5", "America/Argentina/Buenos_Aires", "GMT"])
def test_a_name_of_the_tables_is_one(name: str) -> None:
    assert time_zone(name) == name


@each(
    ("name", "meant"),
    [
        ("Europe/Berln", "'Europe/Berlin'"),
        ("europe/berlin", "'Europe/Berlin'"),
        ("Berlin", "'Europe/Berlin'"),
        ("new york", "'America/New_York'"),
        ("Europe/Berlin ", "'Europe/Berlin'"),
    ],
)
def test_a_slip_is_asked_about(name: str, meant: str) -> None:
    with pytest.raises(ExpectedError) as caught:
        time_zone(name)
    assert "did you mean" in str(caught.value)
    assert meant in str(caught.value)


@each(
    "value",
    [
        *("", "Europe", "../../etc/passwd", "/etc/localtime", "Europe/../UTC", "a\0b", "x" * 300),
        *(
            "localtime",
            "posixrules",
            "Factory",
            "posix/UTC",
            "right/UTC",
            "+01:00",
            "Zz/Qq",
            3,
            None,
        ),
    ],
)
def test_no_file_and_no_zone_of_one_machine_is_a_name(value: object) -> None:
    with pytest.raises(ExpectedError, match="a time zone such as"):
        time_zone(value)


def test_a_machine_without_tables_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zoneinfo, "available_timezones", set)
    with pytest.raises(ExpectedError, match="pip install tzdata"):
        time_zone("Europe/Nowhere")
