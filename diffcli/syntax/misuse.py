"""Texts that fit the rules and make no sense: raised by the builders, explained here."""

from __future__ import annotations

from collections.abc import Callable

from diffcli.errors import DiffcliError, Source, Span

_BASES = {
    "x": "hexadecimal digits are 0 to 9 and a to f",
    "o": "octal digits are 0 to 7",
    "b": "binary digits are 0 and 1",
}


class Misuse(Exception):
    """The rules fit but the text makes no sense: the reason and its places."""

    def __init__(self, reason: str, *spans: Span) -> None:
        super().__init__(reason)
        self.reason = reason
        self.spans = spans


def explain_misuse(source: Source, misuse: Misuse) -> DiffcliError:
    """The error for the reason of `misuse`."""
    words = [source.text[start:end] for start, end in misuse.spans]
    message, hint = _EXPLANATIONS[misuse.reason](*words)
    code = "limit" if misuse.reason == "long-number" else "syntax"
    return DiffcliError(code, message, span=misuse.spans[0], source=source, hint=short(hint))


def quote(word: str) -> str:
    """`word` in quotes for a message, shortened and with nothing that does not print."""
    word = word if len(word) <= 24 else word[:23] + "…"
    if word[:1] in ("'", '"') or not word.isprintable():
        return word if word.isprintable() else repr(word)
    return f"'{word}'"


def short(hint: str | None) -> str | None:
    """`hint`, or None where it repeats so much of the text that it helps nobody."""
    return hint if hint is None or len(hint) <= 100 else None


_Explanation = tuple[str, str | None]


def _call_number(function: str, call: str) -> _Explanation:
    return f"{quote(function)} is a number and cannot be called", _product(function, call)


def _call_other(function: str, call: str) -> _Explanation:
    return "only a function can be called", _product(function, call)


def _product(function: str, call: str) -> str:
    arguments = call[len(function) :].strip()
    if len(call) > 60 or not call.isprintable():
        return "write * between them for a product"
    return f"write {function}*{arguments}"


def _positional_late(argument: str, keyword: str) -> _Explanation:
    return "a positional argument stands after a keyword argument", f"put it before {keyword}="


def _keyword_twice(keyword: str) -> _Explanation:
    return f"the keyword argument {quote(keyword)} is given twice", "remove one"


def _bad_number(word: str) -> _Explanation:
    hint = _BASES.get(word[1:2].lower(), "single underscores stand between digits")
    return f"{quote(word)} is not a number", hint


def _leading_zero(word: str) -> _Explanation:
    return f"the number {quote(word)} has leading zeros", f"write {word.lstrip('0_')}"


def _long_number(word: str) -> _Explanation:
    return "the integer has more than 4000 digits", None


def _bad_escape(word: str) -> _Explanation:
    return f"{quote(word)} is not an escape", "write \\\\ for a backslash"


def _no_result(statement: str, name: str) -> _Explanation:
    message = f"the last statement assigns {quote(name)}, so there is no result"
    return message, f"end with an expression: add ; {name}"


_EXPLANATIONS: dict[str, Callable[..., _Explanation]] = {
    "bad-escape": _bad_escape,
    "bad-number": _bad_number,
    "call-number": _call_number,
    "call-other": _call_other,
    "keyword-twice": _keyword_twice,
    "leading-zero": _leading_zero,
    "long-number": _long_number,
    "no-result": _no_result,
    "positional-late": _positional_late,
}
