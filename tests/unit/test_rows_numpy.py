"""Fourier transforms, statistics, calculus, assembly and losses against NumPy and hard points."""

from __future__ import annotations

import math

import numpy as np
import pytest

from diffcli import functional as f
from diffcli.errors import DiffcliError

RNG = np.random.Generator(np.random.PCG64(5))
X = RNG.normal(size=(3, 4))
Z = X + 1j * RNG.normal(size=(3, 4))
V = RNG.normal(size=5)
W = RNG.normal(size=2)
A = np.array([[1.0, np.nan, 3], [np.nan, np.nan, np.nan], [2, 2, 0.5]])
INF = math.inf

# ----- values as NumPy's --------------------------------------------------------------------------

FOURIER = [
    (name, options)
    for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
    for options in (
        "",
        ", 7",
        ", 6",
        ", n=1",
        ", n=5, axis=0",
        ", axis=0, norm='ortho'",
        ", n=3, norm='forward'",
    )
] + [
    (name, options)
    for name in ("fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn", "rfftn", "irfftn")
    for options in ("", ", s=(2, 5), axes=(0, 1)", ", axes=(1, 0)", ", norm='ortho'")
]


@pytest.mark.parametrize(("name", "options"), FOURIER)
def test_transforms_are_those_of_numpy(name, options):
    x = X if name in ("rfft", "ihfft", "rfft2", "rfftn") else Z
    expected = eval(f"np.fft.{name}(x{options})", {"np": np, "x": x})
    got = f.evaluate(f"{name}(x{options})")(x=x)
    assert got.dtype == expected.dtype
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-13)


SAME = [
    "median(X)",
    "median(X, axis=1)",
    "quantile(X, 0.3)",
    "quantile(X, [0.0, 0.25, 1.0], axis=0)",
    "percentile(X, 37, axis=1, keepdims=True)",
    "cov(X)",
    "cov(X, rowvar=False, bias=True)",
    "cov(V)",
    "corrcoef(X)",
    "digitize(V, [-1.0, 0.0, 1.0])",
    "digitize(V, [1.0, 0.0, -1.0])",
    "digitize([0.0, 1.0, -1.0], [1.0, 0.0, -1.0], right=True)",
    "histogram(V, 3)[0]",
    "histogram(V, 3)[1]",
    "bincount([1, 1, 4], minlength=3)",
    "trapezoid(X, dx=0.5, axis=0)",
    "gradient(V)",
    "gradient(V, 0.5, edge_order=2)",
    "gradient(X, [0.0, 1.0, 4.0], axis=0)",
    "gradient(X, [0.0, 1.0, 4.0], axis=0, edge_order=2)",
    "gradient(X)[1]",
    "interp(X, [-1.0, 0.0, 0.5], [3.0, 1.0, 2.0])",
    "interp(X, [-1.0, 0.0, 0.5], [3.0, 1.0, 2.0], left=7, right=-7)",
    "interp([0.5, 0.6], [-1.0, 0.5], [3.0, 2.0], right=-7)",
    "unwrap(4*X)",
    "unwrap(4*X, axis=0, period=2.0)",
    "unwrap([0.0, 3.0, -3.0, 10.0], discont=5)",
    "ediff1d(V, to_end=9.0)",
    "polyval(W, X)",
    "polyder(V, 2)",
    "polyint(V, 2, k=[1.0, 2.0])",
    "polymul(V, W)",
    "polyadd(V, W)",
    "poly(V)",
    "polyfit(V, V**2 + 1, 3)",
    "nan_to_num([nan, inf, -inf, 1.0])",
    "rot90(X)",
    "rot90(X, 2)",
    "rot90(X, -1)",
    "column_stack([V, V])",
    "dstack([X, X])",
    "append(X, V)",
    "insert(V, 1, 9.0)",
    "insert(V, [0, 5, 2], [7.0, 8.0, 9.0])",
    "insert(V, 2, [7.0, 8.0])",
    "insert(X, 1, 5.0, axis=1)",
    "insert(X, -1, [1.0, 2.0, 3.0, 4.0], axis=0)",
    "delete(V, [0, -1])",
    "delete(X, 1, axis=1)",
    "array_split(V, 3)[0]",
    "rollaxis(ones((2, 3, 4)), 2, 1)",
    "rollaxis(ones((2, 3, 4)), 0, 3)",
    "block([[X, X], [X, X]])",
    "lexsort([V, V])",
    "unique([3.0, 1.0, 3.0])",
    "fftshift(V)",
    "ifftshift(V)",
    "fftfreq(5, 0.1)",
    "rfftfreq(6)",
    "hanning(5)",
    "hamming(4)",
    "blackman(5)",
    "bartlett(4)",
    "kaiser(5, 8.6)",
    *(f"convolve(V, W, '{m}')" for m in ("full", "same", "valid")),
    *(f"convolve(W, V, '{m}')" for m in ("full", "same", "valid")),
    *(f"correlate(V, W, '{m}')" for m in ("full", "same", "valid")),
    *(f"correlate(W, V, '{m}')" for m in ("full", "same", "valid")),
    "correlate(V[:3], V, 'same')",
    "correlate(V, V[:4], 'same')",
    *(f"nan{n}(A)" for n in ("sum", "prod", "mean", "var", "std", "max", "min", "median")),
    *(f"nan{n}(A[::2], axis=1)" for n in ("var", "max", "min", "median", "argmax", "argmin")),
]


@pytest.mark.parametrize("text", SAME)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_values_are_those_of_numpy(text):
    names = {"X": X, "V": V, "W": W, "A": A}
    library = {k: getattr(np, k) for k in dir(np) if not k.startswith("_")}
    for k in ("fftshift", "ifftshift", "fftfreq", "rfftfreq"):
        library[k] = getattr(np.fft, k)
    expected = np.asarray(eval(text, {**library, **names}))
    used = {k: v for k, v in names.items() if k in text}
    got = f.evaluate(text)(**used)
    assert got.shape == expected.shape
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-13)


# ----- derivatives at hard points -----------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 7])
def test_gradient_of_irfft_does_not_see_imaginary_ends(n):
    z = np.arange(1, n // 2 + 2) * (1 + 1j)
    g = f.vjp(f"irfft(z, n={n})")(np.arange(1.0, n + 1), z=z)["z"]
    assert g[0].imag == 0
    assert n % 2 or g[-1].imag == 0
    weights = np.where((np.arange(n // 2 + 1) > 0) & (2 * np.arange(n // 2 + 1) != n), 2, 1)
    np.testing.assert_allclose(g, weights * np.fft.rfft(np.arange(1.0, n + 1)) / n, atol=1e-12)


EDGES = [
    # expression, x, derivative
    ("log1mexp(x)", -1e-20, -1e20),
    ("log1mexp(x)", -50.0, -1.9287498479639178e-22),
    ("xlogx(x)", 0.0, -INF),
    ("sinpi(x)", 1e15, math.pi),
    ("cospi(x)", 0.5, -math.pi),
    ("csch(x)", 1000.0, 0.0),
    ("csch(x)", 20.0, -4.122307244877116e-09),
    ("coth(x)", 20.0, -1.6993417021166355e-17),
    ("exp10(x)", 2.0, 100 * math.log(10)),
    ("nan_to_num(x)", INF, 0.0),
    ("nan_to_num(log(x))", 0.0, 0.0),
    ("frexp(x)[0]", 12.0, 1 / 16),
    ("modf(x)[0]", -2.5, 1.0),
    ("logcumsumexp([x, x, 1000])[1]", -INF, 0.0),
    ("logcumsumexp([x, 1000, 1])[2]", 1000.0, 0.5),
    ("median([x, 2, INF, 1])", 1.5, 0.5),
    ("nanstd([x, x, nan])", 1.0, 0.0),
    ("interp(x, [0, 1, 2], [0, 1, 3])", 1.0, 2.0),
    ("interp(x, [0, 1, 2], [0, 1, 3])", 5.0, 0.0),
    ("select([x > 0], [sqrt(x)], 0)", 0.0, 0.0),
    ("piecewise(x, [x < 0, x > 0], [-x, log(x), 0])", 0.0, 0.0),
    ("binary_cross_entropy_with_logits(x, 1.0)", -1000.0, -1.0),
    ("huber_loss(x, 0.0)", 1000.0, 1.0),
    ("dist([x, x], [1.0, 1.0])", 1.0, 0.0),
    ("normalize([[x, x]])[0, 0]", 0.0, 1e12),
    ("cummax([1, x, 0])[2]", 1.0, 1.0),
    ("kaiser(3, x)[0]", 0.0, 0.0),
]


@pytest.mark.parametrize(("text", "x", "slope"), EDGES)
def test_derivatives_at_edges(text, x, slope):
    got = f.grad(text.replace("INF", "inf"))(x=x)["x"]
    np.testing.assert_allclose(0.0 if got is None else got, slope, rtol=1e-13)


def test_exact_zeros_of_circular_functions():
    np.testing.assert_array_equal(
        f.evaluate("sinpi(x)")(x=[1.0, 2, -3, 1e15, 0.5]), [0, 0, 0, 0, 1]
    )
    np.testing.assert_array_equal(f.evaluate("cospi(x)")(x=[0.5, 1.5, 1.0, 2.0]), [0, 0, -1, 1])


def test_random_numbers_are_those_of_numpy():
    for name in ("exponential", "gumbel", "laplace", "logistic"):
        expected = getattr(np.random.default_rng(3), name)(size=4)
        np.testing.assert_array_equal(f.evaluate(f"{name}(size=(4,), seed=3)")(), expected)
    np.testing.assert_array_equal(
        f.evaluate("permutation(5, seed=3)")(), np.random.default_rng(3).permutation(5)
    )


FAILURES = [
    ("fft(x, norm='other')", "bad-argument"),
    ("fft(x, 0)", "shape"),
    ("rfft(1j*x)", "dtype"),
    ("convolve(x, x, 'half')", "bad-argument"),
    ("quantile(x, 1.5)", "bad-argument"),
    ("topk(x, 9)[0]", "shape"),
    ("partition(x, 9)", "index"),
    ("ldexp(x, x)", "dtype"),
    ("select([x > 0], [x, x])", "bad-argument"),
    ("gradient(x[:1])", "shape"),
    ("insert(x, 9, 0)", "index"),
    ("delete(x, 5)", "index"),
    ("narrow(x, 0, 3, 4)", "index"),
    ("mse_loss(x, x, 'most')", "bad-argument"),
    ("nll_loss(x, 0.5)", "bad-argument"),
    ("cross_entropy(x, 7)", "index"),
    ("bincount(x)", "bad-argument"),
]


@pytest.mark.parametrize(("text", "code"), FAILURES)
def test_failures(text, code):
    with pytest.raises(DiffcliError) as caught:
        f.evaluate(text)(x=V)
    assert caught.value.code == code
