"""Modules and parameters in order or by name: `Sequential`, `ModuleList`, `ModuleDict` and such."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from operator import index as as_index
from typing import Any

from diffcli.eager.nn.module import Module
from diffcli.eager.nn.parameter import Parameter
from diffcli.eager.tensor import Tensor
from diffcli.eager.types import torch_type, type_name


class Container(Module):
    """Items under names. Subclasses say what they keep."""

    kept: type = Module

    def _items(self) -> dict[str, Any]:
        return dict(self.members(self.kept))

    def __len__(self) -> int:
        return len(self._items())

    def _put(self, name: str, item: Any) -> None:
        if item is not None and not isinstance(item, self.kept):
            raise TypeError(f"{type(item).__name__} is not a Module subclass")
        self._register(name, item)


class Numbered(Container):
    """Items under the names 0, 1, ..."""

    def __init__(self, items: Iterable[Any] | None = None) -> None:
        super().__init__()
        self.extend(items or ())

    def append(self, item: Any) -> Any:
        """Add one at the end."""
        self._put(str(len(self)), item)
        return self

    def extend(self, items: Iterable[Any]) -> Any:
        """Add several at the end."""
        for item in items:
            self.append(item)
        return self

    def insert(self, index: int, module: Any) -> None:
        """Put one before the one at a place."""
        found = list(self)
        found.insert(index, module)
        self._refill(found)

    def pop(self, key: Any = -1) -> Any:
        """Take one away, and give it."""
        item = self[key]
        del self[key]
        return item

    def _refill(self, items: list[Any]) -> None:
        for name in self._items():
            del self.__dict__[name]
        for i, item in enumerate(items):
            self._put(str(i), item)

    def _name(self, index: Any) -> str:
        names, place = list(self._items()), as_index(index)
        if not -len(names) <= place < len(names):
            raise IndexError(f"index {place} is out of range")
        return names[place]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items().values())

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)(list(self)[index])
        return self.__dict__[self._name(index)]

    def __setitem__(self, index: Any, item: Any) -> None:
        self._put(self._name(index), item)

    def __delitem__(self, index: Any) -> None:
        found = list(self)
        if isinstance(index, slice):
            del found[index]
        else:
            del found[list(self._items()).index(self._name(index))]
        self._refill(found)

    def __add__(self, other: Iterable[Any]) -> Any:
        return type(self)([*self, *other])

    def __iadd__(self, other: Iterable[Any]) -> Any:
        return self.extend(other)


class Sequential(Numbered):
    """Modules one after the other."""

    def __init__(self, *modules: Any) -> None:
        super().__init__()
        if len(modules) == 1 and isinstance(modules[0], dict):
            for name, module in modules[0].items():
                self._put(name, module)
        else:
            self.extend(modules)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)(dict(list(self._items().items())[index]))
        return super().__getitem__(index)

    def __add__(self, other: Iterable[Any]) -> Any:
        return type(self)(*self, *other)

    def forward(self, input: Any) -> Any:
        """Each module on the result of the one before."""
        for module in self:
            input = module(input)
        return input


class ModuleList(Numbered):
    """A list of modules whose parameters count."""

    def __repr__(self) -> str:
        lines, place = [], 0
        for shown, same in groupby(map(repr, self)):
            count = len(list(same))
            name, times = str(place), ""
            if count > 1:
                name, times = f"{place}-{place + count - 1}", f"{count} x "
            lines.append(f"  ({name}): {times}" + shown.replace("\n", "\n  "))
            place += count
        return "\n".join([f"{type(self).__name__}(", *lines, ")"]) if lines else "ModuleList()"


class Named(Container):
    """Items under names of their own."""

    def __init__(self, items: Any = None) -> None:
        super().__init__()
        if items is not None:
            self.update(items)

    def update(self, items: Any) -> None:
        """Add those of a mapping, or of pairs."""
        for name, item in items.items() if isinstance(items, Mapping | Named) else items:
            self[name] = item

    def keys(self) -> Any:
        """The names."""
        return self._items().keys()

    def values(self) -> Any:
        """The items."""
        return self._items().values()

    def items(self) -> Any:
        """Names and items."""
        return self._items().items()

    def pop(self, key: str) -> Any:
        """Take one away, and give it."""
        item = self[key]
        del self[key]
        return item

    def clear(self) -> None:
        """Take all away."""
        for name in self._items():
            del self[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items())

    def __contains__(self, key: Any) -> bool:
        return key in self._items()

    def __getitem__(self, key: str) -> Any:
        return self._items()[key]

    def __setitem__(self, key: str, item: Any) -> None:
        self._put(key, item)

    def __delitem__(self, key: str) -> None:
        del self.__dict__[key]


class ModuleDict(Named):
    """A dict of modules whose parameters count."""


class Parameters(Container):
    """What a list and a dict of parameters share: tensors become parameters, and how they print."""

    kept = Tensor
    shown: Callable[[Any], str]

    def _put(self, name: str, item: Any) -> None:
        made = item if isinstance(item, Parameter) else Parameter(item)
        super()._put(name, made)

    def __repr__(self) -> str:
        lines = [
            f"    ({name}): Parameter containing: [{self.shown(x.node.dtype)} of size "
            f"{'x'.join(map(str, x.node.shape))}]"
            for name, x in self._items().items()
        ]
        return "\n".join([f"{type(self).__name__}(", *lines]) + ("\n)" if lines else ")")


class ParameterList(Parameters, Numbered):
    """A list of parameters."""

    shown = staticmethod(lambda dtype: repr(torch_type(dtype)))


class ParameterDict(Parameters, Named):
    """A dict of parameters."""

    shown = staticmethod(type_name)


CONTAINERS = (Sequential, ModuleList, ModuleDict, ParameterList, ParameterDict)
