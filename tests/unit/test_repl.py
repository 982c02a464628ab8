"""Sessions: what is complete, what names hold, how errors leave a session, and the prompt."""

from __future__ import annotations

import io
import os
import pty
import select
import signal
import subprocess
import time

import numpy as np
import pytest

from diffcli.cli.environment import Environment
from diffcli.cli.interaction import Interaction, split_expression
from diffcli.program.results import arrays
from diffcli.program.session import Session, is_complete

INTERRUPT = object()


class Typist:
    """A session, and what it printed since it was last looked at."""

    def __init__(self, variables=None, stdin=""):
        self.out, self.err = io.StringIO(), io.StringIO()
        self.env = Environment(io.StringIO(stdin), self.out, self.err, variables or {})
        self.session = Session(self.env.out, self.env.err)
        self.interaction = Interaction(self.env, self.session)

    def type(self, text):
        self.interaction.respond(text)
        return self.printed()

    def printed(self):
        texts = self.out.getvalue(), self.err.getvalue()
        for stream in (self.out, self.err):
            stream.seek(0)
            stream.truncate()
        return "".join(texts)


@pytest.fixture
def typist():
    return Typist()


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("x = 1", True),
        ("x +", True),
        ("(1,", False),
        ("if x:", False),
        ("if x:\n  y", False),
        ("if x:\n  y\n", True),
        ("class A:\n  def f(self):\n    return 1\n", True),
        ("'''text", False),
        ("x = 1 \\", False),
        ("@decorator", False),
        ("1 1", True),
        ("\0", True),
        ("(" * 1000, True),
    ],
)
def test_what_is_complete(text, complete):
    assert is_complete(text) == complete


def test_values_are_shown_as_python_does(typist):
    assert typist.type("x = 3") == ""
    assert typist.type("x") == "3\n"
    assert typist.type("None") == ""
    assert typist.type("'a'; _ + 'b'") == "'a'\n'ab'\n"
    assert typist.type("print(x)") == "3\n"
    assert typist.type("torch.ones(2)") == "tensor([1., 1.])\n"
    assert typist.type("np.arange(2)") == "array([0, 1])\n"


def test_names_last(typist):
    typist.type("def scaled(a):\n    return k*a\n")
    typist.type("k = 2")
    assert typist.type("scaled(4)") == "8\n"
    typist.type("k = 3")
    assert typist.type("scaled(4)") == "12\n"


def test_states_last(typist):
    typist.type("import random; random.seed(1)")
    first = typist.type("random.random()")
    assert typist.type("random.random()") != first
    typist.type("x = torch.ones(1, requires_grad=True)")
    assert "grad_fn" in typist.type("x*2")
    typist.type("_guard = torch.set_grad_enabled(False)")
    assert "grad_fn" not in typist.type("x*2")
    typist.type("torch.set_default_dtype(torch.float64)")
    assert typist.type("torch.ones(1).dtype") == "torch.float64\n"


def test_an_error_ends_nothing_and_points_into_what_was_typed(typist):
    typist.type("def inverse(a):\n    return 1/a\n")
    typist.type("x = 1")
    shown = typist.type("inverse(0)")
    assert shown.startswith("error[program]: ZeroDivisionError: division by zero\n")
    assert "2 |     return 1/a\n" in shown
    assert "called from line 4: inverse(0)" in shown
    assert typist.type("x") == "1\n"


def test_statements_before_an_error_count(typist):
    assert "NameError" in typist.type("x = 1; y; x = 2")
    assert typist.type("x") == "1\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x +", "error[syntax]"),
        ("open('x')", "error[program]"),
        ("2**10**8", "error[limit]"),
        ("(" * 3000, "error[syntax]"),
        ("def f(): return f()\n\n", ""),
        ("f()", "error[program]"),
        (":grad y", "error[unknown-name]: 'y' has no value"),
        (":grad 'x", "error[usage]: a quote is never closed"),
        (":gradd x", "did you mean 'grad'?"),
        (":repl", "error[usage]: this is a session already"),
        (":", "error[usage]"),
    ],
)
def test_what_goes_wrong_is_told(typist, text, words):
    assert words in typist.type(text)
    assert typist.type("1 + 1") == "2\n"


def test_commands_have_the_names_of_the_session(typist):
    typist.type("w, x, b = 3, 2.0, torch.tensor(4.0)")
    assert typist.type(":eval w*x + b") == "10\n"
    assert "w              3          2   x" in typist.type(":grad w*x + b --wrt w")
    assert typist.type(":eval sum(x*[1, 2], axis=0) x=5") == "15\n"
    assert typist.type(":eval sin(0)") == "0\n"
    assert "diffcli functions" not in typist.type(":functions tanhshrin")
    assert typist.type(":help").startswith("Sessions\n")
    assert typist.type(":help bindings").startswith("Values: ")
    assert "(n,)    y" in typist.type(":derive x@y x:(n,) y:(n,) --wrt x")
    assert "'x' has a shape and a value" in typist.type(":derive x x:(n,) x=2")
    assert "forward accumulation" in typist.type(":explain w*x --mode forward")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("w*x + b", ["w*x + b"]),
        ("  x == 3 ", ["x == 3"]),
        ("w*x w=3 x='[1, 2]'", ["w*x", "w=3", "x=[1, 2]"]),
        ("sum(x, axis=0) --wrt x", ["sum(x, axis=0)", "--wrt", "x"]),
        ("x --json", ["x", "--json"]),
        ("x - -y -o out.json", ["x - -y", "-o", "out.json"]),
        ("x@y x:(n,) y:(n,)", ["x@y", "x:(n,)", "y:(n,)"]),
        ("sum(x[1:2] + y [a:b]) x:n", ["sum(x[1:2] + y [a:b])", "x:n"]),
        ("-x", ["-x"]),
        ("'w * x' w=3", ["w * x", "w=3"]),
        ("--json x", ["--json", "x"]),
        ("--json --wrt x,y -x*y x=1", ["--json", "--wrt", "x,y", "-x*y", "x=1"]),
        ("--wrt=x sum(x, axis=0)", ["--wrt=x", "sum(x, axis=0)"]),
        ("--tangent 'x=[1, 2]' x*2 + 1", ["--tangent", "x=[1, 2]", "x*2 + 1"]),
        ("-o out.json --wrt", ["-o", "out.json", "--wrt"]),
        ("--x - y", ["--x - y"]),
        ("-x - y", ["-x - y"]),
        ("", []),
    ],
)
def test_expressions_need_no_quotes(text, words):
    options = {"--json": False, "--wrt": True, "--tangent": True, "-o": True}
    assert split_expression(text, options) == words


def test_names_as_arrays(typist):
    typist.type("a, b, c, d = 1, 2.5, True, 1j")
    typist.type("e = [[1, 2], [3, 4]]; f = torch.ones(2); g = np.ones(2); h = torch.arange(2)")
    typist.type("i = 'text'; j = [[1], [2, 3]]; k = print; l = None; m = []; n = {}; _o = 1")
    found = arrays(typist.session.names)
    assert {name: str(value.dtype) for name, value in found.items()} == {
        **dict.fromkeys("abefg", "float64"),
        "c": "bool",
        "d": "complex128",
        "h": "int64",
    }
    np.testing.assert_array_equal(found["e"], [[1, 2], [3, 4]])


@pytest.mark.parametrize(
    ("text", "last", "some"),
    [
        (":gr", ":gr", ":grad"),
        (":q", ":q", ":quit"),
        (":grad tanhs", "tanhs", "tanhshrink"),
        (":grad hei", "hei", "height"),
        ("hei", "hei", "height"),
        ("pri", "pri", "print"),
        ("y = torch.tens", "tens", "tensor"),
        ("torch.nn.functional.rel", "rel", "relu"),
        (":grad torch.linalg.so", "so", "solve"),
        ("matrix.requires_g", "requires_g", "requires_grad"),
        ("whi", "whi", "while"),
    ],
)
def test_completions(typist, text, last, some):
    typist.type("height = 1; matrix = torch.ones(2)")
    found = typist.interaction.completions(text)
    assert found[0] == last
    assert some in found[1]


@pytest.mark.parametrize("owner", ["torch", "torch.nn.functional", "torch.Tensor", "x"])
def test_completions_are_the_same_whatever_was_used_before(owner, python):
    used = "x = torch.nn.functional.tanhshrink(torch.ones(1)).absolute(); torch.linalg.norm(x)"
    code = f"""
from diffcli.program.session import Session
session = Session(print)
session.execute("x = torch.ones(1)")
before = session.completions("{owner}.")
session.execute("{used}")
assert session.completions("{owner}.") == before
assert len(set(before)) == len(before) > 100
"""
    subprocess.run([python, "-c", code], check=True)


@pytest.mark.parametrize("owner", ["torch", "torch.linalg", "torch.nn.functional", "np.linalg"])
def test_what_is_offered_of_a_module_is_there(typist, owner):
    for name in typist.session.completions(f"{owner}."):
        typist.session.execute(f"{owner}.{name}")


def test_functions_of_one_module_are_in_no_other(typist):
    assert "module 'torch.linalg' has no attribute 'relu'" in typist.type("torch.linalg.relu")


@pytest.mark.parametrize("text", ["", "1 + ", "nothing.at.all", "'text"])
def test_no_completions(typist, text):
    assert typist.interaction.completions(text)[1] == [] or text == "'text"


@pytest.mark.parametrize("end", ["", ":quit\n", "exit()\n", "quit\n"])
def test_lines_of_standard_input(end):
    typist = Typist(stdin=f"x = 2\ndef f(a):\n    return a*x\n\nf(x)\n1/0\n\nx\n{end}")
    typist.interaction.run()
    shown = typist.printed()
    assert shown.startswith("4\n2\n")
    assert "ZeroDivisionError" in shown


def test_leaving_with_a_status():
    typist = Typist(stdin="raise SystemExit(3)\n1\n")
    with pytest.raises(SystemExit) as left:
        typist.interaction.run()
    assert left.value.code == 3


def test_the_prompt(typist, tmp_path):
    from prompt_toolkit.application import create_app_session
    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document
    from prompt_toolkit.input import create_pipe_input
    from prompt_toolkit.output import DummyOutput

    from diffcli.cli.prompt import prompt

    history = tmp_path / "state" / "history"
    typist.env.variables = {"DIFFCLI_HISTORY": str(history)}
    typed = {
        "x = 2\n": "x = 2",
        "def f(a):\n    return a*x\n\n": "def f(a):\n    return a*x\n    ",
        ":eval x*3\n": ":eval x*3",
        "\x1b[A\n": ":eval x*3",
    }
    with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
        reader = prompt(typist.interaction)
        for text, expected in typed.items():
            keys.send_text(text)
            assert reader.read() == expected
        keys.send_text("f(tanhsh\x03")
        with pytest.raises(KeyboardInterrupt):
            reader.read()
        keys.send_text("\x04")
        assert reader.read() is None

    [found] = reader.session.completer.get_completions(
        Document("torch.nn.functional.tanhsh"), CompleteEvent()
    )
    assert (found.text, found.start_position) == ("tanhshrink", -6)
    assert "+x = 2\n" in history.read_text(encoding="utf-8")


def in_terminal(python, keys, *argv):
    """What a terminal shows when keys are typed into a process, each after a text appeared."""
    terminal, inside = pty.openpty()
    variables = {**os.environ, "DIFFCLI_HISTORY": "0", "PROMPT_TOOLKIT_NO_CPR": "1"}
    process = subprocess.Popen(
        [python, "-m", "diffcli", *argv], stdin=inside, stdout=inside, stderr=inside, env=variables
    )
    os.close(inside)
    shown, seen, end = "", 0, time.monotonic() + 60

    def read():
        if not select.select([terminal], [], [], 0.05)[0]:
            return ""
        try:
            return os.read(terminal, 65536).decode()
        except OSError:  # the other end is closed
            return ""

    for awaited, typed in keys:
        while awaited not in shown[seen:] and time.monotonic() < end:
            shown += read()
        seen = len(shown)
        if typed is INTERRUPT:
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
        else:
            os.write(terminal, typed.encode())
    while process.poll() is None and time.monotonic() < end:
        shown += read()
    process.kill()
    shown += read()
    os.close(terminal)
    return shown, process.wait()


def test_in_a_terminal(python):
    """Ctrl-C ends the computation and not the session."""
    keys = [
        (">>> ", "x = 7\r"),
        (">>> ", "while True: x = x + 1 if x > 7 else (print('be' + 'gun'), 8)[1]\r"),
        ("[1]", "\r"),
        ("begun", INTERRUPT),
        ("interrupted", "x > 7\r"),
        ("True", ":quit\r"),
    ]
    shown, status = in_terminal(python, keys, "repl")
    assert "error[interrupted]: stopped by the user" in shown
    assert "True" in shown
    assert status == 0


@pytest.mark.parametrize("text", ["help", "help()", "?", ":help"])
def test_help(typist, text):
    assert typist.type(text).startswith("Sessions\n")


def test_a_name_that_is_help(typist):
    typist.type("help = 3")
    assert typist.type("help") == "3\n"
