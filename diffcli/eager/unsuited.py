"""Arguments that no function takes, found where the name of the function is not known."""

from __future__ import annotations

from typing import Any


def kind_of(x: Any) -> str:
    """The type of a value as PyTorch's messages have it: `int`, `numpy.ndarray`."""
    kind = type(x)
    return f"numpy.{kind.__name__}" if kind.__module__ == "numpy" else kind.__name__


class Unsuited(TypeError):
    """What follows the name of the function in PyTorch's words; `checked` puts that first."""
