"""Labels of axes in index notation."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from diffcli.graph.node import Shape
from diffcli.transforms.products import Product
from diffcli.transforms.terms import Axes, Labels


class Labelling:
    """Labels, which are numbers, with the lengths of their axes."""

    def __init__(self) -> None:
        self.sizes: dict[int, int] = {}
        self._labels = itertools.count()

    def label(self, size: int) -> int:
        """A new label of an axis of this length."""
        made = next(self._labels)
        self.sizes[made] = size
        return made

    def fresh(self, label: int) -> int:
        """A new label as long as another one."""
        return self.label(self.sizes[label])

    def axes_of(self, shape: Shape) -> Axes:
        """A label for every axis that is longer than 1."""
        return tuple(() if n == 1 else (self.label(n),) for n in shape)

    def renewed(self, p: Product) -> Product:
        """The product with labels of its own."""
        return p.renamed({x: self.fresh(x) for x in {**p.labels(), **p.free()}})

    def united(self, pairs: Iterable[tuple[Labels, Labels]]) -> dict[int, int] | None:
        """Names that make the labels of each pair the same; None where their lengths differ."""
        names: dict[int, int] = {}

        def root(x: int) -> int:
            while x in names:
                x = names[x]
            return x

        for left, right in pairs:
            if not left or not right:
                continue
            if [self.sizes[x] for x in left] != [self.sizes[x] for x in right]:
                return None
            for x, y in zip(left, right, strict=True):
                if root(x) != root(y):
                    names[root(y)] = root(x)
        return {x: root(x) for x in names}

    def shape(self, labels: Iterable[int]) -> Shape:
        """The lengths of labels."""
        return tuple(self.sizes[label] for label in labels)
