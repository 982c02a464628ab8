"""Every row that PyTorch has, beside PyTorch: values, both modes and second derivatives."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

from tests.peers.check_rows import assert_agreement, assert_difference, of_cases, of_differences
from tests.peers.torch_library import TORCH


@of_cases(TORCH)
def test_row(case):
    assert_agreement(TORCH, case)


@of_differences(TORCH)
def test_difference(stated, about):
    assert_difference(TORCH, stated, about)
