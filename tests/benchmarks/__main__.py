"""Runs the benchmarks and prints their ratios; exits 1 where one misses its target."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from functools import partial

from tests.benchmarks.batch import batch, batch_lists, batch_parquet
from tests.benchmarks.derivatives import WORKS, derivative
from tests.benchmarks.measure import Comparison
from tests.benchmarks.sparse import WORKS as SPARSE
from tests.benchmarks.sparse import entries
from tests.benchmarks.startup import startup

BENCHMARKS: dict[str, Callable[[str | None], Comparison]] = {
    "startup": startup,
    "batch": batch,
    "batch-parquet": batch_parquet,
    "batch-lists": batch_lists,
    **{name: partial(derivative, name) for name in WORKS},
    **{name: partial(entries, name) for name in SPARSE},
}


def show(rows: list[dict[str, object]]) -> None:
    """One aligned line a work."""
    print(f"{'work':<36} {'min s':>9} {'median s':>9} {'ratio':>7} {'target':>7}")
    for row in rows:
        target = "" if row["target"] is None else f"{row['target']:.2f}"
        verdict = {None: "", True: "  met", False: "  MISSED"}[row["met"]]
        print(
            f"{row['work']:<36} {row['min_s']:>9.4f} {row['median_s']:>9.4f} "
            f"{row['ratio']:>7.2f} {target:>7}{verdict}"
        )


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--only", choices=BENCHMARKS, action="append", help="repeatable")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--peer", metavar="PYTHON", help="has jax, torch and PyArrow")
    options = parser.parse_args(argv)
    missed = False
    for name in options.only or BENCHMARKS:
        rows = BENCHMARKS[name](options.peer).rows()
        missed |= any(row["met"] is False for row in rows)
        if options.json:
            for row in rows:
                print(json.dumps(row))
        else:
            print(name)
            show(rows)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
