"""How operators act on sums of products in index notation: operator name -> the sum of a node.

A rule gives None where labels cannot say what the operator does; the node is one factor then.
"""

from __future__ import annotations

import itertools
import string
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from diffcli.graph.node import Node
from diffcli.ops.kinds import Elementwise
from diffcli.transforms.products import ONE, Factor, Product, merged
from diffcli.ops.table import F
from diffcli.transforms.rewrites import number
from diffcli.transforms.terms import Axes, Labels

if TYPE_CHECKING:
    from diffcli.transforms.indices import IndexForm, Sum

Rule = Callable[["IndexForm", Node], "Sum | None"]

MOST = 12
"""Terms that a product of sums is multiplied out to."""

# ----- sums and products --------------------------------------------------------------------------


def _negative(form: IndexForm, node: Node) -> Sum:
    return [p.scaled(-ONE) for p in form.of(node.inputs[0])]


def _add(form: IndexForm, node: Node, sign: Fraction = ONE) -> Sum | None:
    a, b = node.inputs
    sums = _aligned(form, node)
    if sums is None:
        return None
    left, right = sums
    return form.collected([*left, *(p.scaled(sign) for p in right)])


def _subtract(form: IndexForm, node: Node) -> Sum | None:
    return _add(form, node, -ONE)


def _aligned(form: IndexForm, node: Node) -> list[Sum] | None:
    """The sums of all inputs of an elementwise operator, on the axes of its result."""
    axes = _common_axes(form, node)
    found: list[Sum] = []
    for x in node.inputs:
        terms = []
        for p in form.of(x):
            own = p.axes
            lead = axes[len(axes) - len(own) :]
            p = form.renewed(p)
            names = form.united(zip(lead, p.axes, strict=True))
            if names is None:
                return None
            # a diagonal makes two labels of the axes one, for this term alone
            placed = tuple(tuple(names.get(x, x) for x in labels) for labels in axes)
            terms.append(p.renamed(names).on(placed))
        found.append(terms)
    return found


def _common_axes(form: IndexForm, node: Node) -> Axes:
    """New labels for the axes of a result, in groups as its inputs have them."""
    axes: list[Labels] = []
    for k, n in enumerate(node.shape):
        group: Labels = ()
        for x in node.inputs:
            place = k - node.ndim + x.ndim
            if place >= 0 and x.shape[place] == n and n != 1:
                group = max(group, form.of(x)[0].axes[place], key=len)
        axes.append(tuple(form.fresh(label) for label in group))
    return tuple(axes)


def _multiply(form: IndexForm, node: Node) -> Sum | None:
    a, b = node.inputs
    letters = string.ascii_letters[: node.ndim]
    own = [letters[node.ndim - x.ndim :] for x in node.inputs]
    return _product(form, [form.terms(a), form.terms(b)], own, letters)


def _divide(form: IndexForm, node: Node) -> Sum | None:
    a, b = node.inputs
    inverse = _to_power(form, b, -ONE)
    if inverse is None:
        return None
    letters = string.ascii_letters[: node.ndim]
    own = [letters[node.ndim - x.ndim :] for x in node.inputs]
    return _product(form, [form.terms(a), [inverse]], own, letters)


def _power(form: IndexForm, node: Node) -> Sum | None:
    x, p = node.inputs
    exponent = form.of(p)
    if len(exponent) != 1 or exponent[0].factors or exponent[0].free() or node.shape != x.shape:
        return function(form, node)
    raised = _to_power(form, x, exponent[0].number)
    return function(form, node) if raised is None else [raised]


def _to_power(form: IndexForm, x: Node, power: Fraction) -> Product | None:
    """A node to a power, elementwise; None where its sum has a diagonal."""
    terms = form.of(x)
    if any(p.diagonal() for p in terms):
        return None
    (whole,) = terms if len(terms) == 1 else [form.bracket(terms)]
    simple = not whole.summed() and all(
        f.power.denominator == 1 or (f.power * power).denominator != 1 for f in whole.factors
    )
    integer = power.denominator == 1 and (whole.number or power > 0)
    single = whole.number == 1 and [f.power for f in whole.factors] == [1]
    if not simple or not (integer or single):
        if len(terms) == 1 and not whole.factors:
            return None
        labels = form.used([whole])
        (whole,) = form.factor(form.shared(form.array([whole], labels)), _own(labels))
        whole = whole.on(terms[0].axes)
        if [f.power for f in whole.factors] != [1]:
            return None
    factors = tuple(f._replace(power=f.power * power) for f in whole.factors if power)
    number = whole.number**power if whole.number != 1 else ONE
    return Product(Fraction(number), factors, whole.axes)


def _own(labels: Labels) -> Axes:
    return tuple((label,) for label in labels)


def _powers(power: Fraction) -> Rule:
    def rule(form: IndexForm, node: Node) -> Sum | None:
        raised = _to_power(form, node.inputs[0], power)
        return function(form, node) if raised is None else [raised]

    return rule


def _unit_gap(form: IndexForm, node: Node) -> Sum | None:
    square = _to_power(form, node.inputs[0], Fraction(2))
    if square is None:
        return None
    return form.collected([Product(ONE, (), square.axes), square.scaled(-ONE)])


# ----- contractions -------------------------------------------------------------------------------


def _product(
    form: IndexForm, sums: Sequence[Sum], letters: Sequence[str], out: str
) -> Sum | None:
    """The product of sums whose axes have letters, summed over letters that `out` lacks."""
    count = 1
    for terms in sums:
        count *= len(terms)
    if count > MOST:
        return None
    found = [_contracted(form, parts, letters, out) for parts in itertools.product(*sums)]
    if any(p is None for p in found):
        return None
    return _regular(form, [q for p in found if p is not None for q in _multiplied_out(form, p)])


def _regular(form: IndexForm, terms: Sum) -> Sum | None:
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


def _contracted(
    form: IndexForm, parts: Sequence[Product], letters: Sequence[str], out: str
) -> Product | None:
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
    number, factors = ONE, []
    for p in parts:
        number *= p.number
        factors += p.renamed(names).factors
    every = Product(number, merged(factors, form.drop), tuple(place.values())).renamed(names)
    axes = dict(zip(place, every.axes, strict=True))
    return _dropped(form, every, tuple(axes[letter] for letter in out))


def _dropped(form: IndexForm, p: Product, axes: Axes) -> Product:
    """The product summed over the labels that `axes` lacks."""
    left = {label for labels in axes for label in labels} | set(p.labels())
    repeated = ONE
    for label in p.free():
        if label not in left:
            repeated *= form.sizes[label]
    return p.on(axes).scaled(repeated)


def _matmul(form: IndexForm, node: Node) -> Sum | None:
    a, b = node.inputs
    loop = string.ascii_letters[: node.ndim - 2]
    left = f"{loop[len(loop) - a.ndim + 2 :]}yz"
    right = f"{loop[len(loop) - b.ndim + 2 :]}zx"
    return _product(form, [form.terms(a), form.terms(b)], [left, right], f"{loop}yx")


def _einsum(form: IndexForm, node: Node) -> Sum | None:
    ins, out = node.params["spec"].split("->")
    return _product(form, [form.terms(x) for x in node.inputs], ins.split(","), out)


def _sum(form: IndexForm, node: Node) -> Sum | None:
    gone, keep = node.params["axis"], node.params["keepdims"]
    found = []
    for p in form.of(node.inputs[0]):
        axes = tuple(
            () if k in gone else labels
            for k, labels in enumerate(p.axes)
            if keep or k not in gone
        )
        found.append(_dropped(form, p, axes))
    return _regular(form, [q for p in found for q in _multiplied_out(form, p)])


def _multiplied_out(form: IndexForm, p: Product) -> Sum:
    """The product, or its terms where summing a bracket lets some of them cancel."""
    summed = set(p.summed())
    for f in p.factors:
        inner = summed & set(f.labels)
        alone = not any(inner & set(g.labels) for g in p.factors if g is not f)
        if inner and alone and f.power == 1 and id(f.node) in form.brackets:
            rest = tuple(g for g in p.factors if g is not f)
            whole = Product(ONE, (f,), tuple((x,) for x in f.labels))
            axes = tuple((x,) for x in f.labels if x not in inner)
            terms = form.collected([_dropped(form, q, axes) for q in form.spread(whole)])
            if len(terms) < len(form.brackets[id(f.node)].terms):
                return [
                    Product(p.number * q.number, (*rest, *q.factors), p.axes) for q in terms
                ]
    return [p]


# ----- moves --------------------------------------------------------------------------------------


def _transpose(form: IndexForm, node: Node) -> Sum:
    order = node.params["axes"]
    return [p.on(tuple(p.axes[k] for k in order)) for p in form.of(node.inputs[0])]


def _broadcast_to(form: IndexForm, node: Node) -> Sum:
    (x,) = node.inputs
    lead = node.ndim - x.ndim
    own = tuple(
        () if k >= lead and x.shape[k - lead] == n else form.axes_of((n,))[0]
        for k, n in enumerate(node.shape)
    )
    return [
        p.on(tuple(new or (p.axes[k - lead] if k >= lead else ()) for k, new in enumerate(own)))
        for p in form.of(x)
    ]


def _reshape(form: IndexForm, node: Node) -> Sum | None:
    found = []
    for p in form.of(node.inputs[0]):
        axes = _regrouped(form, [x for labels in p.axes for x in labels], node.shape)
        if axes is None:
            return None
        found.append(p.on(axes))
    return found


def _regrouped(form: IndexForm, left: list[int], shape: Sequence[int]) -> Axes | None:
    """Labels in groups for the axes of a shape; None where they do not fit."""
    axes: list[Labels] = []
    for n in shape:
        group: list[int] = []
        while n > 1:
            size = form.sizes[left[0]] if left else 0
            if not size or n % size:
                return None
            group.append(left.pop(0))
            n //= size
        axes.append(tuple(group))
    return tuple(axes)


def _diagonal(form: IndexForm, node: Node) -> Sum | None:
    if node.params["offset"] or node.inputs[0].shape[-1] != node.inputs[0].shape[-2]:
        return None
    letters = string.ascii_letters[: node.ndim - 1] + "zz"
    sums = [form.of(node.inputs[0])]
    return _product(form, sums, [letters], letters[:-1])


def _diag_embed(form: IndexForm, node: Node) -> Sum | None:
    if node.params["offset"] or node.shape[-1] != node.shape[-2]:
        return None
    return [p.on((*p.axes, p.axes[-1])) for p in form.of(node.inputs[0])]


def _same(form: IndexForm, node: Node) -> Sum | None:
    x = node.inputs[0]
    return form.of(x) if x.dtype == node.dtype else function(form, node)


# ----- forms of textbooks -------------------------------------------------------------------------


def _divide_no_nan(form: IndexForm, node: Node) -> Sum | None:
    """a/b, where b is not 0"""
    found = _divide(form, node)
    if found is not None:
        form.narrow(form.dense(node.inputs[1]))
    return found


def _where(form: IndexForm, node: Node) -> Sum | None:
    """where(b == 0, number, c) is c, where b is not 0"""
    condition, special, general = node.inputs
    guard = condition.op.name == "equal" and number(condition.inputs[1]) == 0
    if not guard or not _is_special(special) or general.shape != node.shape:
        return function(form, node)
    b = condition.inputs[0]
    if not _vanishes(form, form.of(general), b):
        form.narrow(form.dense(b))
    return form.of(general)


def _is_special(node: Node) -> bool:
    """Whether a branch is made of numbers."""
    if node.op.name in ("where", "broadcast_to"):
        return all(_is_special(x) for x in node.inputs[node.op.name == "where" :])
    return number(node) is not None


def _vanishes(form: IndexForm, terms: Sum, b: Node) -> bool:
    """Whether a product is 0 with its factor b; its powers must then not have a pole there."""
    (own,) = form.of(b) if len(form.of(b)) == 1 else (None,)
    if own is None or len(own.factors) != 1 or len(terms) != 1:
        return False
    (factor,) = own.factors
    if not any(f.node is factor.node and f.power > 0 for f in terms[0].factors):
        return False
    for f in terms[0].factors:
        if f.node.op.name == "power":
            form.narrow(f.node.inputs[0])
    return True


def _cofactor(form: IndexForm, node: Node) -> Sum | None:
    """cofactor(X) = det(X)*inv(X).T, where det(X) is not 0"""
    x = form.dense(node.inputs[0])
    if node.ndim != 2 or node.shape[0] == 1:
        return None
    det, inverse = form.shared(F.det(x)), form.shared(F.inv(x))
    form.narrow(det)
    (p,) = form.factor(inverse)
    return [Product(ONE, (Factor(det, ONE, ()), *p.factors), p.axes[::-1])]


def _matrix_derivative(form: IndexForm, node: Node) -> Sum | None:
    """The derivative of expm at X in the direction of the identity is expm(X)"""
    x, direction = node.inputs
    terms = form.of(direction)
    unit = len(terms) == 1 and terms[0].diagonal() and not terms[0].factors
    if node.params["f"] != "expm" or not unit:
        return None
    return [p.scaled(terms[0].number) for p in form.factor(form.shared(F.expm(form.dense(x))))]


# ----- functions ----------------------------------------------------------------------------------


def function(form: IndexForm, node: Node) -> Sum | None:
    """A function of arrays, elementwise: one factor with the labels that its operands have."""
    if not isinstance(node.op, Elementwise) and node.op.name != "astype":
        return None
    sums = _aligned(form, node)
    if sums is None or any(p.diagonal() for terms in sums for p in terms):
        return None
    axes = sums[0][0].axes
    held = {label for terms in sums for label in form.used(terms)}
    labels = tuple(x for each in axes for x in each if x in held)
    operands = []
    for x, terms in zip(node.inputs, sums, strict=True):
        own = form.used(terms)
        constant = number(x) is not None and x.shape == ()
        operands.append(x if constant else form.aligned(form.array(terms, own), own, labels))
    made = node.op.apply(tuple(operands), node.params)
    if made.shape != form.shape(labels) or made.dtype != node.dtype:
        return None
    found = form.again(made, node)
    if len(found[0].axes) != len(labels):
        return None
    return _placed(form, found, labels, axes)


def _placed(form: IndexForm, terms: Sum, labels: Labels, axes: Axes) -> Sum | None:
    """A sum on the axes `labels` as one on all axes."""
    out = []
    for p in terms:
        p = form.renewed(p)
        names = form.united(zip(_own(labels), p.axes, strict=True))
        if names is None or any(label in names for label in labels):
            return None
        out.append(p.renamed(names).on(axes))
    return out


RULES: dict[str, Rule] = {
    "negative": _negative,
    "add": _add,
    "subtract": _subtract,
    "multiply": _multiply,
    "divide": _divide,
    "divide_no_nan": _divide_no_nan,
    "where": _where,
    "cofactor": _cofactor,
    "matrix_derivative": _matrix_derivative,
    "power": _power,
    "square": _powers(Fraction(2)),
    "sqrt": _powers(Fraction(1, 2)),
    "reciprocal": _powers(-ONE),
    "unit_gap": _unit_gap,
    "matmul": _matmul,
    "einsum": _einsum,
    "sum": _sum,
    "transpose": _transpose,
    "broadcast_to": _broadcast_to,
    "reshape": _reshape,
    "diagonal": _diagonal,
    "diag_embed": _diag_embed,
    "astype": _same,
    "kinked": _same,
}
