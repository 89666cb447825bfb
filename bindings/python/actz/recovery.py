"""What is left of a damaged file."""

from __future__ import annotations

import ctypes as c
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Union

from . import _native as native
from . import _structs as s
from .options import DecodeOptions, NativeDecodeOptions

if TYPE_CHECKING:
    from typing import Unpack

_Path = Union[str, "os.PathLike[str]"]


@dataclass(frozen=True)
class RecoverReport:
    """What came back."""

    complete: bool  #: every row of every tensor, and nothing was damaged
    end_found: bool  #: False: tensors may be missing behind the last one found
    tensors: int  #: whose headers were found
    rows: int  #: that these had
    recovered_rows: int
    chunks: int  #: that came back
    lost_chunks: int  #: that are whole, but not what they need
    damaged_bytes: int  #: of the damaged file, in no section that is whole
    loss: str  #: why the first of the lost chunks was lost, or ""


def recover(damaged: _Path, to: _Path, *, force: bool = False, **options: "Unpack[DecodeOptions]") -> RecoverReport:
    """Writes every chunk of a damaged file that is whole to a new file, coded as it was. A tensor that lost rows comes
    as several of the rows between the gaps, named `NAME[first:end]`, each of shape (rows, channels).

    Args:
        force: replace a file that exists.

    Raises:
        CorruptError (nothing is left), UnsupportedError (newer, or a profile is missing), LimitExceededError,
        FileError, BadArgumentError (a profile, or `to` exists). No file appears then.
    """
    reading = NativeDecodeOptions(options)
    report = s.RecoverReport()
    native.call(
        "actz_recover_path",
        native.path_bytes(damaged),
        native.path_bytes(to),
        int(force),
        c.byref(reading.struct),
        c.byref(report),
        callbacks=reading.callbacks,
    )
    return RecoverReport(
        complete=bool(report.complete),
        end_found=bool(report.end_found),
        tensors=report.tensors,
        rows=report.rows,
        recovered_rows=report.recovered_rows,
        chunks=report.chunks,
        lost_chunks=report.lost_chunks,
        damaged_bytes=report.damaged_bytes,
        loss=report.loss.decode("utf-8", "replace"),
    )
