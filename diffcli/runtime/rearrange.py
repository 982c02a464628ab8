"""Matrices with the rows of others: broadcast or moved, lane for lane where lanes stay alike."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

import numpy as np

from diffcli.graph.node import Shape
from diffcli.runtime.blocks import (
    Allow,
    Array,
    Axes,
    Blocks,
    Columns,
    held,
    laned,
    lanes_along,
    merged,
    narrowed,
    others,
    repeated,
)


def numbered(shape: Shape, axes: Axes, first: int, height: int) -> Array:
    """Numbers of elements, from `first`: along the places of a lane, from lane to lane `height`."""
    order = axes + others(shape, axes)
    lanes = prod(shape[k] for k in axes)
    places = prod(shape) // lanes if lanes else 0
    last = first + lanes * height
    numbers = np.arange(first, last, dtype=np.int32 if last < 2**31 else np.int64)
    numbers = numbers.reshape(lanes, height)[:, :places]
    return numbers.reshape([shape[k] for k in order]).transpose(np.argsort(order))


def arrangements(
    parts: Sequence[Blocks], lanes: Sequence[int], columns: Columns
) -> Iterator[tuple[Blocks, list[int]]]:
    """Matrices as one: below each other or with their lanes beside each other, where they fit.

    With each, how many elements are before those of every part, counted along the first lane or
    lane after lane.
    """
    if len(set(lanes)) == 1:
        yield by_places(parts), starts([m.height for m in parts])
    height = parts[0].height
    if len(parts) > 1 and all(np.array_equal(m.indptr, parts[0].indptr) for m in parts):
        yield by_lanes(parts, columns), starts([n * height for n in lanes])


def starts(sizes: Sequence[int]) -> list[int]:
    """Where each of these begins, in a row."""
    return [0, *itertools.accumulate(sizes)][:-1]


def by_places(parts: Sequence[Blocks]) -> Blocks:
    """Matrices below each other, of the same lanes."""
    if len(parts) == 1:
        return parts[0]
    indices = np.concatenate([m.indices for m in parts])
    first = starts([m.indices.size for m in parts])
    indptr = [m.indptr[:-1] + k for m, k in zip(parts, first, strict=True)]
    indptr.append(np.array([indices.size], parts[0].indptr.dtype))
    data = np.concatenate([m.data for m in parts])
    return Blocks(parts[0].axes, np.concatenate(indptr), indices, data)


def by_lanes(parts: Sequence[Blocks], columns: Columns) -> Blocks:
    """Lanes of matrices of the same pattern beside each other."""
    data = [np.concatenate(rows) for rows in zip(*(m.data for m in parts), strict=True)]
    numbers = [
        columns.number(np.concatenate([columns[k] for k in at]))
        for at in zip(*(m.indices for m in parts), strict=True)
    ]
    indices = np.array(numbers, parts[0].indices.dtype)
    return merged(parts[0]._replace(indices=indices, data=held(data)))


def spread(
    m: Blocks, own: Shape, shape: Shape, axes: Axes, columns: Columns, allow: Allow
) -> Blocks:
    """The matrix of a node of shape `own` broadcast to a shape, with lanes along `axes` of that."""
    if own == shape and axes == m.axes:
        return m
    shift = len(shape) - len(own)
    m = narrowed(m, own, tuple(k for k in m.axes if k + shift in axes), columns)
    inner = (1,) * shift + own
    rest = others(shape, axes)
    places = repeated([inner[k] for k in rest], [shape[k] for k in rest]).reshape(-1)
    allow(m.count(places) * prod(shape[k] for k in axes))
    before, after = ([lengths[k] for k in axes] for lengths in (inner, shape))
    if before != after:
        m = widened(m, before, after, columns)
    return m.taken(places)._replace(axes=axes)


def widened(m: Blocks, own: Sequence[int], lanes: Sequence[int], columns: Columns) -> Blocks:
    """Lanes broadcast from the lengths `own` of axes to those of `lanes`."""

    def spread(row: Array) -> Array:
        return np.broadcast_to(row.reshape(own), lanes).reshape(-1)

    if not m.axes:
        data = held(list(m.data[:, None]))
        m = m._replace(indices=columns.numbers(m.indices[:, None]), data=data)
    indices = columns.mapped(m.indices, lambda row: [spread(row)]).reshape(-1)
    return merged(m._replace(indices=indices, data=held([spread(row) for row in m.data])))


def rearranged(m: Blocks, numbers: Array, columns: Columns, allow: Allow) -> Blocks | None:
    """A matrix with lanes of elements taken from another, by their numbers; 0 is no element.

    They count the places of lane after lane, from 1. None where the result has no alike lanes.
    """
    shape, every = numbers.shape, tuple(range(numbers.ndim))
    axes = lanes_along(shape, every)
    found = _separated(numbers, axes, m.height) if axes else None
    if found is None:
        place = np.where(numbers > 0, (numbers - 1) % m.height + 1, 0)
        axes = tuple(k for k in every if is_steady(place, k))
        found = _separated(numbers, axes, m.height) if lanes_along(shape, axes) else None
    if found is None:
        return None
    place, lane = found
    allow(m.count(place - 1) * lane.size)
    moved = at_lanes(m.taken(place - 1)._replace(axes=axes), lane, columns)
    return narrowed(moved, shape, lanes_along(shape, axes), columns)


def is_steady(numbers: Array, axis: int) -> bool:
    """Whether numbers are the same along an axis, but for those that are 0."""
    most = numbers.max(axis=axis, keepdims=True)
    return bool(np.all((numbers == most) | (numbers == 0)))


def _separated(numbers: Array, axes: Axes, height: int) -> tuple[Array, Array] | None:
    """The place that each place is taken from, and the lane that each lane is; from 1, 0 is none.

    None where the places differ between lanes, or the lanes between places.
    """
    if height == 1 and len(axes) == numbers.ndim:
        return np.ones(1, int), numbers.reshape(-1)
    numbers = np.ascontiguousarray(laned(numbers, axes))
    place, lane = numbers.max(axis=1), numbers.max(axis=0)
    place, lane = np.where(place > 0, (place - 1) % height + 1, 0), (lane - 1) // height + 1
    wanted = (lane - 1) * height + place[:, None]
    wanted[place == 0] = 0
    wanted[:, lane == 0] = 0
    return (place, lane) if np.array_equal(numbers, wanted) else None


def at_lanes(m: Blocks, lanes: Array, columns: Columns) -> Blocks:
    """Other lanes, each with the numbers of one of these, counted from 1, or none for 0."""
    if not m.indices.size:
        return m
    first = int(lanes[0])
    of: Any = lanes - 1
    if first and np.array_equal(lanes, np.arange(first, first + lanes.size)):
        if lanes.size == m.data[0].size:
            return m
        of = slice(first - 1, first - 1 + lanes.size)
    none = np.flatnonzero(lanes == 0)

    def moved(row: Array) -> list[Array]:
        made = row[of]
        if none.size:
            made[none] = -1
        return [made]

    indices = columns.mapped(m.indices, moved).reshape(-1)
    return merged(m._replace(indices=indices, data=held([row[of] for row in m.data])))
