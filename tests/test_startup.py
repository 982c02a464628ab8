"""A cold start imports only what its command needs; tests/benchmarks says how long it takes."""

from __future__ import annotations

import re
import subprocess

import pytest


def imported(python: str, *argv: str) -> set[str]:
    """Top-level names of the modules that one run of the command line imports."""
    done = subprocess.run(
        [python, "-X", "importtime", "-m", "diffcli", *argv], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    modules = re.findall(r"^import time:.*\| +(\S+)$", done.stderr, re.MULTILINE)
    return {module.partition(".")[0] for module in modules}


@pytest.mark.parametrize(
    ("argv", "unused"),
    [
        (["--help"], {"numpy", "scipy", "rich", "lark", "pyarrow"}),
        (["--version"], {"numpy", "scipy", "rich", "lark", "pyarrow"}),
        (
            ["grad", "w*x+b", "w=3", "x=2", "b=4", "--json"],
            {"scipy", "rich", "lark", "pyarrow", "hypothesis", "cupy", "torch", "jax"},
        ),
        (["grad", "w*x+b", "w=3", "x=2", "b=4"], {"scipy", "lark", "pyarrow"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_is_not_imported(python, argv, unused):
    imported(python, *argv)  # fills the cache of the parse table

    modules = imported(python, *argv)

    assert "diffcli" in modules
    assert modules & unused == set()
