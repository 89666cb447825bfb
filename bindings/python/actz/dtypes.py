"""Element types: the library's words, numpy's and torch's types. Importing this does not import torch.

numpy has no bfloat16. Its bits travel as uint16 in arrays whose dtype is `actz.bfloat16`: numpy takes that for uint16,
and views, slices and copies of such an array keep the mark, so that it is saved as bf16 again. Arrays of the package
ml_dtypes are taken, too.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Optional

import numpy as np

from .errors import BadArgumentError

if TYPE_CHECKING:
    import torch

#: uint16, marked as the bits of bfloat16.
bfloat16: np.dtype = np.dtype(np.uint16, metadata={"actz": "bf16"})  # type: ignore[call-overload]

#: Ids of the C interface by the words of the command line.
IDS: dict[str, int] = {
    "bool": 1, "u8": 2, "i8": 3, "u16": 4, "i16": 5, "u32": 6, "i32": 7, "u64": 8, "i64": 9,
    "f16": 16, "bf16": 17, "f32": 18, "f64": 19,
}  # fmt: skip
NAMES: dict[int, str] = {number: name for name, number in IDS.items()}

_NUMPY: dict[str, np.dtype] = {
    "bool": np.dtype(np.bool_), "u8": np.dtype(np.uint8), "i8": np.dtype(np.int8), "u16": np.dtype("<u2"),
    "i16": np.dtype("<i2"), "u32": np.dtype("<u4"), "i32": np.dtype("<i4"), "u64": np.dtype("<u8"),
    "i64": np.dtype("<i8"), "f16": np.dtype("<f2"), "bf16": bfloat16, "f32": np.dtype("<f4"), "f64": np.dtype("<f8"),
}  # fmt: skip
_OF_NUMPY: dict[str, str] = {dtype.str.lstrip("<|="): name for name, dtype in _NUMPY.items() if name != "bf16"}
_TORCH: dict[str, str] = {
    "bool": "bool", "u8": "uint8", "i8": "int8", "i16": "int16", "i32": "int32", "i64": "int64",
    "f16": "float16", "bf16": "bfloat16", "f32": "float32", "f64": "float64",
    "u16": "uint16", "u32": "uint32", "u64": "uint64",  # torch 2.3 and later
}  # fmt: skip


def numpy_dtype(name: str) -> np.dtype:
    """The numpy type of a word such as "f32"; `bfloat16` for "bf16". Errors: BadArgumentError."""
    if name not in _NUMPY:
        raise BadArgumentError(f"no such element type: {name!r}")
    return _NUMPY[name]


def name_of_numpy(dtype: np.dtype) -> str:
    """The word for a numpy type. Errors: BadArgumentError for types that files cannot hold."""
    marks: Any = dtype.metadata or {}
    if marks.get("actz") == "bf16" or dtype.name == "bfloat16":
        return "bf16"
    name = _OF_NUMPY.get(dtype.str[1:] if dtype.str[0] in "<>|=" else dtype.str)
    if name is None or dtype.fields is not None:
        raise BadArgumentError(f"files cannot hold elements of type {dtype}")
    return name


def dtype_name(array: Any) -> str:
    """The word for the elements of a numpy array or torch tensor: "f32", "bf16", ..."""
    if is_torch(array):
        return name_of_torch(array.dtype)
    return name_of_numpy(np.asarray(array).dtype)


def is_torch(value: object) -> bool:
    """True for torch tensors. Does not import torch: what is not imported has made no tensor."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def name_of_torch(dtype: "torch.dtype") -> str:
    """The word for a torch type. Errors: BadArgumentError."""
    word = str(dtype).rpartition(".")[2]
    for name, torch_name in _TORCH.items():
        if word == torch_name:
            return name
    raise BadArgumentError(f"files cannot hold elements of type {dtype}")


def torch_dtype(name: str) -> "torch.dtype":
    """The torch type of a word. Imports torch. Errors: BadArgumentError where this torch has none."""
    import torch

    dtype: Optional["torch.dtype"] = getattr(torch, _TORCH[name], None)
    if dtype is None:
        raise BadArgumentError(f"torch {torch.__version__} has no tensors of {name}")
    return dtype


def bf16_to_f32(bits: np.ndarray) -> np.ndarray:
    """float32 of the same shape from the bits of bfloat16 (uint16); exact."""
    return (np.asarray(bits).view(np.uint16).astype(np.uint32) << 16).view(np.float32)


def f32_to_bf16(values: np.ndarray) -> np.ndarray:
    """The nearest bfloat16, ties to even, of each float32, as an array of dtype `bfloat16`. NaN stays NaN."""
    values = np.ascontiguousarray(values, dtype=np.float32)
    bits = values.view(np.uint32)
    rounded = ((bits + np.uint32(0x7FFF) + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
    quiet = ((bits >> 16) | 0x40).astype(np.uint16)
    return np.where(np.isnan(values), quiet, rounded).astype(np.uint16).view(bfloat16)
