"""The architecture, read from the source: who imports whom, and what appears nowhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "diffcli"
FILES = sorted(PACKAGE.rglob("*.py"))

# A module imports from its own package and from lower ranks. `diffcli/__init__.py` is the front
# door of the Python API and `__main__` that of the command: they stand above what they open.
RANKS = {
    "errors": 0,
    "limits": 1,
    "syntax": 2,
    "graph": 2,
    "ops": 3,
    "transforms": 4,
    "lower": 4,
    "emit": 4,
    "runtime": 5,
    "trace": 6,
    "eager": 6,
    "io": 6,
    "render": 6,
    "derivatives": 7,
    "naming": 7,
    "sparsity": 7,
    "validity": 7,
    "api": 8,
    "diagrams": 8,
    "explanation": 8,
    "catalogue": 9,
    "check": 9,
    "formulas": 9,
    "functional": 9,
    "program": 9,
    "batch": 10,
    "torch": 10,
    "cli": 11,
    "__init__": 12,
    "__main__": 12,
}

# Under `if TYPE_CHECKING` only: a node names the type of its operator and never imports it.
TYPES = {"graph/node.py": ["diffcli.ops.op.Op"]}

# Third-party packages and the only place that may import each; NumPy and SciPy are free to all.
HOMES = {
    "click": "cli",
    "cupy": "runtime",
    "cupyx": "runtime",
    "dask": "batch",
    "distributed": "batch",
    "lark": "syntax",
    "llvmlite": "runtime",
    "matplotlib": "render",
    "opt_einsum": "ops",
    "prompt_toolkit": "cli",
    "pyarrow": "io",
    "rich": "render",
}
NEVER = {"autograd", "casadi", "cPickle", "dill", "jax", "pickle", "shelve", "torch"}
VAGUE = {"common", "helper", "helpers", "manager", "misc", "util", "utils"}
MAX_LINES = 350


def package_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imports(path: Path, tree: ast.AST) -> Iterator[str]:
    """Absolute dotted names of everything a module imports, at any depth of nesting."""
    here = ["diffcli", *path.relative_to(PACKAGE).parent.parts]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parent = here[: len(here) - node.level + 1] if node.level else []
            module = ".".join([*parent, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def violations(path: Path, tree: ast.AST) -> Iterator[str]:
    """What a module imports although its place does not allow it."""
    home = package_of(path)
    for name in imports(path, tree):
        top, _, rest = name.partition(".")
        target = rest.partition(".")[0]
        if top == "diffcli":
            # A name of the root itself, such as the version, is free to all.
            if target in RANKS and target != home and RANKS[target] >= RANKS[home]:
                yield name
        elif top in NEVER or HOMES.get(top, home) != home:
            yield name


def calls_and_names(tree: ast.AST) -> Iterator[str]:
    """Built-ins and streams that have a place of their own or none at all."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in ("print", "eval", "exec", "compile"):
            yield node.id
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in ("sys.stdout", "sys.stderr"):
            yield ast.unparse(node)
        elif isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            yield f"allow_pickle={ast.unparse(node.value)}"


ALLOWED = {
    "render": {"print", "sys.stdout", "sys.stderr"},
    "cli": {"sys.stdout", "sys.stderr"},
    "__main__": {"sys.stdout", "sys.stderr"},
}


LISTS = {"program.py"}
"""Lists of small classes, which may be longer than other files."""


def source_files() -> list[object]:
    return [pytest.param(path, id=str(path.relative_to(PACKAGE))) for path in FILES]


@pytest.mark.parametrize("path", source_files())
def test_imports_point_down(path):
    assert package_of(path) in RANKS, "a new package needs a rank"
    found = list(violations(path, ast.parse(path.read_text(encoding="utf-8"))))
    assert found == TYPES.get(path.relative_to(PACKAGE).as_posix(), [])


@pytest.mark.parametrize("path", source_files())
def test_nothing_prints_or_evaluates_text(path):
    found = set(calls_and_names(ast.parse(path.read_text(encoding="utf-8"))))

    assert found - ALLOWED.get(package_of(path), set()) - {"allow_pickle=False"} == set()


@pytest.mark.parametrize("path", source_files())
def test_names_and_sizes(path):
    assert not VAGUE & set(path.relative_to(PACKAGE).with_suffix("").parts)
    if package_of(path) != "ops" and path.name not in LISTS:  # the operator tables may be longer
        assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


@pytest.mark.parametrize(
    ("where", "text", "found"),
    [
        ("graph/x.py", "from diffcli.ops import table", ["diffcli.ops.table"]),
        ("graph/x.py", "from ..ops import table", ["diffcli.ops.table"]),
        ("graph/x.py", "from .. import syntax", ["diffcli.syntax"]),
        ("graph/x.py", "import diffcli.cli.main", ["diffcli.cli.main"]),
        ("graph/x.py", "def f():\n    import pyarrow.csv", ["pyarrow.csv"]),
        ("render/x.py", "import rich.table, click", ["click"]),
        ("io/x.py", "import pickle", ["pickle"]),
        ("errors.py", "from diffcli import graph", ["diffcli.graph"]),
        ("lower/x.py", "from diffcli import __version__\nfrom . import names", []),
        ("cli/commands/x.py", "import click\nfrom diffcli.render import report", []),
    ],
)
def test_violations_are_seen(where, text, found):
    assert list(violations(PACKAGE / where, ast.parse(text))) == found


def test_forbidden_names_are_seen():
    text = "import numpy as np, sys\nnp.load(f, allow_pickle=True)\nsys.stdout.write(eval(s))"

    assert set(calls_and_names(ast.parse(text))) == {"allow_pickle=True", "sys.stdout", "eval"}


def test_the_top_level_is_five_entries():
    kept = {"README.md", "diffcli", "grammar", "pyproject.toml", "tests"}
    ignored = re.findall(
        r"^(\w.*?)/?$", (PACKAGE.parent / ".gitignore").read_text(encoding="utf-8"), re.MULTILINE
    )
    found = {path.name for path in PACKAGE.parent.iterdir() if not path.name.startswith(".")}

    assert found - set(ignored) == kept
