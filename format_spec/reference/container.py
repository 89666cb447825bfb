"""Chapter 2: file header, sections, the small sections of a data file."""

from bitio import ByteReader, require
from checksums import crc32c


# spec: headers
FILE_HEADER_BYTES = 24
SECTION_HEADER_BYTES = 24
SIGNATURE = bytes.fromhex("8941435A0D0A1A0A")
SECTION_SYNC = 0x5AC7E59D
DATA, PROFILE = 1, 2
SKIPPABLE = 1
READER_MAX_SECTION_BYTES = 2**30
T_METADATA, T_MODEL, T_MODEL_REFERENCE, T_TENSOR, T_CHUNK, T_TENSOR_END, T_INDEX, T_END = range(1, 9)
T_PROFILE, T_METRIC, T_DICTIONARY = 9, 10, 11


def read_file_header(file):
    """The kind of a file, given as bytes."""
    compared = min(len(file), len(SIGNATURE))
    require(file[:compared] == SIGNATURE[:compared], "corrupt", "R-CONT-01")
    require(len(file) >= FILE_HEADER_BYTES, "need_more_input", "R-CONT-02")
    header = ByteReader(file[8:FILE_HEADER_BYTES])
    major, minor, kind = header.uint(1), header.uint(1), header.uint(2)
    required_features, _optional_features, header_crc = header.uint(4), header.uint(4), header.uint(4)
    require(header_crc == crc32c(file[:20]), "corrupt", "R-CONT-03")
    require(major == 1, "unsupported", "R-CONT-04")
    require(required_features == 0, "unsupported", "R-CONT-05")
    require(kind in (DATA, PROFILE), "unsupported", "R-CONT-06")
    return kind


class Section:
    """One section of a file; `end` is the offset at which the next one begins."""

    def __init__(self, file, offset):
        require(len(file) - offset >= SECTION_HEADER_BYTES, "need_more_input", "R-CONT-10")
        header = ByteReader(file[offset : offset + SECTION_HEADER_BYTES])
        sync, self.type, self.flags = header.uint(4), header.uint(2), header.uint(2)
        payload_bytes, payload_crc, header_crc = header.uint(8), header.uint(4), header.uint(4)
        require(sync == SECTION_SYNC, "corrupt", "R-CONT-11")
        require(header_crc == crc32c(file[offset : offset + 20]), "corrupt", "R-CONT-12")
        require(self.flags & ~SKIPPABLE == 0, "unsupported", "R-CONT-13")
        require(payload_bytes <= READER_MAX_SECTION_BYTES, "limit_exceeded", "R-LIMIT-03")
        self.offset = offset
        self.payload_offset = offset + SECTION_HEADER_BYTES
        self.end = self.payload_offset + payload_bytes
        require(self.end <= len(file), "need_more_input", "R-CONT-17")
        self.payload = file[self.payload_offset : self.end]
        require(payload_crc == crc32c(self.payload), "corrupt", "R-CONT-14")
# end


# spec: small_sections
class TensorEnd:
    def __init__(self, payload):
        reader = ByteReader(payload)
        self.tensor_index, self.chunk_count, self.digest = reader.uint(4), reader.uint(4), reader.uint(8)
        reader.bytes(24)  # squared_error, centred_energy, max_abs_error: information
        require(reader.remaining() == 0, "corrupt", "R-CONT-19")


def read_index(payload):
    """Entries (type, tensor_index, offset_bytes, section_bytes, first_strand, strand_count)."""
    reader = ByteReader(payload)
    section_count = reader.uint(4)
    require(reader.remaining() == 36 * section_count, "corrupt", "R-INDX-01")
    entries = []
    for _ in range(section_count):
        section_type, reserved = reader.uint(2), reader.uint(2)
        require(reserved == 0, "corrupt", "R-INDX-02")
        entries.append((section_type, reader.uint(4), reader.uint(8), reader.uint(8), reader.uint(8), reader.uint(4)))
    return entries


def read_end_mark(payload):
    reader = ByteReader(payload)
    index_offset_bytes, file_bytes = reader.uint(8), reader.uint(8)
    require(reader.remaining() == 0, "corrupt", "R-CONT-19")
    return index_offset_bytes, file_bytes
# end
