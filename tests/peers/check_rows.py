"""What is tested for each library: every example, real and complex, and every stated difference."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from tests.peers.comparison import (
    Case,
    assert_same,
    checks,
    complex_cases,
    difference,
    digits,
    real_cases,
)
from tests.peers.differences import DIFFERENCES, VALUE
from tests.peers.library import Library


def of_cases(library: Library) -> Any:
    found = real_cases(library) + complex_cases(library)
    return pytest.mark.parametrize(
        "case", found, ids=lambda c: ("complex " if c.complex else "") + c.text
    )


def of_differences(library: Library) -> Any:
    found = [(d, about) for d in DIFFERENCES if d.library == library.name for about in d.about]
    ids = [("complex " if d.complex else "") + about for d, about in found]
    return pytest.mark.parametrize(("stated", "about"), found, ids=ids)


def assert_agreement(library: Library, case: Case) -> None:
    """Values and derivatives agree, but for the differences that are stated."""
    for name, mine, answer in checks(library, case):
        if mine is None or difference(library.name, case, name):
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                theirs = answer()
            except library.refusals:
                if case.complex and name == VALUE:
                    return  # the library's function does not take complex numbers
                raise
        assert_same(mine, theirs, digits(library.name, case), name)


def assert_difference(library: Library, stated: Any, about: str) -> None:
    """A stated difference is one: the library refuses each of its checks, or answers otherwise."""
    found = complex_cases(library) if stated.complex else real_cases(library)
    found = [case for case in found if about in (case.text, case.row.name)]
    assert found
    for name in stated.checks:
        assert any(differs(library, case, name) for case in found), name


def differs(library: Library, case: Case, check: str) -> bool:
    for name, mine, answer in checks(library, case):
        if name == check and mine is not None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    assert_same(mine, answer(), 1e-10, name)
                except (AssertionError, *library.refusals):
                    return True
    return False
