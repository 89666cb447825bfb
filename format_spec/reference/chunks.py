"""Chapter 5: CHUNK sections."""

from bitio import BitReader, ByteReader, require, wrap_i32
from checksums import xxh64
from model import INT32, LOSSLESS, LOSSY, PREDICTOR_NETWORK, read_model, read_rice_array
from rans import RansDecoder
from refinement import refine
from symbols import VALUES_OF, MatchCodes
from tensor_header import BF16, F16, F32, F64, NO_REFERENCE, Tensor
from transforms import (
    BINARY32, FORMS, NO_MATCH, History, element_of, predict, predict_from_match, predict_from_network, predict_from_reference, reconstruct,
    reference_inputs, scaled_centre, stored_strands,
)


# spec: strands
def strands_per_sequence(tensor):
    return 0 if tensor.rows == 0 else (tensor.rows - 1) // tensor.strand_rows + 1


def strand_count(tensor):
    return tensor.sequences * strands_per_sequence(tensor)


def rows_of_strand(tensor, strand):
    first_row = strand % strands_per_sequence(tensor) * tensor.strand_rows  # within its sequence
    return min(tensor.strand_rows, tensor.rows - first_row)


def first_row_of_strand(tensor, strand):
    """Counted through all sequences."""
    sequence, number = divmod(strand, strands_per_sequence(tensor))
    return sequence * tensor.rows + number * tensor.strand_rows
# end


# spec: header
CHUNK_HEADER_BYTES = 48
MAX_STEP_VALUES = 4194304
RAW, RANS, REFINED = 0, 1, 2
READER_MAX_CHUNK_BYTES = 2**28


class Chunk:
    def __init__(self, payload):
        reader = ByteReader(payload)
        self.tensor_index, self.chunk_index = reader.uint(4), reader.uint(4)
        self.first_strand, self.strand_count = reader.uint(8), reader.uint(4)
        self.model_index, self.coding, self.lanes_log2 = reader.uint(2), reader.uint(1), reader.uint(1)
        self.digest, self.word_count = reader.uint(8), reader.uint(4)
        self.bypass_bytes, self.patch_bytes = reader.uint(4), reader.uint(4)
        self.source_count, self.is_source, reserved = reader.uint(1), reader.uint(1), reader.uint(2)
        require(self.coding in (RAW, RANS, REFINED), "unsupported", "R-CHNK-01")
        require(self.lanes_log2 <= 7 and reserved == 0, "unsupported", "R-CHNK-02")
        require(self.source_count <= 16 and self.is_source <= 1, "corrupt", "R-SRCE-01")
        self.payload = payload


def check_chunk_range(chunk, tensor):
    require(1 <= chunk.strand_count <= 65536, "corrupt", "R-CHNK-03")
    require(chunk.first_strand + chunk.strand_count <= strand_count(tensor), "corrupt", "R-CHNK-03")
    require(decoded_bytes_of(chunk, tensor) <= READER_MAX_CHUNK_BYTES, "limit_exceeded", "R-LIMIT-02")


def decoded_bytes_of(chunk, tensor):
    return sum(rows_of_chunk(chunk, tensor)) * tensor.channels * tensor.element_bytes


def rows_of_chunk(chunk, tensor):
    """Rows of each strand of the chunk."""
    return [rows_of_strand(tensor, chunk.first_strand + i) for i in range(chunk.strand_count)]


def row_range_of(chunk, tensor):
    """The rows of the chunk, counted through all sequences: (first, end)."""
    first = first_row_of_strand(tensor, chunk.first_strand)
    return first, first + sum(rows_of_chunk(chunk, tensor))
# end


# spec: decode
def decode_chunk(chunk, tensor, find_model, reference, decoded):
    """The elements of a chunk in C order, little-endian. reference: the decoded tensor named as such, or None.
    decoded: DecodedChunk objects of the chunks of the file so far, by (tensor_index, chunk_index)."""
    if chunk.coding == RAW:
        require(chunk.source_count == 0, "corrupt", "R-SRCE-02")
        lengths = (chunk.word_count, chunk.bypass_bytes, chunk.patch_bytes)
        expected = CHUNK_HEADER_BYTES + decoded_bytes_of(chunk, tensor)
        require(len(chunk.payload) == expected and lengths == (0, 0, 0), "corrupt", "R-CHNK-14")
        elements = bytes(chunk.payload[CHUNK_HEADER_BYTES:])
    else:
        model = find_model(chunk.model_index)
        check_model_fits(model, tensor)
        check_steps(chunk, model, tensor)
        inputs = inputs_of_chunk(chunk, tensor, model, reference)
        require(chunk.source_count == 0 or model.match and not tensor.is_referenced, "corrupt", "R-SRCE-02")
        elements = decode_coded_chunk(chunk, tensor, model, inputs, sources_of_chunk(chunk, tensor, decoded))
    require(xxh64(elements) == chunk.digest, "corrupt", "R-CHNK-16")
    return elements


def check_model_fits(model, tensor):
    require(model.channels == tensor.channels, "corrupt", "R-CHNK-11")
    if model.codec == LOSSY:
        require(tensor.dtype in (F16, BF16, F32, F64), "corrupt", "R-CHNK-12")
    else:
        require(model.element_bits == 8 * tensor.element_bytes, "corrupt", "R-CHNK-13")


def check_steps(chunk, model, tensor):
    in_lockstep = model.codec == LOSSY and (model.lags != [] or model.match)
    most_rows = chunk.strand_count if in_lockstep else max(rows_of_chunk(chunk, tensor))
    require(most_rows * tensor.channels <= MAX_STEP_VALUES, "corrupt", "R-CHNK-21")


def decode_coded_chunk(chunk, tensor, model, inputs, sources):
    reader = ByteReader(chunk.payload)
    reader.bytes(CHUNK_HEADER_BYTES + SOURCE_NAME_BYTES * chunk.source_count)
    states = [reader.uint(4) for _ in range(2**chunk.lanes_log2)]
    words = reader.bytes(2 * chunk.word_count)
    bypass = BitReader(reader.bytes(chunk.bypass_bytes), "R-CHNK-20")
    patches = reader.bytes(chunk.patch_bytes)
    require(reader.remaining() == 0, "corrupt", "R-CHNK-10")
    strands = rows_of_chunk(chunk, tensor)
    coder = RansDecoder(states, words, model.precision_bits)
    values = VALUES_OF[model.entropy](model, coder, bypass)
    if model.codec == LOSSLESS:
        require(patches == b"" and chunk.coding == RANS, "corrupt", "R-CHNK-15")
        rows = [row for count in strands for row in values.read_step(count)]
    else:
        codes = MatchCodes(model, bypass) if model.match else None
        rows = decode_lossy_rows(tensor, model, strands, values, inputs, sources, codes)
    coder.end()
    require(bypass.at_end(), "corrupt", "R-CHNK-20")
    patterns = [x for row in rows for x in row]
    if chunk.coding == REFINED:
        patterns, patches = refine(patches, patterns, 8 * tensor.element_bytes), b""
    elements = bytearray(b"".join(x.to_bytes(tensor.element_bytes, "little") for x in patterns))
    apply_patches(patches, elements, tensor.element_bytes)
    return bytes(elements)
# end


# spec: reference
REFERENCE_ROWS_FACTOR = 16
REFERENCE_ROWS_BASE = 65536


def inputs_of_chunk(chunk, tensor, model, reference):
    """For a model that predicts from a reference, the inputs of the rows of each strand; else None."""
    if not model.reference:
        return None
    require(reference is not None and reference.channels == model.reference_channels, "corrupt", "R-CHNK-18")
    first, end = row_range_of(chunk, tensor)
    needed = sum(stop - start for start, stop in reference.chunk_rows if start < end and stop > first)
    require(needed <= REFERENCE_ROWS_FACTOR * (end - first) + REFERENCE_ROWS_BASE, "corrupt", "R-CHNK-19")
    row_bytes = reference.channels * reference.element_bytes
    elements = reference.elements[first * row_bytes : end * row_bytes]
    rows = iter(reference_inputs(model, elements, reference.dtype, tensor.reference_scale))
    return [[next(rows) for _ in range(count)] for count in rows_of_chunk(chunk, tensor)]
# end


# spec: lossy_rows
def steps_of(strands, in_lockstep):
    """For each step, the rows coded in it, as (strand, row of the strand), in order."""
    if in_lockstep:
        return [[(strand, t) for strand, rows in enumerate(strands) if t < rows] for t in range(max(strands))]
    return [[(strand, t) for t in range(rows)] for strand, rows in enumerate(strands)]


def decode_step(model, history, step, values, inputs, codes):
    """The fixed-point rows of a step, which the history then has, too."""
    matches, starts = [NO_MATCH] * len(step), None
    if model.match:
        matches = codes.read_step(step, history)
        starts = [model.match_start[match_class] for match_class, _ in matches]
    rows = []
    for (strand, t), match, quantised in zip(step, matches, values.read_step(len(step), starts)):
        parts = [predict(model, history, strand, t, match)]
        if model.reference:
            parts.append(predict_from_reference(model, inputs[strand], t))
        if model.match:
            parts.append(predict_from_match(model, history, match))
        if model.predictor == PREDICTOR_NETWORK:
            parts.append(predict_from_network(model, history, strand, t, match))
        rows.append(reconstruct(model, [wrap_i32(sum(terms)) for terms in zip(*parts)], quantised))
    history.remember(step, rows)
    return rows


def decode_lossy_rows(tensor, model, strands, values, inputs, sources, codes):
    """Rows of bit patterns, in C order. inputs: from the reference, for each strand; None without one."""
    centre = scaled_centre(model, tensor.centre_scale)
    stored = rows_of_dictionary(model, tensor, centre) if model.match == 2 else []
    stored += rows_of_sources(sources, tensor, centre)
    history = History(len(strands), stored)
    for step in steps_of(strands, model.lags != [] or model.match):
        decode_step(model, history, step, values, inputs, codes)
    return [[element_of(x, c, tensor.unit, tensor.dtype) for x, c in zip(row, centre)]
            for strand in history.rows[: len(strands)] for row in strand]
# end


# spec: patches
def apply_patches(block, elements, element_bytes):
    if block == b"":
        return
    reader = ByteReader(block)
    count = reader.uint(4)
    require(1 <= count <= len(elements) // element_bytes, "corrupt", "R-CHNK-30")
    gaps = read_rice_array(reader, count, 0, INT32[1])
    at = 0  # the first element that the next patch can replace
    patched = []
    for gap in gaps:
        require(at + gap < len(elements) // element_bytes, "corrupt", "R-CHNK-31")
        patched.append(at + gap)
        at += gap + 1
    for element in patched:
        elements[element * element_bytes : (element + 1) * element_bytes] = reader.bytes(element_bytes)
    require(reader.remaining() == 0, "corrupt", "R-CHNK-32")
# end


# spec: dictionary
class Dictionary:
    """The tensor that a DICTIONARY payload holds: channels, and strands of rows of bit patterns of f32."""

    def __init__(self, payload):
        reader = ByteReader(payload)
        tensor = Tensor(reader.bytes(reader.uint(4)))
        require(tensor.dtype == F32 and tensor.reference == NO_REFERENCE and not tensor.is_referenced, "corrupt",
                "R-DICT-01")
        require(tensor.sequences * tensor.rows > 0, "corrupt", "R-DICT-01")
        model = read_model(reader.bytes(reader.uint(4)))
        require(model.codec == LOSSY and not model.reference and model.match != 2, "corrupt", "R-DICT-02")
        chunk = Chunk(reader.bytes(reader.remaining()))
        check_chunk_range(chunk, tensor)
        place = (chunk.tensor_index, chunk.chunk_index, chunk.model_index, chunk.first_strand)
        require(place == (0, 0, 0, 0) and chunk.strand_count == strand_count(tensor), "corrupt", "R-DICT-03")
        require(chunk.source_count == 0, "corrupt", "R-DICT-03")
        elements = decode_chunk(chunk, tensor, lambda index: model, None, {})
        self.channels, self.strands = tensor.channels, strands_of_patterns(chunk, tensor, elements)


def strands_of_patterns(chunk, tensor, elements):
    """The decoded elements of a chunk as strands of rows of bit patterns."""
    width = tensor.element_bytes
    patterns = [int.from_bytes(elements[i : i + width], "little") for i in range(0, len(elements), width)]
    rows = iter(patterns[i : i + tensor.channels] for i in range(0, len(patterns), tensor.channels))
    return [[next(rows) for _ in range(count)] for count in rows_of_chunk(chunk, tensor)]


def rows_of_dictionary(model, tensor, centre):
    """The dictionary that the model names, as strands of fixed-point rows of the tensor."""
    dictionary = model.find_dictionary()
    require(dictionary.channels == model.channels, "corrupt", "R-DICT-04")
    return stored_strands(dictionary.strands, BINARY32, tensor.unit, centre)
# end


# spec: sources
SOURCE_NAME_BYTES = 8
SOURCE_ROWS_FACTOR = 16
SOURCE_ROWS_BASE = 65536


class DecodedChunk:
    """A chunk that was decoded, as one that others may name as a source."""

    def __init__(self, chunk, tensor, elements):
        self.chunk, self.tensor, self.elements = chunk, tensor, elements
        self.names = names_of_sources(chunk)


def names_of_sources(chunk):
    """(tensor_index, chunk_index) of each."""
    reader = ByteReader(chunk.payload)
    reader.bytes(CHUNK_HEADER_BYTES)
    return [(reader.uint(4), reader.uint(4)) for _ in range(chunk.source_count)]


def sources_of_chunk(chunk, tensor, decoded):
    names, sources, rows = names_of_sources(chunk), [], 0
    for name in names:
        require(name in decoded and decoded[name].chunk.is_source, "corrupt", "R-SRCE-03")
        require(sources == [] or name > names[len(sources) - 1], "corrupt", "R-SRCE-03")
        source = decoded[name]
        require(set(source.names) <= set(names), "corrupt", "R-SRCE-04")
        require(source.tensor.channels == tensor.channels, "corrupt", "R-SRCE-05")
        require(source.tensor.dtype in (F16, BF16, F32, F64), "corrupt", "R-SRCE-05")
        require(source.tensor.reference == NO_REFERENCE, "corrupt", "R-SRCE-05")
        rows += sum(rows_of_chunk(source.chunk, source.tensor))
        sources.append(source)
    own = sum(rows_of_chunk(chunk, tensor))
    require(rows <= SOURCE_ROWS_FACTOR * own + SOURCE_ROWS_BASE, "corrupt", "R-SRCE-06")
    return sources


def rows_of_sources(sources, tensor, centre):
    """The rows of all of them, as strands of fixed-point rows of the tensor."""
    strands = []
    for source in sources:
        patterns = strands_of_patterns(source.chunk, source.tensor, source.elements)
        strands += stored_strands(patterns, FORMS[source.tensor.dtype], tensor.unit, centre)
    return strands
# end
