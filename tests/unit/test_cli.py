"""The command line: arguments, streams, outputs and the exception boundary."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from diffcli.cli import main as cli
from diffcli.cli.command import looks_like_binding, split_arguments
from diffcli.cli.environment import Environment
from diffcli.cli.problem import split_bindings
from diffcli.errors import CATALOGUE, DiffcliError, ExitStatus


class Outcome:
    def __init__(self, status, stdout, stderr):
        self.status = status
        self.stdout = stdout
        self.stderr = stderr

    @property
    def json(self):
        return json.loads(self.stdout)

    @property
    def code(self):
        assert self.stderr.startswith("error["), self.stderr
        return self.stderr[len("error[") :].partition("]")[0]


def run(*argv, stdin=""):
    out, err = io.StringIO(), io.StringIO()
    status = cli.run(list(argv), io.StringIO(stdin), out, err)
    return Outcome(status, out.getvalue(), err.getvalue())


def good(*argv, stdin=""):
    outcome = run(*argv, stdin=stdin)
    assert outcome.stderr == ""
    assert outcome.status == 0
    return outcome


def bad(code, *argv, stdin=""):
    outcome = run(*argv, stdin=stdin)
    assert outcome.stdout == ""
    assert outcome.code == code, outcome.stderr
    assert outcome.status == CATALOGUE[code].status
    return outcome.stderr


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


# ----- arguments -----

OPTIONS = {"--json": False, "--wrt": True, "--v": True, "-o": True, "--output": True}


@pytest.mark.parametrize(
    ("args", "options", "positional"),
    [
        ("x x=1", "", "x x=1"),
        ("-x**2 x=3", "", "-x**2 x=3"),
        ("-x x=3", "", "-x x=3"),
        ("-1", "", "-1"),
        ("-o*x o=1", "", "-o*x o=1"),
        ("--x**2 x=1", "", "--x**2 x=1"),
        ("-- --x x=1", "", "--x x=1"),
        ("-- -o --json", "", "-o --json"),
        ("--json -x x=-3", "--json", "-x x=-3"),
        ("-x --json x=-3", "--json", "-x x=-3"),
        ("x --v -1", "--v -1", "x"),
        ("x --v=-1 x=2", "--v=-1", "x x=2"),
        ("x --v --json", "--v --json", "x"),
        ("--wrt x -x x=1", "--wrt x", "-x x=1"),
        ("x -o f.json x=1", "-o f.json", "x x=1"),
        ("- x=1", "", "- x=1"),
        ("x=1 -x", "", "x=1 -x"),
    ],
)
def test_options_and_expressions_are_told_apart(args, options, positional):
    found = split_arguments(args.split(), OPTIONS)

    assert found == (options.split(), positional.split())


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ("x --jsn", ["'--jsn'", "did you mean '--json'?"]),
        ("--jsno -x", ["'--jsno'", "did you mean '--json'?"]),
        ("x --out=f", ["'--out'", "did you mean '--output'?"]),
        ("x x=1 -p", ["'-p'", "did you mean '-o'?"]),
        ("x --sideways", ["'--sideways'", "SEE"]),
        ("x --v", ["'--v' needs a value"]),
        ("x -o", ["'-o' needs a value"]),
    ],
)
def test_options_that_do_not_exist(args, words):
    with pytest.raises(DiffcliError) as caught:
        split_arguments(args.split(), OPTIONS, "SEE")

    assert caught.value.code == "usage"
    assert [w for w in words if w not in f"{caught.value.message} {caught.value.hint}"] == []


@pytest.mark.parametrize("text", ["x=3", " x = 3", "π=3", "x=@f.npy", "_a1=1"])
def test_bindings_are_recognised(text):
    assert looks_like_binding(text)


@pytest.mark.parametrize("text", ["x==3", "x", "2x=3", "f(x=3)", "y = x; y**2", "y = x\ny", "x<=3"])
def test_expressions_are_no_bindings(text):
    assert not looks_like_binding(text)


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("x=3", ("x", "3")),
        (" x = 3 ", ("x", "3")),
        ("x=-3", ("x", "-3")),
        ("m=a==b", ("m", "a==b")),
        ("f=sum(x, axis=0)", ("f", "sum(x, axis=0)")),
        ("σ=@f.csv:a=b", ("σ", "@f.csv:a=b")),
    ],
)
def test_bindings_are_split_at_the_first_sign(text, pair):
    assert split_bindings([text]) == dict([pair])


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["x"], ["'x' is not a binding", "x=VALUE"]),
        (["w*x"], ["'w*x' is not a binding", "quotes"]),
        (["x==3"], ["'x==3' is not a binding"]),
        (["=3"], ["a name is missing"]),
        (["x="], ["the value of 'x' is missing", "x=3"]),
        (["2x=3"], ["'2x' is not a name"]),
        (["a.b=3"], ["'a.b' is not a name"]),
        (["lambda=3"], ["'lambda' is a word of the language"]),
        (["x=1", "y=2", "x=3"], ["'x' is bound twice"]),
    ],
)
def test_bindings_that_are_refused(texts, words):
    with pytest.raises(DiffcliError) as caught:
        split_bindings(texts)

    assert caught.value.code == "bad-binding"
    assert [w for w in words if w not in f"{caught.value.message} {caught.value.hint}"] == []


# ----- commands -----


def test_grad_is_a_table():
    assert good("grad", "w*x + b", "w=3", "x=2", "b=4").stdout == (
        "value  10\n"
        "\n"
        "variable   value   gradient   formula\n"
        "─────────────────────────────────────\n"
        "w              3          2   x\n"
        "x              2          3   w\n"
        "b              4          1   1\n"
    )


def test_the_keys_of_json():
    outcome = good("grad", "w*x + b", "w=3", "x=2", "b=4", "--json")

    assert outcome.stdout == (
        '{"expr": "w*x + b", "value": 10.0, "shape": [], "dtype": "float64", '
        '"grad": {"w": 2.0, "x": 3.0, "b": 1.0}, "kinks": [], "zeros": {}, "nonfinite": []}\n'
    )


@pytest.mark.parametrize(
    ("argv", "value", "key", "expected"),
    [
        (["vjp", "x**2", "x=[1,2]", "--v", "[-1,1]"], [1, 4], "vjp", {"x": [-2, 4]}),
        (["vjp", "x**2", "x=3", "--v", "-1"], 9, "vjp", {"x": -6}),
        (["vjp", "x**2", "x=3"], 9, "vjp", {"x": 6}),
        (["vjp", "x**2", "x=[3]"], [9], "vjp", {"x": [6]}),
        (["jvp", "w*x", "w=3", "x=2", "--tangent", "x=-1"], 6, "jvp", -3),
        (["jvp", "w*x", "w=3", "x=2", "--tangent", "x=w", "--tangent", "w=1"], 6, "jvp", 11),
        (["jacobian", "x**2", "x=[1,2]"], [1, 4], "jacobian", {"x": [[2, 0], [0, 4]]}),
        (
            ["jacobian", "x**2", "x=[1,2]", "--sparse", "always"],
            [1, 4],
            "jacobian",
            {
                "x": {
                    "format": "coo",
                    "shape": [2, 2],
                    "row": [0, 1],
                    "col": [0, 1],
                    "data": [2, 4],
                }
            },
        ),
        (
            ["hessian", "x**2*y", "x=1", "y=2"],
            2,
            "hessian",
            {"x": {"x": 4, "y": 2}, "y": {"x": 2, "y": 0}},
        ),
        (["hvp", "x**3", "x=2", "--tangent", "x=10"], 8, "hvp", {"x": 120}),
        (["grad", "x**2 + 0*y", "x=3", "y=1", "z=5"], 9, "grad", {"x": 6, "y": 0}),
        (["grad", "x**2", "x=3", "z=5", "--wrt", "z,x"], 9, "grad", {"z": None, "x": 6}),
        (["grad", "x*y", "x=3", "y=5", "--wrt", "y", "--wrt", "x"], 15, "grad", {"y": 3, "x": 5}),
    ],
)
def test_derivatives_as_json(argv, value, key, expected):
    found = good(*argv, "--json").json

    assert list(found)[:5] == ["expr", "value", "shape", "dtype", key]
    assert found["value"] == value
    assert found[key] == expected


def test_eval_prints_the_value_alone():
    assert good("eval", "1/3").stdout == "0.333333\n"
    assert good("eval", "1/3", "--precision", "3").stdout == "0.333\n"
    assert list(good("eval", "1/3", "--json").json) == [
        *("expr", "value", "shape", "dtype", "nonfinite")
    ]


def test_jvp_shows_the_tangent():
    stdout = good("jvp", "x**2", "x=[1,2]", "--tangent", "x=[1,0]").stdout

    assert stdout == "value    [1, 4]\ntangent  [2, 0]\n"


def test_jacobians_are_blocks():
    assert good("jacobian", "x**2 + c", "x=[1,2]", "c=0", "d=1", "--wrt", "x,c,d").stdout == (
        "value  [1, 4]\n"
        "\n"
        "jacobian in x, shape (2, 2)\n"
        "[[2, 0],\n"
        " [0, 4]]\n"
        "\n"
        "jacobian in c, shape (2,)\n"
        "[1, 1]\n"
        "\n"
        "jacobian in d\n"
        "-\n"
    )


def test_hessians_of_numbers_are_a_matrix():
    assert good("hessian", "x**2*y", "x=1", "y=2").stdout.split("\n")[2:] == [
        "hessian   x   y",
        "───────────────",
        "x         4   2",
        "y         2   0",
        "",
    ]


def test_sparse_matrices_are_lists_of_entries():
    assert good("jacobian", "x**2", "x=[1,2]", "--sparse", "always").stdout.split("\n")[2:] == [
        "jacobian in x, 2 of 2 x 2 entries, density 0.5",
        "row   col   value",
        "─────────────────",
        "  0     0       2",
        "  1     1       4",
        "",
    ]


def test_scipy_reads_the_file_of_a_sparse_matrix(tmp_path):
    from scipy.sparse import load_npz

    good("jacobian", "x**2", "x=[1,2]", "--sparse", "always", "-o", str(tmp_path / "J.npz"))
    found = load_npz(tmp_path / "J.npz")
    assert found.format == "coo" and found.toarray().tolist() == [[2, 0], [0, 4]]


def test_check_passes():
    outcome = good("check", "x**2*y", "x=[1,2]", "y=3", "--json")

    assert outcome.json["check"]["ok"] is True
    assert list(outcome.json["check"]["variables"]) == ["x", "y"]
    keys = ["max_abs_error", "max_rel_error", "worst_index"]
    assert list(outcome.json["check"]["variables"]["x"]) == keys


def test_check_fails_with_its_table(monkeypatch):
    from diffcli.ops.table import F

    monkeypatch.setattr(F.square, "d", (lambda y, x: 3 * x,))

    outcome = run("check", "square(x)", "x=[1,2]")

    assert outcome.status == 1
    assert outcome.code == "check-failed"
    assert outcome.stdout.split("\n")[4:] == [
        "x                3.33993        0.333333   [0]           FAIL",
        "",
    ]


def test_functions():
    listed = good("functions", "--json").json["functions"]
    names = [entry["name"] for entry in listed]

    assert {"sin", "sum", "matmul"} <= set(names)
    assert len(names) == len(set(names))
    assert good("functions", "sin", "--json").json in listed
    assert "did you mean 'sin'?" in bad("unknown-function", "functions", "sinn")
    for spelling in ("np.sin", "sin()"):
        assert good("functions", spelling).stdout == good("functions", "sin").stdout


def test_doctor():
    found = good("doctor", "--json").json

    assert found["packages"]["numpy"] == np.__version__
    assert found["cpus"] >= 1
    assert "CuPy" in found["gpu"] or "CUDA" in found["gpu"]
    assert set(found["extras"]) == {"llvmlite", "cupy", "dask", "matplotlib", "prompt_toolkit"}
    assert "diffcli[" in good("doctor").stdout or None not in found["extras"].values()


# ----- bindings -----


def value_of(*argv, stdin=""):
    return good("eval", *argv, "--json", stdin=stdin).json["value"]


def test_bindings_may_use_earlier_ones():
    assert value_of("x + y", "x=2", "y=x**2") == 6
    assert "'y'" in bad("unknown-name", "eval", "x + y", "x=y", "y=2")


def test_bindings_from_files():
    Path("f.csv").write_text("a,b\n1,2\n3,4\n", encoding="utf-8")
    Path("f.json").write_text('{"a": [1, "nan"], "b": 2}', encoding="utf-8")
    np.save("i.npy", np.array([1, 2]))

    assert value_of("x", "x=@f.csv:b") == [2, 4]
    assert value_of("x", "x=@f.csv") == [[1, 2], [3, 4]]
    assert value_of("a", "--bindings", "f.json") == [1, "nan"]
    assert value_of("a + b", "--bindings", "f.json", "a=b") == 4
    assert good("eval", "x", "x=@i.npy", "--json").json["dtype"] == "int64"
    assert "no column 'c'" in bad("bad-file", "eval", "x", "x=@f.csv:c")


def test_standard_input_is_a_value_or_the_expression():
    assert value_of("x", "x=@-", stdin="[1, 2]") == [1, 2]
    assert value_of("x + y", "--bindings", "-", stdin='{"x": 1, "y": 2}') == 3
    assert value_of("-", "x=3", stdin="y = x + 1\ny**2\n") == 16
    assert "twice" in bad("usage", "eval", "x + y", "x=@-", "y=@-", stdin="1")
    assert "twice" in bad("usage", "eval", "-", "y=@-", stdin="1")


def test_the_expression_may_be_a_file():
    Path("f.txt").write_text("\ufeffy = x**2\ny + oops\n", encoding="utf-8")
    Path("g.txt").write_text("x**2\n", encoding="utf-8")

    assert value_of("@g.txt", "x=3") == 9
    assert "there is no file 'h.txt'" in bad("bad-file", "eval", "@h.txt")
    stderr = bad("unknown-name", "eval", "@f.txt", "x=1")
    assert " --> in f.txt\n" in stderr
    assert "2 | y + oops\n" in stderr


def test_dtype():
    assert good("eval", "x/3", "x=1", "--dtype", "float32", "--json").json == {
        "expr": "x/3",
        "value": 0.33333334,
        "shape": [],
        "dtype": "float32",
        "nonfinite": [],
    }


def test_errors_in_values_name_their_place():
    stderr = bad("unknown-function", "eval", "x", "x=1 + sinn(2)")

    assert stderr.split("\n")[1:5] == [
        " --> in the value of x",
        "  |",
        "1 | 1 + sinn(2)",
        "  |     ^^^^ did you mean 'sin'?",
    ]
    assert " --> in the tangent of x" in bad("syntax", "jvp", "x", "x=1", "--tangent", "x=1 +")
    assert " --> in the cotangent" in bad("syntax", "vjp", "x", "x=1", "--v", "1 +")


@pytest.mark.parametrize("argv", [["eval", "\udcff"], ["eval", "x", "x=\udcff"]])
def test_arguments_that_are_not_text(argv):
    assert "not UTF-8" in bad("usage", *argv)


# ----- mistakes in the command -----


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["gradd", "x"], ["no command 'gradd'", "did you mean 'grad'?"]),
        (["w*x", "w=2"], ["no command 'w*x'", "diffcli eval 'w*x' w=2"]),
        (["frobnicate"], ["'diffcli --help' lists the commands"]),
        (["--full", "eval", "1"], ["no option '--full'", "options of a command stand behind it"]),
        (["--versoin"], ["did you mean '--version'?"]),
        (["grad"], ["the expression is missing", "diffcli grad 'w*x + b'"]),
        (["grad", ""], ["the expression is empty"]),
        (["grad", "x=3", "x**2"], ["'x=3' is a binding", "'x**2' x=3"]),
        (["grad", "x=3", "-x"], ["'x=3' is a binding", "'-x' x=3"]),
        (["grad", "x=3"], ["'x=3' is a binding", "'EXPR' x=3"]),
        (["grad", "x", "x=1", "--jsn"], ["did you mean '--json'?"]),
        (["grad", "x", "x=1", "--mode", "auto"], ["no option '--mode'", "diffcli grad --help"]),
        (["jacobian", "x", "x=1", "--mode", "forwrd"], ["did you mean 'forward'?"]),
        (["jacobian", "x", "x=1", "--mode", "both"], ["cannot be 'both'", "auto, forward, rev"]),
        (["jacobian", "x", "x=1", "--mode"], ["'--mode' needs a value"]),
        (["grad", "x", "--dtype", "float16"], ["'--dtype' cannot be 'float16'", "'float64'?"]),
        (["eval", "1", "--precision", "many"], ["'--precision'", "from 1 to 17"]),
        (["eval", "1", "--precision", "18"], ["'--precision'", "from 1 to 17"]),
        (["eval", "1", "--json=3"], ["'--json' takes no value"]),
        (["functions", "sin", "cos"], ["more arguments than diffcli functions takes: cos"]),
        (["grad", "1 + 1"], ["no variable", "x=3"]),
        (["grad", "1 + 1", "x=3"], ["no variable", "that it uses"]),
        (["grad", "x", "x=1", "--wrt", ""], ["--wrt needs the name"]),
        (["grad", "x", "x=1", "--wrt", "x,x"], ["names 'x' twice"]),
        (["jvp", "x", "x=1"], ["--tangent x=1"]),
        (["vjp", "x", "x=[1,2]"], ["(2,)", "--v 'ones(2)'"]),
        (["eval", "1", "-o", "f.txt"], ["'f.txt'", ".npz"]),
        (["check", "x", "x=1", "-o", "f.npz"], [".npz"]),
    ],
)
def test_usage_errors(argv, words):
    stderr = bad("usage", *argv)

    assert [word for word in words if word not in stderr] == []
    assert not stderr.split("\n")[0].endswith(".")


@pytest.mark.parametrize(
    ("argv", "near"),
    [
        (["grad", "alpha", "alpha=1", "--wrt", "alhpa"], "'alpha'"),
        (["jvp", "alpha", "alpha=1", "--tangent", "aplha=1"], "'alpha'"),
    ],
)
def test_names_that_are_not_bound(argv, near):
    assert f"did you mean {near}?" in bad("unknown-name", *argv)


def test_no_arguments_show_the_help_as_an_error():
    outcome = run()

    assert outcome.status == 2
    assert outcome.stdout == ""
    assert outcome.stderr == good("--help").stdout


def test_errors_as_json():
    outcome = run("grad", "sinn(x)", "x=1", "--json")

    assert outcome.status == 2
    assert outcome.stdout == ""
    error = json.loads(outcome.stderr)["error"]
    assert (error["code"], error["span"], error["column"]) == ("unknown-function", [0, 4], 1)
    assert json.loads(run("grad", "--jsn", "--json").stderr)["error"]["code"] == "usage"


# ----- output -----


@pytest.mark.parametrize("suffix", ["json", "npz", "csv", "parquet"])
def test_results_in_files_can_be_bound_again(suffix):
    name = f"out.{suffix}"
    key = "grad.x" if suffix == "json" else "d_x"

    assert good("grad", "x**2/3", "x=0.1", "-o", name).stdout == ""
    assert value_of("x", f"x=@{name}:{key}") in (0.2 / 3, [0.2 / 3])


def test_the_json_file_is_the_json():
    argv = ("jacobian", "x**2", "x=[1,2]")
    good(*argv, "-o", "out.json")

    assert Path("out.json").read_text(encoding="utf-8") == good(*argv, "--json").stdout


PARTS = ("row", "col", "data", "shape", "format")


@pytest.mark.parametrize(
    ("argv", "names"),
    [
        (["jvp", "x*y", "x=1", "y=2", "--tangent", "x=1"], ["value", "jvp"]),
        (["hvp", "x**2", "x=1", "--tangent", "x=1"], ["value", "hvp_x"]),
        (["hessian", "x*y", "x=1", "y=2"], ["value", "d_x_x", "d_x_y", "d_y_x", "d_y_y"]),
        (["grad", "x", "x=1", "z=2", "--wrt", "x,z"], ["value", "d_x"]),
        (
            ["jacobian", "x**2", "x=[1,2]", "--sparse", "always"],
            ["value", "row", "col", "data", "shape", "format"],
        ),
        (
            ["jacobian", "x*y", "x=[1,2]", "y=3", "--sparse", "always"],
            ["value", *(f"d_{x}_{part}" for x in "xy" for part in PARTS)],
        ),
    ],
)
def test_names_in_array_files(argv, names):
    good(*argv, "-o", "out.npz")

    with np.load("out.npz") as stored:
        assert stored.files == names


def test_a_bad_output_is_noticed_before_the_work(monkeypatch):
    from diffcli import api

    monkeypatch.setattr(api, "trace", lambda *args: pytest.fail("worked in vain"))

    assert "no folder 'no'" in bad("bad-file", "eval", "1", "-o", "no/out.json")
    bad("usage", "eval", "1", "-o", "out.txt")


class Terminal(io.StringIO):
    def isatty(self):
        return True

    def fileno(self):
        raise OSError("not a real terminal")


@pytest.mark.parametrize(
    ("variables", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False), ({"NO_COLOR": ""}, True)],
)
def test_colours_are_for_terminals(monkeypatch, variables, coloured):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR", "1")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    out, err = Terminal(), Terminal()

    cli.run(["grad", "x", "x=1"], io.StringIO(), out, err)
    cli.run(["grad", "y"], io.StringIO(), out, err)

    assert ("\x1b[" in out.getvalue()) == coloured
    assert ("\x1b[" in err.getvalue()) == coloured
    assert "\x1b[" not in run("grad", "x", "x=1").stdout


@pytest.mark.parametrize(
    ("columns", "width"), [("60", 60), ("", 100), ("0", 100), ("-5", 100), ("wide", 100)]
)
def test_width(columns, width):
    for out in (io.StringIO(), Terminal()):
        assert Environment(io.StringIO(), out, out, {"COLUMNS": columns}).width() == width


# ----- the boundary -----


def raising(monkeypatch, error):
    from diffcli import api

    def fail(*args):
        raise error

    monkeypatch.setattr(api, "trace", fail)


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (KeyboardInterrupt(), "interrupted", "stopped"),
        (MemoryError(), "too-large", "memory"),
        (MemoryError("Unable to allocate 8 TiB"), "too-large", "memory: unable to allocate 8 TiB"),
        (RecursionError("deep"), "internal", "RecursionError: deep"),
        (ValueError("a\nb"), "internal", "ValueError: a b"),
        (OSError(28, "No space left on device"), "bad-file", "No space left"),
    ],
)
def test_every_failure_has_a_shape(monkeypatch, error, code, words):
    raising(monkeypatch, error)

    stderr = bad(code, "eval", "1")

    assert words in stderr
    assert "Traceback" not in stderr


def test_tracebacks_are_for_debugging(monkeypatch):
    raising(monkeypatch, ValueError("oops"))
    monkeypatch.setenv("DIFFCLI_DEBUG", "1")

    outcome = run("eval", "1")

    assert outcome.status == 1
    assert outcome.stderr.startswith("Traceback")
    assert "error[internal]" in outcome.stderr


class Broken(io.StringIO):
    def __init__(self, error):
        super().__init__()
        self.error = error

    def write(self, text):
        raise self.error


def test_a_closed_pipe_is_no_error():
    err = io.StringIO()

    assert cli.run(["eval", "1"], io.StringIO(), Broken(BrokenPipeError()), err) == 0
    assert cli.run(["eval", "$"], io.StringIO(), err, Broken(BrokenPipeError())) == 0
    assert err.getvalue() == ""


def test_a_full_disk_is_an_error():
    full = OSError(28, "No space left on device")
    err = io.StringIO()

    assert cli.run(["eval", "1"], io.StringIO(), Broken(full), err) == ExitStatus.USAGE
    assert "No space left on device" in err.getvalue()
    assert cli.run(["eval", "$"], io.StringIO(), err, Broken(full)) == ExitStatus.FAILED


# ----- help and start-up -----


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_commands_explain_themselves(name):
    command = import_module(f"diffcli.cli.commands.{name}").command

    assert command.name == name
    assert command.help.split("\n")[0] == cli.COMMANDS[name]
    for flag in ("--help", "-h"):
        text = good(name, flag).stdout
        assert text.startswith(f"Usage: diffcli {name} ")
    assert max(map(len, text.split("\n"))) <= 80


def test_every_command_module_is_listed():
    folder = Path(cli.__file__).parent / "commands"

    assert {path.stem for path in folder.glob("[!_]*.py")} == set(cli.COMMANDS)


@pytest.mark.parametrize("argv", [["--help"], ["--version"], ["grad", "--help"], ["gard"]])
def test_help_imports_nothing_heavy(argv):
    program = (
        "import sys, io; from diffcli.cli.main import run;"
        f"run({argv!r}, io.StringIO(), io.StringIO(), io.StringIO());"
        "print([m for m in ('numpy', 'rich', 'lark', 'scipy', 'pyarrow', 'diffcli.api')"
        " if m in sys.modules])"
    )

    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "[]\n"


@pytest.mark.skipif(os.name == "nt", reason="POSIX streams")
@pytest.mark.parametrize(
    ("command", "status", "stdout"),
    [
        ("{} eval '2*3'", 0, "6\n"),
        ("{} eval '2*'", 2, ""),
        ("{} eval 'x' x=2 --full | head -c 1", 0, "2"),
        ("{} eval 1 >&-", 0, ""),
        ("echo 5 | {} eval 'x' x=@-", 0, "5\n"),
    ],
)
def test_processes(command, status, stdout):
    program = f"'{sys.executable}' -m diffcli"
    done = subprocess.run(
        ["sh", "-c", command.format(program)], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (status, stdout)
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


NEVER = """
import os, signal, sys
from diffcli import limits
from diffcli.cli.main import run
limits.GRACE = 0
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])  # as no step of Python is made
run(sys.argv[1:], end=os._exit)
"""


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="POSIX signals")
def test_what_does_not_stop_when_its_time_is_over_is_ended_with_the_process():
    argv = [sys.executable, "-c", NEVER, "eval", "--timeout", "0.01", "x", "x=@-"]
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.wait() == ExitStatus.USAGE  # and stdin is open until then
        assert process.stdout.read() == ""
        assert process.stderr.read().splitlines() == [
            "error[limit]: the computation took longer than 0.01 seconds",
            "  = --timeout allows more",
        ]


@pytest.mark.parametrize(
    ("options", "named"), [((), "DIFFCLI_BACKEND"), (("--backend", "gpu"), "--backend")]
)
def test_what_named_a_wrong_backend_is_named(options, named, monkeypatch):
    monkeypatch.setenv("DIFFCLI_BACKEND", "gpu")
    found = run("grad", "2*x", "x=1", *options)
    assert found.status == 2 and found.code == "usage"
    assert named in found.stderr and "cannot be 'gpu'" in found.stderr
