"""Templates by name: render rows with one of them, here or outside, and list them.

Python's and Jinja's errors are told in our words, as `RenderError`s.
"""

from __future__ import annotations

import re
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import replace
from datetime import UTC
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, Final

from jinja2 import Template, TemplateError, TemplateSyntaxError, UndefinedError, nodes

from taiga_notes.errors import MissingNameError, RenderError, SourceError, did_you_mean
from taiga_notes.markdown.text import settle
from taiga_notes.model.field_use import NO_FIELDS, FieldUse
from taiga_notes.model.kinds import KINDS, fields_of
from taiga_notes.render.compiled_templates import CompiledTemplates
from taiga_notes.render.misuse import in_template_words
from taiga_notes.render.sandbox import (
    CostlyError,
    NotesWantedError,
    Sandbox,
    SprintsWantedError,
)
from taiga_notes.render.template_budget import ExceededError, is_cheap
from taiga_notes.render.template_loader import SUFFIX, FolderLoader, TemplateInfo, description
from taiga_notes.render.template_scope import TemplateScope
from taiga_notes.render.template_text import (
    as_jinja,
    expressions,
    otherwise,
    position,
    silverbullet_s,
)
from taiga_notes.render.used_fields import included, is_worth_reading, used_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import tzinfo
    from pathlib import Path

    from taiga_notes.model.calendar import Calendar
    from taiga_notes.render.render_process import RenderOrder, RenderProcess
    from taiga_notes.render.template_scope import NoteLinks


_NO_FILTER: Final = re.compile(r"No (filter|test) named '(.*?)'")
_NO_FIELD: Final = "unknown field "
_NO_FIELD_NAME: Final = re.compile(r"unknown field '(?:page\.)?(.*?)'")
_NO_NAME: Final = re.compile(r"nothing is called '(.*?)'")
_EACH: Final = "each"  # what errors call the text of an `each` clause
_GIVEN: Final = ("rows", "page")
_TOLD: Final = (TemplateError, ExceededError, ArithmeticError, TypeError, ValueError)
_LONGEST: Final = 300  # characters of a message; a value may be part of it


def explained(error: Exception, name: str, sandbox: Sandbox) -> RenderError:
    """The error of a template as its author should read it.

    Args:
        error: anything that compiling or rendering raised.
        name: the template that was asked for; the error may be in one that it includes.
        sandbox: knows what could have been meant.
    """
    place, line = _syntax_place(error) or _runtime_place(error) or (name, 0)
    if isinstance(error, RenderError):
        found = error.template
        return type(error)(
            error.message,
            template=found or (_file(place) if line else ""),
            line=error.line if found else line,
            column=error.column if found else 0,
            hint=error.hint,
        )
    message, hint = _told(error, sandbox, place)
    message = " ".join(message.split()).rstrip(".")[:_LONGEST]
    made = MissingNameError if _names_nothing(error) else RenderError
    return made(message, template=_file(place), line=line, hint=hint)


def _names_nothing(error: Exception) -> bool:
    """Whether a template names what neither its rows nor anything else has."""
    if not isinstance(error, UndefinedError):
        return False
    return str(error).startswith(_NO_FIELD) or bool(_NO_NAME.search(str(error)))


def located(error: RenderError, text: str, sandbox: Sandbox) -> RenderError:
    """An error in an `each` clause, with the place of the expression that it is about.

    Args:
        error: what `explained` gave.
        text: the clause's.
        sandbox: compiles its expressions one by one.
    """
    sandbox.budget.start(0)  # what ended may have used it up, and compiling looks at it
    found = [one for one in expressions(text) if one.opener != "{%"]
    missing = _NO_NAME.search(error.message) or _NO_FIELD_NAME.match(error.message)
    named = re.compile(rf"\b{re.escape(missing[1])}\b" if missing else r"(?!)")
    blamed = (
        [one for one in found if one.end < 0 or not _compiles(one.code, sandbox)]
        or [one for one in found if named.search(one.code)]
        or (found if len(found) == 1 else [])
    )
    if error.template != _EACH or error.column or not blamed:
        return error
    line, column = position(text, blamed[0].start)
    return type(error)(error.message, template=_EACH, line=line, column=column, hint=error.hint)


def _compiles(code: str, sandbox: Sandbox) -> bool:
    try:
        sandbox.compile(f"{{{{ {code} }}}}", _EACH, _EACH)
    except ExceededError:
        return True  # no time is left to look for the place
    except Exception:  # noqa: BLE001 - whatever is wrong, it does not compile
        return False
    return True


def _file(place: str) -> str:
    """What the user opens to mend it: a template's file; the text of an `each` clause has none."""
    return place if place == _EACH else place + SUFFIX


def _told(error: Exception, sandbox: Sandbox, place: str) -> tuple[str, str]:
    """Message and hint."""
    text = str(error)
    if isinstance(error, OSError):
        # Its own text names the file's path, and the message stands in a page, which others share.
        return f"can't be read: {error.strerror or type(error).__name__}", ""
    if isinstance(error, RecursionError):
        return "the template is nested too deeply, or includes itself without end", ""
    if isinstance(error, MemoryError):
        return "the template takes too much memory, or is nested too deeply", ""
    if isinstance(error, SyntaxError):
        return f"the template is nested too deeply: {error.msg}", ""
    if found := _NO_FILTER.search(text):
        kind, missing = found.groups()
        known: Iterable[str] = sandbox.filters if kind == "filter" else sandbox.tests
        hint = "`raw` lets a value through" if missing == "safe" else did_you_mean(missing, known)
        return f"there is no {kind} '{missing}'", hint
    if isinstance(error, UndefinedError) and (found := _NO_NAME.search(text)):
        return text, _meant_by(found[1], sandbox, place)
    if isinstance(error, UndefinedError) and text.startswith(_NO_FIELD):
        message, _, hint = text.partition("\n")
        return message, hint
    if isinstance(error, TypeError):
        told = in_template_words(text)
        has_none = "NoneType" in text
        return told, "a field without a value is None: `| default(…)` gives it one" * has_none
    if isinstance(error, _TOLD) and text:
        return text[:1].lower() + text[1:], ""
    return f"{type(error).__name__}: {text}", ""


def _meant_by(name: str, sandbox: Sandbox, place: str) -> str:
    """What may have been meant by a name that nothing has."""
    if name in _GIVEN:
        return "an imported template sees it only by `import … with context`"
    if place == _EACH and any(name in fields_of(kind) for kind in KINDS):
        return f"write row.{name}"
    own = [*_names(sandbox, place)]
    # Of names that are like none, those of the template are told, and not all functions.
    return did_you_mean(name, (*own, *sandbox.globals)) or did_you_mean(name, own)


def _names(sandbox: Sandbox, place: str) -> Iterator[str]:
    """What a template can name besides functions: what it is given, and what it sets itself."""
    yield from _GIVEN
    if place == _EACH:
        yield "row"
        return
    tree = sandbox.parse(sandbox.files.read(sandbox.files.find(place)))
    yield from (node.name for node in tree.find_all(nodes.Name) if node.ctx != "load")
    yield from (node.name for node in tree.find_all(nodes.Macro))


def _syntax_place(error: Exception) -> tuple[str, int] | None:
    if isinstance(error, TemplateSyntaxError) and error.name:
        return error.name, error.lineno
    return None


def _runtime_place(error: Exception) -> tuple[str, int] | None:
    """Name and line of the innermost template on the error's way."""
    place = None
    trace = error.__traceback__
    while trace is not None:
        template = trace.tb_frame.f_globals.get("__jinja_template__")
        if isinstance(template, Template):
            place = template.name or "", template.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
    return place


EACH: Final = "each"
"""What errors call the text of an `each` clause."""

_LONGEST_EACH: Final = 10_000
_KEPT: Final = 100  # compiled `each` clauses
_CHEAP: Final = CompiledTemplates()
_PIECES: Final = 32  # between two looks at how long the text has grown
_BLANK_ENDS: Final = re.compile(r"[ \t]+$", re.MULTILINE)
_NOTHING: Final[Mapping[str, object]] = {}


NO_SCOPE: Final = TemplateScope()


class Templates:
    """The templates of a vault.

    What is known to be cheap is rendered here, all else in a process that can be ended.

    Args:
        folders: where they are, the vault's own folder first, the built-in ones last.
        dates: the time zone in which moments are written.
    """

    def __init__(self, folders: Sequence[Path], dates: tzinfo = UTC) -> None:
        self._loader = FolderLoader(folders)
        self._renderer = Renderer(self._loader, is_cheap, dates, _CHEAP)
        self._outside = _Outside(self._loader.folders, dates)
        self._scope = TemplateScope()

    def dated(self, calendar: Calendar, notes: NoteLinks = dict) -> Templates:
        """The same templates on a day: `today()`, `this_week()`, `current_sprint()` in them.

        Args:
            calendar: that day.
            notes: see `NoteLinks`; `notes_about(row)` in them.
        """
        dated = copy(self)
        dated._scope = TemplateScope(calendar, notes)  # noqa: SLF001 - our own
        return dated

    @property
    def seconds(self) -> float:
        """How long the other process has computed so far, which no clock of this one shows."""
        return 0.0 if self._outside.process is None else self._outside.process.seconds

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
            SourceError: it asks for a sprint, and there are no rows.
        """
        try:
            return self._renderer.render(name, rows, page, self._scope)
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
            SourceError: see `render`.
        """
        try:
            return self._renderer.render_each(text, rows, page, self._scope)
        except CostlyError:
            return self._rendered_outside("render_each", EACH, text, rows, page)

    def uses(self, name: str) -> FieldUse:
        """The joined fields that a template uses, with those that it includes; see `used_fields`.

        Of one that can't be read, none: rendering it says what is wrong.
        """
        return self._renderer.uses(name)

    def uses_each(self, text: str) -> FieldUse:
        """The same of a short template, see `render_each`."""
        return self._renderer.uses_each(text)

    def close(self) -> None:
        """Ends the other process, if it was needed."""
        if self._outside.process is not None:
            self._outside.process.close()

    def _rendered_outside(
        self, how: str, name: str, text: str, rows: Sequence[object], page: Mapping[str, object]
    ) -> str:
        from taiga_notes.render.render_process import RenderOrder  # noqa: PLC0415  (few templates need it)

        scope = self._scope
        today = None if scope.calendar is None else scope.calendar.today
        order = RenderOrder(how, name, text, rows, page, today)
        while True:
            try:
                return self._outside.render(order)
            except SprintsWantedError:
                sprints = scope.calendar.sprints() if scope.calendar else ()
                order = replace(order, sprints=[dict(each) for each in sprints])
            except NotesWantedError:
                order = replace(order, notes=dict(scope.notes()))

    def _described(self, file: Path) -> str:
        try:
            return description(self._loader.read(file))
        except RenderError as error:
            return error.message


class _Outside:
    """The process for costly templates, started by the first one.

    Attributes:
        process: the process; None before that.
    """

    def __init__(self, folders: Sequence[Path], dates: tzinfo) -> None:
        self._setup = folders, dates
        self.process: RenderProcess | None = None

    def render(self, order: RenderOrder) -> str:
        """See `RenderProcess.render`."""
        from taiga_notes.render.render_process import RenderProcess  # noqa: PLC0415  (as above)

        if self.process is None:
            self.process = RenderProcess(*self._setup)
        return self.process.render(order)


class Renderer:
    """Renders rows.

    Args:
        loader: finds the templates' files.
        admits: whether a template may be rendered here.
        dates: see `Templates`.
        compiled: keeps what is admitted so.
    """

    def __init__(
        self,
        loader: FolderLoader,
        admits: Callable[[nodes.Template], bool],
        dates: tzinfo = UTC,
        compiled: CompiledTemplates | None = None,
    ) -> None:
        self._loader = loader
        self._sandbox = Sandbox(loader, admits, dates, bytecode_cache=compiled)
        self._each: dict[str, Template] = {}
        self._used: dict[str, tuple[FieldUse, tuple[str, ...]]] = {}
        self._lock = Lock()

    def render(
        self,
        name: str,
        rows: Sequence[object],
        page: Mapping[str, object],
        scope: TemplateScope = NO_SCOPE,
    ) -> str:
        """See `Templates.render`.

        Raises:
            RenderError: with the template's name and line.
            CostlyError: the template, or one that it includes, is not admitted.
            SprintsWantedError: the calendar has no sprints yet.
            NotesWantedError: the pages that name items are not known yet.
            SourceError: it has none.
        """
        with self._rendering(name, rows, scope):
            return self._finished(self._sandbox.get_template(name), rows, page)

    def render_each(
        self,
        text: str,
        rows: Sequence[object],
        page: Mapping[str, object],
        scope: TemplateScope = NO_SCOPE,
    ) -> str:
        """See `Templates.render_each`.

        Raises:
            RenderError: with line and column in `text`.
            CostlyError: the template, or one that it includes, is not admitted.
            SprintsWantedError: see `render`.
            NotesWantedError: see `render`.
            SourceError: see `render`.
        """
        try:
            with self._rendering(EACH, rows, scope):
                return self._finished(self._compiled_each(text), rows, page)
        except RenderError as error:
            raise located(error, text, self._sandbox) from error

    def uses(self, name: str) -> FieldUse:
        """See `Templates.uses`."""
        return self._uses([name], NO_FIELDS)

    def uses_each(self, text: str) -> FieldUse:
        """See `Templates.uses_each`."""
        with self._lock:
            use, others = self._read(_each_source(text))
        return self._uses(others, use)

    def _uses(self, names: Iterable[str], use: FieldUse) -> FieldUse:
        waiting, seen = [*names], set[str]()
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            with self._lock, suppress(RenderError):
                found, others = self._read(self._loader.read(self._loader.find(name)))
                use |= found
                waiting += others
        return use

    def _read(self, text: str) -> tuple[FieldUse, tuple[str, ...]]:
        """What a template's text uses, and which templates it includes."""
        if not is_worth_reading(text):
            return NO_FIELDS, ()
        if text not in self._used:
            self._used[text] = NO_FIELDS, ()
            with suppress(TemplateError, RecursionError):
                self._sandbox.budget.start(0)
                template = self._sandbox.parse(text)
                self._used[text] = used_fields(template), (*included(template),)
        return self._used[text]

    def _compiled_each(self, text: str) -> Template:
        if len(text) > _LONGEST_EACH:
            raise RenderError(f"is longer than {_LONGEST_EACH:,} characters", template=EACH)
        if text not in self._each:
            _refuse_open(text)
            code = self._sandbox.compile(_each_source(text), EACH, EACH)
            # A watch runs for weeks, and each edit of a clause is another text.
            if len(self._each) >= _KEPT:
                self._each.clear()
            self._each[text] = Template.from_code(self._sandbox, code, self._sandbox.globals)
        return self._each[text]

    @contextmanager
    def _rendering(self, name: str, rows: Sequence[object], scope: TemplateScope) -> Iterator[None]:
        """Bounds what is rendered within, and explains what goes wrong."""
        # One at a time: the budget counts one rendering, and two would use up each other's.
        with self._lock:
            self._sandbox.budget.start(len(rows))
            self._sandbox.scope = scope
            try:
                yield
            except (CostlyError, NotesWantedError, SourceError, SprintsWantedError):
                raise
            except Exception as error:
                raise explained(error, name, self._sandbox) from error

    def _finished(
        self, template: Template, rows: Sequence[object], page: Mapping[str, object]
    ) -> str:
        self._sandbox.fields.start(rows, page)
        context = template.new_context({"rows": rows, "page": page})
        written: list[str] = []
        length, most = 0, self._sandbox.budget.characters
        rest = iter(template.root_render_func(context))
        while some := [*islice(rest, _PIECES)]:
            length += sum(map(len, some))
            # Counted as it is printed: once all is joined, it is in memory already.
            if length > most:
                self._sandbox.budget.text(length)
            written += some
        # Over the whole: what a sign at a value's edge would begin in Markdown, only what stands
        # beside it in the page tells.
        text = settle("".join(written))
        # A blank before a value that turned out empty; Prettier would remove it.
        if " \n" in text or "\t\n" in text or text.endswith((" ", "\t")):
            text = _BLANK_ENDS.sub("", text)
        return text


def _each_source(text: str) -> str:
    """A short template as one for all rows."""
    row, none = otherwise(text) or (text, None)
    source = f"{{% for row in rows %}}{_line(row)}"
    source += "" if none is None else f"{{% else %}}{_line(none)}"
    # NUL is the EDGE of `markdown`, which only `mark` may write.
    return f"{source}{{% endfor %}}".replace("\0", "")


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
