"""Diagrams of expressions: the graph as it is written, the gradient's, and what runs."""

from __future__ import annotations

from collections.abc import Sequence

from diffcli.emit.sizes import NO_SIZES, Sizes
from diffcli.emit.text import text
from diffcli.errors import DiffcliError
from diffcli.graph.diagram import Diagram, Vertex
from diffcli.graph.node import Node, is_inexact, postorder
from diffcli.naming import evaluation_trace, operator
from diffcli.ops.op import CONSTANT, INPUT
from diffcli.runtime.plan import Plan
from diffcli.trace import Trace
from diffcli.transforms.reverse import one, pull
from diffcli.transforms.wengert import free_letter
from diffcli.validity import differentiable, scalar, variables

Drawn = tuple[Vertex, Node]
"""A vertex, and the node whose value is its own."""

LONGEST = 24
"""Characters of a constant that is written out."""


def diagram(
    t: Trace,
    wrt: Sequence[str] = (),
    *,
    backward: bool = False,
    simplified: bool = False,
    names: str = "numpy",
    values: bool = False,
    sizes: Sizes = NO_SIZES,
) -> Diagram:
    """The graph of an expression.

    Its vertices are the operations as they are written, called v1, v2, ... in the order of
    evaluation. With `backward` they are the nodes of the graph that computes the gradient by each
    variable of `wrt`; for a result of several elements from its cotangent, which is called v. With
    `simplified` they are the operators that run, fused loops marked. `names` is "numpy" or "torch";
    PyTorch's graph (names such as MulBackward0) has the operations that gradients flow through.
    `values` computes the value of each vertex; `sizes` are what numbers are called. Raises
    `not-differentiable` and `not-scalar` as gradients do, and `bad-argument` for other names.
    """
    if names not in ("numpy", "torch"):
        raise DiffcliError("bad-argument", f"names are 'numpy' or 'torch', not {names!r}")
    if names == "torch" and (backward or simplified):
        words = "names of PyTorch are for the operations as they are written"
        raise DiffcliError("usage", words, hint="leave out --backward and --simplified")
    results = [("value", t.output)]
    if backward:
        results = _gradient(t, wrt, values)
    if simplified:
        drawn, results, loops = _planned(t, results, sizes)
    elif backward:
        drawn, loops = _by_node([y for _, y in results], sizes), {}
    else:
        drawn, loops = _as_written(t, sizes), {}
    if names == "torch":
        drawn = _tracked(drawn)
        if not any(node is t.output for _, node in drawn):
            words = "gradients flow through no part of the expression: PyTorch makes no graph of it"
            raise DiffcliError("not-differentiable", words, hint="leave out --names torch")
    called = {id(node): vertex.name for vertex, node in drawn}
    for vertex, node in drawn:
        vertex.loop = loops.get(id(node))
    if values:
        for (vertex, _), value in zip(drawn, t.run([node for _, node in drawn]), strict=True):
            vertex.value = value
    shown = [(name, called[id(y)]) for name, y in results if id(y) in called]
    return Diagram([vertex for vertex, _ in drawn], shown)


def _gradient(t: Trace, wrt: Sequence[str], values: bool) -> list[tuple[str, Node]]:
    y = scalar(t) if values else differentiable(t)
    seed = one(y) if y.size == 1 else INPUT.make("v", y.shape, y.dtype)
    found = pull([(y, seed)], variables(t, wrt))
    return [(f"grad {name}", g) for name, g in zip(wrt, found, strict=True) if g is not None]


def _planned(
    t: Trace, results: Sequence[tuple[str, Node]], sizes: Sizes
) -> tuple[list[Drawn], list[tuple[str, Node]], dict[int, int]]:
    """The nodes of the plan for the results, and the numbers of their loops by node."""
    nodes = [y for _, y in results]
    free = [x for x in postorder(nodes) if x.op is INPUT]
    plan = Plan(nodes, free)
    loops: dict[int, int] = {}
    for number, nodes in enumerate(plan.loops(), 1):
        loops |= {id(node): number for node in nodes}
    named = [(name, y) for (name, _), y in zip(results, plan.results, strict=True)]
    return _by_node(plan.results, sizes), named, loops


# ----- vertices -----------------------------------------------------------------------------------


class _Drawing:
    """The vertices that are there already."""

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes
        self.drawn: list[Drawn] = []
        self._names: dict[int, str] = {}
        self._constants = 0

    def add(self, node: Node, name: str, op: str, operands: Sequence[Node]) -> None:
        """Draw a node; operands that are constants are drawn before it."""
        inputs = [self.name(x) for x in operands]
        kind = "variable" if node.op is INPUT else "operation"
        vertex = Vertex(name, kind, op, inputs, self.sizes.shape(node.shape), node.dtype.name)
        vertex.span = node.span if node.inputs else None
        self.drawn.append((vertex, node))
        self._names[id(node)] = name

    def name(self, node: Node) -> str:
        """What a node is called; a number is drawn anew wherever it stands."""
        if id(node) not in self._names:
            self._constants += 1
            name = f"#{self._constants}"
            shown = text(node, LONGEST, digits=6, sizes=self.sizes) or "array"
            vertex = Vertex(name, "constant", shown, [], node.shape, node.dtype.name)
            self.drawn.append((vertex, node))
            if not node.shape:
                return name
            self._names[id(node)] = name
        return self._names[id(node)]


def _as_written(t: Trace, sizes: Sizes) -> list[Drawn]:
    """Steps of the evaluation, and the constants that they are written with."""
    trace, drawing = evaluation_trace(t), _Drawing(sizes)
    for step in trace.steps:
        node = step.node
        whole = all(trace.step(x) or x.op is CONSTANT for x in node.inputs)
        operands = node.inputs if whole else [x.node for x in step.inputs]
        if node.op is not CONSTANT:  # these are drawn with what they are operands of
            drawing.add(node, step.name, operator(step, t.source.text), operands)
        elif node is t.output:
            drawing.name(node)
    return drawing.drawn


def _by_node(results: Sequence[Node], sizes: Sizes) -> list[Drawn]:
    """All nodes that the results depend on."""
    order, drawing = postorder(results), _Drawing(sizes)
    letter = free_letter(x.params["name"] for x in order if x.op is INPUT)
    count = 0
    for node in order:
        if node.op is CONSTANT:
            continue  # drawn with what it is an operand of
        if node.op is INPUT:
            drawing.add(node, node.params["name"], "input", ())
        else:
            count += 1
            drawing.add(node, f"{letter}{count}", node.op.name, node.inputs)
    for node in results:
        if node.op is CONSTANT:
            drawing.name(node)
    return drawing.drawn


# ----- PyTorch's names ----------------------------------------------------------------------------


def _tracked(drawn: Sequence[Drawn]) -> list[Drawn]:
    """The vertices that gradients flow through, with PyTorch's names of their operators."""
    from diffcli.eager.grad_fn import graph_name

    found: dict[str, Drawn] = {}
    nodes = {vertex.name: node for vertex, node in drawn}
    for vertex, node in drawn:
        operands = [nodes[name] for name in vertex.inputs]
        vertex.inputs = [name for name in vertex.inputs if name in found]
        if is_inexact(node.dtype) and (vertex.inputs or vertex.kind == "variable"):
            vertex.op = graph_name(vertex.op, node, operands)
            found[vertex.name] = vertex, node
    return list(found.values())
