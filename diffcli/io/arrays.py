"""Arrays from files: NumPy files here, JSON and tables through their own modules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diffcli.errors import DiffcliError
from diffcli.io.files import bad_file, read_bytes, read_text
from diffcli.io.json_values import listed, no_such, parse, select, to_array
from diffcli.io.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

_MAGIC = {".npy": b"\x93NUMPY", ".npz": b"PK"}


def read_array(
    reference: Reference,
    dtype: np.dtype[Any] | None,
    stdin: Callable[[], str],
) -> NDArray[Any]:
    """The array that `reference` names.

    Numbers from text and tables become `dtype` (float64 for None). NumPy files keep their type
    unless `dtype` is given, masks always. `stdin` returns
    the text of standard input. Raises `bad-file`.
    """
    import numpy as np

    if reference.suffix in _MAGIC:
        return _kept(_read_numpy(reference), dtype, reference.origin)
    number = dtype or np.dtype(np.float64)
    if reference.suffix == ".json":
        value = parse(_json_text(reference, stdin), reference.origin)
        if reference.key is not None:
            value = select(value, reference.key, reference.origin)
        return to_array(value, number, reference.origin)
    from diffcli.io.tables import read_columns

    return read_columns(reference, number)


def read_bindings(
    path: str, dtype: np.dtype[Any] | None, stdin: Callable[[], str]
) -> dict[str, NDArray[Any]]:
    """All values of a .json object or an .npz file, by name. Raises `bad-file`."""
    import numpy as np

    reference = Reference(path, ".json" if path == "-" else _suffix(path), None)
    if reference.suffix == ".npz":
        arrays = _load(reference)
        numbers = {n: a for n, a in arrays.items() if a.dtype.kind in "biufc"}
        return {name: _kept(a, dtype, f"'{name}' in '{path}'") for name, a in numbers.items()}
    if reference.suffix != ".json":
        raise bad_file(path, "cannot hold bindings", "use a .json object or an .npz file")
    value = parse(_json_text(reference, stdin), reference.origin)
    if not isinstance(value, dict):
        raise bad_file(path, "is not a JSON object", 'write {"x": 3, "y": [1, 2]}')
    number = dtype or np.dtype(np.float64)
    return {
        name: to_array(item, number, f"'{name}' in {reference.origin}")
        for name, item in value.items()
    }


def _suffix(path: str) -> str:
    dot = path.rfind(".")
    return path[dot:].lower() if dot > 0 else ""


def _json_text(reference: Reference, stdin: Callable[[], str]) -> str:
    text = stdin() if reference.path == "-" else read_text(reference.path)
    if not text.strip():
        raise DiffcliError("bad-file", f"{reference.origin} is empty")
    return text


def _read_numpy(reference: Reference) -> NDArray[Any]:
    arrays = _load(reference)
    if reference.suffix == ".npy":
        if reference.key is not None:
            raise bad_file(reference.path, f"holds one array and no key '{reference.key}'")
        return arrays[""]
    if reference.key is None:
        if len(arrays) == 1:
            return next(iter(arrays.values()))
        names = listed(list(arrays))
        hint = f"name one of them: @{reference.path}:{next(iter(arrays), 'key')}"
        raise bad_file(reference.path, f"holds several arrays: {names}", hint)
    if reference.key not in arrays:
        raise no_such("array", reference.key, arrays, reference.origin)
    return arrays[reference.key]


def _load(reference: Reference) -> dict[str, NDArray[Any]]:
    """The arrays of a NumPy file by name; the one of an .npy file is called ""."""
    from io import BytesIO

    import numpy as np

    path, data = reference.path, read_bytes(reference.path)
    if not data.startswith(_MAGIC[reference.suffix]):
        raise bad_file(path, f"is not a NumPy {reference.suffix} file")
    try:
        loaded = np.load(BytesIO(data), allow_pickle=False)
        if reference.suffix == ".npy":
            return {"": loaded}
        return {name: loaded[name] for name in loaded.files}
    except MemoryError:
        raise
    except Exception as error:  # whatever NumPy, zipfile and zlib raise for broken bytes
        if "allow_pickle" in str(error):
            problem = "holds Python objects, which are not read"
            raise bad_file(path, problem, "save it with a numeric dtype") from None
        raise bad_file(path, "is damaged or incomplete") from None


def _kept(array: NDArray[Any], dtype: np.dtype[Any] | None, origin: str) -> NDArray[Any]:
    """An array from a NumPy file in a type that the language computes with."""
    import numpy as np

    kind = array.dtype.kind
    if kind == "b":
        return array
    if kind in "iu":
        return array.astype(np.int64 if dtype is None else dtype)
    if kind not in "fc":
        problem = f"{origin} holds values of type {array.dtype}, which are not numbers"
        raise DiffcliError("bad-file", problem)
    if dtype is None:
        sizes = (4, 8) if kind == "f" else (8, 16)
        default = np.float64 if kind == "f" else np.complex128
        own = array.dtype.newbyteorder("=")
        return array.astype(own if own.itemsize in sizes else default)
    if kind == "c" and dtype.kind != "c":
        return array.astype(np.result_type(dtype, np.complex64))
    return array.astype(dtype)
