"""The graph: immutable nodes, each the application of one operator to other nodes.

A node knows its abstract value (shape, dtype and whether its type is weak), never how to compute
or differentiate itself: that is the operator's business. Nodes compare by identity.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from diffcli.errors import Span

if TYPE_CHECKING:
    from diffcli.ops.op import Op

Shape = tuple[int, ...]
Aval = tuple[Shape, "np.dtype[Any]"]
"""Abstract value of an array: its shape and dtype."""


class Operators(dict[str, Callable[..., "Node"]]):
    """What Python's operators on nodes build, looked up in the operator table on first use."""

    lookup: Callable[[str], Callable[..., Node]]

    def __missing__(self, name: str) -> Callable[..., Node]:
        self[name] = row = self.lookup(name)
        return row


OPERATORS = Operators()


class Origin:
    """The place in the text that nodes are being made for; the tracer moves it along."""

    __slots__ = ("span",)

    def __init__(self) -> None:
        self.span: Span | None = None


ORIGIN = Origin()


class Node:
    """`op` applied to `inputs` with static `params`; `shape` and `dtype` describe the result.

    A `weak` node comes from Python numbers alone and does not take part in type promotion, as
    NumPy treats Python scalars (NEP 50). A node with several results (a factorisation) has their
    abstract values in `parts`; `project` selects one. Inputs of the graph and constants are nodes
    without inputs.
    """

    __slots__ = ("__weakref__", "dtype", "inputs", "op", "params", "parts", "shape", "span", "weak")
    # NumPy must not try to turn `array + node` into an array of objects.
    __array_ufunc__ = None
    # Nodes that carry their values, made as a program runs, are a subclass (diffcli.eager); those
    # that gradients flow to are tracked.
    eager: ClassVar[bool] = False
    tracked: bool = False

    @staticmethod
    def record(op: Op, inputs: tuple[Node, ...], params: dict[str, Any]) -> Node:
        """The node of an operator on inputs of which some carry values."""
        raise NotImplementedError

    def __init__(
        self,
        op: Op,
        inputs: tuple[Node, ...],
        params: dict[str, Any],
        shape: Shape,
        dtype: np.dtype[Any],
        weak: bool = False,
        parts: tuple[Aval, ...] | None = None,
    ) -> None:
        self.op = op
        self.inputs = inputs
        self.params = params
        self.shape = shape
        self.dtype = dtype
        self.weak = weak
        self.parts = parts
        self.span = ORIGIN.span

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return prod(self.shape)

    def __repr__(self) -> str:
        return f"<array {self.shape} from {self.op.name}>"

    def __bool__(self) -> bool:
        raise TypeError("a node has no truth value; its value is not known yet")

    __hash__ = object.__hash__

    def __add__(self, other: Any) -> Node:
        return OPERATORS["add"](self, other)

    def __radd__(self, other: Any) -> Node:
        return OPERATORS["add"](other, self)

    def __sub__(self, other: Any) -> Node:
        return OPERATORS["subtract"](self, other)

    def __rsub__(self, other: Any) -> Node:
        return OPERATORS["subtract"](other, self)

    def __mul__(self, other: Any) -> Node:
        return OPERATORS["multiply"](self, other)

    def __rmul__(self, other: Any) -> Node:
        return OPERATORS["multiply"](other, self)

    def __truediv__(self, other: Any) -> Node:
        return OPERATORS["divide"](self, other)

    def __rtruediv__(self, other: Any) -> Node:
        return OPERATORS["divide"](other, self)

    def __pow__(self, other: Any) -> Node:
        return OPERATORS["power"](self, other)

    def __rpow__(self, other: Any) -> Node:
        return OPERATORS["power"](other, self)

    def __matmul__(self, other: Any) -> Node:
        return OPERATORS["matmul"](self, other)

    def __neg__(self) -> Node:
        return OPERATORS["negative"](self)

    def __lt__(self, other: Any) -> Node:
        return OPERATORS["less"](self, other)

    def __le__(self, other: Any) -> Node:
        return OPERATORS["less_equal"](self, other)

    def __gt__(self, other: Any) -> Node:
        return OPERATORS["greater"](self, other)

    def __ge__(self, other: Any) -> Node:
        return OPERATORS["greater_equal"](self, other)

    def __and__(self, other: Any) -> Node:
        return OPERATORS["logical_and"](self, other)

    def __or__(self, other: Any) -> Node:
        return OPERATORS["logical_or"](self, other)

    def __invert__(self) -> Node:
        return OPERATORS["logical_not"](self)

    def __getitem__(self, index: Any) -> Node:
        return OPERATORS["index"](self, index)


def postorder(roots: Sequence[Node], known: Container[int] = (), eager: bool = True) -> list[Node]:
    """All nodes that `roots` depend on, inputs before users, each once.

    Nodes whose identity is in `known`, and what lies behind them, are left out; without `eager`
    those that carry values are too. The order depends only on the structure of the graph.
    Iterative, so depth is no limit.
    """
    order: list[Node] = []
    seen: set[Node] = set()
    waiting: list[Node | None] = list(reversed(roots))
    every = eager and not known
    while waiting:
        node = waiting.pop()
        if node is None:  # what follows has all its inputs
            order.append(waiting.pop())  # type: ignore[arg-type]
        elif node not in seen and (every or (id(node) not in known and (eager or not node.eager))):
            seen.add(node)
            if node.inputs:
                waiting += (node, None, *node.inputs[::-1])
            else:
                order.append(node)
    return order


def is_inexact(dtype: np.dtype[Any]) -> bool:
    """Whether values of the dtype can be differentiated: floating or complex."""
    return dtype.kind in "fc"
