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
from hypothesis import given, settings
from hypothesis import strategies as st

from diffcli import api
from diffcli.errors import Source
from diffcli.graph.node import Node
from diffcli.ops.namespace import NUMPY
from diffcli.ops.op import INPUT
from diffcli.ops.table import F
from diffcli.runtime.plan import Plan
from diffcli.transforms import derive
from diffcli.transforms.reverse import one, pull
from diffcli.transforms.simplify import Simplifier, simplify
from diffcli.transforms.text import text
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

UNARY = """sin(_) cos(_) tanh(_) arctan(_) arcsinh(_) abs(_) square(_) negative(_) sigmoid(_)
relu(_) softplus(_) erf(_) sinc(_) exp(sin(_)) exp2(cos(_)) expm1(tanh(_)) log(1.5+cos(_))
log1p(square(_)) sqrt(1+square(_)) arcsin(0.9*sin(_)) arccos(0.9*cos(_)) tan(arctan(_)/2)
arctanh(tanh(_)/2) cosh(sin(_)) sinh(sin(_)) reciprocal(2+sin(_)) cbrt(2+sin(_)) exp(-square(_))
1/(2+square(_)) (_)**2 (_)**3 (2+sin(_))**-1.5 (2+cos(_))**0.5 -(_) +(_) clip(_,-0.5,0.8)
maximum(_,0) minimum(0.3,_) sign(_)*(_) floor(_)+(_) (_)%2 where(isnan(_),0,_) xlogy(2,1+square(_))
2**tanh(_) _/3 2*(3*_) _-1/3 (_>0)*(_) gammaln(2+sin(_)) logit(sigmoid(_)) digamma(2+sin(_))"""

BINARY = """_+# _-# _*# (_)*(#) (_)-(#) (_)/(2+sin(#)) (2+sin(_))**sin(#) maximum(_,#) minimum(_,#)
where(_>#,_,#) where(_<=0.1,sin(_),#) hypot(_,1+square(#)) arctan2(_,2+sin(#)) logaddexp(_,#)
(_>#)*_ where((_>0)&(#<0.2),#,_) where((_!=#)|~(#>=0),_,cos(#)) copysign(_,2+sin(#)) fmod(_,3+sin(#))
heaviside(_,0.5)*# xlogy(sin(_),1+square(#)) power(2+cos(_),#)"""

REDUCTIONS = ["sum", "mean", "max", "min", "prod", "var", "logsumexp", "norm", "ptp"]

ALONG = ["cumsum(_,axis=#)", "softmax(_,axis=#)", "sort(_,axis=#)", "flip(_,#)", "roll(_,1,axis=#)"]
ALONG += ["cumprod(_,axis=#)", "log_softmax(_,axis=#)", "roll(_,-2,#)", "_-mean(_,#,keepdims=True)"]
ALONG += ["take_along_axis(_,argsort(_,axis=#),axis=#)", "diff(concatenate([_,_[...,:1]],-1))"]


def leaf(draw: Draw, shape: Shape) -> str:
    """A variable of the shape, or something made of one; numbers stand for scalars too."""
    n = prod(shape)
    fitting = [name for name, value in VALUES.items() if value.shape == shape]
    if shape == ():
        fitting += ["0.5", "2", "-0.75", "pi", "1/3"]
    if len(shape) > 0 and n <= 9:
        fitting.append(f"ravel(A)[:{n}].reshape({shape})")
    if not fitting or draw(st.integers(0, 9)) == 9:
        fitting = [f"full({shape}, s)", f"t*ones({shape})", f"sin(arange({n}.)).reshape({shape})"]
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
    return form.replace("_", expression(draw, shape, depth))


def binary(draw: Draw, shape: Shape, depth: int) -> str:
    form = draw(st.sampled_from(BINARY.split()))
    a, b = expression(draw, shape, depth), expression(draw, narrowed(draw, shape), depth)
    if draw(st.booleans()):
        a, b = b, a
    return form.replace("_", "\0").replace("#", b).replace("\0", a)


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
    form = draw(st.sampled_from(ALONG))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    return form.replace("_", f"({expression(draw, shape, depth)})").replace("#", str(axis))


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
    axes = draw(st.permutations(range(len(shape))))
    before = [0] * len(shape)
    for i, a in enumerate(axes):
        before[a] = shape[i]
    if draw(st.booleans()):
        return f"({expression(draw, shape[::-1], depth)}).T"
    if len(shape) > 1 and draw(st.booleans()):
        swapped = (shape[1], shape[0], *shape[2:])
        return f"{draw(st.sampled_from(['swapaxes', 'moveaxis']))}(" + (
            f"{expression(draw, swapped, depth)}, 1, 0)"
        )
    return f"transpose({expression(draw, tuple(before), depth)}, {tuple(axes)})"


def indexed(draw: Draw, shape: Shape, depth: int) -> str:
    """An element, a slice or a list of places of one axis, or new axes."""
    axis = draw(st.integers(0, len(shape)))
    lead = draw(st.sampled_from([":, " * axis, "..., " * (axis == len(shape))]))
    if axis == len(shape) or draw(st.integers(0, 3)) == 0:
        lead = ":, " * axis if not lead else lead
        x = expression(draw, (*shape[:axis], 3, *shape[axis:]), depth)
        return f"({x})[{lead}{draw(st.sampled_from(['0', '-1', 'int(1)', 'argmax(v)']))}]"
    n = shape[axis]
    lead = ":, " * axis
    if n == 1 and draw(st.booleans()):
        return f"({expression(draw, replaced(shape, axis), depth)})[{lead}None]"
    long = {
        f"[{lead}:{n}]": n + 1,
        f"[{lead}1:]": n + 1,
        f"[{lead}-{n}:]": n + 2,
        f"[{lead}::-1]": n,
        f"[{lead}::2]": 2 * n,
        f"[{lead}{[(2 * i + 1) % 3 for i in range(n)]}]": 3,
        f"[{lead}array({[-1 - i % 2 for i in range(n)]})]": 2,
        f"[{lead}{[True] * n + [False]}]": n + 1,
    }
    item = draw(st.sampled_from(list(long)))
    return f"({expression(draw, replaced(shape, axis, long[item]), depth)}){item}"


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
            ("(_)@(#)", (3,), (3,)),
            ("vdot(_, #)", (2, 2), (2, 2)),
            ("trace(_ @ #)", (2, 3), (3, 2)),
        ],
        1: [("(_)@(#)", (*shape, 2), (2,)), ("(_)@(#)", (3,), (3, *shape))],
        2: [
            ("(_)@(#)", (*shape[:1], 3), (3, *shape[1:])),
            ("outer(_, #)", shape[:1], shape[1:]),
            ("einsum('ij,kj->ik', _, #)", (*shape[:1], 2), (*shape[1:], 2)),
            ("tensordot(_, #, 1)", (*shape[:1], 2), (2, *shape[1:])),
        ],
        3: [
            ("(_)@(#)", (*shape[:2], 2), (*shape[:1], 2, *shape[2:])),
            ("(_)@(#)", (*shape[1:2], 2), (*shape[:1], 2, *shape[2:])),
            ("einsum('ai,ibc->abc', _, #)", (*shape[:1], 2), (2, *shape[1:])),
        ],
    }
    form, a, b = draw(st.sampled_from(forms[len(shape)]))
    form = form.replace("_ @ #", "(_)@(#)").replace("_", "\0")
    return form.replace("#", expression(draw, b, depth)).replace("\0", expression(draw, a, depth))


def matrix(draw: Draw, shape: Shape, depth: int) -> str:
    """Triangles, diagonals and linear algebra, of matrices with a dominant diagonal."""
    if len(shape) == 1:
        a = expression(draw, (*shape, *shape), depth)
        form = draw(st.sampled_from(["diagonal(_)", f"solve(3*eye({shape[0]})+tanh(_), #)"]))
        return form.replace("_", a).replace("#", expression(draw, shape, depth))
    if len(shape) == 0:
        form = draw(st.sampled_from(["trace(_)", "det(2*eye(2)+tanh(_))", "norm(1+square(_))"]))
        return form.replace("_", expression(draw, (2, 2), depth))
    if len(shape) == 2 and shape[0] == shape[1] and draw(st.booleans()):
        if draw(st.booleans()):
            return f"diag({expression(draw, shape[:1], depth)})"
        return f"inv(3*eye({shape[0]})+tanh({expression(draw, shape, depth)}))"
    if len(shape) == 2:
        form = draw(
            st.sampled_from(["tril(_)", "triu(_, 1)", "tril(_, -1)", "pad(_[1:], ((1,0),(0,0)))"])
        )
        return form.replace("_", f"({expression(draw, shape, depth)})")
    return unary(draw, shape, depth)


FORMS = [unary, binary, unary, binary, conditional, reduction, reduction_of_two, along, reshaped]
FORMS += [transposed, indexed, joined, broadcasted, product, matrix]


def expression(draw: Draw, shape: Shape, depth: int) -> str:
    """The text of an expression of the shape."""
    if depth == 0 or len(shape) > 3 or prod(shape) > LARGEST or len(shape) == 3 and depth < 2:
        return leaf(draw, shape)
    form = draw(st.sampled_from([*FORMS, None]))
    return leaf(draw, shape) if form is None else form(draw, shape, depth - 1)


@st.composite
def expressions(draw: Draw) -> str:
    """Expressions over VALUES whose results have at most 9 elements."""
    shape = draw(st.sampled_from([(), (3,), (2, 3), (3, 3), (1, 2), (2, 1, 2)]))
    return expression(draw, shape, draw(st.integers(1, 3)))
