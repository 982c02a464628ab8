"""Rows of numerical calculus on samples: integrals, slopes, interpolation and differences."""

from __future__ import annotations

from typing import Any

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node
from diffcli.graph.shapes import axis_index, axis_tuple, show
from diffcli.ops.kinds import composite
from diffcli.ops.table import F, lift


@composite(
    category="calculus",
    aliases=("trapz",),
    examples=("trapezoid(x)", "trapezoid(x, dx=s)", "trapezoid(y, x=cumsum(v))"),
)
def trapezoid(y: Node, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Node:
    """Integral of samples y at the places x, or at equal distances dx, by trapezoids."""
    i = axis_index(axis, y.ndim)
    lead = (slice(None),) * i
    middle = (y[(*lead, slice(1, None))] + y[(*lead, slice(None, -1))]) / 2
    if x is None:
        return F.sum(middle * lift(dx), i)
    places = lift(x)
    if places.ndim == 1:
        places = F.reshape(places, (-1, *(1,) * (y.ndim - i - 1)))
        return F.sum(middle * F.diff(places, 1, 0), i)
    return F.sum(middle * F.diff(places, 1, axis), i)


def _slopes(f: Node, spacing: Any, axis: int, edge_order: int) -> Node:
    """Second-order differences inside, first- or second-order ones at both ends."""
    n = f.shape[axis]
    if n < edge_order + 1:
        raise DiffcliError("shape", f"gradient needs at least {edge_order + 1} samples")

    def part(*bounds: Any) -> Node:
        return f[(*(slice(None),) * axis, slice(*bounds))]

    h = lift(spacing)
    if h.ndim == 0:
        steps = F.broadcast_to(h, (n - 1,))
    elif h.shape == (n,):
        steps = F.diff(h)
    else:
        raise DiffcliError("shape", f"coordinates of shape {show(h.shape)} do not fit {n} samples")
    steps = F.reshape(steps, (-1, *(1,) * (f.ndim - axis - 1)))
    a, b = steps[:-1], steps[1:]
    forward = (part(1, None) - part(None, -1)) / steps
    between = [slice(None)] * axis
    left, right = (
        forward[(*between, slice(None, -1))],
        forward[(*between, slice(1, None))],
    )
    inside = (left * b + right * a) / (a + b)
    first, last = forward[(*between, slice(0, 1))], forward[(*between, slice(-1, None))]
    if edge_order == 2:
        # the parabola through three samples, at its ends
        a, b, y, z = steps[:1], steps[1:2], steps[-1:], steps[-2:-1]
        first = first + (first - forward[(*between, slice(1, 2))]) * a / (a + b)
        last = last + (last - forward[(*between, slice(-2, -1))]) * y / (y + z)
    return F.concatenate([first, inside, last], axis)


@composite(
    category="calculus",
    method=False,
    examples=(
        "gradient(v)",
        "gradient(x, s, axis=1)",
        "gradient(A, cumsum(p[0]), axis=0, edge_order=2)",
        "gradient(x)[0]",
    ),
)
def gradient(x: Node, *spacing: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Slopes of samples along each axis (a list for several) by differences, as NumPy has them."""
    axes = axis_tuple(axis, x.ndim)
    if edge_order not in (1, 2):
        raise DiffcliError("bad-argument", "edge_order must be 1 or 2")
    steps = spacing or (1.0,)
    if len(steps) == 1:
        steps *= len(axes)
    if len(steps) != len(axes):
        raise DiffcliError("bad-argument", f"there are {len(steps)} spacings for {len(axes)} axes")
    slopes = [_slopes(x, h, i, edge_order) for h, i in zip(steps, axes, strict=True)]
    return slopes[0] if len(slopes) == 1 else slopes


@composite(
    category="calculus",
    arrays=3,
    examples=("interp(x, cumsum(p[0]), v)", "interp(x, [-1, 0, 1], v, left=0, right=t)"),
    kink="at the places of the samples the slope to the right",
)
def interp(x: Node, xp: Node, fp: Node, left: Any = None, right: Any = None) -> Node:
    """The samples fp at ascending places xp, interpolated linearly at x; constant outside."""
    if xp.ndim != 1 or xp.shape != fp.shape or xp.size == 0:
        raise DiffcliError("shape", "interp needs two vectors of samples with the same length")
    n = xp.size
    below = fp[0] if left is None else lift(left)
    above = fp[-1] if right is None else lift(right)
    if n == 1:
        inner = F.broadcast_to(fp[0], x.shape)
    else:
        i = F.clip(F.searchsorted(xp, x, "right") - 1, 0, n - 2)
        x0, x1, f0, f1 = (F.take(a, k) for a in (xp, fp) for k in (i, i + 1))
        inner = f0 + (x - x0) * ((f1 - f0) / (x1 - x0))
    inner = F.where(F.less(x, xp[0]), below, inner)
    at_last = F.where(F.equal(x, xp[-1]), fp[-1], above)
    y = F.where(F.greater_equal(x, xp[-1]), at_last, inner)
    return F.kinked(y, F.any(F.equal(F.expand_dims(x, -1), xp), -1), "interp", x, xp)


@composite(category="calculus", examples=("ediff1d(x)", "ediff1d(v, to_end=s)"))
def ediff1d(x: Node, to_end: Any = None, to_begin: Any = None) -> Node:
    """Differences of neighbours of the flattened array, with elements put before and after."""
    parts = [F.ravel(lift(p)) for p in (to_begin,) if p is not None]
    parts.append(F.diff(F.ravel(x)))
    parts += [F.ravel(lift(p)) for p in (to_end,) if p is not None]
    return F.concatenate(parts) if len(parts) > 1 else parts[0]
