"""The transcripts in tests/golden: compared, complete, and stable under recording."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from diffcli.errors import CATALOGUE
from tests import transcript

FILES = sorted(set(transcript.GOLDEN.glob("*/*.txt")) - set(transcript.DATA.iterdir()))
CASES = [case for path in FILES for case in transcript.parse(path)]

# What no transcript can show, each with the reason.
UNSHOWN_COMMANDS = {
    "doctor": "tells about the machine",
}
UNSHOWN_CODES = {
    "internal": "a defect",
    "interrupted": "needs a signal",
    "missing-extra": "depends on what is installed",
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_transcript(case, tmp_path, monkeypatch, capfd, recorder):
    transcript.check(case, tmp_path, monkeypatch, capfd, recorder)


def test_every_command_has_a_transcript():
    from diffcli.cli.main import COMMANDS

    commands = [step.command for case in CASES for step in case.steps]
    word = re.compile(r"(?:^|\| )diffcli ([a-z]+)")
    shown = {name for text in commands if "--help" not in text for name in word.findall(text)}

    assert set(COMMANDS) - shown == set(UNSHOWN_COMMANDS)
    assert [name for name in COMMANDS if f"diffcli {name} --help" not in commands] == []


def test_every_error_code_has_a_transcript():
    text = "\n".join(line for case in CASES for step in case.steps for line in step.expected)
    shown = set(re.findall(r"^! error\[([a-z-]+)\]", text, re.MULTILINE))

    assert shown <= set(CATALOGUE)
    assert set(CATALOGUE) - shown == set(UNSHOWN_CODES)


def test_cases_differ():
    commands = [tuple(step.command for step in case.steps) for case in CASES]

    assert [c for c in commands if commands.count(c) > 1] == []


SAMPLE = """\
# Prose.

# More prose about the next case.
$ first
old

$ second 'with
> two lines'
$ its second step
old output

with a blank line
[exit 2]

# Between.
$ third
"""


def test_parsing():
    cases = transcript.parse(Path("sample.txt"), SAMPLE)

    assert [case.id for case in cases] == [
        "sample.txt:4 first",
        "sample.txt:7 second 'with two lines'",
        "sample.txt:16 third",
    ]
    assert [step.expected for case in cases for step in case.steps] == [
        ["old"],
        [],
        ["old output", "", "with a blank line", "[exit 2]"],
        [],
    ]
    assert [case.recorded for case in cases] == [True, True, False]


@pytest.mark.parametrize(
    ("printed", "same"),
    [("x  0.30000000000000004  2", True), ("x  0.3001  2", False), ("x  0.3  3", False)],
)
def test_last_digits_are_those_of_the_backend(printed, same, monkeypatch):
    monkeypatch.delenv("DIFFCLI_BACKEND", raising=False)
    assert not transcript.alike([[printed]], [["x  0.3  2"]])
    monkeypatch.setenv("DIFFCLI_BACKEND", "cupy")
    assert transcript.alike([[printed]], [["x  0.3  2"]]) is same


def test_parsing_refuses_stray_text():
    with pytest.raises(ValueError, match=r"sample.txt:2 is neither"):
        transcript.parse(Path("sample.txt"), "# prose\nstray\n")


def test_markdown_blocks():
    text = "Text\n$ not this\n```console\n$ a\nb\n```\n```sh\n$ nor this\n```\n"

    [case] = transcript.parse(Path("sample.md"), text)

    assert (case.steps[0].command, case.steps[0].expected) == ("a", ["b"])


def test_recording_twice_changes_nothing():
    path = Path("sample.txt")
    actual = {4: [["new", "", "lines"]], 7: [["x"], []], 16: [["! e", "[exit 1]"]]}

    once = transcript.rewrite(path, SAMPLE, actual)
    again = {
        case.steps[0].line: [step.expected for step in case.steps]
        for case in transcript.parse(path, once)
    }

    assert list(again.values()) == list(actual.values())
    assert transcript.rewrite(path, once, again) == once
    assert [line for line in once.splitlines() if line[:1] in ("#", "$")] == [
        line for line in SAMPLE.splitlines() if line[:1] in ("#", "$")
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_recording_what_stands_there_keeps_the_file(path):
    text = path.read_text(encoding="utf-8")
    same = {
        case.steps[0].line: [step.expected for step in case.steps]
        for case in transcript.parse(path)
    }

    assert transcript.rewrite(path, text, same) == text


def test_recording_is_refused_in_ci(python, monkeypatch):
    monkeypatch.setenv("CI", "1")
    root = transcript.GOLDEN.parents[1]

    done = subprocess.run(
        [python, "-m", "pytest", "--update-golden", "--collect-only", "tests/test_golden.py"],
        cwd=root,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 4
    assert "refused where CI is set" in done.stderr


@pytest.mark.parametrize(
    ("result", "complaint"),
    [
        (transcript.Result("\x1b[1m2\n"), "terminal escapes"),
        (transcript.Result("2 \n"), "trailing blanks"),
        (transcript.Result("2"), "no newline"),
        (transcript.Result("2\n\n"), "blank line at the end"),
        (transcript.Result("x" * 101 + "\n"), "wider than 100"),
        (transcript.Result(stderr="[exit 3]\n"), "reads as a transcript"),
        (transcript.Result(stderr="error[usage]: a sentence.\n"), "full stop"),
        (transcript.Result(stderr="error[internal]: a defect\n", status=1), "a defect"),
    ],
)
def test_invariants(result, complaint, tmp_path, monkeypatch, capfd):
    monkeypatch.setitem(transcript.COMMANDS, "fake", lambda argv, stdin: result)
    case = transcript.parse(Path("sample.txt"), "$ fake\n2\n")[0]

    with pytest.raises(AssertionError, match=complaint):
        transcript.check(case, tmp_path, monkeypatch, capfd, None)


def test_a_difference_is_shown_with_the_remedy(tmp_path, monkeypatch, capfd):
    case = transcript.parse(Path("sample.txt"), "$ echo 3\n2\n")[0]

    with pytest.raises(pytest.fail.Exception) as failure:
        transcript.check(case, tmp_path, monkeypatch, capfd, None)

    message = str(failure.value)
    assert "-2\n+3\n" in message
    assert "pytest --update-golden" in message


def test_a_case_without_expectation_fails(tmp_path, monkeypatch, capfd):
    case = transcript.parse(Path("sample.txt"), "$ echo 3\n")[0]

    with pytest.raises(pytest.fail.Exception, match="no expectation"):
        transcript.check(case, tmp_path, monkeypatch, capfd, None)


def test_pipes_and_files(tmp_path, monkeypatch, capfd):
    text = "$ echo 'a b' | echo c\nc\n$ ls\n" + "\n".join(
        sorted(path.name for path in transcript.DATA.iterdir())
    )
    case = transcript.parse(Path("sample.txt"), text)[0]

    transcript.check(case, tmp_path, monkeypatch, capfd, None)
