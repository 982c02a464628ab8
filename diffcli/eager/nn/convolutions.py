"""Layers of convolutions, in one to three dimensions."""

from __future__ import annotations

import math
from typing import Any

from diffcli.eager.convolution import each
from diffcli.eager.functions import functional
from diffcli.eager.nn.module import Module, unusual
from diffcli.eager.nn.parameter import drawn
from diffcli.eager.tensor import Tensor


class Convolution(Module):
    """What all convolutions share: sizes for each of `rank` axes of space, weights and a bias."""

    rank: int
    transposed = False

    def _describe(self, channels: tuple[int, int], groups: int, **sizes: Any) -> None:
        self.in_channels, self.out_channels = channels
        if groups <= 0:
            raise ValueError("groups must be a positive integer")
        for name, count in (("in_channels", channels[0]), ("out_channels", channels[1])):
            if count % groups:
                raise ValueError(f"{name} must be divisible by groups")
        padding = sizes["padding"]
        if isinstance(padding, str) and padding not in ("same", "valid"):
            raise ValueError(
                f"Invalid padding string {padding!r}, should be one of {{'same', 'valid'}}"
            )
        if padding == "same" and any(s != 1 for s in each(sizes["stride"], self.rank)):
            raise ValueError("padding='same' is not supported for strided convolutions")
        for name, size in sizes.items():
            setattr(self, name, size if isinstance(size, str) else each(size, self.rank))
        self.groups = groups

    def _fill(self, bias: bool, padding_mode: str, dtype: Any) -> None:
        modes = ("zeros", "reflect", "replicate", "circular")
        if padding_mode not in modes:
            shown = "{" + ", ".join(map(repr, sorted(modes))) + "}"
            raise ValueError(
                f"padding_mode must be one of {shown}, but got padding_mode={padding_mode!r}"
            )
        self.padding_mode = padding_mode
        first, second = self.out_channels, self.in_channels
        if self.transposed:
            first, second = second, first
        shape = (first, second // self.groups, *self.kernel_size)
        bound = 1 / math.sqrt(max(math.prod(shape[1:]), 1))
        self.weight = drawn(shape, bound, dtype)
        self.bias = drawn((self.out_channels,), bound, dtype) if bias else None

    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: Any
    dilation: tuple[int, ...]
    output_padding: tuple[int, ...]

    def extra_repr(self) -> str:
        """Sizes, and what is not as usual."""
        text = f"{self.in_channels}, {self.out_channels}"
        text += f", kernel_size={self.kernel_size}, stride={self.stride}"
        zeros, ones = (0,) * self.rank, (1,) * self.rank
        text += unusual(self, {"padding": zeros, "dilation": ones, "output_padding": zeros})
        text += unusual(self, {"groups": 1})
        text += ", bias=False" if self.bias is None else ""
        return text + unusual(self, {"padding_mode": "zeros"})


class Forward(Convolution):
    """Sums over windows."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        sizes = {"kernel_size": kernel_size, "stride": stride, "padding": padding}
        sizes |= {"dilation": dilation, "output_padding": 0}
        self._describe((in_channels, out_channels), groups, **sizes)
        self._fill(bias, padding_mode, dtype)

    def forward(self, input: Tensor) -> Any:
        """Convolve."""
        padding = self.padding
        if self.padding_mode != "zeros":
            input = functional("pad")(input, self._widths(), mode=self.padding_mode)
            padding = 0
        convolve = functional(f"conv{self.rank}d")
        sizes = (self.stride, padding, self.dilation, self.groups)
        return convolve(input, self.weight, self.bias, *sizes)

    def _widths(self) -> list[int]:
        """How far to pad, the last axis first."""
        if not isinstance(self.padding, str):
            return [p for p in reversed(self.padding) for _ in range(2)]
        totals = [d * (n - 1) for n, d in zip(self.kernel_size, self.dilation, strict=True)]
        totals = totals if self.padding == "same" else [0] * self.rank
        return [w for t in reversed(totals) for w in (t // 2, t - t // 2)]


class Transposed(Convolution):
    """What the derivative of a convolution by its input does."""

    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        sizes = {"kernel_size": kernel_size, "stride": stride, "padding": padding}
        sizes |= {"dilation": dilation, "output_padding": output_padding}
        self._describe((in_channels, out_channels), groups, **sizes)
        self._fill(bias, padding_mode, dtype)

    def forward(self, input: Tensor, output_size: Any = None) -> Any:
        """Spread over windows; `output_size` chooses among the sizes that fit."""
        extra = self.output_padding
        if output_size is not None:
            extra = self._extra(input.node.shape[-self.rank :], tuple(output_size)[-self.rank :])
        convolve = functional(f"conv_transpose{self.rank}d")
        sizes = (self.stride, self.padding, extra, self.groups, self.dilation)
        return convolve(input, self.weight, self.bias, *sizes)

    def _extra(self, own: tuple[int, ...], wanted: tuple[int, ...]) -> tuple[int, ...]:
        axes = zip(own, self.stride, self.padding, self.dilation, self.kernel_size, strict=True)
        least = [(n - 1) * s - 2 * p + d * (k - 1) + 1 for n, s, p, d, k in axes]
        return tuple(w - n for w, n in zip(wanted, least, strict=True))


CONVOLUTIONS = tuple(
    type(f"{name}{rank}d", (base,), {"rank": rank, "__module__": __name__})
    for name, base in (("Conv", Forward), ("ConvTranspose", Transposed))
    for rank in (1, 2, 3)
)
