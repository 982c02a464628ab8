"""CUDA C on the host: kernels compiled by a C++ compiler, and called as CuPy calls its own."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

SHIM = Path(__file__).parent / "host_cuda.h"
COMPILER = shutil.which("g++") or shutil.which("clang++") or shutil.which("c++")

ENTRY = """\
namespace at{number} {{
{text}
static void call(void **given) {{ {name}({arguments}); }}
}}
extern "C" void run_{name}(void **given, unsigned blocks, unsigned x, unsigned y) {{
  run_grid(at{number}::call, given, blocks, x, y);
}}
"""
FLAGS = ("-shared", "-fPIC", "-std=c++17", "-O0", "-ffp-contract=off", "-Wall", "-Wno-unused")

_known: dict[str, Any] = {}


def compile_together(texts: Iterable[str]) -> None:
    """Compile kernels that will be launched, in one go."""
    new = [text for text in dict.fromkeys(texts) if text not in _known]
    if not new:
        return
    parts = [SHIM.read_text("utf-8"), *(_unit(k, text) for k, text in enumerate(new))]
    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder, "kernels.cpp"), Path(folder, "kernels.so")
        source.write_text("\n".join(parts), encoding="utf-8")
        assert COMPILER is not None
        command = [COMPILER, *FLAGS, str(source), "-o", str(library)]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        assert made.returncode == 0 and not made.stderr, made.stderr[:4000]
        loaded = ctypes.PyDLL(str(library))  # one thread at a time: there is one grid
    for k, text in enumerate(new):
        _known[text] = getattr(loaded, f"run_kernel_{k}")


def _unit(number: int, text: str) -> str:
    """A kernel under a name of its own, and what calls it with an array of pointers."""
    name = f"kernel_{number}"
    found = re.search(r"void kernel\((.*)\) \{", text)
    assert found, text
    kinds = [part.rpartition(" ")[0] for part in found[1].replace(" *", "* ").split(", ")]
    arguments = ", ".join(
        f"({kind})given[{k}]" if "*" in kind else f"*({kind} *)given[{k}]"
        for k, kind in enumerate(kinds)
    )
    renamed = text.replace("void kernel(", f"void {name}(")
    return ENTRY.format(number=number, text=renamed, name=name, arguments=arguments)


class RawKernel:
    """A kernel that is launched as `cupy.RawKernel` is."""

    def __init__(self, text: str, name: str, options: tuple[str, ...] = ()) -> None:
        assert (name, options) == ("kernel", ("--fmad=false",))
        if text not in _known:
            compile_together([text])
        self._run = _known[text]

    def __call__(self, grid: tuple[int], block: tuple[int, int], args: tuple[Any, ...]) -> None:
        kept = []
        for x in args:
            if isinstance(x, np.int64):
                kept.append(np.array(x))
            else:
                assert x.flags.c_contiguous
                kept.append(x.held)
        given = (ctypes.c_void_p * len(kept))(*(a.ctypes.data for a in kept))
        self._run(given, *grid, *block)
