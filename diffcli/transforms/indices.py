"""Index notation: every node of a graph as a sum of products of factors with labelled axes.

Transposes, broadcasts, sums, matrix products, einsums and diagonals become labels, so that what
derivatives are made of (units, cotangents of 1, reshaped vectors) disappears, equal terms are seen
to be equal, and what terms have in common is written once. It is the calculus of Laue, Mitterreiter
and Giesen, "Computing Higher Order Derivatives of Matrix and Tensor Expressions" (NeurIPS 2018).
What is not linear in its operands stays a factor: a function of arrays written anew.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from diffcli.graph.node import Node, Shape, postorder
from diffcli.ops.op import CONSTANT, INPUT
from diffcli.ops.table import F
from diffcli.transforms.facts import is_identity, rational
from diffcli.transforms.index_forms import FORMS
from diffcli.transforms.index_rules import RULES, function
from diffcli.transforms.products import (
    ONE,
    Factor,
    Product,
)
from diffcli.transforms.simplify import Simplifier
from diffcli.transforms.sums import Sum, Sums, Write
from diffcli.transforms.terms import Axes, Labels

PI = CONSTANT.make(math.pi, "pi")

KNOWN: dict[Any, Callable[[], Node]] = {
    math.log(2): lambda: F.log(2),
    math.log(10): lambda: F.log(10),
    2 / math.sqrt(math.pi): lambda: 2 / F.sqrt(PI),
    math.sqrt(2 * math.pi): lambda: F.sqrt(2 * PI),
    1 / math.sqrt(2 * math.pi): lambda: 1 / F.sqrt(2 * PI),
}
"""Numbers that derivatives of logarithms and error functions have."""


class IndexForm(Sums):
    """Writes graphs in index notation.

    Simplified nodes are shared; `write` and `ratio` say how products and numbers are written.
    `numbers` has the values of named constants that are sizes.
    """

    def __init__(
        self,
        simplifier: Simplifier,
        write: Write,
        numbers: Mapping[str, int] | None = None,
        ratio: Callable[[Fraction], tuple[float, int]] = Fraction.as_integer_ratio,
    ) -> None:
        super().__init__(simplifier, write, ratio)
        self.numbers = numbers or {}
        self.sums: dict[int, Sum] = {}

    def run(self, roots: Sequence[Node]) -> list[Node]:
        """The nodes of `roots` written anew; the inputs of the graph are shared."""
        self.learn(roots)
        return [self.dense(root) for root in roots]

    def learn(self, roots: Sequence[Node]) -> None:
        """Find the sums of nodes and of all that they depend on."""
        for node in postorder(roots, known=self.sums):
            self.kept.append(node)
            self.sums[id(node)] = self.normal(node)

    # ----- one node -------------------------------------------------------------------------------

    def normal(self, node: Node) -> Sum:
        """The sum that a node is."""
        if node.op is CONSTANT:
            return self.constant(node)
        if node.op is INPUT or node.parts is not None or node.dtype.kind not in "fc":
            return self.opaque(node)
        for rule in (FORMS.get(node.op.name), RULES.get(node.op.name), function):
            found = None if rule is None else rule(self, node)
            if found is not None:
                return found
        return self.opaque(node)

    def terms(self, node: Node) -> Sum:
        """A node as operand of a product: one term, or several where one of them is a diagonal."""
        found = self.of(node)
        if len(found) == 1 or any(p.diagonal() for p in found):
            return found
        return [self.bracket(found)]

    def of(self, node: Node) -> Sum:
        """The sum of a node that was met."""
        return self.sums[id(node)]

    def constant(self, node: Node) -> Sum:
        """A number, an identity matrix, or an array."""
        value = node.params["value"]
        if node.params.get("name") in self.numbers:
            return [Product(Fraction(value), (), ())]
        if node.shape == () and "name" not in node.params:
            plain = value if node.weak else value.item()
            exact = rational(plain)
            if exact is not None:
                return [Product(exact, (), ())]
            if plain in KNOWN:
                node = self.shared(KNOWN[plain]())
                self.learn([node])
                return self.of(node)
        if is_identity(node):
            label = self.label(node.shape[0])
            return [Product(ONE, (), ((label,), (label,)))]
        return self.factor(node)

    def opaque(self, node: Node) -> Sum:
        """One factor, of which nothing more is known."""
        if node.inputs:
            inputs = tuple(self.dense(x) for x in node.inputs)
            if inputs != node.inputs:
                return self.again(node.op.apply(inputs, node.params), node)
        return self.factor(node)

    def again(self, made: Node, node: Node) -> Sum:
        """The sum of a node made in place of another: of its simpler form where it has one."""
        new = self.shared(made)
        if new.op is node.op or new.parts is not None or node.parts is not None:
            return self.factor(new)
        self.learn([new])
        return self.of(new)

    def factor(self, node: Node, axes: Axes | None = None) -> Sum:
        """The sum of a node that is one factor."""
        if node.parts is not None:
            return [Product(ONE, (Factor(node, ONE, ()),), ())]
        axes = self.axes_of(node.shape) if axes is None else axes
        labels = tuple(label for each in axes for label in each)
        if node.shape != self.shape(labels):
            node = self.shared(F.reshape(node, self.shape(labels)))
        return [Product(ONE, (Factor(node, ONE, labels),), axes)]

    # ----- arrays ---------------------------------------------------------------------------------

    def dense(self, node: Node) -> Node:
        """The array that a node is, written anew."""
        if node.op in (INPUT, CONSTANT):
            return node
        terms = self.of(node)
        if len(terms) == 1 and terms[0].number == -1:
            terms = self.spread(terms[0])  # b - a rather than -(a - b)
        plain = [p for p in terms if not p.diagonal()]
        made = [self._diagonal(p, node.shape) for p in terms if p.diagonal()]
        below = plain if made and all(p.number < 0 for p in plain) else []
        if plain and not below:
            made.insert(0, self._plain(plain, node.shape))
        total = made[0]
        for part in made[1:]:
            total = total + part
        for p in below:
            total = total - self._plain([p.scaled(-ONE)], node.shape)
        found = self.shared(total)
        if found.dtype != node.dtype or found.shape != node.shape:
            found = self.shared(F.broadcast_to(F.astype(found, node.dtype), node.shape))
        return found

    def _plain(self, terms: Sum, shape: Shape) -> Node:
        """The array of terms without diagonals."""
        labels = self.used(terms)
        return self._filled(self.array(terms, labels), labels, terms[0].axes, shape)

    def _diagonal(self, p: Product, shape: Shape) -> Node:
        """The array of a product with a diagonal, repeated along axes that no factor has."""
        every = tuple(label for each in p.axes for label in each)
        factors = p.labels()
        held = tuple(x for x in every if x in factors or every.count(x) > 1)
        return self._filled(self.write(self, p, held), held, p.axes, shape)

    def _filled(self, array: Node, labels: Labels, axes: Axes, shape: Shape) -> Node:
        every = tuple(label for each in axes for label in each)
        if array.shape == () and shape != ():
            return F.broadcast_to(array, shape)
        if labels != every:
            array = F.broadcast_to(self.aligned(array, labels, every), self.shape(every))
        return array if array.shape == shape else F.reshape(array, shape)
