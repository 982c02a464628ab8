"""Rows of tables as lines of text: JSON, and cells with a mark between them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from diffcli.io.lists import holds_numbers, is_list

MARKS = {"csv": ",", "tsv": "\t"}
"""What stands between the cells of a line."""

TEXTS = (*MARKS, "jsonl")
"""Kinds of tables that are texts."""


def one(column: Any) -> Any:
    """A chunked column as one array."""
    import pyarrow as pa

    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _joined(parts: Sequence[Any], n: int) -> memoryview:
    """Texts and arrays of `n` texts side by side, as the bytes that Arrow holds."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not n:
        return memoryview(b"")
    large = pa.large_string()
    texts = [pa.scalar(p, large) if isinstance(p, str) else p.cast(large) for p in parts]
    lines = pc.binary_join_element_wise(*texts, pa.scalar("", large))
    length = int(pc.sum(pc.binary_length(lines)).as_py())
    return memoryview(lines.buffers()[2])[:length]


# ----- CSV and TSV --------------------------------------------------------------------------------


def header_line(names: Sequence[str], mark: str) -> bytes:
    """The first line of a table."""
    special = re.compile(f'[{mark}"\r\n]')
    shown = ['"' + n.replace('"', '""') + '"' if special.search(n) else n for n in names]
    return (mark.join(shown) + "\n").encode()


def delimited_lines(table: Any, mark: str) -> memoryview:
    """Rows as lines of cells, in quotes where they need them; nothing stands for no value.

    In a table of one column that is a pair of quotes, because readers pass over empty lines.
    """
    import pyarrow.compute as pc

    missing = '""' if table.num_columns == 1 else ""
    parts: list[Any] = []
    for i, column in enumerate(table.columns):
        array = one(column)
        texts = plain_texts(array)
        if is_list(array.type) or not holds_numbers(array.type):
            texts = _in_quotes(texts, mark)
        parts += [mark] if i else []
        parts.append(pc.fill_null(texts, missing))
    return _joined([*parts, "\n"], len(table))


def _in_quotes(texts: Any, mark: str) -> Any:
    """Texts in quotes if they hold a mark, a quote or an end of line, or are empty."""
    import pyarrow.compute as pc

    needed = pc.match_substring_regex(texts, f'[{mark}"\r\n]|^$')
    if not pc.any(needed).as_py():
        return texts
    doubled = pc.replace_substring(texts, '"', '""')
    return pc.if_else(needed, pc.binary_join_element_wise('"', doubled, '"', ""), texts)


def plain_texts(array: Any) -> Any:
    """Every value as text, lists in JSON; bytes are text already."""
    import pyarrow as pa
    from pyarrow import types

    return json_texts(array) if types.is_nested(array.type) else array.cast(pa.string())


# ----- JSON ---------------------------------------------------------------------------------------


def json_lines(table: Any) -> memoryview:
    """Rows as JSON objects, a line each; null stands where there is no value."""
    import json

    import pyarrow.compute as pc

    parts: list[Any] = []
    for i, (name, column) in enumerate(zip(table.column_names, table.columns, strict=True)):
        parts.append(("{" if i == 0 else ", ") + json.dumps(name) + ": ")
        parts.append(pc.fill_null(json_texts(one(column)), "null"))
    return _joined([*parts, "}\n"], len(table))


def json_texts(array: Any) -> Any:
    """Every value as JSON text, null where there is none; numbers round-trip.

    Bytes are JSON already, because it cannot hold any.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import types

    kind = array.type
    as_they_are = (types.is_boolean, types.is_integer, types.is_decimal, types.is_binary)
    if any(test(kind) for test in as_they_are):
        return array.cast(pa.string())
    if types.is_floating(kind):
        texts = array.cast(pa.string())
        if pc.all(pc.is_finite(array), min_count=0).as_py():
            return texts
        # JSON has no such numbers: they are texts, as in --json
        quoted = pc.binary_join_element_wise('"', texts, '"', "")
        return pc.if_else(pc.is_finite(array), texts, quoted)
    if is_list(kind):
        inner = pc.fill_null(json_texts(array.flatten()), "null")
        lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False)
        offsets = pa.array([0, *lengths.cumsum().tolist()], pa.int32())
        joined = pc.binary_join(pa.ListArray.from_arrays(offsets, inner), ", ")
        whole = pc.binary_join_element_wise("[", joined, "]", "")
        return whole if not array.null_count else pc.if_else(array.is_valid(), whole, None)
    return _each_json(array)


def _each_json(array: Any) -> Any:
    """Texts, times and records, each different value encoded once."""
    import json

    import pyarrow as pa
    from pyarrow import types

    if not types.is_nested(array.type):
        held = array if types.is_dictionary(array.type) else array.dictionary_encode()
        words = [json.dumps(w, default=str) for w in held.dictionary.to_pylist()]
        return pa.array(words, pa.string()).take(held.indices)
    values = array.to_pylist()
    return pa.array([None if v is None else json.dumps(v, default=str) for v in values])
