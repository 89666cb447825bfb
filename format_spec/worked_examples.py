"""Tables of appendix A, made from the bytes of the example files by the reference decoder's own reading functions."""

import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "reference"))

import chunks  # noqa: E402
from archive import Archive  # noqa: E402
from bitio import ByteReader  # noqa: E402
from container import Section  # noqa: E402
from model import read_model, read_rice_array  # noqa: E402
from rans import RansDecoder  # noqa: E402
from tensor_header import NO_REFERENCE  # noqa: E402

SECTION_NAMES = ("", "METADATA", "MODEL", "MODEL_REFERENCE", "TENSOR", "CHUNK", "TENSOR_END", "INDEX", "END", "PROFILE")


class Table:
    """Rows of offset, hex, field and value; every byte of the file goes into exactly one row."""

    def __init__(self, file):
        self.file, self.reader, self.rows = file, ByteReader(file), []

    def row(self, start, field, value):
        self.rows.append((start, self.file[start : self.reader.at], field, value))

    def uint(self, width_bytes, field, describe=str):
        start, value = self.reader.at, self.reader.uint(width_bytes)
        self.row(start, field, describe(value))
        return value

    def bytes(self, count, field, describe=lambda data: ""):
        if count:
            start, data = self.reader.at, self.reader.bytes(count)
            self.row(start, field, describe(data))

    def array(self, count, field, row_length=0):
        start, values = self.reader.at, read_rice_array(self.reader, count, -(2**31), 2**31 - 1, row_length)
        if count:
            self.row(start, field, f"array: {', '.join(map(str, values))}")
        return values

    def markdown(self):
        assert self.reader.remaining() == 0, "bytes are left without a row"
        lines = ["| Offset | Hex | Field | Value |", "|---|---|---|---|"]
        for start, data, field, value in self.rows:
            value = value.replace("|", "\\|")
            lines.append(f"| 0x{start:02X} | `{data.hex(' ').upper()}` | {field} | {value} |")
        return "\n".join(lines)


def bits(data):
    return "bits, first to last: " + "".join(str(byte >> i & 1) for byte in data for i in range(8))


def hexadecimal(width_bytes):
    return lambda value: f"0x{value:0{2 * width_bytes}X}"


def quoted(data):
    return "`" + data.decode("utf-8") + "`"


def float32(pattern):
    return str(struct.unpack("<f", struct.pack("<I", pattern))[0])


def float64(pattern):
    return str(struct.unpack("<d", struct.pack("<Q", pattern))[0])


def file_header(table):
    table.bytes(8, "signature")
    table.uint(1, "major")
    table.uint(1, "minor")
    table.uint(2, "kind", lambda kind: f"{kind} ({('', 'data', 'profile')[kind]})")
    table.uint(4, "required_features")
    table.uint(4, "optional_features")
    table.uint(4, "header_crc", hexadecimal(4))


def section_header(table):
    table.uint(4, "**section**: sync", hexadecimal(4))
    section_type = table.uint(2, "type", lambda value: f"{value} ({SECTION_NAMES[value]})")
    table.uint(2, "flags")
    payload_bytes = table.uint(8, "payload_bytes")
    table.uint(4, "payload_crc", hexadecimal(4))
    table.uint(4, "header_crc", hexadecimal(4))
    return section_type, payload_bytes


def tensor(table, _payload_bytes):
    name_bytes = table.uint(2, "name_bytes")
    table.bytes(name_bytes, "name", quoted)
    table.uint(1, "dtype", lambda value: {2: "2 (u8)", 18: "18 (f32)"}[value])
    for axis in range(table.uint(1, "rank")):
        table.uint(8, f"shape[{axis}]")
    for width, field in ((8, "sequences"), (8, "rows"), (4, "channels"), (4, "strand_rows")):
        table.uint(width, field)
    table.uint(4, "unit", float32)
    table.uint(4, "centre_scale")
    table.uint(4, "reference", lambda value: "none" if value == NO_REFERENCE else str(value))
    table.uint(4, "reference_scale", float32)
    table.uint(1, "is_referenced")


def chunk(table, payload_bytes):
    for width, field in ((4, "tensor_index"), (4, "chunk_index"), (8, "first_strand"), (4, "strand_count"),
                         (2, "model_index")):
        table.uint(width, field)
    coding = table.uint(1, "coding", lambda value: f"{value} ({('raw', 'rans')[value]})")
    lanes_log2 = table.uint(1, "lanes_log2")
    table.uint(8, "digest", hexadecimal(8))
    words, bypass_bytes, patch_bytes = [table.uint(4, field) for field in ("word_count", "bypass_bytes", "patch_bytes")]
    table.uint(1, "source_count")
    table.uint(1, "is_source")
    table.uint(2, "reserved")
    if coding == chunks.RAW:
        table.bytes(payload_bytes - chunks.CHUNK_HEADER_BYTES, "elements", lambda data: ", ".join(map(str, data)))
        return
    for lane in range(2**lanes_log2):
        table.uint(4, f"state of lane {lane}", hexadecimal(4))
    for word in range(words):
        table.uint(2, f"word {word}", hexadecimal(2))
    table.bytes(bypass_bytes, "bypass stream", bits)
    table.bytes(patch_bytes, "patches")


def model(table, _payload_bytes):
    """A lossy model with a dense predictor and a dense synthesis."""
    assert table.file[table.reader.at : table.reader.at + 5] == bytes((1, 1, 2, 1, 1))
    for field, word in (("codec_kind", "lossy"), ("predictor_kind", "dense"), ("synthesis_kind", "dense"),
                        ("quantiser_kind", "uniform"), ("entropy_kind", "static")):
        table.uint(1, field, lambda value, word=word: f"{value} ({word})")
    table.uint(1, "state_bits")
    table.uint(1, "reference_kind")
    table.uint(1, "match_kind")
    channels = table.uint(4, "channels")
    table.uint(4, "unit", float32)
    table.array(channels, "centre")
    lag_count = table.uint(1, "lag_count")
    for i in range(lag_count):
        table.uint(2, f"lags[{i}]")
    table.array(channels, "input_shift")
    table.array(channels, "output_shift")
    table.array(channels * lag_count * channels, "predictor matrix", channels)
    table.uint(1, "shift")
    coefficients = table.uint(4, "coefficients")
    table.array(channels * coefficients, "synthesis matrix", coefficients)
    table.uint(1, "precision_bits")
    for i in range(table.uint(2, "class_count")):
        table.uint(4, f"class {i}: lowest", lambda value: str(value - 2**32 if value >= 2**31 else value))
        table.uint(1, "raw_bits")
        table.array(table.uint(2, "symbol_count"), "frequencies")
    table.array(coefficients, "class_of")


def tensor_end(table, _payload_bytes):
    table.uint(4, "tensor_index")
    table.uint(4, "chunk_count")
    table.uint(8, "digest", hexadecimal(8))
    for field in ("squared_error", "centred_energy", "max_abs_error"):
        table.uint(8, field, float64)


def index(table, _payload_bytes):
    for i in range(table.uint(4, "section_count")):
        table.uint(2, f"entry {i}: type", lambda value: f"{value} ({SECTION_NAMES[value]})")
        for width, field in ((2, "reserved"), (4, "tensor_index"), (8, "offset_bytes"), (8, "section_bytes"),
                             (8, "first_strand"), (4, "strand_count")):
            table.uint(width, field, hexadecimal(2) if field == "offset_bytes" else str)


def end(table, payload_bytes):
    if payload_bytes:
        table.uint(8, "index_offset_bytes", hexadecimal(2))
        table.uint(8, "file_bytes")


def profile(table, payload_bytes):
    table.bytes(payload_bytes, "training record", quoted)


PAYLOADS = {2: model, 4: tensor, 5: chunk, 6: tensor_end, 7: index, 8: end, 9: profile}


def file_table(file):
    table = Table(file)
    file_header(table)
    while table.reader.remaining():
        section_type, payload_bytes = section_header(table)
        PAYLOADS[section_type](table, payload_bytes)
    return table.markdown()


def trace_table(file):
    """What the entropy decoder does in the only chunk, symbol by symbol, and the values of the rows."""
    lines = ["| Symbol | State before | Slot | Symbol read | State after | Word taken |", "|---|---|---|---|---|---|"]

    class Tracing(RansDecoder):
        def symbol(self, slots):
            before, at = self.states[self.lane], self.at
            out = super().symbol(slots)
            word = f"{self.at // 2 - 1}" if self.at > at else "–"
            state = self.states[0]
            row = (len(lines) - 2, f"0x{before:08X}", before % 2**self.precision_bits, out, f"0x{state:08X}", word)
            lines.append("| " + " | ".join(map(str, row)) + " |")
            return out

    plain = chunks.RansDecoder
    chunks.RansDecoder = Tracing
    try:
        archive = Archive(file)
    finally:
        chunks.RansDecoder = plain
    return "\n".join(lines + [""] + row_lines(archive))


def row_lines(archive):
    """Quantised values, predictions and fixed-point rows, with the same functions that decode."""
    lines = ["| Row | Quantised | Prediction | Fixed point | Elements |", "|---|---|---|---|---|"]
    quantised, rows = [], []
    plain = chunks.reconstruct

    def tracing(model, prediction, values):
        row = plain(model, prediction, values)
        quantised.append(values)
        rows.append((prediction, row))
        return row

    chunks.reconstruct = tracing
    try:
        tensors = Archive(archive.file).tensors
    finally:
        chunks.reconstruct = plain
    elements = tensors[0].elements
    for t, (prediction, row) in enumerate(rows):
        patterns = [int.from_bytes(elements[i : i + 4], "little") for i in range(8 * t, 8 * t + 8, 4)]
        join = lambda values: ", ".join(map(str, values))  # noqa: E731
        cells = (str(t), join(quantised[t]), join(prediction), join(row), join(map(float32, patterns)))
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def example_tables(vectors):
    """Name of a block in appendix A -> its text."""
    def read(name):
        with open(os.path.join(vectors, "examples", name), "rb") as file:
            return file.read()

    raw, lossy, profile_file = read("example_raw.actz"), read("example_lossy.actz"), read("example_profile.actp")
    model_section = Section(profile_file, Section(profile_file, 24).end)
    read_model(model_section.payload)
    return {"raw": file_table(raw), "lossy": file_table(lossy), "lossy trace": trace_table(lossy),
            "profile": file_table(profile_file)}
