"""Index notation: every node of a graph as a sum of products of factors with labelled axes.

Transposes, broadcasts, sums, matrix products, einsums and diagonals become labels, so that what
derivatives are made of (units, cotangents of 1, reshaped vectors) disappears, equal terms are seen
to be equal, and what terms have in common is written once. It is the calculus of Laue, Mitterreiter
and Giesen, "Computing Higher Order Derivatives of Matrix and Tensor Expressions" (NeurIPS 2018).
What is not linear in its operands stays a factor: a function of arrays written anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from diffcli.graph.node import Node, Shape, postorder
from diffcli.ops.op import CONSTANT, INPUT
from diffcli.ops.table import F
from diffcli.transforms.facts import entire, positive, rational
from diffcli.transforms.index_forms import FORMS
from diffcli.transforms.index_rules import RULES, function
from diffcli.transforms.labels import Labelling
from diffcli.transforms.products import (
    ONE,
    Factor,
    Product,
    alike,
    merged,
    same_factors,
    shared,
    shared_number,
)
from diffcli.transforms.simplify import Simplifier
from diffcli.transforms.terms import Axes, Labels

Sum = list[Product]
Write = Callable[["IndexForm", Product, Labels], Node]

MOST = 12
"""Terms of a sum that are compared with each other; longer sums stay as they are."""


class IndexForm(Labelling):
    """Writes graphs in index notation; `write` makes a node of a product for labels as its axes.

    `simplifier` shares and simplifies the nodes that are made. `numbers` has the values of named
    constants that are sizes, `ratio` says what of a number stands above and below a stroke.
    Afterwards `widened` has the nodes that must not be 0 because a quotient was reduced by them,
    `narrowed` those because what was special there is left out.
    """

    def __init__(
        self,
        simplifier: Simplifier,
        write: Write,
        numbers: Mapping[str, int] | None = None,
        ratio: Callable[[Fraction], tuple[float, int]] = Fraction.as_integer_ratio,
    ) -> None:
        super().__init__()
        self.simplifier = simplifier
        self.write = write
        self.numbers = numbers or {}
        self.ratio = ratio
        self.sums: dict[int, Sum] = {}
        self.brackets: dict[int, Bracket] = {}
        self.widened: dict[int, Node] = {}
        self.narrowed: dict[int, Node] = {}
        self.kept: list[Node] = []  # ids stand for nodes, so these must stay alive

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
        rule = RULES.get(node.op.name) or FORMS.get(node.op.name)
        found = None if rule is None else rule(self, node)
        if found is None:
            found = function(self, node)
        return self.opaque(node) if found is None else found

    def of(self, node: Node) -> Sum:
        """The sum of a node that was met."""
        return self.sums[id(node)]

    def constant(self, node: Node) -> Sum:
        """A number, an identity matrix, or an array."""
        value = node.params["value"]
        if node.params.get("name") in self.numbers:
            return [Product(Fraction(value), (), ())]
        if node.shape == () and "name" not in node.params:
            exact = rational(value if node.weak else value.item())
            if exact is not None:
                return [Product(exact, (), ())]
        n = node.shape[0] if node.ndim == 2 else 0
        if n > 1 and node.dtype == np.float64 and np.array_equal(value, np.eye(n)):
            label = self.label(n)
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

    def shared(self, node: Node) -> Node:
        """The node simplified, the same one for the same graph."""
        self.kept.append(node)
        return self.simplifier.run([node])[0]

    # ----- sums -----------------------------------------------------------------------------------

    def terms(self, node: Node) -> Sum:
        """A node as operand of a product: one term, or several where one of them is a diagonal."""
        found = self.of(node)
        if len(found) == 1 or any(p.diagonal() for p in found):
            return found
        return [self.bracket(found)]

    def bracket(self, terms: Sum) -> Product:
        """A sum as one factor, written once for the sum and its negative."""
        if all(p.number < 0 for p in terms):
            return self.bracket([p.scaled(-ONE) for p in terms]).scaled(-ONE)
        labels = self.used(terms)
        for known in self.brackets.values():
            sign = self._sign(known, terms, labels)
            if sign is not None:
                factor = Factor(known.node, ONE, labels)
                return Product(sign, (factor,), terms[0].axes)
        node = self.shared(self.array(terms, labels))
        self.brackets[id(node)] = Bracket(node, terms, labels)
        return Product(ONE, (Factor(node, ONE, labels),), terms[0].axes)

    def _sign(self, known: Bracket, terms: Sum, labels: Labels) -> Fraction | None:
        """What to multiply a known sum with to get this one."""
        if len(known.terms) != len(terms) or self.shape(known.labels) != self.shape(labels):
            return None
        names = dict(zip(known.labels, labels, strict=True))
        axes = tuple((label,) for label in labels)
        own = [p.renamed(names).on(axes) for p in known.terms]
        mine = [p.on(axes) for p in terms]
        sign = None
        for p in own:
            found = next((q for q in mine if same_factors(p, q)), None)
            if found is None or p.number == 0 or abs(found.number) != abs(p.number):
                return None
            if sign not in (None, found.number / p.number):
                return None
            sign = found.number / p.number
            mine.remove(found)
        return sign

    def used(self, terms: Sum) -> Labels:
        """The labels of axes that factors have, in the order of the axes."""
        held = {label for p in terms for label in p.labels()}
        return tuple(label for label in terms[0].free() if label in held)

    def collected(self, terms: Sum) -> Sum:
        """Terms of the same axes with equal ones added up and common factors taken out."""
        found: Sum = []
        for p in terms:
            for k, other in enumerate(found):
                both = self._together(other, p) if len(terms) <= MOST else None
                if both is not None:
                    found[k : k + 1] = [both]
                    break
            else:
                found.append(p)
        kept = [p for p in found if p.number or not all(entire(f.node) for f in p.factors)]
        return kept or [Product(Fraction(0), (), terms[0].axes)]

    def _together(self, a: Product, b: Product) -> Product | None:
        """The sum of two products as one product, where that is how one writes it."""
        if same_factors(a, b):
            return a._replace(number=a.number + b.number)
        parts = shared(a, b, self.fresh)
        if parts is None or not self._worth(a, parts.factors) or not alike(a, parts):
            return None
        number, left, right = shared_number(a.number, b.number)
        outside = {x for f in parts.factors for x in f.labels} | set(a.free())
        inner = [x for f in (*parts.left, *parts.right) for x in f.labels if x in outside]
        axes = tuple((x,) for x in dict.fromkeys(inner))
        rest = [
            *self.spread(Product(left, parts.left, axes)),
            *self.spread(Product(right, parts.right, axes)),
        ]
        rest = self.collected(rest)
        whole = rest[0] if len(rest) == 1 else self.bracket(rest)
        factors = merged((*parts.factors, *whole.factors), self.drop)
        return Product(number * whole.number, factors, a.axes)

    def _worth(self, p: Product, common: Sequence[Factor]) -> bool:
        """Whether factors are worth taking out of a sum: all but powers of variables are."""
        free = p.free()
        return any(
            f.node.op is not INPUT or f.power < 0 or any(x not in free for x in f.labels)
            for f in common
        )

    def spread(self, p: Product) -> Sum:
        """The terms of a product that is a bracket alone."""
        (first, *more) = p.factors or (None,)
        if first is None or more or first.power != 1 or id(first.node) not in self.brackets:
            return [p]
        known = self.brackets[id(first.node)]
        names = dict(zip(known.labels, first.labels, strict=True))
        inner = [self.renewed(q.on(tuple((x,) for x in known.labels))) for q in known.terms]
        back = [
            q.renamed({x: names[y] for (x,), y in zip(q.axes, known.labels, strict=True)})
            for q in inner
        ]
        return [q.scaled(p.number).on(p.axes) for q in back]

    def drop(self, node: Node) -> None:
        """Note that a quotient was reduced by a node."""
        self._condition(self.widened, node)

    def narrow(self, node: Node) -> None:
        """Note that what is special where a node is 0 was left out."""
        self._condition(self.narrowed, node)

    def _condition(self, kind: dict[int, Node], node: Node) -> None:
        if not positive(node) and any(x.op is INPUT for x in postorder([node])):
            kind[id(node)] = node

    # ----- arrays ---------------------------------------------------------------------------------

    def array(self, terms: Sum, labels: Labels) -> Node:
        """The array with these labels as axes that a sum of products without diagonals is."""
        first = next((k for k, p in enumerate(terms) if p.number > 0), 0)
        terms = [terms[first], *terms[:first], *terms[first + 1 :]]
        total: Node | None = None
        for p in terms:
            negative = total is not None and p.number < 0
            part = self.placed(p.scaled(-ONE) if negative else p, labels)
            total = part if total is None else total - part if negative else total + part
        assert total is not None
        return total

    def placed(self, p: Product, labels: Labels) -> Node:
        """A product as an array that broadcasts to the axes `labels`."""
        held = p.labels()
        own = tuple(label for label in labels if label in held)
        return self.aligned(self.write(self, p, own), own, labels)

    def aligned(self, node: Node, own: Labels, labels: Labels) -> Node:
        """An array with the axes `own` as one that broadcasts to `labels`, which include them."""
        if own == labels[len(labels) - len(own) :]:
            return node
        start = labels.index(own[0])
        return F.reshape(node, tuple(self.sizes[x] if x in own else 1 for x in labels[start:]))

    def dense(self, node: Node) -> Node:
        """The array that a node is, written anew."""
        if node.op in (INPUT, CONSTANT):
            return node
        terms = self.of(node)
        plain = [p for p in terms if not p.diagonal()]
        made: list[Node] = []
        if plain:
            labels = self.used(plain)
            made.append(self._filled(self.array(plain, labels), labels, plain[0].axes, node.shape))
        for p in terms:
            if p.diagonal():
                axes = tuple(label for each in p.axes for label in each)
                made.append(F.reshape(self.write(self, p, axes), node.shape))
        total = made[0]
        for part in made[1:]:
            total = total + part
        found = self.shared(total)
        if found.dtype != node.dtype or found.shape != node.shape:
            found = self.shared(F.broadcast_to(F.astype(found, node.dtype), node.shape))
        return found

    def _filled(self, array: Node, labels: Labels, axes: Axes, shape: Shape) -> Node:
        every = tuple(label for each in axes for label in each)
        if array.shape == () and shape != ():
            return F.broadcast_to(array, shape)
        if labels != every:
            array = F.broadcast_to(self.aligned(array, labels, every), self.shape(every))
        return array if array.shape == shape else F.reshape(array, shape)


class Bracket(NamedTuple):
    """A sum that is one factor: its node, and its terms, whose axes are `labels`."""

    node: Node
    terms: Sum
    labels: Labels
