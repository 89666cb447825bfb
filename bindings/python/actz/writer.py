"""Writing files of named tensors."""

from __future__ import annotations

import ctypes as c
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Mapping, Optional, Sequence

from . import _native as native
from . import _structs as s
from ._arrays import BorrowedArray
from .errors import BadArgumentError
from .options import DecodeOptions, EncodeOptions, NativeDecodeOptions, NativeEncodeOptions

if TYPE_CHECKING:
    from typing import Unpack


@dataclass(frozen=True)
class EncodeReport:
    """What encoding one tensor did."""

    name: str
    input_bytes: int
    values: int
    output_bytes: int  #: all sections of this tensor
    embedded_model_bytes: int  #: of them, the model
    patches: int  #: elements stored exactly beside the coded rows
    matched_rows: int  #: predicted from a like row
    match_bits: int  #: that say with which row each is matched
    source_chunks: int  #: whose rows those of the last chunk may be matched with
    dictionary_bytes: int  #: of the dictionary in use, in file or profile
    nmse: float  #: NaN when the tensor is constant and not exact
    max_abs_error: float

    @property
    def bits_per_value(self) -> float:
        return 8 * self.output_bytes / self.values if self.values else 0.0


class Writer:
    """A file in the making. A context manager: leaving it without an exception finishes the file; otherwise no file
    appears, and one that was appended to is as it was."""

    def __init__(
        self,
        target: Any = None,
        *,
        mode: str = "w",
        metadata: Optional[Mapping[str, Any]] = None,
        **options: "Unpack[DecodeOptions]",
    ) -> None:
        """
        Args:
            target: path; a binary file, which is written front to back; or None to keep the bytes for `to_bytes`.
            mode: "w" replaces a file that exists, "x" refuses it, "a" adds tensors to it. "x" and "a" take a path.
            metadata: a JSON object of the user's own, for a new file.
            options: of decoding, for mode "a": `profiles` that the file names.

        Raises:
            FileError, BadArgumentError; with mode "a" also CorruptError, UnsupportedError, LimitExceededError.
        """
        self._handle: Optional[c.c_void_p] = None
        self._callbacks = native.Callbacks()
        self._bytes: Optional[bytes] = None
        self._in_memory = target is None
        if mode not in ("w", "x", "a"):
            raise BadArgumentError(f"mode is 'w', 'x' or 'a', not {mode!r}")
        if mode == "a" and metadata is not None:
            raise BadArgumentError("metadata is for a new file")
        self._handle = self._open(target, mode, options)
        if metadata is not None:
            native.call("actz_writer_add_metadata", self._handle, json.dumps(dict(metadata)).encode())

    def _open(self, target: Any, mode: str, options: DecodeOptions) -> c.c_void_p:
        if isinstance(target, (str, os.PathLike)):
            path = native.path_bytes(target)
            if mode == "a":
                reading = NativeDecodeOptions(options)
                return native.open_handle("actz_writer_append_path", path, c.byref(reading.struct))
            return native.open_handle("actz_writer_open_path", path, int(mode == "w"))
        if mode != "w":
            raise BadArgumentError(f"mode {mode!r} takes a path")
        if target is None:
            return native.open_handle("actz_writer_open_memory")
        write = self._callbacks.wrap(
            s.WRITE_FN, lambda _context, address, count: _write_all(target, c.string_at(address, count))
        )
        return native.open_handle("actz_writer_open_callback", write, None)

    def add(
        self,
        name: str,
        tensor: Any,
        *,
        dtype: Optional[str] = None,
        references: Sequence[str] = (),
        keep_as_reference: bool = False,
        **options: "Unpack[EncodeOptions]",
    ) -> EncodeReport:
        """Encodes one tensor.

        Args:
            name: unique in the file, at most 1024 bytes of UTF-8.
            tensor: of shape (..., rows, channels), of any rank: numpy, torch, or with DLPack.
            dtype: word for the elements, if the tensor does not say it: "bf16" for uint16 with those bits.
            references: names of tensors added before with keep_as_reference, whose rows may predict this one's.
            keep_as_reference: tensors added later may name this one; costs memory, its coded size.
            options: see EncodeOptions; `profile` is one profile, or a mapping by name.

        Raises:
            BadArgumentError, FileError, OutOfMemoryError. After an error of the library the file cannot be finished.
        """
        array = BorrowedArray(tensor, dtype)
        profile: Any = options.get("profile")
        if isinstance(profile, Mapping):
            profile = profile.get(name, profile.get(""))
        native_options = NativeEncodeOptions(options, profile, references, keep_as_reference)
        report = s.EncodeReport()
        try:
            native.call(
                "actz_writer_add_tensor",
                self._open_handle(),
                name.encode(),
                c.byref(array.struct),
                c.byref(native_options.struct),
                c.byref(report),
                callbacks=native_options.callbacks,
            )
        finally:
            self._callbacks.raise_kept()
        fields = {field: getattr(report, field) for field, _ in s.EncodeReport._fields_[2:]}
        return EncodeReport(name=name, **fields)

    @property
    def written_bytes(self) -> int:
        """Length of the file so far."""
        return native.library.actz_writer_written_bytes(self._open_handle())

    def finish(self) -> None:
        """Writes index and end mark; a file at a path is synced and gets its name. Raises: FileError,
        BadArgumentError (an earlier call failed)."""
        handle = self._open_handle()
        native.call("actz_writer_finish", handle, callbacks=self._callbacks)
        if self._in_memory:
            self._bytes = native.take_bytes("actz_writer_take_bytes", handle)
        self.close()

    def to_bytes(self) -> bytes:
        """The finished file, if there was no target. Raises: BadArgumentError."""
        if self._bytes is None:
            raise BadArgumentError("the file is not finished, or not kept in memory")
        return self._bytes

    def close(self) -> None:
        """Gives up a file that is not finished. May be called again."""
        handle, self._handle = self._handle, None
        if handle is not None:
            native.library.actz_writer_close(handle)

    def _open_handle(self) -> c.c_void_p:
        if self._handle is None:
            raise BadArgumentError("the file is finished or closed")
        return self._handle

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, kind: object, *_error: object) -> None:
        try:
            if kind is None and self._handle is not None:
                self.finish()
        finally:
            self.close()

    def __del__(self) -> None:
        if getattr(self, "_handle", None) is not None and native is not None:
            self.close()


def _write_all(file: Any, data: bytes) -> None:
    """Raw files may take less than they are given."""
    view = memoryview(data)
    while view:
        written = file.write(view)
        view = view[len(view) if written is None else written :]
