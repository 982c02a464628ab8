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

BUFFER = """\
  %buffer.{k} = alloca {kind}, align 64
  store {kind} zeroinitializer, ptr %buffer.{k}"""

CHUNKS = """\
  br label %chunks
chunks:
  %c = phi i64 [ %c0, %rows ], [ %c.next, %chunk.end ]
  %c.far = add i64 %c, {chunk}
  %c.over = icmp slt i64 %c.far, %c1
  %c.next = select i1 %c.over, i64 %c.far, i64 %c1
  br label %head
head:
  %i = phi i64 [ %c, %chunks ], [ %i.next, %done ]"""

TOTAL = "  %total.{k} = phi {kind} [ zeroinitializer, %chunks ], [ %next.{k}, %done ]"

LEFT = """\
  %left = sub i64 %c.next, %i
  %short = icmp slt i64 %left, {lanes}"""

DIRECT = "  %direct.{k} = getelementptr {kind}, ptr %row.{k}, i64 %i"
FILL = """\
  br i1 %short, label %fill, label %body, !prof !0
fill:"""
COPY = """\
  %bytes.{k}.{to} = mul i64 %left, {size}
  call void @llvm.memcpy.p0.p0.i64(ptr %{to}.{k}, ptr %{of}.{k}, i64 %bytes.{k}.{to}, i1 false)"""
BODY = """\
  br label %body
body:"""
PLACE_PHI = "  %place.{k} = phi ptr [ %direct.{k}, %head ], [ %buffer.{k}, %fill ]"
DRAIN = """\
  br i1 %short, label %drain, label %done, !prof !0
drain:"""
CHUNK_END = """\
  br label %done
done:
  %i.next = add i64 %i, {lanes}
  %more = icmp slt i64 %i.next, %c.next
  br i1 %more, label %head, label %chunk.end
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
        out = self.lines.extend
        places = range(len(self.operands) + len(self.outputs) + len(self.sums))
        out([ENTRY, *(PLACE.format(k=k) for k in places)])
        loaded = {k: kind for k, (_, kind, varies) in enumerate(self.operands) if varies}
        stored = {len(self.operands) + k: self.steps[s][1] for k, s in enumerate(self.outputs)}
        moved = {k: MEMORY[kind] for k, kind in (loaded | stored).items()}
        out(BUFFER.format(k=k, kind=f"<{self.lanes} x {kind}>") for k, kind in moved.items())
        out([ROWS, *(ROW.format(k=k) for k in places)])
        fixed = dict(self._fixed())
        out([CHUNKS.format(chunk=CHUNK)])
        for k, step in enumerate(self.sums):
            out([TOTAL.format(k=k, kind=self.vector(self.steps[step][1]))])
        out([LEFT.format(lanes=self.lanes)])
        out(DIRECT.format(k=k, kind=kind) for k, kind in moved.items())
        out([FILL, *self._copies(loaded, "buffer", "direct"), BODY])
        out(PLACE_PHI.format(k=k) for k in moved)
        self._elements(fixed)
        out([DRAIN, *self._copies(stored, "direct", "buffer")])
        out([CHUNK_END.format(lanes=self.lanes)])
        self._partial_sums()
        out([END])

    def _copies(self, places: dict[int, Dtype], to: str, of: str) -> Iterator[str]:
        """The elements that are left, too few for a vector, into buffers or out of them."""
        self.declare("llvm.memcpy.p0.p0.i64", "void", ("ptr", "ptr", "i64", "i1"))
        for k, dtype in places.items():
            yield COPY.format(k=k, size=dtype.itemsize, to=to, of=of)

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
        every = ", ".join(f"i32 {k}" for k in range(self.lanes))
        left = self.splat("i32", self.put("trunc i64 %left to i32"))
        return self.put(f"icmp slt <{self.lanes} x i32> <{every}>, {left}")

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
            total = self.put(f"call {kind} @{name}({kind} -0.0, {self.vector(dtype)} %next.{k})")
            place = self.put(f"getelementptr {kind}, ptr %row.{first + k}, i64 %part")
            out(f"  store {kind} {total}, ptr {place}")

    # ----- the elements ---------------------------------------------------------------------------

    def _elements(self, fixed: dict[int, str]) -> None:
        """The steps for a vector of elements: results are stored, and added to the totals."""
        near = self._values(self.near, fixed)
        values = {k: near[self.places[k]] for k in (*self.outputs, *self.sums)}
        mask = self._mask() if self.sums or self.rare is not None else ""
        if self.rare is not None:
            values = self._rescued(values, near[self.rare], mask, fixed)
        for k, step in enumerate(self.outputs):
            self._store(len(self.operands) + k, values[step], self.steps[step][1])
        for k, step in enumerate(self.sums):
            kind, value = self.vector(self.steps[step][1]), values[step]
            flags = f"<{self.lanes} x i1>"
            value = self.put(f"select {flags} {mask}, {kind} {value}, {kind} zeroinitializer")
            self.lines.append(f"  %next.{k} = fadd {kind} %total.{k}, {value}")

    def _values(self, steps: Sequence[Step], fixed: dict[int, str]) -> list[str]:
        """The values of steps for a vector of elements."""
        values: list[str] = []
        places = {operand: k for k, (operand, _, _) in enumerate(self.operands)}
        for name, dtype, args in steps:
            if name == "load":
                k = places[args[0]]
                values.append(fixed[k] if k in fixed else self._load(k, dtype))
            elif name == "constant":
                number = args[0]
                values.append(self.constant(float(TRUTH.get(number) or number), dtype))
            else:
                kinds = [steps[x][1] for x in args]
                values.append(self.step(name, dtype, [values[x] for x in args], kinds))
        return values

    def _rescued(
        self, near: dict[int, str], rare: str, mask: str, fixed: dict[int, str]
    ) -> dict[int, str]:
        """The values `near`, or those of the library in lanes where `rare` is true."""
        flags = f"<{self.lanes} x i1>"
        rare = self.put(f"and {flags} {rare}, {mask}")
        name = self.declare(f"llvm.vector.reduce.or.v{self.lanes}i1", "i1", (flags,))
        some = self.put(f"call i1 @{name}({flags} {rare})")
        before, far, after = (self.label() for _ in range(3))
        self.lines += [f"  br label %{before}", f"{before}:"]
        self.lines += [f"  br i1 {some}, label %{far}, label %{after}, !prof !0", f"{far}:"]
        found = self._values(self.steps, fixed)
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

    def _load(self, k: int, dtype: Dtype) -> str:
        kind = f"<{self.lanes} x {MEMORY[dtype]}>"
        value = self.put(f"load {kind}, ptr %place.{k}, align {dtype.itemsize}")
        return value if dtype != BOOL else self.put(f"icmp ne {kind} {value}, zeroinitializer")

    def _store(self, k: int, value: str, dtype: Dtype) -> None:
        kind = f"<{self.lanes} x {MEMORY[dtype]}>"
        if dtype == BOOL:
            value = self.put(f"zext <{self.lanes} x i1> {value} to {kind}")
        self.lines.append(f"  store {kind} {value}, ptr %place.{k}, align {dtype.itemsize}")
