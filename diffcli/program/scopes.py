"""Which variable a name means: a slot of the function's frame, a cell, or a name of the program.

A variable that an inner function uses lives in a cell, which both frames hold. Comprehensions are
functions of their outermost iterable, as in Python before 3.12.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from diffcli.syntax import ast
from diffcli.syntax import program as tree

Body = Iterable[ast.Node]

ITERABLE = ".0"
"""The parameter of a comprehension: its outermost iterable."""


class Scope:
    """The names of one function, class or program.

    `bound` are the variables it assigns, `cells` those of them that inner functions use, `free`
    those that it takes from functions around it. `slots` says where in the frame each is.
    """

    def __init__(self, kind: str, name: str, parent: Scope | None) -> None:
        self.kind = kind
        self.name = name
        self.parent = parent
        self.bound: dict[str, None] = {}
        self.used: dict[str, None] = {}
        self.globals: set[str] = set()
        self.nonlocals: set[str] = set()
        self.params: list[str] = []
        self.cells: set[str] = set()
        self.free: dict[str, None] = {}
        self.slots: dict[str, int] = {}
        self.inner: dict[int, Scope] = {}
        self.uses_class = False

    @property
    def qualname(self) -> str:
        """The path of names that Python's messages show."""
        path = [self.name]
        around = self.parent
        while around is not None and around.kind != "module":
            path.append("." if around.kind == "class" else ".<locals>.")
            path.append(around.name)
            around = around.parent
        return "".join(path[::-1])

    def place(self) -> None:
        """Number the variables of a function: parameters, others, then cells from outside."""
        names = [*self.params, *(n for n in self.bound if n not in self.params), *self.free]
        self.slots = {name: i for i, name in enumerate(names)}


def analyse(module: tree.Module) -> Scope:
    """The scope of a program, with those of all its functions and classes inside."""
    scope = Scope("module", "<module>", None)
    _collect(scope, module.statements)
    _resolve(scope)
    return scope


def _collect(scope: Scope, roots: Body) -> None:
    pending = list(roots)[::-1]
    while pending:
        node = pending.pop()
        kind = type(node)
        visit = _VISIT.get(kind)
        if visit is not None:
            pending += list(visit(scope, node))[::-1]
        else:
            pending += list(ast.children(node))[::-1]
    for name in scope.globals | scope.nonlocals:
        scope.bound.pop(name, None)


def _name(scope: Scope, node: ast.Name) -> Body:
    scope.used[node.id] = None
    if node.id == "super" and scope.kind == "function":
        # `super()` needs the class that the method is written in
        scope.used["__class__"] = None
    return ()


def bind_target(scope: Scope, target: ast.Node) -> Body:
    """Enter the names that a target assigns; gives the expressions in it."""
    rest: list[ast.Node] = []
    pending = [target]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Name):
            scope.bound[node.id] = None
        elif isinstance(node, ast.TupleExpr | ast.ListExpr):
            pending += node.items[::-1]
        elif isinstance(node, tree.Starred):
            pending.append(node.value)
        else:
            rest.append(node)
    return rest


def _assign(scope: Scope, node: tree.AssignTo) -> Body:
    return [node.value, *(e for t in node.targets for e in bind_target(scope, t))]


def _annotate(scope: Scope, node: tree.Annotate) -> Body:
    rest = bind_target(scope, node.target)
    return rest if node.value is None else [node.value, *rest]


def _augment(scope: Scope, node: tree.AugAssign) -> Body:
    if isinstance(node.target, ast.Name):
        scope.bound[node.target.id] = None
        scope.used[node.target.id] = None
        return [node.value]
    return [node.target, node.value]


def _named(scope: Scope, node: tree.NamedExpr) -> Body:
    owner = scope
    while owner.params[:1] == [ITERABLE] and owner.parent is not None:
        owner = owner.parent  # a walrus in a comprehension assigns outside of it
    if owner is scope:
        scope.bound[node.name] = None
    else:
        scope.used[node.name] = None
        scope.nonlocals.add(node.name)
        if owner.kind == "function":
            owner.bound[node.name] = None
        else:
            scope.nonlocals.discard(node.name)
            scope.globals.add(node.name)
            owner.bound[node.name] = None
    return [node.value]


def _loop(scope: Scope, node: tree.For) -> Body:
    return [node.iterable, *bind_target(scope, node.target), *node.body, *node.orelse]


def _with(scope: Scope, node: tree.With) -> Body:
    out: list[ast.Node] = []
    for item in node.items:
        out.append(item.context)
        if item.target is not None:
            out += bind_target(scope, item.target)
    return [*out, *node.body]


def _delete(scope: Scope, node: tree.Delete) -> Body:
    return [e for t in node.targets for e in bind_target(scope, t)]


def _import(scope: Scope, node: tree.Import | tree.ImportFrom) -> Body:
    for each in node.names:
        scope.bound[each.alias or each.path.partition(".")[0]] = None
    return ()


def _handler(scope: Scope, node: tree.Handler) -> Body:
    if node.name is not None:
        scope.bound[node.name] = None
    return [*([node.type] if node.type is not None else []), *node.body]


def _case(scope: Scope, node: tree.Case) -> Body:
    if node.name is not None:
        scope.bound[node.name] = None
    out: list[ast.Node] = []
    pending = [node.pattern]
    while pending:
        each = pending.pop()
        if isinstance(each, ast.Name):
            scope.bound[each.id] = None
        elif isinstance(each, ast.Call):
            out.append(each.function)
            pending += [*each.arguments, *each.keywords]
        elif isinstance(each, ast.Attribute):
            out.append(each)
        else:
            pending += ast.children(each)
    return [*out, *([node.guard] if node.guard is not None else []), *node.body]


def _global(scope: Scope, node: tree.Global) -> Body:
    scope.globals.update(node.names)
    return ()


def _nonlocal(scope: Scope, node: tree.Nonlocal) -> Body:
    scope.nonlocals.update(node.names)
    scope.used.update(dict.fromkeys(node.names))
    return ()


def _function(scope: Scope, node: tree.FunctionDef | tree.Lambda) -> Body:
    named = isinstance(node, tree.FunctionDef)
    own = Scope("function", node.name if named else "<lambda>", scope)  # type: ignore[union-attr]
    own.params = [p.name for p in ordered(node.params)]
    own.bound = dict.fromkeys(own.params)
    scope.inner[id(node)] = own
    if isinstance(node, tree.FunctionDef):
        scope.bound[node.name] = None
        _collect(own, node.body)
        outside = [*node.decorators]
    else:
        _collect(own, [node.body])
        outside = []
    return [*outside, *(p.default for p in node.params if p.default is not None)]


def ordered(params: tuple[tree.Parameter, ...]) -> list[tree.Parameter]:
    """Parameters in the order of a frame: positional, keyword-only, `*`, `**`."""
    order = {"positional-only": 0, "plain": 0, "keyword-only": 1, "*": 2, "**": 3}
    return sorted((p for p in params if p.name), key=lambda p: order[p.kind])


def _class(scope: Scope, node: tree.ClassDef) -> Body:
    own = Scope("class", node.name, scope)
    scope.bound[node.name] = None
    scope.inner[id(node)] = own
    _collect(own, node.body)
    return [*node.decorators, *node.bases]


def _comprehension(scope: Scope, node: tree.Comprehension) -> Body:
    own = Scope("function", "<genexpr>" if node.kind == "generator" else "<listcomp>", scope)
    own.params = [ITERABLE]
    own.bound = {ITERABLE: None}
    scope.inner[id(node)] = own
    parts: list[ast.Node] = []
    for i, clause in enumerate(node.clauses):
        parts += bind_target(own, clause.target)
        if i:
            parts.append(clause.iterable)
        parts += clause.conditions
    parts.append(node.element)
    if node.value is not None:
        parts.append(node.value)
    _collect(own, parts)
    return [node.clauses[0].iterable]


_VISIT: dict[type, Callable[[Scope, Any], Body]] = {
    ast.Name: _name,
    tree.AssignTo: _assign,
    tree.Annotate: _annotate,
    tree.AugAssign: _augment,
    tree.NamedExpr: _named,
    tree.For: _loop,
    tree.With: _with,
    tree.Delete: _delete,
    tree.Import: _import,
    tree.ImportFrom: _import,
    tree.Handler: _handler,
    tree.Case: _case,
    tree.Global: _global,
    tree.Nonlocal: _nonlocal,
    tree.FunctionDef: _function,
    tree.Lambda: _function,
    tree.ClassDef: _class,
    tree.Comprehension: _comprehension,
}


def _resolve(scope: Scope) -> None:
    """Find for every name that a function uses and does not assign the function that does."""
    order = [scope]
    for each in order:
        order += each.inner.values()
    for each in order:
        for name in [*each.used, *each.nonlocals]:
            if name in each.globals or (name in each.bound and each.kind == "function"):
                continue
            _capture(each, name)
    for each in order:
        if each.kind == "function":
            each.place()


def _capture(scope: Scope, name: str) -> None:
    between = [scope] if scope.kind == "function" else []
    around = scope.parent
    while around is not None and around.kind != "module":
        if name == "__class__" and around.kind == "class":
            around.uses_class = True
            break
        if around.kind == "function":
            if name in around.bound:
                around.cells.add(name)
                break
            if name in around.globals:
                return
            between.append(around)
        around = around.parent
    else:
        return
    for each in between:
        each.free[name] = None
