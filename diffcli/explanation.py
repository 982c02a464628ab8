"""Explanations: the evaluation trace of an expression, and accumulation along it, step by step.

Forward accumulation goes down the trace and needs a pass for each element of the variables, reverse
accumulation goes up and needs one pass for the result. What is shown is what the drivers of the two
modes did: adjoints are the cotangents that were pulled back, tangents those that were pushed on.
"""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcli.derivatives import filled, hidden
from diffcli.emit.latex import latex
from diffcli.emit.text import text
from diffcli.errors import Span, check_choice
from diffcli.graph.node import Node
from diffcli.limits import check_elements
from diffcli.naming import LONGEST, LONGEST_LATEX, Operation, evaluation_trace, operator
from diffcli.ops.op import INPUT, Maybe
from diffcli.trace import Trace
from diffcli.transforms.cost import work
from diffcli.transforms.derive import jacobian_forward
from diffcli.transforms.forward import push
from diffcli.transforms.kinks import Place, Watch
from diffcli.transforms.reverse import Contribution, one, pull
from diffcli.transforms.simplify import simplify
from diffcli.transforms.textbook import readable
from diffcli.transforms.wengert import Step
from diffcli.validity import differentiable, fitted, scalar, variables

if TYPE_CHECKING:
    from diffcli.runtime.provenance import Nonfinite
    from diffcli.transforms.kinks import Kink

Array = np.ndarray[Any, Any]

Given = Sequence[tuple[Node, Array]]
"""Nodes with their values."""

MODES = ("reverse", "forward", "both")


class Formula:
    """A rule in the names of steps, of their adjoints, NAME_bar, and of their tangents, NAME_dot.

    `text` and `latex` are None where they would be long.
    """

    __slots__ = ("_node", "_standing")

    def __init__(self, node: Node, *standing: MutableMapping[Node, Node]) -> None:
        self._node = node
        self._standing = standing  # what the names stand for

    @property
    def simplified(self) -> Node:
        """The rule as graph, as a person would write it where that is the same everywhere."""
        simple = simplify([self._node], *self._standing)
        written = readable(simple)
        return simple[0] if written.nonzero else written.nodes[0]

    @property
    def text(self) -> str | None:
        """The rule as an expression."""
        return text(self.simplified, LONGEST, digits=6)

    @property
    def latex(self) -> str | None:
        """The rule as LaTeX."""
        return latex(self.simplified, limit=LONGEST_LATEX)


class Term:
    """A contribution to an adjoint: the steps it comes through, and how it follows from theirs."""

    __slots__ = ("formula", "through")

    def __init__(self, through: list[str], formula: Formula) -> None:
        self.through = through
        self.formula = formula


class Row:
    """A step of the trace and what is known about it.

    `operation` is what it computes from its `inputs`, which are other steps, None for a variable;
    `span` is its place in the text. `adjoint` is the derivative of the result by it, the sum of
    `terms`; None where the result does not depend on it, or reverse mode was not asked for.
    `rule` makes its tangent from those of its inputs. `tangents` are its derivatives by each
    variable, of shape value.shape + variable.shape, where forward mode was asked for.
    """

    __slots__ = (
        "adjoint", "inputs", "name", "op", "operation", "rule", "span", "tangents", "terms", "value"
    )  # fmt: skip

    def __init__(self, step: Step, source: str) -> None:
        self.name = step.name
        self.op = operator(step, source)
        self.inputs = [x.name for x in step.inputs]
        self.operation = None if step.node.op is INPUT else Operation(step, source)
        self.span: Span | None = None if self.operation is None else step.node.span
        self.value: Any = None
        self.adjoint: Array | None = None
        self.terms: list[Term] = []
        self.rule: Formula | None = None
        self.tangents: dict[str, Array | None] = {}


class Explanation:
    """How an expression is evaluated and differentiated.

    `rows` are its steps in the order of evaluation, variables first. `passes` says how many passes
    each mode needs for all derivatives; `operations`, how many operations on numbers one of them
    takes, and the value alone. `kinks`, `zeros` and `nonfinite` are those of `Derivatives`.
    """

    def __init__(self, rows: list[Row], passes: dict[str, int], costs: dict[str, int]) -> None:
        self.rows = rows
        self.passes = passes
        self.operations = costs
        self.kinks: list[Kink] = []
        self.zeros: dict[str, list[Place]] = {}
        self.nonfinite: list[Nonfinite] = []

    @property
    def value(self) -> Array:
        """The value of the expression."""
        return self.rows[-1].value  # type: ignore[no-any-return]


def explain(
    t: Trace, wrt: Sequence[str], mode: str = "reverse", cotangent: Array | None = None
) -> Explanation:
    """The steps of an expression, with the adjoints and the tangents of each.

    `cotangent` has the shape of the result; without one it is 1. Raises `not-differentiable` as the
    derivatives do, `not-scalar` for a result of several elements without a cotangent,
    `bad-argument` for an unknown mode, and `too-large` where the values or the tangents of all
    steps together do not fit.
    """
    check_choice("mode", mode, MODES)
    y = scalar(t) if cotangent is None and mode != "forward" else differentiable(t)
    given = variables(t, wrt)
    seed: Node = one(y)
    extra: Given = []
    if cotangent is not None:
        seed = INPUT.make("v", y.shape, y.dtype)
        extra = [(seed, fitted(cotangent, y, "the cotangent", "the result"))]
    steps = _Steps(t, y)
    watch = Watch()
    pulled = steps.pull(seed, given, watch)
    gradient = filled(t, wrt, pulled)
    steps.put(given, gradient)
    moved = steps.push(wrt, given)
    tangents = [steps.tangents(x) for x in given] if mode != "reverse" else []
    adjoints = steps.adjoints if mode != "forward" else [None] * len(steps.rows)
    counts = steps.fill(t, wrt, adjoints, tangents, watch.counts, extra)
    parts = sum(x.size * (2 if x.dtype.kind == "c" else 1) for x in given)
    passes = {"reverse": 1, "forward": parts}
    done = Explanation(steps.rows, passes, _costs(y, gradient, moved))
    done.kinks = watch.kinks(counts)
    done.zeros = hidden(t, wrt, pulled)
    nodes = gradient if mode != "forward" else [column[-1] for column in tangents]
    done.nonfinite = _nonfinite(t, done, wrt, nodes, extra)
    return done


def _nonfinite(
    t: Trace, done: Explanation, wrt: Sequence[str], nodes: Sequence[Maybe], extra: Given
) -> list[Nonfinite]:
    """What made the value, or the derivatives by the variables, not finite."""
    last = done.rows[-1]
    if last.tangents and last.adjoint is None:
        arrays = [last.tangents[name] for name in wrt]
        return t.nonfinite([done.value, *arrays], [f"jacobian {n}" for n in wrt], nodes, extra)
    adjoints = {row.name: row.adjoint for row in done.rows}
    arrays = [adjoints.get(name) for name in wrt]
    return t.nonfinite([done.value, *arrays], [f"grad {n}" for n in wrt], nodes, extra)


def _costs(y: Node, gradient: Sequence[Maybe], moved: Maybe) -> dict[str, int]:
    """Operations on numbers of the value, and of a pass of each mode beside it."""
    found = [g for g in gradient if g is not None]
    value, *simple = simplify([y, *found, y if moved is None else moved])
    alone = work([value])
    reverse, forward = work([value, *simple[:-1]]) - alone, work([value, simple[-1]]) - alone
    return {"value": alone, "reverse": reverse, "forward": forward}


class _Steps:
    """The steps of an expression with their rows, while derivatives are taken along them."""

    def __init__(self, t: Trace, y: Node) -> None:
        self.y = y
        self.trace = evaluation_trace(t)
        self.list = self.trace.steps
        check_elements(sum(step.node.size for step in self.list), "the values of all steps")
        self.rows = [Row(step, t.source.text) for step in self.list]
        self.adjoints: list[Maybe] = []
        # what stands in formulas for values
        self.letters: dict[Node, Node] = {s.node: _letter(s, "") for s in self.list}

    def pull(self, seed: Node, given: Sequence[Node], watch: Watch) -> list[Maybe]:
        """Fill in adjoints and their terms; the adjoints of the variables."""
        found: dict[int, Any] = {}
        record: list[Contribution] = []

        def visit(node: Node, g: Any, wanted: Sequence[bool]) -> None:
            found[id(node)] = g
            watch(node, g, wanted)

        gradient = pull([(self.y, seed)], given, visit, record)
        found[id(self.y)] = seed
        self.adjoints = [found.get(id(step.node)) for step in self.list]
        self._add_terms(record, found)
        return gradient

    def put(self, given: Sequence[Node], gradient: Sequence[Maybe]) -> None:
        """Fill in the adjoints of the variables, which may be 0 although no step adds to them."""
        found = {id(x): g for x, g in zip(given, gradient, strict=True)}
        pairs = zip(self.list, self.adjoints, strict=True)
        self.adjoints = [found.get(id(step.node), adjoint) for step, adjoint in pairs]

    def _add_terms(self, record: Sequence[Contribution], adjoints: dict[int, Any]) -> None:
        rows = {id(step.node): row for step, row in zip(self.list, self.rows, strict=True)}
        ahead = self.trace.ahead()
        flows: dict[tuple[str, ...], tuple[Row, list[Step], Node]] = {}
        for node, x, c in record:
            row = rows.get(id(x))
            if row is None:
                continue
            through = ahead[id(node)]
            key = (row.name, *(step.name for step in through))
            before = flows.get(key)
            flows[key] = row, through, c if before is None else before[2] + c
        for row, through, c in flows.values():
            bars = _standing((adjoints[id(s.node)], _letter(s, "_bar")) for s in through)
            row.terms.append(Term([s.name for s in through], Formula(c, bars, self.letters)))

    def push(self, wrt: Sequence[str], given: Sequence[Node]) -> Maybe:
        """Fill in the rules of tangents; the tangent of the result along all variables."""
        directions = [
            (x, INPUT.make(f"{name}_dot", x.shape, x.dtype))
            for name, x in zip(wrt, given, strict=True)
        ]
        moved = push([step.node for step in self.list], directions)
        tangents = {step.name: tangent for step, tangent in zip(self.list, moved, strict=True)}
        for step, row in zip(self.list, self.rows, strict=True):
            tangent = tangents[step.name]
            if tangent is not None and row.operation is not None:
                dots = _standing((tangents[s.name], _letter(s, "_dot")) for s in step.inputs)
                row.rule = Formula(tangent, dots, self.letters)
        return moved[-1]

    def fill(
        self,
        t: Trace,
        wrt: Sequence[str],
        adjoints: Sequence[Maybe],
        tangents: Sequence[Sequence[Maybe]],
        counts: Sequence[Node],
        extra: Given,
    ) -> list[Any]:
        """Compute what the rows hold, and `counts`, whose values are returned."""
        asked = [[step.node for step in self.list], adjoints, counts, *tangents]
        arrays = iter(t.run([node for part in asked for node in part], extra))
        values, found, counted, *columns = [[next(arrays) for _ in part] for part in asked]
        for row, value, adjoint in zip(self.rows, values, found, strict=True):
            row.value, row.adjoint = value, adjoint
        for name, column in zip(wrt, columns, strict=False):
            for row, array in zip(self.rows, column, strict=True):
                row.tangents[name] = array
        return counted

    def tangents(self, x: Node) -> list[Maybe]:
        """The derivatives of all steps by a variable, in forward mode."""
        nodes = [step.node for step in self.list]
        check_elements(sum(y.size for y in nodes) * x.size, "the tangents of all steps")
        return jacobian_forward(nodes, x)


def _standing(pairs: Iterable[tuple[Any, Node]]) -> dict[Node, Node]:
    """What stands for what; steps with several results have no adjoint of their own."""
    return {x: letter for x, letter in pairs if isinstance(x, Node)}


def _letter(step: Step, mark: str) -> Node:
    return INPUT.make(step.name + mark, step.node.shape, step.node.dtype)
