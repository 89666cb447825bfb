"""The structs of actz/actz.h. tests/test_structs.py compares them with what a C compiler makes of the headers."""

from __future__ import annotations

import ctypes as c

NO_OFFSET = 2**64 - 1

WRITE_FN = c.CFUNCTYPE(c.c_int32, c.c_void_p, c.c_void_p, c.c_size_t)
READ_FN = c.CFUNCTYPE(c.c_int32, c.c_void_p, c.c_void_p, c.c_size_t, c.POINTER(c.c_size_t))
READ_AT_FN = c.CFUNCTYPE(c.c_int32, c.c_void_p, c.c_uint64, c.c_void_p, c.c_size_t)
PROGRESS_FN = c.CFUNCTYPE(None, c.c_void_p, c.c_uint64, c.c_uint64)


class Sized(c.Structure):
    """A struct whose first member is its size; what is not given is zero and asks for the default."""

    def __init__(self, **fields: object) -> None:
        super().__init__(struct_size=c.sizeof(type(self)), **fields)


class Error(Sized):
    _fields_ = [
        ("struct_size", c.c_uint32),
        ("status", c.c_int32),
        ("code", c.c_int32),
        ("reserved", c.c_uint32),
        ("byte_offset", c.c_uint64),
        ("message", c.c_char * 256),
    ]


class Array(Sized):
    _fields_ = [
        ("struct_size", c.c_uint32),
        ("dtype", c.c_int32),
        ("rank", c.c_uint32),
        ("reserved", c.c_uint32),
        ("shape", c.POINTER(c.c_uint64)),
        ("elements", c.c_void_p),
        ("byte_count", c.c_size_t),
    ]


class TensorInfo(Sized):
    _fields_ = [
        ("struct_size", c.c_uint32),
        ("dtype", c.c_int32),
        ("rank", c.c_uint32),
        ("channels", c.c_uint32),
        ("shape", c.POINTER(c.c_uint64)),
        ("name", c.c_char_p),
        ("codec", c.c_char_p),
        ("reference", c.c_char_p),
        ("digest", c.c_char_p),
        ("rows", c.c_uint64),
        ("values", c.c_uint64),
        ("chunks", c.c_uint64),
        ("coded_bytes", c.c_uint64),
        ("model_bytes", c.c_uint64),
        ("source_chunks", c.c_uint64),
        ("nmse", c.c_double),
        ("max_abs_error", c.c_double),
    ]


class FileInfo(Sized):
    _fields_ = [
        ("struct_size", c.c_uint32),
        ("format_major", c.c_uint8),
        ("format_minor", c.c_uint8),
        ("reserved", c.c_uint16),
        ("tensor_count", c.c_uint64),
        ("metadata", c.c_char_p),
        ("required_models", c.POINTER(c.c_char_p)),
        ("required_model_count", c.c_uint64),
    ]


class EncodeOptions(Sized):
    _fields_ = [
        ("struct_size", c.c_uint32),
        ("target", c.c_int32),
        ("target_value", c.c_double),
        ("profile", c.c_void_p),
        ("lags", c.POINTER(c.c_uint16)),
        ("lag_count", c.c_size_t),
        ("references", c.POINTER(c.c_char_p)),
        ("reference_count", c.c_size_t),
        ("metric", c.POINTER(c.c_double)),
        ("metric_count", c.c_size_t),
        ("effort", c.c_uint32),
        ("chunk_rows", c.c_uint32),
        ("threads", c.c_uint32),
        ("name_profile", c.c_uint8),
        ("no_matches", c.c_uint8),
        ("no_sources", c.c_uint8),
        ("keep_as_reference", c.c_uint8),
        ("progress", PROGRESS_FN),
        ("progress_context", c.c_void_p),
    ]


class EncodeReport(Sized):
    _fields_ = [
        ("struct_size", c.c_uint32),
        ("reserved", c.c_uint32),
        ("input_bytes", c.c_uint64),
        ("values", c.c_uint64),
        ("output_bytes", c.c_uint64),
        ("embedded_model_bytes", c.c_uint64),
        ("patches", c.c_uint64),
        ("matched_rows", c.c_uint64),
        ("match_bits", c.c_uint64),
        ("source_chunks", c.c_uint64),
        ("dictionary_bytes", c.c_uint64),
        ("nmse", c.c_double),
        ("max_abs_error", c.c_double),
    ]


class DecodeOptions(Sized):
    _fields_ = [
        ("struct_size", c.c_uint32),
        ("threads", c.c_uint32),
        ("profiles", c.POINTER(c.c_void_p)),
        ("profile_count", c.c_size_t),
        ("max_chunk_bytes", c.c_uint64),
        ("max_section_bytes", c.c_uint64),
        ("max_tensor_bytes", c.c_uint64),
        ("max_tensors", c.c_uint32),
        ("reserved", c.c_uint32),
        ("progress", PROGRESS_FN),
        ("progress_context", c.c_void_p),
        ("required", c.POINTER(c.c_char_p)),
        ("required_count", c.c_size_t),
        ("max_header_bytes", c.c_uint64),
    ]


class ByteSource(Sized):
    _fields_ = [
        ("struct_size", c.c_uint32),
        ("reserved", c.c_uint32),
        ("context", c.c_void_p),
        ("size_bytes", c.c_uint64),
        ("read_at", READ_AT_FN),
    ]


ON_TENSOR_FN = c.CFUNCTYPE(c.c_int32, c.c_void_p, c.POINTER(TensorInfo), c.POINTER(c.c_int))
ON_INFO_FN = c.CFUNCTYPE(c.c_int32, c.c_void_p, c.POINTER(TensorInfo))
ON_FILE_FN = c.CFUNCTYPE(c.c_int32, c.c_void_p, c.POINTER(FileInfo))


class StreamVisitor(Sized):
    _fields_ = [
        ("struct_size", c.c_uint32),
        ("reserved", c.c_uint32),
        ("context", c.c_void_p),
        ("on_tensor", ON_TENSOR_FN),
        ("on_elements", WRITE_FN),
        ("on_tensor_end", ON_INFO_FN),
        ("on_summary", ON_INFO_FN),
        ("on_file_end", ON_FILE_FN),
    ]


class FitOptions(Sized):
    _fields_ = [
        ("struct_size", c.c_uint32),
        ("density", c.c_int32),
        ("nmse", c.POINTER(c.c_double)),
        ("nmse_count", c.c_size_t),
        ("lags", c.POINTER(c.c_uint16)),
        ("lag_count", c.c_size_t),
        ("metric", c.POINTER(c.c_double)),
        ("metric_count", c.c_size_t),
        ("sample_bytes", c.c_uint64),
        ("dictionary_bytes", c.c_uint64),
        ("reference_name", c.c_char_p),
        ("reference_dumps", c.POINTER(Array)),
        ("states", c.c_uint32),
        ("network_width", c.c_uint32),
        ("no_transform", c.c_uint8),
        ("no_context", c.c_uint8),
        ("no_matches", c.c_uint8),
        ("reserved", c.c_uint8 * 5),
        ("progress", PROGRESS_FN),
        ("progress_context", c.c_void_p),
    ]


class RungInfo(Sized):
    _fields_ = [
        ("struct_size", c.c_uint32),
        ("coefficients", c.c_uint32),
        ("target_nmse", c.c_double),
        ("held_out_nmse", c.c_double),
        ("held_out_bits_per_value", c.c_double),
        ("model_bytes", c.c_uint64),
        ("dictionary_pays_from_values", c.c_uint64),
        ("digest", c.c_char_p),
        ("matches_rows", c.c_uint8),
        ("uses_dictionary", c.c_uint8),
        ("uses_network", c.c_uint8),
        ("reserved", c.c_uint8 * 5),
    ]


class TrainingInfo(Sized):
    _fields_ = [
        ("struct_size", c.c_uint32),
        ("channels", c.c_uint32),
        ("rows", c.c_uint64),
        ("rows_held", c.c_uint64),
        ("dictionary_rows", c.c_uint64),
        ("dictionary_bytes", c.c_uint64),
        ("lags", c.POINTER(c.c_uint16)),
        ("lag_count", c.c_size_t),
        ("data_digest", c.c_char_p),
        ("reference", c.c_char_p),
    ]


class RecoverReport(Sized):
    _fields_ = [
        ("struct_size", c.c_uint32),
        ("complete", c.c_uint8),
        ("end_found", c.c_uint8),
        ("reserved", c.c_uint16),
        ("tensors", c.c_uint64),
        ("rows", c.c_uint64),
        ("recovered_rows", c.c_uint64),
        ("chunks", c.c_uint64),
        ("lost_chunks", c.c_uint64),
        ("damaged_bytes", c.c_uint64),
        ("loss", c.c_char * 256),
    ]


class ExternalClass(c.Structure):
    _fields_ = [
        ("lowest", c.c_int32),
        ("frequency_count", c.c_uint32),
        ("frequencies", c.POINTER(c.c_uint16)),
    ]


#: C type of each struct here.
C_NAMES: dict[type[c.Structure], str] = {
    Error: "actz_error",
    Array: "actz_array",
    TensorInfo: "actz_tensor_info",
    FileInfo: "actz_file_info",
    EncodeOptions: "actz_encode_options",
    EncodeReport: "actz_encode_report",
    DecodeOptions: "actz_decode_options",
    ByteSource: "actz_byte_source",
    StreamVisitor: "actz_stream_visitor",
    FitOptions: "actz_fit_options",
    RungInfo: "actz_rung_info",
    TrainingInfo: "actz_training_info",
    RecoverReport: "actz_recover_report",
    ExternalClass: "actz_external_class",
}
