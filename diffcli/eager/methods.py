"""Attributes and methods of tensors, by PyTorch's names: one table, and nothing that is not in it.

A method is an entry here, a function of the same name with the tensor as its first argument, or,
with a trailing underscore, such a function whose result replaces the tensor's value.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from types import MethodType
from typing import Any

import numpy as np

from diffcli.eager.attributes import Size
from diffcli.eager.devices import Device, check_device
from diffcli.eager.functions import define_all, defined, function, resolve_method, resolved
from diffcli.eager.memory import memory_of
from diffcli.eager.mode import MODE
from diffcli.eager.nodes import Eager, evaluated, extra, leaf
from diffcli.eager.nodes import is_inference as made_for_inference
from diffcli.eager.storage import (
    check_in_place,
    is_view,
    put_result,
    shared_array,
)
from diffcli.eager.tensor import Tensor, wrap
from diffcli.eager.types import TYPES, TensorType, TorchType, number_type, torch_type, type_name
from diffcli.ops.op import INPUT
from diffcli.ops.table import F


class Handle:
    """A registered hook; `remove` takes it away."""

    __slots__ = ("_hooks", "_key")
    _next = 0

    def __init__(self, hooks: dict[int, Any], hook: Any) -> None:
        self._hooks = hooks
        self._key = Handle._next
        Handle._next += 1
        hooks[self._key] = hook

    def remove(self) -> None:
        """Take the hook away."""
        self._hooks.pop(self._key, None)


METHODS: dict[str, Callable[..., Any]] = {}
"""Methods that are no functions of `torch`."""


def method(define: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator that makes a definition a method of tensors."""
    METHODS[define.__name__.removesuffix("__")] = define
    return define


@lru_cache(4096)  # more names than there are, and no end of those that are asked for
def lookup(name: str) -> Callable[..., Any] | None:
    """The method of this name as a function that takes the tensor first, or None."""
    define_all()
    own = METHODS.get(name)
    if own is not None:
        return own
    if name.endswith("_") and not name.endswith("__"):
        base = resolve_method(name)
        if base is not None:
            return lambda t, *args, **keywords: changed(t, base, *args, **keywords)
    return None if name.startswith("_") else resolve_method(name)


def _attribute(t: Tensor, name: str) -> Any:
    """A method bound to a tensor, for Python."""
    found = None if name.startswith("__") else lookup(name)
    if found is None:
        text = f"'{type(t).__name__}' object has no attribute '{name}'"
        raise AttributeError(text, name=name, obj=t)
    return MethodType(found, t)


Tensor.__getattr__ = _attribute  # type: ignore[attr-defined]


def names() -> list[str]:
    """Methods by name, without those of the operator table."""
    return [*METHODS, *defined()]


def changed(t: Tensor, compute: Callable[..., Any], *args: Any, **keywords: Any) -> Tensor:
    """A function whose result replaces the value of its first argument."""
    from diffcli.eager.storage import kept

    check_in_place(t, *args, *keywords.values())
    return put_result(t, compute(wrap(kept(t)), *args, **keywords).node)


# ----- gradients ----------------------------------------------------------------------------------


METHODS["backward"] = Tensor.backward


@method
def requires_grad_(t: Tensor, requires_grad: bool = True) -> Tensor:
    """Switch recording on or off for a leaf."""
    if requires_grad and not MODE.inference and made_for_inference(t.node):
        raise RuntimeError(
            "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed."
        )
    t.track(requires_grad)
    return t


@method
def retain_grad(t: Tensor) -> None:
    """Keep the gradient of a tensor that is no leaf."""
    if not t.node.tracked:
        raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
    if t.node.op is not INPUT:
        more = extra(t.node)
        more.retains, more.owner = True, t


@method
def detach_(t: Tensor) -> Tensor:
    """Forget the history."""
    if is_view(t):
        raise RuntimeError(
            "Can't detach views in-place. Use detach() instead. If you are using "
            "DistributedDataParallel (DDP) for training, and gradient_as_bucket_view is set as "
            "True, gradients are views of DDP buckets, and hence detach_() cannot be called on "
            "these gradients. To fix this error, please refer to the Optimizer.zero_grad() "
            "function in torch/optim/optimizer.py as the solution."
        )
    t.node = leaf(t.node.value)
    return t


@method
def register_hook(t: Tensor, hook: Callable[[Tensor], Any]) -> Handle:
    """Call `hook` with the gradient each time it is computed; what it gives replaces it."""
    if not t.node.tracked:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")

    def on_nodes(g: Eager) -> Eager | None:
        given = hook(wrap(g))
        if given is None:
            return None
        if not isinstance(given, Tensor):
            raise TypeError(f"expected Variable, but hook returned '{type(given).__name__}'")
        name = getattr(hook, "__name__", "<unknown>")
        if given.node.dtype != g.dtype:
            was, now = type_name(g.dtype), type_name(given.node.dtype)
            raise RuntimeError(f"hook '{name}' has changed the type of value (was {was} got {now})")
        if given.node.shape != g.shape:
            raise RuntimeError(f"hook '{name}' has changed the size of value")
        return given.node

    return Handle(extra(t.node).hooks, on_nodes)


@method
def register_post_accumulate_grad_hook(t: Tensor, hook: Callable[[Tensor], Any]) -> Handle:
    """Call `hook` with a leaf each time its gradient has been accumulated."""
    if t.node.op is not INPUT or not t.node.tracked:
        raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
    return Handle(extra(t.node).after, hook)


# ----- values and types ---------------------------------------------------------------------------


METHODS["item"] = Tensor.item


@method
def tolist(t: Tensor) -> Any:
    """Nested lists of Python numbers."""
    return np.asarray(t.node.value).tolist()


@method
def numpy(t: Tensor, *, force: bool = False) -> Any:
    """The array of NumPy."""
    if t.node.tracked and not force:
        raise RuntimeError(
            "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."
        )
    return shared_array(t)


@method
def size(t: Tensor, dim: int | None = None) -> Any:
    """The shape, or the length of one axis."""
    from diffcli.eager.views import axis_of

    return Size(t.node.shape) if dim is None else t.node.shape[axis_of(t, dim)]


@method
def dim(t: Tensor) -> int:
    """The number of axes."""
    return t.ndim


METHODS["ndimension"] = dim


@function("numel")
def numel(t: Tensor) -> int:
    """The number of elements."""
    return t.node.size


METHODS["nelement"] = numel


@method
def element_size(t: Tensor) -> int:
    """Bytes of an element."""
    return t.node.dtype.itemsize


@method
def data_ptr(t: Tensor) -> int:
    """A number that tells memories apart; no address."""
    from diffcli.eager.layouts import offset_of

    start: int = id(memory_of(t).storage) & 0xFFFFFFFFFFF0
    return start + offset_of(t) * t.node.dtype.itemsize


@method
def to(t: Tensor, *args: Any, **keywords: Any) -> Tensor:
    """The tensor in another type or memory format; other devices are refused."""
    given = keywords.pop("dtype", None)
    wanted = None if given is None else number_type(given)
    copy = keywords.pop("copy", False)
    arrangement = keywords.pop("memory_format", None)
    if arrangement is not None:
        t = lookup("contiguous")(t, memory_format=arrangement)  # type: ignore[misc]
    for x in (*args, *keywords.values()):
        if isinstance(x, TorchType | type):
            wanted = number_type(x)
        elif isinstance(x, Tensor):
            wanted = torch_type(x.node.dtype)
        elif isinstance(x, str | Device | int) and not isinstance(x, bool):
            check_device(x)
    if wanted is None or wanted.numpy == t.node.dtype:
        return resolved("clone")(t) if copy else t
    return cast(t, wanted.numpy)


def cast(t: Tensor, dtype: np.dtype[Any]) -> Tensor:
    """The tensor in another type, as a step that gradients flow through."""
    if t.node.dtype == dtype:
        return t
    node = evaluated(F.astype(t.node, dtype))
    if node.tracked:
        extra(node).name = "to_copy"
    return wrap(node)


@method
def where(t: Tensor, condition: Tensor, other: Any) -> Tensor:
    """The tensor where a condition holds, else `other`."""
    return resolved("where")(condition, t, other)  # type: ignore[no-any-return]


def _casts() -> None:
    for kind in TYPES:
        for name in kind.aliases or (kind.name,):
            METHODS[name] = lambda t, dtype=kind.numpy: cast(t, dtype)


_casts()
METHODS["char"] = METHODS.pop("int8")
METHODS["byte"] = METHODS.pop("uint8")


def converted_type(t: Tensor, dtype: Any = None) -> Any:
    """The name of the type, or the tensor in another one."""
    if dtype is None:
        return type_name(t.node.dtype)
    if isinstance(dtype, str):
        dtype = _named_type(dtype)
    elif isinstance(dtype, TensorType):
        dtype = dtype.number_type
    elif isinstance(dtype, type):
        raise ValueError(f"invalid type: '{dtype.__name__}'")
    return cast(t, dtype.numpy)


METHODS["type"] = converted_type


def _named_type(name: str) -> TorchType:
    short = name.removeprefix("torch.").removesuffix("Tensor")
    for kind in TYPES:
        if short in (kind.storage, *kind.aliases, kind.name):
            return kind
    raise ValueError(f"invalid type: '{name}'")


@method
def type_as(t: Tensor, other: Tensor) -> Tensor:
    """The tensor in the type of another."""
    return cast(t, other.node.dtype)


@method
def cpu(t: Tensor) -> Tensor:
    """The tensor itself."""
    return t


@method
def cuda(t: Tensor, device: Any = None, non_blocking: bool = False) -> Tensor:
    """Refused: programs run on the processor."""
    raise AssertionError("Torch not compiled with CUDA enabled")


@function("is_inference")
def is_inference(t: Tensor) -> bool:
    """Whether it was made in inference mode."""
    return made_for_inference(t.node)


@function("is_floating_point")
def is_floating_point(t: Tensor) -> bool:
    """Whether the elements are real numbers."""
    return t.node.dtype.kind == "f"


@function("is_complex")
def is_complex(t: Tensor) -> bool:
    """Whether the elements are complex numbers."""
    return t.node.dtype.kind == "c"


@method
def new_tensor(t: Tensor, data: Any, **options: Any) -> Tensor:
    """A leaf of data in this tensor's type."""
    return resolved("tensor")(data, **{"dtype": torch_type(t.node.dtype), **options})  # type: ignore[no-any-return]
