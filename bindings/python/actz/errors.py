"""Exceptions, one for each family of errors of the library."""

from __future__ import annotations

from typing import Optional


class ActzError(Exception):
    """What every error of the library is.

    Attributes:
        code: word of the error as in format_spec/registry/errors.csv, for example "corrupt_checksum".
        byte_offset: where in the input, or None.
    """

    code: str = "internal"
    byte_offset: Optional[int] = None

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else self.code


class InternalError(ActzError):
    """A fault of the library."""


class BadArgumentError(ActzError, ValueError):
    """The caller asks for what cannot be."""

    code = "bad_argument"


class UnknownTensorError(BadArgumentError, KeyError):
    """The file has no tensor of this name."""

    __str__ = ActzError.__str__


class CorruptError(ActzError):
    """The input is broken, cut short or not of its kind."""

    code = "corrupt"


class NeedMoreInputError(CorruptError):
    """The input ends early; with more bytes it may be right."""

    code = "need_more_input"


class UnsupportedError(ActzError):
    """The input is valid, but newer or other than this library reads, or needs a profile that was not given."""

    code = "unsupported"


class LimitExceededError(ActzError):
    """The input is larger than the limits of the reader."""

    code = "limit_exceeded"


class FileError(ActzError, OSError):
    """The operating system refused to read or write."""

    code = "io"


class OutOfMemoryError(ActzError, MemoryError):
    """There is not enough memory."""

    code = "out_of_memory"


#: Exceptions by the statuses of the C interface, which are the exit codes of the program.
BY_STATUS: dict[int, type[ActzError]] = {
    1: InternalError,
    2: BadArgumentError,
    3: CorruptError,
    4: UnsupportedError,
    5: LimitExceededError,
    6: FileError,
    7: OutOfMemoryError,
}
