"""Arithmetic on shapes: broadcasting and axes, with errors that name the shapes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from diffcli.errors import DiffcliError
from diffcli.graph.node import Shape


def show(shape: Shape) -> str:
    """A shape as Python writes it: `(3,)`, `(2, 3)`."""
    return str(tuple(shape))


def broadcast(*shapes: Shape, what: str = "broadcast") -> Shape:
    """The common shape by NumPy's broadcasting rules.

    Raises a `shape` error that names the two shapes that do not fit.
    """
    result: Shape = ()
    for shape in shapes:
        if shape == result or not shape:
            continue
        longer, shorter = (result, shape) if len(result) >= len(shape) else (shape, result)
        dims = list(longer)
        offset = len(longer) - len(shorter)
        for i, n in enumerate(shorter):
            if dims[offset + i] == 1:
                dims[offset + i] = n
            elif n not in (1, dims[offset + i]):
                raise DiffcliError(
                    "shape",
                    f"the shapes {show(result)} and {show(shape)} cannot be {what} together",
                    hint="sizes must be equal or 1, compared from the last axis",
                )
        result = tuple(dims)
    return result


def whole(value: Any, what: str, most: int | None = None) -> int:
    """`value` as an integer, cut to -most ... most; raises `bad-argument` for anything else."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise DiffcliError("bad-argument", f"{what} must be an integer, not {value!r}")
    bounded: int = value if most is None else max(-most, min(most, value))
    return bounded


def axis_index(axis: Any, ndim: int) -> int:
    """`axis` as a number from 0 to `ndim - 1`; negative axes count from the end."""
    place = axis if axis.__class__ is int else whole(axis, "an axis")
    if not -ndim <= place < ndim:
        dims = "0 axes" if ndim == 0 else "1 axis" if ndim == 1 else f"{ndim} axes"
        raise DiffcliError("shape", f"axis {place} does not exist: the array has {dims}")
    return place % ndim


def axis_tuple(axis: Any, ndim: int) -> tuple[int, ...]:
    """`axis` (None, an integer or several) as sorted distinct non-negative axes; None is all."""
    if axis is None:
        return tuple(range(ndim))
    many: Sequence[Any] = axis if isinstance(axis, tuple | list) else (axis,)
    axes = [axis_index(a, ndim) for a in many]
    if len(set(axes)) != len(axes):
        raise DiffcliError("bad-argument", f"axis {tuple(many)} names an axis twice")
    return tuple(sorted(axes))


def reduced(shape: Shape, axis: tuple[int, ...], keepdims: bool) -> Shape:
    """Shape after reducing over the (normalised) axes."""
    if keepdims:
        return tuple([1 if i in axis else n for i, n in enumerate(shape)])
    return tuple([n for i, n in enumerate(shape) if i not in axis])


def shape_tuple(shape: Any) -> Shape:
    """A user's shape (an integer or a sequence of them) as a tuple."""
    many = tuple(shape) if isinstance(shape, tuple | list) else (shape,)
    for n in many:
        if isinstance(n, bool) or not isinstance(n, int):
            raise DiffcliError("bad-argument", f"a shape is made of integers, not {n!r}")
    return many
