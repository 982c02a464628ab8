"""Code that is written for other languages, run by them."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
from typing import Any

import numpy as np
import pytest

from diffcli import api
from diffcli.errors import DiffcliError, Source
from diffcli.formulas.code import code
from diffcli.formulas.derivation import derivation
from diffcli.formulas.symbols import Symbols, declaration

SIZES = {"m": 4, "n": 3, "k": 2}

CASES = [
    ("x**2 + 2*x", ""),
    ("exp(-x**2)*sin(a*x)/(1 + a**2)", ""),
    ("where(x > a, x*log(x), tanh(x)**3) + abs(x)", ""),
    ("softplus(x) + sigmoid(a)*maximum(x, a) + sqrt(x) + arctan2(x, a)", ""),
    ("0.5*x.T@A@x", "x:(n,) A:(n,n)"),
    ("log(det(X))", "X:(n,n)"),
    ("trace(inv(X) @ A)", "X:(n,n) A:(n,n)"),
    ("b @ solve(X, b) + slogdet(X)[1]", "X:(n,n) b:(n,)"),
    ("sum(log1p(exp(-y*(X@w)))) + l*norm(w)**2/n", "X:(m,n) y:(m,) w:(n,)"),
    ("mean((X@w - y)**2) + var(w)", "X:(m,n) y:(m,) w:(n,)"),
    ("sum((T - U@V.T)**2)", "T:(m,n) U:(m,k) V:(n,k)"),
    ("tanh(W@x + b)", "W:(m,n) x:(n,) b:(m,)"),
    ("x/norm(x)", "x:(n,)"),
    ("logsumexp(x) + sum(softmax(x)**2) + max(x)", "x:(n,)"),
    ("sum(A*X, axis=1)", "A:(m,n) X:(m,n)"),
    ("x[0]*x[1] + sum(x[1:]**2)", "x:3"),
    ("logsumexp(x) - x[2]", "x:n"),
    ("clip(x, a, 1) + clip(x, min=0.1)", ""),
    ("clip(x, 0, a)@A@x", "x:n A:(n,n)"),
    ("sum(relu(W@x))", "W:(m,n) x:n"),
    ("v1*sum(A@i0)*w0", "A:(n,n) i0:n"),
]

IN_C = [
    *CASES,
    ("gammaln(x)*ndtr(y) + xlogy(y, x) + heaviside(x - y, 0.5)*mod(x, 0.3)", ""),
    ("cumsum(x)@y + sum(cumprod(y)**2)", "x:n y:n"),
    ("sum(cumprod(X, axis=0)*cumsum(X, axis=1))", "X:(m,n)"),
    ("sum(tril(outer(x, y[::-1]))**2) + sum(concatenate([x, y])[1:]**3)", "x:n y:n"),
    ("sum((x[1:] - x[:-1])**2) + norm(X, inf)", "x:n X:(m,n)"),
]

IDS = [expr for expr, _ in CASES]
every = pytest.mark.parametrize(("expr", "shapes"), CASES, ids=IDS)


def derived(expr: str, shapes: str, **asked: Any):
    declared = dict(filter(None, map(declaration, shapes.split())))
    return derivation(Symbols(Source(expr), declared, {}), **asked)


def point(found: Any) -> dict[str, np.ndarray]:
    """Values of the variables, in the order of the function's arguments."""
    rng = np.random.Generator(np.random.PCG64(3))
    inputs = found.drawn.trace.used
    shapes = {n: found.symbols.concrete(found.symbols.shapes.get(n, ()), SIZES) for n in inputs}
    values = {n: rng.uniform(0.4, 1.4, s) for n, s in shapes.items() if n not in SIZES}
    for name, value in values.items():
        if value.ndim == 2 and value.shape[0] == value.shape[1]:
            values[name] = value @ value.T + np.eye(len(value))
    return values


def expected(found: Any, values: dict[str, np.ndarray]) -> list[np.ndarray]:
    """The value, and derivatives in reverse mode without simplification."""
    text = re.sub(r"/n\b", "/3", found.symbols.source.text)
    t = api.trace(Source(text), values)
    slopes = (api.jacobian(t, f.by, "reverse").by_name[f.by[0]] for f in found.formulas)
    return [np.asarray(api.evaluate(t)), *slopes]


def close(results: list, wanted: list) -> None:
    for got, want in zip(results, wanted, strict=True):
        np.testing.assert_allclose(np.asarray(got), want, rtol=1e-12, atol=1e-12)


def arguments(text: str) -> list[str]:
    """The names of the parameters of a Python function."""
    line = next(line for line in text.split("\n") if line.startswith("def f("))
    return line[len("def f(") : -2].split(", ")


@every
def test_numpy(expr, shapes):
    found = derived(expr, shapes)
    text = code(found, "numpy")
    scope: dict[str, Any] = {}
    exec(text, scope)
    values = point(found)

    close(scope["f"](*(values[n] for n in arguments(text))), expected(found, values))


@every
def test_torch(expr, shapes):
    torch = pytest.importorskip("torch")
    found = derived(expr, shapes)
    text = code(found, "torch")
    scope: dict[str, Any] = {}
    exec(text, scope)
    values = point(found)

    close(scope["f"](*(torch.tensor(values[n]) for n in arguments(text))), expected(found, values))


@every
def test_jax(expr, shapes):
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    found = derived(expr, shapes)
    text = code(found, "jax")
    scope: dict[str, Any] = {}
    exec(text, scope)
    values = point(found)

    close(jax.jit(scope["f"])(*(values[n] for n in arguments(text))), expected(found, values))


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """The C functions of all cases, compiled as one library; the names are f0, f1, ..."""
    if shutil.which("cc") is None:
        pytest.skip("no C compiler")
    folder = tmp_path_factory.mktemp("c")
    sources = []
    for number, (expr, shapes) in enumerate(IN_C):
        text = code(derived(expr, shapes), "c").replace("int f(", f"int f{number}(")
        sources.append(folder / f"f{number}.c")
        sources[-1].write_text(text, encoding="utf-8")
    made = folder / "all.so"
    flags = ["-std=c99", "-O1", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter"]
    subprocess.run(["cc", *flags, "-shared", "-fPIC", "-o", made, *sources, "-lm"], check=True)
    return ctypes.CDLL(str(made))


def pointer(array: np.ndarray) -> ctypes.c_void_p:
    return array.ctypes.data_as(ctypes.c_void_p)


@pytest.mark.parametrize(("expr", "shapes"), IN_C, ids=[expr for expr, _ in IN_C])
def test_c(library, expr, shapes):
    found = derived(expr, shapes)
    values = point(found)
    wanted = expected(found, values)
    results = [np.zeros(w.shape) for w in wanted]
    sizes = [ctypes.c_long(SIZES[letter]) for letter in found.symbols.letters]
    arrays = [ctypes.c_double(v) if v.ndim == 0 else pointer(v) for v in values.values()]
    function = library[f"f{IN_C.index((expr, shapes))}"]

    assert function(*sizes, *arrays, *map(pointer, results)) == 0
    close(results, wanted)


@pytest.mark.parametrize("language", ["numpy", "jax", "torch", "c"])
def test_what_a_language_lacks_is_said(language):
    with pytest.raises(DiffcliError) as caught:
        code(derived("airy_ai(x)", ""), language)

    assert caught.value.code == "unknown-function"
    assert f"for {language}" in caught.value.message


def test_second_derivatives_are_written_too():
    found = derived("sum(log1p(exp(-y*(X@w))))", "X:(m,n) y:(m,) w:(n,)", wrt=["w"], order=2)
    text = code(found, "numpy")
    scope: dict[str, Any] = {}
    exec(text, scope)
    values = point(found)
    t = api.trace(found.symbols.source, values)

    _, got = scope["f"](*(values[n] for n in arguments(text)))

    close([got], [api.hessian(t, ["w"]).by_name["w"]["w"]])


def test_results_do_not_take_the_names_of_variables():
    text = code(derived("x**2*dx*value*f", ""), "numpy")
    scope: dict[str, Any] = {}
    exec(text, scope)

    assert [float(x) for x in scope["f"](2.0, 3.0, 5.0, 7.0)] == [420, 420, 140, 84, 60]


@pytest.mark.parametrize(("name", "language"), [("np", "numpy"), ("register", "c"), ("exp2", "c")])
def test_names_with_a_meaning_in_the_language_are_refused(name, language):
    with pytest.raises(DiffcliError, match=f"'{name}' has a meaning of its own"):
        code(derived(f"{name}*x", ""), language)


def test_a_derivative_too_long_for_a_formula_is_written_as_code():
    expr = "*".join(f"sin(x + {k})" for k in range(80))
    text = code(derived(expr, ""), "numpy")
    scope: dict[str, Any] = {}
    exec(text, scope)
    t = api.trace(Source(expr), {"x": np.array(0.3)})

    close([scope["f"](0.3)[1]], [api.grad(t, ["x"]).by_name["x"]])
