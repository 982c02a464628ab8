"""Tensors: nodes that carry their values, with the semantics of PyTorch's autograd."""

from diffcli.tensor import operators as operators
from diffcli.tensor.tensor import Tensor as Tensor
