"""Rows that multiply arrays and sum over shared axes: matrix products, einsum, and their kin."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node, Shape
from diffcli.graph.shapes import axis_index, broadcast, show
from diffcli.ops.joining import array_list
from diffcli.ops.kinds import Bilinear, composite, row
from diffcli.ops.op import Batched
from diffcli.ops.subscripts import LETTERS, expanded, split_spec, unused_letter
from diffcli.ops.table import F, lift

SEARCHED = 8
"""Operands of an einsum up to which the best order of all is looked for."""


def adjoint(x: Node) -> Node:
    """The conjugate transpose of matrices: their last two axes exchanged."""
    return F.matrix_transpose(conjugated(x))


def conjugated(x: Node) -> Node:
    """The complex conjugate; real arrays as they are."""
    return F.conj(x) if x.dtype.kind == "c" else x


# ----- matrix products ----------------------------------------------------------------------------


class MatrixProduct(Bilinear):
    """Products of stacks of matrices. Vectors become matrices; the result loses their axis."""

    def call(self, *args: Any, **kwargs: Any) -> Node:
        """The product of two arrays of one axis or more."""
        x, y = args
        z = super().call(x, y)
        core = (*x.shape[-2:-1], *(y.shape[-1:] if y.ndim > 1 else ()))
        shape = (*z.shape[:-2], *core)
        return z if z.shape == shape else F.reshape(z, shape)

    def batch(self, y: Node, inputs: tuple[Node, ...], batched: Batched, size: int) -> Node:
        """One product of large matrices where only one of the two operands is batched."""
        a, b = inputs
        if batched == (True, False) and a.ndim == 3 and b.ndim == 2:
            rows = F.reshape(a, (size * a.shape[1], a.shape[2]))
            return F.reshape(self.apply((rows, b), {}), (size, a.shape[1], b.shape[1]))
        if batched == (False, True) and a.ndim == 2 and b.ndim == 3 and b.shape[2] == 1:
            rows = F.reshape(b, (size, b.shape[1]))
            product = self.apply((rows, F.matrix_transpose(a)), {})
            return F.reshape(product, (size, a.shape[0], 1))
        return super().batch(y, inputs, batched, size)


def _check_product(x: Shape, y: Shape) -> None:
    if not x or not y:
        raise DiffcliError(
            "shape", "a scalar cannot be a factor of a matrix product", hint="write * instead of @"
        )
    rows = y[-2] if len(y) > 1 else y[0]
    if x[-1] != rows:
        raise DiffcliError(
            "shape",
            f"the shapes {show(x)} and {show(y)} cannot be multiplied as matrices: "
            f"{x[-1]} and {rows} differ",
        )
    try:
        broadcast(x[:-2], y[:-2])
    except DiffcliError:
        raise DiffcliError(
            "shape",
            f"the shapes {show(x)} and {show(y)} cannot be multiplied as matrices: "
            f"their leading axes {show(x[:-2])} and {show(y[:-2])} do not fit",
        ) from None


@row(
    MatrixProduct,
    evaluate=lambda xp, a, b: xp.matmul(a, b),
    shape=lambda a, b: (*broadcast(a.shape[:-2], b.shape[:-2]), a.shape[-2], b.shape[-1]),
    pullbacks=(
        lambda g, y, a, b: y.op.apply((g, adjoint(b)), {}),
        lambda g, y, a, b: y.op.apply((adjoint(a), g), {}),
    ),
    core=(2, 2),
    category="contraction",
    aliases=("mm", "mv", "bmm"),
    arrays=2,
    examples=("x @ y.T", "A @ v", "v @ A", "v @ w", "B @ v", "B @ A", "matmul(x, B)"),
)
def matmul(x: Node, y: Node) -> Any:
    """Matrix product over the last axis of x and the one before the last of y, stacks matched."""
    _check_product(x.shape, y.shape)
    a = F.reshape(x, (1, x.size)) if x.ndim == 1 else x
    b = F.reshape(y, (y.size, 1)) if y.ndim == 1 else y
    return (a, b), {}


@composite(category="contraction", arrays=2, examples=("matvec(B, v)", "matvec(A, x)"))
def matvec(x: Node, y: Node) -> Node:
    """Products of matrices x and vectors y, stacks matched."""
    if x.ndim < 2 or y.ndim < 1:
        raise DiffcliError("shape", f"{show(x.shape)} and {show(y.shape)} are no matrix and vector")
    return F.squeeze(F.matmul(x, F.expand_dims(y, -1)), -1)


@composite(category="contraction", arrays=2, examples=("vecmat(v, B)", "vecmat(x, A)"))
def vecmat(x: Node, y: Node) -> Node:
    """Products of vectors x (conjugated) and matrices y, stacks matched."""
    if x.ndim < 1 or y.ndim < 2:
        raise DiffcliError("shape", f"{show(x.shape)} and {show(y.shape)} are no vector and matrix")
    return F.squeeze(F.matmul(F.expand_dims(conjugated(x), -2), y), -2)


@composite(category="contraction", arrays=2, examples=("vecdot(x, y)", "vecdot(x, y, axis=0)"))
def vecdot(x: Node, y: Node, axis: int = -1) -> Node:
    """Sum of conj(x)*y along an axis."""
    return F.sum(conjugated(x) * y, axis)


@composite(
    category="contraction",
    arrays=0,
    examples=("multi_dot([v, A, C])", "multi_dot([x, A, C, w])"),
    method=False,
)
def multi_dot(arrays: Any) -> Node:
    """Product of two matrices or more in the order that takes the fewest operations."""
    nodes = array_list(arrays)
    sizes = [1 if nodes[0].ndim == 1 else nodes[0].shape[0], *(x.shape[-1] for x in nodes)]
    if nodes[-1].ndim == 1:
        sizes[-1] = 1
    # the cheapest product of every range of factors, from those of its two parts
    best: dict[tuple[int, int], tuple[int, Node]] = {(i, i): (0, x) for i, x in enumerate(nodes)}
    for width in range(1, len(nodes)):
        for i in range(len(nodes) - width):
            j = i + width
            cost, k = min(
                (best[i, k][0] + best[k + 1, j][0] + sizes[i] * sizes[k + 1] * sizes[j + 1], k)
                for k in range(i, j)
            )
            best[i, j] = cost, F.matmul(best[i, k][1], best[k + 1, j][1])
    return best[0, len(nodes) - 1][1]


# ----- einsum -------------------------------------------------------------------------------------


class Einsum(Bilinear):
    """Products of two arrays whose axes are named by letters.

    In the primitive no letter is repeated within an operand, and a letter that only one operand
    has is in the result, so that the pullback is an einsum of the same kind.
    """

    def call(self, *args: Any, **kwargs: Any) -> Node:
        """The einsum of any number of operands, contracted in pairs."""
        subscripts, *operands = args
        terms, out = expanded(subscripts, [lift(x) for x in operands])
        return _contract(terms, out)

    def batch(self, y: Node, inputs: tuple[Node, ...], batched: Batched, size: int) -> Node:
        """The same with a new letter in front of the batched operands and the result."""
        first, second, out = split_spec(y.params["spec"])
        new = unused_letter(y.params["spec"])
        terms = [(new + t if b else t) for t, b in zip((first, second), batched, strict=True)]
        return self.apply(inputs, {"spec": f"{terms[0]},{terms[1]}->{new}{out}"})


def paired(a: tuple[str, Node], b: tuple[str, Node], out: str) -> Node:
    """The einsum of two operands with their letters, given the letters of the result."""
    product: Node = einsum.apply((a[1], b[1]), {"spec": f"{a[0]},{b[0]}->{out}"})
    return product


def _einsum_shape(a: Node, b: Node, spec: str) -> Shape:
    first, second, out = split_spec(spec)
    sizes = {**dict(zip(first, a.shape, strict=True)), **dict(zip(second, b.shape, strict=True))}
    return tuple(sizes[letter] for letter in out)


def _einsum_first(g: Any, y: Node, a: Node, b: Node, spec: str) -> Node:
    first, second, out = split_spec(spec)
    return paired((out, g), (second, conjugated(b)), first)


def _einsum_second(g: Any, y: Node, a: Node, b: Node, spec: str) -> Node:
    first, second, out = split_spec(spec)
    return paired((first, conjugated(a)), (out, g), second)


@lru_cache(maxsize=256)
def _layout(spec: str) -> tuple[bool, tuple[Any, Any, Any], tuple[int, int, int]]:
    """Whether to exchange the operands, orders of the axes, and their number by role.

    Orders are those of the first, the second and the result, None for that which there is. The
    roles are shared, of the first, of the second. Operands are exchanged so that the product of
    matrices has the order of the result where it can.
    """
    first, second, out = split_spec(spec)
    shared = [c for c in out if c in first and c in second]
    exchanged = next((c in second for c in out if c not in shared), False)
    if exchanged:
        first, second = second, first
    rows = [c for c in out if c not in second]
    columns = [c for c in out if c not in first]
    summed = [c for c in first if c in second and c not in out]
    orders = (
        _order_of([*shared, *rows, *summed], first),
        _order_of([*shared, *summed, *columns], second),
        _order_of(out, [*shared, *rows, *columns]),
    )
    return exchanged, orders, (len(shared), len(rows), len(columns))


def _order_of(wanted: Sequence[str], letters: Sequence[str]) -> tuple[int, ...] | None:
    """The order of axes that brings letters to those wanted; None where they are that already."""
    return None if [*wanted] == [*letters] else tuple(letters.index(c) for c in wanted)


@lru_cache(maxsize=256)
def _alignment(letters: str, out: str) -> tuple[tuple[int, ...], tuple[Any, ...]]:
    """The order of an operand's axes in the result, and an index with new axes between them."""
    order = tuple(letters.index(c) for c in out if c in letters)
    return order, tuple(slice(None) if c in letters else None for c in out)


def _einsum(xp: Any, a: Any, b: Any, spec: str) -> Any:
    first, second, out = split_spec(spec)
    if len(out) == len({*first, *second}):  # nothing is summed
        (order_a, index_a), (order_b, index_b) = _alignment(first, out), _alignment(second, out)
        return xp.transpose(a, order_a)[index_a] * xp.transpose(b, order_b)[index_b]
    exchanged, (order_a, order_b, order), (shared, rows, columns) = _layout(spec)
    if exchanged:
        a, b = b, a
    a = a if order_a is None else xp.transpose(a, order_a)
    b = b if order_b is None else xp.transpose(b, order_b)
    lead, own_a = a.shape[:shared], a.shape[shared : shared + rows]
    own_b = b.shape[b.ndim - columns :]
    inner = math.prod(a.shape[shared + rows :])
    a = _shaped(xp, a, (*lead, math.prod(own_a), inner))
    b = _shaped(xp, b, (*lead, inner, math.prod(own_b)))
    z = _shaped(xp, xp.matmul(a, b), (*lead, *own_a, *own_b))
    return z if order is None else xp.transpose(z, order)


def _shaped(xp: Any, x: Any, shape: Shape) -> Any:
    return x if x.shape == shape else xp.reshape(x, shape)


@row(
    Einsum,
    evaluate=_einsum,
    shape=_einsum_shape,
    pullbacks=(_einsum_first, _einsum_second),
    category="contraction",
    arrays=0,
    examples=(
        "einsum('ij,kj->ik', x, y)",
        "einsum('ij,ij', x, y)",
        "einsum('ii', A)",
        "einsum('...ij,j->...i', B, v)",
        "einsum('bij,bjk,k->bi', B, B, w)",
        "einsum('ij->j', x)",
        "einsum('i,j->ji', v, w)",
    ),
    method=False,
)
def einsum(subscripts: str, *operands: Any) -> Any:
    """Sum of products over the letters that are missing on the right of '->'."""
    raise AssertionError("Einsum.call applies the primitive")


def _contract(terms: list[tuple[str, Node]], out: str) -> Node:
    sizes = _letter_sizes(terms)
    terms = [_distinct(letters, x, sizes) for letters, x in terms]
    for i, (letters, _) in enumerate(terms):
        kept = out + "".join(t for j, (t, _) in enumerate(terms) if j != i)
        alone = tuple(k for k, c in enumerate(letters) if c not in kept)
        if alone:
            terms[i] = "".join(c for c in letters if c in kept), F.sum(terms[i][1], alone)
    spec = tuple(letters for letters, _ in terms)
    for places in _order(spec, out, tuple(sizes.items())):
        *factors, a = [terms.pop(k) for k in sorted(places, reverse=True)]
        while factors:
            b = factors.pop()
            left = "".join(letters for letters, _ in (*terms, *factors))
            made = "".join(c for c in dict.fromkeys(a[0] + b[0]) if c in out + left)
            a = (made, paired(a, b, made)) if left else (out, paired(a, b, out))
        terms.append(a)
    letters, x = terms[0]
    return x if letters == out else F.transpose(x, tuple(letters.index(c) for c in out))


def _letter_sizes(terms: list[tuple[str, Node]]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for letters, x in terms:
        for c, n in zip(letters, x.shape, strict=True):
            if sizes.setdefault(c, n) == 1:
                sizes[c] = n
            elif n not in (1, sizes[c]):
                raise DiffcliError(
                    "shape", f"the letter '{c}' of einsum has the lengths {sizes[c]} and {n}"
                )
    return sizes


def _distinct(letters: str, x: Node, sizes: dict[str, int]) -> tuple[str, Node]:
    """The operand without the axes that broadcast, its repeated letters made one."""
    stretched = tuple(
        k for k, (c, n) in enumerate(zip(letters, x.shape, strict=True)) if n != sizes[c]
    )
    if stretched:
        x = F.squeeze(x, stretched)
        letters = "".join(c for k, c in enumerate(letters) if k not in stretched)
    for c in dict.fromkeys(letters):
        while letters.count(c) > 1:
            i = letters.index(c)
            j = letters.index(c, i + 1)
            x = F.diagonal(x, 0, i, j)
            letters = letters[:i] + letters[i + 1 : j] + letters[j + 1 :] + c
    return letters, x


@lru_cache(maxsize=1024)
def _order(
    terms: tuple[str, ...], out: str, sizes: tuple[tuple[str, int], ...]
) -> Sequence[Sequence[int]]:
    """Places of operands to contract so that few operations are needed.

    They leave the list, and their product comes last in it: a path of opt_einsum.
    """
    if len(terms) < 3:
        return [tuple(range(len(terms)))]
    from opt_einsum.paths import dynamic_programming, greedy

    find = dynamic_programming if len(terms) <= SEARCHED else greedy
    # numbers for letters: sets of text have another order in every process
    inputs = [frozenset(map(ord, letters)) for letters in terms]
    path: Sequence[Sequence[int]] = find(
        inputs, frozenset(map(ord, out)), {ord(c): n for c, n in sizes}
    )
    return path


# ----- products made of these ---------------------------------------------------------------------


@composite(category="contraction", arrays=2, examples=("dot(x, v)", "dot(v, w)", "dot(A, B)"))
def dot(x: Node, y: Node) -> Node:
    """Sum of products over the last axis of x and the one before the last of y."""
    if x.ndim == 0 or y.ndim == 0:
        return x * y
    if y.ndim <= 2:
        return F.matmul(x, y)
    return F.tensordot(x, y, ([x.ndim - 1], [y.ndim - 2]))


@composite(category="contraction", arrays=2, examples=("vdot(x, y)",))
def vdot(x: Node, y: Node) -> Node:
    """Sum of conj(x)*y over all elements."""
    if x.size != y.size:
        raise DiffcliError(
            "shape", f"vdot needs as many elements, not {show(x.shape)} and {show(y.shape)}"
        )
    return F.matmul(F.ravel(conjugated(x)), F.ravel(y))


@composite(category="contraction", arrays=2, examples=("inner(x, y)", "inner(v, w)"))
def inner(x: Node, y: Node) -> Node:
    """Sum of products over the last axes."""
    if x.ndim == 0 or y.ndim == 0:
        return x * y
    return F.tensordot(x, y, ([x.ndim - 1], [y.ndim - 1]))


@composite(category="contraction", arrays=2, aliases=("ger",), examples=("outer(v, w)",))
def outer(x: Node, y: Node) -> Node:
    """Table of the products of all elements of x (down) and of y (across)."""
    return F.reshape(x, (x.size, 1)) * F.reshape(y, (1, y.size))


@composite(
    category="contraction",
    arrays=2,
    examples=("tensordot(x, y, axes=([1], [1]))", "tensordot(B, A)", "tensordot(v, w, 0)"),
)
def tensordot(x: Node, y: Node, axes: Any = 2) -> Node:
    """Sum of products over pairs of axes: the last n of x and first n of y, or as listed."""
    if isinstance(axes, int) and not isinstance(axes, bool):
        if not 0 <= axes <= min(x.ndim, y.ndim):
            raise DiffcliError(
                "shape",
                f"{show(x.shape)} and {show(y.shape)} do not both have {axes} axes to sum over",
            )
        pairs = [(x.ndim - axes + k, k) for k in range(axes)]
    else:
        pairs = _axis_pairs(x, y, axes)
    for i, j in pairs:
        if x.shape[i] != y.shape[j]:
            raise DiffcliError(
                "shape",
                f"axis {i} of {show(x.shape)} and axis {j} of {show(y.shape)} differ in length",
            )
    first, second = list(LETTERS[: x.ndim]), list(LETTERS[x.ndim : x.ndim + y.ndim])
    for i, j in pairs:
        second[j] = first[i]
    out = [c for c in (*first, *second) if not (c in first and c in second)]
    return paired(("".join(first), x), ("".join(second), y), "".join(out))


def _axis_pairs(x: Node, y: Node, axes: Any) -> list[tuple[int, int]]:
    if isinstance(axes, tuple | list) and len(axes) == 2:
        first, second = (a if isinstance(a, tuple | list) else [a] for a in axes)
        of_x = [axis_index(a, x.ndim) for a in first]
        of_y = [axis_index(a, y.ndim) for a in second]
        if len(of_x) == len(of_y) == len(set(of_x)) == len(set(of_y)):
            return list(zip(of_x, of_y, strict=True))
    raise DiffcliError(
        "bad-argument",
        "axes must be a number, or two lists of as many axes",
        hint="write axes=([1], [0])",
    )


@composite(category="contraction", arrays=2, examples=("kron(x, A)", "kron(v, w)"))
def kron(x: Node, y: Node) -> Node:
    """Kronecker product: a copy of y scaled by each element of x."""
    ndim = max(x.ndim, y.ndim)
    a = (1,) * (ndim - x.ndim) + x.shape
    b = (1,) * (ndim - y.ndim) + y.shape
    coarse = F.reshape(x, tuple(m for n in a for m in (n, 1)))
    fine = F.reshape(y, tuple(m for n in b for m in (1, n)))
    return F.reshape(coarse * fine, tuple(n * m for n, m in zip(a, b, strict=True)))


@composite(category="contraction", arrays=2, examples=("cross(v, w)", "cross(x, y)"))
def cross(
    x: Node, y: Node, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Node:
    """Vector product of arrays of vectors with three components."""
    if axis is not None:
        axisa = axisb = axisc = axis
    for v, at in ((x, axisa), (y, axisb)):
        if v.shape[axis_index(at, v.ndim)] != 3:
            raise DiffcliError(
                "shape", f"cross needs vectors with 3 components, not the shape {show(v.shape)}"
            )
    a, b = F.moveaxis(x, axisa, -1), F.moveaxis(y, axisb, -1)
    # component i of the bracket is x[i]*y[i+1] - x[i+1]*y[i], that is component i+2 of the product
    turned = a * F.roll(b, -1, -1) - F.roll(a, -1, -1) * b
    return F.moveaxis(F.roll(turned, -1, -1), -1, axisc)
