"""Rows of functions of matrices: exponential, logarithm, root, pseudoinverse, norms, solutions.

The derivative of f at x in the direction e is the upper right block of f([[x, e], [0, x]]), and so
on for higher derivatives (N. Higham, "Functions of Matrices", theorem 3.6): this is right for equal
eigenvalues and for matrices that cannot be diagonalised.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node, Shape
from diffcli.graph.shapes import axis_tuple, broadcast, show, whole
from diffcli.ops.contractions import adjoint, conjugated
from diffcli.ops.decompositions import matrix, usable
from diffcli.ops.kinds import General, Nondifferentiable, composite, row
from diffcli.ops.linalg import LINALG, inexact, square
from diffcli.ops.namespace import on_host
from diffcli.ops.op import Batched, Maybe, align_batched
from diffcli.ops.table import F, lift

# ----- exponential, logarithm, square root --------------------------------------------------------


def _block(xp: Any, x: Any, directions: Sequence[Any]) -> tuple[Any, Any]:
    """[[x, e], [0, x]] repeated for each direction e, and the factor its corner lost.

    Directions are scaled to the size of x, so that they do not cost accuracy.
    """
    lead = broadcast(x.shape[:-2], *(e.shape[:-2] for e in directions))
    factor = xp.ones((*lead, 1, 1), x.real.dtype)
    x = xp.broadcast_to(x, (*lead, *x.shape[-2:]))
    size = xp.max(xp.abs(x), axis=(-2, -1), keepdims=True, initial=0)
    size = xp.where(size == 0, 1, size)
    for e in directions:
        largest = xp.max(xp.abs(e), axis=(-2, -1), keepdims=True, initial=0)
        scale = xp.where(largest == 0, 1, largest) / size
        factor = factor * scale
        e = xp.broadcast_to(e / scale, (*lead, *e.shape[-2:]))
        e = xp.kron(xp.eye(x.shape[-1] // max(e.shape[-1], 1), dtype=x.dtype), e)
        below = xp.zeros_like(x)
        upper, lower = xp.concatenate([x, e], -1), xp.concatenate([below, x], -1)
        x = xp.concatenate([upper, lower], -2)
    return x, factor


@on_host
def _derivative(xp: Any, x: Any, *directions: Any, f: str) -> Any:
    n = x.shape[-1]
    kind = np.result_type(x.dtype, *(e.dtype for e in directions))
    both, factor = _block(xp, x.astype(kind), [e.astype(kind) for e in directions])
    value = (_expm if f == "expm" else _logm)(xp, both)
    return (value[..., :n, both.shape[-1] - n :] * factor).astype(kind)


def _derivative_pullback(g: Any, y: Node, x: Node, *directions: Node, f: str) -> list[Node]:
    # symmetric in all directions, and the transpose is the same map at the adjoint of x
    x, turned = adjoint(x), [adjoint(e) for e in directions]
    by_x = F.matrix_derivative(x, *turned, g, f=f)
    others = [[*turned[:i], *turned[i + 1 :], g] for i in range(len(turned))]
    return [by_x, *(F.matrix_derivative(x, *rest, f=f) for rest in others)]


def _derivative_batch(y: Node, inputs: tuple[Node, ...], batched: Batched, size: int) -> Node:
    return y.op.apply(align_batched(inputs, batched, (2,) * len(inputs)), y.params)


@row(
    General,
    evaluate=_derivative,
    shape=lambda *matrices, f: broadcast(*(m.shape for m in matrices)),
    pullback=_derivative_pullback,
    batch=_derivative_batch,
    category="linear algebra",
    arrays=-1,
    hidden=True,
)
def matrix_derivative(x: Node, *directions: Node, f: str) -> Any:
    """Derivative of the matrix function `f` (expm or logm) at x, in one direction or several."""
    return (x, *directions), {"f": f}


def _function_pullback(g: Any, y: Node, x: Node) -> tuple[Node]:
    return (F.matrix_derivative(adjoint(x), g, f=y.op.name),)


def _each(f: Callable[[Any], Any], xp: Any, x: Any) -> Any:
    """f of every matrix of a stack."""
    out = xp.empty_like(x)
    for i in np.ndindex(x.shape[:-2]):
        out[i] = f(x[i])
    return out


def _fitting(value: Any, x: Any, name: str) -> Any:
    """The value in the type of x; raises `domain` where a real matrix has no real value."""
    if value.dtype.kind == "c" and x.dtype.kind != "c":
        small = float(np.finfo(value.dtype).eps) ** 0.5
        if np.max(np.abs(value.imag), initial=0) > small * np.max(np.abs(value), initial=0):
            raise DiffcliError(
                "domain",
                f"the matrix has a negative eigenvalue, so its {name} is not real",
                hint="a complex matrix has one: write astype(x, complex128)",
            )
        value = value.real
    return value.astype(x.dtype)


def _expm(xp: Any, x: Any) -> Any:
    x, mark = usable(xp, x)
    return (xp.scipy_linalg.expm(x) if x.size else x) * mark[..., None, None]


@row(
    General,
    evaluate=_expm,
    shape=lambda x: x.shape,
    pullback=_function_pullback,
    aliases=("matrix_exp",),
    examples=("expm(A)", "expm(B)"),
    **LINALG,
)
def expm(x: Node) -> Any:
    """Matrix exponential."""
    return (square(x, "expm"),), {}


def _by_schur(f: Callable[[Any], Any], xp: Any, a: Any, name: str) -> Any:
    """f of one matrix through its triangular form; raises `domain` where it has no value."""
    if not a.size:
        return a
    t, z = xp.scipy_linalg.schur(a, output="complex", check_finite=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SciPy's about singular matrices
        value = f(t)
    size = np.abs(np.diagonal(t))
    # eigenvalues of triangular matrices are exact; in others those of the size of rounding are 0
    exact = not (np.tril(a, -1).any() and np.triu(a, 1).any())
    least = 1e-300 if exact else np.finfo(size.dtype).eps * np.max(size, initial=0)
    singular = np.min(size, initial=1) <= least
    if not np.isfinite(value).all() or (singular and name == "logarithm"):
        raise DiffcliError("domain", f"the matrix is singular and has no {name}")
    return _fitting(z @ value @ z.conj().T, a, name)


@on_host
def _logm(xp: Any, x: Any) -> Any:
    x, mark = usable(xp, x)
    skip = iter(np.isnan(mark).ravel())

    def one(a: Any) -> Any:
        return a if next(skip) else _by_schur(xp.scipy_linalg.logm, xp, a, "logarithm")

    return _each(one, xp, x) * mark[..., None, None]


@row(
    General,
    evaluate=_logm,
    shape=lambda x: x.shape,
    pullback=_function_pullback,
    examples=("logm(S)", "logm(kron(eye(2), S[:2, :2]))"),
    **LINALG,
)
def logm(x: Node) -> Any:
    """Matrix logarithm (principal); a real matrix must have a real one."""
    return (square(x, "logm"),), {}


@on_host
def _sqrtm(xp: Any, x: Any) -> Any:
    x, mark = usable(xp, x)

    def one(a: Any) -> Any:
        return _by_schur(xp.scipy_linalg.sqrtm, xp, a, "square root") if a.any() else a

    return _each(one, xp, x) * mark[..., None, None]


def _sqrtm_pullback(g: Any, y: Node, x: Node) -> tuple[Node]:
    root = adjoint(y)
    return (F.solve_sylvester(root, root, g),)


@row(
    General,
    evaluate=_sqrtm,
    shape=lambda x: x.shape,
    pullback=_sqrtm_pullback,
    aliases=("matrix_sqrt",),
    examples=("sqrtm(A @ A.T + 3*eye(3))", "sqrtm(S)", "sqrtm(B @ B.mT + 2*eye(3))"),
    **LINALG,
)
def sqrtm(x: Node) -> Any:
    """Matrix square root (principal); a real matrix must have a real one."""
    return (square(x, "sqrtm"),), {}


@composite(
    category="linear algebra",
    examples=("polar_decomposition(x.T)[0]", "polar_decomposition(A, 'left')[1]"),
)
def polar_decomposition(x: Node, side: str = "right") -> Any:
    """u, p with u @ p = x (p @ u for side='left'), p positive definite and u.mH @ u = eye."""
    if side not in ("right", "left"):
        raise DiffcliError("bad-argument", "side must be 'right' or 'left'")
    x = matrix(x, "a polar decomposition")
    if side == "right":
        p = F.sqrtm(adjoint(x) @ x)
        return x @ F.inv(p), p
    p = F.sqrtm(x @ adjoint(x))
    return F.inv(p) @ x, p


# ----- solutions ----------------------------------------------------------------------------------


def _sylvester_shape(a: Node, b: Node, q: Node) -> Shape:
    m, n = a.shape[-1], b.shape[-1]
    if q.shape[-2:] != (m, n):
        raise DiffcliError(
            "shape",
            f"the right side of a Sylvester equation must have the shape {show((m, n))} here, not "
            f"{show(q.shape)}",
        )
    return (*broadcast(a.shape[:-2], b.shape[:-2], q.shape[:-2]), m, n)


@on_host
def _sylvester(xp: Any, a: Any, b: Any, q: Any) -> Any:
    same = a is b
    kind = np.result_type(a.dtype, b.dtype, q.dtype)
    lead = broadcast(a.shape[:-2], b.shape[:-2], q.shape[:-2])
    a, b, q = (xp.broadcast_to(m, (*lead, *m.shape[-2:])) for m in (a, b, q))
    out = xp.empty(q.shape, kind)
    for i in np.ndindex(lead):
        x = _sylvester_one(xp, a[i], b[i], q[i], same)
        out[i] = x if kind.kind == "c" else x.real
    return out


def _sylvester_one(xp: Any, a: Any, b: Any, q: Any, same: bool) -> Any:
    if not (np.isfinite(a).all() and np.isfinite(b).all() and np.isfinite(q).all()):
        return np.full(q.shape, np.nan)
    r, u = xp.scipy_linalg.schur(a, output="complex")
    s, v = xp.scipy_linalg.schur(b, output="complex")
    left, right = np.diagonal(r), np.diagonal(s)
    scale = np.max(np.abs(left), initial=0) + np.max(np.abs(right), initial=0)
    gap = np.min(np.abs(left[:, None] + right[None, :]), initial=math.inf)
    if gap <= 4 * np.finfo(left.dtype).eps * scale:
        unsolved = "the equation a @ x + x @ b = q has no unique solution for these matrices"
        if same and np.min(np.abs(left)) <= gap:  # that of sqrtm, whose roots are not negative
            unsolved = (
                "sqrtm has no derivative at a singular matrix, as a @ x + x @ a = q has no unique "
                "solution for its root"
            )
        raise DiffcliError("domain", unsolved)
    f = u.conj().T @ q.astype(r.dtype) @ v
    (trsyl,) = xp.scipy_linalg.get_lapack_funcs(("trsyl",), (r, s, f))
    x, factor, _ = trsyl(r, s, f)
    return factor * (u @ x @ v.conj().T)


def _sylvester_pullback(g: Any, y: Node, a: Node, b: Node, q: Node) -> tuple[Node, Node, Node]:
    by_q = y.op.apply((adjoint(a), adjoint(b), g), {})
    return -(by_q @ adjoint(y)), -(adjoint(y) @ by_q), by_q


@row(
    General,
    evaluate=_sylvester,
    shape=_sylvester_shape,
    pullback=_sylvester_pullback,
    core=(2, 2, 2),
    category="linear algebra",
    arrays=3,
    where="a and -b without a common eigenvalue",
    examples=("solve_sylvester(A, S, C)", "solve_sylvester(S, A[:2, :2], x.T)"),
)
def solve_sylvester(a: Node, b: Node, q: Node) -> Any:
    """The x with a @ x + x @ b = q."""
    what = "a Sylvester equation"
    return (square(a, what), square(b, what), matrix(q, what)), {}


@composite(
    category="linear algebra",
    aliases=("solve_lyapunov",),
    arrays=2,
    examples=("solve_continuous_lyapunov(A, C)",),
)
def solve_continuous_lyapunov(a: Node, q: Node) -> Node:
    """The x with a @ x + x @ a.mH = q."""
    return F.solve_sylvester(a, adjoint(a), q)


@composite(
    category="linear algebra",
    arrays=2,
    examples=("solve_discrete_lyapunov(A[:2, :2]/5, C[:2, :2])",),
)
def solve_discrete_lyapunov(a: Node, q: Node) -> Node:
    """The x with a @ x @ a.mH - x + q = 0."""
    a, n = square(a, "a Lyapunov equation"), a.shape[-1]
    if a.ndim != 2 or q.shape != a.shape:
        raise DiffcliError("shape", "a Lyapunov equation needs two square matrices of one shape")
    return F.reshape(
        F.solve(F.eye(n * n, dtype=a.dtype) - F.kron(a, conjugated(a)), F.ravel(q)), (n, n)
    )


@composite(
    category="linear algebra", arrays=2, examples=("cholesky_solve(v[:, newaxis], A + 3*eye(3))",)
)
def cholesky_solve(b: Node, factor: Node, upper: bool = False) -> Node:
    """The x with l @ l.mH @ x = b for a Cholesky factor l (or its adjoint, when upper)."""
    low = adjoint(factor) if upper else factor
    inner = F.solve_triangular(low, b, lower=True)
    return F.solve_triangular(adjoint(low), inner)


@composite(
    category="linear algebra",
    arrays=0,
    examples=("cho_solve((A + 3*eye(3), True), v)", "cho_solve((A + 3*eye(3), False), C)"),
    method=False,
)
def cho_solve(c_and_lower: Any, b: Any) -> Node:
    """SciPy's form of cholesky_solve: (factor, lower) and the right side."""
    factor, lower = c_and_lower
    b = lift(b)
    columns = F.expand_dims(b, -1) if b.ndim == 1 else b
    return F.reshape(F.cholesky_solve(columns, factor, not lower), b.shape)


@composite(
    category="linear algebra",
    arrays=0,
    examples=("solve_banded((1, 1), [v, 3 + p[0], w], y[0])",),
    method=False,
)
def solve_banded(l_and_u: Any, ab: Any, b: Any) -> Node:
    """The x with a @ x = b for a with l diagonals below and u above; ab has them as rows."""
    ab, (below, above) = lift(ab), l_and_u
    whole(below, "l"), whole(above, "u")
    if ab.ndim != 2 or min(below, above) < 0 or ab.shape[0] != below + above + 1:
        raise DiffcliError("shape", f"{below} + {above} + 1 diagonals are not {show(ab.shape)}")
    n, total = ab.shape[1], None
    for i, k in enumerate(range(above, -below - 1, -1)):
        if abs(k) < n:
            diagonal = ab[i, k:] if k >= 0 else ab[i, : n + k]
            matrix = F.diag_embed(diagonal, k)
            total = matrix if total is None else total + matrix
    return F.solve(total, b)


# ----- pseudoinverse and least squares ------------------------------------------------------------


def _pinv(xp: Any, x: Any, rcond: float | None) -> Any:
    x, mark = usable(xp, x)
    return xp.linalg.pinv(x, _cut(x, rcond)) * mark[..., None, None]


def _cut(x: Any, rcond: float | None) -> float:
    """The part of the largest singular value up to which others count as 0."""
    return max(x.shape[-2:]) * float(np.finfo(x.dtype).eps) if rcond is None else rcond


def _pinv_pushforward(tangents: Sequence[Maybe], y: Node, x: Node, rcond: Any) -> Node:
    # G. Golub and V. Pereyra, SIAM J. Numer. Anal. 10 (1973): the rank does not change
    (t,) = tangents
    assert t is not None
    th, yh = adjoint(t), adjoint(y)
    return y @ yh @ (th - th @ x @ y) + (th - y @ x @ th) @ yh @ y - y @ t @ y


def _pinv_kink(g: Any, y: Node, x: Node, rcond: Any) -> Node:
    s = F.svdvals(x)
    deficient = F.any(F.less_equal(s, _cut(x, rcond) * s[..., :1]), -1)
    return F.logical_and(deficient, F.any(F.not_equal(g, 0), (-2, -1)))


@row(
    General,
    evaluate=_pinv,
    shape=lambda x, rcond: (*x.shape[:-2], x.shape[-1], x.shape[-2]),
    pushforward=_pinv_pushforward,
    kink="the rank is taken as constant",
    kink_at=_pinv_kink,
    examples=("pinv(x)", "pinv(x.T)", "pinv(B)", "pinv(outer(v, w))"),
    **LINALG,
)
def pinv(x: Node, rcond: float | None = None, hermitian: bool = False, rtol: Any = None) -> Any:
    """Pseudoinverse; singular values below rcond times the largest count as 0."""
    return (matrix(x, "pinv"),), {"rcond": rtol if rcond is None else rcond}


@composite(
    category="linear algebra",
    arrays=2,
    kink="the rank is taken as constant",
    examples=("lstsq(x.T, v)[0]", "lstsq(x, y)[0]", "lstsq(x.T, v)[1]", "lstsq(x.T, v)[3]"),
)
def lstsq(a: Node, b: Node, rcond: float | None = None) -> Any:
    """The shortest x with least sum((b - a @ x)**2), that sum, the rank, the singular values."""
    a = matrix(a, "lstsq")
    x = F.pinv(a, rcond) @ b
    axis = -1 if b.ndim == 1 else -2
    if a.shape[-2] > a.shape[-1]:
        error = F.abs(b - a @ x)
        residuals = F.sum(error * error, axis)
        residuals = F.expand_dims(residuals, -1) if b.ndim == 1 else residuals
    else:
        residuals = F.zeros((0,), dtype=x.dtype)
    return x, residuals, F.matrix_rank(a), F.svdvals(a)


@row(
    Nondifferentiable,
    evaluate=lambda xp, x, tol, rtol: (
        xp.linalg.matrix_rank(x, tol, rtol=rtol)
        if tol is None and rtol is not None
        else xp.linalg.matrix_rank(x, tol)
    ),
    shape=lambda x, tol, rtol: x.shape[:-2],
    dtype=lambda *_, **__: np.int64,
    examples=("matrix_rank(A)", "matrix_rank(B)"),
    **LINALG,
)
def matrix_rank(x: Node, tol: float | None = None, rtol: float | None = None) -> Any:
    """Number of singular values above tol (or rtol times the largest)."""
    return (matrix(x, "matrix_rank"),), {"tol": tol, "rtol": rtol}


@composite(
    category="linear algebra",
    examples=("tensorinv(kron(A[:2, :2], C).reshape(2, 3, 6))",),
)
def tensorinv(x: Node, ind: int = 2) -> Node:
    """The inverse of the map that x is, from its last axes to its first `ind`."""
    if isinstance(ind, bool) or not isinstance(ind, int) or not 0 < ind < x.ndim:
        raise DiffcliError("bad-argument", f"ind must be an integer from 1 to {x.ndim - 1}")
    n = math.prod(x.shape[ind:])
    if n != math.prod(x.shape[:ind]):
        raise DiffcliError("shape", f"{show(x.shape)} is not square in its first {ind} axes")
    return F.reshape(F.inv(F.reshape(x, (n, n))), (*x.shape[ind:], *x.shape[:ind]))


@composite(
    category="linear algebra",
    arrays=2,
    examples=("tensorsolve(kron(A[:2, :2], C).reshape(2, 3, 6) + eye(6).reshape(2, 3, 6), x)",),
)
def tensorsolve(a: Node, b: Node, axes: Any = None) -> Node:
    """The x with tensordot(a, x, x.ndim) = b."""
    if axes is not None:
        moved = axis_tuple(axes, a.ndim)
        a = F.transpose(a, (*(i for i in range(a.ndim) if i not in moved), *moved))
    shape = a.shape[b.ndim :]
    n = math.prod(shape)
    if n * b.size != a.size or n != b.size:
        raise DiffcliError(
            "shape", f"{show(a.shape)} and {show(b.shape)} are no linear system of as many unknowns"
        )
    return F.reshape(F.solve(F.reshape(a, (n, n)), F.ravel(b)), shape)


# ----- norms --------------------------------------------------------------------------------------


@composite(
    category="linear algebra",
    kink="minimum-norm subgradient at 0",
    examples=(
        "matrix_norm(x)",
        "matrix_norm(B, 'nuc')",
        "matrix_norm(x, 2)",
        "matrix_norm(B, -2, keepdims=True)",
        "matrix_norm(x, 1)",
        "matrix_norm(B, -inf)",
        "matrix_norm(B, inf, axis=(0, 1))",
        "matrix_norm(A, -1)",
    ),
)
def matrix_norm(x: Node, ord: Any = "fro", axis: Any = (-2, -1), keepdims: bool = False) -> Node:
    """Norm of matrices in two axes: 'fro', 'nuc', 2, -2 (singular values), 1, -1, inf, -inf."""
    matrix(x, "a matrix norm")
    rows, cols = _two_axes(axis, x.ndim)
    if ord in ("fro", None):
        return F.euclid(x, tuple(sorted((rows, cols))), keepdims)
    found = _matrix_norm(F.moveaxis(x, (rows, cols), (-2, -1)), ord)
    return F.expand_dims(found, tuple(sorted((rows, cols)))) if keepdims else found


def _two_axes(axis: Any, ndim: int) -> tuple[int, int]:
    listed = axis if isinstance(axis, tuple | list) else (axis,)
    found = [axis_tuple(a, ndim)[0] for a in listed]
    if len(found) != 2 or found[0] == found[1]:
        raise DiffcliError("bad-argument", "a matrix norm is taken over two axes")
    return found[0], found[1]


def _matrix_norm(x: Node, ord: Any) -> Node:
    if ord == "nuc":
        return F.sum(F.svdvals(x), -1)
    if ord in (2, -2):
        return F.svdvals(x)[..., 0 if ord == 2 else -1]
    if ord in (1, -1, math.inf, -math.inf):
        total = F.sum(F.abs(x), -2 if abs(ord) == 1 else -1)
        return F.max(total, -1) if ord > 0 else F.min(total, -1)
    raise DiffcliError(
        "bad-argument",
        f"there is no matrix norm of order {ord!r}",
        hint="write 'fro', 'nuc', 2, -2, 1, -1, inf or -inf",
    )


@composite(
    category="linear algebra",
    kink="minimum-norm subgradient at 0, ties of inf shared evenly",
    examples=("vector_norm(x)", "vector_norm(x, 3)", "vector_norm(B, inf, axis=(0, 2))"),
)
def vector_norm(x: Node, ord: Any = 2, axis: Any = None, keepdims: bool = False) -> Node:
    """Norm of order `ord` of all elements over the axes (all by default)."""
    axes = axis_tuple(axis, x.ndim)
    if isinstance(ord, str | Node):
        raise DiffcliError("bad-argument", "the order of a vector norm is a number")
    size = F.abs(x)
    if ord == 2:
        return F.euclid(x, axes, keepdims)
    if ord in (math.inf, -math.inf):
        return (F.max if ord > 0 else F.min)(size, axes, keepdims)
    if ord == 0:
        return F.sum(F.astype(F.not_equal(x, 0), inexact(size).dtype), axes, keepdims)
    return F.sum(size, axes, keepdims) if ord == 1 else F.power_norm(x, axes, keepdims, ord)


@composite(category="linear algebra", examples=("cond(A)", "cond(B, 1)", "cond(x, -2)"))
def cond(x: Node, p: Any = None) -> Node:
    """Condition number: norm(x, p)*norm(inv(x), p), by singular values for p = 2 (the default)."""
    if p in (None, 2, -2):
        s = F.svdvals(x)
        largest, smallest = s[..., 0], s[..., -1]
        return smallest / largest if p == -2 else largest / smallest
    return F.matrix_norm(x, p) * F.matrix_norm(F.inv(x), p)


# ----- assembly -----------------------------------------------------------------------------------


@composite(category="linear algebra", arrays=-1, examples=("block_diag(A, x)", "block_diag(v, s)"))
def block_diag(*arrays: Any) -> Node:
    """Matrices one after the other along the diagonal, zeros elsewhere; vectors count as rows."""
    blocks = [F.reshape(x, (1, x.size)) if x.ndim < 2 else x for x in arrays]
    if not blocks or any(x.ndim != 2 for x in blocks):
        raise DiffcliError("shape", "block_diag takes matrices, vectors and numbers")
    width, before, rows = sum(x.shape[1] for x in blocks), 0, []
    for x in blocks:
        after = width - before - x.shape[1]
        rows.append(F.zero_pad(x, ((0, 0), (before, after))) if width != x.shape[1] else x)
        before += x.shape[1]
    return F.concatenate(rows, 0)
