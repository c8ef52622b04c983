"""What a template does wrong with filters, functions and operators, in a template author's words.

Python's own words are about our functions, which nobody wrote into a template. Looked at only
where something failed.
"""

from __future__ import annotations

import re
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any, Final

from taiga_notes.markdown.tables import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_KINDS: Final = {
    "str": "a text",
    **dict.fromkeys(("Literal", "Markdown", "Raw", "Coded"), "a text"),
    **dict.fromkeys(("int", "float"), "a number"),
    "bool": "true or false",
    "NoneType": "nothing",
    **dict.fromkeys(("list", "tuple"), "a list"),
    **dict.fromkeys(("dict", "mappingproxy"), "a record"),
}
_ORDER: Final = re.compile(r"'(\S+)' not supported between instances of '(\w+)' and '(\w+)'")
_OPERANDS: Final = re.compile(r"unsupported operand type\(s\) for (\S+): '(\w+)' and '(\w+)'")
_JOINED: Final = re.compile(r'can only concatenate (\w+) \(not "(\w+)"\) to \w+')
_ALONE: Final = re.compile(r"bad operand type for (?:unary )?(\S+): '(\w+)'")
_NO_LIST: Final = re.compile(
    r"(?:argument of type )?'(\w+)'(?: object)? is not (?:iterable|subsc.*)"
)


def wrong_call(
    name: str,
    function: Callable[..., Any],
    given: Sequence[Any],
    named: Mapping[str, Any],
    *,
    is_filter: bool = False,
) -> str:
    """What is wrong with how a filter or a function was called; empty if it was called right.

    Args:
        name: what templates call it.
        function: what was called.
        given: its arguments.
        named: those with a name.
        is_filter: whether the first argument is what stands before the `|`.
    """
    known = signature(function)
    own = 1 + hasattr(function, "jinja_pass_arg") if is_filter else 0
    parameters = [*known.parameters.values()][own:]
    try:
        bound = known.bind(*given, **named).arguments
    except TypeError:
        return f"write {_usage(name, parameters, is_filter=is_filter)}"
    for parameter in parameters:
        values = bound.get(parameter.name, ())
        several = parameter.kind is Parameter.VAR_POSITIONAL
        for value in values if several else [values] if parameter.name in bound else ():
            if parameter.annotation == "int" and not isinstance(value, int):
                shown = repr(text_of(value)) if value is not None else "nothing"
                return f"`{name}` wants a whole number ({parameter.name}), and {shown} is none"
    return ""


def _usage(name: str, parameters: Sequence[Parameter], *, is_filter: bool) -> str:
    """How it is written: all arguments, and where they may be left away, without those."""
    plain = [each for each in parameters if each.kind is Parameter.POSITIONAL_OR_KEYWORD]
    needed = [each for each in plain if each.default is Parameter.empty]
    pipe = "| " if is_filter else ""
    brackets = "" if is_filter else "()"
    forms = (", ".join(each.name for each in some) for some in (needed, plain))
    calls = dict.fromkeys(f"`{pipe}{name}{f'({form})' if form else brackets}`" for form in forms)
    return " or ".join(calls)


def in_template_words(text: str) -> str:
    """A message of Python's about values that do not go together, as templates call them."""
    if found := _ORDER.fullmatch(text):
        return f"{_kind(found[2])} and {_kind(found[3])} have no order, as `{found[1]}` wants it"
    if found := _OPERANDS.fullmatch(text):
        return f"{_kind(found[2])} and {_kind(found[3])} do not go together by `{found[1]}`"
    if found := _JOINED.fullmatch(text):
        return f"{_kind(found[1])} and {_kind(found[2])} do not go together by `+`: `~` joins texts"
    if found := _ALONE.fullmatch(text):
        return f"`{found[1].removesuffix('()')}` wants a number, and this is {_kind(found[2])}"
    if found := _NO_LIST.fullmatch(text):
        return f"a list is wanted here, and this is {_kind(found[1])}"
    return text


def _kind(name: str) -> str:
    return _KINDS.get(name, f"a {name}")
