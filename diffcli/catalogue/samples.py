"""Values of the variables that the examples of rows are written in, short enough to be read."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_LISTED: dict[str, Any] = {
    "x": [[0.5, -1.0, 2.0], [1.5, 3.0, -0.25]],
    "y": [[1.0, 2.0, -0.5], [-2.0, 0.25, 4.0]],
    "z": [[-0.75, 0.25, 1.0], [2.0, -1.5, 0.5]],
    "p": [[0.5, 1.0, 1.5], [2.0, 0.75, 1.25]],
    "q": [[1.5, 0.6, 1.0], [0.8, 2.0, 0.4]],
    "u": [[0.5, -0.25, 0.75], [-0.5, 0.1, 0.2]],
    "v": [1.0, 2.0, -0.5],
    "w": [0.5, -1.0, 3.0],
    "A": [[2.0, 1.0, 0.0], [0.5, 3.0, 1.0], [0.0, -1.0, 2.0]],
    "C": [[1.0, 0.5, 0.0], [0.0, 2.0, 1.0], [0.5, 0.0, 3.0]],
    "B": [
        [[2.0, 1.0, 0.0], [0.5, 3.0, 1.0], [0.0, -1.0, 2.0]],
        [[1.0, 0.5, 0.0], [0.0, 2.0, 1.0], [0.5, 0.0, 3.0]],
    ],
    "S": [[4.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 2.0]],
    "s": 0.7,
    "t": -1.3,
}

SAMPLES: dict[str, Array] = {name: np.array(value) for name, value in _LISTED.items()}
"""Matrices (S is positive definite), vectors and numbers; p and q are positive, |u| < 1."""

POINTS: dict[str, tuple[float, ...]] = {
    "real": (0.5, 1.5, 2.5),
    "nonzero": (0.5, 1.5, 2.5),
    "positive": (0.6, 1.7, 2.4),
    "unit": (0.5, 0.25, 0.75),
    "open01": (0.25, 0.5, 0.75),
    "above1": (1.5, 2.5, 3.5),
    "integer": (6, 3, 1),
}
"""Arguments inside each domain that elementwise rows may state."""
