"""Derivatives as reports: which array is which column, key and file entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diffcli.cli.kinks import declare_kinks
from diffcli.cli.nonfinite import declare_nonfinite
from diffcli.errors import DiffcliError
from diffcli.render.report import (
    Block,
    Fields,
    Report,
    Section,
    Sparse,
    Table,
    Value,
    result_payload,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from diffcli.api import Derivatives, Trace
    from diffcli.check import CheckResult
    from diffcli.runtime.provenance import Nonfinite

    Array = NDArray[Any]


def value_report(trace: Trace, value: Array, nonfinite: Sequence[Nonfinite]) -> Report:
    """The report of `eval`: a bare value."""
    payload = result_payload(trace.source.text, value)
    report = Report("eval", payload, [Value(value)], {"value": value})
    return declare_nonfinite(report, trace.source, nonfinite)


def by_variable(command: str, column: str, trace: Trace, result: Derivatives) -> Report:
    """One derivative a variable: `grad`, `vjp` and `hvp`."""
    payload = result_payload(trace.source.text, result.value)
    payload[command] = dict(result.by_name)
    prefix = "hvp" if command == "hvp" else "d"
    arrays: dict[str, Array | Sparse | None] = {"value": result.value}
    arrays |= {f"{prefix}_{name}": array for name, array in result.by_name.items()}
    sections: list[Section] = [
        Fields([("value", result.value)]),
        _variable_table(column, trace, result),
    ]
    return _noted(Report(command, payload, sections, arrays), trace, result)


def _variable_table(column: str, trace: Trace, result: Derivatives) -> Table:
    """Columns variable, value, `column` and, where one is known, formula."""
    formulas = result.formulas or {}
    with_formula = any(formulas.values())
    rows: list[list[Any]] = []
    for name, array in result.by_name.items():
        row = [name, trace.values[name], array]
        rows.append([*row, formulas.get(name) or ""] if with_formula else row)
    columns = ["variable", "value", column, *(["formula"] if with_formula else [])]
    return Table(columns, rows, prose=("formula",))


def tangent_report(trace: Trace, result: Derivatives) -> Report:
    """The report of `jvp`."""
    payload = result_payload(trace.source.text, result.value)
    payload["jvp"] = result.tangent
    fields = Fields([("value", result.value), ("tangent", result.tangent)])
    arrays: dict[str, Array | Sparse | None] = {"value": result.value, "jvp": result.tangent}
    return _noted(Report("jvp", payload, [fields], arrays), trace, result)


def jacobian_report(trace: Trace, result: Derivatives) -> Report:
    """The report of `jacobian`: a block a variable, or a table where all are numbers."""
    value = result.value
    blocks = {name: _matrix(array) for name, array in result.by_name.items()}
    payload = result_payload(trace.source.text, value)
    payload["jacobian"] = blocks
    _add_effort(payload, result)
    sections: list[Section] = [Fields([("value", value)])]
    if all(_is_number(block) for block in blocks.values()):
        sections.append(_variable_table("jacobian", trace, result))
    else:
        sections += [_block(f"jacobian in {name}", block) for name, block in blocks.items()]
    arrays = {"value": value, **{f"d_{name}": block for name, block in blocks.items()}}
    return _noted(Report("jacobian", payload, sections, arrays), trace, result)


def hessian_report(trace: Trace, result: Derivatives) -> Report:
    """The report of `hessian`: a block a pair of variables, or a matrix of numbers."""
    nested = {
        first: {second: _matrix(array) for second, array in row.items()}
        for first, row in result.by_name.items()
    }
    payload = result_payload(trace.source.text, result.value)
    payload["hessian"] = nested
    _add_effort(payload, result)
    sections: list[Section] = [Fields([("value", result.value)])]
    arrays: dict[str, Array | Sparse | None] = {"value": result.value}
    for first, row in nested.items():
        for second, block in row.items():
            _add_once(arrays, f"d_{first}_{second}", block)
    if all(_is_number(block) for row in nested.values() for block in row.values()):
        rows: list[list[Any]] = [[first, *row.values()] for first, row in nested.items()]
        sections.append(Table(["hessian", *nested], rows))
    else:
        sections += [
            _block(f"hessian in {first}, {second}", block)
            for first, row in nested.items()
            for second, block in row.items()
        ]
    return _noted(Report("hessian", payload, sections, arrays), trace, result)


def check_report(trace: Trace, result: CheckResult, value: Array) -> Report:
    """The report of `check`: the errors and a verdict for each variable."""
    payload = result_payload(trace.source.text, value)
    keys = ("max_abs_error", "max_rel_error", "worst_index")
    variables = result.variables
    payload["check"] = {
        "ok": bool(result.ok),
        "variables": {
            name: {key: getattr(each, key) for key in keys} for name, each in variables.items()
        },
    }
    rows: list[list[Any]] = [
        [
            name,
            _error(each.max_abs_error),
            _error(each.max_rel_error),
            each.worst_index,
            "FAIL" if not each.ok else "ok (kink)" if each.kink else "ok",
        ]
        for name, each in variables.items()
    ]
    columns = ["variable", "max abs error", "max rel error", "worst index", "verdict"]
    return Report("check", payload, [Fields([("value", value)]), Table(columns, rows)])


def _error(size: float) -> Any:
    """An error for a table; the last digits of rounding noise differ between machines."""
    return "< 1e-12" if 0 < size < 1e-12 else size


def _noted(report: Report, trace: Trace, result: Derivatives) -> Report:
    """The report with notes about what is not finite and about derivatives that were chosen."""
    declare_kinks(report, trace.source, result)
    return declare_nonfinite(report, trace.source, result.nonfinite)


def _is_number(block: Any) -> bool:
    return block is None or getattr(block, "shape", None) == ()


def _add_effort(payload: dict[str, Any], result: Derivatives) -> None:
    payload["mode"] = result.mode
    payload["passes"] = result.passes


def _add_once(arrays: dict[str, Array | Sparse | None], name: str, block: Any) -> None:
    if name in arrays:
        raise DiffcliError("usage", f"two results would both be called '{name}'", hint="rename one")
    arrays[name] = block


def _matrix(found: Any) -> Array | Sparse | None:
    """A derivative as reports have it: an array as it is, a sparse matrix by its entries."""
    if not hasattr(found, "row"):
        return found  # type: ignore[no-any-return]
    return Sparse(found.shape, found.row, found.col, found.data)


def _block(title: str, block: Array | Sparse | None) -> Section:
    if isinstance(block, Sparse):
        rows, cols = block.shape
        density = block.data.size / max(rows * cols, 1)
        title += f", {block.data.size} of {rows} x {cols} entries, density {density:.3g}"
    elif block is not None:
        title += f", shape {block.shape}"
    return Block(title, block)
