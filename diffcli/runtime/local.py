"""The sparse matrix of one operator: what each element of its result takes from each of an input's.

Operators are linear in that input here; other inputs have values.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from diffcli.graph.node import Node, Shape
from diffcli.ops.namespace import NUMPY
from diffcli.ops.op import INPUT
from diffcli.runtime.blocks import Allow, Axes, Local, lanes_along
from diffcli.runtime.plan import Plan

Array = np.ndarray[Any, Any]


def adding(rows: Array, height: int) -> Local:
    """The matrix that adds element k of the input to the element rows[k] of the result."""
    return Local(rows, np.arange(rows.size), np.ones((rows.size, 1)), height, rows.size)


def of_product(value: Array, other: str, own: str, shape: Shape, out: str, allow: Allow) -> Local:
    """The matrix of an einsum, of which one operand has the letters `other` and a value.

    The last axis of the value are lanes. The input has the letters `own` and the `shape`. Its axes
    of length 1 are broadcast. Entries are made for the elements of the value that are not 0 in all
    lanes; `allow` is asked about their number.
    """
    sizes = dict(zip(own, shape, strict=True))
    for letter, n in zip(other, value.shape, strict=False):
        sizes[letter] = max(n, sizes.get(letter, 1))
    lanes = value.shape[-1]
    value = np.broadcast_to(value, [*(sizes[letter] for letter in other), lanes])
    flat = np.flatnonzero(value.any(axis=-1))
    held = np.unravel_index(flat, value.shape[:-1]) if other else ()
    free = [letter for letter in sizes if letter not in other]
    count = flat.size * prod(sizes[letter] for letter in free)
    allow(count * lanes)
    at = {c: i.reshape(-1, *(1,) * len(free)) for c, i in zip(other, held, strict=True)}
    for k, letter in enumerate(free):
        at[letter] = np.arange(sizes[letter]).reshape(-1, *(1,) * (len(free) - k - 1))
    made = tuple(sizes[letter] for letter in out)
    numbers = np.arange(flat.size).reshape(-1, *(1,) * len(free))
    found = np.broadcast_arrays(numbers, _numbers(at, out, made), _numbers(at, own, shape))
    number, row, col = (x.reshape(-1) for x in found)
    data = value.reshape(prod(value.shape[:-1]), lanes)[flat[number]]
    return Local(row, col, data, prod(made), prod(shape))


def loop_axes(axes: Axes, shape: Shape, own: str, value: Array, other: str, out: str) -> Axes:
    """Those of the axes of an operand along which an einsum with a value is a loop.

    The operand has the letters `own`. There is no loop where numbers of the value are 0 in some
    lanes alone, since they make no entries.
    """
    sizes = dict(zip(other, value.shape, strict=True))
    found = [
        k
        for k in axes
        if own.count(own[k]) == out.count(own[k]) == 1
        and other.count(own[k]) <= 1
        and sizes.get(own[k], 1) in (1, shape[k])
    ]
    in_order = found == sorted(found, key=lambda k: out.index(own[k]))
    chosen = lanes_along(shape, tuple(found if in_order else found[:1]))
    if not chosen:
        return ()
    there = value != 0
    summed = tuple(other.index(own[k]) for k in chosen if own[k] in other)
    return chosen if np.array_equal(there.any(summed), there.all(summed)) else ()


def with_lanes(value: Array, letters: str, along: Sequence[str], lanes: Sequence[int]) -> Array:
    """A value with its axes of the letters `along` as one, its last; of length 1 without them."""
    rest = [k for k, c in enumerate(letters) if c not in along]
    held = [letters.index(c) for c in along if c in letters]
    inner = [value.shape[letters.index(c)] if c in letters else 1 for c in along]
    own = [value.shape[k] for k in rest]
    value = value.transpose(rest + held).reshape(own + inner)
    wanted = lanes if any(n != 1 for n in inner) else inner
    return np.broadcast_to(value, [*own, *wanted]).reshape(*own, prod(wanted))


def _numbers(at: dict[str, Array], letters: str, shape: Shape) -> Any:
    """Numbers of elements from their indices by letter; an axis of length 1 is broadcast."""
    found: Any = np.zeros((), np.intp)
    for letter, n in zip(letters, shape, strict=True):
        found = found * n + (at[letter] if n != 1 else 0)
    return found


def by_units(node: Node, k: int, values: dict[int, Array], step: complex, allow: Allow) -> Local:
    """The matrix of any operator by `step` times its input `k`, found by unit vectors.

    Inputs without `values` are 0. Where the operator treats the lanes along some axes alike and
    apart, one unit vector serves all lanes.
    """
    x = node.inputs[k]
    lanes = _lanes(node, k)
    n = lanes.shape[0]
    allow(n * max(node.size, x.size))
    units = np.zeros((n, x.size), x.dtype)
    units[np.arange(n)[:, None], lanes.reshape(n, -1)] = step
    inputs, arrays = [], []
    for i, z in enumerate(node.inputs):
        value = values.get(id(z))
        if i == k:
            value = units.reshape(n, *x.shape)
        elif value is None:
            value = np.zeros(z.shape, z.dtype)
        inputs.append(INPUT.make("", value.shape, z.dtype))
        arrays.append(value)
    flags = tuple(i == k for i in range(len(inputs)))
    many = node.op.batch(node, tuple(inputs), flags, n)
    (found,) = Plan([many], inputs).run(NUMPY, arrays)
    found = found.reshape(n, node.size)
    unit, row = np.nonzero(found)
    col = np.broadcast_to(lanes, (n, *node.shape)).reshape(n, node.size)[unit, row]
    return Local(row, col, found[unit, row][:, None], node.size, x.size)


def _lanes(node: Node, k: int) -> Array:
    """Numbers of the elements of input `k`: along the first axis those that are mixed.

    The other axes line up with those of the result, to elements of which the lane contributes.
    """
    x, core, axis = node.inputs[k], node.op.core, node.params.get("axis")
    numbers = np.arange(x.size).reshape(x.shape)
    if core is not None:
        loop = max(z.ndim - own for z, own in zip(node.inputs, core, strict=True))
        outer = x.shape[: x.ndim - core[k]]
        numbers = numbers.reshape(*(1,) * (loop - len(outer)), *outer, prod(x.shape[len(outer) :]))
        numbers = np.moveaxis(numbers, -1, 0)
        return numbers.reshape(*numbers.shape, *(1,) * (node.ndim - loop))
    if isinstance(axis, int) and x.ndim == node.ndim:
        return np.expand_dims(np.moveaxis(numbers, axis, 0), axis % x.ndim + 1)
    return numbers.reshape(-1, *(1,) * node.ndim)
