"""Tables of JSON lines, read in batches."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from diffcli.io.files import bad_file
from diffcli.io.locations import Input
from diffcli.io.records import Read, Reader

BLOCK = 1 << 21
"""Bytes of text that are read at a time."""

DEEPEST = 32
"""How deeply lists and objects may be nested: Arrow's parser calls itself for each of them."""

NO_RECORD = "the line is no record in JSON: "


class JsonLines(Reader):
    """Objects of JSON, a line each. Raises `bad-file` when there are none in the beginning."""

    def __init__(self, source: Input) -> None:
        self._stream = source.stream()
        text = b""
        while block := self._stream.read(BLOCK):
            text += block
            if b"\n" in block:
                break
        self._text = text
        head = text[: text.rfind(b"\n") + 1] if block else text
        found = list(json_tables(head))
        pieces = [data for data, _, _ in found if data is not None]
        if not pieces:
            reason = next((f": {r.removeprefix(NO_RECORD)}" for _, _, r in found if r), "")
            empty = not text.strip()
            raise bad_file(source.path, "is empty" if empty else f"holds no JSON objects{reason}")
        self.schema = _schema(pieces)

    def read(
        self, wanted: list[str], numbers: list[str], texts: list[str], rows: int
    ) -> Iterator[Read]:
        """All columns, as many rows as a block of text holds."""
        text = self._text
        while True:
            block = self._stream.read(BLOCK)
            stop = text.rfind(b"\n") + 1 if block else len(text)
            yield from json_tables(text[:stop], [name for name in texts if name not in numbers])
            if not block:
                return
            text = text[stop:] + block


def _schema(pieces: list[Any]) -> Any:
    """The columns of pieces of a table, each of the type that most of its rows have."""
    import pyarrow as pa
    from pyarrow import types

    counts: dict[str, Counter[Any]] = {}
    for data in pieces:
        for name, cells in zip(data.schema.names, data.columns, strict=True):
            known = 0 if types.is_null(cells.type) else len(cells) - cells.null_count
            counts.setdefault(name, Counter())[cells.type] += known
    return pa.schema({name: count.most_common(1)[0][0] for name, count in counts.items()})


def json_tables(text: bytes, exact: Sequence[str] = ()) -> Iterator[Read]:
    """Lines of JSON as Arrow tables; lines that do not fit together are divided until they do.

    What is no JSON object by itself comes with the reason. Numbers in the columns `exact` are JSON
    texts, as bytes, where integers among them have more digits than real numbers have.
    """
    import pyarrow as pa

    if not text.strip():
        return
    parts = [text]
    while parts:
        part = parts.pop()
        try:
            if _depth(part) > DEEPEST:
                raise pa.ArrowInvalid(f"it is nested more than {DEEPEST} deep")
            table = _table(part)
            if not table.num_columns:  # nothing but {}
                yield None, len([line for line in part.split(b"\n") if line.strip()]), None
                continue
            (data,) = table.combine_chunks().to_batches()
            yield _exact(data, part, exact), len(data), None
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            lines = [line for line in part.split(b"\n") if line.strip()]
            if len(lines) == 1:
                reason = str(error).split("\n")[0].removeprefix("JSON parse error: ")
                reason = reason.removesuffix(" in row 0").rstrip(".")
                yield None, 1, f"{NO_RECORD}{reason[:1].lower()}{reason[1:]}"
                continue
            half = len(lines) // 2
            parts += [b"\n".join(lines[half:]), b"\n".join(lines[:half])]


def _table(text: bytes) -> Any:
    """Lines of JSON as an Arrow table, in which texts of times are texts."""
    import pyarrow as pa
    from pyarrow import json

    options = json.ReadOptions(block_size=len(text) + 1)
    table = json.read_json(pa.BufferReader(text), read_options=options)
    kinds = {f.name: _without_times(f.type) for f in table.schema}
    texts = {name: k for name, k in kinds.items() if k != table.schema.field(name).type}
    if not texts:
        return table
    parsing = json.ParseOptions(explicit_schema=pa.schema(texts))
    again = json.read_json(pa.BufferReader(text), read_options=options, parse_options=parsing)
    return again.select(table.column_names)


def _without_times(kind: Any) -> Any:
    """An Arrow type with texts instead of times."""
    import pyarrow as pa
    from pyarrow import types

    if types.is_list(kind):
        return pa.list_(_without_times(kind.value_type))
    if types.is_struct(kind):
        return pa.struct([f.with_type(_without_times(f.type)) for f in kind])
    return pa.string() if types.is_temporal(kind) else kind


WHOLE = 2**53
"""Integers from here on are not all among the real numbers."""


def _exact(data: Any, text: bytes, names: Sequence[str]) -> Any:
    """The record batch with the JSON texts of large integers in columns of real numbers."""
    import json

    import pyarrow as pa
    import pyarrow.compute as pc

    from diffcli.io.text_rows import json_texts

    for i, (name, column) in enumerate(zip(data.schema.names, data.columns, strict=True)):
        if name not in names or not pa.types.is_float64(column.type):
            continue
        if not pc.any(pc.greater_equal(pc.abs(column), WHOLE)).as_py():
            continue
        # here the digits of an integer are a text, and no other values of the column are
        records = [json.loads(line, parse_int=str) for line in text.split(b"\n") if line.strip()]
        digits = [record.get(name) for record in records]
        digits = pa.array([d if isinstance(d, str) else None for d in digits], pa.string())
        exact = pc.coalesce(digits, json_texts(column)).cast(pa.binary())
        data = data.set_column(i, name, exact)
    return data


def _depth(text: bytes) -> int:
    """How deeply lists and objects are nested at most."""
    deepest = _brackets(text)
    if deepest > DEEPEST:  # brackets within strings may have been counted
        deepest = _brackets(re.sub(rb'"(?:[^"\\]|\\.)*"', b"", text))
    return deepest


def _brackets(text: bytes) -> int:
    import numpy as np

    # [ and { differ in one bit, and so do ] and }
    letters = np.frombuffer(text, np.uint8) & 0xDF
    letters = letters[(letters == ord("[")) | (letters == ord("]"))]
    return int(np.max(np.cumsum(np.where(letters == ord("["), 1, -1)), initial=0))
