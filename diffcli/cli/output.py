"""Where a report goes: a table or JSON on standard output, or a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diffcli.render.report import Report, Sparse

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
        """Write `report` in the form that the user chose."""
        if self.path is not None:
            from diffcli.io.outputs import write_output
            from diffcli.render.json_out import to_json

            write_output(self.path, _flat(report.arrays), lambda: to_json(report))
        elif self.as_json:
            from diffcli.render.json_out import to_json

            self.env.out(to_json(report) + "\n")
        else:
            self.env.out(self._text(report))

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
