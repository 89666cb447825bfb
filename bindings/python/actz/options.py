"""Options of encoding and decoding, by the names of the command line's."""

from __future__ import annotations

import ctypes as c
import json
from typing import Any, Callable, Iterable, Mapping, Optional, Sequence, TypedDict, Union

import numpy as np

from . import _native as native
from . import _structs as s
from .errors import BadArgumentError
from .profile import Profile, ProfileLike, as_profile, as_profiles, lag_list, metric_list

Progress = Callable[[int, int], None]


class EncodeOptions(TypedDict, total=False):
    """How floats are encoded; integers and bool are always lossless. At most one of the targets nmse, bits, psnr,
    lambda_, max_error and lossless; without any, nmse=0.02."""

    nmse: float  #: sum of squared errors over centred energy to aim at
    bits: float  #: bits per value to aim at
    psnr: float  #: dB to aim at; the peak is the range of the values
    lambda_: float  #: slope to code at: squared error per value worth one bit per value
    max_error: float  #: largest error of any element, kept exactly
    lossless: bool  #: every bit comes back; fast, or with a profile smaller
    profile: Union[ProfileLike, Mapping[str, ProfileLike]]  #: or one for each name, "" for all others
    lags: Sequence[int]  #: without a profile: rows to predict from; default (1, 2); () for none
    metric: np.ndarray  #: without a profile: sensitivity of the task, (channels, channels) or (channels,)
    no_matches: bool  #: without a profile: predict no rows from like ones of their chunk
    no_sources: bool  #: each chunk decodes alone
    name_profile: bool  #: name the profile's model instead of embedding it; decoding then needs the profile
    effort: int  #: 1 (fast) to 9 (small); default 5
    chunk_rows: int  #: about so many rows in each chunk; fewer make slices faster and files larger
    threads: int  #: default: all processors; does not change what is written
    progress: Progress  #: called with elements done and in all


class DecodeOptions(TypedDict, total=False):
    """How files are decoded. Limits are checked before anything is allocated; lower them for files of strangers."""

    profiles: Union[ProfileLike, Iterable[ProfileLike], None]  #: to find models that a file only names
    threads: int  #: default: all processors
    max_chunk_bytes: int  #: decoded bytes of one chunk, and of all at once; default 2**28
    max_section_bytes: int  #: coded bytes of one section; default 2**30
    max_header_bytes: int  #: of metadata and all headers of tensors together; default 2**24
    max_tensor_bytes: int  #: decoded bytes of one tensor; default 2**46
    max_tensors: int  #: default 65536
    require: Mapping[str, Any]  #: what the metadata must say of the tensors that are read, or of the whole file
    progress: Progress  #: called with elements done and in all


_TARGETS = {"nmse": 1, "bits": 2, "psnr": 3, "lambda_": 4, "max_error": 5}
_LOSSLESS = 6


def check_names(options: Mapping[str, Any], known: type) -> None:
    """Errors: TypeError for an option that does not exist, as Python raises for an argument."""
    for name in options:
        if name not in known.__annotations__:
            raise TypeError(f"no such option: {name!r}")


def _target(options: Mapping[str, Any]) -> tuple[int, float]:
    wanted = [(number, options[name]) for name, number in _TARGETS.items() if options.get(name) is not None]
    if options.get("lossless"):
        wanted.append((_LOSSLESS, 0.0))
    if len(wanted) > 1:
        raise BadArgumentError("choose one of nmse, bits, psnr, lambda_, max_error and lossless")
    return wanted[0] if wanted else (0, 0.0)


class NativeEncodeOptions:
    """Options of one tensor as the C interface takes them, and what they point to."""

    def __init__(
        self,
        options: Mapping[str, Any],
        profile: Optional[ProfileLike] = None,
        references: Sequence[str] = (),
        keep_as_reference: bool = False,
    ) -> None:
        """profile: the one of this tensor; that of `options` is not looked at. Errors: BadArgumentError, TypeError."""
        check_names(options, EncodeOptions)
        target, value = _target(options)
        self.callbacks = native.Callbacks()
        self._profile = None if profile is None else as_profile(profile)
        self.struct = s.EncodeOptions(
            target=target,
            target_value=value,
            profile=None if self._profile is None else self._profile.address,
            effort=_count(options, "effort", 1),
            chunk_rows=_count(options, "chunk_rows"),
            threads=_count(options, "threads"),
            name_profile=bool(options.get("name_profile")),
            no_matches=bool(options.get("no_matches")),
            no_sources=bool(options.get("no_sources")),
            keep_as_reference=keep_as_reference,
            progress=native.progress_callback(self.callbacks, options.get("progress")),
        )
        if options.get("lags") is not None:
            self.struct.lags, self.struct.lag_count = lag_list(options["lags"])
        if options.get("metric") is not None:
            self.struct.metric, self.struct.metric_count = metric_list(options["metric"])
        if references:
            self.struct.references = (c.c_char_p * len(references))(*(name.encode() for name in references))
            self.struct.reference_count = len(references)


class NativeDecodeOptions:
    """Options of decoding as the C interface takes them, and what they point to."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        """Errors: BadArgumentError, TypeError, and those of loading profiles."""
        check_names(options, DecodeOptions)
        self.callbacks = native.Callbacks()
        self._profiles: list[Profile] = as_profiles(options.get("profiles"))
        handles = (c.c_void_p * len(self._profiles))(*(profile.address for profile in self._profiles))
        self.struct = s.DecodeOptions(
            threads=_count(options, "threads"),
            profiles=handles,
            profile_count=len(handles),
            max_chunk_bytes=_count(options, "max_chunk_bytes"),
            max_section_bytes=_count(options, "max_section_bytes"),
            max_tensor_bytes=_count(options, "max_tensor_bytes"),
            max_tensors=_count(options, "max_tensors"),
            max_header_bytes=_count(options, "max_header_bytes"),
            progress=native.progress_callback(self.callbacks, options.get("progress")),
        )
        required = [f"{key}={_json_text(value)}".encode() for key, value in (options.get("require") or {}).items()]
        if required:
            self.struct.required = (c.c_char_p * len(required))(*required)
            self.struct.required_count = len(required)


def _json_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _count(options: Mapping[str, Any], name: str, least: int = 0) -> int:
    """0, which asks for the default, if the option is absent or None."""
    value = options.get(name)
    if value is None:
        return 0
    if not least <= value < 2**32 and name in ("effort", "chunk_rows", "threads", "max_tensors"):
        raise BadArgumentError(f"{name} is out of range")
    if value < 0:
        raise BadArgumentError(f"{name} is out of range")
    return int(value)
