"""Notation of mathematics and of other languages: what to write instead."""

from __future__ import annotations

from diffcli.errors import DiffcliError
from diffcli.syntax.lexer import UNKNOWN, Tokens
from diffcli.syntax.place import ARITHMETIC, OPERATORS, Place

_MULTIPLY = "write * to multiply"
_DIVIDE = "write / to divide"
_MINUS = "write - (the minus of the keyboard)"
_QUOTE = "write the quotes ' or \" of the keyboard"

_REPAIRS = {
    **dict.fromkeys("×·⋅∙∗•⊙✕✖", _MULTIPLY),
    **dict.fromkeys("÷∕⁄", _DIVIDE),
    **dict.fromkeys("−–—‐‑﹣－", _MINUS),
    **dict.fromkeys("“”„‘’‚«»´", _QUOTE),
    "`": "remove it",
    "√": "write sqrt(x)",
    "∛": "write cbrt(x)",
    "∞": "write inf",
    "≤": "write <=",
    "≥": "write >=",
    "≠": "write !=",
    "≈": "write isclose(a, b)",
    "∧": "write and",
    "∨": "write or",
    "¬": "write not",
    "∑": "write sum(x)",
    "∏": "write prod(x)",
    "‖": "write norm(x)",
    "⊗": "write kron(a, b)",
    "°": "write *pi/180 for degrees",
    "…": "write ...",
    "±": "the uncertainty of a variable goes into its binding, as in x=1±0.1",
    "∂": "write the function only; the command says which derivative is taken",
    "∇": "write the function only; the command says which derivative is taken",
    "{": "write [...] for an array, (...) for grouping",
    "}": "write [...] for an array, (...) for grouping",
    "$": "write names without $",
    "?": "write A if CONDITION else B",
    "\\": "remove it",
}

_PAIRS = {
    "&&": "write and",
    "||": "write or",
    "===": "write ==",
    "!==": "write !=",
    "<>": "write !=",
    "~=": "write !=",
    "=<": "write <=",
    "=>": "write >=",
    ":=": "write a statement of its own: NAME = VALUE; ...",
    "<<": "write x * 2**n",
    ">>": "write x // 2**n",
    "->": None,
    ".*": "write *, which works element by element",
    "./": "write /, which works element by element",
    ".^": "write **, which works element by element",
    ".**": "write **, which works element by element",
}
"""Operators of other languages, which are read as two here -> what to write."""

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_OPERAND_KINDS = ("NAME", "NUMBER", ")", "]")


def character(place: Place) -> DiffcliError | None:
    """A character that begins no token and belongs to no name."""
    if place.kind != UNKNOWN:
        return None
    text, start = place.source.text, place.span[0]
    if len(place.word) > 1:  # a name: find the character that cannot be in one
        start += next(i for i in range(len(place.word)) if not place.word[: i + 1].isidentifier())
    found = text[start]
    before = _operand_before(text, place.tokens, place.index, start)
    if found in "'’′" and before:
        return _transpose(place, before, start)
    if found in "'\"":
        end = text.find("\n", start)
        span = (start, len(text) if end < 0 else end)
        return place.error("the string is never closed", f"add {found} where it ends", span)
    end, hint = _repair(text, start, before)
    if found == "\\" and place.after_operand:
        hint = "write solve(A, b) for A\\b"
    return place.error(f"the character {_spell(found)} has no meaning here", hint, (start, end))


def transpose(place: Place) -> DiffcliError:
    """The error for a quote right after an operand, which began a string: `x' * y'`."""
    start = place.span[0]
    before = _operand_before(place.source.text, place.tokens, place.index, start)
    return _transpose(place, before, start)


def _transpose(place: Place, before: str, start: int) -> DiffcliError:
    hint = f"write {before}.T for the transpose"
    return place.error("a quote does not transpose", hint, (start, start + 1))


def _operand_before(text: str, tokens: Tokens, index: int, start: int) -> str:
    """The name, number or closing bracket right before the offset `start`, or nothing."""
    token_start = tokens.spans[index][0]
    if start > token_start:
        return text[token_start:start]
    if not index or tokens.spans[index - 1][1] != start:
        return ""
    if tokens.kinds[index - 1] not in _OPERAND_KINDS:
        return ""
    first = index - 1
    while first > 1 and tokens.kinds[first - 2 : first] == ["NAME", "."]:
        first -= 2
    return text[tokens.spans[first][0] : start]


def _repair(text: str, start: int, before: str) -> tuple[int, str | None]:
    """Where the bad characters end, and what to write instead of them."""
    character = text[start]
    if character.translate(_SUPERSCRIPTS) != character:
        end = start + 1
        while end < len(text) and text[end].translate(_SUPERSCRIPTS) != text[end]:
            end += 1
        return end, f"write {before}**{text[start:end].translate(_SUPERSCRIPTS)}"
    if character == "!":
        return start + 1, f"write factorial({before})" if before.isalnum() else "write not"
    if character in _REPAIRS:
        return start + 1, _REPAIRS[character]
    if character.isnumeric():
        import unicodedata

        plain = unicodedata.normalize("NFKC", character).replace("⁄", "/")
        if plain.isdecimal():
            return start + 1, f"write {before}{plain}"
        if plain.isascii():
            return start + 1, f"write ({plain})"
    return start + 1, None


def _spell(character: str) -> str:
    """The character in quotes, with its Unicode name where it is not an everyday one."""
    if not character.isprintable():
        return f"U+{ord(character):04X}"
    if character.isascii() or character in _REPAIRS:
        return f"'{character}'"
    import unicodedata

    name = unicodedata.name(character, f"U+{ord(character):04X}")
    return f"'{character}' ({name.lower()})"


def operator(place: Place) -> DiffcliError | None:
    """An operator of another language, which was read as two."""
    pair, span = place.before_word + place.word, (place.before_span[0], place.span[1])
    following = place.index + 1
    if place.kind in (":", "~") and place.tokens.kinds[following] == "=":
        pair = f"{place.kind}="
        span = (place.span[0], place.tokens.spans[following][1])
    elif not place.touching or place.before not in (*OPERATORS, "."):
        return None
    if pair in _PAIRS:
        return place.error(f"'{pair}' is not an operator of the language", _PAIRS[pair], span)
    if place.kind == "=" and place.before in ARITHMETIC:
        target = place.tokens.words[place.index - 2] if place.index > 1 else "x"
        hint = f"write {target} = {target} {place.before} ..."
        return place.error(f"'{pair}' is not an operator of the language", hint, span)
    return None


def absolute_value(place: Place) -> DiffcliError | None:
    """Bars around an operand."""
    if place.kind != "|" or place.after_operand:
        return None
    rest = range(place.index + 1, len(place.tokens.kinds))
    bars = [i for i in rest if place.tokens.kinds[i] == "|"][:3]
    function = "abs"
    opening = place.index
    if bars and bars[0] == opening + 1:
        function, opening, bars = "norm", bars[0], bars[1:]
    inner = "x"
    if bars:
        inner = place.source.text[place.tokens.spans[opening][1] : place.tokens.spans[bars[0]][0]]
    inner = inner.strip() or "x"
    return place.error("'|' does not bracket an operand", f"write {function}({inner})")
