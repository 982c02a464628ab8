"""What the rules of `program.lark` build: functions, lambdas, classes and their parameters."""

from __future__ import annotations

from diffcli.errors import Span
from diffcli.syntax.ast import Node
from diffcli.syntax.build import Builder, Spans, Values
from diffcli.syntax.program import ClassDef, FunctionDef, Lambda, Parameter
from diffcli.syntax.signature import MARK, arrange


def until(start: int, *bodies: list[Node] | tuple[Node, ...]) -> Span:
    """From `start` to the end of the last statement of the last body that is there."""
    return start, next(body for body in reversed(bodies) if body)[-1].span[1]


def _function(values: Values, spans: Spans, span: Span) -> FunctionDef:
    decorators, _, name, _, parameters, *_, body = values[-9:]
    extent = until(span[0], body)
    params = arrange(parameters)
    return FunctionDef(name, params, tuple(body), tuple(decorators), extent, spans[-7])


def _class(values: Values, spans: Spans, span: Span) -> ClassDef:
    decorators, _, name, bases, _, body = values[-6:]
    extent = until(span[0], body)
    return ClassDef(name, tuple(bases), tuple(body), tuple(decorators), extent, spans[-4])


def _parameter_annotated(values: Values, spans: Spans, span: Span) -> Parameter:
    return Parameter(values[-3], None, "plain", span, spans[-3])


def _parameter_annotated_default(values: Values, spans: Spans, span: Span) -> Parameter:
    return Parameter(values[-5], values[-1], "plain", span, spans[-5])


def _parameter_star_annotated(values: Values, spans: Spans, span: Span) -> Parameter:
    return Parameter(values[-3], None, values[-4], span, spans[-3])


def _lambda(values: Values, spans: Spans, span: Span) -> Lambda:
    return Lambda(arrange(values[-3]), values[-1], span)


def _parameter(values: Values, spans: Spans, span: Span) -> Parameter:
    return Parameter(values[-1], None, "plain", span, span)


def _parameter_default(values: Values, spans: Spans, span: Span) -> Parameter:
    return Parameter(values[-3], values[-1], "plain", span, spans[-3])


def _parameter_star(values: Values, spans: Spans, span: Span) -> Parameter:
    return Parameter(values[-1], None, values[-2], span, spans[-1])


def _parameter_mark(values: Values, spans: Spans, span: Span) -> Parameter:
    return Parameter(values[-1], None, MARK, span, span)


DEFINITIONS: dict[str, Builder] = {
    "class": _class,
    "function": _function,
    "lambda": _lambda,
    "parameter": _parameter,
    "parameter_annotated": _parameter_annotated,
    "parameter_annotated_default": _parameter_annotated_default,
    "parameter_default": _parameter_default,
    "parameter_mark": _parameter_mark,
    "parameter_star": _parameter_star,
    "parameter_star_annotated": _parameter_star_annotated,
}
"""The builders of the functions and classes of `program.lark`."""
