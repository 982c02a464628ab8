"""Reading tables: what every kind of file, cell and mistake gives, row by row."""

from __future__ import annotations

import datetime
import decimal
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

from diffcli.errors import DiffcliError
from diffcli.io.json_records import json_tables
from tests.transcript import diffcli_in_process

BOM = "\N{BYTE ORDER MARK}"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def batch(*argv, stdin=""):
    return diffcli_in_process(["batch", *argv], stdin)


def read(path, expr="x*2", *argv, stdin=""):
    """For each row its value, or else its reason."""
    result = batch(expr, path, "-o", "-", "--on-error", "null", *argv, stdin=stdin)
    assert result.status in (0, 3), result.stderr
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    return [row["value"] if row["error"] is None else row["error"] for row in rows]


def is_text(text):
    return f"the value of 'x' is the text '{text}', not a number"


# ----- text -----


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("x,k\n1,2\n", [2]),
        (BOM + "x,k\n1,2\n", [2]),
        ("x,k\r\n1,2\r\n3,4\r\n", [2, 6]),
        ("x,k\r1,2\r3,4\r", [2, 6]),
        ("x,k\n1,2", [2]),
        ("x,k\n", []),
        ('x,k\n1,"a\n\nb"\n2,"c"\n', [2, 4]),
        ('"x","k"\n"1","2"\n', [2]),
        ("x,k\n 1 ,2\n\t3,4\n", [2, 6]),
        ("x,k\n1,2\n\n\n3,4\n", [2, 6]),
        ("x,k\nnan,1\nNA,1\n,1\nnull,1\n-inf,1\n", ["nan", None, None, None, "-inf"]),
        ("x\n+5\n.5\n5.\n1e400\n1e-400\n", [10, 1, 10, "inf", 0]),
        ('x\n"1,234"\n5\n', [is_text("1,234"), 10]),
        ("x\n0x10\n1_000\n1d3\n2\n", [is_text("0x10"), is_text("1_000"), is_text("1d3"), 4]),
        ("x,k\n2020-01-01,1\n", ["the value of 'x' is a date32[day], not a number"]),
        (
            "x,k\n1\n2,3\n4,5,6\n7,8\n9\n",
            [
                "the row has 1 cell, and the header 2",
                4,
                "the row has 3 cells, and the header 2",
                14,
                "the row has 1 cell, and the header 2",
            ],
        ),
        ("x,k\n1\n", ["the row has 1 cell, and the header 2"]),
    ],
)
def test_csv(text, values):
    Path("in.csv").write_bytes(text.encode())

    assert read("in.csv") == values


def no_record(reason):
    return f"the line is no record in JSON: {reason}"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ('{"x":1}\n{}\n{"y":1}\n{"x":null}\n', [2, None, None, None]),
        (BOM + '{"x":1}\r\n\r\n{"x":2}', [2, 4]),
        ('{"x":1}\n{"x":"5"}\n{"x":"a"}\n', [2, 10, is_text("a")]),
        (
            '{"x":1}\n{"x":{"a":1}}\n',
            [2, "the value of 'x' is a struct<a: int64>, not a number"],
        ),
        ('{"x":123456789012345678901234567890}\n', [2.4691357802469136e29]),
        ('{"x":1}\n{"x":1e400}\n', [2, no_record("number too big to be stored in double")]),
        ('{"x":1,"x":2}\n{"x":1}\n', [no_record("column(/x) was specified twice"), 2]),
        ('{"x":NaN}\n{"x":"-Infinity"}\n', ["nan", "-inf"]),
        ('{"x":1}\n[1]\n', [2, no_record("column() changed from object to array")]),
        (
            '{"x":1}\n{"y":' + "[" * 40 + "]" * 40 + "}\n",
            [2, no_record("it is nested more than 32 deep")],
        ),
    ],
)
def test_json_lines(text, values):
    assert read("-", stdin=text) == values


def test_brackets_in_strings_are_no_nesting():
    text = "".join(json.dumps({"x": i, "k": '[{"\\[['}) + "\n" for i in range(100))

    assert read("-", stdin=text) == [2 * i for i in range(100)]


@pytest.mark.parametrize("letters", ["[]", "{}"])
def test_a_parser_that_calls_itself_is_not_called_for_ever(letters):
    begin, end = letters.encode()[:1], letters.encode()[1:]
    deep = b'{"x":' + begin * 1_000_000 + end * 1_000_000 + b"}\n"

    ((data, rows, reason),) = json_tables(deep)

    assert (data, rows) == (None, 1)
    assert reason == no_record("it is nested more than 32 deep")


def test_rows_without_their_number_of_cells_far_down(monkeypatch):
    monkeypatch.setattr("diffcli.io.delimited.BLOCK", 1 << 16)
    n, bad = 30_000, {0, 1, 8_192, 20_000, 29_999}
    lines = [f"{i},0" if i not in bad else f"{i}" for i in range(n)]
    Path("in.csv").write_text("x,k\n" + "\n".join(lines) + "\n", encoding="utf-8")

    values = read("in.csv", "x")

    assert {i for i, value in enumerate(values) if value != i} == bad


def test_quoted_lines_at_the_ends_of_blocks(monkeypatch):
    monkeypatch.setattr("diffcli.io.delimited.BLOCK", 1 << 16)
    n = 5_000
    rows = "".join(f'{i},"{"a" * 60}\n{i},9\n{"b" * 60}"\n' for i in range(n))
    Path("in.csv").write_text("x,k\n" + rows, encoding="utf-8")

    assert read("in.csv", "x") == list(range(n))


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ('x,k\n1,2\n3,"4\n5,6\n', 2),
        ('x,k\n1,2\n3,"4', 2),
        ('x,k\n1\n3,4,5\n"1,4\n', 3),
        ('k\n"', 1),
        ("x,k\n" + "1,2\n" * 600_000 + '1,"\n' + "1,2\n" * 600_000, 600_001),
    ],
)
def test_a_quote_that_is_never_closed(text, row):
    Path("in.csv").write_text(text, encoding="utf-8")

    name = "x" if text.startswith("x") else "k"
    result = batch(name, "in.csv", "-o", "out.csv", "--keep", "k", "--on-error", "null")

    assert result.status == 2
    assert result.stderr.startswith(
        f"error[bad-file]: 'in.csv' has a quote in row {row} that is never closed"
    )


@pytest.mark.parametrize("text", ['x,k\n1,5" a\n', 'x,k\n1,"a""b"', 'x,k\n1,"a\n""\n"\n\n'])
def test_quotes_that_are_closed_or_mean_themselves(text):
    Path("in.csv").write_text(text, encoding="utf-8")

    assert read("in.csv", "x") == [1]


@pytest.mark.parametrize("position", ["first", "later"])
def test_rows_longer_than_a_block(position, monkeypatch):
    monkeypatch.setattr("diffcli.io.delimited.BLOCK", 1 << 12)
    monkeypatch.setattr("diffcli.io.json_records.BLOCK", 1 << 12)
    x = np.arange(20_000.0)
    cells = [[1.0], x.tolist(), [2.0]] if position == "later" else [x.tolist(), [1.0]]
    text = "".join(json.dumps({"x": cell}) + "\n" for cell in cells)
    Path("in.jsonl").write_text(text, encoding="utf-8")
    text = "".join(f'"{cell}",1\n' for cell in cells)
    Path("in.csv").write_text("x,k\n" + text, encoding="utf-8")

    assert read("in.jsonl", "sum(x)") == [sum(cell) for cell in cells]
    assert read("in.csv", "sum(x)") == [sum(cell) for cell in cells]


def test_kept_columns_are_texts_even_where_they_are_no_numbers():
    cells = ["1.50"] * 200_000 + ["oops", "007"]
    Path("in.csv").write_text("x\n" + "\n".join(cells) + "\n", encoding="utf-8")

    argv = ["x", "in.csv", "-o", "out.csv", "--keep", "all", "--on-error", "null"]
    assert batch(*argv).status == 3

    out = Path("out.csv").read_text(encoding="utf-8").splitlines()
    assert out[1] == "1.50,1.5,"
    assert out[-2:] == [f'oops,,"{is_text("oops")}"', "007,7,"]


@pytest.mark.parametrize(
    ("name", "data", "error"),
    [
        ("in.csv", b"", "'in.csv' is empty"),
        ("in.csv", b"\n\n", "'in.csv' is empty"),
        ("in.csv", b"x\xe9\n1\n", "'in.csv' has names that are not UTF-8 text"),
        (
            "in.csv",
            b"x,k\n1,\xe9\n",
            "'in.csv' has a column 'k' that holds text that is not UTF-8",
        ),
        (
            "in.csv",
            b"x,k\n" + b"1,1\n" * 600_000 + b"1,2.5\n",
            "the value of 'k' is 2.5, and its column holds int64\n  = in row 600001 of 'in.csv'",
        ),
        ("in.jsonl", b"x,k\n1,2\n", "'in.jsonl' holds no JSON objects: invalid value"),
        (
            "in.parquet",
            b"x,k\n1,2\n",
            "'in.parquet' cannot be read as PARQUET: Parquet magic bytes not found in footer",
        ),
        ("in.csv.gz", b"x,k\n1,2\n", "cannot read 'in.csv.gz': zlib inflate failed: "),
    ],
)
def test_files_that_cannot_be_read(name, data, error):
    Path(name).write_bytes(data)

    result = batch("x", name, "-o", "out.parquet", "--keep", "k")

    assert result.status == 2
    assert result.stderr.startswith(f"error[bad-file]: {error}")
    assert not Path("out.parquet").exists()


# ----- types -----


def no_number(kind):
    return f"the value of 'x' is a {kind}, not a number"


@pytest.mark.parametrize(
    ("kind", "cells", "values"),
    [
        (pa.int8(), [1, None, -3], [2, None, -6]),
        (pa.uint64(), [2**64 - 1], [2.0**65]),
        (pa.int64(), [2**53 + 1], [2.0**54]),
        (pa.float16(), [np.float16(1.5)], [3]),
        (pa.float32(), [0.1], [2 * float(np.float32(0.1))]),
        (pa.decimal128(10, 2), [decimal.Decimal("1.25"), None], [2.5, None]),
        (pa.bool_(), [True, False, None], [2, 0, None]),
        (pa.null(), [None], [None]),
        (pa.string(), ["1.5", "a", None], [3, is_text("a"), None]),
        (pa.large_string(), ["1.5"], [3]),
        (pa.string_view(), ["1.5", "a"], [3, is_text("a")]),
        (pa.dictionary(pa.int8(), pa.string()), ["1", "a", None], [2, is_text("a"), None]),
        (pa.timestamp("us"), [datetime.datetime(2020, 1, 1)], [no_number("timestamp[us]")]),
        (pa.duration("s"), [5, None], [no_number("duration[s]"), None]),
        (pa.binary(), [b"1"], [no_number("binary")]),
        (pa.list_(pa.int32()), [[1, 2], None, []], [[2, 4], None, []]),
        (pa.list_(pa.int32(), 2), [[1, 2], None], [[2, 4], None]),
        (pa.large_list(pa.float32()), [[1], [None]], [[2], None]),
        (pa.list_view(pa.float32()), [[1, 2], None, [3]], [[2, 4], None, [6]]),
        (pa.list_(pa.list_(pa.int8(), 2), 1), [[[1, 2]], None], [[[2, 4]], None]),
        (
            pa.list_(pa.string()),
            [["1", "a"]],
            ["the value of 'x' holds the text 'a', not a number"],
        ),
        (
            pa.list_(pa.timestamp("s")),
            [[datetime.datetime(2020, 1, 1)]],
            ["the value of 'x' holds a timestamp[s], not a number"],
        ),
    ],
    ids=str,
)
def test_types_of_columns(kind, cells, values):
    pa.feather.write_feather(pa.table({"x": pa.array(cells, kind)}), "in.arrow")

    assert read("in.arrow") == values


def test_a_thousand_columns():
    names = [f"c{i}" for i in range(1000)]
    Path("in.csv").write_text(f"{','.join(names)}\n{','.join('1' * 1000)}\n", encoding="utf-8")

    assert read("in.csv", "+".join(names)) == [1000]


@pytest.mark.parametrize(
    ("later", "error"),
    [
        ({"x": ["u"]}, "the value of 'x' is the text 'u', not a number"),
        ({"y": [1.0]}, "'data/b.parquet' has no column 'x'"),
        ({"x": [2.0], "k": ["u"]}, "the value of 'k' is u, and its column holds int64"),
    ],
)
def test_a_table_that_changes_in_the_middle(later, error):
    Path("data").mkdir()
    pa.parquet.write_table(pa.table({"x": [1.0], "k": [1]}), "data/a.parquet")
    pa.parquet.write_table(pa.table({"k": [1], **later}), "data/b.parquet")

    result = batch("x", "data", "-o", "out.parquet", "--keep", "k")

    assert result.status == 2
    assert result.stderr.startswith(f"error[bad-file]: {error}")
    assert not Path("out.parquet").exists()


def test_nothing_but_the_needed_columns_is_read():
    from diffcli.io.records import Records

    pa.parquet.write_table(pa.table({"x": [1.0], "k": [1], "z": ["a"]}), "in.parquet")
    (batch,) = Records("in.parquet", Path).batches(["x"], ["k"])

    assert batch.data.schema.names == ["x", "k"]
    with pytest.raises(DiffcliError, match="has no column 'w'"):
        list(Records("in.parquet", Path).batches(["w"]))
