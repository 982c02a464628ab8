"""Nested tuples, lists and dicts of tensors, as arguments and results of transforms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diffcli.eager.results import Fields
from diffcli.eager.tensor import Tensor


def mapped(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """The tree with `function` applied to its leaves, together with those of trees alike."""
    if isinstance(tree, dict):
        return {
            key: mapped(function, item, *(o[key] for o in others)) for key, item in tree.items()
        }
    if isinstance(tree, tuple | list | Fields):
        items = [mapped(function, item, *(o[i] for o in others)) for i, item in enumerate(tree)]
        return items if isinstance(tree, list) else tuple(items)
    return function(tree, *others)


def leaves(tree: Any) -> list[Any]:
    """The leaves of a tree, in order."""
    if isinstance(tree, dict):
        return [leaf for item in tree.values() for leaf in leaves(item)]
    if isinstance(tree, tuple | list | Fields):
        return [leaf for item in tree for leaf in leaves(item)]
    return [tree]


def tensors(tree: Any) -> list[Tensor]:
    """The tensors among the leaves of a tree."""
    return [x for x in leaves(tree) if isinstance(x, Tensor)]


def structure(tree: Any) -> str:
    """`(*, *)`: a tree with a star in the place of each leaf."""
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{k!r}: {structure(v)}" for k, v in tree.items()) + "}"
    if isinstance(tree, tuple | list | Fields):
        inner = ", ".join(map(structure, tree))
        return f"[{inner}]" if isinstance(tree, list) else f"({inner})"
    return "*"


def described(tree: Any) -> str:
    """`TreeSpec(tuple, None, [*])`: a tree as PyTorch's messages have it."""
    if not isinstance(tree, dict | tuple | list | Fields):
        return "*"
    items = list(tree.values()) if isinstance(tree, dict) else list(tree)
    kind = type(tree).__name__ if isinstance(tree, dict | list) else "tuple"
    context = list(tree) if isinstance(tree, dict) else None
    return f"TreeSpec({kind}, {context}, [" + ",\n  ".join(map(described, items)) + "])"
