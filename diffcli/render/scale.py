"""Scales of plots: which values are shown, and where the axes have marks."""

from __future__ import annotations

from math import ceil, floor, log10
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcli.render.numbers import format_real

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

STEPS = (1, 2, 5, 10)


def limits(y: Array, whole: bool) -> tuple[float, float]:
    """The least and the largest value to show, and a little more.

    Where a curve is not `whole`, it may go to infinity: the outermost values are then left out,
    if they are farther away than the others are from each other.
    """
    finite = y[np.isfinite(y)]
    if not finite.size:
        return -1.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    if not whole:
        inner = np.quantile(finite, [0.05, 0.95])
        reach = float(inner[1] - inner[0])
        low, high = max(low, float(inner[0]) - reach), min(high, float(inner[1]) + reach)
    room = 0.05 * (high - low) or 0.5 * abs(high) or 1.0
    return low - room, high + room


def ticks(low: float, high: float, most: int) -> Array:
    """Round numbers between two, at equal distances, about as many as `most`."""
    raw = (high - low) / max(most, 1)
    power = 10.0 ** floor(log10(raw))
    step = next(power * s for s in STEPS if power * s >= raw * (1 - 1e-9))
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return np.arange(first, last + 1) * step


def labels(marks: Array) -> list[str]:
    """The marks as text, with as many digits as tell them apart."""
    texts: list[str] = []
    for digits in range(6, 18):
        plain = (float(f"{mark:.{max(digits, 12)}g}") for mark in marks)
        texts = [format_real(x, digits) for x in plain]
        if len(set(texts)) == len(texts):
            break
    return texts
