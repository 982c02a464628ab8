"""The tokens of a program: lines, indentation, and what an f-string is made of."""

from __future__ import annotations

from diffcli.syntax.fields import FSTRING, FieldReader
from diffcli.syntax.lexer import NAME, NEWLINE, Lexer, Tokens
from diffcli.syntax.tables import END

INDENT, DEDENT = "INDENT", "DEDENT"
BAD_DEDENT = "indentation of no block"
BAD_TABS = "tabs and spaces mixed"

AS_OPEN, AS_CLOSE = "AS_OPEN", "AS_CLOSE"
"""Kinds of the brackets around the items of a `with`."""

MATCH, CASE = "MATCH", "CASE"
"""Kinds of the names that begin a `match` and its cases; elsewhere they are names as others."""

_OPENING = ("(", "[", "{", AS_OPEN)
_CLOSED = (")", "]", "}", AS_CLOSE)
_TAB = 8


class ProgramLexer(Lexer):
    """The tokeniser of programs. Like that of expressions it never fails."""

    __slots__ = ()

    def tokens(self, text: str) -> Tokens:
        """All tokens of `text`: every line ends with a `_NEWLINE`, blocks are in INDENT, DEDENT."""
        tokens = self._scan(text)
        if not text.isascii():
            self.read_names(tokens)
        return _Layout(text, tokens).arranged()

    def _scan(self, text: str) -> Tokens:
        literal, group_kinds = self.literals.get, self.kinds
        tokens = Tokens([], [], [])
        kinds, words, spans = tokens.kinds, tokens.words, tokens.spans
        fields = FieldReader(self, text, tokens)
        position = 0
        while not kinds or kinds[-1] != END:
            for match in self.pattern.finditer(text, position):
                group = match.lastindex or 0
                word = match[group]
                kind = literal(word) or group_kinds[group]
                kinds.append(kind)
                words.append(word)
                spans.append(match.span(group))
                if kind == FSTRING:
                    position = fields.read(word, match.end())
                    break
        if kinds[-2:] == [END, END]:  # the empty match after trailing space
            del kinds[-1], words[-1], spans[-1]
        return tokens


class _Layout:
    """Makes the lines of a program out of its tokens."""

    def __init__(self, text: str, tokens: Tokens) -> None:
        self._text = text
        self._tokens = tokens
        self._out = Tokens([], [], [])
        self._columns = [(0, 0)]
        """Of the open blocks: the column with tabs of eight, and with tabs of one."""

    def arranged(self) -> Tokens:
        tokens, kinds = self._tokens, self._tokens.kinds
        copied = depth = 0
        if kinds[0] == NEWLINE:
            copied = 1
        if kinds[copied] != END:
            first = tokens.spans[copied][0]
            self._indent(self._text[self._text.rfind("\n", 0, first) + 1 : first], first)
        for index in range(copied, len(kinds)):
            kind = kinds[index]
            if kind in _OPENING:
                depth += 1
            elif kind in _CLOSED:
                depth = max(0, depth - 1)
            elif kind == NEWLINE:
                if depth:
                    self._copy(copied, index)
                else:
                    self._copy(copied, index + 1)
                    self._begin_line(index)
                copied = index + 1
            elif kind == "with" and not depth and kinds[index + 1] == "(":
                self._mark_items(index + 1)
        self._copy(copied, len(kinds) - 1)
        self._end(depth)
        if "match" in self._out.words:
            self._mark_matches()
        return self._out

    def _copy(self, start: int, stop: int) -> None:
        out, tokens = self._out, self._tokens
        out.kinds += tokens.kinds[start:stop]
        out.words += tokens.words[start:stop]
        out.spans += tokens.spans[start:stop]

    def _add(self, kind: str, word: str, start: int, end: int) -> None:
        self._out.kinds.append(kind)
        self._out.words.append(word)
        self._out.spans.append((start, end))

    def _begin_line(self, index: int) -> None:
        """Open or close blocks behind the line end at `index`."""
        if self._tokens.kinds[index + 1] != END:
            word, (start, end) = self._tokens.words[index], self._tokens.spans[index]
            self._indent(word[word.rfind("\n") + 1 :], end, start)

    def _indent(self, indentation: str, end: int, line_end: int | None = None) -> None:
        column, narrow = _columns(indentation)
        top, narrow_top = self._columns[-1]
        start = end - len(indentation)
        if column > top:
            self._add(INDENT, indentation, start, end)
            self._columns.append((column, narrow))
            if narrow <= narrow_top:
                self._out.kinds[-1] = BAD_TABS
            return
        while column < self._columns[-1][0]:
            self._columns.pop()
            # A block ends with its last line, not where the next line begins.
            self._add(DEDENT, "", line_end or start, line_end or start)
        if column != self._columns[-1][0]:
            self._add(BAD_DEDENT, indentation, start, end)
        elif narrow != self._columns[-1][1]:
            self._add(BAD_TABS, indentation, start, end)

    def _end(self, depth: int) -> None:
        """End the last line and all blocks."""
        end = self._tokens.spans[-1]
        last = self._out.kinds[-1] if self._out.kinds else NEWLINE
        if not depth:
            at = self._out.spans[-1][1 if last != NEWLINE else 0] if self._out.spans else 0
            if last != NEWLINE:
                self._add(NEWLINE, "", at, at)
            for _ in self._columns[1:]:
                self._add(DEDENT, "", at, at)
        self._add(END, "", *end)

    def _mark_matches(self) -> None:
        """Tell `match x:` with cases below it from the use of the name `match`."""
        kinds, words = self._out.kinds, self._out.words
        for index, word in enumerate(words):
            if word != "match" or kinds[index] != NAME or not _begins_line(kinds, index):
                continue
            end = kinds.index(NEWLINE, index) if NEWLINE in kinds[index:] else index
            if kinds[end - 1 : end + 3] != [":", NEWLINE, INDENT, NAME] or words[end + 2] != "case":
                continue
            kinds[index] = MATCH
            depth = 1
            for inner in range(end + 2, len(kinds)):
                depth += (kinds[inner] == INDENT) - (kinds[inner] == DEDENT)
                if not depth:
                    break
                if depth == 1 and words[inner] == "case" and _begins_line(kinds, inner):
                    kinds[inner] = CASE

    def _mark_items(self, opening: int) -> None:
        """Tell the brackets around the items of a `with` from those of a tuple.

        They are the items' if the colon follows them and a comma or `as` stands in them.
        """
        kinds = self._tokens.kinds
        depth, listed = 0, False
        for index in range(opening, len(kinds)):
            kind = kinds[index]
            if kind in _OPENING:
                depth += 1
            elif kind in _CLOSED:
                depth -= 1
                if not depth:
                    break
            elif depth == 1 and kind in (",", "as"):
                listed = True
            elif depth == 1 and (kind == ":=" or (kind == "*" and kinds[index - 1] in "(,")):
                return  # no item is like this, but an element of a tuple can be
        else:
            return
        if listed and kinds[index] == ")" and kinds[index + 1] == ":":
            kinds[opening], kinds[index] = AS_OPEN, AS_CLOSE


def _begins_line(kinds: list[str], index: int) -> bool:
    return not index or kinds[index - 1] in (NEWLINE, INDENT, DEDENT)


def _columns(indentation: str) -> tuple[int, int]:
    """How far the text is indented, with tabs of eight columns and with tabs of one."""
    indentation = indentation[indentation.rfind("\f") + 1 :]
    if "\t" not in indentation:
        return len(indentation), len(indentation)
    return len(indentation.expandtabs(_TAB)), len(indentation)
