"""Results with named fields: `torch.max(x, 0).values`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_shown: dict[tuple[type, str, str], Any] = {}


def shown_type(kind: type, name: str, module: str) -> Any:
    """The type of this name, the same each time, of objects of one kind."""
    found = _shown.get((kind, name, module))
    if found is None:
        found = type(name, (kind,), {"__module__": module, "__slots__": ()})
        _shown[kind, name, module] = found
    return found


class Fields:
    """Several results that are a tuple and have names."""

    __slots__ = ("fields", "function", "items")

    def __new__(cls, function: str, *_: Any) -> Any:
        """One of the type that PyTorch names after the function."""
        return object.__new__(shown_type(cls, function, "torch.return_types"))

    def __init__(self, function: str, fields: tuple[str, ...], items: tuple[Any, ...]) -> None:
        self.function = function
        self.fields = fields
        self.items = items

    def field(self, name: str) -> Any:
        """The result of this name; raises AttributeError for others."""
        if name not in self.fields:
            raise AttributeError(f"'{self.kind}' object has no attribute '{name}'")
        return self.items[self.fields.index(name)]

    def __getattr__(self, name: str) -> Any:
        if name in Fields.__slots__:  # of one that is being copied
            raise AttributeError(name)
        return self.field(name)

    @property
    def kind(self) -> str:
        """The name of its type."""
        return f"torch.return_types.{self.function}"

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.items)

    def __getitem__(self, index: Any) -> Any:
        return self.items[index]

    def __repr__(self) -> str:
        body = self.listed(",\n")
        return f"{self.kind}(\n{body})"

    def listed(self, separator: str) -> str:
        """Names and items."""
        return separator.join(
            f"{name}={item!r}" for name, item in zip(self.fields, self.items, strict=True)
        )


class Record(Fields):
    """A named tuple of Python's, of a type in `module`."""

    __slots__ = ("module",)

    def __new__(cls, module: str, function: str, *_: Any) -> Any:
        """One of the type of this name in `module`."""
        return object.__new__(shown_type(cls, function, module))

    def __init__(
        self, module: str, function: str, fields: tuple[str, ...], items: tuple[Any, ...]
    ) -> None:
        super().__init__(function, fields, items)
        self.module = module

    @property
    def kind(self) -> str:
        """The name of its type."""
        return self.function

    def __repr__(self) -> str:
        return f"{self.kind}({self.listed(', ')})"
