"""A program that is typed: its statements run one after the other, each as it comes."""

from __future__ import annotations

import warnings
from codeop import compile_command
from collections.abc import Callable, Mapping
from typing import Any

from diffcli.errors import DiffcliError, Source
from diffcli.program.attributes import names_of
from diffcli.program.builtins import language
from diffcli.program.expressions import Expressions
from diffcli.program.machine import MACHINE, halt
from diffcli.program.modules import module
from diffcli.program.nesting import representation
from diffcli.program.run import supervised
from diffcli.program.scopes import analyse
from diffcli.program.statements import statement
from diffcli.program.tensors import offer_tensors, reset
from diffcli.program.values import Namespace
from diffcli.program.variables import Names
from diffcli.syntax import ast
from diffcli.syntax import program as tree
from diffcli.syntax.parser import MAX_TEXT, parse_program

LAST = "_"
"""The name of the last value that was shown."""

WORDS = (
    "class",
    "def",
    "del",
    "elif",
    "else",
    "for",
    "from",
    "if",
    "import",
    "return",
    "while",
    "with",
)
"""Words that begin statements."""

IMPORTED = {"torch": "torch", "np": "numpy"}
"""What a session need not import."""


def is_complete(text: str) -> bool:
    """Whether a text can be run, right or wrong: Python's own rule for its prompt.

    A text with a block is complete after an empty line.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return compile_command(text, symbol="single") is not None
    except (SyntaxError, ValueError, OverflowError, MemoryError, RecursionError):
        return True


class Session:
    """The names of a program that is typed, and all of its text so far.

    Places of errors are places in this text, so that a function may be called long after it was
    defined. `write` receives prints and the values of expressions, as at Python's prompt.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        warn: Callable[[str], None] | None = None,
        steps: int | None = None,
        seconds: float | None = None,
    ) -> None:
        self.names: dict[str, Any] = {}
        self._limits = steps, seconds
        self._text = ""
        self._all = Names(self.names, language())
        MACHINE.start(write, steps, seconds, warn)
        reset()
        offer_tensors()
        self.names.update({name: module(path, (0, 0)) for name, path in IMPORTED.items()})

    def execute(self, text: str) -> None:
        """Run statements; raises what `run_program` does, and what ran before the error counts."""
        if len(self._text) + len(text) >= MAX_TEXT:
            self._text = ""  # errors in older functions then have no place
        before = self._text
        self._text += text if text.endswith("\n") else f"{text}\n"
        source = Source(self._text, "what was typed")
        shifted = "\n" * len(before) + self._text[len(before) :]
        try:
            statements = parse_program(Source(shifted)).statements
        except DiffcliError as error:
            error.source = source
            raise
        MACHINE.grant(*self._limits)
        supervised(lambda: self._run(statements, source), source)

    def _run(self, statements: tuple[ast.Node, ...], source: Source) -> None:
        for node in statements:
            try:
                code = Expressions(analyse(tree.Module((node,), source, node.span)), self._all)
                value = node.value if isinstance(node, tree.ExprStatement) else None
                run = statement(code, node) if value is None else code.compile(value)
            except RecursionError:
                raise halt("the program is nested too deeply") from None
            result = run([])
            if value is not None and result is not None:
                self.names[LAST] = result
                MACHINE.write(representation(result) + "\n")

    def completions(self, path: str) -> list[str]:
        """What the last name of a dotted path may become."""
        *owners, last = path.split(".")
        known: Mapping[str, Any] = {**self._all.language, **self.names}
        if owners:
            value = known.get(owners[0])
            for name in owners[1:]:
                value = value.table.get(name) if isinstance(value, Namespace) else None
            found = [] if value is None else names_of(value)
        else:
            found = [*known, *WORDS]
        shown = [name for name in found if not name.startswith("_") or last.startswith("_")]
        return sorted(name for name in shown if name.startswith(last))
