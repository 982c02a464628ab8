"""JAX's functions under the names of rows, with the arguments of rows."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import jax.scipy as jsp
import jax.scipy.fft
import jax.scipy.linalg
import jax.scipy.signal
import jax.scipy.special
import jax.scipy.stats
import numpy as np
from jax import lax

from diffcli.ops.table import all_rows
from tests.peers.library import Function, distributions, named

la, sp, nn = jnp.linalg, jsp.special, jax.nn

ROWS = [row.name for row in all_rows()]


def listed(function: Function) -> Function:
    """A function that takes lists as arrays."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return function(*(jnp.asarray(a) if isinstance(a, list) else a for a in args), **kwargs)

    return call


def filled(make: Function) -> Function:
    """zeros and ones with a shape in one argument or in several."""

    def call(*shape: Any, dtype: Any = None) -> Any:
        return make(shape[0] if isinstance(shape[0], tuple) else shape, dtype)

    return call


def leading(v: Any) -> Any:
    """The phases that make the largest component of each column positive."""
    size = jnp.abs(v)
    near = size >= 0.999 * size.max(-2, keepdims=True)
    first = jnp.argmax(near, axis=-2, keepdims=True)
    lead = jnp.take_along_axis(v, lax.stop_gradient(first), -2)
    return jnp.conj(lead) / jnp.abs(lead)


def eigh(x: Any, UPLO: str = "L") -> Any:
    w, v = la.eigh(x, UPLO=UPLO)
    return w, v * leading(v)


def svd(x: Any, full_matrices: bool = False, compute_uv: bool = True) -> Any:
    if not compute_uv:
        return la.svd(x, compute_uv=False)
    u, s, vh = la.svd(x, full_matrices=False)
    phases = leading(u)
    return u * phases, s, jnp.conj(jnp.swapaxes(phases, -1, -2)) * vh


def qr(x: Any, mode: str = "reduced") -> Any:
    q, r = la.qr(x)
    d = jnp.diagonal(r, axis1=-2, axis2=-1)
    phases = d / jnp.abs(d)
    r = jnp.conj(phases)[..., :, None] * r
    return r if mode == "r" else (q * phases[..., None, :], r)


def eig(x: Any) -> Any:
    w, v = la.eig(x)
    return w, v * leading(v)


def piecewise(x: Any, conditions: Any, values: Any) -> Any:
    *chosen, default = values
    return jnp.select(conditions, chosen, default)


def softplus(x: Any, beta: float = 1.0) -> Any:
    return nn.softplus(beta * x) / beta


def normalize(x: Any, ord: Any = 2, axis: int = 1, eps: float = 1e-12) -> Any:
    return x / jnp.maximum(la.norm(x, ord, axis, True), eps)


def searchsorted(a: Any, v: Any, side: str = "left") -> Any:
    find = partial(jnp.searchsorted, side=side)
    return find(a, v) if a.ndim == 1 else jax.vmap(find)(a, v)


def one_hot(x: Any, num_classes: int = -1) -> Any:
    n = num_classes if num_classes > 0 else max(x) + 1
    return nn.one_hot(jnp.asarray(x), n, dtype=jnp.float64)


def logdet(a: Any) -> Any:
    sign, size = la.slogdet(a)
    return size + jnp.log(sign) if jnp.iscomplexobj(a) else size


def lu(x: Any) -> Any:
    return jax.vmap(jsp.linalg.lu)(x) if x.ndim == 3 else jsp.linalg.lu(x)


def sqrtm(x: Any) -> Any:
    root = jax.vmap(jsp.linalg.sqrtm)(x) if x.ndim == 3 else jsp.linalg.sqrtm(x)
    return root if jnp.iscomplexobj(x) else root.real


def sph_harm_y(n: int, m: int, theta: Any, phi: Any) -> Any:
    order = jnp.full(theta.size, m)
    flat = sp.sph_harm_y(jnp.full(theta.size, n), order, theta.ravel(), phi.ravel(), n_max=n)
    return flat.reshape(theta.shape)


def insert(x: Any, where: Any, values: Any, axis: Any = None) -> Any:
    return jnp.insert(x, np.asarray(where), values, axis)


def index_update(x: Any, index: Any, values: Any) -> Any:
    return x.at[index].set(values)


def added(x: Any, index: Any, values: Any) -> Any:
    index = tuple(map(jnp.asarray, index)) if isinstance(index, tuple) else index
    return x.at[index].add(values)


def add_at(x: Any, *index: Any, shape: Any) -> Any:
    return jnp.zeros(shape, x.dtype).at[tuple(map(jnp.asarray, index))].add(x)


def polyval(p: Any, x: Any) -> Any:
    return jnp.polyval(jnp.asarray(p), x)


def cdist(x: Any, y: Any, ord: Any = 2) -> Any:
    return la.norm(x[:, None] - y, ord, -1)


def matrix_norm(x: Any, ord: Any = "fro", axis: Any = (-2, -1), keepdims: bool = False) -> Any:
    return la.norm(x, ord, axis, keepdims)


def vector_norm(x: Any, ord: Any = 2, axis: Any = None, keepdims: bool = False) -> Any:
    return la.vector_norm(x, ord=ord, axis=axis, keepdims=keepdims)


FUNCTIONS: dict[str, Function] = {
    **named([jnp, la, jnp.fft, sp, jsp.linalg, jsp.signal, jsp.fft, nn, lax], ROWS),
    **distributions(jsp.stats, ROWS),
    **{
        name: listed(getattr(jnp, name))
        for name in (
            *("bincount", "choose", "compress", "delete", "digitize", "interp", "isin", "ldexp"),
            *("histogram", "quantile", "roots", "take", "unique"),
        )
    },
    **{
        name: listed(function)
        for name, function in distributions(jsp.stats, ROWS).items()
        if name.split("_")[0] in ("poisson", "bernoulli", "binom", "geom", "nbinom")
    },
    # arithmetic and shapes
    "frac": lambda x: x - jnp.trunc(x),
    "lerp": lambda x, y, w: x + w * (y - x),
    "sec": lambda x: 1 / jnp.cos(x),
    "csc": lambda x: 1 / jnp.sin(x),
    "cot": lambda x: 1 / jnp.tan(x),
    "sech": lambda x: 1 / jnp.cosh(x),
    "csch": lambda x: 1 / jnp.sinh(x),
    "coth": lambda x: 1 / jnp.tanh(x),
    "sinpi": lambda x: jnp.sin(jnp.pi * x),
    "cospi": lambda x: jnp.cos(jnp.pi * x),
    "exp10": lambda x: 10**x,
    "xlogx": lambda x: sp.xlogy(x, x),
    "log1mexp": lambda x: nn.log1mexp(-x),
    "divide_no_nan": lambda x, y: jnp.where(y == 0, 0, x / y),
    "polar_construct": lambda r, phi: r * jnp.exp(1j * phi),
    "real_if_close": lambda x: x,
    "flatten": lambda x, start: x.reshape(*x.shape[:start], -1),
    "sum_to": lambda x, shape: jnp.sum(x, 0, keepdims=True),
    "diag_embed": jnp.diag,
    "narrow": lambda x, axis, start, n: lax.dynamic_slice_in_dim(x, start, n, axis),
    "unbind": lambda x, axis=0: jnp.unstack(x, axis=axis),
    "zeros": filled(jnp.zeros),
    "ones": filled(jnp.ones),
    "one_hot": one_hot,
    "piecewise": piecewise,
    "masked_fill": lambda x, mask, value: jnp.where(mask, value, x),
    "put_along_axis": lambda x, i, v, axis: jnp.put_along_axis(
        x, jnp.asarray(i), v, axis, inplace=False
    ),
    "fill_diagonal": partial(jnp.fill_diagonal, inplace=False),
    "gather": lambda x, axis, i: jnp.take_along_axis(x, jnp.asarray(i), axis),
    "index_update": index_update,
    "index_add": added,
    "add_at": add_at,
    "insert": insert,
    "searchsorted": searchsorted,
    "topk": lambda x, k, axis=-1, largest=True: (
        lax.top_k(x, k) if largest else [jnp.sort(x, axis)[:k]]
    ),
    "stop_gradient": lax.stop_gradient,
    "polyval": polyval,
    # activations and losses
    "softmax": lambda x, axis=-1: nn.softmax(x, axis),
    "log_softmax": lambda x, axis=-1: nn.log_softmax(x, axis),
    "softmin": lambda x, axis=-1: nn.softmax(-x, axis),
    "softplus": softplus,
    "gelu": lambda x, approximate="none": nn.gelu(x, approximate == "tanh"),
    "softsign": nn.soft_sign,
    "tanhshrink": lambda x: x - jnp.tanh(x),
    "hardtanh": lambda x, low=-1.0, high=1.0: jnp.clip(x, low, high),
    "hardswish": nn.hard_swish,
    "threshold": lambda x, t, value: jnp.where(x > t, x, value),
    "linear": lambda x, w, b=0: x @ w.T + b,
    "normalize": normalize,
    "cdist": cdist,
    "dist": lambda x, y, ord=2: la.norm((x - y).ravel(), ord),
    "log_expit": nn.log_sigmoid,
    # linear algebra
    "norm": la.norm,
    "det": la.det,
    "cofactor": lambda a: la.det(a) * jnp.swapaxes(la.inv(a), -1, -2),
    "logabsdet": lambda a: la.slogdet(a)[1],
    "logdet": logdet,
    "solve": lambda a, b: la.solve(a, b) if b.ndim > 1 else la.solve(a, b[:, None])[..., 0],
    "solve_triangular": lambda a, b, **kw: jsp.linalg.solve_triangular(
        a, jnp.broadcast_to(b, (*a.shape[:-2], *b.shape)) if a.ndim == 3 else b, **kw
    ),
    "euclid": lambda x, axis: jnp.sqrt(jnp.sum(jnp.abs(x) ** 2, axis)),
    "matrix_norm": matrix_norm,
    "vector_norm": vector_norm,
    "cond": la.cond,
    "cholesky_solve": lambda b, c: jsp.linalg.cho_solve((c, True), b),
    "eig": eig,
    "eigh": eigh,
    "svd": svd,
    "qr": qr,
    "lu": lu,
    "sqrtm": sqrtm,
    "polar_decomposition": lambda x, side="right": jsp.linalg.polar(x, side, method="svd"),
    # special functions
    "erfcinv": lambda x: sp.erfinv(1 - x),
    "trigamma": lambda x: sp.polygamma(1, x),
    "rgamma": lambda x: 1 / sp.gamma(x),
    "binom": lambda n, k: sp.gamma(n + 1) / sp.gamma(k + 1) / sp.gamma(n - k + 1),
    "exprel": lambda x: jnp.expm1(x) / x,
    "logit": lambda x, eps=0.0: sp.logit(jnp.clip(x, eps, 1 - eps)),
    "zeta": lambda x, q=1.0: sp.zeta(x, q),
    "sph_harm_y": sph_harm_y,
    "multivariate_normal_logpdf": lambda x, mean=0.0, cov=1.0: (
        jsp.stats.multivariate_normal.logpdf(x, jnp.zeros(x.shape[-1]), cov * jnp.eye(x.shape[-1]))
        if jnp.ndim(cov) == 0
        else jsp.stats.multivariate_normal.logpdf(x, mean, cov)
    ),
    "betaincc": lambda a, b, x: 1 - sp.betainc(a, b, x),
}

for _other in ("logistic", "bernoulli", "uniform"):  # JAX's are no random numbers
    FUNCTIONS.pop(_other, None)

TYPES = {t: getattr(jnp, t) for t in ("float64", "float32", "complex128")}
