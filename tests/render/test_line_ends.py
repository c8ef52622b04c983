"""Lines of tags alone vanish; a line that holds text keeps its line end."""

from __future__ import annotations

from time import process_time
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from taiga_notes.render import Templates
from taiga_notes.render.template_text import kept_line_ends
from tests.tables import each

if TYPE_CHECKING:
    from pathlib import Path

EACH = "{% for r in rows %}\n"
ROWS = [{"subject": "a", "is_closed": True}, {"subject": "b", "is_closed": False}]


@each(
    ("template", "text"),
    [
        (
            EACH + "- {{ r.subject }}{% if r.is_closed %} ✓{% endif %}\n{% endfor %}\n",
            "- a ✓\n- b\n",
        ),
        ("{% for r in rows %}\n- {{ r.subject }}{# who #}\n{% endfor %}\n", "- a\n- b\n"),
        (EACH + "  {% if r %} {# x #}  \n- x\n{% endif %}\t\n{% endfor %}\n", "- x\n- x\n"),
        ("one{% if rows %}\ntwo\n{% endif %}\nthree\n", "one\ntwo\nthree\n"),
        ("one{% if rows -%}\ntwo\n{% endif %}\n", "onetwo\n"),
        ("{% set x = [\n 1,\n] %}\n{{ x[0] }}{% if x %}!{% endif %}\nz\n", "1!\nz\n"),
        ("{% raw %}\n{{ x }}\n{% endraw %}\nz\n", "\n{{ x }}\nz\n"),
        ("a {% raw %}{{ x }}{% endraw %}\nz\n", "a {{ x }}\nz\n"),
        ("{% if '%}' == '%}' %}\r\nx{% endif %}\r\ny\r\n", "x\ny\n"),
        ("{% for r in [] %}\nx\n{% else %}\nNo{% if 1 %}.{% endif %}\n{% endfor %}\n", "No.\n"),
        ("{{ 'a' }}{% if rows %}{% endif +%}\nb\n", "a\nb\n"),
    ],
)  # fmt: skip
def test_line_ends(template: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "own.md.j2").write_bytes(template.encode())
    assert Templates([tmp_path]).render("own", ROWS) == text


def test_an_each_keeps_them_as_well(tmp_path: Path) -> None:
    text = "- {{ row.subject }}{% if row.is_closed %} ✓{% endif %}\n  more{# x #}\n"
    assert Templates([tmp_path]).render_each(text, ROWS) == "- a ✓\n  more\n- b\n  more\n"


@each("text", ["{% x", "{{ 'x", "{# x", "{% raw %} x", "a {% 'x %}\n"])
def test_what_has_no_end_is_left_to_jinja(text: str) -> None:
    assert kept_line_ends(text) == text


@given(st.text(alphabet="{%}#-+ \n'\"\\arwend", max_size=60))
def test_only_signs_and_blanks_behind_tags_change(source: str) -> None:
    def bare(text: str) -> str:
        return "".join(text.split()).replace("+", "")

    assert bare(kept_line_ends(source)) == bare(source)


@each("part", ["{% '", "{{ '", "{#", "{% raw %}", "{{ {", "{%{%", "x{% y %}\n"])
def test_a_long_text_takes_time_in_proportion(part: str) -> None:
    def spent(count: int) -> float:
        began = process_time()
        kept_line_ends(part * count)
        return process_time() - began

    assert spent(8_000) < 40 * max(spent(1_000), 0.001)
