"""The functions of strings, which are methods as well: `subject:lower()`.

All are given the evaluation first, which charges what they make. A nil string gives nil: a
story without an assignee is everyday data. Positions are UTF-16 units from 1 on, as in the
engine that the language comes from; Python's strings agree unless a character is beyond U+FFFF.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Any

from taiga_notes.query.runtime import patterns
from taiga_notes.query.runtime.budget import MAX_STRING, Budget, Mistake
from taiga_notes.query.runtime.numbers import number_text
from taiga_notes.query.runtime.values import (
    Authored,
    Mixed,
    Rendered,
    Template,
    check_depth,
    index,
    type_name,
    units,
    whole_number,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from taiga_notes.query.runtime.evaluation import Evaluation

SPACES = " \t\n\r\f\v\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
SPACES += "\u2028\u2029\u202f\u205f\u3000\ufeff"
TOO_LONG = f"the string is too long: at most {MAX_STRING:,} characters"
_LAST_UNIT = 0xFFFF
_READING = 2_000
_PERCENT = re.compile(r"%(.?)", re.DOTALL)
_DIGITS = frozenset("0123456789")


def lower(run: Evaluation, text: Any) -> str | None:
    """All letters small."""
    return None if text is None else _copied(run, text).lower()


def upper(run: Evaluation, text: Any) -> str | None:
    """All letters capital."""
    return None if text is None else _copied(run, text).upper()


def trim(run: Evaluation, text: Any) -> str | None:
    """Without the spaces around."""
    return None if text is None else _copied(run, text).strip(SPACES)


def trim_start(run: Evaluation, text: Any) -> str | None:
    """Without the spaces in front."""
    return None if text is None else _copied(run, text).lstrip(SPACES)


def trim_end(run: Evaluation, text: Any) -> str | None:
    """Without the spaces behind."""
    return None if text is None else _copied(run, text).rstrip(SPACES)


def byte(run: Evaluation, text: Any, position: Any = 1, _last: Any = None) -> int | None:
    """The code of the UTF-16 unit at a position, the first of several; nil where there is none."""
    if text is None:
        return None
    size = units(_read(run, text))
    at = _integer(1 if position is None else position)
    start = at + size if at < 0 else at - 1
    if not 0 <= start < size:
        return None
    return int.from_bytes(
        text.encode("utf-16-le", "surrogatepass")[2 * start : 2 * start + 2], "little"
    )


def char(run: Evaluation, *codes: Any) -> str:
    """The text of these UTF-16 units."""
    run.budget.make(len(codes))
    units_ = [_integer(code) for code in codes]
    if not all(0 <= unit <= _LAST_UNIT for unit in units_):
        raise Mistake(f"string.char wants numbers from 0 to {_LAST_UNIT}")
    data = b"".join(unit.to_bytes(2, "little") for unit in units_)
    return data.decode("utf-16-le", "replace")


def reverse(run: Evaluation, text: Any) -> str | None:
    """Backwards."""
    return None if text is None else _copied(run, text)[::-1]


def len_(run: Evaluation, text: Any) -> int | None:
    """How long."""
    return None if text is None else units(_read(run, text))


def starts_with(_run: Evaluation, text: Any, part: Any) -> bool | None:
    """Whether it begins so."""
    return None if text is None else _text(text).startswith(_text(part))


def ends_with(_run: Evaluation, text: Any, part: Any) -> bool | None:
    """Whether it ends so."""
    return None if text is None else _text(text).endswith(_text(part))


def contains(run: Evaluation, text: Any, part: Any) -> bool | None:
    """Whether it holds that text."""
    return None if text is None else _text(part) in _read(run, text)


def sub(run: Evaluation, text: Any, first: Any, last: Any = -1) -> str | None:
    """From the first position to the last; negative ones count from the end."""
    if text is None:
        return None
    size = units(_text(text))
    start, end = _integer(first), size if last is None else _integer(last)
    start = max(start + size + 1 if start < 0 else start, 1)
    end = min(end + size + 1 if end < 0 else end, size)
    return _cut(_copied(run, text), start - 1, max(end, start - 1))


def rep(run: Evaluation, text: Any, count: Any, between: Any = "") -> str | None:
    """Several times, with something between if wanted."""
    if text is None:
        return None
    between = "" if between is None else _text(between)
    # The copies of nothing are something to a machine's memory.
    times = max(_integer(count), 0) if _text(text) or between else 0
    _make(run.budget, (len(text) + len(between)) * times)
    return str(between).join([text] * times)


def split(run: Evaluation, text: Any, between: Any) -> list[str] | None:
    """The parts between a text; between nothing each character."""
    if text is None:
        return None
    _read(run, text)
    run.budget.make(text.count(_text(between)) + 1)
    return text.split(between) if between else list(text)


def find(run: Evaluation, text: Any, pattern: Any, start: Any = 1, plain: Any = None) -> int | None:
    """The place of the first match of a pattern, or of a text if `plain` is true."""
    if text is None:
        return None
    begin = _begin(run, text, 1 if start is None else start)
    read = None if plain is not None and plain is not False else _pattern(run, pattern)
    literal = _text(pattern) if read is None else read.literal
    if read is None or literal is not None:
        position = text.find(literal or "", begin)
        return None if position < 0 else _units_before(text, position) + 1
    found = patterns.search(run.budget, read, text, begin)
    return None if found is None else _units_before(text, found.start) + 1


def match(run: Evaluation, text: Any, pattern: Any, start: Any = 1) -> str | int | None:
    """The first capture of the first match, or the match itself where there is no capture."""
    if text is None:
        return None
    read = _pattern(run, pattern)
    found = patterns.search(
        run.budget, read, text, _begin(run, text, 1 if start is None else start)
    )
    return None if found is None else _capture(run.budget, found, text, 0)


def gsub(run: Evaluation, text: Any, pattern: Any, by: Any, count: Any = None) -> str | None:
    """With all matches (or `count` of them) replaced by a text or by the values of a table."""
    if text is None:
        return None
    read = _pattern(run, pattern)
    replace = _replacer(run, by)
    left = len(_read(run, text)) + 1
    left = left if count is None else min(_integer(count), left)
    made: list[str] = []
    position, last = 0, -1
    while left > 0 and (found := patterns.search(run.budget, read, text, position)):
        if found.end == last:
            # An empty match right behind the one before does not count.
            made.append(text[position : position + 1])
            position += 1
            continue
        made += (text[position : found.start], replace(found, text))
        position = last = found.end
        left = 0 if read.anchored else left - 1
    return join(run, [*made, text[position:]])


def concat(run: Evaluation, *parts: Any) -> str:
    """`..`: strings and numbers, one behind the other.

    Raises:
        Mistake: a part is something else, or the whole is too long.
    """
    return join(run, [concat_part(part) for part in parts])


def join(run: Evaluation, parts: list[str], between: str = "") -> str:
    """The parts with a text between them.

    Where a template gave one of them, the whole is finished Markdown: what the query's author
    wrote stands as it is, and anything else is made inert.

    Raises:
        Mistake: the whole is too long.
    """
    if len(parts) > 1 and between:
        parts = [each for part in parts for each in (between, part)][1:]
    _make(run.budget, sum(map(len, parts)))
    if not any(isinstance(part, Rendered) for part in parts):
        return "".join(parts)
    return Rendered("".join(map(run.markdown, parts)))


def tostring(run: Evaluation, value: Any) -> str:
    """Any value as text."""
    if isinstance(value, str):
        return value
    made: list[str] = []
    length = 0
    for part in _shown(run.budget, value, 0):
        length += len(part)
        if length > MAX_STRING:
            raise Mistake(TOO_LONG)
        made.append(part)
    return "".join(made)


def with_room(budget: Budget, text: str) -> str:
    """The text, once it is charged.

    Raises:
        Mistake: it is too long.
    """
    _make(budget, len(text))
    return text


def _make(budget: Budget, size: int) -> None:
    if size > MAX_STRING:
        raise Mistake(TOO_LONG)
    budget.make(size)


def concat_part(part: Any) -> str:
    """A string, or a number as text: what can be joined.

    Raises:
        Mistake: it is something else.
    """
    if isinstance(part, str):
        return part
    if isinstance(part, bool) or not isinstance(part, (int, float)):
        hint = "write (… or '')" if part is None else "write tostring(…)"
        raise Mistake(f"{type_name(part)} can't be joined with ..", hint)
    # Nobody writes a number so that it does something.
    return Authored(number_text(part))


def _shown(budget: Budget, value: Any, depth: int) -> Iterator[str]:
    """A value as the language prints it, tables as `{1, name = 2}`."""
    budget.walk(1)
    if isinstance(value, bool) or value is None:
        yield {None: "nil", True: "true", False: "false"}[value]
    elif isinstance(value, (int, float)):
        yield number_text(value)
    elif isinstance(value, str):
        budget.make(len(value))
        yield value
    elif isinstance(value, Template):
        yield f"templates.{value.name}"
    else:
        check_depth(depth)
        yield "{"
        named: Iterable[tuple[str | None, Any]] = (
            value.items() if isinstance(value, dict) else ((None, part) for part in value)
        )
        if isinstance(value, Mixed):
            named = chain(named, value.fields.items())
        for number, (name, part) in enumerate(named):
            yield (", " if number else "") + ("" if name is None else f"{name} = ")
            yield from _shown(budget, part, depth + 1)
        yield "}"


def _text(value: Any) -> str:
    if not isinstance(value, str):
        hint = "write tostring(…)" if isinstance(value, (int, float)) else ""
        if isinstance(value, list):
            hint = "whether a list holds something: 'x' in list"
        raise Mistake(f"a string is wanted here, not {type_name(value)}", hint)
    return value


def _read(run: Evaluation, text: Any) -> str:
    run.budget.read(len(_text(text)))
    return str(text)


def _copied(run: Evaluation, text: Any) -> str:
    run.budget.make(len(_text(text)))
    return str(text)


def _integer(value: Any) -> int:
    number = whole_number(value)
    if number is None:
        shown = type_name(value) if not isinstance(value, float) else number_text(value)
        raise Mistake(f"a whole number is wanted here, not {shown}")
    return number


def _cut(text: str, start: int, end: int) -> str:
    """From unit to unit; half a character becomes U+FFFD, since no file could hold it."""
    if units(text) == len(text):
        return text[start:end]
    data = text.encode("utf-16-le", "surrogatepass")[2 * start : 2 * end]
    return data.decode("utf-16-le", "replace")


def _units_before(text: str, position: int) -> int:
    return units(text[:position])


def _begin(run: Evaluation, text: Any, start: Any) -> int:
    """Python's place of a unit; beyond the end where there is no such unit."""
    before = max(_integer(start) - 1, 0)
    size = units(_read(run, text))
    return len(_cut(text, 0, before)) if before <= size else len(text) + 1


def _pattern(run: Evaluation, pattern: Any) -> patterns.Pattern:
    """Patterns may come from the rows, so reading one is charged, and each is read once."""
    read: patterns.Pattern | None = run.patterns.get(_text(pattern))
    if read is None:
        run.budget.work(_READING * (len(pattern) + 1))
        read = run.patterns[pattern] = patterns.compiled(pattern)
    return read


def _capture(budget: Budget, found: patterns.Match, text: str, number: int) -> str | int:
    if number >= max(len(found.captures), 1):
        raise Mistake(f"there is no capture %{number + 1}")
    value = found.captures[number] if found.captures else text[found.start : found.end]
    if isinstance(value, str):
        return value
    budget.read(value)
    return _units_before(text, value - 1) + 1


def _replacer(run: Evaluation, by: Any) -> Callable[[patterns.Match, str], str]:
    """What stands in place of a match in a text; it is charged before it is made."""
    if isinstance(by, str):
        run.budget.make(len(by))
        parts = [*_parts(by)]
        return lambda found, text: _expanded(run.budget, parts, found, text)
    if not isinstance(by, (list, dict)):
        raise Mistake(f"gsub replaces by a string or a table, not by {type_name(by)}")
    return lambda found, text: _looked_up(run.budget, by, found, text)


def _parts(by: str) -> Iterator[str | int]:
    """The text between captures, and their numbers; 0 is the match."""
    end = 0
    for sign in _PERCENT.finditer(by):
        yield by[end : sign.start()]
        end = sign.end()
        if sign[1] == "%":
            yield "%"
        elif sign[1] in _DIGITS:
            yield int(sign[1])
        else:
            raise Mistake("malformed replacement: % is followed by a digit or %")
    yield by[end:]


def _expanded(budget: Budget, parts: list[str | int], found: patterns.Match, text: str) -> str:
    budget.work(len(parts))
    numbers = {part for part in parts if isinstance(part, int)}
    values = {number: _numbered(budget, found, text, number) for number in numbers}
    pieces = [part if isinstance(part, str) else values[part] for part in parts]
    _make(budget, sum(map(len, pieces)))
    return "".join(pieces)


def _numbered(budget: Budget, found: patterns.Match, text: str, number: int) -> str:
    return (
        str(_capture(budget, found, text, number - 1)) if number else text[found.start : found.end]
    )


def _looked_up(budget: Budget, by: Any, found: patterns.Match, text: str) -> str:
    whole = text[found.start : found.end]
    value = index(by, _capture(budget, found, text, 0))
    made = whole if value is None or value is False else concat_part(value)
    _make(budget, len(made))
    return made
