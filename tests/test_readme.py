"""README: its examples are transcripts, and its two commands are the ones that CI runs."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from tests import transcript

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
CASES = transcript.parse(README)

VENV = "python3 -m venv .venv && .venv/bin/pip install -q "
INSTALL = VENV + ". && .venv/bin/diffcli grad 'w*x + b' w=3 x=2 b=4"
TEST = VENV + "'.[test]' && .venv/bin/pytest"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_example(case, tmp_path, monkeypatch, capfd, recorder):
    transcript.check(case, tmp_path, monkeypatch, capfd, recorder)


def test_examples_in_python():
    blocks = re.findall(r"```pycon\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    example = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, "README", None, None)
    printed: list[str] = []
    doctest.DocTestRunner().run(example, out=printed.append)

    assert blocks
    assert not printed


def test_has_examples():
    assert len(CASES) >= 5


@pytest.mark.parametrize("command", [INSTALL, TEST], ids=["install", "test"])
def test_commands_as_written(command):
    lines = [line.strip() for line in README.read_text(encoding="utf-8").splitlines()]

    assert command in lines


def test_ci_runs_the_second_command():
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()

    assert TEST in lines
