"""Calls of PyTorch's functions, one to a line, and what PyTorch answers: values, gradients, errors.

`tests/data/torch/*.txt` hold the calls, each after `>>> ` and followed by its answer. Anything that
offers the names of PyTorch can be asked; `tests/record_torch.py` asks PyTorch itself and writes the
answers down. A call may end in `# last digit: reason`, where single precision decides the digits
that are printed; numbers are then compared with a tolerance.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data" / "torch"

VARIABLES = """
v = torch.tensor([0.5, -1.5, 2.0], requires_grad=True)
u = torch.tensor([0.25, 0.5, 0.875], requires_grad=True)
m = torch.tensor([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]], requires_grad=True)
s = torch.tensor([[4.0, 1.0, 0.5], [1.0, 3.0, 0.25], [0.5, 0.25, 2.0]], requires_grad=True)
z = torch.tensor(0.75, requires_grad=True)
d = torch.tensor([0.5, 1.5, -2.0], dtype=torch.float64, requires_grad=True)
c = torch.tensor([1.0 + 2.0j, -0.5 + 0.25j], requires_grad=True)
q = torch.linspace(-1.0, 1.0, 24).reshape(2, 3, 4).requires_grad_()
n = torch.tensor([1.0, -2.0, 3.0])
i = torch.tensor([3, -1, 2])
k = torch.tensor([[1, 2, 3], [4, 5, 6]])
b = torch.tensor([True, False, True])
e = torch.tensor([], requires_grad=True)
x = torch.tensor([0, 2, 1])
"""
"""What calls are made of: each is made anew for every call."""

NAMES = re.findall(r"^(\w) = .*requires_grad", VARIABLES, re.MULTILINE)


class Case:
    """A call, what PyTorch answers, and why its last digits may differ."""

    __slots__ = ("answer", "call", "reason")

    def __init__(self, call: str, answer: str, reason: str) -> None:
        self.call = call
        self.answer = answer
        self.reason = reason


def cases(path: Path) -> Iterator[Case | str]:
    """The calls of a file with their answers; other lines as they are."""
    blocks: list[list[str]] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith(">>> ") or line.startswith("#") or not line:
            blocks.append([line])
        else:
            blocks[-1].append(line)
    for block in blocks:
        if not block[0].startswith(">>> "):
            yield block[0]
            continue
        call, _, reason = block[0][4:].partition("  # last digit: ")
        yield Case(call, "\n".join(block[1:]), reason)


def answer(call: str, torch: Any) -> str:
    """The result of a call as text, with the gradients of its weighted sum; or the error."""
    scope = {"torch": torch, "F": torch.nn.functional}
    _run(VARIABLES, scope)
    try:
        result = _run(call, scope)
    except Exception as error:
        return _first(error)
    lines = [repr(result)]
    try:
        lines += _gradients(result, scope)
    except Exception as error:
        lines.append(f"backward: {_first(error)}")
    return "\n".join(lines).replace("\n\n", "\n.\n")


def _first(error: Exception) -> str:
    return f"{type(error).__name__}: " + str(error).strip().partition("\n")[0]


def _gradients(result: Any, scope: dict[str, Any]) -> Iterator[str]:
    found = [y for y in _tensors(result) if y.requires_grad]
    if not found:
        return
    weights = [_weights(y, scope) for y in found]
    leaves = [scope[name] for name in NAMES]
    gradients = scope["torch"].autograd.grad(found, leaves, weights, allow_unused=True)
    for name, g in zip(NAMES, gradients, strict=True):
        if g is not None:
            yield f"{name}: {g!r}"


def _weights(y: Any, scope: dict[str, Any]) -> Any:
    text = (
        "(torch.arange(1, y.numel() + 1, dtype=torch.float64) / y.numel())"
        ".reshape(y.shape).to(y.dtype)"
    )
    return _run(text, {**scope, "y": y})


def _tensors(result: Any) -> list[Any]:
    if hasattr(result, "requires_grad"):
        return [result]
    if isinstance(result, str) or not hasattr(result, "__iter__"):
        return []
    return [y for item in result for y in _tensors(item)]


def _run(text: str, scope: dict[str, Any]) -> Any:
    """Statements, and the value of the last where it is an expression."""
    code = _compiled.get(text)
    if code is None:
        tree = ast.parse(text)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        value = None if last is None else compile(ast.Expression(last.value), "<call>", "eval")
        code = _compiled[text] = (compile(tree, "<call>", "exec"), value)
    exec(code[0], scope)
    return None if code[1] is None else eval(code[1], scope)


_compiled: dict[str, Any] = {}
