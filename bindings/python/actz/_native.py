"""The shared library libactz_c, found, loaded and called. Calls release the interpreter's lock."""

from __future__ import annotations

import ctypes as c
import os
from pathlib import Path
from typing import Any, Callable, Optional

from . import _structs as s
from .errors import BY_STATUS, ActzError, InternalError, NeedMoreInputError

SONAME = "libactz_c.so.0"

_P, _PP = c.c_void_p, c.POINTER(c.c_void_p)
_U64 = c.c_uint64
_STR = c.c_char_p
_SIZE_P = c.POINTER(c.c_size_t)

#: Parameters of the calls that return a status, without the error struct at their end.
_CHECKED: dict[str, list] = {
    "actz_writer_open_path": [_STR, c.c_int, _PP],
    "actz_writer_open_callback": [s.WRITE_FN, _P, _PP],
    "actz_writer_open_memory": [_PP],
    "actz_writer_append_path": [_STR, c.POINTER(s.DecodeOptions), _PP],
    "actz_writer_add_metadata": [_P, _STR],
    "actz_writer_add_tensor": [
        _P, _STR, c.POINTER(s.Array), c.POINTER(s.EncodeOptions), c.POINTER(s.EncodeReport)],
    "actz_writer_finish": [_P],
    "actz_writer_take_bytes": [_P, _P, _PP, _SIZE_P],
    "actz_reader_open_path": [_STR, c.POINTER(s.DecodeOptions), _PP],
    "actz_reader_open_memory": [_P, c.c_size_t, c.POINTER(s.DecodeOptions), _PP],
    "actz_reader_open_source": [c.POINTER(s.ByteSource), c.POINTER(s.DecodeOptions), _PP],
    "actz_reader_file": [_P, c.POINTER(s.FileInfo)],
    "actz_reader_tensor": [_P, _U64, c.POINTER(s.TensorInfo)],
    "actz_reader_read_rows": [_P, _U64, _U64, _U64, _P, c.c_size_t],
    "actz_recover_path": [
        _STR, _STR, c.c_int, c.POINTER(s.DecodeOptions), c.POINTER(s.RecoverReport)],
    "actz_stream_read": [s.READ_FN, _P, c.POINTER(s.StreamVisitor), c.POINTER(s.DecodeOptions)],
    "actz_stream_read_path": [_STR, c.POINTER(s.StreamVisitor), c.POINTER(s.DecodeOptions)],
    "actz_stream_read_memory": [_P, c.c_size_t, c.POINTER(s.StreamVisitor), c.POINTER(s.DecodeOptions)],
    "actz_profile_fit": [c.POINTER(s.Array), c.c_size_t, c.POINTER(s.FitOptions), _PP],
    "actz_profile_parse": [_P, c.c_size_t, _PP],
    "actz_profile_load": [_STR, _PP],
    "actz_profile_serialise": [_P, _P, _PP, _SIZE_P],
    "actz_profile_save": [_P, _STR, c.c_int],
    "actz_profile_training": [_P, c.POINTER(s.TrainingInfo)],
    "actz_profile_rung": [_P, _U64, c.POINTER(s.RungInfo)],
    "actz_external_frequencies": [_P, c.c_size_t, c.c_double, c.c_uint32, _P],
    "actz_external_model_make": [c.POINTER(s.ExternalClass), c.c_size_t, c.c_uint32, _PP],
    "actz_external_model_encode": [_P, _P, _P, _P, c.c_size_t, _P, _PP, _SIZE_P],
    "actz_external_model_decode": [_P, _P, c.c_size_t, _P, _P, c.c_size_t, _P],
}

#: Result and parameters of the calls that cannot fail.
_PLAIN: dict[str, tuple[Any, list]] = {
    "actz_version": (_STR, []),
    "actz_code_name": (_STR, [c.c_int32]),
    "actz_free": (None, [_P]),
    "actz_writer_written_bytes": (_U64, [_P]),
    "actz_writer_close": (None, [_P]),
    "actz_reader_tensor_count": (_U64, [_P]),
    "actz_reader_close": (None, [_P]),
    "actz_profile_rung_count": (_U64, [_P]),
    "actz_profile_close": (None, [_P]),
    "actz_external_model_close": (None, [_P]),
}


def _candidates() -> list[str]:
    """Where the library may be: what the environment names, beside the package, where CMake put it, the system's."""
    named = os.environ.get("ACTZ_LIBRARY")
    if named:
        return [named]
    package = Path(__file__).resolve().parent
    out = [package / "libactz_c.so"]
    try:
        from ._installed import LIBRARY_FROM_PACKAGE  # written by `cmake --install`

        out.append(package / LIBRARY_FROM_PACKAGE)
    except ImportError:
        pass
    return [str(path) for path in out if path.exists()] + [SONAME]


def _load() -> c.CDLL:
    failures = []
    for path in _candidates():
        try:
            library = c.CDLL(path)
        except OSError as error:
            failures.append(str(error))
            continue
        for name, parameters in _CHECKED.items():
            function = getattr(library, name)
            function.restype = c.c_int32
            function.argtypes = [*parameters, c.POINTER(s.Error)]
        for name, (result, parameters) in _PLAIN.items():
            function = getattr(library, name)
            function.restype = result
            function.argtypes = parameters
        return library
    raise ImportError(f"cannot load {SONAME}: " + "; ".join(failures))


library = _load()


def make_error(status: int, struct: s.Error) -> ActzError:
    """The exception for a failed call."""
    code = library.actz_code_name(struct.code).decode()
    kind = BY_STATUS.get(status, InternalError)
    if code == NeedMoreInputError.code:
        kind = NeedMoreInputError
    error = kind(struct.message.decode("utf-8", "replace"))
    error.code = code
    error.byte_offset = None if struct.byte_offset == s.NO_OFFSET else struct.byte_offset
    return error


def call(name: str, *arguments: Any, callbacks: Optional["Callbacks"] = None) -> None:
    """Calls a function that returns a status. Errors: ActzError, or what one of the callbacks raised."""
    error = s.Error()
    status = getattr(library, name)(*arguments, c.byref(error))
    if callbacks is not None:
        callbacks.raise_kept()
    if status != 0:
        raise make_error(status, error)


def open_handle(name: str, *arguments: object, callbacks: Optional["Callbacks"] = None) -> c.c_void_p:
    """Calls a function whose last result is a new handle."""
    handle = c.c_void_p()
    call(name, *arguments, c.byref(handle), callbacks=callbacks)
    return handle


def take_bytes(name: str, *arguments: object) -> bytes:
    """Calls a function that gives memory away, and copies what it gives."""
    memory, byte_count = c.c_void_p(), c.c_size_t()
    call(name, *arguments, None, c.byref(memory), c.byref(byte_count))
    try:
        return c.string_at(memory, byte_count.value)
    finally:
        library.actz_free(memory)


class Callbacks:
    """Python functions as C callbacks. What one raises is kept and raised when the call is over, which it ends soon,
    but for progress."""

    def __init__(self) -> None:
        self._kept: Optional[BaseException] = None
        self._alive: list[object] = []

    def wrap(self, kind: Callable, function: Callable[..., Optional[int]]) -> Callable:
        """A callback of a CFUNCTYPE, alive as long as this object; `function` returns a status or None for success."""

        def guarded(*arguments: object) -> Optional[int]:
            if self._kept is not None:
                return 1
            try:
                return function(*arguments) or 0
            except BaseException as error:  # also KeyboardInterrupt: it must reach the caller of the long call
                self._kept = error
                return 1

        callback = kind(guarded)
        self._alive.append(callback)
        return callback

    def raise_kept(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            raise kept


def progress_callback(callbacks: Callbacks, progress: Optional[Callable[[int, int], None]]) -> Callable:
    """`progress` as the C interface takes it; a null pointer for None."""
    if progress is None:
        return s.PROGRESS_FN()  # type: ignore[call-overload]
    function = progress
    return callbacks.wrap(s.PROGRESS_FN, lambda _context, done, total: function(done, total))


def path_bytes(path: "os.PathLike[str] | str") -> bytes:
    return os.fsencode(os.fspath(path))
