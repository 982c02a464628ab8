"""`diffcli doctor`."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import click

from diffcli.cli.command import Command
from diffcli.cli.options import output_options
from diffcli.errors import DiffcliError
from diffcli.render.report import Fields, Report, Table

if TYPE_CHECKING:
    from diffcli.cli.output import Output

REQUIRED = ("numpy", "scipy", "lark", "click", "rich", "pyarrow")
OPTIONAL = {
    "llvmlite": ("jit", "fused loops in machine code"),
    "cupy": ("cuda", "NVIDIA graphics processors"),
    "dask": ("cluster", "batches on several machines"),
    "matplotlib": ("plot", "plots"),
    "prompt_toolkit": ("repl", "editing and completion in diffcli repl"),
}
_DISTRIBUTIONS = {"cupy": ("cupy-cuda12x", "cupy-cuda13x", "cupy-cuda11x", "cupy")}


@click.command("doctor", cls=Command)
@output_options
def command(output: Output) -> None:
    """Versions, optional packages and folders of this installation."""
    output.deliver(_report())


def _report() -> Report:
    packages = {name: _version(name) for name in REQUIRED}
    extras = {name: _version(name) for name in OPTIONAL}
    from diffcli.runtime.loop import processors

    system: dict[str, Any] = {
        "diffcli": _version("diffcli"),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "cpus": processors(),
        "gpu": _gpu(),
        "loops": _loops(),
        "cache": _cache_folder(),
    }
    payload = {**system, "packages": packages, "extras": extras}
    rows = [[name, found or "missing", ""] for name, found in packages.items()]
    for name, (extra, purpose) in OPTIONAL.items():
        install = f"pip install 'diffcli[{extra}]'"
        rows.append(
            [name, extras[name] or "-", purpose if extras[name] else f"{purpose}: {install}"]
        )
    table = Table(["package", "version", "use"], rows, prose=("use",))
    fields: list[tuple[str, Any]] = [(name, value or "-") for name, value in system.items()]
    return Report("doctor", payload, [Fields(fields), table])


def _version(name: str) -> str | None:
    for distribution in _DISTRIBUTIONS.get(name, (name,)):
        try:
            return version(distribution)
        except PackageNotFoundError:
            continue
    return None


def _gpu() -> str:
    """The GPU that --backend cupy computes on, or why there is none."""
    from diffcli.runtime.backend import backend

    try:
        return str(backend("cupy").description())
    except DiffcliError as error:
        return error.message


def _loops() -> str:
    """How loops over large arrays are computed."""
    from diffcli.runtime.loop import jit, processors

    threads = processors()
    on = f"on {threads} thread{'' if threads == 1 else 's'}"
    if not jit():
        off = "DIFFCLI_JIT=0" if os.environ.get("DIFFCLI_JIT") == "0" else "no llvmlite"
        return f"block by block with NumPy ({off}), {on}"
    from diffcli.runtime.processor import processor

    bits = {"e": 512, "d": 256}.get(processor()[0])
    return f"machine code, {f'libmvec with {bits} bits' if bits else 'libm'}, {on}"


def _cache_folder() -> str | None:
    from diffcli.syntax.tables import cache_dir

    found = cache_dir()
    return None if found is None else str(found)
