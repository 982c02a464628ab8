"""The parser: a shift-reduce loop over the tables that Lark made, without recursion."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from diffcli.errors import DiffcliError, Source, Span
from diffcli.limits import uncollected
from diffcli.syntax.ast import Assign, Block
from diffcli.syntax.build import EXPRESSION, Builder
from diffcli.syntax.lexer import Lexer, Tokens
from diffcli.syntax.misuse import Misuse, explain_misuse
from diffcli.syntax.tables import Table, load_table

if TYPE_CHECKING:
    from diffcli.syntax.program import Module

MAX_TEXT = 4_000_000
"""Longest text in characters."""


class SyntaxFailure(Exception):
    """No rule fits: the index of the token that cannot stand where it stands."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


class Parser:
    """A parse table with its lexer and its builders. May be used by several threads."""

    __slots__ = ("_gotos", "_rows", "_rules", "lexer")

    def __init__(self, table: Table, builders: dict[str, Builder], lexer: type[Lexer]) -> None:
        self.lexer = lexer(table)
        self._rows = table.rows
        self._rules = [
            (length, origin, builders[name] if name else None)
            for length, origin, name in table.rules
        ]
        self._gotos: dict[tuple[int, str, str], int] = {}

    def parse(self, tokens: Tokens) -> Any:
        """The value of the start symbol.

        Raises SyntaxFailure where the grammar does not fit, Misuse where a builder refuses.
        """
        rows, rules, gotos = self._rows, self._rules, self._gotos
        states, values, spans = [0], list[Any](), list[Span]()
        row = rows[0]
        for kind, word, token_span in zip(tokens.kinds, tokens.words, tokens.spans, strict=True):
            while (action := row.get(kind, 0)) < 0:
                length, origin, build = rules[-action]
                if length == 1:
                    span = spans[-1]
                elif length:
                    span = (spans[-length][0], spans[-1][1])
                else:
                    span = (token_span[0], token_span[0])
                value = build(values, spans, span) if build else values[-1]
                if length:
                    del states[-length:], values[-length:], spans[-length:]
                values.append(value)
                spans.append(span)
                top = states[-1]
                key = (top, origin, kind)
                state = gotos.get(key) or self._goto(key)
                states.append(state)
                row = rows[state]
            if not action:
                # Tokens without text may have equal spans, so the very object is looked for.
                index = next(i for i, span in enumerate(tokens.spans) if span is token_span)
                raise SyntaxFailure(index)
            states.append(action)
            values.append(word)
            spans.append(token_span)
            row = rows[action]
        return values[0]

    def _goto(self, key: tuple[int, str, str]) -> int:
        """The state after reducing to `origin` on top of `top`, before a token of `kind`.

        Rules that only hand a value on, one for each level of precedence, are passed through here
        and remembered, so that an operand does not climb all levels every time.
        """
        top, origin, kind = key
        row = self._rows[top]
        while True:
            state = row[origin]
            action = self._rows[state].get(kind, 0)
            if action >= 0:
                break
            _, parent, build = self._rules[-action]
            if build is not None:
                break
            origin = parent
        self._gotos[key] = state
        return state


@cache
def expression_parser() -> Parser:
    """The parser of `expression.lark`."""
    return Parser(load_table("expression"), EXPRESSION, Lexer)


@cache
def program_parser() -> Parser:
    """The parser of `program.lark`."""
    from diffcli.syntax.build_program import PROGRAM
    from diffcli.syntax.layout import ProgramLexer

    return Parser(load_table("program"), PROGRAM, ProgramLexer)


def parse_expression(source: Source) -> Block:
    """The syntax tree of an expression text.

    Raises DiffcliError: `syntax` with the place and the repair, `limit` if the text is too long.
    """
    _check_length(source)
    parser = expression_parser()
    tokens = parser.lexer.tokens(source.text)
    try:
        with uncollected():
            statements = parser.parse(tokens)
        if isinstance(statements[-1], Assign):
            raise Misuse("no-result", statements[-1].span, statements[-1].name_span)
    except SyntaxFailure as failure:
        from diffcli.syntax.mistakes import explain

        raise explain(source, tokens, failure.index) from None
    except Misuse as misuse:
        raise explain_misuse(source, misuse) from None
    span = (statements[0].span[0], statements[-1].span[1])
    return Block(tuple(statements), source, span)


def parse_program(source: Source) -> Module:
    """The syntax tree of a program.

    Raises DiffcliError: `syntax` with the place and the repair, `limit` if the text is too long.
    """
    from diffcli.syntax.program import Module
    from diffcli.syntax.scopes import check_scopes, check_yields

    _check_length(source)
    parser = program_parser()
    try:
        with uncollected():
            tokens = parser.lexer.tokens(source.text)
            statements = tuple(parser.parse(tokens))
            check_scopes(statements)
            if "yield" in tokens.kinds:
                check_yields(statements)
    except SyntaxFailure as failure:
        from diffcli.syntax.program_mistakes import explain_program

        raise explain_program(source, tokens, failure.index) from None
    except Misuse as misuse:
        from diffcli.syntax.program_misuse import explain_program_misuse

        raise explain_program_misuse(source, misuse) from None
    return Module(statements, source, (0, len(source.text)))


def _check_length(source: Source) -> None:
    if len(source.text) > MAX_TEXT:
        raise DiffcliError(
            "limit",
            f"the text has {len(source.text)} characters, and at most {MAX_TEXT} are allowed",
            source=source,
        )
