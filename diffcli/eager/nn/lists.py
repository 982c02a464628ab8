"""`torch.nn.utils`: functions of lists of tensors: gradients, parameters, sequences."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from diffcli.eager.functions import resolved
from diffcli.eager.mode import recording
from diffcli.eager.nodes import leaf
from diffcli.eager.promotion import DEFAULT
from diffcli.eager.storage import assign
from diffcli.eager.tensor import Tensor, wrap
from diffcli.limits import check_elements


def _listed(tensors: Any) -> list[Tensor]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def get_total_norm(
    tensors: Any, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: Any = None
) -> Tensor:
    """The norm of all tensors as one vector."""
    given = _listed(tensors)
    if not given:
        return wrap(leaf(DEFAULT.real.type(0)))
    kind = given[0].node.dtype
    norms = [np.linalg.norm(np.ravel(t.node.value), norm_type).astype(kind) for t in given]
    total = np.linalg.norm(np.array(norms), norm_type).astype(kind)
    if error_if_nonfinite and not np.isfinite(total):
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, "
            "so it cannot be clipped. To disable this error and scale the gradients by the "
            "non-finite norm anyway, set `error_if_nonfinite=False`"
        )
    return wrap(leaf(total))


def clip_grads_with_norm_(
    parameters: Any, max_norm: float, total_norm: Tensor, foreach: Any = None
) -> None:
    """Scale gradients so that their norm, which is given, is at most `max_norm`."""
    total = np.asarray(total_norm.node.value)[()]
    scale = np.minimum(max_norm / (total + 1e-6), total.dtype.type(1))
    with recording(False):
        for p in _listed(parameters):
            if p.gradient is not None:
                assign(p.gradient, leaf(p.gradient.node.value * p.gradient.node.dtype.type(scale)))


def clip_grad_norm_(
    parameters: Iterable[Tensor] | Tensor,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: Any = None,
) -> Tensor:
    """Scale gradients so that their norm as one vector is at most `max_norm`; gives the norm."""
    owners = _listed(parameters)
    gradients = [p.gradient for p in owners if p.gradient is not None]
    total = get_total_norm(gradients, float(norm_type), error_if_nonfinite)
    clip_grads_with_norm_(owners, float(max_norm), total)
    return total


def clip_grad_value_(
    parameters: Iterable[Tensor] | Tensor, clip_value: float, foreach: Any = None
) -> None:
    """Bring the elements of gradients between -clip_value and clip_value."""
    for p in _listed(parameters):
        if p.gradient is not None:
            bound = float(clip_value)
            assign(p.gradient, leaf(np.clip(p.gradient.node.value, -bound, bound)))


def parameters_to_vector(parameters: Iterable[Tensor]) -> Any:
    """All parameters as one vector."""
    return resolved("cat")([resolved("reshape")(p, -1) for p in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Take over the values of a vector."""
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {type(vec).__name__}")
    start = 0
    for p in parameters:
        values = vec.node.value[start : start + p.node.size].reshape(p.node.shape)
        assign(p, leaf(np.array(values)))
        start += p.node.size


# ----- sequences ----------------------------------------------------------------------------------


def pad_sequence(
    sequences: Any,
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Any:
    """Sequences of different lengths side by side, filled up at the end."""
    given = list(sequences)
    most = max(t.node.shape[0] for t in given)
    check_elements(most * len(given) * max(int(np.prod(t.node.shape[1:])) for t in given))
    padded = []
    for t in given:
        more = most - t.node.shape[0]
        ends = (0, more) if padding_side == "right" else (more, 0)
        edges = (0, 0) * (t.ndim - 1) + ends
        padded.append(resolved("constant_pad_nd")(t, edges, padding_value))
    return resolved("stack")(padded, 0 if batch_first else 1)


def unpad_sequence(padded_sequences: Any, lengths: Any, batch_first: bool = False) -> list[Any]:
    """The sequences that were padded, by their lengths."""
    rows = resolved("unbind")(padded_sequences, 0 if batch_first else 1)
    return [row[: int(n)] for row, n in zip(rows, lengths, strict=True)]


NN_UTILS: dict[str, Callable[..., Any]] = {
    "get_total_norm": get_total_norm,
    "clip_grads_with_norm_": clip_grads_with_norm_,
    "clip_grad_norm_": clip_grad_norm_,
    "clip_grad_norm": clip_grad_norm_,
    "clip_grad_value_": clip_grad_value_,
    "parameters_to_vector": parameters_to_vector,
    "vector_to_parameters": vector_to_parameters,
}

RNN_UTILS: dict[str, Callable[..., Any]] = {
    "pad_sequence": pad_sequence,
    "unpad_sequence": unpad_sequence,
}
