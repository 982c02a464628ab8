"""Tables of JSON lines, read in batches."""

from __future__ import annotations

import re
from collections.abc import Iterator

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
        import pyarrow as pa

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
        fields = {f.name: f for data in reversed(pieces) for f in data.schema}
        order = dict.fromkeys(name for data in pieces for name in data.schema.names)
        self.schema = pa.schema([fields[name] for name in order])

    def read(
        self, wanted: list[str], numbers: list[str], texts: list[str], rows: int
    ) -> Iterator[Read]:
        """All columns, as many rows as a block of text holds."""
        text = self._text
        while True:
            block = self._stream.read(BLOCK)
            stop = text.rfind(b"\n") + 1 if block else len(text)
            yield from json_tables(text[:stop])
            if not block:
                return
            text = text[stop:] + block


def json_tables(text: bytes) -> Iterator[Read]:
    """Lines of JSON as Arrow tables; lines that do not fit together are divided until they do.

    What is no JSON object by itself comes with the reason.
    """
    import pyarrow as pa
    from pyarrow import json

    if not text.strip():
        return
    parts = [text]
    while parts:
        part = parts.pop()
        try:
            if _depth(part) > DEEPEST:
                raise pa.ArrowInvalid(f"it is nested more than {DEEPEST} deep")
            options = json.ReadOptions(block_size=len(part) + 1)
            table = json.read_json(pa.BufferReader(part), read_options=options)
            if not table.num_columns:  # nothing but {}
                yield None, len([line for line in part.split(b"\n") if line.strip()]), None
                continue
            yield table.combine_chunks().to_batches()[0], table.num_rows, None
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            lines = [line for line in part.split(b"\n") if line.strip()]
            if len(lines) == 1:
                reason = str(error).split("\n")[0].removeprefix("JSON parse error: ")
                reason = reason.removesuffix(" in row 0").rstrip(".")
                yield None, 1, f"{NO_RECORD}{reason[:1].lower()}{reason[1:]}"
                continue
            half = len(lines) // 2
            parts += [b"\n".join(lines[half:]), b"\n".join(lines[:half])]


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
