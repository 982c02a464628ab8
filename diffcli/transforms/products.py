"""Products of factors in index notation, the terms of which formulas are sums.

A product such as 2 * A[i,j] * x[j]**2 has a number, and factors with a power each whose axes have
labels. Labels that no axis of the product has are summed over, as in an einsum; one on two axes is
a diagonal.
"""

from __future__ import annotations

import math
import string
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from diffcli.graph.node import Node
from diffcli.ops.op import CONSTANT
from diffcli.transforms.facts import not_negative, symmetric
from diffcli.transforms.rewrites import number
from diffcli.transforms.terms import Axes, Labels

ONE = Fraction(1)


LETTERS = "ijklmnopqrstuvwxyzabcdefgh" + string.ascii_uppercase
"""Names of axes in an einsum, in the order in which they are given."""


class NoLetters(Exception):
    """The product has more axes than an einsum has letters."""


class Factor(NamedTuple):
    """`node`, whose axes have `labels`, to a power, elementwise."""

    node: Node
    power: Fraction
    labels: Labels


class Product(NamedTuple):
    """`number` times `factors`; `axes` are the labels that each axis runs through."""

    number: Fraction
    factors: tuple[Factor, ...]
    axes: Axes

    def labels(self) -> dict[int, None]:
        """The labels of the factors, in the order of their appearance."""
        return dict.fromkeys(label for f in self.factors for label in f.labels)

    def free(self) -> dict[int, None]:
        """The labels of the axes."""
        return dict.fromkeys(label for labels in self.axes for label in labels)

    def summed(self) -> list[int]:
        """The labels that are summed over."""
        free = self.free()
        return [label for label in self.labels() if label not in free]

    def diagonal(self) -> bool:
        """Whether a label is on two axes."""
        return len(self.free()) < sum(map(len, self.axes))

    def scaled(self, number: Fraction) -> Product:
        """The product with a number."""
        return self._replace(number=self.number * number)

    def on(self, axes: Axes) -> Product:
        """The same factors with other axes."""
        return self._replace(axes=axes)

    def renamed(self, names: Mapping[int, int]) -> Product:
        """The product with other labels; those without a new name stay."""

        def new(labels: Labels) -> Labels:
            return tuple(names.get(x, x) for x in labels)

        factors = tuple(f._replace(labels=new(f.labels)) for f in self.factors)
        return Product(self.number, factors, tuple(map(new, self.axes)))


Dropped = Callable[[Node], None]
"""Is told about a node by which was divided, where the quotient that is left allows it to be 0."""


def merged(
    factors: Iterable[Factor], dropped: Dropped, real: Callable[[Node], bool] = not_negative
) -> tuple[Factor, ...]:
    """Factors with powers of the same array as one, where that is the same function.

    x**(1/2) * x**(1/2) is defined for x >= 0 only, so it is not x unless `real` says that roots of
    x are real numbers. A quotient x/x becomes 1, and
    `dropped` is told that x must not be 0.
    """
    found: list[Factor] = []
    for f in factors:
        own = [g for g in found if g.node is f.node and g.labels == f.labels]
        if not own:
            found.append(f)
            continue
        powers = [g.power for g in [*own, f]]
        total = sum(powers, Fraction(0))
        if total >= 0 > min(powers):
            dropped(f.node)
        parts = max(p.denominator for p in powers)
        root = Fraction(1 if total > 0 else -1, parts)
        kept = (
            [total - root, root] if parts > total.denominator == 1 and not real(f.node) else [total]
        )
        place = found.index(own[0])
        found = [g for g in found if g not in own]
        found[place:place] = [f._replace(power=p) for p in kept if p]
    return tuple(found)


def with_numbers(p: Product) -> Product:
    """The product with integers that are factors as far in its number as they are no roots.

    What is left of them stands below a stroke where the number has them there.
    """
    value, factors = p.number, list[Factor]()
    for f in p.factors:
        n = number(f.node) if f.node.op is CONSTANT else None
        if isinstance(n, int) and n > 1:
            value *= Fraction(n) ** math.floor(f.power)
            f = f._replace(power=f.power % 1)
            if f.power and value.denominator % n == 0:
                value, f = value * n, f._replace(power=f.power - 1)
        factors += [f] if f.power else []
    return p._replace(number=value, factors=tuple(factors))


def renamings(
    left: Sequence[Factor], right: Sequence[Factor], names: Mapping[int, int]
) -> Iterator[dict[int, int]]:
    """Ways to call the labels of `right` so that both have the same factors, in any order.

    `names` has those that are fixed. There may be many ways; callers take the first few.
    """
    if len(left) != len(right):
        return
    if not left:
        yield dict(names)
        return
    first, *rest = left
    for k, f in enumerate(right):
        extended = agreeing(first, f, names)
        if extended is not None:
            yield from renamings(rest, [*right[:k], *right[k + 1 :]], extended)


def agreeing(a: Factor, b: Factor, names: Mapping[int, int]) -> dict[int, int] | None:
    """`names` with the labels of `b` called as those of `a`, the same factor; None if it is not."""
    if a.node is not b.node or a.power != b.power:
        return None
    found = _agreeing(a.labels, b.labels, names)
    if found is None and len(b.labels) == 2 and symmetric(b.node):
        found = _agreeing(a.labels, b.labels[::-1], names)
    return found


def _agreeing(a: Labels, b: Labels, names: Mapping[int, int]) -> dict[int, int] | None:
    extended = dict(names)
    for mine, theirs in zip(a, b, strict=True):
        if extended.setdefault(theirs, mine) != mine:
            return None
    if len(set(extended.values())) < len(extended):
        return None
    return extended


def same_factors(a: Product, b: Product) -> bool:
    """Whether two products of the same axes differ in their number alone."""
    fixed = {label: label for label in a.free()}
    if a.axes != b.axes or len(a.factors) > 8:
        return False
    return next(renamings(a.factors, b.factors, fixed), None) is not None


class Shared(NamedTuple):
    """What two products have in common, and what is left of each, in the labels of the first."""

    factors: tuple[Factor, ...]
    left: tuple[Factor, ...]
    right: tuple[Factor, ...]


def shared(a: Product, b: Product, fresh: Callable[[int], int]) -> Shared | None:
    """The factors that two products of the same axes have in common; None where there are none.

    `fresh` makes a new label of the same size.
    """
    if a.axes != b.axes:
        return None
    names = {label: label for label in a.free()}
    common: list[Factor] = []
    left, right = list(a.factors), list(b.factors)
    # factors with fewer free choices first, so that labels are fixed by them
    for f in sorted(a.factors, key=lambda f: sum(x not in names for x in f.labels)):
        for k, g in enumerate(right):
            extended = agreeing(f, g, names)
            if extended is not None:
                names = extended
                common.append(f)
                left.remove(f)
                del right[k]
                break
    if not common or not _fits(a, common, left):
        return None
    for f in right:
        for label in f.labels:
            if label not in names:
                names[label] = fresh(label)
    renamed = Product(ONE, tuple(right), ()).renamed(names)
    return Shared(tuple(common), tuple(left), renamed.factors)


def _fits(a: Product, common: Sequence[Factor], left: Sequence[Factor]) -> bool:
    """Whether what is left is an array of no more axes than a matrix has."""
    outside = {label for f in common for label in f.labels} | set(a.free())
    return len({label for f in left for label in f.labels} & outside) <= 2


def alike(a: Product, parts: Shared) -> bool:
    """Whether what is left of two products is of one kind: numbers, vectors, matrices, or dyads."""
    outside = {x for f in parts.factors for x in f.labels} | set(a.free())
    kinds = []
    for factors in (parts.left, parts.right):
        groups: list[set[int]] = []
        for f in factors:
            near = [g for g in groups if g & set(f.labels)]
            groups = [g for g in groups if g not in near] + [set(f.labels).union(*near)]
        kinds.append(sorted(sorted(g & outside) for g in groups if g & outside))
    left, right = kinds
    return left == right or ((not left or not right) and sum(map(len, left + right)) < 2)


def shared_number(a: Fraction, b: Fraction) -> tuple[Fraction, Fraction, Fraction]:
    """A number to take out of two, and what is left of them."""
    if a and (b / a).denominator == 1:
        return a, ONE, b / a
    if b and (a / b).denominator == 1:
        return b, a / b, ONE
    return ONE, a, b
