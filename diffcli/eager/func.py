"""Transforms of functions of tensors: `torch.func` and `torch.autograd.functional`.

A transform calls the function on aliases of its arguments that are tracked, and goes over the graph
that this records. Inside another transform the aliases are part of that one's graph, so transforms
nest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np

from diffcli.eager import trees
from diffcli.eager.autograd import fitting
from diffcli.eager.engine import Backward, zeros_like
from diffcli.eager.forward_ad import check_tangent
from diffcli.eager.functions import resolved
from diffcli.eager.levels import level
from diffcli.eager.mode import MODE, recording
from diffcli.eager.nodes import NO_PARAMS, Eager, evaluated, leaf
from diffcli.eager.steps import ALIAS
from diffcli.eager.tensor import Tensor, wrap
from diffcli.eager.trees import described, structure
from diffcli.transforms.forward import push

Function = Callable[..., Any]


def watched(x: Any) -> Any:
    """A tracked alias of a tensor."""
    if not isinstance(x, Tensor):
        raise ValueError(f"Thing passed to transform API must be Tensor, got {type(x)}")
    if x.node.dtype.kind not in "fc":
        raise RuntimeError("only Tensors of floating point dtype can require gradients")
    x.node.used = True
    return wrap(Eager(ALIAS, (x.node,), NO_PARAMS, x.node.value, True))


def released(x: Any, keep: bool) -> Any:
    """A result outside of the transform: with its history only if that leads further out."""
    if not isinstance(x, Tensor) or keep:
        return x
    return wrap(leaf(x.node.value))


def further(results: Any, inputs: Any = ()) -> bool:
    """Whether gradients flow to any result of a transform from outside of it.

    What is older than the aliases `inputs` was made outside; without these everything was.
    """
    if not MODE.recording:
        return False
    start = min((x.node.order for x in trees.tensors(inputs)), default=math.inf)
    pending: list[Any] = [y.node for y in trees.tensors(results) if y.node.tracked]
    seen: set[int] = set()
    while pending:
        node = pending.pop()
        if node.order < start:
            return True
        inner = [x for x in node.inputs if x.tracked and id(x) not in seen]
        seen.update(map(id, inner))
        pending += inner
    return False


def outside(results: Any, inputs: Any) -> Any:
    """The results of a transform, each with its history only if that leads further out."""
    return trees.mapped(lambda x: released(x, further(x, inputs)), results)


def pulled(
    outputs: Sequence[Tensor],
    cotangents: Sequence[Tensor],
    inputs: Sequence[Tensor],
    create: bool,
    strict: bool = False,
) -> list[Tensor]:
    """Cotangents of inputs, zeros where outputs do not depend on them."""
    pairs = [(y.node, c.node) for y, c in zip(outputs, cotangents, strict=True) if y.node.tracked]
    sweep = Backward(pairs, keep=True, create=create, targets=[x.node for x in inputs])
    sweep.run()
    found = []
    for x in inputs:
        g = sweep.captured.get(x.node)
        found.append(wrap(zeros_like(x.node) if g is None else g))
    return found


def pushed(y: Tensor, pairs: list[tuple[Tensor, Tensor]]) -> Tensor:
    """The tangent of a result from those of arguments."""
    with np.errstate(all="ignore"):
        (moved,) = push([y.node], [(x.node, t.node) for x, t in pairs])
    return wrap(zeros_like(y.node) if moved is None else evaluated(moved))


def _chosen(argnums: Any, args: tuple[Any, ...]) -> tuple[int, ...]:
    places = argnums if isinstance(argnums, tuple | list) else (argnums,)
    for k in places:
        if not -len(args) <= k < len(args):
            raise RuntimeError(f"Got argnum={k}, but only {len(args)} positional inputs")
    return tuple(k % len(args) for k in places)


def _called(
    function: Function,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    places: tuple[int, ...],
    batched: bool = False,
    shown: bool = True,
) -> tuple[Any, list[Any]]:
    """The result on tracked aliases of some arguments, and these."""
    own = list(args)
    with ExitStack() as stack:
        if batched:
            stack.enter_context(level(shown=False))  # PyTorch maps over the directions
        stack.enter_context(level(shown=shown))
        stack.enter_context(recording(True))
        for k in places:
            own[k] = trees.mapped(watched, args[k])
        return function(*own, **kwargs), [own[k] for k in places]


# ----- reverse mode -------------------------------------------------------------------------------


def grad_and_value(function: Function, argnums: Any = 0, has_aux: bool = False) -> Function:
    """A function that gives the gradient and the value of a scalar function."""

    def run(*args: Any, **kwargs: Any) -> Any:
        places = _chosen(argnums, args)
        result, inputs = _called(function, args, kwargs, places)
        if has_aux and not (isinstance(result, tuple) and len(result) == 2):
            raise RuntimeError(
                "grad_and_value(f)(*args): output of function f should be a tuple: (output, aux) "
                "if has_aux is True"
            )
        y, aux = result if has_aux else (result, None)
        if not isinstance(y, Tensor):
            raise RuntimeError(
                f"grad_and_value(f)(*args): Expected f(*args) to return a Tensor, got {type(y)}"
            )
        if y.node.size != 1 or y.node.shape:
            raise RuntimeError(
                "grad_and_value(f)(*args): Expected f(*args) to return a scalar Tensor, got tensor "
                f"with {y.ndim} dims. Maybe you wanted to use the vjp or jacrev APIs instead?"
            )
        flat = trees.tensors(inputs)
        one = wrap(leaf(np.ones((), y.node.dtype)[()]))
        found = iter(pulled([y], [one], flat, further(y, inputs)))
        gradients = [trees.mapped(lambda x: next(found), tree) for tree in inputs]
        picked = tuple(gradients) if isinstance(argnums, tuple | list) else gradients[0]
        return outside((picked, (y, aux) if has_aux else y), inputs)

    return run


def grad(function: Function, argnums: Any = 0, has_aux: bool = False) -> Function:
    """A function that gives the gradient of a scalar function."""
    both = grad_and_value(function, argnums, has_aux)

    def run(*args: Any, **kwargs: Any) -> Any:
        gradient, value = both(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return run


def vjp(function: Function, *primals: Any, has_aux: bool = False) -> Any:
    """The value, and a function from cotangents of it to cotangents of the arguments."""
    result, inputs = _called(function, primals, {}, tuple(range(len(primals))))
    output, aux = result if has_aux else (result, None)
    _check_tensors(output, "vjp(f, *primals): expected f(*primals)")
    create = further(output, inputs)
    flat = trees.tensors(inputs)

    def pullback(*cotangents: Any, **_: Any) -> Any:
        given = cotangents[0] if len(cotangents) == 1 else cotangents
        ys, cs = trees.tensors(output), trees.tensors(given)
        if len(ys) != len(cs):
            raise RuntimeError(
                "Expected pytree structure of cotangents to be the same as pytree structure of "
                f"outputs to the function. cotangents: {structure(given)}, primal output: "
                f"{structure(output)}"
            )
        for y, c in zip(ys, cs, strict=True):
            fitting(c, y.node, 0)
        again = further(cotangents)
        found = iter(pulled(ys, cs, flat, create or again))
        gradients = tuple(trees.mapped(lambda x: next(found), tree) for tree in inputs)
        return gradients if again else outside(gradients, inputs)

    value = outside(output, inputs)
    return (value, pullback, outside(aux, inputs)) if has_aux else (value, pullback)


def jacrev(function: Function, argnums: Any = 0, has_aux: bool = False, **_: Any) -> Function:
    """A function that gives the Jacobian, one backward pass for each element of the result."""

    def run(*args: Any, **kwargs: Any) -> Any:
        places = _chosen(argnums, args)
        result, inputs = _called(function, args, kwargs, places)
        output, aux = result if has_aux else (result, None)

        _check_tensors(output, "vjp(f, *primals): expected f(*primals)")

        def block(y: Tensor) -> Any:
            found = rows(y, trees.tensors(inputs), further(y, inputs))
            each = iter(found)
            own = [trees.mapped(lambda x: next(each), tree) for tree in inputs]
            return tuple(own) if isinstance(argnums, tuple | list) else own[0]

        matrix = trees.mapped(block, output)
        return outside((matrix, aux) if has_aux else matrix, inputs)

    return run


def rows(y: Tensor, inputs: list[Tensor], create: bool) -> list[Tensor]:
    """The Jacobian of y by each input, of shape y.shape + x.shape."""
    lines: list[list[Tensor]] = []
    for i in range(y.node.size):
        unit = np.zeros(y.node.size, y.node.dtype)
        unit[i] = 1
        c = wrap(leaf(unit.reshape(y.node.shape)))
        lines.append(pulled([y], [c], inputs, create))
    return [_assembled([line[k] for line in lines], y.node.shape, x) for k, x in enumerate(inputs)]


def _assembled(lines: list[Tensor], lead: tuple[int, ...], x: Tensor) -> Tensor:
    if not lines:
        return wrap(leaf(np.zeros((*lead, *x.node.shape), x.node.dtype)))
    with recording(any(line.node.tracked for line in lines)):
        stacked = resolved("stack")(lines)
        found: Tensor = resolved("reshape")(stacked, (*lead, *x.node.shape))
    return found


# ----- forward mode -------------------------------------------------------------------------------


def jvp(function: Function, primals: Any, tangents: Any, *, has_aux: bool = False, **_: Any) -> Any:
    """The value, and its tangent along tangents of the arguments."""
    _check_primals(primals, tangents)
    result, inputs = _called(function, tuple(primals), {}, tuple(range(len(primals))))
    output, aux = result if has_aux else (result, None)
    _check_tensors(output, "jvp(f, primals, tangents): expected f(*primals)")
    pairs = list(zip(trees.tensors(inputs), trees.tensors(tangents), strict=True))
    with recording(further((output, tangents), inputs)):
        moved = trees.mapped(lambda y: pushed(y, pairs), output)
    value, moved, aux = outside((output, moved, aux), inputs)
    return (value, moved, aux) if has_aux else (value, moved)


def _check_primals(primals: Any, tangents: Any) -> None:
    """Raise PyTorch's errors for arguments of `jvp` that are no tuples of tensors alike."""
    start = "jvp(f, primals, tangents): Expected primals"
    if not isinstance(primals, tuple):
        raise RuntimeError(f"{start} to be a tuple. E.g. it should be valid to call f(*primals).")
    mine, others = described(primals), described(tangents)
    if mine != others:
        raise RuntimeError(
            f"{start} and tangents to have the same python structure. For example, if primals is a "
            "tuple of 3 tensors, tangents also must be. Got primals with structure "
            f"{mine} and tangents with structure {others}"
        )
    for x, t in zip(trees.leaves(primals), trees.leaves(tangents), strict=True):
        if not isinstance(x, Tensor):
            raise RuntimeError(f"{start} to only contain Tensors, got {type(x)}")
        check_tangent(x, t)


def _check_tensors(output: Any, start: str) -> None:
    for y in trees.leaves(output):
        if not isinstance(y, Tensor):
            words = "to return only tensors, got unsupported type"
            raise RuntimeError(f"{start} {words} {type(y)}")


def linearize(function: Function, *primals: Any) -> Any:
    """The value, and the linear function from tangents to its tangent."""
    output, inputs = _called(function, primals, {}, tuple(range(len(primals))), shown=False)
    create = further(output, inputs)

    def pushforward(*tangents: Any) -> Any:
        pairs = list(zip(trees.tensors(inputs), trees.tensors(tangents), strict=True))
        again = further(tangents)
        with recording(create or again):
            moved = trees.mapped(lambda y: pushed(y, pairs), output)
        return moved if again else outside(moved, inputs)

    return outside(output, inputs), pushforward


def jacfwd(function: Function, argnums: Any = 0, has_aux: bool = False, **_: Any) -> Function:
    """A function that gives the Jacobian, one forward pass for each element of the arguments."""

    def run(*args: Any, **kwargs: Any) -> Any:
        places = _chosen(argnums, args)
        result, inputs = _called(function, args, kwargs, places, batched=True)
        output, aux = result if has_aux else (result, None)

        def block(y: Tensor) -> Any:
            create = further(y, inputs)
            own = [trees.mapped(lambda x: columns(y, x, create), tree) for tree in inputs]
            return tuple(own) if isinstance(argnums, tuple | list) else own[0]

        matrix = trees.mapped(block, output)
        return outside((matrix, aux) if has_aux else matrix, inputs)

    return run


def columns(y: Tensor, x: Tensor, create: bool) -> Tensor:
    """The Jacobian of y by x, of shape y.shape + x.shape."""
    slopes = []
    with recording(create):
        for i in range(x.node.size):
            unit = np.zeros(x.node.size, x.node.dtype)
            unit[i] = 1
            slopes.append(pushed(y, [(x, wrap(leaf(unit.reshape(x.node.shape))))]))
        if not slopes:
            return wrap(leaf(np.zeros((*y.node.shape, *x.node.shape), y.node.dtype)))
        stacked = resolved("stack")(slopes, -1)
        found: Tensor = resolved("reshape")(stacked, (*y.node.shape, *x.node.shape))
    return found


def hessian(function: Function, argnums: Any = 0) -> Function:
    """A function that gives second derivatives: forward mode over reverse mode."""
    return jacfwd(jacrev(function, argnums), argnums)
