"""Attributes of tensors, by PyTorch's names: how each is read, and written where it can be."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcli.eager.choices import c_name
from diffcli.eager.devices import CPU
from diffcli.eager.functions import resolved
from diffcli.eager.grad_fn import behind, grad_fn
from diffcli.eager.memory import version
from diffcli.eager.mode import MODE
from diffcli.eager.nodes import is_inference, leaf
from diffcli.eager.steps import gradients_flow
from diffcli.eager.storage import data, is_view
from diffcli.eager.tensor import Tensor, wrap
from diffcli.eager.types import STRIDED, long_name, torch_type
from diffcli.ops.op import INPUT


class Size(tuple[int, ...]):
    """A shape, printed as PyTorch does."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"torch.Size({list(self)})"

    def __getitem__(self, index: Any) -> Any:
        found = tuple.__getitem__(self, index)
        return Size(found) if isinstance(index, slice) else found

    def __add__(self, other: Any) -> Any:
        return Size(tuple.__add__(self, other)) if isinstance(other, tuple) else NotImplemented

    def numel(self) -> int:
        """The number of elements of this shape."""
        return int(np.prod(self, dtype=np.int64))


def _set_grad(t: Tensor, value: Any) -> None:
    if value is not None:
        if not isinstance(value, Tensor):
            raise TypeError(
                f"assigned grad expected to be a Tensor or None but got grad of type "
                f"{type(value).__name__}"
            )
        if value.node.shape != t.node.shape:
            raise RuntimeError(
                f"attempting to assign a gradient of size '{list(value.node.shape)}' to a tensor "
                f"of size '{list(t.node.shape)}'. Please ensure that the gradient and the tensor "
                "are the same size"
            )
        if value.node.dtype != t.node.dtype:
            raise RuntimeError(
                f"attempting to assign a gradient with dtype '{c_name(value)}' to a tensor with "
                f"grad_dtype '{long_name(t.node.dtype)}'. The gradient must match the tensor's "
                "grad_dtype (defaults to the tensor's dtype). You can set the tensor's grad_dtype "
                "attribute with a specific dtype, or None to allow any dtype. Set grad_dtype with "
                "caution. Diverging the dtypes of a tensor and its gradient may break downstream "
                "systems that assume they match."
            )
    t.gradient = value


def set_data(t: Tensor, value: Any) -> None:
    """Let a tensor stand for the value of another one, unnoticed by what it is part of."""
    if not isinstance(value, Tensor):
        raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
    if t.node.tracked and value.node.dtype.kind not in "fc":
        raise RuntimeError(
            "data set to a tensor that requires gradients must be floating point or complex dtype"
        )
    is_leaf = t.node.op is INPUT
    node = leaf(value.node.value, t.node.tracked and is_leaf)
    node.extra = t.node.extra if is_leaf else None
    if is_leaf:
        t.node = node
    else:
        t.node = wrap(t.node).node
        t.node.value = value.node.value


def _version(t: Tensor) -> int:
    if MODE.switches and is_inference(t.node):
        raise RuntimeError("Inference tensors do not track version counter.")
    return version(t)


def _transposed(t: Tensor) -> Tensor:
    return resolved("permute")(t, *reversed(range(t.ndim)))  # type: ignore[no-any-return]


def _matrix_transposed(t: Tensor) -> Tensor:
    if t.ndim < 2:
        raise RuntimeError(
            "tensor.mT is only supported on matrices or batches of matrices. "
            f"Got {t.ndim}-D tensor."
        )
    return resolved("transpose")(t, -2, -1)  # type: ignore[no-any-return]


def _hermitian(t: Tensor) -> Tensor:
    if t.ndim not in (0, 2):
        raise RuntimeError(
            f"tensor.H is only supported on matrices (2-D tensors). Got {t.ndim}-D tensor."
        )
    return _adjoint(t) if t.ndim else t


def _adjoint(t: Tensor) -> Tensor:
    return resolved("conj")(_matrix_transposed(t))  # type: ignore[no-any-return]


def _set_requires_grad(t: Tensor, value: Any) -> None:
    if not isinstance(value, bool):
        raise RuntimeError("requires_grad must be a bool")
    if value and t.node.dtype.kind not in "fc":
        raise RuntimeError("only Tensors of floating point and complex dtype can require gradients")
    t.track(value)


PROPERTIES: dict[str, property] = {
    "shape": property(lambda t: Size(t.node.shape)),
    "dtype": property(lambda t: torch_type(t.node.dtype)),
    "ndim": property(lambda t: t.node.ndim),
    "device": property(lambda t: CPU),
    "requires_grad": property(lambda t: gradients_flow(t.node), _set_requires_grad),
    "grad": property(lambda t: t.gradient, _set_grad, lambda t: _set_grad(t, None)),
    "grad_fn": property(lambda t: grad_fn(t.node)),
    "is_leaf": property(lambda t: t.node.op is INPUT or not gradients_flow(t.node)),
    "retains_grad": property(lambda t: t.node.extra is not None and t.node.extra.retains),
    "data": property(data, set_data),
    "output_nr": property(lambda t: behind(t.node)[1]),
    "_version": property(_version),
    "_base": property(lambda t: t.base if is_view(t) else None),
    "T": property(_transposed),
    "mT": property(_matrix_transposed),
    "H": property(_hermitian),
    "mH": property(_adjoint),
    "real": property(lambda t: resolved("real")(t)),
    "imag": property(lambda t: resolved("imag")(t)),
    "itemsize": property(lambda t: t.node.dtype.itemsize),
    "nbytes": property(lambda t: t.node.dtype.itemsize * t.node.size),
    "layout": property(lambda t: STRIDED),
    "is_sparse": property(lambda t: False),
    "is_cuda": property(lambda t: False),
    "is_quantized": property(lambda t: False),
    "name": property(lambda t: None),
}
"""Attributes of tensors, for Python and for programs."""

for _name, _property in PROPERTIES.items():
    setattr(Tensor, _name, _property)
