"""What may stand behind a dot in a formula: the functions of libraries, and those of arrays."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from importlib import import_module
from typing import Any

from diffcli.lower import names
from diffcli.lower.values import ATTRIBUTES, METHODS
from diffcli.ops.table import all_rows

SPELLED = {
    "np": "numpy",
    "jnp": "numpy",
    "jax.numpy": "numpy",
    "jax.scipy": "scipy",
    "nn": "torch.nn",
    "F": "torch.nn.functional",
    "functional": "torch.nn.functional",
    "linalg": "numpy.linalg",
    "fft": "numpy.fft",
    "random": "numpy.random",
    "special": "scipy.special",
}
"""Beginnings of paths in formulas -> the library whose names are meant."""


def members(owners: Sequence[str], bound: Collection[str]) -> list[str]:
    """What may follow a dotted path, of which `bound` names are arrays; parts end in a dot."""
    densities = _densities()
    if owners[-1] in densities and owners[-1] not in bound:
        return densities[owners[-1]]
    if owners[0] in names.LIBRARIES | names.SUBLIBRARIES and owners[0] not in bound:
        if owners[-1] == "stats":
            return sorted(f"{kind}." for kind in densities)
        listed = set(_listed(owners))
        parts = names.SUBLIBRARIES & listed - {owners[-1]}  # as there is a function fft.fft
        known = [name for name in listed - parts if _resolves(name, owners)]
        return sorted([*known, *(f"{name}." for name in parts)])
    return _of_arrays() if all(owners[1:]) else []


def _of_arrays() -> list[str]:
    methods = [name for row in all_rows() if row.method for name in (row.name, *row.aliases)]
    return sorted({*ATTRIBUTES, *METHODS, *filter(str.isidentifier, methods)})


def _densities() -> dict[str, list[str]]:
    """Distributions, and their functions, as `norm` has `logpdf`."""
    found: dict[str, list[str]] = {}
    for row in all_rows():
        if row.category == "probability":
            kind, _, name = row.name.rpartition("_")
            found.setdefault(kind, []).append(name)
    return found


def _resolves(name: str, owners: Sequence[str]) -> bool:
    """Whether a name has a meaning in formulas behind this path."""
    known = name in names.CONSTANTS or name in names.NUMBER_TYPES
    return known or names.function(name, tuple(owners)) is not None


def _listed(owners: Sequence[str]) -> Iterable[str]:
    """The names that a library has."""
    path = ".".join(owners)
    if path == "jax":
        return ["numpy", "scipy"]
    begin = next((each for each in SPELLED if f"{path}.".startswith(f"{each}.")), None)
    path = path if begin is None else SPELLED[begin] + path.removeprefix(begin)
    if path.partition(".")[0] == "torch":
        from diffcli.program.torch_module import TORCH

        table = TORCH.table
        for name in path.split(".")[1:]:
            table = getattr(table.get(name), "table", {})
        return table
    try:
        return _public(import_module(path))
    except ImportError:
        return []


def _public(module: Any) -> list[str]:
    return [name for name in dir(module) if not name.startswith("_")]
