"""Series against the same functions with more digits, at arguments of every size."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from fractions import Fraction
from math import factorial, inf, nan

import numpy as np
import pytest

from diffcli.runtime.llvm import code
from diffcli.runtime.series import SERIES, economized

pytest.importorskip("llvmlite")

ULPS = {"exp": 1.5, "expm1": 2.5, "tanh": 3.5, "log": 1.5, "log1p": 2, "sin": 1.75, "cos": 1.75}
WIDER = {"float32": np.float64, "float64": np.longdouble}
MANY = 20_000


def ranges() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    sign = rng.uniform(-1, 1, MANY)
    return {
        "normal": rng.standard_normal(MANY),
        "all sizes": sign * 10 ** rng.uniform(-300, 300, MANY),
        "small": sign * 10 ** rng.uniform(-30, 0, MANY),
        "exponents": rng.uniform(-750, 715, MANY),
        "float exponents": rng.uniform(-104, 89, MANY),
        "near 1": 1 + sign * 10 ** rng.uniform(-15, 0, MANY),
        "near -1": -1 + 10 ** rng.uniform(-15, 0, MANY),
        "zeros of waves": np.arange(MANY) * np.pi / 2,
        "special": np.array([0.0, -0.0, 5e-324, -1e-310, 1e-300, inf, -inf, nan, 1e300, -1.0, 1.0]),
    }


def computed(name: str, x: np.ndarray) -> np.ndarray:
    """The function of a one-dimensional array, in a loop of its own."""
    steps = (("load", x.dtype, (0,)), (name, x.dtype, (0,)))
    found = np.empty_like(x)
    bases = (ctypes.c_void_p * 2)(x.ctypes.data, found.ctypes.data)
    strides = (ctypes.c_int64 * 2)(0, 0)
    code(steps, ((0, x.dtype, True),), (1,), ()).call(bases, strides, 0, 1, 0, x.size)
    return found


@pytest.mark.parametrize("name", SERIES)
@pytest.mark.parametrize("dtype", WIDER)
@pytest.mark.parametrize("place", ranges())
def test_functions_have_few_ulps(name: str, dtype: str, place: str) -> None:
    if np.finfo(WIDER[dtype]).nmant <= np.finfo(dtype).nmant:
        pytest.skip("no numbers with more digits")
    with np.errstate(all="ignore"):
        x = ranges()[place].astype(dtype)
        wanted = getattr(np, name)(x.astype(WIDER[dtype]))
        near = wanted.astype(dtype)
        far = np.abs(computed(name, x) - wanted) / np.spacing(np.abs(near))
    found = computed(name, x)
    odd = ~np.isfinite(near) | (near == 0)
    np.testing.assert_array_equal(found[odd], near[odd])
    np.testing.assert_array_equal(np.signbit(found[near == 0]), np.signbit(near[near == 0]))
    assert far[~odd].max(initial=0) <= ULPS[name]


@pytest.mark.parametrize("name", SERIES)
@pytest.mark.parametrize("dtype", WIDER)
def test_a_number_does_not_depend_on_its_neighbours(name: str, dtype: str) -> None:
    x = np.random.default_rng(0).standard_normal(1000).astype(dtype)
    beside = np.stack([x, np.tile(np.array([1e30, -inf, nan, -1, 0], dtype), 200)], axis=1)
    found = computed(name, beside.reshape(-1))[::2]
    alone = [computed(name, x[k : k + 1].copy()) for k in range(x.size)]
    np.testing.assert_array_equal(found, np.concatenate(alone))


def _geometric(k: int) -> Fraction:
    return Fraction(1, 2**k)


def _exponential(k: int) -> Fraction:
    return Fraction(1, factorial(k))


@pytest.mark.parametrize("term", [_geometric, _exponential])
@pytest.mark.parametrize("ends", [(-1, 1), (0, 1)])
@pytest.mark.parametrize("error", [1e-3, 1e-8])
def test_economized_series_are_short_and_near(
    term: Callable[[int], Fraction], ends: tuple[int, int], error: float
) -> None:
    terms = economized(term, Fraction(1, 2), ends, error)
    radius = 0.5
    z = np.linspace(ends[0] * radius, ends[1] * radius, 1001)
    whole = sum(float(term(k)) * z**k for k in range(60))
    off = np.abs(np.polynomial.polynomial.polyval(z, terms) - whole).max()
    cut = next(
        n for n in range(60) if sum(float(term(k)) * radius**k for k in range(n, 60)) < error
    )
    assert off <= error * (1 + 1e-6) and len(terms) < cut
