"""Recurrent layers: cells, and layers of them over time, in one or both directions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from diffcli.eager.functions import functional, resolved
from diffcli.eager.grad_fn import renamed
from diffcli.eager.nn.module import Module
from diffcli.eager.nn.parameter import drawn
from diffcli.eager.tensor import Tensor

Weights = list[Any]
"""weight_ih, weight_hh, bias_ih, bias_hh (None without), and weight_hr where there is one."""


def _gates(x: Any, h: Any, weights: Weights) -> tuple[Any, Any]:
    linear = functional("linear")
    return linear(x, weights[0], weights[2]), linear(h, weights[1], weights[3])


def _plain(activation: str) -> Callable[..., Any]:
    def step(x: Any, state: tuple[Any, ...], weights: Weights) -> tuple[Any, ...]:
        a, b = _gates(x, state[0], weights)
        return (resolved(activation)(a + b),)

    return step


def _lstm(x: Any, state: tuple[Any, ...], weights: Weights) -> tuple[Any, ...]:
    """Hochreiter and Schmidhuber, 1997, with gates in the order that PyTorch has."""
    sigmoid, tanh = resolved("sigmoid"), resolved("tanh")
    a, b = _gates(x, state[0], weights)
    i, f, g, o = resolved("chunk")(a + b, 4, -1)
    c = sigmoid(f) * state[1] + sigmoid(i) * tanh(g)
    h = sigmoid(o) * tanh(c)
    return (functional("linear")(h, weights[4]) if len(weights) > 4 else h), c


def _gru(x: Any, state: tuple[Any, ...], weights: Weights) -> tuple[Any, ...]:
    """Cho et al., 2014, the reset gate behind the product as PyTorch has it."""
    sigmoid, tanh, chunk = resolved("sigmoid"), resolved("tanh"), resolved("chunk")
    a, b = _gates(x, state[0], weights)
    (r, z, n), (hr, hz, hn) = chunk(a, 3, -1), chunk(b, 3, -1)
    z = sigmoid(z + hz)
    n = tanh(n + sigmoid(r + hr) * hn)
    return (n + z * (state[0] - n),)


STEPS = {"RNN_TANH": _plain("tanh"), "RNN_RELU": _plain("relu"), "LSTM": _lstm, "GRU": _gru}
"""From an input, a state and weights to the next state."""

GATES = {"RNN_TANH": 1, "RNN_RELU": 1, "LSTM": 4, "GRU": 3}


def _zeros(x: Tensor, *shape: int) -> Any:
    from diffcli.eager.types import torch_type

    return resolved("zeros")(shape, dtype=torch_type(x.node.dtype))


# ----- cells --------------------------------------------------------------------------------------


class Cell(Module):
    """One step of time."""

    mode: str

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        rows = GATES[self.mode] * hidden_size
        bound = 1 / math.sqrt(hidden_size) if hidden_size else 0.0
        self.weight_ih = drawn((rows, input_size), bound, dtype)
        self.weight_hh = drawn((rows, hidden_size), bound, dtype)
        self.bias_ih = drawn((rows,), bound, dtype) if bias else None
        self.bias_hh = drawn((rows,), bound, dtype) if bias else None

    def forward(self, input: Tensor, hx: Any = None) -> Any:
        """The next state: of a cell that has two parts, both."""
        if input.ndim not in (1, 2):
            raise ValueError(
                f"{type(self).__name__}: Expected input to be 1D or 2D, got {input.ndim}D instead"
            )
        pair = self.mode == "LSTM"
        if hx is None:
            zeros = _zeros(input, *input.node.shape[:-1], self.hidden_size)
            hx = (zeros, zeros) if pair else zeros
        state = tuple(hx) if pair else (hx,)
        single = input.ndim == 1
        if single:
            unsqueeze = resolved("unsqueeze")
            input, state = unsqueeze(input, 0), tuple(unsqueeze(x, 0) for x in state)
        weights = [self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh]
        found = STEPS[self.mode](input, state, weights)
        if single:
            found = tuple(resolved("squeeze")(x, 0) for x in found)
        return found if pair else found[0]

    def extra_repr(self) -> str:
        """Sizes, and what is not as usual."""
        text = f"{self.input_size}, {self.hidden_size}"
        text += "" if self.bias else f", bias={self.bias}"
        return text + (", nonlinearity=relu" if self.mode == "RNN_RELU" else "")


class RNNCell(Cell):
    """tanh or relu of a linear function of input and state."""

    mode = "RNN_TANH"
    nonlinearity: str

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, device, dtype)
        self.nonlinearity = nonlinearity
        if f"RNN_{nonlinearity.upper()}" not in GATES:
            raise RuntimeError(f"Unknown nonlinearity: {nonlinearity}")
        self.mode = f"RNN_{nonlinearity.upper()}"


class LSTMCell(Cell):
    """Long short-term memory."""

    mode = "LSTM"


class GRUCell(Cell):
    """A gated recurrent unit."""

    mode = "GRU"


# ----- layers over time ---------------------------------------------------------------------------


class Recurrent(Module):
    """Layers of cells, each on the outputs of the one before, in one or both directions."""

    mode: str

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout = bias, batch_first, float(dropout)
        self.bidirectional, self.proj_size = bidirectional, proj_size
        if not 0 <= dropout <= 1:
            raise ValueError(
                "dropout should be a number in range [0, 1] representing the probability of an "
                "element being zeroed"
            )
        for name, size in (("hidden_size", hidden_size), ("num_layers", num_layers)):
            if size <= 0:
                raise ValueError(f"{name} must be greater than zero")
        bound = 1 / math.sqrt(hidden_size)
        for suffix, shapes in self._shapes():
            for name, shape in shapes.items():
                setattr(self, f"{name}_{suffix}", drawn(shape, bound, dtype))

    def _suffixes(self) -> list[str]:
        ways = ("", "_reverse") if self.bidirectional else ("",)
        return [f"l{layer}{way}" for layer in range(self.num_layers) for way in ways]

    def _shapes(self) -> Any:
        """The shapes of weights, by the names of layers and directions."""
        rows, ways = GATES[self.mode] * self.hidden_size, 1 + self.bidirectional
        state = self.proj_size or self.hidden_size
        for k, suffix in enumerate(self._suffixes()):
            size = self.input_size if k < ways else state * ways
            shapes = {"weight_ih": (rows, size), "weight_hh": (rows, state)}
            if self.bias:
                shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}  # type: ignore[dict-item]
            if self.proj_size:
                shapes["weight_hr"] = (state, self.hidden_size)
            yield suffix, shapes

    def flatten_parameters(self) -> None:
        """Nothing: there is no memory to arrange."""

    def forward(self, input: Tensor, hx: Any = None) -> Any:
        """The outputs at all times, and the last state of each layer and direction."""
        if input.ndim not in (2, 3):
            raise ValueError(
                f"{type(self).__name__}: Expected input to be 2D or 3D, got {input.ndim}D "
                + ("tensor instead" if self.mode.startswith("RNN") else "instead")
            )
        if input.ndim == 2:
            return self._unbatched(input, hx)
        axis = 1 if self.batch_first else 0
        if input.node.shape[-1] != self.input_size:
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got "
                f"{input.node.shape[-1]}"
            )
        pair = self.mode == "LSTM"
        start = self._start(input, hx, input.node.shape[1 - axis])
        x: Any = resolved("transpose")(input, 0, 1) if axis else input
        finals = []
        ways = 1 + self.bidirectional
        for layer in range(self.num_layers):
            found = [self._pass(x, layer * ways + way, start, bool(way)) for way in range(ways)]
            outputs = [resolved("stack")(y, 0) for y, _ in found]
            x = resolved("cat")(outputs, -1) if self.bidirectional else outputs[0]
            finals += [last for _, last in found]
            if self.dropout and layer + 1 < self.num_layers:
                x = functional("dropout")(x, self.dropout, self.training)
        state = tuple(resolved("stack")(list(part)) for part in zip(*finals, strict=True))
        if axis:
            x = resolved("transpose")(x, 0, 1)
            if x.node.tracked and not pair:
                renamed(x.node, "transpose:1")
        return x, state if pair else state[0]

    def _unbatched(self, input: Tensor, hx: Any) -> Any:
        """One sequence, as a batch of one."""
        unsqueeze, squeeze, pair = resolved("unsqueeze"), resolved("squeeze"), self.mode == "LSTM"
        if hx is not None:
            hx = tuple(unsqueeze(h, 1) for h in hx) if pair else unsqueeze(hx, 1)
        axis = 0 if self.batch_first else 1
        y, state = self.forward(unsqueeze(input, axis), hx)
        last = tuple(squeeze(h, 1) for h in state) if pair else squeeze(state, 1)
        return squeeze(y, axis), last

    def _start(self, input: Tensor, hx: Any, batch: int) -> list[tuple[Any, ...]]:
        """The first state of each layer and direction."""
        count, pair = len(self._suffixes()), self.mode == "LSTM"
        size = self.proj_size or self.hidden_size
        if hx is None:
            hidden = _zeros(input, count, batch, size)
            hx = (hidden, _zeros(input, count, batch, self.hidden_size)) if pair else hidden
        parts = tuple(hx) if pair else (hx,)
        wanted = (count, batch, size)
        if parts[0].node.shape != wanted:
            what = "hidden[0]" if pair else "hidden"
            raise RuntimeError(f"Expected {what} size {wanted}, got {list(parts[0].node.shape)}")
        return list(zip(*(resolved("unbind")(part, 0) for part in parts), strict=True))

    def _pass(self, x: Any, place: int, start: Any, back: bool) -> tuple[list[Any], Any]:
        """The outputs of one layer in one direction, in order of time, and its last state."""
        suffix = self._suffixes()[place]
        names = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
        weights = [self.__dict__.get(f"{name}_{suffix}") for name in names]
        if self.proj_size:
            weights.append(self.__dict__[f"weight_hr_{suffix}"])
        state, outputs = start[place], []
        steps = list(resolved("unbind")(x, 0))
        for now in steps[::-1] if back else steps:
            state = STEPS[self.mode](now, state, weights)
            outputs.append(state[0])
        return outputs[::-1] if back else outputs, state

    def extra_repr(self) -> str:
        """Sizes, and what is not as usual."""
        text = f"{self.input_size}, {self.hidden_size}"
        text += f", proj_size={self.proj_size}" if self.proj_size else ""
        usual = {"num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0}
        for name, value in {**usual, "bidirectional": False}.items():
            if getattr(self, name) != value:
                text += f", {name}={getattr(self, name)}"
        return text


class RNN(Recurrent):
    """tanh or relu of a linear function of input and state."""

    mode = "RNN_TANH"
    nonlinearity: str

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(input_size, hidden_size, num_layers, *args, **kwargs)
        self.nonlinearity = nonlinearity
        if f"RNN_{nonlinearity.upper()}" not in GATES:
            raise ValueError(
                f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'."
            )
        self.mode = f"RNN_{nonlinearity.upper()}"


class LSTM(Recurrent):
    """Long short-term memory."""

    mode = "LSTM"


class GRU(Recurrent):
    """A gated recurrent unit."""

    mode = "GRU"


RECURRENT = (RNN, LSTM, GRU, RNNCell, LSTMCell, GRUCell)
