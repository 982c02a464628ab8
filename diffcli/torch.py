"""The names that programs have of PyTorch, for Python.

`from diffcli import torch` is in Python what `import torch` is in a program, and so are
`import diffcli.torch.nn as nn`, `from diffcli.torch.utils.data import DataLoader` and the like: a
script that was written for PyTorch runs with them, and prints the same.

>>> from diffcli import torch
>>> x = torch.tensor([1.0, 2.0], requires_grad=True)
>>> (x**2).sum().backward()
>>> x.grad
tensor([2., 4.])

Functions, methods and operators raise what PyTorch raises (RuntimeError, TypeError, IndexError,
ValueError, ...), in its words. An array of more elements than allowed raises
`diffcli.DiffcliError`. NumPy's functions take tensors that need no gradient, and share their
memory. Whether gradients are recorded is one state for all threads.
"""

from __future__ import annotations

import sys
import warnings
from types import ModuleType
from typing import TYPE_CHECKING, Any

from diffcli.lower import names as table
from diffcli.program.torch_module import TORCH, parts
from diffcli.program.values import Builtin, Namespace

# PyTorch does not warn of 0/0 and the like
warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"diffcli\.")


class _Names:
    """How a module finds the names of a namespace: when they are first asked for."""

    def __init__(self, module: ModuleType, namespace: Namespace) -> None:
        self.members = module.__dict__
        self.namespace = namespace

    def find(self, name: str) -> Any:
        """The value of a name; raises AttributeError for others."""
        if name == "__all__":
            return self.names()
        try:
            value = self.namespace.table[name]
        except KeyError:
            text = f"module '{self.namespace.name}' has no attribute '{name}'"
            raise AttributeError(text, name=name) from None
        if isinstance(value, Namespace):
            value = sys.modules[f"diffcli.{value.name}"]
        elif isinstance(value, Builtin):
            value = _described(value.function, name)
        self.members[name] = value
        return value

    def names(self) -> list[str]:
        """All names, in order."""
        return sorted(self.namespace.table)


def _described(function: Any, name: str) -> Any:
    """The function with what the operator table says of it, where it says nothing itself."""
    row = None if function.__doc__ else table.function(name, ("torch",))
    if row is not None:
        function.__doc__ = row.row.doc
    return function


def _offer(namespace: Namespace, module: ModuleType) -> None:
    """Let a module have the names of a namespace, and modules for the namespaces inside."""
    names = _Names(module, namespace)
    module.__getattr__, module.__dir__ = names.find, names.names  # type: ignore[method-assign]
    for part in parts(namespace):
        path = f"diffcli.{part.name}"
        sys.modules[path] = ModuleType(path, f"`{part.name}` as programs have it.")
        _offer(part, sys.modules[path])


if TYPE_CHECKING:

    def __getattr__(name: str) -> Any: ...


_offer(TORCH, sys.modules[__name__])
