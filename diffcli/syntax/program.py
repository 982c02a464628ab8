"""The syntax tree of programs: what `ast` has, and statements.

Annotations are read and dropped. In a Call of a program the arguments may be Starred, and a keyword
called `**` is `**value`. A Compare also has the operators `in`, `not in`, `is` and `is not`, and a
Binary `<<`, `>>` and `^`, which is Python's exclusive or here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from diffcli.syntax.ast import Node

if TYPE_CHECKING:
    from diffcli.errors import Source, Span
    from diffcli.syntax.ast import Literal

    Body = tuple[Node, ...]


# Expressions that only programs have


class Starred(Node):
    """`*value` among items, arguments or targets."""

    __slots__ = ("value",)
    parts = ("value",)

    def __init__(self, value: Node, span: Span) -> None:
        self.value = value
        self.span = span


class NamedExpr(Node):
    """`(name := value)`."""

    __slots__ = ("name", "name_span", "value")
    parts = ("value",)

    def __init__(self, name: str, value: Node, span: Span, name_span: Span) -> None:
        self.name = name
        self.value = value
        self.span = span
        self.name_span = name_span


class DictExpr(Node):
    """`{key: value, **value}`; the key of a `**value` is None."""

    __slots__ = ("keys", "values")
    parts = ("keys", "values")

    def __init__(self, keys: tuple[Node | None, ...], values: tuple[Node, ...], span: Span) -> None:
        self.keys = keys
        self.values = values
        self.span = span


class SetExpr(Node):
    """`{a, b}`."""

    __slots__ = ("items",)
    parts = ("items",)

    def __init__(self, items: tuple[Node, ...], span: Span) -> None:
        self.items = items
        self.span = span


class Clause(Node):
    """`for target in iterable if condition ...` inside a comprehension."""

    __slots__ = ("conditions", "iterable", "target")
    parts = ("target", "iterable", "conditions")

    def __init__(
        self, target: Node, iterable: Node, conditions: tuple[Node, ...], span: Span
    ) -> None:
        self.target = target
        self.iterable = iterable
        self.conditions = conditions
        self.span = span


class Comprehension(Node):
    """`[element for ...]`; kind is list, set, dict or generator, and a dict has a value as well."""

    __slots__ = ("clauses", "element", "kind", "value")
    parts = ("element", "value", "clauses")

    def __init__(
        self, kind: str, element: Node, value: Node | None, clauses: tuple[Clause, ...], span: Span
    ) -> None:
        self.kind = kind
        self.element = element
        self.value = value
        self.clauses = clauses
        self.span = span


class Parameter(Node):
    """A parameter of a function; kind is positional-only, plain, `*`, keyword-only or `**`."""

    __slots__ = ("default", "kind", "name", "name_span")
    parts = ("default",)

    def __init__(
        self, name: str, default: Node | None, kind: str, span: Span, name_span: Span
    ) -> None:
        self.name = name
        self.default = default
        self.kind = kind
        self.span = span
        self.name_span = name_span


class Lambda(Node):
    """`lambda params: body`."""

    __slots__ = ("body", "params")
    parts = ("params", "body")

    def __init__(self, params: tuple[Parameter, ...], body: Node, span: Span) -> None:
        self.params = params
        self.body = body
        self.span = span


class Yield(Node):
    """`yield value`, or `yield from value` where it delegates."""

    __slots__ = ("delegates", "value")
    parts = ("value",)

    def __init__(self, value: Node | None, delegates: bool, span: Span) -> None:
        self.value = value
        self.delegates = delegates
        self.span = span


class Field(Node):
    """`{value!conversion:format}` of an f-string; conversion is r, s or a."""

    __slots__ = ("conversion", "format", "value")
    parts = ("value", "format")

    def __init__(
        self, value: Node, conversion: str | None, format: FString | None, span: Span
    ) -> None:
        self.value = value
        self.conversion = conversion
        self.format = format
        self.span = span


class FString(Node):
    """A string with fields; the pieces are string literals and fields.

    As in Python's own tree `{x=}` is the literal `x=` and a field, and adjacent strings are joined.
    """

    __slots__ = ("pieces",)
    parts = ("pieces",)

    def __init__(self, pieces: tuple[Literal | Field, ...], span: Span) -> None:
        self.pieces = pieces
        self.span = span


# Simple statements


class ExprStatement(Node):
    """An expression on a line of its own."""

    __slots__ = ("value",)
    parts = ("value",)

    def __init__(self, value: Node, span: Span) -> None:
        self.value = value
        self.span = span


class AssignTo(Node):
    """`targets[0] = targets[1] = ... = value`."""

    __slots__ = ("targets", "value")
    parts = ("targets", "value")

    def __init__(self, targets: tuple[Node, ...], value: Node, span: Span) -> None:
        self.targets = targets
        self.value = value
        self.span = span


class Annotate(Node):
    """`target: type = value` or `target: type`; `is_field` unless the type is a ClassVar."""

    __slots__ = ("is_field", "target", "value")
    parts = ("target", "value")

    def __init__(self, target: Node, value: Node | None, is_field: bool, span: Span) -> None:
        self.target = target
        self.value = value
        self.is_field = is_field
        self.span = span


class AugAssign(Node):
    """`target op= value`; op is the operator without the `=`."""

    __slots__ = ("op", "op_span", "target", "value")
    parts = ("target", "value")

    def __init__(self, target: Node, op: str, value: Node, span: Span, op_span: Span) -> None:
        self.target = target
        self.op = op
        self.value = value
        self.span = span
        self.op_span = op_span


class Return(Node):
    """`return value`."""

    __slots__ = ("value",)
    parts = ("value",)

    def __init__(self, value: Node | None, span: Span) -> None:
        self.value = value
        self.span = span


class Pass(Node):
    """`pass`."""

    __slots__ = ()

    def __init__(self, span: Span) -> None:
        self.span = span


class Break(Node):
    """`break`."""

    __slots__ = ()

    def __init__(self, span: Span) -> None:
        self.span = span


class Continue(Node):
    """`continue`."""

    __slots__ = ()

    def __init__(self, span: Span) -> None:
        self.span = span


class Assert(Node):
    """`assert test, message`."""

    __slots__ = ("message", "test")
    parts = ("test", "message")

    def __init__(self, test: Node, message: Node | None, span: Span) -> None:
        self.test = test
        self.message = message
        self.span = span


class Raise(Node):
    """`raise value from cause`."""

    __slots__ = ("cause", "value")
    parts = ("value", "cause")

    def __init__(self, value: Node | None, cause: Node | None, span: Span) -> None:
        self.value = value
        self.cause = cause
        self.span = span


class Delete(Node):
    """`del targets`."""

    __slots__ = ("targets",)
    parts = ("targets",)

    def __init__(self, targets: tuple[Node, ...], span: Span) -> None:
        self.targets = targets
        self.span = span


class Global(Node):
    """`global names`."""

    __slots__ = ("names",)

    def __init__(self, names: tuple[str, ...], span: Span) -> None:
        self.names = names
        self.span = span


class Nonlocal(Node):
    """`nonlocal names`."""

    __slots__ = ("names",)

    def __init__(self, names: tuple[str, ...], span: Span) -> None:
        self.names = names
        self.span = span


class ImportName(Node):
    """`path as alias`; the path may be dotted, and `*` after a `from`."""

    __slots__ = ("alias", "path")

    def __init__(self, path: str, alias: str | None, span: Span) -> None:
        self.path = path
        self.alias = alias
        self.span = span


class Import(Node):
    """`import names`."""

    __slots__ = ("names",)
    parts = ("names",)

    def __init__(self, names: tuple[ImportName, ...], span: Span) -> None:
        self.names = names
        self.span = span


class ImportFrom(Node):
    """`from path import names`; a relative path begins with its dots."""

    __slots__ = ("names", "path")
    parts = ("names",)

    def __init__(self, path: str, names: tuple[ImportName, ...], span: Span) -> None:
        self.path = path
        self.names = names
        self.span = span


# Compound statements; a body is a tuple of statements


class If(Node):
    """`if test: body else: orelse`; an `elif` is an If alone in `orelse`."""

    __slots__ = ("body", "orelse", "test")
    parts = ("test", "body", "orelse")

    def __init__(self, test: Node, body: Body, orelse: Body, span: Span) -> None:
        self.test = test
        self.body = body
        self.orelse = orelse
        self.span = span


class While(Node):
    """`while test: body else: orelse`."""

    __slots__ = ("body", "orelse", "test")
    parts = ("test", "body", "orelse")

    def __init__(self, test: Node, body: Body, orelse: Body, span: Span) -> None:
        self.test = test
        self.body = body
        self.orelse = orelse
        self.span = span


class For(Node):
    """`for target in iterable: body else: orelse`."""

    __slots__ = ("body", "iterable", "orelse", "target")
    parts = ("target", "iterable", "body", "orelse")

    def __init__(self, target: Node, iterable: Node, body: Body, orelse: Body, span: Span) -> None:
        self.target = target
        self.iterable = iterable
        self.body = body
        self.orelse = orelse
        self.span = span


class WithItem(Node):
    """`context as target`."""

    __slots__ = ("context", "target")
    parts = ("context", "target")

    def __init__(self, context: Node, target: Node | None, span: Span) -> None:
        self.context = context
        self.target = target
        self.span = span


class With(Node):
    """`with items: body`."""

    __slots__ = ("body", "items")
    parts = ("items", "body")

    def __init__(self, items: tuple[WithItem, ...], body: Body, span: Span) -> None:
        self.items = items
        self.body = body
        self.span = span


class Case(Node):
    """`case pattern as name if guard: body`; the pattern is the expression that it looks like."""

    __slots__ = ("body", "guard", "name", "pattern")
    parts = ("pattern", "guard", "body")

    def __init__(
        self, pattern: Node, name: str | None, guard: Node | None, body: Body, span: Span
    ) -> None:
        self.pattern = pattern
        self.name = name
        self.guard = guard
        self.body = body
        self.span = span


class Match(Node):
    """`match subject:` with its cases."""

    __slots__ = ("cases", "subject")
    parts = ("subject", "cases")

    def __init__(self, subject: Node, cases: tuple[Case, ...], span: Span) -> None:
        self.subject = subject
        self.cases = cases
        self.span = span


class FunctionDef(Node):
    """`def name(params): body`, with the decorators from the top down."""

    __slots__ = ("body", "decorators", "name", "name_span", "params")
    parts = ("decorators", "params", "body")

    def __init__(
        self,
        name: str,
        params: tuple[Parameter, ...],
        body: Body,
        decorators: tuple[Node, ...],
        span: Span,
        name_span: Span,
    ) -> None:
        self.name = name
        self.params = params
        self.body = body
        self.decorators = decorators
        self.span = span
        self.name_span = name_span


class ClassDef(Node):
    """`class name(bases): body`, with the decorators from the top down."""

    __slots__ = ("bases", "body", "decorators", "name", "name_span")
    parts = ("decorators", "bases", "body")

    def __init__(
        self,
        name: str,
        bases: tuple[Node, ...],
        body: Body,
        decorators: tuple[Node, ...],
        span: Span,
        name_span: Span,
    ) -> None:
        self.name = name
        self.bases = bases
        self.body = body
        self.decorators = decorators
        self.span = span
        self.name_span = name_span


class Handler(Node):
    """`except type as name: body`."""

    __slots__ = ("body", "name", "type")
    parts = ("type", "body")

    def __init__(self, type: Node | None, name: str | None, body: Body, span: Span) -> None:
        self.type = type
        self.name = name
        self.body = body
        self.span = span


class Try(Node):
    """`try: body except ...: else: orelse finally: final`."""

    __slots__ = ("body", "final", "handlers", "orelse")
    parts = ("body", "handlers", "orelse", "final")

    def __init__(
        self, body: Body, handlers: tuple[Handler, ...], orelse: Body, final: Body, span: Span
    ) -> None:
        self.body = body
        self.handlers = handlers
        self.orelse = orelse
        self.final = final
        self.span = span


class Module(Node):
    """The statements of one program."""

    __slots__ = ("source", "statements")
    parts = ("statements",)

    def __init__(self, statements: Body, source: Source, span: Span) -> None:
        self.statements = statements
        self.source = source
        self.span = span
