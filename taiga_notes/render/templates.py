"""Templates by name: render rows with one of them, list them, and say what is wrong with one."""

from __future__ import annotations

import re
from itertools import islice
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from jinja2 import FileSystemBytecodeCache, Template

from taiga_notes import __version__
from taiga_notes.errors import RenderError
from taiga_notes.markdown import settle
from taiga_notes.render.explain import explained, located
from taiga_notes.render.inline_template import as_jinja, expressions, position
from taiga_notes.render.loader import FolderLoader, TemplateInfo, description
from taiga_notes.render.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path


_EACH: Final = "each"  # what errors call the text of an `each` clause
_LONGEST_EACH: Final = 10_000
_KEPT: Final = 100  # compiled `each` clauses
_PIECES: Final = 32  # between two looks at how long the text has grown
_BLANK_ENDS: Final = re.compile(r"[ \t]+$", re.MULTILINE)
_NOTHING: Final[Mapping[str, object]] = MappingProxyType({})


class _Bytecode(FileSystemBytecodeCache):
    """Keeps what this version compiled, and nothing that another one did."""

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        return super().get_cache_key(f"{__version__} {name}", filename)


class Templates:
    """The templates of a vault.

    Args:
        folders: where they are, the vault's own folder first, the built-in ones last.
        bytecode_cache: a folder of the user's in which compiled templates are kept; None keeps
            none. It must not be one that others may write to.
    """

    def __init__(self, folders: Sequence[Path], *, bytecode_cache: Path | None = None) -> None:
        self._loader = FolderLoader(folders)
        cache = _Bytecode(str(bytecode_cache)) if bytecode_cache else None
        self._sandbox = Sandbox(self._loader, bytecode_cache=cache)
        self._each: dict[str, Template] = {}
        self._lock = Lock()

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
        """
        return self._rendered(name, lambda: self._sandbox.get_template(name), rows, page)

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
        """
        try:
            return self._rendered(_EACH, lambda: self._compiled_each(text), rows, page)
        except RenderError as error:
            raise located(error, text, self._sandbox) from error

    def _compiled_each(self, text: str) -> Template:
        if len(text) > _LONGEST_EACH:
            raise RenderError(f"is longer than {_LONGEST_EACH:,} characters", template=_EACH)
        if text not in self._each:
            _refuse_open(text)
            end = "" if text.endswith("\n") else r"{{ '\n' }}"
            source = f"{{% for row in rows %}}{as_jinja(text)}{end}{{% endfor %}}".replace("\0", "")
            code = self._sandbox.compile(source, _EACH, _EACH)
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

    def _described(self, file: Path) -> str:
        try:
            return description(self._loader.read(file))
        except RenderError as error:
            return error.message


def _refuse_open(text: str) -> None:
    for one in expressions(text):
        if one.opener == "%{" and one.end < 0:
            line, column = position(text, one.start)
            raise RenderError(
                "`%{` is not closed by a `}`",
                template=_EACH,
                line=line,
                column=column,
                hint="a `%{` that is to be seen is written `%{'%{'}`",
            )
