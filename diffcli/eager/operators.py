"""Python's operators on tensors and numbers.

The common case, equal types, goes straight to NumPy; all others are brought to it by PyTorch's
promotion, and shapes that do not fit are explained in PyTorch's words.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from diffcli.eager.mode import MODE
from diffcli.eager.nodes import NO_PARAMS, Eager, leaf, made
from diffcli.eager.promotion import floating, result_type
from diffcli.eager.saved import inspect
from diffcli.eager.steps import underivable
from diffcli.eager.tensor import Tensor, fresh, wrap
from diffcli.eager.types import long_name
from diffcli.graph.node import Node
from diffcli.limits import check_elements
from diffcli.ops.op import CONSTANT
from diffcli.ops.table import F

OPERANDS = (Tensor, bool, int, float, complex)


def arithmetic(name: str, compute: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
    """An operator on tensors and numbers of any types and shapes.

    Raises PyTorch's errors for shapes that do not fit; `NotImplemented` for other operands.
    """
    a, b = taken(a), taken(b)
    if not (isinstance(a, OPERANDS) and isinstance(b, OPERANDS)):
        return NotImplemented
    dtype = result_type([x.node if isinstance(x, Tensor) else x for x in (a, b)])
    if name == "divide":
        dtype = floating(dtype)
    refuse(name, a, b, dtype)
    (x, u), (y, v) = _operand(a, dtype), _operand(b, dtype)
    fitting(x, y)
    return wrap(made(_operation(name, a), (x, y), NO_PARAMS, compute(u, v)))


def taken(x: Any) -> Any:
    """An operand with Python's numbers for NumPy's, and tensors for arrays."""
    if isinstance(x, np.generic):
        return x.item()
    return fresh(x) if isinstance(x, np.ndarray) else x


def _operation(name: str, a: Any) -> Any:
    """The operator of the table, or one without derivatives where PyTorch has none."""
    if name == "floor_divide":
        return underivable(name)
    if name == "mod" and not isinstance(a, Tensor):
        return underivable("remainder")
    return getattr(F, name)


def _operand(x: Any, dtype: np.dtype[Any]) -> tuple[Node, Any]:
    """The node of an operand, and its value in the type of the operation."""
    if isinstance(x, Tensor):
        node = x.node
        return node, node.value if node.dtype == dtype else node.value.astype(dtype)
    return CONSTANT.make(x), dtype.type(x)


_NO_DIFFERENCE = {
    True: "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or "
    "`logical_xor()` operator instead.",
    False: "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying "
    "to invert a mask, use the `~` or `logical_not()` operator instead.",
}


def refuse(name: str, a: Any, b: Any, dtype: np.dtype[Any]) -> None:
    """Raise PyTorch's errors for types that an operator does not take."""
    if name == "subtract" and (_truth(a) or _truth(b)):
        raise RuntimeError(_NO_DIFFERENCE[dtype.kind == "b"])
    if name == "power" and dtype.kind in "iu" and isinstance(b, int) and b < 0:
        raise RuntimeError("Integers to negative integer powers are not allowed.")
    kinds, kernel = KERNELS.get(name, ("", ""))
    if dtype.kind in kinds:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{long_name(dtype)}'")


KERNELS = {
    "floor_divide": ("bc", "div_floor_cpu"),
    "mod": ("bc", "remainder_cpu"),
    "power": ("b", "pow"),
    "lt": ("c", "lt_cpu"),
    "le": ("c", "le_cpu"),
    "gt": ("c", "gt_cpu"),
    "ge": ("c", "ge_cpu"),
}
"""Operators -> kinds of types that they are not made for, and their names in PyTorch's words."""


def _truth(x: Any) -> bool:
    return x.node.dtype.kind == "b" if isinstance(x, Tensor) else isinstance(x, bool)


def fitting(x: Node, y: Node) -> None:
    """Raise PyTorch's error unless two shapes broadcast; `too-large` where the result would be."""
    check_elements(fitting_shapes(x.shape, y.shape))


def fitting_shapes(a: tuple[int, ...], b: tuple[int, ...]) -> int:
    """The number of elements of two shapes together; raises PyTorch's error where they differ."""
    rank = max(len(a), len(b))
    size = 1
    for i in range(-1, -rank - 1, -1):
        m = a[i] if -i <= len(a) else 1
        n = b[i] if -i <= len(b) else 1
        if m != n and 1 not in (m, n):
            raise RuntimeError(
                f"The size of tensor a ({m}) must match the size of tensor b ({n}) at "
                f"non-singleton dimension {rank + i}",
            )
        size *= n if m == 1 else m
    return size


def _operator(name: str, compute: Callable[[Any, Any], Any], kinds: str) -> tuple[Any, Any]:
    """`a op b` and `b op a`; `kinds` are the number types that need no conversion."""
    op: Any = None
    numbers = {float: set("fc") & set(kinds), int: set("ifc") & set(kinds)}

    def forward(self: Tensor, other: Any) -> Any:
        nonlocal op
        x, y = self.node, None
        if isinstance(other, Tensor):
            y = other.node
            if x.dtype is not y.dtype or x.dtype.kind not in kinds:
                return arithmetic(name, compute, self, other)
            if x.shape != y.shape:
                fitting(x, y)
            value = compute(x.value, y.value)
        elif x.dtype.kind in numbers.get(other.__class__, ()):
            value = compute(x.value, other)
        else:
            return arithmetic(name, compute, self, other)
        if not MODE.recording or not (x.tracked or (y is not None and y.tracked)):
            return wrap(leaf(value))
        x.used = True
        if y is not None:
            y.used = True
        if op is None:
            op = getattr(F, name)
        node = Eager(op, (x, CONSTANT.make(other) if y is None else y), NO_PARAMS, value, True)
        if MODE.inspected:
            inspect(node)
        return wrap(node)

    def backward(self: Tensor, other: Any) -> Any:
        return arithmetic(name, compute, other, self)

    return forward, _quotient if name == "divide" else backward


def _quotient(self: Tensor, other: Any) -> Any:
    """`number / tensor`: the reciprocal times the number, as PyTorch computes it."""
    from diffcli.eager.functions import resolved

    other = taken(other)
    return resolved("reciprocal")(self) * other if isinstance(other, OPERANDS) else NotImplemented


def _in_place(name: str) -> Any:
    def method(self: Tensor, other: Any) -> Tensor:
        from diffcli.eager.storage import in_place

        return in_place(self, name, other)

    return method


def _compared(name: str, compute: Callable[[Any, Any], Any]) -> Any:
    """A comparison: truth values, without gradients. Only equality takes arrays of NumPy."""
    arrays = (np.generic, np.ndarray) if name in ("eq", "ne") else np.generic

    def method(self: Tensor, other: Any) -> Any:
        if not isinstance(other, OPERANDS):
            other = taken(other) if isinstance(other, arrays) else other
            if not isinstance(other, OPERANDS):
                return NotImplemented
        y = other.node if isinstance(other, Tensor) else CONSTANT.make(other)
        fitting(self.node, y)
        dtype = result_type([self.node, y if isinstance(other, Tensor) else other])
        refuse(name, self, other, dtype)
        return wrap(leaf(compute(_operand(self, dtype)[1], _operand(other, dtype)[1])))

    return method


def _bitwise(name: str, compute: Callable[[Any, Any], Any]) -> tuple[Any, Any]:
    """`&`, `|`, `^`, `<<`, `>>` of truth values and integers."""
    allowed = "biu" if name.startswith("bitwise") else "iu"

    def apply(a: Any, b: Any) -> Any:
        a, b = taken(a), taken(b)
        if not (isinstance(a, OPERANDS) and isinstance(b, OPERANDS)):
            return NotImplemented
        x, y = (n.node if isinstance(n, Tensor) else n for n in (a, b))
        dtype = result_type([x, y])
        fitting(_operand(a, dtype)[0], _operand(b, dtype)[0])
        if dtype.kind not in allowed:
            raise NotImplementedError(f"\"{name}_cpu\" not implemented for '{long_name(dtype)}'")
        return wrap(leaf(compute(_operand(a, dtype)[1], _operand(b, dtype)[1])))

    return apply, lambda a, b: apply(b, a)


def _negative(self: Tensor) -> Tensor:
    x = self.node
    if x.dtype.kind == "b":
        raise RuntimeError(
            "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to "
            "invert a mask, use the `~` or `logical_not()` operator instead.",
        )
    return wrap(made(F.negative, (x,), NO_PARAMS, -x.value))  # type: ignore[arg-type]


def _invert(self: Tensor) -> Tensor:
    if self.node.dtype.kind not in "biu":
        raise TypeError(
            "~ (operator.invert) is only implemented on integer and Boolean-type tensors",
        )
    return wrap(leaf(~self.node.value))


def _absolute(self: Tensor) -> Tensor:
    return wrap(made(F.abs, (self.node,), NO_PARAMS, np.abs(self.node.value)))  # type: ignore[arg-type]


def _floor_divide(a: Any, b: Any) -> Any:
    if a.dtype.kind in "iu" and not np.all(b):
        raise RuntimeError("ZeroDivisionError")
    return np.floor_divide(a, b)


def _remainder(a: Any, b: Any) -> Any:
    if a.dtype.kind in "iu":
        if not np.all(b):
            raise RuntimeError("ZeroDivisionError")
        return np.mod(a, b)
    # where the remainder is 0 it has the sign of the dividend, unlike NumPy's
    rest = np.fmod(a, b)
    return np.where((rest != 0) & ((rest < 0) != (np.asarray(b) < 0)), rest + b, rest)


def _power(a: Any, b: Any) -> Any:
    if getattr(a, "dtype", None) is None or a.dtype.kind not in "iu" or not np.any(b < 0):
        return np.power(a, b)
    # negative powers of integers are 0, but for those of 1 and -1
    odd = np.where(b % 2 == 0, 1, a)
    return np.where(b >= 0, np.power(a, np.maximum(b, 0)), np.where(np.abs(a) == 1, odd, 0))


def _matmul(self: Tensor, other: Any) -> Any:
    from diffcli.eager.products import matmul

    return matmul(self, other) if isinstance(other, Tensor) else NotImplemented


def define() -> None:
    """Give tensors their operators."""
    for symbol, name, compute, kinds in (
        ("add", "add", operator.add, "ifc"),
        ("sub", "subtract", operator.sub, "ifc"),
        ("mul", "multiply", operator.mul, "ifc"),
        ("truediv", "divide", operator.truediv, "fc"),
        ("pow", "power", _power, "fc"),
        ("floordiv", "floor_divide", _floor_divide, ""),
        ("mod", "mod", _remainder, "f"),
    ):
        forward, backward = _operator(name, compute, kinds)
        setattr(Tensor, f"__{symbol}__", forward)
        setattr(Tensor, f"__r{symbol}__", backward)
        setattr(Tensor, f"__i{symbol}__", _in_place(f"__{symbol}__"))
    for symbol, name, compute in (
        ("and", "bitwise_and", operator.and_),
        ("or", "bitwise_or", operator.or_),
        ("xor", "bitwise_xor", operator.xor),
        ("lshift", "lshift", operator.lshift),
        ("rshift", "rshift", operator.rshift),
    ):
        forward, backward = _bitwise(name, compute)
        setattr(Tensor, f"__{symbol}__", forward)
        setattr(Tensor, f"__r{symbol}__", backward)
        setattr(Tensor, f"__i{symbol}__", _in_place(f"__{symbol}__"))
    for symbol in ("eq", "ne", "lt", "le", "gt", "ge"):
        setattr(Tensor, f"__{symbol}__", _compared(symbol, getattr(operator, symbol)))
    others = {
        # a type with __eq__ has no hash unless it says so; tensors are told apart by identity
        "__hash__": object.__hash__,
        "__neg__": _negative,
        "__pos__": lambda self: self,
        "__invert__": _invert,
        "__abs__": _absolute,
        "__matmul__": _matmul,
    }
    for symbol, method in others.items():
        setattr(Tensor, symbol, method)


define()
