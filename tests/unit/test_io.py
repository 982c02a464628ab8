"""Values from files and results into files: every form, and every way they go wrong."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from diffcli.errors import DiffcliError
from diffcli.io.arrays import read_array, read_bindings
from diffcli.io.files import write_atomic
from diffcli.io.outputs import check_output, write_output
from diffcli.io.reference import parse_reference

F32 = np.dtype(np.float32)
F64 = np.dtype(np.float64)
C128 = np.dtype(np.complex128)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(text, dtype=None, stdin="null"):
    return read_array(parse_reference(text), dtype, lambda: stdin)


def put_json(value, name="f.json"):
    Path(name).write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")


def same(actual, expected):
    expected = np.asarray(expected)
    assert actual.dtype == expected.dtype
    assert actual.shape == expected.shape
    assert np.array_equal(actual, expected, equal_nan=expected.dtype.kind in "fc")


def refused(act, *words):
    with pytest.raises(DiffcliError) as caught:
        act()
    assert caught.value.code == "bad-file"
    text = f"{caught.value.message} = {caught.value.hint}"
    assert [word for word in words if word not in text] == []
    assert "\n" not in text
    return caught.value


# ----- references -----


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("f.npy", ("f.npy", ".npy", None)),
        ("f.npz:w", ("f.npz", ".npz", "w")),
        ("F.CSV:a b", ("F.CSV", ".csv", "a b")),
        ("a.csv/f.json:a.b:c", ("a.csv/f.json", ".json", "a.b:c")),
        ("C:\\data\\f.parquet:x", ("C:\\data\\f.parquet", ".parquet", "x")),
        ("f.csv:", ("f.csv", ".csv", None)),
        ("-", ("-", ".json", None)),
        ("-:x", ("-", ".json", "x")),
    ],
)
def test_references(text, parts):
    reference = parse_reference(text)

    assert (reference.path, reference.suffix, reference.key) == parts


@pytest.mark.parametrize("text", ["", "f", "f.txt", "f.npyx", "f.dat:x"])
def test_references_need_a_known_ending(text):
    refused(lambda: parse_reference(text), ".npy", ".parquet")


# ----- NumPy files -----


@pytest.mark.parametrize(
    ("stored", "dtype", "expected"),
    [
        (np.array([0.5, 1.0]), None, np.array([0.5, 1.0])),
        (np.array([0.5], dtype=np.float32), None, np.array([0.5], dtype=np.float32)),
        (np.array([0.5], dtype=np.float32), F64, np.array([0.5])),
        (np.array([0.5]), F32, np.array([0.5], dtype=np.float32)),
        (np.array([0.5], dtype=">f8"), None, np.array([0.5])),
        (np.array([0.5], dtype=np.float16), None, np.array([0.5])),
        (np.array([0.5], dtype=np.longdouble), None, np.array([0.5])),
        (np.array([0.5]), C128, np.array([0.5 + 0j])),
        (np.array([2j]), None, np.array([2j])),
        (np.array([2j]), F32, np.array([2j], dtype=np.complex64)),
        (np.array([1, 2], dtype=np.uint8), None, np.array([1, 2])),
        (np.array([1, 2]), F32, np.array([1, 2], dtype=np.float32)),
        (np.array([True]), F64, np.array([True])),
        (np.array(3.0), None, np.array(3.0)),
        (np.asfortranarray(np.eye(2)), None, np.eye(2)),
    ],
)
def test_numpy_files_keep_their_types(stored, dtype, expected):
    np.save("f.npy", stored)
    np.savez("f.npz", w=stored, other=np.zeros(1))

    same(read("f.npy", dtype), expected)
    same(read("f.npz:w", dtype), expected)


def test_the_only_array_needs_no_name():
    np.savez("f.npz", w=np.ones(2))

    same(read("f.npz"), np.ones(2))


class Trap:
    """Unpickling it would leave a file behind."""

    def __reduce__(self):
        return Path.touch, (Path("unpickled"),)


def test_nothing_is_unpickled():
    np.save("f.npy", np.array([Trap()], dtype=object), allow_pickle=True)
    np.savez("f.npz", w=np.array([Trap()], dtype=object))

    for text in ("f.npy", "f.npz:w"):
        refused(lambda text=text: read(text), "Python objects")
    refused(lambda: read_bindings("f.npz", None, str), "Python objects")
    assert not Path("unpickled").exists()


@pytest.mark.parametrize("name", ["f.npy", "f.npz"])
def test_every_truncation_of_a_numpy_file_is_refused(name):
    np.save("whole.npy", np.arange(4.0))
    np.savez("whole.npz", w=np.arange(4.0), v=np.arange(3.0))
    whole = Path(f"whole.{name[2:]}").read_bytes()

    for length in range(0, len(whole), 7):
        Path(name).write_bytes(whole[:length])
        refused(lambda: read(name), name)


def test_numpy_files_with_damaged_bytes_are_refused_or_read():
    np.savez_compressed("whole.npz", w=np.arange(50.0))
    whole = Path("whole.npz").read_bytes()

    for position in range(0, len(whole), 3):
        Path("f.npz").write_bytes(
            whole[:position] + bytes([whole[position] ^ 0x55]) + whole[position + 1 :]
        )
        try:
            assert read("f.npz:w").shape == (50,)
        except DiffcliError as error:
            assert error.code == "bad-file"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.array(["a"]), ["<U1", "not numbers"]),
        (np.array(["2020-01-01"], dtype="datetime64[D]"), ["datetime64"]),
        (np.zeros(1, dtype=[("a", "f8")]), ["not numbers"]),
    ],
)
def test_numpy_files_hold_numbers(value, words):
    np.save("f.npy", value)

    refused(lambda: read("f.npy"), *words)


def test_keys_of_numpy_files():
    np.savez("f.npz", weights=np.ones(2), bias=np.ones(1))
    np.save("f.npy", np.ones(2))

    refused(lambda: read("f.npz"), "weights, bias", "@f.npz:weights")
    refused(lambda: read("f.npz:weigths"), "weights, bias", "did you mean 'weights'?")
    refused(lambda: read("f.npy:w"), "no key 'w'")
    Path("f.npy").write_text("hello", encoding="utf-8")
    refused(lambda: read("f.npy"), "not a NumPy .npy file")


# ----- JSON -----


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, 3.0),
        (-2.5, -2.5),
        (True, True),
        ("nan", np.nan),
        ("-inf", -np.inf),
        ("(1+2j)", 1 + 2j),
        ([], np.zeros(0)),
        ([1, 2.5], [1.0, 2.5]),
        ([1, 2], [1.0, 2.0]),
        ([2**70, 1], [2.0**70, 1.0]),
        ([[True, False]], [[True, False]]),
        ([1, "nan", "inf"], [1.0, np.nan, np.inf]),
        ([[1, "(0-2j)"]], [[1 + 0j, -2j]]),
        ("[NaN, -Infinity]", [np.nan, -np.inf]),
        (
            {"format": "coo", "shape": [2, 3], "row": [0, 1], "col": [2, 0], "data": [5, "inf"]},
            [[0.0, 0.0, 5.0], [np.inf, 0.0, 0.0]],
        ),
        (
            {"format": "coo", "shape": [1, 2], "row": [], "col": [], "data": []},
            [[0.0, 0.0]],
        ),
    ],
)
def test_json_values(value, expected):
    put_json(value if isinstance(value, str) and value[0] == "[" else {"key": value})

    same(read("f.json" if isinstance(value, str) and value[0] == "[" else "f.json:key"), expected)


def test_json_keys_reach_into_objects():
    put_json({"grad": {"x": [1, 2]}, "a.b": 3})

    same(read("f.json:grad.x"), [1.0, 2.0])
    same(read("f.json:a.b"), 3.0)
    refused(lambda: read("f.json:grad.y"), "'y'", "only x")
    refused(lambda: read("f.json:gard"), "did you mean 'grad'?")
    refused(lambda: read("f.json:grad.x.y"), "no key 'grad.x.y'")
    refused(lambda: read("f.json"), "keys grad, a.b")
    refused(lambda: read("f.json:grad"), "keys x")


def test_json_numbers_take_the_chosen_type():
    put_json({"x": [1, 2], "z": "(1+2j)"})

    same(read("f.json:x", F32), np.array([1, 2], dtype=np.float32))
    same(read("f.json:x", C128), np.array([1 + 0j, 2 + 0j]))
    same(read("f.json:z", F32), np.array(1 + 2j, dtype=np.complex64))


def test_json_may_begin_with_a_byte_order_mark():
    Path("f.json").write_bytes(b"\xef\xbb\xbf[1]")

    same(read("f.json"), [1.0])


def test_json_on_standard_input():
    same(read("-", stdin="[1, 2]\n"), [1.0, 2.0])
    same(read("-:x", stdin='{"x": 3}'), 3.0)
    refused(lambda: read("-", stdin=" \n"), "standard input is empty")
    refused(lambda: read("-", stdin="[1, oops]"), "standard input is not JSON", "column 5")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["empty"]),
        ("\n", ["empty"]),
        ("[1, 2", ["not JSON", "line 1"]),
        ("{'x': 1}", ["not JSON", "double quotes"]),
        ("[[1], [2, 3]]", ["different lengths"]),
        ("[1, [2]]", ["different lengths"]),
        ('[["nan"], 1]', ["different lengths"]),
        ("[1, null]", ["null", '"nan"']),
        ("null", ["null"]),
        ('["one"]', ["'one'"]),
        ('[{"x": 1}]', ["object"]),
        (f"[1{'0' * 400}]", ["too large"]),
        ("9" * 5000, ["cannot be read"]),
        ("[" * 100_000, ["cannot be read"]),
        ("[" * 70 + "1" + "]" * 70, ["nested deeper than 64"]),
        ('{"format": "coo", "shape": [1, 1], "row": [5], "col": [0], "data": [1]}', ["damaged"]),
        ('{"format": "coo"}', ["damaged"]),
    ],
)
def test_json_that_is_refused(text, words):
    put_json(text)

    refused(lambda: read("f.json"), "f.json", *words)


# ----- tables -----

CSV = "x,y,name,ok\n1,2.5,a,true\n2,,b,false\n3,4,c,true\n"


@pytest.mark.parametrize(
    ("text", "reference", "expected"),
    [
        (CSV, "f.csv:x", [1.0, 2.0, 3.0]),
        (CSV, "f.csv:y", [2.5, np.nan, 4.0]),
        (CSV, "f.csv:ok", [True, False, True]),
        ("x,y\n1,2.5\n2,\n", "f.csv", [[1.0, 2.5], [2.0, np.nan]]),
        ("x\n1\n", "f.csv", [1.0]),
        ("z\n1j\n2j\n", "f.csv", [1j, 2j]),
        ("ok\ntrue\nfalse\n", "f.csv", [True, False]),
        ("1,2\n3,4\n", "f.csv", [[1.0, 2.0], [3.0, 4.0]]),
        ("z\n(1+2j)\n2j\n", "f.csv:z", [1 + 2j, 2j]),
        ("x\ninf\n-inf\nnan\n", "f.csv:x", [np.inf, -np.inf, np.nan]),
        ("x\r\n1e3\r\n", "f.csv:x", [1000.0]),
        ("x,y\n", "f.csv:x", np.zeros(0)),
    ],
)
def test_csv_columns(text, reference, expected):
    Path("f.csv").write_text(text, encoding="utf-8", newline="")

    same(read(reference), expected)


def test_table_columns_take_the_chosen_type():
    Path("f.csv").write_text("x\n1\n", encoding="utf-8")

    same(read("f.csv:x", F32), np.array([1], dtype=np.float32))


@pytest.mark.parametrize(
    ("text", "reference", "words"),
    [
        ("", "f.csv:x", ["'f.csv' is empty"]),
        (CSV, "f.csv:z", ["no column 'z', only x, y, name, ok"]),
        (CSV, "f.csv:nmae", ["did you mean 'name'?"]),
        (CSV, "f.csv:name", ["'name'", "'a'", "not a number"]),
        ("name\na\n", "f.csv", ["not a number"]),
        (CSV, "f.csv", ["a column 'name' that holds no numbers", "@f.csv:x"]),
        ("x,x\n1,2\n", "f.csv:x", ["several columns 'x'"]),
        ("x,y\n1,2\n3\n", "f.csv:x", ["cannot be read as CSV", "Expected 2 columns"]),
        ("t\n2020-01-01\n", "f.csv:t", ["date32", "not numbers"]),
    ],
)
def test_csv_that_is_refused(text, reference, words):
    Path("f.csv").write_text(text, encoding="utf-8")

    refused(lambda: read(reference), *words)


PARQUET = {
    "x": [1, 2, None],
    "m": [[1, 2], [3, 4], [5, 6]],
    "r": [[1], [2, 3], [4]],
    "k": [True, False, True],
    "n": [True, None, False],
}


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("x", [1.0, 2.0, np.nan]),
        ("m", [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]),
        ("k", [True, False, True]),
    ],
)
def test_parquet_columns(column, expected):
    pq.write_table(pa.table(PARQUET), "f.parquet", row_group_size=2)

    same(read(f"f.parquet:{column}"), expected)


def test_parquet_that_is_refused():
    pq.write_table(pa.table(PARQUET), "f.parquet")
    Path("text.parquet").write_text("no such thing", encoding="utf-8")

    refused(lambda: read("f.parquet:r"), "'r'", "different lengths")
    refused(lambda: read("f.parquet:n"), "missing values in a mask")
    refused(lambda: read("f.parquet:z"), "no column 'z', only x, m, r, k, n")
    refused(lambda: read("text.parquet:x"), "cannot be read as PARQUET")


# ----- files in general -----


@pytest.mark.parametrize("suffix", ["npy", "npz", "json", "csv", "parquet"])
def test_files_that_cannot_be_read(suffix):
    Path(f"d.{suffix}").mkdir()
    Path(f"e.{suffix}").touch()
    Path(f"here.{suffix}").touch()

    refused(lambda: read(f"d.{suffix}"), "is a directory")
    refused(lambda: read(f"e.{suffix}"), "is empty")
    refused(lambda: read(f"hree.{suffix}"), "there is no file", f"did you mean 'here.{suffix}'?")
    refused(lambda: read(f"no/f.{suffix}"), "there is no folder 'no'")
    refused(lambda: read(f"nul\0.{suffix}"), "not the name of a file")


def test_files_without_permission(monkeypatch):
    def deny(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", deny)

    refused(lambda: read("f.json"), "no permission to read 'f.json'")


def test_text_that_is_not_utf8():
    Path("f.json").write_bytes(b'"\xe9"')

    refused(lambda: read("f.json"), "not UTF-8")


# ----- many bindings -----


def test_bindings_files():
    put_json({"x": [1, 2], "m": [True]})
    np.savez("f.npz", x=np.arange(2), w=np.ones(1, dtype=np.float32))

    from_json = read_bindings("f.json", None, str)
    from_npz = read_bindings("f.npz", None, str)

    assert list(from_json) == ["x", "m"]
    same(from_json["x"], [1.0, 2.0])
    same(from_npz["x"], [0, 1])
    same(from_npz["w"], np.ones(1, dtype=np.float32))
    same(read_bindings("-", F32, lambda: '{"a": 1}')["a"], np.float32(1))


def test_bindings_files_that_are_refused():
    put_json([1])
    put_json({"x": [[1], [1, 2]]}, "ragged.json")

    refused(lambda: read_bindings("f.json", None, str), "not a JSON object")
    refused(lambda: read_bindings("f.csv", None, str), "cannot hold bindings")
    refused(lambda: read_bindings("ragged.json", None, str), "'x' in 'ragged.json'")


# ----- writing -----

RESULT = {"value": np.array(2.0), "d_x": np.array([1.0, np.nan]), "d_y": None}


def save(name, arrays):
    write_output(name, arrays, lambda: '{"value": 2.0}')


def test_json_output_is_the_json_of_the_result():
    save("f.json", RESULT)

    assert Path("f.json").read_text(encoding="utf-8") == '{"value": 2.0}\n'


def test_npz_output_holds_what_exists():
    save("f.npz", {**RESULT, "m": np.eye(2), "file": np.ones(1)})

    with np.load("f.npz", allow_pickle=False) as stored:
        assert stored.files == ["value", "d_x", "m", "file"]
        same(stored["value"], 2.0)
        same(stored["m"], np.eye(2))


def test_the_same_result_is_the_same_file(monkeypatch):
    save("a.npz", RESULT)
    monkeypatch.setattr("time.time", lambda: 2e9)
    save("b.npz", RESULT)

    assert Path("a.npz").read_bytes() == Path("b.npz").read_bytes()


def test_csv_output():
    save("f.csv", {**RESULT, "n": np.array([1, 2]), "z": np.array([1j, 1 + 2j])})

    assert Path("f.csv").read_text(encoding="utf-8").splitlines() == [
        "value,d_x,d_y,n,z",
        '2,1,,1,"1j"',
        '2,nan,,2,"(1+2j)"',
    ]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_table_output_can_be_bound_again(suffix):
    column = np.array([0.1, -1e300, np.inf])
    save(f"f.{suffix}", {"value": np.array(1 / 3), "d_x": column, "z": column + 1j, "d_y": None})

    same(read(f"f.{suffix}:value"), np.full(3, 1 / 3))
    same(read(f"f.{suffix}:d_x"), column)
    same(read(f"f.{suffix}:z"), column + 1j)
    same(read(f"f.{suffix}:d_y"), np.full(3, np.nan))


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_matrix_is_several_columns(suffix):
    matrix = np.array([[1.0, 2.5], [3.0, -4.0], [5.0, np.inf]])
    save(f"f.{suffix}", {"value": matrix})

    same(read(f"f.{suffix}"), matrix)
    same(read(f"f.{suffix}:value_1"), matrix[:, 1])


def test_single_numbers_make_one_row():
    save("f.csv", {"value": np.array(1.5), "d_x": np.array(2)})

    assert Path("f.csv").read_text(encoding="utf-8") == "value,d_x\n1.5,2\n"


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"value": np.ones((2, 1, 2))}, ["'value' has the shape (2, 1, 2)", ".npz"]),
        ({"a": np.ones(2), "b": np.ones(3)}, ["'b' has 3 rows, others have 2"]),
        ({"a": np.ones(3), "b": np.ones((2, 3))}, ["'b' has 2 rows, others have 3"]),
    ],
)
def test_what_does_not_fit_into_a_table(arrays, words):
    for name in ("f.csv", "f.parquet"):
        refused(lambda name=name: save(name, arrays), *words)
        assert list(Path().iterdir()) == []


def test_outputs_are_checked_in_advance():
    Path("d.csv").mkdir()

    assert check_output("F.NPZ") == ".npz"
    refused(lambda: check_output("d.csv"), "is a directory")
    refused(lambda: check_output("no/f.csv"), "there is no folder 'no'")
    for call in (lambda: check_output("f.txt"), lambda: save("f.npz", {})):
        with pytest.raises(DiffcliError) as caught:
            call()
        assert caught.value.code == "usage"


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failed_write_leaves_the_old_file_alone(failure):
    Path("f.json").write_text("old", encoding="utf-8")

    def write(file):
        file.write(b"half")
        raise failure

    with pytest.raises((DiffcliError, KeyboardInterrupt)) as caught:
        write_atomic("f.json", write)

    if isinstance(caught.value, DiffcliError):
        assert caught.value.message == "cannot write 'f.json': No space left on device"
    assert [path.name for path in Path().iterdir()] == ["f.json"]
    assert Path("f.json").read_text(encoding="utf-8") == "old"


def test_writing_follows_links_and_keeps_the_permissions_or_those_of_the_umask():
    Path("target.json").write_text("old", encoding="utf-8")
    Path("target.json").chmod(0o600)
    Path("link.json").symlink_to("target.json")
    before = os.umask(0o027)
    try:
        save("link.json", RESULT)
        save("new.json", RESULT)
    finally:
        os.umask(before)

    assert Path("link.json").is_symlink()
    assert Path("target.json").read_text(encoding="utf-8") == '{"value": 2.0}\n'
    assert Path("target.json").stat().st_mode & 0o777 == 0o600
    assert Path("new.json").stat().st_mode & 0o777 == 0o640
