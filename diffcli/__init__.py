"""diffcli: type a formula, get its derivatives.

>>> import diffcli
>>> diffcli.grad("w*x + b")(w=3.0, x=2.0, b=4.0)
{'w': array(2.), 'x': array(3.), 'b': array(1.)}

Or compute with tensors, as in PyTorch; `diffcli.torch` has the rest of its names.

>>> x = diffcli.tensor([1.0, 2.0], requires_grad=True)
>>> (x**2).sum().backward()
>>> x.grad
tensor([2., 4.])
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from diffcli import torch as torch
    from diffcli.eager.custom import Function as Function
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
    from diffcli.torch import Tensor as Tensor
    from diffcli.torch import enable_grad as enable_grad
    from diffcli.torch import no_grad as no_grad
    from diffcli.torch import tensor as tensor

_HOMES = {
    "DiffcliError": "diffcli.errors",
    **dict.fromkeys(("Tensor", "enable_grad", "no_grad", "tensor"), "diffcli.torch"),
    "Function": "diffcli.torch.autograd",
}
"""By name, the module that has it; `functional` has the others."""

__all__ = [
    "DiffcliError",
    "Function",
    "Tensor",
    "diagram",
    "enable_grad",
    "evaluate",
    "explain",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "no_grad",
    "nonfinite",
    "tensor",
    "torch",
    "vjp",
]


def __getattr__(name: str) -> Any:
    # loaded on first use, so that importing the package costs nothing (PEP 562)
    from importlib import import_module

    if name == "torch":
        return import_module("diffcli.torch")
    if name in __all__:
        return getattr(import_module(_HOMES.get(name, "diffcli.functional")), name)
    raise AttributeError(f"module 'diffcli' has no attribute '{name}'")
