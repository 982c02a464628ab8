"""Programs with words and signs exchanged at random end with an answer or a diagnostic."""

from __future__ import annotations

import keyword
import random
import re
from pathlib import Path

import pytest

from diffcli.errors import DiffcliError, Source
from diffcli.limits import limited
from diffcli.program.run import run_program

TESTS = Path(__file__).parent
CORPUS = (TESTS / "data" / "python_programs.txt").read_text(encoding="utf-8").split("### ")[1:]
PROGRAMS = [part.partition("\n")[2] for part in CORPUS] + [
    path.read_text(encoding="utf-8") for path in sorted((TESTS / "programs").glob("*.py"))
]
PIECE = re.compile(r"\w+|\s+|[^\w\s]")
FIXED = set(keyword.kwlist) - {"None", "True", "False"}
SIGNS = list("+-*/%@&|^<>")
ODD = "-1 0 10**9 None [] () {} '' x[...] 1j float('nan') torch int print lambda:0 range(3)".split()
WORDS = [w for p in PROGRAMS for w in PIECE.findall(p) if re.match(r"\w", w) and w not in FIXED]


def mutated(rng: random.Random) -> str:
    pieces = PIECE.findall(rng.choice(PROGRAMS))
    places = [i for i, p in enumerate(pieces) if p in SIGNS or re.match(r"\w", p)]
    for i in rng.sample(places, min(len(places), rng.randint(1, 4))):
        if pieces[i] in SIGNS:
            pieces[i] = rng.choice(SIGNS)
        elif pieces[i] not in FIXED:
            pieces[i] = rng.choice(ODD if rng.random() < 0.2 else WORDS)
    return "".join(pieces)


@pytest.mark.parametrize("seed", range(20))
def test_a_mutated_program_has_an_answer_or_a_diagnostic(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(15):
        text = mutated(rng)
        try:
            with limited(elements=2**20):
                run_program(Source(text), lambda _: None, steps=100_000, seconds=20)
        except DiffcliError as error:
            assert error.code in ("program", "syntax", "limit", "too-large"), text
            assert error.source is not None, text
