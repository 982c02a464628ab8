"""Formulas as reports: a table, JSON, or LaTeX."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diffcli.cli.output import Output
from diffcli.formulas.symbols import shape_text
from diffcli.render.report import Report, Table

if TYPE_CHECKING:
    from diffcli.cli.environment import Environment
    from diffcli.formulas.derivation import Derivation, Formula


def deliver(
    env: Environment, found: Derivation, *, as_json: bool, as_latex: bool, cse: bool
) -> None:
    """Write the formulas in the form that was asked for; with `cse`, shared parts get names."""
    if not cse:
        from diffcli.formulas.code import check_readable

        check_readable(found)
    if as_latex and not as_json:
        env.out("".join(f"{_equation(found, f)}\n" for f in found.formulas))
        return
    named: list[tuple[str, str]] = []
    if cse:
        from diffcli.formulas.derivation import common

        named, results = common(found)
        pairs = zip(found.formulas, results, strict=True)
        found = found._replace(formulas=[f._replace(text=text) for f, text in pairs])
    Output(env, as_json, None, 6, False).deliver(_report(found, as_latex, named))


def _report(found: Derivation, as_latex: bool, named: list[tuple[str, str]]) -> Report:
    payload: dict[str, Any] = {
        "expr": found.symbols.source.text,
        "shape": list(found.shape),
        "derive": _by_variable(found, lambda f: f.text),
        "shapes": _by_variable(found, lambda f: list(f.shape)),
        "nonzero": _by_variable(found, lambda f: f.nonzero),
        "sizes": {letter: found.symbols.where(letter) for letter in found.symbols.letters},
    }
    if as_latex:
        payload["latex"] = _by_variable(found, lambda f: _latex(found, f))
    if named:
        payload["common"] = dict(named)
    return Report("derive", payload, [_table(found, named)])


def _by_variable(found: Derivation, value: Any) -> dict[str, Any]:
    """A value of each formula by variable; second derivatives by both."""
    nested: dict[str, Any] = {}
    for f in found.formulas:
        if f.label.startswith("d2/"):
            nested.setdefault(f.by[0], {})[f.by[-1]] = value(f)
        else:
            nested[", ".join(f.by)] = value(f)
    return nested


def _table(found: Derivation, named: list[tuple[str, str]]) -> Table:
    columns = ["derivative", "formula"]
    rows: list[list[Any]] = [[f.label, f.text] for f in found.formulas]
    if any(f.shape for f in found.formulas):
        columns.insert(1, "shape")
        for row, f in zip(rows, found.formulas, strict=True):
            row.insert(1, shape_text(f.shape))
    if any(f.nonzero for f in found.formulas):
        columns.append("where")
        for row, f in zip(rows, found.formulas, strict=True):
            row.append(", ".join(f"{text} != 0" for text in f.nonzero))
    for name, text in reversed(named):
        row = [""] * len(columns)
        row[0], row[columns.index("formula")] = name, text
        rows.insert(0, row)
    return Table(columns, rows, prose=("formula", "where"))


def _latex(found: Derivation, f: Formula) -> str:
    from diffcli.emit.latex import latex

    return latex(f.node, sizes=found.sizes) or str(f.text)


def _equation(found: Derivation, f: Formula) -> str:
    from diffcli.emit.symbols import symbol

    names = [symbol(name) for name in f.by]
    left = rf"\frac{{\partial f}}{{\partial {names[0]}}}"
    if f.label.startswith("vjp") or f.label == "jvp":
        left = rf"\mathrm{{{f.label.split()[0]}}}"
    elif f.label[1:2].isdigit():
        order = f.label[1 : f.label.index("/")]
        below = names if len(set(names)) > 1 else [f"{names[0]}^{{{order}}}"]
        below = [rf"\partial {name}" for name in below]
        left = rf"\frac{{\partial^{{{order}}} f}}{{{' '.join(below)}}}"
    return f"{left} = {_latex(found, f)}"
