"""Operators: the interface that drivers and plans see, and the leaves of the graph."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from diffcli.errors import DiffcliError
from diffcli.graph.node import Aval, Node, Shape
from diffcli.ops.table import MAX_AXES, NUMBERS, F, Row, lift

Maybe = Node | None
Rule = Callable[..., Any]
Batched = tuple[bool, ...]

MAX_ELEMENTS = 2**60
"""Elements that a node may have at all; a plan refuses far fewer where they are stored."""


class Op(Row):
    """A primitive operator. Subclasses are the kinds; instances are the rows.

    `bind` turns a user's arguments into (inputs, params). `evaluate(xp, *arrays, **params)` gives
    the value with the array namespace `xp`. `core` is the number of trailing axes that `evaluate`
    works on for each input when it broadcasts over leading ones; None when it does not. `selects`
    are, where the result is made of elements of its inputs as they are, masks over them: for each
    input a function of (y, *inputs, **params), or None. `squared(*inputs, **params)` is the square
    of the result where that has no kink and the result has one, as norms have.
    """

    kind = "primitive"
    linear = False
    selects: Sequence[Rule | None] = ()
    keeps_weak = True  # the result of Python numbers alone is one, as far as promotion goes
    core: tuple[int, ...] | None = None
    squared: Rule | None = None

    def __init__(
        self,
        name: str,
        bind: Callable[..., Any],
        evaluate: Callable[..., Any],
        *,
        shape: Rule | None = None,
        dtype: Rule | None = None,
        batch: Rule | None = None,
        core: tuple[int, ...] | None = None,
        squared: Rule | None = None,
        **row: Any,
    ) -> None:
        super().__init__(name, bind, **row)
        self.evaluate = evaluate
        self.shape_rule = shape
        self.dtype_rule = dtype
        self.batch_rule = batch
        self.core = core
        self.squared = squared

    def call(self, *args: Any, **kwargs: Any) -> Node:
        """The node of this operator on a user's arguments."""
        inputs, params = self.bind(*args, **kwargs)
        return self.apply(tuple([x if isinstance(x, Node) else lift(x) for x in inputs]), params)

    def apply(self, inputs: tuple[Node, ...], params: dict[str, Any]) -> Node:
        """The node of this operator on inputs and params that `bind` has put in order.

        Where an input carries its value, the result does too.
        """
        for x in inputs:
            if x.eager:
                return x.record(self, inputs, params)
        return self.trace(inputs, params)

    def trace(self, inputs: tuple[Node, ...], params: dict[str, Any]) -> Node:
        """The node of an application that is evaluated later: its shape and dtype are inferred."""
        shape, dtype = self.infer(inputs, params)
        if len(shape) > MAX_AXES:
            raise DiffcliError("limit", f"an array has at most {MAX_AXES} axes")
        if math.prod(shape) > MAX_ELEMENTS:
            raise DiffcliError("too-large", f"{self.name} would make more elements than can be")
        weak = self.keeps_weak and shape == () and bool(inputs) and all(x.weak for x in inputs)
        return Node(self, inputs, params, shape, dtype, weak)

    def infer(self, inputs: tuple[Node, ...], params: dict[str, Any]) -> Aval:
        """Shape and dtype of the result."""
        assert self.shape_rule is not None, self.name
        shape = self.shape_rule(*inputs, **params)
        return shape, self.infer_dtype(inputs, params)

    def infer_dtype(self, inputs: tuple[Node, ...], params: dict[str, Any]) -> np.dtype[Any]:
        """Dtype of the result: the row's rule, or NumPy's promotion of the inputs."""
        if self.dtype_rule is not None:
            return np.dtype(self.dtype_rule(*inputs, **params))
        return promote(inputs)

    def vjp(self, g: Any, y: Node, wanted: Sequence[bool]) -> Any:
        """Cotangent of each input (None where there is none) from the cotangent `g` of `y`.

        The cotangents may still be broadcast against their inputs or of a wider type; the reverse
        driver brings them to the input's shape and dtype. `NotImplemented` where the row states a
        pushforward: the driver transposes it.
        """
        return NotImplemented

    def jvp(self, tangents: Sequence[Maybe], y: Node) -> Any:
        """Tangent of `y` from those of its inputs (None where an input has none).

        `NotImplemented` where the row states a pullback: the driver transposes it.
        """
        return NotImplemented

    def batch(self, y: Node, inputs: tuple[Node, ...], batched: Batched, size: int) -> Node:
        """`y` with the batched `inputs`, which carry a new leading axis of length `size`."""
        if self.batch_rule is not None:
            batched_node: Node = self.batch_rule(y, inputs, batched, size)
            return batched_node
        if self.core is None:
            raise DiffcliError("not-differentiable", f"{self.name} has no batching rule")
        return self.apply(align_batched(inputs, batched, self.core), y.params)


UNFIT = (
    TypeError,
    ValueError,
    AttributeError,
    LookupError,
    ArithmeticError,
)
"""What Python raises when static arguments are not of the kind that code expects."""


def inapplicable(node: Node, error: Exception) -> Exception:
    """What to raise where a node's vjp or jvp has raised what is in `UNFIT`.

    A row that only serves the rules of others does not check its static arguments. Where a user
    calls one by name, what goes wrong is a `bad-argument`.
    """
    if not node.op.hidden:
        return error
    message = f"{node.op.name} cannot be differentiated with these arguments"
    return DiffcliError("bad-argument", message, span=node.span)


def promote(inputs: Sequence[Node]) -> np.dtype[Any]:
    """NumPy's result type of the inputs; weak inputs count as Python numbers."""
    return _promoted(frozenset([(x.dtype, x.weak) for x in inputs]))


@lru_cache(256)
def _promoted(types: frozenset[tuple[np.dtype[Any], bool]]) -> np.dtype[Any]:
    if all(weak for _, weak in types):
        return np.result_type(*(dtype for dtype, _ in types))
    return np.result_type(*(dtype.type(0).item() if weak else dtype for dtype, weak in types))


def align_batched(
    inputs: tuple[Node, ...], batched: Batched, core: tuple[int, ...]
) -> tuple[Node, ...]:
    """Batched inputs with axes of length 1 after the batch axis, so that loop axes line up."""
    ranks = [x.ndim - b - c for x, b, c in zip(inputs, batched, core, strict=True)]
    rank = max(ranks)
    out = []
    for x, b, own in zip(inputs, batched, ranks, strict=True):
        if b and own < rank:
            x = F.reshape(x, (x.shape[0], *(1,) * (rank - own), *x.shape[1:]))
        out.append(x)
    return tuple(out)


def placeholder_like(x: Node) -> Node:
    """A free input with the shape and dtype of `x`."""
    return INPUT.make("", x.shape, x.dtype)


def match(g: Node, x: Node) -> Node:
    """A cotangent brought to the shape and dtype of the primal `x` it belongs to.

    Broadcasting is undone by summing; a real primal takes the real part of a complex cotangent.
    """
    if g.dtype != x.dtype and g.dtype.kind == "c" and x.dtype.kind != "c":
        g = F.real(g)
    if g.shape != x.shape:
        g = F.sum_to(g, x.shape)
    if g.dtype != x.dtype and not g.weak:
        g = F.astype(g, x.dtype)
    return g


# ----- leaves -------------------------------------------------------------------------------------


class Leaf(Op):
    """Nodes without inputs: bound inputs and constants."""

    kind = "leaf"
    hidden = True

    def batch(self, y: Node, inputs: tuple[Node, ...], batched: Batched, size: int) -> Node:
        """Leaves are never batched here: the driver replaces or keeps them."""
        return y


class Input(Leaf):
    """A free variable of the graph."""

    def make(self, name: str, shape: Shape, dtype: np.dtype[Any]) -> Node:
        """A new input; inputs are told apart by identity, the name is for printing."""
        return Node(self, (), {"name": name}, shape, dtype)


class Constant(Leaf):
    """A value known when the graph is made: a Python number (weak) or an array."""

    def make(self, value: Any, name: str | None = None) -> Node:
        """The constant node of a number or array; `name` is how it is printed.

        A finite number of Python is the same node wherever it stands, and has no place in the text.
        """
        # 0.0 and -0.0 are equal, and the place of a nan says whose derivative it is
        plain = type(value) is int or (type(value) is float and value and math.isfinite(value))
        if plain and name is None:
            return _number(value)
        params = {"value": value} if name is None else {"value": value, "name": name}
        if isinstance(value, NUMBERS):
            return Node(self, (), params, (), np.dtype(type(value)), weak=True)
        return Node(self, (), params, value.shape, value.dtype)


@lru_cache(1024, typed=True)
def _number(value: int | float) -> Node:
    node = Node(CONSTANT, (), {"value": value}, (), np.dtype(type(value)), weak=True)
    node.span = None
    return node


class Projection(Op):
    """One result of a node that has several; the drivers know what it means for derivatives."""

    kind = "projection"

    def infer(self, inputs: tuple[Node, ...], params: dict[str, Any]) -> Aval:
        """Shape and dtype of that result."""
        assert inputs[0].parts is not None
        return inputs[0].parts[params["index"]]

    def batch(self, y: Node, inputs: tuple[Node, ...], batched: Batched, size: int) -> Node:
        """The same result of the batched node."""
        return self.apply(inputs, y.params)


INPUT = Input("input", lambda: ((), {}), lambda xp: None, category="leaf", doc="A bound input.")
CONSTANT = Constant("constant", lambda: ((), {}), lambda xp: None, category="leaf", doc="A value.")
PROJECT = Projection(
    "project",
    lambda x, index: ((x,), {"index": index}),
    lambda xp, x, index: x[index],
    category="leaf",
    doc="One of several results.",
    hidden=True,
)
