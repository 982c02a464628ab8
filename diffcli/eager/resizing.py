"""Other sizes of images: interpolation, sampling on grids, channels moved to space and back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from diffcli.eager.convolution import covered, each
from diffcli.eager.functions import function, resolved
from diffcli.eager.nodes import leaf
from diffcli.eager.reductions import step
from diffcli.eager.selection import Array, positions, taken
from diffcli.eager.tensor import Tensor
from diffcli.graph.node import Node
from diffcli.limits import check_elements
from diffcli.ops.table import F

LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}
BICUBIC = {2: "bicubic"}
CUBIC = -0.75
"""The parameter of cubic convolution that PyTorch takes."""


@function("interpolate")
def interpolate(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Any:
    """Another size: each new element is a mean of old ones, weighted along each axis of space."""
    rank = input.ndim - 2
    linear = mode in LINEAR.values() or mode == "bicubic"
    if align_corners is not None and not linear:
        raise ValueError(
            "align_corners option can only be set with the interpolating modes: linear | bilinear "
            "| bicubic | trilinear"
        )
    new, scales = _sizes(input, size, scale_factor, rank)
    if recompute_scale_factor:
        scales = [None] * rank
    if mode == "area":
        return resolved(f"adaptive_avg_pool{rank}d")(input, new)
    if mode not in ("nearest", "nearest-exact", LINEAR.get(rank), BICUBIC.get(rank)):
        raise NotImplementedError(
            f"Got {rank + 2}D input, but {mode} mode needs {_needed(mode)}D input"
        )
    check_elements(math.prod(input.node.shape[:2]) * math.prod(new))
    axes = zip(input.node.shape[2:], new, scales, strict=True)
    taps = [_taps(mode, bool(align_corners), *axis) for axis in axes]

    def compute(n: Node) -> Node:
        for axis in range(rank - 1, -1, -1):  # the last axis first, as PyTorch does
            n = _mixed(n, axis + 2, *taps[axis])
        return n

    kind = "bicubic" if mode == "bicubic" else mode.replace("-", "_")
    return step(f"upsample_{kind}{rank}d", compute, input.node)


def _needed(mode: str) -> int:
    return {"linear": 3, "bilinear": 4, "bicubic": 4, "trilinear": 5}.get(mode, 4)


def _sizes(x: Tensor, size: Any, factor: Any, rank: int) -> tuple[tuple[int, ...], list[Any]]:
    """The new size, and the factors that were given."""
    if (size is None) == (factor is None):
        words = "only one of size or scale_factor should be defined"
        if size is None:
            words = "either size or scale_factor should be defined"
        raise ValueError(words)
    if size is not None:
        return each(size, rank), [None] * rank
    factors = [float(f) for f in (factor if isinstance(factor, tuple | list) else [factor] * rank)]
    old = x.node.shape[2:]
    return tuple(math.floor(n * f) for n, f in zip(old, factors, strict=True)), list(factors)


def _taps(mode: str, corners: bool, old: int, new: int, factor: Any) -> tuple[Array, Any]:
    """For each new element, which old ones count along an axis, and how much (None: one does)."""
    at = np.arange(new)
    scale = 1 / factor if factor else old / max(new, 1)
    if mode == "nearest":
        return np.minimum(np.floor(at * np.float32(scale)), old - 1).astype(int)[:, None], None
    if mode == "nearest-exact":
        return np.minimum(np.floor((at + 0.5) * scale), old - 1).astype(int)[:, None], None
    if corners:
        place = at * ((old - 1) / (new - 1) if new > 1 else 0.0)
    else:
        place = (at + 0.5) * scale - 0.5
    if mode == "bicubic":
        first = np.floor(place)
        index = first[:, None].astype(int) + np.arange(-1, 3)
        return np.clip(index, 0, old - 1), _cubic(place - first)
    place = np.maximum(place, 0)
    first = np.minimum(np.floor(place), old - 1)
    share = np.clip(place - first, 0, 1)
    index = np.stack([first, np.minimum(first + 1, old - 1)], 1).astype(int)
    return index, np.stack([1 - share, share], 1)


def _cubic(t: Array) -> Array:
    """The weights of the four neighbours of places between elements (Keys, 1981)."""

    def near(x: Array) -> Array:
        return ((CUBIC + 2) * x - (CUBIC + 3)) * x * x + 1

    def far(x: Array) -> Array:
        return ((CUBIC * x - 5 * CUBIC) * x + 8 * CUBIC) * x - 4 * CUBIC

    return np.stack([far(t + 1), near(t), near(1 - t), far(2 - t)], 1)


def _mixed(n: Node, axis: int, index: Array, weights: Any) -> Node:
    """Sums of elements along an axis with weights."""
    lead = (slice(None),) * axis
    parts = [F.index(n, (*lead, index[:, k])) for k in range(index.shape[1])]
    if weights is None:
        return parts[0]
    shape = (-1, *[1] * (n.ndim - axis - 1))
    scaled = [
        part * leaf(weights[:, k].astype(n.dtype).reshape(shape)) for k, part in enumerate(parts)
    ]
    total = scaled[0]
    for part in scaled[1:]:
        total = total + part
    return total


# ----- channels and space -------------------------------------------------------------------------


@function("pixel_shuffle")
def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Channels moved to space."""
    r = upscale_factor
    *lead, c, h, w = input.node.shape
    if c % r**2:
        raise RuntimeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square "
            f"of upscale_factor, but input.size(-3)={c} is not divisible by {r**2}"
        )
    places = positions(input).reshape(-1, c // r**2, r, r, h, w).transpose(0, 1, 4, 2, 5, 3)
    return taken("pixel_shuffle", input, places.reshape(*lead, c // r**2, h * r, w * r))


@function("pixel_unshuffle")
def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """Space moved to channels."""
    r = downscale_factor
    *lead, c, h, w = input.node.shape
    if h % r or w % r:
        name, n, axis = ("height", h, -2) if h % r else ("width", w, -1)
        raise RuntimeError(
            f"pixel_unshuffle expects {name} to be divisible by downscale_factor, but "
            f"input.size({axis})={n} is not divisible by {r}"
        )
    places = positions(input).reshape(-1, c, h // r, r, w // r, r).transpose(0, 1, 3, 5, 2, 4)
    return taken("pixel_unshuffle", input, places.reshape(*lead, c * r**2, h // r, w // r))


@function("channel_shuffle")
def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """Channels of groups taken in turn."""
    n, c, *space = input.node.shape
    if c % groups:
        raise RuntimeError(
            f"Number of channels must be divisible by groups. Got {c} channels and {groups} groups."
        )
    places = positions(input).reshape(n, groups, c // groups, *space).swapaxes(1, 2)
    return taken("channel_shuffle", input, places.reshape(input.node.shape))


# ----- grids --------------------------------------------------------------------------------------


@function("affine_grid")
def affine_grid(theta: Tensor, size: Any, align_corners: bool | None = None) -> Any:
    """Where an affine map of a plane takes each element of an image, between -1 and 1."""
    n, _, h, w = size
    check_elements(2 * n * h * w)
    edges = [np.linspace(-1, 1, m) if m > 1 else np.zeros(1) for m in (w, h)]
    if not align_corners:
        edges = [e * (m - 1) / m for e, m in zip(edges, (w, h), strict=True)]
    x, y = np.meshgrid(*edges)
    base = leaf(np.stack([x, y, np.ones_like(x)], -1).reshape(-1, 3).astype(theta.node.dtype))

    def compute(t: Node) -> Node:
        return F.reshape(F.matmul(base, F.matrix_transpose(t)), (n, h, w, 2))

    return step("affine_grid_generator", compute, theta.node)


@function("grid_sample")
def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """The elements of images at places between -1 and 1, mixed from their four neighbours."""
    if mode not in ("bilinear", "nearest") or padding_mode not in ("zeros", "border"):
        raise NotImplementedError(
            f"grid_sample has mode 'bilinear' or 'nearest' with padding 'zeros' or 'border' here, "
            f"not '{mode}' with '{padding_mode}'"
        )
    n, _, h, w = input.node.shape

    def compute(image: Node, places: Node) -> Node:
        x, y = (
            _pixels(F.index(places, (..., k)), m, bool(align_corners), padding_mode)
            for k, m in ((0, w), (1, h))
        )
        if mode == "nearest":
            return _corner(image, np.rint(_value(x)), np.rint(_value(y)))
        left, top = np.floor(_value(x)), np.floor(_value(y))
        parts = []
        for dy in (0, 1):
            for dx in (0, 1):
                share = (1 - dx + (2 * dx - 1) * (x - leaf(left))) * (
                    1 - dy + (2 * dy - 1) * (y - leaf(top))
                )
                part = _corner(image, left + dx, top + dy) * F.reshape(
                    share, (n, 1, *share.shape[1:])
                )
                parts.append(part)
        return parts[0] + parts[1] + parts[2] + parts[3]

    return step("grid_sampler2d", compute, input.node, grid.node)


def _value(x: Node) -> Array:
    return np.asarray(x.value)  # type: ignore[attr-defined]


def _pixels(place: Node, n: int, corners: bool, padding: str) -> Node:
    """Places between -1 and 1 as numbers of elements."""
    x = (place + 1) * ((n - 1) / 2) if corners else ((place + 1) * n - 1) / 2
    if padding == "zeros":
        return x
    at = _value(x)
    return F.where((at > 0) & (at < n - 1), x, leaf(np.clip(at, 0, n - 1)))


def _corner(image: Node, x: Array, y: Array) -> Node:
    """The elements at whole numbers, 0 outside."""
    n, c, h, w = image.shape
    inside = (x >= 0) & (x < w) & (y >= 0) & (y < h)
    place = np.where(inside, y * w + x, 0).astype(int)[:, None]
    start = (np.arange(n * c) * h * w).reshape(n, c, 1, 1)
    return covered(image, np.where(inside[:, None], start + place, -1))
