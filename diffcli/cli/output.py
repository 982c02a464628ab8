"""Where a report goes: a table or JSON on standard output, or a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TextIO

from diffcli.render.report import Report, Sparse, Value

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from diffcli.cli.environment import Environment


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

            write_output(self.path, _flat(report.arrays), lambda: to_json(report))
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
        from diffcli.render.layout import Style, to_text

        style = Style(
            precision=self.precision,
            full=self.full,
            width=self.env.width(),
            colour=self.env.colour(self.env.stdout),
            ascii_only=self.env.ascii_only(),
        )
        return to_text(report, style)


def _flat(
    arrays: dict[str, NDArray[Any] | Sparse | None],
) -> dict[str, NDArray[Any] | None]:
    """Sparse matrices taken apart into the arrays that files can hold."""
    import numpy as np

    flat: dict[str, NDArray[Any] | None] = {}
    for name, value in arrays.items():
        if isinstance(value, Sparse):
            flat[f"{name}_row"] = value.row
            flat[f"{name}_col"] = value.col
            flat[f"{name}_data"] = value.data
            flat[f"{name}_shape"] = np.array(value.shape)
        else:
            flat[name] = value
    return flat
