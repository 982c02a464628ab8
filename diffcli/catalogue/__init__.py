"""The operator table as documentation: what each row computes, where, and its derivatives.

All of it is found from the rows themselves, nothing is written here a second time.
"""

from __future__ import annotations

from diffcli.catalogue.entry import FunctionInfo
from diffcli.errors import DiffcliError, closest
from diffcli.lower.names import LIBRARIES, SUBLIBRARIES, distribution, function
from diffcli.lower.values import BINARY, COMPARISONS
from diffcli.ops.table import ALIASES, all_rows, find

CATEGORIES = (
    "arithmetic",
    "powers",
    "exponential",
    "trigonometric",
    "hyperbolic",
    "rounding",
    "complex",
    "choice",
    "logic",
    "constructor",
    "shape",
    "joining",
    "indexing",
    "selection",
    "diagonals",
    "reduction",
    "statistics",
    "scan",
    "contraction",
    "linear algebra",
    "distance",
    "calculus",
    "polynomial",
    "Fourier",
    "activation",
    "layer",
    "loss",
    "special",
    "probability",
)
"""The categories of rows, from what everyone needs to what some do."""


def functions(category: str | None = None) -> list[FunctionInfo]:
    """Every function of the language by category and name, or those of one category.

    Raises `usage` for a category that does not exist.
    """
    rows = all_rows()
    if category is not None and category not in CATEGORIES:
        near = closest(category, CATEGORIES)
        raise DiffcliError(
            "usage",
            f"there is no category '{category}'",
            hint=f"did you mean '{near}'?" if near else f"they are {', '.join(CATEGORIES)}",
        )
    rows = [row for row in rows if category in (None, row.category)]
    rows.sort(key=lambda row: (CATEGORIES.index(row.category), row.name))
    return [FunctionInfo(row) for row in rows]


OPERATORS = {**BINARY, **{op: row for op, (row, _) in COMPARISONS.items()}}
"""Operators of formulas -> the functions they are."""


def lookup(name: str) -> FunctionInfo | None:
    """The function as it may be written in a formula: sum, np.sum, x.sum, torch.std, norm.cdf, @.

    An operator may stand alone or between its operands.
    """
    words = name.split()
    if len(words) in (1, 3) and words[len(words) // 2] in OPERATORS:
        name = OPERATORS[words[len(words) // 2]]
    path = name.strip().removesuffix("()").split(".")
    if len(path) > 1 and (path[0] in LIBRARIES | SUBLIBRARIES or len(path) == 2):
        row = find(distribution(path) or "")
        if row is not None:
            return FunctionInfo(row)
    found = function(path[-1], tuple(path[:-1]))
    return None if found is None else FunctionInfo(found.row)


def search(text: str, category: str | None = None) -> list[FunctionInfo]:
    """Functions with all words of a text in their names, category or description."""
    words = text.lower().split()
    if not words or min(map(len, words)) < 3:
        return []
    return [info for info in functions(category) if all(map(_about(info).__contains__, words))]


def _about(info: FunctionInfo) -> str:
    return " ".join([info.name, *info.aliases, info.category, info.doc]).lower()


def unknown(name: str) -> DiffcliError:
    """The error for a name that no function has."""
    all_rows()
    near = closest(name.rpartition(".")[2], [key for key in ALIASES if len(key) > 1])
    hint = f"did you mean '{near}'?" if near else "'diffcli functions' lists all of them"
    return DiffcliError("unknown-function", f"no function named '{name}'", hint=hint)


__all__ = ["CATEGORIES", "FunctionInfo", "functions", "lookup", "search", "unknown"]
