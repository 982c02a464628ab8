"""Where tables are: files, folders named for values, and stores behind addresses."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.dataset
import pyarrow.fs
import pyarrow.parquet
import pytest

from diffcli.io import locations
from diffcli.io.hive import partition_types
from diffcli.io.locations import find_files
from tests.transcript import diffcli_in_process


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def store(monkeypatch):
    """A store in memory behind s3://."""
    system, _ = pa.fs.FileSystem.from_uri("mock://")
    system.create_dir("data/deep/k=3")

    def found(scheme, bucket):
        return system

    monkeypatch.setattr(locations, "store", found)
    return system


def batch(*argv, status=0):
    result = diffcli_in_process(["batch", *argv], "")
    assert result.status == status, result.stderr
    return result


def records(*argv):
    return [json.loads(line) for line in batch(*argv, "-o", "-").stdout.splitlines()]


def put(system, path, text):
    with system.open_output_stream(path) as stream:
        stream.write(text.encode())


# ----- names -----


@pytest.mark.parametrize(
    ("argv", "message", "repair"),
    [
        (["file://a.csv"], "'file://a.csv' is not the address of a file", "write file:/// and"),
        (["file://"], "'file://' is not the address of a file", "write file:/// and"),
        (["link.csv"], "'link.csv' is a link to 'nowhere', which does not exist", ""),
        (["/dev/null"], "'/dev/null' is neither a file nor a folder", "use - for standard input"),
        (["empty"], "'empty' is a folder without tables", "names end in .csv"),
        (["no/*.csv"], "no file is called 'no/*.csv'", ""),
        (["locked"], "no permission to read 'locked'", ""),
        (["locked/*.csv"], "no permission to read 'locked/*.csv'", ""),
        (["a.csv", "-o", "no/a.csv"], "there is no folder 'no'", "make it first"),
        (["a.csv", "-o", "./a.csv"], "'./a.csv' is read and written", ""),
    ],
)
def test_names_that_are_not_those_of_tables(argv, message, repair, monkeypatch):
    Path("a.csv").write_text("x\n1\n", encoding="utf-8")
    Path("link.csv").symlink_to("nowhere")
    Path("empty").mkdir()
    Path("locked").mkdir()
    scandir = os.scandir

    def guarded(path="."):  # the tests may run as root, who may read everything
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    result = batch("x", *argv, *(() if "-o" in argv else ("-o", "-")), status=2)

    assert result.stderr.partition("]: ")[2].startswith(message)
    assert f"  = {repair}" in result.stderr or not repair


@pytest.mark.parametrize("text", [".", "./", "d/..", "d/../d/../"])
def test_folders_by_any_name(text):
    Path("d").mkdir()
    for name in ("a.csv", "d/b.csv", ".hidden.csv"):
        Path(name).write_text("x\n1\n", encoding="utf-8")

    assert [Path(p).resolve() for p in find_files([text])] == [
        Path(name).resolve() for name in ("a.csv", "d/b.csv")
    ]


def test_an_output_that_may_not_be_written_stays(monkeypatch):
    Path("a.csv").write_text("x\n1\n", encoding="utf-8")
    Path("out.csv").write_text("before", encoding="utf-8")
    Path("out.csv").chmod(0o444)
    # the tests may run as root, who may write everything
    monkeypatch.setattr(os, "access", lambda place, mode: Path(place).name != "out.csv")

    result = batch("x", "a.csv", "-o", "out.csv", status=2)

    assert result.stderr == "error[bad-file]: no permission to write 'out.csv'\n"
    assert Path("out.csv").read_text(encoding="utf-8") == "before"


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_an_output_keeps_its_permissions(name):
    Path("a.csv").write_text("x\n1\n", encoding="utf-8")
    before = os.umask(0o027)
    try:
        batch("x", "a.csv", "-o", name)
        assert Path(name).stat().st_mode & 0o777 == 0o640
        Path(name).chmod(0o600)
        batch("x", "a.csv", "-o", name)
    finally:
        os.umask(before)
    assert Path(name).stat().st_mode & 0o777 == 0o600


# ----- folders named for values -----


@pytest.mark.parametrize("kind", ["parquet", "csv", "ipc"])
def test_names_of_folders_are_columns(kind):
    table = pa.table(
        {"year": [2020, 2020, 2021], "place": ["a b", None, "ü/1"], "x": [1.0, 2.0, 3.0]}
    )
    keys = pa.schema([("year", pa.int64()), ("place", pa.string())])
    way = pa.dataset.partitioning(keys, flavor="hive")
    pa.dataset.write_dataset(table, "data", format=kind, partitioning=way)
    if kind == "ipc":
        for path in list(Path("data").rglob("*.ipc")):
            path.rename(path.with_suffix(".arrow"))
        kind = "feather"

    found = records("x*year", "data", "--kind", "grad", "--keep", "place,year")
    expected = pa.dataset.dataset("data", format=kind, partitioning="hive").to_table()

    assert sorted(found, key=lambda row: row["d_year"]) == [
        {"place": p, "year": y, "value": x * y, "d_x": y, "d_year": x}
        for x, p, y in sorted(
            zip(*(expected[n].to_pylist() for n in ("x", "place", "year")), strict=True)
        )
    ]
    assert str(expected.schema.field("year").type) == partition_types(find_files(["data"]))["year"]


def test_keys_alone_and_keys_that_some_files_lack():
    for name in ("data/k=1", "data/k=2", "data/other"):
        Path(name).mkdir(parents=True)
        Path(f"{name}/a.csv").write_text("x\n1\n2\n", encoding="utf-8")

    assert [row["value"] for row in records("k*10", "data")] == [10, 10, 20, 20, None, None]
    assert [row["value"] for row in records("k*x", "data/k=*/*.csv")] == [1, 2, 2, 4]


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (["k=1", "k=-2"], "int32"),
        (["k=1", "k=2147483648"], "string"),
        (["k=1.5"], "string"),
        (["k=1", "k=a"], "string"),
        (["k=1", "k=__HIVE_DEFAULT_PARTITION__"], "int32"),
    ],
)
def test_types_of_keys_are_those_that_arrow_infers(names, kind):
    files = []
    for name in names:
        Path(name).mkdir()
        pa.parquet.write_table(pa.table({"x": [1]}), f"{name}/a.parquet")
        files.append(f"{name}/a.parquet")

    assert partition_types(files) == {"k": kind}
    arrow = pa.dataset.dataset(files, partitioning="hive").schema.field("k").type
    assert str(arrow) == kind or "2147483648" in names[-1]


# ----- addresses -----


def test_files_by_address(tmp_path):
    Path("in.csv").write_text("x\n1\n2\n", encoding="utf-8")

    result = batch("x*2", f"file://{tmp_path}/in.csv", "-o", f"file://{tmp_path}/o%20ut.csv")

    assert result.stdout.startswith("2 rows")
    assert Path("o ut.csv").read_text(encoding="utf-8") == "value\n2\n4\n"


def test_tables_in_a_store(store):
    put(store, "data/b.csv", "x\n1\n")
    put(store, "data/deep/k=3/c.jsonl", '{"x":2}\n')
    put(store, "data/_hidden.csv", "x\n9\n")
    put(store, "data/note.txt", "")
    with store.open_output_stream("data/a.parquet") as stream:
        pa.parquet.write_table(pa.table({"x": [5.0]}), stream)

    def values(*inputs):
        return [row["value"] for row in records("x", *inputs)]

    assert values("s3://data/b.csv") == [1]
    assert values("s3://data") == values("s3://data/") == [5, 1, 2]
    assert values("s3://data/*.csv") == [9, 1]
    assert values("s3://data/**/*.jsonl", "s3://data/[a-b].*") == [2, 5, 1]
    assert [row["value"] for row in records("k*x", "s3://data/deep")] == [6]


@pytest.mark.parametrize("kind", ["csv.gz", "parquet", "jsonl"])
def test_output_to_a_store_appears_when_it_is_whole(kind, store, tmp_path, monkeypatch):
    monkeypatch.setattr("diffcli.io.sinks.gettempdir", lambda: str(tmp_path))
    put(store, "data/in.csv", "x\n1\n2\n")
    put(store, "data/bad.csv", "x\n1\noops\n")

    batch("x*3", "s3://data/bad.csv", "-o", f"s3://data/out.{kind}", status=2)
    assert store.get_file_info(f"data/out.{kind}").type == pa.fs.FileType.NotFound
    assert list(tmp_path.iterdir()) == []

    batch("x*3", "s3://data/in.csv", "-o", f"s3://data/out.{kind}")
    assert [row["value"] for row in records("value", f"s3://data/out.{kind}")] == [3, 6]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("s3://data/none.csv", "error[bad-file]: there is no file 's3://data/none.csv'\n"),
        ("s3://data/*.tsv", "error[bad-file]: no file is called 's3://data/*.tsv'\n"),
        ("s3://data", "error[bad-file]: 's3://data' is a folder without tables\n"),
        ("s3:///a.csv", "error[usage]: 's3:///a.csv' names no bucket\n"),
        (
            "http://host/a.csv",
            "error[usage]: there is no way to read or write 'http://host/a.csv'\n",
        ),
    ],
)
def test_addresses_without_tables(address, error, store):
    result = batch("x", address, "-o", "-", status=2)

    assert result.stderr.startswith(error)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            "When reading key 'a.csv': AWS Error NETWORK_CONNECTION during HeadObject: curlCode: 6",
            "the host cannot be reached",
        ),
        (
            "When listing objects: AWS Error ACCESS_DENIED during ListObjectsV2 operation: Denied",
            "access is denied, or there are no credentials",
        ),
        (
            "When initiating upload: AWS Error NO_SUCH_BUCKET during CreateMultipartUpload: none",
            "there is no such bucket",
        ),
        (
            "Status(UNAVAILABLE: Could not create a OAuth2 access token, CURL could not resolve)",
            "there are no credentials",
        ),
        ("When opening: something else.\nmore", "something else"),
    ],
)
def test_what_stores_say_is_one_sentence(said, reason, monkeypatch):
    def unreachable(scheme, bucket):
        raise OSError(said)

    monkeypatch.setattr(locations, "store", unreachable)
    Path("in.csv").write_text("x\n1\n", encoding="utf-8")

    result = batch("x", "s3://b/a.csv", "-o", "-", status=2)
    assert result.stderr == f"error[bad-file]: cannot read 's3://b/a.csv': {reason}\n"
    result = batch("x", "in.csv", "-o", "s3://b/a.csv", status=2)
    assert result.stderr == f"error[bad-file]: cannot write 's3://b/a.csv': {reason}\n"
