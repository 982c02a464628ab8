"""Devices: the namespace of an array library that computes on another processor.

Operators run on its arrays. What the library cannot compute, NumPy computes on the host.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node
from diffcli.ops.namespace import NUMPY, Namespace
from diffcli.ops.op import UNFIT


class Device(Namespace):
    """The functions of CuPy, or of a library with the same names."""

    @contextmanager
    def computing(self) -> Iterator[None]:
        """A context for computations: what goes wrong with the device is explained.

        Raises `too-large` where its memory is used up, and `missing-extra` where the library finds
        no part of CUDA that it needs, or the driver gives up.
        """
        with np.errstate(all="ignore"):
            try:
                yield
            except MemoryError:
                words = "the arrays do not fit into the memory of the GPU"
                raise DiffcliError("too-large", words, hint="write --backend numpy") from None
            except (RuntimeError, ImportError) as error:  # those of CUDA are of the first kind
                words = f"CuPy cannot compute on this machine: {reason(error)}"
                raise DiffcliError("missing-extra", words, hint="write --backend numpy") from error

    def evaluate(self, node: Node, operands: Sequence[Any], params: dict[str, Any]) -> Any:
        """The value of a node from arrays of the device, as an array of the device.

        What the library cannot compute (it lacks a function, or one form of it), NumPy and SciPy
        compute on the host from the same operands. They also say what is wrong with values, so
        that errors are the same on every backend.
        """
        rule = node.op.evaluate
        if not getattr(rule, "on_host", False):
            try:
                found = rule(self, *operands, **params)
                # CuPy has functions in single precision that SciPy has in double precision only
                return found if isinstance(found, tuple) else found.astype(node.dtype, copy=False)
            except (*UNFIT, NotImplementedError, np.linalg.LinAlgError):
                pass
        return self.evaluate_on_host(node, operands, params)

    def evaluate_on_host(self, node: Node, operands: Sequence[Any], params: dict[str, Any]) -> Any:
        """The value of a node by NumPy and SciPy, as an array of the device."""
        params = {name: value for name, value in params.items() if name != "out"}
        arrays = [self.to_host(x) if hasattr(x, "get") else x for x in operands]
        found = node.op.evaluate(NUMPY, *arrays, **params)
        return tuple(map(self.asarray, found)) if isinstance(found, tuple) else self.asarray(found)

    def to_host(self, array: Any) -> Any:
        """An array of the device as a NumPy array; numbers become arrays."""
        with self.computing():
            return array.get() if hasattr(array, "get") else np.asarray(array)

    def power(self, a: Any, b: Any, **out: Any) -> Any:
        """a**b; of integers on the host, as CuPy has 0 where NumPy refuses a negative power."""
        if all(self.result_type(x).kind in "biu" for x in (a, b)):
            raise NotImplementedError
        return self.library.power(a, b, **out)

    def accumulate(self, name: str, x: Any, axis: int) -> Any:
        """Running results of an associative function of two elements along an axis.

        Each pass joins pairs twice as far apart (Hillis and Steele 1986), in the same order in
        every run.
        """
        join, found, step = getattr(self, name), self.moveaxis(x, axis, 0), 1
        while step < x.shape[axis]:
            found = self.concatenate([found[:step], join(found[step:], found[:-step])])
            step *= 2
        return self.moveaxis(found, 0, axis)

    def cumsum(self, x: Any, axis: int) -> Any:
        """Running sums; those of CUB round in the order in which blocks come."""
        whole = x.dtype.kind in "biu"
        return self.library.cumsum(x, axis=axis) if whole else self.accumulate("add", x, axis)

    def cumprod(self, x: Any, axis: int) -> Any:
        """Running products, as `cumsum`."""
        whole = x.dtype.kind in "biu"
        return self.library.cumprod(x, axis=axis) if whole else self.accumulate("multiply", x, axis)

    def added_at(self, values: Any, indices: Sequence[Any], shape: tuple[int, ...]) -> Any:
        """Zeros of a shape with `values` added at integer `indices`.

        Values of one place are added in pairs, in an order that depends on the indices alone:
        atomic additions would come in another order, and round to another sum, in each run.
        """
        out = self.zeros(shape, values.dtype)
        lead = np.broadcast_shapes(*(i.shape for i in indices))
        count, rest = math.prod(lead), shape[len(indices) :]
        if not count or not out.size:
            return out
        places: Any = 0
        for i, n in zip(indices, shape, strict=False):
            places = places * n + self.where(i < 0, i + n, i)
        places = self.broadcast_to(places, lead).reshape(-1)
        order = self.argsort(places, kind="stable")
        places = places[order]
        sums = self.broadcast_to(values, (*lead, *rest)).reshape(count, -1)[order]
        step = 1
        while step < count:
            alike = places[step:] == places[:-step]
            if not alike.any():
                break
            before = self.where(alike[:, None], sums[:-step], 0)
            sums = self.concatenate([sums[:step], sums[step:] + before])
            step *= 2
        last = self.concatenate([places[1:] != places[:-1], self.ones(1, bool)])
        out.reshape(-1, sums.shape[1])[places[last]] = sums[last]
        return out


def reason(error: Exception) -> str:
    """The first line of an error's message that is made of words."""
    lines = (line.strip().rstrip(".") for line in str(error).splitlines())
    return next((line for line in lines if line.strip("=-")), type(error).__name__)
