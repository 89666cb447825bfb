"""Profiles: a trained codec for one kind of tensor."""

from __future__ import annotations

import ctypes as c
import os
import re
from dataclasses import dataclass
from typing import Any, Callable, Iterable, Optional, Sequence, Union

import numpy as np

from . import _native as native
from . import _structs as s
from ._arrays import BorrowedArray, address_of, array_list
from .errors import BadArgumentError

PathLike = Union[str, "os.PathLike[str]"]
ProfileLike = Union["Profile", PathLike]

_ENTROPY = ("auto", "histogram", "gaussian", "laplace", "logistic", "mixture", "factorized", "fourier")


@dataclass(frozen=True)
class RungInfo:
    """One step of a profile's ladder, as measured when it was trained."""

    target_nmse: float
    held_out_nmse: float  #: on rows that were not trained on
    held_out_bits_per_value: float  #: code length of the tables; container and patches come on top
    coefficients: int  #: of channels
    model_bytes: int
    matches_rows: bool
    uses_dictionary: bool
    uses_network: bool
    dictionary_pays_from_values: int  #: 0: unknown, or no dictionary
    digest: str  #: SHA-256 of the model, hex


@dataclass(frozen=True)
class TrainingInfo:
    """What a profile was learned from."""

    rows: int  #: seen
    rows_held: int  #: kept in memory to train in the closed loop
    channels: int
    lags: tuple[int, ...]  #: asked for; of a profile from a file: in use at its finest rung
    dictionary_rows: int
    dictionary_bytes: int
    data_digest: str  #: XXH64 of the elements seen, hex
    reference: str  #: name of the tensor whose rows it predicts from, or ""


class Profile:
    """A ladder of models from fine to coarse, learned from dumps of one kind of tensor. Immutable; may be used by any
    number of threads. Made by `fit`, `load` or `from_bytes`."""

    def __init__(self, handle: c.c_void_p) -> None:
        self._handle: Optional[c.c_void_p] = handle

    def __del__(self) -> None:
        handle, self._handle = getattr(self, "_handle", None), None
        if handle is not None and native is not None:
            native.library.actz_profile_close(handle)

    @property
    def address(self) -> Optional[int]:
        """Of the profile in the C interface."""
        return None if self._handle is None else self._handle.value

    @classmethod
    def fit(
        cls,
        dumps: Any,
        *,
        nmse: Optional[Sequence[float]] = None,
        lags: Optional[Sequence[int]] = None,
        reference: Optional[tuple[str, Any]] = None,
        sample: int = 64,
        metric: Optional[np.ndarray] = None,
        states: Optional[int] = None,
        no_context: bool = False,
        no_transform: bool = False,
        entropy: str = "auto",
        network: int = 0,
        no_matches: bool = False,
        dictionary: Union[int, str] = 0,
        progress: Optional[Callable[[int, int], None]] = None,
    ) -> "Profile":
        """Learns a profile. The options are those of `actz fit`. Equal data give equal profiles.

        Args:
            dumps: one float tensor of shape (..., rows, channels), or a list of them. Axes before rows are sequences.
                Rows with NaN or infinities are left out.
            nmse: ladder of qualities, one rung each: sum of squared errors over centred energy. Default 0.001 to 0.16.
            lags: rows to predict from; default (1, 2); () for none.
            reference: (name, dumps): predict also from the rows of the tensor `name` of the same file; its dumps have
                the rows of their twins among `dumps`.
            sample: MiB of rows, as f32, kept to train on.
            metric: sensitivity of the task to errors: (channels, channels), positive semidefinite, or (channels,).
            states: of the dependent quantiser, 8 or 4; 1: uniform. Default: chosen for each rung.
            no_context: a table class for each coefficient; faster, uniform quantiser.
            no_transform: code channels as they are; fast, at a higher rate.
            entropy: how tables follow from counts: auto, histogram, gaussian, laplace, logistic, mixture, factorized,
                fourier.
            network: hidden units of a network that predicts rows, too, in rungs where that pays; slower to decode. 0: none.
            no_matches: predict no rows from like ones decoded before.
            dictionary: bytes, or text as "1MiB", of rows to keep in the profile for rows to be predicted from.
            progress: called with elements done and in all.

        Raises:
            BadArgumentError: no rows, channels differ, or options that do not go together.
        """
        if entropy not in _ENTROPY:
            raise BadArgumentError(f"entropy is one of {', '.join(_ENTROPY)}, not {entropy!r}")
        arrays = [BorrowedArray(dump) for dump in _as_list(dumps)]
        callbacks = native.Callbacks()
        options = s.FitOptions(
            density=_ENTROPY.index(entropy),
            sample_bytes=_positive(sample, "sample") << 20,
            dictionary_bytes=_byte_count(dictionary),
            states=states or 0,
            network_width=network,
            no_transform=no_transform,
            no_context=no_context,
            no_matches=no_matches,
            progress=native.progress_callback(callbacks, progress),
        )
        if nmse is not None:
            options.nmse, options.nmse_count = (c.c_double * len(nmse))(*nmse), len(nmse)
        if lags is not None:
            options.lags, options.lag_count = lag_list(lags)
        if metric is not None:
            options.metric, options.metric_count = metric_list(metric)
        beside: list[BorrowedArray] = []
        if reference is not None:
            beside = [BorrowedArray(dump) for dump in _as_list(reference[1])]
            if len(beside) != len(arrays):
                raise BadArgumentError("there must be as many dumps of the reference as dumps")
            options.reference_name = reference[0].encode()
            options.reference_dumps = array_list(beside)
        return cls(
            native.open_handle(
                "actz_profile_fit", array_list(arrays), len(arrays), c.byref(options), callbacks=callbacks
            )
        )

    @classmethod
    def load(cls, path: PathLike) -> "Profile":
        """Reads a .actp file. Raises: FileError, CorruptError, UnsupportedError, BadArgumentError (a data file)."""
        return cls(native.open_handle("actz_profile_load", native.path_bytes(path)))

    @classmethod
    def from_bytes(cls, data: Any) -> "Profile":
        """Parses the bytes of a .actp file. Raises: CorruptError, UnsupportedError, BadArgumentError (a data file)."""
        address, byte_count, alive = address_of(data)
        handle = native.open_handle("actz_profile_parse", address, byte_count)
        del alive
        return cls(handle)

    def save(self, path: PathLike, *, force: bool = True) -> None:
        """Writes a .actp file, whole or not at all. force: replace a file that exists. Raises: FileError,
        BadArgumentError (it exists)."""
        native.call("actz_profile_save", self._handle, native.path_bytes(path), int(force))

    def to_bytes(self) -> bytes:
        """The bytes of a .actp file."""
        return native.take_bytes("actz_profile_serialise", self._handle)

    @property
    def training(self) -> TrainingInfo:
        info = s.TrainingInfo()
        native.call("actz_profile_training", self._handle, c.byref(info))
        return TrainingInfo(
            rows=info.rows,
            rows_held=info.rows_held,
            channels=info.channels,
            lags=tuple(info.lags[i] for i in range(info.lag_count)),
            dictionary_rows=info.dictionary_rows,
            dictionary_bytes=info.dictionary_bytes,
            data_digest=info.data_digest.decode(),
            reference=info.reference.decode(),
        )

    @property
    def rungs(self) -> tuple[RungInfo, ...]:
        """From fine to coarse."""
        return tuple(self._rung(i) for i in range(native.library.actz_profile_rung_count(self._handle)))

    def _rung(self, number: int) -> RungInfo:
        info = s.RungInfo()
        native.call("actz_profile_rung", self._handle, number, c.byref(info))
        return RungInfo(
            target_nmse=info.target_nmse,
            held_out_nmse=info.held_out_nmse,
            held_out_bits_per_value=info.held_out_bits_per_value,
            coefficients=info.coefficients,
            model_bytes=info.model_bytes,
            matches_rows=bool(info.matches_rows),
            uses_dictionary=bool(info.uses_dictionary),
            uses_network=bool(info.uses_network),
            dictionary_pays_from_values=info.dictionary_pays_from_values,
            digest=info.digest.decode(),
        )

    def __repr__(self) -> str:
        training = self.training
        return f"<actz.Profile for {training.channels} channels, {len(self.rungs)} rungs, from {training.rows} rows>"

    def __reduce__(self) -> tuple:
        return Profile.from_bytes, (self.to_bytes(),)


def as_profile(profile: ProfileLike) -> Profile:
    """The profile itself, or that of a path."""
    return profile if isinstance(profile, Profile) else Profile.load(profile)


def as_profiles(profiles: Union[ProfileLike, Iterable[ProfileLike], None]) -> list[Profile]:
    """A list from one or several."""
    if profiles is None:
        return []
    if isinstance(profiles, (Profile, str, os.PathLike)):
        return [as_profile(profiles)]
    return [as_profile(profile) for profile in profiles]


def lag_list(lags: Sequence[int]) -> tuple[Any, int]:
    """Lags as the C interface takes them: not NULL for none."""
    if any(not 0 < lag < 2**16 for lag in lags):
        raise BadArgumentError("lags are rows back, from 1 on")
    return (c.c_uint16 * max(len(lags), 1))(*lags), len(lags)


def metric_list(metric: np.ndarray) -> tuple[Any, int]:
    values = np.asarray(metric, dtype=np.float64)
    if values.ndim not in (1, 2) or (values.ndim == 2 and values.shape[0] != values.shape[1]):
        raise BadArgumentError("a metric is a vector of channels, or a matrix of channels x channels")
    return (c.c_double * values.size)(*values.ravel()), values.size


def _as_list(dumps: Any) -> list:
    return list(dumps) if isinstance(dumps, (list, tuple)) else [dumps]


def _positive(number: int, name: str) -> int:
    if number <= 0:
        raise BadArgumentError(f"{name} must be positive")
    return int(number)


def _byte_count(size: Union[int, str]) -> int:
    if isinstance(size, int):
        if size < 0:
            raise BadArgumentError("dictionary must not be negative")
        return size
    match = re.fullmatch(r"(\d+)\s*(|B|KiB|MiB|GiB)", size.strip())
    if match is None:
        raise BadArgumentError(f"dictionary wants bytes, or a text as '512KiB' or '1MiB', not {size!r}")
    return int(match.group(1)) << {"": 0, "B": 0, "KiB": 10, "MiB": 20, "GiB": 30}[match.group(2)]
