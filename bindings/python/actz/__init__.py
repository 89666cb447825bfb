"""actz: a codec and file format for transformer activations.

    import actz
    actz.save_file({"hidden": hidden}, "hidden.actz", nmse=0.005)       # numpy arrays or torch tensors
    hidden = actz.load_file("hidden.actz")["hidden"]
    with actz.safe_open("hidden.actz", framework="pt") as f:
        part = f.get_slice("hidden")[1000:1010]                         # reads only the chunks it needs
    profile = actz.Profile.fit(calib); profile.save("layer6.actp")
    data = actz.encode(hidden, profile=profile, nmse=0.02)

Options have the names of the command line's. The work is done by the shared library libactz_c, without the
interpreter's lock. It is loaded when a name of this package is first used, so that sub-packages that do without it
can be imported where it is not; torch is imported only when asked for tensors of it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .dtypes import bf16_to_f32, bfloat16, dtype_name, f32_to_bf16
    from .errors import (
        ActzError,
        BadArgumentError,
        CorruptError,
        FileError,
        InternalError,
        LimitExceededError,
        NeedMoreInputError,
        OutOfMemoryError,
        UnknownTensorError,
        UnsupportedError,
    )
    from .external_model import ExternalClass, ExternalModel
    from .files import decode, encode, load_file, safe_open, save_file
    from .inspection import FileInfo, ProfileInfo, TensorInfo, info, verify
    from .options import DecodeOptions, EncodeOptions
    from .profile import Profile, RungInfo, TrainingInfo
    from .reader import Reader, TensorSlice
    from .recovery import RecoverReport, recover
    from .writer import EncodeReport, Writer

    __version__: str

_MODULES = {
    "ActzError": "errors",
    "BadArgumentError": "errors",
    "CorruptError": "errors",
    "DecodeOptions": "options",
    "EncodeOptions": "options",
    "EncodeReport": "writer",
    "ExternalClass": "external_model",
    "ExternalModel": "external_model",
    "FileError": "errors",
    "FileInfo": "inspection",
    "InternalError": "errors",
    "LimitExceededError": "errors",
    "NeedMoreInputError": "errors",
    "OutOfMemoryError": "errors",
    "Profile": "profile",
    "ProfileInfo": "inspection",
    "Reader": "reader",
    "RecoverReport": "recovery",
    "RungInfo": "profile",
    "TensorInfo": "inspection",
    "TensorSlice": "reader",
    "TrainingInfo": "profile",
    "UnknownTensorError": "errors",
    "UnsupportedError": "errors",
    "Writer": "writer",
    "bf16_to_f32": "dtypes",
    "bfloat16": "dtypes",
    "decode": "files",
    "dtype_name": "dtypes",
    "encode": "files",
    "f32_to_bf16": "dtypes",
    "info": "inspection",
    "load_file": "files",
    "recover": "recovery",
    "safe_open": "files",
    "save_file": "files",
    "verify": "inspection",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        value: Any = import_module("._native", __name__).library.actz_version().decode()
    elif name in _MODULES:
        value = getattr(import_module("." + _MODULES[name], __name__), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_MODULES, "__version__"])


__all__ = [
    "ActzError",
    "BadArgumentError",
    "CorruptError",
    "DecodeOptions",
    "EncodeOptions",
    "EncodeReport",
    "ExternalClass",
    "ExternalModel",
    "FileError",
    "FileInfo",
    "InternalError",
    "LimitExceededError",
    "NeedMoreInputError",
    "OutOfMemoryError",
    "Profile",
    "ProfileInfo",
    "Reader",
    "RecoverReport",
    "RungInfo",
    "TensorInfo",
    "TensorSlice",
    "TrainingInfo",
    "UnknownTensorError",
    "UnsupportedError",
    "Writer",
    "bf16_to_f32",
    "bfloat16",
    "decode",
    "dtype_name",
    "encode",
    "f32_to_bf16",
    "info",
    "load_file",
    "recover",
    "safe_open",
    "save_file",
    "verify",
]
