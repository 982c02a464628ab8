"""Runs the benchmarks and prints their ratios; exits 1 where one misses its target."""

from __future__ import annotations

import argparse
import json
import os
import sys
from shutil import which

from tests.benchmarks.measure import Comparison
from tests.benchmarks.peers import Peers
from tests.benchmarks.suite import BENCHMARKS
from tests.benchmarks.table import show


def chosen(name: str, only: list[str]) -> bool:
    """Whether a benchmark is named, or begins with what no benchmark is named."""
    return any(name == o or (o not in BENCHMARKS and name.startswith(o)) for o in only)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "--only", metavar="NAME", action="append", help="a name, or how names begin; repeatable"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--peer", metavar="PYTHON", help="the interpreter that has the peers")
    source.add_argument("--peers", action="store_true", help="this interpreter has them")
    parser.add_argument(
        "--backend",
        choices=("numpy", "cupy"),
        default="numpy",
        help="where diffcli, torch and jax compute: here, or on the GPU",
    )
    parser.add_argument("--list", action="store_true", help="names and what they are about")
    options = parser.parse_args(argv)
    if options.list:
        print(*(f"{name:24} {BENCHMARKS[name].about}" for name in BENCHMARKS), sep="\n")
        return 0
    for only in options.only or ():
        if not any(name.startswith(only) for name in BENCHMARKS):
            parser.error(f"no benchmark is named {only}: --list shows all")
    names = [name for name in BENCHMARKS if chosen(name, options.only or [""])]
    if options.peer and not which(options.peer):
        parser.error(f"{options.peer} is no program")
    os.environ["DIFFCLI_BACKEND"] = options.backend  # for processes that are begun, too
    peers = Peers(sys.executable if options.peers else options.peer)
    made: dict[str, Comparison] = {}
    try:
        for name in names:
            print(name, file=sys.stderr)
            about, run, sizes, _ = BENCHMARKS[name]
            made[name] = run(about, peers, *sizes)
            if options.json:
                print(json.dumps(made[name].record(name)), flush=True)
    finally:
        peers.close()
        if not options.json:
            show(made)
    reached = [(c.reached(target), target.limit) for c in made.values() for target in c.targets]
    return int(any(r is not None and r > limit for r, limit in reached))


if __name__ == "__main__":
    sys.exit(main())
