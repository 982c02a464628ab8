"""Diagrams as text: a tree for terminals, and the languages of Graphviz and Mermaid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from diffcli.graph.diagram import Diagram, Vertex
from diffcli.render.cells import printable
from diffcli.render.layout import Style
from diffcli.render.numbers import format_array, format_real
from diffcli.render.report import Branch

MOST = 200
"""Vertices of a tree that is not shown in full."""

DEEPEST = 20
"""Levels of a tree; what lies deeper is a tree of its own below it."""

WIDEST = 40
"""Characters of a value."""

COLOURS = {"variable": "#d5e8f5", "constant": "#eeeeee", "operation": "#ffffff"}


def describe(vertex: Vertex, style: Style) -> str:
    """A vertex in one line: its name, operator, shape (of arrays) and value."""
    words = [vertex.name] if vertex.kind != "constant" else []
    if vertex.kind != "variable" or vertex.op != "input":
        words.append(vertex.op)
    if vertex.shape:
        sizes = ", ".join(map(str, vertex.shape))
        words.append(f"({sizes},)" if len(vertex.shape) == 1 else f"({sizes})")
    if vertex.value is not None and vertex.kind != "constant":
        words.append(f"= {_short(vertex.value, style)}")
    return printable(" ".join(words))


def _short(value: Any, style: Style) -> str:
    text = " ".join(format_array(value, style.precision, width=10**9).split())
    if len(text) <= WIDEST:
        return text
    low, high = (format_real(float(x), style.precision) for x in (value.min(), value.max()))
    return f"{low} ... {high}"


# ----- tree ---------------------------------------------------------------------------------------


def tree(diagram: Diagram, style: Style) -> str:
    """The diagram as trees from its results, each vertex once.

    A vertex that was there before is only named. Deep parts are trees of their own.
    """
    from diffcli.render.rich_text import draw_trees

    most = len(diagram.vertices) if style.full else MOST
    shown: set[str] = set()
    roots: list[Branch] = []
    waiting = [(None if name == "value" else name, vertex) for name, vertex in diagram.results]
    waiting.reverse()
    while waiting and len(shown) < most:
        title, name = waiting.pop()
        if title is None and name in shown:
            continue
        root, deep = _branches(diagram, name, shown, most, style)
        if title is not None:
            root.text = f"{title}: {root.text}"
        roots.append(root)
        waiting += [(None, vertex) for vertex in reversed(deep)]
    lines = draw_trees(roots, ascii_only=style.ascii_only, colour=style.colour) if roots else []
    left = len(diagram.vertices) - len(shown)
    if left and not style.full:
        lines += ["", f"and {left:,} more of {len(diagram.vertices):,}; --full shows all"]
    return "".join(line + "\n" for line in lines)


def _branches(
    diagram: Diagram, name: str, shown: set[str], most: int, style: Style
) -> tuple[Branch, list[str]]:
    """The tree below a vertex, and the vertices that lie too deep for it."""
    top = Branch("")
    deep: list[str] = []
    stack = [(name, top, 0)]
    while stack:
        name, parent, depth = stack.pop()
        vertex = diagram.vertices[name]
        if len(shown) >= most and name not in shown:
            continue
        loop = "" if vertex.loop is None else f" [loop {vertex.loop}]"
        branch = Branch(describe(vertex, style) + loop)
        parent.below.append(branch)
        if vertex.kind == "constant":
            shown.add(name)
        elif name in shown:
            branch.text = f"{name} (above)"
        elif depth == DEEPEST and vertex.inputs:
            branch.text = f"{name} (below)"
            deep.append(name)
        else:
            shown.add(name)
            stack += [(x, branch, depth + 1) for x in reversed(vertex.inputs)]
    return top.below[0], deep


# ----- other languages ----------------------------------------------------------------------------


def dot(diagram: Diagram, style: Style) -> str:
    """The diagram in Graphviz's language; edges go from operands to results."""
    lines = [
        "digraph {",
        '  graph [fontname="sans-serif"];',
        '  node [shape=box, style="rounded,filled", fontname="sans-serif"];',
    ]
    for loop, vertices in _loops(diagram):
        margin = "  "
        if loop is not None:
            lines += [f"  subgraph cluster_{loop} {{", f'    label="loop {loop}";']
            margin = "    "
        lines += [
            f"{margin}{_quoted(v.name)} [label={_quoted(describe(v, style))}, "
            f'fillcolor="{COLOURS[v.kind]}"];'
            for v in vertices
        ]
        lines += ["  }"] if loop is not None else []
    lines += [f"  {_quoted(a)} -> {_quoted(b)};" for a, b in _edges(diagram)]
    for title, name in diagram.results:
        if title != "value":
            lines.append(f"  {_quoted(title)} [shape=plaintext, style=solid];")
            lines.append(f"  {_quoted(name)} -> {_quoted(title)} [style=dashed];")
    return "\n".join([*lines, "}"]) + "\n"


def mermaid(diagram: Diagram, style: Style) -> str:
    """The diagram in Mermaid's language; edges go from operands to results."""
    number = {name: f"n{k}" for k, name in enumerate(diagram.vertices)}
    lines = ["flowchart TD"]
    for loop, vertices in _loops(diagram):
        if loop is not None:
            lines.append(f"  subgraph loop{loop}[loop {loop}]")
        lines += [f"  {number[v.name]}{_boxed(v, style)}" for v in vertices]
        lines += ["  end"] if loop is not None else []
    lines += [f"  {number[a]} --> {number[b]}" for a, b in _edges(diagram)]
    for k, (title, name) in enumerate(diagram.results):
        if title != "value":
            lines.append(f"  {number[name]} -.-> r{k}[{_escaped(title)}]")
    return "\n".join(lines) + "\n"


def _boxed(vertex: Vertex, style: Style) -> str:
    text = _escaped(describe(vertex, style))
    return f"([{text}])" if vertex.kind == "variable" else f"[{text}]"


def _escaped(text: str) -> str:
    """A text in quotes for Mermaid, whose escapes are those of HTML."""
    plain = "".join(c if c.isalnum() or c in " _=.,()[]" else f"#{ord(c)};" for c in text)
    return f'"{plain}"'


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _loops(diagram: Diagram) -> Iterator[tuple[int | None, list[Vertex]]]:
    """The vertices outside of loops, then those of each loop."""
    groups: dict[int | None, list[Vertex]] = {None: []}
    for vertex in diagram.vertices.values():
        groups.setdefault(vertex.loop, []).append(vertex)
    yield from groups.items()


def _edges(diagram: Diagram) -> Iterable[tuple[str, str]]:
    return ((x, v.name) for v in diagram.vertices.values() for x in v.inputs)
