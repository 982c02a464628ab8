"""Tensor: a handle on a node that carries its value, with PyTorch's semantics.

A tensor has no derivatives of its own: its node is made by the operator table, and so is every
cotangent. What is mutable is here: which node the handle stands for, and the gradient.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from diffcli.graph.node import Node
from diffcli.limits import LIMITS
from diffcli.ops.op import INPUT
from diffcli.ops.table import F
from diffcli.tensor.eager import (
    LARGE,
    MODE,
    Eager,
    apply,
    evaluated,
    extra,
    leaf,
    made,
    number,
)
from diffcli.tensor.engine import Backward, ones_like
from diffcli.tensor.errors import program_error
from diffcli.tensor.promotion import DEFAULT, floating, result_type

_NO_PARAMS: dict[str, Any] = {}


class Tensor:
    """An array of one number type that remembers what it was computed from.

    `node` is its place in the graph, `shared` the memory it shares with views and detached handles
    (None while there is none), `replay` makes the node of a view from that of its base.
    """

    __slots__ = ("__weakref__", "_grad", "base", "node", "replay", "shared")
    # NumPy must not try to turn `array * tensor` into an array of objects
    __array_ufunc__ = None

    def __init__(self, node: Eager) -> None:
        self.node = node
        self._grad: Tensor | None = None
        self.shared: Any = None
        self.base: Tensor | None = None
        self.replay: Callable[[Eager], Node] | None = None

    # ----- what it is -----

    @property
    def value(self) -> Any:
        """The NumPy array, or NumPy scalar, that the tensor holds; not to be written to."""
        return self.node.value

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""
        return self.node.shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.node.ndim

    @property
    def dtype(self) -> np.dtype[Any]:
        """The NumPy number type."""
        return self.node.dtype

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow to it."""
        return self.node.tracked

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if self.node.op is not INPUT:
            if wanted:
                return
            raise program_error(
                "RuntimeError",
                "you can only change requires_grad flags of leaf variables. If you want to use a "
                "computed variable in a subgraph that doesn't require differentiation use "
                "var_no_grad = var.detach().",
            )
        if wanted and self.node.dtype.kind not in "fc":
            raise program_error(
                "RuntimeError", "only Tensors of floating point dtype can require gradients"
            )
        if wanted != self.node.tracked:
            self.node = leaf(self.node.value, wanted)
            if wanted:
                extra(self.node).owner = self

    @property
    def is_leaf(self) -> bool:
        """Whether it was made by the user and not by an operation that is recorded."""
        return self.node.op is INPUT

    # ----- gradients -----

    @property
    def grad(self) -> Tensor | None:
        """The accumulated gradient."""
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        self._grad = value

    def accumulate(self, g: Eager, create: bool) -> None:
        """Add a cotangent to the gradient: in place, unless it is recorded itself."""
        before = self._grad
        if create:
            self._grad = wrap(g if before is None else before.node + g)
        elif before is None:
            self._grad = wrap(leaf(np.array(g.value)[()] if not g.shape else np.array(g.value)))
        else:
            from diffcli.tensor.storage import assign

            assign(before, leaf(before.node.value + g.value))

    def set_retained(self, g: Eager) -> None:
        """Keep the cotangent of a node that is no leaf."""
        self._grad = wrap(g)

    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Sequence[Tensor] | Tensor | None = None,
    ) -> None:
        """Accumulate the gradients of all leaves that the tensor was computed from."""
        from diffcli.tensor.autograd import backward

        backward([self], [gradient], retain_graph, create_graph, inputs)

    # ----- Python's protocols -----

    def __len__(self) -> int:
        if not self.node.shape:
            raise program_error("TypeError", "len() of a 0-d tensor")
        return self.node.shape[0]

    def __bool__(self) -> bool:
        node = self.node
        if node.size != 1:
            words = (
                "Boolean value of Tensor with no values is ambiguous"
                if node.size == 0
                else "Boolean value of Tensor with more than one value is ambiguous"
            )
            raise program_error("RuntimeError", words)
        return bool(np.asarray(node.value).item())

    def __iter__(self) -> Iterator[Tensor]:
        if not self.node.shape:
            raise program_error("TypeError", "iteration over a 0-d tensor")
        return iter([self[i] for i in range(self.node.shape[0])])

    def __getitem__(self, index: Any) -> Tensor:
        from diffcli.tensor.storage import select

        return select(self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        from diffcli.tensor.storage import update

        update(self, index, value)

    __hash__ = object.__hash__


def wrap(node: Eager) -> Tensor:
    """The tensor of a node."""
    t = _new(Tensor)
    t.node = node
    t._grad = t.shared = t.base = t.replay = None
    return t


_new = Tensor.__new__


def fresh(value: Any, requires_grad: bool = False) -> Tensor:
    """A leaf with the given array as its memory."""
    t = wrap(leaf(value, requires_grad))
    if requires_grad:
        extra(t.node).owner = t
    return t


# ----- operators ----------------------------------------------------------------------------------

NUMBERS = (bool, int, float, complex)


def operand(x: Any, dtype: np.dtype[Any]) -> tuple[Node, Any]:
    """The node of an operand and its value in the type of the operation."""
    if isinstance(x, Tensor):
        node = x.node
        return node, node.value if node.dtype == dtype else node.value.astype(dtype)
    return number(x), x


def arithmetic(name: str, compute: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
    """An operator on tensors and numbers of any types and shapes.

    Raises PyTorch's errors for shapes that do not fit; `NotImplemented` for other operands.
    """
    if isinstance(a, np.generic | np.ndarray) or isinstance(b, np.generic | np.ndarray):
        a, b = (
            fresh(x) if isinstance(x, np.generic | np.ndarray) else x for x in (a, b)
        )
    if not (isinstance(a, Tensor | NUMBERS) and isinstance(b, Tensor | NUMBERS)):
        return NotImplemented
    dtype = result_type([x.node if isinstance(x, Tensor) else x for x in (a, b)])
    if name == "divide":
        dtype = floating(dtype)
    refuse(name, a, b, dtype)
    (x, u), (y, v) = operand(a, dtype), operand(b, dtype)
    fitting(x, y)
    if not isinstance(a, Tensor):
        u = dtype.type(u)
    elif not isinstance(b, Tensor):
        v = dtype.type(v)
    value = compute(u, v)
    return wrap(made(getattr(F, name), (x, y), _NO_PARAMS, value))


def refuse(name: str, a: Any, b: Any, dtype: np.dtype[Any]) -> None:
    """Raise PyTorch's errors for types that an operator does not take."""
    if name == "subtract" and dtype.kind == "b":
        raise program_error(
            "RuntimeError",
            "Subtraction, the `-` operator, with two bool tensors is not supported. "
            "Use the `^` or `logical_xor()` operator instead.",
        )
    if name == "power" and dtype.kind in "iu" and isinstance(b, int) and b < 0:
        raise program_error(
            "RuntimeError", "Integers to negative integer powers are not allowed."
        )


def fitting(x: Node, y: Node) -> None:
    """Raise PyTorch's error unless two shapes broadcast; `too-large` where the result would be."""
    rank = max(x.ndim, y.ndim)
    size = 1
    for i in range(-1, -rank - 1, -1):
        m = x.shape[i] if -i <= x.ndim else 1
        n = y.shape[i] if -i <= y.ndim else 1
        if m != n and 1 not in (m, n):
            raise program_error(
                "RuntimeError",
                f"The size of tensor a ({m}) must match the size of tensor b ({n}) at "
                f"non-singleton dimension {rank + i}",
            )
        size *= n if m == 1 else m
    if size > LIMITS.elements:
        too_large(size)


def too_large(size: int) -> None:
    """Raise the error for an array of more elements than allowed."""
    from diffcli.errors import DiffcliError

    raise DiffcliError(
        "too-large",
        f"this would make an array of {size} elements",
        hint=f"the limit is {LIMITS.elements} elements; --max-elements allows more",
    )


def _operator(name: str, compute: Callable[[Any, Any], Any], kinds: str) -> tuple[Any, Any]:
    """`a op b` and `b op a` of tensors; `kinds` are the types that need no conversion."""
    op: Any = None
    numbers = {float: set("fc") & set(kinds), int: set("ifc") & set(kinds)}

    def forward(self: Tensor, other: Any) -> Any:
        nonlocal op
        x = self.node
        if other.__class__ is Tensor:
            y = other.node
            if x.dtype is not y.dtype or x.dtype.kind not in kinds or x.shape != y.shape:
                return arithmetic(name, compute, self, other)
            value = compute(x.value, y.value)
        else:
            if x.dtype.kind not in numbers.get(other.__class__, ()):
                return arithmetic(name, compute, self, other)
            value = compute(x.value, other)
            y = None
        if not MODE.recording or not (x.tracked or (y is not None and y.tracked)):
            return wrap(leaf(value))
        x.used = True
        if y is None:
            y = number(other)
        else:
            y.used = True
        return wrap(Eager(op or find(), (x, y), _NO_PARAMS, value, True))

    def backward(self: Tensor, other: Any) -> Any:
        return arithmetic(name, compute, other, self)

    def find() -> Any:
        nonlocal op
        op = getattr(F, name)
        return op

    return forward, backward


def _in_place(name: str) -> Any:
    def method(self: Tensor, other: Any) -> Tensor:
        from diffcli.tensor.storage import in_place

        return in_place(self, name, other)

    return method


def _floor(a: Any, b: Any) -> Any:
    return np.floor_divide(a, b)


for _symbol, _name, _compute, _kinds in (
    ("add", "add", operator.add, "ifc"),
    ("sub", "subtract", operator.sub, "ifc"),
    ("mul", "multiply", operator.mul, "ifc"),
    ("truediv", "divide", operator.truediv, "fc"),
    ("pow", "power", np.power, "fc"),
    ("floordiv", "floor_divide", _floor, "if"),
    ("mod", "mod", np.mod, "if"),
):
    _forward, _backward = _operator(_name, _compute, _kinds)
    setattr(Tensor, f"__{_symbol}__", _forward)
    setattr(Tensor, f"__r{_symbol}__", _backward)
    setattr(Tensor, f"__i{_symbol}__", _in_place(f"__{_symbol}__"))


__all__ = ["DEFAULT", "LARGE", "NUMBERS", "Backward", "Tensor", "apply", "evaluated", "fresh", "ones_like", "wrap"]
