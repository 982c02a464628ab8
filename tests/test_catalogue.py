"""What `diffcli functions` says about every row is there, and is true."""

from __future__ import annotations

import io
import json
import re
import shlex

import numpy as np
import pytest

import diffcli
from diffcli import catalogue
from diffcli.cli.commands.functions import _detail, _summary
from diffcli.cli.environment import Environment
from diffcli.cli.output import Output
from diffcli.errors import DiffcliError, Source
from diffcli.graph.node import is_inexact
from diffcli.ops.table import HIDDEN, all_rows
from diffcli.trace import trace
from tests.transcript import diffcli_in_process

INFOS = catalogue.functions()
walk = pytest.mark.parametrize("info", INFOS, ids=lambda info: info.name)


@walk
def test_every_field_is_filled(info):
    assert info.category in catalogue.CATEGORIES
    assert info.signature.startswith(f"{info.name}(")
    assert info.doc.endswith(".")
    assert info.application is not None
    assert info.call
    a = info.application
    inexact = [n for n, x in a.trace.inputs.items() if is_inexact(x.dtype)]
    assert list(info.derivatives) == inexact
    assert bool(info.derivative) == bool(inexact), "only arguments have derivatives"
    assert (info.orders == "any") == any(info.derivatives.values())
    over_complex = any(v.dtype.kind == "c" for v in a.values.values())
    distribution = info.category == "probability"  # each has the support that it is known for
    if a.pointwise and not over_complex and not distribution:
        assert info.domain


@walk
def test_formulas_are_the_derivatives(info):
    """A formula, read back at the example, gives the cotangent that reverse mode gives."""
    a = info.application
    t = a.trace
    if not is_inexact(t.dtype):
        return
    g = np.cos(np.arange(1.0, t.output.size + 1)).reshape(t.shape).astype(t.dtype)
    found = diffcli.api.vjp(t, g, list(info.derivatives)).by_name
    f = a.value()
    for name, derivative in info.derivatives.items():
        if derivative is None:
            assert found[name] is None or not np.any(found[name])
            continue
        if derivative.formula is None:
            assert derivative.numerical or derivative.operations > 1
            continue
        bound = {**a.values, "g": g, "f": f}
        read = diffcli.evaluate(derivative.formula)(**bound)
        expected = found[name]
        if derivative.label.startswith("d/d"):
            read = read * g
        scale = max(1.0, float(np.max(np.abs(expected), initial=0)))
        read = np.broadcast_to(
            np.real(read) if expected.dtype.kind == "f" else read, expected.shape
        )
        np.testing.assert_allclose(read, expected, rtol=2e-5, atol=2e-5 * scale)


@walk
def test_definitions_are_the_functions(info):
    if info.definition is not None:
        a = info.application
        assert info.kind == "composite"
        read = trace(Source(info.definition), a.values)
        np.testing.assert_allclose(read.run([read.output])[0], a.value(), rtol=2e-5, atol=1e-9)


@walk
def test_example_runs(info):
    """The command is one that can be typed, and prints what is shown."""
    out = io.StringIO()
    Output(Environment(out, out, out), False, None, 6, False).deliver(_detail(info))
    _, example = out.getvalue().split("\n  $ diffcli ")
    example = re.sub("^  ", "", example, flags=re.MULTILINE)
    command, printed = re.fullmatch(r"((?:[^\n]*\\\n)*[^\n]*)\n(.*)", example, re.DOTALL).groups()
    result = diffcli_in_process(shlex.split(command.replace("\\\n", "")), "")
    assert (result.stdout, result.stderr) == (printed, "")


@walk
def test_complex_numbers_are_taken_where_it_says_so(info):
    a = info.application
    wide = {n: v * (1 + 0.25j) if v.dtype.kind == "f" else v for n, v in a.values.items()}
    if not wide or all(v.dtype.kind != "c" for v in wide.values()):
        assert not info.complex
        return
    try:
        t = trace(Source(a.text), wide)
        t.run([t.output])
    except DiffcliError as error:
        if info.complex:
            assert error.code == "domain"
    else:
        assert info.complex


@walk
def test_numerical_derivatives_are_documented(info):
    numerical = [n for n, d in info.derivatives.items() if d is not None and d.numerical]
    if info.kind == "elementwise":
        assert bool(numerical) == ("numerical" in info.doc)
    assert all(n in info.row.signature.parameters for n in numerical)


@walk
def test_summary_is_short(info):
    assert sum(map(len, _summary(info))) < 460


def test_domains():
    expected = {
        "sin": "all real numbers",
        "log": "x > 0",
        "log1p": "x > -1",
        "sqrt": "x >= 0, derivative for x > 0",
        "cbrt": "derivative for x != 0",
        "tan": "x not pi/2 + n*pi",
        "cot": "x not n*pi",
        "arcsin": "-1 <= x <= 1, derivative for -1 < x < 1",
        "arctanh": "-1 < x < 1",
        "arccosh": "x >= 1, derivative for x > 1",
        "divide": "y != 0",
        "gamma": "x not 0, -1, -2, ...",
        "factorial": "n not -1, -2, ...",
        "logit": "0 < x < 1",
        "erfcinv": "0 < x < 2",
        "xlogy": "y > 0",
        "zeta": "x > 1, q > 0",
        "betainc": "a >= 0, b >= 0, 0 <= x <= 1",
        "hyp2f1": "c not 0, -1, -2, ..., x < 1",
        "bitwise_and": "integers and booleans",
        "inv": "invertible matrices",
        "lambertw": "x >= -1/e",
        "det": None,
    }
    found = {name: catalogue.lookup(name).domain for name in expected}
    assert found == expected


def test_derivatives():
    expected = {
        "matmul": "dx = g @ y.T; dy = x.T @ g",
        "inv": "dx = -(f.T @ g @ f.T)",
        "sum": "dx = broadcast_to(g, x.shape)",
        "transpose": "dx = g.T",
        "concatenate": "dx = g[:, 0:3]; dy = g[:, 3:6]",
        "log_sigmoid": "d/dx = sigmoid(-x)",
        "sqrtm": "dx = solve_sylvester(f.T, f.T, g)",
        "imag": "dx = g*1.0j",
        "floor": "0 where it exists",
        "copysign": "d/dx = sign(x)*copysign(1, y); d/dy = 0",
        "jv": "d/dv: numerical; d/dx = 0.5*(jv(v - 1, x) - jv(v + 1, x))",
        "hyp2f1": "d/da: numerical; d/db: numerical; d/dc: numerical; "
        "d/dx = a*(b*hyp2f1(a + 1, b + 1, c + 1, x))/c",
        "ones": "",
    }
    found = {name: catalogue.lookup(name).derivative for name in expected}
    assert found == expected
    assert re.fullmatch(r"dx: \d+ operations", catalogue.lookup("cholesky").derivative)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("sin", "sin"),
        ("np.sin", "sin"),
        ("np.linalg.inv", "inv"),
        ("inverse", "inv"),
        ("torch.std", "torch.std"),
        ("torch.linalg.norm", "norm"),
        ("**", "power"),
        ("x @ y", "matmul"),
        ("np.std", "std"),
        ("scipy.special.softmax", "scipy.softmax"),
        ("x.sum", "sum"),
        ("sum()", "sum"),
        ("norm.cdf", "norm_cdf"),
        ("scipy.stats.norm.cdf", "norm_cdf"),
        ("cofactor_tangent", "cofactor_tangent"),
    ],
)
def test_lookup(written, name):
    assert catalogue.lookup(written).name == name


@pytest.mark.parametrize("row", sorted(HIDDEN), ids=str)
def test_hidden_rows_can_be_looked_up(row):
    """Printed derivatives use their names."""
    if HIDDEN[row].category != "leaf":
        info = catalogue.FunctionInfo(HIDDEN[row])
        assert info.signature
        assert _summary(info)


def test_meaning_under_a_prefix_is_shown():
    assert list(catalogue.lookup("std").variants) == ["torch.std"]
    assert list(catalogue.lookup("cholesky").variants) == ["scipy.cholesky"]
    assert catalogue.lookup("sin").variants == {}


def test_values_that_have_names():
    for written, category, value in [
        ("np.pi", "constant", np.pi),
        ("torch.float32", "number type", "float32"),
        ("int", "number type", "int64"),
    ]:
        found = json.loads(diffcli_in_process(["functions", written, "--json"], "").stdout)
        assert (found["category"], found["value"]) == (category, value)


def test_search():
    found = [info.name for info in catalogue.search("eigenvalue")]
    assert {"eig", "eigh", "eigvals", "eigvalsh"} <= set(found)
    assert [info.name for info in catalogue.search("logsig")] == ["log_sigmoid"]
    assert "inv" in [info.name for info in catalogue.search("matrix Inverse")]
    assert [info.name for info in catalogue.search("eigenvalue", "polynomial")] == ["roots"]
    assert catalogue.search("tahn") == []
    assert catalogue.search("x") == []


def test_categories_are_those_of_the_table():
    assert set(catalogue.CATEGORIES) == {row.category for row in all_rows()}
    assert {i.category for i in catalogue.functions("scan")} == {"scan"}
    assert sum(len(catalogue.functions(c)) for c in catalogue.CATEGORIES) == len(INFOS)
    keys = [(catalogue.CATEGORIES.index(i.category), i.name) for i in INFOS]
    assert keys == sorted(keys)
    with pytest.raises(DiffcliError) as refusal:
        catalogue.functions("scans")
    assert refusal.value.hint == "did you mean 'scan'?"


def test_json_has_every_function():
    listed = json.loads(diffcli_in_process(["functions", "--json"], "").stdout)["functions"]
    assert [entry["name"] for entry in listed] == [info.name for info in INFOS]
    keys = {frozenset(entry) for entry in listed}
    assert len(keys) == 1
    [entry] = [e for e in listed if e["name"] == "jv"]
    assert entry["derivatives"]["v"] == {
        "formula": None,
        "operations": entry["derivatives"]["v"]["operations"],
        "numerical": True,
    }


@pytest.mark.parametrize("width", [40, 80, 200])
def test_text_fits_the_terminal(width, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    heads = {f"  {info.signature}" for info in INFOS}
    lines = diffcli_in_process(["functions"], "").stdout.splitlines()
    assert heads <= set(lines), "each function is found at the beginning of a line"
    assert [line for line in lines if len(line) > width and line not in heads] == []
