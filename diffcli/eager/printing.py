"""Tensors as text, as PyTorch prints them (torch/_tensor_str.py describes the format).

All elements of a tensor are printed in one format: as integers with a point, with a fixed number
of digits, or in scientific notation, whichever their range asks for; large tensors are summarised
by their edges.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcli.eager.levels import LEVELS, wrappers
from diffcli.eager.mode import MODE
from diffcli.eager.promotion import DEFAULT
from diffcli.eager.steps import gradients_flow, reaches_leaf
from diffcli.eager.tensor import Tensor
from diffcli.eager.types import torch_type
from diffcli.ops.op import INPUT

Array = np.ndarray[Any, Any]


class PrintOptions:
    """How tensors are printed: `torch.set_printoptions`."""

    __slots__ = ("edgeitems", "linewidth", "precision", "sci_mode", "threshold")

    def __init__(self) -> None:
        self.profile("default")

    def profile(self, name: str) -> None:
        """The settings called `default`, `short` or `full`."""
        self.precision = 2 if name == "short" else 4
        self.threshold = float("inf") if name == "full" else 1000
        self.edgeitems = 2 if name == "short" else 3
        self.linewidth = 80
        self.sci_mode: bool | None = None

    def update(
        self,
        precision: int | None = None,
        threshold: float | None = None,
        edgeitems: int | None = None,
        linewidth: int | None = None,
        profile: str | None = None,
        sci_mode: bool | None = None,
    ) -> None:
        """Set the options that are given; `sci_mode` always, as in PyTorch."""
        if profile is not None:
            self.profile(profile)
        self.precision = self.precision if precision is None else precision
        self.threshold = self.threshold if threshold is None else threshold
        self.edgeitems = self.edgeitems if edgeitems is None else edgeitems
        self.linewidth = self.linewidth if linewidth is None else linewidth
        self.sci_mode = sci_mode


OPTIONS = PrintOptions()


class Format:
    """The format that all elements of an array share."""

    __slots__ = ("kind", "precision", "width")

    def __init__(self, array: Array) -> None:
        self.precision = OPTIONS.precision
        self.width = 1
        flat = array.reshape(-1)
        if array.dtype.kind != "f":
            self.kind = "other"
            self._fit(flat.tolist())
            return
        numbers = flat[np.isfinite(flat) & (flat != 0)].astype(np.float64)
        self.kind = "integer"
        if not numbers.size:
            return
        whole = bool((numbers == np.ceil(numbers)).all())
        size = np.abs(numbers)
        low, high = float(size.min()), float(size.max())
        scientific = high / low > 1000 or high > 1e8 or (not whole and low < 1e-4)
        if OPTIONS.sci_mode is not None:
            scientific = OPTIONS.sci_mode
        self.kind = "scientific" if scientific else "integer" if whole else "fixed"
        self._fit(numbers.tolist())

    def _fit(self, values: list[Any]) -> None:
        self.width = max([1, *(len(self._digits(v)) for v in values)])

    def _digits(self, value: Any) -> str:
        if self.kind == "scientific":
            return f"{value:.{self.precision}e}"
        if self.kind == "integer":
            return f"{value:.0f}" + ("." if np.isfinite(value) else "")
        return f"{value:.{self.precision}f}" if self.kind == "fixed" else str(value)

    def __call__(self, value: Any) -> str:
        """One element, right-aligned."""
        return self._digits(value).rjust(self.width)


class Formats:
    """The formats of real and imaginary parts, or of real numbers alone."""

    __slots__ = ("imaginary", "real")

    def __init__(self, array: Array) -> None:
        self.real = Format(array.real)
        self.imaginary = Format(array.imag) if array.dtype.kind == "c" else None

    @property
    def width(self) -> int:
        """Characters of one element and what separates it from the next."""
        own = self.real.width + 2
        return own if self.imaginary is None else own + self.imaginary.width + 1

    def __call__(self, value: Any) -> str:
        """One element."""
        if self.imaginary is None:
            return self.real(value)
        imaginary = self.imaginary(value.imag).lstrip() + "j"
        sign = "" if imaginary.startswith("-") else "+"
        return self.real(value.real) + sign + imaginary


def text(t: Tensor) -> str:
    """`tensor([1., 2.], requires_grad=True)`, inside of transforms wrapped by them."""
    levels = wrappers(t.node) if LEVELS else []
    found = _plain(t, inner=bool(levels))
    for number in levels:
        found = found.replace("\n", "\n    ")
        found = f"GradTrackingTensor(lvl={number}, value=\n    {found}\n)"
    return found


def _plain(t: Tensor, tangents: bool = True, inner: bool = False) -> str:
    """A tensor with its tangent if it has one; `inner` ones show what they are further out."""
    from diffcli.eager.grad_fn import behind, display_name

    array = np.asarray(t.node.value)
    indent = len("tensor(")
    suffixes = []
    usual = {DEFAULT.real, DEFAULT.complex, np.dtype(np.int64), np.dtype(np.bool_)}
    if array.size == 0:
        body = "[]"
        if array.ndim != 1:
            suffixes.append(f"size={array.shape}")
        if array.dtype != DEFAULT.real:
            suffixes.append(f"dtype={torch_type(array.dtype)}")
    else:
        body = _body(array, indent)
        if array.dtype not in usual:
            suffixes.append(f"dtype={torch_type(array.dtype)}")
    if reaches_leaf(t.node) if inner else gradients_flow(t.node):
        made_by, _ = behind(t.node)
        name = display_name(made_by).rsplit("::", 1)[-1]
        leaf = made_by.op is INPUT
        suffixes.append("requires_grad=True" if leaf else f"grad_fn=<{name}>")
    if MODE.duals and tangents:
        from diffcli.eager.forward_ad import tangent_of

        tangent = tangent_of(t)
        if tangent is not None:
            suffixes.append(f"tangent={_plain(tangent, tangents=False)}")
    return _joined(f"tensor({body}", suffixes, indent)


def _joined(body: str, suffixes: list[str], indent: int) -> str:
    parts = [body]
    length = len(body) - body.rfind("\n") + 1
    for suffix in suffixes:
        if length + len(suffix) + 2 > OPTIONS.linewidth:
            parts.append(",\n" + " " * indent + suffix)
            length = indent + len(suffix)
        else:
            parts.append(", " + suffix)
            length += len(suffix) + 2
    return "".join(parts) + ")"


def _body(array: Array, indent: int) -> str:
    if array.dtype == np.float16:
        array = array.astype(np.float32)
    summarize = array.size > OPTIONS.threshold
    formats = Formats(_edges(array) if summarize else array)
    return _nested(array, indent, summarize, formats)


def _edges(array: Array) -> Array:
    """The elements that a summary shows."""
    edge = OPTIONS.edgeitems
    for axis, n in enumerate(array.shape):
        if n > 2 * edge:
            places = [*range(edge), *range(n - edge, n)]
            array = array.take(places, axis)
    return array


def _nested(array: Array, indent: int, summarize: bool, formats: Formats) -> str:
    if array.ndim == 0:
        return formats(array.item())
    edge = OPTIONS.edgeitems
    items: list[Any] = list(array) if array.ndim > 1 else array.tolist()
    cut = summarize and len(items) > 2 * edge
    if array.ndim == 1:
        return _vector(items, indent, cut, formats)

    def parts(chosen: list[Any]) -> list[str]:
        return [_nested(item, indent + 1, summarize, formats) for item in chosen]

    shown = (
        [*parts(items[:edge]), "...", *parts(items[len(items) - edge :])] if cut else parts(items)
    )
    separator = "," + "\n" * (array.ndim - 1) + " " * (indent + 1)
    return "[" + separator.join(shown) + "]"


def _vector(items: list[Any], indent: int, cut: bool, formats: Formats) -> str:
    edge = OPTIONS.edgeitems
    if cut:
        words = [*map(formats, items[:edge]), " ...", *map(formats, items[len(items) - edge :])]
    else:
        words = [*map(formats, items)]
    per_line = max(1, (OPTIONS.linewidth - indent) // formats.width)
    lines = [", ".join(words[i : i + per_line]) for i in range(0, len(words), per_line)]
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"
