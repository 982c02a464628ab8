"""From index notation back to matrices: products of factors as a person writes them.

Factors with the same labels are multiplied elementwise. A label that is summed over and stands on
one matrix only makes that matrix times a vector; what is left between two labels of the result is a
chain of matrices and diagonals. What is no such chain is written as an einsum.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from diffcli.graph.node import Node
from diffcli.ops.op import CONSTANT, INPUT
from diffcli.ops.table import F, lift
from diffcli.transforms.facts import symmetric
from diffcli.transforms.products import LETTERS, Factor, NoLetters, Product
from diffcli.transforms.sums import Sums
from diffcli.transforms.terms import Labels, ordered


def write(form: Sums, p: Product, labels: Labels) -> Node:
    """The array of a product, with an axis for each of `labels`; one named twice is a diagonal."""
    return _Writer(form, p).run(labels)


class Edge:
    """A matrix between two labels: its factors, elementwise, in the order of the first one."""

    def __init__(self, ends: Labels, factors: list[Factor]) -> None:
        self.ends = ends
        self.factors = factors

    def other(self, label: int) -> int:
        """The other end."""
        return self.ends[1] if self.ends[0] == label else self.ends[0]


class NoChain(Exception):
    """The product is no chain of matrices."""


class _Writer:
    def __init__(self, form: Sums, p: Product) -> None:
        self.form = form
        self.product = p
        self.summed = set(p.summed())
        self.numbers: list[Factor] = []
        self.vectors: dict[int, list[Factor]] = {}
        self.edges: list[Edge] = []

    def run(self, labels: Labels) -> Node:
        try:
            self._sort()
            self._contract()
            array = self._array(labels)
        except NoChain:
            self.numbers = [f for f in self.product.factors if not f.labels]
            array = self._einsum(labels)
        return self._scaled(array)

    # ----- the parts of a product -----------------------------------------------------------------

    def _sort(self) -> None:
        for f in self.product.factors:
            distinct = tuple(dict.fromkeys(f.labels))
            if len(distinct) < len(f.labels):
                if len(f.labels) > 2:
                    raise NoChain
                f = Factor(F.diagonal(_raised(f.node, f.power)), Fraction(1), distinct)
            if not f.labels:
                self.numbers.append(f)
            elif len(f.labels) == 1:
                self.vectors.setdefault(f.labels[0], []).append(f)
            elif len(f.labels) == 2:
                self._add_edge(f)
            else:
                raise NoChain

    def _add_edge(self, f: Factor) -> None:
        for edge in self.edges:
            if set(edge.ends) == set(f.labels):
                edge.factors.append(f)
                return
        self.edges.append(Edge(f.labels, [f]))

    def _at(self, label: int) -> list[Edge]:
        return [edge for edge in self.edges if label in edge.ends]

    def _matrix(self, edge: Edge, rows: int) -> Node:
        """The matrix of an edge with the label `rows` down."""
        same = [f for f in edge.factors if f.labels == edge.ends]
        turned = [
            f if f in same else Factor(ordered(f.node, f.labels, edge.ends), f.power, edge.ends)
            for f in edge.factors
        ]
        matrix = elementwise(turned)
        return matrix if edge.ends[0] == rows or symmetric(matrix) else F.transpose(matrix)

    # ----- sums -----------------------------------------------------------------------------------

    def _contract(self) -> None:
        """Sum over the labels that stand on at most one matrix, until none is left."""
        while True:
            every = [x for e in self.edges for x in e.ends] + list(self.vectors)
            ready = [x for x in dict.fromkeys(every) if x in self.summed and len(self._at(x)) < 2]
            if not ready:
                return
            self._sum(min(ready, key=self._cost))

    def _cost(self, label: int) -> int:
        """Labels whose sum needs no transpose come first; products of vectors last."""
        edges = self._at(label)
        if not edges:
            return 2
        return 0 if edges[0].ends[1] == label else 1

    def _sum(self, label: int) -> None:
        vectors, edges = self.vectors.pop(label, []), self._at(label)
        if not edges:
            self.numbers.append(Factor(_dotted(vectors), Fraction(1), ()))
            return
        (edge,) = edges
        self.edges.remove(edge)
        other = edge.other(label)
        if not vectors and other in self.summed and not (self._at(other) or other in self.vectors):
            self.numbers.append(Factor(self._total(edge), Fraction(1), ()))
            return
        matrix = self._matrix(edge, other)
        found = F.matmul(matrix, elementwise(vectors)) if vectors else F.sum(matrix, 1)
        if not vectors and edge.ends[0] == label:
            found = F.sum(self._matrix(edge, label), 0)
        self.vectors.setdefault(other, []).append(Factor(found, Fraction(1), (other,)))

    def _total(self, edge: Edge) -> Node:
        """The sum of all elements; trace(A @ B) where it is that of A*B.T."""
        if len(edge.factors) == 2 and all(f.power == 1 for f in edge.factors):
            a, b = edge.factors
            if a.labels == b.labels[::-1]:
                return F.trace(F.matmul(a.node, b.node))
        return F.sum(self._matrix(edge, edge.ends[0]))

    # ----- what is left ---------------------------------------------------------------------------

    def _array(self, labels: Labels) -> Node | None:
        """The array without the numbers; None for 1."""
        if len(set(labels)) < len(labels):
            return self._diagonal(labels)
        if not labels:
            return self._loops()
        if len(labels) == 1:
            if self.edges:
                raise NoChain
            return elementwise(self.vectors[labels[0]])
        if len(labels) > 2:
            raise NoChain
        return self._between(*labels)

    def _diagonal(self, labels: Labels) -> Node:
        if len(labels) > 2 or len(set(labels)) > 1 or self.edges:
            raise NoChain
        label, n = labels[0], self.form.sizes[labels[0]]
        if label not in self.vectors:
            return F.eye(n)
        return F.diag(elementwise(self.vectors[label]))

    def _loops(self) -> Node | None:
        """The trace of a cycle of matrices; None where there is none."""
        if not self.edges:
            return None
        first = self.edges[0]
        start, end = first.ends
        self.edges.remove(first)
        chain = [self._matrix(first, start), *self._weight(end), *self._chain(end, start)]
        if self.edges:
            raise NoChain
        return F.trace(_multiplied([*chain, *self._weight(start)]))

    def _between(self, rows: int, columns: int) -> Node:
        if not self.edges:
            outer = [elementwise(self.vectors[x]) for x in (rows, columns)]
            return F.outer(*outer)
        chain = self._chain(rows, columns)
        if self.edges:
            raise NoChain
        return _multiplied([*self._weight(rows), *chain, *self._weight(columns)])

    def _weight(self, label: int) -> list[Node]:
        """The diagonal matrix of the vectors at a label, if there are any."""
        vectors = self.vectors.pop(label, None)
        return [F.diag(elementwise(vectors))] if vectors else []

    def _chain(self, start: int, end: int) -> list[Node]:
        """The matrices and diagonals on the way from one label to another."""
        chain: list[Node] = []
        label = start
        while label != end:
            edges = self._at(label)
            if len(edges) != 1:
                raise NoChain
            (edge,) = edges
            self.edges.remove(edge)
            if chain:
                chain += self._weight(label)
            chain.append(self._matrix(edge, label))
            label = edge.other(label)
        return chain

    def _einsum(self, labels: Labels) -> Node:
        """The product as an einsum; labels that are named twice become identity matrices."""
        letters, letter, out = iter(LETTERS), dict[int, str](), ""
        twice = {x for x in labels if labels.count(x) > 1}
        weights = {x: [f for f in self.product.factors if f.labels == (x,)] for x in twice}
        units = []
        for label in labels:
            here = next(letters)
            if letter.setdefault(label, here) != here:
                n, vectors = self.form.sizes[label], weights[label]
                unit = F.diag(elementwise(vectors)) if vectors else F.eye(n)
                units.append((letter[label] + here, unit))
                weights[label] = []
            out += here
        rest = [x for x in self.product.labels() if x not in letter]
        if len(labels) + len(rest) > len(LETTERS):
            raise NoLetters
        letter |= zip(rest, letters, strict=False)
        parts = [
            ("".join(letter[x] for x in f.labels), _raised(f.node, f.power))
            for f in self.product.factors
            if f.labels and not (len(f.labels) == 1 and f.labels[0] in weights)
        ]
        parts += units
        return F.einsum(f"{','.join(own for own, _ in parts)}->{out}", *(x for _, x in parts))

    def _scaled(self, array: Node | None) -> Node:
        """The array times the number and the factors without labels."""
        above, below = self.form.ratio(self.product.number)
        over = [f for f in self.numbers if f.power > 0]
        under = [f._replace(power=-f.power) for f in self.numbers if f.power < 0]
        scalars = elementwise(over) if over else None
        found = _led(above, scalars, array)
        if under or below != 1:
            bottom = elementwise(under) if under else None
            if bottom is None:
                return found / lift(below)
            return found / (bottom if below == 1 else below * bottom)
        return found


def _led(number: int | float, scalars: Node | None, array: Node | None) -> Node:
    """A number, scalars and an array multiplied: `-X.T @ v`, `2*x`, `a*(A @ x)`."""
    if array is not None and scalars is not None:
        array = _scaled(array, scalars)
    elif array is None:
        array = scalars
    if array is None:
        return lift(number)
    if number == 1:
        return array
    return _leading(array, number)


def _scaled(array: Node, scalars: Node) -> Node:
    """An array times scalars that stand before it and its elementwise factors: `a*x*y`."""
    if array.op.name == "multiply" and all(x.shape == array.shape for x in array.inputs):
        return _scaled(array.inputs[0], scalars) * array.inputs[1]
    return scalars * array


def _leading(array: Node, number: int | float) -> Node:
    """An array times a number that stands in front: on the first factor of a product."""
    inner = array.inputs[0] if array.op.name == "reshape" else array
    if inner.op.name == "matmul":
        a, b = inner.inputs
        if a.op.name != "reshape":
            product = F.matmul(_leading(a, number), b)
            return product if product.shape == array.shape else F.reshape(product, array.shape)
    if array.op.name == "divide":
        return _leading(array.inputs[0], number) / array.inputs[1]
    outer = all(x.shape != array.shape for x in array.inputs)
    if array.op.name == "multiply" and number != -1 and not outer:
        return _leading(array.inputs[0], number) * array.inputs[1]
    return -array if number == -1 else number * array


# ----- elementwise products -----------------------------------------------------------------------


def elementwise(factors: Sequence[Factor]) -> Node:
    """Factors of the same labels multiplied, those of negative power below a stroke."""
    over = sorted((f for f in factors if f.power > 0), key=_rank)
    under = [f._replace(power=-f.power) for f in factors if f.power < 0]
    top, bottom = _product(over), _product(under)
    if bottom is None:
        assert top is not None
        return top
    return (lift(1) if top is None else top) / bottom


def _rank(f: Factor) -> int:
    """Numbers first, then variables, then functions of arrays."""
    return 0 if f.node.op is CONSTANT else 1 if f.node.op is INPUT else 2


def _product(factors: Sequence[Factor]) -> Node | None:
    total: Node | None = None
    for f in factors:
        part = _raised(f.node, f.power)
        total = part if total is None else total * part
    return total


def _raised(node: Node, power: Fraction) -> Node:
    if power == 1:
        return node
    if power == Fraction(1, 2):
        return F.sqrt(node)
    top, bottom = power.numerator, power.denominator
    exponent = lift(top) if bottom == 1 else lift(top / bottom)
    if bottom & (bottom - 1):
        exponent = F.divide(top, bottom)
    # the operator itself: called as a function, it writes the square of a norm as a sum
    return F.power.apply((node, exponent), {})  # type: ignore[attr-defined,no-any-return]


def _dotted(vectors: list[Factor]) -> Node:
    """The sum of a product of vectors: a dot product where there are two."""
    first, *rest = sorted(vectors, key=_rank)
    if first.power == 1 and rest and all(f.power == 1 for f in rest):
        a, b = first.node, elementwise(rest)
        inner = b.inputs[0] if b.op.name == "reshape" else b
        if inner.op.name == "matmul" and inner.inputs[1].op.name == "reshape":
            # x @ A @ y reads better than x @ (A @ y)
            m, v = inner.inputs
            return F.matmul(F.matmul(a, m), F.reshape(v, (v.size,)))
        return F.matmul(a, b)
    return F.sum(elementwise(vectors))


def _multiplied(chain: Sequence[Node]) -> Node:
    """The product of matrices; the transpose of a product where all are transposed."""
    if len(chain) > 1 and all(m.op.name == "transpose" for m in chain):
        return F.transpose(_multiplied([m.inputs[0] for m in reversed(chain)]))
    total = chain[0]
    for matrix in chain[1:]:
        total = F.matmul(total, matrix)
    return total
