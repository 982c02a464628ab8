"""Each row of the operator table is compared with a library, or stated to be in none."""

from __future__ import annotations

from collections import Counter

import pytest

pytest.importorskip("torch")
pytest.importorskip("jax")

from diffcli.ops.table import all_rows
from tests.peers.comparison import real_cases
from tests.peers.differences import ALONE, DIFFERENCES, DIGITS
from tests.peers.jax_library import JAX
from tests.peers.library import names
from tests.peers.torch_library import TORCH

ROWS = {row.name: row for row in all_rows()}
COMPARED = {case.row.name for library in (TORCH, JAX) for case in real_cases(library)}


@pytest.mark.parametrize("name", ROWS)
def test_row_is_compared_or_alone(name):
    alone = Counter(row for rows in ALONE.values() for row in rows)
    assert (name in COMPARED) + alone[name] == 1


@pytest.mark.parametrize("library", [TORCH, JAX], ids=lambda x: x.name)
def test_functions_are_rows(library):
    assert library.functions.keys() <= ROWS.keys()
    assert set(DIGITS.get(library.name, ())) <= library.functions.keys()


def test_differences_are_about_rows():
    for d in DIFFERENCES:
        for about in d.about:
            assert about in ROWS or names(about) & ROWS.keys()
