"""Templates by name: render rows with one of them, here or outside, and list them."""

from __future__ import annotations

import re
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, Final

from jinja2 import Template

from taiga_notes.errors import RenderError
from taiga_notes.markdown.edges import settle
from taiga_notes.render.explain import explained, located
from taiga_notes.render.sandbox import CostlyError, Sandbox
from taiga_notes.render.template_budget import is_cheap
from taiga_notes.render.template_loader import FolderLoader, TemplateInfo, description
from taiga_notes.render.template_text import (
    as_jinja,
    expressions,
    otherwise,
    position,
    silverbullet_s,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from jinja2 import nodes

    from taiga_notes.render.render_process import RenderProcess

EACH: Final = "each"
"""What errors call the text of an `each` clause."""

_LONGEST_EACH: Final = 10_000
_KEPT: Final = 100  # compiled `each` clauses
_PIECES: Final = 32  # between two looks at how long the text has grown
_BLANK_ENDS: Final = re.compile(r"[ \t]+$", re.MULTILINE)
_NOTHING: Final[Mapping[str, object]] = {}


class Templates:
    """The templates of a vault.

    What is known to be cheap is rendered here, all else in a process that can be ended.

    Args:
        folders: where they are, the vault's own folder first, the built-in ones last.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._loader = FolderLoader(folders)
        self._renderer = Renderer(self._loader, is_cheap)
        self._process: RenderProcess | None = None

    @property
    def seconds(self) -> float:
        """How long the other process has computed so far, which no clock of this one shows."""
        return 0.0 if self._process is None else self._process.seconds

    def names(self) -> list[TemplateInfo]:
        """All templates by name; one that can't be read is described by the reason."""
        builtin = self._loader.folders[-1] if self._loader.folders else None
        return [
            TemplateInfo(name, file, file.parent == builtin, self._described(file))
            for name, file in self._loader.files()
        ]

    def source(self, name: str) -> str:
        """A template's text.

        Raises:
            RenderError: there is none of that name, or it can't be read.
        """
        return self._loader.read(self._loader.find(name))

    def render(
        self, name: str, rows: Sequence[object], *, page: Mapping[str, object] = _NOTHING
    ) -> str:
        """The rows in a template's form: finished Markdown, no blanks at the ends of lines.

        Args:
            name: the template's.
            rows: plain data; `rows` in the template.
            page: the page's name, path and front matter; `page` in the template.

        Raises:
            RenderError: with the template's name and line.
            EndedError: it had to be ended from outside.
        """
        try:
            return self._renderer.render(name, rows, page)
        except CostlyError:
            return self._rendered_outside("render", name, name, rows, page)

    def render_each(
        self, text: str, rows: Sequence[object], *, page: Mapping[str, object] = _NOTHING
    ) -> str:
        """Each row in the form of a short template, which knows it as `row`, on a line of its own.

        Args:
            text: the template, such as `* [%{row.ref}](%{row.url}) %{row.subject}`; `{{ row.ref }}`
                is the same (`inline_template`).
            rows: see `render`.
            page: see `render`.

        Raises:
            RenderError: with line and column in `text`.
            EndedError: it had to be ended from outside.
        """
        try:
            return self._renderer.render_each(text, rows, page)
        except CostlyError:
            return self._rendered_outside("render_each", EACH, text, rows, page)

    def close(self) -> None:
        """Ends the other process, if it was needed."""
        if self._process is not None:
            self._process.close()

    def _rendered_outside(
        self, how: str, name: str, text: str, rows: Sequence[object], page: Mapping[str, object]
    ) -> str:
        from taiga_notes.render.render_process import RenderOrder, RenderProcess  # noqa: PLC0415  (few templates need it)

        if self._process is None:
            self._process = RenderProcess(self._loader.folders)
        return self._process.render(RenderOrder(how, name, text, rows, page))

    def _described(self, file: Path) -> str:
        try:
            return description(self._loader.read(file))
        except RenderError as error:
            return error.message


class Renderer:
    """Renders rows.

    Args:
        loader: finds the templates' files.
        admits: whether a template may be rendered here.
    """

    def __init__(
        self,
        loader: FolderLoader,
        admits: Callable[[nodes.Template], bool],
    ) -> None:
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
            # NUL is the EDGE of `markdown`, which only `mark` may write.
            source = f"{source}{{% endfor %}}".replace("\0", "")
            code = self._sandbox.compile(source, EACH, EACH)
            # A watch runs for weeks, and each edit of a clause is another text.
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
        # One at a time: the budget counts one rendering, and two would use up each other's.
        with self._lock:
            self._sandbox.budget.start(len(rows))
            self._sandbox.fields.start(rows, page)
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
        length, most = 0, self._sandbox.budget.characters
        rest = iter(pieces)
        while some := [*islice(rest, _PIECES)]:
            length += sum(map(len, some))
            if length > most:
                self._sandbox.budget.text(length)
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
