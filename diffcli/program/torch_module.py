"""The namespace `torch` of programs: names of functions, types, modes, modules and optimizers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from diffcli.program.machine import reading
from diffcli.program.torch_functions import FUNCTIONS
from diffcli.program.values import Builtin, Namespace


class Library(Mapping[str, Any]):
    """Names that are stated, and the functions of a module, found when they are asked for.

    A function may be known under a prefixed name, as `linalg_norm`, or else plainly.
    """

    def __init__(self, module: str, own: Mapping[str, Any]) -> None:
        self._functions = FUNCTIONS[module]
        self._prefix = module.removeprefix("torch").replace(".", "_").lstrip("_")
        self.own = own
        self._values = dict(own)

    def __getitem__(self, name: str) -> Any:
        if name not in self._values:
            if name not in self._functions:
                raise KeyError(name)
            from diffcli.eager.functions import resolve, resolved

            found = (resolve(f"{self._prefix}_{name}") if self._prefix else None) or resolved(name)
            text = f"<built-in method {name} of type object>"
            self._values[name] = Builtin(name, found, text)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*self.own, *self._functions}))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def parts(namespace: Namespace) -> Iterator[Namespace]:
    """The namespaces that are names of another one."""
    table = namespace.table
    own = table.own if isinstance(table, Library) else table
    return (value for value in own.values() if isinstance(value, Namespace))


def _library(module: str) -> Namespace:
    return Namespace(module, Library(module, {}))


def _builtins(functions: Mapping[str, Callable[..., Any]]) -> dict[str, Any]:
    return {name: Builtin(name, f) for name, f in functions.items()}


# ----- the parts ----------------------------------------------------------------------------------


def autograd() -> Mapping[str, Any]:
    """`torch.autograd`."""
    from diffcli.eager import autograd as own
    from diffcli.eager import calls, modes
    from diffcli.eager.custom import Function
    from diffcli.eager.function import once_differentiable
    from diffcli.eager.gradcheck import GradcheckError, gradcheck, gradgradcheck

    return {
        **_builtins({"grad": reading(own.grad), "backward": reading(own.backward)}),
        **_builtins({"gradcheck": gradcheck, "gradgradcheck": gradgradcheck}),
        "Function": Function,
        "Variable": Builtin("Variable", calls.variable),
        "function": Namespace(
            "torch.autograd.function",
            {
                "Function": Function,
                "once_differentiable": Builtin("once_differentiable", once_differentiable),
            },
        ),
        "functional": Namespace("torch.autograd.functional", functional),
        "forward_ad": Namespace("torch.autograd.forward_ad", forward_ad),
        "gradcheck_error": GradcheckError,
        **_modes(),
        "graph": Namespace("torch.autograd.graph", graph),
        "grad_mode": Namespace("torch.autograd.grad_mode", _modes()),
        "detect_anomaly": modes.DetectAnomaly,
        "set_detect_anomaly": modes.SetDetectAnomaly,
    }


def _modes() -> dict[str, Any]:
    from diffcli.eager import modes

    return {
        "no_grad": modes.NoGrad,
        "enable_grad": modes.EnableGrad,
        "set_grad_enabled": modes.SetGradEnabled,
        "inference_mode": modes.InferenceMode,
    }


def graph() -> Mapping[str, Any]:
    """`torch.autograd.graph`."""
    from diffcli.eager import graph as g
    from diffcli.eager import saved
    from diffcli.eager.grad_fn import GradFn

    return {
        **_builtins(
            {
                "register_multi_grad_hook": g.register_multi_grad_hook,
                "get_gradient_edge": g.get_gradient_edge,
            }
        ),
        "Node": GradFn,
        "GradientEdge": g.GradientEdge,
        "saved_tensors_hooks": saved.SavedTensorsHooks,
        "save_on_cpu": saved.SaveOnCpu,
        "disable_saved_tensors_hooks": saved.DisableSavedTensorsHooks,
    }


def functional() -> Mapping[str, Any]:
    """`torch.autograd.functional`."""
    from diffcli.eager import functional as f

    return _builtins(
        {
            "jacobian": f.jacobian,
            "hessian": f.hessian,
            "vjp": f.vjp,
            "jvp": f.jvp,
            "vhp": f.vhp,
            "hvp": f.hvp,
        }
    )


def forward_ad() -> Mapping[str, Any]:
    """`torch.autograd.forward_ad`."""
    from diffcli.eager import forward_ad as f

    return {
        **_builtins({"make_dual": f.make_dual, "unpack_dual": f.unpack_dual}),
        "dual_level": f.DualLevel,
    }


def func() -> Mapping[str, Any]:
    """`torch.func`."""
    from diffcli.eager import func as f
    from diffcli.eager.calls import functional_call
    from diffcli.eager.mapping import vmap

    return _builtins(
        {
            "grad": f.grad,
            "grad_and_value": f.grad_and_value,
            "vjp": f.vjp,
            "jvp": f.jvp,
            "jacrev": f.jacrev,
            "jacfwd": f.jacfwd,
            "hessian": f.hessian,
            "vmap": vmap,
            "linearize": f.linearize,
            "functional_call": functional_call,
        }
    )


def nn() -> Mapping[str, Any]:
    """`torch.nn`."""
    from diffcli.eager.nn import LAYERS
    from diffcli.eager.nn.module import Module
    from diffcli.eager.nn.parameter import Parameter

    return {
        **LAYERS,
        "Module": Module,
        "Parameter": Parameter,
        "functional": _library("torch.nn.functional"),
        "init": Namespace("torch.nn.init", init),
        "utils": Namespace("torch.nn.utils", nn_utils),
        "parameter": Namespace("torch.nn.parameter", {"Parameter": Parameter}),
        "modules": Namespace("torch.nn.modules", {"Module": Module}),
    }


def init() -> Mapping[str, Any]:
    """`torch.nn.init`."""
    from diffcli.eager.nn.init import INITIALISERS

    return _builtins(INITIALISERS)


def nn_utils() -> Mapping[str, Any]:
    """`torch.nn.utils`."""
    from diffcli.eager.nn.lists import NN_UTILS, RNN_UTILS

    return {
        **_builtins({name: reading(f) for name, f in NN_UTILS.items()}),
        "rnn": Namespace("torch.nn.utils.rnn", _builtins(RNN_UTILS)),
    }


def data() -> Mapping[str, Any]:
    """`torch.utils.data`."""
    from diffcli.program.datasets import CLASSES, FUNCTIONS
    from diffcli.program.tensors import offer_classes

    offer_classes(CLASSES.values())
    return {**CLASSES, **_builtins(FUNCTIONS)}


def optim() -> Mapping[str, Any]:
    """`torch.optim`."""
    from diffcli.eager.optim import OPTIMIZERS, SCHEDULERS

    schedulers = Namespace("torch.optim.lr_scheduler", SCHEDULERS)
    return {**OPTIMIZERS, "lr_scheduler": schedulers}


def backends() -> Mapping[str, Any]:
    """`torch.backends`: none but the processor."""
    from diffcli.eager import platform

    table = _builtins(platform.BACKENDS)
    return {name: Namespace(f"torch.backends.{name}", table) for name in ("cuda", "cudnn", "mps")}


VERSION = "2.13.0+cpu"
"""The release of PyTorch whose meaning programs have."""


def torch() -> Mapping[str, Any]:
    """`torch` itself."""
    from diffcli.eager import calls, modes, platform, sampling
    from diffcli.eager.attributes import Size
    from diffcli.eager.devices import Device, get_default_device, set_default_device
    from diffcli.eager.mapping import vmap
    from diffcli.eager.tensor import Tensor
    from diffcli.eager.testing import assert_close
    from diffcli.eager.types import (
        BY_NAME,
        CHANNELS_LAST,
        CONTIGUOUS,
        PRESERVE,
        STRIDED,
        TENSOR_TYPES,
        TorchType,
    )
    from diffcli.program.tensors import offer_tensors

    offer_tensors()
    return Library(
        "torch",
        {
            **BY_NAME,
            **TENSOR_TYPES,
            **_modes(),
            "Tensor": Tensor,
            "Size": Size,
            "Generator": sampling.Generator,
            "default_generator": sampling.SOURCE,
            "device": Device,
            "dtype": TorchType,
            "pi": math.pi,
            "e": math.e,
            "inf": math.inf,
            "nan": math.nan,
            "newaxis": None,
            "strided": STRIDED,
            "contiguous_format": CONTIGUOUS,
            "preserve_format": PRESERVE,
            "channels_last": CHANNELS_LAST,
            "__version__": VERSION,
            **_builtins(
                {
                    **calls.FUNCTIONS,
                    **platform.FUNCTIONS,
                    "manual_seed": sampling.manual_seed,
                    "seed": lambda: sampling.SOURCE.seed,
                    "initial_seed": lambda: sampling.SOURCE.seed,
                    "set_default_device": set_default_device,
                    "get_default_device": get_default_device,
                    "is_grad_enabled": modes.is_grad_enabled,
                    "is_inference_mode_enabled": modes.is_inference_mode_enabled,
                    "is_anomaly_enabled": modes.is_anomaly_enabled,
                    "is_anomaly_check_nan_enabled": modes.is_anomaly_check_nan_enabled,
                    "vmap": vmap,
                }
            ),
            "autograd": Namespace("torch.autograd", autograd),
            "func": Namespace("torch.func", func),
            "nn": Namespace("torch.nn", nn),
            "optim": Namespace("torch.optim", optim),
            "linalg": _library("torch.linalg"),
            "special": _library("torch.special"),
            "utils": Namespace("torch.utils", {"data": Namespace("torch.utils.data", data)}),
            "fft": _library("torch.fft"),
            "cuda": Namespace("torch.cuda", _builtins(platform.CUDA)),
            "accelerator": Namespace("torch.accelerator", _builtins(platform.ACCELERATOR)),
            "backends": Namespace("torch.backends", backends),
            "jit": Namespace("torch.jit", _builtins(platform.JIT)),
            "version": Namespace("torch.version", {"cuda": None, "__version__": VERSION}),
            "random": Namespace("torch.random", _builtins({"manual_seed": sampling.manual_seed})),
            "testing": Namespace("torch.testing", _builtins({"assert_close": assert_close})),
            "types": Namespace("torch.types", {}),
        },
    )


TORCH = Namespace("torch", torch)
