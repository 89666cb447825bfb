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
from typing import Any, Iterator, Mapping, MutableMapping, Optional, Union

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
    digests = []
    for key in sorted(store):
        if key.startswith(_FOLDER) and key.endswith(".actp"):
            data = bytes(store[key])
            digest = hashlib.sha256(data).hexdigest()
            if key != f"{_FOLDER}{digest}.actp":
                raise BadArgumentError(f"{key} holds another profile, {digest}")
            _known[digest] = Profile.from_bytes(data)
            digests.append(digest)
    return digests


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
        options: dict[str, Any] = {"nmse": self.nmse, "max_error": self.max_error, "effort": self.effort}
        if self.profile is not None and buf.dtype.kind in ("u" if self.bf16 else "f"):
            options.update(profile=self._profile(), name_profile=not self.embed_profile)
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
            with Reader(buf, profiles=profiles) as reader:
                if reader.keys() != [_TENSOR]:
                    raise BadArgumentError(f"not a chunk: a file of tensors {reader.keys()}")
                chunk = reader.get_tensor(_TENSOR)
        except UnsupportedError as error:
            if self.profile is None or profiles:
                raise
            raise UnsupportedError(f"{error}; profile {self.profile} is not registered") from error
        return chunk if out is None else ndarray_copy(chunk.view(chunk.dtype.str), out)

    def _profile(self) -> Profile:
        assert self.profile is not None
        if self.profile not in _known:
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
    prefix = f"{array.path}/" if array.path else ""
    if f"{prefix}.zarray" not in array.store:
        raise BadArgumentError("not an array of Zarr's format 2")
    separator = json.loads(bytes(array.store[f"{prefix}.zarray"])).get("dimension_separator", ".")
    return [key for key in _chunk_keys(prefix, separator, array.cdata_shape) if key not in array.chunk_store]


def _chunk_keys(prefix: str, separator: str, grid: tuple[int, ...]) -> Iterator[str]:
    for at in itertools.product(*(range(extent) for extent in grid)):
        yield prefix + (separator.join(map(str, at)) if at else "0")


def _is_digest(profile: Any) -> bool:
    return isinstance(profile, str) and len(profile) == 64 and set(profile) <= set("0123456789abcdef")
