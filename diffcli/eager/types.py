"""PyTorch's number types as values of a program, and their names."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcli.eager.promotion import DType
from diffcli.eager.unsuited import Unsuited


class TorchType:
    """A number type; `numpy` is what arrays of it hold."""

    __slots__ = ("aliases", "name", "numpy", "storage")

    def __init__(self, name: str, numpy: Any, storage: str, aliases: tuple[str, ...] = ()) -> None:
        self.name = name
        self.numpy = np.dtype(numpy)
        self.storage = storage
        self.aliases = aliases

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    @property
    def is_floating_point(self) -> bool:
        """Whether values are real numbers."""
        return bool(self.numpy.kind == "f")

    @property
    def is_complex(self) -> bool:
        """Whether values are complex numbers."""
        return bool(self.numpy.kind == "c")

    @property
    def itemsize(self) -> int:
        """Bytes of an element."""
        return int(self.numpy.itemsize)


TYPES = (
    TorchType("float32", np.float32, "Float", ("float",)),
    TorchType("float64", np.float64, "Double", ("double",)),
    TorchType("float16", np.float16, "Half", ("half",)),
    TorchType("int64", np.int64, "Long", ("long",)),
    TorchType("int32", np.int32, "Int", ("int",)),
    TorchType("int16", np.int16, "Short", ("short",)),
    TorchType("int8", np.int8, "Char"),
    TorchType("uint8", np.uint8, "Byte"),
    TorchType("bool", np.bool_, "Bool"),
    TorchType("complex64", np.complex64, "ComplexFloat", ("cfloat",)),
    TorchType("complex128", np.complex128, "ComplexDouble", ("cdouble",)),
)
BY_NUMPY: dict[DType, TorchType] = {t.numpy: t for t in TYPES}
BY_NAME: dict[str, TorchType] = {name: t for t in TYPES for name in (t.name, *t.aliases)}


def torch_type(dtype: DType) -> TorchType:
    """The type of a program for a NumPy one; types that PyTorch lacks become the next wider."""
    found = BY_NUMPY.get(dtype)
    if found is None:
        found = BY_NUMPY[np.promote_types(dtype, np.int64 if dtype.kind in "iu" else dtype)]
    return found


PYTHON_TYPES = {float: "float64", int: "int64", bool: "bool", complex: "complex128"}


def number_type(dtype: Any) -> TorchType:
    """The type that an argument names: one of PyTorch's or Python's; raises Unsuited."""
    if isinstance(dtype, TorchType):
        return dtype
    if isinstance(dtype, type) and dtype in PYTHON_TYPES:
        return BY_NAME[PYTHON_TYPES[dtype]]
    raise Unsuited(f": argument 'dtype' must be torch.dtype, not {type(dtype).__name__}")


class TensorType(type):
    """`torch.FloatTensor` and the like: tensors of one number type."""

    number_type: TorchType

    def __call__(cls, *args: Any) -> Any:
        """Tensors of sizes, or of data."""
        from diffcli.eager.constructors import legacy

        return legacy(cls.number_type)(*args)

    def __instancecheck__(cls, value: Any) -> bool:
        return getattr(value, "dtype", None) is cls.number_type


def _tensor_type(kind: TorchType) -> TensorType:
    name = f"{kind.storage}Tensor"
    return TensorType(name, (), {"__module__": "torch", "number_type": kind})


TENSOR_TYPES = {f"{t.storage}Tensor": _tensor_type(t) for t in TYPES if t.numpy.kind != "c"}


def long_name(dtype: DType) -> str:
    """`Float`, `Long`: as error messages have it."""
    return torch_type(dtype).storage


def type_name(dtype: DType) -> str:
    """`torch.FloatTensor`: what `Tensor.type()` gives."""
    return f"torch.{long_name(dtype)}Tensor"


class Constant:
    """A value that only has a name, as `torch.strided`."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


STRIDED = Constant("torch.strided")
CONTIGUOUS = Constant("torch.contiguous_format")
PRESERVE = Constant("torch.preserve_format")
CHANNELS_LAST = Constant("torch.channels_last")
