"""Functions of programming languages that return a value and its derivatives."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from diffcli.emit.arrays import DIALECTS, ArrayWriter
from diffcli.emit.sharing import statements
from diffcli.emit.sizes import Sizes
from diffcli.errors import DiffcliError
from diffcli.graph.node import Node

IMPORTS = {
    "numpy": "import numpy as np",
    "jax": "import jax.numpy as jnp",
    "torch": "import torch",
}


class Function(NamedTuple):
    """What is written: the function's arguments, the places of sizes, and what it returns by name.

    `about` is the first line of its description. `places` has for each size a text of the
    language, such as X.shape[0]. The shapes of `results` and `inputs` are made of `sizes`.
    """

    about: str
    inputs: Mapping[str, Node]
    places: Mapping[str, str]
    sizes: Sizes
    results: Mapping[str, Node]


def python(function: Function, language: str) -> str:
    """A Python function for NumPy, JAX or PyTorch, with all that it needs.

    Raises `unknown-function` for what the library cannot compute.
    """
    writer = ArrayWriter(language, function.sizes)
    taken = {*function.inputs, *function.places, *function.results, "value"}
    body = statements(list(function.results.values()), writer.text, taken)
    if body is None:
        raise DiffcliError("limit", "the function has a text that is too long")
    lines = [f"{name} = {place}" for name, place in function.places.items()]
    lines += [f"{name} = {text}" for name, text in body.named]
    lines += [f"{n} = {t}" for n, t in zip(function.results, body.results, strict=True)]
    lines = _used(lines, function)
    lines.append(f"return {', '.join(function.results)}")
    return _file(function, language, lines)


def _used(lines: Sequence[str], function: Function) -> list[str]:
    """The lines without sizes that none of the others uses."""
    sizes = len(function.places)
    rest = "\n".join(lines[sizes:])
    kept = [
        line
        for name, line in zip(function.places, lines, strict=False)
        if re.search(rf"\b{name}\b", rest)
    ]
    return [*kept, *lines[sizes:]]


def _file(function: Function, language: str, lines: Sequence[str]) -> str:
    text, dialect = "\n".join(lines), DIALECTS[language]
    imports = [line for key, line in dialect.imports.items() if key in text]
    if "math." in text:
        imports.insert(0, "import math")
    imports = list(dict.fromkeys([*imports, IMPORTS[language]]))
    imports.sort(key=lambda line: (line != "import math", line.startswith("from")))
    parts = ["\n".join(imports)]
    parts += [made for key, made in dialect.definitions.items() if key in text]
    head = f'def f({", ".join(function.inputs)}):\n    """{_safe(function.about)}"""'
    parts.append("\n".join([head, *(f"    {line}" for line in lines)]))
    return "\n\n\n".join(parts) + "\n"


def _safe(text: str) -> str:
    """A text for the inside of a docstring."""
    one_line = " ".join(text.split())
    return one_line.replace("\\", "/").replace('"', "'")
