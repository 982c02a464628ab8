"""Transcripts: text files that show commands and exactly what they print.

    # Prose starts with '#', and a blank line stands before it.
    $ diffcli eval '1 + 1'
    2

    $ diffcli eval '1 +'
    ! what it wrote to standard error
    [exit 2]

A case is a run of `$` lines without a blank line between one's output and the next; it runs in a
folder of its own with a copy of tests/golden/data. Commands are split as a shell would split them
but run in this process; `cat FILE`, `echo TEXT`, `ls` and pipes between commands are built in, and
`> ` continues a command on the next line. In Markdown the ```console blocks are transcripts.
"""

from __future__ import annotations

import difflib
import io
import json
import math
import os
import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"
DATA = GOLDEN / "data"
WIDTH = 100
VERSION = version("diffcli")
UPDATE = "pytest --update-golden"


class Step:
    """One command of a case, and the lines of the file that hold its expectation."""

    def __init__(self, command: str, line: int, start: int, stop: int, expected: list[str]) -> None:
        self.command = command
        self.line = line
        self.start = start
        self.stop = stop
        self.expected = expected


class Case:
    """Commands that run one after the other in one folder."""

    def __init__(self, path: Path, steps: list[Step]) -> None:
        self.path = path
        self.steps = steps

    @property
    def id(self) -> str:
        first = self.steps[0]
        command = first.command.removeprefix("diffcli ").replace("\n", " ")
        return f"{self.path.name}:{first.line} {command[:60]}"

    @property
    def recorded(self) -> bool:
        return any(step.expected for step in self.steps)


class Result:
    """What a command wrote, and its exit status."""

    def __init__(self, stdout: str = "", stderr: str = "", status: int = 0) -> None:
        self.stdout = stdout
        self.stderr = stderr
        self.status = status

    def lines(self, cwd: Path) -> list[str]:
        """The result as the lines of a transcript."""
        lines = self.stdout.splitlines()
        lines += [f"! {line}".rstrip() for line in self.stderr.splitlines()]
        if self.status:
            lines.append(f"[exit {int(self.status)}]")
        return [normalise(line, cwd) for line in lines]


def normalise(line: str, cwd: Path) -> str:
    """Replace what may differ between runs: the folder, the version and seconds, nothing else."""
    line = line.replace(str(cwd), "[TMP]")
    line = re.sub(r"\bin \d+\.\d\d s$", "in [SECONDS] s", line)
    return re.sub(rf"(?<![\w.]){re.escape(VERSION)}(?![\w.])", "[VERSION]", line)


# ----- reading and writing the files -----


def parse(path: Path, text: str | None = None) -> list[Case]:
    """All cases of a transcript, or of the ```console blocks of a Markdown file."""
    lines = (path.read_text(encoding="utf-8") if text is None else text).split("\n")
    regions = _console_blocks(lines) if path.suffix == ".md" else [(0, len(lines))]
    cases: list[Case] = []
    for start, stop in regions:
        previous = None  # index just behind the step before
        for step in _steps(path, lines, start, stop):
            if step.line - 1 == previous:
                cases[-1].steps.append(step)
            else:
                cases.append(Case(path, [step]))
            previous = step.stop
    return cases


def _console_blocks(lines: list[str]) -> Iterator[tuple[int, int]]:
    start = None
    for index, line in enumerate(lines):
        if line.strip() == "```console":
            start = index + 1
        elif line.startswith("```") and start is not None:
            yield start, index
            start = None


def _steps(path: Path, lines: list[str], start: int, stop: int) -> Iterator[Step]:
    index = start
    while index < stop:
        if not lines[index].startswith("$ "):
            if lines[index] and not lines[index].startswith("#"):
                raise ValueError(f"{path.name}:{index + 1} is neither prose nor a command")
            index += 1
            continue
        first, command = index, lines[index][2:]
        index += 1
        while index < stop and lines[index].startswith("> "):
            command += "\n" + lines[index][2:]
            index += 1
        end = _end_of_expectation(lines, index, stop)
        yield Step(command, first + 1, index, end, lines[index:end])
        index = end


def _end_of_expectation(lines: list[str], start: int, stop: int) -> int:
    end = start
    while end < stop and not lines[end].startswith("$ "):
        if lines[end].startswith("#") and end > start and not lines[end - 1]:
            break
        end += 1
    while end > start and not lines[end - 1]:
        end -= 1
    return end


def rewrite(path: Path, text: str, actual: dict[int, list[list[str]]]) -> str:
    """The text of a transcript with new expectations for the cases at the lines given."""
    lines = text.split("\n")
    for case in reversed(parse(path, text)):
        new = actual.get(case.steps[0].line)
        for step, expected in zip(reversed(case.steps), reversed(new or []), strict=False):
            lines[step.start : step.stop] = expected
    return "\n".join(lines)


class Recorder:
    """Collects what the cases printed and writes it into their files at the end."""

    def __init__(self) -> None:
        self._actual: dict[Path, dict[int, list[list[str]]]] = {}
        self.changed: list[Path] = []

    def record(self, case: Case, actual: list[list[str]]) -> None:
        self._actual.setdefault(case.path, {})[case.steps[0].line] = actual

    def write(self) -> None:
        for path, actual in sorted(self._actual.items()):
            before = path.read_text(encoding="utf-8")
            after = rewrite(path, before, actual)
            if after != before:
                path.write_text(after, encoding="utf-8")
                self.changed.append(path)


# ----- running -----


def diffcli_in_process(argv: list[str], stdin: str) -> Result:
    """Run the command line on byte streams such as a process has."""
    from diffcli.cli.main import run

    given, out, err = (
        io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="", write_through=True)
        for data in (stdin.encode(), b"", b"")
    )
    status = run(argv, stdin=given, stdout=out, stderr=err)
    out.flush()
    err.flush()
    stdout, stderr = (stream.buffer.getvalue().decode() for stream in (out, err))  # type: ignore[attr-defined]
    return Result(stdout, stderr, status)


def _cat(argv: list[str], stdin: str) -> Result:
    return Result("".join(Path(name).read_text(encoding="utf-8") for name in argv))


def _ls(argv: list[str], stdin: str) -> Result:
    names = sorted(path.name for name in argv or ["."] for path in Path(name).iterdir())
    return Result("".join(f"{name}\n" for name in names))


def _echo(argv: list[str], stdin: str) -> Result:
    return Result(" ".join(argv) + "\n")


COMMANDS: dict[str, Callable[[list[str], str], Result]] = {
    "diffcli": diffcli_in_process,
    "cat": _cat,
    "ls": _ls,
    "echo": _echo,
}


def execute(command: str) -> Result:
    """Run a command or a pipe of commands in the current folder."""
    total = Result()
    pipe: list[list[str]] = [[]]
    for word in shlex.split(command):
        if word == "|":
            pipe.append([])
        else:
            pipe[-1].append(word)
    for name, *argv in pipe:
        result = COMMANDS[name](argv, total.stdout)
        total = Result(result.stdout, total.stderr + result.stderr, total.status or result.status)
    return total


def run(case: Case, cwd: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Run a case in the empty folder `cwd`; the lines that each of its steps produced."""
    shutil.copytree(DATA, cwd, dirs_exist_ok=True)
    monkeypatch.chdir(cwd)
    actual = []
    for step in case.steps:
        result = execute(step.command)
        _check_invariants(step, result)
        actual.append(result.lines(cwd))
    return actual


def _check_invariants(step: Step, result: Result) -> None:
    """What holds for all output, whatever it says."""
    assert not re.search(r'error\[internal]|"code": "internal"', result.stderr), result.stderr
    for stream in (result.stdout, result.stderr):
        assert not stream or stream.endswith("\n"), f"no newline at the end: {step.command}"
        assert not stream.endswith("\n\n"), f"a blank line at the end: {step.command}"
        assert "\x1b" not in stream, f"terminal escapes in a pipe: {step.command}"
        for line in stream.splitlines():
            assert line == line.rstrip(), f"trailing blanks in {line!r}"
            # JSON is one line however long, and exceptions of programs are in PyTorch's words
            data = line.startswith(("{", "[", "error[program]"))
            assert data or len(line) <= WIDTH, f"wider than {WIDTH} columns: {line}"
            assert not line.startswith(("$ ", "! ", "[exit ")), f"reads as a transcript: {line}"
            stop = line.startswith("error[") and line.endswith(".")
            assert data or not stop, f"full stop: {line}"
    assert "Traceback" not in result.stderr
    if step.command.endswith("--json"):
        json.loads(result.stdout or result.stderr, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")


def check(
    case: Case,
    cwd: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    recorder: Recorder | None,
) -> None:
    """Compare a case with what it prints now, or record it."""
    if recorder is None and not case.recorded:
        pytest.fail(f"{case.id} has no expectation: record it with `{UPDATE}`", pytrace=False)
    actual = run(case, cwd, monkeypatch)
    assert capfd.readouterr() == ("", ""), "output went past the streams that were given"
    if not any(actual):
        pytest.fail(f"{case.id} prints nothing: show what it did, with `cat` say", pytrace=False)
    if recorder is not None:
        recorder.record(case, actual)
        return
    expected = [step.expected for step in case.steps]
    if not alike(actual, expected):
        pytest.fail(_difference(case, expected, actual), pytrace=False)


def alike(actual: list[list[str]], expected: list[list[str]]) -> bool:
    """Whether the lines are the same; on a GPU, but for the last digits of numbers."""
    if actual == expected or os.environ.get("DIFFCLI_BACKEND") != "cupy":
        return actual == expected
    number = re.compile(r"(-?\d+\.\d+(?:e[+-]?\d+)?)")
    words = []
    for steps in (actual, expected):
        text = "\n".join(line for lines in steps for line in lines)
        words.append([re.sub(r"[\s─]+", " ", word) for word in number.split(text)])
    return len(words[0]) == len(words[1]) and all(
        a == b
        or (number.fullmatch(a) and math.isclose(float(a), float(b), rel_tol=1e-5, abs_tol=1e-9))
        for a, b in zip(*words, strict=True)
    )


def _difference(case: Case, expected: list[list[str]], actual: list[list[str]]) -> str:
    old, new = [], []
    for step, before, after in zip(case.steps, expected, actual, strict=True):
        old += [f"$ {step.command}", *before]
        new += [f"$ {step.command}", *after]
    diff = difflib.unified_diff(old, new, "expected", "printed", lineterm="", n=50)
    where = f"{case.path.name}:{case.steps[0].line}"
    return "\n".join([where, *diff, "", f"If this is right: `{UPDATE}`, then read `git diff`"])
