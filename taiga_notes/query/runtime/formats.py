"""`string.format`: C's directives as Lua knows them, with widths and precisions that end.

Lua 5.4, 6.4.1: at most two digits each, so that no directive makes more than a hundred blanks.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from taiga_notes.query.runtime.budget import Mistake
from taiga_notes.query.runtime.numbers import Number, number_of
from taiga_notes.query.runtime.strings import tostring, with_room
from taiga_notes.query.runtime.values import type_name, whole_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from taiga_notes.query.runtime.budget import Budget
    from taiga_notes.query.runtime.evaluation import Evaluation

_DIRECTIVE = re.compile(r"%([-+ #0]*)([0-9]*)(?:\.([0-9]*))?(.?)", re.DOTALL)
_DIGITS = 2
_STEPS = 32  # for each directive
_WHOLE = frozenset("diuxXoc")
_FLOAT = frozenset("eEfFgG")
_QUOTED = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\0": "\\0"}


def format_(run: Evaluation, form: Any, *values: Any) -> str:
    """The values in a form such as `'%-8s %05.1f'`.

    Raises:
        Mistake: the form has a directive that there is not, or a value that does not fit it.
    """
    if not isinstance(form, str):
        raise Mistake(f"string.format wants a text first, not {type_name(form)}")
    run.budget.work(_STEPS * form.count("%"))
    given = iter(values)
    return with_room(run.budget, _DIRECTIVE.sub(lambda found: _written(run, found, given), form))


def _written(run: Evaluation, found: re.Match[str], given: Iterator[Any]) -> str:
    flags, width, precision, verb = found[1], found[2], found[3], found[4]
    if found[0] == "%%":
        return "%"
    if len(width) > _DIGITS or len(precision or "") > _DIGITS:
        raise Mistake(f"'{found[0][:20]}' is too wide: a width has at most {_DIGITS} digits")
    try:
        value = next(given)
    except StopIteration:
        raise Mistake(f"there is no value for '{found[0]}' of string.format") from None
    spec = "".join(dict.fromkeys(flags)) + width + ("" if precision is None else f".{precision}")
    return _directive(run, found[0], verb)(spec, value)


def _directive(run: Evaluation, shown: str, verb: str) -> Callable[[str, Any], str]:
    if verb == "s":
        return lambda spec, value: _text(spec, with_room(run.budget, tostring(run, value)))
    if verb == "q":
        return lambda _spec, value: _quoted(run.budget, tostring(run, value), value)
    if verb in _WHOLE and verb:
        return lambda spec, value: _whole(spec, verb, value, shown)
    if verb in _FLOAT and verb:
        return lambda spec, value: f"%{spec}{verb}" % float(_number(value, shown))
    hint = "there are %s %d %i %u %x %X %o %c %f %e %g %q and %%"
    raise Mistake(f"string.format has no '{shown}'", hint)


def _text(spec: str, text: str) -> str:
    """C gives no meaning to `0`, `+`, ` ` and `#` before a text."""
    return f"%{spec.lstrip('0+ #')}s" % text if spec else text


def _quoted(budget: Budget, text: str, value: object) -> str:
    budget.walk(len(text))
    if not isinstance(value, str):
        return text
    return '"' + "".join(_QUOTED.get(letter, letter) for letter in text) + '"'


def _whole(spec: str, verb: str, value: Any, shown: str) -> str:
    number = whole_number(_number(value, shown))
    if number is None:
        raise Mistake(f"'{shown}' wants a whole number", "write %f, or math.floor(…) of it")
    if verb == "c":
        return _character(number)
    if verb in "xXo" and number < 0:
        number += 1 << 64  # two's complement, as C prints it
    return f"%{spec}{'d' if verb in 'iu' else verb}" % number


def _character(code: int) -> str:
    if not 0 < code < 0x110000 or 0xD800 <= code < 0xE000:  # noqa: PLR2004 - Unicode's bounds
        raise Mistake(f"there is no character {code}")
    return chr(code)


def _number(value: Any, shown: str) -> Number:
    number = number_of(value)
    if number is None:
        hint = "write (… or 0) where it may be nil" if value is None else ""
        raise Mistake(f"'{shown}' of string.format wants a number, not {type_name(value)}", hint)
    return number
