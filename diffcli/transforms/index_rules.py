"""How operators act on sums of products in index notation: operator name -> the sum of a node.

A rule gives None where labels cannot say what the operator does; the node is one factor then.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from diffcli.graph.node import Node
from diffcli.ops.kinds import Elementwise
from diffcli.ops.table import F
from diffcli.transforms.index_powers import own_axes, to_power
from diffcli.transforms.index_products import dropped, multiplied_out, product, regular
from diffcli.transforms.products import ONE, Factor, Product
from diffcli.transforms.rewrites import number
from diffcli.transforms.terms import Axes, Labels

if TYPE_CHECKING:
    from diffcli.transforms.indices import IndexForm
    from diffcli.transforms.sums import Sum

Rule = Callable[["IndexForm", Node], "Sum | None"]

# ----- sums and products --------------------------------------------------------------------------


def _negative(form: IndexForm, node: Node) -> Sum:
    return [p.scaled(-ONE) for p in form.of(node.inputs[0])]


def _add(form: IndexForm, node: Node, sign: Fraction = ONE) -> Sum | None:
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
    return product(form, [form.terms(a), form.terms(b)], own, letters)


def divide(form: IndexForm, node: Node) -> Sum | None:
    a, b = node.inputs
    inverse = to_power(form, b, -ONE)
    if inverse is None:
        return None
    letters = string.ascii_letters[: node.ndim]
    own = [letters[node.ndim - x.ndim :] for x in node.inputs]
    return product(form, [form.terms(a), [inverse]], own, letters)


def _power(form: IndexForm, node: Node) -> Sum | None:
    x, p = node.inputs
    exponent = form.of(p)
    if len(exponent) != 1 or exponent[0].factors or exponent[0].free() or node.shape != x.shape:
        return None
    raised = to_power(form, x, exponent[0].number)
    return None if raised is None else [raised]


def _powers(power: Fraction) -> Rule:
    def rule(form: IndexForm, node: Node) -> Sum | None:
        raised = to_power(form, node.inputs[0], power)
        return None if raised is None else [raised]

    return rule


def _unit_gap(form: IndexForm, node: Node) -> Sum | None:
    square = to_power(form, node.inputs[0], Fraction(2))
    if square is None:
        return None
    return form.collected([Product(ONE, (), square.axes), square.scaled(-ONE)])


def _matmul(form: IndexForm, node: Node) -> Sum | None:
    a, b = node.inputs
    loop = string.ascii_letters[: node.ndim - 2]
    left = f"{loop[len(loop) - a.ndim + 2 :]}yz"
    right = f"{loop[len(loop) - b.ndim + 2 :]}zx"
    return product(form, [form.terms(a), form.terms(b)], [left, right], f"{loop}yx")


def _einsum(form: IndexForm, node: Node) -> Sum | None:
    ins, out = node.params["spec"].split("->")
    return product(form, [form.terms(x) for x in node.inputs], ins.split(","), out)


def _sum(form: IndexForm, node: Node) -> Sum | None:
    gone, keep = node.params["axis"], node.params["keepdims"]
    found = []
    for p in form.of(node.inputs[0]):
        axes = tuple(
            () if k in gone else labels for k, labels in enumerate(p.axes) if keep or k not in gone
        )
        found.append(dropped(form, p, axes))
    return regular(form, [q for p in found for q in multiplied_out(form, p)])


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
        factors, left = p.labels(), [x for labels in p.axes for x in labels]
        axes = _regrouped(form, left, node.shape, {x: () for x in left if x not in factors})
        if axes is None:
            return None
        found.append(p.on(axes))
    return found


def _regrouped(
    form: IndexForm, left: list[int], shape: Sequence[int], parts: dict[int, Labels]
) -> Axes | None:
    """Labels in groups for the axes of a shape; None where they do not fit.

    Those in `parts`, which no factor has, may be split for axes that are shorter.
    """
    axes: list[Labels] = []
    for n in shape:
        group: list[int] = []
        while n > 1:
            size = form.sizes[left[0]] if left else 0
            if size > n and left[0] in parts and size % n == 0:
                label = left[0]
                parts[label] = parts[label] or (form.label(n), form.label(size // n))
                left[:1] = parts[label]
                size = form.sizes[left[0]]
            if not size or n % size:
                return None
            group.append(left.pop(0))
            n //= size
        axes.append(tuple(group))
    return tuple(axes)


def _unwindow(form: IndexForm, node: Node) -> Sum | None:
    """An array at integer indices is a product with unit vectors"""
    window, x = node.params["window"], node.inputs[0]
    if None in window or not any(isinstance(i, int) for i in window):
        return None
    slices = [(i, n) for i, n in zip(window, node.shape, strict=True) if isinstance(i, slice)]
    if slices:
        items, sizes = zip(*slices, strict=True)
        x = form.shared(F.unwindow(x, sizes, items))
        form.learn([x])
    units, places = list[Factor](), list[Labels | None]()
    for i, n in zip(window, node.shape, strict=True):
        labels = None if isinstance(i, slice) else () if n == 1 else (form.label(n),)
        places.append(labels)
        if labels:
            units.append(Factor(form.shared(F.eye(n)[i]), ONE, labels))
    found = []
    for p in form.of(x):
        own = iter(p.axes)
        axes = tuple(next(own) if labels is None else labels for labels in places)
        found.append(p._replace(factors=(*units, *p.factors), axes=axes))
    return found


def _diagonal(form: IndexForm, node: Node) -> Sum | None:
    if node.params["offset"] or node.inputs[0].shape[-1] != node.inputs[0].shape[-2]:
        return None
    letters = string.ascii_letters[: node.ndim - 1] + "zz"
    sums = [form.of(node.inputs[0])]
    return product(form, sums, [letters], letters[:-1])


def _diag_embed(form: IndexForm, node: Node) -> Sum | None:
    if node.params["offset"] or node.shape[-1] != node.shape[-2]:
        return None
    return [p.on((*p.axes, p.axes[-1])) for p in form.of(node.inputs[0])]


def _same(form: IndexForm, node: Node) -> Sum | None:
    x = node.inputs[0]
    return form.of(x) if x.dtype == node.dtype else None


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
        names = form.united(zip(own_axes(labels), p.axes, strict=True))
        if names is None or any(label in names for label in labels):
            return None
        out.append(p.renamed(names).on(axes))
    return out


RULES: dict[str, Rule] = {
    "negative": _negative,
    "add": _add,
    "subtract": _subtract,
    "multiply": _multiply,
    "divide": divide,
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
    "unwindow": _unwindow,
    "diagonal": _diagonal,
    "diag_embed": _diag_embed,
    "astype": _same,
    "kinked": _same,
}
