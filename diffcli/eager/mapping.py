"""`torch.func.vmap`: a loop over slices, whose results are stacked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diffcli.eager import trees
from diffcli.eager.functions import resolved
from diffcli.eager.levels import level
from diffcli.eager.tensor import Tensor

Function = Callable[..., Any]


def vmap(
    func: Function,
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Function:
    """A function of arrays with one more axis: `func` of each slice, results stacked.

    Raises PyTorch's ValueErrors for arguments that cannot be mapped over, and its RuntimeErrors
    where `func` asks for values.
    """
    name = getattr(func, "__name__", repr(func))

    def run(*args: Any, **kwargs: Any) -> Any:
        dims = _dims(name, in_dims, args)
        size = _size(name, in_dims, args, dims)
        results = []
        for i in range(size):
            with level(mapped=True, randomness=randomness):
                own = [
                    a if d is None else _mapped(_slicing(i), a, d)
                    for a, d in zip(args, dims, strict=True)
                ]
                results.append(func(*own, **kwargs))
        for y in trees.leaves(results[0]) if results else ():
            if not isinstance(y, Tensor):
                raise ValueError(
                    f"vmap({name}, ...): `{name}` must only return Tensors, got type {type(y)}. "
                    "Did you mean to set out_dims= to None for output?"
                )
        if isinstance(out_dims, tuple):
            return tuple(_stacked([r[k] for r in results], d) for k, d in enumerate(out_dims))
        return trees.mapped(lambda *parts: _stacked(list(parts), out_dims), *results)

    return run


def _stacked(parts: list[Any], dim: int | None) -> Any:
    return parts[0] if dim is None else resolved("stack")(parts, dim)


def _dims(name: str, in_dims: Any, args: tuple[Any, ...]) -> list[Any]:
    """The axis of each argument: a number, None, or a tree of them."""
    if not args:
        raise ValueError(
            f"vmap({name})(<inputs>): got no inputs. Maybe you forgot to add inputs, or you are "
            "trying to vmap over a function with no inputs. The latter is unsupported."
        )
    if isinstance(in_dims, int):
        return [in_dims] * len(args)
    if not isinstance(in_dims, tuple | list):
        raise ValueError(
            f"vmap({name}, in_dims={in_dims}, ...)(<inputs>): expected `in_dims` to be int or a "
            "(potentially nested) tuple matching the structure of inputs, got: "
            f"{type(in_dims)}."
        )
    if len(in_dims) != len(args):
        raise ValueError(
            f"vmap({name}, in_dims={in_dims}, ...)(<inputs>): in_dims is not compatible with the "
            f"structure of `inputs`. in_dims has structure {trees.described(tuple(in_dims))} but "
            f"inputs has structure {trees.described(args)}."
        )
    return list(in_dims)


def _mapped(function: Callable[[Any, int], Any], tree: Any, dims: Any) -> Any:
    """The tree with `function` applied to its leaves and the axes that they are mapped over."""
    if isinstance(dims, dict):
        return {k: v if dims[k] is None else _mapped(function, v, dims[k]) for k, v in tree.items()}
    if isinstance(dims, tuple | list):
        found = [
            x if d is None else _mapped(function, x, d) for x, d in zip(tree, dims, strict=True)
        ]
        return found if isinstance(tree, list) else tuple(found)
    return trees.mapped(lambda x: function(x, dims), tree)


def _size(name: str, in_dims: Any, args: tuple[Any, ...], dims: list[Any]) -> int:
    """The common length of the mapped axes."""
    start = f"vmap({name}, in_dims={in_dims}, ...)(<inputs>): "
    sizes: dict[int, None] = {}

    def see(x: Any, d: int) -> None:
        if not isinstance(x, Tensor):
            raise ValueError(
                f"{start}Got in_dim={d} for an input but the input is of type {type(x)}. We cannot "
                "vmap over non-Tensor arguments, please use None as the respective in_dim"
            )
        if not -x.ndim <= d < x.ndim:
            raise ValueError(
                f"{start}Got in_dim={d} for some input, but that input is a Tensor of "
                f"dimensionality {x.ndim} so expected in_dim to satisfy "
                f"-{x.ndim} <= in_dim < {x.ndim}."
            )
        sizes[x.node.shape[d]] = None

    for a, d in zip(args, dims, strict=True):
        if d is not None:
            _mapped(see, a, d)
    if not sizes:
        raise ValueError("vmap: Expected at least one Tensor to vmap over")
    if len(sizes) > 1:
        raise ValueError(
            "vmap: Expected all tensors to have the same size in the mapped dimension, got sizes "
            f"{list(sizes)} for the mapped dimension"
        )
    return next(iter(sizes))


def _slicing(index: int) -> Callable[[Any, int], Any]:
    return lambda x, dim: resolved("select")(x, dim, index)
