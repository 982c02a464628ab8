"""Products and contractions in index notation."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from diffcli.transforms.products import ONE, Factor, Product, merged
from diffcli.transforms.terms import Axes, Labels

if TYPE_CHECKING:
    from diffcli.transforms.indices import IndexForm, Sum

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
    return dropped(form, every, tuple(axes[letter] for letter in out))


def dropped(form: IndexForm, p: Product, axes: Axes) -> Product:
    """The product summed over the labels that `axes` lacks."""
    left = {label for labels in axes for label in labels} | set(p.labels())
    repeated = ONE
    for label in p.free():
        if label not in left:
            repeated *= form.sizes[label]
    return p.on(axes).scaled(repeated)


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
    return [p]
