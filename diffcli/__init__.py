"""diffcli: type a formula, get its derivatives.

>>> import diffcli
>>> diffcli.grad("w*x + b")(w=3.0, x=2.0, b=4.0)
{'w': array(2.), 'x': array(3.), 'b': array(1.)}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from diffcli.errors import DiffcliError as DiffcliError
    from diffcli.functional import diagram as diagram
    from diffcli.functional import evaluate as evaluate
    from diffcli.functional import explain as explain
    from diffcli.functional import grad as grad
    from diffcli.functional import hessian as hessian
    from diffcli.functional import hvp as hvp
    from diffcli.functional import jacobian as jacobian
    from diffcli.functional import jvp as jvp
    from diffcli.functional import nonfinite as nonfinite
    from diffcli.functional import vjp as vjp

__all__ = [
    "DiffcliError",
    "diagram",
    "evaluate",
    "explain",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "nonfinite",
    "vjp",
]


def __getattr__(name: str) -> Any:
    # loaded on first use, so that importing the package costs nothing (PEP 562)
    from importlib import import_module

    if name == "DiffcliError":
        return import_module("diffcli.errors").DiffcliError
    if name in __all__:
        return getattr(import_module("diffcli.functional"), name)
    raise AttributeError(f"module 'diffcli' has no attribute '{name}'")
