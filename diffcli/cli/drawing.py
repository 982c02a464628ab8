"""Diagrams delivered: in one of several languages, on standard output or in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from diffcli.cli.output import Output
    from diffcli.graph.diagram import Diagram, Vertex

FORMATS = ("tree", "dot", "mermaid", "json")

SUFFIXES = {
    ".svg": "dot", ".png": "dot", ".pdf": "dot", ".dot": "dot", ".mmd": "mermaid", ".json": "json"
}  # fmt: skip
"""Kinds of files, and the language that each is made from."""

PICTURES = (".svg", ".png", ".pdf")


def deliver(output: Output, diagram: Diagram, expr: str, form: str, suffix: str | None) -> None:
    """Write a diagram as the user chose: in a form to standard output, or as a kind of file."""
    if suffix is None or output.path is None:
        output.env.out(_written(output, diagram, expr, form))
        return
    from diffcli.io.outputs import write_bytes

    text = _written(output, diagram, expr, SUFFIXES[suffix])
    if suffix not in PICTURES:
        write_bytes(output.path, text.encode())
        return
    from diffcli.render.graphviz import picture

    write_bytes(output.path, picture(text, suffix[1:]))


def _written(output: Output, diagram: Diagram, expr: str, form: str) -> str:
    if form == "json":
        from diffcli.render.json_out import dumps

        return dumps(_payload(diagram, expr)) + "\n"
    from diffcli.render.diagram import dot, mermaid, tree

    return {"tree": tree, "dot": dot, "mermaid": mermaid}[form](diagram, output.style())


def _payload(diagram: Diagram, expr: str) -> dict[str, Any]:
    return {
        "expr": expr,
        "graph": {
            "results": dict(diagram.results),
            "vertices": [_entry(vertex) for vertex in diagram.vertices.values()],
        },
    }


def _entry(vertex: Vertex) -> dict[str, Any]:
    return {
        "name": vertex.name,
        "kind": vertex.kind,
        "op": vertex.op,
        "inputs": vertex.inputs,
        "shape": list(vertex.shape),
        "dtype": vertex.dtype,
        "span": list(vertex.span) if vertex.span else None,
        "loop": vertex.loop,
        "value": vertex.value,
    }
