"""Columns of tables as arrays: Arrow's nested lists as flat numbers with a shape for every row."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcli.io.lists import is_list, is_true_or_false

if TYPE_CHECKING:
    from numpy.typing import NDArray

NUMBER = r"^\s*[+-]?((\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|inf(inity)?|nan)\s*$"
"""Texts that are numbers."""

TRUTH = r"^(true|false)$"
"""Texts that are truth values."""

LIST = r"^\s*\["
"""Texts that are lists."""

MISSING = ("", "NA", "N/A", "null", "NULL")
"""Texts that stand for a missing value."""


AXES = 32
"""Most axes of a cell: NumPy has 64, which the derivatives share."""


class Column:
    """The cells of a column: row i holds the array of `shapes[i]` that begins at `starts[i]`.

    Shapes with fewer axes than others end in -1, once for every axis they lack.
    Without `starts` row i is `values[i]`. `valid` is False for rows without a value (a null, or a
    list with one in it), and `reasons` says by row why a cell is no array of numbers.
    """

    __slots__ = ("reasons", "shapes", "starts", "valid", "values")

    def __init__(
        self,
        values: NDArray[Any],
        starts: NDArray[np.int64] | None,
        shapes: NDArray[np.int64],
        valid: NDArray[np.bool_],
        reasons: dict[int, str],
    ) -> None:
        self.values = values
        self.starts = starts
        self.shapes = shapes
        self.valid = valid
        self.reasons = reasons

    def slice(self, start: int, stop: int) -> Column:
        """Some of the rows."""
        reasons = {i - start: r for i, r in self.reasons.items() if start <= i < stop}
        rows = slice(start, stop)
        values, starts = self.values, self.starts
        if starts is None:
            values = values[rows]
        else:
            starts = starts[rows]
        return Column(values, starts, self.shapes[rows], self.valid[rows], reasons)

    def rows(self, rows: NDArray[np.int64]) -> Column:
        """The rows of these numbers."""
        reasons = self.reasons and {
            i: self.reasons[row] for i, row in enumerate(rows.tolist()) if row in self.reasons
        }
        return Column(self.values, self.first(rows), self.shapes[rows], self.valid[rows], reasons)

    def first(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where the cells of rows begin among the values."""
        return rows if self.starts is None else self.starts[rows]

    def take(self, rows: NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[Any]:
        """The cells of rows that all have this shape, along a new leading axis."""
        size = int(np.prod(shape, dtype=np.int64))
        starts = self.first(rows)
        if size == 0:
            flat = np.empty((len(rows), 0), self.values.dtype)
        elif len(rows) and np.array_equal(starts, starts[0] + size * np.arange(len(rows))):
            flat = self.values[starts[0] : starts[0] + size * len(rows)]
        else:
            flat = self.values[starts[:, None] + np.arange(size)]
        return flat.reshape(len(rows), *shape)


def column(array: Any, kind: Any = None, dtype: Any = np.float64) -> Column:
    """An Arrow array of numbers, truth values, texts of numbers, or lists of them, as a column.

    Numbers become `dtype`; texts such as (1+2j) are numbers where that is complex. Where the Arrow
    type `kind` is one of truth values, numbers are no values, and the other way round.
    """
    import pyarrow.compute as pc

    array = _plain(array)
    if _has_list_texts(array):
        return _from_list_texts(array, is_true_or_false(kind), np.dtype(dtype))
    wrappings = []  # lengths and validity of the lists, the outermost first
    while is_list(array.type):
        lengths = pc.fill_null(pc.list_value_length(array), 0)
        wrappings.append((lengths.to_numpy(zero_copy_only=False), _valid(array)))
        array = _plain(array.flatten())
    found = _leaves(array, is_true_or_false(kind), np.dtype(dtype))
    for lengths, valid in reversed(wrappings):
        found = _wrapped(found, lengths.astype(np.int64), valid)
    if len(wrappings) > AXES:
        reason = f"is a list nested more than {AXES} deep"
        nothing = np.zeros((len(found.valid), 0), np.int64)
        deep = dict.fromkeys(np.flatnonzero(found.valid).tolist(), reason)
        return Column(np.zeros(len(found.valid)), None, nothing, found.valid, deep)
    return found


def _plain(array: Any) -> Any:
    """The array with its dictionary looked up, and views of texts as texts."""
    import pyarrow as pa
    from pyarrow import types

    if types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if types.is_string_view(array.type):
        return array.cast(pa.string())
    return array


def distinct(array: Any) -> tuple[NDArray[np.int64], list[str], dict[int, str]]:
    """The texts of an Arrow array as numbers of different texts, -1 where there is none.

    What holds no texts has reasons by row, as columns of numbers have.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import types

    array = _plain(array)
    if types.is_nested(array.type) or types.is_binary(array.type):
        rows = np.flatnonzero(_valid(array)).tolist()
        return np.full(len(array), -1), [], dict.fromkeys(rows, f"is a {array.type}, not a text")
    found = array.cast(pa.large_string()).dictionary_encode()
    words = [word.strip() for word in found.dictionary.to_pylist()]
    blank = np.array([word in MISSING for word in words], np.bool_)
    codes = pc.fill_null(found.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    if blank.any():
        codes[(codes >= 0) & blank[codes]] = -1
    return codes, words, {}


def _valid(array: Any) -> NDArray[np.bool_]:
    if array.null_count == 0:
        return np.ones(len(array), dtype=np.bool_)
    return array.is_valid().to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


def _leaves(array: Any, truths: bool | None, dtype: np.dtype[Any]) -> Column:
    """A column of single cells, of truth values or of numbers if that is known."""
    import pyarrow as pa
    from pyarrow import types

    n, kind = len(array), array.type
    valid = _valid(array)
    reasons: dict[int, str] = {}
    if types.is_boolean(kind):
        values = array.fill_null(False).to_numpy(zero_copy_only=False)
    elif types.is_string(kind) or types.is_large_string(kind):
        values, valid, reasons = _from_texts(array, valid, truths, dtype.kind == "c")
    elif types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
        numbers = array if kind == pa.float64() else array.cast(pa.float64(), safe=False)
        values = numbers.to_numpy(zero_copy_only=False)
    else:
        values = np.zeros(n)
        if not types.is_null(kind):
            reasons = dict.fromkeys(np.flatnonzero(valid).tolist(), f"is a {kind}, not a number")
    if truths is not None and truths != is_true_or_false(kind, truths):
        reason = "is a number, not true or false" if truths else "is true or false, not a number"
        reasons = dict.fromkeys(np.flatnonzero(valid).tolist(), reason)
    if values.dtype.kind != "b":
        values = values.astype(dtype, copy=False)
    return Column(values, None, np.empty((n, 0), np.int64), valid, reasons)


def _from_texts(
    array: Any, valid: NDArray[np.bool_], truths: bool | None, complexes: bool
) -> tuple[NDArray[Any], NDArray[np.bool_], dict[int, str]]:
    """Texts as numbers, which rows have one, and what is wrong with the others.

    They are truth values if `truths`, or if that is not known and most of them are; numbers may
    have an imaginary part if `complexes`.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    trimmed = pc.utf8_trim_whitespace(array)
    empty = pc.is_in(trimmed, pa.array(MISSING, trimmed.type))
    filled = ~empty.to_numpy(zero_copy_only=False) & valid
    good = _matching(trimmed, TRUTH if truths else NUMBER)
    if truths is None and not good.all():
        flags = _matching(trimmed, TRUTH)
        truths = bool(flags.sum() > good.sum())
        good = flags if truths else good
    kind = pa.bool_() if truths else pa.float64()
    cleaned = pc.if_else(pa.array(good), pc.utf8_ltrim(trimmed, "+"), None)
    values = cleaned.cast(kind).fill_null(kind == pa.float64() and 0.0)
    values = values.to_numpy(zero_copy_only=False)
    if complexes and not truths:
        values = _with_imaginary(values, trimmed, good)
    reasons = {}
    bad = np.flatnonzero(filled & ~good)
    for row, text in zip(bad.tolist(), array.take(pa.array(bad)).to_pylist(), strict=True):
        shown = text if len(text) <= 40 else text[:40] + "…"
        reasons[row] = f"is the text '{shown}', not {'true or false' if truths else 'a number'}"
    return values, filled, reasons


def _with_imaginary(values: NDArray[Any], texts: Any, good: NDArray[np.bool_]) -> NDArray[Any]:
    """The values with those of texts such as (1+2j), which are `good` from now on, too."""
    values = values.astype(np.complex128)
    others = np.flatnonzero(~good)
    for row, text in zip(others.tolist(), texts.take(others).to_pylist(), strict=True):
        with suppress(TypeError, ValueError):
            values[row], good[row] = complex(text), True
    return values


def _has_list_texts(array: Any) -> bool:
    """Whether cells are texts such as [1, 2], as lists are written in CSV files."""
    from pyarrow import types

    is_text = types.is_string(array.type) or types.is_large_string(array.type)
    return is_text and bool(_matching(array, LIST).any())


def _from_list_texts(array: Any, truths: bool | None, dtype: np.dtype[Any]) -> Column:
    """Lists from their texts in JSON, with the numbers among them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from diffcli.io.json_records import json_tables

    lists = _matching(array, LIST)
    cells = pc.if_else(pa.array(lists), pc.replace_substring(array, "\n", " "), "null")
    lines = pc.binary_join_element_wise('{"v": ', cells, "}", "").to_pylist()
    parts = [_leaves(pc.if_else(pa.array(lists), None, array), truths, dtype)]
    for data, rows, reason in json_tables("\n".join(lines).encode()):
        part = column(pa.nulls(rows) if data is None else data.column(0), dtype=dtype)
        if reason:
            part.reasons = dict.fromkeys(range(rows), "is a list that cannot be read")
        parts.append(part)
    return _joined(parts).rows(np.arange(len(array)) + len(array) * lists)


def _joined(parts: list[Column]) -> Column:
    """The rows of several columns as one."""
    axes = max(part.shapes.shape[1] for part in parts)
    starts, shapes = [], []
    reasons: dict[int, str] = {}
    row = begin = 0
    for part in parts:
        n, own = part.shapes.shape
        starts.append(begin + part.first(np.arange(n)))
        shapes.append(np.pad(part.shapes, [(0, 0), (0, axes - own)], constant_values=-1))
        reasons |= {row + i: reason for i, reason in part.reasons.items()}
        row, begin = row + n, begin + len(part.values)
    return Column(
        np.concatenate([part.values for part in parts]),
        np.concatenate(starts),
        np.concatenate(shapes),
        np.concatenate([part.valid for part in parts]),
        reasons,
    )


def _matching(array: Any, pattern: str) -> NDArray[np.bool_]:
    """Which texts match a pattern."""
    import pyarrow.compute as pc

    found = pc.fill_null(pc.match_substring_regex(array, pattern, ignore_case=True), False)
    return found.to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


def _wrapped(inner: Column, lengths: NDArray[np.int64], valid: NDArray[np.bool_]) -> Column:
    """The column whose cells are runs of `lengths` cells of `inner`."""
    n = len(lengths)
    offsets = np.cumsum(lengths) - lengths
    shapes = np.zeros((n, inner.shapes.shape[1] + 1), np.int64)
    shapes[:, 0] = lengths
    starts = np.zeros(n, np.int64)
    full = np.flatnonzero(lengths)
    reasons: dict[int, str] = {}
    if len(full):
        first = offsets[full]
        starts[full] = inner.first(first)
        if not inner.valid.all():
            valid = valid.copy()
            valid[full] &= np.logical_and.reduceat(inner.valid, first)
        if inner.shapes.shape[1]:
            least = np.minimum.reduceat(inner.shapes, first, axis=0)
            most = np.maximum.reduceat(inner.shapes, first, axis=0)
            shapes[full, 1:] = most
            ragged = full[(least != most).any(axis=1) & valid[full]]
            reasons = dict.fromkeys(ragged.tolist(), "is a list of lists of different lengths")
    owner = np.repeat(np.arange(n), lengths) if inner.reasons else lengths
    for row, reason in inner.reasons.items():
        reasons.setdefault(int(owner[row]), reason.replace("is ", "holds ", 1))
    return Column(inner.values, starts, shapes, valid, reasons)
