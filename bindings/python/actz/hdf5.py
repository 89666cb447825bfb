"""HDF5 datasets whose chunks are .actz files: options of the filter for h5py, and its plugin, found. docs/hdf5.md.

    import h5py
    from actz.hdf5 import filter_options, register_plugin
    with h5py.File("run.h5", "w") as file:
        file.create_dataset("hidden", data=hidden, chunks=(16384, 768), **filter_options(nmse=0.005))
    register_plugin()                                                   # in another process: before reading

Needs h5py. The plugin is a library of its own, which HDF5 loads; nothing of it runs in Python.
"""

from __future__ import annotations

import decimal
import hashlib
import os
from pathlib import Path
from typing import Any, Optional, Union

import h5py

from .errors import BadArgumentError, UnsupportedError
from .profile import PathLike, ProfileLike, as_profile

FILTER_ID = 428  #: of HDF5's range for testing
PLUGIN = "libactz_hdf5.so"

_TARGETS = {"nmse": 1, "bits": 2, "psnr": 3, "lambda_": 4, "max_error": 5}
_LOSSLESS = 6
_NAME_PROFILE, _BF16 = 1, 2
_MAX_EXPONENT = 22


def plugin_directory() -> Optional[str]:
    """Where the plugin was installed with this package; None if it was not."""
    package = Path(__file__).resolve().parent
    try:
        from ._installed import HDF5_PLUGIN_FROM_PACKAGE  # written by `cmake --install`
    except ImportError:
        return None
    directory = Path(os.path.normpath(package / HDF5_PLUGIN_FROM_PACKAGE))
    return str(directory) if (directory / PLUGIN).exists() else None


def register_plugin() -> None:
    """Makes the filter known to the HDF5 of this process: that of HDF5_PLUGIN_PATH, else the one installed with this
    package. Other programs find it by HDF5_PLUGIN_PATH alone.

    Raises:
        UnsupportedError: it is not there, or HDF5 does not load it; the message says which path to set.
    """
    if h5py.h5z.filter_avail(FILTER_ID):
        return
    directory = plugin_directory()
    if directory is None:
        raise UnsupportedError(
            f"HDF5 has no filter {FILTER_ID} (actz): set HDF5_PLUGIN_PATH to the directory of {PLUGIN} before the "
            f"program starts. It was not installed with this package, {Path(__file__).parent}; `cmake --install` of "
            "the project installs it where HDF5 is there (libhdf5-dev)"
        )
    h5py.h5pl.prepend(os.fsencode(directory))
    if not h5py.h5z.filter_avail(FILTER_ID):
        raise UnsupportedError(
            f"HDF5 {h5py.version.hdf5_version} does not load {directory}/{PLUGIN}, filter {FILTER_ID} (actz): is "
            "it linked with another libhdf5? HDF5_PLUGIN_PATH names the directory of one that fits"
        )


def filter_options(
    *,
    nmse: Optional[float] = None,
    bits: Optional[float] = None,
    psnr: Optional[float] = None,
    lambda_: Optional[float] = None,
    max_error: Optional[float] = None,
    lossless: bool = False,
    effort: Optional[int] = None,
    profile: Union[ProfileLike, None] = None,
    embed_profile: bool = True,
    bf16: bool = False,
) -> dict[str, Any]:
    """Arguments `compression` and `compression_opts` of h5py's create_dataset, whose plugin is registered.

    Args:
        nmse, bits, psnr, lambda_, max_error: at most one; kept in 9 digits, rounded down. Default nmse=0.02.
        lossless: every bit comes back; also without it for integers and bool.
        effort: 1 (fast) to 9 (small); default 5.
        profile: to encode floats with: a Profile, a path, or a digest. The plugin looks for DIGEST.actp in the
            directories of ACTZ_PROFILE_PATH; see save_profile. Without one each chunk is learned from.
        embed_profile: each chunk holds the model that it takes, and decodes without the profile. False: chunks name it.
        bf16: uint16 elements are the bits of bfloat16.

    Raises:
        BadArgumentError: several targets, or a value out of range; UnsupportedError, as register_plugin; FileError.
    """
    given = {"nmse": nmse, "bits": bits, "psnr": psnr, "lambda_": lambda_, "max_error": max_error}
    wanted = [(_TARGETS[name], *_decimal(value)) for name, value in given.items() if value is not None]
    wanted += [(_LOSSLESS, 0, 0)] if lossless else []
    if len(wanted) > 1:
        raise BadArgumentError("choose one of nmse, bits, psnr, lambda_, max_error and lossless")
    if profile is None and not embed_profile:
        raise BadArgumentError("without a profile there is none to leave out")
    flags = (0 if embed_profile else _NAME_PROFILE) | (_BF16 if bf16 else 0)
    words = [*(wanted[0] if wanted else (0, 0, 0)), effort or 0, flags]
    if profile is not None:
        digest = _digest_of(profile)
        words += [int(digest[at : at + 8], 16) for at in range(0, 64, 8)]
    register_plugin()
    return {"compression": FILTER_ID, "compression_opts": tuple(words)}


def save_profile(profile: ProfileLike, directory: PathLike) -> str:
    """Puts a profile where the plugin looks for it: DIGEST.actp in a directory that ACTZ_PROFILE_PATH names. Returns
    the digest: SHA-256 of the .actp file, hex. Raises: FileError, and those of Profile.load."""
    known = as_profile(profile)
    digest = _digest_of(known)
    known.save(Path(directory) / f"{digest}.actp")
    return digest


def _digest_of(profile: ProfileLike) -> str:
    if isinstance(profile, str) and len(profile) == 64 and set(profile) <= set("0123456789abcdef"):
        return profile
    return hashlib.sha256(as_profile(profile).to_bytes()).hexdigest()


def _decimal(value: float) -> tuple[int, int]:
    """Mantissa below 2^32 and exponent of mantissa · 10^−exponent, which is at most the value."""
    if not 0 < value < 2**32:
        raise BadArgumentError(f"the value of a target is positive and below 2^32, not {value}")
    rounded = decimal.Context(prec=9, rounding=decimal.ROUND_DOWN).create_decimal(repr(float(value))).normalize()
    _, digits, power = rounded.as_tuple()
    assert isinstance(power, int)
    if power < -_MAX_EXPONENT:
        raise BadArgumentError(f"the value of a target has at most {_MAX_EXPONENT} places, not {value}")
    mantissa = int("".join(map(str, digits)))
    return (mantissa * 10**power, 0) if power > 0 else (mantissa, -power)
