"""Kernels in CUDA C: what each step of a kernel becomes, and how a loop runs on a device.

A block of threads computes a chunk of a row, or several short rows. What a thread adds up, and the
tree in which a block adds up its threads, depend on the number of columns alone: sums are the same
in every run and on every GPU. CuPy compiles so that single-precision numbers below the normal ones
are 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcli.ops.namespace import Namespace
from diffcli.runtime.kernel import BOOL, FLOATS, Dtype, Step
from diffcli.runtime.lanes import INTRINSICS, LIBRARY

if TYPE_CHECKING:
    from diffcli.runtime.loop import Fused

THREADS = 256
"""Threads of a block; a warp has 32."""

CHUNK = 2048
"""Elements of a row that one block computes."""

LONGEST = 512
"""Steps of the longest kernel: the compiler takes seconds for it, and minutes for longer ones."""

ELEMENT = "row * columns + column"
NAMES = {FLOATS[0]: "float", FLOATS[1]: "double", BOOL: "bool"}
INFIX = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "equal": "=="}
INFIX |= {"not_equal": "!=", "less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">="}
INFIX |= {"logical_and": "&&", "logical_or": "||", "logical_xor": "!="}
CALLS = {**LIBRARY, **INTRINSICS}
CHOICES = {
    "where": "{0} ? {1} : {2}",
    "negative": "-{0}",
    "logical_not": "!{0}",
    # the first one if it is greater or not a number, as NumPy has it
    "maximum": "{0} > {1} || {0} != {0} ? {0} : {1}",
    "minimum": "{0} < {1} || {0} != {0} ? {0} : {1}",
    "sign": "{0} > 0 ? 1 : {0} < 0 ? -1 : {0}",
    "isnan": "{0} != {0}",
    "isinf": "fabs({0}) == " + "__longlong_as_double(0x7ff0000000000000LL)",
    "isfinite": "fabs({0}) < " + "__longlong_as_double(0x7ff0000000000000LL)",
    "signbit": "__double_as_longlong({0}) < 0",
}
NUMBERS = {
    "True": "true",
    "False": "false",
    "inf": "__longlong_as_double(0x7ff0000000000000LL)",
    "-inf": "__longlong_as_double(0xfff0000000000000LL)",
    "nan": "__longlong_as_double(0x7ff8000000000000LL)",
}

TEXT = """\
template <typename T> __device__ void add_up(T value, T *sum, bool present) {{
  __shared__ T lanes[{threads}];
  T *own = lanes + threadIdx.y * blockDim.x;
  __syncthreads();  // an earlier sum has been read
  own[threadIdx.x] = value;
  for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {{
    __syncthreads();
    if (threadIdx.x < half) own[threadIdx.x] += own[threadIdx.x + half];
  }}
  if (threadIdx.x == 0 && present) *sum = own[0];
}}

extern "C" __global__ void kernel({arguments}) {{
  const long long parts = (columns + {chunk} - 1) / {chunk};
  const long long part = blockIdx.x % parts;
  const long long row = blockIdx.x / parts * blockDim.y + threadIdx.y;
  const long long most = (part + 1) * {chunk} < columns ? (part + 1) * {chunk} : columns;
  const long long end = row < rows ? most : 0;
{totals}
  for (long long column = part * {chunk} + threadIdx.x; column < end; column += blockDim.x) {{
{elements}
  }}
{sums}
}}
"""


class Cuda:
    """A kernel in CUDA C.

    `operands` are (number, dtype, whether it varies along rows, along columns). The function takes
    the numbers of rows and columns, operands, outputs, and for each sum the places of the partial
    sums of chunks. Outputs may be operands of the same shape.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        operands: Sequence[tuple[int, Dtype, bool, bool]],
        outputs: Sequence[int],
        sums: Sequence[int],
    ) -> None:
        self.steps = steps
        self.operands = operands
        self.outputs = outputs
        self.sums = sums

    def text(self) -> str:
        """The whole text."""
        kinds = [NAMES[self.steps[step][1]] for step in self.sums]
        return TEXT.format(
            threads=THREADS,
            chunk=CHUNK,
            arguments=", ".join(self._arguments()),
            totals="\n".join(f"  {kind} total{k} = 0;" for k, kind in enumerate(kinds)),
            elements="\n".join(f"    {line};" for line in self._elements()),
            sums="\n".join(
                f"  add_up(total{k}, sum{k} + row * parts + part, row < rows);"
                for k in range(len(kinds))
            ),
        )

    def _arguments(self) -> Iterator[str]:
        yield "const long long rows, const long long columns"
        yield from (f"const {NAMES[x[1]]} *in{k}" for k, x in enumerate(self.operands))
        for name, places in (("out", self.outputs), ("sum", self.sums)):
            yield from (f"{NAMES[self.steps[i][1]]} *{name}{k}" for k, i in enumerate(places))

    def _elements(self) -> Iterator[str]:
        places = {number: k for k, (number, *_) in enumerate(self.operands)}
        for number, (name, dtype, args) in enumerate(self.steps):
            if name == "load":
                value = self._load(places[args[0]])
            elif name == "constant":
                value = NUMBERS.get(args[0]) or str(args[0])
            else:
                kinds = [self.steps[x][1] for x in args]
                value = step(name, dtype, [f"t{x}" for x in args], kinds)
            yield f"const {NAMES[dtype]} t{number} = {value}"
        yield from (f"out{k}[{ELEMENT}] = t{number}" for k, number in enumerate(self.outputs))
        yield from (f"total{k} += t{number}" for k, number in enumerate(self.sums))

    def _load(self, k: int) -> str:
        _, _, rows, columns = self.operands[k]
        along = {(True, True): ELEMENT, (True, False): "row", (False, True): "column"}
        return f"in{k}[{along.get((rows, columns), '0')}]"


def step(name: str, dtype: Dtype, args: Sequence[str], kinds: Sequence[Dtype]) -> str:
    """The expression for a step on values of the dtypes `kinds`."""
    if name == "cast":
        return f"{args[0]} != 0" if dtype == BOOL else f"({NAMES[dtype]}){args[0]}"
    if name in INFIX:
        return f"{args[0]} {INFIX[name]} {args[1]}"
    if name in CHOICES:
        return CHOICES[name].format(*args)
    suffix = "f" if dtype == FLOATS[0] else ""
    return f"{CALLS[name]}{suffix}({', '.join(args)})"


# ----- launching ----------------------------------------------------------------------------------


Parts = tuple[tuple[Step, ...], tuple[Any, ...], tuple[int, ...], tuple[int, ...]]
"""What a `Cuda` is made of."""


def parts(loop: Fused) -> Parts:
    """The steps, operands, outputs and sums of a loop."""
    varies = zip(loop.operands, loop.nodes, loop.geometry.operands, strict=True)
    return (
        tuple(loop.kernel.steps),
        tuple((slot, node.dtype, *along) for slot, node, along in varies),
        tuple(number for _, number, _ in loop.stored),
        tuple(number for _, number, *_ in loop.sums),
    )


def launch(xp: Namespace, loop: Fused, store: list[Any]) -> None:
    """Compute the results of a loop as one kernel of the device, and put them into the store."""
    if len(loop.kernel.steps) > LONGEST:
        return one_by_one(xp, loop, store)
    shape = loop.geometry
    operands = [
        xp.ascontiguousarray(xp.asarray(store[slot], node.dtype))
        for slot, node in zip(loop.operands, loop.nodes, strict=True)
    ]
    results = [loop.memory(xp, slot, node, store) for slot, _, node in loop.stored]
    chunks = -(-shape.columns // CHUNK)
    partial = [xp.empty((shape.rows, chunks), node.dtype) for *_, node in loop.sums]
    _run(xp, parts(loop), shape.rows, shape.columns, [*operands, *results, *partial])
    for (slot, _, _), value in zip(loop.stored, results, strict=True):
        store[slot] = value
    for (slot, *_, node), part, full in zip(loop.sums, partial, shape.full, strict=True):
        total = _total(xp, part.reshape(1, -1) if full else part)
        store[slot] = total.reshape(node.shape)


def one_by_one(xp: Namespace, loop: Fused, store: list[Any]) -> None:
    """Compute the results of a loop operator by operator, and put them into the store."""
    values = {**loop.constants, **{slot: store[slot] for slot in loop.operands}}
    loop.tile(xp, values)
    for slot, _, summed, node in loop.sums:
        whole = xp.broadcast_to(values[summed], loop.geometry.shape)
        store[slot] = xp.evaluate(node, [whole], node.params)
    for slot, _, node in loop.stored:  # in memory of its own, which may be written into later
        store[slot] = xp.array(xp.broadcast_to(values[slot], node.shape))


def _total(xp: Namespace, rows: Any) -> Any:
    """The sums of rows, by kernels that add up chunks of them."""
    dtype = rows.dtype
    adding: Parts = ((("load", dtype, (0,)),), ((0, dtype, True, True),), (), (0,))
    while rows.shape[1] > 1:
        height, width = rows.shape
        sums = xp.empty((height, -(-width // CHUNK)), dtype)
        _run(xp, adding, height, width, [rows, sums])
        rows = sums
    return rows


def _run(xp: Namespace, made_of: Parts, rows: int, columns: int, arrays: Sequence[Any]) -> None:
    """Launch blocks for all rows; short rows share a block."""
    wide = min(THREADS, max(32, 1 << math.ceil(math.log2(columns))))
    high = THREADS // wide
    blocks = -(-rows // high) * -(-columns // CHUNK)
    sizes = np.int64(rows), np.int64(columns)
    _kernel(xp, made_of)((blocks,), (wide, high), (*sizes, *arrays))


@lru_cache(maxsize=256)
def _kernel(xp: Namespace, made_of: Parts) -> Any:
    # products and sums are rounded one by one, as NumPy does
    return xp.RawKernel(Cuda(*made_of).text(), "kernel", options=("--fmad=false",))
