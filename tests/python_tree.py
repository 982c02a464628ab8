"""Our trees of programs as Python's own, so that `ast.dump` compares the two.

What ours leaves out is taken out of Python's as well: annotations, and whether `a and b and c` was
read as one operation or two.
"""

from __future__ import annotations

import ast

from diffcli.syntax import ast as terms
from diffcli.syntax import program

BINARY = {
    "+": ast.Add, "-": ast.Sub, "*": ast.Mult, "/": ast.Div, "//": ast.FloorDiv, "%": ast.Mod,
    "@": ast.MatMult, "**": ast.Pow, "&": ast.BitAnd, "|": ast.BitOr, "^": ast.BitXor,
    "<<": ast.LShift, ">>": ast.RShift,
}  # fmt: skip
UNARY = {"-": ast.USub, "+": ast.UAdd, "~": ast.Invert, "not": ast.Not}
LOGICAL = {"and": ast.And, "or": ast.Or}
COMPARE = {
    "==": ast.Eq, "!=": ast.NotEq, "<": ast.Lt, "<=": ast.LtE, ">": ast.Gt, ">=": ast.GtE,
    "in": ast.In, "not in": ast.NotIn, "is": ast.Is, "is not": ast.IsNot,
}  # fmt: skip
COMPREHENSIONS = {"list": ast.ListComp, "set": ast.SetComp, "generator": ast.GeneratorExp}
CONTEXT = ast.Load()


def from_ours(node):
    """The Python node for one of ours, or None for None."""
    return None if node is None else _CONVERT[type(node)](node)


def each(nodes) -> list:
    return [from_ours(node) for node in nodes]


def arguments(params) -> ast.arguments:
    by_kind = {kind: [p for p in params if p.kind == kind] for kind in
               ("positional-only", "plain", "*", "keyword-only", "**")}  # fmt: skip

    def arg(param):
        return ast.arg(param.name)

    positional = by_kind["positional-only"] + by_kind["plain"]
    return ast.arguments(
        posonlyargs=[arg(p) for p in by_kind["positional-only"]],
        args=[arg(p) for p in by_kind["plain"]],
        vararg=arg(by_kind["*"][0]) if by_kind["*"] else None,
        kwonlyargs=[arg(p) for p in by_kind["keyword-only"]],
        kw_defaults=each(p.default for p in by_kind["keyword-only"]),
        kwarg=arg(by_kind["**"][0]) if by_kind["**"] else None,
        defaults=each(p.default for p in positional if p.default),
    )


def subscript(node) -> ast.Subscript:
    items = each(node.indices)
    return ast.Subscript(
        from_ours(node.value), ast.Tuple(items, CONTEXT) if node.is_tuple else items[0], CONTEXT
    )


def comprehension(node):
    clauses = [
        ast.comprehension(from_ours(c.target), from_ours(c.iterable), each(c.conditions), 0)
        for c in node.clauses
    ]
    if node.kind == "dict":
        return ast.DictComp(from_ours(node.element), from_ours(node.value), clauses)
    assert node.value is None
    return COMPREHENSIONS[node.kind](from_ours(node.element), clauses)


def field(node) -> ast.FormattedValue:
    conversion = ord(node.conversion) if node.conversion else -1
    return ast.FormattedValue(from_ours(node.value), conversion, from_ours(node.format))


def import_from(node) -> ast.ImportFrom:
    name = node.path.lstrip(".")
    return ast.ImportFrom(name or None, each(node.names), len(node.path) - len(name))


def function(node) -> ast.FunctionDef:
    return ast.FunctionDef(
        node.name, arguments(node.params), each(node.body), each(node.decorators), None
    )


_CONVERT = {
    terms.Literal: lambda n: ast.Constant(n.value),
    terms.Name: lambda n: ast.Name(n.id, CONTEXT),
    terms.Unary: lambda n: ast.UnaryOp(UNARY[n.op](), from_ours(n.operand)),
    terms.Binary: lambda n: ast.BinOp(from_ours(n.left), BINARY[n.op](), from_ours(n.right)),
    terms.Logical: lambda n: ast.BoolOp(LOGICAL[n.op](), [from_ours(n.left), from_ours(n.right)]),
    terms.Compare: lambda n: ast.Compare(
        from_ours(n.first), [COMPARE[op]() for op in n.ops], each(n.operands)
    ),
    terms.Conditional: lambda n: ast.IfExp(*each((n.test, n.body, n.orelse))),
    terms.Keyword: lambda n: ast.keyword(None if n.name == "**" else n.name, from_ours(n.value)),
    terms.Call: lambda n: ast.Call(from_ours(n.function), each(n.arguments), each(n.keywords)),
    terms.Attribute: lambda n: ast.Attribute(from_ours(n.value), n.name, CONTEXT),
    terms.Slice: lambda n: ast.Slice(*each((n.lower, n.upper, n.step))),
    terms.Subscript: subscript,
    terms.ListExpr: lambda n: ast.List(each(n.items), CONTEXT),
    terms.TupleExpr: lambda n: ast.Tuple(each(n.items), CONTEXT),
    program.Starred: lambda n: ast.Starred(from_ours(n.value), CONTEXT),
    program.NamedExpr: lambda n: ast.NamedExpr(ast.Name(n.name, CONTEXT), from_ours(n.value)),
    program.DictExpr: lambda n: ast.Dict(each(n.keys), each(n.values)),
    program.SetExpr: lambda n: ast.Set(each(n.items)),
    program.Comprehension: comprehension,
    program.Yield: lambda n: (ast.YieldFrom if n.delegates else ast.Yield)(from_ours(n.value)),
    program.Lambda: lambda n: ast.Lambda(arguments(n.params), from_ours(n.body)),
    program.Field: field,
    program.FString: lambda n: ast.JoinedStr(each(n.pieces)),
    program.ExprStatement: lambda n: ast.Expr(from_ours(n.value)),
    program.AssignTo: lambda n: ast.Assign(each(n.targets), from_ours(n.value)),
    program.Annotate: lambda n: (
        ast.Assign([from_ours(n.target)], from_ours(n.value)) if n.value else ast.Pass()
    ),
    program.AugAssign: lambda n: ast.AugAssign(
        from_ours(n.target), BINARY[n.op](), from_ours(n.value)
    ),
    program.Return: lambda n: ast.Return(from_ours(n.value)),
    program.Pass: lambda n: ast.Pass(),
    program.Break: lambda n: ast.Break(),
    program.Continue: lambda n: ast.Continue(),
    program.Assert: lambda n: ast.Assert(from_ours(n.test), from_ours(n.message)),
    program.Raise: lambda n: ast.Raise(from_ours(n.value), from_ours(n.cause)),
    program.Delete: lambda n: ast.Delete(each(n.targets)),
    program.Global: lambda n: ast.Global(list(n.names)),
    program.Nonlocal: lambda n: ast.Nonlocal(list(n.names)),
    program.ImportName: lambda n: ast.alias(n.path, n.alias),
    program.Import: lambda n: ast.Import(each(n.names)),
    program.ImportFrom: import_from,
    program.If: lambda n: ast.If(from_ours(n.test), each(n.body), each(n.orelse)),
    program.While: lambda n: ast.While(from_ours(n.test), each(n.body), each(n.orelse)),
    program.For: lambda n: ast.For(
        from_ours(n.target), from_ours(n.iterable), each(n.body), each(n.orelse)
    ),
    program.WithItem: lambda n: ast.withitem(from_ours(n.context), from_ours(n.target)),
    program.With: lambda n: ast.With(each(n.items), each(n.body)),
    program.FunctionDef: function,
    program.ClassDef: lambda n: ast.ClassDef(
        n.name, each(n.bases), [], each(n.body), each(n.decorators)
    ),
    program.Handler: lambda n: ast.ExceptHandler(from_ours(n.type), n.name, each(n.body)),
    program.Try: lambda n: ast.Try(
        each(n.body), each(n.handlers), each(n.orelse), each(n.final)
    ),
    program.Module: lambda n: ast.Module(each(n.statements), []),
}  # fmt: skip


class _Normal(ast.NodeTransformer):
    """Takes out what one of the two trees does not say."""

    def generic_visit(self, node):
        super().generic_visit(node)
        for field in ("annotation", "returns", "type_comment", "kind"):
            if field in node._fields:
                setattr(node, field, None)
        if "ctx" in node._fields:
            node.ctx = CONTEXT
        return node

    def visit_AnnAssign(self, node):
        self.generic_visit(node)
        return ast.Assign([node.target], node.value) if node.value else ast.Pass()

    def visit_BoolOp(self, node):
        self.generic_visit(node)
        first = node.values[0]
        if isinstance(first, ast.BoolOp) and type(first.op) is type(node.op):
            node.values[:1] = first.values
        return node

    def visit_JoinedStr(self, node):
        self.generic_visit(node)
        merged = []
        for value in node.values:
            if isinstance(value, ast.Constant) and merged and isinstance(merged[-1], ast.Constant):
                merged[-1] = ast.Constant(merged[-1].value + value.value)
            else:
                merged.append(value)
        node.values = merged
        return node


def dump(tree: ast.AST) -> str:
    return ast.dump(_Normal().visit(tree), indent=1)


def dump_ours(module: program.Module) -> str:
    return dump(from_ours(module))
