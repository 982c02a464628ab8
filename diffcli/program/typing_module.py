"""The module `typing` of programs: names for annotations, which nobody reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diffcli.program.attributes import register
from diffcli.program.named_tuples import NamedTuple
from diffcli.program.values import Builtin, Namespace


class Anything:
    """What a type annotation such as `Optional[Tensor]` is made of."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __getitem__(self, item: Any) -> Anything:
        return self

    def __or__(self, other: Any) -> Anything:
        return self

    __ror__ = __or__

    def __repr__(self) -> str:
        return f"typing.{self.name}"


class Generic:
    """A base for classes with type parameters, which mean nothing here."""


Generic.__module__ = "typing"

_NAMES = (
    "Any AnyStr Awaitable Callable ClassVar Collection Concatenate Container Counter DefaultDict "
    "Deque Dict Final FrozenSet Generator Hashable Iterable Iterator List Literal Mapping "
    "MutableMapping MutableSequence NoReturn Optional OrderedDict ParamSpec Reversible Self "
    "Sequence Set Sized SupportsFloat SupportsInt Text Tuple Type Union"
).split()
ANYTHING = {name: Anything(name) for name in _NAMES}
"""The names of types."""


def _table() -> dict[str, Any]:
    register(Generic, {}, base=True)
    register(NamedTuple, {}, base=True)
    functions: dict[str, Callable[..., Any]] = {
        "TypeVar": lambda name, *bounds, **options: Anything(name),
        "NewType": lambda name, kind: kind,
        "cast": lambda kind, value: value,
        "overload": lambda function: function,
        "final": lambda definition: definition,
        "runtime_checkable": lambda definition: definition,
    }
    return {
        **ANYTHING,
        **{name: Builtin(name, function) for name, function in functions.items()},
        "Generic": Generic,
        "Protocol": Generic,
        "NamedTuple": NamedTuple,
        "TYPE_CHECKING": False,
    }


TYPING = Namespace("typing", _table)
