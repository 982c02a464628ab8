"""Vectors of lanes in the assembly language of LLVM: what each step of a kernel becomes.

What is neither an instruction of the machine nor a series is a call of the vector mathematics
library of glibc, libmvec, whose functions are within 4 units in the last place (glibc manual,
"Errors in Math Functions"); where there is none, libm is called for each lane.
"""

from __future__ import annotations

import itertools
import math
import struct
from collections.abc import Sequence

import numpy as np

from diffcli.runtime.kernel import BOOL, COMPARISONS, FLOATS, Dtype
from diffcli.runtime.processor import processor

LIBRARY = {
    **{name: name for name in ("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "cbrt")},
    **{name: name for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "erf", "erfc")},
    **{f"arc{f}": f"a{f}" for f in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "tan2")},
    **{"power": "pow", "hypot": "hypot"},
}
"""Primitives that are functions of the mathematics library."""

INSTRUCTIONS = {"add": "fadd", "subtract": "fsub", "multiply": "fmul", "divide": "fdiv"}
INTRINSICS = {
    **{name: name for name in ("sqrt", "floor", "ceil", "trunc", "rint", "copysign", "fma")},
    "absolute": "fabs",
}
CONDITIONS = dict(zip(COMPARISONS, ("oeq", "une", "olt", "ole", "ogt", "oge"), strict=True))
NAMES = {FLOATS[0]: "float", FLOATS[1]: "double", BOOL: "i1"}
DIGITS = {FLOATS[0]: (23, 127), FLOATS[1]: (52, 1023)}
"""Bits of the fraction of a number, and what is added to its exponent."""
MEMORY = {FLOATS[0]: "float", FLOATS[1]: "double", BOOL: "i8"}


class Lanes:
    """Lines of assembly that compute with vectors of `lanes` numbers."""

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes
        self.lines: list[str] = []
        self.declared: dict[str, str] = {}
        self._fresh = map("%t{}".format, itertools.count())

    def step(self, name: str, dtype: Dtype, args: list[str], kinds: list[Dtype]) -> str:
        """The vector that a step computes from vectors of the dtypes `kinds`."""
        kind = self.vector(dtype)
        own = self.vector(kinds[0])
        if name == "cast":
            return self._cast(args[0], kinds[0], dtype)
        if name == "where":
            return self.put(f"select {own} {args[0]}, {kind} {args[1]}, {kind} {args[2]}")
        if name in INSTRUCTIONS:
            return self.put(f"{INSTRUCTIONS[name]} {kind} {args[0]}, {args[1]}")
        if name == "negative":
            return self.put(f"fneg {kind} {args[0]}")
        if name in CONDITIONS:
            if kinds[0] == BOOL:
                code = {"equal": "eq", "not_equal": "ne"}.get(name) or f"u{CONDITIONS[name][1:]}"
                return self.put(f"icmp {code} {own} {args[0]}, {args[1]}")
            return self.put(f"fcmp {CONDITIONS[name]} {own} {args[0]}, {args[1]}")
        if name in INTRINSICS:
            return self._intrinsic(INTRINSICS[name], dtype, args)
        if name in LIBRARY:
            return self._library(LIBRARY[name], dtype, args)
        result: str = getattr(self, f"_{name}")(dtype, args, kinds[0])
        return result

    def _cast(self, value: str, was: Dtype, now: Dtype) -> str:
        old, new = self.vector(was), self.vector(now)
        if was == BOOL:
            return self.put(f"uitofp {old} {value} to {new}")
        if now == BOOL:
            return self.put(f"fcmp une {old} {value}, zeroinitializer")
        return self.put(f"{'fpext' if was == FLOATS[0] else 'fptrunc'} {old} {value} to {new}")

    def _maximum(self, dtype: Dtype, args: list[str], _: Dtype, code: str = "ogt") -> str:
        # the first one if it is greater or not a number, as NumPy has it
        kind, (a, b) = self.vector(dtype), args
        first = self.put(f"fcmp {code} {kind} {a}, {b}")
        missing = self.put(f"fcmp uno {kind} {a}, {a}")
        either = self.put(f"or <{self.lanes} x i1> {first}, {missing}")
        return self.put(f"select <{self.lanes} x i1> {either}, {kind} {a}, {kind} {b}")

    def _minimum(self, dtype: Dtype, args: list[str], was: Dtype) -> str:
        return self._maximum(dtype, args, was, "olt")

    def _sign(self, dtype: Dtype, args: list[str], _: Dtype) -> str:
        kind, (x,) = self.vector(dtype), args
        bits = f"<{self.lanes} x i1>"
        up = self.put(f"fcmp ogt {kind} {x}, zeroinitializer")
        down = self.put(f"fcmp olt {kind} {x}, zeroinitializer")
        one, less = self.constant(1.0, dtype), self.constant(-1.0, dtype)
        rest = self.put(f"select {bits} {down}, {kind} {less}, {kind} {x}")
        return self.put(f"select {bits} {up}, {kind} {one}, {kind} {rest}")

    def _isnan(self, dtype: Dtype, args: list[str], was: Dtype) -> str:
        return self.put(f"fcmp uno {self.vector(was)} {args[0]}, {args[0]}")

    def _isinf(self, dtype: Dtype, args: list[str], was: Dtype, code: str = "oeq") -> str:
        size = self._intrinsic("fabs", was, args)
        return self.put(f"fcmp {code} {self.vector(was)} {size}, {self.constant(math.inf, was)}")

    def _isfinite(self, dtype: Dtype, args: list[str], was: Dtype) -> str:
        return self._isinf(dtype, args, was, "olt")

    def _logical_not(self, dtype: Dtype, args: list[str], _: Dtype) -> str:
        return self.put(f"xor <{self.lanes} x i1> {args[0]}, splat (i1 true)")

    def _logical_and(self, dtype: Dtype, args: list[str], _: Dtype) -> str:
        return self.put(f"and <{self.lanes} x i1> {args[0]}, {args[1]}")

    def _logical_or(self, dtype: Dtype, args: list[str], _: Dtype) -> str:
        return self.put(f"or <{self.lanes} x i1> {args[0]}, {args[1]}")

    def _logical_xor(self, dtype: Dtype, args: list[str], _: Dtype) -> str:
        return self.put(f"xor <{self.lanes} x i1> {args[0]}, {args[1]}")

    # ----- bits -----------------------------------------------------------------------------------

    def _power_of_two(self, dtype: Dtype, args: list[str], _: Dtype) -> str:
        """2**n, given n + 1.5 * 2**digits, whose last bits are n, if that is a normal number."""
        digits, bias = DIGITS[dtype]
        kind, whole = self.vector(dtype), self.whole(dtype)
        bits = self._bits(args[0], dtype)
        bits = self.put(f"add {whole} {bits}, {self.integer(bias, dtype)}")
        moved = self.put(f"shl {whole} {bits}, {self.integer(digits, dtype)}")
        return self.put(f"bitcast {whole} {moved} to {kind}")

    def _scale(self, dtype: Dtype, args: list[str], was: Dtype) -> str:
        """x * 2**n for a whole number n, rounded once."""
        kind, (x, n) = self.vector(dtype), args
        size = dtype.itemsize * 8
        if self.lanes * size == 512 and processor()[0] == "e":
            name = f"llvm.x86.avx512.mask.scalef.p{'d' if size == 64 else 's'}.512"
            mask = f"i{self.lanes}"
            self.declare(name, kind, (kind, kind, kind, mask, "i32"))
            given = f"{kind} {x}, {kind} {n}, {kind} {x}, {mask} -1, i32 4"
            return self.put(f"call {kind} @{name}({given})")
        some = self.put(f"fmul {kind} {n}, {self.constant(0.5, dtype)}")
        some = self._intrinsic("floor", dtype, [some])
        large = self.constant(1.5 * 2.0 ** DIGITS[dtype][0], dtype)
        for part in (some, self.put(f"fsub {kind} {n}, {some}")):
            part = self.put(f"fadd {kind} {part}, {large}")
            x = self.put(f"fmul {kind} {x}, {self._power_of_two(dtype, [part], was)}")
        return x

    def _exponent(self, dtype: Dtype, args: list[str], _: Dtype) -> str:
        """The whole number n for which x / 2**n is between the roots of 1/2 and of 2."""
        digits = DIGITS[dtype][0]
        large, kind, whole = 1.5 * 2.0**digits, self.vector(dtype), self.whole(dtype)
        bits = self._bits(self.constant(large, dtype), dtype)
        bits = self.put(f"add {whole} {self._binade(dtype, args[0])}, {bits}")
        value = self.put(f"bitcast {whole} {bits} to {kind}")
        return self.put(f"fsub {kind} {value}, {self.constant(large, dtype)}")

    def _significand(self, dtype: Dtype, args: list[str], _: Dtype) -> str:
        """x / 2**n with that number n."""
        kind, whole = self.vector(dtype), self.whole(dtype)
        places = self.integer(DIGITS[dtype][0], dtype)
        n = self.put(f"shl {whole} {self._binade(dtype, args[0])}, {places}")
        bits = self.put(f"sub {whole} {self._bits(args[0], dtype)}, {n}")
        return self.put(f"bitcast {whole} {bits} to {kind}")

    def _binade(self, dtype: Dtype, x: str) -> str:
        whole = self.whole(dtype)
        root = self._bits(self.constant(math.sqrt(0.5), dtype), dtype)
        bits = self.put(f"sub {whole} {self._bits(x, dtype)}, {root}")
        return self.put(f"ashr {whole} {bits}, {self.integer(DIGITS[dtype][0], dtype)}")

    def _bit_0(self, dtype: Dtype, args: list[str], was: Dtype, bit: int = 1) -> str:
        """Whether the last bit of a number is set."""
        whole, bits = self.whole(was), self._bits(args[0], was)
        found = self.put(f"and {whole} {bits}, {self.integer(bit, was)}")
        return self.put(f"icmp ne {whole} {found}, zeroinitializer")

    def _bit_1(self, dtype: Dtype, args: list[str], was: Dtype) -> str:
        return self._bit_0(dtype, args, was, 2)

    def _signbit(self, dtype: Dtype, args: list[str], was: Dtype) -> str:
        return self.put(f"icmp slt {self.whole(was)} {self._bits(args[0], was)}, zeroinitializer")

    def _bits(self, x: str, dtype: Dtype) -> str:
        return self.put(f"bitcast {self.vector(dtype)} {x} to {self.whole(dtype)}")

    # ----- functions ------------------------------------------------------------------------------

    def _intrinsic(self, name: str, dtype: Dtype, args: list[str]) -> str:
        kind = self.vector(dtype)
        full = f"llvm.{name}.v{self.lanes}f{dtype.itemsize * 8}"
        self.declare(full, kind, (kind,) * len(args))
        return self.put(f"call {kind} @{full}({', '.join(f'{kind} {x}' for x in args)})")

    def _library(self, name: str, dtype: Dtype, args: list[str]) -> str:
        """A function of the mathematics library: of vectors where there is one, or of lanes."""
        prefix, known = processor()
        suffix = "f" if dtype == FLOATS[0] else ""
        # floats of 8 lanes are as long as 4 doubles
        bits = {"": 0, "d": 256, "e": 512}[prefix]
        width = min(self.lanes, bits // (8 * dtype.itemsize)) or 1
        letter = "d" if width * dtype.itemsize == 32 else prefix
        full = f"_ZGV{letter}N{width}{'v' * len(args)}_{name}{suffix}"
        if width > 1 and not known(full):
            width = 1
        if width == 1:
            full = f"{name}{suffix}"
        scalar = NAMES[dtype]
        kind = scalar if width == 1 else f"<{width} x {scalar}>"
        self.declare(full, kind, (kind,) * len(args))
        pieces = []
        for start in range(0, self.lanes, width):
            parts = [self._slice(x, dtype, start, width) for x in args]
            pieces.append(
                self.put(f"call {kind} @{full}({', '.join(f'{kind} {x}' for x in parts)})")
            )
        return self._concatenated(pieces, dtype, width)

    def _slice(self, x: str, dtype: Dtype, start: int, width: int) -> str:
        kind = self.vector(dtype)
        if width == self.lanes:
            return x
        if width == 1:
            return self.put(f"extractelement {kind} {x}, i32 {start}")
        places = ", ".join(f"i32 {k}" for k in range(start, start + width))
        return self.put(f"shufflevector {kind} {x}, {kind} poison, <{width} x i32> <{places}>")

    def _concatenated(self, pieces: list[str], dtype: Dtype, width: int) -> str:
        if width == self.lanes:
            return pieces[0]
        scalar = NAMES[dtype]
        if width == 1:
            value = "poison"
            for k, piece in enumerate(pieces):
                value = self.put(
                    f"insertelement {self.vector(dtype)} {value}, {scalar} {piece}, i32 {k}"
                )
            return value
        kind = f"<{width} x {scalar}>"
        places = ", ".join(f"i32 {k}" for k in range(self.lanes))
        return self.put(
            f"shufflevector {kind} {pieces[0]}, {kind} {pieces[1]}, <{self.lanes} x i32> <{places}>"
        )

    # ----- text -----------------------------------------------------------------------------------

    def put(self, instruction: str) -> str:
        name = next(self._fresh)
        self.lines.append(f"  {name} = {instruction}")
        return name

    def label(self) -> str:
        return next(self._fresh)[1:]

    def declare(self, name: str, result: str, arguments: Sequence[str]) -> str:
        self.declared.setdefault(name, f"declare {result} @{name}({', '.join(arguments)})")
        return name

    def splat(self, kind: str, value: str) -> str:
        """A number in every lane."""
        vector = f"<{self.lanes} x {kind}>"
        one = self.put(f"insertelement {vector} poison, {kind} {value}, i32 0")
        places = f"<{self.lanes} x i32> zeroinitializer"
        return self.put(f"shufflevector {vector} {one}, {vector} poison, {places}")

    def whole(self, dtype: Dtype) -> str:
        """The type of the bits of a vector."""
        return f"<{self.lanes} x i{dtype.itemsize * 8}>"

    def integer(self, value: int, dtype: Dtype) -> str:
        return f"splat (i{dtype.itemsize * 8} {value})"

    def vector(self, dtype: Dtype) -> str:
        return f"<{self.lanes} x {NAMES[dtype]}>"

    def constant(self, value: float, dtype: Dtype) -> str:
        if dtype == BOOL:
            return f"splat (i1 {'true' if value else 'false'})"
        # LLVM writes floats with the bits of the double of the same value
        value = float(np.float32(value)) if dtype == FLOATS[0] else value
        bits = struct.unpack("<Q", struct.pack("<d", value))[0]
        return f"splat ({NAMES[dtype]} 0x{bits:016X})"
