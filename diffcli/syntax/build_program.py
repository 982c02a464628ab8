"""What the rules of `program.lark` build: statements. See `build` for how builders work."""

from __future__ import annotations

from diffcli.errors import Span
from diffcli.syntax.ast import Attribute, Node, Subscript
from diffcli.syntax.build import EXPRESSION, Builder, Spans, Values
from diffcli.syntax.build_definitions import DEFINITIONS, until
from diffcli.syntax.build_strings import STRINGS
from diffcli.syntax.build_terms import TERMS
from diffcli.syntax.misuse import Misuse
from diffcli.syntax.program import (
    Annotate,
    Assert,
    AssignTo,
    AugAssign,
    Break,
    Case,
    Continue,
    Delete,
    ExprStatement,
    For,
    Global,
    Handler,
    If,
    Import,
    ImportFrom,
    ImportName,
    Match,
    Nonlocal,
    Pass,
    Raise,
    Return,
    Try,
    While,
    With,
    WithItem,
)
from diffcli.syntax.targets import check_deleted, check_one, check_pattern, check_target

Body = list[Node]


def _line(values: Values, spans: Spans, span: Span) -> Body:
    body: Body = values[-3]
    return body


# Simple statements


def _expression_statement(values: Values, spans: Spans, span: Span) -> ExprStatement:
    return ExprStatement(values[-1], span)


def _assign_to(values: Values, spans: Spans, span: Span) -> AssignTo:
    sides: list[Node] = [values[-3], *values[-1]]
    for target in sides[:-1]:
        check_target(target)
    return AssignTo(tuple(sides[:-1]), sides[-1], span)


def _annotate(values: Values, spans: Spans, span: Span) -> Annotate:
    check_one(values[-3], "annotated")
    return Annotate(values[-3], None, _is_field(values[-1]), span)


def _annotate_assign(values: Values, spans: Spans, span: Span) -> Annotate:
    check_one(values[-5], "annotated")
    return Annotate(values[-5], values[-1], _is_field(values[-3]), span)


def _is_field(annotation: Node) -> bool:
    while isinstance(annotation, Subscript):
        annotation = annotation.value
    name = annotation.name if isinstance(annotation, Attribute) else getattr(annotation, "id", "")
    return name != "ClassVar"


def _augment(values: Values, spans: Spans, span: Span) -> AugAssign:
    check_one(values[-3], "augmented")
    return AugAssign(values[-3], values[-2][:-1], values[-1], span, spans[-2])


def _pass(values: Values, spans: Spans, span: Span) -> Pass:
    return Pass(span)


def _break(values: Values, spans: Spans, span: Span) -> Break:
    return Break(span)


def _continue(values: Values, spans: Spans, span: Span) -> Continue:
    return Continue(span)


def _return_nothing(values: Values, spans: Spans, span: Span) -> Return:
    return Return(None, span)


def _return(values: Values, spans: Spans, span: Span) -> Return:
    return Return(values[-1], span)


def _raise_again(values: Values, spans: Spans, span: Span) -> Raise:
    return Raise(None, None, span)


def _raise(values: Values, spans: Spans, span: Span) -> Raise:
    return Raise(values[-1], None, span)


def _raise_from(values: Values, spans: Spans, span: Span) -> Raise:
    return Raise(values[-3], values[-1], span)


def _assert(values: Values, spans: Spans, span: Span) -> Assert:
    return Assert(values[-1], None, span)


def _assert_message(values: Values, spans: Spans, span: Span) -> Assert:
    return Assert(values[-3], values[-1], span)


def _delete(values: Values, spans: Spans, span: Span) -> Delete:
    for target in values[-2]:
        check_deleted(target)
    return Delete(tuple(values[-2]), span)


def _global(values: Values, spans: Spans, span: Span) -> Global:
    return Global(tuple(values[-1]), span)


def _nonlocal(values: Values, spans: Spans, span: Span) -> Nonlocal:
    return Nonlocal(tuple(values[-1]), span)


# Imports


def _join(values: Values, spans: Spans, span: Span) -> str:
    return f"{values[-2]}{values[-1]}"


def _join_dot(values: Values, spans: Spans, span: Span) -> str:
    return f"{values[-3]}.{values[-1]}"


def _import_name(values: Values, spans: Spans, span: Span) -> ImportName:
    return ImportName(values[-1], None, span)


def _import_as(values: Values, spans: Spans, span: Span) -> ImportName:
    return ImportName(values[-3], values[-1], span)


def _import(values: Values, spans: Spans, span: Span) -> Import:
    return Import(tuple(values[-1]), span)


def _import_all(values: Values, spans: Spans, span: Span) -> ImportFrom:
    return ImportFrom(values[-3], (ImportName("*", None, spans[-1]),), span)


def _import_from(values: Values, spans: Spans, span: Span) -> ImportFrom:
    return ImportFrom(values[-3], tuple(values[-1]), span)


def _import_from_group(values: Values, spans: Spans, span: Span) -> ImportFrom:
    return ImportFrom(values[-6], tuple(values[-3]), span)


# Compound statements


def _elif(values: Values, spans: Spans, span: Span) -> list[tuple[int, Node, Body]]:
    branches: list[tuple[int, Node, Body]] = values[-5]
    branches.append((spans[-4][0], values[-3], values[-1]))
    return branches


def _if(values: Values, spans: Spans, span: Span) -> Node:
    branches = [(span[0], values[-5], values[-3]), *values[-2]]
    orelse: tuple[Node, ...] = tuple(values[-1])
    for start, test, body in reversed(branches):
        orelse = (If(test, tuple(body), orelse, until(start, body, orelse)),)
    return orelse[0]


def _while(values: Values, spans: Spans, span: Span) -> While:
    test, _, body, orelse = values[-4:]
    return While(test, tuple(body), tuple(orelse), until(span[0], body, orelse))


def _for(values: Values, spans: Spans, span: Span) -> For:
    target, _, iterable, _, body, orelse = values[-6:]
    return For(target, iterable, tuple(body), tuple(orelse), until(span[0], body, orelse))


def _with_item(values: Values, spans: Spans, span: Span) -> WithItem:
    return WithItem(values[-1], None, span)


def _with_as(values: Values, spans: Spans, span: Span) -> WithItem:
    return WithItem(values[-3], values[-1], span)


def _with(values: Values, spans: Spans, span: Span) -> With:
    return With(tuple(values[-3]), tuple(values[-1]), until(span[0], values[-1]))


def _with_group(values: Values, spans: Spans, span: Span) -> With:
    return With(tuple(values[-5]), tuple(values[-1]), until(span[0], values[-1]))


def _except_all(values: Values, spans: Spans, span: Span) -> Handler:
    return Handler(None, None, tuple(values[-1]), until(span[0], values[-1]))


def _except(values: Values, spans: Spans, span: Span) -> Handler:
    return Handler(values[-3], None, tuple(values[-1]), until(span[0], values[-1]))


def _except_as(values: Values, spans: Spans, span: Span) -> Handler:
    return Handler(values[-5], values[-3], tuple(values[-1]), until(span[0], values[-1]))


def _try(values: Values, spans: Spans, span: Span) -> Try:
    body, handlers, orelse, final = values[-4:]
    for handler in handlers[:-1]:
        if handler.type is None:
            raise Misuse("except-all-first", (handler.span[0], handler.span[0] + len("except")))
    end = until(span[0], body, handlers, orelse, final)
    return Try(tuple(body), tuple(handlers), tuple(orelse), tuple(final), end)


def _try_finally(values: Values, spans: Spans, span: Span) -> Try:
    body, final = values[-4], values[-1]
    return Try(tuple(body), (), (), tuple(final), until(span[0], final))


def _case(values: Values, spans: Spans, span: Span) -> Case:
    pattern, guard, _, body = values[-4:]
    check_pattern(pattern)
    return Case(pattern, None, guard, tuple(body), until(span[0], body))


def _case_as(values: Values, spans: Spans, span: Span) -> Case:
    pattern, _, name, guard, _, body = values[-6:]
    check_pattern(pattern)
    return Case(pattern, name, guard, tuple(body), until(span[0], body))


def _match(values: Values, spans: Spans, span: Span) -> Match:
    cases = tuple(values[-2])
    return Match(values[-6], cases, (span[0], cases[-1].span[1]))


PROGRAM: dict[str, Builder] = {
    **EXPRESSION,
    **TERMS,
    **STRINGS,
    **DEFINITIONS,
    "annotate": _annotate,
    "annotate_assign": _annotate_assign,
    "assert": _assert,
    "assert_message": _assert_message,
    "assign_to": _assign_to,
    "augment": _augment,
    "break": _break,
    "case": _case,
    "case_as": _case_as,
    "continue": _continue,
    "delete": _delete,
    "elif": _elif,
    "except": _except,
    "except_all": _except_all,
    "except_as": _except_as,
    "expression_statement": _expression_statement,
    "for": _for,
    "global": _global,
    "if": _if,
    "import": _import,
    "import_all": _import_all,
    "import_as": _import_as,
    "import_from": _import_from,
    "import_from_group": _import_from_group,
    "import_name": _import_name,
    "join": _join,
    "join_dot": _join_dot,
    "line": _line,
    "match": _match,
    "nonlocal": _nonlocal,
    "pass": _pass,
    "raise": _raise,
    "raise_again": _raise_again,
    "raise_from": _raise_from,
    "return": _return,
    "return_nothing": _return_nothing,
    "try": _try,
    "try_finally": _try_finally,
    "while": _while,
    "with": _with,
    "with_as": _with_as,
    "with_group": _with_group,
    "with_item": _with_item,
}
"""The builders of `program.lark`."""
