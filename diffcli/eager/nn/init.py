"""`torch.nn.init`: first values of parameters, random ones from the program's own generator."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from diffcli.eager.mode import recording
from diffcli.eager.nodes import leaf
from diffcli.eager.sampling import SOURCE, drawing_from
from diffcli.eager.storage import assign
from diffcli.eager.tensor import Tensor

GAINS = {
    "tanh": 5 / 3,
    "relu": math.sqrt(2),
    "selu": 3 / 4,
    **dict.fromkeys(("linear", "sigmoid"), 1),
    **{f"conv{t}{n}d": 1 for t in ("", "_transpose") for n in (1, 2, 3)},
}
"""By how much activations shrink their argument, as PyTorch's documentation lists it."""


def calculate_gain(nonlinearity: str, param: Any = None) -> float:
    """The factor that makes up for an activation."""
    if nonlinearity == "leaky_relu":
        if param is not None and (isinstance(param, bool) or not isinstance(param, int | float)):
            raise ValueError(f"negative_slope {param} not a valid number")
        return math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in GAINS:
        raise ValueError(f"Unsupported nonlinearity {nonlinearity}")
    return GAINS[nonlinearity]


def _filling(values: Callable[..., Any]) -> Callable[..., Tensor]:
    """A function that fills a tensor with values made for it, in place and without history."""

    def fill(tensor: Tensor, *args: Any, **keywords: Any) -> Tensor:
        with drawing_from(keywords), recording(False):
            made = np.asarray(values(tensor, *args, **keywords))
            assign(
                tensor,
                leaf(np.array(np.broadcast_to(made, tensor.node.shape), tensor.node.dtype)[()]),
            )
        return tensor

    return fill


def _fans(t: Tensor) -> tuple[int, int]:
    """How many inputs and outputs an element has."""
    if t.ndim < 2:
        raise ValueError(
            "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions"
        )
    window = math.prod(t.node.shape[2:])
    return t.node.shape[1] * window, t.node.shape[0] * window


def _even(t: Tensor, bound: float) -> Any:
    return SOURCE.generator.uniform(-bound, bound, t.node.shape)


def _normal(t: Tensor, mean: float = 0.0, std: float = 1.0) -> Any:
    return SOURCE.generator.standard_normal(t.node.shape) * std + mean


def _xavier(t: Tensor, gain: float) -> float:
    """The standard deviation that keeps variances both ways (Glorot and Bengio, 2010)."""
    return gain * math.sqrt(2 / sum(_fans(t)))


def _kaiming(t: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    """The standard deviation that keeps variances one way (He et al., 2015)."""
    modes = ["fan_in", "fan_out"]
    if mode.lower() not in modes:
        raise ValueError(f"Mode {mode} not supported, please use one of {modes}")
    return calculate_gain(nonlinearity, a) / math.sqrt(_fans(t)[modes.index(mode.lower())])


def _kaiming_uniform(
    t: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu"
) -> Any:
    return _even(t, math.sqrt(3) * _kaiming(t, a, mode, nonlinearity))


def _kaiming_normal(
    t: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu"
) -> Any:
    return _normal(t, 0, _kaiming(t, a, mode, nonlinearity))


def _truncated(
    t: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0
) -> Any:
    from scipy.special import ndtr, ndtri

    low, high = ndtr((a - mean) / std), ndtr((b - mean) / std)
    drawn = ndtri(SOURCE.generator.uniform(low, high, t.node.shape)) * std + mean
    return np.clip(drawn, a, b)


def _orthogonal(t: Tensor, gain: float = 1) -> Any:
    if t.ndim < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    rows, columns = t.node.shape[0], math.prod(t.node.shape[1:])
    drawn = SOURCE.generator.standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(drawn)
    q = q * np.sign(np.diag(r))
    return gain * (q if rows >= columns else q.T).reshape(t.node.shape)


def _eye(t: Tensor) -> Any:
    if t.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    return np.eye(t.node.shape[0], t.node.shape[1])


def _dirac(t: Tensor, groups: int = 1) -> Any:
    if t.ndim not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    if t.node.shape[0] % groups:
        raise ValueError("dim 0 must be divisible by groups")
    found = np.zeros(t.node.shape)
    middle = tuple(n // 2 for n in t.node.shape[2:])
    each = t.node.shape[0] // groups
    for group in range(groups):
        for k in range(min(each, t.node.shape[1])):
            found[(group * each + k, k, *middle)] = 1
    return found


def _sparse(t: Tensor, sparsity: float, std: float = 0.01) -> Any:
    if t.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    found = _normal(t, 0, std)
    zeros = math.ceil(sparsity * t.node.shape[0])
    for column in range(t.node.shape[1]):
        found[SOURCE.generator.permutation(t.node.shape[0])[:zeros], column] = 0
    return found


INITIALISERS: dict[str, Callable[..., Any]] = {
    "calculate_gain": calculate_gain,
    "zeros_": _filling(lambda t: 0),
    "ones_": _filling(lambda t: 1),
    "eye_": _filling(_eye),
    "dirac_": _filling(_dirac),
    "constant_": _filling(lambda t, val: val),
    "uniform_": _filling(lambda t, a=0.0, b=1.0: SOURCE.generator.uniform(a, b, t.node.shape)),
    "normal_": _filling(_normal),
    "trunc_normal_": _filling(_truncated),
    "xavier_uniform_": _filling(lambda t, gain=1.0: _even(t, math.sqrt(3) * _xavier(t, gain))),
    "xavier_normal_": _filling(lambda t, gain=1.0: _normal(t, 0, _xavier(t, gain))),
    "kaiming_uniform_": _filling(_kaiming_uniform),
    "kaiming_normal_": _filling(_kaiming_normal),
    "orthogonal_": _filling(_orthogonal),
    "sparse_": _filling(_sparse),
}

for _name, _fill in INITIALISERS.items():
    _fill.__name__ = _name
