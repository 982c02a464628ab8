"""Attributes of tensors, by PyTorch's names: how each is read, and written where it can be."""

from __future__ import annotations

from collections.abc import Callable
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

Getter = Callable[[Tensor], Any]
Setter = Callable[[Tensor, Any], None]


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
        if value.shape != t.shape:
            raise RuntimeError(
                f"attempting to assign a gradient of size '{list(value.shape)}' to a tensor of "
                f"size '{list(t.shape)}'. Please ensure that the gradient and the tensor are the "
                "same size"
            )
        if value.dtype != t.dtype:
            raise RuntimeError(
                f"attempting to assign a gradient with dtype '{c_name(value)}' to a tensor with "
                f"grad_dtype '{long_name(t.dtype)}'. The gradient must match the tensor's "
                "grad_dtype (defaults to the tensor's dtype). You can set the tensor's grad_dtype "
                "attribute with a specific dtype, or None to allow any dtype. Set grad_dtype with "
                "caution. Diverging the dtypes of a tensor and its gradient may break downstream "
                "systems that assume they match."
            )
    t.grad = value


def _set_data(t: Tensor, value: Any) -> None:
    if not isinstance(value, Tensor):
        raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
    if t.node.tracked and value.dtype.kind not in "fc":
        raise RuntimeError(
            "data set to a tensor that requires gradients must be floating point or complex dtype"
        )
    node = leaf(value.node.value, t.node.tracked and t.is_leaf)
    node.extra = t.node.extra if t.is_leaf else None
    if t.is_leaf:
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
    if value and t.dtype.kind not in "fc":
        raise RuntimeError("only Tensors of floating point and complex dtype can require gradients")
    t.requires_grad = bool(value)


PROPERTIES: dict[str, tuple[Getter, Setter | None]] = {
    "shape": (lambda t: Size(t.shape), None),
    "dtype": (lambda t: torch_type(t.dtype), None),
    "ndim": (lambda t: t.ndim, None),
    "device": (lambda t: CPU, None),
    "requires_grad": (lambda t: gradients_flow(t.node), _set_requires_grad),
    "grad": (lambda t: t.grad, _set_grad),
    "grad_fn": (lambda t: grad_fn(t.node), None),
    "is_leaf": (lambda t: t.is_leaf or not gradients_flow(t.node), None),
    "retains_grad": (lambda t: t.node.extra is not None and t.node.extra.retains, None),
    "data": (data, _set_data),
    "output_nr": (lambda t: behind(t.node)[1], None),
    "_version": (_version, None),
    "_base": (lambda t: t.base if is_view(t) else None, None),
    "T": (_transposed, None),
    "mT": (_matrix_transposed, None),
    "H": (_hermitian, None),
    "mH": (_adjoint, None),
    "real": (lambda t: resolved("real")(t), None),
    "imag": (lambda t: resolved("imag")(t), None),
    "itemsize": (lambda t: t.dtype.itemsize, None),
    "nbytes": (lambda t: t.dtype.itemsize * t.node.size, None),
    "layout": (lambda t: STRIDED, None),
    "is_sparse": (lambda t: False, None),
    "is_cuda": (lambda t: False, None),
    "is_quantized": (lambda t: False, None),
    "name": (lambda t: None, None),
}
"""Attributes: how each is read, and written where it can be."""
