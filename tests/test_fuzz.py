"""Whatever is typed gives an answer or a diagnostic: never a traceback, a warning or half a result.

The examples of the operator table are damaged by seeded chance: tokens are replaced, added,
dropped and exchanged, and so are characters. Each example has a stream of chance of its own, so a
new row leaves the damage to others as it is.
"""

from __future__ import annotations

import io
import json
import math
import random
import re
import shlex
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest

from diffcli.cli.main import run
from diffcli.errors import CATALOGUE
from diffcli.limits import limited
from tests.samples import all_rows, examples

MUTANTS = 5
"""Damaged forms of each example."""

BINDINGS = {
    **dict.fromkeys("xyz", "[[0.3,-1.2,0.8],[1.1,0.4,-0.6]]"),
    **dict.fromkeys("pqabc", "[[0.3,1.2,0.8],[1.1,0.4,0.6]]"),
    "u": "[[0.3,-0.2,0.8],[0.1,0.4,-0.6]]",
    **dict.fromkeys("vw", "[0.5,-1.5,2.0]"),
    **dict.fromkeys("AC", "[[2.1,0.3,-0.4],[0.5,1.9,0.2],[-0.3,0.1,2.5]]"),
    "S": "[[3.0,0.5,0.2],[0.5,2.5,0.1],[0.2,0.1,4.0]]",
    "B": "randn(2,3,3,seed=1)",
    "s": "0.7",
    "t": "-1.3",
    "Z": "[1+2j,3-1j,0.5j]",
    "E": "zeros(0)",
    "G": "zeros((0,3))",
    "i": "array([0,2,1],dtype=int)",
    "m": "[True,False,True]",
    "n": "int(3)",
    "h": "ones(3,dtype=float32)",
}

VALUES_TEXT = r"""
0 1 -1 2 -3 7 0.5 -0.0 1e308 -1e308 1e-320 inf nan 2**31 2**63 10**30 1j 2-1j True None 'x' ''
'mean' 'ij,j->i' [] () [[]] [1,2,3] [[1,2],[3]] (1,) (2,3) (-1,) ((1,1),(0,1)) [None] [1j,2] float32
int bool complex64 slice(0,2) slice(None,None,-1) ... pi x.shape x.T v[:0] x>0 [s,t] [v,w] int(s)
[nan,1] {} lambda *v **v s v x A B E G Z i m n h x.dtype
"""

TOKENS_TEXT = r"""
+ - * / // % @ ** ( ) [ ] , : ; . ... < == != and or not if else True None = := -> ' " ~ & | ! ? $ #
\ for in 1 0 2 0.5 1e400 1j nan .T .shape [0] [-1] [:] [None] [...] [m] [::0] axis=0 axis=-1 dim=1
keepdims=True dtype=int np. torch. F. scipy.special. linalg. fft. jnp. sum( sin( int( import return
"""

CHARACTERS = (
    "()[]{},.:;+-*/%@^~&|<>=!'\"\\#$?` \n\t0123456789exj_aXé∂πλ²½−×√\u200b\ufeff\x00\x1b\udcff"
)

VALUES, TOKENS = VALUES_TEXT.split(), TOKENS_TEXT.split()

COMMANDS = "eval grad vjp jvp jacobian hessian hvp check explain graph".split()

TOKEN = re.compile(r"\s+|[A-Za-z_]\w*|\d+\.?\d*j?|'[^']*'|\*\*|//|[<>=!]=|->|\.\.\.|.", re.DOTALL)


def damaged(text: str, chance: random.Random) -> str:
    """The text with one to three tokens or characters changed."""
    way = chance.random()
    parts, pool = TOKEN.findall(text), VALUES if way < 0.5 else TOKENS
    if way > 0.9:
        parts, pool = list(text), list(CHARACTERS)
    for _ in range(chance.randint(1, 3)):
        words = [k for k, part in enumerate(parts) if re.match(r"\w", part) or way >= 0.5]
        if not words:
            break
        place, change = chance.choice(words), chance.random()
        if way < 0.5 or change < 0.4:
            parts[place] = chance.choice(pool)
        elif change < 0.7:
            parts.insert(place, chance.choice(pool))
        elif change < 0.85:
            del parts[place]
        else:
            other = chance.randrange(len(parts))
            parts[place], parts[other] = parts[other], parts[place]
    return "".join(parts)


def command_line(text: str, chance: random.Random) -> list[str]:
    """A command on the text, with values for its names and some options."""
    command = chance.choice(COMMANDS)
    used = [n for n in BINDINGS if re.search(rf"(?<!\w){n}(?!\w)", text)]
    line = [command, text, *(f"{n}={BINDINGS[n]}" for n in used)]
    if command in ("jvp", "hvp"):
        line += ["--tangent", f"{chance.choice(used or ['x'])}={chance.choice(VALUES)}"]
    if command == "vjp":
        line += ["--v", chance.choice(VALUES)]
    if command == "explain":
        line += ["--mode", chance.choice(["forward", "reverse", "both"])]
    if command == "graph":
        line += chance.choice([["--backward"], ["--simplified"], ["--names", "torch"], []])
    if command in ("jacobian", "hessian"):
        line += ["--mode", chance.choice(["forward", "reverse"])]
    if chance.random() < 0.1:
        line += ["--dtype", chance.choice(["float32", "float64", "complex64"])]
    if chance.random() < 0.3:
        line += ["--json"]
    return line


LEAK = re.compile(r"<class|<Node|object at 0x|Traceback")


def problem(line: list[str]) -> str:
    """What is wrong with the outcome of a command line, or ''."""
    out, err = io.StringIO(), io.StringIO()
    try:
        status = run(line, io.StringIO(), out, err)
    except Warning as warning:
        return f"warning: {warning}"
    written, said = out.getvalue(), err.getvalue()
    if status == 0:
        if "--json" in line:
            json.loads(written, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
        leak = LEAK.search(said)
        noted = not said or (said.startswith("note: ") and not leak)
        return "" if written and noted else f"success said {said!r}"
    if "--json" in line:
        code = json.loads(said)["error"]["code"]
    else:
        head = re.match(r"error\[([\w-]+)\]: ", said)
        code = head[1] if head else ""
    if code not in CATALOGUE or code == "internal":
        return said
    if status != CATALOGUE[code].status:
        return f"status {status} for {code}"
    if written and code != "check-failed":
        return f"half a result: {written}"
    leak = LEAK.search(said)
    return f"{leak[0]} in {said}" if leak else ""


@pytest.mark.parametrize("category", sorted({row.category for row in all_rows()}))
def test_damaged_examples_have_an_answer_or_a_diagnostic(category: str) -> None:
    found = []
    with limited(elements=2**16):
        for text in [t for row in all_rows() if row.category == category for t in examples(row)]:
            chance = random.Random(text)
            for _ in range(MUTANTS):
                line = command_line(damaged(text, chance), chance)
                wrong = problem(line)
                found += [f"{shlex.join(line)}\n    {wrong}"] if wrong else []

    assert not found, "\n".join(found)


FRAGILE = {
    "hyp1f1(0.3, 3.0, -1e300)": 1.2947616535572706e-90,  # SciPy's time grows with the argument
    "hyp1f1(0.3, 3.0, inf)": math.inf,
    "hyp1f1(0.0, 3.0, 1e12)": 1.0,
    "hyp1f1(-1.0, 2.0, 1e12)": 1 - 5e11,
    "hyp1f1(-8662674686548926, 1.5, 1)": math.nan,
    "hyp1f1(1e9, 1e9, 0.5)": math.exp(0.5),
    "hyperu(0.5, 2**31, 0.3)": math.nan,
    "hyp0f1(1.0, 1e15)": math.inf,  # SciPy's asymptotic form divides by b - 1
    "sum(polyder([1, 2], 1000))": 0.0,
    "kaiser(3, inf)[1]": math.nan,
}


@pytest.mark.parametrize("text", FRAGILE)
def test_extreme_arguments_have_the_limit_as_value(text: str) -> None:
    out, err = io.StringIO(), io.StringIO()

    status = run(["eval", text, "--precision", "17"], io.StringIO(), out, err)

    assert status == 0 and not re.sub(r"^note: (.*\n)+", "", err.getvalue())
    assert float(out.getvalue()) == pytest.approx(FRAGILE[text], rel=1e-12, nan_ok=True)


REFUSED = {
    "polyder(v, 2**31)": "an order is an integer from 0 to 1000",
    "polyint(v, -1)": "an order is an integer from 0 to 1000",
    "dawsn_derivative(v, 2**31)": "an order is an integer from 0 to 200",
    "cumsum(None)": "needs an array for 'x'",
    "median(v, keepdims=inf)": "takes True or False for 'keepdims', not inf",
    "cov(v, rowvar=v)": "takes True or False for 'rowvar', not an array",
    "rot90(x, 1.5)": "takes an integer for 'k', not 1.5",
    "einsum(v, v)": "takes a string for 'subscripts'",
    "matrix_rank(A, 'float')": "takes a number for 'tol', not 'float'",
    "diag(v, 2**63)[0]": "more elements than can be",
    "triu_indices(10**5)[0]": "an array of shape (100000, 100000) has",
    "inverse_gaps(w=array([1, 2]))": "inverse_gaps: is not made for arguments of these types",
    "choice(5, (-1, 3))": "cannot be negative",
    "choice(5, 2**31)": "a size of a shape is larger than",
    "pad(v, (1, 10**10), mode='edge')": "pad would make an array of 10000000004 elements",
}


@pytest.mark.parametrize("text", REFUSED)
def test_arguments_of_the_wrong_kind_are_named(text: str) -> None:
    err = io.StringIO()
    names = [n for n in "xvA" if n in text]

    status = run(["eval", text, *(f"{n}={BINDINGS[n]}" for n in names)], None, io.StringIO(), err)

    assert status == 2 or CATALOGUE["too-large"].status == status
    assert REFUSED[text] in err.getvalue()


OPTIONS = {
    ("eval", "1", "--timeout", "nan"): (2, "a time limit is a positive number, not nan"),
    ("eval", "1", "--timeout", "1e300"): (0, ""),
    ("check", "diag_embed(s, 10**9)", "s=[1]"): (1, "real would make an array of"),
    ("check", "broadcast_to(s, (2**20, 2**20))", "s=1"): (1, "would make an array of"),
}


@pytest.mark.parametrize("line", OPTIONS)
def test_limits_hold_before_anything_is_computed(line: tuple[str, ...]) -> None:
    err = io.StringIO()

    status = run(list(line), io.StringIO(), io.StringIO(), err)

    assert (status, OPTIONS[line][1] in err.getvalue()) == (OPTIONS[line][0], True), err.getvalue()


def damaged_bytes(data: bytes, chance: random.Random) -> bytes:
    """The content of a file with one to four bytes changed, added or dropped, or cut off."""
    out = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        place, change = chance.randrange(len(out)), chance.random()
        if change < 0.5:
            out[place] = chance.randrange(256)
        elif change < 0.7:
            out[place:place] = bytes([chance.randrange(256)])
        elif len(out) > 8:
            del out[place : place + chance.randint(1, 4)]
    return bytes(out[: chance.randrange(len(out))] if chance.random() < 0.2 else out)


def content(suffix: str) -> bytes:
    """A sound file of that format with the column or key x."""
    stream = io.BytesIO()
    values = np.array([[0.3, -1.2, 0.8], [1.1, 0.4, -0.6]])
    if suffix == ".npy":
        np.save(stream, values)
    elif suffix == ".npz":
        np.savez(stream, x=values)
    elif suffix == ".parquet":
        pyarrow.parquet.write_table(pyarrow.table({"x": [0.5, 2.0], "y": ["a", "b"]}), stream)
    else:
        texts = {".json": '{"x": [[1, 2.5], [3, -4e2]]}', ".csv": "x,y\n1,2\n3,-4.5\n"}
        stream.write(texts[suffix].encode())
    return stream.getvalue()


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".json", ".csv", ".parquet"])
def test_damaged_files_have_an_answer_or_a_diagnostic(suffix: str, tmp_path: Path) -> None:
    chance, found, whole = random.Random(suffix), [], content(suffix)
    key = "" if suffix == ".npy" else ":x"
    path = tmp_path / f"data{suffix}"
    for data in [whole, *(damaged_bytes(whole, chance) for _ in range(200))]:
        path.write_bytes(data)
        line = ["grad", "sum(x**2)", f"x=@{path}{chance.choice([key, key, ''])}", "--json"]
        wrong = problem(line)
        found += [f"{data!r}\n    {wrong}"] if wrong else []

    assert not found, "\n".join(found)


CONTINUED = ("gammaln(x)", "factorial(x)", "gamma(x)", "loggamma(x)")


@pytest.mark.parametrize("text", CONTINUED)
def test_check_passes_beside_a_branch_cut_of_the_complex_continuation(text: str) -> None:
    out, err = io.StringIO(), io.StringIO()

    status = run(["check", text, "x=[-1.2,-2.4,0.3]"], io.StringIO(), out, err)

    assert (status, err.getvalue()) == (0, ""), out.getvalue()


CHECKED = {
    "sum(arccos(x))": ("x=[0.3,-1.2]", 0),  # another element is undefined
    "arccosh(x)": ("x=[1,2]", 0),  # another element has an infinite slope
    "huber_loss(x, [1.3, 0.5])": ("x=[0.3,1.1]", 0),  # the slope has a kink
    "relu(x)**2": ("x=0", 0),
    "l1_loss(x, 438178528)": ("x=[1,2]", 0),  # the result is large against its slopes
    "float32(x)*3": ("x=0.7", 0),  # the result is rounded coarsely
    "stop_gradient(x)*x": ("x=[1,2]", 1),
    "stop_gradient(x)*x*1e-3 + 1e3": ("x=1", 1),
    "float32(stop_gradient(x))*x": ("x=0.7", 1),
}


@pytest.mark.parametrize("text", CHECKED)
def test_check_knows_how_far_differences_are_certain(text: str) -> None:
    binding, wanted = CHECKED[text]

    assert run(["check", text, binding], None, io.StringIO(), io.StringIO()) == wanted
