"""Record CuPy's public names with an interpreter that has CuPy: `python tests/record_cupy.py`.

Writes tests/data/cupy.txt: a line for each name that array code may use, with the parameters of a
function or the loops of a ufunc. CuPy is imported for this without a GPU; the libraries that it
loads come with `pip install 'cupy-cuda12x[ctk]'`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data" / "cupy.txt"
MODULES = {
    "cupy": "cupy",
    "cupy.linalg": "cupy.linalg",
    "cupy.fft": "cupy.fft",
    "cupyx.scipy.special": "cupyx.scipy.special",
    "cupyx.scipy.linalg": "cupyx.scipy.linalg",
}
"""Modules whose names are recorded; those of submodules follow their own rows."""


def main() -> None:
    """Write the table."""
    import cupy

    lines = [f"# CuPy {cupy.__version__}: its public names, with parameters or the loops of ufuncs"]
    for module in MODULES:
        lines += described(module, import_module(module))
    lines += methods(cupy.ndarray)
    DATA.write_text("\n".join(lines) + "\n", encoding="utf-8")


def described(prefix: str, module: Any) -> Iterator[str]:
    """A line for each function, ufunc, type and number of a module."""
    for name in sorted(dir(module)):
        value = getattr(module, name)
        if name.startswith("_") or inspect.ismodule(value):
            continue
        full = f"{prefix}.{name}"
        if isinstance(types := getattr(value, "types", None), list):
            yield f"{full}: {' '.join(types)}"
        elif isinstance(value, type | int | float | None):
            yield full
        elif callable(value):
            yield f"{full}({', '.join(_parameters(value))})"


def methods(array: Any) -> Iterator[str]:
    """A line for each method and attribute of an array, from the first lines of documents."""
    for name in sorted(dir(array)):
        if not name.startswith("_"):
            found = re.match(r"\w+\.\w+\((.*?)\)( ->|\n|$)", getattr(array, name).__doc__ or "")
            given = found[1].split(", ")[1:] if found else None
            yield f"cupy.ndarray.{name}" + (
                "" if given is None else f"({', '.join(p.split('=')[0] for p in given)})"
            )


def _parameters(function: Any) -> list[str]:
    """Names of parameters; `*` before those that take any number."""
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return ["*args", "**kwargs"]
    return [stars.get(p.kind, "") + p.name for p in found]


if __name__ == "__main__":
    main()
