"""The names of PyTorch over the functions of programs, for calls made without an interpreter."""

from __future__ import annotations

from typing import Any

from diffcli.eager import autograd, calls, methods, modes
from diffcli.eager.attributes import PROPERTIES, Size
from diffcli.eager.devices import Device
from diffcli.eager.functions import resolve
from diffcli.eager.results import Fields
from diffcli.eager.tensor import Tensor
from diffcli.eager.types import BY_NAME


class Names:
    """What a library offers: its own values, then functions with its prefix, then without."""

    def __init__(self, name: str, prefix: str, own: dict[str, Any]) -> None:
        self._name, self._prefix, self._own = name, prefix, own

    def __getattr__(self, name: str) -> Any:
        if name in self._own:
            return self._own[name]
        found = (resolve(self._prefix + name) if self._prefix else None) or resolve(name)
        if found is None:
            raise AttributeError(f"module '{self._name}' has no attribute '{name}'")
        return found


TORCH = Names(
    "torch",
    "",
    {
        **BY_NAME,
        **calls.FUNCTIONS,
        "Size": Size,
        "Tensor": Tensor,
        "device": Device,
        "no_grad": modes.NoGrad,
        "inf": float("inf"),
        "nan": float("nan"),
        "autograd": Names("torch.autograd", "?", {"grad": autograd.grad}),
        "linalg": Names("torch.linalg", "linalg_", {}),
        "special": Names("torch.special", "special_", {}),
        "fft": Names("torch.fft", "fft_", {}),
        "nn": Names(
            "torch.nn",
            "?",
            {"functional": Names("torch.nn.functional", "nn_functional_", {})},
        ),
    },
)


def attribute(value: Any, name: str) -> Any:
    """An attribute as programs read it."""
    if isinstance(value, Fields):
        return value.field(name)
    if isinstance(value, calls.NumberInfo):
        return value.fields[name]
    if not isinstance(value, Tensor):
        return getattr(value, name)
    if name in PROPERTIES:
        return PROPERTIES[name].fget(value)
    found = methods.lookup(name)
    if found is None:
        raise AttributeError(f"'Tensor' object has no attribute '{name}'")
    return lambda *args, **keywords: found(value, *args, **keywords)
