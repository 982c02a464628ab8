"""Functions that give several views at once: the results of one step of the program."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcli.eager.functions import function
from diffcli.eager.grad_fn import camel, forward_name
from diffcli.eager.memory import Restriction
from diffcli.eager.nodes import NO_PARAMS, apply, evaluated, leaf, made
from diffcli.eager.storage import view_at
from diffcli.eager.tensor import Tensor
from diffcli.eager.views import axis_of
from diffcli.graph.node import Node
from diffcli.ops.op import PROJECT, Op
from diffcli.ops.table import F


class Pieces(Op):
    """The parts of an array along an axis: ranges of it, or single places where `single`."""

    kind = "linear"
    category = "leaf"
    linear = True

    def __init__(self, name: str, axis: int, places: list[Any], single: bool) -> None:
        self.name = name
        self.axis = axis
        self.single = single
        self.windows = [(slice(None),) * axis + (place,) for place in places]

    def vjp(self, g: Any, y: Node, wanted: Any) -> Any:
        """The cotangents put side by side, zeros for the parts that were not used."""
        assert y.parts is not None
        given = [
            leaf(np.zeros(shape, dtype)) if c is None else c
            for c, (shape, dtype) in zip(g, y.parts, strict=True)
        ]
        return [(F.stack if self.single else F.concatenate)(given, self.axis)]

    def jvp(self, tangents: Any, y: Node) -> Any:
        """The parts of the tangent."""
        return [F.index(tangents[0], window) for window in self.windows]


def pieces(x: Tensor, op: Pieces) -> tuple[Tensor, ...]:
    """Views that are the results of one step."""
    value = np.asarray(x.node.value)
    if not op.windows:
        return ()
    whole = made(op, (x.node,), NO_PARAMS, tuple(value[window] for window in op.windows))
    display = forward_name(whole) if whole.tracked else camel(op.name)
    return tuple(
        view_at(
            x,
            evaluated(apply(PROJECT, (whole,), {"index": i})),
            lambda node, window=window: F.index(node, window),  # type: ignore[misc]
            Restriction(display, i),
        )
        for i, window in enumerate(op.windows)
    )


@function("unbind")
def unbind(x: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices along an axis."""
    if not x.ndim:
        raise RuntimeError("Dimension specified as 0 but tensor has no dimensions")
    axis = axis_of(x, dim)
    return pieces(x, Pieces("unbind", axis, list(range(x.node.shape[axis])), True))


@function("split")
def split(
    x: Tensor, split_size: Any = None, dim: int = 0, *, split_size_or_sections: Any = None
) -> tuple[Tensor, ...]:
    """Parts of a size along an axis (the last may be smaller), or of the sizes given."""
    split_size = split_size_or_sections if split_size is None else split_size
    if not x.ndim:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    axis = axis_of(x, dim)
    n = x.node.shape[axis]
    if isinstance(split_size, int):
        if split_size < 0 or (not split_size and n):
            words = f"split expects split_size be non-negative, but got split_size={split_size}"
            if not split_size:
                of = "dimension size is 0, but got dimension size of"
                words = f"split_size can only be 0 if {of} {n}"
            raise RuntimeError(words)
        cuts = list(range(0, n, split_size)) if n else [0]
        return pieces(
            x, Pieces("split", axis, [slice(a, min(a + split_size, n)) for a in cuts], False)
        )
    if sum(split_size) != n:
        raise RuntimeError(
            "split_with_sizes expects split_sizes to sum exactly to "
            f"{n} (input tensor's size at dimension {axis}), but got split_sizes={list(split_size)}"
        )
    ends = np.cumsum(split_size).tolist()
    parts = [slice(e - s, e) for s, e in zip(split_size, ends, strict=True)]
    return pieces(x, Pieces("split_with_sizes", axis, parts, False))


@function("chunk")
def chunk(x: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """About equal parts along an axis, at most as many as asked for."""
    if not x.ndim:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    if chunks < 1:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    n = x.node.shape[axis_of(x, dim)]
    return split(x, max(1, -(-n // chunks)), dim)
