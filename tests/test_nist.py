"""NIST's certified regressions: standard deviations from the Jacobian that diffcli computes.

At the certified parameters the standard deviation of parameter i is s * sqrt(inv(J.T @ J)[i, i])
with s**2 = rss / (n - p), so an exact Jacobian reproduces the certified value. Parameters are
certified to 11 digits, which leaves 9 to 10 in the results.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from tests.transcript import diffcli_in_process

FOLDER = Path(__file__).parent / "data" / "nist"
SETS = sorted(path.stem for path in FOLDER.glob("*.json"))


class Regression:
    """A certified data set and its bindings as the command line takes them."""

    def __init__(self, name: str) -> None:
        certificate = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
        self.model: str = certificate["model"]
        self.response: str = certificate["response"]
        self.rss: float = certificate["rss"]
        self.observations: int = certificate["n"]
        self.parameters: dict[str, dict[str, float]] = certificate["parameters"]
        fixed = [f"{b}={value['certified']!r}" for b, value in self.parameters.items()]
        columns = [f"{c}=@{FOLDER / name}.csv:{c}" for c in certificate["columns"]]
        used = set(re.findall(r"[a-z]\w*", self.model))
        self.bindings = fixed + [c for c in columns if c.partition("=")[0] in used]
        self.all_bindings = fixed + columns


def answer(*argv: str) -> dict[str, object]:
    """The JSON that one command prints."""
    result = diffcli_in_process([*argv, "--json"], "")
    assert (result.status, result.stderr) == (0, "")
    return json.loads(result.stdout)


def diagonal_of_inverse_gram(jacobian: np.ndarray) -> np.ndarray:
    """diag(inv(J.T @ J)) for J of shape (n, p), without squaring its condition.

    With columns of unit length J has a condition of 6e4 at most (Bennett5), but J.T @ J one of 3e9,
    which would leave 7 or 8 digits. With J = Q R, inv(J.T @ J) is inv(R) @ inv(R).T.
    """
    scale = np.linalg.norm(jacobian, axis=0)
    inverse = np.linalg.inv(np.linalg.qr(jacobian / scale, mode="r"))
    return np.sum(inverse**2, axis=1) / scale**2


@pytest.mark.parametrize("name", SETS)
def test_standard_deviations(name):
    regression = Regression(name)
    names = list(regression.parameters)

    blocks = answer("jacobian", regression.model, *regression.bindings, "--wrt", ",".join(names))[
        "jacobian"
    ]

    assert list(blocks) == names
    jacobian = np.array([blocks[b] for b in names]).T
    assert jacobian.shape == (regression.observations, len(names))
    variance = regression.rss / (regression.observations - len(names))
    np.testing.assert_allclose(
        np.sqrt(diagonal_of_inverse_gram(jacobian) * variance),
        [value["certified_sd"] for value in regression.parameters.values()],
        rtol=1e-8,
    )


# Lanczos1's residuals are 1e-13 of data near 1: less than its parameters' own 11 digits resolve.
@pytest.mark.parametrize("name", [name for name in SETS if name != "Lanczos1"])
def test_residual_sum_of_squares(name):
    regression = Regression(name)
    residuals = f"{regression.response} - ({regression.model})"

    value = answer("eval", f"sum(({residuals})**2)", *regression.all_bindings)["value"]

    assert value == pytest.approx(regression.rss, rel=1e-8)


def test_all_data_sets_are_here():
    assert len(SETS) == 27
