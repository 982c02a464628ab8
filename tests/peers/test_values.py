"""The values of the operator table's examples are those of NumPy and SciPy."""

from __future__ import annotations

import numpy as np
import pytest

import diffcli
from diffcli.graph.node import is_inexact
from tests.peers.comparison import assert_same, complex_cases, difference, real_cases, used
from tests.peers.differences import ALONE, VALUE
from tests.peers.library import names
from tests.peers.numpy_functions import NUMPY
from tests.samples import cases

CASES = real_cases(NUMPY)


def value(case):
    return NUMPY.value(NUMPY.function(case.text, case.values), case.values)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.text)
def test_value(case):
    found, expected = diffcli.evaluate(case.text)(**case.values), value(case)
    if difference("numpy", case, VALUE):
        with pytest.raises(AssertionError):
            assert_same(found, expected, 1e-10, case.text)
        return
    assert_same(found, expected, 1e-10, case.text)
    assert (found.dtype == bool) == (expected.dtype == bool)
    assert np.issubdtype(found.dtype, np.integer) == np.issubdtype(expected.dtype, np.integer)


def complex_values():
    """The cases of complex variables that NumPy and SciPy take too."""
    for case in complex_cases(NUMPY):
        try:
            yield pytest.param(case, value(case), id=case.text)
        except NUMPY.refusals:
            continue


@pytest.mark.parametrize(("case", "expected"), list(complex_values()))
def test_complex_value(case, expected):
    assert_same(diffcli.evaluate(case.text)(**case.values), expected, 1e-10, case.text)


def test_no_whole_number_and_no_truth_value_is_without_an_oracle():
    compared = {case.text for case in CASES}
    for row, text, values in cases():
        if not is_inexact(diffcli.evaluate(text)(**used(row, text, values).values).dtype):
            assert text in compared


@pytest.mark.parametrize("row", [row for rows in ALONE.values() for row in rows])
def test_rows_that_no_peer_differentiates_have_an_oracle(row):
    assert any(row in names(case.text) for case in CASES)
