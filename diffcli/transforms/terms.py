"""Terms: products of factors whose axes have labels, as in an einsum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import ascii_letters

from diffcli.graph.node import Node, Shape
from diffcli.ops.table import F, lift
from diffcli.transforms.rewrites import is_number

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

    def contracted(self) -> Term:
        """The same term without labels that are summed over: factors that share some are one."""
        summed = self.summed()
        groups = [(set(labels), [(labels, node)]) for labels, node in self.factors]
        for label in sorted(summed):
            sharing = [group for group in groups if label in group[0]]
            groups = [group for group in groups if label not in group[0]]
            every = set().union(*(labels for labels, _ in sharing))
            groups.append((every, [factor for _, factors in sharing for factor in factors]))
        found = Term(self.axes, [])
        for labels, factors in groups:
            kept = tuple(sorted(labels - summed))
            single = len(factors) == 1 and not labels & summed
            found = (
                found.times(*factors[0]) if single else found.times(kept, product(factors, kept))
            )
        return found

    def on(self, axes: Axes) -> Term:
        """The same product with other axes."""
        return Term(axes, self.factors)


def product(factors: Sequence[tuple[Labels, Node]], wanted: Labels) -> Node:
    """The product of factors as an array with the labels `wanted`, summed over the others.

    Numbers are multiplied with the smallest factor.
    """
    arrays = sorted(factors, key=lambda factor: factor[1].size)
    while len(arrays) > 1 and not arrays[0][0]:
        (_, number), (labels, node), *rest = arrays
        arrays = [(labels, node * number), *rest]
    letter = dict(zip(sorted({x for ls, _ in arrays for x in ls}), ascii_letters, strict=False))
    spec = ",".join("".join(letter[x] for x in labels) for labels, _ in arrays)
    out = "".join(letter[x] for x in wanted)
    result: Node = F.einsum(f"{spec}->{out}", *(node for _, node in arrays))
    return result


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


def joined(a: Term, b: Term, sizes: Mapping[int, int], stored: bool = False) -> Term | None:
    """The sum of two terms as one term, where they differ in no more than one factor.

    Where the sum is to be `stored`, the factors in which they differ may become one first.
    """
    names = _renaming(a, b, sizes)
    if names is None or a.summed() != {names[x] for x in b.summed()}:
        return None
    own, other = _by_labels(a.factors), _by_labels(_renamed(b.factors, names))
    numbers = [held.pop((), ((), lift(1.0)))[1] for held in (own, other)]
    differing = [
        key
        for key in dict.fromkeys([*own, *other])
        if key not in own or key not in other or own[key][1] is not other[key][1]
    ]
    if len(differing) > 1:
        key = tuple(sorted({label for each in differing for label in each}))
        mine, theirs = _merged(own, differing, key), _merged(other, differing, key)
        if not stored or mine is None or theirs is None:
            return None
        own, other, differing = mine, theirs, [key]
    key = differing[0] if differing else ()
    labels, _ = own.get(key) or other.get(key) or ((), None)
    total: Node | None = None
    for held, number in zip((own, other), numbers, strict=True):
        axes, part = held.get(key, (labels, lift(1.0)))
        part = ordered(part, axes, labels)
        part = part if is_number(number, 1) else part * number
        total = part if total is None else total + part
    assert total is not None
    rest = [factor for k, factor in own.items() if k != key]
    return Term(a.axes, [*rest, (labels, total)])


ByLabels = dict[Labels, tuple[Labels, Node]]


def _merged(held: ByLabels, keys: Sequence[Labels], labels: Labels) -> ByLabels | None:
    """The factors with one of the axes `labels` for those of `keys`; None where they have fewer."""
    several = [held[key] for key in keys if key in held]
    if {label for own, _ in several for label in own} != set(labels):
        return None
    rest = {key: factor for key, factor in held.items() if key not in keys}
    return {**rest, labels: (labels, product(several, labels))}


def _by_labels(factors: Sequence[tuple[Labels, Node]]) -> ByLabels:
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
