"""The values of number and string tokens, read as Python reads them."""

from __future__ import annotations

import sys

from diffcli.errors import Span
from diffcli.syntax.misuse import Misuse

MAX_DIGITS = 4000
"""Integers have at most this many decimal digits; Python refuses to print longer ones."""

ESCAPES = {"\n": "", "\\": "\\", "'": "'", '"': '"', "a": "\a", "b": "\b", "f": "\f", "n": "\n"}
ESCAPES |= {"r": "\r", "t": "\t", "v": "\v"}
"""What follows a backslash -> what the two stand for."""

_HEX_DIGITS = "0123456789abcdefABCDEF"
_HEX_ESCAPES = {"x": 2, "u": 4, "U": 8}


def read_number(word: str, span: Span) -> int | float | complex:
    """The value of a NUMBER token, which is read as Python reads it."""
    try:
        if word[:2].lower() in ("0x", "0b", "0o"):
            return _checked_length(int(word, 0), span)
        if word[-1] in "jJ":
            return complex(word)
        if "." in word or "e" in word or "E" in word:
            return float(word)
        if len(word) > MAX_DIGITS:
            raise Misuse("long-number", span)
        value = int(word)
    except ValueError:
        raise Misuse("bad-number", span) from None
    if value and word[0] == "0":
        raise Misuse("leading-zero", span)
    return value


def _checked_length(value: int, span: Span) -> int:
    if value.bit_length() > MAX_DIGITS * 3.3219:  # bits in a decimal digit
        raise Misuse("long-number", span)
    return value


def read_string(word: str, span: Span) -> str:
    """The value of a STRING token: the text between its quotes with escapes replaced."""
    head, *rest = word[1:-1].split("\\")
    if not rest:
        return head
    pieces = [head]
    offset = span[0] + 1 + len(head)
    escaped = iter(rest)
    for piece in escaped:
        letter = piece[:1] or "\\"
        if not piece:  # an escaped backslash: what follows it is plain text
            piece = "\\" + next(escaped)
        length = 1 + _HEX_ESCAPES.get(letter, 0)
        known = ESCAPES.get(letter)
        if known is None:
            known = character(piece[1:length], length - 1)
        if known is None:
            raise Misuse("bad-escape", (offset, offset + 1 + len(letter)))
        pieces.append(known)
        pieces.append(piece[length:])
        offset += 1 + len(piece)
    return "".join(pieces)


def character(digits: str, length: int) -> str | None:
    """The character whose number is `digits`, or None if they are too few or name none."""
    if not length or len(digits) != length or digits.strip(_HEX_DIGITS):
        return None
    number = int(digits, 16)
    return chr(number) if number <= sys.maxunicode else None
