"""NumPy's and SciPy's functions under the names of rows: values without derivatives."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar

import numpy as np
import scipy.fft
import scipy.linalg
import scipy.signal
import scipy.special as sp
import scipy.stats

from diffcli.ops.table import all_rows
from tests.peers.library import Array, Function, Library, distributions, named

la = np.linalg
ROWS = [row.name for row in all_rows()]


def filled(make: Function) -> Function:
    def call(*shape: Any, dtype: Any = None) -> Any:
        return make(shape[0] if isinstance(shape[0], tuple) else shape, dtype)

    return call


def updated(update: Function) -> Function:
    """A function that changes its argument, on a copy."""

    def call(x: Array, *args: Any) -> Array:
        y = x.copy()
        update(y, *args)
        return y

    return call


def leading(v: Array) -> Array:
    size = np.abs(v)
    first = np.argmax(size >= 0.999 * size.max(-2, keepdims=True), -2)[..., None, :]
    lead = np.take_along_axis(v, first, -2)
    return np.conj(lead) / np.abs(lead)


def with_phases(solve: Function) -> Function:
    def call(*args: Any, **kwargs: Any) -> Any:
        w, v = solve(*args, **kwargs)
        return w, v * leading(v)

    return call


def svd(x: Array, compute_uv: bool = True) -> Any:
    if not compute_uv:
        return la.svd(x, compute_uv=False)
    u, s, vh = la.svd(x, full_matrices=False)
    phases = leading(u)
    return u * phases, s, np.conj(np.swapaxes(phases, -1, -2)) * vh


def qr(x: Array, mode: str = "reduced") -> Any:
    q, r = la.qr(x)
    signs = np.sign(np.diagonal(r, axis1=-2, axis2=-1))
    r = signs[..., :, None] * r
    return r if mode == "r" else (q * signs[..., None, :], r)


def piecewise(x: Array, conditions: Any, values: Any) -> Array:
    *chosen, default = values
    return np.select(conditions, chosen, default)


def searchsorted(a: Array, v: Array, side: str = "left") -> Array:
    if a.ndim == 1:
        return np.searchsorted(a, v, side)
    return np.stack([np.searchsorted(r, w, side) for r, w in zip(a, v, strict=True)])


def sampled(name: str) -> Function:
    def call(*args: Any, seed: int = 0, **kwargs: Any) -> Array:
        shapes = [np.shape(a) for a in args if not isinstance(a, tuple)]
        if not any(isinstance(a, tuple) for a in args):
            kwargs["size"] = np.broadcast_shapes(*shapes)
        return getattr(np.random.default_rng(seed), name)(*args, **kwargs)

    return call


def truncated_normal(a: Array, b: Array, seed: int = 0) -> Array:
    level = np.random.default_rng(seed).random(a.shape)
    return sp.ndtri(sp.ndtr(a) + (sp.ndtr(b) - sp.ndtr(a)) * level)


def multivariate_normal(mean: Array, cov: Array, seed: int = 0) -> Array:
    draws = np.random.default_rng(seed).standard_normal(mean.shape)
    return mean + la.cholesky(cov) @ draws


def multivariate_normal_logpdf(x: Array, mean: Any = 0.0, cov: Any = 1.0) -> Array:
    n = x.shape[-1]
    mean = np.broadcast_to(mean, (n,))
    cov = cov * np.eye(n) if np.ndim(cov) == 0 else cov
    return scipy.stats.multivariate_normal.logpdf(x, mean, cov)


def running_argmax(x: Array, axis: int) -> Array:
    best = np.maximum.accumulate(x, axis)
    places = np.indices(x.shape)[axis]
    return np.maximum.accumulate(np.where(x == best, places, 0), axis)


def linear_recurrence(a: Array, b: Array, axis: int = -1) -> Array:
    """y[k] = a[k] * y[k - 1] + b[k]."""
    y = np.zeros(a.shape, a.dtype)
    before: Any = 0.0
    for k in range(a.shape[axis]):
        place = tuple(k if i == axis % a.ndim else slice(None) for i in range(a.ndim))
        before = a[place] * before + b[place]
        y[place] = before
    return y


def unwindow(x: Array, shape: Any, window: Any) -> Array:
    y = np.zeros(shape, x.dtype)
    y[window] = x
    return y


def bernoulli(p: Any, shape: Any, seed: int = 0) -> Array:
    return (np.random.default_rng(seed).random(shape) < p) * 1.0


FUNCTIONS: dict[str, Function] = {
    **named([np, la, np.fft, sp, scipy.linalg, scipy.signal, scipy.fft], ROWS),
    **distributions(scipy.stats, ROWS),
    "sigmoid": sp.expit,
    "softmax": lambda x, axis=-1: sp.softmax(x, axis),
    "log_softmax": lambda x, axis=-1: sp.log_softmax(x, axis),
    "softplus": lambda x, beta=1.0: np.logaddexp(0, beta * x) / beta,
    "zeros": filled(np.zeros),
    "ones": filled(np.ones),
    "logit": lambda x, eps=0.0: sp.logit(np.clip(x, eps, 1 - eps)),
    "eig": with_phases(la.eig),
    "eigh": with_phases(la.eigh),
    "svd": svd,
    "qr": qr,
    "norm": la.norm,
    "matrix_norm": lambda x, ord="fro", axis=(-2, -1), keepdims=False: la.norm(
        x, ord, axis, keepdims
    ),
    "vector_norm": lambda x, ord=2, axis=None, keepdims=False: la.vector_norm(
        x, ord=ord, axis=axis, keepdims=keepdims
    ),
    "normalize": lambda x, ord=2, axis=1: x / la.norm(x, ord, axis, True),
    "searchsorted": searchsorted,
    "piecewise": piecewise,
    "roots": lambda p: np.roots(p).astype(complex),
    "put_along_axis": updated(lambda x, i, v, axis: np.put_along_axis(x, np.array(i), v, axis)),
    "fill_diagonal": updated(np.fill_diagonal),
    "lambertw": lambda x, k=0: sp.lambertw(x, k) if x.dtype.kind == "c" else sp.lambertw(x, k).real,
    "index_update": updated(lambda x, i, v: x.__setitem__(i, v)),
    "index_add": updated(np.add.at),
    "gather": lambda x, axis, i: np.take_along_axis(x, np.array(i), axis),
    "one_hot": lambda x, n=-1: np.eye(n if n > 0 else max(x) + 1)[x],
    "mode": lambda x: scipy.stats.mode(x).mode,
    "nonzero": np.nonzero,
    "stop_gradient": lambda x: x,
    "multivariate_normal_logpdf": multivariate_normal_logpdf,
    "multivariate_normal_entropy": scipy.stats.multivariate_normal.entropy,
    "multivariate_normal_pdf": scipy.stats.multivariate_normal.pdf,
    "linear_recurrence": linear_recurrence,
    "running_argmax": running_argmax,
    "unwindow": unwindow,
    "binary_exponent": lambda x: np.frexp(x)[1],
    "polar_decomposition": scipy.linalg.polar,
    "airy_aip": lambda x: sp.airy(x)[1],
    "airy_bi": lambda x: sp.airy(x)[2],
    "airy_bip": lambda x: sp.airy(x)[3],
    # random numbers
    "randn": lambda *shape, seed=0: np.random.default_rng(seed).standard_normal(shape),
    "rand": lambda *shape, seed=0: np.random.default_rng(seed).random(shape),
    **{
        name: sampled(name)
        for name in ("normal", "uniform", "exponential", "gumbel", "laplace", "logistic")
    },
    "permutation": lambda x, seed=0: np.random.default_rng(seed).permutation(x),
    "choice": lambda x, size, replace=True, seed=0: np.random.default_rng(seed).choice(
        x, size, replace
    ),
    "bernoulli": bernoulli,
    "multivariate_normal": multivariate_normal,
    "truncated_normal": truncated_normal,
    "spherical_in": sp.spherical_in,
}


class NumPy(Library):
    """NumPy and SciPy."""

    name = "numpy"
    functions = FUNCTIONS
    types: ClassVar = {t: getattr(np, t) for t in ("float64", "float32", "complex128")}

    refusals = (TypeError, ValueError, np.exceptions.ComplexWarning)

    def written(self, text: str) -> str:
        return text.replace(".mH", ".mT.conj()")

    def value(self, f: Function, values: dict[str, Array]) -> Array:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            return np.asarray(f(*values.values()))


NUMPY = NumPy()
