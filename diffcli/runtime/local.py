"""The sparse matrix of one operator: what each element of its result takes from each of an input's.

Operators are linear in that input here; other inputs have values.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
from scipy import sparse

from diffcli.graph.node import Node, Shape
from diffcli.ops.namespace import NUMPY
from diffcli.ops.op import INPUT
from diffcli.runtime.plan import Plan

Array = np.ndarray[Any, Any]
Allow = Callable[[int], None]


def adding(rows: Array, height: int, dtype: np.dtype[Any]) -> Any:
    """The matrix that adds element k of the input to the element rows[k] of the result."""
    ones = np.ones(rows.size, dtype)
    places = (rows.reshape(-1), np.arange(rows.size))
    return sparse.csr_array((ones, places), shape=(height, rows.size))


def of_product(value: Array, other: str, own: str, shape: Shape, out: str, allow: Allow) -> Any:
    """The matrix of an einsum, of which one operand has the letters `other` and a value.

    The input has the letters `own` and the `shape`. Its axes of length 1 are broadcast. Entries are
    made for the elements of the value that are not 0; `allow` is asked about their number.
    """
    sizes = dict(zip(own, shape, strict=True))
    for letter, n in zip(other, value.shape, strict=True):
        sizes[letter] = max(n, sizes.get(letter, 1))
    value = np.broadcast_to(value, [sizes[letter] for letter in other])
    flat = np.flatnonzero(value)
    held = np.unravel_index(flat, value.shape) if value.ndim else ()
    free = [letter for letter in sizes if letter not in other]
    allow(flat.size * prod(sizes[letter] for letter in free))
    at = {c: i.reshape(-1, *(1,) * len(free)) for c, i in zip(other, held, strict=True)}
    for k, letter in enumerate(free):
        at[letter] = np.arange(sizes[letter]).reshape(-1, *(1,) * (len(free) - k - 1))
    made = tuple(sizes[letter] for letter in out)
    row, col = _numbers(at, out, made), _numbers(at, own, shape)
    data = value.reshape(-1)[flat].reshape(-1, *(1,) * len(free))
    data, row, col = (x.reshape(-1) for x in np.broadcast_arrays(data, row, col))
    return sparse.csr_array((data, (row, col)), shape=(prod(made), prod(shape)))


def _numbers(at: dict[str, Array], letters: str, shape: Shape) -> Any:
    """Numbers of elements from their indices by letter; an axis of length 1 is broadcast."""
    found: Any = np.zeros((), np.intp)
    for letter, n in zip(letters, shape, strict=True):
        found = found * n + (at[letter] if n != 1 else 0)
    return found


def by_units(node: Node, k: int, values: dict[int, Array], step: complex, allow: Allow) -> Any:
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
    return sparse.csr_array((found[unit, row], (row, col)), shape=(node.size, x.size))


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
