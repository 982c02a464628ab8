"""What programs see of tensors, modules and the other types of `torch`: their attributes."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from diffcli.eager import (
    attributes,
    calls,
    devices,
    forward_ad,
    function,
    graph,
    levels,
    methods,
    modes,
    optim,
    sampling,
    saved,
)
from diffcli.eager.custom import Function
from diffcli.eager.grad_fn import GradFn
from diffcli.eager.gradcheck import GradcheckError
from diffcli.eager.mode import MODE
from diffcli.eager.nn import MODULES
from diffcli.eager.nn.module import Module
from diffcli.eager.nn.parameter import Parameter
from diffcli.eager.paths import show_paths
from diffcli.eager.printing import OPTIONS
from diffcli.eager.promotion import DEFAULT
from diffcli.eager.results import Fields
from diffcli.eager.tensor import Tensor
from diffcli.eager.types import BY_NAME, TENSOR_TYPES, TorchType
from diffcli.program.attributes import FINDERS, LISTED, ClassMethod, Field, register
from diffcli.program.machine import reading

_offered = False


def reset() -> None:
    """Every program starts from the same state: modes, default types, printing, random numbers."""
    MODE.restart()
    DEFAULT.real = BY_NAME["float32"].numpy
    devices.set_default_device(None)
    OPTIONS.profile("default")
    sampling.SOURCE.restart(sampling.DEFAULT_SEED)
    forward_ad.LEVELS.clear()
    levels.LEVELS.clear()


def offer_tensors() -> None:
    """Register the types of `torch` once."""
    global _offered
    if _offered:
        return
    _offered = True
    show_paths()
    _offer_tensor()
    _offer_modules()
    register(TorchType, _fields("is_floating_point", "is_complex", "itemsize"))
    register(attributes.Size, {"numel": attributes.Size.numel}, reading(attributes.Size))
    register(
        sampling.Generator,
        {
            "manual_seed": sampling.Generator.manual_seed,
            "initial_seed": sampling.Generator.initial_seed,
            "device": Field(lambda g: g.device),
        },
        sampling.Generator,
    )
    for tensor_type in TENSOR_TYPES.values():
        register(tensor_type, {}, tensor_type)
    register(devices.Device, _fields("type", "index"), devices.Device)
    for handle in (methods.Handle, graph.Handles):
        register(handle, {"remove": handle.remove})
    register(
        GradFn,
        {
            "name": GradFn.name,
            "next_functions": Field(lambda f: f.next_functions),
            "variable": Field(lambda f: f.variable),
            "metadata": Field(lambda f: f.metadata),
            "_sequence_nr": Field(lambda f: f._sequence_nr),
            "register_hook": GradFn.register_hook,
            "register_prehook": GradFn.register_prehook,
        },
    )
    for kind in (
        modes.NoGrad,
        modes.EnableGrad,
        modes.SetGradEnabled,
        modes.InferenceMode,
        modes.DetectAnomaly,
        modes.SetDetectAnomaly,
        forward_ad.DualLevel,
        saved.SavedTensorsHooks,
        saved.SaveOnCpu,
        saved.DisableSavedTensorsHooks,
    ):
        register(kind, {}, kind)
    register(graph.GradientEdge, _fields("node", "output_nr"))
    register(GradcheckError, {}, base=True)
    _offer_functions()
    FINDERS[Fields] = _field_of
    FINDERS[GradFn] = _saved_field
    FINDERS[calls.NumberInfo] = lambda name: Field(lambda info: info.field(name))
    for kinds in (optim.OPTIMIZERS, optim.SCHEDULERS):
        offer_classes(kinds.values())


def offer_classes(kinds: Iterable[type], hidden: Collection[str] = ()) -> None:
    """Register classes and their bases, from which programs may inherit: their public methods."""
    for kind in dict.fromkeys(each for final in kinds for each in final.__mro__[:-1]):
        table: dict[str, Any] = {}
        for name, x in vars(kind).items():
            if isinstance(x, classmethod):
                table[name] = ClassMethod(x.__func__)
            elif callable(x) and name not in hidden and (name in SEEN or name[0] != "_"):
                table[name] = x if name in PASSING else reading(x)
        register(kind, table, reading(kind), base=True, open=True)


SEEN = {"__init__", "__call__"}
"""Special methods that a class of a program may call on its base."""

PASSING = {"__call__", "forward"}
"""Methods that hand on what they are given, unread."""


def _fields(*names: str) -> dict[str, Any]:
    return {name: Field(lambda x, name=name: getattr(x, name)) for name in names}  # type: ignore[misc]


def _saved_field(name: str) -> Any:
    return Field(lambda f: getattr(f, name)) if name.startswith("_saved_") else None


def _field_of(name: str) -> Any:
    return Field(lambda result: result.field(name)) if not name.startswith("_") else None


# ----- tensors ------------------------------------------------------------------------------------


def _offer_tensor() -> None:
    table = {
        name: Field(each.fget, each.fset, each.fdel)  # type: ignore[arg-type]
        for name, each in attributes.PROPERTIES.items()
    }
    register(Tensor, table, Tensor)
    register(Parameter, {}, Parameter)
    FINDERS[Tensor] = methods.lookup
    LISTED[Tensor] = methods.names


# ----- modules ------------------------------------------------------------------------------------

_INTERNAL = {"members", "own_buffers"}
"""Methods of modules that programs do not see."""


def _offer_modules() -> None:
    offer_classes(MODULES, _INTERNAL)
    register(Module, _fields("_parameters", "_buffers", "_modules"))


# ----- functions of one's own ---------------------------------------------------------------------


def _offer_functions() -> None:
    context = function.Context
    names = "save_for_backward save_for_forward mark_non_differentiable mark_dirty"
    register(
        context,
        {
            **{name: getattr(context, name) for name in names.split()},
            "set_materialize_grads": context.set_materialize_grads,
            "saved_tensors": Field(lambda c: c.saved_tensors),
            "needs_input_grad": Field(lambda c: c.needs_input_grad),
        },
        open=True,
    )
    register(Function, {"apply": ClassMethod(lambda kind, *args: kind.apply(*args))}, base=True)
