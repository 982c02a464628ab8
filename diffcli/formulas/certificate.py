"""Formulas checked before they are shown: their text is parsed again and compared at random points.

The points come from several distributions, so that logarithms, inverse cosines and Cholesky factors
find values they are defined for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from diffcli.errors import DiffcliError, Source
from diffcli.formulas.symbols import Dims, Drawn, Symbols
from diffcli.graph.node import Node
from diffcli.ops.namespace import NUMPY
from diffcli.ops.op import INPUT
from diffcli.runtime.plan import Plan

Array = np.ndarray[Any, Any]

TOLERANCE = 1e-7
"""Largest difference of a formula from the graph, relative to the largest element."""

TURNS = 4
"""Choices of sizes that are tried, until there are points for two of them."""

STEP = 1e-9
"""A relative change of the point that must not change the derivative much where it is believed."""

ENOUGH = 2
"""Points of each choice of sizes at which a formula is compared."""

RESOURCES = ("limit", "too-large", "interrupted")
"""Errors that say nothing of the formula."""

Reference = Callable[[Drawn], Node]


def _definite(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    if len(shape) < 2 or shape[-1] != shape[-2]:
        return rng.uniform(0.2, 0.8, shape)
    root = rng.uniform(-0.5, 0.5, shape)
    return np.asarray(root @ np.swapaxes(root, -1, -2) + np.eye(shape[-1]))


POINTS: tuple[Callable[[np.random.Generator, tuple[int, ...]], Array], ...] = (
    lambda rng, shape: rng.uniform(0.3, 0.9, shape),
    lambda rng, shape: rng.normal(size=shape),
    _definite,
    lambda rng, shape: rng.uniform(1.5, 3, shape),
    lambda rng, shape: rng.uniform(-0.9, -0.1, shape),
    lambda rng, shape: rng.uniform(4, 9, shape),
)


def holds(symbols: Symbols, text: str, reference: Reference, more: Mapping[str, Dims]) -> bool:
    """Whether the text of a formula is what `reference` makes of the expression, at every size.

    `more` are the shapes of variables that only the formula has. Raises `domain` where no point is
    found at which the reference is finite.
    """
    compared = turns = 0
    for turn in range(TURNS if symbols.letters else 1):
        sizes = symbols.small(turn)
        drawn = symbols.draw(sizes, None, more)
        wanted = reference(drawn)
        try:
            formula = symbols.draw(sizes, Source(text, "formula"), more)
        except DiffcliError as error:
            if error.code in RESOURCES:
                raise
            return False
        if formula.trace.shape != wanted.shape:
            return False
        agree, count = _compare(symbols, drawn, wanted, formula)
        if not agree:
            return False
        compared += count
        turns += count > 0
        if turns == 2:
            break
    if not compared:
        raise DiffcliError(
            "domain",
            "no point was found at which the derivative is finite, so it cannot be checked",
            hint="bind values at which it exists, as in x=2",
        )
    return True


def _compare(symbols: Symbols, drawn: Drawn, wanted: Node, formula: Drawn) -> tuple[bool, int]:
    """Whether two graphs agree wherever the first is finite, and at how many points that was."""
    rng = np.random.Generator(np.random.PCG64(1))
    count = 0
    for distribution in POINTS:
        values = _point(symbols, drawn, partial(distribution, rng))
        expected = _value(drawn, wanted, values)
        if expected is None or not np.isfinite(expected).all():
            continue
        beside = {n: v * (1 + STEP) if v.dtype.kind == "f" else v for n, v in values.items()}
        again = _value(drawn, wanted, beside)
        if again is None or not _close(again, expected, 1e-4):
            continue  # near a pole the graph itself is rounding
        found = _value(formula, formula.trace.output, values)
        if found is None or not _close(found, expected):
            return False, count
        count += 1
        if count == ENOUGH:
            break
    return True, count


def _point(
    symbols: Symbols, drawn: Drawn, draw: Callable[[tuple[int, ...]], Array]
) -> dict[str, Array]:
    values = {}
    for name, node in drawn.trace.inputs.items():
        if node.op is INPUT:
            values[name] = symbols.values[name] if name in symbols.values else draw(node.shape)
    return values


def _value(drawn: Drawn, node: Node, values: Mapping[str, Array]) -> Array | None:
    inputs = {n: x for n, x in drawn.trace.inputs.items() if x.op is INPUT}
    try:
        plan = Plan([node], list(inputs.values()))
        return np.asarray(plan.run(NUMPY, [values[n] for n in inputs])[0])
    except DiffcliError as error:
        if error.code == "too-large":
            error.hint = "write the sizes as letters, as in x:(n,)"
        if error.code in RESOURCES:
            raise
        return None


def _close(found: Array, expected: Array, tolerance: float = TOLERANCE) -> bool:
    if not np.isfinite(found).all():
        return False
    scale = max(1.0, float(np.max(np.abs(expected), initial=0.0)))
    return bool((np.abs(found - expected) <= tolerance * scale).all())
