"""Rows of polynomials, whose coefficients are those of the highest power first."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node
from diffcli.graph.shapes import show, whole
from diffcli.ops.kinds import composite
from diffcli.ops.table import F, lift

POLYNOMIAL: dict[str, Any] = {"category": "polynomial", "method": False}


def _coefficients(p: Node) -> Node:
    if p.ndim > 1:
        raise DiffcliError("shape", f"a polynomial is a vector, not of shape {show(p.shape)}")
    return F.ravel(p)


def _order(m: int) -> int:
    if not 0 <= whole(m, "an order") <= 1000:  # each is a step of the graph
        raise DiffcliError("bad-argument", f"an order is an integer from 0 to 1000, not {m}")
    return m


@composite(arrays=2, examples=("polyval(v, x)", "polyval([1, 2, 3], x)"), **POLYNOMIAL)
def polyval(p: Node, x: Node) -> Node:
    """Value of a polynomial at x by Horner's rule; p has the highest power first."""
    p = _coefficients(p)
    y: Node = F.zeros_like(x) * 0 if p.size == 0 else F.zeros_like(x) + p[0]
    for k in range(1, p.size):
        y = y * x + p[k]
    return y


@composite(examples=("polyder(v)", "polyder(v, 2)"), **POLYNOMIAL)
def polyder(p: Node, m: int = 1) -> Node:
    """Coefficients of the m-th derivative of a polynomial."""
    p = _coefficients(p)
    for _ in range(min(_order(m), p.size)):
        powers = np.arange(p.size - 1, 0, -1.0)
        p = p[:-1] * lift(powers.astype(p.dtype) if p.dtype.kind == "f" else powers)
    return p


@composite(examples=("polyint(v)", "polyint(v, 2, k=s)"), **POLYNOMIAL)
def polyint(p: Node, m: int = 1, k: Any = 0) -> Node:
    """Coefficients of the m-th antiderivative of a polynomial, with the constants k."""
    p, constants = _coefficients(p), F.ravel(lift(k))
    m = _order(m)
    if constants.size not in (1, m):
        raise DiffcliError("bad-argument", f"polyint needs 1 or {m} constants")
    for i in range(m):
        powers = np.arange(p.size, 0, -1.0)
        p = p / lift(powers.astype(p.dtype) if p.dtype.kind == "f" else powers)
        c = constants[i if constants.size > 1 else 0]
        p = F.concatenate([p, F.reshape(F.astype(c, p.dtype) if c.dtype != p.dtype else c, 1)])
    return p


@composite(arrays=2, examples=("polyadd(v, x[0, :2])",), **POLYNOMIAL)
def polyadd(p: Node, q: Node) -> Node:
    """Coefficients of the sum of two polynomials."""
    p, q = _coefficients(p), _coefficients(q)
    n = max(p.size, q.size)
    return F.zero_pad(p, ((n - p.size, 0),)) + F.zero_pad(q, ((n - q.size, 0),))


@composite(arrays=2, examples=("polymul(v, x[0, :2])",), **POLYNOMIAL)
def polymul(p: Node, q: Node) -> Node:
    """Coefficients of the product of two polynomials."""
    return F.convolve(_coefficients(p), _coefficients(q))


@composite(examples=("poly(v)",), **POLYNOMIAL)
def poly(x: Node) -> Node:
    """Coefficients of the polynomial with the given roots."""
    roots = _coefficients(x)
    p: Node = F.ones_like(roots[:1]) if roots.size else F.ones(1)
    for k in range(roots.size):
        factor = F.concatenate([F.ones_like(roots[:1]), -roots[k : k + 1]])
        p = F.convolve(p, factor)
    return p


@composite(arrays=2, examples=("polyfit(v, w, 1)", "polyfit(cumsum(p[0]), w, 2)"), **POLYNOMIAL)
def polyfit(x: Node, y: Node, deg: int) -> Node:
    """Coefficients of the polynomial of a degree that fits samples with the least squares."""
    if x.ndim != 1 or y.shape[:1] != x.shape:
        raise DiffcliError("shape", "polyfit takes places and as many samples")
    columns = F.vander(x, deg + 1)
    # columns of length 1, as NumPy scales them
    size = F.norm(columns, axis=0)
    fit = F.lstsq(columns / size, y)
    fit = fit[0] if isinstance(fit, list | tuple) else fit
    return fit / (size if y.ndim == 1 else F.expand_dims(size, 1))


@composite(examples=("roots([1.0, 0, -2])", "roots(p[0] - [0, 0, 4])"), **POLYNOMIAL)
def roots(p: Node) -> Node:
    """Roots of a polynomial with the highest power first, which must not be 0: eigenvalues of its
    companion matrix."""
    p = _coefficients(p)
    n = p.size - 1
    if n < 1:
        return F.zeros(0, dtype="complex128")
    top = F.reshape(-p[1:] / p[0], (1, n))
    return F.eigvals(F.concatenate([top, F.astype(F.eye(n - 1, n), top.dtype)], 0))
