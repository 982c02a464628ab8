"""Structure: linear functions of unit vectors as sums of products, without the unit vectors.

The rows of a Jacobian are linear functions of the unit vectors that are pulled back or pushed
forward. Each such node is written as a sum of terms, each term a product of factors that do not
depend on the unit vectors, with labels on their axes as in an einsum. A label on two axes of the
result says that it is zero off their diagonal; so identity, diagonal and block structure need no
storage, products with it no arithmetic, and factors of the same axes are multiplied while they are
small. The normal form is that of Laue, Mitterreiter and Giesen, "Computing Higher Order Derivatives
of Matrix and Tensor Expressions" (NeurIPS 2018), where diagonals are Kronecker deltas.
"""

from __future__ import annotations

import itertools
import string
from collections.abc import Callable, Sequence
from math import prod

from diffcli.graph.node import ORIGIN, Node, Shape, postorder
from diffcli.ops.table import F, lift
from diffcli.transforms.facts import entire
from diffcli.transforms.rewrites import is_number
from diffcli.transforms.simplify import simplify
from diffcli.transforms.terms import Axes, Labels, Term, bare, joined, ordered, product, reshaped

MOST = 8
"""Terms of a sum before it is stored as one array."""

MOST_LABELS = 26
"""Labels of a term before products are summed; an einsum has twice as many letters."""


def structured(results: Sequence[Node], units: Node, shape: Shape) -> list[Node]:
    """`results`, in which the free node `units` stands for all unit vectors of `shape`.

    `units` has the shape (size, *shape). The results are those with the unit vectors in its place,
    but for rounding.
    """
    origin = ORIGIN.span
    try:
        return _Structure(units, shape).run(simplify(results))
    finally:
        ORIGIN.span = origin


class _Structure:
    def __init__(self, units: Node, shape: Shape) -> None:
        self.sizes: dict[int, int] = {}
        self._labels = itertools.count()
        axes = tuple(self.split(n) for n in shape)
        first = tuple(label for labels in axes for label in labels)
        self.terms: dict[int, list[Term]] = {id(units): [Term((first, *axes), [])]}
        self.nodes: dict[int, Node] = {}
        self.finite: dict[int, bool] = {}
        self.kept: list[Node] = []  # ids stand for nodes, so these must stay alive

    def run(self, results: Sequence[Node]) -> list[Node]:
        for node in postorder(results):
            if any(id(x) in self.terms for x in node.inputs):
                ORIGIN.span = node.span
                self.terms[id(node)] = self.terms_of(node)
        return [self.dense(y) for y in results]

    def split(self, n: int) -> Labels:
        """The labels of an axis of length n: one, or none where there is one element."""
        if n == 1:
            return ()
        label = next(self._labels)
        self.sizes[label] = n
        return (label,)

    # ----- one operator ---------------------------------------------------------------------------

    def terms_of(self, node: Node) -> list[Term]:
        """The terms of a node of which some inputs have terms."""
        rule: Callable[[Node], list[Term] | None] = getattr(self, f"_{node.op.name}", _none)
        found = rule(node)
        if found is not None and len(found) <= MOST:
            return [t.contracted() if len(t.labels()) > MOST_LABELS else t for t in found]
        inputs = tuple(self.dense(x) if id(x) in self.terms else x for x in node.inputs)
        return [self.opaque(node.op.apply(inputs, node.params))]

    def opaque(self, node: Node) -> Term:
        """A term of one factor, of which nothing more is known."""
        axes = tuple(self.split(n) for n in node.shape)
        labels = tuple(label for (label,) in filter(None, axes))
        return Term(axes, [(labels, _squeezed(node))])

    def _negative(self, node: Node) -> list[Term] | None:
        return [t.scaled(-1.0) for t in self.terms[id(node.inputs[0])]]

    def _multiply(self, node: Node) -> list[Term] | None:
        a, b = node.inputs
        if id(a) in self.terms and id(b) in self.terms:
            return None
        many, factor = (a, b) if id(a) in self.terms else (b, a)
        return self._scaled(node, many, factor)

    def _divide(self, node: Node) -> list[Term] | None:
        a, b = node.inputs
        return None if id(b) in self.terms else self._scaled(node, a, 1 / b)

    def _scaled(self, node: Node, many: Node, factor: Node) -> list[Term] | None:
        if many.dtype != node.dtype:
            return None
        return [self._scale(t, node.shape, many.shape, factor) for t in self.terms[id(many)]]

    def _scale(self, t: Term, shape: Shape, own: Shape, factor: Node) -> Term:
        axes = ((),) * (len(shape) - len(own)) + t.axes
        own = (1,) * (len(shape) - len(own)) + own
        axes = tuple(
            self.split(n) if k == 1 and n != 1 else labels
            for labels, k, n in zip(axes, own, shape, strict=True)
        )
        return self._with(t.on(axes), factor, axes[len(axes) - factor.ndim :])

    def _with(self, t: Term, factor: Node, axes: Sequence[Labels]) -> Term:
        """The term times a factor whose axes run through the labels given."""
        factor, axes = bare(factor, axes)
        kept = [labels for labels, n in zip(axes, factor.shape, strict=True) if n != 1]
        labels = tuple(label for each in kept for label in each)
        return t.times(labels, reshaped(factor, tuple(self.sizes[label] for label in labels)))

    def _add(self, node: Node, sign: float = 1.0) -> list[Term] | None:
        a, b = node.inputs
        if any(id(x) not in self.terms or x.shape != node.shape for x in (a, b)):
            return None
        own, other = self.terms[id(a)], self.terms[id(b)]
        return self._total([*own, *(other if sign == 1 else [t.scaled(sign) for t in other])])

    def _total(self, terms: Sequence[Term], stored: bool = False) -> list[Term]:
        """The sum of terms, as fewer of them where some can be joined."""
        total: list[Term] = []
        for t in terms:
            sums = ((k, joined(other, t, self.sizes, stored)) for k, other in enumerate(total))
            k, found = next(((k, j) for k, j in sums if j is not None), (len(total), t))
            total[k : k + 1] = [found]
        return total

    def _subtract(self, node: Node) -> list[Term] | None:
        return self._add(node, -1.0)

    def _transpose(self, node: Node) -> list[Term] | None:
        order = node.params["axes"]
        return [t.on(tuple(t.axes[k] for k in order)) for t in self.terms[id(node.inputs[0])]]

    def _broadcast_to(self, node: Node) -> list[Term] | None:
        (x,) = node.inputs
        return [self._scale(t, node.shape, x.shape, lift(1.0)) for t in self.terms[id(x)]]

    def _sum(self, node: Node) -> list[Term] | None:
        gone, keep = node.params["axis"], node.params["keepdims"]
        found = []
        for t in self.terms[id(node.inputs[0])]:
            axes = [labels for k, labels in enumerate(t.axes) if k not in gone]
            if keep:
                axes = [() if k in gone else labels for k, labels in enumerate(t.axes)]
            found.append(self._dropped(t, tuple(axes)))
        return found

    def _dropped(self, t: Term, axes: Axes) -> Term:
        """The term summed over the labels that `axes` lacks."""
        left = {label for labels in (*axes, tuple(t.labels())) for label in labels}
        repeated = prod(self.sizes[label] for each in t.axes for label in set(each) - left)
        t = t.on(axes)
        return t if repeated == 1 else t.scaled(float(repeated))

    def _reshape(self, node: Node) -> list[Term] | None:
        found = [self._regrouped(t, node.shape) for t in self.terms[id(node.inputs[0])]]
        return None if any(t is None for t in found) else found  # type: ignore[return-value]

    def _regrouped(self, t: Term, shape: Shape) -> Term | None:
        """The labels of a term in groups for the axes of another shape; None where none fit."""
        left = [label for labels in t.axes for label in labels]
        axes: list[Labels] = []
        for n in shape:
            group: list[int] = []
            while n > 1:
                label = left.pop(0)
                size = self.sizes[label]
                if n % size:
                    return None if size % n else self._regrouped(self._halved(t, label, n), shape)
                group.append(label)
                n //= size
            axes.append(tuple(group))
        return t.on(tuple(axes))

    def _halved(self, t: Term, label: int, n: int) -> Term:
        """The term with two labels in place of one, the first of which has the size `n`."""
        halves = (*self.split(n), *self.split(self.sizes[label] // n))

        def parted(labels: Labels) -> Labels:
            return tuple(y for x in labels for y in (halves if x == label else (x,)))

        factors = [(parted(labels), node) for labels, node in t.factors]
        return Term(
            tuple(map(parted, t.axes)),
            [(ls, reshaped(f, tuple(self.sizes[x] for x in ls))) for ls, f in factors],
        )

    def _matmul(self, node: Node) -> list[Term] | None:
        a, b = node.inputs
        loop = string.ascii_letters[: node.ndim - 2]
        left = f"{loop[len(loop) - a.ndim + 2 :]}yz"
        right = f"{loop[len(loop) - b.ndim + 2 :]}zx"
        return self._product(node, left, right, f"{loop}yx")

    def _einsum(self, node: Node) -> list[Term] | None:
        ins, out = node.params["spec"].split("->")
        left, right = ins.split(",")
        return self._product(node, left, right, out)

    def _product(self, node: Node, left: str, right: str, out: str) -> list[Term] | None:
        """The terms of an einsum of two operands, of which one has terms."""
        a, b = node.inputs
        if (id(a) in self.terms and id(b) in self.terms) or a.dtype != b.dtype:
            return None
        if id(a) in self.terms:
            many, own, factor, other = a, left, b, right
        else:
            many, own, factor, other = b, right, a, left
        if len(set(own)) < len(own) or len(set(other)) < len(other):
            return None
        return [self._contracted(t, own, factor, other, out) for t in self.terms[id(many)]]

    def _contracted(self, t: Term, own: str, factor: Node, other: str, out: str) -> Term:
        place = dict(zip(own, t.axes, strict=True))
        for letter, n in zip(other, factor.shape, strict=True):
            if not place.get(letter):
                place[letter] = self.split(n)
        t = self._with(t, factor, [place[letter] for letter in other])
        every = Term(tuple(place.values()), t.factors)
        return self._dropped(every, tuple(place[letter] for letter in out))

    def _where(self, node: Node) -> list[Term] | None:
        condition, a, b = node.inputs
        known = id(a) in self.terms and id(condition) not in self.terms
        if not known or not is_number(b, 0) or a.shape != node.shape or a.dtype != node.dtype:
            return None
        found = [self._chosen(t, condition, node) for t in self.terms[id(a)]]
        return None if any(t is None for t in found) else found  # type: ignore[return-value]

    def _chosen(self, t: Term, condition: Node, node: Node) -> Term | None:
        """The term where the condition holds, else 0; None where a factor could spoil the zeros.

        A factor that is not finite must not meet the zero of another one, so each that may not be
        is chosen from itself.
        """
        mask, axes = bare(condition, t.axes[len(t.axes) - condition.ndim :])
        kept = [labels for labels, n in zip(axes, mask.shape, strict=True) if n != 1]
        labels = tuple(label for each in kept for label in each)
        mask = reshaped(mask, tuple(self.sizes[label] for label in labels))
        risky = [not self._is_finite(factor) for _, factor in t.factors]
        if not any(risky):
            return t.times(labels, F.where(mask, F.astype(lift(1.0), node.dtype), 0))
        factors = []
        for (own, factor), risk in zip(t.factors, risky, strict=True):
            if risk and not set(labels) <= set(own):
                return None
            chosen = F.where(self._spread(mask, labels, own), factor, 0) if risk else factor
            factors.append((own, chosen))
        return Term(t.axes, factors)

    def _spread(self, node: Node, labels: Labels, own: Labels) -> Node:
        """`node`, whose axes have `labels`, with axes for all labels of `own`."""
        node = ordered(node, labels, [label for label in own if label in labels])
        return reshaped(node, tuple(self.sizes[x] if x in labels else 1 for x in own))

    def _is_finite(self, node: Node) -> bool:
        """Whether a node is finite where the inputs of the graph are, short of overflow."""
        if id(node) not in self.finite:
            self.kept.append(node)
            self.finite[id(node)] = entire(node, self.finite)
        return self.finite[id(node)]

    # ----- arrays ---------------------------------------------------------------------------------

    def dense(self, node: Node) -> Node:
        """The array that the terms of a node are, or the node where it has none."""
        if id(node) not in self.terms:
            return node
        if id(node) not in self.nodes:
            terms = self.terms[id(node)]
            if len(terms) > 1:
                terms = self._total([t.contracted() for t in terms], stored=True)
            total, *others = [self._stored(t, node) for t in terms]
            for part in others:
                total = total + part
            self.nodes[id(node)] = (
                total if total.dtype == node.dtype else F.astype(total, node.dtype)
            )
        return self.nodes[id(node)]

    def _stored(self, t: Term, node: Node) -> Node:
        every = [label for labels in t.axes for label in labels]
        wanted = tuple(dict.fromkeys(every))
        found = self._array(t, wanted, node)
        held = list(wanted)
        for label in wanted:
            for _ in range(every.count(label) - 1):
                # a label once more: along the diagonal of two axes
                place = held.index(label)
                found = F.diag_embed(F.moveaxis(found, place, -1))
                held = [*held[:place], *held[place + 1 :], label, label]
        return reshaped(ordered(found, tuple(held), tuple(every)), node.shape)

    def _array(self, t: Term, wanted: Labels, node: Node) -> Node:
        """The product of the factors with the labels wanted, each once, as its axes."""
        known = tuple(label for label in wanted if label in t.labels())
        one = F.astype(lift(1.0), node.dtype)
        found = product(t.factors, known) if t.factors else one
        inner = tuple(self.sizes[x] if x in known else 1 for x in wanted)
        shape = tuple(self.sizes[label] for label in wanted)
        return F.broadcast_to(reshaped(found, inner), shape)


def _none(node: Node) -> None:
    return None


def _squeezed(node: Node) -> Node:
    return reshaped(node, tuple(n for n in node.shape if n != 1))
