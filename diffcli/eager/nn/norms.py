"""Layers that normalise: over batches, items, groups of channels, or the last axes."""

from __future__ import annotations

from typing import Any

from diffcli.eager.functions import functional
from diffcli.eager.mode import recording
from diffcli.eager.nn.module import Module
from diffcli.eager.nn.parameter import Parameter, constant
from diffcli.eager.tensor import Tensor, fresh


class Normalising(Module):
    """A scale and a shift that are learned, where wanted."""

    eps: float

    def _affine(self, shape: tuple[int, ...], scale: bool, shift: bool, dtype: Any) -> None:
        self.weight = Parameter(constant(shape, 1, dtype)) if scale else None
        self.bias = Parameter(constant(shape, 0, dtype)) if shift else None

    def _printed(self, *names: str) -> str:
        given = {name: getattr(self, name) for name in names if name != "bias"}
        given["bias"] = self.bias is not None
        return ", ".join(f"{name}={given[name]}" for name in names)


class LayerNorm(Normalising):
    """Mean 0 and variance 1 over the last axes, then scaled and shifted."""

    def __init__(
        self,
        normalized_shape: Any,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape, self.eps = _shape(normalized_shape), eps
        self.elementwise_affine = elementwise_affine
        shift = elementwise_affine and bias
        self._affine(self.normalized_shape, elementwise_affine, shift, dtype)

    def forward(self, input: Tensor) -> Any:
        """Normalise."""
        normal = functional("layer_norm")
        return normal(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Settings."""
        return f"{self.normalized_shape}, " + self._printed("eps", "elementwise_affine", "bias")


class RMSNorm(Normalising):
    """Divided by the root of the mean square over the last axes, then scaled."""

    def __init__(
        self,
        normalized_shape: Any,
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _shape(normalized_shape)
        self.__dict__["eps"] = eps
        self.elementwise_affine = elementwise_affine
        self._affine(self.normalized_shape, elementwise_affine, False, dtype)
        del self.bias

    def forward(self, input: Tensor) -> Any:
        """Normalise."""
        return functional("rms_norm")(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """Settings."""
        own = f"eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        return f"{self.normalized_shape}, {own}"


def _shape(shape: Any) -> tuple[int, ...]:
    return (shape,) if isinstance(shape, int) else tuple(shape)


class GroupNorm(Normalising):
    """Mean 0 and variance 1 of each group of channels, then scaled and shifted."""

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_channels % num_groups:
            raise ValueError(
                f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})"
            )
        self.num_groups, self.num_channels = num_groups, num_channels
        self.eps, self.affine = eps, affine
        self._affine((num_channels,), affine, affine and bias, dtype)

    def forward(self, input: Tensor) -> Any:
        """Normalise."""
        normal = functional("group_norm")
        return normal(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Settings."""
        return f"{self.num_groups}, {self.num_channels}, " + self._printed("eps", "affine", "bias")


# ----- by running statistics ----------------------------------------------------------------------


class Tracking(Normalising):
    """Statistics of batches, followed by buffers where wanted; `rank` axes of space."""

    rank: int
    usual = (True, True)  # whether affine, whether tracking

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool | None = None,
        track_running_stats: bool | None = None,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine = self.usual[0] if affine is None else affine
        tracks = self.usual[1] if track_running_stats is None else track_running_stats
        self.track_running_stats = tracks
        self._affine((num_features,), self.affine, self.affine and bias, dtype)
        shape = (num_features,)
        self.register_buffer("running_mean", constant(shape, 0, dtype) if tracks else None)
        self.register_buffer("running_var", constant(shape, 1, dtype) if tracks else None)
        self.register_buffer("num_batches_tracked", _zero() if tracks else None)

    running_mean: Any
    running_var: Any
    num_batches_tracked: Any

    def reset_running_stats(self) -> None:
        """Statistics of nothing yet."""
        if self.track_running_stats:
            with recording(False):
                self.running_mean[...] = 0
                self.running_var[...] = 1
                self.num_batches_tracked[...] = 0

    def extra_repr(self) -> str:
        """Settings."""
        names = ("eps", "momentum", "affine", "bias", "track_running_stats")
        return f"{self.num_features}, {self._printed(*names)}"


def _zero() -> Tensor:
    import numpy as np

    return fresh(np.zeros((), np.int64))


class BatchNorm(Tracking):
    """Mean 0 and variance 1 of each channel over a batch, or by running statistics."""

    def forward(self, input: Tensor) -> Any:
        """Normalise, and follow the statistics while training."""
        self._check(input)
        momentum = 0.0 if self.momentum is None else self.momentum
        if self.training and self.num_batches_tracked is not None:
            with recording(False):
                self.num_batches_tracked[...] = self.num_batches_tracked + 1
            if self.momentum is None:
                momentum = 1 / int(self.num_batches_tracked)
        own = self.training or self.running_mean is None
        keeps = not self.training or self.track_running_stats
        means = (self.running_mean, self.running_var) if keeps else (None, None)
        normal = functional("batch_norm")
        return normal(input, *means, self.weight, self.bias, own, momentum, self.eps)

    def _check(self, input: Tensor) -> None:
        allowed = (2, 3) if self.rank == 1 else (self.rank + 2,)
        if input.ndim not in allowed:
            words = " or ".join(f"{n}D" for n in allowed)
            raise ValueError(f"expected {words} input (got {input.ndim}D input)")


class InstanceNorm(Tracking):
    """Mean 0 and variance 1 of each channel of each item."""

    usual = (False, False)

    def forward(self, input: Tensor) -> Any:
        """Normalise, and follow the statistics while training."""
        allowed = (self.rank + 1, self.rank + 2)
        if input.ndim not in allowed:
            words = " or ".join(f"{n}D" for n in allowed)
            raise ValueError(f"expected {words} input (got {input.ndim}D input)")
        single = input.ndim == self.rank + 1
        x = functional("unsqueeze")(input, 0) if single else input
        own = self.training or not self.track_running_stats
        means = (self.running_mean, self.running_var)
        normal = functional("instance_norm")
        y = normal(x, *means, self.weight, self.bias, own, self.momentum or 0.0, self.eps)
        return functional("squeeze")(y, 0) if single else y


NORMS = (
    LayerNorm,
    RMSNorm,
    GroupNorm,
    *(
        type(f"{base.__name__}{rank}d", (base,), {"rank": rank, "__module__": __name__})
        for base in (BatchNorm, InstanceNorm)
        for rank in (1, 2, 3)
    ),
)
