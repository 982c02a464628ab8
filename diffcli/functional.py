"""The Python interface: the words of the command line, as functions of an expression.

With `kink="error"` a derivative that does not exist raises the error `kink`, where otherwise the
operator's rule chooses one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcli import api
from diffcli.errors import Source

if TYPE_CHECKING:
    from diffcli.explanation import Explanation
    from diffcli.runtime.provenance import Nonfinite

Array = np.ndarray[Any, Any]
Gradient = dict[str, Any]


def evaluate(expr: str) -> Callable[..., Array]:
    """A function of the variables that computes the expression."""
    return lambda **values: api.evaluate(_trace(expr, values))


def grad(
    expr: str, wrt: Sequence[str] | None = None, convention: str = "torch", kink: str = "choose"
) -> Callable[..., Gradient]:
    """A function of the variables that gives {name: gradient} of a result with one element.

    `convention` says what the gradient by a complex variable is, here and below: "torch" or "jax".
    """

    def gradient(**values: Any) -> Gradient:
        t = _trace(expr, values)
        return api.grad(t, wrt or api.default_wrt(t), convention, kink).by_name

    return gradient


def vjp(
    expr: str, wrt: Sequence[str] | None = None, convention: str = "torch", kink: str = "choose"
) -> Callable[..., Gradient]:
    """A function of the cotangent `v` (positional) and the variables: {name: v^T J}."""

    def product(v: Any, /, **values: Any) -> Gradient:
        t = _trace(expr, values)
        return api.vjp(t, np.asarray(v), wrt or api.default_wrt(t), convention, kink).by_name

    return product


def jvp(expr: str, kink: str = "choose") -> Callable[..., Array]:
    """A function of {name: tangent} (positional) and the variables: the tangent of the result."""

    def product(tangents: Mapping[str, Any], /, **values: Any) -> Array:
        held = {name: np.asarray(t) for name, t in tangents.items()}
        result = api.jvp(_trace(expr, values), held, kink).tangent
        assert result is not None
        return result

    return product


def jacobian(
    expr: str,
    wrt: Sequence[str] | None = None,
    mode: str = "auto",
    convention: str = "torch",
    kink: str = "choose",
    sparse: str = "never",
) -> Callable[..., Gradient]:
    """A function of the variables that gives {name: array of shape result.shape + x.shape}.

    With `sparse="always"`, or "auto" where the array would be large and has many zeros, it is a
    `scipy.sparse.coo_array` of shape (result.size, x.size), and only its entries are computed.
    """

    def matrix(**values: Any) -> Gradient:
        t = _trace(expr, values)
        return api.jacobian(t, wrt or api.default_wrt(t), mode, convention, kink, sparse).by_name

    return matrix


def hessian(
    expr: str, wrt: Sequence[str] | None = None, kink: str = "choose", sparse: str = "never"
) -> Callable[..., dict[str, Gradient]]:
    """A function of the variables that gives {x: {z: second derivatives}}.

    `sparse` is as for Jacobians.
    """

    def matrix(**values: Any) -> dict[str, Gradient]:
        t = _trace(expr, values)
        return api.hessian(t, wrt or api.default_wrt(t), kink=kink, sparse=sparse).by_name

    return matrix


def hvp(
    expr: str, wrt: Sequence[str] | None = None, convention: str = "torch", kink: str = "choose"
) -> Callable[..., Gradient]:
    """A function of {name: tangent} (positional) and the variables: Hessian times direction."""

    def product(tangents: Mapping[str, Any], /, **values: Any) -> Gradient:
        t = _trace(expr, values)
        held = {name: np.asarray(v) for name, v in tangents.items()}
        return api.hvp(t, held, wrt or api.default_wrt(t), convention, kink).by_name

    return product


def explain(
    expr: str,
    wrt: Sequence[str] | None = None,
    mode: str = "reverse",
    v: Any = None,
) -> Callable[..., Explanation]:
    """A function of the variables that gives the steps of the evaluation and derivatives along it.

    `mode` is "reverse", "forward" or "both"; `v` is the adjoint of the result, by default 1.
    """
    from diffcli import explanation

    def steps(**values: Any) -> Explanation:
        t = _trace(expr, values)
        seed = None if v is None else np.asarray(v)
        return explanation.explain(t, wrt or api.default_wrt(t), mode, seed)

    return steps


def nonfinite(expr: str, wrt: Sequence[str] | None = None) -> Callable[..., list[Nonfinite]]:
    """A function of the variables that says what makes the value or its derivatives not finite.

    A list of findings (operator, place, operands, reason, hint), empty where all is finite. The
    derivatives are the gradient of a result with one element, the Jacobian of others.
    """

    def findings(**values: Any) -> list[Nonfinite]:
        t = _trace(expr, values)
        names = wrt or api.default_wrt(t)
        if not names or t.dtype.kind not in "fc":
            return t.nonfinite([api.evaluate(t)])
        real = t.output.size == 1 and t.dtype.kind == "f"
        return (api.grad if real else api.jacobian)(t, names).nonfinite

    return findings


def _trace(expr: str, values: Mapping[str, Any]) -> api.Trace:
    return api.trace(Source(expr), {n: _real(v) for n, v in values.items()})


def _real(value: Any) -> Array:
    """A bound value as an array; Python integers stand for real numbers."""
    array = np.asarray(value)
    is_array = isinstance(value, np.ndarray | np.generic)
    return array.astype(float) if array.dtype.kind in "iu" and not is_array else array
