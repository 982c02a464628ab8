"""Rewrites to the functions that textbooks use, and graphs written as a person would write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from diffcli.graph.node import ORIGIN, Node, postorder
from diffcli.ops.table import F
from diffcli.transforms.indices import IndexForm
from diffcli.transforms.matrices import write
from diffcli.transforms.rewrites import RULES, TEXTBOOK, rule
from diffcli.transforms.simplify import Simplifier

LARGEST = 3000
"""Operations of a graph that is written anew; a larger one is only simplified."""


@rule("multiply", among=TEXTBOOK)
def logistic_slope(node: Node) -> Node | None:
    """sigmoid(x)*sigmoid(-x) = sigmoid(x)*(1 - sigmoid(x))"""
    for a, b in (node.inputs, node.inputs[::-1]):
        if a.op.name != "sigmoid" or b.op.name != "sigmoid":
            continue
        x = b.inputs[0]
        if x.op.name == "negative" and x.inputs[0] is a.inputs[0]:
            return a * (1 - a)
    return None


@rule("square", among=TEXTBOOK)
def hyperbolic_slope(node: Node) -> Node | None:
    """sech(x)**2 = 1 - tanh(x)**2"""
    x = node.inputs[0]
    return 1 - F.tanh(x.inputs[0]) ** 2 if x.op.name == "sech" else None


@rule("inv", among=TEXTBOOK)
def inverse_of_inverse(node: Node) -> Node | None:
    """inv(inv(X)) = X, inv(X.T) = inv(X).T"""
    x = node.inputs[0]
    if x.op.name == "inv":
        return x.inputs[0]
    if x.op.name == "transpose" and x.ndim == 2:
        return F.transpose(F.inv(x.inputs[0]))
    return None


class Readable(NamedTuple):
    """Graphs written anew, and the nodes that must not be 0 for them to hold."""

    nodes: list[Node]
    nonzero: list[Node]


Ratio = Callable[[Fraction], tuple[float, int]]


def readable(
    roots: Sequence[Node],
    sizes: Mapping[str, int] | None = None,
    ratio: Ratio = Fraction.as_integer_ratio,
) -> Readable:
    """`roots` as a person would write them; equal but for rounding where `nonzero` are not 0.

    `sizes` are the values of named constants that count as numbers, `ratio` says what of a number
    stands above and below a stroke.
    """
    origin = ORIGIN.span
    simplifier = Simplifier(rules=(RULES, TEXTBOOK))
    try:
        simple = simplifier.run(roots)
        if len(postorder(simple)) > LARGEST:
            return Readable(simple, [])
        form = IndexForm(simplifier, write, sizes, ratio)
        nodes = form.run(simple)
    finally:
        ORIGIN.span = origin
    return Readable(nodes, _conditions(form, simple, nodes))


def _conditions(form: IndexForm, before: Sequence[Node], after: Sequence[Node]) -> list[Node]:
    """What must not be 0 and need not have been said before, or does not show any more."""
    divisors = {id(x.inputs[1]) for x in postorder(before) if x.op.name == "divide"}
    inverted = {id(x.inputs[0]) for x in postorder(after) if x.op.name == "inv"}
    narrowed = [x for key, x in form.narrowed.items() if key not in divisors]
    widened = [
        x for x in form.widened.values() if x.op.name != "det" or id(x.inputs[0]) not in inverted
    ]
    return list({id(x): x for x in [*widened, *narrowed]}.values())
