"""Kernels as machine code, built with llvmlite: one vectorised loop, no array between the steps."""

from __future__ import annotations

import ctypes
from functools import lru_cache

from diffcli.runtime.assembly import Assembly
from diffcli.runtime.kernel import Dtype, Step
from diffcli.runtime.processor import target


class Code:
    """A kernel as a function of the machine; the arguments are those of `Assembly`.

    `call` takes what the function takes, and lets other threads run meanwhile.
    """

    def __init__(self, text: str) -> None:
        from llvmlite import binding

        # the engine owns the description of the processor from here on
        self._engine = binding.create_mcjit_compiler(binding.parse_assembly(text), target())
        self._engine.finalize_object()
        address = self._engine.get_function_address("kernel")
        pointers, number = ctypes.c_void_p, ctypes.c_int64
        self.call = ctypes.CFUNCTYPE(None, pointers, pointers, *(number,) * 4)(address)


@lru_cache(maxsize=256)
def code(
    steps: tuple[Step, ...],
    operands: tuple[tuple[int, Dtype, bool], ...],
    outputs: tuple[int, ...],
    sums: tuple[int, ...],
) -> Code:
    """The code of a kernel, built once for all plans that need the same."""
    return Code(Assembly(steps, operands, outputs, sums).module())
