"""The place where parsing failed: the token that does not fit, and what stands around it."""

from __future__ import annotations

from diffcli.errors import DiffcliError, Source, Span
from diffcli.syntax.lexer import CLOSING, NAME, Tokens
from diffcli.syntax.misuse import short

OPERANDS = (NAME, "NUMBER", "STRING", "FSTRING_END", "True", "False", "None", "...")
CLOSED = (")", "]", "}")
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
ARITHMETIC = ("+", "-", "*", "/", "//", "%", "@", "**", "^", "&", "|")
OPERATORS = (*ARITHMETIC, *COMPARISONS, "~", "and", "or", "not", "if", "else", "=")
"""Tokens after which an operand is expected, brackets and separators aside."""


class Place:
    """The token that does not fit, and what stands around it."""

    def __init__(self, source: Source, tokens: Tokens, index: int) -> None:
        self.source = source
        self.tokens = tokens
        self.index = index
        self.kind = tokens.kinds[index]
        self.word = tokens.words[index]
        self.span = tokens.spans[index]
        # Before the first token stands nothing, which no detector takes for anything.
        self.before = tokens.kinds[index - 1] if index else ""
        self.before_word = tokens.words[index - 1] if index else ""
        self.before_span = tokens.spans[index - 1] if index else (0, 0)
        self.touching = bool(index) and self.before_span[1] == self.span[0]
        self.after_operand = self.before in OPERANDS or self.before in CLOSED
        self.brackets = open_brackets(tokens.kinds[:index])

    def error(self, message: str, hint: str | None, span: Span | None = None) -> DiffcliError:
        span = span or self.span
        return DiffcliError("syntax", message, span=span, source=self.source, hint=short(hint))

    @property
    def bracket(self) -> str:
        """The innermost bracket that is open here, or nothing."""
        return self.tokens.kinds[self.brackets[-1]] if self.brackets else ""

    @property
    def in_call(self) -> bool:
        return self.bracket == "(" and self._applied

    @property
    def in_subscript(self) -> bool:
        return self.bracket == "[" and self._applied

    @property
    def in_list(self) -> bool:
        """Whether commas separate things here: in a call, a subscript or a list."""
        return self.bracket == "[" or self.in_call

    @property
    def _applied(self) -> bool:
        opening = self.brackets[-1]
        return opening > 0 and self.tokens.kinds[opening - 1] in (NAME, ")", "]")

    def unclosed(self) -> DiffcliError:
        opening = self.brackets[-1]
        word = self.tokens.kinds[opening]
        return self.error(
            f"the bracket '{word}' is never closed",
            f"add '{CLOSING[word]}'",
            self.tokens.spans[opening],
        )


def open_brackets(kinds: list[str]) -> list[int]:
    """Indices of the brackets that are open after tokens of these kinds."""
    stack: list[int] = []
    for index, kind in enumerate(kinds):
        if kind in CLOSING:
            stack.append(index)
        elif kind in CLOSED and stack:
            stack.pop()
    return stack
