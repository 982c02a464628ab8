"""Reductions, scans and orderings with PyTorch's arguments, types and fields of results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from diffcli.eager.functions import function, resolved
from diffcli.eager.grad_fn import renamed
from diffcli.eager.nodes import Eager, evaluated, leaf
from diffcli.eager.promotion import INT64, DType, floating
from diffcli.eager.steps import called, flat
from diffcli.eager.tensor import Tensor, fresh, wrap
from diffcli.eager.types import TorchType, long_name
from diffcli.eager.views import axis_of
from diffcli.graph.node import Node
from diffcli.ops.table import F

Axes = int | tuple[int, ...] | None


def axes_of(x: Tensor, dim: Any) -> tuple[int, ...] | None:
    """The axes of a reduction, None for all; raises PyTorch's error for repeated ones."""
    if dim is None or dim == () or dim == []:
        return None
    axes = tuple(axis_of(x, d) for d in (dim if isinstance(dim, tuple | list) else (dim,)))
    if len(set(axes)) < len(axes):
        raise RuntimeError("dim 0 appears multiple times in the list of dims")
    return axes if x.ndim else ()


def converted(x: Tensor, dtype: TorchType | DType | None) -> Eager:
    """The node in another type; None leaves it."""
    if dtype is None:
        return x.node
    wanted = dtype.numpy if isinstance(dtype, TorchType) else dtype
    return x.node if x.node.dtype == wanted else evaluated(F.astype(x.node, wanted))


def summable(x: Tensor, dtype: TorchType | None) -> Eager:
    """The node in the type of its sum: int64 for integers and truth values."""
    return converted(x, dtype or (INT64 if x.node.dtype.kind in "biu" else None))


def real(x: Tensor, words: str) -> Tensor:
    """x itself; raises PyTorch's `words` for integers."""
    if x.node.dtype.kind not in "fc":
        raise RuntimeError(words.format(long_name(x.node.dtype)))
    return x


def step(name: str, compute: Callable[..., Node], *nodes: Eager) -> Tensor:
    """A call as one step of the program."""
    return wrap(called(name, compute, list(nodes)))


# ----- sums and means -----------------------------------------------------------------------------


@function("sum")
def sum_(x: Tensor, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Tensor:
    """The sum of elements, of all or along axes; of integers as int64."""
    axes = axes_of(x, dim)
    name = "sum" if dim is None else "sum:1"
    return step(name, lambda n: F.sum(n, axes, keepdim), summable(x, dtype))


@function("nansum")
def nansum(x: Tensor, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Tensor:
    """The sum of the elements that are not nan."""
    axes = axes_of(x, dim)
    if x.node.dtype.kind == "c":
        raise RuntimeError("nansum on CPU does not support complex inputs")
    return step("nansum", lambda n: F.nansum(n, axes, keepdim), summable(x, dtype))


@function("mean")
def mean(x: Tensor, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Tensor:
    """The mean of all elements or along axes."""
    if dtype is None:
        real(
            x,
            "mean(): could not infer output dtype. Input dtype must be either a floating point or "
            "complex dtype. Got: {}",
        )
    axes = axes_of(x, dim)
    name = "mean" if dim is None else "mean:1"
    return step(name, lambda n: F.mean(n, axes, keepdim), converted(x, dtype))


@function("prod")
def prod(x: Tensor, dim: int | None = None, keepdim: bool = False, dtype: Any = None) -> Tensor:
    """The product of all elements or along an axis."""
    axis = None if dim is None else axis_of(x, dim)
    name = "prod" if dim is None else "prod:1"
    return step(name, lambda n: F.prod(n, axis, keepdim), summable(x, dtype))


def _spread(name: str) -> None:
    """`std` and `var`: the divisor is n - 1 unless `unbiased` or `correction` says otherwise."""

    def reduce(
        x: Tensor,
        dim: Any = None,
        unbiased: bool = True,
        keepdim: bool = False,
        *,
        correction: int | None = None,
    ) -> Tensor:
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        real(x, "std and var only support floating point and complex dtypes")
        axes = axes_of(x, dim)
        ddof = int(unbiased) if correction is None else correction
        return step(name, lambda n: getattr(F, name)(n, axes, ddof, keepdim), x.node)

    def with_mean(
        x: Tensor,
        dim: Any = None,
        unbiased: bool = True,
        keepdim: bool = False,
        *,
        correction: int | None = None,
    ) -> tuple[Tensor, Tensor]:
        if x.node.dtype.kind not in "fc":
            raise RuntimeError(f"{name}_mean only support floating point and complex dtypes")
        spread = reduce(x, dim, unbiased, keepdim, correction=correction)
        found = spread, mean(x, None if isinstance(dim, bool) else dim, keepdim)
        for y in found:
            if y.node.tracked:
                renamed(y.node, f"{name}_mean")
        return found

    function(name)(reduce)
    function(f"{name}_mean")(with_mean)


_spread("std")
_spread("var")


@function("norm")
def norm(
    x: Tensor, p: Any = "fro", dim: Any = None, keepdim: bool = False, dtype: Any = None
) -> Tensor:
    """The p-norm of all elements as one vector, or along axes."""
    real(x, "linalg.vector_norm: Expected a floating point or complex tensor as input. Got {}")
    if isinstance(p, str):
        if p not in ("fro", "nuc"):
            raise RuntimeError(f"Expected p to be 'fro' or 'nuc', got {p}")
        if p == "nuc":
            return step("sum:1", lambda n: F.norm(n, "nuc"), x.node)
        order: Any = 2
    else:
        order = 2 if p is None else p
    return vector_norm(wrap(converted(x, dtype)), order, dim, keepdim)


def vector_norm(x: Tensor, order: Any, dim: Any, keepdim: bool) -> Tensor:
    """The norm of vectors along axes, which are taken together."""
    axes = axes_of(x, dim)
    if axes is None:
        axes = tuple(range(x.ndim))
    rest = tuple(i for i in range(x.ndim) if i not in axes)
    shape = tuple(1 if i in axes else n for i, n in enumerate(x.node.shape))

    def compute(n: Node) -> Node:
        flat = F.reshape(F.transpose(n, (*rest, *axes)), (*(x.node.shape[i] for i in rest), -1))
        found: Node = F.norm(flat, order, -1)
        return F.reshape(found, shape) if keepdim else found

    if order == 0:
        count = np.asarray(compute(leaf(x.node.value)).value).astype(x.node.value.real.dtype)  # type: ignore[attr-defined]
        return wrap(flat("linalg_vector_norm", [x.node], count))
    return step("linalg_vector_norm", compute, x.node)


# ----- scans --------------------------------------------------------------------------------------


def _scan(name: str) -> None:
    def scan(x: Tensor, dim: int, dtype: Any = None) -> Tensor:
        axis = axis_of(x, dim)
        if not x.ndim:
            return step(name, lambda n: n, summable(x, dtype))
        return step(name, lambda n: getattr(F, name)(n, axis), summable(x, dtype))

    function(name)(scan)


_scan("cumsum")
_scan("cumprod")


@function("all")
def all_(x: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    """Whether all elements are true, or those along axes."""
    return plain(np.all(x.node.value, axis=axes_of(x, dim), keepdims=keepdim))


@function("any")
def any_(x: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    """Whether any element is true, or of those along axes."""
    return plain(np.any(x.node.value, axis=axes_of(x, dim), keepdims=keepdim))


def plain(value: Any) -> Tensor:
    """A tensor without gradients."""
    return fresh(np.asarray(value))


def _normalised(name: str) -> None:
    """`softmax` and `log_softmax` along an axis."""

    def apply(x: Tensor, dim: int | None = None, dtype: Any = None, **_: Any) -> Tensor:
        node = converted(x, dtype)
        if node.dtype.kind not in "fc":
            last = "lastdim_" if dim is None or axis_of(x, dim) == max(x.ndim, 1) - 1 else ""
            raise NotImplementedError(
                f"\"{name}_{last}kernel_impl\" not implemented for '{long_name(node.dtype)}'"
            )
        if dim is None:
            dim = 0 if x.ndim in (0, 1, 3) else 1
        axis = axis_of(x, dim)
        if not x.ndim:
            return step(name, lambda n: F.reshape(getattr(F, name)(F.reshape(n, 1), 0), ()), node)
        return step(name, lambda n: getattr(F, name)(n, axis), node)

    function(name)(apply)


_normalised("softmax")
_normalised("log_softmax")


@function("softmin")
def softmin(x: Tensor, dim: int | None = None, dtype: Any = None, **_: Any) -> Any:
    """softmax(-x) along an axis."""
    return resolved("softmax")(resolved("neg")(x), dim, dtype)


@function("logsumexp")
def logsumexp(x: Tensor, dim: Any, keepdim: bool = False) -> Tensor:
    """log(sum(exp(x))) along axes."""
    axes = axes_of(x, dim)
    node = converted(x, floating(x.node.dtype))
    return step("logsumexp", lambda n: F.logsumexp(n, axes, keepdims=keepdim), node)
