"""Where a function of numbers and its derivative are finite, found by trying."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcli.catalogue.application import Application
from diffcli.graph.node import Node, is_inexact
from diffcli.ops.namespace import NUMPY
from diffcli.ops.op import INPUT, Maybe
from diffcli.ops.table import F
from diffcli.runtime.plan import Plan
from diffcli.transforms.reverse import one, pull
from diffcli.transforms.vmap import vmap

_UP = np.array([0.3, 0.7, 1.0, 1.5, np.pi / 2, 2.0, 2.3, 3.0, np.pi, 9.4])

PROBES = np.concatenate([-_UP[::-1], [0.0], _UP])

_TURNS = PROBES / np.pi % 1
_POLE = 1e15  # at the floating-point number next to a multiple of pi a pole has such a value

RANGES = {
    "{} > 0": PROBES > 0,
    "{} >= 0": PROBES >= 0,
    "{} != 0": PROBES != 0,
    "{} not pi/2 + n*pi": _TURNS != 0.5,
    "{} not n*pi": _TURNS != 0,
    "{} not 0, -1, -2, ...": ~np.isin(PROBES, [0.0, -1.0, -2.0, -3.0]),
    "{} not -1, -2, ...": ~np.isin(PROBES, [-1.0, -2.0, -3.0]),
    "-1 < {} < 1": abs(PROBES) < 1,
    "-1 <= {} <= 1": abs(PROBES) <= 1,
    "0 < {} < 1": (PROBES > 0) & (PROBES < 1),
    "0 <= {} <= 1": (PROBES >= 0) & (PROBES <= 1),
    "0 < {} < 2": (PROBES > 0) & (PROBES < 2),
    "0 <= {} <= 2": (PROBES >= 0) & (PROBES <= 2),
    "0 < {} <= 1": (PROBES > 0) & (PROBES <= 1),
    "0 <= {} < 1": (PROBES >= 0) & (PROBES < 1),
    "{} < 0": PROBES < 0,
    "{} <= 0": PROBES <= 0,
    "{} > 1": PROBES > 1,
    "{} >= 1": PROBES >= 1,
    "{} < 1": PROBES < 1,
    "{} <= 1": PROBES <= 1,
    "{} != 1": PROBES != 1,
    "{} > -1": PROBES > -1,
    "{} >= -1": PROBES >= -1,
}


def domain(a: Application) -> str | None:
    """The real numbers that a function of numbers takes, one argument at a time.

    The others are held at their values in the example. None where the function is of arrays, or
    what is finite is no simple range.
    """
    if not a.pointwise or any(v.dtype.kind == "c" for v in a.values.values()):
        return None
    inputs = {n: x for n, x in a.trace.inputs.items() if is_inexact(x.dtype)}
    if not is_inexact(a.trace.dtype) or not inputs:
        return "all real numbers" if inputs else "integers and booleans"
    parts = []
    for name, x in inputs.items():
        y = a.trace.output
        (slope,) = pull([(y, one(y))], [x]) if len(inputs) == 1 else [None]
        value, derivative = _finite(a, name, y, slope)
        words, narrower = _words(name, value), _words(name, value & derivative)
        if words is None or narrower is None:
            return None
        parts += [words] if words else []
        parts += [f"derivative for {narrower}"] if narrower != words else []
    return ", ".join(parts) or "all real numbers"


def _finite(a: Application, name: str, y: Node, slope: Maybe) -> list[np.ndarray[Any, Any]]:
    """Where a value and its slope are finite as one argument goes through the probes."""
    found = [y] if slope is None else [y, slope]
    many = INPUT.make(name, PROBES.shape, PROBES.dtype)
    batched = vmap(found, [(a.trace.inputs[name], many)], PROBES.size)
    plan = Plan(
        [F.broadcast_to(b, PROBES.shape) for b in batched], [*a.trace.inputs.values(), many]
    )
    with np.errstate(all="ignore"):
        values = plan.run(NUMPY, [*a.values.values(), PROBES])
    pole = (abs(values[0]) > _POLE) & (_TURNS * 2 % 1 == 0)
    return [np.isfinite(values[0]) & ~pole, np.isfinite(values[-1]) & ~pole]


def _words(name: str, ok: np.ndarray[Any, Any]) -> str | None:
    """A range in words, empty for all numbers; None for a set without a name."""
    if ok.all():
        return ""
    ranges = (words for words, mask in RANGES.items() if np.array_equal(mask, ok))
    return next((words.format(name) for words in ranges), None)
