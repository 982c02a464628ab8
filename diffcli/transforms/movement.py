"""Rewrites of operators that move elements without computing, and of choices between values."""

from __future__ import annotations

import numpy as np

from diffcli.graph.node import Node
from diffcli.ops.namespace import NUMPY
from diffcli.ops.op import CONSTANT
from diffcli.ops.table import F
from diffcli.transforms.rewrites import fits, is_number, number, rule

# ----- moving elements ----------------------------------------------------------------------------


@rule("reshape")
def reshape_reshape(node: Node) -> Node | None:
    """reshape(reshape(x, s), t) = reshape(x, t), and x where the shape is its own"""
    x = node.inputs[0]
    if x.shape == node.shape:
        return x
    if x.op.name == "reshape":
        return F.reshape(x.inputs[0], node.shape)
    return None


@rule("reshape", "transpose", "window", "astype", of=("broadcast_to",))
def moved_number(node: Node) -> Node | None:
    """A number repeated is the same number repeated in any other shape"""
    x = node.inputs[0]
    if x.op.name != "broadcast_to" or x.inputs[0].shape != ():
        return None
    scalar = x.inputs[0]
    if node.op.name == "astype":
        scalar = F.astype(scalar, node.dtype)
    return F.broadcast_to(scalar, node.shape)


@rule("astype", of=("constant",))
def astype_constant(node: Node) -> Node | None:
    """A scalar constant is cast in advance"""
    x = node.inputs[0]
    if x.op is not CONSTANT or x.shape != () or "name" in x.params:
        return None
    with np.errstate(all="ignore"):
        return CONSTANT.make(node.op.evaluate(NUMPY, np.asarray(x.params["value"]), node.dtype))


@rule("kinked")
def kinked_anywhere(node: Node) -> Node | None:
    """x marked is x"""
    return node.inputs[0]


@rule("astype")
def astype_same(node: Node) -> Node | None:
    """A cast to the same type is nothing"""
    x = node.inputs[0]
    return x if x.dtype == node.dtype and not x.weak else None


@rule("broadcast_to")
def broadcast_broadcast(node: Node) -> Node | None:
    """broadcast(broadcast(x)) = broadcast(x), and x where the shape is its own"""
    x = node.inputs[0]
    if x.shape == node.shape:
        return x
    scalar = x.op.name == "reshape" and x.inputs[0].shape == ()
    if x.op.name == "broadcast_to" or scalar:
        return F.broadcast_to(x.inputs[0], node.shape)
    return None


@rule("transpose")
def transpose_transpose(node: Node) -> Node | None:
    """transpose(transpose(x)) in one step, and x where the order is its own"""
    x, axes = node.inputs[0], node.params["axes"]
    if axes == tuple(range(x.ndim)):
        return x
    if x.op.name == "transpose":
        inner = x.params["axes"]
        return F.transpose(x.inputs[0], tuple(inner[a] for a in axes))
    return None


@rule("sum")
def sum_nothing(node: Node) -> Node | None:
    """A sum over no axis is x"""
    x = node.inputs[0]
    return x if node.params["axis"] == () and x.dtype == node.dtype else None


@rule("sum", of=("broadcast_to",))
def sum_repeated(node: Node) -> Node | None:
    """sum(broadcast(c, (n,))) = n*c for a scalar c"""
    x = node.inputs[0]
    if x.op.name != "broadcast_to" or x.inputs[0].shape != () or x.dtype.kind not in "fc":
        return None
    scalar = x.inputs[0]
    count = x.size // max(node.size, 1)
    if count >= 2**53 or node.size == 0:
        return None
    return F.broadcast_to(count * scalar, node.shape)


@rule("real", "conj")
def real_of_real(node: Node) -> Node | None:
    """real(x) = conj(x) = x for real x"""
    x = node.inputs[0]
    return x if x.dtype.kind != "c" else None


@rule("conj")
def conj_within(node: Node) -> Node | None:
    """conj(conj(x)) = x, conj(conj(a)*b) = a*conj(b), conj(r*z) = r*conj(z) for real r"""
    x = node.inputs[0]
    if x.op.name == "conj":
        return x.inputs[0]
    if x.op.name not in ("multiply", "divide", "negative", "matmul"):
        return None
    if all(a.op.name != "conj" and a.dtype.kind == "c" for a in x.inputs):
        return None
    return x.op.apply(tuple(F.conj(a) for a in x.inputs), x.params)


@rule("where")
def where_same(node: Node) -> Node | None:
    """where(c, x, x) = x, and the branch of a constant condition"""
    c, a, b = node.inputs
    chosen = number(c)
    if isinstance(chosen, bool):
        return fits(a if chosen else b, node)
    return fits(a, node) if a is b else None


@rule("where", of=("logical_not",))
def where_not(node: Node) -> Node | None:
    """where(not c, a, b) = where(c, b, a)"""
    c, a, b = node.inputs
    negated = c.op.name == "logical_not" and c.inputs[0].dtype.kind == "b"
    return F.where(c.inputs[0], b, a) if negated else None


@rule("where", of=("where",))
def where_within(node: Node) -> Node | None:
    """where(c, where(c, a, _), b) = where(c, a, b), and on the other side"""
    c, a, b = node.inputs
    inner_a = a.inputs[1] if a.op.name == "where" and a.inputs[0] is c else a
    inner_b = b.inputs[2] if b.op.name == "where" and b.inputs[0] is c else b
    return None if inner_a is a and inner_b is b else F.where(c, inner_a, inner_b)


@rule("where", of=("not_equal",))
def where_nonzero(node: Node) -> Node | None:
    """where(x != 0, x, 0) = x"""
    c, a, b = node.inputs
    own = c.op.name == "not_equal" and c.inputs[0] is a and is_number(c.inputs[1], 0)
    return fits(a, node) if own and is_number(b, 0) else None


@rule("not_equal", of=("where",))
def mask_of_where(node: Node) -> Node | None:
    """where(c, 1, 0) != 0 is c, where(c, 0, 1) != 0 is not c"""
    w, zero = node.inputs
    if w.op.name != "where" or not is_number(zero, 0):
        return None
    c, a, b = w.inputs
    if is_number(a, 1) and is_number(b, 0):
        return fits(c, node)
    if is_number(a, 0) and is_number(b, 1):
        return fits(F.logical_not(c), node)
    return None
