"""Rows of seeded random numbers beyond normal and uniform ones, with derivatives by parameters."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node
from diffcli.graph.shapes import broadcast, shape_tuple
from diffcli.ops.constructors import MADE, _array, _integer, _shape, _size
from diffcli.ops.kinds import composite
from diffcli.ops.known import known
from diffcli.ops.table import F, lift


def _generator(seed: Any) -> np.random.Generator:
    n = _integer(seed, "a seed")
    if not 0 <= n < 2**64:
        raise DiffcliError("bad-argument", "a seed is an integer from 0 to 2**64 - 1")
    return np.random.Generator(np.random.PCG64(n))


def _standard(name: str, shape: Any, seed: Any) -> Node:
    generator, size = _generator(seed), _shape((shape,))
    draws = np.asarray(getattr(generator, name)(size=size))
    scale = "1.0" if name == "exponential" else "0.0, 1.0"
    return _array(draws, f"{name}({scale}, {size}, seed={seed})")


def _sizes(size: Any, *parameters: Node) -> Any:
    return broadcast(*(p.shape for p in parameters)) if size is None else shape_tuple(size)


@composite(examples=("exponential(p, seed=1)", "exponential(2.0, (2, 3)) * x"), **MADE)
def exponential(scale: Any = 1.0, size: Any = None, seed: Any = 0) -> Node:
    """Exponential random numbers: scale times NumPy's default_rng(seed).exponential(1, size)."""
    a = lift(scale)
    draws = _standard("exponential", _sizes(size, a), seed)
    return draws if _is(scale, 1) else a * draws


def _is(value: Any, number: float) -> bool:
    return isinstance(value, int | float) and value == number


def _located(name: str, loc: Any, scale: Any, size: Any, seed: Any) -> Node:
    a, b = lift(loc), lift(scale)
    draws = _standard(name, _sizes(size, a, b), seed)
    return draws if _is(loc, 0) and _is(scale, 1) else a + b * draws


@composite(examples=("gumbel(x, p, seed=1)", "gumbel(s, 2.0, (2, 3)) * x"), **MADE)
def gumbel(loc: Any = 0.0, scale: Any = 1.0, size: Any = None, seed: Any = 0) -> Node:
    """Gumbel random numbers: loc + scale times NumPy's default_rng(seed).gumbel(0, 1, size)."""
    return _located("gumbel", loc, scale, size, seed)


@composite(examples=("laplace(x, p, seed=1)", "laplace(s, 2.0, (2, 3)) * x"), **MADE)
def laplace(loc: Any = 0.0, scale: Any = 1.0, size: Any = None, seed: Any = 0) -> Node:
    """Laplace random numbers: loc + scale times NumPy's default_rng(seed).laplace(0, 1, size)."""
    return _located("laplace", loc, scale, size, seed)


@composite(examples=("logistic(x, p, seed=1)", "logistic(s, 2.0, (2, 3)) * x"), **MADE)
def logistic(loc: Any = 0.0, scale: Any = 1.0, size: Any = None, seed: Any = 0) -> Node:
    """Logistic random numbers: loc + scale times NumPy's default_rng(seed).logistic(0, 1, size)."""
    return _located("logistic", loc, scale, size, seed)


@composite(examples=("permutation(3, seed=1) * v", "permutation(x, seed=1)"), **MADE)
def permutation(x: Any, seed: Any = 0) -> Node:
    """The integers below x, or the rows of x, in the order of default_rng(seed).permutation."""
    if isinstance(x, Node) and x.ndim:
        return F.take(x, lift(_generator(seed).permutation(x.shape[0])), 0)
    n = _size(x)
    return _array(_generator(seed).permutation(n), f"permutation({n}, seed={seed})")


@composite(examples=("choice(v, (2, 3), seed=1)", "choice(5, 3, replace=False) * v"), **MADE)
def choice(x: Any, size: Any = (), replace: bool = True, p: Any = None, seed: Any = 0) -> Node:
    """Elements of a vector (or integers below x) at default_rng(seed).choice places."""
    pool = lift(x) if isinstance(x, Node | list | tuple) else None
    n = pool.shape[0] if pool is not None and pool.ndim else _size(x)
    odds = None if p is None else known(lift(p), "the probabilities of choice must be known")
    where = _generator(seed).choice(n, _shape((size,)), replace, odds)
    places = lift(np.asarray(where))
    return F.take(pool, places, 0) if pool is not None and pool.ndim else places


@composite(examples=("bernoulli(0.3, (2, 3), seed=1) * x",), **MADE)
def bernoulli(p: Any, size: Any = None, seed: Any = 0) -> Node:
    """1 with probability p and 0 otherwise: rand(size, seed) < p, without derivative in p."""
    a = lift(p)
    return F.astype(F.less(F.rand(_sizes(size, a), seed=seed), a), "float64")


@composite(examples=("multivariate_normal(v, A @ conj(A).T, seed=1)",), **MADE)
def multivariate_normal(mean: Any, cov: Any, size: Any = (), seed: Any = 0) -> Node:
    """Normal random vectors mean + randn(size, n) @ cholesky(cov).T."""
    centre, matrix = lift(mean), lift(cov)
    draws = F.randn((*shape_tuple(size), matrix.shape[-1]), seed=seed)
    return centre + F.matmul(draws, F.matrix_transpose(F.cholesky(matrix)))


@composite(examples=("truncated_normal(u - 1, u + 1, seed=1)",), **MADE)
def truncated_normal(lower: Any, upper: Any, size: Any = None, seed: Any = 0) -> Node:
    """Standard normal random numbers between two bounds, by inversion of rand(size, seed)."""
    a, b = lift(lower), lift(upper)
    low, high = F.ndtr(a), F.ndtr(b)
    return F.ndtri(low + (high - low) * F.rand(_sizes(size, a, b), seed=seed))
