"""Record what PyTorch prints for the programs in tests/programs.

    PYTHON tests/record_programs.py [NAME ...]

PYTHON is an interpreter with torch 2.13 and numpy. NAME.stdout holds the standard output of
NAME.py, and NAME.error the last line of the traceback of a program that ends in an error. PyTorch
is imported once, and each program runs in a fork of the process that imported it.
"""

from __future__ import annotations

import os
import runpy
import sys
import traceback
from pathlib import Path

PROGRAMS = Path(__file__).parent / "programs"


def record(program: Path) -> str:
    """Run one program, write its files, and say how it ended."""
    error = program.with_suffix(".error")
    error.unlink(missing_ok=True)
    child = os.fork()
    if not child:
        os._exit(_run(program))
    _, status = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        return f"died with status {status}"
    return error.read_text(encoding="utf-8").strip() if error.exists() else "ok"


def _run(program: Path) -> int:
    with program.with_suffix(".stdout").open("w", encoding="utf-8") as stdout:
        os.dup2(stdout.fileno(), 1)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        sys.argv = [program.name]
        try:
            runpy.run_path(str(program), run_name="__main__")
            status = 0
        except Exception as error:
            last = traceback.format_exception(error)[-1].rstrip("\n").split("\n")[-1]
            program.with_suffix(".error").write_text(last + "\n", encoding="utf-8")
            status = 1
        sys.stdout.flush()
        return status


def main(names: list[str]) -> None:
    import torch.autograd.forward_ad
    import torch.autograd.gradcheck  # noqa: F401

    programs = [PROGRAMS / f"{name}.py" for name in names] or sorted(PROGRAMS.glob("*.py"))
    for program in programs:
        sys.stdout.write(f"{program.stem}: {record(program)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
