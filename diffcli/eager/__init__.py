"""Tensors: nodes that carry their values, with the semantics of PyTorch's autograd."""

from diffcli.eager import attributes as attributes
from diffcli.eager import operators as operators
from diffcli.eager.tensor import Tensor as Tensor
