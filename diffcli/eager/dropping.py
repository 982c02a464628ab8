"""Dropout and its relatives: elements or channels set to 0 at random while training."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcli.eager.functions import function
from diffcli.eager.methods import changed
from diffcli.eager.nodes import leaf
from diffcli.eager.reductions import step
from diffcli.eager.sampling import uniform
from diffcli.eager.tensor import Tensor
from diffcli.ops.table import F

SATURATED = -1.7580993408473766
"""What selu gives far below 0: minus its scale times its alpha."""


def _defined(name: str, axes: int | None = None, alpha: bool = False) -> None:
    """A function that drops elements, or all of the channels of an item together."""

    def drop(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
        if not 0 <= p <= 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        if not training or not p:
            return input
        if inplace:
            return changed(input, _dropped, p, axes, alpha)
        return _dropped(input, p, axes, alpha)

    drop.__qualname__ = drop.__name__ = name
    function(name)(drop)


def _dropped(x: Tensor, p: float, axes: int | None, alpha: bool) -> Tensor:
    if axes is None:
        shape = x.node.shape
    else:  # the channels of each item, or of a single one
        lead = max(x.ndim - axes, 1)
        shape = x.node.shape[:lead] + (1,) * (x.ndim - lead)
    kept = np.broadcast_to(uniform(shape) >= p, x.node.shape)
    if not alpha:
        scale = leaf((kept / (1 - p) if p < 1 else np.zeros(x.node.shape)).astype(x.node.dtype))
        return step("mul", lambda n: n * scale, x.node)
    a = 0.0 if p == 1 else ((1 - p) * (1 + p * SATURATED**2)) ** -0.5
    shift = -a * SATURATED * p

    def compute(n: Any) -> Any:
        return F.where(kept, n, leaf(x.node.dtype.type(SATURATED))) * a + shift

    return step("add", compute, x.node)


_defined("dropout")
for _rank in (1, 2, 3):
    _defined(f"dropout{_rank}d", _rank)
_defined("alpha_dropout", alpha=True)
_defined("feature_alpha_dropout", 2, alpha=True)
