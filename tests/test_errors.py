"""Errors: what they keep for who handles them, and what they say."""

from __future__ import annotations

from taiga_notes.errors import (
    EndedError,
    PageBusyError,
    RefusedError,
    RenderError,
    SourceError,
    ThrottledError,
    UnreachableError,
    WriteError,
    meant,
    names_meant,
)


def test_a_refusal_keeps_its_status_and_taigas_own_name_for_the_reason() -> None:
    refused = RefusedError("no", status=403, code="PermissionDenied", hint="ask ada")
    assert (refused.status, refused.code) == (403, "PermissionDenied")
    assert str(refused) == "no (ask ada)"
    assert RefusedError("no", status=404).code == ""
    assert isinstance(refused, SourceError)


def test_who_is_throttled_knows_for_how_long_and_by_whom() -> None:
    throttled = ThrottledError("wait", seconds=2.5, by_taiga=True)
    assert (throttled.seconds, throttled.by_taiga, str(throttled)) == (2.5, True, "wait")
    assert ThrottledError("wait", seconds=None, by_taiga=False).seconds is None
    assert isinstance(throttled, UnreachableError)


def test_a_templates_mistake_tells_its_place_as_far_as_that_is_known() -> None:
    assert str(RenderError("odd")) == "odd"
    assert str(RenderError("odd", template="list")) == "list: odd"
    assert str(RenderError("odd", template="list", line=2)) == "list, line 2: odd"
    placed = EndedError("odd", template="list", line=2, column=7, hint="mend it")
    assert str(placed) == "list, line 2, column 7: odd (mend it)"


def test_what_can_not_be_written_names_its_page() -> None:
    failed = WriteError("is read-only", page="A.md", hint="chmod u+w A.md")
    assert failed.page == "A.md"
    assert "is read-only" in str(failed)
    assert "chmod u+w A.md" in str(failed)


def test_a_busy_page_tells_when_to_come_back() -> None:
    busy = PageBusyError("was just saved", page="A.md", hint="later", rest=0.3)
    assert (busy.page, busy.rest) == ("A.md", 0.3)
    assert isinstance(busy, WriteError)


def test_names_that_were_meant_are_read_back_out_of_the_question() -> None:
    for names in (["is_closed"], ["it's", 'a "b"'], ["In progress", "Done"]):
        assert names_meant(f"no such status: {meant(names)}") == names
    for text in ("", "write nil", "did you mean", "did you mean it?", "did you mean 'a' or b?"):
        assert names_meant(text) == []
