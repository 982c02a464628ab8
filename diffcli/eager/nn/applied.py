"""Layers and losses that call one function with settings of their own.

The settings are the function's own parameters behind its operands, stated where it is defined.
"""

from __future__ import annotations

from typing import Any

from diffcli.eager.convolution import each
from diffcli.eager.functions import functional
from diffcli.eager.nn.module import Module
from diffcli.eager.signatures import PythonSignature, definition

UNSET = {"training", "_stacklevel", "dtype", "antialias"}
"""Parameters of functions that no layer sets."""

_signatures: dict[type, PythonSignature] = {}


class Applied(Module):
    """A function of `operands` arguments, with the other ones set when the module is made."""

    function: str
    operands = 1
    shown = ""  # the format of what is printed between the brackets
    settings: str | None = None  # in the words of a signature, where they are not the function's

    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__()
        for name, value in _signature(_row(type(self))).values(args, keywords).items():
            setattr(self, name, value)
        self.prepare()

    def prepare(self) -> None:
        """Bring the settings into the form that programs read."""

    def given(self) -> dict[str, Any]:
        """What the function is called with."""
        return {name: getattr(self, name) for name in _signature(_row(type(self))).parameters}

    def forward(self, *inputs: Any, **named: Any) -> Any:
        """The function of the operands."""
        return functional(self.function)(*inputs, **named, **self.given())

    def extra_repr(self) -> str:
        """The settings that PyTorch prints."""
        text = self.shown.format(self, **self.__dict__)
        if "inplace" not in text and self.__dict__.get("inplace"):
            text += ", inplace=True" if text else "inplace=True"
        return text


def _row(kind: type) -> type[Applied]:
    """The layer of the table that a class is or inherits from."""
    return next(each for each in kind.__mro__ if "function" in vars(each))


def _signature(row: type[Applied]) -> PythonSignature:
    found = _signatures.get(row)
    if found is None:
        name = f"{row.__name__}.__init__"
        stated = row.settings is not None
        define = definition(row.settings or "") if stated else functional(row.function)
        unset = UNSET if issubclass(row, Weighted) else {*UNSET, "weight"}
        operands = 0 if stated else row.operands
        found = PythonSignature(name, define, operands, unset, method=True)
        _signatures[row] = found
    return found


class Dropping(Applied):
    """Sets elements to 0 while training."""

    p: float
    inplace: bool
    shown = "p={p}, inplace={inplace}"

    def prepare(self) -> None:
        """Check the probability."""
        if not 0 <= self.p <= 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {self.p}")

    def given(self) -> dict[str, Any]:
        """The settings, and whether this is training."""
        return {**super().given(), "training": self.training}


class Sloped(Applied):
    """Draws slopes while training."""

    def given(self) -> dict[str, Any]:
        """The settings, and whether this is training."""
        return {**super().given(), "training": self.training}


class Pooling(Applied):
    """Windows that touch unless a stride is given."""

    kernel_size: Any
    stride: Any

    def prepare(self) -> None:
        """The stride is the size of the window."""
        self.stride = self.kernel_size if self.stride is None else self.stride


class SpacedPooling(Pooling):
    """Windows whose settings are kept for each axis of space."""

    padding: Any

    def prepare(self) -> None:
        """One number for each axis."""
        super().prepare()
        rank = int(self.function[-2])
        for name in ("kernel_size", "stride", "padding"):
            setattr(self, name, each(getattr(self, name), rank))


class Padding(Applied):
    """More elements at the edges."""

    function = "pad"
    mode = "constant"
    shown = "{padding}"
    settings = "padding"
    padding: Any

    def prepare(self) -> None:
        """Two widths for each axis of space."""
        rank = int(_row(type(self)).__name__[-2])
        self.padding = each(self.padding, 2 * rank)

    def given(self) -> dict[str, Any]:
        """The arguments of `pad`."""
        return {"pad": self.padding, "mode": self.mode, "value": self.__dict__.get("value")}


class Resizing(Applied):
    """Another size, or a multiple of the present one."""

    size: Any
    scale_factor: Any
    mode: str

    def prepare(self) -> None:
        """Factors are floats."""
        scale = self.scale_factor
        if scale is not None:
            several = isinstance(scale, tuple | list)
            self.scale_factor = tuple(map(float, scale)) if several else float(scale)

    def extra_repr(self) -> str:
        """What it goes by."""
        scaled = self.scale_factor is not None
        text = f"scale_factor={self.scale_factor!r}" if scaled else f"size={self.size!r}"
        return f"{text}, mode={self.mode!r}"


class Nearest(Resizing):
    """Resizing by the nearest element."""

    mode = "nearest"


class Bilinear2d(Resizing):
    """Resizing by straight lines between corners."""

    mode = "bilinear"
    align_corners = True

    def given(self) -> dict[str, Any]:
        """The arguments of `interpolate`."""
        return {**super().given(), "mode": "bilinear", "align_corners": True}


class Weighted(Applied):
    """A loss whose weights are buffers."""

    def prepare(self) -> None:
        """Weights belong to the state."""
        for name in ("weight", "pos_weight"):
            if name in self.__dict__:
                self.register_buffer(name, self.__dict__[name])


class PairwiseDistance(Applied):
    """Norms of differences."""

    function = "pairwise_distance"
    operands = 2


class Distance(Applied):
    """A loss by a distance of one's own."""

    distance_function: Any

    def prepare(self) -> None:
        """Distances of vectors, unless another function is given."""
        if self.distance_function is None:
            object.__setattr__(self, "distance_function", PairwiseDistance())
