"""Programs that fit the rules and make no sense, explained. Loaded only when one was met."""

from __future__ import annotations

from diffcli.errors import DiffcliError, Source
from diffcli.syntax.misuse import Misuse, explain_misuse, quote, short


def explain_program_misuse(source: Source, misuse: Misuse) -> DiffcliError:
    """The error for the reason of `misuse`."""
    sentence = _SENTENCES.get(misuse.reason)
    if sentence is None:
        return explain_misuse(source, misuse)
    texts = [source.text[start:end] for start, end in misuse.spans]
    message, hint = sentence
    message = message.format(*map(quote, texts))
    hint = short(hint.format(*texts)) if hint else None
    return DiffcliError("syntax", message, span=misuse.spans[0], source=source, hint=hint)


_SENTENCES: dict[str, tuple[str, str | None]] = {
    "annotated-list": ("an annotation belongs to one name", "annotate the names one by one"),
    "argument-late": ("the argument {0} stands after {1}", "put it before {1}"),
    "augmented-list": ("several targets cannot be changed in place", "change them one by one"),
    "break-outside": ("'break' stands outside a loop", "use it inside for or while"),
    "bytes": ("bytes are not part of the language", "remove the b before the quote"),
    "class-keyword": ("a class has bases only, and {0} is no base", "remove it"),
    "continue-outside": ("'continue' stands outside a loop", "use it inside for or while"),
    "conversion": ("{0} is not a conversion", "write !r, !s or !a"),
    "default-missing": (
        "the parameter {0} without a default follows {1}, which has one",
        "give {0} a default, or put it before {1}",
    ),
    "except-all-first": ("an 'except' without a class must be the last", "put it last"),
    "generator-bare": (
        "a generator that is not the only argument needs brackets",
        "write ({0})",
    ),
    "global-late": (
        "the name {0} is used before it is declared",
        "put the declaration at the beginning of the function",
    ),
    "global-parameter": ("{0} is a parameter and cannot be declared", "choose another name"),
    "import-all": ("'import *' stands only outside functions and classes", "import the names"),
    "nonlocal-missing": ("no function around this one has a variable {0}", "assign to it there"),
    "nonlocal-outside": ("'nonlocal' stands outside a function", "use it inside a function"),
    "not-a-pattern": ("{0} is no pattern", "write case NAME if CONDITION: to compare"),
    "not-a-target": ("{0} cannot be assigned to", "write == to compare"),
    "not-deletable": ("{0} cannot be deleted", "del takes names, x[i] and x.name"),
    "parameter-after-keywords": ("a parameter stands after **", "put ** last"),
    "parameter-twice": ("the parameter {0} is there twice", "choose another name"),
    "return-outside": ("'return' stands outside a function", "use it inside def"),
    "slash-place": ("'/' stands once, after a parameter and before any *", None),
    "star-last": ("a parameter is missing after '*'", "remove the *, or add a name after it"),
    "star-twice": ("a function has one '*' parameter", "remove one"),
    "starred-alone": ("{0} stands for several values here", "write ({0},) for a tuple"),
    "starred-target": ("a starred target stands in a list or tuple", "write {0}, = ..."),
    "starred-twice": ("only one target can be starred", "remove one *"),
    "yield-comprehension": ("{0} stands inside a comprehension", "write a loop"),
    "yield-outside": ("{0} stands outside a function", "use it inside def"),
}
"""Reason -> message, with the texts of the places in quotes, and hint, with them as they are."""
