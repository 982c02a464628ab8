"""Methods that change a tensor and are no functions with an underscore."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcli.eager.choices import c_name
from diffcli.eager.indexing import update
from diffcli.eager.methods import method
from diffcli.eager.nodes import leaf
from diffcli.eager.sampling import SOURCE, drawing_from
from diffcli.eager.storage import assign, check_in_place, put_result
from diffcli.eager.tensor import Tensor
from diffcli.ops.op import INPUT


@method
def copy_(t: Tensor, src: Any, non_blocking: bool = False) -> Tensor:
    """Take over the values of another tensor."""
    update(t, ..., src, "copy")
    return t


@method
def fill_(t: Tensor, value: Any) -> Tensor:
    """Set all elements to one value."""
    if isinstance(value, Tensor) and value.ndim:
        raise RuntimeError(
            "fill_ only supports 0-dimension value tensor but got tensor with "
            f"{value.ndim} dimensions."
        )
    if isinstance(value, complex) and t.node.dtype.kind != "c":
        raise RuntimeError(f"value cannot be converted to type {c_name(t)} without overflow")
    update(t, ..., value, "fill:3" if isinstance(value, Tensor) else "fill:2")
    return t


@method
def zero_(t: Tensor) -> Tensor:
    """Set all elements to 0."""
    check_in_place(t)
    if t.node.tracked and t.node.op is not INPUT:
        update(t, ..., 0, "zero")
    else:
        assign(t, leaf(np.zeros(t.node.shape, t.node.dtype)))
    return t


@method
def fill_diagonal_(t: Tensor, fill_value: Any, wrap: bool = False) -> Tensor:
    """Set the elements of the diagonal to one value."""
    if t.ndim < 2:
        raise RuntimeError("dimensions must larger than 1")
    places = np.arange(min(t.node.shape))
    if t.ndim == 2 and wrap:
        places = np.arange(0, t.node.size, t.node.shape[1] + 1)
        update(t, (places // t.node.shape[1], places % t.node.shape[1]), fill_value)
    else:
        update(t, (places,) * t.ndim, fill_value)
    return t


def _drawn(name: str, draw: Any) -> None:
    def fill(t: Tensor, *args: Any, **keywords: Any) -> Tensor:
        check_in_place(t)
        with drawing_from(keywords):
            values = np.asarray(draw(t.node.shape, *args, **keywords)).astype(t.node.dtype)
        return put_result(t, leaf(values if t.ndim else values[()]))

    fill.__name__ = name
    method(fill)


_drawn("uniform_", lambda shape, low=0.0, to=1.0: SOURCE.generator.uniform(low, to, shape))
_drawn(
    "normal_", lambda shape, mean=0.0, std=1.0: SOURCE.generator.standard_normal(shape) * std + mean
)
_drawn("bernoulli_", lambda shape, p=0.5: SOURCE.generator.random(shape) < p)
_drawn(
    "exponential_", lambda shape, lambd=1.0: SOURCE.generator.standard_exponential(shape) / lambd
)
_drawn("random_", lambda shape, low=0, to=2**24: SOURCE.generator.integers(low, to, shape))
