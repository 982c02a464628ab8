"""JAX's answers: values, pullbacks, pushforwards and second derivatives of an expression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from tests.peers.jax_functions import FUNCTIONS, TYPES
from tests.peers.library import Array, Function, Library

jax.config.update("jax_enable_x64", True)


class Jax(Library):
    """JAX through reverse mode, forward mode, and forward mode over reverse mode.

    JAX's pullback is the transposed map, ours and PyTorch's the adjoint one: the two differ by
    conjugating the cotangent and the result.
    """

    name = "jax"
    functions = FUNCTIONS
    types = TYPES
    spelled: ClassVar = {
        "roots(p[0] - [0, 0, 4])": "roots(p[0] - array([0, 0, 4]))",
        "sort(x) * [1, 2, 3]": "sort(x) * array([1, 2, 3])",
    }
    refusals = (NotImplementedError, TypeError, ValueError)

    def written(self, text: str) -> str:
        return super().written(text).replace(".mH", ".mT.conj()")

    def value(self, f: Function, values: Mapping[str, Array]) -> Array:
        return np.asarray(f(*map(jnp.asarray, values.values())))

    def vjp(self, f: Function, values: Mapping[str, Array], cotangent: Array) -> dict[str, Array]:
        g, wanted = of_wanted(f, values)
        _, pullback = jax.vjp(g, wanted)
        (found,) = pullback(jnp.conj(cotangent))
        return {n: np.conj(np.asarray(x)) for n, x in found.items()}

    def jvp(self, f: Function, values: Mapping[str, Array], tangents: Mapping[str, Array]) -> Array:
        g, wanted = of_wanted(f, values)
        return np.asarray(jax.jvp(g, (wanted,), (arrays(tangents),))[1])

    def hvp(
        self,
        f: Function,
        values: Mapping[str, Array],
        weights: Array,
        tangents: Mapping[str, Array],
    ) -> dict[str, Array]:
        g, wanted = of_wanted(f, values)
        gradient = jax.grad(lambda x: jnp.sum(jnp.real(weights * g(x))))
        found = jax.jvp(gradient, (wanted,), (arrays(tangents),))[1]
        return {n: np.conj(np.asarray(x)) for n, x in found.items()}


def arrays(values: Mapping[str, Array]) -> dict[str, Any]:
    return {n: jnp.asarray(x) for n, x in values.items()}


def of_wanted(f: Function, values: Mapping[str, Array]) -> tuple[Function, dict[str, Any]]:
    """f as a function of its real and complex variables, in a dictionary."""
    wanted = arrays({n: x for n, x in values.items() if x.dtype.kind in "fc"})
    return lambda given: f(*({**arrays(values), **given}[n] for n in values)), wanted


JAX = Jax()
