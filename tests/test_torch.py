"""`diffcli.torch`: what was written for PyTorch runs in Python, and prints what PyTorch prints."""

from __future__ import annotations

import contextlib
import copy
import doctest
import io
import pickle
import subprocess
import sys
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import diffcli
from diffcli import torch
from diffcli.errors import DiffcliError, Source
from diffcli.limits import LIMITS
from diffcli.program.run import run_program
from diffcli.program.tensors import reset

PROGRAMS = Path(__file__).parent / "programs"
DIFFERENT = {"py_containers_and_copies": "functions are Python's: type(torch.sin) is function"}
"""Programs that print something else in Python, and why."""


@pytest.fixture(autouse=True)
def _fresh_state() -> Iterator[None]:
    reset()
    with warnings.catch_warnings(), np.printoptions():
        warnings.simplefilter("ignore")  # NumPy's, of programs that call it
        yield
    reset()


# ----- programs -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(PROGRAMS.glob("*.py")), ids=lambda path: path.stem)
def test_a_program_runs_unchanged(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if path.stem in DIFFERENT:
        pytest.skip(DIFFERENT[path.stem])
    for name, module in list(sys.modules.items()):
        if name.startswith("diffcli.torch"):
            monkeypatch.setitem(sys.modules, name.removeprefix("diffcli."), module)
    main = ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", main)
    code = compile(path.read_text(encoding="utf-8"), str(path), "exec", dont_inherit=True)
    printed, error = io.StringIO(), ""
    with contextlib.redirect_stdout(printed):
        try:
            exec(code, main.__dict__)
        except Exception as raised:
            error = traceback.format_exception_only(raised)[-1]
    expected = path.with_suffix(".error")
    assert printed.getvalue() == path.with_suffix(".stdout").read_text(encoding="utf-8")
    assert error == (expected.read_text(encoding="utf-8") if expected.exists() else "")


# ----- names --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "from diffcli import torch",
        "import diffcli.torch as torch",
        "from diffcli import torch; from diffcli.torch import nn, optim",
        "import diffcli.torch.nn.functional as F; assert F.relu",
        "from diffcli.torch.utils.data import DataLoader, TensorDataset",
        "import diffcli.torch.nn; assert diffcli.torch.nn.Linear",
        "from diffcli.torch.autograd.functional import jacobian",
        "from diffcli.torch import *; assert tensor([1.0]).sum().item() == 1",
    ],
)
def test_imports(statement: str) -> None:
    exec(statement, {})


def test_names_are_found_and_listed() -> None:
    assert {"tensor", "nn", "float32", "no_grad", "sin"} <= set(dir(torch))
    assert {"Linear", "functional"} <= set(dir(torch.nn))
    assert {"sum", "backward", "grad", "T"} <= set(dir(torch.ones(1)))
    with pytest.raises(AttributeError, match="module 'torch' has no attribute 'tensr'"):
        torch.tensr  # noqa: B018
    with pytest.raises(AttributeError, match="'Tensor' object has no attribute 'summ'"):
        torch.ones(1).summ  # noqa: B018


def test_the_package_has_the_words_of_a_computation() -> None:
    class Cube(diffcli.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return g * 3 * x**2

    x = diffcli.tensor([2.0, -1.0], requires_grad=True)
    Cube.apply(x).sum().backward()
    assert repr(x.grad) == "tensor([12.,  3.])"
    with diffcli.no_grad():
        assert not (x * 2).requires_grad
        with diffcli.enable_grad():
            assert (x * 2).requires_grad
    assert isinstance(x, diffcli.Tensor)


@pytest.mark.parametrize("module", [diffcli, torch], ids=lambda module: module.__name__)
def test_examples_of_docstrings(module: ModuleType) -> None:
    text = module.__doc__ or ""
    example = doctest.DocTestParser().get_doctest(text, {}, module.__name__, None, None)
    assert doctest.DocTestRunner().run(example).attempted
    printed: list[str] = []
    assert not doctest.DocTestRunner().run(example, out=printed.append).failed, "".join(printed)


# ----- NumPy --------------------------------------------------------------------------------------

NUMPY = r"""
np.ones(2) * t               tensor([1., 2.], dtype=torch.float64)
t * np.ones(2)               tensor([1., 2.], dtype=torch.float64)
np.ones(2) * g               tensor([1., 2.], dtype=torch.float64, grad_fn=<MulBackward0>)
np.ones((2, 2)) - t          tensor([[ 0., -1.],\n        [ 0., -1.]], dtype=torch.float64)
np.float64(2) * g            tensor([2., 4.], grad_fn=<MulBackward0>)
np.float32(2) / g            tensor([2., 1.], grad_fn=<MulBackward0>)
np.float64(3) + i            tensor([4., 5.])
i * np.int64(3)              tensor([3, 6])
t == np.array([1.0, 3.0])    tensor([ True, False])
t < np.float32(1.5)          tensor([ True, False])
np.sin(t)                    tensor([0.8415, 0.9093])
np.isnan(t)                  tensor([0, 0], dtype=torch.uint8)
np.asarray(t)                array([1., 2.], dtype=float32)
np.array(t, dtype=int)       array([1, 2])
np.array([t, t]).shape       (2, 2)
np.concatenate([t, t])       array([1., 2., 1., 2.], dtype=float32)
np.zeros(3)[i[0]]            np.float64(0.0)
t[np.array([1])]             tensor([2.])
list(reversed(t))            [tensor(2.), tensor(1.)]
"""


@pytest.mark.parametrize("line", NUMPY.strip().split("\n"), ids=lambda line: line.split("  ")[0])
def test_numpy_and_tensors(line: str) -> None:
    call, _, expected = line.partition("  ")
    scope = {
        "np": np,
        "t": torch.tensor([1.0, 2.0]),
        "g": torch.tensor([1.0, 2.0], requires_grad=True),
        "i": torch.tensor([1, 2]),
    }
    assert repr(eval(call, scope)).replace("\n", "\\n") == expected.strip()


def test_an_array_of_a_tensor_shares_its_memory() -> None:
    t = torch.zeros(3)
    np.asarray(t)[1] = 5
    assert t.tolist() == [0, 5, 0]


@pytest.mark.parametrize("function", [np.asarray, np.sin, np.sum], ids=lambda f: f.__name__)
def test_an_array_of_a_tensor_that_requires_gradients_is_refused(function: Any) -> None:
    with pytest.raises(RuntimeError, match=r"Use tensor.detach\(\).numpy\(\) instead"):
        np.asarray(torch.ones(2, requires_grad=True))


# ----- errors and copies --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (lambda: torch.ones(2) + torch.ones(3), RuntimeError),
        (lambda: torch.linalg.inv(torch.zeros(2, 2)), RuntimeError),
        (lambda: torch.ones(2)[5], IndexError),
        (lambda: torch.sin("x"), TypeError),
        (lambda: torch.ones(2).backward(), RuntimeError),
        (lambda: torch.tensor([[1.0], [1.0, 2.0]]), ValueError),
        (lambda: torch.nn.Linear(2, 3)(torch.ones(4)), RuntimeError),
        (lambda: torch.zeros(LIMITS.elements + 1), DiffcliError),
    ],
)
def test_errors_are_the_exceptions_of_pytorch(call: Any, kind: type[Exception]) -> None:
    with pytest.raises(Exception) as caught:
        call()
    assert type(caught.value) is kind or (kind is RuntimeError and isinstance(caught.value, kind))


def test_copies_are_leaves_of_their_own() -> None:
    model = torch.nn.Linear(2, 1)
    model(torch.ones(2)).backward()
    twin = copy.deepcopy(model)
    with torch.no_grad():
        twin.weight.zero_()
    assert type(twin.weight) is torch.nn.Parameter
    assert twin.weight.grad.tolist() == [[1, 1]]
    assert model.weight.abs().sum() > 0
    with pytest.raises(RuntimeError, match="Only Tensors created explicitly by the user"):
        copy.deepcopy(model.weight * 2)


def test_tensors_are_sent_to_other_processes_without_their_history() -> None:
    state = torch.nn.Linear(2, 2).state_dict(keep_vars=True)
    x, received = pickle.loads(pickle.dumps((torch.ones(2, requires_grad=True) * 2, state)))
    assert x.is_leaf
    assert x.requires_grad
    assert repr(received) == repr(state)


def test_a_first_use_is_complete_and_infinite_results_make_no_warnings() -> None:
    text = """
from diffcli import torch
x = torch.Tensor([0.0, -1.0, 0.0]).requires_grad_()  # before any function is used
with torch.no_grad():
    x[2:].fill_(1e38)
(torch.log(x) / x - x * x * x + torch.nn.functional.softmax(x, 0) / 0).sum().backward()
torch.optim.SGD([x], lr=1e38).step()
print(x)
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", text], capture_output=True, text=True, check=False
    )
    assert (done.stderr, done.stdout[:7]) == ("", "tensor(")


# ----- programs see no more than before -----------------------------------------------------------


def test_what_tensors_have_in_python_is_not_reachable_from_programs() -> None:
    run_program(Source("import torch", "program.py"), lambda _: None)
    own = [name for name in dir(torch.Tensor) if name not in dir(object)]
    special = [name for name in own if name.startswith("__")]
    internal = ["node", "value", "shared", "replay", "restriction", "track", "accumulate"]
    assert {"__array__", "__getattr__", "__add__"} <= set(special)
    text = f"""
import torch
x = torch.ones(2, requires_grad=True)
for value in (x, x * 2, torch.nn.Parameter(x), torch.Tensor, torch.max(x, 0), (x * 2).grad_fn):
    for name in {special + internal}:
        if not isinstance(value, type) or name not in ("__init__", "__repr__"):
            assert not hasattr(value, name), name
"""
    run_program(Source(text, "program.py"), lambda _: None)


def test_steps_are_counted_in_programs_alone() -> None:
    with pytest.raises(DiffcliError, match="makes more than 100 steps"):
        run_program(Source("while True: pass", "program.py"), lambda _: None, steps=100)
    layer = torch.nn.Linear(1, 1)
    for _ in range(300):
        torch.nn.utils.clip_grad_norm_(layer.parameters(), 1.0)
