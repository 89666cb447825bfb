"""Chapter 5: CHUNK sections."""

from bitio import BitReader, ByteReader, require
from checksums import xxh64
from model import INT32, LOSSLESS, LOSSY, read_rice_array
from rans import RansDecoder
from symbols import VALUES_OF
from tensor_header import BF16, F16, F32, F64
from transforms import History, element_of, predict, reconstruct, scaled_centre


# spec: strands
def strands_per_sequence(tensor):
    return 0 if tensor.rows == 0 else (tensor.rows - 1) // tensor.strand_rows + 1


def strand_count(tensor):
    return tensor.sequences * strands_per_sequence(tensor)


def rows_of_strand(tensor, strand):
    first_row = strand % strands_per_sequence(tensor) * tensor.strand_rows  # within its sequence
    return min(tensor.strand_rows, tensor.rows - first_row)
# end


# spec: header
CHUNK_HEADER_BYTES = 48
RAW, RANS = 0, 1
READER_MAX_CHUNK_BYTES = 2**30


class Chunk:
    def __init__(self, payload):
        reader = ByteReader(payload)
        self.tensor_index, self.chunk_index = reader.uint(4), reader.uint(4)
        self.first_strand, self.strand_count = reader.uint(8), reader.uint(4)
        self.model_index, self.coding, self.lanes_log2 = reader.uint(2), reader.uint(1), reader.uint(1)
        self.digest, self.word_count = reader.uint(8), reader.uint(4)
        self.bypass_bytes, self.patch_bytes, reserved = reader.uint(4), reader.uint(4), reader.uint(4)
        require(self.coding in (RAW, RANS), "unsupported", "R-CHNK-01")
        require(self.lanes_log2 <= 7 and reserved == 0, "unsupported", "R-CHNK-02")
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
# end


# spec: decode
def decode_chunk(chunk, tensor, find_model):
    """The elements of a chunk in C order, little-endian."""
    if chunk.coding == RAW:
        lengths = (chunk.word_count, chunk.bypass_bytes, chunk.patch_bytes)
        expected = CHUNK_HEADER_BYTES + decoded_bytes_of(chunk, tensor)
        require(len(chunk.payload) == expected and lengths == (0, 0, 0), "corrupt", "R-CHNK-14")
        elements = bytes(chunk.payload[CHUNK_HEADER_BYTES:])
    else:
        model = find_model(chunk.model_index)
        check_model_fits(model, tensor)
        elements = decode_coded_chunk(chunk, tensor, model)
    require(xxh64(elements) == chunk.digest, "corrupt", "R-CHNK-16")
    return elements


def check_model_fits(model, tensor):
    require(model.channels == tensor.channels, "corrupt", "R-CHNK-11")
    if model.codec == LOSSY:
        require(tensor.dtype in (F16, BF16, F32, F64), "corrupt", "R-CHNK-12")
    else:
        require(model.element_bits == 8 * tensor.element_bytes, "corrupt", "R-CHNK-13")


def decode_coded_chunk(chunk, tensor, model):
    reader = ByteReader(chunk.payload)
    reader.bytes(CHUNK_HEADER_BYTES)
    states = [reader.uint(4) for _ in range(2**chunk.lanes_log2)]
    words = reader.bytes(2 * chunk.word_count)
    bypass = BitReader(reader.bytes(chunk.bypass_bytes), "R-CHNK-20")
    patches = reader.bytes(chunk.patch_bytes)
    require(reader.remaining() == 0, "corrupt", "R-CHNK-10")
    strands = rows_of_chunk(chunk, tensor)
    coder = RansDecoder(states, words, model.precision_bits)
    values = VALUES_OF[model.entropy](model, coder, bypass)
    if model.codec == LOSSLESS:
        require(patches == b"", "corrupt", "R-CHNK-15")
        rows = [row for count in strands for row in values.read_step(count)]
    else:
        rows = decode_lossy_rows(tensor, model, strands, values)
    coder.end()
    require(bypass.at_end(), "corrupt", "R-CHNK-20")
    elements = bytearray(b"".join(x.to_bytes(tensor.element_bytes, "little") for row in rows for x in row))
    apply_patches(patches, elements, tensor.element_bytes)
    return bytes(elements)
# end


# spec: lossy_rows
def steps_of(strands, has_lags):
    """For each step, the rows coded in it, as (strand, row of the strand), in order."""
    if has_lags:
        return [[(strand, t) for strand, rows in enumerate(strands) if t < rows] for t in range(max(strands))]
    return [[(strand, t) for t in range(rows)] for strand, rows in enumerate(strands)]


def decode_lossy_rows(tensor, model, strands, values):
    """Rows of bit patterns, in C order."""
    centre = scaled_centre(model, tensor.centre_scale)
    history = [History(model) for _ in strands]
    rows = [[None] * count for count in strands]
    for step in steps_of(strands, model.lags != []):
        for (strand, t), quantised in zip(step, values.read_step(len(step))):
            row = reconstruct(model, predict(model, history[strand], t), quantised)
            history[strand].remember(row)
            rows[strand][t] = [element_of(x, c, tensor.unit, tensor.dtype) for x, c in zip(row, centre)]
    return [row for strand in rows for row in strand]
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
