"""Why a text is not a program, in the user's words. Loaded only when parsing has failed."""

from __future__ import annotations

from diffcli.errors import DiffcliError, Source
from diffcli.syntax.lexer import Tokens
from diffcli.syntax.misuse import quote
from diffcli.syntax.place import Place


def explain_program(source: Source, tokens: Tokens, index: int) -> DiffcliError:
    """The error for a text that the grammar does not fit from token `index` on."""
    place = Place(source, tokens, index)
    return place.error(f"{quote(place.word)} is unexpected here", None)
