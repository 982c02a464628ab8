"""Sizes of axes by name: numbers of a graph that stand for the length of an axis.

Formulas for arrays of any size are derived at sizes that are large primes, so that a number says by
its factors which lengths it comes from. With n = 2*q + 1, q prime, that is also seen of n - 1.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from fractions import Fraction

from diffcli.emit.pieces import ATOM, PRODUCT, SUM, Piece

PRIMES = (107, 167, 179, 227, 263, 347, 359, 383, 467, 479, 503, 563, 587, 719, 839, 863)
"""Safe primes: (n - 1)/2 is prime as well."""


NEAR = 10
"""Numbers less than this away from sums of sizes are written as them, and more or less."""


class Sizes:
    """What numbers are called, given the number that each name stands for."""

    def __init__(self, values: Mapping[str, int] | None = None) -> None:
        self.values = dict(values or {})

    def ratio(self, number: Fraction) -> tuple[int, int]:
        """Numerator and denominator of a number, extended so that n - 1 is not cut to halves."""
        top, bottom = number.numerator, number.denominator
        for n in self.values.values():
            for part in (top, bottom):
                if part % ((n - 1) // 2) == 0 and part % (n - 1):
                    top, bottom = 2 * top, 2 * bottom
                    break
        return top, bottom

    def piece(self, number: float) -> Piece | None:
        """A number as a product of names, or a name and a few; None where it is neither."""
        if not self.values or number != int(number) or number < 2:
            return None
        rest, parts = int(number), []
        for name, n in self.values.items():
            for value, shown in ((n, name), (n - 1, f"({name} - 1)")):
                while rest % value == 0:
                    parts.append(shown)
                    rest //= value
        if parts:
            if rest == 1 and len(parts) == 1:
                alone = parts[0]
                return (alone[1:-1], SUM) if alone.startswith("(") else (alone, ATOM)
            return "*".join([*([str(rest)] if rest > 1 else []), *parts]), PRODUCT
        return self._sum(int(number))

    def _sum(self, number: int) -> Piece | None:
        """A number as a few times a name, or two names, and a little more or less."""
        near = [
            (abs(number - value), number - value, shown)
            for value, shown in self._bases()
            if abs(number - value) < NEAR
        ]
        if not near:
            return None
        _, rest, shown = min(near, key=lambda found: found[0])
        return (f"{shown} {'+' if rest > 0 else '-'} {abs(rest)}" if rest else shown), SUM

    def _bases(self) -> list[tuple[int, str]]:
        times = [
            [(k * n, name if k == 1 else f"{k}*{name}") for k in range(1, 5)]
            for name, n in self.values.items()
        ]
        pairs = itertools.combinations(times, 2)
        sums = [(n + m, f"{left} + {right}") for a, b in pairs for n, left in a for m, right in b]
        return [*itertools.chain(*times), *sums]

    def shape(self, shape: Sequence[int]) -> tuple[str | int, ...]:
        """A shape in letters, and in numbers that have no name."""
        return tuple(self.text(n) if self.piece(n) else n for n in shape)

    def text(self, number: int) -> str:
        """An integer as text."""
        piece = self.piece(number)
        return str(number) if piece is None else piece[0]


NO_SIZES = Sizes()
