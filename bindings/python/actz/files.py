"""Whole files at once: the calls that most programs need, named as those of safetensors."""

from __future__ import annotations

import ctypes as c
from typing import TYPE_CHECKING, Any, Iterable, Mapping, Optional, Sequence, Union

from ._arrays import address_of_elements, check_framework, empty
from .dtypes import is_torch
from .errors import BadArgumentError
from .inspection import FileInfo, TensorInfo, read_forward
from .options import DecodeOptions, EncodeOptions
from .profile import Profile, as_profile
from .reader import Reader, TensorSlice
from .writer import EncodeReport, Writer

if TYPE_CHECKING:
    from typing import Unpack

References = Mapping[str, Union[str, Sequence[str]]]


def save_file(
    tensors: Mapping[str, Any],
    path: Any,
    metadata: Optional[Mapping[str, Any]] = None,
    *,
    references: Optional[References] = None,
    force: bool = True,
    **options: "Unpack[EncodeOptions]",
) -> list[EncodeReport]:
    """Encodes named tensors into a file, which appears whole or not at all.

    Args:
        tensors: numpy arrays or torch tensors of any shape; the last axis is channels, the one before it rows.
        path: of the file, by custom *.actz; or a binary file, which is written front to back.
        metadata: a JSON object to keep in the file.
        references: {"layer3": "layer1"}: rows of layer1 may predict those of layer3.
        force: replace a file that exists.
        options: see EncodeOptions; without a target nmse=0.02.

    Returns:
        A report for each tensor, in the order of the file.

    Raises:
        BadArgumentError, FileError, OutOfMemoryError.
    """
    with Writer(path, mode="w" if force else "x", metadata=metadata) as writer:
        return _add_all(writer, tensors, references or {}, options)


def encode(
    tensors: Union[Mapping[str, Any], Any],
    *,
    metadata: Optional[Mapping[str, Any]] = None,
    references: Optional[References] = None,
    **options: "Unpack[EncodeOptions]",
) -> bytes:
    """Encodes named tensors, or one that is then named "tensor", into the bytes of a file. As save_file."""
    named = tensors if isinstance(tensors, Mapping) else {"tensor": tensors}
    with Writer(metadata=metadata) as writer:
        _add_all(writer, named, references or {}, options)
    return writer.to_bytes()


def load_file(
    path: Any, framework: str = "np", device: str = "cpu", **options: "Unpack[DecodeOptions]"
) -> dict[str, Any]:
    """All tensors of a file, by name, digests checked.

    Args:
        path: of the file; bytes; or a binary file, from which it is read front to back (a pipe).
        framework: "np" for numpy arrays; "pt" for torch tensors, which then go to `device`.
        options: see DecodeOptions.

    Raises:
        FileError, CorruptError, UnsupportedError (newer, or a profile is missing), LimitExceededError,
        BadArgumentError (a profile, not a data file).
    """
    framework = check_framework(framework)
    if hasattr(path, "read"):
        out = _read_pipe(path, framework, options)
    else:
        with Reader(path, framework=framework, **options) as reader:
            out = {name: reader.get_tensor(name) for name in reader.keys()}
    return {name: _to_device(tensor, device) for name, tensor in out.items()}


def decode(data: Any, framework: str = "np", device: str = "cpu", **options: "Unpack[DecodeOptions]") -> dict[str, Any]:
    """All tensors of the bytes of a file, by name. As load_file."""
    return load_file(data, framework, device, **options)


class safe_open:
    """A file of which tensors and slices are read when asked for. A context manager, as that of safetensors:

    with safe_open("kv.actz", framework="pt") as f:
        part = f.get_slice("layer3")[1000:1010]
    """

    def __init__(
        self, filename: Any, framework: str = "np", device: str = "cpu", **options: "Unpack[DecodeOptions]"
    ) -> None:
        """
        Args:
            filename: path, bytes, or a seekable binary file.
            framework: "np" for numpy arrays; "pt" for torch tensors, which then go to `device`.

        Raises:
            As load_file.
        """
        self._reader = Reader(filename, framework=framework, **options)
        self._device = device

    def __enter__(self) -> "safe_open":
        return self

    def __exit__(self, *_error: object) -> None:
        self._reader.close()

    def close(self) -> None:
        self._reader.close()

    def keys(self) -> list[str]:
        """Names of the tensors, in the order of the file."""
        return self._reader.keys()

    def metadata(self) -> Optional[dict[str, Any]]:
        """The JSON object that the file was given, or None."""
        return self._reader.metadata()

    @property
    def info(self) -> FileInfo:
        """What the file holds."""
        return self._reader.info

    def get_tensor(self, name: str) -> Any:
        """A whole tensor. bf16 comes as `actz.bfloat16`, uint16 with those bits, or as torch.bfloat16. Raises:
        UnknownTensorError, CorruptError, UnsupportedError (the file needs a profile), LimitExceededError, FileError."""
        return _to_device(self._reader.get_tensor(name), self._device)

    def get_slice(self, name: str) -> TensorSlice:
        """A tensor to be indexed; only the chunks are read that hold what is asked for. It stays on the host."""
        return self._reader.get_slice(name)


def _to_device(tensor: Any, device: str) -> Any:
    if device == "cpu":
        return tensor
    if not is_torch(tensor):
        raise BadArgumentError("numpy arrays lie on the host: device is 'cpu'")
    return tensor.to(device)


def _read_pipe(file: Any, framework: str, options: DecodeOptions) -> dict[str, Any]:
    out: dict[str, Any] = {}
    filled = 0

    def begin(tensor: TensorInfo) -> bool:
        nonlocal filled
        out[tensor.name] = empty(tensor.dtype, tensor.shape, framework)
        filled = 0
        return True

    def keep(address: int, byte_count: int) -> None:
        nonlocal filled
        c.memmove(address_of_elements(out[next(reversed(out))]) + filled, address, byte_count)
        filled += byte_count

    read_forward(file, options, begin, keep)
    return out


def _profile_of(name: str, options: EncodeOptions) -> Optional[Profile]:
    profile: Any = options.get("profile")
    if isinstance(profile, Mapping):
        profile = profile.get(name, profile.get(""))
    return None if profile is None else as_profile(profile)


def _add_all(
    writer: Writer, tensors: Mapping[str, Any], references: References, options: EncodeOptions
) -> list[EncodeReport]:
    """Adds tensors in the order given, but each after those it refers to."""
    if isinstance(options.get("profile"), Mapping):
        _check_names(options["profile"], tensors, "profile")  # type: ignore[arg-type]
    profiles = {name: _profile_of(name, options) for name in tensors}
    wanted = {name: [one] if isinstance(one, str) else list(one) for name, one in references.items()}
    for name, profile in profiles.items():
        learned_with = profile.training.reference if profile is not None else ""
        if learned_with in tensors and learned_with:
            wanted.setdefault(name, [learned_with])
    _check_names(wanted, tensors, "references")
    for names in wanted.values():
        _check_names(names, tensors, "references")
    kept = {name for names in wanted.values() for name in names}
    reports: list[EncodeReport] = []
    for name in _references_first(list(tensors), wanted):
        one: Any = dict(options)
        one.pop("profile", None)
        if profiles[name] is not None:
            one["profile"] = profiles[name]
        reports.append(
            writer.add(name, tensors[name], references=wanted.get(name, ()), keep_as_reference=name in kept, **one)
        )
    return reports


def _check_names(names: Iterable[str], tensors: Mapping[str, Any], option: str) -> None:
    for name in names:
        if name and name not in tensors:
            raise BadArgumentError(f"{option}: no tensor is named {name!r}")


def _references_first(names: list[str], wanted: Mapping[str, Sequence[str]]) -> list[str]:
    ordered: list[str] = []
    waiting = names
    while waiting:
        ready = [name for name in waiting if all(one in ordered for one in wanted.get(name, ()))]
        if not ready:
            raise BadArgumentError(f"references go in a circle: {', '.join(waiting)}")
        ordered.append(ready[0])
        waiting = [name for name in waiting if name != ready[0]]
    return ordered
