"""Functions that Python's operators are written for: `add`, `mul`, `eq`, `bitwise_and`, ..."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from diffcli.ops.table import F
from diffcli.tensor.eager import leaf
from diffcli.tensor.elementwise import Types, check_shapes
from diffcli.tensor.functions import OWN, function
from diffcli.tensor.grad_fn import renamed
from diffcli.tensor.signatures import Signature, invalid
from diffcli.tensor.steps import called, flat
from diffcli.tensor.tensor import Tensor, wrap
from diffcli.tensor.types import long_name

NUMBERS = (bool, int, float, complex)


def _operand(name: str, x: Any, position: int, word: str = "other") -> Any:
    if isinstance(x, (Tensor, *NUMBERS)):
        return x
    raise TypeError(
        f"{name}(): argument '{word}' (position {position}) must be Tensor, not {type(x).__name__}"
    )


def _binary(name: str, compute: Callable[[Any, Any], Any]) -> None:
    signature = Signature(name, "input, other")

    def apply(*args: Any, **keywords: Any) -> Any:
        a, b = signature.bind(args, keywords)
        return compute(_operand(name, a, 1, "input"), _operand(name, b, 2))

    OWN[name] = apply


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
    if difference.requires_grad:
        renamed(difference.node, "rsub" if isinstance(b, Tensor) else "rsub:1")
    return difference


def _scaled(name: str, compute: Callable[[Any, Any], Any], flipped: bool = False) -> None:
    """`add`, `sub` and `rsub`: the second operand times `alpha`."""
    signature = Signature(name, "input, other, *, alpha=1")

    def apply(*args: Any, **keywords: Any) -> Any:
        a, b, alpha = signature.bind(args, keywords)
        _operand(name, a, 1, "input")
        _operand(name, b, 2)
        if alpha == 1 and not isinstance(alpha, float):
            return compute(b, a) if flipped else compute(a, b)
        types = [x for x in (a, b) if isinstance(x, Tensor)]
        if isinstance(alpha, float) and all(x.dtype.kind in "biu" for x in types):
            raise RuntimeError(
                "For integral input tensors, argument alpha must not be a floating point number."
            )
        return _one_step(name, [a, b], lambda x, y: compute(x, y * alpha))

    OWN[name] = apply


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

_divide = Signature("div", "input, other, *, rounding_mode=None")


@function("div")
def div(*args: Any, **keywords: Any) -> Any:
    """The quotient, or the quotient rounded down or towards zero."""
    a, b, mode = _divide.bind(args, keywords)
    _operand("div", a, 1, "input")
    _operand("div", b, 2)
    if mode is None:
        if isinstance(a, NUMBERS):
            a = wrap(leaf(np.asarray(a, np.result_type(b.dtype, type(a)))))
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
def pow_(*args: Any, **keywords: Any) -> Any:
    """The power of a tensor or number."""
    keywords = {"input" if k == "self" else k: v for k, v in keywords.items()}
    given = [*args, *(keywords[k] for k in ("input", "exponent") if k in keywords)]
    fits = len(given) == 2 and all(isinstance(x, (Tensor, *NUMBERS)) for x in given)
    if not fits or not any(isinstance(x, Tensor) for x in given):
        raise TypeError(invalid("pow", args, keywords))
    return given[0] ** given[1]


@function("float_power")
def float_power(*args: Any, **keywords: Any) -> Any:
    """The power in double precision."""
    fits = all(isinstance(x, (Tensor, *NUMBERS)) for x in args)
    given = [*args, *(keywords[k] for k in ("input", "exponent") if k in keywords)]
    if not fits or len(given) != 2:
        raise TypeError(invalid("float_power", args, keywords))
    kinds = [x.dtype.kind if isinstance(x, Tensor) else np.asarray(x).dtype.kind for x in given]
    wanted = np.dtype(np.complex128 if "c" in kinds else np.float64)
    base, exponent = (_wide(x, wanted) for x in given)
    return base**exponent


def _wide(x: Any, dtype: Any) -> Any:
    if not isinstance(x, Tensor):
        return dtype.type(x).item()
    return (
        x if x.dtype == dtype else wrap(called("to_copy", lambda n: F.astype(n, dtype), [x.node]))
    )


@function("bitwise_not")
def bitwise_not(input: Tensor) -> Any:
    """All bits turned."""
    if input.dtype.kind not in "biu":
        raise NotImplementedError(
            f"\"bitwise_not_cpu\" not implemented for '{long_name(input.dtype)}'"
        )
    return ~input  # type: ignore[operator]


@function("neg")
def neg(input: Tensor) -> Any:
    """The number of the other sign."""
    return -input  # type: ignore[operator]


@function("positive")
def positive(input: Tensor) -> Tensor:
    """The number itself."""
    if input.dtype.kind == "b":
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input
