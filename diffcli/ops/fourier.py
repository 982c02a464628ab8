"""Rows of the discrete Fourier transforms, convolution, and the windows used with them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node, Shape
from diffcli.graph.shapes import axis_index, axis_tuple, broadcast, shape_tuple, show
from diffcli.ops.constructors import MADE, _array, _checked, _size
from diffcli.ops.kinds import Bilinear, General, Linear, composite, row
from diffcli.ops.op import Batched
from diffcli.ops.reductions import ordered
from diffcli.ops.table import F, lift


class SignedLinear(Linear):
    """A linear map with coefficients of any sign, so that its transpose is no rule for masks."""

    linear = False


# ----- one axis -----------------------------------------------------------------------------------

NORMS = {"backward": "forward", "ortho": "ortho", "forward": "backward"}
"""The scaling of a transform -> the scaling of the other direction that makes its transpose."""

SPECTRUM: dict[str, Any] = {"category": "Fourier", "method": False}


def _norm(norm: Any) -> str:
    norm = "backward" if norm is None else norm
    if norm not in NORMS:
        raise DiffcliError(
            "bad-argument",
            f"a Fourier transform has no norm {norm!r}",
            hint="write 'backward', 'ortho' or 'forward'",
        )
    return str(norm)


def _fitted(x: Node, n: int, axis: int) -> Node:
    """x cut, or filled up with zeros, to n elements along the axis."""
    have = x.shape[axis]
    if n < have:
        return x[(*(slice(None),) * axis, slice(0, n))]
    if n > have:
        return F.zero_pad(x, tuple((0, n - have if i == axis else 0) for i in range(x.ndim)))
    return x


def _length(n: Any, default: int) -> int:
    count = default if n is None else _size(n, "the number of points")
    if count < 1:
        raise DiffcliError("shape", f"a Fourier transform needs at least 1 point, not {count}")
    return count


def _bind(x: Node, n: Any, axis: Any, norm: Any) -> Any:
    i = axis_index(axis, x.ndim)
    n = _length(n, x.shape[i])
    params = {"axis": i} if _norm(norm) == "backward" else {"axis": i, "norm": norm}
    return (_fitted(x, n, i),), params


def _moved(y: Node, x: tuple[Node, ...], batched: Batched, size: int) -> Node:
    return y.op.apply(x, {**y.params, "axis": y.params["axis"] + 1})


def _complex_dtype(x: Node, **_: Any) -> np.dtype[Any]:
    return np.result_type(x.dtype, np.complex64)


def _transform(name: str, back: str) -> dict[str, Any]:
    return {
        "evaluate": lambda xp, x, axis, norm="backward": getattr(xp.fft, name)(
            x, axis=axis, norm=norm
        ),
        "shape": lambda x, axis, norm="": x.shape,
        "dtype": _complex_dtype,
        "pullback": lambda g, y, x, axis, norm="backward": (
            getattr(F, back)(g, None, axis, NORMS[norm]),
        ),
        "batch": _moved,
        "moves": False,
        "examples": (
            f"{name}(x)",
            f"{name}(x, axis=0)",
            f"{name}(v, n=5, norm='ortho')",
            f"{name}(v, n=2, norm='forward')",
        ),
        **SPECTRUM,
    }


@row(SignedLinear, **_transform("fft", "ifft"))
def fft(x: Node, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    """Discrete Fourier transform: sum(x[j]*exp(-2j*pi*j*k/n)) along an axis."""
    return _bind(x, n, axis, norm)


@row(SignedLinear, **_transform("ifft", "fft"))
def ifft(x: Node, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    """Inverse discrete Fourier transform: sum(x[k]*exp(2j*pi*j*k/n))/n along an axis."""
    return _bind(x, n, axis, norm)


def _weighted(x: Node, n: int, axis: int, middle: float) -> Node:
    # a real signal has each frequency twice, but the constant one and (n even) the highest once
    weights = np.full(n // 2 + 1, middle)
    weights[0] = 1
    if n % 2 == 0:
        weights[-1] = 1
    lined = weights.reshape(-1, *(1,) * (x.ndim - axis - 1))
    return x * lift(lined.astype(np.zeros((), x.dtype).real.dtype))


def _rfft_pullback(g: Any, y: Node, x: Node, axis: int, norm: str = "backward") -> tuple[Node]:
    n = x.shape[axis]
    return (F.irfft(_weighted(g, n, axis, 0.5), n, axis, NORMS[norm]),)


@row(
    SignedLinear,
    moves=False,
    evaluate=lambda xp, x, axis, norm="backward": xp.fft.rfft(x, axis=axis, norm=norm),
    shape=lambda x, axis, norm="": (
        *x.shape[:axis],
        x.shape[axis] // 2 + 1,
        *x.shape[axis + 1 :],
    ),
    dtype=_complex_dtype,
    pullback=_rfft_pullback,
    batch=_moved,
    examples=("rfft(x)", "rfft(x, axis=0)", "rfft(v, n=4, norm='ortho')", "rfft(v, 5)"),
    **SPECTRUM,
)
def rfft(x: Node, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    """Fourier transform of real numbers: the n//2 + 1 frequencies from 0 up."""
    return _bind(ordered(x, "rfft"), n, axis, norm)


def _irfft_pullback(
    g: Any, y: Node, x: Node, n: int, axis: int, norm: str = "backward"
) -> tuple[Node]:
    return (_weighted(F.rfft(g, n, axis, NORMS[norm]), n, axis, 2.0),)


@row(
    General,
    kind="linear",
    evaluate=lambda xp, x, n, axis, norm="backward": xp.fft.irfft(x, n, axis, norm),
    shape=lambda x, n, axis, norm="": (*x.shape[:axis], n, *x.shape[axis + 1 :]),
    dtype=lambda x, **_: np.zeros((), _complex_dtype(x)).real.dtype,
    pullback=_irfft_pullback,
    batch=_moved,
    examples=(
        "irfft(x)",
        "irfft(x + 1j*y, n=5)",
        "irfft(x, axis=0)",
        "irfft(v, n=3, norm='ortho')",
        "irfft(v, n=6, norm='forward')",
    ),
    **SPECTRUM,
)
def irfft(x: Node, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    """The n real numbers (2*(m - 1) by default) whose rfft is x; imaginary ends have no effect."""
    i = axis_index(axis, x.ndim)
    n = _length(n, 2 * (x.shape[i] - 1))
    params = {"n": n, "axis": i} if _norm(norm) == "backward" else {"n": n, "axis": i, "norm": norm}
    return (_fitted(x, n // 2 + 1, i),), params


@composite(examples=("hfft(x)", "hfft(v, n=5, norm='ortho')"), **SPECTRUM)
def hfft(x: Node, n: Any = None, axis: int = -1, norm: Any = None) -> Node:
    """Real Fourier transform of a signal with x[-j] = conj(x[j]), given for j >= 0."""
    return F.irfft(F.conj(x), n, axis, NORMS[_norm(norm)])


@composite(examples=("ihfft(x)", "ihfft(v, n=4)"), **SPECTRUM)
def ihfft(x: Node, n: Any = None, axis: int = -1, norm: Any = None) -> Node:
    """Inverse of hfft."""
    return F.conj(F.rfft(x, n, axis, NORMS[_norm(norm)]))


# ----- several axes -------------------------------------------------------------------------------


def _plan(x: Node, s: Any, axes: Any) -> list[tuple[int | None, int]]:
    """Pairs (number of points, axis) of a transform over several axes, in their order."""
    if axes is None:
        count = x.ndim if s is None else len(shape_tuple(s))
        axes = tuple(range(x.ndim - count, x.ndim))
    chosen = [axis_index(a, x.ndim) for a in shape_tuple(axes)]
    sizes: list[int | None] = [None] * len(chosen) if s is None else list(shape_tuple(s))
    if len(sizes) != len(chosen):
        raise DiffcliError("bad-argument", "s and axes must have the same length")
    return list(zip(sizes, chosen, strict=True))


def _each(name: str, x: Node, plan: list[tuple[int | None, int]], norm: Any) -> Node:
    for n, axis in reversed(plan):
        x = getattr(F, name)(x, n, axis, norm)
    return x


@composite(examples=("fftn(B)", "fftn(x, s=(3, 4), norm='ortho')"), **SPECTRUM)
def fftn(x: Node, s: Any = None, axes: Any = None, norm: Any = None) -> Node:
    """Fourier transform over several axes (all by default)."""
    return _each("fft", x, _plan(x, s, axes), norm)


@composite(examples=("ifftn(B)", "ifftn(x, axes=(0, 1), norm='forward')"), **SPECTRUM)
def ifftn(x: Node, s: Any = None, axes: Any = None, norm: Any = None) -> Node:
    """Inverse Fourier transform over several axes (all by default)."""
    return _each("ifft", x, _plan(x, s, axes), norm)


@composite(examples=("rfftn(B)", "rfftn(x, s=(3, 4))"), **SPECTRUM)
def rfftn(x: Node, s: Any = None, axes: Any = None, norm: Any = None) -> Node:
    """Fourier transform of real numbers over several axes, the last of them halved."""
    *rest, (n, axis) = _plan(x, s, axes)
    return _each("fft", F.rfft(x, n, axis, norm), rest, norm)


@composite(examples=("irfftn(B)", "irfftn(x, s=(3, 5), norm='ortho')"), **SPECTRUM)
def irfftn(x: Node, s: Any = None, axes: Any = None, norm: Any = None) -> Node:
    """Inverse of rfftn."""
    *rest, (n, axis) = _plan(x, s, axes)
    return F.irfft(_each("ifft", x, rest, norm), n, axis, norm)


@composite(examples=("fft2(x)",), **SPECTRUM)
def fft2(x: Node, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Node:
    """Fourier transform over two axes, the last ones by default."""
    return F.fftn(x, s, axes, norm)


@composite(examples=("ifft2(x)",), **SPECTRUM)
def ifft2(x: Node, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Node:
    """Inverse Fourier transform over two axes, the last ones by default."""
    return F.ifftn(x, s, axes, norm)


@composite(examples=("rfft2(x)", "rfft2(A, axes=(1, 0))"), **SPECTRUM)
def rfft2(x: Node, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Node:
    """Fourier transform of real numbers over two axes, the last ones by default."""
    return F.rfftn(x, s, axes, norm)


@composite(examples=("irfft2(x)", "irfft2(x, s=(2, 5))"), **SPECTRUM)
def irfft2(x: Node, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Node:
    """Inverse of rfft2."""
    return F.irfftn(x, s, axes, norm)


def _shifted(x: Node, axes: Any, part: Callable[[int], int]) -> Node:
    for i in axis_tuple(axes, x.ndim):
        x = F.roll(x, part(x.shape[i]), i)
    return x


@composite(examples=("fftshift(x)", "fftshift(x, axes=1)"), **SPECTRUM)
def fftshift(x: Node, axes: Any = None) -> Node:
    """Frequency 0 moved to the middle of axes (all by default)."""
    return _shifted(x, axes, lambda n: n // 2)


@composite(examples=("ifftshift(x)", "ifftshift(x, axes=1)"), **SPECTRUM)
def ifftshift(x: Node, axes: Any = None) -> Node:
    """Inverse of fftshift."""
    return _shifted(x, axes, lambda n: -(n // 2))


@composite(examples=("fftfreq(3) * v", "fftfreq(3, s) * v"), **MADE)
def fftfreq(n: Any, d: Any = 1.0) -> Node:
    """Frequencies of fft in cycles per unit of the spacing d."""
    n = _length(n, 1)
    return _spaced(_array(np.fft.fftfreq(n), f"fftfreq({n})"), d)


@composite(examples=("rfftfreq(4) * v", "rfftfreq(5, s) * v"), **MADE)
def rfftfreq(n: Any, d: Any = 1.0) -> Node:
    """Frequencies of rfft in cycles per unit of the spacing d."""
    n = _length(n, 1)
    return _spaced(_array(np.fft.rfftfreq(n), f"rfftfreq({n})"), d)


def _spaced(frequencies: Node, d: Any) -> Node:
    return frequencies if isinstance(d, int | float) and d == 1 else frequencies / lift(d)


# ----- cosine transforms --------------------------------------------------------------------------


def _turn(n: int, axis: int, ndim: int, sign: int) -> Node:
    angle = np.exp(sign * 0.5j * np.pi * np.arange(n) / n)
    return lift(angle.reshape(-1, *(1,) * (ndim - axis - 1)))


def _cosine_scale(n: int, axis: int, ndim: int) -> Node:
    scale = np.full(n, math.sqrt(0.5 / n))
    scale[:1] = math.sqrt(0.25 / n)
    return lift(scale.reshape(-1, *(1,) * (ndim - axis - 1)))


def _same_real(y: Node, x: Node) -> Node:
    return F.astype(y, x.dtype) if x.dtype == np.float32 else y


@composite(examples=("dct(x)", "dct(x, axis=0)", "dct(v, norm='ortho')"), **SPECTRUM)
def dct(x: Node, axis: int = -1, norm: Any = None) -> Node:
    """Cosine transform of type II: 2*sum(x[j]*cos(pi*k*(2*j + 1)/(2*n))), SciPy's scaling."""
    i = axis_index(axis, ordered(x, "dct").ndim)
    n = x.shape[i]
    both = F.fft(F.concatenate([x, F.flip(x, i)], i), None, i)
    y = F.real(_fitted(both, n, i) * _turn(n, i, x.ndim, -1))
    if _cosine_norm(norm) == "ortho":
        y = y * _cosine_scale(n, i, x.ndim)
    return _same_real(y, x)


@composite(examples=("idct(x)", "idct(x, axis=0)", "idct(v, norm='ortho')"), **SPECTRUM)
def idct(x: Node, axis: int = -1, norm: Any = None) -> Node:
    """Inverse of dct."""
    i = axis_index(axis, ordered(x, "idct").ndim)
    n = x.shape[i]
    y = x / _cosine_scale(n, i, x.ndim) if _cosine_norm(norm) == "ortho" else x
    return _same_real(_fitted(F.irfft(y * _turn(n, i, x.ndim, 1), 2 * n, i), n, i), x)


def _cosine_norm(norm: Any) -> Any:
    if norm not in (None, "backward", "ortho"):
        raise DiffcliError("bad-argument", f"a cosine transform has no norm {norm!r}")
    return norm


# ----- convolution --------------------------------------------------------------------------------


def _convolve_full(xp: Any, x: Any, y: Any) -> Any:
    if x.ndim == y.ndim == 1:
        return xp.convolve(x, y)
    lead = np.broadcast_shapes(x.shape[:-1], y.shape[:-1])
    out = xp.empty((*lead, x.shape[-1] + y.shape[-1] - 1), np.result_type(x.dtype, y.dtype))
    x, y = xp.broadcast_to(x, (*lead, x.shape[-1])), xp.broadcast_to(y, (*lead, y.shape[-1]))
    for i in np.ndindex(*lead):
        out[i] = xp.convolve(x[i], y[i])
    return out


def _correlated(g: Any, y: Node, n: int) -> Node:
    """The cotangent of a factor of n elements, from that of the convolution with y."""
    start = y.shape[-1] - 1
    return F.convolve_full(g, F.flip(F.conj(y), y.ndim - 1))[..., start : start + n]


@row(
    Bilinear,
    evaluate=_convolve_full,
    shape=lambda x, y: (
        *broadcast(x.shape[:-1], y.shape[:-1]),
        x.shape[-1] + y.shape[-1] - 1,
    ),
    pullbacks=(
        lambda g, z, x, y: _correlated(g, y, x.shape[-1]),
        lambda g, z, x, y: _correlated(g, x, y.shape[-1]),
    ),
    core=(1, 1),
    category="Fourier",
    arrays=2,
    hidden=True,
)
def convolve_full(x: Node, y: Node) -> Any:
    """sum(x[j]*y[k - j]) along the last axes, wherever they overlap at all."""
    return (x, y), {}


def _overlap(x: Node, y: Node, mode: str, what: str) -> Node:
    for a in (x, y):
        if a.ndim != 1 or a.size == 0:
            raise DiffcliError(
                "shape", f"{what} takes vectors with elements, not the shape {show(a.shape)}"
            )
    full: Node = F.convolve_full(x, y)
    low, high = sorted((x.size, y.size))
    if mode == "same":
        return full[(low - 1) // 2 : (low - 1) // 2 + high]
    if mode == "valid":
        return full[low - 1 : high]
    if mode != "full":
        raise DiffcliError(
            "bad-argument", f"{what} has no mode {mode!r}", hint="write 'full', 'same' or 'valid'"
        )
    return full


@composite(
    category="Fourier",
    arrays=2,
    examples=("convolve(v, w)", "convolve(v, x[0, :2], 'same')", "convolve(v, x[0, :2], 'valid')"),
)
def convolve(x: Node, y: Node, mode: str = "full") -> Node:
    """Convolution of two vectors: sum(x[j]*y[k - j]), NumPy's modes."""
    return _overlap(x, y, mode, "convolve")


@composite(
    category="Fourier",
    arrays=2,
    examples=("correlate(v, w)", "correlate(v, x[0, :2], 'same')", "correlate(v, w, 'full')"),
)
def correlate(x: Node, y: Node, mode: str = "valid") -> Node:
    """Cross-correlation of two vectors: sum(x[j + k]*conj(y[j])), NumPy's modes."""
    if y.ndim == 1 and x.ndim == 1 and x.size < y.size:
        # NumPy exchanges the two and turns the result round, which moves the middle of 'same'
        return F.flip(_overlap(F.flip(x, 0), F.conj(y), mode, "correlate"))
    return _overlap(x, F.flip(F.conj(y)), mode, "correlate")


@composite(
    category="Fourier", arrays=2, examples=("fftconvolve(x, A)", "fftconvolve(v, w, 'same')")
)
def fftconvolve(x: Node, y: Node, mode: str = "full") -> Node:
    """Convolution over all axes by Fourier transforms; 'same' has the shape of x."""
    if x.ndim != y.ndim or mode not in ("full", "same", "valid"):
        raise DiffcliError("bad-argument", "fftconvolve takes arrays with as many axes, and a mode")
    sizes = tuple(n + m - 1 for n, m in zip(x.shape, y.shape, strict=True))
    if "c" in (x.dtype.kind, y.dtype.kind):
        full = F.ifftn(F.fftn(x, sizes) * F.fftn(y, sizes), sizes)
    else:
        full = F.irfftn(F.rfftn(x, sizes) * F.rfftn(y, sizes), sizes)
    if mode == "full":
        return full
    short = [min(n, m) for n, m in zip(x.shape, y.shape, strict=True)]
    if mode == "same":
        keep = x.shape
    else:
        keep = tuple(n + m - 2 * k + 1 for n, m, k in zip(x.shape, y.shape, short, strict=True))
    cuts = [(n - k) // 2 for n, k in zip(sizes, keep, strict=True)]
    return full[tuple(slice(a, a + k) for a, k in zip(cuts, keep, strict=True))]


# ----- windows ------------------------------------------------------------------------------------


def _window_row(name: str, doc: str, aliases: tuple[str, ...] = ()) -> None:
    def make(n: Any) -> Node:
        count: Shape = _checked((_size(n, "the length of a window"),))
        return _array(getattr(np, name)(count[0]), f"{name}({count[0]})")

    make.__name__, make.__doc__ = name, doc
    composite(examples=(f"{name}(3) * v",), aliases=aliases, **MADE)(make)


_window_row("hanning", "Window 0.5 - 0.5*cos(2*pi*k/(n - 1)).", ("hann",))
_window_row("hamming", "Window 0.54 - 0.46*cos(2*pi*k/(n - 1)).")
_window_row("blackman", "Window 0.42 - 0.5*cos(2*pi*k/(n - 1)) + 0.08*cos(4*pi*k/(n - 1)).")
_window_row("bartlett", "Triangular window from 0 over 1 to 0.")


@composite(examples=("kaiser(3, 8.0) * v", "kaiser(3, s) * v"), **MADE)
def kaiser(n: Any, beta: Any) -> Node:
    """Window i0(beta*sqrt(1 - t**2))/i0(beta), t from -1 to 1."""
    count = _checked((_size(n, "the length of a window"),))[0]
    if isinstance(beta, int | float):
        return _array(np.kaiser(count, beta), f"kaiser({count}, {beta})")
    t = np.linspace(-1, 1, count) if count > 1 else np.zeros(count)
    b = lift(beta)
    return F.i0(b * lift(np.sqrt((1 - t) * (1 + t)))) / F.i0(b)
