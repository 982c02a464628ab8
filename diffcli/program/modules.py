"""The modules that a program may import, which only name what is built in, and the statements."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from diffcli.errors import Span
from diffcli.program.attributes import get
from diffcli.program.expressions import Expressions
from diffcli.program.places import located
from diffcli.program.values import Builtin, Namespace
from diffcli.program.variables import Frame, Run
from diffcli.syntax import program as tree

FILES = {
    "abc": "enum_module",
    "collections": "collections_module",
    "contextlib": "contextlib_module",
    "copy": "copy_module",
    "dataclasses": "dataclasses_module",
    "enum": "enum_module",
    "functools": "functools_module",
    "itertools": "itertools_module",
    "json": "data_modules",
    "math": "math_module",
    "numpy": "numpy_module",
    "operator": "operator_module",
    "random": "random_module",
    "statistics": "data_modules",
    "string": "data_modules",
    "sys": "time_module",
    "time": "time_module",
    "torch": "torch_module",
    "typing": "typing_module",
}
"""By name, the file of this package that has the namespace, under its name in capitals."""


def _nothing(*args: Any, **named: Any) -> None:
    """What is asked of a module that has nothing to do here."""


SMALL = {
    "__future__": Namespace("__future__", {"annotations": None}),
    "warnings": Namespace(
        "warnings",
        {name: Builtin(name, _nothing) for name in ("filterwarnings", "simplefilter", "warn")},
    ),
}


def _standard(name: str) -> Namespace | None:
    if name not in FILES:
        return SMALL.get(name)
    found: Namespace = getattr(import_module(f"diffcli.program.{FILES[name]}"), name.upper())
    return found


def module(path: str, span: Span) -> Any:
    """The namespace at a dotted path; raises ModuleNotFoundError for others."""
    first, *rest = path.split(".")
    found: Any = _standard(first)
    read = first
    for name in rest:
        if isinstance(found, Namespace):
            read += f".{name}"
            found = found.table.get(name)
    if not isinstance(found, Namespace):
        raise located(ModuleNotFoundError(f"No module named '{read}'", name=read), span)
    return found


def imported(path: str, name: str, span: Span) -> Any:
    """What `from path import name` names."""
    owner = module(path, span)
    try:
        return get(owner, name)
    except AttributeError:
        error = ImportError(f"cannot import name '{name}' from '{path}'", name=name)
        raise located(error, span) from None


def import_(scope: Expressions, node: tree.Import) -> Run:
    """`import names`."""
    stores = [(each, scope.store(each.alias or each.path.partition(".")[0])) for each in node.names]

    def run(frame: Frame) -> None:
        for each, store in stores:
            path = each.path if each.alias else each.path.partition(".")[0]
            module(each.path, each.span)
            store(frame, module(path, each.span))

    return run


def import_from(scope: Expressions, node: tree.ImportFrom) -> Run:
    """`from path import names`."""
    if any(each.path == "*" for each in node.names):
        own = scope.names.own

        def everything(frame: Frame) -> None:
            own.update(module(node.path, node.span).table)

        return everything
    stores = [(each, scope.store(each.alias or each.path)) for each in node.names]

    def run(frame: Frame) -> None:
        for each, store in stores:
            store(frame, imported(node.path, each.path, each.span))

    return run
