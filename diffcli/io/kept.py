"""Columns that are copied: as texts into files of text, and as values of one type into others."""

from __future__ import annotations

from typing import Any

from diffcli.io.columns import MISSING, NUMBER, TRUTH
from diffcli.io.lists import holds_numbers, is_true_or_false
from diffcli.io.text_rows import MARKS, TEXTS, json_texts, plain_texts

JSON_NUMBER = r"^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$"
"""Texts that are numbers in JSON."""


def kept_type(kind: Any, into: str) -> Any:
    """The Arrow type in which a column of the type `kind` is copied to a table of the kind `into`.

    In files of text that is text, whatever the types of the rows; JSON is held as bytes.
    """
    import pyarrow as pa

    if into not in TEXTS:
        return kind
    return pa.string() if into in MARKS else pa.binary()


def kept(array: Any, kind: Any, into: str, meant: Any = None) -> tuple[Any, dict[int, str]]:
    """The cells of a column as the type `kind`, which `kept_type` says, and why some have none.

    Texts are those of a CSV file in a column of the type `meant`, if that is given.
    """
    import pyarrow.compute as pc

    if into in MARKS:
        texts = plain_texts(array)
        # an empty cell stays one, and is not written as a text
        return (texts if meant is None else pc.if_else(pc.equal(texts, ""), None, texts)), {}
    if into in TEXTS:
        from_cells = meant is not None and array.type == "string"
        texts = _json_of_cells(array, meant) if from_cells else json_texts(array)
        return texts.cast(kind), {}
    return _fitted(array, kind)


def holds_bytes(kind: Any) -> bool:
    """Whether the cells of an Arrow type are bytes, or hold some."""
    from pyarrow import types

    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_binary_view(kind):
        return True
    inner = [kind.field(i).type for i in range(kind.num_fields)]
    return types.is_fixed_size_binary(kind) or any(map(holds_bytes, inner))


def _json_of_cells(texts: Any, kind: Any) -> Any:
    """Cells of a CSV column as JSON: numbers and truth values in a column of the type `kind`.

    Numbers that JSON knows stay as they are written. What is no value of the column is a text.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import types

    if types.is_string(kind):
        return json_texts(texts)
    trimmed = pc.utf8_trim_whitespace(texts)
    trimmed = pc.if_else(pc.is_in(trimmed, pa.array(MISSING)), None, trimmed)
    if types.is_boolean(kind):
        truths = pc.match_substring_regex(trimmed, TRUTH, ignore_case=True)
        return pc.if_else(truths, pc.utf8_lower(trimmed), json_texts(texts))
    if not holds_numbers(kind):
        return pc.if_else(trimmed.is_valid(), json_texts(texts), None)
    plain = pc.match_substring_regex(trimmed, JSON_NUMBER)
    if pc.all(plain, min_count=0).as_py():
        return trimmed
    numbers = pc.match_substring_regex(trimmed, NUMBER, ignore_case=True)
    others = pc.utf8_ltrim(pc.if_else(pc.and_not(numbers, plain), trimmed, None), "+")
    others = json_texts(others.cast(pa.float64()))
    rest = pc.if_else(numbers, others, json_texts(texts))
    return pc.if_else(plain, trimmed, rest)


def _fitted(array: Any, kind: Any) -> tuple[Any, dict[int, str]]:
    """An Arrow array as one of the type `kind`, and why cells that are no such values are null."""
    import pyarrow as pa

    if array.type == kind:
        return array, {}
    try:
        return _cast(array, kind), {}
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        n = len(array)
    if n == 1:
        return pa.nulls(1, kind), {0: f"is {str(array[0])[:40]}, and its column holds {kind}"}
    left, reasons = _fitted(array.slice(0, n // 2), kind)
    right, more = _fitted(array.slice(n // 2), kind)
    return pa.concat_arrays([left, right]), reasons | {n // 2 + i: r for i, r in more.items()}


def _cast(array: Any, kind: Any) -> Any:
    """The array in another type that has the same values; raises Arrow's errors."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import types

    own = is_true_or_false(array.type)
    if own is not None and own != is_true_or_false(kind, own):
        raise pa.ArrowInvalid("numbers are no truth values")
    if types.is_string(array.type) and types.is_primitive(kind):
        array = pc.utf8_trim_whitespace(array)
        array = pc.if_else(pc.is_in(array, pa.array(MISSING)), None, array)
    return array.cast(kind)
