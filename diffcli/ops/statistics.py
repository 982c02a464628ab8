"""Rows of statistics: order statistics, sums that skip NaN, covariance, counts, running extrema."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node
from diffcli.graph.shapes import axis_index, axis_tuple, reduced, shape_tuple
from diffcli.ops.constructors import _size
from diffcli.ops.kinds import Elementwise, General, Nondifferentiable, composite, row
from diffcli.ops.known import known
from diffcli.ops.op import CONSTANT, Batched
from diffcli.ops.reductions import ordered
from diffcli.ops.shaping import spread
from diffcli.ops.table import F, lift

STATISTICS: dict[str, Any] = {"category": "statistics", "method": False}

# ----- order statistics ---------------------------------------------------------------------------


def _lined(x: Node, axis: Any) -> tuple[Node, tuple[int, ...]]:
    """x with the axes joined as the last one, and the axes in order."""
    axes = axis_tuple(axis, x.ndim)
    rest = [i for i in range(x.ndim) if i not in axes]
    moved = F.transpose(x, (*rest, *axes)) if x.ndim else x
    n = math.prod(x.shape[i] for i in axes)
    if n == 0:
        raise DiffcliError("shape", "an empty array has no quantiles")
    return F.reshape(moved, (*(x.shape[i] for i in rest), n)), axes


def _between(s: Node, position: Any) -> Node:
    """Elements of the last axis of s at a place between two, by linear interpolation."""
    n = s.shape[-1]
    if isinstance(position, float):
        k = min(int(position), max(n - 2, 0))
        return _mixed(s[..., k], s[..., min(k + 1, n - 1)], position - k)
    floor = F.clip(F.floor(position), 0, max(n - 2, 0))
    below = F.astype(floor, "int64")
    above = F.minimum(below + 1, n - 1)
    return _mixed(F.take(s, below, -1), F.take(s, above, -1), position - floor)


def _mixed(low: Node, high: Node, t: Any) -> Node:
    # no product with 0, which an infinite neighbour would make NaN
    if isinstance(t, float) and t in (0, 1):
        return high if t else low
    mixed: Node = low * (1 - t) + high * t
    return mixed


def _fraction(q: Any, whole: float) -> Any:
    """A quantile as a number where it is known, or a node, from 0 to 1."""
    if isinstance(q, Node) and q.shape == () and "value" in q.params:
        q = q.params["value"].item() if not q.weak else q.params["value"]
    if isinstance(q, int | float):
        if not 0 <= q <= whole:
            raise DiffcliError("bad-argument", f"a quantile of {q} is not from 0 to {whole:g}")
        return q / whole
    node = lift(q)
    return node if whole == 1 else node / whole


def _quantile(x: Node, fraction: Any, axis: Any, keepdims: bool) -> Node:
    lined, axes = _lined(ordered(x, "a quantile"), axis)
    if lined.dtype.kind in "biu":
        lined = F.astype(lined, float)
    s = F.sort(lined, -1)
    y = _between(s, fraction * (s.shape[-1] - 1))
    # NaN is sorted to the end, and one is enough to make the result NaN
    last = s[..., -1]
    new = 0 if isinstance(fraction, float) else fraction.ndim
    if new:
        y = F.moveaxis(y, tuple(range(y.ndim - new, y.ndim)), tuple(range(new)))
    y = F.where(F.isnan(last), last, y)
    return F.reshape(y, (*y.shape[:new], *reduced(x.shape, axes, True))) if keepdims else y


@composite(
    examples=("quantile(x, 0.3)", "quantile(x, [0.2, 0.9], axis=1)", "quantile(x, u[0, 0]**2)"),
    arrays=1,
    kink="that of the sort between equal elements",
    **STATISTICS,
)
def quantile(x: Node, q: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Quantiles q (0 to 1) over axes, interpolated linearly between neighbours."""
    return _quantile(x, _fraction(q, 1), axis, keepdims)


@composite(examples=("percentile(x, 30, axis=0)",), arrays=1, **STATISTICS)
def percentile(x: Node, q: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Quantiles in percent, q from 0 to 100, interpolated linearly between neighbours."""
    return _quantile(x, _fraction(q, 100), axis, keepdims)


@composite(
    examples=("median(x)", "median(x, axis=1, keepdims=True)", "median(B, (0, 2))"),
    kink="that of the sort between equal elements",
    **STATISTICS,
)
def median(x: Node, axis: Any = None, keepdims: bool = False) -> Node:
    """Middle element over axes, or the mean of the two middle ones."""
    return _quantile(x, 0.5, axis, keepdims)


@composite(examples=("nanmedian(x, axis=1)", "nanmedian(where(x > 0, x, nan))"), **STATISTICS)
def nanmedian(x: Node, axis: Any = None, keepdims: bool = False) -> Node:
    """Median of the elements that are not NaN."""
    lined, axes = _lined(ordered(x, "nanmedian"), axis)
    s = F.sort(lined, -1)
    count = F.sum(F.logical_not(F.isnan(s)), -1, True)
    # for an odd number both are the one in the middle
    low = F.take_along_axis(s, F.floor_divide(F.maximum(count - 1, 0), 2), -1)
    high = F.take_along_axis(s, F.floor_divide(count, 2), -1)
    y = F.squeeze((low + high) / 2, -1)
    return F.reshape(y, reduced(x.shape, axes, True)) if keepdims else y


@composite(examples=("partition(x, 1)", "partition(x, 1, axis=0)"), category="indexing")
def partition(x: Node, kth: Any, axis: Any = -1) -> Node:
    """Smaller elements before the kth and larger ones after it: here all of them in order."""
    axis = _checked_kth(x, kth, axis)
    return F.sort(x, axis)


@composite(examples=("argpartition(x, 1)",), category="indexing")
def argpartition(x: Node, kth: Any, axis: Any = -1) -> Node:
    """Indices that partition along an axis: here those that sort."""
    axis = _checked_kth(x, kth, axis)
    return F.argsort(x, axis)


def _checked_kth(x: Node, kth: Any, axis: Any) -> Any:
    n = x.size if axis is None else x.shape[axis_index(axis, x.ndim)]
    for k in shape_tuple(kth):
        if not -n <= k < n:
            raise DiffcliError("index", f"index {k} is outside an axis with {n} elements")
    return axis


@composite(examples=("topk(x, 2)[0]", "topk(x, 1, axis=0, largest=False)[0]"), category="indexing")
def topk(x: Node, k: Any, axis: int = -1, largest: bool = True, sorted: bool = True) -> list[Node]:
    """The k largest (or smallest) elements along an axis in order, and where they are."""
    axis = axis_index(axis, x.ndim)
    k = _size(k, "k")
    if k > x.shape[axis]:
        raise DiffcliError("shape", f"{x.shape[axis]} elements do not have the {k} largest")
    first, key = (*(slice(None),) * axis, slice(0, k)), -x if largest else x
    values = F.sort(key, axis)[first]
    return [-values if largest else values, F.argsort(key, axis)[first]]


@composite(examples=("lexsort([v, w])",), category="indexing", arrays=0, method=False)
def lexsort(keys: Any, axis: int = -1) -> Node:
    """Indices that sort by the last key, then the one before it, and so on."""
    nodes = [lift(k) for k in (keys if isinstance(keys, list | tuple) else [keys])]
    order = F.argsort(nodes[0], axis)
    for key in nodes[1:]:
        again = F.argsort(F.take_along_axis(key, order, axis), axis)
        order = F.take_along_axis(order, again, axis)
    return order


# ----- sums that skip NaN -------------------------------------------------------------------------

SKIPPING: dict[str, Any] = {"category": "reduction", "method": False}


def _minus_infinity() -> Node:
    return -CONSTANT.make(math.inf, "inf")


def _without_nan(x: Node, value: Any) -> Node:
    return F.where(F.isnan(x), value, x) if x.dtype.kind in "fc" else x


def _present(x: Node, axis: Any, keepdims: bool) -> Node:
    real = "float32" if x.dtype in (np.float32, np.complex64) else "float64"
    return F.astype(F.sum(F.logical_not(F.isnan(x)), axis, keepdims), real)


@composite(examples=("nansum(where(x > 0, x, nan), axis=1)",), **SKIPPING)
def nansum(x: Node, axis: Any = None, keepdims: bool = False) -> Node:
    """Sum of the elements that are not NaN."""
    return F.sum(_without_nan(x, 0), axis, keepdims)


@composite(examples=("nanprod(where(x > 0, x, nan), axis=1)",), **SKIPPING)
def nanprod(x: Node, axis: Any = None, keepdims: bool = False) -> Node:
    """Product of the elements that are not NaN."""
    return F.prod(_without_nan(x, 1), axis, keepdims)


@composite(examples=("nanmean(where(x > 0, x, nan))",), **SKIPPING)
def nanmean(x: Node, axis: Any = None, keepdims: bool = False) -> Node:
    """Mean of the elements that are not NaN."""
    return F.nansum(x, axis, keepdims) / _present(x, axis, keepdims)


def _centred(x: Node, axis: Any) -> Node:
    return F.where(F.isnan(x), 0, x - F.nanmean(x, axis, True))


def _degrees(x: Node, axis: Any, ddof: float, keepdims: bool) -> Node:
    degrees = _present(x, axis, keepdims) - ddof
    return F.where(F.greater(degrees, 0), degrees, math.nan)


@composite(examples=("nanvar(where(x > 0, x, nan))",), **SKIPPING)
def nanvar(x: Node, axis: Any = None, ddof: Any = 0, keepdims: bool = False) -> Node:
    """Variance of the elements that are not NaN."""
    centred = _centred(x, axis)
    squares = F.square(F.abs(centred) if x.dtype.kind == "c" else centred)
    return F.sum(squares, axis, keepdims) / _degrees(x, axis, ddof, keepdims)


@composite(examples=("nanstd(where(x > 0, x, nan))",), kink="0 where all are equal", **SKIPPING)
def nanstd(x: Node, axis: Any = None, ddof: Any = 0, keepdims: bool = False) -> Node:
    """Standard deviation of the elements that are not NaN."""
    length = F.euclid(_centred(x, axis), axis, keepdims)
    return length / F.sqrt(_degrees(x, axis, ddof, keepdims))


def _nan_extremum(name: str, x: Node, worst: Any, axis: Any, keepdims: bool) -> Node:
    best: Node = getattr(F, name)(_without_nan(x, worst), axis, keepdims)
    return F.where(F.all(F.isnan(x), axis, keepdims), math.nan, best)


@composite(
    examples=("nanmax(where(x > 0, x, nan))",), kink="ties share the derivative evenly", **SKIPPING
)
def nanmax(x: Node, axis: Any = None, keepdims: bool = False) -> Node:
    """Largest of the elements that are not NaN; NaN where there is none."""
    return _nan_extremum("max", x, _minus_infinity(), axis, keepdims)


@composite(
    examples=("nanmin(where(x > 0, x, nan))",), kink="ties share the derivative evenly", **SKIPPING
)
def nanmin(x: Node, axis: Any = None, keepdims: bool = False) -> Node:
    """Smallest of the elements that are not NaN; NaN where there is none."""
    return _nan_extremum("min", x, math.inf, axis, keepdims)


@composite(examples=("nanargmax(x, axis=1)",), **SKIPPING)
def nanargmax(x: Node, axis: Any = None, keepdims: bool = False) -> Node:
    """Index of the first largest element that is not NaN."""
    return F.argmax(_without_nan(x, _minus_infinity()), axis, keepdims)


@composite(examples=("nanargmin(x, axis=1)",), **SKIPPING)
def nanargmin(x: Node, axis: Any = None, keepdims: bool = False) -> Node:
    """Index of the first smallest element that is not NaN."""
    return F.argmin(_without_nan(x, math.inf), axis, keepdims)


# ----- covariance ---------------------------------------------------------------------------------


@composite(
    examples=("cov(x)", "cov(x, rowvar=False, ddof=0)", "cov(v)", "cov(v, w)", "cov(x, y)"),
    **STATISTICS,
)
def cov(x: Node, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: Any = None) -> Node:
    """Covariance matrix of variables in rows, with n - 1 (or n - ddof) as the divisor."""
    m = _observations(x, rowvar)
    if y is not None:
        m = F.concatenate([m, _observations(lift(y), rowvar)], 0)
    centred = m - F.mean(m, 1, True)
    degrees = m.shape[1] - ((0 if bias else 1) if ddof is None else ddof)
    c = F.matmul(centred, F.conj(F.transpose(centred))) / max(degrees, 0)
    return F.squeeze(c)


def _observations(x: Node, rowvar: bool) -> Node:
    if x.ndim > 2:
        raise DiffcliError("shape", "a covariance takes a vector or a matrix")
    m: Node = F.reshape(x, (1, x.size)) if x.ndim < 2 else x
    return m if rowvar or x.ndim < 2 else F.transpose(m)


@composite(examples=("corrcoef(A)", "corrcoef(v, w)", "corrcoef(v)"), **STATISTICS)
def corrcoef(x: Node, y: Any = None, rowvar: bool = True) -> Node:
    """Correlation coefficients of variables in rows."""
    c = F.cov(x, y, rowvar)
    if c.ndim == 0:
        return c / c
    size = F.sqrt(F.real(F.diag(c)))
    return c / F.expand_dims(size, 1) / size


# ----- counts -------------------------------------------------------------------------------------


def _searchsorted(xp: Any, a: Any, v: Any, side: str) -> Any:
    if a.ndim == 1:
        return xp.searchsorted(a, v, side=side)
    out = xp.empty(v.shape, np.int64)
    for i in np.ndindex(*a.shape[:-1]):
        out[i] = xp.searchsorted(a[i], v[i], side=side)
    return out


def _searchsorted_batch(y: Node, x: tuple[Node, ...], batched: Batched, size: int) -> Node:
    a, v = x
    if not batched[0] and a.ndim == 1:
        return y.op.apply((a, v), y.params)
    pair = tuple(z if many else spread(z, size) for z, many in zip(x, batched, strict=True))
    return y.op.apply(pair, y.params)


@row(
    Nondifferentiable,
    evaluate=_searchsorted,
    shape=lambda a, v, side: v.shape,
    dtype=lambda *_, **__: np.int64,
    batch=_searchsorted_batch,
    category="indexing",
    arrays=2,
    examples=("searchsorted(cumsum(p[0]), x)", "searchsorted(cumsum(p, 1), x, 'right')"),
)
def searchsorted(a: Node, v: Node, side: str = "left") -> Any:
    """Where v would go into the sorted a: before equal elements, or ('right') behind them."""
    if side not in ("left", "right"):
        raise DiffcliError("bad-argument", "side must be 'left' or 'right'")
    lead = a.shape[:-1]
    if a.ndim == 0 or v.shape[: len(lead)] != lead:
        raise DiffcliError("shape", "searchsorted needs a sorted vector, or one for each row of v")
    return (ordered(a, "searchsorted"), ordered(v, "searchsorted")), {"side": side}


@composite(
    category="indexing", arrays=2, examples=("digitize(x, [-1, 0, 1])", "digitize(x, [1, 0, -1])")
)
def digitize(x: Node, bins: Node, right: bool = False) -> Node:
    """The number of the bin of each element; bins ascend, or descend where they are constant."""
    side = "left" if right else "right"
    edges = bins.params.get("value")
    if edges is not None and bins.ndim == 1 and bins.size > 1 and edges[0] > edges[-1]:
        return bins.size - F.searchsorted(F.flip(bins), x, side)
    return F.searchsorted(bins, x, side)


@composite(
    category="statistics",
    examples=("bincount([0, 2, 2], v)", "bincount([0, 2, 2], minlength=5) * 1.0"),
)
def bincount(x: Node, weights: Any = None, minlength: Any = 0) -> Node:
    """How often each integer occurs in a vector, or the sum of its weights."""
    if x.dtype.kind not in "biu" or x.ndim != 1:
        raise DiffcliError("bad-argument", "bincount takes a vector of integers")
    top = known(x, "the length of bincount depends on the values") if x.size else np.array([-1])
    if x.size and top.min() < 0:
        raise DiffcliError("index", "bincount takes integers from 0 up")
    length = max(int(top.max()) + 1, _size(minlength, "minlength"))
    what = F.ones(x.size, dtype="int64") if weights is None else lift(weights)
    return F.add_at(what, x, shape=(length,))


@composite(
    category="statistics",
    examples=(
        "histogram(x, 3)[0] * 1.0",
        "histogram(x, 3)[1]",
        "histogram(x, [-1, 0, 1])[0] * 1.0",
    ),
    method=False,
)
def histogram(x: Node, bins: Any = 10, range: Any = None, weights: Any = None) -> list[Node]:
    """Numbers of elements in bins (without derivative), and the edges of the bins."""
    flat = F.ravel(x)
    if isinstance(bins, int) and not isinstance(bins, bool):
        low, high = (F.min(flat), F.max(flat)) if range is None else map(float, range)
        edges = F.linspace(low, high, bins + 1)
        if edges.dtype != flat.dtype and flat.dtype.kind == "f":
            edges = F.astype(edges, flat.dtype)
    else:
        edges = lift(bins)
    count = edges.shape[0] - 1
    place = F.searchsorted(edges, flat, "right") - 1
    # the last bin has both of its edges
    place = F.where(F.equal(flat, edges[-1]), count - 1, place)
    inside = F.logical_and(F.greater_equal(place, 0), F.less(place, count))
    what = F.ones(x.size, dtype="int64") if weights is None else F.ravel(lift(weights))
    counted = F.where(inside, what, 0)
    return [F.add_at(counted, F.clip(place, 0, count - 1), shape=(count,)), edges]


@composite(category="statistics", examples=("mode([1.0, 2, 2, 3, 3])",))
def mode(x: Node, axis: int = -1) -> Node:
    """The most frequent element along an axis, the smallest of several."""
    axis = axis_index(axis, x.ndim)
    s = F.moveaxis(F.sort(x, axis), axis, -1)
    same = F.equal(F.expand_dims(s, -1), F.expand_dims(s, -2))
    best = F.argmax(F.sum(same, -1), -1, True)
    return F.squeeze(F.take_along_axis(s, best, -1), -1)


# ----- running extrema and sums of exponentials ---------------------------------------------------


def _scan_axis(x: Node, axis: Any) -> tuple[Node, int]:
    if axis is None:
        x, axis = F.ravel(x), 0
    return x, axis_index(axis, x.ndim)


def _scan_batch(y: Node, x: tuple[Node, ...], batched: Batched, size: int) -> Node:
    return y.op.apply(x, {**y.params, "axis": y.params["axis"] + 1})


def _running(xp: Any, x: Any, axis: int) -> Any:
    best = xp.accumulate("maximum", x, axis)
    places = xp.arange(x.shape[axis]).reshape(-1, *(1,) * (x.ndim - axis - 1))
    return xp.accumulate("maximum", xp.where((x == best) | xp.isnan(x), places, 0), axis)


@row(
    Nondifferentiable,
    evaluate=_running,
    shape=lambda x, axis: x.shape,
    dtype=lambda *_, **__: np.int64,
    batch=_scan_batch,
    category="scan",
    examples=("running_argmax(x, 1)",),
)
def running_argmax(x: Node, axis: Any = -1) -> Any:
    """Index of the largest element so far along an axis, the last of several."""
    x, axis = _scan_axis(ordered(x, "running_argmax"), axis)
    return (x,), {"axis": axis}


def _reached_again(y: Node, x: Node, axis: Any, sign: int) -> Node:
    """Where the running maximum y of x (the minimum for sign -1) came more than once so far."""
    x, axis = _scan_axis(x, axis)
    lead = (slice(None),) * axis
    later, earlier = (*lead, slice(1, None)), (*lead, slice(None, -1))
    again = F.where(F.equal(x[later], y[earlier]), sign * y[later], -math.inf)
    first = F.full_like(y[(*lead, slice(0, 1))], -math.inf)
    again = F.concatenate([first, again], axis)
    highest = F.take_along_axis(again, F.running_argmax(again, axis), axis)
    return F.equal(highest, sign * y)


@composite(
    category="scan",
    examples=("cummax(x, axis=1)",),
    kink="the last of equal elements has it",
    kink_at=lambda y, x, axis=None: _reached_again(y, x, axis, 1),
)
def cummax(x: Node, axis: Any = None) -> Node:
    """Largest element so far along an axis (of the flattened array by default)."""
    x, axis = _scan_axis(ordered(x, "cummax"), axis)
    return F.take_along_axis(x, F.running_argmax(x, axis), axis)


@composite(
    category="scan",
    examples=("cummin(x, axis=1)",),
    kink="the last of equal elements has it",
    kink_at=lambda y, x, axis=None: _reached_again(y, x, axis, -1),
)
def cummin(x: Node, axis: Any = None) -> Node:
    """Smallest element so far along an axis (of the flattened array by default)."""
    x, axis = _scan_axis(ordered(x, "cummin"), axis)
    return F.take_along_axis(x, F.running_argmax(-x, axis), axis)


def _logcumsumexp_pullback(g: Any, y: Node, x: Node, axis: int) -> tuple[Node]:
    # dL/dx[j] = exp(x[j] - y[j])*s[j] with s[j] = g[j] + exp(y[j] - y[j+1])*s[j+1], which cannot
    # overflow because y never falls
    if x.shape[axis] == 0:
        return (F.zeros_like(x),)
    lead = (slice(None),) * axis
    before, after = y[(*lead, slice(None, -1))], y[(*lead, slice(1, None))]
    ratio = F.exp(F.infinite_gap(before, after))
    weights = F.flip(F.concatenate([ratio, F.zeros_like(x[(*lead, slice(0, 1))])], axis), axis)
    later = F.flip(F.linear_recurrence(weights, F.flip(g, axis), axis), axis)
    share = F.where(F.equal(x, _minus_infinity()), 0, F.exp(F.infinite_gap(x, y)))
    return (share * later,)


def _gap(xp: Any, a: Any, b: Any) -> Any:
    equal = (a == b) & xp.isinf(a)
    return xp.where(equal, 0, a - xp.where(equal, 0, b)).astype(np.result_type(a, b))


Elementwise(
    "infinite_gap",
    lambda x, y: ((x, y), {}),
    _gap,
    d=(lambda z, x, y: 1, lambda z, x, y: -1),
    doc="x - y, and 0 where both are the same infinity.",
    category="arithmetic",
    arrays=2,
    hidden=True,
)


@row(
    General,
    kind="scan",
    evaluate=lambda xp, x, axis: xp.accumulate("logaddexp", x, axis),
    shape=lambda x, axis: x.shape,
    pullback=_logcumsumexp_pullback,
    batch=_scan_batch,
    category="scan",
    examples=("logcumsumexp(x, axis=1)", "logcumsumexp(x)"),
)
def logcumsumexp(x: Node, axis: Any = None) -> Any:
    """log(cumsum(exp(x))) along an axis (of the flattened array by default), without overflow."""
    x, axis = _scan_axis(ordered(x, "logcumsumexp"), axis)
    return (F.astype(x, float) if x.dtype.kind in "biu" else x,), {"axis": axis}
