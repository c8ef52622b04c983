"""Renders with the templates of a vault, here in this process."""

from __future__ import annotations

import re
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, Final

from jinja2 import Template

from taiga_notes.errors import RenderError
from taiga_notes.markdown import settle
from taiga_notes.render.explain import explained, located
from taiga_notes.render.inline_template import (
    as_jinja,
    expressions,
    otherwise,
    position,
    silverbullet_s,
)
from taiga_notes.render.sandbox import CostlyError, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from jinja2 import nodes

    from taiga_notes.render.template_loader import FolderLoader

EACH: Final = "each"
"""What errors call the text of an `each` clause."""

_LONGEST_EACH: Final = 10_000
_KEPT: Final = 100  # compiled `each` clauses
_PIECES: Final = 32  # between two looks at how long the text has grown
_BLANK_ENDS: Final = re.compile(r"[ \t]+$", re.MULTILINE)


class Renderer:
    """Renders rows.

    Args:
        loader: finds the templates' files.
        admits: whether a template may be rendered here.
    """

    def __init__(self, loader: FolderLoader, admits: Callable[[nodes.Template], bool]) -> None:
        self._sandbox = Sandbox(loader, admits)
        self._each: dict[str, Template] = {}
        self._lock = Lock()

    def render(self, name: str, rows: Sequence[object], page: Mapping[str, object]) -> str:
        """See `Templates.render`.

        Raises:
            RenderError: with the template's name and line.
            CostlyError: the template, or one that it includes, is not admitted.
        """
        return self._rendered(name, lambda: self._sandbox.get_template(name), rows, page)

    def render_each(self, text: str, rows: Sequence[object], page: Mapping[str, object]) -> str:
        """See `Templates.render_each`.

        Raises:
            RenderError: with line and column in `text`.
            CostlyError: the template, or one that it includes, is not admitted.
        """
        try:
            return self._rendered(EACH, lambda: self._compiled_each(text), rows, page)
        except RenderError as error:
            raise located(error, text, self._sandbox) from error

    def _compiled_each(self, text: str) -> Template:
        if len(text) > _LONGEST_EACH:
            raise RenderError(f"is longer than {_LONGEST_EACH:,} characters", template=EACH)
        if text not in self._each:
            _refuse_open(text)
            row, none = otherwise(text) or (text, None)
            source = f"{{% for row in rows %}}{_line(row)}"
            source += "" if none is None else f"{{% else %}}{_line(none)}"
            source = f"{source}{{% endfor %}}".replace("\0", "")
            code = self._sandbox.compile(source, EACH, EACH)
            if len(self._each) >= _KEPT:
                self._each.clear()
            self._each[text] = Template.from_code(self._sandbox, code, self._sandbox.globals)
        return self._each[text]

    def _rendered(
        self,
        name: str,
        load: Callable[[], Template],
        rows: Sequence[object],
        page: Mapping[str, object],
    ) -> str:
        known = {"rows": rows, "page": page}
        with self._lock:
            self._sandbox.meter.start(len(rows))
            try:
                template = load()
                pieces = template.root_render_func(template.new_context(known))
                return self._finished(pieces)
            except CostlyError:
                raise
            except Exception as error:
                raise explained(error, name, self._sandbox) from error

    def _finished(self, pieces: Iterable[str]) -> str:
        written: list[str] = []
        length, most = 0, self._sandbox.meter.characters
        rest = iter(pieces)
        while some := [*islice(rest, _PIECES)]:
            length += sum(map(len, some))
            if length > most:
                self._sandbox.meter.text(length)
            written += some
        text = settle("".join(written))
        # A blank before a value that turned out empty; Prettier would remove it.
        if " \n" in text or "\t\n" in text or text.endswith((" ", "\t")):
            text = _BLANK_ENDS.sub("", text)
        return text


def _line(text: str) -> str:
    """A row's part of a template, on a line of its own."""
    return as_jinja(text) + ("" if text.endswith("\n") else r"{{ '\n' }}")


def _refuse_open(text: str) -> None:
    if foreign := silverbullet_s(text):
        line, column = position(text, foreign.start)
        raise RenderError(
            f"`${{{foreign.code}}}` is SilverBullet's way to name a field",
            template=EACH,
            line=line,
            column=column,
            hint=f"write `%{{row.{foreign.code.removeprefix('row.')}}}`",
        )
    for one in expressions(text):
        if one.opener == "%{" and one.end < 0:
            line, column = position(text, one.start)
            raise RenderError(
                "`%{` is not closed by a `}`",
                template=EACH,
                line=line,
                column=column,
                hint="a `%{` that is to be seen is written `%{'%{'}`",
            )
