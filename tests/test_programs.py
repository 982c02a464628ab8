"""Programs print, byte for byte, what PyTorch prints for the same file.

tests/programs holds the programs and what PyTorch made of them; tests/record_programs.py records
that again.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.transcript import diffcli_in_process

PROGRAMS = Path(__file__).parent / "programs"
NAMES = sorted(path.stem for path in PROGRAMS.glob("*.py"))
PENDING: dict[str, str] = {
    "exceptions": "differs from PyTorch so far",
    "linear_algebra": "differs from PyTorch so far",
    "memory_and_identity": "differs from PyTorch so far",
    "numpy_bridge": "differs from PyTorch so far",
}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.xfail(reason=PENDING[name], strict=False))
        if name in PENDING
        else name
        for name in NAMES
    ],
)
def test_standard_output_and_error_are_those_of_pytorch(name: str) -> None:
    program = PROGRAMS / f"{name}.py"
    error = program.with_suffix(".error")
    expected = error.read_text(encoding="utf-8").strip() if error.exists() else ""
    result = diffcli_in_process(["run", str(program)], "")
    assert result.stdout == program.with_suffix(".stdout").read_text(encoding="utf-8")
    assert result.status == (1 if expected else 0), result.stderr
    assert expected in result.stderr
    assert bool(result.stderr) == bool(expected)


def test_every_program_is_recorded() -> None:
    assert len(NAMES) >= 82
    recorded = {path.stem for path in PROGRAMS.glob("*.stdout")}
    assert recorded == set(NAMES)
