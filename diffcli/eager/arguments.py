"""Arguments of functions of PyTorch: what a definition takes, and PyTorch's words for the rest."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from types import NoneType
from typing import Any

from diffcli.eager.errors import translated
from diffcli.eager.tensor import Tensor
from diffcli.eager.unsuited import Unsuited, kind_of
from diffcli.errors import DiffcliError
from diffcli.ops.arguments import Misfit, Signature

Function = Callable[..., Any]
Operand = Tensor | bool | int | float | complex
"""A tensor, or a number that stands for one without axes."""

CHECKED: dict[str, Any] = {
    "Tensor": Tensor,
    "Tensor | None": (Tensor, NoneType),
    "Operand": Operand,
}
"""Annotations of parameters that take nothing else."""

NUMPY = {"axis": ("dim",), "keepdims": ("keepdim",), "x2": ("other",)}
"""NumPy's names of arguments that PyTorch takes -> its own."""

FIRST = {"Tensor": ("input", "x", "a", "x1"), "Operand": ("input", "self", "x", "a", "x1")}
"""Annotations of the first parameter -> all names that PyTorch takes for it."""

SHOWN = {(0, "x"): "input", (0, "t"): "input", (0, "a"): "input", (1, "y"): "other"}
"""Names of operands in short definitions and in rows, by place -> PyTorch's."""

OVERLOADED = frozenset(
    """
    addbmm addmm addmv addr all any arange argsort baddbmm bernoulli bitwise_and
    bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor bucketize clamp clamp_max
    clamp_min copysign count_nonzero cumulative_trapezoid dsplit eq eye float_power floor_divide
    fmod ge gradient gt hsplit index_fill isin le lerp linalg_matrix_norm linalg_norm linspace
    logspace lt masked_fill max mean median min movedim nanmedian nanquantile narrow ne normal pow
    prod quantile rand randint randn randperm remainder repeat_interleave round rsub scatter
    searchsorted sort squeeze std std_mean sum tensor_split trapezoid var var_mean view vsplit
    where xlogy
    """.split()
)
"""Functions with several signatures: PyTorch only says that none of them fits."""

PYTHON = frozenset(
    """
    adaptive_avg_pool2d adaptive_avg_pool3d binary_cross_entropy block_diag broadcast_shapes
    broadcast_tensors cartesian_prod chain_matmul cross_entropy elu gaussian_nll_loss
    gumbel_softmax hardsigmoid hardswish hardtanh huber_loss interpolate l1_loss leaky_relu
    meshgrid mish mse_loss nll_loss normalize relu6 silu smooth_l1_loss soft_margin_loss
    """.split()
)
"""Functions that PyTorch has written in Python, whose words those of Python are."""


def checked(name: str, define: Function, method: bool = False) -> Function:
    """A definition that takes NumPy's names of arguments too, and errs in PyTorch's words.

    The positions of a method are counted without its tensor.
    """
    code, written = define.__code__, define.__annotations__
    names = code.co_varnames[: code.co_argcount]
    own = frozenset(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
    kinds = [(i, key, CHECKED.get(written.get(key, ""))) for i, key in enumerate(names)]
    tensors = [(i, key, kind) for i, key, kind in kinds if kind is not None]
    first = FIRST.get(written.get(names[0], ""), ()) if names else ()
    same = {**NUMPY, **dict.fromkeys(first, names[:1])}
    takes = Arguments(name, lambda: Signature(define, same), tensors, method)

    def apply(*args: Any, **keywords: Any) -> Any:
        if keywords and not own.issuperset(keywords):
            args, keywords = takes.bound(args, keywords)
        for i, key, kind in tensors:
            if not isinstance(args[i] if i < len(args) else keywords.get(key), kind):
                takes.verify(args, keywords)
        try:
            return define(*args, **keywords)
        except Unsuited as words:
            raise TypeError(f"{name}(){words}") from None
        except TypeError:
            takes.verify(args, keywords)
            raise
        except DiffcliError as error:
            raise translated(error) from None

    apply.__name__ = apply.__qualname__ = name
    apply.__doc__ = define.__doc__
    apply.__wrapped__ = define  # type: ignore[attr-defined]
    return apply


class Arguments:
    """What a function takes: its signature, and which of its parameters are tensors."""

    def __init__(
        self,
        name: str,
        signature: Callable[[], Signature],
        tensors: list[tuple[int, str, Any]],
        method: bool = False,
    ) -> None:
        self.name = name
        self._signature = signature
        self.tensors = tensors
        self.method = method

    @cached_property
    def signature(self) -> Signature:
        """The parameters, read when they are asked for."""
        return self._signature()

    def bound(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Arguments by position, and the rest by the names of parameters; raises TypeError."""
        try:
            return self.signature.bind(args, keywords)
        except Misfit as misfit:
            words = f"{self.name}() {self._words(misfit)}"
            raise self._error(words, args, keywords) from None

    def verify(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> None:
        """Raise PyTorch's TypeError for arguments that do not fit."""
        given, _ = self.bound(args, keywords)
        for i, key, kind in self.tensors:
            if i < len(given) and not isinstance(given[i], kind):
                place = f" (position {i + 1 - self.method})" if i < len(args) else ""
                words = (
                    f"{self.name}(): argument '{self._shown(key)}'{place} must be Tensor, not "
                    f"{kind_of(given[i])}"
                )
                raise self._error(words, args, keywords)

    def _error(self, words: str, args: tuple[Any, ...], keywords: dict[str, Any]) -> TypeError:
        if self.method and len(self.signature.parameters) == 1:
            given = f"arguments ({len(args) - 1} given)" if args[1:] else "keyword arguments"
            return TypeError(f"TensorBase.{self.name}() takes no {given}")
        several = self.name in OVERLOADED
        return invalid(self.name, args[self.method :], keywords) if several else TypeError(words)

    def _words(self, misfit: Misfit) -> str:
        if misfit.many:
            n, given = len(self.signature.order) - self.method, misfit.many - self.method
            least = len(self.signature.required) - self.method
            takes = f"{n}" if n == least else f"from {least} to {n}"
            return f"takes {takes} positional argument{'s' * (n != 1)} but {given} were given"
        if misfit.missing:
            n, names = len(misfit.missing), [f'"{self._shown(key)}"' for key in misfit.missing]
            return f"missing {n} required positional argument{'s' * (n == 1)}: {', '.join(names)}"
        for keyword, name in misfit.twice.items():
            if keyword == name:
                return f"got multiple values for argument '{name}'"
        return f"got an unexpected keyword argument '{[*misfit.unexpected, *misfit.twice][0]}'"

    def _shown(self, name: str) -> str:
        """PyTorch's name of a parameter."""
        order = self.signature.order
        return SHOWN.get((order.index(name), name), name) if name in order else name


def invalid(name: str, args: tuple[Any, ...], keywords: dict[str, Any]) -> TypeError:
    """PyTorch's error for arguments that fit none of the ways to call a function."""
    words = [kind_of(x) for x in args]
    words += [f"{key}={kind_of(x)}" for key, x in keywords.items()]
    # PyTorch writes a comma after keywords where nothing stands before them
    given = ", ".join(words) + (", " if keywords and not args else "")
    return TypeError(
        f"{name}() received an invalid combination of arguments - got ({given}), but expected "
        "one of:"
    )
