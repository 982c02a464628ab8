"""Random expressions mean what NumPy says, and all ways to differentiate them agree.

Expressions are drawn from a grammar that knows the shape of every part. They are kept where values
and derivatives are finite: functions with poles or overflow are wrapped in bounded ones.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
import scipy.special
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from diffcli import api
from diffcli.emit.text import text
from diffcli.errors import Source
from diffcli.graph.node import Node
from diffcli.ops.namespace import NUMPY
from diffcli.ops.op import INPUT
from diffcli.ops.table import F
from diffcli.runtime.plan import Plan
from diffcli.transforms import derive
from diffcli.transforms.reverse import one, pull
from diffcli.transforms.simplify import Simplifier, simplify
from diffcli.transforms.vmap import vmap
from tests.test_text import run_without_rewrites

Shape = tuple[int, ...]
Draw = Callable[[st.SearchStrategy[Any]], Any]

_rng = np.random.Generator(np.random.PCG64(11))
VALUES: dict[str, np.ndarray] = {
    name: _rng.normal(size=shape)
    for name, shape in [
        *(("s", ()), ("t", ())),
        *(("v", (3,)), ("w", (3,))),
        *(("x", (2, 3)), ("y", (2, 3))),
        *(("A", (3, 3)), ("B", (3, 3))),
    ]
}
DIRECTIONS = {name: _rng.normal(size=value.shape) for name, value in VALUES.items()}

LARGEST = 24
"""Elements of the largest array in an expression."""

# ----- the grammar --------------------------------------------------------------------------------

UNARY = """
sin($) cos($) tanh($) arctan($) arcsinh($) abs($) square($) negative($) sigmoid($) relu($)
softplus($) erf($) sinc($) exp(sin($)) exp2(cos($)) expm1(tanh($)) log(1.5+cos($))
log1p(square($)) sqrt(1+square($)) arcsin(0.9*sin($)) arccos(0.9*cos($)) tan(arctan($)/2)
arctanh(tanh($)/2) cosh(sin($)) sinh(sin($)) reciprocal(2+sin($)) cbrt(2+sin($)) exp(-square($))
gammaln(2+sin($)) digamma(2+sin($)) logit(sigmoid($)) xlogy(2,1+square($)) 1/(2+square($))
(-($))**2 ($)**3 (2+sin($))**-1.5 (2+cos($))**0.5 2**tanh($) -($) +($) $/3 2*(3*$) $-1/3 ($)%2
clip($,-0.5,0.8) maximum($,0) minimum(0.3,$) sign($)*($) floor($)+($) ($>0)*($)
where(isnan($),0,$) -($)**2 (-$)*2 2-($-1)
"""

BINARY = """
$+# $-# $*# ($)*(#) ($)-(#) ($)/(2+sin(#)) (2+sin($))**sin(#) power(2+cos($),#)
maximum($,0.1+#*0.9) minimum(#*0.9-0.1,$) where($>0.1+0.3*#,$,#) where($<=0.1,sin($),#)
where(($>0)&(#<0.2),#,$) where(($!=0.1)|logical_not(#>=0.2),$,cos(#)) ($>0.1-0.7*#)*($)
hypot($,1+square(#)) arctan2($,2+sin(#)) logaddexp($,#) copysign($,2+sin(#)) fmod($,3+sin(#))
heaviside($,0.5)*# xlogy(sin($),1+square(#))
"""
# constants in the comparisons keep apart what rounding alone would tell apart

REDUCTIONS = ["sum", "mean", "max", "min", "prod", "var", "logsumexp", "norm", "ptp"]

ALONG = """
cumsum($,axis=#) cumprod($,axis=#) softmax($,axis=#) log_softmax($,axis=#) sort($,axis=#)
flip($,#) roll($,1,axis=#) roll($,-2,#) $-mean($,#,keepdims=True)
diff(concatenate([$,$[...,:1]],-1)) take_along_axis($,argsort($,axis=#),axis=#)
"""


def leaf(draw: Draw, shape: Shape) -> str:
    """A variable of the shape, or something made of one; numbers stand for scalars too."""
    n = prod(shape)
    fitting = [name for name, value in VALUES.items() if value.shape == shape]
    if shape == ():
        fitting += ["0.5", "2.0", "-0.75", "pi", "1/3"]
    elif n <= 9 and not fitting:
        fitting += [f"{name}.ravel()[{9 - n}:].reshape{shape}" for name in "AB"]
        fitting += [f"ravel(B)[:{n}].reshape{shape}"]
    elif n <= 6:
        fitting += [f"ravel(x)[:{n}].reshape{shape}"]
    if not fitting or draw(st.integers(0, 9)) == 9:
        fitting = [f"full({shape}, s)", f"t*ones({shape})", f"s+sin(arange({n}.)).reshape({shape})"]
    return draw(st.sampled_from(fitting))


def narrowed(draw: Draw, shape: Shape) -> Shape:
    """A shape that broadcasts to `shape`."""
    kept = [1 if draw(st.integers(0, 3)) == 0 else n for n in shape]
    return tuple(kept[draw(st.integers(0, len(shape))) if draw(st.booleans()) else 0 :])


def replaced(shape: Shape, axis: int, *sizes: int) -> Shape:
    """`shape` with one axis replaced by others."""
    return (*shape[:axis], *sizes, *shape[axis + 1 :])


def unary(draw: Draw, shape: Shape, depth: int) -> str:
    form = draw(st.sampled_from(UNARY.split()))
    return form.replace("$", expression(draw, shape, depth))


def binary(draw: Draw, shape: Shape, depth: int) -> str:
    form = draw(st.sampled_from(BINARY.split()))
    a, b = expression(draw, shape, depth), expression(draw, narrowed(draw, shape), depth)
    if draw(st.booleans()):
        a, b = b, a
    return form.replace("#", b).replace("$", a)


def conditional(draw: Draw, shape: Shape, depth: int) -> str:
    a, b = expression(draw, shape, depth), expression(draw, shape, depth)
    return f"({a} if -2 < {leaf(draw, ())} < 0.5 else {b})"


def reduction(draw: Draw, shape: Shape, depth: int) -> str:
    axis, n = draw(st.integers(0, len(shape))), draw(st.integers(1, 3))
    name = draw(st.sampled_from(REDUCTIONS))
    whole = shape == () and draw(st.booleans())
    wide = (
        draw(st.sampled_from([(2, 3), (2, 2, 2)])) if whole else (*shape[:axis], n, *shape[axis:])
    )
    x = expression(draw, wide, depth)
    if whole:
        return f"{name}({x})"
    if name in ("sum", "mean", "max") and draw(st.booleans()):
        return f"({x}).{name}(axis={axis - len(wide)})"
    kept = f"{name}({x}, axis={axis}, keepdims=True)"
    return f"squeeze({kept}, {axis})" if draw(st.booleans()) else f"{name}({x}, axis={axis})"


def reduction_of_two(draw: Draw, shape: Shape, depth: int) -> str:
    x = expression(draw, (2, *shape, 3), depth)
    return f"{draw(st.sampled_from(REDUCTIONS[:-2]))}({x}, axis=(0, -1))"


def along(draw: Draw, shape: Shape, depth: int) -> str:
    if not shape:
        return unary(draw, shape, depth)
    form = draw(st.sampled_from(ALONG.split()))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    return form.replace("$", f"({expression(draw, shape, depth)})").replace("#", str(axis))


def reshaped(draw: Draw, shape: Shape, depth: int) -> str:
    n = prod(shape)
    before = draw(st.sampled_from([(n,), (n, 1), (1, n), *((2, n // 2),) * (n % 2 == 0)]))
    x = expression(draw, before, depth)
    if len(shape) == 1 and draw(st.booleans()):
        return f"ravel({x})"
    if shape and draw(st.booleans()):
        return f"({x}).reshape({', '.join(map(str, (-1, *shape[1:])))})"
    return f"reshape({x}, {shape})"


def transposed(draw: Draw, shape: Shape, depth: int) -> str:
    if not shape:
        return unary(draw, shape, depth)
    if draw(st.booleans()):
        return f"({expression(draw, shape[::-1], depth)}).T"
    if len(shape) > 1 and draw(st.booleans()):
        name = draw(st.sampled_from(["swapaxes", "moveaxis"]))
        return f"{name}({expression(draw, (shape[1], shape[0], *shape[2:]), depth)}, 1, 0)"
    axes = draw(st.permutations(range(len(shape))))
    before = tuple(shape[axes.index(i)] for i in range(len(shape)))
    return f"transpose({expression(draw, before, depth)}, {tuple(axes)})"


ITEMS: list[tuple[Callable[[int], str], Callable[[int], int]]] = [
    (lambda n: f":{n}", lambda n: n + 1),
    (lambda n: "1:", lambda n: n + 1),
    (lambda n: f"-{n}:", lambda n: n + 2),
    (lambda n: "::-1", lambda n: n),
    (lambda n: "::2", lambda n: 2 * n),
    (lambda n: str([(2 * i + 1) % 3 for i in range(n)]), lambda n: 3),
    (lambda n: f"array({[-1 - i % 2 for i in range(n)]})", lambda n: 2),
    (lambda n: str([True] * n + [False]), lambda n: n + 1),
]
"""What selects n elements of an axis, and the length that the axis has to have."""


def indexed(draw: Draw, shape: Shape, depth: int) -> str:
    """An element, a slice, a list or a mask of one axis, or a new axis."""
    axis = draw(st.integers(0, len(shape)))
    lead = ":, " * axis
    if axis == len(shape) or draw(st.integers(0, 3)) == 0:
        x = expression(draw, (*shape[:axis], 3, *shape[axis:]), depth)
        item = draw(st.sampled_from(["0", "-1", "int(1)", "argmax(v)"]))
        dots = axis == len(shape) and draw(st.booleans())
        return f"({x})[{'..., ' if dots else lead}{item}]"
    n = shape[axis]
    if n == 1 and draw(st.booleans()):
        x = expression(draw, replaced(shape, axis), depth)
        return f"({x})[{lead}None]" if len(shape) > 1 else f"expand_dims({x}, 0)"
    item, length = draw(st.sampled_from(ITEMS))
    return f"({expression(draw, replaced(shape, axis, length(n)), depth)})[{lead}{item(n)}]"


def joined(draw: Draw, shape: Shape, depth: int) -> str:
    axis = draw(st.integers(0, max(len(shape) - 1, 0)))
    if not shape or shape[axis] == 1:
        return unary(draw, shape, depth)
    n = shape[axis]
    if n <= 3 and draw(st.booleans()):
        parts = [expression(draw, replaced(shape, axis), depth) for _ in range(n)]
        return f"stack([{', '.join(parts)}], axis={axis})"
    sizes = (1, n - 1)
    parts = [expression(draw, replaced(shape, axis, m), depth) for m in sizes]
    return f"concatenate([{', '.join(parts)}], axis={axis - len(shape)})"


def broadcasted(draw: Draw, shape: Shape, depth: int) -> str:
    return f"broadcast_to({expression(draw, narrowed(draw, shape), depth)}, {shape})"


def product(draw: Draw, shape: Shape, depth: int) -> str:
    """Products of matrices and vectors."""
    forms = {
        0: [
            ("(($)@(#))", (3,), (3,)),
            ("vdot($, #)", (2, 2), (2, 2)),
            ("trace(($)@(#))", (2, 3), (3, 2)),
        ],
        1: [("(($)@(#))", (*shape, 2), (2,)), ("(($)@(#))", (3,), (3, *shape))],
        2: [
            ("(($)@(#))", (*shape[:1], 3), (3, *shape[1:])),
            ("outer($, #)", shape[:1], shape[1:]),
            ("einsum('ij,kj->ik', $, #)", (*shape[:1], 2), (*shape[1:], 2)),
            ("tensordot($, #, 1)", (*shape[:1], 2), (2, *shape[1:])),
        ],
        3: [
            ("(($)@(#))", (*shape[:2], 2), (*shape[:1], 2, *shape[2:])),
            ("(($)@(#))", (*shape[1:2], 2), (*shape[:1], 2, *shape[2:])),
            ("einsum('ai,ibc->abc', $, #)", (*shape[:1], 2), (2, *shape[1:])),
        ],
    }
    form, a, b = draw(st.sampled_from(forms[len(shape)]))
    return form.replace("#", expression(draw, b, depth)).replace("$", expression(draw, a, depth))


def matrix(draw: Draw, shape: Shape, depth: int) -> str:
    """Triangles, diagonals and linear algebra, of matrices with a dominant diagonal."""
    if len(shape) == 1:
        a = expression(draw, (*shape, *shape), depth)
        form = draw(st.sampled_from(["diagonal($)", f"solve(3*eye({shape[0]})+tanh($), #)"]))
        return form.replace("$", a).replace("#", expression(draw, shape, depth))
    if len(shape) == 0:
        form = draw(st.sampled_from(["trace($)", "det(2*eye(2)+tanh($))", "norm(1+square($))"]))
        return form.replace("$", expression(draw, (2, 2), depth))
    if len(shape) == 2 and shape[0] == shape[1] and draw(st.booleans()):
        if draw(st.booleans()):
            return f"diag({expression(draw, shape[:1], depth)})"
        return f"inv(3*eye({shape[0]})+tanh({expression(draw, shape, depth)}))"
    if len(shape) == 2:
        form = draw(
            st.sampled_from(["tril($)", "triu($, 1)", "tril($, -1)", "pad($[1:], ((1,0),(0,0)))"])
        )
        return form.replace("$", f"({expression(draw, shape, depth)})")
    return unary(draw, shape, depth)


FORMS = [unary, binary, conditional, reduction, reduction_of_two, along, reshaped, transposed]
FORMS += [indexed, joined, broadcasted, product, matrix, unary, binary, indexed]


def expression(draw: Draw, shape: Shape, depth: int) -> str:
    """The text of an expression of the shape."""
    if depth == 0 or len(shape) > 3 or prod(shape) > LARGEST or (len(shape) == 3 and depth < 2):
        return leaf(draw, shape)
    form = draw(st.sampled_from([None, *FORMS]))
    return leaf(draw, shape) if form is None else form(draw, shape, depth - 1)


@st.composite
def expressions(draw: Draw) -> str:
    """Expressions over VALUES whose results have at most 9 elements."""
    shape = draw(st.sampled_from([(), (3,), (2, 3), (3, 3), (1, 2), (2, 1, 2)]))
    return expression(draw, shape, draw(st.sampled_from([2, 3, 1, 4])))


# ----- what NumPy says ----------------------------------------------------------------------------


def _norm(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return np.sqrt(np.sum(np.square(x), axis=axis, keepdims=keepdims))


SPECIAL = "erf gammaln digamma xlogy logit softmax log_softmax logsumexp"

NAMES: dict[str, Any] = {
    **{name: getattr(np, name) for name in dir(np) if not name.startswith("_")},
    **{name: getattr(np.linalg, name) for name in ("det", "inv", "solve")},
    **{name: getattr(scipy.special, name) for name in SPECIAL.split()},
    "sigmoid": scipy.special.expit,
    "relu": lambda x: np.maximum(x, 0),
    "softplus": lambda x: np.logaddexp(x, 0),
    "norm": _norm,
    "int": int,
}


def reference(expr: str, values: dict[str, np.ndarray]) -> np.ndarray:
    """The value of the same text as Python reads it."""
    return np.asarray(eval(expr, NAMES, values))


# ----- properties ---------------------------------------------------------------------------------


def traced(expr: str) -> api.Trace:
    """The expression over the variables that it uses."""
    used = api.trace(Source(expr), VALUES).used
    return api.trace(Source(expr), {name: VALUES[name] for name in used})


def close(a: Any, b: Any, tolerance: float, scale: float = 1.0) -> None:
    """Equal up to a tolerance relative to the larger of the arrays and `scale`."""
    size = max(scale, float(np.max(np.abs(a), initial=0.0)))
    np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * size)


def weights(t: api.Trace) -> np.ndarray:
    """A cotangent of the result, different for each element."""
    return np.asarray(1.5 + np.cos(0.7 * np.arange(t.output.size))).reshape(t.shape)


def weighted(t: api.Trace) -> Node:
    """A number that depends on every element of the result."""
    return F.sum(t.output * F.array(weights(t)))


def gradient(t: api.Trace) -> list[np.ndarray]:
    """Reverse-mode gradient of the weighted sum, zeros where there is none."""
    loss = weighted(t)
    found = pull([(loss, one(loss))], list(t.inputs.values()))
    arrays = t.run(found)
    return [
        np.zeros(x.shape) if a is None else a
        for a, x in zip(arrays, t.inputs.values(), strict=True)
    ]


@settings(max_examples=600)
@given(expressions())
def test_value_is_numpys(expr):
    t = traced(expr)
    value = api.evaluate(t)
    expected = reference(expr, VALUES)
    assert value.shape == expected.shape
    assert value.dtype == expected.dtype
    assert np.isfinite(expected).all(), "the grammar keeps values finite"
    close(value, expected, 1e-11)


@settings(max_examples=300)
@given(expressions())
def test_reverse_is_forward_is_numeric(expr):
    t = traced(expr)
    reverse = gradient(t)
    loss = weighted(t)
    for x, found in zip(t.inputs.values(), reverse, strict=True):
        (column,) = derive.jacobian_forward([loss], x)
        forward = np.zeros(x.shape) if column is None else t.run([column])[0]
        close(found, forward, 1e-9)
    moved = {}
    for h in (-2e-4, -1e-4, 1e-4, 2e-4):
        values = {n: v + h * DIRECTIONS[n] for n, v in VALUES.items()}
        moved[h] = np.sum(weights(t) * reference(expr, values))
    near, far = ((moved[h] - moved[-h]) / (2 * h) for h in (1e-4, 2e-4))
    pairs = zip(t.inputs, reverse, strict=True)
    slope = sum(float(np.sum(g * DIRECTIONS[name])) for name, g in pairs)
    scale = max(1.0, *(float(np.max(np.abs(g), initial=0.0)) for g in reverse), abs(moved[1e-4]))
    assume(abs(near - far) < 1e-2 * scale)  # no step goes over a jump
    close((4 * near - far) / 3, slope, 1e-6, scale)


@settings(max_examples=300)
@given(expressions())
def test_printed_derivatives_read_back(expr):
    t = traced(expr)
    names = list(t.inputs)
    g = INPUT.make("g", t.shape, t.dtype)
    values = {**t.values, "g": weights(t)}
    cotangents = pull([(t.output, g)], [t.inputs[n] for n in names])
    nodes = simplify([t.output, *(c for c in cotangents if c is not None)])
    expected = t.run(nodes, [(g, values["g"])])
    for node, value in zip(nodes, expected, strict=True):
        printed = text(node)
        if printed is not None:
            again = api.trace(Source(printed), values)
            assert again.shape == value.shape, printed
            close(api.evaluate(again), value, 1e-12)


@settings(max_examples=300)
@given(expressions())
def test_batching_is_a_loop(expr):
    """Over all variables at once, and over the first one alone."""
    t = traced(expr)
    inputs, given = list(t.inputs.values()), list(t.values.values())
    plan = Plan([t.output], inputs)
    factors = (1.0, 0.8, -1.1)
    for count in {1, len(inputs)} if inputs else ():
        many = [np.stack([f * v for f in factors]) for v in given[:count]]
        batched = [INPUT.make("", m.shape, m.dtype) for m in many]
        pairs = list(zip(inputs[:count], batched, strict=True))
        (y,) = vmap([t.output], pairs, len(factors))
        (together,) = Plan([y], [*inputs, *batched]).run(NUMPY, [*given, *many])
        for k in range(len(factors)):
            (alone,) = plan.run(NUMPY, [*(m[k] for m in many), *given[count:]])
            close(together[k], alone, 1e-11)


@settings(max_examples=300)
@given(expressions())
def test_simplified_is_plain(expr):
    t = traced(expr)
    inputs = list(t.inputs.values())
    loss = weighted(t)
    nodes = [t.output, *(c for c in pull([(loss, one(loss))], inputs) if c is not None)]
    values = list(t.values.values())
    plain = run_without_rewrites(Simplifier(rules=()).run(nodes), inputs, values)
    for a, b in zip(plain, Plan(nodes, inputs).run(NUMPY, values), strict=True):
        assert a.shape == b.shape
        close(a, b, 1e-11)


@settings(max_examples=200)
@given(expressions())
def test_jacobian_modes_agree(expr):
    t = traced(expr)
    names = list(t.inputs)
    forward = api.jacobian(t, names, "forward").by_name
    reverse = api.jacobian(t, names, "reverse").by_name
    for name in names:
        assert forward[name].shape == (*t.shape, *t.inputs[name].shape)
        close(forward[name], reverse[name], 1e-9)


@settings(max_examples=150)
@given(expressions())
def test_hessian_modes_agree_and_are_symmetric(expr):
    t = traced(expr)
    t = api.trace(Source(f"sum(sin({expr}))"), t.values)
    names = list(t.inputs)
    forward = api.hessian(t, names, "forward").by_name
    reverse = api.hessian(t, names, "reverse").by_name
    for a in names:
        for b in names:
            shape = (*t.inputs[a].shape, *t.inputs[b].shape)
            f, r, mirrored = (
                np.zeros(s) if block is None else block
                for block, s in [
                    (forward[a][b], shape),
                    (reverse[a][b], shape),
                    (forward[b][a], shape[t.inputs[a].ndim :] + shape[: t.inputs[a].ndim]),
                ]
            )
            close(f, r, 1e-8)
            order = (*range(t.inputs[b].ndim, f.ndim), *range(t.inputs[b].ndim))
            close(f, np.transpose(mirrored, order), 1e-8)
