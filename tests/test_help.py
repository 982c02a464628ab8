"""Pages of commands and topics: their examples are transcripts, and nothing is left out."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import diffcli
from diffcli.cli.main import COMMANDS
from diffcli.cli.pages import FOLDER, TOPICS
from diffcli.errors import CATALOGUE, ExitStatus
from diffcli.render.cells import display_width
from tests import transcript

PAGES = sorted(FOLDER.glob("*/*.md"))
CASES = [case for page in PAGES for case in transcript.parse(page)]

WIDTH = 78
"""Columns of a line that is shown with two blanks before it on 80 columns."""

UNSHOWN = {"doctor": "tells about the machine"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_example(case, tmp_path, monkeypatch, capfd, recorder):
    transcript.check(case, tmp_path, monkeypatch, capfd, recorder)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.name}")
def test_examples_fit_the_terminal(page):
    if not named(page):
        return  # the lines of topics are broken
    examples = re.findall(r"```console\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line for text in examples for line in text.split("\n")]

    assert [x for x in lines if display_width(x) > WIDTH and not x.startswith("{")] == []


def test_every_command_has_a_page_with_examples():
    pages = {page.stem: page.read_text(encoding="utf-8") for page in PAGES if named(page)}

    assert set(pages) == {"diffcli", *COMMANDS}
    shown = {
        name
        for name, text in pages.items()
        if re.search(rf"^\$ (.* \| )?diffcli {name}\b", text, re.M)
    }
    assert set(COMMANDS) - shown == set(UNSHOWN)


def test_every_topic_has_a_page_with_a_title():
    pages = {page.stem: page.read_text(encoding="utf-8") for page in PAGES if not named(page)}

    assert set(pages) == set(TOPICS)
    assert [name for name, text in pages.items() if not text.startswith("# ")] == []


def test_all_codes_are_listed():
    text = printed("errors")
    listed = re.findall(r"^  ([a-z-]+)\n((?:      .*\n)+)", text, re.MULTILINE)

    assert {code for code, _ in listed} == set(CATALOGUE)
    for code, body in listed:
        kind = CATALOGUE[code]
        assert " ".join(body.split()) == f"{kind.meaning} = {kind.repair}"
    for status in ExitStatus:
        assert status is ExitStatus.OK or f"exit status {status:d}, {status.meaning}\n" in text


def test_all_environment_variables_are_listed():
    sources = Path(diffcli.__file__).parent.rglob("*.py")
    read = {
        name
        for path in sources
        for name in re.findall(r"\b_?(?:DIFFCLI|XDG)_[A-Z_]+", path.read_text())
    }

    assert [name for name in read if name not in printed("environment")] == []


RESULTS = (
    "eval x x=1",
    "grad log(abs(x)) x=0",
    "vjp floor(x) x=1",
    "jvp x x=1 --tangent x=1",
    "jacobian x x=[1,2] --sparse always",
    "hessian x*y x=1 y=2",
    "hvp x**2 x=1 --tangent x=1",
    "check x x=1",
    "explain floor(abs(x))*x x=0 --mode both",
    "graph x*y x=1 y=2",
    "derive det(X)*x X:(n,n) --cse --latex",
    "derive x*y --order 2",
    "plot x**2 x=0:1:3",
    "run descent.py",
    "functions sin",
    "functions norm",
    "functions --category trigonometric",
    "functions pi",
    "doctor",
)

OF_THE_USER = {
    "grad", "vjp", "hvp", "jacobian", "hessian", "derive", "shapes", "nonzero", "latex", "common",
    "sizes", "zeros", "axes", "tangents", "variables", "names", "values", "derivatives",
    "gradient", "variants", "packages", "extras",
}  # fmt: skip
"""Keys of objects whose keys are names in the expression."""


def keys_of(value, named=False):
    """The keys of an object and of all in it that are not names of the user."""
    if isinstance(value, dict):
        own = set() if named else set(value)
        return own.union(*(keys_of(item, key in OF_THE_USER) for key, item in value.items()))
    return set().union(*map(keys_of, value)) if isinstance(value, list) else set()


@pytest.mark.parametrize("line", RESULTS)
def test_all_keys_of_results_are_listed(line, monkeypatch):
    monkeypatch.chdir(transcript.DATA)
    result = transcript.diffcli_in_process([*line.split(), "--json"], "")
    listed = set(re.findall(r"\w+", printed("json")))

    assert keys_of(json.loads(result.stdout)) - listed == set()


@pytest.mark.parametrize("name", TOPICS)
@pytest.mark.parametrize("width", [72, 80, 120])
def test_topics_fit_the_terminal(name, width, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))

    assert max(map(len, printed(name).split("\n"))) <= width


@pytest.mark.parametrize("name", COMMANDS)
def test_the_page_of_a_command(name):
    if name not in TOPICS:
        assert printed(name) == transcript.diffcli_in_process([name, "--help"], "").stdout


def printed(name: str) -> str:
    result = transcript.diffcli_in_process(["help", name], "")
    assert (result.stderr, result.status) == ("", 0)
    return result.stdout


def named(page: Path) -> bool:
    return page.parent.name == "commands"
