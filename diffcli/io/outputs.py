"""Results into files: .json .npz .csv .parquet, each written whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

from diffcli.errors import DiffcliError
from diffcli.io.files import check_writable, write_atomic

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Arrays = dict[str, NDArray[Any] | None]

SUFFIXES = (".json", ".npz", ".csv", ".parquet")
"""Kinds of files that results are written to; the name's ending decides."""


def check_output(path: str, suffixes: Sequence[str] = SUFFIXES) -> str:
    """The kind of file that `path` asks for; raises before any work is done in vain."""
    for suffix in suffixes:
        if path.lower().endswith(suffix):
            check_writable(path)
            return suffix
    raise DiffcliError(
        "usage",
        f"the name '{path}' does not say what to write",
        hint=f"end it in {', '.join(suffixes[:-1])} or {suffixes[-1]}",
    )


def write_bytes(path: str, data: bytes) -> None:
    """Write a file that is there already as bytes; raises `bad-file` when it cannot be written."""
    write_atomic(path, lambda file: file.write(data))


def write_output(path: str, arrays: Arrays, json_text: Callable[[], str]) -> None:
    """Write a result to `path`; `json_text` is called for its JSON form if that is wanted.

    Raises `bad-file` when the file cannot be written or the arrays do not fit into it.
    """
    suffix = check_output(path)
    if suffix == ".json":
        text = json_text() + "\n"
        write_atomic(path, lambda file: file.write(text.encode()))
        return
    if not arrays:
        raise DiffcliError("usage", f"this command writes no {suffix} file", hint="use .json")
    if suffix == ".npz":
        write_atomic(path, lambda file: _write_npz(file, arrays))
        return
    columns = _columns(arrays, suffix)
    write_atomic(path, lambda file: _write_table(file, columns, suffix))


def _write_npz(file: BinaryIO, arrays: Arrays) -> None:
    # savez takes the names as keyword arguments and could clash with its own parameters.
    from zipfile import ZipFile, ZipInfo

    import numpy as np

    with ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            if array is not None:
                # A fixed date: the same result is the same file.
                with archive.open(ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, array, allow_pickle=False)


def _columns(arrays: Arrays, suffix: str) -> Arrays:
    """The arrays as columns of one length.

    A matrix is as many columns as it has, NAME_0, NAME_1 ...; single numbers are repeated.
    """
    import numpy as np

    rows: int | None = None
    columns: Arrays = {}
    for name, array in arrays.items():
        if array is not None and array.ndim > 2:
            raise _does_not_fit(name, f"the shape {array.shape}", suffix)
        if array is not None and array.ndim > 0:
            if rows is not None and len(array) != rows:
                raise _does_not_fit(name, f"{len(array)} rows, others have {rows}", suffix)
            rows = len(array)
        if array is not None and array.ndim == 2:
            columns |= {f"{name}_{i}": column for i, column in enumerate(array.T)}
        else:
            columns[name] = array
    length = 1 if rows is None else rows
    return {
        name: None if column is None else np.broadcast_to(column, (length,))
        for name, column in columns.items()
    }


def _does_not_fit(name: str, has: str, suffix: str) -> DiffcliError:
    return DiffcliError(
        "bad-file",
        f"the result does not fit into a {suffix} table: '{name}' has {has}",
        hint="write .npz or .json instead",
    )


def _write_table(file: BinaryIO, columns: Arrays, suffix: str) -> None:
    import pyarrow as pa

    length = max((column.size for column in columns.values() if column is not None), default=0)
    fields = {name: _arrow(column, length) for name, column in columns.items()}
    table = pa.table(fields)
    if suffix == ".csv":
        from pyarrow import csv

        # Written here because Arrow would put the names in quotes.
        file.write((",".join(fields) + "\n").encode())
        csv.write_csv(table, file, csv.WriteOptions(include_header=False))
        return
    import pyarrow.parquet as pq

    pq.write_table(table, file)


def _arrow(column: NDArray[Any] | None, length: int) -> Any:
    """One Arrow column; complex numbers, which Arrow lacks, as texts such as (1+2j)."""
    import pyarrow as pa

    if column is None:
        return pa.nulls(length, pa.float64())
    if column.dtype.kind == "c":
        return pa.array([str(value) for value in column.tolist()], pa.string())
    return pa.array(column)
