"""Results with named fields: `torch.max(x, 0).values`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


class Fields:
    """Several results that are a tuple and have names."""

    __slots__ = ("fields", "function", "items")

    def __init__(self, function: str, fields: tuple[str, ...], items: tuple[Any, ...]) -> None:
        self.function = function
        self.fields = fields
        self.items = items

    def field(self, name: str) -> Any:
        """The result of this name; raises AttributeError for others."""
        if name not in self.fields:
            raise AttributeError(
                f"'torch.return_types.{self.function}' object has no attribute '{name}'"
            )
        return self.items[self.fields.index(name)]

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.items)

    def __getitem__(self, index: Any) -> Any:
        return self.items[index]

    def __repr__(self) -> str:
        body = ",\n".join(
            f"{name}={item!r}" for name, item in zip(self.fields, self.items, strict=True)
        )
        return f"torch.return_types.{self.function}(\n{body})"
