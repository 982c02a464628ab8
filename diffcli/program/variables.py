"""Variables as closures: reading them, assigning them, and the cells that functions share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diffcli.errors import Span
from diffcli.program.places import located
from diffcli.program.scopes import Scope
from diffcli.program.values import UNBOUND

Frame = list[Any]
Run = Callable[[Frame], Any]
Store = Callable[[Frame, Any], None]


class Names:
    """The names of a program: its own variables, and those of the language behind them."""

    __slots__ = ("language", "own")

    def __init__(self, own: dict[str, Any], language: dict[str, Any]) -> None:
        self.own = own
        self.language = language


class Variables:
    """How the code of one scope reads and assigns its variables."""

    def __init__(self, scope: Scope, names: Names) -> None:
        self.scope = scope
        self.names = names

    def load(self, name: str, span: Span) -> Run:
        """Read a variable."""
        scope = self.scope
        if scope.kind == "class":
            return self._load_in_class(name, span)
        if scope.kind == "function" and name in scope.slots:
            return _load_slot(scope.slots[name], name, span, self.in_cell(name))
        return self._load_global(name, span)

    def in_cell(self, name: str) -> bool:
        """Whether a variable of the function lives in a cell."""
        return name in self.scope.cells or name in self.scope.free

    def _load_global(self, name: str, span: Span) -> Run:
        own, language = self.names.own, self.names.language

        def run(frame: Frame) -> Any:
            if name in own:
                return own[name]
            if name in language:
                return language[name]
            error = NameError(f"name '{name}' is not defined", name=name)
            raise located(error, span) from None

        return run

    def _load_in_class(self, name: str, span: Span) -> Run:
        outer = self.around().load(name, span)

        def run(frame: Frame) -> Any:
            members = frame[0]
            return members[name] if name in members else outer(frame[1])

        return run

    def around(self) -> Variables:
        """The variables of the function or program around a class."""
        assert self.scope.parent is not None
        return Variables(self.scope.parent, self.names)

    def cell(self, name: str) -> Run:
        """The cell of a variable, for a function that is made here."""
        scope = self.scope
        if scope.kind == "class":
            if name == "__class__" and scope.uses_class:
                return lambda frame: frame[2]
            outer = self.around().cell(name)
            return lambda frame: outer(frame[1])
        slot = scope.slots[name]
        return lambda frame: frame[slot]

    def store(self, name: str) -> Store:
        """Assign a variable."""
        scope = self.scope
        if scope.kind == "class" and name not in scope.globals:

            def in_class(frame: Frame, value: Any) -> None:
                frame[0][name] = value

            return in_class
        if scope.kind == "function" and name in scope.slots:
            slot = scope.slots[name]
            if self.in_cell(name):

                def in_cell(frame: Frame, value: Any) -> None:
                    frame[slot][0] = value

                return in_cell

            def in_slot(frame: Frame, value: Any) -> None:
                frame[slot] = value

            return in_slot
        own = self.names.own

        def in_program(frame: Frame, value: Any) -> None:
            own[name] = value

        return in_program


def _load_slot(slot: int, name: str, span: Span, cell: bool) -> Run:
    def unbound() -> BaseException:
        text = f"cannot access local variable '{name}' where it is not associated with a value"
        if cell:
            text = (
                f"cannot access free variable '{name}' where it is not associated with a value in "
                "enclosing scope"
            )
        return located((NameError if cell else UnboundLocalError)(text), span)

    if cell:

        def from_cell(frame: Frame) -> Any:
            value = frame[slot][0]
            if value is UNBOUND:
                raise unbound()
            return value

        return from_cell

    def from_slot(frame: Frame) -> Any:
        value = frame[slot]
        if value is UNBOUND:
            raise unbound()
        return value

    return from_slot
