"""Rows of matrix factorisations with several results: eigenvalues, singular values, QR, LU.

Vectors are made unique so that results do not depend on the linear algebra library: in each column
of eigenvectors and of left singular vectors the first of the largest components is real and
positive, and so is the diagonal of the triangle of QR. Derivatives are those of this choice, for
complex matrices too. Vectors that belong to equal values are not determined: their derivatives are
nan, never a silent zero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from diffcli.errors import DiffcliError
from diffcli.graph.node import Aval, Node, Shape
from diffcli.graph.shapes import show
from diffcli.ops.contractions import adjoint, conjugated
from diffcli.ops.kinds import General, Nondifferentiable, composite, row
from diffcli.ops.linalg import inexact, square
from diffcli.ops.namespace import on_host
from diffcli.ops.op import PROJECT, Maybe, Rule
from diffcli.ops.reductions import largest
from diffcli.ops.table import F

LINALG: dict[str, Any] = {"category": "linear algebra", "core": (2,)}
EQUAL = "nan for the vectors of equal values"


class Several(General):
    """A map with several results: `parts(*inputs, **params)` gives their shapes and dtypes."""

    def __init__(
        self, name: str, bind: Callable[..., Any], evaluate: Callable[..., Any], **row: Any
    ) -> None:
        self.parts: Rule = row.pop("parts")
        super().__init__(name, bind, evaluate, **row)

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """A tuple of the results."""
        node = super().call(*args, **kwargs)
        return tuple(part(node, i) for i in range(len(node.parts or ())))

    def trace(self, inputs: tuple[Node, ...], params: dict[str, Any]) -> Node:
        """The node of all results; its own shape and dtype are those of the first."""
        parts: tuple[Aval, ...] = self.parts(*inputs, **params)
        return Node(self, inputs, params, *parts[0], parts=parts)


def part(y: Node, index: int) -> Node:
    """One of the results of a node that has several."""
    return PROJECT.apply((y,), {"index": index})


def matrix(x: Node, what: str) -> Node:
    """x in a floating dtype; raises `shape` unless it has two axes or more."""
    if x.ndim < 2:
        raise DiffcliError("shape", f"{what} needs a matrix, not the shape {show(x.shape)}")
    return inexact(x)


def real_type(x: Node) -> np.dtype[Any]:
    """The floating dtype of absolute values of x."""
    return np.zeros((), x.dtype).real.dtype


def complex_type(x: Node) -> np.dtype[Any]:
    """The complex dtype that holds values of x."""
    return np.result_type(x.dtype, np.complex64)


def columns(x: Node) -> Node:
    """One number for each column of a matrix."""
    return F.expand_dims(x, -2)


def diagonal_of(x: Node) -> Node:
    """The diagonal of matrices."""
    return F.last_diagonal(x, 0)


def usable(xp: Any, x: Any) -> tuple[Any, Any]:
    """The matrices with those that hold nan or inf made zero, and nan as a mark for these."""
    finite = xp.all(xp.isfinite(x), axis=(-2, -1))
    mark = xp.where(finite, 1, xp.nan).astype(x.real.dtype)
    return xp.where(finite[..., None, None], x, 0).astype(x.dtype), mark


# ----- what makes vectors unique ------------------------------------------------------------------


def _leading(xp: Any, v: Any) -> Any:
    size = xp.abs(v)
    if not v.size:
        return size
    # components that are equal but for rounding count as equal, so the choice is a stable one
    first = xp.argmax(size >= 0.999 * xp.max(size, axis=-2, keepdims=True), axis=-2)
    mask = xp.arange(v.shape[-2])[:, None] == first[..., None, :]
    return mask.astype(size.dtype)


def _phases(xp: Any, v: Any) -> Any:
    """Factors that make the leading component of each column real and positive."""
    lead = xp.sum(xp.where(_leading(xp, v) == 1, v, 0), axis=-2, keepdims=True)
    size = xp.abs(lead)
    return xp.where(size == 0, 1, xp.conj(lead) / xp.where(size == 0, 1, size)).astype(v.dtype)


@row(
    Nondifferentiable,
    evaluate=_leading,
    shape=lambda v: v.shape,
    dtype=real_type,
    hidden=True,
    **LINALG,
)
def leading_component(v: Node) -> Any:
    """1 at the first of the largest components of each column, 0 elsewhere."""
    return (v,), {}


def _turn(v: Node, dv: Node) -> Node | None:
    """Columns' angular velocities that keep their leading components real; None for real ones."""
    if v.dtype.kind != "c":
        return None
    mask = F.leading_component(v)
    turned = F.sum(mask * F.imag(dv), -2) / F.sum(mask * F.real(v), -2)
    return columns(turned) * -1j


def _inverse_gaps(xp: Any, w: Any) -> Any:
    gaps = w[..., None, :] - w[..., :, None]
    n = w.shape[-1]
    same = 8 * n * xp.finfo(w.dtype).eps * largest(xp, xp.abs(w), w.ndim - 1, 0)
    tied = xp.abs(gaps) <= same[..., None]
    inverse = xp.where(tied, xp.nan, 1 / xp.where(tied, 1, gaps))
    return xp.where(xp.eye(n) == 1, 0, inverse).astype(w.dtype)


def _inverse_gaps_pullback(g: Any, y: Node, w: Node) -> tuple[Node]:
    flow = -g * conjugated(y * y)
    return (F.sum(flow, -2) - F.sum(flow, -1),)


@row(
    General,
    evaluate=_inverse_gaps,
    shape=lambda w: (*w.shape, w.shape[-1]),
    pullback=_inverse_gaps_pullback,
    core=(1,),
    category="linear algebra",
    hidden=True,
)
def inverse_gaps(w: Node) -> Any:
    """1/(w[j] - w[i]) at [i, j]; 0 on the diagonal, nan where two values are equal."""
    return (w,), {}


# ----- eigenvalues --------------------------------------------------------------------------------


def _eigh(xp: Any, x: Any) -> tuple[Any, Any]:
    x, mark = usable(xp, x)
    w, v = xp.linalg.eigh(x)
    return w * mark[..., None], v * _phases(xp, v) * mark[..., None, None]


def _vector_parts(x: Node, values: np.dtype[Any], vectors: np.dtype[Any]) -> tuple[Aval, ...]:
    return (x.shape[:-1], values), (x.shape, vectors)


def _eigh_pushforward(tangents: Sequence[Maybe], y: Node, x: Node) -> list[Node]:
    (t,) = tangents
    assert t is not None
    w, v = part(y, 0), part(y, 1)
    m = adjoint(v) @ ((t + adjoint(t)) / 2) @ v
    dv = v @ (m * F.inverse_gaps(w))
    turn = _turn(v, dv)
    return [F.real(diagonal_of(m)), dv if turn is None else dv + v * turn]


def _triangle(x: Node, uplo: str, what: str) -> Node:
    if uplo not in ("L", "U", "l", "u"):
        raise DiffcliError("bad-argument", "UPLO must be 'L' or 'U'")
    x = square(x, what)
    return adjoint(x) if uplo in "Uu" else x


def _tied(w: Node, values: Maybe, vectors: Maybe) -> Node:
    """Which of the values w equal others that are treated differently, or whose vectors matter.

    `values` and `vectors` are cotangents; vectors are the columns.
    """
    equal = F.logical_and(F.isnan(F.inverse_gaps(w)), F.isfinite(columns(w)))
    mask = F.zeros_like(w, dtype=bool)
    if values is not None:
        differ = F.not_equal(F.expand_dims(values, -1), columns(values))
        mask = F.any(F.logical_and(equal, differ), -1)
    if vectors is not None:
        matter = F.any(F.not_equal(vectors, 0), -2)
        mask = F.logical_or(mask, F.logical_and(F.any(equal, -1), matter))
    return mask


BASIS = "that of the basis found for equal values"


HERMITIAN = ("eigh(S + S.mH)[0]", "eigh(S + S.mH)[1]", "eigh(B + B.mH, UPLO='U')[1] @ v")


@row(
    Several,
    kind="factorisation",
    evaluate=_eigh,
    parts=lambda x: _vector_parts(x, real_type(x), x.dtype),
    pushforward=_eigh_pushforward,
    where="symmetric (Hermitian) matrices",
    kink=f"{EQUAL}; {BASIS}",
    kink_at=lambda g, y, x: _tied(part(y, 0), *g),
    examples=HERMITIAN,
    **LINALG,
)
def eigh(x: Node, UPLO: str = "L") -> Any:
    """Eigenvalues in ascending order and eigenvectors (columns) of symmetric (Hermitian) matrices.

    One triangle is read; the derivative is symmetric (Hermitian).
    """
    return (_triangle(x, UPLO, "eigh"),), {}


def _eigvalsh(xp: Any, x: Any) -> Any:
    x, mark = usable(xp, x)
    return xp.linalg.eigvalsh(x) * mark[..., None]


def _eigvalsh_pullback(g: Any, y: Node, x: Node) -> tuple[Node]:
    v = F.eigh(x)[1]
    return ((v * columns(g)) @ adjoint(v),)


@row(
    General,
    evaluate=_eigvalsh,
    shape=lambda x: x.shape[:-1],
    dtype=real_type,
    pullback=_eigvalsh_pullback,
    where="symmetric (Hermitian) matrices",
    kink=BASIS,
    kink_at=lambda g, y, x: _tied(y, g, None),
    examples=("eigvalsh(S + S.mH)", "eigvalsh(B + B.mH)"),
    **LINALG,
)
def eigvalsh(x: Node, UPLO: str = "L") -> Any:
    """Eigenvalues of symmetric (Hermitian) matrices in ascending order."""
    return (_triangle(x, UPLO, "eigvalsh"),), {}


@on_host
def _eig(xp: Any, x: Any) -> tuple[Any, Any]:
    kind = np.result_type(x.dtype, np.complex64)
    x, mark = usable(xp, x)
    w, v = xp.linalg.eig(x)
    v = v.astype(kind)
    return w.astype(kind) * mark[..., None], v * _phases(xp, v) * mark[..., None, None]


def _eig_pushforward(tangents: Sequence[Maybe], y: Node, x: Node) -> list[Node]:
    (t,) = tangents
    assert t is not None
    w, v = part(y, 0), part(y, 1)
    m = F.solve(v, F.astype(t, v.dtype) @ v)
    dv = v @ (m * F.inverse_gaps(w))
    turn = _turn(v, dv)
    assert turn is not None
    # eigenvectors keep the length 1
    shrink = columns(F.sum(F.real(F.conj(v) * dv), -2))
    return [diagonal_of(m), dv + v * (turn - shrink)]


@row(
    Several,
    kind="factorisation",
    evaluate=_eig,
    parts=lambda x: _vector_parts(x, complex_type(x), complex_type(x)),
    pushforward=_eig_pushforward,
    kink=f"{EQUAL}; {BASIS}",
    kink_at=lambda g, y, x: _tied(part(y, 0), *g),
    examples=("eig(A)[0]", "eig(A)[1]", "eig(B)[1] @ v"),
    **LINALG,
)
def eig(x: Node) -> Any:
    """Complex eigenvalues and eigenvectors (columns of length 1) of square matrices."""
    return (square(x, "eig"),), {}


@composite(category="linear algebra", examples=("eigvals(A)", "eigvals(B)"))
def eigvals(x: Node) -> Node:
    """Eigenvalues of square matrices, complex."""
    return F.eig(x)[0]


# ----- singular values ----------------------------------------------------------------------------


def _svd(xp: Any, x: Any) -> tuple[Any, Any, Any]:
    x, mark = usable(xp, x)
    u, s, vh = xp.linalg.svd(x, full_matrices=False)
    phases = _phases(xp, u)
    back = xp.swapaxes(xp.conj(phases), -1, -2)
    mark = mark[..., None]
    return u * phases * mark[..., None], s * mark, vh * back * mark[..., None]


def _svd_parts(x: Node) -> tuple[Aval, ...]:
    *lead, m, n = x.shape
    k = min(m, n)
    return ((*lead, m, k), x.dtype), ((*lead, k), real_type(x)), ((*lead, k, n), x.dtype)


def _svd_pushforward(tangents: Sequence[Maybe], y: Node, x: Node) -> list[Node]:
    (t,) = tangents
    assert t is not None
    u, s, v = part(y, 0), part(y, 1), adjoint(part(y, 2))
    uh, th, k = adjoint(u), adjoint(t), s.shape[-1]
    p = uh @ t @ v
    ph, right, left = adjoint(p), columns(s), F.expand_dims(s, -1)
    # 1/(s[j]**2 - s[i]**2)
    gaps = F.inverse_gaps(s) / (left + right + F.eye(k, dtype=s.dtype))
    du = u @ (gaps * (p * right + left * ph))
    dv = v @ (gaps * (left * p + ph * right))
    if x.shape[-2] > k:
        du = du + (t @ v - u @ p) / right
    if x.shape[-1] > k:
        dv = dv + (th @ u - v @ ph) / right
    if x.dtype.kind == "c":
        du = du + u * (columns(F.imag(diagonal_of(p)) / s) * 1j)
        turn = _turn(u, du)
        du, dv = du + u * turn, dv + v * turn
    return [du, _where_positive(s, F.real(diagonal_of(p))), adjoint(dv)]


def _where_positive(s: Node, slope: Node) -> Node:
    """Slopes of singular values, 0 at those that are 0: there they have a kink like abs."""
    return F.where(_vanishing(s), 0, slope)


def _vanishing(s: Node) -> Node:
    smallest = 8 * s.shape[-1] * float(np.finfo(s.dtype).eps)
    return F.less_equal(s, s[..., :1] * smallest)


def _svd_kink(g: Any, y: Node, x: Node) -> Node:
    s = part(y, 1)
    by_u, by_s, by_vh = g
    mask = _tied(s, by_s, by_u)
    if by_vh is not None:
        mask = F.logical_or(mask, _tied(s, None, adjoint(by_vh)))
    if by_s is not None:
        mask = F.logical_or(mask, F.logical_and(_vanishing(s), F.not_equal(by_s, 0)))
    return mask


def _svdvals_kink(g: Any, y: Node, x: Node) -> Node:
    return F.logical_or(_tied(y, g, None), _vanishing(y))


class Singular(Several):
    """Singular value decompositions, of which only the values may be asked for."""

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """(u, s, vh), or s alone."""
        with_vectors = kwargs.pop("compute_uv", args[2] if len(args) > 2 else True)
        return super().call(*args[:2], **kwargs) if with_vectors else F.svdvals(args[0])


@row(
    Singular,
    kind="factorisation",
    evaluate=_svd,
    parts=_svd_parts,
    pushforward=_svd_pushforward,
    kink=f"{EQUAL}; {BASIS}; 0 at singular values that are 0",
    kink_at=_svd_kink,
    examples=("svd(x)[0]", "svd(A)[1]", "svd(x.T)[2]", "svd(B)[2]", "svd(x, compute_uv=False)"),
    **LINALG,
)
def svd(x: Node, full_matrices: bool = False, compute_uv: bool = True) -> Any:
    """u, s, vh with (u*s) @ vh = x, s descending; of u and vh only the columns and rows used."""
    x = matrix(x, "svd")
    if full_matrices and x.shape[-1] != x.shape[-2]:
        raise DiffcliError(
            "bad-argument",
            "the further vectors of full matrices are not determined",
            hint="write svd(x), which has the vectors that belong to singular values",
        )
    return (x,), {}


def _svdvals(xp: Any, x: Any) -> Any:
    x, mark = usable(xp, x)
    return xp.linalg.svd(x, compute_uv=False) * mark[..., None]


def _svdvals_pullback(g: Any, y: Node, x: Node) -> tuple[Node]:
    results: Any = F.svd(x)
    u, s, vh = results
    return ((u * columns(_where_positive(s, g))) @ vh,)


@row(
    General,
    evaluate=_svdvals,
    shape=lambda x: _svd_parts(x)[1][0],
    dtype=real_type,
    pullback=_svdvals_pullback,
    kink=f"{BASIS}; 0 at singular values that are 0",
    kink_at=_svdvals_kink,
    examples=("svdvals(x)", "svdvals(B)"),
    **LINALG,
)
def svdvals(x: Node) -> Any:
    """Singular values in descending order."""
    return (matrix(x, "svdvals"),), {}


# ----- triangular factors -------------------------------------------------------------------------


def _divided(x: Node, r: Node) -> Node:
    """x @ inv(r) for upper triangular r."""
    return adjoint(F.solve_triangular(adjoint(r), adjoint(x), lower=True))


def _full_rank(r: Node) -> Node:
    """Upper triangular matrices; nan in place of those that are singular but for rounding."""
    if r.shape[-1] == 0:
        return r
    return F.where(F.expand_dims(_singular(r), (-2, -1)), float("nan"), r)


def _singular(r: Node) -> Node:
    """Whether triangular matrices are singular but for rounding."""
    size = F.abs(diagonal_of(r))
    smallest = 8 * r.shape[-1] * float(np.finfo(size.dtype).eps)
    return F.less_equal(F.min(size, -1), F.max(size, -1) * smallest)


def _qr(xp: Any, x: Any) -> tuple[Any, Any]:
    q, r = xp.linalg.qr(x)
    signs = xp.sign(xp.diagonal(r, 0, -2, -1))
    signs = xp.where(signs == 0, 1, signs).astype(x.dtype)
    return q * signs[..., None, :], r * xp.conj(signs)[..., :, None]


def _qr_parts(x: Node) -> tuple[Aval, ...]:
    *lead, m, n = x.shape
    k = min(m, n)
    return ((*lead, m, k), x.dtype), ((*lead, k, n), x.dtype)


def _qr_pushforward(tangents: Sequence[Maybe], y: Node, x: Node) -> list[Node]:
    (t,) = tangents
    assert t is not None
    q, r = part(y, 0), part(y, 1)
    k, qh = r.shape[-2], adjoint(q)
    w = _divided(t[..., :k], _full_rank(r[..., :k]))
    m = qh @ w
    low = F.tril(m, -1)
    turn = low - adjoint(low)
    if x.dtype.kind == "c":
        turn = turn + F.diag_embed(F.imag(diagonal_of(m)) * 1j)
    dq = q @ turn
    if x.shape[-2] > k:
        dq = dq + w - q @ m
    if x.shape[-1] <= k:
        return [dq, F.triu(m - turn) @ r]
    return [dq, F.triu(adjoint(dq) @ x + qh @ t)]


class Orthogonal(Several):
    """QR decompositions, of which only the triangle may be asked for."""

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """(q, r), or r alone."""
        factors = super().call(*args, **kwargs)
        return (
            factors[1] if kwargs.get("mode", args[1] if len(args) > 1 else "") == "r" else factors
        )


@row(
    Orthogonal,
    kind="factorisation",
    evaluate=_qr,
    parts=_qr_parts,
    pushforward=_qr_pushforward,
    kink="nan where columns are linearly dependent",
    kink_at=lambda g, y, x: _singular(part(y, 1)) if x.size else None,
    examples=("qr(A)[0]", "qr(x.T)[0]", "qr(x)[1]", "qr(x.T)[1]", "qr(B)[0]", "qr(A, mode='r')"),
    **LINALG,
)
def qr(x: Node, mode: str = "reduced") -> Any:
    """q with orthonormal columns and upper triangular r with q @ r = x; diagonal of r >= 0."""
    x = matrix(x, "qr")
    if mode not in ("reduced", "r") and not (mode == "complete" and x.shape[-2] <= x.shape[-1]):
        raise DiffcliError(
            "bad-argument",
            f"qr has no mode {mode!r}" if mode != "complete" else "qr gives the columns it needs",
            hint="write qr(x) or qr(x, mode='r')",
        )
    return (x,), {}


@on_host
def _lu(xp: Any, x: Any) -> tuple[Any, Any, Any]:
    p, lower, upper = xp.scipy_linalg.lu(x, check_finite=False)
    return p.astype(x.dtype), lower, upper


def _lu_parts(x: Node) -> tuple[Aval, ...]:
    m: Shape = (*x.shape[:-1], x.shape[-2])
    return (m, x.dtype), *_qr_parts(x)


def _lu_pushforward(tangents: Sequence[Maybe], y: Node, x: Node) -> list[Maybe]:
    (t,) = tangents
    assert t is not None
    p, lower, upper = part(y, 0), part(y, 1), part(y, 2)
    k = upper.shape[-2]
    t = F.matrix_transpose(p) @ t
    low, up = lower[..., :k, :], upper[..., :, :k]

    def solved(b: Node) -> Node:
        return F.solve_triangular(low, b, lower=True, unit_diagonal=True)

    up = _full_rank(up)
    inner = _divided(solved(t[..., :k, :k]), up)
    d_low, d_up = low @ F.tril(inner, -1), F.triu(inner) @ up
    by_low, by_up = d_low, d_up
    if x.shape[-2] > k:
        rest = _divided(t[..., k:, :] - lower[..., k:, :] @ d_up, up)
        by_low = F.concatenate([d_low, rest], -2)
    if x.shape[-1] > k:
        rest = solved(t[..., :, k:] - d_low @ upper[..., :, k:])
        by_up = F.concatenate([d_up, rest], -1)
    return [None, by_low, by_up]


def _lu_kink(g: Any, y: Node, x: Node) -> Node | None:
    if x.size == 0:
        return None
    # another row could have been the pivot where a multiplier is as large as it may be
    multipliers = F.abs(F.tril(part(y, 1), -1))
    return F.logical_or(_singular(part(y, 2)), F.any(F.equal(multipliers, 1), (-2, -1)))


@row(
    Several,
    kind="factorisation",
    evaluate=_lu,
    parts=_lu_parts,
    pushforward=_lu_pushforward,
    kink="the pivots stay where they are; nan for singular matrices",
    kink_at=_lu_kink,
    examples=("lu(A)[1]", "lu(A)[2]", "lu(x)[2]", "lu(x.T)[1]", "lu(B)[1] @ v"),
    **LINALG,
)
def lu(x: Node) -> Any:
    """p, l, u with p @ l @ u = x: rows exchanged, unit lower and upper triangular factors."""
    return (matrix(x, "lu"),), {}
