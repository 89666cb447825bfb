"""actz: a codec and file format for transformer activations.

    import actz
    actz.save_file({"hidden": hidden}, "hidden.actz", nmse=0.005)       # numpy arrays or torch tensors
    hidden = actz.load_file("hidden.actz")["hidden"]
    with actz.safe_open("hidden.actz", framework="pt") as f:
        part = f.get_slice("hidden")[1000:1010]                         # reads only the chunks it needs
    profile = actz.Profile.fit(calib); profile.save("layer6.actp")
    data = actz.encode(hidden, profile=profile, nmse=0.02)

Options have the names of the command line's. The work is done by the shared library libactz_c, without the
interpreter's lock. torch is imported only when asked for tensors of it.
"""

from ._native import library as _library
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
from .writer import EncodeReport, Writer

__version__: str = _library.actz_version().decode()

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
    "safe_open",
    "save_file",
    "verify",
]
