"""Lua's `math`, but for what is another number each time (`math.random`)."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import TYPE_CHECKING, Any

from taiga_notes.query.runtime.budget import Mistake
from taiga_notes.query.runtime.numbers import Number, exact, made_float, negate, number_of, power
from taiga_notes.query.runtime.ordering import extreme
from taiga_notes.query.runtime.values import type_name, whole_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from taiga_notes.query.runtime.evaluation import Evaluation

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


def numbers(function: str, *values: Any) -> tuple[Number, ...]:
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
        (number,) = numbers(function, value)
        return round_(number) if math.isfinite(number) else number

    return call


def real(name: str) -> Callable[..., Number]:
    """A function of one real number, by its name in C, which Python's has as well."""
    compute = getattr(math, name)

    def call(_run: Evaluation, value: Any) -> Number:
        (number,) = numbers(f"math.{name}", value)
        try:
            return made_float(compute(number))
        except ValueError:
            return math.nan
        except OverflowError:
            return math.inf

    return call


def absolute(_run: Evaluation, value: Any) -> Number:
    """`math.abs`."""
    (number,) = numbers("math.abs", value)
    return negate(number) if number < 0 else number


def least(_run: Evaluation, *values: Any) -> Any:
    """`math.min`."""
    return extreme(numbers("math.min", *values), greatest=False)


def greatest(_run: Evaluation, *values: Any) -> Any:
    """`math.max`."""
    return extreme(numbers("math.max", *values), greatest=True)


def remainder(_run: Evaluation, left: Any, right: Any) -> Number:
    """`math.fmod`: with the sign of the dividend, unlike `%`.

    Raises:
        Mistake: a whole number is divided by 0.
    """
    left, right = numbers("math.fmod", left, right)
    if isinstance(left, int) and isinstance(right, int):
        if not right:
            raise Mistake("nothing can be divided by 0")
        return exact(int(math.copysign(abs(left) % abs(right), left)))
    return made_float(math.fmod(left, right)) if right and math.isfinite(left) else math.nan


def whole_part(_run: Evaluation, value: Any) -> Number:
    """`math.modf`, of whose two values the first counts: towards zero."""
    (number,) = numbers("math.modf", value)
    return made_float(float(math.trunc(number))) if math.isfinite(number) else number


def logarithm(_run: Evaluation, value: Any, base: Any = math.e) -> Number:
    """`math.log`."""
    value, base = numbers("math.log", value, math.e if base is None else base)
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
    return made_float(math.atan2(*numbers("math.atan", y, x)))


def degrees(_run: Evaluation, value: Any) -> Number:
    """`math.deg`."""
    (number,) = numbers("math.deg", value)
    return made_float(number * 180 / math.pi)


def radians(_run: Evaluation, value: Any) -> Number:
    """`math.rad`."""
    (number,) = numbers("math.rad", value)
    return made_float(number * math.pi / 180)


def raised(_run: Evaluation, base: Any, exponent: Any) -> Number:
    """`math.pow`."""
    return power(*numbers("math.pow", base, exponent))


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
    first, second = map(whole_number, numbers("math.ult", left, right))
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
    (number,) = numbers("round", value)
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
