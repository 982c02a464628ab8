"""Functions of `torch` that are neither operators nor methods: options, types, conveniences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from diffcli.eager.creation import set_default_type
from diffcli.eager.nn.module import Module
from diffcli.eager.printing import OPTIONS
from diffcli.eager.promotion import DEFAULT, promote, result_type
from diffcli.eager.storage import detached
from diffcli.eager.tensor import Tensor
from diffcli.eager.types import TorchType, torch_type


class NumberInfo:
    """`torch.finfo` and `torch.iinfo`: the limits of a number type."""

    __slots__ = ("fields", "function")

    def __init__(self, function: str, fields: dict[str, Any]) -> None:
        self.function = function
        self.fields = fields

    def field(self, name: str) -> Any:
        """The limit of this name; raises AttributeError for others."""
        if name not in self.fields:
            raise AttributeError(f"'{self.function}' object has no attribute '{name}'")
        return self.fields[name]

    def __getattr__(self, name: str) -> Any:
        if name in NumberInfo.__slots__:  # of one that is being copied
            raise AttributeError(name)
        return self.field(name)

    def __repr__(self) -> str:
        shown = {k: v for k, v in self.fields.items() if k != "bits"}
        parts = [f"{k}={v:g}" if not isinstance(v, str) else f"{k}={v}" for k, v in shown.items()]
        return f"{self.function}({', '.join(parts)})"


def finfo(dtype: TorchType | None = None) -> NumberInfo:
    """The limits of a type of real numbers."""
    kind = DEFAULT.real if dtype is None else dtype.numpy
    if kind.kind not in "fc":
        raise TypeError(
            "torch.finfo() requires a floating point input type. Use torch.iinfo to handle "
            "'torch.finfo'"
        )
    info = np.finfo(kind)
    fields = {
        "resolution": float(info.resolution),
        "min": float(info.min),
        "max": float(info.max),
        "eps": float(info.eps),
        "smallest_normal": float(info.smallest_normal),
        "tiny": float(info.tiny),
        "dtype": torch_type(np.dtype(info.dtype)).name,
        "bits": int(info.bits),
    }
    return NumberInfo("finfo", fields)


def iinfo(dtype: TorchType) -> NumberInfo:
    """The limits of a type of integers."""
    if dtype.numpy.kind not in "iu":
        raise TypeError(
            "torch.iinfo() requires an integer input type. Use torch.finfo to handle 'torch.iinfo'"
        )
    info = np.iinfo(dtype.numpy)
    fields = {"min": int(info.min), "max": int(info.max), "dtype": dtype.name, "bits": info.bits}
    return NumberInfo("iinfo", fields)


def variable(data: Tensor, requires_grad: bool = False) -> Tensor:
    """`torch.autograd.Variable`, which has long been a tensor: a leaf with the same memory."""
    made = detached(data)
    made.track(requires_grad)
    return made


def set_printoptions(**options: Any) -> None:
    """How tensors are printed from now on."""
    OPTIONS.update(**options)


def is_tensor(x: Any) -> bool:
    """Whether a value is a tensor."""
    return isinstance(x, Tensor)


def get_default_dtype() -> TorchType:
    """The type of real numbers written without one."""
    return torch_type(DEFAULT.real)


def promote_types(first: TorchType, second: TorchType) -> TorchType:
    """The type that holds values of both."""
    return torch_type(promote(first.numpy, second.numpy))


def type_of_result(a: Any, b: Any) -> TorchType:
    """The type of an operation on two operands."""
    return torch_type(result_type([x.node if isinstance(x, Tensor) else x for x in (a, b)]))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "finfo": finfo,
    "iinfo": iinfo,
    "set_printoptions": set_printoptions,
    "is_tensor": is_tensor,
    "set_default_dtype": set_default_type,
    "set_default_tensor_type": set_default_type,
    "get_default_dtype": get_default_dtype,
    "promote_types": promote_types,
    "result_type": type_of_result,
    "set_num_threads": lambda n: None,
    "use_deterministic_algorithms": lambda mode, warn_only=False: None,
}


def functional_call(
    module: Module, parameters: dict[str, Tensor], args: Any = (), kwargs: Any = None
) -> Any:
    """A module called with other values in the place of its parameters."""
    places = {}
    for path, owner in module.named_modules():
        for name in list(owner.__dict__):
            places[f"{path}.{name}" if path else name] = (owner, name)
    before = {}
    try:
        for key, value in parameters.items():
            owner, name = places[key]
            before[key] = owner.__dict__[name]
            owner.__dict__[name] = value
        given = args if isinstance(args, tuple) else (args,)
        return module(*given, **(kwargs or {}))
    finally:
        for key, value in before.items():
            owner, name = places[key]
            owner.__dict__[name] = value
