"""An expression and its slopes over a grid: a batch whose rows are the points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from diffcli.batch.compile import Compiled, Question
from diffcli.batch.compute import culprits
from diffcli.errors import DiffcliError, Source

Array = np.ndarray[Any, Any]

MOST = 10_000_000
"""Points of a grid."""

CAUGHT = ("domain", "dtype")
"""Errors of single points, which leave a gap."""


class Axis:
    """So many equally spaced values of one name, both ends among them."""

    def __init__(self, name: str, low: float, high: float, count: int) -> None:
        self.name = name
        self.points: Array = np.linspace(low, high, count)


class Sampled:
    """Values over a grid, and slopes by each of its names; nan where there are none.

    Arrays have an axis for each of `axes`, the last one first, as pictures have rows and columns.
    `bend` is the second derivative by a single name.
    """

    def __init__(
        self, axes: list[Axis], value: Array, slopes: dict[str, Array], bend: Array | None
    ) -> None:
        self.axes = axes
        self.value = value
        self.slopes = slopes
        self.bend = bend


def sample(
    source: Source,
    axes: Sequence[Axis],
    constants: Mapping[str, Array],
    dtype: np.dtype[Any],
    backend: str = "numpy",
) -> Sampled:
    """Compute an expression, whose result is one real number, at all points at once.

    A result that is a truth value or an integer has no slopes. Raises `not-scalar`, `limit` for a
    grid of too many points, and what the expression raises wherever the point is.
    """
    count = 1
    for axis in axes:
        count *= len(axis.points)
    if count > MOST:
        raise DiffcliError("limit", f"a grid of {count} points is larger than {MOST}")
    mesh = np.meshgrid(*(axis.points for axis in axes))
    columns = [points.ravel().astype(dtype) for points in mesh]
    names = [axis.name for axis in axes]

    def asked(kind: str) -> list[Array]:
        question = Question(source, kind, names, constants, backend=backend, dtype=dtype.name)
        compiled = Compiled(question, tuple(((), dtype.name) for _ in names))
        found = _values(compiled, columns, count)
        return [_real(array, count).reshape(mesh[0].shape) for array in found]

    try:
        value, *slopes = asked("grad")
    except DiffcliError as error:
        if error.code != "not-differentiable":
            raise
        return Sampled(list(axes), asked("eval")[0], {}, None)
    bend = asked("hessian")[1] if len(names) == 1 else None
    return Sampled(list(axes), value, dict(zip(names, slopes, strict=True)), bend)


def _values(compiled: Compiled, columns: list[Array], count: int) -> list[Array | None]:
    """What is computed at each point; nan where a point has no value."""
    try:
        return compiled.run(columns, count)
    except DiffcliError as error:
        if error.code not in CAUGHT:
            raise
    bad = culprits(compiled, columns, count, False)
    good = np.setdiff1d(np.arange(count), list(bad))
    if not len(good):
        raise next(iter(bad.values()))
    out: list[Array | None] = []
    for array in compiled.run([c[good] for c in columns], len(good)):
        full = np.full(count, np.nan)
        if array is not None:
            full[good] = array.ravel()
        out.append(full if array is not None else None)
    return out


def _real(array: Array | None, count: int) -> Array:
    """One real number a point; 0 for the slope of what does not depend on a name."""
    return np.zeros(count) if array is None else array.reshape(count).astype(float)


def joined(x: Array, y: Array, slope: Array | None) -> Array:
    """Whether a line joins each point of a curve with the next: no pole and no jump is between.

    By the mean value theorem the slope of the chord is one of the curve, so that it is not of the
    other sign than the slopes at both ends, and not much outside of what is between them. Where
    the cubic through both ends leaves the picture, there is a pole, too, of one sign.
    """
    with np.errstate(all="ignore"):
        whole = np.isfinite(y[:-1]) & np.isfinite(y[1:])
        if slope is None:
            return np.asarray(whole & (y[:-1] == y[1:]))
        step, span = np.diff(x), _span(y)
        chord, noise = np.diff(y) / step, 0.01 * span / step
        low, high = np.fmin(slope[:-1], slope[1:]), np.fmax(slope[:-1], slope[1:])
        room = 2 * np.fmax(np.abs(low), np.abs(high))  # slopes may be steeper in between
        inside = chord >= np.where(low > 0, 0, low - room) - noise
        inside &= chord <= np.where(high < 0, 0, high + room) + noise
        middle = np.abs((y[:-1] + y[1:]) / 2 + step * -np.diff(slope) / 8)
        largest = np.fmax(np.abs(y[:-1]), np.abs(y[1:]))
        inside &= ~(middle > largest + np.fmax(span, largest / 4))
        steep = ~np.isfinite(low) | ~np.isfinite(high)  # a vertical tangent, as sqrt has at 0
        return np.asarray(whole & (inside | steep))


def _span(y: Array) -> float:
    """How far apart the values are but for the outermost."""
    finite = y[np.isfinite(y)]
    if not finite.size:
        return 0.0
    low, high = np.quantile(finite, [0.05, 0.95])
    return float(high - low)
