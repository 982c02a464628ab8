"""Every operator of the union of the known libraries is a row, or is left out for a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from diffcli.ops.table import find

UNION = Path(__file__).parent / "data" / "union.txt"

FUNCTIONS = "takes functions as its arguments, which an expression cannot give"
SAMPLED = "rejection sampling has no derivative by its parameters along a path"

OMITTED = {
    "getitem": "written x[index]",
    "setitem": "values do not change; index_update(x, index, values) makes a new one",
    "make_diagonal": "called diag_embed, as in PyTorch",
    "complex": "complex(x) is a change of the number type; two parts are written a + 1j*b",
    "funm": FUNCTIONS,
    "lu_factor": "packs its factors with row swaps; lu gives them apart",
    "lu_solve": "solves with packed factors; solve and solve_triangular do the same",
    "polylog": "SciPy has no evaluator; polylog(2, x) is spence(1 - x)",
    "schur": "has no derivative that does not depend on an arbitrary choice of its basis",
    "custom_jvp": FUNCTIONS,
    "custom_vjp": FUNCTIONS,
    "fixed_point": FUNCTIONS,
    "odeint": FUNCTIONS,
    "root": FUNCTIONS,
    "scan": FUNCTIONS,
    "while_loop": FUNCTIONS,
    "checkpoint": "has no effect on a result, and plans keep only what is still needed",
    "stft": "frames are cut with indices and transformed with rfft",
    "istft": "frames are transformed with irfft and put together with index_add",
    "gamma_sample": SAMPLED,
    "beta_sample": SAMPLED,
    "dirichlet": SAMPLED,
}
"""Names of the union without a row, and why."""


def lines() -> list[str]:
    """The names of the list, without the lines that name sections."""
    text = UNION.read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize("name", sorted(set(lines())))
def test_operator_is_a_row_or_left_out_for_a_reason(name):
    # distributions are rows called by their function: norm.cdf is norm_cdf
    row = find(name.replace(".", "_"))
    assert (row is None) == (name in OMITTED), OMITTED.get(name, "neither a row nor left out")


def test_the_list_is_whole():
    assert len(lines()) == 450
    assert set(OMITTED) <= set(lines())
