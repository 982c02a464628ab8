"""Products and contractions in index notation."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from typing import TYPE_CHECKING

from diffcli.graph.node import Node
from diffcli.ops.table import F
from diffcli.transforms.facts import is_identity
from diffcli.transforms.products import ONE, Factor, Product, merged, with_numbers
from diffcli.transforms.rewrites import is_number
from diffcli.transforms.terms import Axes, Labels

if TYPE_CHECKING:
    from diffcli.transforms.indices import IndexForm
    from diffcli.transforms.sums import Sum

MOST = 12
"""Terms that a product of sums is multiplied out to."""


def product(form: IndexForm, sums: Sequence[Sum], letters: Sequence[str], out: str) -> Sum | None:
    """The product of sums whose axes have letters, summed over letters that `out` lacks."""
    count = 1
    for terms in sums:
        count *= len(terms)
    if count > MOST:
        return None
    found = [contracted(form, parts, letters, out) for parts in itertools.product(*sums)]
    if any(p is None for p in found):
        return None
    return regular(form, [q for p in found if p is not None for q in multiplied_out(form, p)])


def regular(form: IndexForm, terms: Sum) -> Sum | None:
    """Terms on the same axes, collected."""
    if len(terms) == 1:
        return terms
    axes = tuple(tuple(form.fresh(x) for x in labels) for labels in terms[0].axes)
    placed = []
    for p in terms:
        names = form.united(zip(axes, p.axes, strict=True))
        if names is None:
            return None
        own = tuple(tuple(names.get(x, x) for x in labels) for labels in axes)
        placed.append(p.renamed(names).on(own))
    return form.collected(placed)


def contracted(
    form: IndexForm, parts: Sequence[Product], letters: Sequence[str], out: str
) -> Product | None:
    """The product of products whose axes have letters; None where the lengths do not fit."""
    place: dict[str, Labels] = {}
    pairs: list[tuple[Labels, Labels]] = []
    parts = [form.renewed(p) for p in parts]
    for p, own in zip(parts, letters, strict=True):
        for letter, labels in zip(own, p.axes, strict=True):
            pairs.append((place.get(letter, ()), labels))
            place[letter] = place.get(letter) or labels
    names = form.united(pairs)
    if names is None:
        return None
    number, factors = ONE, list[Factor]()
    for p in parts:
        number *= p.number
        factors += p.renamed(names).factors
    every = Product(number, merged(factors, form.drop), tuple(place.values())).renamed(names)
    axes = dict(zip(place, every.axes, strict=True))
    return _cancelled(form, with_numbers(dropped(form, every, tuple(axes[c] for c in out))))


def dropped(form: IndexForm, p: Product, axes: Axes) -> Product:
    """The product summed over the labels that `axes` lacks."""
    left = {label for labels in axes for label in labels} | set(p.labels())
    repeated = ONE
    for label in p.free():
        if label not in left:
            repeated *= form.sizes[label]
    return _picked(form, p.on(axes).scaled(repeated))


def multiplied_out(form: IndexForm, p: Product) -> Sum:
    """The product, or its terms where summing a bracket lets some of them cancel."""
    summed = set(p.summed())
    for f in p.factors:
        inner = summed & set(f.labels)
        alone = not any(inner & set(g.labels) for g in p.factors if g is not f)
        if inner and alone and f.power == 1 and id(f.node) in form.brackets:
            rest = tuple(g for g in p.factors if g is not f)
            whole = Product(ONE, (f,), tuple((x,) for x in f.labels))
            axes = tuple((x,) for x in f.labels if x not in inner)
            terms = form.collected([dropped(form, q, axes) for q in form.spread(whole)])
            if len(terms) < len(form.brackets[id(f.node)].terms):
                return [Product(p.number * q.number, (*rest, *q.factors), p.axes) for q in terms]
    return _reduced(form, p)


def _reduced(form: IndexForm, p: Product) -> Sum:
    """The product, or its terms where other factors cancel, or are picked from, in a bracket."""
    for f in p.factors:
        if f.power != 1 or id(f.node) not in form.brackets:
            continue
        rest = [g for g in p.factors if g is not f]
        below = [(id(g.node), g.labels) for g in rest if g.power > 0]
        beside = [g.labels for g in rest]
        terms = form.spread(Product(ONE, (f,), tuple((x,) for x in f.labels)))
        inner = [g for q in terms for g in q.factors]
        picks = any(_is_unit(g.node) and g.labels in beside for g in inner)
        if picks or any(g.power < 0 and (id(g.node), g.labels) in below for g in inner):
            every = [(q.number, merged((*rest, *q.factors), form.drop)) for q in terms]
            made = [Product(p.number * number, factors, p.axes) for number, factors in every]
            return [_cancelled(form, _picked(form, q)) for q in made]
    return [p]


def _picked(form: IndexForm, p: Product) -> Product:
    """The product with unit vectors as indices of the other factors on their axes."""
    summed = p.summed()
    for unit in p.factors:
        if unit.power != 1 or not _is_unit(unit.node):
            continue
        others = [f for f in p.factors if f is not unit]
        kept = [] if unit.labels[0] in summed else [unit]
        if not kept or any(unit.labels[0] in f.labels for f in others):
            rest = merged((_at(form, f, unit) for f in others), form.drop)
            return _picked(form, p._replace(factors=(*kept, *rest)))
    return p


def _is_unit(node: Node) -> bool:
    """Whether a node is eye(n)[k]."""
    return node.op.name == "window" and node.ndim == 1 and is_identity(node.inputs[0])


def _at(form: IndexForm, f: Factor, unit: Factor) -> Factor:
    """A factor at the index at which a unit vector of one of its labels is 1."""
    (label,), k = unit.labels, unit.node.params["window"][0]
    if label not in f.labels:
        return f
    node = f.node[tuple(k if x == label else slice(None) for x in f.labels)]
    return Factor(form.shared(node), f.power, tuple(x for x in f.labels if x != label))


def _cancelled(form: IndexForm, p: Product) -> Product:
    """The product with what is known of pairs of factors: inverses, and logistic functions."""
    while any(f.node.op.name in KNOWN for f in p.factors) and len(p.factors) <= MOST:
        for f, g in itertools.permutations(p.factors, 2):
            found = _function(form, f, g) or _undone(form, p, f, g)
            if found is not None:
                new, names, number = found
                rest = [h for h in p.factors if h is not f and h is not g]
                made = merged([*rest, *new], form.drop)
                p = p._replace(factors=made).scaled(Fraction(number)).renamed(names)
                break
        else:
            break
    return p


KNOWN = ("exp", "sign", "power", "inv", "where", "sin", "sinh")
"""Functions of which something is known beside another factor."""

TANGENTS = {"sin": ("cos", F.tan), "sinh": ("cosh", F.tanh)}
"""Functions, by what they are divided, and the quotients."""

RECTIFIERS = {"relu": "greater", "maximum": "greater", "minimum": "less"}
"""Choices between a number and 0, and how numbers that are kept compare with 0."""

Replacement = tuple[list[Factor], dict[int, int], int]
"""Factors in place of two others, labels that become the same, and a number."""


def _function(form: IndexForm, f: Factor, g: Factor) -> Replacement | None:
    """Two factors of the same axes as a function that has a name."""
    if f.labels != g.labels or f.power != 1 or not f.node.inputs:
        return None
    x, name = f.node.inputs[0], f.node.op.name
    new: Factor | None = None
    if name == "exp" and g.power == -1 and _is_successor(g.node, f.node):
        new = f._replace(node=form.shared(F.sigmoid(x)))  # exp(x)/(1 + exp(x))
    elif name == "sign" and g.power >= 1 and g.node is x:  # sign(x)*x**2 = x*abs(x)
        rest = [g._replace(power=g.power - 1)] if g.power > 1 else []
        return [*rest, f._replace(node=form.shared(F.abs(x)))], {}, 1
    elif name == "sign" and g.node.op.name == "abs" and g.node.inputs[0] is x:
        if g.power % 2 == 0:  # sign(x)*abs(x)**2 = x*abs(x)
            return [f._replace(node=x, power=g.power - 1), g._replace(power=ONE)], {}, 1
        new = g._replace(node=x) if g.power.denominator == 1 else None  # sign(x)/abs(x) = 1/x
    elif name in TANGENTS and g.power == -1 and g.node.op.name == TANGENTS[name][0]:
        if g.node.inputs[0] is x:
            new = f._replace(node=form.shared(TANGENTS[name][1](x)))  # sin(x)/cos(x)
    elif name == "where" and rectifies(g, f.node):
        new = g  # where(x > 0, 1, 0)*relu(x)
    elif name == "power" and g.node is x and g.power.denominator == 1:
        exponent = F.add(f.node.inputs[1], int(g.power))  # x**p * x**n
        form.learn([exponent])
        new = f._replace(node=form.shared(F.power(x, form.dense(exponent))))
        form.drop(x)
    return None if new is None else ([new], {}, 1)


def rectifies(f: Factor, choice: Node) -> bool:
    """Whether a factor is maximum(x, 0), and a node where(x > 0, 1, 0), or so below 0."""
    node, (c, a, b) = f.node, choice.inputs
    if f.power < 1 or c.op.name != RECTIFIERS.get(node.op.name) or not is_number(c.inputs[1], 0):
        return False
    operands = [x for x in node.inputs if not is_number(x, 0)]
    return operands == [c.inputs[0]] and is_number(a, 1) and is_number(b, 0)


def _is_successor(node: Node, x: Node) -> bool:
    """Whether a node is 1 + x."""
    if node.op.name != "add":
        return False
    return any(is_number(one, 1) and other is x for one, other in (node.inputs, node.inputs[::-1]))


def _undone(form: IndexForm, p: Product, f: Factor, g: Factor) -> Replacement | None:
    """inv(M) @ M = I, inv(P @ Q) @ P = inv(Q), and Q @ inv(P @ Q) = inv(P), Q a product too"""
    if f.node.op.name != "inv" or len(f.labels) != 2 or len(g.labels) != 2:
        return None
    if f.power != 1 or g.power != 1:
        return None
    chain, (row, column) = _chain(f.node.inputs[0]), f.labels
    ends = ((chain[0], column, 0, chain[1:]), (chain[-1], row, 1, chain[:-1]))
    for factor, label, end, others in ends:
        plain, own = factor, g.labels
        if factor.op.name == "transpose":
            plain, own = factor.inputs[0], g.labels[::-1]
        elsewhere = [h for h in p.factors if h is not f and h is not g and label in h.labels]
        if g.node is not plain or own[end] != label or label in p.free() or elsewhere:
            continue
        kept, far = (row, own[1]) if end == 0 else (column, own[0])
        if not others:
            trace = form.sizes[kept] if kept == far and kept in p.summed() else 1
            return [], {far: kept}, trace
        other = reduce(F.matmul, others)
        if other.shape[-1] == other.shape[-2]:
            labels = (kept, far) if end == 0 else (far, kept)
            return [Factor(form.shared(F.inv(other)), ONE, labels)], {}, 1
    return None


def _chain(node: Node) -> list[Node]:
    """The matrices that a matrix is the product of."""
    if node.op.name != "matmul" or node.ndim != 2:
        return [node]
    a, b = node.inputs
    return [*_chain(a), *_chain(b)]
