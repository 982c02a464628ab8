"""Products of vectors and matrices, with PyTorch's errors for shapes that do not fit."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from diffcli.eager.choices import c_name
from diffcli.eager.functions import OWN, function, resolved
from diffcli.eager.grad_fn import PRODUCTS
from diffcli.eager.nodes import Eager
from diffcli.eager.operators import fitting_shapes
from diffcli.eager.reductions import step
from diffcli.eager.tensor import Tensor, wrap
from diffcli.eager.types import long_name
from diffcli.graph.node import Node
from diffcli.ops.contractions import paired
from diffcli.ops.subscripts import LETTERS
from diffcli.ops.table import F

VECTORS = {(2, 1): ("ij", "j", "i"), (1, 2): ("i", "ij", "j"), (1, 1): ("i", "i", "")}
"""Numbers of axes -> products with vectors, which are one operator as sums over letters."""


@function("matmul")
def matmul(input: Tensor, other: Tensor) -> Tensor:
    """The matrix product; raises PyTorch's errors for shapes and types that do not fit."""
    x, y = input.node, other.node
    _same_type(x, y)
    if not x.ndim or not y.ndim:
        raise RuntimeError(
            "both arguments to matmul need to be at least 1D, but they are "
            f"{x.ndim}D and {y.ndim}D",
        )
    if x.shape[-1] != y.shape[-2 if y.ndim > 1 else 0]:
        raise RuntimeError(_mismatch(x, y))
    fitting_shapes(x.shape[:-2], y.shape[:-2])
    name = PRODUCTS.get((x.ndim, min(y.ndim, 3)), "unsafe_view")
    letters = VECTORS.get((x.ndim, y.ndim))
    if letters is None:
        return step(name, F.matmul, x, y)
    first, second, out = letters
    return step(name, lambda a, b: paired((first, a), (second, b), out), x, y)


def _same_type(x: Eager, y: Eager) -> None:
    if x.dtype != y.dtype:
        if x.ndim == 2 and y.ndim == 1:
            raise RuntimeError(_mixed(y, x, y))
        if x.ndim == y.ndim == 1:
            raise RuntimeError(
                "dot : expected both vectors to have same dtype, but found "
                f"{long_name(x.dtype)} and {long_name(y.dtype)}",
            )
        raise RuntimeError(
            "expected m1 and m2 to have the same dtype, but got: "
            f"{c_name(wrap(x))} != {c_name(wrap(y))}",
        )


def _mixed(added: Eager, matrix: Eager, vector: Eager) -> str:
    first, second, third = (long_name(x.dtype) for x in (added, matrix, vector))
    return f"addmv input tensors must have the same dtype, but got {first}, {second}, and {third}"


def _same_types(name: str, added: Eager, x: Eager, y: Eager) -> None:
    """Raise PyTorch's error unless the operands of a sum with a product have one type."""
    if added.dtype == x.dtype == y.dtype or name == "addr":
        return
    if name == "addmv":
        raise RuntimeError(_mixed(added, x, y))
    if name in ("addbmm", "baddbmm"):
        given = [c_name(wrap(n)) for n in (added, x, y)]
        raise RuntimeError(
            f"Input dtypes must be the same, got: input {given[0]}, batch1: {given[1]}, batch2: "
            f"{given[2]}"
        )
    first, other = ("mat1", x) if x.dtype != y.dtype else ("self", added)
    raise RuntimeError(
        f"{first} and mat2 must have the same dtype, but got {long_name(other.dtype)} and "
        f"{long_name(y.dtype)}"
    )


def _mismatch(x: Eager, y: Eager) -> str:
    if x.ndim == y.ndim == 1:
        return (
            "inconsistent tensor size, expected tensor "
            f"[{x.shape[0]}] and src [{y.shape[0]}] to have the same number of elements, but got "
            f"{x.shape[0]} and {y.shape[0]} elements respectively"
        )
    if x.ndim == 2 and y.ndim == 1:
        return f"size mismatch, got input ({x.shape[0]}), mat ({_by(x)}), vec ({y.shape[0]})"
    first = f"1x{x.shape[0]}" if x.ndim == 1 else _by(x)
    return f"mat1 and mat2 shapes cannot be multiplied ({first} and {_by(y)})"


def _by(x: Eager) -> str:
    return f"{math.prod(x.shape[:-1])}x{x.shape[-1]}"


# ----- by the number of axes ----------------------------------------------------------------------


@function("mm")
def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """The product of two matrices."""
    if input.ndim != 2:
        raise RuntimeError("self must be a matrix")
    if mat2.ndim != 2:
        raise RuntimeError("mat2 must be a matrix")
    return matmul(input, mat2)


@function("mv")
def mv(input: Tensor, vec: Tensor) -> Tensor:
    """A matrix times a vector."""
    if input.ndim != 2 or vec.ndim != 1:
        raise RuntimeError(
            f"vector + matrix @ vector expected, got {vec.ndim}, {input.ndim}, {vec.ndim}"
        )
    return matmul(input, vec)


@function("bmm")
def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """Products of matrices in pairs."""
    for name, x in (("batch1", input), ("batch2", mat2)):
        if x.ndim != 3:
            raise RuntimeError(f"{name} must be a 3D tensor")
    a, b = input.node.shape, mat2.node.shape
    if a[0] != b[0] or a[2] != b[1]:
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{a[0]}, {a[2]}] but "
            f"got: [{b[0]}, {b[1]}]."
        )
    same_scalars(input.node, mat2.node)
    return step("bmm", F.matmul, input.node, mat2.node)


def same_scalars(x: Eager, y: Eager) -> None:
    if x.dtype != y.dtype:
        raise RuntimeError(
            f"expected scalar type {long_name(x.dtype)} but found {long_name(y.dtype)}"
        )


def _dot(name: str, other: str) -> None:
    def apply(x: Tensor, y: Tensor) -> Tensor:
        if x.ndim != 1 or y.ndim != 1:
            raise RuntimeError(f"1D tensors expected, but got {x.ndim}D and {y.ndim}D tensors")
        if x.node.dtype != y.node.dtype:
            raise RuntimeError(
                f"{name} : expected both vectors to have same dtype, but found "
                f"{long_name(x.node.dtype)} and {long_name(y.node.dtype)}"
            )
        if x.node.shape != y.node.shape:
            raise RuntimeError(_mismatch(x.node, y.node))
        return step(name, getattr(F, other), x.node, y.node)

    function(name)(apply)


_dot("dot", "matmul")
_dot("vdot", "vdot")


# ----- sums with products -------------------------------------------------------------------------


def _scaled(x: Node, factor: Any) -> Node:
    return x if factor == 1 else x * factor


def _added(name: str, product: Callable[[Node, Node], Node]) -> None:
    """`beta*input + alpha*product`."""

    def apply(input: Tensor, a: Tensor, b: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
        if name in ("addmm", "addmv") and a.node.shape[-1] != b.node.shape[0]:
            raise RuntimeError(_mismatch(a.node, b.node))
        _same_types(name, input.node, a.node, b.node)

        def compute(x: Node, y: Node, z: Node) -> Node:
            found = _scaled(product(y, z), alpha)
            return found if beta == 0 else _scaled(x, beta) + found

        return step(name, compute, input.node, a.node, b.node)

    function(name)(_renamed_arguments(apply, name))


def _renamed_arguments(apply: Any, name: str) -> Any:
    """The same with PyTorch's names of the factors."""
    first, second = {
        "addmm": ("mat1", "mat2"),
        "addmv": ("mat", "vec"),
        "addr": ("vec1", "vec2"),
    }.get(name, ("batch1", "batch2"))

    def named(input: Tensor, *args: Any, **keywords: Any) -> Any:
        given = list(args) + [keywords.pop(k) for k in (first, second) if k in keywords]
        return apply(input, *given, **keywords)

    return named


_added("addmm", F.matmul)
_added("addmv", F.matmul)
_added("addr", F.outer)
_added("addbmm", lambda a, b: F.sum(F.matmul(a, b), 0))
_added("baddbmm", F.matmul)


@function("chain_matmul")
def chain_matmul(*matrices: Tensor) -> Any:
    """The product of several matrices."""
    return resolved("linalg_multi_dot")(list(matrices))


@function("linalg_multi_dot")
def multi_dot(tensors: Any) -> Tensor:
    """The product of several matrices, in the cheapest order."""
    name = "view" if any(x.ndim == 1 for x in tensors) else "mm"
    return step(name, lambda *given: F.multi_dot(list(given)), *(x.node for x in tensors))


@function("linear")
def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """input @ weight.T + bias."""
    x, w = input.node, weight.node
    if bias is None:
        _same_type(x, w)
    else:
        _same_types("addmm", bias.node, x, w)
    if x.ndim and x.shape[-1] != w.shape[-1]:
        first = f"1x{x.shape[0]}" if x.ndim == 1 else _by(x)
        turned = f"{w.shape[1]}x{w.shape[0]}" if w.ndim == 2 else f"{w.shape[0]}"
        raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({first} and {turned})")

    def product(a: Node, b: Node) -> Node:
        if not a.ndim or b.ndim != 2:
            return F.matmul(a, F.transpose(b))
        lead = LETTERS[: a.ndim - 1]
        return paired((f"{lead}Y", a), ("ZY", b), f"{lead}Z")

    if bias is None:
        name = {1: "squeeze:4", 2: "mm"}.get(x.ndim, "unsafe_view")
        return step(name if w.ndim == 2 else "mv", product, x, w)
    name = "addmm" if x.ndim == 2 else "view"
    return step(name, lambda a, b, c: product(a, b) + c, x, w, bias.node)


# ----- sums of products by letters ----------------------------------------------------------------


@function("outer")
def outer(input: Tensor, vec2: Tensor) -> Any:
    """All products of elements of two vectors."""
    for word, x in (("self", input), ("vec2", vec2)):
        if x.ndim != 1:
            raise RuntimeError(f"outer: Expected 1-D argument {word}, but got {x.ndim}-D")
    return resolved("reshape")(input, -1, 1) * vec2


OWN["ger"] = OWN["outer"]
OWN["nn_functional_linear"] = OWN["linear"]


@function("bilinear")
def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x1 @ weight[k] @ x2 + bias[k]."""

    def compute(a: Node, b: Node, w: Node, *rest: Node) -> Node:
        found = F.einsum("...i,kij,...j->...k", a, w, b)
        return found + rest[0] if rest else found

    extra = [] if bias is None else [bias.node]
    name = "view" if bias is None else "add"
    return step(name, compute, input1.node, input2.node, weight.node, *extra)
