"""Characters and the columns they take on a terminal."""

from __future__ import annotations

TAB = "    "


def shown(character: str) -> tuple[str, int]:
    """What stands for a character in output, and the columns that it takes."""
    if " " <= character <= "~":
        return character, 1
    if character == "\t":
        return TAB, len(TAB)
    from unicodedata import category, combining, east_asian_width

    kind = category(character)
    if kind in ("Cc", "Cs", "Cf", "Zl", "Zp"):
        return "\ufffd", 1
    if combining(character) or kind in ("Mn", "Me"):
        return character, 0
    return character, 2 if east_asian_width(character) in "WF" else 1


def display_width(text: str) -> int:
    """The columns that `text` takes."""
    if text.isascii():
        return len(text)
    return sum(shown(character)[1] for character in text)


def printable(text: str) -> str:
    """`text` with control characters replaced, so that no input can steer the terminal."""
    if text.isprintable():
        return text
    return "".join(c if c == "\n" else shown(c)[0] for c in text)
