"""The files of appendix A of the specification."""

from writer import (
    CHUNK, END, MODEL, PROFILE, TENSOR, TENSOR_END, FileBuilder, chunk, coded_chunk, dense, dense_predictor, f32,
    file_header, lossy_model, one_tensor_file, section, static, tensor, tensor_end, xxh64,
)


def example_raw():
    """appendix A.1: a raw tensor"""
    body = bytes(range(10, 16))
    file = FileBuilder().add(TENSOR, tensor(b"ids", "u8", (2, 3), (1, 2, 3), strand_rows=2))
    file.add(CHUNK, chunk(body, xxh64(body), coding=0), 0, 0, 1)
    return file.add(TENSOR_END, tensor_end(0, [xxh64(body)])).finish()


def example_model():
    return lossy_model(2, unit=f32(0.125), centre=[8, -8],
                       predictor=dense_predictor([1], [0, 0], [1, 1], [[4, 0], [1, 3]]),
                       synthesis=dense([[32, 8], [-8, 32]], shift=2),
                       entropy=static([(-1, 0, [60, 120, 60, 16])], [0, 0], precision_bits=8))


def example_lossy():
    """appendix A.2: a lossy tensor with a predictor and three escapes"""
    header = tensor(b"h", "f32", (4, 2), (1, 4, 2), strand_rows=4, unit=f32(0.125))
    payload, digest = coded_chunk(header, example_model(), [[1, -1], [0, 5], [-3, 1], [2, 0]])
    return one_tensor_file(header, example_model(), [(payload, digest, 0, 1)]).finish()


def example_profile():
    """appendix A.3: a profile of one rung"""
    record = b'{"rows": 2, "channels": 2, "rungs": [{"target_nmse": 0.02}]}'
    return file_header(kind=2) + section(PROFILE, record) + section(MODEL, example_model()) + section(END, b"")
