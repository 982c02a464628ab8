"""JSON values as arrays: the reverse of the JSON that results are written in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from diffcli.errors import DiffcliError, closest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


_MOST_DIMENSIONS = 64
"""What NumPy allows an array to have."""


def parse(text: str, origin: str) -> Any:
    """The JSON value that `text` holds; `origin` names it in errors."""
    import json

    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise DiffcliError(
            "bad-file", f"{origin} is not JSON: {_lower(error.msg)} at {place}"
        ) from None
    except (RecursionError, ValueError):  # ValueError: an integer of thousands of digits
        raise DiffcliError("bad-file", f"{origin} holds JSON that cannot be read") from None


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def select(value: Any, key: str, origin: str) -> Any:
    """The member `key` of a JSON object; `a.b` reaches into nested objects."""
    if isinstance(value, dict) and key in value:
        return value[key]
    here = value
    for part in key.split("."):
        if not isinstance(here, dict):
            raise DiffcliError("bad-file", f"{origin} has no key '{key}': no object holds it")
        if part not in here:
            raise no_such("key", key if here is value else part, here, origin)
        here = here[part]
    return here


def no_such(what: str, name: str, names: Any, origin: str) -> DiffcliError:
    """The error that a file has no column, key or array `name`, with those it has."""
    names = [str(each) for each in names]
    near = closest(name, names)
    hint = f"did you mean '{near}'?" if near else None
    return DiffcliError(
        "bad-file", f"{origin} has no {what} '{name}', only {listed(names)}", hint=hint
    )


def listed(names: list[str], most: int = 8) -> str:
    """`names` as prose, cut after `most`; those that are more than a word stand in quotes."""
    words = [name if re.fullmatch(r"[\w.:-]+", name) else f"'{name}'" for name in names[:most]]
    shown = ", ".join(words) or "nothing"
    rest = len(names) - most
    return f"{shown} and {rest} more" if rest > 0 else shown


def to_array(value: Any, dtype: np.dtype[Any], origin: str) -> NDArray[Any]:
    """A JSON number, mask, text such as "nan" or "(1+2j)", or nested list of them, as an array.

    Numbers become `dtype`; complex texts a complex type of the same precision; lists of booleans
    stay boolean. A sparse matrix in coordinate form becomes dense.
    """
    import numpy as np

    if isinstance(value, dict):
        return _from_object(value, dtype, origin)
    if isinstance(value, list):
        array = _fast_array(value)
        if array is None:
            array = _checked_array(value, origin)
    else:
        array = np.asarray(_leaf(value, origin))
    return as_numbers(array, dtype)


def as_numbers(array: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """`array` in the type that numbers from text get: `dtype`, complex if needed, or boolean."""
    import numpy as np

    if array.dtype.kind == "b":
        return array
    if array.dtype.kind == "c" and dtype.kind != "c":
        return array.astype(np.result_type(dtype, np.complex64))
    return array.astype(dtype)


def _fast_array(value: list[Any]) -> NDArray[Any] | None:
    """What NumPy makes of a list of plain numbers, or None if it holds anything else."""
    import numpy as np

    try:
        array = np.array(value)
    except (ValueError, OverflowError):
        return None
    return array if array.dtype.kind in "fiub" else None


def _checked_array(value: list[Any], origin: str) -> NDArray[Any]:
    """A list that holds texts, or that is wrong: every leaf is looked at."""
    import numpy as np

    try:
        objects = np.array(value, dtype=object)
    except ValueError:
        raise _ragged(origin) from None
    if objects.ndim == _MOST_DIMENSIONS:
        raise DiffcliError("bad-file", f"{origin} is nested deeper than {_MOST_DIMENSIONS} lists")
    leaves = [_leaf(leaf, origin) for leaf in objects.reshape(-1).tolist()]
    return np.array(leaves).reshape(objects.shape)


def _ragged(origin: str) -> DiffcliError:
    return DiffcliError("bad-file", f"the rows of {origin} have different lengths")


def _leaf(value: Any, origin: str) -> complex | bool:
    if isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        try:
            return float(value)
        except OverflowError:
            raise DiffcliError("bad-file", f"an integer in {origin} is too large") from None
    if isinstance(value, str):
        return number_from_text(value, origin)
    if isinstance(value, list):
        raise _ragged(origin)
    if value is None:
        raise DiffcliError(
            "bad-file", f"{origin} holds null, which is not a number", hint='write "nan" instead'
        )
    raise DiffcliError("bad-file", f"{origin} holds an object where a number is expected")


def number_from_text(text: str, origin: str) -> complex:
    """The number that a text such as "nan", "-inf" or "(1+2j)" stands for."""
    for kind in (float, complex):
        try:
            return kind(text)
        except ValueError:
            continue
    shown = text if len(text) <= 40 else text[:40] + "…"
    raise DiffcliError("bad-file", f"{origin} holds the text '{shown}', which is not a number")


def _from_object(value: dict[str, Any], dtype: np.dtype[Any], origin: str) -> NDArray[Any]:
    import numpy as np

    if value.get("format") != "coo":
        raise DiffcliError(
            "bad-file",
            f"{origin} is an object with the keys {listed(list(value))}",
            hint="name one of them after a colon, as in x=@file.json:key",
        )
    try:
        data = to_array(value["data"], dtype, origin)
        dense = np.zeros(tuple(value["shape"]), dtype=data.dtype)
        np.add.at(dense, (np.asarray(value["row"], int), np.asarray(value["col"], int)), data)
    except (KeyError, TypeError, ValueError, IndexError):
        raise DiffcliError("bad-file", f"the sparse matrix in {origin} is damaged") from None
    return dense
