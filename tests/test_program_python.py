"""Programs of plain Python: what they print and how they fail is what CPython prints and says."""

from __future__ import annotations

import contextlib
import io
import traceback
from pathlib import Path

import pytest

from diffcli.errors import DiffcliError, Source
from diffcli.program.run import run_program

FILE = Path(__file__).parent / "data" / "python_programs.txt"


def corpus() -> dict[str, str]:
    parts = FILE.read_text(encoding="utf-8").split("### ")[1:]
    return {title: text for title, _, text in (part.partition("\n") for part in parts)}


def by_python(text: str) -> tuple[str, str]:
    """What CPython prints for a program of ours, and the last line of its traceback."""
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            exec(compile(text, "program", "exec"), {"__name__": "__main__"})
    except Exception as error:
        return out.getvalue(), traceback.format_exception_only(error)[-1].strip()
    return out.getvalue(), ""


def by_diffcli(text: str) -> tuple[str, str]:
    out: list[str] = []
    try:
        run_program(Source(text, "program.py"), out.append)
    except DiffcliError as error:
        return "".join(out), error.message
    return "".join(out), ""


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@pytest.mark.parametrize(("title", "text"), corpus().items(), ids=list(corpus()))
def test_a_program_does_what_python_does(title: str, text: str) -> None:
    printed, failure = by_python(text)

    assert by_diffcli(text) == (printed, failure)
    assert bool(failure) == title.startswith("error")


def test_the_corpus_is_large() -> None:
    assert len(corpus()) >= 60
