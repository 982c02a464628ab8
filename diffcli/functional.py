"""The Python interface: the words of the command line, as functions of an expression.

A function keeps the graphs and plans that it made, one for each set of names, shapes and types of
its arguments, so that later calls only run them. The arrays it gives belong to the caller. `wrt`
is a list of names, or one text such as "w,b"; without it, it is every variable that is used and
not an integer or a truth value.

With `kink="error"` a derivative that does not exist raises the error `kink`, where otherwise the
operator's rule chooses one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from diffcli import api
from diffcli.errors import Source

if TYPE_CHECKING:
    from diffcli.explanation import Explanation
    from diffcli.graph.diagram import Diagram
    from diffcli.runtime.provenance import Nonfinite

Array = np.ndarray[Any, Any]
Gradient = dict[str, Any]
R = TypeVar("R")

KEPT = 16
"""Traces that a function keeps."""


def evaluate(expr: str) -> Callable[..., Array]:
    """A function of the variables that computes the expression."""
    traced = Traced(expr)

    def value(**values: Any) -> Array:
        t = traced(values)
        return _own(api.evaluate(t), t)

    return value


def grad(
    expr: str,
    wrt: str | Sequence[str] | None = None,
    convention: str = "torch",
    kink: str = "choose",
) -> Callable[..., Gradient]:
    """A function of the variables that gives {name: gradient} of a result with one element.

    `convention` says what the gradient by a complex variable is, here and below: "torch" or "jax".
    """
    traced = Traced(expr)

    def gradient(**values: Any) -> Gradient:
        t = traced(values)
        return _own(api.grad(t, _names(t, wrt), convention, kink).by_name, t)

    return gradient


def vjp(
    expr: str,
    wrt: str | Sequence[str] | None = None,
    convention: str = "torch",
    kink: str = "choose",
) -> Callable[..., Gradient]:
    """A function of the cotangent `v` (positional) and the variables: {name: v^T J}."""
    traced = Traced(expr)

    def product(v: Any, /, **values: Any) -> Gradient:
        t = traced(values)
        names = _names(t, wrt)
        return _own(api.vjp(t, np.asarray(v), names, convention, kink).by_name, t)

    return product


def jvp(expr: str, kink: str = "choose") -> Callable[..., Array]:
    """A function of {name: tangent} (positional) and the variables: the tangent of the result."""
    traced = Traced(expr)

    def product(tangents: Mapping[str, Any], /, **values: Any) -> Array:
        held = {name: np.asarray(t) for name, t in tangents.items()}
        t = traced(values)
        result = api.jvp(t, held, kink).tangent
        assert result is not None
        return _own(result, t)

    return product


def jacobian(
    expr: str,
    wrt: str | Sequence[str] | None = None,
    mode: str = "auto",
    convention: str = "torch",
    kink: str = "choose",
    sparse: str = "never",
) -> Callable[..., Gradient]:
    """A function of the variables that gives {name: array of shape result.shape + x.shape}.

    With `sparse="always"`, or "auto" where the array would be large and has many zeros, it is a
    `scipy.sparse.coo_array` of shape (result.size, x.size), and only its entries are computed.
    """
    traced = Traced(expr)

    def matrix(**values: Any) -> Gradient:
        t = traced(values)
        names = _names(t, wrt)
        return _own(api.jacobian(t, names, mode, convention, kink, sparse).by_name, t)

    return matrix


def hessian(
    expr: str, wrt: str | Sequence[str] | None = None, kink: str = "choose", sparse: str = "never"
) -> Callable[..., dict[str, Gradient]]:
    """A function of the variables that gives {x: {z: second derivatives}}.

    `sparse` is as for Jacobians.
    """
    traced = Traced(expr)

    def matrix(**values: Any) -> dict[str, Gradient]:
        t = traced(values)
        names = _names(t, wrt)
        return _own(api.hessian(t, names, kink=kink, sparse=sparse).by_name, t)

    return matrix


def hvp(
    expr: str,
    wrt: str | Sequence[str] | None = None,
    convention: str = "torch",
    kink: str = "choose",
) -> Callable[..., Gradient]:
    """A function of {name: tangent} (positional) and the variables: Hessian times direction."""
    traced = Traced(expr)

    def product(tangents: Mapping[str, Any], /, **values: Any) -> Gradient:
        t = traced(values)
        held = {name: np.asarray(v) for name, v in tangents.items()}
        return _own(api.hvp(t, held, _names(t, wrt), convention, kink).by_name, t)

    return product


def diagram(
    expr: str,
    wrt: str | Sequence[str] | None = None,
    *,
    backward: bool = False,
    simplified: bool = False,
    names: str = "numpy",
    values: bool = False,
) -> Callable[..., Diagram]:
    """A function of the variables that gives the graph as named vertices, or that of the gradient.

    With `simplified` the operators that run; `names` are "numpy" or "torch"; `values` computes the
    value of each vertex.
    """
    from diffcli import diagrams

    traced = Traced(expr)

    def draw(**given: Any) -> Diagram:
        t = traced(given)
        return diagrams.diagram(
            t,
            _names(t, wrt),
            backward=backward,
            simplified=simplified,
            names=names,
            values=values,
        )

    return draw


def explain(
    expr: str,
    wrt: str | Sequence[str] | None = None,
    mode: str = "reverse",
    v: Any = None,
) -> Callable[..., Explanation]:
    """A function of the variables that gives the steps of the evaluation and derivatives along it.

    `mode` is "reverse", "forward" or "both"; `v` is the adjoint of the result, by default 1.
    """
    from diffcli import explanation

    traced = Traced(expr)

    def steps(**values: Any) -> Explanation:
        t = traced(values)
        seed = None if v is None else np.asarray(v)
        return explanation.explain(t, _names(t, wrt), mode, seed)

    return steps


def nonfinite(expr: str, wrt: str | Sequence[str] | None = None) -> Callable[..., list[Nonfinite]]:
    """A function of the variables that says what makes the value or its derivatives not finite.

    A list of findings (operator, place, operands, reason, hint), empty where all is finite. The
    derivatives are the gradient of a result with one element, the Jacobian of others.
    """
    traced = Traced(expr)

    def findings(**values: Any) -> list[Nonfinite]:
        t = traced(values)
        names = _names(t, wrt)
        if not names or t.dtype.kind not in "fc":
            return t.nonfinite([api.evaluate(t)])
        real = t.output.size == 1 and t.dtype.kind == "f"
        return (api.grad if real else api.jacobian)(t, names).nonfinite

    return findings


class Traced:
    """The traces of an expression, of which the last ones are kept."""

    def __init__(self, expr: str) -> None:
        if not isinstance(expr, str):
            raise TypeError(f"an expression is a string, not {type(expr).__name__}")
        self._source = Source(expr)
        self._kept: tuple[api.Trace, ...] = ()

    def __call__(self, values: Mapping[str, Any]) -> api.Trace:
        """The trace over these values."""
        held = {name: _real(value) for name, value in values.items()}
        for t in self._kept:
            if t.serves(held):
                return t.at(held)
        t = api.trace(self._source, held)
        self._kept = (t.at({}), *self._kept[: KEPT - 1])
        return t


def _real(value: Any) -> Array:
    """A bound value as an array; Python integers stand for real numbers."""
    array = np.asarray(value)
    is_array = isinstance(value, np.ndarray | np.generic)
    return array.astype(float) if array.dtype.kind in "iu" and not is_array else array


def _names(t: api.Trace, wrt: str | Sequence[str] | None) -> list[str]:
    """The variables to differentiate by: those chosen, or all that can be.

    Raises `not-differentiable` where all are integers or truth values.
    """
    if wrt:
        return [name.strip() for name in wrt.split(",")] if isinstance(wrt, str) else list(wrt)
    names = api.default_wrt(t)
    if not names:
        api.variables(t, t.used)
    return names


def _own(result: R, t: api.Trace) -> R:
    """A result, or those of a dictionary, as arrays that nothing else looks into."""
    taken = {id(_owner(value)) for value in t.values.values()}

    def own(held: Any) -> Any:
        if isinstance(held, dict):
            return {name: own(each) for name, each in held.items()}
        if not isinstance(held, np.ndarray):
            return held  # None, or a sparse matrix
        if not held.flags.writeable or id(_owner(held)) in taken:
            return held.copy()
        taken.add(id(_owner(held)))
        return held

    return own(result)  # type: ignore[no-any-return]


def _owner(array: Array) -> Any:
    return array if array.base is None else array.base
