"""Array namespaces that operators are evaluated with: NumPy, and whatever offers the same names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from math import inf
from typing import Any

import numpy as np


class Namespace:
    """The functions of an array library, with SciPy's special functions behind `special`.

    `name` is the backend's name; attributes are those of the library itself. SciPy is imported
    when an operator first asks for it. Machine code is built for loops that have `patience` times
    the work from which it usually pays; where that is infinite, nothing but these functions runs.
    """

    def __init__(self, name: str, library: Any, scipy: str, patience: float = 1) -> None:
        self.name = name
        self.patience = patience
        self.library = library
        self.scipy = scipy

    def __getattr__(self, attribute: str) -> Any:
        from importlib import import_module

        if attribute in ("special", "sparse"):
            value: Any = import_module(f"{self.scipy}.{attribute}")
        elif attribute == "scipy_linalg":
            value = import_module(f"{self.scipy}.linalg")
        else:
            value = getattr(self.library, attribute)
        setattr(self, attribute, value)
        return value

    def computing(self) -> AbstractContextManager[None]:
        """A context for computations: IEEE's answers stand without a warning."""
        return np.errstate(all="ignore")

    def evaluate(self, node: Any, operands: Sequence[Any], params: dict[str, Any]) -> Any:
        """The value of a node whose operands have these values."""
        return node.op.evaluate(self, *operands, **params)

    def to_host(self, array: Any) -> Any:
        """An array of the namespace as a NumPy array; numbers become arrays."""
        return np.asarray(array)

    def accumulate(self, name: str, x: Any, axis: int) -> Any:
        """Running results of an associative function of two elements along an axis."""
        return getattr(self.library, name).accumulate(x, axis=axis)

    def added_at(self, values: Any, indices: Sequence[Any], shape: tuple[int, ...]) -> Any:
        """Zeros of a shape with `values` added at integer `indices`, one after another."""
        out = self.zeros(shape, values.dtype)
        self.add.at(out, tuple(indices), values)
        return out


NUMPY = Namespace("numpy", np, "scipy")
ONCE = Namespace("numpy", np, "scipy", patience=10)
"""NumPy for a process that computes once, where code must pay for loading its compiler too."""
EXACT = Namespace("numpy", np, "scipy", patience=inf)
"""NumPy's own functions alone."""


def on_host(evaluate: Callable[..., Any]) -> Callable[..., Any]:
    """Mark an `evaluate` rule that computes with NumPy and SciPy only, whatever the backend."""
    evaluate.on_host = True  # type: ignore[attr-defined]
    return evaluate
