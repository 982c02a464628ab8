"""Rows that combine elements along axes: sums, products, extrema, norms, scans."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node, Shape
from diffcli.graph.shapes import axis_index, axis_tuple, broadcast, reduced, whole
from diffcli.ops.kinds import General, Linear, Nondifferentiable, composite, row
from diffcli.ops.namespace import on_host
from diffcli.ops.op import Batched
from diffcli.ops.shaping import broadcast_to, reshape, spread
from diffcli.ops.table import F

Axes = tuple[int, ...]


def reduction_bind(x: Node, axis: Any, keepdims: Any) -> Any:
    """Inputs and params of a reduction: the axes in order, none given meaning all."""
    if isinstance(axis, Node | list):
        raise DiffcliError(
            "bad-argument",
            "the second argument is an axis, and an axis is an integer, not an array",
            hint="write maximum(x, y) or minimum(x, y) for the larger or smaller of two arrays",
        )
    if not isinstance(keepdims, bool):
        raise DiffcliError("bad-argument", "keepdims must be True or False")
    return (x,), {"axis": axis_tuple(axis, x.ndim), "keepdims": keepdims}


def ordered(x: Node, what: str) -> Node:
    """x, unless it is complex: complex numbers have no order, so `what` is not defined."""
    if x.dtype.kind == "c":
        raise DiffcliError(
            "dtype",
            f"{what} is not defined for complex numbers",
            hint="take abs(...) or real(...) first",
        )
    return x


def reduction_shape(x: Node, axis: Axes, keepdims: bool) -> Shape:
    """Shape of x without the axes, or with length 1 there."""
    return reduced(x.shape, axis, keepdims)


def reduction_batch(y: Node, x: tuple[Node, ...], batched: Batched, size: int) -> Node:
    """The same reduction, all axes one place further."""
    axis = tuple(a + 1 for a in y.params["axis"])
    return y.op.apply(x, {**y.params, "axis": axis})


def restored(r: Node, x: Node, axis: Axes) -> Node:
    """A reduced array with its axes back as length 1, so that it broadcasts against x."""
    kept = reduced(x.shape, axis, True)
    if r.shape == kept:
        return r
    back: Node = reshape.apply((r,), {"shape": kept})
    return back


def _count(x: Node, axis: Axes) -> int:
    return math.prod([x.shape[a] for a in axis])


REDUCTION: dict[str, Any] = {
    "shape": reduction_shape,
    "batch": reduction_batch,
    "category": "reduction",
}


def _sum_dtype(x: Node, **_: Any) -> np.dtype[Any]:
    # booleans and small integers are counted in the platform integer, as NumPy does
    return np.dtype(np.int64) if x.dtype.kind in "bi" else x.dtype


# ----- sums and products --------------------------------------------------------------------------


@row(
    Linear,
    moves=False,
    evaluate=lambda xp, x, axis, keepdims: x.sum(axis=axis, keepdims=keepdims),
    dtype=_sum_dtype,
    pullback=lambda g, y, x, axis, keepdims: (
        broadcast_to.apply((restored(g, x, axis),), {"shape": x.shape}),
    ),
    examples=("sum(x)", "sum(x, axis=1)", "B.sum((0, -1), keepdims=True)"),
    **REDUCTION,
)
def sum_(x: Node, axis: Any = None, keepdims: bool = False) -> Any:
    """Sum over axes (all by default)."""
    return reduction_bind(x, axis, keepdims)


@composite(category="reduction", examples=("mean(x, axis=0)",))
def mean(x: Node, axis: Any = None, keepdims: bool = False) -> Node:
    """Arithmetic mean over axes (all by default)."""
    return F.sum(x, axis, keepdims) / _count(x, axis_tuple(axis, x.ndim))


@composite(category="reduction", arrays=2, examples=("average(x, weights=p)",))
def average(x: Node, weights: Node | None = None, axis: Any = None) -> Node:
    """Weighted mean over axes."""
    if weights is None:
        return F.mean(x, axis)
    return F.sum(x * weights, axis) / F.sum(F.broadcast_to(weights, x.shape), axis)


def exclusive_products(x: Node, axis: int) -> Node:
    """The product of all other elements along an axis, right for any number of zeros."""
    lead = (slice(None),) * axis
    ones = F.ones_like(x[(*lead, slice(0, 1))])
    before = F.cumprod(F.concatenate([ones, x[(*lead, slice(None, -1))]], axis), axis)
    flipped = F.flip(x, axis)
    after = F.cumprod(F.concatenate([ones, flipped[(*lead, slice(None, -1))]], axis), axis)
    return before * F.flip(after, axis)


def _prod_pullback(g: Any, y: Node, x: Node, axis: Axes, keepdims: bool) -> tuple[Node]:
    if x.size == 0:
        return (F.zeros_like(x),)
    rest = [i for i in range(x.ndim) if i not in axis]
    order = (*rest, *axis)
    moved = F.transpose(x, order)
    flat = F.reshape(moved, (*(x.shape[i] for i in rest), _count(x, axis)))
    others = F.transpose(
        F.reshape(exclusive_products(flat, len(rest)), moved.shape),
        tuple(sorted(range(x.ndim), key=order.__getitem__)),
    )
    return (restored(g, x, axis) * F.conj(others),)


@row(
    General,
    kind="reduction",
    evaluate=lambda xp, x, axis, keepdims: xp.prod(x, axis=axis, keepdims=keepdims),
    dtype=_sum_dtype,
    pullback=_prod_pullback,
    examples=("prod(x)", "prod(x, axis=1)"),
    **REDUCTION,
)
def prod(x: Node, axis: Any = None, keepdims: bool = False) -> Any:
    """Product over axes (all by default)."""
    return reduction_bind(x, axis, keepdims)


# ----- spread and norms ---------------------------------------------------------------------------


@composite(category="reduction", examples=("var(x, axis=1, ddof=1)",))
def var(x: Node, axis: Any = None, ddof: Any = 0, keepdims: bool = False) -> Node:
    """Variance over axes: mean squared distance from the mean, with n - ddof as the divisor."""
    axes = axis_tuple(axis, x.ndim)
    centred = x - F.mean(x, axes, True)
    squares = F.square(F.abs(centred) if x.dtype.kind == "c" else centred)
    degrees: int = max(_count(x, axes) - ddof, 0)
    return F.sum(squares, axes, keepdims) / degrees


@composite(category="reduction", examples=("std(x, axis=1)",), kink="0 where all are equal")
def std(x: Node, axis: Any = None, ddof: Any = 0, keepdims: bool = False) -> Node:
    """Standard deviation over axes, with n - ddof as the divisor."""
    axes = axis_tuple(axis, x.ndim)
    centred = x - F.mean(x, axes, True)
    degrees = max(_count(x, axes) - ddof, 0)
    return F.euclid(centred, axes, keepdims) / F.sqrt(float(degrees))


def largest(xp: Any, x: Any, axis: Axes | int, least: float) -> Any:
    """The largest elements over axes, which stay with length 1; `least` where there are none."""
    if x.size:
        return xp.max(x, axis=axis, keepdims=True)
    axes = axis if isinstance(axis, tuple) else (axis,)
    return xp.full(reduced(x.shape, axes, True), least, x.dtype)


def _euclid(xp: Any, x: Any, axis: Axes, keepdims: bool) -> Any:
    # scaled by the largest element: no overflow at 1e200, no underflow at 1e-200 (LAPACK nrm2)
    size = xp.abs(x)
    top = largest(xp, size, axis, 0)
    scale = xp.where((top > 0) & (top < np.inf), top, 1).astype(size.dtype)
    total = xp.sqrt(xp.sum(xp.square(size / scale), axis=axis, keepdims=True)) * scale
    return total if keepdims else xp.reshape(total, reduced(x.shape, axis, False))


def _euclid_pullback(g: Any, y: Node, x: Node, axis: Axes, keepdims: bool) -> tuple[Node]:
    return (restored(g, x, axis) * F.divide_no_nan(x, restored(y, x, axis)),)


@row(
    General,
    kind="reduction",
    evaluate=_euclid,
    dtype=lambda x, **_: np.zeros((), x.dtype).real.dtype if x.dtype.kind in "fc" else np.float64,
    pullback=_euclid_pullback,
    kink="0 at the zero vector",
    squared=lambda x, axis, keepdims: F.sum(
        F.square(F.abs(x if x.dtype.kind in "fc" else F.astype(x, float))), axis, keepdims
    ),
    kink_at=lambda g, y, x, axis, keepdims: F.equal(y, 0),
    examples=("euclid(x, axis=1)",),
    **REDUCTION,
)
def euclid(x: Node, axis: Any = None, keepdims: bool = False) -> Any:
    """Square root of the sum of squared magnitudes."""
    return reduction_bind(x, axis, keepdims)


def _power_norm(xp: Any, x: Any, axis: Axes, keepdims: bool, ord: float) -> Any:
    size = xp.abs(x)
    top = largest(xp, size, axis, 0)
    scale = xp.where((top > 0) & (top < np.inf), top, 1).astype(size.dtype)
    total = xp.sum(xp.power(size / scale, ord), axis=axis, keepdims=True)
    total = xp.power(total, 1 / ord) * scale
    return total if keepdims else xp.reshape(total, reduced(x.shape, axis, False))


def _power_norm_pullback(
    g: Any, y: Node, x: Node, axis: Axes, keepdims: bool, ord: float
) -> tuple[Node]:
    share = F.divide_no_nan(F.abs(x), restored(y, x, axis))
    slope = F.sign(x) * F.power(share, ord - 1)
    return (restored(g, x, axis) * F.where(F.equal(x, 0), 0, slope),)


def _power_norm_kink(g: Any, y: Node, x: Node, axis: Axes, keepdims: bool, ord: float) -> Node:
    # from order 1 on an element that is 0 has the slope 0, unless all are
    return F.equal(y, 0) if ord > 1 else F.any(F.equal(x, 0), axis, keepdims)


@row(
    General,
    kind="reduction",
    evaluate=_power_norm,
    shape=lambda x, axis, keepdims, ord: reduced(x.shape, axis, keepdims),
    dtype=lambda x, **_: np.zeros((), x.dtype).real.dtype if x.dtype.kind in "fc" else np.float64,
    batch=reduction_batch,
    pullback=_power_norm_pullback,
    category="reduction",
    kink="0 at elements that are 0",
    kink_at=_power_norm_kink,
    hidden=True,
)
def power_norm(x: Node, axis: Any, keepdims: bool, ord: float) -> Any:
    """sum(abs(x)**ord)**(1/ord) over axes."""
    if isinstance(ord, bool) or not isinstance(ord, int | float):
        raise DiffcliError("bad-argument", f"the order of a norm is a number, not {ord!r}")
    inputs, params = reduction_bind(x, axis, keepdims)
    return inputs, {**params, "ord": ord}


@composite(
    category="reduction",
    examples=(
        "norm(x)",
        "norm(x, 1, axis=1)",
        "norm(x, inf, axis=0)",
        "norm(x, 3, axis=1)",
        "norm(A, 2)",
        "norm(x, 'nuc')",
    ),
    kink="minimum-norm subgradient at 0, ties of inf shared evenly",
)
def norm(x: Node, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Node:
    """Vector norm of order `ord` over axes; the Euclidean (Frobenius) norm by default."""
    axes = axis_tuple(axis, x.ndim)
    if ord is None or (ord == "fro" and len(axes) == 2) or (ord == 2 and len(axes) == 1):
        return F.euclid(x, axes, keepdims)
    if len(axes) == 2:
        return F.matrix_norm(x, ord, (-2, -1) if axis is None else axis, keepdims)
    if isinstance(ord, str) or len(axes) != 1:
        raise DiffcliError(
            "bad-argument",
            f"norm of order {ord!r} is not defined over {len(axes)} axes",
            hint="name one axis, as in norm(x, 1, axis=0)",
        )
    size = F.abs(x)
    if ord == np.inf:
        return F.max(size, axes, keepdims)
    if ord == -np.inf:
        return F.min(size, axes, keepdims)
    if ord == 0:
        return F.sum(F.astype(F.not_equal(x, 0), size.dtype), axes, keepdims)
    if ord == 1:
        return F.sum(size, axes, keepdims)
    return F.power_norm(x, axes, keepdims, ord)


# ----- extrema ------------------------------------------------------------------------------------


def _best(y: Node, x: Node, axis: Axes, keepdims: bool) -> Node:
    # where an element is NaN the result is, and NaN stands for the extremum
    return F.logical_or(F.equal(x, restored(y, x, axis)), F.isnan(x))


def _extremum_pullback(g: Any, y: Node, x: Node, axis: Axes, keepdims: bool) -> tuple[Node]:
    best = _best(y, x, axis, keepdims)
    count = F.sum(F.astype(best, y.dtype), axis, True)
    return (F.where(best, restored(g, x, axis) / count, 0),)


def _ties(g: Any, y: Node, x: Node, axis: Axes, keepdims: bool) -> Node:
    best = F.equal(x, restored(y, x, axis))
    return F.greater(F.sum(best, axis, keepdims), 1)


def _not_empty(x: Node, axis: Axes, keepdims: bool) -> Shape:
    if any(x.shape[a] == 0 for a in axis):
        raise DiffcliError("shape", "an empty array has no largest or smallest element")
    return reduction_shape(x, axis, keepdims)


def _extremum(name: str) -> dict[str, Any]:
    return {
        **REDUCTION,
        "shape": _not_empty,
        "kind": "reduction",
        "evaluate": lambda xp, x, axis, keepdims: getattr(xp, name)(
            x, axis=axis, keepdims=keepdims
        ),
        "pullback": _extremum_pullback,
        "selects": (_best,),
        "kink": "ties share the derivative evenly",
        "kink_at": _ties,
        "examples": (f"{name}(x)", f"{name}(x, axis=1)"),
    }


@row(General, aliases=("amax",), **_extremum("max"))
def max_(x: Node, axis: Any = None, keepdims: bool = False) -> Any:
    """Largest element over axes (all by default)."""
    return reduction_bind(ordered(x, "max"), axis, keepdims)


@row(General, aliases=("amin",), **_extremum("min"))
def min_(x: Node, axis: Any = None, keepdims: bool = False) -> Any:
    """Smallest element over axes (all by default)."""
    return reduction_bind(ordered(x, "min"), axis, keepdims)


@composite(category="reduction", examples=("ptp(x, axis=1)",))
def ptp(x: Node, axis: Any = None, keepdims: bool = False) -> Node:
    """Largest minus smallest element."""
    return F.max(x, axis, keepdims) - F.min(x, axis, keepdims)


def _arg(name: str) -> dict[str, Any]:
    return {
        "evaluate": lambda xp, x, axis, keepdims: getattr(xp, name)(
            x, axis=axis[0], keepdims=keepdims
        ),
        "dtype": lambda *_, **__: np.int64,
        "examples": (f"{name}(x, axis=1)", f"{name}(x)"),
        **REDUCTION,
        "shape": _not_empty,
    }


def _arg_bind(x: Node, axis: Any, keepdims: bool) -> Any:
    ordered(x, "the index of an extremum")
    if axis is None:
        x, axis = F.ravel(x), 0
    axes = axis_tuple(axis, x.ndim)
    if len(axes) != 1:
        raise DiffcliError("bad-argument", "the index of an extremum is taken along one axis")
    return reduction_bind(x, axes, keepdims)


@row(Nondifferentiable, **_arg("argmax"))
def argmax(x: Node, axis: Any = None, keepdims: bool = False) -> Any:
    """Index of the first largest element along an axis (of the flattened array by default)."""
    return _arg_bind(x, axis, keepdims)


@row(Nondifferentiable, **_arg("argmin"))
def argmin(x: Node, axis: Any = None, keepdims: bool = False) -> Any:
    """Index of the first smallest element along an axis (of the flattened array by default)."""
    return _arg_bind(x, axis, keepdims)


@composite(category="reduction", examples=("count_nonzero(x, axis=1)",))
def count_nonzero(x: Node, axis: Any = None, keepdims: bool = False) -> Node:
    """Number of elements that are not zero."""
    return F.sum(F.not_equal(x, 0), axis, keepdims)


# ----- exponential families -----------------------------------------------------------------------


def _logsumexp(xp: Any, x: Any, axis: Axes, keepdims: bool) -> Any:
    top = largest(xp, x, axis, -np.inf)
    shift = xp.where(xp.isfinite(top), top, 0).astype(x.dtype)
    total = xp.log(xp.sum(xp.exp(x - shift), axis=axis, keepdims=True)) + shift
    return total if keepdims else xp.reshape(total, reduced(x.shape, axis, False))


@row(
    General,
    kind="reduction",
    evaluate=_logsumexp,
    dtype=lambda x, **_: np.result_type(x.dtype, np.float16) if x.dtype.kind == "f" else np.float64,
    pullback=lambda g, y, x, axis, keepdims: (restored(g, x, axis) * F.softmax(x, axis),),
    examples=("logsumexp(x)", "logsumexp(x, axis=1)"),
    **REDUCTION,
)
def logsumexp(x: Node, axis: Any = None, keepdims: bool = False) -> Any:
    """log(sum(exp(x))) over axes, without overflow."""
    ordered(x, "logsumexp")
    x = F.astype(x, float) if x.dtype.kind in "biu" else x
    return reduction_bind(x, axis, keepdims)


def _softmax(xp: Any, x: Any, axis: Axes) -> Any:
    # all -inf gives zeros, infinities share the whole weight
    top = largest(xp, x, axis, -np.inf)
    at_top = xp.where(x == top, 0, -np.inf)
    safe = xp.where(xp.isinf(top), at_top, x - xp.where(xp.isinf(top), 0, top))
    weights = xp.exp(safe).astype(x.dtype)
    weights = xp.where(top == -np.inf, 0, weights).astype(x.dtype)
    total = xp.sum(weights, axis=axis, keepdims=True)
    return weights / xp.where(total == 0, 1, total).astype(x.dtype)


def _scan_batch(y: Node, x: tuple[Node, ...], batched: Batched, size: int) -> Node:
    axis = y.params["axis"]
    moved = tuple(a + 1 for a in axis) if isinstance(axis, tuple) else axis + 1
    return y.op.apply(x, {**y.params, "axis": moved})


def _softmax_pullback(g: Any, y: Node, x: Node, axis: Axes) -> tuple[Node]:
    return (y * (g - F.sum(g * y, axis, True)),)


@row(
    General,
    kind="reduction",
    evaluate=_softmax,
    shape=lambda x, axis: x.shape,
    dtype=lambda x, axis: x.dtype if x.dtype.kind == "f" else np.float64,
    pullback=_softmax_pullback,
    batch=_scan_batch,
    category="activation",
    examples=("softmax(x)", "softmax(x, axis=0)"),
)
def softmax(x: Node, axis: Any = -1) -> Any:
    """exp(x)/sum(exp(x)) along an axis (the last by default, several allowed)."""
    ordered(x, "softmax")
    return (F.astype(x, float) if x.dtype.kind in "biu" else x,), {"axis": axis_tuple(axis, x.ndim)}


@composite(category="activation", examples=("log_softmax(x, axis=1)",))
def log_softmax(x: Node, axis: Any = -1) -> Node:
    """x - logsumexp(x) along an axis (the last by default)."""
    return x - F.logsumexp(x, axis, True)


@composite(category="activation", examples=("softmin(x, axis=1)",))
def softmin(x: Node, axis: Any = -1) -> Node:
    """softmax(-x) along an axis (the last by default)."""
    return F.softmax(-x, axis)


# ----- scans --------------------------------------------------------------------------------------


def _scan_bind(x: Node, axis: Any) -> Any:
    if axis is None:
        x, axis = F.ravel(x), 0
    return (x,), {"axis": axis_index(axis, x.ndim)}


@row(
    Linear,
    moves=False,
    evaluate=lambda xp, x, axis: xp.cumsum(x, axis=axis),
    shape=lambda x, axis: x.shape,
    dtype=_sum_dtype,
    pullback=lambda g, y, x, axis: (F.flip(F.cumsum(F.flip(g, axis), axis), axis),),
    batch=_scan_batch,
    category="scan",
    examples=("cumsum(x)", "cumsum(x, axis=1)"),
)
def cumsum(x: Node, axis: Any = None) -> Any:
    """Running sum along an axis (of the flattened array by default)."""
    return _scan_bind(x, axis)


def _along(axis: int, *bounds: Any) -> tuple[slice, ...]:
    return (*(slice(None),) * axis, slice(*bounds))


@on_host
def _recurrence(xp: Any, a: Any, b: Any, axis: int) -> Any:
    a, b = xp.moveaxis(a, axis, 0), xp.moveaxis(b, axis, 0)
    out = xp.empty(b.shape, np.result_type(a.dtype, b.dtype))
    before = 0
    for i in range(len(out)):
        before = out[i] = a[i] * before + b[i]
    return xp.moveaxis(out, 0, axis)


def _delayed(x: Node, axis: int) -> Node:
    """x one place further along the axis, with zeros first."""
    first = F.zeros_like(x[_along(axis, 0, 1)])
    return F.concatenate([first, x[_along(axis, None, -1)]], axis)


def _recurrence_pullback(g: Any, y: Node, a: Node, b: Node, axis: int) -> tuple[Node, Node]:
    # the cotangent of b runs backwards through the same recurrence
    if y.shape[axis] == 0:
        return F.zeros_like(a), F.zeros_like(b)
    weights = _delayed(F.flip(F.conj(a), axis), axis)
    by_b = F.flip(F.linear_recurrence(weights, F.flip(g, axis), axis), axis)
    return by_b * F.conj(_delayed(y, axis)), by_b


def _recurrence_batch(y: Node, x: tuple[Node, ...], batched: Batched, size: int) -> Node:
    a, b = (z if many else spread(z, size) for z, many in zip(x, batched, strict=True))
    return y.op.apply((a, b), {"axis": y.params["axis"] + 1})


@row(
    General,
    kind="scan",
    evaluate=_recurrence,
    shape=lambda a, b, axis: a.shape,
    pullback=_recurrence_pullback,
    batch=_recurrence_batch,
    category="scan",
    arrays=2,
    examples=("linear_recurrence(x, y, 1)", "linear_recurrence(x, y)"),
)
def linear_recurrence(a: Node, b: Node, axis: int = -1) -> Any:
    """y with y[i] = a[i]*y[i-1] + b[i] along an axis, starting from y[0] = b[0]."""
    shape = broadcast(a.shape, b.shape)
    a, b = (x if x.shape == shape else F.broadcast_to(x, shape) for x in (a, b))
    return (a, b), {"axis": axis_index(axis, len(shape))}


def _cumprod_pullback(g: Any, y: Node, x: Node, axis: int) -> tuple[Node]:
    # dL/dx[j] = y[j-1] * s[j] with s[j] = g[j] + x[j+1]*s[j+1]: never a division by x
    if x.shape[axis] == 0:
        return (F.zeros_like(x),)
    weights = _delayed(F.flip(F.conj(x), axis), axis)
    later = F.flip(F.linear_recurrence(weights, F.flip(g, axis), axis), axis)
    first = F.ones_like(x[_along(axis, 0, 1)])
    before = F.concatenate([first, y[_along(axis, None, -1)]], axis)
    return (F.conj(before) * later,)


@row(
    General,
    kind="scan",
    evaluate=lambda xp, x, axis: xp.cumprod(x, axis=axis),
    shape=lambda x, axis: x.shape,
    dtype=_sum_dtype,
    pullback=_cumprod_pullback,
    batch=_scan_batch,
    category="scan",
    examples=("cumprod(x)", "cumprod(x, axis=1)"),
)
def cumprod(x: Node, axis: Any = None) -> Any:
    """Running product along an axis (of the flattened array by default)."""
    return _scan_bind(x, axis)


@composite(category="scan", examples=("diff(x, axis=0)", "diff(v, 2)"))
def diff(x: Node, n: int = 1, axis: int = -1) -> Node:
    """Differences of neighbours along an axis, n times."""
    i = axis_index(axis, x.ndim)
    lead = (slice(None),) * i
    if whole(n, "n") < 0:
        raise DiffcliError("bad-argument", "the number of differences cannot be negative")
    for _ in range(min(n, x.shape[i])):
        x = x[(*lead, slice(1, None))] - x[(*lead, slice(None, -1))]
    return x
