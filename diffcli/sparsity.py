"""Jacobians and Hessians of a trace as sparse matrices, of which only the entries are computed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from diffcli.errors import DiffcliError, check_choice
from diffcli.graph.node import Node, postorder
from diffcli.limits import LIMITS
from diffcli.ops.op import Maybe, placeholder_like
from diffcli.trace import Trace
from diffcli.transforms.forward import push
from diffcli.transforms.reverse import one, pull

Array = np.ndarray[Any, Any]
Matrix = Any  # scipy.sparse.coo_array, which has no types

FORMS = ("auto", "always", "never")

LARGE = 2**24
"""Elements above which `auto` looks for entries instead of an array (128 MiB of float64)."""

FEW = 8
"""`auto` takes an array that fits where more than one element in so many would be stored."""


class Swept:
    """Blocks of a matrix, row by row: matrices (None without dependence), and the nodes they are.

    The nodes are linear in `seeds`, which come with ones as values.
    """

    def __init__(self) -> None:
        self.matrices: list[Matrix | None] = []
        self.nodes: list[Maybe] = []
        self.seeds: list[tuple[Node, Array]] = []

    def add(self, matrix: Matrix | None, node: Maybe, seed: Node | None) -> None:
        """One more block."""
        self.matrices.append(matrix)
        self.nodes.append(node)
        if seed is not None and all(seed is not other for other, _ in self.seeds):
            self.seeds.append((seed, np.ones(seed.shape, seed.dtype)))


def jacobian(t: Trace, y: Node, wrt: Sequence[Node], mode: str, form: str) -> Swept | None:
    """The Jacobian of `y` by each variable as a `coo_array` of shape (y.size, x.size).

    None where an array serves better: `form` is "never", or "auto" and the array is small or has
    few zeros, or numbers are complex, or the entries would be more than the limit of elements.
    """
    return None if _dense([y], wrt, form) else _blocks(t, [(y, y)], wrt, mode, form)


def hessian(t: Trace, y: Node, wrt: Sequence[Node], mode: str, form: str) -> Swept | None:
    """The blocks of the Hessian of a scalar: Jacobians of its gradient, as above."""
    if _dense(wrt, wrt, form):
        return None
    gradient = pull([(y, one(y))], wrt)
    return _blocks(t, list(zip(wrt, gradient, strict=True)), wrt, mode, form)


def _dense(ys: Sequence[Node], wrt: Sequence[Node], form: str) -> bool:
    """Whether arrays serve better, without looking for entries."""
    check_choice("sparse", form, FORMS)
    elements = sum(y.size for y in ys) * sum(x.size for x in wrt)
    small = form == "auto" and elements <= min(LARGE, LIMITS.elements)
    return form == "never" or small or any(x.dtype.kind == "c" for x in (*wrt, *ys))


def _blocks(
    t: Trace, rows: Sequence[tuple[Node, Maybe]], wrt: Sequence[Node], mode: str, form: str
) -> Swept | None:
    """Blocks by each variable for each of `rows`: a node of its shape, and what is derived."""
    from scipy.sparse import coo_array

    from diffcli.runtime.sparse import Full, entries

    elements = sum(like.size for like, _ in rows) * sum(x.size for x in wrt)
    optional = form == "auto" and elements <= LIMITS.elements
    most = elements // FEW if optional else None
    linear = list(itertools.chain.from_iterable(_linear([y for _, y in rows], wrt, mode)))
    known = [(node, seed) for node, seed in linear if node is not None and seed is not None]
    try:
        found = entries([y for y, _ in known], [s for _, s in known], t.run, most)
    except Full:
        return None
    left = iter(found)
    reached = {id(x) for x in postorder([t.output])}
    swept = Swept()
    blocks = itertools.product((like for like, _ in rows), wrt)
    for (like, x), (node, seed) in zip(blocks, linear, strict=True):
        matrix = None
        if node is not None:
            matrix = next(left)
            matrix = (matrix.T if mode == "reverse" else matrix).tocsr()
            matrix = (matrix if matrix.has_sorted_indices else matrix.sorted_indices()).tocoo()
        elif id(x) in reached and id(like) in reached:
            matrix = coo_array((like.size, x.size), dtype=x.dtype)
        swept.add(matrix, node, seed)
    return swept


def _linear(
    ys: Sequence[Maybe], wrt: Sequence[Node], mode: str
) -> Iterator[Sequence[tuple[Maybe, Maybe]]]:
    """For each y its tangents, or cotangents of the variables, with the seed each is linear in."""
    seeds = [placeholder_like(x) for x in wrt]
    for y in ys:
        if y is None:
            yield [(None, None)] * len(wrt)
        elif mode == "reverse":
            g = placeholder_like(y)
            yield [(c, g) for c in pull([(y, g)], wrt)]
        else:
            yield [(push([y], [(x, s)])[0], s) for x, s in zip(wrt, seeds, strict=True)]


def in_form(array: Array | None, rows: int, form: str) -> Any:
    """An array as it is, or as a `coo_array` of so many rows where `form` is "always"."""
    if array is None or form != "always":
        return array
    from scipy.sparse import coo_array

    return coo_array(array.reshape(rows, array.size // rows if rows else 0))


def check_dense(blocks: Sequence[tuple[str, Node, Node]], form: str) -> None:
    """Raise `too-large` where a block does not fit as an array: its name, and what its axes are."""
    for name, y, x in blocks:
        count = y.size * x.size
        if count > LIMITS.elements:
            what, _, by = name.partition(" ")
            sparse = "--sparse always computes those alone that are not 0; "
            raise DiffcliError(
                "too-large",
                f"the {what.capitalize()} in {', '.join(by.split())} has {count} elements, "
                f"and the limit is {LIMITS.elements}",
                hint=f"{sparse if form == 'never' else ''}--max-elements allows more",
            )
