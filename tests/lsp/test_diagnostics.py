"""What is said of a page that is being typed: a render's words, where it stands, and fixes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types
from lsprotocol.types import DiagnosticSeverity

from taiga_notes.lsp import language_service
from tests.tables import each

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from taiga_notes.lsp.language_service import LanguageService

BLOCK = "<!-- #taiga: {} -->\n\n<!-- /taiga -->\n"


def said(service: LanguageService, vault: Path, page: str) -> list[types.Diagnostic]:
    uri = (vault / "Typed.md").as_uri()
    service.open(uri, 1, page)
    return [*service.diagnostics(uri).diagnostics]


def underlined(page: str, found: types.Diagnostic) -> str:
    line = page.split("\n")[found.range.start.line].encode("utf-16-le")
    return line[2 * found.range.start.character : 2 * found.range.end.character].decode("utf-16-le")


def mended(service: LanguageService, vault: Path, found: types.Diagnostic) -> list[str]:
    """The texts that the fixes of a diagnostic write."""
    uri = (vault / "Typed.md").as_uri()
    actions = service.actions(uri, found.range, [types.CodeActionKind.QuickFix])
    texts = []
    for action in actions:
        assert action.edit is not None
        [change] = action.edit.document_changes or ()
        texts += [each.new_text for each in change.edits]  # type: ignore[union-attr]
    return texts


@each(
    "query, place, fix",
    [
        ("from userstories where is_closd", "is_closd", "is_closed"),
        (
            "from userstories where status_extra_info.nam == 'x'",
            "status_extra_info.nam",
            "status_extra_info.name",
        ),
        ("from t = userstories where t.is_clsed", "is_clsed", "is_closed"),
        ("from userstory", "userstory", "userstories"),
        ("from userstories where assignee == null", "null", "nil"),
        ("from userstories wher is_closed", "wher", "where"),
        ("from userstories where assignee = 'ann'", "=", "=="),
        ("from userstories where is_closed && is_blocked", "&&", "and"),
        ("from userstories order subject", "subject", "order by"),
        ("FROM userstories", "userstories", "from"),
        ("from userstories{statu='New'}", "statu", "status"),
        ("from userstories{status='Nw'}", "Nw", "New"),
        ("from userstories where subject:lowr() == 'x'", "lowr", "lower"),
        ("from userstories template lnks", "lnks", "links"),
        ("from userstories template links push donee", "donee", "done"),
        ("from userstories where status_name == 'Don'", "'Don'", "'Done'"),
        ("from userstories where assignee == 'an'", "'an'", "'ann'"),
        ("from userstories where attachments[1].nam", "nam", "name"),
        ("from u = userstories where u.comments[#u.comments].usrname", "usrname", "username"),
    ],
)
def test_a_mistake_is_underlined_and_its_hint_is_a_fix(
    service: LanguageService, vault: Path, query: str, place: str, fix: str
) -> None:
    page = f"😀 é\n\n> {BLOCK.format(query)}".replace("\n\n<", "\n>\n> <").replace(
        "\n>\n> <!-- #", "\n\n> <!-- #"
    )
    [found] = said(service, vault, page)
    assert underlined(page, found) == place
    assert fix in mended(service, vault, found)


def test_an_empty_text_is_underlined_where_it_stands(service: LanguageService, vault: Path) -> None:
    for query in ("where status_name == ''", "where sprint == ''", "where '' in tag_names"):
        page = BLOCK.format(f"from userstories {query}")
        [found] = said(service, vault, page)
        assert underlined(page, found) == "''"


def test_a_fix_that_would_not_mend_is_not_offered(service: LanguageService, vault: Path) -> None:
    page = BLOCK.format("from userstories where subject like 'x'")
    [found] = said(service, vault, page)
    assert mended(service, vault, found) == []


@each(
    "page, line, word",
    [
        ("a\n\n<!-- #taiga: from userstories -->\n", 2, "not closed"),
        ("a\n\n<!-- /taiga -->\n", 2, "without a block"),
        ("<!-- #taiga: from userstories\n\nb\n", 0, "does not end"),
        (BLOCK.format("from userstories") + "\n<!-- #taiga: from tasks -->\n", 4, "not closed"),
    ],
)
def test_markers_that_do_not_belong_together_are_told(
    service: LanguageService, vault: Path, page: str, line: int, word: str
) -> None:
    assert [found.range.start.line for found in said(service, vault, page)] == [line]
    assert word in said(service, vault, page)[0].message


def test_queries_are_read_while_a_marker_is_missing(service: LanguageService, vault: Path) -> None:
    page = BLOCK.format("from userstories wher x") + "<!-- #taiga: from userstories -->\n"
    assert next(underlined(page, found) for found in said(service, vault, page)) == "wher"


def test_what_is_nearly_a_marker_is_mended(service: LanguageService, vault: Path) -> None:
    page = "<!-- tagia: from userstories -->\n"
    [found] = said(service, vault, page)
    assert (found.severity, underlined(page, found)) == (DiagnosticSeverity.Warning, "<!-- tagia:")
    assert mended(service, vault, found) == ["<!-- #taiga:"]


def test_an_edited_body_is_told_and_a_tick_waits(service: LanguageService, vault: Path) -> None:
    page = (vault / "Welcome.md").read_text(encoding="utf-8")
    uri = (vault / "Welcome.md").as_uri()
    edited = page.replace("[#13 Pay by invoice]", "[#13 Pay]").replace("- [ ]", "- [x]")
    service.open(uri, 1, page)
    assert not service.diagnostics(uri).diagnostics
    service.open(uri, 2, edited)
    found = service.diagnostics(uri).diagnostics
    lines = [edited.split("\n")[each.range.start.line][:11] for each in found]
    assert lines == ["- [#13 Pay]", "<!-- #taiga", "- [x] [#24 "]
    assert "edited by hand" in found[0].message
    assert found[1].message == "1 edit to push (taiga-notes push)"
    assert {each.severity for each in found} == {DiagnosticSeverity.Information}
    titles = [lens.command.title for lens in service.lenses(uri) if lens.command]
    assert titles.count("Push") == 1


def test_rows_that_are_not_stored_are_no_mistake(service: LanguageService, tmp_path: Path) -> None:
    (tmp_path / "taiga-notes.toml").write_text('project = "acme"\n', encoding="utf-8")
    uri = (tmp_path / "A.md").as_uri()
    service.open(uri, 1, BLOCK.format("from userstories"))
    [found] = service.diagnostics(uri).diagnostics
    assert found.severity == DiagnosticSeverity.Information
    assert "(the action 'Render page' asks Taiga for it)" in found.message


@each(
    "query, place",
    [
        ("from userstories where is_closd", "is_closd"),
        ("from t = tasks order by t.rfe select {Name = t.subject}", "rfe"),
        ("from userstories where status_name == 'Nwe' and custom.Size == 3", ""),
        ("from members where days_off == 1", "days_off"),
        ("from userstories select sum(total_points)", ""),
        ("from userstories where assignee_name .. subjcet == 'x'", "subjcet"),
    ],
)
def test_what_no_item_of_that_kind_has_is_told_before_any_is_stored(
    service: LanguageService, tmp_path: Path, query: str, place: str
) -> None:
    (tmp_path / "taiga-notes.toml").write_text('project = "acme"\n', encoding="utf-8")
    uri, page = (tmp_path / "A.md").as_uri(), BLOCK.format(query)
    service.open(uri, 1, page)
    [found] = service.diagnostics(uri).diagnostics
    assert (found.severity == DiagnosticSeverity.Error) == bool(place)
    if place:
        assert place in underlined(page, found)


def test_wrong_settings_are_told_in_the_page_and_right_ones_forget_it(
    service: LanguageService, tmp_path: Path
) -> None:
    settings = tmp_path / "taiga-notes.toml"
    settings.write_text("projekt = 'acme'\n", encoding="utf-8")
    uri = (tmp_path / "A.md").as_uri()
    service.open(uri, 1, "# A\n\n" + BLOCK.format("from userstories wher x"))
    [found] = service.diagnostics(uri).diagnostics
    assert found.range.start.line == 2
    assert "projekt" in found.message
    assert service.completion(uri, types.Position(2, 18)).items == []
    settings.write_text("project = 'acme'\n", encoding="utf-8")
    assert service.vaults.freshen()  # so that all pages are looked at again
    [found] = service.diagnostics(uri).diagnostics
    assert "wher" in found.message


def test_a_template_that_the_page_names_is_looked_for(
    service: LanguageService, vault: Path
) -> None:
    page = "---\ntaiga: {template: lnks}\n---\n" + BLOCK.format("from userstories")
    [found] = said(service, vault, page)
    assert (underlined(page, found), "did you mean 'links'" in found.message) == ("from", True)


def test_a_mistake_of_ours_is_told_in_the_page(
    service: LanguageService, vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr(language_service, "page_diagnostics", fail)
    [found] = said(service, vault, BLOCK.format("from userstories"))
    assert found.message == "a mistake in taiga-notes itself: RecursionError: too deep"


def test_a_frozen_block_may_say_what_it_likes(service: LanguageService, vault: Path) -> None:
    opener = "<!-- #taiga: from userstories where gone -->"
    page = f"{opener}\n\nx\n\n<!-- /taiga 11111111 frozen 2026-11-05 -->\n"
    assert said(service, vault, page) == []
