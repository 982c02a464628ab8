"""PyTorch's functions under the names of rows, with the arguments of rows."""

from __future__ import annotations

from math import pi
from typing import Any

import numpy as np
import scipy.stats
import torch
import torch.distributions as td

from diffcli.ops.table import all_rows
from tests.peers.library import Function, named

fn, sp, la, fft = torch.nn.functional, torch.special, torch.linalg, torch.fft

torch.set_default_dtype(torch.float64)
td.Distribution.set_default_validate_args(False)

ROWS = [row.name for row in all_rows()]


def t(x: Any) -> Any:
    """A tensor of an array, a number or a (nested) list of numbers and tensors."""
    if isinstance(x, list | tuple):
        if any(isinstance(item, torch.Tensor | list) for item in x):
            return torch.stack([t(item) for item in x])
        return torch.tensor(x)
    return torch.as_tensor(x)


def listed(function: Function) -> Function:
    """A function that takes lists as arrays."""

    def call(*args: Any, **kwargs: Any) -> Any:
        named = {k: t(v) if isinstance(v, list) else v for k, v in kwargs.items()}
        return function(*(t(a) if isinstance(a, list) else a for a in args), **named)

    return call


def along(function: Function, part: Any = None) -> Function:
    """A function of one axis, or of the flattened tensor; `part` picks from its results."""

    def call(x: Any, axis: Any = None, **kwargs: Any) -> Any:
        y = function(x.flatten() if axis is None else x, 0 if axis is None else axis, **kwargs)
        return y if part is None else y[part]

    return call


def axes_of(x: Any, axis: Any) -> Any:
    return tuple(range(x.ndim)) if axis is None else axis


def spread(name: str) -> Function:
    def call(x: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
        return getattr(torch, name)(x, axis, correction=ddof, keepdim=keepdims)

    return call


def extreme(name: str) -> Function:
    def call(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return getattr(torch, name)(x, axes_of(x, axis), keepdim=keepdims)

    return call


def without_nans(function: Function) -> Function:
    """A reduction of the elements that are not nan, row by row."""

    def call(x: Any, axis: Any = None) -> Any:
        rows = x.flatten()[None] if axis is None else x.movedim(axis, -1).flatten(0, -2)
        kept = torch.stack([function(row[~row.isnan()]) for row in rows])
        return kept[0] if axis is None else kept

    return call


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    return la.norm(x, ord, axis, keepdims)


def transpose(x: Any, *axes: Any) -> Any:
    order = axes[0] if axes and isinstance(axes[0], tuple) else axes
    return x.permute(order or tuple(reversed(range(x.ndim))))


def padded(x: Any, width: Any, mode: str = "constant", constant_values: float = 0.0) -> Any:
    pairs = [width] * x.ndim if isinstance(width, tuple) and isinstance(width[0], int) else width
    pairs = [(width, width)] * x.ndim if isinstance(width, int) else pairs
    flat = [n for pair in reversed(pairs) for n in pair]
    if mode == "constant":
        return fn.pad(x, flat, value=constant_values)
    called = {"edge": "replicate", "reflect": "reflect", "wrap": "circular"}
    return fn.pad(x[None], flat, mode=called[mode])[0]


def repeat(x: Any, repeats: Any, axis: Any = None) -> Any:
    return torch.repeat_interleave(x, t(repeats), axis)


def take(x: Any, indices: Any, axis: Any = None) -> Any:
    i = t(indices)
    return x.take(i) if axis is None else x.index_select(axis, i)


def leading(v: Any) -> Any:
    """The phases that make the largest component of each column positive."""
    size = v.abs()
    first = (size >= 0.999 * size.amax(-2, keepdim=True)).int().argmax(-2, keepdim=True)
    lead = v.gather(-2, first)
    return lead.conj() / lead.abs()


def eigh(x: Any, UPLO: str = "L") -> Any:
    w, v = la.eigh(x, UPLO)
    return w, v * leading(v)


def eig(x: Any) -> Any:
    w, v = la.eig(x)
    return w, v * leading(v)


def svd(x: Any, full_matrices: bool = False, compute_uv: bool = True) -> Any:
    if not compute_uv:
        return la.svdvals(x)
    u, s, vh = la.svd(x, full_matrices=False)
    phases = leading(u)
    return u * phases, s, phases.conj().mT * vh


def qr(x: Any, mode: str = "reduced") -> Any:
    q, r = la.qr(x)
    d = r.diagonal(0, -2, -1)
    phases = d / d.abs()
    r = phases.conj()[..., :, None] * r
    return r if mode == "r" else (q * phases[..., None, :], r)


def solve(a: Any, b: Any) -> Any:
    return la.solve(a, b) if b.ndim > 1 else la.solve(a, b[:, None])[..., 0]


def solve_triangular(
    a: Any, b: Any, trans: int = 0, lower: bool = False, unit_diagonal: bool = False
) -> Any:
    a = a.mT if trans else a
    columns = b[:, None] if b.ndim == 1 else b
    x = la.solve_triangular(a, columns, upper=lower == bool(trans), unitriangular=unit_diagonal)
    return x[..., 0] if b.ndim == 1 else x


def cho_solve(c_and_lower: Any, b: Any) -> Any:
    c, lower = c_and_lower
    x = torch.cholesky_solve(b[:, None] if b.ndim == 1 else b, c, upper=not lower)
    return x[:, 0] if b.ndim == 1 else x


def lstsq(a: Any, b: Any) -> Any:
    """The solution of least norm, the squared residual, the rank and the singular values."""
    x = la.pinv(a) @ b
    return x, ((a @ x - b).abs() ** 2).sum(0)[None], la.matrix_rank(a), la.svdvals(a)


def cov(x: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: Any = None) -> Any:
    m = x if rowvar or x.ndim == 1 else x.T
    if y is not None:
        m = torch.vstack([m, y if rowvar else y.T])
    return torch.cov(m, correction=ddof if ddof is not None else int(not bias))


def corrcoef(x: Any, y: Any = None) -> Any:
    return torch.corrcoef(x if y is None else torch.vstack([x, y]))


def quantile(x: Any, q: Any, axis: Any = None, keepdims: bool = False) -> Any:
    moved = x.flatten() if axis is None or isinstance(axis, tuple) else x
    if isinstance(axis, tuple):
        kept = [k for k in range(x.ndim) if k not in axis]
        moved = x.permute(*kept, *axis).flatten(len(kept))
        return torch.quantile(moved, t(q).to(x.dtype), -1)
    return torch.quantile(moved, t(q).to(x.dtype), axis, keepdims)


def gradient(x: Any, *spacing: Any, axis: Any = None, edge_order: int = 1) -> Any:
    # torch.gradient takes the spacing as numbers, without derivatives
    dims = range(x.ndim) if axis is None else [axis]
    steps = [s.tolist() if isinstance(s, torch.Tensor) else s for s in spacing]
    steps = [torch.tensor(s) if isinstance(s, list) else s for s in steps]
    kw = {"spacing": steps if isinstance(steps[0], torch.Tensor) else steps[0]} if steps else {}
    found = torch.gradient(x, dim=list(dims), edge_order=edge_order, **kw)
    return found[0] if len(found) == 1 else found


def convolve(x: Any, y: Any, mode: str = "full") -> Any:
    n, m = x.shape[0], y.shape[0]
    full = fn.conv1d(x[None, None], y.flip(0)[None, None], padding=m - 1)[0, 0]
    if mode == "full":
        return full
    length = max(n, m) if mode == "same" else max(n, m) - min(n, m) + 1
    start = (n + m - 1 - length) // 2 if mode == "same" else min(n, m) - 1
    return full[start : start + length]


def correlate(x: Any, y: Any, mode: str = "valid") -> Any:
    return convolve(x, y.conj().flip(0), mode)


def convolve_2d(x: Any, y: Any) -> Any:
    if x.ndim == 1:
        return convolve(x, y)
    h, w = y.shape[0] - 1, y.shape[1] - 1
    return fn.conv2d(x[None, None], y.flip(0, 1)[None, None], padding=(h, w))[0, 0]


def transformed(name: str) -> Function:
    """A Fourier transform over several axes."""

    def call(x: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
        kw = {} if axes is None else {"dim": axes}
        return getattr(fft, name)(x, s, norm=norm, **kw)

    return call


def shifted(name: str) -> Function:
    return lambda x, axes=None: getattr(fft, name)(x, axes)


def window(name: str) -> Function:
    return lambda n, **kw: getattr(torch.signal.windows, name)(n, **kw)


def linspace(a: Any, b: Any, n: int = 50) -> Any:
    a, b = t(a), t(b)
    steps = torch.linspace(0, 1, n).reshape(-1, *[1] * max(a.ndim, b.ndim))
    return a + (b - a) * steps


def filled(make: Function) -> Function:
    def call(*shape: Any, dtype: Any = None) -> Any:
        return make(shape[0] if isinstance(shape[0], tuple) else shape, dtype=dtype)

    return call


def full(shape: Any, value: Any) -> Any:
    return t(value).expand(shape)


def eye(n: int, m: Any = None, k: int = 0) -> Any:
    return torch.ones(n, n if m is None else m).triu(k).tril(k)


def tri(n: int, m: Any = None, k: int = 0) -> Any:
    return torch.ones(n, n if m is None else m).tril(k)


def array(x: Any, dtype: Any = None) -> Any:
    return t(x) if dtype is None else t(x).to(dtype)


def one_hot(x: Any, n: int = -1) -> Any:
    return fn.one_hot(t(x), n).to(torch.float64)


def select(conditions: Any, values: Any, default: Any = 0.0) -> Any:
    result = default
    for condition, value in zip(reversed(conditions), reversed(values), strict=True):
        result = torch.where(condition, value, result)
    return result


def piecewise(x: Any, conditions: Any, values: Any) -> Any:
    *chosen, default = values
    return select(conditions, chosen, default)


def meshgrid(*xs: Any, indexing: str = "xy") -> Any:
    return torch.meshgrid(*xs, indexing=indexing)


def index_update(x: Any, index: Any, values: Any) -> Any:
    y = x.clone()
    y[index] = values
    return y


def index_add(x: Any, index: Any, values: Any) -> Any:
    if isinstance(index, int):
        return x + fn.pad(values[None], (0, 0, index, x.shape[0] - 1 - index))
    return x.index_put(tuple(map(t, index)), values, accumulate=True)


def add_at(x: Any, *index: Any, shape: Any) -> Any:
    return x.new_zeros(shape).index_put(tuple(map(t, index)), x, accumulate=True)


def insert(x: Any, where: Any, values: Any, axis: Any = None) -> Any:
    where, axis = ([where] if isinstance(where, int) else where), axis or 0
    parts = torch.tensor_split(x, sorted(where), axis)
    shape = [1 if k == axis else n for k, n in enumerate(x.shape)]
    new = t(values).to(x.dtype).broadcast_to(shape)
    joined = [parts[0]]
    for part in parts[1:]:
        joined += [new, part]
    return torch.cat(joined, axis)


def delete(x: Any, where: Any, axis: int = 0) -> Any:
    gone = {where} if isinstance(where, int) else set(where)
    return x.index_select(axis, t([i for i in range(x.shape[axis]) if i not in gone]))


def append(x: Any, values: Any, axis: Any = None) -> Any:
    return torch.cat([x.flatten(), values.flatten()] if axis is None else [x, values], axis or 0)


def fill_diagonal(x: Any, value: Any) -> Any:
    n = min(x.shape)
    return torch.diagonal_scatter(x, t(value).expand(n))


def ediff1d(x: Any, to_end: Any = None) -> Any:
    d = x.flatten().diff()
    return d if to_end is None else torch.cat([d, to_end.reshape(-1)])


def polyval(p: Any, x: Any) -> Any:
    y = 0.0 * x
    for c in p:
        y = y * x + c
    return y


def polyder(p: Any, m: int = 1) -> Any:
    for _ in range(m):
        p = (p * torch.arange(p.shape[0] - 1, -1, -1))[:-1]
    return p


def searchsorted(a: Any, v: Any, side: str = "left") -> Any:
    return torch.searchsorted(a, v.contiguous(), side=side)


def digitize(x: Any, bins: Any) -> Any:
    if bins[0] < bins[-1]:
        return torch.bucketize(x, t(bins), right=True)
    return len(bins) - torch.bucketize(x, t(bins[::-1]), right=False)


def dct(x: Any, axis: int = -1, norm: Any = None) -> Any:
    n = x.shape[axis]
    k = torch.arange(n)[:, None]
    matrix = 2 * torch.cos(pi * k * (2 * torch.arange(n) + 1) / (2 * n))
    if norm == "ortho":
        matrix = matrix * torch.where(k == 0, (1 / (4 * n)) ** 0.5, (1 / (2 * n)) ** 0.5)
    return (matrix @ x.movedim(axis, 0)).movedim(0, axis)


def idct(x: Any, axis: int = -1, norm: Any = None) -> Any:
    inverse = la.inv(dct(torch.eye(x.shape[axis]), 0, norm))
    return (inverse @ x.movedim(axis, 0)).movedim(0, axis)


def vander(x: Any, n: Any = None, increasing: bool = False) -> Any:
    powers = range(x.shape[0] if n is None else n)
    columns = [x**k for k in powers]
    return torch.stack(columns if increasing else columns[::-1], -1)


def toeplitz(c: Any, r: Any) -> Any:
    both = torch.cat([c.flip(0), r[1:]])
    i, j = torch.arange(c.shape[0])[:, None], torch.arange(r.shape[0])
    return both[c.shape[0] - 1 - i + j]


def unwrap(x: Any, axis: int) -> Any:
    jumps = torch.round(x.diff(dim=axis) / (2 * pi)).cumsum(axis)
    first = torch.zeros_like(x.narrow(axis, 0, 1))
    return x - 2 * pi * torch.cat([first, jumps], axis)


def spherical_jn(n: int, x: Any, derivative: bool = False) -> Any:
    if n:
        raise NotImplementedError("PyTorch has the first only")
    return sp.spherical_bessel_j0(x)


def rgamma(x: Any) -> Any:
    sign = torch.where(x < 0, 1 - 2 * (x.floor() % 2), 1.0)
    return sign * torch.exp(-sp.gammaln(x))


# ----- distributions ------------------------------------------------------------------------------

FAMILIES: dict[str, Function] = {
    "norm": lambda: td.Normal(0.0, 1.0),
    "t": td.StudentT,
    "cauchy": lambda: td.Cauchy(0.0, 1.0),
    "laplace": lambda: td.Laplace(0.0, 1.0),
    "gumbel_r": lambda: td.Gumbel(0.0, 1.0),
    "expon": lambda: td.Exponential(1.0),
    "uniform": lambda: td.Uniform(0.0, 1.0),
    "beta": td.Beta,
    "gamma": lambda a: td.Gamma(a, 1.0),
    "invgamma": lambda a: td.InverseGamma(a, 1.0),
    "chi2": td.Chi2,
    "pareto": lambda b: td.Pareto(1.0, b),
    "lognorm": lambda s: td.LogNormal(0.0, s),
    "weibull_min": lambda c: td.Weibull(1.0, c),
    "poisson": td.Poisson,
    "bernoulli": lambda p: td.Bernoulli(p),
    "binom": td.Binomial,
    "geom": td.Geometric,
    "nbinom": lambda n, p: td.NegativeBinomial(n, 1 - p),
}


CUMULATIVE = (
    *("norm", "cauchy", "laplace", "gumbel_r", "expon", "uniform", "pareto", "lognorm"),
    *("weibull_min", "gamma", "chi2", "invgamma"),
)
"""Families of which PyTorch has cumulative probabilities."""

METHODS: dict[str, Function] = {
    "pdf": lambda d, z, scale: d.log_prob(z).exp() / scale,
    "logpdf": lambda d, z, scale: d.log_prob(z) - torch.log(t(scale)),
    "pmf": lambda d, z, scale: d.log_prob(z).exp(),
    "logpmf": lambda d, z, scale: d.log_prob(z),
    "cdf": lambda d, z, scale: d.cdf(z),
    "sf": lambda d, z, scale: 1 - d.cdf(z),
    "logcdf": lambda d, z, scale: d.cdf(z).log(),
    "logsf": lambda d, z, scale: torch.log1p(-d.cdf(z)),
}


def method(family: str, name: str) -> Function:
    """A method with SciPy's arguments: the shapes of the family, loc and scale."""
    first = 1 if family == "geom" else 0  # PyTorch counts failures, SciPy trials

    def call(x: Any, *shapes: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
        d = FAMILIES[family](*shapes)
        if name == "ppf":
            return loc + scale * d.icdf(x)
        return METHODS[name](d, (t(x) - first - loc) / scale, scale)

    return call


def methods(rows: list[str]) -> dict[str, Function]:
    found = {}
    for row in rows:
        family, _, name = row.rpartition("_")
        if family not in FAMILIES:
            continue
        if name in ("pdf", "logpdf", "pmf", "logpmf") or (
            (name == "ppf" and family in ("norm", "cauchy", "expon"))
            or (name in METHODS and family in CUMULATIVE)
        ):
            found[row] = method(family, name)
    return found


def sampled(family: Function, draws: str) -> Function:
    """The quantile of a distribution at the probabilities of NumPy's standard random numbers."""
    levels = {
        "standard_normal": "norm",
        "standard_exponential": "expon",
        "random": "uniform",
        "gumbel": "gumbel_r",
    }

    def call(*parameters: Any, size: Any = None, seed: int = 0) -> Any:
        if len(parameters) == 3 or (draws == "standard_exponential" and len(parameters) == 2):
            *parameters, size = parameters
        parameters = tuple(map(t, parameters))
        shape = torch.broadcast_shapes(*(p.shape for p in parameters)) if size is None else size
        generator = np.random.default_rng(seed)
        made = getattr(generator, draws)(size=tuple(shape))
        level = getattr(scipy.stats, levels.get(draws, draws)).cdf(made)
        return family(*parameters).icdf(torch.tensor(level))

    return call


def constant(draws: str) -> Function:
    def call(*shape: int, seed: int = 0) -> Any:
        return torch.tensor(getattr(np.random.default_rng(seed), draws)(shape))

    return call


def multivariate_normal_logpdf(x: Any, mean: Any = None, cov: Any = None) -> Any:
    n = x.shape[-1]
    mean = torch.zeros(n) if mean is None else mean
    cov = cov * torch.eye(n) if cov.ndim == 0 else cov
    return td.MultivariateNormal(mean, cov).log_prob(x)


def dirichlet_logpdf(x: Any, alpha: Any) -> Any:
    return td.Dirichlet(alpha).log_prob(x.T)


FUNCTIONS: dict[str, Function] = {
    **named([la, torch, sp, fft, fn], ROWS),
    **methods(ROWS),
    # arithmetic
    "abs": torch.abs,
    "imag": lambda x: x.imag if x.is_complex() else torch.zeros_like(x),
    "power": torch.pow,
    "cbrt": lambda x: torch.sign(x) * x.abs() ** (1 / 3),
    "rint": torch.round,
    "mod": torch.remainder,
    "divide_no_nan": lambda x, y: torch.where(y == 0, 0.0, x / y),
    "floor_divide": torch.floor_divide,
    "divmod": lambda x, y: (torch.floor_divide(x, y), torch.remainder(x, y)),
    "modf": lambda x: (x.frac(), x.trunc()),
    "ldexp": lambda x, n: torch.ldexp(x, t(n)),
    "sign": torch.sgn,
    "clip": lambda x, low=None, high=None, min=None, max=None: torch.clip(
        x, min if low is None else low, max if high is None else high
    ),
    "polar_construct": lambda r, phi: torch.polar(r, phi),
    "real_if_close": lambda x: x,
    "stop_gradient": lambda x: x.detach(),
    "round": lambda x, decimals=0: torch.round(x, decimals=decimals),
    "select": select,
    "piecewise": piecewise,
    "invert": torch.bitwise_not,
    "equal": torch.eq,
    "array_equal": lambda x, y: t(torch.equal(x, y)),
    "allclose": lambda x, y: t(torch.allclose(x, y)),
    "isin": listed(torch.isin),
    "iscomplex": lambda x: x.imag != 0 if x.is_complex() else torch.zeros_like(x, dtype=torch.bool),
    # elementary functions
    "sec": lambda x: 1 / torch.cos(x),
    "csc": lambda x: 1 / torch.sin(x),
    "cot": lambda x: 1 / torch.tan(x),
    "sech": lambda x: 1 / torch.cosh(x),
    "csch": lambda x: 1 / torch.sinh(x),
    "coth": lambda x: 1 / torch.tanh(x),
    "sinpi": lambda x: torch.sin(pi * x),
    "cospi": lambda x: torch.cos(pi * x),
    "exp10": lambda x: 10**x,
    "log1mexp": lambda x: torch.log(-torch.expm1(x)),
    "xlogx": lambda x: torch.xlogy(x, x),
    "exprel": lambda x: torch.expm1(x) / x,
    "boxcox": lambda x, k: torch.expm1(k * x.log()) / k,
    "boxcox1p": lambda x, k: torch.expm1(k * x.log1p()) / k,
    # shapes
    "transpose": transpose,
    "matrix_transpose": lambda x: x.mT,
    "reshape": torch.reshape,
    "sum_to": lambda x, shape: x.sum(0, True),
    "expand_dims": torch.unsqueeze,
    "squeeze": torch.squeeze,
    "astype": lambda x, dtype: x.to(dtype),
    "flip": lambda x, axis=None: x.flip(axes_of(x, axis)),
    "roll": lambda x, shift, axis=None: torch.roll(x, shift, axis),
    "rot90": lambda x, k=1, axes=(0, 1): torch.rot90(x, k, axes),
    "rollaxis": lambda x, axis, start=0: x.movedim(axis, start - (start > axis)),
    "concatenate": lambda xs, axis=0: torch.cat(xs, axis),
    "stack": lambda xs, axis=0: torch.stack(xs, axis),
    "append": append,
    "insert": insert,
    "delete": delete,
    "repeat": repeat,
    "pad": padded,
    "block": lambda rows: (
        torch.cat([torch.cat(row, -1) for row in rows])
        if isinstance(rows[0], list)
        else torch.cat(rows, -1)
    ),
    "broadcast_arrays": lambda *xs: torch.broadcast_tensors(*xs),
    "split": lambda x, n, axis=0: torch.tensor_split(x, n, axis),
    "array_split": lambda x, n, axis=0: torch.tensor_split(x, n, axis),
    "toeplitz": lambda c, r=None: toeplitz(c, c.conj() if r is None else r),
    "block_diag": torch.block_diag,
    # indices
    "take": take,
    "take_along_axis": lambda x, i, axis: torch.take_along_dim(x, t(i), axis),
    "gather": lambda x, axis, i: x.gather(axis, t(i)),
    "index_update": index_update,
    "index_add": index_add,
    "add_at": add_at,
    "sort": along(torch.sort, 0),
    "argsort": along(torch.argsort),
    "partition": lambda x, kth, axis=-1: x.sort(axis)[0],
    "topk": lambda x, k, axis=-1, largest=True: torch.topk(x, k, axis, largest),
    "searchsorted": searchsorted,
    "digitize": digitize,
    "masked_fill": lambda x, mask, value: torch.where(mask, t(value), x),
    "put_along_axis": lambda x, i, v, axis: x.scatter(
        axis, t(i), (v if isinstance(v, torch.Tensor) else torch.full(t(i).shape, v))
    ),
    "fill_diagonal": fill_diagonal,
    "choose": lambda i, xs: torch.stack(xs).gather(0, t(i)[None])[0],
    "extract": lambda condition, x: x[condition],
    "compress": lambda condition, x, axis: x.index_select(axis, t(condition).nonzero()[:, 0]),
    "nonzero": lambda x: torch.nonzero(x, as_tuple=True),
    "unique": listed(torch.unique),
    "bincount": lambda x, weights=None, minlength=0: (
        torch.bincount(t(x), minlength=minlength)
        if weights is None
        else weights.new_zeros(max(x) + 1).index_put((t(x),), weights, accumulate=True)
    ),
    "histogram": lambda x, bins: torch.histogram(
        x, torch.tensor(bins, dtype=x.dtype) if isinstance(bins, list) else bins
    ),
    "mode": lambda x: torch.mode(t(x))[0],
    "tril_indices": lambda n, k=0: torch.tril_indices(n, n, k),
    "triu_indices": lambda n, k=0: torch.triu_indices(n, n, k),
    "one_hot": one_hot,
    # constructors
    "array": array,
    "zeros": filled(torch.zeros),
    "ones": filled(torch.ones),
    "full": full,
    "full_like": lambda x, value: t(value).expand(x.shape),
    "eye": eye,
    "tri": tri,
    "linspace": linspace,
    "logspace": lambda a, b, n, base=10.0: base ** linspace(a, b, n),
    "geomspace": lambda a, b, n: linspace(a.log(), b.log(), n).exp(),
    "vander": vander,
    "meshgrid": meshgrid,
    "fftfreq": lambda n, d=1.0: fft.fftfreq(n) / d,
    "rfftfreq": lambda n, d=1.0: fft.rfftfreq(n) / d,
    "hanning": window("hann"),
    "hamming": window("hamming"),
    "blackman": window("blackman"),
    "bartlett": window("bartlett"),
    "kaiser": lambda n, beta: (
        torch.i0(beta * torch.sqrt(1 - torch.linspace(-1, 1, n) ** 2)) / torch.i0(t(beta))
    ),
    "randn": constant("standard_normal"),
    "rand": constant("random"),
    "normal": sampled(td.Normal, "standard_normal"),
    "uniform": sampled(td.Uniform, "random"),
    "exponential": sampled(lambda scale: td.Exponential(1 / scale), "standard_exponential"),
    "gumbel": sampled(td.Gumbel, "gumbel"),
    "laplace": sampled(td.Laplace, "laplace"),
    # reductions and scans
    "sum": torch.sum,
    "mean": torch.mean,
    "average": lambda x, weights, axis=None: (x * weights).sum(axis) / weights.sum(axis),
    "prod": lambda x, axis=None: x.prod() if axis is None else x.prod(axis),
    "var": spread("var"),
    "std": spread("std"),
    "max": extreme("amax"),
    "min": extreme("amin"),
    "ptp": lambda x, axis=None: x.amax(axes_of(x, axis)) - x.amin(axes_of(x, axis)),
    "euclid": lambda x, axis=None: la.vector_norm(x, 2, axis),
    "norm": norm,
    "matrix_norm": lambda x, ord="fro", axis=(-2, -1), keepdims=False: la.matrix_norm(
        x, ord, axis, keepdims
    ),
    "vector_norm": lambda x, ord=2, axis=None, keepdims=False: la.vector_norm(
        x, ord, axis, keepdims
    ),
    "logsumexp": lambda x, axis=None, keepdims=False: torch.logsumexp(
        x, axes_of(x, axis), keepdims
    ),
    "any": torch.any,
    "all": torch.all,
    "nanprod": without_nans(torch.prod),
    "nanvar": without_nans(lambda x: x.var(correction=0)),
    "nanstd": without_nans(lambda x: x.std(correction=0)),
    "nanmax": without_nans(torch.amax),
    "nanmin": without_nans(torch.amin),
    "nanmedian": without_nans(lambda x: x.quantile(0.5)),
    "median": lambda x, axis=None, keepdims=False: quantile(x, 0.5, axis, keepdims),
    "quantile": quantile,
    "percentile": lambda x, q, axis=None: quantile(x, q / 100, axis),
    "cov": cov,
    "corrcoef": corrcoef,
    "cumsum": along(torch.cumsum),
    "cumprod": along(torch.cumprod),
    "logcumsumexp": along(torch.logcumsumexp),
    "cummax": along(torch.cummax, 0),
    "cummin": along(torch.cummin, 0),
    "diff": lambda x, n=1, axis=-1: torch.diff(x, n, axis),
    "ediff1d": ediff1d,
    "trapezoid": lambda y, x=None, dx=1.0: (
        dx * torch.trapezoid(y) if x is None else torch.trapezoid(y, x)
    ),
    "gradient": gradient,
    "unwrap": lambda x, axis=-1: unwrap(x, axis),
    "polyval": polyval,
    "polyder": polyder,
    "polyadd": lambda p, q: p + fn.pad(q, (p.shape[0] - q.shape[0], 0)),
    "polymul": convolve,
    # activations, losses and distances
    "softmax": lambda x, axis=-1: x.softmax(axis),
    "log_softmax": lambda x, axis=-1: x.log_softmax(axis),
    "softmin": lambda x, axis=-1: fn.softmin(x, axis),
    "log_sigmoid": fn.logsigmoid,
    "log_expit": fn.logsigmoid,
    "hard_sigmoid": lambda x: fn.relu6(x + 3) / 6,
    "glu": lambda x, axis=-1: fn.glu(x, axis),
    "leaky_relu": lambda x, slope=0.01: torch.where(x >= 0, x, slope * x),
    "softplus": fn.softplus,
    "prelu": lambda x, weight: torch.where(x > 0, x, weight * x),
    "mse_loss": lambda x, y, reduction="mean": fn.mse_loss(x, y, reduction=reduction),
    "l1_loss": lambda x, y, reduction="mean": fn.l1_loss(x, y, reduction=reduction),
    "huber_loss": lambda x, y, reduction="mean", delta=1.0: fn.huber_loss(x, y, reduction, delta),
    "smooth_l1_loss": lambda x, y, reduction="mean", beta=1.0: fn.smooth_l1_loss(
        x, y, reduction=reduction, beta=beta
    ),
    "nll_loss": lambda x, y, **kw: fn.nll_loss(x, t(y), **kw),
    "cross_entropy": lambda x, y, **kw: fn.cross_entropy(x, t(y), **kw),
    "binary_cross_entropy_with_logits": fn.binary_cross_entropy_with_logits,
    "dist": lambda x, y, ord=2: torch.dist(x, y, ord),
    "cdist": lambda x, y, ord=2: torch.cdist(x, y, ord),
    "cosine_similarity": lambda x, y, axis=1: fn.cosine_similarity(x, y, axis),
    "normalize": lambda x, ord=2, axis=1: fn.normalize(x, ord, axis),
    "layer_norm": lambda x, shape, *weights: fn.layer_norm(
        x, (shape,) if isinstance(shape, int) else tuple(shape), *weights
    ),
    "huber": lambda delta, r: fn.huber_loss(r, torch.zeros_like(r), "none", delta),
    # products
    "matvec": lambda a, x: (a @ x[..., None])[..., 0],
    "vecmat": lambda x, a: (x.conj()[..., None, :] @ a)[..., 0, :],
    "vecdot": lambda x, y, axis=-1: la.vecdot(x, y, dim=axis),
    "dot": lambda x, y: x @ y if y.ndim < 3 else torch.einsum("ij,bjk->ibk", x, y),
    "vdot": lambda x, y: torch.vdot(x.flatten(), y.flatten()),
    "tensordot": lambda x, y, axes=2: torch.tensordot(x, y, axes),
    "cross": lambda x, y: la.cross(*torch.broadcast_tensors(x, y)),
    "kron": torch.kron,
    "convolve": convolve,
    "correlate": correlate,
    "fftconvolve": lambda x, y, mode="full": (
        convolve(x, y, mode) if x.ndim == 1 else convolve_2d(x, y)
    ),
    # linear algebra
    "cofactor": lambda a: la.det(a)[..., None, None] * la.inv(a).mT,
    "logabsdet": lambda a: la.slogdet(a)[1],
    "logdet": torch.logdet,
    "solve": solve,
    "solve_triangular": solve_triangular,
    "cholesky_solve": torch.cholesky_solve,
    "cho_solve": cho_solve,
    "expm": la.matrix_exp,
    "eigh": eigh,
    "eig": eig,
    "diagonal": torch.diagonal,
    "svd": svd,
    "svdvals": la.svdvals,
    "qr": qr,
    "lu": la.lu,
    "lstsq": lstsq,
    "tensorinv": la.tensorinv,
    "tensorsolve": la.tensorsolve,
    "cond": la.cond,
    "diag": torch.diag,
    "trace": torch.trace,
    # Fourier
    **{
        name: transformed(name)
        for name in ("fftn", "ifftn", "rfftn", "irfftn", "fft2", "ifft2", "rfft2", "irfft2")
    },
    "fftshift": shifted("fftshift"),
    "ifftshift": shifted("ifftshift"),
    "dct": dct,
    "idct": idct,
    # special functions
    "gamma": lambda x: torch.exp(sp.gammaln(x)),
    "beta": lambda a, b: torch.exp(sp.gammaln(a) + sp.gammaln(b) - sp.gammaln(a + b)),
    "betaln": lambda a, b: sp.gammaln(a) + sp.gammaln(b) - sp.gammaln(a + b),
    "trigamma": lambda x: sp.polygamma(1, x),
    "rgamma": rgamma,
    "factorial": lambda x: torch.exp(sp.gammaln(x + 1)),
    "poch": lambda x, m: torch.exp(sp.gammaln(x + m) - sp.gammaln(x)),
    "binom": lambda n, k: rgamma(k + 1) * rgamma(n - k + 1) / rgamma(n + 1),
    "erfcinv": lambda x: sp.erfinv(1 - x),
    "logit": lambda x, eps=None: torch.logit(x, eps),
    "zeta": lambda x, q=1.0: sp.zeta(x, q),
    "j0": sp.bessel_j0,
    "j1": sp.bessel_j1,
    "y0": sp.bessel_y0,
    "y1": sp.bessel_y1,
    "k0": sp.modified_bessel_k0,
    "k1": sp.modified_bessel_k1,
    "k0e": sp.scaled_modified_bessel_k0,
    "k1e": sp.scaled_modified_bessel_k1,
    "airy_ai": sp.airy_ai,
    "spherical_jn": spherical_jn,
    "eval_chebyt": lambda n, x: sp.chebyshev_polynomial_t(x, n),
    "eval_chebyu": lambda n, x: sp.chebyshev_polynomial_u(x, n),
    "eval_hermite": lambda n, x: sp.hermite_polynomial_h(x, n),
    "eval_hermitenorm": lambda n, x: sp.hermite_polynomial_he(x, n),
    "eval_laguerre": lambda n, x: sp.laguerre_polynomial_l(x, n),
    "eval_legendre": lambda n, x: sp.legendre_polynomial_p(x, n),
    "multivariate_normal_logpdf": multivariate_normal_logpdf,
    "multivariate_normal_pdf": lambda *args: multivariate_normal_logpdf(*args).exp(),
    "multivariate_normal_entropy": lambda mean, cov: td.MultivariateNormal(mean, cov).entropy(),
    "dirichlet_logpdf": dirichlet_logpdf,
    "dirichlet_pdf": lambda x, alpha: dirichlet_logpdf(x, alpha).exp(),
}

for _other in ("kl_div", "bernoulli"):  # PyTorch's mean something else
    FUNCTIONS.pop(_other, None)

TYPES = {name: getattr(torch, name) for name in ("float64", "float32", "complex128")}
