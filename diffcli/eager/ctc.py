"""Connectionist temporal classification: the loss of sequences without alignment."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcli.eager.functions import resolved
from diffcli.eager.losses import loss, reduced
from diffcli.eager.nodes import evaluated, leaf
from diffcli.eager.reductions import step
from diffcli.eager.selection import Array, array_of
from diffcli.eager.tensor import Tensor, fresh
from diffcli.graph.node import Node
from diffcli.limits import check_elements
from diffcli.ops.table import F


@loss(
    "ctc_loss",
    "log_probs, targets, input_lengths, target_lengths, blank=0, reduction='mean', "
    "zero_infinity=False",
)
def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Any,
    target_lengths: Any,
    blank: int,
    reduction: str,
    zero_infinity: bool,
) -> Any:
    """Minus the log-probability of target sequences, over all ways to align them.

    `log_probs` are (time, batch, classes) or (time, classes). The mean divides each loss by the
    length of its target (Graves et al., 2006; PyTorch, `CTCLoss`).
    """
    single = log_probs.ndim == 2
    times, lengths = (array_of(n).reshape(-1) for n in (input_lengths, target_lengths))
    rows = _rows(array_of(targets), lengths, single)
    x = resolved("unsqueeze")(log_probs, 1) if single else log_probs
    check_elements(max(times) * sum(2 * len(row) + 1 for row in rows))

    def compute(n: Node) -> Node:
        return F.stack([_one(n, b, int(times[b]), row, blank) for b, row in enumerate(rows)], 0)

    losses: Any = step("ctc_loss", compute, x.node)
    if zero_infinity:
        losses = resolved("where")(resolved("isinf")(losses), 0.0, losses)
    if reduction == "mean":
        return reduced(losses / fresh(np.maximum(lengths, 1).astype(x.node.dtype)), "mean")
    losses = reduced(losses, reduction)
    return resolved("squeeze")(losses, 0) if single and reduction == "none" else losses


def _rows(targets: Array, lengths: Array, single: bool) -> list[Array]:
    """The target of each item, given as rows or one after the other."""
    if targets.ndim == 1 and not single:
        return np.split(targets[: lengths.sum()], np.cumsum(lengths)[:-1])
    return [row[:n] for row, n in zip(np.atleast_2d(targets), lengths, strict=True)]


def _one(n: Node, item: int, times: int, target: Array, blank: int) -> Node:
    """The loss of one item: forward variables over the target with blanks in between."""
    labels = np.full(2 * len(target) + 1, blank)
    labels[1::2] = target
    skips = np.zeros(len(labels), bool)
    skips[2:] = (labels[2:] != blank) & (labels[2:] != labels[:-2])
    never = leaf(n.dtype.type(-np.inf))

    def shifted(a: Node, by: int) -> Node:
        start = leaf(np.full(min(by, a.size), -np.inf, n.dtype))
        return F.concatenate([start, F.index(a, slice(0, max(a.size - by, 0)))], 0)

    seen = [F.take(F.index(n, (t, item)), leaf(labels)) for t in range(times)]
    a = F.where(np.arange(len(labels)) < 2, seen[0], never)
    for now in seen[1:]:
        ways = [a, shifted(a, 1), F.where(skips, shifted(a, 2), never)]
        a = F.logsumexp(F.stack(ways, 0), 0) + now
    return _normalised(
        -F.logsumexp(F.index(a, slice(-2, None)), 0), F.index(n, (slice(times), item))
    )


def _normalised(found: Node, rows: Node) -> Node:
    """The loss itself, with the gradient of one of `log_softmax`: that of the sum of all exp added.

    PyTorch takes log-probabilities to be normalised, and gives the gradient by what they were made
    from, exp(log_probs) less the occupation of each class (Graves et al., 2006, equation 16). Along
    `log_softmax` both are the same, since the sum does not change.
    """
    total = F.sum(F.exp(rows))
    return found + (total - leaf(evaluated(total).value))
