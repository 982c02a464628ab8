"""Functions of each element with forms of their own: signs, rounding, complex numbers, gamma."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from diffcli.eager.elementwise import Types, check_shapes, of_two
from diffcli.eager.functions import function
from diffcli.eager.nodes import leaf
from diffcli.eager.reductions import step
from diffcli.eager.results import Fields
from diffcli.eager.steps import flat, underivable
from diffcli.eager.tensor import Tensor, fresh, wrap
from diffcli.eager.types import long_name
from diffcli.graph.node import Node
from diffcli.ops.table import F


def refuse(x: Tensor, kinds: str, words: str, error: type[Exception] = NotImplementedError) -> None:
    """Raise an error for kinds of types."""
    if x.node.dtype.kind in kinds:
        raise error(words.format(long_name(x.node.dtype)))


@function("sign")
def sign(input: Tensor) -> Tensor:
    """-1, 0 or 1."""
    refuse(
        input,
        "c",
        "Unlike NumPy, torch.sign is not intended to support complex numbers. Please use torch.sgn "
        "instead.",
    )
    return sgn(input, "sign")


@function("sgn")
def sgn(input: Tensor, name: str = "sgn") -> Tensor:
    """The number divided by its absolute value."""
    if input.node.dtype.kind == "b":
        return input
    return step(name, F.sign, input.node)


@function("signbit")
def signbit(input: Tensor) -> Tensor:
    """Whether the sign is negative, that of zero included."""
    refuse(input, "c", "signbit is not implemented for complex tensors.")
    value = np.asarray(input.node.value)
    return fresh(np.signbit(value) if value.dtype.kind == "f" else value < 0)


def _infinite(name: str, compare: Any) -> None:
    def apply(input: Tensor) -> Tensor:
        refuse(input, "c", f"{name} does not support complex inputs.", RuntimeError)
        return fresh(np.asarray(compare(np.asarray(input.node.value).astype(np.float64))))

    function(name)(apply)


_infinite("isposinf", np.isposinf)
_infinite("isneginf", np.isneginf)


@function("round")
def round_(input: Tensor, *, decimals: int = 0) -> Tensor:
    """The nearest number with so many decimals; halves go to the even one."""
    refuse(input, "bc", "\"round_vml_cpu\" not implemented for '{}'")
    if input.node.dtype.kind in "iu" and decimals >= 0:
        return wrap(leaf(input.node.value))
    value = input.node.value
    if not decimals:
        return wrap(flat("round", [input.node], np.round(value)))
    scale = value.dtype.type(10.0 ** abs(decimals))
    shown = np.round(value * scale) / scale if decimals > 0 else np.round(value / scale) * scale
    return wrap(flat("round:1", [input.node], shown))


@function("square")
def square(input: Tensor) -> Any:
    """The number times itself."""
    return input**2  # type: ignore[operator]


@function("nan_to_num")
def nan_to_num(input: Tensor, nan: Any = None, posinf: Any = None, neginf: Any = None) -> Tensor:
    """nan and infinities replaced, by 0 and the largest numbers unless stated."""
    if input.node.tracked:
        refuse(
            input,
            "c",
            "nan_to_num does not support automatic differentiation for outputs with complex dtype.",
            RuntimeError,
        )
    if input.node.dtype.kind in "biu":
        return wrap(leaf(input.node.value))

    def compute(x: Node) -> Node:
        return F.astype(F.nan_to_num(x, 0.0 if nan is None else nan, posinf, neginf), x.dtype)

    return step("nan_to_num", compute, input.node)


@function("heaviside")
def heaviside(input: Tensor, values: Tensor) -> Tensor:
    """0 below zero, 1 above, and `values` at it."""
    if not isinstance(values, Tensor):
        raise TypeError(
            "heaviside(): argument 'values' (position 2) must be Tensor, not "
            f"{type(values).__name__}"
        )
    if input.node.dtype != values.node.dtype:
        raise RuntimeError("heaviside is not yet implemented for tensors with different dtypes.")
    check_shapes([input.node, values.node])
    x, y = input.node.value, values.node.value
    value = np.where(x == 0, y, (x > 0).astype(input.node.dtype))
    return wrap(flat("heaviside", [input.node, values.node], value, underivable("heaviside")))


@function("frexp")
def frexp(input: Tensor) -> Fields:
    """Mantissa and exponent: x = mantissa*2**exponent."""
    refuse(input, "biu", "torch.frexp() only supports floating-point dtypes", RuntimeError)
    mantissa, exponent = np.frexp(input.node.value)
    scale = np.ldexp(np.ones_like(input.node.value), -exponent)
    first = step("frexp", lambda x: F.multiply(x, scale), input.node)
    del mantissa
    return Fields("frexp", ("mantissa", "exponent"), (first, fresh(exponent.astype(np.int32))))


# ----- complex numbers ----------------------------------------------------------------------------


@function("conj")
def conj(input: Tensor) -> Tensor:
    """The complex conjugate; real numbers are their own."""
    return step("conj", F.conj, input.node) if input.node.dtype.kind == "c" else input


@function("conj_physical")
def conj_physical(input: Tensor) -> Tensor:
    """The complex conjugate as a copy."""
    return step("conj_physical", F.conj, input.node) if input.node.dtype.kind == "c" else input


@function("resolve_conj")
@function("resolve_neg")
def resolved_(input: Tensor) -> Tensor:
    """The tensor itself, whose conjugates and negatives are always written out."""
    return input


@function("complex")
def complex_(real: Tensor, imag: Tensor) -> Tensor:
    """real + 1j*imag."""
    if real.node.dtype.kind != "f" or imag.node.dtype.kind != "f":
        raise RuntimeError(
            f"Expected both inputs to be Half, Float or Double tensors but got "
            f"{long_name(real.node.dtype)} and {long_name(imag.node.dtype)}"
        )
    if real.node.dtype != imag.node.dtype:
        raise RuntimeError(
            f"Expected object of scalar type {long_name(real.node.dtype)} but got scalar type "
            f"{long_name(imag.node.dtype)} for second argument"
        )
    check_shapes([real.node, imag.node])
    wide = np.complex128 if real.node.dtype == np.float64 else np.complex64

    def compute(a: Node, b: Node) -> Node:
        # the parts are set, not added up: infinities and nan stay in theirs
        return F.astype(a, wide) + F.astype(b, wide) * 1j

    return step("complex", compute, real.node, imag.node)


# ----- gamma functions ----------------------------------------------------------------------------

GAMMA_TYPES = {
    name: Types(iub=f'"{name}_cpu"', c=f'"{name}_cpu"') for name in ("igamma", "igammac")
}
of_two("igamma", GAMMA_TYPES["igamma"], F.gammainc)
of_two("igammac", GAMMA_TYPES["igammac"], F.gammaincc)


@function("polygamma")
def polygamma(n: Any, input: Any) -> Tensor:
    """The n-th derivative of digamma; as a method the tensor comes first."""
    order, x = (input, n) if isinstance(n, Tensor) else (n, input)
    node = real_node(x)
    return step("polygamma", lambda v: F.polygamma(order, v), node)


def real_node(x: Tensor) -> Any:
    """The node in a real type."""
    from diffcli.eager.promotion import floating
    from diffcli.eager.reductions import converted

    return converted(x, floating(x.node.dtype))


@function("mvlgamma")
def mvlgamma(input: Tensor, p: int) -> Tensor:
    """The logarithm of the multivariate gamma function."""
    if p < 1:
        raise RuntimeError("p has to be greater than or equal to 1")
    offset = p * (p - 1) / 4 * math.log(math.pi)

    def compute(x: Node) -> Node:
        total: Node = F.gammaln(x)
        for j in range(1, p):
            total = total + F.gammaln(x - j / 2)
        return total + offset

    return step("mvlgamma", compute, real_node(input))


def _bessel(name: str, row: str) -> None:
    def apply(input: Tensor) -> Tensor:
        return step(f"special_{name}", getattr(F, row), real_node(input))

    function(name)(apply)


_bessel("bessel_j0", "j0")
_bessel("bessel_j1", "j1")
_bessel("bessel_y0", "y0")
_bessel("bessel_y1", "y1")
