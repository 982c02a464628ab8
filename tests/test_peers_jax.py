"""Complex derivatives in JAX's convention, beside JAX itself."""

from __future__ import annotations

import re

import numpy as np
import pytest

import diffcli
from tests.test_complex import HOLOMORPHIC, OTHERS, POINTS, assert_close, direction

jax = pytest.importorskip("jax")
jax.config.update("jax_enable_x64", True)

NAMES = {
    **{n: getattr(jax.numpy, n) for n in dir(jax.numpy) if not n.startswith("_")},
    **{n: getattr(jax.numpy.linalg, n) for n in ("inv", "solve", "det", "norm", "slogdet")},
    **{n: getattr(jax.numpy.fft, n) for n in ("fft", "ifft", "rfft", "irfft")},
}


def peer(expr: str, names: list[str]):
    """The expression as a function of JAX arrays; expressions are valid Python over NumPy names."""
    expr = re.sub(r"(\w+)\.mH", r"\1.conj().T", expr)
    return eval(f"lambda {', '.join(names)}: {expr}", dict(NAMES))


def problem(expr: str):
    """The expression's values by name, and JAX's function of them in that order."""
    values = {n: POINTS[n] for n in dict.fromkeys(re.findall(r"\b[a-zA-Z]\b", expr))}
    return values, peer(expr, list(values))


# JAX has sign(z) = z/abs(z) without its derivative
every = pytest.mark.parametrize("expr", [e for e in HOLOMORPHIC + OTHERS if e != "sign(z)"])
REAL = ["abs(z)", "abs(z)**2", "angle(z)", "real(z)", "norm(z)", "var(z)", "slogdet(M)[1]"]
REAL += ["x*abs(z)", "real(z*conj(w))"]


@every
def test_vjp(expr):
    values, function = problem(expr)
    y, pull = jax.vjp(function, *values.values())
    v = direction(np.asarray(y))
    assert_close(diffcli.evaluate(expr)(**values), y)
    ours = diffcli.vjp(expr, convention="jax")(v, **values)
    for found, expected in zip(ours.values(), pull(v), strict=True):
        assert_close(found, expected)


@every
def test_jvp(expr):
    values, function = problem(expr)
    along = {n: direction(x) for n, x in values.items()}
    _, tangent = jax.jvp(function, tuple(values.values()), tuple(along.values()))
    assert_close(diffcli.jvp(expr)(along, **values), tangent)


@every
def test_grad_and_hvp(expr):
    """Of a real function of complex variables: gradients, and their change along a direction."""
    loss = f"sum(real({expr})**2 + imag({expr}))"
    values, function = problem(loss)
    order = tuple(range(len(values)))
    gradient = jax.grad(function, order)
    ours = diffcli.grad(loss, convention="jax")(**values)
    for found, expected in zip(ours.values(), gradient(*values.values()), strict=True):
        assert_close(found, expected)
    along = {n: direction(x) for n, x in values.items()}
    _, moved = jax.jvp(gradient, tuple(values.values()), tuple(along.values()))
    products = diffcli.hvp(loss, convention="jax")(along, **values)
    for found, expected in zip(products.values(), moved, strict=True):
        assert_close(0 if found is None else found, expected)


@pytest.mark.parametrize("expr", HOLOMORPHIC)
def test_holomorphic_gradient(expr):
    expr = f"sum({expr})"
    values, function = problem(expr)
    wrt = [n for n, x in values.items() if x.dtype.kind == "c"]
    places = tuple(list(values).index(n) for n in wrt)
    theirs = jax.grad(function, places, holomorphic=True)(*values.values())
    ours = diffcli.grad(expr, wrt, convention="jax")(**values)
    for found, expected in zip(ours.values(), theirs, strict=True):
        assert_close(found, expected)


@pytest.mark.parametrize("expr", HOLOMORPHIC + REAL)
def test_jacobian(expr):
    values, function = problem(expr)
    wrt = [n for n, x in values.items() if x.dtype.kind == "c"]
    places = tuple(list(values).index(n) for n in wrt)
    theirs = jax.jacrev(function, places, holomorphic=expr in HOLOMORPHIC)(*values.values())
    for mode in ("forward", "reverse"):
        ours = diffcli.jacobian(expr, wrt, mode, "jax")(**values)
        for found, expected in zip(ours.values(), theirs, strict=True):
            assert_close(found, expected)
