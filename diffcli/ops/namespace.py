"""Array namespaces that operators are evaluated with: NumPy, and whatever offers the same names."""

from __future__ import annotations

from typing import Any

import numpy as np


class Namespace:
    """The functions of an array library, with SciPy's special functions behind `special`.

    `name` is the backend's name; attributes are those of the library itself. SciPy is imported
    when an operator first asks for it. `exact` is whether nothing but these functions may compute.
    """

    def __init__(self, name: str, library: Any, scipy: str, exact: bool = False) -> None:
        self.name = name
        self.exact = exact
        self.library = library
        self.scipy = scipy

    def __getattr__(self, attribute: str) -> Any:
        from importlib import import_module

        if attribute in ("special", "sparse"):
            value: Any = import_module(f"{self.scipy}.{attribute}")
        elif attribute == "scipy_linalg":
            value = import_module(f"{self.scipy}.linalg")
        else:
            value = getattr(self.library, attribute)
        setattr(self, attribute, value)
        return value


NUMPY = Namespace("numpy", np, "scipy")
EXACT = Namespace("numpy", np, "scipy", exact=True)
