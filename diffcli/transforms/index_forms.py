"""Operators that textbooks write otherwise, in index notation, with what must not be 0 then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diffcli.graph.node import Node
from diffcli.graph.shapes import reduced
from diffcli.ops.op import CONSTANT
from diffcli.ops.reductions import exclusive_products
from diffcli.ops.table import F
from diffcli.transforms.facts import entire
from diffcli.transforms.index_products import rectifies
from diffcli.transforms.index_rules import Rule, divide
from diffcli.transforms.products import ONE, Factor, Product
from diffcli.transforms.rewrites import fits, is_number, number

if TYPE_CHECKING:
    from diffcli.transforms.indices import IndexForm
    from diffcli.transforms.sums import Sum


ROUNDING = 1e-10
"""A number below which the ratio of two values is only due to rounding."""


def _divide_no_nan(form: IndexForm, node: Node) -> Sum | None:
    """a/b, where b is not 0"""
    found = divide(form, node)
    if found is not None:
        form.narrow(form.dense(node.inputs[1]))
    return found


def _where(form: IndexForm, node: Node) -> Sum | None:
    """A choice without what is special where something is 0, or as a product"""
    return _without_zero(form, node) or _without_ties(form, node) or _product(form, node)


def _product(form: IndexForm, node: Node) -> Sum | None:
    """where(c, a, 0) = a*where(c, 1, 0), likewise beside, where a is finite; else its sign first"""
    c, *branches = node.inputs
    zero = next((k for k, x in enumerate(branches) if is_number(x, 0)), None)
    if zero is None:
        return None
    a = branches[1 - zero]
    factors = [f for p in form.of(a) for f in p.factors]
    poles = any(f.power < 0 or f.power.denominator != 1 for f in factors)
    if poles or not all(entire(f.node) for f in factors):
        if len(form.of(a)) > 1 or form.of(a)[0].number > 0:
            return None
        branches[1 - zero] = form.shared(-a)
        return [p.scaled(-ONE) for p in _learned(form, form.shared(F.where(c, *branches)))]
    if is_number(a, 1):
        return None
    branches[1 - zero] = CONSTANT.make(np.ones((), node.dtype))
    return _learned(form, a * form.shared(F.where(c, *branches)))


def _without_ties(form: IndexForm, node: Node) -> Sum | None:
    """where(a > b, p, where(a < b, q, r)) = where(a > b, p, q), where a is not b"""
    more, p, rest = node.inputs
    less = rest.inputs[0] if rest.op.name == "where" else rest
    strict = {more.op.name, less.op.name} == {"greater", "less"}
    if not strict or more.inputs != less.inputs:
        return None
    q, r = rest.inputs[1:]
    unit = F.where(more, 1, 0)
    zero = all(any(rectifies(f, unit) for f in t.factors) for t in form.of(r))
    if not (zero and is_number(q, 0)):
        gap = form.shared(F.subtract(*more.inputs))
        _learned(form, gap)
        form.narrow(form.dense(gap))
    return _learned(form, form.shared(F.where(more, p, q)))


def _learned(form: IndexForm, node: Node) -> Sum:
    """The sum of a new node."""
    form.learn([node])
    return form.of(node)


def _without_zero(form: IndexForm, node: Node) -> Sum | None:
    """where(b == 0, number, c) is c, where b is not 0"""
    condition, special, general = node.inputs
    b = _zero(condition)
    if b is None or not _is_special(special):
        return None
    terms = _learned(form, fits(general, node))
    if not _vanishes(form, terms, b):
        form.narrow(form.dense(b))
    return terms


def _zero(condition: Node) -> Node | None:
    """What is 0, but for rounding, where a condition b == 0 or b <= 1e-15*c is true."""
    if condition.op.name not in ("equal", "less_equal"):
        return None
    b, bound = condition.inputs
    if condition.op.name == "equal":
        return b if number(bound) == 0 else None
    factors = map(number, bound.inputs) if bound.op.name == "multiply" else ()
    return b if any(isinstance(k, float) and 0 < k < ROUNDING for k in factors) else None


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
    """The derivatives of expm and logm at X along the identity are expm(X) and inv(X)"""
    x, direction = node.inputs
    terms = form.of(direction)
    unit = len(terms) == 1 and terms[0].diagonal() and not terms[0].factors
    function = {"expm": F.expm, "logm": F.inv}.get(node.params["f"])
    if function is None or not unit:
        return None
    found = _learned(form, form.shared(function(form.dense(x))))
    return [p.scaled(terms[0].number) for p in found]


def _exclusive(form: IndexForm, node: Node) -> Sum | None:
    """The product of all elements but x is prod(x)/x, where x is not 0"""
    scan = node.inputs[0]
    parts = scan.inputs[0].inputs if scan.op.name == "cumprod" else ()
    if len(parts) != 2 or parts[1].op.name != "window":
        return None
    x, axis = parts[1].inputs[0], scan.params["axis"]
    if x.shape != node.shape or form.shared(exclusive_products(x, axis)) is not node:
        return None
    form.narrow(form.dense(x))
    product = F.reshape(F.prod(x, axis), reduced(x.shape, (axis,), True))
    return _learned(form, form.shared(product / x))


FORMS: dict[str, Rule] = {
    "multiply": _exclusive,
    "divide_no_nan": _divide_no_nan,
    "where": _where,
    "cofactor": _cofactor,
    "matrix_derivative": _matrix_derivative,
}
