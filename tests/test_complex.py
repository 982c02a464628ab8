"""Derivatives by complex variables, in PyTorch's convention and in JAX's.

The oracles are closed forms, differences along the real and the imaginary axis, and the pairing
of cotangents with tangents; test_peers.py and test_peers_jax.py compare with the libraries.
"""

from __future__ import annotations

import cmath

import numpy as np
import pytest

import diffcli
from diffcli import api
from diffcli.errors import Source
from tests.samples import VARIABLES

_rng = np.random.Generator(np.random.PCG64(23))


def _complex(*shape: int) -> np.ndarray:
    return _rng.normal(size=shape) + 1j * _rng.normal(size=shape)


POINTS = {
    "z": _complex(4),
    "w": _complex(4),
    "M": _complex(3, 3) + 2 * np.eye(3),
    "b": _complex(3),
    "x": _rng.normal(size=4),
}

DERIVATIVES = {  # of functions of one complex number
    "exp(z)": cmath.exp,
    "sin(z)": cmath.cos,
    "cos(z)": lambda z: -cmath.sin(z),
    "tanh(z)": lambda z: 1 - cmath.tanh(z) ** 2,
    "z**3": lambda z: 3 * z**2,
    "z**2.5": lambda z: 2.5 * z**1.5,
    "2**z": lambda z: cmath.log(2) * 2**z,
    "log(z)": lambda z: 1 / z,
    "sqrt(z)": lambda z: 0.5 / cmath.sqrt(z),
    "1/z": lambda z: -1 / z**2,
    "exp(1j*z)": lambda z: 1j * cmath.exp(1j * z),
    "arctan(z)": lambda z: 1 / (1 + z * z),
    "conj(conj(z)**2)": lambda z: 2 * z,
}
HOLOMORPHIC = [*DERIVATIVES, "z*w", "z/w", "z**w", "inv(M)", "solve(M, b)", "det(M)"]
HOLOMORPHIC += ["fft(z)", "ifft(z)", "prod(z)", "cumsum(z*w)", "M @ b", "trace(M @ M)", "x*z"]
OTHERS = ["abs(z)", "abs(z)**2", "angle(z)", "real(z)", "imag(z)*w", "conj(z)", "z*conj(w)"]
OTHERS += ["sign(z)", "norm(z)", "M.mH @ M", "vdot(z, w)", "var(z)", "slogdet(M)[1]"]
OTHERS += [
    "real(exp(1j*x))",
    "abs(x + 1j*x**2)",
    "irfft(rfft(x)*x[0])",
    "x*abs(z)",
    "real(z*conj(w))",
]

every = pytest.mark.parametrize("expr", HOLOMORPHIC + OTHERS)
conventions = pytest.mark.parametrize("convention", api.CONVENTIONS)


def traced(expr: str) -> api.Trace:
    t = api.trace(Source(expr), POINTS)
    return api.trace(Source(expr), {n: POINTS[n] for n in t.used})


def direction(like: np.ndarray, turn: float = 0.0) -> np.ndarray:
    """Numbers without symmetries, in the shape and type of an array."""
    k = np.arange(1.0, like.size + 1).reshape(like.shape) + turn
    return np.cos(k) + 1j * np.sin(2 * k) if like.dtype.kind == "c" else np.cos(k)


def assert_close(found, expected, rtol=1e-10) -> None:
    scale = max(1.0, float(np.max(np.abs(expected), initial=0)))
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=rtol * scale)


def moved(t: api.Trace, name: str, step: np.ndarray) -> api.Trace:
    return api.trace(t.source, {**t.values, name: t.values[name] + step})


def difference(function, t: api.Trace, name: str, along: np.ndarray) -> np.ndarray:
    """Slope of function(trace) along a direction: central differences, one Richardson step."""
    h = 1e-3
    wide, narrow = (
        (function(moved(t, name, s * along)) - function(moved(t, name, -s * along))) / (2 * s)
        for s in (h, h / 2)
    )
    return (4 * narrow - wide) / 3


@every
def test_jvp_along_both_axes(expr):
    t = traced(expr)
    for name in api.default_wrt(t):
        x = t.values[name]
        for turn in (1, 1j) if x.dtype.kind == "c" else (1,):
            along = turn * np.cos(np.arange(1.0, x.size + 1)).reshape(x.shape)
            tangent = api.jvp(t, {name: along}).tangent
            assert_close(tangent, difference(api.evaluate, t, name, along), 1e-7)


@every
@conventions
def test_vjp_pairs_with_jvp(expr, convention):
    """Re<v, jvp(t)> = Re<vjp(v), t>; only in PyTorch's convention <,> conjugates its left side."""
    t = traced(expr)
    left = np.conj if convention == "torch" else np.asarray
    v = direction(api.evaluate(t), 0.5)
    cotangents = api.vjp(t, v, api.default_wrt(t), convention).by_name
    for name, cotangent in cotangents.items():
        along = direction(t.values[name])
        assert cotangent.dtype == t.values[name].dtype
        tangent = api.jvp(t, {name: along}).tangent
        assert_close(np.sum(left(cotangent) * along).real, np.sum(left(v) * tangent).real)


@every
def test_conventions_are_conjugate(expr):
    t = traced(expr)
    v = direction(api.evaluate(t))
    wrt = api.default_wrt(t)
    torch = api.vjp(t, np.conj(v), wrt)
    jax = api.vjp(t, v, wrt, "jax")
    for name in wrt:
        assert_close(jax.by_name[name], np.conj(torch.by_name[name]), 1e-15)


@pytest.mark.parametrize("expr", HOLOMORPHIC)
def test_holomorphic_functions_have_one_derivative(expr):
    """Rows of the Jacobian, in both modes and conventions, and JAX's gradient of each element."""
    t = traced(expr)
    wrt = [n for n in api.default_wrt(t) if t.values[n].dtype.kind == "c"]
    jacobians = [
        api.jacobian(t, wrt, mode, convention).by_name
        for mode in ("forward", "reverse")
        for convention in api.CONVENTIONS
    ]
    for name in wrt:
        x = t.values[name]
        along = direction(x)
        slope = difference(api.evaluate, t, name, along)
        for matrix in jacobians:
            assert_close(np.tensordot(matrix[name], along, x.ndim), slope, 1e-7)
    scalar = traced(f"sum({expr})")
    gradients = api.grad(scalar, wrt, "jax").by_name
    for name in wrt:
        rows = jacobians[0][name].reshape(-1, *t.values[name].shape)
        assert_close(gradients[name], rows.sum(0))
    half = api.grad(traced(f"sum(real({expr}))"), wrt).by_name
    for name in wrt:
        assert_close(half[name], np.conj(gradients[name]))


@pytest.mark.parametrize(("expr", "derivative"), DERIVATIVES.items(), ids=DERIVATIVES)
def test_closed_forms(expr, derivative):
    for z in POINTS["z"]:
        found = diffcli.grad(expr, convention="jax")(z=z)["z"]
        assert_close(found, derivative(z), 1e-14)
        assert_close(diffcli.vjp(expr)(1, z=z)["z"], np.conj(derivative(z)), 1e-14)
        along = 0.3 - 0.4j
        assert_close(diffcli.jvp(expr)({"z": along}, z=z), along * derivative(z), 1e-14)


@pytest.mark.parametrize("expr", OTHERS)
@conventions
def test_others_have_no_complex_derivative(expr, convention):
    t = traced(expr)
    wrt = [n for n in api.default_wrt(t) if t.values[n].dtype.kind == "c"]
    if t.dtype.kind == "c" and wrt:
        for command in (api.jacobian, api.grad):
            scalar = t if command is api.jacobian else traced(f"sum({expr})")
            with pytest.raises(diffcli.DiffcliError) as refusal:
                command(scalar, wrt, convention=convention)
            assert refusal.value.code in ("not-differentiable", "not-scalar")
        return
    rows = api.jacobian(t, wrt, "auto", convention).by_name
    for name in wrt:
        ones = np.ones(t.shape)
        total = api.vjp(t, ones, [name], convention).by_name[name]
        assert_close(np.tensordot(ones, rows[name], t.output.ndim), total)


@pytest.mark.parametrize("expr", ["real(exp(1j*x))", "abs(x + 1j*x**2)", "irfft(rfft(x)*x[0])"])
@conventions
def test_real_variables_have_real_gradients(expr, convention):
    t = traced(f"sum({expr}**2)")
    found = api.grad(t, ["x"], convention).by_name["x"]
    assert found.dtype == np.float64
    for along in np.eye(4):
        assert_close(found @ along, difference(api.evaluate, t, "x", along), 1e-7)


@every
@conventions
def test_hvp_is_the_change_of_the_gradient(expr, convention):
    loss = f"sum(real(({expr})*conj({expr})) + real({expr})**3)"
    t = traced(loss)
    wrt = api.default_wrt(t)
    for name in wrt:
        along = direction(t.values[name])
        product = api.hvp(t, {name: along}, wrt, convention).by_name
        for other in wrt:
            slope = difference(
                lambda moved, other=other: api.grad(moved, [other], convention).by_name[other],
                t,
                name,
                along,
            )
            assert_close(product[other], slope, 1e-6)


def test_hvp_of_a_holomorphic_function():
    z = 0.3 - 1.2j
    found = diffcli.hvp("sin(z)", convention="jax")({"z": 2j}, z=z)["z"]
    assert_close(found, -cmath.sin(z) * 2j, 1e-14)
    with pytest.raises(diffcli.DiffcliError, match="not complex-differentiable"):
        diffcli.hvp("z*conj(z)*1j", convention="jax")({"z": 2j}, z=z)


@pytest.mark.parametrize("expr", [*DERIVATIVES, "abs(z)**2", "z*conj(w)", "real(z)*w", "angle(z)"])
@conventions
def test_formulas_agree_with_the_numbers(expr, convention):
    t = traced(f"({expr})[0]")
    wrt = api.default_wrt(t)
    v = direction(api.evaluate(t))
    results = [(api.vjp(t, v, wrt, convention), {"v": v})]
    t = traced(f"sum({expr})")
    if t.dtype.kind != "c" or (convention == "jax" and expr in DERIVATIVES):
        results.append((api.grad(t, wrt, convention), {}))
    for result, extra in results:
        for name, formula in result.formulas.items():
            if formula is not None:
                value = diffcli.evaluate(formula)(**t.values, **extra)
                expected = result.by_name[name]
                assert_close(np.broadcast_to(value, expected.shape), expected, 1e-5)


def test_conventions_mean_the_same_for_real_variables():
    for convention in api.CONVENTIONS:
        gradient = diffcli.grad("sum(x**3)", convention=convention)(x=VARIABLES["x"])["x"]
        np.testing.assert_array_equal(gradient, 3 * VARIABLES["x"] ** 2)


def test_there_are_two_conventions():
    with pytest.raises(diffcli.DiffcliError, match="torch and jax"):
        diffcli.grad("abs(z)", convention="matlab")(z=1j)
