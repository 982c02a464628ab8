"""The strings of programs: prefixes, triple quotes, escapes, and the pieces of f-strings."""

from __future__ import annotations

import re

from diffcli.errors import Span
from diffcli.syntax.ast import Literal
from diffcli.syntax.literals import ESCAPES, character
from diffcli.syntax.misuse import Misuse
from diffcli.syntax.program import Field

StringPiece = Literal | Field

_ESCAPE = re.compile(
    r"\\(?:[0-7]{1,3}|N\{[^}]*\}|x[0-9a-fA-F]{0,2}|u[0-9a-fA-F]{0,4}|U[0-9a-fA-F]{0,8}|\r\n|[\s\S])"
)
_LENGTHS = {"x": 4, "u": 6, "U": 10}


def read_quoted(word: str, span: Span) -> str:
    """The value of a STRING token of a program."""
    prefix = word[: re.search("['\"]", word).start()].lower()  # type: ignore[union-attr]
    if "b" in prefix:
        raise Misuse("bytes", span)
    start = len(prefix) + (3 if word[len(prefix) :].startswith(("'''", '"""')) else 1)
    text = word[start : len(prefix) - start]
    return text if "r" in prefix else unescape(text, span[0] + start)


def unescape(text: str, start: int) -> str:
    """`text`, which stands at `start`, with its escapes replaced as in Python.

    An escape that Python does not know stays as it is written. Raises Misuse for one that has too
    few digits or names no character.
    """
    if "\\" not in text:
        return text

    def replace(match: re.Match[str]) -> str:
        escape = match[0]
        letter = escape[1]
        if letter in ESCAPES:
            return ESCAPES[letter]
        if letter in "01234567":
            return chr(int(escape[1:], 8))
        if letter in _LENGTHS:
            found = character(escape[2:], _LENGTHS[letter] - 2)
        elif letter == "N":
            found = _named_character(escape[3:-1])
        else:
            return "" if letter == "\r" else escape
        if found is None:
            raise Misuse("bad-escape", (start + match.start(), start + match.end()))
        return found

    return _ESCAPE.sub(replace, text)


def _named_character(name: str) -> str | None:
    import unicodedata

    try:
        return unicodedata.lookup(name)
    except KeyError:
        return None


def join_pieces(pieces: list[StringPiece]) -> tuple[StringPiece, ...]:
    """The pieces with neighbouring literals joined and without empty ones."""
    joined: list[StringPiece] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if isinstance(piece, Literal) and isinstance(last, Literal):
            span = (last.span[0], piece.span[1])
            joined[-1] = Literal(f"{last.value}{piece.value}", span)
        elif isinstance(piece, Field) or piece.value:
            joined.append(piece)
    return tuple(joined)
