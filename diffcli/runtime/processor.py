"""The processor that machine code is built for, and its vector mathematics library."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any


def available() -> bool:
    """Whether llvmlite, which builds machine code, is installed."""
    from importlib.util import find_spec

    return find_spec("llvmlite") is not None


def target() -> Any:
    """LLVM's description of this processor, to be owned by one piece of code."""
    from llvmlite import binding

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    return binding.Target.from_default_triple().create_target_machine(
        cpu=binding.get_host_cpu_name(),
        features=binding.get_host_cpu_features().flatten(),
        opt=2,
    )


@cache
def fused_multiply_add() -> bool:
    """Whether a*b + c with one rounding is an instruction of the processor."""
    from llvmlite import binding

    features = binding.get_host_cpu_features()
    return bool(features.get("fma") or features.get("neon"))


@cache
def processor() -> tuple[str, Callable[[str], Any]]:
    """The letter of the vector functions that the processor can run, and what finds functions.

    Letters are those of the vector function ABI for x86-64: "e" takes vectors of 512 bits, "d" of
    256; "" stands for a machine without such a library.
    """
    from llvmlite import binding

    try:
        binding.load_library_permanently("libmvec.so.1")
    except RuntimeError:
        return "", binding.address_of_symbol
    features = binding.get_host_cpu_features()
    for letter, feature in (("e", "avx512f"), ("d", "avx2")):
        if features.get(feature):
            return letter, binding.address_of_symbol
    return "", binding.address_of_symbol
