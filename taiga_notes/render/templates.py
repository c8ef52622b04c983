"""Templates by name: render rows with one of them, list them, and say what is wrong with one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taiga_notes.errors import RenderError
from taiga_notes.render.cost import is_cheap
from taiga_notes.render.renderer import EACH, Renderer
from taiga_notes.render.sandbox import CostlyError
from taiga_notes.render.template_loader import FolderLoader, TemplateInfo, description

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from taiga_notes.render.render_process import RenderProcess

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
