"""Completion: what may follow on a command line, in the words of each shell."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click import Context

from diffcli.cli.completion import VARIABLE, last_names
from diffcli.cli.main import COMMANDS, group
from diffcli.cli.main import run as run_line
from diffcli.cli.shells import Bash, Fish, Zsh
from diffcli.errors import DiffcliError, Source
from diffcli.ops.op import INPUT
from diffcli.ops.table import all_rows
from diffcli.trace import trace


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("data.csv", "dates.npy", ".hidden"):
        Path(name).touch()
    Path("deep").mkdir()
    Path("deep/model.npz").touch()


def ask(kind, line, monkeypatch, word=""):
    """The values that a shell is given for a line that ends at the cursor."""
    before, _, last = line.rpartition(" ")
    monkeypatch.setenv("COMP_LINE", line)
    monkeypatch.setenv("COMP_WORD", word or last)
    monkeypatch.setenv("COMP_WORDS", before if kind is Fish else line)
    count = str(len(before.split()))
    monkeypatch.setenv("COMP_CWORD", last if kind is Fish else count)
    shell = kind(group(), {}, "diffcli", VARIABLE)
    args, incomplete = shell.get_completion_args()
    return [item.value for item in shell.get_completions(args, incomplete)]


ANSWERS = [
    ("diffcli jac", ["jacobian"]),
    ("diffcli ", list(COMMANDS)),
    ("diffcli grad --dty", ["--dtype"]),
    ("diffcli grad x --mo", []),
    ("diffcli jacobian x --mode ", ["auto", "forward", "reverse"]),
    ("diffcli jacobian x --mode r", ["reverse"]),
    ("diffcli grad tanhs", ["tanhshrink"]),
    ("diffcli grad 1+np.linalg.chol", ["1+np.linalg.cholesky"]),
    ("diffcli grad 1+np.linalg.cholesky_s", []),
    ("diffcli grad torch.linalg.so", ["torch.linalg.solve", "torch.linalg.solve_triangular"]),
    ("diffcli grad F.silu(x)+torch.nn.f", ["F.silu(x)+torch.nn.functional."]),
    ("diffcli grad special.gammaln", ["special.gammaln"]),
    ("diffcli grad np.fft.rfftf", ["np.fft.rfftfreq"]),
    ("diffcli grad math.gam", ["math.gamma"]),
    ("diffcli grad scipy.stats.norm.logp", ["scipy.stats.norm.logpdf"]),
    ("diffcli grad (x+y).cumsu", ["(x+y).cumsum"]),
    ("diffcli grad 1.e", []),
    ("diffcli grad nowhere..", []),
    ("diffcli grad 2*euler", ["2*euler_gamma"]),
    ("diffcli grad w*x+b ", ["w=", "x=", "b="]),
    ("diffcli grad w*x+b x=1 ", ["w=", "b="]),
    ("diffcli grad sin(pi*w)*x.T w", ["w="]),
    ("diffcli grad x*y x=3 y=2*tanhs", ["y=2*tanhshrink"]),
    ("diffcli grad x*y height=3 y=2*hei", ["y=2*height"]),
    ("diffcli grad x*y x=@da", ["x=@data.csv", "x=@dates.npy"]),
    ("diffcli grad x*y x=@deep/", ["x=@deep/model.npz"]),
    ("diffcli grad @d", ["@data.csv", "@dates.npy", "@deep/"]),
    ("diffcli grad x*y x=1 y=2 --wrt ", ["x", "y"]),
    ("diffcli grad x*y x=1 y=2 --wrt y,", ["y,x"]),
    ("diffcli jvp x*y x=1 y=2 --tangent ", ["x=", "y="]),
    ("diffcli grad x -o d", ["data.csv", "dates.npy", "deep/"]),
    ("diffcli grad x -o .h", [".hidden"]),
    ("diffcli batch tanhs", ["tanhshrink"]),
    ("diffcli batch x*y da", ["data.csv", "dates.npy"]),
    ("diffcli batch x --kind h", ["hessian"]),
    ("diffcli run da", ["data.csv", "dates.npy"]),
    ("diffcli functions logsu", ["logsumexp"]),
    ("diffcli functions --category ar", ["arithmetic"]),
    ("diffcli help la", ["language"]),
    ("diffcli help hv", ["hvp"]),
    ("diffcli derive x*w ", ["x:", "w:"]),
    ("diffcli derive x*w x:(n,) ", ["w:"]),
    ("diffcli derive x*w x:(n,) --wrt ", ["x"]),
    ("diffcli derive x*w x=@dat", ["x=@data.csv", "x=@dates.npy"]),
    ("diffcli plot sin(w*x) x=0:1 ", ["w="]),
    ("diffcli grad x --nothing ", None),
    ("diffcli nothing ", None),
    ("diffcli grad x+ ", None),
    ("diffcli grad nowhere/", []),
]


@pytest.mark.parametrize("kind", [Bash, Zsh, Fish], ids=lambda kind: kind.name)
@pytest.mark.parametrize(("line", "expected"), ANSWERS)
def test_answers(kind, line, expected, monkeypatch):
    all_rows()
    try:
        found = ask(kind, line, monkeypatch, word=line.rpartition(" ")[2])
    except DiffcliError:
        found = None
    assert found == expected


@pytest.mark.parametrize(
    "owner",
    "np numpy.linalg jnp.fft torch torch.linalg F special scipy.linalg math norm x x.T".split(),
)
def test_what_is_offered_behind_a_dot_is_there(owner):
    offered = [name for name in last_names(f"{owner}.", ["x"]) if not name.endswith(".")]

    assert len(offered) > 5
    assert [name for name in offered if not is_there(f"{owner}.{name}")] == []


@pytest.mark.parametrize("kind", [Zsh, Fish])
def test_the_value_of_an_option_keeps_the_option_in_shells_of_whole_words(kind, monkeypatch):
    assert ask(kind, "diffcli jacobian x --mode=f", monkeypatch) == ["--mode=forward"]


def is_there(text):
    """Whether a dotted name is a value, or a function that may lack its arguments."""
    x = INPUT.make("x", (2, 2), np.dtype("float64"))
    for form in (text, f"{text}()"):
        try:
            trace(Source(form), {}, unknown=[x])
        except DiffcliError as error:
            if error.code in ("unknown-function", "unknown-name"):
                continue
        return True
    return False


@pytest.mark.parametrize("name", COMMANDS)
def test_every_file_can_be_completed(name):
    command = group().get_command(Context(group()), name)
    files = [p for p in command.params if p.metavar == "FILE"]

    assert [p.name for p in files if p._custom_shell_complete is None] == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts_are_written(shell, monkeypatch):
    monkeypatch.setenv(VARIABLE, f"{shell}_source")
    out = io.StringIO()

    assert run_line([], io.StringIO(), out, out) == 0
    assert f"{shell}_complete" in out.getvalue()


def test_what_is_wrong_has_no_answer(monkeypatch):
    monkeypatch.setenv(VARIABLE, "fish_complete")
    monkeypatch.setenv("COMP_WORDS", "diffcli nothing")
    monkeypatch.setenv("COMP_CWORD", "")
    out = io.StringIO()

    assert run_line([], io.StringIO(), out, out) == 0
    assert out.getvalue() == ""


@pytest.mark.parametrize(
    ("shell", "given"),
    [
        ("bash", {}),
        ("zsh", {}),
        ("fish", {}),
        ("zsh", {"COMP_WORDS": "diffcli gr", "COMP_CWORD": "one"}),
    ],
)
def test_completion_needs_a_command_line(shell, given, monkeypatch):
    for name in ("COMP_LINE", "COMP_WORD", "COMP_WORDS", "COMP_CWORD"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv(VARIABLE, f"{shell}_complete")
    out = io.StringIO()

    assert run_line([], io.StringIO(), out, out) == 2
    assert f"error[usage]: {VARIABLE}={shell}_complete needs the command line" in out.getvalue()


BASH = """
eval "$(_DIFFCLI_COMPLETE=bash_source diffcli)"
while read -r line; do
    COMP_LINE=$line COMP_POINT=${#line}
    word=${line##*[ @=]}
    _diffcli_completion diffcli "$word" 2>&-
    echo "${COMPREPLY[@]}"
done
"""


@pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash")
def test_bash(tmp_path, monkeypatch):
    """A bash that asks the command itself, and breaks words where it does."""
    command = tmp_path / "bin" / "diffcli"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m diffcli "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(command.parent), prepend=":")
    lines = {
        "diffcli jac": "jacobian",
        "diffcli eval x x=@da": "data.csv dates.npy",
        "diffcli eval 'sin(x)*tanhs": "sin(x)*tanhshrink",
        "diffcli jacobian x --mode=f": "forward",
        'diffcli grad "w*x + b" w=3 b': "b=",
    }

    done = subprocess.run(
        ["bash", "--norc", "-c", BASH],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
    )

    assert done.stdout.splitlines() == list(lines.values())
