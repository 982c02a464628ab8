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


def test_an_error_names_its_line_and_the_calls_that_led_there() -> None:
    text = """\
class A:
    def __init__(self, x):
        self.y = 1 / x

def make(x):
    return sorted([x], key=A)

print(make(0))
"""
    with pytest.raises(DiffcliError) as caught:
        run_program(Source(text, "program.py"), lambda _: None)
    error = caught.value

    assert error.source is not None and error.span is not None
    assert error.source.position(error.span[0]) == (3, 20)
    assert error.hint == (
        "called from line 6: return sorted([x], key=A)\ncalled from line 8: print(make(0))"
    )
