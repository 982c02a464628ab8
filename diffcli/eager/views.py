"""Functions whose results share the memory of their argument."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from diffcli.eager.functions import function
from diffcli.eager.steps import called
from diffcli.eager.storage import detached, view
from diffcli.eager.tensor import Tensor, fresh, wrap
from diffcli.eager.types import TorchType
from diffcli.ops.table import F


def axis_of(x: Tensor, dim: int, extra: int = 0) -> int:
    """A non-negative axis; raises PyTorch's error for one that `x` does not have."""
    rank = max(x.ndim + extra, 1)
    if not isinstance(dim, int) or isinstance(dim, bool):
        raise TypeError(f"dim must be an int, not {type(dim).__name__}")
    if not -rank <= dim < rank:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-rank}, {rank - 1}], "
            f"but got {dim})"
        )
    return dim % rank


def numbers(values: tuple[Any, ...]) -> tuple[int, ...]:
    """Sizes or axes written one by one or as one sequence."""
    if len(values) == 1 and isinstance(values[0], tuple | list):
        values = tuple(values[0])
    return tuple(int(v.node.value) if isinstance(v, Tensor) else v for v in values)


# ----- shapes -------------------------------------------------------------------------------------


def completed(x: Tensor, sizes: tuple[int, ...]) -> tuple[int, ...]:
    """Sizes with -1 worked out; raises PyTorch's errors where they do not fit."""
    total = x.node.size
    known = math.prod([n for n in sizes if n != -1])
    shown = list(sizes)
    for n in sizes:
        if n < -1:
            raise RuntimeError(f"invalid shape dimension {n}")
    if sizes.count(-1) > 1:
        raise RuntimeError("only one dimension can be inferred")
    if -1 in sizes:
        if known == 0:
            raise RuntimeError(
                f"cannot reshape tensor of 0 elements into shape {shown} because the unspecified "
                "dimension size -1 can be any value and is ambiguous"
            )
        if total % known:
            raise RuntimeError(f"shape '{shown}' is invalid for input of size {total}")
        return tuple(total // known if n == -1 else n for n in sizes)
    if known != total:
        raise RuntimeError(f"shape '{shown}' is invalid for input of size {total}")
    return sizes


@function("reshape")
def reshape(x: Tensor, *shape: Any) -> Tensor:
    """The elements in order in another shape: a view where their places in memory allow it."""
    sizes = completed(x, numbers(shape))
    if in_memory(x, sizes):
        return view(x, "view", lambda node: F.reshape(node, sizes))
    return wrap(called("unsafe_view", lambda node: F.reshape(node, sizes), [x.node]))


def in_memory(x: Tensor, sizes: tuple[int, ...]) -> bool:
    """Whether a shape is a view of the elements as they lie in memory."""
    held = np.asarray(x.node.value).view()
    try:
        held.shape = sizes
    except AttributeError:
        return False
    return True


@function("view")
def view_(x: Tensor, *size: Any) -> Tensor:
    """The elements in order in another shape, or in another type of the same size."""
    if len(size) == 1 and isinstance(size[0], TorchType):
        return _seen_as(x, size[0])
    sizes = completed(x, numbers(size))
    if not in_memory(x, sizes):
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least one "
            "dimension spans across two contiguous subspaces). Use .reshape(...) instead."
        )
    return reshape(x, sizes)


def _seen_as(x: Tensor, kind: TorchType) -> Tensor:
    if kind.numpy == x.node.dtype:
        return detached(x)
    if kind.itemsize != x.node.dtype.itemsize:
        raise RuntimeError("self.size(-1) must be divisible by 2 to view in a type of another size")
    return fresh(np.ascontiguousarray(x.node.value).view(kind.numpy))


@function("view_as")
def view_as(x: Tensor, other: Tensor) -> Tensor:
    """The elements in the shape of another tensor."""
    return reshape(x, other.node.shape)


function("reshape_as")(view_as)


@function("flatten")
def flatten(x: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Several axes made one."""
    if not x.ndim:
        return reshape(x, 1)
    first, last = axis_of(x, start_dim), axis_of(x, end_dim)
    if first > last:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if first == last:
        return x
    return reshape(x, (*x.node.shape[:first], -1, *x.node.shape[last + 1 :]))


@function("ravel")
def ravel(x: Tensor) -> Tensor:
    """All elements along one axis."""
    return x if x.ndim == 1 else reshape(x, -1)


@function("unflatten")
def unflatten(x: Tensor, dim: int, sizes: Any) -> Tensor:
    """One axis made several."""
    axis, parts = axis_of(x, dim), numbers((sizes,))
    whole = math.prod(parts)
    if -1 not in parts and whole != x.node.shape[axis]:
        raise RuntimeError(
            f"unflatten: Provided sizes {list(parts)} don't multiply up to the size of dim {axis} "
            f"({x.node.shape[axis]}) in the input tensor"
        )
    return reshape(x, (*x.node.shape[:axis], *parts, *x.node.shape[axis + 1 :]))


@function("squeeze")
def squeeze(x: Tensor, dim: Any = None) -> Tensor:
    """Without the axes of length 1, or without those given that have it."""
    if dim is None:
        drop = {i for i, n in enumerate(x.node.shape) if n == 1}
        name = "squeeze"
    else:
        given = dim if isinstance(dim, tuple | list) else (dim,)
        drop = {axis_of(x, d) for d in given}
        name = "squeeze:2" if isinstance(dim, tuple | list) else "squeeze:1"
    sizes = tuple(n for i, n in enumerate(x.node.shape) if i not in drop or n != 1)
    return view(x, name, lambda node: F.reshape(node, sizes))


@function("unsqueeze")
def unsqueeze(x: Tensor, dim: int) -> Tensor:
    """With a new axis of length 1."""
    axis = axis_of(x, dim, 1)
    return view(x, "unsqueeze", lambda node: F.expand_dims(node, axis))


@function("expand")
def expand(x: Tensor, *size: Any) -> Tensor:
    """Axes of length 1 repeated, without copies; -1 leaves an axis as it is."""
    wanted = numbers(size)
    lead = len(wanted) - x.ndim
    if lead < 0:
        raise RuntimeError(
            f"expand(torch.{_kind(x)}{{{list(x.node.shape)}}}, size={list(wanted)}): the number of "
            f"sizes provided ({len(wanted)}) must be greater or equal to the number of "
            f"dimensions in the tensor ({x.ndim})"
        )
    out = []
    for i, n in enumerate(wanted):
        own = x.node.shape[i - lead] if i >= lead else 1
        if n < 0 and i < lead:
            raise RuntimeError(
                f"The expanded size of the tensor ({n}) isn't allowed in a leading, non-existing "
                f"dimension {i}"
            )
        if n == -1 and i >= lead:
            n = own
        elif own not in (1, n):
            raise RuntimeError(
                f"The expanded size of the tensor ({n}) must match the existing size ({own}) at "
                f"non-singleton dimension {i}.  Target sizes: {list(wanted)}.  Tensor sizes: "
                f"{list(x.node.shape)}"
            )
        out.append(n)
    return view(x, "expand", lambda node: F.broadcast_to(node, tuple(out)))


def _kind(x: Tensor) -> str:
    from diffcli.eager.types import long_name

    return f"{long_name(x.node.dtype)}Tensor"


@function("expand_as")
def expand_as(x: Tensor, other: Tensor) -> Tensor:
    """Expanded to the shape of another tensor."""
    return expand(x, other.node.shape)


@function("broadcast_to")
def broadcast_to(x: Tensor, size: Any) -> Tensor:
    """Expanded to a shape."""
    return expand(x, size)


# ----- order of axes ------------------------------------------------------------------------------


@function("transpose")
def transpose(x: Tensor, dim0: int, dim1: int) -> Tensor:
    """Two axes exchanged."""
    a, b = axis_of(x, dim0), axis_of(x, dim1)
    if not x.ndim:
        return view(x, "transpose", lambda node: F.reshape(node, ()))
    return view(x, "transpose", lambda node: F.swapaxes(node, a, b))


function("swapaxes")(transpose)
function("swapdims")(transpose)


@function("t")
def t(x: Tensor) -> Tensor:
    """The transpose of a matrix."""
    if x.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {x.ndim}D")
    return view(x, "t", lambda node: F.transpose(node))


@function("permute")
def permute(x: Tensor, *dims: Any) -> Tensor:
    """The axes in another order."""
    order = tuple(axis_of(x, d) for d in numbers(dims))
    if len(order) != x.ndim:
        raise RuntimeError(
            f"permute(sparse_coo): number of dimensions in the tensor input does not match the "
            f"length of the desired ordering of dimensions i.e. input.dim() = {x.ndim} is not "
            f"equal to len(dims) = {len(order)}"
        )
    if len(set(order)) < len(order):
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return view(x, "permute", lambda node: F.transpose(node, order))


@function("movedim")
def movedim(x: Tensor, source: Any, destination: Any) -> Tensor:
    """Axes moved to other places."""
    source, destination = (
        tuple(axis_of(x, d) for d in numbers((axes,))) for axes in (source, destination)
    )
    return view(x, "permute", lambda node: F.moveaxis(node, source, destination))


function("moveaxis")(movedim)


# ----- parts --------------------------------------------------------------------------------------


@function("select")
def select(x: Tensor, dim: int, index: int) -> Tensor:
    """One place along an axis."""
    n = x.node.shape[axis_of(x, dim)] if x.ndim else 0
    if x.ndim and not -n <= index < n:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size {list(x.node.shape)} at "
            f"dimension {axis_of(x, dim)}"
        )
    return x[(slice(None),) * axis_of(x, dim) + (index,)]


@function("narrow")
def narrow(x: Tensor, dim: int, start: int, length: int) -> Tensor:
    """A range along an axis."""
    n = x.node.shape[axis_of(x, dim)]
    if not -n <= start <= n:
        raise IndexError(
            f"start out of range (expected to be in range of [-{n}, {n}], but got {start})"
        )
    start = start % n if start < 0 else start
    if start + length > n:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({n}).")
    return x[(slice(None),) * axis_of(x, dim) + (slice(start, start + length),)]


@function("diagonal")
def diagonal(x: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """A diagonal of two axes, as the last axis."""
    a, b = axis_of(x, dim1), axis_of(x, dim2)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return view(x, "diagonal", lambda node: F.diagonal(node, offset, a, b))
