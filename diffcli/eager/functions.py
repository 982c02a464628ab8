"""Functions of programs on tensors, by PyTorch's names.

A name is looked up among the definitions of this package first, which say what PyTorch does in its
own way (views, types of results, arguments), then in the operator table as PyTorch means it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

import numpy as np

from diffcli.eager.arguments import PYTHON, Arguments, Function, checked
from diffcli.eager.errors import translated
from diffcli.eager.nodes import NO_PARAMS, Eager, evaluated, extra
from diffcli.eager.promotion import DEFAULT
from diffcli.eager.steps import called
from diffcli.eager.tensor import Tensor, wrap
from diffcli.eager.types import TorchType
from diffcli.errors import DiffcliError
from diffcli.graph.node import Node
from diffcli.lower import names
from diffcli.ops.table import F

OWN: dict[str, Function] = {}
"""Functions defined here rather than by the operator table alone."""

SAME: dict[str, str] = {}
"""Second names of functions, which their steps are not called by."""

_found: dict[str, Function | None] = {}
_methods: dict[str, Function] = {}

LIBRARY = "diffcli.eager.library"
"""The module whose import defines all functions."""


Defined = TypeVar("Defined", bound=Function)


def function(name: str) -> Callable[[Defined], Defined]:
    """Decorator that makes a definition the function `torch.NAME` and the method `NAME`."""

    def register(define: Defined) -> Defined:
        if name in PYTHON:
            define.__qualname__ = name
        OWN[name] = define if name in PYTHON else checked(name, define)
        return define

    return register


def defined() -> list[str]:
    """The names of all functions that are defined here."""
    define_all()
    return sorted({*OWN, *SAME})


def define_all() -> None:
    """Import what defines functions and methods, which it registers."""
    if LIBRARY not in sys.modules:
        import_module(LIBRARY)


def resolve(name: str) -> Function | None:
    """The function of this name, or None."""
    define_all()
    name = SAME.get(name, name)
    own = OWN.get(name)
    if own is not None:
        return own
    if name not in _found:
        row = names.function(name, ("torch",))
        _found[name] = None if row is None else from_table(name, row)
    return _found[name]


def resolve_method(name: str) -> Function | None:
    """The method of this name, or, with an underscore, a function to replace a tensor's value."""
    base = SAME.get(name.removesuffix("_"), name.removesuffix("_"))
    found = resolve(base)
    if base not in OWN or not hasattr(OWN[base], "__wrapped__"):
        return found  # it takes the tensor as any function does
    if name not in _methods:
        own = name if name.endswith("_") else base
        _methods[name] = checked(own, OWN[base].__wrapped__, method=True)  # type: ignore[attr-defined]
    return _methods[name]


@cache
def table_function(name: str) -> Function:
    """The function of the operator table, which a definition of the same name calls."""
    row = names.function(name, ("torch",))
    assert row is not None, name
    return from_table(name, row)


def resolved(name: str) -> Function:
    """A function that is known to exist."""
    found = resolve(name)
    assert found is not None, name
    return found


def functional(name: str) -> Function:
    """A function of `torch.nn.functional` that is known to exist."""
    return resolve(f"nn_functional_{name}") or resolved(name)


def from_table(name: str, found: names.Function) -> Function:
    """A function of the operator table, as one step of the program."""

    takes = Arguments(name, lambda: found.row.signature, [])
    alone = getattr(found.row, "plain", 0) == 1

    def apply(*args: Any, **keywords: Any) -> Any:
        args, keywords = takes.bound(args, keywords)
        if alone and isinstance(args[0], Tensor) and args[0].node.dtype.kind == "f":
            return wrapped(direct(name, found.row, args[0].node), [args[0].node])
        tensors: list[Any] = []
        layout = [_taken(x, tensors) for x in args]
        named = {key: _taken(x, tensors) for key, x in keywords.items()}

        def compute(*nodes: Any) -> Any:
            given = [_given(x, nodes) for x in layout]
            return found.applied(given, {key: _given(x, nodes) for key, x in named.items()})

        try:
            return wrapped(called(name, compute, tensors), tensors)
        except DiffcliError as error:
            raise translated(error) from None

    apply.__name__ = apply.__qualname__ = name
    apply.__doc__ = found.row.doc
    return apply


def direct(name: str, op: Any, x: Eager) -> Eager:
    """The node of a function of one real operand that is one operator of the table."""
    node = evaluated(op.apply((x,), NO_PARAMS))
    if node.tracked and name != op.name:
        extra(node).name = name
    return node


class _Place:
    """Where an argument's node is among those of a call."""

    __slots__ = ("index",)

    def __init__(self, index: int) -> None:
        self.index = index


def _taken(x: Any, tensors: list[Any]) -> Any:
    """An argument with its tensors moved to `tensors`."""
    if isinstance(x, Tensor):
        tensors.append(x.node)
        return _Place(len(tensors) - 1)
    if isinstance(x, list | tuple):
        return (
            [_taken(item, tensors) for item in x]
            if any(isinstance(item, Tensor | list | tuple) for item in x)
            else x
        )
    return x.numpy if isinstance(x, TorchType) else x


def _given(x: Any, nodes: tuple[Any, ...]) -> Any:
    if isinstance(x, _Place):
        return nodes[x.index]
    return [_given(item, nodes) for item in x] if isinstance(x, list) else x


def wrapped(result: Any, sources: list[Any]) -> Any:
    """Nodes of a result as tensors. Real results of integers have the default type."""
    if isinstance(result, Node):
        node = evaluated(result)
        if node.dtype == np.float64 and _only_integers(sources):
            node = evaluated(F.astype(node, DEFAULT.real))
        elif node.dtype == np.float64 and sources and all(x.dtype in SINGLE for x in sources):
            node = _narrowed(node)
        return wrap(node)
    if isinstance(result, list | tuple):
        return tuple(wrapped(item, sources) for item in result)
    return result


def _narrowed(node: Eager) -> Eager:
    """The node in single precision, with its name."""
    from diffcli.eager.grad_fn import display_name, renamed

    name = display_name(node)
    node = evaluated(F.astype(node, np.dtype(np.float32)))
    if node.tracked:
        renamed(node, name)
    return node


SINGLE = {np.dtype(np.float32), np.dtype(np.complex64)}


def _only_integers(nodes: list[Eager]) -> bool:
    return bool(nodes) and all(x.dtype.kind in "biu" for x in nodes)
