"""Numbers as Lua has them in SilverBullet: whole ones, and floats that remember being floats.

With Lua's `math`, but for what is another number each time (`math.random`).

A whole number of Taiga's JSON is whole, even as `3.0`: it prints `3`. What a query computes by
`/` and `^`, or writes as `1.0`, is a float and prints `1.0`: a `Float`. Whole numbers are exact
up to 2^53 and floats beyond, as in the engine that the language comes from.
"""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import TYPE_CHECKING, Any

from taiga_notes.query.runtime.budget import Mistake
from taiga_notes.query.runtime.ordering import extreme
from taiga_notes.query.runtime.values import Float, type_name, whole_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from taiga_notes.query.runtime.evaluation import Evaluation

Number = int | float

_PLAIN: frozenset[Any] = frozenset({int, float})

_EXACT = 2**53
_LONG = 1e21
_DIGITS = 20
_LONGEST = 1_000
_NUMBER = re.compile(
    r"[ \t-\r]*([-+]?)(0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)[ \t-\r]*"
)
_BASED = re.compile(r"[ \t-\r]*([-+]?[0-9a-zA-Z]{1,64})[ \t-\r]*")
_BASES = range(2, 37)


def literal(text: str) -> Number:
    """The number that a numeral stands for: `1 1.5 1e3 0x10`."""
    if text[:2] in {"0x", "0X"}:
        return exact(int(text, 16))
    if text.isdigit():
        # With more digits it is no exact number anyway, and int() may refuse.
        return exact(int(text)) if len(text) <= _DIGITS else float(text)
    return made_float(float(text))


def parsed(text: str) -> Number | None:
    """The number that a string holds, spaces around it allowed; None where it holds none.

    What is too long for any number holds none: to read it for each row would take its time.
    """
    match = _NUMBER.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        return None
    number = literal(match[2])
    return negate(number) if match[1] == "-" else number


def in_base(text: str, base: int) -> Number | None:
    """The whole number that a string holds in that base; None where it holds none."""
    if base not in _BASES:
        raise Mistake("a base is a whole number from 2 to 36")
    match = _BASED.fullmatch(text)
    try:
        return exact(int(match[1], base)) if match else None
    except ValueError:
        return None


def number_text(number: Number) -> str:
    """The number as the language prints it: `3`, `1.0`, `3.1415926535898`, `1e+15`."""
    number = exact(number) if isinstance(number, int) else number
    if number.__class__ is int or not _is_float(number):
        return str(int(number)) if abs(number) < _LONG else repr(float(number))
    if math.isnan(number):
        return "-nan"
    text = f"{number:.14g}"
    return text if set(text) & set(".einf") else f"{text}.0"


def add(left: Any, right: Any) -> Number:
    """`left + right`."""
    if left.__class__ in _PLAIN and right.__class__ in _PLAIN:
        try:
            return _plain_result(left + right, left, right)
        except OverflowError:
            pass  # a whole number beyond all floats, which `_operand` makes infinite
    left, right = _operand(left), _operand(right)
    return _result(left + right, left, right)


def subtract(left: Any, right: Any) -> Number:
    """`left - right`."""
    if left.__class__ in _PLAIN and right.__class__ in _PLAIN:
        try:
            return _plain_result(left - right, left, right)
        except OverflowError:
            pass  # a whole number beyond all floats, which `_operand` makes infinite
    left, right = _operand(left), _operand(right)
    return _result(left - right, left, right)


def multiply(left: Any, right: Any) -> Number:
    """`left * right`."""
    if left.__class__ in _PLAIN and right.__class__ in _PLAIN:
        try:
            return _plain_result(left * right, left, right)
        except OverflowError:
            pass  # a whole number beyond all floats, which `_operand` makes infinite
    left, right = _operand(left), _operand(right)
    return _result(left * right, left, right)


def divide(left: Any, right: Any) -> Number:
    """`left / right`, a float; by zero it is infinite, as everywhere in Lua."""
    return made_float(_quotient(_operand(left), _operand(right)))


def floor_divide(left: Any, right: Any) -> Number:
    """`left // right`, rounded down.

    Raises:
        Mistake: a whole number is divided by 0.
    """
    left, right = _operand(left), _operand(right)
    if not (right or _is_float(left) or _is_float(right)):
        raise Mistake("nothing can be divided by 0")
    quotient = _quotient(left, right)
    if not math.isfinite(quotient):
        return quotient
    return _result(left // right if right else quotient, left, right)


def modulo(left: Any, right: Any) -> Number:
    """`left % right`, with the sign of the divisor.

    Raises:
        Mistake: a whole number is divided by 0.
    """
    if left.__class__ is int and right.__class__ is int and right:
        return exact(left % right)
    left, right = _operand(left), _operand(right)
    if not (right or _is_float(left) or _is_float(right)):
        raise Mistake("nothing can be divided by 0")
    return _result(left % right, left, right) if right else math.nan


def power(left: Any, right: Any) -> Number:
    """`left ^ right`, a float."""
    base, exponent = float(_operand(left)), float(_operand(right))
    try:
        return made_float(math.pow(base, exponent))
    except OverflowError:
        return -math.inf if base < 0 and exponent % 2 == 1 else math.inf
    except ValueError:
        return math.nan if base else math.inf


def negate(value: Any) -> Number:
    """`-value`."""
    if value.__class__ is int or value.__class__ is float:
        return -value
    number = _operand(value)
    return _result(-number, number, number)


def _operand(value: Any) -> Number:
    if value.__class__ is float or (value.__class__ is int and -_EXACT <= value <= _EXACT):
        return value
    number = number_of(value)
    if number is None:
        hint = "write (… or 0) where it may be nil" if value is None else ""
        if isinstance(value, str):
            hint = "join texts with ..; a date some days away is today(7)"
        raise Mistake(f"{type_name(value)} is no number to calculate with", hint)
    return number


def number_of(value: Any) -> Number | None:
    """A number, or the one that a string holds; None of anything else."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return exact(value)
    return parsed(value) if isinstance(value, str) else None


def exact(number: Number) -> Number:
    """The number, as a float beyond the whole numbers that are exact."""
    if isinstance(number, float) or -_EXACT <= number <= _EXACT:
        return number
    try:
        return float(number)
    except OverflowError:
        return math.copysign(math.inf, number > 0 or -1)


def _is_float(number: Number) -> bool:
    return number.__class__ is Float or (number.__class__ is float and not number.is_integer())


def made_float(number: float) -> Number:
    """The number as one that was computed, and prints `1.0` where it is whole."""
    return Float(number) if number.is_integer() else number


def _plain_result(number: Number, left: Number, right: Number) -> Number:
    """The same as `_result` for operands that are no `Float`, which nearly all are."""
    if number.__class__ is int:
        return number if -_EXACT <= number <= _EXACT else exact(number)
    whole = not number % 1
    return Float(number) if whole and (left % 1 or right % 1) else number


def _result(number: Number, left: Number, right: Number) -> Number:
    """A float if one of the operands is one; two whole numbers make a whole number."""
    if isinstance(number, int):
        return exact(number)
    # What is not whole is a float anyway, and shows it.
    if number.is_integer() and (_is_float(left) or _is_float(right)):
        return Float(number)
    return number


def _quotient(left: Number, right: Number) -> float:
    if right:
        return left / right
    sign = math.copysign(1, left) * math.copysign(1, right)
    return math.nan if left == 0 or math.isnan(left) else sign * math.inf


_PLACES = 15
"""Decimal places that a float can hold."""

_CONTEXT = Context(prec=3 * _PLACES)
"""Digits enough for as many before the point as behind it."""

_WORD = 1 << 64

CONSTANTS: dict[str, Number] = {
    "math.huge": math.inf,
    "math.maxinteger": exact((1 << 63) - 1),
    "math.mininteger": exact(-(1 << 63)),
    "math.pi": math.pi,
}
"""The values in `math`, as they are written."""


def as_numbers(function: str, *values: Any) -> tuple[Number, ...]:
    """The values, all of which are numbers, or strings that hold one, as for `+`.

    Raises:
        Mistake: one is none.
    """
    return tuple(_number(function, value) for value in values)


def _number(function: str, value: Any) -> Number:
    number = number_of(value)
    if number is None:
        hint = "write (… or 0) where it may be nil" if value is None else ""
        raise Mistake(f"{function} wants numbers, not {type_name(value)}", hint)
    return number


def rounding(function: str, round_: Callable[[float], int]) -> Callable[..., Number]:
    """`math.floor` and `math.ceil`."""

    def call(_run: Evaluation, value: Any) -> Number:
        (number,) = as_numbers(function, value)
        return round_(number) if math.isfinite(number) else number

    return call


def real(name: str) -> Callable[..., Number]:
    """A function of one real number, by its name in C, which Python's has as well."""
    compute = getattr(math, name)

    def call(_run: Evaluation, value: Any) -> Number:
        (number,) = as_numbers(f"math.{name}", value)
        try:
            return made_float(compute(number))
        except ValueError:
            return math.nan
        except OverflowError:
            return math.inf

    return call


def absolute(_run: Evaluation, value: Any) -> Number:
    """`math.abs`."""
    (number,) = as_numbers("math.abs", value)
    return negate(number) if number < 0 else number


def least(_run: Evaluation, *values: Any) -> Any:
    """`math.min`."""
    return extreme(as_numbers("math.min", *values), greatest=False)


def greatest(_run: Evaluation, *values: Any) -> Any:
    """`math.max`."""
    return extreme(as_numbers("math.max", *values), greatest=True)


def remainder(_run: Evaluation, left: Any, right: Any) -> Number:
    """`math.fmod`: with the sign of the dividend, unlike `%`.

    Raises:
        Mistake: a whole number is divided by 0.
    """
    left, right = as_numbers("math.fmod", left, right)
    if isinstance(left, int) and isinstance(right, int):
        if not right:
            raise Mistake("nothing can be divided by 0")
        return exact(int(math.copysign(abs(left) % abs(right), left)))
    return made_float(math.fmod(left, right)) if right and math.isfinite(left) else math.nan


def whole_part(_run: Evaluation, value: Any) -> Number:
    """`math.modf`, of whose two values the first counts: towards zero."""
    (number,) = as_numbers("math.modf", value)
    return made_float(float(math.trunc(number))) if math.isfinite(number) else number


def logarithm(_run: Evaluation, value: Any, base: Any = math.e) -> Number:
    """`math.log`."""
    value, base = as_numbers("math.log", value, math.e if base is None else base)
    if value <= 0:
        return math.nan if value else -math.inf
    try:
        # The exact ones of C: the quotient of two natural logarithms is off by a little.
        exact_ = {2: math.log2, 10: math.log10, math.e: math.log}.get(base)
        return made_float(exact_(value) if exact_ else math.log(value, base))
    except (ValueError, ZeroDivisionError):
        return math.nan


def arc(_run: Evaluation, y: Any, x: Any = 1) -> Number:
    """`math.atan`: of a quotient, in the quadrant of both signs."""
    return made_float(math.atan2(*as_numbers("math.atan", y, x)))


def degrees(_run: Evaluation, value: Any) -> Number:
    """`math.deg`."""
    (number,) = as_numbers("math.deg", value)
    return made_float(number * 180 / math.pi)


def radians(_run: Evaluation, value: Any) -> Number:
    """`math.rad`."""
    (number,) = as_numbers("math.rad", value)
    return made_float(number * math.pi / 180)


def raised(_run: Evaluation, base: Any, exponent: Any) -> Number:
    """`math.pow`."""
    return power(*as_numbers("math.pow", base, exponent))


def to_integer(_run: Evaluation, value: Any) -> int | None:
    """`math.tointeger`: nil for what is no whole number."""
    return whole_number(value)


def kind(_run: Evaluation, value: Any) -> str | None:
    """`math.type`."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return "integer" if value.__class__ is int or whole_plain(value) else "float"


def whole_plain(value: float) -> bool:
    """Whether a float is a whole number of Taiga's JSON, which no computation made a float."""
    return value.__class__ is float and value.is_integer()


def below(_run: Evaluation, left: Any, right: Any) -> bool:
    """`math.ult`: as numbers without a sign."""
    first, second = map(whole_number, as_numbers("math.ult", left, right))
    if first is None or second is None:
        raise Mistake("math.ult wants whole numbers")
    return first % _WORD < second % _WORD


def rounded(_run: Evaluation, value: Any, places: Any = 0) -> Number | None:
    """`round`: halves away from zero, as people do it; nil stays nil.

    Raises:
        Mistake: the value is no number, or the places are no whole number within a float's.
    """
    if value is None:
        return None
    (number,) = as_numbers("round", value)
    count = whole_number(0 if places is None else places)
    if count is None or abs(count) > _PLACES:
        raise Mistake(f"round wants a whole number of places up to {_PLACES}")
    if not math.isfinite(number):
        return number
    # By its decimal text: 2.675 is meant, not the binary number just below it.
    shown = Decimal(repr(float(number)) if isinstance(number, float) else number)
    if shown.adjusted() > _PLACES:
        return number
    result = shown.quantize(Decimal(1).scaleb(-count), rounding=ROUND_HALF_UP, context=_CONTEXT)
    return float(result) if count > 0 else int(result)
