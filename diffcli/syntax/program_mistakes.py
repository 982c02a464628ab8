"""Why a text is not a program, in the user's words. Loaded only when parsing has failed.

Works as `mistakes` does for expressions, whose detectors are asked after those of statements.
"""

from __future__ import annotations

from collections.abc import Callable

from diffcli.errors import DiffcliError, Source
from diffcli.syntax import foreign
from diffcli.syntax.layout import BAD_DEDENT, BAD_TABS, DEDENT, INDENT
from diffcli.syntax.lexer import CLOSING, KEYWORDS, NAME, NEWLINE, RESERVED, UNKNOWN, Tokens
from diffcli.syntax.mistakes import bad_number, closing, missing_operand, never_closed, no_operator
from diffcli.syntax.misuse import quote
from diffcli.syntax.place import CLOSED, OPERANDS, Place
from diffcli.syntax.tables import END

_CONDITIONS = ("if", "elif", "while")
_COMPOUND = (*_CONDITIONS, "else", "for", "def", "class", "with", "try", "except", "finally")
_LATER = ("else", "elif", "except", "finally")
_SIMPLE = ("pass", "break", "continue", "return", "raise", "assert", "del", "global", "nonlocal")
_STATEMENTS = (*_COMPOUND, *_SIMPLE, "import")
_BREAKS = (NEWLINE, INDENT, DEDENT)
_VALUES = ("True", "False", "None", "not", "lambda")

_UNSUPPORTED = {
    "async": "write it without async",
    "await": "write it without await",
}
_DECLARATIONS = ("var", "let", "const", "int", "float", "double", "auto", "val")


def explain_program(source: Source, tokens: Tokens, index: int) -> DiffcliError:
    """The error for a text that the grammar does not fit from token `index` on."""
    place = Place(source, tokens, index)
    for detector in _DETECTORS:
        error = detector(place)
        if error is not None:
            return error
    what = {NEWLINE: "the line ends too early", END: "the program ends too early"}
    return place.error(what.get(place.kind) or f"{quote(place.word)} is unexpected here", None)


def _line_start(place: Place) -> int:
    """Index of the first token of the line that the place is in."""
    start = place.index
    while start and place.tokens.kinds[start - 1] not in _BREAKS:
        start -= 1
    return start


def _line_number(place: Place, index: int) -> int:
    return place.source.position(place.tokens.spans[index][0])[0]


# Detectors, in the order in which they are asked


def _block(place: Place) -> DiffcliError | None:
    """A block is missing after a line that ends with a colon."""
    kinds = place.tokens.kinds
    if place.before != NEWLINE or kinds[place.index - 2] != ":" or place.kind == INDENT:
        return None
    start = place.index - 2
    while start and kinds[start - 1] not in _BREAKS:
        start -= 1
    line = _line_number(place, start)
    message = f"the block of {quote(kinds[start])} in line {line} is missing"
    hint = "indent the lines that belong to it, or write pass"
    end = place.tokens.spans[place.index - 2][1]
    return place.error(message, hint, place.span if place.word else (end, end))


def _indentation(place: Place) -> DiffcliError | None:
    if place.kind == BAD_TABS:
        return place.error("the indentation mixes tabs and spaces", "indent with spaces only")
    if place.kind == BAD_DEDENT:
        hint = "indent the line as the one that its block begins with"
        return place.error("the indentation fits no line above", hint)
    if place.kind == INDENT:
        return place.error("the line is indented for no reason", "remove the spaces before it")
    return None


def _string(place: Place) -> DiffcliError | None:
    """A quote that is never closed."""
    text, start = place.source.text, place.span[0]
    if place.kind != UNKNOWN or text[start] not in "'\"":
        return None
    if place.before == NAME and place.touching and len(place.before_word) > 2:
        return None
    quotes = text[start : start + 3]
    if quotes in ("'''", '"""'):
        return place.error("the string is never closed", f"add {quotes}", (start, start + 3))
    end = text.find("\n", start)
    span = (start, len(text) if end < 0 else end)
    return place.error("the string is never closed", f"add {text[start]} where it ends", span)


def _field(place: Place) -> DiffcliError | None:
    """Braces in an f-string."""
    if place.kind != "}":
        return None
    if place.before in ("FSTRING", "TEXT", "RAW_TEXT"):
        return place.error("a '}' stands alone in an f-string", "write }} for a brace")
    if place.before == "{" and place.tokens.kinds[place.index - 2] in (
        *("FSTRING", "TEXT", "RAW_TEXT", "}"),
    ):
        return place.error("the field of the f-string is empty", "write {{}} for braces")
    return None


def _other_statement(place: Place) -> DiffcliError | None:
    """Statements that Python has or had, and those of other languages."""
    kinds, words = place.tokens.kinds, place.tokens.words
    start = _line_start(place)
    first = words[start]
    if place.kind == RESERVED:
        return place.error(f"{place.word!r} is not supported", _UNSUPPORTED.get(place.word))
    if place.before == "except" and place.kind == "*":
        return place.error("'except*' is not supported", "write except")
    if place.kind == "if" and place.before == "else":
        span = (place.before_span[0], place.span[1])
        return place.error("'else if' is written in one word", "write elif", span)
    if place.index != start + 1 or kinds[start] != NAME:
        return None
    span = place.before_span
    if first in ("elseif", "elsif"):
        return place.error(f"{first!r} is not a statement", "write elif", span)
    if not (place.kind in OPERANDS or place.kind in ("FSTRING", "lambda", "not")):
        return None
    if first in ("print", "exec"):
        end = next(i for i in range(start, len(kinds)) if kinds[i] in (NEWLINE, END, ";", UNKNOWN))
        rest = place.source.text[place.span[0] : place.tokens.spans[end - 1][1]]
        return place.error(f"{first!r} is a function", f"write {first}({rest})", span)
    if first in ("match", "case"):
        hint = "write case PATTERN: in the lines below match VALUE:"
        return place.error(f"this {first!r} has no cases or no ':'", hint, span)
    if first == "switch":
        return place.error(f"{first!r} is not supported", "write if ... elif ... else", span)
    if first in _DECLARATIONS:
        hint = f"write {place.word} = ..."
        return place.error("a variable is not declared before it is assigned to", hint, span)
    if first in ("function", "func", "fn"):
        return place.error(f"{first!r} is not a statement", f"write def {place.word}(...):", span)
    return None


def _keyword_as_name(place: Place) -> DiffcliError | None:
    following = place.tokens.kinds[place.index + 1 : place.index + 2]
    word, span = place.word, place.span
    if place.kind in ("=", ".") and place.before in KEYWORDS and place.before not in _VALUES[:3]:
        word, span = place.before_word, place.before_span
        if word in ("return", "not", "and", "or", "in", "is"):
            return None
    else:
        argument = following == ["="] and place.before in ("(", ",", NEWLINE, "")
        named = place.before in (".", "def", "class", "import", "as", "global", "nonlocal")
        if place.kind not in KEYWORDS or not (argument or named):
            return None
    hint = f"choose another name, such as {word}_"
    return place.error(f"{word!r} is a reserved word and cannot be a name", hint, span)


def _never_closed(place: Place) -> DiffcliError | None:
    """A bracket that is open to the end, seen where a later line does not fit into it."""
    if not place.brackets or not never_closed(place):
        return None
    opening = place.brackets[-1]
    later = _line_number(place, place.index) > _line_number(place, opening)
    if later or place.kind in (END, ":", ";"):
        return place.unclosed()
    return None


def _later_part(place: Place) -> DiffcliError | None:
    if place.kind not in _LATER or place.before not in ("", *_BREAKS):
        return None
    owner = "if" if place.kind in ("else", "elif") else "try"
    hint = f"indent it as its '{owner}', and put nothing between them"
    return place.error(f"there is no '{owner}' before this '{place.kind}'", hint)


def _equals(place: Place) -> DiffcliError | None:
    first = place.tokens.kinds[_line_start(place)]
    if place.kind == ":=":
        return place.error("':=' stands only inside brackets", "write =")
    if place.kind != "=" or not (place.after_operand or place.before in ("]", ")")):
        return None
    if place.brackets:
        hint = "write == to compare"
        if place.in_call:
            hint += ", NAME=VALUE for a keyword argument"
        return place.error("'=' does not compare", hint)
    if first in (*_CONDITIONS, "assert", "return"):
        return place.error("'=' does not compare", "write == to compare")
    return None


def _colon(place: Place) -> DiffcliError | None:
    """A colon that is missing, or one that means nothing."""
    if place.kind == "!":
        return place.error("'!' is not an operator of the language", "write not")
    kinds = place.tokens.kinds
    start = _line_start(place)
    first = kinds[start]
    if first == "for" and "in" not in kinds[start : place.index]:
        return place.error("the 'in' of 'for' is missing", "write for NAME in VALUES:")
    if first in _CONDITIONS and place.index == start + 1 and place.kind in (":", NEWLINE):
        return place.error(f"the condition of '{first}' is missing", f"write {first} CONDITION:")
    if first == "def" and place.index == start + 2:
        name = place.before_word
        return place.error("the brackets of the function are missing", f"write def {name}():")
    if first in _COMPOUND and not place.brackets and ":" not in kinds[start : place.index]:
        ended = place.after_operand or place.before in ("else", "try", "finally", "except")
        if ended and (place.kind == NEWLINE or place.before in ("else", "try", "finally")):
            end = place.before_span[1]
            return place.error(f"the ':' of '{first}' is missing", "add ':'", (end, end))
        if ended and (place.kind in OPERANDS or place.kind in _SIMPLE):
            return place.error(f"the ':' of '{first}' is missing", f"add ':' before {place.word}")
    if first == "except" and place.kind == ",":
        hint = "write except (A, B):"
        return place.error("several classes after 'except' need brackets", hint)
    if place.kind == ":" and not place.brackets:
        hint = "lines with a block begin with if, for, while, def, class, with or try"
        return place.error("this line has no block, so it has no ':'", hint)
    return None


def _statement_inside(place: Place) -> DiffcliError | None:
    if place.kind not in (*_STATEMENTS, "from") or place.before in ("", ";", *_BREAKS):
        return None
    if place.after_operand and place.kind in (*_SIMPLE, "import"):
        hint = "write it on a line of its own"
        return place.error(f"the statement '{place.kind}' stands behind another one", hint)
    if place.kind == "else":
        return place.error("there is no 'if' before this 'else'", "write A if CONDITION else B")
    return place.error(f"'{place.kind}' cannot stand in an expression", None)


def _increment(place: Place) -> DiffcliError | None:
    before = place.tokens.kinds[max(0, place.index - 3) : place.index]
    if place.kind in (NEWLINE, END, ";") and before in ([NAME, "+", "+"], [NAME, "-", "-"]):
        name, sign = place.tokens.words[place.index - 3], place.before
        span = (place.tokens.spans[place.index - 2][0], place.before_span[1])
        message = f"'{sign}{sign}' is not an operator of the language"
        return place.error(message, f"write {name} {sign}= 1", span)
    return None


def _if_without_else(place: Place) -> DiffcliError | None:
    kinds = place.tokens.kinds[_line_start(place) : place.index]
    if "if" in kinds[1:] and place.after_operand and place.kind in (NEWLINE, *CLOSED, ",", ";"):
        return place.error("the conditional has no 'else'", "write A if CONDITION else B")
    return None


def _comma(place: Place) -> DiffcliError | None:
    if place.kind == "," and place.before in ("", *CLOSING, ",", "=", *_BREAKS):
        return place.error("something is missing before ','", "remove the ','")
    return None


_DETECTORS: tuple[Callable[[Place], DiffcliError | None], ...] = (
    _block,
    _indentation,
    _string,
    foreign.character,
    _field,
    _other_statement,
    _keyword_as_name,
    bad_number,
    foreign.operator,
    closing,
    _never_closed,
    _later_part,
    _equals,
    _increment,
    _colon,
    _statement_inside,
    missing_operand,
    _if_without_else,
    no_operator,
    _comma,
)
