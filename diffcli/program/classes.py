"""Classes of a program.

They are classes of Python whose members are functions and values of the program. Only the special
methods listed here may be among them: others, such as NumPy's `__array_interface__`, would tell
Python and its libraries where to read and write memory, or run code when nobody expects it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diffcli.program.attributes import BASES, is_special
from diffcli.program.definitions import docstring
from diffcli.program.expressions import Expressions
from diffcli.program.named_tuples import NamedTuple, named_tuple
from diffcli.program.nesting import nested
from diffcli.program.places import located
from diffcli.program.simple import ANNOTATIONS
from diffcli.program.values import UNBOUND, UserType
from diffcli.program.variables import Frame, Run
from diffcli.syntax import program as tree

_OPERATORS = "add sub mul matmul truediv floordiv mod pow and or xor lshift rshift divmod".split()
SPECIAL = {
    f"__{name}__"
    for name in (
        *"init post_init call repr str format len length_hint iter next reversed contains".split(),
        *"getitem setitem delitem getattr setattr delattr enter exit hash bool".split(),
        *"int float complex index round trunc floor ceil abs neg pos invert".split(),
        *"eq ne lt le gt ge get set delete set_name".split(),
        *_OPERATORS,
        *(f"r{name}" for name in _OPERATORS),
        *(f"i{name}" for name in _OPERATORS),
    )
}
"""Special methods that a class may define."""

_DROPPED = {"__slots__", "__module__", "__qualname__", "__doc__"}


_READ = {ANNOTATIONS, "__match_args__"}
"""Special names that say something of the class."""


def made_class(outer: Expressions, node: tree.ClassDef) -> Run:
    """A closure that makes the class."""
    from diffcli.program.statements import block

    scope = outer.scope.inner[id(node)]
    body = block(Expressions(scope, outer.names), node.body)
    bases = [outer.compile(base) for base in node.bases]
    doc, span = docstring(node.body), node.span

    def run(frame: Frame) -> Any:
        kinds = tuple([base(frame) for base in bases])
        members: dict[str, Any] = {}
        cell: list[Any] = [UNBOUND]
        body([members, frame, cell])
        try:
            for kind in kinds:
                _check_base(kind)
            kinds = tuple([_with_places(kind, node.name, members) for kind in kinds])
            kept = {**_checked(members), "__module__": "__main__", "__doc__": doc}
            made = UserType(node.name, kinds, {**kept, "__qualname__": scope.qualname})
        except (TypeError, ValueError) as error:
            raise located(error, span) from None
        nested(made)
        cell[0] = made
        return made

    return run


def _with_places(kind: Any, name: str, members: dict[str, Any]) -> Any:
    """The base itself, or the tuple with places for the annotated names if it asks for one."""
    if kind is not NamedTuple:
        return kind
    names = list(members.pop(ANNOTATIONS, {}))
    defaults = [members.pop(each) for each in names if each in members]
    return named_tuple(name, names, defaults=defaults)


def _check_base(kind: Any) -> None:
    allowed = isinstance(kind, type) and (
        type(kind) is UserType or kind in BASES or issubclass(kind, BaseException)
    )
    if not allowed:
        shown = getattr(kind, "__name__", kind)
        raise TypeError(f"a class cannot inherit from '{shown}' in programs")


def _checked(members: dict[str, Any]) -> dict[str, Any]:
    """The members that the class gets; raises TypeError for special ones that it must not have."""
    kept = {}
    for name, value in members.items():
        if is_special(name) and name not in SPECIAL and name not in _READ:
            if name not in _DROPPED:
                raise TypeError(f"a class cannot define '{name}' in programs")
        else:
            kept[name] = _ordinary_only(value) if name == "__getattr__" else value
    return kept


def _ordinary_only(find: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    """A `__getattr__` that is never asked for special names, which libraries look for."""

    def find_ordinary(value: Any, name: str) -> Any:
        if is_special(name):
            raise AttributeError(name, name=name, obj=value)
        return find(value, name)

    return find_ordinary
