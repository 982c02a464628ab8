"""Batches: rows against single gradients, order, failures, formats, and what appears on disk."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet
import pytest

import diffcli
from diffcli.cli import main as cli
from diffcli.io.columns import column
from diffcli.io.lists import nested, to_arrow
from tests.transcript import diffcli_in_process


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def batch(*argv, stdin="", status=0):
    result = diffcli_in_process(["batch", *argv], stdin)
    assert result.status == status, result.stderr
    return result


def records(*argv, stdin="", status=0):
    """The rows that a batch writes to standard output."""
    lines = batch(*argv, "-o", "-", stdin=stdin, status=status).stdout.splitlines()
    return [json.loads(line) for line in lines]


def lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-300)


# ----- values -----

NUMBERS = np.random.default_rng(0)
SCALARS = [dict(zip("wxb", NUMBERS.standard_normal(3).tolist(), strict=True)) for _ in range(50)]
LISTS = [
    {"x": NUMBERS.standard_normal(n).tolist(), "y": NUMBERS.standard_normal(n).tolist()}
    for n in NUMBERS.integers(1, 5, 60)
]
MATRICES = [
    {"A": (NUMBERS.standard_normal((n, n)) + 4 * np.eye(n)).tolist(), "b": [1.0] * int(n)}
    for n in NUMBERS.integers(1, 4, 30)
]


@pytest.mark.parametrize(
    ("expr", "rows"),
    [
        ("tanh(w*x + b)**2", SCALARS),
        ("where(x > 0, w*x, b/x)", SCALARS),
        ("h = exp(w); h*x + h*b", SCALARS),
        ("log1p(exp(-sum(x*y)))", LISTS),
        ("max(x) + sum(sort(y)*arange(len(x)))", LISTS),
        ("sum(solve(A, b))", MATRICES),
        ("slogdet(A)[1] + sum(b)", MATRICES),
        ("sum((A @ b)**2)", MATRICES),
    ],
)
def test_a_row_is_what_grad_gives(expr, rows):
    found = records(expr, "-", "--kind", "grad", stdin=lines(rows))

    assert len(found) == len(rows)
    for row, result in zip(rows, found, strict=True):
        expected = diffcli.grad(expr)(**row)
        close(result["value"], diffcli.evaluate(expr)(**row))
        assert list(result) == ["value", *(f"d_{name}" for name in row)]
        for name in row:
            np.testing.assert_allclose(result[f"d_{name}"], expected[name], rtol=1e-11, atol=1e-13)


def test_jacobians_hessians_and_products():
    rows = [{"x": [1.0, 2.0], "s": 3.0}, {"x": [4.0, 5.0, 6.0], "s": -1.0}]
    text = lines(rows)

    jacobian = records("s*x**2", "-", "--kind", "jacobian", stdin=text)
    hessian = records("s*sum(x**2)", "-", "--kind", "hessian", "--wrt", "x", stdin=text)
    for row, j, h in zip(rows, jacobian, hessian, strict=True):
        expected = diffcli.jacobian("s*x**2")(**row)
        close(j["d_x"], expected["x"])
        close(j["d_s"], expected["s"])
        close(h["d_x_x"], 2 * row["s"] * np.eye(len(row["x"])))
    assert records(
        "x**2*c", "-", "c=2", "--kind", "jvp", "--tangent", "x=1", stdin='{"x":3}\n'
    ) == [{"value": 18, "tangent": 12}]
    assert records("x*[1,2]", "-", "--kind", "vjp", "--v", "[1,10]", stdin='{"x":3}\n') == [
        {"value": [3, 6], "d_x": 21}
    ]


def test_exact_is_numpy_to_the_last_bit(monkeypatch):
    monkeypatch.setattr("diffcli.runtime.loop.COMPILE_FROM", 0)
    rows = np.random.default_rng(1).standard_normal((3000, 20))
    pyarrow.parquet.write_table(pa.table({"x": list(rows)}), "x.parquet")
    batch("tanh(x)*exp(x)", "x.parquet", "-o", "y.parquet", "--exact")
    y = pyarrow.parquet.read_table("y.parquet")["value"].to_pylist()
    np.testing.assert_array_equal(y, np.tanh(rows) * np.exp(rows))


def test_constants_are_shared_and_can_be_differentiated_by():
    text = lines([{"x": 1}, {"x": 2}])

    assert records("sum(c*x)", "-", "c=[1,10]", "--kind", "grad", stdin=text) == [
        {"value": 11, "d_x": 11},
        {"value": 22, "d_x": 11},
    ]
    assert records("sum(c*x)", "-", "c=[1,10]", "--kind", "grad", "--wrt", "c", stdin=text) == [
        {"value": 11, "d_c": [1, 1]},
        {"value": 22, "d_c": [2, 2]},
    ]
    # a mask of constants has a shape that is known
    assert records("sum(c[c > 5]*x)", "-", "c=[1,10]", stdin=text) == [{"value": 10}, {"value": 20}]


def test_a_variable_without_influence_is_null_and_a_step_is_zero():
    rows = records("floor(x) + 0*y", "-", "--kind", "grad", "--map", "y=y", stdin='{"x":1,"y":2}\n')

    assert rows == [{"value": 1, "d_x": 0, "d_y": 0}]
    rows = records("x**2", "-", "c=1", "--kind", "grad", "--wrt", "x,c", stdin='{"x":3}\n')
    assert rows == [{"value": 9, "d_x": 6, "d_c": None}]


def test_names_and_columns():
    text = lines([{"length": 2, "x": 5, "k": "u"}])

    assert records("a*x", "-", "--map", "a=length", stdin=text) == [{"value": 10}]
    assert records("x", "-", "--map", "x=length", stdin=text) == [{"value": 2}]
    assert records("x*length", "-", "x=1", "--keep", "all", stdin=text) == [
        {"length": 2, "x": 5, "k": "u", "value": 2}
    ]
    assert records("x", "-", "--keep", "k,length", stdin=text) == [
        {"k": "u", "length": 2, "value": 5}
    ]


def test_truth_values():
    text = lines([{"m": True, "x": 2}, {"m": False, "x": 2}])

    assert records("where(m, x, -x)", "-", "--kind", "grad", stdin=text) == [
        {"value": 2, "d_x": 1},
        {"value": -2, "d_x": -1},
    ]
    assert records("x > 1", "-", stdin=text) == [{"value": True}] * 2


@pytest.mark.parametrize(
    ("expr", "argv", "value"),
    [
        ("max([x, 3.])", [], 3),
        ("max([x, 3.]) * sin", [], 30),
        ("max*x", [], 2),
        ("sin(x)*0 + pi", [], 7),
        ("len([x, x]) + float(x)", [], 3),
        ("`", ["--expr-column", "text"], 3),
    ],
)
def test_columns_named_like_functions(expr, argv, value):
    row = {"max": 2, "sin": 10, "pi": 7, "len": 5, "float": 5, "x": 1, "text": "max([x, 3.])"}

    (found,) = records(*([] if argv else [expr]), "-", *argv, stdin=lines([row]))

    assert found["value"] == value


def test_columns_with_names_that_are_no_words():
    Path("in.csv").write_text('"a,b",c d,x,y,y\n1,2,3,4,5\n', encoding="utf-8")

    assert records("x", "in.csv", "--keep", "a,b", "--keep", "x,c d") == [
        {"a,b": 1, "x": 3, "c d": 2, "value": 3}
    ]
    result = batch("x", "in.csv", "-o", "-", "--keep", "q", status=2)
    assert result.stderr.endswith("= choose from 'a,b', 'c d', x, y\n")
    for argv in (["y"], ["x", "--keep", "y"], ["x", "--keep", "all"]):
        result = batch(argv[0], "in.csv", "-o", "out.csv", *argv[1:], status=2)
        assert result.stderr.startswith("error[bad-file]: 'in.csv' has several columns 'y'")


@pytest.mark.parametrize(
    ("header", "argv", "error"),
    [
        ("x,k,z", ["--keep", "all"], "'b.csv' has the column 'z', and 'a.csv' does not"),
        ("x", ["--keep", "all"], "'b.csv' has no column 'k'"),
        ("k,z", [], "'b.csv' has no column 'x'"),
        ("k,x,z", ["--keep", "k"], None),
    ],
)
def test_the_columns_of_all_files_are_looked_at_first(header, argv, error, monkeypatch):
    Path("a.csv").write_text("x,k\n1,2\n", encoding="utf-8")
    Path("b.csv").write_text(f"{header}\n{','.join('1' * (header.count(',') + 1))}\n")
    if error is not None:
        monkeypatch.setattr("diffcli.batch.compute.Computer.chunk", None)

    result = batch("x", "a.csv", "b.csv", *argv, "-o", "out.csv", status=2 if error else 0)

    assert result.stderr.startswith(f"error[bad-file]: {error}" if error else "")


# ----- missing values and failures -----


def test_nulls_are_no_failures():
    rows = [{"x": [1, 2]}, {"x": None}, {"x": [1, None]}, {}, {"x": [3]}]

    found = records("sum(x)", "-", "--kind", "grad", stdin=lines(rows))

    assert [row["value"] for row in found] == [3, None, None, None, 3]
    assert [row["d_x"] for row in found] == [[1, 1], None, None, None, [1]]


BAD = {
    3: '{"A": [[0, 0], [0, 0]], "b": [1, 2]}',
    17: '{"A": [[1, 2, 3]], "b": [1, 2]}',
    18: '{"A": [[1, 2], [3, 4]], "b": [1, 2, 3]}',
    100: "no JSON",
    101: '{"A": "many", "b": [1, 2]}',
    400: '{"A": [[1, 2], [3]], "b": [1, 2]}',
    700: '{"A": {"k": 1}, "b": [1, 2]}',
    701: "[1, 2]",
    998: '{"A": [["x", 2], [3, 4]], "b": [1, 2]}',
    999: '{"A": [[1, 2], [3, 4]], "b": true}',
}


def systems():
    rng = np.random.default_rng(1)
    matrices = rng.standard_normal((1000, 2, 2)) + 3 * np.eye(2)
    text = [json.dumps({"A": m.tolist(), "b": [1, 2]}) for m in matrices]
    for row, line in BAD.items():
        text[row] = line
    return matrices, "\n".join(text) + "\n"


def test_bad_rows_are_named_and_the_others_are_right():
    matrices, text = systems()

    result = batch("sum(solve(A, b))", "-", "-o", "-", "--on-error", "null", stdin=text, status=3)

    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert {i for i, row in enumerate(rows) if row["error"] is not None} == set(BAD)
    good = [i for i in range(1000) if i not in BAD]
    expected = np.linalg.solve(matrices[good], np.array([1.0, 2.0])[:, None]).sum(axis=(1, 2))
    close([rows[i]["value"] for i in good], expected)
    assert result.stderr.startswith("error[partial]: 10 of 1,000 rows failed\n")
    for row in BAD:
        assert f"row {row + 1} of standard input: " in result.stderr
    left = records("sum(solve(A, b))", "-", "--on-error", "skip", stdin=text, status=3)
    assert [row["value"] for row in left] == [rows[i]["value"] for i in good]


def test_the_first_failing_row_stops_the_batch_and_nothing_is_written():
    Path("in.jsonl").write_text('{"A":[[2]]}\n{"A":[[0]]}\n{"A":[[0]]}\n', encoding="utf-8")
    Path("out.csv").write_text("before", encoding="utf-8")

    result = batch("sum(inv(A))", "in.jsonl", "-o", "out.csv", status=1)

    assert result.stderr.startswith("error[domain]: the matrix is singular")
    assert "= in row 2 of 'in.jsonl'\n" in result.stderr
    assert Path("out.csv").read_text(encoding="utf-8") == "before"
    assert sorted(p.name for p in Path().iterdir()) == ["in.jsonl", "out.csv"]


def test_a_cell_far_down_a_csv_file_that_is_no_number():
    n = 200_000
    cells = [f"{i / 8}" for i in range(n)]
    cells[150_000], cells[150_001], cells[n - 1] = "oops", "NA", "+1.5"
    flags = ["true" if i % 2 else "false" for i in range(n)]
    flags[170_000] = "maybe"
    rows = "".join(f"{c},{f}\n" for c, f in zip(cells, flags, strict=True))
    Path("in.csv").write_text("x,f\n" + rows, encoding="utf-8")

    argv = ["where(f, x, -x)", "in.csv", "--on-error", "null"]
    result = batch(*argv, "-o", "out.parquet", status=3)
    batch(*argv, "-o", "again.parquet", "--chunk-rows", "777", status=3)

    assert "row 150001 of 'in.csv': the value of 'x' is the text 'oops', not" in result.stderr
    assert "row 170001 of 'in.csv': the value of 'f' is the text 'maybe', not" in result.stderr
    found = pa.parquet.read_table("out.parquet")
    expected = np.where(np.arange(n) % 2, 1, -1) * np.arange(n) / 8
    expected[n - 1] = 1.5
    mask = np.ones(n, bool)
    mask[[150_000, 150_001, 170_000]] = False
    assert found["value"].null_count == 3
    assert (found["value"].to_numpy()[mask] == expected[mask]).all()
    assert Path("out.parquet").read_bytes() == Path("again.parquet").read_bytes()


def test_results_of_another_kind_are_failures():
    rows = records(
        "x*2", "-", "--on-error", "skip", stdin='{"x":1}\n{"x":[1,2]}\n{"x":3}\n', status=3
    )

    assert rows == [{"value": 2}, {"value": 6}]


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["x*y", "t.csv"], "unknown-name"),
        (["sinn(x)", "t.csv"], "unknown-function"),
        (["x*", "t.csv"], "syntax"),
        (["y", "t.csv"], "usage"),
        (["x", "t.csv", "--keep", "q"], "unknown-name"),
        (["x", "t.csv", "--map", "x=q"], "unknown-name"),
        (["x", "t.csv", "--map", "q=x"], "unknown-name"),
        (["x", "t.csv", "--kind", "grad", "--wrt", "q"], "unknown-name"),
        (["x", "t.csv", "--keep", "x,x"], "usage"),
        (["value", "v.csv", "--keep", "value"], "usage"),
        (["x", "t.txt"], "usage"),
        (["x", "missing.csv"], "bad-file"),
        (["x", "no*.csv"], "bad-file"),
        (["x", "empty.csv"], "bad-file"),
        (["x", "ragged.csv"], "bad-file"),
        (["x", "twice.csv"], "bad-file"),
        (["x", "t.csv", "v.csv"], "bad-file"),
        (["x", "not.parquet"], "bad-file"),
        (["x"], "usage"),
        (["x*1j", "t.csv", "--kind", "grad"], "not-scalar"),
        (["x*1j", "t.csv", "--kind", "jacobian", "--dtype", "complex64"], "not-differentiable"),
        (["abs(x)", "t.csv", "--kind", "hessian", "--dtype", "complex64"], "not-differentiable"),
        (["zeros(int(x))", "t.csv"], "data-dependent"),
        (["x*[1,2]", "t.csv", "--kind", "vjp"], "usage"),
        (["x", "t.csv", "--exact", "--backend", "cupy"], "usage"),
    ],
)
def test_one_clear_error_and_no_file(argv, code):
    for name, text in {
        "t.csv": "x\n1\n2\n",
        "v.csv": "value\n1\n",
        "t.txt": "x\n1\n",
        "empty.csv": "",
        "ragged.csv": "x,y\n1,2\n1\n",
        "twice.csv": "x,x\n1,2\n",
        "not.parquet": "x\n1\n",
    }.items():
        Path(name).write_text(text, encoding="utf-8")

    result = batch(*argv, "-o", "out.csv", status=diffcli.errors.CATALOGUE[code].status)

    assert result.stderr.startswith(f"error[{code}]: ")
    assert not [p for p in Path().iterdir() if "out.csv" in p.name]


# ----- tables -----


def write_table(table, path):
    kind = path.split(".")[1]
    if kind == "jsonl":
        Path(path).write_text(lines(table.to_pylist()), encoding="utf-8")
    elif kind in ("csv", "tsv"):
        options = pa.csv.WriteOptions(delimiter="\t" if kind == "tsv" else ",")
        pa.csv.write_csv(table, path, options)
    elif kind == "parquet":
        pa.parquet.write_table(table, path, row_group_size=1000)
    elif kind == "feather":
        pa.feather.write_feather(table, path)
    else:
        with pa.ipc.new_stream(path, table.schema) as writer:
            writer.write_table(table, 1000)


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "parquet", "arrow", "feather"])
def test_every_kind_of_table_in(kind):
    rng = np.random.default_rng(2)
    table = pa.table({"id": [f"r{i}" for i in range(5000)], "x": rng.standard_normal(5000)})
    write_table(table, f"in.{kind}")

    rows = records("x**3", f"in.{kind}", "--kind", "grad", "--keep", "id")

    assert [row["id"] for row in rows] == table["id"].to_pylist()
    close([row["d_x"] for row in rows], 3 * table["x"].to_numpy() ** 2)


OUTPUTS = ["csv", "csv.gz", "csv.zst", "tsv", "jsonl", "jsonl.gz", "parquet", "arrow", "arrow.zst"]


@pytest.mark.parametrize("kind", OUTPUTS)
def test_every_kind_of_table_out_and_in_again(kind):
    x = [1.5, None, float("inf"), 1e-300, -0.0, 0.1]
    write_table(pa.table({"x": x, "t": ['a"b', "c,d", None, "é", "", "\t"]}), "in.parquet")

    batch("x*1", "in.parquet", "-o", f"out.{kind}", "--keep", "t")
    rows = records("value*1", f"out.{kind}", "--keep", "t")

    values = [float(row["value"]) if row["value"] is not None else None for row in rows]
    # JSON has a text for infinity, which is a number again
    assert values == x
    assert [row["t"] for row in rows[:2]] == ['a"b', "c,d"]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet", "arrow", "jsonl.gz"])
def test_the_bytes_do_not_depend_on_the_chunks(kind):
    rng = np.random.default_rng(3)
    lengths = rng.integers(1, 4, 70_000)
    x = [rng.standard_normal(n).tolist() for n in lengths]
    write_table(pa.table({"x": x, "w": rng.standard_normal(70_000)}), "in.parquet")
    found = set()

    for rows in ("1", "9", "1000", "65536") if kind == "csv" else ("1000", "65536"):
        part = ["--chunk-rows", rows]
        if rows in "19":
            write_table(pa.table({"x": x[:300], "w": list(range(300))}), "small.parquet")
            batch("sum(tanh(x)*w)", "small.parquet", "-o", f"s{rows}.csv", "--kind", "grad", *part)
            continue
        batch("sum(tanh(x)*w)", "in.parquet", "-o", f"out.{kind}", "--kind", "grad", *part)
        found.add(Path(f"out.{kind}").read_bytes())

    assert len(found) == 1
    if kind == "csv":
        assert Path("s1.csv").read_bytes() == Path("s9.csv").read_bytes()


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_groups_of_rows_hold_about_as_many_numbers(kind, monkeypatch):
    monkeypatch.setattr("diffcli.io.sinks.CELLS", 100)
    monkeypatch.setattr("diffcli.batch.compute.CELLS", 70)
    x = [[1.0] * n for n in (30, 1, 0, 69, 5, 200, 2, 2, 2)]
    write_table(pa.table({"x": x}), "in.parquet")
    found = set()

    for rows in ("1", "3", "100"):
        argv = ["sum(x**2)", "in.parquet", "-o", f"out.{kind}", "--kind", "grad"]
        batch(*argv, "--chunk-rows", rows)
        found.add(Path(f"out.{kind}").read_bytes())

    assert len(found) == 1
    if kind == "parquet":
        groups = pa.parquet.ParquetFile("out.parquet").metadata
        sizes = [groups.row_group(i).num_rows for i in range(groups.num_row_groups)]
        assert sizes == [4, 2, 3]
        assert pa.parquet.read_table("out.parquet")["d_x"].to_pylist() == [
            [2 * v for v in r] for r in x
        ]


def test_many_files_keep_their_order():
    Path("data/deep").mkdir(parents=True)
    for i, name in enumerate(["data/a.csv", "data/b.csv", "data/deep/c.csv"]):
        Path(name).write_text(f"x\n{i}\n{i + 10}\n", encoding="utf-8")
    with gzip.open("data/d.csv.gz", "wt") as file:
        file.write("x\n3\n13\n")

    def values(*inputs):
        return [row["value"] for row in records("x", *inputs)]

    assert values("data/b.csv", "data/a.csv") == [1, 11, 0, 10]
    assert values("data/*.csv") == [0, 10, 1, 11]
    assert values("data/*.csv*") == [0, 10, 1, 11, 3, 13]
    assert values("data") == [0, 10, 1, 11, 3, 13, 2, 12]


def test_types_of_integers_may_turn_to_reals():
    text = "".join(f'{{"x": {i}}}\n' for i in range(5)) + '{"x": 5.5}\n'
    Path("in.csv").write_text("x\n" + "1\n" * 700_000 + "2.5\n", encoding="utf-8")

    assert [row["value"] for row in records("x", "-", stdin=text)] == [0, 1, 2, 3, 4, 5.5]
    batch("x", "in.csv", "-o", "out.parquet")
    assert pa.parquet.read_table("out.parquet")["value"][-1].as_py() == 2.5


KEPT = """k,n,s,b,d,x
1,007,a,True,2020-01-01,1
9007199254740993,+5,NA,FALSE,,2
2.50,.5,"q,""r",true,2020-01-02,3
"""


def test_texts_of_csv_are_kept_as_they_stand():
    Path("in.csv").write_text(KEPT, encoding="utf-8")

    batch("x", "in.csv", "-o", "out.csv", "--keep", "all")
    result = batch("x", "in.csv", "-o", "-", "--keep", "all")

    ends = ["value", 1, 2, 3]
    expected = [f"{line},{end}" for line, end in zip(KEPT.splitlines(), ends, strict=True)]
    assert Path("out.csv").read_text(encoding="utf-8").splitlines() == expected
    assert result.stdout.splitlines() == [
        '{"k": 1, "n": 7, "s": "a", "b": true, "d": "2020-01-01", "x": 1, "value": 1}',
        '{"k": 9007199254740993, "n": 5, "s": "NA", "b": false, "d": null, "x": 2, "value": 2}',
        '{"k": 2.50, "n": 0.5, "s": "q,\\"r", "b": true, "d": "2020-01-02", "x": 3, "value": 3}',
    ]


@pytest.mark.parametrize(
    "cells",
    [
        ["true", "0.5", "7"],
        ["1", '"1"', '"a"', "null", "[1, 2]"],
        ["9007199254740993", "0.5", "18446744073709551616", "-9007199254740995", "null"],
        ['"2020-01-01T00:00:00Z"', '"b"', '"2020-01-01"'],
        ['["2020-01-01T00:00:00Z", null]', "[]"],
        ['{"t": "2020-01-01 00:00:00"}', '{"t": null}'],
    ],
    ids=lambda cells: cells[0],
)
def test_values_of_json_are_kept_as_they_stand(cells):
    text = [f'{{"k": {cell}, "value": 1}}' for cell in cells]

    result = batch("x", "-", "--map", "x=value", "--keep", "k", "-o", "-", stdin="\n".join(text))

    assert result.stdout.splitlines() == text


def test_kept_values_of_another_type_late_in_a_file():
    kept = {600_000: "2.5", 600_001: "u", 600_002: "7"}
    cells = [kept.get(i, str(i)) for i in range(600_003)]
    rows = "".join(f"{i % 7},{c}\n" for i, c in enumerate(cells))
    Path("in.csv").write_text("x,k\n" + rows, encoding="utf-8")
    argv = ["x", "in.csv", "--keep", "k", "-o"]

    batch(*argv, "out.jsonl")
    result = batch(*argv, "out.parquet", "--on-error", "null", status=3)

    with Path("out.jsonl").open(encoding="utf-8") as file:
        assert [json.loads(line)["k"] for line in list(file)[-4:]] == [599_999, 2.5, "u", 7]
    assert pa.parquet.read_table("out.parquet")["k"].to_pylist()[-4:] == [599_999, None, None, 7]
    assert "row 600002 of 'in.csv': the value of 'k' is u, and its column" in result.stderr


@pytest.mark.parametrize(
    "kind", [pa.binary(), pa.list_(pa.binary(1)), pa.struct({"b": pa.binary()})]
)
def test_bytes_do_not_go_into_text(kind):
    pa.parquet.write_table(pa.table({"x": [1.0], "b": pa.nulls(1, kind)}), "in.parquet")

    for output in ("out.csv", "-"):
        result = batch("x", "in.parquet", "--keep", "all", "-o", output, status=2)
        assert result.stderr.startswith("error[usage]: the column 'b' is kept, and holds bytes")
    batch("x", "in.parquet", "--keep", "b", "-o", "out.parquet")


def test_missing_values_of_a_single_column_are_no_empty_lines():
    batch("x", "-", "-o", "out.csv", stdin='{"x":1}\n{"x":null}\n{"x":3}\n')

    assert Path("out.csv").read_text(encoding="utf-8") == 'value\n1\n""\n3\n'
    assert [row["value"] for row in records("value", "out.csv")] == [1, None, 3]


def test_lists_in_csv_are_read_as_they_are_written():
    rows = [{"x": [1.5, 2]}, {"x": None}, {"x": []}, {"x": [3]}]
    batch("x*2", "-", "-o", "out.csv", "--kind", "jacobian", stdin=lines(rows))

    found = records("value*1", "out.csv", "--keep", "d_x")

    assert [row["value"] for row in found] == [[3, 4], None, [], [6]]
    assert [row["d_x"] for row in found][:2] == ["[[2, 0], [0, 2]]", ""]
    assert [row["value"] for row in records("sum(d_x)", "out.csv")] == [4, None, 0, 2]


def test_bad_lists_in_csv_are_failures_of_their_rows():
    cells = ["[1, 2]", "[1, ", "7", "[[1]]", "", "[3, null]", "[4]", "[1,\n2]"]
    quoted = "".join(f'"{cell}",1\n' for cell in cells)
    Path("in.csv").write_text("x,k\n" + quoted, encoding="utf-8")

    argv = ["sum(x)", "in.csv", "-o", "-", "--on-error", "null"]
    result = batch(*argv, status=3)

    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["value"] for row in found] == [3, None, 7, 1, None, None, 4, 3]
    failed = [i for i, row in enumerate(found) if row["error"] is not None]
    assert failed == [1]
    again = batch(*argv, "--chunk-rows", "1", status=3)
    assert again.stdout == result.stdout


def test_lists_in_csv_are_grouped_by_their_shapes():
    cells = [[1, 2], [[1, 2], [3, 4]], [], [5], [[[6]]]]
    text = "".join(f'"{json.dumps(cell)}",1\n' for cell in cells)
    Path("in.csv").write_text("x,k\n" + text, encoding="utf-8")

    assert [r["value"] for r in records("sum(x)*k", "in.csv")] == [3, 10, 0, 5, 6]


ODD = ["True", "false", "yes", "1e", "1,5", "0x1F", "[1,2", "--", "1.2.3", "2020-01-01"]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_odd_cells_fail_and_no_others(kind):
    x = NUMBERS.standard_normal(1000)
    odd = dict(zip(range(50, 1000, 97), ODD, strict=True))
    cells = [odd.get(i, repr(v)) for i, v in enumerate(x.tolist())]
    if kind == "jsonl":
        read = {"True": "true", "false": "false"}
        bare = [read.get(c, c if i not in odd else f'"{c}"') for i, c in enumerate(cells)]
        text = "".join(f'{{"x": {cell}}}\n' for cell in bare)
        Path("in.jsonl").write_text(text, encoding="utf-8")
    else:
        write_table(pa.table({"x": cells}), f"in.{kind}")

    found = records("sin(x)", f"in.{kind}", "--kind", "grad", "--on-error", "null", status=3)

    assert {i for i, row in enumerate(found) if row["error"] is not None} == set(odd)
    good = [i for i in range(1000) if i not in odd]
    close([found[i]["d_x"] for i in good], np.cos(x[good]))


@pytest.mark.parametrize("cells", [[True, 1.5, 2, 3], [1, 2, 3, False], [[True], [2.5], [3]]])
def test_truth_values_among_numbers_fail(cells):
    text = lines([{"x": cell} for cell in cells])

    found = records("sum(x)", "-", "--on-error", "null", stdin=text, status=3)

    odd = [row["error"] is not None for row in found]
    assert odd == [isinstance(np.array(c).reshape(-1).tolist()[0], bool) for c in cells]


@pytest.mark.parametrize(
    ("inputs", "output"),
    [
        (["a.csv"], "./a.csv"),
        (["./a.csv"], "a.csv"),
        (["a.csv"], "d/../a.csv"),
        (["b.csv", "a.csv"], "link.csv"),
        (["link.csv"], "a.csv"),
        (["a.csv"], "file://{}/a.csv"),
        (["{}/a.csv"], "a.csv"),
        (["file://{}/a.csv"], "a.csv"),
        (["d"], "d/c.csv"),
    ],
)
def test_no_file_is_read_and_written(inputs, output):
    Path("d").mkdir()
    for name in ("a.csv", "b.csv", "d/c.csv"):
        Path(name).write_text("x\n1\n", encoding="utf-8")
    Path("link.csv").symlink_to("a.csv")
    names = [name.format(Path.cwd()) for name in (*inputs, output)]

    result = batch("x", *names[:-1], "-o", names[-1], status=2)

    assert result.stderr.startswith("error[usage]: ")
    assert "is read and written" in result.stderr
    assert all(Path(name).read_text(encoding="utf-8") == "x\n1\n" for name in ("a.csv", "d/c.csv"))


def test_a_table_without_rows():
    Path("in.csv").write_text("x,k\n", encoding="utf-8")

    batch("x", "in.csv", "-o", "out.csv", "--kind", "grad", "--keep", "k")

    assert Path("out.csv").read_text(encoding="utf-8") == "k,value,d_x\n"


def test_an_interrupt_leaves_nothing(monkeypatch):
    from diffcli.batch.compute import Computer

    def interrupted(self, chunk):
        raise KeyboardInterrupt

    monkeypatch.setattr(Computer, "chunk", interrupted)
    Path("in.csv").write_text("x\n1\n", encoding="utf-8")

    result = batch("x", "in.csv", "-o", "out.csv", status=130)

    assert result.stderr.startswith("error[interrupted]")
    assert [p.name for p in Path().iterdir()] == ["in.csv"]


def test_progress_and_summary():
    Path("in.csv").write_text("x\n1\n\n", encoding="utf-8")

    result = batch("x", "in.csv", "-o", "out.csv")
    assert result.stdout.startswith("1 row in ")
    assert result.stderr == ""

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    out, err = io.StringIO(), Terminal()
    assert cli.run(["batch", "x", "in.csv", "-o", "o.csv"], io.StringIO(), out, err) == 0
    assert out.getvalue().startswith("1 row in ")


# ----- directions -----


@pytest.mark.parametrize("bring", [False, True])
def test_directions_of_rows_are_those_of_single_rows(bring):
    text = "sin(x)*c + x[0]"
    rows = [{"f": text, **row} for row in LISTS]
    what = ["--expr-column", "f"] if bring else [text]
    options = [*what, "-", "c=2", "--on-error", "null"]
    pulled = records(*options, "--kind", "vjp", "--v", "y/c", stdin=lines(rows))
    pushed = records(*options, "--kind", "jvp", "--tangent", "x=y/c", stdin=lines(rows))
    for row, found, moved in zip(LISTS, pulled, pushed, strict=True):
        x, d = np.array(row["x"]), np.array(row["y"]) / 2
        slopes = np.diag(2 * np.cos(x))
        slopes[:, 0] += 1
        assert found.keys() == {"value", "d_x", "error"}
        np.testing.assert_allclose(found["d_x"], d @ slopes, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(moved["tangent"], slopes @ d, rtol=1e-12, atol=1e-14)


def test_what_fails_in_a_direction_has_no_place_in_the_expression():
    singular = "sum(solve([[1, 1], [1, 1 + 0*x]], ones(2)))"
    found = batch(
        "x**2", "-", "--kind", "vjp", "--v", singular, "-o", "-", stdin='{"x": 1}', status=1
    )
    assert "singular" in found.stderr
    assert "^" not in found.stderr


# ----- types of numbers -----


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet", "arrow"])
@pytest.mark.parametrize("dtype", ["float64", "float32", "complex128", "complex64"])
def test_numbers_of_each_type_and_read_again(dtype, kind):
    z = np.array([0.1, 1 / 3, -2e10]) * (1 + 2j if dtype.startswith("c") else 1)
    pyarrow.parquet.write_table(pa.table({"z": [str(x) for x in z.tolist()]}), "in.parquet")
    batch("z*z", "in.parquet", "-o", f"mid.{kind}", "--dtype", dtype)
    batch("value", f"mid.{kind}", "-o", "out.jsonl", "--dtype", dtype)

    read = [json.loads(line)["value"] for line in Path("out.jsonl").read_text().splitlines()]
    expected = np.square(z.astype(dtype))
    assert np.array_equal(np.asarray(read).astype(dtype), expected)
    if kind == "parquet":
        column_type = pyarrow.parquet.read_schema("mid.parquet").field("value").type
        assert column_type == nested(0, dtype)


@pytest.mark.parametrize("dtype", ["complex128", "complex64"])
def test_complex_gradients_are_those_of_single_rows(dtype):
    rows = [{"z": ["(1+2j)", "3j"]}, {"z": ["0.5"]}]
    found = records("sum(abs(z)**3)", "-", "--kind", "grad", "--dtype", dtype, stdin=lines(rows))
    for row, given in zip(found, rows, strict=True):
        z = np.array([complex(x) for x in given["z"]], dtype)
        expected = diffcli.grad("sum(abs(z)**3)")(z=z)["z"]
        assert expected.dtype == dtype
        np.testing.assert_allclose([complex(g) for g in row["d_z"]], expected, rtol=1e-6)


def test_results_of_expressions_in_rows_go_into_columns_of_the_type_asked_for():
    rows = [{"f": "x/3", "x": 1}, {"f": "1j*x", "x": 2}, {"f": "x > 0", "x": 3}]
    options = ["--expr-column", "f", "-", "--on-error", "null"]
    real = records(*options, "--dtype", "float32", stdin=lines(rows), status=3)
    assert [row["value"] for row in real] == [0.33333334, None, 1.0]
    assert real[1]["error"] == "value is complex here, and real in rows before"
    both = records(*options, "--dtype", "complex64", stdin=lines(rows))
    assert [row["value"] for row in both] == ["(0.33333334+0j)", "2j", "(1+0j)"]


# ----- columns -----


@pytest.mark.parametrize(
    "cells",
    [
        [1.0, None, 3.0],
        [[1.0, 2.0], None, []],
        [[[1.0], [2.0]], [], None, [[3.0, 4.0]]],
        [[[[1.0]]], [[[2.0], [3.0]]]],
    ],
)
def test_columns_and_back(cells):
    array = pa.array([None, *cells], nested(_depth(cells), "float64")).slice(1)
    read = column(array)
    rows = np.flatnonzero(read.valid)
    parts = [
        (read.take(rows[i : i + 1], tuple(read.shapes[row])), rows[i : i + 1])
        for i, row in enumerate(rows)
    ]

    assert to_arrow(parts, len(cells), array.type).to_pylist() == cells


def _depth(cells):
    depth = 0
    while isinstance(cells, list):
        cells = next((c for c in cells if c), None)
        depth += 1
    return depth - 1
