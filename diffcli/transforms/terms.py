"""Terms: products of factors whose axes have labels, as in an einsum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from diffcli.graph.node import Node, Shape
from diffcli.ops.table import F, lift

Labels = tuple[int, ...]
Axes = tuple[Labels, ...]


class Term:
    """A product of factors, whose axes have labels; labels that no axis of the term has are summed.

    `axes` gives for each axis the labels that it runs through, the last one fastest.
    """

    __slots__ = ("axes", "factors")

    def __init__(self, axes: Axes, factors: Sequence[tuple[Labels, Node]]) -> None:
        self.axes = axes
        self.factors = list(factors)

    def labels(self) -> set[int]:
        """The labels of the factors."""
        return {label for labels, _ in self.factors for label in labels}

    def summed(self) -> set[int]:
        """The labels that the product is summed over."""
        return self.labels().difference(*self.axes)

    def times(self, labels: Labels, factor: Node) -> Term:
        """The product with one more factor; factors of the same axes become one."""
        for k, (own, node) in enumerate(self.factors):
            if sorted(own) == sorted(labels):
                product = (own, node * ordered(factor, labels, own))
                return Term(self.axes, [*self.factors[:k], product, *self.factors[k + 1 :]])
        return Term(self.axes, [*self.factors, (labels, factor)])

    def scaled(self, number: float) -> Term:
        """The product with a number."""
        return self.times((), lift(number))

    def on(self, axes: Axes) -> Term:
        """The same product with other axes."""
        return Term(axes, self.factors)


def bare(factor: Node, axes: Sequence[Labels]) -> tuple[Node, Sequence[Labels]]:
    """A factor and its labels before its axes were moved or repeated, which makes no difference."""
    while True:
        if factor.op.name == "transpose":
            order = factor.params["axes"]
            axes = [axes[order.index(k)] for k in range(len(order))]
        elif factor.op.name == "broadcast_to":
            inner = factor.inputs[0]
            axes = axes[factor.ndim - inner.ndim :]
        else:
            return factor, axes
        factor = factor.inputs[0]


def joined(a: Term, b: Term, sizes: Mapping[int, int]) -> Term | None:
    """The sum of two terms as one term, where they differ in no more than one factor."""
    names = _renaming(a, b, sizes)
    if names is None or a.summed() != {names[x] for x in b.summed()}:
        return None
    own, other = _by_labels(a.factors), _by_labels(_renamed(b.factors, names))
    numbers = [held.pop((), ((), None))[1] for held in (own, other)]
    differing = [
        key
        for key in dict.fromkeys([*own, *other])
        if key not in own or key not in other or own[key][1] is not other[key][1]
    ]
    if len(differing) > 1:
        return None
    key = differing[0] if differing else ()
    labels, _ = own.get(key) or other.get(key) or ((), None)
    total: Node | None = None
    for held, number in zip((own, other), numbers, strict=True):
        theirs, part = held.get(key, (labels, lift(1.0)))
        assert part is not None
        part = ordered(part, theirs, labels)
        part = part if number is None else part * number
        total = part if total is None else total + part
    assert total is not None
    rest = [(theirs, part) for k, (theirs, part) in own.items() if k != key and part is not None]
    return Term(a.axes, [*rest, (labels, total)])


def _by_labels(factors: Sequence[tuple[Labels, Node]]) -> dict[Labels, tuple[Labels, Node | None]]:
    return {tuple(sorted(labels)): (labels, node) for labels, node in factors}


def _renamed(
    factors: Sequence[tuple[Labels, Node]], names: Mapping[int, int]
) -> list[tuple[Labels, Node]]:
    return [(tuple(names[x] for x in labels), node) for labels, node in factors]


def _renaming(a: Term, b: Term, sizes: Mapping[int, int]) -> dict[int, int] | None:
    """Labels of `b` as those of `a`, so that the axes agree; None where they differ."""
    names: dict[int, int] = {}
    pairs = list(zip(a.axes, b.axes, strict=True))
    left = list(a.factors)
    for labels, node in b.factors:
        for k, (own, same) in enumerate(left):
            if same is node:
                pairs.append((own, labels))
                del left[k]
                break
    for theirs, mine in pairs:
        if [sizes[x] for x in theirs] != [sizes[x] for x in mine]:
            return None
        if any(names.setdefault(x, y) != y for x, y in zip(mine, theirs, strict=True)):
            return None
    if len(set(names.values())) < len(names) or not b.labels() <= set(names):
        return None
    return names


def reshaped(node: Node, shape: Shape) -> Node:
    """`node` with another shape, or itself."""
    return node if node.shape == shape else F.reshape(node, shape)


def ordered(node: Node, labels: Sequence[int], wanted: Sequence[int]) -> Node:
    """`node`, whose axes have `labels`, with its axes in the order of `wanted`."""
    left = list(enumerate(labels))
    order = []
    for label in wanted:
        place = next(k for k, (_, x) in enumerate(left) if x == label)
        order.append(left.pop(place)[0])
    return node if order == sorted(order) else F.transpose(node, tuple(order))
