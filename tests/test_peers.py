"""The same expressions in PyTorch: values, pullbacks and second derivatives, and points at edges.

Each row of a table is an expression and the same function over tensors, which takes the variables
in the order in which the expression first names them. A row of EDGES states what happens at a kink,
a tie, a zero or an infinity, what PyTorch answers there, and why the two differ where they do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from math import exp, inf, log, log1p, nan, pi
from typing import Any, NamedTuple

import numpy as np
import pytest

import diffcli
from tests.samples import VARIABLES

torch = pytest.importorskip("torch")
fn, sp, la = torch.nn.functional, torch.special, torch.linalg

Rows = dict[str, Callable[..., Any]]

ELEMENTWISE: Rows = {
    "x + v": torch.add,
    "x - s": torch.sub,
    "x * v": torch.mul,
    "x / p": torch.div,
    "-x": torch.neg,
    "+x": torch.positive,
    "reciprocal(p)": torch.reciprocal,
    "square(x)": torch.square,
    "p ** x": torch.pow,
    "x ** 3": lambda x: x**3,
    "x ** -2": lambda x: x**-2,
    "p ** 0.7": lambda p: p**0.7,
    "2.5 ** x": lambda x: 2.5**x,
    "sqrt(p)": torch.sqrt,
    "cbrt(p)": lambda p: p ** (1 / 3),
    "rsqrt(p)": torch.rsqrt,
    "hypot(x, y)": torch.hypot,
    "abs(x)": torch.abs,
    "sign(x) * y": lambda x, y: torch.sign(x) * y,
    "floor(3 * x) * y": lambda x, y: torch.floor(3 * x) * y,
    "ceil(3 * x) * y": lambda x, y: torch.ceil(3 * x) * y,
    "trunc(3 * x) * y": lambda x, y: torch.trunc(3 * x) * y,
    "rint(3 * x) * y": lambda x, y: torch.round(3 * x) * y,
    "round(x, decimals=1) * y": lambda x, y: torch.round(x, decimals=1) * y,
    "frac(3 * x)": lambda x: torch.frac(3 * x),
    "floor_divide(x, p) * y": lambda x, p, y: torch.floor(x / p) * y,
    "mod(x, 0.4 * p)": lambda x, p: torch.remainder(x, 0.4 * p),
    "fmod(x, 0.4 * p)": lambda x, p: torch.fmod(x, 0.4 * p),
    "copysign(x, y)": torch.copysign,
    "where(x > y, x * y, y)": lambda x, y: torch.where(x > y, x * y, y),
    "s * t if s > 0 else t": lambda s, t: s * t if s > 0 else t,
    "maximum(x, y)": torch.maximum,
    "minimum(x, y)": torch.minimum,
    "fmax(x, y)": torch.fmax,
    "fmin(x, y)": torch.fmin,
    "clip(x, -0.5, 0.5)": lambda x: torch.clip(x, -0.5, 0.5),
    "clip(x, u, p)": torch.clip,
    "exp(x)": torch.exp,
    "exp2(x)": torch.exp2,
    "expm1(x)": torch.expm1,
    "log(p)": torch.log,
    "log2(p)": torch.log2,
    "log10(p)": torch.log10,
    "log1p(p)": torch.log1p,
    "logaddexp(x, y)": torch.logaddexp,
    "logaddexp2(x, y)": torch.logaddexp2,
    "sin(x)": torch.sin,
    "cos(x)": torch.cos,
    "tan(x)": torch.tan,
    "sec(u)": lambda u: 1 / torch.cos(u),
    "csc(p)": lambda p: 1 / torch.sin(p),
    "cot(p)": lambda p: 1 / torch.tan(p),
    "arcsin(u)": torch.arcsin,
    "arccos(u)": torch.arccos,
    "arctan(x)": torch.arctan,
    "arctan2(x, y)": torch.arctan2,
    "deg2rad(x)": torch.deg2rad,
    "rad2deg(x)": torch.rad2deg,
    "sinc(x)": torch.sinc,
    "sinh(x)": torch.sinh,
    "cosh(x)": torch.cosh,
    "tanh(x)": torch.tanh,
    "sech(x)": lambda x: 1 / torch.cosh(x),
    "arcsinh(x)": torch.arcsinh,
    "arccosh(1 + p)": lambda p: torch.arccosh(1 + p),
    "arctanh(u)": torch.arctanh,
}

ACTIVATIONS: Rows = {
    "sigmoid(x)": torch.sigmoid,
    "softplus(x)": fn.softplus,
    "softplus(x, beta=2)": lambda x: fn.softplus(x, beta=2),
    "log_sigmoid(x)": fn.logsigmoid,
    "silu(x)": fn.silu,
    "gelu(x)": fn.gelu,
    "gelu(x, approximate='tanh')": lambda x: fn.gelu(x, approximate="tanh"),
    "mish(x)": fn.mish,
    "glu(concatenate([x, y]), axis=0)": lambda x, y: fn.glu(torch.cat([x, y]), 0),
    "softsign(x)": fn.softsign,
    "tanhshrink(x)": fn.tanhshrink,
    "relu(x)": torch.relu,
    "leaky_relu(x, 0.2)": lambda x: fn.leaky_relu(x, 0.2),
    "elu(x, 0.5)": lambda x: fn.elu(x, 0.5),
    "selu(x)": fn.selu,
    "celu(x, 0.5)": lambda x: fn.celu(x, 0.5),
    "hardtanh(x)": fn.hardtanh,
    "relu6(4 * x)": lambda x: fn.relu6(4 * x),
    "hard_sigmoid(3 * x)": lambda x: fn.relu6(3 * x + 3) / 6,
    "hardswish(3 * x)": lambda x: fn.hardswish(3 * x),
    "softshrink(x, 0.1)": lambda x: fn.softshrink(x, 0.1),
    "hardshrink(x, 0.1)": lambda x: fn.hardshrink(x, 0.1),
    "threshold(x, 0.1, 2.0)": lambda x: fn.threshold(x, 0.1, 2.0),
    "softmax(x)": lambda x: torch.softmax(x, -1),
    "softmax(x, axis=0)": lambda x: torch.softmax(x, 0),
    "log_softmax(x, axis=1)": lambda x: torch.log_softmax(x, 1),
    "softmin(x, axis=0)": lambda x: fn.softmin(x, 0),
    "logsumexp(x)": lambda x: torch.logsumexp(x, (0, 1)),
    "logsumexp(x, axis=1, keepdims=True)": lambda x: torch.logsumexp(x, 1, True),
}

SPECIAL: Rows = {
    "erf(x)": sp.erf,
    "erfc(x)": sp.erfc,
    "erfcx(x)": sp.erfcx,
    "erfinv(u)": sp.erfinv,
    "erfcinv(0.9 + u)": lambda u: sp.erfinv(0.1 - u),
    "ndtr(x)": sp.ndtr,
    "log_ndtr(x)": sp.log_ndtr,
    "ndtri(0.5 + u / 2)": lambda u: sp.ndtri(0.5 + u / 2),
    "polygamma(2, p)": lambda p: sp.polygamma(2, p),
    "xlogy(x, p)": sp.xlogy,
    "xlog1py(x, p)": sp.xlog1py,
    "entr(p)": sp.entr,
    "logit(0.5 + u / 2)": lambda u: sp.logit(0.5 + u / 2),
    "i0(x)": sp.i0,
    "i1(x)": sp.i1,
    "i0e(x)": sp.i0e,
    "i1e(x)": sp.i1e,
}

REDUCTIONS: Rows = {
    "sum(x)": torch.sum,
    "sum(B, axis=(0, -1), keepdims=True)": lambda b: b.sum((0, -1), True),
    "mean(x, axis=0)": lambda x: x.mean(0),
    "average(x, weights=p, axis=1)": lambda x, p: (x * p).sum(1) / p.sum(1),
    "prod(x)": torch.prod,
    "prod(x, axis=1)": lambda x: x.prod(1),
    "var(x)": lambda x: x.var(correction=0),
    "var(x, axis=1, ddof=1, keepdims=True)": lambda x: x.var(1, keepdim=True),
    "std(x, axis=1)": lambda x: x.std(1, correction=0),
    "torch.std(x, dim=1)": lambda x: torch.std(x, dim=1),
    "torch.var(x, 1, unbiased=False)": lambda x: torch.var(x, 1, unbiased=False),
    "max(x)": torch.amax,
    "min(x, axis=0)": lambda x: x.amin(0),
    "ptp(x, axis=1)": lambda x: x.amax(1) - x.amin(1),
    "norm(x)": la.norm,
    "norm(x, axis=0)": lambda x: la.norm(x, dim=0),
    "norm(A, 'fro')": lambda a: la.norm(a, "fro"),
    "norm(x, 1, axis=1)": lambda x: la.norm(x, 1, 1),
    "norm(x, inf, axis=1)": lambda x: la.norm(x, inf, 1),
    "norm(x, -inf, axis=0)": lambda x: la.norm(x, -inf, 0),
    "norm(x, 3, axis=1)": lambda x: la.norm(x, 3, 1),
    "norm(x, 0.5, axis=0)": lambda x: la.norm(x, 0.5, 0),
    "torch.linalg.norm(A, 2)": lambda a: la.norm(a, 2),
    "torch.linalg.norm(x, -2)": lambda x: la.norm(x, -2),
    "torch.linalg.norm(x, 1)": lambda x: la.norm(x, 1),
    "torch.linalg.norm(A, -1)": lambda a: la.norm(a, -1),
    "torch.linalg.norm(x, inf)": lambda x: la.norm(x, inf),
    "torch.linalg.norm(A, -inf)": lambda a: la.norm(a, -inf),
    "torch.linalg.norm(x, 'nuc')": lambda x: la.norm(x, "nuc"),
    "torch.linalg.norm(A, 'fro')": lambda a: la.norm(a, "fro"),
    "cumsum(x)": lambda x: x.flatten().cumsum(0),
    "cumsum(x, axis=0)": lambda x: x.cumsum(0),
    "cumprod(x)": lambda x: x.flatten().cumprod(0),
    "cumprod(x, axis=1)": lambda x: x.cumprod(1),
    "diff(x, axis=0)": lambda x: x.diff(dim=0),
    "diff(v, 2)": lambda v: v.diff(2),
}

SHAPING: Rows = {
    "x.reshape(3, -1)": lambda x: x.reshape(3, -1),
    "x.T": lambda x: x.T,
    "transpose(B, (2, 0, 1))": lambda b: b.permute(2, 0, 1),
    "torch.transpose(B, 0, 2)": lambda b: torch.transpose(b, 0, 2),
    "B.mT": lambda b: b.mT,
    "broadcast_to(v, (4, 3))": lambda v: v.expand(4, 3),
    "v.expand(2, -1)": lambda v: v.expand(2, -1),
    "flatten(B, 1)": lambda b: b.flatten(1),
    "expand_dims(x, (0, 2))": lambda x: x[None, :, None],
    "squeeze(x[:1])": lambda x: x[:1].squeeze(),
    "swapaxes(B, 0, 2)": lambda b: b.swapaxes(0, 2),
    "moveaxis(B, 0, -1)": lambda b: b.moveaxis(0, -1),
    "flip(x)": lambda x: x.flip(0, 1),
    "fliplr(x)": torch.fliplr,
    "flipud(x)": torch.flipud,
    "roll(x, 2)": lambda x: x.roll(2),
    "roll(x, (1, -1), axis=(0, 1))": lambda x: x.roll((1, -1), (0, 1)),
    "concatenate([x, y], axis=1)": lambda x, y: torch.cat([x, y], 1),
    "stack([x, y], axis=-1)": lambda x, y: torch.stack([x, y], -1),
    "vstack([v, x])": lambda v, x: torch.vstack([v, x]),
    "hstack([v, w])": lambda v, w: torch.hstack([v, w]),
    "split(x, [1, 2], axis=1)[1]": lambda x: torch.tensor_split(x, [1, 2], 1)[1],
    "tile(v, (2, 2))": lambda v: v.tile(2, 2),
    "repeat(x, [1, 0, 2], axis=1)": lambda x: x.repeat_interleave(torch.tensor([1, 0, 2]), 1),
    "pad(x, ((1, 0), (0, 2)), constant_values=3)": lambda x: fn.pad(x, (0, 2, 1, 0), value=3),
    "pad(v, (1, 2), mode='edge')": lambda v: fn.pad(v[None], (1, 2), mode="replicate")[0],
    "pad(v, (1, 2), mode='reflect')": lambda v: fn.pad(v[None], (1, 2), mode="reflect")[0],
    "pad(v, (1, 2), mode='wrap')": lambda v: fn.pad(v[None], (1, 2), mode="circular")[0],
    "diagonal(x, 1)": lambda x: x.diagonal(1),
    "diagonal(B, 0, 1, 2)": lambda b: b.diagonal(0, 1, 2),
    "diag_embed(x, -1)": lambda x: x.diag_embed(-1),
    "diag(v, 1)": lambda v: v.diag(1),
    "trace(A)": torch.trace,
    "tril(B, -1)": lambda b: b.tril(-1),
    "triu(x, 1)": lambda x: x.triu(1),
    "linspace(s, t, 5)": lambda s, t: s + (t - s) * torch.linspace(0, 1, 5, dtype=s.dtype),
    "vander(v)": lambda v: torch.stack([v * v, v, torch.ones_like(v)], 1),
    "meshgrid(v, w)[0]": lambda v, w: v * torch.ones_like(w)[:, None],
    "meshgrid(v, w, indexing='ij')[0]": lambda v, w: v[:, None] * torch.ones_like(w),
    "array([s, t, 2.0]) * v": lambda s, t, v: torch.stack([s, t, 0 * s + 2]) * v,
}

INDEXING: Rows = {
    "x[1]": lambda x: x[1],
    "x[:, ::2]": lambda x: x[:, ::2],
    "x[..., None, -1]": lambda x: x[..., None, -1],
    "x[::-1]": lambda x: x.flip(0),
    "x[[0, 1, 1], [2, 0, 0]]": lambda x: x[[0, 1, 1], [2, 0, 0]],
    "B[:, [0, 0, 2], 1]": lambda b: b[:, [0, 0, 2], 1],
    "B[0, :, [0, 2]]": lambda b: b[0][:, [0, 2]].T,  # NumPy puts the list's axis first
    "x[x > 0]": lambda x: x[x > 0],
    "take(x, [0, 2, 2], axis=1)": lambda x: x[:, [0, 2, 2]],
    "take(x, [5, 0])": lambda x: x.take(torch.tensor([5, 0])),
    "take_along_axis(x, argsort(y, axis=1), axis=1)": lambda x, y: x.gather(1, y.argsort(1)),
    "index_update(x, (0, slice(1, 3)), v[:2])": lambda x, v: torch.cat(
        [torch.cat([x[:1, :1], v[None, :2]], 1), x[1:]]
    ),
    "index_add(x, ([0, 0], [1, 1]), v[:2])": lambda x, v: x.index_put(
        (torch.tensor([0, 0]), torch.tensor([1, 1])), v[:2], accumulate=True
    ),
    "add_at(v, [0, 2, 2], shape=(4,))": lambda v: v.new_zeros(4).index_add(
        0, torch.tensor([0, 2, 2]), v
    ),
    "sort(x, axis=0)": lambda x: x.sort(0)[0],
}

CONTRACTIONS: Rows = {
    "x @ y.T": lambda x, y: x @ y.T,
    "A @ v": torch.matmul,
    "v @ A": torch.matmul,
    "v @ w": torch.matmul,
    "B @ v": torch.matmul,
    "B @ A": torch.matmul,
    "matmul(x, B)": torch.matmul,
    "matvec(B, x)": lambda b, x: (b @ x[..., None])[..., 0],
    "vecmat(x, B)": lambda x, b: (x[:, None] @ b)[:, 0],
    "vecdot(x, y, axis=0)": lambda x, y: la.vecdot(x, y, dim=0),
    "multi_dot([x, A, C, w])": lambda x, a, c, w: la.multi_dot([x, a, c, w]),
    "einsum('ij,kj->ik', x, y)": lambda x, y: torch.einsum("ij,kj->ik", x, y),
    "einsum('ii', A)": lambda a: torch.einsum("ii", a),
    "einsum('...ij,j->...i', B, v)": lambda b, v: torch.einsum("...ij,j->...i", b, v),
    "einsum('bij,bjk,k->bi', B, B, w)": lambda b, w: torch.einsum("bij,bjk,k->bi", b, b, w),
    "einsum('ij->j', x)": lambda x: torch.einsum("ij->j", x),
    "einsum('ij,kl->iljk', x, A)": lambda x, a: torch.einsum("ij,kl->iljk", x, a),
    "dot(x, v)": torch.matmul,
    "vdot(x, y)": lambda x, y: torch.vdot(x.flatten(), y.flatten()),
    "inner(x, y)": torch.inner,
    "outer(v, w)": torch.outer,
    "tensordot(x, y, axes=([1], [1]))": lambda x, y: torch.tensordot(x, y, ([1], [1])),
    "tensordot(B, A)": torch.tensordot,
    "tensordot(v, w, 0)": lambda v, w: torch.tensordot(v, w, 0),
    "kron(x, A)": torch.kron,
    "cross(x, v)": lambda x, v: la.cross(x, v[None]),
}

LINEAR_ALGEBRA: Rows = {
    "det(A)": la.det,
    "det(B)": la.det,
    "det(kron(A[:2, :2], C[:2, :2]))": lambda a, c: la.det(torch.kron(a[:2, :2], c[:2, :2])),
    "cofactor(A)": lambda a: la.det(a) * la.inv(a).T,
    "slogdet(B)[1]": lambda b: la.slogdet(b)[1],
    "slogdet(A)[0] * s": lambda a, s: la.slogdet(a)[0] * s,
    "logdet(A @ A.T)": lambda a: torch.logdet(a @ a.T),
    "inv(B)": la.inv,
    "solve(A, v)": la.solve,
    "solve(B, v)": lambda b, v: la.solve(b, v.expand(2, 3)),
    "solve(A, B)": la.solve,
    "solve_triangular(A, C)": lambda a, c: la.solve_triangular(a, c, upper=True),
    "solve_triangular(A, C, lower=True)": lambda a, c: la.solve_triangular(a, c, upper=False),
    "solve_triangular(A, v, trans=1, unit_diagonal=True)": lambda a, v: la.solve_triangular(
        a.T, v[:, None], upper=False, unitriangular=True
    )[:, 0],
    "matrix_power(A, 3)": lambda a: la.matrix_power(a, 3),
    "matrix_power(B, -2)": lambda b: la.matrix_power(b, -2),
    "cholesky(A @ A.T)": lambda a: la.cholesky(a @ a.T),
    "cholesky(S)": la.cholesky,
    "cholesky(B @ B.mT, upper=True)": lambda b: la.cholesky(b @ b.mT, upper=True),
}

MODELS: Rows = {
    "tanh(A @ v + w) @ C": lambda a, v, w, c: torch.tanh(a @ v + w) @ c,
    "-sum(log_softmax(x @ A)[[0, 1], [2, 0]])": lambda x, a: fn.cross_entropy(
        x @ a, torch.tensor([2, 0]), reduction="sum"
    ),
    "(x - mean(x, -1, True)) / sqrt(var(x, -1, 0, True) + 1e-5)": lambda x: fn.layer_norm(x, (3,)),
    "softmax(x @ A @ y.T / sqrt(3)) @ y": lambda x, a, y: fn.scaled_dot_product_attention(
        x @ a, y, y
    ),
    "v @ solve(S, v) + logdet(S)": lambda v, s: v @ la.solve(s, v) + torch.logdet(s),
    "vdot(v, w) / (norm(v) * norm(w))": lambda v, w: torch.cosine_similarity(v, w, 0),
    "sum((x - 2 * y.T[:, 1][:2][:, None]) ** 2, axis=0)": lambda x, y: (
        (x - 2 * y.T[:, 1][:2][:, None]) ** 2
    ).sum(0),
}

REAL = {
    **ELEMENTWISE,
    **ACTIVATIONS,
    **SPECIAL,
    **REDUCTIONS,
    **SHAPING,
    **INDEXING,
    **CONTRACTIONS,
    **LINEAR_ALGEBRA,
    **MODELS,
}

FIRST_ORDER: Rows = {  # PyTorch's trigamma, which is in their Hessians, has only 9 digits
    "gammaln(p)": sp.gammaln,
    "gamma(p)": lambda p: torch.exp(sp.gammaln(p)),
    "beta(p, q)": lambda p, q: torch.exp(sp.gammaln(p) + sp.gammaln(q) - sp.gammaln(p + q)),
    "betaln(p, q)": lambda p, q: sp.gammaln(p) + sp.gammaln(q) - sp.gammaln(p + q),
}

VALUES: Rows = {
    "digamma(p)": sp.digamma,
    "j0(x)": sp.bessel_j0,
    "j1(x)": sp.bessel_j1,
    "heaviside(x, y)": torch.heaviside,
    "argmax(x)": torch.argmax,
    "argmin(x, axis=1)": lambda x: x.argmin(1),
    "argsort(x, axis=0)": lambda x: x.argsort(0),
    "count_nonzero(trunc(2 * x), axis=1)": lambda x: (2 * x).trunc().count_nonzero(1),
    "any(x > 1, axis=1)": lambda x: (x > 1).any(1),
    "all(x < 1, axis=0)": lambda x: (x < 1).all(0),
    "(x > 0) & ~(y >= 0) | (x == y)": lambda x, y: (x > 0) & ~(y >= 0) | (x == y),
    "logical_xor(x > 0, y > 0)": lambda x, y: torch.logical_xor(x > 0, y > 0),
    "isclose(x, x + 1e-9)": lambda x: torch.isclose(x, x + 1e-9),
    "norm(rint(x), 0, axis=1)": lambda x: la.norm(x.round(), 0, 1),
}

# ----- complex numbers ----------------------------------------------------------------------------

_rng = np.random.Generator(np.random.PCG64(11))


def _complex(*shape: int) -> np.ndarray:
    return _rng.normal(size=shape) + 1j * _rng.normal(size=shape)


COMPLEX = {"c": _complex(2, 3), "d": _complex(2, 3), "f": _complex(3), "M": _complex(3, 3)}

HOLOMORPHIC: Rows = {
    "c + x": torch.add,
    "c - d": torch.sub,
    "x * c": torch.mul,
    "c / d": torch.div,
    "1 / c": torch.reciprocal,
    "square(c)": torch.square,
    "c ** 3": lambda c: c**3,
    "c ** -1.5": lambda c: c**-1.5,
    "c ** d": torch.pow,
    "p ** c": torch.pow,
    "2 ** c": lambda c: 2**c,
    "sqrt(c)": torch.sqrt,
    "rsqrt(c)": torch.rsqrt,
    "exp(c)": torch.exp,
    "exp2(c)": torch.exp2,
    "expm1(c)": torch.expm1,
    "log(c)": torch.log,
    "log2(c)": torch.log2,
    "log10(c)": torch.log10,
    "log1p(c)": torch.log1p,
    "sin(c)": torch.sin,
    "cos(c)": torch.cos,
    "tan(c)": torch.tan,
    "arcsin(c)": torch.arcsin,
    "arccos(c)": torch.arccos,
    "arctan(c)": torch.arctan,
    "sinc(c)": torch.sinc,
    "sinh(c)": torch.sinh,
    "cosh(c)": torch.cosh,
    "tanh(c)": torch.tanh,
    "arcsinh(c)": torch.arcsinh,
    "arccosh(c)": torch.arccosh,
    "arctanh(c)": torch.arctanh,
    "sigmoid(c)": torch.sigmoid,
    "silu(c)": lambda c: c * torch.sigmoid(c),
    "sum(c, axis=0)": lambda c: c.sum(0),
    "mean(c)": torch.mean,
    "prod(c, axis=1)": lambda c: c.prod(1),
    "cumsum(c, axis=1)": lambda c: c.cumsum(1),
    "cumprod(c, axis=1)": lambda c: c.cumprod(1),
    "c[[0, 1, 1], [2, 0, 0]]": lambda c: c[[0, 1, 1], [2, 0, 0]],
    "concatenate([c, x])": lambda c, x: torch.cat([c, x.to(c.dtype)]),
    "where(x > 0, c, d)": lambda x, c, d: torch.where(x > 0, c, d),
    "triu(M)": torch.triu,
    "c @ d.T": lambda c, d: c @ d.T,
    "x @ M": lambda x, m: x.to(m.dtype) @ m,
    "einsum('ij,kj->ik', c, M)": lambda c, m: torch.einsum("ij,kj->ik", c, m),
    "tensordot(c, d, 2)": lambda c, d: torch.tensordot(c, d, 2),
    "kron(c, M)": torch.kron,
    "outer(f, f)": lambda f: torch.outer(f, f),
    "det(M)": la.det,
    "inv(M)": la.inv,
    "solve(M, f)": la.solve,
    "solve_triangular(M, c.T)": lambda m, c: la.solve_triangular(m, c.T, upper=True),
    "matrix_power(M, -2)": lambda m: la.matrix_power(m, -2),
}

NOT_HOLOMORPHIC: Rows = {
    "abs(c)": torch.abs,
    "abs(c) ** 2": lambda c: c.abs() ** 2,
    "real(c)": torch.real,
    "imag(c)": torch.imag,
    "conj(c) * d": lambda c, d: c.conj() * d,
    "angle(c)": torch.angle,
    "sign(c)": torch.sgn,
    "softsign(c)": lambda c: c / (1 + c.abs()),
    "real(exp(1j * x))": lambda x: torch.exp(1j * x).real,
    "abs(x + 1j * y)": lambda x, y: torch.complex(x, y).abs(),
    "M.mH @ M": lambda m: m.mH @ m,
    "vdot(c, d)": lambda c, d: torch.vdot(c.flatten(), d.flatten()),
    "vecdot(c, d)": la.vecdot,
    "norm(c)": la.norm,
    "norm(c, 1, axis=1)": lambda c: la.norm(c, 1, 1),
    "norm(c, inf, axis=1)": lambda c: la.norm(c, inf, 1),
    "norm(c, 3, axis=0)": lambda c: la.norm(c, 3, 0),
    "var(c, axis=1)": lambda c: c.var(1, correction=0),
    "std(c, axis=1, ddof=1)": lambda c: c.std(1),
    "slogdet(M)[0]": lambda m: la.slogdet(m)[0],
    "slogdet(M)[1]": lambda m: la.slogdet(m)[1],
    "cholesky(M @ M.mH)": lambda m: la.cholesky(m @ m.mH),
    "logsumexp(abs(c), axis=0)": lambda c: c.abs().logsumexp(0),
}

POINTS = {**VARIABLES, **COMPLEX}


def values_of(expr: str) -> dict[str, np.ndarray]:
    """Values of the expression's variables, in the order in which the text first has them."""
    return {n: POINTS[n] for n in re.findall(r"\b[a-zA-Z]\b", expr) if n in POINTS}


def tensors(arrays: Iterable[Any]) -> list[Any]:
    """Leaves of a PyTorch graph with the values of arrays."""
    return [torch.tensor(np.asarray(x), requires_grad=True) for x in arrays]


def weights(y: np.ndarray) -> np.ndarray:
    """A cotangent for y without symmetries."""
    k = np.arange(1.0, y.size + 1).reshape(y.shape)
    return np.cos(k) + 1j * np.sin(2 * k) if np.iscomplexobj(y) else np.cos(k)


def assert_close(ours: Any, theirs: Any, what: str) -> None:
    """Equal to 10 digits; a missing derivative is a zero one."""
    if theirs is None:
        assert ours is None or not np.any(ours), what
        return
    theirs = theirs.detach().resolve_conj().numpy()
    ours = np.zeros(theirs.shape) if ours is None else ours
    assert ours.shape == theirs.shape, what
    scale = max(1.0, float(np.max(np.abs(theirs), initial=0)))
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-13 * scale, err_msg=what)


def of_table(table: Rows) -> Any:
    return pytest.mark.parametrize(("expr", "peer"), table.items(), ids=table.keys())


@of_table({**REAL, **FIRST_ORDER, **VALUES, **HOLOMORPHIC, **NOT_HOLOMORPHIC})
def test_value(expr, peer):
    values = values_of(expr)
    assert_close(diffcli.evaluate(expr)(**values), peer(*tensors(values.values())), expr)


@of_table({**REAL, **FIRST_ORDER, **HOLOMORPHIC, **NOT_HOLOMORPHIC})
def test_vjp(expr, peer):
    """The same cotangents, which for complex variables is PyTorch's convention."""
    values = values_of(expr)
    leaves = tensors(values.values())
    y = peer(*leaves)
    v = weights(y.detach().numpy())
    ours = diffcli.vjp(expr)(v, **values)
    theirs = torch.autograd.grad(y, leaves, torch.tensor(v), allow_unused=True)
    for name, gradient in zip(values, theirs, strict=True):
        assert_close(ours[name], gradient, f"d{name}")


@of_table(REAL)
def test_hessian(expr, peer):
    """All second derivatives of a weighted sum of the result."""
    values = values_of(expr)
    leaves = tensors(values.values())
    w = weights(peer(*leaves).detach().numpy())
    ours = diffcli.hessian(f"sum(W * ({expr}))", list(values))(W=w, **values)
    theirs = torch.autograd.functional.hessian(
        lambda *x: torch.sum(torch.tensor(w) * peer(*x)), tuple(leaves)
    )
    for a, row in zip(values, theirs, strict=True):
        for b, block in zip(values, row, strict=True):
            assert_close(ours[a][b], block, f"d{a} d{b}")


@of_table({**HOLOMORPHIC, **NOT_HOLOMORPHIC})
def test_complex_hvp(expr, peer):
    """The Hessian of a real weighted sum, as a map over the reals, in one direction."""
    values = values_of(expr)
    leaves = tensors(values.values())
    y = peer(*leaves)
    w = weights(y.detach().resolve_conj().numpy())
    direction = {n: weights(x)[..., ::-1].copy() for n, x in values.items()}
    ours = diffcli.hvp(f"sum(real(W * ({expr})))", list(values))(direction, W=w, **values)
    loss = torch.sum((torch.tensor(w) * y).real)
    gradients = torch.autograd.grad(loss, leaves, create_graph=True, allow_unused=True)
    curved = [
        (g, torch.tensor(t))
        for g, t in zip(gradients, direction.values(), strict=True)
        if g is not None and g.requires_grad
    ]
    theirs: Iterable[Any] = [None] * len(leaves)
    if curved:
        g, t = zip(*curved, strict=True)
        theirs = torch.autograd.grad(g, leaves, t, allow_unused=True)
    for name, product in zip(values, theirs, strict=True):
        assert_close(ours[name], product, f"d{name}")


# ----- edges --------------------------------------------------------------------------------------


class Edge(NamedTuple):
    """What an expression gives at a point: its value and the gradients of the sum of its elements.

    `theirs` is the same for PyTorch where it is something else, for the reason `why`.
    """

    expr: str
    peer: Callable[..., Any]
    point: tuple[Any, ...]
    ours: tuple[Any, ...]
    theirs: tuple[Any, ...] | None = None
    why: str = ""


DEAD = "a branch that where does not take contributes exactly 0"
LIMIT = "the limit as the infinities are approached along the diagonal"
TAIL = "PyTorch's 1 - y rounds the tail to 0"
SQUARE = "PyTorch squares x, which overflows or underflows"
MINIMAL = "the subgradient of least norm"

FLOOR = 1 / float(np.float32(1e-12))

EDGES = [
    # kinks
    Edge("abs(x)", torch.abs, ([0.0, -0.0, -2.0],), ([0, 0, 2], [0, 0, -1])),
    Edge("sign(x)", torch.sign, ([0.0, 2.0],), ([0, 1], [0, 0])),
    Edge("relu(x)", torch.relu, ([0.0, -1.0, 2.0],), ([0, 0, 2], [0, 0, 1])),
    Edge("leaky_relu(x)", fn.leaky_relu, ([0.0],), ([0], [0.01])),
    Edge("elu(x, 2.0)", lambda x: fn.elu(x, 2.0), ([0.0, 1e3, -1e3],), ([0, 1e3, -2], [2, 1, 0])),
    Edge("clip(x, -1, 1)", lambda x: x.clip(-1, 1), ([-1.0, 1.0, 2.0],), ([-1, 1, 1], [1, 1, 0])),
    Edge("hardtanh(x)", fn.hardtanh, ([-1.0, 0.0, 1.0],), ([-1, 0, 1], [0, 1, 0])),
    Edge("relu6(x)", fn.relu6, ([0.0, 1.0, 6.0],), ([0, 1, 6], [0, 1, 0])),
    Edge("softshrink(x)", fn.softshrink, ([-0.5, 0.0, 0.5],), ([0, 0, 0], [0, 0, 0])),
    Edge("hardshrink(x)", fn.hardshrink, ([-0.5, 0.0, 0.5],), ([0, 0, 0], [0, 0, 0])),
    Edge("threshold(x, 0, 5)", lambda x: fn.threshold(x, 0, 5), ([0.0],), ([5], [0])),
    Edge("softsign(x)", fn.softsign, ([0.0],), ([0], [1])),
    Edge("floor(x)", torch.floor, ([2.0, 2.5],), ([2, 2], [0, 0])),
    Edge("frac(x)", torch.frac, ([2.0, -2.5],), ([0, -0.5], [1, 1])),
    Edge(
        "mod(x, y)",
        torch.remainder,
        ([4.0, -5.0, 5.0], [2.0, 3.0, -3.0]),
        ([0, 1, -1], [1, 1, 1], [-2, 2, 2]),
    ),
    Edge(
        "fmod(x, y)",
        torch.fmod,
        ([4.0, -5.0, 5.0], [2.0, 3.0, -3.0]),
        ([0, -2, 2], [1, 1, 1], [-2, 1, 1]),
    ),
    # ties
    Edge("max(x)", torch.max, ([1.0, 3.0, 3.0],), (3, [0, 0.5, 0.5])),
    Edge("max(x)", torch.amax, ([inf, inf],), (inf, [0.5, 0.5])),
    Edge("min(x)", torch.amin, ([1.0, 1.0, 3.0],), (1, [0.5, 0.5, 0])),
    Edge(
        "max(x, axis=0)",
        lambda x: x.max(0)[0],
        ([1.0, 3.0, 3.0],),
        (3, [0, 0.5, 0.5]),
        (3, [0, 1, 0]),
        "with dim PyTorch returns an index too, and follows it",
    ),
    Edge("ptp(x)", lambda x: x.amax() - x.amin(), ([2.0, 2.0],), (0, [0, 0])),
    Edge(
        "sort(x) * [1, 2, 3]",
        lambda x: x.sort(stable=True)[0] * torch.arange(1, 4),
        ([2.0, 2.0, 1.0],),
        ([1, 4, 6], [2, 3, 1]),
    ),
    Edge("maximum(x, y)", torch.maximum, ([1.0, 2.0], [1.0, 3.0]), ([1, 3], [0.5, 0], [0.5, 1])),
    Edge("minimum(x, y)", torch.minimum, ([1.0, 2.0], [1.0, 3.0]), ([1, 2], [0.5, 1], [0.5, 0])),
    Edge("maximum(x, 0)", lambda x: torch.maximum(x, 0 * x.detach()), ([0.0],), ([0], [0.5])),
    Edge(
        "fmax(x, y)",
        torch.fmax,
        ([1.0, nan, 3.0], [1.0, 3.0, nan]),
        ([1, 3, 3], [0.5, 0, 1], [0.5, 1, 0]),
        ([1, 3, 3], [1, 0, 1], [0, 1, 0]),
        "ties share evenly, as for maximum and in forward mode",
    ),
    Edge(
        "fmin(x, y)",
        torch.fmin,
        ([1.0, nan, 3.0], [1.0, 3.0, nan]),
        ([1, 3, 3], [0.5, 0, 1], [0.5, 1, 0]),
        ([1, 3, 3], [1, 0, 1], [0, 1, 0]),
        "ties share evenly, as for minimum and in forward mode",
    ),
    # powers at 0
    Edge("x ** 0", lambda x: x**0, ([0.0, inf, nan],), ([1, 1, 1], [0, 0, 0])),
    Edge("x ** 0.0", lambda x: x**0.0, ([0.0, 2.0],), ([1, 1], [0, 0])),
    Edge("x ** 0.5", lambda x: x**0.5, ([0.0, -1.0, inf],), ([0, nan, inf], [inf, nan, 0])),
    Edge("x ** -1", lambda x: x**-1, ([0.0],), ([inf], [-inf])),
    Edge(
        "x ** y",
        torch.pow,
        ([0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.5, 1.0, 2.0, -1.0]),
        ([1, 0, 0, 0, inf], [0, inf, 1, 0, -inf], [0, 0, 0, 0, nan]),
        ([1, 0, 0, 0, inf], [0, inf, 1, 0, -inf], [0, 0, 0, 0, -inf]),
        "0**y is infinite for all y < 0, where inf - inf leaves no slope",
    ),
    Edge("x ** y", torch.pow, ([-2.0, -2.0], [3.0, 0.5]), ([-8, nan], [12, nan], [nan, nan])),
    Edge(
        "0 ** x",
        lambda x: 0**x,
        ([0.0, 1.0, -1.0],),
        ([1, 0, inf], [0, 0, nan]),
        ([1, 0, inf], [0, 0, -inf]),
        "0**x is infinite for all x < 0, where inf - inf leaves no slope",
    ),
    Edge("sqrt(x)", torch.sqrt, ([0.0, -1.0, inf],), ([0, nan, inf], [inf, nan, 0])),
    Edge("sqrt(x ** 2)", lambda x: torch.sqrt(x**2), ([0.0],), ([0], [nan])),
    Edge("abs(x) ** 1.5", lambda x: x.abs() ** 1.5, ([0.0],), ([0], [0])),
    Edge("rsqrt(x)", torch.rsqrt, ([0.0],), ([inf], [-inf])),
    Edge("x / y", torch.div, ([1.0, 0.0], [0.0, 0.0]), ([inf, nan], [inf, inf], [-inf, nan])),
    Edge(
        "hypot(x, y)",
        torch.hypot,
        ([0.0, 3e200, 3e-200], [0.0, 4e200, 4e-200]),
        ([0, 5e200, 5e-200], [0, 0.6, 0.6], [0, 0.8, 0.8]),
        ([0, 5e200, 5e-200], [nan, 0.6, 0.6], [nan, 0.8, 0.8]),
        MINIMAL,
    ),
    Edge(
        "arctan2(x, y)",
        torch.atan2,
        ([0.0, -0.0], [-1.0, -1.0]),
        ([pi, -pi], [-1, -1], [0, 0]),
    ),
    Edge(
        "arctan2(x, y)",
        torch.atan2,
        ([0.0, 1e200], [0.0, 1e200]),
        ([0, pi / 4], [nan, 5e-201], [nan, -5e-201]),
        ([0, pi / 4], [0, 0], [0, 0]),
        "no limit at the origin; far from it PyTorch's x**2 + y**2 overflows",
    ),
    # norms and spread
    Edge("norm(x)", la.norm, ([0.0, 0.0],), (0, [0, 0])),
    Edge("norm(x) ** 2", lambda x: la.norm(x) ** 2, ([0.0, 0.0],), (0, [0, 0])),
    Edge("norm(x)", la.norm, ([3e200, 4e200],), (5e200, [0.6, 0.8]), (inf, [0, 0]), SQUARE),
    Edge("norm(x)", la.norm, ([3e-200, 4e-200],), (5e-200, [0.6, 0.8]), (0, [0, 0]), SQUARE),
    Edge("norm(x)", la.norm, ([inf, 1.0],), (inf, [nan, 0])),
    Edge("norm(x, 1)", lambda x: la.norm(x, 1), ([0.0, -2.0],), (2, [0, -1])),
    Edge("norm(x, inf)", lambda x: la.norm(x, inf), ([0.0, -2.0, 2.0],), (2, [0, -0.5, 0.5])),
    Edge("norm(x, inf)", lambda x: la.norm(x, inf), ([0.0, 0.0],), (0, [0, 0])),
    Edge("norm(x, -inf)", lambda x: la.norm(x, -inf), ([3.0, -2.0, 2.0],), (2, [0, -0.5, 0.5])),
    Edge("norm(x, 3)", lambda x: la.norm(x, 3), ([0.0, 2.0],), (2, [0, 1])),
    Edge("std(x)", lambda x: x.std(correction=0), ([2.0, 2.0],), (0, [0, 0])),
    Edge("std(x, ddof=1)", lambda x: x.std(), ([2.0, 2.0],), (0, [0, 0])),
    Edge("var(x)", lambda x: x.var(correction=0), ([2.0, 2.0],), (0, [0, 0])),
    Edge(
        "std(x)",
        lambda x: x.std(correction=0),
        ([1e200, -1e200],),
        (1e200, [0.5, -0.5]),
        (inf, [0, 0]),
        SQUARE,
    ),
    # products with zeros
    Edge("prod(x)", torch.prod, ([0.0, 2.0, 3.0],), (0, [6, 0, 0])),
    Edge("prod(x)", torch.prod, ([0.0, 2.0, 0.0],), (0, [0, 0, 0])),
    Edge("cumprod(x)", lambda x: x.cumprod(0), ([2.0, 0.0, 3.0],), ([2, 0, 0], [1, 8, 0])),
    Edge("cumprod(x)", lambda x: x.cumprod(0), ([0.0, 0.0, 3.0],), ([0, 0, 0], [1, 0, 0])),
    Edge("sum(x)", torch.sum, ([],), (0, [])),
    Edge("prod(x)", torch.prod, ([],), (1, [])),
    # dead branches
    Edge(
        "where(x > 0, sqrt(x), 0)",
        lambda x: torch.where(x > 0, torch.sqrt(x), 0.0),
        ([4.0, 0.0, -1.0],),
        ([2, 0, 0], [0.25, 0, 0]),
        ([2, 0, 0], [0.25, nan, nan]),
        DEAD,
    ),
    Edge(
        "where(x > 0, log(x), 0)",
        lambda x: torch.where(x > 0, torch.log(x), 0.0),
        ([1.0, 0.0],),
        ([0, 0], [1, 0]),
        ([0, 0], [1, nan]),
        DEAD,
    ),
    Edge(
        "where(x == 0, 1, y / x)",
        lambda x, y: torch.where(x == 0, 1.0, y / x),
        ([0.0, 2.0], [0.0, 3.0]),
        ([1, 1.5], [0, -0.75], [0, 0.5]),
        ([1, 1.5], [nan, -0.75], [nan, 0.5]),
        DEAD,
    ),
    # exponentials at infinity
    Edge(
        "logsumexp(x)",
        lambda x: x.logsumexp(0),
        ([-inf, -inf],),
        (-inf, [0, 0]),
        (-inf, [nan, nan]),
        "a sum of nothing has no weights",
    ),
    Edge("logsumexp(x)", lambda x: x.logsumexp(0), ([-inf, 2.0],), (2, [0, 1])),
    Edge(
        "logsumexp(x)",
        lambda x: x.logsumexp(0),
        ([inf, 2.0],),
        (inf, [1, 0]),
        (inf, [nan, 0]),
        "the infinite element has the whole weight",
    ),
    Edge("logsumexp(x)", lambda x: x.logsumexp(0), ([1e3, 1e3],), (1e3 + log(2), [0.5, 0.5])),
    Edge("logsumexp(x)", lambda x: x.logsumexp(0), ([],), (-inf, [])),
    Edge(
        "F.binary_cross_entropy(x, [1, 0, 0, 1, 0.5], reduction='none')",
        lambda x: fn.binary_cross_entropy(
            x, torch.tensor([1, 0, 0, 1, 0.5]).double(), reduction="none"
        ),
        ([0.0, 1.0, 0.0, 1.0, 5e-51],),
        ([100, 100, 0, 0, 50], [-1e12, 1e12, 0, 0, -0.5e12]),
        ([100, 100, 0, 0, 50], [-FLOOR, FLOOR, 0, 0, -FLOOR / 2]),
        "torch's 1e-12 is of single precision",
    ),
    Edge(
        "softmax(x)",
        lambda x: x.softmax(0),
        ([-inf, -inf],),
        ([0, 0], [0, 0]),
        ([nan, nan], [nan, nan]),
        "all masked: no weights, as the gradient of logsumexp",
    ),
    Edge("softmax(x)", lambda x: x.softmax(0), ([-inf, 2.0],), ([0, 1], [0, 0])),
    Edge("log_softmax(x)", lambda x: x.log_softmax(0), ([-inf, 2.0],), ([-inf, 0], [1, -1])),
    Edge("log_softmax(x)", lambda x: x.log_softmax(0), ([1e3, 0.0],), ([0, -1e3], [-1, 1])),
    Edge(
        "logaddexp(x, y)",
        torch.logaddexp,
        ([inf, -inf], [inf, -inf]),
        ([inf, -inf], [0.5, 0.5], [0.5, 0.5]),
        ([inf, -inf], [nan, nan], [nan, nan]),
        LIMIT,
    ),
    Edge(
        "logaddexp(x, y)",
        torch.logaddexp,
        ([inf, -inf, 1e3], [-inf, 1.0, 0.0]),
        ([inf, 1, 1e3], [1, 0, 1], [0, 1, 0]),
    ),
    Edge(
        "logaddexp2(x, y)",
        torch.logaddexp2,
        ([inf, -inf], [inf, -inf]),
        ([inf, -inf], [0.5, 0.5], [0.5, 0.5]),
        ([inf, -inf], [nan, nan], [nan, nan]),
        LIMIT,
    ),
    Edge("sigmoid(x)", torch.sigmoid, ([-1e3, 0.0, 1e3],), ([0, 0.5, 1], [0, 0.25, 0])),
    Edge(
        "sigmoid(x)",
        torch.sigmoid,
        ([-40.0, 40.0],),
        ([exp(-40), 1], [exp(-40), exp(-40)]),
        ([exp(-40), 1], [exp(-40), 0]),
        TAIL,
    ),
    Edge(
        "tanh(x)",
        torch.tanh,
        ([-20.0, 20.0, 1e3],),
        ([-1, 1, 1], [4 * exp(-40), 4 * exp(-40), 0]),
        ([-1, 1, 1], [0, 0, 0]),
        TAIL,
    ),
    Edge("softplus(x)", fn.softplus, ([-1e3, 0.0, 1e3],), ([0, log(2), 1e3], [0, 0.5, 1])),
    Edge(
        "softplus(x)",
        fn.softplus,
        ([21.0],),
        ([21 + log1p(exp(-21))], [1 / (1 + exp(-21))]),
        ([21], [1]),
        "no threshold is needed, so softplus has no step there",
    ),
    Edge("log_sigmoid(x)", fn.logsigmoid, ([-1e3, 1e3],), ([-1e3, 0], [1, 0])),
    Edge("silu(x)", fn.silu, ([-1e3, 1e3],), ([0, 1e3], [0, 1])),
    Edge("gelu(x)", fn.gelu, ([-1e3, 1e3],), ([0, 1e3], [0, 1])),
    Edge("mish(x)", fn.mish, ([-1e3, 1e3],), ([0, 1e3], [0, 1])),
    Edge("exp(x)", torch.exp, ([1e3, -1e3],), ([inf, 0], [inf, 0])),
    # ends of domains
    Edge("log(x)", torch.log, ([0.0, inf],), ([-inf, inf], [inf, 0])),
    Edge("log1p(x)", torch.log1p, ([-1.0, 1e-300],), ([-inf, 1e-300], [inf, 1])),
    Edge("arcsin(x)", torch.arcsin, ([1.0, 2.0],), ([pi / 2, nan], [inf, nan])),
    Edge("arccos(x)", torch.arccos, ([1.0, 2.0],), ([0, nan], [-inf, nan])),
    Edge("arctanh(x)", torch.arctanh, ([1.0, -1.0],), ([inf, -inf], [inf, inf])),
    Edge("arccosh(x)", torch.arccosh, ([1.0],), ([0], [inf])),
    Edge("arctan(x)", torch.arctan, ([inf],), ([pi / 2], [0])),
    Edge(
        "arcsinh(x)",
        torch.arcsinh,
        ([1e200, -1e200],),
        ([log(2e200), -log(2e200)], [1e-200, 1e-200]),
        ([log(2e200), -log(2e200)], [0, 0]),
        SQUARE,
    ),
    Edge(
        "arccosh(x)",
        torch.arccosh,
        ([1e200],),
        ([log(2e200)], [1e-200]),
        ([log(2e200)], [0]),
        SQUARE,
    ),
    Edge("erfinv(x)", torch.erfinv, ([1.0, -1.0],), ([inf, -inf], [inf, inf])),
    Edge("logit(x)", torch.logit, ([0.0, 1.0],), ([-inf, inf], [inf, inf])),
    Edge(
        "logit(x, eps=0.1)",
        lambda x: x.logit(0.1),
        ([0.1, 0.05],),
        ([-log(9), -log(9)], [100 / 9, 0]),
    ),
    Edge("ndtri(x)", sp.ndtri, ([0.0, 1.0],), ([-inf, inf], [inf, inf])),
    Edge("entr(x)", sp.entr, ([0.0, -1.0],), ([0, -inf], [inf, nan])),
    Edge(
        "xlogy(x, y)",
        torch.xlogy,
        ([0.0, 0.0, 1.0, 0.0], [1.0, -1.0, 0.0, nan]),
        ([0, 0, -inf, nan], [0, 0, -inf, nan], [0, 0, inf, nan]),
    ),
    Edge(
        "xlogy(x, y)",
        torch.xlogy,
        ([0.0], [0.0]),
        ([0], [0], [0]),
        ([0], [0], [nan]),
        "0 for every y is a constant",
    ),
    Edge(
        "xlog1py(x, y)",
        sp.xlog1py,
        ([0.0], [-1.0]),
        ([0], [0], [0]),
        ([0], [0], [nan]),
        "0 for every y is a constant",
    ),
    Edge(
        "sinc(x)",
        torch.sinc,
        ([0.0, 1e-9],),
        ([1, 1], [0, -1e-9 * pi**2 / 3]),
        ([1, 1], [0, 0]),
        "PyTorch's cos(pi*x) - sinc(x) cancels near 0",
    ),
    Edge("i0e(x)", sp.i0e, ([0.0],), ([1], [0])),
    Edge("i1e(x)", sp.i1e, ([0.0],), ([0], [0.5])),
    # singular matrices
    Edge("det(x)", la.det, ([[0.0, 0.0], [0.0, 0.0]],), (0, [[0, 0], [0, 0]])),
    Edge(
        "det(x)",
        la.det,
        ([[0.0, 0.0], [0.0, 2.0]],),
        (0, [[2, 0], [0, 0]]),
        (0, [[0, 0], [0, 0]]),
        "the matrix of cofactors; PyTorch drops it for an exactly singular matrix",
    ),
    Edge(
        "det(x)",
        la.det,
        (np.diag([0.0, 2.0, 3.0, 4.0]),),
        (0, np.diag([24.0, 0.0, 0.0, 0.0])),
        (0, np.zeros((4, 4))),
        "the matrix of cofactors; PyTorch drops it for an exactly singular matrix",
    ),
    Edge("det(x)", la.det, (np.zeros((0, 0)),), (1, np.zeros((0, 0)))),
    # complex numbers
    Edge("abs(x)", torch.abs, ([0j, 3 + 4j],), ([0, 5], [0, 0.6 + 0.8j])),
    Edge("abs(x) ** 2", lambda x: x.abs() ** 2, ([0j, 3 + 4j],), ([0, 25], [0, 6 + 8j])),
    Edge("angle(x)", torch.angle, ([0j, 1j, -1 + 0j],), ([0, pi / 2, pi], [0, -1, -1j])),
    Edge("angle(x)", torch.angle, ([0.0, -1.0],), ([0, pi], [0, 0])),
    Edge("sign(x)", torch.sgn, ([0j],), ([0], [0])),
    Edge("norm(x)", la.norm, ([0j, 0j],), (0, [0, 0])),
    Edge("x ** 0", lambda x: x**0, ([0j],), ([1], [0])),
    Edge("x ** 2", lambda x: x**2, ([0j],), ([0], [0])),
    Edge("prod(x)", torch.prod, ([0j, 1j, 2 + 0j],), (0, [-2j, 0, 0])),
    Edge("std(x)", lambda x: x.std(correction=0), ([1 + 1j, 1 + 1j],), (0, [0, 0])),
]


class Curvature(NamedTuple):
    """The Hessian of the sum of an expression's elements at a point, over all its variables."""

    expr: str
    peer: Callable[..., Any]
    point: tuple[Any, ...]
    ours: Any
    theirs: Any = None
    why: str = ""


def nans(n: int) -> np.ndarray:
    return np.full((n, n), nan)


FLAT = "0, as the gradient of least norm has no curvature"

CURVATURES = [
    Curvature("abs(x)", torch.abs, ([0.0],), [[0]]),
    Curvature("relu(x)", torch.relu, ([0.0],), [[0]]),
    Curvature("clip(x, -1, 1) ** 2", lambda x: x.clip(-1, 1) ** 2, ([1.0],), [[2]]),
    Curvature("max(x) ** 2", lambda x: x.amax() ** 2, ([3.0, 3.0],), [[0.5, 0.5], [0.5, 0.5]]),
    Curvature(
        "maximum(x, y) ** 2",
        lambda x, y: torch.maximum(x, y) ** 2,
        (3.0, 3.0),
        [[0.5, 0.5], [0.5, 0.5]],
    ),
    Curvature("x ** 1", lambda x: x**1, ([0.0],), [[0]]),
    Curvature("x ** 2", lambda x: x**2, ([0.0],), [[2]]),
    Curvature("x ** 2.5", lambda x: x**2.5, ([0.0],), [[0]]),
    Curvature("x ** 1.5", lambda x: x**1.5, ([0.0],), [[inf]]),
    Curvature(
        "x ** y",
        torch.pow,
        (0.0, 2.0),
        [[2, 0], [0, 0]],
        [[2, 0], [nan, nan]],
        "x log(x) and its like are 0 at 0",
    ),
    Curvature("sqrt(x)", torch.sqrt, ([0.0],), [[-inf]]),
    Curvature("norm(x)", la.norm, ([0.0, 0.0],), [[0, 0], [0, 0]], nans(2), FLAT),
    Curvature("hypot(x, y)", torch.hypot, (0.0, 0.0), [[0, 0], [0, 0]], nans(2), FLAT),
    Curvature("std(x)", lambda x: x.std(), ([2.0, 2.0],), [[0, 0], [0, 0]]),
    Curvature("prod(x)", torch.prod, ([0.0, 2.0, 3.0],), [[0, 3, 2], [3, 0, 0], [2, 0, 0]]),
    Curvature("prod(x)", torch.prod, ([0.0, 0.0, 3.0],), [[0, 3, 0], [3, 0, 0], [0, 0, 0]]),
    Curvature(
        "cumprod(x)",
        lambda x: x.cumprod(0),
        ([2.0, 0.0, 3.0],),
        [[0, 4, 0], [4, 0, 2], [0, 2, 0]],
    ),
    Curvature(
        "where(x > 0, sqrt(x), 0)",
        lambda x: torch.where(x > 0, torch.sqrt(x), 0.0),
        ([4.0, 0.0],),
        [[-1 / 32, 0], [0, 0]],
        [[-1 / 32, nan], [0, nan]],
        DEAD,
    ),
    Curvature(
        "where(x == 0, 0, x * log(x))",
        lambda x: torch.where(x == 0, 0.0, x * torch.log(x)),
        ([4.0, 0.0],),
        [[0.25, 0], [0, 0]],
        [[0.25, nan], [0, nan]],
        DEAD,
    ),
    Curvature("logsumexp(x)", lambda x: x.logsumexp(0), ([-inf, 2.0],), [[0, 0], [0, 0]]),
    Curvature(
        "logsumexp(x)",
        lambda x: x.logsumexp(0),
        ([-inf, -inf],),
        [[0, 0], [0, 0]],
        nans(2),
        "a sum of nothing has no weights",
    ),
    Curvature("logaddexp(x, y)", torch.logaddexp, (inf, inf), [[0, 0], [0, 0]], nans(2), LIMIT),
    Curvature("softmax(x)", lambda x: x.softmax(0), ([-inf, 2.0],), [[0, 0], [0, 0]]),
    Curvature("sigmoid(x)", torch.sigmoid, ([1e3],), [[0]]),
    Curvature("sigmoid(x)", torch.sigmoid, ([40.0],), [[-exp(-40)]], [[0]], TAIL),
    Curvature("softplus(x)", fn.softplus, ([40.0],), [[exp(-40)]], [[0]], TAIL),
    Curvature("tanh(x)", torch.tanh, ([20.0],), [[-8 * exp(-40)]], [[0]], TAIL),
    Curvature(
        "mish(x)",
        fn.mish,
        ([1e3],),
        [[0]],
        [[nan]],
        "PyTorch's second derivative overflows",
    ),
    Curvature(
        "elu(x)",
        fn.elu,
        ([0.0],),
        [[1]],
        [[0]],
        "first and second derivative are both those of the exponential side",
    ),
    Curvature(
        "sinc(x)",
        torch.sinc,
        ([0.0],),
        [[-(pi**2) / 3]],
        [[nan]],
        "the series; PyTorch divides by 0",
    ),
    Curvature("i1(x)", sp.i1, ([0.0],), [[0]]),
    Curvature("i0e(x)", sp.i0e, ([0.0],), [[0.5]]),
    Curvature("entr(x)", sp.entr, ([0.0],), [[-inf]]),
    Curvature(
        "det(x)",
        la.det,
        (np.zeros((2, 2)),),
        [[0, 0, 0, 1], [0, 0, -1, 0], [0, -1, 0, 0], [1, 0, 0, 0]],
        nans(4),
        "the second derivative of a polynomial, without inverses",
    ),
]

REFUSED: Rows = {  # typed errors of ours where PyTorch raises its own
    "inv(x)": la.inv,
    "solve(x, x)": la.solve,
    "cholesky(x)": la.cholesky,
}


def stated(edges: Any) -> Any:
    return pytest.mark.parametrize("edge", edges, ids=lambda e: f"{e.expr} at {e.point}")


def point_of(edge: Edge | Curvature) -> dict[str, np.ndarray]:
    """The variables of an edge, which are x and y."""
    return dict(zip("xy", map(np.asarray, edge.point), strict=False))


def assert_same(found: Any, expected: Any) -> None:
    """Equal to 10 digits, nan and infinities included, however small the numbers are."""
    expected = np.asarray(expected)
    assert np.shape(found) == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def assert_explained(edge: Edge | Curvature) -> None:
    """A reason is given where the answers differ, and only there."""
    if edge.theirs is not None:
        assert edge.why
        with pytest.raises(AssertionError):
            for a, b in zip(edge.ours, edge.theirs, strict=True):
                assert_same(a, b)


@stated(EDGES)
def test_edge(edge):
    assert_explained(edge)
    values = point_of(edge)
    y = diffcli.evaluate(edge.expr)(**values)
    gradients = diffcli.vjp(edge.expr)(np.ones(y.shape), **values)
    for found, expected in zip((y, *gradients.values()), edge.ours, strict=True):
        assert_same(found, expected)


@stated(EDGES)
def test_peer_at_edge(edge):
    leaves = tensors(point_of(edge).values())
    y = edge.peer(*leaves)
    gradients = torch.autograd.grad(y, leaves, torch.ones_like(y))
    for found, expected in zip((y, *gradients), edge.theirs or edge.ours, strict=True):
        assert_same(found.detach().numpy(), expected)


@stated([e for e in EDGES if not np.iscomplexobj(e.point[0])])
def test_edge_forward(edge):
    """Forward mode along ones gives the sum of the derivatives, nan where one of them is."""
    values = point_of(edge)
    tangent = diffcli.jvp(edge.expr)({n: np.ones(x.shape) for n, x in values.items()}, **values)
    with np.errstate(invalid="ignore"):
        expected = sum(np.sum(g) for g in edge.ours[1:])
        assert_same(np.sum(tangent), expected)


@stated(CURVATURES)
def test_curvature(edge):
    assert_explained(edge)
    values = point_of(edge)
    rows = diffcli.hessian(f"sum({edge.expr})", list(values))(**values)
    assert_same(joined(values, [list(row.values()) for row in rows.values()]), edge.ours)


@stated(CURVATURES)
def test_peer_curvature(edge):
    values = point_of(edge)
    rows = torch.autograd.functional.hessian(
        lambda *x: torch.sum(edge.peer(*x)), tuple(tensors(values.values()))
    )
    rows = [[block.numpy() for block in row] for row in rows]
    assert_same(joined(values, rows), edge.ours if edge.theirs is None else edge.theirs)


def joined(values: dict[str, np.ndarray], rows: Any) -> np.ndarray:
    """The blocks of a Hessian as one matrix."""
    sizes = [x.size for x in values.values()]
    return np.block(
        [
            [np.reshape(block, (m, n)) for block, n in zip(row, sizes, strict=True)]
            for row, m in zip(rows, sizes, strict=True)
        ]
    )


SINGULAR = np.diag([1.0, 0.0])


@of_table(REFUSED)
def test_singular_matrix_is_refused(expr, peer):
    with pytest.raises(diffcli.DiffcliError) as refusal:
        diffcli.evaluate(expr)(x=SINGULAR)
    assert refusal.value.code == "domain"
    with pytest.raises(la.LinAlgError):
        peer(*tensors([SINGULAR] * (1 + expr.count(","))))


def test_slogdet_of_singular_matrix():
    """The value is there; PyTorch's infinite gradient is no derivative, so there is none."""
    assert diffcli.evaluate("slogdet(x)[1]")(x=SINGULAR) == -inf
    with pytest.raises(diffcli.DiffcliError) as refusal:
        diffcli.grad("slogdet(x)[1]")(x=SINGULAR)
    assert refusal.value.code == "domain"
    assert la.slogdet(*tensors([SINGULAR]))[1] == -inf
