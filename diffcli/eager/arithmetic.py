"""Functions that Python's operators are written for: `add`, `mul`, `eq`, `bitwise_and`, ..."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from diffcli.eager.arguments import Operand, invalid
from diffcli.eager.elementwise import Types, check_shapes
from diffcli.eager.functions import function
from diffcli.eager.grad_fn import renamed
from diffcli.eager.nodes import leaf
from diffcli.eager.steps import called, flat
from diffcli.eager.tensor import Tensor, wrap
from diffcli.eager.types import long_name
from diffcli.ops.table import F

NUMBERS = (bool, int, float, complex)


def _binary(name: str, compute: Callable[[Any, Any], Any]) -> None:

    def apply(input: Operand, other: Operand) -> Any:
        return compute(input, other)

    function(name)(apply)


for _name, _compute in (
    ("mul", operator.mul),
    ("floor_divide", operator.floordiv),
    ("remainder", operator.mod),
    ("eq", operator.eq),
    ("ne", operator.ne),
    ("lt", operator.lt),
    ("le", operator.le),
    ("gt", operator.gt),
    ("ge", operator.ge),
    ("bitwise_and", operator.and_),
    ("bitwise_or", operator.or_),
    ("bitwise_xor", operator.xor),
    ("bitwise_left_shift", operator.lshift),
    ("bitwise_right_shift", operator.rshift),
):
    _binary(_name, _compute)


def _from_other(b: Any, a: Any) -> Tensor:
    """b - a, by the name of `rsub`."""
    difference: Tensor = b - a
    if difference.node.tracked:
        renamed(difference.node, "rsub" if isinstance(b, Tensor) else "rsub:1")
    return difference


def _scaled(name: str, compute: Callable[[Any, Any], Any], flipped: bool = False) -> None:
    """`add`, `sub` and `rsub`: the second operand times `alpha`."""

    def apply(input: Operand, other: Operand, *, alpha: Any = 1) -> Any:
        a, b = input, other
        if alpha == 1 and not isinstance(alpha, float):
            return compute(b, a) if flipped else compute(a, b)
        types = [x for x in (a, b) if isinstance(x, Tensor)]
        if isinstance(alpha, float) and all(x.node.dtype.kind in "biu" for x in types):
            raise RuntimeError(
                "For integral input tensors, argument alpha must not be a floating point number."
            )
        return _one_step(name, [a, b], lambda x, y: compute(x, y * alpha))

    function(name)(apply)


def _one_step(name: str, operands: list[Any], compute: Callable[..., Any]) -> Tensor:
    """Operators on tensors and numbers as one step."""
    places = [k for k, x in enumerate(operands) if isinstance(x, Tensor)]

    def on_nodes(*nodes: Any) -> Any:
        given = list(operands)
        for k, node in zip(places, nodes, strict=True):
            given[k] = wrap(node)
        return compute(*given).node

    return wrap(called(name, on_nodes, [operands[k].node for k in places]))


_scaled("add", operator.add)
_scaled("sub", operator.sub)
_scaled("rsub", _from_other, flipped=True)


@function("div")
def div(input: Operand, other: Operand, *, rounding_mode: str | None = None) -> Any:
    """The quotient, or the quotient rounded down or towards zero."""
    a: Any = input
    b: Any = other
    mode = rounding_mode
    if mode is None:
        if isinstance(a, NUMBERS):
            a = wrap(leaf(np.asarray(a, np.result_type(b.node.dtype, type(a)))))
        return a / b
    if mode not in ("floor", "trunc"):
        raise RuntimeError(
            f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{mode}'"
        )
    return _rounded(a, b, mode)


def _rounded(a: Any, b: Any, mode: str) -> Tensor:
    nodes = [x.node if isinstance(x, Tensor) else x for x in (a, b)]
    dtype = Types().of(nodes)
    check_shapes(nodes)
    x, y = (np.asarray(getattr(n, "value", n)).astype(dtype) for n in nodes)
    if mode == "floor":
        value = (a // b).node.value
    elif dtype.kind in "iu":
        if not np.all(y):
            raise RuntimeError("ZeroDivisionError")
        value = np.sign(x) * np.sign(y) * (np.abs(x) // np.abs(y))
    else:
        value = np.trunc(x / y)
    name = "div:2" if isinstance(b, Tensor) else "div:3"
    return wrap(flat(name, [n for n in nodes if not isinstance(n, NUMBERS)], value))


@function("pow")
def pow_(input: Operand, exponent: Operand) -> Any:
    """The power of a tensor or number."""
    if not isinstance(input, Tensor) and not isinstance(exponent, Tensor):
        raise invalid("pow", (input, exponent), {})
    return input**exponent  # type: ignore[operator]


@function("float_power")
def float_power(input: Operand, exponent: Operand) -> Any:
    """The power in double precision."""
    given = (input, exponent)
    kinds = [
        x.node.dtype.kind if isinstance(x, Tensor) else np.asarray(x).dtype.kind for x in given
    ]
    wanted = np.dtype(np.complex128 if "c" in kinds else np.float64)
    base, exponent = (_wide(x, wanted) for x in given)
    return base**exponent


def _wide(x: Any, dtype: Any) -> Any:
    if not isinstance(x, Tensor):
        return dtype.type(x).item()
    return (
        x
        if x.node.dtype == dtype
        else wrap(called("to_copy", lambda n: F.astype(n, dtype), [x.node]))
    )


@function("bitwise_not")
def bitwise_not(input: Tensor) -> Any:
    """All bits turned."""
    if input.node.dtype.kind not in "biu":
        raise NotImplementedError(
            f"\"bitwise_not_cpu\" not implemented for '{long_name(input.node.dtype)}'"
        )
    return ~input  # type: ignore[operator]


@function("neg")
def neg(input: Tensor) -> Any:
    """The number of the other sign."""
    return -input  # type: ignore[operator]


@function("positive")
def positive(input: Tensor) -> Tensor:
    """The number itself."""
    if input.node.dtype.kind == "b":
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input
