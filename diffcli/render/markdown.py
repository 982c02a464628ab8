"""Long texts in Markdown as lines for terminals."""

from __future__ import annotations

from typing import ClassVar

from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, JustifyMethod, RenderResult
from rich.markdown import CodeBlock, Heading, Markdown, MarkdownElement, TableElement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from diffcli.render.rich_text import drawn


def page(text: str, width: int, colour: bool) -> str:
    """A text in Markdown as lines of at most `width` columns; the lines of examples are kept."""
    return "\n".join(drawn(_Page(text), width, colour)) + "\n"


class _Title(Heading):
    """Headings at the left."""

    LEVEL_ALIGN: ClassVar[dict[str, JustifyMethod]] = {}


class _Example(CodeBlock):
    """Commands in bold, and what they print; only lines that are too long are broken."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The lines, indented."""
        shown = Text(overflow="fold")
        for line in str(self.text).rstrip().split("\n"):
            shown.append(f"{line}\n", "bold" if line.startswith("$ ") else "")
        shown.right_crop()
        yield Padding(shown, (0, 0, 0, 2))


class _Rows(TableElement):
    """Tables that look as those of results do."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """A rule below the names, and nothing around."""
        table = Table(
            box=SIMPLE_HEAD,
            show_edge=False,
            pad_edge=False,
            header_style="markdown.table.header",
            border_style="markdown.table.border",
        )
        if self.header is not None and self.header.row is not None:
            for cell in self.header.row.cells:
                table.add_column(cell.content)
        for row in self.body.rows if self.body is not None else []:
            table.add_row(*(cell.content for cell in row.cells))
        yield table


class _Page(Markdown):
    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "heading_open": _Title,
        "fence": _Example,
        "table_open": _Rows,
    }
