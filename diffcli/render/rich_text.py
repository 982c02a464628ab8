"""Tables for terminals, and all that Rich draws.

It draws into a buffer with everything it could guess (terminal, width, box, markup) decided, so
that the same table is the same characters everywhere, with or without colours.
"""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

from rich.box import Box
from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from diffcli.render.layout import Column
    from diffcli.render.report import Branch

_UNLIMITED = 10**6

STYLES = {
    "markdown.h1": "bold",
    "markdown.code": "cyan",
    "markdown.item.bullet": "dim",
    "markdown.table.header": "bold",
    "markdown.table.border": "dim",
}
"""Where Rich's own colours would not suit every terminal."""


def draw(columns: list[Column], rule: str, colour: bool) -> list[str]:
    """The lines of a table; in colour its names are bold and its rule is dim."""
    table = Table(
        box=Box(f"    \n    \n {rule * 2} \n    \n    \n    \n    \n    \n"),
        show_edge=False,
        pad_edge=False,
        header_style="bold",
        border_style="dim",
    )
    for column in columns:
        table.add_column(
            column.name,
            justify="right" if column.right else "left",
            width=column.width,
            no_wrap=True,
        )
    for row in zip(*(column.cells for column in columns), strict=True):
        table.add_row(*(Text("\n".join(cell)) for cell in row))
    return drawn(table, _UNLIMITED, colour)


GUIDES = str.maketrans("│├└─", "|+`-")
"""The lines of a tree in ASCII."""


def draw_trees(roots: Sequence[Branch], *, ascii_only: bool, colour: bool) -> list[str]:
    """The lines of trees, with a blank line between two."""
    from rich.console import Group
    from rich.tree import Tree

    trees: list[Tree | str] = []
    for root in roots:
        top = Tree(Text(root.text), guide_style="dim")
        stack = [(root, top)]
        while stack:
            branch, tree = stack.pop()
            stack += [(below, tree.add(Text(below.text))) for below in branch.below]
        trees += [top, ""]
    lines = drawn(Group(*trees[:-1]), _UNLIMITED, colour)
    return [line.translate(GUIDES) for line in lines] if ascii_only else lines


def drawn(renderable: RenderableType, width: int, colour: bool) -> list[str]:
    """The lines of anything that Rich can draw."""
    buffer = StringIO()
    console = Console(
        file=buffer,
        width=width,
        color_system="standard" if colour else None,
        force_terminal=colour,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
        theme=Theme(STYLES),
        _environ={},
    )
    console.print(renderable, end="")
    return [line.rstrip() for line in buffer.getvalue().rstrip("\n").split("\n")]
