"""`nn.Parameter`: a leaf that a module lists."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from diffcli.eager.memory import memory_of
from diffcli.eager.nodes import leaf
from diffcli.eager.promotion import DEFAULT
from diffcli.eager.sampling import uniform
from diffcli.eager.tensor import Tensor, fresh, wrap
from diffcli.limits import check_elements


class Parameter(Tensor):
    """A leaf that a module lists among its parameters; it shares the memory of `data`."""

    __slots__ = ()

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Parameter:
        """A parameter of a tensor, or an empty one; raises RuntimeError for integers."""
        data = constant((0,), 0) if data is None else data
        if requires_grad and data.node.dtype.kind not in "fc":
            raise RuntimeError(
                "Only Tensors of floating point and complex dtype can require gradients"
            )
        made: Any = fresh(data.node.value, requires_grad, cls)
        made.shared = memory_of(data)
        made.shared.join(made)
        made.base = data
        return made  # type: ignore[no-any-return]

    def __reduce__(self) -> tuple[Any, ...]:
        return _parameter, super().__reduce__()[1]

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()

    __hash__ = object.__hash__


def _parameter(value: Any, requires_grad: bool) -> Parameter:
    """A parameter that was sent from another process."""
    return fresh(value, requires_grad, Parameter)  # type: ignore[return-value]


def constant(shape: tuple[int, ...], value: float, dtype: Any = None) -> Tensor:
    """A tensor of one number."""
    check_elements(math.prod(shape))
    kind = DEFAULT.real if dtype is None else dtype.numpy
    return wrap(leaf(np.full(shape, value, kind)))


def drawn(shape: tuple[int, ...], bound: float, dtype: Any = None) -> Parameter:
    """A parameter drawn evenly between -bound and bound."""
    check_elements(math.prod(shape))
    kind = DEFAULT.real if dtype is None else dtype.numpy
    return Parameter(wrap(leaf(uniform(shape, -bound, bound).astype(kind))))


def clear(p: Tensor, set_to_none: bool = True) -> None:
    """Forget a gradient, or set it to zero."""
    if p.gradient is None:
        return
    if set_to_none:
        p.gradient = None
    else:
        from diffcli.eager.methods import METHODS

        METHODS["zero_"](p.gradient)
