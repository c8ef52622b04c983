"""What went wrong in a template, in our words: Python's and Jinja's errors as `RenderError`s."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from jinja2 import Template, TemplateError, TemplateSyntaxError, UndefinedError, nodes

from taiga_notes.errors import RenderError, did_you_mean
from taiga_notes.model.kinds import ADDED, KINDS
from taiga_notes.render.template_budget import ExceededError
from taiga_notes.render.template_loader import SUFFIX
from taiga_notes.render.template_text import expressions, position

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from taiga_notes.render.sandbox import Sandbox

_NO_FILTER: Final = re.compile(r"No (filter|test) named '(.*?)'")
_NO_NAME: Final = re.compile(r"nothing is called '(.*?)'")
_NO_FIELD_NAME: Final = re.compile(r"unknown field '(?:page\.)?(.*?)'")
_NO_FIELD: Final = "unknown field "
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
        return RenderError(
            error.message,
            template=found or (_file(place) if line else ""),
            line=error.line if found else line,
            column=error.column if found else 0,
            hint=error.hint,
        )
    message, hint = _told(error, sandbox, place)
    message = " ".join(message.split()).rstrip(".")[:_LONGEST]
    return RenderError(message, template=_file(place), line=line, hint=hint)


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
    return RenderError(error.message, template=_EACH, line=line, column=column, hint=error.hint)


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
    if isinstance(error, TypeError) and "NoneType" in text:
        return text, "a field without a value is None: `| default(…)` gives it one"
    if isinstance(error, _TOLD) and text:
        return text[:1].lower() + text[1:], ""
    return f"{type(error).__name__}: {text}", ""


def _meant_by(name: str, sandbox: Sandbox, place: str) -> str:
    """What may have been meant by a name that nothing has."""
    if name in _GIVEN:
        return "an imported template sees it only by `import … with context`"
    if place == _EACH and (name in ADDED or any(name in kind.fields for kind in KINDS.values())):
        return f"write row.{name}"
    return did_you_mean(name, _names(sandbox, place))


def _names(sandbox: Sandbox, place: str) -> Iterator[str]:
    """What a template can name: what it is given, and what it sets itself."""
    yield from (*_GIVEN, *sandbox.globals)
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
