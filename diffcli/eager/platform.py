"""What a program asks of the machine: there are the processor, eager evaluation, and no files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diffcli.eager.functions import function
from diffcli.eager.tensor import Tensor


def refused(name: str, reason: str) -> Callable[..., Any]:
    """A function that programs know of and cannot use."""

    def refuse(*args: Any, **keywords: Any) -> Any:
        raise NameError(f"'{name}' is not available in programs: {reason}")

    return refuse


def compile_(model: Any = None, **options: Any) -> Any:
    """`torch.compile`: the function itself, which gives what a compiled one would."""
    return (lambda f: f) if model is None else model


@function("is_nonzero")
def is_nonzero(input: Tensor) -> bool:
    """Whether the one element is not 0."""
    return bool(input)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "compile": compile_,
    "get_num_threads": lambda: 1,
    "save": refused("torch.save", "they write no files"),
    "load": refused("torch.load", "they read no files"),
}

JIT: dict[str, Callable[..., Any]] = {
    "script": refused("torch.jit.script", "they run eagerly"),
    "trace": refused("torch.jit.trace", "they run eagerly"),
}

CUDA: dict[str, Callable[..., Any]] = {
    "is_available": lambda: False,
    "is_initialized": lambda: False,
    "device_count": lambda: 0,
    "manual_seed": lambda seed: None,
    "manual_seed_all": lambda seed: None,
    "synchronize": lambda device=None: None,
    "empty_cache": lambda: None,
}

ACCELERATOR: dict[str, Callable[..., Any]] = {
    "is_available": lambda: False,
    "device_count": lambda: 0,
    "current_accelerator": lambda check_available=False: None,
}

BACKENDS: dict[str, Callable[..., Any]] = {
    "is_available": lambda: False,
    "is_built": lambda: False,
}
"""Of `torch.backends.mps` and `torch.backends.cuda`."""
