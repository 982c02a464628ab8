"""Functions that mean something else under PyTorch's, SciPy's or JAX's prefix than without.

A row called `torch.NAME` is what `torch.NAME(...)` is looked up as; without a prefix, and as a
method, NumPy's meaning holds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node
from diffcli.graph.shapes import axis_index, shape_tuple
from diffcli.ops.table import F, Row, lift

HERE: dict[str, Any] = {"category": "variant", "hidden": True}


def scipy(define: Callable[..., Any]) -> Row:
    """Decorator that makes the hidden row `scipy.NAME`."""
    return Row(f"scipy.{define.__name__}", define, **HERE)


@scipy
def softmax(x: Node, axis: Any = None) -> Node:
    """exp(x)/sum(exp(x)) over axes, all by default."""
    return F.softmax(x, axis)


@scipy
def log_softmax(x: Node, axis: Any = None) -> Node:
    """x - logsumexp(x) over axes, all by default."""
    return F.log_softmax(x, axis)


@scipy
def cholesky(a: Node, lower: bool = False) -> Node:
    """The upper Cholesky factor, or the lower one."""
    return F.cholesky(a) if lower else F.cholesky(a, True)


def _gelu(x: Node, approximate: Any = True) -> Node:
    """x times the normal distribution function of x, by default its approximation by tanh."""
    return F.gelu(x, "tanh" if approximate else "none")


Row("jax.gelu", _gelu, **HERE)


def torch(**stated: Any) -> Callable[[Callable[..., Any]], Row]:
    """Decorator that makes the hidden row `torch.NAME`."""

    def make(define: Callable[..., Any]) -> Row:
        return Row(f"torch.{define.__name__.rstrip('_')}", define, **{**HERE, **stated})

    return make


@torch()
def std(x: Node, axis: Any = None, ddof: Any = 1, keepdims: bool = False) -> Node:
    """Standard deviation with n - 1 as the divisor."""
    return F.std(x, axis, ddof, keepdims)


@torch()
def var(x: Node, axis: Any = None, ddof: Any = 1, keepdims: bool = False) -> Node:
    """Variance with n - 1 as the divisor."""
    return F.var(x, axis, ddof, keepdims)


@torch()
def transpose(x: Node, dim0: int, dim1: int) -> Node:
    """Two axes exchanged."""
    return F.swapaxes(x, dim0, dim1)


TIES: dict[str, Any] = {
    "kink": "the first of equal elements has it",
    "kink_at": lambda result, x, axis=None, keepdims=False: _ties(result, x, axis, keepdims),
}


def _ties(result: Any, x: Node, axis: Any, keepdims: bool) -> Node | None:
    if not isinstance(result, list):
        return None  # NumPy's, which knows its own
    values = result[0] if keepdims else F.expand_dims(result[0], axis)
    return F.greater(F.sum(F.equal(x, values), axis, keepdims), 1)


@torch(**TIES)
def max_(x: Node, axis: Any = None, keepdims: bool = False) -> Any:
    """The largest element; along one axis also its first index, or the larger of two arrays."""
    return _extremum("max", x, axis, keepdims)


@torch(**TIES)
def min_(x: Node, axis: Any = None, keepdims: bool = False) -> Any:
    """The smallest element; along one axis also its first index, or the smaller of two arrays."""
    return _extremum("min", x, axis, keepdims)


def _extremum(name: str, x: Node, axis: Any, keepdims: bool) -> Any:
    if axis is None:
        return getattr(F, name)(x)
    if isinstance(axis, Node | list):
        return getattr(F, f"{name}imum")(x, axis)
    # along an axis the gradient goes to the index that is returned
    place = getattr(F, f"arg{name}")(x, axis, True)
    return _placed(F.take_along_axis(x, place, axis), place, axis, keepdims)


def _placed(values: Node, place: Node, axis: int, keepdims: bool) -> list[Node]:
    """Values along an axis and their indices, of length 1 there, or without it."""
    if keepdims:
        return [values, place]
    return [F.squeeze(values, axis), F.squeeze(place, axis)]


def _ranked(x: Node, rank: int, axis: int, keepdims: bool) -> list[Node]:
    """The element of a rank from 0 in the order along an axis, and its index."""
    at = lift([rank])
    return _placed(
        F.take(F.sort(x, axis), at, axis), F.take(F.argsort(x, axis), at, axis), axis, keepdims
    )


@torch()
def median(x: Node, axis: Any = None, keepdims: bool = False) -> Any:
    """The lower of the two middle elements; along an axis also its index."""
    if axis is None:
        return F.sort(F.ravel(x))[(x.size - 1) // 2]
    return _ranked(x, (x.shape[axis_index(axis, x.ndim)] - 1) // 2, axis, keepdims)


@torch()
def nanmedian(x: Node, axis: Any = None, keepdims: bool = False) -> Any:
    """The lower of the two middle elements that are not nan; along an axis also its index."""
    if axis is None:
        x, axis, keepdims = F.ravel(x), 0, False
        return _lower_middle(x, axis, keepdims)[0]
    return _lower_middle(x, axis, keepdims)


def _lower_middle(x: Node, axis: Any, keepdims: bool) -> list[Node]:
    count = F.sum(F.logical_not(F.isnan(x)), axis, True)
    middle = F.floor_divide(F.maximum(count - 1, 0), 2)  # nan is sorted to the end
    place = F.take_along_axis(F.argsort(x, axis), middle, axis)
    return _placed(F.take_along_axis(F.sort(x, axis), middle, axis), place, axis, keepdims)


@torch()
def kthvalue(x: Node, k: int, axis: int = -1, keepdims: bool = False) -> list[Node]:
    """The kth smallest element along an axis, counted from 1, and its index."""
    n = x.shape[axis_index(axis, x.ndim)]
    if not 1 <= k <= n:
        raise DiffcliError("bad-argument", f"k must be from 1 to {n}, not {k}")
    return _ranked(x, k - 1, axis, keepdims)


@torch()
def cummax(x: Node, dim: int) -> list[Node]:
    """The largest element so far along an axis, and its index, the last of several."""
    return [F.cummax(x, dim), F.running_argmax(x, dim)]


@torch()
def cummin(x: Node, dim: int) -> list[Node]:
    """The smallest element so far along an axis, and its index, the last of several."""
    return [F.cummin(x, dim), F.running_argmax(-x, dim)]


@torch()
def norm(x: Node, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Node:
    """The norm of all elements as one vector, or of vectors along an axis."""
    if axis is None and ord not in (None, "fro", "nuc"):
        return F.norm(F.ravel(x), ord)
    return F.norm(x, ord, axis, keepdims)


@torch(arrays=2)
def kl_div(x: Node, target: Node, reduction: str = "mean", log_target: bool = False) -> Node:
    """Kullback-Leibler loss of logarithms of probabilities x against a target."""
    weights = F.exp(target) if log_target else target
    own = target * weights if log_target else F.xlogy(target, target)
    pointwise = own - weights * x
    if reduction == "none":
        return pointwise
    if reduction not in ("mean", "sum", "batchmean"):
        raise DiffcliError(
            "bad-argument",
            f"there is no reduction {reduction!r}",
            hint="write 'mean', 'sum', 'batchmean' or 'none'",
        )
    total = F.sum(pointwise)
    counts = {"sum": 1, "mean": pointwise.size, "batchmean": pointwise.shape[0]}
    return total / counts[reduction]


@torch()
def sort(x: Node, axis: int = -1, descending: bool = False) -> list[Node]:
    """The sorted elements along an axis, and where they were."""
    key = -x if descending else x
    values = F.sort(key, axis)
    return [-values if descending else values, F.argsort(key, axis)]


@torch()
def split(x: Node, split_size_or_sections: Any, dim: int = 0) -> Any:
    """A list of parts of a size (the last may be smaller), or of the sizes given."""
    axis = axis_index(dim, x.ndim)
    sizes, n = shape_tuple(split_size_or_sections), x.shape[axis]
    if isinstance(split_size_or_sections, int):
        if sizes[0] < 1:
            raise DiffcliError("bad-argument", "the size of a part must be at least 1")
        return F.split(x, list(range(sizes[0], n, sizes[0])), axis)
    if sum(sizes) != n:
        raise DiffcliError("shape", f"parts of sizes {sizes} do not make up {n} elements")
    cuts = [sum(sizes[:k]) for k in range(1, len(sizes))]
    return F.split(x, cuts, axis)


@torch()
def pad(x: Node, pad: Any, mode: str = "constant", value: Any = 0) -> Node:
    """Elements added before and after, pairs from the last axis backwards."""
    counts = shape_tuple(pad)
    if len(counts) % 2 or len(counts) > 2 * x.ndim:
        raise DiffcliError(
            "bad-argument",
            f"{counts} is not a padding of {x.ndim} axes",
            hint="write (before, after) for the last axis, and so on backwards",
        )
    pairs = list(zip(counts[::2], counts[1::2], strict=True))[::-1]
    widths = [(0, 0)] * (x.ndim - len(pairs)) + pairs
    modes = {"replicate": "edge", "circular": "wrap"}
    return F.pad(x, widths, modes.get(mode, mode), value)


@torch(arrays=0)
def meshgrid(*tensors: Any, indexing: str = "ij") -> Any:
    """Coordinate arrays of a grid, the first vector along rows."""
    return F.meshgrid(*tensors, indexing=indexing)


def _vander(x: Node, N: Any = None) -> Node:
    """Matrix of ascending powers of a vector."""
    return F.vander(x, N, True)


Row("torch.linalg.vander", _vander, **HERE)


@torch(arrays=2)
def cross(x: Node, y: Node, dim: Any = None) -> Node:
    """Vector product along an axis, the first of length 3 by default."""
    if dim is None:
        dim = next((i for i, n in enumerate(x.shape) if n == 3), -1)
    return F.cross(x, y, -1, -1, -1, dim)


@torch()
def index_select(x: Node, dim: int, index: Any) -> Node:
    """Elements at integer positions along an axis."""
    return F.take(x, index, dim)


@torch()
def repeat_interleave(x: Node, repeats: Any, dim: int | None = None) -> Node:
    """Each element several times, along an axis or of the flattened array."""
    return F.repeat(x, repeats, dim)


@torch()
def squeeze(x: Node, axis: Any = None) -> Node:
    """Without the axes of length 1 among those given; others stay."""
    if axis is None:
        return F.squeeze(x)
    axes = [axis_index(a, x.ndim) for a in shape_tuple(axis)]
    drop = tuple(a for a in axes if x.shape[a] == 1)
    return F.squeeze(x, drop) if drop else x
