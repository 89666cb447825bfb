"""What files hold, without decoding them; and whether they are right."""

from __future__ import annotations

import ctypes as c
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Optional, Union

from . import _native as native
from . import _structs as s
from ._arrays import address_of
from .dtypes import NAMES
from .errors import BadArgumentError
from .options import DecodeOptions, NativeDecodeOptions
from .profile import Profile, RungInfo, TrainingInfo

if TYPE_CHECKING:
    from typing import Unpack


@dataclass(frozen=True)
class TensorInfo:
    """One tensor of a file, as headers and index tell."""

    name: str
    dtype: str  #: "f32", "bf16", "i8", "bool", ...
    shape: tuple[int, ...]
    codec: str  #: "lossy", "lossless" or "raw"
    rows: int  #: over all sequences; rows * channels = values
    channels: int
    values: int
    chunks: int
    coded_bytes: int  #: chunks and headers, without models
    model_bytes: int  #: embedded models first used by this tensor
    reference: str  #: name of the tensor that it is predicted from, or ""
    source_chunks: int  #: that its last chunk takes to decode
    nmse: float  #: as the encoder measured; NaN if unknown
    max_abs_error: float
    digest: str  #: of the decoded tensor, hex

    @property
    def bits_per_value(self) -> float:
        return 8 * self.coded_bytes / self.values if self.values else 0.0


@dataclass(frozen=True)
class FileInfo:
    """What a whole file holds."""

    format_version: str  #: "1.0"
    metadata: Optional[dict[str, Any]]
    tensors: tuple[TensorInfo, ...]
    required_models: tuple[str, ...]  #: digests (hex) of models that the file only names


@dataclass(frozen=True)
class ProfileInfo:
    """What a profile was learned from, and its ladder."""

    training: TrainingInfo
    rungs: tuple[RungInfo, ...]


def tensor_info(info: s.TensorInfo) -> TensorInfo:
    return TensorInfo(
        name=info.name.decode(),
        dtype=NAMES[info.dtype],
        shape=tuple(info.shape[i] for i in range(info.rank)),
        codec=info.codec.decode(),
        rows=info.rows,
        channels=info.channels,
        values=info.values,
        chunks=info.chunks,
        coded_bytes=info.coded_bytes,
        model_bytes=info.model_bytes,
        reference=info.reference.decode(),
        source_chunks=info.source_chunks,
        nmse=info.nmse,
        max_abs_error=info.max_abs_error,
        digest=info.digest.decode(),
    )


def file_info(info: s.FileInfo, tensors: "list[TensorInfo]") -> FileInfo:
    return FileInfo(
        format_version=f"{info.format_major}.{info.format_minor}",
        metadata=json.loads(info.metadata) if info.metadata else None,
        tensors=tuple(tensors),
        required_models=tuple(info.required_models[i].decode() for i in range(info.required_model_count)),
    )


def info(source: Any, **options: "Unpack[DecodeOptions]") -> Union[FileInfo, ProfileInfo]:
    """What a .actz file or a .actp profile holds, without decoding it.

    Args:
        source: path, bytes, or a seekable binary file.

    Raises:
        FileError, CorruptError, UnsupportedError, LimitExceededError.
    """
    from .reader import Reader

    try:
        with Reader(source, **options) as reader:
            return reader.info
    except BadArgumentError:
        if isinstance(source, (str, os.PathLike)):
            profile = Profile.load(source)
        elif hasattr(source, "read"):
            source.seek(0)
            profile = Profile.from_bytes(source.read())
        else:
            profile = Profile.from_bytes(source)
        return ProfileInfo(profile.training, profile.rungs)


def verify(source: Any, **options: "Unpack[DecodeOptions]") -> FileInfo:
    """Decodes a file from front to back and checks every checksum, coder state and digest, the order of sections and
    the index.

    Args:
        source: path, bytes, or a binary file, which may be a pipe.

    Returns:
        What the file holds.

    Raises:
        CorruptError, UnsupportedError, LimitExceededError, FileError, BadArgumentError (a profile).
    """
    return read_forward(source, options)


def read_forward(
    source: Any,
    options: DecodeOptions,
    on_tensor: Optional[Callable[[TensorInfo], bool]] = None,
    on_elements: Optional[Callable[[int, int], None]] = None,
) -> FileInfo:
    """Reads a file from front to back.

    Args:
        on_tensor: a tensor begins; False skips its content.
        on_elements: address and length in bytes of its elements, in order.
    """
    native_options = NativeDecodeOptions(options)
    callbacks = native_options.callbacks
    tensors: list[TensorInfo] = []
    files: list[FileInfo] = []

    def begin(_context: object, info: Any, wanted: Any) -> None:
        if on_tensor is not None:
            wanted[0] = int(on_tensor(tensor_info(info[0])))

    visitor = s.StreamVisitor(
        on_tensor=callbacks.wrap(s.ON_TENSOR_FN, begin),
        on_summary=callbacks.wrap(s.ON_INFO_FN, lambda _context, info: tensors.append(tensor_info(info[0]))),
        on_file_end=callbacks.wrap(s.ON_FILE_FN, lambda _context, info: files.append(file_info(info[0], tensors))),
    )
    if on_elements is not None:
        hand_on = on_elements
        visitor.on_elements = callbacks.wrap(s.WRITE_FN, lambda _context, address, count: hand_on(address, count))
    rest = (c.byref(visitor), c.byref(native_options.struct))
    if isinstance(source, (str, os.PathLike)):
        native.call("actz_stream_read_path", native.path_bytes(source), *rest, callbacks=callbacks)
    elif hasattr(source, "read"):
        read = callbacks.wrap(s.READ_FN, _reader_of(source))
        native.call("actz_stream_read", read, None, *rest, callbacks=callbacks)
    else:
        address, byte_count, alive = address_of(source)
        native.call("actz_stream_read_memory", address, byte_count, *rest, callbacks=callbacks)
        del alive
    return files[0]


def _reader_of(file: Any) -> Callable[[object, int, int, Any], None]:
    """file.read as a callback: a pipe may give less than was asked for before its end."""

    def read(_context: object, address: int, wanted_bytes: int, read_bytes: Any) -> None:
        have = 0
        while have < wanted_bytes:
            piece = file.read(wanted_bytes - have)
            if not piece:
                break
            c.memmove(address + have, piece, len(piece))
            have += len(piece)
        read_bytes[0] = have

    return read
