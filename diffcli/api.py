"""What the commands compute: values, gradients, products with Jacobians, Jacobians, Hessians."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from diffcli.derivatives import Derivatives, computed, filled, filled_row, formula, hidden
from diffcli.errors import DiffcliError
from diffcli.graph.node import is_inexact
from diffcli.ops.op import INPUT, Maybe
from diffcli.ops.table import F
from diffcli.trace import Trace, bind, trace
from diffcli.transforms.kinks import Watch, watched
from diffcli.transforms.reverse import one, pull
from diffcli.validity import (
    check_derivatives,
    check_holomorphic,
    differentiable,
    directions,
    fitted,
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


def default_wrt(t: Trace) -> list[str]:
    """Every floating or complex binding that the expression uses."""
    return [name for name in t.used if is_inexact(t.inputs[name].dtype)]


def evaluate(t: Trace) -> Array:
    """The value of the expression."""
    return t.run([t.output])[0]  # type: ignore[no-any-return]


def grad(
    t: Trace, wrt: Sequence[str], convention: str = "torch", kink: str = "choose"
) -> Derivatives:
    """The gradient of a result with one element.

    Raises `not-scalar` for a result with more and for a complex one, `not-differentiable` for
    integer variables, and `kink` where a derivative had to be chosen and `kink` is "error" (so do
    the others below). In JAX's convention the complex result of a holomorphic function is fine.
    """
    y = scalar(t, convention)
    nodes = variables(t, wrt)
    watch = Watch()
    pulled = pull([(y, one(y))], nodes, watch)
    found = filled(t, wrt, _conjugated(pulled, convention))
    done = computed(t, [f"grad {n}" for n in wrt], found, watch, kink)
    if y.dtype.kind == "c":
        check_derivatives(t, wrt, done.arrays)
    formulas = {n: formula(g) for n, g in zip(wrt, done.simple, strict=True)}
    by_name = dict(zip(wrt, done.arrays, strict=True))
    return Derivatives(done, by_name, formulas, zeros=hidden(t, wrt, pulled))


def vjp(
    t: Trace, v: Array, wrt: Sequence[str], convention: str = "torch", kink: str = "choose"
) -> Derivatives:
    """The vector-Jacobian product with the cotangent `v`, which has the result's shape."""
    y = differentiable(t)
    v = fitted(v, y, "the cotangent", "the result")
    g = INPUT.make("v", y.shape, y.dtype)
    nodes = variables(t, wrt)
    seed = g if convention == "torch" else F.conj(g)
    watch = Watch()
    pulled = pull([(y, seed)], nodes, watch)
    found = filled(t, wrt, _conjugated(pulled, convention))
    done = computed(t, [f"vjp {n}" for n in wrt], found, watch, kink, [(g, v)])
    formulas = {n: formula(c) for n, c in zip(wrt, done.simple, strict=True)}
    if "v" in t.values:
        formulas = dict.fromkeys(wrt)
    by_name = dict(zip(wrt, done.arrays, strict=True))
    return Derivatives(done, by_name, formulas, zeros=hidden(t, wrt, pulled))


def jvp(t: Trace, tangents: Mapping[str, Array], kink: str = "choose") -> Derivatives:
    """The Jacobian-vector product along tangents of some variables."""
    from diffcli.transforms.forward import push

    y = differentiable(t)
    pairs, extra = directions(t, tangents)
    (moved,) = push([y], pairs)
    if moved is None:
        moved = F.zeros_like(y)
    watch = watched(y, [x for x, _ in pairs])
    done = computed(t, ["jvp"], [moved], watch, kink, extra)
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

    y = differentiable(t)
    nodes = variables(t, wrt)
    names, watch = [f"jacobian {n}" for n in wrt], watched(y, nodes)
    swept = sparsity.jacobian(t, y, nodes, mode, sparse)
    if swept is not None:
        done = computed(t, names, swept.nodes, watch, kink, swept.seeds, swept.matrices)
        by_name, zeros = dict(zip(wrt, done.arrays, strict=True)), hidden(t, wrt, swept.nodes)
        used = "reverse" if mode == "reverse" else "forward"
        return Derivatives(done, by_name, None, None, used, len(names), zeros)
    sparsity.check_dense([(n, y, x) for n, x in zip(names, nodes, strict=True)], sparse)
    chosen, count = derive.passes(y, nodes, mode)
    rows = derive.jacobian(y, nodes, chosen)
    if y.dtype.kind != "c":
        rows = _conjugated(rows, convention)
    done = computed(t, names, filled(t, wrt, rows, y.shape), watch, kink)
    for name, x, matrix in zip(wrt, nodes, done.arrays, strict=True):
        if x.dtype.kind == "c" and y.dtype.kind == "c" and matrix is not None:
            check_holomorphic(t, name, matrix, derive.directional([y], x, 1j))
    formulas = {n: formula(c) for n, c in zip(wrt, done.simple, strict=True)}
    arrays = [sparsity.in_form(array, y.size, sparse) for array in done.arrays]
    by_name, zeros = dict(zip(wrt, arrays, strict=True)), hidden(t, wrt, rows)
    return Derivatives(done, by_name, formulas, None, chosen, count, zeros)


def hessian(
    t: Trace, wrt: Sequence[str], mode: str = "auto", kink: str = "choose", sparse: str = "never"
) -> Derivatives:
    """Second derivatives of a result with one element, a block for each pair of variables.

    Each has the shape of the first variable followed by that of the second; `sparse` is as above.
    """
    from diffcli import sparsity
    from diffcli.transforms import derive

    y = scalar(t)
    nodes = variables(t, wrt)
    for name, x in zip(wrt, nodes, strict=True):
        if x.dtype.kind == "c":
            raise DiffcliError(
                "not-differentiable",
                f"second derivatives by the complex variable '{name}' are not one matrix",
                hint="use hvp with a direction, or bind its real and imaginary parts",
            )
    names, watch = [f"hessian {x} {z}" for x in wrt for z in wrt], watched(y, nodes)
    used = "reverse" if mode == "reverse" else "forward"
    swept = sparsity.hessian(t, y, nodes, mode, sparse)
    if swept is not None:
        done = computed(t, names, swept.nodes, watch, kink, swept.seeds, swept.matrices)
        count, blocks = len(names), iter(done.arrays)
    else:
        pairs = [(x, z) for x in nodes for z in nodes]
        sparsity.check_dense([(n, *p) for n, p in zip(names, pairs, strict=True)], sparse)
        rows = derive.hessian(y, nodes, mode)
        rows = [filled_row(t, x, wrt, row) for x, row in zip(wrt, rows, strict=True)]
        done = computed(t, names, [block for row in rows for block in row], watch, kink)
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
    from diffcli.transforms import derive

    y = scalar(t, convention)
    if y.dtype.kind == "c":
        grad(t, wrt, convention)  # which raises where there is no gradient to change
    pairs, extra = directions(t, tangents)
    nodes = variables(t, wrt)
    found = filled(t, wrt, _conjugated(derive.hvp(y, nodes, pairs), convention))
    done = computed(t, [f"hvp {n}" for n in wrt], found, watched(y, nodes), kink, extra)
    return Derivatives(done, dict(zip(wrt, done.arrays, strict=True)))


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
    "scalar",
    "trace",
    "variables",
    "vjp",
]
