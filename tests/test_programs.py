"""Programs print, byte for byte, what PyTorch prints for the same file.

tests/programs holds the programs and what PyTorch made of them; tests/record_programs.py records
that again.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.transcript import diffcli_in_process

PROGRAMS = Path(__file__).parent / "programs"
NAMES = sorted(path.stem for path in PROGRAMS.glob("*.py"))


@pytest.mark.parametrize("name", NAMES)
def test_standard_output_and_error_are_those_of_pytorch(name: str) -> None:
    program = PROGRAMS / f"{name}.py"
    error = program.with_suffix(".error")
    result = diffcli_in_process(["run", str(program)], "")
    assert result.stdout == program.with_suffix(".stdout").read_text(encoding="utf-8")
    if error.exists():
        first = result.stderr.partition("\n")[0]
        assert first == f"error[program]: {error.read_text(encoding='utf-8').strip()}"
        assert result.status == 1
    else:
        assert result.stderr == ""
        assert result.status == 0


def test_every_program_is_recorded() -> None:
    assert len(NAMES) >= 82
    assert {path.stem for path in PROGRAMS.glob("*.stdout")} == set(NAMES)


def test_a_bound_tensor_is_known_before_anything_of_torch_is_used():
    command = [sys.executable, "-m", "diffcli", "run", "-", "x=[1,2]"]
    result = subprocess.run(
        command, input="print(type(x), x.dtype)", capture_output=True, text=True, check=False
    )
    assert result.stdout == "<class 'torch.Tensor'> torch.float32\n"
