"""Norms of matrices, factorizations with named results, and errors of linear algebra."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcli.eager.functions import function, resolved
from diffcli.eager.nodes import leaf
from diffcli.eager.reductions import axes_of, norm, step
from diffcli.eager.results import Fields
from diffcli.eager.selection import array_of
from diffcli.eager.tensor import Tensor
from diffcli.graph.node import Node
from diffcli.ops.table import F


def _square(name: str, x: Tensor) -> None:
    if x.ndim < 2:
        raise RuntimeError(f"linalg.{name}: The input tensor A must have at least 2 dimensions.")
    if x.node.shape[-1] != x.node.shape[-2]:
        raise RuntimeError(
            f"linalg.{name}: A must be batches of square matrices, but they are {x.node.shape[-2]} "
            f"by {x.node.shape[-1]} matrices"
        )


def _checked(name: str, row: str, *others: str) -> None:
    """A function of square matrices."""
    table = resolved(row)

    def apply(A: Tensor, *args: Any, **keywords: Any) -> Any:
        _square(name, A)
        if name == "inv" and A.ndim == 2 and A.node.size:
            _invertible(A)
        return table(A, *args, **keywords)

    for other in (f"linalg_{name}", *others):
        function(other)(apply)


class LinAlgError(RuntimeError):
    """PyTorch's error for a matrix that an operation is not defined for."""


LinAlgError.__name__ = "_LinAlgError"


def _invertible(x: Tensor) -> None:
    value = np.linalg.matrix_rank(array_of(x))
    if value < x.node.shape[0]:
        import scipy.linalg

        upper = scipy.linalg.lu(array_of(x))[2]
        place = int(np.argmax(np.abs(np.diag(upper)) == 0)) + 1
        raise LinAlgError(
            f"linalg.inv: The diagonal element {place} is zero, the inversion could not be "
            "completed because the input matrix is singular."
        )


_checked("det", "det", "det")
_checked("inv", "inv", "inverse")


def _named(name: str, function_name: str, row: str, *fields: str) -> None:
    """A function with several results that have names."""
    table = resolved(row)

    def apply(A: Tensor, *args: Any, **keywords: Any) -> Fields:
        return Fields(function_name, fields, tuple(table(A, *args, **keywords)))

    function(name)(apply)


_named("linalg_slogdet", "linalg_slogdet", "slogdet", "sign", "logabsdet")
_named("linalg_lstsq", "linalg_lstsq", "lstsq", "solution", "residuals", "rank", "singular_values")
_named("slogdet", "slogdet", "slogdet", "sign", "logabsdet")
_named("linalg_eigh", "linalg_eigh", "eigh", "eigenvalues", "eigenvectors")
_named("linalg_eig", "linalg_eig", "eig", "eigenvalues", "eigenvectors")
_named("linalg_svd", "linalg_svd", "svd", "U", "S", "Vh")


@function("pinverse")
def pinverse(input: Tensor, rcond: float = 1e-15) -> Any:
    """The Moore-Penrose inverse."""
    return resolved("pinv")(input)


@function("linalg_vector_norm")
def vector_norm(
    x: Tensor, ord: Any = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """The norm of all elements as a vector, or along axes."""
    return norm(x, ord, dim, keepdim, dtype)


@function("linalg_matrix_norm")
def matrix_norm(
    A: Tensor,
    ord: Any = "fro",
    dim: Any = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: Any = None,
) -> Tensor:
    """A norm of matrices."""
    axes = axes_of(A, dim)
    if ord == "fro":
        return norm(A, 2, axes, keepdim)
    name = "sum:1" if ord == "nuc" else "amax" if ord in (1, 2, np.inf) else "amin"

    def compute(x: Node) -> Node:
        return F.norm(x, ord, axes, keepdim)

    return step(name, compute, A.node)


@function("linalg_norm")
def linalg_norm(
    A: Tensor,
    ord: Any = None,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
) -> Tensor:
    """The norm of a vector or matrix."""
    by_matrix = isinstance(dim, tuple | list) and len(dim) == 2
    if ord is None or not (by_matrix or (dim is None and A.ndim == 2)):
        return norm(A, 2 if ord is None else ord, dim, keepdim, dtype)
    return matrix_norm(A, ord, (-2, -1) if dim is None else dim, keepdim)


@function("linalg_vander")
def linalg_vander(x: Tensor, *, N: int | None = None) -> Any:
    """The matrix of ascending powers."""
    return resolved("vander")(x, N, True)


@function("trace")
def trace(input: Tensor) -> Tensor:
    """The sum of the diagonal of a matrix."""
    if input.ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {input.ndim}")
    return step("trace", F.trace, input.node)


@function("linalg_qr")
def qr(A: Tensor, mode: str = "reduced") -> Fields:
    """Q and R with the signs that LAPACK gives them."""
    found = resolved("qr")(A)
    signs = np.sign(np.diagonal(np.linalg.qr(array_of(A))[1], axis1=-2, axis2=-1))
    turned = leaf(np.where(signs == 0, 1, signs).astype(A.node.dtype))
    q = step("linalg_qr", lambda n: n * F.expand_dims(turned, -2), found[0].node)
    r = step("linalg_qr", lambda n: n * F.expand_dims(turned, -1), found[1].node)
    return Fields("linalg_qr", ("Q", "R"), (q, r))


@function("linalg_cholesky")
def cholesky(A: Tensor, *, upper: bool = False) -> Tensor:
    """The Cholesky factor."""
    _square("cholesky", A)
    try:
        np.linalg.cholesky(array_of(A))
    except np.linalg.LinAlgError:
        raise LinAlgError(_not_definite(array_of(A))) from None
    return step("linalg_cholesky", lambda n: F.cholesky(n, upper), A.node)


def _not_definite(a: Any) -> str:
    order = 1
    while order < a.shape[-1] and np.all(np.linalg.eigvalsh(a[..., :order, :order]) > 0):
        order += 1
    return (
        "linalg.cholesky: The factorization could not be completed because the input is not "
        f"positive-definite (the leading minor of order {order} is not positive-definite)."
    )


@function("matrix_power")
def matrix_power(A: Tensor, n: int) -> Tensor:
    """A matrix multiplied by itself."""
    _square("matrix_power", A)
    name = "mm" if n > 1 else "inv" if n < 0 else "clone"
    return step(name, lambda a: F.matrix_power(a, n), A.node)


@function("cholesky_inverse")
def cholesky_inverse(L: Tensor, upper: bool = False) -> Tensor:
    """The inverse of the matrix that a Cholesky factor is of."""

    def compute(a: Node) -> Node:
        b = F.matrix_transpose(a)
        return F.inv(F.matmul(b, a) if upper else F.matmul(a, b))

    return step("cholesky_inverse", compute, L.node)
