"""Arguments of functions under PyTorch's names, and its words for those that do not fit."""

from __future__ import annotations

from typing import Any

from diffcli.tensor.tensor import Tensor

ALIKE = {"self": "input", "axis": "dim", "keepdims": "keepdim", "x1": "input", "x2": "other"}
"""Other names that PyTorch takes: those of methods, and NumPy's."""

REQUIRED = object()


class Parameter:
    """An argument: its name, whether it has to be a tensor, and its default."""

    __slots__ = ("default", "name", "tensor")

    def __init__(self, text: str) -> None:
        head, equals, default = text.partition("=")
        kind, _, name = head.rpartition(" ")
        self.name = name
        self.tensor = kind == "Tensor"
        self.default = _VALUES.get(default, default) if equals else REQUIRED


_VALUES = {"None": None, "True": True, "False": False, "0": 0, "1": 1, "0.0": 0.0, "1.0": 1.0}


class Signature:
    """`Tensor input, Tensor other, *, alpha=1`: what a function takes, in order."""

    __slots__ = ("name", "parameters", "positional")

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        parts = [part.strip() for part in text.split(",")]
        self.positional = parts.index("*") if "*" in parts else len(parts)
        self.parameters = [Parameter(part) for part in parts if part != "*"]

    def bind(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> list[Any]:
        """The values of all parameters, in order. Raises PyTorch's TypeErrors."""
        n = self.positional
        if len(args) > n:
            s, were = ("", "were") if n == 1 else ("s", "were")
            raise TypeError(
                f"{self.name}() takes {n} positional argument{s} but {len(args)} {were} given"
            )
        given = {ALIKE.get(k, k) if k not in self._names() else k: v for k, v in keywords.items()}
        values: list[Any] = []
        missing: list[str] = []
        for i, p in enumerate(self.parameters):
            if i < len(args):
                values.append(self._checked(p, args[i], i + 1))
                if p.name in given:
                    raise TypeError(f"{self.name}() got multiple values for argument '{p.name}'")
            elif p.name in given:
                values.append(self._checked(p, given.pop(p.name), 0))
            elif p.default is REQUIRED:
                missing.append(p.name)
            else:
                values.append(p.default)
        if missing:
            words = ", ".join(f'"{name}"' for name in missing)
            raise TypeError(
                f"{self.name}() missing {len(missing)} required positional arguments: {words}"
            )
        for key in given:
            raise TypeError(f"{self.name}() got an unexpected keyword argument '{key}'")
        return values

    def _names(self) -> set[str]:
        return {p.name for p in self.parameters}

    def _checked(self, p: Parameter, value: Any, position: int) -> Any:
        if p.tensor and not isinstance(value, Tensor) and not (value is None is p.default):
            place = f" (position {position})" if position else ""
            raise TypeError(
                f"{self.name}(): argument '{p.name}'{place} must be Tensor, not "
                f"{type(value).__name__}"
            )
        return value


def invalid(name: str, args: tuple[Any, ...], keywords: dict[str, Any]) -> str:
    """PyTorch's words for arguments that fit none of the ways to call a function."""
    words = [type(x).__name__ for x in args]
    words += [f"{key}={type(x).__name__}" for key, x in keywords.items()]
    # PyTorch writes a comma after keywords where nothing stands before them
    given = ", ".join(words) + (", " if keywords and not args else "")
    return (
        f"{name}() received an invalid combination of arguments - got ({given}), but expected "
        "one of:"
    )
