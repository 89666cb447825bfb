"""Coding integers whose entropy model is the caller's."""

from __future__ import annotations

import ctypes as c
from dataclasses import dataclass
from typing import Any, Optional, Sequence

import numpy as np

from . import _native as native
from . import _structs as s
from ._arrays import address_of
from .errors import BadArgumentError


@dataclass(frozen=True)
class ExternalClass:
    """A density over integers as a table: frequency i is that of the value lowest + i, the last one that of the escape,
    which stands for all others."""

    lowest: int
    frequencies: np.ndarray  #: uint16, 1 to 256 of them, each at least 1, in sum 2**precision_bits

    @staticmethod
    def from_masses(lowest: int, masses: Any, outside: float, precision_bits: int = 12) -> "ExternalClass":
        """
        Args:
            lowest: the value of the first mass.
            masses: of lowest, lowest + 1, ...; 1 to 255 of them, not negative; they need not sum to 1.
            outside: mass of all other integers.
            precision_bits: 8 to 12.

        Raises:
            BadArgumentError.
        """
        given = np.ascontiguousarray(masses, dtype=np.float64)
        if given.ndim != 1:
            raise BadArgumentError("masses are a vector")
        frequencies = np.empty(given.size + 1, np.uint16)
        native.call(
            "actz_external_frequencies",
            given.ctypes.data,
            given.size,
            float(outside),
            int(precision_bits),
            frequencies.ctypes.data,
        )
        return ExternalClass(int(lowest), frequencies)


class ExternalModel:
    """Densities, and values coded with them: for each value, a network or whatever else says which density it has and
    around which integer, on both sides the same. Immutable; may be used by any number of threads."""

    def __init__(self, classes: Sequence[ExternalClass], precision_bits: int = 12) -> None:
        """
        Args:
            classes: 1 to 4096 densities.
            precision_bits: 8 to 12.

        Raises:
            BadArgumentError.
        """
        self._handle: Optional[c.c_void_p] = None
        tables = [np.ascontiguousarray(one.frequencies, dtype=np.uint16) for one in classes]
        structs = (s.ExternalClass * len(tables))()
        for struct, one, table in zip(structs, classes, tables):
            struct.lowest = one.lowest
            struct.frequency_count = table.size
            struct.frequencies = table.ctypes.data_as(c.POINTER(c.c_uint16))
        self._handle = native.open_handle("actz_external_model_make", structs, len(tables), int(precision_bits))

    def __del__(self) -> None:
        handle, self._handle = getattr(self, "_handle", None), None
        if handle is not None and native is not None:
            native.library.actz_external_model_close(handle)

    def encode(self, values: Any, class_of: Any, means: Any = None) -> bytes:
        """
        Args:
            values: integers within 32 bits, of any shape.
            class_of: of each value, the number of its density; of the same shape.
            means: of each value, the integer that its density is shifted by; None: 0.

        Raises:
            BadArgumentError: shapes differ, no such class, a value further than 2**31 from its density.
        """
        coded = _integers(values, np.int32, "values")
        conditions = _Conditions(coded.shape, class_of, means)
        return native.take_bytes(
            "actz_external_model_encode", self._handle, coded.ctypes.data, *conditions.addresses, coded.size
        )

    def decode(self, data: Any, class_of: Any, means: Any = None) -> np.ndarray:
        """The values, int32, of the shape of class_of, which is as it was for encode, as are means.

        Raises:
            BadArgumentError (another number of values, other tables), CorruptError, UnsupportedError.
        """
        shape = np.shape(class_of)
        conditions = _Conditions(shape, class_of, means)
        address, byte_count, alive = address_of(data)
        out = np.empty(shape, np.int32)
        native.call(
            "actz_external_model_decode",
            self._handle,
            address,
            byte_count,
            *conditions.addresses,
            out.size,
            out.ctypes.data,
        )
        del alive
        return out


class _Conditions:
    """What goes with the values on both sides, checked."""

    def __init__(self, shape: tuple[int, ...], class_of: Any, means: Any) -> None:
        self._class_of = _integers(class_of, np.uint16, "class_of")
        self._means = None if means is None else _integers(means, np.int32, "means")
        if self._class_of.shape != shape or (self._means is not None and self._means.shape != shape):
            raise BadArgumentError("values, class_of and means have different shapes")
        self.addresses = (self._class_of.ctypes.data, None if self._means is None else self._means.ctypes.data)


def _integers(values: Any, kind: type, name: str) -> np.ndarray:
    """As an array of this type, if none changes by it."""
    given = np.asarray(values)
    if given.dtype == kind:
        return np.require(given, requirements=["C", "A"])
    if given.dtype.kind not in "iu" and given.size > 0:
        raise BadArgumentError(f"{name} are integers, not {given.dtype}")
    bounds: Any = np.iinfo(kind)
    if given.size > 0 and (given.min() < bounds.min or given.max() > bounds.max):
        raise BadArgumentError(f"{name} go beyond {bounds.dtype}")
    return np.ascontiguousarray(given, dtype=kind).reshape(given.shape)
