"""Kernels as machine code, built with llvmlite: one vectorised loop, no array between the steps."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

from diffcli.runtime.assembly import Assembly
from diffcli.runtime.kernel import Dtype, Kernel
from diffcli.runtime.processor import target


class Code:
    """A kernel as a function of the machine; the arguments are those of `Assembly`.

    `call` takes what the function takes, and lets other threads run meanwhile.
    """

    def __init__(
        self,
        kernel: Kernel,
        operands: Sequence[tuple[int, Dtype, bool]],
        outputs: Sequence[int],
        sums: Sequence[int],
    ) -> None:
        from llvmlite import binding

        machine = target()
        module = binding.parse_assembly(Assembly(kernel, operands, outputs, sums).module())
        self._engine = binding.create_mcjit_compiler(module, machine)
        self._engine.finalize_object()
        address = self._engine.get_function_address("kernel")
        pointers, number = ctypes.c_void_p, ctypes.c_int64
        self.call = ctypes.CFUNCTYPE(None, pointers, pointers, *(number,) * 4)(address)
