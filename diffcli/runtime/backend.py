"""Backends: the array library that plans run on, chosen by name."""

from __future__ import annotations

from diffcli.errors import DiffcliError
from diffcli.ops.namespace import EXACT, NUMPY, ONCE, Namespace

HOSTS = {"numpy": NUMPY, "once": ONCE, "exact": EXACT}
NAMES = ("numpy", "cupy", "auto")


def backend(name: str) -> Namespace:
    """The namespace called `numpy` or `cupy`; `auto` is CuPy where it finds a GPU.

    `exact` is NumPy without machine code of ours, whose functions may round differently, and `once`
    NumPy for a process that computes once and ends.

    Raises `usage` for another name and `missing-extra` where CuPy or a GPU is missing.
    """
    if name in HOSTS:
        return HOSTS[name]
    if name not in NAMES:
        raise DiffcliError(
            "usage", f"there is no backend called {name!r}", hint="write numpy, cupy or auto"
        )
    try:
        from diffcli.runtime.cupy_backend import namespace

        return namespace()
    except DiffcliError:
        if name == "auto":
            return NUMPY
        raise
