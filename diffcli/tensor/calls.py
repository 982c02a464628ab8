"""Functions of `torch` that are neither operators nor methods: options, types, conveniences."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from diffcli.tensor.creation import set_default_type
from diffcli.tensor.eager import leaf
from diffcli.tensor.functions import resolved
from diffcli.tensor.mode import recording
from diffcli.tensor.nn.module import Module
from diffcli.tensor.printing import OPTIONS
from diffcli.tensor.promotion import DEFAULT, promote, result_type
from diffcli.tensor.sampling import SOURCE
from diffcli.tensor.storage import assign, detached
from diffcli.tensor.tensor import Tensor, wrap
from diffcli.tensor.types import TorchType, torch_type


class NumberInfo:
    """`torch.finfo` and `torch.iinfo`: the limits of a number type."""

    __slots__ = ("fields", "function")

    def __init__(self, function: str, fields: dict[str, Any]) -> None:
        self.function = function
        self.fields = fields

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
    made.requires_grad = requires_grad
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


# ----- gradients of many tensors ------------------------------------------------------------------


def _listed(parameters: Any) -> list[Tensor]:
    return [parameters] if isinstance(parameters, Tensor) else list(parameters)


def clip_grad_norm_(
    parameters: Iterable[Tensor] | Tensor, max_norm: float, norm_type: float = 2.0, **_: Any
) -> Tensor:
    """Scale gradients so that their norm as one vector is at most `max_norm`; gives the norm."""
    gradients = [p.grad for p in _listed(parameters) if p.grad is not None]
    if not gradients:
        return wrap(leaf(np.float32(0)))
    norms = np.array([np.linalg.norm(np.ravel(g.node.value), norm_type) for g in gradients])
    total = np.linalg.norm(norms.astype(gradients[0].dtype), norm_type)
    total = total.astype(gradients[0].dtype)
    scale = min(1.0, max_norm / (float(total) + 1e-6))
    with recording(False):
        for g in gradients:
            assign(g, leaf(g.node.value * g.dtype.type(scale)))
    return wrap(leaf(total))


def clip_grad_value_(parameters: Iterable[Tensor] | Tensor, clip_value: float) -> None:
    """Bring the elements of gradients between -clip_value and clip_value."""
    for p in _listed(parameters):
        if p.grad is not None:
            assign(p.grad, leaf(np.clip(p.grad.node.value, -clip_value, clip_value)))


def parameters_to_vector(parameters: Iterable[Tensor]) -> Any:
    """All parameters as one vector."""
    return resolved("cat")([resolved("reshape")(p, -1) for p in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Take over the values of a vector."""
    start = 0
    for p in parameters:
        values = vec.node.value[start : start + p.node.size].reshape(p.shape)
        assign(p, leaf(np.array(values)))
        start += p.node.size


NN_UTILS: dict[str, Callable[..., Any]] = {
    "clip_grad_norm_": clip_grad_norm_,
    "clip_grad_value_": clip_grad_value_,
    "parameters_to_vector": parameters_to_vector,
    "vector_to_parameters": vector_to_parameters,
}


# ----- first values of parameters -----------------------------------------------------------------


def _filling(values: Callable[..., Any]) -> Callable[..., Tensor]:
    def fill(tensor: Tensor, *args: Any, **keywords: Any) -> Tensor:
        made = np.asarray(values(tensor, *args, **keywords))
        with recording(False):
            assign(tensor, leaf(np.broadcast_to(made, tensor.shape).astype(tensor.dtype)))
        return tensor

    return fill


def _fans(t: Tensor) -> tuple[int, int]:
    if t.ndim < 2:
        raise ValueError(
            "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions"
        )
    window = math.prod(t.shape[2:])
    return t.shape[1] * window, t.shape[0] * window


def _even(t: Tensor, bound: float) -> Any:
    return SOURCE.generator.uniform(-bound, bound, t.shape)


def _glorot(t: Tensor, gain: float = 1.0) -> Any:
    return _even(t, gain * math.sqrt(6 / sum(_fans(t))))


def _glorot_normal(t: Tensor, gain: float = 1.0) -> Any:
    return SOURCE.generator.standard_normal(t.shape) * gain * math.sqrt(2 / sum(_fans(t)))


def _kaiming(
    t: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu"
) -> Any:
    gain = math.sqrt(2 / (1 + a**2)) if nonlinearity == "leaky_relu" else math.sqrt(2)
    fan = _fans(t)[0 if mode == "fan_in" else 1]
    return _even(t, gain * math.sqrt(3 / fan))


INITIALISERS: dict[str, Callable[..., Any]] = {
    "zeros_": _filling(lambda t: 0),
    "ones_": _filling(lambda t: 1),
    "eye_": _filling(lambda t: np.eye(*t.shape)),
    "constant_": _filling(lambda t, val: val),
    "uniform_": _filling(lambda t, a=0.0, b=1.0: SOURCE.generator.uniform(a, b, t.shape)),
    "normal_": _filling(
        lambda t, mean=0.0, std=1.0: SOURCE.generator.standard_normal(t.shape) * std + mean
    ),
    "xavier_uniform_": _filling(_glorot),
    "xavier_normal_": _filling(_glorot_normal),
    "kaiming_uniform_": _filling(_kaiming),
}
