"""The same expressions in PyTorch: values, pullbacks and second derivatives, and points at edges.

Each row of a table is an expression and the same function over tensors, which takes the variables
in the order in which the expression first names them. A row of EDGES states what happens at a kink,
a tie, a zero or an infinity, what PyTorch answers there, and why the two differ where they do.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan
from typing import Any

import numpy as np
import pytest

import diffcli
from diffcli import api
from diffcli.errors import Source
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
    "floor_divide(x, p) * y": lambda x, p, y: torch.floor_divide(x, p) * y,
    "mod(x, 0.4 * p)": lambda x, p: torch.remainder(x, 0.4 * p),
    "fmod(x, 0.4 * p)": lambda x, p: torch.fmod(x, 0.4 * p),
    "copysign(x, y)": torch.copysign,
    "where(x > y, x * y, y)": lambda x, y: torch.where(x > y, x * y, y),
    "x * y if x > 0 else y": lambda x, y: torch.where(x > 0, x * y, y),
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
    "hard_sigmoid(3 * x)": lambda x: fn.hardsigmoid(3 * x),
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
    "gammaln(p)": sp.gammaln,
    "gamma(p)": lambda p: torch.exp(sp.gammaln(p)),
    "digamma(p)": sp.digamma,
    "polygamma(2, p)": lambda p: sp.polygamma(2, p),
    "trigamma(p)": lambda p: sp.polygamma(1, p),
    "beta(p, q)": lambda p, q: torch.exp(sp.gammaln(p) + sp.gammaln(q) - sp.gammaln(p + q)),
    "betaln(p, q)": lambda p, q: sp.gammaln(p) + sp.gammaln(q) - sp.gammaln(p + q),
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
    "std(x, axis=0)": lambda x: x.std(0, correction=0),
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
    "vander(v)": lambda v: torch.vander(v),
    "meshgrid(v, w)[0]": lambda v, w: v * torch.ones_like(w)[:, None],
    "meshgrid(v, w, indexing='ij')[0]": lambda v, w: v[:, None] * torch.ones_like(w),
    "array([s, t, 2.0]) * v": lambda s, t, v: torch.stack([s, t, torch.full_like(s, 2)]) * v,
}

INDEXING: Rows = {
    "x[1]": lambda x: x[1],
    "x[:, ::2]": lambda x: x[:, ::2],
    "x[..., None, -1]": lambda x: x[..., None, -1],
    "x[::-1]": lambda x: x.flip(0),
    "x[[0, 1, 1], [2, 0, 0]]": lambda x: x[[0, 1, 1], [2, 0, 0]],
    "B[:, [0, 0, 2], 1]": lambda b: b[:, [0, 0, 2], 1],
    "B[0, :, [0, 2]]": lambda b: b[0, :, [0, 2]],
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
    "tensordot(B, A)": lambda b, a: torch.tensordot(b, a, 2),
    "tensordot(v, w, 0)": lambda v, w: torch.tensordot(v, w, 0),
    "kron(x, A)": torch.kron,
    "cross(x, v)": lambda x, v: la.cross(x, v),
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
