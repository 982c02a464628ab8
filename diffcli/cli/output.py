"""Where a report goes: a table or JSON on standard output, or a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TextIO

from diffcli.render.report import Report, Sparse, Value

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from diffcli.cli.environment import Environment
    from diffcli.render.layout import Style


class Output:
    """The output options of a command. Raises at once when the file could not be written."""

    __slots__ = ("as_json", "env", "full", "path", "precision")

    def __init__(
        self, env: Environment, as_json: bool, path: str | None, precision: int, full: bool
    ) -> None:
        self.env = env
        self.as_json = as_json
        self.path = path
        self.precision = precision
        self.full = full
        if path is not None:
            from diffcli.io.outputs import check_output

            check_output(path)

    def deliver(self, report: Report) -> None:
        """Write `report` in the form that the user chose.

        Notes stand below tables and in JSON; beside a file and a bare value, which a shell
        catches, they go to standard error.
        """
        if self.path is not None:
            from diffcli.io.outputs import write_output
            from diffcli.render.json_out import to_json

            flat = _flat(report.arrays, npz=self.path.lower().endswith(".npz"))
            write_output(self.path, flat, lambda: to_json(report))
            self.env.err(self._notes(report, self.env.stderr))
        elif self.as_json:
            from diffcli.render.json_out import to_json

            self.env.out(to_json(report) + "\n")
        elif isinstance(report.sections[0], Value):
            self.env.out(self._text(report))
            self.env.err(self._notes(report, self.env.stderr))
        else:
            notes = self._notes(report, self.env.stdout)
            self.env.out(self._text(report) + (f"\n{notes}" if notes else ""))

    def _notes(self, report: Report, stream: TextIO) -> str:
        if not report.notes:
            return ""
        from diffcli.render.diagnostic import note_text

        colour = self.env.colour(stream)
        return "".join(note_text(note, colour=colour) for note in report.notes)

    def _text(self, report: Report) -> str:
        from diffcli.render.layout import to_text

        return to_text(report, self.style())

    def style(self) -> Style:
        """How numbers and lines are to look."""
        from diffcli.render.layout import Style

        return Style(
            precision=self.precision,
            full=self.full,
            width=self.env.width(),
            colour=self.env.colour(self.env.stdout),
            ascii_only=self.env.ascii_only(),
        )


def _flat(
    arrays: dict[str, NDArray[Any] | Sparse | None], npz: bool
) -> dict[str, NDArray[Any] | None]:
    """Sparse matrices taken apart into the arrays that files can hold.

    A single one has the names that `scipy.sparse.load_npz` reads; a table has its entries alone.
    """
    import numpy as np

    matrices = {name: m for name, m in arrays.items() if isinstance(m, Sparse)}
    flat: dict[str, NDArray[Any] | None] = {}
    if npz or len(matrices) != 1:
        flat = {name: a for name, a in arrays.items() if not isinstance(a, Sparse)}
    for name, matrix in matrices.items():
        lead = "" if len(matrices) == 1 else f"{name}_"
        flat |= {f"{lead}row": matrix.row, f"{lead}col": matrix.col, f"{lead}data": matrix.data}
        if npz:
            flat |= {f"{lead}shape": np.array(matrix.shape), f"{lead}format": np.array(b"coo")}
    return flat
