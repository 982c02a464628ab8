"""Names of variables as LaTeX."""

from __future__ import annotations

import re

LETTERS = """
alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon
phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega
"""
GREEK = set(LETTERS.split())

NAMED = {"pi": r"\pi", "e": "e", "inf": r"\infty", "nan": r"\mathrm{nan}", "tau": r"\tau"}

ACCENTS = ("bar", "dot", "hat", "tilde", "vec")


def symbol(name: str) -> str:
    """A variable's name: Greek letters by name, digits and what follows `_` as index.

    What is called x_bar, x_hat and the like has that accent.
    """
    if name in NAMED and name != "e":
        return NAMED[name]
    stem, _, accent = name.rpartition("_")
    if stem and accent in ACCENTS:
        letter, index, rest = symbol(stem).partition("_{")
        return rf"\{accent}{{{letter}}}{index}{rest}"
    stem, _, index = name.partition("_")
    if not stem:
        stem, index = name, ""
    elif not index:
        parts = re.fullmatch(r"(\D+)(\d+)", name)
        stem, index = parts.groups() if parts else (name, "")
    shown = (
        rf"\{stem}" if stem in GREEK else stem if len(stem) == 1 else rf"\mathit{{{bare(stem)}}}"
    )
    if not index:
        return shown
    short = index.isdigit() or len(index) == 1
    return f"{shown}_{{{index if short else symbol(index)}}}"


def bare(name: str) -> str:
    """A name whose underscores stand for themselves."""
    return name.replace("_", r"\_")
