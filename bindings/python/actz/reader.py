"""Random access to the tensors of a file."""

from __future__ import annotations

import ctypes as c
import operator
import os
import threading
from typing import TYPE_CHECKING, Any, Iterator, Optional

import numpy as np

from . import _native as native
from . import _structs as s
from ._arrays import address_of, address_of_elements, check_framework, empty
from .dtypes import numpy_dtype
from .errors import BadArgumentError, UnknownTensorError
from .inspection import FileInfo, TensorInfo, file_info, tensor_info
from .options import DecodeOptions, NativeDecodeOptions

if TYPE_CHECKING:
    from typing import Unpack


class Reader:
    """An open file. A context manager. Threads may share one; their reads then follow one another, and each read uses
    `threads` threads of its own."""

    def __init__(self, source: Any, *, framework: str = "np", **options: "Unpack[DecodeOptions]") -> None:
        """Reads header, index, tensor headers and models.

        Args:
            source: path; bytes, or anything with the buffer protocol; or a seekable binary file, which stays open.
            framework: what tensors are given as: "np" (numpy) or "pt" (torch).

        Raises:
            FileError, CorruptError, UnsupportedError, LimitExceededError, BadArgumentError (a profile, not a file).
        """
        self._handle: Optional[c.c_void_p] = None
        self._framework = check_framework(framework)
        self._options = NativeDecodeOptions(options)
        self._callbacks = self._options.callbacks
        self._lock = threading.Lock()
        self._source_lock = threading.Lock()
        self._alive: object = source
        self._handle = self._open(source, c.byref(self._options.struct))
        self._tensors = [self._tensor_info(i) for i in range(native.library.actz_reader_tensor_count(self._handle))]
        self._numbers = {tensor.name: number for number, tensor in enumerate(self._tensors)}

    def _open(self, source: Any, options: Any) -> c.c_void_p:
        if isinstance(source, (str, os.PathLike)):
            return native.open_handle(
                "actz_reader_open_path", native.path_bytes(source), options, callbacks=self._callbacks
            )
        if hasattr(source, "read") and hasattr(source, "seek"):
            struct = s.ByteSource(
                size_bytes=source.seek(0, os.SEEK_END), read_at=self._callbacks.wrap(s.READ_AT_FN, self._read_at)
            )
            return native.open_handle(
                "actz_reader_open_source", c.byref(struct), options, callbacks=self._callbacks
            )
        address, byte_count, self._alive = address_of(source)
        return native.open_handle(
            "actz_reader_open_memory", address, byte_count, options, callbacks=self._callbacks
        )

    def _read_at(self, _context: object, offset_bytes: int, address: int, wanted_bytes: int) -> int:
        file: Any = self._alive
        with self._source_lock:
            file.seek(offset_bytes)
            have = 0
            while have < wanted_bytes:
                piece = file.read(wanted_bytes - have)
                if not piece:
                    return 6  # ACTZ_IO: it was longer when it was opened
                c.memmove(address + have, piece, len(piece))
                have += len(piece)
        return 0

    def _tensor_info(self, number: int) -> TensorInfo:
        info = s.TensorInfo()
        native.call("actz_reader_tensor", self._handle, number, c.byref(info))
        return tensor_info(info)

    def close(self) -> None:
        """Nothing can be read afterwards. May be called again."""
        with self._lock:
            handle, self._handle = self._handle, None
            if handle is not None:
                native.library.actz_reader_close(handle)

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_handle", None) is not None and native is not None:
            self.close()

    @property
    def info(self) -> FileInfo:
        """What the file holds."""
        info = s.FileInfo()
        with self._lock:
            native.call("actz_reader_file", self._open_handle(), c.byref(info))
            return file_info(info, self._tensors)

    def metadata(self) -> Optional[dict[str, Any]]:
        """The JSON object that the file was given, or None."""
        return self.info.metadata

    def keys(self) -> list[str]:
        """Names of the tensors, in the order of the file."""
        return [tensor.name for tensor in self._tensors]

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self._tensors)

    def __contains__(self, name: object) -> bool:
        return name in self._numbers

    def tensor(self, name: str) -> TensorInfo:
        """What is known of a tensor. Raises: UnknownTensorError."""
        return self._tensors[self._number(name)]

    def get_tensor(self, name: str) -> Any:
        """A whole tensor, its digest checked. bf16 comes as `actz.bfloat16`, uint16 with those bits, or as
        torch.bfloat16.

        Raises:
            UnknownTensorError, CorruptError, UnsupportedError (the file needs a profile), LimitExceededError,
            FileError.
        """
        tensor = self.tensor(name)
        return self._read(self._number(name), 0, tensor.rows).reshape(tensor.shape)

    def __getitem__(self, name: str) -> Any:
        return self.get_tensor(name)

    def get_slice(self, name: str) -> "TensorSlice":
        """A tensor to be indexed, of which only the chunks are read that hold what is asked for."""
        return TensorSlice(self, self.tensor(name))

    def read_rows(self, name: str, first_row: int, end_row: int, out: Optional[np.ndarray] = None) -> Any:
        """Rows [first_row, end_row), counted over all axes but the channels, of shape (rows, channels).

        Args:
            out: a C-contiguous array of that shape and the tensor's type, to be filled and returned instead of a new
                one. After an error it holds anything.

        Raises:
            BadArgumentError: no such rows, or `out` is not as they are. Others as get_tensor.
        """
        return self._read(self._number(name), first_row, end_row, out)

    def _number(self, name: str) -> int:
        if name not in self._numbers:
            raise UnknownTensorError(f"no tensor is named {name!r}")
        return self._numbers[name]

    def _open_handle(self) -> c.c_void_p:
        if self._handle is None:
            raise BadArgumentError("the file is closed")
        return self._handle

    def _read(self, number: int, first_row: int, end_row: int, out: Any = None) -> Any:
        tensor = self._tensors[number]
        if not 0 <= first_row <= end_row <= tensor.rows:
            raise BadArgumentError("no such rows")
        shape = (end_row - first_row, tensor.channels)
        if out is None:
            out = empty(tensor.dtype, shape, self._framework)
        elif out.shape != shape or out.dtype != numpy_dtype(tensor.dtype) or not out.flags.carray:
            raise BadArgumentError(f"out is not a C-contiguous, writable array of {tensor.dtype} and shape {shape}")
        byte_count = out.nbytes if isinstance(out, np.ndarray) else out.numel() * out.element_size()
        with self._lock:
            native.call(
                "actz_reader_read_rows",
                self._open_handle(),
                number,
                first_row,
                end_row,
                address_of_elements(out),
                byte_count,
                callbacks=self._callbacks,
            )
        return out


class TensorSlice:
    """A tensor of an open file, read by indexing: `reader.get_slice("x")[10:20, ..., :8]`."""

    def __init__(self, reader: Reader, tensor: TensorInfo) -> None:
        self._reader = reader
        self._tensor = tensor

    def get_shape(self) -> list[int]:
        return list(self._tensor.shape)

    def get_dtype(self) -> str:
        """As safetensors writes it: "F32", "BF16", "BOOL", ..."""
        return self._tensor.dtype.upper()

    @property
    def shape(self) -> tuple[int, ...]:
        return self._tensor.shape

    def __getitem__(self, index: Any) -> Any:
        """As of the whole tensor. Read is the range of rows that the leading integers and the first slice span; what
        else the index says is done on that. Raises: IndexError, and as Reader.get_tensor."""
        items = list(index) if isinstance(index, tuple) else [index]
        shape = self._tensor.shape
        first, end, taken = 0, self._tensor.values, 0  # range of elements, axes it stands for
        extent = end
        rest: list[Any] = items
        while rest and taken < len(shape) and _is_integer(rest[0]):
            at = _position(operator.index(rest[0]), shape[taken])
            extent //= shape[taken]
            first, taken, rest = first + at * extent, taken + 1, rest[1:]
            end = first + extent
        part = list(shape[taken:])
        if rest and part and isinstance(rest[0], slice):
            low, high, rest[0] = _covering(rest[0], part[0])
            extent = extent // part[0] if part[0] else 0
            first, end, part[0] = first + low * extent, first + high * extent, high - low
        out = self._read_elements(first, end).reshape(part)
        return out[tuple(rest)] if rest or not part else out

    def _read_elements(self, first: int, end: int) -> Any:
        channels = max(self._tensor.channels, 1)
        first_row = first // channels
        end_row = -(-end // channels) if end > first else first_row
        rows = self._reader.read_rows(self._tensor.name, first_row, end_row)
        return rows.reshape(-1)[first - first_row * channels : end - first_row * channels]


def _is_integer(item: Any) -> bool:
    return hasattr(item, "__index__") and not isinstance(item, bool) and getattr(item, "ndim", 0) == 0


def _position(at: int, extent: int) -> int:
    if not -extent <= at < extent:
        raise IndexError(f"index {at} is out of range for an axis of {extent}")
    return at + extent if at < 0 else at


def _covering(wanted: slice, extent: int) -> tuple[int, int, slice]:
    """The range of positions that a slice spans, and the slice within it."""
    positions = range(*wanted.indices(extent))
    if not positions:
        return 0, 0, slice(0, 0)
    if positions.step > 0:
        low, high = positions[0], positions[-1] + 1
        return low, high, slice(None, None, positions.step)
    return positions[-1], positions[0] + 1, slice(None, None, positions.step)
