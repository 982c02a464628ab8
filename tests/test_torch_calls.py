"""Functions answer as PyTorch does: values, types, steps, gradients and errors."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import pytest

from diffcli import torch
from tests.torch_calls import DATA, Case, answer, cases

FILES = sorted(DATA.glob("*.txt"))
NUMBER = re.compile(r"-?\d+\.\d*(?:e[+-]\d+)?")


def differences(case: Case) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = answer(case.call, torch)
    if found == case.answer or (case.reason and alike(found, case.answer)):
        return []
    return [f">>> {case.call}\nPyTorch: {case.answer}\nhere:    {found}"]


def alike(a: str, b: str) -> bool:
    """Whether two texts agree but for the last digits of numbers."""
    a, b = (re.sub(r"-(?=0\.0*[^\d])", "", re.sub(r"\s+", "", t)) for t in (a, b))
    first, second = (NUMBER.sub("0", t) for t in (a, b))
    numbers = [np.array([float(n) for n in NUMBER.findall(t)]) for t in (a, b)]
    return first == second and np.allclose(*numbers, rtol=2e-3, atol=2e-4)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_answers_are_those_of_pytorch(path):
    found: list[Any] = []
    for case in cases(path):
        if isinstance(case, Case):
            found += differences(case)
    assert not found, f"{len(found)} calls differ\n\n" + "\n\n".join(found)
