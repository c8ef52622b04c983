"""Jinja as this tool wants it: plain data in, inert Markdown out, and an end in sight.

The differences from Jinja's own sandbox:

- What `{{ … }}` prints is spelled for its place in the page (`places`), in running text by
  `text.mark`. Only `Markdown` passes as it is: what the template itself wrote (macros, blocks of
  `set` and `call`), what filters such as `link` make, and what `| raw` vouches for. Strings that
  are joined, cut or formatted in an expression are plain again.
- A name after a dot is a key of a record, never a method or an attribute of Python's. Fields
  that are nil print nothing; those that nothing has are errors, as names are that nobody set.
- Only macros, loops and a few functions can be called. Steps and text are charged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final, TypeVar

from jinja2 import StrictUndefined, Template, Undefined, nodes
from jinja2.environment import TemplateModule
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Cycler, Joiner, Namespace

from taiga_notes.markdown import places
from taiga_notes.markdown.places import Coded
from taiga_notes.markdown.tables import FINISHED, is_item, item
from taiga_notes.markdown.text import Markdown, mark, mark_label
from taiga_notes.model.calendar import SPRINTS
from taiga_notes.query.runtime.joined_columns import in_status
from taiga_notes.render.fields import FieldReader, MissingField, missing_part, or_nil
from taiga_notes.render.filters import Filters, Raw, text_of
from taiga_notes.render.generator import Generator
from taiga_notes.render.misuse import wrong_call
from taiga_notes.render.operators import OPERATORS, Literal, Operators
from taiga_notes.render.template_budget import TemplateBudget
from taiga_notes.render.template_scope import TemplateScope
from taiga_notes.render.template_text import kept_line_ends

if TYPE_CHECKING:
    from datetime import tzinfo

    from taiga_notes.model.calendar import Calendar
    from taiga_notes.render.template_loader import FolderLoader

Found = TypeVar("Found")

_LONG: Final = 1_000  # characters; shorter texts are not worth charging one by one
_LOOP_NAMES: Final = frozenset(
    {"changed", "cycle", "depth", "depth0", "first", "index", "index0", "last", "length"}
    | {"nextitem", "previtem", "revindex", "revindex0"}
)

_CYCLER_NAMES: Final = frozenset({"current", "next", "reset"})


class ForbiddenError(SecurityError):
    """The template asks for what no template gets; the message says what it could do instead."""


class CostlyError(Exception):
    """The template is not admitted here: it is not known to be cheap."""


class SprintsWantedError(Exception):
    """The template asks for a sprint, and the sprints are not known here yet."""


class NotesWantedError(Exception):
    """The template asks for the pages that name items, and these are not known here yet."""


class Unknown(StrictUndefined):
    """A name that nobody set."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        return self._undefined_hint or f"nothing is called '{self._undefined_name}' here"


class Sandbox(ImmutableSandboxedEnvironment):
    """The environment, with what the generated code calls as its attributes.

    Args:
        files: finds the templates' files.
        admits: whether a template may be rendered here.
        options: Jinja's.
    """

    code_generator_class = Generator
    intercepted_binops = frozenset(OPERATORS)

    def __init__(
        self,
        files: FolderLoader,
        admits: Callable[[nodes.Template], bool],
        dates: tzinfo = UTC,
        **options: Any,
    ) -> None:
        super().__init__(
            loader=files,
            autoescape=True,  # not by a filter, which a template may forget
            keep_trailing_newline=True,
            lstrip_blocks=True,
            # Jinja's optimizer computes constants while it compiles, where nothing is charged.
            optimized=False,
            trim_blocks=True,
            undefined=Unknown,
            **options,
        )
        self.files = files
        self.scope = TemplateScope()
        self._admits = admits
        self.budget = TemplateBudget()
        self.charge = self.budget.charge
        self.operators = Operators(self.budget, self.escape)
        filters = Filters(self, self.operators, self.budget, dates)
        self.filters = filters.table()
        self.tests = filters.tests()
        functions: dict[str, Any] = {
            "cycler": lambda *values: Cycler(*values),  # noqa: PLW0108 - a class has attributes
            "dict": self._record,
            "joiner": lambda sep=", ": Joiner(sep),
            "notes_about": self._notes_about,
            "namespace": lambda **fields: Namespace(**fields),  # noqa: PLW0108 - the same
            "range": self._range,
            "this_week": self._week,
            "today": self._today,
            **{name: self._sprint(name) for name in SPRINTS},
        }
        self.globals = functions
        self._functions = frozenset(functions.values())
        self.held = self.operators.held
        self.fields = FieldReader()
        self.lookup = _lookup_by(self.fields)
        self._bind_runtime()
        self._bind_places()

    def _bind_runtime(self) -> None:
        budget = self.budget

        class BoundedMacro(Macro):
            def _invoke(self, arguments: list[Any], _autoescape: bool) -> str:  # noqa: FBT001 - Jinja's
                # A macro that calls itself would overflow the interpreter's own stack, and end a
                # watch.
                budget.enter()
                if self.catch_varargs or self.catch_kwargs:
                    budget.hold(arguments)
                text = self._func(*arguments)
                budget.leave()
                return Markdown(text)

        class PlainLoop(LoopContext):
            @staticmethod
            def _to_iterator(iterable: Iterable[Any]) -> Any:
                return iter(each(iterable))

        self.Macro = BoundedMacro
        self.LoopContext = PlainLoop
        self.cond_expr_undefined = _nothing
        self.literal = Literal
        self.each = each
        self.or_nil = or_nil
        self.in_status = _days_in_status

    def _bind_places(self) -> None:
        self.in_alias = self._spelled(places.alias)
        self.in_address = self._spelled(places.address)
        self.in_attribute = self._spelled(places.attribute)
        self.in_block = self._spelled(places.block_text, Coded)
        self.in_code = self._spelled(places.code_text, Coded)
        self.in_comment = self._spelled(places.comment)
        self.in_component = self._spelled(places.component)
        self.code_in_row = places.code_in_row
        self.in_row = _in_row
        self.in_page = self._spelled(places.page_name)
        self.in_title = self._spelled(places.title)

    def preprocess(self, source: str, name: str | None = None, filename: str | None = None) -> str:
        """See Jinja; lines that hold text keep their line ends."""
        return kept_line_ends(super().preprocess(source, name, filename))

    def _generate(self, source: nodes.Template, *args: Any, **named: Any) -> str:
        # Before any of it runs: a step that is within C by then can be bounded no more.
        if not self._admits(source):
            raise CostlyError
        return super()._generate(source, *args, **named)

    def _spelled(
        self, spell: Callable[[str], str], passed: type[str] = Raw
    ) -> Callable[[object], str]:
        """How a value is spelled in a place; `passed` is spelled for it already."""
        as_it_is = (Raw, passed)

        def spelled(value: object) -> str:
            if value.__class__ is str and len(value) <= _LONG:
                return spell(value)
            if isinstance(value, Literal) and value.isspace():
                return str(value)
            return value if isinstance(value, as_it_is) else spell(self._text(value))

        return spelled

    def in_slice(self, value: object) -> str:
        """A value as it stands at the start of a line of Mermaid's pie chart."""
        spelled = self.in_block(value)
        return places.pie_label(spelled) if isinstance(spelled, Coded) else spelled

    def in_label(self, value: object) -> str:
        """A value as it stands in a link's text."""
        if value.__class__ is str and len(value) <= _LONG:
            return mark_label(value)
        if value.__class__ is int or isinstance(value, Raw):
            return str(value)
        if isinstance(value, FINISHED):
            return places.labelled(value)
        return mark_label(self._text(value))

    def escape(self, value: object) -> str:
        """A value as it stands in running text."""
        if value.__class__ is str:
            if len(value) > _LONG:
                self.budget.value(len(value))
            return mark(value)
        if value.__class__ is int:
            return str(value)
        if isinstance(value, FINISHED):
            return value
        if isinstance(value, Mapping) and is_item(value):
            return item(value)
        if isinstance(value, list) and any(isinstance(one, FINISHED) for one in value):
            return self._finished(value)
        return value.spelled() if isinstance(value, Literal) else mark(self._text(value))

    def _finished(self, values: Sequence[object]) -> str:
        """A list of what filters and functions made Markdown, such as links to pages."""
        text = ", ".join(map(self.escape, values))
        self.budget.text(len(text))
        return text

    def _text(self, value: object) -> str:
        """A value as text, charged if it is long."""
        text = text_of(value)
        if len(text) > _LONG:
            self.budget.value(len(text))
        return text

    def concat(self, pieces: Iterable[str]) -> Markdown:
        """The pieces that a macro or a `set` block printed."""
        pieces = list(pieces)
        self.budget.text(sum(map(len, pieces)))
        # Each piece was escaped when it was printed, so the whole is Markdown.
        return Markdown("".join(pieces))

    def Markup(self, value: object) -> Markdown:  # noqa: N802 - the generated code's name
        """What a block captured; a filter over it may have made it plain text again."""
        return value if isinstance(value, Markdown) else Markdown(self.escape(value))

    def markup_join(self, values: Sequence[object]) -> str:
        """The operator `~`."""
        return self.operators.joined(values)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ARG002 - Jinja's
        """`+ - * / // % **`."""
        return self.operators.apply(operator, left, right)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """As the generated code, for filters that are given a field's name."""
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """See `getattr`; a field that is missing is missed at once."""
        value = self.lookup(obj, argument)
        if isinstance(value, MissingField):
            str(value)  # raises
        return value

    def field(self, obj: Any, name: str) -> Any:
        """`obj.name` where a list is wanted.

        Raises:
            RefusedError: the record has no such field.
        """
        # A list that is called by a wrong name would look like one that is empty.
        value = self.lookup(obj, name)
        if isinstance(value, MissingField):
            str(value)  # raises
        if isinstance(obj, Mapping) and name not in obj:
            raise ForbiddenError(f"there is no field '{name}' to loop over")
        return value

    def call(self, context: Context, called: Any, /, *args: Any, **named: Any) -> Any:
        """A call, if it is one of those that templates may make.

        Raises:
            RefusedError: it is none.
        """
        self.budget.charge(1)
        if not self._callable(called):
            raise ForbiddenError(
                "values have no methods in a template, only filters: `row.subject | upper`, "
                "`row | items`"
            )
        try:
            return context.call(called, *args, **named)
        except TypeError as error:
            name = next((name for name, one in self.globals.items() if one is called), "")
            # Jinja hands in more, by names that no template can write.
            written = {key: value for key, value in named.items() if not key.startswith("_")}
            if name and (wrong := wrong_call(name, called, args, written)):
                raise TypeError(wrong) from error
            raise

    def get_template(self, name: Any, parent: Any = None, globals: Any = None) -> Template:  # noqa: A002 - Jinja's
        """A template for `include` and `import`."""
        self.budget.charge(100)
        return super().get_template(name, parent, globals)

    def _callable(self, called: Any) -> bool:
        if isinstance(called, Undefined):
            return True  # calling it says that it is undefined
        # An allowlist, by what it is: whatever else finds its way into a context can't be called.
        owner = getattr(called, "__self__", None)
        return (
            isinstance(called, Macro | LoopContext | Joiner)
            or isinstance(owner, LoopContext | Cycler)
            or (called.__hash__ is not None and called in self._functions)
        )

    def _today(self, days: int = 0) -> str:
        return _in_range(self._known_calendar().day, _whole(days, "today", "days"))

    def _week(self, weeks: int = 0) -> dict[str, object]:
        return _in_range(self._known_calendar().week, _whole(weeks, "this_week", "weeks"))

    def _sprint(self, name: str) -> Callable[[], dict[str, object] | None]:
        return lambda: self._known_calendar().sprint(name)

    def _known_calendar(self) -> Calendar:
        if self.scope.calendar is None:
            raise ForbiddenError("what day it is is not known here")
        return self.scope.calendar

    def _notes_about(self, row: object) -> list[Markdown]:
        if not isinstance(row, Mapping):
            raise ForbiddenError("notes_about wants an item of Taiga: notes_about(row)")
        links = self.scope.notes().get(f"{row.get('kind')}/{row.get('id')}", ())
        self.budget.charge(len(links))
        return [Markdown(each) for each in links]

    def _record(self, **fields: object) -> dict[str, object]:
        self.budget.hold(fields)
        return fields

    def _range(self, *bounds: int) -> range:
        numbers = range(*bounds)
        self.budget.charge(len(numbers) >> 4)
        return numbers


def _in_range(find: Callable[[int], Found], away: int) -> Found:
    try:
        return find(away)
    except OverflowError:
        raise ForbiddenError(f"there is no day that is so far away as {away}") from None


def _whole(number: object, function: str, unit: str) -> int:
    if not isinstance(number, int) or isinstance(number, bool):
        raise ForbiddenError(f"{function} wants a whole number of {unit}")
    return number


def _lookup_by(fields: FieldReader) -> Callable[[Any, Any], Any]:
    def lookup(obj: Any, name: Any) -> Any:
        """`obj.name` and `obj[name]`: a record's field, a list's item; None where it is nil."""
        # Never getattr on data: `''.__class__`, by which sandboxes are left, is no key of anything.
        try:
            return obj[name]
        except (KeyError, IndexError):
            return fields.missing(obj, name)
        except TypeError:
            return _attribute(obj, name)

    return lookup


def each(value: Any) -> Iterable[Any]:
    """What a loop runs over; None is an empty list."""
    if value is None:
        return ()
    if isinstance(value, bool | int | float):
        raise ForbiddenError(f"the number {value} can't be looped over")
    return value  # type: ignore[no-any-return]


def _attribute(obj: Any, name: Any) -> Any:
    """The few things that are no data: a loop's state, a namespace, an imported template."""
    # The ways out of Python's sandboxes begin with an underscore.
    if not isinstance(name, str) or name.startswith("_"):
        return None
    if isinstance(obj, LoopContext):
        value = getattr(obj, name) if name in _LOOP_NAMES else None
        return None if isinstance(value, Undefined) else value
    if isinstance(obj, Cycler):
        return getattr(obj, name) if name in _CYCLER_NAMES else None
    if isinstance(obj, Namespace | TemplateModule) or name in getattr(obj, "_fields", ()):
        return getattr(obj, name, None)
    return missing_part(obj, name)


def _in_row(value: str) -> str:
    return value if isinstance(value, Raw) else places.in_row(value)


def _days_in_status(days: Any, status: Any) -> int:
    """`row.days_in('In progress')`."""
    if isinstance(days, MissingField):
        str(days)  # raises
    return in_status(days, status)


def _nothing(_message: str) -> None:
    """What `'x' if …` is without its `else`."""
