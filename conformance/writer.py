"""Writes files of the format field by field, so that a test can choose or break each field alone.

Every function takes the legal values as defaults and computes checksums last, so that what was broken on purpose is the
only thing broken. It shares only the digests, the parsing of models and the closed loop with the reference decoder.
"""

import hashlib
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "format_spec", "reference"))

from checksums import crc32c, xxh64  # noqa: E402
from chunks import (  # noqa: E402
    Chunk, Dictionary, apply_patches, decode_lossy_rows, inputs_of_chunk, rows_of_chunk, rows_of_strand, steps_of,
)
from encode_context import encode_step  # noqa: E402
from encode_matches import MatchWriter  # noqa: E402
from model import ENTROPY_CONTEXT, LOSSY, read_model  # noqa: E402
from tensor_header import Tensor  # noqa: E402

METADATA, MODEL, MODEL_REFERENCE, TENSOR, CHUNK, TENSOR_END, INDEX, END, PROFILE, METRIC, DICTIONARY = range(1, 12)
DTYPES = {"bool": 1, "u8": 2, "i8": 3, "u16": 4, "i16": 5, "u32": 6, "i32": 7, "u64": 8, "i64": 9,
          "f16": 16, "bf16": 17, "f32": 18, "f64": 19}
SIGNATURE = bytes.fromhex("8941435A0D0A1A0A")
SYNC = 0x5AC7E59D
NO_REFERENCE = 0xFFFFFFFF


def uint(value, width_bytes):
    return (value % 2 ** (8 * width_bytes)).to_bytes(width_bytes, "little")


def f32(value):
    return struct.unpack("<I", struct.pack("<f", value))[0]


class BitWriter:
    def __init__(self):
        self.value, self.position = 0, 0

    def bits(self, value, width):
        self.value |= (value % 2**width) << self.position
        self.position += width

    def exp_golomb(self, number):
        extra = (number + 1).bit_length() - 1
        self.bits(2**extra, extra + 1)
        self.bits(number + 1, extra)

    def bytes(self):
        return self.value.to_bytes((self.position + 7) // 8, "little")


# Container


def file_header(kind=1, major=1, minor=0, required=0, optional=0, signature=SIGNATURE, crc_xor=0):
    head = signature + uint(major, 1) + uint(minor, 1) + uint(kind, 2) + uint(required, 4) + uint(optional, 4)
    return head + uint(crc32c(head) ^ crc_xor, 4)


def section(section_type, payload, flags=0, sync=SYNC, payload_crc_xor=0, header_crc_xor=0, payload_bytes=None):
    length = len(payload) if payload_bytes is None else payload_bytes
    head = uint(sync, 4) + uint(section_type, 2) + uint(flags, 2) + uint(length, 8)
    head += uint(crc32c(payload) ^ payload_crc_xor, 4)
    return head + uint(crc32c(head) ^ header_crc_xor, 4) + payload


class FileBuilder:
    """Sections of a data file in order, and the index of them."""

    def __init__(self, **header):
        self.data = file_header(**header)
        self.entries = []

    def add(self, section_type, payload, tensor_index=0, first_strand=0, strand_count=0, **options):
        piece = section(section_type, payload, **options)
        self.entries.append([section_type, 0, tensor_index, len(self.data), len(piece), first_strand, strand_count])
        self.data += piece
        return self

    def finish(self, entries=None, index_flags=0, end_flags=0, count=None, index_extra=b"", before_end=b"",
               index_offset=None, file_bytes=None, end_extra=b"", trailing=b""):
        entries = self.entries if entries is None else entries
        widths = (2, 2, 4, 8, 8, 8, 4)
        index = uint(len(entries) if count is None else count, 4)
        index += b"".join(uint(value, width) for entry in entries for value, width in zip(entry, widths)) + index_extra
        at = len(self.data)
        out = self.data + section(INDEX, index, flags=index_flags) + before_end
        total = len(out) + 40 + len(end_extra) if file_bytes is None else file_bytes
        end = uint(at if index_offset is None else index_offset, 8) + uint(total, 8) + end_extra
        return out + section(END, end, flags=end_flags) + trailing


# TENSOR, TENSOR_END, CHUNK


def tensor(name=b"x", dtype="f32", shape=(), view=None, strand_rows=1, unit=f32(1.0), centre_scale=65536,
           name_bytes=None, rank=None, reference=NO_REFERENCE, reference_scale=f32(1.0), is_referenced=0, extra=b""):
    """view: (sequences, rows, channels)."""
    elements = 1
    for extent in shape:
        elements *= extent
    sequences, rows, channels = view or (1, elements, 1)
    dtype_id = DTYPES[dtype] if isinstance(dtype, str) else dtype
    out = uint(len(name) if name_bytes is None else name_bytes, 2) + name + uint(dtype_id, 1)
    out += uint(len(shape) if rank is None else rank, 1) + b"".join(uint(extent, 8) for extent in shape)
    return (out + uint(sequences, 8) + uint(rows, 8) + uint(channels, 4) + uint(strand_rows, 4) + uint(unit, 4) +
            uint(centre_scale, 4) + uint(reference, 4) + uint(reference_scale, 4) + uint(is_referenced, 1) + extra)


def tensor_end(tensor_index, chunk_digests, chunk_count=None, digest_xor=0, extra=b""):
    digest = xxh64(b"".join(uint(digest, 8) for digest in chunk_digests)) ^ digest_xor
    count = len(chunk_digests) if chunk_count is None else chunk_count
    nan = bytes.fromhex("000000000000F87F")
    return uint(tensor_index, 4) + uint(count, 4) + uint(digest, 8) + uint(0, 8) + nan + uint(0, 8) + extra


def chunk(body, digest, tensor_index=0, chunk_index=0, first_strand=0, strand_count=1, model_index=0, coding=1,
          lanes_log2=0, word_count=0, bypass_bytes=0, patch_bytes=0, is_source=0, sources=(), source_count=None, reserved=0):
    """sources: (tensor_index, chunk_index) of each."""
    fields = ((tensor_index, 4), (chunk_index, 4), (first_strand, 8), (strand_count, 4), (model_index, 2), (coding, 1),
              (lanes_log2, 1), (digest, 8), (word_count, 4), (bypass_bytes, 4), (patch_bytes, 4),
              (len(sources) if source_count is None else source_count, 1), (is_source, 1), (reserved, 2))
    fields += tuple((number, 4) for name in sources for number in name)
    return b"".join(uint(value, width) for value, width in fields) + body


# MODEL


def rice_array(values, row_length=0, k=None, plain=False):
    """k: for every row, instead of the best. plain: form 3 for every value."""
    out = BitWriter()
    row_length = row_length or max(len(values), 1)
    for first in range(0, len(values), row_length):
        codes = [2 * value if value >= 0 else -2 * value - 1 for value in values[first : first + row_length]]
        cost = lambda n: sum(min((code >> n) + 1 + n, 56) if code >> n < 24 else 56 for code in codes)  # noqa: E731
        best = min(range(24), key=cost) if k is None else k
        out.bits(best, 5)
        for code in codes:
            if plain or code >> best >= 24:
                out.bits(2**24 - 1, 24)
                out.bits(code, 32)
            else:
                out.bits(2 ** (code >> best) - 1, (code >> best) + 1)
                out.bits(code, best)
    return out.bytes()


def kinds(codec, predictor=0, synthesis=0, quantiser=0, entropy_kind=1, state_bits=0, reference_kind=0, match_kind=0):
    return bytes((codec, predictor, synthesis, quantiser, entropy_kind, state_bits, reference_kind, match_kind))


def lossy_model(channels, predictor=(0, b""), synthesis=None, entropy=b"", centre=None, unit=f32(1.0), quantiser=1,
                entropy_kind=1, state_bits=0, reference=(0, b""), match=(0, b""), extra=b"", centre_bytes=None):
    """predictor, reference, match, synthesis: (kind, bytes of its fields)."""
    synthesis = synthesis or diagonal([1] * channels)
    out = kinds(1, predictor[0], synthesis[0], quantiser, entropy_kind, state_bits, reference[0], match[0])
    out += uint(channels, 4) + uint(unit, 4)
    out += rice_array(centre or [0] * channels) if centre_bytes is None else centre_bytes
    return out + predictor[1] + reference[1] + match[1] + synthesis[1] + entropy + extra


def lossless_model(channels, element_bits, bins, entropy, low_zero_bits=0, bin_count=None, **options):
    """bins: (width_bits, base)."""
    out = kinds(2, **options) + uint(channels, 4) + uint(element_bits, 1) + uint(low_zero_bits, 1)
    out += uint(len(bins) if bin_count is None else bin_count, 2)
    out += b"".join(uint(width, 1) + uint(base, max(element_bits // 8, 1)) for width, base in bins)
    return out + entropy


def dense_predictor(lags, input_shift, output_shift, matrix, lag_count=None):
    """matrix: rows of len(lags) * channels."""
    out = uint(len(lags) if lag_count is None else lag_count, 1) + b"".join(uint(lag, 2) for lag in lags)
    out += rice_array(input_shift) + rice_array(output_shift)
    return 1, out + rice_array([value for row in matrix for value in row], len(input_shift))


def low_rank_predictor(lags, input_shift, down_shift, down, output_shift, up, rank=None):
    out = uint(len(lags), 1) + b"".join(uint(lag, 2) for lag in lags) + rice_array(input_shift)
    out += uint(len(down) if rank is None else rank, 2) + rice_array(down_shift)
    out += rice_array([value for row in down for value in row], len(input_shift)) + rice_array(output_shift)
    return 2, out + rice_array([value for row in up for value in row], max(len(down), 1))


def network_predictor(lags, input_shift, output_shift, matrix, layers, network_output_shift, network_matrix,
                      layer_count=None):
    """layers: (shifts, rows of weights). network_matrix: rows of as many columns as the last layer has outputs."""
    out = dense_predictor(lags, input_shift, output_shift, matrix)[1]
    out += uint(len(layers) if layer_count is None else layer_count, 1)
    for shifts, weights in layers:
        out += uint(len(shifts), 2) + rice_array(shifts)
        out += rice_array([value for row in weights for value in row], len(weights[0]) if weights else 1)
    out += rice_array(network_output_shift)
    return 3, out + rice_array([value for row in network_matrix for value in row], max(len(layers[-1][0]), 1) if layers else 1)


def reference_part(centre, input_shift, output_shift, matrix, scale=f32(1.0), rows=1, channels=None):
    """centre: bit patterns. matrix: rows of `rows` * len(centre), those of the row itself first."""
    out = uint(len(centre) if channels is None else channels, 4) + uint(rows, 1) + uint(scale, 4)
    out += b"".join(uint(pattern, 4) for pattern in centre) + rice_array(input_shift) + rice_array(output_shift)
    return 1, out + rice_array([value for row in matrix for value in row], len(centre))


def match_part(code_bits, starts, gains, classes=None, dictionary=None):
    """gains: a row of channels for each class but 0. dictionary: payload of the one that is named."""
    out = b"" if dictionary is None else hashlib.sha256(dictionary).digest()
    out += uint(len(gains) if classes is None else classes, 1) + bytes(code_bits)
    out += b"".join(uint(start, 2) for start in starts)
    gain = rice_array([gain for row in gains for gain in row], len(gains[0]) if gains else 1)
    return 1 if dictionary is None else 2, out + gain


def dictionary_payload(tensor_payload, model_payload, chunk_payload, tensor_bytes=None, model_bytes=None):
    out = uint(len(tensor_payload) if tensor_bytes is None else tensor_bytes, 4) + tensor_payload
    return out + uint(len(model_payload) if model_bytes is None else model_bytes, 4) + model_payload + chunk_payload


def diagonal(values, shift=0, coefficients=None):
    return 1, uint(shift, 1) + uint(len(values) if coefficients is None else coefficients, 4) + rice_array(values)


def dense(matrix, shift=0, coefficients=None):
    columns = len(matrix[0]) if coefficients is None else coefficients
    return 2, uint(shift, 1) + uint(columns, 4) + rice_array([value for row in matrix for value in row], columns)


def block(matrices, block_channels, shift=0, coefficients=None):
    columns = [len(matrix[0]) for matrix in matrices]
    out = uint(shift, 1) + uint(sum(columns) if coefficients is None else coefficients, 4) + uint(block_channels, 4)
    values = [value for matrix in matrices for row in matrix for value in row]
    return 3, out + rice_array(columns) + rice_array(values, block_channels)


def static(classes, class_of, precision_bits=12, class_count=None):
    """classes: (lowest, raw_bits, frequencies) of a lossy model, (frequencies,) of a lossless one."""
    out = uint(precision_bits, 1) + uint(len(classes) if class_count is None else class_count, 2)
    for item in classes:
        if len(item) == 3:
            out += uint(item[0], 4) + uint(item[1], 1) + uint(len(item[2]), 2)
        out += rice_array(list(item[-1]))
    return out + rice_array(class_of)


def context(tables, weight, raw_bits, table_of, thresholds=(), precision_bits=12, table_count=None, bins=None,
            code_counts=None, differences=None):
    """tables: frequencies, that of the escape last. table_of: for each coefficient, for each bin and quantiser."""
    out = uint(precision_bits, 1) + uint(len(tables) if table_count is None else table_count, 2)
    out += uint(len(thresholds) + 1 if bins is None else bins, 1) + b"".join(uint(one, 2) for one in thresholds)
    for i, frequencies in enumerate(tables):
        out += uint(code_counts[i] if code_counts else len(frequencies) - 1, 1) + rice_array(list(frequencies))
    if differences is None:
        before = [[0] * len(row) for row in table_of[:1]] + table_of[:-1]
        differences = [new - old for row, last in zip(table_of, before) for new, old in zip(row, last)]
    row_length = 16 * len(table_of[0]) if table_of else 1
    return out + rice_array(weight) + rice_array(raw_bits) + rice_array(differences, row_length)


def flat(symbols, precision_bits=12):
    """Frequencies that fall off a little, to their total."""
    total = 2**precision_bits
    weights = [symbols + 1 - i // 2 for i in range(symbols)]
    out = [max(total * weight // sum(weights), 1) for weight in weights]
    out[0] += total - sum(out)
    return out


# Coding


def rans_encode(runs, lanes, precision_bits, ends=None, low_lane=None):
    """runs: lists of (symbol, frequencies). Returns states and words as bytes, word_count. ends: {lane: state after its last
    symbol} where it is a wrong one. low_lane: one whose first symbol takes a word too early, so that its state is too low."""
    states, words, total = [(ends or {}).get(lane, 2**16) for lane in range(lanes)], [], 2**precision_bits
    for number, run in reversed(list(enumerate(runs))):
        for j in reversed(range(len(run))):
            symbol, frequencies = run[j]
            frequency, before, lane = frequencies[symbol], sum(frequencies[:symbol]), j % lanes
            if states[lane] >= frequency * 2 ** (32 - precision_bits) or (number, j) == (0, low_lane):
                words.append(states[lane] % 2**16)
                states[lane] //= 2**16
            states[lane] = states[lane] // frequency * total + states[lane] % frequency + before
    body = b"".join(uint(state, 4) for state in states) + b"".join(uint(word, 2) for word in reversed(words))
    return body, len(words)


def symbol_of(value, entropy_class, bypass):
    """The symbol of a quantised value; what else it needs goes to bypass."""
    frequencies, scale = entropy_class.frequencies, 2**entropy_class.raw_bits
    escape, symbol = len(frequencies) - 1, value // scale - entropy_class.lowest
    if 0 <= symbol < escape and frequencies[symbol] > 0:
        bypass.bits(value % scale, entropy_class.raw_bits)
        return symbol
    low, end = entropy_class.lowest * scale, (entropy_class.lowest + escape) * scale
    bypass.bits(1 if value >= end else 0, 1)
    bypass.exp_golomb(value - end if value >= end else low - 1 - value)
    return escape


def bin_of(pattern, model, bypass):
    """The first bin that holds a pattern."""
    for symbol, (width_bits, base) in enumerate(model.bins):
        if width_bits == 255:
            bypass.bits(pattern, model.element_bits)
            return symbol
        offset = (pattern >> model.low_zero_bits) - base
        if pattern % 2**model.low_zero_bits == 0 and 0 <= offset < 2**width_bits:
            bypass.bits(offset, width_bits)
            return symbol
    raise ValueError("no bin for an element")


def static_symbol(value, k, model, bypass):
    """(symbol, frequencies of its class) of value k of a row."""
    entropy_class = model.classes[model.class_of[k]]
    symbol = symbol_of(value, entropy_class, bypass) if model.codec == LOSSY else bin_of(value, model, bypass)
    return symbol, entropy_class.frequencies


class Steps:
    """Stands in for an entropy decoder: hands out the rows of each step."""

    def __init__(self, steps):
        self.steps = iter(steps)

    def read_step(self, *_arguments):
        return next(self.steps)


def in_steps(rows, strands, steps):
    """Rows in C order, as the rows of each step."""
    first = [sum(strands[:i]) for i in range(len(strands))]
    return [[rows[first[strand] + t] for strand, t in step] for step in steps]


def patch_block(patches):
    """patches: {element: bytes}."""
    if not patches:
        return b""
    elements, gaps, at = sorted(patches), [], 0
    for element in elements:
        gaps.append(element - at)
        at = element + 1
    return uint(len(elements), 4) + rice_array(gaps) + b"".join(patches[element] for element in elements)


def coded_chunk(tensor_payload, model_payload, rows, first_strand=0, strand_count=1, lanes_log2=0, patches=None,
                reference=None, patch_bytes=None, bypass_extra=b"", word_extra=b"", digest_xor=0, tail=b"",
                state_of_lane_0=None, elements_to=None, matches=None, dictionary=None, refined=None, decoded_sources=(), **place):
    """A CHUNK payload and its digest, for rows of quantised integers (lossy; of indices with a context model) or of
    patterns (lossless). reference: the Tensor that the model predicts from, with elements and chunk_rows.
    elements_to: is called with the decoded elements. matches: (class, address) of each row of a model that matches.
    dictionary: payload of the one that the model names. decoded_sources: DecodedChunk of each source. refined: makes of the decoded patterns those that come back,
    and the refinement block that says so."""
    view, model = Tensor(tensor_payload), read_model(model_payload)
    strands = [rows_of_strand(view, first_strand + i) for i in range(strand_count)]
    steps = steps_of(strands, model.codec == LOSSY and (model.lags != [] or model.match))
    bypass, coded, levels = BitWriter(), [], []
    step_matches = in_steps(matches, strands, steps) if matches else []
    known = Dictionary(dictionary) if dictionary else None
    model.find_dictionary = lambda: known
    stored = [len(rows) for rows in known.strands] if known else []
    stored += [rows for source in decoded_sources for rows in rows_of_chunk(source.chunk, source.tensor)]
    codes = MatchWriter(model, strands, stored) if matches else None
    for number, step_rows in enumerate(in_steps(rows, strands, steps)):
        starts = codes.write_step(steps[number], step_matches[number], bypass) if matches else None
        if model.entropy == ENTROPY_CONTEXT:
            runs, step_rows = encode_step(model, step_rows, bypass, starts)
            coded += runs
        else:
            coded.append([static_symbol(value, k, model, bypass) for row in step_rows for k, value in enumerate(row)])
        levels.append(step_rows)
    body, word_count = rans_encode(coded, 2**lanes_log2, model.precision_bits)
    if state_of_lane_0 is not None:
        body = uint(state_of_lane_0, 4) + body[4:]
    bypass_data = bypass.bytes() + bypass_extra
    patch_data = patch_block(patches) if patch_bytes is None else patch_bytes
    if model.codec == LOSSY:
        placed = Chunk(chunk(b"", 0, first_strand=first_strand, strand_count=strand_count))
        inputs = inputs_of_chunk(placed, view, model, reference)
        decoded = decode_lossy_rows(view, model, strands, Steps(levels), inputs, decoded_sources, Steps(step_matches))
    else:
        decoded = rows
    patterns = [value for row in decoded for value in row]
    if refined:
        patterns, patch_data = refined(patterns)
        place["coding"] = 2
    elements = bytearray(b"".join(uint(value, view.element_bytes) for value in patterns))
    if patches:
        apply_patches(patch_data, elements, view.element_bytes)
    if elements_to:
        elements_to(bytes(elements))
    digest = xxh64(bytes(elements)) ^ digest_xor
    payload = chunk(body + word_extra + bypass_data + patch_data + tail, digest, first_strand=first_strand,
                    strand_count=strand_count, lanes_log2=lanes_log2, word_count=word_count + len(word_extra) // 2,
                    bypass_bytes=len(bypass_data), patch_bytes=len(patch_data), **place)
    return payload, digest


def one_tensor_file(tensor_payload, model_payload, chunks, builder=None):
    """chunks: (payload, digest, first_strand, strand_count)."""
    file = builder or FileBuilder()
    if model_payload is not None:
        file.add(MODEL, model_payload)
    file.add(TENSOR, tensor_payload)
    for payload, _digest, first_strand, strand_count in chunks:
        file.add(CHUNK, payload, first_strand=first_strand, strand_count=strand_count)
    return file.add(TENSOR_END, tensor_end(0, [digest for _, digest, _, _ in chunks]))
