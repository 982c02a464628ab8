"""Rows of comparisons and logic, whose results are booleans and have no derivative."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diffcli.graph.node import Node
from diffcli.ops.kinds import Elementwise, Nondifferentiable, composite, row
from diffcli.ops.reductions import reduction_batch, reduction_bind, reduction_shape
from diffcli.ops.table import F

_BINDS: dict[int, Callable[..., Any]] = {
    1: lambda x: ((x,), {}),
    2: lambda x, y: ((x, y), {}),
}


def _logic(
    name: str, arity: int, doc: str, function: str = "", aliases: tuple[str, ...] = ()
) -> None:
    numpy_name = function or name
    Elementwise(
        name,
        _BINDS[arity],
        lambda xp, *a, **out: getattr(xp, numpy_name)(*a, **out),
        doc=doc,
        category="logic",
        aliases=aliases,
        arrays=arity,
        plain=arity,
        verb="compared",
    )


_logic("equal", 2, "x == y.", aliases=("eq",))
_logic("not_equal", 2, "x != y.", aliases=("ne",))
_logic("less", 2, "x < y.", aliases=("lt",))
_logic("less_equal", 2, "x <= y.", aliases=("le",))
_logic("greater", 2, "x > y.", aliases=("gt",))
_logic("greater_equal", 2, "x >= y.", aliases=("ge",))
_logic("logical_and", 2, "Both are true (not zero).")
_logic("logical_or", 2, "At least one is true (not zero).")
_logic("logical_xor", 2, "Exactly one is true (not zero).")
_logic("logical_not", 1, "x is zero or False.")
_logic("isnan", 1, "x is not a number.")
_logic("isinf", 1, "x is infinite.")
_logic("isfinite", 1, "x is neither infinite nor NaN.")
_logic("signbit", 1, "x is negative, or -0.0.")


def _bitwise(name: str, doc: str) -> None:
    Elementwise(
        name,
        lambda x, y: ((x, y), {}),
        lambda xp, a, b, **out: getattr(xp, name)(a, b, **out),
        doc=doc,
        category="logic",
        arrays=2,
        domain="integer",
    )


_bitwise("bitwise_and", "x & y of booleans or integers.")
_bitwise("bitwise_or", "x | y of booleans or integers.")
Elementwise(
    "invert",
    lambda x: ((x,), {}),
    lambda xp, x, **out: xp.invert(x, **out),
    doc="~x of booleans or integers.",
    category="logic",
    aliases=("bitwise_not",),
    domain="integer",
)


@composite(category="logic", arrays=2, examples=("isclose(x, y)",))
def isclose(x: Node, y: Node, rtol: float = 1e-05, atol: float = 1e-08) -> Node:
    """abs(x - y) <= atol + rtol*abs(y), or equal."""
    near = F.less_equal(F.abs(x - y), atol + rtol * F.abs(y))
    return F.logical_or(F.equal(x, y), F.logical_and(near, F.isfinite(y)))


@composite(category="logic", arrays=2, examples=("allclose(x, y)",))
def allclose(x: Node, y: Node, rtol: float = 1e-05, atol: float = 1e-08) -> Node:
    """Whether isclose holds everywhere."""
    return F.all(F.isclose(x, y, rtol, atol))


def _quantifier(name: str) -> dict[str, Any]:
    return {
        "evaluate": lambda xp, x, axis, keepdims: getattr(xp, name)(
            x, axis=axis, keepdims=keepdims
        ),
        "shape": reduction_shape,
        "dtype": lambda *_, **__: bool,
        "batch": reduction_batch,
        "category": "logic",
        "examples": (f"{name}(x > 0, axis=1)",),
    }


@row(Nondifferentiable, **_quantifier("any"))
def any_(x: Node, axis: Any = None, keepdims: bool = False) -> Any:
    """Whether any element is true."""
    return reduction_bind(x, axis, keepdims)


@row(Nondifferentiable, **_quantifier("all"))
def all_(x: Node, axis: Any = None, keepdims: bool = False) -> Any:
    """Whether all elements are true."""
    return reduction_bind(x, axis, keepdims)
