"""Columns of CSV and Parquet files as arrays; the only reader that imports pyarrow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diffcli.errors import DiffcliError
from diffcli.io.files import bad_file, read_bytes
from diffcli.io.json_values import as_numbers, no_such, number_from_text
from diffcli.io.reference import Reference

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def read_columns(reference: Reference, dtype: np.dtype[Any]) -> NDArray[Any]:
    """One column as a vector, or all columns as a matrix when no column is named.

    A table of one column is a vector either way, as `numpy.loadtxt` has it.

    Missing values become NaN. Columns of equally long lists become matrices. Raises `bad-file`.
    """
    import numpy as np

    table = _read_table(reference)
    if reference.key is not None:
        matches = table.schema.get_all_field_indices(reference.key)
        if not matches:
            raise no_such("column", reference.key, table.column_names, reference.origin)
        if len(matches) > 1:
            raise bad_file(reference.path, f"has several columns '{reference.key}'")
        origin = f"column '{reference.key}' of {reference.origin}"
        return as_numbers(_column(table.column(matches[0]), origin), dtype)
    columns = table.columns
    if len(columns) == 1:
        return as_numbers(_column(columns[0], reference.origin), dtype)
    for name, column in zip(table.column_names, columns, strict=True):
        if not _is_numeric(column.type):
            others = [
                n for n, c in zip(table.column_names, columns, strict=True) if _is_numeric(c.type)
            ]
            hint = f"name one column: @{reference.path}:{others[0]}" if others else None
            raise bad_file(reference.path, f"has a column '{name}' that holds no numbers", hint)
    return np.stack(
        [as_numbers(_column(column, reference.origin), dtype) for column in columns], axis=1
    )


def _read_table(reference: Reference) -> Any:
    import pyarrow as pa

    data = read_bytes(reference.path)
    try:
        if reference.suffix == ".csv":
            return _read_csv(data)
        import pyarrow.parquet as pq

        columns = None if reference.key is None else [reference.key]
        file = pq.ParquetFile(pa.BufferReader(data))
        if columns and reference.key not in file.schema_arrow.names:
            return file.schema_arrow.empty_table()
        return file.read(columns=columns)
    except UnicodeDecodeError:
        raise bad_file(reference.path, "has names that are not UTF-8 text") from None
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        reason = str(error).split("\n")[0].removeprefix("CSV parse error: ")
        problem = f"cannot be read as {reference.suffix[1:].upper()}: {reason.rstrip('.')}"
        raise bad_file(reference.path, problem) from None


def _read_csv(data: bytes) -> Any:
    """A table; the first line gives the names unless it is made of numbers."""
    import pyarrow as pa
    from pyarrow import csv

    table = csv.read_csv(pa.BufferReader(data))
    if all(_is_number_text(name) for name in table.column_names):
        options = csv.ReadOptions(autogenerate_column_names=True)
        return csv.read_csv(pa.BufferReader(data), read_options=options)
    return table


def _is_number_text(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_numeric(kind: Any) -> bool:
    from pyarrow import types

    return bool(
        types.is_integer(kind)
        or types.is_floating(kind)
        or types.is_decimal(kind)
        or types.is_null(kind)
    )


def _column(column: Any, origin: str) -> NDArray[Any]:
    """A chunked Arrow column as float64, boolean or complex values."""
    import numpy as np
    import pyarrow as pa
    from pyarrow import types

    kind = column.type
    if _is_numeric(kind):
        values = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
        return np.asarray(values, dtype=np.float64)
    if types.is_boolean(kind):
        if column.null_count:
            raise DiffcliError("bad-file", f"{origin} has missing values in a mask")
        return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.bool_)
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return _list_column(column, origin)
    if types.is_string(kind) or types.is_large_string(kind):
        texts = column.to_pylist()
        return np.array(
            [np.nan if text is None else number_from_text(text, origin) for text in texts]
        )
    raise DiffcliError("bad-file", f"{origin} holds values of type {kind}, which are not numbers")


def _list_column(column: Any, origin: str) -> NDArray[Any]:
    import numpy as np

    lengths = set(column.combine_chunks().value_lengths().to_pylist())
    if len(lengths) > 1 or None in lengths:
        raise DiffcliError("bad-file", f"the lists in {origin} have different lengths")
    values = _column(column.combine_chunks().flatten(), origin)
    return np.reshape(values, (len(column), lengths.pop() if lengths else 0))
