"""Why a text is not an expression, in the user's words. Loaded only when parsing has failed.

The parser tells which token cannot stand where it stands. The detectors below look at that token
and its neighbours; the first that recognises the mistake explains it.
"""

from __future__ import annotations

from collections.abc import Callable

from diffcli.errors import DiffcliError, Source
from diffcli.syntax import foreign
from diffcli.syntax.lexer import CLOSING, NAME, NEWLINE, RESERVED, UNKNOWN, Tokens
from diffcli.syntax.misuse import quote
from diffcli.syntax.place import CLOSED, OPERANDS, OPERATORS, Place, open_brackets
from diffcli.syntax.tables import END

_CONDITIONAL = "write A if CONDITION else B"


def explain(source: Source, tokens: Tokens, index: int) -> DiffcliError:
    """The error for a text that the grammar does not fit from token `index` on."""
    place = Place(source, tokens, index)
    for detector in _DETECTORS:
        error = detector(place)
        if error is not None:
            return error
    return place.error(f"{quote(place.word)} is unexpected here", None)


# Detectors, in the order in which they are asked


def _empty(place: Place) -> DiffcliError | None:
    if all(kind in (END, NEWLINE) for kind in place.tokens.kinds):
        return place.error("the expression is empty", "write a formula, such as w*x + b", (0, 0))
    if place.kind == ";" and place.before in ("", ";", NEWLINE):
        return place.error("there is no statement before ';'", "remove the ';'")
    return None


def _reserved(place: Place) -> DiffcliError | None:
    word, following = place.word, place.tokens.kinds[place.index + 1 : place.index + 2]
    span = place.span
    if place.kind == "not" and place.after_operand and place.tokens.words[place.index + 1] == "in":
        word, span = "not in", (span[0], place.tokens.spans[place.index + 1][1])
    elif place.kind != RESERVED:
        return None
    if place.after_operand and word in ("in", "is", "not in"):
        hint = "write == to compare" if word == "is" else "write any(x == a) for membership"
        return place.error(f"'{word}' is not an operator of the language", hint, span)
    if place.after_operand or following[0] in (NAME, ":", "("):
        return place.error(f"'{word}' is not part of an expression", None)
    hint = f"choose another name, such as {word}_"
    return place.error(f"'{word}' is a reserved word and cannot be a name", hint)


def closing(place: Place) -> DiffcliError | None:
    if place.kind not in CLOSED:
        return None
    if not place.brackets:
        return place.error(f"the bracket '{place.kind}' closes nothing", "remove it")
    expected = CLOSING[place.bracket]
    if place.kind != expected:
        message = f"the bracket '{place.bracket}' cannot be closed by '{place.kind}'"
        return place.error(message, f"write '{expected}'")
    if place.before == "[":
        return place.error("the subscript is empty", "write [:] for all elements")
    return None


def _equals(place: Place) -> DiffcliError | None:
    if place.kind != "=" or not place.after_operand:
        return None
    start = place.index
    while start and place.tokens.kinds[start - 1] not in (";", NEWLINE):
        start -= 1
    statement = place.tokens.kinds[start : place.index]
    if place.brackets or any(kind in ("if", "and", "or", "not") for kind in statement):
        hint = "write == to compare"
        if place.in_call:
            hint += ", NAME=VALUE for a keyword argument"
        return place.error("'=' does not compare", hint)
    if "=" in statement:
        hint = "write one assignment after the other, separated by ';'"
        return place.error("a statement has one '='", hint)
    span = (place.tokens.spans[start][0], place.before_span[1])
    return place.error("only a name can be assigned to", "write == to compare", span)


def missing_operand(place: Place) -> DiffcliError | None:
    """An operator, dot or `=` with nothing to work on after it."""
    what = {".": "name", "=": "value"}.get(place.before, "operand")
    if place.before not in (*OPERATORS, "."):
        return None
    previous = quote(place.before_word)
    rest = place.tokens.kinds[place.index :]
    if all(kind in (END, NEWLINE) for kind in rest[:2]):
        end = place.before_span[1]
        message = f"the expression ends after {previous}; "
        message += f"{'an' if what == 'operand' else 'a'} {what} is missing"
        return place.error(message, _ending_hint(place), (end, end))
    if place.kind == NEWLINE:
        hint = "put brackets around an expression that goes on in the next line"
        message = f"the line ends after {previous}; an operand is missing"
        return place.error(message, hint, (place.before_span[1], place.before_span[1]))
    if place.kind == "not":
        return place.error(f"'not' cannot stand after {previous}", "write (not ...)")
    if what == "operand" and (place.kind in OPERATORS or place.kind == "."):
        message = f"an operand is missing between {previous} and {quote(place.word)}"
        return place.error(message, None)
    article = "an" if what == "operand" else "a"
    return place.error(f"{article} {what} is missing after {previous}", None, place.before_span)


def _ending_hint(place: Place) -> str | None:
    index = place.index
    if place.tokens.kinds[max(0, index - 3) : index] in ([NAME, "+", "+"], [NAME, "-", "-"]):
        return f"write {place.tokens.words[index - 3]} {place.before} 1"
    if place.before == "|":
        return "write abs(x) for the absolute value"
    if place.before == "%" and place.tokens.kinds[index - 2] == "NUMBER":
        return f"write {place.tokens.words[index - 2]}/100 for per cent"
    return _CONDITIONAL if place.before in ("if", "else") else None


def unclosed(place: Place) -> DiffcliError | None:
    if place.brackets and place.kind in (END, ";"):
        return place.unclosed()
    return None


def _if_without_else(place: Place) -> DiffcliError | None:
    if place.kind == "else":
        return place.error("there is no 'if' before this 'else'", _CONDITIONAL)
    if place.kind == "if" and not place.after_operand:
        return place.error("'if' stands between two values", _CONDITIONAL)
    depth = alternatives = 0
    for index in range(place.index - 1, -1, -1):
        kind = place.tokens.kinds[index]
        if kind in (")", "]"):
            depth += 1
        elif kind in ("(", "["):
            depth -= 1
        if depth < 0 or (not depth and kind in (";", NEWLINE)):
            break
        if not depth and kind == "else":
            alternatives += 1
        elif not depth and kind == "if":
            alternatives -= 1
            if alternatives < 0 and place.after_operand and place.kind not in OPERANDS:
                return place.error(
                    "the conditional has no 'else'", _CONDITIONAL, place.tokens.spans[index]
                )
    return None


def bad_number(place: Place) -> DiffcliError | None:
    """`1.2.3`, `0..5`: numbers and dots that touch."""
    kinds, spans = place.tokens.kinds, place.tokens.spans
    parts = ("NUMBER", ".", "...")
    if place.kind != "NUMBER" or not place.touching or place.before not in parts:
        return None
    first, last = place.index, place.index
    while first and kinds[first - 1] in parts and spans[first - 1][1] == spans[first][0]:
        first -= 1
    while kinds[last + 1] in parts and spans[last + 1][0] == spans[last][1]:
        last += 1
    if kinds[first] != "NUMBER":
        return None
    span = (spans[first][0], spans[last][1])
    text = place.source.text[span[0] : span[1]]
    hint = "a number has one decimal point"
    if ".." in text:
        start, _, stop = text.partition("..")
        hint = f"write arange({start}, {stop.lstrip('.')}) for a range"
    return place.error(f"{quote(text)} is not a number", hint, span)


def no_operator(place: Place) -> DiffcliError | None:
    """Two operands side by side."""
    if not place.after_operand or place.kind not in (*OPERANDS, "not", "~"):
        return None
    left, right = place.before_word, place.word
    if place.kind == "STRING" and place.touching and place.before in (NAME, ")", "]"):
        prefix = left.lower() in ("r", "b", "f", "u", "rb", "br", "rf", "fr")
        if right[0] == "'" and not (prefix and right[1].isalnum()):
            return foreign.transpose(place)
        if place.before == NAME:
            return place.error("a string has no prefix", f"remove the {left}", place.before_span)
    span = (place.before_span[0], place.span[1])
    between = place.source.text[place.before_span[1] : place.span[0]]
    if "\n" in between and place.brackets and never_closed(place):
        return place.unclosed()
    if place.in_list and not (place.before == "NUMBER" and place.kind == NAME):
        message = f"a comma is missing between {quote(left)} and {quote(right)}"
        return place.error(message, f"write {left}, {right}", span)
    message = f"there is no operator between {quote(left)} and {quote(right)}"
    return place.error(message, _product_hint(place), span)


def never_closed(place: Place) -> bool:
    kinds = place.tokens.kinds
    return UNKNOWN not in kinds and place.brackets[-1] in open_brackets(kinds)


def _product_hint(place: Place) -> str | None:
    left, right = place.before_word, place.word
    if place.kind not in (NAME, "NUMBER") or place.before not in (NAME, "NUMBER", ")", "]"):
        return None
    if place.touching and place.before == "NUMBER" and right in ("i", "I"):
        return f"write {left}j for the imaginary unit, {left}*{right} for a product"
    if place.before == NAME and not place.touching:
        return f"write {left}*{right} for a product, {left}({right}) for a call"
    return f"write {'...' if left in ')]' else ''}{left}*{right}"


def _comma_or_colon(place: Place) -> DiffcliError | None:
    if place.kind == ",":
        if place.before in ("", "(", "[", ",", ";", NEWLINE):
            whole = place.before == "[" and place.in_subscript
            hint = "write : for all elements" if whole else "remove the ','"
            return place.error("something is missing before ','", hint)
        if not place.brackets and place.after_operand:
            hint = "write (a, b) for a tuple, [a, b] for an array"
            return place.error("a comma stands outside brackets", hint)
    if place.kind == ":":
        if place.in_subscript:
            return place.error("a slice has at most two ':'", "write start:stop:step")
        hint = "write x[a:b] for a slice, arange(a, b) for a range"
        return place.error("':' stands outside a subscript", hint)
    return None


def _missing_before(place: Place) -> DiffcliError | None:
    if place.kind == "=":
        return place.error("a name is missing before '='", None)
    if place.kind in ("*", "**") and place.in_call:
        hint = "write the arguments one by one"
        return place.error(f"'{place.kind}' cannot unpack arguments", hint)
    if place.kind in OPERATORS or place.kind == ".":
        return place.error(f"an operand is missing before '{place.kind}'", None)
    return None


_DETECTORS: tuple[Callable[[Place], DiffcliError | None], ...] = (
    _empty,
    foreign.character,
    _reserved,
    bad_number,
    foreign.operator,
    foreign.absolute_value,
    missing_operand,
    closing,
    unclosed,
    _equals,
    _if_without_else,
    no_operator,
    _comma_or_colon,
    _missing_before,
)
