"""What the commands compute: values, gradients, products with Jacobians, Jacobians, Hessians."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from diffcli.derivatives import Derivation, Derivatives, filled, filled_row, formula, hidden
from diffcli.errors import DiffcliError, check_choice
from diffcli.graph.node import is_inexact
from diffcli.ops.op import INPUT, Maybe
from diffcli.ops.table import F
from diffcli.trace import Computation, Trace, bind, trace
from diffcli.transforms.kinks import Watch, watched
from diffcli.transforms.reverse import one, pull
from diffcli.validity import (
    check_derivatives,
    check_fits,
    check_holomorphic,
    differentiable,
    directions,
    fitted,
    real_variables,
    scalar,
    variables,
)

Array = np.ndarray[Any, Any]

CONVENTIONS = ("torch", "jax")
"""What the gradient by a complex variable z = x + 1j*y stands for.

torch: dL/dx + 1j*dL/dy, the direction of steepest ascent ("Autograd mechanics" of PyTorch,
"Autograd for complex numbers"). jax: its conjugate, which for holomorphic functions is the
derivative ("Complex numbers and differentiation" of JAX); products pair without conjugation.
"""


MODES = ("auto", "forward", "reverse")
"""Ways to compute Jacobians and Hessians."""


def default_wrt(t: Trace) -> list[str]:
    """Every floating or complex binding that the expression uses."""
    return [name for name in t.used if is_inexact(t.inputs[name].dtype)]


def evaluate(t: Trace) -> Array:
    """The value of the expression."""
    return t.once("value", lambda: Computation(t, [t.output])).run(t)[0]  # type: ignore[no-any-return]


def grad(
    t: Trace, wrt: Sequence[str], convention: str = "torch", kink: str = "choose"
) -> Derivatives:
    """The gradient of a result with one element.

    Raises `not-scalar` for a result with more and for a complex one, `not-differentiable` for
    integer variables, and `kink` where a derivative had to be chosen and `kink` is "error" (so do
    the others below). In JAX's convention the complex result of a holomorphic function is fine.
    """

    def derive() -> Derivation:
        y, nodes, watch = scalar(t, convention), variables(t, wrt), Watch()
        pulled = pull([(y, one(y))], nodes, watch)
        found = filled(t, wrt, _conjugated(pulled, convention))
        return Derivation([f"grad {n}" for n in wrt], found, watch, hidden(t, wrt, pulled))

    done = t.once(("grad", convention, *wrt), derive).computed(t, kink)
    if t.dtype.kind == "c":
        check_derivatives(t, wrt, done.arrays)
    return Derivatives(done, _named(wrt, done.arrays), _named(wrt, done.simple))


def vjp(
    t: Trace, v: Array, wrt: Sequence[str], convention: str = "torch", kink: str = "choose"
) -> Derivatives:
    """The vector-Jacobian product with the cotangent `v`, which has the result's shape."""
    y = differentiable(t)
    v = fitted(v, y, "the cotangent", "the result")
    g = t.once("cotangent", lambda: INPUT.make("v", y.shape, y.dtype))

    def derive() -> Derivation:
        watch = Watch()
        seed = g if convention == "torch" else F.conj(g)
        pulled = pull([(y, seed)], variables(t, wrt), watch)
        found = filled(t, wrt, _conjugated(pulled, convention))
        return Derivation([f"vjp {n}" for n in wrt], found, watch, hidden(t, wrt, pulled))

    done = t.once(("vjp", convention, *wrt), derive).computed(t, kink, [(g, v)])
    named = {} if "v" in t.values else _named(wrt, done.simple)  # there the text would mislead
    return Derivatives(done, _named(wrt, done.arrays), named)


def jvp(t: Trace, tangents: Mapping[str, Array], kink: str = "choose") -> Derivatives:
    """The Jacobian-vector product along tangents of some variables."""
    y = differentiable(t)
    pairs, extra = directions(t, tangents)

    def derive() -> Derivation:
        from diffcli.transforms.forward import push

        (moved,) = push([y], pairs)
        found = F.zeros_like(y) if moved is None else moved
        return Derivation(["jvp"], [found], watched(y, [x for x, _ in pairs]))

    done = t.once(("jvp", *tangents), derive).computed(t, kink, extra)
    return Derivatives(done, {}, tangent=done.arrays[0])


def jacobian(
    t: Trace,
    wrt: Sequence[str],
    mode: str = "auto",
    convention: str = "torch",
    kink: str = "choose",
    sparse: str = "never",
) -> Derivatives:
    """The Jacobian by each variable, of shape result.shape + variable.shape.

    For a real result its rows are gradients, in the convention; the Jacobian of a complex result
    by a complex variable is its derivative in both, and by a real one the slopes. Where it is
    `sparse` ("auto", "always" or "never"), it is a `scipy.sparse.coo_array` of shape (result.size,
    variable.size). Raises `too-large` for an array above the limit of elements.
    """
    from diffcli import sparsity
    from diffcli.transforms import derive

    check_choice("mode", mode, MODES)
    y = differentiable(t)
    nodes = variables(t, wrt)
    names = [f"jacobian {n}" for n in wrt]
    swept = sparsity.jacobian(t, y, nodes, mode, sparse)
    if swept is not None:
        made = Derivation(names, swept.nodes, watched(y, nodes), hidden(t, wrt, swept.nodes))
        done = made.computed(t, kink, swept.seeds, swept.matrices)
        used = "reverse" if mode == "reverse" else "forward"
        return Derivatives(done, _named(wrt, done.arrays), mode=used, passes=len(names))
    sparsity.check_dense([(n, y, x) for n, x in zip(names, nodes, strict=True)], sparse)

    def dense() -> tuple[Derivation, str, int]:
        rows, chosen, count = derive.jacobian_in_order(y, nodes, mode)
        if y.dtype.kind != "c":
            rows = _conjugated(rows, convention)
        found = filled(t, wrt, rows, y.shape)
        made = Derivation(names, found, watched(y, nodes), hidden(t, wrt, rows))
        return made, chosen, count

    made, chosen, count = t.once(("jacobian", mode, convention, *wrt), dense)
    done = made.computed(t, kink)
    for name, x, matrix in zip(wrt, nodes, done.arrays, strict=True):
        if x.dtype.kind == "c" and y.dtype.kind == "c" and matrix is not None:
            check_holomorphic(t, name, matrix, derive.directional([y], x, 1j))
    arrays = [sparsity.in_form(array, y.size, sparse) for array in done.arrays]
    by_name, simple = _named(wrt, arrays), _named(wrt, done.simple)
    return Derivatives(done, by_name, simple, mode=chosen, passes=count)


def hessian(
    t: Trace, wrt: Sequence[str], mode: str = "auto", kink: str = "choose", sparse: str = "never"
) -> Derivatives:
    """Second derivatives of a result with one element, a block for each pair of variables.

    Each has the shape of the first variable followed by that of the second; `sparse` is as above.
    """
    from diffcli import sparsity
    from diffcli.transforms import derive

    check_choice("mode", mode, MODES)
    y = scalar(t)
    nodes = real_variables(t, wrt)
    names = [f"hessian {x} {z}" for x in wrt for z in wrt]
    used = "reverse" if mode == "reverse" else "forward"
    swept = sparsity.hessian(t, y, nodes, mode, sparse)
    if swept is not None:
        made = Derivation(names, swept.nodes, watched(y, nodes))
        done = made.computed(t, kink, swept.seeds, swept.matrices)
        count, blocks = len(names), iter(done.arrays)
    else:
        pairs = [(x, z) for x in nodes for z in nodes]
        sparsity.check_dense([(n, *p) for n, p in zip(names, pairs, strict=True)], sparse)

        def dense() -> Derivation:
            rows = derive.hessian(y, nodes, mode)
            rows = [filled_row(t, x, wrt, row) for x, row in zip(wrt, rows, strict=True)]
            return Derivation(names, [block for row in rows for block in row], watched(y, nodes))

        done = t.once(("hessian", mode, *wrt), dense).computed(t, kink)
        count = sum(x.size for x in nodes)
        heights = [x.size for x, _ in pairs]
        blocks = map(sparsity.in_form, done.arrays, heights, [sparse] * len(pairs))
    by_name = {x: {z: next(blocks) for z in wrt} for x in wrt}
    return Derivatives(done, by_name, mode=used, passes=count)


def hvp(
    t: Trace,
    tangents: Mapping[str, Array],
    wrt: Sequence[str],
    convention: str = "torch",
    kink: str = "choose",
) -> Derivatives:
    """The change of the gradient of a result with one element along a direction."""
    y = scalar(t, convention)
    if y.dtype.kind == "c":
        grad(t, wrt, convention)  # which raises where there is no gradient to change
    pairs, extra = directions(t, tangents)

    def derive() -> Derivation:
        from diffcli.transforms import derive

        nodes = variables(t, wrt)
        found = filled(t, wrt, _conjugated(derive.hvp(y, nodes, pairs), convention))
        return Derivation([f"hvp {n}" for n in wrt], found, watched(y, nodes))

    key = ("hvp", convention, *tangents, None, *wrt)
    done = t.once(key, derive).computed(t, kink, extra)
    return Derivatives(done, _named(wrt, done.arrays))


def _named(names: Sequence[str], found: Sequence[Any]) -> dict[str, Any]:
    return dict(zip(names, found, strict=True))


def _conjugated(found: Sequence[Maybe], convention: str) -> list[Maybe]:
    """Cotangents brought from PyTorch's convention to the one asked for, or back."""
    if convention not in CONVENTIONS:
        raise DiffcliError("usage", f"the conventions are {' and '.join(CONVENTIONS)}")
    if convention == "torch":
        return list(found)
    return [F.conj(g) if g is not None and g.dtype.kind == "c" else g for g in found]


__all__ = [
    "CONVENTIONS",
    "Derivatives",
    "Trace",
    "bind",
    "check_fits",
    "default_wrt",
    "differentiable",
    "directions",
    "evaluate",
    "filled",
    "filled_row",
    "fitted",
    "formula",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "real_variables",
    "scalar",
    "trace",
    "variables",
    "vjp",
]
