"""Chunks of Zarr arrays as .actz files: a codec of numcodecs, and a check for chunks that are missing. docs/zarr.md.

    import zarr
    from actz.zarr_codec import Actz, missing_chunks
    array = zarr.open("run.zarr", "w", shape=(100000, 768), chunks=(4096, 768), dtype="f4", compressor=Actz(nmse=0.01))

It is the compressor, without filters: Zarr gives the compressor the chunk as an array with its type and shape, and
takes an array back. Needs numcodecs; `missing_chunks` takes arrays of zarr 2.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from typing import Any, Callable, Mapping, MutableMapping, Optional, Sequence, Union

import numpy as np
from numcodecs.abc import Codec
from numcodecs.compat import ndarray_copy
from numcodecs.registry import register_codec

from .errors import BadArgumentError, UnsupportedError
from .profile import Profile, ProfileLike, as_profile
from .reader import Reader
from .writer import Writer

_FOLDER = "actz_profiles/"  #: in a store; Zarr looks at no key that is not named in its metadata
_TENSOR = "chunk"

_known: dict[str, Profile] = {}


def register_profile(profile: ProfileLike) -> str:
    """Makes a profile known to codecs of this process. Returns its digest: SHA-256 of the .actp file, hex."""
    known = as_profile(profile)
    digest = hashlib.sha256(known.to_bytes()).hexdigest()
    _known[digest] = known
    return digest


def save_profile(profile: ProfileLike, store: MutableMapping[str, bytes]) -> str:
    """Puts a profile into a Zarr store, beside its arrays, and registers it. Returns its digest."""
    digest = register_profile(profile)
    store[f"{_FOLDER}{digest}.actp"] = _known[digest].to_bytes()
    return digest


def load_profiles(store: Mapping[str, bytes]) -> list[str]:
    """Registers the profiles of a Zarr store. Returns their digests.

    Raises:
        BadArgumentError: a key is not the digest of its profile; CorruptError.
    """
    keys = [key for key in sorted(store) if key.startswith(_FOLDER) and key.endswith(".actp")]
    digests = [key[len(_FOLDER) : -len(".actp")] for key in keys]
    for digest in digests:
        load_profile(digest, store)
    return digests


def load_profile(digest: str, store: Mapping[str, bytes]) -> None:
    """Registers one profile of a Zarr store, without looking for others. Nothing is read if it is registered.

    Raises:
        UnsupportedError: the store does not have it; BadArgumentError: it has another one in its place; CorruptError.
    """
    if digest in _known:
        return
    key = f"{_FOLDER}{digest}.actp"
    try:
        data = bytes(store[key])
    except KeyError as error:
        raise UnsupportedError(f"the store has no profile {digest}: {key}") from error
    found = hashlib.sha256(data).hexdigest()
    if found != digest:
        raise BadArgumentError(f"{key} holds another profile, {found}")
    _known[digest] = Profile.from_bytes(data)


class Actz(Codec):
    """Encodes each chunk as a .actz file of one tensor. What is stored says type and shape, so that decoding needs no
    options, but for the profile if that is not embedded."""

    codec_id = "actz"

    def __init__(
        self,
        nmse: Optional[float] = None,
        max_error: Optional[float] = None,
        lossless: bool = False,
        effort: Optional[int] = None,
        profile: Union[ProfileLike, None] = None,
        embed_profile: bool = True,
        bf16: bool = False,
    ) -> None:
        """
        Args:
            nmse: of each chunk: sum of squared errors over centred energy. Default, without another target, 0.02.
            max_error: largest error of any element, kept exactly.
            lossless: every bit comes back; also without it for integers and bool.
            effort: 1 (fast) to 9 (small); default 5.
            profile: to encode with: a Profile, a path, or the digest of one that is registered. Without one each
                chunk is learned from, and holds its model.
            embed_profile: each chunk holds the part of the profile that it takes, and decodes without it. False:
                chunks only name it; readers register it first.
            bf16: uint16 elements are the bits of bfloat16.

        Raises:
            BadArgumentError: more than one target; FileError.
        """
        if (nmse is not None) + (max_error is not None) + bool(lossless) > 1:
            raise BadArgumentError("choose one of nmse, max_error and lossless")
        if profile is None and not embed_profile:
            raise BadArgumentError("without a profile there is none to leave out")
        self.nmse = nmse
        self.max_error = max_error
        self.lossless = bool(lossless)
        self.effort = effort
        self.profile: Optional[str] = None  #: its digest
        if profile is not None:
            self.profile = str(profile) if _is_digest(profile) else register_profile(profile)
        self.embed_profile = bool(embed_profile)
        self.bf16 = bool(bf16)
        self.threads = 0  #: that a chunk takes; 0: all processors. Not kept by Zarr

    def encode(self, buf: Any) -> bytes:
        """The bytes of a .actz file.

        Raises:
            BadArgumentError: not an array of elements that files can hold, in the byte order of the machine; the
                profile is not registered.
        """
        if not isinstance(buf, np.ndarray):
            raise BadArgumentError("the codec takes arrays: give it as the compressor, without filters that make bytes")
        if not buf.dtype.isnative:
            raise BadArgumentError(f"elements of {buf.dtype} are not in the byte order of this machine")
        if buf.flags.f_contiguous and not buf.flags.c_contiguous:
            buf = buf.T  # Zarr's order "F": what comes back is taken as it lies in memory
        options: dict[str, Any] = {"nmse": self.nmse, "max_error": self.max_error, "effort": self.effort,
                                   "threads": self.threads}  # fmt: skip
        if self.profile is not None and buf.dtype.kind in ("u" if self.bf16 else "f"):
            options.update(profile=self.registered_profile(), name_profile=not self.embed_profile)
        writer = Writer()
        with writer:
            writer.add(_TENSOR, buf, dtype="bf16" if self.bf16 else None, lossless=self.lossless, **options)
        return writer.to_bytes()

    def decode(self, buf: Any, out: Any = None) -> Any:
        """The chunk, an array of its type and shape, or `out` with its elements.

        Raises:
            CorruptError, UnsupportedError (the chunk names a profile that is not registered), LimitExceededError.
        """
        profiles = [_known[self.profile]] if self.profile in _known else []
        try:
            with Reader(buf, profiles=profiles, threads=self.threads) as reader:
                if reader.keys() != [_TENSOR]:
                    raise BadArgumentError(f"not a chunk: a file of tensors {reader.keys()}")
                chunk = reader.get_tensor(_TENSOR)
        except UnsupportedError as error:
            if self.profile is None or profiles:
                raise
            raise UnsupportedError(f"{error}; profile {self.profile} is not registered") from error
        return chunk if out is None else ndarray_copy(chunk.view(chunk.dtype.str), out)

    def registered_profile(self) -> Profile:
        """The profile whose digest is `profile`. Raises: BadArgumentError, it is not registered."""
        if self.profile is None or self.profile not in _known:
            raise BadArgumentError(f"profile {self.profile} is not registered: register_profile, or load_profiles")
        return _known[self.profile]

    def get_config(self) -> dict[str, Any]:
        """What Zarr keeps: the options that are not the default."""
        defaults = {"nmse": None, "max_error": None, "lossless": False, "effort": None, "profile": None,
                    "embed_profile": True, "bf16": False}  # fmt: skip
        kept = {name: getattr(self, name) for name, value in defaults.items() if getattr(self, name) != value}
        return {"id": self.codec_id, **kept}

    def __repr__(self) -> str:
        options = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items() if name != "id")
        return f"Actz({options})"


register_codec(Actz)


def missing_chunks(array: Any) -> list[str]:
    """Keys of the chunks that the store of a Zarr array (of zarr 2) lacks. Zarr reads such a chunk as fill_value, zero
    by default, and says nothing. An array written with write_empty_chunks=False lacks the chunks that hold nothing but
    fill_value, too.

    Raises:
        BadArgumentError: not an array of Zarr's format 2.
    """
    grid = itertools.product(*(range(extent) for extent in array.cdata_shape))
    return [key for key in map(chunk_namer(array), grid) if key not in array.chunk_store]


def chunk_namer(array: Any) -> Callable[[Sequence[int]], str]:
    """What gives the key of a chunk of a Zarr array from its place in the grid. Raises: as missing_chunks."""
    prefix = f"{array.path}/" if array.path else ""
    if f"{prefix}.zarray" not in array.store:
        raise BadArgumentError("not an array of Zarr's format 2")
    separator = json.loads(bytes(array.store[f"{prefix}.zarray"])).get("dimension_separator", ".")
    return lambda at: prefix + (separator.join(map(str, at)) if at else "0")


def _is_digest(profile: Any) -> bool:
    return isinstance(profile, str) and len(profile) == 64 and set(profile) <= set("0123456789abcdef")
