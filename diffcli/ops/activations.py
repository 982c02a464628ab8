"""Rows of the activation functions of neural networks, with PyTorch's choices at their kinks."""

from __future__ import annotations

import math
from typing import Any

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node
from diffcli.graph.shapes import axis_index
from diffcli.ops.kinds import Elementwise, composite, row, unary
from diffcli.ops.table import F

# ----- sigmoids -----------------------------------------------------------------------------------


def _sigmoid(xp: Any, x: Any) -> Any:
    if xp.iscomplexobj(x):
        right = xp.real(x) >= 0
        e = xp.exp(xp.where(right, -x, x))
        return xp.where(right, 1, e) / (1 + e)
    # exp of a negative number only: no overflow, and both tails keep their relative precision
    e = xp.exp(-xp.abs(x))
    return xp.where(x >= 0, 1, e) / (1 + e)


unary(
    "sigmoid",
    lambda y, x: y * F.sigmoid(-x),
    "1/(1 + exp(-x)) without overflow.",
    evaluate=_sigmoid,
    category="activation",
    aliases=("expit",),
)


@row(
    Elementwise,
    evaluate=lambda xp, x, beta=1: xp.logaddexp(0, beta * x) / beta,
    d=(lambda y, x, beta=1: F.sigmoid(beta * x if beta != 1 else x),),
    category="activation",
    examples=("softplus(x)", "softplus(x, beta=2)"),
)
def softplus(x: Node, beta: float = 1, threshold: float = 20) -> Any:
    """log(1 + exp(beta*x))/beta without overflow, so that no threshold is needed."""
    if not isinstance(beta, int | float) or beta == 0:
        raise DiffcliError("bad-argument", "beta must be a number other than 0")
    return (x,), {} if beta == 1 else {"beta": beta}


@composite(category="activation", aliases=("logsigmoid",), examples=("log_sigmoid(x)",))
def log_sigmoid(x: Node) -> Node:
    """log(sigmoid(x)) without overflow."""
    return -F.softplus(-x)


@composite(category="activation", aliases=("swish",), examples=("silu(x)",))
def silu(x: Node) -> Node:
    """x*sigmoid(x)."""
    return x * F.sigmoid(x)


@composite(
    category="activation",
    examples=("gelu(x)", "gelu(x, approximate='tanh')"),
)
def gelu(x: Node, approximate: str = "none") -> Node:
    """x times the normal distribution function of x, or its approximation by tanh."""
    if approximate == "none":
        return x * F.ndtr(x)
    if approximate == "tanh":
        # (1 + tanh(t))/2 is sigmoid(2*t), which keeps the left tail
        return x * F.sigmoid(math.sqrt(8 / math.pi) * (x + 0.044715 * F.power(x, 3)))
    raise DiffcliError(
        "bad-argument",
        f"gelu has no approximation {approximate!r}",
        hint="write 'none' or 'tanh'",
    )


@composite(category="activation", examples=("mish(x)",))
def mish(x: Node) -> Node:
    """x*tanh(softplus(x))."""
    return x * F.tanh(F.softplus(x))


@composite(category="activation", examples=("glu(concatenate([x, y]), axis=0)",))
def glu(x: Node, axis: int = -1) -> Node:
    """a*sigmoid(b), a and b being the two halves of x along an axis."""
    axis = axis_index(axis, x.ndim)
    if x.shape[axis] % 2:
        raise DiffcliError("shape", f"glu needs an even length, not {x.shape[axis]}")
    lead, half = (slice(None),) * axis, x.shape[axis] // 2
    a, b = x[(*lead, slice(half))], x[(*lead, slice(half, None))]
    return a * F.sigmoid(b)


def _softsign_pullback(g: Any, y: Node, x: Node) -> tuple[Node]:
    q = 1 / (1 + F.abs(x))
    if x.dtype.kind != "c":
        return (g * F.square(q),)
    radial = F.sign(x) * F.real(F.conj(F.sign(x)) * g)
    return (q * (g - F.abs(y) * radial),)


Elementwise(
    "softsign",
    lambda x: ((x,), {}),
    lambda xp, x: x / (1 + xp.abs(x)),
    pullback=_softsign_pullback,
    doc="x/(1 + abs(x)).",
    category="activation",
    holomorphic=False,
)


def _tanhshrink(xp: Any, x: Any) -> Any:
    # tanh(x) = x/(1 + q) with Lambert's continued fraction q, where x and tanh(x) would cancel
    square, q = xp.square(x), 0.0
    for k in range(19, 1, -2):
        q = square / (k + q)
    return xp.where(xp.abs(x) < 1, x * (q / (1 + q)), x - xp.tanh(x))


unary(
    "tanhshrink",
    lambda y, x: F.square(F.tanh(x)),
    "x - tanh(x).",
    evaluate=_tanhshrink,
    category="activation",
)

# ----- rectifiers ---------------------------------------------------------------------------------


Elementwise(
    "relu",
    lambda x: ((x,), {}),
    lambda xp, x, **out: xp.maximum(x, 0, **out),
    selects=(lambda y, x: F.greater(x, 0),),
    doc="max(x, 0); the derivative at 0 is 0.",
    category="activation",
    domain="nonzero",
    plain=1,
    kink="0 at 0",
    kink_at=lambda g, y, x: F.equal(x, 0),
)


@composite(
    category="activation",
    kink="negative_slope at 0",
    kink_at=lambda y, x, negative_slope=0.01: F.equal(x, 0),
    examples=("leaky_relu(x)", "leaky_relu(x, s)"),
)
def leaky_relu(x: Node, negative_slope: Any = 0.01) -> Node:
    """x above 0, negative_slope*x below."""
    return F.where(F.greater(x, 0), x, negative_slope * x)


def _below(x: Node) -> Node:
    """min(x, 0), so that exponentials of the side not taken do not overflow."""
    return F.where(F.greater(x, 0), 0, x)


@composite(
    category="activation",
    kink="alpha at 0",
    kink_at=lambda y, x, alpha=1.0: None if alpha == 1 else F.equal(x, 0),
    examples=("elu(x)", "elu(x, 0.5)"),
)
def elu(x: Node, alpha: Any = 1.0) -> Node:
    """x above 0, alpha*(exp(x) - 1) below."""
    return F.where(F.greater(x, 0), x, alpha * F.expm1(_below(x)))


@composite(category="activation", kink="1.7581 at 0", examples=("selu(x)",))
def selu(x: Node) -> Node:
    """Scaled elu that keeps zero mean and unit variance (Klambauer et al. 2017)."""
    return 1.0507009873554804934193349852946 * F.elu(x, 1.6732632423543772848170429916717)


@composite(category="activation", examples=("celu(x, 0.5)",))
def celu(x: Node, alpha: Any = 1.0) -> Node:
    """x above 0, alpha*(exp(x/alpha) - 1) below, which is smooth."""
    return F.where(F.greater(x, 0), x, alpha * F.expm1(_below(x) / alpha))


# ----- pieces -------------------------------------------------------------------------------------


def _either(x: Node, low: Any, high: Any) -> Node:
    return F.logical_or(F.equal(x, low), F.equal(x, high))


@composite(
    category="activation",
    aliases=("hard_tanh",),
    kink="0 at the bounds",
    kink_at=lambda y, x, min_val=-1.0, max_val=1.0: _either(x, min_val, max_val),
    examples=("hardtanh(x)", "hardtanh(x, -0.5, 0.25)"),
)
def hardtanh(x: Node, min_val: Any = -1.0, max_val: Any = 1.0) -> Node:
    """x limited to the range from min_val to max_val."""
    above = F.where(F.greater_equal(x, max_val), max_val, x)
    return F.where(F.less_equal(x, min_val), min_val, above)


@composite(category="activation", kink="0 at 0 and 6", examples=("relu6(x * 4)",))
def relu6(x: Node) -> Node:
    """min(max(x, 0), 6)."""
    return F.hardtanh(x, 0.0, 6.0)


@composite(
    category="activation",
    aliases=("hardsigmoid",),
    kink="0 at -3 and 3",
    examples=("hard_sigmoid(x * 3)",),
)
def hard_sigmoid(x: Node) -> Node:
    """relu6(x + 3)/6."""
    return F.relu6(x + 3) / 6


@composite(
    category="activation",
    aliases=("hard_swish", "hard_silu"),
    kink="0 at -3 and 1 at 3",
    kink_at=lambda y, x: _either(x, -3, 3),
    examples=("hardswish(x * 3)",),
)
def hardswish(x: Node) -> Node:
    """x*relu6(x + 3)/6."""
    inner = F.where(F.less(x, 3), x * (x + 3) / 6, x)
    return F.where(F.less_equal(x, -3), 0.0, inner)


@composite(
    category="activation",
    kink="0 at -lambd and lambd",
    kink_at=lambda y, x, lambd=0.5: F.equal(F.abs(x), lambd),
    examples=("softshrink(x, 0.1)",),
)
def softshrink(x: Node, lambd: Any = 0.5) -> Node:
    """x moved towards 0 by lambd, 0 within that distance."""
    outside = F.where(F.greater(x, lambd), x - lambd, x + lambd)
    return F.where(F.less_equal(F.abs(x), lambd), 0.0, outside)


@composite(
    category="activation",
    kink="0 at -lambd and lambd",
    kink_at=lambda y, x, lambd=0.5: F.equal(F.abs(x), lambd),
    examples=("hardshrink(x, 0.1)",),
)
def hardshrink(x: Node, lambd: Any = 0.5) -> Node:
    """x, but 0 from -lambd to lambd."""
    return F.where(F.less_equal(F.abs(x), lambd), 0.0, x)


@composite(
    category="activation",
    kink="0 at the threshold",
    kink_at=lambda y, x, threshold, value: F.equal(x, threshold),
    examples=("threshold(x, 0.1, 2.0)",),
)
def threshold(x: Node, threshold: Any, value: Any) -> Node:
    """x above the threshold, the value up to it."""
    return F.where(F.less_equal(x, threshold), value, x)
