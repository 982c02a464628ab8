"""Rows of probability distributions of vectors, named as in SciPy."""

from __future__ import annotations

import math

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node
from diffcli.ops.kinds import composite
from diffcli.ops.table import F, lift

LOG_2PI = math.log(2 * math.pi)


@composite(
    category="probability",
    arrays=2,
    method=False,
    examples=("dirichlet_logpdf(softmax(v), exp(w))", "dirichlet_logpdf(softmax(A, axis=0), w**2)"),
)
def dirichlet_logpdf(x: Node, alpha: Node) -> Node:
    """Logarithm of the Dirichlet density of x, whose first axis has the components."""
    if alpha.ndim != 1 or x.ndim not in (1, 2) or x.shape[0] != alpha.shape[0]:
        raise DiffcliError(
            "shape", f"the shapes {x.shape} and {alpha.shape} are not those of x and alpha"
        )
    powers = F.expand_dims(alpha, -1) if x.ndim == 2 else alpha
    constant = F.gammaln(F.sum(alpha)) - F.sum(F.gammaln(alpha))
    return F.sum(F.xlogy(powers - 1, x), axis=0) + constant


@composite(
    category="probability",
    arrays=2,
    method=False,
    examples=("dirichlet_pdf(softmax(v), exp(w))",),
)
def dirichlet_pdf(x: Node, alpha: Node) -> Node:
    """Dirichlet density of x, whose first axis has the components."""
    return F.exp(F.dirichlet_logpdf(x, alpha))


def _covariance(cov: Node, n: int) -> Node:
    """A number stands for a multiple of the identity, a vector for a diagonal.

    Of a matrix the symmetric part counts, so that second derivatives are those on symmetric ones.
    """
    if cov.ndim == 2:
        return 0.5 * (cov + F.matrix_transpose(cov))
    return F.diag(F.broadcast_to(cov, (n,)))


@composite(
    category="probability",
    arrays=3,
    method=False,
    examples=(
        "multivariate_normal_logpdf(v, w, S)",
        "multivariate_normal_logpdf(A, w, S)",
        "multivariate_normal_logpdf(v, cov=s)",
    ),
)
def multivariate_normal_logpdf(x: Node, mean: Node | float = 0.0, cov: Node | float = 1.0) -> Node:
    """Logarithm of the normal density of vectors along the last axis of x."""
    if x.ndim not in (1, 2):
        raise DiffcliError("shape", f"x must be a vector or a matrix of them, not {x.shape}")
    n = x.shape[-1]
    covariance = _covariance(lift(cov), n)
    away = x - mean
    # one column for each vector
    columns = F.matrix_transpose(away) if away.ndim == 2 else F.expand_dims(away, -1)
    distance = F.sum(columns * F.solve(covariance, columns), axis=0)
    distance = distance if away.ndim == 2 else distance[0]
    return -0.5 * (distance + F.logdet(covariance) + n * LOG_2PI)


@composite(
    category="probability",
    arrays=3,
    method=False,
    examples=("multivariate_normal_pdf(v, w, S)",),
)
def multivariate_normal_pdf(x: Node, mean: Node | float = 0.0, cov: Node | float = 1.0) -> Node:
    """Normal density of vectors along the last axis of x."""
    return F.exp(F.multivariate_normal_logpdf(x, mean, cov))


@composite(
    category="probability",
    arrays=2,
    method=False,
    examples=("multivariate_normal_entropy(w, S)",),
)
def multivariate_normal_entropy(mean: Node, cov: Node) -> Node:
    """Entropy of a normal distribution of vectors, in nats."""
    n = mean.shape[-1]
    return 0.5 * (F.logdet(_covariance(cov, n)) + n * (1 + LOG_2PI))
