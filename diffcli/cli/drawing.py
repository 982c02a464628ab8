"""Diagrams delivered: in one of several languages, on standard output or in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diffcli.errors import DiffcliError

if TYPE_CHECKING:
    from diffcli.cli.output import Output
    from diffcli.cli.problem import Problem
    from diffcli.graph.diagram import Diagram, Vertex

FORMATS = ("tree", "dot", "mermaid", "json")

SUFFIXES = {
    ".svg": "dot", ".png": "dot", ".pdf": "dot", ".dot": "dot", ".mmd": "mermaid", ".json": "json"
}  # fmt: skip
"""Kinds of files, and the language that each is made from."""

PICTURES = (".svg", ".png", ".pdf")


def drawn(
    problem: Problem, wrt: tuple[str, ...], *, backward: bool, values: bool, **options: Any
) -> Diagram:
    """The diagram of an expression, whose variables need values only where these are shown."""
    from diffcli.diagrams import diagram
    from diffcli.emit.sizes import Sizes
    from diffcli.formulas.derivation import chosen

    symbols = problem.symbols()
    for name in symbols.shapes if values else ():
        hint = f"write {name}=1, or leave out --values"
        raise DiffcliError("unknown-name", f"'{name}' has no value to be shown", hint=hint)
    if not symbols.shapes:
        trace = problem.trace()
        names = problem.variables(trace, wrt) if backward else []
        return diagram(trace, names, backward=backward, values=values, **options)
    traced = symbols.draw(symbols.primes())
    sizes = Sizes(traced.sizes)
    names = chosen(traced, [n.strip() for part in wrt for n in part.split(",")]) if backward else []
    return diagram(traced.trace, names, backward=backward, sizes=sizes, **options)


def chosen_form(form: str | None, as_json: bool, suffix: str | None) -> str:
    """The language to write; raises `usage` where options and the kind of file disagree."""
    kinds = {
        f"--format {form}": form,
        "--json": "json" if as_json else None,
        f"-o FILE{suffix}": SUFFIXES[suffix] if suffix else None,
    }
    asked = {option: kind for option, kind in kinds.items() if kind is not None}
    if len(set(asked.values())) > 1:
        raise DiffcliError("usage", f"{' and '.join(asked)} exclude each other")
    return next(iter(asked.values()), "tree")


def deliver(output: Output, diagram: Diagram, expr: str, form: str, suffix: str | None) -> None:
    """Write a diagram as the user chose: in a form to standard output, or as a kind of file."""
    if suffix is None or output.path is None:
        output.env.out(_written(output, diagram, expr, form))
        return
    from diffcli.io.outputs import write_bytes

    text = _written(output, diagram, expr, form)
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
