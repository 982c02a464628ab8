"""Extremes and orderings: values, and where they were."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcli.eager.functions import function, resolved
from diffcli.eager.grad_fn import renamed
from diffcli.eager.nodes import NO_PARAMS, apply, leaf
from diffcli.eager.reductions import axes_of, step
from diffcli.eager.results import Fields
from diffcli.eager.steps import CLONE, flat
from diffcli.eager.tensor import Tensor, fresh, wrap
from diffcli.eager.types import long_name
from diffcli.eager.views import axis_of
from diffcli.graph.node import Node
from diffcli.ops.table import F


def _along(name: str, place: str) -> None:
    """`max` and `min`: of all elements, of two tensors, or along an axis with its place."""

    def reduce(x: Tensor, dim: Any = None, keepdim: bool = False, **options: Any) -> Any:
        other = options.pop("other", dim)
        if isinstance(other, Tensor):
            return resolved(f"{name}imum")(x, other)
        if x.node.dtype.kind == "c":
            raise NotImplementedError(f"\"{name}_all\" not implemented for 'ComplexFloat'")
        if dim is None:
            _nonempty(x, name)
            return step(f"{name}:1", getattr(F, name), x.node)
        axis = axis_of(x, dim)
        if not x.ndim:
            return _chosen(name, x, np.int64(0), None, keepdim)
        _nonempty_along(x, name, axis)
        return _chosen(name, x, getattr(np, place)(x.node.value, axis), axis, keepdim)

    function(name)(reduce)

    def extreme(x: Tensor, dim: Any = (), keepdim: bool = False) -> Tensor:
        if x.node.dtype.kind == "c":
            raise NotImplementedError(
                f"\"{name}_values_cpu\" not implemented for '{long_name(x.node.dtype)}'"
            )
        axes = axes_of(x, dim)
        if axes is None:
            _nonempty(x, f"a{name}")
        return step(f"a{name}", lambda n: getattr(F, name)(n, axes, keepdim), x.node)

    function(f"a{name}")(extreme)

    def index(x: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
        axis = None if dim is None else axis_of(x, dim)
        if x.node.dtype.kind in "bc":
            kind = "bool" if x.node.dtype.kind == "b" else "complex"
            raise RuntimeError(f"{place}(): does not support {kind} input")
        if not x.node.size and dim is None:
            raise IndexError(
                f"{place}(): Expected reduction dim to be specified for input.numel() == 0."
            )
        if axis is not None:
            _nonempty_along(x, place, axis)
        return step(place, lambda n: getattr(F, place)(n, axis, keepdim), x.node)

    function(place)(index)


def _nonempty(x: Tensor, name: str) -> None:
    if not x.node.size:
        raise RuntimeError(
            f"{name}(): Expected reduction dim to be specified for input.numel() == 0. Specify "
            "the reduction dim with the 'dim' argument."
        )


def _nonempty_along(x: Tensor, name: str, axis: int) -> None:
    if x.ndim and not x.node.shape[axis]:
        raise IndexError(f"{name}(): Expected reduction dim {axis} to have non-zero size.")


def _chosen(name: str, x: Tensor, index: Any, axis: int | None, keepdim: bool) -> Fields:
    """The values at one place of each line along an axis, and the places."""
    if axis is None:
        return Fields(name, ("values", "indices"), (step(name, copied, x.node), places_of(index)))
    places = np.expand_dims(index, axis)

    def compute(n: Node) -> Node:
        found: Node = F.take_along_axis(n, places, axis)
        return found if keepdim else F.squeeze(found, axis)

    shown = places if keepdim else index
    return Fields(name, ("values", "indices"), (step(name, compute, x.node), places_of(shown)))


def places_of(index: Any) -> Tensor:
    """Indices as a tensor."""
    return fresh(np.asarray(index).astype(np.int64))


_along("max", "argmax")
_along("min", "argmin")


@function("median")
def median(x: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The lower of the two middle elements, of all or along an axis with its place."""
    if x.node.dtype.kind in "bc":
        raise NotImplementedError(f"\"median_cpu\" not implemented for '{long_name(x.node.dtype)}'")
    if dim is None and not x.node.size:
        return wrap(flat("median", [x.node], np.asarray(np.nan, x.node.dtype)))
    if dim is None:
        order = np.argsort(x.node.value, axis=None, kind="stable")
        place = int(order[(x.node.size - 1) // 2])
        chosen = np.ravel(x.node.value)[place]
        if not chosen > -np.inf or x.node.dtype.kind != "f":
            return step("median", lambda n: F.index(F.ravel(n), place), x.node)
        equal = leaf(np.asarray(x.node.value == chosen))  # they share the gradient
        return step("median", lambda n: F.max(F.where(equal, n, -np.inf)), x.node)
    axis = axis_of(x, dim)
    order = np.argsort(x.node.value, axis=axis, kind="stable")
    found = _chosen("median", x, order.take((x.node.shape[axis] - 1) // 2, axis), axis, keepdim)
    return _renamed(found, "median:1")


def _renamed(found: Fields, name: str) -> Fields:
    if found.items[0].node.tracked:
        renamed(found.items[0].node, name)
    return found


@function("kthvalue")
def kthvalue(x: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> Fields:
    """The k-th smallest element along an axis, and its place."""
    axis = axis_of(x, dim)
    if not 1 <= k <= x.node.shape[axis]:
        raise RuntimeError(f"kthvalue(): selected number k out of range for dimension {axis}")
    order = np.argsort(x.node.value, axis=axis, kind="stable")
    return _chosen("kthvalue", x, order.take(k - 1, axis), axis, keepdim)


def copied(n: Any) -> Any:
    """A copy: what programs see as a step even where nothing is done."""
    return apply(CLONE, (n,), NO_PARAMS)


def _ordered(x: Tensor, axis: int, descending: bool) -> Any:
    value = np.asarray(x.node.value)
    if value.dtype.kind == "c":
        raise RuntimeError("Sort does not support complex dtypes on CPU")
    if not x.ndim:
        return np.int64(0)
    if not descending:
        return np.argsort(value, axis=axis, kind="stable")
    # ties keep their order: sort the reversed array and count from its end
    flipped = np.argsort(np.flip(value, axis), axis=axis, kind="stable")
    return np.flip(value.shape[axis] - 1 - flipped, axis)


def _taken(name: str, x: Tensor, places: Any, axis: int) -> Fields:
    along = (lambda n: F.take_along_axis(n, places, axis)) if x.ndim else copied
    values = step(name, along, x.node)
    return Fields(name, ("values", "indices"), (values, places_of(places)))


@function("sort")
def sort(x: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Fields:
    """The elements in order along an axis, and where they were."""
    axis = axis_of(x, dim)
    return _taken("sort", x, _ordered(x, axis, descending), axis)


@function("argsort")
def argsort(x: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """Where the elements in order along an axis are."""
    return places_of(_ordered(x, axis_of(x, dim), descending))


@function("topk")
def topk(x: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Fields:
    """The k largest (or smallest) elements along an axis, and where they were."""
    axis = axis_of(x, dim)
    if not 0 <= k <= (x.node.shape[axis] if x.ndim else 1):
        raise RuntimeError("selected index k out of range")
    places = _ordered(x, axis, largest)
    return _taken("topk", x, places.take(np.arange(k), axis) if x.ndim else places, axis)
