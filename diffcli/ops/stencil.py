"""Numerical derivatives with respect to parameters for which no closed form is known."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from diffcli.graph.node import Node, postorder
from diffcli.ops.kinds import Elementwise
from diffcli.ops.op import CONSTANT
from diffcli.ops.table import F, lift

REACH = 6
_POSITIONS = [k for k in range(-REACH, REACH + 1) if k]

POINTS = np.array(_POSITIONS, float)
WEIGHTS = np.array(
    [
        (-1.0) ** (k + 1)
        * math.factorial(REACH) ** 2
        / (k * math.factorial(REACH - k) * math.factorial(REACH + k))
        for k in _POSITIONS
    ]
)
"""The central difference of order 12 (Fornberg, Math. Comp. 51, 1988)."""

WIDE = 0.05
"""The step for functions that are entire in the parameter."""

LEAST = float(np.finfo(np.float64).tiny)
"""What stands for a probability of 0, whose logarithm has no slope."""

Elementwise(
    "stencil_step",
    lambda x, pole=0.0: ((x,), {"pole": pole}),
    lambda xp, x, pole: WIDE * xp.abs(x - pole) / (1 + 0.5 * xp.sqrt(xp.abs(x - pole))),
    doc="A step that stays clear of a pole and below the square root of the distance from it.",
    category="special",
    hidden=True,
)


def slope(
    f: Callable[..., Node], y: Node, inputs: tuple[Node, ...], i: int, pole: float | None = None
) -> Node:
    """The derivative of `y` = f(*inputs) with respect to input `i`, by differences of order 12.

    The error is about 1e-12 of the values. The other inputs may be differentiated through the
    result, which is a sum of 12 values of f. The step is constant, or small against the distance
    of the input from `pole`.
    """
    a = inputs[i]
    wide: list[Any] = [F.expand_dims(x, -1) for x in inputs]
    step: Any = WIDE if pole is None else F.stencil_step(F.astype(a, np.float64), pole=pole)
    offsets = POINTS * WIDE if pole is None else F.expand_dims(step, -1) * lift(POINTS)
    wide[i] = wide[i] + offsets
    total = F.sum(f(*wide) * lift(WEIGHTS), axis=-1) / step
    return F.astype(total, y.dtype)


def tail_slope(
    f: Callable[..., Node],
    rest: Callable[..., Node],
    y: Node,
    inputs: tuple[Node, ...],
    i: int,
) -> Node:
    """`slope` for y = f(*inputs) from 0 to 1, where rest(*inputs) = 1 - y; input i is positive.

    The differences are those of the logarithm of the smaller of both, so that the error is
    relative also where y is very small or nearly 1.
    """
    low = F.less_equal(y, 0.5)
    wide: list[Any] = [F.expand_dims(x, -1) for x in inputs]
    step = F.stencil_step(F.astype(inputs[i], np.float64), pole=0.0)
    wide[i] = wide[i] + F.expand_dims(step, -1) * lift(POINTS)
    found = F.where(F.expand_dims(low, -1), f(*wide), rest(*wide))
    rate = F.sum(F.log(F.maximum(found, LEAST)) * lift(WEIGHTS), axis=-1) / step
    return F.astype(rate * F.where(low, y, -rest(*inputs)), y.dtype)


def is_numerical(derivative: Node) -> bool:
    """Whether a derivative is made of the differences of `slope`."""
    nodes = postorder([derivative])
    return any(x.op is CONSTANT and x.params["value"] is WEIGHTS for x in nodes)


def slope_rule(name: str, i: int, pole: float | None = None) -> Callable[..., Node]:
    """The partial rule of the row `name` for its input `i`."""
    return lambda y, *inputs: slope(getattr(F, name), y, inputs, i, pole)
