"""Numbers, tables, JSON and diagnostics, as text."""

from __future__ import annotations

import json
import re
from io import BytesIO, TextIOWrapper

import numpy as np
import pytest

from diffcli.errors import DiffcliError, Source
from diffcli.render.diagnostic import as_json, frame
from diffcli.render.json_out import dumps
from diffcli.render.layout import Style, to_text
from diffcli.render.numbers import format_array, format_complex, format_real
from diffcli.render.report import Block, Fields, Report, Sparse, Table, Value
from diffcli.render.stream import write

# ----- numbers -----


@pytest.mark.parametrize(
    ("value", "precision", "text"),
    [
        (10.0, 6, "10"),
        (-0.0, 6, "0"),
        (1 / 3, 6, "0.333333"),
        (1 / 3, 2, "0.33"),
        (0.1, 17, "0.10000000000000001"),
        (123456.0, 6, "123456"),
        (1234567.0, 6, "1.23457e+06"),
        (-1e-300, 6, "-1e-300"),
        (float("nan"), 6, "nan"),
        (float("-inf"), 6, "-inf"),
    ],
)
def test_real_numbers(value, precision, text):
    assert format_real(value, precision) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1 + 2j, "1+2j"),
        (complex(0.0, -0.0), "0+0j"),
        (-1j / 3, "0-0.333333j"),
        (complex("nan+infj"), "nan+infj"),
    ],
)
def test_complex_numbers(value, text):
    assert format_complex(value) == text


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (np.array(2.5), "2.5"),
        (np.array(7), "7"),
        (np.array(True), "True"),
        (np.array([4.0, 12.0, 24.0]), "[4, 12, 24]"),
        (np.array([True, False]), "[True, False]"),
        (np.array([2**62]), "[4611686018427387904]"),
        (np.array([1 + 1j]), "[1+1j]"),
        (np.zeros(0), "[]"),
        (np.zeros((3, 0)), "[]"),
        (np.array([[1, 2.5], [100, 4]]), "[[  1, 2.5],\n [100,   4]]"),
        (np.arange(8).reshape(2, 2, 2), "[[[0, 1],\n  [2, 3]],\n\n [[4, 5],\n  [6, 7]]]"),
        (np.arange(1001.0), "[0, 1, 2, ..., 998, 999, 1000]"),
    ],
)
def test_arrays(array, text):
    assert format_array(array) == text


def test_large_arrays_show_their_corners_unless_full():
    array = np.arange(40 * 40).reshape(40, 40)

    summary = format_array(array).split("\n")

    assert len(summary) == 7
    assert summary[0] == "[[   0,    1,    2, ...,   37,   38,   39],"
    assert summary[3] == " ...,"
    assert summary[6] == " [1560, 1561, 1562, ..., 1597, 1598, 1599]]"
    assert np.array_equal(json.loads(format_array(array, full=True)), array)


def test_only_long_axes_are_cut():
    lines = format_array(np.zeros((2, 600))).split("\n")

    assert lines == ["[[0, 0, 0, ..., 0, 0, 0],", " [0, 0, 0, ..., 0, 0, 0]]"]


def test_long_rows_are_wrapped_into_columns():
    text = format_array(np.arange(0, 120, 10.0), width=20)

    assert text == "[  0,  10,  20,\n  30,  40,  50,\n  60,  70,  80,\n  90, 100, 110]"


@pytest.mark.parametrize("shape", [(30,), (3, 30), (2, 2, 30), (5, 1)])
@pytest.mark.parametrize("width", [1, 12, 40, 100])
def test_wrapping_keeps_every_element(shape, width):
    array = np.arange(np.prod(shape)).reshape(shape) - 7

    text = format_array(array, width=width)

    assert np.array_equal(json.loads(text), array)
    assert max(map(len, text.split("\n"))) <= max(width, 12)


# ----- text -----


def shown(*sections, **style):
    return to_text(Report("test", {}, list(sections)), Style(**style))


def test_sections_are_set_apart():
    text = shown(Fields([("value", 2.0), ("tangent", None)]), Block("d", np.eye(2)))

    assert text == "value    2\ntangent  -\n\nd\n[[1, 0],\n [0, 1]]\n"


def test_a_value_stands_alone():
    assert shown(Value(np.array(3.0))) == "3\n"
    assert shown(Value(np.array(1 / 3)), precision=3) == "0.333\n"


ROWS = [["w", np.array(3.0), np.array(-2.5), "x"], ["b", np.array(4.0), None, ""]]
COLUMNS = ["variable", "value", "gradient", "formula"]


def test_a_table_of_numbers_is_flush_right():
    assert shown(Table(COLUMNS, ROWS)).split("\n") == [
        "variable   value   gradient   formula",
        "─────────────────────────────────────",
        "w              3       -2.5   x",
        "b              4          -",
        "",
    ]


def test_a_table_of_arrays_keeps_their_lines():
    rows = [["A", np.array([[1, 2], [3, 4]])], ["x", np.array([1.5])]]

    assert shown(Table(["variable", "value"], rows)).split("\n")[2:] == [
        "A          [[1, 2],",
        "            [3, 4]]",
        "x          [1.5]",
        "",
    ]


def test_arrays_share_a_narrow_table():
    row = ["x", np.arange(200.0, 230.0), np.arange(30.0), "cos(x) + sin(x)*" * 4]

    lines = shown(Table(COLUMNS, [row], prose=("formula",)), width=80).split("\n")

    assert max(map(len, lines)) <= 80
    numbers = [int(n) for line in lines[2:] for n in re.findall(r"\d\d\d", line)]
    assert numbers == list(range(200, 230))


def test_long_tables_are_summarised_unless_full():
    table = Table(["row", "value"], [[i, float(i)] for i in range(2000)])

    assert shown(table).split("\n")[2:-1] == [
        *(f"{i:>4}{i:>8}" for i in range(3)),
        " ...     ...",
        *(f"{i:>4}{i:>8}" for i in range(1997, 2000)),
    ]
    assert len(shown(table, full=True).split("\n")) == 2003


def test_full_arrays_in_a_table_become_records():
    table = Table(["variable", "gradient"], [["x", np.arange(1500)], ["y", np.array(1)]])

    text = shown(table, full=True)

    assert text.startswith("variable  x\ngradient  [   0,    1,")
    assert text.endswith("1499]\n\nvariable  y\ngradient  1\n")


def test_rules_of_a_table():
    table = Table(["a"], [["b"]])

    assert shown(table) == "a\n─\nb\n"
    assert shown(table, ascii_only=True) == "a\n-\nb\n"


WIDE = ["π", np.array([1.5, 2]), np.eye(2), "日本 + x"]


@pytest.mark.parametrize(
    "section",
    [
        Table(COLUMNS, ROWS, prose=("formula",)),
        Table(COLUMNS, [*ROWS, WIDE], title="mixed", prose=("formula",)),
        Table(COLUMNS, [["x", np.arange(200.0), np.arange(300.0), "cos(x)*" * 40]]),
        Table(["a", "b"], [["[red]x[/red] :smile:", (1, 2)], [True, 0.5]]),
        Table(["only"], []),
        Fields([("value", np.eye(2)), ("note", "word " * 40)]),
        Block("block", np.eye(3)),
    ],
)
@pytest.mark.parametrize("ascii_only", [False, True])
def test_rich_adds_colours_and_nothing_else(monkeypatch, section, ascii_only):
    monkeypatch.setenv("FORCE_COLOR", "1")
    plain = shown(section, width=60, ascii_only=ascii_only)

    coloured = shown(section, width=60, ascii_only=ascii_only, colour=True)

    assert "\x1b[1m" in coloured
    stripped = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in stripped.split("\n")] == plain.split("\n")


# ----- JSON -----


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.array(0.1), "0.1"),
        (np.array([0.1, 1e300]), "[0.1, 1e+300]"),
        (np.array([0.1], dtype=np.float32), "[0.1]"),
        (np.array(np.inf, dtype=np.float32), '"inf"'),
        (np.array([np.nan, np.inf, -np.inf, -0.0]), '["nan", "inf", "-inf", -0.0]'),
        (np.array(np.nan), '"nan"'),
        (np.array([[True], [False]]), "[[true], [false]]"),
        (np.arange(3), "[0, 1, 2]"),
        (np.array([1 + 2j, 2j, -2j, 1.5]), '["(1+2j)", "(0+2j)", "(-0-2j)", "(1.5+0j)"]'),
        (np.array(0.1 + 1j, dtype=np.complex64), '"(0.1+1j)"'),
        (np.zeros((2, 0)), "[[], []]"),
        ({"x": None, "n": float("inf"), "t": (1, 2)}, '{"x": null, "n": "inf", "t": [1, 2]}'),
        ("π", '"\\u03c0"'),
    ],
)
def test_json_values(value, text):
    assert dumps(value) == text


def test_json_of_a_sparse_matrix():
    sparse = Sparse((2, 3), np.array([0, 1]), np.array([2, 0]), np.array([1.5, np.nan]))

    assert json.loads(dumps(sparse)) == {
        "format": "coo",
        "shape": [2, 3],
        "row": [0, 1],
        "col": [2, 0],
        "data": [1.5, "nan"],
    }


@pytest.mark.parametrize(
    ("ascii_only", "lines"),
    [
        (True, ["|##........|", "|..##......|", "|....##....|", "|......##..|", "|........##|"]),
        (False, ["│⠑⢄⠀⠀⠀│", "│⠀⠀⠑⢄⠀│", "│⠀⠀⠀⠀⠑│"]),
    ],
)
def test_the_picture_of_a_diagonal(ascii_only, lines):
    k = np.arange(10)
    report = Report("jacobian", {}, [Block("J", Sparse((10, 10), k, k, np.ones(10)))])
    shown = to_text(report, Style(ascii_only=ascii_only)).split("\n")

    assert shown[:1] == ["J"] and shown[1 : len(lines) + 1] == lines and shown[-2].split()[0] == "9"


def test_the_picture_of_a_large_matrix_is_small():
    n = 10**6
    ends = np.array([0, n - 1])
    report = Report("jacobian", {}, [Block("J", Sparse((n, n // 2), ends, ends // 2, ends))])
    shown = to_text(report, Style()).split("\n")

    assert len(shown[1]) == 18 and shown[1][1] == "⠁" and shown[16][-2] == "⢀"


def test_json_numbers_make_the_round_trip():
    values = np.random.default_rng(0).standard_normal(1000) ** 9

    assert np.array_equal(json.loads(dumps(values)), values)


# ----- diagnostics -----


def located(text, span, hint=None, name="expression"):
    error = DiffcliError("syntax", "it is wrong", span=span, source=Source(text, name), hint=hint)
    return frame(error)


def test_a_caret_stands_under_the_place():
    assert located("sinn(x)", (0, 4), "did you mean 'sin'?") == (
        "error[syntax]: it is wrong\n  |\n1 | sinn(x)\n  | ^^^^ did you mean 'sin'?\n"
    )


def test_a_binding_is_named():
    assert located("1 +", (3, 3), name="the value of x") == (
        "error[syntax]: it is wrong\n --> in the value of x\n  |\n1 | 1 +\n  |    ^\n"
    )


@pytest.mark.parametrize(
    ("text", "span", "line", "caret"),
    [
        ("x +", (3, 3), "1 | x +", "  |    ^"),
        ("", (0, 0), "1 |", "  | ^"),
        ("x", (90, 99), "1 | x", "  |  ^"),
        ("a\nbb + c\nd", (7, 8), "2 | bb + c", "  |      ^"),
        ("a(\nb)\nc", (0, 5), "1 | a(", "  | ^^"),
        ("x\t+ y", (4, 5), "1 | x    + y", "  |        ^"),
        ("日本 + y", (5, 6), "1 | 日本 + y", "  |        ^"),
        ("日本", (1, 2), "1 | 日本", "  |   ^^"),
        ("e\u0301 + y", (5, 6), "1 | e\u0301 + y", "  |     ^"),
        ("\x1b[2J + y", (7, 8), "1 | \ufffd[2J + y", "  |        ^"),
        ("x\r\ny", (3, 4), "2 | y", "  | ^"),
    ],
)
def test_places(text, span, line, caret):
    assert located(text, span).split("\n")[2:] == [line, caret, ""]


def test_later_lines_widen_the_gutter():
    lines = located("\n" * 99 + "x + y", (103, 104)).split("\n")

    assert lines[1:] == ["    |", "100 | x + y", "    |     ^", ""]


@pytest.mark.parametrize("position", [0, 5, 400, 801, 998, 999])
def test_long_lines_show_a_window(position):
    text = "".join("+" if i % 2 else "xyz"[i % 3] for i in range(1000))

    _, _, line, caret, _ = located(text, (position, position + 1)).split("\n")

    assert 88 <= len(line) - 4 <= 92
    assert line[caret.index("^")] == text[position]
    assert line[4:].strip("…") in text
    assert line.startswith("1 | …") == (position > 90)
    assert line.endswith("…") == (position < 900)


def test_a_span_wider_than_the_window_is_cut():
    lines = located("x" * 1000, (100, 900)).split("\n")

    assert max(map(len, lines)) <= 100
    assert lines[3].count("^") > 50


def test_repairs_that_do_not_fit_stand_below():
    assert located("x", (0, 1), "a" * 120).split("\n")[3:] == ["  | ^", f"  = {'a' * 120}", ""]
    assert located("x", (0, 1), "one\ntwo").split("\n")[3:] == ["  | ^", "  = one", "  = two", ""]


def test_errors_without_a_place():
    error = DiffcliError("usage", "no \x1b[31m good", hint="try this")

    assert frame(error) == "error[usage]: no \ufffd[31m good\n  = try this\n"


def test_colours_change_nothing_but_escapes():
    error = DiffcliError("syntax", "a: b | c", span=(0, 1), source=Source("x | y"), hint="z")

    coloured = frame(error, colour=True)

    assert coloured.startswith("\x1b[1;31merror[syntax]\x1b[0m")
    assert "\x1b[1;31m^ z\x1b[0m" in coloured
    for code in ("\x1b[1;31m", "\x1b[34m", "\x1b[1m", "\x1b[0m"):
        coloured = coloured.replace(code, "")
    assert coloured == frame(error)


def test_errors_as_json():
    source = Source("a +\nsinn(x)")
    error = DiffcliError("unknown-function", "no 'sinn'", span=(4, 8), source=source, hint="sin")

    assert json.loads(as_json(error)) == {
        "error": {
            "code": "unknown-function",
            "message": "no 'sinn'",
            "source": "expression",
            "text": "a +\nsinn(x)",
            "span": [4, 8],
            "line": 2,
            "column": 1,
            "hint": "sin",
        }
    }


def test_errors_as_json_without_a_place_have_the_same_keys():
    bare = json.loads(as_json(DiffcliError("usage", "no")))["error"]

    assert list(bare) == ["code", "message", "source", "text", "span", "line", "column", "hint"]
    assert set(bare.values()) == {"usage", "no", None}


def test_errors_as_json_shorten_huge_texts():
    error = DiffcliError("syntax", "no", span=(0, 1), source=Source("x" * 100_000))

    assert len(as_json(error)) < 2000


# ----- streams -----


def test_what_a_stream_cannot_encode_is_escaped():
    stream = TextIOWrapper(BytesIO(), encoding="ascii", write_through=True)

    write(stream, "π = 3\n")

    assert stream.buffer.getvalue() == b"\\u03c0 = 3\n"


def test_a_table_that_is_too_wide_becomes_several_with_the_same_heads():
    rows = [["a", *(np.arange(4.0) + k for k in range(3))], ["b", None, None, None]]
    table = Table(["name", "first", "second", "third"], rows, title="title", heads=1)

    wide = to_text(Report("x", {}, [table]), Style(width=80))
    assert wide.count("name") == 1
    narrow = to_text(Report("x", {}, [table]), Style(width=40)).split("\n")
    assert narrow[0] == "title"
    assert [line.split() for line in narrow if line.startswith("name")] == [
        ["name", "first", "second"],
        ["name", "third"],
    ]
    assert max(map(len, narrow)) <= 40
