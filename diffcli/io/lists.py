"""Arrow's nested lists: their types, and those made from arrays along a leading axis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def is_list(kind: Any) -> bool:
    """Whether an Arrow type is one of lists, whose cells are runs of other cells."""
    from pyarrow import types

    tests = (types.is_list, types.is_large_list, types.is_fixed_size_list)
    return any(test(kind) for test in (*tests, types.is_list_view, types.is_large_list_view))


def holds_numbers(kind: Any) -> bool:
    """Whether the cells of an Arrow type are real numbers, or lists of them."""
    from pyarrow import types

    tests = (types.is_integer, types.is_floating, types.is_decimal)
    return any(test(leaf(kind)) for test in tests)


def is_true_or_false(kind: Any, unknown: bool | None = None) -> bool | None:
    """Whether an Arrow type, or that in its lists, is one of truth values and not of numbers."""
    from pyarrow import types

    if kind is None or not (holds_numbers(kind) or types.is_boolean(leaf(kind))):
        return unknown
    return not holds_numbers(kind)


def leaf(kind: Any) -> Any:
    """The type of what is in nested lists."""
    while is_list(kind):
        kind = kind.value_type
    return kind


def depth_of(kind: Any) -> int:
    """How deeply a type of lists is nested."""
    depth = 0
    while is_list(kind):
        kind, depth = kind.value_type, depth + 1
    return depth


def to_arrow(parts: list[tuple[NDArray[Any], NDArray[np.int64]]], n: int, kind: Any) -> Any:
    """An Arrow array of `n` rows of the type `kind` from values of some rows, null elsewhere.

    A part is the values of rows along the leading axis, with the numbers of these rows. Arrow has
    no complex numbers: where `kind` holds texts, they are those of complex numbers.
    """
    import pyarrow as pa
    from pyarrow import types

    if types.is_string(leaf(kind)):
        parts = [(_complex_texts(values), rows) for values, rows in parts]
    present = [_present(values).cast(kind) for values, _ in parts]
    if len(parts) == 1 and len(parts[0][1]) == n:
        return present[0]
    places, missing, begin = np.zeros(n, np.int64), np.ones(n, np.bool_), 0
    for _, rows in parts:
        places[rows] = np.arange(begin, begin + len(rows))
        missing[rows] = False
        begin += len(rows)
    if not parts:
        return pa.nulls(n, kind)
    return pa.concat_arrays(present).take(pa.array(places, mask=missing))


def _complex_texts(values: NDArray[Any]) -> NDArray[Any]:
    """Numbers as texts such as (1+2j), which NumPy makes as short as their precision allows."""
    held = values if values.dtype.kind == "c" else values.astype(np.complex128)
    return np.array(held.astype(str), dtype=object)


def _present(values: NDArray[Any]) -> Any:
    """Values along the leading axis as an Arrow array; arrays become lists."""
    import pyarrow as pa

    array = pa.array(np.ascontiguousarray(values).reshape(-1))
    for size, count in _levels(values.shape):
        offsets = pa.array(np.arange(count + 1, dtype=np.int32) * np.int32(size))
        array = pa.ListArray.from_arrays(offsets, array)
    return array


def _levels(shape: tuple[int, ...]) -> list[tuple[int, int]]:
    """The length of the lists of every level, the innermost first, and how many there are."""
    return [
        (shape[axis], int(np.prod(shape[:axis], dtype=np.int64)))
        for axis in range(len(shape) - 1, 0, -1)
    ]


def nested(depth: int, dtype: Any) -> Any:
    """The Arrow type of arrays with `depth` axes of a NumPy type; complex numbers are texts."""
    import pyarrow as pa

    dtype = np.dtype(dtype)
    arrow = pa.string() if dtype.kind == "c" else pa.from_numpy_dtype(dtype)
    for _ in range(depth):
        arrow = pa.list_(arrow)
    return arrow


def texts(words: Mapping[int, str], n: int) -> Any:
    """A column of `n` texts, null where `words` has none for the row."""
    import pyarrow as pa

    if not words:
        return pa.nulls(n, pa.string())
    column: list[str | None] = [None] * n
    for row, word in words.items():
        column[row] = word
    return pa.array(column, pa.string())
