"""Every row that JAX has, beside JAX: values, both modes and second derivatives."""

from __future__ import annotations

import pytest

pytest.importorskip("jax")

from tests.peers.check_rows import assert_agreement, assert_difference, of_cases, of_differences
from tests.peers.jax_library import JAX


@of_cases(JAX)
def test_row(case):
    assert_agreement(JAX, case)


@of_differences(JAX)
def test_difference(stated, about):
    assert_difference(JAX, stated, about)
