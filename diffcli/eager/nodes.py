"""Nodes that carry their values: the graph as a program makes it.

Applying an operator of the table to such nodes computes at once. The node remembers its inputs
only where gradients are recorded and one of them is tracked; otherwise it is a leaf, and nothing
keeps what it was made from. Rules of derivatives work on these nodes as on all others, so a
backward pass evaluates as it goes, and is itself recorded where `create_graph` asks for it.
"""

from __future__ import annotations

import operator
from bisect import bisect
from collections.abc import Callable
from itertools import count
from math import prod
from typing import Any

import numpy as np

from diffcli.eager.mode import MODE
from diffcli.graph.node import Aval, Node
from diffcli.limits import LIMITS, check_elements
from diffcli.ops.kinds import Elementwise
from diffcli.ops.known import fixed_value, is_fixed
from diffcli.ops.namespace import NUMPY
from diffcli.ops.op import CONSTANT, INPUT, Op
from diffcli.ops.table import F

Array = np.ndarray[Any, Any]

LARGE = 4096
"""Results of operands that together have no more elements than this are not checked for size.

Elementwise results, products and sums never have more than their operands together.
"""

EXACT = 2**15
"""Sums over operands that together have no more elements than this are rounded only once."""

SINGLE = np.dtype(np.float32)

SUMS = ("reduction", "contraction", "scan")
"""Categories of operators that add up many numbers."""


IN_ORDER = (*SUMS, "joining")
"""Categories of operators whose results lie in order whatever the strides of their operands."""


class Eager(Node):
    """A node with a value.

    `tracked` tells whether gradients flow to it; `used` whether a tracked node has it among its
    inputs; `freed` whether a backward pass has let go of what it saved; `order` numbers nodes as
    they are made. `extra` is None, or holds what few nodes have: hooks, the tensor that a leaf
    belongs to.
    """

    __slots__ = ("extra", "freed", "order", "tracked", "used", "value")
    eager = True
    # these are the same for all nodes of this kind
    weak: bool = False
    span = None
    parts: tuple[Aval, ...] | None = None
    order: int
    tracked: bool
    used: bool
    freed: bool
    value: Any
    extra: Extra | None

    def __init__(
        self, op: Op, inputs: tuple[Node, ...], params: dict[str, Any], value: Any, tracked: bool
    ) -> None:
        self.op = op
        self.inputs = inputs
        self.params = params
        self.value = value
        self.shape = value.shape
        self.dtype = value.dtype
        self.tracked = tracked
        self.used = self.freed = False
        self.order = next(ORDER)
        self.extra = None


class Several(Eager):
    """The node of an operator with several results; its value is their tuple."""

    __slots__ = ("parts",)

    def __init__(
        self,
        op: Op,
        inputs: tuple[Node, ...],
        params: dict[str, Any],
        value: tuple[Any, ...],
        tracked: bool,
    ) -> None:
        super().__init__(op, inputs, params, value[0], tracked)
        self.value = value
        self.parts = tuple((v.shape, v.dtype) for v in value)


class Extra:
    """What few nodes have.

    `hooks` are called with the cotangent of the node, `after` when a leaf's gradient has been
    accumulated, `around` are those of a grad_fn. `owner` is the tensor that keeps the gradient: of
    a leaf, or of a node whose `retain_grad` was called. `name` is that of the function that made
    it, where programs know the operator under another one; `seen` is the `grad_fn` they see;
    `packed` is what hooks made of saved values.
    """

    __slots__ = (
        "after",
        "around",
        "before",
        "hooks",
        "name",
        "owner",
        "packed",
        "retains",
        "seen",
    )

    def __init__(self) -> None:
        self.hooks: dict[int, Callable[..., Any]] = {}
        self.after: dict[int, Callable[..., Any]] = {}
        self.around: dict[int, Callable[..., Any]] = {}
        self.before: dict[int, Callable[..., Any]] = {}
        self.name = ""
        self.packed: list[Any] = []
        self.owner: Any = None
        self.retains = False
        self.seen: Any = None


def extra(node: Eager) -> Extra:
    """The `extra` of a node, made when it is first asked for."""
    if node.extra is None:
        node.extra = Extra()
    return node.extra


ORDER = count()
NO_PARAMS: dict[str, Any] = {}
_LEAF_PARAMS: dict[str, Any] = {"name": ""}


def leaf(value: Any, tracked: bool = False) -> Eager:
    """A node without history."""
    return Eager(INPUT, (), _LEAF_PARAMS, value, tracked)


def apply(op: Op, inputs: tuple[Node, ...], params: dict[str, Any]) -> Node:
    """Evaluate an operator and record it where that is wanted.

    With a placeholder among the inputs (a rule is being transposed) the result has no value.
    Raises what the operator refuses, and `too-large` before memory is asked for.
    """
    values = []
    together = 1
    elementwise = isinstance(op, Elementwise)
    for x in inputs:
        if x.eager:
            values.append(x.value)  # type: ignore[attr-defined]
        else:
            value = _constant(x)
            if value is None:
                return op.trace(inputs, params)
            values.append(value if elementwise else np.asarray(value))
        together *= prod(x.shape) or 1
    sums = op.category in SUMS
    if together > LARGE and (together > LIMITS.elements or not (elementwise or sums)):
        check_size(op, inputs, params)
    if sums and together <= EXACT:
        value = _summed(op, values, params)
    else:
        value = op.evaluate(NUMPY, *values, **params)
    if op.category in IN_ORDER and value.__class__ is np.ndarray:
        value = np.asarray(value, order="C")
    return made(op, inputs, params, value)


Eager.record = staticmethod(apply)  # type: ignore[method-assign]


def _constant(x: Node) -> Any:
    """The value of a node that is made of constants, None for others."""
    if x.op is CONSTANT:
        return x.params["value"]
    if x.op.kind == "elementwise" and all(y.op is CONSTANT for y in x.inputs):
        value = x.op.evaluate(NUMPY, *[y.params["value"] for y in x.inputs], **x.params)
    elif is_fixed(x):
        value = fixed_value(x)
    else:
        return None
    # of no type of its own where the constants that it came from have none
    return value.item() if x.weak and hasattr(value, "item") else value


def _summed(op: Op, values: list[Any], params: dict[str, Any]) -> Any:
    """A sum of products of float32, added up in float64 and rounded once.

    The order of additions differs between libraries and machines, and with it the last digits;
    what is rounded once is what all of them are closest to.
    """
    if SINGLE in [v.dtype for v in values]:
        wide = [v.astype(np.float64) if v.dtype == SINGLE else v for v in values]
        found = op.evaluate(NUMPY, *wide, **params)
        if getattr(found, "dtype", None) == np.float64:
            return found.astype(SINGLE)
    return op.evaluate(NUMPY, *values, **params)


def made(op: Op, inputs: tuple[Node, ...], params: dict[str, Any], value: Any) -> Eager:
    """The node of a value just computed: with its inputs if it is tracked, else a leaf."""
    several = value.__class__ is tuple
    if not several and not hasattr(value, "dtype"):
        value = np.asarray(value)
    if MODE.recording and (several or value.dtype.kind in "fc"):
        for x in inputs:
            if x.tracked:
                for y in inputs:
                    if y.eager:
                        y.used = True  # type: ignore[attr-defined]
                kind = Several if several else Eager
                node = kind(op, inputs, params, value, True)
                if MODE.inspected:
                    _inspect(node)
                return node
    if several:
        return Several(op, (), params, value, False)
    return Eager(INPUT, (), _LEAF_PARAMS, value, False)


def _inspect(node: Eager) -> None:
    from diffcli.eager.saved import inspect

    inspect(node)


def is_inference(node: Eager) -> bool:
    """Whether a node was made in inference mode."""
    return bisect(MODE.switches, node.order) % 2 == 1


def check_inference(node: Eager) -> None:
    """Raise PyTorch's error where the rule of a node would need a value made for inference."""
    if any(x.eager and is_inference(x) for x in node.inputs):  # type: ignore[arg-type]
        from diffcli.eager.engine import check_saved_inference

        check_saved_inference(node)


def check_size(op: Op, inputs: tuple[Node, ...], params: dict[str, Any]) -> None:
    """Raise `too-large` where the result would have more elements than allowed."""
    check_elements(op.trace(inputs, params).size, op.name)


def evaluated(node: Node) -> Eager:
    """A node of this kind with the value of any node."""
    return node if isinstance(node, Eager) else leaf(np.asarray(fixed_value(node)))


# ----- arithmetic ---------------------------------------------------------------------------------
# Python's operators on values, for the rules of derivatives: the same functions as the operators'
# `evaluate`, without the way through the table.


def _binary(name: str, compute: Callable[[Any, Any], Any]) -> tuple[Any, Any]:
    op: Any = None

    def find() -> Any:
        nonlocal op
        op = getattr(F, name)
        return op

    def forward(self: Eager, other: Any) -> Any:
        if other.__class__ is Eager and (
            self.shape == other.shape or not (self.shape and other.shape)
        ):
            value = compute(self.value, other.value)
            inputs: tuple[Node, Node] = (self, other)
        elif other.__class__ is float or other.__class__ is int:
            value = compute(self.value, other)
            inputs = (self, CONSTANT.make(other))
        elif other.__class__ is Node and other.op is CONSTANT and other.weak:
            value = compute(self.value, other.params["value"])
            inputs = (self, other)
        else:
            return (op or find())(self, other)
        if MODE.recording:
            return made(op or find(), inputs, NO_PARAMS, value)
        return Eager(INPUT, (), _LEAF_PARAMS, value, False)

    def backward(self: Eager, other: Any) -> Any:
        if other.__class__ is float or other.__class__ is int:
            inputs = (CONSTANT.make(other), self)
            return made(op or find(), inputs, NO_PARAMS, compute(other, self.value))
        return (op or find())(other, self)

    return forward, backward


def _define() -> None:
    for symbol, name, compute in (
        ("add", "add", operator.add),
        ("sub", "subtract", operator.sub),
        ("mul", "multiply", operator.mul),
        ("truediv", "divide", operator.truediv),
        ("pow", "power", operator.pow),
    ):
        forward, backward = _binary(name, compute)
        setattr(Eager, f"__{symbol}__", forward)
        setattr(Eager, f"__r{symbol}__", backward)


_define()
