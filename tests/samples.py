"""Sample variables and points for the walk over the operator table.

Examples of rows are expressions over these variables; elementwise rows are evaluated on points of
their domain.
"""

from __future__ import annotations

import numpy as np

from diffcli.ops.kinds import Elementwise
from diffcli.ops.table import Row, all_rows

_rng = np.random.Generator(np.random.PCG64(7))


def _away(values: np.ndarray, gap: float = 0.05) -> np.ndarray:
    """Values kept away from 0, where many functions have a kink."""
    return np.where(np.abs(values) < gap, gap * 3, values)


VARIABLES: dict[str, np.ndarray] = {
    **{n: _away(_rng.normal(size=(2, 3))) for n in "xyz"},
    **{n: _rng.uniform(0.3, 2.0, size=(2, 3)) for n in "pq"},
    "u": _away(_rng.uniform(-0.9, 0.9, size=(2, 3))),
    **{n: _away(_rng.normal(size=3)) for n in "vw"},
    **{n: _rng.normal(size=(3, 3)) + 2 * np.eye(3) for n in "AC"},
    "B": _rng.normal(size=(2, 3, 3)) + 2 * np.eye(3),
    "s": np.array(0.7),
    "t": np.array(-1.3),
}
_half = _rng.normal(size=(3, 3))
VARIABLES["S"] = _half @ _half.T + 3 * np.eye(3)

DOMAINS: dict[str, tuple[float, float]] = {
    "real": (-2.0, 2.0),
    "nonzero": (-2.0, 2.0),
    "positive": (0.2, 3.0),
    "unit": (-0.9, 0.9),
    "open01": (0.05, 0.95),
    "above1": (1.2, 3.0),
    "integer": (0.0, 5.0),
}
"""Ranges from which points of a domain are drawn."""


def points(domain: str, seed: int, shape: tuple[int, ...] = (2, 3)) -> np.ndarray:
    """Points of a domain, away from 0; two arrays with different seeds have no ties."""
    low, high = DOMAINS[domain]
    values = np.random.Generator(np.random.PCG64(seed)).uniform(low, high, size=shape)
    if domain == "integer":
        return values.astype(np.int64)
    return _away(values) if low < 0 else values


def cases() -> list[tuple[Row, str, dict[str, np.ndarray]]]:
    """(row, expression, values) for every row of the table and each of its examples."""
    found = []
    for row in all_rows():
        found += [(row, text, values_for(row, text)) for text in examples(row)]
    return found


def examples(row: Row) -> tuple[str, ...]:
    """The row's own examples; an elementwise row without any is called on its domain."""
    if row.examples:
        return row.examples
    if not isinstance(row, Elementwise):
        return ()
    required = [p for p in row.signature.parameters.values() if p.default is p.empty]
    return (f"{row.name}({', '.join('abc'[i] for i in range(len(required)))})",)


def values_for(row: Row, text: str) -> dict[str, np.ndarray]:
    """Values of the sample variables, and of a, b, c when the row is elementwise."""
    if row.examples:
        return VARIABLES
    domain = row.domain if isinstance(row, Elementwise) else "real"
    return {n: points(domain, 100 + i) for i, n in enumerate("abc")}
