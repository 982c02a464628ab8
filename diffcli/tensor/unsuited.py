"""Arguments that no function takes, found where the name of the function is not known."""

from __future__ import annotations


class Unsuited(TypeError):
    """What follows the name of the function in PyTorch's words; `checked` puts that first."""
