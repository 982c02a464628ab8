"""Elementary functions as steps of a kernel: an argument made small, and a series.

What two functions of the same argument have in common is one step of the kernel: sine and cosine
share the reduction by multiples of pi/2, tanh(x) and exp(-abs(x)) the exponential. The methods are
those of J.-M. Muller, "Elementary Functions", 3rd edition, chapters 5, 11 and 12: Cody and Waite's
reduction with fused multiply-adds, for which the first difference is exact, and economised power
series. What is rare (arguments that are huge, not finite or outside the domain) is left to the
library.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache, reduce
from math import factorial
from typing import Any, NamedTuple

import numpy as np

from diffcli.runtime.kernel import BOOL, Dtype, Kernel, Step, Symbol

HALF_PI = Fraction("1.5707963267948966192313216916397514420985846996875529104874722961")
LN2 = Fraction("0.69314718055994530941723212145817656807550013436025525412068000950")

SERIES_TERMS = 14
"""Terms of a power series from which on all are far below the last place."""

FAR = {"float32": 2.0**17, "float64": 2.0**30}
"""Arguments of sine and cosine from which three parts of pi/2 are not enough."""


def expanded(
    steps: Sequence[Step], series: dict[str, Series]
) -> tuple[list[Step], list[int], int | None]:
    """Steps with series in place of functions, and what they say of the steps that are given.

    The second value has the number of each given step among them, the third the number of the one
    that is true where a series does not hold, if there is such a place.
    """
    kernel = Kernel()
    found: list[Symbol] = []
    rare: list[Symbol] = []
    for name, dtype, args in steps:
        if name in ("load", "constant"):
            found.append(kernel.step(name, dtype, args))
        elif name in series:
            (x,), (value, flag) = (found[k] for k in args), series[name]
            found.append(value(x))
            rare += [flag(x)] if flag else []
        else:
            found.append(kernel.step(name, dtype, tuple(found[k].index for k in args)))
    places = [symbol.index for symbol in found]
    return kernel.steps, places, _any(rare).index if rare else None


def _any(conditions: Sequence[Symbol]) -> Symbol:
    """Whether one of the conditions is true."""
    distinct = {c.index: c for c in conditions}.values()
    return reduce(operator.or_, distinct)


# ----- exponentials -------------------------------------------------------------------------------


def _exp(x: Symbol) -> Symbol:
    n, _, less = _exponential(x)
    return _step("scale", 1 + less, n)


def _expm1(x: Symbol) -> Symbol:
    _, n, less = _exponential(x, -80.0)
    # half of it, so that the power of two does not overflow before the result does
    half = _step("power_of_two", n - 1)
    return _step("copysign", 2 * _fma(half, less, half - 0.5), x)


def _tanh(x: Symbol) -> Symbol:
    # with a = exp(-|x|) and m = a - 1: (1 - a**2) / (1 + a**2) = -m*(2 + m) / (1 + a**2)
    n, shifted, less = _exponential(-abs(x))
    power = _step("power_of_two", _least(shifted, _large(x) - 100))
    m, a = _fma(power, less, power - 1), _step("scale", 1 + less, n)
    top, bottom = _fma(m, m, 2 * m), 1 + a * a
    inverse = 1 / bottom  # which sech has too; what is left over makes the product a quotient
    size = top * inverse
    size = _fma(_fma(-size, bottom, top), inverse, size)
    return _step("copysign", size, x)


def _exponential(x: Symbol, few: float | None = None) -> tuple[Symbol, Symbol, Symbol]:
    """Numbers n, n + _large(x) and m such that exp(x) = 2**n * (1 + m) and -0.3 < m < 0.42.

    Arguments below `few`, or those where exp is 0, count as that.
    """
    least, most = (-104.0, 89.0) if x.dtype.itemsize == 4 else (-746.0, 710.0)
    x = _least(_where(x > most, most, x), least if few is None else few)
    n, shifted = _nearest(x, 1 / LN2)
    r = _less_multiple(x, n, LN2, 2)
    return n, shifted, _fma(r * r, _series(r, _after_exp, Fraction(347, 1000), (-1, 1), 0.12), r)


def _after_exp(k: int) -> Fraction:
    """The series of (exp(x) - 1 - x) / x**2."""
    return Fraction(1, factorial(k + 2))


# ----- logarithms ---------------------------------------------------------------------------------


def _log(x: Symbol) -> Symbol:
    return _logarithm(_step("exponent", x), _step("significand", x) - 1)


def _log1p(x: Symbol) -> Symbol:
    u = 1 + x
    lost = (1 - (u - (u - 1))) + (x - (u - 1))  # Knuth's exact sum: 1 + x = u + lost
    n = _step("exponent", u)
    f = _fma(lost, _step("power_of_two", _large(x) - n), _step("significand", u) - 1)
    return _step("copysign", _logarithm(n, f), x)


def _logarithm(n: Symbol, f: Symbol) -> Symbol:
    """log(2**n * (1 + f)) for -0.3 < f < 0.42.

    With s = f / (2 + f), log(1 + f) = 2*artanh(s) = f - s*(f - (2*artanh(s) - 2*s) / s).
    """
    s = f / (2 + f)
    z = s * s
    rest = _series(z, _after_artanh, Fraction(295, 10000), (0, 1), 0.0148)
    high, low = _parts(LN2, f.dtype, 2)
    log = _fma(-s, _fma(-z, rest, f), f)
    return _fma(n, high, _fma(n, low, log))


def _after_artanh(k: int) -> Fraction:
    """The series of 2*(artanh(s) - s) / s**3 in s**2."""
    return Fraction(2, 2 * k + 3)


# ----- circular functions -------------------------------------------------------------------------


def _sin(x: Symbol) -> Symbol:
    return _wave(x, 0)


def _cos(x: Symbol) -> Symbol:
    return _wave(x, 1)


def _wave(x: Symbol, ahead: int) -> Symbol:
    """sin(x + ahead*pi/2)."""
    n, shifted = _nearest(x, 1 / HALF_PI)
    r = _less_multiple(x, n, HALF_PI, 3)
    z = r * r
    sine = _fma(r * z, _series(z, _after_sine, Fraction(617, 1000), (0, 1), 0.617), r)
    sine = _step("copysign", sine, r)  # that of a zero too
    cosine = _fma(z, _series(z, _after_cosine, Fraction(617, 1000), (0, 1), 0.617), 1)
    quadrant = shifted + ahead if ahead else shifted
    size = _where(_step("bit_0", quadrant), cosine, sine)
    return _where(_step("bit_1", quadrant), -size, size)


def _after_sine(k: int) -> Fraction:
    """The series of (sin(r) - r) / r**3 in r**2."""
    return Fraction((-1) ** (k + 1), factorial(2 * k + 3))


def _after_cosine(k: int) -> Fraction:
    """The series of (cos(r) - 1) / r**2 in r**2."""
    return Fraction((-1) ** (k + 1), factorial(2 * k + 2))


def _far(x: Symbol) -> Symbol:
    return ~_step("less", abs(x), FAR[x.dtype.name])


# ----- the table ----------------------------------------------------------------------------------


class Series(NamedTuple):
    """A function of a symbol, and where it does not hold."""

    value: Callable[[Symbol], Symbol]
    rare: Callable[[Symbol], Symbol] | None = None


SERIES = {
    "exp": Series(_exp),
    "expm1": Series(_expm1),
    "tanh": Series(_tanh),
    "log": Series(_log, lambda x: ~_within(x, float(np.finfo(x.dtype).tiny))),
    "log1p": Series(_log1p, lambda x: ~_within(1 + x, 0.0)),
    "sin": Series(_sin, _far),
    "cos": Series(_cos, _far),
}
"""Functions that are computed by series; within 4 units in the last place."""

# ----- arithmetic ---------------------------------------------------------------------------------

TESTS = ("less", "bit_0", "bit_1")


def _step(name: str, *args: Symbol | float) -> Symbol:
    """A step of numbers of one type."""
    (x, *_) = (a for a in args if isinstance(a, Symbol))
    k = x.kernel
    held = [a if isinstance(a, Symbol) else k.constant(a, x.dtype) for a in args]
    dtype = BOOL if name in TESTS else x.dtype
    return k.step(name, dtype, tuple(a.index for a in held))


def _fma(a: Symbol, b: Symbol | float, c: Symbol | float) -> Symbol:
    return _step("fma", a, b, c)


def _where(condition: Symbol, a: Symbol | float, b: Symbol | float) -> Symbol:
    return condition.kernel.primitive("where", condition, a, b)


def _least(x: Symbol, low: float) -> Symbol:
    """x, or `low` where x is less."""
    return _where(x < low, low, x)


def _within(x: Symbol, least: float) -> Symbol:
    """Whether x is greater than `least`, and far from overflow."""
    return _step("less", least, x) & _step("less", x, float(np.finfo(x.dtype).max) / 8)


def _large(x: Symbol) -> float:
    """What pushes the fraction of a number out of its bits, so that the last ones are whole."""
    return 1.5 * 2.0 ** np.finfo(x.dtype).nmant


def _nearest(x: Symbol, unit: Fraction) -> tuple[Symbol, Symbol]:
    """The whole number next to x*unit, alone and with _large(x) added."""
    shifted = _fma(x, float(unit), _large(x))
    return shifted - _large(x), shifted


def _less_multiple(x: Symbol, n: Symbol, unit: Fraction, parts: int) -> Symbol:
    """x - n*unit."""
    for part in _parts(unit, x.dtype, parts):
        x = _fma(n, -part, x)
    return x


@cache
def _parts(value: Fraction, dtype: Dtype, many: int) -> list[float]:
    """Numbers of the type that add up to the value, none greater than what is left.

    As all have one sign, the multiple 0 of them leaves a negative zero what it is.
    """
    found = []
    for _ in range(many):
        near = dtype.type(float(value))
        found.append(float(near if near <= value else np.nextafter(near, dtype.type(0))))
        value -= Fraction(found[-1])
    return found


# ----- polynomials --------------------------------------------------------------------------------


def _series(
    z: Symbol,
    term: Callable[[int], Fraction],
    radius: Fraction,
    ends: tuple[int, int],
    weight: float,
) -> Symbol:
    """The sum of term(k) * z**k for z / radius between the ends, to a 16th of eps / weight."""
    terms = economized(term, radius, ends, float(np.finfo(z.dtype).eps) / 16 / weight)
    square = z * z
    # two chains of half the length
    even, odd = _horner(square, terms[::2]), _horner(square, terms[1::2])
    return _fma(z, odd, even) if isinstance(odd, Symbol) else even + z * odd


def _horner(z: Symbol, terms: Sequence[float]) -> Any:
    total: Any = terms[-1]
    for term in reversed(terms[:-1]):
        total = _fma(z, total, term)
    return total


@cache
def economized(
    term: Callable[[int], Fraction], radius: Fraction, ends: tuple[int, int], error: float
) -> list[float]:
    """Coefficients of a polynomial that is within `error` of a power series.

    From the last power on, the multiple of a Chebyshev polynomial that takes it away is subtracted
    (C. Lanczos, "Applied Analysis", chapter 7), as long as the sum of their sizes is no more than
    the error. `ends` are (-1, 1) or (0, 1), the interval of z / radius.
    """
    held = [term(k) * radius**k for k in range(SERIES_TERMS)]
    left = Fraction(error)
    while True:
        shape = _chebyshev(len(held) - 1, ends)
        size = abs(held[-1] / shape[-1])
        if size > left:
            return [float(c / radius**k) for k, c in enumerate(held)]
        left -= size
        factor = held[-1] / shape[-1]
        held = [c - factor * s for c, s in zip(held, shape, strict=True)][:-1]


@cache
def _chebyshev(n: int, ends: tuple[int, int]) -> list[int]:
    """Coefficients of T_n(t), or of T_n(2*t - 1) = T_2n(sqrt(t))."""
    if ends == (0, 1):
        return _chebyshev(2 * n, (-1, 1))[::2]
    last, now = [1], [0, 1]
    for _ in range(n):
        last, now = now, [2 * b - a for a, b in zip([*last, 0, 0], [0, *now], strict=True)]
    return last
