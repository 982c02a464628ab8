"""`torch.autograd.forward_ad`: tensors that carry a tangent.

A dual tensor is a tracked alias of its primal. What is computed from it is recorded, and the
tangent of a result is pushed through that record when it is asked for.
"""

from __future__ import annotations

import numpy as np

from diffcli.eager.functions import resolved
from diffcli.eager.mode import MODE
from diffcli.eager.nodes import NO_PARAMS, Eager, evaluated, leaf
from diffcli.eager.results import Record
from diffcli.eager.steps import DUAL, gradients_flow
from diffcli.eager.tensor import Tensor, wrap
from diffcli.eager.types import torch_type
from diffcli.transforms.forward import push

LEVELS: list[list[tuple[Tensor, Tensor]]] = []
"""The dual tensors of each level that is open, with their tangents."""


class DualLevel:
    """`dual_level`: dual tensors live until the block ends."""

    def __enter__(self) -> DualLevel:
        LEVELS.append([])
        return self

    def __exit__(self, *error: object) -> None:
        LEVELS.pop()


def make_dual(tensor: Tensor, tangent: Tensor, *, level: int | None = None) -> Tensor:
    """A tensor with a tangent of the same shape."""
    if not LEVELS:
        raise RuntimeError(
            "Trying to create a dual Tensor for forward AD but no level exists, make sure to "
            "enter_dual_level() first."
        )
    for word, t in (("primal", tensor), ("tangent", tangent)):
        if t.node.dtype.kind not in "fc":
            raise ValueError(
                f"Expected {word} to be floating point or complex, but got: "
                f"{torch_type(t.node.dtype)}"
            )
    check_tangent(tensor, tangent)
    if tensor.node.tracked:
        tensor = resolved("view")(tensor, tensor.node.shape)
    MODE.duals = tensor.node.used = True
    dual = wrap(Eager(DUAL, (tensor.node,), NO_PARAMS, tensor.node.value, True))
    LEVELS[-1].append((dual, tangent))
    return dual


def check_tangent(primal: Tensor, tangent: Tensor) -> None:
    """Raise PyTorch's error for a tangent that has not the shape of its primal."""
    if primal.node.shape != tangent.node.shape:
        raise RuntimeError(
            "Trying to set a forward gradient that has a different size than that of the original "
            f"Tensor, this is not supported. Tensor is of size {list(primal.node.shape)} while the "
            f"given forward gradient is of size {list(tangent.node.shape)}."
        )


def tangent_of(t: Tensor) -> Tensor | None:
    """The tangent of what was computed from dual tensors, None where there is none."""
    if not LEVELS or not t.node.tracked:
        return None
    for dual, tangent in LEVELS[-1]:
        if dual.node is t.node:
            return tangent
    pairs = [(dual.node, tangent.node) for dual, tangent in LEVELS[-1]]
    with np.errstate(all="ignore"):
        (moved,) = push([t.node], pairs)
    if moved is None:
        return None
    node = evaluated(moved)
    found = wrap(node if gradients_flow(node) else leaf(node.value))
    # asked for again, it is not computed again: a user's `jvp` runs once
    LEVELS[-1].append((t, found))
    return found


def unpack_dual(tensor: Tensor, *, level: int | None = None) -> Record:
    """The primal and the tangent (or None) of a tensor."""
    node = tensor.node
    if node.op is DUAL:
        node = node.inputs[0]  # type: ignore[assignment]
    primal = wrap(node if gradients_flow(node) else leaf(node.value))
    items = (primal, tangent_of(tensor))
    return Record(__name__, "UnpackedDualTensor", ("primal", "tangent"), items)
