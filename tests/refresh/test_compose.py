from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taiga_notes.errors import BlockError, QueryError, RenderError, SourceError, UnreachableError
from taiga_notes.markdown.text import inert
from taiga_notes.model.details import DetailRequest
from taiga_notes.page.splice import EDITED, UNKNOWN, words_checksum
from taiga_notes.refresh.compose import Composition, RenderContext, compose
from taiga_notes.render import Templates, builtin_folder
from taiga_notes.taiga.snapshot import Snapshot
from tests.tables import each
from tests.without_details import WithoutDetails

if TYPE_CHECKING:
    from pathlib import Path

    from taiga_notes.config.settings import OnEdit
    from taiga_notes.model.rows import Listing, Row, Rows
    from taiga_notes.refresh.compose import Remembered

TEMPLATES = Templates([builtin_folder()])
STORY = {"project": 7, "is_closed": False, "total_points": 3.0}
SOURCE = Snapshot(
    {
        "userstories": [
            {**STORY, "id": 1, "ref": 11, "subject": "Sign-up"},
            {**STORY, "id": 2, "ref": 12, "subject": "Log-in", "is_closed": True},
        ],
        "projects": [{"id": 7, "slug": "acme"}],
        "details": {
            "userstories": {"description": {"1": "As *a*."}, "custom": {"2": {"Size": "S"}}}
        },
        "web": "https://t.example",
    }
)
SIGN_UP = "[#11 Sign-up](https://t.example/project/acme/us/11)"
CONTEXT = RenderContext(
    source=SOURCE, templates=TEMPLATES, now=datetime(2026, 11, 22, tzinfo=UTC), project="acme"
)


class Gone(WithoutDetails):
    """A server that can't be reached."""

    def rows(self, _listing: Listing, /) -> Rows:
        raise UnreachableError("no answer from taiga.example")

    def me(self, _server: str = "", /) -> Row:
        raise UnreachableError("no answer from taiga.example")


def composed(text: str, context: RenderContext = CONTEXT) -> Composition:
    return compose(text, "Folder/Page.md", context)


def body(clauses: str, context: RenderContext = CONTEXT) -> str:
    """What a block with those clauses holds after rendering."""
    text = composed(f"<!-- taiga: {clauses} -->\n<!-- /taiga -->\n", context).text
    return text.partition("-->\n\n")[2].rpartition("\n\n<!--")[0]


def inline(clauses: str) -> str:
    text = composed(f"There are <!-- taiga: {clauses} --><!-- /taiga --> of them.\n").text
    return text.partition("-->")[2].rpartition("<!--")[0]


@each(
    ("clauses", "written"),
    [
        ("from userstories select subject", "- Sign-up\n- Log-in"),
        (
            "from userstories select {ref, subject}",
            "- 11, Sign-up\n- 12, Log-in",
        ),
        ("from userstories where ref > 99", ""),
        ("from userstories each '{{ row.ref }}!'", "11!\n12!"),
        ("from userstories limit 1 template tasks", f"- [ ] {SIGN_UP}"),
        ("#query[[from userstories]]", "2"),
        ("'a' .. '*b*'", r"a\*b\*"),
        ("nil", "–"),
        ("template.each(query[[from userstories limit 1]], templates.links)", f"- {SIGN_UP}"),
    ],
)
def test_a_value_is_shown_by_the_template_that_fits_it(clauses: str, written: str) -> None:
    assert body(clauses) == written


TASKS = f"- [ ] {SIGN_UP}\n- [x] [#12 Log-in](https://t.example/project/acme/us/12)"


@each(
    ("clauses", "written"),
    [
        ("from p = userstories select templates.tasks(p)", TASKS),
        ("query[[from p = userstories select templates.tasks(p)]]", TASKS),
        ("from userstories select templates.tasks(_)", TASKS),
        ("from (query[[from p = userstories select templates.tasks(p)]])", TASKS),
        ("from p = userstories where p.ref == 11 select templates.tasks(p)", f"- [ ] {SIGN_UP}"),
        ("from p = userstories where p.ref == 99 select templates.tasks(p)", ""),
        ("from userstories group by project select templates.tasks(group)", TASKS),
        (
            "from userstories group by 1 select query[[from group select templates.tasks(_)]]",
            TASKS,
        ),
        (
            "from p = userstories select p.is_closed and 'a*b' or templates.tasks(p)",
            f"- [ ] {SIGN_UP}\na*b",
        ),
        (
            "from p = userstories select p.is_closed and templates.tasks(p) or nil",
            TASKS.splitlines()[1],
        ),
    ],
)
def test_texts_that_templates_gave_for_each_row_are_joined_by_line_ends(
    clauses: str, written: str
) -> None:
    assert body(clauses) == written


@each(
    ("text", "written"),
    [
        ("some(query[[from userstories where ref > 99]]) or '_None *yet*_'", "_None *yet*_"),
        ("(some(query[[from userstories where ref > 99]]) or some({}) or '**x**')", "**x**"),
        (
            "template.each(query[[from userstories where ref > 99]], templates.tasks) or '_-_'",
            "_-_",
        ),
        ("template.each(query[[from userstories where ref > 99]], templates.tasks)", ""),
        ("from userstories limit 1 select some('a') and templates.tasks(_)", f"- [ ] {SIGN_UP}"),
        ("'# Open\\n' .. template.each(userstories, templates.tasks)", f"# Open\n{TASKS}"),
        (
            "2 .. '\\n' .. table.concat(query[[from userstories select templates.tasks(_)]])",
            f"2\n{TASKS}",
        ),
        (
            "from userstories group by 7 select '## ' .. key .. '*\\n' .. templates.tasks(group)",
            f"## 7*\n{TASKS}",
        ),
        (
            "from userstories select string_agg(templates.tasks(_), '--')",
            f"- [ ] {SIGN_UP}\n--{TASKS.splitlines()[1]}",
        ),
    ],
)
def test_what_the_author_wrote_is_markdown_beside_what_templates_gave(
    text: str, written: str
) -> None:
    assert body(text) == written


def test_values_are_inert_beside_what_templates_gave() -> None:
    source = Snapshot({"userstories": [{"id": 1, "ref": 1, "subject": "*[[x]]*"}]})
    context = replace(CONTEXT, source=source)
    written = body("from userstories select templates.links(_) .. '*x* ' .. subject", context)
    assert written.splitlines()[1] == f"*x* {inert('*[[x]]*')}"


def test_blank_lines_that_templates_end_with_stand_between_rows(tmp_path: Path) -> None:
    (tmp_path / "part.md.j2").write_text("{% for r in rows %}\n## {{ r.ref }}\n\n{% endfor %}\n")
    context = replace(CONTEXT, templates=Templates([tmp_path]))
    assert body("from p = userstories select templates.part(p)", context) == "## 11\n\n## 12"


@each(
    ("clauses", "written"),
    [
        ("from userstories each '- %{row.ref}{% else %}None *yet*'", "- 11\n- 12"),
        ("from userstories where ref > 99 each '- %{row.ref}{% else %}None *yet*'", "None *yet*"),
        ("from userstories where ref > 99 each 'x\\n{%- else -%}\\ny\\n'", "y"),
        ("from userstories where ref > 99 each '{% if 1 %}a{% else %}b{% endif %}'", ""),
        (
            "from userstories limit 1 each '{% set x %}c{% endset %}{% set y = 1 %}%{x}{% else %}'",
            "c",
        ),
    ],
)
def test_each_has_an_else(clauses: str, written: str) -> None:
    assert body(clauses) == written


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("* ${subject}", "write `%{row.subject}`"),
        ("%{'x'} ${ row.assigned_to.name }", "write `%{row.assigned_to.name}`"),
        ("* %{subject}", "write row.subject"),
        ("* {{ url }}", "write row.url"),
    ],
)
def test_each_tells_how_a_field_is_written(text: str, message: str) -> None:
    result = composed(f'<!-- taiga: from userstories each "{text}" -->\n<!-- /taiga -->\n')
    assert message in str(result.problems[0].error)
    assert r"$5 ${ \$" in body("from userstories limit 1 each \"$5 ${ %{'${ref}'}\"")


def test_records_that_hold_such_texts_are_records_still() -> None:
    table = body("from userstories limit 1 select {r = ref, t = templates.links(_)}")
    assert table.splitlines()[-1] == f"| 11  | - {SIGN_UP} |"
    assert body("from userstories limit 1 select {ref, templates.links(_)}") == (
        f"- 11, - {SIGN_UP}"
    )


def test_parts_with_and_without_a_name_are_both_columns() -> None:
    assert body("from userstories select {subject, d = ref}") == (
        "| 1       | d   |\n| ------- | --- |\n| Sign-up | 11  |\n| Log-in  | 12  |"
    )
    assert body("from userstories limit 1 select {subject, d = ref} template list") == (
        "- 1: Sign-up, d: 11"
    )


@each(
    ("clauses", "written"),
    [
        ("from userstories where ref > 99 empty 'Nothing is *due*.'", "Nothing is *due*."),
        ("from userstories where ref > 99 template tasks empty 'None'", "None"),
        ("from userstories where ref > 99 each '{{ row.ref }}' empty 'None'", "None"),
        ("from userstories where ref > 99 empty 'None on {{ page.name }}'", "None on Folder/Page"),
        ("from userstories limit 1 empty 'None'", f"- {SIGN_UP}"),
        ("empty 'None' from userstories where ref > 99", "None"),
    ],
)
def test_what_stands_where_there_is_nothing(clauses: str, written: str) -> None:
    assert body(clauses) == written


def test_what_stands_within_a_line_where_there_is_nothing() -> None:
    assert inline("from userstories where ref > 99 select subject empty 'none'") == "none"
    assert inline("from userstories where ref > 99 select subject") == "–"
    assert inline("from userstories limit 1 select templates.links(_)") == f"- {SIGN_UP}"


def test_empty_is_no_clause_of_a_nested_query() -> None:
    composition = composed(
        "<!-- taiga: #query[[from userstories empty 'x']] -->\n<!-- /taiga -->\n"
    )
    assert "write some(query" in composition.text


def test_records_are_a_table_and_groups_are_grouped() -> None:
    assert body("from userstories select {Ref = ref}") == "| Ref |\n| --- |\n| 11  |\n| 12  |"
    assert body("from userstories group by is_closed").startswith(f"**false**\n\n- {SIGN_UP}")


def test_a_default_template_is_for_items_only() -> None:
    context = replace(CONTEXT, template="tasks")
    assert body("from userstories limit 1", context) == f"- [ ] {SIGN_UP}"
    assert body("from userstories limit 1 select subject", context) == "- Sign-up"


@each(
    ("clauses", "value"),
    [
        ("from userstories select count()", "2"),
        ("from userstories select sum(total_points)", "6"),
        ("from userstories where ref == 99 select subject", "–"),
        ("#query[[from userstories]]", "2"),
        ("from userstories limit 1 each '{{ row.subject }}'", "Sign-up"),
        ("from userstories limit 1 select templates.links(_)", f"- {SIGN_UP}"),
    ],
)
def test_a_block_within_a_line_shows_one_value(clauses: str, value: str) -> None:
    assert inline(clauses) == value


@pytest.mark.parametrize("clauses", ["from userstories", "from userstories limit 1"])
def test_a_block_within_a_line_refuses_more(clauses: str) -> None:
    text = f"There: <!-- taiga: {clauses} -->12<!-- /taiga -->\n"
    result = composed(text)
    assert result.text == text
    assert "shows one value" in result.problems[0].error.message


def test_front_matter_is_the_page_and_sets_defaults() -> None:
    text = (
        "---\nowner: ann\ntaiga: {template: tasks}\n---\n"
        "<!-- taiga: from userstories limit 1 -->\n<!-- /taiga -->\n\n"
        "<!-- taiga: page.owner .. ' ' .. page.name .. ' ' .. #page.path -->\n<!-- /taiga -->\n"
    )
    written = composed(text).text
    assert f"- [ ] {SIGN_UP}" in written
    assert "ann Folder/Page 14" in written


def test_a_page_that_opts_out_is_left_alone() -> None:
    text = "---\ntaiga: false\n---\n<!-- taiga: from userstories -->\n<!-- /taiga -->\n"
    assert composed(text) == Composition(text)


def test_a_page_without_blocks_needs_nothing() -> None:
    assert composed("# Just text\n") == Composition("# Just text\n")


IN_EACH_PLACE = (
    (
        "<!-- taiga: from userstories where ref == 11 each '{{ row.description | markdown }}' -->",
        "As *a*.",
    ),
    (
        "<!--#lua template.each(query[[from userstories where custom.Size]], templates.links) -->",
        "#12 Log-in",
    ),
    ("x <!-- taiga: from userstories where ref == 11 select description -->", "As"),
    ("<!-- taiga: from userstories where #attachments > 0 -->", None),
)


@each(("opener", "shown"), IN_EACH_PLACE)
def test_what_lists_leave_out_can_be_asked_for_in_each_kind_of_block(
    opener: str, shown: str | None
) -> None:
    end = "<!--/lua-->" if "#lua" in opener else "<!-- /taiga -->"
    block = opener + end if opener.startswith("x") else f"{opener}\n{end}"
    made = composed(f"{block}\n")
    pieces = [asked.piece for asked in made.dependencies.lists if isinstance(asked, DetailRequest)]
    if shown is None:
        assert made.text == f"{block}\n"
        assert "holds no attachments of userstories" in str(made.problems[0].error)
    else:
        assert (len(pieces), made.problems) == (1, ())
        assert shown in made.text


def test_one_bad_block_spares_the_others() -> None:
    text = (
        "<!-- taiga: from userstories where reff == 1 -->\n<!-- /taiga -->\n\n"
        "<!-- taiga: from userstories select subject -->\n<!-- /taiga -->\n"
    )
    result = composed(text)
    assert "- Sign-up" in result.text
    assert [problem.line for problem in result.problems] == [1]


def test_a_mistake_stands_above_the_last_good_output_and_goes_when_it_is_mended() -> None:
    good = composed("<!-- taiga: from userstories select subject -->\n<!-- /taiga -->\n").text
    bad = composed(good.replace("select subject", "select subjekt"))
    assert isinstance(bad.problems[0].error, QueryError)
    assert "> [!WARNING]\n> taiga-notes: unknown field 'subjekt'" in bad.text
    assert bad.text.index("[!WARNING]") < bad.text.index("- Sign-up")
    assert composed(bad.text).text == bad.text
    assert composed(bad.text.replace("select subjekt", "select subject")).text == good


def test_a_mistake_is_placed_in_the_page() -> None:
    result = composed(
        "# A\n\n> <!-- taiga\n> from userstories\n> where x = 1\n> -->\n> <!-- /taiga -->\n"
    )
    [problem] = result.problems
    assert isinstance(problem.error, QueryError)
    assert (problem.line, problem.error.page, problem.error.line) == (5, "Folder/Page.md", 5)


def test_a_template_s_mistake_is_told_in_the_page() -> None:
    result = composed("<!-- taiga: from userstories template linkss -->\n<!-- /taiga -->\n")
    assert isinstance(result.problems[0].error, RenderError)
    assert "[!WARNING]" in result.text
    assert "links" in result.text


def test_a_source_that_fails_leaves_the_output_exactly_as_it_is() -> None:
    text = "<!-- taiga: from userstories -->\n\n* old\n\n<!-- /taiga 00000001 -->\n"
    result = composed(text, replace(CONTEXT, source=Gone()))
    assert result.text == text
    assert isinstance(result.problems[0].error, SourceError)


EDITED_PAGE = (
    "<!-- taiga: from userstories select subject -->\n\n- Sign-up\n- my line\n- Log-in\n\n"
    "<!-- /taiga 9334bce5 -->\n\nBelow.\n"
)


def test_a_hand_edit_is_refused_by_default() -> None:
    result = composed(EDITED_PAGE)
    assert result.text == EDITED_PAGE
    assert [(problem.line, problem.error.message) for problem in result.problems] == [(1, EDITED)]


def test_a_hand_edit_is_rescued_below_the_block() -> None:
    result = composed(EDITED_PAGE, replace(CONTEXT, on_edit="rescue"))
    block, _, below = result.text.partition("<!-- /taiga")
    assert "my line" not in block
    assert "- my line" in below
    assert below.endswith("\nBelow.\n")
    assert not result.problems
    assert composed(result.text, replace(CONTEXT, on_edit="rescue")).text == result.text


@pytest.mark.parametrize("on_edit", ["refuse", "rescue"])
def test_a_hand_edit_within_a_line_is_refused_as_nothing_can_stand_below(on_edit: OnEdit) -> None:
    first = composed("We have <!-- taiga: #query[[from userstories]] --><!-- /taiga --> open.\n")
    text = first.text.replace("-->2<", "-->about 2<")
    result = composed(text, replace(CONTEXT, on_edit=on_edit))
    assert result.text == text
    assert [problem.error.message for problem in result.problems] == [EDITED]


def test_a_hand_edit_is_overwritten_when_asked() -> None:
    result = composed(EDITED_PAGE, replace(CONTEXT, on_edit="overwrite"))
    assert "my line" not in result.text
    assert not result.problems


BAKED = (
    "<!--#lua template.each(query[[from getTaigaTasks() where ref < {}]], templates.list) -->\n"
    "{}<!--/lua-->\n"
)


def test_a_hand_edit_in_a_baked_section_is_told_by_the_page_alone() -> None:
    first = composed(BAKED.format(12, ""))
    edited = first.text.replace("Sign-up", "Mine")
    refused = composed(edited)
    assert refused.text == edited
    assert [problem.error.message for problem in refused.problems] == [EDITED]


def updated(text: str) -> str:
    """A page after SilverBullet's own update: its sections written anew, by itself."""
    return re.sub(r"\n\n(.*)\n\n<!-- /taiga \w+ -->\n\n<!--/lua", r"\n\1\n<!--/lua", text)


def remembering(*results: Composition) -> Remembered:
    sums = [pair for result in results for pair in result.checksums]
    return lambda opener: [checksum for text, checksum in sums if text == opener]


def test_after_silverbullets_update_what_we_wrote_once_is_still_ours() -> None:
    first = composed(BAKED.format(12, ""))
    moved = updated(first.text).replace(
        "[#11 Sign-up](https://t.example/project/acme/us/11)", "Was"
    )
    [(opener, _)] = first.checksums
    known = remembering(first, Composition("", checksums=((opener, words_checksum("* Was")),)))
    again = compose(moved, "Other/Page.md", CONTEXT, known)
    assert (again.text, again.problems, again.replaced) == (first.text, (), ())


def test_what_silverbullet_wrote_as_we_would_is_taken_without_a_word() -> None:
    first = composed(BAKED.format(12, ""))
    assert composed(updated(first.text)) == replace(first, replaced=())
    stale = remembering(Composition("", checksums=((first.checksums[0][0], "00000000"),)))
    assert compose(updated(first.text), "Page.md", CONTEXT, stale).text == first.text


def test_below_an_opener_that_we_never_rendered_it_is_silverbullets_and_named() -> None:
    text = "\n" + BAKED.format(12, "* Old\n")
    result = composed(text)
    assert (result.problems, result.replaced) == ((), (2,))
    assert result.text == composed("\n" + BAKED.format(12, "")).text


@pytest.mark.parametrize("on_edit", ["refuse", "rescue"])
def test_below_one_that_we_did_it_is_in_doubt_and_left(on_edit: OnEdit) -> None:
    first = composed(BAKED.format(12, ""))
    text = updated(first.text).replace("Sign-up", "Mine?")
    context = replace(CONTEXT, on_edit=on_edit)
    result = compose(text, "Page.md", context, remembering(first))
    assert (result.text, result.checksums, result.replaced) == (text, (), ())
    assert [problem.error.message for problem in result.problems] == [UNKNOWN]
    adopted = compose(text, "Page.md", replace(context, adopt=True), remembering(first))
    assert (adopted.text, adopted.problems) == (first.text, ())


def test_adopting_is_for_what_is_in_doubt_only() -> None:
    result = composed(EDITED_PAGE, replace(CONTEXT, adopt=True))
    assert result.text == EDITED_PAGE
    assert [problem.error.message for problem in result.problems] == [EDITED]


def test_who_wrote_what_we_would_write_does_not_matter() -> None:
    page = "<!-- taiga: from userstories select subject -->\n\n- Sign-up\n- Log-in\n\n{}\n"
    result = composed(page.format("<!-- /taiga 12345678 -->"))
    assert (result.text, result.problems) == (page.format("<!-- /taiga 14b996c5 -->"), ())


def test_what_an_error_leaves_in_a_line_is_left_to_the_byte() -> None:
    text = "There are <!-- #taiga: from userstories select nothing -->12<!-- /taiga --> of them.\n"
    result = composed(text)
    assert (result.text, result.checksums) == (text, ())
    assert "unknown field" in result.problems[0].error.message


def test_what_a_formatter_did_is_left_as_it_is() -> None:
    once = composed("<!-- taiga: from userstories select subject -->\n<!-- /taiga -->\n").text
    formatted = once.replace("\n- ", "\n* ")
    assert formatted != once
    made = composed(formatted)
    assert made == Composition(formatted, blocks=1, dependencies=made.dependencies)


def test_output_that_would_break_out_of_its_block_is_a_mistake() -> None:
    text = '<!-- taiga: from userstories limit 1 each "```" -->\n<!-- /taiga -->\n'
    result = composed(text)
    assert isinstance(result.problems[0].error, BlockError)
    assert "break out" in result.text


@given(st.lists(st.sampled_from(["x", "\r\n", "\n", "> ", "  ", "é", "- ", "\t", "\ufeff"])))
def test_what_is_outside_of_blocks_is_kept_to_the_character(pieces: list[str]) -> None:
    around = "".join(pieces)
    block = "<!-- taiga: from userstories where ref == 99 -->\n<!-- /taiga -->"
    text = f"{around}\n\n{block}\n\n{around}"
    result = composed(text).text
    head, _, rest = result.partition("<!-- taiga")
    assert head == f"{around}\n\n"
    assert rest.partition("<!-- /taiga")[2].partition("-->")[2] in (f"\n\n{around}", "")


def test_an_author_s_word_stands_for_a_nested_query_that_finds_nothing() -> None:
    nested = "query[[from g = group where g.ref > 99 select templates.tasks(g)]]"
    clauses = f"from userstories group by 1 select some({nested}) or '_none_'"
    assert body(clauses) == "_none_"


DETAILED = Snapshot(
    {
        "userstories": [{**STORY, "id": 1, "ref": 11, "subject": "Sign-up"}],
        "projects": [{"id": 7, "slug": "acme", "us_statuses": [{"id": 1, "name": "Done"}]}],
        "web": "https://t.example",
    }
)
LISTED = replace(CONTEXT, source=DETAILED)
NO_SUCH = "no status 'Doen' in acme: did you mean 'Done'?"
CALLOUT = f"> [!WARNING]\n> taiga-notes: {NO_SUCH}"


def test_a_warning_comes_first_in_the_body_above_what_the_query_gives() -> None:
    assert body("from userstories where status_name == 'Doen'", LISTED) == CALLOUT
    shown = body("from userstories where status_name ~= 'Doen' select subject", LISTED)
    assert shown == f"{CALLOUT}\n\n- Sign-up"


def test_a_page_with_a_warning_is_well_and_settled() -> None:
    made = composed(
        "<!-- taiga: from userstories where status_name ~= 'Doen' -->\n<!-- /taiga -->\n", LISTED
    )
    assert made.problems == ()
    assert made.cacheable
    assert made.warnings == ((1, NO_SUCH),)
    again = composed(made.text, LISTED)
    assert (again.text, again.warnings) == (made.text, made.warnings)
    mended = made.text.replace("'Doen' -->", "'Done' -->")
    assert "WARNING" not in composed(mended, LISTED).text


def test_a_mistake_takes_the_warnings_place_and_the_other_way_round() -> None:
    page = composed(
        "<!-- taiga: from userstories where status_name ~= 'Doen' -->\n<!-- /taiga -->\n", LISTED
    ).text
    broken = composed(page.replace("'Doen' -->", "'Doen' and nmae -->"), LISTED).text
    assert broken.count("[!WARNING]") == 1
    assert "unknown field" in broken
    assert composed(broken.replace(" and nmae", ""), LISTED).text == page


def test_a_warning_of_a_block_within_a_line_is_told_at_each_run_and_not_written() -> None:
    query = "from userstories where status_name == 'Doen' select count()"
    made = composed(f"There are <!-- taiga: {query} --><!-- /taiga --> left.\n", LISTED)
    assert "-->0<!--" in made.text
    assert "WARNING" not in made.text
    assert made.warnings == ((1, NO_SUCH),)
    assert not made.cacheable


def test_strangers_words_in_a_warning_are_inert() -> None:
    detail = {"id": 7, "slug": "acme", "us_statuses": [{"id": 1, "name": "![x](y)"}]}
    source = Snapshot({"userstories": [STORY], "projects": [detail]})
    shown = body("from userstories where status_name == '![x](z)'", replace(CONTEXT, source=source))
    assert "](y)" not in shown
    assert "](z)" not in shown


def test_pages_with_the_same_block_share_its_warnings() -> None:
    text = "<!-- taiga: from userstories where status_name ~= 'Doen' -->\n<!-- /taiga -->\n"
    shared = replace(CONTEXT, source=DETAILED)
    first, second = (compose(text, path, shared) for path in ("A.md", "B.md"))
    assert first.text == second.text
    assert first.warnings == second.warnings


def test_a_row_as_a_value_is_its_link() -> None:
    rule = f"| {'-' * len(SIGN_UP)} | --- |"
    assert body("from userstories limit 1 select {Story = _, Ref = ref}") == (
        f"| {'Story'.ljust(len(SIGN_UP))} | Ref |\n{rule}\n| {SIGN_UP} | 11  |"
    )
    assert body("from userstories limit 1 select {_, ref} template list") == f"- {SIGN_UP}, 11"
    nested = "from userstories group by project select {rows = group} template list"
    assert SIGN_UP in body(nested)


def test_a_query_makes_links() -> None:
    link = "[Sign-up](https://t.example/project/acme/us/11)"
    assert body("from userstories limit 1 select link(subject, url)") == f"- {link}"
    assert body("from userstories limit 1 select {L = link(subject, url)} template list") == (
        f"- L: {link}"
    )
    assert inline("from userstories limit 1 select link(subject, url)") == link
    assert body("from userstories limit 1 select '* ' .. link(subject, url)") == f"* {link}"
    assert body("link('a', 'javascript:x')") == "a"
    assert body("link(nil, nil)") == "–"
    assert "](" not in body("link('](x)', 'y z')").replace("\\](", "")


def test_a_name_that_the_page_has_not_got_is_an_error() -> None:
    matter = "---\nowner: ann\nnone:\nat:\n  x: 1\n---\n"

    def shown(expression: str) -> str:
        return composed(f"{matter}<!-- taiga: {expression} -->\n<!-- /taiga -->\n").text

    assert "ann" in shown("page.owner")
    for expression, hint in (
        ("page.ownr", "did you mean 'page.owner'?"),
        ("#query[[from userstories where subject == page.ownr]]", "did you mean 'page.owner'?"),
        ("page.zzz", "write (page.zzz or …)"),
        ("page.at.y", "write (page.at.y or …)"),
    ):
        assert "unknown field 'page." in shown(expression), expression
        assert hint in shown(expression).replace("\\", "").replace("\u2060", ""), expression
    for expression in (
        *("page.ownr or 'x'", "page.zzz == nil", "page.none", "page.none.x", "page.name"),
        *("page.at.y or 1", "page.zzz.y or 1", "_CTX.currentPage.zzz or 1"),
        "(page.zzz or 'x') .. (page.zzz and 'y' or 'z')",
    ):
        assert "unknown" not in shown(expression), expression


def test_a_preset_is_checked_on_each_page_that_uses_it() -> None:
    means = replace(CONTEXT, presets={"mine": "from userstories where assignee == page.owner"})
    text = "<!-- taiga: from presets.mine -->\n<!-- /taiga -->\n"
    assert "unknown field 'page.owner'" in composed(text, means).text.replace("\\", "")
    assert not composed(f"---\nowner: ann\n---\n{text}", means).problems
