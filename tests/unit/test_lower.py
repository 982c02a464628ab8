"""The language means what Python with NumPy means, and says so where it does not."""

from __future__ import annotations

import math

import numpy as np
import pytest

from diffcli import api
from diffcli.errors import DiffcliError, Source

VALUES = {
    "x": np.array([[1.0, -2.0, 3.0], [0.5, 4.0, -1.5]]),
    "v": np.array([2.0, 0.5, -1.0]),
    "A": np.array([[2.0, 1.0, 0.0], [0.0, 3.0, 1.0], [1.0, 0.0, 4.0]]),
    "i": np.array([0, 2, 1]),
    "m": np.array([True, False, True]),
    "s": np.array(0.7),
}

# Each text is evaluated by Python over NumPy's names as well.
SAME_AS_PYTHON = """
1 + 2*3 - 4/2**2
-2**2 + 2**-1
7 // 2 + 7 % 3 - (-7) // 2
1/3
2**100
0.1 + 0.2
1 < 2 < 3
1 < 2 > 5
not 1 == 2 and (2 > 1 or 1/0)
3 if 1 > 2 else 4
(1, 2, 3)[1] + [4, 5][0]
x + v
x*2 - v/3
x ** 2
2.0 ** v
x @ v
v @ A @ v
A.T @ x.T
x[0, 1] + x[1][2]
x[:, ::-1]
x[..., None] * v
x[1:, :2]
x[-1]
x[i == 1] if False else x[:, i]
x[:, m]
x[:, [0, 0, 2]]
x[[0, 1], [2, 0]]
A[i][:, i]
A[[[0, 1], [2, 0]]]
A[None, :, 1:]
x.shape[0] + x.ndim + x.size + len(v)
x.sum() + x.mean() + x.max() - x.min()
x.sum(axis=0)
x.sum(0, keepdims=True) + x.mean(axis=(0, 1))
np.sum(x, axis=1) + np.linalg.norm(x, axis=1)
x.reshape(3, 2) @ x.reshape((2, -1))
x.T.ravel()
np.concatenate([x, x], axis=1)
np.stack([v, v*2]).T
np.where(x > 0, x, 0)
np.where(m, v, -v)
(x > 0) & (x < 3)
(x > 0) | ~(x < 3)
np.minimum(x, v) + np.maximum(x, 0) + np.clip(x, -1, 1)
np.exp(-x**2) * np.log1p(x**2)
np.einsum("ij,j->i", x, v)
np.einsum("ij,kj->ik", x, A)
np.linalg.det(A) * np.trace(A)
np.linalg.solve(A, v)
np.linalg.inv(A)[0]
np.linalg.slogdet(A)[1]
np.outer(v, v) + np.diag(v) + np.eye(3)
np.tensordot(x, A, axes=1)
np.kron(v, v)
np.cumsum(x, axis=1) + np.cumprod(x, axis=1)
np.cumsum(x)
np.flip(x, 1) + np.roll(x, 1, axis=1)
np.tile(v, 2) + np.repeat(v, 2)
np.tril(A) - np.triu(A, 1)
np.take(v, i) + v[i]
np.argmax(x, axis=1)
np.sort(x, axis=1)
np.round(x * 1.234, 1)
np.floor(x) + np.ceil(x) + np.sign(x)
np.arctan2(x, v) + np.hypot(x, v)
np.pad(v, (1, 2))
np.broadcast_to(v, (2, 3)) - x
np.linspace(0, 1, 5)
np.arange(2, 10, 3)
np.zeros((2, 2)) + np.ones(2)
np.full((2,), 3.5)
np.var(x, ddof=1) + np.std(x)
np.prod(v)
np.any(x > 3) | np.all(x > 3)
np.mod(x, 1.5) + np.fmod(x, 1.5)
np.squeeze(x[:1]) + np.expand_dims(v, 0)
np.swapaxes(x, 0, 1) @ x
np.moveaxis(x[None], 0, -1)
np.isfinite(x) & np.isnan(x)
np.heaviside(x, 0.5)
np.abs(1j*x + v)
(x + 1j*v).real - (x*1j).imag
np.angle(x + 1j)
np.pi * np.e
v.dot(v) + np.inner(v, v) + np.vdot(v, v)
np.logaddexp(v, 1.0)
np.sqrt(-v)
v / 0
""".strip().splitlines()


@pytest.mark.parametrize("text", SAME_AS_PYTHON)
@pytest.mark.filterwarnings("ignore")
def test_same_as_python(text):
    found = api.evaluate(api.trace(Source(text), VALUES))

    expected = np.asarray(eval(text, {"np": np}, dict(VALUES)))  # a fixed table of texts

    if expected.dtype.kind == "O":
        expected = expected.astype(float)
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=1e-13)


SPELLINGS = {
    "torch.sum(x, dim=1, keepdim=True)": "sum(x, axis=1, keepdims=True)",
    "x.pow(2).add(1).mul(s)": "(x**2 + 1)*s",
    "x.unsqueeze(-1).squeeze(-1)": "x",
    "torch.cat([x, x], dim=1)": "concatenate([x, x], axis=1)",
    "x.permute(1, 0)": "x.T",
    "torch.transpose(x, 0, 1)": "x.T",
    "x.t() @ x": "x.T @ x",
    "x.view(-1)": "ravel(x)",
    "x.clamp(min=0)": "maximum(x, 0)",
    "torch.std(v)": "std(v, ddof=1)",
    "torch.var(v, unbiased=False)": "var(v)",
    "torch.nn.functional.relu(x)": "where(x > 0, x, 0)",
    "F.softmax(x, dim=1)": "exp(x)/sum(exp(x), axis=1, keepdims=True)",
    "jnp.linalg.norm(v)": "sqrt(sum(v**2))",
    "math.sqrt(2)": "sqrt(2)",
    "special.erf(x)": "erf(x)",
    "x.size(0)": "2",
    "x ^ 2": "x**2",
    "x.mm(A)": "x @ A",
    "torch.mm(input=x, mat2=A)": "x @ A",
    "sigmoid(x)": "1/(1 + exp(-x))",
    "a = x*2; b = a + 1; a*b": "(x*2)*(x*2 + 1)",
    "[s, 2*s, 3]": "stack([s, 2*s, 3.0])",
    "float(3) + int(2.7)": "5.0",
    "sum([s, s])": "2*s",
    "max(x)": "x.max()",
    "abs(x)": "np.abs(x)",
    "x.numel() + x.dim()": "8",
}


@pytest.mark.parametrize("text", SPELLINGS)
def test_spellings(text):
    found = api.evaluate(api.trace(Source(text), VALUES))
    expected = api.evaluate(api.trace(Source(SPELLINGS[text]), VALUES))

    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_a_binding_shadows_constants_and_functions():
    t = api.trace(Source("pi + e + sum"), {n: np.array(1.0) for n in ("pi", "e", "sum")})

    assert api.evaluate(t) == 3
    assert api.evaluate(api.trace(Source("pi"), {})) == math.pi


def test_literals_do_not_widen_single_precision():
    t = api.trace(Source("2*pi*x + sqrt(2)"), {"x": np.float32(1.5)}, "float32")

    assert t.dtype == np.float32
    assert api.evaluate(t).dtype == np.float32


HUGE = {
    "diff([1, 2], 10**9)": np.zeros(0),
    "triu(A, 10**30)": np.zeros((3, 3)),
    "trace(A, 10**30)": 0.0,
    "round(v, 10**30)": VALUES["v"],
    "logsumexp(6)": 6.0,
    "x**(1 + 0.5j)": VALUES["x"] ** (1 + 0.5j),
}


@pytest.mark.parametrize("text", HUGE)
def test_extreme_arguments(text):
    np.testing.assert_allclose(api.evaluate(api.trace(Source(text), VALUES)), HUGE[text])


FAILURES = {
    "0 < x < 1": ("shape", "neither true nor false"),
    "x if x > 0 else -x": ("shape", "neither true nor false"),
    "x and v": ("shape", "neither true nor false"),
    "x(2)": ("unknown-function", "'x' is a value here"),
    "sin + 1": ("unknown-name", "'sin' is a function"),
    "x.shape()": ("unknown-function", "no method named 'shape'"),
    "(1, 2)": ("bad-argument", "a tuple of 2 items"),
    "'text'": ("bad-argument", "an array is wanted here, not the text 'text'"),
    "int[1]": ("bad-argument", "an array is wanted here, not the number type int64"),
    "x + float32": ("bad-argument", "an array is wanted here, not the number type float32"),
    "slice(2)": ("bad-argument", "an array is wanted here, not a slice"),
    "x + ...": ("bad-argument", "an array is wanted here, not ..."),
    "None": ("bad-argument", "an array is wanted here, not None"),
    "(1, 2) * x": ("bad-argument", "not defined for a tuple"),
    "x[0.5]": ("index", "an index must be an integer"),
    "x[::0]": ("index", "step"),
    "x[v > 0, 0]": ("index", "a mask of shape"),
    "sum(x, axis=s)": ("bad-argument", "an axis is an integer, not an array"),
    "zeros(s)": ("bad-argument", ""),
    "sum(x, 0, 0, 0)": ("bad-argument", "takes at most 3 arguments"),
    "sum(x, axis=0, dim=0)": ("bad-argument", ""),
    "x.__class__": ("unknown-function", "no attribute"),
    "np.os": ("unknown-name", "'os' has no value"),
    "[[1, 2], [3]]": ("shape", "the same length"),
    "[x, v]": ("shape", "the same shape"),
    "x[True]": ("index", "a single truth value"),
    "v; v": ("syntax", "not used"),
    "reshape(v, v)": ("bad-argument", "a shape is made of integers"),
    "take_along_axis(v, v)": ("index", "indices must be integers"),
    "gather_at(v, v)": ("index", "indices must be integers"),
    "window(v, [1, 2, 3])": ("bad-argument", "an item of a window must be"),
    "unwindow([1], (2,), (1, 2))": ("index", "a window needs one item"),
    "add_at([1], [0], shape=(None,))": ("bad-argument", "a shape is made of integers"),
    "diag_embed([1], columns='a')": ("bad-argument", "takes an integer for 'columns'"),
    "diag(v, 0.5)": ("bad-argument", "takes an integer for 'k'"),
    "bessel_j(s, -3)": ("bad-argument", "an order is an integer"),
    "sinc_derivative(s, 100000)": ("bad-argument", "an order is an integer"),
    "norm(v, (1,))": ("bad-argument", "the order of a norm is a number"),
    "diff(v, -1)": ("bad-argument", "cannot be negative"),
    "repeat(v, 7*10**13)": ("too-large", "repeat would make"),
    "astype(v, v)": ("bad-argument", "is not a number type"),
    "arange(2**31)": ("too-large", "arange would make"),
    "orthogonal(s, (), s)": ("bad-argument", "takes plain numbers there"),
    "vector_norm(v, [0])": ("bad-argument", "the order of a norm"),
    "array_split(v, 10**12)": ("bad-argument", "cannot be split into"),
    "tile(v, -1)": ("too-large", "tile takes counts"),
    "cross_entropy(zeros(0), zeros(0))": ("bad-argument", "does not take these arguments"),
}


@pytest.mark.parametrize("text", FAILURES)
def test_failures(text):
    code, words = FAILURES[text]

    with pytest.raises(DiffcliError) as caught:
        api.evaluate(api.trace(Source(text), VALUES))

    assert caught.value.code == code
    assert words in caught.value.message
    assert caught.value.span is not None


PREFIXED = {
    "torch.split(x, 2, dim=1)[1]": "x[:, 2:]",
    "torch.split(x, [1, 2], dim=1)[0]": "x[:, :1]",
    "torch.max(x, 1)[0]": "max(x, axis=1)",
    "torch.max(x, 1)[1]": "argmax(x, axis=1)",
    "torch.min(x, v)": "minimum(x, v)",
    "torch.max(x)": "max(x)",
    "torch.max(x, 1).values": "max(x, axis=1)",
    "r = torch.min(x, 1); r.indices": "argmin(x, axis=1)",
    "topk(x, 1).values": "max(x, axis=1, keepdims=True)",
    "eigh(A).eigenvalues": "eigvalsh(A)",
    "slogdet(A).logabsdet": "log(abs(det(A)))",
    "svd(x).S": "svdvals(x)",
    "x.svd().S": "svdvals(x)",
    "torch.sort(x, 1)[0]": "sort(x, axis=1)",
    "torch.sort(x, 1, descending=True)[0]": "-sort(-x, axis=1)",
    "torch.nn.functional.pad(x, (1, 2))": "pad(x, ((0, 0), (1, 2)))",
    "torch.gather(x, 1, [[0], [2]])": "[[x[0, 0]], [x[1, 2]]]",
    "torch.meshgrid(v, v)[0]": "meshgrid(v, v, indexing='ij')[0]",
    "torch.linalg.vander(v)": "vander(v, increasing=True)",
    "torch.vander(v)": "vander(v)",
    "jax.nn.gelu(v)": "gelu(v, approximate='tanh')",
    "jax.nn.gelu(v, approximate=False)": "gelu(v)",
    "jax.scipy.special.gammaln(v**2)": "gammaln(v**2)",
    "jax.scipy.special.softmax(x)": "exp(x)/sum(exp(x))",
    "jax.scipy.linalg.expm(A)": "expm(A)",
    "jax.scipy.stats.norm.logpdf(v)": "norm_logpdf(v)",
    "torch.cross(A, A.T)": "cross(A, A.T, axis=0)",
    "torch.index_select(x, 1, [0, 2])": "x[:, [0, 2]]",
    "torch.squeeze(x, 1)": "x",
    "torch.std(x, dim=1)": "std(x, axis=1, ddof=1)",
    "torch.median([1, 2, 4, 9])": "2",
    "torch.median([9, 1, 4, 2])": "2",
    "torch.nanmedian([9, nan, 1, 4, 2])": "2",
    "torch.nanmedian([[9, nan, 1, 4, 2], [nan, nan, 1, 0, 2]], 1)[0]": "[2, 1]",
    "torch.nanmedian([[9, nan, 1, 4, 2], [nan, nan, 1, 0, 2]], 1, True)[1]": "[[4], [2]]",
    "torch.kthvalue([9, 1, 4, 2], 3)[0]": "4",
    "torch.kthvalue(x, 1, dim=1, keepdim=True)[1]": "argmin(x, axis=1, keepdims=True)",
    "torch.cummax(x, 1)[0]": "cummax(x, axis=1)",
    "torch.cummin(x, 1)[0]": "cummin(x, axis=1)",
    "torch.cummax([1, 3, 2, 3], dim=0)[1]": "[0, 1, 1, 3]",
    "torch.cummin([3, 1, 2, 1, 4], dim=0)[1]": "[0, 1, 1, 3, 3]",
    "torch.median(x, dim=1)[0]": "median(x, axis=1)",
    "torch.norm(x, 1)": "sum(abs(x))",
    "torch.nn.functional.kl_div(log(v**2), v**2/2)": "mean(v**2/2*log(1/2))",
    "scipy.linalg.cholesky(A + A.T)": "cholesky(A + A.T).T",
}


@pytest.mark.parametrize("text", PREFIXED)
def test_prefixes_mean_their_libraries(text):
    found = api.evaluate(api.trace(Source(text), VALUES))
    expected = api.evaluate(api.trace(Source(PREFIXED[text]), VALUES))

    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_rows_that_serve_others_explain_arguments_they_cannot_use():
    t = api.trace(Source("real(cofactor_tangent(z, 2))"), {"z": np.array(1 + 2j)})

    with pytest.raises(DiffcliError) as caught:
        api.grad(t, ["z"])

    assert (caught.value.code, caught.value.span) == ("bad-argument", (5, 27))
