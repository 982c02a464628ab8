"""Kernels in the assembly language of LLVM: loops over rows, columns and lanes.

Sums are made of `CHUNK` elements by one accumulator for each lane, and written as partial sums:
they are the same on every machine and for every number of threads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from diffcli.runtime.kernel import BOOL, CHUNK, FLOATS, Dtype, Step
from diffcli.runtime.lanes import MEMORY, NAMES, Lanes
from diffcli.runtime.processor import fused_multiply_add
from diffcli.runtime.series import SERIES, expanded

TRUTH = {"True": "1", "False": "0"}

ENTRY = """\
define void @kernel(ptr %bases, ptr %strides, i64 %r0, i64 %r1, i64 %c0, i64 %c1) {
entry:"""

PLACE = """\
  %base.at.{k} = getelementptr ptr, ptr %bases, i64 {k}
  %base.{k} = load ptr, ptr %base.at.{k}
  %stride.at.{k} = getelementptr i64, ptr %strides, i64 {k}
  %stride.{k} = load i64, ptr %stride.at.{k}"""

ROWS = """\
  br label %rows
rows:
  %r = phi i64 [ %r0, %entry ], [ %r.next, %row.end ]"""

ROW = """\
  %offset.{k} = mul i64 %r, %stride.{k}
  %row.{k} = getelementptr i8, ptr %base.{k}, i64 %offset.{k}"""

CHUNKS = """\
  br label %chunks
chunks:
  %c = phi i64 [ %c0, %rows ], [ %c.next, %chunk.end ]
  %c.far = add i64 %c, {chunk}
  %c.over = icmp slt i64 %c.far, %c1
  %c.next = select i1 %c.over, i64 %c.far, i64 %c1
  %length = sub i64 %c.next, %c
  %whole = and i64 %length, -{lanes}
  %c.whole = add i64 %c, %whole
  %some = icmp sgt i64 %whole, 0
  br i1 %some, label %body, label %body.end
body:
  %i = phi i64 [ %c, %chunks ], [ %i.next, %body.last ]"""

BODY_END = """\
  br label %body.last
body.last:
  %i.next = add i64 %i, {lanes}
  %more = icmp slt i64 %i.next, %c.whole
  br i1 %more, label %body, label %body.end
body.end:"""

TAIL = """\
  %left = sub i64 %c.next, %c.whole
  %any = icmp sgt i64 %left, 0
  br i1 %any, label %tail, label %chunk.end
tail:"""

CHUNK_END = """\
  br label %tail.last
tail.last:
  br label %chunk.end
chunk.end:"""

END = """\
  %further = icmp slt i64 %c.next, %c1
  br i1 %further, label %chunks, label %row.end
row.end:
  %r.next = add i64 %r, 1
  %again = icmp slt i64 %r.next, %r1
  br i1 %again, label %rows, label %end
end:
  ret void
}"""


RARE = '!0 = !{!"branch_weights", i32 1, i32 2000}'


class Assembly(Lanes):
    """The kernel in the assembly language of LLVM.

    The function takes the addresses of operands, outputs and partial sums, the bytes between their
    rows, and the first and the last of the rows and of the columns.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        operands: Sequence[tuple[int, Dtype, bool]],
        outputs: Sequence[int],
        sums: Sequence[int],
    ) -> None:
        single = all(dtype != FLOATS[1] for _, dtype, _ in steps)
        super().__init__(16 if single else 8)  # vectors of 512 bits, or pairs of 256
        self.steps = steps
        self.operands = operands
        self.outputs = outputs
        self.sums = sums
        self.near, self.places, self.rare = expanded(steps, SERIES if fused_multiply_add() else {})

    def module(self) -> str:
        """The whole text."""
        self._function()
        return "\n".join([*self.declared.values(), *self.lines, RARE])

    # ----- the loops ------------------------------------------------------------------------------

    def _function(self) -> None:
        places = range(len(self.operands) + len(self.outputs) + len(self.sums))
        self.lines.append(ENTRY)
        self.lines += [PLACE.format(k=k) for k in places]
        self.lines.append(ROWS)
        self.lines += [ROW.format(k=k) for k in places]
        fixed = dict(self._fixed())
        self.lines.append(CHUNKS.format(chunk=CHUNK, lanes=self.lanes))
        self._meeting("acc", ("zeroinitializer", "chunks"), ("%next.{k}", "body.last"))
        self._elements("%i", fixed, None, "acc", "next")
        self.lines.append(BODY_END.format(lanes=self.lanes))
        self._meeting("mid", ("zeroinitializer", "chunks"), ("%next.{k}", "body.last"))
        self.lines.append(TAIL)
        self._elements("%c.whole", fixed, self._mask(), "mid", "last")
        self.lines.append(CHUNK_END)
        self._meeting("sum", ("%mid.{k}", "body.end"), ("%last.{k}", "tail.last"))
        self._partial_sums()
        self.lines.append(END)

    def _fixed(self) -> Iterator[tuple[int, str]]:
        """Operands that do not vary along a row, loaded once."""
        for k, (_, dtype, varies) in enumerate(self.operands):
            if not varies:
                value = self.put(f"load {MEMORY[dtype]}, ptr %row.{k}")
                if dtype == BOOL:
                    value = self.put(f"icmp ne i8 {value}, 0")
                yield k, self.splat(NAMES[dtype], value)

    def _mask(self) -> str:
        """Which lanes there are elements for."""
        every = ", ".join(f"i64 {k}" for k in range(self.lanes))
        left = self.splat("i64", "%left")
        return self.put(f"icmp slt <{self.lanes} x i64> <{every}>, {left}")

    def _meeting(self, name: str, *sources: tuple[str, str]) -> None:
        """Accumulators whose value depends on the block that was left last."""
        for k, step in enumerate(self.sums):
            kind = self.vector(self.steps[step][1])
            found = ", ".join(f"[ {value.format(k=k)}, %{block} ]" for value, block in sources)
            self.lines.append(f"  %{name}.{k} = phi {kind} {found}")

    def _partial_sums(self) -> None:
        if not self.sums:
            return
        first = len(self.operands) + len(self.outputs)
        out = self.lines.append
        out(f"  %part = sdiv i64 %c, {CHUNK}")
        for k, step in enumerate(self.sums):
            dtype = self.steps[step][1]
            kind = NAMES[dtype]
            name = self.declare(
                f"llvm.vector.reduce.fadd.v{self.lanes}f{dtype.itemsize * 8}",
                kind,
                (kind, self.vector(dtype)),
            )
            # without "reassoc" the lanes are added one after another, on every machine
            total = self.put(f"call {kind} @{name}({kind} -0.0, {self.vector(dtype)} %sum.{k})")
            place = self.put(f"getelementptr {kind}, ptr %row.{first + k}, i64 %part")
            out(f"  store {kind} {total}, ptr {place}")

    # ----- the elements ---------------------------------------------------------------------------

    def _elements(
        self, i: str, fixed: dict[int, str], mask: str | None, total: str, after: str
    ) -> None:
        """The steps for the elements from `i` on; accumulators `total` become `after`."""
        near = self._values(self.near, fixed, i, mask)
        values = {k: near[self.places[k]] for k in (*self.outputs, *self.sums)}
        if self.rare is not None:
            values = self._rescued(values, near[self.rare], fixed, i, mask)
        for k, step in enumerate(self.outputs):
            self._store(len(self.operands) + k, values[step], self.steps[step][1], i, mask)
        for k, step in enumerate(self.sums):
            kind, value = self.vector(self.steps[step][1]), values[step]
            if mask:
                value = self.put(
                    f"select <{self.lanes} x i1> {mask}, {kind} {value}, {kind} zeroinitializer"
                )
            self.lines.append(f"  %{after}.{k} = fadd {kind} %{total}.{k}, {value}")

    def _values(
        self, steps: Sequence[Step], fixed: dict[int, str], i: str, mask: str | None
    ) -> list[str]:
        """The values of steps for the elements from `i` on."""
        values: list[str] = []
        places = {operand: k for k, (operand, _, _) in enumerate(self.operands)}
        for name, dtype, args in steps:
            if name == "load":
                k = places[args[0]]
                values.append(fixed[k] if k in fixed else self._load(k, dtype, i, mask))
            elif name == "constant":
                number = args[0]
                values.append(self.constant(float(TRUTH.get(number) or number), dtype))
            else:
                kinds = [steps[x][1] for x in args]
                values.append(self.step(name, dtype, [values[x] for x in args], kinds))
        return values

    def _rescued(
        self, near: dict[int, str], rare: str, fixed: dict[int, str], i: str, mask: str | None
    ) -> dict[int, str]:
        """The values `near`, or those of the library in lanes where `rare` is true."""
        flags = f"<{self.lanes} x i1>"
        name = self.declare(f"llvm.vector.reduce.or.v{self.lanes}i1", "i1", (flags,))
        some = self.put(f"call i1 @{name}({flags} {rare})")
        before, far, after = (self.label() for _ in range(3))
        self.lines += [f"  br label %{before}", f"{before}:"]
        self.lines += [f"  br i1 {some}, label %{far}, label %{after}, !prof !0", f"{far}:"]
        found = self._values(self.steps, fixed, i, mask)
        kinds = {k: self.vector(self.steps[k][1]) for k in near}
        chosen = {
            k: self.put(f"select {flags} {rare}, {kinds[k]} {found[k]}, {kinds[k]} {value}")
            for k, value in near.items()
        }
        self.lines += [f"  br label %{after}", f"{after}:"]
        return {
            k: self.put(f"phi {kinds[k]} [ {value}, %{before} ], [ {chosen[k]}, %{far} ]")
            for k, value in near.items()
        }

    def _load(self, k: int, dtype: Dtype, i: str, mask: str | None) -> str:
        kind = f"<{self.lanes} x {MEMORY[dtype]}>"
        place = self.put(f"getelementptr {MEMORY[dtype]}, ptr %row.{k}, i64 {i}")
        size = dtype.itemsize
        if mask is None:
            value = self.put(f"load {kind}, ptr {place}, align {size}")
        else:
            which = f"<{self.lanes} x i1> {mask}"
            name = self._masked("load", dtype)
            given = f"ptr {place}, i32 {size}, {which}, {kind} zeroinitializer"
            value = self.put(f"call {kind} @{name}({given})")
        return value if dtype != BOOL else self.put(f"icmp ne {kind} {value}, zeroinitializer")

    def _store(self, k: int, value: str, dtype: Dtype, i: str, mask: str | None) -> None:
        kind = f"<{self.lanes} x {MEMORY[dtype]}>"
        size = dtype.itemsize
        if dtype == BOOL:
            value = self.put(f"zext <{self.lanes} x i1> {value} to {kind}")
        place = self.put(f"getelementptr {MEMORY[dtype]}, ptr %row.{k}, i64 {i}")
        if mask is None:
            self.lines.append(f"  store {kind} {value}, ptr {place}, align {size}")
        else:
            which = f"<{self.lanes} x i1> {mask}"
            given = f"{kind} {value}, ptr {place}, i32 {size}, {which}"
            self.lines.append(f"  call void @{self._masked('store', dtype)}({given})")

    def _masked(self, what: str, dtype: Dtype) -> str:
        kind, mask = f"<{self.lanes} x {MEMORY[dtype]}>", f"<{self.lanes} x i1>"
        short = "i8" if dtype == BOOL else f"f{dtype.itemsize * 8}"
        name = f"llvm.masked.{what}.v{self.lanes}{short}.p0"
        if what == "load":
            return self.declare(name, kind, ("ptr", "i32", mask, kind))
        return self.declare(name, "void", (kind, "ptr", "i32", mask))
