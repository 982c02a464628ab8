"""The way back from an element of a result to the operand elements that it was made from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node, is_inexact
from diffcli.ops.kinds import Bilinear, Elementwise, General
from diffcli.ops.namespace import NUMPY
from diffcli.ops.op import CONSTANT, PROJECT
from diffcli.runtime.plan import Plan
from diffcli.transforms.reverse import pullback

Array = np.ndarray[Any, Any]
Index = tuple[int, ...]
Test = Callable[[Any], Any]
Spot = tuple[Node, Index]
"""An element of the value of a node."""


class Backtrack:
    """A plan, its inputs, and the values of the steps around those that are not finite."""

    def __init__(
        self, results: Sequence[Node], inputs: Sequence[Node], values: Sequence[Array]
    ) -> None:
        self.plan = Plan(results, inputs)
        self.inputs = list(inputs)
        self.values = list(values)
        self.known: dict[int, Any] = {
            id(x): v for x, v in zip(self.inputs, self.values, strict=True)
        }
        self.plan.watch(NUMPY, self.values, self._see)

    def _see(self, node: Node, operands: list[Any], result: Any) -> None:
        parts = result if node.parts else [result]
        if not all(_is_finite(part) for part in parts):
            self.known[id(node)] = result
            self.known |= {id(x): v for x, v in zip(node.inputs, operands, strict=True)}

    def value(self, node: Node) -> Any:
        """The value of a node."""
        if id(node) not in self.known:
            self.known[id(node)] = Plan([node], self.inputs).run(NUMPY, self.values)[0]
        return self.known[id(node)]

    # ----- walking back -----

    def origin(self, spot: Spot, test: Test) -> Spot:
        """The first element on the way back from `spot` whose operands do not meet the test."""
        while True:
            before = next(self.worse(spot, test), None)
            if before is None:
                return spot
            spot = before

    def worse(self, spot: Spot, test: Test) -> Iterator[Spot]:
        """The operand elements that the element depends on and that meet the test."""
        step = computed_by(spot[0])
        reaches = self.reaches(spot)
        if isinstance(step.op, General):
            # its derivative may miss what it depends on, such as ties and saturated elements
            reaches += [np.ones(x.shape, bool) for x in step.inputs]
        for x, reach in zip((*step.inputs, *step.inputs), reaches, strict=False):
            value = np.asarray(self.value(x))
            if not is_inexact(value.dtype) or reach is None:
                continue
            if isinstance(reach, tuple):
                if test(value[reach]):
                    yield x, reach
                continue
            index = first(test, value, reach)
            if index is not None:
                yield x, index

    def reaches(self, spot: Spot) -> list[Any]:
        """What of each operand the element depends on: an index, a mask, or None for nothing."""
        node, index = spot
        if not node.inputs:
            return []
        if node.op is PROJECT:
            return [np.ones(x.shape, bool) for x in computed_by(node).inputs]
        if node.op.name == "where":
            chosen = bool(np.asarray(self.value(node.inputs[0]))[within(index, node.inputs[0])])
            taken = (False, chosen, not chosen)
            return [
                within(index, x) if t else None for x, t in zip(node.inputs, taken, strict=True)
            ]
        if isinstance(node.op, Elementwise):
            return [within(index, x) for x in node.inputs]
        return self.structure(node, index)

    def structure(self, node: Node, index: Index) -> list[Any]:
        """Masks of the operand elements that an element of an array operator depends on.

        Those are the ones that a cotangent of this element alone reaches. A linear operator and a
        product are asked at ones, so that zeros among the operands hide nothing.
        """
        whole = [np.ones(x.shape, bool) for x in node.inputs]
        wanted = [is_inexact(x.dtype) for x in node.inputs]
        ones = [not isinstance(node.op, General) and w for w in wanted]
        if isinstance(node.op, Bilinear):
            ones = [True] * len(ones)
        leaves = tuple(
            CONSTANT.make(np.ones(x.shape, x.dtype) if o else np.asarray(self.value(x)))
            for x, o in zip(node.inputs, ones, strict=True)
        )
        g = np.zeros(node.shape, node.dtype)
        g[index] = 1
        try:
            found = pullback(node.op.apply(leaves, node.params), CONSTANT.make(g), wanted)
            arrays = iter(Plan([c for c in found if c is not None], []).run(NUMPY, []))
        except DiffcliError:
            return whole
        masks = [
            m & (not w) if c is None else next(arrays) != 0
            for c, m, w in zip(found, whole, wanted, strict=True)
        ]
        fits = all(m.shape == x.shape for m, x in zip(masks, node.inputs, strict=True))
        return masks if fits and any(m.any() for m in masks) else whole


def computed_by(node: Node) -> Node:
    """The node that computes a value: the one of several results for any of them."""
    return node.inputs[0] if node.op is PROJECT else node


def within(index: Index, x: Node) -> Index:
    """The index into an operand that is broadcast to the result."""
    own = index[len(index) - x.ndim :]
    return tuple(0 if n == 1 else i for i, n in zip(own, x.shape, strict=True))


def first(test: Test, value: Any, mask: Array | None = None) -> Index | None:
    """The index of the first element that meets the test, or None."""
    met = np.asarray(test(value))
    if mask is not None:
        met = met & mask
    if not met.any():
        return None
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(met)), met.shape))


def _is_finite(value: Any) -> bool:
    value = np.asarray(value)
    return not is_inexact(value.dtype) or bool(np.isfinite(value).all())
