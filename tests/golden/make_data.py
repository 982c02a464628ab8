"""Writes tests/golden/data: `python tests/golden/make_data.py`. The files are committed."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

DATA = Path(__file__).parent / "data"


class Payload:
    """An object whose unpickling creates a file, to show that nothing is unpickled."""

    def __reduce__(self) -> tuple[object, ...]:
        return open, ("unpickled", "w")


def write_text_files() -> None:
    rows = [(1.0, 2.1, "a"), (2.0, 3.9, "b"), (3.0, 6.2, "a"), (4.0, 7.8, "b")]
    table = "".join(f"{x},{y},{label}\n" for x, y, label in rows)
    (DATA / "points.csv").write_text("x,y,label\n" + table)
    (DATA / "empty.csv").write_text("x,y\n")
    (DATA / "ragged.csv").write_text("x,y\n1,2\n3\n")
    bindings = {"w": [0.5, -1.25], "X": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], "y": [1.0, 0.0, 2.0]}
    (DATA / "fit.json").write_text(json.dumps(bindings) + "\n")
    (DATA / "vector.json").write_text("[1.5, -2.0, 0.25]\n")
    (DATA / "special.json").write_text('["nan", "inf", "-inf", 1.0]\n')
    (DATA / "broken.json").write_text('{"w": [1, 2\n')
    (DATA / "digits.txt").write_text("7" * 5000 + "\n")
    (DATA / "rows.csv").write_text("id,w,x,b\n007,1,2,3\n008,0.5,1,\n009,-1,0.25,1\n")
    (DATA / "lists.jsonl").write_text('{"x": [1, 2]}\n{"x": [1, 2, 3]}\n{"x": null}\n{"x": [4]}\n')
    systems = ["[[1, 2], [3, 4]]", "[[1, 2], [2, 4]]", "[[1, 2, 3]]", '"none"']
    lines = [f'{{"A": {matrix}, "b": [1, 2]}}\n' for matrix in systems]
    (DATA / "systems.jsonl").write_text("".join(lines) + "no JSON\n" + lines[0])
    formulas = [("x*y", 2), ("sin(x)", 0), ("x +", 1)]
    lines = [json.dumps({"formula": f, "x": x, "y": 3}) + "\n" for f, x in formulas]
    (DATA / "formulas.jsonl").write_text("".join(lines))
    for year in (2020, 2021):
        (DATA / "sales" / f"year={year}").mkdir(parents=True, exist_ok=True)
        (DATA / "sales" / f"year={year}" / "part.csv").write_text(f"x\n{year - 2019}\n")
    (DATA / "notes.md").write_text("not data\n")


def write_arrays() -> None:
    matrix = np.arange(6.0).reshape(2, 3)
    np.save(DATA / "matrix.npy", matrix)
    np.savez(DATA / "model.npz", W=matrix / 10, b=np.array([0.5, -0.5]))
    np.savez(DATA / "pickled.npz", x=np.array([Payload(), None], dtype=object), y=np.ones(2))
    whole = (DATA / "matrix.npy").read_bytes()
    (DATA / "truncated.npy").write_bytes(whole[:-20])
    (DATA / "pickle.npy").write_bytes(pickle.dumps([1.0, 2.0]))


def write_parquet() -> None:
    columns = {"x": [1.0, 2.0, 3.0], "y": [2.5, 4.5, 6.5], "label": ["a", "b", "c"]}
    pq.write_table(pa.table(columns), DATA / "points.parquet")


if __name__ == "__main__":
    DATA.mkdir(exist_ok=True)
    write_text_files()
    write_arrays()
    write_parquet()
