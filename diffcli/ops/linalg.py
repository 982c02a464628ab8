"""Rows of linear algebra on (stacks of) matrices: determinants, inverses, solutions, factors."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node, Shape
from diffcli.graph.shapes import broadcast, show
from diffcli.ops.contractions import adjoint, conjugated
from diffcli.ops.kinds import General, composite, row
from diffcli.ops.op import Batched
from diffcli.ops.table import F, lift


def square(x: Node, what: str) -> Node:
    """x in a floating dtype; raises `shape` unless its last two axes are equal."""
    _check_square(x, what)
    return inexact(x)


def _check_square(x: Node, what: str) -> None:
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise DiffcliError("shape", f"{what} needs a square matrix, not the shape {show(x.shape)}")


def inexact(x: Node) -> Node:
    """x, integers and booleans as floating numbers."""
    return x if x.dtype.kind in "fc" else F.astype(x, float)


def per_matrix(g: Node) -> Node:
    """One number for each matrix, to be multiplied with its elements."""
    return F.expand_dims(g, (-2, -1))


def _real_type(x: Node) -> np.dtype[Any]:
    return np.zeros((), x.dtype).real.dtype


def _matrices(x: Node) -> Shape:
    return x.shape


def _one_each(x: Node) -> Shape:
    return x.shape[:-2]


LINALG: dict[str, Any] = {"category": "linear algebra", "core": (2,)}

# ----- determinants -------------------------------------------------------------------------------


@row(
    General,
    evaluate=lambda xp, x: xp.linalg.det(x),
    shape=_one_each,
    pullback=lambda g, y, x: (per_matrix(g) * conjugated(F.cofactor(x)),),
    examples=("det(A)", "det(B)", "det(x @ y.T)", "det(kron(A[:2, :2], C[:2, :2]))"),
    **LINALG,
)
def det(x: Node) -> Any:
    """Determinant. Third derivatives of 4x4 and larger matrices need an inverse."""
    return (square(x, "a determinant"),), {}


def _exclusive(xp: Any, s: Any) -> Any:
    """Product of all other elements along the last axis."""
    ones = xp.ones((*s.shape[:-1], 1), s.dtype)
    before = xp.cumprod(xp.concatenate([ones, s[..., :-1]], axis=-1), axis=-1)
    after = xp.cumprod(xp.concatenate([ones, s[..., :0:-1]], axis=-1), axis=-1)
    return before * after[..., ::-1]


def _svd(xp: Any, x: Any) -> tuple[Any, Any, Any, Any, Any]:
    # LAPACK does not return from a matrix with nan; its result is nan
    finite = xp.all(xp.isfinite(x), axis=(-2, -1))[..., None, None]
    u, s, vh = xp.linalg.svd(xp.where(finite, x, 0))
    orientation = (xp.linalg.det(u) * xp.linalg.det(vh))[..., None, None]
    return u, s, vh, orientation, xp.where(finite, 1, xp.nan).astype(s.dtype)


def _cofactor(xp: Any, x: Any) -> Any:
    n = x.shape[-1]
    if n <= 1:
        return xp.ones_like(x)
    if n == 2:
        flipped = x[..., ::-1, ::-1]
        return flipped * xp.asarray([[1, -1], [-1, 1]], x.dtype)
    if n == 3:
        a, b, c = x[..., 0, :], x[..., 1, :], x[..., 2, :]
        return xp.stack([xp.cross(b, c), xp.cross(c, a), xp.cross(a, b)], axis=-2)
    u, s, vh, orientation, mark = _svd(xp, x)
    return orientation * mark * xp.conj(xp.matmul(u * _exclusive(xp, s)[..., None, :], vh))


def _cofactor_tangent(xp: Any, x: Any, h: Any) -> Any:
    n = x.shape[-1]
    if n <= 1:
        return xp.zeros(broadcast(x.shape, h.shape), x.dtype)
    if n == 2:
        return _cofactor(xp, xp.broadcast_to(h, broadcast(x.shape, h.shape)))
    if n == 3:
        (a, b, c), (p, q, r) = ([m[..., i, :] for i in range(3)] for m in (x, h))
        rows = [(b, r, q, c), (c, p, r, a), (a, q, p, b)]
        return xp.stack([xp.cross(i, j) + xp.cross(k, m) for i, j, k, m in rows], axis=-2)
    # cof(U S V) = cof(U) cof(S) cof(V), and at a diagonal S the tangent in direction m is
    # sum_k p[i,k] m[k,k] on the diagonal and -p[i,j] m[j,i] beside it, p[i,j] being the product
    # of the singular values other than i and j
    u, s, vh, orientation, mark = _svd(xp, x)
    m = xp.matmul(xp.matmul(_adjoint(xp, u), h), _adjoint(xp, vh))
    eye = xp.eye(n, dtype=s.dtype)
    p = _exclusive(xp, xp.where(eye == 1, 1, s[..., None, :])) * (1 - eye)
    beside = p * xp.swapaxes(m, -1, -2)
    on = xp.matmul(p.astype(x.dtype), xp.diagonal(m, 0, -2, -1)[..., None])
    tangent = eye * on - beside
    return orientation * mark * xp.matmul(xp.matmul(xp.conj(u), tangent), xp.conj(vh))


def _adjoint(xp: Any, x: Any) -> Any:
    return xp.conj(xp.swapaxes(x, -1, -2))


@row(
    General,
    evaluate=_cofactor,
    shape=_matrices,
    pullback=lambda g, y, x: (conjugated(F.cofactor_tangent(x, conjugated(g))),),
    examples=("cofactor(A)", "cofactor(x[:, :2])", "cofactor(kron(A[:2, :2], C[:2, :2]))"),
    **LINALG,
)
def cofactor(x: Node) -> Any:
    """Matrix of cofactors, the derivative of det; det(x)*inv(x).T where x is invertible."""
    return (square(x, "a cofactor matrix"),), {}


def _cofactor_tangent_pullback(g: Any, y: Node, x: Node, h: Node) -> tuple[Node | None, Node]:
    # <g, tangent> is the second derivative of det in the directions g and h: symmetric in both,
    # and for n = 3 linear in x
    g = conjugated(g)
    by_h = F.cofactor_tangent(x, g)
    n = x.shape[-1]
    by_x = None if n <= 2 else F.cofactor_tangent(g, h) if n == 3 else _third_derivative(x, g, h)
    return (None if by_x is None else conjugated(by_x)), conjugated(by_h)


def _third_derivative(x: Node, g: Node, h: Node) -> Node:
    """The third derivative of det in the directions g and h; x has to be invertible."""
    inverse = F.inv(x)
    w = F.matrix_transpose(inverse)
    wh, wg = w @ F.matrix_transpose(h) @ w, w @ F.matrix_transpose(g) @ w
    both = wh @ F.matrix_transpose(g) @ w + wg @ F.matrix_transpose(h) @ w
    along_h, along_g = (per_matrix(F.sum(w * m, (-2, -1))) for m in (h, g))
    mixed = per_matrix(F.sum(wh * g, (-2, -1)))
    bracket = (along_h * along_g - mixed) * w - along_g * wh - along_h * wg + both
    return per_matrix(F.det(x)) * bracket


@row(
    General,
    evaluate=_cofactor_tangent,
    shape=lambda x, h: broadcast(x.shape, h.shape),
    pullback=_cofactor_tangent_pullback,
    core=(2, 2),
    category="linear algebra",
    hidden=True,
    arrays=2,
)
def cofactor_tangent(x: Node, h: Node) -> Any:
    """Tangent of the cofactor matrix of x in the direction h."""
    return (x, h), {}


@row(
    General,
    evaluate=lambda xp, x: xp.linalg.slogdet(x)[1],
    shape=_one_each,
    dtype=_real_type,
    pullback=lambda g, y, x: (per_matrix(g) * adjoint(F.inv(x)),),
    where="derivative for invertible matrices",
    examples=("logabsdet(A)", "logabsdet(B)"),
    **LINALG,
)
def logabsdet(x: Node) -> Any:
    """log(abs(det(x))) without overflow; -inf for a singular matrix."""
    return (square(x, "a determinant"),), {}


def _det_sign_pullback(g: Any, y: Node, x: Node) -> tuple[Node | None]:
    # d(det/|det|) = i s Im tr(inv(x) dx) with s = det/|det|; constant for real matrices
    if x.dtype.kind != "c":
        return (None,)
    return (per_matrix(F.imag(F.conj(y) * g)) * 1j * adjoint(F.inv(x)),)


@row(
    General,
    evaluate=lambda xp, x: xp.linalg.slogdet(x)[0],
    shape=_one_each,
    pullback=_det_sign_pullback,
    kink="0 for singular matrices",
    kink_at=lambda g, y, x: F.equal(y, 0),
    hidden=True,
    **LINALG,
)
def det_sign(x: Node) -> Any:
    """Sign of the determinant: det(x)/abs(det(x)), or 0."""
    return (square(x, "a determinant"),), {}


@composite(
    category="linear algebra",
    where="derivative for invertible matrices",
    examples=("slogdet(A)[1]", "slogdet(A)[0] * s"),
)
def slogdet(x: Node) -> list[Node]:
    """The sign of the determinant and the logarithm of its absolute value."""
    return [F.det_sign(x), F.logabsdet(x)]


@composite(
    category="linear algebra",
    where="matrices with a positive determinant",
    examples=("logdet(A @ A.T + 3*eye(3))",),
)
def logdet(x: Node) -> Node:
    """log(det(x)) without overflow; nan for a negative determinant."""
    sign, size = F.det_sign(x), F.logabsdet(x)
    if x.dtype.kind == "c":
        return size + F.log(sign)
    return size + F.where(F.less(sign, 0), lift(float("nan")), 0.0)


# ----- inverses and solutions ---------------------------------------------------------------------


def singular(message: str, instead: str) -> DiffcliError:
    """The error for a matrix without an inverse, and what is defined for it."""
    hint = f"its condition number is infinite; {instead} does without an inverse"
    return DiffcliError("domain", message, hint=hint)


def _inv(xp: Any, x: Any) -> Any:
    try:
        return xp.linalg.inv(x)
    except np.linalg.LinAlgError:
        raise singular("the matrix is singular and has no inverse", "pinv(...)") from None


@row(
    General,
    evaluate=_inv,
    shape=_matrices,
    pullback=lambda g, y, x: (-(adjoint(y) @ g @ adjoint(y)),),
    aliases=("inverse",),
    where="invertible matrices",
    examples=("inv(A)", "inv(B)"),
    **LINALG,
)
def inv(x: Node) -> Any:
    """Inverse of a matrix."""
    return (square(x, "an inverse"),), {}


class Solution(General):
    """Solutions of linear systems. A vector on the right becomes a column of its own."""

    def call(self, *args: Any, **kwargs: Any) -> Node:
        """The solution for a right side that is a vector or (a stack of) matrices."""
        y = super().call(*args, **kwargs)
        return F.squeeze(y, -1) if args[1].ndim == 1 else y

    def batch(self, y: Node, inputs: tuple[Node, ...], batched: Batched, size: int) -> Node:
        """One factorisation where only the right sides are batched."""
        a, b = inputs
        if batched == (False, True) and a.ndim == 2 and b.ndim == 3:
            n, k = b.shape[1:]
            columns = F.reshape(F.moveaxis(b, 0, 1), (n, size * k))
            solved = F.reshape(self.apply((a, columns), y.params), (n, size, k))
            return F.moveaxis(solved, 1, 0)
        return super().batch(y, inputs, batched, size)


def _solve(xp: Any, a: Any, b: Any) -> Any:
    try:
        return xp.linalg.solve(a, b)
    except np.linalg.LinAlgError:
        words = "the matrix is singular, so the system has no unique solution"
        raise singular(words, "lstsq(...)") from None


def _system(a: Node, b: Node) -> tuple[Node, Node]:
    a, b = square(a, "a linear system"), inexact(b)
    if b.ndim == 0 or b.shape[max(b.ndim - 2, 0)] != a.shape[-1]:
        raise DiffcliError(
            "shape",
            f"the matrix of shape {show(a.shape)} and the right side of shape {show(b.shape)} are "
            f"no linear system",
        )
    return a, F.expand_dims(b, -1) if b.ndim == 1 else b


def _system_shape(a: Node, b: Node, **_: Any) -> Shape:
    return (*broadcast(a.shape[:-2], b.shape[:-2]), *b.shape[-2:])


def _solve_pullback(g: Any, y: Node, a: Node, b: Node) -> tuple[Node, Node]:
    by_b = y.op.apply((adjoint(a), g), {})
    return -(by_b @ adjoint(y)), by_b


@row(
    Solution,
    evaluate=_solve,
    shape=_system_shape,
    pullback=_solve_pullback,
    core=(2, 2),
    category="linear algebra",
    arrays=2,
    where="invertible a",
    examples=("solve(A, C)", "solve(A, v)", "solve(B, v)", "solve(A, B)"),
)
def solve(a: Node, b: Node) -> Any:
    """The x with a @ x = b, where b is a vector or (a stack of) matrices."""
    return _system(a, b), {}


def _solve_triangular(xp: Any, a: Any, b: Any, lower: bool, unit_diagonal: bool) -> Any:
    if not unit_diagonal and (xp.diagonal(a, 0, -2, -1) == 0).any():
        raise singular("the triangular matrix is singular", "lstsq(...)")
    if a.ndim == b.ndim == 2 and a.shape[0] >= 64:
        return xp.scipy_linalg.solve_triangular(
            a, b, lower=lower, unit_diagonal=unit_diagonal, check_finite=False
        )
    return _substitute(xp, a, b, lower, unit_diagonal)


def _substitute(xp: Any, a: Any, b: Any, lower: bool, unit_diagonal: bool) -> Any:
    """Row by row: an infinity stays in the components that depend on it."""
    n = a.shape[-1]
    lead = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    x = xp.array(xp.broadcast_to(b, (*lead, *b.shape[-2:])), xp.result_type(a, b))
    for i in range(n) if lower else range(n - 1, -1, -1):
        before = slice(0, i) if lower else slice(i + 1, n)
        x[..., i, :] -= xp.matmul(a[..., i, None, before], x[..., before, :])[..., 0, :]
        if not unit_diagonal:
            x[..., i, :] /= a[..., i, i, None]
    return x


def _solve_triangular_pullback(
    g: Any, y: Node, a: Node, b: Node, lower: bool, unit_diagonal: bool
) -> tuple[Node, Node]:
    by_b = y.op.apply((adjoint(a), g), {"lower": not lower, "unit_diagonal": unit_diagonal})
    by_a = -(by_b @ adjoint(y))
    return (F.tril(by_a, -unit_diagonal) if lower else F.triu(by_a, +unit_diagonal)), by_b


@row(
    Solution,
    evaluate=_solve_triangular,
    shape=_system_shape,
    pullback=_solve_triangular_pullback,
    core=(2, 2),
    category="linear algebra",
    arrays=2,
    where="a without zeros on its diagonal",
    examples=(
        "solve_triangular(A + 3*eye(3), v)",
        "solve_triangular(A + 3*eye(3), C, lower=True)",
        "solve_triangular(B + 3*eye(3), v, trans=1, unit_diagonal=True)",
    ),
)
def solve_triangular(
    a: Node,
    b: Node,
    trans: Any = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
    upper: bool | None = None,
    unitriangular: bool = False,
) -> Any:
    """The x with a @ x = b, of a only the upper (or lower) triangle being read."""
    if trans not in (0, 1, 2, "N", "T", "C"):
        raise DiffcliError("bad-argument", "trans must be 0, 1 or 2 ('N', 'T' or 'C')")
    lower = lower if upper is None else not upper
    if trans not in (0, "N"):
        a = F.matrix_transpose(a) if trans in (1, "T") else adjoint(a)
        lower = not lower
    return _system(a, b), {
        "lower": bool(lower),
        "unit_diagonal": bool(unit_diagonal or unitriangular),
    }


@composite(
    category="linear algebra",
    where="invertible matrices where n < 0",
    examples=("matrix_power(A, 3)", "matrix_power(B, -2)"),
)
def matrix_power(x: Node, n: int) -> Node:
    """Product of n factors x; of the inverse for negative n."""
    if isinstance(n, bool) or not isinstance(n, int):
        raise DiffcliError("bad-argument", f"the exponent of a matrix must be an integer, not {n}")
    _check_square(x, "a power")
    if n == 0:
        return F.broadcast_to(F.eye(x.shape[-1], dtype=x.dtype), x.shape)
    x = F.inv(x) if n < 0 else x
    result: Node | None = None
    for k in range(abs(n).bit_length()):
        x = x @ x if k else x
        if abs(n) >> k & 1:
            result = x if result is None else result @ x
    assert result is not None
    return result


# ----- factors ------------------------------------------------------------------------------------


def _cholesky(xp: Any, x: Any) -> Any:
    try:
        return xp.linalg.cholesky(x)
    except np.linalg.LinAlgError:
        raise DiffcliError(
            "domain", "the matrix is not positive definite and has no Cholesky factor"
        ) from None


def _cholesky_pullback(g: Any, y: Node, x: Node) -> tuple[Node]:
    # I. Murray, "Differentiation of the Cholesky decomposition" (2016), made symmetric
    half = np.ones((y.shape[-1],) * 2, _real_type(x))
    np.fill_diagonal(half, 0.5)
    middle = F.tril((adjoint(y) @ g) * lift(half))
    left = F.solve_triangular(adjoint(y), middle)
    both = F.solve_triangular(adjoint(y), adjoint(left))
    return ((both + adjoint(both)) / 2,)


class Factor(General):
    """A lower triangular factor, or its adjoint where the upper one is asked for."""

    def call(self, *args: Any, **kwargs: Any) -> Node:
        """The factor; `upper` chooses which."""
        upper = kwargs.pop("upper", args[1] if len(args) > 1 else False)
        y = super().call(args[0])
        return adjoint(y) if upper else y


@row(
    Factor,
    kind="factorisation",
    evaluate=_cholesky,
    shape=_matrices,
    pullback=_cholesky_pullback,
    where="positive definite matrices",
    examples=("cholesky(A @ A.mH + 3*eye(3))", "cholesky(B @ B.mH + 3*eye(3), upper=True)"),
    **LINALG,
)
def cholesky(x: Node, upper: bool = False) -> Any:
    """Lower triangular L with L @ L.mH = x; x is symmetric (Hermitian) positive definite."""
    return (square(x, "a Cholesky factor"),), {}
