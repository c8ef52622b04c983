"""Completion: within the openers of blocks, by what stands around the cursor; `|` is the cursor."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING

from taiga_notes.lsp.language_service import LanguageService
from taiga_notes.lsp.opened_vaults import Vaults
from tests.tables import each

if TYPE_CHECKING:
    from pathlib import Path

    from lsprotocol import types


def offered(service: LanguageService, vault: Path, page: str) -> list[types.CompletionItem]:
    uri = (vault / "Typed.md").as_uri()
    place = page.index("|")
    service.open(uri, 1, page[:place] + page[place + 1 :])
    position = service.documents[uri].position(place)
    return [*service.completion(uri, position).items]


def block(query: str) -> str:
    return f"---\nowner: ann\n---\n# Page\n\n<!-- #taiga: {query} -->\n\n<!-- /taiga -->\n"


@each(
    "query, wanted",
    [
        ("|", ["from"]),
        ("from |", ["userstories", "tasks"]),
        ("from us|", ["userstories"]),
        ("from presets.|", ["open"]),
        ("from userstories wh|", ["where"]),
        ("from userstories where status_n|", ["status_name"]),
        ("from userstories where status_extra_info.|", ["name", "color"]),
        ("from t = userstories where t.is_c|", ["is_closed"]),
        ("from userstories where status_name == '|'", ["New", "Ready", "In progress"]),
        ("from userstories where status_name == |", ["'New'", "'Ready'"]),
        ("from userstories where status_name in {'New', '|'}", ["New", "Ready"]),
        ("from presets.open where assignee == '|'", ["ann", "bob"]),
        ("from userstories where 'che|' in tag_names", ["checkout"]),
        ("from userstories where sprint == 'Spr|'", ["Sprint 12"]),
        ("from userstories where 'One|' in epic_subjects", ["One-page checkout"]),
        ("from userstories where is_closed == |", ["true", "false"]),
        ("from userstories{st|", ["status"]),
        ("from userstories{status='|'}", ["New"]),
        ("from userstories where owner_name == page.|", ["owner"]),
        ("from userstories where assignee == me.user|", ["username"]),
        ("from userstories template lin|", ["links"]),
        ("from userstories template tasks push |", ["done", "status"]),
        ("from userstories template tasks push done, |", ["done", "status"]),
        ("from userstories where subject:sta|", ["startsWith"]),
        ("from userstories where status_name == 'New' |", ["and", "or"]),
        ("from userstories where custom.|", ["Customer"]),
        ("from u = userstories where u.custom['Cu|", ["Customer"]),
        ('from userstories where custom["Cu|"] == 3', ["Customer"]),
        ("from userstories where days_in('In|", ["In progress"]),
        ("from u = userstories where u.days_in('|') > 3", ["New", "Ready"]),
        ("from userstories where 'An|' in watcher_names", ["Ann Okafor"]),
        ("from userstories where comments[1].|", ["who", "username", "when", "text"]),
        ("from u = userstories where u.attachments[#u.attachments].s|", ["size"]),
        ("from userstories where tasks[1].user_s|", ["user_story"]),
        ("from userstories where current_sprint().est|", ["estimated_start"]),
        ("from userstories where sprint('Sprint 12').est|", ["estimated_finish"]),
        ("from userstories where this_week().|", ["start", "finish", "number", "year"]),
        ("from userstories until |", ["today()", "sprint('Sprint 12').estimated_finish"]),
        ("from userstories until sprint('|", ["Sprint 12"]),
        ("from userstories group by sprint select group[1].subj|", ["subject"]),
    ],
)
def test_what_fits_is_offered(
    service: LanguageService, vault: Path, query: str, wanted: list[str]
) -> None:
    labels = [item.label for item in offered(service, vault, block(query))]
    assert {*wanted} <= {*labels[:40]}, labels


@each(
    "page",
    [
        "from use|\n",
        "# He|\n\n<!-- #taiga: from userstories -->\n<!-- /taiga -->\n",
        "<!-- #taiga: from userstories -->\n\nfrom us|\n\n<!-- /taiga -->\n",
        "```\n<!-- #taiga: from us| -->\n```\n",
        "<!-- a comment: from us| -->\n",
        "`<!-- #taiga: from us| -->`\n",
    ],
)
def test_outside_of_queries_there_is_nothing(
    service: LanguageService, vault: Path, page: str
) -> None:
    assert offered(service, vault, page) == []


@each(
    "page",
    [
        "<!-- #taiga: from userstories where is_cl|",
        "<!-- #taiga\nfrom userstories\nwhere is_cl|\n\n# Heading\n",
        "> <!-- #taiga\n> from userstories\n> where is_cl|\n> -->\n",
        "<!-- #taiga: from userstories where is_cl| -->\n",
        "There are <!-- taiga: from userstories where is_cl| -->12<!-- /taiga --> of them.\n",
        "<!--#lua template.each(query[[from userstories where is_cl|]], templates.links) -->\n",
    ],
)
def test_a_block_need_not_be_whole(service: LanguageService, vault: Path, page: str) -> None:
    assert [item.label for item in offered(service, vault, page)][:1] == ["is_closed"]


@each(
    ("query", "wanted"),
    [
        ("from userstories template my|", ["'my look-up'"]),
        ("from userstories template 'my|", ["my look-up"]),
        ("from presets.|", ["open"]),
        ("from presets['|", ["all of it", "open"]),
        ("from all|", ["presets['all of it']"]),
        ("from userstories where points_by_role['|", ["Back", "Back office"]),
        ("from userstories where points_by_role.|", ["Back"]),
        ("from userstories where comments[1].text.|", []),
        ("from userstories where some(comments).|", []),
        ("from userstories where (ref).|", []),
        ("from userstories where ).|", []),
        ("from userstories where nothing[1].|", []),
    ],
)
def test_what_is_no_name_is_written_so_that_it_can_be_read(
    tmp_path: Path, home: dict[str, str], query: str, wanted: list[str]
) -> None:
    presets = "open = 'from tasks'\n'all of it' = 'from tasks'\n"
    settings = f"project = 'acme'\nsnapshot = 'acme.json'\n[presets]\n{presets}"
    (tmp_path / "taiga-notes.toml").write_text(settings)
    roles = [{"id": number, "name": name} for number, name in enumerate(("Back", "Back office"))]
    acme = {"userstories": [], "projects": [{"id": 1, "slug": "acme", "roles": roles}]}
    (tmp_path / "acme.json").write_text(json.dumps(acme))
    (tmp_path / "templates").mkdir(exist_ok=True)
    (tmp_path / "templates" / "my look-up.md.j2").write_text("{{ rows }}")
    with closing(Vaults(home)) as vaults:
        found = offered(LanguageService(vaults, str(tmp_path)), tmp_path, block(query))
    assert sorted(each.text_edit.new_text for each in found if each.text_edit) == sorted(wanted)


def test_a_field_has_its_type_and_an_example(service: LanguageService, vault: Path) -> None:
    [first, *_] = offered(service, vault, block("from userstories where due_d|"))
    assert (first.label, first.detail) == ("due_date", "date or nil")
    assert "2026" in str(first.documentation)


def test_a_page_that_is_none_of_ours_has_nothing(service: LanguageService, vault: Path) -> None:
    assert offered(service, vault, block("from us|").replace("owner: ann", "taiga: false")) == []
    uri = (vault / ".hidden" / "Typed.md").as_uri()
    service.open(uri, 1, block("from userstories wher"))
    assert service.lenses(uri) == []
    assert not service.diagnostics(uri).diagnostics
