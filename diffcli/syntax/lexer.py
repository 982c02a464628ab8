"""Text -> tokens, by one regular expression made from the terminals of a parse table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from diffcli.syntax.tables import END, Table

if TYPE_CHECKING:
    from diffcli.errors import Span

NAME = "NAME"
NEWLINE = "_NEWLINE"
RESERVED = "reserved"
"""Kind of Python's keywords that the grammar has no use for: they are no names either."""
UNKNOWN = "unknown"
"""Kind of a character that begins no token, after which nothing is read, and of a name with one."""

CLOSING = {"(": ")", "[": "]", "{": "}"}
"""Opening bracket -> closing bracket."""

# fmt: off
KEYWORDS = (
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
)
# fmt: on


class Tokens:
    """Parallel lists: the kind of each token, its text, and its span. The last is `END`."""

    __slots__ = ("kinds", "spans", "words")

    def __init__(self, kinds: list[str], words: list[str], spans: list[Span]) -> None:
        self.kinds = kinds
        self.words = words
        self.spans = spans


class Lexer:
    """The tokeniser of one parse table. It never fails: it ends with what it cannot read."""

    __slots__ = ("kinds", "literals", "pattern")

    def __init__(self, table: Table) -> None:
        operators = "|".join(re.escape(word) for word in table.literals if not word.isalpha())
        groups = [(kind, regex) for kind, regex in table.terminals if kind not in table.ignored]
        groups += [("", operators), (END, r"\Z")]
        ignored = "|".join(regex for kind, regex in table.terminals if kind in table.ignored)
        matched = "|".join(f"({regex})" for _, regex in groups)
        # Single spaces are by far the most frequent, and the first star takes them fastest.
        # An unknown character takes the rest of the text with it: reading on behind a string that
        # is never closed would try to close it at every later quote.
        self.pattern = re.compile(rf" *(?:{ignored})*+(?:{matched}|([\s\S])[\s\S]*)")
        self.kinds = ["", *(kind for kind, _ in groups), UNKNOWN]
        self.literals = dict.fromkeys(KEYWORDS, RESERVED)
        self.literals.update((word, word) for word in table.literals)

    def tokens(self, text: str) -> Tokens:
        """All tokens of `text`. Line ends inside brackets are left out."""
        literal = self.literals.get
        group_kinds = self.kinds
        kinds: list[str] = []
        words: list[str] = []
        spans: list[Span] = []
        for match in self.pattern.finditer(text):
            group = match.lastindex or 0
            word = match[group]
            kinds.append(literal(word) or group_kinds[group])
            words.append(word)
            spans.append(match.span(group))
        if kinds[-2:] == [END, END]:  # the empty match after trailing space
            del kinds[-1], words[-1], spans[-1]
        tokens = Tokens(kinds, words, spans)
        if not text.isascii():
            self.read_names(tokens)
        if NEWLINE in kinds and ("(" in kinds or "[" in kinds or "{" in kinds):
            tokens = _without_inner_newlines(tokens)
        return tokens

    def read_names(self, tokens: Tokens) -> None:
        """Bring names that are not ASCII into their normal form."""
        kinds, words = tokens.kinds, tokens.words
        for index, kind in enumerate(kinds):
            if kind == NAME and not words[index].isascii():
                name = identifier(words[index])
                if name is None:
                    kinds[index] = UNKNOWN
                else:
                    words[index] = name
                    kinds[index] = self.literals.get(name, NAME)


def identifier(text: str) -> str | None:
    """The name that `text` spells, in Unicode normal form NFKC as in Python, or None.

    Different characters that look alike (the micro sign and the Greek letter) become one name.
    """
    if text.isascii():
        return text if text.isidentifier() else None
    if not text.isidentifier():
        return None
    import unicodedata

    return unicodedata.normalize("NFKC", text)


def _without_inner_newlines(tokens: Tokens) -> Tokens:
    kept = Tokens([], [], [])
    open_brackets = 0
    for kind, word, span in zip(tokens.kinds, tokens.words, tokens.spans, strict=True):
        if kind in ("(", "[", "{"):
            open_brackets += 1
        elif kind in (")", "]", "}"):
            open_brackets = max(0, open_brackets - 1)
        elif kind == NEWLINE and open_brackets:
            continue
        kept.kinds.append(kind)
        kept.words.append(word)
        kept.spans.append(span)
    return kept
