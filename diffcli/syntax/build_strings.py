"""What the rules of `program.lark` build: strings and f-strings."""

from __future__ import annotations

from diffcli.errors import Span
from diffcli.syntax.ast import Literal, Node
from diffcli.syntax.build import Builder, Spans, Values
from diffcli.syntax.misuse import Misuse
from diffcli.syntax.program import Field, FString
from diffcli.syntax.strings import StringPiece, join_pieces, read_quoted, unescape


def _quoted(values: Values, spans: Spans, span: Span) -> Literal:
    return Literal(read_quoted(values[-1], span), span)


def _fstring(values: Values, spans: Spans, span: Span) -> FString:
    return FString(join_pieces(values[-2]), span)


def _strings(values: Values, spans: Spans, span: Span) -> Node:
    quoted: list[Literal | FString] = values[-1]
    if len(quoted) == 1:
        return quoted[0]
    pieces: list[StringPiece] = []
    for item in quoted:
        pieces.extend(item.pieces if isinstance(item, FString) else (item,))
    if any(isinstance(item, FString) for item in quoted):
        return FString(join_pieces(pieces), span)
    return Literal("".join(str(item.value) for item in quoted if isinstance(item, Literal)), span)


def _text(values: Values, spans: Spans, span: Span) -> list[StringPiece]:
    pieces: list[StringPiece] = values[-2]
    pieces.append(Literal(unescape(values[-1], spans[-1][0]), spans[-1]))
    return pieces


def _raw_text(values: Values, spans: Spans, span: Span) -> list[StringPiece]:
    pieces: list[StringPiece] = values[-2]
    pieces.append(Literal(values[-1], spans[-1]))
    return pieces


def _field(values: Values, spans: Spans, span: Span) -> list[StringPiece]:
    value, text, conversion, form = values[-5:-1]
    if conversion not in (None, "r", "s", "a"):
        raise Misuse("conversion", spans[-3])
    if text is None:
        return [Field(value, conversion, form, span)]
    if conversion is None and form is None:
        conversion = "r"
    return [Literal(text, spans[-4]), Field(value, conversion, form, span)]


def _format(values: Values, spans: Spans, span: Span) -> FString:
    return FString(join_pieces(values[-1]), span)


STRINGS: dict[str, Builder] = {
    "field": _field,
    "format": _format,
    "fstring": _fstring,
    "quoted": _quoted,
    "raw_text": _raw_text,
    "strings": _strings,
    "text": _text,
}
"""The builders of the strings of `program.lark`."""
