"""How a template becomes Python code: Jinja's generator, with places, lookups and charges.

The class's methods are Jinja's visitors, called by the names of its nodes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.nodes import Node

from taiga_notes.markdown.places import HOLE, Place, PlaceReader
from taiga_notes.query.runtime.joined_values import CALLED
from taiga_notes.render.operators import LARGEST_BITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


# What is put around a value that stands in a table's row.
_ROW: Final = {
    Place.TEXT: "in_row(",
    Place.LABEL: "in_row(",
    Place.TITLE: "in_row(",
    Place.CODE: "code_in_row(",
}


class Generator(CodeGenerator):
    """Writes a template's Python code; see `sandbox` for what is different."""

    # Names in the generated code that are the environment's instead of Jinja's.
    LOCALS: ClassVar = (  # noqa: SIM905 - a list of words
        "LoopContext Macro Markup charge code_in_row cond_expr_undefined each escape field held "
        "in_address in_alias in_attribute in_block in_code in_comment in_component in_label "
        "in_page in_row in_slice in_status in_title literal lookup markup_join or_nil"
    ).split()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._reader = PlaceReader()
        self._places: dict[int, Place] = {}
        self._in_row: set[int] = set()
        self._looped: set[int] = set()
        self._steps: dict[int, int] = {}

    def write_commons(self) -> None:
        """Binds LOCALS at the head of each function, also for the functions within."""
        super().write_commons()
        for name in self.LOCALS:
            self.writeline(f"{name} = environment.{name}")

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:
        for loop in node.find_all(nodes.For):
            self._looped.add(id(loop.iter))
            self._steps[id(loop.body)] = _size(loop.body)
        for macro in node.find_all(nodes.Macro):
            self._steps[id(macro.body)] = _size(macro.body)
        for call in node.find_all(nodes.CallBlock):
            self._steps[id(call.body)] = _size(call.body)
        super().visit_Template(node, frame)

    def blockvisit(self, nodes: Iterable[Node], frame: Frame) -> None:
        """Charges first for what may run many times."""
        steps = self._steps.get(id(nodes))
        if steps:
            self.writeline(f"charge({steps})")
        super().blockvisit(nodes, frame)

    def get_visitor(self, node: Node) -> Any:
        """What a loop runs over has a visitor of its own."""
        if id(node) in self._looped:
            self._looped.remove(id(node))
            return self._visit_looped
        return super().get_visitor(node)

    def _visit_looped(self, node: Node, frame: Frame) -> None:
        self.write("each(")
        if isinstance(node, nodes.Getattr):
            # To print a field that is missing prints nothing; to loop over it is a mistake.
            self._write_call("field", node.node, frame, argument=repr(node.attr))
        else:
            self.visit(node, frame)
        self.write(")")

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:
        self._write_call("lookup", node.node, frame, argument=repr(node.attr))

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:
        if isinstance(node.arg, nodes.Slice):
            super().visit_Getitem(node, frame)
            return
        self._write_call("lookup", node.node, frame)
        self.visit(node.arg, frame)
        self.write(")")

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:  # noqa: FBT001, FBT002 - Jinja's
        called = node.node
        if isinstance(called, nodes.Getattr) and called.attr == CALLED and len(node.args) == 1:
            self._write_call("in_status", called, frame)
            self.visit(node.args[0], frame)
            self.write(")")
        else:
            super().visit_Call(node, frame, forward_caller=forward_caller)

    def _write_call(self, name: str, node: nodes.Expr, frame: Frame, *, argument: str = "") -> None:
        self.write(f"{name}(")
        self.visit(node, frame)
        self.write(f", {argument})" if argument else ", ")

    def visit_Or(self, node: nodes.BinExpr, frame: Frame) -> None:
        self.write("(or_nil(")
        self.visit(node.left, frame)
        self.write(") or ")
        self.visit(node.right, frame)
        self.write(")")

    def visit_Const(self, node: nodes.Const, frame: Frame) -> None:
        # Outer blanks that the template spells out are its own: `', ' if not loop.last`.
        if isinstance(node.value, int) and node.value.bit_length() > LARGEST_BITS:
            self.fail("the number is too large", node.lineno)
        outer = isinstance(node.value, str) and node.value != node.value.strip()
        self.write(f"literal({node.value!r})" if outer else repr(node.value))

    def visit_List(self, node: nodes.List, frame: Frame) -> None:
        self._write_held(super().visit_List, node, frame)

    def visit_Dict(self, node: nodes.Dict, frame: Frame) -> None:
        self._write_held(super().visit_Dict, node, frame)

    def visit_Tuple(self, node: nodes.Tuple, frame: Frame) -> None:
        if node.ctx == "load":
            self._write_held(super().visit_Tuple, node, frame)
        else:
            super().visit_Tuple(node, frame)

    def _write_held(self, visit: Callable[[Any, Frame], None], node: Node, frame: Frame) -> None:
        """Charges for what a literal holds."""
        self.write("held(")
        visit(node, frame)
        self.write(")")

    def visit_Output(self, node: nodes.Output, frame: Frame) -> None:
        for index, child in enumerate(node.nodes):
            if isinstance(child, nodes.TemplateData):
                self._reader.read(child.data)
                continue
            following = "".join(
                other.data if isinstance(other, nodes.TemplateData) else HOLE
                for other in node.nodes[index + 1 : index + 10]
            )
            place = self._reader.place(following)
            self.environment.budget.look()  # type: ignore[attr-defined]
            # What the author vouches for is the author's own, wherever it stands.
            if isinstance(child, nodes.Filter) and child.name == "raw":
                place = Place.TEXT
            # Refused, not escaped: outside of quotes a blank alone begins an attribute, such as
            # `onclick`.
            if place is Place.BARE:
                self.fail("a value inside an HTML tag must be in quotes", child.lineno)
            if place is Place.SCRIPT:
                self.fail("no value is safe inside a script or a style", child.lineno)
            self._places[id(child)] = place
            if self._reader.in_row(following):
                self._in_row.add(id(child))
            # Whatever the value holds, to the places behind it it is the same hole: no subject
            # opens a quote, or a link, for the next value.
            self._reader.read(HOLE)
        super().visit_Output(node, frame)

    def _output_child_to_const(self, node: nodes.Expr, frame: Frame, finalize: Any) -> str:
        if isinstance(node, nodes.TemplateData):
            return node.data
        # No value is put in while the template is compiled: all go through the escape of their
        # place.
        raise nodes.Impossible

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        place = self._places[id(node)]
        if id(node) in self._in_row:
            self.write(_ROW.get(place, "("))
        self.write("escape(" if place is Place.TEXT else f"in_{place.name.lower()}(")

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        self.write("))" if id(node) in self._in_row else ")")

    def visit_FilterBlock(self, node: nodes.FilterBlock, frame: Frame) -> None:
        # As Jinja's, but what the filter gives is inert.
        block = frame.inner()
        block.symbols.analyze_node(node)
        self.enter_frame(block)
        self.buffer(block)
        self.blockvisit(node.body, block)
        self.start_write(frame, node)
        self.write("escape(")
        self.visit_Filter(node.filter, block)
        self.write(")")
        self.end_write(frame)
        self.leave_frame(block)

    def visit_CallBlock(self, node: nodes.CallBlock, frame: Frame) -> None:
        # As Jinja's, but what is called may be no macro.
        call_frame, macro = self.macro_body(node, frame)
        self.writeline("caller = ")
        self.macro_def(macro, call_frame)
        self.start_write(frame, node)
        self.write("escape(")
        self.visit_Call(node.call, frame, forward_caller=True)
        self.write(")")
        self.end_write(frame)

    def visit_ScopedEvalContextModifier(self, node: Any, frame: Frame) -> None:
        self.fail("`autoescape` can't be switched; `| raw` lets one value through", node.lineno)

    def visit_Block(self, node: nodes.Block, frame: Frame) -> None:
        self.fail("`block` is not supported: use `include`, or a macro", node.lineno)

    def visit_Extends(self, node: nodes.Extends, frame: Frame) -> None:
        self.fail("`extends` is not supported: use `include`, or a macro", node.lineno)


def _size(body: list[Node]) -> int:
    """The steps of running it once: its nodes."""
    return 1 + sum(1 for part in body for _ in part.find_all(Node))
