"""PyTorch's answers: values, pullbacks, pushforwards and second derivatives of an expression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from torch.autograd import forward_ad

from tests.peers.library import Array, Function, Library
from tests.peers.torch_functions import FUNCTIONS, TYPES


class Torch(Library):
    """PyTorch through reverse mode, forward mode, and reverse mode over reverse mode."""

    name = "torch"
    functions = FUNCTIONS
    types = TYPES
    spelled: ClassVar = {"eig(B)[1] @ v": "eig(B)[1] @ (v + 0j)"}
    refusals = (NotImplementedError, RuntimeError, AssertionError)

    def value(self, f: Function, values: Mapping[str, Array]) -> Array:
        return array(f(*map(torch.tensor, values.values())))

    def vjp(self, f: Function, values: Mapping[str, Array], cotangent: Array) -> dict[str, Array]:
        leaves = leaves_of(values)
        y = f(*leaves.values())
        return pulled(y, leaves, torch.tensor(cotangent))

    def jvp(self, f: Function, values: Mapping[str, Array], tangents: Mapping[str, Array]) -> Array:
        with forward_ad.dual_level():
            duals = [
                forward_ad.make_dual(torch.tensor(x), torch.tensor(tangents[n]))
                if n in tangents
                else torch.tensor(x)
                for n, x in values.items()
            ]
            primal, tangent = forward_ad.unpack_dual(f(*duals))
            return array(torch.zeros_like(primal) if tangent is None else tangent)

    def hvp(
        self,
        f: Function,
        values: Mapping[str, Array],
        weights: Array,
        tangents: Mapping[str, Array],
    ) -> dict[str, Array]:
        leaves = leaves_of(values)
        loss = (torch.tensor(weights) * f(*leaves.values())).real.sum()
        if not loss.requires_grad:
            return pulled(loss, leaves, None)
        wanted = {n: x for n, x in leaves.items() if x.requires_grad}
        gradients = torch.autograd.grad(
            loss, list(wanted.values()), create_graph=True, allow_unused=True
        )
        product = torch.zeros(())
        for name, g in zip(wanted, gradients, strict=True):
            if g is not None and g.requires_grad:
                product = product + (torch.tensor(tangents[name]).conj() * g).real.sum()
        return pulled(product, leaves, torch.ones(()))


def leaves_of(values: Mapping[str, Array]) -> dict[str, Any]:
    return {n: torch.tensor(x, requires_grad=x.dtype.kind in "fc") for n, x in values.items()}


def pulled(y: Any, leaves: Mapping[str, Any], cotangent: Any) -> dict[str, Array]:
    """Gradients of the leaves that can have one, 0 where y does not depend on them."""
    wanted = {n: x for n, x in leaves.items() if x.requires_grad}
    if not y.requires_grad:
        return {n: np.zeros(x.shape) for n, x in wanted.items()}
    found = torch.autograd.grad(y, list(wanted.values()), cotangent, allow_unused=True)
    pairs = zip(wanted.items(), found, strict=True)
    return {n: np.zeros(x.shape) if g is None else array(g) for (n, x), g in pairs}


def array(y: Any) -> Array:
    return y.numpy(force=True)


TORCH = Torch()
