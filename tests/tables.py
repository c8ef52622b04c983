"""Tables of cases: one test that runs them all, where a test for each would cost more than it does.

pytest takes some milliseconds for each test that it is told of, however little that does.
"""

from __future__ import annotations

import inspect
from functools import wraps
from reprlib import Repr
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Test = Callable[..., None]

FAILURES = (Exception, pytest.fail.Exception, pytest.skip.Exception)
"""What tells that a case did not hold. A case that is skipped is one: the table would hide it."""

SHORT = Repr()
SHORT.maxstring = SHORT.maxother = 80


def each(
    names: str | Sequence[str],
    cases: Iterable[Any],
    *,
    ids: Iterable[str] | Callable[[Any], str] | None = None,
) -> Callable[[Test], Test]:
    """Lets a test run with each of `cases`, as `pytest.mark.parametrize` would, but as one test.

    All cases are run, whatever becomes of the others; then those that failed are raised together,
    each with a note of its name. Fixtures are set up once for all cases. A case can have no marks.

    Raises:
        ValueError: if there is no case, or one has not as many values as there are names.
        TypeError: if the test takes no argument of a name, or a case has marks.
    """
    called = _names(names)
    table = _table(called, list(cases), ids)

    def decorate(test: Test) -> Test:
        signature = inspect.signature(test)
        if missing := set(called) - set(signature.parameters):
            raise TypeError(f"{test.__name__} takes no {', '.join(sorted(missing))}")

        @wraps(test)
        def run_all(*fixed: Any, **fixtures: Any) -> None:
            __tracebackhide__ = True
            failed = []
            for name, values in table:
                try:
                    _run(test, *fixed, **fixtures, **values)
                except FAILURES as error:
                    error.add_note(f"in the case {name}")
                    failed.append(error)
            if failed:
                raise BaseExceptionGroup(f"{len(failed)} of {len(table)} cases failed", failed)

        others = [one for name, one in signature.parameters.items() if name not in called]
        run_all.__signature__ = signature.replace(parameters=others)  # type: ignore[attr-defined]
        return run_all

    return decorate


def others_slow(cases: Iterable[Any], quick: int = 1) -> list[Any]:
    """Cases for `pytest.mark.parametrize`, all but the first `quick` of them marked as slow."""
    rest = [*cases]
    if not 0 < quick < len(rest):
        raise ValueError(f"{quick} quick of {len(rest)} cases leaves none of a kind")
    return [*rest[:quick], *(pytest.param(case, marks=pytest.mark.slow) for case in rest[quick:])]


def _run(test: Test, *fixed: Any, **values: Any) -> None:
    """Runs one case; what gives something back (a generator, a coroutine) has not been run."""
    given: object = test(*fixed, **values)  # type: ignore[func-returns-value]
    if given is not None:
        raise TypeError(f"the test gave {SHORT.repr(given)} back")


def _names(names: str | Sequence[str]) -> list[str]:
    if isinstance(names, str):
        return [name.strip() for name in names.split(",")]
    return list(names)


def _table(
    names: list[str], cases: list[Any], ids: Iterable[str] | Callable[[Any], str] | None
) -> list[tuple[str, dict[str, Any]]]:
    """Each case's name and its values by their names."""
    if not cases:
        raise ValueError(f"no case of {', '.join(names)}")
    if any(hasattr(case, "marks") for case in cases):
        raise TypeError("a case with marks is a test of its own: parametrize")
    rows = [dict(zip(names, case if names[1:] else (case,), strict=True)) for case in cases]
    if ids is None:
        return [(_called(row), row) for row in rows]
    if callable(ids):
        return [("-".join(map(ids, row.values())), row) for row in rows]
    return list(zip(ids, rows, strict=True))


def _called(row: dict[str, Any]) -> str:
    return ", ".join(f"{name}={SHORT.repr(value)}" for name, value in row.items())
