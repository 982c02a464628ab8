"""Running extremes, differences, integrals, counts and quantiles."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcli.eager.functions import OWN, function
from diffcli.eager.orderings import _chosen, _taken, sort
from diffcli.eager.parts import real_node, refuse
from diffcli.eager.reductions import axes_of, nansum, step
from diffcli.eager.results import Fields
from diffcli.eager.selection import array_of
from diffcli.eager.tensor import Tensor, fresh, wrap
from diffcli.eager.types import long_name
from diffcli.eager.views import axis_of
from diffcli.graph.node import Node
from diffcli.ops.table import F


@function("msort")
def msort(input: Tensor) -> Any:
    """The elements in order along the first axis."""
    return sort(input, 0).items[0]


@function("aminmax")
def aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False) -> Fields:
    """The smallest and the largest element."""
    refuse(input, "c", "\"aminmax_cpu\" not implemented for '{}'")
    if not input.node.size and dim is None:
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no "
            "identity."
        )
    axes = axes_of(input, dim)
    found = [
        step("aminmax", lambda n, f=f: f(n, axes, keepdim), input.node) for f in (F.min, F.max)
    ]
    return Fields("aminmax", ("min", "max"), tuple(found))


@function("mode")
def mode(input: Tensor, dim: int = -1, keepdim: bool = False) -> Fields:
    """The most frequent element along an axis (the smallest of several), and its last place."""
    refuse(input, "c", "\"mode_cpu\" not implemented for '{}'")
    axis = axis_of(input, dim)
    value = array_of(input)
    if not input.ndim:
        return _chosen("mode", input, np.int64(0), None, keepdim)
    if not value.shape[axis]:
        raise IndexError(f"mode(): Expected reduction dim {axis} to have non-zero size.")
    return _chosen("mode", input, np.apply_along_axis(_most_frequent, axis, value), axis, keepdim)


def _most_frequent(line: Any) -> Any:
    values, counts = np.unique(line, return_counts=True)
    return np.flatnonzero(line == values[np.argmax(counts)])[-1]


def _running(name: str, accumulate: Any) -> None:
    """`cummax` and `cummin`: values and where they were, the last of equal ones."""

    def apply(input: Tensor, dim: int) -> Fields:
        refuse(input, "c", '"' + name + "_cpu\" not implemented for '{}'")
        axis = axis_of(input, dim)
        value = array_of(input)
        if not input.ndim:
            return _taken(name, input, np.int64(0), axis)
        best = accumulate(value, axis=axis)
        own: Any = np.indices(value.shape, sparse=True)[axis]
        places = np.maximum.accumulate(np.where(value == best, own, 0), axis=axis)
        return _taken(name, input, places, axis)

    function(name)(apply)


_running("cummax", np.maximum.accumulate)
_running("cummin", np.minimum.accumulate)


@function("nanmean")
def nanmean(input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The mean of the elements that are not nan."""
    if input.node.dtype.kind not in "fc":
        raise RuntimeError(
            "nanmean(): expected input to have floating point or complex dtype but got "
            f"{long_name(input.node.dtype)}"
        )
    total = nansum(input, dim, keepdim, dtype)
    held = np.sum(~np.isnan(array_of(input)), axis=axes_of(input, dim), keepdims=keepdim)
    return total / fresh(np.asarray(held).astype(total.node.dtype))  # type: ignore[operator]


@function("nanmedian")
def nanmedian(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The lower of the two middle elements among those that are not nan."""
    refuse(input, "bc", "\"median_cpu\" not implemented for '{}'")
    value = array_of(input)
    held = np.isnan(value) if value.dtype.kind == "f" else np.zeros(value.shape, bool)
    if dim is None:
        if not value.size:
            from diffcli.eager.steps import flat

            return wrap(flat("nanmedian", [input.node], np.asarray(np.nan, value.dtype)))
        place = int(np.argsort(value, axis=None, kind="stable")[max((~held).sum() - 1, 0) // 2])
        return step("nanmedian", lambda n: F.index(F.ravel(n), place), input.node)
    axis = axis_of(input, dim)
    if not value.ndim:
        return _chosen("nanmedian", input, np.int64(0), None, keepdim)
    order = np.argsort(value, axis=axis, kind="stable")
    middle = np.maximum((~held).sum(axis, keepdims=True) - 1, 0) // 2
    places = np.take_along_axis(order, middle, axis).squeeze(axis)
    found = _chosen("nanmedian", input, places, axis, keepdim)
    if found.items[0].node.tracked:
        from diffcli.eager.grad_fn import renamed

        renamed(found.items[0].node, "nanmedian:1")
    return found


@function("count_nonzero")
def count_nonzero(input: Tensor, dim: Any = None) -> Tensor:
    """How many elements are not 0."""
    return fresh(np.asarray(np.count_nonzero(array_of(input), axis=axes_of(input, dim))))


# ----- differences and integrals ------------------------------------------------------------------


@function("diff")
def diff(
    input: Tensor,
    n: int = 1,
    dim: int = -1,
    prepend: Tensor | None = None,
    append: Tensor | None = None,
) -> Any:
    """The n-th differences of neighbours along an axis."""
    if not input.ndim:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    axis = axis_of(input, dim)
    parts = [x for x in (prepend, input, append) if x is not None]
    x: Any = OWN["cat"](parts, axis) if len(parts) > 1 else input
    if n == 0:
        return OWN["clone"](x)
    window = (slice(None),) * axis
    for _ in range(min(n, x.node.shape[axis])):
        after: Any = x[(*window, slice(1, None))]
        before: Any = x[(*window, slice(None, -1))]
        x = after ^ before if x.node.dtype.kind == "b" else after - before
    return x


@function("trapezoid")
def trapezoid(y: Tensor, x: Any = None, *, dx: Any = None, dim: int = -1) -> Tensor:
    """The integral by trapezoids along an axis."""
    if y.node.dtype.kind == "b":
        raise RuntimeError("trapezoid: received a bool input for `y`, but bool is not supported")
    axis = axis_of(y, dim)
    width = 1 if dx is None else dx
    if x is None:
        return step("mul:1", lambda n: F.trapezoid(n, None, width, axis), real_node(y))
    return step("div:1", lambda n, p: F.trapezoid(n, p, 1, axis), real_node(y), x.node)


function("trapz")(lambda y, x=None, *, dx=None, dim=-1: trapezoid(y, x, dx=dx, dim=dim))


@function("cumulative_trapezoid")
def cumulative_trapezoid(y: Tensor, x: Any = None, *, dx: Any = 1, dim: int = -1) -> Tensor:
    """The running integral by trapezoids along an axis."""
    if y.node.dtype.kind == "b":
        raise RuntimeError(
            "cumulative_trapezoid: received a bool input for `y`, but bool is not supported"
        )
    axis = axis_of(y, dim)
    window = (slice(None),) * axis
    after, before = (*window, slice(1, None)), (*window, slice(None, -1))

    def compute(n: Node, *given: Node) -> Node:
        width = dx
        if given:
            p = given[0]
            if p.ndim == 1:
                p = F.reshape(p, (-1, *[1] * (n.ndim - axis - 1)))
                width = F.index(p, slice(1, None)) - F.index(p, slice(None, -1))
            else:
                width = F.index(p, after) - F.index(p, before)
        return F.cumsum((F.index(n, after) + F.index(n, before)) * width / 2.0, axis)

    nodes = [real_node(y), *([] if x is None else [x.node])]
    return step("cumsum", compute, *nodes)


@function("gradient")
def gradient(
    input: Tensor, *, spacing: Any = 1, dim: Any = None, edge_order: int = 1
) -> tuple[Tensor, ...]:
    """Central differences along each axis."""
    axes = range(input.ndim) if dim is None else [axis_of(input, d) for d in np.ravel(dim).tolist()]

    def along(axis: int) -> Tensor:
        def compute(n: Node) -> Node:
            found = F.gradient(n, spacing, axis=axis, edge_order=edge_order)
            return F.astype(found, n.dtype)

        return step("cat", compute, real_node(input))

    return tuple(along(axis) for axis in axes)


@function("renorm")
def renorm(input: Tensor, p: float, dim: int, maxnorm: float) -> Tensor:
    """Slices along an axis scaled down to a largest norm."""
    axis = axis_of(input, dim)
    others = tuple(a for a in range(input.ndim) if a != axis)

    def compute(x: Node) -> Node:
        if p == 2:
            norms = F.sqrt(F.sum(F.square(F.abs(x)), others, True))
        else:
            norms = F.power(F.sum(F.power(F.abs(x), p), others, True), 1 / p)
        scale = F.where(F.greater(norms, maxnorm), maxnorm / (norms + 1e-7), F.ones_like(norms))
        return x * scale

    return step("renorm", compute, input.node)


@function("cov")
def cov(
    input: Tensor, *, correction: int = 1, fweights: Any = None, aweights: Any = None
) -> Tensor:
    """Covariances of variables in rows."""
    return step("squeeze", lambda n: F.cov(n, ddof=correction), real_node(input))


@function("corrcoef")
def corrcoef(input: Tensor) -> Tensor:
    """Correlations of variables in rows."""
    return step("clamp:1", F.corrcoef, real_node(input))
