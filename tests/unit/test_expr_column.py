"""Rows that bring their own expressions: each against the expression by itself."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

import diffcli
from tests.transcript import diffcli_in_process


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def batch(*argv, stdin="", status=0):
    result = diffcli_in_process(["batch", "--expr-column", "f", *argv], stdin)
    assert result.status == status, result.stderr
    return result


def records(*argv, rows, status=0):
    text = "".join(json.dumps(row) + "\n" for row in rows)
    argv = ["-", "-o", "-", *argv]
    return [
        json.loads(line) for line in batch(*argv, stdin=text, status=status).stdout.splitlines()
    ]


TEXTS = ["x*y", "sin(x)*c", "sum(v**2)*x", "exp(y) - x*y", "7", "v[0]*v[1] + x", "h = x*y; h**2"]
NUMBERS = np.random.default_rng(0)
ROWS = [
    {
        "f": TEXTS[k],
        "x": float(NUMBERS.standard_normal()),
        "y": float(NUMBERS.standard_normal()),
        "v": NUMBERS.standard_normal(2 + k % 3).tolist(),
    }
    for k in NUMBERS.integers(0, len(TEXTS), 200).tolist()
]


@pytest.mark.parametrize("kind", ["eval", "grad", "hessian"])
def test_every_row_is_what_its_expression_gives_alone(kind):
    wrt = [] if kind == "eval" else ["--wrt", "x,v"]
    found = records("--kind", kind, *wrt, "c=3", rows=ROWS)

    for row, result in zip(ROWS, found, strict=True):
        given = {**row, "c": 3.0}
        f = given.pop("f")
        used = {n: v for n, v in given.items() if n in f.replace("exp", "")}
        np.testing.assert_allclose(result["value"], diffcli.evaluate(f)(**used), rtol=1e-13)
        wrt = [n for n in "xv" if n in used]
        if kind == "grad":
            expected = diffcli.grad(f, wrt=wrt)(**used) if wrt else {}
            found = {f"d_{n}": g for n, g in expected.items()}
        elif kind == "hessian":
            expected = diffcli.hessian(f, wrt=wrt)(**used) if wrt else {}
            found = {f"d_{a}_{b}": expected[a][b] for a in expected for b in expected[a]}
        else:
            found = {}
        for name, value in found.items():
            np.testing.assert_allclose(result[name], value, rtol=1e-12, atol=1e-14)
        assert {n for n, v in result.items() if v is not None} == {"value", *found}


def test_the_variables_are_the_columns_of_numbers():
    row = {"f": "x", "x": 1, "flag": True, "name": "a", "v": [[1.5]], "c": 2}

    assert records("--kind", "grad", "c=1", rows=[row]) == [{"value": 1, "d_x": 1, "d_v": None}]
    assert records("--kind", "grad", "--map", "x=c", "--wrt", "x", rows=[row]) == [
        {"value": 2, "d_x": 1}
    ]


@pytest.mark.parametrize(
    ("row", "value"),
    [
        ({"f": "x > 1"}, 1),
        ({"f": 5}, 5),
        ({"f": None}, None),
        ({"f": "  "}, None),
        ({}, None),
        ({"f": "x*y", "y": None}, None),
        ({"f": "x", "y": "bad"}, 3),
        ({"f": "x+"}, "the expression ends after '+'; an operand is missing"),
        ({"f": "q*x"}, "'q' has no value"),
        ({"f": "v*x"}, "value is an array of 1 axes here, and of 0 in rows before"),
        ({"f": "y", "y": "bad"}, "the value of 'y' is the text 'bad', not a number"),
        ({"f": "inv(zeros((2, 2)))[0, 0]"}, "the matrix is singular"),
        ({"f": "zeros(10**10)"}, "a size of a shape is larger than 268435456"),
        ({"f": "().__class__"}, "an array has no attribute '__class__'"),
        ({"f": "(" * 5000}, "the bracket '(' is never closed"),
        ({"f": ["x"]}, "the value of 'f' is a list<item: string>, not a text"),
    ],
)
def test_texts_of_all_kinds(row, value):
    rows = [{"f": "x", "x": 1.0, "y": 2.0, "v": [1.0]}, {"x": 3, "v": [1, 2], **row}]
    status = 3 if isinstance(value, str) else 0

    found = records("--on-error", "null", rows=rows, status=status)[1]

    if isinstance(value, str):
        assert (found["value"], found["error"][: len(value)]) == (None, value)
    else:
        assert (found["value"], found["error"]) == (value, None)


def test_a_failing_text_is_shown_with_its_place():
    result = batch("-", "-o", "-", stdin='{"f":"x","x":1}\n{"f":"x*","x":1}\n', status=2)

    assert "1 | x*\n" in result.stderr
    assert "= in row 2 of standard input\n" in result.stderr


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_many_texts_in_any_order(kind, monkeypatch):
    monkeypatch.setattr("diffcli.batch.compute.PLANS", 10 * 4096)
    monkeypatch.setattr("diffcli.batch.compute.TEXTS", 7)
    codes = NUMBERS.integers(0, 30, 120).tolist()
    columns = {"f": [f"x*{k} + y" for k in codes], "x": list(range(120)), "y": [0.5] * 120}
    if kind == "csv":
        text = "".join(f"{f},{x},{y}\n" for f, x, y in zip(*columns.values(), strict=True))
        Path("in.csv").write_text("f,x,y\n" + text, encoding="utf-8")
    else:
        pa.parquet.write_table(pa.table(columns), "in.parquet")
    found = set()

    for rows in ("1000", "13"):
        batch(f"in.{kind}", "-o", "out.csv", "--kind", "grad", "--chunk-rows", rows)
        found.add(Path("out.csv").read_bytes())

    expected = "".join(f"{k * x + 0.5},{k},1\n" for x, k in enumerate(codes))
    assert found == {b"value,d_x,d_y\n" + expected.encode()}


def test_plans_of_texts_do_not_fill_the_memory():
    from diffcli.batch.chunks import chunks
    from diffcli.batch.compile import Question
    from diffcli.batch.compute import PLANS, Computer
    from diffcli.batch.job import Job
    from diffcli.errors import Source
    from diffcli.io.records import Records

    texts = [f"sum(ones({10_000 + k})) * x" for k in range(400)]
    pa.parquet.write_table(pa.table({"f": texts, "x": [1.0] * len(texts)}), "in.parquet")
    computer = Computer(Job(Question(Source(""), "eval", ["x"], {}, column="f")))
    for chunk in chunks(computer.job, Records("in.parquet", Path)):
        for _ in computer.divided(chunk):
            pass

    assert 0 < len(computer.plans()) <= PLANS / 14_096


@pytest.mark.parametrize(
    ("argv", "error"),
    [
        (
            ["-o", "-"],
            "the name of a table is missing\n  = write diffcli batch --expr-column f INPUT",
        ),
        (["t.csv", "-o", "-"], "--expr-column names 'f', which 't.csv' does not have"),
    ],
)
def test_what_is_missing_is_said(argv, error):
    Path("t.csv").write_text("x\n1\n", encoding="utf-8")

    assert error in batch(*argv, status=2).stderr
