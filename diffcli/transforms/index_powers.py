"""Powers of sums of products in index notation."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from diffcli.graph.node import Node
from diffcli.ops.op import INPUT
from diffcli.ops.table import lift
from diffcli.transforms.facts import not_negative
from diffcli.transforms.products import ONE, Factor, Product, merged, with_numbers
from diffcli.transforms.terms import Axes, Labels

if TYPE_CHECKING:
    from diffcli.transforms.indices import IndexForm


def to_power(form: IndexForm, x: Node, power: Fraction) -> Product | None:
    """A node to a power, elementwise; None where its sum has a diagonal."""
    terms = form.of(x)
    if any(p.diagonal() for p in terms):
        return None
    (whole,) = terms if len(terms) == 1 else [form.bracket(terms)]
    simple = not whole.summed() and all(
        f.power.denominator == 1 or (f.power * power).denominator != 1 or not_negative(f.node)
        for f in whole.factors
    )
    integer = power.denominator == 1 and (whole.number or power > 0)
    single = whole.number == 1 and [f.power for f in whole.factors] == [1]
    if not simple or not (integer or single):
        if len(terms) == 1 and not whole.factors:
            return _root(form, whole, power)
        labels = form.used([whole])
        (whole,) = form.factor(form.shared(form.array([whole], labels)), own_axes(labels))
        whole = whole.on(terms[0].axes)
        if [f.power for f in whole.factors] != [1]:
            return None
    factors = tuple(f._replace(power=f.power * power) for f in whole.factors if power)
    number = whole.number**power if whole.number != 1 else ONE
    return with_numbers(_cleared(form, Product(Fraction(number), factors, whole.axes)))


def _cleared(form: IndexForm, p: Product) -> Product:
    """The product with 1/(1/x + y) as x/(1 + x*y), where x is not 0."""
    for f in p.factors:
        if f.power >= 0 or f.power.denominator != 1 or id(f.node) not in form.brackets:
            continue
        terms = form.spread(Product(ONE, (f._replace(power=ONE),), own_axes(f.labels)))
        below = (g for q in terms for g in q.factors if g.power < 0 and g.node.op is INPUT)
        x = next((g for g in below if all(label in f.labels for label in g.labels)), None)
        if x is None:
            continue
        same = [g for q in terms for g in q.factors if (g.node, g.labels) == (x.node, x.labels)]
        over = x._replace(power=-min(g.power for g in same))
        form.drop(x.node)
        lifted = [q._replace(factors=merged([*q.factors, over], form.drop)) for q in terms]
        whole = form.bracket(lifted)
        rest = [g for g in p.factors if g is not f]
        above = over._replace(power=-f.power * over.power)
        under = (g._replace(power=f.power) for g in whole.factors)
        factors = merged([*rest, above, *under], form.drop)
        number = p.number * Fraction(whole.number**f.power)
        return _cleared(form, Product(number, factors, p.axes))
    return p


def _root(form: IndexForm, p: Product, power: Fraction) -> Product | None:
    """A number to a power, where it is an integer above 1."""
    if p.number <= 1 or p.number.denominator != 1:
        return None
    factor = Factor(form.shared(lift(p.number.numerator)), power, ())
    return with_numbers(Product(ONE, (factor,), p.axes))


def own_axes(labels: Labels) -> Axes:
    """An axis for each label."""
    return tuple((label,) for label in labels)
