"""Pages of commands and topics: their examples are transcripts, and nothing is left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from diffcli.cli.main import COMMANDS
from diffcli.cli.pages import FOLDER
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
    examples = re.findall(r"```console\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line for text in examples for line in text.split("\n")]

    assert [x for x in lines if len(x) > WIDTH and not x.startswith("{")] == []


def test_every_command_has_a_page_with_examples():
    pages = {page.stem: page.read_text(encoding="utf-8") for page in PAGES if named(page)}

    assert set(pages) == {"diffcli", *COMMANDS}
    shown = {name for name, text in pages.items() if f"\n$ diffcli {name} " in text}
    assert set(COMMANDS) - shown == set(UNSHOWN)


def named(page: Path) -> bool:
    return page.parent.name == "commands"
