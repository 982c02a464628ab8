"""The tokens of an f-string: text, and between braces the tokens of its fields (as in PEP 701)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from diffcli.syntax.lexer import NEWLINE, UNKNOWN
from diffcli.syntax.tables import END

if TYPE_CHECKING:
    from diffcli.syntax.lexer import Lexer, Tokens

FSTRING = "FSTRING"
"""Kind of the prefix and opening quote."""
FSTRING_END = "FSTRING_END"
FIELD_TEXT = "FIELD_TEXT"
"""Kind of the `=` that ends the expression of `{x=}`; its word is the text from the brace on."""

_TEXT = re.compile(r"[^{}\\'\"\n]+")
_SELF = re.compile(r"=\s*(?=[!:}])")


class _String:
    """An f-string, or the format of one of its fields, that is being read."""

    __slots__ = ("is_format", "quote", "raw", "start")

    def __init__(self, quote: str, raw: bool, start: int, is_format: bool) -> None:
        self.quote = quote
        self.raw = raw
        self.start = start
        self.is_format = is_format


class _Field:
    """A field that is being read: where it began, and how many brackets are open in it."""

    __slots__ = ("depth", "start", "string")

    def __init__(self, start: int, string: _String) -> None:
        self.start = start
        self.string = string
        self.depth = 0


class FieldReader:
    """Reads one f-string with all that is nested in it, without recursion."""

    __slots__ = ("_lexer", "_stack", "_text", "_tokens")

    def __init__(self, lexer: Lexer, text: str, tokens: Tokens) -> None:
        self._lexer = lexer
        self._text = text
        self._tokens = tokens
        self._stack: list[_String | _Field] = []

    def read(self, opening: str, position: int) -> int:
        """Add the tokens behind the FSTRING `opening`, which ends at `position`.

        Returns where the string ends: the end of the text if it is never closed.
        """
        self._open(opening, position)
        while self._stack:
            top = self._stack[-1]
            if isinstance(top, _String):
                position = self._read_string(top, position)
            else:
                position = self._read_token(top, position)
        return position

    def _open(self, opening: str, position: int) -> None:
        prefix = opening.rstrip("'\"")
        quote = opening[len(prefix) :]
        start = position - len(quote)
        self._stack.append(_String(quote, "r" in prefix.lower(), start, is_format=False))

    def _add(self, kind: str, word: str, start: int, end: int) -> None:
        self._tokens.kinds.append(kind)
        self._tokens.words.append(word)
        self._tokens.spans.append((start, end))

    def _fail(self, string: _String) -> int:
        """The string is never closed: the rest of the text cannot be read."""
        self._add(UNKNOWN, self._text[string.start :], string.start, len(self._text))
        self._stack.clear()
        return len(self._text)

    def _read_string(self, string: _String, start: int) -> int:
        """Text up to the next brace or to the end of the string, and that."""
        text, quote = self._text, string.quote
        position = start
        while True:
            plain = _TEXT.match(text, position)
            position = plain.end() if plain else position
            character = text[position : position + 1]
            if text.startswith(quote, position) or character in ("{", "}"):
                break
            if not character or (character == "\n" and len(quote) == 1):
                return self._fail(string)
            position += self._escape(string, position) if character == "\\" else 1
        doubled = not string.is_format and text[position : position + 2] in ("{{", "}}")
        end = position + doubled
        if end > start:
            kind = "RAW_TEXT" if string.raw else "TEXT"
            self._add(kind, text[start:end], start, end)
        if doubled:
            return end + 1
        if character == "{":
            self._add("{", "{", position, position + 1)
            self._stack.append(_Field(position + 1, string))
            return position + 1
        if character == "}":
            if string.is_format:
                return self._close_field(position)
            self._add("}", "}", position, position + 1)
            return position + 1
        if string.is_format:  # the quote ends the string although the field is open
            return self._fail(string)
        self._add(FSTRING_END, quote, position, position + len(quote))
        self._stack.pop()
        return position + len(quote)

    def _escape(self, string: _String, position: int) -> int:
        """The length of the escape at `position`. A brace after a backslash is a brace."""
        following = self._text[position + 1 : position + 3]
        if following == "N{" and not string.raw:
            return max(self._text.find("}", position) + 1 - position, 2)
        return 1 if following[:1] in ("{", "}", "") else 2

    def _close_field(self, position: int) -> int:
        self._add("}", "}", position, position + 1)
        if isinstance(self._stack.pop(), _String):
            self._stack.pop()
        return position + 1

    def _read_token(self, field: _Field, position: int) -> int:
        """One token of a field."""
        lexer = self._lexer
        match = lexer.pattern.match(self._text, position)
        assert match is not None  # the pattern matches everything
        group = match.lastindex or 0
        word, (start, end) = match[group], match.span(group)
        kind = lexer.literals.get(word) or lexer.kinds[group]
        if kind in (END, UNKNOWN):
            return self._fail(field.string)
        if kind == NEWLINE:
            return end
        if not field.depth and kind not in (")", "]"):
            if kind == "}":
                return self._close_field(start)
            if kind in (":", ":="):
                return self._open_format(field, start)
            itself = _SELF.match(self._text, start) if kind == "=" else None
            if itself:
                end = itself.end()
                kind, word = FIELD_TEXT, self._text[field.start : end]
        elif kind in (")", "]", "}"):
            field.depth -= 1
        if kind in ("(", "[", "{"):
            field.depth += 1
        self._add(kind, word, start, end)
        if kind == FSTRING:
            self._open(word, end)
        return end

    def _open_format(self, field: _Field, start: int) -> int:
        self._add(":", ":", start, start + 1)
        outer = field.string
        self._stack.append(_String(outer.quote, outer.raw, outer.start, is_format=True))
        return start + 1
