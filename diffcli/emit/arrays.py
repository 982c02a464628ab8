"""The graph as Python code for NumPy, JAX and PyTorch: one table of functions for each.

An entry is what a function is called (`np.exp`), or a text with its operands as `{0}`, `{1}`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from diffcli.emit.pieces import ATOM, Piece, written
from diffcli.emit.sizes import Sizes
from diffcli.emit.text import Writer
from diffcli.errors import DiffcliError
from diffcli.graph.node import Node
from diffcli.ops.op import CONSTANT, INPUT

NAMES = """
exp exp2 expm1 log log2 log10 log1p sqrt sin cos tan sinh cosh tanh arcsin arccos arctan arcsinh
arccosh arctanh arctan2 abs sign floor ceil square maximum minimum where isnan isfinite isinf real
imag conj outer diag trace diagonal einsum tril triu hypot logaddexp floor_divide mod copysign
reciprocal cumsum cumprod sinc deg2rad rad2deg cbrt round trunc
"""
"""Functions that NumPy and JAX call as the language does."""

LINALG = ("inv", "det", "solve", "pinv", "cholesky", "eigvalsh", "matrix_rank")

SCIPY = """
erf erfc erfinv erfcinv erfcx gammaln digamma polygamma i0 i0e i1 i1e xlogy xlog1py entr ndtr ndtri
log_ndtr expi betainc gammainc gammaincc logit gamma beta betaln zeta
"""


class Dialect(NamedTuple):
    """How a library writes what graphs are made of.

    `functions` are its names, `imports` and `definitions` what the code needs where a text has the
    key in it; `axis` and `keepdims` are the names of these arguments.
    """

    module: str
    functions: dict[str, str]
    imports: dict[str, str]
    definitions: dict[str, str]
    axis: str = "axis"
    keepdims: str = "keepdims"
    dtype: str = ""


def _common(module: str, special: str) -> dict[str, str]:
    found = {name: f"{module}.{name}" for name in NAMES.split()}
    found |= {name: f"{module}.linalg.{name}" for name in LINALG}
    found |= {name: f"{special}.{name}" for name in SCIPY.split()}
    found |= {name: f"{module}.{name}" for name in ("sum", "prod", "max", "min", "any", "all")}
    found |= {
        "euclid": f"{module}.linalg.norm",
        "logical_and": f"{module}.logical_and",
        "logical_or": f"{module}.logical_or",
        "logical_not": f"{module}.logical_not",
        "logabsdet": f"{module}.linalg.slogdet({{0}})[1]",
        "det_sign": f"{module}.linalg.slogdet({{0}})[0]",
        "clip": f"{module}.clip",
        "relu": f"{module}.maximum({{0}}, 0)",
        "softplus": f"{module}.logaddexp({{0}}, 0)",
        "sech": f"(1/{module}.cosh({{0}}))",
        "csch": f"(1/{module}.sinh({{0}}))",
        "unit_gap": "((1 - {0})*(1 + {0}))",
        "kinked": "{0}",
        "divide_no_nan": "divide_no_nan",
        "cofactor": f"({module}.linalg.det({{0}})*{module}.linalg.inv({{0}}).T)",
    }
    return found


NUMPY = Dialect(
    "np",
    {
        **_common("np", "special"),
        "sigmoid": "special.expit",
        "softmax": "special.softmax",
        "logsumexp": "special.logsumexp",
        "expm": "linalg.expm",
        "logm": "linalg.logm",
        "sqrtm": "linalg.sqrtm",
    },
    {
        "special.": "from scipy import special",
        "linalg.expm": "from scipy import linalg",
        "linalg.logm": "from scipy import linalg",
        "linalg.sqrtm": "from scipy import linalg",
    },
    {
        "divide_no_nan(": "def divide_no_nan(a, b):\n"
        "    return np.where(b == 0, 0, a/np.where(b == 0, 1, b))",
        "unwindow(": "def unwindow(g, shape, window):\n"
        "    out = np.zeros(shape)\n    out[window] = g\n    return out",
    },
)

JAX = Dialect(
    "jnp",
    {
        **_common("jnp", "jax.scipy.special"),
        "sigmoid": "jax.nn.sigmoid",
        "softmax": "jax.nn.softmax",
        "logsumexp": "jax.nn.logsumexp",
        "expm": "jax.scipy.linalg.expm",
    },
    {"jax.": "import jax"},
    {
        "divide_no_nan(": "def divide_no_nan(a, b):\n"
        "    return jnp.where(b == 0, 0, a/jnp.where(b == 0, 1, b))",
        "unwindow(": "def unwindow(g, shape, window):\n"
        "    return jnp.zeros(shape).at[window].set(g)",
    },
)

TORCH = Dialect(
    "torch",
    {
        **_common("torch", "torch.special"),
        "sigmoid": "torch.sigmoid",
        "softmax": "torch.softmax",
        "logsumexp": "torch.logsumexp",
        "softplus": "torch.nn.functional.softplus",
        "relu": "torch.relu",
        "max": "torch.amax",
        "min": "torch.amin",
        "euclid": "torch.linalg.vector_norm",
        "expm": "torch.linalg.matrix_exp",
        "mod": "torch.remainder",
        "cbrt": "torch.sign({0})*torch.abs({0})**(1/3)",
        **{name: f"torch.special.{name}" for name in ("gammaln", "digamma", "polygamma", "logit")},
    },
    {},
    {
        "divide_no_nan(": "def divide_no_nan(a, b):\n"
        "    return torch.where(b == 0, 0, a/torch.where(b == 0, 1, b))",
        "unwindow(": "def unwindow(g, shape, window):\n"
        "    out = torch.zeros(shape, dtype=g.dtype)\n    out[window] = g\n    return out",
    },
    "dim",
    "keepdim",
    ", dtype=torch.float64",
)

DIALECTS = {"numpy": NUMPY, "jax": JAX, "torch": TORCH}
REDUCTIONS = ("sum", "prod", "max", "min", "logsumexp", "any", "all", "euclid")


class ArrayWriter(Writer):
    """Writes nodes as calls of a library."""

    def __init__(self, language: str, sizes: Sizes) -> None:
        super().__init__(None, sizes)
        self.language = language
        self.dialect = DIALECTS[language]

    def text(self, node: Node, names: Mapping[int, str]) -> str | None:
        """The text of a node."""
        return written(node, self.piece, 100_000, names)

    def piece(self, name: str, node: Node, inputs: list[Piece]) -> Piece | None:
        """The piece of a node, called `name`, from those of its operands."""
        form = getattr(self, f"_{name}", None)
        if form is not None:
            return form(node, [p[0] for p in inputs])  # type: ignore[no-any-return]
        if node.op in (INPUT, CONSTANT) or name in PLAIN:
            return super().piece(name, node, inputs)
        if name in REDUCTIONS:
            return self._reduced(name, node, inputs[0][0]), ATOM
        function = self.dialect.functions.get(name)
        if function is None or (name == node.op.name and not set(node.params) <= STATED):
            raise DiffcliError(
                "unknown-function", f"'{name}' cannot be written for {self.language}"
            )
        if name in MATHS and all(x.weak for x in node.inputs):
            function = f"math.{name}"  # PyTorch takes no Python numbers
        operands = [p[0] for p in inputs]
        if "{" in function:
            return function.format(*operands), ATOM
        operands = [*(str(v) for k, v in node.params.items() if k == "n"), *operands]
        return f"{function}({', '.join(operands)})", ATOM

    def constant(self, node: Node) -> Piece | None:
        """A number, or an array."""
        value, module = node.params["value"], self.dialect.module
        name = node.params.get("name", "")
        if name.startswith("eye("):
            return f"{module}.eye({self.param(node.shape[0])}{self.dialect.dtype})", ATOM
        if name in self.sizes.values:
            return name, ATOM
        if name and node.shape == ():
            return (
                f"math.{name}" if name in ("pi", "e", "tau", "inf", "nan") else repr(value)
            ), ATOM
        if node.shape == ():
            return self.number(value if node.weak else value.item())
        made = "tensor" if module == "torch" else "array"
        return f"{module}.{made}({value.tolist()!r})", ATOM

    def number(self, value: Any) -> Piece:
        """A Python number; those that are not finite by their names in math."""
        if isinstance(value, float) and not np.isfinite(value):
            sign = "-" if value < 0 else ""
            return f"{sign}math.{'nan' if np.isnan(value) else 'inf'}", ATOM
        return super().number(value)

    # ----- forms ----------------------------------------------------------------------------------

    def _reduced(self, name: str, node: Node, operand: str) -> str:
        d, axis, x = self.dialect, node.params["axis"], node.inputs[0]
        arguments = [operand]
        every = axis == tuple(range(x.ndim))
        if not every or (d.module == "torch" and name in ("max", "min", "logsumexp", "prod")):
            shown = axis[0] if len(axis) == 1 else axis
            arguments.append(f"{d.axis}={shown}")
        elif name == "euclid" and x.ndim > 1 and d.module != "torch":
            arguments = [f"{d.module}.ravel({operand})"]
        if node.params["keepdims"]:
            arguments.append(f"{d.keepdims}=True")
        return f"{d.functions[name]}({', '.join(arguments)})"

    def _softmax(self, node: Node, inputs: list[str]) -> Piece:
        axis = node.params["axis"]
        shown = axis[0] if len(axis) == 1 else axis
        return (
            f"{self.dialect.functions['softmax']}({inputs[0]}, {self.dialect.axis}={shown})",
            ATOM,
        )

    def _cumsum(self, node: Node, inputs: list[str]) -> Piece:
        axis = f"{self.dialect.axis}={node.params['axis']}"
        return f"{self.dialect.module}.{node.op.name}({inputs[0]}, {axis})", ATOM

    _cumprod = _cumsum

    def _tril(self, node: Node, inputs: list[str]) -> Piece:
        return f"{self.dialect.module}.{node.op.name}({inputs[0]}, {node.params['k']})", ATOM

    _triu = _tril

    def _reshape(self, node: Node, inputs: list[str]) -> Piece:
        return f"{self.dialect.module}.reshape({inputs[0]}, {self.param(node.shape)})", ATOM

    def _broadcast_to(self, node: Node, inputs: list[str]) -> Piece:
        d, shape, x = self.dialect, self.param(node.shape), node.inputs[0]
        if x.op is CONSTANT and x.shape == ():
            if inputs[0] in ("1", "1.0", "0", "0.0"):
                made = "ones" if inputs[0].startswith("1") else "zeros"
                return f"{d.module}.{made}({shape}{d.dtype})", ATOM
            filled = f"{inputs[0]}.0" if inputs[0].isdigit() else inputs[0]
            return f"{d.module}.full({shape}, {filled}{d.dtype})", ATOM
        return f"{d.module}.broadcast_to({inputs[0]}, {shape})", ATOM

    def _astype(self, node: Node, inputs: list[str]) -> Piece:
        if self.dialect.module == "torch":
            return f"({inputs[0]}).to(torch.{node.dtype})", ATOM
        return f"({inputs[0]}).astype({self.dialect.module}.{node.dtype})", ATOM

    def _transpose(self, node: Node, inputs: list[str]) -> Piece:
        axes, (x,) = node.params["axes"], inputs
        if axes == (1, 0):
            return f"{x}.T" if x.isidentifier() else f"({x}).T", ATOM
        permute = "permute" if self.dialect.module == "torch" else "transpose"
        return f"{self.dialect.module}.{permute}({x}, {axes})", ATOM

    def _maximum(self, node: Node, inputs: list[str]) -> Piece:
        return self._call(node, inputs)

    _minimum = _maximum
    _logaddexp = _maximum
    _arctan2 = _maximum
    _hypot = _maximum
    _clip = _maximum
    _xlogy = _maximum

    def _call(self, node: Node, inputs: list[str]) -> Piece:
        """A function of several arrays, none of which PyTorch takes as a number."""
        operands = self._tensors(node.inputs, inputs)
        return f"{self.dialect.functions[node.op.name]}({', '.join(operands)})", ATOM

    def _where(self, node: Node, inputs: list[str]) -> Piece:
        """A choice; PyTorch takes numbers for it but makes integers of 1 and 0."""
        branches = node.inputs[1:]
        chosen = inputs[1:]
        if all(x.shape == () for x in branches):
            chosen = self._tensors(branches, chosen)
        return f"{self.dialect.module}.where({', '.join([inputs[0], *chosen])})", ATOM

    def _tensors(self, nodes: Sequence[Node], texts: Sequence[str]) -> list[str]:
        """Texts of nodes with the numbers as tensors, for what PyTorch does with tensors alone."""
        if self.dialect.module != "torch":
            return list(texts)
        return [
            f"torch.tensor({text}{self.dialect.dtype})"
            if x.op is CONSTANT and not x.shape
            else text
            for x, text in zip(nodes, texts, strict=True)
        ]

    def _concatenate(self, node: Node, inputs: list[str]) -> Piece:
        d = self.dialect
        name = "cat" if d.module == "torch" else "concatenate"
        axis = f", {d.axis}={node.params['axis']}"
        return f"{d.module}.{name}([{', '.join(inputs)}]{axis})", ATOM

    def _unwindow(self, node: Node, inputs: list[str]) -> Piece:
        shape, window = self.param(node.shape), self.param(node.params["window"])
        return f"unwindow({self._tensors(node.inputs, inputs)[0]}, {shape}, {window})", ATOM

    def _einsum(self, node: Node, inputs: list[str]) -> Piece:
        spec = node.params["spec"]
        return f"{self.dialect.module}.einsum({spec!r}, {', '.join(inputs)})", ATOM

    def _diagonal(self, node: Node, inputs: list[str]) -> Piece:
        name = "dim" if self.dialect.module == "torch" else "axis"
        extra = f"{node.params['offset']}, {name}1=-2, {name}2=-1"
        return f"{self.dialect.module}.diagonal({inputs[0]}, {extra})", ATOM


MATHS = {*"exp expm1 log log2 log10 log1p sqrt sin cos tan sinh cosh tanh floor ceil".split()}

STATED = {"n"}
"""Parameters that are written as operands."""

PLAIN = {
    *"add subtract multiply divide floor_divide mod matmul less less_equal greater".split(),
    *"greater_equal equal not_equal negative power window project".split(),
}
"""What Python itself writes."""
