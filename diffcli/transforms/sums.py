"""Sums of products in index notation: terms added up, common factors, brackets, and arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from operator import is_
from typing import NamedTuple

from diffcli.graph.node import Node, postorder
from diffcli.ops.op import INPUT
from diffcli.ops.table import F
from diffcli.transforms.facts import entire, not_negative, positive
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
from diffcli.transforms.terms import Labels

Sum = list[Product]
Write = Callable[["Sums", Product, Labels], Node]

MOST = 12
"""Terms of a sum that are compared with each other; longer sums stay as they are."""


class Bracket(NamedTuple):
    """A sum that is one factor: its node, and its terms, whose axes are `labels`."""

    node: Node
    terms: Sum
    labels: Labels


class Sums(Labelling):
    """What is done with sums; `write` makes a node of a product for labels as its axes.

    `simplifier` shares and simplifies the nodes that are made, `ratio` says what of a number stands
    above and below a stroke. Afterwards `widened` has the nodes that must not be 0 because a
    quotient was reduced by them, `narrowed` those because what was special there is left out.
    """

    def __init__(
        self,
        simplifier: Simplifier,
        write: Write,
        ratio: Callable[[Fraction], tuple[float, int]],
    ) -> None:
        super().__init__()
        self.simplifier = simplifier
        self.write = write
        self.ratio = ratio
        self.brackets: dict[int, Bracket] = {}
        self.widened: dict[int, Node] = {}
        self.narrowed: dict[int, Node] = {}
        self.kept: list[Node] = []  # ids stand for nodes, so these must stay alive

    def shared(self, node: Node) -> Node:
        """The node simplified, the same one for the same graph."""
        self.kept.append(node)
        return self.simplifier.run([node])[0]

    def bracket(self, terms: Sum) -> Product:
        """A sum as one factor, written once for the sum and its negative."""
        if all(p.number < 0 for p in terms):
            return self.bracket([p.scaled(-ONE) for p in terms]).scaled(-ONE)
        common = math.gcd(*(p.number.numerator for p in terms))
        if common > 1 and all(p.number.denominator == 1 for p in terms):
            return self.bracket([p.scaled(Fraction(1, common)) for p in terms]).scaled(
                Fraction(common)
            )
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
        kept = self._over_one(self._multiplied_out(_present(found)))
        return kept or [Product(Fraction(0), (), terms[0].axes)]

    def _multiplied_out(self, terms: Sum) -> Sum:
        """The terms with their brackets multiplied out, where less is left of them then."""
        if not 1 < len(terms) <= MOST:
            return terms
        found: Sum = []
        for p in terms:
            for q in self._without_brackets(p):
                same = next((k for k, r in enumerate(found) if same_factors(r, q)), None)
                if same is None:
                    found.append(q)
                else:
                    number = found[same].number + q.number
                    found[same] = q._replace(number=number)
        found = _present(found)
        shorter = len(found) <= len(terms) and self._weight(found) < self._weight(terms)
        return found if shorter and found else terms

    def _over_one(self, terms: Sum) -> Sum:
        """Elementwise terms over a common denominator, where less is left of them then."""
        axes = {p.axes for p in terms}
        if not 1 < len(terms) <= MOST or len(axes) > 1 or any(p.summed() for p in terms):
            return terms
        for f in [f for p in terms for f in p.factors if f.power < 0 and f.node.op is not INPUT]:
            if not _varies(f.node) or any(label not in terms[0].free() for label in f.labels):
                continue
            alike = [g for p in terms for g in p.factors if g.node is f.node]
            lowest = min(g.power for g in alike)
            below = f._replace(power=-lowest)
            # a root in the denominator says where the terms are defined
            real = not_negative if lowest.denominator == 1 else partial(is_, f.node)
            lifted = [
                p._replace(factors=merged([*p.factors, below], _ignored, real)) for p in terms
            ]
            above = self._multiplied_out(lifted)
            whole = above[0] if len(above) == 1 else self.bracket(above)
            factors = merged([*whole.factors, f._replace(power=lowest)], _ignored)
            made = [Product(whole.number, factors, terms[0].axes)]
            if self._weight(made) < self._weight(terms):
                return made
        return terms

    def _without_brackets(self, p: Product) -> Sum:
        """The terms of a product whose brackets are multiplied out; itself where these are many."""
        found = [Product(p.number, (), p.axes)]
        for f in p.factors:
            if f.power != 1 or id(f.node) not in self.brackets:
                parts = [Product(ONE, (f,), ())]
            else:
                parts = self.spread(Product(ONE, (f,), ()))
            if len(found) * len(parts) > MOST:
                return [p]
            found = [
                Product(a.number * b.number, merged((*a.factors, *b.factors), self.drop), p.axes)
                for a in found
                for b in parts
            ]
        return found

    def _weight(self, terms: Sum) -> int:
        """How much there is to write."""
        sizes = [
            len(self.brackets[id(f.node)].terms) if id(f.node) in self.brackets else 0
            for p in terms
            for f in p.factors
        ]
        return len(terms) + len(sizes) + sum(sizes)

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
        if node.op.name == "reshape" and 1 not in node.inputs[0].shape:
            node = node.inputs[0]
        if not positive(node) and _varies(node):
            kind[id(node)] = node

    # ----- arrays ---------------------------------------------------------------------------------

    def array(self, terms: Sum, labels: Labels) -> Node:
        """The array with these labels as axes that a sum of products without diagonals is."""
        first = next((k for k, p in enumerate(terms) if p.number > 0), 0)
        terms = [terms[first], *terms[:first], *terms[first + 1 :]]
        signs = [p.number < 0 and k > 0 for k, p in enumerate(terms)]
        parts = [
            self.placed(p.scaled(-ONE) if negative else p, labels)
            for p, negative in zip(terms, signs, strict=True)
        ]
        turned = len(parts) > 1 and all(x.op.name == "transpose" and x.ndim == 2 for x in parts)
        total, *others = [x.inputs[0] for x in parts] if turned else parts
        for part, negative in zip(others, signs[1:], strict=True):
            total = total - part if negative else total + part
        return F.transpose(total) if turned else total

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


def _present(terms: Sum) -> Sum:
    """Terms that are not 0 wherever their factors are finite."""
    return [p for p in terms if p.number or not all(entire(f.node) for f in p.factors)]


def _varies(node: Node) -> bool:
    """Whether a node depends on a variable."""
    return any(x.op is INPUT for x in postorder([node]))


def _ignored(node: Node) -> None:
    """Nothing is to be said of a denominator that stays."""
