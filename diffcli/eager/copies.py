"""The same elements again: copies, repeated and reordered elements, parts of complex numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from diffcli.eager.functions import function
from diffcli.eager.layouts import arranged
from diffcli.eager.memory import memory_of
from diffcli.eager.methods import method
from diffcli.eager.nodes import NO_PARAMS, apply, evaluated, leaf
from diffcli.eager.reductions import step
from diffcli.eager.selection import array_of, positions, taken
from diffcli.eager.steps import CLONE
from diffcli.eager.storage import check_in_place, detached, kept, view
from diffcli.eager.tensor import Tensor, fresh, wrap
from diffcli.eager.types import CONTIGUOUS
from diffcli.eager.views import axis_of, numbers, squeeze, t, transpose, unsqueeze
from diffcli.graph.node import Node
from diffcli.ops.table import F


@function("detach")
def detach(x: Tensor) -> Tensor:
    """The same memory without the history."""
    return detached(x)


@function("clone")
def clone(x: Tensor, memory_format: Any = None) -> Tensor:
    """A copy that gradients flow through, with its elements in memory as the format says."""
    made = evaluated(apply(CLONE, (x.node,), NO_PARAMS))
    made.value = arranged(made.value, memory_format)
    return wrap(made)


# ----- complex numbers ----------------------------------------------------------------------------


@function("real")
def real(x: Tensor) -> Tensor:
    """The real part."""
    return view(x, "select", F.real) if x.node.dtype.kind == "c" else x


@function("imag")
def imag(x: Tensor) -> Tensor:
    """The imaginary part."""
    if x.node.dtype.kind != "c":
        raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
    return view(x, "select", F.imag)


@function("view_as_real")
def view_as_real(x: Tensor) -> Tensor:
    """Real and imaginary parts along a new last axis."""
    if x.node.dtype.kind != "c":
        raise RuntimeError("view_as_real is only supported for complex tensors")
    return view(x, "view_as_real", lambda n: F.stack([F.real(n), F.imag(n)], -1))


@function("view_as_complex")
def view_as_complex(x: Tensor) -> Tensor:
    """Complex numbers of pairs along the last axis."""
    if x.node.dtype.kind != "f":
        raise RuntimeError("view_as_complex is only supported for half, float and double tensors")
    if not x.ndim or x.node.shape[-1] != 2:
        raise RuntimeError("Tensor must have a last dimension of size 2")
    wide = np.complex128 if x.node.dtype == np.float64 else np.complex64

    def compute(n: Node) -> Node:
        a, b = F.index(n, (..., 0)), F.index(n, (..., 1))
        return F.astype(a, wide) + F.astype(b, wide) * 1j

    return view(x, "view_as_complex", compute)


# ----- repeated -----------------------------------------------------------------------------------


@method
def repeat(x: Tensor, *sizes: Any) -> Tensor:
    """The tensor repeated along each axis."""
    times = numbers(sizes)
    if len(times) < x.ndim:
        raise RuntimeError(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of "
            "tensor"
        )
    return step("repeat", lambda n: F.tile(n, times), x.node)


@function("tile")
def tile(x: Tensor, *dims: Any) -> Tensor:
    """The tensor repeated along each axis; axes not named are left alone."""
    times = numbers(dims)
    return repeat(x, (1,) * (x.ndim - len(times)) + times)  # type: ignore[no-any-return]


@function("repeat_interleave")
def repeat_interleave(
    x: Tensor, repeats: Any, dim: int | None = None, *, output_size: int | None = None
) -> Tensor:
    """Each element, or each slice along an axis, repeated so often."""
    base = positions(x).reshape(-1) if dim is None else positions(x)
    axis = 0 if dim is None else axis_of(x, dim)
    counts = array_of(repeats)
    if counts.ndim and counts.size not in (1, base.shape[axis]):
        raise RuntimeError(
            "repeats must have the same size as input along dim, but got repeats.size(0) = "
            f"{counts.size} and input.size({axis}) = {base.shape[axis]}"
        )
    name = "index_select" if isinstance(repeats, Tensor) else "view"
    return taken(name, x, np.repeat(base, counts, axis))


# ----- reordered ----------------------------------------------------------------------------------


@function("flip")
def flip(x: Tensor, *dims: Any) -> Tensor:
    """Axes turned round."""
    axes = tuple(axis_of(x, d) for d in numbers(dims))
    made = step("flip", lambda n: F.flip(n, axes), x.node)
    made.node.value = arranged(np.asarray(made.node.value), CONTIGUOUS)
    return made


@function("fliplr")
def fliplr(x: Tensor) -> Tensor:
    """The second axis turned round."""
    if x.ndim < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return flip(x, 1)


@function("flipud")
def flipud(x: Tensor) -> Tensor:
    """The first axis turned round."""
    if x.ndim < 1:
        raise RuntimeError("Input must be >= 1-d.")
    return flip(x, 0)


@function("roll")
def roll(x: Tensor, shifts: Any, dims: Any = None) -> Tensor:
    """Elements moved along axes, those that leave coming in at the other end."""
    if dims is None or dims == ():
        return taken("roll", x, np.roll(positions(x), shifts))
    axes = tuple(axis_of(x, d) for d in numbers((dims,)))
    return taken("roll", x, np.roll(positions(x), shifts, axes))


@function("rot90")
def rot90(x: Tensor, k: int = 1, dims: Any = (0, 1)) -> Tensor:
    """Turned by quarters in the plane of two axes."""
    turned = np.rot90(positions(x), k, tuple(dims))
    return taken("rot90", x, turned)


# ----- diagonals and triangles --------------------------------------------------------------------


@function("diag")
def diag(x: Tensor, diagonal: int = 0) -> Tensor:
    """The matrix with a vector on a diagonal, or the diagonal of a matrix."""
    if x.ndim not in (1, 2):
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {x.ndim}D")
    name = "diag_embed" if x.ndim == 1 else "DiagonalBackward0_copy"
    return step(name, lambda n: F.diag(n, diagonal), x.node)


@function("diagflat")
def diagflat(x: Tensor, offset: int = 0) -> Tensor:
    """The matrix with all elements on a diagonal."""
    return step("diag_embed", lambda n: F.diag(F.ravel(n), offset), x.node)


def _triangle(name: str) -> None:
    def apply(x: Tensor, diagonal: int = 0) -> Tensor:
        if x.ndim < 2:
            raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions")
        return step(name, lambda n: getattr(F, name)(n, diagonal), x.node)

    function(name)(apply)

    def indices(row: int, col: int, offset: int = 0, **options: Any) -> Tensor:
        found = getattr(np, f"{name}_indices")(row, offset, col)
        return fresh(np.stack(found).astype(np.int64))

    function(f"{name}_indices")(indices)


_triangle("tril")
_triangle("triu")


@function("vander")
def vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:
    """The powers of each element as a row."""
    count = x.node.shape[0] if N is None else N
    powers = np.arange(count) if increasing else np.arange(count)[::-1]
    exponents = leaf(powers.astype(x.node.dtype))
    name = "CopySlices" if increasing else "flip"
    return step(name, lambda n: F.power(F.expand_dims(n, 1), exponents), x.node)


# ----- shapes changed in place --------------------------------------------------------------------


def _reshaped(name: str, change: Any) -> None:
    def apply(x: Tensor, *args: Any) -> Tensor:
        check_in_place(x)
        x.node = change(wrap(kept(x)), *args).node
        memory_of(x).version += 1
        return x

    apply.__name__ = name
    method(apply)


for _name, _change in (
    ("squeeze_", squeeze),
    ("unsqueeze_", unsqueeze),
    ("transpose_", transpose),
    ("swapaxes_", transpose),
    ("t_", t),
):
    _reshaped(_name, _change)


@method
def resize_(x: Tensor, *sizes: Any) -> Tensor:
    """Another number of elements; new ones are 0."""
    shape = numbers(sizes)
    flat = np.zeros(math.prod(shape), x.node.dtype)
    held = np.ravel(x.node.value)[: flat.size]
    flat[: held.size] = held
    x.node = leaf(flat.reshape(shape))
    return x
