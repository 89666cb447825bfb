"""Tensors of numpy, torch and others as borrowed memory, and memory for decoded ones."""

from __future__ import annotations

import ctypes as c
from typing import Any, Optional, Sequence

import numpy as np

from . import _structs as s
from .dtypes import IDS, is_torch, name_of_numpy, name_of_torch, numpy_dtype, torch_dtype
from .errors import BadArgumentError


class BorrowedArray:
    """A tensor's memory, as the C interface takes it. The tensor stays alive with this object."""

    def __init__(self, tensor: Any, dtype: Optional[str] = None) -> None:
        """
        Args:
            tensor: numpy array, torch tensor, anything with DLPack or that numpy makes an array of. It is copied only
                if it does not lie in C order, little-endian, in the memory of the host.
            dtype: word for the elements, if it is not what the tensor says: "bf16" for uint16 with those bits.

        Raises:
            BadArgumentError: files cannot hold such elements, or `dtype` is of another size.
        """
        name, shape, address, byte_count = self._borrow_torch(tensor) if is_torch(tensor) else self._borrow(tensor)
        if dtype is not None and dtype != name:
            if numpy_dtype(dtype).itemsize != numpy_dtype(name).itemsize:
                raise BadArgumentError(f"elements of {name} are not those of {dtype}")
            name = dtype
        self.dtype = name
        self.shape: tuple[int, ...] = shape
        self._extents = (c.c_uint64 * len(shape))(*shape)
        self.struct = s.Array(
            dtype=IDS[name], rank=len(shape), shape=self._extents, elements=address, byte_count=byte_count
        )

    def _borrow(self, tensor: Any) -> tuple[str, tuple[int, ...], int, int]:
        if not isinstance(tensor, np.ndarray) and hasattr(tensor, "__dlpack__"):
            try:
                tensor = np.from_dlpack(tensor)
            except (BufferError, RuntimeError, TypeError) as error:
                raise BadArgumentError(f"cannot take the tensor by DLPack: {error}") from error
        array = np.asarray(tensor)
        name = name_of_numpy(array.dtype)
        shape = array.shape
        if name == "bf16":
            array = array.view(np.uint16)
        array = np.require(array, dtype=array.dtype.newbyteorder("<"), requirements=["C", "A"])
        self._alive: object = array
        return name, shape, array.ctypes.data, array.nbytes

    def _borrow_torch(self, tensor: Any) -> tuple[str, tuple[int, ...], int, int]:
        tensor = tensor.detach().cpu().contiguous()
        if tensor.is_conj() or tensor.is_neg():  # lazy views: their memory holds something else
            tensor = tensor.resolve_conj().resolve_neg()
        self._alive = tensor
        name = name_of_torch(tensor.dtype)
        return name, tuple(tensor.shape), tensor.data_ptr(), tensor.numel() * tensor.element_size()


def array_list(arrays: Sequence[BorrowedArray]) -> "c.Array[s.Array]":
    """The structs one after another."""
    return (s.Array * len(arrays))(*(array.struct for array in arrays))


def address_of(buffer: Any) -> tuple[int, int, object]:
    """Address and length in bytes of anything with the buffer protocol, and what keeps it alive."""
    view = np.frombuffer(buffer, dtype=np.uint8)
    return view.ctypes.data, view.nbytes, view


def empty(dtype: str, shape: Sequence[int], framework: str) -> Any:
    """Memory for decoded elements: a numpy array ("np") or a torch tensor ("pt") on the host."""
    if framework == "np":
        return np.empty(shape, numpy_dtype(dtype))
    import torch

    return torch.empty(tuple(shape), dtype=torch_dtype(dtype))


def address_of_elements(array: Any) -> int:
    return array.data_ptr() if is_torch(array) else array.ctypes.data


def check_framework(framework: str) -> str:
    """"np" or "pt", also by their longer names. Errors: BadArgumentError."""
    names = {"np": "np", "numpy": "np", "pt": "pt", "torch": "pt", "pytorch": "pt"}
    if framework not in names:
        raise BadArgumentError(f"framework is 'np' or 'pt', not {framework!r}")
    return names[framework]


